"""A published graph walks in; its things that have a number in Wikidata walk out in Wikidata's model, one at a time.

As RDF like Wikidata's dumps, or with each statement reified as triples of subject, predicate and object.
"""

from __future__ import annotations

import builtins
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg import vocabulary as vocab
from kg.decisions.conflicts import DecisionKind
from kg.exports.wikidata.values import (
    NO_LANGUAGE,
    UNKNOWN_LANGUAGE,
    ItemIds,
    Value,
    ValueConverter,
    one_line,
    to_time,
    unknown,
)
from kg.facts.model import Fact, Rank, Source
from kg.graph.provenance import Provenance
from kg.graph.store import find_quads
from kg.lookup.entity_names import EntityNames
from kg.mappings.to_wikidata import (
    Datatype,
    ExportMapping,
    WikidataProperty,
    to_export_mapping,
)
from kg.mappings.wikidata import read_wikidata_mapping
from kg.schema import Schema, to_schema
from kg.terms import ALIAS, FILM, KNOWLEDGE, LABEL, TYPE, Term

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


class FactWithStatus(NamedTuple):
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
    facts_with_status: tuple[FactWithStatus, ...]

    @property
    def id(self) -> str:
        """A name made of what is said: the same in every export, whoever says it and however it is ranked."""
        words = "\x1e".join((self.item, self.snak.key, *(one.key for one in self.qualifiers)))
        digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self.item}-" + "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that say it."""
        return tuple(one.fact for one in self.facts_with_status)

    @property
    def is_expressible(self) -> bool:
        """True when nothing in it is a thing without a number there."""
        return self.snak.value.is_known and all(one.value.is_known for one in self.qualifiers)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What one fact says, before it is put together with others that say the same."""

    snak: Snak
    qualifiers: tuple[Snak, ...]
    rank: Rank
    told: FactWithStatus


class Statements:
    """What is said of the things of a graph, in Wikidata's model."""

    def __init__(self, store: Store, provenance: Provenance, names: EntityNames, sayings: ExportMapping) -> None:
        self.store, self.provenance, self.names, self.sayings = store, provenance, names, sayings
        self.items = ItemIds(store)
        self._valuer = ValueConverter(self.items, names, sayings)
        self.told_about = lru_cache(maxsize=64)(self._told_about)

    def _told_about(self, thing: NamedNode | BlankNode) -> list[FactWithStatus]:
        """Every fact about a thing, contested ones too, in an order that depends on nothing but themselves."""
        told = [FactWithStatus(fact) for fact in self.provenance.facts_about(thing)]
        told += [FactWithStatus(one.fact, one.kind) for one in self.provenance.contested_about(thing)]
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
            elif fact.property in self.sayings.parts:
                if isinstance(fact.value, NamedNode):
                    for saying in self.sayings.parts[fact.property]:
                        if saying.fits(classes):
                            yield from self._node(saying, told, fact.value)
            else:
                yield from self._plain(fact.property, told, fact.value, classes)

    def _plain(
        self, property: NamedNode, told: FactWithStatus, value: Term, classes: frozenset[str]
    ) -> Iterator[_Draft]:
        saying = next((one for one in self.sayings.properties.get(property, ()) if one.fits(classes)), None)
        if saying is not None:
            yield from self._drafts(saying, told, value, beside={})

    def _inverse(self, thing: NamedNode, classes: frozenset[str]) -> Iterator[_Draft]:
        """What is said at the other end with an inverse property that Wikidata does not have."""
        for property, others in self.sayings.inverses.items():
            for other in others:
                if self.sayings.properties.get(property) and not self.sayings.properties.get(other):
                    for quad in find_quads(self.store, None, other, thing, KNOWLEDGE):
                        for fact in self.provenance.facts(quad.triple):
                            yield from self._plain(property, FactWithStatus(fact), fact.subject, classes)

    def _node(self, saying: WikidataProperty, link: FactWithStatus, node: NamedNode) -> Iterator[_Draft]:
        beside: dict[NamedNode, list[FactWithStatus]] = defaultdict(list)
        for told in self.told_about(node):
            beside[told.fact.property].append(told)
        if _is_bounded(saying, beside):
            return
        qualifiers = set(self._qualifiers(saying, beside))
        standing = {property: [one.fact.value for one in told] for property, told in beside.items()}
        for told in beside.get(saying.ours, ()):
            both = FactWithStatus(told.fact, told.kind if told.kind is not None else link.kind)
            rank = (
                min((self._rank(both), self._rank(link)), key=_RANKS.index) if both.kind is None else self._rank(both)
            )
            for draft in self._drafts(saying, both, told.fact.value, beside=standing):
                yield replace(draft, qualifiers=tuple(sorted({*draft.qualifiers, *qualifiers})), rank=rank)
        if saying.ours not in beside and any(one.value.is_known for one in qualifiers):
            snak = Snak(saying.property, unknown(saying.datatype, node.value))
            yield _Draft(snak, tuple(sorted(qualifiers)), self._rank(link), link)

    def _qualifiers(self, saying: WikidataProperty, beside: Mapping[NamedNode, list[FactWithStatus]]) -> Iterator[Snak]:
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
        for property, sayings in self.sayings.parts.items():
            for saying in sayings:
                if saying.property in self.sayings.inverted:
                    for quad in find_quads(self.store, None, saying.ours, thing, KNOWLEDGE):
                        if isinstance(quad.subject, NamedNode):
                            for link in find_quads(self.store, None, property, quad.subject, KNOWLEDGE):
                                yield from self._turn(saying, link.triple, quad.subject)

    def _turn(self, saying: WikidataProperty, link: Triple, node: NamedNode) -> Iterator[_Draft]:
        turn = self.sayings.inverted[saying.property]
        item = self.items.qid(link.subject) if isinstance(link.subject, NamedNode) else ""
        owner = Value(Datatype.ITEM, item)
        for fact in self.provenance.facts(link) if item else ():
            for draft in self._node(saying, FactWithStatus(fact), node):
                receivers = [one.value for one in draft.qualifiers if one.property == turn["property"]]
                rest = {one for one in draft.qualifiers if one.property != turn["property"]}
                if receivers:
                    # A film's prize that somebody received: won by them, for the film.
                    rest.add(Snak(turn["owner"], owner))
                for value in receivers or [owner]:
                    yield replace(draft, snak=Snak(turn["property"], value), qualifiers=tuple(sorted(rest)))

    def _drafts(
        self, saying: WikidataProperty, told: FactWithStatus, value: Term, *, beside: Mapping[NamedNode, list[Term]]
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

    def _rank(self, told: FactWithStatus) -> Rank:
        if told.kind is DecisionKind.DEPRECATED or told.fact.rank is Rank.DEPRECATED:
            return Rank.DEPRECATED
        if told.kind is None and (told.fact.rank is Rank.PREFERRED or self.provenance.is_preferred(told.fact)):
            return Rank.PREFERRED
        return Rank.NORMAL


def _is_bounded(saying: WikidataProperty, beside: Mapping[NamedNode, list[FactWithStatus]]) -> bool:
    """True where a node says less than the property there, as the takings of a weekend do."""
    return any(
        not isinstance(told.fact.value, Literal) or told.fact.value.value != free
        for property, free in saying.bounds.items()
        for told in beside.get(property, ())
        if told.kind is None
    )


@dataclass(frozen=True, slots=True)
class Terms:
    """What an item is called, and how it is described: one label and one description in a language, many aliases."""

    labels: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    descriptions: Mapping[str, str]
    redirects: tuple[str, ...]
    """Numbers that it had before."""


def to_terms(item: str, told: Iterable[FactWithStatus], sources: Mapping[str, Source]) -> Terms:
    """The names of an item; a label that is only its number says nothing and is left out."""
    labels: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    others: dict[str, dict[str, None]] = defaultdict(dict)
    redirects = set()
    for fact, kind in told:
        if not isinstance(fact.value, Literal):
            continue
        text = one_line(fact.value.value)
        language = _language(fact.value, sources.get(fact.evidence.source))
        if fact.property == vocab.wikidataId and kind is not None:
            redirects.add(text)
        elif kind is not None or not text or text == item:
            continue
        elif (fact.property == LABEL and labels.setdefault(language, text) != text) or fact.property == ALIAS:
            others[language][text] = None
        elif fact.property == vocab.description:
            descriptions.setdefault(language, text)
    # The label of another language comes in as an alias; where it is our label again, it is the label there, too.
    for language, texts in others.items():
        if language not in labels and (same := sorted(texts.keys() & labels.values())):
            labels[language] = same[0]
    aliases = {
        language: tuple(sorted(text for text in texts if text != labels.get(language)))
        for language, texts in sorted(others.items())
    }
    return Terms(
        dict(sorted(labels.items())),
        {language: texts for language, texts in aliases.items() if texts},
        dict(sorted(descriptions.items())),
        tuple(sorted(redirects)),
    )


def _language(value: Literal, source: Source | None) -> str:
    """A text's own language, or that of its source; a name without either is meant for every language."""
    return (value.language or (source.language if source is not None else "") or NO_LANGUAGE).lower()


STATED_IN, ADDRESS, RETRIEVED, TITLE, DATE, IMPORTED_FROM = "P248", "P854", "P813", "P1476", "P577", "P143"
QUERIES = "https://query.wikidata.org/"
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_ITEM = re.compile(r"Q[1-9][0-9]*")

Reference = tuple[Snak, ...]


def is_wikidata(source: Source) -> bool:
    """True for a source that is Wikidata itself, as its importers name it: what it says, Wikidata has."""
    host = (urlsplit(source.address).hostname or "") if source.address.isascii() else ""
    return host == "wikidata.org" or host.endswith(".wikidata.org") or source.id in ("wikidata", "wikidata-results")


def has_complete_items(source: Source) -> bool:
    """True for one that tells all that Wikidata has of an item; its query service tells what was asked."""
    return is_wikidata(source) and source.id != "wikidata-results" and not source.address.startswith(QUERIES)


def references_of(statement: Statement, sources: Mapping[str, Source], items: ItemIds) -> tuple[Reference, ...]:
    """The references of a statement, one for each source that says it and can be looked up; each once."""
    found = (reference_of(fact, sources.get(fact.evidence.source), items) for fact in statement.facts)
    return tuple(sorted({reference for reference in found if reference}))


def reference_of(fact: Fact, source: Source | None, items: ItemIds) -> Reference:
    """What a reference to a fact's source says; empty where the source cannot be looked up."""
    if source is None:
        return ()
    snaks = _own_references(fact) if is_wikidata(source) else _source(source, items)
    read = to_time(fact.evidence.retrieved)
    return tuple(sorted({*snaks, Snak(RETRIEVED, read)})) if snaks and read is not None else tuple(sorted(snaks))


def _own_references(fact: Fact) -> set[Snak]:
    """What a statement of Wikidata refers to itself: the importer writes it behind the statement's id."""
    marks = {"stated-in": STATED_IN, "url": ADDRESS, "imported-from": IMPORTED_FROM}
    found = set()
    for word in fact.evidence.record.split()[1:]:
        mark, _, told = word.partition(":")
        property = marks.get(mark, "")
        if property == ADDRESS and _ADDRESS.fullmatch(told):
            found.add(Snak(ADDRESS, Value(Datatype.URL, told)))
        elif property and _ITEM.fullmatch(unquote(told)):
            found.add(Snak(property, Value(Datatype.ITEM, unquote(told))))
    return found


def _source(source: Source, items: ItemIds) -> set[Snak]:
    found = set()
    if item := items.qid(source.iri):
        found.add(Snak(STATED_IN, Value(Datatype.ITEM, item)))
    if _ADDRESS.fullmatch(source.address):
        found.add(Snak(ADDRESS, Value(Datatype.URL, source.address)))
    day = to_time(source.date)
    if source.title and (found or day is not None):
        found.add(Snak(TITLE, Value(Datatype.TEXT, one_line(source.title), source.language or UNKNOWN_LANGUAGE)))
    if found and day is not None:
        found.add(Snak(DATE, day))
    return found


@dataclass(frozen=True, slots=True)
class Item:
    """A thing with a number in Wikidata, what it is called and all that is said of it."""

    number: str
    terms: Terms
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
        self.sayings: ExportMapping = to_export_mapping(
            ontology, self.schema, read_wikidata_mapping(ontology, self.schema, strict=False)
        )
        self.statements = Statements(store, provenance, names, self.sayings)
        self.sources = provenance.sources

    def __iter__(self) -> Iterator[Item]:
        """Every item, in the order of the numbers."""
        for number, thing in self.statements.items.sorted_items():
            yield self.item(number, thing)

    def item(self, number: str, thing: NamedNode) -> Item:
        """One thing as an item."""
        statements = self.statements.about(number, thing)
        called = to_terms(number, self.statements.told_about(thing), self.sources)
        return Item(number, called, tuple(statements), {one.id: self.references_of(one) for one in statements})

    def references_of(self, statement: Statement) -> tuple[Reference, ...]:
        """The references of a statement, one from each source that can be looked up."""
        return references_of(statement, self.sources, self.statements.items)

    @cached_property
    def labels(self) -> dict[str, str]:
        """What the properties are called, by our words for them."""
        found: dict[str, str] = {}
        for property, sayings in {**self.sayings.properties, **self.sayings.parts}.items():
            for one in sayings:
                own = one.meaning.property or one.meaning.part_property
                if self.schema.names.get(own) == property:
                    found[one.property] = self.schema.properties[property].label
        return found


def is_theirs(fact: Fact, wikidata: Wikidata) -> bool:
    """True for what Wikidata says."""
    source = wikidata.sources.get(fact.evidence.source)
    return source is not None and is_wikidata(source)
