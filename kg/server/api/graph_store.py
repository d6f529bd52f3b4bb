"""The Graph Store Protocol, for reading: the triples of a graph; what would write is refused.

https://www.w3.org/TR/sparql11-http-rdf-update/ - indirectly at /graphs?graph=IRI and /graphs?default, directly at the
graph's own URL, /graph/provenance. No limit cuts a graph: one that is longer than an answer may be is written by a
process of its own.
"""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

from pyoxigraph import NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from kg.errors import FilmGraphError, LimitError
from kg.filmgraph import FilmGraph
from kg.graph.snapshot_file import FILE, GRAPHS, part_of
from kg.queries.result_writers import N_TRIPLES, TRIPLE_MEDIA_TYPES, AnswerBody, write_triples
from kg.server.api.sparql import READ_ONLY
from kg.server.request_params import negotiate, page_handler, query_parameters, snapshot_of, to_response
from kg.server.snapshot import Snapshot
from kg.terms import GRAPH, KNOWLEDGE, ONTOLOGY, to_iri
from kg.workers.launch import start_python

WRITING_METHODS = ["PUT", "POST", "DELETE", "PATCH"]
_CHUNK = 1 << 16
_MAX_CONVERSIONS = 4


# --- requests
def routes() -> list[BaseRoute]:
    """/graphs, /graph/NAME, /ontology and /dump.nt."""
    return [
        Route("/ontology", read_ontology, methods=["GET", "HEAD"]),
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
    try:
        return await _answer(request, to_iri(f"<{named[0]}>").value if named else "")
    except ValueError as error:
        raise HTTPException(400, f"A graph is named by an absolute IRI: {error}") from error


async def read_directly(request: Request) -> Response:
    """The graph whose own URL this is."""
    return await _answer(request, f"{GRAPH}{request.path_params['name']}")


async def read_ontology(request: Request) -> Response:
    """The graph with classes and properties; a page where HTML is asked for."""
    if (page := page_handler(request, "ontology", TRIPLE_MEDIA_TYPES)) is not None:
        return await page()
    return await _answer(request, ONTOLOGY.value)


async def dump(request: Request) -> Response:
    """All of knowledge as N-Triples."""
    return await _send(snapshot_of(request), "", N_TRIPLES)


async def _answer(request: Request, graph: str) -> Response:
    return await _send(snapshot_of(request), graph, negotiate(request, TRIPLE_MEDIA_TYPES))


async def _send(snapshot: Snapshot, graph: str, media_type: str) -> Response:
    """A graph, whose name is empty for the default graph."""
    if not (snapshot.build / FILE).is_file():
        raise HTTPException(501, "This server asks another store and has no files of the graph; use SPARQL.")
    limits = snapshot.limits
    answer: AnswerBody | None = await snapshot.run(write_graph, graph, media_type, limits.rows, limits.bytes)
    if answer is None:
        raise HTTPException(404, "The store has no such graph.")
    return to_response(answer) if answer.is_complete else _stream(snapshot, graph, media_type)


class _Stream(StreamingResponse):
    """A response in pieces, whose task is cancelled when the client leaves."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the pieces."""
        await self.stream_response(send)


def _stream(snapshot: Snapshot, graph: str, media_type: str) -> Response:
    running: set[str] = snapshot.memo.setdefault("graph conversions", set())
    if len(running) >= _MAX_CONVERSIONS:
        raise LimitError("Too many graphs are being sent; ask again later.", limit="slow")
    return _Stream(_convert(snapshot.build, graph, media_type, running), media_type=media_type)


async def _convert(build: Path, graph: str, media_type: str, running: set[str]) -> AsyncIterator[bytes]:
    call = ("-m", "kg.server.api.graph_conversion", media_type, str(build), graph)
    process = start_python(*call, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    running.add(name := str(process.pid))
    try:
        assert process.stdout is not None
        while chunk := await run_in_threadpool(process.stdout.read, _CHUNK):
            yield chunk
        if process.wait():
            # The response ends without its last piece, so that no client takes it for complete.
            raise FilmGraphError(f"A graph could not be written as {media_type}.")
    finally:
        running.discard(name)
        process.kill()
        process.communicate()


# --- in a worker
def write_graph(graph: FilmGraph, name: str, media_type: str, max_triples: int, max_bytes: int) -> AnswerBody | None:
    """The exact triples of a graph, not complete when they are too many; None when there is no such graph."""
    try:
        iri = to_iri(f"<{name}>") if name else KNOWLEDGE
    except ValueError:
        return None
    size = graph.snapshot.sizes().get(name, 0)
    if not size and isinstance(iri, NamedNode) and iri not in GRAPHS:
        return None
    if size > max_triples:
        return AnswerBody(b"", media_type, is_complete=False)
    triples = list(graph.snapshot.triples(part_of(iri)))
    return write_triples(triples, media_type, is_complete=True, max_bytes=max_bytes)
