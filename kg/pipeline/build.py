"""The build pipeline: from a project's files to a report, and from `build` to a published graph.

    read -> link -> decide -> derive days -> infer -> check -> store -> publish

Every fault of every file is reported at once. A graph with a violation is not published: the one before stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from pyoxigraph import Triple

from kg.decisions.conflicts import Resolution
from kg.decisions.links import EXACT
from kg.errors import ProjectError
from kg.facts.fact_table import PER_RECORD, REIFIED, ProjectFacts
from kg.facts.files import fact_files
from kg.facts.model import Source
from kg.facts.passage_lock import LOCK_FILE
from kg.facts.sources import is_source_id, read_sources
from kg.facts.texts import open_texts
from kg.federation.config import read_services
from kg.files.atomic import write_file
from kg.graph.build_files import LAYOUT, NAME_INDEX, find_damage
from kg.graph.engine_errors import to_input_error
from kg.graph.provenance import add_changed_provenance, add_provenance, provenance_triples
from kg.graph.snapshot_file import FILE, add_graph, begin_named_graphs, keep_graphs, read_quads, to_quad_texts
from kg.graph.snapshot_update import update_snapshot
from kg.graph.snapshot_writer import write_snapshot
from kg.graph.store import (
    FEW,
    MOST_CHANGES,
    StoreWriter,
    fill_store,
    publish,
    published_build,
    scratch_folder,
    temporary_folder,
    writing_store,
)
from kg.graph.triple_tables import TripleTables, memory_bytes
from kg.pipeline.draft import Draft, Progress, draft, no_progress, rules_digest
from kg.pipeline.forecast import has_lookup_store
from kg.pipeline.incremental_check import write_shapes_report
from kg.pipeline.inputs import FILE as INPUTS
from kg.pipeline.inputs import (
    FORMAT,
    BuildInputs,
    FileDigests,
    LastBuild,
    open_last_build,
    write_inputs,
)
from kg.pipeline.watch import read_file_states
from kg.project import COUNTS, Project, find_project
from kg.reports import Finding, Report, Severity
from kg.terms import CONTESTED, LINKS, ONTOLOGY, PROVENANCE, UNDECIDED, Spo


def build(
    project: Project | Path | str | None = None,
    *,
    engine: str = "sql",
    texts: Path | str | None = None,
    force: bool = False,
    memory: str | None = None,
    without: Collection[str] = (),
    despite_findings: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Build the project's graph and publish it; the report has what was built, or what prevents publishing.

    What the sources `without` state is left out, except the names and classes of entities; with `despite_findings`, a
    graph that could be inferred is published although its shapes have findings.

    When nothing has changed since the last build, nothing is done; when little has, shapes are validated only where
    that can matter, and the lookup store is made from the last one. With `force`, everything is done anew. With the
    `engine` spark or spark=MASTER, Spark reads fact tables, decides, infers and validates, all of it anew. `memory`
    bounds what the tables hold at once (`"2GB"`); the rest is on disk. Raises `ProjectError` when there is no project,
    `FaultsError` when the ontology or the shapes cannot be read, and `InputError` when the memory is not enough.
    """
    start = time.perf_counter()
    project = project if isinstance(project, Project) else find_project(project)
    if project.loaded.is_file():
        raise ProjectError(f"The graph in {project.folder} was loaded from RDF files: run kg load again.")
    if memory is not None:
        memory_bytes(memory)  # a wrong one is refused also when nothing has changed
    states = read_file_states(project, texts=texts)  # before the digests, which say what is published
    with scratch_folder(project) as scratch, open_last_build(project, force=force) as last:
        inputs = _Inputs.of(project, engine=engine, texts=texts)
        # Digests are taken before anything is read: what changes later is for the next build.
        digest = inputs.digest(project, last.digests)
        published = _Published() if force else _check_published(project, digest)
        if published.is_unchanged and published.folder is not None:
            report = Report(counts=_read_counts(published.folder))
            with contextlib.suppress(OSError):  # a folder that is only read
                os.utime(published.folder / COUNTS)  # files that are newer have the same content
            return replace(report, counts={**report.counts, "seconds": _seconds_since(start), "unchanged": 1})
        show = progress if progress is not None else no_progress
        is_usable = published.folder == last.folder and not (without or despite_findings)
        base = last if is_usable else LastBuild(digests=last.digests)
        if published.report.findings:  # what a damaged build has may be wrong
            base = LastBuild()
            inputs.digest(project, base.digests)
        try:
            with temporary_folder(project) as folder, writing_store(folder, base.folder) as store:
                provenance = _EarlyProvenance(project, store)
                graph = draft(
                    project,
                    last=base,
                    engine=engine,
                    texts=texts,
                    states=states,
                    tables=partial(TripleTables, memory=memory, scratch=scratch),
                    without=without,
                    decided=provenance.begin if base.folder is None else None,
                    progress=show,
                )
                if not (graph.report.ok or (despite_findings and _can_be_stored(graph))):
                    return graph.report
                show("storing")
                stored = _store(graph, folder, store, provenance, start, memory=memory, inputs=inputs)
                return published.report + stored
        except Exception as error:
            if (known := to_input_error(error, memory=memory)) is None:
                raise
            raise known from error


@dataclass(frozen=True, slots=True)
class _Published:
    """The build that is in use, if another can be made from it; `report` says why not."""

    folder: Path | None = None
    is_unchanged: bool = False
    report: Report = field(default_factory=Report)


def _check_published(project: Project, digest: str) -> _Published:
    """The published build, its files compared with their checksums: all of them when no new build is needed."""
    folder = published_build(project)
    if folder is None:
        return _Published()
    is_unchanged = folder.name.startswith(digest)
    if (damage := find_damage(folder, only=None if is_unchanged else (FILE, COUNTS, INPUTS))) is None:
        return _Published(folder, is_unchanged)
    message = f"the graph that was published cannot be used, so everything was built anew: {damage}"
    return _Published(report=Report((Finding("build/damaged", message, Severity.INFO),)))


def _can_be_stored(graph: Draft) -> bool:
    """True for a graph that could be inferred, whose sources could have been listed."""
    return graph.shapes_report is not None and all(
        id in graph.read.sources or is_source_id(id) for id in graph.facts.sources
    )


def _store(
    graph: Draft,
    folder: Path,
    store: StoreWriter,
    provenance: _EarlyProvenance,
    start: float,
    *,
    memory: str | None,
    inputs: _Inputs,
) -> Report:
    """Store a graph in a folder and publish it; the report has what was stored."""
    project, tables, before = graph.project, graph.tables, _base_of(graph)
    stored = _add_named_graphs(graph, provenance.triples, only_changed=before is not None)
    changes, is_written = None, False
    if before is not None:
        has_store = _has_store(before)
        changes = update_snapshot(tables, folder, before, for_lookup=not has_store, most_changes=MOST_CHANGES)
        if changes is not None and (before / NAME_INDEX).is_file():
            from kg.lookup.name_search import keep_name_index

            keep_name_index(folder, before, changes)
    else:
        quads = sum(map(tables.count, ("triple", "inferred", "named")))
        has_store = has_lookup_store(project, quads)
        if has_store and (is_written := quads < FEW):
            store.fill(read_quads(tables, after=stored))
        write_snapshot(tables, folder, for_lookup=not has_store)
    asserted, inferred = tables.count("triple"), tables.count("inferred")
    records = len(graph.facts.where(PER_RECORD))
    if changes is not None:
        is_written = store.update(changes)
    if not is_written:
        store.discard()
        if has_store:
            tables.sql.close()  # the store is filled from the snapshot, and needs the memory
            fill_store(folder, memory=memory)
    counts = {**graph.report.counts, "triples": asserted + inferred, "asserted": asserted, "inferred": inferred}
    counts["seconds"] = _seconds_since(start)
    kept = {name: count for name, count in counts.items() if name != "anew"}
    _write_counts(folder, {**kept, "records": records})
    if graph.shapes_report is not None:
        rules = rules_digest(project, graph.last.digests)
        report = graph.shapes_report
        write_shapes_report(folder, report, graph.shapes, complete=graph.report, digest=rules, before=before)
    if _write_lock(project, graph.read.lock):
        os.utime(folder / COUNTS)  # the lock belongs to this build
        graph.last.digests.taken.pop(str(project.data / LOCK_FILE), None)
    if graph.is_complete and graph.report.ok:  # what is made from it looks for faults in what has changed alone
        write_inputs(
            folder,
            BuildInputs(graph.context, is_closed=graph.is_closed),
            graph.last.digests,
            graph.read.records,
            {name: project.data.parent / name for name in graph.read.records},
        )
    report = replace(graph.report, counts=counts)
    if damage := store.finish():
        store.discard()
        tables.sql.close()
        fill_store(folder, memory=memory)
        message = f"the lookup store of the last build cannot be used, so another was filled: {damage}"
        report = Report((Finding("build/damaged", message, Severity.INFO),)) + report
    publish(project, folder, inputs.with_lock(project, graph.texts).digest(project, graph.last.digests))
    return report


def _seconds_since(start: float) -> float:
    return round(time.perf_counter() - start, 2)


class _EarlyProvenance:
    """The provenance of a small project, most of its quads: they are stored while the graph is inferred and checked."""

    def __init__(self, project: Project, store: StoreWriter) -> None:
        self._project, self._store = project, store
        self.triples: list[Spo] = []

    def begin(self, facts: ProjectFacts, resolution: Resolution, sources: Mapping[str, Source]) -> None:
        """Begin to store what is known of the facts once conflicts are decided, if there is a lookup store."""
        if len(facts.where(REIFIED)) < _FEW_FACTS and has_lookup_store(self._project, 0):
            self.triples.extend(provenance_triples(facts, resolution, sources))
            self._store.fill(to_quad_texts(self.triples, PROVENANCE))


_FEW_FACTS = 4_000
"""Each has about ten quads of provenance."""


def _base_of(graph: Draft) -> Path | None:
    """The last build, where this one is made from it: with a lookup store if that has one."""
    before = graph.last.folder
    if before is None:
        return None
    ((quads,),) = graph.tables.sql.execute("SELECT sum(triples) FROM former.graph").fetchall()
    return before if has_lookup_store(graph.project, quads) == _has_store(before) else None


def _has_store(build: Path) -> bool:
    return (build / "store").is_dir()


def check(
    project: Project | Path | str | None = None,
    *,
    engine: str = "sql",
    texts: Path | str | None = None,
    focus: Iterable[str] | None = None,
    shape: Iterable[str] | None = None,
    changed: bool = False,
    complete: bool = False,
    progress: Progress | None = None,
) -> Report:
    """What is wrong with the project's files and the graph that they make; nothing is written.

    `focus` and `shape`, exact terms, limit validation to these focus nodes or shapes. With `changed`, shapes are
    validated only where the graph differs from the published one; the report is the same. With `complete`, it also has
    what films usually have and these lack.
    """
    project = project if isinstance(project, Project) else find_project(project)
    with open_last_build(project, force=not changed) as last:
        return draft(
            project,
            engine=engine,
            texts=texts,
            focus=focus,
            shape=shape,
            complete=complete,
            last=last,
            progress=progress,
        ).report


def _add_named_graphs(graph: Draft, provenance: Sequence[Spo], *, only_changed: bool) -> int:
    """Add to the tables what was decided, the ontology, links and provenance, without what the last build has of it.

    The `provenance` may be stored already: the number of these quads comes back, which are the first in their table.
    """
    tables, contested = graph.tables, graph.resolution.contested
    if not graph.has_changes:
        graph.facts.complete()
    begin_named_graphs(tables)
    if provenance:
        add_graph(tables, PROVENANCE, provenance)
    stored = tables.count("named")
    add_graph(tables, CONTESTED, (lost.fact.triple for lost in contested))
    add_graph(tables, UNDECIDED, (lost.fact.triple for lost in contested if lost.is_undecided))
    add_graph(tables, LINKS, (Triple(name, EXACT, old) for old, name in graph.canonical.items()))
    unlisted = {id: Source(id) for id in graph.facts.sources} if not graph.report.ok else {}
    decided = (graph.facts, graph.resolution, {**unlisted, **graph.read.sources})
    if only_changed:
        if not graph.has_changes:
            graph.facts.find_changes()
        keep_graphs(tables, (ONTOLOGY,) if graph.read.is_continued else ())
    if only_changed and graph.read.is_continued:
        add_changed_provenance(tables, *decided)
    else:
        add_graph(tables, ONTOLOGY, graph.ontology)
        add_provenance(tables, () if provenance else provenance_triples(*decided))
    return stored


# --- digests and counts


@dataclass(frozen=True, slots=True)
class _Inputs:
    """The files that a graph is a function of, listed once: what comes or goes later is for the next build."""

    program: str
    """Its version, and how it is called and configured."""
    rules: tuple[Path, ...]
    facts: tuple[Path, ...]
    texts: tuple[Path, ...]

    @classmethod
    def of(cls, project: Project, *, engine: str, texts: Path | str | None) -> _Inputs:
        """Those that there are now."""
        from kg.version import __version__

        lookup = read_services(project.configuration).lookup
        program = f"{__version__} {LAYOUT} {FORMAT} {engine} {lookup}"
        facts = fact_files(project.data, within=project.real_folder)
        return cls(program, (*project.ontology, *project.shapes), facts, _cited_texts(project, texts))

    def with_lock(self, project: Project, texts: Path | str | None) -> _Inputs:
        """The same after the spans of cited words were written or removed."""
        lock = project.data / LOCK_FILE
        others = {path for path in self.facts if path != lock}
        facts = tuple(sorted({*others, lock} if lock.is_file() else others))
        return self if facts == self.facts else replace(self, facts=facts, texts=_cited_texts(project, texts))

    def digest(self, project: Project, digests: FileDigests) -> str:
        """A short digest of them."""
        digest = hashlib.sha256(self.program.encode())
        for path in (*self.rules, *self.facts):
            digest.update(os.fsencode(path.relative_to(project.folder).as_posix()) + b"\0")
            digest.update(bytes.fromhex(digests[path]))
        for path in self.texts:
            digest.update(os.fsencode(path.name) + b"\0" + bytes.fromhex(digests[path]))
        return digest.hexdigest()[:16]


def digest_of(project: Project, last: LastBuild, *, engine: str, texts: Path | str | None = None) -> str:
    """A short digest of all that a graph is a function of: the files, this program's version, the engine."""
    return _Inputs.of(project, engine=engine, texts=texts).digest(project, last.digests)


def _cited_texts(project: Project, texts: Path | str | None) -> tuple[Path, ...]:
    """The texts that facts depend on, since they cite words of them."""
    if not (project.data / LOCK_FILE).is_file():
        return ()
    sources = read_sources(project.data / "sources.yaml", file="").sources
    return tuple(open_texts(texts, project.texts, sources).paths())


def _write_lock(project: Project, lock: str) -> bool:
    """Write the spans of cited words into the project, unless they are there; true when something was written."""
    path = project.data / LOCK_FILE
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    if lock == before:
        return False
    if lock:
        write_file(path, (lock,))
    else:
        path.unlink()
    return True


def _write_counts(folder: Path, counts: Mapping[str, int | float | str]) -> None:
    (folder / COUNTS).write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _read_counts(folder: Path) -> dict[str, int | float | str]:
    counts: dict[str, int | float | str] = json.loads((folder / COUNTS).read_text(encoding="utf-8"))
    return counts
