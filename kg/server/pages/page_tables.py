"""The tables and lists of an entity's page: parts, cast and crew, works, statements, conflicts, timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pyoxigraph import Literal, NamedNode, Triple

from kg import vocabulary as vocab
from kg.graph.store import find_quads
from kg.lookup.entity_description import PropertyValue
from kg.lookup.entity_types import has_type
from kg.lookup.phrases import date_in_words, is_reworded, money_in_words, name_in_words
from kg.lookup.source_conflicts import Conflict
from kg.server.pages.display import (
    Block,
    ConflictList,
    Display,
    DisplayConflict,
    DisplayTable,
    DisplayValue,
    Hyperlink,
    PropertyLine,
    PropertyList,
    QuotedStatement,
    SourceCitation,
    StatementList,
    TableRow,
    Timeline,
    TimelineEvent,
    capitalised,
    is_number,
    numeric_value,
)
from kg.server.pages.entity_data import (
    EntityData,
    PartData,
    cast_credits,
    date_of,
    is_known,
    is_part_term,
    order_in_cast,
)
from kg.server.pages.layouts import (
    AGENTS,
    BILLINGS,
    CAPTIONS,
    CARD,
    CAST,
    CREW,
    FOLDED,
    HEADINGS,
    MERGED,
    PLURAL_HEADINGS,
    RECOGNITIONS,
    RECORD,
    ROLES,
    SELF_EVIDENT,
    TIMELINE_WORDS,
    UNDATED,
    WIDER,
    WON,
    columns_in_layout,
    is_nomination,
    recognition_kind,
)
from kg.server.pages.urls import inverse_of, values_url, why_url
from kg.terms import FILM, KNOWLEDGE, Term
from kg.text.number_words import counted

_INFERRED_COLUMNS = (vocab.eventSeries,)
"""Shown only where no row has an award or edition, from which they follow."""
_MAX_COLUMNS = 5
_MAX_WORDS = 3
"""How many of the words that a critic used are quoted."""
_MAX_UNFOLDED = 3
"""A table with more rows is folded where its layout is in `FOLDED`."""
_NOT_AMOUNTS = (vocab.position, vocab.year, vocab.number)
"""Numbers that are not aligned as amounts are."""


# --- tables of parts


def part_tables(
    data: EntityData, display: Display, parts: Iterable[PartData], classes: Iterable[NamedNode]
) -> Iterator[Block]:
    """Yield a table for each of these classes, or for the classes below it that the parts have."""
    rest = list(parts)
    for name in classes:
        chosen = [part for part in rest if name in part.classes]
        rest = [part for part in rest if name not in part.classes]
        yield from tables_by_class(data, display, chosen)


def tables_by_class(data: EntityData, display: Display, parts: Sequence[PartData]) -> Iterator[Block]:
    """Yield a table for each layout of these parts; of recognitions, for each kind in the order of the page."""
    groups: dict[tuple[int, NamedNode], list[PartData]] = {}
    for part in parts:
        kind = recognition_kind(part)
        order = list(RECOGNITIONS).index(kind) if kind else len(RECOGNITIONS)
        groups.setdefault((order, part.layout), []).append(part)
    for _, group in sorted(groups.items(), key=lambda item: item[0][0]):
        table = part_table(data, display, group)
        yield table if len(table.columns) > 1 else _as_list(table)


def _as_list(table: DisplayTable) -> PropertyList:
    """A table of a single column as a list: there is nothing to compare in it."""
    values = [replace(value, citations=row.citations) for row in table.rows for cell in row.cells[:1] for value in cell]
    return PropertyList((PropertyLine(table.caption, tuple(values)),))


def part_table(
    data: EntityData,
    display: Display,
    parts: Sequence[PartData],
    *,
    caption: str = "",
    kind: str = "",
    more: tuple[Hyperlink, ...] = (),
) -> DisplayTable:
    """A table of parts of one layout; with a column of owners where these are not all the page's entity.

    `kind` is the kind of recognition, where it is not that of the first part.
    """
    kind = kind or recognition_kind(parts[0])
    columns, others = _split_columns(
        parts, [column for column in columns_of(parts, kind) if not _has_only(data.entity, parts, column)], kind
    )
    has_owners = any(part.owner != data.entity for part in parts) and not all(
        part.owner == data.entity or _names_owner(part, columns) for part in parts
    )
    roles = {data.property_to(part) for part in parts} - {None} - WIDER
    has_roles = len(roles) > 1
    first = [*([_owner_heading(display, parts)] if has_owners else []), *(["Type"] if has_roles else [])]
    named = (_column_heading(display, kind, column) for column in columns)
    headings = [*first, *named, *(["Details"] if others else [])]
    rows = tuple(
        TableRow(
            (
                *([(_owner(data, display, part),)] if has_owners else []),
                *([_role(data, display, part)] if has_roles else []),
                *(cell(display, part, column) for column in columns),
                *([tuple(_labelled(display, part, kind, others))] if others else []),
            ),
            row_citations(display, part),
        )
        for part in in_order(data, parts)
    )
    numeric = frozenset(
        position for position, column in enumerate(columns, start=len(first))
        if column not in _NOT_AMOUNTS
        and all(is_number(value.value) for part in parts for value in part.values(column))
    )  # fmt: skip
    plain = (
        frozenset(range(len(first) + 1))
        | {position for position, column in enumerate(columns, start=len(first)) if column in SELF_EVIDENT}
        | {len(headings) - 1 if others else 0}
    )
    title = caption or _caption(parts[0], kind)
    if is_folded := parts[0].layout in FOLDED and len(parts) > _MAX_UNFOLDED:
        title = f"{title} ({len(parts)})"
    return DisplayTable(title, tuple(headings), rows, numeric, more, is_folded=is_folded, plain=plain)


def _caption(part: PartData, kind: str) -> str:
    """The caption of a table of parts like this one."""
    if kind:
        return RECOGNITIONS[kind].caption
    return CAPTIONS.get(part.layout) or capitalised(name_in_words(part.layout.value.removeprefix(FILM)))


def columns_of(parts: Sequence[PartData], kind: str) -> list[NamedNode]:
    """The properties that some row has: those of the layout first, the others by name."""
    filled = {value.property for part in parts for value in part.properties}
    layout = dict.fromkeys(column for part in parts for column in columns_in_layout(part, kind))
    if any(part.layout != part.narrowest_class for part in parts):
        filled.discard(vocab.kind)
    if not any(_result(part) for part in parts):
        filled.discard(vocab.outcome)
    if vocab.edition in layout and vocab.eventSeries in layout and vocab.eventSeries in filled:
        # One column for both: see `cell`.
        filled = (filled | {vocab.edition}) - {vocab.eventSeries}
    named = [column for column in layout if column in filled]
    others = sorted(filled - set(named) - MERGED - set(_INFERRED_COLUMNS), key=lambda column: column.value)
    if filled.isdisjoint((vocab.edition, vocab.award)):
        others += [column for column in _INFERRED_COLUMNS if column in filled and column not in named]
    return [*named, *others]


def _split_columns(
    parts: Sequence[PartData], columns: Sequence[NamedNode], kind: str
) -> tuple[list[NamedNode], list[NamedNode]]:
    """The columns for which a table has room, and those that few rows fill, which share its last column."""
    filled = {column: sum(bool(_values(part, column)) for part in parts) for column in columns}
    main = {column for part in parts for column in columns_in_layout(part, kind)[:2]}
    frequent = [column for column in columns if column in main or filled[column] * 3 >= len(parts)]
    chosen = frequent[:_MAX_COLUMNS] or list(columns[:1])
    return chosen, [column for column in columns if column not in chosen]


def _has_only(entity: NamedNode, parts: Sequence[PartData], column: NamedNode) -> bool:
    """True for a column in which nothing but the page's own entity is."""
    values = [value.value for part in parts for value in _values(part, column)]
    return bool(values) and all(value == entity for value in values)


def _names_owner(part: PartData, columns: Sequence[NamedNode]) -> bool:
    """True when a row names the owner in one of its columns, such as the film for which a prize was won."""
    return any(value.value == part.owner for value in part.values(*columns))


def heading(display: Display, property: NamedNode, *, is_many: bool = False) -> str:
    """The heading of a column or line; in the plural where the line has several values."""
    plural = PLURAL_HEADINGS.get(property, "") if is_many else ""
    return plural or capitalised(HEADINGS.get(property) or display.label(property))


def _column_heading(display: Display, kind: str, column: NamedNode) -> str:
    if kind and column == vocab.givenBy:
        return RECOGNITIONS[kind].given_by
    return "Festival or ceremony" if kind and column == vocab.edition else heading(display, column)


def in_order(data: EntityData, parts: Iterable[PartData]) -> list[PartData]:
    """By their first day, then by position and IRI; awards the newest first."""

    def key(part: PartData) -> tuple[str, float, str]:
        position = numeric_value(part.first(vocab.position))
        day = data.days.get(part.iri) or data.years.get(part.iri, "9999")
        return (day, position if position is not None else 1e9, part.iri.value)

    ordered = sorted(parts, key=key)
    if ordered and all(recognition_kind(part) == WON or is_nomination(part) for part in ordered):
        ordered.sort(key=lambda part: data.years.get(part.iri, "")[:4], reverse=True)
    return ordered


# --- cells


def _owner_heading(display: Display, parts: Iterable[PartData]) -> str:
    graph = display.graph
    return "Film" if all(has_type(graph.store, graph.ontology, part.owner, vocab.Film) for part in parts) else "Name"


def _owner(data: EntityData, display: Display, part: PartData) -> DisplayValue:
    return DisplayValue(data.label) if part.owner == data.entity else display.term(part.owner)


def _role(data: EntityData, display: Display, part: PartData) -> tuple[DisplayValue, ...]:
    property = data.property_to(part)
    return (DisplayValue(heading(display, property)),) if property is not None else ()


def _labelled(display: Display, part: PartData, kind: str, columns: Sequence[NamedNode]) -> Iterator[DisplayValue]:
    """Yield the values of several properties, each with the property's name."""
    for column in columns:
        for value in cell(display, part, column):
            label = "" if column in SELF_EVIDENT else _column_heading(display, kind, column).lower()
            yield replace(value, label=label)


def cell(display: Display, part: PartData, column: NamedNode) -> tuple[DisplayValue, ...]:
    """The values of a part's property: money with its currency, a score with its scale."""
    values = _result(part) if column == vocab.outcome else _values(part, column)
    return tuple(replace(_cell_value(display, part, value), is_contested=value.is_contested) for value in values)


def _values(part: PartData, column: NamedNode) -> list[PropertyValue]:
    """The values of a property; where no edition is known, that of which it is one: `Busan Film Festival`."""
    values = part.values(column)
    return values or part.values(vocab.eventSeries) if column == vocab.edition else values


def _cell_value(display: Display, part: PartData, value: PropertyValue) -> DisplayValue:
    if value.property == vocab.amount:
        return DisplayValue(money(part, value))
    if value.property == vocab.score and (scale := part.text(vocab.scale)):
        return DisplayValue(f"{value.text}/{scale}")
    if value.property == vocab.ovationMinutes:
        return DisplayValue(f"{value.text} minutes")
    if value.property in (vocab.outcome, vocab.score):
        return DisplayValue(value.text)
    if value.property == vocab.claim and part.text(vocab.reportedWrongly) == "true":
        return DisplayValue(f"{value.text} (misreported)")
    return display.term(value.value)


def _result(part: PartData) -> list[PropertyValue]:
    """What came of a nomination, where a source states it; of a number, what is counted."""
    is_number = bool(part.values(vocab.count))
    return [value for value in part.values(vocab.outcome) if is_number or value.text != "nominated"]


def money(part: PartData, value: PropertyValue) -> str:
    """An amount with its currency: `$36,500,000`, `about CHF 40,000,000`."""
    amount = value.value.value if isinstance(value.value, Literal) else value.text
    about = "about " if part.text(vocab.approximate) == "true" else ""
    return f"{about}{money_in_words(amount, part.text(vocab.currency))}"


def row_citations(display: Display, part: PartData) -> tuple[SourceCitation, ...]:
    """The sources of everything in a row, by property."""
    return display.citations((fact for value in part.properties for fact in value.facts), with_property=True)


# --- cast, crew and works


def cast_table(data: EntityData, display: Display) -> Iterator[Block]:
    """Yield the cast of a film with their characters, from credits or else from the characters that they play."""
    actors = data.of(*CAST)
    if vocab.Film not in data.classes or not actors:
        return
    credits = cast_credits(data)
    rows = []
    for actor in actors:
        own = [part for part in credits if part.first(vocab.agent) == actor.value]
        characters = tuple(value for part in own for value in cell(display, part, vocab.character))
        citations = tuple(citation for part in own for citation in row_citations(display, part))
        billing = _billing(own)
        billed = (DisplayValue(billing),) if billing else ()
        name = cast_member(data, display, actor)
        cells = ((name,), characters or tuple(_characters(data, display, actor.value)), billed)
        order = (BILLINGS.index(billing) if billing else len(BILLINGS), *order_in_cast(own), name.text)
        rows.append((order, TableRow(cells, citations)))
    rows.sort(key=lambda row: row[0])
    more = tuple(
        Hyperlink(f"all {values.count:,} as {display.label(property)}", values_url(data.entity, property))
        for property in CAST
        if (values := data.values.get(property)) is not None and values.omitted
    )
    columns = ("Performer", "Character", "Billing")[: 3 if any(row.cells[2] for _, row in rows) else 2]
    shown = tuple(replace(row, cells=row.cells[: len(columns)]) for _, row in rows)
    yield DisplayTable("Cast", columns, shown, more=more)


def _billing(credits: Iterable[PartData]) -> str:
    """Whether somebody has a leading or a supporting part; empty where no credit says so."""
    roles = {value.text for credit in credits for value in credit.values(vocab.role)}
    return next((billing for billing in BILLINGS if billing in roles), "")


def _characters(data: EntityData, display: Display, actor: Term) -> Iterator[DisplayValue]:
    """Yield the characters of a film whom somebody plays."""
    graph = display.graph
    if not isinstance(actor, NamedNode):
        return
    for quad in find_quads(graph.store, None, vocab.playedBy, actor, KNOWLEDGE):
        character = quad.subject
        if isinstance(character, NamedNode) and is_known(graph, Triple(character, vocab.characterIn, data.entity)):
            facts = list(graph.provenance.facts(Triple(character, vocab.playedBy, actor)))
            yield replace(display.term(character, facts), why_url="" if facts else why_url(quad.triple))


def cast_member(data: EntityData, display: Display, actor: PropertyValue) -> DisplayValue:
    """An actor with the sources that say so, be it in a credit; with the explanation where no source does."""
    shown = display.value(data.entity, actor)
    credits = [part for part in cast_credits(data) if part.first(vocab.agent) == actor.value]
    is_stated = any(value.facts for part in credits for value in part.values(vocab.agent))
    return replace(shown, why_url="") if is_stated else shown


def crew_table(data: EntityData, display: Display) -> Iterator[Block]:
    """Yield the people who made a work, one row for each with all their roles; of a film those that no card names."""
    if vocab.Work not in data.classes:
        return
    people: dict[Term, dict[str, DisplayValue]] = {}
    cast = {actor.value for actor in data.of(*CAST)}
    for property, role in CREW.items():
        for value in data.of(property):
            if property != vocab.contributor or value.value not in cast | people.keys():
                people.setdefault(value.value, {})[role] = display.value(data.entity, value)
    for part in data.parts:
        agent = part.first(vocab.agent)
        is_crew = vocab.credit in part.reached_by and vocab.castCredit not in part.reached_by
        if is_crew and part.owner == data.entity and agent is not None:
            for value in part.values(vocab.role):
                citations = display.citations(value.facts)
                people.setdefault(agent, {}).pop(CREW[vocab.contributor], None)
                people[agent][value.text] = DisplayValue(value.text, citations=citations)
    rows = tuple(
        TableRow(((display.term(person),), tuple(_as_role(role, value) for role, value in roles.items())))
        for person, roles in people.items()
        if isinstance(person, NamedNode) and not (vocab.Film in data.classes and roles.keys() <= _ROLES_IN_CARD)
    )
    if rows:
        caption = "Further crew" if vocab.Film in data.classes else "Crew"
        yield DisplayTable(caption if cast else "", ("Name", "Role"), rows)


_ROLES_IN_CARD = frozenset(role for property, role in CREW.items() if property in CARD[vocab.Film])
"""The roles for which the card of a film has a line, so that its crew table need not repeat them."""


def _as_role(role: str, value: DisplayValue) -> DisplayValue:
    """The name of a role, with the citations or the explanation of the value that states it."""
    return replace(value, text=role, url="", term=None)


def works_table(data: EntityData, display: Display) -> Iterator[Block]:
    """Yield the works of a person or organisation by year, one row for each with all roles in it."""
    works: dict[NamedNode, list[DisplayValue]] = {}
    more: list[Hyperlink] = []
    for property, role in ROLES.items():
        values = data.values.get(property)
        if values is None or AGENTS.isdisjoint(data.classes):
            continue
        is_general = property == inverse_of(vocab.contributor)
        if values.omitted and not (is_general and more):
            more.append(Hyperlink(f"all {values.count:,} as {role}", values_url(data.entity, property)))
        for value in values.values:
            if isinstance(value.value, NamedNode) and not is_part_term(value.value):
                roles = works.setdefault(value.value, [])
                if property == inverse_of(vocab.castMember):
                    roles.extend(_cast_role(data, display, role, value))
                elif not is_general or not roles:
                    roles.append(_as_role(role, display.value(data.entity, value)))
    if not works:
        return
    dated = sorted((date_of(display.graph, work)[:4], display.label(work), work) for work in works)
    dated.sort(key=lambda found: found[0], reverse=True)
    caption = "" if more else counted(len(dated), "work")
    if not any(year for year, _, _ in dated):
        rows = tuple(TableRow(((display.term(work),), tuple(works[work]))) for _, _, work in dated)
        yield DisplayTable(caption, ("Title", "Role"), rows, more=tuple(more))
        return
    rows = tuple(
        TableRow(((display.term(work),), (DisplayValue(year),), tuple(works[work]))) for year, _, work in dated
    )
    yield DisplayTable(caption, ("Title", "Year", "Role"), rows, more=tuple(more))


def _cast_role(data: EntityData, display: Display, role: str, work: PropertyValue) -> Iterator[DisplayValue]:
    """Yield the role of an actor in a work, then the characters, with the sources of the credits that name them."""
    credits = [
        part for part in data.parts
        if part.owner == work.value and part.narrowest_class == vocab.Credit and part.first(vocab.agent) == data.entity
    ]  # fmt: skip
    shown = _as_role(role, display.value(data.entity, work))
    facts = [fact for part in credits for value in part.values(vocab.agent, vocab.character) for fact in value.facts]
    yield replace(shown, citations=display.citations(facts), why_url="") if facts and not shown.citations else shown
    for part in credits:
        for character in cell(display, part, vocab.character):
            yield replace(character, label="as")


# --- statements


def statement_lists(data: EntityData, display: Display, parts: Sequence[PartData]) -> Iterator[StatementList]:
    """Yield reviews, statements by the page's entity, and statements about it."""
    reviews = [part for part in parts if part.narrowest_class == vocab.Review]
    others = [part for part in parts if part.narrowest_class != vocab.Review]
    for caption, chosen in (
        ("Reviews", reviews),
        (f"What {data.label} says", [part for part in others if part.owner == data.entity]),
        ("What others say", [part for part in others if part.owner != data.entity]),
    ):
        if chosen:
            yield StatementList(tuple(_statement(data, display, part) for part in in_order(data, chosen)), caption)


def _statement(data: EntityData, display: Display, part: PartData) -> QuotedStatement:
    is_own = part.owner == data.entity
    is_summary = any(is_reworded(fact) for value in part.values(vocab.claim) for fact in value.facts)
    claim = next(iter(cell(display, part, vocab.claim)), DisplayValue(""))
    return QuotedStatement(
        claim=replace(claim, text=capitalised(claim.text)) if is_summary else claim,
        speaker=() if is_own else (display.term(part.owner),),
        occasion=(*cell(display, part, vocab.occasion), *cell(display, part, vocab.outlet)),
        about=tuple(value for value in cell(display, part, vocab.about) if value.term != data.entity),
        words=tuple(value.text for value in part.values(vocab.praiseWord))[:_MAX_WORDS],
        date=next((date_in_words(value.text) for value in part.values(vocab.date, vocab.year)), ""),
        citations=row_citations(display, part),
        is_verbatim=not is_summary,
        note="summary" if is_summary else "",
    )


# --- conflicts


def conflict_lists(data: EntityData, display: Display) -> Iterator[Block]:
    """Yield what is contested with what is preferred to it, and amounts on which sources differ."""
    found = (
        *(contested_values(display, conflict) for conflict in data.conflicts),
        *_differing_amounts(data, display),
    )
    if found:
        yield ConflictList(found)


def contested_values(display: Display, conflict: Conflict) -> DisplayConflict:
    """The values of a conflict: those that are preferred, and those that are contested with the reason."""
    fact = conflict.contested[0].fact
    values = dict.fromkeys(fact.value for fact in conflict.preferred)
    accepted = tuple(display.side([fact for fact in conflict.preferred if fact.value == value]) for value in values)
    undecided = any(lost.is_undecided for lost in conflict.contested)
    rejected = tuple(display.rejected(lost) for lost in conflict.contested)
    note = f"Nothing is decided: {conflict.reason}." if undecided else ""
    return DisplayConflict(display.term(fact.subject), display.label(fact.property), accepted, rejected, note)


def _differing_amounts(data: EntityData, display: Display) -> Iterator[DisplayConflict]:
    """Yield totals of one territory that differ, unless because each is of a day of its own."""
    groups: dict[tuple[NamedNode, Term | None, Term | None, Term | None], list[PartData]] = {}
    for part in data.parts:
        name = part.layout
        if name in (vocab.boxOffice, vocab.budget) and part.owner == data.entity and _has_accepted_amount(part):
            key = (name, part.first(vocab.territory), part.first(vocab.period), part.first(vocab.currency))
            groups.setdefault(key, []).append(part)
    for (name, territory, *_), parts in groups.items():
        days = [part.text(vocab.asOf) for part in parts]
        if len(set(days)) == len(parts) and all(days):
            continue
        if len({part.first(vocab.amount) for part in parts}) > 1 and len(_sources_of_amounts(parts)) > 1:
            where = f", {display.label(territory)}" if isinstance(territory, NamedNode) else ""
            subject = DisplayValue(f"{CAPTIONS[name]}{where}", "#box-office")
            amounts = tuple(_dated_amount(display, part) for part in in_order(data, parts))
            yield DisplayConflict(subject, "amount", amounts, note="All figures are kept, each with its date.")


def _has_accepted_amount(part: PartData) -> bool:
    return any(not value.is_contested for value in part.values(vocab.amount))


def _dated_amount(display: Display, part: PartData) -> DisplayValue:
    amount, as_of = part.values(vocab.amount)[0], part.text(vocab.asOf)
    date = f", as of {date_in_words(as_of)}" if as_of else ""
    return DisplayValue(money(part, amount) + date, citations=display.citations(amount.facts))


def _sources_of_amounts(parts: Iterable[PartData]) -> set[str]:
    return {fact.evidence.source for part in parts for value in part.values(vocab.amount) for fact in value.facts}


# --- timeline


def timeline(data: EntityData, display: Display) -> Iterator[Timeline]:
    """Yield the dated events of the entity, if there are at least two."""
    events = [
        _event(data, display, part)
        for part in data.parts
        if part.iri in data.days and part.owner == data.entity and not _is_undated(part)
    ]
    dates = (vocab.birthDate, vocab.date, vocab.start, vocab.end)
    for property in (*dates, *(() if events else (vocab.year,))):
        for value in data.of(property):
            text = value.value.value if isinstance(value.value, Literal) else ""
            citations = display.citations(value.facts)
            title = capitalised(display.label(property))
            events.append(TimelineEvent(text, date_in_words(text), title, citations=citations))
    if len(events) > 1:
        yield Timeline(tuple(sorted(events, key=lambda event: (event.sort_key, event.title))))


def _is_undated(part: PartData) -> bool:
    """True for what is no event: a record names the year of another film."""
    return part.layout in UNDATED or recognition_kind(part) == RECORD


def _event(data: EntityData, display: Display, part: PartData) -> TimelineEvent:
    """An event as the beginning of a sentence: `Release in North America by Neon, theatrical`."""
    dated = part.values(vocab.date, vocab.start, vocab.year, vocab.end, vocab.asOf)
    day, table = data.days[part.iri], RECOGNITIONS.get(recognition_kind(part))
    citations = display.citations([fact for value in dated for fact in value.facts])
    title = part.text(vocab.kind) or display.label(data.property_to(part) or part.narrowest_class)
    title = table.title if table is not None else title
    words = TIMELINE_WORDS | ({vocab.recipient: "for"} if is_nomination(part) else {})
    values = [
        replace(value, label=label if number == 0 else "")
        for property, label in words.items()
        for number, value in enumerate(_named(display, part, property))
    ]
    rest = [
        value for value in part.properties
        if value not in dated and value.property not in TIMELINE_WORDS and isinstance(value.value, NamedNode)
        and value.facts and value.value != data.entity
    ]  # fmt: skip
    values += [display.term(value.value) for value in rest]
    values += [DisplayValue(value.text) for value in part.values(vocab.medium, vocab.description)]
    date = date_in_words(dated[0].text if dated else day)
    return TimelineEvent(day, date, capitalised(title), tuple(values), citations)


def _named(display: Display, part: PartData, property: NamedNode) -> list[DisplayValue]:
    """The entities that a property of an event names, a festival only where its edition is not known."""
    if property == vocab.eventSeries and part.values(vocab.edition):
        return []
    values = [value for value in part.values(property) if isinstance(value.value, NamedNode)]
    return [display.term(value.value) for value in values if value.facts or property == vocab.eventSeries]
