"""The Graph Store Protocol, for reading: the triples of a graph; what would write is refused.

https://www.w3.org/TR/sparql11-http-rdf-update/ - indirectly at /graphs?graph=IRI and /graphs?default, directly at the
graph's own URL, /graph/provenance. A complete graph as N-Triples is the build's own file, which no limit cuts.
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

WRITING_METHODS = ["PUT", "POST", "DELETE", "PATCH"]
_CHUNK = 1 << 16


# --- requests
def routes() -> list[BaseRoute]:
    """/graphs, /graph/NAME and /dump.nt."""
    return [
        Route("/graphs", read_indirectly, methods=["GET", "HEAD"]),
        Route("/graph/{name:path}", read_directly, methods=["GET", "HEAD"]),
        Route("/graphs", refuse_write, methods=WRITING_METHODS),
        Route("/graph/{name:path}", refuse_write, methods=WRITING_METHODS),
        Route("/dump.nt", dump, methods=["GET", "HEAD"]),
    ]


async def refuse_write(_request: Request) -> Response:
    """The answer to every write."""
    raise HTTPException(403, READ_ONLY)


async def read_indirectly(request: Request) -> Response:
    """The graph that the parameter `graph` names, or with `default` the default graph, which is knowledge."""
    parameters = query_parameters(request)
    named = [value for name, value in parameters if name == "graph"]
    if len(named) + any(name == "default" for name, _ in parameters) != 1:
        raise HTTPException(400, "Name one graph: `graph=IRI`, or `default`.")
    return await _answer(request, named[0] if named else "")


async def read_directly(request: Request) -> Response:
    """The graph whose own URL this is."""
    return await _answer(request, f"{GRAPH}{request.path_params['name']}")


async def dump(request: Request) -> Response:
    """All of knowledge, as the build wrote it."""
    return _stream_files(snapshot_of(request).build, _files_of(""))


async def _answer(request: Request, graph: str) -> Response:
    media_type = negotiate(request, TRIPLE_MEDIA_TYPES)
    snapshot = snapshot_of(request)
    if media_type == N_TRIPLES and (files := _files_of(graph)):
        return _stream_files(snapshot.build, files)
    limits = snapshot.limits
    answer: AnswerBody | None = await snapshot.run(write_graph, graph, media_type, limits.rows, limits.bytes)
    if answer is None:
        raise HTTPException(404, "The store has no such graph.")
    return to_response(answer)


def _files_of(graph: str) -> list[str]:
    """The files of a build that have the triples of a graph; the empty text names the default graph."""
    return [file for file, iri in GRAPHS.items() if (iri.value if iri is not None else "") == graph]


def _stream_files(build: Path, files: list[str]) -> Response:
    return StreamingResponse(_chunks([build / file for file in files]), media_type=N_TRIPLES)


async def _chunks(paths: list[Path]) -> AsyncIterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            while chunk := await run_in_threadpool(file.read, _CHUNK):
                yield chunk


# --- in a worker
def write_graph(graph: FilmGraph, name: str, media_type: str, max_triples: int, max_bytes: int) -> AnswerBody | None:
    """The triples of a graph, cut at the limits; None when the store has no such graph."""
    try:
        iri = to_iri(f"<{name}>") if name else KNOWLEDGE
    except ValueError:
        return None
    if isinstance(iri, NamedNode) and not graph.store.contains_named_graph(iri):
        return None
    triples = [quad.triple for quad in find_quads(graph.store, None, None, None, iri, limit=max_triples + 1)]
    is_complete = len(triples) <= max_triples
    return write_triples(triples[:max_triples], media_type, is_complete=is_complete, max_bytes=max_bytes)
