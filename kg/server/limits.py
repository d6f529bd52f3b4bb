"""What nobody may overrun walks out: the bounds of one request and of all together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a query (`seconds`, `rows`, `bytes`, `memory`), of a request, and of how many run at once."""

    seconds: float = 10.0
    """How long a query may take, its waiting included; then its process is ended."""
    rows: int = 10_000
    """How many rows or triples an answer may have; one that is cut says so."""
    bytes: int = 16 << 20
    """How many bytes an answer may have; one that is cut says so."""
    memory: int = 1 << 30
    """How many bytes of memory a worker may take beyond what an open graph takes."""
    request: int = 2 << 20
    """How many bytes the body of a request may have."""
    head_seconds: float = 15.0
    """How long a client may take to send its request."""
    workers: int = 2
    """How many processes answer queries."""
    slow: int = 4
    """How many queries may run long at the same time; a further one is ended, so that short ones are answered."""
    patience: float = 0.5
    """After how many seconds a query counts as long: another worker then takes the place of its own."""
    waiting: int = 1000
    """How many requests may wait for a worker."""
