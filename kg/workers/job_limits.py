"""The limits of what runs in this process: when it must have ended, and how much memory it may take.

A worker that exceeds one of them is killed by its client. An engine that can be interrupted looks here, and ends by
itself just before: so its process, with all that it has loaded, is there for the next query.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from threading import Event, Thread

from kg.errors import InputError, LimitError

_DEADLINE: ContextVar[float | None] = ContextVar("_DEADLINE", default=None)
_SECONDS: ContextVar[float] = ContextVar("_SECONDS", default=0.0)
_MEMORY: ContextVar[int | None] = ContextVar("_MEMORY", default=None)
_BEFORE = 0.05
"""How many seconds before the deadline an engine is interrupted, so that the client need not kill its process."""
_AGAIN = 0.05
"""Seconds between two interruptions of an engine."""


def took_too_long(seconds: float, activity: str = "The query") -> LimitError:
    """The error of what was stopped when its time was over."""
    unit = "second" if seconds == 1 else "seconds"
    return LimitError(f"{activity} took longer than {seconds:g} {unit} and was stopped.", limit="seconds")


def took_too_much_memory() -> LimitError:
    """The error of a query that was stopped because it needed more memory than it may."""
    return LimitError("The query exceeded its memory limit and was stopped.", limit="memory")


def error_of_status(status: int | None, activity: str = "The query") -> LimitError:
    """The error of a worker that ended with this exit status; the engine aborts when it gets no memory."""
    if status == -signal.SIGABRT:
        return took_too_much_memory()
    return LimitError(f"{activity} crashed the process that ran it.", limit="process")


@contextmanager
def deadline(moment: float | None, *, seconds: float = 0.0) -> Iterator[None]:
    """Until a moment of `time.monotonic`, the same in all processes of a machine; it is `seconds` after the start.

    None leaves the deadline as it is, and a later one than that of the caller changes nothing.
    """
    current = _DEADLINE.get()
    if moment is None or (current is not None and current <= moment):
        yield
        return
    tokens = _DEADLINE.set(moment), _SECONDS.set(seconds)
    try:
        yield
    finally:
        _DEADLINE.reset(tokens[0])
        _SECONDS.reset(tokens[1])


def check_limits(*, timeout: object = None, **counts: object) -> None:
    """Raise `InputError` for a timeout that is no time, and for another limit that is no count; None is no limit."""
    is_number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if timeout is not None and not (is_number and 0 < float(str(timeout)) < float("inf")):
        raise InputError(f"timeout is a number of seconds above 0, not {timeout!r}.")
    for name, count in counts.items():
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
            raise InputError(f"{name} is a whole number from 0 on, not {count!r}.")


def deadline_in(seconds: float | None) -> AbstractContextManager[None]:
    """The deadline so many seconds from now; None leaves it as it is."""
    return deadline(None if seconds is None else time.monotonic() + seconds, seconds=seconds or 0.0)


def remaining_seconds() -> float | None:
    """How much time is left; None without a limit. Raises `LimitError` when there is none left."""
    moment = _DEADLINE.get()
    if moment is None:
        return None
    if (left := moment - time.monotonic()) <= 0:
        raise took_too_long(_SECONDS.get())
    return left


@contextmanager
def interrupt_in_time(interrupt: Callable[[], None], error: type[Exception]) -> Iterator[None]:
    """Calls `interrupt` when the time is over; what it raises, an `error`, becomes a `LimitError`.

    It is called again and again, since an engine forgets the interruption of a statement that it has not begun yet.
    """
    if (left := remaining_seconds()) is None:
        yield
        return
    is_ended = Event()

    def interrupt_until_ended() -> None:
        wait = max(left - _BEFORE, left / 2)
        while not is_ended.wait(wait):
            interrupt()
            wait = _AGAIN

    thread = Thread(target=interrupt_until_ended, daemon=True)
    thread.start()
    try:
        yield
    except error as interrupted:
        raise took_too_long(_SECONDS.get()) from interrupted
    finally:
        # What is done with the engine after this is not interrupted.
        is_ended.set()
        thread.join()


def memory_limit() -> int | None:
    """How many bytes this process may take beyond what it had when it was ready; None without a limit."""
    return _MEMORY.get()


def set_memory_limit(memory: int | None) -> None:
    """Called once in a worker process, before it opens anything."""
    _MEMORY.set(memory)
