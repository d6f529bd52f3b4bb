"""SPARQL expressions as SQL: an error and an unbound variable are NULL, as SQL's own logic has it.

`&&`, `||` and `!` of truth values and errors (https://www.w3.org/TR/sparql11-query/#evaluation) are SQL's AND, OR and
NOT of truth values and NULL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import rdflib

from kg.graph.columns import TermClass
from kg.queries.sparql_to_sql.algebra import NotCompiled
from kg.queries.sparql_to_sql.arithmetic import (
    ARITHMETIC,
    DECIMAL,
    DOUBLE,
    FLOAT,
    INTEGER,
    NO_NUMBER,
    as_double,
    exact_part,
    floating_part,
    promotion_of,
)
from kg.queries.sparql_to_sql.casts import MOMENT_FUNCTIONS
from kg.queries.sparql_to_sql.facets import Facets, compare_numbers, constant_facets, exact_text, text_facets
from kg.queries.sparql_to_sql.relations import (
    NOTHING,
    NUMBER,
    Kind,
    Relation,
    Value,
    escaped,
    plain_floating,
    plain_number,
    string_text,
    unsupported,
)
from kg.queries.sparql_to_sql.string_functions import STRING_FUNCTIONS, are_compatible
from kg.sql import quote
from kg.terms import RDF, XSD

_C = TermClass
_SHORT = 400
"""The characters of a number that is written as often as it is needed."""
_LOWER_SPECIAL = "[\u0130\u03a3]"
_UPPER_SPECIAL = "[" + "".join(chr(c) for c in range(0x80, 0x10000) if len(chr(c).upper()) != 1) + "]"


class Dictionary(Protocol):
    """Gives constants their ids."""

    def id_of(self, text: str) -> int:
        """The id of an exact term, one of its own if the graph does not have it."""

    @property
    def has_new_terms(self) -> bool:
        """True when the graph has terms of RDF 1.2."""

    @property
    def has_blank_values(self) -> bool:
        """True when a triple of the default graph has a blank node as its object."""

    @property
    def has_floating(self) -> bool:
        """True when a variable may have an xsd:float or xsd:double."""

    @property
    def computes_floating(self) -> bool:
        """False where SQL has no floating-point numbers as SPARQL has them."""


class Expressions:
    """Compiles the expressions over one relation, whose alias is `r`; `source` is what they are selected from."""

    def __init__(
        self, relation: Relation, dictionary: Dictionary, exists: Callable[[Expressions, Any, bool], str] | None = None
    ) -> None:
        self.relation, self.dictionary, self._exists = relation, dictionary, exists
        self._joined: dict[str, str] = {}
        self._shared: dict[Value, Value] = {}
        self._joins: list[str] = []

    @property
    def source(self) -> str:
        """The FROM clause: the relation, with the dictionary for each variable whose value is needed."""
        return f"{self.relation.name} r{''.join(self._joins)}"

    @property
    def needs_dictionary(self) -> bool:
        """True when the value of a variable was needed."""
        return bool(self._joined)

    # --- values

    def value(self, node: Any) -> Value:
        """The value of an expression."""
        if isinstance(node, rdflib.Variable):
            return self.variable(str(node))
        if isinstance(node, rdflib.URIRef | rdflib.Literal):
            return self.constant(exact_text(node))
        if (compile := _BY_NAME.get(node.name)) is None:
            raise NotCompiled(node.name.removeprefix("Builtin_"))
        return compile(self, node)

    def variable(self, name: str) -> Value:
        """The value of a variable."""
        column = self.relation.columns.get(name)
        if column is None:
            return NOTHING
        return Value(column.kind, f"r.{column.name}", f"r.{column.name}_int")

    def constant(self, text: str) -> Value:
        """A term as a value."""
        return Value(Kind.ID, f"{self.dictionary.id_of(text)}::UINTEGER", constant=text)

    def truth(self, node: Any) -> str:
        """The effective boolean value (https://www.w3.org/TR/sparql11-query/#ebv)."""
        value = self.value(node)
        if value.kind is Kind.TRUTH:
            return value.sql
        if value.kind is Kind.NUMBER:
            return f"({value.sql} <> 0)"
        if value.kind is Kind.FLOATING:
            return f"coalesce({value.exact} <> 0, {value.sql} <> 0 AND NOT isnan({value.sql}))"
        if value.kind is Kind.STRING:
            return f"({value.sql} <> '')"
        f = self.facets(value)
        ill_typed = unsupported(f.lexical, "the truth of an ill-typed literal", "BOOLEAN")
        return (
            f"(CASE {f.kind} WHEN {_C.BOOLEAN:d} THEN {f.truth} WHEN {_C.STRING:d} THEN {f.lexical} <> ''"
            f" WHEN {_C.LANGUAGE_STRING:d} THEN {f.lexical} <> ''"
            f" WHEN {_C.NUMBER:d} THEN {f.floating} <> 0 AND NOT isnan({f.floating})"
            f" WHEN {_C.ILL_TYPED:d} THEN {ill_typed} WHEN {_C.BEYOND:d} THEN {ill_typed} END)"
        )

    def facets(self, value: Value) -> Facets:
        """The parts of a value."""
        match value.kind:
            case Kind.NUMBER:
                rank = f"CASE WHEN {value.is_integer} THEN 1 ELSE 2 END"
                number = f"CAST({value.sql} AS {NUMBER})"
                datatype = f"CASE WHEN {value.is_integer} THEN '{XSD}integer' ELSE '{XSD}decimal' END"
                lexical = f"regexp_extract({value.text}, '\"(.*)\"', 1)"
                kind = f"CASE WHEN {value.is_present} THEN {_C.NUMBER:d} END"
                return Facets(kind, lexical, "NULL", datatype, rank, number, f"CAST({value.sql} AS DOUBLE)")
            case Kind.FLOATING:
                return self._floating_facets(value)
            case Kind.TRUTH:
                kind = f"CASE WHEN {value.is_present} THEN {_C.BOOLEAN:d} END"
                return Facets(kind, f"CAST({value.sql} AS VARCHAR)", datatype=f"'{XSD}boolean'", truth=value.sql)
            case Kind.STRING:
                language = value.language or "NULL"
                kinds = f"WHEN {language} IS NOT NULL THEN {_C.LANGUAGE_STRING:d} ELSE {_C.STRING:d}"
                kind = f"CASE WHEN {value.sql} IS NULL THEN NULL {kinds} END"
                datatype = f"CASE WHEN {language} IS NULL THEN '{XSD}string' ELSE '{RDF}langString' END"
                return Facets(kind, value.sql, language, datatype)
            case Kind.TEXT:
                return text_facets(value.sql)
        if value.constant:
            return constant_facets(value.constant)
        alias = self._alias(value)
        kind, new = f"{alias}.class", unsupported(value.sql, "a term of RDF 1.2", "UTINYINT")
        if self.dictionary.has_new_terms:
            kind = f"(CASE WHEN {kind} >= {_C.DIRECTIONAL:d} THEN {new} ELSE {kind} END)"
        names = ("lexical", "language", "datatype", "rank", "number", "floating", "moment", "zoned", "truth")
        return Facets(kind, *(f"{alias}.{name}" for name in names))

    def _floating_facets(self, value: Value) -> Facets:
        names = dict(zip((INTEGER, DECIMAL, FLOAT, DOUBLE), ("integer", "decimal", "float", "double"), strict=True))
        datatypes = " ".join(f"WHEN {promotion} THEN '{XSD}{name}'" for promotion, name in names.items())
        ranks = " ".join(f"WHEN {promotion} THEN {rank}" for rank, promotion in enumerate(names, 1))
        return Facets(
            f"CASE WHEN {value.is_present} THEN {_C.NUMBER:d} END",
            f"coalesce({plain_number(value.exact)}, {plain_floating(value.sql, f'{value.promotion} = {FLOAT}')})",
            datatype=f"CASE {value.promotion} {datatypes} END",
            rank=f"CASE {value.promotion} {ranks} END",
            number=value.exact,
            floating=as_double(value),
        )

    def text(self, value: Value) -> str:
        """The exact text of a value."""
        if value is NOTHING:
            return "CAST(NULL AS VARCHAR)"
        if value.constant:
            return quote(value.constant)
        return f"{self._alias(value)}.text" if value.kind is Kind.ID else value.text

    def _alias(self, value: Value) -> str:
        """The alias of the dictionary, joined by the id that a value is."""
        if value.sql not in self._joined:
            alias = self._joined[value.sql] = f"t{len(self._joined)}"
            self._joins.append(f" LEFT JOIN dictionary {alias} ON {alias}.id = {value.sql}")
        return self._joined[value.sql]

    def shared(self, value: Value) -> Value:
        """A number by the names of its parts, where they are long: an operator has each operand several times."""
        parts = (value.sql, value.is_integer, value.exact, value.promotion)
        if not self.dictionary.computes_floating or sum(map(len, parts)) < _SHORT:
            return value
        if value not in self._shared:
            alias, names = f"v{len(self._shared)}", ("number", "is_integer", "exact", "promotion")
            long = [name if len(part) > len(NO_NUMBER) else "" for name, part in zip(names, parts, strict=True)]
            pieces = [f"{part} AS {name}" for name, part in zip(long, parts, strict=True) if name]
            self._joins.append(f" CROSS JOIN LATERAL (SELECT {', '.join(pieces)}) {alias}")
            sql, is_integer, exact, promotion = (
                f"{alias}.{name}" if name else part for name, part in zip(long, parts, strict=True)
            )
            self._shared[value] = Value(value.kind, sql, is_integer, exact, promotion)
        return self._shared[value]

    # --- equality and order

    def _numbers(self, a: Value, b: Value) -> tuple[Value, Value]:
        """Two values to be compared; an exact number beside a computed one is computed as well."""
        if a.kind is Kind.NUMBER and b.constant:
            return a, self._exact_number(b)
        return (self._exact_number(a), b) if b.kind is Kind.NUMBER and a.constant else (a, b)

    def _exact_number(self, value: Value) -> Value:
        f = constant_facets(value.constant)
        return Value(Kind.NUMBER, f.number, f"({f.rank} = 1)") if f.rank in ("1", "2") else value

    def equal(self, a: Value, b: Value) -> str:
        """`a = b`: by value where SPARQL's operators know the datatype, else the same term, else an error."""
        for x, y in ((a, b), (b, a)):
            if y.constant and y.constant.startswith("<") and x.kind is Kind.ID:
                return f"({x.sql} = {y.sql})"
        a, b = self._numbers(a, b)
        if (a.kind is b.kind and a.kind in (Kind.TRUTH, Kind.NUMBER)) or (
            a.kind is b.kind is Kind.STRING and not a.language and not b.language
        ):
            return f"({a.sql} = {b.sql})"
        f, g = self.facets(a), self.facets(b)
        same = f"WHEN {a.sql} = {b.sql} AND {f.kind} <> {_C.NUMBER:d} THEN true " if a.kind is b.kind is Kind.ID else ""
        beyond = unsupported(f.lexical, "a value of this size", "BOOLEAN")
        moments = self._moments(f, g, "=")
        strings = f"{f.lexical} = {g.lexical} AND coalesce({f.language}, '') = coalesce({g.language}, '')"
        return (
            f"(CASE WHEN {f.kind} IS NULL OR {g.kind} IS NULL THEN NULL {same}"
            f"WHEN {f.kind} <= {_C.BLANK:d} OR {g.kind} <= {_C.BLANK:d} THEN {self._same_node(a, b, f, g)}"
            f" WHEN ({f.kind} = {_C.LANGUAGE_STRING:d}) <> ({g.kind} = {_C.LANGUAGE_STRING:d}) THEN false"
            f" WHEN {f.kind} = {_C.BEYOND:d} OR {g.kind} = {_C.BEYOND:d} THEN {beyond}"
            f" WHEN {f.kind} >= {_C.OTHER:d} OR {g.kind} >= {_C.OTHER:d} THEN NULL"
            f" WHEN {f.kind} <> {g.kind} THEN false WHEN {f.kind} = {_C.NUMBER:d} THEN {compare_numbers(f, g, '=')}"
            f" WHEN {f.kind} = {_C.BOOLEAN:d} THEN {f.truth} = {g.truth}"
            f" WHEN {f.kind} >= {_C.DATE_TIME:d} THEN {moments} ELSE {strings} END)"
        )

    def _same_node(self, a: Value, b: Value, f: Facets, g: Facets) -> str:
        """Whether two terms, of which one is no literal, are the same."""
        if a.kind is b.kind:
            return f"{a.sql} = {b.sql}"
        odd = unsupported(f.lexical, "a computed blank node", "BOOLEAN")
        same = f"WHEN {f.kind} = {_C.IRI:d} THEN {f.lexical} = {g.lexical}"
        return f"CASE WHEN {f.kind} <> {g.kind} THEN false {same} ELSE {odd} END"

    def ordered(self, a: Value, b: Value, sign: str) -> str:
        """`a < b` and the like; an error for values that have no order."""
        a, b = self._numbers(a, b)
        if a.kind is b.kind is Kind.NUMBER:
            return f"({a.sql} {sign} {b.sql})"
        f, g = self.facets(a), self.facets(b)
        beyond = unsupported(f.lexical, "a value of this size", "BOOLEAN")
        branches = {
            _C.NUMBER: compare_numbers(f, g, sign),
            _C.STRING: f"{f.lexical} {sign} {g.lexical}",
            _C.LANGUAGE_STRING: f"CASE WHEN {f.language} = {g.language} THEN {f.lexical} {sign} {g.lexical} END",
            _C.BOOLEAN: f"{f.truth} {sign} {g.truth}",
        }
        for constant, other in ((f, g), (g, f)):
            if constant.kind.isdecimal() and int(constant.kind) != _C.BEYOND:
                kind = _C(int(constant.kind))
                branch = (
                    self._moments(f, g, sign) if _C.DATE_TIME <= kind <= _C.DURATION else branches.get(kind, "NULL")
                )
                return f"(CASE {other.kind} WHEN {_C.BEYOND:d} THEN {beyond} WHEN {kind:d} THEN {branch} END)"
        cases = "".join(f" WHEN {f.kind} = {kind:d} THEN {branch}" for kind, branch in branches.items())
        return (
            f"(CASE WHEN {f.kind} = {_C.BEYOND:d} OR {g.kind} = {_C.BEYOND:d} THEN {beyond}"
            f" WHEN {f.kind} <> {g.kind} THEN NULL{cases}"
            f" WHEN {f.kind} BETWEEN {_C.DATE_TIME:d} AND {_C.DURATION:d} THEN {self._moments(f, g, sign)} END)"
        )

    def _moments(self, f: Facets, g: Facets, sign: str) -> str:
        """A comparison of moments; one without a time zone may be 14 hours earlier or later, and is equal to no other.

        https://www.w3.org/TR/xmlschema11-2/#vp-dateTime-LE
        """
        if sign == "=":
            return f"({f.moment} = {g.moment} AND {f.zoned} = {g.zoned})"
        apart = f"abs({f.moment} - {g.moment}) > {14 * 3600}"
        mixed = f"WHEN {f.zoned} <> {g.zoned} THEN CASE WHEN {apart} THEN {f.moment} {sign} {g.moment} END"
        return f"(CASE {mixed} ELSE {f.moment} {sign} {g.moment} END)"

    def order_keys(self, value: Value) -> list[str]:
        """What ORDER BY sorts by: unbound, blank nodes, IRIs, literals (https://www.w3.org/TR/sparql11-query/#modOrderBy)."""
        f = self.facets(value)
        group = (
            f"CASE WHEN {f.kind} IS NULL THEN 0 WHEN {f.kind} = {_C.BLANK:d} THEN 1 WHEN {f.kind} = {_C.IRI:d} THEN 2"
            f" WHEN {f.kind} = {_C.LANGUAGE_STRING:d} THEN 3 ELSE 3 + {f.kind} END"
        )
        keys = [
            group,
            f"coalesce({f.floating}, 0)",
            f"coalesce({f.number}, {f.moment}, 0)",
            f"coalesce({f.truth}, false)",
        ]
        return [*keys, f"coalesce({f.lexical}, '')", f"coalesce({f.language}, '')"]

    # --- strings

    def string(self, node: Any) -> Value:
        """The value of a node that must be a string, with its language if it has one; an error for any other."""
        value = self.value(node)
        if value.kind is Kind.STRING:
            return value
        if value.kind in (Kind.NUMBER, Kind.FLOATING, Kind.TRUTH):
            return Value(Kind.STRING, "CAST(NULL AS VARCHAR)")
        f = self.facets(value)
        is_string = f"{f.kind} IN ({_C.STRING:d}, {_C.LANGUAGE_STRING:d})"
        has_language = not value.constant or "@" in value.constant.rpartition('"')[2]
        return Value(Kind.STRING, f"CASE WHEN {is_string} THEN {f.lexical} END", language=f.language * has_language)


# --- operators and functions, by the names of rdflib's algebra

_Compile = Callable[[Expressions, Any], Value]


def _truth_value(sql: str) -> Value:
    return Value(Kind.TRUTH, sql)


def _or(e: Expressions, node: Any) -> Value:
    return _truth_value("(" + " OR ".join(e.truth(part) for part in (node.expr, *node.other)) + ")")


def _and(e: Expressions, node: Any) -> Value:
    return _truth_value("(" + " AND ".join(e.truth(part) for part in (node.expr, *node.other)) + ")")


def _not(e: Expressions, node: Any) -> Value:
    return _truth_value(f"(NOT {e.truth(node.expr)})")


def _relation(e: Expressions, node: Any) -> Value:
    if node.op in ("IN", "NOT IN"):
        others = [] if node.other == rdflib.RDF.nil else node.other
        value = e.value(node.expr)
        found = " OR ".join(e.equal(value, e.value(other)) for other in others) or "false"
        return _truth_value(f"({'NOT ' if node.op == 'NOT IN' else ''}({found}))")
    a, b = e.value(node.expr), e.value(node.other)
    if node.op in ("=", "!="):
        return _truth_value(f"({'NOT ' if node.op == '!=' else ''}{e.equal(a, b)})")
    return _truth_value(e.ordered(a, b, node.op))


def _bound(e: Expressions, node: Any) -> Value:
    return _truth_value(f"({e.variable(str(node.arg)).sql} IS NOT NULL)")


def _if(e: Expressions, node: Any) -> Value:
    condition = e.truth(node.arg1)
    return _first_of(e, [(condition, e.value(node.arg2)), (f"NOT {condition}", e.value(node.arg3))])


def _coalesce(e: Expressions, node: Any) -> Value:
    return _first_of(e, [(value.is_present, value) for value in map(e.value, node.arg)])


def _first_of(e: Expressions, choices: Sequence[tuple[str, Value]]) -> Value:
    """The first of several values whose condition holds, in one column."""
    values = [value for _, value in choices if value is not NOTHING]
    if not values:
        return NOTHING

    def choose(part: Callable[[Value], str]) -> str:
        whens = (f" WHEN {condition} THEN {part(v) if v is not NOTHING else 'NULL'}" for condition, v in choices)
        return f"(CASE{''.join(whens)} END)"

    kinds = {value.kind for value in values}
    if Kind.FLOATING in kinds and kinds <= {Kind.NUMBER, Kind.FLOATING}:
        exact = choose(lambda value: exact_part(value).sql)
        number = Value(Kind.FLOATING, choose(floating_part), exact=exact, promotion=choose(promotion_of))
        return e.shared(number)
    if len(kinds) > 1 or kinds == {Kind.TEXT} or any(value.language for value in values):
        return Value(Kind.TEXT, choose(e.text))
    is_integer = choose(lambda value: value.is_integer) if kinds == {Kind.NUMBER} else "true"
    return Value(kinds.pop(), choose(lambda value: value.sql), is_integer)


def _str(e: Expressions, node: Any) -> Value:
    value = e.value(node.arg)
    return Value(Kind.STRING, value.sql if value.kind is Kind.STRING else e.facets(value).lexical)


def _lang(e: Expressions, node: Any) -> Value:
    f = e.facets(e.value(node.arg))
    return Value(Kind.STRING, f"(CASE WHEN {f.kind} > {_C.BLANK:d} THEN coalesce({f.language}, '') END)")


def _lang_matches(e: Expressions, node: Any) -> Value:
    tag, ranges = e.string(node.arg1), e.value(node.arg2)
    if not ranges.constant.startswith('"') or not re.fullmatch(r'"(\*|[A-Za-z0-9-]+)"', ranges.constant):
        raise NotCompiled("LANGMATCHES with this range")
    wanted = ranges.constant[1:-1].lower()
    if wanted == "*":
        return _truth_value(f"({tag.sql} <> '')")
    low = f"lower({tag.sql})"
    return _truth_value(f"({low} = {quote(wanted)} OR starts_with({low}, {quote(wanted + '-')}))")


def _datatype(e: Expressions, node: Any) -> Value:
    f = e.facets(e.value(node.arg))
    return Value(Kind.TEXT, f"(CASE WHEN {f.kind} > {_C.BLANK:d} THEN '<' || {f.datatype} || '>' END)")


def _case(function: str, special: str) -> _Compile:
    def compile(e: Expressions, node: Any) -> Value:
        value = e.string(node.arg)
        irregular = unsupported(value.sql, "letters with a special case")
        is_ascii = f"strlen({value.sql}) = length({value.sql})"
        sql = (
            f"(CASE WHEN {is_ascii} THEN {function}({value.sql})"
            f" WHEN regexp_matches({value.sql}, '{special}') THEN {irregular} ELSE {function}({value.sql}) END)"
        )
        return Value(Kind.STRING, sql, language=value.language)

    return compile


def _two_strings(function: str) -> _Compile:
    """A test of two strings whose languages are compatible (https://www.w3.org/TR/sparql11-query/#func-arg-compatibility)."""

    def compile(e: Expressions, node: Any) -> Value:
        a, b = e.string(node.arg1), e.string(node.arg2)
        found = f"{function}({a.sql}, {b.sql})"
        return _truth_value(f"(CASE WHEN {are_compatible(a, b)} THEN {found} END)" if b.language else found)

    return compile


def _length(e: Expressions, node: Any) -> Value:
    return Value(Kind.NUMBER, f"CAST(length({e.string(node.arg).sql}) AS {NUMBER})")


def _substring(e: Expressions, node: Any) -> Value:
    value = e.string(node.arg)
    places = [node.start, *([node.length] if node.length is not None else [])]
    if (
        not all(isinstance(p, rdflib.Literal) and str(p).isdecimal() and int(p) < 10**6 for p in places)
        or int(node.start) < 1
    ):
        raise NotCompiled("SUBSTR with computed or unusual places")
    return Value(
        Kind.STRING, f"substring({value.sql}, {', '.join(str(int(p)) for p in places)})", language=value.language
    )


def _concat(e: Expressions, node: Any) -> Value:
    parts = [e.string(part) for part in node.arg]
    if not parts:
        return Value(Kind.STRING, "''")
    lexical = " || ".join(part.sql for part in parts)
    if any(not part.language for part in parts):
        return Value(Kind.STRING, f"({lexical})")
    first, *others = (part.language for part in parts)
    same = " AND ".join(f"{other} = {first}" for other in others) or "true"
    return Value(Kind.STRING, f"({lexical})", language=f"(CASE WHEN {same} THEN {first} END)")


def _is(*kinds: TermClass) -> _Compile:
    def compile(e: Expressions, node: Any) -> Value:
        f = e.facets(e.value(node.arg))
        return _truth_value(f"({f.kind} IN ({', '.join(f'{kind:d}' for kind in kinds)}))")

    return compile


def _same_term(e: Expressions, node: Any) -> Value:
    a, b = e.value(node.arg1), e.value(node.arg2)
    if a.kind is b.kind is Kind.ID:
        return _truth_value(f"({a.sql} = {b.sql})")
    return _truth_value(f"({e.text(a)} = {e.text(b)})")


def _datatyped(e: Expressions, node: Any) -> Value:
    value, datatype = e.string(node.arg1), e.value(node.arg2)
    if datatype.kind is not Kind.ID:
        raise NotCompiled("STRDT of this")
    f = e.facets(datatype)
    is_tagged = f"WHEN {value.language} IS NOT NULL THEN NULL " if value.language else ""
    plain = f"WHEN {f.lexical} = '{XSD}string' THEN {string_text(value.sql)}"
    typed = f"WHEN {f.kind} = {_C.IRI:d} THEN '\"' || {escaped(value.sql)} || '\"^^<' || {f.lexical} || '>'"
    return Value(Kind.TEXT, f"(CASE {is_tagged}{plain} {typed} END)")


def _tagged(e: Expressions, node: Any) -> Value:
    value, tag = e.string(node.arg1), e.value(node.arg2)
    if not re.fullmatch(r'"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"', tag.constant):
        raise NotCompiled("STRLANG with this language")
    language = quote(tag.constant[1:-1].lower())
    is_plain = f"{value.language} IS NULL" if value.language else "true"
    return Value(Kind.STRING, f"(CASE WHEN {is_plain} THEN {value.sql} END)", language=language)


def _exists(is_negated: bool) -> _Compile:
    def compile(e: Expressions, node: Any) -> Value:
        if e._exists is None:
            raise NotCompiled("EXISTS here")
        return _truth_value(e._exists(e, node, is_negated))

    return compile


_BY_NAME: dict[str, _Compile] = {
    "ConditionalOrExpression": _or,
    "ConditionalAndExpression": _and,
    "UnaryNot": _not,
    "RelationalExpression": _relation,
    **ARITHMETIC,
    "Builtin_BOUND": _bound,
    "Builtin_IF": _if,
    "Builtin_COALESCE": _coalesce,
    "Builtin_STR": _str,
    "Builtin_LANG": _lang,
    "Builtin_LANGMATCHES": _lang_matches,
    "Builtin_DATATYPE": _datatype,
    "Builtin_LCASE": _case("lower", _LOWER_SPECIAL),
    "Builtin_UCASE": _case("upper", _UPPER_SPECIAL),
    "Builtin_CONTAINS": _two_strings("contains"),
    "Builtin_STRSTARTS": _two_strings("starts_with"),
    "Builtin_STRENDS": _two_strings("ends_with"),
    "Builtin_STRLEN": _length,
    "Builtin_SUBSTR": _substring,
    "Builtin_CONCAT": _concat,
    "Builtin_isIRI": _is(_C.IRI),
    "Builtin_isURI": _is(_C.IRI),
    "Builtin_isBLANK": _is(_C.BLANK),
    "Builtin_isLITERAL": _is(*(kind for kind in _C if kind > _C.BLANK)),
    "Builtin_isNUMERIC": _is(_C.NUMBER, _C.BEYOND),
    "Builtin_sameTerm": _same_term,
    "Builtin_STRDT": _datatyped,
    "Builtin_STRLANG": _tagged,
    **STRING_FUNCTIONS,
    **MOMENT_FUNCTIONS,
    "Builtin_EXISTS": _exists(False),
    "Builtin_NOTEXISTS": _exists(True),
}
