"""Components that constrain each value by itself: value type, value range, string-based (SHACL 4.1, 4.3, 4.4), sh:in.

SQL decides for the forms that nearly all literals have. Escapes, years of five digits, time zones, numbers of more than
18 digits and regular expressions that RE2 lacks it leaves undecided (NULL), and Python decides them exactly, once for
each distinct term. A law of the tests ensures that SQL never decides otherwise than Python.
"""

# ruff: noqa: S608 - only numbers, names of tables and quoted texts are put into SQL
from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass

from kg.graph.triple_tables import FIRST_LITERAL_ID
from kg.shapes.model import Component, ComponentParameterType, Constraint, FurtherTriples, Parameters, Shape
from kg.shapes.plan import Check
from kg.shapes.results import TermRenderer, ValidationResult
from kg.shapes.validation_tables import TYPE, ValidationTables
from kg.sql import inline_table, quote
from kg.terms import RDF, SH, XSD, is_triple_term, to_curie
from kg.text.regex import Regex, to_regex
from kg.xsd import INTEGER_BOUNDS, NUMERIC, PATTERNS, LiteralParts, compare, is_well_formed, lexical_form, literal_parts


@dataclass(frozen=True, slots=True)
class ValueComponent(Component):
    """A component whose constraint depends on the text of one value alone."""

    _: KW_ONLY
    sql: Callable[[Constraint], str]
    """An SQL expression over the column `text`: TRUE when the value violates the constraint, NULL when undecided."""
    violates: Callable[[Constraint, str], bool]
    """True when the value violates the constraint: exact, for every term."""


def find_bad_values(checks: Sequence[Check], tables: ValidationTables) -> None:
    """The values that violate constraints of `ValueComponent`s."""
    expressions: dict[str, int] = {}
    rows = [(c.number, c.value_set, expressions.setdefault(_sql(c), len(expressions))) for c in checks]
    cases = " ".join(f"WHEN {number} THEN {expression}" for expression, number in expressions.items())
    tested = tables.count_made(
        "CREATE OR REPLACE TEMP TABLE shape_tested AS SELECT check_id, focus, value, violates FROM ("
        f"SELECT r.check_id, v.focus, v.value, CASE r.expression {cases} END AS violates FROM shape_value v"
        f" JOIN {inline_table('r', 'check_id, value_set, expression', rows)} ON v.value_set = r.value_set"
        f" JOIN {tables.terms} t ON t.id = v.value) WHERE violates IS DISTINCT FROM FALSE"
    )
    if not tested:
        return
    undecided = tables.rows(
        f"SELECT DISTINCT d.check_id, d.value, t.text FROM shape_tested d JOIN {tables.terms} t ON t.id = d.value"
        " WHERE d.violates IS NULL"
    )
    if bad := [(check, value) for check, value, text in undecided if _violates(tables.plan.checks[check], text)]:
        tables.add_violations(
            "SELECT d.check_id, d.focus, d.value, NULL, NULL FROM shape_tested d"
            f" JOIN {inline_table('r', 'check_id, value', bad)} USING (check_id, value) WHERE d.violates IS NULL"
        )
    tables.add_violations("SELECT check_id, focus, value, NULL, NULL FROM shape_tested WHERE violates")


def _sql(check: Check) -> str:
    assert isinstance(check.constraint.component, ValueComponent)
    return check.constraint.component.sql(check.constraint)


def _violates(check: Check, text: str) -> bool:
    assert isinstance(check.constraint.component, ValueComponent)
    return check.constraint.component.violates(check.constraint, text)


_NO_TEXT, _LITERAL = "(starts_with(text, '_') OR starts_with(text, '<<'))", "starts_with(text, '\"')"
"""Blank nodes and triple terms, of which SPARQL's STR is an error; literals."""
_ESCAPED = r"contains(text, '\')"
_LEXICAL = (
    "CASE WHEN starts_with(text, '<') OR ends_with(text, '\"') THEN substring(text, 2, length(text) - 2)"
    " ELSE regexp_extract(text, '^\"(.*)\"', 1, 's') END"
)
"""SPARQL's STR of a term without escapes; the closing quote is the last quote of the text."""


def _without_datatype(iri: str) -> str:
    return "NOT ends_with(text, " + quote(f'"^^<{iri}>') + ")"


def _lexical_of(iri: str) -> str:
    """The lexical form of a literal that is known to have this datatype and no escapes that matter."""
    return f"substring(text, 2, length(text) - {len(iri) + 6})"


# --- sh:class, sh:in, sh:nodeKind


def _find_instances_of_others(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Values that are not instances of the class of sh:class."""
    names = {check.constraint.value: tables.id(check.constraint.value) for check in checks}
    rows = [(c.number, c.value_set, names[c.constraint.value]) for c in checks]
    subclasses = sorted((number, below) for name, number in names.items() for below in tables.subclasses(name))
    tables.add_violations(
        "SELECT r.check_id, v.focus, v.value, NULL, NULL FROM shape_value v"
        f" JOIN {inline_table('r', 'check_id, value_set, class', rows)} ON v.value_set = r.value_set"
        f" ANTI JOIN (SELECT e.s, k.class FROM shape_triple e JOIN {inline_table('k', 'class, below', subclasses)}"
        f" ON e.o = k.below WHERE e.p = {tables.id(TYPE)}) i ON i.s = v.value AND i.class = r.class"
    )


def _find_unlisted(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Values that are not in the list of sh:in."""
    rows = [(check.number, check.value_set) for check in checks]
    members = [(check.number, tables.id(term)) for check in checks for term in check.constraint.values]
    tables.add_violations(
        "SELECT r.check_id, v.focus, v.value, NULL, NULL FROM shape_value v"
        f" JOIN {inline_table('r', 'check_id, value_set', rows)} ON v.value_set = r.value_set"
        f" ANTI JOIN {inline_table('m', 'check_id, term', members)} ON m.check_id = r.check_id AND m.term = v.value"
    )


_NODE_KINDS = {
    "IRI": ("<", "an IRI"),
    "BlankNode": ("_", "a blank node"),
    "Literal": ('"', "a literal"),
    "BlankNodeOrIRI": ("_<", "a blank node or an IRI"),
    "BlankNodeOrLiteral": ('_"', "a blank node or a literal"),
    "IRIOrLiteral": ('<"', "an IRI or a literal"),
}
"""Node kind -> the first characters of such terms, and its description."""


def _node_kind(constraint: Constraint) -> tuple[str, str]:
    return _NODE_KINDS[constraint.value[len(SH) + 1 : -1]]


def _find_other_kinds(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Values that are not of the kind of sh:nodeKind.

    The id of a term says whether it is a literal, and blank nodes are few. So the smallest and the largest id of a
    value set usually show that all its values are of the kind.
    """
    ranges = {
        value_set: (smallest, largest)
        for value_set, smallest, largest in tables.rows(
            "SELECT value_set, min(value), max(value) FROM shape_value GROUP BY value_set"
        )
    }
    blank_nodes = f"SELECT id FROM term WHERE id < {FIRST_LITERAL_ID} AND starts_with(text, '_')"
    triple_terms = f"SELECT id FROM term WHERE id >= {FIRST_LITERAL_ID} AND starts_with(text, '<<')"
    has_blank_nodes, has_triple_terms = (bool(tables.rows(f"{some} LIMIT 1")) for some in (blank_nodes, triple_terms))
    rows = []
    for check in checks:
        allowed, _ = _node_kind(check.constraint)
        smallest, largest = ranges.get(check.value_set, (FIRST_LITERAL_ID, 0))
        wrong_literal = largest >= FIRST_LITERAL_ID and ('"' not in allowed or has_triple_terms)
        wrong_node = smallest < FIRST_LITERAL_ID and ("<" not in allowed or (has_blank_nodes and "_" not in allowed))
        if wrong_literal or wrong_node:
            rows.append((check.number, check.value_set, *(kind in allowed for kind in '"_<')))
    if rows:
        kinds = inline_table("r", "check_id, value_set, literal BOOLEAN, blank BOOLEAN, iri BOOLEAN", rows)
        tables.add_violations(
            "SELECT r.check_id, v.focus, v.value, NULL, NULL FROM shape_value v"
            f" JOIN {kinds} ON v.value_set = r.value_set LEFT JOIN ({blank_nodes}) b ON b.id = v.value"
            f" LEFT JOIN ({triple_terms if has_triple_terms else 'SELECT 0 AS id'}) t ON t.id = v.value WHERE NOT CASE"
            f" WHEN t.id IS NOT NULL THEN false WHEN v.value >= {FIRST_LITERAL_ID} THEN r.literal"
            " WHEN b.id IS NOT NULL THEN r.blank ELSE r.iri END"
        )


# --- sh:datatype

_DAY = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
_MONTH = "[0-9]{4}-(?:0[1-9]|1[0-2])"
_SECOND = _DAY + "T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_WELL_FORMED = {
    "boolean": "true|false",
    "decimal": r"-?[0-9]+(?:\.[0-9]+)?",
    "double": r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?",
    "float": r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?",
    "date": _DAY,
    "dateTime": _SECOND + "Z?",
    "gYear": "[0-9]{4}",
    "gYearMonth": _MONTH,
}
"""Lexical forms that are certainly well-formed: those of nearly all literals."""


def _datatype_sql(constraint: Constraint) -> str:
    iri = constraint.value[1:-1]
    if iri == XSD + "string":
        return f"NOT ({_LITERAL} AND ends_with(text, '\"'))"
    if iri in (RDF + "langString", RDF + "dirLangString"):
        negation = "NOT " if iri == RDF + "langString" else ""
        directed = f"{negation}regexp_matches(text, '--(?:ltr|rtl)$')"
        return f"NOT ({_LITERAL} AND NOT ends_with(text, '\"') AND NOT ends_with(text, '>') AND {directed})"
    name = iri.removeprefix(XSD) if iri.startswith(XSD) else ""
    other = _without_datatype(iri)
    if name in INTEGER_BOUNDS:
        minimum, maximum = INTEGER_BOUNDS[name]
        number = f"TRY_CAST({_lexical_of(iri)} AS BIGINT)"
        bounds = [f"{minimum} <= {number}"] if minimum is not None else []
        bounds += [f"{number} <= {maximum}"] if maximum is not None else []
        fine = f"regexp_full_match({_lexical_of(iri)}, '-?[0-9]{{1,18}}')"
        return f"CASE WHEN {other} THEN TRUE WHEN {' AND '.join([fine, *bounds])} THEN FALSE END"
    if name in _WELL_FORMED:
        fine = f"regexp_full_match({_lexical_of(iri)}, {quote(_WELL_FORMED[name])})"
        return f"CASE WHEN {other} THEN TRUE WHEN {fine} THEN FALSE END"
    if name in PATTERNS:
        return f"CASE WHEN {other} THEN TRUE END"
    return other


def _is_of_another_datatype(constraint: Constraint, text: str) -> bool:
    literal = literal_parts(text)
    return literal is None or literal.datatype != constraint.value[1:-1] or not is_well_formed(literal)


def _found_datatype(result: ValidationResult, names: TermRenderer) -> str:
    literal = literal_parts(result.value)
    if literal is None:
        return names.term(result.value)
    if f"<{literal.datatype}>" == result.check.constraint.value:
        return f"{names.term(result.value)}, which is not a valid {to_curie(literal.datatype)}"
    return f"{names.term(result.value)} of type {to_curie(literal.datatype)}"


# --- sh:minInclusive and the like; sh:lessThan compares in the same way

_ORDERED_AS_TEXT = {"date": _DAY, "dateTime": _SECOND, "gYear": "[0-9]{4}", "gYearMonth": _MONTH}
"""Forms of one length whose order as text is their order in time."""
_EXACT_NUMBERS = {
    "decimal": r"-?[0-9]{1,18}(?:\.[0-9]{1,9})?",
    "integer": "-?[0-9]{1,18}",
    "long": "-?[0-9]{1,18}",
    "int": "-?[0-9]{1,9}",
    "nonNegativeInteger": "[0-9]{1,18}",
    "positiveInteger": "[1-9][0-9]{0,17}",
}
"""Forms of numbers that are certainly well-formed, and that DECIMAL(38, 12) represents exactly."""
_DECIMALS = quote("^(?:" + "|".join(rf'"{form}"\^\^<{XSD}{name}>' for name, form in _EXACT_NUMBERS.items()) + ")$")
_ORDERS = {">": (1,), ">=": (0, 1), "<": (-1,), "<=": (-1, 0)}


def is_out_of_order(operator: str, left: str, right: str) -> bool:
    """True when SPARQL's operator is not true of the two terms, also when it cannot compare them."""
    return compare(left, right) not in _ORDERS[operator]


def pair_sql(operator: str) -> str:
    """An SQL expression over `left_text` and `right_text`: TRUE when they are out of order, NULL when undecided."""
    forms = "|".join(rf'(?:{form})"\^\^<{XSD}{name}>' for name, form in _ORDERED_AS_TEXT.items())
    plain = quote(f'"(?:{forms})')
    return (
        "CASE WHEN NOT starts_with(left_text, '\"') OR NOT starts_with(right_text, '\"') THEN TRUE"
        f" WHEN regexp_full_match(left_text, {plain}) AND regexp_full_match(right_text, {plain})"
        " AND length(left_text) = length(right_text)"
        " AND regexp_extract(left_text, '#[A-Za-z]+>$') = regexp_extract(right_text, '#[A-Za-z]+>$')"
        f" THEN NOT (left_text {operator} right_text) END"
    )


def _range(name: str, operator: str, phrase: str) -> Component:
    """A component that compares values with its parameter; `phrase` describes what is required."""

    def sql(constraint: Constraint) -> str:
        return _bound_sql(operator, constraint.value)

    def violates(constraint: Constraint, text: str) -> bool:
        return is_out_of_order(operator, text, constraint.value)

    def expected(constraint: Constraint, _: Shape, names: TermRenderer) -> str:
        return phrase.format(names.term(constraint.value))

    return ValueComponent(
        name,
        ComponentParameterType.LITERAL,
        is_monotone=True,
        find=find_bad_values,
        once=True,
        sql=sql,
        violates=violates,
        expected=expected,
    )


def _bound_sql(operator: str, bound: str) -> str:
    literal = literal_parts(bound)
    if literal is None or not is_well_formed(literal):
        return "TRUE"
    if literal.datatype in NUMERIC:
        return _number_bound_sql(operator, literal)
    name = literal.datatype.removeprefix(XSD)
    form = _ORDERED_AS_TEXT.get(name) if literal.datatype.startswith(XSD) else None
    if form is not None and re.fullmatch(form, literal.lexical) is not None:
        # A dateTimeStamp can be compared with a dateTime; otherwise another datatype has no order with the bound.
        other = (
            f"NOT {_LITERAL} OR ends_with(text, '\"')" if name == "dateTime" else _without_datatype(literal.datatype)
        )
        fine = quote(rf'"(?:{form})"\^\^<{literal.datatype}>')
        in_order = f"{_lexical_of(literal.datatype)} {operator} {quote(literal.lexical)}"
        return f"CASE WHEN {other} THEN TRUE WHEN regexp_full_match(text, {fine}) THEN NOT ({in_order}) END"
    return f"CASE WHEN NOT {_LITERAL} THEN TRUE END"


def _number_bound_sql(operator: str, literal: LiteralParts) -> str:
    """Terms without a datatype are not numbers; integers and decimals of a common size are compared exactly."""
    no_number = "NOT ends_with(text, '>') OR starts_with(text, '<')"
    if literal.datatype in (XSD + "float", XSD + "double") or len(literal.lexical) > 18:
        return f"CASE WHEN {no_number} THEN TRUE END"
    # TRY_CAST of the empty text is NULL, and so is the comparison: undecided.
    is_exact = f"regexp_matches(text, {_DECIMALS})"
    value = f"TRY_CAST(CASE WHEN {is_exact} THEN {_LEXICAL} ELSE '' END AS DECIMAL(38, 12))"
    in_order = f"{value} {operator} CAST({quote(literal.lexical)} AS DECIMAL(38, 12))"
    return f"CASE WHEN {no_number} THEN TRUE ELSE NOT ({in_order}) END"


# --- sh:minLength, sh:maxLength


def _length_sql(operator: str) -> Callable[[Constraint], str]:
    def sql(constraint: Constraint) -> str:
        too_long_or_short = f"length({_LEXICAL}) {operator} {constraint.count}"
        return f"CASE WHEN {_NO_TEXT} THEN TRUE WHEN {_ESCAPED} THEN NULL ELSE {too_long_or_short} END"

    return sql


def _is_shorter(constraint: Constraint, text: str) -> bool:
    return _has_no_text(text) or len(lexical_form(text)) < constraint.count


def _is_longer(constraint: Constraint, text: str) -> bool:
    return _has_no_text(text) or len(lexical_form(text)) > constraint.count


def _has_no_text(text: str) -> bool:
    return text.startswith("_:") or is_triple_term(text)


# --- sh:pattern


def _regex_of(constraint: Constraint) -> Regex:
    return to_regex(lexical_form(constraint.value), "".join(map(lexical_form, constraint.extra)))


def _read_pattern(component: Component, parameters: Parameters, value: str) -> Constraint:
    flags = parameters.value("flags")
    constraint = Constraint(component, (value,), extra=(flags,) if flags else ())
    try:
        _regex_of(constraint)
    except ValueError as error:
        raise ValueError(f"sh:pattern {value} is not a regular expression: {error}") from error
    return constraint


def _pattern_sql(constraint: Constraint) -> str:
    regex = _regex_of(constraint)
    if not regex.re2:
        return f"CASE WHEN {_NO_TEXT} THEN TRUE END"
    undecided = f"WHEN {_ESCAPED} THEN NULL " if regex.python else ""
    return f"CASE WHEN {_NO_TEXT} THEN TRUE {undecided}ELSE NOT regexp_matches({_LEXICAL}, {quote(regex.re2)}) END"


def _lacks_pattern(constraint: Constraint, text: str) -> bool:
    regex = _regex_of(constraint)
    assert regex.python, "SQL decides every term where only RE2 has the pattern"
    return _has_no_text(text) or not regex.is_in(lexical_form(text))


# --- sh:languageIn


def _language_sql(constraint: Constraint) -> str:
    languages = [lexical_form(value) for value in constraint.values]
    listed = "|".join(map(re.escape, languages))
    tag = "[A-Za-z]" if "*" in languages else f"(?:{listed})(?:-[A-Za-z0-9-]*)?$"  # with a direction or without
    pattern = quote(f'(?i)"@{tag}')
    return (
        f"CASE WHEN NOT {_LITERAL} OR ends_with(text, '\"') OR ends_with(text, '>') THEN TRUE"
        f" ELSE NOT regexp_matches(text, {pattern}) END"
    )


def _is_in_another_language(constraint: Constraint, text: str) -> bool:
    literal = literal_parts(text)
    return literal is None or not any(
        _matches_range(literal.language, lexical_form(value)) for value in constraint.values
    )


def _matches_range(language: str, wanted: str) -> bool:
    """SPARQL's langMatches: https://www.rfc-editor.org/rfc/rfc4647#section-3.3.1."""
    language, wanted = language.lower(), wanted.lower()
    return language != "" and (wanted == "*" or language == wanted or language.startswith(wanted + "-"))


# --- the components

CLASS = Component(
    "class",
    ComponentParameterType.IRI,
    find=_find_instances_of_others,
    reads=FurtherTriples.TYPES,
    describes_alternatives=True,
    expected=lambda constraint, _, names: f"an instance of {names.alternatives(constraint.values)}",
)
DATATYPE = ValueComponent(
    "datatype",
    ComponentParameterType.IRI,
    is_monotone=True,
    once=True,
    find=find_bad_values,
    sql=_datatype_sql,
    violates=_is_of_another_datatype,
    describes_alternatives=True,
    expected=lambda constraint, _, names: f"a value of type {names.alternatives(constraint.values)}",
    found=_found_datatype,
)
NODE_KIND = Component(
    "nodeKind",
    ComponentParameterType.NODE_KIND,
    is_monotone=True,
    once=True,
    find=_find_other_kinds,
    expected=lambda constraint, *_: _node_kind(constraint)[1],
)
MIN_EXCLUSIVE = _range("minExclusive", ">", "more than {}")
MIN_INCLUSIVE = _range("minInclusive", ">=", "{} or more")
MAX_EXCLUSIVE = _range("maxExclusive", "<", "less than {}")
MAX_INCLUSIVE = _range("maxInclusive", "<=", "{} or less")
MIN_LENGTH = ValueComponent(
    "minLength",
    ComponentParameterType.COUNT,
    is_monotone=True,
    once=True,
    find=find_bad_values,
    sql=_length_sql("<"),
    violates=_is_shorter,
    expected=lambda constraint, *_: f"at least {constraint.count} characters long",
)
MAX_LENGTH = ValueComponent(
    "maxLength",
    ComponentParameterType.COUNT,
    is_monotone=True,
    once=True,
    find=find_bad_values,
    sql=_length_sql(">"),
    violates=_is_longer,
    expected=lambda constraint, *_: f"at most {constraint.count} characters long",
)
PATTERN = ValueComponent(
    "pattern",
    ComponentParameterType.STRING,
    is_monotone=True,
    once=True,
    other_parameters={"flags": ComponentParameterType.STRING},
    read=_read_pattern,
    find=find_bad_values,
    sql=_pattern_sql,
    violates=_lacks_pattern,
    pattern=lambda constraint: lexical_form(constraint.value),
    expected=lambda constraint, *_: f"a value like {lexical_form(constraint.value)}",
)
LANGUAGE_IN = ValueComponent(
    "languageIn",
    ComponentParameterType.STRINGS,
    is_monotone=True,
    once=True,
    find=find_bad_values,
    sql=_language_sql,
    violates=_is_in_another_language,
    expected=lambda constraint, _, names: f"a text in {names.alternatives(constraint.values)}",
)
IN = Component(
    "in",
    ComponentParameterType.TERMS,
    is_monotone=True,
    once=True,
    find=_find_unlisted,
    expected=lambda constraint, _, names: f"one of {names.alternatives(constraint.values)}",
)

COMPONENTS = (
    CLASS,
    DATATYPE,
    NODE_KIND,
    MIN_EXCLUSIVE,
    MIN_INCLUSIVE,
    MAX_EXCLUSIVE,
    MAX_INCLUSIVE,
    MIN_LENGTH,
    MAX_LENGTH,
    PATTERN,
    LANGUAGE_IN,
    IN,
)
