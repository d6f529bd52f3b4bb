"""The facts about the entities of an export, with the contested ones; those of many entities are read at once.

A fact of a table has its evidence in the snapshot, where the facts are in the order of their subjects. A query for each
entity would take much longer than to read the facts of thousands, so they are fetched before these entities are looked
at: what is stated of them, of their parts, and of what leads to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from pyoxigraph import BlankNode, NamedNode, Triple

from kg.decisions.conflicts import ContestedFact, DecisionKind
from kg.facts.model import Fact
from kg.graph.provenance import Provenance
from kg.graph.record_store import RecordStore
from kg.graph.store import find_quads
from kg.schema import KIND
from kg.terms import CONTESTED, EVIDENCE, KNOWLEDGE, PROVENANCE, RDF, TYPE, Term

BATCH = 10_000
"""Entities whose facts are read at once."""
_PREFERRED, _SUBJECT = NamedNode(EVIDENCE + "preferred"), NamedNode(RDF + "subject")


class FactWithStatus(NamedTuple):
    """A fact, and why it is contested; `kind` is None for a fact that is accepted."""

    fact: Fact
    kind: DecisionKind | None = None


class ItemFacts:
    """The facts about entities.

    `parts` are the properties that lead to the parts of an item, `inverses` those by which a statement about another
    entity is one about an item, and `inverted` pairs of a property that leads to a part and one from the part to an
    item.
    """

    def __init__(
        self,
        provenance: Provenance,
        *,
        parts: Iterable[NamedNode] = (),
        inverses: Iterable[NamedNode] = (),
        inverted: Iterable[tuple[NamedNode, NamedNode]] = (),
    ) -> None:
        self._provenance = provenance
        self._parts, self._inverses, self._inverted = frozenset(parts), tuple(inverses), tuple(inverted)
        self._fetched: dict[object, list[Fact]] = {}
        """Subject -> the facts about it that have their evidence in the snapshot alone."""
        self._values: dict[NamedNode, frozenset[object]] = {}
        """Property -> the entities that are values of it."""
        self._types: dict[Term, tuple[Term, ...]] = {}
        """Entity -> its classes and words of kinds."""
        self._curated_about = lru_cache(maxsize=64)(self._read_curated)
        self.about = lru_cache(maxsize=64)(self._about)
        self.known_about = lru_cache(maxsize=64)(self._known_about)

    @property
    def records(self) -> RecordStore | None:
        """The facts in the snapshot, where there is one."""
        return self._provenance.records

    def fetch(self, entities: Iterable[NamedNode], *, only: Mapping[Term, Sequence[int]] | None = None) -> None:
        """Read the facts that the items of these entities are made of; those of earlier entities are forgotten.

        Of those that `only` has, just the facts with these numbers are read.
        """
        records = self._provenance.records
        if records is None:
            return
        self._fetched = {}
        self.about.cache_clear()
        self.known_about.cache_clear()
        entities = set(entities)
        self._types = records.values_of_each(entities, (TYPE, KIND))
        if numbers := {entity: only[entity] for entity in entities if entity in only} if only else {}:
            self._fetched.update((entity, []) for entity in numbers)
            for fact in records.facts_with_numbers([number for some in numbers.values() for number in some]):
                self._fetched[fact.subject].append(fact)
            entities -= numbers.keys()
        self._read(entities)
        facts = (fact for entity in entities for fact in self._fetched[entity])
        others: set[Term] = {fact.value for fact in facts if fact.property in self._parts}
        for entity in entities:
            others.update(*(self._leading_to(entity, property) for property in self._inverses))
            for to_part, to_item in self._inverted:
                for part in self._leading_to(entity, to_item):
                    others.update((part, *self._leading_to(part, to_part)))
        self._read({other for other in others if isinstance(other, NamedNode)} - entities)

    def fetch_whole(self, entity: NamedNode) -> None:
        """Read all facts about an entity of which only some were read."""
        self.about.cache_clear()
        self.known_about.cache_clear()
        self._read({entity})

    def types_of(self, entity: NamedNode) -> tuple[Term, ...] | None:
        """The classes of an entity and its words of kinds; None where they were not read."""
        return self._types.get(entity)

    def is_value_of(self, entity: Term, property: NamedNode) -> bool:
        """True when something has this property with the entity as its value; a query for each would take longer."""
        if property not in self._values:
            quads = find_quads(self._provenance.store, None, property, None, KNOWLEDGE)
            self._values[property] = frozenset(quad.object for quad in quads if isinstance(quad.object, NamedNode))
        return entity in self._values[property]

    def _leading_to(self, entity: Term, property: NamedNode) -> set[Term]:
        if not self.is_value_of(entity, property):
            return set()
        quads = find_quads(self._provenance.store, None, property, entity, KNOWLEDGE)
        return {quad.subject for quad in quads if isinstance(quad.subject, NamedNode)}

    def _read(self, entities: set[NamedNode]) -> None:
        assert self._provenance.records is not None
        self._fetched.update(self._provenance.records.facts_about_each(entities).items())

    def _about(self, entity: NamedNode | BlankNode) -> list[FactWithStatus]:
        """Every fact about an entity, with the contested ones, in an order that depends on the facts alone."""
        facts = [FactWithStatus(fact) for fact in self.known_about(entity)]
        if entity in self._contested:
            quads = find_quads(self._provenance.store, entity, None, None, CONTESTED)
            values = {(quad.predicate, quad.object) for quad in quads}
            lost = [
                statement
                for statement in self._curated_about(entity)
                if isinstance(statement, ContestedFact) and (statement.fact.property, statement.fact.value) in values
            ]
            lost.sort(key=lambda statement: (statement.fact.place, statement.fact.id))
            facts += [FactWithStatus(statement.fact, statement.kind) for statement in lost]
        return sorted(facts, key=_order) if len(facts) > 1 else facts

    def _known_about(self, entity: NamedNode | BlankNode) -> list[Fact]:
        """The facts about an entity that are knowledge."""
        if (fetched := self._fetched.get(entity)) is None:
            return list(self._provenance.facts_about(entity))
        if entity not in self._reified:
            return fetched
        return [*(fact for fact in self._curated_about(entity) if isinstance(fact, Fact)), *fetched]

    def _read_curated(self, entity: NamedNode | BlankNode) -> list[Fact | ContestedFact]:
        """The facts about an entity whose evidence is in the provenance graph; of equal contested ones, the last."""
        by_id: dict[object, Fact | ContestedFact] = {}
        for number, statement in enumerate(self._curated.statements_about(entity)):
            by_id[number if isinstance(statement, Fact) else statement.fact.id] = statement
        return list(by_id.values())

    def stating(self, triple: Triple) -> Iterator[Fact]:
        """The facts that state a triple and are knowledge."""
        if (fetched := self._fetched.get(triple.subject)) is None:
            yield from self._provenance.facts(triple)
            return
        if triple.subject in self._reified:
            yield from self._curated.facts(triple)
        yield from (fact for fact in fetched if fact.property == triple.predicate and fact.value == triple.object)

    def has_preferred(self, entity: NamedNode) -> bool:
        """True for an entity of which a decision may have preferred facts."""
        return entity in self._reified

    def is_preferred(self, fact: Fact) -> bool:
        """True when a decision preferred this fact to others; then its evidence is in the provenance graph."""
        return fact.subject in self._reified and fact.iri in self._preferred

    @cached_property
    def _curated(self) -> Provenance:
        """The facts whose evidence is in the provenance graph."""
        return Provenance(self._provenance.store)

    @cached_property
    def _reified(self) -> frozenset[object]:
        """The subjects of facts whose evidence is in the provenance graph."""
        quads = self._provenance.store.quads_for_pattern(None, _SUBJECT, None, PROVENANCE)
        return frozenset(quad.object for quad in quads)

    @cached_property
    def _contested(self) -> frozenset[object]:
        return frozenset(quad.subject for quad in find_quads(self._provenance.store, None, None, None, CONTESTED))

    @cached_property
    def _preferred(self) -> frozenset[object]:
        return frozenset(quad.object for quad in find_quads(self._provenance.store, None, _PREFERRED, None, PROVENANCE))


def _order(stated: FactWithStatus) -> tuple[str, ...]:
    fact, evidence = stated.fact, stated.fact.evidence
    span = f"{evidence.start} {evidence.end}"
    return fact.property.value, str(fact.value), evidence.source, evidence.record, span, fact.as_of, fact.written
