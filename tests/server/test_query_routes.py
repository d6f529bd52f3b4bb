"""A stored query has a URL: parameters, formats, pages, explanations, and problems with suggestions."""

from __future__ import annotations

import re

import pytest
from pyoxigraph import RdfFormat, parse
from starlette.testclient import TestClient

FILMS = "/queries/films-directed-by"


def test_stored_queries_are_listed_with_urls_that_work(served: TestClient) -> None:
    listed = served.get("/queries", headers={"accept": "application/json"}).json()
    assert [query["name"] for query in listed] == ["films-directed-by", "graph-of-film"]
    for query in listed:
        assert served.get(query["address"]).status_code == 200


@pytest.mark.parametrize(
    ("ending", "media"),
    [
        (".csv", "text/csv; charset=utf-8"),
        (".json", "application/sparql-results+json"),
        (".tsv", "text/tab-separated-values; charset=utf-8"),
        (".xml", "application/sparql-results+xml"),
    ],
)
def test_the_extension_of_a_url_gives_the_format(served: TestClient, ending: str, media: str) -> None:
    answer = served.get(f"{FILMS}{ending}?person=Sean+Baker")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert "tangerine" in answer.text


def test_a_spreadsheet_gets_labels_beside_entities(served: TestClient) -> None:
    table = served.get(f"{FILMS}.csv?person=Sean+Baker&labels=1").text
    assert table.splitlines()[0].split(",")[:2] == ["film", "film_label"]
    assert ",Tangerine," in table
    assert "film_label" not in served.get(f"{FILMS}.csv?person=Sean+Baker&labels=0").text
    assert served.get(f"{FILMS}.csv?person=Sean+Baker&labels=yes").status_code == 400


@pytest.mark.parametrize("ending", [".ttl", ".nt", ".jsonld", ".rdf"])
def test_a_query_for_triples_has_the_formats_of_triples(served: TestClient, ending: str) -> None:
    formats = {
        ".ttl": RdfFormat.TURTLE,
        ".nt": RdfFormat.N_TRIPLES,
        ".jsonld": RdfFormat.JSON_LD,
        ".rdf": RdfFormat.RDF_XML,
    }
    answer = served.get(f"/queries/graph-of-film{ending}?film=film:tangerine")
    assert any("Tangerine" in str(quad.object) for quad in parse(answer.content, format=formats[ending]))


WRONG = [
    (f"{FILMS}?person=Sean+Bakr", 404, ["Sean Baker"]),
    ("/queries/films-directed?person=Sean+Baker", 404, ["films-directed-by"]),
    (f"{FILMS}.ttl?person=Sean+Baker", 406, None),
    (f"{FILMS}", 400, None),
    (f"{FILMS}?persn=Sean+Baker", 400, None),
    (f"{FILMS}?person=Sean+Baker&page=0", 400, None),
    (f"{FILMS}?person=Sean+Baker&page=%F0%9F%98%80", 400, None),
    (f"{FILMS}?person=a&person=b", 400, None),
]


@pytest.mark.parametrize(("path", "status", "suggestions"), WRONG, ids=lambda value: str(value)[:50])
def test_a_wrong_name_is_a_problem_with_the_closest_names(
    served: TestClient, path: str, status: int, suggestions: list[str] | None
) -> None:
    answer = served.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert suggestions is None or answer.json()["suggestions"] == suggestions


def test_following_the_links_gives_every_row_once(served: TestClient) -> None:
    address, seen = f"{FILMS}.csv?person=Sean+Baker&per-page=1", []
    while address:
        answer = served.get(address)
        seen += answer.text.splitlines()[1:]
        rels = {rel: target for target, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["link"])}
        assert rels["last"].endswith("page=3&per-page=1")
        assert ("prev" in rels) is (len(seen) > 1)
        assert answer.headers.get("x-complete", "true") == ("false" if len(seen) < 3 else "true")
        address = rels.get("next", "")
    assert [line.rpartition("/")[2] for line in seen] == ["tangerine,2015", "red-rocket,2021", "anora,2024"]


def test_why_adds_the_explanation_of_each_row(served: TestClient) -> None:
    document = served.get(f"{FILMS}?person=Sean+Baker&why=1").json()
    assert document["complete"] is True
    assert [row["row"]["film"] for row in document["rows"]] == ["film:tangerine", "film:red-rocket", "film:anora"]
    assert document["rows"][0]["why"][0]["facts"][0]["source"] == "encyclopedia"


def test_a_parameter_is_never_read_as_sparql(served: TestClient) -> None:
    value = "Sean Baker> } UNION { ?film ?p ?year } #"
    answer = served.get(FILMS, params={"person": value})
    assert answer.status_code == 404
    assert answer.json()["name"] == value
