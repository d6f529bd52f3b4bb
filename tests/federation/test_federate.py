"""SERVICE: only endpoints that the project lists, and joins as the specification defines them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.cli import main
from kg.errors import FaultsError, QueryError
from kg.filmgraph import FilmGraph
from kg.queries.result_writers import AnswerBounds
from kg.queries.stored_query import StoredQueries
from kg.server.api.sparql import write_sparql
from tests.federation.endpoint import JSON, REMOTE, Endpoint, send_reply

ITEM = "?film film:website ?page . BIND(IRI(STR(?page)) AS ?item)"


def rows(graph: FilmGraph, query: str) -> list[tuple[str, ...]]:
    answer = graph.sparql(REMOTE + query, services=True)
    return sorted(
        tuple("" if term is None else str(term).rpartition("/")[2].strip('">') for term in row.terms) for row in answer
    )


def test_local_and_remote_data_are_joined(graph: FilmGraph, endpoint: Endpoint) -> None:
    answer = rows(graph, f"SELECT ?film ?who {{ {ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }} }}")
    assert answer == [("anora", "Q2"), ("tangerine", "Q2")]


def test_only_local_bindings_are_sent(graph: FilmGraph, endpoint: Endpoint) -> None:
    rows(graph, f"SELECT * {{ {ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }} }}")
    (query,) = endpoint.queries
    assert "/Q1>" in query
    assert "/Q9>" not in query


def test_many_bindings_are_sent_in_batches(graph: FilmGraph, endpoint: Endpoint, configuration: Path) -> None:
    configuration.write_text(f'[services.films]\naddress = "{endpoint.address}"\nkeep = 0\nbatch = 1\n')
    answer = rows(graph, f"SELECT ?film ?who {{ {ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }} }}")
    assert answer == [("anora", "Q2"), ("tangerine", "Q2")]
    assert len(endpoint.queries) == 2


def test_without_local_bindings_no_request_is_sent(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f"SELECT * {{ ?item a film:NoSuchThing SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }} }}"
    assert rows(graph, query) == []
    assert endpoint.queries == []


def test_a_missing_remote_value_is_unbound_in_optional(graph: FilmGraph, endpoint: Endpoint) -> None:
    optional = (
        f"OPTIONAL {{ {ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P2047 ?minutes FILTER(?minutes > 120) }} }}"
    )
    answer = rows(graph, f"SELECT ?film (STR(?minutes) AS ?m) {{ ?film a film:Film {optional} }}")
    assert answer == [("anora", "139"), ("kinds-of-kindness", ""), ("tangerine", "")]


def test_a_filter_on_a_remote_value_is_applied(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f"SELECT ?film {{ {ITEM} FILTER(?m < 120) SERVICE <{endpoint.address}> {{ ?item wdt:P2047 ?m }} }}"
    assert rows(graph, query) == [("tangerine",)]


def test_answers_of_one_endpoint_are_sent_to_the_next(graph: FilmGraph, endpoint: Endpoint) -> None:
    ask = f"SERVICE <{endpoint.address}>"
    query = f"SELECT DISTINCT ?other {{ {ITEM} {ask} {{ ?item wdt:P57 ?who }} {ask} {{ ?other wdt:P57 ?who }} }}"
    assert rows(graph, query) == [("Q1",), ("Q3",)]
    assert "/Q2>" in endpoint.queries[1]


FORMS = [
    ("ASK {{ {item} SERVICE <{at}> {{ ?item wdt:P57 wd:Q2 }} }}", True),
    ("ASK {{ SERVICE <{at}> {{ wd:Q1 wdt:P57 wd:Q2 }} }}", True),
    ("ASK {{ SERVICE <{at}> {{ wd:Q1 wdt:P57 wd:Q8 }} }}", False),
    ("ASK {{ {{ SERVICE <{at}> {{ wd:Q1 wdt:P57 wd:Q8 }} }} UNION {{ ?film a film:Film }} }}", True),
    ("ASK {{ ?film a film:Film MINUS {{ SERVICE <{at}> {{ ?film wdt:P57 ?who }} }} }}", True),
    ("ASK {{ {{ SELECT ?who {{ SERVICE <{at}> {{ ?f wdt:P57 ?who }} }} LIMIT 1 }} }}", True),
    ("ASK {{ GRAPH graph:provenance {{ SERVICE <{at}> {{ wd:Q1 wdt:P57 ?who }} }} }}", True),
    ("PREFIX e: <{at}> ASK {{ SERVICE e: {{ wd:Q9 wdt:P57 ?who }} }}", True),
]


@pytest.mark.parametrize(("query", "truth"), FORMS, ids=[case[0][:60] for case in FORMS])
def test_a_service_is_answered_anywhere_in_a_query(
    graph: FilmGraph, endpoint: Endpoint, query: str, truth: bool
) -> None:
    text = REMOTE + query.format(at=endpoint.address, item=ITEM)
    assert graph.sparql(text, services=True).truth is truth


def test_a_construct_combines_local_and_remote_data(graph: FilmGraph, endpoint: Endpoint) -> None:
    clause = f"SERVICE <{endpoint.address}> {{ ?item wdt:P2047 ?m }}"
    query = f"CONSTRUCT {{ ?film film:minutes ?m }} WHERE {{ {ITEM} {clause} }}"
    assert len(graph.sparql(REMOTE + query, services=True).triples or ()) == 2


def test_remote_texts_that_look_like_sparql_stay_texts(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = (
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
        f"SELECT ?l {{ SERVICE <{endpoint.address}> {{ wd:Q1 rdfs:label ?l }} FILTER(LANG(?l) = 'de') }}"
    )
    (row,) = graph.sparql(REMOTE + query, services=True)
    assert str(row.l) == 'Anora" } . >'


def test_a_remote_blank_node_becomes_an_iri(graph: FilmGraph, endpoint: Endpoint) -> None:
    (row,) = graph.sparql(
        REMOTE + f"SELECT ?who {{ SERVICE <{endpoint.address}> {{ wd:Q9 wdt:P161 ?who }} }}", services=True
    )
    assert "/.well-known/genid/" in str(row.term("who"))


def test_a_federated_answer_is_explained_without_another_request(
    graph: FilmGraph, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    query = f"{REMOTE} SELECT ?film {{ {ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }} }}"
    assert main(["sparql", "-e", query, "--why", "--project", str(graph.project.folder)]) == 0
    assert "source: encyclopedia" in capsys.readouterr().out
    assert len(endpoint.queries) == 1


def test_a_filter_on_local_values_reduces_the_bindings_that_are_sent(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f'{ITEM} FILTER(CONTAINS(STR(?film), "ang")) SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }}'
    assert rows(graph, f"SELECT ?film {{ {query} }}") == [("tangerine",)]
    assert "/Q1>" not in endpoint.queries[0]


@pytest.mark.parametrize("form", ["MINUS {{ {} }}", "FILTER NOT EXISTS {{ {} }}", "{{ SELECT ?film {{ {} }} }}",
                                  "{{ {} }} UNION {{ {} }}", "OPTIONAL {{ {{ {} }} }}"])  # fmt: skip
def test_in_any_group_only_the_bindings_of_our_films_are_sent(graph: FilmGraph, endpoint: Endpoint, form: str) -> None:
    group = f"{ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }}"
    rows(graph, f"SELECT ?film {{ ?film a film:Film {form.format(*[group] * 2)} }}")
    assert all("/Q1>" in query and "/Q9>" not in query for query in endpoint.queries)


def test_a_remote_answer_binds_only_the_variables_of_its_clause(graph: FilmGraph, endpoint: Endpoint) -> None:
    stray = b'{"head":{"vars":["who","film","x y"]},"results":{"bindings":[{"film":{"type":"uri","value":"e:x"}}]}}'
    endpoint.replies = [lambda handler, _: send_reply(handler, 200, stray)]
    query = f"SELECT DISTINCT ?film {{ ?film a film:Film SERVICE <{endpoint.address}> {{ wd:Q1 wdt:P57 ?who }} }}"
    assert len(rows(graph, query)) == 3


def test_a_base_applies_to_the_remote_query_too(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f"BASE <http://www.wikidata.org/entity/> SELECT ?w {{ SERVICE <{endpoint.address}> {{ <Q1> wdt:P57 ?w }} }}"
    assert rows(graph, query) == [("Q2",)]


REFUSED = [
    ("SERVICE <http://127.0.0.1:9/sparql> { ?s ?p ?o }", "is not allowed"),
    ("SERVICE SILENT <http://127.0.0.1:9/sparql> { ?s ?p ?o }", "is not allowed"),
    ("BIND(<{at}> AS ?where) SERVICE ?where { ?s ?p ?o }", "not a variable"),
    ("SERVICE <{at}> { SERVICE <{at}> { ?s ?p ?o } }", "not supported"),
    ("SERVICE <{at}> { ?s ?p }", "wrong"),
    ("SERVICE <{at}> { ?s ?p ?o } ?this ?does ?not .. ?parse", "three parts"),
    ("SERVICE <file:///etc/passwd> { ?s ?p ?o }", "is not allowed"),
    ("SERVICE <{at}> { ?s ?p ?o } SERVICE <http://127.0.0.1:9/> { ?s ?p ?o }", "is not allowed"),
    ("SERVICESILENT<{at}>{ ?s ?p ?o }", "Expected white space"),
    ("SERVICE <{at}?more> { ?s ?p ?o }", "is not allowed"),
    ("SERVICE <{at}> ?s", "requires"),
]


@pytest.mark.parametrize(("body", "message"), REFUSED, ids=[case[0] for case in REFUSED])
def test_a_service_that_is_unlisted_or_not_plain_is_refused(
    graph: FilmGraph, endpoint: Endpoint, body: str, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        graph.sparql(f"SELECT * {{ {body.replace('{at}', endpoint.address)} }}", services=True)
    assert endpoint.queries == []


def test_an_unlisted_endpoint_is_reported_with_the_list_and_its_file(graph: FilmGraph, endpoint: Endpoint) -> None:
    with pytest.raises(QueryError) as caught:
        graph.sparql("SELECT * {\n  SERVICE <https://example.org/sparql> { ?s ?p ?o }\n}", services=True)
    assert str(caught.value) == (
        f"query:2:3: SERVICE <https://example.org/sparql> is not allowed: "
        f"{graph.project.configuration} lists <{endpoint.address}>."
    )


def test_an_error_behind_a_clause_is_reported_at_its_own_place(graph: FilmGraph, endpoint: Endpoint) -> None:
    with pytest.raises(QueryError, match="query:3:"):
        graph.sparql(f"SELECT * {{ SERVICE <{endpoint.address}> {{\n ?s ?p ?o }}\n    .. }}", services=True)


def test_a_project_without_a_configuration_sends_no_request(
    graph: FilmGraph, endpoint: Endpoint, configuration: Path
) -> None:
    configuration.unlink()
    query = f"SELECT * {{ SERVICE <{endpoint.address}> {{ ?s ?p ?o }} }}"
    with pytest.raises(QueryError, match="lists no endpoint"):
        graph.sparql(query, services=True)
    assert endpoint.queries == []


def test_without_services_no_query_sends_a_request(
    graph: FilmGraph, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    query = f"SELECT * {{ SERVICE <{endpoint.address}> {{ ?s ?p ?o }} }}"
    for timeout in (None, 60.0):
        with pytest.raises(QueryError, match="SERVICE is not allowed"):
            graph.sparql(query, timeout=timeout)
    assert main(["sparql", "-e", query, "--no-service", "--project", str(graph.project.folder)]) == 2
    assert "SERVICE is not allowed" in capsys.readouterr().err
    assert endpoint.queries == []


def test_a_stored_query_never_sends_a_request(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f"#+ summary: Who\n#+ returns: {{s: who}}\nSELECT ?s {{ SERVICE <{endpoint.address}> {{ ?s ?p ?o }} }}\n"
    (graph.project.queries / "who.rq").write_text(query, encoding="utf-8")
    with pytest.raises(FaultsError, match="SERVICE is not allowed"):
        StoredQueries(graph.project.queries).find("who")
    assert endpoint.queries == []


def test_a_served_graph_never_sends_a_request(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f"SELECT * {{ SERVICE <{endpoint.address}> {{ ?s ?p ?o }} }}"
    with pytest.raises(QueryError, match="SERVICE is not allowed"):
        write_sparql(graph, query, (JSON,), AnswerBounds(rows=10, bytes=10_000))
    assert endpoint.queries == []


def test_an_empty_answer_of_a_long_federated_query_is_not_analysed(
    graph: FilmGraph, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    people = [{"who": {"type": "uri", "value": f"http://www.wikidata.org/entity/Q{number}"}} for number in range(5_000)]
    body = json.dumps({"head": {"vars": ["who"]}, "results": {"bindings": people}}).encode()
    endpoint.replies = [lambda handler, _: send_reply(handler, 200, body)]
    query = f"{REMOTE} SELECT * {{ SERVICE <{endpoint.address}> {{ wd:Q1 wdt:P161 ?who }} ?film film:director ?who }}"
    assert main(["sparql", "-e", query, "--project", str(graph.project.folder)]) == 0
    assert "too long to be analysed" in capsys.readouterr().err
