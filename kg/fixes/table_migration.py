"""A fact table rewritten for a newer ontology, row by row; a table of another kind stays as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kg.facts.model import REQUIRED_COLUMNS
from kg.fixes.part_names import PART, PartNames, replacement_of
from kg.parts import part_iri
from kg.reports import Finding, Place
from kg.schema import Replacement, Schema
from kg.text.folding import to_slug

_DELIMITERS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, slots=True)
class FactTable:
    """The rows of a fact table, without its header; a table without the required columns has none."""

    columns: Mapping[str, int]
    rows: Sequence[Sequence[str]]
    delimiter: str
    line_end: str

    def cell(self, row: Sequence[str], column: str) -> str:
        """A cell of a row; the empty text where the row is too short."""
        return row[self.columns[column]] if len(row) == len(self.columns) else ""

    def names(self, schema: Schema) -> Iterator[str]:
        """Yield the names of parts in the table, and of those that values of old properties become."""
        for row in self.rows:
            yield from filter(PART.fullmatch, (self.cell(row, "subject"), self.cell(row, "value")))
            replacement = replacement_of(self.cell(row, "property"), schema)
            if replacement is not None and replacement.within:
                yield self.part_of_value(row)

    def subjects(self) -> Iterator[str]:
        """Yield the parts that have rows of their own."""
        return (name for row in self.rows if PART.fullmatch(name := self.cell(row, "subject")))

    def part_of_value(self, row: Sequence[str]) -> str:
        """The name of the part that the value of an old property becomes, before the migration."""
        owner, value = (self.cell(row, name).removeprefix("film:") for name in ("subject", "value"))
        return part_iri(owner, self.cell(row, "property"), to_slug(value) or "node")

    def with_cells(self, row: Sequence[str], **cells: str) -> list[str]:
        """A row of the same source with other cells, as far as the table has the columns."""
        new = list(row)
        for name, value in cells.items():
            if name in self.columns:
                new[self.columns[name]] = value
        return new

    def to_text(self, rows: Sequence[Sequence[str]]) -> str:
        """The table with other rows."""
        output = io.StringIO()
        writer = csv.writer(output, delimiter=self.delimiter, lineterminator=self.line_end)
        writer.writerow(self.columns)
        writer.writerows(rows)
        return output.getvalue()


def read_fact_table(text: str, file: str) -> FactTable:
    """The fact table in a text; without rows when it is another table."""
    delimiter = _DELIMITERS[Path(file).suffix.lower()]
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    is_fact_table = bool(rows) and set(REQUIRED_COLUMNS) <= set(rows[0])
    columns = {name: number for number, name in enumerate(rows[0])} if is_fact_table else {}
    return FactTable(columns, rows[1:] if is_fact_table else (), delimiter, "\r\n" if "\r\n" in text else "\n")


@dataclass
class TableMigrator:
    """Rewrites fact tables; `left` are the findings about what is not rewritten."""

    schema: Schema
    names: PartNames
    left: list[Finding] = field(default_factory=list)

    def rewrite(self, text: str, file: str) -> str:
        """The table with new terms, as far as they have a plain replacement."""
        table = read_fact_table(text, file)
        rows: list[Sequence[str]] = []
        for line, row in enumerate(table.rows, 2):
            rows += self._rows(row, table, Place(file, line)) if len(row) == len(table.columns) else [row]
        return table.to_text(rows) if rows != list(table.rows) else text

    def _rows(self, row: Sequence[str], table: FactTable, place: Place) -> Iterator[list[str]]:
        """Yield the rows that a row becomes."""
        property, value = table.cell(row, "property"), table.cell(row, "value")
        new = table.with_cells(row, subject=self.names[table.cell(row, "subject")], value=self.names[value])
        if property == "type":
            replacement = self.schema.replaced.get(value.removeprefix("film:"))
            if replacement is not None:
                new = table.with_cells(new, value=replacement.name)
                yield new
                yield from _detail_rows(table, new, table.cell(new, "subject"), replacement)
                return
        elif (replacement := replacement_of(property, self.schema)) is not None:
            yield from self._property_rows(table, row, new, replacement, place)
            return
        yield new

    def _property_rows(
        self, table: FactTable, row: Sequence[str], new: list[str], replacement: Replacement, place: Place
    ) -> Iterator[list[str]]:
        if replacement.is_inverse or not all(value for _, value in replacement.details):
            message = f"{table.cell(row, 'property')} is now {replacement}"
            self.left.append(Finding("migration/by-hand", message, places=(place,), remedy="Change it by hand."))
            yield new
            return
        part = self.names[table.part_of_value(row)] if replacement.within else table.cell(new, "value")
        if replacement.within:
            yield table.with_cells(new, property=replacement.name, value=part, paraphrase="true")
            yield table.with_cells(new, subject=part, property=replacement.within)
        else:
            yield table.with_cells(new, property=replacement.name)
        yield from _detail_rows(table, new, part, replacement)


def _detail_rows(table: FactTable, row: Sequence[str], subject: str, replacement: Replacement) -> Iterator[list[str]]:
    """Yield rows for further properties, in the words of the project, not of the source."""
    for name, value in replacement.details:
        if value:
            yield table.with_cells(row, subject=subject, property=name, value=value, paraphrase="true")
