"""Pictures of time and of work, narrow enough for a phone: dated events in lanes, and who made films with whom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg import vocabulary as vocab
from kg.graph.store import find_quads
from kg.server.pages.display import Diagram, Display, TimelineEvent
from kg.server.pages.entity_data import EntityData, date_of
from kg.server.pages.layouts import CAST, CREW, ROLES
from kg.server.pages.templating import render
from kg.terms import KNOWLEDGE
from kg.text.ellipsis import shortened

WIDTH = 380
_MAX_LETTERS = 22
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


# --- events in lanes

_MAX_LANES, _FEWEST_EVENTS = 7, 3
_LANE, _AXIS, _MARGIN = 38, 24, 10
_MONTHS_WITH_NAMES = 1.6
"""A chart of at most so many years has months on its axis."""
_MAX_TICKS = 7
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Dot:
    """An event on its lane; `title` is shown when it is pointed at."""

    x: float
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    """The events of one kind."""

    label: str
    y: int
    dots: Sequence[Dot]


@dataclass(frozen=True, slots=True)
class Tick:
    """A date on the axis; its text begins there, in the middle, or ends there."""

    x: float
    text: str
    anchor: str


def event_lanes(events: Iterable[TimelineEvent], label: str) -> Diagram | None:
    """Events by kind, each kind on a line of its own, on one scale of time; None for few events or a single day."""
    placed = [(when, event) for event in events if (when := _years(event.sort_key)) is not None]
    if len(placed) < _FEWEST_EVENTS or len({when for when, _ in placed}) == 1:
        return None
    first, last = min(when for when, _ in placed), max(when for when, _ in placed)
    scale = (WIDTH - 2 * _MARGIN) / (last - first)

    def x(when: float) -> float:
        return _MARGIN + (when - first) * scale

    kinds: dict[str, list[Dot]] = {}
    for when, event in sorted(placed, key=lambda item: item[0]):
        kind = event.title if event.title in kinds or len(kinds) < _MAX_LANES - 1 else "Other"
        words = ", ".join(value.text for value in event.values)
        kinds.setdefault(kind, []).append(Dot(x(when), f"{event.date}: {event.title}{f' – {words}' if words else ''}"))
    lanes = [Lane(kind, number * _LANE, dots) for number, (kind, dots) in enumerate(kinds.items())]
    ticks = [Tick(x(when), text, _anchor(x(when))) for when, text in _ticks(first, last)]
    svg = render(
        "lanes.svg", lanes=lanes, ticks=ticks, title=f"{label} on a scale of time", width=WIDTH, margin=_MARGIN,
        bottom=len(lanes) * _LANE, height=len(lanes) * _LANE + _AXIS,
    )  # fmt: skip
    return Diagram(svg, label="Timeline as a picture")


def _years(day: str) -> float | None:
    """A day in years since the year 0; None for what is no day."""
    match = _DAY.match(day)
    return int(match[1]) + (int(match[2]) - 1) / 12 + (int(match[3]) - 1) / 372 if match is not None else None


def _ticks(first: float, last: float) -> Iterator[tuple[float, str]]:
    """Yield the months, or the years, at which the axis has a date."""
    if last - first <= _MONTHS_WITH_NAMES:
        months = range(-int(-first * 12 // 1), int(last * 12) + 1)
        step = max(1, -(-len(months) // _MAX_TICKS))
        named = {month // 12: month for month in reversed(months[::step])}
        for month in months[::step]:
            # The first month of each year has the year.
            yield month / 12, f"{_MONTHS[month % 12]}{f' {month // 12}' if month in named.values() else ''}"
        return
    years = range(-int(-first // 1), int(last) + 1)
    step = max(1, -(-len(years) // _MAX_TICKS))
    for year in years[::step]:
        yield float(year), str(year)


def _anchor(x: float) -> str:
    return "start" if x < _MARGIN + 20 else "end" if x > WIDTH - _MARGIN - 20 else "middle"


# --- who made films with whom

_MAX_FILMS, _MAX_PEOPLE = 8, 14
_ROW, _TOP = 26, 14
_FILMS_END, _PEOPLE_START = 164, 216
_MAX_CREDITED = 60
"""How many people in one role of a film are read."""


@dataclass(frozen=True, slots=True)
class NamedDot:
    """A film or a person, with its position."""

    text: str
    url: str
    y: float


@dataclass(frozen=True, slots=True)
class SharedCredit:
    """A person's work on a film: `title` says what it was."""

    start: float
    end: float
    title: str


def collaborators(data: EntityData, display: Display) -> Diagram | None:
    """A person's films beside the people with whom they were made, those with most films in common."""
    films = [value.value for value in data.of(*ROLES) if isinstance(value.value, NamedNode)]
    films.sort(key=lambda film: (date_of(display.graph, film), display.label(film)), reverse=True)
    credited = {film: _credited(display, film) for film in dict.fromkeys(films)}
    for people in credited.values():
        people.pop(data.entity, None)
    shown = [film for film, people in credited.items() if people][:_MAX_FILMS]
    shared = Counter(person for film in shown for person in credited[film])
    roles = Counter(person for film in shown for person, of_film in credited[film].items() for _ in of_film)
    ranked = sorted(shared, key=lambda person: (-shared[person], -roles[person], display.label(person)))[:_MAX_PEOPLE]
    if len(ranked) < 2:
        return None
    ranked.sort(key=lambda person: _middle(person, shown, credited))
    height = _ROW * max(len(shown), len(ranked)) + _TOP
    film_dots, people_dots = _dots(display, shown, height), _dots(display, ranked, height)
    credits = [
        SharedCredit(
            film_dots[film].y, people_dots[person].y,
            f"{display.label(person)}: {', '.join(credited[film][person])} of {display.label(film)}",
        )
        for film in shown for person in ranked if person in credited[film]
    ]  # fmt: skip
    svg = render(
        "collaborators.svg", films=film_dots.values(), people=people_dots.values(), credits=credits, width=WIDTH,
        height=height, left=_FILMS_END, right=_PEOPLE_START, title=f"Who made films with {data.label}",
    )  # fmt: skip
    return Diagram(svg, label="Films, and the people who made them")


def _credited(display: Display, film: NamedNode) -> dict[NamedNode, list[str]]:
    """The people who made a film, each with their roles; organisations are left out."""
    people: dict[NamedNode, list[str]] = {}
    for property, role in {**CREW, **dict.fromkeys(CAST, "cast")}.items():
        if property != vocab.contributor:
            for quad in find_quads(display.graph.store, film, property, None, KNOWLEDGE, limit=_MAX_CREDITED):
                if isinstance(quad.object, NamedNode):
                    people.setdefault(quad.object, []).append(role)
    return people


def _middle(
    person: NamedNode, films: Sequence[NamedNode], credited: Mapping[NamedNode, Mapping[NamedNode, object]]
) -> tuple[float, str]:
    """Where the films of a person are on average, so that few lines cross."""
    places = [place for place, film in enumerate(films) if person in credited[film]]
    return (sum(places) / len(places), person.value)


def _dots(display: Display, entities: Sequence[NamedNode], height: float) -> dict[NamedNode, NamedDot]:
    """Entities spread over the height."""
    step = (height - _TOP) / len(entities)
    shown = {entity: display.term(entity) for entity in entities}
    return {
        entity: NamedDot(shortened(shown[entity].text, _MAX_LETTERS), shown[entity].url, _TOP / 2 + step * (row + 0.5))
        for row, entity in enumerate(entities)
    }
