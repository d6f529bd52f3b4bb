"""Ids and properties walk in; the values that the graph has of them walk out, as a table takes them."""

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
from kg.queries.answer import to_cell
from kg.server.reconcile.requests import Extension, Wanted
from kg.server.reconcile.types_and_properties import (
    all_properties,
    name_of_way,
    to_entity,
    to_id,
    to_type,
    to_way,
    types_of,
    values_of,
    walk,
)
from kg.terms import FILM, KNOWN_NAMES, TYPE, XSD, Term, entity_iri, to_iri, to_short

_MOST_VALUES, _USUAL, _MOST_PROPOSED, _PARTS_OF = 1_000, 40, 200, 20
_YEAR = XSD + "gYear"
_WORKED_OUT = ("type", "when", "earliest", "latest", "mentionedIn", "identifier")
"""Not proposed, though they can be fetched: others say the same more narrowly."""
_SHORT = {iri: name for name, iri in KNOWN_NAMES.items()}

SETTINGS: list[dict[str, Any]] = [
    {
        "name": "limit",
        "label": "Limit",
        "type": "number",
        "default": 0,
        "help_text": "At most so many values of each thing; 0 for all.",
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


def extend(graph: FilmGraph, extension: Extension) -> dict[str, Any]:
    """The values of some properties of some things; a property or thing that is not known has none."""
    ways = {one.property: to_way(graph, one.property) for one in extension.properties}
    rows = {
        id: {one.property: _cells(graph, to_entity(graph, id), ways[one.property], one) for one in extension.properties}
        for id in extension.ids
    }
    told = {one.property: _meta(graph, one, ways[one.property], rows) for one in extension.properties}
    return {"meta": list(told.values()), "rows": rows}


def _cells(
    graph: FilmGraph, thing: NamedNode | None, way: tuple[NamedNode, ...] | None, wanted: Wanted
) -> list[dict[str, Any]]:
    if thing is None or way is None:
        return []
    cells = [_cell(graph, value) for value in islice(walk(graph, thing, way), _MOST_VALUES)]
    if wanted.is_count:
        return [{"int": len(cells)}]
    ordered = sorted(cells, key=_by_value)
    return ordered[: wanted.limit or None]


def _by_value(cell: dict[str, Any]) -> tuple[float, str]:
    value = cell.get("name", next(iter(cell.values())))
    return (value, "") if isinstance(value, int | float) else (math.inf, str(value).casefold())


def _cell(graph: FilmGraph, value: Term) -> dict[str, Any]:
    if isinstance(value, NamedNode):
        label = graph.names.label(value)
        is_entity = bool(label) and value.value.startswith(FILM)
        return {"id": to_id(value), "name": label} if is_entity else {"str": label or to_short(value)}
    if isinstance(value, Literal) and value.datatype.value == _YEAR and value.value.isdecimal():
        return {"int": int(value.value)}
    return _literal(to_cell(value, graph.names), to_short(value))


def _literal(cell: object, text: str) -> dict[str, Any]:
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


def _meta(
    graph: FilmGraph, wanted: Wanted, way: tuple[NamedNode, ...] | None, rows: Mapping[str, Any]
) -> dict[str, Any]:
    name = name_of_way(graph, way) if way is not None else wanted.property
    told: dict[str, Any] = {"id": wanted.property, "name": name}
    first = next((cell["id"] for row in rows.values() for cell in row[wanted.property] if "id" in cell), None)
    thing = to_entity(graph, first) if first is not None else None
    kinds = types_of(graph, thing)[:1] if thing is not None else []
    return told | ({"type": kinds[0].as_dict()} if kinds else {})


def propose(graph: FilmGraph, type: str, limit: int | None) -> dict[str, Any]:
    """Properties that things of a type have, those of the most things first; of parts, the way to what they hold."""
    most = min(limit or _USUAL, _MOST_PROPOSED)
    known = to_type(graph, type)
    found: dict[str, str] = {}
    for row in read_class_properties(graph.store, graph.names, entity_iri(known.id)) if known is not None else ():
        own = _SHORT.get(to_iri(row.curie)) or row.curie.removeprefix("film:")
        if own in all_properties(graph) and own not in _WORKED_OUT and known is not None:
            parts = _parts(graph, known.id, own)
            found |= {f"{own}.{part}": f"{_name(graph, own)} › {_name(graph, part)}" for part in parts}
            found |= {} if parts else {own: _name(graph, own)}
    told: dict[str, Any] = {
        "type": type,
        "properties": [{"id": id, "name": name} for id, name in islice(found.items(), most)],
    }
    return told | ({"limit": limit} if limit is not None else {})


def _name(graph: FilmGraph, id: str) -> str:
    return all_properties(graph)[id].name


def _parts(graph: FilmGraph, kind: str, property: str) -> list[str]:
    """Where a property leads to parts of a thing, which have no name: what is said of them, read off some of them."""
    way = to_way(graph, property)
    things = find_quads(graph.store, None, TYPE, entity_iri(kind), limit=10 * _PARTS_OF)
    found: dict[str, None] = {}
    for quad in things:
        thing = quad.subject
        if way is None or not isinstance(thing, NamedNode):
            continue
        for value in values_of(graph, thing, way[0]):
            if isinstance(value, NamedNode) and value.value.startswith(f"{thing.value}."):
                said = find_quads(graph.store, value, None, None, None)
                found |= dict.fromkeys(to_id(one.predicate) for one in said if one.predicate.value.startswith(FILM))
    return sorted(id for id in found if id in all_properties(graph) and id not in _WORKED_OUT)
