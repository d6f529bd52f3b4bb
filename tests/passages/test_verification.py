"""Verification: whether the passage of a fact contains its value."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode

from kg.facts.dates import to_date
from kg.facts.texts import find_quotations
from kg.passages.verification import contains_date, contains_literal, contains_name
from kg.pipeline.draft import draft
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


@pytest.mark.parametrize(("number", "passage", "expected"), NUMBERS)
def test_a_passage_contains_a_number_in_digits_or_words(number: str, passage: str, expected: bool) -> None:
    kind = "decimal" if "." in number else "integer"
    assert contains_literal(passage, Literal(number, datatype=NamedNode(XSD + kind))) is expected


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


@pytest.mark.parametrize(("date", "passage", "expected"), DATES)
def test_a_passage_contains_a_date_in_any_common_form(date: str, passage: str, expected: bool) -> None:
    assert contains_date(passage, date) is expected
    assert contains_literal(passage, to_date(date)) is expected


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


@pytest.mark.parametrize(("name", "passage", "expected"), NAMES)
def test_a_passage_contains_a_name_as_complete_words(name: str, passage: str, expected: bool) -> None:
    assert contains_name(passage, [name]) is expected


TEXT = "Anora is a film by Sean Baker. It took in $36.5 million, and Mikey won. 🎬 End."


def verified(project: SmallProject, facts: str) -> Report:
    project.write_text_of("review", TEXT)
    project.write("data/films.yaml", f"source: review\nanora:\n  type: Film\n{facts}".encode())
    return draft(project.project, texts=project.texts).report


def at(words: str) -> str:
    return f"{TEXT.index(words)}-{TEXT.index(words) + len(words)}"


def test_facts_are_verified_when_their_passages_contain_their_values(project: SmallProject) -> None:
    report = verified(
        project,
        f"  label: {{value: Anora, at: {at('Anora')}}}\n  amount: {{value: 36500000, at: {at('$36.5 million')}}}\n",
    )
    assert report.findings == ()
    assert (report.counts["verified"], report.counts["without_span"]) == (2, 1)


@pytest.mark.parametrize(
    ("fact", "check"),
    [
        ("  amount: {value: 36600000, at: 41-54}\n", "not-in-passage"),
        ("  label: {value: Anora, at: 8-12}\n", "not-in-passage"),
        ("  label: {value: Anora, at: 0-9999}\n", "span"),
    ],
)
def test_a_passage_without_the_value_is_reported(project: SmallProject, fact: str, check: str) -> None:
    report = verified(project, fact)
    assert [finding.check for finding in report.findings] == [f"facts/{check}"]
    assert [finding.place.line for finding in report.findings if finding.place is not None] == [4]
    assert report.counts["failed"] == 1


def test_a_passage_that_lacks_most_values_of_its_block_is_one_finding(project: SmallProject) -> None:
    values = "  label: Anora\n  amount: 36600000\n  title: Mikey\n  note: Sean Baker\n"
    report = verified(project, f"  at: {at('Anora')}\n{values}")
    (finding,) = report.findings
    assert (finding.check, finding.message) == (
        "facts/not-in-passage",
        "the passage of this block does not contain 3 of its values",
    )
    assert finding.place is not None
    assert finding.place.line == 4
    assert finding.advice == "`at` holds for all values of the block: cite more words, or remove it."
    assert report.counts["failed"] == 3


def test_a_passage_that_has_most_values_of_its_block_is_not_reported_itself(project: SmallProject) -> None:
    report = verified(project, f"  at: {at(TEXT)}\n  label: Anora\n  amount: 36600000\n  title: Mikey\n")
    assert [finding.place.line for finding in report.findings if finding.place is not None] == [6]


def test_offsets_count_characters_beyond_the_first_plane_as_one(project: SmallProject) -> None:
    report = verified(project, f"  label: {{value: End, at: {at('End')}}}\n")
    assert report.findings == ()


def test_a_paraphrase_is_counted_and_not_searched(project: SmallProject) -> None:
    report = verified(project, "  title: {value: A prize for Mikey, at: 61-71, paraphrase: true}\n")
    assert (report.findings, report.counts["paraphrase"]) == ((), 1)


def test_a_changed_text_is_reported_once(project: SmallProject) -> None:
    verified(project, "  label: {value: Anora, at: 0-5}\n")
    (project.texts / "review.txt").write_bytes(TEXT.replace("\n", "\r\n").encode() + b" ")
    report = draft(project.project, texts=project.texts).report
    assert [finding.check for finding in report.findings] == ["facts/digest"]
    assert report.counts["text_unavailable"] == 1


def test_a_missing_text_is_not_a_finding(project: SmallProject) -> None:
    verified(project, "  label: {value: Anora, at: 0-5}\n")
    (project.texts / "review.txt").unlink()
    report = draft(project.project, texts=project.texts).report
    assert (report.findings, report.counts["text_unavailable"]) == ((), 1)


def test_words_are_found_whatever_the_quotes_and_white_space() -> None:
    text = "“It’s a film,”\n said – she. It's a film."
    assert [(quotation.start, quotation.end) for quotation in find_quotations(text, "It's  a film")] == [
        (1, 12),
        (28, 39),
    ]
    assert list(find_quotations(text, "")) == []
    assert list(find_quotations(text, "(.*)")) == []
