"""How long each phase of a build takes, how many rows it gives, and how much memory the process has needed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kg.reports import Report

_ROWS = {
    "reading": "facts",
    "deciding": "contested",
    "inferring": "inferred",
    "checking": "focus nodes",
    "storing": "triples",
}
"""Phase -> what is counted of its result."""


@dataclass
class BuildProfile:
    """Takes the time from each phase that a build reports to the next; `then` is called with each phase as well.

    >>> profile = BuildProfile()
    >>> profile("reading")
    >>> [phase["name"] for phase in profile.as_dict(Report(counts={"facts": 3}))["phases"]]
    ['reading']
    >>> BuildProfile().as_dict(Report())["phases"]  # nothing had changed
    []
    """

    then: Callable[[str], None] | None = None
    _began: list[tuple[str, float]] = field(default_factory=list)

    def __call__(self, phase: str) -> None:
        """Take the time at which a phase begins."""
        self._began.append((phase, time.perf_counter()))
        if self.then is not None:
            self.then(phase)

    def as_dict(self, report: Report) -> dict[str, object]:
        """The profile of a finished build: seconds and rows of each phase, all seconds, the most bytes in memory."""
        phases = [
            {"name": name, "seconds": round(seconds, 3), "rows": report.counts.get(_ROWS.get(name, ""))}
            for name, seconds in self.seconds().items()
        ]
        total = round(sum(self.seconds().values()), 3)
        return {"phases": phases, "seconds": total, "peak_memory": peak_memory()}

    def seconds(self) -> dict[str, float]:
        """Phase -> its seconds; those of the last phase until now."""
        ends = [*(began for _, began in self._began), time.perf_counter()][1:]
        return {name: end - began for (name, began), end in zip(self._began, ends, strict=True)}


def peak_memory() -> int | None:
    """The most bytes that this process has had in memory; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
