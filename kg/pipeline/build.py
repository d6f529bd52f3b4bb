"""A project's files walk in; a report walks out, and from `build` a published graph.

    read -> merge -> decide -> state -> infer -> check -> store -> publish

Every fault of every file is told at once. A graph with a violation is not published: the one that was there keeps
answering.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from kg.decisions.apply_links import LinkedFacts, apply_links
from kg.decisions.conflicts import Resolution, resolve_conflicts
from kg.decisions.links import LINKS_FILE, read_links
from kg.decisions.policy import read_policy
from kg.errors import FaultsError, ProjectError, UnknownNameError
from kg.facts.files import fact_files
from kg.facts.readers import FactsRead, read_facts
from kg.facts.sources import read_sources
from kg.graph import provenance
from kg.graph.ntriples import write_ntriples
from kg.graph.record_store import FILE as RECORDS
from kg.graph.record_store import split_records, write_records
from kg.graph.store import ASSERTED, INFERRED, fill_store, publish, published_build, temporary_folder, write_triples
from kg.graph.triple_tables import TripleTables
from kg.passages.texts import TEXTS_VARIABLE, Quotation, find_quotations, open_texts
from kg.passages.verification import verify
from kg.pipeline.incremental_check import digest_of as digest_of_files
from kg.pipeline.incremental_check import recheck, write_checked
from kg.pipeline.source_locations import ProofTracer, SourceLocator
from kg.project import Project, find_project
from kg.reasoning.infer import infer
from kg.reports import Report
from kg.schema import Schema, read_ontology, to_schema
from kg.shapes import Shapes, read_shapes, single_valued
from kg.shapes import check as check_shapes
from kg.text import closest

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Draft:
    """A graph before it is stored: what was read, decided and inferred, and what is wrong with it."""

    project: Project
    ontology: tuple[Triple, ...]
    schema: Schema
    read: FactsRead
    merged: LinkedFacts
    decided: Resolution
    tables: TripleTables
    report: Report
    shapes_report: Report | None = None
    """What the shapes found, before it was traced to files."""


def build(
    project: Project | Path | str | None = None,
    *,
    engine: str = "sql",
    texts: Path | str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Build the project's graph and publish it; the report tells what was built, or what keeps it from being published.

    When nothing has changed since the last build, nothing is done, unless `force` is given. Raises `ProjectError` when
    there is no project, and `FaultsError` when the ontology or the shapes cannot be read.
    """
    began = time.perf_counter()
    project = project if isinstance(project, Project) else find_project(project)
    digest = digest_of(project, engine=engine)
    if not force and (current := published_build(project)) is not None and current.name.startswith(digest):
        report = Report(counts=_read_counts(current))
        return replace(report, counts={**report.counts, "unchanged": 1})
    say = progress if progress is not None else _silent
    drafted = draft(project, engine=engine, texts=texts, progress=say)
    report = drafted.report
    if report.ok:
        say("storing")
        with temporary_folder(project) as folder:
            asserted, inferred = _write(drafted, folder)
            fill_store(folder)
            counts = {**report.counts, "triples": asserted + inferred, "asserted": asserted, "inferred": inferred}
            counts["seconds"] = round(time.perf_counter() - began, 2)
            report = replace(report, counts=counts)
            _write_counts(folder, counts)
            if drafted.shapes_report is not None:
                write_checked(folder, drafted.shapes_report, digest=_rules_digest(project))
            publish(project, folder, digest)
    return report


def check(
    project: Project | Path | str | None = None,
    *,
    engine: str = "sql",
    texts: Path | str | None = None,
    focus: Iterable[str] | None = None,
    shape: Iterable[str] | None = None,
    changed: bool = False,
    progress: Progress | None = None,
) -> Report:
    """What is wrong with the project's files and the graph that they make; nothing is written.

    `focus` and `shape`, exact terms, keep the shapes to these things or these shapes. With `changed`, the shapes look
    again only at what differs from the published graph, and find the same as a whole check.
    """
    project = project if isinstance(project, Project) else find_project(project)
    return draft(
        project, engine=engine, texts=texts, focus=focus, shape=shape, changed=changed, progress=progress
    ).report


def verify_project(project: Project | Path | str | None = None, *, texts: Path | str | None = None) -> Report:
    """Digests, spans and values of all facts, verified in the texts at hand; what is wrong with the files as well."""
    project = project if isinstance(project, Project) else find_project(project)
    schema = to_schema(read_ontology(project.ontology))
    read = read_facts(project.data, schema)
    return Report(read.findings) + verify(
        read.facts, texts=open_texts(texts, project.texts, read.sources), schema=schema
    )


def cite_in(
    project: Project | Path | str | None, source: str, words: str, *, texts: Path | str | None = None
) -> tuple[Quotation, ...]:
    """Every place of the words in a source's text.

    Raises `UnknownNameError` when there is no such source, `ProjectError` when its text is not at hand.
    """
    project = project if isinstance(project, Project) else find_project(project)
    listed = read_sources(project.data / "sources.yaml", file="data/sources.yaml")
    if listed.findings:
        raise FaultsError(listed.findings)
    sources = listed.sources
    if source not in sources:
        raise UnknownNameError(source, kind="source", suggestions=closest(source, list(sources)))
    at_hand = open_texts(texts, project.texts, sources)
    if wrong := [finding for finding in at_hand.findings() if finding.place == sources[source].place]:
        raise FaultsError(wrong)
    text = at_hand[source]
    if text is None:
        raise ProjectError(f"The text of {source} is not at hand. Name its folder with --texts or {TEXTS_VARIABLE}.")
    return tuple(find_quotations(text, words))


def draft(
    project: Project,
    *,
    engine: str = "sql",
    texts: Path | str | None = None,
    focus: Iterable[str] | None = None,
    shape: Iterable[str] | None = None,
    changed: bool = False,
    progress: Progress | None = None,
) -> Draft:
    """Everything up to storing; `focus`, `shape` and `changed` are those of `check`."""
    say = progress if progress is not None else _silent
    say("reading")
    ontology = tuple(read_ontology(project.ontology))
    schema = to_schema(ontology)
    shapes = read_shapes(project.shapes)
    read = read_facts(project.data, schema)
    trust = read_policy(project.data / "policy.yaml", file="data/policy.yaml", schema=schema, sources=read.sources)
    links = read_links(project.data / LINKS_FILE, file=f"data/{LINKS_FILE}")
    report, checked = Report((*read.findings, *trust.findings, *links.findings)), None
    if (at_hand := open_texts(texts, project.texts, read.sources)).folders:
        say("verifying")
        report += verify(read.facts, texts=at_hand, schema=schema)
    merged = apply_links(read.facts, links.links, trust.policy)
    say("deciding")
    single = {
        NamedNode(iri): None if classes is None else frozenset(map(NamedNode, classes))
        for iri, classes in single_valued(shapes).items()
    }
    decided = resolve_conflicts(merged.facts, single_valued=single, schema=schema, policy=trust.policy)
    workshop = TripleTables()
    workshop.add_terms(provenance.said(decided.facts))
    workshop.add(provenance.days(decided.facts))
    if report.ok:
        say("inferring")
        inference = infer(workshop, ontology, engine=engine)
        say("checking")
        is_whole = focus is None and shape is None
        checked = _recheck(project, workshop, shapes, ontology) if changed and is_whole else None
        if checked is None:
            checked = check_shapes(workshop, shapes, ontology=ontology, focus=focus, shape=shape)
        found = inference.report + checked
        locator = SourceLocator(decided.facts, trace=ProofTracer(workshop, ontology))
        report += Report(tuple(locator.locate(finding) for finding in found), found.counts)
    counts = {
        "facts": len(read.facts),
        "sources": len({fact.evidence.source for fact in read.facts}),
        "contested": len(decided.contested),
    }
    report = Report(report.findings, {**report.counts, **counts})
    return Draft(project, ontology, schema, read, merged, decided, workshop, report, checked)


def _recheck(project: Project, workshop: TripleTables, shapes: Shapes, ontology: tuple[Triple, ...]) -> Report | None:
    """What the shapes find, looking only at what differs from the published build; None where it cannot tell."""
    build = published_build(project)
    if build is None:
        return None
    return recheck(workshop, shapes, ontology=ontology, build=build, digest=_rules_digest(project))


def _rules_digest(project: Project) -> str:
    return digest_of_files((*project.ontology, *project.shapes))


def digest_of(project: Project, *, engine: str) -> str:
    """A short digest of all that a graph is a function of: the files, this program's version, the engine."""
    from kg.version import __version__

    digest = hashlib.sha256(f"{__version__} {engine}".encode())
    for path in _files(project):
        digest.update(path.relative_to(project.folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _files(project: Project) -> Iterable[Path]:
    return (*project.ontology, *project.shapes, *fact_files(project.data))


def _write(drafted: Draft, folder: Path) -> tuple[int, int]:
    """Write a build's exact files; how many triples are asserted and how many inferred comes back."""
    decided, workshop = drafted.decided, drafted.tables
    said = folder / "said.unsorted"
    write_ntriples(workshop, said, tables=("triple",))
    write_ntriples(workshop, folder / INFERRED, tables=("inferred",))
    asserted, inferred = _part_days(said, folder, {f"{triple} .\n" for triple in _only_days(decided)})
    said.unlink()
    write_triples(folder / "contested.nt", provenance.contested(decided))
    write_triples(folder / "ontology.nt", drafted.ontology)
    write_triples(folder / "links.nt", provenance.links(drafted.merged))
    write_triples(folder / "provenance.nt", provenance.provenance(decided, drafted.read.sources))
    write_records(folder / RECORDS, split_records(decided)[0])
    return asserted, inferred


def _only_days(decided: Resolution) -> set[Triple]:
    """The earliest and latest days that nobody says, but that are worked out."""
    said = (fact for fact in decided.facts if fact.property in (provenance.EARLIEST, provenance.LATEST))
    return set(provenance.days(decided.facts)).difference(provenance.knowledge(said))


def _part_days(said: Path, folder: Path, days: set[str]) -> tuple[int, int]:
    """Move the worked-out days from what was said to what is inferred; the sizes of both come back."""
    asserted = 0
    with said.open(encoding="utf-8") as lines, (folder / ASSERTED).open("w", encoding="utf-8", newline="\n") as kept:
        for line in lines:
            if line not in days:
                kept.write(line)
                asserted += 1
    with (folder / INFERRED).open(encoding="utf-8") as lines:
        inferred = sorted((*lines, *days)) if days else None
        count = len(inferred) if inferred is not None else 0
    if inferred is not None:
        with (folder / INFERRED).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(inferred)
    else:
        with (folder / INFERRED).open("rb") as raw:
            count = sum(1 for _ in raw)
    return asserted, count


def _write_counts(folder: Path, counts: Mapping[str, int | float | str]) -> None:
    (folder / "counts.json").write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _read_counts(folder: Path) -> dict[str, int | float | str]:
    counts: dict[str, int | float | str] = json.loads((folder / "counts.json").read_text(encoding="utf-8"))
    return counts


def _silent(_: str) -> None:
    return None
