"""The documents of the Reconciliation Service API 0.2 as JSON Schema; written from its text, and stricter.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
URL: Schema = {"type": "string", "pattern": r"^https?://[^\s]+$"}


def closed(properties: Schema, *required: str) -> Schema:
    """An object with these properties and no others; all are needed unless some are named."""
    needed = list(required or properties)
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


TYPE = closed({"id": TEXT, "name": TEXT}, "id", "name")
BROAD_TYPE = closed(
    {"id": TEXT, "name": TEXT, "description": {"type": "string"}, "broader": {"type": "array", "items": TYPE}},
    "id",
    "name",
)
SETTING: Schema = {
    "type": "object",
    "properties": {"name": TEXT, "label": TEXT, "help_text": TEXT, "type": {"enum": ["number", "text", "checkbox"]}},
    "required": ["name", "label", "type"],
    "allOf": [
        {"if": {"properties": {"type": {"const": name}}}, "then": {"properties": {"default": {"type": kind}}}}
        for name, kind in (("number", "number"), ("text", "string"), ("checkbox", "boolean"))
    ],
}
SUGGEST = closed(
    {
        "service_url": URL,
        "service_path": {"type": "string", "pattern": "^/"},
        "flyout_service_url": URL,
        "flyout_service_path": {"type": "string", "pattern": r"\$\{id\}"},
    }
)
TEMPLATE: Schema = {"type": "string", "pattern": r"^https?://.*\{\{id\}\}"}
MANIFEST = closed(
    {
        "versions": {"type": "array", "items": {"enum": ["0.2"]}, "minItems": 1},
        "name": TEXT,
        "identifierSpace": URL,
        "schemaSpace": URL,
        "defaultTypes": {"type": "array", "items": BROAD_TYPE, "uniqueItems": True},
        "serviceVersion": TEXT,
        "view": closed({"url": TEMPLATE}),
        "preview": closed({"url": TEMPLATE, "width": {"type": "integer"}, "height": {"type": "integer"}}),
        "suggest": closed({"entity": SUGGEST, "property": SUGGEST, "type": SUGGEST}),
        "extend": closed(
            {
                "propose_properties": closed({"service_url": URL, "service_path": {"type": "string", "pattern": "^/"}}),
                "property_settings": {"type": "array", "items": SETTING},
            }
        ),
        "batchSize": {"type": "integer", "minimum": 1},
    }
)
FEATURE = closed({"id": TEXT, "value": {"type": ["number", "boolean"]}})
CANDIDATE = closed(
    {
        "id": TEXT,
        "name": TEXT,
        "description": {"type": "string"},
        "type": {"type": "array", "items": TYPE},
        "score": {"type": "number"},
        "match": {"type": "boolean"},
        "features": {"type": "array", "items": FEATURE},
    }
)
RESULTS: Schema = {
    "type": "object",
    "additionalProperties": closed({"result": {"type": "array", "items": CANDIDATE}, "error": TEXT}, "result"),
}
SUGGESTED: dict[str, Schema] = {
    "entity": closed(
        {"id": TEXT, "name": TEXT, "description": {"type": "string"}, "notable": {"type": "array", "items": TYPE}}
    ),
    "type": BROAD_TYPE,
    "property": closed({"id": TEXT, "name": TEXT, "description": {"type": "string"}}, "id", "name"),
}
PROPOSED = closed(
    {"type": {"type": "string"}, "properties": {"type": "array", "items": TYPE}, "limit": {"type": "integer"}},
    "type",
    "properties",
)
DATE = r"^-?\d{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$"
CELL: Schema = {
    "oneOf": [
        closed({"id": TEXT, "name": TEXT}),
        closed({"str": {"type": "string"}}),
        closed({"int": {"type": "integer"}}),
        closed({"float": {"type": "number"}}),
        closed({"date": {"type": "string", "pattern": DATE}}),
    ]
}
EXTENDED = closed(
    {
        "meta": {"type": "array", "items": closed({"id": TEXT, "name": TEXT, "type": TYPE}, "id", "name")},
        "rows": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "array", "items": CELL}},
        },
    }
)
