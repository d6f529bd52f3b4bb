"""Run a SPARQL query on a store."""

from __future__ import annotations

from itertools import islice

from pyoxigraph import QueryBoolean, QueryTriples, Store

from kg.lookup.entity_names import EntityNames
from kg.queries.answer import Answer
from kg.queries.sparql import escape_dots, guard, to_query_error
from kg.terms import PREFIXES


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
    safe_text = text if guarded else escape_dots(text, guard(text, file=file))
    try:
        result = store.query(safe_text, prefixes=PREFIXES)
    except SyntaxError as error:
        raise to_query_error(text, error, file=file) from error
    if isinstance(result, QueryBoolean):
        return Answer((), (), names, text, name, truth=bool(result))
    elements = list(islice(result, limit))
    is_complete = limit is None or next(result, None) is None
    if isinstance(result, QueryTriples):
        return Answer((), (), names, text, name, triples=tuple(elements), complete=is_complete)
    columns = tuple(variable.value for variable in result.variables)
    return Answer(columns, elements, names, text, name, complete=is_complete)
