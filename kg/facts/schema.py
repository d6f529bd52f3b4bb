"""The ontology's triples walk in; which names facts may use, and what each takes, walks out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from pathlib import Path

from pyoxigraph import CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kg.errors import FaultsError
from kg.facts.files import fault
from kg.reports import Place
from kg.terms import ALIAS, FILM, KNOWN_NAMES, LABEL, NOTE, OWL, RDF, RDFS, SKOS, TYPE, XSD, to_iri

WHEN = NamedNode(FILM + "when")
_DOMAIN, _RANGE = NamedNode(RDFS + "domain"), NamedNode(RDFS + "range")
_SUBCLASS, _SUBPROPERTY = NamedNode(RDFS + "subClassOf"), NamedNode(RDFS + "subPropertyOf")
_PROPERTIES = {OWL + name for name in ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")} | {RDF + "Property"}
_LISTS = {RDF + "first", RDF + "rest"}
_CLASSES = {OWL + "Class", RDFS + "Class"}


class Takes(StrEnum):
    """What a property leads to."""

    THING = "thing"
    DATE = "date"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True)
class Word:
    """A class or a property of the ontology, as a person meets it."""

    iri: NamedNode
    label: str = ""
    sentence: str = ""
    above: tuple[NamedNode, ...] = ()
    takes: Takes | None = None
    domain: tuple[NamedNode, ...] = ()
    range: tuple[NamedNode, ...] = ()

    @property
    def name(self) -> str:
        """What fact files call it."""
        return next((name for name, iri in KNOWN_NAMES.items() if iri == self.iri), self.iri.value.rpartition("/")[2])


@dataclass(frozen=True)
class Lexicon:
    """The classes and properties that facts may use, by IRI."""

    classes: Mapping[NamedNode, Word]
    properties: Mapping[NamedNode, Word]
    apart: frozenset[frozenset[NamedNode]] = frozenset()
    """Pairs of classes that have no members in common."""

    @cached_property
    def names(self) -> dict[str, NamedNode]:
        """Property name in fact files -> property."""
        return {word.name: iri for iri, word in self.properties.items()}

    @cached_property
    def class_names(self) -> dict[str, NamedNode]:
        """Class name in fact files -> class."""
        return {word.name: iri for iri, word in self.classes.items()}

    @cached_property
    def dates(self) -> frozenset[NamedNode]:
        """The properties whose values are dates of any precision."""
        return frozenset(iri for iri, word in self.properties.items() if word.takes is Takes.DATE)

    def word(self, name: str) -> Word | None:
        """The property that fact files call this: by its short name, its CURIE or its address; None when it is none."""
        iri = self.names.get(name)
        if iri is None and ":" in name:
            try:
                iri = to_iri(name)
            except ValueError:
                return None
        return self.properties.get(iri) if iri is not None else None

    def are_apart(self, one: NamedNode, other: NamedNode) -> bool:
        """True when nothing can be of both classes."""
        return any(frozenset((a, b)) in self.apart for a in self.above(one) for b in self.above(other))

    def above(self, name: NamedNode) -> frozenset[NamedNode]:
        """The class or property itself and all that stand above it."""
        found: set[NamedNode] = set()
        waiting = [name]
        while waiting:
            if (iri := waiting.pop()) not in found:
                found.add(iri)
                word = self.classes.get(iri) or self.properties.get(iri)
                waiting.extend(word.above if word is not None else ())
        return frozenset(found)


def read_ontology(files: Iterable[Path]) -> list[Triple]:
    """The triples of the ontology's Turtle files; raises `FaultsError` with every file that does not parse.

    Blank nodes get the labels of RDFC-1.0, which depend on the files alone.
    """
    quads: list[Quad] = []
    faults = []
    for path in files:
        try:
            quads.extend(parse(path=path, format=RdfFormat.TURTLE))
        except SyntaxError as error:
            place = Place(str(path), error.lineno or 0, error.offset or 0)
            faults.append(fault("syntax", f"the ontology does not parse: {error.msg}", place))
    if faults:
        raise FaultsError(faults)
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return sorted((quad.triple for quad in dataset), key=str)


def to_lexicon(ontology: Iterable[Triple]) -> Lexicon:
    """The words of an ontology."""
    ontology = tuple(ontology)
    about: dict[NamedNode, dict[NamedNode, list[object]]] = {}
    for triple in ontology:
        if isinstance(triple.subject, NamedNode):
            about.setdefault(triple.subject, {}).setdefault(triple.predicate, []).append(triple.object)
    dates = _below(about, WHEN)
    classes, properties = {}, {}
    for iri, said in about.items():
        types = {kind.value for kind in said.get(TYPE, ()) if isinstance(kind, NamedNode)}
        if types & _CLASSES:
            classes[iri] = Word(iri, _english(said, LABEL), _english(said, NOTE), _named(said, _SUBCLASS))
        elif types & _PROPERTIES or any(kind.startswith(OWL) and kind.endswith("Property") for kind in types):
            properties[iri] = _to_property(iri, said, types, is_date=iri in dates)
    for iri, label, sentence, takes in _BORROWED:
        properties.setdefault(iri, Word(iri, label, sentence, takes=takes))
    return Lexicon(classes, properties, frozenset(_apart(ontology)))


def _apart(ontology: tuple[Triple, ...]) -> Iterator[frozenset[NamedNode]]:
    """https://www.w3.org/TR/owl2-syntax/#Disjoint_Classes: pairs, and lists of classes of which each two are apart."""
    said: dict[tuple[object, str], object] = {
        (triple.subject, triple.predicate.value): triple.object
        for triple in ontology
        if triple.predicate.value in _LISTS
    }
    for triple in ontology:
        if triple.predicate.value == OWL + "disjointWith":
            yield frozenset(one for one in (triple.subject, triple.object) if isinstance(one, NamedNode))
        elif triple.predicate.value == OWL + "members":
            members: list[NamedNode] = []
            node: object = triple.object
            while (first := said.get((node, RDF + "first"))) is not None:
                if isinstance(first, NamedNode):
                    members.append(first)
                node = said.pop((node, RDF + "rest"), None)
            yield from map(frozenset, combinations(members, 2))


def _to_property(iri: NamedNode, said: Mapping[NamedNode, list[object]], types: set[str], *, is_date: bool) -> Word:
    ranges = _named(said, _RANGE)
    leads_to_thing = OWL + "DatatypeProperty" not in types and (
        OWL + "AnnotationProperty" not in types or any(not range.value.startswith(XSD) for range in ranges)
    )
    takes = Takes.DATE if is_date else Takes.THING if leads_to_thing else Takes.LITERAL
    label, sentence = _english(said, LABEL), _english(said, NOTE)
    return Word(iri, label, sentence, _named(said, _SUBPROPERTY), takes, _named(said, _DOMAIN), ranges)


def _below(about: Mapping[NamedNode, Mapping[NamedNode, list[object]]], top: NamedNode) -> set[NamedNode]:
    found = {top}
    while fresh := {iri for iri, said in about.items() if found.intersection(_named(said, _SUBPROPERTY))} - found:
        found |= fresh
    return found


def _named(said: Mapping[NamedNode, list[object]], property: NamedNode) -> tuple[NamedNode, ...]:
    return tuple(sorted((one for one in said.get(property, ()) if isinstance(one, NamedNode)), key=str))


def _english(said: Mapping[NamedNode, list[object]], property: NamedNode) -> str:
    texts = sorted((text for text in said.get(property, ()) if isinstance(text, Literal)), key=str)
    return next((text.value for text in texts if text.language in (None, "en")), "")


_BORROWED = (
    (TYPE, "type", "The class of a thing.", Takes.THING),
    (LABEL, "label", "The name of a thing.", Takes.LITERAL),
    (ALIAS, "alias", "Another name of a thing.", Takes.LITERAL),
    (NOTE, "note", "A remark about a thing.", Takes.LITERAL),
    (NamedNode(SKOS + "exactMatch"), "exact match", "The same thing in another dataset.", Takes.THING),
    (NamedNode(SKOS + "closeMatch"), "close match", "Nearly the same thing in another dataset.", Takes.THING),
)
