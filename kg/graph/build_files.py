"""The list of a build's files, from which damage is detected: their sizes and checksums, and the layout of the build.

Opening a build compares its layout and the size of its snapshot with the list. DuckDB and Oxigraph verify the checksum
of every block that they read. `kg build` reads all files again, and builds anew when one has changed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from kg.errors import ProjectError
from kg.graph.engine_errors import REMEDY
from kg.graph.snapshot_file import FILE

LIST = "files.json"
LAYOUT = 1
"""The layout of a build's files; to be raised when programs that are older or newer cannot read them."""
_CHUNK = 1 << 20
NAME_INDEX = "name-index.sqlite"
"""The index of names, which is made when a build is first searched."""
_UNLISTED = (LIST, NAME_INDEX, "READERS", "store/LOCK", "store/LOG")
"""Files whose content is no matter, or that are no part of the graph."""


def write_file_list(folder: Path, *, before: Path | None = None) -> None:
    """List the files of a finished build; those that it shares with the build before have been read already."""
    known = _known_checksums(before) if before is not None else {}
    files = {}
    for name, path in _files(folder):
        checksum = known.get(_identity(path))
        files[name] = {"bytes": path.stat().st_size, "crc32": _checksum(path) if checksum is None else checksum}
    (folder / LIST).write_text(json.dumps({"layout": LAYOUT, "files": files}, indent=1) + "\n", encoding="utf-8")


def check_opened(folder: Path) -> None:
    """Raise `ProjectError` when a build has another layout than this program reads, or its snapshot another size."""
    try:
        files = _read_list(folder)
        fault = None if files is None else _size_fault(folder, FILE, files[FILE])
    except ValueError:
        fault = f"{LIST} cannot be read"
    else:
        if files is None:
            raise ProjectError(f"The graph in {folder} was built by another version of kg. {REMEDY}")
    if fault is not None:
        raise ProjectError(f"The graph in {folder} is damaged: {fault}. {REMEDY}")


def find_damage(folder: Path, *, only: Collection[str] | None = None) -> str | None:
    """Why a build cannot be used, after reading all its files or those of some names; None when it can be."""
    try:
        files = _read_list(folder)
    except ValueError:
        return f"{LIST} cannot be read"
    if files is None:
        return "it was built by another version of kg"
    for name, listed in files.items():
        if only is not None and name not in only:
            continue
        if (fault := _size_fault(folder, name, listed)) is not None:
            return fault
        if _checksum(folder / name) != listed["crc32"]:
            return f"{name} is not as it was written"
    return None


def find_store_damage(folder: Path, *, most: int) -> str | None:
    """Why the lookup store of a build cannot be copied, if its files have at most so many bytes; else None."""
    try:
        files = _read_list(folder) or {}
    except ValueError:
        return f"{LIST} cannot be read"
    names = [name for name in files if name.startswith("store/")]
    return find_damage(folder, only=names) if sum(files[name]["bytes"] for name in names) <= most else None


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    paths = ((path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*")) if path.is_file())
    return ((name, path) for name, path in paths if name not in _UNLISTED)


def _read_list(folder: Path) -> Mapping[str, Mapping[str, int]] | None:
    """File -> its size and checksum; None for a build of another layout. Raises `ValueError` when it is damaged."""
    path = folder / LIST
    if not path.is_file():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    try:
        files: dict[str, dict[str, int]] = document["files"]
        return files if document["layout"] == LAYOUT and files[FILE] else None
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} has no list of files") from error


def _size_fault(folder: Path, name: str, listed: Mapping[str, int]) -> str | None:
    path = folder / name
    if not path.is_file():
        return f"{name} is missing"
    size = path.stat().st_size
    return None if size == listed["bytes"] else f"{name} has {size:,} bytes of {listed['bytes']:,}"


def _known_checksums(build: Path) -> dict[tuple[int, int, int], int]:
    """Device, inode and size of each file of a build -> its checksum."""
    try:
        listed = _read_list(build) or {}
    except ValueError:
        return {}
    present = ((build / name, file) for name, file in listed.items() if (build / name).is_file())
    return {_identity(path): file["crc32"] for path, file in present}


def _identity(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum
