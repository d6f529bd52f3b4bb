"""A table walks in; a mapping file that a person can edit walks out, with what each column probably means."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kg.errors import InputError
from kg.importers.tables.files import detect_format, nested_columns, read_header, read_sample
from kg.mappings import MAPPINGS
from kg.schema import Schema, ValueKind
from kg.text import to_slug
from kg.yaml_files import is_plain_scalar, read_yaml_mapping

SAMPLE = 1000
_SEPARATORS = ("|", ";", "/", ", ", ",")
_KEYS = ("id", "key", "no", "nr", "number", "signatur", "signature", "inventory number", "inventarnummer", "cote")
_DAY = r"^\d{4}-\d\d(?:-\d\d)?|^\d\d?[./]\d\d?[./]\d{4}$"
_IDENTIFIERS = {
    "imdbId": re.compile(r"(?:tt|nm|co)\d{7,9}"),
    "wikidataId": re.compile(r"Q[1-9]\d*"),
}


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """What one column probably means; `property` is empty where nothing fits."""

    column: str
    property: str
    split: str = ""
    clean: tuple[str, ...] = ()
    class_name: str = ""
    inverse: str = ""
    year_cleaning: str = ""
    """How the year is read that stands in the same cell."""
    label: str = ""
    identifier: str = ""
    empty_texts: tuple[str, ...] = ()
    """Texts that stand for nothing: a sum of zero."""


@dataclass(frozen=True, slots=True)
class PartGuess:
    """What several columns together probably tell: a credit, a release, a figure."""

    property: str
    columns: tuple[ColumnGuess, ...]
    each: tuple[str, ...] = ()
    currency: str = ""


def guess_mapping(path: Path, schema: Schema) -> str:
    """The text of a mapping file for a table; raises `InputError` when the table cannot be read."""
    header = read_header(path)
    rows = read_sample(path, SAMPLE)
    if not rows:
        raise InputError(f"{path} has no rows to guess from.")
    known = read_yaml_mapping(MAPPINGS / "guess.yaml")
    named = detect_format(path, None) not in ("csv", "tsv") or not any(map(_is_value, header))
    if not named:
        # The first line tells of a film already.
        names = [f"column{number}" for number in range(1, len(header) + 1)]
        rows = [dict(zip(names, values, strict=True)) for values in (header, *([*row.values()] for row in rows))]
        header = names
    cells = {name: [row.get(name, "") for row in rows if row.get(name, "")] for name in header}
    nodes = list(_nodes(header, cells, known["nodes"]))
    taken = {guess.column for node in nodes for guess in node.columns}
    lists = nested_columns(path)
    pairs = {guess.column: guess for guess in _pairs(header, cells, known["pairs"])}
    taken |= {guess.label for guess in pairs.values() if guess.label}
    guesses = _once(
        pairs.get(name) or _guess(name, cells[name], schema, known, listed=name in lists)
        for name in header
        if name not in taken
    )
    return _to_text(path, guesses, nodes, cells, key=_key(guesses, cells, rows), header=[] if named else header)


def _is_value(name: str) -> bool:
    """Whether a column's name is rather a value: a number, an address, an identifier, a title with its year."""
    return re.fullmatch(r"\d+|https?://.*|(?:tt|nm)\d{7,9}|Q\d+|.*\((?:1[89]|20)\d\d\)", name) is not None


def _pairs(
    header: Sequence[str], cells: Mapping[str, Sequence[str]], known: Mapping[str, Any]
) -> Iterator[ColumnGuess]:
    """Columns that go in pairs, an identifier and a name: `work_id` and `work_label`."""
    for column in header:
        stem = _words(column).removesuffix(" id").strip()
        name = next((one for one in header if _words(one) in (f"{stem} label", f"{stem} name")), "")
        if not name or not _words(column).endswith(" id"):
            continue
        mostly_items = _mostly(r"^Q[1-9]\d*$", cells[column])
        if stem in known["films"]:
            yield ColumnGuess(name, "label")
            yield ColumnGuess(column, "wikidataId" if mostly_items else "")
        elif stem in known["others"]:
            property, kind = known["others"][stem]
            yield ColumnGuess(
                column, property, class_name=kind, label=name, identifier="wikidataId" if mostly_items else ""
            )


def _once(guesses: Iterable[ColumnGuess]) -> list[ColumnGuess]:
    """The guesses, with one label and one identifier of a kind: of two columns that could be it, the first."""
    found: list[ColumnGuess] = []
    for guess in guesses:
        single = guess.property == "label" or guess.property in _IDENTIFIERS
        again = single and not guess.label and any(one.property == guess.property for one in found)
        found.append(replace(guess, property="") if again else guess)
    return found


def _nodes(header: Sequence[str], cells: Mapping[str, Sequence[str]], known: Mapping[str, Any]) -> Iterator[PartGuess]:
    """The nodes whose wanted columns are all there, under one of the names that people give them."""
    named = {_words(name): name for name in reversed(header)}
    for property, told in known.items():
        found = {
            one: next((named[name] for name in names if name in named), "") for one, names in told["columns"].items()
        }
        cast = found.get("agent", "")
        doubled = _mostly(r" (?:as|als|\.\.\.|…) ", cells.get(cast, ()))
        if doubled:
            found["character"] = cast
        if not all(found[one] for one in told["wanted"]):
            continue
        columns = tuple(_part(one, name, cells[name], told, doubled=doubled) for one, name in found.items() if name)
        each = tuple(dict.fromkeys(one.column for one in columns if one.split))
        money = "" if found.get("currency") or "amount" not in found else _currency(cells[found["amount"]])
        yield PartGuess(property, columns, each, money)


def _part(property: str, name: str, cells: Sequence[str], told: Mapping[str, Any], *, doubled: bool) -> ColumnGuess:
    kind, within = told.get("class", {}).get(property, ""), told.get("within", {}).get(property, "")
    split = _split(cells) if property in ("agent", "character") else ""
    clean = _clean(property, cells, split)
    if doubled and property in ("agent", "character"):
        clean = ("trim", "before-as" if property == "agent" else "after-as")
    zeros = sorted({cell for cell in cells if re.fullmatch(r"0+(?:[.,]0+)?", cell)}) if property == "amount" else []
    return ColumnGuess(name, property, split, clean, kind, within, empty_texts=tuple(zeros))


def _currency(cells: Sequence[str]) -> str:
    signs = {"$": "USD", "€": "EUR", "£": "GBP"}
    return next((code for sign, code in signs.items() if _mostly(re.escape(sign), cells)), "USD")


def _words(name: str) -> str:
    """The words of a column's name."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().replace("_", " ").replace("-", " ").strip()


def _split(cells: Sequence[str]) -> str:
    return next((one for one in _SEPARATORS if sum(one in cell for cell in cells) > 0.2 * len(cells)), "")


def _mostly(form: str, cells: Sequence[str]) -> bool:
    return sum(re.search(form, cell) is not None for cell in cells) > 0.5 * len(cells)


def _guess(
    name: str, cells: Sequence[str], schema: Schema, known: Mapping[str, Mapping[str, str]], *, listed: bool
) -> ColumnGuess:
    words = _words(name)
    property = known["columns"].get(words, "") or _by_label(words, schema)
    split = "" if listed else _split(cells)
    for one, form in _IDENTIFIERS.items():
        mark = next((mark for mark in "|;," if any(mark in cell for cell in cells)), "")
        parts = [part.strip() for cell in cells for part in (cell.split(mark) if mark else [cell])]
        if parts and sum(form.fullmatch(part) is not None for part in parts) > 0.9 * len(parts):
            return ColumnGuess(name, one, mark)
    if not property and _mostly(r"^.+ \((?:1[89]|20)\d\d\)$", cells):
        # A title with its year says two things.
        return ColumnGuess(name, "label", clean=("no-brackets", "article-first"), year_cleaning="year-in-brackets")
    leads = known["classes"].get(property, "")
    if _leads(property, schema) and _mostly(_DAY, cells):
        property, leads = "date", ""
    if not property:
        return ColumnGuess(name, "")
    split = split if leads else ""
    return ColumnGuess(name, property, split, _clean(property, cells, split), leads)


def _leads(property: str, schema: Schema) -> bool:
    """Whether a property leads to things."""
    return property in schema.names and schema.properties[schema.names[property]].value_kind is ValueKind.ENTITY


def _by_label(words: str, schema: Schema) -> str:
    """The property whose name, or English label, the column bears."""
    for iri, word in schema.properties.items():
        if words in (word.label.lower(), word.name.lower()) and iri in schema.names.values():
            return word.name
    return ""


def _clean(property: str, cells: Sequence[str], split: str) -> tuple[str, ...]:
    def mostly(form: str) -> bool:
        return _mostly(form, cells)

    if property == "amount" and any(re.search(r"[^\d.]", cell) for cell in cells):
        return ("integer",)
    if property == "runningTime" and any(re.search(r"\D", cell) for cell in cells):
        return ("minutes",)
    if property in ("year", "date") and mostly(r"^\d{4}-01-01T"):
        return ("year",)
    if property in ("year", "date"):
        forms = {"day": r"^\d{4}-\d\d-\d\d[T ]\d", "day-first": r"^\d\d[./]\d\d[./]\d{4}$"}
        found = tuple(one for one, form in forms.items() if any(re.search(form, cell) for cell in cells))
        if found:
            return found
    if property == "year" and mostly(r"[^\d]"):
        return ("year",)
    if property == "label" and any(re.search(r", (?:The|A|An)$", cell) for cell in cells):
        return ("article-first",)
    if property == "birthDate" or not split:
        return ()
    return ("trim", "last-first") if split != ", " and mostly(r"^[^,;|]+, [^,;|]+") else ()


def _key(
    guesses: Sequence[ColumnGuess], cells: Mapping[str, Sequence[str]], rows: Sequence[Mapping[str, str]]
) -> list[str]:
    """The columns that tell the rows apart: an identifier, else the name with the year, else the name."""

    def alone(column: str) -> bool:
        return len(set(cells[column])) == len(rows)

    columns = [guess.column for guess in guesses]
    for guess in guesses:
        if guess.property in _IDENTIFIERS and alone(guess.column):
            return [guess.column]
    for column in columns:
        if (_words(column) in _KEYS or column == "column1") and alone(column):
            return [column]
    films = [one for one in columns if _words(one) in ("work id", "film id", "movie id", "title id")]
    if films and all(cells[one] for one in films):
        return films[:1]
    named = [guess.column for guess in guesses if guess.property == "label"][:1]
    years = [guess.column for guess in guesses if guess.property in ("year", "birthDate")][:1]
    return [*named, *years] or columns[:1]


def _to_text(
    path: Path,
    guesses: Sequence[ColumnGuess],
    nodes: Sequence[PartGuess],
    cells: Mapping[str, Sequence[str]],
    *,
    key: Sequence[str],
    header: Sequence[str],
) -> str:
    person = any(guess.property == "birthDate" for guess in guesses)
    holes = any(cell == r"\N" for column in cells.values() for cell in column)
    name = to_slug(path.name.partition(".")[0]) or "table"
    lines = [
        f"# What the columns of {path.name} mean: a guess. Correct it, then:",
        f"# kg import table {path.name} --mapping THIS",
        *(f"# But `kg import {kind}` knows this table, and reads it whole." for kind in _kinds(cells)),
        "source:",
        f"  id: {_scalar(name)}",
        f"  title: {_scalar(path.name)}",
        "  licence: unknown            # under which terms it may be used",
        "  # address: https://...        # where it can be looked up; without it nothing can go back to Wikidata",
        f"prefix: {_scalar(name)}              # things are named film:{name}-...",
        *(["quote: none                # quotation marks are letters", r"missing: ['\N']"] if holes else []),
        *([f"header: [{', '.join(header)}]   # the table does not begin with names"] if header else []),
        "rows:",
        f"  class: {'Person' if person else 'Film'}",
        f"  key: [{', '.join(map(_scalar, key))}]",
        "columns:",
    ]
    ignored = []
    for guess in guesses:
        if not guess.property:
            ignored.append(guess.column)
            continue
        said = f"{{{_said(guess)}}}"
        if guess.year_cleaning:
            said = f"[{said}, {{property: year, clean: [{guess.year_cleaning}]}}]"
        lines.append(f"  {_scalar(guess.column)}: {said}{_example(cells[guess.column])}")
    if nodes:
        lines.append("nodes:                       # what has no name of its own: credits, releases, figures")
        lines += [line for node in nodes for line in _node_lines(node, cells)]
    if ignored:
        lines.append("# No property was found for these; move a line up to `columns:` when you know one.")
        lines.append(f"ignore: [{', '.join(map(_scalar, ignored))}]")
    return "\n".join(lines) + "\n"


def _kinds(columns: Collection[str]) -> Iterator[str]:
    """The commands that know a table with these columns already."""
    for kind, names in read_yaml_mapping(MAPPINGS / "guess.yaml")["datasets"].items():
        if all(name in columns for name in names):
            yield str(kind)


def _node_lines(node: PartGuess, cells: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield f"  {node.property}:"
    if node.each:
        yield f"    each: [{', '.join(map(_scalar, node.each))}]"
    yield "    columns:"
    for column in dict.fromkeys(guess.column for guess in node.columns):
        said = [_said(guess) for guess in node.columns if guess.column == column]
        told = f"{{{said[0]}}}" if len(said) == 1 else f"[{', '.join(f'{{{one}}}' for one in said)}]"
        yield f"      {_scalar(column)}: {told}{_example(cells[column])}"
    if node.currency:
        yield f"    says: {{currency: {node.currency}}}   # or another one"


def _said(guess: ColumnGuess) -> str:
    said = [f"property: {guess.property}"]
    said += [f"class: {guess.class_name}"] if guess.class_name else []
    said += [f"label: {_scalar(guess.label)}"] if guess.label else []
    said += [f"identifier: {guess.identifier}"] if guess.identifier else []
    said += [f"within: {guess.inverse}"] if guess.inverse else []
    said += [f"split: {_scalar(guess.split)}"] if guess.split else []
    said += (
        [f"values: {{{', '.join(f'{json.dumps(one)}: null' for one in guess.empty_texts)}}}"]
        if guess.empty_texts
        else []
    )
    said += [f"clean: [{', '.join(guess.clean)}]"] if guess.clean else []
    return ", ".join(said)


def _example(cells: Sequence[str]) -> str:
    shown = " ".join(next(iter(cells), "")[:40].split())
    return f"   # {shown}" if shown else ""


def _scalar(text: str) -> str:
    return (
        text
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_\-]*", text) and is_plain_scalar(text)
        else json.dumps(text, ensure_ascii=False)
    )
