"""Our ontology and the Wikidata mapping walk in; how each of our properties and classes is said there walks out.

It is the importer's mapping read the other way, so that what was brought in goes back under the same property. Where
several of theirs mean one of ours, each is kept with the classes that it is said of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pyoxigraph import NamedNode, Triple

from kg import vocabulary as vocab
from kg.mappings.wikidata import EXACT, WD, PropertyMeaning, WikidataMapping, default_parser
from kg.schema import Schema
from kg.terms import ALIAS, LABEL, OWL, SKOS, TYPE, XSD

CLOSE = NamedNode(SKOS + "closeMatch")
INVERSE = NamedNode(OWL + "inverseOf")
IDENTIFIER, WIKIDATA_ID, DESCRIPTION = vocab.identifier, vocab.wikidataId, vocab.description
_NOT_STATED = frozenset((TYPE, LABEL, ALIAS, DESCRIPTION, WIKIDATA_ID))
"""What is no statement there: names and descriptions are told apart, and a class is P31."""


class Datatype(StrEnum):
    """What a property of Wikidata takes, as its JSON names it (https://www.wikidata.org/wiki/Special:ListDatatypes)."""

    ITEM = "wikibase-item"
    STRING = "string"
    EXTERNAL_ID = "external-id"
    TEXT = "monolingualtext"
    TIME = "time"
    QUANTITY = "quantity"
    URL = "url"


_BY_READING = {
    "item": Datatype.ITEM,
    "name": Datatype.ITEM,
    "time": Datatype.TIME,
    "minutes": Datatype.QUANTITY,
    "money": Datatype.QUANTITY,
    "made": Datatype.STRING,
    "score": Datatype.STRING,
}


@dataclass(frozen=True, slots=True)
class WikidataProperty:
    """How one of our properties is said there: the property, what it takes, and what it means to us."""

    property: str
    datatype: Datatype
    ours: NamedNode
    meaning: PropertyMeaning
    qualifiers: tuple[WikidataProperty, ...] = ()
    bounds: Mapping[NamedNode, str] = field(default_factory=dict)
    """What makes a node of ours say less than the property there -> the value with which it does not."""

    def fits(self, classes: Iterable[str]) -> bool:
        """True when things of these classes have the property there."""
        return not self.meaning.of or not self.meaning.of.isdisjoint(classes)


@dataclass(frozen=True)
class ExportMapping:
    """How our words are said in Wikidata."""

    plain: Mapping[NamedNode, tuple[WikidataProperty, ...]]
    """Property -> how its value is said; properties below it are said so too, where they have no way of their own."""
    parts: Mapping[NamedNode, tuple[WikidataProperty, ...]]
    """Property that leads to a node -> how the node's own value is said, and what qualifies it."""
    inverses: Mapping[NamedNode, tuple[NamedNode, ...]]
    """Property -> those that say the same from the other end."""
    classes: Mapping[NamedNode, str]
    minute: str
    currencies: Mapping[str, str]
    media: Mapping[str, str]
    inverted: Mapping[str, Mapping[str, str]]


def to_export_mapping(ontology: Iterable[Triple], schema: Schema, mapping: WikidataMapping) -> ExportMapping:
    """How the ontology's words are said in Wikidata, by the crosswalk and the mapping."""
    ontology = tuple(ontology)
    reader = _Reader(schema, mapping)
    nodes, plain = reader.nodes(), reader.plain(ontology)
    for property in nodes:
        plain.pop(property, None)
    return ExportMapping(
        {property: reader.nearest(property, plain) for property in schema.properties},
        nodes,
        _inverses(ontology),
        reader.classes(ontology),
        next(unit for unit, minutes in mapping.units.items() if minutes == 1),
        _turned(mapping.currencies),
        _turned(mapping.media),
        mapping.inverted,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    schema: Schema
    mapping: WikidataMapping

    def plain(self, ontology: Iterable[Triple]) -> dict[NamedNode, tuple[WikidataProperty, ...]]:
        found: dict[NamedNode, list[WikidataProperty]] = defaultdict(list)
        for name, meanings in sorted(self.mapping.properties.items(), key=lambda one: _number(one[0])):
            for meaning in meanings:
                if meaning.property and self.schema.names[meaning.property] not in _NOT_STATED:
                    found[self.schema.names[meaning.property]].append(self.saying(name, meaning))
        for property, name in _matches(ontology, EXACT):
            known = property in self.schema.properties and name.startswith("P") and name not in self.mapping.ignored
            if known and property not in found and property not in _NOT_STATED:
                ours = self.schema.properties[property].name
                found[property].append(
                    self.saying(name, PropertyMeaning(ours, parse_as=default_parser(self.schema, ours)))
                )
        return {property: tuple(sayings) for property, sayings in found.items()}

    def nodes(self) -> dict[NamedNode, tuple[WikidataProperty, ...]]:
        found: dict[NamedNode, list[WikidataProperty]] = defaultdict(list)
        for name, meanings in sorted(self.mapping.properties.items(), key=lambda one: _number(one[0])):
            for meaning in meanings:
                if meaning.part:
                    found[self.schema.names[meaning.part]].append(self.saying(name, meaning))
        return {property: tuple(sayings) for property, sayings in found.items()}

    def saying(self, name: str, meaning: PropertyMeaning) -> WikidataProperty:
        ours = self.schema.names[meaning.value or meaning.property]
        qualifiers = tuple(self.saying(*one) for one in sorted(meaning.qualifiers.items(), key=lambda q: _number(q[0])))
        bounds = {self.schema.names[one]: free for one, free in meaning.bounds.items()}
        return WikidataProperty(name, self.datatype(name, ours, meaning), ours, meaning, qualifiers, bounds)

    def datatype(self, name: str, ours: NamedNode, meaning: PropertyMeaning) -> Datatype:
        if name in self.mapping.datatypes:
            return Datatype(self.mapping.datatypes[name])
        if meaning.parse_as in _BY_READING:
            return _BY_READING[meaning.parse_as]
        if IDENTIFIER in self.schema.ancestors(ours):
            return Datatype.EXTERNAL_ID
        is_number = NamedNode(XSD + "integer") in self.schema.properties[ours].range
        return Datatype.QUANTITY if is_number else Datatype.STRING

    def nearest(
        self, property: NamedNode, plain: Mapping[NamedNode, tuple[WikidataProperty, ...]]
    ) -> tuple[WikidataProperty, ...]:
        """The property's own sayings, or those of the nearest above it: a leading actor is a cast member there."""
        level = [property]
        seen = set(level)
        while level:
            if found := [plain[one] for one in level if one in plain]:
                return found[0]
            words = (self.schema.properties.get(one) for one in level)
            level = [up for word in words if word is not None for up in word.parents if up not in seen]
            seen.update(level)
        return ()

    def classes(self, ontology: Iterable[Triple]) -> dict[NamedNode, str]:
        ontology = tuple(ontology)
        own: dict[NamedNode, str] = {}
        for match in (CLOSE, EXACT):
            for kind, name in _matches(ontology, match):
                if kind in self.schema.classes and (match == EXACT or kind not in own):
                    own[kind] = name
        return {kind: name for kind in self.schema.classes if (name := self._class(kind, own))}

    def _class(self, kind: NamedNode, own: Mapping[NamedNode, str]) -> str:
        waiting = [kind]
        while waiting:
            if (one := waiting.pop(0)) in own:
                return own[one]
            waiting.extend(self.schema.classes[one].parents if one in self.schema.classes else ())
        return ""


def _matches(ontology: Iterable[Triple], match: NamedNode) -> list[tuple[NamedNode, str]]:
    return [
        (triple.subject, triple.object.value.removeprefix(WD))
        for triple in ontology
        if triple.predicate == match
        and isinstance(triple.subject, NamedNode)
        and isinstance(triple.object, NamedNode)
        and triple.object.value.startswith(WD)
    ]


def _inverses(ontology: Iterable[Triple]) -> dict[NamedNode, tuple[NamedNode, ...]]:
    found: dict[NamedNode, set[NamedNode]] = defaultdict(set)
    for triple in ontology:
        if (
            triple.predicate == INVERSE
            and isinstance(triple.subject, NamedNode)
            and isinstance(triple.object, NamedNode)
        ):
            found[triple.subject].add(triple.object)
            found[triple.object].add(triple.subject)
    return {property: tuple(sorted(others, key=str)) for property, others in found.items()}


def _turned(table: Mapping[str, str]) -> dict[str, str]:
    """Value -> key; where several keys have one value, the first."""
    return {value: key for key, value in reversed(list(table.items()))}


def _number(name: str) -> int:
    return int(name[1:])
