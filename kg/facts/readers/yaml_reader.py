"""One YAML file of facts walks in; facts walk out, and every fault with its line and column.

The YAML format is told in docs/facts.md. A section (between `---`) has a source and blocks; a block is about one
thing; a value is a fact, or a node with no name of its own whose address is made of its owner, the property and its
first value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import NamedNode

from kg.facts.dates import to_date_range
from kg.facts.files import fault, read_text, read_yaml
from kg.facts.literals import parse_value
from kg.facts.model import Evidence, Fact, Rank, Source
from kg.reports import Finding, Place
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import FILM, TYPE, to_iri
from kg.text import closest, to_slug
from kg.yaml_files import YamlNode

_SAYING = ("source", "at", "record", "retrieved", "as_of", "rank", "because", "paraphrase")
_OF_A_FACT = (*_SAYING, "value", "written", "lang")
_OF_A_NODE = (*_SAYING, "id")
_SPAN = re.compile(r"(?P<start>[0-9]{1,9})-(?P<end>[0-9]{1,9})")


class _Spot(NamedTuple):
    start: int | None
    end: int | None


_NO_SPOT = (_Spot(None, None),)


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of facts from outside in: by the section, the block, the node, the value."""

    source: str = ""
    spots: tuple[_Spot, ...] = _NO_SPOT
    record: str = ""
    retrieved: str = ""
    as_of: str = ""
    rank: Rank = Rank.NORMAL
    because: str = ""
    paraphrase: bool = False


@dataclass
class YamlReader:
    """Reads fact files against the ontology and the sources; `faults` gathers what is wrong in all of them."""

    schema: Schema
    sources: Mapping[str, Source]
    faults: list[Finding] = field(default_factory=list)
    _blocks: dict[tuple[NamedNode, str], Place] = field(default_factory=dict)
    _nodes: set[str] = field(default_factory=set)

    def read(self, path: Path, *, file: str) -> Iterator[Fact]:
        """Yield the facts of one YAML file; `file` is how findings name it."""
        text = read_text(path, file=file, faults=self.faults)
        if text is None:
            return
        empty = True
        for root in read_yaml(text, file=file, faults=self.faults):
            empty = False
            self._nodes.clear()
            yield from self._section(root)
        if empty and not any(finding.place is not None and finding.place.file == file for finding in self.faults):
            self._fault(
                "empty", "the file holds no facts", Place(file, 1, 1), remedy="Write a block, or remove the file."
            )

    def _section(self, root: YamlNode) -> Iterator[Fact]:
        if root.entries is None:
            self._fault("shape", f"a section is a mapping of things, not {root.kind}", root.place)
            return
        entries = self._entries(root)
        said = _Said()
        if (source := entries.pop("source", None)) is not None:
            said = replace(said, source=self._source(source[1]))
        for key, value in entries.values():
            try:
                subject = to_iri(key.text or "")
            except ValueError as error:
                self._fault("name", str(error), key.place)
                continue
            if value.entries is None:
                self._fault(
                    "shape", f"the block of {key.text} is a mapping of properties, not {value.kind}", value.place
                )
                continue
            first = self._blocks.setdefault((subject, said.source), key.place)
            if first != key.place:
                self._fault(
                    "duplicate",
                    f"{key.text} has a block for {said.source or 'no source'} at {first} already",
                    key.place,
                    remedy="Join the two blocks.",
                )
            within = self._entries(value)
            yield from self._node(subject, within, self._saying(within, said))

    def _node(self, subject: NamedNode, entries: dict[str, tuple[YamlNode, YamlNode]], said: _Said) -> Iterator[Fact]:
        for name, (key, value) in entries.items():
            word = self._word(name, key)
            if word is not None:
                for one in value.elements if value.elements is not None else (value,):
                    yield from self._value(subject, word, one, said)

    def _value(self, subject: NamedNode, word: OntologyTerm, value: YamlNode, said: _Said) -> Iterator[Fact]:
        written, lang = "", ""
        if value.elements is not None:
            self._fault("shape", f"a list within the list of {word.name}", value.place)
            return
        if value.entries is not None:
            entries = self._entries(value)
            if "value" not in entries:
                yield from self._nested(subject, word, value, entries, said)
                return
            for name in (name for name in entries if name not in _OF_A_FACT):
                self._fault(
                    "key",
                    f"{name!r} is not said of a fact",
                    entries[name][0].place,
                    remedy=_offer(name, list(_OF_A_FACT)),
                )
            said = self._saying(entries, said)
            written, lang = (self._text(entries[name][1]) if name in entries else "" for name in ("written", "lang"))
            value = entries["value"][1]
        if value.text is None:
            self._fault("shape", f"the value of {word.name} is {value.kind}", value.place)
        elif value.is_null:
            self._fault("value", f"{word.name} has no value", value.place)
        else:
            yield from self._facts(subject, word, value, said, written=written, lang=lang)

    def _facts(
        self, subject: NamedNode, word: OntologyTerm, value: YamlNode, said: _Said, *, written: str, lang: str
    ) -> Iterator[Fact]:
        try:
            term = parse_value(value.text or "", word, lang=lang)
        except ValueError as error:
            self._fault("value", f"{word.name}: {error}", value.place)
            return
        if word.iri == TYPE and term not in self.schema.classes:
            name = (value.text or "").removeprefix("film:")
            self._fault(
                "unknown-class",
                f"{value.text!r} is not a class of the ontology",
                value.place,
                remedy=_offer(name, list(self.schema.class_names)),
            )
            return
        if not said.source:
            self._fault(
                "no-source",
                f"nobody says that {word.name} is {value.text}",
                value.place,
                remedy="Name the source at the top of the section.",
            )
            return
        for spot in said.spots:
            evidence = Evidence(said.source, spot.start, spot.end, said.record, said.retrieved)
            yield Fact(
                subject,
                word.iri,
                term,
                evidence,
                written,
                said.as_of,
                said.rank,
                said.because,
                said.paraphrase,
                value.place,
            )

    def _nested(
        self,
        subject: NamedNode,
        word: OntologyTerm,
        value: YamlNode,
        entries: dict[str, tuple[YamlNode, YamlNode]],
        said: _Said,
    ) -> Iterator[Fact]:
        if word.value_kind is not ValueKind.ENTITY or word.iri == TYPE:
            self._fault("shape", f"{word.name} takes a value, not a mapping", value.place, remedy="Write {value: ...}.")
            return
        node = NamedNode(self._address(subject, word, entries, value.place))
        entries.pop("id", None)
        inner = self._saying(entries, said)
        for spot in inner.spots:
            evidence = Evidence(inner.source, spot.start, spot.end, inner.record, inner.retrieved)
            if inner.source:
                yield Fact(
                    subject, word.iri, node, evidence, "", inner.as_of, inner.rank, inner.because, True, value.place
                )
        yield from self._node(node, entries, inner)

    def _address(
        self, subject: NamedNode, word: OntologyTerm, entries: dict[str, tuple[YamlNode, YamlNode]], place: Place
    ) -> str:
        if "id" in entries:
            slug = to_slug(self._text(entries["id"][1]))
        else:
            telling = (value for name, (_, value) in entries.items() if name not in _OF_A_NODE and name != "type")
            slug = to_slug(_first_text(next(telling, None)))
        owner = subject.value if subject.value.startswith(FILM) else FILM + to_slug(subject.value.rpartition("/")[2])
        address = f"{owner}.{word.name}.{slug or 'node'}"
        if "id" in entries and address in self._nodes:
            self._fault("duplicate", f"two nodes under {word.name} have the id {slug!r}", place)
        free, times = address, 1
        while free in self._nodes:
            times += 1
            free = f"{address}-{times}"
        self._nodes.add(free)
        return free

    def _saying(self, entries: dict[str, tuple[YamlNode, YamlNode]], said: _Said) -> _Said:
        """Take the keys that tell of the facts out of `entries`, and what they say over what was said outside."""
        for name in (name for name in _SAYING if name in entries):
            _, value = entries.pop(name)
            match name:
                case "source":
                    source = self._source(value)
                    # A passage of one source is none of another's.
                    said = said if source == said.source else replace(said, source=source, spots=_NO_SPOT)
                case "at":
                    said = replace(said, spots=tuple(self._spots(value)) or said.spots)
                case "rank":
                    said = replace(said, rank=self._rank(value))
                case "paraphrase":
                    if value.text not in ("true", "false"):
                        self._fault("value", f"paraphrase is true or false, not {value.text!r}", value.place)
                    said = replace(said, paraphrase=value.text == "true")
                case "as_of" | "retrieved":
                    said = self._day(said, name, value)
                case "record":
                    said = replace(said, record=self._text(value))
                case "because":
                    said = replace(said, because=self._text(value))
        return said

    def _day(self, said: _Said, name: str, value: YamlNode) -> _Said:
        day = self._text(value)
        try:
            to_date_range(day)
        except ValueError as error:
            self._fault("value", f"{name}: {error}", value.place)
        return replace(said, as_of=day) if name == "as_of" else replace(said, retrieved=day)

    def _spots(self, value: YamlNode) -> Iterator[_Spot]:
        for one in value.elements if value.elements is not None else (value,):
            span = _SPAN.fullmatch(one.text or "")
            if span is None or int(span["start"]) >= int(span["end"]):
                self._fault(
                    "span", f"{one.text!r} is not a span", one.place, remedy="Write start-end, as `kg cite` prints it."
                )
            else:
                yield _Spot(int(span["start"]), int(span["end"]))

    def _source(self, value: YamlNode) -> str:
        source = self._text(value)
        if source not in self.sources:
            self._fault(
                "unknown-source",
                f"there is no source {source!r} in sources.yaml",
                value.place,
                remedy=_offer(source, list(self.sources)),
            )
        return source

    def _rank(self, value: YamlNode) -> Rank:
        if value.text in tuple(Rank):
            return Rank(value.text)
        self._fault(
            "value", f"{value.text!r} is not a rank", value.place, remedy="Write preferred, normal or deprecated."
        )
        return Rank.NORMAL

    def _word(self, name: str, key: YamlNode) -> OntologyTerm | None:
        word = self.schema.property_named(name)
        if word is None:
            self._fault(
                "unknown-property",
                f"{name!r} is not a property of the ontology",
                key.place,
                remedy=_offer(name, list(self.schema.names)),
            )
        return word

    def _entries(self, node: YamlNode) -> dict[str, tuple[YamlNode, YamlNode]]:
        entries: dict[str, tuple[YamlNode, YamlNode]] = {}
        for key, value in node.entries or ():
            name = key.text
            if name is None or key.is_null:
                self._fault("shape", f"{key.kind} stands where a name should", key.place)
            elif name in entries:
                self._fault(
                    "duplicate",
                    f"{name!r} stands here twice, first in line {entries[name][0].place.line}",
                    key.place,
                    remedy="Make a list of the values.",
                )
            else:
                entries[name] = (key, value)
        return entries

    def _text(self, value: YamlNode) -> str:
        if value.text is None:
            self._fault("shape", f"{value.kind} stands where a text should", value.place)
        return value.text or ""

    def _fault(self, check: str, message: str, place: Place, *, remedy: str = "") -> None:
        self.faults.append(fault(check, message, place, remedy=remedy))


def _first_text(value: YamlNode | None) -> str:
    """The first text under a value, which names the node it stands in."""
    while value is not None and value.text is None:
        if value.elements:
            value = value.elements[0]
        elif value.entries:
            value = next((one for key, one in value.entries if key.text == "value"), value.entries[0][1])
        else:
            value = None
    return (value.text or "") if value is not None else ""


def _offer(name: str, names: list[str]) -> str:
    near = closest(name, names)
    return f"Did you mean {' or '.join(near)}?" if near else ""
