"""SQL text that is safe to put together: quoted strings and identifiers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def quote(text: str | Path) -> str:
    """A text or a path as an SQL string literal.

    >>> quote("Palme d'Or")
    "'Palme d''Or'"
    """
    return "'" + str(text).replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """A name as an SQL identifier.

    >>> quote_name("my column")
    '"my column"'
    """
    return '"' + name.replace('"', '""') + '"'


def numbered_texts(rows: Iterable[tuple[int, str]]) -> str:
    """A VALUES list of numbers and texts, as the table `r(id, text)` of a FROM clause."""
    return f"(VALUES {','.join(f'({number}, {quote(text)})' for number, text in rows)}) r(id, text)"
