"""Judgements in SSSOM: what is read, what contradicts, and what is written back."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.decisions.links import MANUAL, Judgement, Links, read_links, to_sssom
from kg.reports import Finding
from kg.terms import entity_iri

HEAD = "subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\n"
SAME = "film:{}\tskos:exactMatch\t\tfilm:{}\tsemapv:ManualMappingCuration\n"
NOT = "film:{}\tskos:exactMatch\tNot\tfilm:{}\tsemapv:ManualMappingCuration\n"


def read(folder: Path, text: str) -> tuple[Links, list[Finding]]:
    path = folder / "links.sssom.tsv"
    path.write_text(text, encoding="utf-8")
    faults: list[Finding] = []
    return read_links(path, file="data/links.sssom.tsv", faults=faults), faults


def test_a_project_without_judgements_links_nothing(tmp_path: Path) -> None:
    assert not read_links(tmp_path / "none.tsv", file="none.tsv", faults=[])


def test_judgements_one_after_the_other_make_names_one(tmp_path: Path) -> None:
    links, faults = read(tmp_path, HEAD + SAME.format("oscars-tt1", "anora") + SAME.format("wd-q1", "oscars-tt1"))
    assert faults == []
    assert links.are_same(entity_iri("wd-q1"), entity_iri("anora"))
    assert links.clusters == (frozenset(map(entity_iri, ("anora", "oscars-tt1", "wd-q1"))),)


def test_an_item_of_wikidata_is_the_thing_that_imports_name_after_it(tmp_path: Path) -> None:
    links, _ = read(tmp_path, HEAD + "film:anora\tskos:exactMatch\t\twd:Q123185887\tsemapv:ManualMappingCuration\n")
    assert links.are_same(entity_iri("anora"), entity_iri("wd-q123185887"))


def test_prefixes_of_the_file_are_understood(tmp_path: Path) -> None:
    head = "#curie_map:\n#  item: http://www.wikidata.org/entity/\n"
    links, faults = read(
        tmp_path, head + HEAD + "film:anora\tskos:exactMatch\t\titem:Q1\tsemapv:ManualMappingCuration\n"
    )
    assert faults == []
    assert links.are_same(entity_iri("anora"), entity_iri("wd-q1"))


def test_a_looser_match_changes_nothing(tmp_path: Path) -> None:
    links, faults = read(tmp_path, HEAD + "film:anora\tskos:closeMatch\t\tfilm:wd-q1\tsemapv:ManualMappingCuration\n")
    assert faults == []
    assert not links


def test_judgements_that_contradict_show_the_chain(tmp_path: Path) -> None:
    text = HEAD + SAME.format("a", "b") + SAME.format("b", "c") + NOT.format("c", "a")
    _, faults = read(tmp_path, text)
    [fault] = faults
    assert fault.check == "facts/contradicting-links"
    assert (
        fault.message == "film:c is said not to be film:a, but film:b is film:c (line 3) and film:a is film:b (line 2)"
    )
    assert [place.line for place in fault.places] == [4, 3, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject_id\tobject_id\n", "the judgements lack the column predicate_id"),
        (HEAD + SAME.format("a", "a"), "film:a is judged against itself"),
        (HEAD + SAME.format("a", "b").replace("film:a", "no such: name"), "'no such: name' is neither a name"),
        (HEAD + NOT.format("a", "b").replace("Not", "Never"), "predicate_modifier is Not or nothing, not 'Never'"),
        (HEAD + SAME.format("a", "b").rstrip("\n") + "\tone\ttoo many\n", "7 cells where 5 columns are"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    _, faults = read(tmp_path, text)
    assert [message in fault.message for fault in faults] == [True]
    assert faults[0].place is not None
    assert faults[0].place.line >= 1


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    judgements = (
        Judgement(
            entity_iri("wd-q1"),
            entity_iri("anora"),
            True,
            confidence=0.9876,
            date="2026-11-21",
            comment='a "title"\tand more',
        ),
        Judgement(
            entity_iri("wd-q2"),
            entity_iri("anora"),
            False,
            MANUAL,
            author="orcid:0000-0002-1825-0097",
            subject_label="Ανορα",
        ),
    )
    links, faults = read(tmp_path, to_sssom(judgements))
    assert faults == []
    assert [one.comment for one in links.judgements] == ['a "title" and more', ""]
    assert to_sssom(links.judgements) == to_sssom(judgements)
