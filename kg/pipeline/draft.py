"""A graph before it is stored: the steps from reading the files to checking shapes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from kg.decisions.conflicts import Resolution, unused_decisions
from kg.decisions.links import linked_names, read_project_links
from kg.decisions.policy import read_policy
from kg.decisions.touched_facts import apply_links_in, check_ranks_in, resolve_conflicts_in
from kg.engines.choice import tables_on
from kg.engines.spark_session import master_of
from kg.errors import InputError
from kg.facts.fact_table import FACT_TABLES, KNOWN, OF_YAML_FILES, FactSelection, ProjectFacts
from kg.facts.model import Source
from kg.facts.readers import FactsRead, read_facts
from kg.facts.texts import open_texts
from kg.facts.usage import check_usage
from kg.graph.snapshot_file import FILE
from kg.graph.snapshot_update import find_changed_triples
from kg.graph.triple_tables import TripleTables
from kg.passages.verification import verify
from kg.pipeline.changed_inference import infer_from_last
from kg.pipeline.incremental_check import check_changes
from kg.pipeline.inputs import FileDigests, LastBuild, reading_context, unchanged_files
from kg.pipeline.source_locations import NOTHING_UNREAD, ProofTracer, SourceLocator, find_unread
from kg.pipeline.watch import FileStates, read_file_states
from kg.project import Project
from kg.reasoning.days import DATE_PROPERTIES, derive_days
from kg.reasoning.infer import Inference, infer
from kg.reports import Finding, Report, Severity
from kg.schema import KIND, Schema, read_ontology, to_schema
from kg.shapes import Shapes, read_shapes, single_valued
from kg.shapes import check as check_shapes
from kg.shapes.paths import predicates
from kg.terms import ALIAS, LABEL, TYPE, to_term

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
    """The findings of the shapes, without places in files; None where a file could not be read."""
    last: LastBuild = field(default_factory=LastBuild)
    """The build that this one is made from."""
    texts: Path | str | None = None
    context: str = ""
    """What the reading of files depended on (`kg.pipeline.inputs.reading_context`) when they were read."""
    is_complete: bool = True
    """False when the facts of some source were left out."""
    is_closed: bool = False
    """True when what is inferred can be changed with the facts."""
    has_changes: bool = False
    """True when it was inferred from the changes of facts."""


def draft(
    project: Project,
    *,
    engine: str = "sql",
    texts: Path | str | None = None,
    focus: Iterable[str] | None = None,
    shape: Iterable[str] | None = None,
    complete: bool = False,
    last: LastBuild | None = None,
    states: FileStates | None = None,
    tables: Callable[[], TripleTables] = TripleTables,
    without: Collection[str] = (),
    decided: Callable[[ProjectFacts, Resolution, Mapping[str, Source]], None] | None = None,
    progress: Progress | None = None,
) -> Draft:
    """All steps before storing, in new `tables`; `focus` to `complete` are as `check` has them.

    `decided` is called with the facts, the decisions and the sources before anything is inferred from them.

    With a `last` build, only files that have changed since are read, and shapes are validated only where the graph
    differs: nothing was wrong with the rest. `states` are those of the files before anything was read of them.
    """
    show = progress if progress is not None else no_progress
    show("reading")
    last = last if last is not None else LastBuild()
    if master_of(engine) is not None:
        last = LastBuild(digests=last.digests)  # the facts of the last build are not on Spark
    states = states if states is not None else read_file_states(project, texts=texts)
    with ThreadPoolExecutor(1) as thread:  # DuckDB starts meanwhile
        opened = thread.submit(_open_tables, tables, last)
        ontology = tuple(read_ontology(project.ontology))
        schema = to_schema(ontology)
        shapes = read_shapes((*project.shapes, *(project.completeness if complete else ())))
        new = opened.result()
    with tables_on(engine, new, scratch=project.build_folder) as computed:
        facts = ProjectFacts(computed)
        former = unchanged_files(project, last, texts, schema)
        read = read_facts(
            project.data,
            schema,
            facts,
            texts=texts,
            former=former,
            within=project.real_folder,
            linked=linked_names(project.data),
        )
        if without:
            facts.leave_out(without, except_for=_IDENTIFYING)
        trust = read_policy(
            project.data / "policy.yaml",
            file="data/policy.yaml",
            schema=schema,
            sources=read.sources,
            skipped=read.skipped,
        )
        links = read_project_links(project.data, skipped=read.skipped)
        _check_unchanged(project, states, read_file_states(project, texts=texts))
        context = reading_context(project, texts, read.lock, last.digests)  # before more texts come
        checked = (*check_ranks_in(facts), *check_usage(facts.where(OF_YAML_FILES), schema))
        findings = (*shapes.warnings, *read.findings, *trust.findings, *links.findings, *checked)
        report = read_report = Report(findings)
        if (available := open_texts(texts, project.texts, read.sources)).folders:
            show("verifying")
            report += verify(facts, texts=available, schema=schema, undefined=read.undefined, shared=read.passages)
        canonical = apply_links_in(facts, links.links, trust.policy)
        show("deciding")
        resolution = resolve_conflicts_in(
            facts, single_valued=_single_valued(shapes), schema=schema, policy=trust.policy
        )
        report += Report(tuple(unused_decisions(resolution, trust.policy)))
        if computed is not new:
            facts.move_to(new)
            computed.bring_back(*FACT_TABLES)
        if decided is not None and report.ok:
            decided(facts, resolution, read.sources)
        unread = NOTHING_UNREAD
        if not report.ok:  # a value that its passage lacks was read
            near = facts.near(finding.place for finding in read_report if finding.place is not None)
            unread = find_unread(read_report, near, read.unread)
        can_continue = read.is_continued and engine == "sql"
        validation = _Validation(project, ontology, shapes, last, focus, shape, resolution if complete else None)
        conclusions = _conclude(computed, new, facts, validation, engine=engine, can_continue=can_continue, show=show)
    found = _located(conclusions.report, facts.where(KNOWN), new, conclusions.inference)
    new_findings = _without_repeated(finding for finding in found if not unread.concerns(finding))
    report += Report(tuple(new_findings), found.counts)
    is_from_last = conclusions.is_from_last
    counts: dict[str, int | str] = {
        "facts": len(facts),
        "sources": len(facts.sources),
        "contested": len(resolution.contested),
        "disagreements": resolution.count_disagreements(),
    }
    if last.folder is not None and not is_from_last and engine == "sql":
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
        conclusions.shapes_report if not unread.is_anything else None,
        last,
        texts,
        context,
        is_complete=not without,
        is_closed=conclusions.inference.is_closed,
        has_changes=is_from_last,
    )


def _open_tables(tables: Callable[[], TripleTables], last: LastBuild) -> TripleTables:
    """New tables, whose terms have the ids that they have in the last build."""
    new = tables()
    if last.folder is not None:
        new.keep_ids_of(last.folder / FILE)
    return new


@dataclass(frozen=True, slots=True)
class _Validation:
    """What is validated: all of a graph, or what `focus` and `shape` limit it to.

    With a `resolution`, what films usually have is validated as well, where no source disagrees on it.
    """

    project: Project
    ontology: tuple[Triple, ...]
    shapes: Shapes
    last: LastBuild
    focus: Iterable[str] | None
    shape: Iterable[str] | None
    resolution: Resolution | None

    def of_all(self, tables: TripleTables) -> Report:
        """The findings about the triples of these tables."""
        report = check_shapes(tables, self.shapes, ontology=self.ontology, focus=self.focus, shape=self.shape)
        return report if self.resolution is None else _without_undecided(report, self.shapes, self.resolution)

    def of_changes(self, tables: TripleTables) -> Report:
        """The same, from the last build and the triples that have changed where that is possible."""
        report = None
        if self.last.folder is not None and self.focus is None and self.shape is None and self.resolution is None:
            rules = rules_digest(self.project, self.last.digests)
            report = check_changes(tables, self.shapes, ontology=self.ontology, build=self.last.folder, digest=rules)
        return report if report is not None else self.of_all(tables)


@dataclass(frozen=True, slots=True)
class _Conclusions:
    """What follows from the facts, and what the shapes find; `is_from_last` if changes alone were inferred from."""

    inference: Inference
    shapes_report: Report
    is_from_last: bool

    @property
    def report(self) -> Report:
        """The findings of both."""
        return self.inference.report + self.shapes_report


def _conclude(
    computed: TripleTables,
    tables: TripleTables,
    facts: ProjectFacts,
    validation: _Validation,
    *,
    engine: str,
    can_continue: bool,
    show: Progress,
) -> _Conclusions:
    """Infer and validate in `computed`, from the last build where it `can_continue`; `tables` then has what follows."""
    show("inferring")
    last = validation.last
    is_closed = can_continue and last.inputs is not None and last.inputs.is_closed
    inference = infer_from_last(tables, facts) if is_closed else None
    is_from_last = inference is not None
    if inference is None:
        known = facts.where(KNOWN)
        _state(computed, known)
        days = derive_days(known.where(f"p IN ({facts.ids(DATE_PROPERTIES)})"))
        inference = infer(computed, validation.ontology, derived=days, engine=engine if computed is tables else "sql")
    show("checking")
    if last.folder is not None:
        find_changed_triples(tables, among="touched_triple" if is_from_last else "")
    report = validation.of_changes(computed)
    computed.bring_back("triple", "axiom", "inferred")
    return _Conclusions(inference, report, is_from_last)


def _check_unchanged(project: Project, before: FileStates, after: FileStates) -> None:
    """Raise `InputError` when a file has changed while files were read: no two of them need fit together.

    Of a file that has come meanwhile, a part may have been read.
    """
    if changed := sorted(path for path, _ in before.items() ^ after.items()):
        path = changed[0]
        name = path.relative_to(project.folder) if path.is_relative_to(project.folder) else path
        raise InputError(f"{name} was changed while files were read. Run it again.")


def _without_repeated(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings without those that two shapes make of one missing value; the first is that of the narrower shape."""
    missing: set[tuple[str, str, Severity]] = set()
    for finding in findings:
        if finding.check == "shacl/minCount":
            key = finding.focus, finding.path, finding.severity
            if key in missing:
                continue
            missing.add(key)
        yield finding


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
"""What a source that is left out still states about entities, so that others can be about them."""


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


def _located(report: Report, facts: FactSelection, tables: TripleTables, inference: Inference) -> Report:
    """The report with the places in files that its findings come from."""
    if not report.findings:
        return report
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


def rules_digest(project: Project, digests: FileDigests) -> str:
    """What the findings of shapes depend on besides the triples: this program's version, the ontology, the shapes."""
    from kg.version import __version__

    return f"{__version__} {digests.of_all((*project.ontology, *project.shapes))}"


def no_progress(_: str) -> None:
    """Show nothing."""
