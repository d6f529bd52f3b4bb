"""The cells of a fact table as texts in DuckDB: CSV and Parquet, each row with its line.

DuckDB reads CSV in the one form in which it and Python's `csv` cannot differ: every quotation mark opens, closes or is
within a quoted cell, no line is empty, all lines end alike and all rows have as many cells. Any other file is read by
`csv`, which also says what is wrong and where, and is handed over row by row.
"""

from __future__ import annotations

import csv
import io
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kg.facts.fact_table import TermDictionary
from kg.facts.files import MAX_FINDINGS, FileFindings, encoding_finding
from kg.facts.readers.row_reader import RowReader
from kg.files.scratch import temporary_directory
from kg.reports import Finding, Place, Severity
from kg.sql import quote, quote_name

if TYPE_CHECKING:
    import duckdb

LONGEST_CELL = 1 << 20
"""Characters; a longer cell is a broken quotation mark, not a value."""
TSV, PARQUET = ".tsv", ".parquet"
_QUOTED = re.compile(rb'"[^"]*(?:""[^"]*)*"')
_CHUNK = 1 << 20
_EXACT_TYPES = re.compile(r"VARCHAR|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DATE|DECIMAL\(.*\)")
"""Types of Parquet that DuckDB writes as `_to_cell` does."""
_ALIKE_TYPES = re.compile(r"VARCHAR|BOOLEAN|(TINY|SMALL|BIG)?INT(EGER)?")
"""Those that every engine writes so."""


@dataclass
class Cells:
    """The rows of a table, in the view `cell`: row, line and a text for each name in `header`."""

    header: list[str]
    faults: FileFindings = field(default_factory=FileFindings)
    """What is wrong with rows that are not in the view; the first `MAX_FINDINGS`."""
    further_faults: int = 0


def read_cells(tables: TermDictionary, path: Path, *, file: str, reader: RowReader) -> Cells | None:
    """The cells of a table; None, with findings of `reader`, when the table cannot be read at all."""
    if path.suffix.lower() == PARQUET:
        return _read_parquet(tables, path, file=file, reader=reader)
    cells = _read_csv(tables.files, path, file=file, reader=reader)
    if cells is not None:
        tables.share("cell")
    return cells


def drop_cells(tables: TermDictionary) -> None:
    """Forget the cells of the last table."""
    for sql in dict.fromkeys((tables.sql, tables.files)):
        sql.execute("DROP VIEW IF EXISTS cell")
    for name in ("table_cell", "table_line"):
        tables.files.execute(f"DROP TABLE IF EXISTS {name}")


def _read_csv(sql: duckdb.DuckDBPyConnection, path: Path, *, file: str, reader: RowReader) -> Cells | None:
    delimiter = "\t" if path.suffix.lower() == TSV else ","
    try:
        header = _csv_header(path, delimiter)
    except UnicodeDecodeError:
        with path.open("rb") as raw:
            reader.findings.append(encoding_finding(raw, file=file))
        return None
    except csv.Error as error:
        reader.findings.add("csv", f"not CSV: {error}", Place(file, 1))
        return None
    except OSError as error:
        reader.findings.add("unreadable", f"cannot be read: {error.strerror}", Place(file))
        return None
    if header is None:
        reader.findings.add("empty", "the table is empty", Place(file, 1, 1), severity=Severity.INFO)
        return None
    if not reader.check_header(header, Place(file, 1, 1)):
        return None
    return _read_regular(sql, path, header, delimiter) or _read_any(sql, path, header, delimiter, file=file)


def _csv_header(path: Path, delimiter: str) -> list[str] | None:
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        return next(csv.reader(text, delimiter=delimiter, strict=True), None)


# --- CSV that DuckDB reads


def _read_regular(sql: duckdb.DuckDBPyConnection, path: Path, header: list[str], delimiter: str) -> Cells | None:
    """The cells of a file in regular form; None for any other."""
    import duckdb  # imported only where there are tables

    form = regular_form(path, delimiter)
    if form is None:
        return None
    try:
        source = _csv_source(path, header, delimiter, skip=1)
        sql.execute(f"CREATE OR REPLACE TABLE table_cell AS SELECT * FROM {source}")
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        return None
    longest = ", ".join(f"max(length({quote_name(name)}))" for name in header)
    lengths = sql.execute(f"SELECT {longest} FROM table_cell").fetchone() or ()
    if max((length or 0 for length in lengths), default=0) > LONGEST_CELL:
        return None
    lines = "rowid + 2"
    if form.has_line_ends:
        texts = " || ".join(f"coalesce({quote_name(name)}, '')" for name in header)
        # A row begins after all line ends within the cells of earlier rows.
        ends = f"length({texts}) - length(replace({texts}, chr(10), ''))"
        sql.execute(
            "CREATE OR REPLACE TABLE table_line AS SELECT rowid AS row, 2 + rowid + coalesce(sum(ends) OVER"
            " (ORDER BY rowid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS line"
            f" FROM (SELECT rowid, {ends} AS ends FROM table_cell)"
        )
        lines = "(SELECT line FROM table_line AS l WHERE l.row = table_cell.rowid)"
    _create_view(sql, header, f"({lines})::UINTEGER")
    return Cells(header)


@dataclass(frozen=True, slots=True)
class RegularForm:
    """The form of a CSV file that DuckDB reads as Python does."""

    has_line_ends: bool
    """Whether there are line ends within cells."""


def regular_form(path: Path, delimiter: str) -> RegularForm | None:
    """The form of a CSV file; None where DuckDB might read it differently from Python."""
    returns = line_ends = pairs = quotes = 0
    before = b"\n"
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            window = before + chunk
            returns += chunk.count(b"\r")
            line_ends += chunk.count(b"\n")
            quotes += chunk.count(b'"')
            pairs += window[-len(chunk) - 1 :].count(b"\r\n")
            if b"\0" in chunk or b"\n\n" in window or b"\n\r\n" in window:
                return None
            before = window[-2:]
        if returns != pairs or returns not in (0, line_ends):
            return None
        return RegularForm(False) if not quotes else _quoted_form(file.fileno(), quotes, delimiter.encode())


def _quoted_form(file: int, quotes: int, delimiter: bytes) -> RegularForm | None:
    """The form of a file with quoted cells; None where a quotation mark is anywhere else."""
    has_line_ends = False
    with mmap.mmap(file, 0, access=mmap.ACCESS_READ) as data:
        for cell in _QUOTED.finditer(data):
            start, end = cell.span()
            if start and data[start - 1 : start] not in (delimiter, b"\n"):
                return None
            if data[end : end + 1] not in (delimiter, b"\r", b"\n", b""):
                return None
            has_line_ends |= b"\n" in cell[0]
            quotes -= cell[0].count(b'"')
    return RegularForm(has_line_ends) if not quotes else None


def _csv_source(path: Path, columns: list[str], delimiter: str, *, skip: int) -> str:
    texts = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in columns)
    return (
        f"read_csv({quote(path)}, columns = {{{texts}}}, delim = {quote(delimiter)}, quote = '\"', escape = '\"',"
        f" header = false, skip = {skip}, auto_detect = false, max_line_size = {8 * LONGEST_CELL})"
    )


def _create_view(sql: duckdb.DuckDBPyConnection, header: list[str], line: str) -> None:
    texts = ", ".join(f"coalesce({quote_name(name)}, '') AS {quote_name(name)}" for name in header)
    sql.execute(f"CREATE OR REPLACE VIEW cell AS SELECT rowid AS row, {line} AS line, {texts} FROM table_cell")


# --- CSV in any form


def _read_any(sql: duckdb.DuckDBPyConnection, path: Path, header: list[str], delimiter: str, *, file: str) -> Cells:
    cells = Cells(header)
    _spool(sql, header, _csv_rows(path, delimiter, cells, file=file))
    return cells


def _csv_rows(path: Path, delimiter: str, cells: Cells, *, file: str) -> Iterator[tuple[int, list[str]]]:
    """The rows after the first, with their lines; those that are not rows of the table are faults."""
    before = csv.field_size_limit(LONGEST_CELL)
    line = 1
    try:
        with path.open("rb") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
            rows = csv.reader(text, delimiter=delimiter, strict=True)
            next(rows)
            line = rows.line_num + 1
            for row in rows:
                if len(row) == len(cells.header):
                    yield line, row
                elif row:
                    _add_fault(
                        cells, f"{len(row)} cells in a table of {len(cells.header)} columns", Place(file, line, 1)
                    )
                line = rows.line_num + 1
    except csv.Error as error:
        cells.faults.add("csv", f"not CSV: {error}", Place(file, line))
    except UnicodeDecodeError:
        with path.open("rb") as raw:
            cells.faults.append(encoding_finding(raw, file=file))
    finally:
        csv.field_size_limit(before)


def _add_fault(cells: Cells, message: str, place: Place) -> None:
    if len(cells.faults) < MAX_FINDINGS:
        cells.faults.add("csv", message, place)
    else:
        cells.further_faults += 1


def _spool(sql: duckdb.DuckDBPyConnection, header: list[str], rows: Iterator[tuple[int, list[str]]]) -> None:
    """Rows as the view `cell`, by way of a file: DuckDB takes texts much faster from a file than from Python."""
    with temporary_directory("cells") as folder:
        path = folder / "cells.csv"
        with path.open("w", encoding="utf-8", newline="") as out:
            write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
            for line, row in rows:
                write((line, *row))
        source = _csv_source(path, ["table_line", *header], ",", skip=0)
        sql.execute(f"CREATE OR REPLACE TABLE table_cell AS SELECT * FROM {source}")
    _create_view(sql, header, "table_line::UINTEGER")


# --- Parquet


def _read_parquet(tables: TermDictionary, path: Path, *, file: str, reader: RowReader) -> Cells | None:
    """The cells of a Parquet table; its lines are its rows, counted from 1."""
    import duckdb

    sql, source = tables.files, f"read_parquet({quote(path)})"
    try:
        columns = sql.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        header = [name for name, *_ in columns]
        if not reader.check_header(header, Place(file)):
            return None
        types = [type_ for _, type_, *_ in columns]
        if all(map(_ALIKE_TYPES.fullmatch, types)) and tables.open_parquet("cell", path, header):
            return Cells(header)
        if all(map(_EXACT_TYPES.fullmatch, types)):
            texts = ", ".join(f"CAST({quote_name(name)} AS VARCHAR) AS {quote_name(name)}" for name in header)
            sql.execute(f"CREATE OR REPLACE TABLE table_cell AS SELECT {texts} FROM {source}")
            _create_view(sql, header, "(rowid + 1)::UINTEGER")
        else:
            _spool(sql, header, _parquet_rows(sql, source))
        tables.share("cell")
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        reader.findings.append(_parquet_finding(error, file))
        return None
    return Cells(header)


def _parquet_rows(sql: duckdb.DuckDBPyConnection, source: str) -> Iterator[tuple[int, list[str]]]:
    rows, line = sql.cursor().execute(f"SELECT * FROM {source}"), 0
    while batch := rows.fetchmany(10_000):
        for line, row in enumerate(batch, start=line + 1):  # noqa: B020 - counted on over the batches
            yield line, list(map(_to_cell, row))


def _parquet_finding(error: Exception, file: str) -> Finding:
    return Finding("facts/parquet", f"not a Parquet table: {str(error).splitlines()[0]}", places=(Place(file),))


def _to_cell(value: object) -> str:
    """A value of a typed table as a CSV table would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
