"""A project and an address walk in; connections to it are accepted and handed to the processes that answer them.

A process that has ended is replaced, and its share of the connections goes to the others meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from kg.errors import InputError
from kg.project import Project
from kg.server.metrics import size_of
from kg.server.settings import Limits

_BACKLOG = 2048
_PATIENCE = 30.0
_FAILED_STARTS = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve: where, with how many processes, within which limits, and what is logged."""

    host: str = "127.0.0.1"
    port: int = 8000
    processes: int = 2
    limits: Limits = field(default_factory=Limits)
    log: str = "text"
    address: str | None = None


@dataclass(slots=True, eq=False)
class _Front:
    process: subprocess.Popen[bytes]
    control: socket.socket
    row: int
    is_ready: bool = False


class Serving:
    """The listening socket and the processes that answer; `run` returns when it is told to stop."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project, self.settings = project, settings
        self._fronts: list[_Front] = []
        self._turn = self._failed_starts = 0
        self._is_stopping = False
        self._look = selectors.DefaultSelector()

    def run(self, opened: Callable[[str], None]) -> int:
        """Serve until SIGINT or SIGTERM; `opened` is told the address when requests are answered.

        Raises `InputError` when the address cannot be listened on.
        """
        with self._listen() as listening, tempfile.TemporaryFile() as memory:
            memory.truncate(size_of(self.settings.processes))
            self._memory = memory.fileno()
            self._stop_on_signals()
            for row in range(self.settings.processes):
                self._start(row)
            host, port = listening.getsockname()[:2]
            self._look.register(listening, selectors.EVENT_READ)
            has_opened = False
            while not self._is_stopping and self._failed_starts < _FAILED_STARTS:
                self._step(listening)
                if not has_opened and all(front.is_ready for front in self._fronts):
                    has_opened = True
                    opened(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
            self._look.unregister(listening)
            listening.close()
            self._stop()
        return 0 if self._is_stopping else 1

    def _listen(self) -> socket.socket:
        host, port = self.settings.host, self.settings.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen(_BACKLOG)
        except (OSError, OverflowError) as error:
            listening.close()
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"{host}:{port} cannot be listened on: {reason}. Choose another with --port.") from error
        listening.setblocking(False)
        return listening

    def _start(self, row: int) -> None:
        ours, theirs = socket.socketpair()
        told = {
            "project": str(self.project.folder),
            "limits": asdict(self.settings.limits),
            "rows": self.settings.processes,
            "row": row,
            "log": self.settings.log,
            "address": self.settings.address,
        }
        call = [sys.executable, "-m", "kg.server.process", str(theirs.fileno()), str(self._memory), json.dumps(told)]
        process = subprocess.Popen(call, pass_fds=(theirs.fileno(), self._memory), stdin=subprocess.DEVNULL)  # noqa: S603
        theirs.close()
        front = _Front(process, ours, row)
        self._fronts.append(front)
        self._look.register(ours, selectors.EVENT_READ, front)

    def _step(self, listening: socket.socket) -> None:
        """See to what has happened: a connection, a process that is ready or has ended, a signal."""
        for key, _ in self._look.select(1.0):
            if key.fileobj is listening:
                self._accept(listening)
            elif isinstance(key.data, _Front):
                self._hear(key.data)

    def _accept(self, listening: socket.socket) -> None:
        ready = [front for front in self._fronts if front.is_ready]
        if not ready:
            # Whoever comes now waits in the backlog until a process is ready.
            time.sleep(0.01)
            return
        with contextlib.suppress(OSError):
            client, _ = listening.accept()
            with client:
                for _ in ready:
                    self._turn += 1
                    if _hand_over(ready[self._turn % len(ready)], client):
                        return

    def _hear(self, front: _Front) -> None:
        with contextlib.suppress(OSError):
            if front.control.recv(16):
                front.is_ready, self._failed_starts = True, 0
                return
        self._look.unregister(front.control)
        front.control.close()
        self._fronts.remove(front)
        front.process.kill()
        front.process.wait()
        if not front.is_ready:
            self._failed_starts += 1
        if not self._is_stopping and self._failed_starts < _FAILED_STARTS:
            self._start(front.row)

    def _stop_on_signals(self) -> None:
        def stop(_number: int, _frame: object) -> None:
            self._is_stopping = True

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        hearing, telling = socket.socketpair()
        telling.setblocking(False)
        signal.set_wakeup_fd(telling.fileno(), warn_on_full_buffer=False)
        self._wakes = (hearing, telling)
        self._look.register(hearing, selectors.EVENT_READ)

    def _stop(self) -> None:
        for front in self._fronts:
            front.process.terminate()
        until = time.monotonic() + _PATIENCE
        for front in self._fronts:
            try:
                front.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                front.process.kill()
                front.process.wait()
            front.control.close()
        signal.set_wakeup_fd(-1)
        for end in self._wakes:
            end.close()
        self._look.close()


def _hand_over(front: _Front, client: socket.socket) -> bool:
    try:
        socket.send_fds(front.control, [b"c"], [client.fileno()])
    except OSError:
        return False
    return True
