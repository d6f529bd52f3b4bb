"""Which engine answers a query: SQL over columns where much is read, else Oxigraph.

Shape and statistics decide. A query without aggregates, order, DISTINCT or filters is a lookup; so is one with a
pattern that few triples match, since the search begins there. In a small graph, loading the compiler takes longer than
any query. What is not compiled goes to Oxigraph as a whole.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, Literal, Store

from kg.errors import EngineMismatchError, InputError, QueryError
from kg.queries.rewriting.engine_query import EngineResult, EngineRows, EngineTriples, evaluate
from kg.queries.sparql import tokenise
from kg.xsd import value_of

if TYPE_CHECKING:
    from kg.graph.columns import Columns
    from kg.queries.sparql_to_sql.run import Compiled

_ANALYTIC_WORDS = (
    "COUNT",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "SAMPLE",
    "GROUP_CONCAT",
    "GROUP",
    "ORDER",
    "DISTINCT",
    "FILTER",
)
SMALL = 100_000
"""A graph of fewer triples is always asked through Oxigraph, unless the engine is named."""
_FEW = 1_000
"""A pattern that so few triples match makes a query a lookup."""


class Engine(StrEnum):
    """What answers a query."""

    AUTO = "auto"
    COLUMNAR = "columnar"
    OXIGRAPH = "oxigraph"
    BOTH = "both"
    """Both engines, whose answers are compared."""


def parse_engine(name: str) -> Engine:
    """The engine of this name; raises `InputError` for an unknown one."""
    try:
        return Engine(name)
    except ValueError:
        raise InputError(f"There is no engine {name!r}; choose {', '.join(Engine)}.") from None


@dataclass(frozen=True, slots=True)
class Routed:
    """A result, the engine that gave it, and why that one; `compiled` is the SQL of the columnar engine."""

    result: EngineResult
    engine: Engine
    reason: str
    compiled: Compiled | None = field(default=None, repr=False)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ColumnarGraph:
    """How many triples a graph has, and what opens its columns."""

    triples: int
    open: Callable[[], Columns]


def route(
    store: Store,
    text: str,
    *,
    columnar: ColumnarGraph | None = None,
    engine: Engine = Engine.AUTO,
    file: str = "",
    seconds: float | None = None,
) -> Routed:
    """The result of a query that `guard` has let pass, from the engine that is asked for or that suits it.

    Raises `QueryError` when the columnar engine is asked for and the query is not compiled, and `EngineMismatchError`
    when both are and differ. `seconds` limits the columnar engine.
    """
    if columnar is None or engine is Engine.OXIGRAPH:
        return Routed(evaluate(store, text, file=file), Engine.OXIGRAPH, "it was asked for")
    if engine is Engine.AUTO and (reason := _why_lookup(text, columnar.triples)):
        return Routed(evaluate(store, text, file=file), Engine.OXIGRAPH, reason)
    from kg.queries.sparql_to_sql.algebra import NotCompiled

    try:
        routed = _run(text, columnar, engine, seconds, file=file)
    except NotCompiled as missing:
        if engine is Engine.COLUMNAR:
            raise QueryError(f"The columnar engine does not answer this query: {missing.reason}.") from missing
        return Routed(evaluate(store, text, file=file), Engine.OXIGRAPH, f"not compiled: {missing.reason}")
    if engine is Engine.BOTH:
        return _compared(routed, evaluate(store, text, file=file))
    return routed if routed is not None else Routed(evaluate(store, text, file=file), Engine.OXIGRAPH, _FEW_MATCH)


_FEW_MATCH = "few triples match one of its patterns"


def _why_lookup(text: str, triples: int) -> str:
    """Why a query is a lookup; empty for one that may be analytic."""
    if triples < SMALL:
        return f"the graph has fewer than {SMALL:,} triples"
    words = {token.keyword for token in tokenise(text) if token.kind in ("word", "name")}
    return "" if words & set(_ANALYTIC_WORDS) else "it has no aggregate, order, DISTINCT or filter"


def _run(text: str, columnar: ColumnarGraph, engine: Engine, seconds: float | None, *, file: str) -> Routed | None:
    """The answer of the columnar engine; None for a lookup, unless that engine is asked for."""
    from kg.queries.sparql_to_sql.algebra import NotCompiled
    from kg.queries.sparql_to_sql.run import compile_query, fewest_matches, run_compiled

    try:
        columns = columnar.open()
    except (OSError, RuntimeError) as error:  # a sandboxed worker makes no files
        raise NotCompiled(f"the columns cannot be opened ({error})") from error
    compiled = compile_query(columns, text, file=file)
    if engine is Engine.AUTO and fewest_matches(columns, compiled) < _FEW:
        return None
    start = time.perf_counter()
    result = run_compiled(columns, compiled, seconds=seconds)
    reason = "it was asked for" if engine is not Engine.AUTO else "it reads many triples"
    return Routed(result, Engine.COLUMNAR, reason, compiled, time.perf_counter() - start)


def _compared(routed: Routed | None, other: EngineResult) -> Routed:
    """The columnar answer, if the other engine gives the same: the same rows, in any order."""
    assert routed is not None
    ours = routed.result if isinstance(routed.result, bool) else _in_memory(routed.result)
    theirs = other if isinstance(other, bool) else _in_memory(other)
    if isinstance(ours, bool) or isinstance(theirs, bool):
        mine, others = Counter[object]([ours]), Counter[object]([theirs])
    else:
        mine, others = Counter[object](_keys(ours)), Counter[object](_keys(theirs))
    only_ours, only_theirs = list((mine - others).elements()), list((others - mine).elements())
    if only_ours or only_theirs:
        message = f"The engines differ: {len(only_ours)} rows only columnar, {len(only_theirs)} only Oxigraph's."
        raise EngineMismatchError(message, only_columnar=only_ours, only_oxigraph=only_theirs)
    return Routed(_again(ours), routed.engine, "both engines give the same", routed.compiled, routed.seconds)


@dataclass(frozen=True, slots=True)
class _Elements:
    """The rows or triples of a result, in memory."""

    columns: tuple[str, ...] | None
    elements: list[Any]


def _in_memory(result: EngineRows | EngineTriples) -> _Elements:
    if isinstance(result, EngineTriples):
        return _Elements(None, list(dict.fromkeys(result.triples)))
    return _Elements(result.columns, [tuple(row) for row in result.rows])


def _again(result: bool | _Elements) -> EngineResult:
    if isinstance(result, bool):
        return result
    if result.columns is None:
        return EngineTriples(iter(result.elements))
    return EngineRows(result.columns, iter(result.elements))


def _keys(result: _Elements) -> Iterator[tuple[object, ...]]:
    """What two engines must have in common: terms by value, blank nodes without their labels, columns by name."""
    if result.columns is None:
        yield from (tuple(map(_key, (t.subject, t.predicate, t.object))) for t in result.elements)
        return
    order = sorted(range(len(result.columns)), key=lambda i: (result.columns or ())[i])
    yield from (tuple(_key(row[i]) for i in order) for row in result.elements)


def _key(term: object) -> object:
    if isinstance(term, BlankNode):
        return "_:"
    if isinstance(term, Literal) and (value := value_of(str(term))) is not None and value.is_known:
        # Oxigraph's store writes every integer datatype as xsd:integer.
        return (value.space, str(value.value))
    return None if term is None else str(term)


def explain_route(routed: Routed) -> str:
    """Engine, reason, rewrites, SQL, rows and time of a query, for people."""
    start = time.perf_counter()
    count = 1 if isinstance(routed.result, bool) else len(_in_memory(routed.result).elements)
    seconds = routed.seconds + time.perf_counter() - start
    lines = [f"engine: {routed.engine} ({routed.reason})"]
    if routed.compiled is not None:
        lines += ["rewrites:", *(f"    {name}: {step}" for name, step, _ in routed.compiled.steps)]
        lines += ["SQL:", *(f"    {line}" for line in routed.compiled.sql.splitlines())]
    return "\n".join([*lines, f"rows: {count:,}", f"time: {seconds:.3f} seconds", ""])
