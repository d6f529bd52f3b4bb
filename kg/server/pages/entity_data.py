"""A thing walks in; what its page is made of walks out: values, what names it, parts that speak of it, disputes.

Everything is bounded, since a country may be named by a hundred thousand films: of each property some values are read,
the newest where that can be told in a moment, and all are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Triple

from kg.filmgraph import FilmGraph
from kg.graph.provenance import EARLIEST
from kg.graph.store import find_quad, find_quads, has_triple
from kg.lookup.conflicts import Conflict
from kg.lookup.entity_description import PropertyReader, PropertyValue
from kg.server.pages.display import Teller, owner_of
from kg.server.pages.sort_order import day_of, in_newest_order, is_win
from kg.terms import ALIAS, CONTESTED, FILM, KNOWLEDGE, LABEL, NOTE, ONTOLOGY, OWL, TYPE, Term, entity_iri

MOST = 100
"""How many values of a property, and things that name a thing by a property, a page tells."""
_MOST_PARTS = 240
_MOST_ORDERED = 2000
"""So many that name a thing by one property are put in order; of more, a few are told, in no order."""
_FEW = 12
_INVERSE = NamedNode(OWL + "inverseOf")
_OF_THE_STORY = tuple(map(entity_iri, ("hasCharacter", "plotEvent", "scene")))
"""Through these a film's page tells what is disputed of the things in its story."""


@dataclass(frozen=True, slots=True)
class Values:
    """What a thing has of one property: the values that are told, and how many there are."""

    said: tuple[PropertyValue, ...]
    count: int

    @property
    def left_out(self) -> int:
        """How many are not told."""
        return max(0, self.count - len(self.said))


@dataclass(frozen=True, slots=True)
class Part:
    """A node without a name of its own - a win, a release, a credit - with the thing that it belongs to.

    `ways` are the properties that lead from the page's thing to it, `names` those by which it names the page's thing.
    """

    node: NamedNode
    owner: NamedNode
    kind: str
    kinds: frozenset[str]
    said: tuple[PropertyValue, ...]
    ways: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def values(self, *properties: str) -> list[PropertyValue]:
        """The values of some properties, in the order of the properties."""
        return [one for name in properties for one in self.said if one.property.value == FILM + name]

    def first(self, *properties: str) -> Term | None:
        """The first value of the first of these properties that it has."""
        return next((one.value for one in self.values(*properties)), None)


@dataclass(frozen=True, slots=True)
class Leading:
    """What names a thing by one property: some things and parts, how many there are, are left out, and are wins."""

    property: NamedNode
    things: tuple[NamedNode, ...]
    parts: tuple[NamedNode, ...]
    count: int
    left_out: int
    wins: int = 0


@dataclass(frozen=True)
class Gathered:
    """All that a page about a thing is made of."""

    thing: NamedNode
    label: str
    aliases: tuple[PropertyValue, ...]
    kinds: tuple[NamedNode, ...]
    all_kinds: frozenset[str]
    values: Mapping[NamedNode, Values]
    parts: tuple[Part, ...]
    leading: tuple[Leading, ...]
    disputes: tuple[Conflict, ...]
    days: Mapping[NamedNode, str] = field(default_factory=dict)
    """Thing or part -> the first day that it can mean, for what is dated."""
    years: Mapping[NamedNode, str] = field(default_factory=dict)
    """Part -> when it was, by its own date or that of its edition."""

    def way_to(self, part: Part) -> str:
        """The property that leads to a part, the narrowest where there are several: `premiere` and not `screening`."""
        ways = {way: sum(way in other.ways for other in self.parts) for way in part.ways}
        return min(ways, key=lambda way: (ways[way], way), default="")

    def of(self, *properties: str) -> list[PropertyValue]:
        """The values of some properties, each value once, in the order of the properties."""
        found: dict[Term, PropertyValue] = {}
        for name in properties:
            for one in self.values.get(entity_iri(name), Values((), 0)).said:
                if one.value not in found or (one.facts and not found[one.value].facts):
                    found.setdefault(one.value, one)
        return list(found.values())


def gather(graph: FilmGraph, teller: Teller, thing: NamedNode) -> Gathered:
    """What is told of a thing, bounded."""
    painter = PropertyReader(graph.store, graph.names, graph.provenance, MOST)
    counts = painter.counts(thing)
    by_property: dict[NamedNode, list[PropertyValue]] = {property: [] for property in counts}
    for one in painter.values(thing):
        by_property[one.property].append(one)
    types = [one.value for one in by_property.get(TYPE, ())]
    kinds = tuple(teller.kinds(types))
    leading = tuple(_leading(graph, painter, thing, by_property))
    parts = tuple(_parts(graph, teller, painter, thing, by_property, leading))
    values = {
        property: Values(tuple(said), counts[property])
        for property, said in by_property.items()
        if property not in (TYPE, LABEL, ALIAS)
    }
    return Gathered(
        thing,
        teller.label(thing),
        tuple(by_property.get(ALIAS, ())),
        kinds,
        frozenset(one.value.removeprefix(FILM) for one in types if isinstance(one, NamedNode)),
        values,
        parts,
        tuple(one for one in leading if one.things or one.left_out),
        tuple(_disputes(graph, thing, parts, by_property)),
        dict(_days(graph, [thing, *(part.node for part in parts)])),
        years_of(graph, parts),
    )


def _leading(
    graph: FilmGraph, painter: PropertyReader, thing: NamedNode, told: Mapping[NamedNode, Sequence[PropertyValue]]
) -> Iterator[Leading]:
    """What names this thing, save what the thing itself names back."""
    known = {one.value for said in told.values() for one in said}
    for property, count in sorted(painter.incoming_counts(thing).items(), key=lambda one: one[0].value):
        nodes = list(naming(graph, property, thing, most=_MOST_ORDERED if count <= _MOST_ORDERED else MOST))
        things = [one for one in nodes if owner_of(one)[0] is None]
        parts = [one for one in nodes if owner_of(one)[0] is not None]
        new = [one for one in things if one not in known]
        back = _is_named_back(graph, property, told) and count > MOST
        if count > _MOST_ORDERED:
            # Without an order a hundred of them say no more than a few.
            few = () if back else tuple(new[:_FEW])
            yield Leading(property, few, (), count, 0 if back and not parts else count - len(few))
            continue
        wins = sum(is_win(graph, one) for one in parts)
        dropped = len(things) if back else len(things) - len(new)
        if count > MOST:
            new, parts = ([] if back else in_newest_order(graph, new)[:MOST]), in_newest_order(graph, parts)[:MOST]
        yield Leading(
            property, tuple(new), tuple(parts), count - dropped, count - dropped - len(new) - len(parts), wins
        )


def naming(graph: FilmGraph, property: NamedNode, thing: NamedNode, *, most: int) -> Iterator[NamedNode]:
    """What names a thing by a property, in no order."""
    for quad in find_quads(graph.store, None, property, thing, KNOWLEDGE, limit=most):
        if isinstance(quad.subject, NamedNode) and quad.subject != thing:
            yield quad.subject


def _is_named_back(graph: FilmGraph, property: NamedNode, told: Mapping[NamedNode, Sequence[PropertyValue]]) -> bool:
    """True when the thing has the inverse of the property: then its own values are these things."""
    inverses = (
        *(quad.object for quad in find_quads(graph.store, property, _INVERSE, None, ONTOLOGY)),
        *(quad.subject for quad in find_quads(graph.store, None, _INVERSE, property, ONTOLOGY)),
    )
    return any(one in told for one in inverses)


def _parts(
    graph: FilmGraph,
    teller: Teller,
    painter: PropertyReader,
    thing: NamedNode,
    told: Mapping[NamedNode, Sequence[PropertyValue]],
    leading: Sequence[Leading],
) -> Iterator[Part]:
    """The parts that belong to the thing or name it, each once."""
    ways: dict[NamedNode, set[str]] = {}
    names: dict[NamedNode, set[str]] = {}
    for property, said in told.items():
        for one in said:
            if isinstance(one.value, NamedNode) and owner_of(one.value)[0] is not None:
                ways.setdefault(one.value, set()).add(property.value.removeprefix(FILM))
    for named in leading:
        for node in named.parts:
            names.setdefault(node, set()).add(named.property.value.removeprefix(FILM))
    for node in list(dict.fromkeys((*ways, *names)))[:_MOST_PARTS]:
        part = to_part(teller, painter, node, frozenset(ways.get(node, ())), frozenset(names.get(node, ())))
        if part is not None:
            yield part


def to_part(
    teller: Teller,
    painter: PropertyReader,
    node: NamedNode,
    ways: frozenset[str] = frozenset(),
    names: frozenset[str] = frozenset(),
) -> Part | None:
    """What a node without a name of its own says; nothing when it is none, or of no class."""
    named, _ = owner_of(node)
    # The name of a part keeps its owner's own, also when linking found that to be another name of something.
    owner = (teller.graph.names.canonical(named) or named) if named is not None else None
    said = painter.values(node, depth=1)
    kinds = teller.kinds(one.value for one in said if one.property == TYPE)
    if not kinds or owner is None:
        return None
    every = frozenset(_short(one.value) for one in said if one.property == TYPE)
    kept = tuple(one for one in said if one.property not in (TYPE, NOTE) and _is_told(one))
    return Part(node, owner, _short(kinds[0]), every, kept, ways, names)


def years_of(graph: FilmGraph, parts: Sequence[Part]) -> dict[NamedNode, str]:
    """When each part was, for those of which it is told."""
    editions: dict[NamedNode, str] = {}
    found = {part.node: day_of(graph, part.node, editions) for part in parts}
    return {node: day for node, day in found.items() if day}


def _is_told(said: PropertyValue) -> bool:
    """What a part is asserted to have; of what follows, only which programme or festival it belongs to."""
    return bool(said.facts) or said.property in _FOLLOWING


_FOLLOWING = tuple(map(entity_iri, ("awardProgramme", "festival")))


def _disputes(
    graph: FilmGraph, thing: NamedNode, parts: Sequence[Part], told: Mapping[NamedNode, Sequence[PropertyValue]]
) -> Iterator[Conflict]:
    """What is contested of the thing, its parts and, for a film, the things in its story."""
    story = (one.value for property in _OF_THE_STORY for one in told.get(property, ()))
    subjects = (thing, *(part.node for part in parts if part.owner == thing), *story)
    for subject in dict.fromkeys(one for one in subjects if isinstance(one, NamedNode)):
        if find_quad(graph.store, subject, None, None, CONTESTED) is None:
            continue
        contested = list(graph.provenance.contested_about(subject))
        for property in dict.fromkeys(one.fact.property for one in contested):
            about = (fact for fact in graph.provenance.about(subject) if fact.property == property)
            preferred = tuple(sorted(about, key=lambda fact: fact.id))
            yield Conflict(preferred, tuple(one for one in contested if one.fact.property == property))


def _days(graph: FilmGraph, nodes: Sequence[NamedNode]) -> Iterator[tuple[NamedNode, str]]:
    for node in nodes:
        for quad in find_quads(graph.store, node, EARLIEST, None, KNOWLEDGE):
            if isinstance(quad.object, Literal):
                yield node, quad.object.value
                break


def _short(term: Term) -> str:
    return term.value.removeprefix(FILM)


def holds(graph: FilmGraph, triple: Triple) -> bool:
    """True when the triple is knowledge."""
    return has_triple(graph.store, triple, KNOWLEDGE)
