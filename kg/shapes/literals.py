"""Terms in N-Triples form walk in; their lexical form, datatype, well-formedness and order by value walk out.

The exact side of the checker: SQL answers for the plain cases, and whatever it leaves open is asked here.
https://www.w3.org/TR/xmlschema11-2/ for the datatypes, https://www.w3.org/TR/sparql11-query/#OperatorMapping for
the order.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import isnan
from typing import TypeVar

from pyoxigraph import Literal as RdfLiteral

from kg.terms import RDF, XSD, to_term

_PLAIN = re.compile(r'"([^"\\]*)"(?:\^\^<([^>]*)>|@([A-Za-z0-9-]+))?')


@dataclass(frozen=True, slots=True)
class Spelled:
    """A literal taken apart: lexical form, datatype IRI, language."""

    lexical: str
    datatype: str
    language: str = ""


@lru_cache(maxsize=65_536)
def spelled(text: str) -> Spelled | None:
    """The literal taken apart, or None for an IRI or a blank node.

    >>> spelled('"Anora"@en')
    Spelled(lexical='Anora', datatype='http://www.w3.org/1999/02/22-rdf-syntax-ns#langString', language='en')
    """
    if not text.startswith('"'):
        return None
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        language = plain[3] or ""
        return Spelled(plain[1], plain[2] or (RDF + "langString" if language else XSD + "string"), language)
    term = to_term(text)
    assert isinstance(term, RdfLiteral)
    return Spelled(term.value, term.datatype.value, term.language or "")


def lexical(text: str) -> str:
    """What SPARQL's STR gives: the IRI, or the lexical form; nothing for a blank node."""
    literal = spelled(text)
    if literal is not None:
        return literal.lexical
    return text[1:-1] if text.startswith("<") else ""


def is_blank(text: str) -> bool:
    """Whether the term is a blank node."""
    return text.startswith("_:")


# --- well-formedness

_INTEGER = r"[+-]?[0-9]+"
_ZONE = r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_YEAR, _MONTH, _DAY = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_FLOAT = r"(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN)"
_DAYS = r"(?:[0-9]+D)?(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?"
FORMS: dict[str, str] = {
    "boolean": "true|false|1|0",
    "decimal": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)",
    "double": _FLOAT,
    "float": _FLOAT,
    "date": f"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}",
    "dateTime": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}",
    "dateTimeStamp": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE[:-1]}",
    "time": f"{_TIME}{_ZONE}",
    "gYear": f"{_YEAR}{_ZONE}",
    "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}",
    "gMonth": f"--{_MONTH}{_ZONE}",
    "gMonthDay": f"--{_MONTH}-{_DAY}{_ZONE}",
    "gDay": f"---{_DAY}{_ZONE}",
    "duration": rf"-?P(?=[0-9T])(?:[0-9]+Y)?(?:[0-9]+M)?{_DAYS}",
    "dayTimeDuration": rf"-?P(?=[0-9T]){_DAYS}",
    "yearMonthDuration": r"-?P(?=[0-9])(?:[0-9]+Y)?(?:[0-9]+M)?",
    "hexBinary": r"(?:[0-9a-fA-F]{2})*",
    "base64Binary": r"(?:(?:[A-Za-z0-9+/] ?){4})*(?:(?:[A-Za-z0-9+/] ?){2}[A-Za-z0-9+/=] ?=)?",
    "language": "[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
}
"""Datatype -> its lexical forms, as far as a regular expression can say; the calendar has the last word on days."""
BOUNDS: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
}
"""The integer datatypes with their least and greatest value."""


def well_formed(literal: Spelled) -> bool:
    """Whether the lexical form is one of its datatype; True for datatypes that nobody here knows.

    >>> well_formed(Spelled("2023-02-29", XSD + "date")), well_formed(Spelled("300", XSD + "byte"))
    (False, False)
    """
    name = literal.datatype.removeprefix(XSD) if literal.datatype.startswith(XSD) else ""
    if name in BOUNDS:
        if re.fullmatch(_INTEGER, literal.lexical) is None:
            return False
        least, most = BOUNDS[name]
        # Decimal, because Python's int refuses texts of more than 4,300 digits.
        number = Decimal(literal.lexical)
        return (least is None or number >= least) and (most is None or number <= most)
    if name not in FORMS:
        return True
    if re.fullmatch(FORMS[name], literal.lexical) is None:
        return False
    return name not in ("date", "dateTime", "dateTimeStamp", "gMonthDay") or _day_exists(literal.lexical, name)


def _day_exists(text: str, name: str) -> bool:
    parts = re.match(r"(-?[0-9]*)-?-([0-9]{2})-([0-9]{2})", text)
    assert parts is not None
    # gMonthDay has no year, so 29 February is a day of it; the calendar repeats every 400 years.
    year = 4 if name == "gMonthDay" else int(parts[1][-9:]) % 400 + 400
    try:
        datetime.date(year, int(parts[2]), int(parts[3]))
    except ValueError:
        return False
    return True


# --- order by value

Ordered = int | None
"""Below, the same, above (-1, 0, 1), or None where the two cannot be compared."""


def compare(left: str, right: str) -> Ordered:
    """How two terms stand to each other by SPARQL's `<` and `=`; None where SPARQL says error.

    >>> compare('"9"^^<http://www.w3.org/2001/XMLSchema#integer>', '"10.0"^^<http://www.w3.org/2001/XMLSchema#decimal>')
    -1
    """
    a, b = spelled(left), spelled(right)
    if a is None or b is None or a.language or b.language or not (well_formed(a) and well_formed(b)):
        return None
    for kind, order in _ORDERS:
        if kind(a.datatype) and kind(b.datatype):
            return order(a, b)
    return None


def _named(*names: str) -> Callable[[str], bool]:
    known = frozenset(XSD + name for name in names)
    return lambda datatype: datatype in known


def is_numeric(datatype: str) -> bool:
    """Whether SPARQL counts the datatype among the numbers."""
    return datatype in NUMERIC


NUMERIC = frozenset(XSD + name for name in (*BOUNDS, "decimal", "float", "double"))


def _order(a: _Value, b: _Value) -> Ordered:
    return (a > b) - (a < b)


_Value = TypeVar("_Value", Decimal, float, str, bool, int)


def _numbers(a: Spelled, b: Spelled) -> Ordered:
    # "If the two are of different numeric types, promote": decimal -> float -> double.
    if a.datatype in _FLOATING or b.datatype in _FLOATING:
        x, y = float(a.lexical.replace("INF", "inf")), float(b.lexical.replace("INF", "inf"))
        return None if isnan(x) or isnan(y) else _order(x, y)
    try:
        return _order(Decimal(a.lexical), Decimal(b.lexical))
    except InvalidOperation:
        return None


_FLOATING = frozenset((XSD + "float", XSD + "double"))


def _strings(a: Spelled, b: Spelled) -> Ordered:
    return _order(a.lexical, b.lexical)


def _truths(a: Spelled, b: Spelled) -> Ordered:
    return _order(a.lexical in ("true", "1"), b.lexical in ("true", "1"))


_MOMENT = re.compile(
    r"(?P<year>-?\d{4,})?(?:-?-(?P<month>\d\d))?(?:-(?P<day>\d\d))?"
    r"(?:T?(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d(?:\.\d+)?))?(?P<zone>Z|[+-]\d\d:\d\d)?"
)
_FOURTEEN_HOURS = Decimal(14 * 3600)


def _moments(a: Spelled, b: Spelled) -> Ordered:
    """With and without a zone: ordered when 14 hours do not matter (https://www.w3.org/TR/xmlschema11-2/#dateTime)."""
    if a.datatype != b.datatype and {a.datatype, b.datatype} != {XSD + "dateTime", XSD + "dateTimeStamp"}:
        return None
    x, y = _seconds(a.lexical), _seconds(b.lexical)
    if (x[1] is None) == (y[1] is None):
        return _order(x[0], y[0])
    return _order(x[0], y[0]) if abs(x[0] - y[0]) > _FOURTEEN_HOURS else None


def _seconds(text: str) -> tuple[Decimal, str | None]:
    """Seconds on a line of time that counts all days, and the zone."""
    found = _MOMENT.fullmatch(text.replace("---", "--01-"))  # a day of any month
    if found is None:  # a time of day: the pattern of a year would take its hour
        found = re.fullmatch(
            r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d(?:\.\d+)?)(?P<zone>Z|[+-]\d\d:\d\d)?", text
        )
        assert found is not None
    part = {"year": "1972", "month": "1", "day": "1", "hour": "0", "minute": "0", "second": "0"}
    part |= {name: value for name, value in found.groupdict().items() if value is not None}
    year, month, day = int(part["year"]), int(part["month"]), int(part["day"])
    cycles, year = divmod(year, 400)
    days = cycles * 146_097 + datetime.date(year + 400, month, day).toordinal()
    total = Decimal(days * 86_400 + int(part["hour"]) * 3600 + int(part["minute"]) * 60) + Decimal(part["second"])
    zone = found["zone"]
    if zone is not None and zone != "Z":
        shift = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        total += -shift if zone[0] == "+" else shift
    return total, zone


_DURATION = re.compile(r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")


def _durations(a: Spelled, b: Spelled) -> Ordered:
    """Months with months, seconds with seconds; a month has no length in days, so mixtures are not compared."""
    (months, seconds), (other_months, other_seconds) = _length(a.lexical), _length(b.lexical)
    if (months, seconds) == (other_months, other_seconds):
        return 0
    if seconds == other_seconds == 0:
        return _order(months, other_months)
    return _order(seconds, other_seconds) if months == other_months else None


def _length(text: str) -> tuple[int, Decimal]:
    found = _DURATION.fullmatch(text)
    assert found is not None
    years, months, days, hours, minutes = (int(part or 0) for part in found.groups()[1:6])
    sign = -1 if found[1] else 1
    return sign * (years * 12 + months), sign * (
        Decimal(((days * 24 + hours) * 60 + minutes) * 60) + Decimal(found[7] or 0)
    )


_ORDERS: tuple[tuple[Callable[[str], bool], Callable[[Spelled, Spelled], Ordered]], ...] = (
    (is_numeric, _numbers),
    (_named("string"), _strings),
    (_named("boolean"), _truths),
    (
        _named("dateTime", "dateTimeStamp", "date", "time", "gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay"),
        _moments,
    ),
    (_named("duration", "dayTimeDuration", "yearMonthDuration"), _durations),
)
