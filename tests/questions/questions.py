"""Questions with their expected answers, and what the stored queries answer."""

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
    return [Question(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def answer_to(question: Question, graph: FilmGraph) -> list[str]:
    """What the graph answers, value by value, in the order of the rows."""
    answers: list[list[Row]] = []
    values: list[str] = []
    for step in question.steps:
        rows = [row for row in _ask(step, graph, answers) if _fits(row, step, answers)]
        answers.append(rows)
        if "read" in step:
            columns = _texts(step["read"])
            values += [_to_value(row, column, question) for row in rows for column in columns]
    values = [value for value in dict.fromkeys(values) if value]
    return [str(len(values))] if question.count else values


def is_right(question: Question, values: Sequence[str]) -> bool:
    """True when the values are the expected answer."""
    match question.answer_type:
        case "unknown":
            return not values
        case "boolean":
            return bool(values) is question.answer
        case "number":
            right = float(str(question.answer))
            return len(values) == 1 and abs(float(values[0]) - right) <= question.tolerance + 1e-9
        case "ordered-list":
            return list(values) == _texts(question.answer)
        case "span":
            return bool(values) and all(
                any(_overlap(span, value) for value in values) for span in _texts(question.answer)
            )
        case _:
            return sorted(values) == sorted(_texts(question.answer))


def _ask(step: Mapping[str, object], graph: FilmGraph, answers: list[list[Row]]) -> Iterable[Row]:
    given = step.get("values", {})
    assert isinstance(given, Mapping)
    name = str(step["query"])
    lists = {parameter.name for parameter in graph.queries[name].params if parameter.is_list}
    calls: list[dict[str, object]] = [{}]
    for parameter, value in given.items():
        earlier = _EARLIER.fullmatch(str(value))
        if earlier is None:
            calls = [{**call, parameter: value} for call in calls]
            continue
        terms = _terms(answers[int(earlier[1]) - 1], earlier[2])
        choices: list[object] = [terms] if parameter in lists else list(terms)
        calls = [{**call, parameter: choice} for call in calls for choice in choices]
    assert calls, f"an earlier step of {name} has no rows"
    results: list[Answer] = [graph.ask(name, **call) for call in calls]
    return [row for answer in results for row in answer]


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
    expected = str(value).lower() if isinstance(value, bool) else str(value)
    return expected in (text, curie)


def _to_value(row: Row, column: str, question: Question) -> str:
    term = row.term(column)
    if term is None:
        return ""
    if isinstance(term, Literal):
        return term.value
    if question.called:
        return question.called.get(getattr(row[column], "curie", ""), "")
    return str(row[column])


def _texts(answer: object) -> list[str]:
    return [str(element) for element in answer] if isinstance(answer, list) else [str(answer)]


def _overlap(expected: str, actual: str) -> bool:
    left, right = _SPAN.fullmatch(expected), _SPAN.fullmatch(actual)
    if left is None or right is None or left[1] != right[1]:
        return False
    return int(left[2]) < int(right[3]) and int(right[2]) < int(left[3])
