"""A thing walks in; everything that the graph knows about it walks out, grouped, each value with who says it."""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from kg.decisions.conflicts import ContestedFact
from kg.facts.model import Fact
from kg.graph.provenance import Provenance
from kg.graph.store import find_quads
from kg.lookup.entity_names import EntityNames
from kg.terms import ALIAS, KNOWLEDGE, LABEL, TYPE, Term, to_curie, to_short

_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class PropertyValue:
    """One value of a property: the term, how people read it, the facts that say so (none: inferred), its parts."""

    property: NamedNode
    value: Term
    text: str
    facts: tuple[Fact, ...] = ()
    parts: tuple[PropertyValue, ...] = ()

    @builtins.property
    def is_inferred(self) -> bool:
        """True when no source says it."""
        return not self.facts

    def as_dict(self) -> dict[str, object]:
        """For programs."""
        told: dict[str, object] = {"value": to_short(self.value), "text": self.text}
        if self.facts:
            told["sources"] = [_spot(fact) for fact in self.facts]
        else:
            told["inferred"] = True
        if self.parts:
            told["parts"] = _by_property(self.parts)
        return told


@dataclass(frozen=True, slots=True)
class EntityDescription:
    """A thing: its names and classes, what is said of it, what follows, and what leads to it."""

    entity: NamedNode
    label: str
    stated: tuple[PropertyValue, ...]
    inferred: tuple[PropertyValue, ...]
    incoming: tuple[tuple[NamedNode, str], ...]
    contested: tuple[ContestedFact, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """For programs: property -> values, each with its sources."""
        leading: dict[str, list[str]] = defaultdict(list)
        for property, text in self.incoming:
            leading[to_curie(property.value)].append(text)
        return {
            "iri": self.entity.value,
            "curie": to_curie(self.entity.value),
            "label": self.label,
            "said": _by_property(self.stated),
            "inferred": _by_property(self.inferred),
            "leading_here": dict(leading),
            "contested": [_contested(one) for one in self.contested],
        }

    def to_text(self) -> str:
        """For people: one line a value."""
        lines = [f"{self.label}  ({to_curie(self.entity.value)})" if self.label else to_curie(self.entity.value)]
        lines += _lines("What sources say", self.stated)
        lines += _lines("What follows from it", self.inferred)
        if self.contested:
            lines += ["", "What is contested, and no knowledge"]
            lines += [f"  {_contested(one)}" for one in self.contested]
        if self.incoming:
            lines += ["", "What leads here"]
            lines += [f"  {text}  {to_curie(property.value)}" for property, text in self.incoming]
        return "\n".join(lines) + "\n"


def describe_entity(store: Store, names: EntityNames, provenance: Provenance, thing: NamedNode) -> EntityDescription:
    """Everything in knowledge about a thing; nodes with no name of their own are told inside their owner."""
    painter = PropertyReader(store, names, provenance)
    told = painter.values(thing)
    return EntityDescription(
        thing,
        names.label(thing),
        tuple(one for one in told if not one.is_inferred),
        tuple(one for one in told if one.is_inferred),
        tuple(painter.incoming(thing, {one.value for one in told})),
        tuple(provenance.contested_about(thing)),
    )


@dataclass
class PropertyReader:
    """Tells what is said of things in one store; of each property at most `most` values, where that is given."""

    store: Store
    names: EntityNames
    provenance: Provenance
    limit: int | None = None
    _painted: dict[NamedNode, list[PropertyValue]] = field(default_factory=dict, repr=False)

    def values(self, thing: NamedNode, *, depth: int = 0) -> list[PropertyValue]:
        """Every value of a thing, by property; what is only a part of it is told with the value that leads to it."""
        if depth and thing in self._painted:
            # The same part stands under a property and under each wider one.
            return self._painted[thing]
        facts: dict[tuple[NamedNode, Term], list[Fact]] = defaultdict(list)
        for fact in self.provenance.about(thing):
            facts[fact.property, fact.value].append(fact)
        told = []
        for quad in self._quads(thing, is_part=depth > 0):
            value = quad.object
            if isinstance(value, Literal | NamedNode):
                found = sorted(facts[quad.predicate, value], key=_by_spot)
                is_part = isinstance(value, NamedNode) and _is_part(thing, value) and depth < _DEEPEST
                parts = tuple(self.values(value, depth=depth + 1)) if is_part and isinstance(value, NamedNode) else ()
                shown = tuple(part for part in parts if not part.is_inferred)
                told.append(PropertyValue(quad.predicate, value, self.value_text(value), tuple(found), shown))
        first = {TYPE: 0, LABEL: 1, ALIAS: 2}
        told.sort(key=lambda one: (first.get(one.property, 3), one.property.value, one.text))
        self._painted[thing] = told
        return told

    def _quads(self, thing: NamedNode, *, is_part: bool) -> Iterator[Quad]:
        if self.limit is None or is_part:
            yield from find_quads(self.store, thing, None, None, KNOWLEDGE)
            return
        for property in self.counts(thing):
            yield from find_quads(self.store, thing, property, None, KNOWLEDGE, limit=self.limit)

    def counts(self, thing: NamedNode) -> dict[NamedNode, int]:
        """How many values a thing has of each property."""
        return self._counted(f"SELECT ?property (COUNT(*) AS ?count) {{ {thing} ?property ?value }} GROUP BY ?property")

    def incoming_counts(self, thing: NamedNode) -> dict[NamedNode, int]:
        """How many things name this one by each property."""
        return self._counted(f"SELECT ?property (COUNT(*) AS ?count) {{ ?owner ?property {thing} }} GROUP BY ?property")

    def _counted(self, query: str) -> dict[NamedNode, int]:
        found = self.store.query(query)
        assert isinstance(found, QuerySolutions)
        return {one["property"]: int(one["count"].value) for one in found}

    def incoming(self, thing: NamedNode, known: set[Term]) -> Iterator[tuple[NamedNode, str]]:
        """What names this thing, save what the thing itself names back."""
        found = find_quads(self.store, None, None, thing, KNOWLEDGE)
        quads = {(quad.predicate, quad.subject) for quad in found}
        for property, subject in sorted(quads, key=lambda one: (one[0].value, str(one[1]))):
            if isinstance(subject, NamedNode) and subject not in known:
                yield property, self.value_text(subject)

    def value_text(self, value: Term) -> str:
        """A value as people read it: a thing by its label and CURIE."""
        if isinstance(value, NamedNode) and (label := self.names.label(value)):
            return f"{label} ({to_curie(value.value)})"
        return to_short(value)


def _is_part(owner: NamedNode, value: NamedNode) -> bool:
    return value.value.startswith(f"{owner.value}.")


def _lines(title: str, told: tuple[PropertyValue, ...]) -> Iterator[str]:
    if told:
        yield ""
        yield title
    before = None
    for one in told:
        name = to_curie(one.property.value).removeprefix("film:")
        yield from _line(one, name if one.property != before else "", indent="  ")
        before = one.property


def _line(one: PropertyValue, name: str, *, indent: str) -> Iterator[str]:
    if one.parts:
        yield f"{indent}{name}"
        for part in one.parts:
            yield from _line(part, to_curie(part.property.value).removeprefix("film:"), indent=indent + "    ")
    else:
        spots = "; ".join(dict.fromkeys(_spot(fact) for fact in one.facts))
        yield f"{indent}{name:<20} {one.text}{f'   [{spots}]' if spots else ''}"


def _contested(one: ContestedFact) -> str:
    said = f"{to_short(one.fact.property).removeprefix('film:')} {to_short(one.fact.value)}"
    return f"{said}   [{_spot(one.fact)}; {one.kind}: {one.reason}]"


def _by_spot(fact: Fact) -> tuple[str, int]:
    return (fact.evidence.source, fact.evidence.start or 0)


def _spot(fact: Fact) -> str:
    spot = fact.evidence
    where = f" {spot.start}-{spot.end}" if spot.has_span else f" {spot.record}" if spot.record else ""
    return f"{spot.source}{where}"


def _by_property(told: tuple[PropertyValue, ...]) -> dict[str, object]:
    found: dict[str, list[object]] = defaultdict(list)
    for one in told:
        found[to_curie(one.property.value)].append(one.as_dict())
    return dict(found)
