"""Checks that properties are stated of entities of the classes on which they are used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from pyoxigraph import NamedNode

from kg.facts.model import Fact, finding_about
from kg.parts import is_part
from kg.reports import Finding, Severity, did_you_mean
from kg.schema import OntologyTerm, Schema
from kg.terms import TYPE, Term, to_short


def check_usage(facts: Iterable[Fact], schema: Schema) -> Iterator[Finding]:
    """Yield a finding for each property whose entity is of a class on which it is not used, such as `award` on a film.

    It is a statement that queries do not find, because they look for it elsewhere. Entities of no class, or of a class
    that is not in the ontology, are not checked.
    """
    facts = tuple(facts)
    types = _types(facts, schema)
    for fact in facts:
        term = schema.properties.get(fact.property)
        classes = types.get(fact.subject)
        if term is not None and classes and not schema.is_used_on(term, classes):
            yield _unusual(fact, term, classes, schema)


def _types(facts: Iterable[Fact], schema: Schema) -> dict[Term, set[NamedNode]]:
    """The classes of entities; a part is of the class that its property leads to."""
    types: dict[Term, set[NamedNode]] = defaultdict(set)
    for fact in facts:
        if not isinstance(fact.value, NamedNode):
            continue
        if fact.property == TYPE and fact.value in schema.classes:
            types[fact.subject].add(fact.value)
        elif is_part(fact.value.value) and (term := schema.properties.get(fact.property)) is not None:
            types[fact.value].update(term.range)
    return types


def _unusual(fact: Fact, term: OntologyTerm, classes: AbstractSet[NamedNode], schema: Schema) -> Finding:
    owner = " and ".join(sorted(schema.classes[iri].label or to_short(iri) for iri in classes if iri in schema.classes))
    ways = _ways(term, classes, schema)
    remedy = f"Write {ways[0]}: {{{term.name}: ...}}." if ways else did_you_mean(_alike(term, classes, schema))
    return finding_about(
        fact,
        "facts/unusual-property",
        f"{term.name} is not used on {owner!r}, so queries do not find it there",
        Severity.WARNING,
        remedy=remedy or f"It is used on {', '.join(sorted(map(to_short, term.usual_domain)))}.",
    )


def _ways(term: OntologyTerm, classes: AbstractSet[NamedNode], schema: Schema) -> list[str]:
    """The properties of these classes that lead to a part on which the property is used."""
    return sorted(
        other.name
        for other in schema.properties.values()
        if other.example
        and other.usual_domain
        and not {*other.range}.isdisjoint(term.usual_domain)
        and schema.is_used_on(other, classes)
    )


def _alike(term: OntologyTerm, classes: AbstractSet[NamedNode], schema: Schema) -> list[str]:
    """The properties of these classes that share a name with the property."""
    names = {*term.labels, *term.other_labels}
    return sorted(
        other.name
        for other in schema.properties.values()
        if other.usual_domain and schema.is_used_on(other, classes) and names & {*other.labels, *other.other_labels}
    )
