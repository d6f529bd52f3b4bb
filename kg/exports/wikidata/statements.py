"""A published graph walks in; what Wikidata's model says of each thing that has a number there walks out.

A fact is a statement; a node is a statement with qualifiers (https://www.mediawiki.org/wiki/Wikibase/DataModel). Facts
that say the same are one statement, with a reference from each. What was decided between sources becomes rank: the
value that was preferred is preferred, what it was preferred to stays normal, and what its own source gets wrong is
deprecated.
"""

from __future__ import annotations

import builtins
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg.decisions.conflicts import DecisionKind
from kg.exports.wikidata.values import Items, Value, Valuer, to_time, unknown
from kg.facts.model import Fact, Rank
from kg.graph.provenance import Provenance
from kg.graph.store import find_quads
from kg.lookup.entity_names import EntityNames
from kg.mappings.to_wikidata import Datatype, Saying, Sayings
from kg.terms import FILM, KNOWLEDGE, TYPE, Term

INSTANCE_OF, NAMED_AS, POINT_IN_TIME = "P31", "P1932", "P585"
_RANKS = (Rank.PREFERRED, Rank.NORMAL, Rank.DEPRECATED)


class Snak(NamedTuple):
    """A property of Wikidata with a value: the matter of a statement, a qualifier, or a part of a reference."""

    property: str
    value: Value

    @builtins.property
    def key(self) -> str:
        """All of it as one text, to make names of."""
        return f"{self.property}\x1f{self.value.key}"


class Told(NamedTuple):
    """A fact, and why it is not knowledge; `kind` is None where it is."""

    fact: Fact
    kind: DecisionKind | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement about an item, with the facts that it rests on."""

    item: str
    snak: Snak
    qualifiers: tuple[Snak, ...]
    rank: Rank
    told: tuple[Told, ...]

    @property
    def id(self) -> str:
        """A name made of what is said: the same in every export, whoever says it and however it is ranked."""
        words = "\x1e".join((self.item, self.snak.key, *(one.key for one in self.qualifiers)))
        digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self.item}-" + "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that say it."""
        return tuple(one.fact for one in self.told)

    @property
    def is_sayable(self) -> bool:
        """True when nothing in it is a thing without a number there."""
        return self.snak.value.is_known and all(one.value.is_known for one in self.qualifiers)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What one fact says, before it is put together with others that say the same."""

    snak: Snak
    qualifiers: tuple[Snak, ...]
    rank: Rank
    told: Told


class Statements:
    """What is said of the things of a graph, in Wikidata's model."""

    def __init__(self, store: Store, provenance: Provenance, names: EntityNames, sayings: Sayings) -> None:
        self.store, self.provenance, self.names, self.sayings = store, provenance, names, sayings
        self.items = Items(store)
        self._valuer = Valuer(self.items, names, sayings)
        self.told_about = lru_cache(maxsize=64)(self._told_about)

    def _told_about(self, thing: NamedNode | BlankNode) -> list[Told]:
        """Every fact about a thing, contested ones too, in an order that depends on nothing but themselves."""
        told = [Told(fact) for fact in self.provenance.about(thing)]
        told += [Told(one.fact, one.kind) for one in self.provenance.contested_about(thing)]
        return sorted(told, key=lambda one: (one.fact.property.value, str(one.fact.value), one.fact.id))

    def about(self, item: str, thing: NamedNode) -> list[Statement]:
        """The statements about a thing, in the order of their properties and values; each once."""
        classes = self._classes(thing)
        together: dict[tuple[Snak, tuple[Snak, ...]], list[_Draft]] = defaultdict(list)
        for drafts in (self._own(thing, classes), self._inverse(thing, classes), self._turned(thing)):
            for draft in drafts:
                together[draft.snak, draft.qualifiers].append(draft)
        statements = [
            Statement(
                item,
                snak,
                qualifiers,
                min((one.rank for one in drafts_of), key=_RANKS.index),
                tuple(dict.fromkeys(one.told for one in drafts_of)),
            )
            for (snak, qualifiers), drafts_of in together.items()
        ]
        return sorted(statements, key=lambda one: (int(one.snak.property[1:]), one.snak.value, one.qualifiers))

    def _own(self, thing: NamedNode, classes: frozenset[str]) -> Iterator[_Draft]:
        for told in self.told_about(thing):
            fact = told.fact
            if fact.property == TYPE:
                if isinstance(fact.value, NamedNode) and (kind := self.sayings.classes.get(fact.value)):
                    yield _Draft(Snak(INSTANCE_OF, Value(Datatype.ITEM, kind)), (), self._rank(told), told)
            elif fact.property in self.sayings.nodes:
                if isinstance(fact.value, NamedNode):
                    for saying in self.sayings.nodes[fact.property]:
                        if saying.fits(classes):
                            yield from self._node(saying, told, fact.value)
            else:
                yield from self._plain(fact.property, told, fact.value, classes)

    def _plain(self, property: NamedNode, told: Told, value: Term, classes: frozenset[str]) -> Iterator[_Draft]:
        saying = next((one for one in self.sayings.plain.get(property, ()) if one.fits(classes)), None)
        if saying is not None:
            yield from self._drafts(saying, told, value, beside={})

    def _inverse(self, thing: NamedNode, classes: frozenset[str]) -> Iterator[_Draft]:
        """What is said at the other end with an inverse property that Wikidata does not have."""
        for property, others in self.sayings.inverses.items():
            for other in others:
                if self.sayings.plain.get(property) and not self.sayings.plain.get(other):
                    for quad in find_quads(self.store, None, other, thing, KNOWLEDGE):
                        for fact in self.provenance.facts(quad.triple):
                            yield from self._plain(property, Told(fact), fact.subject, classes)

    def _node(self, saying: Saying, link: Told, node: NamedNode) -> Iterator[_Draft]:
        beside: dict[NamedNode, list[Told]] = defaultdict(list)
        for told in self.told_about(node):
            beside[told.fact.property].append(told)
        if _is_bounded(saying, beside):
            return
        qualifiers = set(self._qualifiers(saying, beside))
        standing = {property: [one.fact.value for one in told] for property, told in beside.items()}
        for told in beside.get(saying.ours, ()):
            both = Told(told.fact, told.kind if told.kind is not None else link.kind)
            rank = (
                min((self._rank(both), self._rank(link)), key=_RANKS.index) if both.kind is None else self._rank(both)
            )
            for draft in self._drafts(saying, both, told.fact.value, beside=standing):
                yield replace(draft, qualifiers=tuple(sorted({*draft.qualifiers, *qualifiers})), rank=rank)
        if saying.ours not in beside and any(one.value.is_known for one in qualifiers):
            snak = Snak(saying.property, unknown(saying.datatype, node.value))
            yield _Draft(snak, tuple(sorted(qualifiers)), self._rank(link), link)

    def _qualifiers(self, saying: Saying, beside: Mapping[NamedNode, list[Told]]) -> Iterator[Snak]:
        said: dict[tuple[NamedNode, str], list[Snak]] = defaultdict(list)
        for one in saying.qualifiers:
            for told in beside.get(one.ours, ()):
                value = self._valuer.to_value(one, told.fact.value, beside={}) if told.kind is None else None
                if value is not None:
                    said[one.ours, str(told.fact.value)].append(Snak(one.property, value))
        for snaks in said.values():
            # One of our values may be said in two ways there, as an item or by its name: the known one is taken.
            yield next((snak for snak in snaks if snak.value.is_known), snaks[0])

    def _turned(self, thing: NamedNode) -> Iterator[_Draft]:
        """What is said of others with this thing for its value, told here as well: who won an award, at the award."""
        for property, sayings in self.sayings.nodes.items():
            for saying in sayings:
                if saying.property in self.sayings.turned:
                    for quad in find_quads(self.store, None, saying.ours, thing, KNOWLEDGE):
                        if isinstance(quad.subject, NamedNode):
                            for link in find_quads(self.store, None, property, quad.subject, KNOWLEDGE):
                                yield from self._turn(saying, link.triple, quad.subject)

    def _turn(self, saying: Saying, link: Triple, node: NamedNode) -> Iterator[_Draft]:
        turn = self.sayings.turned[saying.property]
        item = self.items.of(link.subject) if isinstance(link.subject, NamedNode) else ""
        owner = Value(Datatype.ITEM, item)
        for fact in self.provenance.facts(link) if item else ():
            for draft in self._node(saying, Told(fact), node):
                receivers = [one.value for one in draft.qualifiers if one.property == turn["property"]]
                rest = {one for one in draft.qualifiers if one.property != turn["property"]}
                if receivers:
                    # A film's prize that somebody received: won by them, for the film.
                    rest.add(Snak(turn["owner"], owner))
                for value in receivers or [owner]:
                    yield replace(draft, snak=Snak(turn["property"], value), qualifiers=tuple(sorted(rest)))

    def _drafts(
        self, saying: Saying, told: Told, value: Term, *, beside: Mapping[NamedNode, list[Term]]
    ) -> Iterator[_Draft]:
        said = self._valuer.to_value(saying, value, beside=beside, written=told.fact.written)
        if said is not None:
            name = self.names.label(value) if not said.is_known and isinstance(value, NamedNode) else ""
            qualifiers = [Snak(NAMED_AS, Value(Datatype.STRING, name))] if name else []
            if (day := to_time(told.fact.as_of)) is not None:
                qualifiers.append(Snak(POINT_IN_TIME, day))
            yield _Draft(Snak(saying.property, said), tuple(sorted(qualifiers)), self._rank(told), told)

    def _classes(self, thing: NamedNode) -> frozenset[str]:
        found = find_quads(self.store, thing, TYPE, None, KNOWLEDGE)
        return frozenset(quad.object.value.removeprefix(FILM) for quad in found if isinstance(quad.object, NamedNode))

    def _rank(self, told: Told) -> Rank:
        if told.kind is DecisionKind.DEPRECATED or told.fact.rank is Rank.DEPRECATED:
            return Rank.DEPRECATED
        if told.kind is None and (told.fact.rank is Rank.PREFERRED or self.provenance.is_preferred(told.fact)):
            return Rank.PREFERRED
        return Rank.NORMAL


def _is_bounded(saying: Saying, beside: Mapping[NamedNode, list[Told]]) -> bool:
    """True where a node says less than the property there, as the takings of a weekend do."""
    return any(
        not isinstance(told.fact.value, Literal) or told.fact.value.value != free
        for property, free in saying.bounds.items()
        for told in beside.get(property, ())
        if told.kind is None
    )
