"""The operators of a compiled query, as DuckDB ran them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from kg.graph.columns import Columns
from kg.queries.sparql_to_sql.run import Compiled
from kg.workers.job_limits import interrupt_in_time

_MAX_ABOUT = 60
_OF_EXPLAIN = ("RESULT_COLLECTOR", "EXPLAIN_ANALYZE")


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator of DuckDB's plan: how deep it is, its estimated and real rows, and the seconds that it took."""

    name: str
    about: str
    depth: int
    estimated: int | None
    rows: int
    seconds: float


def measure_operators(columns: Columns, compiled: Compiled) -> tuple[Operator, ...]:
    """The operators of a query, which is run for this."""
    cursor = columns.sql.cursor()
    with interrupt_in_time(cursor.interrupt, duckdb.InterruptException):
        ((_, text),) = cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled.to_sql()}").fetchall()
    return tuple(_operators(json.loads(text)["operator"], 0))


def _operators(nodes: list[dict[str, Any]], depth: int) -> Iterator[Operator]:
    for node in nodes:
        is_plan = node["type"] not in _OF_EXPLAIN
        if is_plan:
            yield _to_operator(node, depth)
        yield from _operators(node.get("children", []), depth + is_plan)


def _to_operator(node: dict[str, Any], depth: int) -> Operator:
    info = node["extra_info"]
    about = next((info[key] for key in ("Filters", "Conditions", "Table", "Groups") if info.get(key)), "")
    text = " ".join((", ".join(about) if isinstance(about, list) else str(about)).split())
    estimated = info.get("Estimated Cardinality")
    known = int(estimated) if str(estimated).isdecimal() else None
    return Operator(
        node["name"], text[:_MAX_ABOUT], depth, known, int(node["intermediate_rows"]), float(node["timing"])
    )
