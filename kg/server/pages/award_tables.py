"""The awards of a film, person or organisation by ceremony; who won an award or at a ceremony; records as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pyoxigraph import NamedNode

from kg import vocabulary as vocab
from kg.lookup.entity_types import types_of
from kg.lookup.phrases import count_in_words, date_in_words
from kg.server.pages.display import (
    Display,
    DisplayTable,
    DisplayValue,
    GroupedList,
    Hyperlink,
    ItemList,
    ListGroup,
    ListItem,
    QuotedStatement,
    StatementList,
    TableRow,
    capitalised,
    numeric_value,
)
from kg.server.pages.entity_data import EntityData, PartData
from kg.server.pages.layouts import COUNTED, LISTED, RECOGNITIONS, WON, is_nomination, recognition_kind
from kg.server.pages.page_tables import cell, in_order, row_citations
from kg.terms import Term

_WON, _NOMINATED, _LOST = "won", "nominated", "lost"
_RESULTS = (_WON, _NOMINATED, _LOST)
_UNNAMED_AWARD = "category not stated"
_MAX_ITEMS = 8
"""A list of more awards of one ceremony is folded."""
_RECORD_CONTEXT = {vocab.edition: "at", vocab.period: "", vocab.territory: "in", vocab.year: ""}
"""Property of a record for when and where it was set -> the word before its value."""


@dataclass(slots=True)
class Ceremony:
    """The recognitions of one ceremony: those that name an award or a recipient, and the numbers reported of it."""

    key: NamedNode | None
    """The edition, or the series where no edition is known."""
    rows: list[PartData] = field(default_factory=list)
    numbers: list[PartData] = field(default_factory=list)

    @property
    def wins(self) -> int:
        """How many wins sources report, or else name; never fewer than they name."""
        return max(sum(recognition_kind(part) == WON for part in self.rows), self._reported(_WON))

    @property
    def nominations(self) -> int:
        """How many nominations sources report, wins among them, or else name.

        A nomination without its award may be one that another source names with it, so it counts where its
        recipient has no other.
        """
        named = [part for part in _without_repeated(self.rows) if part.values(vocab.award)]
        recipients = {value.value for part in named for value in part.values(vocab.recipient)}
        unnamed = {
            part.first(vocab.recipient) or part.iri for part in self.rows if not part.values(vocab.award)
        } - recipients
        return self._reported(_NOMINATED) or max(len(named) + len(unnamed), self.wins)

    @property
    def are_wins_counted(self) -> bool:
        """True when a source reports as many wins, or no more nominations: those that are named may not be all."""
        return self.wins in (self._reported(_WON), self._reported(_NOMINATED))

    @property
    def are_nominations_counted(self) -> bool:
        """True when a source reports how many nominations there are."""
        return self._reported(_NOMINATED) > 0

    @property
    def losses(self) -> int:
        """How many lost nominations sources report."""
        return self._reported(_LOST)

    def _reported(self, outcome: str) -> int:
        of_outcome = (part for part in self.numbers if outcome in {value.text for value in part.values(vocab.outcome)})
        return max((int(numeric_value(part.first(vocab.count)) or 0) for part in of_outcome), default=0)


def is_award(part: PartData) -> bool:
    """True for a win, a nomination, or a number of them: what `awards_by_ceremony` shows."""
    kind = recognition_kind(part)
    return kind in (WON, COUNTED) or is_nomination(part)


def ceremonies_of(data: EntityData, parts: Iterable[PartData]) -> list[Ceremony]:
    """The recognitions among these parts by edition, or by series where no edition is known."""
    ceremonies: dict[NamedNode | None, Ceremony] = {}
    for part in in_order(data, filter(is_award, parts)):
        place = part.first(vocab.edition, vocab.eventSeries)
        key = place if isinstance(place, NamedNode) else None
        ceremony = ceremonies.setdefault(key, Ceremony(key))
        (ceremony.numbers if recognition_kind(part) == COUNTED else ceremony.rows).append(part)
    return list(ceremonies.values())


def awards_by_ceremony(
    data: EntityData, display: Display, parts: Iterable[PartData], more: tuple[Hyperlink, ...] = ()
) -> Iterator[GroupedList]:
    """Yield lists of wins and nominations, grouped by ceremony, those with most wins first."""
    ordered = sorted(ceremonies_of(data, parts), key=lambda ceremony: (-ceremony.wins, -ceremony.nominations))
    if ordered:
        yield GroupedList(tuple(_group(data, display, ceremony) for ceremony in ordered), more)


def _group(data: EntityData, display: Display, ceremony: Ceremony) -> ListGroup:
    by_result: dict[str, list[ListItem]] = {}
    for part in _without_repeated([part for part in ceremony.rows if part.values(vocab.award)]):
        by_result.setdefault(_result(part), []).append(_item(data, display, part))
    unnamed: dict[str, list[PartData]] = {}
    for part in ceremony.rows:
        if not part.values(vocab.award):
            unnamed.setdefault(_result(part), []).append(part)
    for result, alike in unnamed.items():
        by_result.setdefault(result, []).append(_unnamed_item(data, display, alike))
    results = sorted(by_result, key=_RESULTS.index)
    is_film = vocab.Film in data.classes
    lists = tuple(_list_of(result, by_result[result], is_of_film=is_film) for result in results)
    heading = display.term(ceremony.key) if ceremony.key is not None else DisplayValue("Other awards")
    citations = tuple(citation for part in ceremony.numbers for citation in row_citations(display, part))
    # The only award of a ceremony says all that a summary would.
    is_plain = ceremony.wins == ceremony.nominations == 1 and len(ceremony.rows) == 1 and not ceremony.numbers
    return ListGroup(heading, "" if is_plain else ceremony_summary(ceremony), citations, lists)


def _list_of(result: str, items: Sequence[ListItem], *, is_of_film: bool) -> ItemList:
    """The wins, nominations or losses of a ceremony; of a film the nominees are folded, since there may be many."""
    if result == _WON and len(items) <= _MAX_ITEMS:
        return ItemList("", tuple(items))
    caption = "Nominees" if is_of_film and result == _NOMINATED else capitalised(result)
    return ItemList(caption, tuple(items), is_folded=len(items) > _MAX_ITEMS or (is_of_film and result != _WON))


def _without_repeated(parts: Sequence[PartData]) -> list[PartData]:
    """The parts without the nominations for awards that were won, where both are stated of the same recipient."""
    won = {_honour(part) for part in parts if recognition_kind(part) == WON}
    return [part for part in parts if recognition_kind(part) == WON or _honour(part) not in won]


def _honour(part: PartData) -> tuple[Term | None, ...]:
    """What a win and the nomination before it have in common."""
    return (part.first(vocab.award), *_place_and_recipient(part))


def _place_and_recipient(part: PartData) -> tuple[Term | None, ...]:
    return (part.first(vocab.edition, vocab.eventSeries), part.first(vocab.recipient) or part.owner)


def ceremony_summary(ceremony: Ceremony) -> str:
    """Such as `five wins from six nominations`; empty where nothing is won, nominated or counted.

    Where no source counts them there may be more than are named: `one win named in the sources`.
    """
    wins, nominations = ceremony.wins, ceremony.nominations
    if not wins and not nominations:
        return count_in_words(ceremony.losses, "nomination without a win", "nominations without a win")
    numbers = [(count_in_words(wins, "win", "wins"), ceremony.are_wins_counted)] if wins else []
    if nominations != wins:
        numbers += [(count_in_words(nominations, "nomination", "nominations"), ceremony.are_nominations_counted)]
    if not any(is_counted for _, is_counted in numbers):
        return f"{' from '.join(text for text, _ in numbers)} named in the sources"
    return " from ".join(text if is_counted else f"at least {text}" for text, is_counted in numbers)


def _item(data: EntityData, display: Display, part: PartData) -> ListItem:
    """An award with the work that it is for, its recipients, its day and who gave it."""
    days = tuple(DisplayValue(date_in_words(value.text)) for value in part.values(vocab.date))
    works = _work(data, display, part)
    to = "to" if recognition_kind(part) == WON else "nominee" if works else "for"
    values = (
        *cell(display, part, vocab.award),
        *labelled("for", works),
        *labelled(to, _recipients(data, display, part)),
        *days,
        *labelled("presented by", cell(display, part, vocab.givenBy)),
    )
    return ListItem(values, row_citations(display, part))


def _unnamed_item(data: EntityData, display: Display, parts: Sequence[PartData]) -> ListItem:
    """One line for all wins, or nominations, whose award no source names."""
    works = {value.text: value for part in parts for value in _work(data, display, part)}
    recipients = {value.text: value for part in parts for value in _recipients(data, display, part)}
    citations = tuple(dict.fromkeys(citation for part in parts for citation in row_citations(display, part)))
    named = (*recipients.values(), *labelled("for", tuple(works.values())))
    return ListItem((*named, DisplayValue(_UNNAMED_AWARD)), citations)


def labelled(label: str, values: Sequence[DisplayValue]) -> tuple[DisplayValue, ...]:
    """The values with a word before the first of them."""
    return tuple(replace(value, label=label if number == 0 else "") for number, value in enumerate(values))


def _work(data: EntityData, display: Display, part: PartData) -> tuple[DisplayValue, ...]:
    """The work that it is for, where it is not the page's entity."""
    named = tuple(value for value in cell(display, part, vocab.forWork) if value.term != data.entity)
    if named or part.owner == data.entity or any(value.value == part.owner for value in part.values(vocab.recipient)):
        return named
    return (display.term(part.owner),)


def _recipients(data: EntityData, display: Display, part: PartData) -> tuple[DisplayValue, ...]:
    return tuple(value for value in cell(display, part, vocab.recipient) if value.term != data.entity)


def _result(part: PartData) -> str:
    outcomes = {value.text for value in part.values(vocab.outcome)}
    return next((outcome for outcome in (_WON, _LOST) if outcome in outcomes), _NOMINATED)


# --- the page of an award, a ceremony or a festival


def winners_and_nominees(
    data: EntityData, display: Display, parts: Iterable[PartData], caption: str, more: tuple[Hyperlink, ...] = ()
) -> Iterator[DisplayTable]:
    """Yield who won and who was nominated: of an award by ceremony, of a ceremony by award, of a series by both."""
    chosen = _without_vaguer(data, display, _without_repeated(in_order(data, parts)))
    if vocab.Award in data.classes:
        groups: dict[NamedNode | None, list[PartData]] = {None: chosen}
    else:
        groups = {}
        for part in chosen:
            edition = part.first(vocab.edition)
            is_other = isinstance(edition, NamedNode) and edition != data.entity
            groups.setdefault(edition if is_other and isinstance(edition, NamedNode) else None, []).append(part)
    for number, (edition, of_edition) in enumerate(groups.items(), start=1):
        own = caption if len(groups) == 1 else "" if of_edition[0].values(vocab.edition) else "Edition not stated"
        heading = display.term(edition) if edition is not None else DisplayValue(own)
        links = more if number == len(groups) else ()
        yield _honours_table(data, display, of_edition, replace(heading, citations=()), links)


def _without_vaguer(data: EntityData, display: Display, parts: Sequence[PartData]) -> list[PartData]:
    """The parts without the nominations in no category, or for no film, where another of the recipient has one."""
    named = {_place_and_recipient(part) for part in parts if part.values(vocab.award)}
    complete = {_honour(part) for part in parts if _work(data, display, part)}
    return [
        part for part in parts
        if recognition_kind(part) == WON
        or (part.values(vocab.award) and (_work(data, display, part) or _honour(part) not in complete))
        or (not part.values(vocab.award) and _place_and_recipient(part) not in named)
    ]  # fmt: skip


def _honours_table(
    data: EntityData, display: Display, parts: Sequence[PartData], heading: DisplayValue, more: tuple[Hyperlink, ...]
) -> DisplayTable:
    """A row for each win and nomination, winners first; what several rows have in common is in the first of them."""
    is_award_page = vocab.Award in data.classes
    groups: dict[Term | None, list[PartData]] = {}
    for part in parts:
        key = part.first(vocab.edition) or part.iri if is_award_page else part.first(vocab.award)
        groups.setdefault(key, []).append(part)
    if not is_award_page:
        groups = dict(sorted(groups.items(), key=lambda group: (group[0] is None, display.term(group[0]).text)))
    rows = []
    for group in groups.values():
        ordered = sorted(group, key=lambda part: _RESULTS.index(_result(part)))
        for number, part in enumerate(ordered):
            rows.append(_honour_row(data, display, part, is_first=number == 0, is_award_page=is_award_page))
    is_won = all(_result(part) == _WON for part in parts)
    columns = ("Ceremony" if is_award_page else "Award", "Recipient", "Film", "Result", "Details")
    shown = [
        place for place in range(len(columns))
        if any(row.cells[place] for row in rows) and not (columns[place] == "Result" and is_won)
    ]  # fmt: skip
    return DisplayTable(
        heading.text,
        tuple(columns[place] for place in shown),
        tuple(TableRow(tuple(row.cells[place] for place in shown), row.citations) for row in rows),
        more=more, plain=frozenset(range(len(shown))), url=heading.url,
    )  # fmt: skip


def _honour_row(data: EntityData, display: Display, part: PartData, *, is_first: bool, is_award_page: bool) -> TableRow:
    place: tuple[DisplayValue, ...] = ()
    if is_first:
        unnamed = (DisplayValue(capitalised(_UNNAMED_AWARD)),)
        place = cell(display, part, vocab.edition) if is_award_page else cell(display, part, vocab.award) or unnamed
    works = _work(data, display, part)
    recipients = tuple(value for value in _recipients(data, display, part) if value not in works)
    if not works:
        # A film that is itself the recipient.
        works = tuple(value for value in recipients if _is_film(display, value.term))
        recipients = tuple(value for value in recipients if value not in works)
    dates = part.values(vocab.date) or (part.values(vocab.year) if is_award_page else [])
    details = (
        *(DisplayValue(date_in_words(value.text)) for value in dates),
        *labelled("presented by", cell(display, part, vocab.givenBy)),
    )
    cells = (place, recipients, works, (DisplayValue(_result(part)),), details)
    return TableRow(cells, row_citations(display, part))


def _is_film(display: Display, entity: Term | None) -> bool:
    graph = display.graph
    return isinstance(entity, NamedNode) and vocab.Film in types_of(graph.store, graph.ontology, entity)


def totals(data: EntityData, display: Display, parts: Iterable[PartData]) -> Iterator[ItemList]:
    """Yield the numbers of wins and nominations that sources report, a line for each film."""
    counted: dict[tuple[NamedNode, Term | None], Ceremony] = {}
    for part in parts:
        edition = part.first(vocab.edition, vocab.eventSeries)
        key = edition if isinstance(edition, NamedNode) and edition != data.entity else None
        counted.setdefault((part.owner, key), Ceremony(key)).numbers.append(part)
    ordered = sorted(counted.items(), key=lambda item: (-item[1].wins, -item[1].nominations))
    items = tuple(
        ListItem(
            (
                display.term(owner),
                *([display.term(ceremony.key)] if ceremony.key is not None else []),
                DisplayValue(ceremony_summary(ceremony)),
            ),
            tuple(citation for part in ceremony.numbers for citation in row_citations(display, part)),
        )
        for (owner, _), ceremony in ordered
    )
    if items:
        yield ItemList("Totals reported", items)


def best_of_list(display: Display, parts: Iterable[PartData]) -> Iterator[ItemList]:
    """Yield the lists of the best films that name the film, each with its place there and the year."""
    items = tuple(_listing(display, part) for part in sorted(parts, key=_rank))
    if items:
        yield ItemList(RECOGNITIONS[LISTED].caption, items)


def _rank(part: PartData) -> tuple[float, str]:
    position = numeric_value(part.first(vocab.position))
    return (position if position is not None else 1e9, part.iri.value)


def _listing(display: Display, part: PartData) -> ListItem:
    """Such as `Sight and Sound, no. 2, 2024`, or `American Film Institute, top 10, 2024`."""
    place = [f"no. {value.text}" for value in part.values(vocab.position)]
    place = place or [f"top {value.text}" for value in part.values(vocab.scale)]
    years = [date_in_words(value.text) for value in part.values(vocab.year)]
    rest = (DisplayValue(text) for text in (*place, *years))
    return ListItem((*cell(display, part, vocab.givenBy), *rest), row_citations(display, part))


def record_list(data: EntityData, display: Display, parts: Iterable[PartData]) -> Iterator[StatementList]:
    """Yield firsts and records as sentences, with what they are compared with."""
    records = tuple(_record(data, display, part) for part in in_order(data, parts))
    if records:
        yield StatementList(records, "Firsts and records")


def _others(data: EntityData, values: Iterable[DisplayValue]) -> list[DisplayValue]:
    """The values that are not the page's own entity."""
    return [value for value in values if value.term != data.entity]


def _record(data: EntityData, display: Display, part: PartData) -> QuotedStatement:
    claim = next(iter(cell(display, part, vocab.claim)), DisplayValue(""))
    others = [
        value for value in _others(data, cell(display, part, vocab.comparedWith)) if value.text not in claim.text
    ]  # fmt: skip
    is_of_film = _is_film(display, part.owner)
    like = [value for value in others if not is_of_film or _is_film(display, value.term)]
    # A person is not compared with a film: its record is among the films of that director or distributor.
    compared = (*(value for value in others if value not in like), *labelled("compared with", like))
    known = {value.text for value in compared}
    context = [
        value for name, word in _RECORD_CONTEXT.items()
        for value in labelled(word, _others(data, cell(display, part, name)))
        if value.text not in claim.text and value.text not in known
    ]  # fmt: skip
    return QuotedStatement(
        claim=replace(claim, text=capitalised(claim.text)),
        speaker=(display.term(part.owner),) if part.owner != data.entity else (),
        occasion=(*context, *compared),
        citations=row_citations(display, part),
    )
