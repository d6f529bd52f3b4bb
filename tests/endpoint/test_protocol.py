"""A SPARQL query by HTTP gets its answer in the form that was asked for, or a problem that says what is wrong."""

from __future__ import annotations

from starlette.testclient import TestClient

DIRECTOR = "SELECT ?who { film:anora film:director ?who }"


def test_a_query_by_get_is_answered(served: TestClient) -> None:
    answer = served.get("/sparql", params={"query": DIRECTOR})
    assert answer.headers["content-type"] == "application/sparql-results+json"
    rows = answer.json()["results"]["bindings"]
    assert [row["who"]["value"] for row in rows] == ["https://w3id.org/filmgraph/film/sean-baker"]


def test_a_query_that_does_not_parse_is_told_where(served: TestClient) -> None:
    answer = served.get("/sparql", params={"query": "SELECT ?who {\n film:anora film:director"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["line"], answer.json()["column"]) == (2, 26)
