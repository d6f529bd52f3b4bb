"""The supervisor: it accepts connections and hands them to the processes that answer them.

A process that has ended is replaced, and its share of the connections goes to the others meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import IO

from kg.errors import InputError
from kg.project import Project
from kg.server.metrics import memory_size
from kg.server.settings import Settings
from kg.workers.launch import start_python

_BACKLOG = 2048
_STOP_SECONDS = 30.0
_FAILED_STARTS = 5


@dataclass(slots=True, eq=False)
class _ServerProcess:
    """A process that serves, and how often it was started."""

    process: subprocess.Popen[bytes]
    control: socket.socket
    row: int
    is_ready: bool = False


class Supervisor:
    """The listening socket and the processes that answer; `run` returns after SIGTERM or SIGINT."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project, self.settings = project, settings
        self._processes: list[_ServerProcess] = []
        self._turn = self._failed_starts = 0
        self._is_stopping = False
        self._selector = selectors.DefaultSelector()

    def run(self, opened: Callable[[str], None]) -> int:
        """Serve until SIGINT or SIGTERM; `opened` gets the URL once requests are answered. An exit status comes back.

        Raises `InputError` when the address cannot be listened on.
        """
        with self._listen() as listening, _shared_memory(memory_size(self.settings.processes)) as memory:
            self._memory = memory.fileno()
            self._stop_on_signals()
            for row in range(self.settings.processes):
                self._start(row)
            host, port = listening.getsockname()[:2]
            self._selector.register(listening, selectors.EVENT_READ)
            has_opened = False
            while not self._is_stopping and self._failed_starts < _FAILED_STARTS:
                self._step(listening)
                if not has_opened and all(process.is_ready for process in self._processes):
                    has_opened = True
                    opened(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
            self._selector.unregister(listening)
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
            reason = (getattr(error, "strerror", None) or str(error)).rstrip(".")
            raise InputError(f"Cannot listen on {host}:{port}: {reason}. Choose another with --port.") from error
        listening.setblocking(False)
        return listening

    def _start(self, row: int) -> None:
        ours, theirs = socket.socketpair()
        arguments = {
            "project": str(self.project.folder),
            "limits": asdict(self.settings.limits),
            "rows": self.settings.processes,
            "row": row,
            "log": self.settings.log,
            "host": self.settings.host,
            "url": self.settings.url,
            "names": self.settings.names,
            "cors": self.settings.cors,
            "endpoint": asdict(self.settings.endpoint) if self.settings.endpoint is not None else None,
        }
        descriptors = theirs.fileno(), self._memory
        call = ["-m", "kg.server.process", *map(str, descriptors), json.dumps(arguments)]
        process = start_python(*call, stdin=subprocess.DEVNULL, pass_fds=descriptors)
        theirs.close()
        started = _ServerProcess(process, ours, row)
        self._processes.append(started)
        self._selector.register(ours, selectors.EVENT_READ, started)

    def _step(self, listening: socket.socket) -> None:
        """Handle what has happened: a connection, a process that is ready or has ended, a signal."""
        for key, _ in self._selector.select(1.0):
            if key.fileobj is listening:
                self._accept(listening)
            elif isinstance(key.data, _ServerProcess):
                self._handle_message(key.data)

    def _accept(self, listening: socket.socket) -> None:
        ready = [process for process in self._processes if process.is_ready]
        if not ready:
            # New connections wait in the backlog until a process is ready.
            time.sleep(0.01)
            return
        with contextlib.suppress(OSError):
            client, _ = listening.accept()
            with client:
                for _ in ready:
                    self._turn += 1
                    if _hand_over(ready[self._turn % len(ready)], client):
                        return

    def _handle_message(self, process: _ServerProcess) -> None:
        """A process is ready, or has ended and is replaced."""
        with contextlib.suppress(OSError):
            if process.control.recv(16):
                process.is_ready, self._failed_starts = True, 0
                return
        self._selector.unregister(process.control)
        process.control.close()
        self._processes.remove(process)
        process.process.kill()
        process.process.wait()
        if not process.is_ready:
            self._failed_starts += 1
        if not self._is_stopping and self._failed_starts < _FAILED_STARTS:
            self._start(process.row)

    def _stop_on_signals(self) -> None:
        def stop(_number: int, _frame: object) -> None:
            self._is_stopping = True

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        # There is nothing to read again; only the end of the terminal that it was started in ends it.
        signal.signal(signal.SIGHUP, stop if sys.stdin is not None and sys.stdin.isatty() else signal.SIG_IGN)
        reading, writing = socket.socketpair()
        writing.setblocking(False)
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        self._wakeup = (reading, writing)
        self._selector.register(reading, selectors.EVENT_READ)

    def _stop(self) -> None:
        for process in self._processes:
            process.process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self._processes:
            try:
                process.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.process.kill()
                process.process.wait()
            process.control.close()
        signal.set_wakeup_fd(-1)
        for end in self._wakeup:
            end.close()
        self._selector.close()


def _shared_memory(size: int) -> IO[bytes]:
    """A file of this size that other processes inherit; in memory, so that no folder has to be writable."""
    if hasattr(os, "memfd_create"):
        file: IO[bytes] = os.fdopen(os.memfd_create("kg-metrics"), "r+b")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.truncate(size)
    return file


def _hand_over(process: _ServerProcess, client: socket.socket) -> bool:
    try:
        socket.send_fds(process.control, [b"c"], [client.fileno()])
    except OSError:
        return False
    return True
