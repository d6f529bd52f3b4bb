"""Run a SPARQL query on a store."""

from __future__ import annotations

from itertools import islice

from pyoxigraph import Store

from kg.lookup.entity_names import EntityNames
from kg.queries.answer import Answer
from kg.queries.rewriting.engine_query import EngineTriples, evaluate
from kg.queries.sparql import guard


def run_query(
    store: Store,
    text: str,
    *,
    names: EntityNames,
    name: str = "",
    file: str = "",
    limit: int | None = None,
    guarded: bool = False,
) -> Answer:
    """The answer to a query, with at most `limit` rows or triples; the graph's prefixes need no declaration.

    Raises `QueryError` for a query that does not parse, nests too deep, or has SERVICE; `guarded` says that `guard` has
    been called already.
    """
    if not guarded:
        guard(text, file=file)
    result = evaluate(store, text, file=file)
    if isinstance(result, bool):
        return Answer((), (), names, text, name, truth=result)
    elements = result.triples if isinstance(result, EngineTriples) else result.rows
    kept = list(islice(elements, limit))
    is_complete = limit is None or next(elements, None) is None
    if isinstance(result, EngineTriples):
        return Answer((), (), names, text, name, triples=tuple(kept), complete=is_complete)
    return Answer(result.columns, kept, names, text, name, complete=is_complete)
