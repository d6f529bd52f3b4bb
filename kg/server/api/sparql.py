"""The SPARQL endpoint: a query by GET or POST, its answer in the form that the client prefers.

https://www.w3.org/TR/sparql11-protocol/ - the service may refuse what it does not offer, and this one only reads:
updates are answered with 403, whatever else is wrong with them. Graphs that a request names are graphs of the store;
none is fetched, and one that the store does not have is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pyoxigraph import DefaultGraph, NamedNode, Triple
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kg.errors import QueryError
from kg.exports.store_files import KNOWLEDGE_GRAPH
from kg.filmgraph import FilmGraph
from kg.queries.result_writers import (
    JSON_LD,
    PLAIN_JSON,
    ROW_MEDIA_TYPES,
    TRIPLE_MEDIA_TYPES,
    AnswerBody,
    AnswerBounds,
    write_boolean,
    write_rows,
    write_triples,
)
from kg.queries.rewriting.engine_query import EngineResult, EngineTriples, ended, evaluate
from kg.queries.routing import QueryEngine, route
from kg.queries.sparql import guard
from kg.server.api.void import describe_service
from kg.server.http.negotiation import ANSWER_MEDIA_TYPES, EXTENSIONS, FORMAT_NAMES, acceptable
from kg.server.request_params import (
    base_url,
    decode_body,
    negotiate,
    page_handler,
    parse_form,
    query_parameters,
    snapshot_of,
    to_response,
)
from kg.terms import BASE, KNOWLEDGE, to_iri

PATH = "/sparql"
FORM, QUERY, UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
READ_ONLY = "This graph is read-only: it is built from its project's files. Change those, and build it again."
_METHODS = ["GET", "HEAD", "POST"]
_Pairs = list[tuple[str, str]]


class NotOfferedError(Exception):
    """None of the wanted media types is one that this kind of answer has; `offers` are those it has."""

    def __init__(self, offers: Sequence[str]) -> None:
        self.offers = tuple(offers)
        super().__init__(f"This answer is available as {', '.join(offers)}.")


@dataclass(frozen=True, slots=True)
class QueryDataset:
    """The dataset that a request names: graphs that make up the default graph, and named graphs, by IRI."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


# --- requests
def routes() -> list[BaseRoute]:
    """/sparql, and /query and /update, where clients of other stores look for them."""
    return [
        Route(PATH, answer, methods=_METHODS),
        Route("/sparql/", answer, methods=_METHODS),
        Route("/query", answer, methods=_METHODS),
        Route("/update", refuse_update, methods=["GET", "POST"]),
    ]


async def refuse_update(_request: Request) -> Response:
    """The answer to every update."""
    raise HTTPException(403, READ_ONLY)


async def answer(request: Request) -> Response:
    """The answer to the query; the SPARQL page or the service description where there is none."""
    parameters = await _parameters(request)
    if any(name == "update" or name.startswith("using-") for name, _ in parameters):
        raise HTTPException(403, READ_ONLY)
    texts = [value for name, value in parameters if name == "query"]
    if not texts and request.method != "POST":
        return await _describe(request)
    if len(texts) != 1:
        raise HTTPException(400, f"Send one `query`, not {len(texts)}.")
    is_plain = request.method == "GET" and not any(name == "format" for name, _ in parameters)
    if is_plain and (page := page_handler(request, "sparql", ANSWER_MEDIA_TYPES)) is not None:
        return await page(query=texts[0])
    snapshot = snapshot_of(request)
    bounds = AnswerBounds(snapshot.limits.rows, snapshot.limits.bytes)
    media_types = _media_types(request, parameters)
    return to_response(await snapshot.run(write_sparql, texts[0], media_types, bounds, _dataset(parameters)))


async def _describe(request: Request) -> Response:
    page = page_handler(request, "sparql", TRIPLE_MEDIA_TYPES)
    if page is not None:
        return await page()
    media_type = negotiate(request, TRIPLE_MEDIA_TYPES)
    return to_response(await snapshot_of(request).run(describe_service, base_url(request), media_type))


def _media_types(request: Request, parameters: _Pairs) -> tuple[str, ...]:
    """What to answer in: `format`, which links can have, or else what the client accepts."""
    name = next((value for name, value in parameters if name == "format"), None)
    if name is not None:
        named = FORMAT_NAMES.get(name.lower()) or (acceptable(name, ANSWER_MEDIA_TYPES) if "/" in name else ())
        if not named:
            raise HTTPException(406, f"There is no format {name!r}; choose {', '.join(EXTENSIONS)}.")
        return named
    accepted = acceptable(request.headers.get("accept"), ANSWER_MEDIA_TYPES)
    if not accepted:
        raise HTTPException(406, f"Answers are available as {', '.join(ANSWER_MEDIA_TYPES)}.")
    return accepted


async def _parameters(request: Request) -> _Pairs:
    """The parameters of the URL and of the body."""
    parameters = query_parameters(request)
    if request.method != "POST":
        return parameters
    media_type, _, rest = request.headers.get("content-type", "").partition(";")
    media_type, charset = media_type.strip().lower(), rest.lower().replace(" ", "").replace('"', "")
    if media_type == UPDATE:
        raise HTTPException(403, READ_ONLY)
    if media_type not in (FORM, QUERY):
        raise HTTPException(415, f"Post a query as {FORM} or {QUERY}.", headers={"Accept-Post": f"{FORM}, {QUERY}"})
    if "charset=" in charset and "charset=utf-8" not in charset:
        raise HTTPException(415, "Post a query in UTF-8.")
    body = await request.body()
    return [*parameters, *(parse_form(body) if media_type == FORM else [("query", decode_body(body))])]


def _dataset(parameters: _Pairs) -> QueryDataset | None:
    default = tuple(value for name, value in parameters if name == "default-graph-uri")
    named = tuple(value for name, value in parameters if name == "named-graph-uri")
    return QueryDataset(default, named) if default or named else None


# --- in a worker
def write_sparql(
    graph: FilmGraph,
    text: str,
    media_types: tuple[str, ...],
    bounds: AnswerBounds,
    dataset: QueryDataset | None = None,
) -> AnswerBody:
    """The answer to a SPARQL query; raises `QueryError`, and `NotOfferedError` when it has none of the media types."""
    guard(text)
    return graph.with_prefixes(text, lambda text: write_answer(graph, text, media_types, bounds, dataset=dataset))


def write_answer(
    graph: FilmGraph,
    text: str,
    media_types: tuple[str, ...],
    bounds: AnswerBounds,
    *,
    file: str = "",
    dataset: QueryDataset | None = None,
) -> AnswerBody:
    """The answer to a query that has been checked, from the engine that suits it."""
    if dataset is None:
        limit = max(bounds.rows, bounds.stop) + 1
        store = graph.store_for(limit)
        routed = route(store, text, columnar=graph.columnar, file=file, base=BASE, limit=limit)
        with ended(routed.result) as result:
            return replace(_write_result(result, media_types, bounds), engine=routed.engine.value)
    graphs = {"default_graph": _graph_names(dataset.default), "named_graphs": _graph_names(dataset.named)}
    with ended(evaluate(graph.store_for(bounds.stop + 1), text, file=file, base_iri=BASE, **graphs)) as result:
        return replace(_write_result(result, media_types, bounds), engine=QueryEngine.OXIGRAPH.value)


def _write_result(result: EngineResult, media_types: tuple[str, ...], bounds: AnswerBounds) -> AnswerBody:
    if isinstance(result, bool):
        return write_boolean(result, first_media_type(media_types, ROW_MEDIA_TYPES))
    if isinstance(result, EngineTriples):
        triples = list(islice(result.triples, bounds.start, bounds.stop))
        has_triple_terms = any(isinstance(triple.object, Triple) for triple in triples)
        unable = (JSON_LD, PLAIN_JSON) if has_triple_terms else ()
        media_type = first_media_type(media_types, [offer for offer in TRIPLE_MEDIA_TYPES if offer not in unable])
        is_complete = next(result.triples, None) is None
        return write_triples(triples, media_type, max_bytes=bounds.bytes, is_complete=is_complete)
    return write_rows(result.columns, result.rows, first_media_type(media_types, ROW_MEDIA_TYPES), bounds=bounds)


def _graph_names(names: tuple[str, ...]) -> list[NamedNode | DefaultGraph]:
    try:
        # In other stores, knowledge is a graph with a name; here it is the default graph.
        return [KNOWLEDGE if name == KNOWLEDGE_GRAPH.value else to_iri(f"<{name}>") for name in names]
    except ValueError as error:
        raise QueryError(f"A graph is named by an absolute IRI: {error}") from error


def first_media_type(media_types: tuple[str, ...], offers: Sequence[str]) -> str:
    """The first of the accepted media types that is offered; raises `NotOfferedError` when none is."""
    match = next((media_type for media_type in media_types if media_type in offers), None)
    if match is None:
        raise NotOfferedError(offers)
    return match
