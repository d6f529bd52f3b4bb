"""XSD literals: lexical forms, well-formedness, values, and comparison by value.

Literals come in their N-Triples form. Datatypes and their lexical spaces are those of
https://www.w3.org/TR/xmlschema11-2/; the order of values is that of SPARQL's operators,
https://www.w3.org/TR/sparql11-query/#OperatorMapping.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from math import inf, isnan
from typing import TypeVar, cast
from xml.parsers import expat

from pyoxigraph import Literal as RdfLiteral

from kg.terms import RDF, RDFS, XSD, is_triple_term, to_term

_PLAIN = re.compile(r'"([^"\\]*)"(?:\^\^<([^>]*)>|@([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*))?')

_LANGUAGE_STRING = RDF + "langString"
STRING = f"<{XSD}string>"
LANGUAGE_STRING = f"<{_LANGUAGE_STRING}>"
PLAIN_LITERAL = f"<{RDF}PlainLiteral>"
RDFS_LITERAL = f"<{RDFS}Literal>"


@dataclass(frozen=True, slots=True)
class LiteralParts:
    """A literal taken apart: lexical form, datatype IRI, language tag, and the base direction of RDF 1.2."""

    lexical: str
    datatype: str
    language: str = ""
    direction: str = ""


@lru_cache(maxsize=65_536)
def literal_parts(text: str) -> LiteralParts | None:
    """The parts of a literal in N-Triples form, or None for any other term.

    >>> literal_parts('"1.50"^^<http://www.w3.org/2001/XMLSchema#decimal>')
    LiteralParts(lexical='1.50', datatype='http://www.w3.org/2001/XMLSchema#decimal', language='', direction='')
    """
    if not text.startswith('"'):
        return None
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        language = plain[3] or ""
        return LiteralParts(plain[1], plain[2] or (_LANGUAGE_STRING if language else XSD + "string"), language)
    term = to_term(text)
    assert isinstance(term, RdfLiteral)
    direction = "" if term.direction is None else term.direction.value
    return LiteralParts(term.value, term.datatype.value, term.language or "", direction)


def literal_datatype(text: str) -> str:
    """The datatype of a literal, and the empty text for another term, in N-Triples form."""
    literal = literal_parts(text)
    return f"<{literal.datatype}>" if literal is not None else ""


def lexical_form(text: str) -> str:
    """What SPARQL's STR gives for a term: the IRI, or the lexical form; the empty text for one that has none."""
    literal = literal_parts(text)
    if literal is not None:
        return literal.lexical
    return text[1:-1] if text.startswith("<") and not is_triple_term(text) else ""


# --- lexical forms
_INTEGER = r"[+-]?[0-9]+"
_ZONE = r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_YEAR, _MONTH, _DAY = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_FLOAT = r"(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN)"
_DAYS = r"(?:[0-9]+D)?(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?"
PATTERNS: dict[str, str] = {
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
"""Datatype -> its lexical forms as a regular expression; whether a day exists is checked apart."""
INTEGER_BOUNDS: dict[str, tuple[int | None, int | None]] = {
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


NUMERIC = frozenset(XSD + name for name in (*INTEGER_BOUNDS, "decimal", "float", "double"))
"""The datatypes that SPARQL counts among the numbers."""
_STRING_PATTERNS: dict[str, str] = {
    "string": r"(?s).*",
    "language": PATTERNS["language"],
    "normalizedString": r"[^\r\n\t]*",
    "token": r"(?:[^\s]+(?: [^\s]+)*)?",
    "Name": r"[^\W\d][\w.\-:]*|:[\w.\-:]*",
    "NCName": r"[^\W\d][\w.\-]*",
    "NMTOKEN": r"[\w.\-:]+",
}
"""The datatypes derived from xsd:string. SHACL engines do not check all of them, so they are not in `PATTERNS`."""
_FLOATING_NAMES = ("float", "double")
_FLOATING = frozenset(XSD + name for name in _FLOATING_NAMES)
_MOMENTS = ("dateTime", "dateTimeStamp", "date", "time", "gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay")
_DURATIONS = ("duration", "dayTimeDuration", "yearMonthDuration")


def is_well_formed(literal: LiteralParts) -> bool:
    """True when the lexical form is one of its datatype, and for every datatype that is not known here.

    >>> is_well_formed(LiteralParts("2023-02-29", XSD + "date")), is_well_formed(LiteralParts("300", XSD + "byte"))
    (False, False)
    """
    name = literal.datatype.removeprefix(XSD) if literal.datatype.startswith(XSD) else ""
    if name in INTEGER_BOUNDS:
        if re.fullmatch(_INTEGER, literal.lexical) is None:
            return False
        minimum, maximum = INTEGER_BOUNDS[name]
        # Decimal, because Python's int refuses texts of more than 4,300 digits.
        number = Decimal(literal.lexical)
        return (minimum is None or number >= minimum) and (maximum is None or number <= maximum)
    if name not in PATTERNS:
        return True
    if re.fullmatch(PATTERNS[name], literal.lexical) is None:
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


# --- values


@dataclass(frozen=True, slots=True)
class LiteralValue:
    """What a literal denotes; `value` is hashable, and equal for literals that are known to denote the same.

    Values of different `space` are different. Where `is_known` is false, the datatype is not known here, and such a
    value may be that of any other literal.
    """

    space: str
    value: object
    is_known: bool = True


_OTHER_DATATYPES = ("decimal", "float", "double", "boolean", "hexBinary", "base64Binary", "anyURI")
_XSD_NAMES = (*INTEGER_BOUNDS, *_STRING_PATTERNS, *_MOMENTS, *_DURATIONS, *_OTHER_DATATYPES)
_KNOWN_NAMES = frozenset(_XSD_NAMES)
SUPPORTED = frozenset(
    (
        *(f"<{XSD}{name}>" for name in _XSD_NAMES),
        PLAIN_LITERAL,
        RDFS_LITERAL,
        LANGUAGE_STRING,
        f"<{RDF}XMLLiteral>",
        f"<{RDF}HTML>",
    )
)
"""The datatypes of OWL 2 RL (https://www.w3.org/TR/owl2-profiles/#Entities_3), and XSD's dates and durations."""


def value_of(text: str) -> LiteralValue | None:
    """The value of a literal; None for an ill-typed one, and for a term that is no literal.

    White space around the lexical form is ignored, as XSD does before it reads one, except for strings.

    >>> value_of('"PT139M"^^<http://www.w3.org/2001/XMLSchema#duration>')
    LiteralValue(space='duration', value=(0, Decimal('8340')), is_known=True)
    """
    parts = literal_parts(text)
    if parts is None:
        return None
    if parts.datatype == _LANGUAGE_STRING:
        return LiteralValue("language string", (parts.lexical, parts.language.lower()))
    if parts.direction:
        return LiteralValue(parts.datatype, (parts.lexical, parts.language.lower(), parts.direction))
    if parts.datatype in _RDF_VALUES:
        return _RDF_VALUES[parts.datatype](parts.lexical)
    name = parts.datatype[len(XSD) :] if parts.datatype.startswith(XSD) else ""
    if name not in _KNOWN_NAMES:
        return LiteralValue(parts.datatype, parts.lexical, is_known=False)
    if name in _STRING_PATTERNS:
        return LiteralValue("string", parts.lexical) if re.fullmatch(_STRING_PATTERNS[name], parts.lexical) else None
    trimmed = LiteralParts(parts.lexical.strip(" \t\r\n"), parts.datatype)
    return _value(trimmed.lexical, name) if is_well_formed(trimmed) else None


def _value(lexical: str, name: str) -> LiteralValue | None:
    """The value of a well-formed lexical form of the datatype `xsd:name`."""
    if name in INTEGER_BOUNDS or name == "decimal":
        return LiteralValue("number", Fraction(Decimal(lexical)))
    if name in _FLOATING_NAMES:
        return LiteralValue(name, _floating(lexical, name))
    if name == "boolean":
        return LiteralValue("boolean", lexical in ("true", "1"))
    if name in _MOMENTS:
        seconds, zone = _seconds(lexical)
        offset = "Z" if zone in ("+00:00", "-00:00") else zone
        return LiteralValue("dateTime" if name == "dateTimeStamp" else name, (seconds, offset))
    if name in _DURATIONS:
        return LiteralValue("duration", _length(lexical))
    if name == "hexBinary":
        return LiteralValue("hexBinary", bytes.fromhex(lexical))
    if name == "base64Binary":
        try:
            return LiteralValue("base64Binary", base64.b64decode(re.sub(r"\s", "", lexical), validate=True))
        except (binascii.Error, ValueError):
            return None
    return LiteralValue(name, lexical)


def _floating(lexical: str, name: str) -> str:
    """A float or double by its shortest text: NaN is itself, and 0 is not -0, unlike Python's numbers.

    "Plus and Minus Zero are Distinct", https://www.w3.org/TR/owl2-conformance/#Test_Cases.
    """
    number = float(lexical)
    if name == "float":
        try:
            (number,) = struct.unpack("f", struct.pack("f", number))
        except OverflowError:
            number = inf if number > 0 else -inf
    return repr(number)


def _plain_literal(lexical: str) -> LiteralValue | None:
    """A string or language string, as https://www.w3.org/TR/rdf-plain-literal/ writes it."""
    text, at, language = lexical.rpartition("@")
    if not at or (language and not re.fullmatch(PATTERNS["language"], language)):
        return None
    return LiteralValue("language string", (text, language.lower())) if language else LiteralValue("string", text)


def _xml_literal(lexical: str) -> LiteralValue | None:
    """The nodes of an XML fragment, as DOM compares them: https://www.w3.org/TR/rdf11-concepts/#section-XMLLiteral."""
    events: list[tuple[object, ...]] = []

    def add_text(text: str) -> None:
        last = events.pop() if events and events[-1][0] == "text" else ("text", "")
        events.append(("text", f"{last[1]}{text}"))

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.namespace_prefixes = True
    parser.StartNamespaceDeclHandler = lambda prefix, uri: events.append(("namespace", prefix, uri))
    parser.StartElementHandler = lambda name, given: events.append(("start", name, tuple(sorted(given.items()))))
    parser.EndElementHandler = lambda name: events.append(("end", name))
    parser.CharacterDataHandler = add_text
    parser.CommentHandler = lambda text: events.append(("comment", text))
    parser.ProcessingInstructionHandler = lambda target, text: events.append(("instruction", target, text))
    try:
        parser.Parse(f"<fragment>{lexical}</fragment>".encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError:
        return None
    return LiteralValue(f"{RDF}XMLLiteral", tuple(events))


def _json(lexical: str) -> LiteralValue | None:
    """A JSON value, its numbers as doubles: https://www.w3.org/TR/rdf12-concepts/#section-json."""
    try:
        value = json.loads(lexical, parse_int=float, parse_constant=_not_json)
        return LiteralValue(f"{RDF}JSON", json.dumps(value, sort_keys=True))
    except RecursionError:  # too deep to be compared
        return LiteralValue(f"{RDF}JSON", lexical, is_known=False)
    except ValueError:
        return None


def _not_json(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _html(lexical: str) -> LiteralValue:
    """HTML is not parsed here: two texts may be one fragment."""
    return LiteralValue(f"{RDF}HTML", lexical, is_known=False)


_RDF_VALUES: dict[str, Callable[[str], LiteralValue | None]] = {
    PLAIN_LITERAL[1:-1]: _plain_literal,
    f"{RDF}XMLLiteral": _xml_literal,
    f"{RDF}JSON": _json,
    f"{RDF}HTML": _html,
}


def is_in_datatype(datatype: str, text: str) -> bool:
    """True when the value of a literal is known to belong to a supported datatype, given in N-Triples form."""
    value = value_of(text)
    return value is not None and (_is_value_of(value, datatype) if value.is_known else _has_datatype(value, datatype))


def is_outside_datatype(datatype: str, text: str) -> bool:
    """True when a literal is known not to be of a supported datatype: an ill-typed one is of none (dt-not-type)."""
    value = value_of(text)
    return value is None or (value.is_known and not _is_value_of(value, datatype))


def _has_datatype(value: LiteralValue, datatype: str) -> bool:
    return datatype in (RDFS_LITERAL, f"<{value.space}>")


def _is_value_of(value: LiteralValue, datatype: str) -> bool:
    name = datatype[len(XSD) + 1 : -1] if datatype.startswith("<" + XSD) else ""
    if datatype == RDFS_LITERAL:
        return True
    if datatype == PLAIN_LITERAL:
        return value.space in {"string", "language string"}
    if name in INTEGER_BOUNDS:
        return _is_in_bounds(value, name)
    if name in _STRING_PATTERNS:
        return value.space == "string" and re.fullmatch(_STRING_PATTERNS[name], str(value.value)) is not None
    if name == "decimal":
        return value.space == "number"
    if isinstance(value.value, tuple) and name in _NARROW_TUPLES:
        space, is_narrow = _NARROW_TUPLES[name]
        return value.space == space and is_narrow(value.value)
    if datatype == LANGUAGE_STRING:
        return value.space == "language string"
    return value.space == (name or datatype[1:-1])


_NARROW_TUPLES: dict[str, tuple[str, Callable[[tuple[object, ...]], bool]]] = {
    "dateTimeStamp": ("dateTime", lambda value: value[1] is not None),
    "dayTimeDuration": ("duration", lambda value: value[0] == 0),
    "yearMonthDuration": ("duration", lambda value: value[1] == 0),
}
"""Datatypes that have some of the values of a space: the space, and which of its values."""


def are_equal(left: str, right: str) -> bool:
    """True when two literals are known to have one value (dt-eq)."""
    if left == right:
        return True
    value = value_of(left)
    return value is not None and value == value_of(right)


def are_different(left: str, right: str) -> bool:
    """True when two literals are known to have different values (dt-diff).

    Not known are: values of datatypes that are not known here, ill-typed literals, a time with and one without a zone
    that are less than 14 hours apart, and one moment in two zones, which XSD calls equal and OWL 2 not identical.
    """
    a, b = value_of(left), value_of(right)
    if a is None or b is None or not (a.is_known and b.is_known):
        return False
    if a.space == b.space and a.space in _MOMENTS:
        (seconds, zone), (other_seconds, other_zone) = cast(_Moment, a.value), cast(_Moment, b.value)
        apart = abs(seconds - other_seconds)
        return apart > _FOURTEEN_HOURS if (zone is None) != (other_zone is None) else apart > 0
    return a != b


_Moment = tuple[Decimal, str | None]


def _is_in_bounds(value: LiteralValue, name: str) -> bool:
    minimum, maximum = INTEGER_BOUNDS[name]
    number = value.value
    if not isinstance(number, Fraction) or value.space != "number" or number.denominator != 1:
        return False
    return (minimum is None or number >= minimum) and (maximum is None or number <= maximum)


# --- order by value

Ordering = int | None
"""-1 for less, 0 for equal, 1 for greater; None where the two cannot be compared."""


def compare(left: str, right: str) -> Ordering:
    """The order of two terms by SPARQL's `<` and `=`; None where SPARQL raises an error.

    >>> compare('"9"^^<http://www.w3.org/2001/XMLSchema#integer>', '"10.0"^^<http://www.w3.org/2001/XMLSchema#decimal>')
    -1
    """
    a, b = literal_parts(left), literal_parts(right)
    if a is None or b is None or a.language or b.language or not (is_well_formed(a) and is_well_formed(b)):
        return None
    for kind, order in _ORDERS:
        if kind(a.datatype) and kind(b.datatype):
            return order(a, b)
    return None


def _named(*names: str) -> Callable[[str], bool]:
    known = frozenset(XSD + name for name in names)
    return lambda datatype: datatype in known


def is_numeric(datatype: str) -> bool:
    """True when SPARQL counts the datatype among the numbers."""
    return datatype in NUMERIC


def _order(a: _Value, b: _Value) -> Ordering:
    return (a > b) - (a < b)


_Value = TypeVar("_Value", Decimal, float, str, bool, int)


def _numbers(a: LiteralParts, b: LiteralParts) -> Ordering:
    # "If the two are of different numeric types, promote": decimal -> float -> double.
    if a.datatype in _FLOATING or b.datatype in _FLOATING:
        x, y = float(a.lexical.replace("INF", "inf")), float(b.lexical.replace("INF", "inf"))
        return None if isnan(x) or isnan(y) else _order(x, y)
    try:
        return _order(Decimal(a.lexical), Decimal(b.lexical))
    except InvalidOperation:
        return None


def _strings(a: LiteralParts, b: LiteralParts) -> Ordering:
    return _order(a.lexical, b.lexical)


def _truths(a: LiteralParts, b: LiteralParts) -> Ordering:
    return _order(a.lexical in ("true", "1"), b.lexical in ("true", "1"))


_MOMENT = re.compile(
    r"(?P<year>-?\d{4,})?(?:-?-(?P<month>\d\d))?(?:-(?P<day>\d\d))?"
    r"(?:T?(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d(?:\.\d+)?))?(?P<zone>Z|[+-]\d\d:\d\d)?"
)
_FOURTEEN_HOURS = Decimal(14 * 3600)


def _moments(a: LiteralParts, b: LiteralParts) -> Ordering:
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
    if part["hour"] == "24" and not ("year" in found.groupdict() and found["year"]):
        part["hour"] = "0"  # the end of a day is the beginning of the next, and a time of day has no date
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


def _durations(a: LiteralParts, b: LiteralParts) -> Ordering:
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


_ORDERS: tuple[tuple[Callable[[str], bool], Callable[[LiteralParts, LiteralParts], Ordering]], ...] = (
    (is_numeric, _numbers),
    (_named("string"), _strings),
    (_named("boolean"), _truths),
    (
        _named(*_MOMENTS),
        _moments,
    ),
    (_named(*_DURATIONS), _durations),
)
