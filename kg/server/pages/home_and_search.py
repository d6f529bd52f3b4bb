"""Words walk in; the home page, and pages of what is called so, walk out."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg import vocabulary as vocab
from kg.errors import FaultsError
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quad, find_quads
from kg.lookup.name_search import NameMatch
from kg.server.pages.display import Shown, Teller
from kg.server.pages.entity_page import teller_of
from kg.server.pages.sort_order import day_of
from kg.server.pages.templating import render
from kg.server.pages.urls import page_of, query_of, search_of
from kg.terms import KNOWLEDGE, entity_iri, to_iri

_KINDS = ("Film", "Person", "Award", "Organisation", "Festival", "Character", "Place")
_MOST_FOUND = 60
_MOST_SUGGESTED = 8
_QUESTIONS = 8
_LONGEST = 90


@dataclass(frozen=True, slots=True)
class Found:
    """A thing that was found: its name, its kinds, and the other name by which it was found, a few words."""

    shown: Shown
    kinds: str
    called: str
    about: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A class to which what was found may be kept; how many there are of it."""

    label: str
    address: str
    count: int
    is_on: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one class, for the home page."""

    title: str
    things: Sequence[Shown]
    address: str = ""


def home_page(graph: FilmGraph) -> str:
    """The home page: search, and a way into films, people, prizes, sources and questions."""
    teller = teller_of(graph)
    groups = []
    for kind, title in (
        ("Film", "Films"),
        ("Person", "People"),
        ("Award", "Awards"),
        ("Organisation", "Organisations"),
    ):
        matches = graph.best_known(kind, limit=8)
        if matches:
            groups.append(Group(title, [teller.term(one.entity) for one in matches]))
    sources = [teller.term(source.iri) for source in list(graph.provenance.sources.values())[:8]]
    tried = [group.things[0].text for group in groups[:3]]
    return render(
        "home.html", groups=groups, sources=sources, questions=_questions(graph),
        tried=[(text, search_of(text)) for text in tried],
    )  # fmt: skip


def search_page(graph: FilmGraph, words: str, kind: str = "") -> str:
    """What is called something like the words, of one class where one is given."""
    teller = teller_of(graph)
    found = graph.search(words, limit=_MOST_FOUND)
    chosen = graph.search(words, class_name=kind, limit=_MOST_FOUND) if kind in _KINDS else found
    return render(
        "search.html",
        words=words,
        found=[_found(teller, one) for one in chosen],
        filters=_filters(teller, words, kind, found),
    )


def suggest(graph: FilmGraph, words: str, kind: str = "") -> str:
    """Names that fit what is being typed, as JSON."""
    known = kind if not kind or _is_class(graph, kind) else ""
    told = [
        {"name": match.label, "called": match.name, "curie": match.curie, "address": page_of(match.entity)}
        for match in graph.search(words, class_name=known, limit=_MOST_SUGGESTED)
    ]
    return json.dumps(told, ensure_ascii=False)


def _is_class(graph: FilmGraph, kind: str) -> bool:
    try:
        return bool(graph.names.label(to_iri(kind)))
    except ValueError:
        return False


def _questions(graph: FilmGraph) -> list[tuple[str, str]]:
    """Some stored queries by what they ask, each with the address of an example."""
    told = []
    for name in list(graph.queries):
        try:
            query = graph.queries[name]
        except FaultsError:
            continue
        if query.summary and any(one.class_name == "Film" for one in query.params):
            told.append((query.summary, query_of(name)))
    return told[:_QUESTIONS]


def _found(teller: Teller, match: NameMatch) -> Found:
    kinds = teller.kinds(NamedNode(to_iri(kind).value) for kind in match.classes)
    called = match.name if match.name != match.label else ""
    told = ", ".join(teller.label(kind) for kind in kinds)
    return Found(teller.term(match.entity), told, called, _about(teller, match.entity))


def _about(teller: Teller, thing: NamedNode) -> str:
    """What tells things of one name apart: the year and the director, or how a source describes it."""
    store = teller.graph.store
    year = day_of(teller.graph, thing)[:4]
    quads = find_quads(store, thing, vocab.director, None, KNOWLEDGE, limit=2)
    makers = [teller.label(quad.object) for quad in quads if isinstance(quad.object, NamedNode)]
    described = find_quad(store, thing, vocab.description, None, KNOWLEDGE)
    if described is not None and not (year and makers):
        return textwrap.shorten(str(getattr(described.object, "value", "")), _LONGEST, placeholder="…")
    return ", ".join(part for part in (year, " and ".join(makers)) if part)


def _filters(teller: Teller, words: str, kind: str, found: Sequence[NameMatch]) -> list[Filter]:
    counts = Counter(one.removeprefix("film:") for match in found for one in match.classes)
    filters = [Filter("all", search_of(words), len(found), kind not in _KINDS)]
    for one in _KINDS:
        if counts[one]:
            filters.append(Filter(teller.label(entity_iri(one)), search_of(words, kind=one), counts[one], kind == one))
    return filters if len(filters) > 2 else []
