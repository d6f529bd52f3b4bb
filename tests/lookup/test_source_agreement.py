"""Conflicts between sources, and how often sources agree."""

from __future__ import annotations

import pytest

from kg.filmgraph import FilmGraph
from kg.loaded_graph import open_local_graph
from kg.lookup.source_conflicts import Agreement, find_conflicts, measure_agreement, write_conflicts
from kg.terms import entity_iri
from tests.projects import SmallProject

OWN = """\
source: encyclopedia
anora: {type: Film, label: Anora, year: 2024, genre: [drama, comedy]}
tangerine: {type: Film, label: Tangerine, year: 2015}
"""
ROWS = [
    "anora,year,2023",  # differs: the policy prefers the encyclopedia
    "anora,genre,drama",  # the same
    "anora,genre,romance",  # others state other genres
    "tangerine,year,2015",  # the same
    "tangerine,genre,drama",  # no other source states a genre
]


@pytest.fixture
def graph(project: SmallProject) -> FilmGraph:
    project.write("data/films.yaml", OWN)
    rows = "".join(f"{row},fan-site,{number}\n" for number, row in enumerate(ROWS))
    project.write("data/imports/fans/facts.csv", "subject,property,value,source,record\n" + rows)
    project.write("data/policy.yaml", "sources: [encyclopedia, fan-site]\n")
    project.build()
    return open_local_graph(project.project)


def test_a_source_agrees_differs_or_is_alone(graph: FilmGraph) -> None:
    assert measure_agreement(graph.provenance, "fan-site") == (
        Agreement(entity_iri("genre"), facts=3, agreed=1, differing=1, alone=1, contested=0),
        Agreement(entity_iri("year"), facts=1, agreed=1, differing=0, alone=0, contested=1),
    )


def test_facts_with_passages_and_facts_with_records_are_counted_alike(graph: FilmGraph) -> None:
    counts = {
        agreement.property: (agreement.facts, agreement.agreed, agreement.alone)
        for agreement in measure_agreement(graph.provenance, "encyclopedia")
    }
    assert counts[entity_iri("year")] == (2, 1, 1)
    assert counts[entity_iri("genre")] == (2, 1, 0)


def test_a_source_without_facts_agrees_with_none(graph: FilmGraph) -> None:
    assert measure_agreement(graph.provenance, "trade-paper") == ()


def test_a_conflict_shows_both_sides_and_the_reason(graph: FilmGraph) -> None:
    text = "".join(write_conflicts(find_conflicts(graph.provenance), graph.names, graph.provenance, graph.texts()))
    assert "Anora, year: 2024 (" in text
    assert "), not 2023 (" in text
    assert "; for year, encyclopedia is trusted more than fan-site\n" in text
    assert ", record 0" in text


def test_a_conflict_shows_the_records_that_were_preferred(project: SmallProject) -> None:
    project.write("data/films.yaml", OWN)
    project.write("data/imports/fans/facts.csv", "subject,property,value,source,record\nanora,year,2023,fan-site,r1\n")
    project.write("data/policy.yaml", "sources: [fan-site, encyclopedia]\n")
    project.build()
    graph = open_local_graph(project.project)
    text = "".join(write_conflicts(find_conflicts(graph.provenance), graph.names, graph.provenance, graph.texts()))
    assert "Anora, year: 2023 (" in text
    assert ", record r1), not 2024 (" in text
