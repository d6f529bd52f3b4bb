"""Stored queries in a site: values that the graph has an answer for, and the texts that the browser binds and runs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from kg.errors import FilmGraphError
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.queries.rewriting.engine_query import to_engine_text
from kg.queries.sparql import find_values_blocks, tokenise
from kg.queries.stored_query import Parameter, ParameterType, StoredQuery
from kg.server.pages.query_pages import typed_value
from kg.terms import PREFIXES, UNDECIDED, to_curie

_MAX_TRIED = 8
"""How many entities are tried as values, the best known first."""


def example_values(graph: FilmGraph, query: StoredQuery) -> dict[str, str]:
    """Values for the required parameters: those of the query's example, or else of entities that have an answer."""
    first: dict[str, str] = {}
    for values in _candidates(graph, query):
        try:
            answer = graph.ask_with(query.name, values, limit=1)
        except FilmGraphError:
            continue
        first = first or values
        if answer.kind != "rows" or len(answer):
            first = values
            break
    parameters = {parameter.name: parameter for parameter in query.params}
    return {name: typed_value(graph, parameters[name], value) for name, value in first.items()}


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


def forms_json(graph: FilmGraph) -> str:
    """The stored queries as the browser runs them, the prefixes, and the properties with undecided values."""
    undecided = {quad.predicate.value for quad in find_quads(graph.store, None, None, None, UNDECIDED)}
    document = {
        "prefixes": PREFIXES,
        "undecided": sorted({*undecided, *map(to_curie, undecided)}),
        "queries": {query.name: _form(query) for query in graph.queries.valid()},
    }
    return json.dumps(document, ensure_ascii=False)


def _form(query: StoredQuery) -> dict[str, object]:
    """A query's text for the engine in pieces, between which the values of parameters are put, and its parameters.

    A piece that is a list has the name of a parameter.
    """
    text = to_engine_text(query.text)
    names = {parameter.name for parameter in query.params}
    pieces: list[object] = []
    position = 0
    for block in find_values_blocks(text, list(tokenise(text))):
        if block.name in names:
            pieces += [text[position : block.start], [block.name]]
            position = block.end
    parameters = [
        {"name": parameter.name, "type": parameter.type.value, "class": parameter.class_name,
         "list": parameter.is_list, "optional": parameter.is_optional, "edge": parameter.edge}
        for parameter in query.params
    ]  # fmt: skip
    return {"form": query.form, "pieces": [*pieces, text[position:]], "params": parameters, "none": query.none}
