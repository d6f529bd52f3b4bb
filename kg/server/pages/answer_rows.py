"""An answer walks in; the table, the chart and the drawing that a page shows of it walk out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from pyoxigraph import Literal, NamedNode, Triple

from kg.explain.empty_answers import explain_empty
from kg.filmgraph import FilmGraph
from kg.queries.answer import Answer, Row
from kg.queries.formats import to_turtle
from kg.server.pages.display import COLUMN, Citation, Shown, Teller, is_number, to_float
from kg.server.pages.svg_graph import network
from kg.server.pages.view_models import Bar, Bars, Picture
from kg.terms import Term

_MOST_BARS = 60
_MOST_TRIPLES = 400


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The cells of a row, and who says what it rests on."""

    cells: Sequence[Shown]
    citations: Sequence[Citation] = ()


@dataclass(frozen=True)
class Answered:
    """An answer as a page shows it; `empty` are the reasons why it has no rows."""

    kind: str
    columns: Sequence[str]
    numeric: frozenset[int]
    rows: Sequence[AnswerRow]
    count: int
    start: int
    complete: bool
    has_marks: bool = False
    truth: bool | None = None
    turtle: str = ""
    empty: Sequence[str] = ()


def answered(
    graph: FilmGraph,
    teller: Teller,
    answer: Answer,
    *,
    marks: Sequence[tuple[Citation, ...]] = (),
    start: int = 0,
    most: int,
) -> Answered:
    """An answer's rows from `start` on, things by their labels and with links."""
    if answer.kind == "triples":
        triples = answer.triples or ()
        text = to_turtle(triples[:_MOST_TRIPLES])
        return Answered("triples", (), frozenset(), (), len(triples), 0, answer.complete, turtle=text)
    if answer.truth is not None:
        return Answered("truth", (), frozenset(), (), 1, 0, True, truth=answer.truth)
    chosen = answer[start : start + most]
    rows = [
        AnswerRow([teller.term(term) for term in row.terms], marks[number] if number < len(marks) else ())
        for number, row in enumerate(chosen)
    ]
    numeric = frozenset(
        index for index in range(len(answer.columns)) if rows and all(is_number(row.terms[index]) for row in chosen)
    )
    empty = explain_empty(graph.store, answer.query).reasons if not len(answer) else ()
    return Answered("rows", answer.columns, numeric, rows, len(answer), start, answer.complete, any(marks), empty=empty)


def chart_of(teller: Teller, answer: Answer) -> Bars | None:
    """Bars of the first column of numbers, named by the columns before it; None where there is no such column."""
    number = next((index for index in range(len(answer.columns)) if _is_numbers(answer, index)), None)
    if number is None:
        return None
    names = [index for index in range(len(answer.columns)) if index != number and not _is_numbers(answer, index)]
    names = names or [index for index in range(len(answer.columns)) if index != number]
    chosen = list(islice(answer, _MOST_BARS))
    amounts = [to_float(row.terms[number]) or 0.0 for row in chosen]
    highest = max(map(abs, amounts), default=0.0) or 1.0
    bars = tuple(
        Bar(
            tuple(teller.term(row.terms[index]) for index in names[:2] if row.terms[index] is not None)
            or (Shown("–"),),
            teller.term(row.terms[number]).text,
            100 * abs(amount) / highest,
        )
        for row, amount in zip(chosen, amounts, strict=True)
    )
    more = f", the first {_MOST_BARS} rows" if len(answer) > _MOST_BARS else ""
    return Bars(f"{answer.columns[number]}{more}", bars)


def picture_of(teller: Teller, answer: Answer) -> Picture | None:
    """An answer as a graph: its triples, or the things that stand side by side in its rows."""
    if answer.kind == "triples":
        return network(list(answer.triples or ())[:_MOST_TRIPLES], teller)
    if answer.kind == "rows":
        return network(list(islice(_pairs(answer), _MOST_TRIPLES)), teller)
    return None


def _pairs(answer: Answer) -> Iterator[Triple]:
    """Each thing of a row, joined with the next; the line is named by the second column."""
    for row in answer:
        things = list(_things(row))
        for (_, one), (name, other) in pairwise(things):
            yield Triple(one, NamedNode(COLUMN + name), other)


def _things(row: Row) -> Iterator[tuple[str, NamedNode]]:
    for name, term in zip(row.columns, row.terms, strict=True):
        if isinstance(term, NamedNode):
            yield name, term


def _is_numbers(answer: Answer, index: int) -> bool:
    terms: list[Term | Triple | None] = [row.terms[index] for row in islice(answer, _MOST_BARS)]
    return any(isinstance(term, Literal) for term in terms) and all(term is None or is_number(term) for term in terms)
