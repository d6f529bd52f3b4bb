"""SPARQL stores for tests: the Oxigraph server in a process of its own, and a store that fails as it is asked to."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson
from pyoxigraph import NamedNode, QueryBoolean, QueryResultsFormat, QuerySolutions, RdfFormat, Store

from kg.endpoints.endpoint_graph import EndpointGraph
from kg.endpoints.store_check import rows_of
from kg.exports.store_files import StoreFiles
from kg.filmgraph import FilmGraph


def oxigraph_program() -> Path:
    """The server of the `oxigraph` wheel, which is one of the packages for tests."""
    found = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or shutil.which("oxigraph")
    assert found, "The tests of endpoints require the Oxigraph server: pip install -e '.[test]'"
    return Path(found)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def oxigraph_server(files: StoreFiles, folder: Path) -> Iterator[str]:
    """The address of an Oxigraph server with these files loaded."""
    program, address = str(oxigraph_program()), f"127.0.0.1:{free_port()}"
    load = [program, "load", "--location", str(folder), "--file", *map(str, files.files)]
    subprocess.run(load, check=True, capture_output=True)
    serve = [program, "serve-read-only", "--location", str(folder), "--bind", address]
    with subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(f"http://{address}/")
            yield f"http://{address}/query"
        finally:
            server.kill()


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} did not answer")


Reply = Callable[[BaseHTTPRequestHandler, bytes], None]


class FailingStore:
    """A store that cuts answers after `cap` rows, or replies as `reply` does; `queries` are those of its requests."""

    def __init__(self, store: Store) -> None:
        self.store, self.address = store, ""
        self.cap: int | None = None
        self.reply: Reply = send
        self.media_type = ""
        self.queries: list[str] = []
        self.description = ""

    def answer(self, form: dict[str, list[str]]) -> tuple[bytes, str]:
        query = form["query"][0]
        self.queries.append(query)
        default: list[Any] = [NamedNode(iri) for iri in form.get("default-graph-uri", [])]
        named: list[Any] = [NamedNode(iri) for iri in form.get("named-graph-uri", [])]
        # The server runs each request in a thread of its own, and results must be freed by the thread that made them.
        result = self.store.query(query, default_graph=default or None, named_graphs=named or None)
        if isinstance(result, QuerySolutions | QueryBoolean):
            body = result.serialize(format=QueryResultsFormat.JSON) or b""
            return self._cut(body), "application/sparql-results+json"
        return result.serialize(format=RdfFormat.N_TRIPLES) or b"", "application/n-triples"

    def _cut(self, body: bytes) -> bytes:
        document = orjson.loads(body)
        if self.cap is not None and "results" in document:
            del document["results"]["bindings"][self.cap :]
        return orjson.dumps(document)


def send(handler: BaseHTTPRequestHandler, body: bytes, **headers: str) -> None:
    """Send the answer as it is."""
    handler.send_response(200)
    handler.send_header("Content-Type", handler.headers["X-Media-Type"])
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def failing_store(files: StoreFiles) -> Iterator[FailingStore]:
    """A store with these files, until the end of the test."""
    import gzip

    failing = FailingStore(Store())
    for path in files.files:
        failing.store.load(gzip.decompress(path.read_bytes()), format=RdfFormat.N_QUADS)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            body, media_type = failing.answer(form)
            self.headers["X-Media-Type"] = media_type
            failing.reply(self, body)

        def do_GET(self) -> None:
            self.headers["X-Media-Type"] = "text/turtle"
            send(self, failing.description.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not wait for the answer is no error."""

    with Server(("127.0.0.1", 0), Handler) as server:
        failing.address = f"http://127.0.0.1:{server.server_port}/sparql"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield failing
        finally:
            server.shutdown()
            thread.join()


def differing(graph: FilmGraph, remote: EndpointGraph, names: Sequence[str]) -> list[str]:
    """The stored queries whose examples a store answers with other rows than the build."""
    return [
        name
        for name in names
        if rows_of(graph.ask_bound(graph.queries[name], graph.queries[name].text))
        != rows_of(remote.ask_bound(remote.queries[name], remote.queries[name].text))
    ]
