"""The folder `data/` walks in; its facts and sources walk out, and every fault of every file at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import NamedNode

from kg.facts.files import fact_files, fault
from kg.facts.model import Fact, Source
from kg.facts.readers.rdf_reader import SUFFIXES, RdfReader
from kg.facts.readers.table_reader import TableReader
from kg.facts.readers.yaml_reader import YamlReader
from kg.facts.sources import read_sources
from kg.reports import Finding, Place
from kg.schema import Schema, ValueKind
from kg.terms import FILM, SOURCE, TYPE, Term, to_curie
from kg.text import closest

NOT_FACTS = ("sources.yaml", "policy.yaml")
"""Files of `data/` that say something about facts."""


@dataclass(frozen=True)
class FactsRead:
    """What stands under `data/`: the facts, who says them, and what is wrong with the files."""

    facts: tuple[Fact, ...]
    sources: Mapping[str, Source]
    findings: tuple[Finding, ...] = ()
    files: tuple[Path, ...] = field(default=())


def read_facts(folder: Path, schema: Schema) -> FactsRead:
    """All facts under a project's `data/`, in the order of files and lines; a fault hides no other."""
    faults: list[Finding] = []
    sources: Mapping[str, Source] = {}
    if (path := folder / "sources.yaml").exists():
        sources = read_sources(path, file=_name(path, folder), faults=faults)
    files = fact_files(folder)
    rdf = RdfReader(schema, sources, faults)
    readers = YamlReader(schema, sources, faults), TableReader(schema, sources, faults), rdf
    facts = tuple(fact for path in files for fact in _read(path, _name(path, folder), readers, faults))
    spoken = {fact.evidence.source for fact in facts} - set(sources)
    sources = {**sources, **{one.id: one for one in map(rdf.source_of, _names(files, folder)) if one.id in spoken}}
    faults.extend(_unknown_things(facts, schema, sources))
    return FactsRead(facts, sources, tuple(faults), files)


def _read(
    path: Path, file: str, readers: tuple[YamlReader, TableReader, RdfReader], faults: list[Finding]
) -> Iterator[Fact]:
    blocks, tables, rdf = readers
    suffix = path.suffix.lower()
    if path.name in NOT_FACTS or path.name.endswith((".sssom.tsv", ".md", ".txt", ".LICENSE")):
        return
    if suffix in (".yaml", ".yml"):
        yield from blocks.read(path, file=file)
    elif suffix in (".csv", ".tsv"):
        yield from tables.read_csv(path, file=file)
    elif suffix == ".parquet":
        yield from tables.read_parquet(path, file=file)
    elif suffix in SUFFIXES:
        yield from rdf.read(path, file=file)
    else:
        faults.append(
            fault(
                "unknown-file",
                f"{path.suffix or 'such'} files are not read",
                Place(file),
                remedy="Facts stand in .yaml, .csv, .tsv, .parquet or RDF files.",
            )
        )


def _unknown_things(facts: tuple[Fact, ...], schema: Schema, sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Faults for names of ours that no fact is about: most are misspelled."""
    known: set[Term] = {fact.subject for fact in facts}
    known.update(source.iri for source in sources.values())
    names: list[str] | None = None
    places: dict[NamedNode, Place] = {}
    for fact in facts:
        word = schema.properties.get(fact.property)
        if (
            fact.property != TYPE
            and word is not None
            and word.value_kind is ValueKind.ENTITY
            and isinstance(fact.value, NamedNode)
        ):
            places.setdefault(fact.value, fact.place)
        if isinstance(fact.subject, NamedNode) and (
            fact.subject in schema.properties or fact.subject in schema.classes
        ):
            yield fault(
                "name", f"{to_curie(fact.subject.value)} is the name of an ontology term, not of a thing", fact.place
            )
    for thing, place in places.items():
        if thing not in known and thing.value.startswith((FILM, SOURCE)):
            if names is None:
                names = sorted(to_curie(term.value) for term in known if isinstance(term, NamedNode))
            near = closest(to_curie(thing.value), names)
            yield fault(
                "unknown-thing",
                f"nothing is said about {to_curie(thing.value)}",
                place,
                remedy=f"Did you mean {' or '.join(near)}?" if near else "Write a block for it.",
            )


def _name(path: Path, folder: Path) -> str:
    """How findings name a file: from the project's folder on, with slashes on every system."""
    return path.relative_to(folder.parent).as_posix()


def _names(files: tuple[Path, ...], folder: Path) -> Iterator[str]:
    return (_name(path, folder) for path in files if path.suffix.lower() in SUFFIXES)
