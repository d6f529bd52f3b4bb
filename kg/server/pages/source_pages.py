"""The sources of the graph: a list of all, and what the page of one has besides what is known about every entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.facts.model import Evidence, Fact, Source
from kg.filmgraph import FilmGraph
from kg.lookup.phrases import date_in_words
from kg.parts import owner_of
from kg.server.pages.display import (
    Display,
    DisplayTable,
    DisplayValue,
    PageSection,
    PropertyLine,
    TableRow,
    display_of,
)
from kg.server.pages.templating import render
from kg.server.pages.urls import external_url

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
            _values(f"{counts[source.id]:,} facts" if source.id in counts else ""),
        ))
        for source in ordered
    )  # fmt: skip
    headings = ("Source", *(detail.heading for detail in _DETAILS[1:]), "Facts")
    filled = [place for place in range(len(headings)) if any(row.cells[place] for row in rows)]
    table = DisplayTable(
        "",
        tuple(headings[place] for place in filled),
        tuple(TableRow(tuple(row.cells[place] for place in filled)) for row in rows),
        numeric=frozenset(number for number, place in enumerate(filled) if headings[place] == "Facts"),
        plain=frozenset(range(len(filled))),
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
    caption = f"{count:,} facts, about {len(about):,} entities{most}"
    return DisplayTable(caption, ("Entity", "Facts"), rows, frozenset((1,)), plain=frozenset((0, 1)))
