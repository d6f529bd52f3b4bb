"""The shape of what the tools give, as JSON Schema 2020-12."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CELL: Mapping[str, Any] = {
    "description": "a number, a truth, words, or a thing with its label and CURIE",
    "anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        {
            "type": "object",
            "properties": {"label": {"type": "string"}, "thing": {"type": "string"}},
            "required": ["label", "thing"],
            "additionalProperties": False,
        },
    ],
}
_ROW: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "row": {"type": "integer", "description": "its number, from 1"},
        "values": {"type": "object", "additionalProperties": _CELL},
        "cited": {"type": "array", "items": {"type": "integer"}, "description": "ids of citations"},
        "cited_in_all": {"type": "integer"},
        "inferred": {"type": "boolean", "description": "true where something in it follows by a rule"},
    },
    "required": ["row", "values", "cited", "inferred"],
    "additionalProperties": False,
}
_CITATION: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "says": {"type": "string", "description": "the fact, in words"},
        "source": {"type": "string", "description": "the title of the source"},
        "source_id": {"type": "string"},
        "address": {"type": "string"},
        "locator": {"type": "string", "description": "where: characters of the source's text (RFC 5147), or a record"},
        "passage": {"type": "string", "description": "the source's own words, where its text is at hand"},
        "written": {"type": "string", "description": "the value as the source writes it"},
        "paraphrase": {"type": "boolean"},
        "as_of": {"type": "string"},
        "fact": {"type": "string"},
    },
    "required": ["id", "says", "source", "source_id", "locator"],
    "additionalProperties": False,
}
ANSWER_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "question": {"type": "string"},
        "columns": {"type": "array", "items": {"type": "string"}},
        "truth": {"type": "boolean"},
        "rows": {"type": "array", "items": _ROW},
        "citations": {"type": "array", "items": _CITATION},
        "total": {"type": "integer", "description": "rows in all; there are more where total_is_exact is false"},
        "total_is_exact": {"type": "boolean"},
        "complete": {"type": "boolean", "description": "true when no row comes after these"},
        "next_offset": {"type": "integer", "description": "call again with this offset for the rest"},
        "note": {"type": "string"},
    },
    "required": ["columns", "rows", "citations", "total", "total_is_exact", "complete"],
    "additionalProperties": False,
}
"""Rows with citations: what a stored query, `ask`, `show` and `sparql` give."""
