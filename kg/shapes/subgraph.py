"""A few nodes walk in; all that a check can see from them walks out: triples by number, and the texts of their terms.

As long as the shapes only look ahead, and not back or any number of steps, what they can see is soon fetched. A graph
that is small as a whole is fetched as a whole.
"""

# ruff: noqa: S608 - what is put into SQL here is numbers

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb

from kg.graph.triple_tables import FIRST_LITERAL_ID
from kg.shapes.paths import Alternative, Path, Repeat, Sequence, Step, predicates
from kg.shapes.plan import Plan
from kg.shapes.sql_tables import rows
from kg.shapes.term_ids import Numbering

MOST_TRIPLES, _MOST_NODES = 8_000, 5_000
"""Beyond, SQL over the whole graph is quicker."""
_Edge = tuple[int, int, int]


@dataclass(slots=True)
class Near:
    """A small graph by number, ready to be walked ahead and back."""

    texts: dict[int, str]
    about: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Subject -> predicate and object."""
    ahead: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    """Subject and predicate -> objects."""
    back: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    """Object and predicate -> subjects."""
    edges: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Predicate -> subject and object."""


def what_is_near(sql: duckdb.DuckDBPyConnection, plan: Plan, numbering: Numbering, nodes: Iterable[int]) -> Near | None:
    """What the plan's shapes can see from these nodes; None where that cannot be told soon."""
    depth, seen = _depth(plan), set(nodes)
    if depth is None or len(seen) > _MOST_NODES:
        return None
    followed = {numbering.of(p) for s in plan.value_sets if s.path is not None for p in predicates(s.path)}
    edges: set[_Edge] = set()
    objects_of = {t.term for s in plan.focus_sets for t in s.targets if t.kind == "objectsOf"}
    if objects_of and seen:
        wanted = ",".join(map(str, map(numbering.of, objects_of)))
        edges |= set(
            sql.execute(
                f"SELECT s, p, o FROM shape_edge JOIN {_terms(seen)} ON o = term WHERE p IN ({wanted})"
            ).fetchall()
        )
    frontier = {node for node in seen if node < FIRST_LITERAL_ID}
    for _ in range(depth):
        if not frontier:
            break
        fresh = set(sql.execute(f"SELECT s, p, o FROM shape_edge JOIN {_terms(frontier)} ON s = term").fetchall())
        edges |= fresh
        frontier = {o for _, p, o in fresh if p in followed and o < FIRST_LITERAL_ID} - seen
        seen |= frontier
        if len(seen) > _MOST_NODES:
            return None
    terms = seen | {term for edge in edges for term in edge}
    texts = dict(sql.execute(f"SELECT id, text FROM term t JOIN {_terms(terms)} ON t.id = term").fetchall())
    return _near(edges, texts | numbering.missing)


def everything(sql: duckdb.DuckDBPyConnection, numbering: Numbering) -> Near:
    """The whole graph."""
    edges = sql.execute("SELECT s, p, o FROM shape_edge").fetchall()
    return _near(edges, dict(sql.execute("SELECT id, text FROM term").fetchall()) | numbering.missing)


def _terms(numbers: Iterable[int]) -> str:
    return rows("r", "term", ((number,) for number in sorted(numbers)))


def _near(edges: Iterable[_Edge], texts: dict[int, str]) -> Near:
    near = Near(texts)
    for s, p, o in edges:
        near.about.setdefault(s, []).append((p, o))
        near.ahead.setdefault((s, p), []).append(o)
        near.back.setdefault((o, p), []).append(s)
        near.edges.setdefault(p, []).append((s, o))
    return near


def _depth(plan: Plan) -> int | None:
    """How many steps the shapes can look ahead, and one more for classes; None when they look elsewhere."""
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
