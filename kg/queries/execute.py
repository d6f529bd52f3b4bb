"""A query's text walks in; the store is asked, and an answer walks out."""

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
    """The store's answer to a SPARQL query; our prefixes are known without being declared.

    At most `most` rows are given, and `complete` says whether that was all. Raises `QueryError` for what does not
    parse, nests too deep, or calls SERVICE; `guarded` says that this has been looked at already.
    """
    runs = text if guarded else escape_dots(text, guard(text, file=file))
    try:
        found = store.query(runs, prefixes=PREFIXES)
    except SyntaxError as error:
        raise to_query_error(text, error, file=file) from error
    if isinstance(found, QueryBoolean):
        return Answer((), (), names, text, name, truth=bool(found))
    if isinstance(found, QueryTriples):
        triples = tuple(found) if limit is None else tuple(islice(found, limit))
        is_all = limit is None or next(found, None) is None
        return Answer((), (), names, text, name, triples=triples, complete=is_all)
    columns = tuple(variable.value for variable in found.variables)
    solutions = list(found) if limit is None else list(islice(found, limit))
    return Answer(columns, solutions, names, text, name, complete=limit is None or next(found, None) is None)
