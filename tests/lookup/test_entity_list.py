"""The entities of a class as a list: narrowed by facets that count each entity once, sorted, in pages."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg import vocabulary as vocab
from kg.filmgraph import FilmGraph
from kg.graph.columns import Columns
from kg.lookup.entity_list import (
    ContestedFacet,
    EntityList,
    EntityListPage,
    ListFacet,
    ListOrder,
    PartFacet,
    PropertyFacet,
    SourceFacet,
    YearFacet,
)
from kg.lookup.source_conflicts import ConflictPage, find_conflicts, read_conflicts
from kg.parts import owner_of
from kg.terms import LABEL, TYPE, entity_iri
from tests.projects import SmallProject, own_graph

FACETS: Mapping[str, ListFacet] = {
    "decade": YearFacet(by_decade=True),
    "year": YearFacet(),
    "genre": PropertyFacet(vocab.genre),
    "director": PropertyFacet(vocab.director),
    "won": PartFacet(vocab.recognition, vocab.recipient, vocab.award, (vocab.outcome, Literal("won"))),
    "award": PartFacet(vocab.recognition, vocab.recipient, vocab.award),
    "source": SourceFacet(),
    "contested": ContestedFacet(),
}
FILMS = """\
source: encyclopedia
anora:
  type: Film
  label: Anora
  year: 2024
  genre: [comedy, drama]
  director: sean-baker
  recognition: {id: palme, outcome: won, award: palme-dor}
tangerine:
  type: Film
  label: Tangerine
  year: 2015
  genre: comedy
  director: sean-baker
  recognition: {id: palme, outcome: nominated, award: palme-dor}
amelie: {type: Film, label: Amélie, genre: romance, year: 2001}
ursula: {type: Film, label: ursula}
sean-baker: {type: Person, label: Sean Baker}
palme-dor: {type: Award, label: Palme d'Or}
---
source: trade-paper
tangerine: {year: 2014}
anora: {boxOffice: {id: worldwide, amount: 41, currency: USD}}
---
source: fan-site
anora: {boxOffice: {id: worldwide, amount: 40, currency: USD}}
"""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    """Four films: the year of one is decided between sources, and a figure of another is not."""
    project = SmallProject(tmp_path_factory.mktemp("films") / "project")
    project.write("data/films.yaml", FILMS)
    project.write("data/policy.yaml", "properties: {year: [encyclopedia, trade-paper]}\n")
    return project.open()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    """The graph of the repository's own facts."""
    return own_graph(tmp_path_factory.mktemp("ours"))


def list_of(graph: FilmGraph, class_iri: NamedNode = vocab.Film) -> EntityList:
    """All entities of a class, with every facet."""
    labels = graph.names.label_properties
    return EntityList(graph.columnar.open(), class_iri, FACETS, label_properties=labels, date=vocab.when)


def read(
    listed: EntityList, chosen: Mapping[str, str] | None = None, *, order: ListOrder = ListOrder.NAME, limit: int = 100
) -> EntityListPage:
    """The list narrowed by the chosen values, with all facets counted."""
    return listed.read(chosen or {}, order=order, limit=limit, properties=(vocab.director, vocab.genre), counted=FACETS)


def names(page: EntityListPage) -> list[str]:
    """The names on a page."""
    return [entity.name for entity in page.entities]


def counts(page: EntityListPage, facet: str) -> dict[str, int]:
    """Value of a facet -> number of entities."""
    return {value.key: value.count for value in page.facets[facet]}


def test_entities_are_sorted_by_name_and_year(films: FilmGraph) -> None:
    listed = list_of(films)
    assert names(read(listed)) == ["Amélie", "Anora", "Tangerine", "ursula"]
    assert names(read(listed, order=ListOrder.NEWEST)) == ["Anora", "Tangerine", "Amélie", "ursula"]
    assert names(read(listed, order=ListOrder.OLDEST)) == ["Amélie", "Tangerine", "Anora", "ursula"]
    for order in ListOrder:
        page = listed.read({}, order=order, start=1, limit=2)
        assert (page.total, page.count) == (4, 4)
        assert names(page) == names(read(listed, order=order))[1:3]


def test_a_page_is_read_after_a_narrowed_one(films: FilmGraph) -> None:
    listed = list_of(films)
    everything = read(listed)
    read(listed, {"genre": "comedy", "decade": "2020"})
    assert read(listed) == everything


@pytest.mark.parametrize(
    ("facet", "expected"),
    [
        ("decade", {"2020": 1, "2010": 1, "2000": 1}),
        ("genre", {"comedy": 2, "drama": 1, "romance": 1}),
        ("won", {"https://w3id.org/filmgraph/film/palme-dor": 1}),
        ("award", {"https://w3id.org/filmgraph/film/palme-dor": 2}),
        ("source", {"encyclopedia": 4, "trade-paper": 2, "fan-site": 1}),
        ("contested", {"undecided": 1, "decided": 1}),
    ],
)
def test_the_values_of_a_facet_are_counted(films: FilmGraph, facet: str, expected: dict[str, int]) -> None:
    assert counts(read(list_of(films)), facet) == expected


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"genre": "comedy"}, ["Anora", "Tangerine"]),
        ({"genre": "comedy", "decade": "2020"}, ["Anora"]),
        ({"won": "film:palme-dor"}, ["Anora"]),
        ({"source": "trade-paper"}, ["Anora", "Tangerine"]),
        ({"contested": "decided"}, ["Tangerine"]),
        ({"contested": "undecided"}, ["Anora"]),
        ({"director": "film:nobody"}, []),
        ({"director": "' OR true --"}, []),
        ({"source": '"\\'}, []),
    ],
)
def test_a_list_is_narrowed(films: FilmGraph, chosen: dict[str, str], expected: list[str]) -> None:
    page = read(list_of(films), chosen)
    assert (names(page), page.count, page.total) == (expected, len(expected), 4)


def test_the_values_of_an_entity_are_read(films: FilmGraph) -> None:
    (anora, *_) = read(list_of(films), {"won": "film:palme-dor"}).entities
    assert anora.values == {
        vocab.director: (entity_iri("sean-baker"),),
        vocab.genre: (Literal("comedy"), Literal("drama")),
    }
    (row,) = list_of(films).rows(
        {"won": "film:palme-dor"}, order=ListOrder.NAME, limit=10, properties=(vocab.director, vocab.genre, vocab.scene)
    )
    assert row == (entity_iri("anora").value, "Anora", "2024", "Sean Baker", "comedy; drama", "")


@pytest.mark.parametrize("class_iri", [vocab.Film, vocab.Person, vocab.Award, vocab.Organisation, vocab.Place])
def test_each_count_is_that_of_the_narrowed_list(ours: FilmGraph, class_iri: NamedNode) -> None:
    listed = list_of(ours, class_iri)
    everything = read(listed, limit=10_000)
    assert everything.count == everything.total == len(everything.entities)
    for entity in everything.entities:
        assert entity.name == ours.names.label(entity.entity)
    for facet, values in everything.facets.items():
        for value in values:
            key = value.key.replace("https://w3id.org/filmgraph/film/", "film:")
            narrowed = read(listed, {facet: key})
            assert narrowed.count == value.count, (facet, value)
            # The other values of a facet lead to lists without the chosen one.
            assert counts(narrowed, facet) == counts(everything, facet)


def test_contested_entities_are_those_with_conflicts(films: FilmGraph, ours: FilmGraph) -> None:
    for graph in (films, ours):
        for class_iri in (vocab.Film, vocab.Person):
            listed = list_of(graph, class_iri)
            contested = {
                entity.entity.value
                for key in ("decided", "undecided")
                for entity in read(listed, {"contested": key}, limit=1_000).entities
            }
            subjects = (conflict.contested[0].fact.subject.value for conflict in find_conflicts(graph.provenance))
            owners = {owner_of(iri) or iri for iri in subjects}
            assert contested == owners & {entity.entity.value for entity in read(listed, limit=1_000).entities}


def test_conflicts_are_read_page_by_page(films: FilmGraph, ours: FilmGraph) -> None:
    def page(graph: FilmGraph, start: int, limit: int) -> ConflictPage:
        columns, labels = graph.list_columns(vocab.Film, ()), graph.names.label_properties
        return read_conflicts(graph.provenance, columns, label_properties=labels, start=start, limit=limit)

    for graph in (films, ours):
        every, listed = list(find_conflicts(graph.provenance)), page(graph, 0, 1_000)
        assert (listed.total, len(listed.conflicts)) == (len(every), len(every))
        assert sorted(map(repr, listed.conflicts)) == sorted(map(repr, every))
        undecided = [any(lost.is_undecided for lost in conflict.contested) for conflict in listed.conflicts]
        assert undecided == sorted(undecided, reverse=True)
        assert page(graph, 1, 1) == ConflictPage(listed.conflicts[1:2], len(every))
        assert page(graph, 1_000, 10).conflicts == ()


def test_an_entity_with_two_spellings_of_a_value_counts_once() -> None:
    film = entity_iri("anora")
    values = (Literal("drama"), Literal("drama", language="en"), Literal("comedy"))
    quads = [Quad(film, TYPE, vocab.Film), *(Quad(film, vocab.genre, value) for value in values)]
    genres: Mapping[str, ListFacet] = {"genre": PropertyFacet(vocab.genre)}
    listed = EntityList(Columns.of_quads(quads), vocab.Film, genres, label_properties=(LABEL,))
    page = listed.read({"genre": "drama"}, order=ListOrder.NAME, limit=10, counted=genres)
    assert (page.count, counts(page, "genre")) == (1, {"comedy": 1, "drama": 1})


def test_parts_are_not_listed_and_a_list_has_no_upper_limit() -> None:
    count = 20_500
    films = [entity_iri(f"film-{number}") for number in range(count)]
    quads = [Quad(film, TYPE, vocab.Film) for film in (*films, entity_iri("anora.release.one"))]
    quads += [Quad(film, vocab.genre, Literal("comedy")) for film in films]
    genres: Mapping[str, ListFacet] = {"genre": PropertyFacet(vocab.genre)}
    listed = EntityList(Columns.of_quads(quads), vocab.Film, genres, label_properties=(LABEL,))
    page = listed.read({}, order=ListOrder.NAME, start=count - 3, limit=10, counted=genres)
    assert (page.total, len(page.entities), counts(page, "genre")) == (count, 3, {"comedy": count})
