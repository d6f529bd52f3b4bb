"""Passages that look wrong: far from their event, dates in other words, lists that a claim cuts short."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from kg import vocabulary as film
from kg.facts.dates import to_date
from kg.facts.fact_table import ProjectFacts
from kg.facts.model import Evidence, Fact, Source
from kg.facts.texts import Texts
from kg.graph.triple_tables import TripleTables
from kg.passages.verification import verify
from kg.project import find_project
from kg.schema import Schema, read_ontology, to_schema
from kg.terms import LABEL, TYPE, Term, entity_iri
from tests.projects import ROOT

STORY = (
    "Ani meets Ivan, and he asks her to marry him. They are happy for a while in the house of his family by the sea. "
    "His parents hear of the wedding in November of last year, and they are angry, and fly over at once, by their own "
    "plane, to put an end to all of it. Igor gives back the ring. She weeps. They share joy, grief and fear."
)
FAR = [("facts/far-passage", "warning")]
LIST = [("facts/list-member", "info")]


@pytest.fixture(scope="module")
def schema() -> Schema:
    return to_schema(read_ontology(find_project(ROOT).ontology))


def span(words: str) -> tuple[int, int]:
    assert STORY.count(words) == 1, words
    return STORY.index(words), STORY.index(words) + len(words)


def fact(subject: str, property: NamedNode, value: Term | str, words: str, *, is_paraphrase: bool = False) -> Fact:
    term = Literal(value) if isinstance(value, str) else value
    evidence = Evidence("review", *span(words))
    return Fact(entity_iri(subject), property, term, evidence, paraphrase=is_paraphrase)


ANI = (fact("ani", TYPE, film.Character, "Ani"), fact("ani", LABEL, "Ani", "Ani"))
RING = fact("ring-returned", TYPE, film.PlotEvent, "Igor gives back the ring")


def findings(folder: Path, schema: Schema, *facts: Fact) -> list[tuple[str, str]]:
    """The check and severity of each finding on facts read from `STORY`."""
    (folder / "review.txt").write_text(STORY, encoding="utf-8")
    source = Source("review", file="review.txt", sha256=hashlib.sha256(STORY.encode()).hexdigest())
    table = ProjectFacts(TripleTables())
    table.add((*ANI, *facts))
    report = verify(table, texts=Texts((folder,), {"review": source}), schema=schema)
    return [(finding.check, finding.severity.value) for finding in report.findings]


@pytest.mark.parametrize(
    ("words", "is_paraphrase", "expected"),
    [("She", True, []), ("her", True, FAR), ("Ani", False, FAR)],
    ids=["pronoun-beside-the-event", "pronoun-of-another-event", "name-at-another-event"],
)
def test_the_passage_of_a_plot_event_is_near_those_of_its_values(
    words: str, is_paraphrase: bool, expected: list[tuple[str, str]], tmp_path: Path, schema: Schema
) -> None:
    words = "asks her" if words == "her" else words
    affected = fact("ring-returned", film.affected, entity_iri("ani"), words, is_paraphrase=is_paraphrase)
    assert findings(tmp_path, schema, RING, affected) == expected


@pytest.mark.parametrize(("words", "is_paraphrase", "expected"), [("Ani", False, []), ("he asks", True, FAR)])
def test_a_real_event_may_cite_a_name_far_away_but_not_a_pronoun(
    words: str, is_paraphrase: bool, expected: list[tuple[str, str]], tmp_path: Path, schema: Schema
) -> None:
    meeting = fact("meeting", TYPE, film.Event, "They share joy")
    participant = fact("meeting", film.participant, entity_iri("ani"), words, is_paraphrase=is_paraphrase)
    assert findings(tmp_path, schema, meeting, participant) == expected


def test_an_event_that_is_described_twice_has_two_passages(tmp_path: Path, schema: Schema) -> None:
    again = fact("ring-returned", TYPE, film.PlotEvent, "he asks")
    affected = fact("ring-returned", film.affected, entity_iri("ani"), "Ani")
    assert findings(tmp_path, schema, RING, again, affected) == []


@pytest.mark.parametrize(
    ("words", "is_paraphrase", "expected"),
    [("Ani", False, []), ("he asks", True, FAR)],
    ids=["name", "pronoun"],
)
def test_a_part_may_cite_a_name_far_away_but_not_a_pronoun(
    words: str, is_paraphrase: bool, expected: list[tuple[str, str]], tmp_path: Path, schema: Schema
) -> None:
    part = entity_iri("ivan.statement.1")
    facts = (
        fact("ivan", film.statement, part, "They share joy"),
        fact("ivan.statement.1", film.about, entity_iri("ani"), words, is_paraphrase=is_paraphrase),
    )
    assert findings(tmp_path, schema, *facts) == expected


def test_a_relative_date_is_given_with_the_words_of_the_source(tmp_path: Path, schema: Schema) -> None:
    date = fact("wedding", film.date, to_date("2024-11"), "November of last year", is_paraphrase=True)
    assert findings(tmp_path, schema, date) == [("facts/relative-date", "info")]
    as_written = replace(date, paraphrase=False, written="November of last year")
    assert findings(tmp_path, schema, as_written) == []


TOPICS = [fact("speech", film.theme, word, word) for word in ("joy", "grief", "fear")]


@pytest.mark.parametrize(
    ("claim", "topics", "expected"),
    [
        ("people share joy, grief and fear", [], []),
        ("people share joyful, fearful and grief-stricken moments", [], []),
        ("people share a great deal", [], LIST),
        ("people share joy and grief", [], LIST),
        ("people share a great deal", TOPICS, []),
        ("people share a great deal", TOPICS[:2], LIST),
        ("people share grief and fear", [], []),  # where a list begins is uncertain
    ],
)
def test_a_claim_or_its_values_name_each_member_of_a_list(
    claim: str, topics: list[Fact], expected: list[tuple[str, str]], tmp_path: Path, schema: Schema
) -> None:
    words = "They share joy, grief and fear."
    assert findings(tmp_path, schema, fact("speech", film.claim, claim, words, is_paraphrase=True), *topics) == expected


def test_words_with_commas_that_are_no_list_are_not_reported(tmp_path: Path, schema: Schema) -> None:
    claim = fact("speech", film.claim, "they objected", "they are angry, and fly over at once", is_paraphrase=True)
    assert findings(tmp_path, schema, claim) == []
