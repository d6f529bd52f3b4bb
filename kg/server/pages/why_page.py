"""A triple walks in; the page that tells why it holds walks out: the family of a conclusion, down to passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode, Triple

from kg.explain.why import DAYS, Explanation
from kg.explain.why_formats import to_svg
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.lookup.phrases import axiom_in_words
from kg.server.pages.display import Citation, Shown, Teller
from kg.server.pages.entity_page import known_thing, teller_of
from kg.server.pages.templating import render
from kg.server.pages.urls import why_of
from kg.terms import KNOWLEDGE

_MOST = 400
_MOST_DRAWN = 60
_MOST_LETTERS = 300


@dataclass(frozen=True, slots=True)
class Reason:
    """One triple of the tree: its words, who says it, or by which rule it follows and from what."""

    subject: Shown
    verb: Shown
    value: Shown
    citations: tuple[Citation, ...] = ()
    rule: str = ""
    axioms: tuple[str, ...] = ()
    premises: tuple[Reason, ...] = ()
    refused: tuple[tuple[Shown, str], ...] = ()
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Telling:
    """One triple of a thing, with the way to its reasons."""

    verb: Shown
    value: Shown
    address: str
    sources: int


def why_page(graph: FilmGraph, iri: str, property: str = "", value: str = "") -> str:
    """The page of a thing's reasons: of one property and value, or the list of all that it has."""
    teller = teller_of(graph)
    thing = known_thing(graph, iri)
    if not property or not value:
        return render(
            "whys.html", thing=teller.term(thing), tellings=_tellings(graph, teller, thing, property), page=None
        )
    why = graph.explainer.explain(graph.triple(f"<{thing.value}>", property, value))
    size = sum(1 for _ in why)
    svg = to_svg([why], graph.names, teller.texts) if why and size <= _MOST_DRAWN else ""
    return render("why.html", thing=teller.term(thing), reason=to_reason(teller, why), svg=svg, size=size)


def to_reason(teller: Teller, why: Explanation) -> Reason:
    """A tree of reasons as the page tells it: axioms as sentences beside the rule, premises below."""
    triple, names = why.triple, teller.graph.names
    axioms = tuple(axiom_in_words(one.triple, names) for one in why.premises if one.is_axiom)
    if why.is_axiom:
        axioms = ("so says the ontology",)
    rule = "the days that a date can mean" if why.rule == DAYS else why.rule
    return Reason(
        _shown(teller, triple.subject),
        _shown(teller, triple.predicate),
        _shown(teller, triple.object),
        tuple(teller.citations(why.facts)),
        rule,
        axioms,
        tuple(to_reason(teller, one) for one in why.premises if not one.is_axiom),
        tuple((teller.term(one.fact.value, [one.fact]), f"{one.kind}: {one.reason}") for one in why.contested),
        bool(why),
    )


def leaves_of(teller: Teller, whys: Sequence[Explanation]) -> tuple[Citation, ...]:
    """Who says the facts that reasons rest on, each spot once, by property."""
    facts = [fact for why in whys for leaf in why.leaves() for fact in leaf.facts]
    return tuple(teller.citations(facts, about=True))


def _shown(teller: Teller, term: object) -> Shown:
    shown = teller.term(term)  # type: ignore[arg-type]
    if len(shown.text) <= _MOST_LETTERS:
        return shown
    return Shown(shown.text[:_MOST_LETTERS].rstrip() + "…", shown.address, shown.is_outside)


def _tellings(graph: FilmGraph, teller: Teller, thing: NamedNode, property: str) -> list[Telling]:
    wanted = graph.triple(f"<{thing.value}>", property, '""').predicate if property else None
    quads = find_quads(graph.store, thing, wanted, None, KNOWLEDGE, limit=_MOST)
    told = []
    for quad in quads:
        sources = len({fact.evidence.source for fact in graph.provenance.facts(quad.triple)})
        told.append(
            Telling(
                _shown(teller, quad.predicate), _shown(teller, quad.object), why_of(_as_triple(quad.triple)), sources
            )
        )
    return sorted(told, key=lambda one: (one.verb.text, one.value.text))


def _as_triple(triple: Triple) -> Triple:
    return Triple(triple.subject, triple.predicate, triple.object)
