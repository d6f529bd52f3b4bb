"""Stored queries in the browser: the same text as the server's engine gets."""

from __future__ import annotations

import json
from pathlib import Path

import kg
from kg.filmgraph import FilmGraph
from kg.queries.rewriting.engine_query import to_engine_text
from kg.queries.stored_query import StoredQueries
from kg.static_site.query_forms import _form, forms_json
from kg.text.sparql_tokens import tokenise

QUERIES = Path(kg.__file__).parent.parent / "queries"


def _tokens(text: str) -> list[str]:
    return [token.text for token in tokenise(text)]


def test_pieces_with_values_are_the_query_of_the_engine() -> None:
    for query in StoredQueries(QUERIES).valid():
        pieces = _form(query)["pieces"]
        assert isinstance(pieces, list)
        examples = {parameter.name: parameter.example for parameter in query.params}
        bound = "".join(examples[piece[0]] if isinstance(piece, list) else piece for piece in pieces)
        assert _tokens(bound) == _tokens(to_engine_text(query.text)), query.name
        assert {piece[0] for piece in pieces if isinstance(piece, list)} == set(examples), query.name


def test_the_browser_gets_prefixes_and_parameters(graph: FilmGraph) -> None:
    document = json.loads(forms_json(graph))
    assert document["prefixes"]["film"].endswith("/film/")
    assert document["queries"]["films-directed-by"]["params"] == [
        {"name": "person", "type": "entity", "class": "Person", "list": False, "optional": False, "edge": "earliest"}
    ]
