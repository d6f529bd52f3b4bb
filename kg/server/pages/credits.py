"""Who made a work and who plays in it, or which works somebody made, walk out as tables with one row for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyoxigraph import NamedNode, Triple

from kg import vocabulary as vocab
from kg.graph.store import find_quads
from kg.lookup.entity_description import PropertyValue
from kg.server.pages.display import Shown
from kg.server.pages.entity_data import holds
from kg.server.pages.layout_tables import CAST, CREW, ROLES
from kg.server.pages.page_builder import Drafting, is_part
from kg.server.pages.sort_order import day_of
from kg.server.pages.tables import cell, citations_of, name_of
from kg.server.pages.urls import why_of
from kg.server.pages.view_models import (
    Block,
    Link,
    Table,
    TableRow,
)
from kg.terms import KNOWLEDGE, entity_iri


def cast(drafting: Drafting) -> Iterator[Block]:
    """Who plays whom: from credits, and where there is none, from the characters that somebody plays in this film."""
    gathered, teller = drafting.gathered, drafting.teller
    actors = gathered.of(*CAST)
    if "Film" not in gathered.all_kinds or not actors:
        return
    drafting.told.update(CAST)
    credits = [part for part in gathered.parts if part.kind == "CastCredit" and part.owner == gathered.thing]
    drafting.told_parts.update(part.node for part in credits if len(part.said) <= 2)
    rows = []
    for actor in actors:
        own = [part for part in credits if part.first("agent") == actor.value]
        characters = tuple(shown for part in own for shown in cell(teller, part, "character"))
        cited = tuple(citation for part in own for citation in citations_of(teller, part))
        characters = characters or tuple(_characters(drafting, actor.value))
        rows.append(
            (
                actor,
                TableRow(((_with_way(drafting, actor, CAST),), characters, (Shown(_lead(drafting, actor)),)), cited),
            )
        )
    rows.sort(key=lambda one: (_RANK.get(_lead(drafting, one[0]), 2), one[1].cells[0][0].text))
    columns = ("Performer", "Character", "Part")
    more = tuple(
        Link(f"all {values.count:,} as {teller.label(entity_iri(name))}", drafting.all_of(entity_iri(name)))
        for name in CAST
        if (values := gathered.values.get(entity_iri(name))) is not None and values.left_out
    )
    yield Table("Cast", columns, tuple(row for _, row in rows), more=more)


_RANK = {"leading": 0, "supporting": 1}


def _lead(drafting: Drafting, actor: PropertyValue) -> str:
    for name in ("leadingActor", "supportingActor"):
        if any(one.value == actor.value for one in drafting.gathered.of(name)):
            return name.removesuffix("Actor")
    return ""


def _characters(drafting: Drafting, actor: object) -> Iterator[Shown]:
    graph, thing = drafting.teller.graph, drafting.gathered.thing
    if not isinstance(actor, NamedNode):
        return
    for quad in find_quads(graph.store, actor, vocab.plays, None, KNOWLEDGE):
        if isinstance(quad.object, NamedNode) and holds(graph, Triple(quad.object, vocab.characterIn, thing)):
            facts = list(graph.provenance.facts(Triple(quad.object, vocab.playedBy, actor)))
            shown = drafting.teller.term(quad.object, facts)
            if facts:
                yield shown
            else:
                yield Shown(shown.text, shown.address, therefore=why_of(quad.triple), term=shown.term)


def _with_way(drafting: Drafting, said: PropertyValue, names: Sequence[str]) -> Shown:
    """Somebody with who says it, under whichever property it is said; or with the reasons of the narrowest."""
    same = [one for name in names for one in drafting.gathered.of(name) if one.value == said.value]
    best = next((one for one in same if one.facts), same[0] if same else said)
    return drafting.teller.therefore(drafting.gathered.thing, best)


def crew(drafting: Drafting) -> Iterator[Block]:
    """Who else made it: one row for everybody, with all their parts."""
    gathered, teller = drafting.gathered, drafting.teller
    if "Work" not in gathered.all_kinds:
        return
    people: dict[object, list[tuple[str, Shown]]] = {}
    for name, role in CREW.items():
        for one in gathered.of(name):
            if role or one.value not in people:
                people.setdefault(one.value, []).append((role, teller.therefore(gathered.thing, one)))
    for part in gathered.parts:
        if part.kind == "CrewCredit" and part.owner == gathered.thing and (agent := part.first("agent")) in people:
            jobs = [Shown(one.text, citations=tuple(teller.citations(one.facts))) for one in part.values("job")]
            people[agent] += [(job.text, job) for job in jobs]
            if all(name_of(one) in ("agent", "job") for one in part.said):
                drafting.told_parts.add(part.node)
    if not people:
        return
    drafting.told.update(name for name in CREW if name not in drafting.told)
    rows = []
    for person, parts in people.items():
        told = [part for part in parts if part[0]] or parts
        if isinstance(person, NamedNode):
            roles = tuple(_as_role(role, shown) for role, shown in dict(told).items())
            rows.append(TableRow(((teller.term(person),), roles)))
    yield Table("Crew", ("Who", "As"), tuple(rows))


def _as_role(role: str, shown: Shown) -> Shown:
    return Shown(
        role or "crew", citations=shown.citations, more_citations=shown.more_citations, therefore=shown.therefore
    )


def works(drafting: Drafting) -> Iterator[Block]:
    """The works of a person or organisation: one row for each, with their parts in it, by year."""
    gathered, teller = drafting.gathered, drafting.teller
    works: dict[NamedNode, list[Shown]] = {}
    more: list[Link] = []
    for name, role in ROLES.items():
        values = gathered.values.get(entity_iri(name))
        if values is None or gathered.all_kinds.isdisjoint(("Agent", "Person", "Organisation")):
            continue
        drafting.told.add(name)
        if values.left_out and not (name == "contributedTo" and more):
            more.append(Link(f"all {values.count:,} as {role}", drafting.all_of(entity_iri(name))))
        for one in values.said:
            if isinstance(one.value, NamedNode) and not is_part(one):
                roles = works.setdefault(one.value, [])
                if name != "contributedTo" or not roles:
                    roles.append(_as_role(role, teller.therefore(gathered.thing, one)))
    if not works:
        return
    dated = sorted((day_of(teller.graph, work)[:4], teller.label(work), work) for work in works)
    told = f"{'Some of the works: ' if more else ''}{len(dated)} work{'s' if len(dated) != 1 else ''}"
    if not any(year for year, _, _ in dated):
        rows = tuple(TableRow(((teller.term(work),), tuple(works[work]))) for _, _, work in dated)
        yield Table(told, ("Title", "As"), rows, more=tuple(more))
        return
    rows = tuple(TableRow(((teller.term(work),), (Shown(year),), tuple(works[work]))) for year, _, work in dated)
    yield Table(told, ("Title", "Year", "As"), rows, more=tuple(more))
