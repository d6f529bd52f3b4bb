"""Components that refer to other shapes: logical and shape-based (SHACL 4.6, 4.7).

They are computed from the shapes that refer to no other upwards, by the table of nodes that do not conform; shapes that
refer to each other in rounds, until no further node fails.
"""

# ruff: noqa: S608 - only numbers and names of tables are put into SQL
from __future__ import annotations

from collections.abc import Callable, Sequence

from kg.shapes.components.value_sets import found_values, quantity
from kg.shapes.model import Component, ComponentParameterType, Constraint, Parameters, Shape
from kg.shapes.plan import Check
from kg.shapes.results import TermRenderer
from kg.shapes.validation_tables import ValidationTables
from kg.sql import inline_table

_Find = Callable[[Sequence[Check], ValidationTables], None]


def _find_by_conformance(join: str) -> _Find:
    """Finds the values that fail one of the shapes (SEMI JOIN), or that conform to one (ANTI JOIN)."""

    def find(checks: Sequence[Check], tables: ValidationTables) -> None:
        rows = [(c.number, c.value_set, tables.shape_number(child)) for c in checks for child in c.constraint.shapes]
        tables.add_violations(
            "SELECT DISTINCT r.check_id, v.focus, v.value, NULL::UINTEGER, NULL::UINTEGER FROM shape_value v"
            f" JOIN {inline_table('r', 'check_id, value_set, child INTEGER', rows)} ON v.value_set = r.value_set"
            f" {join} shape_failed x ON x.shape = r.child AND x.node = v.value"
        )

    return find


_find_failing, _find_conforming = _find_by_conformance("SEMI JOIN"), _find_by_conformance("ANTI JOIN")
_NO_SHAPE = -2
"""Stands for an empty list: no value conforms to one of no shapes."""


def _find_by_alternatives(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Values that conform to none of the shapes, for sh:xone also those that conform to several."""
    rows = [
        (check.number, check.value_set, position, child, check.constraint.component is XONE)
        for check in checks
        for position, child in enumerate(map(tables.shape_number, check.constraint.shapes))
    ]
    rows += [
        (check.number, check.value_set, 0, _NO_SHAPE, check.constraint.component is XONE)
        for check in checks
        if not check.constraint.shapes
    ]
    alternatives = inline_table("r", "check_id, value_set, position, child INTEGER, exactly_one BOOLEAN", rows)
    tables.add_violations(
        "SELECT check_id, focus, value, NULL, NULL FROM ("
        "SELECT r.check_id, v.focus, v.value, any_value(r.exactly_one) AS exactly_one,"
        f" count(*) FILTER (x.node IS NULL AND r.child <> {_NO_SHAPE}) AS conforming"
        f" FROM shape_value v JOIN {alternatives} ON v.value_set = r.value_set"
        " LEFT JOIN shape_failed x ON x.shape = r.child AND x.node = v.value GROUP BY ALL)"
        " WHERE conforming = 0 OR (exactly_one AND conforming <> 1)"
    )


_QUALIFIED = {
    "qualifiedValueShape": ComponentParameterType.SHAPE,
    "qualifiedValueShapesDisjoint": ComponentParameterType.BOOLEAN,
}


def _read_qualified(component: Component, parameters: Parameters, value: str) -> Constraint | None:
    """Without a qualified value shape there is no constraint: all parameters of the component are mandatory."""
    shape = parameters.value("qualifiedValueShape")
    if not shape or not parameters.has_path:
        return None
    disjoint = parameters.is_true("qualifiedValueShapesDisjoint")
    siblings = tuple(s for s in parameters.sibling_shapes() if s != shape) if disjoint else ()
    return Constraint(component, (value,), (shape,), siblings)


def _find_wrong_qualified_counts(checks: Sequence[Check], tables: ValidationTables) -> None:
    """Focus nodes with too few or too many values that conform to the shape, and to none of its siblings."""
    rows = []
    for check in checks:
        is_minimum = check.constraint.component is QUALIFIED_MIN_COUNT
        child, count = tables.shape_number(check.constraint.shapes[0]), check.constraint.count
        bounds = (count, None) if is_minimum else (0, count)
        rows.append((check.number, check.focus_set, check.value_set, child, *bounds))
    counted = inline_table("r", "check_id, focus_set, value_set, child INTEGER, minimum, maximum", rows)
    siblings = [(c.number, tables.shape_number(sibling)) for c in checks for sibling in c.constraint.siblings]
    without_siblings = (
        f" ANTI JOIN (SELECT b.check_id, u.value FROM {inline_table('b', 'check_id, sibling INTEGER', siblings)}"
        " JOIN (SELECT DISTINCT value FROM shape_value) u ON true"
        " ANTI JOIN shape_failed y ON y.shape = b.sibling AND y.node = u.value) o"
        " ON o.check_id = r.check_id AND o.value = v.value"
        if siblings
        else ""
    )
    tables.add_violations(
        f"WITH n AS (SELECT r.check_id, v.focus, count(*) AS n FROM shape_value v JOIN {counted}"
        " ON v.value_set = r.value_set"
        f" ANTI JOIN shape_failed x ON x.shape = r.child AND x.node = v.value{without_siblings} GROUP BY ALL)"
        f" SELECT r.check_id, f.node, NULL, NULL, NULL FROM shape_focus f JOIN {counted} ON f.focus_set = r.focus_set"
        " LEFT JOIN n ON n.check_id = r.check_id AND n.focus = f.node"
        " WHERE coalesce(n.n, 0) < r.minimum OR coalesce(n.n, 0) > r.maximum"
    )


# --- messages


def _shapes(constraint: Constraint, names: TermRenderer) -> str:
    named = [names.term(shape) for shape in constraint.shapes if not shape.startswith("_:")]
    if named:
        return "the shape " + " and ".join(named)
    required = list(filter(None, map(names.shape_requirements, constraint.shapes)))
    if len(required) < len(constraint.shapes):
        return "a shape that has no name"
    return f"a shape that requires {' and '.join(required)}"


def _conforming(constraint: Constraint, _: Shape, names: TermRenderer) -> str:
    return f"a value that conforms to {_shapes(constraint, names)}"


def _alternatives(count: str) -> Callable[[Constraint, Shape, TermRenderer], str]:
    def expected(constraint: Constraint, _: Shape, names: TermRenderer) -> str:
        known = names.shape_alternatives(constraint.shapes)
        return known or f"a value that conforms to {count} of {len(constraint.shapes)} shapes"

    return expected


def _qualified(bound: str) -> Callable[[Constraint, Shape, TermRenderer], str]:
    def expected(constraint: Constraint, shape: Shape, names: TermRenderer) -> str:
        return f"{quantity(bound, constraint, shape, names)} conforming to {_shapes(constraint, names)}"

    return expected


# --- the components

NOT = Component(
    "not",
    ComponentParameterType.SHAPE,
    find=_find_conforming,
    negates=True,
    expected=lambda constraint, _, names: f"a value that does not conform to {_shapes(constraint, names)}",
)
AND = Component("and", ComponentParameterType.SHAPES, find=_find_failing, requires_each=True, expected=_conforming)
OR = Component("or", ComponentParameterType.SHAPES, find=_find_by_alternatives, expected=_alternatives("at least one"))
XONE = Component(
    "xone",
    ComponentParameterType.SHAPES,
    find=_find_by_alternatives,
    negates=True,
    expected=_alternatives("exactly one"),
)
NODE = Component("node", ComponentParameterType.SHAPE, find=_find_failing, requires_each=True, expected=_conforming)
PROPERTY = Component(
    "property", ComponentParameterType.SHAPE, includes_results=True, requires_each=True, expected=_conforming
)
QUALIFIED_MIN_COUNT = Component(
    "qualifiedMinCount",
    ComponentParameterType.COUNT,
    once=True,
    other_parameters=_QUALIFIED,
    read=_read_qualified,
    find=_find_wrong_qualified_counts,
    lists_values=True,
    verb="have",
    expected=_qualified("at least"),
    found=found_values,
)
QUALIFIED_MAX_COUNT = Component(
    "qualifiedMaxCount",
    ComponentParameterType.COUNT,
    once=True,
    other_parameters=_QUALIFIED,
    read=_read_qualified,
    find=_find_wrong_qualified_counts,
    negates=True,
    lists_values=True,
    verb="have",
    expected=_qualified("at most"),
    found=found_values,
)

COMPONENTS = (
    NOT,
    AND,
    OR,
    XONE,
    NODE,
    PROPERTY,
    QUALIFIED_MIN_COUNT,
    QUALIFIED_MAX_COUNT,
)
