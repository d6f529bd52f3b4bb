"""A table walks in, CSV, TSV, Excel, JSON lines or Parquet; the clause by which DuckDB reads its cells walks out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from kg.errors import InputError
from kg.importers.gate import Gate
from kg.importers.streams import open_bytes
from kg.importers.table_mapping import TableMapping
from kg.importers.table_sql import named, quoted

LONGEST_LINE = 4 << 20
"""Bytes of a line of CSV or JSON."""
SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.bz2", ".tsv.bz2", ".jsonl", ".ndjson", ".parquet", ".xlsx")
_DELIMITERS = (",", "\t", ";", "|")


def header_of(path: Path, mapping: TableMapping | None = None) -> list[str]:
    """The names of a table's columns; raises `InputError` when it has none."""
    format = format_of(path, mapping)
    if format in ("csv", "tsv"):
        return _header(path, _delimiter(path, mapping), mapping)
    import duckdb

    with duckdb.connect(":memory:") as sql:
        if format == "xlsx":
            return [name for name in next(_sheet(path, mapping), []) if name]
        read = "read_parquet" if format == "parquet" else "read_json_auto"
        try:
            described = sql.execute(f"SELECT * FROM {read}(?) LIMIT 0", [str(path)]).description or ()
        except duckdb.Error as error:
            raise InputError(f"{path} cannot be read: {first_line(error)}.") from error
        return [str(column[0]) for column in described]


def sample_of(path: Path, count: int) -> list[dict[str, str]]:
    """The first rows of a table, each by column."""
    format = format_of(path, None)
    header = header_of(path)
    if format == "xlsx":
        rows = _sheet(path, None)
        next(rows)
        return [dict(zip(header, row, strict=False)) for row, _ in zip(rows, range(count), strict=False)]
    if format in ("csv", "tsv"):
        with open_bytes(path) as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
            read = csv.DictReader(text, delimiter=_delimiter(path, None))
            found = [{name: row.get(name) or "" for name in header} for row, _ in zip(read, range(count), strict=False)]
            text.detach()
            return found
    import duckdb

    function = "read_parquet" if format == "parquet" else "read_json_auto"
    with duckdb.connect(":memory:") as sql:
        cells = ", ".join(f"CAST({named(name)} AS VARCHAR)" for name in header)
        rows_read = sql.execute(f"SELECT {cells} FROM {function}(?) LIMIT {count}", [str(path)]).fetchall()
    return [dict(zip(header, ("" if cell is None else cell for cell in row), strict=True)) for row in rows_read]


def relation_of(path: Path, mapping: TableMapping, header: list[str], gate: Gate) -> str:
    """The FROM clause that reads a table with every column as text."""
    format = format_of(path, mapping)
    types = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in header)
    if format == "parquet":
        cells = ", ".join(f"CAST({named(name)} AS VARCHAR) AS {named(name)}" for name in header)
        return f"(SELECT {cells} FROM read_parquet({quoted(str(path))}))"
    if format == "jsonl":
        return (
            f"read_json({quoted(str(path))}, format = 'newline_delimited', columns = {{{types}}}, ignore_errors = true,"
            f" maximum_object_size = {LONGEST_LINE})"
        )
    delimiter, quote, encoding = _delimiter(path, mapping), mapping.quote, mapping.encoding
    if format == "xlsx":
        sheet, delimiter, quote, encoding = gate.spool("sheet.csv"), ",", '"', "utf-8"
        _write_sheet(_sheet(path, mapping), sheet)
        path = sheet
    elif path.suffix in (".gz", ".bz2"):
        path = _unpacked(path, gate)
    else:
        gate.progress(path.stat().st_size)
    return (
        f"read_csv({quoted(str(path))}, header = true, auto_detect = false, columns = {{{types}}},"
        f" delim = {quoted(delimiter)}, quote = {quoted(quote)}, escape = {quoted(quote)},"
        f" encoding = {quoted(encoding)},"
        f" max_line_size = {LONGEST_LINE}, ignore_errors = true, store_rejects = true,"
        " rejects_limit = 0, compression = 'none')"
    )


def _unpacked(path: Path, gate: Gate) -> Path:
    """A compressed file, unpacked into the spool, so that a truncated archive is found before anything is read."""
    unpacked = gate.spool("unpacked.csv")
    with open_bytes(path, gate.progress) as packed, unpacked.open("wb") as file:
        while block := packed.read(1 << 20):
            file.write(block)
    return unpacked


def _header(path: Path, delimiter: str, mapping: TableMapping | None) -> list[str]:
    encoding = mapping.encoding if mapping is not None else "utf-8"
    with open_bytes(path) as file:
        line = file.readline(LONGEST_LINE)
    try:
        text = line.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise InputError(
            f"{path} is not {encoding}: {error}. Say `encoding: latin-1` in the mapping, or save it as UTF-8."
        ) from error
    if mapping is not None and not mapping.quote:
        header = text.rstrip("\r\n").split(delimiter)
    else:
        header = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    if len(set(header)) != len(header) or "" in header or not header:
        raise InputError(f"{path} does not begin with the names of its columns, each once: {text[:200].strip()}")
    return header


def _delimiter(path: Path, mapping: TableMapping | None) -> str:
    if mapping is not None and mapping.delimiter:
        return mapping.delimiter
    with open_bytes(path) as file:
        line = file.readline(LONGEST_LINE).decode("utf-8", "replace")
    return max(_DELIMITERS, key=line.count)


def format_of(path: Path, mapping: TableMapping | None) -> str:
    """csv, tsv, xlsx, jsonl or parquet: as the mapping says, or the name of the file."""
    if mapping is not None and mapping.format:
        return mapping.format
    name = path.name.removesuffix(".gz").removesuffix(".bz2").lower()
    ends = {".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".xlsx": "xlsx"}
    return next((format for end, format in ends.items() if name.endswith(end)), "csv")


def _sheet(path: Path, mapping: TableMapping | None) -> Iterator[list[str]]:
    """The rows of an Excel sheet as texts; days without a time of day are written as days."""
    try:
        import openpyxl
    except ImportError as error:
        raise InputError("Excel files need openpyxl: pip install 'film-knowledge-graph[import]'.") from error
    import datetime

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its XML and ZIP readers raise
        raise InputError(f"{path} is not an Excel file: {error}") from error
    name = mapping.sheet if mapping is not None and mapping.sheet else book.sheetnames[0]
    if name not in book.sheetnames:
        raise InputError(f"{path} has no sheet {name!r}. It has {', '.join(book.sheetnames)}.")
    for row in book[name].iter_rows(values_only=True):
        cells = []
        for cell in row:
            if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
                cell = cell.date()
            elif isinstance(cell, float) and cell.is_integer():
                cell = int(cell)
            cells.append("" if cell is None else str(cell))
        yield cells
    book.close()


def _write_sheet(rows: Iterator[list[str]], path: Path) -> None:
    header = next(rows, [])
    width = len([name for name in header if name])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header[:width])
        writer.writerows(row[:width] for row in rows if any(row))


def first_line(error: Exception) -> str:
    """What an error of DuckDB says, without its advice."""
    return str(error).splitlines()[0].rstrip(".")
