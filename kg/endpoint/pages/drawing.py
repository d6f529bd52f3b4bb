"""A thing with its neighbours, or triples, walk in; a drawing walks out, as SVG that takes the page's colours.

Neighbours stand in two columns beside the thing, so that every name can be read, and each is a link.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode, Triple

from kg.endpoint.pages.blocks import Picture
from kg.endpoint.pages.gathering import Gathered
from kg.endpoint.pages.layouts import FOLLOWING_ONLY, OPENING
from kg.endpoint.pages.rendering import render
from kg.endpoint.pages.telling import Shown, Teller, owner_of, way_back
from kg.terms import FILM, Term

_MOST, _OF_ONE = 14, 3
_WIDE, _HIGH, _MIDDLE, _BOX, _TOP = 760, 46, 380, 176, 26
_LETTERS = 30
MOST_NODES = 40
"""How many things a drawing of triples shows."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A thing beside the middle one: where it stands and by which property they are joined."""

    text: str
    address: str
    way: str
    is_left: bool
    y: float
    points_here: bool

    @property
    def x(self) -> int:
        """Where its text begins, or ends on the left."""
        return _MIDDLE - _BOX // 2 - 74 if self.is_left else _MIDDLE + _BOX // 2 + 74

    @property
    def start(self) -> int:
        """Where its line leaves the middle box."""
        return _MIDDLE - _BOX // 2 if self.is_left else _MIDDLE + _BOX // 2


def neighbourhood(gathered: Gathered, teller: Teller) -> Picture | None:
    """The things next to a thing, those that sources name first; None when it has none."""
    joined = list(_joined(gathered, teller))[:_MOST]
    if not joined:
        return None
    half = (len(joined) + 1) // 2
    rows = max(half, 1)
    neighbours = []
    for number, (property, shown, points_here) in enumerate(joined):
        is_left, place = number >= half, number % half
        in_column = half if not is_left else len(joined) - half
        y = _TOP + _HIGH * (place + (rows - in_column) / 2) + 14
        neighbours.append(Neighbour(_short(shown.text), shown.address, property, is_left, y, points_here))
    height = rows * _HIGH + _TOP
    words = ", ".join(f"{one.way}: {one.text}" for one in neighbours)
    svg = render(
        "neighbourhood.svg", neighbours=neighbours, title=f"{gathered.label} and what is next to it",
        label=_lines(gathered.label), width=_WIDE, height=height, middle=_MIDDLE, box=_BOX, y=height / 2,
    )  # fmt: skip
    return Picture(svg, words)


def _joined(gathered: Gathered, teller: Teller) -> Iterator[tuple[str, Shown, bool]]:
    """Property and neighbour, in turn through the properties, so that one with many does not hide the others."""
    queues: list[list[tuple[str, Shown, bool]]] = []
    for is_said in (True, False):
        for property, values in sorted(gathered.values.items(), key=lambda one: _rank(one[0])):
            if property.value.removeprefix(FILM) not in FOLLOWING_ONLY:
                said = [one.value for one in values.said if bool(one.facts) is is_said]
                things = [one for one in said if isinstance(one, NamedNode) and owner_of(one)[0] is None]
                queues.append([(teller.label(property), teller.term(one), False) for one in things[:_OF_ONE]])
    queues += [
        [(way_back(teller, one.property), teller.term(thing), True) for thing in one.things[:_OF_ONE]]
        for one in gathered.leading
    ]
    seen: set[Term | None] = {gathered.thing}
    for turn in range(_OF_ONE):
        for queue in queues:
            if turn < len(queue) and queue[turn][1].address.startswith("/") and queue[turn][1].term not in seen:
                seen.add(queue[turn][1].term)
                yield queue[turn]


def _rank(property: NamedNode) -> tuple[int, str]:
    """What opens a page stands first here too."""
    name = property.value.removeprefix(FILM)
    places = [names.index(name) for names in OPENING.values() if name in names]
    return (min(places, default=99), name)


@dataclass(frozen=True, slots=True)
class Spot:
    """A node of a drawing: where it stands."""

    text: str
    address: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A line between two spots, with the name of its property in the middle."""

    text: str
    start: Spot
    end: Spot

    @property
    def middle(self) -> tuple[float, float]:
        """Where its name stands."""
        return ((self.start.x + self.end.x) / 2, (self.start.y + self.end.y) / 2)


def network(triples: Sequence[Triple], teller: Teller) -> Picture | None:
    """Triples between things, drawn as a network of at most some forty things; None when no two things are joined."""
    joined = [one for one in triples if isinstance(one.subject, NamedNode) and isinstance(one.object, NamedNode)]
    joined = [one for one in joined if not one.predicate.value.endswith("#type")]
    nodes: dict[NamedNode, None] = {}
    for triple in joined:
        both = [one for one in (triple.subject, triple.object) if isinstance(one, NamedNode)]
        if len(nodes.keys() | set(both)) <= MOST_NODES:
            nodes.update(dict.fromkeys(both))
    if not nodes:
        return None
    kept = [triple for triple in joined if triple.subject in nodes and triple.object in nodes]
    places = _settled(list(nodes), kept)
    shown = {node: teller.term(node) for node in nodes}
    spots = {node: Spot(_short(shown[node].text), shown[node].address, *places[node]) for node in nodes}
    edges = [Edge(teller.label(one.predicate), spots[one.subject], spots[one.object]) for one in kept]  # type: ignore[index]
    words = "; ".join(f"{edge.start.text} {edge.text} {edge.end.text}" for edge in edges[:20])
    height = 300 + 12 * len(nodes)
    svg = render(
        "network.svg", spots=list(spots.values()), edges=edges, width=_WIDE, height=height, title="Answer as a graph"
    )
    return Picture(svg, words)


def _settled(nodes: Sequence[NamedNode], triples: Sequence[Triple]) -> Mapping[NamedNode, tuple[float, float]]:
    """Places for nodes: joined ones draw near, all push apart (Fruchterman and Reingold, 1991); the same each time."""
    wide, high = float(_WIDE), float(300 + 12 * len(nodes))
    golden = math.pi * (3 - math.sqrt(5))
    spiral = ((math.sqrt((n + 0.5) / len(nodes)), n * golden) for n in range(len(nodes)))
    at = [[radius * math.cos(angle), radius * math.sin(angle)] for radius, angle in spiral]
    number = {node: place for place, node in enumerate(nodes)}
    pairs = [(number[one.subject], number[one.object]) for one in triples if one.subject != one.object]  # type: ignore[index]
    length = 1.6 / math.sqrt(len(nodes))
    for step in range(60):
        moves = [[0.0, 0.0] for _ in nodes]
        for one in range(len(nodes)):
            for other in range(one):
                dx, dy = at[one][0] - at[other][0], at[one][1] - at[other][1]
                push = length * length / max(dx * dx + dy * dy, 1e-4)
                for which, sign in ((one, 1), (other, -1)):
                    moves[which][0] += sign * dx * push
                    moves[which][1] += sign * dy * push
        for one, other in pairs:
            dx, dy = at[one][0] - at[other][0], at[one][1] - at[other][1]
            pull = math.hypot(dx, dy) / length
            for which, sign in ((one, -1), (other, 1)):
                moves[which][0] += sign * dx * pull
                moves[which][1] += sign * dy * pull
        heat = 0.12 * (1 - step / 60)
        for place, move in zip(at, moves, strict=True):
            far = max(math.hypot(*move), 1e-9)
            place[0] += move[0] / far * min(far, heat)
            place[1] += move[1] / far * min(far, heat)
    return dict(zip(nodes, _fitted(at, wide, high), strict=True))


def _fitted(at: Sequence[Sequence[float]], wide: float, high: float) -> Iterator[tuple[float, float]]:
    """The places stretched over the drawing, with room for names at its sides."""
    lows = [min(place[axis] for place in at) for axis in (0, 1)]
    spans = [max(place[axis] for place in at) - low or 1.0 for axis, low in enumerate(lows)]
    for x, y in at:
        yield (110 + (x - lows[0]) / spans[0] * (wide - 220), 36 + (y - lows[1]) / spans[1] * (high - 72))


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1].rstrip() + "…"


def _lines(label: str) -> list[str]:
    """A label in at most three lines for the middle box."""
    lines = [""]
    for word in label.split():
        if len(lines[-1]) + len(word) > 20 and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()[:24]
    return [*lines[:2], "…"] if len(lines) > 3 else lines
