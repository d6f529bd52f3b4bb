"""Constraints on one value: each as SQL that answers true, false or *not sure*, and exactly in Python for the unsure.

SQL sees a term's text only. It answers for the forms that nearly all literals have; escapes, far years, zones,
numbers beyond 18 digits and regular expressions beyond RE2 are left open (NULL) and judged once for each distinct
term by `is_bad`. A law holds the two together. TRUE always means: this value breaks the constraint.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kg.shapes.model import Constraint
from kg.shapes.regex import Pattern, to_pattern
from kg.shapes.sql_tables import quoted
from kg.terms import RDF, XSD
from kg.xsd import INTEGER_BOUNDS, NUMERIC, PATTERNS, LiteralParts, compare, is_well_formed, lexical_form, literal_parts

VALUE_COMPONENTS = frozenset(
    {"datatype", "minLength", "maxLength", "pattern", "languageIn"}
    | {"minExclusive", "minInclusive", "maxExclusive", "maxInclusive"}
)
"""The components that are judged here."""

KINDS = {
    "IRI": ("<",),
    "BlankNode": ("_",),
    "Literal": ('"',),
    "BlankNodeOrIRI": ("_", "<"),
    "BlankNodeOrLiteral": ("_", '"'),
    "IRIOrLiteral": ("<", '"'),
}
"""Node kind -> the signs that such terms begin with."""
_HOLDS = {  # component -> how the value must stand to the bound
    "minExclusive": (1,),
    "minInclusive": (0, 1),
    "maxExclusive": (-1,),
    "maxInclusive": (-1, 0),
    "lessThan": (-1,),
    "lessThanOrEquals": (-1, 0),
}
_SQL_HOLDS = {
    "minExclusive": ">",
    "minInclusive": ">=",
    "maxExclusive": "<",
    "maxInclusive": "<=",
    "lessThan": "<",
    "lessThanOrEquals": "<=",
}
_DAY = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
_PLAIN_FORMS = {
    "boolean": "true|false",
    "decimal": r"-?[0-9]+(?:\.[0-9]+)?",
    "double": r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?",
    "float": r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?",
    "date": _DAY,
    "dateTime": _DAY + "T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z?",
    "gYear": "[0-9]{4}",
    "gYearMonth": "[0-9]{4}-(?:0[1-9]|1[0-2])",
}
"""Lexical forms that are right beyond doubt: most of the world's literals."""
_ORDERED_AS_TEXT = {
    "date": _DAY,
    "dateTime": _DAY + "T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]",
    "gYear": "[0-9]{4}",
    "gYearMonth": "[0-9]{4}-(?:0[1-9]|1[0-2])",
}
"""Forms of one length whose order by text is their order in time."""


# --- exactly, in Python


def is_bad(constraint: Constraint, text: str) -> bool:
    """Whether the term breaks the constraint."""
    name = constraint.component.name
    value = constraint.values[0] if constraint.values else ""
    match name:
        case "datatype":
            literal = literal_parts(text)
            return literal is None or literal.datatype != value[1:-1] or not is_well_formed(literal)
        case "minLength":
            return text.startswith("_:") or len(lexical_form(text)) < constraint.count
        case "maxLength":
            return text.startswith("_:") or len(lexical_form(text)) > constraint.count
        case "pattern":
            pattern = _pattern(constraint)
            assert pattern.python, "what only RE2 can say is never left open"
            return text.startswith("_:") or not pattern.found_in(lexical_form(text))
        case "languageIn":
            literal = literal_parts(text)
            return literal is None or not any(
                _speaks(literal.language, lexical_form(each)) for each in constraint.values
            )
        case _:
            return is_out_of_order(name, text, value)


def is_out_of_order(name: str, left: str, right: str) -> bool:
    """Whether `left` does not stand to `right` as the component asks; what cannot be compared does not."""
    return compare(left, right) not in _HOLDS[name]


def _speaks(language: str, wanted: str) -> bool:
    """SPARQL's langMatches: https://www.rfc-editor.org/rfc/rfc4647#section-3.3.1."""
    language, wanted = language.lower(), wanted.lower()
    return language != "" and (wanted == "*" or language == wanted or language.startswith(wanted + "-"))


@lru_cache(maxsize=1024)
def _pattern(constraint: Constraint) -> Pattern:
    return to_pattern(lexical_form(constraint.values[0]), constraint.more[0])


# --- mostly, in SQL

_IRI, _BLANK, _LITERAL = "starts_with(text, '<')", "starts_with(text, '_')", "starts_with(text, '\"')"
_ESCAPED = r"contains(text, '\')"
_STR = (
    "CASE WHEN starts_with(text, '<') OR ends_with(text, '\"') THEN substring(text, 2, length(text) - 2)"
    " ELSE regexp_extract(text, '^\"(.*)\"', 1, 's') END"
)
"""The lexical form of a term that has no escapes; the closing quote is the last quote of the text."""


def to_sql(constraint: Constraint) -> str:
    """An SQL expression over the column `text`: whether the term breaks the constraint, or NULL."""
    name = constraint.component.name
    value = constraint.values[0] if constraint.values else ""
    match name:
        case "datatype":
            return _datatype(value[1:-1])
        case "minLength" | "maxLength":
            sign = "<" if name == "minLength" else ">"
            return (
                f"CASE WHEN {_BLANK} THEN TRUE WHEN {_ESCAPED} THEN NULL"
                f" ELSE length({_STR}) {sign} {constraint.count} END"
            )
        case "pattern":
            pattern = _pattern(constraint)
            if not pattern.re2:
                return f"CASE WHEN {_BLANK} THEN TRUE END"
            unsure = f"WHEN {_ESCAPED} THEN NULL " if pattern.python else ""
            return f"CASE WHEN {_BLANK} THEN TRUE {unsure}ELSE NOT regexp_matches({_STR}, {quoted(pattern.re2)}) END"
        case "languageIn":
            return _language([lexical_form(each) for each in constraint.values])
        case _:
            return _bound(name, value)


def _datatype(iri: str) -> str:
    if iri == XSD + "string":
        return f"NOT ({_LITERAL} AND ends_with(text, '\"'))"
    if iri == RDF + "langString":
        return f"NOT ({_LITERAL} AND NOT ends_with(text, '\"') AND NOT ends_with(text, '>'))"
    name = iri.removeprefix(XSD) if iri.startswith(XSD) else ""
    other = _not_typed(iri)
    if name in INTEGER_BOUNDS:
        least, most = INTEGER_BOUNDS[name]
        bounds = [f"{least} <= {_number(iri)}"] if least is not None else []
        bounds += [f"{_number(iri)} <= {most}"] if most is not None else []
        fine = f"regexp_full_match({_within(iri)}, '-?[0-9]{{1,18}}')"
        return f"CASE WHEN {other} THEN TRUE WHEN {' AND '.join([fine, *bounds])} THEN FALSE END"
    if name in _PLAIN_FORMS:
        return (
            f"CASE WHEN {other} THEN TRUE WHEN regexp_full_match({_within(iri)}, {quoted(_PLAIN_FORMS[name])})"
            " THEN FALSE END"
        )
    if name in PATTERNS:
        return f"CASE WHEN {other} THEN TRUE END"
    return other


def _not_typed(iri: str) -> str:
    return "NOT ends_with(text, " + quoted(f'"^^<{iri}>') + ")"


def _within(iri: str) -> str:
    """The lexical form of a literal that is known to have this datatype and no escapes that matter."""
    return f"substring(text, 2, length(text) - {len(iri) + 6})"


def _number(iri: str) -> str:
    return f"TRY_CAST({_within(iri)} AS BIGINT)"


def _language(wanted: list[str]) -> str:
    spoken = "[A-Za-z]" if "*" in wanted else f"(?:{'|'.join(wanted)})(?:-[A-Za-z0-9-]*)?$"
    tagged = quoted('(?i)"@' + spoken)
    return (
        f"CASE WHEN NOT {_LITERAL} OR ends_with(text, '\"') OR ends_with(text, '>') THEN TRUE"
        f" ELSE NOT regexp_matches(text, {tagged}) END"
    )


_EXACT = quoted(
    rf'^"(-?[0-9]{{1,18}}(?:\.[0-9]{{1,9}})?)"\^\^<{XSD}(?:integer|decimal|int|long|nonNegativeInteger|positiveInteger)>$'
)
"""The whole and decimal numbers that DECIMAL(38, 12) holds exactly."""


def _bound(name: str, bound: str) -> str:
    literal = literal_parts(bound)
    if literal is None or not is_well_formed(literal):
        return "TRUE"
    sign = _SQL_HOLDS[name]
    if literal.datatype in NUMERIC:
        return _number_bound(sign, literal)
    short = literal.datatype.removeprefix(XSD)
    form = _ORDERED_AS_TEXT.get(short) if literal.datatype.startswith(XSD) else None
    if form is not None and re.fullmatch(form, literal.lexical) is not None:
        # A dateTimeStamp may be held against a dateTime; else what has another datatype has no order with the bound.
        other = f"NOT {_LITERAL} OR ends_with(text, '\"')" if short == "dateTime" else _not_typed(literal.datatype)
        fine = quoted(rf'"(?:{form})"\^\^<{literal.datatype}>')
        held = f"{_within(literal.datatype)} {sign} {quoted(literal.lexical)}"
        return f"CASE WHEN {other} THEN TRUE WHEN regexp_full_match(text, {fine}) THEN NOT ({held}) END"
    return f"CASE WHEN NOT {_LITERAL} THEN TRUE END"


def _number_bound(sign: str, literal: LiteralParts) -> str:
    """What has no datatype is no number; whole and decimal numbers of a common size are compared exactly."""
    if literal.datatype in (XSD + "float", XSD + "double") or len(literal.lexical) > 18:
        return "CASE WHEN NOT ends_with(text, '>') OR starts_with(text, '<') THEN TRUE END"
    # TRY_CAST of the empty text is NULL, and so is the comparison: left open.
    value = f"TRY_CAST(regexp_extract(text, {_EXACT}, 1) AS DECIMAL(38, 12))"
    held = f"{value} {sign} CAST({quoted(literal.lexical)} AS DECIMAL(38, 12))"
    return f"CASE WHEN NOT ends_with(text, '>') OR starts_with(text, '<') THEN TRUE ELSE NOT ({held}) END"


def pair_to_sql(name: str) -> str:
    """An SQL expression over `left_text` and `right_text`: whether the pair is out of order, or NULL."""
    sign = _SQL_HOLDS[name]
    kinds = "|".join(rf'(?:{form})"\^\^<{XSD}{kind}>' for kind, form in _ORDERED_AS_TEXT.items())
    plain = quoted(f'"(?:{kinds})')
    return (
        "CASE WHEN NOT starts_with(left_text, '\"') OR NOT starts_with(right_text, '\"') THEN TRUE"
        f" WHEN regexp_full_match(left_text, {plain}) AND regexp_full_match(right_text, {plain})"
        " AND length(left_text) = length(right_text)"
        " AND regexp_extract(left_text, '#[A-Za-z]+>$') = regexp_extract(right_text, '#[A-Za-z]+>$')"
        f" THEN NOT (left_text {sign} right_text) END"
    )
