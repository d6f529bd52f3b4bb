"""Fact tables, CSV, TSV or Parquet, as facts: one fact a row.

Columns: subject, property, value; and, as needed, datatype, language, source, record, start, end, as_of, rank,
written, because, paraphrase, retrieved. The property's range says what kind of term a value is, unless `datatype` or
`language` says it.

Most rows fill only five columns, with few properties, sources and names, each of them often. `PlainRows` reads these,
five times faster and with half of the memory, since it looks each name up once and shares equal values among facts. It
leaves any other row, and any row that may be wrong, to `TableReader.read_row`, which reports what is wrong.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pyoxigraph import Literal, NamedNode

from kg.facts.dates import to_date_range
from kg.facts.files import FileFindings, encoding_finding
from kg.facts.literals import check_value, parse_value
from kg.facts.model import FACT_COLUMNS, REQUIRED_COLUMNS, Evidence, Fact, Rank, Source
from kg.reports import Place, Severity
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import FILM, Term, to_iri
from kg.text.folding import closest

LONGEST_CELL = 1 << 20
"""Characters; a longer cell is a broken quotation mark, not a value."""
MAX_FINDINGS = 1000
"""Findings reported for one table; a table with more is the wrong table."""
_TSV, _PARQUET = ".tsv", ".parquet"


@dataclass
class TableReader:
    """Reads fact tables against the ontology and the sources; `findings` are those of all tables."""

    SUFFIXES: ClassVar[tuple[str, ...]] = (".csv", _TSV, _PARQUET)
    schema: Schema
    sources: Mapping[str, Source]
    findings: FileFindings = field(default_factory=FileFindings)
    _plain_rows: PlainRows = field(init=False)

    def __post_init__(self) -> None:
        self._plain_rows = PlainRows(self.schema, self.sources)

    def read(self, path: Path, *, file: str) -> Iterator[Fact]:
        """Yield the facts of a table; `file` is its name in findings."""
        is_parquet = path.suffix.lower() == _PARQUET
        return self._read_parquet(path, file=file) if is_parquet else self._read_csv(path, file=file)

    def _read_csv(self, path: Path, *, file: str) -> Iterator[Fact]:
        before = csv.field_size_limit(LONGEST_CELL)
        try:
            with path.open("rb") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
                rows = csv.reader(text, dialect="excel-tab" if path.suffix.lower() == _TSV else "excel", strict=True)
                header = next(rows, None)
                if header is None:
                    self.findings.add("empty", "the table is empty", Place(file, 1, 1), severity=Severity.INFO)
                elif self._check_header(header, Place(file, 1, 1)):
                    yield from self._csv_rows(header, rows, file=file)
        except UnicodeDecodeError:
            with path.open("rb") as raw:
                self.findings.append(encoding_finding(raw, file=file))
        except OSError as error:
            self.findings.add("unreadable", f"cannot be read: {error.strerror}", Place(file))
        finally:
            csv.field_size_limit(before)

    def _csv_rows(self, header: list[str], rows: Iterator[list[str]], *, file: str) -> Iterator[Fact]:
        max_findings = len(self.findings) + MAX_FINDINGS
        columns = to_columns(header)
        while len(self.findings) < max_findings:
            line = getattr(rows, "line_num", 0) + 1
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                self.findings.add("csv", f"not CSV: {error}", Place(file, line))
                return
            if not cells:
                continue
            if len(cells) != len(header):
                message = f"{len(cells)} cells in a table of {len(header)} columns"
                self.findings.add("csv", message, Place(file, line, 1))
                continue
            yield from self._row(header, columns, cells, Place(file, line))
        self.findings.add("many", f"more than {MAX_FINDINGS} findings; the rest of the table was not read", Place(file))

    def _read_parquet(self, path: Path, *, file: str) -> Iterator[Fact]:
        """Yield the facts of a Parquet table; its lines are its rows, counted from 1."""
        import duckdb

        try:
            with duckdb.connect(":memory:") as sql:
                rows = sql.execute("SELECT * FROM read_parquet(?)", [str(path)])
                header = [column[0] for column in rows.description or ()]
                if not self._check_header(header, Place(file)):
                    return
                line, columns = 0, to_columns(header)
                while batch := rows.fetchmany(10_000):
                    for cells in batch:
                        line += 1
                        yield from self._row(header, columns, list(map(_to_cell, cells)), Place(file, line))
        except duckdb.Error as error:
            self.findings.add("parquet", f"not a Parquet table: {str(error).splitlines()[0]}", Place(file))

    def _row(
        self, header: Sequence[str], columns: PlainColumns | None, cells: Sequence[str], place: Place
    ) -> Iterable[Fact]:
        fact = self._plain_rows.to_fact(cells, columns, place) if columns is not None else None
        return (fact,) if fact is not None else self.read_row(dict(zip(header, cells, strict=True)), place)

    def read_row(self, row: Mapping[str, str], place: Place) -> Iterator[Fact]:
        """Yield the fact of one row, by column; or nothing, and a finding."""
        property = self._property(row["property"], place)
        source = self._source(row.get("source", ""), place)
        span = self._span(row, place)
        try:
            subject = to_iri(row["subject"])
            value = self._value(row, property) if property is not None else None
            rank = Rank(row.get("rank") or "normal")
            for name in ("as_of", "retrieved"):
                if day := row.get(name, ""):
                    to_date_range(day)
            if (paraphrase := row.get("paraphrase", "")) not in ("", "true", "false"):
                raise ValueError(f"paraphrase is true or false, not {paraphrase!r}")
        except ValueError as error:
            path = property.iri if property is not None else None
            self.findings.add("value", str(error), place, path=path, value=row["value"])
            return
        if property is None or value is None or source is None or span is None:
            return
        if not self.schema.allows(property.iri, value):
            self.findings.add_not_allowed(property.iri, row["value"], self.schema, place)
            return
        evidence = Evidence(source, span[0], span[1], row.get("record", ""), row.get("retrieved", ""))
        yield Fact(
            subject,
            property.iri,
            value,
            evidence,
            row.get("written", ""),
            row.get("as_of", ""),
            rank,
            row.get("because", ""),
            paraphrase == "true",
            place,
        )

    def _value(self, row: Mapping[str, str], property: OntologyTerm) -> Term:
        if not row["value"]:
            raise ValueError(f"{property.name} has no value")
        if datatype := row.get("datatype", ""):
            iri = to_iri(datatype)
            if iri.value.startswith(FILM):
                raise ValueError(f"{datatype!r} is not a datatype, like xsd:integer or xsd:date")
            literal = Literal(row["value"], datatype=iri)
            check_value(literal, property)
            return literal
        return parse_value(row["value"], property, lang=row.get("language", ""))

    def _property(self, name: str, place: Place) -> OntologyTerm | None:
        property = self.schema.property_named(name)
        if property is None:
            self.findings.add_unknown_property(name, self.schema, place)
        return property

    def _source(self, name: str, place: Place) -> str | None:
        id = name.removeprefix("source:")
        if id in self.sources:
            return id
        message = f"unknown source {id!r}" if id else "the row has no source"
        suggestions = closest(id, list(self.sources))
        remedy = "List it in data/sources.yaml." if id else "Fill the column source."
        self.findings.add("unknown-source", message, place, value=id, suggestions=suggestions, remedy=remedy)
        return None

    def _span(self, row: Mapping[str, str], place: Place) -> tuple[int | None, int | None] | None:
        start, end = row.get("start", ""), row.get("end", "")
        if not start and not end:
            return (None, None)
        if start.isascii() and start.isdigit() and end.isascii() and end.isdigit() and int(start[:12]) < int(end[:12]):
            return (int(start[:12]), int(end[:12]))
        remedy = "Write two whole numbers, start before end."
        self.findings.add("span", f"{start!r} to {end!r} is not a span", place, remedy=remedy)
        return None

    def _check_header(self, header: list[str], place: Place) -> bool:
        """True when the table can be read; else there are findings."""
        missing = [name for name in REQUIRED_COLUMNS if name not in header]
        unknown = [name for name in header if name not in FACT_COLUMNS]
        remedy = f"The columns are {', '.join(FACT_COLUMNS)}."
        if missing:
            message = f"missing column{'s' if len(missing) > 1 else ''} {' and '.join(missing)}"
            self.findings.add("columns", message, place, remedy=remedy)
        for name in unknown:
            suggestions = closest(name, list(FACT_COLUMNS))
            message = f"unknown column {name!r}"
            self.findings.add("columns", message, place, value=name, suggestions=suggestions, remedy=remedy)
        if len(set(header)) != len(header):
            self.findings.add("columns", "duplicate column", place)
        return not missing and not unknown and len(set(header)) == len(header)


def _to_cell(value: object) -> str:
    """A value of a typed table as a CSV table would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


# --- Plain rows

_PLAIN_COLUMNS = ("subject", "property", "value", "source", "record")
_CACHE_SIZE = 1 << 19
"""Names and records that are cached at most; then the cache is emptied."""


@dataclass(frozen=True, slots=True)
class PlainColumns:
    """The positions of a table's columns; a plain row leaves the `empty` ones empty."""

    subject: int
    property: int
    value: int
    source: int
    record: int
    empty: tuple[int, ...]


def to_columns(header: Sequence[str]) -> PlainColumns | None:
    """The positions of a table's columns; None for a table that cannot have plain rows."""
    if any(name not in header for name in _PLAIN_COLUMNS):
        return None
    empty = tuple(position for position, name in enumerate(header) if name not in _PLAIN_COLUMNS)
    subject, property, value, source, record = map(list(header).index, _PLAIN_COLUMNS)
    return PlainColumns(subject, property, value, source, record, empty)


@dataclass
class PlainRows:
    """Reads the plain rows of tables against the ontology and the sources."""

    schema: Schema
    sources: Mapping[str, Source]
    _names: dict[str, NamedNode] = field(default_factory=dict)
    _properties: dict[str, OntologyTerm | None] = field(default_factory=dict)
    _evidence: dict[tuple[str, str], Evidence] = field(default_factory=dict)

    def to_fact(self, cells: Sequence[str], columns: PlainColumns, place: Place) -> Fact | None:
        """The fact of a row; None when the row is not plain."""
        for column in columns.empty:
            if cells[column]:
                return None
        property = self._property(cells[columns.property])
        evidence = self._evidence_of(cells[columns.source], cells[columns.record])
        if property is None or evidence is None:
            return None
        try:
            subject = self._names.get(cells[columns.subject]) or self._name(cells[columns.subject])
            value = self._value(cells[columns.value], property)
        except ValueError:
            return None
        return Fact(subject, property.iri, value, evidence, place=place) if value is not None else None

    def _property(self, name: str) -> OntologyTerm | None:
        if name not in self._properties:
            if len(self._properties) > _CACHE_SIZE:
                self._properties.clear()
            self._properties[name] = self.schema.property_named(name)
        return self._properties[name]

    def _name(self, text: str) -> NamedNode:
        if len(self._names) > _CACHE_SIZE:
            self._names.clear()
        iri = self._names[text] = to_iri(text)
        return iri

    def _value(self, text: str, property: OntologyTerm) -> Term | None:
        if not text:
            return None
        is_entity = property.value_kind is ValueKind.ENTITY
        value = (self._names.get(text) or self._name(text)) if is_entity else parse_value(text, property)
        return value if self.schema.allows(property.iri, value) else None

    def _evidence_of(self, source: str, record: str) -> Evidence | None:
        key = (source, record)
        evidence = self._evidence.get(key)
        if evidence is None:
            id = source.removeprefix("source:")
            if id not in self.sources:
                return None
            if len(self._evidence) > _CACHE_SIZE:
                self._evidence.clear()
            evidence = self._evidence[key] = Evidence(id, record=record)
        return evidence
