"""What the columns of a table mean: mapping files, as docs/importing.md describes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kg.facts.model import NOWHERE, Source
from kg.files.yaml_files import YamlNode
from kg.importers.tables.cells.cleanings import CLEANINGS, JSON
from kg.mappings import MAPPINGS
from kg.mappings.mapping_file import Fields, MappingFile, mentioned_type
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import XSD
from kg.text.folding import closest

MISSING = ("N/A", "n/a", "#N/A")
"""Texts of cells without a value, where the mapping does not state them."""
_FORMATS = ("csv", "tsv", "jsonl", "parquet", "xlsx")
_TOP_KEYS = frozenset(
    """source prefix format delimiter quote encoding missing sheet
    header rows columns parts constants ignore""".split()  # noqa: SIM905
)
_SOURCE_KEYS = ("id", "title", "author", "publisher", "date", "language", "address", "licence")
_ROW_KEYS = ("class", "classes", "class_column", "key", "clean", "record", "where", "mention")
_PART_KEYS = ("key", "each", "where", "columns", "constants")
_FORMER_KEYS = {"says": "constants", "nodes": "parts"}
"""Key of earlier versions, which is still read -> the key of today."""
_CONSTANT_KEYS = frozenset(
    """value class prefix label split clean language language_column identifier
    values where within other_than""".split()  # noqa: SIM905
)
_COLUMN_KEYS = _CONSTANT_KEYS - {"value"} | {"property"}
_VALUE_TYPES = {
    XSD + "integer": "integer",
    XSD + "decimal": "decimal",
    XSD + "boolean": "boolean",
    XSD + "anyURI": "address",
}

RowFilter = Mapping[str, tuple[str, ...]]
"""Column -> the texts of which it must have one."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What one column states: the value of a property, of the row's entity or of one of its parts.

    A mapping with a `constant` has no column: each row states the same.
    """

    name: str
    property: str
    value_type: str
    """entity, date, integer, decimal, boolean, address or text."""
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
    """The property that leads back to the row's entity, where a value names something of that entity alone."""
    language_column: str = ""
    other_than: str = ""
    """A column whose text is not stated again."""
    constant: str = ""

    def cells(self) -> tuple[str, ...]:
        """The names of the table's columns that it reads."""
        names = (self.name, self.label, self.language_column, self.other_than, *self.where)
        return tuple(dict.fromkeys(filter(None, names)))


@dataclass(frozen=True, slots=True)
class PartMapping:
    """A part of the row's entity; there is one when its first column has a value."""

    property: str
    columns: tuple[ColumnMapping, ...]
    key: tuple[str, ...] = ()
    """The columns that name it; empty for all of its columns."""
    each: tuple[str, ...] = ()
    """Columns whose values, split, make a part each; those of several columns are paired by position."""
    where: RowFilter = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StubMapping:
    """Mapping for entities that are referred to but not described: class and identifier."""

    class_name: str
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How a table is read, and what its rows and columns mean."""

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
    is_of_dataset: bool = False
    """True for the mapping of a published dataset, which comes with the program: its tables have one encoding."""

    @property
    def all_columns(self) -> tuple[ColumnMapping, ...]:
        """The columns of rows and of parts."""
        return (*self.columns, *(column for part in self.parts for column in part.columns))

    @property
    def column_prefixes(self) -> tuple[str, ...]:
        """What the names of entities begin with that columns name."""
        named = (column for column in self.all_columns if column.value_type == "entity" and not column.inverse)
        return tuple(dict.fromkeys(column.prefix for column in named))

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The names of the columns that the table must have."""
        names = [*self.key, *self.record, self.class_column, *self.where]
        for column in self.all_columns:
            names += column.cells()
        for part in self.parts:
            names += [*part.key, *part.where]
        return tuple(dict.fromkeys(filter(None, names)))

    @property
    def filter_values(self) -> RowFilter:
        """Column -> the texts in it that a column or part is filtered by."""
        texts: dict[str, tuple[str, ...]] = {}
        for where in (*(column.where for column in self.all_columns), *(part.where for part in self.parts)):
            for name, own in where.items():
                texts[name] = (*texts.get(name, ()), *own)
        return texts


def read_table_mapping(path: Path, schema: Schema) -> TableMapping:
    """The mapping in a file; raises `FaultsError` with everything that is wrong in it."""
    file = MappingFile(path, schema)
    mapping = _TableMappingReader(file).read()
    file.raise_faults()
    return replace(mapping, is_of_dataset=path.is_relative_to(MAPPINGS))


def read_columns(file: MappingFile, fields: Mapping[str, YamlNode], prefix: str) -> tuple[ColumnMapping, ...]:
    """The columns of a mapping file of another form: column -> node of its entry."""
    reader = _TableMappingReader(file, prefix)
    return tuple(column for name, node in fields.items() for column in reader.column_entries(name, node))


def with_list_columns(mapping: TableMapping, nested: Collection[str]) -> TableMapping:
    """The mapping with these columns read as lists, where it does not state how they are split."""

    def as_lists(columns: tuple[ColumnMapping, ...]) -> tuple[ColumnMapping, ...]:
        return tuple(
            replace(column, split=JSON, clean=(*column.clean, JSON))
            if column.name in nested and not column.split
            else column
            for column in columns
        )

    parts = tuple(replace(part, columns=as_lists(part.columns)) for part in mapping.parts)
    return replace(mapping, columns=as_lists(mapping.columns), parts=parts)


@dataclass
class _TableMappingReader:
    """Reads the nodes of a mapping file; `prefix` begins the names of its entities."""

    file: MappingFile
    prefix: str = ""

    def read(self) -> TableMapping:
        top = self.file.fields(self.file.root, _TOP_KEYS, "the mapping", former=_FORMER_KEYS)
        if top.node("columns") is None and top.node("parts") is None:
            self.file.add_fault("missing", "the mapping has no `columns` and no `parts`", self.file.root)
        rows = self.file.fields(top.node("rows"), _ROW_KEYS, "`rows`")
        source = self.source(top.node("source"))
        self.prefix = top.text("prefix") or source.id
        key = rows.texts("key")
        if not key:
            remedy = "Name the columns that distinguish one row's entity from another's."
            self.file.add_fault("missing", "`rows` has no `key`", top.node("rows") or self.file.root, remedy=remedy)
        return TableMapping(
            source,
            self.prefix,
            key,
            (*self.columns(top.node("columns"), "`columns`"), *self.constants(top.node("constants"))),
            rows.class_name("class"),
            rows.text("class_column"),
            self.classes(rows.node("classes")),
            self.cleanings(rows) or ("trim",),
            rows.texts("record"),
            self.row_filter(rows),
            MISSING if top.node("missing") is None else top.texts("missing"),
            self.format(top),
            top.text("delimiter"),
            "" if top.text("quote") == "none" else '"',
            top.text("encoding", "utf-8"),
            top.text("sheet"),
            top.texts("ignore"),
            tuple(self.parts(top.node("parts"))),
            self.stub(rows.node("mention")),
            top.texts("header"),
        )

    def source(self, node: YamlNode | None) -> Source:
        if node is not None and node.text is not None:
            return Source(node.text)
        fields = self.file.fields(node, _SOURCE_KEYS, "`source`")
        if not fields.text("id"):
            self.file.add_fault("missing", "`source` has no `id`", node or self.file.root)
        return Source(**{key: fields.text(key) for key in _SOURCE_KEYS}, place=NOWHERE)

    def format(self, top: Fields) -> str:
        node = top.node("format")
        if node is not None and node.text not in _FORMATS:
            remedy = f"Known are {', '.join(_FORMATS)}."
            self.file.add_fault("unknown-format", f"unknown format {node.text!r}", node, remedy=remedy)
        return top.text("format")

    def classes(self, node: YamlNode | None) -> dict[str, str]:
        entries = self.file.entries(node, "`classes`")
        return {text: self.file.class_name(value) for text, value in entries if not value.is_null}

    def stub(self, node: YamlNode | None) -> StubMapping | None:
        if node is None:
            return None
        fields = self.file.fields(node, ("class", "identifier"), "`mention`")
        if "class" not in fields:
            self.file.add_fault("missing", "`mention` has no `class`", node)
        return StubMapping(fields.class_name("class"), fields.property_name("identifier"))

    def row_filter(self, fields: Fields) -> RowFilter:
        entries = self.file.entries(fields.node("where"), f"`where` of {fields.what}")
        return {name: self.file.texts(node, f"`where` of {fields.what}") for name, node in entries}

    def cleanings(self, fields: Fields) -> tuple[str, ...]:
        node = fields.node("clean")
        for element in _elements(node):
            if element.text not in CLEANINGS:
                suggestions = closest(element.text or "", list(CLEANINGS))
                remedy = f"Known are {', '.join(CLEANINGS)}."
                message = f"unknown cleaning {element.text!r}"
                self.file.add_fault("unknown-cleaning", message, element, suggestions=suggestions, remedy=remedy)
        return fields.texts("clean")

    def parts(self, node: YamlNode | None) -> Iterator[PartMapping]:
        """The parts to which properties lead; a list of entries makes several parts of one row."""
        for key, value in self.file.entries(node, "`parts`").entries.values():
            term = self.file.property(key)
            what = f"the part {key.text}"
            if term is not None and term.value_kind is not ValueKind.ENTITY:
                message = f"{key.text} does not lead to entities, so it cannot have parts"
                self.file.add_fault("not-entity", message, key)
            for entry in _elements(value):
                fields = self.file.fields(entry, _PART_KEYS, what, former=_FORMER_KEYS)
                columns = self.columns(fields.node("columns"), f"`columns` of {what}")
                if not columns:
                    self.file.add_fault("missing", f"{what} has no `columns`", entry)
                    continue
                constants = tuple(self.constants(fields.node("constants")))
                filter = self.row_filter(fields)
                yield PartMapping(
                    key.text or "", (*columns, *constants), fields.texts("key"), fields.texts("each"), filter
                )

    def columns(self, node: YamlNode | None, what: str) -> tuple[ColumnMapping, ...]:
        entries = self.file.entries(node, what)
        return tuple(column for name, value in entries for column in self.column_entries(name, value))

    def column_entries(self, name: str, node: YamlNode) -> Iterator[ColumnMapping]:
        """What one column states; a list of entries states several values."""
        for entry in _elements(node):
            if not entry.is_null and (column := self.column(name, entry)) is not None:
                yield column

    def column(self, name: str, node: YamlNode) -> ColumnMapping | None:
        what = f"column {name}"
        if node.entries is None:
            term = self.file.property(node)
            return self.column_mapping(name, term, None) if term is not None else None
        fields = self.file.fields(node, _COLUMN_KEYS, what)
        if fields.node("property") is None:
            self.file.add_fault("missing", f"{what} has no `property`", node)
            return None
        term = self.file.property(fields.node("property") or node)
        return self.column_mapping(name, term, fields) if term is not None else None

    def constants(self, node: YamlNode | None) -> Iterator[ColumnMapping]:
        """What each row states; an entity by its label."""
        for key, value in self.file.entries(node, "`constants`").entries.values():
            term = self.file.property(key)
            fields = self.file.fields(value, _CONSTANT_KEYS, f"`constants` of {key.text}") if value.entries else None
            text = fields.text("value") if fields is not None else self.file.text(value, f"`constants` of {key.text}")
            if not text:
                self.file.add_fault("missing", f"`constants` of {key.text} has no value", value)
            if term is not None:
                yield replace(self.column_mapping(key.text or "", term, fields), name="", constant=text)

    def column_mapping(self, name: str, term: OntologyTerm, fields: Fields | None) -> ColumnMapping:
        fields = fields if fields is not None else self.file.entries(None, name)
        class_name = fields.class_name("class") or mentioned_type(term, self.file.schema)
        values = self.file.entries(fields.node("values"), f"`values` of {fields.what}")
        return ColumnMapping(
            name,
            term.name,
            _value_type(term),
            class_name,
            fields.text("prefix") or f"{self.prefix}-{class_name.lower() or 'thing'}",
            fields.text("label"),
            split := fields.text("split"),
            (*(self.cleanings(fields) or ("trim",)), *((JSON,) if split == JSON else ())),
            fields.text("language"),
            fields.property_name("identifier"),
            self.full_names(term, fields) | {text: self.file.text(value, "a value") for text, value in values},
            self.row_filter(fields),
            fields.property_name("within"),
            fields.text("language_column"),
            fields.text("other_than"),
        )

    def full_names(self, term: OntologyTerm, fields: Fields) -> dict[str, str]:
        """The abbreviations of values that are names, `USA`, each with the name; none where cells are identifiers."""
        if fields.text("label") or fields.text("identifier"):
            return {}
        abbreviations = self.file.schema.known_names.abbreviations
        return {
            short: name for short, (_, name) in abbreviations.items() if self.file.schema.full_name(short, term) == name
        }


def _elements(node: YamlNode | None) -> Sequence[YamlNode]:
    """The elements of a list, or the one node that is there instead."""
    return () if node is None else (node,) if node.elements is None else node.elements


def _value_type(term: OntologyTerm) -> str:
    if term.value_kind is ValueKind.ENTITY:
        return "entity"
    if term.value_kind is ValueKind.DATE:
        return "date"
    return _VALUE_TYPES.get(term.range[0].value, "text") if term.range else "text"
