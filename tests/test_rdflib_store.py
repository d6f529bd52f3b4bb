"""rdflib over our store: the ways of asking that rdflib's own documentation shows, on data of our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import rdflib
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.namespace import FOAF, RDF
from rdflib.plugins.sparql import prepareQuery

import kg

DATA = """
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix ex: <http://example.org/> .
ex:ana a foaf:Person ; foaf:name "Ana" ; foaf:age 42 ; foaf:knows ex:ben, ex:cho .
ex:ben a foaf:Person ; foaf:name "Ben"@en ; foaf:age 17 ; foaf:knows ex:cho .
ex:cho a foaf:Person ; foaf:name "Cho" .
ex:friends { ex:ana foaf:knows ex:dov }
"""
EX = rdflib.Namespace("http://example.org/")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> kg.Store:
    path = tmp_path_factory.mktemp("people") / "people.trig"
    path.write_text(DATA, encoding="utf-8")
    return kg.Store(str(path))


@pytest.fixture
def graph(store: kg.Store) -> Iterator[rdflib.Graph]:
    return rdflib.Graph(store)  # type: ignore[return-value]


def test_the_plugin_is_found_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "one.ttl"
    path.write_text("<urn:a> <urn:b> <urn:c> .", encoding="utf-8")
    graph = rdflib.Graph("FilmGraph")
    assert graph.open(str(path)) == rdflib.store.VALID_STORE
    assert list(graph) == [(rdflib.URIRef("urn:a"), rdflib.URIRef("urn:b"), rdflib.URIRef("urn:c"))]


def test_rows_have_the_names_of_their_variables(graph: rdflib.Graph) -> None:
    rows = graph.query(
        "SELECT DISTINCT ?aname ?bname WHERE { ?a foaf:knows ?b . ?a foaf:name ?aname . ?b foaf:name ?bname }"
    )
    assert sorted((str(row.aname), str(row.bname)) for row in rows) == [("Ana", "Ben"), ("Ana", "Cho"), ("Ben", "Cho")]  # type: ignore[union-attr]


def test_prefixes_may_be_given_with_the_call(graph: rdflib.Graph) -> None:
    rows = graph.query("SELECT ?name WHERE { ?p x:name ?name } ORDER BY ?name", initNs={"x": FOAF})
    assert [str(row[0]) for row in rows] == ["Ana", "Ben", "Cho"]  # type: ignore[index]


def test_a_variable_may_be_bound_with_the_call(graph: rdflib.Graph) -> None:
    rows = graph.query("SELECT ?name WHERE { ?p foaf:name ?name }", initBindings={"p": EX.ben})
    assert [row[0] for row in rows] == [rdflib.Literal("Ben", lang="en")]  # type: ignore[index]


def test_a_prepared_query_runs_many_times(graph: rdflib.Graph) -> None:
    prepared = prepareQuery("SELECT ?s WHERE { ?person foaf:knows ?s }", initNs={"foaf": FOAF})
    assert {row.s for row in graph.query(prepared, initBindings={"person": EX.ana})} == {EX.ben, EX.cho}  # type: ignore[union-attr]


def test_an_ask_is_true_or_false(graph: rdflib.Graph) -> None:
    assert bool(graph.query("ASK { ?p foaf:name 'Cho' }"))
    assert not graph.query("ASK { ?p foaf:name 'Zoe' }").askAnswer


def test_a_construct_gives_a_graph(graph: rdflib.Graph) -> None:
    made = graph.query("CONSTRUCT { ?b <urn:known-by> ?a } WHERE { ?a foaf:knows ?b }").graph
    assert made is not None
    assert (EX.cho, rdflib.URIRef("urn:known-by"), EX.ben) in made


def test_a_describe_gives_a_graph(graph: rdflib.Graph) -> None:
    described = graph.query("DESCRIBE <http://example.org/ben>").graph
    assert described is not None
    assert described.value(EX.ben, FOAF.age) == rdflib.Literal(17)


def test_rows_are_grouped_and_counted(graph: rdflib.Graph) -> None:
    rows = graph.query("SELECT ?a (COUNT(?b) AS ?n) WHERE { ?a foaf:knows ?b } GROUP BY ?a ORDER BY DESC(?n)")
    assert [(row.a, row.n.toPython()) for row in rows] == [(EX.ana, 2), (EX.ben, 1)]  # type: ignore[union-attr]


def test_rows_are_filtered_by_value_and_optional_ones_are_unbound(graph: rdflib.Graph) -> None:
    rows = graph.query("SELECT ?p ?age WHERE { ?p a foaf:Person OPTIONAL { ?p foaf:age ?age FILTER(?age > 18) } }")
    assert {(row.p, row.age) for row in rows} == {(EX.ana, rdflib.Literal(42)), (EX.ben, None), (EX.cho, None)}  # type: ignore[union-attr]


def test_property_paths_are_followed(graph: rdflib.Graph) -> None:
    rows = graph.query("SELECT ?p WHERE { <http://example.org/ana> foaf:knows+ ?p }")
    assert {row.p for row in rows} == {EX.ben, EX.cho}  # type: ignore[union-attr]


def test_rows_serialise_as_json(graph: rdflib.Graph) -> None:
    text = graph.query("SELECT ?n WHERE { ex:cho foaf:name ?n }", initNs={"ex": EX}).serialize(format="json")
    assert text is not None
    assert b'"value":"Cho"' in text


def test_a_graph_is_navigated_without_sparql(graph: rdflib.Graph) -> None:
    assert (EX.ana, FOAF.knows, EX.ben) in graph
    assert graph.value(EX.ana, FOAF.name) == rdflib.Literal("Ana")
    assert set(graph.subjects(RDF.type, FOAF.Person)) == {EX.ana, EX.ben, EX.cho}
    assert set(graph.objects(EX.ana, FOAF.knows / FOAF.name)) == {
        rdflib.Literal("Ben", lang="en"),
        rdflib.Literal("Cho"),
    }
    assert len(graph) == 11


def test_a_dataset_has_the_named_graphs(store: kg.Store) -> None:
    dataset = rdflib.Dataset(store)
    graphs = {quad[3] for quad in dataset.quads((EX.ana, FOAF.knows, None, None))}
    assert graphs == {DATASET_DEFAULT_GRAPH_ID, EX.friends}
    assert [row.o for row in dataset.query("SELECT ?o { GRAPH ?g { ?s ?p ?o } }")] == [EX.dov]  # type: ignore[union-attr]
    assert list(dataset.graph(EX.friends).objects(EX.ana)) == [EX.dov]


def test_what_does_not_parse_is_reported_by_rdflib(graph: rdflib.Graph) -> None:
    with pytest.raises(Exception, match="SelectQuery"):
        graph.query("SELECT ?x WHERE { ?x")


def test_nothing_can_be_added(graph: rdflib.Graph) -> None:
    with pytest.raises(TypeError, match="read-only"):
        graph.add((EX.ana, FOAF.name, rdflib.Literal("Anna")))
