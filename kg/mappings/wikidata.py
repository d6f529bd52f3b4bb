"""The crosswalk and `mappings/wikidata.yaml` walk in; what each class and property of Wikidata means here walks out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, Triple

from kg.errors import InputError
from kg.mappings import MAPPINGS
from kg.schema import Schema, ValueKind
from kg.terms import FILM, PREFIXES, SKOS, entity_iri
from kg.yaml_files import read_yaml_mapping

WD = PREFIXES["wd"]
EXACT = NamedNode(SKOS + "exactMatch")
_KEYS = {
    "property",
    "class",
    "of",
    "reads",
    "node",
    "value",
    "needs",
    "qualifiers",
    "inverse",
    "makes",
    "ignore",
    "bounds",
}


@dataclass(frozen=True, slots=True)
class PropertyMeaning:
    """What one property of Wikidata means on things of the classes `of`, or on all when there are none."""

    property: str = ""
    class_name: str = ""
    of: frozenset[str] = frozenset()
    parse_as: str = "text"
    part: str = ""
    value: str = ""
    needs: str = ""
    qualifiers: Mapping[str, PropertyMeaning] = field(default_factory=dict)
    inverse: str = ""
    makes: str = ""
    bounds: Mapping[str, str] = field(default_factory=dict)
    """What makes a node say less than the property there -> the value with which it does not."""


@dataclass(frozen=True)
class WikidataMapping:
    """Wikidata's classes and properties, read against our ontology."""

    classes: Mapping[str, str]
    properties: Mapping[str, tuple[PropertyMeaning, ...]]
    ignored: frozenset[str]
    units: Mapping[str, float]
    currencies: Mapping[str, str]
    media: Mapping[str, str]
    ancestors: Mapping[str, frozenset[str]]
    """Class -> itself and the classes above it."""
    datatypes: Mapping[str, str]
    """Property -> what it takes there, where that does not follow from what ours takes."""
    inverted: Mapping[str, Mapping[str, str]]
    """Property -> the one that says the same at the other end, and what the thing at this end is there."""


def read_wikidata_mapping(
    ontology: Iterable[Triple], schema: Schema, path: Path | None = None, *, strict: bool = True
) -> WikidataMapping:
    """The mapping; raises `InputError` naming each word in it that the ontology does not have.

    Where it is not `strict`, what names such a word is left out: a smaller ontology says less.
    """
    path = path if path is not None else MAPPINGS / "wikidata.yaml"
    told = read_yaml_mapping(path)
    reader = _Reader(schema)
    classes = {
        str(item): reader.class_name(str(name))
        for item, name in told.get("classes", {}).items()
        if strict or name in schema.class_names
    }
    properties: dict[str, tuple[PropertyMeaning, ...]] = {}
    for triple in ontology:
        if triple.predicate == EXACT and isinstance(triple.object, NamedNode) and triple.object.value.startswith(WD):
            subject, other = triple.subject, triple.object.value.removeprefix(WD)
            if isinstance(subject, NamedNode) and subject in schema.classes:
                classes.setdefault(other, subject.value.removeprefix(FILM))
            elif isinstance(subject, NamedNode) and subject in schema.properties:
                properties[other] = (reader.to_meaning({"property": subject.value.removeprefix(FILM)}),)
    ignored = set()
    faults: list[str] = []
    for name, entry in told.get("properties", {}).items():
        entries = entry if isinstance(entry, list) else [entry]
        if any("ignore" in one for one in entries):
            ignored.add(name)
            properties.pop(name, None)
        else:
            meanings = [(reader.to_meaning(one), reader.take_faults()) for one in entries]
            faults += [fault for _, found in meanings for fault in found]
            properties[name] = tuple(meaning for meaning, found in meanings if not found)
    if strict and (faults := [*reader.take_faults(), *faults]):
        raise InputError(f"{path}: " + "; ".join(sorted(set(faults))))
    return WikidataMapping(
        classes,
        properties,
        frozenset(ignored),
        told.get("units", {}),
        told.get("currencies", {}),
        told.get("media", {}),
        {
            word.name: frozenset(one.value.removeprefix(FILM) for one in schema.ancestors(iri))
            for iri, word in schema.classes.items()
        },
        told.get("datatypes", {}),
        told.get("turned", {}),
    )


def default_parser(schema: Schema, name: str) -> str:
    """How a value of our property is read where nothing else is said: item, time or text."""
    iri = schema.names.get(name)
    takes = schema.properties[iri].value_kind if iri is not None else None
    return {ValueKind.ENTITY: "item", ValueKind.DATE: "time"}.get(takes or ValueKind.LITERAL, "text")


@dataclass
class _Reader:
    schema: Schema
    faults: list[str] = field(default_factory=list)

    def to_meaning(self, entry: Mapping[str, Any]) -> PropertyMeaning:
        for key in sorted(set(entry) - _KEYS):
            self.faults.append(f"{key!r} is not said of a property")
        property = str(entry.get("property", ""))
        value = str(entry.get("value", ""))
        node = str(entry.get("node", ""))
        inverse = str(entry.get("inverse", ""))
        bounds = {str(name): str(free) for name, free in entry.get("bounds", {}).items()}
        for name in filter(None, (property, value, node, inverse, *bounds)):
            if name not in self.schema.names:
                self.faults.append(f"{name!r} is not a property of the ontology")
        makes = str(entry.get("makes", ""))
        for name in filter(None, (*entry.get("of", ()), entry.get("class", ""), makes)):
            self.class_name(str(name))
        reads = str(entry.get("reads", "")) or default_parser(self.schema, value or property)
        kind = str(entry.get("class", "")) or (self._range(value or property) if reads == "item" else "")
        return PropertyMeaning(
            property,
            kind,
            frozenset(map(str, entry.get("of", ()))),
            "made" if makes else reads,
            node,
            value,
            str(entry.get("needs", "")),
            {str(name): self.to_meaning(one) for name, one in entry.get("qualifiers", {}).items()},
            inverse,
            makes,
            bounds,
        )

    def class_name(self, name: str) -> str:
        if name not in self.schema.class_names:
            self.faults.append(f"{name!r} is not a class of the ontology")
        return name

    def take_faults(self) -> list[str]:
        found, self.faults = self.faults, []
        return found

    def _range(self, name: str) -> str:
        word = self.schema.properties.get(self.schema.names.get(name, entity_iri("")))
        ranges = [iri.value.removeprefix(FILM) for iri in (word.range if word is not None else ())]
        return ranges[0] if len(ranges) == 1 and ranges[0] in self.schema.class_names else ""
