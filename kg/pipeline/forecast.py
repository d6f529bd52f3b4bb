"""What a build from all files will need: memory, disk and time, by what is in its files.

Needs grow in proportion to facts and to their texts: the different subjects, values and records. Each is a term or
evidence, so credits, of which each names a part and a record, need more than as many facts about films. The bytes of
each were fitted to builds of 18,000 to 1,850,000 facts about films (`benchmarks/film_project.py`) and of 1,400,000 and
3,800,000 facts of IMDb's `title.principals`, which they meet within 15 %.
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
from kg.sql import quote
from kg.text.sizes import format_bytes

LARGE = 250_000
"""Facts; a build of so many takes long enough for a forecast to matter."""
_TEXTS, _RECORDS = 0.65, 0.16
"""Of a fact about films: where they are not counted."""
_MEMORY, _MEMORY_OF_FACT, _MEMORY_OF_TEXT = 165e6, 82, 472
"""Bytes of the program and its tables."""
_FILLING_OF_QUAD, _MOST_FILLING = 1000, 2.45e9
"""Bytes beside those of the program while the lookup store is filled; Oxigraph loads a part at a time."""
_DISK, _DISK_OF_FACT, _DISK_OF_TEXT = 2.5e6, 35, 75
"""Bytes of a snapshot with the tables that stand for a store."""
_DISK_BESIDE_STORE = 0.44
"""How much of them a snapshot has without these tables."""
_STORE_OF_QUAD, _LINE_OF_QUAD, _MOST_LINES = 178, 148, 8e6
"""Bytes of the store before it is compacted, and of the lines that it is filled from, so many at a time."""
_SECONDS = {"reading": 4.0, "deciding": 0.6, "inferring": 1.3, "checking": 1.8, "storing": 4.0}
_STORE_SECONDS = 26.0
"""Of a million facts, those of a phase and those of filling the lookup store; only their relations matter."""
_STARTING = {"reading": 0.3, "deciding": 0.1, "inferring": 0.2, "checking": 0.4, "storing": 0.4}
"""The seconds of a build of hardly any facts."""
_TRIPLES, _QUADS_OF_RECORD = 1.9, 3.4
"""Triples of a fact, and quads of evidence of a record."""
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


@dataclass(frozen=True, slots=True)
class Contents:
    """What files have: facts, the texts of them that differ, and how many of these are records, all about."""

    facts: int
    texts: float
    records: float

    @property
    def quads(self) -> float:
        """Triples and evidence, about."""
        return _TRIPLES * self.facts + _QUADS_OF_RECORD * self.records

    def memory(self, *, has_store: bool, limit: int | None = None) -> int:
        """The most bytes of memory at once; `limit` is that of the tables."""
        tables = _MEMORY_OF_FACT * self.facts + _MEMORY_OF_TEXT * self.texts
        filling = min(_FILLING_OF_QUAD * self.quads, _MOST_FILLING) if has_store else 0.0
        return int(_MEMORY + max(tables if limit is None else min(tables, limit), filling))

    def disk(self, *, has_store: bool) -> int:
        """The most bytes of disk at once."""
        snapshot = _DISK + _DISK_OF_FACT * self.facts + _DISK_OF_TEXT * self.texts
        if not has_store:
            return int(snapshot)
        lines = _LINE_OF_QUAD * min(self.quads, _MOST_LINES)
        return int(_DISK_BESIDE_STORE * snapshot + lines + _STORE_OF_QUAD * self.quads)


def forecast(project: Project, *, memory: str | None = None) -> Forecast:
    """What a build of all of a project's files needs; `memory` is its limit."""
    files = [count_contents(path) for path in named_files(project.data, within=project.real_folder).values()]
    contents = Contents(
        sum(file.facts for file in files), sum(file.texts for file in files), sum(file.records for file in files)
    )
    facts = contents.facts
    has_store = has_lookup_store(project, contents.quads)
    seconds = {phase: _STARTING[phase] + facts * each / 1e6 for phase, each in _SECONDS.items()}
    seconds["storing"] += facts * _STORE_SECONDS / 1e6 if has_store else 0.0
    return Forecast(
        facts,
        contents.memory(has_store=has_store, limit=memory_bytes(memory) if memory is not None else None),
        contents.disk(has_store=has_store),
        shutil.disk_usage(project.folder).free,
        seconds,
    )


def has_lookup_store(project: Project, quads: float) -> bool:
    """Whether a build gets a lookup store, as `filmgraph.toml` has it: `auto` leaves it out of a very large one."""
    lookup = read_services(project.configuration).lookup
    return lookup == "always" or (lookup == "auto" and quads <= _LARGEST_STORE)


def count_contents(path: Path) -> Contents:
    """What a file has; of a large table the texts are counted, of others they are as many as those of films."""
    facts = count_facts(path)
    is_large_table = facts >= LARGE and path.suffix.lower() in (".parquet", ".csv", ".tsv")
    counted = _count_texts(path) if is_large_table else None
    # A table of which DuckDB reads a part only is full of faults.
    if counted is None or counted.facts < facts / 2:
        return Contents(facts, _TEXTS * facts, _RECORDS * facts)
    return counted


def _count_texts(path: Path) -> Contents | None:
    """What a table has, by sketches of its columns, which takes a hundredth of the time of a build.

    None for a table that cannot be read so.
    """
    import duckdb

    table = f"read_csv({quote(path)}, all_varchar = true, header = true, ignore_errors = true)"
    if path.suffix.lower() == ".parquet":
        table = f"read_parquet({quote(path)})"
    try:
        with duckdb.connect(":memory:") as sql:
            columns = [name for name, *_ in sql.execute(f"FROM {table} LIMIT 0").description or ()]
            record = "approx_count_distinct(record)" if "record" in columns else "0"
            texts = "approx_count_distinct(subject) + approx_count_distinct(value)"
            query = f"FROM {table} SELECT count(*), {texts}, {record}"
            ((facts, others, records),) = sql.execute(query).fetchall()
    except (duckdb.Error, ValueError):
        return None  # the build says what is wrong with it
    return Contents(facts, others + records, records)


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
