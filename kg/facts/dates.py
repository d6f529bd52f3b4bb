"""Dates of any precision: the literal that keeps the precision, and the days that the date may mean.

Written forms are those of EDTF level 0, and `197X` for a decade (https://www.loc.gov/standards/datetime/). Engines
disagree on comparing `xsd:gYear` with `xsd:date`, so dates are always compared by their earliest and latest full day.
"""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass
from functools import lru_cache

from pyoxigraph import Literal, NamedNode

from kg.terms import XSD

EDTF = NamedNode("http://id.loc.gov/datatypes/edtf/EDTF")
_DATATYPES = {4: NamedNode(XSD + "gYear"), 7: NamedNode(XSD + "gYearMonth"), 10: NamedNode(XSD + "date")}
_WRITTEN = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?")
_DECADE = re.compile(r"[0-9]{3}X")
_DATE = NamedNode(XSD + "date")


@dataclass(frozen=True, slots=True)
class DateRange:
    """The first and the last day that a written date may mean."""

    earliest: datetime.date
    latest: datetime.date

    @property
    def literals(self) -> tuple[Literal, Literal]:
        """Both days as `xsd:date`."""
        return (Literal(self.earliest.isoformat(), datatype=_DATE), Literal(self.latest.isoformat(), datatype=_DATE))


@lru_cache(maxsize=1 << 16)  # few dates, each written often
def to_date_range(written: str) -> DateRange:
    """The days that a date may mean; raises `ValueError` when it is not a date.

    >>> to_date_range("2024-02").latest
    datetime.date(2024, 2, 29)
    """
    if _DECADE.fullmatch(written):
        return DateRange(datetime.date(int(written[:3] + "0"), 1, 1), datetime.date(int(written[:3] + "9"), 12, 31))
    parts = _WRITTEN.fullmatch(written)
    if parts is None:
        raise ValueError(f"{written!r} is not a date: write 2024, 2024-10, 2024-10-18 or 197X")
    year, month, day = (int(parts[name]) if parts[name] else None for name in ("year", "month", "day"))
    try:
        if year is None or month is None:
            return DateRange(datetime.date(year or 0, 1, 1), datetime.date(year or 0, 12, 31))
        last = calendar.monthrange(year, month)[1] if year else 0
        first, last = (1, last) if day is None else (day, day)
        return DateRange(datetime.date(year, month, first), datetime.date(year, month, last))
    except (ValueError, calendar.IllegalMonthError) as error:
        raise ValueError(f"{written!r} is not in the calendar") from error


def to_date(written: str) -> Literal:
    """The literal that keeps a date as precise as it was written; raises `ValueError` when it is not a date.

    >>> str(to_date("2024-10"))
    '"2024-10"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>'
    """
    to_date_range(written)
    return Literal(written, datatype=EDTF if written.endswith("X") else _DATATYPES[len(written)])
