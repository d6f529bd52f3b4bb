"""A graph and a thing walk in; the thing's page walks out, grouped as a reader would, each fact with who says it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from pyoxigraph import NamedNode

from kg.decisions.links import EXACT
from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quad, find_quads
from kg.server.pages.display import Shown, Teller
from kg.server.pages.entity_data import Gathered, gather
from kg.server.pages.page_builder import Drafting
from kg.server.pages.sections import opening, sections
from kg.server.pages.svg_graph import neighbourhood
from kg.server.pages.templating import render
from kg.server.pages.urls import outside, page_of
from kg.server.pages.view_models import Lines, Section
from kg.terms import LINKS, SOURCE, to_curie

_AT = re.compile(r"(\d{1,9})-(\d{1,9})")
_AROUND = 400
_MOST_NAMES = 24


@dataclass(frozen=True, slots=True)
class Alternate:
    """The same thing for programs."""

    title: str
    media: str
    address: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of a source, with what stands around them."""

    before: str
    words: str
    after: str


@dataclass(frozen=True)
class ThingPage:
    """All that the template of a thing is given."""

    label: str
    curie: str
    kinds: Sequence[Shown]
    aliases: Sequence[Shown]
    lead: str
    opening: Lines
    sections: Sequence[Section]
    alternates: Sequence[Alternate]
    other_names: Sequence[Shown] = ()
    passage: Passage | None = None
    asked: str = ""


@lru_cache(maxsize=4)
def teller_of(graph: FilmGraph) -> Teller:
    """The teller of a graph, kept, since it remembers labels."""
    return Teller(graph)


def thing_page(graph: FilmGraph, iri: str, at: str = "") -> str:
    """The page of a thing; `at`, such as `25-37`, shows these characters of a source. Raises `UnknownNameError`."""
    thing = known_thing(graph, iri)
    teller = teller_of(graph)
    gathered = gather(graph, teller, thing)
    return render("thing.html", page=_page(graph, teller, gathered, at))


def known_thing(graph: FilmGraph, iri: str) -> NamedNode:
    """The thing of an IRI that the graph says anything of; raises `UnknownNameError`, offering the nearest."""
    thing = NamedNode(iri)
    store = graph.store
    if find_quad(store, thing, None, None) is not None or find_quad(store, None, None, thing) is not None:
        return thing
    words = iri.rpartition("/")[2].replace("-", " ")
    near = dict.fromkeys(match.label for match in graph.search(words, limit=3))
    raise UnknownNameError(to_curie(iri).removeprefix("film:"), kind="thing", suggestions=near)


def _page(graph: FilmGraph, teller: Teller, gathered: Gathered, at: str) -> ThingPage:
    drafting = Drafting(gathered, teller)
    card = opening(drafting)
    drawn = list(sections(drafting))
    if (picture := neighbourhood(gathered, teller)) is not None:
        place = next((n for n, one in enumerate(drawn) if one.id in ("more", "named", "follows")), len(drawn))
        drawn.insert(place, Section("neighbourhood", "Neighbourhood", (picture,)))
    aliases = [teller.shown(one) for one in gathered.aliases if one.text != gathered.label]
    source = gathered.thing.value.removeprefix(SOURCE)
    is_source = gathered.thing.value.startswith(SOURCE)
    return ThingPage(
        gathered.label,
        to_curie(gathered.thing.value),
        [teller.term(kind) for kind in gathered.kinds],
        aliases,
        _lead(gathered, teller),
        card,
        drawn,
        _alternates(gathered),
        list(_other_names(graph, gathered.thing)),
        passage_of(teller, source, at) if is_source else None,
        f"Characters {at.replace('-', '–')}" if is_source and _AT.fullmatch(at) else "",
    )


def passage_of(teller: Teller, source: str, at: str) -> Passage | None:
    """The characters of a source's text with what stands around them; None where the text is not at hand."""
    found, text = _AT.fullmatch(at), teller.texts[source]
    if found is None or text is None or not int(found[1]) < int(found[2]) <= len(text):
        return None
    start, end = int(found[1]), int(found[2])
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    return Passage("…" * (start > _AROUND) + before, text[start:end], after + "…" * (end + _AROUND < len(text)))


def _lead(gathered: Gathered, teller: Teller) -> str:
    """What kind of thing it is, in a line: a film's year and makers."""
    if "Film" not in gathered.all_kinds:
        return ""
    years = [getattr(one.value, "value", "") for one in gathered.of("year")][:1]
    makers = [teller.term(one.value).text for one in gathered.of("director")]
    by = f"directed by {' and '.join(makers)}" if makers else ""
    described = [] if years and by else [one.text for one in gathered.of("description")][:1]
    return described[0] if described else ", ".join(part for part in (*years, by) if part)


def _other_names(graph: FilmGraph, thing: NamedNode) -> Iterator[Shown]:
    """The names by which others call the thing, as linking found: those of imports, and addresses elsewhere."""
    quads = find_quads(graph.store, thing, EXACT, None, LINKS)
    others = sorted({quad.object.value for quad in quads if isinstance(quad.object, NamedNode)})
    for other in others[:_MOST_NAMES]:
        address = "" if page_of(NamedNode(other)) else outside(other)
        yield Shown(to_curie(other), address, bool(address))


def _alternates(gathered: Gathered) -> list[Alternate]:
    page = page_of(gathered.thing)
    if not page:
        return []
    kinds = [("Turtle", "text/turtle", "ttl"), ("JSON-LD", "application/ld+json", "jsonld")]
    return [Alternate(title, media, f"{quote(page, safe='/%.~')}.{ending}") for title, media, ending in kinds]
