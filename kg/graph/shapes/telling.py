"""What is said of a broken constraint: a plan walks in, the SQL that fetches what findings name walks out."""

# ruff: noqa: S608 - what is put into SQL here is numbers of terms and texts that `quoted` has made safe
from __future__ import annotations

from collections.abc import Iterable, Sequence

from kg.graph.shapes.plan import Plan
from kg.graph.shapes.statements import quoted, rows


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


def told(plan: Plan, words: str) -> str:
    """The findings: check; focus, value, path and other value as texts; how often; the numbers of focus and value."""
    plain = [(c.number, -1) for c in plan.checks if plan.reported.get(c.shape) == ()]
    counted = [(c.number, c.shape) for c in plan.checks if plan.reported.get(c.shape)]
    params = rows("r", "number, shape", plain + counted)
    times, join = "1", ""
    if counted:
        times = "coalesce(q.times, 1)"
        join = " LEFT JOIN shape_reported q ON q.shape = r.shape AND q.node = h.focus"
    return (
        f"SELECT h.asked, f.text, v.text, p.text, o.text, {times}, h.focus, h.value FROM shape_hit h JOIN {params}"
        f" ON h.asked = r.number{join} JOIN {words} f ON f.id = h.focus LEFT JOIN {words} v ON v.id = h.value"
        f" LEFT JOIN {words} p ON p.id = h.path LEFT JOIN {words} o ON o.id = h.other"
        + (" WHERE r.shape = -1 OR q.times IS NOT NULL" if counted else "")
    )


def counted_values(pairs: Iterable[tuple[int, int]], words: str) -> str:
    """The values behind findings of cardinality: value set, focus and the texts of all its values."""
    return (
        f"SELECT v.value_set, v.focus, list(t.text ORDER BY t.text) FROM shape_value v"
        f" JOIN {rows('r', 'value_set, focus', pairs)}"
        f" ON v.value_set = r.value_set AND v.focus = r.focus JOIN {words} t ON t.id = v.value GROUP BY ALL"
    )


def labels(texts: Iterable[str], predicates: Sequence[int]) -> str:
    """The labels of these nodes, by exact term."""
    listed, wanted = ",".join(quoted(text) for text in texts), ",".join(map(str, predicates))
    return (
        "SELECT a.text, b.text FROM shape_edge e JOIN term a ON a.id = e.s JOIN term b ON b.id = e.o"
        f" WHERE e.p IN ({wanted}) AND a.text IN ({listed}) ORDER BY ALL DESC"
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
