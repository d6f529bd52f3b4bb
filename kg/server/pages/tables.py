"""Parts of a thing - wins, releases, figures - walk in; tables and bars walk out, each row with who says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pyoxigraph import Literal, NamedNode

from kg.facts.model import Fact
from kg.lookup.entity_description import PropertyValue
from kg.server.pages.display import Citation, Shown, Teller, is_number, to_day, to_float, to_grouped, to_spaced
from kg.server.pages.entity_data import Gathered, Part
from kg.server.pages.layout_tables import CAPTIONS, COLUMNS, FOLLOWING_ONLY, HEADINGS, MERGED
from kg.server.pages.view_models import Bar, Bars, Link, Table, TableRow
from kg.terms import FILM, LABEL, entity_iri

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_FOLLOWS = ("awardProgramme", "festival")
_MOST_COLUMNS = 5
_NO_AMOUNTS = ("position", "year", "number")


def table_of(
    gathered: Gathered, teller: Teller, parts: Sequence[Part], *, caption: str = "", more: tuple[Link, ...] = ()
) -> Table:
    """A table of parts of one class; it says to what they belong where that is not the page's thing."""
    kind = parts[0].kind
    with_owner = any(part.owner != gathered.thing for part in parts)
    every = [name for name in columns_of(parts) if not _is_known(gathered, parts, name)]
    columns, noted = _kept(parts, every)
    if all(part.owner == gathered.thing or _has_owner(part, columns) for part in parts):
        with_owner = False
    ways = {gathered.way_to(part) for part in parts} - {""} - FOLLOWING_ONLY
    rows = tuple(
        _row(gathered, teller, part, columns, noted, with_owner=with_owner, with_way=len(ways) > 1)
        for part in in_order(gathered, parts)
    )
    headings = [*(["As"] if len(ways) > 1 else []), *(heading(teller, name) for name in columns)]
    headings += ["Also"] if noted else []
    numeric = frozenset(
        number + with_owner + (len(ways) > 1) for number, name in enumerate(columns)
        if name not in _NO_AMOUNTS and all(is_number(one.value) for part in parts for one in part_values(part, name))
    )  # fmt: skip
    first = ["Of"] if with_owner else []
    titled = caption or CAPTIONS.get(kind, to_spaced(kind).capitalize())
    return Table(titled, (*first, *headings), rows, numeric, more)


def columns_of(parts: Iterable[Part]) -> list[str]:
    """The columns that some row fills: those of the layout first, then others by name."""
    parts = list(parts)
    filled = {name_of(one) for part in parts for one in part.said}
    # What follows is told only where nothing narrower is said: the programme for want of an award's edition.
    wanted = [name for part in parts for name in COLUMNS.get(part.kind, ())]
    named = [name for name in dict.fromkeys(wanted) if name in filled]
    others = sorted(filled - set(named) - MERGED - set(_FOLLOWS))
    if not {"edition", "award"} & filled:
        others += [name for name in _FOLLOWS if name in filled and name not in named]
    return [*named, *others]


def name_of(said: PropertyValue) -> str:
    """A property as the layouts call it."""
    return "label" if said.property == LABEL else said.property.value.removeprefix(FILM)


def heading(teller: Teller, name: str) -> str:
    """What stands over a column."""
    label = HEADINGS.get(name) or teller.label(entity_iri(name))
    return label[:1].upper() + label[1:]


def in_order(gathered: Gathered, parts: Iterable[Part]) -> list[Part]:
    """By their first day where they have one, then by position and name; prizes the newest first."""

    def key(part: Part) -> tuple[str, float, str]:
        position = to_float(part.first("position", "order"))
        day = gathered.days.get(part.node) or gathered.years.get(part.node, "9999")
        return (day, position if position is not None else 1e9, part.node.value)

    ordered = sorted(parts, key=key)
    if ordered and all(part.kind in ("Win", "Nomination") for part in ordered):
        ordered.sort(key=lambda part: gathered.years.get(part.node, "")[:4], reverse=True)
    return ordered


def _kept(parts: Sequence[Part], names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The columns that a table has room for, and those that are told in its last one: what few rows have."""
    filled = {name: sum(bool(part_values(part, name)) for part in parts) for name in names}
    first = {name for part in parts for name in COLUMNS.get(part.kind, ())[:2]}
    often = [name for name in names if name in first or filled[name] * 3 >= len(parts)]
    kept = often[:_MOST_COLUMNS] or list(names[:1])
    return kept, [name for name in names if name not in kept]


def part_values(part: Part, name: str) -> list[PropertyValue]:
    """The values of a column in one row."""
    return [one for one in part.said if name_of(one) == name]


def _row(
    gathered: Gathered,
    teller: Teller,
    part: Part,
    columns: Sequence[str],
    noted: Sequence[str],
    *,
    with_owner: bool,
    with_way: bool,
) -> TableRow:
    cells = [cell(teller, part, name) for name in columns]
    if with_way:
        way = gathered.way_to(part)
        cells.insert(0, (Shown(teller.label(entity_iri(way))),) if way else ())
    if with_owner:
        is_own = part.owner == gathered.thing
        cells.insert(0, (Shown(gathered.label) if is_own else teller.term(part.owner),))
    if noted:
        cells.append(tuple(_noted(teller, part, noted)))
    return TableRow(tuple(cells), tuple(citations_of(teller, part)))


def _noted(teller: Teller, part: Part, names: Sequence[str]) -> Iterator[Shown]:
    """What a row has beside its columns, each value under its name."""
    for name in names:
        for shown in cell(teller, part, name):
            yield replace(shown, label=heading(teller, name).lower())


def cell(teller: Teller, part: Part, name: str) -> tuple[Shown, ...]:
    """The values of one property of a part, money with its currency, a score with its scale."""
    said = part_values(part, name)
    if name == "amount":
        return tuple(Shown(money(part, one)) for one in said)
    if name == "score":
        scale = part.first("scale")
        return tuple(Shown(f"{one.text} of {scale.value}" if scale is not None else one.text) for one in said)
    if name == "claim" and (part.first("reportedWrongly") or Literal("")).value == "true":
        return tuple(Shown(f"{one.text} (reported wrongly)") for one in said)
    return tuple(teller.term(one.value) for one in said)


def money(part: Part, said: PropertyValue) -> str:
    """`$36,500,000`, `about CHF 40,000,000`."""
    currency, about = part.first("currency"), part.first("approximate")
    code = currency.value if currency is not None else ""
    sign = _SIGNS.get(code, f"{code} " if code else "")
    is_about = about is not None and about.value == "true"
    value = said.value.value if isinstance(said.value, Literal) else said.text
    return f"{'about ' if is_about else ''}{sign}{to_grouped(value)}"


def citations_of(teller: Teller, part: Part) -> Iterable[Citation]:
    """Who says anything in a row, by property."""
    facts: list[Fact] = [fact for one in part.said for fact in one.facts]
    return teller.citations(facts, about=True)


def _is_known(gathered: Gathered, parts: Sequence[Part], name: str) -> bool:
    """True for a column that says nothing new: nothing but the page's own thing stands in it."""
    values = [one.value for part in parts for one in part.said if name_of(one) == name]
    return bool(values) and all(value == gathered.thing for value in values)


def _has_owner(part: Part, columns: Sequence[str]) -> bool:
    """True when a row names what it belongs to anyway, such as the film for which a prize was won."""
    return any(one.value == part.owner for name in columns for one in part_values(part, name))


def box_office(gathered: Gathered, teller: Teller, parts: Sequence[Part]) -> Iterator[Bars]:
    """Takings as bars: totals by territory, and what was taken in each shorter period; one chart for each currency."""
    for is_total, caption in ((True, "In all, by territory"), (False, "By period")):
        chosen = [part for part in parts if part.values("amount") and _is_total(part) is is_total]
        for currency in dict.fromkeys(_text(part, "currency") for part in chosen):
            of_currency = [part for part in chosen if _text(part, "currency") == currency]
            amounts = [to_float(part.first("amount")) or 0.0 for part in of_currency]
            highest = max(amounts, default=0.0)
            pairs = sorted(zip(of_currency, amounts, strict=True), key=lambda one: -one[1] if is_total else one[1])
            bars = tuple(_taken(gathered, teller, part, amount, highest, is_total) for part, amount in pairs)
            yield Bars(f"{caption}{f', in {currency}' if currency else ''}", bars)


def _taken(gathered: Gathered, teller: Teller, part: Part, amount: float, highest: float, is_total: bool) -> Bar:
    names = ("territory",) if is_total else ("period", "territory")
    label = tuple(shown for name in names for shown in cell(teller, part, name))
    if part.owner != gathered.thing:
        label = (teller.term(part.owner), *label)
    notes = [f"as of {to_day(_text(part, 'asOf'))}"] if part.first("asOf") is not None else []
    for name, told in (
        ("theaters", "{} theaters"),
        ("perTheaterAverage", "{} per theater"),
        ("chartPosition", "no. {}"),
    ):
        if (value := part.first(name)) is not None:
            notes.append(told.format(to_grouped(value.value)))
    said = money(part, part.values("amount")[0])
    length = 100 * amount / highest if highest > 0 else 0.0
    return Bar(label or (Shown("not told where"),), said, length, ", ".join(notes), tuple(citations_of(teller, part)))


def _is_total(part: Part) -> bool:
    return _text(part, "period") in ("", "total")


def ratings(gathered: Gathered, teller: Teller, parts: Sequence[Part]) -> Bars:
    """Scores as bars, each of its own scale."""
    return Bars("Scores, each on its own scale", tuple(_rated(gathered, teller, part) for part in parts))


def _rated(gathered: Gathered, teller: Teller, part: Part) -> Bar:
    score, scale = to_float(part.first("score")), to_float(part.first("scale"))
    percent = to_float(part.first("positivePercent"))
    length = 100 * score / scale if score is not None and scale else percent or 0.0
    said = cell(teller, part, "score")[0].text if score is not None else f"{percent:g} %" if percent is not None else ""
    notes = [f"{percent:g} % positive"] if percent is not None and score is not None else []
    notes += [f"{count.value} reviews"] if (count := part.first("reviewCount")) is not None else []
    notes += [shown.text for name in ("verdict", "method") for shown in cell(teller, part, name)]
    notes += [f"critics from {shown.text}" for shown in cell(teller, part, "criticsFrom")]
    label = (teller.term(part.owner),) if part.owner != gathered.thing else cell(teller, part, "aggregator")
    return Bar(label, said, min(length, 100.0), ", ".join(notes), tuple(citations_of(teller, part)))


def _text(part: Part, name: str) -> str:
    value = part.first(name)
    return value.value if value is not None and not isinstance(value, NamedNode) else ""
