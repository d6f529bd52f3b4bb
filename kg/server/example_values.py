"""Values with which a stored query has an answer: for its form, and for the questions of the home page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from kg.errors import FilmGraphError
from kg.filmgraph import FilmGraph
from kg.queries.stored_query import Parameter, ParameterType, StoredQuery, parameter_terms, value_labels
from kg.terms import to_curie

_MAX_TRIED, _MAX_TRIED_FOR_QUESTION = 8, 3
"""How many entities are tried as values, the best known first: for one form, and for each of many questions."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a stored query asks with some values, in words."""

    text: str
    query: str
    values: Mapping[str, str]


def example_values(graph: FilmGraph, query: StoredQuery) -> dict[str, str]:
    """Values for the required parameters: those of the query's example, or else of entities that have an answer."""
    tried = list(_until_answered(graph, query, _candidates(graph, query)))
    # Without any answer, those of the first call that was none of an error.
    values = tried[-1].values if tried and tried[-1].has_answer else tried[0].values if tried else {}
    return _as_typed(graph, query, values)


def answered_question(graph: FilmGraph, query: StoredQuery) -> Question | None:
    """A question about what the graph has, such as `Which films did Sean Baker direct?`.

    None for a query that has no answer for the values that were tried.
    """
    candidates = islice(_candidates(graph, query), 1 + _MAX_TRIED_FOR_QUESTION)
    answered = (tried.values for tried in _until_answered(graph, query, candidates) if tried.has_answer)
    if (values := next(answered, None)) is None:
        return None
    text = query.bind(parameter_terms(query, values, graph.names))
    words = query.question_about(value_labels(query, text, graph.names))
    return Question(words, query.name, _as_typed(graph, query, values))


@dataclass(frozen=True, slots=True)
class _Tried:
    values: Mapping[str, str]
    has_answer: bool


def _until_answered(graph: FilmGraph, query: StoredQuery, candidates: Iterable[dict[str, str]]) -> Iterator[_Tried]:
    """Yield those of the candidates that the query takes; the last have an answer, if any have."""
    for values in candidates:
        try:
            answer = graph.ask_with(query.name, values, limit=1)
        except FilmGraphError:
            continue
        has_answer = answer.kind != "rows" or len(answer) > 0
        yield _Tried(values, has_answer)
        if has_answer:
            return


def _candidates(graph: FilmGraph, query: StoredQuery) -> Iterator[dict[str, str]]:
    """Yield the example of a query, and then the same with the best known entities of the graph."""
    required = [parameter for parameter in query.params if not parameter.is_optional]
    example = {parameter.name: parameter.example_value for parameter in required}
    yield example
    known = {parameter.name: _best_known(graph, parameter) for parameter in required}
    for number in range(max(map(len, known.values()), default=0)):
        yield {name: known[name][number % len(known[name])] if known[name] else text for name, text in example.items()}


def _best_known(graph: FilmGraph, parameter: Parameter) -> list[str]:
    if parameter.type is not ParameterType.ENTITY or not parameter.class_name:
        return []
    try:
        matches = graph.best_known(parameter.class_name, limit=_MAX_TRIED)
    except (FilmGraphError, ValueError):
        return []
    return [to_curie(match.entity.value) for match in matches]


def _as_typed(graph: FilmGraph, query: StoredQuery, values: Mapping[str, str]) -> dict[str, str]:
    parameters = {parameter.name: parameter for parameter in query.params}
    return {name: typed_value(graph, parameters[name], value) for name, value in values.items()}


def typed_value(graph: FilmGraph, parameter: Parameter, value: str) -> str:
    """A value as a person would type it: entities by their names, where these are unambiguous."""
    texts = value.split("|")
    if parameter.type is ParameterType.ENTITY:
        texts = [_typed_name(graph, parameter, text) for text in texts]
    return " | ".join(texts)


def _typed_name(graph: FilmGraph, parameter: Parameter, example: str) -> str:
    try:
        entity = graph.entity(example)
        label = graph.names.label(entity)
        is_unambiguous = graph.entity(label, class_name=parameter.class_name) == entity
    except (FilmGraphError, ValueError):
        return example
    return label if is_unambiguous else to_curie(entity.value)
