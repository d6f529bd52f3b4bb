"""The names of all entities that have a page, as the search in the browser reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.lookup.entity_types import types_of
from kg.server.pages.display import Display, display_of
from kg.server.pages.search_pages import what_distinguishes
from kg.server.pages.urls import page_url
from kg.static_site.site_files import SiteFiles, parse_address, relative_url
from kg.terms import ALIAS, KNOWLEDGE, LABEL, ONTOLOGY, to_curie
from kg.text.folding import fold_name

_MAX_LINKS = 24
"""More links to an entity do not raise its rank."""


def search_index_json(graph: FilmGraph, files: SiteFiles) -> str:
    """A list of entities: id, page, names, classes, what distinguishes it, and the number of links to it."""
    display = display_of(graph)
    rows = [_row(display, entity, names, files) for entity, names in _named_entities(graph)]
    return json.dumps([row for row in rows if row is not None], ensure_ascii=False, separators=(",", ":"))


def _named_entities(graph: FilmGraph) -> Iterator[tuple[NamedNode, list[str]]]:
    """Yield the entities with names, each with its label first."""
    names: dict[NamedNode, dict[str, None]] = {}
    for property, part in ((LABEL, KNOWLEDGE), (LABEL, ONTOLOGY), (ALIAS, KNOWLEDGE)):
        for quad in find_quads(graph.store, None, property, None, part):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                names.setdefault(quad.subject, {})[quad.object.value] = None
    for entity in sorted(names, key=str):
        label = graph.names.label(entity)
        yield entity, [label, *sorted(name for name in names[entity] if name != label)] if label else [*names[entity]]


def _row(display: Display, entity: NamedNode, names: list[str], files: SiteFiles) -> list[object] | None:
    url = page_url(entity)
    if not url or (address := parse_address(url)[0]) not in files:
        return None
    graph = display.graph
    types = types_of(graph.store, graph.ontology, entity)
    links = sum(1 for _ in find_quads(graph.store, None, None, entity, KNOWLEDGE, limit=_MAX_LINKS))
    return [
        to_curie(entity.value),
        relative_url(files[address], start="index.html"),
        [[name, fold_name(name)] for name in names],
        sorted(to_curie(type.value).removeprefix("film:") for type in types),
        ", ".join(map(display.label, graph.ontology.narrowest(types))),
        what_distinguishes(display, entity),
        links,
    ]
