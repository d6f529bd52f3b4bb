"""Reads all facts of a project, each file by the reader for its suffix.

yaml_reader   blocks that people write, with line and column of every value
part_ids      the ids of parts, made of their values
table_reader  CSV, TSV and Parquet, by SQL: one fact a row
table_cells   the cells of such a table, in DuckDB
row_reader    a row by itself, and what is wrong with it
rdf_reader    RDF files: one fact a triple, without spans
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import cast

from pyoxigraph import NamedNode

from kg.facts.fact_table import SLOTS, FactSelection, ProjectFacts
from kg.facts.files import MAX_FINDINGS, FileFindings, fact_files, further_faults, skipped_files
from kg.facts.literals import describe_value, example_of
from kg.facts.model import Fact, SharedPassage, Source, UnreadValue
from kg.facts.named_values import LinkedNames, NamedValue, resolve_names
from kg.facts.passage_lock import LOCK_FILE, Citation, CitationFinder, LockedSpan, read_lock
from kg.facts.readers.rdf_reader import RdfReader
from kg.facts.readers.table_reader import TableReader
from kg.facts.readers.yaml_reader import Block, YamlReader
from kg.facts.sources import SourcesRead, read_sources
from kg.facts.texts import open_texts
from kg.files.yaml_files import is_number
from kg.parts import path_of
from kg.reports import Finding, Place, Severity
from kg.schema import Schema, ValueKind
from kg.sql import quote
from kg.terms import FILM, NAMED_GRAPHS, SOURCE, TYPE, to_curie, to_short, to_term
from kg.text.folding import closest

_OTHER_FILES = ("sources.yaml", "policy.yaml", LOCK_FILE)
_OTHER_SUFFIXES = (".sssom.tsv", ".md", ".txt", ".LICENSE")
"""Files of `data/` that hold no facts: their names, and how their names end."""


@dataclass(frozen=True)
class FileRecord:
    """What was read of one file of facts besides the facts, which have the numbers of a slot."""

    slot: int
    findings: tuple[Finding, ...] = ()
    blocks: Mapping[tuple[NamedNode, str], Block] = field(default_factory=dict)
    names: tuple[NamedValue, ...] = ()
    citations: Mapping[Citation, LockedSpan] = field(default_factory=dict)


@dataclass(frozen=True)
class FactsRead:
    """The content of `data/`: the facts, the sources that state them, and what is wrong with the files."""

    facts: ProjectFacts
    sources: Mapping[str, Source]
    findings: tuple[Finding, ...] = ()
    lock: str = ""
    """The content that `data/passages.lock` should have."""
    records: Mapping[str, FileRecord] = field(default_factory=dict)
    """File name -> what the next build has to know to leave the file unread."""
    is_continued: bool = False
    """True when an earlier snapshot has the facts of the files that were not read."""
    undefined: frozenset[NamedNode] = frozenset()
    """Values that are no entities of the graph, or not certainly one; there is a finding about each."""
    passages: tuple[SharedPassage, ...] = ()
    """The passages of blocks and parts in the files that were read."""
    unread: frozenset[UnreadValue] = frozenset()
    """What could not be read of the entities in YAML files."""
    skipped: frozenset[Path] = frozenset()
    """What is under `data/` and was not read, since it is a link out of the project, or no file."""


def read_facts(
    folder: Path,
    schema: Schema,
    table: ProjectFacts,
    *,
    texts: Path | str | None = None,
    former: Mapping[str, FileRecord] | None = None,
    within: Path | None = None,
    linked: LinkedNames | None = None,
) -> FactsRead:
    """Read all facts under a project's `data/`, in the order of files and lines, into an empty table.

    A fault hides no other. Cited words are found in the texts of the folder `texts`, as `open_texts` says. The files
    in `former` are not read: their facts are in the earlier snapshot that the table's dictionary has the ids of. It is
    None where files would be read otherwise than for that snapshot. Links lead to files `within` a folder, by default
    that of the project. A name may be that of several entities that are `linked`.
    """
    path, skipped = folder / "sources.yaml", skipped_files(folder, within=within)
    is_listed = path.is_file() and path not in skipped
    listed = read_sources(path, file=_name(path, folder)) if is_listed else SourcesRead()
    available = open_texts(texts, folder.parent / "texts", listed.sources)
    lock = folder / LOCK_FILE
    citations = CitationFinder(available, listed.sources, read_lock(lock) if lock not in skipped else {})
    files = _FileReader(schema, listed.sources, table, citations)
    for other, reason in skipped.items():
        files.others.add(
            "skipped",
            f"not read, since {reason}",
            Place(_name(other, folder)),
            remedy="Put a file in its place.",
            severity=Severity.WARNING,
        )
    files.read(named_files(folder, within=within), former)
    sources = {**listed.sources, **files.rdf.file_sources}
    findings = FileFindings((*listed.findings, *files.findings()))
    same = (lambda: linked(skipped)) if linked is not None else dict
    resolved = resolve_names(table, files.yaml.named_values, schema, same)
    findings.extend(resolved.findings)
    undefined = set(resolved.unresolved)
    unread = {value.subject for value in files.yaml.unread}
    for finding in _check_names(table, schema, sources, resolved.unresolved | unread):
        findings.append(finding)
        if finding.check == "facts/unknown-entity":
            undefined.add(cast(NamedNode, to_term(finding.value)))
    return FactsRead(
        table,
        sources,
        tuple(findings),
        citations.to_lock(),
        files.records,
        former is not None,
        frozenset(undefined),
        tuple(files.yaml.passages),
        frozenset(files.yaml.unread),
        frozenset(skipped),
    )


def named_files(folder: Path, *, within: Path | None = None) -> dict[str, Path]:
    """The files under `data/` that should hold facts, by the names that they have in findings, in their order.

    Links lead to files `within` a folder, by default that of the project.
    """
    return {
        _name(path, folder): path
        for path in fact_files(folder, within=within)
        if path.name not in _OTHER_FILES and not path.name.endswith(_OTHER_SUFFIXES)
    }


class _FileReader:
    """Reads files of facts, each by the reader for its suffix; `records` has what was read besides the facts."""

    def __init__(
        self, schema: Schema, sources: Mapping[str, Source], table: ProjectFacts, citations: CitationFinder
    ) -> None:
        self.schema, self.table, self.citations = schema, table, citations
        self.yaml, self.rdf = YamlReader(schema, sources, citations), RdfReader(schema, sources)
        self.tables = TableReader(schema, sources, table)
        self.others = FileFindings()
        self.records: dict[str, FileRecord] = {}
        self.written: list[tuple[int, Fact]] = []
        """The numbered facts of YAML and RDF, which are added together: a statement for each file takes longer."""

    def read(self, files: Mapping[str, Path], former: Mapping[str, FileRecord] | None) -> None:
        """Read these files, or take the facts of the earlier snapshot."""
        slots = _to_slots(list(files), {name: record.slot for name, record in (former or {}).items()})
        taken = {name: record for name, record in (former or {}).items() if slots.get(name) == record.slot}
        if former is not None:
            tables = [record.slot for name, record in taken.items() if self._reader(name) is self.tables]
            self.table.take_former([record.slot for record in taken.values()], of_tables=tables)
            # Finding a term reads the dictionary, which may be large: what each build looks for is found together.
            self.table.ids((*self.schema.properties, *self.schema.types, *NAMED_GRAPHS))
        for name, path in files.items():
            if (record := taken.get(name)) is not None:
                self._take(name, record)
            else:
                self._read(path, name, slots[name])
        self.table.add_numbered(self.written)

    def findings(self) -> Iterator[Finding]:
        """The findings of all files, in the order of the readers."""
        yield from self.others
        for reader in (self.yaml, self.tables, self.rdf):
            yield from reader.findings

    def _reader(self, name: str) -> YamlReader | TableReader | RdfReader | None:
        suffix = Path(name).suffix.lower()
        return next((reader for reader in (self.yaml, self.tables, self.rdf) if suffix in reader.SUFFIXES), None)

    def _read(self, path: Path, name: str, slot: int) -> None:
        reader = self._reader(name)
        findings = reader.findings if reader is not None else self.others
        counts = len(findings), len(self.yaml.blocks), len(self.yaml.named_values)
        before, self.citations.used = self.citations.used, {}
        if reader is None:
            remedy = "Write facts into .yaml, .csv, .tsv, .parquet or RDF files."
            findings.add("unknown-file", f"{path.suffix or 'such'} files are not read", Place(name), remedy=remedy)
        elif isinstance(reader, TableReader):
            reader.read(path, file=name, slot=slot)
        else:
            self.written.extend(zip(count(self.table.begin_file(slot)), reader.read(path, file=name)))
        self.records[name] = FileRecord(
            slot,
            tuple(findings[counts[0] :]),
            dict(islice(self.yaml.blocks.items(), counts[1], None)),
            tuple(self.yaml.named_values[counts[2] :]),
            self.citations.used,
        )
        self.citations.used = before | self.citations.used

    def _take(self, name: str, record: FileRecord) -> None:
        reader = self._reader(name)
        assert reader is not None
        reader.findings.extend(record.findings)
        self.yaml.add_blocks(record.blocks)
        self.yaml.named_values.extend(record.names)
        self.citations.used.update(record.citations)
        if reader is self.rdf and self.table.has_facts_of(name):
            self.rdf.add_source(name)
        self.records[name] = record


def _to_slots(names: list[str], former: Mapping[str, int]) -> dict[str, int]:
    """A slot for each of these files, in their order: the ones that some have, where there is room between them."""
    slots: dict[str, int] = {}
    new: list[str] = []
    last = 0
    for name in (*names, None):
        slot = former.get(name) if name is not None else last + min(1024, SLOTS // (len(names) + 1)) * (len(new) + 1)
        if slot is None:
            assert name is not None
            new.append(name)
            continue
        room = slot - last
        if room <= len(new):
            return {name: 1024 * number for number, name in enumerate(names, start=1)}
        slots |= {each: last + room * number // (len(new) + 1) for number, each in enumerate(new, start=1)}
        if name is not None:
            slots[name] = slot
        last, new = slot, []
    return slots


def _check_names(
    table: ProjectFacts, schema: Schema, sources: Mapping[str, Source], unresolved: frozenset[NamedNode]
) -> Iterator[Finding]:
    """Findings for facts about ontology terms, and for values in our namespace that no fact is about.

    There may be as many as a table has rows: after the first of each kind, they are counted.
    """
    about_terms = table.where(f"s IN ({table.ids((*schema.properties, *schema.types))})")
    listed = tuple(about_terms.first(MAX_FINDINGS))
    for fact in listed:
        name = to_short(fact.subject)
        message = f"{name} is the name of an ontology term, not of an entity"
        yield Finding("facts/name", message, places=(fact.place,))
    yield from _further_faults(about_terms, listed)
    others = {*(source.iri for source in sources.values()), *unresolved}
    ours = " OR ".join(f"starts_with(text, {quote('<' + namespace)})" for namespace in (FILM, SOURCE))
    used = f"p IN ({table.ids(_entity_properties(schema))})"
    if not table.find_undefined(used, f"({ours}) AND (id IN ({table.ids(others)})) IS NOT true"):
        return
    numbers = f"SELECT min(number) FROM fact WHERE {used} AND o IN (FROM undefined) GROUP BY o"
    first_uses = table.where(f"number IN ({numbers})")
    names: list[str] | None = None
    listed = tuple(first_uses.first(MAX_FINDINGS))
    for number, fact in enumerate(listed):
        if names is None:  # there may be millions, and most projects never need them
            known = {*table.subjects(), *others}
            names = sorted(to_curie(term.value) for term in known if isinstance(term, NamedNode))
            names += [f"film:{name}" for name in schema.known_names.members if name.isalpha() and name.islower()]
        is_compared = (number + 1) * len(names) < _MOST_COMPARISONS
        yield _undefined_entity(cast(NamedNode, fact.value), fact, names if is_compared else (), schema)
    yield from _further_faults(first_uses, listed)


def _further_faults(faulty: FactSelection, listed: Sequence[Fact]) -> Iterator[Finding]:
    """The finding for those that are not listed; they are counted only where there may be any."""
    if len(listed) == MAX_FINDINGS:
        yield from further_faults(len(faulty) - MAX_FINDINGS)


_MOST_COMPARISONS = 5_000_000
"""Of undefined names with those that there are, to suggest the closest: a second or two."""


def _entity_properties(schema: Schema) -> list[NamedNode]:
    """The properties whose values are entities of the graph."""
    properties = schema.properties.items()
    return [iri for iri, property in properties if iri != TYPE and property.value_kind is ValueKind.ENTITY]


def _undefined_entity(entity: NamedNode, use: Fact, names: Sequence[str], schema: Schema) -> Finding:
    name, property = to_curie(entity.value), schema.properties[use.property]
    message, remedy = f"{name} is not defined", "Add it to data/sources.yaml."
    if example := example_of(property):
        message, remedy = f"{name.removeprefix('film:')!r} is not {describe_value(property, schema)}", example
    elif entity.value.startswith(FILM):
        usual_type = schema.named_type(property, str(use.subject).strip("<>")) or "..."
        narrowed = schema.narrowed.get(usual_type)
        type = f"{narrowed.class_name}, kind: {narrowed.word}" if narrowed is not None else usual_type
        id = name.removeprefix("film:")
        remedy = f"Add {id}: {{type: {type}, label: ...}}"
        if is_number(id) and use.place.file.endswith(YamlReader.SUFFIXES):
            message = f"{id} is a number, and the id of no entity"
            remedy = f'If it is a name, put it in quotation marks: {property.name}: "{id}".'
    suggestions = _misspelt_key(entity, use, schema) or closest(name, names)
    return Finding(
        "facts/unknown-entity",
        message,
        places=(use.place,),
        focus=str(use.subject),
        path=str(use.property),
        value=str(entity),
        suggestions=suggestions,
        remedy=remedy,
    )


def _misspelt_key(entity: NamedNode, use: Fact, schema: Schema) -> tuple[str, ...]:
    """The key that was meant by `{dat: 2019}`, a part whose only key was read as the value of a property."""
    path = path_of(str(use.subject).strip("<>"))
    owner = schema.property_named(path[-2]) if len(path) > 1 else None
    if owner is None or all(short.entry != use.property for short in schema.short_forms if short.property == owner.iri):
        return ()
    used = (term for term in schema.properties.values() if term.usual_domain and schema.is_used_on(term, owner.range))
    return closest(to_curie(entity.value).removeprefix("film:"), (term.name for term in used))


def _name(path: Path, folder: Path) -> str:
    """The name of a file in findings: from the project's folder on, with slashes on every system."""
    return path.relative_to(folder.parent).as_posix().encode(errors="backslashreplace").decode()
