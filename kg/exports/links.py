"""A published graph and the ontology's table of datasets walk in; links to other people's names walk out.

What an identifier leads to stands in `ontology/datasets.ttl`. As `owl:sameAs` only names of things go out: a page about
a film is not the film.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Store, Triple

from kg import vocabulary as vocab
from kg.exports.rdf import TurtleWriter
from kg.graph.store import find_quads
from kg.terms import BASE, FILM, KNOWLEDGE, OWL, RDF, SKOS, TYPE, XSD, to_text

VOID = "http://rdfs.org/ns/void#"
TITLE, HOMEPAGE = NamedNode("http://purl.org/dc/terms/title"), NamedNode("http://xmlns.com/foaf/0.1/homepage")
SAME, EXACT = NamedNode(OWL + "sameAs"), NamedNode(SKOS + "exactMatch")
_SPACE, _PATTERN = NamedNode(VOID + "uriSpace"), NamedNode(VOID + "uriRegexPattern")
_BY, _PAGES = vocab.identifiedBy, vocab.holdsPages


@dataclass(frozen=True, slots=True)
class LinkedDataset:
    """A catalogue of things; an identifier's address is the space with the identifier behind it."""

    iri: NamedNode
    title: str
    homepage: str
    property: NamedNode
    space: str
    pattern: re.Pattern[str]
    holds_pages: bool

    def address(self, identifier: str) -> NamedNode | None:
        """Where an identifier leads; None for one that is not of this dataset."""
        address = self.space + quote(identifier, safe="/:!$&'()*+,;=@~")
        return NamedNode(address) if self.pattern.fullmatch(address) else None


@dataclass(frozen=True, slots=True)
class ExternalLink:
    """A thing of ours, what somebody else calls it, and the triple that says so."""

    entity: NamedNode
    external: NamedNode
    dataset: LinkedDataset
    triple: Triple


def read_datasets(ontology: Iterable[Triple]) -> tuple[LinkedDataset, ...]:
    """The datasets that an ontology describes, by name; those that lack a space or a pattern are none."""
    said: dict[NamedNode, dict[NamedNode, object]] = defaultdict(dict)
    for triple in ontology:
        if isinstance(triple.subject, NamedNode):
            said[triple.subject][triple.predicate] = triple.object
    found = (_dataset(iri, one) for iri, one in sorted(said.items(), key=lambda one: one[0].value) if _BY in one)
    return tuple(one for one in found if one is not None)


def find_links(store: Store, datasets: Iterable[LinkedDataset]) -> Iterator[ExternalLink]:
    """Every link of a graph, dataset by dataset, in the order of our names."""
    for dataset in datasets:
        found = find_quads(store, None, dataset.property, None, KNOWLEDGE)
        for quad in sorted(found, key=lambda one: (str(one.subject), str(one.object))):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                other = dataset.address(quad.object.value)
                if other is not None:
                    yield ExternalLink(quad.subject, other, dataset, quad.triple)


def to_ntriples(links: Iterable[ExternalLink], predicate: NamedNode) -> Iterator[str]:
    """N-Triples, a line for each link; `owl:sameAs` goes to names of things alone."""
    for link in links:
        if predicate != SAME or not link.dataset.holds_pages:
            yield f"{to_text(link.entity)} {to_text(predicate)} {to_text(link.external)} .\n"


def _dataset(iri: NamedNode, said: Mapping[NamedNode, object]) -> LinkedDataset | None:
    property, pages = said.get(_BY), said.get(_PAGES)
    space, pattern = _text(said, _SPACE), _text(said, _PATTERN)
    try:
        fits = re.compile(pattern)
    except re.error:
        return None
    if not isinstance(property, NamedNode) or not space or not pattern:
        return None
    home = said.get(HOMEPAGE)
    are_pages = isinstance(pages, Literal) and pages.value == "true"
    where = home.value if isinstance(home, NamedNode) else ""
    return LinkedDataset(iri, _text(said, TITLE), where, property, space, fits, are_pages)


def _text(said: Mapping[NamedNode, object], property: NamedNode) -> str:
    value = said.get(property)
    return value.value if isinstance(value, Literal) else ""


_PREFIXES = {
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
    turtle = TurtleWriter(_PREFIXES)
    yield turtle.header()
    yield from turtle.blocks(_ours(triples))
    for dataset, run in groupby(links, key=lambda link: link.dataset):
        yield from turtle.blocks(_linkset(dataset, tuple(run)))


def _ours(triples: int) -> Iterator[Triple]:
    yield Triple(OUR_DATASET, TYPE, _void("Dataset"))
    yield Triple(OUR_DATASET, TITLE, Literal("Film knowledge graph", language="en"))
    yield Triple(OUR_DATASET, _void("uriSpace"), Literal(FILM))
    yield Triple(OUR_DATASET, _void("triples"), _count(triples))


def _linkset(dataset: LinkedDataset, links: tuple[ExternalLink, ...]) -> Iterator[Triple]:
    linkset = NamedNode(f"{BASE}linkset/{dataset.iri.value.removeprefix(FILM)}")
    yield Triple(linkset, TYPE, _void("Linkset"))
    yield Triple(linkset, _void("subjectsTarget"), OUR_DATASET)
    yield Triple(linkset, _void("objectsTarget"), dataset.iri)
    yield Triple(linkset, _void("linkPredicate"), EXACT)
    yield Triple(linkset, _void("triples"), _count(len({(link.entity, link.external) for link in links})))
    yield Triple(linkset, _void("distinctSubjects"), _count(len({link.entity for link in links})))
    yield Triple(linkset, _void("distinctObjects"), _count(len({link.external for link in links})))
    yield Triple(dataset.iri, TYPE, _void("Dataset"))
    yield Triple(dataset.iri, TITLE, Literal(dataset.title, language="en"))
    if dataset.homepage:
        yield Triple(dataset.iri, HOMEPAGE, NamedNode(dataset.homepage))
    yield Triple(dataset.iri, _void("uriSpace"), Literal(dataset.space))
    yield Triple(dataset.iri, _void("uriRegexPattern"), Literal(dataset.pattern.pattern))


def _void(name: str) -> NamedNode:
    return NamedNode(VOID + name)


def _count(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(XSD + "integer"))
