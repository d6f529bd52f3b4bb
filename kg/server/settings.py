"""Settings of the server: where it listens, how many processes it has, and the limits of requests and answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from kg.federation.config import ServiceConfig
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
    connections: int = 200
    """How many connections a client may have to each process."""
    head_seconds: float = 15.0
    """How long a client may take to send its request."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve. `log` is `text`, `json` or `none`; `url` is the public URL, unless the `Host` field has it.

    `names` are further host names that requests may have; with `cors`, pages of any site may read. With an `endpoint`,
    another store answers.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    processes: int = 2
    limits: Limits = field(default_factory=Limits)
    log: str = "text"
    url: str | None = None
    names: tuple[str, ...] = ()
    cors: bool = False
    endpoint: ServiceConfig | None = None
