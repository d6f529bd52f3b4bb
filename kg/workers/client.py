"""A synchronous client of a worker process: one call with a time limit."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from threading import Timer
from typing import Any, TypeVar

from kg.errors import LimitError
from kg.workers.launch import start_python
from kg.workers.worker import PROGRAM, Job, WorkerSetup, from_body, receive, send, to_error, to_frame

_START_SECONDS = 120.0
_GRACE = 1.0
T = TypeVar("T")


def run_with_timeout(setup: WorkerSetup, function: Callable[..., T], *args: object, seconds: float) -> T:
    """What `function(setup.open(), *args)` returns, computed in a process of its own; raises what it raises.

    Raises `LimitError` when it takes longer than `seconds`, counted from when the worker is ready: it is then killed.
    Functions, arguments and results are pickled, so a function must be one of a module.
    """
    # Pipes rather than a pair of sockets, so that it works on Windows as well.
    process = start_python("-c", PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        _exchange(process, setup, "Opening the graph", seconds=_START_SECONDS)
        result: T = _exchange(process, (seconds + _GRACE, function, args), "The query", seconds=seconds)
        return result
    finally:
        process.kill()
        process.communicate()


def _exchange(process: subprocess.Popen[bytes], message: WorkerSetup | Job, activity: str, *, seconds: float) -> Any:
    """The worker's reply to a message; the process is killed when it does not come in time."""
    assert process.stdin is not None
    assert process.stdout is not None
    deadline = time.monotonic() + seconds
    timer = Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        send(process.stdin, to_frame(message))
        is_fine, value = from_body(receive(process.stdout))
    except (EOFError, ConnectionError):
        if time.monotonic() >= deadline:
            took = f"{activity} took longer than {seconds:g} seconds and was stopped."
            raise LimitError(took, limit="seconds") from None
        raise LimitError(f"{activity} crashed the process that ran it.", limit="process") from None
    finally:
        timer.cancel()
    if not is_fine:
        raise to_error(value)
    return value
