"""Pages to browse: all films, people, awards, companies and places, with facets, sorting and paging; disagreements.

Facets are counted over all entities of a class, so a class with more than `MAX_BROWSED` entities has none, and is
listed in the order of the store.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from urllib.parse import urlencode

from pyoxigraph import Literal, NamedNode, Store

from kg import vocabulary as vocab
from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.lookup.entity_types import count_members, members_of
from kg.lookup.phrases import date_in_words
from kg.lookup.source_conflicts import find_conflicts
from kg.server.pages.display import ConflictList, Display, DisplayTable, DisplayValue, TableRow, display_of
from kg.server.pages.entity_data import is_part_term
from kg.server.pages.page_tables import contested_values
from kg.server.pages.templating import render
from kg.server.request_params import site_path
from kg.terms import KNOWLEDGE, LABEL, Term, to_curie, to_short

MAX_BROWSED = 20_000
_PASS = 20
"""A property is read in one pass, unless there are so many times more values than entities in the list."""
_PER_PAGE = 100
_MAX_CHOICES = 12
_YEAR = "year"
_DECADE = "decade"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A class whose entities can be browsed: its columns, and the properties by which they can be narrowed."""

    title: str
    class_iri: NamedNode
    columns: Mapping[str, NamedNode]
    facets: Mapping[str, NamedNode]
    is_dated: bool = False
    """True when its entities have years, by which they are sorted and grouped in decades."""


CATALOGUES: Mapping[str, Catalogue] = {
    "films": Catalogue(
        "Films", vocab.Film,
        {"Director": vocab.director, "Country": vocab.countryOfOrigin},
        {"genre": vocab.genre, "country": vocab.countryOfOrigin, "director": vocab.director},
        is_dated=True,
    ),
    "people": Catalogue(
        "People", vocab.Person,
        {"Occupation": vocab.occupation, "Nationality": vocab.nationality},
        {"occupation": vocab.occupation, "nationality": vocab.nationality},
    ),
    "awards": Catalogue("Awards", vocab.Award, {"Awarded at": vocab.awardOf}, {"programme": vocab.awardOf}),
    "companies": Catalogue(
        "Companies and other organisations", vocab.Organisation,
        {"Kind": vocab.kind, "Country": vocab.countryOfOrigin},
        {"kind": vocab.kind, "country": vocab.countryOfOrigin},
    ),
    "places": Catalogue(
        "Places", vocab.Place,
        {"Kind": vocab.kind, "In": vocab.locatedIn},
        {"kind": vocab.kind, "in": vocab.locatedIn},
    ),
}  # fmt: skip
"""Path -> what is browsed there."""


@dataclass(frozen=True, slots=True)
class FacetChoice:
    """A value by which a list can be narrowed, with the number of entities that have it."""

    label: str
    url: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A property by which a list can be narrowed."""

    title: str
    choices: Sequence[FacetChoice]


@dataclass(frozen=True, slots=True)
class BrowsePage:
    """All that the template of a browsed list receives."""

    title: str
    count: int
    total: int
    first: int
    last: int
    table: DisplayTable
    facets: Sequence[Facet]
    orders: Sequence[FacetChoice]
    clear_url: str
    csv_url: str
    previous: str
    next: str


@dataclass(frozen=True, slots=True)
class _Listed:
    """An entity of a list, with its name, its year, the values of its columns, and those of its facets as in URLs."""

    entity: NamedNode
    label: str
    year: str
    values: Mapping[NamedNode, tuple[Term, ...]]
    keys: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Members:
    """The entities of a catalogue, and the terms that the values of facets in URLs mean."""

    listed: tuple[_Listed, ...]
    terms: Mapping[str, Term]


def browse_page(graph: FilmGraph, name: str, parameters: Mapping[str, str]) -> str:
    """A page of a catalogue, narrowed and sorted by parameters. Raises `UnknownNameError` after the last page."""
    catalogue, display = CATALOGUES[name], display_of(graph)
    total = count_members(graph.store, graph.ontology, catalogue.class_iri)
    chosen = _chosen(catalogue, parameters)
    members = _members(graph, name)
    found = _narrowed(members.listed, chosen)
    order = _order(catalogue, parameters)
    found.sort(key=_ORDERS[order])
    page = int(text) if (text := parameters.get("page", "1")).isdecimal() and 0 < len(text) < 6 else 1
    start = (page - 1) * _PER_PAGE
    if start and start >= len(found):
        raise UnknownNameError(f"{name}, page {page}", kind="list")
    shown = found[start : start + _PER_PAGE]

    def url(**changes: str) -> str:
        merged = {**chosen, **({"sort": order} if "sort" in parameters else {}), **changes}
        text = urlencode({key: value for key, value in merged.items() if value})
        return site_path(f"/{name}") + (f"?{text}" if text else "")

    content = BrowsePage(
        catalogue.title, len(found) if total <= MAX_BROWSED else total, total, start + 1, start + len(shown),
        _table(display, catalogue, shown),
        list(_facets(display, catalogue, members, found, chosen, url)) if total <= MAX_BROWSED else (),
        [FacetChoice(sort, url(sort=sort), 0, is_chosen=sort == order) for sort in _orders_of(catalogue)],
        url(**dict.fromkeys(chosen, "")) if chosen else "",
        site_path(f"/{name}.csv") + (f"?{urlencode(chosen)}" if chosen else "") if total <= MAX_BROWSED else "",
        url(page=str(page - 1)) if page > 1 else "",
        url(page=str(page + 1)) if start + _PER_PAGE < len(found) else "",
    )  # fmt: skip
    return render("browse.html", page=content)


def browse_csv(graph: FilmGraph, name: str, parameters: Mapping[str, str]) -> str:
    """The entities of a catalogue as CSV, with ids and names, narrowed as the page is."""
    catalogue, display = CATALOGUES[name], display_of(graph)
    found = _narrowed(_members(graph, name).listed, _chosen(catalogue, parameters))
    found.sort(key=_ORDERS[_order(catalogue, parameters)])
    text = io.StringIO()
    writer = csv.writer(text)
    dated = ["year"] if catalogue.is_dated else []
    writer.writerow(["id", "name", *dated, *(heading.lower() for heading in catalogue.columns)])
    for listed in found:
        year = [listed.year] if catalogue.is_dated else []
        cells = ("; ".join(_names(display, listed, property)) for property in catalogue.columns.values())
        writer.writerow([to_curie(listed.entity.value), listed.label, *year, *cells])
    return text.getvalue()


def _names(display: Display, listed: _Listed, property: NamedNode) -> list[str]:
    return [display.term(value).text for value in listed.values.get(property, ())]


# --- entities


@lru_cache(maxsize=8)
def _members(graph: FilmGraph, name: str) -> _Members:
    """The entities of a catalogue, with what its columns and facets need, each property read once."""
    catalogue, store = CATALOGUES[name], graph.store
    members = members_of(store, graph.ontology, catalogue.class_iri, limit=MAX_BROWSED)
    entities = [entity for entity in islice(members, MAX_BROWSED) if not is_part_term(entity)]
    values: dict[NamedNode, dict[NamedNode, list[Term]]] = {entity: {} for entity in entities}
    for property in {
        LABEL,
        *catalogue.columns.values(),
        *catalogue.facets.values(),
        *([vocab.when] if catalogue.is_dated else []),
    }:
        for entity, objects in _values_of(store, values.keys(), property).items():
            values[entity][property] = sorted(objects, key=str) if len(objects) > 1 else objects
    listed = tuple(_listed(graph, catalogue, entity, of_entity) for entity, of_entity in values.items())
    facets = set(catalogue.facets.values())
    terms = {_key(term): term for of_entity in values.values() for name in facets for term in of_entity[name]}
    return _Members(listed, terms)


def _values_of(store: Store, entities: Collection[NamedNode], property: NamedNode) -> Mapping[NamedNode, list[Term]]:
    """The values of a property of many entities."""
    limit = _PASS * len(entities)
    quads = find_quads(store, None, property, None, KNOWLEDGE, limit=limit + 1)
    if len(quads) > limit:
        quads = [quad for entity in entities for quad in find_quads(store, entity, property, None, KNOWLEDGE)]
    found: dict[NamedNode, list[Term]] = {entity: [] for entity in entities}
    for quad in quads:
        values = found.get(quad.subject) if isinstance(quad.subject, NamedNode) else None
        if values is not None and isinstance(quad.object, NamedNode | Literal):
            values.append(quad.object)
    return found


def _listed(
    graph: FilmGraph, catalogue: Catalogue, entity: NamedNode, values: Mapping[NamedNode, list[Term]]
) -> _Listed:
    labels = values[LABEL]
    only = labels[0].value if len(labels) == 1 and isinstance(labels[0], Literal) else graph.names.label(entity)
    year = max((term.value for term in values.get(vocab.when, ()) if isinstance(term, Literal)), default="")[:4]
    keys = {facet: tuple(map(_key, values[property])) for facet, property in catalogue.facets.items()}
    if catalogue.is_dated:
        keys[_DECADE] = (f"{year[:3]}0",) if year else ()
    columns = {property: tuple(values[property]) for property in catalogue.columns.values()}
    return _Listed(entity, only or to_short(entity), year, columns, keys)


def _narrowed(found: Iterable[_Listed], chosen: Mapping[str, str]) -> list[_Listed]:
    return [
        listed for listed in found
        if all(value in listed.keys[facet] for facet, value in chosen.items())
    ]  # fmt: skip


def _chosen(catalogue: Catalogue, parameters: Mapping[str, str]) -> dict[str, str]:
    """The values of facets among the parameters; unknown parameters are ignored."""
    return {facet: parameters[facet] for facet in _facets_of(catalogue) if parameters.get(facet)}


def _facets_of(catalogue: Catalogue) -> list[str]:
    return [*([_DECADE] if catalogue.is_dated else []), *catalogue.facets]


def _order(catalogue: Catalogue, parameters: Mapping[str, str]) -> str:
    orders = _orders_of(catalogue)
    return order if (order := parameters.get("sort", "")) in orders else orders[0]


def _orders_of(catalogue: Catalogue) -> list[str]:
    return [_NEWEST, _OLDEST, _BY_NAME] if catalogue.is_dated else [_BY_NAME]


def _first_year(year: str, unknown: int) -> int:
    """The year, or the first of a decade (EDTF `197X`)."""
    first = year.replace("X", "0")
    return int(first) if first.isdecimal() else unknown


_NEWEST, _OLDEST, _BY_NAME = "newest", "oldest", "name"
_ORDERS: Mapping[str, Callable[[_Listed], tuple[object, ...]]] = {
    _NEWEST: lambda listed: (-_first_year(listed.year, 0), listed.label.casefold()),
    _OLDEST: lambda listed: (_first_year(listed.year, 9999), listed.label.casefold()),
    _BY_NAME: lambda listed: (listed.label.casefold(), listed.entity.value),
}


def _key(value: Term) -> str:
    return to_short(value) if isinstance(value, NamedNode) else value.value


# --- the table and the facets


def _table(display: Display, catalogue: Catalogue, shown: Iterable[_Listed]) -> DisplayTable:
    headings = ["Name", *(["Year"] if catalogue.is_dated else []), *catalogue.columns]
    rows = [
        TableRow((
            (display.term(listed.entity),),
            *([(DisplayValue(date_in_words(listed.year)),)] if catalogue.is_dated else []),
            *(tuple(map(display.term, listed.values.get(property, ()))) for property in catalogue.columns.values()),
        ))
        for listed in shown
    ]  # fmt: skip
    filled = [place for place in range(len(headings)) if any(row.cells[place] for row in rows)] or [0]
    return DisplayTable(
        "",
        tuple(headings[place] for place in filled),
        tuple(TableRow(tuple(row.cells[place] for place in filled)) for row in rows),
        plain=frozenset(range(len(filled))),
    )


def _facets(
    display: Display,
    catalogue: Catalogue,
    members: _Members,
    found: Sequence[_Listed],
    chosen: Mapping[str, str],
    url: Callable[..., str],
) -> Iterator[Facet]:
    """Yield the facets that narrow the list further, and those that are chosen."""
    for facet in _facets_of(catalogue):
        counts = Counter(chain.from_iterable(listed.keys[facet] for listed in found))
        frequent = counts.most_common(_MAX_CHOICES * 5)
        names = {key: _facet_name(display, members.terms, facet, key) for key, _ in frequent}
        ranked = sorted(frequent, key=lambda item: (-item[1], names[item[0]].casefold()))
        choices = [
            FacetChoice(
                names[key],
                url(**{facet: "" if chosen.get(facet) == key else key}),
                count,
                is_chosen=chosen.get(facet) == key,
            )
            for key, count in ranked[:_MAX_CHOICES]
        ]
        if facet in chosen or len(choices) > 1:
            yield Facet(facet.capitalize(), choices)


def _facet_name(display: Display, terms: Mapping[str, Term], facet: str, key: str) -> str:
    """What a value of a facet is called: the label of an entity, or the text."""
    return f"{key}s" if facet == _DECADE else display.term(terms[key]).text


# --- disagreements


def disagreements_page(graph: FilmGraph, parameters: Mapping[str, str]) -> str:
    """What sources disagree on, entity by entity, undecided conflicts first."""
    display = display_of(graph)
    conflicts = sorted(
        find_conflicts(graph.provenance),
        key=lambda conflict: (
            not any(lost.is_undecided for lost in conflict.contested),
            display.label(conflict.contested[0].fact.subject).casefold(),
        ),
    )
    page = int(text) if (text := parameters.get("page", "1")).isdecimal() and 0 < len(text) < 6 else 1
    start = (page - 1) * _PER_PAGE
    if start and start >= len(conflicts):
        raise UnknownNameError(f"disagreements, page {page}", kind="list")
    shown = ConflictList(
        tuple(contested_values(display, conflict) for conflict in conflicts[start : start + _PER_PAGE])
    )
    url = site_path("/disagreements")
    return render(
        "disagreements.html", block=shown, count=len(conflicts),
        previous=f"{url}?page={page - 1}" if page > 1 else "",
        next=f"{url}?page={page + 1}" if start + _PER_PAGE < len(conflicts) else "",
    )  # fmt: skip
