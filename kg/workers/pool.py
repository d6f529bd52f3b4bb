"""An asyncio client of several worker processes: each job is done by a free worker, within limits.

A worker that exceeds the time limit is killed and replaced. Workers are forks of a template, ready in a few hundredths
of a second. One whose job takes more than a moment no longer counts among them: another is forked in its place before
it is needed. At most so many jobs run long at once, and those run at low priority. So a few expensive queries cannot
block the many cheap ones. A job that nobody waits for any more is killed, too. One whose worker was killed from outside
is done once more by another, since it only reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Protocol

from kg.errors import LimitError
from kg.workers.job_limits import error_of_status, took_too_long
from kg.workers.template import ForkedProcess, Template
from kg.workers.worker import LENGTH, WorkerSetup, from_body, to_error, to_frame

_TICK = 0.05
_LOW_PRIORITY = 15
_FAILED_STARTS = 5
_MOMENT = 0.1
"""After so many seconds on a job, a worker does not count among those that are there for others."""
_BUSY = 3
"""How many times its processor time a short query may take by the clock, where the machine has much else to do."""
_CLOCK_OF_PROCESS = 2
"""CPUCLOCK_SCHED of Linux: how much processor time a process has used."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """The limits of a query, and of how many run at once."""

    seconds: float = 10.0
    """How long a query may take, its waiting included; then its process is killed."""
    memory: int = 1 << 30
    """How many bytes of memory a worker may take beyond what an open graph takes."""
    workers: int = 2
    """How many processes answer queries."""
    slow: int = 4
    """How many queries may run long at the same time; a further one is ended, so that short ones are answered."""
    patience: float = 0.5
    """After how many seconds a query counts as long: another worker then takes the place of its own."""
    waiting: int = 1000
    """How many requests may wait for a worker."""


class PoolEvent(Enum):
    """What a pool counts."""

    RUN = "runs"
    KILLED = "killed"
    DIED = "died"
    NOT_STARTED = "unstarted"


@dataclass(frozen=True, slots=True)
class PoolState:
    """How many workers there are, how many are busy, how many of them run long, and how many jobs wait."""

    workers: int
    busy: int
    slow: int
    waiting: int


class PoolObserver(Protocol):
    """Receives the events of a pool."""

    def count(self, event: PoolEvent) -> None:
        """Called for each event."""

    def show(self, state: PoolState) -> None:
        """Called with the state, changed or not."""


@dataclass(slots=True, eq=False)
class _Job:
    """A call that waits for a worker or runs in one."""

    frame: bytes
    result: asyncio.Future[Any]
    deadline: float
    tries: int = 0


@dataclass(slots=True, eq=False, kw_only=True)
class _Worker(ForkedProcess):
    """A worker process, with the channel to it and its job."""

    channel: socket.socket
    job: _Job | None = None
    job_started: float = 0.0
    processor_before: float = 0.0
    is_ready: bool = False
    is_slow: bool = False
    exceeded: LimitError | None = None
    received: bytearray = field(default_factory=bytearray)
    unsent: memoryview = field(default_factory=lambda: memoryview(b""))


class Pool:
    """Worker processes that have opened the same; `run` has one of them run a function.

    They are forked from a `template`, which has made what the setup prepares, and which outlives the pool; without one,
    or when that has ended, the pool starts its own.
    """

    def __init__(
        self, setup: WorkerSetup, limits: PoolLimits, observer: PoolObserver, *, template: Template | None = None
    ) -> None:
        self.limits, self.observer = limits, observer
        self._setup = replace(setup, memory=limits.memory)
        self._template: Template | None = None
        self._shared = template
        self._workers: list[_Worker] = []
        self._gone: set[_Worker] = set()
        """Those whose channel has closed, of which the exit status is not known yet."""
        self._free: list[_Worker] = []
        self._waiting: deque[_Job] = deque()
        self._watch: asyncio.Task[None] | None = None
        self._exiting: list[subprocess.Popen[bytes]] = []
        self._failed_starts = 0
        self._is_closing = False

    async def open(self) -> None:
        """Start the workers; the first is ready when this returns. Raises `LimitError` when none can start."""
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        for _ in range(self.limits.workers):
            self._start()
        self._watch = self._loop.create_task(self._watch_limits())
        try:
            await self._opened
        except LimitError:
            await self._end_all()
            raise

    async def run(self, function: Callable[..., Any], *args: object) -> Any:
        """What `function(subject, *args)` returns in a worker; raises what it raises, or `LimitError`."""
        if len(self._waiting) >= self.limits.waiting:
            raise LimitError("Too many requests are waiting; ask again in a moment.", limit="waiting")
        deadline = time.monotonic() + self.limits.seconds
        frame = to_frame((deadline, self.limits.seconds, function, args))
        job = _Job(frame, self._loop.create_future(), deadline)
        self.observer.count(PoolEvent.RUN)
        self._assign(job)
        try:
            return await job.result
        except asyncio.CancelledError:
            # The watch ends it, if it has begun.
            with contextlib.suppress(ValueError):
                self._waiting.remove(job)
            raise

    async def close(self) -> None:
        """Let the jobs finish, and end the workers."""
        self._is_closing = True
        while self._waiting or self.is_busy:
            await asyncio.sleep(_TICK)
        await self._end_all()

    async def _end_all(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        for worker in list(self._workers):
            self._end(worker)
        self._leave_template()
        for process in self._exiting:
            await asyncio.to_thread(process.wait)

    @property
    def processes(self) -> list[int]:
        """The ids of the worker processes."""
        return [worker.process for worker in self._workers if worker.process is not None]

    @property
    def is_busy(self) -> bool:
        """True when a worker has a job."""
        return any(worker.job is not None for worker in self._workers)

    @property
    def is_able(self) -> bool:
        """True when workers can be started."""
        return self._failed_starts < _FAILED_STARTS

    # --- jobs
    def _assign(self, job: _Job) -> None:
        while self._free:
            worker = self._free.pop()
            if worker.job is None and worker in self._workers:
                self._begin(worker, job)
                return
        self._waiting.append(job)

    def _begin(self, worker: _Worker, job: _Job) -> None:
        worker.job, worker.job_started = job, time.monotonic()
        worker.processor_before = processor_time(worker.process)
        self._send(worker, job.frame)

    def _finish(self, worker: _Worker, is_fine: bool, value: Any) -> None:
        """A worker has opened its subject, or has done its job."""
        job, worker.job = worker.job, None
        if not worker.is_ready:
            if not is_fine:
                # It ends by itself, and another is started.
                logging.getLogger("kg.workers").error("a worker cannot open the graph", exc_info=to_error(value))
                return
            worker.is_ready, self._failed_starts = True, 0
            if not self._opened.done():
                self._opened.set_result(None)
        elif job is not None and not job.result.done():
            if is_fine:
                job.result.set_result(value)
            else:
                job.result.set_exception(to_error(value))
        if worker.is_slow or len(self._free) >= 2 * self.limits.workers:
            # The priority of a slow one is low for good, and its memory may have grown.
            self._end(worker)
        elif self._waiting:
            self._begin(worker, self._waiting.popleft())
        else:
            self._free.append(worker)

    # --- messages
    def _send(self, worker: _Worker, frame: bytes) -> None:
        worker.unsent = memoryview(frame)
        self._send_unsent(worker)

    def _send_on(self, worker: _Worker) -> None:
        self._loop.remove_writer(worker.channel)
        self._send_unsent(worker)

    def _send_unsent(self, worker: _Worker) -> None:
        try:
            sent = worker.channel.send(worker.unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            # The worker has died: `_receive` notices, and handles its job.
            return
        worker.unsent = worker.unsent[sent:]
        if worker.unsent:
            self._loop.add_writer(worker.channel, self._send_on, worker)

    def _receive(self, worker: _Worker) -> None:
        try:
            piece = worker.channel.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._close_channel(worker)
            self._gone.add(worker)
            self._settle_gone()
            self._start_missing()
            return
        received = worker.received
        received += piece
        if len(received) < LENGTH.size:
            return
        size = LENGTH.size + LENGTH.unpack_from(received)[0]
        if len(received) >= size:
            is_fine, value = from_body(memoryview(received)[LENGTH.size : size])
            worker.received = bytearray()
            self._finish(worker, is_fine, value)

    # --- processes
    def _start(self) -> None:
        """Have a worker forked; raises `OSError` when that is not possible now."""
        if self._template is None:
            shared = self._shared if self._shared is not None and self._shared.is_alive else None
            self._template = shared or Template(self._setup.prepare)
            self._template.listen(self._hear_template)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        worker = _Worker(channel=ours)
        with theirs:
            try:
                self._template.fork(self._setup, theirs, worker)
            except OSError:
                ours.close()
                raise
        self._workers.append(worker)
        self._loop.add_reader(ours, self._receive, worker)

    def _hear_template(self) -> None:
        if self._template is not None and self._template.has_ended:
            self._leave_template()
            self._failed_starts += 1
        for worker in self._workers:
            # A worker may be ready, and its job too long, before the message with its process arrives.
            if worker.exceeded is not None:
                self._kill_process(worker)
        self._settle_gone()
        self._start_missing()

    def _leave_template(self) -> None:
        if (template := self._template) is None:
            return
        self._template = None
        template.unlisten(self._hear_template)
        if template is not self._shared or template.has_ended:
            self._exiting.append(template.close())

    def _settle_gone(self) -> None:
        """See to the jobs of the workers that are gone and of which the exit status is known."""
        for worker in [worker for worker in self._gone if worker.status is not None]:
            self._gone.remove(worker)
            self._settle(worker)

    def _settle(self, worker: _Worker) -> None:
        job, worker.job = worker.job, None
        if not worker.is_ready:
            self._failed_starts += 1
        if job is not None and not job.result.done():
            if worker.exceeded is not None:
                job.result.set_exception(worker.exceeded)
            elif worker.status == -signal.SIGKILL and job.tries == 0:
                job.tries += 1
                self._assign(job)
            else:
                self.observer.count(PoolEvent.DIED)
                job.result.set_exception(error_of_status(worker.status))
        if not self.is_able and not self._opened.done():
            self._opened.set_exception(LimitError("No worker can open the graph.", limit="workers"))

    def _end(self, worker: _Worker) -> None:
        """Let a worker end; one that is slow, or has much memory to give back, would take its time."""
        self._close_channel(worker)
        if worker.exceeded is not None or worker.is_slow:
            self._kill_process(worker)

    def _close_channel(self, worker: _Worker) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
            self._loop.remove_reader(worker.channel)
            self._loop.remove_writer(worker.channel)
            worker.channel.close()

    def _kill_process(self, worker: _Worker) -> None:
        if worker.process is not None and worker.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.process, signal.SIGKILL)

    def _start_missing(self) -> None:
        """Fork as many workers as there should be, those not counted whose job takes more than a moment."""
        most = 2 * self.limits.workers + self.limits.slow
        while not self._is_closing and self.is_able and len(self._workers) < most:
            now = time.monotonic()
            occupied = sum(worker.is_slow or _is_occupied(worker, now) for worker in self._workers)
            if len(self._workers) - occupied >= self.limits.workers:
                return
            try:
                self._start()
            except OSError:
                # No more processes or files for the moment: the watch, which must not end, tries again.
                self.observer.count(PoolEvent.NOT_STARTED)
                return

    # --- limits
    async def _watch_limits(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            for worker in list(self._workers):
                if worker.job is not None and worker.exceeded is None:
                    self._enforce(worker, worker.job, now)
            while self._waiting and (self._waiting[0].deadline < now or self._waiting[0].result.done()):
                job = self._waiting.popleft()
                if not job.result.done():
                    job.result.set_exception(_waited(self.limits.seconds))
            self._exiting = [process for process in self._exiting if process.poll() is None]
            self._start_missing()
            self.observer.show(self._state())

    def _enforce(self, worker: _Worker, job: _Job, now: float) -> None:
        if job.result.cancelled():
            self._kill(worker, job, LimitError("The client disconnected; the query was cancelled.", limit="client"))
        elif now > job.deadline:
            self._kill(worker, job, self._exceeded_time(worker, job))
        elif not worker.is_slow and self._is_long(worker, now):
            if sum(other.is_slow for other in self._workers) >= self.limits.slow:
                too_many = LimitError("Too many long queries run at once; ask again later.", limit="slow")
                self._kill(worker, job, too_many)
                return
            worker.is_slow = True
            if worker.process is not None:
                with contextlib.suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, worker.process, _LOW_PRIORITY)

    def _exceeded_time(self, worker: _Worker, job: _Job) -> LimitError:
        """The error of a job that has no time left, most of which it may have waited."""
        run, seconds = job.deadline - worker.job_started, self.limits.seconds
        return took_too_long(seconds) if run > seconds / 2 else _waited(seconds)

    def _is_long(self, worker: _Worker, now: float) -> bool:
        """True when patience is used up, by the processor's clock: on a busy machine anything takes long."""
        waited, patience = now - worker.job_started, self.limits.patience
        return waited > _BUSY * patience or (waited > patience and self._is_expensive(worker))

    def _is_expensive(self, worker: _Worker) -> bool:
        return processor_time(worker.process) - worker.processor_before > self.limits.patience

    def _kill(self, worker: _Worker, job: _Job, exceeded: LimitError) -> None:
        self.observer.count(PoolEvent.KILLED)
        worker.exceeded = exceeded
        if not job.result.done():
            job.result.set_exception(exceeded)
        self._kill_process(worker)

    def _state(self) -> PoolState:
        busy = sum(worker.job is not None for worker in self._workers)
        slow = sum(worker.is_slow for worker in self._workers)
        return PoolState(len(self._workers), busy, slow, len(self._waiting))


def _is_occupied(worker: _Worker, now: float) -> bool:
    return worker.job is not None and now - worker.job_started > _MOMENT


def processor_time(process: int | None) -> float:
    """How many seconds of the processor a process has used; 0 where the system does not show it."""
    if process is None:
        return 0.0
    try:
        return time.clock_gettime(~process << 3 | _CLOCK_OF_PROCESS)
    except OSError:
        return 0.0


def _waited(seconds: float) -> LimitError:
    message = f"The query waited too long for a worker: its {seconds:g} seconds are over; ask again in a moment."
    return LimitError(message, limit="waiting")
