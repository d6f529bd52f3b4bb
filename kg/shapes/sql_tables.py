"""The tables of a check, and the small change of SQL: names, strings, VALUES lists.

The tables, all temporary:

    shape_focus(focus_set, node)            the nodes that shapes look at
    shape_value(value_set, focus, value)    what they lead to
    shape_hit(check, focus, value, path, other)   what broke a check; value, path and other may be NULL
    shape_fails(shape, node)                verdicts that other shapes ask for
    shape_reported(shape, node, times)      reported focus nodes, where they are not simply the focus set

A plan walks in and SQL walks out in three files, and nowhere else: `gathering` (nodes and what they lead to), `judging`
(what breaks a constraint) and `telling` (what is said about it). One statement asks one thing of all shapes together:
shapes are rows of a VALUES list and not statements, because a statement costs a millisecond and a row nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

Row = Sequence[int | str | None]
Ids = Callable[[str], int]
"""The number of a term that the plan speaks of."""

_COLUMNS = {
    "shape_focus": "focus_set UINTEGER, node UINTEGER",
    "shape_value": "value_set UINTEGER, focus UINTEGER, value UINTEGER",
    "shape_hit": "asked INTEGER, focus UINTEGER, value UINTEGER, path UINTEGER, other UINTEGER",
    "shape_fails": "shape INTEGER, node UINTEGER",
    "shape_reported": "shape INTEGER, node UINTEGER, times UINTEGER",
}
TABLES = "; ".join(f"CREATE OR REPLACE TEMP TABLE {name}({columns})" for name, columns in _COLUMNS.items())
"""Makes the tables, or empties them."""
_FILLED_AT_ONCE = ("shape_term", "shape_hop", "shape_doubt", "shape_count")
DROPS = "; ".join(f"DROP TABLE IF EXISTS {name}" for name in (*_COLUMNS, *_FILLED_AT_ONCE))
"""Leaves nothing of a check behind."""


def quoted(text: str) -> str:
    """The text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def rows(name: str, columns: str, content: Iterable[Row]) -> str:
    """A small table within a statement.

    Its columns are written as lists in text: planning a VALUES list of a hundred rows takes longer than all the rest.
    """
    lines = list(content)
    told = []
    for place, column in enumerate(columns.split(", ")):
        listed = str([line[place] for line in lines]).replace("None", "NULL").replace("'", "")
        told.append(f"unnest('{listed}'::{_TYPES.get(column, 'UINTEGER')}[]) AS {column}")
    return f"(SELECT {', '.join(told)}) {name}"


_TYPES = {
    **dict.fromkeys(("asked", "number", "shape", "child", "sibling"), "INTEGER"),
    **dict.fromkeys(("inverse", "literals", "blanks", "names"), "BOOLEAN"),
}
"""The columns that are not numbers of terms or sets."""


def words(content: Iterable[tuple[int, str]]) -> str:
    """A small table of numbers and texts within a statement."""
    return f"(VALUES {','.join(f'({number}, {quoted(text)})' for number, text in content)}) r(id, text)"
