"""What each class and property of Wikidata means in our ontology, and how ours are stated in Wikidata.

Both come from the crosswalk and `mappings/wikidata.yaml`: importers read the mapping, and exports read it in the other
direction, so that an imported statement is exported under the same property.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TypeVar

from pyoxigraph import NamedNode, Triple

from kg import vocabulary as film
from kg.files.yaml_files import YamlNode
from kg.mappings import MAPPINGS
from kg.mappings.mapping_file import Fields, MappingFile
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import ALIAS, FILM, LABEL, PREFIXES, SKOS, TYPE, XSD

T = TypeVar("T")
WD = PREFIXES["wd"]
EXACT, CLOSE = NamedNode(SKOS + "exactMatch"), NamedNode(SKOS + "closeMatch")
INVERSE = NamedNode(FILM + "inverseMatch")
_KEYS = (
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
    "states",
)
_SECTIONS = ("classes", "properties", "units", "currencies", "media", "datatypes", "inverted")


@dataclass(frozen=True, slots=True)
class PropertyMeaning:
    """What one property of Wikidata means on entities of some classes, or on all of them."""

    property: str = ""
    """Our property; empty where ours is the `inverse` alone."""
    class_name: str = ""
    """The class of its values."""
    domain: frozenset[str] = frozenset()
    """The classes; empty for all of them."""
    parse_as: str = "text"
    """The form of the value: item, entity (a text becomes an entity), name, time, minutes, money, score or text."""
    part_property: str = ""
    """Our property that leads to a part, when the value and the qualifiers are in a part."""
    value_property: str = ""
    """The property of the part that has the value."""
    needs: str = ""
    """A qualifier without which the statement is left out."""
    qualifiers: Mapping[str, PropertyMeaning] = field(default_factory=dict)
    inverse: str = ""
    """The property by which the value leads back to the entity."""
    entity_class: str = ""
    """The class of the entity that a text becomes."""
    bounds: Mapping[str, str] = field(default_factory=dict)
    """Properties by which a part states less than the property of Wikidata -> the value with which it does not."""
    states: Mapping[str, str] = field(default_factory=dict)
    """Properties of every part that the property of Wikidata becomes -> their values."""


@dataclass(frozen=True)
class WikidataMapping:
    """The meaning of Wikidata's classes and properties in our ontology."""

    classes: Mapping[str, str]
    properties: Mapping[str, tuple[PropertyMeaning, ...]]
    ignored: frozenset[str]
    units: Mapping[str, float]
    """Unit of time -> minutes."""
    currencies: Mapping[str, str]
    """Item -> ISO 4217 code."""
    media: Mapping[str, str]
    ancestors: Mapping[str, frozenset[str]]
    """Class -> itself and the classes above it."""
    datatypes: Mapping[str, str]
    """Property -> its datatype in Wikidata, where that does not follow from the range of our property."""
    inverted: Mapping[str, Mapping[str, str]]
    """Property -> the `property` that states the same of its value, and the qualifier `owner` for its subject."""


def read_wikidata_mapping(
    ontology: Iterable[Triple], schema: Schema, path: Path | None = None, *, strict: bool = True
) -> WikidataMapping:
    """The mapping; raises `FaultsError` with each name in it that the ontology does not have.

    When it is not `strict`, entries with such names are left out, so that it can be used with a smaller ontology.
    """
    file = MappingFile(path if path is not None else MAPPINGS / "wikidata.yaml", schema)
    root = file.fields(file.root, _SECTIONS, "the mapping")
    reader = _MeaningReader(file, strict=strict)
    classes = reader.classes(root.node("classes"))
    properties: dict[str, tuple[PropertyMeaning, ...]] = {}
    for subject, item in find_matches(ontology, EXACT):
        if subject in schema.types:
            classes.setdefault(item, subject.value.removeprefix(FILM))
        elif subject in schema.properties:
            properties[item] = (_default_meaning(schema.properties[subject], schema),)
    for subject, name in find_matches(ontology, INVERSE):
        properties[name] = (PropertyMeaning(inverse=subject.value.removeprefix(FILM), parse_as="item"),)
    ignored = set()
    for name, node in file.entries(root.node("properties"), "the properties"):
        if reader.is_ignored(node):
            ignored.add(name)
            properties.pop(name, None)
        else:
            properties[name] = reader.meanings(name, node)
    file.raise_faults()
    ancestors = {
        term.name: frozenset(ancestor.value.removeprefix(FILM) for ancestor in schema.ancestors(iri))
        for iri, term in schema.types.items()
    }
    units = {item: float(minutes) for item, minutes in _texts(file, root, "units").items()}
    currencies, media, datatypes = (_texts(file, root, name) for name in ("currencies", "media", "datatypes"))
    inverted = {
        name: {key: value.text or "" for key, value in file.fields(node, ("property", "owner"), name)}
        for name, node in file.entries(root.node("inverted"), "inverted")
    }
    return WikidataMapping(
        classes, properties, frozenset(ignored), units, currencies, media, ancestors, datatypes, inverted
    )


def default_form(term: OntologyTerm) -> str:
    """The form of a value of our property where the mapping does not state it: item, time or text."""
    return {ValueKind.ENTITY: "item", ValueKind.DATE: "time"}.get(term.value_kind or ValueKind.LITERAL, "text")


@dataclass(frozen=True, slots=True)
class _MeaningReader:
    """Reads meanings from nodes; where it is not strict, an entry with faults is left out instead."""

    file: MappingFile
    strict: bool

    def classes(self, node: YamlNode | None) -> dict[str, str]:
        entries = self.file.entries(node, "the classes")
        read = {item: self._read(partial(self.file.class_name, value)) for item, value in entries}
        return {item: name for item, name in read.items() if name is not None}

    def is_ignored(self, node: YamlNode) -> bool:
        return any(key.text == "ignore" for entry in _elements(node) for key, _ in entry.entries or ())

    def meanings(self, name: str, node: YamlNode) -> tuple[PropertyMeaning, ...]:
        read = (self._read(partial(self._meaning, name, entry)) for entry in _elements(node))
        return tuple(meaning for meaning in read if meaning is not None)

    def _read(self, read: Callable[[], T]) -> T | None:
        return read() if self.strict else self.file.sound(read)

    def _meaning(self, name: str, node: YamlNode) -> PropertyMeaning:
        file = self.file
        fields = file.fields(node, _KEYS, f"property {name}")
        property, value_property = fields.property_name("property"), fields.property_name("value")
        term = file.schema.property_named(value_property or property)
        entity_class = fields.class_name("makes")
        inverse = fields.property_name("inverse")
        usual = default_form(term) if term is not None else "item" if inverse and not property else "text"
        form = fields.text("reads") or usual
        class_name = fields.class_name("class") or (
            file.schema.usual_type(term) if form == "item" and term is not None else ""
        )
        return PropertyMeaning(
            property,
            class_name,
            frozenset(map(file.class_name, _elements(fields.node("of")))),
            "entity" if entity_class else form,
            fields.property_name("node"),
            value_property,
            fields.text("needs"),
            {
                qualifier: self._meaning(f"{name}, qualifier {qualifier}", entry)
                for qualifier, entry in file.entries(fields.node("qualifiers"), f"the qualifiers of {name}")
            },
            inverse,
            entity_class,
            self._values(fields, "bounds"),
            self._values(fields, "states"),
        )

    def _values(self, fields: Fields, name: str) -> dict[str, str]:
        """The entries of a mapping from properties to values."""
        values = self.file.entries(fields.node(name), f"the {name} of {fields.what}")
        for key, _ in values.entries.values():
            self.file.property(key)
        return {property: self.file.text(value, "a value") for property, value in values}


def _default_meaning(term: OntologyTerm, schema: Schema) -> PropertyMeaning:
    form = default_form(term)
    return PropertyMeaning(term.name, schema.usual_type(term) if form == "item" else "", parse_as=form)


def _elements(node: YamlNode | None) -> Sequence[YamlNode]:
    """The elements of a list, or the one node that is there instead."""
    return () if node is None else (node,) if node.elements is None else node.elements


def find_matches(ontology: Iterable[Triple], match: NamedNode) -> Iterator[tuple[NamedNode, str]]:
    """Our terms that the crosswalk matches with Wikidata's, with the local name there: `film:director`, `P57`."""
    for triple in ontology:
        subject, value = triple.subject, triple.object
        if triple.predicate != match or not isinstance(subject, NamedNode) or not isinstance(value, NamedNode):
            continue
        if value.value.startswith(WD):
            yield subject, value.value.removeprefix(WD)


def _texts(file: MappingFile, root: Fields, name: str) -> dict[str, str]:
    return {key: file.text(node, name) for key, node in file.entries(root.node(name), name)}


# --- the other direction, for exports

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
    """Properties by which a part in our namespace states less than this one -> the value with which it does not."""
    states: Mapping[NamedNode, str] = field(default_factory=dict)
    """Properties that a part in our namespace has, where it states this one -> their values."""

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
    inverses: Mapping[NamedNode, tuple[WikidataProperty, ...]]
    """Our property -> theirs that state the same of its value."""
    classes: Mapping[NamedNode, str]
    """Our class or kind -> theirs."""
    kinds: Mapping[str, NamedNode]
    """Word of a kind -> kind."""
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
        inverter.inverses(),
        inverter.classes(ontology),
        schema.kind_words,
        next(unit for unit, minutes in mapping.units.items() if minutes == 1),
        _invert(mapping.currencies),
        _invert(mapping.media),
        mapping.inverted,
    )


@dataclass(frozen=True, slots=True)
class _Inverter:
    """Inverts mappings from Wikidata: our terms -> the properties and classes of Wikidata."""

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

    def inverses(self) -> dict[NamedNode, tuple[WikidataProperty, ...]]:
        """Our property -> theirs in the other direction."""
        found: dict[NamedNode, list[WikidataProperty]] = defaultdict(list)
        for name, meaning in self._meanings():
            if meaning.inverse and not meaning.property:
                found[self.schema.names[meaning.inverse]].append(self._to_property(name, meaning))
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
        """Our class or kind -> theirs, or that of the nearest above it; an exact match is preferred to a close one."""
        matches: dict[NamedNode, str] = {}
        for match in (CLOSE, EXACT):
            for class_iri, name in find_matches(ontology, match):
                if class_iri in self.schema.types and (match == EXACT or class_iri not in matches):
                    matches[class_iri] = name
        return {iri: name for iri in self.schema.types if (name := self._nearest_class(iri, matches))}

    def _nearest_class(self, class_iri: NamedNode, matches: Mapping[NamedNode, str]) -> str:
        queue = [class_iri]
        while queue:
            if (iri := queue.pop(0)) in matches:
                return matches[iri]
            queue.extend(self.schema.types[iri].parents if iri in self.schema.types else ())
        return ""

    def _meanings(self) -> Iterator[tuple[str, PropertyMeaning]]:
        for name, meanings in sorted(self.mapping.properties.items(), key=lambda pair: _number(pair[0])):
            yield from ((name, meaning) for meaning in meanings)

    def _to_property(self, name: str, meaning: PropertyMeaning) -> WikidataProperty:
        ours = self.schema.names[meaning.value_property or meaning.property or meaning.inverse]
        qualifiers = sorted(meaning.qualifiers.items(), key=lambda pair: _number(pair[0]))
        bounds, states = (
            {self.schema.names[property]: value for property, value in values.items()}
            for values in (meaning.bounds, meaning.states)
        )
        datatype = self._datatype(name, ours, meaning)
        return WikidataProperty(
            name, datatype, ours, meaning, tuple(self._to_property(*pair) for pair in qualifiers), bounds, states
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


def _invert(table: Mapping[str, str]) -> dict[str, str]:
    """Value -> key; where several keys have one value, the first."""
    return {value: key for key, value in reversed(list(table.items()))}


def _number(name: str) -> int:
    return int(name[1:])
