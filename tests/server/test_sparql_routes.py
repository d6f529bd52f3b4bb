"""A SPARQL query by HTTP gets its answer in the format that was requested, or a problem that says what is wrong."""

from __future__ import annotations

import json
import time
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from kg.server.app import application
from kg.server.request_params import parse_form, parse_parameters
from kg.server.settings import Limits
from tests.projects import SmallProject
from tests.rdf.hostile_files import FILES, content_of

DIRECTOR = "SELECT ?who { film:anora film:director ?who }"
COUNTED = "SELECT ?film (COUNT(?who) AS ?n) { ?film film:director ?who } GROUP BY ?film ORDER BY ?film"
TRIPLES = "CONSTRUCT { ?film film:director ?who } WHERE { ?film film:director ?who }"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("query", [DIRECTOR, DIRECTOR + " ORDER BY ?who"], ids=["lookup", "query"])
def test_a_query_by_get_is_answered(served: TestClient, query: str) -> None:
    answer = served.get("/sparql", params={"query": query})
    assert answer.headers["content-type"] == "application/sparql-results+json"
    rows = answer.json()["results"]["bindings"]
    assert [row["who"]["value"] for row in rows] == ["https://w3id.org/filmgraph/film/sean-baker"]


def test_a_posted_form_is_decoded_once(served: TestClient) -> None:
    query = 'ASK { BIND("50%25 off" AS ?x) FILTER(?x = CONCAT("50%", "25 off")) }'
    assert served.post("/sparql", data={"query": query}).json()["boolean"] is True


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=20)), max_size=4), st.text("=+ %&\r\n_é", max_size=9))
def test_a_form_is_read_as_a_query_string_is(pairs: list[tuple[str, str]], rough: str) -> None:
    for text in (urlencode(pairs), urlencode(pairs, quote_via=quote, safe="=?/'\n")):
        encoded = text.encode("ascii", "surrogatepass")
        assert parse_form(encoded) == parse_parameters(encoded)
    if "%" not in rough and rough.isascii():
        assert parse_form(rough.encode()) == parse_parameters(rough.encode())


@pytest.mark.parametrize(
    "body", [b"query=ASK+%7", b"query=%zz", b"query=%E9", b"query=\xe9", b"&".join([b"a=1"] * 201)]
)
def test_a_form_that_cannot_be_decoded_is_refused(served: TestClient, body: bytes) -> None:
    assert served.post("/sparql", content=body, headers=FORM).status_code == 400


def test_a_long_form_is_decoded_while_nobody_waits() -> None:
    query = f"SELECT * {{ ?s ?p 1{',?x' * 300_000} }}"
    encoded, began = urlencode({"query": query}).encode(), time.process_time()
    assert parse_form(encoded) == [("query", query)]
    assert time.process_time() - began < 0.08


def test_a_syntax_error_has_its_place(served: TestClient) -> None:
    answer = served.get("/sparql", params={"query": "SELECT ?who {\n film:anora film:director"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["line"], answer.json()["column"]) == (1, 13)  # the bracket without its pair


ROWS = {
    "application/sparql-results+json": '{"head":{"vars":["film","n"]}',
    "application/sparql-results+xml": '<variable name="film"/>',
    "text/csv": "film,n\r\nhttps://w3id.org/filmgraph/film/anora,1\r\n",
    "text/tab-separated-values": "?film\t?n\n<https://w3id.org/filmgraph/film/anora>\t1\n",
    "application/json": '{"head":',
    "text/csv;q=0.2, application/sparql-results+xml;q=0.9": '<variable name="film"/>',
    "text/html;q=0.1, text/*;q=0.5, */*;q=0.4": "film,n\r\n",
    "text/turtle, text/tab-separated-values;q=0.1": "?film\t?n\n",
}


@pytest.mark.parametrize("accept", ROWS)
def test_rows_come_in_the_media_type_that_the_client_prefers(served: TestClient, accept: str) -> None:
    answer = served.get("/sparql", params={"query": COUNTED}, headers={"accept": accept})
    assert answer.status_code == 200
    assert ROWS[accept] in answer.text


GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/trig": RdfFormat.TRIG,
    "*/*": RdfFormat.TURTLE,
}


@pytest.mark.parametrize("accept", GRAPHS)
def test_triples_come_in_the_media_type_that_the_client_prefers(served: TestClient, accept: str) -> None:
    answer = served.get("/sparql", params={"query": TRIPLES}, headers={"accept": accept})
    assert answer.status_code == 200
    assert len(list(parse(answer.content, format=GRAPHS[accept]))) == 3


WRONG = [
    ("GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", {}, b"", 400),
    ("GET", "/sparql?query=%FF%FE", {}, b"", 400),
    ("POST", "/sparql", {"content-type": "application/sparql-query"}, b"ASK {\xff}", 400),
    ("POST", "/sparql", FORM, b"query=%C3%28", 400),
    ("POST", "/sparql", FORM, b"", 400),
    ("POST", "/sparql", {"content-type": "text/plain"}, b"ASK {}", 415),
    ("POST", "/sparql", {"content-type": "application/sparql-query; charset=UTF-16"}, "ASK {}".encode("utf-16"), 415),
    ("GET", "/sparql?query=ASK%7B%7D", {"accept": "image/png"}, b"", 406),
    ("GET", "/sparql?query=ASK%7B%7D", {"accept": "text/turtle"}, b"", 406),
    ("GET", "/sparql?query=ASK%7B%7D&default-graph-uri=%3Cnone%3E", {}, b"", 400),
    ("PUT", "/sparql?query=ASK%7B%7D", {}, b"", 405),
    ("GET", "/sparql?update=CLEAR+ALL", {}, b"", 403),
    ("POST", "/sparql", FORM, b"update=CLEAR+ALL", 403),
    ("POST", "/sparql", {"content-type": "application/sparql-update"}, b"CLEAR ALL", 403),
    ("POST", "/update", FORM, b"update=CLEAR+ALL", 403),
    ("PUT", "/graphs?default", {"content-type": "text/turtle"}, b"", 403),
    ("DELETE", "/graph/provenance", {}, b"", 403),
    ("GET", "/graphs", {}, b"", 400),
    ("GET", "/graphs?default&graph=urn:x", {}, b"", 400),
    ("GET", "/graph/nothing", {}, b"", 404),
    ("GET", "/nothing", {}, b"", 404),
    ("GET", "/sparql?query=CLEAR+ALL", {}, b"", 400),
    ("GET", "/sparql?query=SELECT+*+%7B+SERVICE+%3Chttp%3A%2F%2F127.0.0.1%2F%3E+%7B%7D+%7D", {}, b"", 400),
    ("GET", "/../../etc/passwd", {}, b"", 404),
    ("GET", "/film/..%2F..%2F..%2Fetc%2Fpasswd", {}, b"", 404),
    ("GET", "/queries/..%2F..%2Fdata%2Fsources", {}, b"", 404),
    ("GET", "/queries/%2Fetc%2Fpasswd.csv", {}, b"", 404),
]


@pytest.mark.parametrize(("method", "path", "headers", "body", "status"), WRONG, ids=lambda value: str(value)[:60])
def test_a_wrong_request_gets_a_problem_document(
    served: TestClient, method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = served.request(method, path, headers=headers, content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_head_has_the_headers_of_get_and_no_body(served: TestClient) -> None:
    for path in ("/sparql?query=ASK%7B%7D", "/film/anora", "/queries/films-directed-by?person=Sean+Baker", "/dump.nt"):
        response, head = served.get(path), served.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == response.headers["content-type"]
        assert head.headers.get("etag") == response.headers.get("etag")


def test_web_pages_of_other_origins_may_read(served: TestClient) -> None:
    preflight = served.options(
        "/sparql", headers={"origin": "https://example.org", "access-control-request-method": "GET"}
    )
    assert preflight.status_code == 204
    assert "GET" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert served.get("/film/anora").headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("query", [DIRECTOR, COUNTED], ids=["lookup", "query"])
def test_a_response_that_the_client_has_is_not_sent_again(served: TestClient, query: str) -> None:
    first = served.get("/sparql", params={"query": query})
    assert "Accept" in first.headers["vary"]
    again = served.get("/sparql", params={"query": query}, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = served.get("/sparql", params={"query": query}, headers={"if-none-match": 'W/"another"'})
    assert other.status_code == 200


def test_a_repeated_request_is_answered_from_the_cache(served: TestClient) -> None:
    def cached() -> int:
        line = next(line for line in served.get("/metrics").text.splitlines() if line.startswith("kg_cached_total"))
        return int(line.split()[1])

    before = cached()
    answers = {served.get("/sparql", params={"query": COUNTED + " LIMIT 2"}).text for _ in range(3)}
    assert len(answers) == 1
    assert cached() == before + 2


def test_long_answers_are_compressed_if_the_client_accepts_it(served: TestClient) -> None:
    packed = served.get("/openapi.json", headers={"accept-encoding": "gzip"})
    plain = served.get("/openapi.json", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert "Accept-Encoding" in packed.headers["vary"]


def test_the_dataset_of_a_request_consists_of_graphs_of_the_store(served: TestClient) -> None:
    query = "SELECT * { ?fact rdf:predicate film:director } ORDER BY ?fact"
    parameters = {"query": query, "default-graph-uri": "https://w3id.org/filmgraph/graph/provenance"}
    assert len(served.get("/sparql", params=parameters).json()["results"]["bindings"]) == 3
    nothing = served.get("/sparql", params={"query": query, "default-graph-uri": "http://example.org/none"})
    assert nothing.json()["results"]["bindings"] == []


def test_every_response_forbids_browsers_to_run_foreign_scripts(served: TestClient) -> None:
    for path in ("/film/anora", "/nothing", "/sparql?query=" + DIRECTOR.replace(" ", "+"), "/healthz"):
        fields = served.get(path).headers
        assert "default-src 'none'" in fields["content-security-policy"]
        assert "unsafe" not in fields["content-security-policy"]
        assert fields["x-content-type-options"] == "nosniff"


def test_no_request_can_write_a_header_of_its_response(served: TestClient) -> None:
    for path in (
        "/queries/films-directed-by.csv?person=Sean+Baker&page=1&per-page=1&x=%0d%0aX-Bad:+1",
        "/film/%0d%0aX-Bad:1",
    ):
        answer = served.get(path)
        assert "x-bad" not in answer.headers
        assert all("\r" not in value and "\n" not in value for value in answer.headers.values())
    assert served.get("/void", headers={"host": "a/b><script>"}).status_code == 400


def test_the_description_of_the_graph_counts_what_is_in_it(served: TestClient) -> None:
    for path in ("/.well-known/void", "/dcat", "/sparql"):
        assert list(parse(served.get(path).content, format=RdfFormat.TURTLE))
    everything = served.get("/sparql", params={"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"}).json()
    number = everything["results"]["bindings"][0]["n"]["value"]
    assert f"void:triples {number}" in served.get("/void").text
    assert len(served.get("/dump.nt").text.splitlines()) == int(number)


def test_health_and_metrics_are_served(served: TestClient) -> None:
    assert served.get("/healthz").json()["able"] is True
    text = served.get("/metrics").text
    assert "# TYPE kg_requests_2xx_total counter" in text
    assert 'kg_seconds_bucket{le="+Inf"}' in text


def test_an_unexpected_error_gets_a_problem_document_too(films: SmallProject) -> None:
    async def fail(_request: Request) -> Response:
        raise ZeroDivisionError("with a secret in it")

    app = application(
        films.project, Limits(seconds=300.0, workers=1), routes=(lambda: [Route("/fails", fail)],), pages={}
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/fails")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text


def test_characters_that_xml_forbids_do_not_break_an_answer(served: TestClient) -> None:
    import xml.dom.minidom

    query = 'SELECT ?x { VALUES ?x { "a\\u0001b<&]]>" "\\uFFFE" } }'
    answer = served.get("/sparql", params={"query": query}, headers={"accept": "application/sparql-results+xml"})
    assert len(xml.dom.minidom.parseString(answer.content).getElementsByTagName("literal")) == 2


def test_json_is_read_back_unchanged(served: TestClient) -> None:
    query = 'SELECT ?x ?y { VALUES (?x ?y) { ("Žižek"@cs UNDEF) (1.50 "tab\\tquote\\"") } }'
    rows = json.loads(served.get("/sparql", params={"query": query}).content)["results"]["bindings"]
    assert rows[0] == {"x": {"type": "literal", "value": "Žižek", "xml:lang": "cs"}}
    assert rows[1]["y"] == {"type": "literal", "value": 'tab\tquote"'}


def test_a_hostile_graph_is_refused_unread(served: TestClient) -> None:
    for name in FILES:
        answer = served.put("/graphs?default", content=content_of(name), headers={"content-type": "text/turtle"})
        assert answer.status_code in (403, 413), name
        assert len(answer.content) < 1000, name
