"""What a build from all files will need: memory, disk and time, by the number of facts in its files.

Needs grow nearly in proportion to the facts. They were measured with the synthetic films of `benchmarks/`; between
these points and beyond them, they are taken to follow a power of the number of facts.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kg.facts.readers import named_files
from kg.federation.config import read_services
from kg.graph.triple_tables import memory_bytes
from kg.project import Project
from kg.text.sizes import format_bytes

LARGE = 250_000
"""Facts; a build of so many takes long enough for a forecast to matter."""
_FACTS = (18_118, 184_778, 555_012, 1_850_000)
_MEMORY = {True: (241e6, 574e6, 1577e6, 2500e6), False: (172e6, 237e6, 393e6, 893e6)}
_DISK = {True: (9e6, 134e6, 427e6, 1548e6), False: (4e6, 17e6, 46e6, 152e6)}
"""With or without a lookup store -> the most bytes at those numbers of facts."""
_SECONDS = {"reading": 4.0, "deciding": 0.6, "inferring": 1.3, "checking": 1.8, "storing": 4.0}
_STORE_SECONDS = 26.0
"""Of a million facts, those of a phase and those of filling the lookup store; only their relations matter."""
_STARTING = {"reading": 0.3, "deciding": 0.1, "inferring": 0.2, "checking": 0.4, "storing": 0.4}
"""The seconds of a build of hardly any facts."""
_TRIPLES = 1.9
_LARGEST_STORE = 20_000_000
"""Filling a store with more quads takes many times as long as all the rest of the build."""
_BYTES_PER_FACT = {".yaml": 55, ".yml": 55, ".parquet": 6}
_BYTES_PER_TRIPLE = 60
_SAMPLES, _SAMPLE = 16, 1 << 15


@dataclass(frozen=True, slots=True)
class Forecast:
    """The needs of a build: facts, bytes of memory and disk at once, and seconds of each phase."""

    facts: int
    memory: int
    disk: int
    free: int
    """The bytes that the disk has left."""
    seconds: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """The forecast in words."""
        text = (
            f"About {_rounded(self.facts):,} facts: the build needs about {format_bytes(self.memory)} of memory and"
            f" {format_bytes(self.disk)} of disk."
        )
        return text if self.disk < self.free else f"{text} The disk has only {format_bytes(self.free)} left."


def forecast(project: Project, *, memory: str | None = None) -> Forecast:
    """What a build of all of a project's files needs; `memory` is its limit."""
    facts = sum(map(count_facts, named_files(project.data, within=project.real_folder).values()))
    has_store = has_lookup_store(project, facts * _TRIPLES)
    needed, tables = (_interpolate(facts, _MEMORY[is_filled]) for is_filled in (has_store, False))
    if memory is not None:
        # What is beyond the tables has no limit: the interpreter, and the store while it is filled.
        needed = min(needed, memory_bytes(memory) + _MEMORY[False][0] + needed - tables)
    disk = _interpolate(facts, _DISK[has_store])
    seconds = {phase: _STARTING[phase] + facts * each / 1e6 for phase, each in _SECONDS.items()}
    seconds["storing"] += facts * _STORE_SECONDS / 1e6 if has_store else 0.0
    return Forecast(facts, int(needed), int(disk), shutil.disk_usage(project.folder).free, seconds)


def has_lookup_store(project: Project, quads: float) -> bool:
    """Whether a build gets a lookup store, as `filmgraph.toml` has it: `auto` leaves it out of a very large one."""
    lookup = read_services(project.configuration).lookup
    return lookup == "always" or (lookup == "auto" and quads <= _LARGEST_STORE)


def count_facts(path: Path) -> int:
    """How many facts a file has, about: a row of a table is one; only parts of the file are read."""
    suffix, size = path.suffix.lower(), path.stat().st_size
    if suffix == ".parquet":
        return _count_rows(path)
    if suffix in (".csv", ".tsv", ".nt", ".nq"):
        return int(size / (_line_length(path, size) or math.inf))
    return size // _BYTES_PER_FACT.get(suffix, _BYTES_PER_TRIPLE)


def _count_rows(path: Path) -> int:
    import duckdb

    try:
        with duckdb.connect(":memory:") as sql:
            ((rows,),) = sql.execute("SELECT num_rows FROM parquet_file_metadata(?)", [str(path)]).fetchall()
    except (duckdb.Error, ValueError):
        return 0  # the build says what is wrong with it
    return int(rows)


def _line_length(path: Path, size: int) -> float:
    """The bytes of a line, about: of parts of the file that are equally far from each other."""
    read = lines = 0
    with path.open("rb") as file:
        for number in range(_SAMPLES):
            file.seek(size * number // _SAMPLES if size > _SAMPLES * _SAMPLE else number * _SAMPLE)
            part = file.read(_SAMPLE)
            read, lines = read + len(part), lines + part.count(b"\n")
    return read / lines if lines else 0.0


def _interpolate(facts: int, measured: tuple[float, ...]) -> float:
    """The need of so many facts, on straight lines between the logarithms of what was measured."""
    points = [(math.log(count), math.log(need)) for count, need in zip(_FACTS, measured, strict=True)]
    if facts <= _FACTS[0]:
        return measured[0]
    place = math.log(facts)
    index = next((number for number, (x, _) in enumerate(points) if place <= x), len(points) - 1)
    (x, y), (next_x, next_y) = points[index - 1], points[index]
    return math.exp(y + (place - x) * (next_y - y) / (next_x - x))


def _rounded(count: int) -> int:
    """A number with two digits."""
    return round(count, 1 - int(math.log10(count))) if count >= 10 else count


def format_seconds(seconds: float) -> str:
    """A duration in words.

    >>> format_seconds(4.2), format_seconds(200), format_seconds(7300)
    ('4 s', '3 min', '2 h 2 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


class TimeLeft:
    """How much of a build is done, and how long the rest will take, by the seconds that its phases are expected to.

    The seconds of phases that are over correct those of phases to come.

    >>> left = TimeLeft({"reading": 10.0, "storing": 30.0})
    >>> left.begin("reading", 0.0)
    >>> left.share(5.0), left.seconds(5.0)
    (0.125, 35.0)
    >>> left.begin("storing", 20.0)  # twice as long as expected
    >>> left.share(20.0), left.seconds(20.0)
    (0.25, 60.0)
    """

    def __init__(self, expected: Mapping[str, float]) -> None:
        self._expected = expected
        self._all = sum(expected.values())
        self._phase, self._began, self._first = "", 0.0, 0.0

    def begin(self, phase: str, now: float) -> None:
        """Take note that a phase begins."""
        if not self._phase:
            self._first = now
        self._phase, self._began = phase, now

    def share(self, now: float) -> float:
        """The part of the build that is done, from 0 to 1; a phase that takes longer than expected stays unfinished."""
        phase = self._expected.get(self._phase, 0.0)
        if not self._all:
            return 0.0
        within = min((now - self._began) / self._pace, 0.95 * phase)
        return (self._before + within) / self._all

    def seconds(self, now: float) -> float:
        """The seconds that are left."""
        return (1.0 - self.share(now)) * self._all * self._pace

    @property
    def _before(self) -> float:
        """The expected seconds of the phases that are over."""
        phases = list(self._expected)
        index = phases.index(self._phase) if self._phase in phases else 0
        return sum(self._expected[phase] for phase in phases[:index])

    @property
    def _pace(self) -> float:
        """The seconds that took the place of an expected second."""
        return (self._began - self._first) / self._before if self._before and self._began > self._first else 1.0
