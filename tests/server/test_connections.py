"""Connections of clients that send too much, ask too often, read slowly or leave."""

from __future__ import annotations

import collections
import contextlib
import itertools
import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.projects import SmallProject
from tests.server.live import Live, memory_of, read_all, serving

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o . ?p ?q ?r }"
HOST = b"Host: localhost\r\n"
QUERY = b"Content-Type: application/sparql-query\r\n"
RESET = struct.pack("ii", 1, 0)


@pytest.fixture(scope="module")
def live(films: SmallProject) -> Iterator[Live]:
    """The server over three films, with one worker and a log as JSON."""
    limits = {"head_seconds": 1.0, "seconds": 30.0, "workers": 1, "slow": 1, "connections": 20, "patience": 20.0}
    with serving(films.folder, log="json", **limits) as live:
        yield live


def post(path: str, *fields: bytes, length: int) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nContent-Length: {length}\r\n".encode()
    return head + HOST + b"".join(fields) + b"\r\n"


def logged(live: Live, is_wanted: Callable[[dict[str, object]], bool]) -> dict[str, object]:
    """The first such line of the log, every line of which is JSON."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        lines = live.stderr.read_text(encoding="utf-8").splitlines()
        entries: Iterator[dict[str, object]] = map(json.loads, (line for line in lines if line[:4] != "http"))
        if (wanted := next(filter(is_wanted, entries), None)) is not None:
            return wanted
        time.sleep(0.05)
    raise TimeoutError(live.stderr.read_text(encoding="utf-8"))


def is_closed(client: socket.socket) -> bool:
    """True when the server has closed, which it does at once or not at all."""
    client.settimeout(5.0)
    with contextlib.suppress(ConnectionResetError):
        return client.recv(1) == b""
    return True


EARLY = {
    "a query that comes too slowly": (post("/sparql", QUERY, length=100) + b"ASK", 408),
    "a query longer than a query may be": (post("/sparql", QUERY, length=(1 << 20) + 1), 413),
    "a form longer than a form may be": (post("/reconcile", length=(2 << 20) + 1), 413),
    "a body for an unknown address": (post("/nothing", length=1_000_000), 404),
    "a body of an unknown media type": (post("/sparql", length=1_000_000), 415),
    "a write": (post("/graphs", length=1_000_000), 403),
}


@pytest.mark.parametrize("way", EARLY)
def test_a_request_that_is_answered_early_ends_its_connection(live: Live, way: str) -> None:
    sent, status = EARLY[way]
    with live.connect() as client:
        client.sendall(sent)
        answer = read_all(client)
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert b"connection: close" in answer.lower()


def test_a_client_that_sends_all_before_it_reads_still_gets_the_refusal(live: Live) -> None:
    with live.connect() as client:
        client.sendall(post("/sparql", QUERY, length=2_000_000) + b"#" * 2_000_000)
        assert read_all(client).startswith(b"HTTP/1.1 413 ")


def test_what_comes_without_end_after_a_refusal_is_not_read_for_long(live: Live) -> None:
    with live.connect() as client:
        client.sendall(b"POST /sparql HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + QUERY + b"\r\n")
        pieces = itertools.repeat(b"10000\r\n" + b"#" * 0x10000 + b"\r\n")
        with pytest.raises(OSError, match=r"reset|pipe"):
            collections.deque(map(client.sendall, pieces), maxlen=0)


@pytest.mark.parametrize("hosts", [b"", HOST + HOST, HOST + b"Host: elsewhere\r\n"])
@pytest.mark.parametrize("path", [b"/", b"/healthz", b"/sparql?query=SELECT+*+%7Bfilm%3Aanora+a+%3Fc%7D"])
def test_a_request_names_one_host(live: Live, hosts: bytes, path: bytes) -> None:
    assert live.exchange(b"GET " + path + b" HTTP/1.1\r\n" + hosts + b"\r\n").startswith(b"HTTP/1.1 400 ")


NO_HTTP = {
    "an unknown method": b"FOO /sparql HTTP/1.1\r\n" + HOST + b"\r\n",
    "a length that is no number": b"POST /sparql HTTP/1.1\r\nContent-Length: abc\r\n" + HOST + b"\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
}


@pytest.mark.parametrize("way", NO_HTTP)
def test_what_is_no_http_is_answered_with_a_problem_document(live: Live, way: str) -> None:
    head, _, body = live.exchange(NO_HTTP[way]).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/problem+json" in head
    document = json.loads(body)
    assert (document["status"], document["title"]) == (400, "Bad Request")
    assert document["detail"]


def test_http_1_0_needs_no_host(live: Live) -> None:
    assert b" 200 OK" in live.exchange(b"GET /healthz HTTP/1.0\r\n\r\n").partition(b"\r\n")[0]


def test_idle_connections_of_a_client_give_way_to_its_next_one(live: Live) -> None:
    idle = [live.connect() for _ in range(60)]
    assert live.exchange(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n").startswith(b"HTTP/1.1 200")
    for client in idle:
        client.close()


def leave(client: socket.socket) -> None:
    """Close a connection as a process does that is killed."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()


def test_queries_whose_clients_have_left_are_ended_and_logged_so(live: Live) -> None:
    for number in range(8):
        client = live.connect()
        client.sendall(f"GET /sparql?query={quote(ENDLESS)}%23{number} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
        leave(client)
    # The query of another client would wait for half a minute, if those went on.
    query = quote("SELECT ?f ?y { ?f film:year ?y } ORDER BY ?y")
    answer = live.exchange(f"GET /sparql?query={query} HTTP/1.1\r\nConnection: close\r\n".encode() + HOST + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert logged(live, lambda line: line.get("status") == 499)["method"] == "GET"


def test_an_upload_that_is_broken_off_leaves_one_line_in_the_log(live: Live) -> None:
    client = live.connect()
    client.sendall(post("/sparql?broken-off", QUERY, b"User-Agent: curl/8\r\n", length=1000) + b"ASK")
    time.sleep(0.2)
    leave(client)
    line = logged(live, lambda line: line.get("address") == "/sparql?broken-off")
    assert (line["status"], line["agent"]) == (499, "curl/8")
    assert "Traceback" not in live.stderr.read_text(encoding="utf-8")


def test_a_head_that_is_refused_is_logged(live: Live) -> None:
    heads = {
        408: b"GET /slow?head HTTP/1.1\r\nHost: local",
        414: b"GET /long?" + b"x" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        431: b"GET /fields HTTP/1.1\r\nX: " + b"x" * 600_000,
        400: b"GET /hosts HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    }
    for status, head in heads.items():
        assert live.exchange(head).startswith(b"HTTP/1.1 %d " % status)
        path = head.split(maxsplit=2)[1][:5].decode()
        line = logged(live, lambda line, path=path: str(line.get("address")).startswith(path))  # type: ignore[misc]
        assert (line["status"], line["client"]) == (status, "127.0.0.1")


def test_a_log_as_json_has_no_other_lines() -> None:
    program = """if True:
        import logging, os, sys
        from kg.server.http.access_log import log_json_only
        log_json_only()
        os.write(2, b"memory allocation of 8 bytes failed\\nstack backtrace:\\n")
        try:
            raise ValueError("two\\nlines")
        except ValueError:
            logging.getLogger("kg.server").exception("wrong")
        sys.exit("ended")
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    messages = {"memory allocation of 8 bytes failed", "stack backtrace:", "wrong", "ended"}
    assert {line["message"] for line in lines} == messages
    assert any("two\nlines" in line.get("traceback", "") for line in lines)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the system does not show memory")
def test_the_memory_of_large_bodies_is_given_back(live: Live) -> None:
    def send_all() -> None:
        clients = [live.connect() for _ in range(16)]
        for client in clients:
            client.sendall(post("/reconcile", length=2_000_000) + b"#" * 1_999_999)
        for client in clients:
            client.sendall(b"#")
            client.settimeout(30)
            client.recv(20)
            client.close()

    send_all()
    time.sleep(0.3)
    assert sum(map(memory_of, live.fronts)) < (1 << 28)
