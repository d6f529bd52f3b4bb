"""A question of questions.yaml walks in; what its stored queries answer walks out, to be held against its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pyoxigraph import Literal, NamedNode

from kg import Answer, FilmGraph, Row

_EARLIER = re.compile(r"\$(\d+)\.(\w+)")
_SPAN = re.compile(r"(.+)#char=(\d+),(\d+)")


@dataclass(frozen=True, slots=True)
class Question:
    """One question, the stored queries that answer it, and the answer."""

    id: str
    kind: str
    question: str
    steps: Sequence[Mapping[str, object]]
    answer: object
    answer_type: str
    tolerance: float = 0.0
    count: bool = False
    called: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.id


def read_questions(path: Path) -> list[Question]:
    """The questions of a file."""
    return [Question(**one) for one in yaml.safe_load(path.read_text(encoding="utf-8"))]


def answer_to(question: Question, graph: FilmGraph) -> list[str]:
    """What the graph answers, value by value, in the order of the rows."""
    answers: list[list[Row]] = []
    found: list[str] = []
    for step in question.steps:
        rows = [row for row in _ask(step, graph, answers) if _fits(row, step, answers)]
        answers.append(rows)
        if "read" in step:
            columns = _texts(step["read"])
            found += [_told(row, column, question) for row in rows for column in columns]
    values = [value for value in dict.fromkeys(found) if value]
    return [str(len(values))] if question.count else values


def is_right(question: Question, found: Sequence[str]) -> bool:
    """True when what came out is the answer."""
    match question.answer_type:
        case "unknown":
            return not found
        case "boolean":
            return bool(found) is question.answer
        case "number":
            right = float(str(question.answer))
            return len(found) == 1 and abs(float(found[0]) - right) <= question.tolerance + 1e-9
        case "ordered-list":
            return list(found) == _texts(question.answer)
        case "span":
            return bool(found) and all(any(_overlap(one, told) for told in found) for one in _texts(question.answer))
        case _:
            return sorted(found) == sorted(_texts(question.answer))


def _ask(step: Mapping[str, object], graph: FilmGraph, answers: list[list[Row]]) -> Iterable[Row]:
    given = step.get("values", {})
    assert isinstance(given, Mapping)
    name = str(step["query"])
    lists = {one.name for one in graph.queries[name].params if one.is_list}
    calls: list[dict[str, object]] = [{}]
    for parameter, value in given.items():
        earlier = _EARLIER.fullmatch(str(value))
        if earlier is None:
            calls = [{**call, parameter: value} for call in calls]
            continue
        terms = _terms(answers[int(earlier[1]) - 1], earlier[2])
        choices: list[object] = [terms] if parameter in lists else list(terms)
        calls = [{**call, parameter: choice} for call in calls for choice in choices]
    assert calls, f"an earlier step of {name} found nothing to go on with"
    asked: list[Answer] = [graph.ask(name, **call) for call in calls]
    return [row for answer in asked for row in answer]


def _terms(rows: Iterable[Row], column: str) -> list[NamedNode]:
    terms = (row.term(column) for row in rows)
    return list(dict.fromkeys(term for term in terms if isinstance(term, NamedNode)))


def _fits(row: Row, step: Mapping[str, object], answers: list[list[Row]]) -> bool:
    where, without = step.get("where", {}), step.get("except", {})
    assert isinstance(where, Mapping)
    assert isinstance(without, Mapping)
    return all(_has(row, column, value, answers) for column, value in where.items()) and not any(
        _has(row, column, value, answers) for column, value in without.items()
    )


def _has(row: Row, column: str, value: object, answers: list[list[Row]]) -> bool:
    earlier = _EARLIER.fullmatch(str(value))
    if earlier is not None:
        return row.term(column) in _terms(answers[int(earlier[1]) - 1], earlier[2])
    curie = getattr(row[column], "curie", "")
    term = row.term(column)
    text = term.value if isinstance(term, Literal) else str(row[column])
    wanted = str(value).lower() if isinstance(value, bool) else str(value)
    return wanted in (text, curie)


def _told(row: Row, column: str, question: Question) -> str:
    term = row.term(column)
    if term is None:
        return ""
    if isinstance(term, Literal):
        return term.value
    if question.called:
        return question.called.get(getattr(row[column], "curie", ""), "")
    return str(row[column])


def _texts(answer: object) -> list[str]:
    return [str(one) for one in answer] if isinstance(answer, list) else [str(answer)]


def _overlap(right: str, told: str) -> bool:
    one, other = _SPAN.fullmatch(right), _SPAN.fullmatch(told)
    if one is None or other is None or one[1] != other[1]:
        return False
    return int(one[2]) < int(other[3]) and int(other[2]) < int(one[3])
