"""`data/sources.yaml`: the sources that facts are read from, by id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from kg.errors import UnknownNameError
from kg.facts.files import FileFindings, read_yaml_file
from kg.facts.literals import is_address
from kg.facts.model import Source
from kg.files.yaml_files import YamlNode
from kg.reports import Finding
from kg.text.folding import closest

SOURCE_KEYS = tuple(field.name for field in fields(Source) if field.name not in ("id", "place"))
"""The keys that an entry of `data/sources.yaml` may have, in the order in which they are written."""
_ID = re.compile(r"[a-z0-9](?:[a-z0-9._\-]*[a-z0-9])?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class SourcesRead:
    """The sources of a project by id, and what is wrong with their file."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def is_source_id(text: str) -> bool:
    """True when a source can have this id: lower-case letters and digits, with hyphens, dots or underscores between.

    >>> is_source_id("oscars-report"), is_source_id("Oscars")
    (True, False)
    """
    return _ID.fullmatch(text) is not None


def read_sources(path: Path, *, file: str) -> SourcesRead:
    """The sources in a file; `file` is its name in findings."""
    reader = _SourcesReader()
    for root in read_yaml_file(path, file=file):
        if isinstance(root, Finding):
            reader.findings.append(root)
        else:
            reader.read(root)
    return SourcesRead(reader.sources, tuple(reader.findings))


@dataclass
class _SourcesReader:
    """Parses sources.yaml; errors go to `findings`."""

    sources: dict[str, Source] = field(default_factory=dict)
    findings: FileFindings = field(default_factory=FileFindings)

    def read(self, root: YamlNode) -> None:
        if root.entries is None:
            self.findings.add("shape", f"expected a mapping of sources, found {root.kind}", root.place)
        for key, value in root.entries or ():
            id = key.text or ""
            if not is_source_id(id):
                remedy = "Use lower-case letters, digits and hyphens."
                self.findings.add("name", f"{id!r} is not a source id", key.place, value=id, remedy=remedy)
            elif id in self.sources:
                self.findings.add("duplicate", f"duplicate source {id!r}", key.place, self.sources[id].place, value=id)
            else:
                self.sources[id] = self._source(id, key, value)

    def _source(self, id: str, key: YamlNode, value: YamlNode) -> Source:
        if value.entries is None:
            self.findings.add("shape", f"source {id!r} is {value.kind}, not a mapping", value.place)
        texts: dict[str, str] = {}
        for name, node in value.entries or ():
            if name.text not in SOURCE_KEYS:
                self.findings.add(
                    "key",
                    f"unknown key {name.text!r} of a source",
                    name.place,
                    value=name.text or "",
                    suggestions=closest(name.text or "", list(SOURCE_KEYS)),
                    remedy=f"The keys are {', '.join(SOURCE_KEYS)}.",
                )
            elif node.text is None:
                self.findings.add("shape", f"{name.text} of a source is {node.kind}, not a text", node.place)
            elif name.text == "sha256" and _SHA256.fullmatch(node.text) is None:
                message = "sha256 must be 64 hexadecimal digits in lower case"
                self.findings.add("value", message, node.place, value=node.text)
            elif name.text == "address" and node.text and not is_address(node.text):
                message = f"{node.text!r} is not an address, like https://..."
                self.findings.add("value", message, node.place, value=node.text)
            else:
                texts[name.text] = node.text
        return Source(id, place=key.place, **texts)


_MOST_LISTED = 20


def unknown_source(name: str, known: Iterable[str]) -> UnknownNameError:
    """The error for a source that is not among the known ones, with the closest of them, or some of them."""
    known = sorted(known)
    suggestions = closest(name.removeprefix("source:"), known)
    listed = ", ".join(known[:_MOST_LISTED]) + (" and others" if len(known) > _MOST_LISTED else "")
    remedy = f"The sources are {listed}." if known and not suggestions else ""
    return UnknownNameError(name, kind="source", suggestions=suggestions, remedy=remedy)
