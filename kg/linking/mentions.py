"""Mentions made from facts: each entity that can be linked, as one source describes it.

The tables below list what is compared, in the ontology's terms. A description such as "1976 film by Krsto Papić" is
compared as well: its year and director are read, and never become facts. The same holds for the title in the address
of a Wikipedia article, and for the words in brackets behind it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg import vocabulary as film
from kg.decisions.links import digest_of_iri
from kg.facts.model import Fact, is_key
from kg.linking.model import Credit, Mention
from kg.linking.names import find_year
from kg.schema import KIND, Schema
from kg.terms import ALIAS, FILM, LABEL, TYPE, Term, to_curie
from kg.text.wikipedia_titles import ArticleTitle, interwiki_link, title_of_article

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
    film.Agent: "person",
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
_NAME_PROPERTY = re.compile(r"^(?:name|alternateName|\w*[tT]itle|\w*Label)$")
_YEAR_PROPERTY = re.compile(
    r"^(?:released?|published|premiered?|\w*(?:[rR]elease|[pP]ublication|[pP]remiere)\w*(?:Date|Year))$"
)
_COUNTRY_PROPERTY = re.compile(r"^(?:country\w*|\w+Country)$")
"""Local names of properties that a project may have added to the ontology."""
_ADDRESSES = (
    ("imdbId", re.compile(r"imdb\.com/(?:title|name|company)/((?:tt|nm|co)\d+)")),
    ("tmdbMovieId", re.compile(r"themoviedb\.org/movie/(\d+)")),
    ("tmdbPersonId", re.compile(r"themoviedb\.org/person/(\d+)")),
    ("wikidataId", re.compile(r"wikidata\.org/(?:wiki|entity)/(Q[1-9]\d*)")),
    ("viafId", re.compile(r"viaf\.org/viaf/(\d+)")),
    ("letterboxdId", re.compile(r"letterboxd\.com/film/([\w-]+)")),
)
"""Scheme -> the addresses that contain its identifiers."""
_ARTICLE, _IRI = "wikipediaArticle", "iri"
_MINUTES = re.compile(r"(\d{1,4})(?:\.\d+)?")
MIN_PREFIX_SHARE = 0.3
"""The share of a source's entities that have a prefix in their names, from which on it is that of a dataset."""
MAX_PREFIX_PARTS = 5
"""Parts of a name, between hyphens, that are looked at for its prefix."""

Subject = NamedNode | BlankNode


@dataclass
class _Entity:
    """The values of one entity by property, the imports that describe it, and whether people wrote a block of it.

    `iri` is the one that it has in its dataset, where an import made its name of that.
    """

    sources: dict[str, None] = field(default_factory=dict)
    is_own: bool = False
    iri: str = ""
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
        """Its first name, or the empty text."""
        return next(self.texts(*_NAMES), "")

    def years(self, properties: Iterable[NamedNode] = _YEARS) -> Iterator[int]:
        """The years of its own dates."""
        return (int(match[1]) for text in self.texts(*properties) if (match := _YEAR.match(text)) is not None)


_Entities = Mapping[Subject, _Entity]
_Credits = Mapping[Subject, list[tuple[Subject, str]]]


@dataclass(frozen=True, slots=True)
class CatalogueMentions:
    """The mentions of every entity that can be linked, by catalogue; and source -> catalogue.

    A catalogue keeps its entities apart, however many imports read it: all names of Wikidata are one catalogue. The
    blocks that people wrote are the catalogue `own`. Others are named by the source that describes most of it.
    """

    by_catalogue: Mapping[str, list[Mention]]
    catalogue_of_source: Mapping[str, str]


def find_mentions(facts: Iterable[Fact], schema: Schema) -> CatalogueMentions:
    """The mentions of every entity that can be linked."""
    entities = _group_by_entity(facts)
    kinds = _EntityKinds(schema)
    clues = _CluesOfSchema(schema)
    credits = _find_credits(entities, schema)
    catalogues = _Catalogues(entities)
    mentions: dict[str, list[Mention]] = defaultdict(list)
    for iri, entity in entities.items():
        kind, class_name = kinds.of(entity.nodes(TYPE), entity.texts(KIND))
        if kind and isinstance(iri, NamedNode):
            mentions[catalogues.of(iri, entity)].append(_to_mention(iri, kind, class_name, entities, credits, clues))
    return CatalogueMentions(dict(mentions), catalogues.by_source)


class _Catalogues:
    """The catalogue of each entity: by the prefix of its name where that is a dataset's, else by its source."""

    def __init__(self, entities: _Entities) -> None:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        sizes: Counter[str] = Counter()
        for iri, entity in entities.items():
            if isinstance(iri, NamedNode) and not entity.is_own:
                heads = _heads(iri)
                for source in entity.sources:
                    counts[source].update(heads)
                    sizes[source] += 1
        prefixes = {source: _dataset_prefixes(by_head, sizes[source]) for source, by_head in counts.items()}
        shortest = _without_longer({prefix for found in prefixes.values() for prefix in found})
        largest = {prefix: max(counts, key=lambda source: (counts[source][prefix], source)) for prefix in shortest}
        named: dict[str, str] = {}
        for prefix in sorted(shortest, key=lambda prefix: (-counts[largest[prefix]][prefix], prefix)):
            named[prefix] = prefix if largest[prefix] in named.values() else largest[prefix]
        self._name_of_prefix = named
        self.by_source = {}
        for source, by_head in counts.items():
            usual = max(named, key=by_head.__getitem__, default="")
            self.by_source[source] = named[usual] if by_head[usual] else source

    def of(self, iri: NamedNode, entity: _Entity) -> str:
        """The name of the catalogue of an entity."""
        if entity.sources:
            for head in _heads(iri):
                if (name := self._name_of_prefix.get(head)) is not None:
                    return name
        return OWN_SOURCE if entity.is_own else next(iter(entity.sources))


def _dataset_prefixes(counts: Mapping[str, int], size: int) -> Iterator[str]:
    """The prefixes that the names of one source have, each as long as nearly all names with its beginning have it.

    So `greatest-action-7` and `greatest-comedy-7` are of two datasets, `oscars-tt0048356` and `oscars-nm0542720` of
    one.
    """
    for first, count in counts.items():
        if "-" not in first and count >= MIN_PREFIX_SHARE * size:
            longer = (
                head for head, of_head in counts.items() if head.startswith(f"{first}-") and of_head >= 0.95 * count
            )
            yield max(longer, key=len, default=first)


def _without_longer(prefixes: Collection[str]) -> set[str]:
    """The prefixes that continue no other one."""
    return {prefix for prefix in prefixes if not any(prefix.startswith(f"{other}-") for other in prefixes)}


def _heads(iri: NamedNode) -> tuple[str, ...]:
    """What may be the prefix of a dataset in the name of an entity: `a` and `a-b` of `film:a-b-7`."""
    parts = _local_name(iri).partition(".")[0].split("-")[:MAX_PREFIX_PARTS]
    return tuple("-".join(parts[:length]) for length in range(1, len(parts)))


class _CluesOfSchema:
    """The properties of an ontology that give names, years, countries and identifiers."""

    def __init__(self, schema: Schema) -> None:
        def named(pattern: re.Pattern[str]) -> tuple[NamedNode, ...]:
            ordered = sorted(schema.properties, key=lambda iri: iri.value)
            return tuple(iri for iri in ordered if pattern.search(_local_name(iri)))

        self.names = tuple(dict.fromkeys((*_NAMES, *named(_NAME_PROPERTY))))
        self.years = tuple(dict.fromkeys((*_YEARS, *named(_YEAR_PROPERTY))))
        self.countries = tuple(dict.fromkeys((film.countryOfOrigin, *named(_COUNTRY_PROPERTY))))
        # A bare `identifier` does not state whose it is: two catalogues have a film number 7 each.
        known = (iri for iri in schema.properties if film.identifier in schema.ancestors(iri))
        self.identifiers = frozenset(known) - {film.identifier}


def _group_by_entity(facts: Iterable[Fact]) -> dict[Subject, _Entity]:
    entities: dict[Subject, _Entity] = defaultdict(_Entity)
    for fact in facts:
        entity = entities[fact.subject]
        if fact.evidence.record:
            entity.sources[fact.evidence.source] = None
            if not entity.iri and _is_name_of(fact.evidence.record, fact.subject):
                entity.iri = fact.evidence.record
            if is_key(fact):
                continue
        else:
            entity.is_own = True
        entity.values[fact.property].append(fact.value)
    return dict(entities)


def _is_name_of(record: str, subject: Subject) -> bool:
    """True where an import made the name of an entity of the IRI that its record is."""
    return "://" in record and subject.value.endswith(f"-{digest_of_iri(record)}")


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
        ordered = sorted(types - narrowed - ({film.Agent} if len(types) > 1 else set()), key=lambda iri: iri.value)
        pairs = [pair for term in ordered if (pair := self._kind(term))[0]]
        if len({kind for kind, _ in pairs}) != 1:
            return "", ""
        kind, class_iri = max(pairs, key=lambda pair: (pair[1] != film.Work, pair[1] != film.Film))
        return kind, _local_name(class_iri)

    def _kind(self, class_iri: NamedNode) -> tuple[str, NamedNode]:
        if class_iri not in self._cache:
            ancestors = self._schema.ancestors(class_iri)
            # A work may be a book or a song, an agent a company: they are only films and people where no narrower class
            # is stated.
            ancestors -= {film.Work, film.Agent} - {class_iri}
            kind = next((kind for known, kind in KIND_OF_CLASS.items() if known in ancestors), "")
            self._cache[class_iri] = kind, class_iri
        return self._cache[class_iri]


def _find_credits(entities: _Entities, schema: Schema) -> _Credits:
    """Entity -> the people and companies that it credits, each with its role; and person -> films, in the same way."""
    direct = {property for property in schema.properties if film.contributor in schema.ancestors(property)}
    direct -= {film.recipient, film.agent}
    credits: dict[Subject, dict[tuple[Subject, str], None]] = defaultdict(dict)
    for iri, entity in entities.items():
        for person, role in _credits_of(entity, entities, direct):
            credits[iri][person, role] = None
            credits[person][iri, role] = None
    return {iri: list(pairs) for iri, pairs in credits.items()}


def _credits_of(entity: _Entity, entities: _Entities, direct: set[NamedNode]) -> Iterator[tuple[Subject, str]]:
    for property in entity.values:
        if property in direct:
            role = "" if property == film.contributor else _local_name(property)
            yield from ((person, role) for person in entity.nodes(property))
        elif property in _PARTS:
            role = "castMember" if property == film.castCredit else ""
            for part in entity.nodes(property):
                if part in entities:
                    yield from ((person, role) for person in entities[part].nodes(*_CREDITED))


def _to_mention(
    iri: NamedNode, kind: str, class_name: str, entities: _Entities, credits: _Credits, clues: _CluesOfSchema
) -> Mention:
    entity = entities[iri]
    articles = tuple(filter(None, map(title_of_article, entity.texts(film.wikipediaArticle))))
    titles = (*_titles_of_releases(entity, entities), *(article.name for article in articles))
    names = tuple(dict.fromkeys((*entity.texts(*clues.names), *titles)))
    years, date_kind = _find_years(entity, entities, clues)
    credited = [
        Credit(name, role, to_curie(other.value))
        for other, role in credits.get(iri, ())
        if isinstance(other, NamedNode) and (name := _label_of(other, entities))
    ]
    if kind == "film":
        years = years or tuple(dict.fromkeys(filter(None, map(find_year, names))))
        years_of_descriptions: tuple[int, ...] = ()
        for text in (*entity.texts(film.description), *(article.qualifier for article in articles)):
            if _EPISODE.search(text):
                class_name = "Episode"
            described_years, people = read_description(text)
            years_of_descriptions = years_of_descriptions or described_years
            credited += [Credit(name, "director") for name in people]
        years = years or tuple(sorted({*years_of_descriptions, *_years_of_articles(articles)}))
    elif kind == "person":
        years = years or tuple(sorted(_years_of_articles(articles)))
    return Mention(
        to_curie(iri.value),
        names,
        kind,
        class_name,
        years,
        date_kind,
        tuple(credited),
        frozenset(_find_identifiers(iri, entity, clues)),
        frozenset(_find_countries(entity, entities, clues)),
        next((int(match[1]) for text in entity.texts(film.runningTime) if (match := _MINUTES.fullmatch(text))), None),
    )


def _years_of_articles(articles: Iterable[ArticleTitle]) -> set[int]:
    """The years in the titles of articles: of a film's release, of a person's birth."""
    return {article.year for article in articles if article.year is not None}


def _titles_of_releases(entity: _Entity, entities: _Entities) -> Iterator[str]:
    """The titles under which it was released; a release of a film may have one of its own."""
    return (
        text for part in entity.nodes(film.release) if part in entities for text in entities[part].texts(film.title)
    )


def _find_countries(entity: _Entity, entities: _Entities, clues: _CluesOfSchema) -> Iterator[str]:
    yield from filter(None, (_label_of(country, entities) for country in entity.nodes(*clues.countries)))
    yield from entity.texts(*clues.countries)


def _find_identifiers(iri: NamedNode, entity: _Entity, clues: _CluesOfSchema) -> Iterator[tuple[str, str]]:
    """Pairs of scheme and identifier: values, articles, the name of an item of Wikidata, and the IRI in a dataset."""
    if entity.iri:
        yield _IRI, entity.iri
    yield from ((_ARTICLE, link) for link in map(interwiki_link, entity.texts(film.wikipediaArticle)) if link)
    for property, terms in entity.values.items():
        scheme = _local_name(property)
        is_identifier = property in clues.identifiers or scheme.endswith("Id")
        for term in terms:
            if isinstance(term, BlankNode | Triple):
                continue
            if "://" in term.value and not term.value.startswith(FILM):
                yield from identifiers_of_address(term.value)
            elif is_identifier and isinstance(term, Literal):
                yield scheme, term.value
    if (item := _WIKIDATA_ITEM.fullmatch(_local_name(iri))) is not None:
        yield _local_name(film.wikidataId), item[1].upper()


def identifiers_of_address(address: str) -> Iterator[tuple[str, str]]:
    """The identifiers that an address contains.

    >>> list(identifiers_of_address("https://www.imdb.com/title/tt0032138/"))
    [('imdbId', 'tt0032138')]
    """
    for scheme, pattern in _ADDRESSES:
        if (match := pattern.search(address)) is not None:
            yield scheme, match[1]


def _label_of(iri: Subject, entities: _Entities) -> str:
    return entities[iri].label if iri in entities else ""


def _find_years(entity: _Entity, entities: _Entities, clues: _CluesOfSchema) -> tuple[tuple[int, ...], str]:
    """The years of an entity's own dates and releases, or else those of its awards; with the kind of date."""
    years = {*entity.years(clues.years), *_years_of_releases(entity, entities)}
    if years:
        return tuple(sorted(years)), "release"
    # Records and places in lists may be of any later year.
    awards = (part for part in entity.nodes(film.recognition) if part in entities)
    contests = (entities[part] for part in awards if not _CONTESTS.isdisjoint(entities[part].texts(film.outcome)))
    years = {year for contest in contests for year in contest.years()}
    return tuple(sorted(years)), "award" if years else "release"


def _years_of_releases(entity: _Entity, entities: _Entities) -> Iterator[int]:
    return (year for part in entity.nodes(film.release) if part in entities for year in entities[part].years())


def read_description(text: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The year and the people of a description.

    >>> read_description("1976 film by Krsto Papić")
    ((1976,), ('Krsto Papić',))
    """
    match = _DESCRIPTION.search(text[:400])
    if match is None:
        return (), ()
    people = tuple(filter(None, map(str.strip, _AND.split(match["people"])))) if match["people"] else ()
    return ((int(match["year"]),) if match["year"] else ()), people
