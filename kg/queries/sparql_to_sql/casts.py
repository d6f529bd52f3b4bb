"""Casts and the parts of moments as SQL (https://www.w3.org/TR/sparql11-query/#FunctionMapping)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from kg.graph.columns import TermClass
from kg.queries.sparql_to_sql.algebra import NotCompiled
from kg.queries.sparql_to_sql.arithmetic import DOUBLE, FLOAT, NO_NUMBER, rounded_to
from kg.queries.sparql_to_sql.facets import Facets
from kg.queries.sparql_to_sql.relations import NUMBER, Kind, Value, plain_floating, plain_number, unsupported
from kg.sql import quote
from kg.terms import XSD, to_term
from kg.xsd import PATTERNS, value_of

if TYPE_CHECKING:
    from kg.queries.sparql_to_sql.value_expressions import Expressions

_C = TermClass
_SPACED = r"'^[ \t\r\n]|[ \t\r\n]$'"
_LARGE = 10**15
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}"
_ZONE = "(Z|[+-][0-9]{2}:[0-9]{2})?$"


def cast(e: Expressions, node: Any) -> Value:
    """A call of a cast; of a constant its value."""
    name = str(node.iri).removeprefix(XSD)
    if len(node.expr) != 1 or str(node.iri) != XSD + name or name not in _CASTS:
        raise NotCompiled(f"the function {node.iri}")
    value = e.value(node.expr[0])
    if re.fullmatch(r'"[^"\\\s]+"', value.constant) and name not in ("string", "float", "double"):
        text = f"{value.constant}^^<{XSD}{name}>"
        known = value_of(text)
        return e.constant(str(to_term(text))) if known is not None and known.is_known else _nothing()
    if name in ("float", "double") and not e.dictionary.computes_floating:
        raise NotCompiled("floating-point numbers")
    return _CASTS[name](e.facets(value))


def _nothing() -> Value:
    return Value(Kind.TEXT, "CAST(NULL AS VARCHAR)")


def _case(f: Facets, branches: Iterable[tuple[str, str]], *, type: str, what: str) -> str:
    """SQL by the class of a term; what the columns do not hold stops the statement."""
    beyond = unsupported(f.lexical, what, type)
    whens = "".join(f" WHEN {f.kind} IN ({classes}) THEN {sql}" for classes, sql in branches)
    return f"(CASE WHEN {f.kind} = {_C.BEYOND:d} THEN {beyond}{whens} END)"


def _to_string(f: Facets) -> Value:
    odd = unsupported(f.lexical, "the text of this value")
    canonical = {
        _C.DATE: f"^{_DATE}Z?$",
        _C.DATE_TIME: f"^{_DATE}T{_TIME}Z?$",
        _C.YEAR: "^[0-9]{4}$",
    }
    moments = [
        (f"{kind:d}", f"CASE WHEN regexp_matches({f.lexical}, {quote(form)}) THEN {f.lexical} ELSE {odd} END")
        for kind, form in canonical.items()
    ]
    # Others are written with an exponent (https://www.w3.org/TR/xpath-functions/#casting-to-string).
    is_plain = f"{f.floating} = 0 OR NOT isfinite({f.floating}) OR abs({f.floating}) BETWEEN 0.000001 AND 999999"
    floating = f"CASE WHEN {is_plain} THEN {plain_floating(f.floating, f'{f.rank} = 3')} ELSE {odd} END"
    number = f"CASE WHEN {f.rank} <= 2 THEN {plain_number(f.number)} ELSE {floating} END"
    truth = f"CASE WHEN {f.truth} THEN 'true' ELSE 'false' END"
    others = ", ".join(f"{kind:d}" for kind in _C if kind >= _C.DATE_TIME and kind not in canonical and kind < _C.OTHER)
    plain = f"{_C.IRI:d}, {_C.STRING:d}, {_C.OTHER:d}, {_C.ILL_TYPED:d}"
    branches = [
        (f"{_C.NUMBER:d}", number), (f"{_C.BOOLEAN:d}", truth), *moments, (others, odd), (plain, f.lexical),
    ]  # fmt: skip
    return Value(Kind.STRING, _case(f, branches, type="VARCHAR", what="the text of this value"))


def _to_number(form: str, *, is_integer: bool) -> Callable[[Facets], Value]:
    def compile(f: Facets) -> Value:
        odd = unsupported(f.lexical, "a cast of this value", NUMBER)
        text = (
            f"CASE WHEN regexp_full_match({f.lexical}, {quote(form)}) THEN CAST({f.lexical} AS {NUMBER})"
            f" WHEN regexp_matches({f.lexical}, {_SPACED}) OR regexp_matches({f.lexical}, '[0-9]{{19}}') THEN {odd} END"
        )
        whole = f"CAST(trunc({f.floating}) AS {NUMBER})"
        exact = f"abs({f.floating}) < {_LARGE}" + ("" if is_integer else f" AND trunc({f.floating}) = {f.floating}")
        floating = (
            f"CASE WHEN isnan({f.floating}) OR isinf({f.floating}) THEN NULL WHEN {exact} THEN {whole} ELSE {odd} END"
        )
        number = f"CAST(trunc({f.number}) AS {NUMBER})" if is_integer else f.number
        branches = [
            (f"{_C.STRING:d}", text),
            (f"{_C.NUMBER:d}", f"CASE WHEN {f.rank} <= 2 THEN {number} ELSE {floating} END"),
            (f"{_C.BOOLEAN:d}", f"CAST({f.truth} AS INTEGER)"),
        ]
        sql = _case(f, branches, type=NUMBER, what="a cast of this value")
        return Value(Kind.NUMBER, f"CAST({sql} AS {NUMBER})", "true" if is_integer else "false")

    return compile


def _to_floating(promotion: str) -> Callable[[Facets], Value]:
    def compile(f: Facets) -> Value:
        odd = unsupported(f.lexical, "a cast of this value", "DOUBLE")
        is_double = f"regexp_full_match({f.lexical}, {quote(PATTERNS['double'])})"
        text = (
            f"CASE WHEN {is_double} THEN TRY_CAST({f.lexical} AS DOUBLE)"
            f" WHEN regexp_matches({f.lexical}, {_SPACED}) THEN {odd} END"
        )
        branches = [
            (f"{_C.STRING:d}", text),
            (f"{_C.NUMBER:d}", f.floating),
            (f"{_C.BOOLEAN:d}", f"CAST({f.truth} AS INTEGER)"),
        ]
        double = f"CAST({_case(f, branches, type='DOUBLE', what='a cast of this value')} AS DOUBLE)"
        return Value(Kind.FLOATING, rounded_to(promotion, double), exact=NO_NUMBER, promotion=promotion)

    return compile


def _to_boolean(f: Facets) -> Value:
    odd = unsupported(f.lexical, "a cast of this value", "BOOLEAN")
    text = (
        f"CASE WHEN {f.lexical} IN ('true', '1') THEN true WHEN {f.lexical} IN ('false', '0') THEN false"
        f" WHEN regexp_matches({f.lexical}, {_SPACED}) THEN {odd} END"
    )
    number = f"CASE WHEN {f.rank} <= 2 THEN {f.number} <> 0 ELSE {f.floating} <> 0 AND NOT isnan({f.floating}) END"
    branches = [(f"{_C.STRING:d}", text), (f"{_C.NUMBER:d}", number), (f"{_C.BOOLEAN:d}", f.truth)]
    return Value(Kind.TRUTH, _case(f, branches, type="BOOLEAN", what="a cast of this value"))


def _to_date(f: Facets) -> Value:
    day, zone = f"regexp_extract({f.lexical}, '^(-?[0-9]+-[0-9]{{2}}-[0-9]{{2}})', 1)", _zone(f)
    return _moment(f, "date", _C.DATE, (_C.DATE_TIME, f"{day} || {zone}"), form=f"^{_DATE}$", check="DATE")


def _to_date_time(f: Facets) -> Value:
    day, zone = f"regexp_extract({f.lexical}, '^(-?[0-9]+-[0-9]{{2}}-[0-9]{{2}})', 1)", _zone(f)
    midnight = f"{day} || 'T00:00:00' || {zone}"
    return _moment(f, "dateTime", _C.DATE_TIME, (_C.DATE, midnight), form=f"^{_DATE}T{_TIME}$", check="TIMESTAMP")


def _moment(f: Facets, name: str, same: TermClass, other: tuple[TermClass, str], *, form: str, check: str) -> Value:
    """A date or moment: one that is one already, another that has it, or a string that is written as one."""
    odd = unsupported(f.lexical, "a cast of this value")
    late = f"regexp_matches({f.lexical}, 'T24')"
    is_valid = f"TRY_CAST({f.lexical} AS {check}) IS NOT NULL"
    text = (
        f"CASE WHEN regexp_matches({f.lexical}, {quote(form)}) THEN CASE WHEN {is_valid} THEN {f.lexical} END"
        f" WHEN regexp_matches({f.lexical}, '[0-9]') THEN {odd} END"
    )
    branches = [
        (f"{same:d}", f.lexical),
        (f"{other[0]:d}", f"CASE WHEN {late} THEN {odd} ELSE {other[1]} END"),
        (f"{_C.STRING:d}", text),
    ]
    lexical = _case(f, branches, type="VARCHAR", what="a cast of this value")
    datatype = quote(f'"^^<{XSD}{name}>')
    return Value(Kind.TEXT, f"('\"' || {lexical} || {datatype})")


_CASTS: dict[str, Callable[[Facets], Value]] = {
    "string": _to_string,
    "integer": _to_number("[+-]?[0-9]{1,18}", is_integer=True),
    "decimal": _to_number(r"[+-]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})", is_integer=False),
    "float": _to_floating(FLOAT),
    "double": _to_floating(DOUBLE),
    "boolean": _to_boolean,
    "date": _to_date,
    "dateTime": _to_date_time,
}


# --- the parts of moments


def _zone(f: Facets) -> str:
    return f"regexp_extract({f.lexical}, {quote(_ZONE)}, 1)"


def _part(pattern: str, *kinds: TermClass, is_integer: bool = True) -> Callable[[Expressions, Any], Value]:
    """The number in a moment's lexical form that a pattern finds."""

    def compile(e: Expressions, node: Any) -> Value:
        f = e.facets(e.value(node.arg))
        odd = unsupported(f.lexical, "this moment", NUMBER)
        part = f"regexp_extract({f.lexical}, {quote(pattern)}, 1)"
        late = f"regexp_matches({f.lexical}, '(^|T)24:') OR length({part}) > 18"
        classes = ", ".join(f"{kind:d}" for kind in kinds)
        number = f"CASE WHEN {late} THEN {odd} ELSE CAST({part} AS {NUMBER}) END"
        return Value(
            Kind.NUMBER, f"(CASE WHEN {f.kind} IN ({classes}) THEN {number} END)", "true" if is_integer else "false"
        )

    return compile


_ZONED = ", ".join(f"{kind:d}" for kind in _C if _C.DATE_TIME <= kind < _C.DURATION)


def _tz(e: Expressions, node: Any) -> Value:
    f = e.facets(e.value(node.arg))
    return Value(Kind.STRING, f"(CASE WHEN {f.kind} IN ({_ZONED}) THEN {_zone(f)} END)")


def _timezone(e: Expressions, node: Any) -> Value:
    """TIMEZONE: `-PT8H` of `-08:00`; an error without a time zone."""
    f = e.facets(e.value(node.arg))
    zone = _zone(f)
    hours, minutes = f"CAST({zone}[2:3] AS INTEGER)", f"CAST({zone}[5:6] AS INTEGER)"
    sign = f"CASE WHEN {zone}[1] = '-' THEN '-' ELSE '' END"
    parts = (
        f"{sign} || 'PT' || CASE WHEN {hours} > 0 THEN {hours} || 'H' ELSE '' END"
        f" || CASE WHEN {minutes} > 0 THEN {minutes} || 'M' ELSE '' END"
    )
    duration = f"CASE WHEN {zone} IN ('Z', '+00:00', '-00:00') THEN 'PT0S' ELSE {parts} END"
    datatype = quote(f'"^^<{XSD}dayTimeDuration>')
    known = f"{f.kind} IN ({_ZONED}) AND {zone} <> ''"
    return Value(Kind.TEXT, f"(CASE WHEN {known} THEN '\"' || {duration} || {datatype} END)")


_DAYS = (_C.DATE_TIME, _C.DATE)
MOMENT_FUNCTIONS: dict[str, Callable[[Expressions, Any], Value]] = {
    "Function": cast,
    "Builtin_YEAR": _part("^(-?[0-9]+)", *_DAYS, _C.YEAR, _C.YEAR_MONTH),
    "Builtin_MONTH": _part("^-?[0-9]+-([0-9]{2})", *_DAYS, _C.YEAR_MONTH),
    "Builtin_DAY": _part("^-?[0-9]+-[0-9]{2}-([0-9]{2})", *_DAYS),
    "Builtin_HOURS": _part("(?:^|T)([0-9]{2}):", _C.DATE_TIME, _C.TIME),
    "Builtin_MINUTES": _part("(?:^|T)[0-9]{2}:([0-9]{2}):", _C.DATE_TIME, _C.TIME),
    "Builtin_SECONDS": _part(
        "(?:^|T)[0-9]{2}:[0-9]{2}:([0-9]{2}(?:[.][0-9]+)?)", _C.DATE_TIME, _C.TIME, is_integer=False
    ),
    "Builtin_TZ": _tz,
    "Builtin_TIMEZONE": _timezone,
}
