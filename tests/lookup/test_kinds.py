"""A kind is taken wherever a class is: in names, searches, the schema card, queries, exports and reconciliation."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from pyoxigraph import Store

from kg.cli import main
from kg.errors import UnknownNameError
from kg.explain.empty_answers import explain_empty
from kg.filmgraph import FilmGraph
from kg.lookup.entity_types import members_of, types_of
from kg.lookup.name_search import open_name_index
from kg.server.pages.entity_page import entity_page
from kg.server.pages.search_pages import list_page
from kg.server.reconcile import graph_terms
from kg.terms import entity_iri
from tests.projects import SmallProject

PLACES = """\
source: encyclopedia
rome: {type: Place, kind: capital, label: Rome}
orlando: {type: Place, kind: city, label: Orlando}
orlando-novel: {type: Work, label: Orlando}
italy: {type: Place, kind: country, label: Italy}
the-alps: {type: Place, label: The Alps}
"""
OF_CLASS = """\
#+ summary: Which entities are of a class?
#+ params: {class: {type: class, about: a class or kind}, place: {type: entity, class: City, optional: true}}
PREFIX film: <https://w3id.org/filmgraph/film/>
PREFIX graph: <https://w3id.org/filmgraph/graph/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?entity {
  VALUES ?class { film:Film }
  VALUES ?place { UNDEF }
  { ?entity a ?class } UNION
  { GRAPH graph:ontology { ?narrower skos:notation ?word ; skos:broader* ?class } ?entity film:kind ?word }
  FILTER(!BOUND(?place) || ?place = ?entity)
} ORDER BY ?entity
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    project = SmallProject(tmp_path_factory.mktemp("places"))
    project.write("data/places.yaml", PLACES)
    project.write("queries/of-class.rq", OF_CLASS)
    return project


@pytest.fixture(scope="module")
def graph(project: SmallProject) -> FilmGraph:
    return project.open()


OF_KIND = [
    ("City", ["orlando", "rome"]),
    ("city", ["orlando", "rome"]),
    ("town", ["orlando", "rome"]),
    ("film:Capital", ["rome"]),
    ("country", ["italy"]),
    ("Place", ["italy", "orlando", "rome", "the-alps"]),
    ("Work", ["orlando-novel"]),
]


@pytest.mark.parametrize(("name", "entities"), OF_KIND)
def test_the_entities_of_a_kind_are_found_by_its_names(graph: FilmGraph, name: str, entities: Sequence[str]) -> None:
    expected = list(map(entity_iri, entities))
    answer = graph.ask("of-class", **{"class": name})
    assert [row.entity.iri for row in answer] == expected
    type = graph.names.class_iri(name)
    assert sorted(members_of(graph.store, graph.ontology, type), key=str) == expected
    assert [match.entity for match in graph.best_known(type.value, limit=9)] == expected or len(expected) > 1
    in_memory = open_name_index(graph.build / "none", graph.store)
    assert {match.entity for match in in_memory.best_known(type.value)} == set(expected)


def test_the_types_of_an_entity_are_its_class_and_its_kinds(graph: FilmGraph) -> None:
    types = types_of(graph.store, graph.ontology, entity_iri("rome"))
    assert types == {entity_iri("Place"), entity_iri("City"), entity_iri("Capital")}
    assert types_of(Store(), graph.ontology, entity_iri("rome")) == frozenset()


@pytest.mark.parametrize(
    ("class_name", "entity"), [("City", "orlando"), ("Place", "orlando"), ("Work", "orlando-novel")]
)
def test_a_kind_distinguishes_entities_of_one_name(graph: FilmGraph, class_name: str, entity: str) -> None:
    assert graph.entity("Orlando", class_name=class_name) == entity_iri(entity)
    assert [match.entity for match in graph.search("orlando", class_name=class_name)] == [entity_iri(entity)]


def test_an_entity_of_another_kind_is_not_found(graph: FilmGraph) -> None:
    with pytest.raises(UnknownNameError):
        graph.entity("Italy", class_name="City")
    assert not graph.search("italy", class_name="city")
    with pytest.raises(UnknownNameError, match="Italy"):
        graph.ask("of-class", **{"class": "Place", "place": "Italy"})


def test_an_unknown_kind_suggests_kinds_and_classes(graph: FilmGraph) -> None:
    with pytest.raises(UnknownNameError) as raised:
        graph.names.class_iri("Citty")
    assert raised.value.suggestions == ("City",)


@pytest.mark.parametrize("word", ["city", "City", "town"])
def test_the_schema_card_shows_a_kind_with_its_class(
    project: SmallProject, graph: FilmGraph, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    assert main(["schema", word, "--project", str(project.folder)]) == 0
    printed = capsys.readouterr().out
    assert "film:Place" in printed
    assert ('film:kind "city" ' if word == "town" else 'a film:Place ; film:kind "city" ;') in printed


def test_a_page_and_a_reconciliation_candidate_have_the_kind(graph: FilmGraph) -> None:
    page = entity_page(graph, entity_iri("orlando").value)
    assert ">City<" in page or ">city<" in page
    assert [type.id for type in graph_terms.types_of(graph, entity_iri("rome"))] == ["Capital", "City", "Place"]
    found = graph_terms.find_type(graph, "city")
    assert found is not None
    assert (found.id, found.uses, found.broader) == ("City", 2, ("Place",))


def test_the_page_of_a_kind_shows_its_entities(graph: FilmGraph) -> None:
    page = entity_page(graph, entity_iri("City").value)
    assert '/film/orlando"' in page
    assert '/film/rome"' in page
    assert '/film/orlando"' in list_page(graph, entity_iri("City").value, "kind", referrers=True)
    assert "Rome" not in entity_page(graph, entity_iri("Country").value)


def test_a_query_that_uses_a_kind_as_a_class_is_told_how_to_write_it(graph: FilmGraph) -> None:
    empty = explain_empty(graph.store, "SELECT ?x { ?x a film:City }")
    assert 'film:City is now film:Place with film:kind "city".' in "\n".join(empty.sentences())
    assert not empty.is_confirmed


def test_an_export_for_the_web_has_the_class_of_the_kind(project: SmallProject) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nanora: {type: Film, label: Anora, sequelOf: rome}\n")
    project.write(
        "ontology/crosswalk.ttl",
        "@prefix film: <https://w3id.org/filmgraph/film/> . @prefix schema: <https://schema.org/> . "
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . "
        "film:sequelOf skos:exactMatch schema:isBasedOn . film:Place skos:exactMatch schema:Place .",
    )
    movie = json.loads(project.open().export_text("schema.org", film="film:anora"))
    assert movie["isBasedOn"]["@type"] == "City"
