"""Stored queries in a site: the texts that the browser binds and runs."""

from __future__ import annotations

import json

from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.queries.rewriting.engine_query import to_engine_text
from kg.queries.sparql import find_values_blocks
from kg.queries.stored_query import StoredQuery
from kg.terms import PREFIXES, UNDECIDED, to_curie
from kg.text.sparql_tokens import tokenise


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
