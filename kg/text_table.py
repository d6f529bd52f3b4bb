"""Tables in plain text: columns padded to their widest cell, East Asian characters counted as two."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def format_table(names: Iterable[str], rows: list[list[str]], is_right: list[bool] | None = None) -> str:
    """Rows under the names of their columns; `is_right` aligns a column to the right, as numbers are."""
    names = list(names)
    widths = [max(_width(text) for text in column) for column in zip(names, *rows, strict=True)]
    alignments = is_right if is_right is not None else [False] * len(names)
    lines = (names, ["-" * width for width in widths], *rows)
    padded = ([_pad(*cell) for cell in zip(line, widths, alignments, strict=True)] for line in lines)
    return "".join("  ".join(line).rstrip() + "\n" for line in padded)


def _width(text: str) -> int:
    """The columns that a text takes on a terminal: two for wide characters, none for combining ones."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def _pad(text: str, width: int, is_right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if is_right else text + gap
