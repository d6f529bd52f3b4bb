"""Pictures in the colours of the page: bars of money and scores, an entity's neighbourhood, triples as a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pyoxigraph import NamedNode, Triple

from kg import vocabulary as vocab
from kg.lookup.phrases import date_in_words, money_in_words, with_article
from kg.server.pages.display import BarChart, ChartBar, Diagram, Display, DisplayValue, numeric_value
from kg.server.pages.entity_data import EntityData, PartData, is_part_term
from kg.server.pages.layouts import CARD, WIDER
from kg.server.pages.page_tables import cell, money, row_citations
from kg.server.pages.templating import render
from kg.terms import TYPE, Term
from kg.text.ellipsis import shortened

_MAX_NEIGHBOURS, _MAX_PER_PROPERTY = 14, 3
_WIDTH, _ROW_HEIGHT, _MIDDLE, _BOX_WIDTH, _MARGIN = 760, 46, 380, 176, 26
_MAX_LETTERS = 30
_MAX_COLUMNS, _SIDE = 4, 122
MAX_NODES = 40
"""How many entities a network shows."""


# --- neighbourhood: an entity in the middle, its neighbours in a column on each side, so that every name is readable


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity beside the one in the middle, with the property that joins them."""

    text: str
    url: str
    label: str
    is_left: bool
    y: float
    points_here: bool

    @property
    def x(self) -> int:
        """Where its text begins, or on the left ends."""
        return _MIDDLE - _BOX_WIDTH // 2 - 74 if self.is_left else _MIDDLE + _BOX_WIDTH // 2 + 74

    @property
    def start(self) -> int:
        """Where its line leaves the box in the middle."""
        return _MIDDLE - _BOX_WIDTH // 2 if self.is_left else _MIDDLE + _BOX_WIDTH // 2


def neighbourhood(data: EntityData, display: Display) -> Diagram | None:
    """The entities next to an entity, those that sources state first; None when it has none."""
    joined = list(islice(_joined(data, display), _MAX_NEIGHBOURS))
    if not joined:
        return None
    rows = (len(joined) + 1) // 2
    neighbours = []
    for number, (property, value, points_here) in enumerate(joined):
        is_left, row = number >= rows, number % rows
        in_column = len(joined) - rows if is_left else rows
        y = _MARGIN + _ROW_HEIGHT * (row + (rows - in_column) / 2) + 14
        neighbours.append(Neighbour(shortened(value.text, _MAX_LETTERS), value.url, property, is_left, y, points_here))
    height = rows * _ROW_HEIGHT + _MARGIN
    svg = render(
        "neighbourhood.svg", neighbours=neighbours, title=f"{data.label} and what is next to it",
        label=_wrapped(data.label), width=_WIDTH, height=height, middle=_MIDDLE, box=_BOX_WIDTH, y=height / 2,
    )  # fmt: skip
    return Diagram(svg, ", ".join(f"{neighbour.label}: {neighbour.text}" for neighbour in neighbours))


def _joined(data: EntityData, display: Display) -> Iterator[tuple[str, DisplayValue, bool]]:
    """Yield property and neighbour, a property at a time, so that one with many values does not hide the others."""
    queues: list[list[tuple[str, DisplayValue, bool]]] = []
    for is_stated in (True, False):
        for property, values in sorted(data.values.items(), key=lambda item: _rank(item[0])):
            if property not in WIDER:
                terms = [value.value for value in values.values if bool(value.facts) is is_stated]
                entities = [term for term in terms if isinstance(term, NamedNode) and not is_part_term(term)]
                queues.append(
                    [(display.label(property), display.term(entity), False) for entity in entities[:_MAX_PER_PROPERTY]]
                )
    queues += [
        [
            (display.inverse_label(referrers.property), display.term(entity), True)
            for entity in referrers.entities[:_MAX_PER_PROPERTY]
        ]
        for referrers in data.referrers
    ]
    seen: set[Term | None] = {data.entity}
    for turn in range(_MAX_PER_PROPERTY):
        for queue in queues:
            if turn < len(queue) and queue[turn][1].url.startswith("/") and queue[turn][1].term not in seen:
                seen.add(queue[turn][1].term)
                yield queue[turn]


def _rank(property: NamedNode) -> tuple[int, str]:
    """The properties of cards come first, as on the page."""
    positions = [properties.index(property) for properties in CARD.values() if property in properties]
    return (min(positions, default=99), property.value)


# --- network: triples between entities, in columns


@dataclass(frozen=True, slots=True)
class NetworkNode:
    """An entity of a network, with its position."""

    text: str
    url: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class NetworkEdge:
    """A triple of a network, with the name of its property."""

    text: str
    start: NetworkNode
    end: NetworkNode

    @property
    def middle(self) -> tuple[float, float]:
        """The position of its name."""
        return ((self.start.x + self.end.x) / 2, (self.start.y + self.end.y) / 2)


def network(triples: Sequence[Triple], display: Display) -> Diagram | None:
    """Triples between entities as a network of at most `MAX_NODES`; None when no two entities are joined."""
    joined = [
        (triple.subject, triple.predicate, triple.object)
        for triple in triples
        if isinstance(triple.subject, NamedNode) and isinstance(triple.object, NamedNode) and triple.predicate != TYPE
    ]
    entities: dict[NamedNode, None] = {}
    for subject, _, value in joined:
        if len(entities.keys() | {subject, value}) <= MAX_NODES:
            entities |= {subject: None, value: None}
    if not entities:
        return None
    drawn = [triple for triple in joined if triple[0] in entities and triple[2] in entities]
    columns = _columns(list(entities), [(subject, value) for subject, _, value in drawn])
    height = _MARGIN + _ROW_HEIGHT * max(map(len, columns))
    values = {entity: display.term(entity) for entity in entities}
    nodes = {
        entity: NetworkNode(shortened(values[entity].text, _MAX_LETTERS), values[entity].url, *position)
        for entity, position in _positions(columns, height).items()
    }
    edges = [NetworkEdge(display.label(property), nodes[start], nodes[end]) for start, property, end in drawn]
    svg = render(
        "network.svg", nodes=[nodes[entity] for entity in entities], edges=edges, width=_WIDTH, height=height,
        title="Answer as a graph",
    )  # fmt: skip
    return Diagram(svg)


def _columns(entities: Sequence[NamedNode], pairs: Sequence[tuple[NamedNode, NamedNode]]) -> list[list[NamedNode]]:
    """Entities in columns from left to right in the direction of the triples, each beside those that lead to it."""
    before: dict[NamedNode, list[NamedNode]] = {entity: [] for entity in entities}
    for start, end in pairs:
        if start != end:
            before[end].append(start)
    column = dict.fromkeys(entities, 0)
    for _ in range(_MAX_COLUMNS - 1):
        # In a cycle of triples this ends at the last column.
        for entity in entities:
            column[entity] = min(_MAX_COLUMNS - 1, max((column[other] + 1 for other in before[entity]), default=0))
    columns: list[list[NamedNode]] = [[] for _ in range(max(column.values()) + 1)]
    height: dict[NamedNode, float] = {}
    for number, members in enumerate(columns):
        members += [entity for entity in entities if column[entity] == number]
        members.sort(key=lambda entity: _mean([height[other] for other in before[entity] if other in height]))
        height |= {entity: (row + 0.5) / len(members) for row, entity in enumerate(members)}
    return [members for members in columns if members]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _positions(columns: Sequence[Sequence[NamedNode]], height: float) -> Mapping[NamedNode, tuple[float, float]]:
    """The position of each entity: its column's side, and the column spread over the height."""
    width = (_WIDTH - 2 * _SIDE) / max(1, len(columns) - 1)
    return {
        entity: (_SIDE + width * number, height * (row + 0.5) / len(column))
        for number, column in enumerate(columns)
        for row, entity in enumerate(column)
    }


def _wrapped(label: str) -> list[str]:
    """A label in at most three lines."""
    lines = [""]
    for word in label.split():
        if len(lines[-1]) + len(word) > 20 and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()[:24]
    return [*lines[:2], "…"] if len(lines) > 3 else lines


# --- bars


def box_office(data: EntityData, display: Display, figures: Sequence[PartData]) -> Iterator[BarChart]:
    """Yield charts of figures in one currency: totals day by day beside the budget, then those of shorter periods.

    All bars of a chart are on one scale, so any two of them can be compared.
    """
    with_amount = [part for part in figures if part.values(vocab.amount)]
    currencies = dict.fromkeys(part.text(vocab.currency) for part in with_amount)
    for currency in currencies:
        of_currency = [part for part in with_amount if part.text(vocab.currency) == currency]
        in_currency = f", in {currency}" if currency and len(currencies) > 1 else ""
        totals = [part for part in of_currency if _is_total(part) and part.layout != vocab.budget]
        if totals:
            totals.sort(key=lambda part: (part.text(vocab.asOf), _amount(part)), reverse=True)
            budgets = [part for part in of_currency if part.layout == vocab.budget]
            yield BarChart(f"Total gross{in_currency}", tuple(_bars(data, display, [*totals, *budgets])))
        if periods := [part for part in of_currency if not _is_total(part)]:
            periods.sort(key=lambda part: (_ordinal(part.text(vocab.period)), _amount(part)))
            yield _period_chart(data, display, periods, in_currency)


def budgets_beside(figures: Iterable[PartData], budgets: Iterable[PartData]) -> list[PartData]:
    """The budgets that a chart of totals can show: in its currency, and with one amount that nobody disputes."""
    currencies = {part.text(vocab.currency) for part in figures if part.values(vocab.amount) and _is_total(part)}
    return [
        part for part in budgets
        if part.text(vocab.currency) in currencies
        and [value.is_contested for value in part.values(vocab.amount)] == [False]
    ]  # fmt: skip


def _period_chart(data: EntityData, display: Display, parts: Sequence[PartData], in_currency: str) -> BarChart:
    """The figures of periods in their order; one territory that all of them have is in the caption."""
    territories = {value.text for part in parts for value in cell(display, part, vocab.territory)}
    bars = tuple(_bars(data, display, parts, names_territory=len(territories) != 1))
    where = f" in {with_article(next(iter(territories)))}" if len(territories) == 1 else ""
    return BarChart(f"Gross over time{where}{in_currency}", bars)


def _bars(
    data: EntityData, display: Display, parts: Sequence[PartData], *, names_territory: bool = True
) -> Iterator[ChartBar]:
    """Yield a bar for each figure; days head the bars below them where there are several days."""
    highest = max(map(_amount, parts), default=0.0)
    days = {part.text(vocab.asOf) for part in parts if part.layout != vocab.budget}
    before = ""
    for part in parts:
        day = part.text(vocab.asOf)
        bar = _gross(data, display, part, names_territory=names_territory, names_day=len(days) == 1)
        heading = f"As of {date_in_words(day)}" if len(days) > 1 and day and day != before else ""
        length = 100 * _amount(part) / highest if highest > 0 else 0.0
        yield replace(bar, length=length, heading=heading)
        before = day


def _amount(part: PartData) -> float:
    return numeric_value(part.first(vocab.amount)) or 0.0


def _ordinal(period: str) -> int:
    """Where a period comes among others: `opening weekend`, `second weekend`, `third week`."""
    first = period.split(" ", 1)[0].lower()
    return _ORDINALS.index(first) if first in _ORDINALS else len(_ORDINALS)


def _is_total(part: PartData) -> bool:
    return part.text(vocab.period) in ("", "total")


def _gross(data: EntityData, display: Display, part: PartData, *, names_territory: bool, names_day: bool) -> ChartBar:
    names = [*([] if _is_total(part) else [vocab.period]), *([vocab.territory] if names_territory else [])]
    label = tuple(value for name in names for value in cell(display, part, name))
    is_budget = part.layout == vocab.budget
    label = label or (DisplayValue("Budget" if is_budget else "territory not stated"),)
    if part.owner != data.entity:
        label = (display.term(part.owner), *label)
    day = part.text(vocab.asOf)
    notes = [f"as of {date_in_words(day)}"] if day and names_day else []
    for property, words in _GROSS_NOTES.items():
        if number := part.text(property):
            is_money = property == vocab.averagePerCinema
            count = f"{int(number):,}" if number.isdecimal() else number
            notes.append(words.format(money_in_words(number, part.text(vocab.currency)) if is_money else count))
    amount = money(part, part.values(vocab.amount)[0])
    citations = row_citations(display, part)
    return ChartBar(label, amount, 0.0, ", ".join(notes), citations, is_reference=is_budget)


_ORDINALS = ("opening", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_GROSS_NOTES = {
    vocab.cinemas: "{} cinemas",
    vocab.averagePerCinema: "{} per cinema",
    vocab.position: "no. {} at the box office",
}


def ratings(data: EntityData, display: Display, parts: Sequence[PartData]) -> BarChart:
    """A chart of scores, each on its own scale."""
    return BarChart("", tuple(_rating(data, display, part) for part in parts))


def _rating(data: EntityData, display: Display, part: PartData) -> ChartBar:
    score, scale = numeric_value(part.first(vocab.score)), numeric_value(part.first(vocab.scale))
    length = 100 * score / scale if score is not None and scale else 0.0
    text = cell(display, part, vocab.score)[0].text if score is not None else ""
    notes = [f"{count} reviews"] if (count := part.text(vocab.reviewCount)) else []
    notes += [value.text for name in (vocab.claim, vocab.description) for value in cell(display, part, name)]
    notes += [f"critics from {value.text}" for value in cell(display, part, vocab.territory)]
    label = (display.term(part.owner),) if part.owner != data.entity else cell(display, part, vocab.givenBy)
    return ChartBar(label, text, min(length, 100.0), ", ".join(notes), row_citations(display, part))
