"""Reasons why records and values are rejected, in which the value may be marked, counted without the values."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from kg.sql import quote

_MARK = "\x1f"
_VALUE = re.compile(f"{_MARK}.*{_MARK}", re.DOTALL)
_MOST = 1000
"""Different reasons that are counted; of hostile data there may be any number."""
OTHERS = "other reasons"


def mark_value(value: object) -> str:
    """A value to be put into a reason: reasons that differ only in it are the same."""
    return f"{_MARK}{value}{_MARK}"


def mark_value_sql(value: str) -> str:
    """The same in SQL.

    >>> mark_value_sql("cell")
    'chr(31) || cell || chr(31)'
    """
    return f"chr({ord(_MARK)}) || {value} || chr({ord(_MARK)})"


def kind_sql(reason: str) -> str:
    """A reason in SQL, without its value."""
    return f"regexp_replace({reason}, {quote(_VALUE.pattern)}, '…', 's')"


def in_words(reason: str) -> str:
    """A reason with its value, as it is shown.

    >>> in_words(f"year: {mark_value('20x1')} is not a year")
    'year: 20x1 is not a year'
    """
    return reason.replace(_MARK, "")


@dataclass(frozen=True, slots=True)
class RejectReasons:
    """How many records and values were rejected for each reason, with … for the value."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, reason: str, count: int = 1) -> None:
        """Count a reason.

        >>> reasons = RejectReasons()
        >>> for year in ("20x1", "199"):
        ...     reasons.add(f"year: {mark_value(year)} is not a year")
        >>> dict(reasons.counts)
        {'year: … is not a year': 2}
        """
        if not count:
            return
        kind = _VALUE.sub("…", reason)
        self.counts[kind if kind in self.counts or len(self.counts) < _MOST else OTHERS] += count
