"""The explanation page: why a triple holds, as a tree down to passages, and the list of an entity's statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode, Triple

from kg.explain.why import Explanation
from kg.explain.why_formats import to_svg
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.lookup.phrases import axiom_in_words, name_in_words
from kg.parts import belongs_to, path_of
from kg.reasoning.days import DAYS
from kg.server.pages.display import Display, DisplayValue, RejectedValue, SourceCitation, display_of
from kg.server.pages.entity_page import known_entity
from kg.server.pages.templating import render
from kg.server.pages.urls import why_url
from kg.terms import KNOWLEDGE, Term
from kg.text.ellipsis import shortened

_MAX_STATEMENTS = 400
_MAX_IN_DIAGRAM = 60
_MAX_TEXT_LENGTH = 300


@dataclass(frozen=True, slots=True)
class ExplanationNode:
    """A triple in an explanation: its sources, or the rule with its axioms and premises from which it follows.

    `is_day_of_date` marks the earliest or latest day that a date can mean.
    """

    subject: DisplayValue
    property: DisplayValue
    value: DisplayValue
    citations: tuple[SourceCitation, ...] = ()
    rule: str = ""
    axioms: tuple[str, ...] = ()
    is_axiom: bool = False
    is_day_of_date: bool = False
    premises: tuple[ExplanationNode, ...] = ()
    rejected: tuple[RejectedValue, ...] = ()
    holds: bool = True


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A triple of an entity: how many sources state it, and the URL of its explanation."""

    property: DisplayValue
    value: DisplayValue
    url: str
    sources: int


def why_page(graph: FilmGraph, iri: str, property: str = "", value: str = "") -> str:
    """The explanation of an entity's value of a property; without a value, the list of its statements."""
    display, entity = display_of(graph), known_entity(graph, iri)
    if not property or not value:
        rows = _statement_rows(display, entity, property)
        return render("statements.html", entity=display.term(entity), rows=rows)
    explanation = graph.explainer.explain(graph.triple(f"<{entity.value}>", property, value))
    size = sum(1 for _ in explanation)
    svg = to_svg([explanation], graph.names, display.texts) if explanation and size <= _MAX_IN_DIAGRAM else ""
    return render("why.html", root=_to_node(display, explanation), svg=svg if size > 1 else "")


def _to_node(display: Display, explanation: Explanation) -> ExplanationNode:
    """An explanation with its axioms as sentences beside the rule, and its premises below."""
    triple, names = explanation.triple, display.graph.names
    axioms = tuple(axiom_in_words(premise.triple, names) for premise in explanation.premises if premise.is_axiom)
    return ExplanationNode(
        _shown(display, triple.subject),
        _shown(display, triple.predicate),
        _shown(display, triple.object),
        display.citations(explanation.facts),
        explanation.rule,
        axioms,
        explanation.is_axiom,
        explanation.rule == DAYS.name,
        tuple(_to_node(display, premise) for premise in explanation.premises if not premise.is_axiom),
        tuple(display.rejected(contested) for contested in explanation.contested),
        bool(explanation),
    )


def explanation_sources(display: Display, explanations: Sequence[Explanation]) -> tuple[SourceCitation, ...]:
    """The sources that explanations rest on, by property."""
    leaves = (leaf for explanation in explanations for leaf in explanation.leaves())
    return display.citations((fact for leaf in leaves for fact in leaf.facts), with_property=True)


def _shown(display: Display, term: Term | Triple) -> DisplayValue:
    value = display.term(term)
    if len(value.text) <= _MAX_TEXT_LENGTH:
        return value
    return replace(value, text=shortened(value.text, _MAX_TEXT_LENGTH), term=None)


def _named_on_page(display: Display, entity: NamedNode, value: Term | Triple) -> DisplayValue:
    """A value on the page of an entity; a part of it without a label by its own id: `fourth weekend`."""
    shown = _shown(display, value)
    if (
        not isinstance(value, NamedNode)
        or not belongs_to(value.value, entity.value)
        or display.graph.names.label(value)
    ):
        return shown
    steps = path_of(value.value)[len(path_of(entity.value)) + 1 :]
    return replace(shown, text=" › ".join(map(name_in_words, steps))) if steps else shown


def _statement_rows(display: Display, entity: NamedNode, property: str) -> list[StatementRow]:
    graph = display.graph
    predicate = graph.triple(f"<{entity.value}>", property, '""').predicate if property else None
    # All facts about the entity at once: to look for those of each triple takes the square of their number.
    sources: dict[Triple, set[str]] = {}
    for fact in graph.provenance.facts_about(entity):
        sources.setdefault(fact.triple, set()).add(fact.evidence.source)
    rows = [
        StatementRow(
            _shown(display, quad.predicate),
            _named_on_page(display, entity, quad.object),
            why_url(quad.triple),
            len(sources.get(quad.triple, ())),
        )
        for quad in find_quads(graph.store, entity, predicate, None, KNOWLEDGE, limit=_MAX_STATEMENTS)
    ]
    return sorted(rows, key=lambda row: (row.property.text, row.value.text))
