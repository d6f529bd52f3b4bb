"""The page of an entity: a card with the main facts, then sections, each value with its sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from pyoxigraph import NamedNode

from kg import vocabulary as vocab
from kg.decisions.links import EXACT
from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quad, find_quads
from kg.lookup.entity_description import PropertyValue
from kg.server.pages.award_tables import (
    awards_by_ceremony,
    best_of_list,
    is_award,
    record_list,
    totals,
    winners_and_nominees,
)
from kg.server.pages.display import (
    Block,
    Display,
    DisplayTable,
    DisplayValue,
    Hyperlink,
    PageSection,
    PassageList,
    PropertyLine,
    PropertyList,
    TableRow,
    capitalised,
    display_of,
    numeric_value,
)
from kg.server.pages.drawings.charts import collaborators, event_lanes
from kg.server.pages.drawings.pictures import box_office, budgets_beside, neighbourhood, ratings
from kg.server.pages.entity_data import (
    EntityData,
    PartData,
    ValueList,
    cast_credits,
    is_part_term,
    read_entity_data,
    sources_of,
)
from kg.server.pages.film_summary import film_lines, film_sentences, person_sentence
from kg.server.pages.layouts import (
    ALWAYS_FOLDED,
    AWARDS,
    COUNTED,
    INVERSES,
    LINE_HEADINGS,
    LISTED,
    NOMINATED,
    RECOGNITIONS,
    RECORD,
    SECTIONS,
    STATED_FIRST,
    WIDER,
    WON,
    Assignment,
    SectionLayout,
    assign,
    is_nomination,
    recognition_kind,
)
from kg.server.pages.page_tables import (
    cast_member,
    cast_table,
    conflict_lists,
    crew_table,
    heading,
    part_table,
    part_tables,
    statement_lists,
    tables_by_class,
    timeline,
    works_table,
)
from kg.server.pages.reference_pages import (
    definition_of,
    kind_of_term,
    source_lines,
    source_sections,
    term_lines,
    term_of,
    term_sections,
)
from kg.server.pages.templating import render
from kg.server.pages.urls import external_url, inverse_of, list_url, page_url, referrers_url, values_url
from kg.server.request_params import site_path
from kg.terms import KNOWLEDGE, LINKS, NOTE, SOURCE, Term, to_curie

_SPAN = re.compile(r"(\d{1,9})-(\d{1,9})")
_CONTEXT_LENGTH = 400
_MAX_OTHER_NAMES = 24
_DEEDS = frozenset((vocab.agent, vocab.affected, vocab.participant))
_GIVERS_OF_AWARDS = frozenset((vocab.Award, vocab.Event, vocab.EventSeries, vocab.Edition))


@dataclass(frozen=True, slots=True)
class AlternateLink:
    """A link to the entity's data in one RDF format."""

    title: str
    media_type: str
    url: str


@dataclass(frozen=True, slots=True)
class PassageInContext:
    """A passage of a source, with the text before and after it."""

    before: str
    words: str
    after: str


@dataclass(frozen=True)
class EntityPage:
    """All that the template of an entity's page receives."""

    label: str
    curie: str
    classes: Sequence[DisplayValue]
    aliases: Sequence[DisplayValue]
    lead: str
    card: PropertyList
    sections: Sequence[PageSection]
    formats: Sequence[AlternateLink]
    other_names: Sequence[DisplayValue] = ()
    passage: PassageInContext | None = None
    span: str = ""


def entity_page(graph: FilmGraph, iri: str, span: str = "") -> str:
    """The page of an entity; of a source with the passage at a span, such as `25-37`. Raises `UnknownNameError`."""
    entity, display = known_entity(graph, iri), display_of(graph)
    data = read_entity_data(display, entity, INVERSES)
    content = PageContent(data, display, assign(data))
    is_source, card = entity.value.startswith(SOURCE), content.card()
    source = graph.provenance.sources.get(entity.value.removeprefix(SOURCE)) if is_source else None
    term = term_of(display, entity)
    lines, sections, lead = card.lines, [*content.sections()], _lead(data, display)
    classes = [display.term(name) for name in data.narrowest_classes]
    if source is not None:
        lines = (*lines, *source_lines(display, source, [line.label for line in lines]))
        sections = [*source_sections(display, source, to_span(span)), *sections]
        classes = classes or [display.term(vocab.Source)]
    elif term is not None:
        lines, lead = (*lines, *term_lines(display, term)), definition_of(term) or lead
        sections = [*term_sections(display, term), *sections]
        classes = classes or [DisplayValue(kind_of_term(display, term), site_path("/ontology"))]
    page = EntityPage(
        data.label,
        to_curie(entity.value),
        classes,
        [
            display.term(alias.value, alias.facts)
            for alias in data.aliases
            if _plain(alias.text) not in _known_names(data)
        ],
        lead,
        PropertyList(lines),
        sections,
        _formats(entity),
        list(_other_names(graph, entity)),
        find_passage(display, entity.value.removeprefix(SOURCE), span) if is_source else None,
        f"characters {span.replace('-', '–')}" if is_source and _SPAN.fullmatch(span) else "",
    )
    return render("entity.html", page=page)


def _known_names(data: EntityData) -> set[str]:
    """What need not be shown as another name: the label, and of a source its id and its file."""
    known = (data.label, data.entity.value.removeprefix(SOURCE), *(value.text for value in data.of(vocab.file)))
    return set(map(_plain, known))


def _plain(text: str) -> str:
    """A name without regard to case and the shape of apostrophes: `Palme d’Or` is no other name of `Palme d'Or`."""
    return text.replace("’", "'").casefold()


def known_entity(graph: FilmGraph, iri: str) -> NamedNode:
    """The entity with an IRI that is in the graph; raises `UnknownNameError` with suggestions."""
    entity, store = NamedNode(iri), graph.store
    if find_quad(store, entity, None, None) is not None or find_quad(store, None, None, entity) is not None:
        return entity
    words = iri.rpartition("/")[2].replace("-", " ")
    suggestions = dict.fromkeys(match.label for match in graph.search(words, limit=3))
    raise UnknownNameError(to_curie(iri).removeprefix("film:"), kind="entity", suggestions=suggestions)


def to_span(text: str) -> tuple[int, int] | None:
    """The first and last character of a span such as `25-37`; None for another text."""
    match = _SPAN.fullmatch(text)
    return (int(match[1]), int(match[2])) if match is not None and int(match[1]) < int(match[2]) else None


def find_passage(display: Display, source: str, span: str) -> PassageInContext | None:
    """The passage of a source at a span, in its context; None without the source's text or outside of it."""
    place, text = to_span(span), display.texts[source]
    if place is None or text is None or place[1] > len(text):
        return None
    start, end = place
    before, after = text[max(0, start - _CONTEXT_LENGTH) : start], text[end : end + _CONTEXT_LENGTH]
    return PassageInContext(
        "…" * (start > _CONTEXT_LENGTH) + before, text[start:end], after + "…" * (end + _CONTEXT_LENGTH < len(text))
    )


def _lead(data: EntityData, display: Display) -> str:
    """What the entity is, in sentences below its name; empty where the card says all."""
    if vocab.Film in data.classes:
        return film_sentences(data, display) or next((value.text for value in data.of(vocab.description)), "")
    return person_sentence(data, display) if vocab.Person in data.classes else ""


def _formats(entity: NamedNode) -> list[AlternateLink]:
    page = page_url(entity)
    formats = [("Turtle", "text/turtle", "ttl"), ("JSON-LD", "application/ld+json", "jsonld")] if page else []
    return [
        AlternateLink(title, media_type, f"{quote(page, safe='/%.~')}.{suffix}")
        for title, media_type, suffix in formats
    ]


def _other_names(graph: FilmGraph, entity: NamedNode) -> Iterator[DisplayValue]:
    """Yield the entity's IRIs in other datasets, as links state them."""
    quads = find_quads(graph.store, entity, EXACT, None, LINKS)
    others = sorted({quad.object.value for quad in quads if isinstance(quad.object, NamedNode)})
    for other in [other for other in others if not page_url(NamedNode(other))][:_MAX_OTHER_NAMES]:
        yield DisplayValue(to_curie(other), external_url(other))


@dataclass(frozen=True)
class PageContent:
    """An entity's data with the assignment of it to sections; makes the blocks of each section."""

    data: EntityData
    display: Display
    assignment: Assignment

    def sections(self) -> Iterator[PageSection]:
        """Yield the sections that have content, in the order of the layouts."""
        own: dict[str, Callable[[SectionLayout], Iterator[Block]]] = {
            "credits": self._credits,
            "films": lambda _: works_table(self.data, self.display),
            "story": self._story,
            "awards": self._awards,
            "box-office": self._box_office,
            "ratings": self._ratings,
            "statements": self._statements,
            "disagreements": lambda _: conflict_lists(self.data, self.display),
            "collaborators": self._collaborators,
            "timeline": self._timeline,
            "neighbourhood": self._neighbourhood,
            "more": self._more,
            "named": self._referrers,
            "follows": self._inferred,
        }
        found = [
            (section, blocks) for section in SECTIONS if (blocks := list(own.get(section.id, self._listed)(section)))
        ]
        # Further details are folded beside others; a page that has nothing else shows them.
        has_others = any(not section.is_folded for section, _ in found)
        for section, blocks in found:
            gives_awards = section.id == "awards" and not self.data.classes.isdisjoint(_GIVERS_OF_AWARDS)
            title = "Winners and nominees" if gives_awards else section.title
            is_folded = section.is_folded and (has_others or section.id in ALWAYS_FOLDED)
            yield PageSection(section.id, title, blocks, is_folded)

    def card(self) -> PropertyList:
        """The main facts; of a film with its release, money and scores."""
        listed = self.property_list(self.assignment.card, "card") or PropertyList(())
        if vocab.PlotEvent in self.data.classes:
            return PropertyList((*listed.lines, *self._beside_in_plot()))
        if vocab.Film not in self.data.classes:
            return listed
        return PropertyList((*listed.lines, *film_lines(self.data, self.display)))

    # --- lists and tables of what is assigned to a section

    def property_list(self, properties: Iterable[NamedNode], section: str) -> PropertyList | None:
        """The values of those properties that are assigned to a section; None without values."""
        assigned = (property for property in properties if self.assignment.properties.get(property) == section)
        lines = tuple(line for property in assigned if (line := self._line(property)) is not None)
        return PropertyList(lines) if lines else None

    def _line(self, property: NamedNode) -> PropertyLine | None:
        """All values of a property that are not parts."""
        values = self.data.values.get(property, ValueList((), 0))
        shown = [value for value in values.values if not is_part_term(value.value)]
        if property == vocab.castMember:
            return self._starring()
        if property == vocab.playedBy:
            shown = [self._with_credits(value) for value in shown]
        if property in STATED_FIRST:
            shown = [value for value in shown if value.facts] or shown
        return self._line_of(property, ValueList(tuple(shown), values.omitted + len(shown))) if shown else None

    def _with_credits(self, actor: PropertyValue) -> PropertyValue:
        """Who plays a character, with the facts of the credits that say so where nothing else does."""
        credits = [
            part for part in self.data.parts
            if part.first(vocab.agent) == actor.value and part.first(vocab.character) == self.data.entity
        ]  # fmt: skip
        facts = [fact for part in credits for value in part.values(vocab.character) for fact in value.facts]
        return actor if actor.facts or not facts else replace(actor, facts=tuple(facts))

    def _starring(self) -> PropertyLine | None:
        """The actors in leading parts, those that most sources name first; the cast table has all of them."""
        sources: dict[Term | None, int] = {}
        for part in cast_credits(self.data):
            if any(role.text == "leading" for role in part.values(vocab.role)):
                sources[part.first(vocab.agent)] = sources_of([part])
        leading = sorted(
            (value for value in self.data.of(vocab.castMember) if value.value in sources),
            key=lambda value: -sources[value.value],
        )
        values = tuple(cast_member(self.data, self.display, value) for value in leading)
        return PropertyLine(heading(self.display, vocab.castMember), values) if values else None

    def _line_of(self, property: NamedNode, values: ValueList) -> PropertyLine:
        shown = tuple(self.display.value(self.data.entity, value) for value in values.values)
        url = values_url(self.data.entity, property)
        title = LINE_HEADINGS.get(property) or heading(self.display, property, is_many=len(shown) + values.omitted > 1)
        return PropertyLine(title, shown, values.omitted, url)

    def _parts(self, section: str) -> list[PartData]:
        return [part for part in self.data.parts if self.assignment.parts.get(part.iri, "more") == section]

    def _listed(self, section: SectionLayout) -> Iterator[Block]:
        """Yield a section that is a list of properties and tables of parts."""
        if (properties := self.property_list(section.listed, section.id)) is not None:
            yield properties
        yield from part_tables(self.data, self.display, self._parts(section.id), section.parts)

    # --- the other sections

    def _credits(self, _: SectionLayout) -> Iterator[Block]:
        yield from cast_table(self.data, self.display)
        yield from crew_table(self.data, self.display)

    def _story(self, section: SectionLayout) -> Iterator[Block]:
        """Yield characters and places, and the plot step by step."""
        yield from self._listed(section)
        if vocab.PlotEvent in self.data.classes:
            facts = [fact for value in self.data.of(vocab.inPlotOf) for fact in value.facts]
            citations = tuple(cited for cited in self.display.citations(facts) if cited.passage)
            yield from [PassageList(citations)] if citations else []
        events = [self.display.value(self.data.entity, value) for value in self.data.of(inverse_of(vocab.inPlotOf))]
        events.sort(key=lambda event: (self._plot_order(event.term), event.text))
        rows = tuple(TableRow(self._plot_step(number, event)) for number, event in enumerate(events, start=1))
        if rows:
            # Folded, because readers may not have seen the film yet.
            caption = f"Plot in {len(rows)} steps"
            yield DisplayTable(caption, ("No.", "Event", "Who", "Where"), rows, frozenset((0,)), is_folded=True)
        yield from self._deeds()

    def _deeds(self) -> Iterator[Block]:
        """Yield the plot events in which a character takes part, in their order."""
        events = {
            event for referrers in self.data.referrers if self._is_deed(referrers.property)
            for event in referrers.entities
        }  # fmt: skip
        if events:
            ordered = sorted(events, key=lambda event: (self._plot_order(event), self.display.label(event)))
            rows = tuple(
                TableRow(((self.display.term(event),), tuple(self._values_of(event, vocab.location))))
                for event in ordered
            )
            yield DisplayTable("In the plot", ("Event", "Where"), rows)

    def _is_deed(self, property: NamedNode) -> bool:
        """True for a property by which a plot event names a character."""
        return vocab.FictionalAgent in self.data.classes and property in _DEEDS

    def _beside_in_plot(self) -> Iterator[PropertyLine]:
        """Yield what happens before and after an event of a plot."""
        for film in self.data.of(vocab.inPlotOf):
            quads = find_quads(self.display.graph.store, None, vocab.inPlotOf, film.value, KNOWLEDGE)
            events = [quad.subject for quad in quads if isinstance(quad.subject, NamedNode)]
            events.sort(key=lambda event: (self._plot_order(event), self.display.label(event)))
            if self.data.entity not in events:
                continue
            place = events.index(self.data.entity)
            yield PropertyLine("Step", (DisplayValue(f"{place + 1} of {len(events)}"),))
            for label, event in (("Before", events[place - 1 : place]), ("After", events[place + 1 : place + 2])):
                if event:
                    yield PropertyLine(label, (self.display.term(event[0]),))

    def _plot_step(self, number: int, event: DisplayValue) -> tuple[tuple[DisplayValue, ...], ...]:
        """The cells of an event of the plot: what happens, who does it and where."""
        who, where = (tuple(self._values_of(event.term, property)) for property in (vocab.agent, vocab.location))
        return (DisplayValue(str(number)),), (event,), who, where

    def _values_of(self, entity: Term | None, property: NamedNode) -> Iterator[DisplayValue]:
        if isinstance(entity, NamedNode):
            quads = find_quads(self.display.graph.store, entity, property, None, KNOWLEDGE, limit=_MAX_OTHER_NAMES)
            for quad in sorted(quads, key=str):
                yield self.display.term(quad.object)

    def _plot_order(self, event: Term | None) -> float:
        if not isinstance(event, NamedNode):
            return 1e9
        quad = find_quad(self.display.graph.store, event, vocab.position, None, KNOWLEDGE)
        number = numeric_value(quad.object) if quad is not None else None
        return number if number is not None else 1e9

    def _awards(self, section: SectionLayout) -> Iterator[Block]:
        """Yield wins and nominations, then other honours; of an award or ceremony, who won and who was nominated."""
        parts = self._parts(section.id)
        if self.data.classes.isdisjoint(_GIVERS_OF_AWARDS):
            yield from self._honours(parts)
            return
        yield from self._winners(parts)
        if (properties := self.property_list(section.listed, section.id)) is not None:
            yield properties
        records = [part for part in parts if recognition_kind(part) == RECORD]
        yield from record_list(self.data, self.display, records)
        counted = [part for part in parts if recognition_kind(part) == COUNTED]
        yield from totals(self.data, self.display, counted)
        rest = [part for part in parts if not is_award(part) and part not in records]
        yield from part_tables(self.data, self.display, rest, section.parts)

    def _winners(self, parts: Sequence[PartData]) -> Iterator[Block]:
        """Yield who won and who was nominated, with how many there are and a link to all of them."""
        wins = [part for part in parts if recognition_kind(part) == WON]
        nominations = [part for part in parts if is_nomination(part)]
        captions, links = [], []
        for kind, chosen in ((WON, wins), (NOMINATED, nominations)):
            if chosen:
                count, more = self._count(chosen, are_wins=kind == WON)
                number = f"({count})" if count == len(chosen) else f"(latest {len(chosen)} of {count})"
                captions.append(f"{RECOGNITIONS[kind].caption} {number}")
                links += [link for link in more if link not in links]
        if chosen := list(dict.fromkeys((*wins, *nominations))):
            caption = capitalised(", ".join(captions).lower())
            yield from winners_and_nominees(self.data, self.display, chosen, caption, tuple(links))

    def _honours(self, parts: Sequence[PartData]) -> Iterator[Block]:
        """Yield the awards of a film, person or organisation by ceremony, then its other honours."""
        awards = [part for part in parts if is_award(part)]
        wins = [part for part in awards if recognition_kind(part) == WON]
        _, more_wins = self._count(wins, are_wins=True)
        _, more = self._count([part for part in awards if part not in wins], are_wins=False)
        yield from awards_by_ceremony(self.data, self.display, awards, more_wins or more)
        records = [part for part in parts if recognition_kind(part) == RECORD]
        yield from record_list(self.data, self.display, records)
        listed = [part for part in parts if recognition_kind(part) == LISTED and part.owner == self.data.entity]
        yield from best_of_list(self.display, listed)
        rest = [part for part in parts if part not in (*awards, *records, *listed)]
        yield from part_tables(self.data, self.display, rest, AWARDS.parts)

    def _count(self, parts: Sequence[PartData], *, are_wins: bool) -> tuple[int, tuple[Hyperlink, ...]]:
        """How many wins, or nominations, there are of which these are some, and links to all of them."""
        count, links = len(parts), []
        for referrers in self.data.referrers:
            if referrers.omitted and any(referrers.property in part.refers_by for part in parts):
                total = referrers.wins if are_wins else referrers.nominations
                count = max(count, total)
                if total > len(parts):
                    text = f"all {referrers.count:,} awards and nominations"
                    links.append(Hyperlink(text, list_url(self.data.entity, referrers.property, referrers=True)))
        return count, tuple(links)

    def _box_office(self, section: SectionLayout) -> Iterator[Block]:
        parts = self._parts(section.id)
        figures = [part for part in parts if part.layout == vocab.boxOffice]
        budgets = budgets_beside(figures, [part for part in parts if part.layout == vocab.budget])
        yield from box_office(self.data, self.display, [*figures, *budgets])
        if without_amount := [part for part in figures if not part.values(vocab.amount)]:
            yield part_table(self.data, self.display, without_amount, caption="Other figures")
        rest = [part for part in parts if part not in figures and part not in budgets]
        yield from part_tables(self.data, self.display, rest, section.parts)

    def _ratings(self, section: SectionLayout) -> Iterator[Block]:
        if parts := self._parts(section.id):
            yield ratings(self.data, self.display, parts)

    def _statements(self, section: SectionLayout) -> Iterator[Block]:
        yield from statement_lists(self.data, self.display, self._parts(section.id))
        if (properties := self.property_list(section.listed, section.id)) is not None:
            yield properties

    def _collaborators(self, _: SectionLayout) -> Iterator[Block]:
        is_person = vocab.Person in self.data.classes
        if is_person and (diagram := collaborators(self.data, self.display)) is not None:
            yield diagram

    def _timeline(self, _: SectionLayout) -> Iterator[Block]:
        for listed in timeline(self.data, self.display):
            if (diagram := event_lanes(listed.events, self.data.label)) is not None:
                yield diagram
            yield listed

    def _neighbourhood(self, _: SectionLayout) -> Iterator[Block]:
        if (diagram := neighbourhood(self.data, self.display)) is not None:
            yield diagram

    def _more(self, section: SectionLayout) -> Iterator[Block]:
        """Yield the other stated facts."""
        yield from tables_by_class(self.data, self.display, self._parts(section.id))
        lines = []
        for property, values in self.data.values.items():
            stated = tuple(value for value in values.values if value.facts and not is_part_term(value.value))
            is_shown = property not in self.assignment.properties and property not in (vocab.earliest, vocab.latest)
            if stated and is_shown:
                lines.append(self._line_of(property, ValueList(stated, values.omitted + len(stated))))
        if lines:
            yield _sorted_list(lines)

    def _referrers(self, _: SectionLayout) -> Iterator[Block]:
        """Yield the entities that refer to this one, by property."""
        lines = []
        for referrers in self.data.referrers:
            if self._is_deed(referrers.property):
                continue
            values = sorted(map(self.display.term, referrers.entities), key=lambda value: value.text.casefold())
            url = referrers_url(self.data.entity, referrers.property)
            label = capitalised(self.display.inverse_label(referrers.property))
            lines.append(PropertyLine(label, tuple(values), referrers.omitted, url))
        if lines:
            yield PropertyList(tuple(lines))

    def _inferred(self, _: SectionLayout) -> Iterator[Block]:
        """Yield the inferred values that no other section shows: wider classes and properties."""
        lines = []
        for property, values in self.data.values.items():
            inferred = tuple(value for value in values.values if not value.facts and not is_part_term(value.value))
            is_shown = property != NOTE and (property not in self.assignment.properties or property in WIDER)
            if inferred and is_shown:
                lines.append(self._line_of(property, ValueList(inferred, values.omitted + len(inferred))))
        if lines:
            yield _sorted_list(lines)


def _sorted_list(lines: Iterable[PropertyLine]) -> PropertyList:
    return PropertyList(tuple(sorted(lines, key=lambda line: line.label.casefold())))
