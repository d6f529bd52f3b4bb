"""What is gathered about a thing walks in; the sections of its page walk out, in the order of the layouts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyoxigraph import NamedNode

from kg import vocabulary as vocab
from kg.graph.provenance import EARLIEST, LATEST
from kg.graph.store import find_quad
from kg.server.pages.credits import cast, crew, works
from kg.server.pages.display import Shown, to_float, way_back
from kg.server.pages.entity_data import Part, Values
from kg.server.pages.layout_tables import FOLLOWING_ONLY, OPENING, SECTIONS, Plan
from kg.server.pages.page_builder import Drafting, exact, is_part
from kg.server.pages.statements import disagreements, said, timeline
from kg.server.pages.tables import box_office, ratings, table_of
from kg.server.pages.urls import list_of, sparql_of
from kg.server.pages.view_models import (
    Block,
    Line,
    Lines,
    Link,
    Section,
    Table,
    TableRow,
)
from kg.terms import FILM, KNOWLEDGE, NOTE, entity_iri


def opening(drafting: Drafting) -> Lines:
    """The card at the top: what one looks for first, for the first class of the layout that fits."""
    kinds = drafting.gathered.all_kinds
    names = next((names for kind, names in OPENING.items() if kind in kinds), ())
    return next(drafting.lines(names), Lines(()))


def sections(drafting: Drafting) -> Iterator[Section]:
    """The sections that have something in them, in the order in which they are read."""
    plans = {plan.id: plan for plan in SECTIONS}
    made: list[tuple[str, str, list[Block]]] = [
        ("credits", "Cast and crew", [*cast(drafting), *crew(drafting)]),
        ("films", "Films and other works", list(works(drafting))),
        ("story", "Story", [*_planned(drafting, plans["story"]), *_story(drafting)]),
        ("awards", "Awards", [*_awards(drafting), *_planned(drafting, plans["awards"])]),
        ("release", "Release by territory", list(_planned(drafting, plans["release"]))),
        ("box-office", "Box office and budget", list(_money(drafting))),
        ("ratings", "Ratings", list(_ratings(drafting))),
        ("said", "What was said", list(said(drafting))),
        ("making", "Making", list(_planned(drafting, plans["making"]))),
        ("disagreements", "What the sources disagree on", list(disagreements(drafting))),
        ("timeline", "Timeline", list(timeline(drafting))),
        ("more", "More", list(_more(drafting))),
        ("named", "Where it is named", list(_leading(drafting))),
    ]
    for id, title, blocks in made:
        if blocks and id == "awards" and "Award" in drafting.gathered.all_kinds:
            yield Section(id, "Winners and nominees", blocks)
        elif blocks:
            yield Section(id, title, blocks)
    follows = list(_following(drafting))
    if follows:
        yield Section("follows", "What follows from all this", follows, is_folded=True)


def _planned(drafting: Drafting, plan: Plan) -> Iterator[Block]:
    yield from drafting.lines(plan.properties)
    yield from drafting.tables(*plan.parts)


def _story(drafting: Drafting) -> Iterator[Block]:
    """Characters, and what happens in order."""
    gathered, teller = drafting.gathered, drafting.teller
    if line := drafting.line("hasCharacter"):
        yield Lines((line,))
    events = [one for one in gathered.of("plotEvent") if isinstance(one.value, NamedNode)]
    if not events:
        return
    drafting.told.add("plotEvent")
    ordered = sorted((_order(drafting, one.value), teller.label(one.value), one) for one in events)  # type: ignore[arg-type]
    rows = tuple(
        TableRow(((Shown(str(number)),), (teller.therefore(gathered.thing, one),)))
        for number, (_, _, one) in enumerate(ordered, start=1)
    )
    # Who has not seen the film yet may not want to read it.
    yield Table(f"What happens, in {len(rows)} steps", ("No.", "Event"), rows, frozenset((0,)), is_folded=True)


def _order(drafting: Drafting, event: NamedNode) -> float:
    store = drafting.teller.graph.store
    found = find_quad(store, event, vocab.order, None, KNOWLEDGE)
    number = to_float(found.object) if found is not None else None
    return number if number is not None else 1e9


def _awards(drafting: Drafting) -> Iterator[Block]:
    """Wins and nominations in one table, wins first."""
    won, named = drafting.parts("Win"), drafting.parts("Nomination")
    drafting.told.update(("wonAward", "nominatedFor", "wonBy", "win", "nomination"))
    for caption, parts in (("Won", won), ("Nominated", named)):
        if parts:
            count, more = _cut(drafting, parts, is_won=parts is won)
            told = f"({count})" if count == len(parts) else f"(the newest {len(parts)} of {count})"
            yield table_of(drafting.gathered, drafting.teller, parts, caption=f"{caption} {told}", more=more)
    for name in ("wonAward", "nominatedFor", "wonBy"):
        # What no part tells: a table may say who won without saying more.
        covered = {one.value for part in (*won, *named) for one in part.said} | {part.owner for part in (*won, *named)}
        rest = [one for one in drafting.gathered.of(name) if one.value not in covered]
        if rest:
            yield Lines((drafting.to_line(entity_iri(name), Values(tuple(rest), len(rest))),))


def _cut(drafting: Drafting, parts: Sequence[Part], *, is_won: bool) -> tuple[int, tuple[Link, ...]]:
    """How many wins or other honours there are of which these are some, and where all of them are."""
    gathered, teller = drafting.gathered, drafting.teller
    count, links = len(parts), []
    for one in gathered.leading:
        if one.left_out and any(one.property.value.removeprefix(FILM) in part.names for part in parts):
            there_are = one.wins if is_won else one.count - one.wins
            count = max(count, there_are)
            if there_are > len(parts):
                text = f"all {one.count:,} as {teller.label(one.property)}"
                links.append(Link(text, list_of(gathered.thing, one.property, is_named=True)))
    return count, tuple(links)


def _money(drafting: Drafting) -> Iterator[Block]:
    gathered, teller = drafting.gathered, drafting.teller
    figures = drafting.parts("BoxOfficeFigure")
    if figures:
        yield from box_office(gathered, teller, figures)
        if rest := [part for part in figures if not part.values("amount")]:
            yield table_of(gathered, teller, rest, caption="Other figures")
    yield from drafting.tables("Budget", "Figure")


def _ratings(drafting: Drafting) -> Iterator[Block]:
    parts = drafting.parts("Rating")
    if parts:
        yield ratings(drafting.gathered, drafting.teller, parts)


def _more(drafting: Drafting) -> Iterator[Block]:
    """All else that sources say of the thing."""
    gathered = drafting.gathered
    for kind in dict.fromkeys(part.kind for part in gathered.parts if part.node not in drafting.told_parts):
        yield from drafting.tables(kind)
    rest = []
    for property, values in gathered.values.items():
        name = property.value.removeprefix(FILM)
        said = tuple(one for one in values.said if one.facts and not is_part(one))
        if name not in drafting.told and said and property not in (EARLIEST, LATEST):
            rest.append(drafting.to_line(property, Values(said, values.left_out + len(said))))
            if all(one.facts for one in values.said):
                drafting.told.add(name)
    if rest:
        yield Lines(tuple(sorted(rest, key=lambda line: line.label.casefold())))


def _leading(drafting: Drafting) -> Iterator[Block]:
    """The things that name this one, by the property by which they do."""
    teller, thing = drafting.teller, drafting.gathered.thing
    lines = []
    for one in drafting.gathered.leading:
        shown = tuple(sorted((teller.term(other) for other in one.things), key=lambda shown: shown.text.casefold()))
        query = f"SELECT ?thing {{ ?thing {exact(one.property)} {exact(thing)} }}"
        all_at = list_of(thing, one.property, is_named=True) or sparql_of(query)
        lines.append(Line(way_back(teller, one.property), shown, one.left_out, all_at))
    if lines:
        yield Lines(tuple(lines))


def _following(drafting: Drafting) -> Iterator[Block]:
    """What nobody says and no section has told: wider classes and properties, with the way to the reasons."""
    lines = []
    for property, values in drafting.gathered.values.items():
        name = property.value.removeprefix(FILM)
        said = tuple(one for one in values.said if not one.facts and not is_part(one))
        if said and property != NOTE and (name not in drafting.told or name in FOLLOWING_ONLY):
            lines.append(drafting.to_line(property, Values(said, values.left_out + len(said))))
    if lines:
        yield Lines(tuple(sorted(lines, key=lambda line: line.label.casefold())))
