"""Judgements in SSSOM: reading, contradictions, and writing."""

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
    read = read_links(path, file="data/links.sssom.tsv")
    return read.links, list(read.findings)


def are_same(links: Links, left: str, right: str) -> bool:
    return entity_iri(left) in links.cluster_of.get(entity_iri(right), ())


def test_a_project_without_judgements_links_nothing(tmp_path: Path) -> None:
    read = read_links(tmp_path / "none.tsv", file="none.tsv")
    assert not read.links
    assert read.findings == ()


def test_a_chain_of_judgements_makes_names_the_same(tmp_path: Path) -> None:
    links, findings = read(tmp_path, HEAD + SAME.format("oscars-tt1", "anora") + SAME.format("wd-q1", "oscars-tt1"))
    assert findings == []
    assert are_same(links, "wd-q1", "anora")
    assert links.clusters == (frozenset(map(entity_iri, ("anora", "oscars-tt1", "wd-q1"))),)


def test_a_wikidata_curie_in_a_link_is_the_imported_entity(tmp_path: Path) -> None:
    links, _ = read(tmp_path, HEAD + "film:anora\tskos:exactMatch\t\twd:Q123185887\tsemapv:ManualMappingCuration\n")
    assert are_same(links, "anora", "wd-q123185887")


def test_prefixes_that_the_file_declares_are_used(tmp_path: Path) -> None:
    head = "#curie_map:\n#  item: http://www.wikidata.org/entity/\n"
    links, findings = read(
        tmp_path, head + HEAD + "film:anora\tskos:exactMatch\t\titem:Q1\tsemapv:ManualMappingCuration\n"
    )
    assert findings == []
    assert are_same(links, "anora", "wd-q1")


def test_a_looser_match_changes_nothing(tmp_path: Path) -> None:
    links, findings = read(tmp_path, HEAD + "film:anora\tskos:closeMatch\t\tfilm:wd-q1\tsemapv:ManualMappingCuration\n")
    assert findings == []
    assert not links


NOTHING_SAID = [
    "film:anora\tskos:exactMatch\t\tsssom:NoTermFound\tsemapv:ManualMappingCuration\n",
    "film:anora\tskos:exactMatch\tNot\tsssom:NoTermFound\tsemapv:ManualMappingCuration\n",
    "sssom:NoTermFound\towl:sameAs\t\tfilm:anora\tsemapv:ManualMappingCuration\n",
    "film:anora\tsemapv:crossSpeciesExactMatch\t\tfilm:b\tsemapv:ManualMappingCuration\n",
    SAME.format("anora", "anora"),
    "film:wd-q1\tskos:exactMatch\t\twd:Q1\tsemapv:ManualMappingCuration\n",
]


@pytest.mark.parametrize("row", NOTHING_SAID)
def test_a_row_that_is_not_about_two_entities_links_nothing(tmp_path: Path, row: str) -> None:
    links, findings = read(tmp_path, HEAD + row + SAME.format("a", "b"))
    assert findings == []
    assert links.clusters == (frozenset(map(entity_iri, "ab")),)
    assert [judgement.same for judgement in links.judgements] == [None, True]


def test_a_text_that_was_looked_up_is_no_entity(tmp_path: Path) -> None:
    head, literal = HEAD.replace("\n", "\tsubject_type\n"), "\tskos:exactMatch\t\tfilm:b\tm\trdfs literal\n"
    links, findings = read(tmp_path, head + literal)
    assert (links.judgements, findings) == ((), [])


BAD_ROWS = [
    '"film:x\tskos:exactMatch\t\tfilm:y\tm\n',
    '"film:x"x\tskos:exactMatch\t\tfilm:y\tm\n',
    "film:x\n",
    "no such name\tskos:exactMatch\t\tfilm:y\tm\n",
    "film:x\tskos:exactMatch\tmaybe\tfilm:y\tm\n",
    f"film:x\tskos:exactMatch\t\tfilm:{'y' * 200_000}\tm\n",
]


@pytest.mark.parametrize("bad", BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_after_a_bad_row_the_next_is_read(tmp_path: Path, bad: str) -> None:
    links, findings = read(tmp_path, HEAD + SAME.format("a", "b") + bad + "\n" + SAME.format("c", "d"))
    assert [finding.place.line for finding in findings if finding.place] == [3]
    assert {judgement.place.line for judgement in links.judgements} == {2, 5}


def test_a_row_that_may_keep_two_entities_apart_is_never_left_out_with_a_warning(tmp_path: Path) -> None:
    wrong = HEAD + SAME.format("a", "no such: name") + NOT.format("a", "no such: name") + SAME.format("c", "d")
    links, findings = read(tmp_path, wrong)
    assert [str(finding.severity) for finding in findings] == ["warning", "violation"]
    assert len(links.judgements) == 1


def test_a_cell_may_have_a_separator_of_lines(tmp_path: Path) -> None:
    head = HEAD.replace("\n", "\tcomment\n")
    rows = "".join(
        SAME.format(*pair).replace("\n", f"\t{text}\n") for pair, text in [("ab", "x\u2028y"), ("cd", '"x\ny"')]
    )
    links, findings = read(tmp_path, head + rows)
    assert findings == []
    assert [judgement.comment for judgement in links.judgements] == ["x\u2028y", "x\ny"]


def test_contradicting_judgements_show_the_chain(tmp_path: Path) -> None:
    text = HEAD + SAME.format("a", "b") + SAME.format("b", "c") + NOT.format("c", "a")
    _, findings = read(tmp_path, text)
    [finding] = findings
    assert finding.check == "facts/contradicting-links"
    assert (
        finding.message
        == "film:c is judged not to be film:a, but film:b is film:c (line 3) and film:a is film:b (line 2)"
    )
    assert [place.line for place in finding.places] == [4, 3, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject_id\tobject_id\n", "missing column predicate_id"),
        (HEAD + NOT.format("a", "a"), "film:a is judged not to be itself"),
        (
            HEAD.replace("\n", "\tmapping_date\n") + SAME.format("a", "b").replace("\n", "\t2026-02-30\n"),
            "must be a day",
        ),
        (HEAD + SAME.format("a", "b").replace("film:a", '"film:a'), "not a row of a table"),
        (HEAD + SAME.format("a", "b").replace("film:a", "no such: name"), "'no such: name' is neither a name"),
        (HEAD + NOT.format("a", "b").replace("Not", "Never"), "predicate_modifier must be Not or empty, not 'Never'"),
        (
            HEAD.replace("\n", "\tconfidence\n") + SAME.format("a", "b").replace("\n", "\thigh\n"),
            "must be a number between",
        ),
        (HEAD + SAME.format("a", "b").rstrip("\n") + "\tone\ttoo many\n", "7 cells in a table of 5 columns"),
    ],
)
def test_a_wrong_row_is_reported_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    _, findings = read(tmp_path, text)
    assert [message in finding.message for finding in findings] == [True]
    assert findings[0].place is not None
    assert findings[0].place.line >= 1


def test_written_judgements_are_read_back(tmp_path: Path) -> None:
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
    links, findings = read(tmp_path, to_sssom(judgements))
    assert findings == []
    assert [judgement.comment for judgement in links.judgements] == ['a "title" and more', ""]
    assert to_sssom(links.judgements) == to_sssom(judgements)
