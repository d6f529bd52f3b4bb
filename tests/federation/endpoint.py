"""A SPARQL endpoint on this machine: a store, or replies that a test prescribes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, Store

JSON = "application/sparql-results+json"

REMOTE = """\
PREFIX wd: <http://www.wikidata.org/entity/>
PREFIX wdt: <http://www.wikidata.org/prop/direct/>
"""
DATA = """\
@prefix wd: <http://www.wikidata.org/entity/> .
@prefix wdt: <http://www.wikidata.org/prop/direct/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
wd:Q1 wdt:P57 wd:Q2 ; wdt:P2047 139 ; rdfs:label "Anora"@en, "Anora\\" } . \\u003E"@de .
wd:Q3 wdt:P57 wd:Q2 ; wdt:P2047 111 .
wd:Q9 wdt:P57 wd:Q8 ; wdt:P161 [ rdfs:label "somebody" ] .
"""

Reply = Callable[[BaseHTTPRequestHandler, str], None]


@dataclass
class Endpoint:
    """The queries and user agents of its requests; `replies` are sent first, then the store answers."""

    address: str
    store: Store
    queries: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler, query: str) -> None:
        solutions = self.store.query(query)
        assert isinstance(solutions, QuerySolutions)
        body = solutions.serialize(format=QueryResultsFormat.JSON)
        assert body is not None
        send_reply(handler, 200, body)


def send_reply(
    handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", media: str = JSON, **headers: str
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", media)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def serving() -> Iterator[Endpoint]:
    """An endpoint that answers until the end of the test."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_form = self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            query = parse_qs(body)["query"][0] if is_form else body
            endpoint.queries.append(query)
            endpoint.agents.append(self.headers["User-Agent"])
            reply = endpoint.replies.pop(0) if endpoint.replies else endpoint.answer
            reply(self, query)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Some tests close the connection on purpose."""

    store = Store()
    store.load(DATA.encode(), format=RdfFormat.TURTLE)
    server = Server(("127.0.0.1", 0), Handler)
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/sparql", store)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
