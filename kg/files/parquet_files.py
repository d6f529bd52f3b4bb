"""Parquet files with the same columns joined into one, without reading their rows.

A Parquet file ends in its metadata, a struct in the compact protocol of Thrift. Among it are the row groups, with the
places in the file of all that belongs to them. The joined file has the contents one after another, and the row groups
of all files, with these places moved. The numbers of the fields are those of
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_MAGIC = b"PAR1"
_SCHEMA, _ROWS, _ROW_GROUPS = 2, 3, 4
"""Fields of `FileMetaData`."""
_GROUP_NUMBER = (7,)
_PLACES = ((5,), (1, 2), (1, 4), (1, 6), (1, 3, 9), (1, 3, 10), (1, 3, 11), (1, 3, 14))
"""Fields of `RowGroup` that are places in the file: of the group, and of its columns (1), their indexes (1, 4 and 6)
and, in the metadata of a column (1, 3), their pages, dictionary and Bloom filter; 0 means that there is none.
"""
_BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = range(3, 14)
"""Types of the compact protocol; 1 and 2 are true and false, of which a list has bytes."""
_SIZES = {_BYTE: 1, _DOUBLE: 8, _UUID: 16}


def join_parquet_files(paths: Sequence[Path], output: Path) -> int:
    """Write the rows of files with the same columns to one file, in this order; returns how many there are.

    Raises `ValueError` where there is no file, one is no Parquet file, or has other columns than the first.
    """
    files = [_read_metadata(path) for path in paths]
    if len({file.fields[_SCHEMA] for file in files}) != 1:
        raise ValueError("Only files with the same columns can be joined.")
    groups: list[bytes] = []
    with output.open("wb") as joined:
        joined.write(_MAGIC)
        for path, metadata in zip(paths, files, strict=True):
            distance = joined.tell() - len(_MAGIC)
            groups += metadata.row_groups(dict.fromkeys(_PLACES, distance) | {_GROUP_NUMBER: len(groups)})
            with path.open("rb") as file:
                file.seek(len(_MAGIC))
                shutil.copyfileobj(file, joined, 1 << 20)
            joined.truncate(distance + metadata.start)
            joined.seek(0, 2)
        rows = sum(file.rows for file in files)
        joined.write(files[0].joined(groups, rows))
    return rows


@dataclass(frozen=True, slots=True)
class _Metadata:
    """The metadata of a file, which begins at `start` of the file: its fields, as they are written."""

    start: int
    fields: Mapping[int, bytes]
    types: Mapping[int, int]

    @property
    def rows(self) -> int:
        return _CompactReader(self.fields[_ROWS]).integer()

    def row_groups(self, moved: Mapping[tuple[int, ...], int]) -> Iterator[bytes]:
        """The row groups, with these integers greater by so much where they are not 0."""
        content = self.fields[_ROW_GROUPS]
        reader = _CompactReader(content)
        _, count = reader.list_header()
        for _ in range(count):
            pieces, place = [], reader.place
            for path, start, end in reader.integers(_STRUCT):
                if (distance := moved.get(path)) and (value := _CompactReader(content[start:end]).integer()):
                    pieces += [content[place:start], _integer(value + distance)]
                    place = end
            yield b"".join((*pieces, content[place : reader.place]))

    def joined(self, groups: Sequence[bytes], rows: int) -> bytes:
        """The end of a file with these row groups and so many rows: its metadata, the length of that, and the magic."""
        header = bytes((min(len(groups), 15) << 4 | _STRUCT,)) + (_varint(len(groups)) if len(groups) > 14 else b"")
        fields = {**self.fields, _ROWS: _integer(rows), _ROW_GROUPS: header + b"".join(groups)}
        pieces, before = [], 0
        for number, value in sorted(fields.items()):
            pieces += [bytes(((number - before) << 4 | self.types[number],)), value]
            before = number
        metadata = b"".join(pieces) + b"\0"
        return metadata + len(metadata).to_bytes(4, "little") + _MAGIC


def _read_metadata(path: Path) -> _Metadata:
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 8))
        end = file.read()
        start = size - 8 - int.from_bytes(end[:4], "little")
        if end[4:] != _MAGIC or start < len(_MAGIC):
            raise ValueError(f"{path} is no Parquet file.")
        file.seek(start)
        content = file.read(size - 8 - start)
    reader, fields, types = _CompactReader(content), {}, {}
    type, number = reader.field(0)
    while type:
        place = reader.place
        for _ in reader.integers(type):
            pass
        fields[number], types[number] = content[place : reader.place], type
        type, number = reader.field(number)
    return _Metadata(start, fields, types)


@dataclass(slots=True)
class _CompactReader:
    """Reads values of the compact protocol one after another."""

    content: bytes
    place: int = 0

    def byte(self) -> int:
        self.place += 1
        return self.content[self.place - 1]

    def varint(self) -> int:
        value = shift = 0
        while (byte := self.byte()) & 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
        return value | byte << shift

    def integer(self) -> int:
        """An integer, whose sign is in the lowest bit."""
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def field(self, before: int) -> tuple[int, int]:
        """The type and number of the next field of a struct, after that of a number; the type 0 at its end."""
        header = self.byte()
        return header & 15, (before + (header >> 4) if header >> 4 or not header else self.integer())

    def list_header(self) -> tuple[int, int]:
        """The type and number of the elements of a list."""
        header = self.byte()
        return header & 15, self.varint() if header >> 4 == 15 else header >> 4

    def integers(self, type: int, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], int, int]]:
        """Read a value; of each integer in it, the numbers of the fields that lead to it, its beginning and end."""
        if type in (_I16, _I32, _I64):
            start = self.place
            self.varint()
            yield path, start, self.place
        elif type == _STRUCT:
            inner, number = self.field(0)
            while inner:
                yield from self.integers(inner, (*path, number))
                inner, number = self.field(number)
        elif type in (_LIST, _SET):
            inner, count = self.list_header()
            for _ in range(count):
                yield from self.integers(max(inner, _BYTE), path)
        elif type == _MAP:
            count = self.varint()
            types = self.byte() if count else 0
            for _ in range(count):
                yield from self.integers(max(types >> 4, _BYTE), path)
                yield from self.integers(max(types & 15, _BYTE), path)
        elif type == _BINARY:
            length = self.varint()
            self.place += length
        else:
            self.place += _SIZES.get(type, 0)


def _integer(value: int) -> bytes:
    return _varint(value << 1 ^ value >> 63)


def _varint(value: int) -> bytes:
    digits = []
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*digits, value))
