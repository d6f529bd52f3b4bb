"""A fact table walks in, CSV or Parquet; facts walk out, a row each.

Columns: subject, property, value; and, where wanted, datatype, language, source, record, start, end, as_of, rank,
written, because, paraphrase, retrieved. The property's range says what kind of term a value is, unless `datatype` or
`language` says it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Literal

from kg.facts.dates import to_date_range
from kg.facts.files import encoding_fault, fault
from kg.facts.literals import check_value, parse_value
from kg.facts.model import COLUMNS, REQUIRED, Evidence, Fact, Rank, Source
from kg.facts.readers.plain_rows import Columns, PlainRows, to_columns
from kg.reports import Finding, Place
from kg.schema import OntologyTerm, Schema
from kg.terms import FILM, TYPE, Term, to_iri
from kg.text import closest

LONGEST_CELL = 1 << 20
"""Characters; a longer cell is a broken quote, not a value."""
MOST_FAULTS = 1000
"""Faults told of one table; a table with more is the wrong table."""


@dataclass
class TableReader:
    """Reads fact tables against the ontology and the sources; `faults` gathers what is wrong in all of them."""

    schema: Schema
    sources: Mapping[str, Source]
    faults: list[Finding] = field(default_factory=list)
    _plain: PlainRows = field(init=False)

    def __post_init__(self) -> None:
        self._plain = PlainRows(self.schema, self.sources)

    def read_csv(self, path: Path, *, file: str) -> Iterator[Fact]:
        """Yield the facts of a CSV table (or TSV, by its name)."""
        before = csv.field_size_limit(LONGEST_CELL)
        try:
            with path.open("rb") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
                rows = csv.reader(text, dialect="excel-tab" if path.suffix.lower() == ".tsv" else "excel", strict=True)
                header = next(rows, None)
                if header is None:
                    self._fault("empty", "the table holds nothing", Place(file, 1, 1))
                elif self._header_fits(header, Place(file, 1, 1)):
                    yield from self._rows(header, rows, file=file)
        except UnicodeDecodeError:
            with path.open("rb") as raw:
                self.faults.append(encoding_fault(raw, file=file))
        except OSError as error:
            self._fault("unreadable", f"cannot be read: {error.strerror}", Place(file))
        finally:
            csv.field_size_limit(before)

    def _rows(self, header: list[str], rows: Iterator[list[str]], *, file: str) -> Iterator[Fact]:
        many = len(self.faults) + MOST_FAULTS
        columns = to_columns(header)
        while len(self.faults) < many:
            line = getattr(rows, "line_num", 0) + 1
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                self._fault("csv", f"not CSV: {error}", Place(file, line))
                return
            if not cells:
                continue
            if len(cells) != len(header):
                self._fault("csv", f"{len(cells)} cells where {len(header)} columns are", Place(file, line, 1))
                continue
            yield from self._fact(header, columns, cells, Place(file, line))
        self._fault("many", f"more than {MOST_FAULTS} faults; the rest was not read", Place(file))

    def read_parquet(self, path: Path, *, file: str) -> Iterator[Fact]:
        """Yield the facts of a Parquet table; its lines are its rows, counted from 1."""
        import duckdb

        try:
            with duckdb.connect(":memory:") as sql:
                rows = sql.execute("SELECT * FROM read_parquet(?)", [str(path)])
                header = [column[0] for column in rows.description or ()]
                if not self._header_fits(header, Place(file)):
                    return
                line, columns = 0, to_columns(header)
                while batch := rows.fetchmany(10_000):
                    for cells in batch:
                        line += 1
                        yield from self._fact(header, columns, list(map(_text, cells)), Place(file, line))
        except duckdb.Error as error:
            self._fault("parquet", f"not a Parquet table: {str(error).splitlines()[0]}", Place(file))

    def _fact(
        self, header: Sequence[str], columns: Columns | None, cells: Sequence[str], place: Place
    ) -> Iterable[Fact]:
        fact = self._plain.to_fact(cells, columns, place) if columns is not None else None
        return (fact,) if fact is not None else self.read_row(dict(zip(header, cells, strict=True)), place)

    def read_row(self, row: Mapping[str, str], place: Place) -> Iterator[Fact]:
        """Yield the fact of one row, or nothing and a fault."""
        word = self._word(row["property"], place)
        source = self._source(row.get("source", ""), place)
        spot = self._spot(row, place)
        try:
            subject = to_iri(row["subject"])
            value = self._value(row, word) if word is not None else None
            rank = Rank(row.get("rank") or "normal")
            for name in ("as_of", "retrieved"):
                if day := row.get(name, ""):
                    to_date_range(day)
            if (paraphrase := row.get("paraphrase", "")) not in ("", "true", "false"):
                raise ValueError(f"paraphrase is true or false, not {paraphrase!r}")
        except ValueError as error:
            self._fault("value", str(error), place)
            return
        if word is None or value is None or source is None or spot is None:
            return
        if word.iri == TYPE and value not in self.schema.classes:
            self._fault("unknown-class", f"{row['value']!r} is not a class of the ontology", place)
            return
        evidence = Evidence(source, spot[0], spot[1], row.get("record", ""), row.get("retrieved", ""))
        yield Fact(
            subject,
            word.iri,
            value,
            evidence,
            row.get("written", ""),
            row.get("as_of", ""),
            rank,
            row.get("because", ""),
            paraphrase == "true",
            place,
        )

    def _value(self, row: Mapping[str, str], word: OntologyTerm) -> Term:
        if not row["value"]:
            raise ValueError(f"{word.name} has no value")
        if datatype := row.get("datatype", ""):
            kind = to_iri(datatype)
            if kind.value.startswith(FILM):
                raise ValueError(f"{datatype!r} is not a datatype: write xsd:integer, xsd:date")
            literal = Literal(row["value"], datatype=kind)
            check_value(literal, word)
            return literal
        return parse_value(row["value"], word, lang=row.get("language", ""))

    def _word(self, name: str, place: Place) -> OntologyTerm | None:
        word = self.schema.property_named(name)
        if word is None:
            near = closest(name, list(self.schema.names))
            self._fault(
                "unknown-property",
                f"{name!r} is not a property of the ontology",
                place,
                remedy=f"Did you mean {' or '.join(near)}?" if near else "",
            )
        return word

    def _source(self, name: str, place: Place) -> str | None:
        name = name.removeprefix("source:")
        if name in self.sources:
            return name
        near = closest(name, list(self.sources))
        remedy = f"Did you mean {near[0]}?" if near else "List it in sources.yaml."
        said = f"there is no source {name!r}" if name else "the row names no source"
        self._fault("unknown-source", said, place, remedy=remedy)
        return None

    def _spot(self, row: Mapping[str, str], place: Place) -> tuple[int | None, int | None] | None:
        start, end = row.get("start", ""), row.get("end", "")
        if not start and not end:
            return (None, None)
        if start.isascii() and start.isdigit() and end.isascii() and end.isdigit() and int(start[:12]) < int(end[:12]):
            return (int(start[:12]), int(end[:12]))
        self._fault("span", f"{start!r} to {end!r} is not a span", place, remedy="Two whole numbers, start before end.")
        return None

    def _header_fits(self, header: list[str], place: Place) -> bool:
        missing = [name for name in REQUIRED if name not in header]
        strange = [name for name in header if name not in COLUMNS]
        if missing:
            self._fault(
                "columns",
                f"the table lacks the column {' and '.join(missing)}",
                place,
                remedy=f"The columns are {', '.join(COLUMNS)}.",
            )
        for name in strange:
            near = closest(name, list(COLUMNS))
            self._fault(
                "columns",
                f"{name!r} is not a column of a fact table",
                place,
                remedy=f"Did you mean {near[0]}?" if near else "",
            )
        if len(set(header)) != len(header):
            self._fault("columns", "a column stands twice", place)
        return not missing and not strange and len(set(header)) == len(header)

    def _fault(self, check: str, message: str, place: Place, *, remedy: str = "") -> None:
        self.faults.append(fault(check, message, place, remedy=remedy))


def _text(cell: object) -> str:
    """A cell of a typed table as a CSV table would write it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
