"""Graphs by the Graph Store Protocol: whole in every format, however little an answer may have."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from pyoxigraph import Triple, parse
from starlette.testclient import TestClient

from kg.queries.result_writers import RDF_FORMATS, TRIPLE_MEDIA_TYPES
from kg.server.app import application
from kg.server.settings import Limits
from tests.projects import SmallProject

GRAPHS = ("/graphs?default", "/graph/provenance", "/graphs?graph=https://w3id.org/filmgraph/graph/provenance")


@pytest.fixture(scope="module")
def served(films: SmallProject) -> Iterator[TestClient]:
    """A client of the application, whose answers may have four triples."""
    app = application(films.project, Limits(seconds=300.0, workers=1, rows=4), pages={})
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def triples_of(body: bytes, media_type: str) -> set[Triple]:
    return {quad.triple for quad in parse(body, format=RDF_FORMATS[media_type])}


@pytest.mark.parametrize("media_type", TRIPLE_MEDIA_TYPES[:6])
@pytest.mark.parametrize("path", GRAPHS[:2])
def test_a_graph_is_complete_in_every_format(served: TestClient, path: str, media_type: str) -> None:
    whole = triples_of(served.get(path, headers={"accept": "application/n-triples"}).content, "application/n-triples")
    response = served.get(path, headers={"accept": media_type})
    assert len(whole) > 4
    assert response.headers["content-type"].partition(";")[0] == media_type
    assert "x-complete" not in response.headers
    assert triples_of(response.content, media_type) == whole


def test_a_graph_has_a_tag(served: TestClient) -> None:
    for path in (*GRAPHS, "/dump.nt"):
        for media_type in ("application/n-triples", "text/turtle"):
            head = served.head(path, headers={"accept": media_type})
            tag = head.headers["etag"]
            unchanged = served.get(path, headers={"accept": media_type, "if-none-match": tag})
            assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.parametrize("media_type", ["application/n-triples", "text/turtle"])
def test_a_graph_that_is_streamed_is_compressed_if_the_client_accepts_it(served: TestClient, media_type: str) -> None:
    whole, packed = (
        served.get("/dump.nt", headers={"accept": media_type, "accept-encoding": coding})
        for coding in ("identity", "gzip")
    )
    assert "content-encoding" not in whole.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-length" not in packed.headers
    assert packed.content == whole.content != b""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/graphs?graph=", 400),
        ("/graphs?graph=films", 400),
        ("/film/", 404),
        ("/film/anora/why?property=%C2%AA%25", 404),
    ],
)
def test_a_graph_or_entity_without_a_name_is_refused(served: TestClient, path: str, status: int) -> None:
    assert served.get(path).status_code == status


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('CONSTRUCT { <urn:a> rdfs:label "\\u0001" } {}', "character"),
        ("CONSTRUCT { <urn:a> <http://x/1> 1 } {}", "property"),
    ],
)
def test_what_xml_cannot_express_is_refused_as_rdf_xml(served: TestClient, query: str, words: str) -> None:
    path = f"/sparql?query={quote(query)}"
    refused = served.get(path, headers={"accept": "application/rdf+xml"})
    assert refused.status_code == 400
    assert words in refused.json()["detail"]
    assert served.get(path, headers={"accept": "text/turtle"}).status_code == 200
