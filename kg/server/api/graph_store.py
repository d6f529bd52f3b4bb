"""The Graph Store Protocol, for reading: the triples of a graph; what would write is refused.

https://www.w3.org/TR/sparql11-http-rdf-update/ - indirectly at /graphs?graph=IRI and /graphs?default, directly at the
graph's own URL, /graph/provenance. No limit cuts a graph: as N-Triples it is the build's own file, and one that is
longer than an answer may be is written in other formats by a process of its own.
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
from kg.graph.store import GRAPHS, find_quads
from kg.queries.result_writers import N_TRIPLES, PLAIN_TEXT, TRIPLE_MEDIA_TYPES, AnswerBody, write_triples
from kg.server.api.sparql import READ_ONLY
from kg.server.request_params import negotiate, query_parameters, snapshot_of, to_response
from kg.server.snapshot import Snapshot
from kg.terms import GRAPH, KNOWLEDGE, to_iri
from kg.workers.launch import start_python

WRITING_METHODS = ["PUT", "POST", "DELETE", "PATCH"]
_CHUNK = 1 << 16
_MAX_CONVERSIONS = 4


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
    try:
        return await _answer(request, to_iri(f"<{named[0]}>").value if named else "")
    except ValueError as error:
        raise HTTPException(400, f"A graph is named by an absolute IRI: {error}") from error


async def read_directly(request: Request) -> Response:
    """The graph whose own URL this is."""
    return await _answer(request, f"{GRAPH}{request.path_params['name']}")


async def dump(request: Request) -> Response:
    """All of knowledge, as the build wrote it."""
    build = snapshot_of(request).build
    return _stream_files(_check_files([build / file for file in _files_of("")]), N_TRIPLES)


async def _answer(request: Request, graph: str) -> Response:
    media_type = negotiate(request, TRIPLE_MEDIA_TYPES)
    snapshot = snapshot_of(request)
    files = _check_files([snapshot.build / file for file in _files_of(graph)])
    if media_type in (N_TRIPLES, PLAIN_TEXT) and files:
        return _stream_files(files, media_type)
    limits = snapshot.limits
    answer: AnswerBody | None = await snapshot.run(write_graph, graph, media_type, limits.rows, limits.bytes)
    if answer is None:
        raise HTTPException(404, "The store has no such graph.")
    return to_response(answer) if answer.is_complete else _stream_converted(snapshot, files, media_type)


def _check_files(files: list[Path]) -> list[Path]:
    """The files, which are there unless another store holds the build."""
    if not all(file.is_file() for file in files):
        raise HTTPException(501, "This server asks another store and has no files of the graph; use SPARQL.")
    return files


def _files_of(graph: str) -> list[str]:
    """The files of a build that have the triples of a graph; the empty text names the default graph."""
    return [file for file, iri in GRAPHS.items() if (iri.value if iri is not None else "") == graph]


class _Stream(StreamingResponse):
    """A response in pieces, whose task is cancelled when the client leaves."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the pieces."""
        await self.stream_response(send)


def _stream_files(files: list[Path], media_type: str) -> Response:
    headers = {"Content-Length": str(sum(file.stat().st_size for file in files))}
    return _Stream(_read_files(files), media_type=media_type, headers=headers)


def _stream_converted(snapshot: Snapshot, files: list[Path], media_type: str) -> Response:
    running: set[str] = snapshot.memo.setdefault("graph conversions", set())
    if len(running) >= _MAX_CONVERSIONS:
        raise LimitError("Too many graphs are being sent; ask again later, or for N-Triples.", limit="slow")
    return _Stream(_convert(files, media_type, running), media_type=media_type)


async def _convert(files: list[Path], media_type: str, running: set[str]) -> AsyncIterator[bytes]:
    call = ("-m", "kg.server.api.graph_conversion", media_type, *map(str, files))
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


async def _read_files(paths: list[Path]) -> AsyncIterator[bytes]:
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
