"""Links walk in; what they link, and how many there are, walks out as VoID (https://www.w3.org/TR/void/#linkset)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from pyoxigraph import Literal, NamedNode, Triple

from kg.exports.links import EXACT, HOMEPAGE, TITLE, VOID, Dataset, Link
from kg.exports.turtle import Turtle
from kg.terms import BASE, FILM, RDF, SKOS, TYPE, XSD

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
OURS = NamedNode(BASE)


def to_void(links: Iterable[Link], triples: int) -> Iterator[str]:
    """Turtle: our dataset, each dataset that it is linked with, and the linkset between them with its counts."""
    turtle = Turtle(_PREFIXES)
    yield turtle.header()
    yield from turtle.blocks(_ours(triples))
    for dataset, run in groupby(links, key=lambda link: link.dataset):
        yield from turtle.blocks(_linkset(dataset, tuple(run)))


def _ours(triples: int) -> Iterator[Triple]:
    yield Triple(OURS, TYPE, _void("Dataset"))
    yield Triple(OURS, TITLE, Literal("Film knowledge graph", language="en"))
    yield Triple(OURS, _void("uriSpace"), Literal(FILM))
    yield Triple(OURS, _void("triples"), _count(triples))


def _linkset(dataset: Dataset, links: tuple[Link, ...]) -> Iterator[Triple]:
    linkset = NamedNode(f"{BASE}linkset/{dataset.iri.value.removeprefix(FILM)}")
    yield Triple(linkset, TYPE, _void("Linkset"))
    yield Triple(linkset, _void("subjectsTarget"), OURS)
    yield Triple(linkset, _void("objectsTarget"), dataset.iri)
    yield Triple(linkset, _void("linkPredicate"), EXACT)
    yield Triple(linkset, _void("triples"), _count(len({(link.thing, link.other) for link in links})))
    yield Triple(linkset, _void("distinctSubjects"), _count(len({link.thing for link in links})))
    yield Triple(linkset, _void("distinctObjects"), _count(len({link.other for link in links})))
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
