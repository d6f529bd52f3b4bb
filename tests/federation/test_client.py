"""An endpoint that is slow, busy, broken or hostile: bounds of time and size, patience, and what is kept."""

from __future__ import annotations

import email.utils
import gzip
import os
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from kg.errors import FilmGraphError, LimitError, RemoteError
from kg.federation.client import EndpointClient
from kg.federation.config import ServiceConfig, Services
from kg.federation.federate import federate
from kg.filmgraph import FilmGraph
from tests.federation.endpoint import REMOTE, Endpoint, Reply, say, serving


class Asked:
    """Asks one question with bounds of its own; notes how long it was told to wait, and does not wait."""

    def __init__(self, graph: FilmGraph, endpoint: Endpoint, folder: Path) -> None:
        self.graph, self.folder = graph, folder
        self.listed = ServiceConfig("films", endpoint.address)
        self.others: dict[str, ServiceConfig] = {}
        self.waited: list[float] = []

    def __call__(self, *, silent: bool = False, **bounds: float) -> list[tuple[str, ...]]:
        listed = replace(self.listed, **bounds)  # type: ignore[arg-type]  # numbers all
        services = Services({listed.address: listed, **self.others}, contact="films@example.org")
        remote = EndpointClient(services, self.folder, sleep=self.waited.append)
        clause = f"SERVICE {'SILENT ' if silent else ''}<{listed.address}> {{ ?f wdt:P57 wd:Q2 }}"
        text = federate(self.graph.store, f"{REMOTE} SELECT ?f {{ {clause} }}", remote)
        answer = self.graph.sparql(text)
        return sorted(
            tuple("" if term is None else str(term).rpartition("/")[2].strip(">") for term in row.terms)
            for row in answer
        )


@pytest.fixture
def ask(graph: FilmGraph, endpoint: Endpoint, tmp_path: Path) -> Asked:
    return Asked(graph, endpoint, tmp_path / "kept")


FOUND = [("Q1",), ("Q3",)]


def test_an_endpoint_hears_who_asks(ask: Asked, endpoint: Endpoint) -> None:
    assert ask() == FOUND
    assert endpoint.agents[0].startswith("film-knowledge-graph/")
    assert "films@example.org" in endpoint.agents[0]


def test_an_answer_is_kept_on_disk(ask: Asked, endpoint: Endpoint) -> None:
    assert ask() == ask() == FOUND
    assert len(endpoint.asked) == 1
    ask(keep=0)
    assert len(endpoint.asked) == 2


def test_a_kept_answer_that_was_spoilt_is_asked_for_again(ask: Asked, endpoint: Endpoint) -> None:
    ask()
    for path in ask.folder.iterdir():
        path.write_bytes(b"{")
    assert ask() == FOUND
    assert len(endpoint.asked) == 2


def test_a_kept_answer_that_is_too_old_is_asked_for_again(ask: Asked, endpoint: Endpoint) -> None:
    ask()
    (kept,) = ask.folder.iterdir()
    os.utime(kept, (time.time() - 7200,) * 2)
    assert ask(keep=3600) == FOUND
    assert len(endpoint.asked) == 2


def test_what_one_endpoint_answered_is_not_taken_for_the_answer_of_another(ask: Asked, endpoint: Endpoint) -> None:
    ask()
    with serving() as other:
        ask.listed = ServiceConfig("other", other.address)
        assert ask() == FOUND
        assert len(other.asked) == 1


def busy(after: str, status: int = 429) -> Reply:
    return lambda handler, _: say(handler, status, Retry_After=after)


def test_who_is_asked_for_patience_comes_back(ask: Asked, endpoint: Endpoint) -> None:
    endpoint.replies = [busy("7"), busy("2", 503)]
    assert ask() == FOUND
    assert ask.waited == [7.0, 2.0]


def test_a_busy_endpoint_that_says_nothing_is_left_alone_for_longer_each_time(ask: Asked, endpoint: Endpoint) -> None:
    endpoint.replies = [lambda handler, _: say(handler, 429)] * 3
    assert ask() == FOUND
    assert ask.waited == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("after", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT", "9" * 400])
def test_patience_has_an_end(ask: Asked, endpoint: Endpoint, after: str) -> None:
    endpoint.replies = [busy(after)] * 9
    with pytest.raises(RemoteError, match="busy"):
        ask()
    assert sum(ask.waited) <= 60


def test_a_date_to_come_back_at_is_waited_for(ask: Asked, endpoint: Endpoint) -> None:
    endpoint.replies = [busy(email.utils.formatdate(time.time() + 30, usegmt=True))]
    assert ask() == FOUND
    assert 20 < ask.waited[0] <= 30


def test_a_date_to_come_back_at_that_is_past_is_now(ask: Asked, endpoint: Endpoint) -> None:
    endpoint.replies = [busy("Wed, 21 Oct 2015 07:28:00 GMT")]
    assert ask() == FOUND
    assert ask.waited == [0.0]


def test_a_huge_answer_is_not_read_to_its_end(ask: Asked, endpoint: Endpoint) -> None:
    def pour(handler: BaseHTTPRequestHandler, _: str) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/sparql-results+json")
        handler.end_headers()
        while True:
            handler.wfile.write(b" " * 65_536)

    endpoint.replies = [pour]
    with pytest.raises(LimitError, match="more than 1 MB"):
        ask(largest=1)


def test_all_answers_to_a_clause_together_are_bounded(graph: FilmGraph, endpoint: Endpoint, tmp_path: Path) -> None:
    listed = ServiceConfig("films", endpoint.address, largest=0.0005, batch=1, keep=0)
    query = (
        f"{REMOTE} SELECT * {{ VALUES ?f {{ wd:Q1 wd:Q3 wd:Q9 }} SERVICE <{listed.address}> {{ ?f wdt:P57 ?who }} }}"
    )
    with pytest.raises(LimitError, match="more than"):
        federate(graph.store, query, EndpointClient(Services({listed.address: listed}), tmp_path))
    assert len(endpoint.asked) > 1


def test_a_packed_answer_is_not_unpacked(ask: Asked, endpoint: Endpoint) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    endpoint.replies = [lambda handler, _: say(handler, 200, bomb, Content_Encoding="gzip")]
    with pytest.raises(RemoteError, match="gzip"):
        ask(largest=1)


def test_an_endpoint_that_never_ends_its_headers_is_left(ask: Asked, endpoint: Endpoint) -> None:
    over = threading.Event()

    def go_on(handler: BaseHTTPRequestHandler, _: str) -> None:
        while not over.wait(0.02):
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    endpoint.replies = [go_on]
    with pytest.raises(LimitError, match="longer than"):
        ask(timeout=0.4)
    over.set()


def test_an_endpoint_that_only_drips_is_left(ask: Asked, endpoint: Endpoint) -> None:
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


def test_an_endpoint_that_says_nothing_is_left(ask: Asked, endpoint: Endpoint) -> None:
    over = threading.Event()

    def be_silent(_: BaseHTTPRequestHandler, __: str) -> None:
        over.wait()

    endpoint.replies = [be_silent]
    with pytest.raises(LimitError, match="longer than"):
        ask(timeout=0.2)
    over.set()


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
def test_a_broken_answer_is_an_error_and_not_kept(ask: Asked, endpoint: Endpoint, body: bytes) -> None:
    endpoint.replies = [lambda handler, _: say(handler, 200, body)]
    with pytest.raises(RemoteError, match="not a SPARQL result"):
        ask()
    assert ask() == FOUND


STATUSES = [(400, "status 400"), (500, "status 500"), (404, "status 404")]


@pytest.mark.parametrize(("status", "message"), STATUSES)
def test_a_failing_endpoint_is_an_error_with_its_words(
    ask: Asked, endpoint: Endpoint, status: int, message: str
) -> None:
    endpoint.replies = [lambda handler, _: say(handler, status, b"out of \x1b[31m luck")]
    with pytest.raises(RemoteError, match=message) as caught:
        ask()
    assert "luck" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_an_answer_in_another_format_is_an_error(ask: Asked, endpoint: Endpoint) -> None:
    endpoint.replies = [lambda handler, _: say(handler, 200, b"<html>", media="text/html")]
    with pytest.raises(RemoteError, match="text/html"):
        ask()


def test_an_answer_that_breaks_off_is_an_error(ask: Asked, endpoint: Endpoint) -> None:
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


def test_an_endpoint_that_is_not_there_is_an_error(ask: Asked) -> None:
    with serving() as gone:
        ask.listed = replace(ask.listed, address=gone.address)
    with pytest.raises(RemoteError, match="cannot be reached"):
        ask()


TARGETS = ["http://127.0.0.1:9/sparql", "/elsewhere", "file:///etc/passwd", "//example.org/sparql", ""]


@pytest.mark.parametrize("target", TARGETS)
def test_nobody_is_led_to_an_address_that_is_not_listed(ask: Asked, endpoint: Endpoint, target: str) -> None:
    endpoint.replies = [lambda handler, _: say(handler, 302, Location=target)] * 9
    with pytest.raises(RemoteError, match="only listed"):
        ask()
    assert len(endpoint.asked) <= 4


def test_a_move_to_another_listed_address_is_followed(ask: Asked, endpoint: Endpoint) -> None:
    with serving() as other:
        ask.others[other.address] = ServiceConfig("other", other.address)
        endpoint.replies = [lambda handler, _: say(handler, 307, Location=other.address)]
        assert ask() == FOUND
        assert len(other.asked) == 1


SILENT: list[Reply] = [
    lambda handler, _: say(handler, 500),
    lambda handler, _: say(handler, 200, b"no JSON"),
    lambda handler, _: say(handler, 302, Location="http://127.0.0.1:9/"),
]


@pytest.mark.parametrize("reply", SILENT, ids=["failing", "broken", "leading away"])
def test_a_silent_clause_that_fails_is_one_row_without_bindings(ask: Asked, endpoint: Endpoint, reply: Reply) -> None:
    endpoint.replies = [reply]
    assert ask(silent=True) == [("",)]


def test_errors_from_outside_are_ours() -> None:
    assert issubclass(RemoteError, FilmGraphError)
