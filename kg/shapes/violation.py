"""The noun between judging and telling: one broken check, by number."""

from __future__ import annotations

from typing import NamedTuple

from kg.shapes.plan import Check

COUNTING = frozenset({"minCount", "maxCount", "qualifiedMinCount", "qualifiedMaxCount", "hasValue"})
"""The components whose findings name all the values that were counted."""


class Hit(NamedTuple):
    """What broke a check: numbers of terms; `values` are all that were counted, `times` how often it is reported."""

    check: Check
    focus: int
    value: int | None = None
    path: int | None = None
    other: int | None = None
    values: tuple[int, ...] = ()
    times: int = 1
