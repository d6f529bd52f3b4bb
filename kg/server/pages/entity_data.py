"""The data of an entity's page: its values, what refers to it, its parts and its conflicts, all of limited size.

A country may be referred to by a hundred thousand films. So some values of each property are read, the newest where
they can be sorted quickly, and all are counted.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg import vocabulary as vocab
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quad, find_quads, has_triple
from kg.lookup.entity_description import PropertyReader, PropertyValue
from kg.lookup.entity_types import count_members, members_of, types_of
from kg.lookup.source_conflicts import Conflict, find_conflicts
from kg.parts import is_part, owner_of
from kg.schema import KIND
from kg.server.pages.display import Display, numeric_value
from kg.server.pages.urls import inverse_of
from kg.terms import ALIAS, CONTESTED, KNOWLEDGE, LABEL, NOTE, TYPE, UNDECIDED, Term

LIMIT = 100
"""How many values of a property, and how many entities that refer to an entity by a property, a page shows."""
_MAX_PARTS = 240
_MAX_SORTED = 2000
"""How many referring entities are sorted; of more, `_FEW` are shown, unsorted."""
_FEW = 12
_STORY_PROPERTIES = (inverse_of(vocab.characterIn), inverse_of(vocab.inPlotOf), vocab.scene)
"""The page of a film shows the conflicts of their values, too."""
_LEADING = (vocab.boxOffice, vocab.budget)
"""The properties that lead to figures."""
_INFERRED_IN_PARTS = (vocab.eventSeries,)
"""The properties of parts that are shown even where they are inferred."""
_WON, _NOMINATED, _LOST = map(Literal, ("won", "nominated", "lost"))


@dataclass(frozen=True, slots=True)
class ValueList:
    """Some values of a property, and how many there are."""

    values: tuple[PropertyValue, ...]
    count: int

    @property
    def omitted(self) -> int:
        """How many values are not among these."""
        return max(0, self.count - len(self.values))


@dataclass(frozen=True, slots=True)
class PartData:
    """A part - a win, a release, a credit - with its owner, its narrowest class, all its classes and its values.

    `reached_by` are the properties that lead from the page's entity to it, `refers_by` those that lead from it to the
    page's entity.
    """

    iri: NamedNode
    owner: NamedNode
    narrowest_class: NamedNode
    layout: NamedNode
    """What its table is laid out by: its narrowest class, or of a figure the property that leads to it."""
    classes: frozenset[NamedNode]
    properties: tuple[PropertyValue, ...]
    reached_by: frozenset[NamedNode] = frozenset()
    refers_by: frozenset[NamedNode] = frozenset()

    def values(self, *properties: NamedNode) -> list[PropertyValue]:
        """The values of some properties, in the order of the properties."""
        return [value for property in properties for value in self.properties if value.property == property]

    def first(self, *properties: NamedNode) -> Term | None:
        """The first value of the first of these properties that it has."""
        return next((value.value for value in self.values(*properties)), None)

    def text(self, property: NamedNode) -> str:
        """The text of a property's first value; empty where it has none or it is an entity."""
        value = self.first(property)
        return value.value if value is not None and not isinstance(value, NamedNode) else ""


@dataclass(frozen=True, slots=True)
class Referrers:
    """Entities and parts that refer to an entity by a property; how many there are, and how many are omitted here.

    `wins` and `nominations` are how many of all parts are these; a nomination that was won is both.
    """

    property: NamedNode
    entities: tuple[NamedNode, ...]
    parts: tuple[NamedNode, ...]
    count: int
    omitted: int
    wins: int = 0
    nominations: int = 0


@dataclass(frozen=True)
class EntityData:
    """All that the page of an entity is made from."""

    entity: NamedNode
    label: str
    aliases: tuple[PropertyValue, ...] = ()
    narrowest_classes: tuple[NamedNode, ...] = ()
    classes: frozenset[NamedNode] = frozenset()
    values: Mapping[NamedNode, ValueList] = field(default_factory=dict)
    parts: tuple[PartData, ...] = ()
    referrers: tuple[Referrers, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    days: Mapping[NamedNode, str] = field(default_factory=dict)
    """Entity or part -> the earliest day that its date can mean."""
    years: Mapping[NamedNode, str] = field(default_factory=dict)
    """Part -> its own date or that of its edition."""

    def property_to(self, part: PartData) -> NamedNode | None:
        """The property that leads to a part; of several the narrowest, `premiere` rather than `screening`."""
        uses = {property: sum(property in other.reached_by for other in self.parts) for property in part.reached_by}
        return min(uses, key=lambda property: (uses[property], property.value), default=None)

    def of(self, *properties: NamedNode) -> list[PropertyValue]:
        """The distinct values of some properties, in the order of the properties."""
        found: dict[Term, PropertyValue] = {}
        for property in properties:
            if (values := self.values.get(property)) is not None:
                for value in values.values:
                    found.setdefault(value.value, value)
        return list(found.values())


def read_entity_data(display: Display, entity: NamedNode, inverses: Collection[NamedNode] = ()) -> EntityData:
    """The data of an entity's page.

    What refers to the entity by one of the properties in `inverses` is among its values, by `inverse_of` the property.
    """
    graph = display.graph
    reader = PropertyReader(graph.store, graph.names, graph.provenance, LIMIT)
    counts = reader.counts(entity)
    values: dict[NamedNode, list[PropertyValue]] = {property: [] for property in counts}
    for value in reader.values(entity):
        values.setdefault(value.property, []).append(value)
        counts[value.property] = counts.get(value.property, 0) + value.is_contested
    types = types_of(graph.store, graph.ontology, entity)
    referrers = tuple(_referrers(graph, reader, entity, values, inverses))
    for referring in referrers:
        if referring.property in inverses and referring.entities:
            values[inverse_of(referring.property)] = list(_inverse_values(reader, entity, referring))
            counts[inverse_of(referring.property)] = referring.count - len(referring.parts)
    parts = tuple(_parts(graph, reader, values, referrers))
    return EntityData(
        entity,
        display.label(entity),
        tuple(values.get(ALIAS, ())),
        graph.ontology.narrowest(types),
        types,
        {
            property: ValueList(tuple(found), counts[property])
            for property, found in values.items()
            if property not in (TYPE, KIND, LABEL, ALIAS)
        },
        parts,
        tuple(
            referring
            for referring in referrers
            if referring.property not in inverses and (referring.entities or referring.omitted)
        ),
        tuple(_conflicts(graph, entity, parts, values)),
        dict(_days(graph, [entity, *(part.iri for part in parts)])),
        years_of(graph, parts),
    )


def is_part_term(term: Term) -> bool:
    """True for the IRI of a part."""
    return isinstance(term, NamedNode) and is_part(term.value)


# --- what refers to the entity


def _referrers(
    graph: FilmGraph,
    reader: PropertyReader,
    entity: NamedNode,
    values: Mapping[NamedNode, Sequence[PropertyValue]],
    inverses: Collection[NamedNode],
) -> Iterator[Referrers]:
    """What refers to the entity; except what the entity's own values are, unless by a property in `inverses`."""
    own = {value.value for of_property in values.values() for value in of_property}
    counts = reader.incoming_counts(entity)
    if entity in graph.ontology.kinds and (members := count_members(graph.store, graph.ontology, entity)):
        counts[KIND] = members
    for property, count in sorted(counts.items(), key=lambda item: item[0].value):
        known = () if property in inverses else own
        nodes = list(find_referrers(graph, property, entity, limit=_MAX_SORTED if count <= _MAX_SORTED else LIMIT))
        entities = [node for node in nodes if not is_part(node.value)]
        parts = [node for node in nodes if is_part(node.value)]
        new = [node for node in entities if node not in known]
        if count > _MAX_SORTED:
            # Unsorted, a hundred of them are no more useful than a few.
            few = tuple(new[:_FEW])
            yield Referrers(property, few, (), count, count - len(few))
            continue
        wins, nominations = (sum(test(graph, part) for part in parts) for test in (is_win, is_nomination))
        known_count = len(entities) - len(new)
        if count > LIMIT:
            new = newest_first(graph, new)[:LIMIT]
            parts = newest_first(graph, parts)[:LIMIT]
        count -= known_count
        yield Referrers(property, tuple(new), tuple(parts), count, count - len(new) - len(parts), wins, nominations)


def find_referrers(graph: FilmGraph, property: NamedNode, entity: NamedNode, *, limit: int) -> Iterator[NamedNode]:
    """Yield what refers to an entity by a property, unsorted; what is of a kind refers to it by its word."""
    if property == KIND:
        yield from members_of(graph.store, graph.ontology, entity, limit=limit)
        return
    for quad in find_quads(graph.store, None, property, entity, KNOWLEDGE, limit=limit):
        if isinstance(quad.subject, NamedNode) and quad.subject != entity:
            yield quad.subject


def _inverse_values(reader: PropertyReader, entity: NamedNode, referring: Referrers) -> Iterator[PropertyValue]:
    """Yield what refers to an entity as values of it, with the facts that state so."""
    for other in referring.entities:
        facts = tuple(reader.provenance.facts(Triple(other, referring.property, entity)))
        yield PropertyValue(inverse_of(referring.property), other, reader.value_text(other), facts)


# --- parts


def _parts(
    graph: FilmGraph,
    reader: PropertyReader,
    values: Mapping[NamedNode, Sequence[PropertyValue]],
    referrers: Sequence[Referrers],
) -> Iterator[PartData]:
    """The parts that belong to the entity or refer to it, each once."""
    reached_by: dict[NamedNode, set[NamedNode]] = {}
    refers_by: dict[NamedNode, set[NamedNode]] = {}
    for property, of_property in values.items():
        for value in of_property:
            if isinstance(value.value, NamedNode) and is_part(value.value.value):
                reached_by.setdefault(value.value, set()).add(property)
    for referring in referrers:
        for part in referring.parts:
            refers_by.setdefault(part, set()).add(referring.property)
    for part in list(dict.fromkeys((*reached_by, *refers_by)))[:_MAX_PARTS]:
        data = read_part(graph, reader, part, frozenset(reached_by.get(part, ())), frozenset(refers_by.get(part, ())))
        if data is not None:
            yield data


def read_part(
    graph: FilmGraph,
    reader: PropertyReader,
    iri: NamedNode,
    reached_by: frozenset[NamedNode] = frozenset(),
    refers_by: frozenset[NamedNode] = frozenset(),
) -> PartData | None:
    """The data of a part; None when the IRI is not that of a part, or it has no class."""
    owner_iri = owner_of(iri.value)
    values = reader.values(iri, depth=1)
    classes = frozenset(
        value.value for value in values if value.property == TYPE and isinstance(value.value, NamedNode)
    )
    if not classes and any(value.is_contested for value in values):
        classes = _classes_by_property(graph, iri)
    if not classes or not owner_iri:
        return None
    # A part's IRI keeps the IRI that its owner had, also when linking replaced the owner's.
    owner = graph.names.canonical(NamedNode(owner_iri)) or NamedNode(owner_iri)
    shown = tuple(value for value in values if value.property not in (TYPE, NOTE) and _is_shown(value))
    narrowest = graph.ontology.narrowest(classes)[0]
    layout = _layout(graph, iri, narrowest, shown)
    return PartData(iri, owner, narrowest, layout, classes, shown, reached_by, refers_by)


def _layout(graph: FilmGraph, iri: NamedNode, class_iri: NamedNode, values: Iterable[PropertyValue]) -> NamedNode:
    """What decides how a part is shown: the property that leads to a figure, a note's kind, or else the class."""
    if class_iri == vocab.Figure:
        return next((property for property in _LEADING if _leads_to(graph, property, iri)), class_iri)
    if class_iri == vocab.ProductionNote:
        words = (value.text for value in values if value.property == KIND)
        return next((kind for word in words if (kind := graph.ontology.kind_words.get(word))), class_iri)
    return class_iri


def _classes_by_property(graph: FilmGraph, iri: NamedNode) -> frozenset[NamedNode]:
    """The classes of an undecided part, from the property that leads to it: nothing is inferred about it."""
    properties = (quad.predicate for quad in find_quads(graph.store, None, None, iri, UNDECIDED))
    terms = (graph.ontology.properties.get(property) for property in properties)
    return frozenset(range for term in terms if term is not None for range in term.range)


def _leads_to(graph: FilmGraph, property: NamedNode, iri: NamedNode) -> bool:
    return any(find_quad(graph.store, None, property, iri, name) is not None for name in (KNOWLEDGE, UNDECIDED))


def _is_shown(value: PropertyValue) -> bool:
    return bool(value.facts) or value.property in _INFERRED_IN_PARTS


# --- conflicts


def _conflicts(
    graph: FilmGraph,
    entity: NamedNode,
    parts: Sequence[PartData],
    values: Mapping[NamedNode, Sequence[PropertyValue]],
) -> Iterator[Conflict]:
    """The conflicts of the entity, its parts and, for a film, the entities in its story."""
    story = (value.value for property in _STORY_PROPERTIES for value in values.get(property, ()))
    subjects = (entity, *(part.iri for part in parts if part.owner == entity), *story)
    for subject in dict.fromkeys(subject for subject in subjects if isinstance(subject, NamedNode)):
        is_undecided_part = find_quad(graph.store, None, None, subject, UNDECIDED) is not None
        if not is_undecided_part and find_quad(graph.store, subject, None, None, CONTESTED) is not None:
            yield from find_conflicts(graph.provenance, subject=subject)


# --- dates and order


def _days(graph: FilmGraph, nodes: Sequence[NamedNode]) -> Iterator[tuple[NamedNode, str]]:
    for node in nodes:
        for quad in find_quads(graph.store, node, vocab.earliest, None, KNOWLEDGE):
            if isinstance(quad.object, Literal):
                yield node, quad.object.value
                break


def years_of(graph: FilmGraph, parts: Sequence[PartData]) -> dict[NamedNode, str]:
    """Part -> its date or that of its edition, for the parts that have one."""
    editions: dict[NamedNode, str] = {}
    dates = {part.iri: date_of(graph, part.iri, editions) for part in parts}
    return {part: date for part, date in dates.items() if date}


def newest_first(graph: FilmGraph, nodes: Iterable[NamedNode]) -> list[NamedNode]:
    """Wins before everything else, then the newest first, then by name."""
    editions: dict[NamedNode, str] = {}
    # A part has no label, so none is looked up.
    names = {node: "" if is_part(node.value) else graph.names.label(node).casefold() for node in nodes}
    ordered = sorted(names, key=lambda node: (names[node], node.value))
    ordered.sort(key=lambda node: date_of(graph, node, editions), reverse=True)
    return sorted(ordered, key=lambda node: not is_win(graph, node))


def date_of(graph: FilmGraph, node: NamedNode, editions: dict[NamedNode, str] | None = None) -> str:
    """The date of a node's edition or its own date; empty where neither is known.

    `editions` caches the dates of editions: thousands of nominations share some tens of ceremonies.
    """
    cache = editions if editions is not None else {}
    for quad in find_quads(graph.store, node, vocab.edition, None, KNOWLEDGE):
        if isinstance(quad.object, NamedNode):
            if quad.object not in cache:
                cache[quad.object] = _own_date(graph, quad.object)
            if cache[quad.object]:
                return cache[quad.object]
    return _own_date(graph, node)


def _own_date(graph: FilmGraph, node: NamedNode) -> str:
    quads = find_quads(graph.store, node, vocab.when, None, KNOWLEDGE)
    return max((quad.object.value for quad in quads if isinstance(quad.object, Literal)), default="")


def is_win(graph: FilmGraph, node: NamedNode) -> bool:
    """True for a win; false for a number of wins."""
    return _has_outcome(graph, node, _WON) and find_quad(graph.store, node, vocab.count, None, KNOWLEDGE) is None


def is_nomination(graph: FilmGraph, node: NamedNode) -> bool:
    """True for a nomination; false for a number of nominations."""
    is_nominated = _has_outcome(graph, node, _NOMINATED) or _has_outcome(graph, node, _LOST)
    return is_nominated and find_quad(graph.store, node, vocab.count, None, KNOWLEDGE) is None


def _has_outcome(graph: FilmGraph, node: NamedNode, outcome: Literal) -> bool:
    return Quad(node, vocab.outcome, outcome, KNOWLEDGE) in graph.store


def is_known(graph: FilmGraph, triple: Triple) -> bool:
    """True when a triple is knowledge."""
    return has_triple(graph.store, triple, KNOWLEDGE)


def cast_credits(data: EntityData) -> list[PartData]:
    """The credits of the actors of the page's own film."""
    return [part for part in data.parts if vocab.castCredit in part.reached_by and part.owner == data.entity]


def sources_of(parts: Iterable[PartData]) -> int:
    """How many sources state something about these parts."""
    return len({fact.evidence.source for part in parts for value in part.properties for fact in value.facts})


def order_in_cast(credits: Sequence[PartData]) -> tuple[float, int, float]:
    """What somebody's credits are sorted by: the position in the billing, then how many sources have them, then where
    a text first has them. What has neither position nor passage comes last."""
    positions = (numeric_value(value.value) for credit in credits for value in credit.values(vocab.position))
    facts = (fact for credit in credits for value in credit.properties for fact in value.facts)
    mentions = (fact.evidence.start for fact in facts if fact.evidence.start is not None)
    first = min((position for position in positions if position is not None), default=math.inf)
    return first, -sources_of(credits), min(mentions, default=math.inf)
