"""Slow, busy, broken and hostile endpoints: limits of time and size, repetitions, and the cache."""

from __future__ import annotations

import contextlib
import email.utils
import gzip
import os
import socket
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from kg.errors import FilmGraphError, LimitError, RemoteError
from kg.federation.config import ServiceConfig, Services
from kg.federation.endpoint_client import EndpointClient
from kg.federation.federate import federate
from kg.filmgraph import FilmGraph
from tests.federation.endpoint import REMOTE, Endpoint, Reply, send_reply, serving


class Caller:
    """Sends one query with limits of its own; records the pauses without waiting."""

    def __init__(self, graph: FilmGraph, endpoint: Endpoint, folder: Path) -> None:
        self.graph, self.folder = graph, folder
        self.config = ServiceConfig("films", endpoint.address)
        self.others: dict[str, ServiceConfig] = {}
        self.waited: list[float] = []

    def __call__(self, *, silent: bool = False, **bounds: float) -> list[tuple[str, ...]]:
        config = replace(self.config, **bounds)  # type: ignore[arg-type]  # numbers all
        services = Services({config.address: config, **self.others}, contact="films@example.org")
        remote = EndpointClient(services, self.folder, sleep=self.waited.append)
        clause = f"SERVICE {'SILENT ' if silent else ''}<{config.address}> {{ ?f wdt:P57 wd:Q2 }}"
        text = federate(self.graph.store, f"{REMOTE} SELECT ?f {{ {clause} }}", remote)
        answer = self.graph.sparql(text)
        return sorted(
            tuple("" if term is None else str(term).rpartition("/")[2].strip(">") for term in row.terms)
            for row in answer
        )


@pytest.fixture
def ask(graph: FilmGraph, endpoint: Endpoint, tmp_path: Path) -> Caller:
    return Caller(graph, endpoint, tmp_path / "cache")


FILMS = [("Q1",), ("Q3",)]


def test_a_request_names_the_client_and_its_contact(ask: Caller, endpoint: Endpoint) -> None:
    assert ask() == FILMS
    assert endpoint.agents[0].startswith("film-knowledge-graph/")
    assert "films@example.org" in endpoint.agents[0]


def test_an_answer_is_cached_on_disk(ask: Caller, endpoint: Endpoint) -> None:
    assert ask() == ask() == FILMS
    assert len(endpoint.queries) == 1
    ask(keep=0)
    assert len(endpoint.queries) == 2


def test_a_corrupt_cached_answer_is_requested_again(ask: Caller, endpoint: Endpoint) -> None:
    ask()
    for path in ask.folder.iterdir():
        path.write_bytes(b"{")
    assert ask() == FILMS
    assert len(endpoint.queries) == 2


def test_a_cached_answer_that_is_too_old_is_requested_again(ask: Caller, endpoint: Endpoint) -> None:
    ask()
    (cached,) = ask.folder.iterdir()
    os.utime(cached, (time.time() - 7200,) * 2)
    assert ask(keep=3600) == FILMS
    assert len(endpoint.queries) == 2


def test_each_endpoint_has_its_own_cached_answers(ask: Caller, endpoint: Endpoint) -> None:
    ask()
    with serving() as other:
        ask.config = ServiceConfig("other", other.address)
        assert ask() == FILMS
        assert len(other.queries) == 1


def busy(after: str, status: int = 429) -> Reply:
    return lambda handler, _: send_reply(handler, status, Retry_After=after)


def test_a_throttled_request_is_repeated(ask: Caller, endpoint: Endpoint) -> None:
    endpoint.replies = [busy("7"), busy("2", 503)]
    assert ask() == FILMS
    assert ask.waited == [7.0, 2.0]


def test_without_retry_after_each_pause_is_longer(ask: Caller, endpoint: Endpoint) -> None:
    endpoint.replies = [lambda handler, _: send_reply(handler, 429)] * 3
    assert ask() == FILMS
    assert ask.waited == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("after", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT", "9" * 400])
def test_repetitions_are_limited(ask: Caller, endpoint: Endpoint, after: str) -> None:
    endpoint.replies = [busy(after)] * 9
    with pytest.raises(RemoteError, match="busy"):
        ask()
    assert sum(ask.waited) <= 60


def test_retry_after_may_be_a_date(ask: Caller, endpoint: Endpoint) -> None:
    endpoint.replies = [busy(email.utils.formatdate(time.time() + 30, usegmt=True))]
    assert ask() == FILMS
    assert 20 < ask.waited[0] <= 30


def test_retry_after_in_the_past_means_now(ask: Caller, endpoint: Endpoint) -> None:
    endpoint.replies = [busy("Wed, 21 Oct 2015 07:28:00 GMT")]
    assert ask() == FILMS
    assert ask.waited == [0.0]


def test_a_huge_answer_is_not_read_completely(ask: Caller, endpoint: Endpoint) -> None:
    def pour(handler: BaseHTTPRequestHandler, _: str) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/sparql-results+json")
        handler.end_headers()
        while True:
            handler.wfile.write(b" " * 65_536)

    endpoint.replies = [pour]
    with pytest.raises(LimitError, match="more than 1 MB"):
        ask(largest=1)


def test_all_answers_to_one_clause_are_limited_together(graph: FilmGraph, endpoint: Endpoint, tmp_path: Path) -> None:
    config = ServiceConfig("films", endpoint.address, largest=0.0005, batch=1, keep=0)
    query = (
        f"{REMOTE} SELECT * {{ VALUES ?f {{ wd:Q1 wd:Q3 wd:Q9 }} SERVICE <{config.address}> {{ ?f wdt:P57 ?who }} }}"
    )
    with pytest.raises(LimitError, match="more than"):
        federate(graph.store, query, EndpointClient(Services({config.address: config}), tmp_path))
    assert len(endpoint.queries) > 1


def test_a_compressed_answer_is_refused(ask: Caller, endpoint: Endpoint) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    endpoint.replies = [lambda handler, _: send_reply(handler, 200, bomb, Content_Encoding="gzip")]
    with pytest.raises(RemoteError, match="gzip"):
        ask(largest=1)


def test_an_endpoint_with_endless_headers_runs_into_the_timeout(ask: Caller, endpoint: Endpoint) -> None:
    over = threading.Event()

    def go_on(handler: BaseHTTPRequestHandler, _: str) -> None:
        while not over.wait(0.02):
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    endpoint.replies = [go_on]
    with pytest.raises(LimitError, match="longer than"):
        ask(timeout=0.4)
    over.set()


def test_an_endpoint_that_sends_byte_by_byte_runs_into_the_timeout(ask: Caller, endpoint: Endpoint) -> None:
    over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler, _: str) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/sparql-results+json")
        handler.end_headers()
        while not over.wait(0.05):
            handler.wfile.write(b" ")

    endpoint.replies = [drip]
    with pytest.raises(LimitError, match="longer than"):
        ask(timeout=0.4)
    over.set()


def test_an_endpoint_that_sends_nothing_runs_into_the_timeout(ask: Caller, endpoint: Endpoint) -> None:
    over = threading.Event()

    def be_silent(_: BaseHTTPRequestHandler, __: str) -> None:
        over.wait()

    endpoint.replies = [be_silent]
    with pytest.raises(LimitError, match="longer than"):
        ask(timeout=0.2)
    over.set()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_does_not_connect_runs_into_the_timeout_once_for_all_its_addresses(
    ask: Caller, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        if scheme == "http":  # its queue is full, so that it does not answer
            for _ in range(3):
                other = waiting.enter_context(socket.socket())
                other.setblocking(False)
                other.connect_ex(address)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)] * 4
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        ask.config = replace(ask.config, address=f"{scheme}://films.example:{address[1]}/sparql")
        start = time.monotonic()
        with pytest.raises(LimitError, match="longer than"):
            ask(timeout=0.4)
        assert time.monotonic() - start < 1.0


@pytest.mark.usefixtures("endpoint")
def test_an_address_of_a_family_that_is_not_spoken_is_passed_over(ask: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    find = socket.getaddrinfo

    def with_another_family(*arguments: Any, **options: Any) -> list[Any]:
        found = find(*arguments, **options)
        return [(250, *found[0][1:]), *found]

    monkeypatch.setattr(socket, "getaddrinfo", with_another_family)
    assert ask() == FILMS


DEEP = b'{"head":{"vars":["f"]},"results":{"bindings":[' + b'{"f":' * 100_000
BODIES = [
    b"",
    b"no JSON",
    b"[]",
    b'{"head":{},"boolean":true}',
    b'{"head":{"vars":["f"]},"results":{"bindings":[{"f":{"type":"uri","value":"no address"}}]}}',
    b'{"head":{"vars":["f"]},"results":{"bindings":[{"f":{"type":"literal","value":"a","xml:lang":"{}"}}]}}',
    b'{"head":{"vars":["f"]},"results":{"bindings":[{"f":{"type":"triple","value":{}}}]}}',
    b'{"head":{"vars":["f"]},"results":{"bindings":[{"f":"\xff"}]}}',
    DEEP,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_malformed_answer_is_an_error_and_not_cached(ask: Caller, endpoint: Endpoint, body: bytes) -> None:
    endpoint.replies = [lambda handler, _: send_reply(handler, 200, body)]
    with pytest.raises(RemoteError, match="not a SPARQL result"):
        ask()
    assert ask() == FILMS


STATUSES = [(400, "status 400"), (500, "status 500"), (404, "status 404")]


@pytest.mark.parametrize(("status", "message"), STATUSES)
def test_the_error_of_a_failing_endpoint_quotes_its_answer(
    ask: Caller, endpoint: Endpoint, status: int, message: str
) -> None:
    endpoint.replies = [lambda handler, _: send_reply(handler, status, b"out of \x1b[31m luck")]
    with pytest.raises(RemoteError, match=message) as caught:
        ask()
    assert "luck" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_an_answer_in_another_format_is_an_error(ask: Caller, endpoint: Endpoint) -> None:
    endpoint.replies = [lambda handler, _: send_reply(handler, 200, b"<html>", media="text/html")]
    with pytest.raises(RemoteError, match="text/html"):
        ask()


def test_a_truncated_answer_is_an_error(ask: Caller, endpoint: Endpoint) -> None:
    def break_off(handler: BaseHTTPRequestHandler, _: str) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/sparql-results+json")
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"head":{"vars":["f"]},"results":{"bindings":[]}}')
        handler.close_connection = True

    endpoint.replies = [break_off]
    with pytest.raises(RemoteError, match="cannot be reached"):
        ask()


def test_an_unreachable_endpoint_is_an_error(ask: Caller) -> None:
    with serving() as gone:
        ask.config = replace(ask.config, address=gone.address)
    with pytest.raises(RemoteError, match="cannot be reached: Connection refused"):
        ask()


TARGETS = ["http://127.0.0.1:9/sparql", "/elsewhere", "file:///etc/passwd", "//example.org/sparql", ""]


@pytest.mark.parametrize("target", TARGETS)
def test_a_redirect_to_an_unlisted_address_is_not_followed(ask: Caller, endpoint: Endpoint, target: str) -> None:
    endpoint.replies = [lambda handler, _: send_reply(handler, 302, Location=target)] * 9
    with pytest.raises(RemoteError, match="only listed"):
        ask()
    assert len(endpoint.queries) <= 4


def test_a_redirect_to_another_listed_address_is_followed(ask: Caller, endpoint: Endpoint) -> None:
    with serving() as other:
        ask.others[other.address] = ServiceConfig("other", other.address)
        endpoint.replies = [lambda handler, _: send_reply(handler, 307, Location=other.address)]
        assert ask() == FILMS
        assert len(other.queries) == 1


SILENT: list[Reply] = [
    lambda handler, _: send_reply(handler, 500),
    lambda handler, _: send_reply(handler, 200, b"no JSON"),
    lambda handler, _: send_reply(handler, 302, Location="http://127.0.0.1:9/"),
]


@pytest.mark.parametrize("reply", SILENT, ids=["failing", "broken", "leading away"])
def test_a_silent_clause_that_fails_gives_one_row_without_bindings(
    ask: Caller, endpoint: Endpoint, reply: Reply
) -> None:
    endpoint.replies = [reply]
    assert ask(silent=True) == [("",)]


def test_remote_errors_are_errors_of_this_program() -> None:
    assert issubclass(RemoteError, FilmGraphError)
