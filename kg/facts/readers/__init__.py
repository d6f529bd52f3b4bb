"""Reads all facts of a project, each file by the reader for its suffix.

yaml_reader   blocks that people write, with line and column of every value
table_reader  CSV, TSV and Parquet, by SQL: one fact a row
table_cells   the cells of such a table, in DuckDB
row_reader    a row by itself, and what is wrong with it
rdf_reader    RDF files: one fact a triple, without spans
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode

from kg.facts.fact_table import ProjectFacts
from kg.facts.files import FileFindings, fact_files
from kg.facts.literals import describe_value, example_of
from kg.facts.model import Fact, Source
from kg.facts.named_values import resolve_names
from kg.facts.passage_lock import LOCK_FILE, CitationFinder, read_lock
from kg.facts.readers.rdf_reader import RdfReader
from kg.facts.readers.table_reader import TableReader
from kg.facts.readers.yaml_reader import YamlReader
from kg.facts.sources import SourcesRead, read_sources
from kg.facts.texts import open_texts
from kg.reports import Finding, Place
from kg.schema import Schema, ValueKind
from kg.terms import FILM, SOURCE, TYPE, to_curie, to_short
from kg.text.folding import closest

_OTHER_FILES = ("sources.yaml", "policy.yaml", LOCK_FILE)
_OTHER_SUFFIXES = (".sssom.tsv", ".md", ".txt", ".LICENSE")
"""Files of `data/` that hold no facts: their names, and how their names end."""


@dataclass(frozen=True)
class FactsRead:
    """The content of `data/`: the facts, the sources that state them, and what is wrong with the files."""

    facts: ProjectFacts
    sources: Mapping[str, Source]
    findings: tuple[Finding, ...] = ()
    lock: str = ""
    """The content that `data/passages.lock` should have."""


def read_facts(folder: Path, schema: Schema, table: ProjectFacts, *, texts: Path | str | None = None) -> FactsRead:
    """Read all facts under a project's `data/`, in the order of files and lines, into an empty table.

    A fault hides no other. Cited words are found in the texts of the folder `texts`, as `open_texts` says.
    """
    path = folder / "sources.yaml"
    listed = read_sources(path, file=_name(path, folder)) if path.exists() else SourcesRead()
    available = open_texts(texts, folder.parent / "texts", listed.sources)
    citations = CitationFinder(available, listed.sources, read_lock(folder / LOCK_FILE))
    yaml_reader, rdf_reader = YamlReader(schema, listed.sources, citations), RdfReader(schema, listed.sources)
    table_reader = TableReader(schema, listed.sources, table)
    by_suffix = {suffix: reader for reader in (yaml_reader, rdf_reader) for suffix in reader.SUFFIXES}
    findings = FileFindings(listed.findings)
    for path in fact_files(folder):
        if path.name in _OTHER_FILES or path.name.endswith(_OTHER_SUFFIXES):
            continue
        file = _name(path, folder)
        if path.suffix.lower() in table_reader.SUFFIXES:
            table_reader.read(path, file=file)
        elif (reader := by_suffix.get(path.suffix.lower())) is not None:
            table.add(reader.read(path, file=file))
        else:
            remedy = "Write facts into .yaml, .csv, .tsv, .parquet or RDF files."
            findings.add("unknown-file", f"{path.suffix or 'such'} files are not read", Place(file), remedy=remedy)
    sources = {**listed.sources, **rdf_reader.file_sources}
    for each in (yaml_reader, table_reader, rdf_reader):
        findings.extend(each.findings)
    resolved = resolve_names(table, yaml_reader.named_values, schema)
    findings.extend(resolved.findings)
    findings.extend(_check_names(table, schema, sources, resolved.unresolved))
    return FactsRead(table, sources, tuple(findings), citations.to_lock())


def _check_names(
    table: ProjectFacts, schema: Schema, sources: Mapping[str, Source], unresolved: frozenset[NamedNode]
) -> Iterator[Finding]:
    """Findings for facts about ontology terms, and for values in our namespace that no fact is about."""
    for fact in table.where(f"s IN ({table.ids((*schema.properties, *schema.types))})"):
        name = to_short(fact.subject)
        message = f"{name} is the name of an ontology term, not of an entity"
        yield Finding("facts/name", message, places=(fact.place,))
    first_uses = (
        "SELECT min(number) FROM fact JOIN term ON term.id = o WHERE starts_with(text, '<')"
        f" AND p IN ({table.ids(_entity_properties(schema))}) AND o NOT IN (SELECT s FROM fact) GROUP BY o"
    )
    others = {*(source.iri for source in sources.values()), *unresolved}
    names: list[str] | None = None
    for fact in table.where(f"number IN ({first_uses})"):
        entity = fact.value
        if isinstance(entity, NamedNode) and entity not in others and entity.value.startswith((FILM, SOURCE)):
            if names is None:  # there may be millions, and most projects never need them
                known = {*table.subjects(), *others}
                names = sorted(to_curie(term.value) for term in known if isinstance(term, NamedNode))
            yield _undefined_entity(entity, fact, names, schema)


def _entity_properties(schema: Schema) -> list[NamedNode]:
    """The properties whose values are entities of the graph."""
    properties = schema.properties.items()
    return [iri for iri, property in properties if iri != TYPE and property.value_kind is ValueKind.ENTITY]


def _undefined_entity(entity: NamedNode, use: Fact, names: list[str], schema: Schema) -> Finding:
    name, property = to_curie(entity.value), schema.properties[use.property]
    message, remedy = f"{name} is not defined", "Add it to data/sources.yaml."
    if example := example_of(property):
        message, remedy = f"{name.removeprefix('film:')!r} is not {describe_value(property, schema)}", example
    elif entity.value.startswith(FILM):
        usual_type = schema.named_type(property) or "..."
        narrowed = schema.narrowed.get(usual_type)
        type = f"{narrowed.class_name}, kind: {narrowed.word}" if narrowed is not None else usual_type
        remedy = f"Add {name.removeprefix('film:')}: {{type: {type}, label: ...}}"
    return Finding(
        "facts/unknown-entity",
        message,
        places=(use.place,),
        focus=str(use.subject),
        path=str(use.property),
        value=str(entity),
        suggestions=closest(name, names),
        remedy=remedy,
    )


def _name(path: Path, folder: Path) -> str:
    """The name of a file in findings: from the project's folder on, with slashes on every system."""
    return path.relative_to(folder.parent).as_posix()
