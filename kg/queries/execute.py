"""Run a SPARQL query on a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from pyoxigraph import Literal, NamedNode, Store

from kg.lookup.entity_names import EntityNames
from kg.queries.answer import CONTESTED_COLUMN, Answer
from kg.queries.rewriting.engine_query import EngineRows, EngineTriples, ended, evaluate
from kg.queries.routing import ColumnarGraph, Evaluate, QueryEngine, route
from kg.queries.sparql import guard
from kg.queries.stored_query import StoredQuery
from kg.terms import KNOWLEDGE, UNDECIDED, XSD, to_curie

_TRUE = Literal("true", datatype=NamedNode(XSD + "boolean"))


def run_query(
    store: Store,
    text: str,
    *,
    names: EntityNames,
    name: str = "",
    file: str = "",
    limit: int | None = None,
    guarded: bool = False,
    columnar: ColumnarGraph | None = None,
    engine: QueryEngine = QueryEngine.AUTO,
    oxigraph: Evaluate | None = None,
    max_bytes: int | None = None,
) -> Answer:
    """The answer to a query, with at most `limit` rows or triples; the graph's prefixes need no declaration.

    Its terms have at most `max_bytes` bytes. Where the graph has columns, `engine` says which engine answers;
    `oxigraph` is how Oxigraph does, if not in this process.

    Raises `QueryError` for a query that does not parse, nests too deep, or has SERVICE; `guarded` says that `guard` has
    been called already.
    """
    if not guarded:
        guard(text, file=file)
    stop = None if limit is None else limit + 1
    routed = route(store, text, columnar=columnar, engine=engine, file=file, limit=stop, oxigraph=oxigraph)
    result, answered_by = routed.result, routed.engine.value
    if isinstance(result, bool):
        return Answer((), (), names, text, name, truth=result, engine=answered_by)
    with ended(result):
        taken = _take(result.triples if isinstance(result, EngineTriples) else result.rows, limit, max_bytes)
    kept, complete = taken.elements, taken.is_all
    if isinstance(result, EngineTriples):
        return Answer((), (), names, text, name, triples=tuple(kept), complete=complete, engine=answered_by)
    return Answer(result.columns, kept, names, text, name, complete=complete, engine=answered_by)


@dataclass(frozen=True, slots=True)
class _Taken:
    """Rows or triples, and whether they are all that the query gives."""

    elements: list[Any]
    is_all: bool


def _take(elements: Iterator[Any], limit: int | None, max_bytes: int | None) -> _Taken:
    """The first of the elements, until a limit is reached."""
    if max_bytes is None:
        kept = list(islice(elements, limit))
        return _Taken(kept, limit is None or next(elements, None) is None)
    kept, size = [], 0
    for element in elements:
        size += sum(len(str(term).encode()) for term in element if term is not None)
        if size > max_bytes or len(kept) == limit:
            return _Taken(kept, False)
        kept.append(element)
    return _Taken(kept, True)


def run_stored_query(
    store: Store,
    query: StoredQuery,
    text: str,
    *,
    names: EntityNames,
    limit: int | None,
    with_undecided: bool,
    columnar: ColumnarGraph | None = None,
    max_bytes: int | None = None,
) -> Answer:
    """The answer to a stored query, of which `text` has the values bound.

    With what is undecided between sources, a row that holds only with such a value is marked in a further column,
    `contested`. Triples are always those of knowledge.
    """
    is_compared = with_undecided and query.form in ("SELECT", "ASK")
    # A row that the limit leaves out of knowledge may come earlier with what is undecided, so it is compared with all.
    stop = None if is_compared else limit
    # What is undecided is read by Oxigraph alone: rows can be compared where both sides come from one engine.
    answer = run_query(
        store,
        text,
        names=names,
        name=query.name,
        file=query.file,
        limit=stop,
        guarded=True,
        columnar=None if is_compared else columnar,
        max_bytes=None if is_compared else max_bytes,
    )
    if not is_compared:
        return answer
    result = evaluate(store, text, file=query.file, default_graph=[KNOWLEDGE, UNDECIDED])
    if isinstance(result, bool):
        return replace(answer, truth=result, is_contested=result != answer.truth)
    assert isinstance(result, EngineRows)
    with ended(result):
        taken = _take(result.rows, limit, max_bytes)
    rows, is_complete = [tuple(solution) for solution in taken.elements], taken.is_all
    known = Counter(map(tuple, answer.solutions))
    marked = []
    for row in rows:
        known[row] -= 1
        marked.append((*row, None if known[row] >= 0 else _TRUE))
    if all(row[-1] is None for row in marked):
        return replace(answer, solutions=rows, complete=is_complete)
    columns = (*answer.columns, CONTESTED_COLUMN)
    return replace(answer, columns=columns, solutions=marked, complete=is_complete, is_contested=True)


def names_any(text: str, properties: Collection[NamedNode]) -> bool:
    """True when a query's text names one of these properties."""
    return any(f"<{property.value}>" in text or to_curie(property.value) in text for property in properties)
