"""A query's text walks in; the store is asked, and an answer walks out."""

from __future__ import annotations

from itertools import islice

from pyoxigraph import QueryBoolean, QueryTriples, Store

from kg.lookup.entity_names import Names
from kg.queries.answer import Answer
from kg.queries.sparql import guard, to_query_error, with_dots
from kg.terms import PREFIXES


def ask_store(
    store: Store,
    text: str,
    *,
    names: Names,
    name: str = "",
    file: str = "",
    most: int | None = None,
    guarded: bool = False,
) -> Answer:
    """The store's answer to a SPARQL query; our prefixes are known without being declared.

    At most `most` rows are given, and `complete` says whether that was all. Raises `QueryError` for what does not
    parse, nests too deep, or calls SERVICE; `guarded` says that this has been looked at already.
    """
    runs = text if guarded else with_dots(text, guard(text, file=file))
    try:
        found = store.query(runs, prefixes=PREFIXES)
    except SyntaxError as error:
        raise to_query_error(text, error, file=file) from error
    if isinstance(found, QueryBoolean):
        return Answer((), (), names, text, name, truth=bool(found))
    if isinstance(found, QueryTriples):
        triples = tuple(found) if most is None else tuple(islice(found, most))
        is_all = most is None or next(found, None) is None
        return Answer((), (), names, text, name, triples=triples, complete=is_all)
    columns = tuple(variable.value for variable in found.variables)
    solutions = list(found) if most is None else list(islice(found, most))
    return Answer(columns, solutions, names, text, name, complete=most is None or next(found, None) is None)
