"""Descriptions of the graph and of the service, in the vocabularies made for that.

SPARQL 1.1 Service Description (https://www.w3.org/TR/sparql11-service-description/), VoID
(https://www.w3.org/TR/void/) and DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/). All numbers are counted in the graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kg.endpoints.endpoint_graph import EndpointGraph
from kg.filmgraph import FilmGraph
from kg.graph.snapshot_file import GRAPHS
from kg.queries.result_writers import TRIPLE_MEDIA_TYPES, AnswerBody, write_triples
from kg.server.request_params import base_url, negotiate, snapshot_of, to_response
from kg.terms import FILM, RDF, TYPE, XSD

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
DCAT = "http://www.w3.org/ns/dcat#"
DCTERMS = "http://purl.org/dc/terms/"
FORMATS = "http://www.w3.org/ns/formats/"
_PREFIXES = {"sd": SD, "void": VOID, "dcat": DCAT, "dcterms": DCTERMS}
_TITLE = Literal("Film knowledge graph", language="en")
_RESULT_FORMATS = (
    *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
    *("Turtle", "N-Triples", "JSON-LD", "RDF_XML", "TriG", "N-Quads"),
)
_CC0 = NamedNode("https://creativecommons.org/publicdomain/zero/1.0/")
_ENTAILMENT = NamedNode("http://www.w3.org/ns/entailment/OWL-RDF-Based")
_OWL_RL = NamedNode("http://www.w3.org/ns/owl-profile/RL")
_N_TRIPLES = NamedNode("https://www.iana.org/assignments/media-types/application/n-triples")
_UNLIMITED = 10**9
"""A description is never cut."""


# --- requests
def routes() -> list[BaseRoute]:
    """/.well-known/void, /void and /dcat."""
    return [
        Route("/.well-known/void", show_dataset, methods=["GET", "HEAD"]),
        Route("/void", show_dataset, methods=["GET", "HEAD"]),
        Route("/dcat", show_catalogue, methods=["GET", "HEAD"]),
    ]


async def show_dataset(request: Request) -> Response:
    """What the graph has, in VoID."""
    media_type = negotiate(request, TRIPLE_MEDIA_TYPES)
    return to_response(await snapshot_of(request).run(describe_dataset, base_url(request), media_type))


async def show_catalogue(request: Request) -> Response:
    """The graph as a dataset with its distributions, in DCAT."""
    media_type = negotiate(request, TRIPLE_MEDIA_TYPES)
    return to_response(await snapshot_of(request).run(describe_catalogue, base_url(request), media_type))


# --- in a worker
def describe_service(graph: FilmGraph, url: str, media_type: str) -> AnswerBody:
    """How the graph can be queried, and which graphs it has; `url` is the application's."""
    return _write([*_service(graph, url), *_dataset(graph, url)], media_type)


def describe_dataset(graph: FilmGraph, url: str, media_type: str) -> AnswerBody:
    """How many triples, classes and properties the graph has, and where they are."""
    return _write(list(_dataset(graph, url)), media_type)


def describe_catalogue(graph: FilmGraph, url: str, media_type: str) -> AnswerBody:
    """The graph as a dataset, its distributions, and the service that answers from it."""
    return _write(list(_catalogue(graph, url)), media_type)


def _write(triples: list[Triple], media_type: str) -> AnswerBody:
    return write_triples(triples, media_type, max_bytes=_UNLIMITED, prefixes=_PREFIXES)


def _service(graph: FilmGraph, url: str) -> Iterator[Triple]:
    service, dataset, default = BlankNode("service"), BlankNode("dataset"), BlankNode("default")
    yield _is(service, SD, "Service")
    yield Triple(service, NamedNode(SD + "endpoint"), NamedNode(f"{url}/sparql"))
    yield Triple(service, NamedNode(SD + "supportedLanguage"), NamedNode(SD + "SPARQL11Query"))
    for name in _RESULT_FORMATS:
        yield Triple(service, NamedNode(SD + "resultFormat"), NamedNode(FORMATS + name))
    yield Triple(service, NamedNode(SD + "defaultEntailmentRegime"), _ENTAILMENT)
    yield Triple(service, NamedNode(SD + "defaultSupportedEntailmentProfile"), _OWL_RL)
    yield Triple(service, NamedNode(SD + "defaultDataset"), dataset)
    yield _is(dataset, SD, "Dataset")
    yield Triple(dataset, NamedNode(SD + "defaultGraph"), default)
    yield _is(default, SD, "Graph")
    counts = _triple_counts(graph)
    yield Triple(default, NamedNode(VOID + "triples"), _integer(counts[""]))
    for iri in GRAPHS:
        named, content = BlankNode(), BlankNode()
        yield Triple(dataset, NamedNode(SD + "namedGraph"), named)
        yield _is(named, SD, "NamedGraph")
        yield Triple(named, NamedNode(SD + "name"), iri)
        yield Triple(named, NamedNode(SD + "graph"), content)
        yield _is(content, SD, "Graph")
        yield Triple(content, NamedNode(VOID + "triples"), _integer(counts[iri.value]))


def _dataset(graph: FilmGraph, url: str) -> Iterator[Triple]:
    dataset = NamedNode(f"{url}/void#dataset")
    classes, properties = _uses(graph, _MEMBERS), _uses(graph, _STATEMENTS)
    yield _is(dataset, VOID, "Dataset")
    yield Triple(dataset, NamedNode(DCTERMS + "title"), _TITLE)
    yield Triple(dataset, NamedNode(DCTERMS + "license"), _CC0)
    yield Triple(dataset, NamedNode(VOID + "sparqlEndpoint"), NamedNode(f"{url}/sparql"))
    yield Triple(dataset, NamedNode(VOID + "dataDump"), NamedNode(f"{url}/dump.nt"))
    yield Triple(dataset, NamedNode(VOID + "uriSpace"), Literal(FILM))
    yield Triple(dataset, NamedNode(VOID + "vocabulary"), NamedNode(FILM))
    yield Triple(dataset, NamedNode(DCAT + "version"), Literal(_version(graph)))
    numbers = {
        "triples": _triple_counts(graph)[""],
        "entities": _entity_count(graph),
        "classes": len(classes),
        "properties": len(properties),
    }
    for name, number in numbers.items():
        yield Triple(dataset, NamedNode(VOID + name), _integer(number))
    yield from _partitions(dataset, "class", "entities", classes)
    yield from _partitions(dataset, "property", "triples", properties)


def _version(graph: FilmGraph) -> str:
    return graph.layout.version if isinstance(graph, EndpointGraph) else graph.build.name


def _partitions(dataset: NamedNode, kind: str, counted: str, uses: Counter[NamedNode]) -> Iterator[Triple]:
    for term in sorted(uses, key=lambda term: term.value):
        partition = BlankNode()
        yield Triple(dataset, NamedNode(f"{VOID}{kind}Partition"), partition)
        yield Triple(partition, NamedNode(VOID + kind), term)
        yield Triple(partition, NamedNode(VOID + counted), _integer(uses[term]))


def _catalogue(graph: FilmGraph, url: str) -> Iterator[Triple]:
    catalogue, dataset = NamedNode(f"{url}/dcat#catalogue"), NamedNode(f"{url}/void#dataset")
    service, dump = NamedNode(f"{url}/dcat#service"), NamedNode(f"{url}/dcat#dump")
    yield _is(catalogue, DCAT, "Catalog")
    yield Triple(catalogue, NamedNode(DCTERMS + "title"), _TITLE)
    yield Triple(catalogue, NamedNode(DCAT + "dataset"), dataset)
    yield Triple(catalogue, NamedNode(DCAT + "service"), service)
    yield _is(dataset, DCAT, "Dataset")
    yield Triple(dataset, NamedNode(DCTERMS + "title"), _TITLE)
    yield Triple(dataset, NamedNode(DCTERMS + "license"), _CC0)
    yield Triple(dataset, NamedNode(DCAT + "version"), Literal(_version(graph)))
    yield Triple(dataset, NamedNode(DCAT + "distribution"), dump)
    yield _is(dump, DCAT, "Distribution")
    yield Triple(dump, NamedNode(DCAT + "downloadURL"), NamedNode(f"{url}/dump.nt"))
    yield Triple(dump, NamedNode(DCAT + "mediaType"), _N_TRIPLES)
    yield _is(service, DCAT, "DataService")
    yield Triple(service, NamedNode(DCAT + "servesDataset"), dataset)
    yield Triple(service, NamedNode(DCAT + "endpointURL"), NamedNode(f"{url}/sparql"))
    yield Triple(service, NamedNode(DCAT + "endpointDescription"), NamedNode(f"{url}/openapi.json"))


def _is(subject: NamedNode | BlankNode, vocabulary: str, class_name: str) -> Triple:
    return Triple(subject, TYPE, NamedNode(vocabulary + class_name))


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(XSD + "integer"))


@lru_cache(maxsize=2)
def _triple_counts(graph: FilmGraph) -> Counter[str]:
    """Graph -> number of triples; the empty text is the default graph."""
    if isinstance(graph, EndpointGraph):
        return graph.triple_counts()
    return Counter(graph.snapshot.sizes())


@lru_cache(maxsize=4)
def _uses(graph: FilmGraph, query: str) -> Counter[NamedNode]:
    """Term -> how often it is used, by a query with these two columns."""
    uses: Counter[NamedNode] = Counter()
    for term, number in (row.terms for row in graph.sparql(query)):  # of a large graph, by its columns
        if isinstance(term, NamedNode) and isinstance(number, Literal):
            uses[term] = int(number.value)
    return uses


@lru_cache(maxsize=2)
def _entity_count(graph: FilmGraph) -> int:
    (number,) = next(iter(graph.sparql(_ENTITIES))).terms
    return int(number.value) if isinstance(number, Literal) else 0


_MEMBERS = f"SELECT ?class (COUNT(*) AS ?n) {{ ?entity <{RDF}type> ?class }} GROUP BY ?class"
_STATEMENTS = "SELECT ?property (COUNT(*) AS ?n) { ?entity ?property ?value } GROUP BY ?property"
_ENTITIES = f"SELECT (COUNT(DISTINCT ?entity) AS ?n) {{ ?entity <{RDF}type> ?class }}"
