"""Days of the Julian calendar, which Russia kept until 1918 and Greece until 1923.

The graph has days of the Gregorian calendar, as `xsd:date` requires. A day that a source gives in the Julian calendar
is converted where it enters, and `written` keeps it: `1917-10-25 (Julian calendar)`.
"""

from __future__ import annotations

import datetime
import re

JULIAN_MARK = " (Julian calendar)"
"""The end of `written` for a day that its source has in the Julian calendar."""
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIRST_MARCH_OF_YEAR_0 = 308
"""Days from 1 March of the year 0, Julian, to 1 January of the year 1, Gregorian."""


def julian_to_gregorian(day: str) -> str:
    """The Gregorian day of a Julian one; raises `ValueError` when the Julian calendar has no such day.

    >>> julian_to_gregorian("1917-10-25"), julian_to_gregorian("1900-02-29")
    ('1917-11-07', '1900-03-13')
    """
    parts = _DAY.fullmatch(day)
    year, month, date = map(int, parts.groups()) if parts is not None else (0, 0, 0)
    is_leap_day = (month, date) == (2, 29)
    if not (year and 1 <= month <= 12 and 1 <= date <= _MONTH_LENGTHS[month - 1]) or (is_leap_day and year % 4):
        raise ValueError(f"{day!r} is not a day of the Julian calendar")
    # Years are counted from March, so that the leap day comes last.
    years, months = (year, month - 3) if month > 2 else (year - 1, month + 9)
    days = years * 365 + years // 4 + (153 * months + 2) // 5 + date - 1
    try:
        return datetime.date.fromordinal(days + 1 - _FIRST_MARCH_OF_YEAR_0).isoformat()
    except (ValueError, OverflowError):
        raise ValueError(f"{day!r} is not between the years 1 and 9999 of the Gregorian calendar") from None


def gregorian_to_julian(day: str) -> str:
    """The Julian day of a Gregorian one; raises `ValueError` when it is no day, or before the year 1.

    >>> gregorian_to_julian("1917-11-07"), gregorian_to_julian("1900-03-13")
    ('1917-10-25', '1900-02-29')
    """
    days = datetime.date.fromisoformat(day).toordinal() - 1 + _FIRST_MARCH_OF_YEAR_0
    # Four years have 1,461 days, of which the leap day is the last.
    fours, rest = divmod(days, 1461)
    year, day_of_year = divmod(rest, 365) if rest < 1460 else (3, 365)
    month = (5 * day_of_year + 2) // 153
    date = day_of_year - (153 * month + 2) // 5 + 1
    year += 4 * fours
    year, month = (year, month + 3) if month < 10 else (year + 1, month - 9)
    if year < 1:
        raise ValueError(f"{day!r} is before the year 1 of the Julian calendar")
    return f"{year:04d}-{month:02d}-{date:02d}"
