"""The W3C's tests of the SPARQL 1.1 Protocol, the Graph Store Protocol and Service Descriptions, one by one.

Every case that reads passes; every case
that writes is refused with 403, as https://www.w3.org/TR/sparql11-protocol/#update-failure and
https://www.w3.org/TR/sparql11-http-rdf-update/ allow. The result of each case is in `sparql_protocol.csv`.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import rdflib
from pyoxigraph import NamedNode, RdfFormat, Store, parse
from rdflib.collection import Collection
from starlette.testclient import TestClient

from kg.server.app import application
from kg.server.settings import Limits
from kg.terms import PROVENANCE
from tests.projects import ANORA, SmallProject

SUITE = Path(__file__).parent / "w3c" / "sparql-protocol"
MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = rdflib.Namespace("http://www.w3.org/2011/http#")
CNT = rdflib.Namespace("http://www.w3.org/2011/content#")
SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
GRAPHS = "http://kasei.us/2009/09/sparql/data/"
_LINES = Path(__file__).with_name("sparql_protocol.csv").read_text(encoding="utf-8").splitlines()
LISTED = {row["case"]: row["comes to"] for row in csv.DictReader(_LINES)}
WRITES = ("PUT", "POST", "DELETE", "PATCH")


@dataclass(frozen=True)
class Sent:
    """One request of a case, and what must come back."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    statuses: tuple[str, ...]
    format: str = ""
    truth: str = ""

    @property
    def is_update(self) -> bool:
        """True when it would change the store."""
        return "update" in self.headers.get("content-type", "") or self.body.startswith(b"update=") or (
            "update=" in self.path or "using-" in self.path
        )  # fmt: skip


def cases_of(name: str) -> dict[str, list[Sent]]:
    """Case -> its requests in their order."""
    path = SUITE / name
    if not path.is_file():
        return {}
    manifest = rdflib.Graph().parse(path, format="turtle")
    found = {}
    for entry in Collection(manifest, _entries(manifest)):
        action = manifest.value(entry, MF.action)
        requests = Collection(manifest, next(manifest.objects(action, HT.requests)))
        found[str(entry).rpartition("#")[2]] = [_sent(manifest, one) for one in requests]
    return found


def _entries(manifest: rdflib.Graph) -> rdflib.term.Node:
    found = next(manifest.objects(None, MF.entries))
    assert found is not None
    return found


def _sent(manifest: rdflib.Graph, request: rdflib.term.Node) -> Sent:
    def text(subject: rdflib.term.Node | None, property: rdflib.URIRef) -> str:
        return str(manifest.value(subject, property) or "")

    response = manifest.value(request, HT.resp)
    body = manifest.value(request, HT.body)
    listed = manifest.value(request, HT.headers)
    fields: Iterable[rdflib.term.Node] = Collection(manifest, listed) if listed is not None else ()
    return Sent(
        text(request, HT.methodName),
        text(request, HT.absolutePath),
        {text(one, HT.fieldName).lower(): text(one, HT.fieldValue) for one in fields},
        text(body, CNT.chars).encode(text(body, CNT.characterEncoding) or "utf-8") if body is not None else b"",
        tuple(str(one).rpartition("#")[2] for one in manifest.objects(response, MF.expectedStatus)),
        text(response, MF.expectedFormat),
        text(response, MF.expectedBoolean),
    )


PROTOCOL = cases_of("protocol/manifest.ttl")
DIRECT = cases_of("graph-store-protocol/manifest-direct.ttl")
INDIRECT = cases_of("graph-store-protocol/manifest-indirect.ttl")
DESCRIPTION = ("returns-rdf", "has-endpoint-triple", "conforms-to-schema")
_CODES = {"OK": 200, "Created": 201, "NoContent": 204, "NotFound": 404}
_TABULAR = ("sparql-results+json", "sparql-results+xml", "text/csv", "text/tab-separated-values")
_RDF = ("text/turtle", "application/n-triples", "application/rdf+xml")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A store that has the suite's graphs as well."""
    films = SmallProject(tmp_path_factory.mktemp("protocol") / "films")
    films.write("data/films.yaml", ANORA)
    films.build()
    store = Store(str(films.project.current_build / "store"))
    for number in (1, 2, 3):
        graph = NamedNode(f"{GRAPHS}data{number}.rdf")
        for quad in parse(path=SUITE / f"protocol/data{number}.nt", format=RdfFormat.N_TRIPLES):
            store.add(type(quad)(quad.subject, quad.predicate, quad.object, graph))
    store.flush()
    del store
    shutil.rmtree(films.folder / "texts", ignore_errors=True)
    with TestClient(application(films.project, Limits(seconds=300.0, workers=1), pages={})) as found:
        yield found


def test_every_case_of_the_suite_is_listed() -> None:
    assert set(LISTED) == {*PROTOCOL, *DIRECT, *INDIRECT, *DESCRIPTION}


def fits(status: int, expected: tuple[str, ...]) -> bool:
    return any(f"StatusCode{status // 100}xx" == one or _CODES.get(one) == status for one in expected)


@pytest.mark.parametrize("case", PROTOCOL)
def test_sparql_protocol(client: TestClient, case: str) -> None:
    for sent in PROTOCOL[case]:
        path = sent.path.replace("/sparql/", "/sparql", 1)
        answer = client.request(sent.method, path, headers=sent.headers, content=sent.body)
        if LISTED[case] == "refused":
            assert answer.status_code == (403 if sent.is_update else 200), answer.text
            continue
        assert fits(answer.status_code, sent.statuses), answer.text
        media = answer.headers["content-type"]
        if sent.truth:
            assert answer.json()["boolean"] is (sent.truth == "true")
        if sent.format in ("tabular", "boolean"):
            assert any(one in media for one in _TABULAR)
        if sent.format == "RDF":
            assert any(one in media for one in _RDF)


@pytest.mark.parametrize("case", [*DIRECT, *INDIRECT])
def test_graph_store_protocol(client: TestClient, case: str) -> None:
    for sent in {**DIRECT, **INDIRECT}[case]:
        path = sent.path.replace("/gsp/", "/graph/", 1) if case in DIRECT else sent.path.replace("/gsp", "/graphs", 1)
        answer = client.request(sent.method, path, headers=sent.headers, content=sent.body)
        if LISTED[case] == "refused" and sent.method in WRITES:
            assert answer.status_code == 403
        elif LISTED[case] == "refused":
            # A graph that could not be created is not there, or its address was never given.
            assert answer.status_code in (200, 400, 404)
        else:
            assert fits(answer.status_code, sent.statuses), answer.text


def test_graphs_of_the_store_are_read_directly_and_indirectly(client: TestClient) -> None:
    turtle = {"accept": "text/turtle"}
    direct = client.get("/graph/provenance", headers=turtle)
    indirect = client.get("/graphs?graph=" + quote(PROVENANCE.value, safe=""), headers=turtle)
    assert (direct.status_code, indirect.status_code) == (200, 200)
    assert indirect.text == direct.text
    assert len(rdflib.Graph().parse(data=indirect.text, format="turtle")) > 10
    assert client.head("/graph/provenance").status_code == 200
    assert client.head("/graph/nothing").status_code == 404


@pytest.mark.parametrize("case", DESCRIPTION)
def test_service_description(client: TestClient, case: str) -> None:
    answer = client.get("/sparql")
    described = rdflib.Graph().parse(data=answer.text, format="turtle")
    assert answer.headers["content-type"].startswith("text/turtle")
    service = next(described.subjects(rdflib.RDF.type, SD.Service))
    if case == "has-endpoint-triple":
        assert (service, SD.endpoint, rdflib.URIRef("http://testserver/sparql")) in described
    if case == "conforms-to-schema":
        dataset = described.value(service, SD.defaultDataset)
        assert (dataset, rdflib.RDF.type, SD.Dataset) in described
        for named in described.objects(dataset, SD.namedGraph):
            assert isinstance(described.value(named, SD.name), rdflib.URIRef)
            assert (described.value(named, SD.graph), rdflib.RDF.type, SD.Graph) in described
