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

_START_SECONDS = 0.4
"""So much of the time in which a worker starts and opens its graph is not counted."""
_LONGEST_START = 120.0
_OPENING, _QUERY = "Opening the graph", "The query"
T = TypeVar("T")


def run_with_timeout(setup: WorkerSetup, function: Callable[..., T], *args: object, seconds: float | None) -> T:
    """What `function(setup.open(), *args)` returns, computed in a process of its own; raises what it raises.

    Raises `LimitError` when it takes longer than `seconds`, or more memory than it may: it is then killed. Of the time
    in which the worker opens its graph, 0.4 seconds are not counted. Functions, arguments and results are pickled, so a
    function must be one of a module.
    """
    began = time.monotonic()
    # Pipes rather than a pair of sockets, so that it works on Windows as well.
    process = start_python("-c", PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if seconds is None:
            _exchange(process, setup, _OPENING, deadline=began + _LONGEST_START, seconds=_LONGEST_START)
            deadline = None
        else:
            _exchange(process, setup, _QUERY, deadline=began + _START_SECONDS + seconds, seconds=seconds)
            deadline = min(time.monotonic(), began + _START_SECONDS) + seconds
        result: T = _exchange(process, (deadline, seconds, function, args), _QUERY, deadline=deadline, seconds=seconds)
        return result
    finally:
        process.kill()
        process.communicate()


def _exchange(
    process: subprocess.Popen[bytes],
    message: WorkerSetup | Job,
    activity: str,
    *,
    deadline: float | None,
    seconds: float | None,
) -> Any:
    """The worker's reply to a message.

    Raises `LimitError`, which names `seconds`, when there is no reply at the deadline; the worker is then killed.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    timer = Timer(threading.TIMEOUT_MAX if deadline is None else max(deadline - time.monotonic(), 0.0), process.kill)
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
