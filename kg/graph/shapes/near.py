"""A few nodes walk in; a small copy of all that a check can see from them walks out, so that it looks nowhere else.

Every statement of a check reads the whole table of triples, which is cheap for a check of everything and dear for one
of ten nodes. As long as the shapes only look ahead, and not back or any number of steps, what they see is soon fetched.
"""

# ruff: noqa: S608 - what is put into SQL here is numbers

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from kg.graph.shapes.numbering import Numbering
from kg.graph.shapes.paths import Alternative, Path, Repeat, Sequence, Step, predicates
from kg.graph.shapes.plan import Plan
from kg.graph.shapes.statements import rows
from kg.graph.triples import LITERALS

_MOST = 20_000
"""Nodes; beyond, reading the whole table is no dearer."""
_Edge = tuple[int, int, int]

TABLES = (
    "CREATE OR REPLACE TEMP TABLE shape_near AS SELECT * FROM {edges}",
    "CREATE OR REPLACE TEMP TABLE shape_words AS SELECT t.id, t.text FROM {words} t JOIN {terms} ON t.id = r.term",
)


def fetch_near(sql: duckdb.DuckDBPyConnection, plan: Plan, numbering: Numbering, nodes: Iterable[int]) -> bool:
    """Fill `shape_near` and `shape_words` with what is seen from the nodes; False where that cannot be told soon."""
    depth = _depth(plan)
    seen = set(nodes)
    if depth is None or not seen or len(seen) > _MOST:
        return False
    followed = {numbering.of(p) for s in plan.value_sets if s.path is not None for p in predicates(s.path)}
    edges: set[_Edge] = set()
    objects_of = {t.term for s in plan.focus_sets for t in s.targets if t.kind == "objectsOf"}
    if objects_of:
        edges |= _edges(sql, f"p IN ({_listed(map(numbering.of, objects_of))}) AND o IN ({_listed(seen)})")
    frontier = {node for node in seen if node < LITERALS}
    for _ in range(depth):
        if not frontier:
            break
        fresh = _edges(sql, f"s IN ({_listed(frontier)})")
        edges |= fresh
        frontier = {o for _, p, o in fresh if p in followed and o < LITERALS} - seen
        seen |= frontier
        if len(seen) > _MOST:
            return False
    terms = seen | {term for edge in edges for term in edge}
    near = rows("r", "s, p, o", sorted(edges)) if edges else "(SELECT s, p, o FROM shape_edge LIMIT 0) r"
    for statement in TABLES:
        sql.execute(
            statement.format(
                edges=near, words=numbering.words, terms=rows("r", "term", ((term,) for term in sorted(terms)))
            )
        )
    return True


def _edges(sql: duckdb.DuckDBPyConnection, condition: str) -> set[_Edge]:
    return set(sql.execute(f"SELECT s, p, o FROM shape_edge WHERE {condition}").fetchall())


def _listed(numbers: Iterable[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


def _depth(plan: Plan) -> int | None:
    """How many steps the shapes can look ahead, and one more for classes and labels; None when they look elsewhere."""
    longest = 0
    for value_set in plan.value_sets:
        if value_set.path is not None:
            steps = _length(value_set.path)
            if steps is None:
                return None
            longest = max(longest, steps)
    return longest * len(plan.floors()) + 1


def _length(path: Path) -> int | None:
    """The steps of a path that only leads ahead."""
    match path:
        case Step():
            return None if path.inverse else 1
        case Repeat():
            return _length(path.part) if path.times == "?" else None
        case Sequence() | Alternative():
            lengths = [_length(part) for part in path.parts]
            known = [length for length in lengths if length is not None]
            return sum(known) if len(known) == len(lengths) else None
