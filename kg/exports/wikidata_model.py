"""The entities of a graph that have an id in Wikidata, as items of its data model, with statements and references.

https://www.mediawiki.org/wiki/Wikibase/DataModel. The items are made one at a time, in the order of their ids.
"""

from __future__ import annotations

import builtins
import hashlib
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pyoxigraph import Literal, NamedNode, Store, Triple

from kg import vocabulary as film
from kg.decisions.conflicts import DecisionKind
from kg.exports.item_facts import BATCH, FactWithStatus, ItemFacts
from kg.exports.wikidata_values import (
    ITEM_ID,
    NO_LANGUAGE,
    UNKNOWN_LANGUAGE,
    ItemIds,
    ValueConverter,
    WikidataValue,
    single_line,
    to_time,
    unknown_value,
)
from kg.facts.model import Fact, Rank, Source
from kg.graph.provenance import Provenance
from kg.graph.store import find_quads
from kg.lookup.entity_names import EntityNames
from kg.lookup.entity_types import types_of
from kg.mappings.wikidata import Datatype, ExportMapping, WikidataProperty, read_wikidata_mapping, to_export_mapping
from kg.schema import KIND, Schema
from kg.terms import ALIAS, FILM, KNOWLEDGE, LABEL, TYPE, Term

INSTANCE_OF, NAMED_AS, POINT_IN_TIME = "P31", "P1932", "P585"
STATED_IN, REFERENCE_URL, RETRIEVED, IMPORTED_FROM = "P248", "P854", "P813", "P143"
TITLE, PUBLICATION_DATE = "P1476", "P577"
QUERY_SERVICE = "https://query.wikidata.org/"
_MAX_REMEMBERED = 1 << 17
"""Facts without their subjects: the same persons, places and years are values of the facts about thousands."""
_RANKS = (Rank.PREFERRED, Rank.NORMAL, Rank.DEPRECATED)
_URL = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_REFERENCE_WORDS = {"stated-in": STATED_IN, "url": REFERENCE_URL, "imported-from": IMPORTED_FROM}
"""The words behind the id of a statement in the record of an imported fact -> the property of its reference."""


# --- the data model


class Snak(NamedTuple):
    """A property of Wikidata with a value: of a statement, a qualifier or a reference."""

    property: str
    value: WikidataValue

    @builtins.property
    def key(self) -> str:
        """All fields as one text, from which ids are made."""
        return f"{self.property}\x1f{self.value.key}"


Reference = tuple[Snak, ...]


class Statement(NamedTuple):
    """A statement about an item, with the facts that state it."""

    item: str
    snak: Snak
    qualifiers: tuple[Snak, ...]
    rank: Rank
    facts_with_status: tuple[FactWithStatus, ...]

    def to_id(self) -> str:
        """An id made of item, value and qualifiers: the same in every export, with any sources and any rank."""
        text = "\x1e".join([self.item, self.snak.key, *[qualifier.key for qualifier in self.qualifiers]])
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self.item}-{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that state it."""
        return tuple(stated.fact for stated in self.facts_with_status)

    @property
    def is_expressible(self) -> bool:
        """True when all its values are known to Wikidata: none is an entity without an id."""
        return self.snak.value.is_known and all(qualifier.value.is_known for qualifier in self.qualifiers)


@dataclass(frozen=True, slots=True)
class ItemTerms:
    """The names and descriptions of an item: by language one label, one description and many aliases."""

    labels: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    descriptions: Mapping[str, str]
    redirects: tuple[str, ...]
    """Its former ids."""


@dataclass(frozen=True, slots=True)
class WikidataItem:
    """An item: an entity with an id in Wikidata, its names and its statements."""

    id: str
    terms: ItemTerms
    statements: tuple[Statement, ...]
    references: dict[str, tuple[Reference, ...]]
    """The id of each statement -> its references, in the order of the statements."""

    @property
    def with_ids(self) -> Iterator[tuple[str, Statement]]:
        """Each statement with its id; an item without references has no ids."""
        return zip(self.references, self.statements, strict=True)


class WikidataItems:
    """Converts the entities of a graph, or one film of it, to Wikidata items."""

    def __init__(
        self,
        store: Store,
        provenance: Provenance,
        names: EntityNames,
        ontology: Iterable[Triple],
        *,
        film: NamedNode | None = None,
    ) -> None:
        ontology = tuple(ontology)
        self.film = film
        self.schema: Schema = names.ontology
        self.mapping: ExportMapping = to_export_mapping(
            ontology, self.schema, read_wikidata_mapping(ontology, self.schema, strict=False)
        )
        self.builder = StatementBuilder(store, provenance, names, self.mapping)
        self.sources = provenance.sources
        self._reference = lru_cache(maxsize=1 << 14)(
            lambda source, retrieved, words: reference_to(
                self.sources.get(source), self.builder.items, retrieved=retrieved, words=words
            )
        )

    def __iter__(self) -> Iterator[WikidataItem]:
        """Every item that is exported, in the order of the ids."""
        for id, entity in self.entities((self.film,) if self.film is not None else None):
            yield self.item(id, entity)

    def entities(
        self, among: Container[Term] | None = None, *, only: Mapping[Term, Sequence[int]] | None = None
    ) -> Iterator[tuple[str, NamedNode]]:
        """Every id with its entity, or with those `among` some, in the order of the ids.

        The facts of many are read at once; of those entities that `only` has, just the facts with these numbers.
        """
        items = (item for item in self.builder.items.sorted_items() if among is None or item[1] in among)
        while batch := list(islice(items, BATCH)):
            self.builder.facts.fetch((entity for _, entity in batch), only=only)
            yield from batch

    def item(self, id: str, entity: NamedNode, *, with_references: bool = True) -> WikidataItem:
        """An entity as an item."""
        statements = self.builder.statements(id, entity)
        terms = to_terms(id, self.builder.facts.about(entity), self.sources)
        referenced = statements if with_references else ()
        references = {statement.to_id(): self.references_of(statement) for statement in referenced}
        return WikidataItem(id, terms, tuple(statements), references)

    def references_of(self, statement: Statement) -> tuple[Reference, ...]:
        """The references of a statement, one for each source that can be looked up, without repetition."""
        evidence = (stated.fact.evidence for stated in statement.facts_with_status)
        references = {self._reference(each.source, each.retrieved, each.record.partition(" ")[2]) for each in evidence}
        return tuple(sorted(references - {()}))

    def is_of_wikidata_alone(self, entity: NamedNode) -> bool:
        """True for an entity about which nothing but Wikidata states anything, and which others do not refer to."""
        facts = self.builder.facts.known_about(entity)
        return all(map(self.is_from_wikidata, facts)) and not self.builder.is_referred_to(entity)

    def wikidata_properties(self, fact: Fact) -> Iterator[str]:
        """The properties of Wikidata that a fact may be a statement of."""
        if fact.property in (TYPE, KIND):
            yield INSTANCE_OF
        for properties in (self.mapping.properties, self.mapping.parts, self.mapping.inverses):
            yield from (property.property for property in properties.get(fact.property, ()))

    def is_from_wikidata(self, fact: Fact) -> bool:
        """True for a fact whose source is Wikidata."""
        source = self.sources.get(fact.evidence.source)
        return source is not None and is_wikidata(source)

    @cached_property
    def property_labels(self) -> dict[str, str]:
        """Wikidata's properties -> the labels of our properties for them."""
        labels: dict[str, str] = {}
        for ours, properties in {**self.mapping.properties, **self.mapping.parts}.items():
            for property in properties:
                name = property.meaning.property or property.meaning.part_property
                if self.schema.names.get(name) == ours:
                    labels[property.property] = self.schema.properties[ours].label
        return labels


# --- statements


_Content = tuple[Snak, tuple[Snak, ...]]
_PartValues = Mapping[NamedNode, list[Term]]


class _Draft(NamedTuple):
    """The statement of one fact, before it is merged with equal statements of other facts."""

    snak: Snak
    qualifiers: tuple[Snak, ...]
    rank: Rank
    stated: FactWithStatus


class StatementBuilder:
    """Makes statements of the facts about an entity."""

    def __init__(self, store: Store, provenance: Provenance, names: EntityNames, mapping: ExportMapping) -> None:
        self.store, self.names, self.mapping = store, names, mapping
        self.items = ItemIds(store)
        self._names_of = lru_cache(maxsize=1000)(lambda types: frozenset(map(_name, types)))
        self._names_of_values = lru_cache(maxsize=1000)(self._of_values)
        self._stating = {TYPE, KIND, *mapping.properties}
        """The properties of ours of which facts are statements about their subjects."""
        self._contents_of = lru_cache(maxsize=_MAX_REMEMBERED)(self._of_fact)
        self._of_kinds: dict[frozenset[str], frozenset[str]] = {}
        self._converter = ValueConverter(self.items, names, mapping)
        self.facts = ItemFacts(
            provenance,
            parts=mapping.parts,
            inverses=mapping.inverses,
            inverted=(
                (ours, property.ours)
                for ours, properties in mapping.parts.items()
                for property in properties
                if property.property in mapping.inverted
            ),
        )

    def statements(self, item: str, entity: NamedNode) -> list[Statement]:
        """The statements about an entity, in the order of their properties and values; equal ones are merged."""
        classes = self._classes(entity)
        groups: dict[tuple[Snak, tuple[Snak, ...]], list[_Draft]] = defaultdict(list)
        for drafts in (self._direct(entity, classes), self._inverse(entity, classes), self._inverted(entity)):
            for draft in drafts:
                groups[draft.snak, draft.qualifiers].append(draft)
        statements = [
            Statement(
                item,
                snak,
                qualifiers,
                group[0].rank if len(group) == 1 else min((draft.rank for draft in group), key=_RANKS.index),
                _without_repetition([draft.stated for draft in group]),
            )
            for (snak, qualifiers), group in groups.items()
        ]
        return sorted(
            statements,
            key=lambda statement: (int(statement.snak.property[1:]), statement.snak.value, statement.qualifiers),
        )

    def _direct(self, entity: NamedNode, classes: frozenset[str]) -> Iterator[_Draft]:
        # Several sources state a value one after another: in the order of the facts, these have equal values.
        content: tuple[NamedNode, Term, str, str] | None = None
        contents: tuple[_Content, ...] = ()
        parts, may_be_preferred = self.mapping.parts, self.facts.has_preferred(entity)
        stating = self._stating
        for stated in self.facts.about(entity):
            fact = stated.fact
            if content is None or content != (fact.property, fact.value, fact.written, fact.as_of):
                if fact.property in parts:
                    if isinstance(fact.value, NamedNode):
                        for property in parts[fact.property]:
                            if property.fits(classes):
                                yield from self._of_part(property, stated, fact.value)
                    continue
                content = (fact.property, fact.value, fact.written, fact.as_of)
                contents = self._contents_of(*content, classes) if fact.property in stating else ()
            if contents:
                is_plain = stated.kind is None and fact.rank is Rank.NORMAL and not may_be_preferred
                rank = Rank.NORMAL if is_plain else self._rank(stated)
                for snak, qualifiers in contents:
                    yield _Draft(snak, qualifiers, rank, stated)

    def _of_fact(
        self, ours: NamedNode, value: Term, written: str, as_of: str, classes: frozenset[str]
    ) -> tuple[_Content, ...]:
        """What a fact states of a subject of these classes, if anything: the value, and its qualifiers."""
        if ours in (TYPE, KIND):
            item = self._class_item(value, classes)
            return ((Snak(INSTANCE_OF, WikidataValue(Datatype.ITEM, item)), ()),) if item else ()
        properties = self.mapping.properties.get(ours, ())
        property = next((theirs for theirs in properties if theirs.fits(classes)), None)
        return () if property is None else tuple(self._contents(property, value, written, as_of, part_values={}))

    def _class_item(self, value: Term, classes: frozenset[str]) -> str:
        """The class in Wikidata for a class or kind; none for a class of which the entity has a kind with one."""
        if isinstance(value, Literal):
            kind = self.mapping.kinds.get(value.value)
            return self.mapping.classes.get(kind, "") if kind is not None else ""
        if not isinstance(value, NamedNode):
            return ""
        own = self.mapping.classes.get(value, "")
        return "" if self._items_of_kinds(classes) - {"", own} else own

    def _items_of_kinds(self, classes: frozenset[str]) -> frozenset[str]:
        """The classes in Wikidata of the kinds among these classes."""
        if classes not in self._of_kinds:
            kinds = (kind for kind in self.mapping.kinds.values() if _name(kind) in classes)
            self._of_kinds[classes] = frozenset(self.mapping.classes.get(kind, "") for kind in kinds)
        return self._of_kinds[classes]

    def _inverse(self, entity: NamedNode, classes: frozenset[str]) -> Iterator[_Draft]:
        """Statements of facts about other entities, by a property of Wikidata in the other direction."""
        for ours, properties in self.mapping.inverses.items():
            property = next((theirs for theirs in properties if theirs.fits(classes)), None)
            if property is None or not self.facts.is_value_of(entity, ours):
                continue
            for quad in find_quads(self.store, None, ours, entity, KNOWLEDGE):
                for fact in self.facts.stating(quad.triple):
                    yield from self._drafts(property, FactWithStatus(fact), fact.subject, part_values={})

    def _of_part(self, property: WikidataProperty, link: FactWithStatus, part: NamedNode) -> Iterator[_Draft]:
        """Statements of a part: its own value, with its other values as qualifiers."""
        facts: dict[NamedNode, list[FactWithStatus]] = defaultdict(list)
        for stated in self.facts.about(part):
            facts[stated.fact.property].append(stated)
        implied = _implied_facts(property, facts)
        if _is_bounded(property, facts) or implied is None:
            return
        if link.kind is None:
            # A win of which the outcome is contested is contested, although the nomination is not.
            link = FactWithStatus(link.fact, next((stated.kind for stated in implied if stated.kind is not None), None))
        qualifiers = set(self._qualifiers(property, facts))
        part_values = {ours: [stated.fact.value for stated in group] for ours, group in facts.items()}
        for stated in facts.get(property.ours, ()):
            both = FactWithStatus(stated.fact, stated.kind if stated.kind is not None else link.kind)
            rank = self._rank(both)
            if both.kind is None:
                rank = min((rank, self._rank(link)), key=_RANKS.index)
            for draft in self._drafts(property, both, stated.fact.value, part_values=part_values):
                yield draft._replace(qualifiers=tuple(sorted({*draft.qualifiers, *qualifiers})), rank=rank)
        if property.ours not in facts and any(qualifier.value.is_known for qualifier in qualifiers):
            snak = Snak(property.property, unknown_value(property.datatype, part.value))
            yield _Draft(snak, tuple(sorted(qualifiers)), self._rank(link), link)

    def _qualifiers(
        self, property: WikidataProperty, facts: Mapping[NamedNode, list[FactWithStatus]]
    ) -> Iterator[Snak]:
        snaks: dict[tuple[NamedNode, str], list[Snak]] = defaultdict(list)
        for qualifier in property.qualifiers:
            for stated in facts.get(qualifier.ours, ()):
                if stated.kind is None:
                    value = self._converter.convert(qualifier, stated.fact.value, part_values={})
                    if value is not None:
                        snaks[qualifier.ours, str(stated.fact.value)].append(Snak(qualifier.property, value))
        for alternatives in snaks.values():
            # Wikidata may have two properties for a value, for an item and for its name; the known one is used.
            yield next((snak for snak in alternatives if snak.value.is_known), alternatives[0])

    def _inverted(self, entity: NamedNode) -> Iterator[_Draft]:
        """Statements of facts whose value is the entity, where Wikidata has them at both: an award and its winners."""
        for ours, properties in self.mapping.parts.items():
            for property in properties:
                if property.property in self.mapping.inverted and self.facts.is_value_of(entity, property.ours):
                    for quad in find_quads(self.store, None, property.ours, entity, KNOWLEDGE):
                        if isinstance(quad.subject, NamedNode):
                            for link in find_quads(self.store, None, ours, quad.subject, KNOWLEDGE):
                                yield from self._invert(property, link.triple, quad.subject)

    def is_referred_to(self, entity: NamedNode) -> bool:
        """True when facts about others may give statements about an entity."""
        return any(self.facts.is_value_of(entity, property) for property in self.referring)

    @cached_property
    def referring(self) -> tuple[NamedNode, ...]:
        """The properties of which facts give statements about the value."""
        inverted = (
            property.ours
            for properties in self.mapping.parts.values()
            for property in properties
            if property.property in self.mapping.inverted
        )
        return tuple(dict.fromkeys((*self.mapping.inverses, *inverted)))

    def _invert(self, property: WikidataProperty, link: Triple, part: NamedNode) -> Iterator[_Draft]:
        inverted = self.mapping.inverted[property.property]
        item = self.items.qid(link.subject) if isinstance(link.subject, NamedNode) else ""
        owner = WikidataValue(Datatype.ITEM, item)
        for fact in self.facts.stating(link) if item else ():
            for draft in self._of_part(property, FactWithStatus(fact), part):
                receivers = [snak.value for snak in draft.qualifiers if snak.property == inverted["property"]]
                qualifiers = {snak for snak in draft.qualifiers if snak.property != inverted["property"]}
                if receivers:
                    # An award that a person received for a film: the person is the winner, and the film a qualifier.
                    qualifiers.add(Snak(inverted["owner"], owner))
                for value in receivers or [owner]:
                    snak = Snak(inverted["property"], value)
                    yield draft._replace(snak=snak, qualifiers=tuple(sorted(qualifiers)))

    def _drafts(
        self, property: WikidataProperty, stated: FactWithStatus, value: Term, *, part_values: _PartValues
    ) -> Iterator[_Draft]:
        fact = stated.fact
        for snak, qualifiers in self._contents(property, value, fact.written, fact.as_of, part_values=part_values):
            yield _Draft(snak, qualifiers, self._rank(stated), stated)

    def _contents(
        self, property: WikidataProperty, value: Term, written: str, as_of: str, *, part_values: _PartValues
    ) -> Iterator[_Content]:
        theirs = self._converter.convert(property, value, part_values=part_values, written=written)
        if theirs is not None:
            name = self.names.label(value) if not theirs.is_known and isinstance(value, NamedNode) else ""
            qualifiers = [Snak(NAMED_AS, WikidataValue(Datatype.STRING, name))] if name else []
            if (date := to_time(as_of)) is not None:
                qualifiers.append(Snak(POINT_IN_TIME, date))
            yield Snak(property.property, theirs), tuple(sorted(qualifiers))

    def _classes(self, entity: NamedNode) -> frozenset[str]:
        """The names of the classes and kinds of an entity."""
        ontology, values = self.names.ontology, self.facts.types_of(entity)
        if values is None:
            return self._names_of(types_of(self.store, ontology, entity, has_kind=entity in self._with_kinds))
        return self._names_of_values(values)

    def _of_values(self, values: tuple[Term, ...]) -> frozenset[str]:
        classes = (value for value in values if isinstance(value, NamedNode))
        words = (value.value for value in values if isinstance(value, Literal))
        return self._names_of(self.names.ontology.types_of(classes, words))

    @cached_property
    def _with_kinds(self) -> frozenset[object]:
        return frozenset(quad.subject for quad in find_quads(self.store, None, KIND, None, KNOWLEDGE))

    def _rank(self, stated: FactWithStatus) -> Rank:
        if stated.kind is DecisionKind.DEPRECATED or stated.fact.rank is Rank.DEPRECATED:
            return Rank.DEPRECATED
        if stated.kind is None and (stated.fact.rank is Rank.PREFERRED or self.facts.is_preferred(stated.fact)):
            return Rank.PREFERRED
        return Rank.NORMAL


def _without_repetition(stated: Sequence[FactWithStatus]) -> tuple[FactWithStatus, ...]:
    """Each fact once; facts of different records are different, and a fact has many fields to compare."""
    if len({(each.fact.evidence.source, each.fact.evidence.record) for each in stated}) == len(stated):
        return tuple(stated)
    return tuple(dict.fromkeys(stated))


def _name(iri: NamedNode) -> str:
    return iri.value.removeprefix(FILM)


def _is_bounded(property: WikidataProperty, facts: Mapping[NamedNode, list[FactWithStatus]]) -> bool:
    """True for a part that states less than the property in Wikidata, such as the gross of a weekend."""
    return any(
        not isinstance(stated.fact.value, Literal) or stated.fact.value.value != unbounded
        for bound, unbounded in property.bounds.items()
        for stated in facts.get(bound, ())
        if stated.kind is None
    )


def _implied_facts(
    property: WikidataProperty, facts: Mapping[NamedNode, list[FactWithStatus]]
) -> list[FactWithStatus] | None:
    """A fact for each value that the property in Wikidata implies, such as the outcome; None where one is missing."""
    implied = []
    for name, value in property.states.items():
        stated = [fact for fact in facts.get(name, ()) if fact.fact.value == Literal(value)]
        if not stated:
            return None
        implied.append(next((fact for fact in stated if fact.kind is None), stated[0]))
    return implied


# --- names

_TERMS = frozenset((film.wikidataId, LABEL, ALIAS, film.description))
"""The properties of which the values are names, descriptions and former ids."""


def to_terms(item: str, facts: Iterable[FactWithStatus], sources: Mapping[str, Source]) -> ItemTerms:
    """The names and descriptions of an item; a label that is only its id is left out."""
    labels: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    others: dict[str, dict[str, None]] = defaultdict(dict)
    redirects = set()
    for fact, kind in facts:
        if fact.property not in _TERMS or not isinstance(fact.value, Literal):
            continue
        text = single_line(fact.value.value)
        language = _language(fact.value, sources.get(fact.evidence.source))
        if fact.property == film.wikidataId and kind is not None:
            redirects.add(text)
        elif kind is not None or not text or text == item:
            continue
        elif (fact.property == LABEL and labels.setdefault(language, text) != text) or fact.property == ALIAS:
            others[language][text] = None
        elif fact.property == film.description:
            descriptions.setdefault(language, text)
    # The importer makes aliases of the labels in other languages; an alias that equals our label was a label there.
    for language, texts in others.items():
        if language not in labels and (same := sorted(texts.keys() & labels.values())):
            labels[language] = same[0]
    aliases = {
        language: tuple(sorted(text for text in texts if text != labels.get(language)))
        for language, texts in sorted(others.items())
    }
    return ItemTerms(
        dict(sorted(labels.items())),
        {language: texts for language, texts in aliases.items() if texts},
        dict(sorted(descriptions.items())),
        tuple(sorted(redirects)),
    )


def _language(value: Literal, source: Source | None) -> str:
    """The language of a text or of its source; a name without either is for every language."""
    return (value.language or (source.language if source is not None else "") or NO_LANGUAGE).lower()


# --- references


def is_wikidata(source: Source) -> bool:
    """True for a source that is Wikidata itself, by its address or by the id that importers give it."""
    return source.id in ("wikidata", "wikidata-results") or _is_of_wikidata(source.address)


@lru_cache(maxsize=1024)
def _is_of_wikidata(address: str) -> bool:
    host = (urlsplit(address).hostname or "") if address.isascii() else ""
    return host == "wikidata.org" or host.endswith(".wikidata.org")


def has_complete_items(source: Source) -> bool:
    """True for a source that has every statement of an item; results of the query service have those asked for."""
    return is_wikidata(source) and source.id != "wikidata-results" and not source.address.startswith(QUERY_SERVICE)


def reference_to(source: Source | None, items: ItemIds, *, retrieved: str = "", words: str = "") -> Reference:
    """A reference to a source; empty when the source cannot be looked up.

    `words` are what the record has behind the id of a statement.
    """
    if source is None:
        return ()
    snaks = _imported_reference(words) if is_wikidata(source) else _source_reference(source, items)
    day = to_time(retrieved)
    if snaks and day is not None:
        snaks = {*snaks, Snak(RETRIEVED, day)}
    return tuple(sorted(snaks))


def _imported_reference(words: str) -> set[Snak]:
    """The reference that a statement has in Wikidata, as the importer writes it."""
    snaks = set()
    for word in words.split():
        name, _, text = word.partition(":")
        property = _REFERENCE_WORDS.get(name, "")
        if property == REFERENCE_URL and _URL.fullmatch(text):
            snaks.add(Snak(REFERENCE_URL, WikidataValue(Datatype.URL, text)))
        elif property and ITEM_ID.fullmatch(unquote(text)):
            snaks.add(Snak(property, WikidataValue(Datatype.ITEM, unquote(text))))
    return snaks


def _source_reference(source: Source, items: ItemIds) -> set[Snak]:
    snaks = set()
    if item := items.qid(source.iri):
        snaks.add(Snak(STATED_IN, WikidataValue(Datatype.ITEM, item)))
    if _URL.fullmatch(source.address):
        snaks.add(Snak(REFERENCE_URL, WikidataValue(Datatype.URL, source.address)))
    date = to_time(source.date)
    if source.title and (snaks or date is not None):
        title = WikidataValue(Datatype.TEXT, single_line(source.title), source.language or UNKNOWN_LANGUAGE)
        snaks.add(Snak(TITLE, title))
    if snaks and date is not None:
        snaks.add(Snak(PUBLICATION_DATE, date))
    return snaks
