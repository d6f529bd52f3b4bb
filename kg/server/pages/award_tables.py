"""The awards of a film, person or organisation by ceremony, and its records as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pyoxigraph import NamedNode

from kg import vocabulary as vocab
from kg.lookup.phrases import count_in_words, date_in_words
from kg.server.pages.display import (
    Display,
    DisplayValue,
    GroupedTable,
    Hyperlink,
    QuotedStatement,
    RowGroup,
    StatementList,
    TableRow,
    capitalised,
    numeric_value,
)
from kg.server.pages.entity_data import EntityData, PartData
from kg.server.pages.layouts import COUNTED, WON, is_nomination, recognition_kind
from kg.server.pages.page_tables import cell, in_order, row_citations

_WON, _NOMINATED, _LOST = "won", "nominated", "lost"
_UNNAMED_AWARD = "category not stated"
_COLUMNS = ("Award", "For", "Recipient", "Result")
_RECORD_CONTEXT = (vocab.edition, vocab.period, vocab.territory, vocab.year)


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
) -> Iterator[GroupedTable]:
    """Yield a table of wins and nominations, grouped by ceremony, those with most wins first."""
    ordered = sorted(ceremonies_of(data, parts), key=lambda ceremony: (-ceremony.wins, -ceremony.nominations))
    groups = [_group(data, display, ceremony) for ceremony in ordered]
    shown = [
        column for column in range(len(_COLUMNS))
        if any(row.cells[column] for group in groups for row in group.rows)
    ]  # fmt: skip
    if groups:
        yield GroupedTable(
            "",
            tuple(_COLUMNS[column] for column in shown),
            tuple(replace(group, rows=tuple(_with_columns(row, shown) for row in group.rows)) for group in groups),
            more,
        )


def _with_columns(row: TableRow, columns: Sequence[int]) -> TableRow:
    return replace(row, cells=tuple(row.cells[column] for column in columns))


def _group(data: EntityData, display: Display, ceremony: Ceremony) -> RowGroup:
    named = [part for part in ceremony.rows if part.values(vocab.award)]
    unnamed = [part for part in ceremony.rows if not part.values(vocab.award)]
    rows = [_row(data, display, part) for part in _without_repeated(named)]
    for kind in (True, False):
        if alike := [part for part in unnamed if (recognition_kind(part) == WON) is kind]:
            rows.append(_unnamed_row(data, display, alike))
    heading = display.term(ceremony.key) if ceremony.key is not None else DisplayValue("Other awards")
    citations = tuple(citation for part in ceremony.numbers for citation in row_citations(display, part))
    return RowGroup(heading, _summary(ceremony), citations, tuple(rows))


def _without_repeated(parts: Sequence[PartData]) -> list[PartData]:
    """The parts without the nominations for awards that were won, where both are stated of the same recipient."""
    won = {(part.first(vocab.award), part.first(vocab.recipient)) for part in parts if recognition_kind(part) == WON}
    return [
        part for part in parts
        if recognition_kind(part) == WON or (part.first(vocab.award), part.first(vocab.recipient)) not in won
    ]  # fmt: skip


def _summary(ceremony: Ceremony) -> str:
    """Such as `five wins from six nominations`; empty where nothing is won, nominated or counted."""
    wins, nominations = ceremony.wins, ceremony.nominations
    if not wins and not nominations:
        return count_in_words(ceremony.losses, "nomination without a win", "nominations without a win")
    if wins == nominations:
        return count_in_words(wins, "win", "wins")
    of_nominations = count_in_words(nominations, "nomination", "nominations")
    return f"{count_in_words(wins, 'win', 'wins')} from {of_nominations}" if wins else of_nominations


def _row(data: EntityData, display: Display, part: PartData) -> TableRow:
    return TableRow(
        (
            cell(display, part, vocab.award),
            _work(data, display, part),
            _recipients(data, display, part),
            _result(display, part),
        ),
        row_citations(display, part),
    )


def _unnamed_row(data: EntityData, display: Display, parts: Sequence[PartData]) -> TableRow:
    """One row for all wins, or nominations, whose award no source names."""
    works = {value.text: value for part in parts for value in _work(data, display, part)}
    recipients = {value.text: value for part in parts for value in _recipients(data, display, part)}
    results = {value.text: value for part in parts for value in _result(display, part)}
    citations = tuple(dict.fromkeys(citation for part in parts for citation in row_citations(display, part)))
    cells = ((DisplayValue(_UNNAMED_AWARD),), *(tuple(found.values()) for found in (works, recipients, results)))
    return TableRow(cells, citations)


def _work(data: EntityData, display: Display, part: PartData) -> tuple[DisplayValue, ...]:
    """The work that it is for, where it is not the page's entity."""
    named = tuple(value for value in cell(display, part, vocab.forWork) if value.term != data.entity)
    if named or part.owner == data.entity or any(value.value == part.owner for value in part.values(vocab.recipient)):
        return named
    return (display.term(part.owner),)


def _recipients(data: EntityData, display: Display, part: PartData) -> tuple[DisplayValue, ...]:
    return tuple(value for value in cell(display, part, vocab.recipient) if value.term != data.entity)


def _result(display: Display, part: PartData) -> tuple[DisplayValue, ...]:
    """Won, nominated or lost, with who gave the award and on which day."""
    outcomes = {value.text for value in part.values(vocab.outcome)}
    result = next((outcome for outcome in (_WON, _LOST) if outcome in outcomes), _NOMINATED)
    given = tuple(replace(value, label="presented by") for value in cell(display, part, vocab.givenBy))
    days = tuple(DisplayValue(date_in_words(value.text)) for value in part.values(vocab.date))
    return (DisplayValue(capitalised(result)), *days, *given)


def record_list(data: EntityData, display: Display, parts: Iterable[PartData]) -> Iterator[StatementList]:
    """Yield firsts and records as sentences, with what they are compared with."""
    records = tuple(_record(data, display, part) for part in in_order(data, parts))
    if records:
        yield StatementList(records, "Firsts and records")


def _record(data: EntityData, display: Display, part: PartData) -> QuotedStatement:
    claim = next(iter(cell(display, part, vocab.claim)), DisplayValue(""))
    compared = tuple(replace(value, label="compared with") for value in cell(display, part, vocab.comparedWith))
    context = tuple(value for name in _RECORD_CONTEXT for value in cell(display, part, name))
    return QuotedStatement(
        claim=replace(claim, text=capitalised(claim.text)),
        speaker=(display.term(part.owner),) if part.owner != data.entity else (),
        occasion=(*compared, *context),
        citations=row_citations(display, part),
    )
