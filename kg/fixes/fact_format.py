"""Fact files rewritten: short forms written out, or long forms shortened; the facts stay the same.

Only values that change are rewritten, so comments and layout stay. A value with a comment inside is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import NamedNode

from kg.errors import InputError
from kg.facts.files import fact_files, read_text, read_yaml, section_fault
from kg.facts.form_templates import Entry
from kg.facts.readers.part_ids import part_id
from kg.facts.short_forms import CONTEXT_KEYS, ShortForms
from kg.facts.written_values import in_words
from kg.files.yaml_files import YamlError, YamlNode, quote_line, quoted, read_documents
from kg.fixes.repeated_keys import join_repeated_keys
from kg.project import Project, find_project
from kg.reports import Finding
from kg.schema import OntologyTerm, Schema, ValueKind, read_ontology, to_schema
from kg.text.patch import to_patch
from kg.writing import ShortForm

_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?|[0-9]{3}[0-9X](?:-[0-9]{2}){0,2}")
_OTHER_FILES = ("sources.yaml", "policy.yaml")
_Replacement = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class FormattedFile:
    """A fact file whose text changes."""

    path: Path
    before: str
    after: str

    def to_diff(self, folder: Path) -> str:
        """The change as a unified diff, with names from the project's folder on."""
        return to_patch(self.path.relative_to(folder).as_posix(), self.before, self.after)


@dataclass(frozen=True, slots=True)
class Formatting:
    """The files that change, and why others cannot be formatted."""

    files: tuple[FormattedFile, ...]
    faults: tuple[Finding, ...]


def format_project(
    project: Project | Path | str | None = None, *, short: bool, only: Iterable[Path] = ()
) -> Formatting:
    """The fact files of a project that change when their values are written in short or long form.

    With paths in `only`, no others; raises `InputError` for one that is no YAML file of facts in this project.
    """
    project = project if isinstance(project, Project) else find_project(project)
    schema = to_schema(read_ontology(project.ontology))
    changed: list[FormattedFile] = []
    faults: list[Finding] = []
    files = {path.resolve(): path for path in fact_files(project.data) if _is_formatted(path)}
    for path in only:
        if path.resolve() not in files:
            raise InputError(_not_formatted(path, project))
    for path in [files[path.resolve()] for path in only] or files.values():
        name = path.relative_to(project.folder).as_posix()
        before = read_text(path, file=name)
        if isinstance(before, Finding):
            faults.append(before)
        elif found := _faults_in(before, name):
            faults += found
        elif (after := format_text(before, schema, short=short)) != before:
            changed.append(FormattedFile(path, before, after))
    return Formatting(tuple(changed), tuple(faults))


def _is_formatted(path: Path) -> bool:
    return path.suffix in (".yaml", ".yml") and path.name not in _OTHER_FILES


def _not_formatted(path: Path, project: Project) -> str:
    """Why a file is not among those that are formatted, and which are."""
    if not path.exists():
        return f"There is no file {path}."
    if path.is_dir():
        return f"{path} is a folder: name its files, or none to format all fact files."
    if path.name in _OTHER_FILES:
        return f"{path} has no facts: only fact files have short and long forms."
    return f"{path} is no YAML file of facts: those of this project are under {project.data}."


def _faults_in(text: str, file: str) -> list[Finding]:
    """What keeps a text from being read as a fact file."""
    roots = list(read_yaml(text, file=file))
    return [fault for root in roots if (fault := root if isinstance(root, Finding) else section_fault(root))]


def format_text(text: str, schema: Schema, *, short: bool) -> str:
    """A fact file with its values in short or in long form; a text that is not YAML stays as it is.

    Titles with a colon, which are no YAML without quotation marks, get them.
    """
    sections = None
    while sections is None:
        try:
            sections = list(read_documents(text, file=""))
        except YamlError as error:
            if not (with_quotes := quote_line(text, error.place.line) if error.has_colon else ""):
                return text
            text = with_quotes
    formatter = _Formatter(text, ShortForms(schema))
    replacements = []
    for root in sections:
        for key, block in root.entries or ():
            if block.entries is not None and key.text != "source":
                replacements += list(
                    formatter.shorten_block(block.entries) if short else formatter.write_out_block(block.entries)
                )
    for start, end, new in sorted(replacements, reverse=True):
        text = text[:start] + new + text[end:]
    return text if short else join_repeated_keys(text, {term.name for term in formatter.forms.keys.values()})


@dataclass
class _Formatter:
    """Finds the values to rewrite in one text."""

    text: str
    forms: ShortForms

    def __post_init__(self) -> None:
        self._offsets = [0]
        for line in self.text.split("\n"):
            self._offsets.append(self._offsets[-1] + len(line) + 1)

    # --- long forms

    def write_out_block(self, entries: Sequence[Entry]) -> Iterator[_Replacement]:
        """Yield the replacements of the short forms in a block."""
        return self.write_out(entries, self.forms.classes_of(entries), is_part=False)

    def write_out(
        self, entries: Sequence[Entry], classes: Collection[NamedNode], *, is_part: bool = True
    ) -> Iterator[_Replacement]:
        """Yield the replacements of the short forms among the entries of a block, or of a part of these classes."""
        single = self.forms.split(entries) if is_part else entries
        for (key, value), (_, long) in zip(entries, single, strict=False):
            name = key.text or ""
            property = self.forms.property_of(name, classes, value)
            if property is None or name in CONTEXT_KEYS:
                continue
            ((long_key, long),) = self.forms.expand([(key, long)], classes=classes)
            yield from self._write_out_value(property, value, long)
            if long_key.text != name:
                yield self._replacement(key, long_key.text or "")

    def _write_out_value(self, property: OntologyTerm, value: YamlNode, long: YamlNode) -> Iterator[_Replacement]:
        if _equal(value, long):
            return
        if value.elements is not None and long.elements is not None and len(value.elements) == len(long.elements):
            for element, other in zip(value.elements, long.elements, strict=True):
                yield from self._write_out_value(property, element, other)
        elif self._is_long_part(value) and property.value_kind is ValueKind.ENTITY and _begins_alike(value, long):
            yield from self.write_out(value.entries or (), property.range)
            added = (long.entries or [])[len(value.entries or ()) :]
            first = [entry for entry in added if self._is_first(entry[0], long)]
            yield from self._additions(value, first, [entry for entry in added if entry not in first])
        elif _is_fact(value) and _is_fact(long) and len(value.entries or ()) == len(long.entries or ()):
            for (_, inner), (_, other) in zip(value.entries or (), long.entries or (), strict=True):
                yield from self._write_out_value(property, inner, other)
        elif self._has_no_comment(value):
            first = [entry for entry in long.entries or () if self._is_first(entry[0], long)]
            yield self._replacement(value, _flow(_with_first(long, first) if first else long))

    def _is_first(self, key: YamlNode, part: YamlNode) -> bool:
        """True for what a key such as `awards` says of each part, `outcome: won`: it is written before other values.

        Not where the part would have another id.
        """
        if key.text not in self.forms.detail_names:
            return False
        entries = [entry for entry in part.entries or () if entry[0].text in self.forms.detail_names]
        return _id_of(part) == _id_of(_with_first(part, entries))

    def _is_long_part(self, value: YamlNode) -> bool:
        names = [key.text or "" for key, _ in value.entries or ()]
        known = (*CONTEXT_KEYS, "id")
        return bool(names) and all(
            name in known or name in self.forms.keys or self.forms.schema.property_named(name) is not None
            for name in names
        )

    def _additions(self, value: YamlNode, first: Sequence[Entry], last: Sequence[Entry]) -> Iterator[_Replacement]:
        """Yield the entries that a part gets: the first before its values, but behind its id, the last after them."""
        entries = value.entries or []
        column = entries[0][0].place.column
        separator = ", " if self.text[self._offset(*self._place(value))] == "{" else f"\n{' ' * (column - 1)}"
        next_key = next((key for key, _ in entries if key.text != "id"), None)
        if next_key is None:
            first, last = (), (*first, *last)
        elif first:
            start = self._offset(*self._place(next_key))
            yield start, start, "".join(f"{name.text}: {_flow(node)}{separator}" for name, node in first)
        if last:
            end = self._end(entries[-1][1])
            yield end, end, "".join(f"{separator}{name.text}: {_flow(node)}" for name, node in last)

    # --- short forms

    def shorten_block(self, entries: Sequence[Entry]) -> Iterator[_Replacement]:
        """Yield the replacements of long keys and values in a block."""
        return self.shorten(entries, self.forms.classes_of(entries))

    def shorten(self, entries: Sequence[Entry], classes: Collection[NamedNode]) -> Iterator[_Replacement]:
        """Yield the replacements of keys and values that have a short form, on an entity or part of these classes."""
        keys = {key.text for key, _ in entries}
        for key, value in entries:
            property = self.forms.schema.property_named(key.text or "")
            if property is None or key.text in CONTEXT_KEYS:
                continue
            short = self._preferred_form(property, (key, value), keys, classes)
            if short is not None:
                yield self._replacement(key, short.preferred_key)
            for node in value.elements if value.elements is not None else [value]:
                yield from self._shorten_value(property, node, short)

    def _preferred_form(
        self, property: OntologyTerm, entry: Entry, keys: Collection[str | None], classes: Collection[NamedNode]
    ) -> ShortForm | None:
        """The short form under whose key an entry states the same; None for a key that the block has already."""
        value = entry[1]
        for short in self.forms.preferred_forms(property, classes):
            nodes = [_without(node, short.details) for node in _elements_of(value)]
            elements = [node for node in nodes if node is not None]
            if any(key in keys for key in (short.preferred_key, *short.keys)) or len(elements) < len(nodes):
                continue
            if short.preferred_with is not None and not (
                self._states(short.preferred_with, keys, classes)
                or all(self._states(short.preferred_with, _keys_of(node), property.range) for node in elements)
            ):
                continue
            shorter = elements[0] if value.elements is None else replace(value, elements=elements)
            if self.forms.is_same_under_key(short, entry, shorter, classes=classes):
                return short
        return None

    def _states(self, property: NamedNode, keys: Iterable[str | None], classes: Collection[NamedNode]) -> bool:
        """True when one of some keys, on these classes, is the property."""
        terms = (self.forms.property_of(key or "", classes) for key in keys)
        return any(term is not None and term.iri == property for term in terms)

    def _shorten_value(
        self, property: OntologyTerm, value: YamlNode, under: ShortForm | None = None
    ) -> Iterator[_Replacement]:
        if value.entries is None:
            if value.text is not None and (text := in_words(value.text, property)) != value.text:
                yield self._replacement(value, quoted(text))
            return
        values = {key.text: inner for key, inner in value.entries}
        if "value" in values:
            yield from self._shorten_value(property, values["value"])
        elif (short := self._short_form(property, value, under)) is not None and self._has_no_comment(value):
            yield self._replacement(value, short)
        elif property.value_kind is ValueKind.ENTITY:
            details = dict(under.details) if under is not None else {}
            yield from map(self._removal(value), (key for key in details if key in values))
            left = [(key, node) for key, node in value.entries if key.text not in details]
            yield from self.shorten(left, property.range)
            yield from self._join_values(value)

    def _removal(self, part: YamlNode) -> Callable[[str], _Replacement]:
        """What removes an entry of a part, by its key."""
        entries = part.entries or []

        def removal(name: str) -> _Replacement:
            number = next(number for number, (key, _) in enumerate(entries) if key.text == name)
            key, value = entries[number]
            if number > 0:
                return self._end(entries[number - 1][1]), self._end(value), ""
            return self._offset(*self._place(key)), self._offset(*self._place(entries[1][0])), ""

        return removal

    def _join_values(self, part: YamlNode) -> Iterator[_Replacement]:
        """Yield the replacements of values of a part that one text has: `score: 4, scale: 5` is `score: 4/5`."""
        entries = part.entries or []
        places = {key.text: index for index, (key, _) in enumerate(entries)}
        for key, value in entries:
            property = self.forms.schema.property_named(key.text or "")
            joined = self.forms.join(property, entries) if property is not None else None
            place = places.get(joined.other, 0) if joined is not None else 0
            if joined is None or not place or not self._has_no_comment(part):
                continue
            yield self._replacement(value, joined.text)
            yield self._end(entries[place - 1][1]), self._end(entries[place][1]), ""

    def _short_form(self, property: OntologyTerm, value: YamlNode, under: ShortForm | None) -> str | None:
        """`€1.2 million`, or `{value: €1.2 million, at: ...}` for a part with a passage or source of its own."""
        context = [(key, node) for key, node in value.entries or () if key.text in CONTEXT_KEYS]
        others = [(key, node) for key, node in value.entries or () if key.text not in CONTEXT_KEYS]
        short = None
        if under is not None and (left := _without(replace(value, entries=others), under.details)) is not None:
            short = self.forms.contract(property, left, key=under.preferred_key)
        elif under is None:
            short = self.forms.contract(property, replace(value, entries=others))
        if short is None or not context:
            return quoted(short) if short is not None else None
        details = ", ".join(f"{key.text}: {_flow(node, keeps_quotes=True)}" for key, node in context)
        return f"{{value: {quoted(short)}, {details}}}"

    # --- the text

    def _replacement(self, node: YamlNode, new: str) -> _Replacement:
        """The replacement of a node; a block under its key comes to the line of the key."""
        start, end = self._offset(*self._place(node)), self._end(node)
        if (node.entries is not None or node.elements is not None) and self.text[start] not in "{[":
            before = self.text[:start].rstrip()
            if before.endswith(":") and "\n" in self.text[len(before) : start]:
                return len(before), end, f" {new}"
        return start, end, new

    @staticmethod
    def _place(node: YamlNode) -> tuple[int, int]:
        return node.place.line, node.place.column

    def _offset(self, line: int, column: int) -> int:
        return min(self._offsets[line - 1] + column - 1, len(self.text))

    def _end(self, node: YamlNode) -> int:
        """Where the text of a node ends, without blank lines and comments after a block."""
        start, end = self._offset(*self._place(node)), self._offset(*node.end)
        children = [child for pair in node.entries or () for child in pair] + (node.elements or [])
        if children and self.text[start : start + 1] not in ("{", "["):
            return max(self._end(child) for child in children)
        return start + len(self.text[start:end].rstrip())

    def _has_no_comment(self, node: YamlNode) -> bool:
        return "#" not in self.text[self._offset(*self._place(node)) : self._end(node)]


def _elements_of(value: YamlNode) -> Sequence[YamlNode]:
    return value.elements if value.elements is not None else [value]


def _keys_of(node: YamlNode) -> list[str | None]:
    return [key.text for key, _ in node.entries or ()]


def _is_fact(node: YamlNode) -> bool:
    """True for a value with its details: `{value: 94 min, at: 94 minutes}`."""
    return "value" in _keys_of(node)


def _with_first(part: YamlNode, first: Sequence[Entry]) -> YamlNode:
    """A part with some of its entries before its other values, but behind its id."""
    entries = part.entries or []
    ids = [entry for entry in entries if entry[0].text == "id"]
    return replace(part, entries=[*ids, *first, *(entry for entry in entries if entry not in (*ids, *first))])


def _id_of(part: YamlNode) -> str:
    return part_id((key.text or "", value) for key, value in part.entries or ())


def _without(node: YamlNode, details: Sequence[tuple[str, str]]) -> YamlNode | None:
    """A part without what its short form adds; None where it does not state that, or would have another id."""
    stated = [(key.text, value.text) for key, value in node.entries or ()]
    if not all(detail in stated for detail in details):
        return None
    names = {name for name, _ in details}
    entries = [(key.text or "", (key, value)) for key, value in node.entries or ()]
    left = [(name, entry) for name, entry in entries if name not in names]
    added = [(name, entry) for name, entry in entries if name in names]
    ids = {part_id((name, entry[1]) for name, entry in each) for each in (entries, [*left, *added])}
    if details and (not left or len(ids) > 1):
        return None
    return replace(node, entries=[entry for _, entry in left]) if details else node


def _equal(value: YamlNode, other: YamlNode) -> bool:
    """True when two nodes have the same texts, keys and elements."""
    if value.text is not None or other.text is not None:
        return value.text == other.text
    if value.elements is not None or other.elements is not None:
        pairs = zip(value.elements or (), other.elements or (), strict=False)
        same_length = len(value.elements or ()) == len(other.elements or ())
        return (
            same_length
            and (value.elements is None) == (other.elements is None)
            and all(_equal(*pair) for pair in pairs)
        )
    entries, others = value.entries or (), other.entries or ()
    return len(entries) == len(others) and all(
        key.text == name.text and _equal(inner, its) for (key, inner), (name, its) in zip(entries, others, strict=True)
    )


def _begins_alike(value: YamlNode, long: YamlNode) -> bool:
    """True when a part in long form begins with the same number of entries as what it is written in."""
    return long.entries is not None and len(long.entries) >= len(value.entries or ())


def _flow(node: YamlNode, *, keeps_quotes: bool = False) -> str:
    """A node in one line; the passages and reasons in it keep their quotation marks."""
    if node.elements is not None:
        return f"[{', '.join(_flow(element, keeps_quotes=keeps_quotes) for element in node.elements)}]"
    if node.entries is not None:
        inner = ((key.text or "", value) for key, value in node.entries)
        texts = (f"{quoted(key)}: {_flow(value, keeps_quotes=key in CONTEXT_KEYS)}" for key, value in inner)
        return f"{{{', '.join(texts)}}}"
    text = node.text or ""
    if node.is_quoted and keeps_quotes:
        return quoted(text, always=True)
    is_plain = _PLAIN.fullmatch(text) is not None or text in ("true", "false")
    return text if (is_plain and not node.is_quoted) or node.is_null else quoted(text)
