"""Requests that were answered walk in; one line for each walks out, as text or as JSON.

An address is told up to a length, so that queries are not copied into logs; bodies are never told. Lines are written a
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

_LONGEST = 200
_EVERY = 0.2


@dataclass
class Log:
    """Writes to stderr, or to another file; `form` is `text`, `json` or `none`."""

    form: str = "none"
    file: TextIO = field(default_factory=lambda: sys.stderr)
    _told: list[_Told] = field(default_factory=list)

    def tell(self, method: str, path: bytes, query: bytes, status: int, *, size: int, seconds: float) -> None:
        """One request that was answered."""
        if self.form == "none":
            return
        if not self._told:
            asyncio.get_running_loop().call_later(_EVERY, self.flush)
        cut = query[: _LONGEST + 1]
        self._told.append((time.time(), method, path[:_LONGEST], cut, len(query), status, size, seconds))

    def flush(self) -> None:
        """Write what has come together."""
        told, self._told = self._told, []
        if told:
            write = _to_json if self.form == "json" else _to_text
            self.file.write("".join(write(one) for one in told))
            self.file.flush()


_Told = tuple[float, str, bytes, bytes, int, int, int, float]


def _address(told: _Told) -> str:
    path, query, length = told[2], told[3], told[4]
    text = (path + b"?" + query[:_LONGEST] if query else path).decode("ascii", "backslashreplace")
    return f"{text}...({length} bytes)" if length > _LONGEST else text


def _to_text(told: _Told) -> str:
    when, method, _, _, _, status, size, seconds = told
    return f"{_time(int(when))} {method} {_address(told)} {status} {size}B {seconds * 1000:.1f}ms\n"


def _to_json(told: _Told) -> str:
    when, method, _, _, _, status, size, seconds = told
    line = {"time": _time(int(when)), "method": method, "address": _address(told), "status": status}
    return json.dumps(line | {"bytes": size, "ms": round(seconds * 1000, 1)}) + "\n"


@lru_cache(maxsize=4)
def _time(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
