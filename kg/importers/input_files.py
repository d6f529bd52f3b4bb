"""Input files, plain or compressed, read line by line in bounded memory.

A compressed file that ends too early is an error, since nobody knows what is missing.
"""

from __future__ import annotations

import bz2
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from kg.errors import InputError

MAX_LINE_BYTES = 16 << 20
"""The largest Wikidata entities have about 4 MB."""
_BLOCK = 1 << 20

Progress = Callable[[int], None]
"""Called with the number of bytes read since the last call."""


def list_files(paths: Iterable[str | Path], suffixes: tuple[str, ...]) -> list[Path]:
    """The files that are named, and those with these suffixes in the folders that are named, sorted by name.

    Raises `InputError` when one does not exist, when there are none, or when all are empty.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            files += sorted(file for file in path.rglob("*") if file.is_file() and file.name.endswith(suffixes))
        elif path.exists():
            files.append(path)
        else:
            raise InputError(f"There is no file {path}.")
    if not files:
        raise InputError(f"No file with the suffix {', '.join(suffixes)} was found.")
    if all(file.is_file() and not file.stat().st_size for file in files):
        raise InputError(f"{files[0]} is empty." if len(files) == 1 else f"All {len(files)} files are empty.")
    return files


def all_files(paths: Iterable[str | Path]) -> Iterator[Path]:
    """Every file that is named, or is in a folder that is named."""
    for path in map(Path, paths):
        yield from path.rglob("*") if path.is_dir() else (path,)


@contextmanager
def unchanged_files(paths: Iterable[str | Path]) -> Iterator[None]:
    """Raises `InputError` at the end when a file was changed meanwhile, since parts of both would have been read."""
    states = {path: _state(path) for path in all_files(paths) if path.is_file()}
    yield
    for path, state in states.items():
        if _state(path) != state:
            raise InputError(f"{path} was changed while it was read. Nothing was written. Run it again.")


def _state(path: Path) -> tuple[int, int, int] | None:
    """What differs after a file was written, also if it is another file of this name; None where there is none."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


@contextmanager
def open_decompressed(path: Path, progress: Progress | None = None) -> Iterator[BinaryIO]:
    """The bytes of a file or pipe, decompressed where it is gzip or bzip2, whatever its name.

    Raises `InputError` when it cannot be read, is a damaged archive, or ends too early.
    """
    try:
        with path.open("rb") as raw:
            # Not read and sought, since a pipe cannot go back.
            start = raw.peek(3)[:3]
            counted = cast(BinaryIO, _CountingReader(raw, progress) if progress is not None else raw)
            if start.startswith(b"\x1f\x8b"):
                yield io.BufferedReader(gzip.GzipFile(fileobj=counted), _BLOCK)
            elif start == b"BZh":
                yield io.BufferedReader(bz2.BZ2File(counted), _BLOCK)
            else:
                yield counted
    except EOFError as error:
        raise InputError(f"{path} is truncated: the archive is incomplete. Nothing was written.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is damaged: {error}. Nothing was written.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}. Nothing was written.") from error


def numbered_lines(file: BinaryIO, *, max_bytes: int = MAX_LINE_BYTES) -> Iterator[tuple[int, bytes | None]]:
    """The lines with their numbers, from 1; None for a line of more than `max_bytes`."""
    number = 0
    while line := file.readline(max_bytes):
        number += 1
        if len(line) == max_bytes and not line.endswith(b"\n"):
            while (rest := file.readline(_BLOCK)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line


class _CountingReader:
    """Passes reading on to a file, and reports how much was read."""

    def __init__(self, raw: BinaryIO, progress: Progress) -> None:
        self._raw, self._progress = raw, progress

    def read(self, size: int = -1) -> bytes:
        block = self._raw.read(size)
        self._progress(len(block))
        return block

    def readline(self, size: int = -1) -> bytes:
        line = self._raw.readline(size)
        self._progress(len(line))
        return line

    def __getattr__(self, name: str) -> object:
        return getattr(self._raw, name)
