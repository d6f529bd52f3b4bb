"""A synchronous client of a worker process: one call with a time limit."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from threading import Timer
from typing import Any, TypeVar

from kg.workers.job_limits import error_of_status, took_too_long
from kg.workers.launch import start_python
from kg.workers.worker import PROGRAM, Job, WorkerSetup, from_body, receive, send, to_error, to_frame

_START_SECONDS = 120.0
T = TypeVar("T")


def run_with_timeout(setup: WorkerSetup, function: Callable[..., T], *args: object, seconds: float | None) -> T:
    """What `function(setup.open(), *args)` returns, computed in a process of its own; raises what it raises.

    Raises `LimitError` when it takes longer than `seconds`, counted from when the worker is ready, or more memory than
    it may: it is then killed. Functions, arguments and results are pickled, so a function must be one of a module.
    """
    # Pipes rather than a pair of sockets, so that it works on Windows as well.
    process = start_python("-c", PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        _exchange(process, setup, "Opening the graph", seconds=_START_SECONDS)
        moment = None if seconds is None else time.monotonic() + seconds
        result: T = _exchange(process, (moment, seconds, function, args), "The query", seconds=seconds)
        return result
    finally:
        process.kill()
        process.communicate()


def _exchange(
    process: subprocess.Popen[bytes], message: WorkerSetup | Job, activity: str, *, seconds: float | None
) -> Any:
    """The worker's reply to a message; the process is killed when it does not come in time."""
    assert process.stdin is not None
    assert process.stdout is not None
    deadline = None if seconds is None else time.monotonic() + seconds
    timer = Timer(seconds if seconds is not None else threading.TIMEOUT_MAX, process.kill)
    timer.daemon = True
    timer.start()
    try:
        send(process.stdin, to_frame(message))
        is_fine, value = from_body(receive(process.stdout))
    except (EOFError, ConnectionError):
        if deadline is not None and seconds is not None and time.monotonic() >= deadline:
            raise took_too_long(seconds, activity) from None
        raise error_of_status(process.wait(), activity) from None
    finally:
        timer.cancel()
    if not is_fine:
        raise to_error(value)
    return value
