"""A film knowledge graph whose every answer can be traced to its source passage.

    import kg
    graph = kg.open()
    for row in graph.ask("films-directed-by", person="Sean Baker"):
        print(row.film)

Imports are lazy: a module is loaded when one of its names is first used.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kg.version import __version__

if TYPE_CHECKING:
    from kg.endpoints.endpoint_graph import connect
    from kg.endpoints.endpoint_graph import open_graph as open
    from kg.filmgraph import FilmGraph
    from kg.loaded_graph import LoadedGraph, infer, load, validate
    from kg.lookup.entity_names import Entity
    from kg.pipeline.build import build, check
    from kg.pipeline.new_project import create_project as new
    from kg.queries.answer import Answer, Row
    from kg.rdflib_store import FilmGraphStore as Store
    from kg.reports import Finding, Report

__all__ = [
    "Answer",
    "Entity",
    "FilmGraph",
    "Finding",
    "LoadedGraph",
    "Report",
    "Row",
    "Store",
    "__version__",
    "build",
    "check",
    "connect",
    "infer",
    "load",
    "new",
    "open",
    "validate",
]

_EXPORTS = {
    "Answer": ("kg.queries.answer", "Answer"),
    "Entity": ("kg.lookup.entity_names", "Entity"),
    "FilmGraph": ("kg.filmgraph", "FilmGraph"),
    "Finding": ("kg.reports", "Finding"),
    "LoadedGraph": ("kg.loaded_graph", "LoadedGraph"),
    "Report": ("kg.reports", "Report"),
    "Row": ("kg.queries.answer", "Row"),
    "Store": ("kg.rdflib_store", "FilmGraphStore"),
    "build": ("kg.pipeline.build", "build"),
    "check": ("kg.pipeline.build", "check"),
    "connect": ("kg.endpoints.endpoint_graph", "connect"),
    "infer": ("kg.loaded_graph", "infer"),
    "load": ("kg.loaded_graph", "load"),
    "new": ("kg.pipeline.new_project", "create_project"),
    "open": ("kg.endpoints.endpoint_graph", "open_graph"),
    "validate": ("kg.loaded_graph", "validate"),
}


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module 'kg' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    from importlib import import_module

    module, attribute = _EXPORTS[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
