"""A film knowledge graph whose every answer can be traced to the passage it rests on.

    import kg
    graph = kg.open()
    for row in graph.ask("films-directed-by", person="Sean Baker"):
        print(row.film)

The front door is lazy: nothing is loaded before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kg.version import __version__

if TYPE_CHECKING:
    from kg.filmgraph import FilmGraph
    from kg.filmgraph import open_graph as open
    from kg.pipeline.build import build, check
    from kg.queries.answer import Answer, Row, Thing
    from kg.reports import Finding, Report
    from kg.standalone import infer, validate

__all__ = [
    "Answer",
    "FilmGraph",
    "Finding",
    "Report",
    "Row",
    "Thing",
    "__version__",
    "build",
    "check",
    "infer",
    "open",
    "validate",
]

_ROOMS = {
    "Answer": ("kg.queries.answer", "Answer"),
    "FilmGraph": ("kg.filmgraph", "FilmGraph"),
    "Finding": ("kg.reports", "Finding"),
    "Report": ("kg.reports", "Report"),
    "Row": ("kg.queries.answer", "Row"),
    "Thing": ("kg.queries.answer", "Thing"),
    "build": ("kg.pipeline.build", "build"),
    "check": ("kg.pipeline.build", "check"),
    "infer": ("kg.standalone", "infer"),
    "open": ("kg.filmgraph", "open_graph"),
    "validate": ("kg.standalone", "validate"),
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'kg' has no attribute {name!r}")
    from importlib import import_module

    room, thing = _ROOMS[name]
    found = getattr(import_module(room), thing)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
