"""Pages to browse: all films, people, awards, companies and places, with facets, sorting and paging; disagreements."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from urllib.parse import urlencode

from pyoxigraph import Literal, NamedNode

from kg import vocabulary as vocab
from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.lookup.entity_list import (
    ContestedFacet,
    EntityList,
    EntityListPage,
    FacetValue,
    ListedEntity,
    ListFacet,
    ListOrder,
    PartFacet,
    PropertyFacet,
    SourceFacet,
    YearFacet,
    count_listed,
    entity_of_key,
)
from kg.lookup.entity_types import count_members
from kg.lookup.phrases import date_in_words
from kg.lookup.source_conflicts import read_conflicts
from kg.server.pages.display import ConflictList, Display, DisplayTable, DisplayValue, TableRow, display_of
from kg.server.pages.page_tables import contested_values
from kg.server.pages.templating import render
from kg.server.request_params import page_number, site_path
from kg.terms import FILM, Term, to_curie, to_short
from kg.text.number_words import counted

MAX_CSV = 250_000
"""The rows of a list that its CSV file has."""
_PER_PAGE = 100
_FEW_CHOICES, _MAX_CHOICES = 8, 40
"""How many values of a facet are shown, and how many are there when it is unfolded."""


@dataclass(frozen=True, slots=True)
class CatalogueFacet:
    """What a list can be narrowed by, as it is called on the page; with `within`, only where that facet is chosen."""

    title: str
    values: ListFacet
    within: str = ""


_EVERYWHERE: Mapping[str, CatalogueFacet] = {
    "source": CatalogueFacet("Source", SourceFacet()),
    "contested": CatalogueFacet("Sources disagree", ContestedFacet()),
}
_AWARDS: Mapping[str, CatalogueFacet] = {
    "won": CatalogueFacet(
        "Won", PartFacet(vocab.recognition, vocab.recipient, vocab.award, (vocab.outcome, Literal("won")))
    ),
    "awards": CatalogueFacet(
        "Awards", PartFacet(vocab.recognition, vocab.recipient, vocab.eventSeries)
    ),
}  # fmt: skip


def _property(title: str, property: NamedNode) -> CatalogueFacet:
    return CatalogueFacet(title, PropertyFacet(property))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A class whose entities can be browsed: its columns, and the facets by which they can be narrowed."""

    title: str
    noun: str
    plural: str
    class_iri: NamedNode
    columns: Mapping[str, NamedNode]
    facets: Mapping[str, CatalogueFacet]
    date: NamedNode | None = None
    """The property of the years by which its entities are sorted."""

    @property
    def orders(self) -> list[ListOrder]:
        """How it can be sorted; the first is the usual order."""
        return list(ListOrder) if self.date is not None else [ListOrder.NAME]

    @property
    def properties(self) -> set[NamedNode]:
        """The properties whose values its columns, facets and years are."""
        dates = [self.date] if self.date is not None else []
        of_facets = [property for facet in self.facets.values() for property in facet.values.properties()]
        return {*self.columns.values(), *dates, *of_facets}


CATALOGUES: Mapping[str, Catalogue] = {
    "films": Catalogue(
        "Films", "film", "films", vocab.Film,
        {"Director": vocab.director, "Country": vocab.countryOfOrigin},
        {
            "decade": CatalogueFacet("Decade", YearFacet(by_decade=True)),
            "year": CatalogueFacet("Year", YearFacet(), within="decade"),
            "genre": _property("Genre", vocab.genre), "country": _property("Country", vocab.countryOfOrigin),
            "director": _property("Director", vocab.director), **_AWARDS, **_EVERYWHERE,
        },
        date=vocab.when,
    ),
    "people": Catalogue(
        "People", "person", "people", vocab.Person,
        {"Occupation": vocab.occupation, "Nationality": vocab.nationality},
        {
            "occupation": _property("Occupation", vocab.occupation),
            "nationality": _property("Nationality", vocab.nationality), **_AWARDS, **_EVERYWHERE,
        },
    ),
    "awards": Catalogue(
        "Awards", "award", "awards", vocab.Award, {"Awarded at": vocab.awardOf},
        {"programme": _property("Awarded at", vocab.awardOf), **_EVERYWHERE},
    ),
    "companies": Catalogue(
        "Companies and other organisations", "organisation", "organisations", vocab.Organisation,
        {"Kind": vocab.kind, "Country": vocab.countryOfOrigin},
        {"kind": _property("Kind", vocab.kind), "country": _property("Country", vocab.countryOfOrigin), **_EVERYWHERE},
    ),
    "places": Catalogue(
        "Places", "place", "places", vocab.Place,
        {"Kind": vocab.kind, "In": vocab.locatedIn},
        {"kind": _property("Kind", vocab.kind), "in": _property("In", vocab.locatedIn), **_EVERYWHERE},
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
class FacetChoices:
    """The values of a facet; those after the first `shown` are folded."""

    title: str
    choices: Sequence[FacetChoice]
    shown: int


@dataclass(frozen=True, slots=True)
class PageLinks:
    """The page of a list that is shown, how many there are, and the URLs of those before and after it."""

    number: int
    count: int
    first: str
    previous: str
    next: str
    last: str


@dataclass(frozen=True, slots=True)
class BrowsePage:
    """All that the template of a browsed list receives."""

    title: str
    counted: str
    """The number of entities with what they are called: `19 films`."""
    count: int
    total: int
    first: int
    last: int
    table: DisplayTable
    facets: Sequence[FacetChoices]
    orders: Sequence[FacetChoice]
    chosen: Sequence[FacetChoice]
    clear_url: str
    csv_url: str
    csv_rows: int
    left_out: int
    pages: PageLinks


def browse_page(graph: FilmGraph, name: str, parameters: Mapping[str, str]) -> str:
    """A page of a catalogue, narrowed and sorted by parameters. Raises `UnknownNameError` after the last page."""
    catalogue, display = CATALOGUES[name], display_of(graph)
    chosen, order = _chosen(catalogue, parameters), _order(catalogue, parameters)
    number = page_number(parameters)
    start = (number - 1) * _PER_PAGE
    facets = [
        facet for facet, each in catalogue.facets.items()
        if not each.within or each.within in chosen or facet in chosen
    ]  # fmt: skip
    found = _read_page(graph, name, parameters, facets=facets)

    def url(suffix: str = "", **changes: str) -> str:
        merged = {**chosen, **({"sort": order} if "sort" in parameters else {}), **changes}
        for facet, each in catalogue.facets.items():
            if each.within and each.within in changes:
                merged.pop(facet, None)
        text = urlencode({key: value for key, value in merged.items() if value})
        return site_path(f"/{name}{suffix}") + (f"?{text}" if text else "")

    def url_with(facet: str, key: str) -> str:
        return url(**{facet: key})

    choices = {}
    for facet in facets:
        kind, key = catalogue.facets[facet].values, chosen.get(facet, "")
        values = _with_chosen(kind, found.facets[facet], key, found.count)
        choices[facet] = _choices(display, kind, values, key, partial(url_with, facet))
    content = BrowsePage(
        catalogue.title, counted(found.count, catalogue.noun, catalogue.plural),
        found.count, found.total, start + 1, start + len(found.entities),
        _table(display, catalogue, found.entities),
        [FacetChoices(catalogue.facets[facet].title, listed, _shown(listed)) for facet, listed in choices.items()
         if facet in chosen or len(listed) > (0 if catalogue.facets[facet].values == ContestedFacet() else 1)],
        [FacetChoice(sort, url(sort=sort), 0, is_chosen=sort == order) for sort in catalogue.orders],
        [choice for listed in choices.values() for choice in listed if choice.is_chosen],
        url(**dict.fromkeys(chosen, "")) if chosen else "",
        url(".csv"), min(found.count, MAX_CSV),
        _left_out(graph, catalogue, found), _page_links(number, found.count, url),
    )  # fmt: skip
    return render("browse.html", page=content)


def _read_page(
    graph: FilmGraph, name: str, parameters: Mapping[str, str], *, facets: Iterable[str] = ()
) -> EntityListPage:
    catalogue, number = CATALOGUES[name], page_number(parameters)
    chosen, order, start = _chosen(catalogue, parameters), _order(catalogue, parameters), (number - 1) * _PER_PAGE
    properties = tuple(catalogue.columns.values())
    listed = entity_list(graph, name)
    found = listed.read(chosen, order=order, start=start, limit=_PER_PAGE, properties=properties, counted=facets)
    if start and not found.entities:
        raise UnknownNameError(f"{name}, page {number}", kind="list")
    return found


def _left_out(graph: FilmGraph, catalogue: Catalogue, found: EntityListPage) -> int:
    """How many entities of the class are not in the list, since a store of somebody else gives only so many."""
    if graph.max_listed is None or found.total < graph.max_listed:
        return 0
    return max(0, count_entities(graph, catalogue) - found.total)


def count_entities(graph: FilmGraph, catalogue: Catalogue) -> int:
    """How many entities a catalogue has; where only so many are listed, all of the class."""
    if graph.max_listed is not None:
        return count_members(graph.store, graph.ontology, catalogue.class_iri)
    return count_listed(graph.list_columns(catalogue.class_iri, ()), catalogue.class_iri)


def _page_links(number: int, entries: int, url: Callable[..., str]) -> PageLinks:
    count = max(1, -(-entries // _PER_PAGE))
    is_last = number >= count
    return PageLinks(
        number, count,
        url() if number > 2 else "", url(page=str(number - 1) if number > 2 else "") if number > 1 else "",
        "" if is_last else url(page=str(number + 1)), url(page=str(count)) if number + 1 < count else "",
    )  # fmt: skip


def browse_json(graph: FilmGraph, name: str, parameters: Mapping[str, str]) -> str:
    """The entities of a page of a catalogue as JSON. Raises `UnknownNameError` after the last page."""
    catalogue, display, number = CATALOGUES[name], display_of(graph), page_number(parameters)
    found = _read_page(graph, name, parameters)
    last = (number - 1) * _PER_PAGE + len(found.entities)
    following = {**parameters, "page": str(number + 1)}
    next = site_path(f"/{name}?{urlencode(following)}") if last < found.count else None
    entities = []
    for listed in found.entities:
        entity: dict[str, object] = {**_as_json(display, listed.entity)}
        if catalogue.date is not None:
            entity["year"] = listed.year
        for property in catalogue.columns.values():
            values = listed.values.get(property, ())
            entity[property.value.removeprefix(FILM)] = [_as_json(display, value) for value in values]
        entities.append(entity)
    document = {"count": found.count, "total": found.total, "next": next, "entities": entities}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _as_json(display: Display, term: Term) -> dict[str, str]:
    label = display.term(term).text
    return {"id": to_curie(term.value), "name": label} if isinstance(term, NamedNode) else {"name": label}


def browse_csv(graph: FilmGraph, name: str, parameters: Mapping[str, str]) -> str:
    """The entities of a catalogue as CSV, with ids and names, narrowed and sorted as the page is."""
    catalogue = CATALOGUES[name]
    rows = entity_list(graph, name).rows(
        _chosen(catalogue, parameters), order=_order(catalogue, parameters), limit=MAX_CSV,
        properties=tuple(catalogue.columns.values()),
    )  # fmt: skip
    text = io.StringIO()
    writer = csv.writer(text)
    dated = ["year"] if catalogue.date is not None else []
    writer.writerow(["id", "name", *dated, *(heading.lower() for heading in catalogue.columns)])
    for iri, label, year, *cells in rows:
        id = to_curie(iri)
        writer.writerow([id, label or id, *([year] if dated else []), *cells])
    return text.getvalue()


@lru_cache(maxsize=8)
def entity_list(graph: FilmGraph, name: str) -> EntityList:
    """The list of a catalogue's entities; cached, because it is made of all of them."""
    catalogue = CATALOGUES[name]
    facets = {facet: each.values for facet, each in catalogue.facets.items()}
    labels = graph.names.label_properties
    columns = graph.list_columns(catalogue.class_iri, {*labels, *catalogue.properties})
    return EntityList(columns, catalogue.class_iri, facets, label_properties=labels, date=catalogue.date)


def _chosen(catalogue: Catalogue, parameters: Mapping[str, str]) -> dict[str, str]:
    """The values of facets among the parameters; unknown parameters are ignored."""
    return {facet: parameters[facet] for facet in catalogue.facets if parameters.get(facet)}


def _order(catalogue: Catalogue, parameters: Mapping[str, str]) -> ListOrder:
    order = parameters.get("sort", "")
    return next((each for each in catalogue.orders if each == order), catalogue.orders[0])


# --- the table and the facets


def _table(display: Display, catalogue: Catalogue, shown: Iterable[ListedEntity]) -> DisplayTable:
    headings = ["Name", *(["Year"] if catalogue.date is not None else []), *catalogue.columns]
    rows = [
        TableRow((
            (display.term(listed.entity),),
            *([(DisplayValue(date_in_words(listed.year)),)] if catalogue.date is not None else []),
            *(
                tuple(map(display.term, listed.values.get(property, ())))
                for property in catalogue.columns.values()
            ),
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


def _choices(
    display: Display, facet: ListFacet, values: Iterable[FacetValue], chosen: str, url: Callable[[str], str]
) -> list[FacetChoice]:
    """The values of a facet as links, of which `url` has the URL; that of the chosen one leads to the list without it.

    A chosen value is among them, whether it was counted or not.
    """
    choices = []
    for value in values:
        key = _key(value)
        is_chosen = key == chosen
        choices.append(
            FacetChoice(_choice_label(display, facet, value), url("" if is_chosen else key), value.count, is_chosen)
        )
    if isinstance(facet, YearFacet):
        return sorted(choices, key=lambda choice: choice.label, reverse=True)
    choices.sort(key=lambda choice: (not choice.is_chosen, -choice.count, choice.label.casefold()))
    return choices[:_MAX_CHOICES]


def _with_chosen(facet: ListFacet, values: Sequence[FacetValue], chosen: str, count: int) -> Sequence[FacetValue]:
    """The counted values, and the chosen one where it is not among the most frequent; `count` entities have it."""
    if not chosen or any(_key(value) == chosen for value in values):
        return values
    return [*values, FacetValue(chosen, entity_of_key(chosen) if facet.has_terms else None, count)]


def _shown(choices: Sequence[FacetChoice]) -> int:
    """How many values are shown before the others are folded, which one or two are not."""
    return _FEW_CHOICES if len(choices) > _FEW_CHOICES + 2 else len(choices)


def _choice_label(display: Display, facet: ListFacet, value: FacetValue) -> str:
    """What a value of a facet is called: the label of an entity, the title of a source, or the text."""
    match facet:
        case YearFacet(by_decade=True):
            return f"{value.key}s"
        case SourceFacet():
            source = display.graph.provenance.sources.get(value.key)
            return display.label(source.iri) if source is not None else value.key
        case ContestedFacet():
            return {"undecided": "not decided", "decided": "decided"}.get(value.key, value.key)
    return display.term(value.term).text if value.term is not None else value.key


def _key(value: FacetValue) -> str:
    """The value as URLs of lists have it."""
    match value.term:
        case None:
            return value.key
        case NamedNode() as iri:
            return to_short(iri)
        case term:
            return term.value


# --- disagreements


def disagreements_page(graph: FilmGraph, parameters: Mapping[str, str]) -> str:
    """What sources disagree on, entity by entity, undecided conflicts first."""
    display, page = display_of(graph), page_number(parameters)
    start = (page - 1) * _PER_PAGE
    columns, labels = entity_list(graph, "films").columns, graph.names.label_properties
    found = read_conflicts(graph.provenance, columns, label_properties=labels, start=start, limit=_PER_PAGE)
    if start and not found.conflicts:
        raise UnknownNameError(f"disagreements, page {page}", kind="list")
    shown = ConflictList(tuple(contested_values(display, conflict) for conflict in found.conflicts))
    url = site_path("/disagreements")
    return render(
        "disagreements.html", block=shown, count=found.total,
        previous=f"{url}?page={page - 1}" if page > 1 else "",
        next=f"{url}?page={page + 1}" if start + _PER_PAGE < found.total else "",
    )  # fmt: skip
