"""SPARQL from anybody: what may run, what is refused with its place, and that reading it is never slow."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import QueryError
from kg.filmgraph import FilmGraph
from kg.queries.sparql import MAX_LENGTH, find_values_blocks, guard
from kg.text.sparql_tokens import tokenise
from tests.projects import ANORA, SmallProject


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    project = SmallProject(tmp_path_factory.mktemp("films"))
    project.write("data/films.yaml", ANORA)
    return project.open()


REFUSED = {
    "2,200 groups within each other": "SELECT * " + "{" * 2200 + "}" * 2200,
    "2,200 brackets within each other": "SELECT * { ?s ?p ?o FILTER(" + "(" * 2200 + "1" + ")" * 2200 + ") }",
    "2,200 blank nodes within each other": "SELECT * { ?s ?p " + "[ ?p " * 2200 + "1" + "]" * 2200 + " }",
    "2,200 lists within each other": "SELECT * { ?s ?p " + "(" * 2200 + "1" + ")" * 2200 + " }",
    "2,200 triples within each other": "SELECT * { " + "<< " * 2200 + "?s ?p ?o" + " >> ?p ?o" * 2199 + " >> ?p ?o }",
    "2,200 triple terms within each other": "SELECT * { ?s ?p " + "<<(?s ?p " * 2200 + "?o" + ")>>" * 2200 + " }",
    "100,000 negations": "SELECT * { ?s ?p ?o FILTER(" + "!" * 100_000 + "?o) }",
    "100,000 signs apart": "SELECT * { ?s ?p ?o FILTER(" + "- " * 100_000 + "?o) }",
    "10,000 sums": "SELECT * { ?s ?p ?o FILTER(" + "+".join(["?o"] * 10_000) + ") }",
    "10,000 ands": "SELECT * { ?s ?p ?o FILTER(" + "&&".join(["?o"] * 10_000) + ") }",
    "10,000 ors": "SELECT * { ?s ?p ?o FILTER(" + "||".join(["?o"] * 10_000) + ") }",
    "10,000 steps of a path": "SELECT * { ?s " + "/".join(["a"] * 10_000) + " ?o }",
    "10,000 branches of a path": "SELECT * { ?s " + "|".join(["a"] * 10_000) + " ?o }",
    "10,000 unions": "SELECT * { " + " UNION ".join(["{?s ?p ?o}"] * 10_000) + " }",
    "5,000 optional parts": "SELECT * { ?s ?p ?o " + "OPTIONAL{?s ?p ?o}" * 5_000 + " }",
    "5,000 exceptions": "SELECT * { ?s ?p ?o " + "minus{?s ?p ?o}" * 5_000 + " }",
    "10,000 filters": "SELECT * { ?s ?p ?o " + "FILTER(?s)" * 10_000 + " }",
    "10,000 filters in one word": "SELECT * { ?s ?p ?o " + "FILTERBOUND(?s)" * 10_000 + " }",
    "10,000 patterns": "SELECT * { " + "?s ?p ?o ." * 10_000 + " }",
    "10,000 patterns of one subject": "SELECT * { ?s ?p ?o" + "; ?p ?o" * 10_000 + " }",
    "10,000 groups": "SELECT * { " + "{?s ?p ?o}" * 10_000 + " }",
    "more than a megabyte": "ASK {} #" + "x" * MAX_LENGTH,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_query_that_could_end_the_process_is_refused(graph: FilmGraph, text: str) -> None:
    began = time.process_time()
    with pytest.raises(QueryError):
        graph.sparql(text)
    assert time.process_time() - began < 5  # what grew with the square would take minutes


SERVICES = [
    "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { service silent ?x { ?s ?p ?o } }",
    "SELECT * { { SELECT * { OPTIONAL { SeRvIcE<http://127.0.0.1:9/> { ?s ?p ?o } } } } }",
    "ASK { FILTER NOT EXISTS { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } }",
    "CONSTRUCT { ?s ?p ?o } WHERE {\n#\nSERVICE\n<http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p '\\'' . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p '''a''b''' SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p 1.SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { ?s <#> ?o SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o . FILTER(?o < 3) SERVICE <http://127.0.0.1:9/> {} FILTER(?o > 3) }",
    "SELECT * { ?s ?p ?o }\nSERVICE",
    # Oxigraph needs no white space around a keyword.
    "SELECT * { SERVICESILENT ?x { ?s ?p ?o } }",
    "SELECT * { SERVICEfilm:anora { ?s ?p ?o } }",
    "PREFIX SERVICEfilm: <urn:x> SELECT * { SERVICEfilm:anora { ?s ?p ?o } }",
    "SELECT * { ?s ?p 1SERVICE<http://127.0.0.1:9/>{ ?s ?p ?o } }",
    "SELECT * { ?s ?p 1.0e1SERVICE<http://127.0.0.1:9/>{ ?s ?p ?o } }",
    "SELECT * { ?s ?p trueSERVICE<http://127.0.0.1:9/>{ ?s ?p ?o } }",
    "SELECT * { ?s ?p trueSERVICEfilm:anora{ ?s ?p ?o } }",
    "SELECT * { LATERAL{SERVICE?x{}} }",
]


@pytest.mark.parametrize("text", SERVICES)
def test_no_query_calls_another_service(graph: FilmGraph, text: str) -> None:
    with pytest.raises(QueryError, match="SERVICE"):
        graph.sparql(text)


@pytest.mark.parametrize(
    "text",
    [
        "ASK { ?s ?p ?o # SERVICE <http://127.0.0.1:9/> {}\n }",
        "ASK { ?s ?p ?o FILTER(?o != 'SERVICE <x> {}') }",
        'ASK { ?s ?p ?o FILTER(?o != """a "SERVICE" <x> {}""") }',
        "ASK { ?s ?p ?o FILTER(?o != <http://example.org/SERVICE>) }",
        "ASK { ?s ?p ?o FILTER(?o != film:SERVICE) }",
        "ASK { ?s ?p ?SERVICE }",
        "ASK { ?s ?p ?o FILTER(?o != 'x'@SERVICE) }",
    ],
)
def test_the_word_service_is_allowed_in_comments_strings_and_names(graph: FilmGraph, text: str) -> None:
    assert graph.sparql(text).truth


def test_a_refused_service_is_reported_with_its_place(graph: FilmGraph) -> None:
    with pytest.raises(QueryError) as raised:
        graph.sparql("SELECT *\n{ ?s ?p ?o .\n  SERVICE <http://127.0.0.1:9/> { } }")
    assert str(raised.value.place) == "query:3:3"


BROKEN = [
    ("SELECT * { ?s ?p }", 1),
    ("SELECT *\n{ ?s ?p ?o\n  FILTER(?o = }", 3),
    ("SELEC * { ?s ?p ?o }", 1),
    ("SELECT * { ?s nope:p ?o }", 1),
    ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", 1),
    ("DELETE WHERE { ?s ?p ?o }", 1),
    ("LOAD <file:///etc/passwd>", 1),
    ("DROP ALL", 1),
    ("SELECT * { ?s ?p 'never ends }", 1),
]


@pytest.mark.parametrize(("text", "line"), BROKEN)
def test_a_query_that_does_not_parse_says_where(graph: FilmGraph, text: str, line: int) -> None:
    before = len(graph)
    with pytest.raises(QueryError) as raised:
        graph.sparql(text)
    assert raised.value.place is not None
    assert (raised.value.place.line, raised.value.place.column >= 1) == (line, True)
    assert len(graph) == before


@pytest.mark.parametrize("clause", ["FROM", "FROM NAMED"])
@pytest.mark.parametrize("is_file", [True, False])
def test_from_reads_no_file_and_fetches_nothing(graph: FilmGraph, tmp_path: Path, clause: str, is_file: bool) -> None:
    secret = tmp_path / "secret.ttl"
    secret.write_text("<urn:s> <urn:p> 'TOP SECRET' .", encoding="utf-8")
    address = secret.as_uri() if is_file else "http://127.0.0.1:9/secret.ttl"
    query = f"SELECT ?o {clause} <{address}> {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} }}"
    assert len(graph.sparql(query)) == 0


def test_the_graphs_prefixes_may_be_declared_but_need_not_be(graph: FilmGraph) -> None:
    assert graph.sparql("ASK { film:anora a film:Film ; rdfs:label ?x FILTER(xsd:string(?x) = 'Anora') }").truth
    assert not graph.sparql("PREFIX film: <urn:other/> ASK { film:anora a ?x }").truth


def test_rows_beyond_the_limit_are_left_out_and_the_answer_is_incomplete(graph: FilmGraph) -> None:
    few = graph.sparql("SELECT ?s { ?s ?p ?o }", limit=2)
    assert (len(few), few.complete) == (2, False)
    all_rows = graph.sparql("SELECT ?s { ?s ?p ?o }", limit=10_000)
    assert all_rows.complete
    triples = graph.sparql("CONSTRUCT WHERE { ?s ?p ?o }", limit=2)
    assert (len(triples), triples.complete) == (2, False)


ADVERSARIES = {
    "quotes": '"' * 200_000,
    "apostrophes": "'" * 200_001,
    "quotes and backslashes": '"\\' * 100_000,
    "three quotes": '"""' + 'a"' * 100_000,
    "three quotes and backslashes": '"""' + '\\"' * 100_000,
    "opening angles": "<" * 200_000,
    "angles and letters": "<a" * 100_000,
    "an address without end": "<" + "a" * 200_000,
    "dots": "." * 200_000,
    "a name of dots": "a:" + "a." * 100_000 + " ",
    "a name of dots only": "a:" + "." * 200_000,
    "a prefix of dots": "a" + ".a" * 100_000,
    "a prefix of dots only": "a" + "." * 200_000 + ":",
    "names": "a:b" * 66_000,
    "colons": ":" * 200_000,
    "percents": "a:" + "%41" * 66_000,
    "percents that are none": "a:" + "%4" * 100_000,
    "backslashes": "a:" + "\\-" * 100_000,
    "digits": "1" * 200_000,
    "digits and dots": "1." * 100_000,
    "digits and exponents": "1e" * 100_000,
    "hyphens": "a" + "-" * 200_000,
    "letters": "a" * 200_000,
    "underscores": "_:" + "a." * 100_000,
    "hashes": "#" * 200_000,
    "language tags": "@" + "a-" * 100_000,
    "variables": "?" * 200_000,
    "blanks": " " * 200_000,
    "letters of another script": "é" * 200_000,
}


@pytest.mark.parametrize("text", ADVERSARIES.values(), ids=ADVERSARIES)
def test_two_hundred_thousand_characters_are_tokenised_quickly(text: str) -> None:
    began = time.process_time()
    for _ in tokenise(text):
        pass
    assert time.process_time() - began < 5  # what grew with the square would take minutes


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from("?$a:.1<>\"'\\#@{}()[] \n_-%/|^!&=é"), max_size=60))
def test_tokens_cover_a_text_in_its_order(text: str) -> None:
    end = 0
    for token in tokenise(text):
        assert token.start >= end
        assert text[token.start : token.end] == token.text
        end = token.end


def test_many_unclosed_values_blocks_are_searched_quickly() -> None:
    text = "SELECT * { " + "VALUES ?x { " * 20_000
    began = time.process_time()
    assert list(find_values_blocks(text, list(tokenise(text)))) == []
    assert time.process_time() - began < 5  # what grew with the square would take minutes


def test_the_guard_returns_the_tokens_of_a_query() -> None:
    assert [token.text for token in guard("ASK { ?s ?p 'a' } # end")] == ["ASK", "{", "?s", "?p", "'a'", "}"]


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("SELECT * { ?f film:year ?y FILTER(?y > 2000 }", "this ( is not closed", 34),
        ("SELECT * { ?f film:year ?y", "this { is not closed", 10),
        ("SELECT * { ?f film:year ?y } }", "this } closes nothing", 30),
        ("SELECT * { ?f film:title 'a ( b' . ?f film:year [ }", "this [ is not closed", 49),
    ],
)
def test_a_bracket_without_its_pair_is_named_at_its_place(
    graph: FilmGraph, text: str, message: str, column: int
) -> None:
    with pytest.raises(QueryError, match=re.escape(message)) as raised:
        graph.sparql(text)
    assert (raised.value.line, raised.value.column) == (1, column)
