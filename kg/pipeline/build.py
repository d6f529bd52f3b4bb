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
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, Triple

from kg.decisions.conflicts import Resolution, unused_decisions
from kg.decisions.links import EXACT, read_project_links
from kg.decisions.policy import read_policy
from kg.decisions.touched_facts import apply_links_in, check_ranks_in, resolve_conflicts_in
from kg.engines.choice import tables_on
from kg.errors import FaultsError, InputError, ProjectError, UnknownNameError
from kg.facts.fact_table import KNOWN, PER_RECORD, WRITTEN_BY_HAND, FactSelection, ProjectFacts
from kg.facts.files import fact_files
from kg.facts.model import Source
from kg.facts.passage_lock import LOCK_FILE
from kg.facts.readers import FactsRead, named_files, read_facts
from kg.facts.sources import read_sources
from kg.facts.texts import TEXTS_VARIABLE, Quotation, find_quotations, open_texts, to_citation
from kg.facts.usage import check_usage
from kg.federation.config import read_services
from kg.files.atomic import write_file
from kg.graph.build_files import find_damage
from kg.graph.engine_errors import to_input_error
from kg.graph.provenance import add_changed_provenance, add_provenance
from kg.graph.snapshot_file import FILE, add_graph, begin_named_graphs, keep_graphs
from kg.graph.snapshot_update import find_changed_triples, update_snapshot
from kg.graph.snapshot_writer import write_snapshot
from kg.graph.store import (
    MOST_CHANGES,
    fill_store,
    publish,
    published_build,
    scratch_folder,
    temporary_folder,
    update_store,
)
from kg.graph.triple_tables import TripleTables, memory_bytes
from kg.passages.verification import verify
from kg.pipeline.changed_inference import infer_from_last
from kg.pipeline.incremental_check import check_changes, write_shapes_report
from kg.pipeline.inputs import FILE as INPUTS
from kg.pipeline.inputs import (
    BuildInputs,
    FileDigests,
    LastBuild,
    open_last_build,
    reading_context,
    unchanged_files,
    write_inputs,
)
from kg.pipeline.source_locations import NOTHING_UNREAD, ProofTracer, SourceLocator, UnreadEntities, find_unread
from kg.pipeline.watch import FileStates, read_file_states
from kg.project import COUNTS, Project, find_project
from kg.reasoning.days import DATE_PROPERTIES, derive_days
from kg.reasoning.infer import Inference, infer
from kg.reports import Finding, Report, Severity
from kg.schema import KIND, Schema, read_ontology, to_schema
from kg.shapes import Shapes, read_shapes, single_valued
from kg.shapes import check as check_shapes
from kg.shapes.paths import predicates
from kg.terms import ALIAS, CONTESTED, LABEL, LINKS, ONTOLOGY, TYPE, UNDECIDED, to_term
from kg.text.folding import closest

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Draft:
    """A graph before it is stored: what was read, decided and inferred, and what is wrong with it."""

    project: Project
    ontology: tuple[Triple, ...]
    schema: Schema
    read: FactsRead
    facts: ProjectFacts
    canonical: Mapping[NamedNode, NamedNode]
    """Name that a link replaced -> canonical name."""
    resolution: Resolution
    tables: TripleTables
    report: Report
    shapes: Shapes
    shapes_report: Report | None = None
    """The findings of the shapes, without places in files."""
    last: LastBuild = field(default_factory=LastBuild)
    """The build that this one is made from."""
    texts: Path | str | None = None
    is_complete: bool = True
    """False when the facts of some source were left out."""
    is_closed: bool = False
    """True when what is inferred can be changed with the facts."""
    has_changes: bool = False
    """True when it was inferred from the changes of facts."""


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
    `engine` spark or spark=MASTER, Spark infers and validates; all else is done here. `memory`
    bounds what the tables hold at once (`"2GB"`); the rest is on disk. Raises `ProjectError` when there is no project,
    `FaultsError` when the ontology or the shapes cannot be read, and `InputError` when the memory is not enough.
    """
    start = time.perf_counter()
    project = project if isinstance(project, Project) else find_project(project)
    if project.loaded.is_file():
        raise ProjectError(f"The graph in {project.folder} was loaded from RDF files: run kg load again.")
    if memory is not None:
        memory_bytes(memory)  # a wrong one is refused also when nothing has changed
    with scratch_folder(project) as scratch, open_last_build(project, force=force) as last:
        digest = partial(digest_of, project, engine=engine, texts=texts)
        published = _Published() if force else _check_published(project, digest(last))
        if published.is_unchanged and published.folder is not None:
            report = Report(counts=_read_counts(published.folder))
            with contextlib.suppress(OSError):  # a folder that is only read
                os.utime(published.folder / COUNTS)  # files that are newer have the same content
            return replace(report, counts={**report.counts, "unchanged": 1})
        show = progress if progress is not None else _no_progress
        is_usable = published.folder == last.folder and not (without or despite_findings)
        try:
            graph = _draft_anew_or_from(
                last if is_usable else LastBuild(digests=last.digests),
                project,
                engine=engine,
                texts=texts,
                tables=partial(TripleTables, memory=memory, scratch=scratch),
                without=without,
                progress=show,
            )
            if not (graph.report.ok or (despite_findings and graph.shapes_report is not None)):
                return graph.report
            show("storing")
            return published.report + _store(graph, start, memory=memory, digest=digest)
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


def _store(graph: Draft, start: float, *, memory: str | None, digest: Callable[[LastBuild], str]) -> Report:
    """Store and publish a graph; the report has what was stored."""
    project, tables, before = graph.project, graph.tables, _base_of(graph)
    with temporary_folder(project) as folder:
        _add_named_graphs(graph, only_changed=before is not None)
        changes = None
        if before is not None:
            has_store = _has_store(before)
            changes = update_snapshot(tables, folder, before, most_changes=MOST_CHANGES)
        else:
            has_store = _wants_store(project, sum(map(tables.count, ("triple", "inferred", "named"))))
            write_snapshot(tables, folder, for_lookup=not has_store)
        if has_store and not (before is not None and changes is not None and update_store(folder, before, changes)):
            fill_store(folder, memory=memory)
        asserted, inferred = graph.tables.count("triple"), graph.tables.count("inferred")
        counts = {**graph.report.counts, "triples": asserted + inferred, "asserted": asserted, "inferred": inferred}
        counts["seconds"] = round(time.perf_counter() - start, 2)
        kept = {name: count for name, count in counts.items() if name != "anew"}
        _write_counts(folder, {**kept, "records": len(graph.facts.where(PER_RECORD))})
        if graph.shapes_report is not None:
            rules = _rules_digest(project, graph.last.digests)
            write_shapes_report(folder, graph.shapes_report, graph.shapes, digest=rules, before=before)
        if _write_lock(project, graph.read.lock):
            os.utime(folder / COUNTS)  # the lock belongs to this build
            graph.last.digests.taken.pop(str(project.data / LOCK_FILE), None)
        if graph.is_complete:
            context = reading_context(project, graph.texts, graph.read.lock, graph.last.digests)
            write_inputs(
                folder,
                BuildInputs(context, is_closed=graph.is_closed),
                graph.last.digests,
                graph.read.records,
                named_files(project.data),
            )
        publish(project, folder, digest(graph.last))
    return replace(graph.report, counts=counts)


def _base_of(graph: Draft) -> Path | None:
    """The last build, where this one is made from it: with a lookup store if that has one."""
    before = graph.last.folder
    if before is None:
        return None
    ((quads,),) = graph.tables.sql.execute("SELECT sum(triples) FROM former.graph").fetchall()
    return before if _wants_store(graph.project, quads) == _has_store(before) else None


def _has_store(build: Path) -> bool:
    return (build / "store").is_dir()


def _wants_store(project: Project, quads: int) -> bool:
    """Whether a build gets a lookup store, as `filmgraph.toml` has it: `auto` leaves it out of a very large one."""
    lookup = read_services(project.configuration).lookup
    return lookup == "always" or (lookup == "auto" and quads <= _LARGEST_STORE)


_LARGEST_STORE = 20_000_000
"""Filling a store with more quads takes many times as long as all the rest of the build."""


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
        return _draft_anew_or_from(
            last, project, engine=engine, texts=texts, focus=focus, shape=shape, complete=complete, progress=progress
        ).report


def _draft_anew_or_from(last: LastBuild, project: Project, **options: Any) -> Draft:
    """A draft from the last build where that has what is needed; what is wrong is found by reading everything."""
    if last.folder is not None:
        graph = draft(project, last=last, **options)
        if graph.report.ok:
            return graph
    return draft(project, last=LastBuild(digests=last.digests), **options)


def draft(
    project: Project,
    *,
    engine: str = "sql",
    texts: Path | str | None = None,
    focus: Iterable[str] | None = None,
    shape: Iterable[str] | None = None,
    complete: bool = False,
    last: LastBuild | None = None,
    tables: Callable[[], TripleTables] = TripleTables,
    without: Collection[str] = (),
    progress: Progress | None = None,
) -> Draft:
    """All steps before storing, in new `tables`; `focus` to `complete` are as `check` has them.

    With a `last` build, only files that have changed since are read, and shapes are validated only where the graph
    differs.
    """
    show = progress if progress is not None else _no_progress
    show("reading")
    last = last if last is not None else LastBuild()
    states = read_file_states(project, texts=texts)
    ontology = tuple(read_ontology(project.ontology))
    schema = to_schema(ontology)
    shapes = read_shapes((*project.shapes, *(project.completeness if complete else ())))
    new = tables()
    if last.folder is not None:
        new.keep_ids_of(last.folder / FILE)
    facts = ProjectFacts(new)
    read = read_facts(project.data, schema, facts, texts=texts, former=unchanged_files(project, last, texts, schema))
    if without:
        facts.leave_out(without, except_for=_IDENTIFYING)
    trust = read_policy(project.data / "policy.yaml", file="data/policy.yaml", schema=schema, sources=read.sources)
    links = read_project_links(project.data)
    _check_unchanged(project, states, read_file_states(project, texts=texts))
    checked = (*check_ranks_in(facts), *check_usage(facts.where(WRITTEN_BY_HAND), schema))
    findings = (*shapes.warnings, *read.findings, *trust.findings, *links.findings, *checked)
    report, shapes_report = Report(findings), None
    if (available := open_texts(texts, project.texts, read.sources)).folders:
        show("verifying")
        report += verify(facts, texts=available, schema=schema, undefined=read.undefined)
    canonical = apply_links_in(facts, links.links, trust.policy)
    show("deciding")
    resolution = resolve_conflicts_in(facts, single_valued=_single_valued(shapes), schema=schema, policy=trust.policy)
    report += Report(tuple(unused_decisions(resolution, trust.policy)))
    known, inference, among = facts.where(KNOWN), None, ""
    unread = NOTHING_UNREAD if report.ok else _find_unread(report, facts) if last.folder is None else None
    if unread is not None:
        show("inferring")
        if read.is_continued and last.inputs is not None and last.inputs.is_closed and engine == "sql":
            inference = infer_from_last(new, facts, ontology)
        if inference is not None:
            among = "touched_triple"
            show("checking")
        else:
            _state(new, known)
            with tables_on(engine, new, results=("axiom", "inferred"), scratch=project.build_folder) as computed:
                days = derive_days(known.where(f"p IN ({facts.ids(DATE_PROPERTIES)})"))
                inference = infer(computed, ontology, derived=days, engine=engine if computed is new else "sql")
                show("checking")
                if computed is not new:
                    shapes_report = check_shapes(computed, shapes, ontology=ontology, focus=focus, shape=shape)
        if last.folder is not None:
            find_changed_triples(new, among=among)
        if shapes_report is None and last.folder is not None and focus is None and shape is None and not complete:
            rules = _rules_digest(project, last.digests)
            shapes_report = check_changes(new, shapes, ontology=ontology, build=last.folder, digest=rules)
        if shapes_report is None:
            shapes_report = check_shapes(new, shapes, ontology=ontology, focus=focus, shape=shape)
        if complete:
            shapes_report = _without_undecided(shapes_report, shapes, resolution)
        found = _located(inference.report + shapes_report, known, new, inference)
        report += Report(tuple(finding for finding in found if not unread.concerns(finding)), found.counts)
    counts: dict[str, int | str] = {
        "facts": len(facts),
        "sources": len(facts.sources),
        "contested": len(resolution.contested),
    }
    if last.folder is not None and not among and engine == "sql":
        counts["anew"] = "inferring" if read.is_continued else "reading"
    return Draft(
        project,
        ontology,
        schema,
        read,
        facts,
        canonical,
        resolution,
        new,
        Report(report.findings, {**report.counts, **counts}),
        shapes,
        shapes_report,
        last,
        texts,
        is_complete=not without,
        is_closed=inference is not None and inference.is_closed,
        has_changes=among != "",
    )


def _check_unchanged(project: Project, before: FileStates, after: FileStates) -> None:
    """Raise `InputError` when a file has changed while files were read: no two of them need fit together."""
    for path, state in before.items():
        if after.get(path) != state:
            name = path.relative_to(project.folder) if path.is_relative_to(project.folder) else path
            raise InputError(f"{name} was changed while it was read; nothing was published. Run it again.")


def _without_undecided(report: Report, shapes: Shapes, resolution: Resolution) -> Report:
    """A report without what is missing only because sources disagree on it, in the entity or in one of its parts."""
    undecided: dict[str, list[str]] = {}
    for contested in resolution.contested:
        if contested.is_undecided:
            undecided.setdefault(str(contested.fact.property), []).append(contested.fact.subject.value)

    def is_undecided(finding: Finding) -> bool:
        shape = shapes.shapes.get(finding.shape)
        if finding.severity is not Severity.INFO or finding.check != "shacl/minCount" or shape is None:
            return False
        owner = finding.focus[1:-1]
        subjects = (name for p in predicates(shape.path) for name in undecided.get(p, ())) if shape.path else ()
        return any(name == owner or name.startswith(f"{owner}.") for name in subjects)

    return Report(tuple(finding for finding in report if not is_undecided(finding)), report.counts)


_IDENTIFYING = (TYPE, LABEL, ALIAS, KIND)
"""What a source that is left out still says of entities, so that others can be about them."""


def _single_valued(shapes: Shapes) -> dict[NamedNode, frozenset[NamedNode] | None]:
    return {
        NamedNode(iri): None if classes is None else frozenset(map(NamedNode, classes))
        for iri, classes in single_valued(shapes).items()
    }


def _state(tables: TripleTables, known: FactSelection) -> None:
    """What is known as triples, each once; terms that no triple has are not in the dictionary any more."""
    tables.sql.execute(
        f"INSERT INTO triple SELECT s, p, o FROM fact WHERE {known.condition} GROUP BY s, p, o ORDER BY min(number)"  # noqa: S608
    )
    tables.keep_used_terms()


def _find_unread(report: Report, facts: ProjectFacts) -> UnreadEntities | None:
    return find_unread(report, facts.near(finding.place for finding in report if finding.place is not None))


def _located(report: Report, facts: FactSelection, tables: TripleTables, inference: Inference) -> Report:
    """The report with the places in files that its findings come from."""
    facts.load(entity for finding in report for entity in (finding.focus, _misclassed(finding)))
    locator = SourceLocator(facts, trace=ProofTracer(tables, inference.ontology, inference.rules))
    return Report(tuple(_with_missing_type(locator.locate(finding), facts) for finding in report), report.counts)


def _misclassed(finding: Finding) -> str:
    """The value of a finding that is an entity of another class than expected, as an exact term; else empty."""
    is_entity = finding.value.startswith("<") and not finding.value.startswith("<<")
    return finding.value if finding.check == "shacl/class" and is_entity else ""


def _with_missing_type(finding: Finding, facts: FactSelection) -> Finding:
    """A finding that a value is of another class, with the remedy where the value has a block without a type."""
    if not (entity := _misclassed(finding)):
        return finding
    stated = {fact.property for fact in facts.about(to_term(entity))}
    is_typeless = LABEL in stated and TYPE not in stated
    return replace(finding, remedy=f"{finding.found} has no type: give it one.") if is_typeless else finding


def _add_named_graphs(graph: Draft, *, only_changed: bool) -> None:
    """Add to the tables what was decided, the ontology, links and provenance, without what the last build has of it."""
    tables, contested = graph.tables, graph.resolution.contested
    graph.facts.complete()
    begin_named_graphs(tables)
    add_graph(tables, CONTESTED, (lost.fact.triple for lost in contested))
    add_graph(tables, UNDECIDED, (lost.fact.triple for lost in contested if lost.is_undecided))
    add_graph(tables, LINKS, (Triple(name, EXACT, old) for old, name in graph.canonical.items()))
    decided = (graph.facts, graph.resolution, graph.read.sources)
    if only_changed:
        if not graph.has_changes:
            graph.facts.find_changes()
        keep_graphs(tables, (ONTOLOGY,) if graph.read.is_continued else ())
    if only_changed and graph.read.is_continued:
        add_changed_provenance(tables, *decided)
    else:
        add_graph(tables, ONTOLOGY, graph.ontology)
        add_provenance(tables, *decided)


# --- digests and counts


def digest_of(project: Project, last: LastBuild, *, engine: str, texts: Path | str | None = None) -> str:
    """A short digest of all that a graph is a function of: the files, this program's version, the engine."""
    from kg.version import __version__

    lookup = read_services(project.configuration).lookup
    digest = hashlib.sha256(f"{__version__} {engine} {lookup}".encode())
    for path in (*project.ontology, *project.shapes, *fact_files(project.data)):
        digest.update(path.relative_to(project.folder).as_posix().encode() + b"\0")
        digest.update(bytes.fromhex(last.digests[path]))
    if (project.data / LOCK_FILE).is_file():
        # Facts cite words, so they depend on the texts.
        available = open_texts(texts, project.texts, read_sources(project.data / "sources.yaml", file="").sources)
        for path in available.paths():
            digest.update(path.name.encode() + b"\0" + bytes.fromhex(last.digests[path]))
    return digest.hexdigest()[:16]


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


def _rules_digest(project: Project, digests: FileDigests) -> str:
    from kg.version import __version__

    return f"{__version__} {digests.of_all((*project.ontology, *project.shapes))}"


def _write_counts(folder: Path, counts: Mapping[str, int | float | str]) -> None:
    (folder / COUNTS).write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _read_counts(folder: Path) -> dict[str, int | float | str]:
    counts: dict[str, int | float | str] = json.loads((folder / COUNTS).read_text(encoding="utf-8"))
    return counts


def _no_progress(_: str) -> None:
    return None


# --- passages of a project


def verify_project(project: Project | Path | str | None = None, *, texts: Path | str | None = None) -> Report:
    """Digests, spans and values of all facts, verified in the source texts; and the faults of the files."""
    project = project if isinstance(project, Project) else find_project(project)
    schema = to_schema(read_ontology(project.ontology))
    read = read_facts(project.data, schema, ProjectFacts(TripleTables()), texts=texts)
    available = open_texts(texts, project.texts, read.sources)
    return Report(read.findings) + verify(read.facts, texts=available, schema=schema, undefined=read.undefined)


@dataclass(frozen=True, slots=True)
class FoundWords:
    """Words found in the text of a source."""

    quotation: Quotation
    citation: str
    """The value of `at` for them."""

    def __str__(self) -> str:
        """A line for a fact file, with the words in their context as a comment."""
        found = self.quotation
        context = f"{found.before}[{' '.join(found.words.split())}]{found.after}"
        return f"at: {self.citation}    # {found.start}-{found.end}: ...{context}..."


def find_in_source(
    project: Project | Path | str | None, source: str, words: str, *, texts: Path | str | None = None
) -> tuple[FoundWords, ...]:
    """Every place of the words in a source's text; where there is none, those that differ in letter case or accents.

    Raises `UnknownNameError` when there is no such source, `ProjectError` when its text is not available.
    """
    project = project if isinstance(project, Project) else find_project(project)
    listed = read_sources(project.data / "sources.yaml", file="data/sources.yaml")
    if listed.findings:
        raise FaultsError(listed.findings)
    sources = listed.sources
    if source not in sources:
        raise UnknownNameError(source, kind="source", suggestions=closest(source, list(sources)))
    available = open_texts(texts, project.texts, sources)
    if wrong := [finding for finding in available.findings() if finding.place == sources[source].place]:
        raise FaultsError(wrong)
    text = available[source]
    if text is None:
        raise ProjectError(_missing_text(sources[source], available.folders))
    quotations = list(find_quotations(text, words)) or find_quotations(text, words, folded=True)
    return tuple(FoundWords(quotation, to_citation(text, quotation)) for quotation in quotations)


def _missing_text(source: Source, folders: Iterable[Path]) -> str:
    if not source.file:
        return f"{source.id} has no text: add `file: {source.id}.txt` to it in data/sources.yaml."
    looked = " and ".join(map(str, folders)) or "texts/, which does not exist"
    return (
        f"The text of {source.id} was not found: looked for {source.file} in {looked}. Put it there, or give its folder"
        f" with --texts or in the environment variable {TEXTS_VARIABLE}."
    )
