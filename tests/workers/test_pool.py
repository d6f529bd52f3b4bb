"""A pool does jobs within limits, replaces workers that end, and does not let long jobs block short ones.

No test depends on how fast the machine is: limits that must not be reached are minutes, and what is waited for is an
event.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import pytest

from kg.errors import LimitError
from kg.graph.snapshot_file import SnapshotFile
from kg.workers import job_limits
from kg.workers.pool import Pool, PoolEvent, PoolLimits, PoolState
from kg.workers.template import Template
from kg.workers.worker import WorkerSetup
from tests.projects import ANORA, SmallProject
from tests.workers.jobs import (
    append_process_id,
    identity,
    process_id,
    process_id_of_template,
    run_for_ever,
    sleep_long,
    stop_itself,
    take_memory,
    wait_for_file,
)

T = TypeVar("T")
GENEROUS = 900.0
PATIENT = PoolLimits(seconds=GENEROUS, workers=1, patience=GENEROUS)


@dataclass
class Recorder:
    """Counts what happens in a pool."""

    events: Counter[PoolEvent] = field(default_factory=Counter)
    states: list[PoolState] = field(default_factory=list)

    def count(self, event: PoolEvent) -> None:
        self.events[event] += 1

    def show(self, state: PoolState) -> None:
        self.states.append(state)


@asynccontextmanager
async def open_pool(limits: PoolLimits = PATIENT, recorder: Recorder | None = None) -> AsyncIterator[Pool]:
    """A pool whose workers have nothing open."""
    pool = Pool(WorkerSetup(int), limits, recorder or Recorder())
    await pool.open()
    try:
        yield pool
    except BaseException:
        # A failed test leaves no job that runs for ever.
        for process in pool.processes:
            os.kill(process, signal.SIGKILL)
        raise
    await pool.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(GENEROUS):
        while not condition():
            await asyncio.sleep(0.01)


async def limit_of(job: Coroutine[Any, Any, object]) -> str:
    """The limit that a job exceeds."""
    with pytest.raises(LimitError) as raised:
        await job
    return raised.value.limit


def run(test: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return asyncio.run(test())


def test_a_job_that_never_ends_is_killed_at_the_time_limit() -> None:
    async def exceed() -> tuple[str, int]:
        recorder = Recorder()
        async with open_pool(PoolLimits(seconds=1.0, workers=1), recorder) as pool:
            return await limit_of(pool.run(run_for_ever)), recorder.events[PoolEvent.KILLED]

    assert run(exceed) == ("seconds", 1)


def test_short_jobs_are_done_while_others_never_end() -> None:
    async def run_both() -> None:
        recorder = Recorder()
        limits = PoolLimits(seconds=GENEROUS, workers=2, slow=4, patience=1.0)
        async with open_pool(limits, recorder) as pool:
            endless = [asyncio.create_task(pool.run(run_for_ever)) for _ in range(4)]
            short = [await pool.run(process_id) for _ in range(20)]
            assert all(process > 0 for process in short)
            assert not any(task.done() for task in endless)
            await until(lambda: recorder.states[-1].slow == 4)
            for task in endless:
                task.cancel()

    run(run_both)


def test_a_worker_whose_process_is_known_late_is_killed_then(monkeypatch: pytest.MonkeyPatch) -> None:
    is_heard, receive = Event(), Template._receive

    def receive_late(template: Template) -> None:
        if is_heard.is_set():
            receive(template)

    monkeypatch.setattr(Template, "_receive", receive_late)

    async def cancel() -> None:
        recorder = Recorder()
        async with open_pool(recorder=recorder) as pool:
            endless = asyncio.create_task(pool.run(run_for_ever))
            await until(lambda: recorder.states[-1].busy == 1)
            endless.cancel()
            await until(lambda: recorder.events[PoolEvent.KILLED] == 1)
            assert not pool.processes
            is_heard.set()
            await until(lambda: recorder.states[-1].busy == 0)

    run(cancel)


def test_another_worker_is_there_before_a_job_counts_as_long() -> None:
    async def run_short() -> list[PoolState]:
        recorder = Recorder()
        async with open_pool(recorder=recorder) as pool:
            endless = asyncio.create_task(pool.run(run_for_ever))
            assert await pool.run(process_id) > 0
            endless.cancel()
            return recorder.states

    assert not any(state.slow for state in run(run_short))


def test_workers_share_what_their_template_has_prepared(tmp_path: Path) -> None:
    async def run_two() -> set[int]:
        setup = WorkerSetup(process_id_of_template, prepare=partial(append_process_id, tmp_path / "log"))
        pool = Pool(setup, PoolLimits(seconds=GENEROUS, workers=2, patience=GENEROUS), Recorder())
        await pool.open()
        await until(lambda: len(pool.processes) == 2)
        templates = {await pool.run(identity) for _ in range(4)}
        await pool.close()
        return templates

    (template,) = run(run_two)
    assert (tmp_path / "log").read_text() == f"{template}\n"


def test_a_template_that_was_killed_is_replaced_and_its_workers_go_on() -> None:
    async def kill_template() -> tuple[int, int, int]:
        setup = WorkerSetup(process_id_of_template)
        pool = Pool(setup, PATIENT, Recorder())
        await pool.open()
        first = await pool.run(identity)
        os.kill(first, signal.SIGKILL)
        still = await pool.run(identity)
        os.kill(pool.processes[0], signal.SIGKILL)
        await until(lambda: not pool.processes)
        another = await pool.run(identity)
        await pool.close()
        return first, still, another

    first, still, another = run(kill_template)
    assert first == still
    assert another not in (first, 1)


def test_one_long_job_too_many_is_refused() -> None:
    async def run_too_many() -> str:
        async with open_pool(PoolLimits(seconds=GENEROUS, workers=1, slow=1, patience=0.1)) as pool:
            first = asyncio.create_task(pool.run(sleep_long))
            await until(lambda: pool.is_busy)
            limit = await limit_of(pool.run(sleep_long))
            assert not first.done()
            first.cancel()
            return limit

    assert run(run_too_many) == "slow"


def test_a_job_that_nobody_waits_for_is_killed() -> None:
    async def cancel() -> tuple[int, int]:
        async with open_pool() as pool:
            first = await pool.run(process_id)
            task = asyncio.create_task(pool.run(run_for_ever))
            await until(lambda: pool.is_busy)
            task.cancel()
            await until(lambda: first not in pool.processes)
            return first, await pool.run(process_id)

    first, second = run(cancel)
    assert first != second


def test_jobs_beyond_the_queue_are_refused() -> None:
    async def fill() -> str:
        async with open_pool(PoolLimits(seconds=GENEROUS, workers=1, patience=GENEROUS, waiting=1)) as pool:
            tasks = [asyncio.create_task(pool.run(run_for_ever)) for _ in range(2)]
            await asyncio.sleep(0)
            limit = await limit_of(pool.run(process_id))
            for task in tasks:
                task.cancel()
            return limit

    assert run(fill) == "waiting"


def test_a_job_over_the_memory_limit_is_stopped_and_the_pool_still_works() -> None:
    async def take() -> tuple[str, int]:
        limits = PoolLimits(seconds=GENEROUS, memory=256 << 20, workers=1, patience=GENEROUS)
        async with open_pool(limits) as pool:
            return await limit_of(pool.run(take_memory, 1 << 30)), await pool.run(process_id)

    limit, process = run(take)
    assert limit == "memory"
    assert process > 0


def test_a_job_whose_worker_was_killed_is_run_by_another(tmp_path: Path) -> None:
    async def kill() -> tuple[int, int]:
        async with open_pool() as pool:
            first = pool.processes[0]
            task = asyncio.create_task(pool.run(wait_for_file, tmp_path / "go"))
            await until(lambda: pool.is_busy)
            os.kill(first, signal.SIGKILL)
            await until(lambda: first not in pool.processes)
            (tmp_path / "go").touch()
            return first, await task

    first, second = run(kill)
    assert first != second


def test_a_job_that_crashes_its_worker_is_an_error_and_the_pool_still_works() -> None:
    async def stop() -> tuple[str, int]:
        async with open_pool() as pool:
            return await limit_of(pool.run(stop_itself)), await pool.run(process_id)

    limit, process = run(stop)
    assert limit == "process"
    assert process > 0


def test_a_worker_that_cannot_be_started_is_started_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine may be out of processes for a moment."""
    start, refused = Pool._start, iter([True] * 3)

    def start_or_fail(pool: Pool) -> None:
        if next(refused, False):
            raise BlockingIOError("Resource temporarily unavailable")
        start(pool)

    async def run_after_a_death() -> tuple[int, int]:
        recorder = Recorder()
        async with open_pool(recorder=recorder) as pool:
            monkeypatch.setattr(Pool, "_start", start_or_fail)
            os.kill(pool.processes[0], signal.SIGKILL)
            await until(lambda: recorder.events[PoolEvent.NOT_STARTED] == 3)
            return await pool.run(process_id), recorder.events[PoolEvent.NOT_STARTED]

    process, failed = run(run_after_a_death)
    assert process > 0
    assert failed == 3


def test_a_pool_whose_workers_cannot_open_anything_says_so() -> None:
    async def open_nothing() -> str:
        pool = Pool(WorkerSetup(open_broken), PATIENT, Recorder())
        return await limit_of(pool.open())

    assert run(open_nothing) == "workers"


def open_broken() -> None:
    """Fail to open."""
    raise OSError("no such build")


def test_a_worker_opens_the_snapshot_of_a_build_twice(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("data/films.yaml", ANORA)
    graph = project.open()
    monkeypatch.setattr(job_limits, "memory_limit", lambda: 1 << 30)
    first, second = SnapshotFile(graph.build), SnapshotFile(graph.build)
    assert first.sizes() == second.sizes()


@pytest.mark.parametrize("is_alive", [True, False])
def test_a_pool_forks_from_a_template_that_is_ready_and_alive(is_alive: bool) -> None:
    async def main() -> tuple[int, int]:
        template = Template(None)
        ready = template.process
        if not is_alive:
            os.kill(ready, signal.SIGKILL)
            while template.is_alive:
                await asyncio.sleep(0.01)
        pool = Pool(WorkerSetup(process_id_of_template), PATIENT, Recorder(), template=template)
        await pool.open()
        try:
            return ready, await pool.run(identity)
        finally:
            await pool.close()
            await asyncio.to_thread(template.close().wait)

    ready, used = asyncio.run(main())
    assert (ready == used) is is_alive


def test_pools_share_a_template_and_each_knows_how_its_own_workers_end() -> None:
    async def main() -> tuple[int, int, int]:
        template = Template(None)
        setup = WorkerSetup(process_id_of_template)
        old, new = (Pool(setup, PATIENT, Recorder(), template=template) for _ in range(2))
        await old.open()
        await new.open()
        assert await limit_of(old.run(stop_itself)) == "process"
        await old.close()
        used = await new.run(identity)
        await new.close()
        process = template.process
        await asyncio.to_thread(template.close().wait)
        return process, used, len(new.processes)

    process, used, left = asyncio.run(main())
    assert (used, left) == (process, 0)
