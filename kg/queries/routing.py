"""Which engine answers a query: SQL over columns where much is read, else Oxigraph.

Shape and statistics decide. A query without aggregates, order, DISTINCT or filters is a lookup; so is one with a
pattern that few triples match, since the search begins there. In a small graph, loading the compiler takes longer than
any query. What is not compiled goes to Oxigraph as a whole.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from math import isclose
from typing import TYPE_CHECKING, Any, Protocol

from pyoxigraph import BlankNode, Literal, Store

from kg.engines.spark_session import master_of
from kg.errors import EngineMismatchError, InputError, QueryError
from kg.graph.engine_errors import is_interruption
from kg.queries.rewriting.engine_query import EngineResult, InMemoryResult, evaluate
from kg.queries.snapshot_store import not_compiled
from kg.text.sparql_tokens import tokenise
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
_UNITS = {"float": 64 * 2.0**-23, "double": 64 * 2.0**-52}
"""The relative difference of 64 units in the last place, by the datatype."""
_FEW = 1_000
"""A pattern that so few triples match makes a query a lookup."""


class QueryEngine(StrEnum):
    """What answers a query."""

    AUTO = "auto"
    COLUMNAR = "columnar"
    OXIGRAPH = "oxigraph"
    BOTH = "both"
    """Both engines, whose answers are compared."""
    SPARK = "spark"
    """The columnar engine's SQL, run by Spark; also as `spark=MASTER`."""


def parse_engine(name: str) -> QueryEngine:
    """The engine of this name; raises `InputError` for an unknown one."""
    if master_of(name) is not None:
        return QueryEngine.SPARK
    try:
        return QueryEngine(name)
    except ValueError:
        raise InputError(f"There is no engine {name!r}; choose {', '.join(QueryEngine)}.") from None


class Evaluate(Protocol):
    """Answers a query with Oxigraph; raises `QueryError` for one that it does not."""

    def __call__(self, text: str, *, file: str, base_iri: str | None) -> EngineResult:
        """The result of a query."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine of a query, and why that one; `compiled` is its SQL for the columnar engine."""

    engine: QueryEngine
    reason: str
    compiled: Compiled | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Routed:
    """A result, the engine that gave it, and why that one; `compiled` is the SQL of the columnar engine."""

    result: EngineResult
    engine: QueryEngine
    reason: str
    compiled: Compiled | None = field(default=None, repr=False)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ColumnarGraph:
    """How many triples a graph has, and what opens its columns."""

    triples: int
    open: Callable[[], Columns]
    has_store: bool = True
    """False where the columns alone answer."""

    @property
    def is_large(self) -> bool:
        """False for a graph in which loading the compiler takes longer than any query."""
        return self.triples >= SMALL


def route(
    store: Store,
    text: str,
    *,
    columnar: ColumnarGraph | None = None,
    engine: QueryEngine = QueryEngine.AUTO,
    file: str = "",
    base: str | None = None,
    limit: int | None = None,
    oxigraph: Evaluate | None = None,
) -> Routed:
    """The result of a query that `guard` has let pass, from the engine that is asked for or that suits it.

    The columnar engine gives at most `limit` rows or triples, and ends at the deadline (`kg.workers.job_limits`).
    Oxigraph cannot be interrupted; `oxigraph` is how it answers, if not in this process. Raises `QueryError` when the
    columnar engine is asked for and the query is not compiled, and `EngineMismatchError` when both are and differ.
    """
    answer = partial(oxigraph if oxigraph is not None else partial(evaluate, store), text, file=file, base_iri=base)
    choice = choose_engine(store, text, columnar=columnar, engine=engine, file=file, base=base)
    if choice.compiled is None or columnar is None:
        return Routed(answer(), QueryEngine.OXIGRAPH, choice.reason)
    from kg.queries.sparql_to_sql.algebra import NotCompiled
    from kg.queries.sparql_to_sql.run import run_compiled

    start = time.perf_counter()
    try:
        result = run_compiled(columnar.open(), choice.compiled, limit=None if engine is QueryEngine.BOTH else limit)
    except NotCompiled as missing:
        if not columnar.has_store:
            raise not_compiled(missing.reason) from missing
        reason = _not_compiled(missing.reason, engine)
        return Routed(answer(), QueryEngine.OXIGRAPH, reason)
    routed = Routed(result, choice.engine, choice.reason, choice.compiled, time.perf_counter() - start)
    if engine is QueryEngine.BOTH:
        return _compared(routed, answer(), has_sums=bool(_words(text) & {"SUM", "AVG"}))
    return routed


def choose_engine(
    store: Store,
    text: str,
    *,
    columnar: ColumnarGraph | None,
    engine: QueryEngine = QueryEngine.AUTO,
    file: str = "",
    base: str | None = None,
) -> Choice:
    """The engine of a query that `guard` has let pass: the one that is asked for, or that suits it.

    Raises `QueryError` when the columnar engine is asked for and the query is not compiled.
    """
    if columnar is not None and not columnar.has_store:
        return _only_columnar(columnar, text, engine, file=file, base=base)
    if columnar is None or engine is QueryEngine.OXIGRAPH:
        return Choice(
            QueryEngine.OXIGRAPH, "it was asked for" if engine is QueryEngine.OXIGRAPH else "there are no columns"
        )
    if engine is QueryEngine.AUTO and (reason := _why_lookup(text, columnar)):
        return Choice(QueryEngine.OXIGRAPH, reason)
    from kg.queries.sparql_to_sql.algebra import NotCompiled
    from kg.queries.sparql_to_sql.run import compile_query, matches_at_least

    try:
        compiled = compile_query(_opened(columnar), text, file=file, base=base)
    except NotCompiled as missing:
        return Choice(QueryEngine.OXIGRAPH, _not_compiled(missing.reason, engine))
    if engine is not QueryEngine.AUTO:
        name = QueryEngine.SPARK if engine is QueryEngine.SPARK else QueryEngine.COLUMNAR
        return Choice(name, "it was asked for", compiled)
    if matches_at_least(store, compiled, _FEW) < _FEW:
        return Choice(QueryEngine.OXIGRAPH, "few triples match one of its patterns")
    return Choice(QueryEngine.COLUMNAR, "it reads many triples", compiled)


def _only_columnar(columnar: ColumnarGraph, text: str, engine: QueryEngine, *, file: str, base: str | None) -> Choice:
    """The columnar engine; raises `InputError` when another is asked for, `QueryError` when it does not answer."""
    from kg.queries.sparql_to_sql.algebra import NotCompiled
    from kg.queries.sparql_to_sql.run import compile_query

    if engine in (QueryEngine.OXIGRAPH, QueryEngine.BOTH):
        raise InputError(f"The build has no lookup store, which the engine {engine} needs; see [store] lookup.")
    try:
        compiled = compile_query(columnar.open(), text, file=file, base=base)
    except NotCompiled as missing:
        raise not_compiled(missing.reason) from missing
    name = QueryEngine.SPARK if engine is QueryEngine.SPARK else QueryEngine.COLUMNAR
    return Choice(name, "the build has no lookup store", compiled)


def _why_lookup(text: str, columnar: ColumnarGraph) -> str:
    """Why a query is a lookup; empty for one that may be analytic."""
    if not columnar.is_large:
        return f"the graph has fewer than {SMALL:,} triples"
    is_analytic = bool(_words(text) & set(_ANALYTIC_WORDS))
    return "" if is_analytic else "it has no aggregate, order, DISTINCT or filter"


def _words(text: str) -> set[str]:
    """The keywords of a query."""
    return {token.keyword for token in tokenise(text) if token.kind in ("word", "name")}


def _opened(columnar: ColumnarGraph) -> Columns:
    from kg.queries.sparql_to_sql.algebra import NotCompiled

    try:
        return columnar.open()
    except (OSError, RuntimeError) as error:  # a sandboxed worker makes no files
        if is_interruption(error):
            raise
        raise NotCompiled(f"the columns cannot be opened ({error})") from error


def _not_compiled(reason: str, engine: QueryEngine) -> str:
    """Why Oxigraph answers; raises `QueryError` when the columnar engine was asked for."""
    if engine is QueryEngine.COLUMNAR:
        raise QueryError(f"The columnar engine does not answer this query: {reason}.")
    return f"not compiled: {reason}"


def _compared(routed: Routed, other: EngineResult, *, has_sums: bool) -> Routed:
    """The columnar answer, if the other engine gives the same: the same rows, in any order.

    Sums of floating-point numbers are the same within `_UNITS` in the last place, as engines add in different orders.
    """
    ours, theirs = InMemoryResult.of(routed.result), InMemoryResult.of(other)
    mine, others = Counter(_keys(ours)), Counter(_keys(theirs))
    only_ours, only_theirs = list((mine - others).elements()), list((others - mine).elements())
    if has_sums:
        only_ours, only_theirs = _without_rounded(only_ours, only_theirs)
    if only_ours or only_theirs:
        message = f"The engines differ: {len(only_ours)} rows only columnar, {len(only_theirs)} only Oxigraph's."
        raise EngineMismatchError(message, only_columnar=only_ours, only_oxigraph=only_theirs)
    return replace(routed, result=ours.result, reason="both engines give the same")


def _without_rounded(ours: list[Any], theirs: list[Any]) -> tuple[list[Any], list[Any]]:
    """The rows of two engines that differ by more than the rounding of their numbers."""
    left, others = [], defaultdict[object, list[Any]](list)
    for row in theirs:
        others[_exact_cells(row)].append(row)
    for row in ours:
        alike = others[_exact_cells(row)]
        same = next((i for i, other in enumerate(alike) if all(map(_is_near, row, other))), None)
        if same is None:
            left.append(row)
        else:
            del alike[same]
    return left, [row for rows in others.values() for row in rows]


def _exact_cells(row: Any) -> object:
    """A row without the values of its floating-point numbers."""
    return tuple(cell[0] if _is_floating(cell) else cell for cell in row) if isinstance(row, tuple) else row


def _is_floating(cell: Any) -> bool:
    return isinstance(cell, tuple) and cell[0] in _UNITS


def _is_near(a: Any, b: Any) -> bool:
    return a == b or (_is_floating(a) and isclose(float(a[1]), float(b[1]), rel_tol=_UNITS[a[0]]))


def _keys(result: InMemoryResult) -> Iterator[object]:
    """What two engines must have in common: terms by value, blank nodes without their labels, columns by name."""
    if result.truth is not None:
        yield result.truth
    elif result.columns is None:
        yield from (tuple(map(_key, triple)) for triple in dict.fromkeys(result.elements))
    else:
        names = result.columns
        order = sorted(range(len(names)), key=names.__getitem__)
        yield from (tuple(_key(row[i]) for i in order) for row in result.elements)


def _key(term: object) -> object:
    if isinstance(term, BlankNode):
        return "_:"
    if isinstance(term, Literal) and (value := value_of(str(term))) is not None and value.is_known:
        # Oxigraph's store writes every integer datatype as xsd:integer.
        return (value.space, str(value.value))
    return None if term is None else str(term)
