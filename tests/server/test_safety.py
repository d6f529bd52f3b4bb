"""No query reaches files or the network, none exceeds its limits, and others are answered meanwhile."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Thread

import pytest

from kg.errors import FilmGraphError, QueryError
from kg.pipeline.build import build
from kg.project import Project
from kg.queries.result_writers import JSON, AnswerBody, AnswerBounds
from kg.server.api.sparql import NotOfferedError, write_sparql
from kg.server.graph_source import find_source, read_stored_queries
from kg.server.http.negotiation import ANSWER_MEDIA_TYPES
from kg.server.metrics import Metrics, open_metrics
from kg.server.settings import Limits
from kg.workers.pool import Pool
from tests.projects import SmallProject
from tests.server.audited_worker import open_audited
from tests.server.hostile import BOMBS, ENDLESS, REACHING
from tests.workers.jobs import connect_somewhere, prefer_columns, read_file

SECRET = "the content of a file that nobody may read"
BOUNDS = AnswerBounds(1000, 1 << 20)
TIGHT = Limits(seconds=1.5, memory=256 << 20, workers=1, slow=2, patience=0.3)
PATIENT = Limits(seconds=10.0, memory=256 << 20, workers=1)
FILMS = "SELECT ?film { ?film a film:Film }"


@dataclass
class Trap:
    """A server that records connections."""

    address: str
    connections: list[object] = field(default_factory=list)


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        trap = Trap(f"http://127.0.0.1:{server.getsockname()[1]}/")

        def wait() -> None:
            while True:
                try:
                    client, address = server.accept()
                except OSError:
                    return
                trap.connections.append(address)
                client.close()

        Thread(target=wait, daemon=True).start()
        yield trap
        server.shutdown(socket.SHUT_RDWR)


@asynccontextmanager
async def pool_of(
    project: Project, limits: Limits, *, audit_log: Path | None = None, metrics: Metrics | None = None
) -> AsyncIterator[Pool]:
    """A pool of workers; with an audit log, they write into it what they open."""
    setup = find_source(project).worker_setup()
    if audit_log is not None:
        setup = replace(setup, open=partial(open_audited, project, project.current_build, audit_log))
    pool = Pool(setup, limits, metrics or open_metrics())
    await pool.open()
    yield pool
    await pool.close()


async def ask(pool: Pool, text: str) -> AnswerBody | str:
    """The answer to a query, or the name of what is wrong with it."""
    try:
        answer: AnswerBody = await pool.run(write_sparql, text, ANSWER_MEDIA_TYPES, BOUNDS)
    except (FilmGraphError, NotOfferedError) as error:
        return type(error).__name__
    return answer


async def ask_again(pool: Pool, text: str) -> AnswerBody | str:
    """The same of a query that has an answer, asked again where a slow machine does not answer it in time."""
    until = time.monotonic() + 100
    while isinstance(answer := await ask(pool, text), str) and time.monotonic() < until:
        pass
    return answer


def test_no_query_opens_a_socket_or_a_file_outside_the_store(films: SmallProject, trap: Trap, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ttl"
    secret.write_text(f'<urn:a> <urn:b> "{SECRET}" .', encoding="utf-8")
    audit_log = tmp_path / "audit.log"
    reaching = [text.format(trap=trap.address, secret=secret.as_uri()) for text in REACHING]
    queries = [*reaching, *ENDLESS, *BOMBS]
    assert len(queries) >= 60

    async def ask_all() -> list[AnswerBody | str]:
        async with pool_of(films.project, TIGHT, audit_log=audit_log) as pool:
            return [await ask(pool, text) for text in queries]

    answers = asyncio.run(ask_all())
    assert len(answers) == len(queries)
    assert not any(SECRET.encode() in answer.body for answer in answers if isinstance(answer, AnswerBody))
    assert trap.connections == []
    events = audit_log.read_text(encoding="utf-8").splitlines()
    assert [line for line in events if not is_ours(line, films.project)] == []


def is_ours(line: str, project: Project) -> bool:
    """True when a line of the audit log is about a file of the project, or about code."""
    event, _, path = line.partition(" ")
    package = str(Path(__file__).parents[2])
    # A worker reads once how much memory it has, to bound what it may take.
    roots = (str(project.folder), sys.prefix, sys.base_prefix, package, "/proc/self/status")
    return event == "open" and path.strip("'\"").startswith(roots)


def test_a_worker_reads_no_file_of_the_folder_in_which_it_was_started(
    films: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.txt").write_text(SECRET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    async def talk() -> None:
        async with pool_of(films.project, PATIENT) as pool:
            with pytest.raises(PermissionError):
                await pool.run(read_file, tmp_path / "secret.txt")
            with pytest.raises(PermissionError):
                await pool.run(read_file, Path("secret.txt"))

    asyncio.run(talk())


def test_the_audit_log_has_files_and_sockets(films: SmallProject, tmp_path: Path) -> None:
    audit_log = tmp_path / "audit.log"

    async def try_it() -> None:
        async with pool_of(films.project, PATIENT, audit_log=audit_log) as pool:
            with pytest.raises(PermissionError):
                await pool.run(read_file, Path("/etc/hostname"))
            with pytest.raises(PermissionError):
                await pool.run(connect_somewhere)

    asyncio.run(try_it())
    events = audit_log.read_text(encoding="utf-8")
    assert "/etc/hostname" in events
    assert "socket.getaddrinfo" in events


@pytest.mark.parametrize("text", REACHING[:19])
def test_service_is_refused_anywhere_in_a_query(films: SmallProject, text: str) -> None:
    from kg.queries.sparql import guard

    with pytest.raises(QueryError):
        guard(text.format(trap="http://127.0.0.1:9/", secret="file:///etc/passwd"))


def test_sql_that_never_ends_is_interrupted_and_others_are_answered_by_the_same_workers(films: SmallProject) -> None:
    count = "SELECT (COUNT(?film) AS ?n) { ?film a film:Film }"
    product = " . ".join(f"?s{number} ?p{number} ?o{number}" for number in range(14))
    endless_in_sql = (
        f"SELECT (COUNT(*) AS ?n) {{ {product} }}",
        f"SELECT * {{ {product} }} ORDER BY ?o1 ?s9 ?p13",
        f"SELECT (GROUP_CONCAT(?o1) AS ?all) {{ {product} }}",
        f"SELECT (MAX(STRLEN(CONCAT(STR(?s1), STR(?o13)))) AS ?most) {{ {product} }}",
    )

    async def ask_both() -> tuple[list[AnswerBody | str], list[AnswerBody | str], Metrics]:
        limits, metrics = Limits(seconds=12.0, workers=2, slow=4, patience=1.0), open_metrics()
        setup = find_source(films.project).worker_setup(prefer_columns)
        pool = Pool(setup, limits, metrics)
        await pool.open()
        endless = [asyncio.create_task(ask(pool, text)) for text in endless_in_sql]
        others = [await ask_again(pool, count) for _ in range(10)]
        ended = await asyncio.gather(*endless)
        await pool.close()
        return ended, others, metrics

    ended, others, metrics = asyncio.run(ask_both())
    assert ended == ["LimitError"] * 4
    assert all(isinstance(answer, AnswerBody) and answer.engine == "columnar" for answer in others)
    assert metrics.total("kg_died_total") == 0


def test_queries_that_never_end_are_killed_and_others_are_answered_meanwhile(films: SmallProject) -> None:
    async def ask_both() -> tuple[list[AnswerBody | str], list[AnswerBody | str], Metrics]:
        limits, metrics = Limits(seconds=15.0, workers=2, slow=4, patience=1.0), open_metrics()
        async with pool_of(films.project, limits, metrics=metrics) as pool:
            endless = [asyncio.create_task(ask(pool, text)) for text in ENDLESS[:4]]
            others = [await ask_again(pool, FILMS) for _ in range(20)]
            return await asyncio.gather(*endless), others, metrics

    ended, others, metrics = asyncio.run(ask_both())
    assert ended == ["LimitError"] * 4
    assert all(isinstance(answer, AnswerBody) and answer.count == 3 for answer in others)
    assert metrics.total("kg_killed_total") >= 3


@pytest.mark.parametrize("text", BOMBS, ids=range(len(BOMBS)))
def test_a_pathological_query_is_refused_or_does_no_harm(films: SmallProject, text: str) -> None:
    async def ask_twice() -> tuple[AnswerBody | str, AnswerBody | str]:
        async with pool_of(films.project, PATIENT) as pool:
            return await ask(pool, text), await ask_again(pool, FILMS)

    answer, after = asyncio.run(ask_twice())
    assert isinstance(answer, AnswerBody) or answer in ("QueryError", "LimitError")
    assert isinstance(after, AnswerBody)


def test_an_answer_with_too_many_bytes_is_cut_and_says_so(films: SmallProject) -> None:
    async def ask_much() -> AnswerBody:
        async with pool_of(films.project, replace(PATIENT, seconds=100.0)) as pool:
            text = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
            answer: AnswerBody = await pool.run(write_sparql, text, (JSON,), AnswerBounds(10_000, 5000))
            return answer

    answer = asyncio.run(ask_much())
    assert len(answer.body) < 6000
    assert not answer.is_complete
    assert b'"complete":false' in answer.body


def test_workers_share_the_stored_queries_that_their_template_has_read(project: SmallProject) -> None:
    build(project.project)
    source = find_source(project.project)
    setup = source.worker_setup()
    assert setup.prepare is not None
    setup.prepare()
    assert setup.open().queries is read_stored_queries(project.project.queries)
