"""A question walks in, in a worker; its answer walks out in a media type, cut where the limits say so."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pyoxigraph import NamedNode, QueryBoolean, QueryTriples

from kg.errors import QueryError
from kg.filmgraph import FilmGraph
from kg.queries.binding import parameter_terms
from kg.queries.sparql import escape_dots, guard, to_query_error
from kg.queries.stored_query import StoredQuery
from kg.server.media_types import ROWS, TRIPLES
from kg.server.workers.result_writers import Bounds, Written, write_rows, write_triples, write_truth
from kg.terms import BASE, PREFIXES, to_iri

__all__ = ["Bounds", "Dataset", "NotOffered", "Written", "write_sparql", "write_stored"]


class NotOffered(Exception):  # noqa: N818  # not an error of the graph: the door makes it 406
    """None of the wanted media types is one that this kind of answer has; `offers` are those it has."""

    def __init__(self, offers: Sequence[str]) -> None:
        self.offers = tuple(offers)
        super().__init__(f"This answer comes as {', '.join(offers)}.")


@dataclass(frozen=True, slots=True)
class Dataset:
    """The dataset that a request names: graphs that make up the default graph, and named graphs, by IRI."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def write_sparql(
    graph: FilmGraph,
    text: str,
    media: tuple[str, ...],
    bounds: Bounds,
    dataset: Dataset | None = None,
) -> Written:
    """The answer to a SPARQL query; raises `QueryError`, and `NotOffered` when it has none of the media types."""
    with _told_as_ours():
        return _write(graph, text, escape_dots(text, guard(text)), media, bounds, dataset=dataset)


def write_stored(
    graph: FilmGraph, name: str, values: Mapping[str, object], media: tuple[str, ...], bounds: Bounds
) -> Written:
    """The answer to a stored query; raises `ParameterError` for a value that does not fit, or that nothing bears."""
    query = graph.queries.find(name)
    text = bind(graph, query, values)
    with _told_as_ours():
        return _write(graph, text, text, media, bounds, file=query.file)


@contextlib.contextmanager
def _told_as_ours() -> Iterator[None]:
    """What the engine finds out only while it answers - a function that it does not know - is wrong with the query."""
    try:
        yield
    except RuntimeError as error:
        raise QueryError(f"The query cannot be answered: {error}") from error


def bind(graph: FilmGraph, query: StoredQuery, values: Mapping[str, object]) -> str:
    """The text of a stored query with these values in it."""
    return query.bind(parameter_terms(query, values, graph.names))


def _write(
    graph: FilmGraph,
    text: str,
    runs: str,
    media: tuple[str, ...],
    bounds: Bounds,
    *,
    file: str = "",
    dataset: Dataset | None = None,
) -> Written:
    found = run(graph, text, runs, file=file, dataset=dataset)
    if isinstance(found, QueryBoolean):
        return write_truth(bool(found), _first(media, ROWS))
    if isinstance(found, QueryTriples):
        triples = list(islice(found, bounds.start, bounds.last))
        is_all = next(found, None) is None
        return write_triples(triples, _first(media, TRIPLES), is_all=is_all, most=bounds.bytes)
    chosen = _first(media, ROWS)
    columns = tuple(variable.value for variable in found.variables)
    return write_rows(columns, found, chosen, bounds=bounds)


def run(
    graph: FilmGraph,
    text: str,
    runs: str,
    *,
    file: str = "",
    dataset: Dataset | None = None,
) -> Any:
    """What the engine gives for a guarded query; raises `QueryError` with the place when it does not parse."""
    told: dict[str, Any] = {"prefixes": PREFIXES, "base_iri": BASE}
    if dataset is not None:
        told["default_graph"] = _graphs(dataset.default)
        told["named_graphs"] = _graphs(dataset.named)
    try:
        return graph.store.query(runs, **told)
    except SyntaxError as error:
        raise to_query_error(text, error, file=file) from error


def _graphs(names: tuple[str, ...]) -> list[NamedNode]:
    try:
        return [to_iri(f"<{name}>") for name in names]
    except ValueError as error:
        raise QueryError(f"A graph is named by an absolute IRI: {error}") from error


def _first(media: tuple[str, ...], offers: Sequence[str]) -> str:
    found = next((one for one in media if one in offers), None)
    if found is None:
        raise NotOffered(offers)
    return found
