"""How our properties and classes are stated in Wikidata: the importer's mapping read in the other direction.

So an imported statement is exported under the same property. Where several of their properties mean one of ours, each
is kept, with the classes that it is used with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pyoxigraph import NamedNode, Triple

from kg import vocabulary as film
from kg.mappings.wikidata import EXACT, PropertyMeaning, WikidataMapping, default_form, find_matches
from kg.schema import Schema
from kg.terms import ALIAS, LABEL, OWL, SKOS, TYPE, XSD

CLOSE = NamedNode(SKOS + "closeMatch")
INVERSE = NamedNode(OWL + "inverseOf")
_NOT_STATED = frozenset((TYPE, LABEL, ALIAS, film.description, film.wikidataId))
"""Properties that are not statements there: names and descriptions have a place of their own, and a class is P31."""


class Datatype(StrEnum):
    """The datatype of a property, as Wikidata's JSON names it (https://www.wikidata.org/wiki/Special:ListDatatypes)."""

    ITEM = "wikibase-item"
    STRING = "string"
    EXTERNAL_ID = "external-id"
    TEXT = "monolingualtext"
    TIME = "time"
    QUANTITY = "quantity"
    URL = "url"


_DATATYPE_OF_FORM = {
    "item": Datatype.ITEM,
    "name": Datatype.ITEM,
    "time": Datatype.TIME,
    "minutes": Datatype.QUANTITY,
    "money": Datatype.QUANTITY,
    "entity": Datatype.STRING,
    "score": Datatype.STRING,
}


@dataclass(frozen=True, slots=True)
class WikidataProperty:
    """How one of our properties is stated in Wikidata."""

    property: str
    """Its number there: P57."""
    datatype: Datatype
    ours: NamedNode
    meaning: PropertyMeaning
    qualifiers: tuple[WikidataProperty, ...] = ()
    bounds: Mapping[NamedNode, str] = field(default_factory=dict)
    """Properties by which a part of ours states less than this one -> the value with which it does not."""

    def fits(self, classes: Iterable[str]) -> bool:
        """True when entities of these classes can have the property there."""
        return not self.meaning.domain or not self.meaning.domain.isdisjoint(classes)


@dataclass(frozen=True)
class ExportMapping:
    """How our properties, classes and values are stated in Wikidata."""

    properties: Mapping[NamedNode, tuple[WikidataProperty, ...]]
    """Our property -> theirs; a property without one of its own has those of the nearest property above it."""
    parts: Mapping[NamedNode, tuple[WikidataProperty, ...]]
    """Our property that leads to a part -> the property for the part's own value, with its qualifiers."""
    inverses: Mapping[NamedNode, tuple[NamedNode, ...]]
    """Our property -> our properties that state the same from the other end."""
    classes: Mapping[NamedNode, str]
    minute: str
    currencies: Mapping[str, str]
    media: Mapping[str, str]
    inverted: Mapping[str, Mapping[str, str]]
    """Their property -> the `property` that states the same of its value, and the qualifier `owner` for its subject."""


def to_export_mapping(ontology: Iterable[Triple], schema: Schema, mapping: WikidataMapping) -> ExportMapping:
    """The mapping of exports, by the crosswalk and the importer's mapping."""
    ontology = tuple(ontology)
    inverter = _Inverter(schema, mapping)
    parts = inverter.parts()
    direct = {name: found for name, found in inverter.direct(ontology).items() if name not in parts}
    return ExportMapping(
        {property: inverter.nearest(property, direct) for property in schema.properties},
        parts,
        _find_inverses(ontology),
        inverter.classes(ontology),
        next(unit for unit, minutes in mapping.units.items() if minutes == 1),
        _invert(mapping.currencies),
        _invert(mapping.media),
        mapping.inverted,
    )


@dataclass(frozen=True, slots=True)
class _Inverter:
    schema: Schema
    mapping: WikidataMapping

    def direct(self, ontology: Iterable[Triple]) -> dict[NamedNode, tuple[WikidataProperty, ...]]:
        """Our property -> theirs, without regard to the hierarchy."""
        found: dict[NamedNode, list[WikidataProperty]] = defaultdict(list)
        for name, meaning in self._meanings():
            if meaning.property and self.schema.names[meaning.property] not in _NOT_STATED:
                found[self.schema.names[meaning.property]].append(self._to_property(name, meaning))
        for property, name in find_matches(ontology, EXACT):
            is_known = property in self.schema.properties and name.startswith("P") and name not in self.mapping.ignored
            if is_known and property not in found and property not in _NOT_STATED:
                term = self.schema.properties[property]
                meaning = PropertyMeaning(term.name, parse_as=default_form(term))
                found[property].append(self._to_property(name, meaning))
        return {property: tuple(theirs) for property, theirs in found.items()}

    def parts(self) -> dict[NamedNode, tuple[WikidataProperty, ...]]:
        """Our property that leads to a part -> theirs."""
        found: dict[NamedNode, list[WikidataProperty]] = defaultdict(list)
        for name, meaning in self._meanings():
            if meaning.part_property:
                found[self.schema.names[meaning.part_property]].append(self._to_property(name, meaning))
        return {property: tuple(theirs) for property, theirs in found.items()}

    def nearest(
        self, property: NamedNode, direct: Mapping[NamedNode, tuple[WikidataProperty, ...]]
    ) -> tuple[WikidataProperty, ...]:
        """Theirs of the property, or of the nearest property above it: a leading actor is a cast member there."""
        level = [property]
        seen = set(level)
        while level:
            if found := [direct[name] for name in level if name in direct]:
                return found[0]
            terms = (self.schema.properties.get(name) for name in level)
            level = [parent for term in terms if term is not None for parent in term.parents if parent not in seen]
            seen.update(level)
        return ()

    def classes(self, ontology: tuple[Triple, ...]) -> dict[NamedNode, str]:
        """Our class -> theirs, or that of the nearest class above it; an exact match is preferred to a close one."""
        matches: dict[NamedNode, str] = {}
        for match in (CLOSE, EXACT):
            for class_iri, name in find_matches(ontology, match):
                if class_iri in self.schema.classes and (match == EXACT or class_iri not in matches):
                    matches[class_iri] = name
        return {iri: name for iri in self.schema.classes if (name := self._nearest_class(iri, matches))}

    def _nearest_class(self, class_iri: NamedNode, matches: Mapping[NamedNode, str]) -> str:
        queue = [class_iri]
        while queue:
            if (iri := queue.pop(0)) in matches:
                return matches[iri]
            queue.extend(self.schema.classes[iri].parents if iri in self.schema.classes else ())
        return ""

    def _meanings(self) -> Iterator[tuple[str, PropertyMeaning]]:
        for name, meanings in sorted(self.mapping.properties.items(), key=lambda pair: _number(pair[0])):
            yield from ((name, meaning) for meaning in meanings)

    def _to_property(self, name: str, meaning: PropertyMeaning) -> WikidataProperty:
        ours = self.schema.names[meaning.value_property or meaning.property]
        qualifiers = sorted(meaning.qualifiers.items(), key=lambda pair: _number(pair[0]))
        bounds = {self.schema.names[property]: value for property, value in meaning.bounds.items()}
        datatype = self._datatype(name, ours, meaning)
        return WikidataProperty(
            name, datatype, ours, meaning, tuple(self._to_property(*pair) for pair in qualifiers), bounds
        )

    def _datatype(self, name: str, ours: NamedNode, meaning: PropertyMeaning) -> Datatype:
        if name in self.mapping.datatypes:
            return Datatype(self.mapping.datatypes[name])
        if meaning.parse_as in _DATATYPE_OF_FORM:
            return _DATATYPE_OF_FORM[meaning.parse_as]
        if film.identifier in self.schema.ancestors(ours):
            return Datatype.EXTERNAL_ID
        is_number = NamedNode(XSD + "integer") in self.schema.properties[ours].range
        return Datatype.QUANTITY if is_number else Datatype.STRING


def _find_inverses(ontology: Iterable[Triple]) -> dict[NamedNode, tuple[NamedNode, ...]]:
    found: dict[NamedNode, set[NamedNode]] = defaultdict(set)
    for triple in ontology:
        left, right = triple.subject, triple.object
        if triple.predicate == INVERSE and isinstance(left, NamedNode) and isinstance(right, NamedNode):
            found[left].add(right)
            found[right].add(left)
    return {property: tuple(sorted(others, key=str)) for property, others in found.items()}


def _invert(table: Mapping[str, str]) -> dict[str, str]:
    """Value -> key; where several keys have one value, the first."""
    return {value: key for key, value in reversed(list(table.items()))}


def _number(name: str) -> int:
    return int(name[1:])
