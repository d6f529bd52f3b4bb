"""A published graph walks in; its things that have a number in Wikidata walk out in Wikidata's model, one at a time.

As RDF like Wikidata's dumps, or with each statement reified as triples of subject, predicate and object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Store, Triple

from kg.exports.turtle import Turtle
from kg.exports.wikidata.names import Called, to_called
from kg.exports.wikidata.rdf import SPACES, Seen, best_of, declare, iri, to_term, to_triples
from kg.exports.wikidata.references import Reference, references_of
from kg.exports.wikidata.statements import Snak, Statement, Statements
from kg.facts.model import Rank
from kg.graph.provenance import Provenance
from kg.lookup.entity_names import EntityNames
from kg.mappings.to_wikidata import Datatype, Sayings, read_sayings
from kg.mappings.wikidata import read_mapping
from kg.schema import Schema, to_schema
from kg.terms import RDFS


@dataclass(frozen=True, slots=True)
class Item:
    """A thing with a number in Wikidata, what it is called and all that is said of it."""

    number: str
    called: Called
    statements: tuple[Statement, ...]
    references: dict[str, tuple[Reference, ...]]
    """By the statement's id."""

    @property
    def snaks(self) -> Iterator[Snak]:
        """Every property used in it, with a value."""
        for one in self.statements:
            yield one.snak
            yield from one.qualifiers
            for reference in self.references[one.id]:
                yield from reference


class Wikidata:
    """The items of a graph."""

    def __init__(self, store: Store, provenance: Provenance, names: EntityNames, ontology: Iterable[Triple]) -> None:
        ontology = tuple(ontology)
        self.schema: Schema = to_schema(ontology)
        self.sayings: Sayings = read_sayings(ontology, self.schema, read_mapping(ontology, self.schema, strict=False))
        self.statements = Statements(store, provenance, names, self.sayings)
        self.sources = provenance.sources

    def __iter__(self) -> Iterator[Item]:
        """Every item, in the order of the numbers."""
        for number, thing in self.statements.items.listed():
            yield self.item(number, thing)

    def item(self, number: str, thing: NamedNode) -> Item:
        """One thing as an item."""
        statements = self.statements.about(number, thing)
        called = to_called(number, self.statements.told_about(thing), self.sources)
        return Item(number, called, tuple(statements), {one.id: self.references_of(one) for one in statements})

    def references_of(self, statement: Statement) -> tuple[Reference, ...]:
        """The references of a statement, one from each source that can be looked up."""
        return references_of(statement, self.sources, self.statements.items)

    @cached_property
    def labels(self) -> dict[str, str]:
        """What the properties are called, by our words for them."""
        found: dict[str, str] = {}
        for property, sayings in {**self.sayings.plain, **self.sayings.nodes}.items():
            for one in sayings:
                own = one.meaning.property or one.meaning.node
                if self.schema.names.get(own) == property:
                    found[one.property] = self.schema.properties[property].label
        return found


def to_rdf(wikidata: Wikidata) -> Iterator[str]:
    """Turtle as Wikidata's dumps have it; the properties that are used are declared at the end."""
    turtle, seen = Turtle(SPACES), Seen()
    used: dict[str, Datatype] = {}
    yield turtle.header()
    for item in wikidata:
        used.update((snak.property, snak.value.datatype) for snak in item.snaks)
        told = to_triples(item.number, item.called, item.statements, item.references, seen=seen)
        yield from turtle.blocks(told)
    yield from turtle.blocks(declare(used, wikidata.labels))


def to_reified(wikidata: Wikidata) -> Iterator[str]:
    """The same statements in standard reification, as KGTK and the WD-AMC queries write it.

    A statement has its parts as `wdt:Psubject`, `wdt:Ppredicate`, `wdt:Pobject`, and its qualifiers as `wdt:`. The
    predicate is named as an entity (`wd:P161`) and as a property (`wdt:P161`), since those queries do both.
    """
    turtle = Turtle(SPACES)
    yield turtle.header()
    for item in wikidata:
        yield from turtle.blocks(_reified(item))


def _reified(item: Item) -> Iterator[Triple]:
    subject = iri("wd", item.number)
    for language, text in item.called.labels.items():
        yield Triple(subject, NamedNode(RDFS + "label"), Literal(text, language=language))
    best = best_of(item.statements)
    for one in item.statements:
        if one.id in best:
            yield Triple(subject, iri("wdt", one.snak.property), to_term(one.snak.value))
    for one in item.statements:
        if one.rank is not Rank.DEPRECATED:
            node = iri("wds", one.id)
            yield Triple(node, iri("wdt", "Psubject"), subject)
            for space in ("wd", "wdt"):
                yield Triple(node, iri("wdt", "Ppredicate"), iri(space, one.snak.property))
            yield Triple(node, iri("wdt", "Pobject"), to_term(one.snak.value))
            for snak in one.qualifiers:
                yield Triple(node, iri("wdt", snak.property), to_term(snak.value))
