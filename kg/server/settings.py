"""Limits of one request, and of all together."""

from __future__ import annotations

from dataclasses import dataclass

from kg.workers.pool import PoolLimits


@dataclass(frozen=True, slots=True)
class Limits(PoolLimits):
    """The limits of a query, of how many run at once, of an answer (`rows`, `bytes`) and of a request."""

    rows: int = 10_000
    """How many rows or triples an answer may have; one that is cut says so."""
    bytes: int = 16 << 20
    """How many bytes an answer may have; one that is cut says so."""
    request: int = 2 << 20
    """How many bytes the body of a request may have."""
    head_seconds: float = 15.0
    """How long a client may take to send its request."""
