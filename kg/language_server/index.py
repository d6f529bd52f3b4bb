"""What a project defines and where: entities of fact files, sources, terms of the ontology.

A file is read again when it has changed on disk, or in the editor, whose text comes before that of the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from kg.facts.files import fact_files
from kg.facts.model import Source
from kg.facts.short_forms import CONTEXT_KEYS
from kg.facts.sources import read_sources
from kg.facts.texts import Texts, open_texts
from kg.project import Project
from kg.reports import Place
from kg.schema import Schema, read_ontology, to_schema

_LARGEST = 4 << 20
"""Larger fact files are not searched for entities: they are imported, and nobody edits them."""
_BLOCK = re.compile(r"(?P<id>[\w.\-]+):(?=\s|$)")
_NAMED = re.compile(r"(?:^ +|[{,] *)(label|type): *(?:\{value: *|\[)?(\"[^\"]*\"|'[^']*'|[^,{}\]#]+)")


@dataclass(frozen=True, slots=True)
class Definition:
    """An entity that a fact file defines, or a source: its id, its name, its class, and where it is."""

    id: str
    place: Place
    label: str = ""
    type: str = ""


@dataclass
class ProjectIndex:
    """The definitions of a project, each file read once for each of its states."""

    project: Project
    edited: dict[Path, str] = field(default_factory=dict)
    """The texts of files that are open in the editor."""
    _entities: dict[Path, tuple[object, tuple[Definition, ...]]] = field(default_factory=dict)
    _schema: tuple[object, Schema] | None = None
    _sources: tuple[object, Texts] | None = None

    @property
    def schema(self) -> Schema:
        """The ontology."""
        state = tuple(map(_state, self.project.ontology))
        if self._schema is None or self._schema[0] != state:
            self._schema = (state, to_schema(read_ontology(self.project.ontology)))
        return self._schema[1]

    @property
    def texts(self) -> Texts:
        """The sources with their texts."""
        path = self.project.data / "sources.yaml"
        state = _state(path)
        if self._sources is None or self._sources[0] != state:
            read = read_sources(path, file="data/sources.yaml").sources if path.is_file() else {}
            self._sources = (state, open_texts(None, self.project.texts, read))
        return self._sources[1]

    @property
    def sources(self) -> Mapping[str, Source]:
        """The sources by id."""
        return self.texts.sources

    def entities(self) -> dict[str, Definition]:
        """The entities that YAML files define, by id; of several blocks the first with a name."""
        found: dict[str, Definition] = {}
        for path in fact_files(self.project.data):
            if path.suffix in (".yaml", ".yml") and path.name != "sources.yaml" and path.stat().st_size <= _LARGEST:
                for definition in self._definitions(path):
                    if not found.get(definition.id, _NOTHING).label:
                        found[definition.id] = definition
        return found

    def _definitions(self, path: Path) -> tuple[Definition, ...]:
        state: object = self.edited.get(path) or _state(path)
        known = self._entities.get(path)
        if known is not None and known[0] == state:
            return known[1]
        file = path.relative_to(self.project.folder).as_posix()
        text = self.edited[path] if path in self.edited else path.read_text(encoding="utf-8", errors="replace")
        read = tuple(_blocks(text, file))
        self._entities[path] = (state, read)
        return read

    def place_of_term(self, name: str) -> Place | None:
        """Where the ontology defines a class or property."""
        pattern = re.compile(rf"^\s*film:{re.escape(name)}\s+a\s", re.MULTILINE)
        for path in self.project.ontology:
            text = path.read_text(encoding="utf-8")
            if (match := pattern.search(text)) is not None:
                line = text.count("\n", 0, match.end()) + 1
                return Place(path.relative_to(self.project.folder).as_posix(), line, 1)
        return None


_NOTHING = Definition("", Place(""))


def _state(path: Path) -> object:
    status = path.stat() if path.is_file() else None
    return status and (status.st_mtime_ns, status.st_size)


def _blocks(text: str, file: str) -> Iterator[Definition]:
    """Yield the blocks of a text by its lines: while a line is being typed, a file is not YAML."""
    current: Definition | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if (block := _BLOCK.match(line)) is not None and block["id"] not in CONTEXT_KEYS:
            if current is not None:
                yield current
            current = Definition(block["id"], Place(file, number, 1))
        if current is not None:
            for name, value in _NAMED.findall(line):
                text_of_value = value.strip("\"' ")
                if name == "type":
                    current = replace(current, type=current.type or text_of_value)
                else:
                    current = replace(current, label=current.label or text_of_value)
    if current is not None:
        yield current
