"""Verification: whether the passage that a fact names holds what the fact says."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode

from kg.facts.dates import to_date
from kg.passages.matching import holds_date, holds_literal, holds_name
from kg.passages.texts import find_quotations
from kg.pipeline.build import draft
from kg.reports import Report
from kg.terms import XSD
from tests.projects import SmallProject

NUMBERS = [
    ("93", "Held 93 screenings", True),
    ("93", "in 1993 already", False),
    ("93", "0.93 of them", False),
    ("93", "93.5 percent", False),
    ("6", "six theatres", True),
    ("6", "the sixth film", True),
    ("6", "sixty theatres", False),
    ("60", "sixty theatres", True),
    ("63", "sixty-three theatres", True),
    ("36500000", "$36.5 million", True),
    ("36500000", "36.5m dollars", True),
    ("36500000", "36,500,000 dollars", True),
    ("36500000", "36.5 thousand", False),
    ("1500", "1,500 screens", True),
    ("500", "1,500 screens", False),
    ("5", "won five Oscars", True),
    ("5", "won fifteen Oscars", False),
    ("97", "the 97th Academy Awards", True),
    ("8.5", "rated 8.5/10", True),
    ("8.5", "rated 18.5", False),
    ("12", "a dozen of them", False),
    ("24", "two dozen of them", True),
]


@pytest.mark.parametrize(("number", "passage", "holds"), NUMBERS)
def test_a_number_is_held_in_digits_or_words(number: str, passage: str, holds: bool) -> None:
    kind = "decimal" if "." in number else "integer"
    assert holds_literal(passage, Literal(number, datatype=NamedNode(XSD + kind))) is holds


DATES = [
    ("2024-10", "shot in October", True),
    ("2024-10", "on October 18, 2023", False),
    ("2024-10-18", "released on October 18, 2024", True),
    ("2024-10-18", "released on 18 October 2024", True),
    ("2024-10-18", "released on Oct. 18th", True),
    ("2024-10-18", "on the 18th of October", True),
    ("2024-10-18", "2024-10-18", True),
    ("2024-10-18", "released on October 18, 2023", False),
    ("2024-10-18", "released on October 1", False),
    ("2024-10-18", "released on October 181", False),
    ("2024-10-18", "released in October 2024", False),
    ("2024-10", "in October 2024", True),
    ("2024-10", "on October 18, 2024", True),
    ("2024-10", "in October 2023", False),
    ("2024", "the 2024 film", True),
    ("2024", "shot in 12024 frames", False),
    ("2024-05", "they may go", False),
    ("197X", "films of the 1970s", True),
    ("197X", "films of the '70s", True),
    ("197X", "films of 1973", False),
]


@pytest.mark.parametrize(("date", "passage", "holds"), DATES)
def test_a_date_is_held_in_any_common_form(date: str, passage: str, holds: bool) -> None:
    assert holds_date(passage, date) is holds
    assert holds_literal(passage, to_date(date)) is holds


NAMES = [
    ("Anora", "Anora, a film", True),
    ("anora", "ANORA wins", True),
    ("Ani", "Anita came", False),
    ("Ani", "Ani's boss", True),
    ("Palme d'Or", "the Palme d’Or", True),
    ("Ivan", "Ivanov", False),
    ("Léa", "Lea", True),
    ("Sean Baker", "Sean\nBaker", True),
    ("M*A*S*H", "watched M*A*S*H again", True),
    ("8½", "saw 8½ twice", True),
]


@pytest.mark.parametrize(("name", "passage", "holds"), NAMES)
def test_a_name_is_held_as_whole_words(name: str, passage: str, holds: bool) -> None:
    assert holds_name(passage, [name]) is holds


TEXT = "Anora is a film by Sean Baker. It took in $36.5 million, and Mikey won. 🎬 End."


def verified(project: SmallProject, facts: str) -> Report:
    project.write_text_of("review", TEXT)
    project.write("data/films.yaml", f"source: review\nanora:\n  type: Film\n{facts}".encode())
    return draft(project.project, texts=project.texts).report


def at(words: str) -> str:
    return f"{TEXT.index(words)}-{TEXT.index(words) + len(words)}"


def test_facts_that_stand_in_their_passages_are_held(project: SmallProject) -> None:
    report = verified(
        project,
        f"  label: {{value: Anora, at: {at('Anora')}}}\n  amount: {{value: 36500000, at: {at('$36.5 million')}}}\n",
    )
    assert report.findings == ()
    assert (report.counts["held"], report.counts["no_span"]) == (2, 1)


@pytest.mark.parametrize(
    ("fact", "check"),
    [
        ("  amount: {value: 36600000, at: 41-54}\n", "not-in-passage"),
        ("  label: {value: Anora, at: 8-12}\n", "not-in-passage"),
        ("  label: {value: Anora, at: 0-9999}\n", "span"),
    ],
)
def test_a_passage_that_does_not_hold_the_value_is_told(project: SmallProject, fact: str, check: str) -> None:
    report = verified(project, fact)
    assert [one.check for one in report.findings] == [f"facts/{check}"]
    assert [one.place.line for one in report.findings if one.place is not None] == [4]
    assert report.counts["bad"] == 1


def test_offsets_count_characters_beyond_the_first_plane_as_one(project: SmallProject) -> None:
    report = verified(project, f"  label: {{value: End, at: {at('End')}}}\n")
    assert report.findings == ()


def test_a_paraphrase_is_counted_and_not_looked_for(project: SmallProject) -> None:
    report = verified(project, "  title: {value: A prize for Mikey, at: 61-71, paraphrase: true}\n")
    assert (report.findings, report.counts["paraphrase"]) == ((), 1)


def test_another_text_than_the_one_read_is_told_once(project: SmallProject) -> None:
    verified(project, "  label: {value: Anora, at: 0-5}\n")
    (project.texts / "review.txt").write_bytes(TEXT.replace("\n", "\r\n").encode() + b" ")
    report = draft(project.project, texts=project.texts).report
    assert [one.check for one in report.findings] == ["facts/digest"]
    assert report.counts["not_at_hand"] == 1


def test_texts_that_are_not_at_hand_are_no_fault(project: SmallProject) -> None:
    verified(project, "  label: {value: Anora, at: 0-5}\n")
    (project.texts / "review.txt").unlink()
    report = draft(project.project, texts=project.texts).report
    assert (report.findings, report.counts["not_at_hand"]) == ((), 1)


def test_words_are_cited_where_they_stand_whatever_the_quotes_and_blanks() -> None:
    text = "“It’s a film,”\n said – she. It's a film."
    assert [(spot.start, spot.end) for spot in find_quotations(text, "It's  a film")] == [(1, 12), (28, 39)]
    assert list(find_quotations(text, "")) == []
    assert list(find_quotations(text, "(.*)")) == []
