"""Large files of tables as parts, which several processes read: bytes of CSV and of JSON lines, rows of Parquet.

A part of a CSV file begins where a record begins. Where that is cannot be known of every file: one in which a quotation
mark does anything but open or close a cell is a single part, and so is one that is compressed or in another encoding
than UTF-8 and Latin-1.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.errors import InputError
from kg.facts.readers.table_cells import regular_form
from kg.importers.tables.table_files import delimiter_of, detect_format, first_line
from kg.importers.tables.table_mapping import TableMapping
from kg.sql import quote

PART_BYTES = 128 << 20
"""Of a file that is read by one process; a larger one has several parts."""
_CHUNK = 8 << 20
_COMPRESSED = (".gz", ".bz2")


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file, or a part of it: from the byte or the row `start` to before `end`."""

    path: Path
    size: int
    """Bytes of the file."""
    start: int = 0
    end: int | None = None
    """None where the part is the whole file."""
    lines_before: int = 0
    """Lines of the file, or rows of Parquet, that are before the lines of the part as `write_part` writes it."""

    def copy(self, mapping: TableMapping, folder: Path) -> Path:
        """The part as a file of its own, in a folder; the file itself where the part is all of it.

        Raises `InputError` when the file cannot be read.
        """
        if self.end is None:
            return self.path
        copy = folder / f"{self.start}-{self.path.name}"
        if detect_format(self.path, mapping) == "parquet":
            _copy_rows(self, copy)
        else:
            has_header = _has_header_line(self.path, mapping)
            with self.path.open("rb") as file, copy.open("wb") as out:
                if self.start and has_header:
                    out.write(file.readline())
                file.seek(self.start)
                left = self.end - self.start
                while left and (chunk := file.read(min(left, _CHUNK))):
                    out.write(chunk)
                    left -= len(chunk)
        return copy


def split_file(path: Path, mapping: TableMapping) -> list[FilePart]:
    """A file as parts of about `PART_BYTES`; as one where it is not larger, or cannot be split.

    Raises `InputError` when it cannot be read.
    """
    size = path.stat().st_size
    whole = [FilePart(path, size)]
    if size <= PART_BYTES:
        return whole
    format = detect_format(path, mapping)
    if format == "parquet":
        return list(_parts_of_rows(path, size)) or whole
    is_text = format in ("csv", "tsv", "jsonl") and path.suffix.lower() not in _COMPRESSED
    if not is_text or mapping.encoding not in ("utf-8", "latin-1"):
        return whole
    has_line_ends = False
    if format != "jsonl":
        form = regular_form(path, delimiter_of(path, mapping))
        if form is None or (form.has_line_ends and not mapping.quote):
            return whole
        has_line_ends = form.has_line_ends
    return list(_parts_of_lines(path, size, has_line_ends=has_line_ends, has_header=_has_header_line(path, mapping)))


def _has_header_line(path: Path, mapping: TableMapping) -> bool:
    return not mapping.header and detect_format(path, mapping) != "jsonl"


def _parts_of_lines(path: Path, size: int, *, has_line_ends: bool, has_header: bool) -> Iterator[FilePart]:
    """Parts that begin where a line does; outside of quotation marks, where there are `has_line_ends` within cells."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = lines = 0
        while start < size:
            end = start + PART_BYTES
            is_quoted = has_line_ends and _count(data, b'"', start, min(end, size)) % 2 == 1
            while end < size:
                after = data.find(b"\n", end) + 1 or size
                is_quoted ^= has_line_ends and _count(data, b'"', end, after) % 2 == 1
                end = after
                if not is_quoted:
                    break
            end = min(end, size)
            yield FilePart(path, size, start, end, lines - bool(start and has_header))
            lines += _count(data, b"\n", start, end)
            start = end


def _count(data: mmap.mmap, text: bytes, start: int, end: int) -> int:
    return sum(data[place : min(place + _CHUNK, end)].count(text) for place in range(start, end, _CHUNK))


def _parts_of_rows(path: Path, size: int) -> Iterator[FilePart]:
    """Parts that begin where a row group does."""
    import duckdb

    query = f"SELECT row_group_num_rows FROM parquet_metadata({quote(path)}) WHERE column_id = 0 ORDER BY row_group_id"  # noqa: S608
    try:
        groups = [rows for (rows,) in duckdb.execute(query).fetchall()]
    except duckdb.Error as error:
        raise InputError(f"{path} cannot be read: {first_line(error)}.") from error
    rows_of_part = max(1, sum(groups) * PART_BYTES // size)
    start = end = 0
    for number, rows in enumerate(groups, start=1):
        end += rows
        if end - start >= rows_of_part or number == len(groups):
            yield FilePart(path, size, start, end, start)
            start = end


def _copy_rows(part: FilePart, copy: Path) -> None:
    import duckdb

    rows = (
        f"SELECT * EXCLUDE file_row_number FROM read_parquet({quote(part.path)}, file_row_number = true)"  # noqa: S608
        f" WHERE file_row_number >= {part.start} AND file_row_number < {part.end}"
    )
    try:
        duckdb.execute(f"COPY ({rows}) TO {quote(copy)} (FORMAT parquet)")
    except duckdb.Error as error:
        raise InputError(f"{part.path} cannot be read: {first_line(error)}.") from error
