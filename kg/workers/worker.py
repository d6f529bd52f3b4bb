"""The program of a worker process, and the messages that it exchanges with its client.

A message is pickled, with its length before it. The client sends a `WorkerSetup` and then jobs, one at a time, to the
worker's stdin; the worker answers each on its stdout, the setup when it is ready. Only processes of this program write
to these pipes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, Any

from kg.workers.job_limits import deadline, set_memory_limit, took_too_much_memory
from kg.workers.sandbox import seal

PROGRAM = "from kg.workers.worker import main; main()"
"""What Python runs as a worker; not `-m`, which would load this module twice."""
LENGTH = struct.Struct("!Q")
_GRACE = 5.0
"""A worker ends by itself so many seconds after its time, should its client no longer be there to kill it."""
_LOOK_SECONDS = 0.5
"""Between two looks whether the client is there."""

Job = tuple[float | None, float | None, Callable[..., Any], tuple[object, ...]]
"""The moment when it must have ended, how many seconds it has, a function of a module, and its further arguments."""
Reply = tuple[bool, Any]
"""True with what the function returned, or False with the parts of the error that it raised."""


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker opens, and its limits.

    `prepare` is what the template of a pool's workers does before them, such as loading the modules of their
    functions; it must leave no thread. `open` makes what jobs get as their first argument. `memory` is how many bytes
    the worker may take beyond what it has once that is open. With `readable`, the worker is sandboxed: it opens no
    socket, and no files but those in these folders and Python's own.
    """

    open: Callable[[], Any]
    memory: int | None = None
    readable: tuple[Path, ...] | None = None
    prepare: Callable[[], None] | None = None
    address: str = ""
    """The one URL whose host a sandboxed worker may connect to."""


def to_frame(message: object) -> bytes:
    """A message, with its length before it."""
    body = pickle.dumps(message, protocol=5)
    return LENGTH.pack(len(body)) + body


def from_body(body: bytes | bytearray | memoryview) -> Any:
    """The message of a frame's body."""
    return pickle.loads(body)  # noqa: S301  # written by a process of our own


def to_error(parts: tuple[type[Exception], tuple[object, ...], dict[str, object]]) -> Exception:
    """The error that a worker raised, put together without calling its constructor."""
    kind, args, attributes = parts
    error = kind.__new__(kind)
    error.args = args
    vars(error).update(attributes)
    return error


def receive(pipe: IO[bytes]) -> bytes:
    """The body of the next message; raises `EOFError` when the other side is gone."""
    head = pipe.read(LENGTH.size)
    size = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else 1
    body = pipe.read(size)
    if len(body) < size:
        raise EOFError
    return body


def send(pipe: IO[bytes], frame: bytes) -> None:
    """Send a message."""
    pipe.write(frame)
    pipe.flush()


def main() -> None:
    """Do what comes over stdin until it closes."""
    # Ctrl+C reaches every process of a terminal; the client decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs, replies = _take_pipes()
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _do_jobs(lambda: from_body(receive(jobs)), jobs, replies)


def _end_with(client: int) -> None:
    """End this process when its client is gone, which cannot kill it then: a job without a time limit would go on."""
    while os.getppid() == client:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


def do_jobs(setup: WorkerSetup) -> None:
    """The same in a fork, which has its setup."""
    jobs, replies = _take_pipes()
    _do_jobs(lambda: setup, jobs, replies)


def _do_jobs(receive_setup: Callable[[], WorkerSetup], jobs: IO[bytes], replies: IO[bytes]) -> None:
    with contextlib.suppress(EOFError, ConnectionError):  # the client may be gone at any time
        try:
            subject = _open(receive_setup())
        except Exception as error:
            send(replies, to_frame((False, _parts_of(error))))
            return
        send(replies, to_frame((True, None)))
        while True:
            body = receive(jobs)
            send(replies, _answer(subject, body))
            _end_after(0)


def _open(setup: WorkerSetup) -> object:
    set_memory_limit(setup.memory)
    subject = setup.open()
    # What is loaded stays: the garbage collector need not look through it again and again.
    gc.freeze()
    if setup.readable is not None:
        seal(setup.readable, address=setup.address)
    if setup.memory is not None:
        _limit_memory(setup.memory)
    return subject


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Stdin and stdout for messages; whatever else is printed goes to stderr."""
    jobs, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return jobs, replies


def _answer(subject: object, body: bytes) -> bytes:
    try:
        moment, seconds, function, args = from_body(body)
        _end_after(0 if moment is None else max(moment - time.monotonic(), 0) + _GRACE)
        with deadline(moment, seconds=seconds or 0.0):
            return to_frame((True, function(subject, *args)))
    except MemoryError:
        return to_frame((False, _parts_of(took_too_much_memory())))
    except Exception as error:  # whatever it is, the client raises it
        return to_frame((False, _parts_of(error)))


def _end_after(seconds: float) -> None:
    """Have the system end this process after so long, 0 for never: also when its client has died and cannot."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _parts_of(error: Exception) -> tuple[type[Exception], tuple[object, ...], dict[str, object]]:
    return type(error), error.args, {name: value for name, value in vars(error).items() if not name.startswith("_")}


def _limit_memory(memory: int) -> None:
    """Let the process take so much beyond what it has now; an allocation beyond it fails, or ends the process."""
    if sys.platform != "linux":
        return
    import resource

    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    used = next(int(line.split()[1]) << 10 for line in status if line.startswith("VmSize:"))
    resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
