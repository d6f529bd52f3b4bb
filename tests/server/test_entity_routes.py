"""An entity is served at its IRI: formats, redirects from names, explanations and pages."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse
from starlette.testclient import TestClient

ANORA = NamedNode("https://w3id.org/filmgraph/film/anora")
FORMATS = {
    "/film/anora": RdfFormat.TURTLE,
    "/film/anora.ttl": RdfFormat.TURTLE,
    "/film/anora.nt": RdfFormat.N_TRIPLES,
    "/film/anora.rdf": RdfFormat.RDF_XML,
    "/film/anora.jsonld": RdfFormat.JSON_LD,
}


@pytest.mark.parametrize("path", FORMATS)
def test_every_rdf_format_of_a_film_has_the_same_triples(served: TestClient, path: str) -> None:
    triples = {str(quad.triple) for quad in parse(served.get(path).content, format=FORMATS[path])}
    plain = {str(quad.triple) for quad in parse(served.get("/film/anora.nt").content, format=RdfFormat.N_TRIPLES)}
    assert triples == plain
    assert any(line.startswith(str(ANORA)) for line in triples)


def test_a_film_comes_with_its_parts_and_the_labels_of_other_entities(served: TestClient) -> None:
    text = served.get("/film/anora.nt").text
    assert '"Sean Baker"' in text
    assert '"2024-10-18"' in text


def test_the_context_is_inline_and_has_only_the_names_that_are_used(served: TestClient) -> None:
    context = served.get("/film/anora.jsonld").json()["@context"]
    assert isinstance(context, dict)
    assert "director" in context
    assert "minutes" not in context


@pytest.mark.parametrize("profile", ["https://schema.org/", "https://schema.org"])
def test_the_schema_org_profile_describes_a_film_for_search_engines(served: TestClient, profile: str) -> None:
    document = served.get("/film/anora", headers={"accept": f'application/ld+json;profile="{profile}"'}).json()
    assert document["@context"]["@vocab"] == "https://schema.org/"
    assert document["@type"] == "Movie"
    assert served.get("/film/anora.jsonld?profile=schema.org").json() == document


def test_other_formats_are_linked_as_alternates(served: TestClient) -> None:
    link = served.get("/film/anora").headers["link"]
    assert '</film/anora.jsonld>; rel="alternate"; type="application/ld+json"' in link


@pytest.mark.parametrize("path", ["/film/anora.jsonld", "/film/anora.jsonld?profile=schema.org"])
def test_json_ld_names_no_alternate_that_a_processor_would_read_in_its_place(served: TestClient, path: str) -> None:
    assert "alternate" not in served.get(path).headers["link"]


@pytest.mark.parametrize("path", FORMATS)
@pytest.mark.parametrize("term", ["Film", "director"])
def test_a_class_or_property_is_described_by_the_ontology(served: TestClient, term: str, path: str) -> None:
    described = served.get(path.replace("anora", term))
    triples = {str(quad.triple) for quad in parse(described.content, format=FORMATS[path])}
    iri = f"<https://w3id.org/filmgraph/film/{term}>"
    assert any(each.startswith(f"{iri} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ") for each in triples)
    # The classes that it names have their labels, too.
    other = {"Film": "work", "director": "person"}[term]
    assert any(each.endswith(f'rdf-schema#label> "{other}"@en') for each in triples)


@pytest.mark.parametrize("media_type", ["text/turtle", "application/ld+json", "application/json"])
def test_the_ontology_is_rdf_where_rdf_is_asked_for(served: TestClient, media_type: str) -> None:
    answer = served.get("/ontology", headers={"Accept": media_type})
    assert answer.headers["content-type"].startswith(media_type)
    format = RdfFormat.TURTLE if media_type == "text/turtle" else RdfFormat.JSON_LD
    subjects = {quad.subject for quad in parse(answer.content, format=format)}
    assert NamedNode("https://w3id.org/filmgraph/film/Film") in subjects


UNKNOWN_PROFILE = 'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"'


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (UNKNOWN_PROFILE, "application/ld+json"),
        (f"{UNKNOWN_PROFILE}, text/turtle;q=0.5", "application/ld+json"),
        ("text/turtle;q=.5, application/n-triples;q=.9", "application/n-triples"),
        ("text/turtle;q=0.51234, application/n-triples;q=1.", "application/n-triples"),
        ("text/turtle;q=.0, application/n-triples;q=.1", "application/n-triples"),
        ("text/turtle;q=0, */*;q=.1", "application/n-triples"),
    ],
)
def test_profiles_and_weights_are_read_as_clients_send_them(served: TestClient, accept: str, media_type: str) -> None:
    answer = served.get("/film/anora", headers={"accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == media_type


def test_a_name_redirects_to_its_entity(served: TestClient) -> None:
    for path in ("/entity?name=Sean+Baker", "/thing?name=Sean+Baker", "/film/Sean%20Baker"):
        answer = served.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/film/sean-baker")


def test_a_redirect_keeps_the_format_and_the_parameters(served: TestClient) -> None:
    answer = served.get("/film/Sean%20Baker.json?profile=https://schema.org/")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/film/sean-baker.json?profile=https://schema.org/",
    )


def test_an_unknown_name_is_not_found_and_the_closest_name_is_suggested(served: TestClient) -> None:
    answer = served.get("/film/Sean%20Bakr")
    assert (answer.status_code, answer.json()["suggestions"]) == (404, ["Sean Baker"])


def test_an_explanation_reaches_the_source(served: TestClient) -> None:
    document = served.get("/film/anora/why?property=director&value=Sean+Baker").json()
    assert document[0]["facts"][0]["source"] == "encyclopedia"
    everything = served.get("/film/anora/why").json()
    assert len(everything) > 5


def test_a_page_answers_requests_that_prefer_html(films: object) -> None:
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, Response

    from kg.server.app import application
    from kg.server.settings import Limits
    from kg.server.snapshot import Snapshot
    from tests.projects import SmallProject

    async def page(request: Request, snapshot: Snapshot, /, **parameters: object) -> Response:
        return HTMLResponse(f"<p>{parameters['name']}</p>")

    assert isinstance(films, SmallProject)
    with TestClient(application(films.project, Limits(seconds=300.0, workers=1), pages={"entity": page})) as client:
        browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        assert client.get("/film/anora", headers=browser).text == "<p>anora</p>"
        assert client.get("/film/anora").headers["content-type"].startswith("text/turtle")
        assert client.get("/film/anora.ttl", headers=browser).headers["content-type"].startswith("text/turtle")
