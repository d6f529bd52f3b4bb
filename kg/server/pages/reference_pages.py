"""Sources, and terms of the ontology: a list of all, and what the page of one has besides."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.facts.model import Evidence, Fact, Source
from kg.filmgraph import FilmGraph
from kg.lookup.phrases import date_in_words
from kg.ontology_docs.diagram import draw_class, draw_hierarchy
from kg.parts import owner_of
from kg.schema import OntologyTerm, ValueKind
from kg.server.pages.display import (
    Diagram,
    Display,
    DisplayTable,
    DisplayValue,
    PageSection,
    PropertyLine,
    TableRow,
    display_of,
)
from kg.server.pages.templating import render
from kg.server.pages.urls import external_url, page_url, sparql_url
from kg.terms import to_curie
from kg.text.number_words import counted

_MAX_COUNTED = 500_000
"""Of a source with more facts it is not counted what they are about."""
_MAX_SUBJECTS, _MAX_READ_HERE = 25, 60
_LANGUAGES = {
    "ar": "Arabic", "de": "German", "en": "English", "es": "Spanish", "fr": "French", "hi": "Hindi", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "pt": "Portuguese", "ru": "Russian", "zh": "Chinese",
}  # fmt: skip
"""BCP 47 tag -> the name of the language; others are shown as their tags."""


@dataclass(frozen=True, slots=True)
class SourceDetail:
    """What `data/sources.yaml` says about sources: its heading, and its text for readers."""

    heading: str
    text: Callable[[Source], str]


_DETAILS = (
    SourceDetail("Title", lambda source: source.title),
    SourceDetail("Author", lambda source: source.author),
    SourceDetail("Publisher", lambda source: source.publisher),
    SourceDetail("Date", lambda source: date_in_words(source.date) if source.date else ""),
    SourceDetail("Language", lambda source: _LANGUAGES.get(source.language, source.language)),
    SourceDetail("Address", lambda source: source.address),
    SourceDetail("Licence", lambda source: source.licence),
)


def sources_page(graph: FilmGraph) -> str:
    """All sources with what is known about them and the number of their facts, those with most facts first."""
    display, sources, counts = display_of(graph), graph.provenance.sources, graph.provenance.counts
    ordered = sorted(sources.values(), key=lambda source: (-counts.get(source.id, 0), source.id))
    rows = tuple(
        TableRow((
            (display.term(source.iri),),
            *(_values(detail.text(source)) for detail in _DETAILS[1:]),
            _values(f"{counts[source.id]:,}" if source.id in counts else ""),
        ))
        for source in ordered
    )  # fmt: skip
    headings = ("Source", *(detail.heading for detail in _DETAILS[1:]), "Facts")
    filled = [place for place in range(len(headings)) if any(row.cells[place] for row in rows)]
    facts = frozenset(number for number, place in enumerate(filled) if headings[place] == "Facts")
    table = DisplayTable(
        "",
        tuple(headings[place] for place in filled),
        tuple(TableRow(tuple(row.cells[place] for place in filled)) for row in rows),
        numeric=facts,
        plain=frozenset(range(len(filled))) - facts,
    )
    return render("sources.html", table=table, count=len(rows))


def _values(text: str) -> tuple[DisplayValue, ...]:
    return (DisplayValue(text, external_url(text)),) if text else ()


def source_lines(display: Display, source: Source, shown: Sequence[str] = ()) -> Iterator[PropertyLine]:
    """Yield the lines of a source's card, without those whose headings are `shown` already."""
    for detail in _DETAILS:
        text = detail.text(source)
        if text and detail.heading not in shown and text != display.label(source.iri):
            yield PropertyLine(detail.heading, _values(text))
    if count := display.graph.provenance.counts.get(source.id):
        yield PropertyLine("Facts", (DisplayValue(f"{count:,}"),))
    if source.file:
        is_available = display.texts[source.id] is not None
        yield PropertyLine("Text", (DisplayValue("available here" if is_available else "not available here"),))


def source_sections(display: Display, source: Source, span: tuple[int, int] | None) -> Iterator[PageSection]:
    """Yield the facts that were read from a passage, and what most facts of the source are about."""
    provenance = display.graph.provenance
    if span is not None and (read := list(provenance.facts_at(Evidence(source.id, *span)))):
        yield PageSection("read-here", "Read from this passage", (_fact_table(display, read),))
    count = provenance.counts.get(source.id, 0)
    if provenance.records is not None and 0 < count <= _MAX_COUNTED:
        about: Counter[NamedNode] = Counter()
        for subject, number in provenance.records.subjects(source.id).items():
            if isinstance(subject, NamedNode) and subject != source.iri:
                about[NamedNode(owner_of(subject.value) or subject.value)] += number
        yield PageSection("facts", "Facts from this source", (_subject_table(display, count, about),))


def _fact_table(display: Display, facts: Sequence[Fact]) -> DisplayTable:
    rows = tuple(
        TableRow((
            (display.term(fact.subject if isinstance(fact.subject, NamedNode) else None),),
            (DisplayValue(display.label(fact.property)),),
            (display.term(fact.value),),
        ))
        for fact in facts[:_MAX_READ_HERE]
    )  # fmt: skip
    return DisplayTable("", ("Entity", "Property", "Value"), rows)


def _subject_table(display: Display, count: int, about: Counter[NamedNode]) -> DisplayTable:
    """The entities with most facts, each with their number."""
    ordered = sorted(about.items(), key=lambda item: (-item[1], display.label(item[0])))[:_MAX_SUBJECTS]
    rows = tuple(TableRow(((display.term(entity),), (DisplayValue(f"{number:,}"),))) for entity, number in ordered)
    most = " – those with most" if len(about) > len(rows) else ""
    caption = f"{counted(count, 'fact')}, about {counted(len(about), 'entity', 'entities')}{most}"
    return DisplayTable(caption, ("Entity", "Facts"), rows, frozenset((1,)), plain=frozenset((0, 1)))


# --- classes and properties


_VALUES = {ValueKind.ENTITY: "entities", ValueKind.DATE: "dates, as precise as sources give them"}
_MAX_TERMS = 40


def ontology_page(graph: FilmGraph) -> str:
    """All classes and properties, with their definitions."""
    display, ontology = display_of(graph), graph.ontology
    tables = (
        _term_table(display, "Classes", ontology.classes.values()),
        _term_table(display, "Kinds, which narrow a class", ontology.kinds.values()),
        _term_table(display, "Properties", ontology.properties.values()),
    )
    hierarchy = Diagram(draw_hierarchy(ontology, page_url), label="Hierarchy of classes")
    return render("ontology.html", hierarchy=hierarchy, tables=[table for table in tables if table.rows])


def _term_table(display: Display, caption: str, terms: Iterable[OntologyTerm]) -> DisplayTable:
    ordered = sorted((term for term in terms if page_url(term.iri)), key=lambda term: term.label.casefold())
    rows = tuple(TableRow(((display.term(term.iri),), (DisplayValue(definition_of(term)),))) for term in ordered)
    return DisplayTable(f"{caption} ({len(rows)})", ("Name", "Definition"), rows, plain=frozenset((0, 1)))


def definition_of(term: OntologyTerm) -> str:
    """The comment of a class or property, with the names in it in quotation marks."""
    return re.sub("`([^`]*)`", "“\\1”", term.comment)


def term_of(display: Display, entity: NamedNode) -> OntologyTerm | None:
    """The class, kind or property of the ontology with an IRI; None for other entities."""
    ontology = display.graph.ontology
    return ontology.types.get(entity) or ontology.properties.get(entity)


def term_sections(display: Display, term: OntologyTerm) -> Iterator[PageSection]:
    """Yield the diagram of a class among its neighbours; nothing for a kind or property."""
    ontology = display.graph.ontology
    if term.iri in ontology.classes:
        diagram = Diagram(draw_class(term.iri, ontology, page_url), label=f"Diagram of {term.name}")
        yield PageSection("diagram", "Diagram", (diagram,))


def kind_of_term(display: Display, term: OntologyTerm) -> str:
    """`class`, `kind` or `property`."""
    ontology = display.graph.ontology
    return "class" if term.iri in ontology.classes else "kind" if term.iri in ontology.kinds else "property"


def term_lines(display: Display, term: OntologyTerm) -> Iterator[PropertyLine]:
    """Yield how a class or property is related to others, what it is used for, and its other names."""
    ontology = display.graph.ontology
    is_property = term.iri in ontology.properties
    others = ontology.properties if is_property else ontology.types
    narrower = [other.iri for other in others.values() if term.iri in other.parents]
    lines: list[tuple[str, Iterable[NamedNode]]] = [("Kind of", term.parents), ("Narrower", narrower)]
    if is_property:
        lines += [("Used on", term.usual_domain), ("Values", term.usual_range or term.range)]
    else:
        used = [other.iri for other in ontology.properties.values() if term.iri in other.usual_domain]
        lines.append(("Properties", used))
    for heading, terms in lines:
        shown = sorted((display.term(iri) for iri in dict.fromkeys(terms)), key=lambda value: value.text.casefold())
        if shown:
            yield PropertyLine(heading, tuple(shown[:_MAX_TERMS]), max(0, len(shown) - _MAX_TERMS))
    if is_property and not (term.usual_range or term.range) and term.value_kind is not None:
        yield PropertyLine("Values", (DisplayValue(_VALUES.get(term.value_kind, "text or numbers")),))
    if term.unit:
        yield PropertyLine("Unit", (DisplayValue(term.unit),))
    names = [name for name in dict.fromkeys((*term.labels, *term.other_labels)) if name != term.label]
    if names:
        yield PropertyLine("Also called", tuple(map(DisplayValue, names[:_MAX_TERMS])))
    if term.example:
        yield PropertyLine("Example", (DisplayValue(f"{term.name}: {term.example}"),))
    if is_property:
        query = f"SELECT ?subject ?value {{ ?subject {to_curie(term.iri.value)} ?value }} LIMIT 100"
        yield PropertyLine("Data", (DisplayValue("where it is used", sparql_url(query)),))
