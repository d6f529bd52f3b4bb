"""The site in a browser without scripts: search, questions, SPARQL, and errors with links to go on."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from starlette.testclient import TestClient

from kg.project import Project
from kg.queries.stored_query import StoredQueries
from tests.server.pages.film_project import HOSTILE
from tests.server.pages.parsed_page import ParsedPage, parse_page


def get(browser: TestClient, path: str, status: int = 200) -> ParsedPage:
    response = browser.get(path)
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"].startswith("text/html")
    found = parse_page(response.text)
    assert found.faults == []
    return found


PAGES = ["/", "/search", "/search?q=tangerin", "/search?q=zzzzzz", "/film/tangerine", "/queries", "/sparql",
         "/film/tangerine/why", "/film/tangerine/why?property=film:contributor&value=film:sean-baker",
         "/why?subject=film:tangerine&property=film:director&value=film:sean-baker"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_safe_and_well_formed(browser: TestClient, path: str) -> None:
    get(browser, path)
    policy = browser.get(path).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_misspelt_name_is_found(browser: TestClient) -> None:
    assert "/film/tangerine" in get(browser, "/search?q=tangarine").links
    assert "/film/sean-baker" not in get(browser, "/search?q=baker&kind=Film").links


def test_names_are_suggested_while_typing(browser: TestClient) -> None:
    suggestions = json.loads(browser.get("/suggest?q=sean+ba&kind=Person").text)
    assert suggestions[0]["name"] == "Sean Baker"
    unrestricted = json.loads(browser.get("/suggest?q=sean&kind=no+such").text)
    assert "Sean Baker" in [suggestion["name"] for suggestion in unrestricted]


def test_every_stored_query_has_a_form_and_its_example_an_answer(browser: TestClient, films: Project) -> None:
    queries = StoredQueries(films.queries)
    for name in list(queries)[::9]:
        query = queries[name]
        found = get(browser, f"/queries/{quote(name)}")
        assert found.has(query.summary)
        given = {parameter.name: parameter.example_value for parameter in query.params if not parameter.is_optional}
        response = browser.get(f"/queries/{quote(name)}?{urlencode(given)}")
        # The examples are of another graph; a name that is unknown here is an error in the form.
        assert response.status_code in (200, 404)
        assert parse_page(response.text).faults == []


def test_a_question_is_answered_with_the_sources_of_each_row(browser: TestClient) -> None:
    found = get(browser, "/queries/films-directed-by?person=Sean+Baker")
    assert found.has("Which films did Sean Baker direct?", "Film", "Tangerine", "Red Rocket", "Sources", "A newspaper")
    assert get(browser, "/queries/films-directed-by").has("Which films did a person direct?")
    assert "/queries/films-directed-by.csv?person=Sean+Baker&labels=1" in found.links


def test_an_answer_is_downloaded_as_csv(browser: TestClient) -> None:
    response = browser.get("/queries/films-directed-by.csv?person=Sean+Baker")
    assert response.headers["content-type"].startswith("text/csv")
    assert "film/tangerine" in response.text
    response = browser.get("/sparql?query=SELECT+%3Ff+%7B%3Ff+a+film%3AFilm%7D&format=csv")
    assert response.headers["content-type"].startswith("text/csv")


def test_an_unknown_name_is_an_error_at_its_field_with_suggestions_as_links(browser: TestClient) -> None:
    found = get(browser, "/queries/films-directed-by?person=Sean+Bakr", 404)
    assert found.has("There is no Person 'Sean Bakr'")
    assert "/queries/films-directed-by?person=Sean+Baker" in found.links


def test_a_query_is_answered_as_table_chart_and_graph(browser: TestClient) -> None:
    query = "SELECT ?film ?director ?year { ?film film:director ?director ; film:year ?year }"
    table = get(browser, "/sparql?" + urlencode({"query": query}))
    assert table.has("2 rows", "Red Rocket", "Sean Baker")
    amounts = "SELECT ?f ?n { ?f film:boxOffice/film:amount ?n }"
    chart = get(browser, "/sparql?" + urlencode({"query": amounts, "view": "chart"}))
    assert "figure" in chart.tags
    assert chart.has("924,793", "950,000")
    graph = get(browser, "/sparql?" + urlencode({"query": query, "view": "graph"}))
    assert "svg" in graph.tags
    drawn = get(browser, "/sparql?" + urlencode({"query": "CONSTRUCT { ?f film:director ?d } { ?f film:director ?d }"}))
    assert "svg" in drawn.tags
    assert get(browser, "/sparql?" + urlencode({"query": "ASK { film:tangerine a film:Film }"})).has("Yes.")


def test_a_query_that_does_not_parse_is_shown_with_line_and_column(browser: TestClient) -> None:
    query = "SELECT ?film {\n  ?film a film:Film ; ; FLTER(?x)\n}"
    found = get(browser, "/sparql?" + urlencode({"query": query}), 400)
    assert found.has("line 2, column", "FLTER")
    text = browser.get("/sparql?" + urlencode({"query": query})).text
    assert "FLTER(?x)\n}</textarea>" in text


def test_an_empty_answer_says_why(browser: TestClient) -> None:
    found = get(browser, "/sparql?" + urlencode({"query": "SELECT ?x { ?x a film:Flim }"}))
    assert found.has("No results.", "Did you mean film:Film")


def test_an_unknown_page_offers_suggestions(browser: TestClient) -> None:
    assert get(browser, "/film/tangarine", 404).has("Not found", "Tangerine")
    assert "/queries/films-directed-by" in get(browser, "/queries/films-directed-bye", 404).links
    assert get(browser, "/peopel", 404).has("There is no page at /peopel", "Did you mean", "People")
    missing = get(browser, "/nothing/here", 404)
    assert missing.has("There is no page at /nothing/here.")
    assert not missing.has("Did you mean")
    assert get(browser, "/films?page=99", 404).has("This list is not that long: films, page 99.")
    assert get(browser, "/queries/nope", 404).has("There is no question “nope”.")


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/nope", 404, "There is no page at /nope. All pages are found from /, "
                              "and the API is described at /openapi.json."),
        ("GET", "/queries/nope", 404, "There is no stored query 'nope'. All of them are at /queries."),
        ("POST", "/films", 405, "/films does not accept POST, but GET and HEAD."),
    ],
)  # fmt: skip
def test_a_problem_document_says_what_there_is(
    browser: TestClient, method: str, path: str, status: int, detail: str
) -> None:
    response = browser.request(method, path, headers={"Accept": "application/json"})
    assert (response.status_code, response.json()["detail"]) == (status, detail)


def test_a_long_unknown_path_is_shortened_in_words_and_whole_in_the_document(browser: TestClient) -> None:
    path = "/nothing/" + "é" * 200
    document = browser.get(path, headers={"Accept": "application/json"}).json()
    assert document["instance"] == quote(path)
    assert document["detail"].startswith("There is no page at /nothing/éé")
    assert len(document["detail"]) < 250
    assert get(browser, path, 404).has("There is no page at /nothing/éé", "é….")
    refused = browser.post("/film/" + "x" * 200, headers={"Accept": "application/json"}).json()
    assert refused["detail"].startswith("/film/xxx")
    assert get(browser, "/queries/" + "x" * 200, 404).has("There is no question “xxx", "x…”.")


def test_a_list_is_json_or_csv_where_that_is_asked_for(browser: TestClient) -> None:
    accept = {"Accept": "application/json"}
    document = browser.get("/films", params={"sort": "oldest"}, headers=accept).json()
    assert (document["count"], document["total"], document["next"]) == (3, 3, None)
    assert document["entities"][0] == {
        "id": "film:tangerine",
        "name": "Tangerine",
        "year": "2015",
        "director": [{"id": "film:sean-baker", "name": "Sean Baker"}],
        "countryOfOrigin": [],
    }
    assert browser.get("/films", headers={"Accept": "text/csv"}).text == browser.get("/films.csv").text
    assert get(browser, "/films").has("Films", "Tangerine")
    assert get(browser, "/ontology").has("Classes")


@pytest.mark.parametrize("path", ["/", "/sources", "/disagreements", "/search?q=anora", "/films"])
def test_what_a_page_cannot_be_is_refused_with_what_it_can_be(browser: TestClient, path: str) -> None:
    refused = browser.get(path, headers={"Accept": "text/turtle"})
    assert (refused.status_code, refused.headers["content-type"]) == (406, "application/problem+json")
    assert refused.json()["detail"].startswith("This is available as text/html")


HOSTILES = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' or 1=1 --", "%00", "{{ 7*7 }}", "\u202e"]


@pytest.mark.parametrize("words", HOSTILES)
def test_html_in_a_url_is_shown_and_not_interpreted(browser: TestClient, words: str) -> None:
    for path in (
        "/search?" + urlencode({"q": words}),
        "/queries?" + urlencode({"q": words}),
        "/queries/films-directed-by?" + urlencode({"person": words}),
        "/sparql?" + urlencode({"query": words}),
        "/sparql?" + urlencode({"query": f'SELECT ("""{words}""" AS ?x) {{}}', "view": words}),
        "/film/" + quote(words, safe=""),
    ):
        text = browser.get(path).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "onerror=alert" not in text.replace("&#34;", "").replace(" onerror=alert(1)&gt;", "")
        if words == "{{ 7*7 }}":
            assert ">49<" not in text
        assert parse_page(text).faults == []


def test_html_in_a_label_is_harmless_in_every_list(browser: TestClient) -> None:
    for path in ("/", "/search?q=script+alert", "/queries/films-directed-by?person=Sean+Baker",
                 "/sparql?query=SELECT+*+%7B+%3Ff+film%3Adirector+%3Fd+%7D&view=graph"):  # fmt: skip
        found = get(browser, path)
        assert "img" not in found.tags
    assert get(browser, "/search?q=script+alert").has(HOSTILE)


def test_styles_and_scripts_may_be_cached_for_ever(browser: TestClient) -> None:
    url = next(link for link in get(browser, "/").links if link.startswith("/static/style.css"))
    response = browser.get(url)
    assert "immutable" in response.headers["cache-control"]
    assert browser.get("/static/..%2froutes.py").status_code == 404
    assert browser.get("/static/nothing.css").status_code == 404


def test_the_vocabulary_is_available_for_completion(browser: TestClient) -> None:
    vocabulary = json.loads(browser.get("/vocabulary.json").text)
    assert {"film:director", "film:Film"} <= {term["name"] for term in vocabulary["terms"]}
    assert all(isinstance(term["words"], list) for term in vocabulary["terms"])
    assert vocabulary["prefixes"]["film"].endswith("/film/")
