"""The files that a build was made from: their digests, and what was read of each besides its facts.

They are kept with a build, so that the next one reads only what has changed. A file of the same size and times as
before is not even read for its digest, unless it was written just before that was taken.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode

from kg.facts.named_values import NamedValue
from kg.facts.passage_lock import LOCK_FILE, Citation, LockedSpan
from kg.facts.readers import FileRecord, named_files
from kg.facts.readers.yaml_reader import Block
from kg.facts.sources import read_sources
from kg.facts.texts import open_texts
from kg.graph.snapshot_file import FILE as SNAPSHOT
from kg.graph.store import BuildLock, published_build
from kg.project import Project
from kg.reports import Place, finding_from
from kg.schema import Schema

FILE = "inputs.json"
FORMAT = 4
"""Of the file, and of the tables of a snapshot that facts are taken from."""
_JUST_NOW = 2_000_000_000
"""Nanoseconds; a file that was written so shortly before its digest was taken may have been written again."""


@dataclass(frozen=True, slots=True)
class FileState:
    """The digest of a file, its size and times in nanoseconds, and when the digest was taken."""

    sha256: str
    size: int
    modified: int
    changed: int
    taken: int

    def holds(self, size: int, modified: int, changed: int) -> bool:
        """True when a file of this size and these times has the same digest."""
        same = (size, modified, changed) == (self.size, self.modified, self.changed)
        return same and max(modified, changed) < self.taken - _JUST_NOW


@dataclass
class FileDigests:
    """The digests of files, each taken once; `known` are those of an earlier build, by path."""

    known: Mapping[str, FileState] = field(default_factory=dict)
    taken: dict[str, FileState] = field(default_factory=dict)

    def __getitem__(self, path: Path) -> str:
        """The SHA-256 of a file, in hexadecimal digits."""
        name = str(path)
        if name not in self.taken:
            self.taken[name] = self._state(path)
        return self.taken[name].sha256

    def _state(self, path: Path) -> FileState:
        now, status = time.time_ns(), path.stat()
        times = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        known = self.known.get(str(path))
        if known is not None and known.holds(*times):
            return known
        with path.open("rb") as file:
            return FileState(hashlib.file_digest(file, "sha256").hexdigest(), *times, now)

    def of_all(self, paths: Iterable[Path]) -> str:
        """One digest of several files."""
        return hashlib.sha256(" ".join(self[path] for path in paths).encode()).hexdigest()


@dataclass(frozen=True)
class BuildInputs:
    """What a build keeps of the files that it was made from.

    `context` is a digest of what the reading of each file depends on: ontology, sources, texts.
    """

    context: str = ""
    states: Mapping[str, FileState] = field(default_factory=dict)
    records: Mapping[str, Any] = field(default_factory=dict)
    is_closed: bool = False
    """True when what is inferred can be changed with the facts (`kg.reasoning.delete_rederive`)."""

    @classmethod
    def of(cls, build: Path) -> BuildInputs | None:
        """The inputs of a build; None where it has none that this program can use."""
        from kg.version import __version__

        try:
            document = json.loads((build / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if document.get("program") != __version__ or document.get("format") != FORMAT:
            return None
        states = {name: FileState(*state) for name, state in document["states"].items()}
        return cls(document["context"], states, document["records"], document["is_closed"])

    def unchanged(self, paths: Mapping[str, Path], digests: FileDigests, schema: Schema) -> dict[str, FileRecord]:
        """The records of those of these files, by name, that have not changed."""
        return {
            name: _to_record(self.records[name], schema)
            for name, path in paths.items()
            if name in self.records and self.records[name]["sha256"] == digests[path]
        }


@dataclass(frozen=True)
class LastBuild:
    """The published build, whose unchanged parts are used again; without a folder there is none."""

    folder: Path | None = None
    inputs: BuildInputs | None = None
    digests: FileDigests = field(default_factory=FileDigests)


@contextlib.contextmanager
def open_last_build(project: Project, *, force: bool) -> Iterator[LastBuild]:
    """The published build, which is not removed meanwhile; an empty one where there is none that may be used."""
    build = None if force else published_build(project)
    try:
        lock = BuildLock(build) if build is not None and (build / SNAPSHOT).is_file() else None
    except OSError:  # it was removed just now
        lock = None
    inputs = BuildInputs.of(build) if build is not None and lock is not None else None
    yield LastBuild() if inputs is None else LastBuild(build, inputs, FileDigests(inputs.states))


def unchanged_files(
    project: Project, last: LastBuild, texts: Path | str | None, schema: Schema
) -> dict[str, FileRecord] | None:
    """What the last build has read of files that have not changed; None where any would be read in another way now."""
    lock = project.data / LOCK_FILE
    written = lock.read_text(encoding="utf-8", errors="replace") if lock.is_file() else ""
    if last.inputs is None or last.inputs.context != reading_context(project, texts, written, last.digests):
        return None
    return last.inputs.unchanged(named_files(project.data, within=project.real_folder), last.digests, schema)


def find_changed(paths: Iterable[Path], build: Path) -> Path | None:
    """The first of these files that is not as a build has read it; None where only their times are others.

    Files whose digests would take long count as changed.
    """
    inputs, digests, compared = BuildInputs.of(build), FileDigests(), 0
    for path in paths:
        size = path.stat().st_size
        compared += size
        state = inputs.states.get(str(path)) if inputs is not None else None
        if state is None or size != state.size or compared > _MOST_COMPARED or digests[path] != state.sha256:
            return path
    return None


_MOST_COMPARED = 64 << 20
"""Bytes of which digests are taken: some tenths of a second."""


def reading_context(project: Project, texts: Path | str | None, lock: str, digests: FileDigests) -> str:
    """A digest of all that the reading of a file depends on besides the file."""
    path = project.data / "sources.yaml"
    sources = read_sources(path, file="").sources if path.is_file() else {}
    available = " ".join(f"{text.name} {digests[text]}" for text in open_texts(texts, project.texts, sources).paths())
    files = digests.of_all((*project.ontology, *((path,) if path.is_file() else ())))
    return f"{files} {hashlib.sha256(f'{available} {lock}'.encode()).hexdigest()}"


def write_inputs(
    folder: Path,
    inputs: BuildInputs,
    digests: FileDigests,
    records: Mapping[str, FileRecord],
    paths: Mapping[str, Path],
) -> None:
    """Keep the inputs of a build in its folder, with the digests of all files, and what was read of those of facts."""
    from kg.version import __version__

    document = {
        "program": __version__,
        "format": FORMAT,
        "context": inputs.context,
        "is_closed": inputs.is_closed,
        "states": {name: [*asdict(state).values()] for name, state in sorted(digests.taken.items())},
        "records": {name: {"sha256": digests[paths[name]], **_from_record(record)} for name, record in records.items()},
    }
    (folder / FILE).write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")


def _from_record(record: FileRecord) -> dict[str, Any]:
    return {
        "slot": record.slot,
        "findings": [asdict(finding) for finding in record.findings],
        "blocks": [
            [subject.value, source, block.key, asdict(block.place)]
            for (subject, source), block in record.blocks.items()
        ],
        "names": [[v.name, v.subject.value, v.property.iri.value, asdict(v.place)] for v in record.names],
        "citations": [[asdict(citation), asdict(span)] for citation, span in record.citations.items()],
    }


def _to_record(document: Mapping[str, Any], schema: Schema) -> FileRecord:
    return FileRecord(
        document["slot"],
        tuple(map(finding_from, document["findings"])),
        {
            (NamedNode(subject), source): Block(key, Place(**place))
            for subject, source, key, place in document["blocks"]
        },
        tuple(
            NamedValue(name, NamedNode(subject), schema.properties[NamedNode(property)], Place(**place))
            for name, subject, property, place in document["names"]
        ),
        {Citation(**citation): LockedSpan(**span) for citation, span in document["citations"]},
    )
