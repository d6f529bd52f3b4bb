"""SERVICE: only for endpoints that the project lists, and joined as the specification says."""

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
from tests.federation.endpoint import JSON, REMOTE, Endpoint, say

ITEM = "?film film:website ?page . BIND(IRI(STR(?page)) AS ?item)"


def rows(graph: FilmGraph, query: str) -> list[tuple[str, ...]]:
    answer = graph.sparql(REMOTE + query, services=True)
    return sorted(
        tuple("" if term is None else str(term).rpartition("/")[2].strip('">') for term in row.terms) for row in answer
    )


def test_what_is_here_is_joined_with_what_is_there(graph: FilmGraph, endpoint: Endpoint) -> None:
    found = rows(graph, f"SELECT ?film ?who {{ {ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }} }}")
    assert found == [("anora", "Q2"), ("tangerine", "Q2")]


def test_only_what_is_known_here_is_asked_about(graph: FilmGraph, endpoint: Endpoint) -> None:
    rows(graph, f"SELECT * {{ {ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }} }}")
    (asked,) = endpoint.asked
    assert "/Q1>" in asked
    assert "/Q9>" not in asked


def test_many_bindings_are_sent_in_batches(graph: FilmGraph, endpoint: Endpoint, configuration: Path) -> None:
    configuration.write_text(f'[services.films]\naddress = "{endpoint.address}"\nkeep = 0\nbatch = 1\n')
    found = rows(graph, f"SELECT ?film ?who {{ {ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }} }}")
    assert found == [("anora", "Q2"), ("tangerine", "Q2")]
    assert len(endpoint.asked) == 2


def test_where_nothing_is_known_here_nobody_is_asked(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f"SELECT * {{ ?item a film:NoSuchThing SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }} }}"
    assert rows(graph, query) == []
    assert endpoint.asked == []


def test_what_is_not_there_stays_open_in_optional(graph: FilmGraph, endpoint: Endpoint) -> None:
    optional = (
        f"OPTIONAL {{ {ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P2047 ?minutes FILTER(?minutes > 120) }} }}"
    )
    found = rows(graph, f"SELECT ?film (STR(?minutes) AS ?m) {{ ?film a film:Film {optional} }}")
    assert found == [("anora", "139"), ("kinds-of-kindness", ""), ("tangerine", "")]


def test_a_filter_on_what_comes_from_there_holds(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f"SELECT ?film {{ {ITEM} FILTER(?m < 120) SERVICE <{endpoint.address}> {{ ?item wdt:P2047 ?m }} }}"
    assert rows(graph, query) == [("tangerine",)]


def test_answers_of_one_endpoint_are_sent_to_the_next(graph: FilmGraph, endpoint: Endpoint) -> None:
    ask = f"SERVICE <{endpoint.address}>"
    query = f"SELECT DISTINCT ?other {{ {ITEM} {ask} {{ ?item wdt:P57 ?who }} {ask} {{ ?other wdt:P57 ?who }} }}"
    assert rows(graph, query) == [("Q1",), ("Q3",)]
    assert "/Q2>" in endpoint.asked[1]


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


@pytest.mark.parametrize(("query", "truth"), FORMS, ids=[one[0][:60] for one in FORMS])
def test_wherever_it_stands_it_is_answered(graph: FilmGraph, endpoint: Endpoint, query: str, truth: bool) -> None:
    text = REMOTE + query.format(at=endpoint.address, item=ITEM)
    assert graph.sparql(text, services=True).truth is truth


def test_a_construct_takes_from_both(graph: FilmGraph, endpoint: Endpoint) -> None:
    asked = f"SERVICE <{endpoint.address}> {{ ?item wdt:P2047 ?m }}"
    query = f"CONSTRUCT {{ ?film film:minutes ?m }} WHERE {{ {ITEM} {asked} }}"
    assert len(graph.sparql(REMOTE + query, services=True).triples or ()) == 2


def test_words_that_look_like_sparql_stay_words(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = (
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
        f"SELECT ?l {{ SERVICE <{endpoint.address}> {{ wd:Q1 rdfs:label ?l }} FILTER(LANG(?l) = 'de') }}"
    )
    (row,) = graph.sparql(REMOTE + query, services=True)
    assert str(row.l) == 'Anora" } . >'


def test_somebody_without_a_name_there_gets_one_here(graph: FilmGraph, endpoint: Endpoint) -> None:
    (row,) = graph.sparql(
        REMOTE + f"SELECT ?who {{ SERVICE <{endpoint.address}> {{ wd:Q9 wdt:P161 ?who }} }}", services=True
    )
    assert "/.well-known/genid/" in str(row.term("who"))


def test_why_an_answer_from_outside_holds_is_told_without_asking_again(
    graph: FilmGraph, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    query = f"{REMOTE} SELECT ?film {{ {ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }} }}"
    assert main(["sparql", "-e", query, "--why", "--project", str(graph.project.folder)]) == 0
    assert "source: encyclopedia" in capsys.readouterr().out
    assert len(endpoint.asked) == 1


def test_a_filter_on_what_is_known_here_narrows_what_is_asked(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f'{ITEM} FILTER(CONTAINS(STR(?film), "ang")) SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }}'
    assert rows(graph, f"SELECT ?film {{ {query} }}") == [("tangerine",)]
    assert "/Q1>" not in endpoint.asked[0]


@pytest.mark.parametrize("form", ["MINUS {{ {} }}", "FILTER NOT EXISTS {{ {} }}", "{{ SELECT ?film {{ {} }} }}",
                                  "{{ {} }} UNION {{ {} }}", "OPTIONAL {{ {{ {} }} }}"])  # fmt: skip
def test_in_whatever_group_it_stands_only_our_films_are_asked_about(
    graph: FilmGraph, endpoint: Endpoint, form: str
) -> None:
    group = f"{ITEM} SERVICE <{endpoint.address}> {{ ?item wdt:P57 ?who }}"
    rows(graph, f"SELECT ?film {{ ?film a film:Film {form.format(*[group] * 2)} }}")
    assert all("/Q1>" in asked and "/Q9>" not in asked for asked in endpoint.asked)


def test_nothing_is_bound_there_but_what_was_asked_for(graph: FilmGraph, endpoint: Endpoint) -> None:
    stray = b'{"head":{"vars":["who","film","x y"]},"results":{"bindings":[{"film":{"type":"uri","value":"e:x"}}]}}'
    endpoint.replies = [lambda handler, _: say(handler, 200, stray)]
    query = f"SELECT DISTINCT ?film {{ ?film a film:Film SERVICE <{endpoint.address}> {{ wd:Q1 wdt:P57 ?who }} }}"
    assert len(rows(graph, query)) == 3


def test_relative_addresses_mean_there_what_they_mean_here(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f"BASE <http://www.wikidata.org/entity/> SELECT ?w {{ SERVICE <{endpoint.address}> {{ <Q1> wdt:P57 ?w }} }}"
    assert rows(graph, query) == [("Q2",)]


REFUSED = [
    ("SERVICE <http://127.0.0.1:9/sparql> { ?s ?p ?o }", "is not allowed"),
    ("SERVICE SILENT <http://127.0.0.1:9/sparql> { ?s ?p ?o }", "is not allowed"),
    ("BIND(<{at}> AS ?where) SERVICE ?where { ?s ?p ?o }", "not a variable"),
    ("SERVICE <{at}> { SERVICE <{at}> { ?s ?p ?o } }", "not supported"),
    ("SERVICE <{at}> { ?s ?p }", "wrong"),
    ("SERVICE <{at}> { ?s ?p ?o } ?this ?does ?not .. ?parse", "does not parse"),
    ("SERVICE <file:///etc/passwd> { ?s ?p ?o }", "is not allowed"),
    ("SERVICE <{at}> { ?s ?p ?o } SERVICE <http://127.0.0.1:9/> { ?s ?p ?o }", "is not allowed"),
    ("SERVICESILENT<{at}>{ ?s ?p ?o }", "Expected white space"),
    ("SERVICE <{at}?more> { ?s ?p ?o }", "is not allowed"),
    ("SERVICE <{at}> ?s", "requires"),
]


@pytest.mark.parametrize(("body", "message"), REFUSED, ids=[one[0] for one in REFUSED])
def test_what_is_not_listed_or_not_plain_is_refused(
    graph: FilmGraph, endpoint: Endpoint, body: str, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        graph.sparql(f"SELECT * {{ {body.replace('{at}', endpoint.address)} }}", services=True)
    assert endpoint.asked == []


def test_what_is_not_listed_is_told_with_the_list_and_its_file(graph: FilmGraph, endpoint: Endpoint) -> None:
    with pytest.raises(QueryError) as caught:
        graph.sparql("SELECT * {\n  SERVICE <https://example.org/sparql> { ?s ?p ?o }\n}", services=True)
    assert str(caught.value) == (
        f"query:2:3: SERVICE <https://example.org/sparql> is not allowed: "
        f"{graph.project.configuration} lists <{endpoint.address}>."
    )


def test_what_is_wrong_behind_a_clause_is_told_where_it_stands(graph: FilmGraph, endpoint: Endpoint) -> None:
    with pytest.raises(QueryError, match="query:3:"):
        graph.sparql(f"SELECT * {{ SERVICE <{endpoint.address}> {{\n ?s ?p ?o }}\n    .. }}", services=True)


def test_a_project_that_lists_nothing_asks_nobody(graph: FilmGraph, endpoint: Endpoint, configuration: Path) -> None:
    configuration.unlink()
    query = f"SELECT * {{ SERVICE <{endpoint.address}> {{ ?s ?p ?o }} }}"
    with pytest.raises(QueryError, match="lists no endpoint"):
        graph.sparql(query, services=True)
    assert endpoint.asked == []


def test_unless_asked_to_no_question_leaves_the_house(
    graph: FilmGraph, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    query = f"SELECT * {{ SERVICE <{endpoint.address}> {{ ?s ?p ?o }} }}"
    for timeout in (None, 60.0):
        with pytest.raises(QueryError, match="SERVICE is not allowed"):
            graph.sparql(query, timeout=timeout)
    assert main(["sparql", "-e", query, "--no-service", "--project", str(graph.project.folder)]) == 2
    assert "SERVICE is not allowed" in capsys.readouterr().err
    assert endpoint.asked == []


def test_a_stored_query_never_leaves_the_house(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f"#+ summary: Who\n#+ returns: {{s: who}}\nSELECT ?s {{ SERVICE <{endpoint.address}> {{ ?s ?p ?o }} }}\n"
    (graph.project.queries / "who.rq").write_text(query, encoding="utf-8")
    with pytest.raises(FaultsError, match="SERVICE is not allowed"):
        StoredQueries(graph.project.queries).find("who")
    assert endpoint.asked == []


def test_a_served_graph_never_leaves_the_house(graph: FilmGraph, endpoint: Endpoint) -> None:
    query = f"SELECT * {{ SERVICE <{endpoint.address}> {{ ?s ?p ?o }} }}"
    with pytest.raises(QueryError, match="SERVICE is not allowed"):
        write_sparql(graph, query, (JSON,), AnswerBounds(rows=10, bytes=10_000))
    assert endpoint.asked == []


def test_why_a_long_answer_from_outside_led_to_nothing_is_not_looked_into(
    graph: FilmGraph, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    people = [{"who": {"type": "uri", "value": f"http://www.wikidata.org/entity/Q{number}"}} for number in range(5_000)]
    body = json.dumps({"head": {"vars": ["who"]}, "results": {"bindings": people}}).encode()
    endpoint.replies = [lambda handler, _: say(handler, 200, body)]
    query = f"{REMOTE} SELECT * {{ SERVICE <{endpoint.address}> {{ wd:Q1 wdt:P161 ?who }} ?film film:director ?who }}"
    assert main(["sparql", "-e", query, "--project", str(graph.project.folder)]) == 0
    assert "too long to be analysed" in capsys.readouterr().err
