"""What is said of queries that do not parse: the mistake, its column, and what to write."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Store

from kg.errors import QueryError
from kg.queries.rewriting.engine_query import evaluate
from kg.queries.syntax_errors import _CHECKS, to_query_error
from kg.text.sparql_tokens import tokenise


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("SELECT ?x (COUNT(*) AS ?n) { ?x ?p ?o }", 8, "Group by ?x as well, or select one value of it"),
        ("SELECT ?p { ?x ?p ?o } GROUP BY ?x", 8, "Group by ?p as well"),
        ("SELECT * { ?x ?p ?o } GROUP BY ?x", 8, "SELECT names its variables instead of *"),
        ("SELECT (MAX(?x) AS ?y) ?x { ?x ?p ?o }", 24, "Group by ?x as well"),
        ("SELECT (?x + 1) { ?x ?p ?o }", 8, "needs a name: (... AS ?name)"),
        ("SELECT COUNT(?x) { ?x ?p ?o }", 8, "(COUNT(...) AS ?name)"),
        ("SELECT ?x, ?y { ?x ?p ?y }", 10, "blanks between them, no commas"),
        ("SELECT x { ?x ?p ?o }", 8, "Variables begin with a question mark: ?x"),
        ("SELECT ?x (SUM(?y) AS ?x) { ?x ?p ?y } GROUP BY ?x", 23, "give this one another name"),
        ("SELECT ?x WHERE ?x ?p ?o }", 11, "WHERE needs a group"),
        ("SELECT ?x { ?x ?p ?o } ORDER ?x", 24, "Write ORDER BY"),
        ("SELECT ?x { ?x ?p ?o } LIMIT -1", 30, "LIMIT needs a number"),
        ("SELECT ?x { ?x ?p ?o } LIMIT", 24, "LIMIT needs a number"),
        ("SELECT ?x { ?x ?p }", 16, "A triple pattern has three parts"),
        ("SELECT ?x { ?x ?p ?o ; ?q . }", 24, "A triple pattern has three parts"),
        ("SELECT ?x { ?x ?p ?y FILTER ?y > 1 }", 29, "FILTER needs brackets"),
        ("SELECT ?x { ?x ?p ?y FILTER !BOUND(?y) }", 29, "FILTER needs brackets"),
        ("SELECT ?x { ?x ?p ?o . BIND(1 AS ?x) }", 34, "BIND needs a new variable"),
        ("SELECT ?x { ?x ?p ?o . BIND(?o + 1) }", 24, "BIND needs a name"),
        ("SELECT ?x { ?x ?p 'abc }", 19, "This text is not closed"),
        ("SELECT ?x { ?x http://e/p ?o }", 16, "An IRI needs angle brackets: <http://...>"),
        ("SELECT ?x { ?x ?p ?o } HAVING (COUNT(*) > 1)", 8, "Group by ?x as well"),
        ("SELECT ?x { ?x ?p ?o } LIMIT 2 LIMIT 3", 32, "LIMIT is there twice"),
        ("SELECT (LCASE(?n, 1) AS ?x) { ?s ?p ?n }", 17, "LCASE takes 1 argument, and has 2."),
        ("SELECT ?x { ?x ?p ?n FILTER(REGEX(?n)) }", 29, "REGEX takes 2 to 3 arguments, and has 1."),
        ("SELECT ?x { ?x ?p ?n FILTER(IF(STR(?n) = '', 1)) }", 29, "IF takes 3 arguments, and has 2."),
        ("SELECT ?x { ?x e:p ?o }", 16, "The prefix e: is not declared"),
    ],
)
def test_a_frequent_mistake_is_named_at_its_place(text: str, column: int, message: str) -> None:
    with pytest.raises(QueryError) as raised:
        evaluate(Store(), text)
    assert message in str(raised.value)
    assert (raised.value.line, raised.value.column) == (1, column)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (SUBSTR(CONCAT(STR(?x), 'a'), 2, STRLEN(STR(?x))) AS ?n) { ?x ?p ?o FILTER(REPLACE(?o, 'a', 'b')) }",
        "SELECT DISTINCT ?x (COUNT(?o) AS ?n) (MAX(?o) AS ?m) { ?x ?p ?o FILTER(?o > 1) } GROUP BY ?x HAVING(?n > 1)",
        "SELECT * { ?x ?p 'a'@en, 'b' ; ?q [ ?r 1.5 ] FILTER NOT EXISTS { ?x a ?c } } ORDER BY ?p LIMIT 1 OFFSET 0",
        "SELECT ?y { { SELECT (SUM(?o) AS ?y) { ?x ?p ?o } } BIND(?y AS ?z) FILTER REGEX(STR(?z), 'a') }",
        "SELECT ?o (?x AS ?k) FROM <a:g> WHERE { VALUES (?x ?o) { (1 2) } ?x (<a:b>|^<a:c>)/<a:d>* ?o . }",
        "SELECT (COUNT(*) AS ?n) ?k { ?x ?p ?o } GROUP BY (STR(?x) AS ?k)",
        "SELECT ?x { { ?x ?p ?o } UNION { BIND(1 AS ?x) } }",
    ],
)
def test_no_mistake_is_found_in_a_query_that_parses(text: str) -> None:
    evaluate(Store(), text)
    assert [mistake for find in _CHECKS for mistake in find(list(tokenise(text)))] == []


_PIECES = [
    "SELECT",
    "?x",
    "*",
    "(",
    ")",
    "{",
    "}",
    "AS",
    "COUNT",
    "GROUP",
    "BY",
    "BIND",
    "FILTER",
    ".",
    ";",
    "'a",
    "a:b",
    "1",
    "WHERE",
]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(_PIECES), max_size=30))
def test_every_wrong_text_has_an_error(pieces: list[str]) -> None:
    text = " ".join(["SELECT", *pieces])
    assert str(to_query_error(text, SyntaxError("error at 1:1: expected {")))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?x FROM " * 80_000,
        "SELECT " + "(1 AS ?a) " * 90_000 + "{}",
        "SELECT * { " + "{ SELECT ?x { ?x ?p ?o } } " * 30_000,
        "SELECT * { " + "'a " * 200_000,
    ],
)
def test_the_mistake_of_a_long_text_is_found_in_time(text: str) -> None:
    began = time.process_time()
    for cut in (text, text[:20_000]):
        to_query_error(cut, SyntaxError("error at 1:1: expected {"))
    assert time.process_time() - began < 10  # what grew with the square would take minutes
