"""Pages that lead to entities: home, search, and lists of all values of a property or all referrers by it."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, takewhile
from time import monotonic

from pyoxigraph import Literal, NamedNode, Triple

from kg import vocabulary as vocab
from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quad, find_quads
from kg.lookup.entity_description import PropertyReader
from kg.lookup.entity_list import ListOrder
from kg.lookup.name_search import NameMatch
from kg.lookup.phrases import date_in_words
from kg.lookup.source_conflicts import ContestedEntities, most_contested
from kg.queries.stored_query import StoredQuery
from kg.server.example_values import Question, answered_question
from kg.server.pages.browse_pages import CATALOGUES, count_entities, entity_list
from kg.server.pages.display import (
    Block,
    Display,
    DisplayTable,
    DisplayValue,
    Hyperlink,
    TableRow,
    display_of,
)
from kg.server.pages.entity_data import (
    EntityData,
    date_of,
    find_referrers,
    is_part_term,
    newest_first,
    read_part,
    years_of,
)
from kg.server.pages.entity_page import known_entity
from kg.server.pages.page_tables import tables_by_class
from kg.server.pages.templating import render
from kg.server.pages.urls import list_url, page_url, query_url, search_url
from kg.server.request_params import site_path
from kg.terms import KNOWLEDGE, Term, entity_iri, to_curie, to_iri

_CLASSES = ("Film", "Person", "Award", "Organisation", "Festival", "Character", "Place")
"""The classes by which a search can be filtered."""
_HOME = ("people", "awards", "companies")
"""The catalogues on the home page besides the films."""
_MAX_HITS = 60
_MAX_SUGGESTIONS = 8
_MAX_ON_HOME, _MAX_QUESTIONS = 8, 12
_SECONDS_FOR_QUESTIONS = 4.0
"""After so long, no more questions are looked for: a large graph, or one behind an endpoint, is slow to answer."""
_MAX_ABOUT_LENGTH, _MAX_OCCUPATIONS = 90, 3


# --- home


@dataclass(frozen=True, slots=True)
class HomeGroup:
    """Some entities of a catalogue, each with what is shown after it, and how many there are at `url`."""

    title: str
    entities: Sequence[tuple[DisplayValue, str]]
    count: int
    noun: str
    """What they are called together with their number."""
    url: str


def home_page(graph: FilmGraph) -> str:
    """The home page: what is in the graph, the latest films, questions, and where sources disagree."""
    display, sources = display_of(graph), graph.provenance.sources
    films, contested = _latest_films(graph, display), _most_contested(graph)
    groups = []
    for name in _HOME:
        class_iri = CATALOGUES[name].class_iri
        if class_iri in graph.ontology.types and (
            matches := graph.best_known(to_curie(class_iri.value), limit=_MAX_ON_HOME)
        ):
            groups.append(_home_group(graph, name, [(display.term(match.entity), "") for match in matches]))
    known = graph.best_known("Film", limit=1)
    examples = [display.label(match.entity) for match in known] + [group.entities[0][0].text for group in groups[:2]]
    return render(
        "home.html", films=films, groups=groups,
        questions=[Hyperlink(each.text, query_url(each.query, **each.values)) for each in _questions(graph)],
        totals=[*([films] if films is not None else []), *groups],
        contested=[(display.term(entity), count) for entity, count in contested.most], conflicts=contested.conflicts,
        sources=[display.term(source.iri) for source in list(sources.values())[:_MAX_ON_HOME]],
        source_count=len(sources), fact_count=sum(graph.provenance.counts.values()),
        examples=[Hyperlink(name, search_url(name)) for name in examples],
    )  # fmt: skip


def _latest_films(graph: FilmGraph, display: Display) -> HomeGroup | None:
    """The latest films, each with its year and directors; None where there is no film."""
    found = entity_list(graph, "films").read(
        {}, order=ListOrder.NEWEST, limit=_MAX_ON_HOME, properties=(vocab.director,)
    )  # fmt: skip
    if not found.entities:
        return None
    films = []
    for film in found.entities:
        about = (date_in_words(film.year), _names(display, film.values.get(vocab.director, ())))
        films.append((display.term(film.entity), ", ".join(filter(None, about))))
    return replace(_home_group(graph, "films", films), title="Latest films")


def _home_group(graph: FilmGraph, name: str, entities: Sequence[tuple[DisplayValue, str]]) -> HomeGroup:
    """These entities of a catalogue, with the number of all that it has."""
    catalogue = CATALOGUES[name]
    count = count_entities(graph, catalogue)
    noun = catalogue.noun if count == 1 else catalogue.plural
    return HomeGroup(catalogue.title, entities, count, noun, site_path(f"/{name}"))


def _names(display: Display, people: Sequence[Term]) -> str:
    """`Joel Coen and Ethan Coen`; of more than two, the first and `others`."""
    names = [display.term(person).text for person in people]
    return " and ".join(names if len(names) < 3 else (names[0], "others"))


@lru_cache(maxsize=4)
def _most_contested(graph: FilmGraph) -> ContestedEntities:
    """The entities that sources disagree on most; cached, because an endpoint is asked for all conflicts."""
    return most_contested(entity_list(graph, "films").columns, limit=_MAX_ON_HOME)


@lru_cache(maxsize=4)
def _questions(graph: FilmGraph) -> Sequence[Question]:
    """The stored queries that have a question, about what the graph answers; if none, the shortest of each topic.

    Cached, because each is asked until there is an answer.
    """
    until = monotonic() + _SECONDS_FOR_QUESTIONS
    queries = (query for query in graph.queries.valid() if query.question)
    in_time = takewhile(lambda _: monotonic() < until, queries)
    asked = filter(None, (answered_question(graph, query) for query in in_time))
    if found := list(islice(asked, _MAX_QUESTIONS)):
        return found
    return [Question(query.summary, query.name, {}) for query in islice(_shortest_by_topic(graph), _MAX_QUESTIONS)]


def _shortest_by_topic(graph: FilmGraph) -> Iterable[StoredQuery]:
    shortest: dict[str, StoredQuery] = {}
    for query in graph.queries.valid():
        other = shortest.get(query.topic)
        if query.summary and (other is None or len(query.summary) < len(other.summary)):
            shortest[query.topic] = query
    return shortest.values()


# --- search


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An entity that matches a search: its classes, the other name that matches, and what distinguishes it."""

    entity: DisplayValue
    classes: str
    matched_name: str
    about: str


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """A class to which the hits can be restricted, with the number of its hits."""

    label: str
    url: str
    count: int
    is_active: bool


def search_page(graph: FilmGraph, words: str, class_name: str = "") -> str:
    """The entities whose names match the words; only those of a class where one is given."""
    display = display_of(graph)
    matches = graph.search(words, limit=_MAX_HITS)
    is_filtered = class_name in _CLASSES
    chosen = graph.search(words, class_name=class_name, limit=_MAX_HITS) if is_filtered else matches
    hits = [_hit(display, match) for match in chosen]
    return render("search.html", words=words, hits=hits, filters=_filters(display, words, class_name, matches))


def _hit(display: Display, match: NameMatch) -> SearchHit:
    classes = display.graph.ontology.narrowest(map(to_iri, match.classes))
    matched = match.name if match.name != match.label else ""
    labels = ", ".join(map(display.label, classes))
    return SearchHit(display.term(match.entity), labels, matched, what_distinguishes(display, match.entity))


def what_distinguishes(display: Display, entity: NamedNode) -> str:
    """What distinguishes entities of one name: year and director, occupations, or a description."""
    store = display.graph.store
    year = date_of(display.graph, entity)[:4]
    quads = find_quads(store, entity, vocab.director, None, KNOWLEDGE, limit=2)
    directors = [display.label(quad.object) for quad in quads if isinstance(quad.object, NamedNode)]
    found = find_quads(store, entity, vocab.occupation, None, KNOWLEDGE)
    if occupations := sorted(display.term(quad.object).text for quad in found):
        return ", ".join(occupations[:_MAX_OCCUPATIONS])
    description = find_quad(store, entity, vocab.description, None, KNOWLEDGE)
    if description is not None and isinstance(description.object, Literal) and not (year and directors):
        return textwrap.shorten(description.object.value, _MAX_ABOUT_LENGTH, placeholder="…")
    return ", ".join(part for part in (year, " and ".join(directors)) if part)


def _filters(display: Display, words: str, active: str, matches: Sequence[NameMatch]) -> list[SearchFilter]:
    counts = Counter(curie.removeprefix("film:") for match in matches for curie in match.classes)
    filters = [SearchFilter("all", search_url(words), len(matches), active not in _CLASSES)]
    for name in _CLASSES:
        if counts[name]:
            label, url = display.label(entity_iri(name)), search_url(words, class_name=name)
            filters.append(SearchFilter(label, url, counts[name], active == name))
    return filters if len(filters) > 2 else []


def suggestions_json(graph: FilmGraph, words: str, class_name: str = "") -> str:
    """The names that match what is being typed, as JSON."""
    known = class_name if not class_name or _is_class(graph, class_name) else ""
    found = [
        {"name": match.label, "called": match.name, "curie": match.curie, "address": page_url(match.entity)}
        for match in graph.search(words, class_name=known, limit=_MAX_SUGGESTIONS)
    ]
    return json.dumps(found, ensure_ascii=False)


def _is_class(graph: FilmGraph, name: str) -> bool:
    try:
        return bool(graph.names.label(to_iri(name)))
    except ValueError:
        return False


# --- lists

PER_PAGE = 100
_MAX_LISTED = 200_000
_MAX_SORTED = 12_000
"""How many entities are sorted, which takes some tenths of a second."""


@dataclass(frozen=True)
class ListPage:
    """All that the template of a list receives."""

    entity: DisplayValue
    property: str
    count: int
    first: int
    last: int
    order: str
    blocks: Sequence[Block]
    previous: str
    next: str


def list_page(graph: FilmGraph, iri: str, property: str, page: int = 1, *, referrers: bool = False) -> str:
    """A page of all values of an entity's property or, with `referrers`, of all that refers to the entity by it.

    Raises `UnknownNameError` when there is no such page.
    """
    entity, display = known_entity(graph, iri), display_of(graph)
    if not property.isascii() or not property.isalnum():
        raise UnknownNameError(property, kind="property")
    predicate = entity_iri(property)
    terms = list(islice(_listed_terms(graph, entity, predicate, referrers=referrers), _MAX_LISTED))
    start = (page - 1) * PER_PAGE
    if start >= len(terms):
        raise UnknownNameError(f"{property}, page {page}", kind="list")
    is_sorted = len(terms) <= _MAX_SORTED
    if is_sorted:
        literals = sorted((term for term in terms if isinstance(term, Literal)), key=str)
        terms = [*newest_first(graph, (term for term in terms if isinstance(term, NamedNode))), *literals]
    shown = terms[start : start + PER_PAGE]
    triples = {
        term: Triple(term, predicate, entity) if referrers and isinstance(term, NamedNode)
        else Triple(entity, predicate, term)
        for term in shown
    }  # fmt: skip
    url = list_url(entity, predicate, referrers=referrers)
    content = ListPage(
        display.term(entity), display.inverse_label(predicate) if referrers else display.label(predicate), len(terms),
        start + 1, start + len(shown), _order(graph, shown) if is_sorted else "unsorted",
        [*_part_tables(display, entity, shown), *_value_table(display, triples)],
        f"{url}&page={page - 1}" if page > 1 else "",
        f"{url}&page={page + 1}" if start + PER_PAGE < len(terms) else "",
    )  # fmt: skip
    return render("list.html", page=content)


def _listed_terms(graph: FilmGraph, entity: NamedNode, property: NamedNode, *, referrers: bool) -> Iterator[Term]:
    if referrers:
        yield from find_referrers(graph, property, entity, limit=_MAX_LISTED)
        return
    for quad in find_quads(graph.store, entity, property, None, KNOWLEDGE, limit=_MAX_LISTED):
        if isinstance(quad.object, NamedNode | Literal):
            yield quad.object


def _order(graph: FilmGraph, terms: Sequence[Term]) -> str:
    is_dated = any(isinstance(term, NamedNode) and date_of(graph, term) for term in terms)
    return "newest first" if is_dated else "by name"


def _part_tables(display: Display, entity: NamedNode, terms: Sequence[Term]) -> Iterator[Block]:
    """Yield a table for each class of parts."""
    graph = display.graph
    reader = PropertyReader(graph.store, graph.names, graph.provenance)
    iris = [term for term in terms if isinstance(term, NamedNode) and is_part_term(term)]
    parts = tuple(part for iri in iris if (part := read_part(graph, reader, iri)) is not None)
    data = EntityData(entity, display.label(entity), parts=parts, years=years_of(graph, parts))
    yield from tables_by_class(data, display, parts)


def _value_table(display: Display, triples: dict[Term, Triple]) -> Iterator[Block]:
    """Yield a table of the values that are not parts, with their dates where they have some."""
    graph = display.graph
    rows = []
    for term, triple in triples.items():
        if not is_part_term(term):
            date = date_in_words(date_of(graph, term)) if isinstance(term, NamedNode) else ""
            citations = display.citations(graph.provenance.facts(triple))
            rows.append(TableRow(((display.term(term),), (DisplayValue(date),)), citations))
    if any(row.cells[1][0].text for row in rows):
        yield DisplayTable("", ("Name", "Date"), tuple(rows))
    elif rows:
        yield DisplayTable("", ("Name",), tuple(TableRow(row.cells[:1], row.citations) for row in rows))
