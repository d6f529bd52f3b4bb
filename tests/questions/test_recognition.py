"""Wins and nominations are answered from what sources state, also where they state only a number."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import kg
from kg.terms import to_short

ROOT = Path(__file__).parents[2]
FILMS = ("Two papers", "Overall")
FACTS = """\
source: paper
prize: {type: Award, label: Gold Prize, awardOf: prizes}
best-actor: {type: Award, label: Best Actor, awardOf: prizes}
prizes: {type: EventSeries, kind: awards, label: The Prizes}
prizes-1: {type: Edition, label: First Prizes, editionOf: prizes}
prizes-2: {type: Edition, label: Second Prizes, editionOf: prizes}
prizes-3: {type: Edition, label: Third Prizes, editionOf: prizes}
actor: {type: Person, label: An Actor}
winner:
  type: Film
  label: Winner
  recognition:
    - {outcome: [nominated, won], award: prize, edition: prizes-1}
    - {outcome: nominated, award: best-actor, edition: prizes-1, recipient: actor}
    - {outcome: won, count: 3, edition: prizes-1}
counted:
  type: Film
  label: Counted
  recognition:
    - {outcome: won, count: 2, edition: prizes-1}
    - {outcome: nominated, count: 4, edition: prizes-1}
loser:
  type: Film
  label: Loser
  recognition:
    - {outcome: nominated, award: prize, edition: prizes-2}
    - {outcome: lost, edition: prizes-2}
lost-one:
  type: Film
  label: Lost one
  recognition:
    - {outcome: [nominated, lost], award: prize, edition: prizes-2}
    - {outcome: nominated, award: best-actor, edition: prizes-2}
veteran:
  type: Film
  label: Veteran
  recognition:
    - {outcome: won, award: prize, edition: prizes-2}
    - {outcome: won, count: 9, eventSeries: prizes}
    - {outcome: listed, givenBy: paper-itself, year: 2024, position: 2}
    - {outcome: record, claim: first to win twice, year: 2024}
star:
  type: Person
  label: A Star
  recognition:
    - {outcome: nominated, count: 21, eventSeries: prizes}
    - {outcome: won, count: 3, award: best-actor}
    - {outcome: won, count: 1, eventSeries: festival}
festival: {type: EventSeries, kind: festival, label: The Festival}
lone: {type: Award, label: Lone Prize}
guest:
  type: Film
  label: Guest
  recognition:
    - {outcome: [nominated, won], award: lone, eventSeries: festival, year: 2019}
overall:
  type: Film
  label: Overall
  recognition:
    - {outcome: nominated, count: 6, eventSeries: prizes}
    - {outcome: lost, eventSeries: prizes}
two-papers:
  type: Film
  label: Two papers
  recognition:
    - {outcome: nominated, count: 6, edition: prizes-3}
    - {outcome: nominated, edition: prizes-3, recipient: actor}
paper-itself: {type: Organisation, label: The Paper}
---
source: other-paper
two-papers:
  type: Film
  recognition:
    - {outcome: won, count: 5, edition: prizes-3}
    - {outcome: nominated, count: 6, edition: prizes-3}
    - {outcome: won, edition: prizes-3, recipient: actor}
"""


@pytest.fixture(scope="module")
def prizes(tmp_path_factory: pytest.TempPathFactory) -> kg.FilmGraph:
    folder = tmp_path_factory.mktemp("prizes")
    for name in ("ontology", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "data").mkdir()
    (folder / "data/sources.yaml").write_text("paper: {title: A paper}\nother-paper: {title: Another paper}\n")
    (folder / "data/films.yaml").write_text(FACTS)
    report = kg.build(folder)
    assert report.ok, "\n".join(map(str, report))
    return kg.open(folder)


def rows(graph: kg.FilmGraph, query: str, **values: object) -> list[tuple[str | None, ...]]:
    def short(cell: object) -> str | None:
        return None if cell is None else to_short(cell).removeprefix("film:")  # type: ignore[arg-type]

    return [tuple(short(cell) for cell in row.terms) for row in graph.ask(query, **values)]


def test_a_film_with_only_a_number_of_wins_is_among_the_winners(prizes: kg.FilmGraph) -> None:
    assert rows(prizes, "winners-at-ceremony", edition="First Prizes") == [
        ("counted", None, None),
        ("winner", "prize", None),
    ]
    assert rows(prizes, "winners-at-ceremony", edition="First Prizes", without="award") == [("counted", None, None)]


@pytest.mark.parametrize(
    ("query", "kind", "numbers"),
    [
        ("winners-with-most-wins", "film:Film", {"veteran": 9, "two-papers": 5, "winner": 3, "counted": 2}),
        ("winners-with-most-wins", "Person", {"star": 3, "actor": 1}),
        (
            "nominees-with-most-nominations",
            "film:Film",
            {"veteran": 9, "overall": 6, "two-papers": 6, "counted": 4, "winner": 3, "lost-one": 2, "loser": 1},
        ),
        ("nominees-with-most-nominations", "Person", {"star": 21, "actor": 2}),
    ],
)
def test_the_higher_of_a_stated_and_a_named_number_counts(
    prizes: kg.FilmGraph, query: str, kind: str, numbers: dict[str, int]
) -> None:
    found = rows(prizes, query, programme="The Prizes", kind=kind)
    assert [(name, int(number or 0)) for name, number in found] == list(numbers.items())


def test_a_win_at_a_festival_is_no_nomination(prizes: kg.FilmGraph) -> None:
    assert rows(prizes, "winners-with-most-wins", programme="The Festival", kind="Person") == [("star", "1")]
    assert rows(prizes, "nominees-with-most-nominations", programme="The Festival", kind="Person") == []


def test_an_award_is_of_the_programme_that_is_stated_with_it(prizes: kg.FilmGraph) -> None:
    assert rows(prizes, "winners-with-most-wins", programme="The Festival", kind="film:Film") == [("guest", "1")]
    assert rows(prizes, "awards-of-programme", programme="The Festival") == [("lone", "1")]
    assert [row[0] for row in rows(prizes, "awards-of", entity="Guest", programme="The Festival")] == ["lone"]
    assert rows(prizes, "recognition-by-source", film="Guest", programme="The Festival") == [("source:paper", "1", "1")]


def test_numbers_of_two_sources_are_apart_and_for_everybody(prizes: kg.FilmGraph) -> None:
    assert rows(prizes, "tallies-of", entity="Two papers") == [("prizes-3", "prizes", None, "6", "5", None, "6")]
    assert rows(prizes, "tallies-of", entity="Overall") == [(None, "prizes", None, "6", None, None, "6")]
    assert rows(prizes, "tallies-of", entity="A Star", programme="The Prizes") == [
        (None, "prizes", None, "21", None, None, "21"),
        (None, "prizes", "best-actor", None, "3", None, "21"),
    ]
    sources = {name: rows(prizes, "recognition-by-source", film=name, programme="The Prizes") for name in FILMS}
    assert sources == {
        "Two papers": [("source:other-paper", "6", "5"), ("source:paper", "6", None)],
        "Overall": [("source:paper", "6", None)],
    }


def test_a_win_without_its_award_is_one_of_the_programme(prizes: kg.FilmGraph) -> None:
    both = rows(prizes, "winners-of-both", first="The Prizes", second="Best Actor", kind="Person")
    assert [row[0] for row in both] == ["star"]
    assert rows(prizes, "winners-of-both", first="The Prizes", second="The Festival", kind="Person")[0][0] == "star"


def test_ceremonies_have_the_numbers_of_each_nominee(prizes: kg.FilmGraph) -> None:
    never_won = rows(prizes, "nominees-with-most-nominations", programme="The Prizes", kind="film:Film", won=False)
    assert never_won == [("overall", "6"), ("lost-one", "2"), ("loser", "1")]
    assert [row[:2] for row in rows(prizes, "tallies-at-ceremony", edition="Second Prizes")] == [
        ("lost-one", "2"),
        ("loser", "1"),
        ("veteran", "0"),
    ]
    assert rows(prizes, "tallies-at-ceremony", edition="First Prizes") == [
        ("counted", "0", "4", "0", "2"),
        ("winner", "2", None, "1", "3"),
    ]


@pytest.mark.parametrize(
    ("film", "won"),
    [
        ("Winner", {("prize", "true"), ("best-actor", None)}),
        ("Loser", {("prize", "false")}),
        ("Lost one", {("prize", "false"), ("best-actor", None)}),
        ("Counted", set()),
    ],
)
def test_a_nomination_is_won_or_lost_only_where_a_source_says_so(
    prizes: kg.FilmGraph, film: str, won: set[tuple[str, str | None]]
) -> None:
    assert {(award, result) for _, award, _, _, result in rows(prizes, "nominations-of", entity=film)} == won


def test_an_award_of_a_series_has_the_series_and_the_year_where_no_edition_is_stated(prizes: kg.FilmGraph) -> None:
    assert rows(prizes, "nominations-of", entity="Guest") == [("festival", "lone", "guest", None, "true")]
    assert rows(prizes, "winners-of-award", award="Lone Prize") == [("guest", None, None, "festival", "2019")]


def test_lists_and_records_are_no_awards(prizes: kg.FilmGraph) -> None:
    assert rows(prizes, "awards-of", entity="Veteran") == [("prize", "veteran", "prizes-2", None, None, None)]
    assert [row[:3] for row in rows(prizes, "best-lists-of-film", film="Veteran")] == [("paper-itself", "2024", "2")]
    assert [row[0] for row in rows(prizes, "distinctions-of", entity="Veteran")] == ["first to win twice"]


def test_it_won_is_easy_to_ask(prizes: kg.FilmGraph) -> None:
    answer = prizes.sparql(
        "PREFIX film: <https://w3id.org/filmgraph/film/>"
        'SELECT ?film { ?film film:recognition [ film:outcome "won" ; film:award film:prize ] } ORDER BY ?film'
    )
    assert [str(row.film) for row in answer] == ["Veteran", "Winner"]
