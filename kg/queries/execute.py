"""Run a SPARQL query on a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from itertools import islice

from pyoxigraph import Literal, NamedNode, Store

from kg.lookup.entity_names import EntityNames
from kg.queries.answer import CONTESTED_COLUMN, Answer
from kg.queries.rewriting.engine_query import EngineRows, EngineTriples, evaluate
from kg.queries.routing import ColumnarGraph, Engine, route
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
    engine: Engine = Engine.AUTO,
    seconds: float | None = None,
) -> Answer:
    """The answer to a query, with at most `limit` rows or triples; the graph's prefixes need no declaration.

    Where the graph has columns, `engine` says which engine answers, and `seconds` limits the columnar one.

    Raises `QueryError` for a query that does not parse, nests too deep, or has SERVICE; `guarded` says that `guard` has
    been called already.
    """
    if not guarded:
        guard(text, file=file)
    routed = route(store, text, columnar=columnar, engine=engine, file=file, seconds=seconds)
    result, answered_by = routed.result, routed.engine.value
    if isinstance(result, bool):
        return Answer((), (), names, text, name, truth=result, engine=answered_by)
    elements = result.triples if isinstance(result, EngineTriples) else result.rows
    kept = list(islice(elements, limit))
    is_complete = limit is None or next(elements, None) is None
    if isinstance(result, EngineTriples):
        return Answer((), (), names, text, name, triples=tuple(kept), complete=is_complete, engine=answered_by)
    return Answer(result.columns, kept, names, text, name, complete=is_complete, engine=answered_by)


def run_stored_query(
    store: Store,
    query: StoredQuery,
    text: str,
    *,
    names: EntityNames,
    limit: int | None,
    with_undecided: bool,
    columnar: ColumnarGraph | None = None,
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
    )
    if not is_compared:
        return answer
    result = evaluate(store, text, file=query.file, default_graph=[KNOWLEDGE, UNDECIDED])
    if isinstance(result, bool):
        return replace(answer, truth=result, is_contested=result != answer.truth)
    assert isinstance(result, EngineRows)
    rows = [tuple(solution) for solution in islice(result.rows, limit)]
    is_complete = limit is None or next(result.rows, None) is None
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
