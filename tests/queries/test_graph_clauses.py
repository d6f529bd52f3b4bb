"""GRAPH as https://www.w3.org/TR/sparql11-query/#sparqlAlgebra evaluates it, by both engines."""

from __future__ import annotations

import time

import pytest
from pyoxigraph import NamedNode, Quad, Store

from kg.errors import QueryError
from kg.graph.columns import Columns
from kg.queries.rewriting.engine_query import EngineRows, to_engine_text
from kg.queries.rewriting.graph_clauses import graph_edits
from kg.queries.rewriting.prologue import Prologue
from kg.queries.routing import ColumnarGraph, QueryEngine, route
from kg.text.sparql_tokens import tokenise

EX = "http://example.org/"
ALICE, BOB, KNOWS, ONE, TWO = (NamedNode(EX + name) for name in ("alice", "bob", "knows", "one", "two"))
QUADS = [Quad(ALICE, KNOWS, BOB, ONE), Quad(BOB, KNOWS, ALICE, TWO), Quad(ALICE, KNOWS, ALICE, TWO)]


def answers(text: str, engine: QueryEngine) -> str:
    """The solutions of an engine, without the variables that have no value."""
    store, columns = Store(), Columns.of_quads(QUADS)
    store.extend(QUADS)
    try:
        columnar = ColumnarGraph(len(QUADS), lambda: columns)
        result = route(store, f"PREFIX : <{EX}> {text}", columnar=columnar, engine=engine).result
        assert isinstance(result, EngineRows)
        rows = [dict(sorted(zip(result.columns, tuple(row), strict=True))) for row in result.rows]
    finally:
        columns.close()
    solutions = (
        " ".join(f"{name}={term.value.removeprefix(EX)}" for name, term in row.items() if term is not None)
        for row in rows
    )
    return "; ".join(sorted(solutions))


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("GRAPH :absent { VALUES ?x { 1 } }", ""),
        ("GRAPH :absent { :alice :knows? ?x }", ""),
        ("GRAPH :absent { :alice :knows* :alice }", ""),
        ("GRAPH :absent { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } }", ""),
        ("GRAPH :absent { { VALUES ?x { 1 } } UNION { BIND(1 AS ?y) } }", ""),
        ("GRAPH :one { VALUES ?x { 1 } }", "x=1"),
        ("GRAPH :one { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } }", "n=1"),
        ("GRAPH ?g { VALUES ?x { 1 } }", "g=one x=1; g=two x=1"),
        ("GRAPH ?g { VALUES ?x { 1 } OPTIONAL { :bob :knows ?y } }", "g=one x=1; g=two x=1 y=alice"),
        (
            "GRAPH ?g { { VALUES ?x { 1 } OPTIONAL { :bob :knows ?y } } UNION { :bob :knows ?z } }",
            "g=one x=1; g=two x=1 y=alice; g=two z=alice",
        ),
        ("GRAPH ?g { { SELECT ?x { VALUES ?x { 1 } } } OPTIONAL { :bob :knows ?y } }", "g=one x=1; g=two x=1 y=alice"),
        ("GRAPH ?g { SELECT DISTINCT ?x { ?x :knows :bob } }", "g=one x=alice"),
        ("GRAPH ?g { SELECT * { ?x :knows :bob } }", "g=one x=alice"),
        ("GRAPH ?g { SELECT * { SELECT ?x { ?x :knows :bob } } }", "g=one x=alice"),
        ("GRAPH ?g { ?x :knows :bob OPTIONAL { SELECT * { VALUES ?y { 1 } } } }", "g=one x=alice y=1"),
        ("GRAPH ?g { SELECT ?o (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?o }", "g=one n=1 o=bob; g=two n=2 o=alice"),
        ("GRAPH ?g { SELECT ?g (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?g }", "g=one n=1; g=two n=2"),
        ("GRAPH ?g { ?x :knows :bob MINUS { ?s :knows ?o } }", "g=one x=alice"),
        ("GRAPH ?g { ?x :knows :bob MINUS { ?x :knows ?o } }", ""),
        ("GRAPH ?g { ?x :knows :bob MINUS { GRAPH :absent { VALUES ?y { 1 } } } }", "g=one x=alice"),
    ],
)  # fmt: skip
def test_a_clause_has_solutions_for_the_graphs_that_are_there(group: str, expected: str) -> None:
    is_compiled = "GRAPH ?g" not in group or "GROUP BY" not in group
    for engine in (QueryEngine.OXIGRAPH, QueryEngine.COLUMNAR)[: 1 + is_compiled]:
        assert answers(f"SELECT * {{ {group} }}", engine) == expected, engine


def test_a_clause_without_values_subselects_and_minus_stays_as_it_is() -> None:
    text = f"SELECT * {{ GRAPH ?g {{ ?x <{EX}knows> ?y OPTIONAL {{ ?y ?p ?z }} }} MINUS {{ ?a ?b ?c }} }}"
    assert to_engine_text(text) == text


def test_groups_over_all_graphs_together_are_refused() -> None:
    with pytest.raises(QueryError, match=r"has to select and group by \?g"):
        answers("SELECT * { GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } } }", QueryEngine.OXIGRAPH)


@pytest.mark.parametrize(
    "group",
    [
        "?s ?p ?o . " * 200 + "MINUS { ?a ?b ?c } " * 200,
        "VALUES ?x { 1 } " * 5_000 + "MINUS { ?a ?b ?c VALUES ?d { 1 } } " * 200,
        "{ SELECT ?x { ?x ?p ?o } } " * 5_000,
        "{ SELECT ?x { VALUES ?x { 1 } MINUS { " * 30 + "?s ?p ?o" + " } } } " * 30,
    ],
)
def test_many_clauses_are_read_in_time(group: str) -> None:
    text = f"SELECT * {{ GRAPH ?g {{ {group} }} }}"
    began = time.process_time()
    graph_edits(text, list(tokenise(text)), Prologue([]))
    assert time.process_time() - began < 3  # what grew with the square would take minutes
