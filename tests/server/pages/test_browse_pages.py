"""All films, people and awards can be browsed, narrowed and sorted; disagreements have a page."""

from __future__ import annotations

import csv
import io

import pytest

from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.lookup.entity_types import members_of
from kg.server.pages.browse_pages import CATALOGUES, browse_csv, browse_page, disagreements_page
from kg.server.pages.reference_pages import ontology_page, sources_page
from kg.server.pages.search_pages import home_page
from kg.terms import to_curie
from tests.server.pages.parsed_page import parse_page


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_catalogue_lists_every_entity_of_its_class(graph: FilmGraph, name: str) -> None:
    found = parse_page(browse_page(graph, name, {}))
    assert found.faults == []
    rows = list(csv.DictReader(io.StringIO(browse_csv(graph, name, {}))))
    members = members_of(graph.store, graph.ontology, CATALOGUES[name].class_iri)
    assert {row["id"] for row in rows} == {to_curie(member.value) for member in members}
    assert all(found.has(" ".join(row["name"].split())) for row in rows if "<" not in row["name"])


def test_films_are_sorted_by_year_and_narrowed_by_facets(graph: FilmGraph) -> None:
    def names(**parameters: str) -> list[str]:
        return [row["name"] for row in csv.DictReader(io.StringIO(browse_csv(graph, "films", parameters)))]

    of_baker = {"director": "film:sean-baker"}
    assert names(director="film:nobody") == []
    assert names(**of_baker)[:2] == ["Red Rocket", "Tangerine"]
    assert names(**of_baker, sort="oldest")[:2] == ["Tangerine", "Red Rocket"]
    assert names(**of_baker, decade="2010") == ["Tangerine"]
    found = parse_page(browse_page(graph, "films", of_baker))
    assert found.has("Sean Baker ×", "2020s", "Red Rocket")
    assert any("decade=2010" in link for link in found.links)


def test_an_unknown_facet_or_order_changes_nothing(graph: FilmGraph) -> None:
    assert browse_csv(graph, "films", {"colour": "red", "sort": '"><b>'}) == browse_csv(graph, "films", {})
    assert "<b>" not in browse_page(graph, "films", {"genre": '"><b>', "page": "x"})


def test_there_is_no_page_after_the_last(graph: FilmGraph) -> None:
    with pytest.raises(UnknownNameError):
        browse_page(graph, "films", {"page": "2"})


def test_disagreements_show_both_sides_with_the_reason(graph: FilmGraph) -> None:
    found = parse_page(disagreements_page(graph, {}))
    assert found.faults == []
    assert found.has("Where sources disagree")


def test_the_sources_are_listed_with_their_numbers_of_facts(graph: FilmGraph) -> None:
    found = parse_page(sources_page(graph))
    assert found.faults == []
    assert found.has("2 sources", "A newspaper", f"{graph.provenance.counts['paper']} facts")


def test_the_ontology_lists_classes_and_properties_with_definitions(graph: FilmGraph) -> None:
    found = parse_page(ontology_page(graph))
    assert found.faults == []
    assert {"/film/Film", "/film/director"} <= set(found.links)
    assert found.has("A moving-image work of any length.", "Who directed the film.")


def test_the_home_page_leads_to_everything(graph: FilmGraph) -> None:
    found = parse_page(home_page(graph))
    assert {"/films", "/people", "/awards", "/companies", "/disagreements", "/sources"} <= set(found.links)
