"""Prometheus metrics in shared memory: each process writes its own row; a scrape sums the rows.

https://prometheus.io/docs/instrumenting/exposition_formats/ - nothing is locked, since no two processes write the same
row, and a process that replaces another goes on counting in its row.
"""

from __future__ import annotations

import mmap
import struct
from bisect import bisect_left
from dataclasses import dataclass

from kg.workers.pool import PoolEvent, PoolState

_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
CACHED, LOOKUPS = "kg_cached_total", "kg_lookups_total"
_SENT, _MICROSECONDS = "kg_sent_bytes_total", "kg_seconds_sum"
COUNTERS: dict[str, str] = {
    "kg_requests_2xx_total": "requests answered",
    "kg_requests_3xx_total": "requests redirected, or answered with `not modified`",
    "kg_requests_4xx_total": "requests that were wrong",
    "kg_requests_5xx_total": "requests that could not be answered",
    CACHED: "requests answered from the response cache",
    LOOKUPS: "queries answered without a worker",
    "kg_runs_total": "jobs given to workers",
    "kg_killed_total": "workers killed for a limit, or because the client disconnected",
    "kg_died_total": "workers that died by themselves",
    "kg_unstarted_total": "workers that could not be started",
    _SENT: "bytes of answers",
    _MICROSECONDS: "time taken, in microseconds here",
}
GAUGES: dict[str, str] = {
    "kg_workers": "worker processes",
    "kg_workers_busy": "workers that have a job",
    "kg_workers_slow": "workers whose job runs long",
    "kg_waiting": "requests that wait for a worker",
}
_BY_STATUS = {status: f"kg_requests_{status}xx_total" for status in (2, 3, 4, 5)}
_BUCKET_NAMES = (*(f"le_{bound:g}" for bound in _BUCKETS), "le_inf")
_NAMES = (*COUNTERS, *GAUGES, *_BUCKET_NAMES)
_NUMBER = struct.Struct("=q")
_OFFSETS = {name: _NUMBER.size * position for position, name in enumerate(_NAMES)}
_ROW_SIZE = _NUMBER.size * len(_NAMES)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counters and gauges in a memory that several processes share; `row` is this process's own."""

    memory: mmap.mmap
    row: int = 0

    def add(self, *numbers: tuple[str, int]) -> None:
        """Add to counters."""
        start, pack, unpack, memory = self.row * _ROW_SIZE, _NUMBER.pack_into, _NUMBER.unpack_from, self.memory
        for name, number in numbers:
            offset = start + _OFFSETS[name]
            pack(memory, offset, unpack(memory, offset)[0] + number)

    def count_request(self, status: int, *, size: int, seconds: float, source: str = "") -> None:
        """Count an answered request; `source` is CACHED, LOOKUPS or neither."""
        bucket = _BUCKET_NAMES[bisect_left(_BUCKETS, seconds)]
        by_status = _BY_STATUS.get(status // 100, _BY_STATUS[5])
        numbers = ((by_status, 1), (_SENT, size), (bucket, 1), (_MICROSECONDS, int(seconds * 1e6)))
        self.add(*numbers, *(((source, 1),) if source else ()))

    def count(self, event: PoolEvent) -> None:
        """Count an event of a pool."""
        self.add((f"kg_{event.value}_total", 1))

    def show(self, state: PoolState) -> None:
        """Set the gauges of a pool."""
        values = (state.workers, state.busy, state.slow, state.waiting)
        for name, value in zip(GAUGES, values, strict=True):
            _NUMBER.pack_into(self.memory, self.row * _ROW_SIZE + _OFFSETS[name], value)

    def total(self, name: str) -> int:
        """The sum over all processes."""
        offsets = range(_OFFSETS[name], len(self.memory) // _ROW_SIZE * _ROW_SIZE, _ROW_SIZE)
        return sum(int(_NUMBER.unpack_from(self.memory, offset)[0]) for offset in offsets)

    def to_text(self) -> str:
        """The sums in Prometheus' text format."""
        lines = []
        for kind, names in (("counter", COUNTERS), ("gauge", GAUGES)):
            for name, help in names.items():
                if name != _MICROSECONDS:
                    lines += [f"# HELP {name} {help}", f"# TYPE {name} {kind}", f"{name} {self.total(name)}"]
        lines += ["# HELP kg_seconds how long requests took", "# TYPE kg_seconds histogram"]
        cumulative = 0
        for name in _BUCKET_NAMES:
            cumulative += self.total(name)
            bound = name.removeprefix("le_").replace("inf", "+Inf")
            lines.append(f'kg_seconds_bucket{{le="{bound}"}} {cumulative}')
        lines += [f"kg_seconds_sum {self.total(_MICROSECONDS) / 1e6:.6f}", f"kg_seconds_count {cumulative}"]
        return "\n".join(lines) + "\n"


def open_metrics(rows: int = 1, *, descriptor: int = -1, row: int = 0) -> Metrics:
    """Metrics for `rows` processes; in the memory behind a file descriptor, where one is given."""
    return Metrics(mmap.mmap(descriptor, rows * _ROW_SIZE), row)


def memory_size(rows: int) -> int:
    """How many bytes metrics for `rows` processes take."""
    return rows * _ROW_SIZE
