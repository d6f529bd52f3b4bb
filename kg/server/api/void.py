"""The open graph walks in; what it holds and how it can be asked walks out, in the vocabularies made for that.

SPARQL 1.1 Service Description (https://www.w3.org/TR/sparql11-service-description/), VoID
(https://www.w3.org/TR/void/) and DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/). All numbers are counted in the graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kg.filmgraph import FilmGraph
from kg.graph.store import GRAPHS
from kg.queries.result_writers import TRIPLE_MEDIA_TYPES, AnswerBody, write_triples
from kg.server.request_params import base_url, negotiate, snapshot_of, to_response
from kg.terms import FILM, RDF, TYPE, XSD

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
DCAT = "http://www.w3.org/ns/dcat#"
DCTERMS = "http://purl.org/dc/terms/"
FORMATS = "http://www.w3.org/ns/formats/"
_PREFIXES = {"sd": SD, "void": VOID, "dcat": DCAT, "dcterms": DCTERMS}
_TITLE = "Film knowledge graph"
_NAMES = ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV")
_RDF_NAMES = ("Turtle", "N-Triples", "JSON-LD", "RDF_XML", "TriG", "N-Quads")
_CC0 = NamedNode("https://creativecommons.org/publicdomain/zero/1.0/")
_PLENTY = 10**9
"""A description is as long as it is."""


def routes() -> list[BaseRoute]:
    """/.well-known/void, /void and /dcat."""
    return [
        Route("/.well-known/void", void, methods=["GET", "HEAD"]),
        Route("/void", void, methods=["GET", "HEAD"]),
        Route("/dcat", dcat, methods=["GET", "HEAD"]),
    ]


async def void(request: Request) -> Response:
    """What the graph holds, in VoID."""
    media = negotiate(request, TRIPLE_MEDIA_TYPES)
    return to_response(await snapshot_of(request).run(describe_dataset, base_url(request), media))


async def dcat(request: Request) -> Response:
    """The graph as a dataset with its distributions, in DCAT."""
    media = negotiate(request, TRIPLE_MEDIA_TYPES)
    return to_response(await snapshot_of(request).run(describe_catalogue, base_url(request), media))


def describe_service(graph: FilmGraph, address: str, media: str) -> AnswerBody:
    """How the graph can be asked, and which graphs it has."""
    return _write([*_service(graph, address), *_dataset(graph, address)], media)


def describe_dataset(graph: FilmGraph, address: str, media: str) -> AnswerBody:
    """How many triples, classes and properties the graph has, and where they are."""
    return _write(list(_dataset(graph, address)), media)


def describe_catalogue(graph: FilmGraph, address: str, media: str) -> AnswerBody:
    """The graph as a dataset, its distributions, and the service that answers from it."""
    return _write(list(_catalogue(graph, address)), media)


def _write(triples: list[Triple], media: str) -> AnswerBody:
    return write_triples(triples, media, max_bytes=_PLENTY, prefixes=_PREFIXES)


def _service(graph: FilmGraph, address: str) -> Iterator[Triple]:
    service, endpoint = BlankNode("service"), NamedNode(f"{address}/sparql")
    dataset, default = BlankNode("dataset"), BlankNode("default")
    yield _is(service, SD, "Service")
    yield Triple(service, NamedNode(SD + "endpoint"), endpoint)
    yield Triple(service, NamedNode(SD + "supportedLanguage"), NamedNode(SD + "SPARQL11Query"))
    for name in (*_NAMES, *_RDF_NAMES):
        yield Triple(service, NamedNode(SD + "resultFormat"), NamedNode(FORMATS + name))
    regime = NamedNode("http://www.w3.org/ns/entailment/OWL-RDF-Based")
    yield Triple(service, NamedNode(SD + "defaultEntailmentRegime"), regime)
    profile = NamedNode("http://www.w3.org/ns/owl-profile/RL")
    yield Triple(service, NamedNode(SD + "defaultSupportedEntailmentProfile"), profile)
    yield Triple(service, NamedNode(SD + "defaultDataset"), dataset)
    yield _is(dataset, SD, "Dataset")
    yield Triple(dataset, NamedNode(SD + "defaultGraph"), default)
    yield _is(default, SD, "Graph")
    yield Triple(default, NamedNode(VOID + "triples"), _number(_counts(graph)[""]))
    for iri in (one for one in GRAPHS.values() if one is not None):
        named, inside = BlankNode(), BlankNode()
        yield Triple(dataset, NamedNode(SD + "namedGraph"), named)
        yield _is(named, SD, "NamedGraph")
        yield Triple(named, NamedNode(SD + "name"), iri)
        yield Triple(named, NamedNode(SD + "graph"), inside)
        yield _is(inside, SD, "Graph")
        yield Triple(inside, NamedNode(VOID + "triples"), _number(_counts(graph)[iri.value]))


def _dataset(graph: FilmGraph, address: str) -> Iterator[Triple]:
    dataset = NamedNode(f"{address}/void#dataset")
    kinds, properties, entities = _uses(graph)
    yield _is(dataset, VOID, "Dataset")
    yield Triple(dataset, NamedNode(DCTERMS + "title"), Literal(_TITLE, language="en"))
    yield Triple(dataset, NamedNode(DCTERMS + "license"), _CC0)
    yield Triple(dataset, NamedNode(VOID + "sparqlEndpoint"), NamedNode(f"{address}/sparql"))
    yield Triple(dataset, NamedNode(VOID + "dataDump"), NamedNode(f"{address}/dump.nt"))
    yield Triple(dataset, NamedNode(VOID + "uriSpace"), Literal(FILM))
    yield Triple(dataset, NamedNode(VOID + "vocabulary"), NamedNode(FILM))
    numbers = {
        "triples": _counts(graph)[""],
        "entities": entities,
        "classes": len(kinds),
        "properties": len(properties),
    }
    for name, number in numbers.items():
        yield Triple(dataset, NamedNode(VOID + name), _number(number))
    yield from _partition(dataset, "class", "entities", kinds)
    yield from _partition(dataset, "property", "triples", properties)


def _partition(dataset: NamedNode, name: str, counted: str, uses: Counter[NamedNode]) -> Iterator[Triple]:
    for term, number in sorted(uses.items(), key=lambda one: one[0].value):
        part = BlankNode()
        yield Triple(dataset, NamedNode(f"{VOID}{name}Partition"), part)
        yield Triple(part, NamedNode(VOID + name), term)
        yield Triple(part, NamedNode(VOID + counted), _number(number))


def _catalogue(graph: FilmGraph, address: str) -> Iterator[Triple]:
    catalogue, dataset = NamedNode(f"{address}/dcat#catalogue"), NamedNode(f"{address}/void#dataset")
    service, dump = NamedNode(f"{address}/dcat#service"), NamedNode(f"{address}/dcat#dump")
    yield _is(catalogue, DCAT, "Catalog")
    yield Triple(catalogue, NamedNode(DCTERMS + "title"), Literal(_TITLE, language="en"))
    yield Triple(catalogue, NamedNode(DCAT + "dataset"), dataset)
    yield Triple(catalogue, NamedNode(DCAT + "service"), service)
    yield _is(dataset, DCAT, "Dataset")
    yield Triple(dataset, NamedNode(DCTERMS + "title"), Literal(_TITLE, language="en"))
    yield Triple(dataset, NamedNode(DCTERMS + "license"), _CC0)
    yield Triple(dataset, NamedNode(DCAT + "version"), Literal(graph.build.name))
    yield Triple(dataset, NamedNode(DCAT + "distribution"), dump)
    yield _is(dump, DCAT, "Distribution")
    yield Triple(dump, NamedNode(DCAT + "downloadURL"), NamedNode(f"{address}/dump.nt"))
    media = "https://www.iana.org/assignments/media-types/application/n-triples"
    yield Triple(dump, NamedNode(DCAT + "mediaType"), NamedNode(media))
    yield _is(service, DCAT, "DataService")
    yield Triple(service, NamedNode(DCAT + "servesDataset"), dataset)
    yield Triple(service, NamedNode(DCAT + "endpointURL"), NamedNode(f"{address}/sparql"))
    yield Triple(service, NamedNode(DCAT + "endpointDescription"), NamedNode(f"{address}/openapi.json"))


def _is(thing: NamedNode | BlankNode, vocabulary: str, name: str) -> Triple:
    return Triple(thing, TYPE, NamedNode(vocabulary + name))


def _number(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(XSD + "integer"))


@lru_cache(maxsize=2)
def _counts(graph: FilmGraph) -> Counter[str]:
    """Graph -> how many triples it has."""
    found: Counter[str] = Counter()
    for file, iri in GRAPHS.items():
        with (graph.build / file).open("rb") as lines:
            found[iri.value if iri is not None else ""] += sum(piece.count(b"\n") for piece in _pieces(lines))
    return found


def _pieces(file: object) -> Iterator[bytes]:
    return iter(lambda: file.read(1 << 20), b"")  # type: ignore[attr-defined]


@lru_cache(maxsize=2)
def _uses(graph: FilmGraph) -> tuple[Counter[NamedNode], Counter[NamedNode], int]:
    """Class -> members, property -> triples, and how many things have a class."""
    kinds, properties = Counter[NamedNode](), Counter[NamedNode]()
    for query, into in ((_MEMBERS, kinds), (_TRIPLES, properties)):
        for term, number in _rows(graph, query):
            if isinstance(term, NamedNode):
                into[term] = int(number.value)
    entities = next(_rows(graph, _ENTITIES))[0]
    return kinds, properties, int(entities.value)


def _rows(graph: FilmGraph, query: str) -> Iterator[Any]:
    found: Any = graph.store.query(query)  # solutions of pyoxigraph, whose cells are terms
    return iter(found)


_MEMBERS = f"SELECT ?kind (COUNT(*) AS ?n) {{ ?thing <{RDF}type> ?kind }} GROUP BY ?kind"
_TRIPLES = "SELECT ?property (COUNT(*) AS ?n) { ?thing ?property ?value } GROUP BY ?property"
_ENTITIES = f"SELECT (COUNT(DISTINCT ?thing) AS ?n) {{ ?thing <{RDF}type> ?kind }}"
