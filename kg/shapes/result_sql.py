"""What is said of a broken constraint: a plan walks in, the SQL that fetches what findings name walks out."""

# ruff: noqa: S608 - what is put into SQL here is numbers of terms and texts that `quoted` has made safe
from __future__ import annotations

from collections.abc import Iterable, Sequence

from kg.shapes.plan import Check, Plan
from kg.shapes.sql_tables import quoted, rows


def reported(number: int, plan: Plan) -> str:
    """The reported focus nodes of one shape, with how often each is reached."""
    parts = []
    for source in plan.reported[number]:
        if source.focus_set >= 0:
            parts.append(f"SELECT node, 1 AS times FROM shape_focus WHERE focus_set = {source.focus_set}")
        else:
            values_of, above = plan.values_of[source.shape], plan.reported[source.shape]
            if plan.shapes[source.shape].path is None and not above:
                parts.append(f"SELECT node, 1 FROM shape_focus WHERE focus_set = {plan.focus_of[source.shape]}")
            elif not above:
                parts.append(f"SELECT value, 1 FROM shape_value WHERE value_set = {values_of}")
            elif plan.shapes[source.shape].path is None:
                parts.append(f"SELECT node, times FROM shape_reported WHERE shape = {source.shape}")
            else:
                parts.append(
                    "SELECT v.value, r.times FROM shape_value v JOIN shape_reported r ON r.node = v.focus"
                    f" WHERE v.value_set = {values_of} AND r.shape = {source.shape}"
                )
    return (
        f"INSERT INTO shape_reported SELECT {number}, node, sum(times)"
        f" FROM ({' UNION ALL '.join(parts)}) s(node, times)"
        " GROUP BY node"
    )


def told(plan: Plan) -> str:
    """The findings by number: check, focus, value, path, the other value, and how often each is told."""
    plain = [(c.number, -1) for c in plan.checks if plan.reported.get(c.shape) == ()]
    counted = [(c.number, c.shape) for c in plan.checks if plan.reported.get(c.shape)]
    params = rows("r", "number, shape", plain + counted)
    columns = "h.asked, h.focus, h.value, h.path, h.other"
    if len(plain) == len(plan.checks):
        return f"SELECT {columns}, 1 FROM shape_hit h"
    if not counted:
        return f"SELECT {columns}, 1 FROM shape_hit h JOIN {params} ON h.asked = r.number"
    return (
        f"SELECT {columns}, coalesce(q.times, 1) FROM shape_hit h JOIN {params} ON h.asked = r.number"
        " LEFT JOIN shape_reported q ON q.shape = r.shape AND q.node = h.focus WHERE r.shape = -1"
        " OR q.times IS NOT NULL"
    )


def counted_values(checks: Iterable[Check], words: str) -> str:
    """The values behind findings of cardinality: value set, focus, all of its values, and their exact texts."""
    params = rows("r", "asked, value_set", [(c.number, c.value_set) for c in checks])
    return (
        f"SELECT v.value_set, v.focus, list(v.value), list(t.text) FROM shape_value v JOIN {words} t ON t.id = v.value"
        f" SEMI JOIN (SELECT r.value_set, h.focus FROM shape_hit h JOIN {params} ON h.asked = r.asked) w"
        " ON w.value_set = v.value_set AND w.focus = v.focus GROUP BY ALL"
    )


def texts(terms: Iterable[int], words: str) -> str:
    """The exact texts of these terms."""
    return f"SELECT t.id, t.text FROM {words} t JOIN {rows('r', 'term', ((term,) for term in terms))} ON t.id = r.term"


def labels(terms: Iterable[int], predicates: Sequence[int], words: str) -> str:
    """The labels of these terms; of several the first in the order of their text comes last."""
    wanted = ",".join(map(str, predicates))
    return (
        f"SELECT e.s, b.text FROM shape_edge e JOIN {rows('r', 'term', ((term,) for term in terms))} ON e.s = r.term"
        f" JOIN {words} b ON b.id = e.o WHERE e.p IN ({wanted}) ORDER BY ALL DESC"
    )


def numbers(texts: Iterable[str]) -> str:
    """The numbers of these terms, for those that the graph has."""
    return f"SELECT text, id FROM term WHERE text IN ({','.join(quoted(text) for text in texts)})"


def pairs(predicate: int) -> str:
    """Subject and object of every triple with this predicate."""
    return (
        "SELECT a.text, b.text FROM shape_edge e JOIN term a ON a.id = e.s JOIN term b ON b.id = e.o"
        f" WHERE e.p = {predicate}"
    )
