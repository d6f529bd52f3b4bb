"""SQL text that is safe to put together: quoted strings and identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def inline_table(name: str, columns: str, rows: Iterable[Sequence[int | None]]) -> str:
    """Rows of numbers as a table of a FROM clause; a column is `name`, which is a UINTEGER, or `name TYPE`.

    Each column is a list in a text, because DuckDB plans a VALUES list of a hundred rows slower than it runs the query.

    >>> inline_table("r", "film, is_short BOOLEAN", [(1, True), (2, False)])
    "(SELECT unnest('[1, 2]'::UINTEGER[]) AS film, unnest('[True, False]'::BOOLEAN[]) AS is_short) r"
    """
    content = list(rows)
    lists = []
    for position, column in enumerate(columns.split(", ")):
        label, _, type_ = column.partition(" ")
        numbers = str([row[position] for row in content]).replace("None", "NULL")
        lists.append(f"unnest('{numbers}'::{type_ or 'UINTEGER'}[]) AS {label}")
    return f"(SELECT {', '.join(lists)}) {name}"
