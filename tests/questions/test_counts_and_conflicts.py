"""Counts and disagreements are those that sources state: a number without names counts, and silence is no loss."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

import kg
from kg.terms import to_short

QUERIES = Path(__file__).parents[2] / "queries"
NAMES_AWARDS = {
    "awards-of-programme": "the awards of a programme are counted, not those of a nominee",
    "winners-by-property": "a number of wins does not say the genre, country or company of the winner",
}
"""Queries that count awards and cannot use the numbers that sources give, and why."""


def rows(graph: kg.FilmGraph, query: str, **values: object) -> list[tuple[str | None, ...]]:
    return [tuple(_short(cell) for cell in row.terms) for row in graph.ask(query, **values)]


def _short(cell: object) -> str | None:
    return to_short(cell) if isinstance(cell, NamedNode | Literal) else None


def test_a_stated_number_counts_although_not_every_nomination_is_named(graph: kg.FilmGraph) -> None:
    most = rows(graph, "nominees-with-most-nominations", programme="Academy Awards", kind="film:Film")
    assert most[0] == ("film:anora", "6")
    losers = rows(
        graph,
        "nominees-with-most-nominations",
        programme="Golden Globe Awards",
        kind="film:Film",
        minimum=5,
        won=False,
    )
    assert losers == [("film:anora", "5")]
    assert rows(graph, "tallies-at-ceremony", edition="97th Academy Awards")[0][:3] == ("film:anora", "4", "6")


def test_a_stated_number_of_wins_counts(graph: kg.FilmGraph) -> None:
    most = rows(graph, "winners-with-most-wins", programme="Academy Awards", kind="film:Film")
    assert most[:2] == [("film:anora", "5"), ("film:the-brutalist", "3")]
    assert rows(graph, "tallies-at-ceremony", edition="97th Academy Awards")[0][3:] == ("5", "5")


def test_a_source_that_reports_no_wins_has_no_number_of_wins(graph: kg.FilmGraph) -> None:
    assert rows(graph, "recognition-by-source", film="Anora", programme="Academy Awards") == [
        ("source:encyclopedia", "6", None),
        ("source:oscars-report", "6", "5"),
    ]


@pytest.mark.parametrize("path", sorted(QUERIES.rglob("*.rq")), ids=lambda path: path.stem)
def test_a_query_that_counts_awards_uses_the_numbers_that_sources_give(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    counts_awards = "COUNT(" in text and "film:recognition" in text
    uses_numbers = re.search(r"film:count \?(stated|count)", text) is not None
    assert not counts_awards or uses_numbers or path.stem in NAMES_AWARDS


def test_won_is_empty_where_no_source_reports_the_winner(graph: kg.FilmGraph) -> None:
    won = {(award, nominee): won for _, award, _, nominee, won in rows(graph, "nominations-of", entity="Anora")}
    assert won["film:oscar-best-picture", None] == "true"
    assert {won for (award, _), won in won.items() if award != "film:oscar-best-picture"} == {None}
    assert rows(graph, "nominees-of-award", award="film:bafta-best-film", edition="film:bafta-78") == [
        ("film:anora", "film:anora", "film:bafta-78", None)
    ]


def test_won_is_false_where_somebody_else_won(graph: kg.FilmGraph) -> None:
    nominees = rows(graph, "nominees-of-award", award="film:oscar-best-actor", edition="film:oscars-97")
    assert {nominee: won for nominee, _, _, won in nominees} == {
        "film:adrien-brody": "true",
        "film:ralph-fiennes": "false",
        "film:timothee-chalamet": "false",
    }


def test_no_award_programme_is_a_festival(graph: kg.FilmGraph) -> None:
    answer = graph.sparql(
        "PREFIX film: <https://w3id.org/filmgraph/film/>"
        "SELECT DISTINCT ?series WHERE { ?x film:screening/film:eventSeries ?series }"
    )
    series = {_short(row.terms[0]) for row in answer}
    assert {"film:cannes-film-festival", "film:rome-film-festival"} <= series
    assert not series & {"film:academy-awards", "film:bafta-awards", "film:golden-globe-awards"}


def test_only_figures_for_the_same_territory_and_period_disagree(graph: kg.FilmGraph) -> None:
    assert rows(graph, "conflicts-about", entity="Anora") == [
        ("film:boxOffice", "source:encyclopedia", "36500000", "source:oscars-report", "40000000")
    ]


def test_a_place_does_not_disagree_with_one_that_contains_it(graph: kg.FilmGraph) -> None:
    properties = {property for property, *_ in rows(graph, "conflicts-about", entity="Ani")}
    assert properties == {"film:occupation"}


@pytest.mark.parametrize("event", ["parents-find-out", "attempt-at-annulment"])
def test_a_slip_of_a_source_leaves_the_event_its_doer(event: str, graph: kg.FilmGraph) -> None:
    doers = rows(graph, "description-of", entity=f"film:{event}", property="agent")
    assert [value for _, value in doers] == ["film:ivans-parents"]


def test_the_timeline_of_a_film_has_each_event_once_and_nothing_older(graph: kg.FilmGraph) -> None:
    timeline = rows(graph, "timeline-of-film", film="Anora")
    events = [event for _, _, _, event, _, _ in timeline]
    assert len(events) == len(set(events))
    assert min(day for day, *_ in timeline if day) == "2023-02-01"


def test_no_module_of_the_ontology_has_the_iri_of_a_term(graph: kg.FilmGraph) -> None:
    answer = graph.sparql(
        "PREFIX owl: <http://www.w3.org/2002/07/owl#> PREFIX graph: <https://w3id.org/filmgraph/graph/>"
        "SELECT ?term WHERE { GRAPH graph:ontology { ?term a owl:Ontology, ?kind FILTER(?kind != owl:Ontology) } }"
    )
    assert [_short(row.terms[0]) for row in answer] == []


def test_parts_do_not_disagree_but_their_numbers_may(graph: kg.FilmGraph) -> None:
    assert rows(graph, "conflicts-on-property", entity="Anora", property="recognition") == []
    assert rows(graph, "conflicts-on-property", entity="Anora", property="boxOffice") == [
        ("source:encyclopedia", "36500000", "source:oscars-report", "40000000"),
        ("source:oscars-report", "40000000", "source:encyclopedia", "36500000"),
    ]


def test_the_international_branch_of_a_company_is_part_of_it(graph: kg.FilmGraph) -> None:
    members = {row[0] for row in rows(graph, "members-of-group", group="Universal Pictures")}
    assert members == {"film:universal-pictures-international"}
