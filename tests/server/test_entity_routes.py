"""Every thing has an address, at which it is told in the form that is wanted."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse
from starlette.testclient import TestClient

ANORA = NamedNode("https://w3id.org/filmgraph/film/anora")
FORMS = {
    "/film/anora": RdfFormat.TURTLE,
    "/film/anora.ttl": RdfFormat.TURTLE,
    "/film/anora.nt": RdfFormat.N_TRIPLES,
    "/film/anora.rdf": RdfFormat.RDF_XML,
    "/film/anora.jsonld": RdfFormat.JSON_LD,
}


@pytest.mark.parametrize("path", FORMS)
def test_a_film_is_told_in_any_form_of_rdf_and_always_the_same(served: TestClient, path: str) -> None:
    told = {str(quad.triple) for quad in parse(served.get(path).content, format=FORMS[path])}
    plain = {str(quad.triple) for quad in parse(served.get("/film/anora.nt").content, format=RdfFormat.N_TRIPLES)}
    assert told == plain
    assert any(line.startswith(str(ANORA)) for line in told)


def test_a_film_is_told_with_its_parts_and_what_others_are_called(served: TestClient) -> None:
    text = served.get("/film/anora.nt").text
    assert '"Sean Baker"' in text
    assert '"2024-10-18"' in text


def test_the_context_has_no_more_than_what_is_used_and_fetches_nothing(served: TestClient) -> None:
    context = served.get("/film/anora.jsonld").json()["@context"]
    assert isinstance(context, dict)
    assert "director" in context
    assert "minutes" not in context


@pytest.mark.parametrize("profile", ["https://schema.org/", "https://schema.org"])
def test_a_film_is_told_for_search_engines(served: TestClient, profile: str) -> None:
    told = served.get("/film/anora", headers={"accept": f'application/ld+json;profile="{profile}"'}).json()
    assert told["@context"] == "https://schema.org/"
    assert told["@type"] == "Movie"
    assert served.get("/film/anora.jsonld?profile=schema.org").json() == told


def test_the_other_forms_are_linked(served: TestClient) -> None:
    link = served.get("/film/anora").headers["link"]
    assert '</film/anora.jsonld>; rel="alternate"; type="application/ld+json"' in link


def test_a_thing_is_found_by_its_name(served: TestClient) -> None:
    for path in ("/thing?name=Sean+Baker", "/film/Sean%20Baker"):
        answer = served.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/film/sean-baker")


def test_a_name_that_nothing_bears_is_told_with_the_nearest(served: TestClient) -> None:
    answer = served.get("/film/Sean%20Bakr")
    assert (answer.status_code, answer.json()["nearest"]) == (404, ["Sean Baker"])


def test_why_a_thing_is_said_is_told_down_to_its_source(served: TestClient) -> None:
    told = served.get("/film/anora/why?property=director&value=Sean+Baker").json()
    assert told[0]["facts"][0]["source"] == "encyclopedia"
    everything = served.get("/film/anora/why").json()
    assert len(everything) > 5


def test_a_page_answers_where_html_is_wanted(films: object) -> None:
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, Response

    from kg.server.app import application
    from kg.server.settings import Limits
    from kg.server.snapshot import Snapshot
    from tests.projects import SmallProject

    async def page(request: Request, snapshot: Snapshot, /, **told: object) -> Response:
        return HTMLResponse(f"<p>{told['name']}</p>")

    assert isinstance(films, SmallProject)
    with TestClient(application(films.project, Limits(workers=1), pages={"entity": page})) as client:
        browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        assert client.get("/film/anora", headers=browser).text == "<p>anora</p>"
        assert client.get("/film/anora").headers["content-type"].startswith("text/turtle")
        assert client.get("/film/anora.ttl", headers=browser).headers["content-type"].startswith("text/turtle")
