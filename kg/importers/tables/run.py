"""A table and its mapping walk in, CSV, TSV, Excel, JSON lines or Parquet; facts walk out.

DuckDB does the work: the cells stand in a table on disk, and each column becomes facts by one SELECT, so that millions
of rows need little memory. Rows that cannot be read are rejected, and so are values that do not fit their property.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from kg.errors import InputError
from kg.importers.session import ImportSession
from kg.importers.tables.files import detect_format, first_line, nested_columns, open_cells, read_header
from kg.importers.tables.mapping import ColumnMapping, RowFilter, TableMapping, with_list_columns
from kg.importers.tables.sql import KEPT, LINE, RECORD, SUBJECT, TableSql, named
from kg.text import closest

if TYPE_CHECKING:
    import duckdb

STREAM_FROM_ROWS = 50_000
"""Rows; the facts of a larger table, where none comes twice, are written as they come."""
MAX_REJECTS = 100_000
"""Told in the rejects file; the rest is counted."""
MAX_UNMAPPED_TEXTS = 100
"""Of a column of choices that are told when the mapping has no place for them."""


def import_table(paths: Sequence[Path], mapping: TableMapping, session: ImportSession) -> None:
    """Read tables of one shape into the session.

    Raises `InputError` when a table is no such table, or lacks a column that the mapping names.
    """
    for number, path in enumerate(paths):
        import_file(path, mapping, session, number=number, alone=len(paths) == 1)


def import_file(
    path: Path,
    mapping: TableMapping,
    session: ImportSession,
    *,
    number: int = 0,
    name: str = "",
    alone: bool = False,
    only: str = "",
) -> ImportedRows:
    """Read one table into the session, as the `number`th of them; what it holds.

    `alone` says that no other file has this mapping; `only` is a SELECT of the things whose rows are wanted.
    """
    import duckdb

    reading = _Reading(path, mapping, session, name=name or path.name, rows=f"rows{number}")
    try:
        reading.read(alone=alone, only=only)
    except duckdb.Error as error:
        raise InputError(f"{path} cannot be read: {first_line(error)}. Nothing was written.") from error
    kept = f"FROM {reading.rows} WHERE {named(KEPT)} AND {named(SUBJECT)} IS NOT NULL"
    return ImportedRows(f"SELECT {named(SUBJECT)} {kept}", f"SELECT {named(SUBJECT)}, {named(RECORD)} {kept}")


@dataclass(frozen=True, slots=True)
class ImportedRows:
    """The things that the rows of a table are about, as a SELECT; and these with the records of the rows."""

    entities: str
    entities_and_records: str


@dataclass
class _Reading:
    """The import of one table; its rows have a view of their own, since streamed rows are read at the end."""

    path: Path
    mapping: TableMapping
    session: ImportSession
    name: str
    rows: str

    def __post_init__(self) -> None:
        self.sql: duckdb.DuckDBPyConnection = self.session.sql

    def read(self, *, alone: bool, only: str) -> None:
        header = self.header()
        self.mapping = with_list_columns(self.mapping, nested_columns(self.path, self.mapping))
        cells = open_cells(self.path, self.mapping, header, self.session)
        statements = TableSql(self.mapping, cells.relation)
        self.key(statements, header, only)
        lines = self.tell_rejects(cells.long_lines)
        stream = self.streams(alone=alone)
        for said in statements.facts(self.rows):
            self.session.add_facts_from(said.select, may_fail=said.checked, has_language=said.language, streamed=stream)
        for select in statements.mentions(self.rows):
            self.session.add_stubs_from(select)
        if stream and self.labels():
            self.session.add_described(
                f"SELECT {named(SUBJECT)} FROM {self.rows} WHERE {named(KEPT)} AND {named(SUBJECT)} IS NOT NULL"
            )
        self.tell_unkept(statements)
        self.tell_faults(lines)

    def header(self) -> list[str]:
        header, wanted = read_header(self.path, self.mapping), self.mapping.required_columns
        if missing := [name for name in wanted if name not in header]:
            offers = [f"{one} (did you mean {near[0]}?)" if (near := closest(one, header)) else one for one in missing]
            raise InputError(f"{self.path} lacks the column {', '.join(offers)}. It has {', '.join(header)}.")
        return header

    def key(self, statements: TableSql, header: Sequence[str], only: str) -> None:
        """The rows, with the names of their things, in the order of the file."""
        table = f"all_{self.rows}"
        self.sql.execute(f"CREATE TABLE {table} AS {statements.keyed()}")
        self.session.summary.records += (count := self.one(f"SELECT count(*) FROM {table}"))
        used = {*self.mapping.required_columns, *self.mapping.ignore}
        self.session.summary.unmapped.update({f"column {name}": count for name in header if name not in used})
        line = f"rowid + 1 AS {named(LINE)}"
        if not only:
            self.sql.execute(f"CREATE VIEW {self.rows} AS SELECT {line}, * FROM {table}")
            return
        wanted = f"{named(SUBJECT)} IN ({only})"
        # A join that goes to disk keeps no order.
        self.sql.execute(f"CREATE TABLE {self.rows} AS SELECT {line}, * FROM {table} WHERE {wanted} ORDER BY rowid")
        self.sql.execute(f"DROP TABLE {table}")
        if left := count - self.one(f"SELECT count(*) FROM {self.rows}"):
            self.session.summary.skipped[f"rows of {self.name} about what the other tables do not name"] += left

    def streams(self, *, alone: bool) -> bool:
        """Whether no fact of the table can come twice, and it is so large that sorting it is not worth its time."""
        labels = self.labels()
        if (
            self.one(f"SELECT count(*) FROM {self.rows}") < STREAM_FROM_ROWS
            or not _apart(self.mapping)
            or len(labels) > 1
        ):
            return False
        if (labels and labels[0].split) or not (labels or alone):
            return False
        same = named(SUBJECT) if labels else f"{named(SUBJECT)}, {named(RECORD)}"
        kept = f"SELECT {named(SUBJECT)} FROM {self.rows} WHERE {named(KEPT)} AND {named(SUBJECT)} IS NOT NULL"
        twice = f"SELECT count(*) FROM ({kept} GROUP BY {same} HAVING count(*) > 1 LIMIT 1)"
        return not self.one(twice) and not (labels and self.session.has_label_for_any(kept))

    def labels(self) -> list[ColumnMapping]:
        return [column for column in self.mapping.columns if column.property == "label"]

    def tell_unkept(self, statements: TableSql) -> None:
        """Count the rows that the mapping does not keep, and the texts that none of its choices takes."""
        left = self.one(f"SELECT count(*) FROM {self.rows} WHERE NOT {named(KEPT)}")
        if left:
            self.session.summary.skipped["rows that the mapping does not keep"] += left
        for name, texts in self.mapping.filter_values.items():
            self.tell_others(name, self.rows, named(name), texts)
        for column in self.mapping.columns:
            if column.property == "type":
                values = f"({statements.values(self.rows, column)})"
                self.tell_others(column.name, values, "v", tuple(column.values.values()))

    def tell_others(self, name: str, rows: str, text: str, known: tuple[str, ...]) -> None:
        # The caller's own texts are given as parameters.
        others = f"{named(KEPT)} AND {text} NOT IN (SELECT unnest(?))"
        counts = f"SELECT {text}, count(*) FROM {rows} WHERE {others} GROUP BY 1"
        query = f"{counts} ORDER BY 2 DESC, 1 LIMIT {MAX_UNMAPPED_TEXTS}"
        for other, count in self.sql.execute(query, [[*known, *self.mapping.missing]]).fetchall():
            self.session.summary.unmapped[f"{name} {other}"] += count

    def tell_faults(self, rejected: list[int]) -> None:
        """Reject what does not fit; `rejected` are lines that hold no row."""
        keyless = f"FROM {self.rows} WHERE {named(KEPT)} AND {named(SUBJECT)} IS NULL ORDER BY 1 LIMIT {MAX_REJECTS}"
        format = detect_format(self.path, self.mapping)
        parts = self.mapping.key
        reason = f"the key {' + '.join(parts)} {'is empty' if len(parts) == 1 else 'has an empty cell'}"
        reason += ", or the line is no JSON" if format == "jsonl" else ""
        faults = [(line, reason) for (line,) in self.sql.execute(f"SELECT {named(LINE)} {keyless}").fetchall()]
        first = 2 if format in ("csv", "tsv", "xlsx") and not self.mapping.header else 1
        for row, fault in sorted([*faults, *self.session.take_faults(MAX_REJECTS)]):
            self.session.reject(self.name, _after(row + first - 1, rejected), fault)

    def tell_rejects(self, long: Sequence[int]) -> list[int]:
        """Lines that are too long, and what DuckDB could not read, each line once; the lines come back, sorted.

        Raises `InputError` for a quotation mark that is never closed, since it swallows the rows after it.
        """
        for line in long:
            self.session.summary.records += 1
            self.session.reject(self.name, line, "the line is too long")
        if not self.one("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reject_errors'"):
            return list(long)
        rows = self.sql.execute(
            "SELECT line, min(error_message), min(csv_line) FROM reject_errors GROUP BY line ORDER BY line"
            f" LIMIT {MAX_REJECTS}"
        ).fetchall()
        for line, message, text in rows:
            if "unterminated quote" in message and "\n" in (text or "").strip():
                raise InputError(
                    f"{self.path}:{line}: a quotation mark is opened that nothing closes, and the rows after it would"
                    " be lost. Mend it, or say `quote: none` in the mapping."
                )
            self.session.reject(self.name, _after(int(line), long), str(message).splitlines()[0], str(text or ""))
        count = self.one("SELECT count(DISTINCT line) FROM reject_errors")
        self.session.summary.records += count
        self.session.summary.rejected += count - len(rows)
        self.sql.execute("DROP TABLE reject_errors")
        self.sql.execute("DROP TABLE IF EXISTS reject_scans")
        return sorted((*long, *(_after(int(line), long) for line, _, _ in rows)))

    def one(self, query: str) -> int:
        row = self.sql.execute(query).fetchone()
        return int(row[0]) if row is not None else 0


def _after(line: int, left_out: Sequence[int]) -> int:
    """The line of a file in which these lines are left out, as a line of the whole file."""
    for one in left_out:
        line += one <= line
    return line


def _apart(mapping: TableMapping) -> bool:
    """Whether no two columns, and no two nodes, can say the same of a row."""
    if any(node.each for node in mapping.parts):
        return False
    owners = [mapping.columns, *(node.columns for node in mapping.parts)]
    said = [(number, column.property, column.where) for number, owner in enumerate(owners) for column in owner]
    said += [(-1, node.property, node.where) for node in mapping.parts]
    return all(one[:2] != other[:2] or _exclude(one[2], other[2]) for one, other in combinations(said, 2))


def _exclude(one: RowFilter, other: RowFilter) -> bool:
    """Whether no row fits both."""
    return any(name in other and not set(texts) & set(other[name]) for name, texts in one.items())
