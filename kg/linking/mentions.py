"""Mentions made from facts: each entity that can be linked, as one source describes it.

The tables below list what is compared, in the ontology's terms. A description such as "1976 film by Krsto Papić" is
compared as well: its year and director are read, and never become facts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, Literal, NamedNode

from kg import vocabulary as film
from kg.facts.model import Fact
from kg.linking.model import Credit, Mention
from kg.linking.names import find_year
from kg.schema import KIND, Schema
from kg.terms import ALIAS, LABEL, TYPE, Term, to_curie

OWN_SOURCE = "own"
"""The source of entities for which the project's people wrote blocks of facts."""
KIND_OF_CLASS = {
    film.Film: "film",
    film.Person: "person",
    film.Organisation: "organisation",
    film.Country: "country",
    film.Genre: "genre",
    film.Award: "award",
    film.AwardProgramme: "award programme",
    film.Edition: "edition",
    film.Festival: "festival",
    film.Topic: "topic",
    film.Work: "film",
}
"""Class or kind -> what entities are linked as; only entities of one sort are compared. Narrower ones come first."""
_NAMES = (LABEL, ALIAS, film.title)
_YEARS = (film.year, film.date, film.start, film.birthDate)
_PARTS = (film.recognition, film.castCredit, film.credit, film.release)
"""Properties that lead to parts in which people are credited, by one of `_CREDITED`."""
_CREDITED = (film.contributor, film.recipient, film.agent)
_CONTESTS = frozenset(("won", "nominated", "lost"))
"""The outcomes of recognitions that belong to one ceremony."""
_DESCRIPTION = re.compile(
    r"(?:\b(?P<year>1[89]\d\d|20\d\d)\b.{0,80}?)?\b(?:film|movie|documentary|short)\b"
    r"(?:.{0,40}?\bby (?P<people>[^.;(]{2,200}))?"
)
_EPISODE = re.compile(r"^(?:episode|season) of |television series|TV series|miniseries", re.IGNORECASE)
_AND = re.compile(r",\s*(?:and\s+)?|\s+(?:and|&)\s+")
_WIKIDATA_ITEM = re.compile(r"wd-(q[1-9]\d*)")
_YEAR = re.compile(r"(-?\d{4})(?!\d)")

Subject = NamedNode | BlankNode


@dataclass
class _Entity:
    """The values of one entity by property, and the source that described it first."""

    source: str = ""
    values: dict[NamedNode, list[Term]] = field(default_factory=lambda: defaultdict(list))

    def texts(self, *properties: NamedNode) -> Iterator[str]:
        """The texts of literals, property by property."""
        terms = (term for property in properties for term in self.values.get(property, ()))
        return (term.value for term in terms if isinstance(term, Literal))

    def nodes(self, *properties: NamedNode) -> Iterator[Subject]:
        """The values that are not literals, property by property."""
        terms = (term for property in properties for term in self.values.get(property, ()))
        return (term for term in terms if not isinstance(term, Literal))

    @property
    def label(self) -> str:
        """Its first label, or the empty text."""
        return next(self.texts(LABEL), "")

    @property
    def years(self) -> Iterator[int]:
        """The years of its own dates."""
        return (int(match[1]) for text in self.texts(*_YEARS) if (match := _YEAR.match(text)) is not None)


_Entities = Mapping[Subject, _Entity]
_Credits = Mapping[Subject, list[tuple[Subject, str]]]


def find_mentions(facts: Iterable[Fact], schema: Schema) -> dict[str, list[Mention]]:
    """The mentions of every entity that can be linked, by source: `own`, or the id of the source of an import."""
    entities = _group_by_entity(facts)
    kinds = _EntityKinds(schema)
    credits = _find_credits(entities, schema)
    mentions: dict[str, list[Mention]] = defaultdict(list)
    for iri, entity in entities.items():
        kind, class_name = kinds.of(entity.nodes(TYPE), entity.texts(KIND))
        if kind and isinstance(iri, NamedNode):
            mentions[entity.source].append(_to_mention(iri, kind, class_name, entities, credits))
    return dict(mentions)


def _group_by_entity(facts: Iterable[Fact]) -> dict[Subject, _Entity]:
    entities: dict[Subject, _Entity] = defaultdict(_Entity)
    for fact in facts:
        entity = entities[fact.subject]
        if not fact.evidence.record:
            entity.source = OWN_SOURCE
        elif not entity.source:
            entity.source = fact.evidence.source
        entity.values[fact.property].append(fact.value)
    return dict(entities)


def _local_name(iri: NamedNode) -> str:
    return iri.value.rpartition("/")[2].rpartition("#")[2]


class _EntityKinds:
    """The kind and class of entities, by their classes and values of `kind`."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._cache: dict[NamedNode, tuple[str, NamedNode]] = {}

    def of(self, classes: Iterable[Subject], words: Iterable[str]) -> tuple[str, str]:
        """The kind and the class name of an entity; empty when it is not linked, or is of two kinds."""
        types = self._schema.types_of((iri for iri in classes if isinstance(iri, NamedNode)), words)
        # A work of a kind, such as a song, is no film.
        narrowed = {self._schema.class_of(iri) for iri in types if iri in self._schema.kinds}
        ordered = sorted(types - narrowed, key=lambda iri: iri.value)
        pairs = [pair for term in ordered if (pair := self._kind(term))[0]]
        if len({kind for kind, _ in pairs}) != 1:
            return "", ""
        kind, class_iri = max(pairs, key=lambda pair: (pair[1] != film.Work, pair[1] != film.Film))
        return kind, _local_name(class_iri)

    def _kind(self, class_iri: NamedNode) -> tuple[str, NamedNode]:
        if class_iri not in self._cache:
            ancestors = self._schema.ancestors(class_iri)
            if class_iri != film.Work:
                # A work may be a book or a song: it can only be a film where no narrower class is stated.
                ancestors -= {film.Work}
            kind = next((kind for known, kind in KIND_OF_CLASS.items() if known in ancestors), "")
            self._cache[class_iri] = kind, class_iri
        return self._cache[class_iri]


def _find_credits(entities: _Entities, schema: Schema) -> _Credits:
    """Entity -> the people and companies that it credits, each with its role; and person -> films, in the same way."""
    direct = {property for property in schema.properties if film.contributor in schema.ancestors(property)}
    direct -= set(_CREDITED)
    credits: dict[Subject, dict[tuple[Subject, str], None]] = defaultdict(dict)
    for iri, entity in entities.items():
        for person, role in _credits_of(entity, entities, direct):
            credits[iri][person, role] = None
            credits[person][iri, role] = None
    return {iri: list(pairs) for iri, pairs in credits.items()}


def _credits_of(entity: _Entity, entities: _Entities, direct: set[NamedNode]) -> Iterator[tuple[Subject, str]]:
    for property in entity.values:
        if property in direct:
            yield from ((person, _local_name(property)) for person in entity.nodes(property))
        elif property in _PARTS:
            role = "castMember" if property == film.castCredit else ""
            for part in entity.nodes(property):
                if part in entities:
                    yield from ((person, role) for person in entities[part].nodes(*_CREDITED))


def _to_mention(iri: NamedNode, kind: str, class_name: str, entities: _Entities, credits: _Credits) -> Mention:
    entity = entities[iri]
    years, date_kind = _find_years(entity, entities)
    credited = [
        Credit(name, role, to_curie(other.value))
        for other, role in credits.get(iri, ())
        if isinstance(other, NamedNode) and (name := _label_of(other, entities))
    ]
    if kind == "film":
        years = years or tuple(dict.fromkeys(filter(None, map(find_year, entity.texts(*_NAMES)))))
        for text in entity.texts(film.description):
            if _EPISODE.search(text):
                class_name = "Episode"
            described_years, people = _read_description(text)
            years = years or described_years
            credited += [Credit(name, "director") for name in people]
    return Mention(
        to_curie(iri.value),
        tuple(dict.fromkeys(entity.texts(*_NAMES))),
        kind,
        class_name,
        years,
        date_kind,
        tuple(credited),
        frozenset(_find_identifiers(iri, entity)),
        frozenset(filter(None, (_label_of(country, entities) for country in entity.nodes(film.countryOfOrigin)))),
        next((int(text) for text in entity.texts(film.runningTime) if text.isdigit() and len(text) < 6), None),
    )


def _find_identifiers(iri: NamedNode, entity: _Entity) -> Iterator[tuple[str, str]]:
    """Pairs of scheme and identifier; the name of an item of Wikidata is its identifier there."""
    for property in entity.values:
        if (scheme := _local_name(property)).endswith("Id"):
            yield from ((scheme, value) for value in entity.texts(property))
    if (item := _WIKIDATA_ITEM.fullmatch(_local_name(iri))) is not None:
        yield _local_name(film.wikidataId), item[1].upper()


def _label_of(iri: Subject, entities: _Entities) -> str:
    return entities[iri].label if iri in entities else ""


def _find_years(entity: _Entity, entities: _Entities) -> tuple[tuple[int, ...], str]:
    """The years of an entity's own dates and releases, or else those of its awards; with the kind of date."""
    years = {*entity.years, *_years_of_releases(entity, entities)}
    if years:
        return tuple(sorted(years)), "release"
    # Records and places in lists may be of any later year.
    awards = (part for part in entity.nodes(film.recognition) if part in entities)
    contests = (entities[part] for part in awards if not _CONTESTS.isdisjoint(entities[part].texts(film.outcome)))
    years = {year for contest in contests for year in contest.years}
    return tuple(sorted(years)), "award" if years else "release"


def _years_of_releases(entity: _Entity, entities: _Entities) -> Iterator[int]:
    return (year for part in entity.nodes(film.release) if part in entities for year in entities[part].years)


def _read_description(text: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The year and the people of a description.

    >>> _read_description("1976 film by Krsto Papić")
    ((1976,), ('Krsto Papić',))
    """
    match = _DESCRIPTION.search(text[:400])
    if match is None:
        return (), ()
    people = tuple(filter(None, map(str.strip, _AND.split(match["people"])))) if match["people"] else ()
    return ((int(match["year"]),) if match["year"] else ()), people
