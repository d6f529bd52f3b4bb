"""What happens is counted here, by all processes in one piece of memory; the sums walk out for Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/ - each process has a row of its own that it alone writes,
so that nothing is locked; who is asked for the numbers adds the rows up.
"""

from __future__ import annotations

import mmap
import struct
from bisect import bisect_left
from dataclasses import dataclass

from kg.workers.pool import PoolEvent, PoolState

_BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
CACHED, LOOKUPS = "kg_cached_total", "kg_lookups_total"
COUNTERS: dict[str, str] = {
    "kg_requests_2xx_total": "requests answered",
    "kg_requests_3xx_total": "requests sent elsewhere, or answered with `not modified`",
    "kg_requests_4xx_total": "requests that were wrong",
    "kg_requests_5xx_total": "requests that could not be answered",
    CACHED: "requests answered with what was kept",
    LOOKUPS: "queries answered without a worker",
    "kg_runs_total": "pieces of work given to workers",
    "kg_killed_total": "workers ended for a limit",
    "kg_died_total": "workers that died by themselves",
    "kg_unstarted_total": "workers that could not be started",
    "kg_sent_bytes_total": "bytes of answers",
    "kg_seconds_sum": "time taken, in microseconds here",
}
GAUGES: dict[str, str] = {
    "kg_workers": "worker processes",
    "kg_workers_busy": "workers that have something to do",
    "kg_workers_slow": "workers that run something long",
    "kg_waiting": "requests that wait for a worker",
}
_NAMES = (*COUNTERS, *GAUGES, *(f"le_{bound:g}" for bound in _BOUNDS), "le_inf")
_PLACES = {name: 8 * place for place, name in enumerate(_NAMES)}
_ROW = 8 * len(_NAMES)
_NUMBER = struct.Struct("=q")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts in a memory that several processes share; `row` is this process's own."""

    memory: mmap.mmap
    row: int = 0

    def add(self, name: str, number: int = 1) -> None:
        """Count so many more."""
        place = self.row * _ROW + _PLACES[name]
        _NUMBER.pack_into(self.memory, place, _NUMBER.unpack_from(self.memory, place)[0] + number)

    def put(self, name: str, number: int) -> None:
        """Say how many there are now."""
        _NUMBER.pack_into(self.memory, self.row * _ROW + _PLACES[name], number)

    def count(self, event: PoolEvent) -> None:
        """Count what happens in a pool."""
        self.add(f"kg_{event.value}_total")

    def show(self, state: PoolState) -> None:
        """Set the gauges of a pool."""
        self.put("kg_workers", state.workers)
        self.put("kg_workers_busy", state.busy)
        self.put("kg_workers_slow", state.slow)
        self.put("kg_waiting", state.waiting)

    def took(self, seconds: float) -> None:
        """Count a request by how long it took."""
        self.add(_NAMES[len(COUNTERS) + len(GAUGES) + bisect_left(_BOUNDS, seconds)])
        self.add("kg_seconds_sum", int(seconds * 1e6))

    def answered_at_once(self, counter: str, seconds: float, size: int) -> None:
        """Count a request that was answered at once: what five calls of `add` would do, at the price of one."""
        start = self.row * _ROW
        took = _NAMES[len(COUNTERS) + len(GAUGES) + bisect_left(_BOUNDS, seconds)]
        counted = (("kg_requests_2xx_total", 1), (counter, 1), ("kg_sent_bytes_total", size), (took, 1))
        pack, unpack, memory = _NUMBER.pack_into, _NUMBER.unpack_from, self.memory
        for name, number in (*counted, ("kg_seconds_sum", int(seconds * 1e6))):
            place = start + _PLACES[name]
            pack(memory, place, unpack(memory, place)[0] + number)

    def sum(self, name: str) -> int:
        """What all processes have counted."""
        starts = range(_PLACES[name], len(self.memory) // _ROW * _ROW, _ROW)
        return sum(int(_NUMBER.unpack_from(self.memory, start)[0]) for start in starts)

    def to_text(self) -> str:
        """The sums as Prometheus reads them."""
        lines = []
        for kind, names in (("counter", COUNTERS), ("gauge", GAUGES)):
            for name, about in names.items():
                if name != "kg_seconds_sum":
                    lines += [f"# HELP {name} {about}", f"# TYPE {name} {kind}", f"{name} {self.sum(name)}"]
        lines += ["# HELP kg_seconds how long requests took", "# TYPE kg_seconds histogram"]
        so_far = 0
        for bound in (*(f"{one:g}" for one in _BOUNDS), "inf"):
            so_far += self.sum(f"le_{bound}")
            lines.append(f'kg_seconds_bucket{{le="{bound.replace("inf", "+Inf")}"}} {so_far}')
        lines += [f"kg_seconds_sum {self.sum('kg_seconds_sum') / 1e6:.6f}", f"kg_seconds_count {so_far}"]
        return "\n".join(lines) + "\n"


def to_tally(rows: int = 1, *, descriptor: int = -1, row: int = 0) -> Tally:
    """A tally for so many processes; in the memory behind a descriptor, where one is given."""
    return Tally(mmap.mmap(descriptor, rows * _ROW), row)


def size_of(rows: int) -> int:
    """How many bytes a tally for so many processes takes."""
    return rows * _ROW
