"""A file under `data/` walks in; its text walks out, or a fault that says why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from kg.reports import Finding, Place
from kg.yaml_files import YamlError, YamlNode, read_documents

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; more than a person writes. Larger amounts belong into fact tables."""


def fact_files(folder: Path) -> tuple[Path, ...]:
    """The files under `data/` in the order of their names; what editors and systems hide there is passed over."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple(path for path in files if not any(part[0] in ".~" for part in path.relative_to(folder).parts))


def fault(check: str, message: str, place: Place, *, remedy: str = "", found: str = "", expected: str = "") -> Finding:
    """A finding about a fact file."""
    return Finding(f"facts/{check}", message, places=(place,), remedy=remedy, found=found, expected=expected)


def read_text(path: Path, *, file: str, faults: list[Finding]) -> str | None:
    """The UTF-8 text of a file; None, and a fault, when it is too large, unreadable or in another encoding."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            faults.append(
                fault("size", f"larger than {LARGEST_FILE >> 20} MB", Place(file), remedy="Use a fact table.")
            )
            return None
        raw = path.read_bytes()
    except OSError as error:
        faults.append(fault("unreadable", f"cannot be read: {error.strerror}", Place(file)))
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        faults.append(encoding_fault(raw.splitlines(keepends=True), file=file))
        return None


def encoding_fault(lines: Iterable[bytes], *, file: str) -> Finding:
    """The fault of a file that is not UTF-8, at the first byte that is wrong."""
    for number, line in enumerate(lines, start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            place = Place(file, number, len(line[: error.start].decode("utf-8")) + 1)
            message = f"not UTF-8: byte 0x{line[error.start]:02x}"
            return fault("encoding", message, place, remedy="Save the file as UTF-8.")
    return fault("encoding", "not UTF-8", Place(file), remedy="Save the file as UTF-8.")


def read_yaml(text: str, *, file: str, faults: list[Finding]) -> Iterator[YamlNode]:
    """Yield the root of each YAML document of a file; the fault that ends the file, if any, is added to `faults`."""
    try:
        yield from read_documents(text, file=file)
    except YamlError as error:
        faults.append(fault("yaml", error.message, Place(file, error.line, error.column), remedy=error.remedy))
