"""A literal's N-Triples form walks in; its value, and the datatypes that hold it, walk out.

The datatypes of OWL 2 RL (https://www.w3.org/TR/owl2-profiles/#Entities_3), and the XSD dates without a time, which are
not among them but are what films have. Two literals are equal when their values are
(https://www.w3.org/TR/xmlschema11-2/): `"1"^^xsd:integer` is `"1.0"^^xsd:decimal`, but not `"1"^^xsd:double`.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from kg.reasoning.rules import name
from kg.terms import RDF, RDFS, XSD

PLAIN = f"<{RDF}PlainLiteral>"
LITERAL = f"<{RDFS}Literal>"
STRING = f"<{XSD}string>"
LANGUAGE_STRING = f"<{RDF}langString>"


@dataclass(frozen=True, slots=True)
class Value:
    """What a literal stands for: `space` names the value space, two values of different spaces are never equal."""

    space: str
    value: object


_BOUNDS: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-128, 127),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 255),
}
_STRINGS: dict[str, str] = {
    "string": r"(?s).*",
    "normalizedString": r"[^\r\n\t]*",
    "token": r"(?:[^\s]+(?: [^\s]+)*)?",
    "language": r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
    "Name": r"[^\W\d][\w.\-:]*|:[\w.\-:]*",
    "NCName": r"[^\W\d][\w.\-]*",
    "NMTOKEN": r"[\w.\-:]+",
}
_DAY = r"(?P<year>-?(?:[1-9]\d{3,}|0\d{3}))-(?P<month>\d\d)-(?P<day>\d\d)"
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d(?:\.\d+)?)"
_ZONE = r"(?P<zone>Z|[+\-]\d\d:\d\d)?"
_DATES: dict[str, re.Pattern[str]] = {
    "dateTime": re.compile(f"{_DAY}T{_TIME}{_ZONE}", re.ASCII),
    "dateTimeStamp": re.compile(f"{_DAY}T{_TIME}{_ZONE.rstrip('?')}", re.ASCII),
    "date": re.compile(f"{_DAY}{_ZONE}", re.ASCII),
    "time": re.compile(f"{_TIME}{_ZONE}", re.ASCII),
    "gYear": re.compile(rf"(?P<year>-?(?:[1-9]\d{{3,}}|0\d{{3}})){_ZONE}", re.ASCII),
    "gYearMonth": re.compile(rf"(?P<year>-?(?:[1-9]\d{{3,}}|0\d{{3}}))-(?P<month>\d\d){_ZONE}", re.ASCII),
    "gMonthDay": re.compile(rf"--(?P<month>\d\d)-(?P<day>\d\d){_ZONE}", re.ASCII),
    "gMonth": re.compile(rf"--(?P<month>\d\d){_ZONE}", re.ASCII),
    "gDay": re.compile(rf"---(?P<day>\d\d){_ZONE}", re.ASCII),
}
_INTEGER = re.compile(r"[+\-]?\d+", re.ASCII)
_DECIMAL = re.compile(r"[+\-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_DOUBLE = re.compile(r"[+\-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+\-]?\d+)?|[+\-]?INF|NaN", re.ASCII)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}

OTHERS = ("decimal", "float", "double", "boolean", "hexBinary", "base64Binary", "anyURI")
SUPPORTED = frozenset(f"<{XSD}{local}>" for local in (*_BOUNDS, *_STRINGS, *_DATES, *OTHERS)) | {
    PLAIN,
    LITERAL,
    name("rdf:XMLLiteral"),
    name("rdf:HTML"),
    LANGUAGE_STRING,
}
"""The datatypes whose values are known here, in N-Triples form."""


def split(text: str) -> tuple[str, str]:
    """The words of a literal, unescaped, and its datatype in N-Triples form.

    >>> split('"2014"^^<http://www.w3.org/2001/XMLSchema#gYear>')
    ('2014', '<http://www.w3.org/2001/XMLSchema#gYear>')
    """
    end = text.rindex('"')
    words, rest = text[1:end], text[end + 1 :]
    if "\\" in words:
        words = _ESCAPE.sub(_unescape, words)
    if rest.startswith("^^"):
        return words, rest[2:]
    return words, LANGUAGE_STRING if rest.startswith("@") else STRING


def to_value(text: str) -> Value | None:
    """The value of a literal; None for an ill-typed one. Of an unknown datatype nothing but the text is known."""
    words, datatype = split(text)
    if datatype == LANGUAGE_STRING:
        return Value("language string", (words, text[text.rindex('"') + 2 :].lower()))
    if not datatype.startswith(f"<{XSD}"):
        return Value(datatype, words)
    local = datatype[len(XSD) + 1 : -1]
    if local in _STRINGS:
        return Value("string", words) if re.fullmatch(_STRINGS[local], words) else None
    # Every other datatype of XSD collapses white space before it reads the words.
    words = words.strip(" \t\r\n")
    if local in _BOUNDS:
        number = Value("number", Fraction(words)) if _INTEGER.fullmatch(words) else None
        return number if number is not None and _within(number, local) else None
    if local in _DATES:
        return _to_moment(words, local)
    return _to_other(words, local)


def holds(datatype: str, text: str) -> bool:
    """True when the value of the literal is one of the values of the datatype, a supported one."""
    value = to_value(text)
    if value is None:
        return False
    local = datatype[len(XSD) + 1 : -1] if datatype.startswith(f"<{XSD}") else ""
    if datatype == LITERAL:
        return True
    if datatype == PLAIN:
        return value.space in {"string", "language string"}
    if local in _BOUNDS:
        return _within(value, local)
    if local in _STRINGS:
        return value.space == "string" and re.fullmatch(_STRINGS[local], str(value.value)) is not None
    if local == "decimal":
        return value.space == "number"
    if local == "dateTimeStamp":
        return value.space == "dateTime" and isinstance(value.value, tuple) and bool(value.value[1])
    if datatype == LANGUAGE_STRING:
        return value.space == "language string"
    return value.space == (local or datatype)


def equal(one: str, other: str) -> bool:
    """True when two literals have one value (dt-eq)."""
    if one == other:
        return True
    value = to_value(one)
    return value is not None and value == to_value(other)


def _unescape(match: re.Match[str]) -> str:
    short, long, letter = match.groups()
    return chr(int(short or long, 16)) if short or long else _ESCAPED.get(letter, letter)


def _within(value: Value, local: str) -> bool:
    low, high = _BOUNDS[local]
    number = value.value
    if not isinstance(number, Fraction) or value.space != "number" or number.denominator != 1:
        return False
    return (low is None or number >= low) and (high is None or number <= high)


def _to_other(words: str, local: str) -> Value | None:
    match local:
        case "decimal":
            return Value("number", Fraction(Decimal(words))) if _DECIMAL.fullmatch(words) else None
        case "double" | "float":
            # NaN equals itself as a value, though not as a Python number.
            return Value(local, words if words == "NaN" else float(words)) if _DOUBLE.fullmatch(words) else None
        case "boolean":
            return Value("boolean", _BOOLEANS[words]) if words in _BOOLEANS else None
        case "hexBinary":
            fits = re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", words)
            return Value("hexBinary", words.lower()) if fits else None
        case "base64Binary":
            try:
                return Value("base64Binary", base64.b64decode(re.sub(r"\s", "", words), validate=True))
            except (binascii.Error, ValueError):
                return None
        case _:
            return Value(local, words)


def _to_moment(words: str, local: str) -> Value | None:
    match = _DATES[local].fullmatch(words)
    if match is None:
        return None
    parts = match.groupdict()
    year, month, day = int(parts.get("year") or 1972), int(parts.get("month") or 1), int(parts.get("day") or 1)
    try:
        # The calendar repeats every 400 years: Python's stops at the year 9999, XSD's does not.
        start = date(year % 400 + 400, month, day).toordinal() + (year // 400) * 146_097
        seconds = _seconds(parts)
        shift = _offset(zone) if (zone := parts.get("zone")) else 0
    except ValueError:
        return None
    moment = start * 86_400 + seconds - shift
    space = "dateTime" if local == "dateTimeStamp" else local
    return Value(space, (moment, zone is not None))


def _seconds(parts: dict[str, str | None]) -> Fraction:
    hour, minute = int(parts.get("hour") or 0), int(parts.get("minute") or 0)
    second = Fraction(parts.get("second") or 0)
    if not (hour < 24 and minute < 60 and second < 60) and not (hour == 24 and minute == second == 0):
        raise ValueError("no such time")
    return hour * 3600 + minute * 60 + second


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59 or (hours == 14 and minutes):
        raise ValueError("no such zone")
    return int(timedelta(hours=hours, minutes=minutes).total_seconds()) * (-1 if zone[0] == "-" else 1)
