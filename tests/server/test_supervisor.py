"""The server as it runs: clients that are slow, wrong or gone, processes that die, what is logged, how it ends."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.projects import SmallProject
from tests.server.live import Live, children_of, read_all, serving

DIRECTORS = "SELECT ?who { ?film film:director ?who } ORDER BY ?who"


@pytest.fixture(scope="module")
def live(films: SmallProject) -> Iterator[Live]:
    """The server over three films, with little patience for slow clients."""
    with serving(films.folder, log="json", head_seconds=1.0, seconds=40.0, request=50_000, rows=4, workers=1) as live:
        yield live


def get(path: str, *fields: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: films", *fields, "", "")).encode()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 100
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_it_listens_only_on_the_loopback_interface(live: Live) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", live.port), timeout=5)


SLOW = {
    "says nothing": b"",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: fi",
    "half a body": b"POST /sparql HTTP/1.1\r\nHost: films\r\nContent-Type: application/sparql-query\r\n"
    b"Content-Length: 100\r\n\r\nASK",
}


@pytest.mark.parametrize("way", SLOW)
def test_a_client_that_does_not_finish_its_request_is_disconnected(live: Live, way: str) -> None:
    assert status_of(live.exchange(SLOW[way])) == 408


def test_many_slow_clients_do_not_keep_others_waiting(live: Live) -> None:
    slow = [live.connect() for _ in range(200)]
    for client in slow:
        client.sendall(b"GET /healthz HT")
    assert status_of(live.exchange(get("/healthz", "Connection: close"))) == 200
    assert {status_of(read_all(client)) for client in slow} == {408}
    for client in slow:
        client.close()


CLOSE = "Connection: close"
WRONG = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "a line break in the address": (b"GET /film/a\r\nX-Bad: 1 HTTP/1.1\r\nHost: films\r\n\r\n", 404),
    "a head without end": (b"GET / HTTP/1.1\r\nHost: films\r\n" + b"X-Long: " + b"x" * 600_000, 431),
    "an address without end": (get("/sparql?query=" + "x" * 300_000, CLOSE), 414),
    "a length that is none": (b"POST /sparql HTTP/1.1\r\nHost: films\r\nContent-Length: -5\r\n\r\n", 400),
    "two lengths": (b"POST /sparql HTTP/1.1\r\nHost: f\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nASK{}", 400),
    "a long body, as it says": (b"POST /sparql HTTP/1.1\r\nHost: films\r\nContent-Length: 60000\r\n\r\n", 413),
    "a path out of the folder": (get("/static/../../../../etc/passwd", CLOSE), 404),
    "the same in disguise": (get("/static/..%2f..%2f..%2fetc/passwd", CLOSE), 404),
    "a line break in a parameter": (get("/thing?name=a%0d%0aSet-Cookie:%20b", CLOSE), 404),
    "bytes that are no UTF-8": (get("/film/%ff%fe", CLOSE), 404),
}


@pytest.mark.parametrize("way", WRONG)
def test_a_malformed_request_is_refused(live: Live, way: str) -> None:
    sent, status = WRONG[way]
    answer = live.exchange(sent)
    assert status_of(answer) == status, answer[:500]
    assert b"set-cookie" not in answer.lower().partition(b"\r\n\r\n")[0]
    assert b"root:" not in answer


def test_a_chunked_body_is_bounded_as_well(live: Live) -> None:
    head = b"POST /sparql HTTP/1.1\r\nHost: films\r\nContent-Type: application/sparql-query\r\n"
    head += b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    pieces = [b"2710\r\n" + b"#" * 10_000 + b"\r\n"] * 6
    assert status_of(live.exchange(head, *pieces, b"0\r\n\r\n")) == 413


def test_pipelined_requests_are_answered_in_their_order(live: Live) -> None:
    lookup = "/sparql?query=" + quote("SELECT ?l { film:anora rdfs:label ?l }")
    paths = (f"/sparql?query={quote(DIRECTORS)}", lookup, "/film/tangerine", "/nothing", lookup)
    responses = live.exchange(*(get(path) for path in paths), get("/healthz", CLOSE))
    assert [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", responses)] == [200, 200, 200, 404, 200, 200]
    places = [responses.find(mark) for mark in (b"sean-baker", b"Ani</b>", b"Tangerine", b"Not Found", b'"able"')]
    assert places == sorted(places)


def test_a_cut_answer_says_so_in_its_head_and_in_its_body(live: Live) -> None:
    rows, triples = "SELECT * { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"
    notes = {
        (rows, "application/sparql-results+json"): b'"complete":false',
        (rows, "application/sparql-results+xml"): b"<link href=",
        (rows, "text/csv"): b"",
        (triples, "text/turtle"): b"# There are more",
        (triples, "application/n-triples"): b"# There are more",
    }
    for (query, media), words in notes.items():
        answer = live.exchange(get(f"/sparql?query={quote(query)}", f"Accept: {media}", CLOSE))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"x-complete: false" in head.lower()
        assert words in body


def test_each_request_is_one_line_of_the_log_and_long_queries_are_shortened(live: Live) -> None:
    mark = "SELECT+*+%7B%7D%23" + "long-" * 200
    live.exchange(get(f"/sparql?query={mark}", CLOSE))
    body = b"query=ASK%7B%7D%23a-secret-of-the-body"
    head = b"POST /sparql HTTP/1.1\r\nHost: films\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    assert status_of(live.exchange(head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)) == 200
    marks = ("long-", '"POST", "address": "/sparql", "status": 200')
    wait_until(lambda: all(mark in live.stderr.read_text(encoding="utf-8") for mark in marks))
    log = live.stderr.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    long = next(line for line in lines if "long-" in line["address"])
    assert len(long["address"]) < 300
    assert long["address"].endswith(f"...({len(mark) + 6} bytes)")
    assert "a-secret-of-the-body" not in log
    assert all(
        line.keys() >= {"time", "method", "address", "status", "bytes", "ms", "client", "agent"} for line in lines
    )


def test_a_worker_that_is_killed_is_replaced_and_nobody_notices(live: Live) -> None:
    for gone in live.workers:
        os.kill(gone, signal.SIGKILL)
        query = quote(f"{DIRECTORS} # {gone}")
        assert status_of(live.exchange(get(f"/sparql?query={query}", CLOSE))) == 200
        wait_until(lambda gone=gone: gone not in live.workers)  # type: ignore[misc]


def test_a_server_process_that_is_killed_is_replaced_and_the_other_answers_meanwhile(live: Live) -> None:
    gone = live.fronts[0]
    os.kill(gone, signal.SIGKILL)
    wait_until(lambda: gone not in live.fronts)
    assert all(status_of(live.exchange(get("/healthz", CLOSE))) == 200 for _ in range(4))
    wait_until(lambda: len(live.fronts) == 2)


def test_a_new_build_is_served_and_changes_the_etags(tmp_path: Path) -> None:
    project = SmallProject(tmp_path / "films")
    project.write("data/films.yaml", "source: encyclopedia\n\nanora: {type: Film, label: Anora, year: 2023}\n")
    project.open()
    with serving(project.folder, workers=1) as live:
        client = http.client.HTTPConnection("127.0.0.1", live.port, timeout=30)

        def ask(tag: str = "") -> http.client.HTTPResponse:
            query = quote("SELECT ?year { film:anora film:year ?year }")
            client.request("GET", f"/sparql?query={query}", headers={"If-None-Match": tag} if tag else {})
            return client.getresponse()

        first = ask()
        tag, body = first.headers["etag"], first.read()
        assert b"2023" in body
        again = ask(tag)
        assert (again.status, again.read()) == (304, b"")
        templates = live.workers
        project.write("data/films.yaml", "source: encyclopedia\n\nanora: {type: Film, label: Anora, year: 2024}\n")
        project.open()
        client.close()  # the server may have closed it, idle while a slow machine built
        wait_until(lambda: b"2024" in ask(tag).read())
        client.close()
        assert live.workers == templates, "workers of any build are forks of one process"
        project.write("queries/films.rq", "# description: All films\nSELECT ?film { ?film a film:Film }\n")
        wait_until(lambda: not set(live.workers) & set(templates))


def test_a_builder_that_was_killed_is_replaced_while_serving(tmp_path: Path) -> None:
    project = SmallProject(tmp_path / "films")
    project.write("data/films.yaml", "source: encyclopedia\n\nanora: {type: Film, label: Anora, year: 2023}\n")
    project.open()
    call = [sys.executable, "-m", "kg", "serve", "--watch", "--port", "0", "--workers", "1"]
    with subprocess.Popen([*call, "--project", str(project.folder)], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            assert any("Serving" in line for line in server.stderr)
            for year in (2024, 2025):
                name = project.project.current_build.name
                project.write(
                    "data/films.yaml", f"source: encyclopedia\nanora: {{type: Film, label: Anora, year: {year}}}\n"
                )
                wait_until(lambda: project.project.current_build.name != name)  # noqa: B023
                if year == 2024:
                    (builder,) = (child for child in children_of(server.pid) if b"--parent" in command_of(child))
                    os.kill(builder, signal.SIGKILL)
                    assert any("signal 9" in line for line in server.stderr)
        finally:
            server.terminate()
            assert server.wait(timeout=100) == 0


def command_of(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


def test_sighup_does_not_end_a_server_that_no_terminal_started(live: Live) -> None:
    fronts = live.fronts
    for process in (live.process.pid, *fronts, *live.workers):
        os.kill(process, signal.SIGHUP)
    time.sleep(0.2)
    assert status_of(live.exchange(get("/healthz", CLOSE))) == 200
    assert live.fronts == fronts


def test_sigterm_ends_it_soon_and_cleanly(films: SmallProject) -> None:
    with serving(films.folder, workers=1, seconds=3.0) as live:
        workers = live.workers
        with live.connect() as client:
            client.sendall(get("/sparql?query=" + quote("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")))
            live.process.terminate()
            assert live.process.wait(timeout=30) == 0
            read_all(client)
        wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


def test_it_needs_no_folder_to_write_to() -> None:
    program = """if True:
        import tempfile
        from kg.server import supervisor
        tempfile.tempdir = "/nowhere"
        with supervisor._shared_memory(100) as file:
            assert len(file.read()) == 100
    """
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_port_that_there_cannot_be_is_reported(films: SmallProject) -> None:
    call = [sys.executable, "-m", "kg", "serve", "--port", "99999", "--project", str(films.folder)]
    done = subprocess.run(call, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 2
    assert "choose one from 0 to 65535" in done.stderr


def test_an_address_in_use_is_reported(films: SmallProject) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        call = [sys.executable, "-m", "kg", "serve", "--port", port, "--project", str(films.folder)]
        done = subprocess.run(call, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 2
    assert "Choose another with --port" in done.stderr
