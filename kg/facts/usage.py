"""Checks that properties are stated of entities of the classes on which they are used."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.facts.fact_table import FactSelection
from kg.facts.model import Fact, finding_about
from kg.parts import owner_sql
from kg.reports import Finding, Place, Severity, did_you_mean
from kg.schema import OntologyTerm, Schema
from kg.terms import TYPE, to_short


def check_usage(facts: FactSelection, schema: Schema) -> Iterator[Finding]:
    """Yield a finding for each property whose entity is of a class on which it is not used, such as `award` on a film.

    It is a statement that queries do not find, because they look for it elsewhere. Entities of no class, or of a class
    that is not in the ontology, are not checked.
    """
    unusual: dict[int, tuple[OntologyTerm, frozenset[NamedNode]]] = {}
    for use in _uses(facts, schema):
        if use.classes and not schema.is_used_on(use.term, use.classes):
            unusual.update(dict.fromkeys(use.numbers, (use.term, use.classes)))
    if unusual:
        places: set[Place] = set()
        for number, fact in facts.table.numbered(f"number IN ({', '.join(map(str, unusual))})"):
            if fact.place not in places:  # what is written once may be a value of several parts
                yield _unusual(fact, *unusual[number], schema)
            if fact.place.column:
                places.add(fact.place)


@dataclass(frozen=True, slots=True)
class _PropertyUse:
    """A property of entities of the same classes, with the numbers of the facts."""

    term: OntologyTerm
    classes: frozenset[NamedNode]
    numbers: list[int]


def _uses(facts: FactSelection, schema: Schema) -> Iterator[_PropertyUse]:
    """The uses of the properties of the ontology; a part is of the class that its property leads to."""
    dictionary = facts.table.dictionary
    rows = facts.table.sql.execute(
        _SELECT_USES.format(condition=facts.condition, type=facts.table.ids([TYPE]))
    ).fetchall()
    texts = dictionary.decode({id for p, types, _ in rows for id in (p, *(type // 2 for type in types))})
    iris = {id: NamedNode(text[1:-1]) for id, text in texts.items() if text.startswith("<")}
    for p, types, numbers in rows:
        if (term := schema.properties.get(iris[p])) is None:
            continue
        classes: set[NamedNode] = set()
        for iri, leads_to_part in ((iris[type // 2], type % 2) for type in types if type // 2 in iris):
            if leads_to_part and (leading := schema.properties.get(iri)) is not None:
                classes.update(leading.range)
            elif not leads_to_part and iri in schema.classes:
                classes.add(iri)
        yield _PropertyUse(term, frozenset(classes), numbers)


_SELECT_USES = f"""
WITH written AS (SELECT number, s, p, o FROM fact WHERE {{condition}}),
typed AS (
    SELECT s AS entity, o::BIGINT * 2 AS type FROM written WHERE p IN ({{type}})
    UNION ALL SELECT w.o, w.p::BIGINT * 2 + 1 FROM written AS w JOIN term AS t ON t.id = w.o
    WHERE starts_with(t.text, '<') AND {owner_sql("t.text[2:-2]")} IS NOT NULL
)
SELECT p, types, list(number) FROM written
JOIN (SELECT entity, list_sort(list(DISTINCT type)) AS types FROM typed GROUP BY entity) ON entity = s
GROUP BY p, types
"""  # noqa: S608 - of our own words
"""Each property with the classes of an entity that has it: twice the id of a class, or of a property that leads to the
entity as a part, and one more."""


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
    """The properties of these classes that share a name with the property; or else the only one like it.

    The day of a figure is its `asOf`, since that and `date` are the same sort of time.
    """
    names = {*term.labels, *term.other_labels}
    used = [
        other
        for other in schema.properties.values()
        if other.usual_domain and other is not term and schema.is_used_on(other, classes)
    ]
    alike = sorted(other.name for other in used if names & {*other.labels, *other.other_labels})
    siblings = [other.name for other in used if {*term.parents} & {*other.parents}]
    return alike or (siblings if len(siblings) == 1 else [])
