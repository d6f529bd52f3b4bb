"""Things and parts that are told together walk in; they walk out with the winners first, then the newest.

A thing that is not dated itself counts as its edition: a nomination has the year of its ceremony.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import NamedNode, Quad

from kg import vocabulary as vocab
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.terms import FILM, KNOWLEDGE, TYPE

_WHEN, _EDITION, _WIN = vocab.when, vocab.edition, vocab.Win


def in_newest_order(graph: FilmGraph, nodes: Iterable[NamedNode]) -> list[NamedNode]:
    """Wins before everything else, then the newest first, then by name."""
    editions: dict[NamedNode, str] = {}
    ordered = sorted(nodes, key=lambda node: ("" if _is_part(node) else graph.names.label(node).casefold(), node.value))
    ordered.sort(key=lambda node: day_of(graph, node, editions), reverse=True)
    return sorted(ordered, key=lambda node: not is_win(graph, node))


def day_of(graph: FilmGraph, node: NamedNode, editions: dict[NamedNode, str] | None = None) -> str:
    """When something was, by its edition's date or its own; empty when neither is told.

    `editions` remembers those that were looked up: thousands of nominations share some tens of ceremonies.
    """
    known = editions if editions is not None else {}
    for quad in find_quads(graph.store, node, _EDITION, None, KNOWLEDGE):
        if isinstance(quad.object, NamedNode):
            if quad.object not in known:
                known[quad.object] = _when(graph, quad.object)
            if known[quad.object]:
                return known[quad.object]
    return _when(graph, node)


def is_win(graph: FilmGraph, node: NamedNode) -> bool:
    """True when something is a win."""
    return Quad(node, TYPE, _WIN, KNOWLEDGE) in graph.store


def _is_part(node: NamedNode) -> bool:
    """True for what has no label, so that none is looked for."""
    return "." in node.value.removeprefix(FILM)


def _when(graph: FilmGraph, node: NamedNode) -> str:
    quads = find_quads(graph.store, node, _WHEN, None, KNOWLEDGE)
    return max((getattr(quad.object, "value", "") for quad in quads), default="")
