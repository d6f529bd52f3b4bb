"""Suggestions while typing, flyouts and previews of entities, types and properties; the manifest that lists them."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from pyoxigraph import NamedNode
from rapidfuzz import fuzz

from kg.filmgraph import FilmGraph
from kg.reasoning.rules import OWL_THING
from kg.server.reconcile.data_extension import SETTINGS
from kg.server.reconcile.graph_terms import (
    SchemaTerm,
    all_properties,
    all_types,
    entity_of_id,
    find_path,
    find_type,
    follow,
    path_label,
    to_id,
    types_of,
)
from kg.server.reconcile.requests import MAX_QUERIES
from kg.terms import FILM, entity_iri, to_curie, to_short
from kg.text.folding import fold_name
from kg.version import __version__

PAGE_SIZE, MAX_SKIPPED = 20, 1_000
"""How many suggestions are given at once, and how many can be skipped."""
_MIN_RATIO = 80
_UNLIKE = 9


# --- suggestions
def suggest_entities(graph: FilmGraph, prefix: str, types: Sequence[str], skip: int) -> list[dict[str, Any]]:
    """Entities whose name begins like this or is similar; an entity whose id it is comes first."""
    known = [term for type in types if (term := find_type(graph, type)) is not None]
    class_name = to_curie(entity_iri(known[0].id).value) if known else ""
    itself = entity_of_id(graph, prefix) if prefix.strip() else None
    matches = graph.search(prefix, class_name=class_name, limit=skip + PAGE_SIZE + 1)
    entities = [itself] if itself is not None else []
    entities += [match.entity for match in matches if match.entity != itself]
    own = [entity for entity in entities if entity.value.startswith(FILM)]
    return [
        {
            "id": to_id(entity),
            "name": graph.names.label(entity) or to_id(entity),
            "description": graph.names.describe(entity),
            "notable": [type.as_dict() for type in types_of(graph, entity)[:1]],
        }
        for entity in own[skip : skip + PAGE_SIZE]
    ]


def suggest_types(graph: FilmGraph, prefix: str, skip: int) -> list[dict[str, Any]]:
    """Types by id or name; those that the graph uses most first."""
    known = all_types(graph)
    return [_type_document(known, type) | {"description": type.description} for type in _suggested(known, prefix, skip)]


def suggest_properties(graph: FilmGraph, prefix: str, skip: int) -> list[dict[str, Any]]:
    """Properties by id or name; those that the graph uses most first."""
    suggested = _suggested(all_properties(graph), prefix, skip)
    return [property.as_dict() | {"description": property.description} for property in suggested]


def _type_document(known: Mapping[str, SchemaTerm], type: SchemaTerm) -> dict[str, Any]:
    """A type with those right above it."""
    broader = [known[id].as_dict() for id in type.broader if id in known]
    return type.as_dict() | ({"broader": broader} if broader else {})


def _suggested(known: Mapping[str, SchemaTerm], prefix: str, skip: int) -> list[SchemaTerm]:
    wanted = fold_name(prefix)
    ranks = {term.id: _rank(term, prefix.strip(), wanted) for term in known.values()}
    fitting = [term for term in known.values() if ranks[term.id] < _UNLIKE]
    fitting.sort(key=lambda term: (ranks[term.id], -term.uses, term.id))
    return fitting[skip : skip + PAGE_SIZE]


def _rank(term: SchemaTerm, prefix: str, wanted: str) -> int:
    """0 for the term itself, then another word for it, the beginning of its name, of a word, a part, a similar name."""
    if term.id == prefix or wanted in term.folded:
        return 0
    if not wanted:
        return 1 if term.uses else _UNLIKE
    if wanted in term.other_folded:
        return 1
    if any(name.startswith(wanted) for name in term.folded):
        return 2
    if any(f" {wanted}" in f" {name}" for name in term.folded):
        return 3
    if len(wanted) > 2 and any(wanted in name for name in term.folded):
        return 4
    if len(wanted) > 2 and any(name.startswith(wanted) for name in term.other_folded):
        return 5
    is_similar = len(wanted) > 3 and any(fuzz.ratio(wanted, name) >= _MIN_RATIO for name in term.folded)
    return 6 if is_similar else _UNLIKE


# --- flyouts and previews
def flyout(graph: FilmGraph, kind: str, id: str) -> dict[str, str] | None:
    """A few words of HTML about an entity, a type or a property; None for an unknown id."""
    if kind == "entity":
        entity = entity_of_id(graph, id)
        if entity is None:
            return None
        name, description = graph.names.label(entity), graph.names.describe(entity)
    else:
        term = (all_types if kind == "type" else all_properties)(graph).get(id)
        if term is None:
            return None
        name, description = term.name, term.description
    return {"id": id, "html": f"<p><b>{html.escape(name)}</b></p><p>{html.escape(description)}</p>"}


_WIDTH, _HEIGHT = 430, 220
_STYLE = (
    "body{font:14px/1.4 sans-serif;margin:10px;color:#222;background:#fff}h1{font-size:17px;margin:0}"
    "p{margin:2px 0 8px;color:#555}dl{display:grid;grid-template-columns:auto 1fr;gap:2px 10px;margin:0}"
    "dt{color:#555}dd{margin:0}"
)
PREVIEW_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors *; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'"
)
"""The Content-Security-Policy of a preview: it loads and runs nothing, and any page may show it in a frame."""
_SHOWN = (
    *("alias", "director", "castMember", "country", "genre", "premiere.date", "release.date", "birthDate", "partOf"),
    *("locatedIn", "imdbId"),
)
_MAX_VALUES, _MAX_SHOWN = 50, 4


def preview(graph: FilmGraph, id: str, url: str) -> str | None:
    """A small page about an entity, for a frame in another program; None for an unknown id. `url` is its own page."""
    entity = entity_of_id(graph, id)
    if entity is None:
        return None
    lines = (f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in _lines(graph, entity))
    label = html.escape(graph.names.label(entity) or to_id(entity))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{label}</title>'
        f'<style>{_STYLE}</style></head><body><h1><a href="{html.escape(url)}" target="_blank" rel="noopener">'
        f"{label}</a></h1><p>{html.escape(graph.names.describe(entity))}</p><dl>{''.join(lines)}</dl></body></html>\n"
    )


def _lines(graph: FilmGraph, entity: NamedNode) -> Iterator[tuple[str, str]]:
    """The names of properties, each with some values."""
    for path in filter(None, (find_path(graph, name) for name in _SHOWN)):
        values = islice(follow(graph, entity, path), _MAX_VALUES)
        labels = (
            (graph.names.label(value) if isinstance(value, NamedNode) else "") or to_short(value) for value in values
        )
        texts = sorted(set(labels))
        if texts:
            more = f" and {len(texts) - _MAX_SHOWN} more" if len(texts) > _MAX_SHOWN else ""
            yield path_label(graph, path), ", ".join(texts[:_MAX_SHOWN]) + more


# --- the manifest
_DEFAULT_TYPES = ("Film", "Person", "Award", "Organisation")


def default_types(graph: FilmGraph) -> list[dict[str, Any]]:
    """The types that most tables are about; in a graph without these, those that it uses most."""
    known = all_types(graph)
    usual = [known[id] for id in _DEFAULT_TYPES if id in known and known[id].uses]
    most_used = sorted((type for type in known.values() if type.uses), key=lambda type: (-type.uses, type.id))[:4]
    return [_type_document(known, type) for type in usual or most_used]


def manifest(base: str, types: list[dict[str, Any]]) -> dict[str, Any]:
    """The manifest of a service at `base`, such as `http://127.0.0.1:8000`."""
    service = f"{base}/reconcile"
    return {
        "versions": ["0.2"],
        "name": "Film knowledge graph",
        "identifierSpace": FILM,
        "schemaSpace": OWL_THING.strip("<>"),
        "defaultTypes": types,
        "serviceVersion": __version__,
        "view": {"url": f"{base}/film/{{{{id}}}}"},
        "preview": {"url": f"{service}/preview?id={{{{id}}}}", "width": _WIDTH, "height": _HEIGHT},
        "suggest": {
            kind: {
                "service_url": service,
                "service_path": f"/suggest/{kind}",
                "flyout_service_url": service,
                "flyout_service_path": f"/flyout/{kind}?id=${{id}}",
            }
            for kind in ("entity", "type", "property")
        },
        "extend": {
            "propose_properties": {"service_url": service, "service_path": "/extend/propose"},
            "property_settings": SETTINGS,
        },
        "batchSize": MAX_QUERIES,
    }
