"""What people type is found, however they spell it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, Quad, Store

from kg.errors import UnknownNameError
from kg.lookup.name_search import FILE, NameIndex, open_name_index, score_name
from kg.terms import ALIAS, LABEL, TYPE, entity_iri
from kg.text import fold_name
from tests.projects import SmallProject

NAMES = {
    "anora": ("Film", "Anora"),
    "ani": ("Character", "Anora Mikheeva", "Ani"),
    "amelie": ("Film", "Le Fabuleux Destin d'Amélie Poulain", "Amélie"),
    "stalker": ("Film", "Сталкер"),
    "the-florida-project": ("Film", "The Florida Project"),
    "sean-baker": ("Person", "Sean Baker", "Baker"),
    "sean-penn": ("Person", "Sean Penn"),
    "palme-dor": ("Award", "Palme d'Or"),
    "it": ("Film", "It"),
    "parasite": ("Film", "기생충"),
    "script": ("Film", "<script>alert(1)</script>"),
}


@pytest.fixture(scope="module")
def store() -> Store:
    store = Store()
    for id, (kind, label, *aliases) in NAMES.items():
        store.add(Quad(entity_iri(id), TYPE, entity_iri(kind)))
        store.add(Quad(entity_iri(id), LABEL, Literal(label)))
        for alias in aliases:
            store.add(Quad(entity_iri(id), ALIAS, Literal(alias)))
    for number in range(20):
        store.add(Quad(entity_iri(f"film-{number}"), entity_iri("director"), entity_iri("sean-baker")))
    return store


@pytest.fixture(scope="module")
def index(store: Store, tmp_path_factory: pytest.TempPathFactory) -> NameIndex:
    return open_name_index(tmp_path_factory.mktemp("build"), store)


FOUND = [
    ("Anora", "anora"),
    ("anorra", "anora"),
    ("ANROA", "anora"),
    ("Amelie", "amelie"),
    ("amelie poulain", "amelie"),
    ("Stalker", "stalker"),
    ("Сталкер", "stalker"),
    ("Бейкер", "sean-baker"),
    ("Baker, Sean", "sean-baker"),
    ("sean bakr", "sean-baker"),
    ("florida proj", "the-florida-project"),
    ("palme d’or", "palme-dor"),
    ("It", "it"),
    ("기생충", "parasite"),
    ("<script>", "script"),
]


@pytest.mark.parametrize(("typed", "meant"), FOUND, ids=[typed for typed, _ in FOUND])
def test_what_is_meant_is_found_first(index: NameIndex, typed: str, meant: str) -> None:
    assert index.search(typed)[0].curie == f"film:{meant}"


def test_a_thing_stands_once_with_the_name_that_fits_best(index: NameIndex) -> None:
    found = index.search("Baker")
    assert [one.curie for one in found].count("film:sean-baker") == 1
    assert (found[0].label, found[0].name, found[0].score) == ("Sean Baker", "Baker", 100.0)


def test_a_class_keeps_other_things_away(index: NameIndex) -> None:
    assert {one.curie for one in index.search("anora")} >= {"film:anora", "film:ani"}
    assert {one.curie for one in index.search("anora", class_name="film:Film")} == {"film:anora"}
    assert index.search("anora", class_name="Award") == ()


@pytest.mark.parametrize(
    "typed", ["", "   ", "qwrtzp", "ab", '"', "'; DROP TABLE name; --", "\x00", "%", "*", "a" * 100_000]
)
def test_nothing_is_found_where_nothing_is_meant(index: NameIndex, typed: str) -> None:
    assert index.search(typed) == ()


def test_a_thing_that_is_pointed_at_comes_before_its_equal(index: NameIndex) -> None:
    assert [one.curie for one in index.search("sean")] == ["film:sean-baker", "film:sean-penn"]


def test_the_index_lies_beside_the_build_and_is_read_again(store: Store, tmp_path: Path) -> None:
    before = open_name_index(tmp_path, store).search("anorra")
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert open_name_index(tmp_path, Store()).search("anorra") == before


def test_a_folder_that_cannot_be_written_to_is_no_hindrance(store: Store, tmp_path: Path) -> None:
    assert open_name_index(tmp_path / "gone", store).search("anora")[0].curie == "film:anora"


def test_a_class_that_there_is_not_is_no_search_without_results(anora: SmallProject) -> None:
    graph = anora.open()
    assert [match.label for match in graph.search("baker", class_name="person")] == ["Sean Baker"]
    with pytest.raises(UnknownNameError, match="Did you mean Person"):
        graph.search("baker", class_name="Persn")


def test_a_graph_is_searched_with_what_is_in_it(anora: SmallProject) -> None:
    assert anora.open().search("anorra")[0].label == "Anora"


@given(st.text(), st.text())
def test_a_score_is_a_hundred_for_the_same_name_and_never_more(one: str, other: str) -> None:
    folded = fold_name(one)
    assert score_name(folded, folded) == 100.0
    assert 0 <= score_name(folded, fold_name(other)) <= 100.0


@given(st.text())
def test_a_folded_name_stays_as_it_is(text: str) -> None:
    assert fold_name(fold_name(text)) == fold_name(text)


def test_of_many_names_alike_the_nearest_is_found_among_those_of_its_class(tmp_path: Path) -> None:
    store = Store()
    words = [f"{one}{two}" for one in "bcdfghklmnprst" for two in ("arbour", "etter", "ountain", "iver")]
    titles = [f"The Golden {first} {second}" for first in words for second in ("Night", "Day", "Hour", "Dawn", "Dusk")]
    for number, title in enumerate(titles):
        store.add(Quad(entity_iri(f"film-{number:03}"), TYPE, entity_iri("Film" if number else "Award")))
        store.add(Quad(entity_iri(f"film-{number:03}"), LABEL, Literal(title)))
    names = open_name_index(tmp_path, store)
    for title in titles[1::17]:
        misspelled = title[:13] + title[14:]
        assert title in [match.label for match in names.search(misspelled, class_name="film:Film")]
