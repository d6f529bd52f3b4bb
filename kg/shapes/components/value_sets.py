"""Components that constrain all values of a focus node together: cardinality, property pair (SHACL 4.2, 4.5), other."""

# ruff: noqa: S608 - only numbers, names of tables and quoted texts are put into SQL
from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from kg.shapes.components.values import is_out_of_order, pair_sql
from kg.shapes.model import TRUE, Component, ComponentParameterType, Constraint, FurtherTriples, Parameters, Shape
from kg.shapes.plan import Check
from kg.shapes.results import TermRenderer, ValidationResult
from kg.shapes.validation_tables import ValidationTables
from kg.sql import inline_table
from kg.xsd import literal_parts

# --- sh:minCount, sh:maxCount


def _find_wrong_counts(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Focus nodes with too few or too many values. Most counts are right for all focus nodes, which is tested first."""
    # To count in all value sets is faster than to select those that have a count.
    tables.execute(
        "CREATE OR REPLACE TEMP TABLE shape_count AS"
        " SELECT value_set, focus, count(*) AS n FROM shape_value GROUP BY ALL"
    )
    ranges = {
        value_set: (nodes, fewest, most)
        for value_set, nodes, fewest, most in tables.rows(
            "SELECT value_set, count(*), min(n), max(n) FROM shape_count GROUP BY value_set"
        )
    }
    focus_counts = tables.focus_counts()
    wrong, without_values = [], []
    for check in checks:
        minimum, maximum = _bounds(check.constraint)
        nodes, fewest, most = ranges.get(check.value_set, (0, minimum, 0))
        if fewest < minimum or (maximum is not None and most > maximum):
            wrong.append((check.number, check.value_set, minimum, maximum))
        if minimum and nodes < focus_counts.get(check.focus_set, 0):
            without_values.append((check.number, check.focus_set, check.value_set))
    if wrong:
        tables.add_violations(
            "SELECT r.check_id, n.focus, NULL, NULL, NULL FROM shape_count n"
            f" JOIN {inline_table('r', 'check_id, value_set, minimum, maximum', wrong)} ON n.value_set = r.value_set"
            " WHERE n.n < r.minimum OR n.n > r.maximum"
        )
    if without_values:
        tables.add_violations(
            "SELECT r.check_id, f.node, NULL, NULL, NULL FROM shape_focus f"
            f" JOIN {inline_table('r', 'check_id, focus_set, value_set', without_values)} ON f.focus_set = r.focus_set"
            " ANTI JOIN shape_count n ON n.value_set = r.value_set AND n.focus = f.node"
        )


def _bounds(constraint: Constraint) -> tuple[int, int | None]:
    """The least and the greatest number of values."""
    return (constraint.count, None) if constraint.component is MIN_COUNT else (0, constraint.count)


# --- sh:hasValue


def _find_missing_values(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Focus nodes that do not have the value."""
    rows = [(c.number, c.focus_set, c.value_set, tables.id(c.constraint.value)) for c in checks]
    tables.add_violations(
        "SELECT r.check_id, f.node, NULL, NULL, NULL FROM shape_focus f"
        f" JOIN {inline_table('r', 'check_id, focus_set, value_set, term', rows)} ON f.focus_set = r.focus_set"
        " ANTI JOIN shape_value v ON v.value_set = r.value_set AND v.focus = f.node AND v.value = r.term"
    )


# --- sh:uniqueLang


def _read_if_true(component: Component, _: Parameters, value: str) -> Constraint | None:
    return Constraint(component, (value,)) if value == TRUE else None


def _find_repeated_languages(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Language tags that several values have: one violation for each tag, with one of its values as the other value."""
    rows = inline_table("r", "check_id, value_set", [(check.number, check.value_set) for check in checks])
    tables.add_violations(
        "SELECT check_id, focus, NULL, NULL, min(value) FROM ("
        "SELECT r.check_id, v.focus, v.value,"
        """ lower(regexp_extract(t.text, '"@([A-Za-z0-9-]+?)(?:--(?:ltr|rtl))?$', 1)) AS language"""
        f" FROM shape_value v JOIN {rows} ON v.value_set = r.value_set JOIN {tables.terms} t ON t.id = v.value"
        """ WHERE starts_with(t.text, '"') AND NOT ends_with(t.text, '"') AND NOT ends_with(t.text, '>'))"""
        " GROUP BY check_id, focus, language HAVING count(*) > 1"
    )


def _found_language(result: ValidationResult, _: TermRenderer) -> str:
    literal = literal_parts(result.other)
    return f"several in {literal.language}" if literal is not None else ""


# --- sh:closed


def _read_closed(component: Component, parameters: Parameters, value: str) -> Constraint | None:
    if value != TRUE:
        return None
    allowed = {*parameters.property_predicates(), *parameters.members("ignoredProperties")}
    return Constraint(component, (value,), extra=tuple(sorted(allowed)))


def _find_unknown_properties(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Triples of the value nodes of a closed shape with a property that it does not allow."""
    rows = inline_table("r", "check_id, value_set", [(check.number, check.value_set) for check in checks])
    allowed = [(check.number, tables.id(iri)) for check in checks for iri in check.constraint.extra]
    tables.add_violations(
        f"SELECT r.check_id, v.focus, e.o, e.p, NULL FROM shape_value v JOIN {rows} ON v.value_set = r.value_set"
        " JOIN shape_triple e ON e.s = v.value"
        f" ANTI JOIN {inline_table('k', 'check_id, predicate', allowed)}"
        " ON k.check_id = r.check_id AND k.predicate = e.p"
    )


# --- property pairs


def _find_unequal_values(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Values that only one of the two properties has."""
    rows = [(c.number, c.focus_set, c.value_set, tables.id(c.constraint.value)) for c in checks]
    pairs = inline_table("r", "check_id, focus_set, value_set, predicate", rows)
    tables.add_violations(
        f"SELECT r.check_id, v.focus, v.value, NULL, NULL FROM shape_value v JOIN {pairs} ON v.value_set = r.value_set"
        " ANTI JOIN shape_triple e ON e.p = r.predicate AND e.s = v.focus AND e.o = v.value"
        f" UNION ALL SELECT DISTINCT r.check_id, f.node, e.o, NULL, NULL FROM shape_focus f JOIN {pairs}"
        " ON f.focus_set = r.focus_set"
        " JOIN shape_triple e ON e.p = r.predicate AND e.s = f.node"
        " ANTI JOIN shape_value v ON v.value_set = r.value_set AND v.focus = f.node AND v.value = e.o"
    )


def _find_shared_values(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Values that the other property has too."""
    rows = [(c.number, c.value_set, tables.id(c.constraint.value)) for c in checks]
    tables.add_violations(
        "SELECT r.check_id, v.focus, v.value, NULL, NULL FROM shape_value v"
        f" JOIN {inline_table('r', 'check_id, value_set, predicate', rows)} ON v.value_set = r.value_set"
        " SEMI JOIN shape_triple e ON e.p = r.predicate AND e.s = v.focus AND e.o = v.value"
    )


_OPERATORS = ("<", "<=")


def _operator(check: Check) -> str:
    return "<" if check.constraint.component is LESS_THAN else "<="


def _find_unordered_pairs(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Pairs of a value and a value of the other property that are out of order, or cannot be compared."""
    rows = [(c.number, c.value_set, tables.id(c.constraint.value), _OPERATORS.index(_operator(c))) for c in checks]
    used = sorted({row[3] for row in rows})
    cases = " ".join(f"WHEN {number} THEN {pair_sql(_OPERATORS[number])}" for number in used)
    tested = tables.count_made(
        "CREATE OR REPLACE TEMP TABLE shape_tested AS"
        " SELECT check_id, focus, value, other, left_text, right_text, violates FROM ("
        f"SELECT *, CASE operator {cases} END AS violates FROM ("
        "SELECT r.check_id, v.focus, v.value, e.o AS other, r.operator, a.text AS left_text, b.text AS right_text"
        " FROM shape_value v"
        f" JOIN {inline_table('r', 'check_id, value_set, predicate, operator', rows)} ON v.value_set = r.value_set"
        " JOIN shape_triple e ON e.p = r.predicate AND e.s = v.focus"
        f" JOIN {tables.terms} a ON a.id = v.value JOIN {tables.terms} b ON b.id = e.o))"
        " WHERE violates IS DISTINCT FROM FALSE"
    )
    if not tested:
        return
    undecided = tables.rows(
        "SELECT DISTINCT check_id, value, other, left_text, right_text FROM shape_tested WHERE violates IS NULL"
    )
    operators = {check.number: _operator(check) for check in checks}
    bad = [
        (check, value, other)
        for check, value, other, left, right in undecided
        if is_out_of_order(operators[check], left, right)
    ]
    if bad:
        tables.add_violations(
            "SELECT d.check_id, d.focus, d.value, NULL, d.other FROM shape_tested d"
            f" JOIN {inline_table('r', 'check_id, value, other', bad)} USING (check_id, value, other)"
            " WHERE d.violates IS NULL"
        )
    tables.add_violations("SELECT check_id, focus, value, NULL, other FROM shape_tested WHERE violates")


def _found_pair(result: ValidationResult, names: TermRenderer) -> str:
    return f"{names.term(result.value)} compared with {names.term(result.other)}"


# --- the components


def quantity(bound: str, constraint: Constraint, shape: Shape, names: TermRenderer) -> str:
    """How many values of its property a shape requires: `at least 1 director`, `at most 2 values of year`."""
    count, name = constraint.count, names.property_of(shape)
    return f"{bound} {count} {name if count == 1 else f'values of {name}'}"


def _at_most(constraint: Constraint, shape: Shape, names: TermRenderer) -> str:
    return quantity("at most", constraint, shape, names) if constraint.count else f"no {names.property_of(shape)}"


def found_values(result: ValidationResult, names: TermRenderer) -> str:
    """How many values there are, and which."""
    return f"{len(result.values)}: {names.enumeration(result.values)}" if result.values else "none"


MIN_COUNT = Component(
    "minCount",
    ComponentParameterType.COUNT,
    once=True,
    property_only=True,
    find=_find_wrong_counts,
    lists_values=True,
    verb="have",
    expected=partial(quantity, "at least"),
    found=found_values,
)
MAX_COUNT = Component(
    "maxCount",
    ComponentParameterType.COUNT,
    is_monotone=True,
    once=True,
    property_only=True,
    find=_find_wrong_counts,
    lists_values=True,
    verb="have",
    expected=_at_most,
    found=found_values,
)
UNIQUE_LANG = Component(
    "uniqueLang",
    ComponentParameterType.BOOLEAN,
    is_monotone=True,
    once=True,
    property_only=True,
    read=_read_if_true,
    find=_find_repeated_languages,
    verb="have",
    expected=lambda _, shape, names: f"at most one {names.property_of(shape)} in each language",
    found=_found_language,
)
EQUALS = Component(
    "equals",
    ComponentParameterType.IRI,
    find=_find_unequal_values,
    reads=FurtherTriples.OTHER_PROPERTY,
    expected=lambda constraint, _, names: f"the same as the values of {names.predicate(constraint.value)}",
)
DISJOINT = Component(
    "disjoint",
    ComponentParameterType.IRI,
    is_monotone=True,
    find=_find_shared_values,
    reads=FurtherTriples.OTHER_PROPERTY,
    expected=lambda constraint, _, names: f"different from every value of {names.predicate(constraint.value)}",
)
LESS_THAN = Component(
    "lessThan",
    ComponentParameterType.IRI,
    is_monotone=True,
    property_only=True,
    find=_find_unordered_pairs,
    reads=FurtherTriples.OTHER_PROPERTY,
    expected=lambda constraint, _, names: f"less than {names.predicate(constraint.value)}",
    found=_found_pair,
)
LESS_THAN_OR_EQUALS = Component(
    "lessThanOrEquals",
    ComponentParameterType.IRI,
    is_monotone=True,
    property_only=True,
    find=_find_unordered_pairs,
    reads=FurtherTriples.OTHER_PROPERTY,
    expected=lambda constraint, _, names: f"no more than {names.predicate(constraint.value)}",
    found=_found_pair,
)
CLOSED = Component(
    "closed",
    ComponentParameterType.BOOLEAN,
    is_monotone=True,
    once=True,
    other_parameters={"ignoredProperties": ComponentParameterType.IRIS},
    read=_read_closed,
    find=_find_unknown_properties,
    reads=FurtherTriples.ALL_PROPERTIES,
    verb="have",
    expected=lambda *_: "only the properties that the shape allows",
    found=lambda result, names: f"{names.predicate(result.path)} {names.term(result.value)}",
)
HAS_VALUE = Component(
    "hasValue",
    ComponentParameterType.ANY,
    find=_find_missing_values,
    lists_values=True,
    verb="have",
    expected=lambda constraint, shape, names: f"{names.term(constraint.value)} as {names.property_of(shape)}",
    found=lambda result, names: names.enumeration(result.values) or "none",
)

COMPONENTS = (
    MIN_COUNT,
    MAX_COUNT,
    UNIQUE_LANG,
    EQUALS,
    DISJOINT,
    LESS_THAN,
    LESS_THAN_OR_EQUALS,
    CLOSED,
    HAS_VALUE,
)
