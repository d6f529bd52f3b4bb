"""A thing with its neighbours, or triples, walk in; a drawing walks out, as SVG that takes the page's colours.

Neighbours stand in two columns beside the thing, so that every name can be read, and each is a link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode, Triple

from kg.server.pages.display import Shown, Teller, owner_of, way_back
from kg.server.pages.entity_data import Gathered
from kg.server.pages.layout_tables import FOLLOWING_ONLY, OPENING
from kg.server.pages.templating import render
from kg.server.pages.view_models import Picture
from kg.terms import FILM, Term

_MOST, _OF_ONE = 14, 3
_WIDE, _HIGH, _MIDDLE, _BOX, _TOP = 760, 46, 380, 176, 26
_LETTERS = 30
_MOST_COLUMNS, _SIDE = 4, 122
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
    columns = _columns(list(nodes), kept)
    height = _TOP + _HIGH * max(map(len, columns))
    places = _places(columns, height)
    shown = {node: teller.term(node) for node in nodes}
    spots = {node: Spot(_short(shown[node].text), shown[node].address, *places[node]) for node in nodes}
    edges = [Edge(teller.label(one.predicate), spots[one.subject], spots[one.object]) for one in kept]  # type: ignore[index]
    words = "; ".join(f"{edge.start.text} {edge.text} {edge.end.text}" for edge in edges[:20])
    svg = render(
        "network.svg", spots=list(spots.values()), edges=edges, width=_WIDE, height=height, title="Answer as a graph"
    )
    return Picture(svg, words)


def _columns(nodes: Sequence[NamedNode], triples: Sequence[Triple]) -> list[list[NamedNode]]:
    """Nodes in columns from left to right as triples lead on, each beside those that lead to it."""
    before: dict[NamedNode, list[NamedNode]] = {node: [] for node in nodes}
    for triple in triples:
        if triple.subject != triple.object:
            before[triple.object].append(triple.subject)  # type: ignore[index, arg-type]
    column = dict.fromkeys(nodes, 0)
    for _ in range(_MOST_COLUMNS - 1):
        # Where triples lead round in a circle, this comes to an end at the last column.
        for node in nodes:
            column[node] = min(_MOST_COLUMNS - 1, max((column[one] + 1 for one in before[node]), default=0))
    columns: list[list[NamedNode]] = [[] for _ in range(max(column.values()) + 1)]
    height: dict[NamedNode, float] = {}
    for number, here in enumerate(columns):
        here += [node for node in nodes if column[node] == number]
        here.sort(key=lambda node: _mean([height[one] for one in before[node] if one in height]))
        height |= {node: (place + 0.5) / len(here) for place, node in enumerate(here)}
    return [here for here in columns if here]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _places(columns: Sequence[Sequence[NamedNode]], high: float) -> Mapping[NamedNode, tuple[float, float]]:
    """Where each node stands: its column's side, and the column stretched over the height."""
    wide = (_WIDE - 2 * _SIDE) / max(1, len(columns) - 1)
    return {
        node: (_SIDE + wide * number, high * (place + 0.5) / len(column))
        for number, column in enumerate(columns)
        for place, node in enumerate(column)
    }


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
