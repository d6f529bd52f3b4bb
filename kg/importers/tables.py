"""A table and its mapping walk in, CSV, TSV, Excel, JSON lines or Parquet; facts walk out.

DuckDB does the work: the cells stand in a table on disk, and each column becomes facts by one SELECT, so that millions
of rows need little memory. Rows that cannot be read are rejected, and so are values that do not fit their property.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kg.errors import InputError
from kg.facts.values import nearest
from kg.importers.gate import Gate
from kg.importers.streams import open_bytes
from kg.importers.table_mapping import TableMapping
from kg.importers.table_sql import KEPT, LINE, SUBJECT, TableSql, named, quoted

if TYPE_CHECKING:
    import duckdb

LONGEST_LINE = 4 << 20
"""Bytes of a line of CSV or JSON."""
MANY = 50_000
"""Rows; the facts of a larger table, where each row is another thing, are written as they come."""
MOST_REJECTS = 100_000
"""Told in the rejects file; the rest is counted."""
SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.bz2", ".tsv.bz2", ".jsonl", ".ndjson", ".parquet", ".xlsx")
_DELIMITERS = (",", "\t", ";", "|")


def import_table(paths: Sequence[Path], mapping: TableMapping, gate: Gate) -> None:
    """Read tables of one shape into the gate.

    Raises `InputError` when a table is no such table, or lacks a column that the mapping names.
    """
    for number, path in enumerate(paths):
        import_one(path, mapping, gate, number=number, alone=len(paths) == 1)


def import_one(
    path: Path, mapping: TableMapping, gate: Gate, *, number: int = 0, name: str = "", alone: bool = False
) -> None:
    """Read one table into the gate, as the `number`th of them; `alone` when it is the only one."""
    import duckdb

    try:
        _import(path, mapping, gate, number=number, alone=alone, name=name or path.name)
    except duckdb.Error as error:
        raise InputError(f"{path} cannot be read: {_first_line(error)}. Nothing was written.") from error


def header_of(path: Path, mapping: TableMapping | None = None) -> list[str]:
    """The names of a table's columns; raises `InputError` when it has none."""
    format = _format(path, mapping)
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
            raise InputError(f"{path} cannot be read: {_first_line(error)}.") from error
        return [str(column[0]) for column in described]


def sample_of(path: Path, count: int) -> list[dict[str, str]]:
    """The first rows of a table, each by column."""
    format = _format(path, None)
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


def _import(path: Path, mapping: TableMapping, gate: Gate, *, number: int, alone: bool, name: str) -> None:
    header = header_of(path, mapping)
    if missing := [name for name in mapping.wanted if name not in header]:
        offers = [f"{name} (did you mean {near[0]}?)" if (near := nearest(name, header)) else name for name in missing]
        raise InputError(f"{path} lacks the column {', '.join(offers)}. It has {', '.join(header)}.")
    used = {*mapping.wanted, *mapping.ignore}
    gate.summary.unmapped.update({f"column {name}": 1 for name in header if name not in used})
    sql = gate.sql
    columns = ", ".join(map(named, mapping.wanted))
    source = _relation(path, mapping, header, gate)
    statements = TableSql(mapping, f"(SELECT row_number() OVER () AS {named(LINE)}, {columns} FROM {source})")
    # A table of its own for each file, since what streams is read only at the end.
    keyed = f"keyed{number}"
    sql.execute(f"CREATE TABLE {keyed} AS {statements.keyed()}")
    gate.summary.records += _one(sql, f"SELECT count(*) FROM {keyed}")
    lines = _tell_rejects(sql, name, gate)
    stream = alone and _streams(sql, keyed, mapping)
    for select, checked in statements.facts(keyed):
        gate.add_rows(select, checked=checked, stream=stream)
    for select in statements.mentions(keyed):
        gate.mention_rows(select)
    if stream:
        gate.describe(f"SELECT {named(SUBJECT)} FROM {keyed} WHERE {named(KEPT)} AND {named(SUBJECT)} IS NOT NULL")
    first = 2 if _format(path, mapping) in ("csv", "tsv", "xlsx") else 1
    _tell_faults(sql, name, mapping, gate, keyed=keyed, lines=(first, lines))
    gate.progress(path.stat().st_size)


def _streams(sql: duckdb.DuckDBPyConnection, keyed: str, mapping: TableMapping) -> bool:
    """Whether no fact of the table can come twice, and the table is so large that sorting it is not worth its time."""
    labels = [column for column in mapping.columns if column.property == "label"]
    if len(labels) != 1 or labels[0].split or _one(sql, f"SELECT count(*) FROM {keyed}") < MANY:
        return False
    properties = [column.property for column in mapping.columns]
    if len(set(properties)) < len(properties):
        return False
    rows = f"FROM {keyed} WHERE {named(KEPT)}"
    return _one(sql, f"SELECT count(DISTINCT {named(SUBJECT)}) {rows}") == _one(
        sql, f"SELECT count({named(SUBJECT)}) {rows}"
    )


def _tell_faults(
    sql: duckdb.DuckDBPyConnection,
    name: str,
    mapping: TableMapping,
    gate: Gate,
    *,
    keyed: str,
    lines: tuple[int, list[int]],
) -> None:
    """Reject what does not fit; `lines` are that of the first row, and those that hold no row."""
    left = _one(sql, f"SELECT count(*) FROM {keyed} WHERE NOT {named(KEPT)}")
    if left:
        gate.summary.skipped["rows that the mapping does not keep"] += left
    keyless = f"FROM {keyed} WHERE {named(KEPT)} AND {named(SUBJECT)} IS NULL ORDER BY 1 LIMIT {MOST_REJECTS}"
    reason = f"the key {' + '.join(mapping.key)} is empty"
    faults = [(line, reason) for (line,) in sql.execute(f"SELECT {named(LINE)} {keyless}").fetchall()]
    first, rejected = lines
    for row, fault in sorted([*faults, *gate.take_faults(MOST_REJECTS)]):
        line = row + first - 1
        for one in rejected:
            line += one <= line
        gate.reject(name, line, fault)


def _tell_rejects(sql: duckdb.DuckDBPyConnection, name: str, gate: Gate) -> list[int]:
    """What DuckDB could not read, each line once; the lines come back, sorted."""
    if not _one(sql, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reject_errors'"):
        return []
    rows = sql.execute(
        "SELECT line, min(error_message), any_value(csv_line) FROM reject_errors GROUP BY line ORDER BY line"
        f" LIMIT {MOST_REJECTS}"
    ).fetchall()
    for line, message, text in rows:
        gate.summary.records += 1
        gate.reject(name, int(line), str(message).splitlines()[0], str(text or ""))
    sql.execute("DROP TABLE reject_errors")
    sql.execute("DROP TABLE IF EXISTS reject_scans")
    return [int(line) for line, _, _ in rows]


def _relation(path: Path, mapping: TableMapping, header: list[str], gate: Gate) -> str:
    """The FROM clause that reads a table with every column as text."""
    format = _format(path, mapping)
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
    with open_bytes(path) as packed, unpacked.open("wb") as file:
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


def _format(path: Path, mapping: TableMapping | None) -> str:
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


def _offset(path: Path, mapping: TableMapping) -> int:
    """What makes a row's number its line, where no cell holds a line break."""
    return 1 if _format(path, mapping) in ("csv", "tsv", "xlsx") else 0


def _one(sql: duckdb.DuckDBPyConnection, query: str) -> int:
    row = sql.execute(query).fetchone()
    return int(row[0]) if row is not None else 0


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")
