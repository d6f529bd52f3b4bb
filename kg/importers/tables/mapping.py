"""A mapping file walks in; what each column of a table means walks out. docs/importing.md shows one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kg.errors import InputError
from kg.facts.model import Source
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import XSD, entity_iri
from kg.text import closest
from kg.yaml_files import read_yaml_mapping

CLEANINGS = (
    "trim",
    "last-part",
    "first-part",
    "last-first",
    "article-first",
    "year",
    "integer",
    "minutes",
    "day-first",
    "month-first",
    "day",
    "yes-no",
    "lower",
    "upper",
    "no-brackets",
    "in-brackets",
    "year-in-brackets",
    "before-as",
    "after-as",
)
_TOP = {"source", "prefix", "format", "delimiter", "quote", "encoding", "missing", "sheet"}
_TOP |= {"header", "rows", "columns", "nodes", "says", "ignore"}
_ROWS = {"class", "classes", "class_column", "key", "clean", "record", "where", "mention"}
_NODE = {"key", "each", "where", "columns", "says"}
_COLUMN = {"property", "class", "prefix", "label", "split", "clean", "language", "language_column", "identifier"}
_COLUMN |= {"values", "where", "within", "other_than"}
_FORMATS = ("csv", "tsv", "jsonl", "parquet", "xlsx")


RowFilter = Mapping[str, tuple[str, ...]]
"""Column -> the texts of which it must hold one."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What one column says: a property of the row's thing, with text or number, or leading to another thing.

    One that `says` a text has no cells: each row says the same.
    """

    name: str
    property: str
    value_type: str
    """thing, date, integer, decimal, boolean or text."""
    class_name: str = ""
    prefix: str = ""
    label: str = ""
    split: str = ""
    clean: tuple[str, ...] = ("trim",)
    language: str = ""
    identifier: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    where: RowFilter = field(default_factory=dict)
    inverse: str = ""
    """The property that leads back to the row's thing, where a value names something that belongs to that alone."""
    language_column: str = ""
    other_than: str = ""
    """A column whose text is not said again."""
    constant: str = ""


@dataclass(frozen=True, slots=True)
class PartMapping:
    """Something with no name of its own that hangs on the row's thing; its first column says whether there is one."""

    property: str
    columns: tuple[ColumnMapping, ...]
    key: tuple[str, ...] = ()
    """The columns that name it; all that it has, when there are none."""
    each: tuple[str, ...] = ()
    """Columns whose values, split, make a node each; those of several columns go together by their places."""
    where: RowFilter = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StubMapping:
    """What a row's thing gets where no table describes it: a class, and its key as an identifier."""

    class_name: str
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How a table is read and what its rows and columns mean."""

    source: Source
    prefix: str
    key: tuple[str, ...]
    columns: tuple[ColumnMapping, ...]
    class_name: str = ""
    class_column: str = ""
    classes: Mapping[str, str] = field(default_factory=dict)
    key_clean: tuple[str, ...] = ("trim",)
    record: tuple[str, ...] = ()
    where: RowFilter = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    format: str = ""
    delimiter: str = ""
    quote: str = '"'
    encoding: str = "utf-8"
    sheet: str = ""
    ignore: tuple[str, ...] = ()
    parts: tuple[PartMapping, ...] = ()
    stub: StubMapping | None = None
    header: tuple[str, ...] = ()
    """The names of the columns of a table that does not begin with them."""

    @property
    def all_columns(self) -> tuple[ColumnMapping, ...]:
        """The columns that say something, of rows and of nodes."""
        return (*self.columns, *(column for node in self.parts for column in node.columns))

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that the table must have."""
        names = [*self.key, *self.record, self.class_column, *self.where]
        for column in self.all_columns:
            names += [column.name, column.label, column.language_column, column.other_than, *column.where]
        for node in self.parts:
            names += [*node.key, *node.where]
        return tuple(dict.fromkeys(filter(None, names)))

    @property
    def filter_values(self) -> RowFilter:
        """Column -> the texts in it that a column or node asks for."""
        asked: dict[str, tuple[str, ...]] = {}
        for where in (*(column.where for column in self.all_columns), *(node.where for node in self.parts)):
            for name, texts in where.items():
                asked[name] = (*asked.get(name, ()), *texts)
        return asked


def read_table_mapping(path: Path, schema: Schema) -> TableMapping:
    """The mapping of a file; raises `InputError` with everything that is wrong in it."""
    return to_table_mapping(read_yaml_mapping(path), schema, file=str(path))


def with_list_columns(mapping: TableMapping, nested: Collection[str]) -> TableMapping:
    """The mapping with these columns read as lists, where it does not say how they are split."""

    def each(columns: tuple[ColumnMapping, ...]) -> tuple[ColumnMapping, ...]:
        return tuple(replace(one, split="json") if one.name in nested and not one.split else one for one in columns)

    nodes = tuple(replace(node, columns=each(node.columns)) for node in mapping.parts)
    return replace(mapping, columns=each(mapping.columns), parts=nodes)


def to_table_mapping(told: Any, schema: Schema, *, file: str) -> TableMapping:
    """The mapping that YAML tells; raises `InputError` with everything that is wrong in it."""
    reader = _Reader(schema)
    mapping = reader.read(told)
    if mapping is None or reader.faults:
        raise InputError(f"{file}: " + "\n".join(reader.faults))
    return mapping


@dataclass
class _Reader:
    schema: Schema
    faults: list[str] = field(default_factory=list)

    def read(self, told: Any) -> TableMapping | None:
        if not isinstance(told, dict) or not isinstance(told.get("columns") or told.get("nodes"), dict):
            self.faults.append("a mapping wants `source:`, `rows:`, and `columns:` or `nodes:`")
            return None
        self.keys(told, _TOP, "the mapping")
        rows = self.mapping(told.get("rows"), "rows")
        self.keys(rows, _ROWS, "rows")
        source = told.get("source")
        source = {"id": source} if isinstance(source, str) else dict(source or {})
        if not source.get("id"):
            self.faults.append("source: an id is wanted")
        format = str(told.get("format", ""))
        if format and format not in _FORMATS:
            self.faults.append(f"format: {format!r} is none of {', '.join(_FORMATS)}")
        classes = {str(name): self.class_name(kind) for name, kind in (rows.get("classes") or {}).items() if kind}
        said = self.source(source)
        prefix = str(told.get("prefix") or said.id)
        key = _texts(rows.get("key"))
        if not key:
            self.faults.append("rows: `key` names the columns that tell one row's thing from another's")
        return TableMapping(
            said,
            prefix,
            key,
            (*self.columns(told.get("columns"), prefix), *self.says(told.get("says"), prefix)),
            self.class_name(rows["class"]) if rows.get("class") else "",
            str(rows.get("class_column", "")),
            classes,
            _texts(rows.get("clean")) or ("trim",),
            _texts(rows.get("record")),
            self.where(rows.get("where"), "rows"),
            _texts(told.get("missing")),
            format,
            str(told.get("delimiter", "")),
            "" if told.get("quote") == "none" else '"',
            str(told.get("encoding", "utf-8")),
            str(told.get("sheet", "")),
            _texts(told.get("ignore")),
            tuple(
                node
                for name, one in self.mapping(told.get("nodes"), "nodes").items()
                for node in self.nodes(str(name), one, prefix)
            ),
            self.mention(rows.get("mention")),
            _texts(told.get("header")),
        )

    def source(self, told: Mapping[str, Any]) -> Source:
        known = ("id", "title", "publisher", "date", "language", "address", "licence")
        self.keys(told, set(known), "source")
        id, title, publisher, date, language, address, licence = (str(told.get(name, "")) for name in known)
        return Source(id, title, publisher, date, language, address, licence)

    def mapping(self, told: Any, where: str) -> Mapping[Any, Any]:
        if told is not None and not isinstance(told, dict):
            self.faults.append(f"{where}: a mapping is wanted")
            return {}
        return told or {}

    def mention(self, told: Any) -> StubMapping | None:
        entry = self.mapping(told, "mention")
        self.keys(entry, {"class", "identifier"}, "mention")
        identifier = str(entry.get("identifier", ""))
        if identifier:
            self.word(identifier, "mention")
        return StubMapping(self.class_name(entry.get("class", "")), identifier) if entry else None

    def where(self, told: Any, place: str) -> RowFilter:
        return {str(name): _texts(values) for name, values in self.mapping(told, f"{place}: where").items()}

    def nodes(self, property: str, told: Any, prefix: str) -> Iterator[PartMapping]:
        """The nodes to which a property leads; a list makes several of one row."""
        place = f"node {property}"
        word = self.word(property, place)
        if word is not None and word.value_kind is not ValueKind.ENTITY:
            self.faults.append(f"{place}: the property leads to no thing, so no node can hang on it")
        for one in told if isinstance(told, list) else [told]:
            entry = self.mapping(one, place)
            self.keys(entry, _NODE, place)
            columns = self.columns(entry.get("columns"), prefix)
            if not columns:
                self.faults.append(f"{place}: `columns` says what stands in it")
                continue
            key = _texts(entry.get("key"))
            every = (*columns, *self.says(entry.get("says"), prefix))
            yield PartMapping(property, every, key, _texts(entry.get("each")), self.where(entry.get("where"), place))

    def columns(self, told: Any, prefix: str) -> tuple[ColumnMapping, ...]:
        """What columns say; a list of entries says several things."""
        return tuple(
            column
            for name, one in self.mapping(told, "columns").items()
            for entry in (one if isinstance(one, list) else [one])
            if entry is not None and (column := self.column(str(name), entry, prefix)) is not None
        )

    def says(self, told: Any, prefix: str) -> Iterator[ColumnMapping]:
        """What each row says; a thing by its label."""
        for property, one in self.mapping(told, "says").items():
            entry = dict(one) if isinstance(one, dict) else {"value": one}
            value = entry.pop("value", None)
            text = "" if value is None else str(value)
            if not text:
                self.faults.append(f"says: {property} wants a value")
            column = self.column(f"says {property}", entry | {"property": property}, prefix)
            if column is not None:
                yield replace(column, name="", constant=text)

    def word(self, property: str, place: str) -> OntologyTerm | None:
        """The property of the ontology; None, and a fault, where there is none."""
        iri = self.schema.names.get(property)
        if iri is None:
            near = closest(property, list(self.schema.names))
            offer = f"; did you mean {' or '.join(near)}?" if near else ""
            self.faults.append(f"{place}: {property!r} is not a property of the ontology{offer}")
            return None
        return self.schema.properties[iri]

    def column(self, name: str, told: Any, prefix: str) -> ColumnMapping | None:
        if isinstance(told, str):
            told = {"property": told}
        if not isinstance(told, dict):
            self.faults.append(f"column {name}: a property, or a mapping with `property:`, is wanted")
            return None
        self.keys(told, _COLUMN, f"column {name}")
        property = str(told.get("property", ""))
        word = self.word(property, f"column {name}")
        if word is None:
            return None
        identifier, within = str(told.get("identifier", "")), str(told.get("within", ""))
        for one in filter(None, (identifier, within)):
            self.word(one, f"column {name}")
        clean = _texts(told.get("clean")) or ("trim",)
        for one in clean:
            if one not in CLEANINGS:
                near = closest(one, list(CLEANINGS))
                self.faults.append(f"column {name}: {one!r} is none of {', '.join(near or CLEANINGS)}")
        kind = self.class_name(told["class"]) if told.get("class") else _range(word, self.schema)
        own = str(told.get("prefix", ""))
        return ColumnMapping(
            name,
            property,
            _reads(word),
            kind,
            own or f"{prefix}-{kind.lower() or 'thing'}",
            str(told.get("label", "")),
            str(told.get("split", "")),
            clean,
            str(told.get("language", "")),
            identifier,
            {
                str(one): "" if other is None else str(other)
                for one, other in self.mapping(told.get("values"), f"column {name}: values").items()
            },
            self.where(told.get("where"), f"column {name}"),
            within,
            str(told.get("language_column", "")),
            str(told.get("other_than", "")),
        )

    def class_name(self, name: Any) -> str:
        if str(name) not in self.schema.class_names:
            near = closest(str(name), list(self.schema.class_names))
            offer = f"; did you mean {' or '.join(near)}?" if near else ""
            self.faults.append(f"{name!r} is not a class of the ontology{offer}")
        return str(name)

    def keys(self, told: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in told:
            if key not in known:
                near = closest(str(key), sorted(known))
                offer = f"; did you mean {near[0]}?" if near else ""
                self.faults.append(f"{where}: {key!r} is not known{offer}")


def _reads(word: OntologyTerm) -> str:
    if word.value_kind is ValueKind.ENTITY:
        return "thing"
    if word.value_kind is ValueKind.DATE:
        return "date"
    range = word.range[0].value if word.range else ""
    return {XSD + "integer": "integer", XSD + "decimal": "decimal", XSD + "boolean": "boolean"}.get(range, "text")


def _range(word: OntologyTerm, schema: Schema) -> str:
    kinds = [iri.value.removeprefix(entity_iri("").value) for iri in word.range]
    return kinds[0] if len(kinds) == 1 and kinds[0] in schema.class_names else ""


def _texts(told: Any) -> tuple[str, ...]:
    if told is None:
        return ()
    return tuple(map(str, told)) if isinstance(told, list) else (str(told),)
