"""A thing and a property walk in; a page walks out that lists all its values, or all that names it by the property.

This is where a thing's own page leads to when there is more than it can tell: a hundred rows a page, prizes that were
won first, then the newest, then by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.lookup.entity_description import PropertyReader
from kg.server.pages.display import Shown, Teller, owner_of, to_day, way_back
from kg.server.pages.entity_data import Gathered, Part, naming, to_part, years_of
from kg.server.pages.entity_page import known_thing, teller_of
from kg.server.pages.sort_order import day_of, in_newest_order
from kg.server.pages.tables import table_of
from kg.server.pages.templating import render
from kg.server.pages.urls import list_of
from kg.server.pages.view_models import Block, Table, TableRow
from kg.terms import KNOWLEDGE, Term, entity_iri

PER_PAGE = 100
_MOST = 200_000
_MOST_ORDERED = 12_000
"""So many are put in order: it takes some tenths of a second."""


@dataclass(frozen=True)
class Listed:
    """All that the template is given."""

    thing: Shown
    way: str
    count: int
    first: int
    last: int
    order: str
    blocks: Sequence[Block]
    before: str
    after: str


def list_page(graph: FilmGraph, iri: str, property: str, page: int = 1, *, is_named: bool = False) -> str:
    """One page of the values that a thing has of a property of the ontology, or with `is_named` of what names it.

    Raises `UnknownNameError` when there is no such page.
    """
    thing, teller = known_thing(graph, iri), teller_of(graph)
    if not property.isascii() or not property.isalnum():
        raise UnknownNameError(property, kind="property")
    predicate = entity_iri(property)
    terms = list(islice(_terms(graph, thing, predicate, is_named=is_named), _MOST))
    start = (page - 1) * PER_PAGE
    if start >= len(terms):
        raise UnknownNameError(f"{property}, page {page}", kind="list")
    nodes = [one for one in terms if isinstance(one, NamedNode)]
    is_ordered = len(terms) <= _MOST_ORDERED
    if is_ordered:
        terms = [*in_newest_order(graph, nodes), *sorted((one for one in terms if isinstance(one, Literal)), key=str)]
    chosen = terms[start : start + PER_PAGE]
    blocks = list(_blocks(graph, teller, thing, predicate, chosen, is_named=is_named))
    address = list_of(thing, predicate, is_named=is_named)
    listed = Listed(
        teller.term(thing), way_back(teller, predicate) if is_named else teller.label(predicate), len(terms), start + 1,
        start + len(chosen), _order(graph, chosen) if is_ordered else "in no order", blocks,
        f"{address}&page={page - 1}" if page > 1 else "",
        f"{address}&page={page + 1}" if start + PER_PAGE < len(terms) else "",
    )  # fmt: skip
    return render("list.html", page=listed)


def _order(graph: FilmGraph, terms: Sequence[Term]) -> str:
    is_dated = any(isinstance(one, NamedNode) and day_of(graph, one) for one in terms)
    return "the newest first" if is_dated else "by name"


def _terms(graph: FilmGraph, thing: NamedNode, property: NamedNode, *, is_named: bool) -> Iterator[Term]:
    if is_named:
        yield from naming(graph, property, thing, most=_MOST)
        return
    for quad in find_quads(graph.store, thing, property, None, KNOWLEDGE, limit=_MOST):
        if isinstance(quad.object, NamedNode | Literal):
            yield quad.object


def _blocks(
    graph: FilmGraph,
    teller: Teller,
    thing: NamedNode,
    property: NamedNode,
    terms: Sequence[Term],
    *,
    is_named: bool,
) -> Iterator[Block]:
    """A table for each class of parts, then one of the things."""
    painter = PropertyReader(graph.store, graph.names, graph.provenance)
    nodes = [one for one in terms if isinstance(one, NamedNode) and _is_part(one)]
    parts = [part for one in nodes if (part := to_part(teller, painter, one)) is not None]
    gathered = _only(graph, teller, thing, parts)
    for kind in dict.fromkeys(part.kind for part in parts):
        yield table_of(gathered, teller, [part for part in parts if part.kind == kind])
    rest = [one for one in terms if not _is_part(one)]
    rows = tuple(_row(graph, teller, _stated(thing, property, one, is_named=is_named), one) for one in rest)
    if any(row.cells[1][0].text for row in rows):
        yield Table("", ("What", "When"), rows)
    elif rows:
        yield Table("", ("What",), tuple(TableRow(row.cells[:1], row.citations) for row in rows))


def _row(graph: FilmGraph, teller: Teller, triple: Triple, term: Term) -> TableRow:
    day = to_day(day_of(graph, term)) if isinstance(term, NamedNode) else ""
    cited = tuple(teller.citations(graph.provenance.facts(triple)))
    return TableRow(((teller.term(term),), (Shown(day),)), cited)


def _stated(thing: NamedNode, property: NamedNode, term: Term, *, is_named: bool) -> Triple:
    return Triple(term, property, thing) if is_named and isinstance(term, NamedNode) else Triple(thing, property, term)


def _only(graph: FilmGraph, teller: Teller, thing: NamedNode, parts: Sequence[Part]) -> Gathered:
    """A thing with some parts, for a table of them."""
    return Gathered(
        thing, teller.label(thing), (), (), frozenset(), {}, tuple(parts), (), (), years=years_of(graph, parts)
    )


def _is_part(term: Term) -> bool:
    return isinstance(term, NamedNode) and owner_of(term)[0] is not None
