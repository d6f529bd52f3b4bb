"""Work walks in; a free worker process does it within the limits, and what came of it walks out.

Whoever overruns the time is killed and replaced. A query that works longer than a moment no longer counts among the
workers: another is started in its place, at most so many run long at once, and those run at low priority. So a few dear
queries cannot hold up the many cheap ones. A worker first loads the modules whose functions it will be asked for, so
that nobody waits for that. Work whose process was killed from outside is done once more by another,
since it only reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg.errors import LimitError
from kg.project import Project
from kg.server.limits import Limits
from kg.server.metrics import Tally
from kg.server.workers.messages import LENGTH, Work, from_body, to_error, to_frame

_TICK = 0.05
_LOW = 15
_FAILED_STARTS = 5
_BUSY = 3
"""So many times its processor time a short query may take where the machine has much else to do."""
_CLOCK_OF_PROCESS = 2
"""CPUCLOCK_SCHED of Linux: how much processor time a process has used."""


@dataclass(slots=True, eq=False)
class _Job:
    frame: bytes
    done: asyncio.Future[Any]
    asked: float
    deadline: float
    tries: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    door: socket.socket
    job: _Job | None = None
    begun: float = 0.0
    used: float = 0.0
    is_ready: bool = False
    is_slow: bool = False
    verdict: LimitError | None = None
    received: bytearray = field(default_factory=bytearray)
    unsent: memoryview = field(default_factory=lambda: memoryview(b""))


class Pool:
    """Worker processes with one build open; `run` has one of them do something."""

    program: tuple[str, ...] = ("-m", "kg.server.workers.worker")
    """What Python runs as a worker."""

    def __init__(
        self, project: Project, build: Path, limits: Limits, *, tally: Tally, loads: Sequence[str] = ()
    ) -> None:
        self.project, self.build, self.limits, self.tally = project, build, limits, tally
        self.loads = tuple(loads)
        self._workers: list[_Worker] = []
        self._free: list[_Worker] = []
        self._waiting: deque[_Job] = deque()
        self._watch: asyncio.Task[None] | None = None
        self._ending: list[subprocess.Popen[bytes]] = []
        self._failed_starts = 0
        self._is_closing = False

    async def open(self) -> None:
        """Start the workers; they are ready when this returns. Raises `LimitError` when they cannot start."""
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        for _ in range(self.limits.workers):
            self._start()
        self._watch = self._loop.create_task(self._look_after())
        await self._opened

    async def run(self, work: Work, *args: object) -> Any:
        """What `work(graph, *args)` gives, done by a worker; raises what it raises, or `LimitError`."""
        if len(self._waiting) >= self.limits.waiting:
            raise LimitError("Too many requests are waiting; ask again in a moment.", limit="waiting")
        now = time.monotonic()
        job = _Job(to_frame((work, args)), self._loop.create_future(), now, now + self.limits.seconds)
        self.tally.add("kg_runs_total")
        self._give(job)
        return await job.done

    async def close(self) -> None:
        """Let what runs come to its end, and end the workers."""
        self._is_closing = True
        while self._waiting or self.is_busy:
            await asyncio.sleep(_TICK)
        if self._watch is not None:
            self._watch.cancel()
        for worker in list(self._workers):
            self._end(worker)
        for process in self._ending:
            await asyncio.to_thread(process.wait)

    @property
    def processes(self) -> list[int]:
        """The ids of the worker processes."""
        return [worker.process.pid for worker in self._workers]

    @property
    def is_busy(self) -> bool:
        """True when a worker has something to do."""
        return any(worker.job is not None for worker in self._workers)

    @property
    def is_able(self) -> bool:
        """True when workers can be started."""
        return self._failed_starts < _FAILED_STARTS

    def _tell(self) -> None:
        """How many work, have something to do, run long, wait."""
        self.tally.put("kg_workers", len(self._workers))
        self.tally.put("kg_workers_busy", sum(worker.job is not None for worker in self._workers))
        self.tally.put("kg_workers_slow", sum(worker.is_slow for worker in self._workers))
        self.tally.put("kg_waiting", len(self._waiting))

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        call = [sys.executable, *self.program, str(theirs.fileno())]
        call += [str(self.project.folder), str(self.build), str(self.limits.memory), *self.loads]
        with theirs:
            try:
                process = subprocess.Popen(call, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL)  # noqa: S603
            except OSError:
                ours.close()
                raise
        worker = _Worker(process, ours)
        self._workers.append(worker)
        self._loop.add_reader(ours, self._hear, worker)

    def _give(self, job: _Job) -> None:
        while self._free:
            worker = self._free.pop()
            if worker.job is None and worker in self._workers:
                self._send(worker, job)
                return
        self._waiting.append(job)

    def _send(self, worker: _Worker, job: _Job) -> None:
        worker.job, worker.begun, worker.used = job, time.monotonic(), processor_time(worker.process.pid)
        worker.unsent = memoryview(job.frame)
        self._push(worker)

    def _push(self, worker: _Worker) -> None:
        try:
            sent = worker.door.send(worker.unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            # The worker has died: hearing its end, we see to its job.
            return
        worker.unsent = worker.unsent[sent:]
        if worker.unsent:
            self._loop.add_writer(worker.door, self._push_on, worker)

    def _push_on(self, worker: _Worker) -> None:
        self._loop.remove_writer(worker.door)
        self._push(worker)

    def _hear(self, worker: _Worker) -> None:
        try:
            piece = worker.door.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._bury(worker)
            return
        received = worker.received
        received += piece
        if len(received) < LENGTH.size:
            return
        size = LENGTH.size + LENGTH.unpack_from(received)[0]
        if len(received) >= size:
            told = from_body(memoryview(received)[LENGTH.size : size])
            worker.received = bytearray()
            self._take(worker, told)

    def _take(self, worker: _Worker, told: Any) -> None:
        job, worker.job = worker.job, None
        if not worker.is_ready:
            worker.is_ready, self._failed_starts = True, 0
            if not self._opened.done():
                self._opened.set_result(None)
        elif job is not None and not job.done.done():
            is_fine, came = told
            if is_fine:
                job.done.set_result(came)
            else:
                job.done.set_exception(to_error(*came))
        if worker.is_slow:
            # Its priority is low for good, and its memory may have grown.
            self._end(worker)
        elif self._waiting:
            self._send(worker, self._waiting.popleft())
        else:
            self._free.append(worker)

    def _bury(self, worker: _Worker) -> None:
        """A worker has come to its end: see to the work that it had, and start another."""
        job, worker.job = worker.job, None
        status = self._end(worker)
        if not worker.is_ready:
            self._failed_starts += 1
        if job is not None and not job.done.done():
            if worker.verdict is not None:
                job.done.set_exception(worker.verdict)
            elif status == -signal.SIGKILL and job.tries == 0:
                job.tries += 1
                self._give(job)
            else:
                self.tally.add("kg_died_total")
                job.done.set_exception(_as_error(status))
        self._fill()
        if not self.is_able and not self._opened.done():
            self._opened.set_exception(LimitError("No worker can open the graph.", limit="workers"))

    def _end(self, worker: _Worker) -> int:
        if worker not in self._workers:
            return 0
        self._workers.remove(worker)
        self._loop.remove_reader(worker.door)
        self._loop.remove_writer(worker.door)
        worker.door.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            # It has closed its socket, so it is as good as gone.
            if worker.verdict is None and not worker.is_slow:
                return worker.process.wait(0.2)
        # Nobody waits for it: with low priority, or much memory to give back, its end may take seconds.
        worker.process.kill()
        self._ending.append(worker.process)
        return -signal.SIGKILL

    def _fill(self) -> None:
        """As many workers as there should be, those apart that run long."""
        while not self._is_closing and self.is_able:
            if sum(not worker.is_slow for worker in self._workers) >= self.limits.workers:
                return
            try:
                self._start()
            except OSError:
                # No process or file more for the moment: the watch, which must not end, asks again at its next turn.
                self.tally.add("kg_unstarted_total")
                return

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            for worker in list(self._workers):
                if worker.job is not None:
                    self._judge(worker, worker.job, now)
            while self._waiting and (self._waiting[0].deadline < now or self._waiting[0].done.done()):
                job = self._waiting.popleft()
                if not job.done.done():
                    job.done.set_exception(_too_long(self.limits.seconds, "waited"))
            self._ending = [process for process in self._ending if process.poll() is None]
            self._fill()
            self._tell()

    def _judge(self, worker: _Worker, job: _Job, now: float) -> None:
        if worker.verdict is not None:
            return
        if now > job.deadline:
            self._condemn(worker, _too_long(self.limits.seconds, "took"))
        elif not worker.is_slow and self._is_long(worker, now):
            if sum(one.is_slow for one in self._workers) >= self.limits.slow:
                self._condemn(worker, LimitError("Too many long queries run at once; ask again later.", limit="slow"))
                return
            worker.is_slow = True
            if self._is_dear(worker):
                with contextlib.suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, worker.process.pid, _LOW)

    def _is_long(self, worker: _Worker, now: float) -> bool:
        """True when patience is used up, by the processor's clock: on a busy machine anything takes long."""
        waited, patience = now - worker.begun, self.limits.patience
        return waited > _BUSY * patience or (waited > patience and self._is_dear(worker))

    def _is_dear(self, worker: _Worker) -> bool:
        return processor_time(worker.process.pid) - worker.used > self.limits.patience

    def _condemn(self, worker: _Worker, verdict: LimitError) -> None:
        self.tally.add("kg_killed_total")
        worker.verdict = verdict
        if worker.job is not None and not worker.job.done.done():
            worker.job.done.set_exception(verdict)
        worker.process.kill()


def processor_time(process: int) -> float:
    """How many seconds of the processor a process has used; 0 where the system does not tell."""
    try:
        return time.clock_gettime(~process << 3 | _CLOCK_OF_PROCESS)
    except OSError:
        return 0.0


def _too_long(seconds: float, did: str) -> LimitError:
    return LimitError(f"The query {did} longer than {seconds:g} seconds and was stopped.", limit="seconds")


def _as_error(status: int) -> LimitError:
    if status == -signal.SIGABRT:
        return LimitError("The query needed more memory than it may have, and was stopped.", limit="memory")
    return LimitError("The query ended the process that answered it.", limit="process")
