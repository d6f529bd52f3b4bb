"""Descriptions of entities: stated values with their facts, inferred values, and what refers to the entity."""

from __future__ import annotations

import builtins
import html
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from pyoxigraph import BlankNode, NamedNode, Quad, Store

from kg.decisions.conflicts import ContestedFact
from kg.facts.model import Fact
from kg.graph.provenance import Provenance
from kg.graph.store import find_quads, find_solutions
from kg.lookup.entity_names import EntityNames
from kg.parts import belongs_to
from kg.terms import ALIAS, KNOWLEDGE, LABEL, PREFIXES, TYPE, UNDECIDED, Term, to_curie, to_short
from kg.text.table import html_table

_MAX_DEPTH = 3
_FIRST_PROPERTIES = (TYPE, LABEL, ALIAS)
"""The properties that a description begins with."""


@dataclass(frozen=True, slots=True)
class PropertyValue:
    """One value of a property: the term, its text for people, the facts that state it, and the values of its parts."""

    property: NamedNode
    value: Term
    text: str
    facts: tuple[Fact, ...] = ()
    parts: tuple[PropertyValue, ...] = ()
    is_contested: bool = False
    """True when sources state other values as well, and nothing is decided."""

    @builtins.property
    def is_inferred(self) -> bool:
        """True when no source states it."""
        return not self.facts

    def as_dict(self, prefixes: Mapping[str, str] = PREFIXES) -> dict[str, object]:
        """The value as JSON has it."""
        document: dict[str, object] = {"value": to_short(self.value, prefixes), "text": self.text}
        if self.facts:
            document["sources"] = [_source_and_span(fact) for fact in self.facts]
        else:
            document["inferred"] = True
        if self.is_contested:
            document["contested"] = True
        if self.parts:
            document["parts"] = _by_property(self.parts, prefixes)
        return document


@dataclass(frozen=True, slots=True, repr=False)
class EntityDescription:
    """An entity: its label, stated and inferred values, what refers to it, and facts that are not accepted.

    `incoming` are pairs of a property and the entity that has this one as a value of it, as text.
    """

    entity: NamedNode
    label: str
    stated: tuple[PropertyValue, ...]
    inferred: tuple[PropertyValue, ...]
    incoming: tuple[tuple[NamedNode, str], ...]
    contested: tuple[ContestedFact, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=lambda: PREFIXES, repr=False, compare=False)
    """Those of its CURIEs."""

    @property
    def curie(self) -> str:
        """`film:anora`, as queries write it."""
        return to_curie(self.entity.value, self.prefixes)

    def __repr__(self) -> str:
        values = f"{len(self.stated)} stated and {len(self.inferred)} inferred values"
        return f"EntityDescription({self.curie}, {self.label!r}, {values})"

    def as_dict(self) -> dict[str, object]:
        """The description as JSON has it: property -> values, each with its sources."""
        incoming: dict[str, list[str]] = defaultdict(list)
        for property, text in self.incoming:
            incoming[to_curie(property.value, self.prefixes)].append(text)
        return {
            "iri": self.entity.value,
            "curie": self.curie,
            "label": self.label,
            "stated": _by_property(self.stated, self.prefixes),
            "inferred": _by_property(self.inferred, self.prefixes),
            "incoming": dict(incoming),
            "contested": [_contested_line(contested, self.prefixes) for contested in self.contested],
        }

    def _repr_html_(self) -> str:
        """What a notebook shows: the values with their sources, and folded what is inferred."""
        title = f"<h3>{html.escape(self.label or self.curie)}</h3><p><code>{html.escape(self.curie)}</code></p>"
        stated = html_table(("property", "value", "sources"), _value_rows(self.stated, self.prefixes))
        inferred = html_table(("property", "value", "sources"), _value_rows(self.inferred, self.prefixes))
        if inferred:
            inferred = f"<details><summary>{len(self.inferred):,} inferred values</summary>{inferred}</details>"
        contested = "".join(f"<li>{html.escape(_contested_line(lost, self.prefixes))}</li>" for lost in self.contested)
        if contested:
            contested = f"<p>Contested, and not accepted as true:</p><ul>{contested}</ul>"
        return title + stated + contested + inferred

    def to_text(self) -> str:
        """The description for people, a line for each value."""
        lines = [f"{self.label}  ({self.curie})" if self.label else self.curie]
        lines += _value_lines("Stated by sources", self.stated, self.prefixes)
        lines += _value_lines("Inferred", self.inferred, self.prefixes)
        if self.contested:
            lines += ["", "Contested, and not accepted as true"]
            lines += [f"  {_contested_line(contested, self.prefixes)}" for contested in self.contested]
        if self.incoming:
            lines += ["", "Referred to by"]
            lines += [f"  {text}  {to_curie(property.value, self.prefixes)}" for property, text in self.incoming]
        return "\n".join(lines) + "\n"


def describe_entity(store: Store, names: EntityNames, provenance: Provenance, entity: NamedNode) -> EntityDescription:
    """Everything that the graph knows about an entity; its parts are described inside it."""
    reader = PropertyReader(store, names, provenance)
    values = reader.values(entity)
    return EntityDescription(
        entity,
        names.label(entity),
        tuple(value for value in values if not value.is_inferred),
        tuple(value for value in values if value.is_inferred),
        tuple(reader.incoming(entity, {value.value for value in values})),
        tuple(lost for lost in provenance.contested_about(entity) if not lost.is_undecided),
        names.prefixes,
    )


@dataclass
class PropertyReader:
    """Reads the values of entities in one store; `limit` bounds the values of each property of an entity."""

    store: Store
    names: EntityNames
    provenance: Provenance
    limit: int | None = None
    _parts: dict[NamedNode | BlankNode, list[PropertyValue]] = field(default_factory=dict, repr=False)
    """Part -> its values: the same part is a value of a property and of each wider property."""

    def values(self, entity: NamedNode | BlankNode, *, depth: int = 0) -> list[PropertyValue]:
        """Every value of an entity, by property; a part comes with its own values."""
        if depth and entity in self._parts:
            return self._parts[entity]
        undecided = find_quads(self.store, entity, None, None, UNDECIDED)
        facts: dict[tuple[NamedNode, Term], list[Fact]] = defaultdict(list)
        contested = (lost.fact for lost in self.provenance.contested_about(entity) if lost.is_undecided)
        for fact in (*self.provenance.facts_about(entity), *(contested if undecided else ())):
            facts[fact.property, fact.value].append(fact)
        values = []
        for quad in (*self._quads(entity, is_part=depth > 0), *undecided):
            value = cast(Term, quad.object)
            stated_by = tuple(sorted(facts[quad.predicate, value], key=_by_source_and_span))
            text, parts = self.value_text(value), tuple(self._stated_parts(entity, value, depth))
            is_contested = quad.graph_name == UNDECIDED
            values.append(PropertyValue(quad.predicate, value, text, stated_by, parts, is_contested))
        values.sort(key=_value_order)
        self._parts[entity] = values
        return values

    def _stated_parts(self, entity: NamedNode | BlankNode, value: Term, depth: int) -> Iterator[PropertyValue]:
        """The values of a part, or of a blank node, which has no description of its own."""
        if depth >= _MAX_DEPTH:
            return
        if isinstance(value, BlankNode) or (isinstance(value, NamedNode) and belongs_to(value.value, entity.value)):
            yield from (part for part in self.values(value, depth=depth + 1) if not part.is_inferred)

    def _quads(self, entity: NamedNode | BlankNode, *, is_part: bool) -> Iterator[Quad]:
        if self.limit is None or is_part or isinstance(entity, BlankNode):
            yield from find_quads(self.store, entity, None, None, KNOWLEDGE)
            return
        for property in self.counts(entity):
            yield from find_quads(self.store, entity, property, None, KNOWLEDGE, limit=self.limit)

    def counts(self, entity: NamedNode) -> dict[NamedNode, int]:
        """The number of values of each property of an entity."""
        return self._counts(f"SELECT ?property (COUNT(*) AS ?count) {{ {entity} ?property ?value }} GROUP BY ?property")

    def incoming_counts(self, entity: NamedNode) -> dict[NamedNode, int]:
        """The number of entities that have this one as a value, by property."""
        return self._counts(f"SELECT ?property (COUNT(*) AS ?count) {{ ?owner ?property {entity} }} GROUP BY ?property")

    def _counts(self, query: str) -> dict[NamedNode, int]:
        solutions = find_solutions(self.store, query)
        return {solution["property"]: int(solution["count"].value) for solution in solutions}

    def incoming(self, entity: NamedNode, known: set[Term]) -> Iterator[tuple[NamedNode, str]]:
        """The entities that have this one as a value, with the property; without those that are `known`."""
        quads = find_quads(self.store, None, None, entity, KNOWLEDGE)
        pairs = {(quad.predicate, quad.subject) for quad in quads}
        for property, subject in sorted(pairs, key=lambda pair: (pair[0].value, str(pair[1]))):
            if isinstance(subject, NamedNode) and subject not in known:
                yield property, self.value_text(subject)

    def value_text(self, value: Term) -> str:
        """A value for people: an entity by its label and CURIE."""
        if isinstance(value, NamedNode) and (label := self.names.label(value)):
            return f"{label} ({to_curie(value.value, self.names.prefixes)})"
        return to_short(value, self.names.prefixes)


def _value_order(value: PropertyValue) -> tuple[int, str, str]:
    first = _FIRST_PROPERTIES
    rank = first.index(value.property) if value.property in first else len(first)
    return (rank, value.property.value, value.text)


def _value_lines(title: str, values: tuple[PropertyValue, ...], prefixes: Mapping[str, str]) -> Iterator[str]:
    if values:
        yield ""
        yield title
    before = None
    for value in values:
        name = _local_name(value.property, prefixes) if value.property != before else ""
        yield from _value_line(value, name, prefixes, indent="  ")
        before = value.property


def _value_line(value: PropertyValue, name: str, prefixes: Mapping[str, str], *, indent: str) -> Iterator[str]:
    if value.parts:
        yield f"{indent}{name}"
        for part in value.parts:
            yield from _value_line(part, _local_name(part.property, prefixes), prefixes, indent=indent + "    ")
    else:
        sources = "; ".join(dict.fromkeys(_source_and_span(fact) for fact in value.facts))
        sources += "; undecided" if value.is_contested else ""
        yield f"{indent}{name:<20} {value.text}{f'   [{sources}]' if sources else ''}"


def _value_rows(
    values: Iterable[PropertyValue], prefixes: Mapping[str, str], above: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Yield property, value and sources; a property of a part with the property that leads to the part."""
    for value in values:
        name = f"{above}{_local_name(value.property, prefixes)}"
        if value.parts:
            yield from _value_rows(value.parts, prefixes, f"{name} › ")
        else:
            sources = "; ".join(dict.fromkeys(_source_and_span(fact) for fact in value.facts))
            yield name, value.text, f"{sources}; undecided" if value.is_contested else sources


def _contested_line(contested: ContestedFact, prefixes: Mapping[str, str]) -> str:
    fact = contested.fact
    statement = f"{_local_name(fact.property, prefixes)} {to_short(fact.value, prefixes)}"
    return f"{statement}   [{_source_and_span(fact)}; {contested.kind}: {contested.reason}]"


def _local_name(property: NamedNode, prefixes: Mapping[str, str]) -> str:
    return to_curie(property.value, prefixes).removeprefix("film:")


def _by_source_and_span(fact: Fact) -> tuple[str, int]:
    return (fact.evidence.source, fact.evidence.start or 0)


def _source_and_span(fact: Fact) -> str:
    evidence = fact.evidence
    if evidence.has_span:
        return f"{evidence.source} {evidence.start}-{evidence.end}"
    return f"{evidence.source} {evidence.record}" if evidence.record else evidence.source


def _by_property(values: tuple[PropertyValue, ...], prefixes: Mapping[str, str]) -> dict[str, object]:
    documents: dict[str, list[object]] = defaultdict(list)
    for value in values:
        documents[to_curie(value.property.value, prefixes)].append(value.as_dict(prefixes))
    return dict(documents)
