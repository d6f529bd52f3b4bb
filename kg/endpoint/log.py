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
from typing import TextIO

_LONGEST = 200
_EVERY = 0.2


@dataclass
class Log:
    """Writes to stderr, or to another file; `form` is `text`, `json` or `none`."""

    form: str = "none"
    file: TextIO = field(default_factory=lambda: sys.stderr)
    _lines: list[str] = field(default_factory=list)
    _second: tuple[int, str] = (0, "")

    def tell(self, method: str, target: bytes, status: int, *, size: int, seconds: float) -> None:
        """One request that was answered."""
        if self.form == "none":
            return
        if not self._lines:
            asyncio.get_running_loop().call_later(_EVERY, self.flush)
        address = target[:_LONGEST].decode("ascii", "backslashreplace")
        if len(target) > _LONGEST:
            address += f"...({len(target)} bytes)"
        milliseconds = round(seconds * 1000, 1)
        if self.form == "json":
            told = {"time": self._now(), "method": method, "address": address, "status": status}
            self._lines.append(json.dumps(told | {"bytes": size, "ms": milliseconds}))
        else:
            self._lines.append(f"{self._now()} {method} {address} {status} {size}B {milliseconds}ms")

    def flush(self) -> None:
        """Write what has come together."""
        lines, self._lines = self._lines, []
        if lines:
            self.file.write("\n".join(lines) + "\n")
            self.file.flush()

    def _now(self) -> str:
        second = int(time.time())
        if self._second[0] != second:
            self._second = (second, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second)))
        return self._second[1]
