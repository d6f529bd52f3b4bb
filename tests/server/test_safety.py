"""No query leads out of the store, none takes more than it may, and while some try, others are answered."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Thread

import pytest

from kg.errors import FilmGraphError, LimitError, QueryError
from kg.project import Project
from kg.queries.result_writers import JSON, AnswerBody, AnswerBounds
from kg.server.api.sparql import NotOfferedError, write_sparql
from kg.server.metrics import Metrics, open_metrics
from kg.server.negotiation import ANSWER_MEDIA_TYPES
from kg.server.settings import Limits
from kg.server.snapshot import worker_setup
from kg.workers.pool import Pool
from tests.projects import SmallProject
from tests.server.audited_worker import open_audited
from tests.server.hostile import BOMBS, ENDLESS, REACHING
from tests.server.work import connect_somewhere, read_foreign_file, take_memory, wait_a_little

SECRET = "what stands in a file that nobody may read"
BOUNDS = AnswerBounds(1000, 1 << 20)
TIGHT = Limits(seconds=1.5, memory=256 << 20, workers=1, slow=2, patience=0.3)
PATIENT = Limits(seconds=10.0, memory=256 << 20, workers=1)
FILMS = "SELECT ?film { ?film a film:Film }"


@dataclass
class Trap:
    """A server that counts who comes."""

    address: str
    visits: list[object] = field(default_factory=list)


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Trap(f"http://127.0.0.1:{server.getsockname()[1]}/")

        def wait() -> None:
            while True:
                try:
                    client, where = server.accept()
                except OSError:
                    return
                found.visits.append(where)
                client.close()

        Thread(target=wait, daemon=True).start()
        yield found
        server.shutdown(socket.SHUT_RDWR)


@asynccontextmanager
async def pool_of(
    project: Project, limits: Limits, *, book: Path | None = None, metrics: Metrics | None = None
) -> AsyncIterator[Pool]:
    """A pool of workers, which write into a book what they open."""

    setup = worker_setup(project, project.current_build)
    if book is not None:
        setup = replace(setup, open=partial(open_audited, project, project.current_build, book))
    pool = Pool(setup, limits, metrics or open_metrics())
    await pool.open()
    yield pool
    await pool.close()


async def ask(pool: Pool, text: str) -> AnswerBody | str:
    """The answer to a query, or the name of what is wrong with it."""
    try:
        written: AnswerBody = await pool.run(write_sparql, text, ANSWER_MEDIA_TYPES, BOUNDS)
    except (FilmGraphError, NotOfferedError) as error:
        return type(error).__name__
    return written


def test_no_query_opens_a_socket_or_a_file_outside_the_store(films: SmallProject, trap: Trap, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ttl"
    secret.write_text(f'<urn:a> <urn:b> "{SECRET}" .', encoding="utf-8")
    book = tmp_path / "book"
    reaching = [text.format(trap=trap.address, secret=secret.as_uri()) for text in REACHING]
    queries = [*reaching, *ENDLESS, *BOMBS]
    assert len(queries) >= 60

    async def ask_all() -> list[AnswerBody | str]:
        async with pool_of(films.project, TIGHT, book=book) as pool:
            return [await ask(pool, text) for text in queries]

    answers = asyncio.run(ask_all())
    assert len(answers) == len(queries)
    assert not any(SECRET.encode() in answer.body for answer in answers if isinstance(answer, AnswerBody))
    assert trap.visits == []
    heard = book.read_text(encoding="utf-8").splitlines()
    assert [line for line in heard if not is_ours(line, films.project)] == []


def is_ours(line: str, project: Project) -> bool:
    """True when a line of the book tells of a file of the project's, or of Python's own code."""
    event, _, path = line.partition(" ")
    package = str(Path(__file__).parents[2])
    # A worker looks once how much memory it has, to bound what it may take.
    roots = (str(project.folder), sys.prefix, sys.base_prefix, package, "/proc/self/status")
    return event == "open" and path.strip("'\"").startswith(roots)


def test_a_worker_reads_nothing_of_the_folder_that_it_was_started_in(
    films: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.txt").write_text(SECRET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    async def talk() -> None:
        async with pool_of(films.project, PATIENT) as pool:
            with pytest.raises(PermissionError):
                await pool.run(read_foreign_file, str(tmp_path / "secret.txt"))
            with pytest.raises(PermissionError):
                await pool.run(read_foreign_file, "secret.txt")

    asyncio.run(talk())


def test_the_book_would_tell(films: SmallProject, tmp_path: Path) -> None:
    book = tmp_path / "book"

    async def try_it() -> None:
        async with pool_of(films.project, PATIENT, book=book) as pool:
            with pytest.raises(PermissionError):
                await pool.run(read_foreign_file, "/etc/hostname")
            with pytest.raises(PermissionError):
                await pool.run(connect_somewhere)

    asyncio.run(try_it())
    heard = book.read_text(encoding="utf-8")
    assert "/etc/hostname" in heard
    assert "socket.getaddrinfo" in heard


@pytest.mark.parametrize("text", REACHING[:19])
def test_service_is_refused_wherever_it_stands(films: SmallProject, text: str) -> None:
    from kg.queries.sparql import guard

    with pytest.raises(QueryError):
        guard(text.format(trap="http://127.0.0.1:9/", secret="file:///etc/passwd"))


def test_what_would_never_end_is_ended_and_others_are_answered_meanwhile(films: SmallProject) -> None:
    async def ask_both() -> tuple[list[AnswerBody | str], list[AnswerBody | str], Metrics]:
        limits, metrics = Limits(seconds=10.0, workers=2, slow=4, patience=0.2), open_metrics()
        async with pool_of(films.project, limits, metrics=metrics) as pool:
            endless = [asyncio.create_task(ask(pool, text)) for text in ENDLESS[:4]]
            others = [await ask(pool, FILMS) for _ in range(20)]
            return await asyncio.gather(*endless), others, metrics

    ended, others, metrics = asyncio.run(ask_both())
    assert ended == ["LimitError"] * 4
    assert all(isinstance(one, AnswerBody) and one.count == 3 for one in others)
    assert metrics.total("kg_killed_total") >= 3


def test_a_worker_that_cannot_be_started_is_started_later(films: SmallProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine may be out of processes for a moment: the watch over limits goes on, and fills the place."""
    start, refused = Pool._start, iter([True] * 3)

    def start_or_fail(pool: Pool) -> None:
        if next(refused, False):
            raise BlockingIOError("Resource temporarily unavailable")
        start(pool)

    async def ask_after_a_death() -> tuple[AnswerBody | str, Metrics]:
        metrics = open_metrics()
        async with pool_of(films.project, Limits(workers=1), metrics=metrics) as pool:
            monkeypatch.setattr(Pool, "_start", start_or_fail)
            os.kill(pool.processes[0], signal.SIGKILL)
            while metrics.total("kg_unstarted_total") < 3:
                await asyncio.sleep(0.01)
            return await ask(pool, FILMS), metrics

    answer, metrics = asyncio.run(ask_after_a_death())
    assert isinstance(answer, AnswerBody)
    assert metrics.total("kg_unstarted_total") == 3


def test_memory_is_bounded(films: SmallProject) -> None:
    async def hoard() -> str:
        async with pool_of(films.project, PATIENT) as pool:
            with pytest.raises(LimitError) as told:
                await pool.run(take_memory, 1 << 30)
            assert isinstance(await ask(pool, FILMS), AnswerBody)
            return told.value.limit

    assert asyncio.run(hoard()) == "memory"


@pytest.mark.parametrize("text", BOMBS, ids=range(len(BOMBS)))
def test_a_bomb_is_refused_before_it_reaches_the_engine_or_does_no_harm(films: SmallProject, text: str) -> None:
    async def throw() -> tuple[AnswerBody | str, AnswerBody | str]:
        async with pool_of(films.project, PATIENT) as pool:
            return await ask(pool, text), await ask(pool, FILMS)

    bombed, after = asyncio.run(throw())
    assert isinstance(bombed, AnswerBody) or bombed in ("QueryError", "LimitError")
    assert isinstance(after, AnswerBody)


def test_work_of_a_worker_that_was_killed_is_done_by_another(films: SmallProject) -> None:
    async def kill_while_working() -> tuple[int, AnswerBody | str]:
        async with pool_of(films.project, Limits(workers=1, seconds=20)) as pool:
            first = pool.processes[0]
            waiting = asyncio.create_task(pool.run(wait_a_little))
            while not pool.is_busy:
                await asyncio.sleep(0.01)
            os.kill(first, signal.SIGKILL)
            second: int = await waiting
            assert second != first
            return second, await ask(pool, FILMS)

    second, after = asyncio.run(kill_while_working())
    assert second > 0
    assert isinstance(after, AnswerBody)


def test_an_answer_with_too_many_bytes_is_cut_and_says_so(films: SmallProject) -> None:
    async def ask_much() -> AnswerBody:
        async with pool_of(films.project, PATIENT) as pool:
            text = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
            written: AnswerBody = await pool.run(write_sparql, text, (JSON,), AnswerBounds(10_000, 5000))
            return written

    written = asyncio.run(ask_much())
    assert len(written.body) < 6000
    assert not written.is_complete
    assert b'"complete":false' in written.body
