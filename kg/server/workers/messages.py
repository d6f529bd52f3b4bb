"""Work and what came of it walk from process to process: pickled, each with its length before it.

Only this program's own processes write here, over a pair of sockets that nobody else holds.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from typing import Any

Work = Callable[..., Any]
"""A function of a module; its first argument is the open graph."""

LENGTH = struct.Struct("!Q")


def to_frame(told: object) -> bytes:
    """A message, its length before it."""
    body = pickle.dumps(told, protocol=5)
    return LENGTH.pack(len(body)) + body


def from_body(body: bytes | bytearray | memoryview) -> Any:
    """The message of a frame's body."""
    return pickle.loads(body)  # noqa: S301  # written by a process of our own


def to_told(error: Exception) -> tuple[type[Exception], tuple[object, ...], dict[str, object]]:
    """An error as a message: the pieces that `to_error` puts together without calling its constructor."""
    return type(error), error.args, {name: value for name, value in vars(error).items() if not name.startswith("_")}


def to_error(kind: type[Exception], args: tuple[object, ...], facts: dict[str, object]) -> Exception:
    """The error that a worker raised."""
    error = kind.__new__(kind)
    error.args = args
    vars(error).update(facts)
    return error
