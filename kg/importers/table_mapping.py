"""A mapping file walks in; what each column of a table means walks out. docs/importing.md shows one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg.errors import InputError
from kg.facts.fact import Source
from kg.facts.lexicon import Lexicon, Takes, Word
from kg.facts.values import nearest
from kg.mappings.yaml_files import read_yaml
from kg.terms import XSD, film

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
    "yes-no",
    "lower",
    "upper",
    "no-brackets",
)
_TOP = {"source", "prefix", "format", "delimiter", "quote", "encoding", "missing", "sheet", "rows", "columns", "ignore"}
_ROWS = {"class", "classes", "class_column", "key", "clean", "record", "where"}
_COLUMN = {"property", "class", "prefix", "label", "split", "clean", "language", "identifier", "values"}
_FORMATS = ("csv", "tsv", "jsonl", "parquet", "xlsx")


@dataclass(frozen=True, slots=True)
class Column:
    """What one column says: a property of the row's thing, with text or number, or leading to another thing."""

    name: str
    property: str
    reads: str
    """thing, date, integer, decimal, boolean or text."""
    kind: str = ""
    prefix: str = ""
    label: str = ""
    split: str = ""
    clean: tuple[str, ...] = ("trim",)
    language: str = ""
    identifier: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How a table is read and what its rows and columns mean."""

    source: Source
    prefix: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    kind: str = ""
    class_column: str = ""
    classes: Mapping[str, str] = field(default_factory=dict)
    key_clean: tuple[str, ...] = ("trim",)
    record: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    format: str = ""
    delimiter: str = ""
    quote: str = '"'
    encoding: str = "utf-8"
    sheet: str = ""
    ignore: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """The columns that the table must have."""
        names = [*self.key, self.record, self.class_column, *self.where]
        names += [name for column in self.columns for name in (column.name, column.label)]
        return tuple(dict.fromkeys(filter(None, names)))


def read_table_mapping(path: Path, lexicon: Lexicon) -> TableMapping:
    """The mapping of a file; raises `InputError` with everything that is wrong in it."""
    return to_table_mapping(read_yaml(path), lexicon, file=str(path))


def to_table_mapping(told: Any, lexicon: Lexicon, *, file: str) -> TableMapping:
    """The mapping that YAML tells; raises `InputError` with everything that is wrong in it."""
    reader = _Reader(lexicon)
    mapping = reader.read(told)
    if mapping is None or reader.faults:
        raise InputError(f"{file}: " + "\n".join(reader.faults))
    return mapping


@dataclass
class _Reader:
    lexicon: Lexicon
    faults: list[str] = field(default_factory=list)

    def read(self, told: Any) -> TableMapping | None:
        if not isinstance(told, dict) or not isinstance(told.get("columns"), dict):
            self.faults.append("a mapping wants `source:`, `rows:` and `columns:`")
            return None
        self.keys(told, _TOP, "the mapping")
        rows = told.get("rows") or {}
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
            tuple(column for name, one in told["columns"].items() for column in self.columns(str(name), one, prefix)),
            self.class_name(rows["class"]) if rows.get("class") else "",
            str(rows.get("class_column", "")),
            classes,
            _texts(rows.get("clean")) or ("trim",),
            str(rows.get("record", "")),
            {str(name): _texts(values) for name, values in (rows.get("where") or {}).items()},
            _texts(told.get("missing")),
            format,
            str(told.get("delimiter", "")),
            "" if told.get("quote") == "none" else '"',
            str(told.get("encoding", "utf-8")),
            str(told.get("sheet", "")),
            _texts(told.get("ignore")),
        )

    def source(self, told: Mapping[str, Any]) -> Source:
        known = ("id", "title", "publisher", "date", "language", "address", "licence")
        self.keys(told, set(known), "source")
        id, title, publisher, date, language, address, licence = (str(told.get(name, "")) for name in known)
        return Source(id, title, publisher, date, language, address, licence)

    def columns(self, name: str, told: Any, prefix: str) -> list[Column]:
        if told is None:
            return []
        entries = told if isinstance(told, list) else [told]
        return [column for one in entries if (column := self.column(name, one, prefix)) is not None]

    def column(self, name: str, told: Any, prefix: str) -> Column | None:
        if isinstance(told, str):
            told = {"property": told}
        if not isinstance(told, dict):
            self.faults.append(f"column {name}: a property, or a mapping with `property:`, is wanted")
            return None
        self.keys(told, _COLUMN, f"column {name}")
        property = str(told.get("property", ""))
        iri = self.lexicon.names.get(property)
        if iri is None:
            near = nearest(property, list(self.lexicon.names))
            offer = f"; did you mean {' or '.join(near)}?" if near else ""
            self.faults.append(f"column {name}: {property!r} is not a property of the ontology{offer}")
            return None
        word = self.lexicon.properties[iri]
        identifier = str(told.get("identifier", ""))
        if identifier and identifier not in self.lexicon.names:
            self.faults.append(f"column {name}: {identifier!r} is not a property of the ontology")
        clean = _texts(told.get("clean")) or ("trim",)
        for one in clean:
            if one not in CLEANINGS:
                near = nearest(one, list(CLEANINGS))
                self.faults.append(f"column {name}: {one!r} is none of {', '.join(near or CLEANINGS)}")
        kind = self.class_name(told["class"]) if told.get("class") else _range(word, self.lexicon)
        own = str(told.get("prefix", ""))
        return Column(
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
            {str(one): str(other) for one, other in (told.get("values") or {}).items()},
        )

    def class_name(self, name: Any) -> str:
        if str(name) not in self.lexicon.class_names:
            near = nearest(str(name), list(self.lexicon.class_names))
            offer = f"; did you mean {' or '.join(near)}?" if near else ""
            self.faults.append(f"{name!r} is not a class of the ontology{offer}")
        return str(name)

    def keys(self, told: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in told:
            if key not in known:
                near = nearest(str(key), sorted(known))
                offer = f"; did you mean {near[0]}?" if near else ""
                self.faults.append(f"{where}: {key!r} is not known{offer}")


def _reads(word: Word) -> str:
    if word.takes is Takes.THING:
        return "thing"
    if word.takes is Takes.DATE:
        return "date"
    range = word.range[0].value if word.range else ""
    return {XSD + "integer": "integer", XSD + "decimal": "decimal", XSD + "boolean": "boolean"}.get(range, "text")


def _range(word: Word, lexicon: Lexicon) -> str:
    kinds = [iri.value.removeprefix(film("").value) for iri in word.range]
    return kinds[0] if len(kinds) == 1 and kinds[0] in lexicon.class_names else ""


def _texts(told: Any) -> tuple[str, ...]:
    if told is None:
        return ()
    return tuple(map(str, told)) if isinstance(told, list) else (str(told),)
