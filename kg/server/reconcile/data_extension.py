"""Data extension: the values of properties of some entities, for further columns of a table."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from pyoxigraph import Literal, NamedNode

from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.lookup.schema_card import read_class_properties
from kg.parts import belongs_to
from kg.queries.answer import to_cell
from kg.server.reconcile.graph_terms import (
    PropertyPath,
    all_properties,
    entity_of_id,
    find_path,
    find_type,
    follow,
    path_label,
    property_id,
    to_id,
    types_of,
    values_of,
)
from kg.server.reconcile.requests import DataExtension, ExtensionProperty
from kg.terms import FILM, TYPE, XSD, Term, entity_iri, to_short

_MAX_VALUES, _DEFAULT_PROPOSED, _MAX_PROPOSED, _MAX_SAMPLED = 1_000, 40, 200, 200
_YEAR = XSD + "gYear"
_REDUNDANT = ("type", "when", "earliest", "latest", "mentionedIn", "identifier")
"""Not proposed, though they can be fetched: other properties say the same more narrowly."""

SETTINGS: list[dict[str, Any]] = [
    {
        "name": "limit",
        "label": "Limit",
        "type": "number",
        "default": 0,
        "help_text": "At most so many values of each entity; 0 for all.",
    },
    {
        "name": "count",
        "label": "Only count the values",
        "type": "checkbox",
        "default": False,
        "help_text": "How many values there are, instead of the values.",
    },
]
"""What can be set for each property that is fetched."""


def extend(graph: FilmGraph, extension: DataExtension) -> dict[str, Any]:
    """The values of some properties of some entities; a property or entity that is unknown has none."""
    paths = {property.id: find_path(graph, property.id) for property in extension.properties}
    rows = {
        id: {
            property.id: _cells(graph, entity_of_id(graph, id), paths[property.id], property)
            for property in extension.properties
        }
        for id in extension.ids
    }
    meta = {property.id: _meta(graph, property.id, paths[property.id], rows) for property in extension.properties}
    return {"meta": list(meta.values()), "rows": rows}


def _cells(
    graph: FilmGraph, entity: NamedNode | None, path: PropertyPath | None, property: ExtensionProperty
) -> list[dict[str, Any]]:
    if entity is None or path is None:
        return []
    cells = [_cell(graph, value) for value in islice(follow(graph, entity, path), _MAX_VALUES)]
    if property.is_count:
        return [{"int": len(cells)}]
    return sorted(cells, key=_sort_key)[: property.limit or None]


def _sort_key(cell: dict[str, Any]) -> tuple[float, str]:
    value = cell.get("name", next(iter(cell.values())))
    return (value, "") if isinstance(value, int | float) else (math.inf, str(value).casefold())


def _cell(graph: FilmGraph, value: Term) -> dict[str, Any]:
    if isinstance(value, NamedNode):
        label = graph.names.label(value)
        is_entity = bool(label) and value.value.startswith(FILM)
        return {"id": to_id(value), "name": label} if is_entity else {"str": label or to_short(value)}
    if isinstance(value, Literal) and value.datatype.value == _YEAR and value.value.isdecimal():
        return {"int": int(value.value)}
    return _literal_cell(to_cell(value, graph.names), to_short(value))


def _literal_cell(cell: object, text: str) -> dict[str, Any]:
    match cell:
        case bool():
            return {"str": str(cell).lower()}
        case int() if abs(cell) < 2**53:
            return {"int": cell}
        case float() | Decimal() if math.isfinite(cell):
            return {"float": float(cell)}
        case datetime.datetime():
            return {"date": cell.isoformat()}
        case datetime.date():
            return {"date": f"{cell.isoformat()}T00:00:00Z"}
        case _:
            return {"str": text}


def _meta(graph: FilmGraph, id: str, path: PropertyPath | None, rows: Mapping[str, Any]) -> dict[str, Any]:
    """A column: its id and name, and the type of its first entity."""
    name = path_label(graph, path) if path is not None else id
    first = next((cell["id"] for row in rows.values() for cell in row[id] if "id" in cell), None)
    entity = entity_of_id(graph, first) if first is not None else None
    types = types_of(graph, entity)[:1] if entity is not None else []
    return {"id": id, "name": name} | ({"type": types[0].as_dict()} if types else {})


# --- proposals
def propose(graph: FilmGraph, type: str, limit: int | None) -> dict[str, Any]:
    """Properties of entities of a type, the most used first; where one leads to parts, the paths to their values."""
    proposed = islice(_proposed(graph, type).items(), min(limit or _DEFAULT_PROPOSED, _MAX_PROPOSED))
    document: dict[str, Any] = {"type": type, "properties": [{"id": id, "name": name} for id, name in proposed]}
    return document | ({"limit": limit} if limit is not None else {})


def _proposed(graph: FilmGraph, type: str) -> dict[str, str]:
    """Id of a property or path -> its name."""
    proposed: dict[str, str] = {}
    known, properties = find_type(graph, type), all_properties(graph)
    if known is None:
        return proposed
    for row in read_class_properties(graph.store, graph.ontology, entity_iri(known.id)):
        id = property_id(row.curie)
        if id in properties and id not in _REDUNDANT:
            parts = _properties_of_parts(graph, known.id, id)
            names = {f"{id}.{part}": f"{properties[id].name} › {properties[part].name}" for part in parts}
            proposed |= names or {id: properties[id].name}
    return proposed


def _properties_of_parts(graph: FilmGraph, type: str, property: str) -> list[str]:
    """Where a property leads to parts of an entity, the properties of these parts, read off some of them."""
    path = find_path(graph, property)
    if path is None:
        return []
    quads = find_quads(graph.store, None, TYPE, entity_iri(type), limit=_MAX_SAMPLED)
    owners = (quad.subject for quad in quads if isinstance(quad.subject, NamedNode))
    values = ((owner, value) for owner in owners for value in values_of(graph, owner, path[0]))
    parts = [value for owner, value in values if isinstance(value, NamedNode) and belongs_to(value.value, owner.value)]
    predicates = {quad.predicate for part in parts for quad in find_quads(graph.store, part, None, None)}
    ids = {to_id(predicate) for predicate in predicates if predicate.value.startswith(FILM)}
    return sorted(id for id in ids if id in all_properties(graph) and id not in _REDUNDANT)
