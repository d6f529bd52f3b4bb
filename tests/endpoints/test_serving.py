"""`kg serve` in front of another store: pages, queries as URLs, reconciliation, limits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from kg.endpoints.endpoint_graph import EndpointGraph, connect
from kg.errors import RemoteError
from kg.federation.config import store_config
from kg.filmgraph import FilmGraph
from kg.project import Project
from kg.server.app import application
from kg.server.pages.browse_pages import browse_csv, browse_page
from kg.server.pages.search_pages import home_page
from kg.server.problems import status_of
from kg.server.settings import Limits
from kg.workers.sandbox import _Reachable
from tests.endpoints.stores import FailingStore


@pytest.fixture(scope="module")
def elsewhere(films: FilmGraph, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same project on a machine without a build."""
    folder = tmp_path_factory.mktemp("elsewhere") / "project"
    shutil.copytree(films.project.folder, folder, ignore=shutil.ignore_patterns(".kg"))
    return Project(folder)


@pytest.fixture(scope="module")
def client(elsewhere: Project, address: str) -> Iterator[TestClient]:
    """A client of a server over the Oxigraph server."""
    app = application(
        elsewhere, Limits(seconds=300.0, patience=300.0, workers=1, rows=50), endpoint=store_config(address)
    )
    with TestClient(app) as client:
        yield client


def test_pages_and_queries_are_answered_by_the_store(client: TestClient, films: FilmGraph) -> None:
    page = client.get("/film/anora", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Sean Baker" in page.text
    rows = client.get("/queries/films-by?person=Sean Baker", headers={"Accept": "application/json"}).json()
    assert [row["film"]["value"] for row in rows["results"]["bindings"]] == [
        term.value for term, _ in films.ask("films-by", person="Sean Baker").solutions
    ]
    why = client.get("/film/anora/why?property=contributor&value=sean-baker", headers={"Accept": "text/html"})
    assert "encyclopedia" in why.text


def test_lists_are_those_of_the_build(
    films: FilmGraph, remote: EndpointGraph, elsewhere: Project, address: str
) -> None:
    without_build = connect(address, elsewhere)
    parameters = {"director": "film:sean-baker", "sort": "oldest"}
    for name in ("films", "people"):
        table = browse_csv(films, name, parameters)
        assert browse_csv(remote, name, parameters) == table == browse_csv(without_build, name, parameters)
    page = browse_page(without_build, "films", {})
    assert "303" in page
    assert "director=film%3Asean-baker" in page


def test_a_list_says_how_many_entities_the_store_did_not_give(
    elsewhere: Project, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EndpointGraph, "max_listed", 200)
    page = browse_page(connect(address, elsewhere), "films", {})
    assert "103 more are found by the search alone" in page


def test_names_are_reconciled(client: TestClient) -> None:
    answer = client.get("/reconcile", params={"queries": '{"q0": {"query": "Tangerine"}}'}).json()
    assert answer["q0"]["result"][0]["id"] == "tangerine"


def test_limits_and_checks_are_those_of_a_build(client: TestClient) -> None:
    answer = client.get("/sparql", params={"query": "SELECT ?f { ?f film:sequelOf film:anora }", "format": "json"})
    assert len(answer.json()["results"]["bindings"]) == 50
    assert client.post("/sparql", data={"query": "SELECT * { SERVICE <http://a/> {} }"}).status_code == 400
    assert client.post("/sparql", data={"update": "CLEAR ALL"}).status_code in (400, 403)


def test_a_store_can_be_asked_through_the_server(client: TestClient) -> None:
    graph = "https://w3id.org/filmgraph/graph/knowledge"
    text = "ASK { film:anora film:director film:sean-baker }"
    assert client.get("/sparql", params={"query": text, "default-graph-uri": graph, "format": "json"}).json()["boolean"]


def test_the_server_says_which_build_it_has(client: TestClient, films: FilmGraph) -> None:
    description = client.get("/sparql", headers={"Accept": "text/turtle"}).text
    assert films.build.name in description


def test_files_of_a_build_are_not_offered(client: TestClient) -> None:
    response = client.get("/dump.nt")
    assert (response.status_code, "use SPARQL" in response.json()["detail"]) == (501, True)
    assert client.get("/void", headers={"Accept": "text/turtle"}).status_code == 200


def test_a_store_that_fails_is_a_bad_gateway() -> None:
    assert status_of(RemoteError("the store fails")) == 502


def test_a_worker_reaches_the_host_and_port_of_its_store_alone(address: str) -> None:
    port = urlsplit(address).port
    reachable = _Reachable(address)
    assert reachable.allows("socket.getaddrinfo", ("127.0.0.1", port, 0, 0, 0))
    assert reachable.allows("socket.connect", (None, ("127.0.0.1", port)))
    for host, other in (("127.0.0.1", 22), ("192.0.2.1", port)):
        assert not reachable.allows("socket.connect", (None, (host, other)))
    assert not reachable.allows("socket.getaddrinfo", ("example.org", 443, 0, 0, 0))
    assert not reachable.allows("socket.connect", (None, "/run/a.sock"))
    assert not reachable.allows("socket.bind", (None, ("127.0.0.1", port)))
    assert not _Reachable("").allows("socket.connect", (None, ("127.0.0.1", port)))


def test_the_home_page_reads_the_films_and_asks_its_questions_once(elsewhere: Project, failing: FailingStore) -> None:
    graph = connect(failing.address, elsewhere)
    page = home_page(graph)
    assert "Which films did Sean Baker direct?" in page
    of_films = [query for query in failing.queries if query.startswith("SELECT ?s {") and "film/Film>" in query]
    assert [query for query in of_films if "LIMIT" not in query] == of_films[1:2]
    failing.queries.clear()
    assert home_page(graph) == page
    assert not [query for query in failing.queries if query.startswith("SELECT ?s {") or "?year" in query]
