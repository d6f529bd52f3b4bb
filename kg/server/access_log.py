"""The access log: one line for each request, as text or as JSON.

A URL is logged up to a length, so that queries are not copied into logs; bodies are never logged. Lines are written a
few at a time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TextIO

_MAX_LENGTH = 200
_FLUSH_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One answered request."""

    time: float
    method: str
    path: bytes
    query: bytes
    length: int
    status: int
    size: int
    seconds: float

    @property
    def url(self) -> str:
        """Path and query, cut after some characters."""
        url = self.path + b"?" + self.query[:_MAX_LENGTH] if self.query else self.path
        text = url.decode("ascii", "backslashreplace")
        return f"{text}...({self.length} bytes)" if self.length > _MAX_LENGTH else text

    def to_text(self) -> str:
        """A line for people."""
        taken = f"{self.size}B {self.seconds * 1000:.1f}ms"
        return f"{_timestamp(int(self.time))} {self.method} {self.url} {self.status} {taken}\n"

    def to_json(self) -> str:
        """A line for programs."""
        line = {"time": _timestamp(int(self.time)), "method": self.method, "address": self.url, "status": self.status}
        return json.dumps(line | {"bytes": self.size, "ms": round(self.seconds * 1000, 1)}) + "\n"


@dataclass
class AccessLog:
    """Writes to stderr, or to another file; `format` is `text`, `json` or `none`."""

    format: str = "none"
    file: TextIO = field(default_factory=lambda: sys.stderr)
    _entries: list[LogEntry] = field(default_factory=list)

    def write(self, method: str, path: bytes, query: bytes, status: int, *, size: int, seconds: float) -> None:
        """Log one answered request."""
        if self.format == "none":
            return
        if not self._entries:
            asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)
        start = query[: _MAX_LENGTH + 1]
        entry = LogEntry(time.time(), method, path[:_MAX_LENGTH], start, len(query), status, size, seconds)
        self._entries.append(entry)

    def flush(self) -> None:
        """Write the lines that have come together."""
        entries, self._entries = self._entries, []
        if entries:
            to_line = LogEntry.to_json if self.format == "json" else LogEntry.to_text
            self.file.write("".join(map(to_line, entries)))
            self.file.flush()


@lru_cache(maxsize=4)
def _timestamp(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
