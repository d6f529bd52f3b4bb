"""Files under `data/`: which of them are read, their text and YAML documents, and findings about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from pyoxigraph import Literal, NamedNode

from kg.files.yaml_files import YamlError, YamlNode, quote_line, read_documents, without_entry
from kg.project import is_hidden
from kg.reports import Finding, Place, Severity
from kg.schema import Schema
from kg.sql import quote
from kg.terms import TYPE, to_text
from kg.text.number_words import counted
from kg.writing import advice_on, suggest_keys

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; more than a person writes. Larger amounts belong into fact tables."""

IMPORTS = "imports"
"""The folder under `data/` with the fact tables that `kg import` writes; other files are written by hand."""

MAX_FINDINGS = 1000
"""Findings reported of one kind, or for one table; of the others only the number is reported."""
MANY = "facts/many"
"""The check of the finding with that number."""


class FileFindings(list[Finding]):
    """Findings about fact files, collected by a reader in the order in which they occur."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        super().__init__(findings)
        self._added: set[Finding] = set()
        self.replaced: set[str] = set()
        """The terms of an earlier version of the ontology that were met; one alone may be a word of somebody's own."""

    def add(
        self,
        check: str,
        message: str,
        *places: Place,
        path: NamedNode | None = None,
        value: str = "",
        suggestions: Iterable[str] = (),
        remedy: str = "",
        severity: Severity = Severity.VIOLATION,
        focus: NamedNode | None = None,
    ) -> None:
        """Add the finding `facts/CHECK`, once for a place; `value` is the text as it was written."""
        finding = Finding(
            f"facts/{check}",
            message,
            severity,
            places=places,
            focus=to_text(focus) if focus is not None else "",
            path=to_text(path) if path is not None else "",
            value=to_text(Literal(value)) if value else "",
            suggestions=tuple(suggestions),
            remedy=remedy,
        )
        if finding not in self._added or not places:
            self.append(finding)
            self._added.add(finding)

    def add_unknown_property(self, name: str, schema: Schema, place: Place, *, on: Collection[NamedNode] = ()) -> None:
        """The ontology has no property of this name; one of an earlier version is named with its replacement.

        Suggested are those that are used `on` these classes.
        """
        if advice := advice_on(name, on, schema.key_advice):
            self.add("unknown-property", f"unknown property {name!r}", place, value=name, remedy=advice)
        else:
            self._add_unknown("property", name, partial(_suggest_keys, schema=schema, on=on), schema, place)

    def add_unknown_class(self, name: str, schema: Schema, place: Place) -> None:
        """The ontology has no class of this name; one of an earlier version is named with its replacement."""
        self._add_unknown("class", name, schema.suggest_classes, schema, place)

    def add_not_allowed(self, property: NamedNode, text: str, schema: Schema, place: Place) -> None:
        """A class or a kind that the ontology does not have, as a value of `type` or `kind`."""
        if property == TYPE:
            self.add_unknown_class(text, schema, place)
        else:
            suggestions = schema.suggest_kinds(text)
            remedy = "" if suggestions else "`kg schema --all` lists the kinds."
            message = f"unknown kind {text!r}"
            self.add("unknown-kind", message, place, path=property, value=text, suggestions=suggestions, remedy=remedy)

    def _add_unknown(
        self, kind: str, name: str, suggest: Callable[[str], tuple[str, ...]], schema: Schema, place: Place
    ) -> None:
        bare, path = name.removeprefix("film:"), TYPE if kind == "class" else None
        is_key_of_today = kind == "property" and bare[:1].isupper() and bool(suggest(bare))
        if (replacement := schema.replaced.get(bare)) is not None and not is_key_of_today:
            message, remedy = f"{kind} {name!r} is not in the ontology", f"Use {replacement}."
            self.replaced.add(bare)
            if len(self.replaced) > 1:
                remedy += " `kg migrate` rewrites a project of an earlier version."
            self.add(f"replaced-{kind}", message, place, path=path, value=name, remedy=remedy)
        else:
            message, remedy = f"unknown {kind} {name!r}", ""
            suggestions = tuple(other for other in suggest(bare) if other != name)
            if kind == "property" and not suggestions:
                remedy = f"`kg schema --all {name}` searches the properties; what none of them says is left out."
            if kind == "class" and not suggestions and (words := schema.suggest_kinds(bare, limit=1)):
                term = schema.kinds[schema.kind_words[words[0]]]
                remedy = f"Use {schema.replaced[term.name]}."
            elif kind == "class" and not suggestions:
                remedy = "`kg schema --all` lists the classes; what sort of film it is, `genre` says."
            self.add(f"unknown-{kind}", message, place, path=path, value=name, suggestions=suggestions, remedy=remedy)


def _suggest_keys(name: str, *, schema: Schema, on: Collection[NamedNode]) -> tuple[str, ...]:
    """The keys that somebody who writes `name` may mean: of short forms, or the names of properties."""
    uncapitalised = name[:1].lower() + name[1:]
    if uncapitalised != name and (uncapitalised in schema.names or uncapitalised in schema.short_keys):
        return (uncapitalised,)
    used = [key for key, terms in schema.short_keys.items() if not on or any(schema.is_used_on(t, on) for t in terms)]
    return suggest_keys(name, used, schema.names, schema.known_names.members) or schema.suggest_properties(name, on=on)


def is_imported(place: Place) -> bool:
    """True for a place in a file that `kg import` wrote.

    >>> is_imported(Place("data/imports/my-films/facts.csv", 2)), is_imported(Place("data/films.yaml", 2))
    (True, False)
    """
    return PurePosixPath(place.file).parts[1:2] == (IMPORTS,)


def further_faults(count: int, *places: Place, is_least: bool = False) -> Iterator[Finding]:
    """The finding that so many more faults are not listed, if there are any; `is_least` if there may be more."""
    if count > 0:
        faults = counted(count, "more fault like these is", "more faults like these are")
        yield Finding(MANY, f"{'at least ' if is_least else ''}{faults} not listed", places=places)


def fact_files(folder: Path, *, within: Path | None = None) -> tuple[Path, ...]:
    """The files under `data/` in the order of their names, without what editors and systems hide there.

    Left out is what is no file, and what `skipped_files` lists.
    """
    return tuple(path for path, reason in _paths_under(folder, within) if reason is None and path.is_file())


def skipped_files(folder: Path, *, within: Path | None = None) -> dict[Path, str]:
    """What is under `data/` and not read, with the reason; links may lead to files in the folder `within`.

    Without one, that is the folder of the project.
    """
    return {path: reason for path, reason in _paths_under(folder, within) if reason is not None}


def import_tables(folder: Path) -> Iterator[str]:
    """Yield what reads the fact tables in the folder of an import, in SQL; each column of a CSV table is a text."""
    for path in sorted(folder.glob("facts.*")):
        if path.suffix == ".parquet":
            yield f"read_parquet({quote(path)})"
        elif path.suffix == ".csv":
            yield f"read_csv({quote(path)}, header = true, delim = ',', all_varchar = true)"


def _paths_under(folder: Path, within: Path | None) -> Iterator[tuple[Path, str | None]]:
    """Yield everything under a folder that is not hidden, each with the reason why it is not read, if there is one."""
    root = (within if within is not None else folder.parent).resolve()
    for path in sorted(folder.rglob("*")):
        if not any(map(is_hidden, path.relative_to(folder).parts)):
            yield path, _reason_to_skip(path, root)


def _reason_to_skip(path: Path, root: Path) -> str | None:
    if not _has_utf8_name(path):
        return "its name is not UTF-8"
    if path.is_symlink():
        if not path.exists():
            return "it is a link to a file that does not exist"
        if not path.resolve().is_relative_to(root):
            return "it is a link that leads out of the project"
        if path.is_dir():
            return "it is a link to a folder"
    return None if path.is_file() or path.is_dir() else "it is neither a file nor a folder"


def _has_utf8_name(path: Path) -> bool:
    """False where Python has replaced bytes of the name, which neither DuckDB nor a message can have."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def read_text(path: Path, *, file: str) -> str | Finding:
    """The UTF-8 text of a file; a finding when it is too large, unreadable or in another encoding."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            message = f"larger than {LARGEST_FILE >> 20} MB"
            return Finding("facts/size", message, places=(Place(file),), remedy="Use a fact table.")
        raw = path.read_bytes()
    except OSError as error:
        return Finding("facts/unreadable", f"cannot be read: {error.strerror}", places=(Place(file),))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return encoding_finding(raw.splitlines(keepends=True), file=file)


def encoding_finding(lines: Iterable[bytes], *, file: str) -> Finding:
    """The finding for a file that is not UTF-8, at the first wrong byte."""
    place, message = Place(file), "not UTF-8"
    for number, line in enumerate(lines, start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            place = Place(file, number, len(line[: error.start].decode("utf-8")) + 1)
            message = f"not UTF-8: byte 0x{line[error.start]:02x}"
            break
    return Finding("facts/encoding", message, places=(place,), remedy="Save the file as UTF-8.")


def section_fault(root: YamlNode) -> Finding | None:
    """The finding for a YAML document that is no section of a fact file; None for one that is."""
    if root.entries is not None:
        return None
    return Finding(
        "facts/shape",
        f"a section is a mapping of entities, not {root.kind}",
        places=(root.place,),
        remedy="Write a block for each film: its title with a colon, and its properties in lines below.",
    )


def read_yaml_file(path: Path, *, file: str) -> Iterator[YamlNode | Finding]:
    """Yield the root of each YAML document of a file, and at the end the finding for what cannot be read, if any."""
    text = read_text(path, file=file)
    if isinstance(text, Finding):
        yield text
    else:
        yield from read_yaml(text, file=file)


def read_yaml(text: str, *, file: str) -> Iterator[YamlNode | Finding]:
    """Yield the root of each YAML document of a text, and a finding for each syntax error.

    A title with a colon, `label: Spider-Man: Homecoming`, is read as if it had quotation marks. What else is not YAML
    is left out, with the lines that belong to it, and the rest is read; of a block that is left out, the key remains.
    """
    count, budget = 0, LARGEST_FILE
    reported: YamlError | None = None
    while True:
        try:
            for number, root in enumerate(read_documents(text, file=file)):
                if number == count:
                    count += 1
                    if not root.is_null:  # comments between two lines `---`
                        yield root
            return
        except YamlError as error:
            budget -= len(text) + LARGEST_FILE // _MOST_YAML_ERRORS  # each error is a new start
            quoted = quote_line(text, error.place.line) if error.has_colon and budget > 0 else ""
            if quoted:
                text = quoted
                continue
            if reported is None or error.place.line > reported.place.line:
                yield Finding("facts/yaml", error.message, places=(error.place,), remedy=error.remedy)
                left = without_entry(text, error.place.line)
            else:  # due to the lines that were left out
                left = without_entry(text, reported.place.line, is_block=True)
            if budget <= 0 or left == text or error.is_binary:
                return
            reported, text = error if reported is None or error.place.line > reported.place.line else reported, left


_MOST_YAML_ERRORS = 100
"""Errors of a file that are looked for; of a large file fewer, since it is read again after each."""
