"""The template of worker processes: it has loaded what they need, and each of them is a fork of it.

A worker that is started afresh loads modules for most of a second; a fork is ready in a few hundredths, and shares
their memory. The template has one thread, opens nothing, and ends when its client is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import select
import signal
import socket
import subprocess
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from kg.workers.launch import start_python
from kg.workers.worker import LENGTH, WorkerSetup, do_jobs, from_body, to_frame

PROGRAM = "from kg.workers.template import main; main()"
"""What Python runs as a template."""
_FORK = b"F"
_PIECE = 1 << 16


class WorkerStarted(NamedTuple):
    """The worker that was asked for is there, or could not be forked: then its process is 0. They come in order."""

    process: int


class WorkerEnded(NamedTuple):
    """A worker has ended; the status is that of `Popen.returncode`."""

    process: int
    status: int


TemplateMessage = WorkerStarted | WorkerEnded


@dataclass(slots=True, eq=False)
class ForkedProcess:
    """The process of a worker, once the template has forked it, and its exit status, once it has ended."""

    process: int | None = None
    status: int | None = None


class Template:
    """The client of a template process in an event loop; several pools may have their workers forked from one."""

    def __init__(self, prepare: Callable[[], None] | None) -> None:
        """Start it; it begins with `prepare` (see `WorkerSetup`)."""
        self._channel, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = start_python("-c", PROGRAM, stdin=theirs.fileno(), stdout=subprocess.DEVNULL)
            except OSError:
                self._channel.close()
                raise
        self._channel.sendall(to_frame(prepare))
        self._channel.setblocking(False)
        self._received = bytearray()
        self._unstarted: deque[ForkedProcess] = deque()
        """Those that it was asked for, in order."""
        self._started: dict[int, ForkedProcess] = {}
        """Those that have not ended, by id."""
        self._listeners: list[Callable[[], None]] = []
        self.has_ended = False
        """True once nothing more comes from it: its workers go on, but how they end is not known."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._channel, self._receive)

    @property
    def process(self) -> int:
        """The id of its process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """False when its process has ended."""
        return not self.has_ended and self._process.poll() is None

    def listen(self, listener: Callable[[], None]) -> None:
        """Call this after each change of its processes or its own, until `unlisten`."""
        self._listeners.append(listener)

    def unlisten(self, listener: Callable[[], None]) -> None:
        """Do not call this any more."""
        self._listeners.remove(listener)

    def fork(self, setup: WorkerSetup, channel: socket.socket, worker: ForkedProcess) -> None:
        """Ask for a worker at the other end of a channel; raises `OSError` when the template is gone."""
        request = _FORK + to_frame(setup)
        if socket.send_fds(self._channel, [request], [channel.fileno()]) < len(request):
            self._channel.shutdown(socket.SHUT_WR)  # what follows would be misread
            raise BlockingIOError
        self._unstarted.append(worker)

    def close(self) -> subprocess.Popen[bytes]:
        """Let it end; returns its process, to be waited for."""
        self._end()
        return self._process

    def _receive(self) -> None:
        try:
            piece = self._channel.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._end()
        self._received += piece
        while len(self._received) >= LENGTH.size:
            size = LENGTH.size + LENGTH.unpack_from(self._received)[0]
            if len(self._received) < size:
                break
            self._take(from_body(self._received[LENGTH.size : size]))
            del self._received[:size]
        for listener in list(self._listeners):
            listener()

    def _take(self, message: TemplateMessage) -> None:
        if isinstance(message, WorkerEnded):
            self._started.pop(message.process).status = message.status
            return
        worker = self._unstarted.popleft()
        worker.process = message.process or None
        if worker.process is None:
            worker.status = -signal.SIGKILL
        else:
            self._started[worker.process] = worker

    def _end(self) -> None:
        if self.has_ended:
            return
        self.has_ended = True
        self._loop.remove_reader(self._channel)
        self._channel.close()
        for worker in (*self._started.values(), *self._unstarted):
            worker.status = -signal.SIGKILL
        self._started.clear()
        self._unstarted.clear()


# --- in the template


def main() -> None:
    """Fork workers until the client is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = socket.socket(fileno=os.dup(0))
    try:
        prepare = _receive(channel)
    except EOFError:
        return
    if prepare is not None:
        prepare()
    # What is loaded stays, and is shared: the garbage collector need not write to it.
    gc.collect()
    gc.freeze()
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_writer, False)
    signal.set_wakeup_fd(wake_writer)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with contextlib.suppress(ConnectionError, EOFError):
        _fork_on_demand(channel, wake_reader)


def _receive(channel: socket.socket) -> Any:
    """The next message; raises `EOFError` when the client is gone."""
    head = channel.recv(LENGTH.size, socket.MSG_WAITALL)
    if len(head) < LENGTH.size:
        raise EOFError
    return from_body(channel.recv(LENGTH.unpack(head)[0], socket.MSG_WAITALL))


def _fork_on_demand(channel: socket.socket, wake: int) -> None:
    """`wake` is readable when a worker has ended."""
    while True:
        readable, _, _ = select.select([channel.fileno(), wake], [], [])
        if wake in readable:
            os.read(wake, _PIECE)
            for ended in _ended_workers():
                channel.sendall(to_frame(ended))
        if channel.fileno() in readable:
            message, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
            if not message:
                return
            with socket.socket(fileno=descriptors[0]) as of_worker:
                started = _fork(_receive(channel), of_worker, channel)
            channel.sendall(to_frame(started))


def _fork(setup: WorkerSetup, of_worker: socket.socket, channel: socket.socket) -> WorkerStarted:
    try:
        process = os.fork()
    except OSError:
        return WorkerStarted(0)
    if process:
        return WorkerStarted(process)
    status = 1
    try:
        channel.close()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for standard in (0, 1):
            os.dup2(of_worker.fileno(), standard)
        of_worker.close()
        do_jobs(setup)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        # Not `sys.exit`: what the template would do at its end is not the worker's.
        os._exit(status)


def _ended_workers() -> Iterator[WorkerEnded]:
    while True:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if process == 0:
            return
        yield WorkerEnded(process, os.waitstatus_to_exitcode(status))
