"""Links from entities to the same entities in other datasets: N-Triples, VoID linksets and SSSOM mappings.

`ontology/datasets.ttl` describes the datasets: which property has their identifiers, and the IRI of an identifier. A
page about a film is not the film, so links to pages are never `owl:sameAs`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Store, Triple

from kg.decisions.links import NO_TERM_FOUND
from kg.errors import InputError
from kg.exports.rdf import TurtleWriter
from kg.graph.provenance import Provenance
from kg.graph.store import find_quads
from kg.lookup.entity_names import EntityNames
from kg.mappings.linked_datasets import HOMEPAGE, TITLE, VOID, LinkedDataset
from kg.terms import BASE, FILM, KNOWLEDGE, OWL, PREFIXES, RDF, SKOS, SOURCE, TYPE, XSD, to_text

SAME_AS, EXACT_MATCH = NamedNode(OWL + "sameAs"), NamedNode(SKOS + "exactMatch")


@dataclass(frozen=True, slots=True)
class ExternalLink:
    """An entity, its IRI in another dataset, and the triple with its identifier."""

    entity: NamedNode
    external: NamedNode
    dataset: LinkedDataset
    triple: Triple


def find_links(store: Store, datasets: Iterable[LinkedDataset]) -> Iterator[ExternalLink]:
    """Every link of a graph, dataset by dataset, in the order of the entities."""
    for dataset in datasets:
        quads = find_quads(store, None, dataset.property, None, KNOWLEDGE)
        for quad in sorted(quads, key=lambda quad: (str(quad.subject), str(quad.object))):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                external = dataset.address(quad.object.value)
                if external is not None:
                    yield ExternalLink(quad.subject, external, dataset, quad.triple)


# --- N-Triples


def to_ntriples(links: Iterable[ExternalLink], predicate: NamedNode) -> Iterator[str]:
    """A line for each link; with `owl:sameAs`, links to pages are left out."""
    for link in links:
        if predicate != SAME_AS or not link.dataset.holds_pages:
            yield f"{to_text(link.entity)} {to_text(predicate)} {to_text(link.external)} .\n"


# --- VoID (https://www.w3.org/TR/void/)

_VOID_PREFIXES = {
    "dcterms": "http://purl.org/dc/terms/",
    "film": FILM,
    "foaf": "http://xmlns.com/foaf/0.1/",
    "linkset": BASE + "linkset/",
    "rdf": RDF,
    "skos": SKOS,
    "void": VOID,
    "xsd": XSD,
}
OUR_DATASET = NamedNode(BASE)


def to_void(links: Iterable[ExternalLink], triples: int) -> Iterator[str]:
    """Turtle: our dataset, each dataset that it is linked with, and the linkset between them with its counts."""
    turtle = TurtleWriter(_VOID_PREFIXES)
    yield turtle.header()
    yield from turtle.blocks(_our_dataset(triples))
    for dataset, run in groupby(links, key=lambda link: link.dataset):
        yield from turtle.blocks(_linkset(dataset, tuple(run)))


def _our_dataset(triples: int) -> Iterator[Triple]:
    yield Triple(OUR_DATASET, TYPE, _void("Dataset"))
    yield Triple(OUR_DATASET, TITLE, Literal("Film knowledge graph", language="en"))
    yield Triple(OUR_DATASET, _void("uriSpace"), Literal(FILM))
    yield Triple(OUR_DATASET, _void("triples"), _count(triples))


def _linkset(dataset: LinkedDataset, links: tuple[ExternalLink, ...]) -> Iterator[Triple]:
    linkset = NamedNode(f"{BASE}linkset/{dataset.iri.value.removeprefix(FILM)}")
    yield Triple(linkset, TYPE, _void("Linkset"))
    yield Triple(linkset, _void("subjectsTarget"), OUR_DATASET)
    yield Triple(linkset, _void("objectsTarget"), dataset.iri)
    yield Triple(linkset, _void("linkPredicate"), EXACT_MATCH)
    yield Triple(linkset, _void("triples"), _count(len({(link.entity, link.external) for link in links})))
    yield Triple(linkset, _void("distinctSubjects"), _count(len({link.entity for link in links})))
    yield Triple(linkset, _void("distinctObjects"), _count(len({link.external for link in links})))
    yield Triple(dataset.iri, TYPE, _void("Dataset"))
    yield Triple(dataset.iri, TITLE, Literal(dataset.title, language="en"))
    if dataset.homepage:
        yield Triple(dataset.iri, HOMEPAGE, NamedNode(dataset.homepage))
    yield Triple(dataset.iri, _void("uriSpace"), Literal(dataset.namespace))
    yield Triple(dataset.iri, _void("uriRegexPattern"), Literal(dataset.pattern.pattern))


def _void(name: str) -> NamedNode:
    return NamedNode(VOID + name)


def _count(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(XSD + "integer"))


# --- SSSOM (https://mapping-commons.github.io/sssom/spec/)

JUSTIFICATION = "semapv:BackgroundKnowledgeBasedMatching"
"""How a mapping by an identifier is justified: by what a source knows."""
_SSSOM_COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "predicate_modifier",
    "object_id",
    "mapping_justification",
    "author_id",
    "object_source",
    "mapping_date",
    "confidence",
    "comment",
)
_SSSOM_PREFIXES = {
    "film": FILM,
    "owl": "http://www.w3.org/2002/07/owl#",
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": SKOS,
    "source": SOURCE,
    "sssom": "https://w3id.org/sssom/",
}
_BATCH = 20_000
_UNSPECIFIED_LICENCE = "https://w3id.org/sssom/license/unspecified"
"""What SSSOM requires where no licence of the mappings is stated."""


@dataclass(frozen=True, slots=True)
class SssomTable:
    """The rows of a SSSOM file, such as a project's judgements, with the prefixes of its header."""

    prefixes: dict[str, str]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def to_sssom(
    links: Iterable[ExternalLink],
    datasets: Sequence[LinkedDataset],
    provenance: Provenance,
    names: EntityNames,
    judgements: SssomTable,
) -> Iterator[str]:
    """A table of mappings: the links by identifiers, dataset by dataset, then the judgements unchanged."""
    prefixes = judgements.prefixes | _SSSOM_PREFIXES | {_prefix_of(dataset): dataset.namespace for dataset in datasets}
    columns = (*_SSSOM_COLUMNS, *(name for name in judgements.columns if name not in _SSSOM_COLUMNS))
    yield from _sssom_header(prefixes)
    yield _sssom_row(columns)
    for link, sources in _with_sources(links, provenance):
        cells = {
            "subject_id": f"film:{link.entity.value.removeprefix(FILM)}"
            if link.entity.value.startswith(FILM)
            else link.entity.value,
            "subject_label": names.label(link.entity),
            "predicate_id": "skos:exactMatch",
            "object_id": f"{_prefix_of(link.dataset)}:{link.external.value.removeprefix(link.dataset.namespace)}",
            "mapping_justification": JUSTIFICATION,
            "object_source": link.dataset.homepage,
            "comment": f"the identifier is given by {', '.join(sources)}" if sources else "",
        }
        yield _sssom_row(cells.get(name, "") for name in columns)
    for row in judgements.rows:
        cells = dict(zip(judgements.columns, row, strict=True))
        yield _sssom_row(cells.get(name, "") for name in columns)


def _with_sources(
    links: Iterable[ExternalLink], provenance: Provenance
) -> Iterator[tuple[ExternalLink, Sequence[str]]]:
    """Each link with the sources that state its identifier; those of many links are read at once."""
    rest = iter(links)
    while batch := list(islice(rest, _BATCH)):
        sources = provenance.sources_of_each([link.triple for link in batch])
        yield from ((link, sorted(sources[link.triple])) for link in batch)


def read_sssom(*paths: Path) -> SssomTable:
    """The rows of SSSOM files as one table, with the columns of any; raises `InputError` when one cannot be read."""
    tables = [_read_sssom(path) for path in paths]
    columns = tuple(dict.fromkeys(name for table in tables for name in table.columns))
    rows = []
    for table in tables:
        for row in table.rows:
            cells = dict(zip(table.columns, row, strict=True))
            rows.append(tuple(cells.get(name, "") for name in columns))
    return SssomTable({key: value for table in tables for key, value in table.prefixes.items()}, columns, tuple(rows))


def _read_sssom(path: Path) -> SssomTable:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    header = [line.removeprefix("#") for line in lines if line.startswith("#")]
    table = csv.reader((line for line in lines if not line.startswith("#")), delimiter="\t")
    columns = tuple(next(table, ()))
    rows = tuple(tuple((*row, *[""] * len(columns))[: len(columns)]) for row in table if any(row))
    return SssomTable(_read_curie_map(header), columns, rows)


def exact_matches(judgements: SssomTable) -> Iterator[tuple[str, str]]:
    """Both sides of each judgement that two IRIs name one entity, as N-Triples.

    Names without an IRI are left out, and so is `sssom:NoTermFound`: nothing was found there.
    """
    prefixes = _SSSOM_PREFIXES | judgements.prefixes
    for row in judgements.rows:
        cells = dict(zip(judgements.columns, row, strict=True))
        is_exact = cells.get("predicate_id") in ("skos:exactMatch", "owl:sameAs", EXACT_MATCH.value)
        if is_exact and not cells.get("predicate_modifier"):
            try:
                left, right = (_expand(cells.get(name, ""), prefixes) for name in ("subject_id", "object_id"))
            except ValueError:
                continue
            if NO_TERM_FOUND not in (left, right):
                yield to_text(left), to_text(right)


def _sssom_header(prefixes: Mapping[str, str]) -> Iterator[str]:
    yield "#curie_map:\n"
    yield from (f"#  {prefix}: {namespace}\n" for prefix, namespace in sorted(prefixes.items()))
    yield f"#license: {_UNSPECIFIED_LICENCE}\n"
    yield f"#mapping_set_id: {BASE}mappings\n"
    yield "#mapping_set_title: Entities of the film graph in other datasets\n"


def _read_curie_map(header: Iterable[str]) -> dict[str, str]:
    prefixes: dict[str, str] = {}
    is_inside = False
    for line in header:
        prefix, colon, namespace = line.strip().partition(": ")
        if line[:1].strip():
            is_inside = line.strip() == "curie_map:"
        elif is_inside and colon:
            prefixes[prefix.strip("'\"")] = namespace.strip().strip("'\"")
    return prefixes


def _prefix_of(dataset: LinkedDataset) -> str:
    """The common prefix of a namespace, or else our name of the dataset."""
    common = next((prefix for prefix, namespace in PREFIXES.items() if namespace == dataset.namespace), "")
    return common or dataset.iri.value.removeprefix(FILM)


def _expand(name: str, prefixes: Mapping[str, str]) -> NamedNode:
    """The IRI of a CURIE or IRI; raises `ValueError` for a name that is not an IRI."""
    prefix, colon, local = name.partition(":")
    return NamedNode(prefixes[prefix] + local if colon and prefix in prefixes else name)


def _sssom_row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerow([" ".join(cell.split()) for cell in cells])
    return out.getvalue()
