"""Events are drawn in lanes on one scale of time, and a person's films beside the people who made them."""

from __future__ import annotations

import re
from pathlib import Path

from kg.server.pages.display import TimelineEvent, display_of
from kg.server.pages.drawings.charts import collaborators, event_lanes
from kg.server.pages.entity_data import read_entity_data
from kg.server.pages.layouts import INVERSES
from kg.terms import entity_iri
from tests.projects import own_graph


def events(*days: str) -> list[TimelineEvent]:
    return [TimelineEvent(day, day, "Award" if number % 2 else "Release") for number, day in enumerate(days)]


def test_events_are_placed_by_their_day_each_kind_in_its_lane() -> None:
    diagram = event_lanes(events("2020-01-01", "2022-01-01", "2024-01-01"), "Tangerine")
    assert diagram is not None
    assert re.findall(r'circle cx="([\d.]+)" cy="(\d+)"', diagram.svg) == [
        ("10.0", "26"),
        ("370.0", "26"),
        ("190.0", "64"),
    ]
    assert re.findall(r"<text [^>]*>([^<]*)</text>", diagram.svg) == [
        "2020",
        "2021",
        "2022",
        "2023",
        "2024",
        "Release",
        "Award",
    ]


def test_a_short_time_has_months_and_a_long_one_few_years() -> None:
    short = event_lanes(events("2023-11-05", "2023-12-01", "2024-02-01"), "Anora")
    long = event_lanes(events("1900-01-01", "1950-01-01", "2000-01-01"), "Anora")
    assert short is not None
    assert long is not None
    assert re.findall(r'class="property"[^>]*>([^<]*)<', short.svg) == ["Dec 2023", "Jan 2024", "Feb"]
    assert len(re.findall(r'class="property"', long.svg)) <= 7


def test_few_events_or_those_of_one_day_are_not_drawn() -> None:
    assert event_lanes(events("2020-01-01", "2021-01-01"), "Anora") is None
    assert event_lanes(events(*["2020-01-01"] * 4), "Anora") is None
    assert event_lanes(events("197X", "?", "-0044-03-15", "2020-01-01"), "Anora") is None


def test_films_are_beside_the_people_who_made_them(tmp_path: Path) -> None:
    display = display_of(own_graph(tmp_path))
    diagram = collaborators(read_entity_data(display, entity_iri("sean-baker"), INVERSES), display)
    assert diagram is not None
    assert "Willem Dafoe: cast of The Florida Project" in diagram.svg
    assert '<a href="/film/mya-taylor">' in diagram.svg
    assert "Sean Baker:" not in diagram.svg
    assert collaborators(read_entity_data(display, entity_iri("al-horner"), INVERSES), display) is None
