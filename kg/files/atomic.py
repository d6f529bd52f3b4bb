"""Atomic writing of text files and folders: readers see either the old content or the new."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from kg.errors import InputError


def write_file(path: Path | str, pieces: Iterable[str], *, durable: bool = True) -> None:
    """Write a file; raises `InputError` when it cannot be written.

    `durable` waits until the disk has the content, which takes seconds for a large file; a file that can be made again
    does not need it.
    """
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            # A pipe or a device such as /dev/stdout is written to; a file must not replace it.
            _write(target, pieces, durable=False)
        else:
            # The target of a symbolic link is replaced, and the link stays.
            _replace(target.resolve(), pieces, durable=durable)
    except OSError as error:
        check_folder_exists(target)
        raise InputError(f"{path} cannot be written: {error.strerror}") from error


def check_folder_exists(path: Path) -> None:
    """Raise `InputError` for a file to write whose folder does not exist."""
    if not path.parent.is_dir():
        raise InputError(f"{path} cannot be written: there is no folder {path.parent}. Make it first.")


def check_not_input(path: Path, inputs: Iterable[Path]) -> None:
    """Raise `InputError` for a file to write that is one of the `inputs`."""
    if path.exists() and any(each.exists() and each.samefile(path) for each in inputs):
        raise InputError(f"{path} is one of the files that are read: name another file for the result.")


@contextlib.contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """A folder to write into, which then takes the place of another; raises `InputError` when that is not possible."""
    target = path.resolve()
    fresh = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        fresh.mkdir(parents=True)
        yield fresh
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _replace(path: Path, pieces: Iterable[str], *, durable: bool) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        _write(fresh, pieces, durable=durable)
        fresh.replace(path)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _write(path: Path, pieces: Iterable[str], *, durable: bool) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces)
        if durable:
            file.flush()
            os.fsync(file.fileno())
