"""What was said, what the sources disagree on and what happened when walk out as lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import NamedNode

from kg.server.pages.display import Shown, to_day
from kg.server.pages.entity_data import Part
from kg.server.pages.layout_tables import CAPTIONS
from kg.server.pages.page_builder import Drafting
from kg.server.pages.tables import cell, citations_of, in_order, money
from kg.server.pages.view_models import (
    Block,
    Day,
    Days,
    Disagreement,
    Disagreements,
    Side,
    Statement,
    Statements,
)
from kg.terms import entity_iri


def said(drafting: Drafting) -> Iterator[Block]:
    """Statements by the page's thing and about it, reviews first."""
    gathered = drafting.gathered
    parts = drafting.parts("Statement", "Review")
    reviews = [part for part in parts if part.kind == "Review"]
    own = [part for part in parts if part.kind != "Review" and part.owner == gathered.thing]
    others = [part for part in parts if part.kind != "Review" and part.owner != gathered.thing]
    label = gathered.label
    for caption, chosen in (("Reviews", reviews), (f"By {label}", own), (f"About {label}", others)):
        if chosen:
            yield Statements(tuple(_statement(drafting, part) for part in in_order(gathered, chosen)), caption)
    yield from drafting.lines(("praisedBy", "praised", "spokeAbout"))


def _statement(drafting: Drafting, part: Part) -> Statement:
    gathered, teller = drafting.gathered, drafting.teller
    claim = next(iter(cell(teller, part, "claim")), Shown(""))
    speaker = cell(teller, part, "speaker") or ((teller.term(part.owner),) if part.owner != gathered.thing else ())
    about = tuple(one for one in cell(teller, part, "about") if one.term != gathered.thing)
    day = next((to_day(one.text) for one in part.values("date", "year")), "")
    words = tuple(one.text for one in part.values("praiseWord"))
    topics = tuple(one.text for one in part.values("topic"))
    occasion = (*cell(teller, part, "occasion"), *cell(teller, part, "outlet"))
    return Statement(claim, speaker, occasion, about, topics, words, day, citations=tuple(citations_of(teller, part)))


def disagreements(drafting: Drafting) -> Iterator[Block]:
    """What is contested, with what is taken instead; and amounts of the same thing that differ between sources."""
    found = [*_contested(drafting), *_differing(drafting)]
    if found:
        yield Disagreements(tuple(found))


def _contested(drafting: Drafting) -> Iterator[Disagreement]:
    teller = drafting.teller
    for dispute in drafting.gathered.disputes:
        fact = dispute.contested[0].fact
        subject = teller.term(fact.subject) if isinstance(fact.subject, NamedNode) else Shown(str(fact.subject))
        taken = {value: [one for one in dispute.preferred if one.value == value] for value in
                 dict.fromkeys(one.value for one in dispute.preferred)}  # fmt: skip
        refused = tuple(
            Side(teller.term(one.fact.value, [one.fact]), f"{one.kind}: {one.reason}") for one in dispute.contested
        )
        sides = tuple(Side(teller.term(value, facts)) for value, facts in taken.items())
        yield Disagreement(subject, teller.label(fact.property), sides, refused)


def _differing(drafting: Drafting) -> Iterator[Disagreement]:
    """Totals of one territory that differ: each stands as a fact of its own, with its day."""
    gathered, teller = drafting.gathered, drafting.teller
    groups: dict[tuple[object, ...], list[Part]] = {}
    for part in gathered.parts:
        if part.kind in ("BoxOfficeFigure", "Budget") and part.owner == gathered.thing and part.values("amount"):
            key = (part.kind, part.first("territory"), part.first("period"), part.first("currency"))
            groups.setdefault(key, []).append(part)
    for (kind, territory, *_), parts in groups.items():
        if len({part.first("amount") for part in parts}) > 1 and len(_sources(parts)) > 1:
            sides = tuple(Side(_figure(drafting, part)) for part in in_order(gathered, parts))
            where = teller.label(territory) if isinstance(territory, NamedNode) else ""
            subject = Shown(f"{CAPTIONS[str(kind)]}{f', {where}' if where else ''}", "#box-office")
            yield Disagreement(subject, "amount", sides, (), "Each is kept, with the day for which it holds.")


def _figure(drafting: Drafting, part: Part) -> Shown:
    as_of = part.first("asOf")
    amount = part.values("amount")[0]
    day = f", as of {to_day(as_of.value)}" if as_of is not None else ""
    return Shown(money(part, amount) + day, citations=tuple(drafting.teller.citations(amount.facts)))


def _sources(parts: Iterable[Part]) -> set[str]:
    return {fact.evidence.source for part in parts for one in part.values("amount") for fact in one.facts}


def timeline(drafting: Drafting) -> Iterator[Block]:
    """What happened to the thing and is dated."""
    gathered, teller = drafting.gathered, drafting.teller
    days = []
    for part in gathered.parts:
        if part.node in gathered.days and part.owner == gathered.thing and part.kind not in _UNDATED:
            days.append(_day(drafting, part))
    for name in ("birthDate", "date", "start", "end", "publicationDate", *(() if days else ("year",))):
        for one in gathered.of(name):
            value = getattr(one.value, "value", "")
            days.append(
                Day(value, to_day(value), teller.label(entity_iri(name)), (), tuple(teller.citations(one.facts)))
            )
    if len(days) > 1:
        yield Days(tuple(sorted(days, key=lambda day: (day.day, day.kind))))


_UNDATED = ("Statement", "Review", "BoxOfficeFigure", "Inspiration", "Rating")


def _day(drafting: Drafting, part: Part) -> Day:
    teller = drafting.teller
    dated = part.values("date", "start", "year", "end", "asOf")
    told = to_day(dated[0].text) if dated else to_day(drafting.gathered.days[part.node])
    values = [
        teller.term(one.value) for one in part.said
        if one not in dated and isinstance(one.value, NamedNode) and one.facts
    ]  # fmt: skip
    values += [Shown(one.text) for one in part.values("medium", "extent")]
    kind = teller.label(entity_iri(drafting.gathered.way_to(part) or part.kind))
    cited = tuple(teller.citations([fact for one in dated for fact in one.facts]))
    return Day(drafting.gathered.days[part.node], told, kind, tuple(values), cited)
