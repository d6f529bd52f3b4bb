"""The name of a graph walks in; its triples walk out. What would write is refused.

https://www.w3.org/TR/sparql11-http-rdf-update/ - indirectly at /graphs?graph=IRI and /graphs?default, directly at the
graph's own address, /graph/provenance. A whole graph as N-Triples is the build's own file, which no limit cuts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from pyoxigraph import NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from kg.filmgraph import FilmGraph
from kg.graph.store import GRAPHS, find_quads
from kg.queries.result_writers import N_TRIPLES, TRIPLE_MEDIA_TYPES, AnswerBody, write_triples
from kg.server.api.sparql import READ_ONLY
from kg.server.request_params import negotiate, query_parameters, snapshot_of, to_response
from kg.terms import GRAPH, KNOWLEDGE, to_iri

_WRITING = ["PUT", "POST", "DELETE", "PATCH"]
_PIECE = 1 << 16


def routes() -> list[BaseRoute]:
    """/graphs, /graph/NAME and /dump.nt."""
    return [
        Route("/graphs", read, methods=["GET", "HEAD"]),
        Route("/graph/{name:path}", read_directly, methods=["GET", "HEAD"]),
        Route("/graphs", refuse, methods=_WRITING),
        Route("/graph/{name:path}", refuse, methods=_WRITING),
        Route("/dump.nt", dump, methods=["GET", "HEAD"]),
    ]


async def refuse(_request: Request) -> Response:
    """What every write is answered with."""
    raise HTTPException(403, READ_ONLY)


async def read(request: Request) -> Response:
    """The graph that the address names in `graph`, or with `default` the default graph, which is knowledge."""
    told = query_parameters(request)
    named = [value for name, value in told if name == "graph"]
    if len(named) + any(name == "default" for name, _ in told) != 1:
        raise HTTPException(400, "Name one graph: `graph=IRI`, or `default`.")
    return await _answer(request, named[0] if named else "")


async def read_directly(request: Request) -> Response:
    """The graph whose own address this is."""
    return await _answer(request, f"{GRAPH}{request.path_params['name']}")


async def dump(request: Request) -> Response:
    """Knowledge whole, as the build wrote it down."""
    build = snapshot_of(request).build
    return StreamingResponse(_lines([build / file for file in _files_of("")]), media_type=N_TRIPLES)


def _files_of(graph: str) -> list[str]:
    """The files that the build wrote of a graph."""
    return [file for file, iri in GRAPHS.items() if (iri.value if iri is not None else "") == graph]


async def _answer(request: Request, graph: str) -> Response:
    media = negotiate(request, TRIPLE_MEDIA_TYPES)
    snapshot = snapshot_of(request)
    if media == N_TRIPLES and (files := _files_of(graph)):
        return StreamingResponse(_lines([snapshot.build / file for file in files]), media_type=N_TRIPLES)
    limits = snapshot.limits
    written = await snapshot.run(write_graph, graph, media, limits.rows, limits.bytes)
    if written is None:
        raise HTTPException(404, "The store has no such graph.")
    return to_response(written)


def write_graph(graph: FilmGraph, name: str, media: str, rows: int, most: int) -> AnswerBody | None:
    """The triples of a graph, cut where the limits say so; None when the store has no such graph."""
    try:
        iri = to_iri(f"<{name}>") if name else KNOWLEDGE
    except ValueError:
        return None
    if isinstance(iri, NamedNode) and not graph.store.contains_named_graph(iri):
        return None
    triples = [quad.triple for quad in find_quads(graph.store, None, None, None, iri, limit=rows + 1)]
    return write_triples(triples[:rows], media, is_complete=len(triples) <= rows, max_bytes=most)


async def _lines(paths: list[Path]) -> AsyncIterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            while piece := await run_in_threadpool(file.read, _PIECE):
                yield piece
