"""Where in the files a shape is described: parsers of RDF keep no places, so the lines are searched for its name."""

from __future__ import annotations

import re
from pathlib import Path

from kg.graph.shapes.description import Description
from kg.reports import Place

_PREFIX = re.compile(r"\s*@?prefix\s+([\w.-]*):\s*<([^>]*)>", re.IGNORECASE)
_SUBJECT = re.compile(r"<([^>\s]*)>|([\w.-]*):((?:[^\s;,.\[\]()#]|\.(?=\w))*)")


class Places:
    """The lines of shapes files that begin with a shape's name."""

    def __init__(self, files: tuple[str, ...]) -> None:
        self._files = files
        self._lines: dict[str, Place] | None = None

    def of(self, node: str, graph: Description) -> Place | None:
        """The line of the shape, or of the nearest shape with a name that it belongs to; else its file."""
        if self._lines is None:
            self._lines = {}
            for file in self._files:
                self._look_through(file, self._lines)
        owner = node if node.startswith("<") else graph.owner(node)
        return self._lines.get(owner) or (Place(self._files[0]) if len(self._files) == 1 else None)

    def _look_through(self, file: str, lines: dict[str, Place]) -> None:
        prefixes: dict[str, str] = {}
        for number, line in enumerate(Path(file).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if (declared := _PREFIX.match(line)) is not None:
                prefixes[declared[1]] = declared[2]
            elif (subject := _SUBJECT.match(line)) is not None:
                iri = subject[1] if subject[1] is not None else prefixes.get(subject[2], "") + subject[3]
                lines.setdefault(f"<{iri}>", Place(file, number))
