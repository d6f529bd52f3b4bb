"""Where in the files a shape is described: parsers of RDF keep no places, so the lines are searched for its name."""

from __future__ import annotations

import re
from pathlib import Path

from kg.graph.shapes.description import Description
from kg.reports import Place


class Places:
    """The lines of shapes files that begin with a shape's name."""

    def __init__(self, files: tuple[str, ...]) -> None:
        self._files = files
        self._texts: dict[str, list[str]] = {}

    def of(self, node: str, graph: Description) -> Place | None:
        """The line of the shape, or of the nearest shape with a name that it belongs to; else its file."""
        owner = node if node.startswith("<") else graph.owner(node)
        for file in self._files:
            if file not in self._texts:
                self._texts[file] = Path(file).read_text(encoding="utf-8", errors="replace").splitlines()
            if owner and (line := self._line(file, owner)):
                return Place(file, line)
        return Place(self._files[0]) if len(self._files) == 1 else None

    def _line(self, file: str, iri: str) -> int:
        stem = re.escape(re.split(r"[/#]", iri[1:-1])[-1])
        wanted = re.compile(rf"(?:{re.escape(iri)}|[\w.-]*:{stem})(?=[\s;,.]|$)")
        return next((n for n, text in enumerate(self._texts[file], 1) if wanted.match(text)), 0)
