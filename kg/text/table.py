"""Tables in plain text and HTML: in text, columns padded to their widest cell, East Asian characters counted as two."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

_GAP = "  "
_NARROWEST = 8
"""How few columns of a terminal a column of a table may get, when the table is too wide for it."""


def format_table(
    names: Iterable[str], rows: list[list[str]], is_right: list[bool] | None = None, *, width: int | None = None
) -> str:
    """Rows under the names of their columns; `is_right` aligns a column to the right, as numbers are.

    With a `width`, cells of the widest columns are wrapped until the table fits.
    """
    names = list(names)
    widths = [max(_width(text) for text in column) for column in zip(names, *rows, strict=True)]
    if width is not None:
        widths = _fit(widths, width - len(_GAP) * (len(widths) - 1))
    alignments = is_right if is_right is not None else [False] * len(names)
    lines = [*_wrapped(names, widths), ["-" * width for width in widths]]
    for row in rows:
        lines += _wrapped(row, widths)
    padded = ([_pad(*cell) for cell in zip(line, widths, alignments, strict=True)] for line in lines)
    return "".join(_GAP.join(line).rstrip() + "\n" for line in padded)


def table_width(names: Iterable[str], rows: list[list[str]]) -> int:
    """How many columns of a terminal the table takes when nothing is wrapped."""
    widths = [max(_width(text) for text in column) for column in zip(names, *rows, strict=True)]
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _fit(widths: list[int], available: int) -> list[int]:
    """The widths with the widest made equal and as narrow as needed."""
    narrow = list(widths)
    while sum(narrow) > available and max(narrow) > _NARROWEST:
        widest = max(narrow)
        next_widest = max((width for width in narrow if width < widest), default=0)
        count = narrow.count(widest)
        excess = sum(narrow) - available
        new = max(_NARROWEST, next_widest, widest - -(-excess // count))
        narrow = [new if width == widest else width for width in narrow]
    return narrow


def _wrapped(cells: list[str], widths: list[int]) -> Iterator[list[str]]:
    """The lines of a row."""
    pieces = [list(_pieces(cell, width)) for cell, width in zip(cells, widths, strict=True)]
    return (list(line) for line in zip_longest(*pieces, fillvalue=""))


def _pieces(text: str, width: int) -> Iterator[str]:
    """The lines of a cell, broken between words where possible."""
    while _width(text) > width:
        end = next(end for end in range(1, len(text) + 1) if _width(text[:end]) > width) - 1
        space = text.rfind(" ", 0, end + 1)
        cut = space if space > 0 else max(1, end)
        yield text[:cut]
        text = text[cut:].lstrip(" ")
    yield text


def _width(text: str) -> int:
    """The columns that a text takes on a terminal: two for wide characters, none for combining ones."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def _pad(text: str, width: int, is_right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if is_right else text + gap


def html_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "") -> str:
    """Texts as an HTML table, as notebooks show it; no row gives the empty text.

    >>> html_table(["a"], [["<b>"]])
    '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    lines = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
    if not lines:
        return ""
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
