"""Numbers as SQL: promotion, arithmetic, rounding (https://www.w3.org/TR/sparql11-query/#OperatorMapping).

Integers and decimals are exact; what is not stops the statement (`relations.unsupported`). Where a float or double may
be among the values, a number is a pair, of which one is NULL: the exact number, and the float or double. Which of the
four datatypes it is is its promotion, whose bits include those of the datatypes that are promoted to it: `|` of the two
operands is the datatype of the result (https://www.w3.org/TR/xpath20/#promotion).

Floats are computed as doubles and rounded, which gives the same for one operation: a double has more than twice the
digits of a float.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kg.graph.columns import TermClass
from kg.queries.sparql_to_sql.algebra import NotCompiled
from kg.queries.sparql_to_sql.relations import NUMBER, Kind, Value, unsupported

if TYPE_CHECKING:
    from kg.queries.sparql_to_sql.value_expressions import Expressions

_C = TermClass
NO_NUMBER = f"CAST(NULL AS {NUMBER})"
INTEGER, DECIMAL, FLOAT, DOUBLE = "0", "1", "3", "7"
"""The promotions of the datatypes."""
_INFINITY = "CAST('inf' AS DOUBLE)"
_LONGEST = 200_000
"""The characters of an expression that is not shared (`Expressions.shared`)."""


def number(e: Expressions, node: Any) -> Value:
    """The value of a node that must be a number; an error for any other."""
    value = e.value(node)
    if value.kind in (Kind.NUMBER, Kind.FLOATING):
        return value
    if value.kind in (Kind.STRING, Kind.TRUTH):
        return Value(Kind.NUMBER, NO_NUMBER)
    f = e.facets(value)
    is_exact, is_number = f"{f.kind} = {_C.NUMBER:d} AND {f.rank} <= 2", f"{f.kind} IN ({_C.NUMBER:d}, {_C.BEYOND:d})"
    may_float = f.rank in ("3", "4") if value.constant else e.dictionary.has_floating or value.kind is Kind.TEXT
    if not may_float or not e.dictionary.computes_floating:
        inexact = unsupported(f.lexical, "floating-point arithmetic", NUMBER)
        exact = f"(CASE WHEN {is_exact} THEN {f.number} WHEN {is_number} THEN {inexact} END)"
        return Value(Kind.NUMBER, exact, f"({f.rank} = 1)")
    beyond = unsupported(f.lexical, "arithmetic with a value of this size", NUMBER)
    exact = f"(CASE WHEN {is_exact} THEN {f.number} WHEN {f.kind} = {_C.BEYOND:d} THEN {beyond} END)"
    floating = f"(CASE WHEN {f.kind} = {_C.NUMBER:d} AND {f.rank} > 2 THEN {f.floating} END)"
    promotion = f"((1 << ({f.rank} - 1)) - 1)"
    if f.rank.isdecimal():
        promotion = str((1 << (int(f.rank) - 1)) - 1)
    return e.shared(Value(Kind.FLOATING, floating, exact=exact, promotion=promotion))


def exact_part(value: Value) -> Value:
    """The exact number that a number is, if it is one."""
    if value.kind is Kind.NUMBER:
        return value
    return Value(Kind.NUMBER, value.exact, f"({value.promotion} = {INTEGER})")


def floating_part(value: Value) -> str:
    """The float or double that a number is, if it is one."""
    return value.sql if value.kind is Kind.FLOATING else "CAST(NULL AS DOUBLE)"


def as_double(value: Value) -> str:
    """A number as a double."""
    if value.kind is Kind.NUMBER:
        return f"CAST({value.sql} AS DOUBLE)"
    return f"coalesce({value.sql}, CAST({value.exact} AS DOUBLE))"


def promotion_of(*values: Value) -> str:
    """The promotion of the result of an operation."""
    promotions = [
        value.promotion or f"CASE WHEN {value.is_integer} THEN {INTEGER} ELSE {DECIMAL} END" for value in values
    ]
    return DOUBLE if DOUBLE in promotions else f"({' | '.join(f'({each})' for each in promotions)})"


def rounded_to(promotion: str, double: str) -> str:
    """A double as a number of the datatype of a promotion; NULL where that is exact."""
    if promotion == DOUBLE:
        return double
    # A double beyond all floats is the float INF.
    single = f"CAST(CASE {promotion} WHEN {FLOAT} THEN TRY_CAST({double} AS FLOAT) END AS DOUBLE)"
    factor = f"CASE {promotion} WHEN {FLOAT} THEN {_INFINITY} WHEN {DOUBLE} THEN CAST(1 AS DOUBLE) END"
    return f"coalesce({single}, {double} * {factor})"


def divided(a: str, b: str) -> str:
    """The quotient of two whole numbers as a decimal, cut after 18 digits as XPath allows."""
    whole, rest = f"CAST({a} // {b} AS {NUMBER})", f"(({a} % {b}) * 1000000000000000000 // {b})"
    sign = f"CASE WHEN {rest} < 0 THEN '-' ELSE '' END"
    return f"({whole} + CAST({sign} || '0.' || lpad(CAST(abs({rest}) AS VARCHAR), 18, '0') AS {NUMBER}))"


# --- operators


def _chain(e: Expressions, node: Any) -> Value:
    """Additions or multiplications, from left to right."""
    value = number(e, node.expr)
    for sign, part in zip(node.op, node.other, strict=True):
        value = e.shared(_operation(sign, value, number(e, part)))
        if len(value.sql) + len(value.exact) > _LONGEST:
            raise NotCompiled("an expression of this size")
    return value


def _operation(sign: str, a: Value, b: Value) -> Value:
    exact = _EXACT[sign](exact_part(a), exact_part(b))
    if a.kind is b.kind is Kind.NUMBER:
        return exact
    promotion = promotion_of(a, b, *([exact] if sign == "/" else []))
    x, y = (_promoted(value, promotion) for value in (a, b))
    floating = rounded_to(promotion, f"({x} {sign} {y})")
    return Value(Kind.FLOATING, floating, exact=exact.sql, promotion=promotion)


def _promoted(value: Value, promotion: str) -> str:
    """A number as one of the datatype of a promotion; NULL where that is exact."""
    exact = rounded_to(promotion, f"CAST({exact_part(value).sql} AS DOUBLE)")
    return exact if value.kind is Kind.NUMBER else f"coalesce({value.sql}, {exact})"


def _sum(sign: str) -> Callable[[Value, Value], Value]:
    def compute(a: Value, b: Value) -> Value:
        return Value(Kind.NUMBER, f"CAST(({a.sql} {sign} {b.sql}) AS {NUMBER})", _are_integers(a, b))

    return compute


def _product(a: Value, b: Value) -> Value:
    short = " AND ".join(f"{side.sql} = CAST({side.sql} AS DECIMAL(38, 9))" for side in (a, b))
    product = f"CAST({a.sql} AS DECIMAL(38, 9)) * CAST({b.sql} AS DECIMAL(38, 9))"
    exact, missing = f"WHEN {short} THEN CAST({product} AS {NUMBER})", f"{a.sql} IS NULL OR {b.sql} IS NULL"
    sql = f"(CASE {exact} WHEN {missing} THEN NULL ELSE {_many_digits(a)} END)"
    return Value(Kind.NUMBER, sql, _are_integers(a, b))


def _quotient(a: Value, b: Value) -> Value:
    """A decimal, of integers too; an error where the divisor is 0."""
    x, y = (f"CAST({side.sql} * 1000000 AS HUGEINT)" for side in (a, b))
    short = f"{a.sql} * 1000000 = {x} AND {b.sql} * 1000000 = {y}"
    missing = f"{b.sql} = 0 OR {a.sql} IS NULL OR {b.sql} IS NULL"
    sql = f"(CASE WHEN {missing} THEN NULL WHEN {short} THEN {divided(x, y)} ELSE {_many_digits(a)} END)"
    return Value(Kind.NUMBER, sql, "false")


def _are_integers(a: Value, b: Value) -> str:
    return f"({a.is_integer} AND {b.is_integer})"


def _many_digits(value: Value) -> str:
    return unsupported(value.sql, "arithmetic of decimals with many digits", NUMBER)


_EXACT: dict[str, Callable[[Value, Value], Value]] = {
    "+": _sum("+"),
    "-": _sum("-"),
    "*": _product,
    "/": _quotient,
}


# --- functions of a number that give one of the same datatype


def _of_one(exact: str, floating: str | None = None) -> Callable[[Expressions, Any], Value]:
    """The function by its SQL, of doubles another where they need it."""

    def compile(e: Expressions, node: Any) -> Value:
        value = number(e, node.arg if "arg" in node else node.expr)
        part = exact_part(value)
        rounded = f"CAST({exact.format(part.sql)} AS {NUMBER})"
        if value.kind is Kind.NUMBER:
            return Value(Kind.NUMBER, rounded, value.is_integer)
        result = (floating or exact).format(value.sql)
        return e.shared(Value(Kind.FLOATING, result, exact=rounded, promotion=value.promotion))

    return compile


def _plus(e: Expressions, node: Any) -> Value:
    return number(e, node.expr)


ARITHMETIC: dict[str, Callable[[Expressions, Any], Value]] = {
    "AdditiveExpression": _chain,
    "MultiplicativeExpression": _chain,
    "UnaryMinus": _of_one("(-{})"),
    "UnaryPlus": _plus,
    "Builtin_ABS": _of_one("abs({})"),
    "Builtin_CEIL": _of_one("ceil({})"),
    "Builtin_FLOOR": _of_one("floor({})"),
    # Half a unit is rounded up, to -0 from above -1; of a double, 0.5 more would be rounded itself.
    "Builtin_ROUND": _of_one(
        "floor({} + 0.5)", "(CASE WHEN {0} - floor({0}) >= 0.5 THEN ceil({0}) ELSE floor({0}) END)"
    ),
}
"""The operators and functions, by the names of rdflib's algebra."""
