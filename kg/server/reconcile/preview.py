"""An id walks in; a small page about the entity walks out, for a frame inside another program."""

from __future__ import annotations

import base64
import hashlib
import html
from itertools import islice

from pyoxigraph import NamedNode

from kg.filmgraph import FilmGraph
from kg.server.reconcile.matching import describe
from kg.server.reconcile.types_and_properties import name_of_way, to_entity, to_id, to_way, walk
from kg.terms import to_short

WIDTH, HEIGHT = 430, 220
_STYLE = (
    "body{font:14px/1.4 sans-serif;margin:10px;color:#222;background:#fff}h1{font-size:17px;margin:0}"
    "p{margin:2px 0 8px;color:#555}dl{display:grid;grid-template-columns:auto 1fr;gap:2px 10px;margin:0}"
    "dt{color:#555}dd{margin:0}"
)
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors *; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'"
)
"""The page loads nothing and runs nothing; any page may show it in a frame, since that is what it is for."""
_SHOWN = (
    "alias",
    "director",
    "castMember",
    "country",
    "genre",
    "premiere.date",
    "release.date",
    "birthDate",
    "partOf",
    "locatedIn",
    "imdbId",
)
_MOST = 4


def preview(graph: FilmGraph, id: str, address: str) -> str | None:
    """The page; None where there is no entity of this id. `address` is where its own page is."""
    thing = to_entity(graph, id)
    if thing is None:
        return None
    facts = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in _facts(graph, thing))
    label = html.escape(graph.names.label(thing) or to_id(thing))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{label}</title>'
        f'<style>{_STYLE}</style></head><body><h1><a href="{html.escape(address)}" target="_blank" rel="noopener">'
        f"{label}</a></h1><p>{html.escape(describe(graph, thing))}</p><dl>{facts}</dl></body></html>\n"
    )


def _facts(graph: FilmGraph, thing: NamedNode) -> list[tuple[str, str]]:
    told = []
    for name in _SHOWN:
        way = to_way(graph, name)
        values = list(islice(walk(graph, thing, way), 50)) if way is not None else []
        texts = sorted(
            {(graph.names.label(one) if isinstance(one, NamedNode) else "") or to_short(one) for one in values}
        )
        if texts and way is not None:
            more = f" and {len(texts) - _MOST} more" if len(texts) > _MOST else ""
            told.append((name_of_way(graph, way), ", ".join(texts[:_MOST]) + more))
    return told
