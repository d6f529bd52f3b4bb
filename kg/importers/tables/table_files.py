"""The cells of a table in CSV, TSV, Excel, JSON lines or Parquet: its header, a sample, and DuckDB's clause for all."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from kg.errors import InputError
from kg.importers.input_files import numbered_lines, open_decompressed
from kg.importers.session import ImportSession
from kg.importers.tables.table_mapping import TableMapping
from kg.importers.tables.unread_rows import RowFault, UnreadRow
from kg.rdf.file_formats import FORMATS
from kg.sql import quote, quote_name

if TYPE_CHECKING:
    import duckdb

MAX_LINE_BYTES = 4 << 20
"""For a line of CSV or JSON; a longer one is rejected."""
_BLOCK = 1 << 20
_MAX_HEADER_LINES = 20_000
"""Lines of JSON that are read for the names of columns."""
SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.bz2", ".tsv.bz2", ".jsonl", ".ndjson", ".parquet", ".xlsx")
_DOCUMENTS = (".md", ".markdown", ".rst", ".html", ".htm", ".xml", ".pdf", ".docx", ".doc", ".odt", ".yaml", ".yml")
"""How the names of files end that are no tables."""
_ONLY_RDF = tuple(suffix for suffix in FORMATS if suffix not in (".json", ".xml"))
_DELIMITERS = (",", "\t", ";", "|")
FIXED = ""
"""As an encoding: UTF-8, where nothing can be said of another."""


def read_header(path: Path, mapping: TableMapping | None = None, *, encoding: str = "utf-8") -> list[str]:
    """The names of a table's columns; raises `InputError` when it has none.

    `encoding` is that of a table without a mapping; `FIXED` where the call cannot name another.
    """
    format = detect_format(path, mapping)
    if format in ("csv", "tsv"):
        return _header(path, delimiter_of(path, mapping), mapping, encoding)
    if format == "xlsx":
        return [name for name in next(_sheet(path, mapping), []) if name]
    if format == "jsonl":
        names = list(dict.fromkeys(name for row in _first_objects(path) for name in row))
        if not names:
            raise InputError(f"{path} cannot be read: no line is a JSON object. Write one object per line, in UTF-8.")
        return names
    import duckdb

    with duckdb.connect(":memory:") as sql:
        try:
            return [name for name, _ in _parquet_columns(path, sql)]
        except duckdb.Error as error:
            raise InputError(f"{path} cannot be read: {first_line(error)}.") from error


def nested_columns(path: Path, mapping: TableMapping | None = None) -> frozenset[str]:
    """The columns of JSON lines or Parquet whose cells are lists or objects."""
    format = detect_format(path, mapping)
    if format == "jsonl":
        rows = _first_objects(path)
        return frozenset(name for row in rows for name, cell in row.items() if isinstance(cell, (list, dict)))
    if format != "parquet":
        return frozenset()
    import duckdb

    with duckdb.connect(":memory:") as sql:
        columns = _parquet_columns(path, sql)
    return frozenset(name for name, type in columns if re.search(r"\[|STRUCT|MAP|list|struct|map", type))


def read_sample(path: Path, count: int, *, encoding: str = "utf-8") -> list[dict[str, str]]:
    """The first rows of a table, each by column; without those that have too many cells."""
    rows = _rows(path, None, encoding)
    return list(islice((row for row in rows if not isinstance(row, UnreadRow)), count))


def read_rows(
    path: Path, mapping: TableMapping | None = None, *, encoding: str = "utf-8"
) -> Iterator[dict[str, str] | UnreadRow]:
    """The rows of a table, each by column; lists and objects are JSON, and the character NUL is a space.

    Raises `InputError` for a line that is too long, and for a quotation mark that takes the next rows with it.
    """
    return _rows(path, mapping, mapping.encoding if mapping is not None else encoding)


def _rows(path: Path, mapping: TableMapping | None, encoding: str) -> Iterator[dict[str, str] | UnreadRow]:
    format = detect_format(path, mapping)
    header = read_header(path, mapping, encoding=encoding)
    if format == "xlsx":
        rows = _named_cells(_sheet(path, mapping))
        next(rows)
        yield from (dict(zip(header, row, strict=True)) for row in rows)
    elif format in ("csv", "tsv"):
        yield from _csv_rows(path, mapping, header, encoding)
    elif format == "jsonl":
        for row in _objects(path):
            yield row if isinstance(row, UnreadRow) else {name: _json_text(row.get(name)) for name in header}
    else:
        rows_of_parquet = _parquet_rows(path, header)
        yield from ({name: _without_nul(cell) for name, cell in row.items()} for row in rows_of_parquet)


def _without_nul(text: str) -> str:
    return text.replace("\0", " ") if "\0" in text else text


def _csv_rows(
    path: Path, mapping: TableMapping | None, header: list[str], encoding: str
) -> Iterator[dict[str, str] | UnreadRow]:
    with open_decompressed(path) as file:
        text = io.TextIOWrapper(file, encoding=_with_mark(encoding), errors="replace", newline="")
        delimiter = delimiter_of(path, mapping)
        mark = mapping.quote if mapping is not None else '"'
        has_header = mapping is None or not mapping.header
        try:
            for record in read_records(map(_without_nul, _text_lines(path, text)), delimiter, mark, width=len(header)):
                # Before there is a mapping, quotation marks between tabs may be text.
                if not record.is_closed and (mapping is not None or delimiter != "\t"):
                    remedy = "Close it, or state `quote: none` in the mapping."
                    raise InputError(f"{path}:{record.line}: a quotation mark is not closed. {remedy}")
                if not record.cells or (record.line == 1 and has_header):
                    continue
                if any(map(str.strip, record.cells[len(header) :])):
                    yield UnreadRow(record.line, RowFault.MORE_CELLS)
                else:
                    yield dict(zip_longest(header, record.cells[: len(header)], fillvalue=""))
        finally:
            text.detach()


def _text_lines(path: Path, text: io.TextIOBase) -> Iterator[str]:
    """The lines of a text; raises `InputError` for one that is too long, of which no more is read."""
    number = 0
    while line := text.readline(MAX_LINE_BYTES):
        number += 1
        if len(line) == MAX_LINE_BYTES:
            raise InputError(f"{path}:{number}: the line is too long.")
        yield line


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """A record of CSV: the line on which it begins, its cells, its lines, and whether its quotation marks are closed.

    A record whose quotation marks are not closed is its first line alone.
    """

    line: int
    cells: list[str]
    lines: list[str]
    is_closed: bool = True


def read_records(lines: Iterable[str], delimiter: str, quotation_mark: str, *, width: int) -> Iterator[CsvRecord]:
    """The records of CSV with `width` columns, also blank ones; quotation marks are text where there is no such mark.

    A mark that would take the next rows with it is not closed: one that is open at the end of the file, or after
    `MAX_LINE_BYTES`, or one in a record of several lines that has marks in a wrong place or another number of cells.
    """
    csv.field_size_limit(2 * MAX_LINE_BYTES)
    source, number = _LinesOfRecord(iter(lines)), 1
    quoting: Any = csv.QUOTE_MINIMAL if quotation_mark else csv.QUOTE_NONE
    while True:
        line_cells: list[str] | None = None
        try:
            for cells in csv.reader(
                source, delimiter=delimiter, quotechar=quotation_mark or None, quoting=quoting, strict=True
            ):
                if len(source.record) > 1 and len(cells) != width:
                    break
                yield CsvRecord(number, cells, lines_of_record := source.take())
                number += len(lines_of_record)
            else:
                return
        except csv.Error:
            if len(source.record) == 1:
                line_cells = _cells_of_line(source.record[0], delimiter, quotation_mark)
        first = source.take_first()
        is_closed = line_cells is not None
        yield CsvRecord(number, line_cells or first.rstrip("\r\n").split(delimiter), [first], is_closed)
        number += 1


def _cells_of_line(line: str, delimiter: str, quotation_mark: str) -> list[str] | None:
    """The cells of a line with quotation marks in wrong places; None where one of them is open at its end."""
    rest = iter((line, ""))
    try:
        cells = next(csv.reader(rest, delimiter=delimiter, quotechar=quotation_mark or '"'), [])
    except csv.Error:
        return []
    # A reader that asks for more than the line is in a quote.
    return cells if next(rest, None) is not None else None


class _LinesOfRecord:
    """Lines for a CSV reader; those of the present record can be read again but for the first."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._length = 0
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._length = self._length + len(line) if self.record else len(line)
        self.record.append(line)
        if self._length > MAX_LINE_BYTES:
            raise csv.Error("a record is too long")
        return line

    def take(self) -> list[str]:
        """The lines of the record."""
        lines, self.record = self.record, []
        return lines

    def take_first(self) -> str:
        """The first line of the record; the others are read again."""
        first, *others = self.take()
        self._again.extendleft(reversed(others))
        return first


def _parquet_rows(path: Path, header: list[str]) -> Iterator[dict[str, str]]:
    import duckdb

    with duckdb.connect(":memory:") as sql:
        cells = ", ".join(_parquet_cells(header, nested_columns(path)))
        result = sql.execute(f"SELECT {cells} FROM read_parquet(?)", [str(path)])
        while rows := result.fetchmany(1000):
            for row in rows:
                yield dict(zip(header, ("" if cell is None else cell for cell in row), strict=True))


def _parquet_columns(path: Path, sql: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """The names and types of the columns of a Parquet file."""
    columns = sql.execute("SELECT * FROM read_parquet(?) LIMIT 0", [str(path)]).description or ()
    return [(str(name), str(type)) for name, type, *_ in columns]


def _parquet_cells(header: Iterable[str], nested: Collection[str]) -> Iterator[str]:
    """The cells of the columns as text; lists and objects as JSON."""
    for name in header:
        cell = f"to_json({quote_name(name)})" if name in nested else quote_name(name)
        yield f"CAST({cell} AS VARCHAR) AS {quote_name(name)}"


def _objects(path: Path) -> Iterator[dict[str, Any] | UnreadRow]:
    """The JSON objects of a file of JSON lines, and the lines that are none."""
    with open_decompressed(path) as file:
        for number, line in numbered_lines(file, max_bytes=MAX_LINE_BYTES):
            try:
                row = orjson.loads(line or b"")
            except orjson.JSONDecodeError:
                row = None
            if isinstance(row, dict):
                yield row
            elif line is None or line.strip():
                yield UnreadRow(number, RowFault.NO_OBJECT)


def _first_objects(path: Path) -> Iterator[dict[str, Any]]:
    return islice((row for row in _objects(path) if not isinstance(row, UnreadRow)), _MAX_HEADER_LINES)


def _json_text(value: Any) -> str:
    if isinstance(value, str):
        return _without_nul(value)
    return "" if value is None else orjson.dumps(value).decode()


@dataclass(frozen=True, slots=True)
class RecordLines:
    """Record -> the line of the file on which it begins: of rows by their number, of rejected records by theirs."""

    rows: dict[int, int]
    rejected: dict[int, int]


@dataclass(frozen=True, slots=True)
class UnclosedQuote:
    """A line on which a quotation mark opens that is not closed, or only in another row."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class CellSource:
    """The clause by which DuckDB reads a table, and the lines that are left out since they are too long.

    Of CSV `path` is the file that is read: the user's own, or a copy of it.
    """

    relation: str
    long_lines: tuple[int, ...] = ()
    path: Path | None = None
    encoding: str = "utf-8"
    delimiter: str = ","
    quotation_mark: str = '"'
    unclosed_quotes: tuple[UnclosedQuote, ...] = ()
    """Lines that are blank in the copy, since a quotation mark in them would take the next rows with it."""


def open_cells(path: Path, mapping: TableMapping, header: list[str], session: ImportSession) -> CellSource:
    """The cells of a table, every column as text."""
    format = detect_format(path, mapping)
    types = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in header)
    if format == "parquet":
        session.progress(path.stat().st_size)
        cells = ", ".join(_parquet_cells(header, nested_columns(path, mapping)))
        return CellSource(f"(SELECT {cells} FROM read_parquet({quote(path)}))")
    delimiter, quotation_mark, encoding = delimiter_of(path, mapping), mapping.quote, mapping.encoding
    long_lines: tuple[int, ...] = ()
    if format == "xlsx":
        session.progress(path.stat().st_size)
        sheet, delimiter, quotation_mark, encoding = session.temporary_file("sheet.csv"), ",", '"', "utf-8"
        _write_sheet(_sheet(path, mapping), sheet)
        path = sheet
    else:
        path, long_lines = _without_long_lines(path, session)
        if encoding not in ("utf-8", "latin-1"):
            path, encoding = _recode(path, encoding, session), "utf-8"
    if format == "jsonl":
        return CellSource(
            f"read_json({quote(path)}, format = 'newline_delimited', columns = {{{types}}}, ignore_errors = true,"
            f" maximum_object_size = {2 * MAX_LINE_BYTES})",
            long_lines,
        )
    return _csv_cells(CellSource("", long_lines, path, encoding, delimiter, quotation_mark), mapping, header)


def _csv_cells(cells: CellSource, mapping: TableMapping, header: list[str]) -> CellSource:
    types = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in header)
    relation = (
        f"read_csv({quote(str(cells.path))}, header = {'false' if mapping.header else 'true'}, auto_detect = false,"
        f" columns = {{{types}}},"
        f" delim = {quote(cells.delimiter)}, quote = {quote(cells.quotation_mark)},"
        f" escape = {quote(cells.quotation_mark)}, encoding = {quote(cells.encoding)},"
        f" max_line_size = {2 * MAX_LINE_BYTES}, ignore_errors = true, store_rejects = true,"
        " rejects_limit = 0, compression = 'none')"
    )
    return replace(cells, relation=relation)


def with_line_feeds(cells: CellSource, mapping: TableMapping, header: list[str], session: ImportSession) -> CellSource:
    """The cells of a CSV file with LF for each CRLF and CR, since DuckDB reads no file that mixes them."""
    if cells.path is None:
        return cells
    fresh = session.temporary_file("lines-lf.csv")
    with (
        cells.path.open(encoding="latin-1", newline=None) as file,
        fresh.open("w", encoding="latin-1", newline="\n") as copy,
    ):
        while text := file.read(_BLOCK):
            copy.write(text)
    return _csv_cells(replace(cells, path=fresh), mapping, header)


def without_unclosed_quotes(
    cells: CellSource, mapping: TableMapping, header: list[str], session: ImportSession
) -> CellSource:
    """The cells of a CSV file without the rows whose quotation marks would take the next rows with them."""
    if cells.path is None:
        return cells
    fresh = session.temporary_file("quotes.csv")
    unclosed: list[UnclosedQuote] = []
    # The bytes are those of UTF-8 or Latin-1; neither has the byte of a delimiter within a character.
    with cells.path.open("rb") as file, fresh.open("wb") as copy:
        lines = (line.decode("latin-1") for line in file)
        for record in read_records(lines, cells.delimiter, cells.quotation_mark, width=len(header)):
            texts = [line.encode("latin-1") for line in record.lines]
            if not record.is_closed:
                unclosed.append(UnclosedQuote(record.line, texts[0].decode("utf-8", "replace").strip()))
                texts = [texts[0][len(texts[0].rstrip(b"\r\n")) :]]
            copy.writelines(texts)
    return _csv_cells(replace(cells, path=fresh, unclosed_quotes=tuple(unclosed)), mapping, header)


def _without_long_lines(path: Path, session: ImportSession) -> tuple[Path, tuple[int, ...]]:
    """A file decompressed and without lines that are too long, and the numbers of these; unchanged if possible.

    So a truncated archive is found before anything is read.
    """
    is_compressed = path.suffix in (".gz", ".bz2")
    if not is_compressed:
        session.progress(path.stat().st_size)
        with path.open("rb") as file:
            if not _has_long_line(file):
                return path, ()
    short = session.temporary_file("lines.csv")
    with open_decompressed(path, session.progress if is_compressed else None) as file, short.open("wb") as out:
        return short, tuple(copy_short_lines(file, out))


def _recode(path: Path, encoding: str, session: ImportSession) -> Path:
    """The file in UTF-8; raises `InputError` when it does not have the encoding that the mapping states."""
    fresh = session.temporary_file("recoded.csv")
    try:
        with path.open(encoding=encoding, newline="") as file, fresh.open("w", encoding="utf-8", newline="") as out:
            while text := file.read(_BLOCK):
                out.write(text)
    except (UnicodeError, LookupError) as error:
        raise InputError(f"{path.name} is not {encoding}: {error}.") from error
    return fresh


def copy_short_lines(file: BinaryIO, out: BinaryIO) -> Iterator[int]:
    """Copy the lines of at most `MAX_LINE_BYTES`, and yield the numbers of the others.

    Of a longer line no more than that is ever written, so a small archive of one endless line cannot fill the disk.
    """
    number, start, dropping = 1, 0, False
    while block := file.read(_BLOCK):
        end = block.find(b"\n")
        if dropping and end < 0:
            continue
        if dropping:
            block, dropping, number = block[end + 1 :], False, number + 1
        elif out.tell() - start + (len(block) if end < 0 else end) > MAX_LINE_BYTES:
            out.seek(start)
            out.truncate()
            yield number
            dropping = end < 0
            block, number = (b"", number) if dropping else (block[end + 1 :], number + 1)
        last = block.rfind(b"\n")
        out.write(block)
        number += block.count(b"\n")
        start = start if last < 0 else out.tell() - (len(block) - last - 1)


def find_lines(path: Path, mapping: TableMapping, rows: Collection[int], rejected: Collection[int]) -> RecordLines:
    """The lines on which records of a CSV file begin: of some of the rows that were read, and of the rejected ones.

    Rows that were read are counted from 1; rejected records as DuckDB counts them, with the header and blank lines. In
    an Excel sheet the lines are its rows.
    """
    of_rows: dict[int, int] = {}
    of_rejected: dict[int, int] = {}
    count, last = 0, max(rows, default=0)
    for record, (line, is_blank) in enumerate(_record_lines(path, mapping), start=1):
        if record in rejected:
            of_rejected[record] = line
        elif not is_blank and (record > 1 or mapping.header):
            count += 1
            if count in rows:
                of_rows[count] = line
        if count >= last and len(of_rejected) == len(rejected):
            break
    return RecordLines(of_rows, of_rejected)


def _record_lines(path: Path, mapping: TableMapping) -> Iterator[tuple[int, bool]]:
    """The line on which each record begins, and whether it is blank."""
    if detect_format(path, mapping) == "xlsx":
        yield from ((number, not any(cells)) for number, cells in enumerate(_sheet(path, mapping), start=1))
        return
    with open_decompressed(path) as file:
        text = io.TextIOWrapper(file, encoding=_with_mark(mapping.encoding), errors="replace", newline="")
        width = len(read_header(path, mapping))
        for record in read_records(text, delimiter_of(path, mapping), mapping.quote, width=width):
            yield record.line, not record.cells
        text.detach()


def _has_long_line(file: BinaryIO) -> bool:
    """True when some line is longer than `MAX_LINE_BYTES`, give or take a block; not every line is looked at."""
    length = 0
    while block := file.read(_BLOCK):
        first = block.find(b"\n")
        length += len(block) if first < 0 else first
        if length > MAX_LINE_BYTES:
            return True
        if first >= 0:
            length = len(block) - block.rfind(b"\n") - 1
    return False


def _with_mark(encoding: str) -> str:
    """The codec of an encoding: of UTF-8 the one that leaves out a byte order mark."""
    return "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding


def _header(path: Path, delimiter: str, mapping: TableMapping | None, encoding: str) -> list[str]:
    is_fixed = encoding == FIXED if mapping is None else mapping.is_of_dataset
    encoding = mapping.encoding if mapping is not None else encoding or "utf-8"
    with open_decompressed(path) as file:
        line = file.readline(MAX_LINE_BYTES)
    if not line:
        raise InputError(f"{path} is empty.")
    is_utf_16 = line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if is_utf_16 and encoding in ("utf-8", "latin-1"):
        advice = "save it as UTF-8" if is_fixed else "add --encoding utf-16"
        raise InputError(f"{path} is not {encoding}, but UTF-16: {advice}.")
    try:
        # An incremental decoder, since in UTF-16 the line ends in the middle of a character.
        text = codecs.getincrementaldecoder(_with_mark(encoding))().decode(line)
    except (UnicodeError, LookupError) as error:
        advice = "Save it" if is_fixed else "Name its encoding, as with --encoding latin-1, or save it"
        raise InputError(f"{path} is not {encoding}: {error}. {advice} as UTF-8.") from error
    if "\r" in (text := text.rstrip("\r\n")):
        raise InputError(f"{path} cannot be read: it uses CR line endings. Save it with LF or CRLF.")
    if mapping is not None and mapping.header:
        return list(mapping.header)
    if mapping is not None and not mapping.quote:
        header = text.split(delimiter)
    else:
        header = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    if len(set(header)) != len(header) or "" in header or not header:
        raise InputError(f"{path} does not begin with the distinct names of its columns: {text[:200].strip()}")
    return header


def delimiter_of(path: Path, mapping: TableMapping | None) -> str:
    """What separates the cells of a CSV or TSV file: what the mapping says, or else what its first line has."""
    if mapping is not None and mapping.delimiter:
        return mapping.delimiter
    with open_decompressed(path) as file:
        line = file.readline(MAX_LINE_BYTES).decode("utf-8", "replace")
    if "\t" in line and detect_format(path, mapping) == "tsv":
        return "\t"
    return max(_DELIMITERS, key=line.count)


def detect_format(path: Path, mapping: TableMapping | None) -> str:
    """csv, tsv, xlsx, jsonl or parquet, by the mapping or else by the name of the file."""
    if mapping is not None and mapping.format:
        return mapping.format
    name = path.name.removesuffix(".gz").removesuffix(".bz2").lower()
    if name.endswith(_ONLY_RDF):
        raise InputError(f"{path} is RDF, not a table: `kg import rdf` reads it.")
    if name.endswith(_DOCUMENTS):
        raise InputError(f"{path} is not a table. Tables are {', '.join(SUFFIXES)} files.")
    formats = dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl")
    formats |= {f".{format}": format for format in ("tsv", "parquet", "xlsx")}
    return next((format for suffix, format in formats.items() if name.endswith(suffix)), "csv")


def _sheet(path: Path, mapping: TableMapping | None) -> Iterator[list[str]]:
    """The rows of an Excel sheet as texts; times at midnight are written as days."""
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


def _named_cells(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The header and the rows of a sheet, of the columns that have a name; without empty rows."""
    header = next(rows, [])
    named = [index for index, name in enumerate(header) if name]
    yield [header[index] for index in named]
    for row in rows:
        if any(row):
            yield [row[index] if index < len(row) else "" for index in named]


def _write_sheet(rows: Iterator[list[str]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(_named_cells(rows))


def first_line(error: Exception) -> str:
    """The message of a DuckDB error, without its advice."""
    return str(error).splitlines()[0].rstrip(".")
