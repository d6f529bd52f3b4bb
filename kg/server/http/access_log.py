"""The log: one line for each request, as text or as JSON, and whatever else a process has to report.

A URL is logged up to a length, so that queries are not copied into logs; bodies are never logged. Lines are written a
few at a time. As JSON, every line is an object: also errors with their tracebacks, and what a worker writes that dies.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Thread
from typing import NamedTuple, TextIO

_MAX_LENGTH = 200
_FLUSH_SECONDS = 0.2


class LoggedRequest(NamedTuple):
    """What is logged of a request; `forwarded` is what a proxy says about the client's address."""

    method: str
    path: bytes
    query: bytes
    client: str = ""
    agent: bytes = b""
    forwarded: bytes = b""

    @property
    def url(self) -> str:
        """Path and query, cut after some characters."""
        query = b"?" + self.query[:_MAX_LENGTH] if self.query else b""
        text = (self.path[:_MAX_LENGTH] + query).decode("ascii", "backslashreplace")
        return f"{text}...({len(self.query)} bytes)" if len(self.query) > _MAX_LENGTH else text


def client_fields(address: tuple[str, int] | None, headers: Mapping[bytes, bytes]) -> tuple[str, bytes, bytes]:
    """Address, `User-Agent` and `X-Forwarded-For` of the client that sends a request with these headers."""
    agent, forwarded = headers.get(b"user-agent", b""), headers.get(b"x-forwarded-for", b"")
    return address[0] if address is not None else "", agent, forwarded


@dataclass
class AccessLog:
    """Writes to stderr, or to another file; `format` is `text`, `json` or `none`."""

    format: str = "none"
    file: TextIO = field(default_factory=lambda: sys.stderr)
    _lines: list[str] = field(default_factory=list)

    def write(self, request: LoggedRequest, status: int, *, size: int, seconds: float) -> None:
        """Log one answered request."""
        if self.format == "none":
            return
        if not self._lines:
            asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)
        to_line = _json_line if self.format == "json" else _text_line
        self._lines.append(to_line(request, status, size, round(seconds * 1000, 1)))

    def flush(self) -> None:
        """Write the lines that have come together."""
        lines, self._lines = self._lines, []
        if lines:
            self.file.write("".join(lines))
            self.file.flush()


def _text_line(request: LoggedRequest, status: int, size: int, milliseconds: float) -> str:
    client = f"{request.client or '-'} {json.dumps(_text(request.agent))}"
    return f"{_now()} {request.method} {request.url} {status} {size}B {milliseconds}ms {client}\n"


def _json_line(request: LoggedRequest, status: int, size: int, milliseconds: float) -> str:
    line = {"time": _now(), "method": request.method, "address": request.url, "status": status, "bytes": size}
    line |= {"ms": milliseconds, "client": request.client, "agent": _text(request.agent)}
    return json.dumps(line | ({"forwarded": _text(request.forwarded)} if request.forwarded else {})) + "\n"


def _text(field: bytes) -> str:
    return field[:_MAX_LENGTH].decode("ascii", "backslashreplace")


def message_line(message: str, **further: str) -> str:
    """A message that is not about a request, as a line of JSON."""
    return json.dumps({"time": _now(), "message": message} | further) + "\n"


def log_json_only() -> TextIO:
    """Make JSON of all that this process and its children write to stderr; returns where JSON itself is written."""
    file = os.fdopen(os.dup(2), "w", encoding="utf-8")
    reading, writing = os.pipe()
    os.dup2(writing, 2)
    os.close(writing)
    thread = Thread(target=_copy_lines, args=(reading, file), daemon=True)
    thread.start()

    def end() -> None:
        # Without this end of the pipe, the thread comes to what was written last.
        os.dup2(file.fileno(), 2)
        thread.join(1.0)

    atexit.register(end)
    handler = logging.StreamHandler(file)
    handler.terminator = ""
    handler.setFormatter(_JsonFormatter())
    logging.basicConfig(handlers=[handler], force=True)
    return file


def _copy_lines(reading: int, file: TextIO) -> None:
    with os.fdopen(reading, encoding="utf-8", errors="backslashreplace") as lines:
        for line in lines:
            file.write(message_line(line.rstrip("\n")))
            file.flush()


class _JsonFormatter(logging.Formatter):
    """A message of `logging` with its traceback as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        traceback = {"traceback": self.formatException(record.exc_info)} if record.exc_info else {}
        return message_line(record.getMessage(), level=record.levelname.lower(), **traceback)


def _now() -> str:
    return _timestamp(int(time.time()))


@lru_cache(maxsize=4)
def _timestamp(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
