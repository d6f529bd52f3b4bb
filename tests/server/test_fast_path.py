"""Lookups are answered without a worker as the engine answers them; other queries go to a worker."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.filmgraph import FilmGraph
from kg.queries.result_writers import JSON, write_all_rows
from kg.queries.rewriting.engine_query import EngineRows, evaluate
from kg.server.fast_path import FastPath, bound_lookup
from tests.projects import SmallProject

ENTITIES = ("film:anora", "film:sean-baker", "film:nobody", "<https://w3id.org/filmgraph/film/tangerine>", "film:Film")
PREDICATES = ("film:director", "film:year", "rdfs:label", "a", "film:release", "film:nothing", "?how")
VALUES = (
    "film:sean-baker",
    '"2024"^^xsd:byte',
    '"Tangerine"',
    '"2024"^^xsd:gYear',
    '"nothing"@en',
    "film:Film",
    "?what",
    "?which",
)


@pytest.fixture(scope="module")
def graph(films: SmallProject) -> FilmGraph:
    return FilmGraph(films.project)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Queries that look something up, and some that nearly do."""
    subject = draw(st.sampled_from((*ENTITIES, "?entity")))
    pairs = draw(st.lists(st.tuples(st.sampled_from(PREDICATES), st.sampled_from(VALUES)), min_size=1, max_size=3))
    inside = f"{subject} " + " ; ".join(f"{predicate} {value}" for predicate, value in pairs)
    columns = " ".join(draw(st.lists(st.sampled_from(("?entity", "?how", "?what", "?which")), min_size=1, max_size=3)))
    limit = draw(st.sampled_from(("", " LIMIT 1", " LIMIT 5000", " LIMIT 0")))
    return f"SELECT {columns} {{ {inside} }}{limit}"


def rows_of(document: bytes) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in json.loads(document)["results"]["bindings"])


@settings(max_examples=400, deadline=None)
@given(queries())
def test_a_lookup_is_answered_as_the_engine_answers_it(graph: FilmGraph, query: str) -> None:
    ours = FastPath(graph.store).answer(query)
    if ours is not None:
        result = evaluate(graph.store, query)
        assert isinstance(result, EngineRows)
        theirs = write_all_rows(result.columns, result.rows, JSON, is_complete=True)
        assert json.loads(ours)["head"] == json.loads(theirs)["head"]
        if "LIMIT 1" in query:
            assert len(rows_of(ours)) == len(rows_of(theirs))
        else:
            assert rows_of(ours) == rows_of(theirs)


LOOKUPS = (
    "SELECT ?who { film:anora film:director ?who }",
    "PREFIX f: <https://w3id.org/filmgraph/film/> select ?who where { f:anora f:director ?who . } limit 10",
    "SELECT ?film { ?film film:director film:sean-baker }",
    'SELECT ?film { ?film rdfs:label "Tangerine" }',
)
OTHERS = (
    "SELECT ?film { ?film film:director ?who ; film:writer ?who }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f }",
    "SELECT ?a { ?a ?b ?c ; ?d ?e }",
    "SELECT ?x { ?x ?x ?x }",
    "SELECT ?x { film:anora film:director+ ?x }",
    "SELECT ?x { SERVICE <http://127.0.0.1/> { ?x a film:Film } }",
    "SELECT ?x { film:anora film:director ?x } LIMIT 100000",
    "SELECT ?x FROM <file:///etc/passwd> { film:anora film:director ?x }",
    "SELECT ?who { film:anora film:director ?who FILTER(REGEX(?who, '(a+)+$')) }",
    "SELECT ?nobody { film:anora film:director ?who }",
)


@pytest.mark.parametrize("query", LOOKUPS)
def test_lookups_are_recognised(graph: FilmGraph, query: str) -> None:
    assert bound_lookup(query) is not None
    answer = FastPath(graph.store).answer(query)
    assert answer is not None
    assert rows_of(answer)


@pytest.mark.parametrize("query", OTHERS)
def test_other_queries_go_to_a_worker(graph: FilmGraph, query: str) -> None:
    assert FastPath(graph.store).answer(query) is None


def test_an_ill_typed_literal_is_not_the_number_that_the_engine_reads() -> None:
    number, title = NamedNode("https://w3id.org/filmgraph/film/number"), NamedNode("https://example.org/500-days")
    store = Store()
    store.add(Quad(title, number, Literal(500)))
    assert FastPath(store).answer('SELECT ?film { ?film film:number "500"^^xsd:short }') is not None
    assert FastPath(store).answer('SELECT ?film { ?film film:number "500"^^xsd:byte }') is None
