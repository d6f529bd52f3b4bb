"""Why a query is answered as it is: engine, algebra, rewrites, SQL, and operators with their rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kg.queries.rewriting.engine_query import InMemoryResult
from kg.queries.routing import ColumnarGraph, QueryEngine, Routed

if TYPE_CHECKING:
    from kg.queries.sparql_to_sql.measured_plan import Operator


def explain_route(routed: Routed, text: str, columnar: ColumnarGraph) -> str:
    """Engine, reason, algebra, rows and time of a query, for people; of the columnar engine also its SQL."""
    start = time.perf_counter()
    count = 1 if isinstance(routed.result, bool) else len(InMemoryResult.of(routed.result).elements)
    seconds = routed.seconds + time.perf_counter() - start
    lines = [f"engine: {routed.engine} ({routed.reason})", *_algebra(routed, text)]
    if (compiled := routed.compiled) is not None:
        from kg.queries.sparql_to_sql.measured_plan import measure_operators

        lines += ["rewrites:", *(f"    {name}: {step}" for name, step, _ in compiled.plan.relations)]
        lines += ["SQL:", *(f"    {line}" for line in compiled.to_sql().splitlines())]
        if routed.engine is QueryEngine.COLUMNAR:
            lines += ["operators, with their estimated and real rows:"]
            lines += [_operator_line(operator) for operator in measure_operators(columnar.open(), compiled)]
    return "\n".join([*lines, f"rows: {count:,}", f"time: {seconds:.3f} seconds", ""])


def _algebra(routed: Routed, text: str) -> Iterator[str]:
    from kg.queries.sparql_to_sql.algebra import NotCompiled, to_algebra, write_algebra

    try:
        algebra = routed.compiled.plan.algebra if routed.compiled is not None else to_algebra(text)
    except NotCompiled:
        return
    yield "algebra:"
    values = routed.compiled.values if routed.compiled is not None else ()
    yield from (f"    {line}" for line in write_algebra(algebra, values))


def _operator_line(operator: Operator) -> str:
    estimated = "?" if operator.estimated is None else f"{operator.estimated:,}"
    name, took = f"{'  ' * operator.depth}{operator.name}", operator.seconds * 1e3
    return f"    {name:40} {estimated:>12} {operator.rows:>12,} {took:>9.1f} ms  {operator.about}".rstrip()
