"""A JSON Schema of fact files, with which editors complete the names of properties, classes and kinds.

It knows the names and what they mean; whether a value is right, `kg check` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kg.facts.short_forms import CONTEXT_KEYS, ShortForms
from kg.schema import KIND, OntologyTerm, Schema
from kg.terms import TYPE


def to_json_schema(schema: Schema) -> dict[str, Any]:
    """The JSON Schema (draft 7) of one section of a fact file."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Facts about films",
        "type": "object",
        "properties": {"source": {"type": "string", "description": "The source of the facts of this section."}},
        "additionalProperties": {"$ref": "#/definitions/block"},
        "definitions": {
            "block": {
                "type": "object",
                "properties": dict(_entries(schema)),
                "patternProperties": {"^[a-z]+:": {}},
                "additionalProperties": False,
            }
        },
    }


def _entries(schema: Schema) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each key of a block, with the description of its values."""
    for name in CONTEXT_KEYS:
        yield name, {"description": f"`{name}` of all values in the block, where they have none of their own."}
    for name, iri in sorted(schema.names.items()):
        yield name, _values_of(schema.properties[iri], schema)
    for key, property in sorted(ShortForms(schema).keys.items()):
        yield key, _values_of(property, schema)


def _values_of(property: OntologyTerm, schema: Schema) -> dict[str, Any]:
    values: dict[str, Any] = {"description": property.comment or property.label}
    if property.example:
        values["examples"] = [property.example]
    words = sorted(schema.class_names) if property.iri == TYPE else []
    words = sorted(schema.kind_words) if property.iri == KIND else words
    if words:
        one = {"anyOf": [{"enum": words}, {"type": "object"}]}
        values["anyOf"] = [*one["anyOf"], {"type": "array", "items": one}]
    return values
