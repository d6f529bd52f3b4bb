"""The beginning of a name walks in; the entities, types or properties that it may become walk out."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from rapidfuzz import fuzz

from kg.filmgraph import FilmGraph
from kg.server.reconcile.matching import describe
from kg.server.reconcile.types_and_properties import (
    Known,
    all_properties,
    all_types,
    to_entity,
    to_id,
    to_type,
    types_of,
)
from kg.terms import FILM, entity_iri, to_curie
from kg.text import fold_name

PAGE, FARTHEST = 20, 1_000
"""How many suggestions are given at once, and how many can be skipped."""
_LIKE = 80


def suggest_entities(graph: FilmGraph, prefix: str, types: Sequence[str], skip: int) -> list[dict[str, Any]]:
    """Things whose name begins like this, or is like this; a thing whose id it is comes first."""
    meant = [known for one in types if (known := to_type(graph, one)) is not None]
    kind = to_curie(entity_iri(meant[0].id).value) if meant else ""
    itself = to_entity(graph, prefix) if prefix.strip() else None
    found = [itself] if itself is not None else []
    found += [
        one.entity for one in graph.search(prefix, class_name=kind, limit=skip + PAGE + 1) if one.entity != itself
    ]
    own = [thing for thing in found if thing.value.startswith(FILM)]
    return [
        {
            "id": to_id(thing),
            "name": graph.names.label(thing) or to_id(thing),
            "description": describe(graph, thing),
            "notable": [one.as_dict() for one in types_of(graph, thing)[:1]],
        }
        for thing in own[skip : skip + PAGE]
    ]


def suggest_types(graph: FilmGraph, prefix: str, skip: int) -> list[dict[str, Any]]:
    """Types by id or name; those that the graph uses most first."""
    known = all_types(graph)
    found = _suggested(known, prefix, skip)
    return [to_type_document(known, one) | {"description": one.sentence} for one in found]


def to_type_document(known: dict[str, Known], one: Known) -> dict[str, Any]:
    """A type with those right above it."""
    broader = [known[id].as_dict() for id in one.broader if id in known]
    return one.as_dict() | ({"broader": broader} if broader else {})


def suggest_properties(graph: FilmGraph, prefix: str, skip: int) -> list[dict[str, Any]]:
    """Properties by id or name; those that the graph uses most first."""
    found = _suggested(all_properties(graph), prefix, skip)
    return [one.as_dict() | {"description": one.sentence} for one in found]


def _suggested(known: dict[str, Known], prefix: str, skip: int) -> list[Known]:
    wanted = fold_name(prefix)
    ranked = [(_rank(one, prefix.strip(), wanted), -one.uses, one.id, one) for one in known.values()]
    return [one for rank, *_, one in sorted(ranked, key=lambda two: two[:3]) if rank < 9][skip : skip + PAGE]


def _rank(one: Known, prefix: str, wanted: str) -> int:
    """0 for the thing itself, then its beginning, a word's beginning, a part, and what is only alike; 9 is unlike."""
    if one.id == prefix or wanted in one.folded:
        return 0
    if not wanted:
        return 1 if one.uses else 9
    if any(name.startswith(wanted) for name in one.folded):
        return 2
    if any(f" {wanted}" in f" {name}" for name in one.folded):
        return 3
    if len(wanted) > 2 and any(wanted in name for name in one.folded):
        return 4
    is_alike = len(wanted) > 3 and any(fuzz.ratio(wanted, name) >= _LIKE for name in one.folded)
    return 5 if is_alike else 9


def flyout(graph: FilmGraph, kind: str, id: str) -> dict[str, str] | None:
    """A few words of HTML about an entity, a type or a property; None where there is none of this id."""
    if kind == "entity":
        thing = to_entity(graph, id)
        if thing is None:
            return None
        name, sentence = graph.names.label(thing), describe(graph, thing)
    else:
        known = (all_types if kind == "type" else all_properties)(graph).get(id)
        if known is None:
            return None
        name, sentence = known.name, known.sentence
    return {"id": id, "html": f"<p><b>{html.escape(name)}</b></p><p>{html.escape(sentence)}</p>"}
