"""Where in the files a thing is described: parsers of RDF keep no places, so the lines are searched for its name.

In N-Triples that is the very triple. In Turtle it is the line that begins with the thing's name, or within its block
the first line that names the property. Elsewhere, and in very long files, it is the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kg.reports import Finding, Place
from kg.shapes.shapes_graph import Description

_PREFIX = re.compile(r"\s*@?prefix\s+([\w.-]*):\s*<([^>]*)>", re.IGNORECASE)
_NAME = re.compile(r"<([^>\s]*)>|([\w.-]*):((?:[^\s;,.\[\]()#]|\.(?=\w))*)")
_LONGEST = 32_000_000
"""Bytes: a file that is longer is not searched, its findings name the file alone."""

Line = tuple[Path, int, Sequence[str]]
"""File, number, and the names or terms that stand on the line, in order."""


def located(findings: Iterable[Finding], files: Sequence[Path]) -> tuple[Finding, ...]:
    """The findings with their places in the files, as far as they can be told."""
    findings = tuple(findings)
    wanted = {finding.focus for finding in findings if not finding.places}
    lines: dict[str, list[Line]] = {}
    for file in files:
        for subject, line in _lines(file, wanted):
            lines.setdefault(subject, []).append(line)
    only = (Place(str(files[0])),) if len(files) == 1 else ()
    return tuple(
        finding if finding.places else replace(finding, places=_places(finding, lines) or only) for finding in findings
    )


def _places(finding: Finding, lines: Mapping[str, list[Line]]) -> tuple[Place, ...]:
    about = lines.get(finding.focus, ())
    exact = [line for line in about if line[2][1:] == [finding.path, finding.value]]
    counted = [line for line in about if finding.values and line[2][1:2] == [finding.path]]
    named = [line for line in about if finding.path in line[2]]
    return tuple(Place(str(file), number) for file, number, _ in exact or counted or named[:1] or about[:1])


def _lines(file: Path, wanted: set[str]) -> Iterator[tuple[str, Line]]:
    """The lines that speak of a wanted subject; none of a file that is too long or whose lines say nothing."""
    if not wanted or file.stat().st_size > _LONGEST:
        return
    if file.suffix == ".nt":
        subjects = {subject.encode() for subject in wanted}
        with file.open("rb") as content:
            for number, said in enumerate(content, 1):
                if said.partition(b" ")[0] in subjects:
                    s, p, o = said.decode("utf-8", errors="replace").rstrip(" .\r\n").split(" ", 2)
                    yield s, (file, number, [s, p, o])
    elif file.suffix in (".ttl", ".n3"):
        for subject, line in _turtle_lines(file):
            if subject in wanted:
                yield subject, line


def _turtle_lines(file: Path) -> Iterator[tuple[str, Line]]:
    """Each line with the subject of its block: the last name that began a line."""
    prefixes: dict[str, str] = {}
    subject = ""

    def full(found: re.Match[str]) -> str:
        return f"<{found[1]}>" if found[1] is not None else f"<{prefixes.get(found[2], '')}{found[3]}>"

    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if (declared := _PREFIX.match(line)) is not None:
            prefixes[declared[1]] = declared[2]
            continue
        if (name := _NAME.match(line)) is not None:
            subject = full(name)
        if subject:
            yield subject, (file, number, [full(found) for found in _NAME.finditer(line)])


class Places:
    """Where each shape is described."""

    def __init__(self, files: tuple[str, ...]) -> None:
        self._files = tuple(map(Path, files))
        self._first: dict[str, Place] | None = None

    def of(self, node: str, graph: Description) -> Place | None:
        """The line of the shape, or of the nearest shape with a name that it belongs to; else its file."""
        owner = node if node.startswith("<") else graph.owner(node)
        return self._begins().get(owner) or (Place(str(self._files[0])) if len(self._files) == 1 else None)

    def _begins(self) -> dict[str, Place]:
        if self._first is None:
            self._first = {}
            for file in self._files:
                if file.suffix in (".ttl", ".n3", ".nt"):
                    for subject, (_, number, _) in _turtle_lines(file):
                        self._first.setdefault(subject, Place(str(file), number))
        return self._first
