"""Approximate search finds what people type, however they spell it."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, Quad, Store

from kg.errors import UnknownNameError
from kg.graph.build_files import NAME_INDEX
from kg.lookup.name_search import NameIndex, open_name_index, score_name
from kg.terms import ALIAS, LABEL, TYPE, entity_iri
from kg.text.folding import fold_name
from tests.projects import ANORA, SmallProject

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
def test_the_entity_with_the_best_name_is_first(index: NameIndex, typed: str, meant: str) -> None:
    assert index.search(typed)[0].curie == f"film:{meant}"


def test_an_entity_is_found_once_with_its_best_name(index: NameIndex) -> None:
    matches = index.search("Baker")
    assert [match.curie for match in matches].count("film:sean-baker") == 1
    assert (matches[0].label, matches[0].name, matches[0].score) == ("Sean Baker", "Baker", 100.0)


def test_a_search_in_a_class_finds_no_other_entities(index: NameIndex) -> None:
    assert {match.curie for match in index.search("anora")} >= {"film:anora", "film:ani"}
    assert {match.curie for match in index.search("anora", class_name="film:Film")} == {"film:anora"}
    assert index.search("anora", class_name="Award") == ()


@pytest.mark.parametrize(
    "typed", ["", "   ", "qwrtzp", "ab", '"', "'; DROP TABLE name; --", "\x00", "%", "*", "a" * 100_000]
)
def test_text_without_a_similar_name_finds_nothing(index: NameIndex, typed: str) -> None:
    assert index.search(typed) == ()


def test_of_equal_names_the_entity_with_more_links_is_first(index: NameIndex) -> None:
    assert [match.curie for match in index.search("sean")] == ["film:sean-baker", "film:sean-penn"]


def test_the_index_is_a_file_of_the_build_and_is_used_again(store: Store, tmp_path: Path) -> None:
    before = open_name_index(tmp_path, store).search("anorra")
    assert [path.name for path in tmp_path.iterdir()] == [NAME_INDEX]
    assert open_name_index(tmp_path, Store()).search("anorra") == before


def test_a_folder_that_cannot_be_written_to_can_be_searched(store: Store, tmp_path: Path) -> None:
    assert open_name_index(tmp_path / "gone", store).search("anora")[0].curie == "film:anora"


def test_a_file_system_that_is_only_read_can_be_searched(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)  # Linux refuses to remove a file that is not there as well
    assert open_name_index(tmp_path / "no folder", store).search("Anora")


def test_a_search_in_an_unknown_class_is_an_error(anora: SmallProject) -> None:
    graph = anora.open()
    assert [match.label for match in graph.search("baker", class_name="person")] == ["Sean Baker"]
    with pytest.raises(UnknownNameError, match="Did you mean Person"):
        graph.search("baker", class_name="Persn")


def test_a_graph_finds_its_own_entities(anora: SmallProject) -> None:
    assert anora.open().search("anorra")[0].label == "Anora"


@given(st.text(), st.text())
def test_a_score_is_at_most_100_which_the_same_name_has(name: str, other: str) -> None:
    folded = fold_name(name)
    assert score_name(folded, folded) == 100.0
    assert 0 <= score_name(folded, fold_name(other)) <= 100.0


@given(st.text())
def test_folding_a_folded_name_changes_nothing(text: str) -> None:
    assert fold_name(fold_name(text)) == fold_name(text)


def test_the_best_name_of_a_class_is_found_among_many_similar_names(tmp_path: Path) -> None:
    store = Store()
    words = [f"{first}{rest}" for first in "bcdfghklmnprst" for rest in ("arbour", "etter", "ountain", "iver")]
    titles = [f"The Golden {first} {second}" for first in words for second in ("Night", "Day", "Hour", "Dawn", "Dusk")]
    for number, title in enumerate(titles):
        store.add(Quad(entity_iri(f"film-{number:03}"), TYPE, entity_iri("Film" if number else "Award")))
        store.add(Quad(entity_iri(f"film-{number:03}"), LABEL, Literal(title)))
    names = open_name_index(tmp_path, store)
    for title in titles[1::17]:
        misspelt = title[:13] + title[14:]
        assert title in [match.label for match in names.search(misspelt, class_name="film:Film")]


@pytest.mark.parametrize(
    ("old", "new", "is_kept"),
    [
        ("year: 2024", "year: 2025", True),
        ("  year: 2024\n", "", True),
        ("label: Anora", "label: Anora!", False),
        ("label: Anora", "label: Anora, alias: Ani", False),
        ("type: Film", "type: Work", False),
        ("  director: sean-baker\n", "", False),
        ("year: 2024", "year: 2024\n  writer: sean-baker", False),
    ],
)
def test_the_index_of_the_build_before_is_kept_while_it_has_the_same_names_and_ranks(
    project: SmallProject, tmp_path: Path, old: str, new: str, is_kept: bool
) -> None:
    project.write("data/films.yaml", ANORA)
    before = project.open()
    before.search("anora")
    project.write("data/films.yaml", ANORA.replace(old, new))
    after = project.open()
    assert (after.build / NAME_INDEX).exists() is is_kept
    after.search("anora")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "graph.duckdb").symlink_to(after.build / "graph.duckdb")
    assert isinstance(after.store, Store)
    open_name_index(scratch, after.store)
    assert _rows_of(after.build) == _rows_of(scratch)


def _rows_of(folder: Path) -> list[tuple[object, ...]]:
    query = "SELECT entity, text, folded, is_label, curies, links FROM name JOIN class_set ON class_set.id = class_set"
    with closing(sqlite3.connect(folder / NAME_INDEX)) as index:
        return index.execute(f"{query} ORDER BY name.id").fetchall()
