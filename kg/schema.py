"""The ontology as its users need it: classes, kinds and properties, their hierarchy, and which classes are disjoint.

A kind narrows a class without being one: a city is a `Place` whose `kind` is "city". The kinds are SKOS concepts, in
ontology/kinds.ttl. Wherever the name of a class is taken, the name of a kind is taken as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kg.errors import FaultsError
from kg.parts import path_of
from kg.reports import Finding, Place
from kg.terms import (
    ALIAS,
    BASE,
    FILM,
    KNOWN_NAMES,
    LABEL,
    NOTE,
    OWL,
    RDF,
    RDFS,
    SKOS,
    TYPE,
    XSD,
    Term,
    iris_of,
    pairs_of,
    texts_of,
    to_iri,
)
from kg.text.folding import Naming, closest, match_name, to_stems
from kg.traversal import list_members, reachable
from kg.writing import (
    KeyAdvice,
    KnownNames,
    ShortForm,
    advice_of,
    known_names_of,
    properties_of_keys,
    short_forms_of,
)

WHEN = NamedNode(FILM + "when")
"""The property above all whose values are dates of any precision."""
KIND = NamedNode(FILM + "kind")
"""The property whose values are words of the list of kinds."""
_DOMAIN, _RANGE = NamedNode(RDFS + "domain"), NamedNode(RDFS + "range")
_SUBCLASS, _SUBPROPERTY = NamedNode(RDFS + "subClassOf"), NamedNode(RDFS + "subPropertyOf")
_FIRST, _REST, _NIL = NamedNode(RDF + "first"), NamedNode(RDF + "rest"), NamedNode(RDF + "nil")
_REPLACED_BY = NamedNode("http://purl.org/dc/terms/isReplacedBy")
_DETAIL, _INVERSELY, _WITHIN, _WITHOUT, _VALUE_OF, _OF_SUBJECT = (
    NamedNode(f"{BASE}ontology#{name}") for name in ("detail", "inversely", "within", "without", "valueOf", "ofSubject")
)
_NAMED_CLASS, _NAMED_WITHIN, _NAMED_IN_PART, _UNIT, _SIGN, _EXAMPLE, _LOWER_CASE, _KNOWN_CLASS = (
    NamedNode(f"{BASE}ontology#{name}")
    for name in ("namedClass", "namedWithin", "namedInPart", "unit", "sign", "example", "lowerCase", "knownClass")
)
_INVERSE_LABEL = NamedNode(FILM + "inverseLabel")
_PROPERTIES = {OWL + name for name in ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")} | {RDF + "Property"}
_CLASSES = {OWL + "Class", RDFS + "Class"}
_CONCEPT, _NOTATION, _BROADER, _PREFERRED_LABEL = (
    NamedNode(SKOS + name) for name in ("Concept", "notation", "broader", "prefLabel")
)
_RANGE_INCLUDES = NamedNode("https://schema.org/rangeIncludes")
_DOMAIN_INCLUDES = NamedNode("https://schema.org/domainIncludes")
_LONG_LABEL = 5
"""Letters; a misspelling of a shorter label is taken for a word of its own: `nope` is no German `Note`."""


class ValueKind(StrEnum):
    """The kind of value that a property takes."""

    ENTITY = "entity"
    DATE = "date"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True)
class OntologyTerm:
    """A class, a kind or a property of the ontology."""

    iri: NamedNode
    label: str = ""
    comment: str = ""
    parents: tuple[NamedNode, ...] = ()
    value_kind: ValueKind | None = None
    domain: tuple[NamedNode, ...] = ()
    range: tuple[NamedNode, ...] = ()
    labels: tuple[str, ...] = ()
    """Its labels in all languages."""
    other_labels: tuple[str, ...] = ()
    """The words that people use for it, in all languages; for a property also what it is called in reverse."""
    word: str = ""
    """Of a kind: the value of `kind` in fact files (`skos:notation`)."""
    usual_domain: tuple[NamedNode, ...] = ()
    """Of a property: the classes and kinds on which it is used; empty where it may be used on any."""
    usual_range: tuple[NamedNode, ...] = ()
    """Of a property: the kinds or classes that its values usually have, narrower than the range."""
    named_class: tuple[NamedNode, ...] = ()
    """Of a property: the class of a value that a fact file writes as a name and that nothing else is stated about."""
    named_within: NamedNode | None = None
    """Of a property: the property to the entity within which the names of its values are unique."""
    named_in_part: tuple[tuple[str, str], ...] = ()
    """Of a property: properties of its parts, each with the class or kind of such a value there."""
    unit: str = ""
    """Of a property: the unit of its numbers, such as "minute"."""
    signs: tuple[tuple[str, str], ...] = ()
    """Of a property: signs and words that stand for a value, each with the value."""
    example: str = ""
    """Of a property: a value, as a fact file writes it."""
    lower_case: str = ""
    """Of a property: what a word in lower case is as its value: a "noun" such as `drama`, or a "name": `french`."""
    known_class: NamedNode | None = None
    """Of a property: the class or kind of its values whose names the ontology knows as such."""

    def has_label(self, text: str) -> bool:
        """True when the text is a label of it, but for case: `winner`, not `won`."""
        return text.casefold() in {label.casefold() for label in (*self.labels, *self.other_labels)}

    def named_by(self, text: str) -> Naming | None:
        """How a text names the term; None when it does not."""
        names = (self.name, self.word, *self.labels) if self.word else (self.name, *self.labels)
        return match_name(text, names, self.other_labels)

    @property
    def name(self) -> str:
        """Its name in fact files."""
        return _local_name(self.iri)


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a term of an earlier version of the ontology is now: a term, with further properties or in reverse."""

    name: str
    details: tuple[tuple[str, str], ...] = ()
    """Further properties, each with its value, or with the empty text where the value is not known."""
    is_inverse: bool = False
    within: str = ""
    """The property that the old value has in a part, where the new property leads to a part."""
    without: tuple[str, ...] = ()
    """Properties that parts of the old kind do not have, but others of the new property or class do."""
    value_of: str = ""
    """The property that leads to the entities of the old class; the new class has others as well."""
    of_subject: tuple[tuple[str, str], ...] = ()
    """Properties that every subject of the old property has, but not every one of the new property."""

    def __str__(self) -> str:
        """The replacement in words, as findings have it."""
        texts = [f"{self.within}: ..."] * bool(self.within) + [
            f"{name}: {value or '...'}" for name, value in self.details
        ]
        new = f"{self.name} with {' and '.join(texts)}" if texts else self.name
        return f"{new}, in the other direction" if self.is_inverse else new


@dataclass(frozen=True, slots=True)
class NarrowedClass:
    """What facts state about an entity of a kind: its class, and the word of the kind."""

    class_name: str
    word: str


@dataclass(frozen=True)
class Schema:
    """The classes and properties that facts may use, by IRI."""

    classes: Mapping[NamedNode, OntologyTerm]
    properties: Mapping[NamedNode, OntologyTerm]
    disjoint: frozenset[frozenset[NamedNode]] = frozenset()
    """Pairs of classes that are stated to have no members in common."""
    replaced: Mapping[str, Replacement] = field(default_factory=dict)
    """Name of a class or property of an earlier version -> what replaces it."""
    kinds: Mapping[NamedNode, OntologyTerm] = field(default_factory=dict)
    """What narrows a class; the parents of a kind are wider kinds or the class."""
    short_forms: tuple[ShortForm, ...] = ()
    """How values are written in fewer words."""
    known_names: KnownNames = field(default_factory=KnownNames)
    """Names that the ontology knows."""
    key_advice: tuple[KeyAdvice, ...] = ()
    """What to write instead of keys that some classes do not have."""

    @cached_property
    def names(self) -> dict[str, NamedNode]:
        """Property name in fact files -> property."""
        return {term.name: iri for iri, term in self.properties.items()}

    @cached_property
    def class_names(self) -> dict[str, NamedNode]:
        """Class name in fact files -> class."""
        return {term.name: iri for iri, term in self.classes.items()}

    @cached_property
    def types(self) -> dict[NamedNode, OntologyTerm]:
        """The classes and the kinds."""
        return {**self.classes, **self.kinds}

    @cached_property
    def type_names(self) -> dict[str, NamedNode]:
        """Name of a class or kind, or word of a kind -> class or kind; a class comes before a kind."""
        words = {term.word: iri for iri, term in self.kinds.items()}
        return words | {term.name: iri for iri, term in self.kinds.items()} | self.class_names

    @cached_property
    def kind_words(self) -> dict[str, NamedNode]:
        """Word in fact files -> kind."""
        return {term.word: iri for iri, term in self.kinds.items()}

    @cached_property
    def narrowed(self) -> dict[str, NarrowedClass]:
        """Name of a kind -> the class that it narrows, with the word of the kind."""
        return {
            term.name: NarrowedClass(_local_name(self.class_of(iri)), term.word) for iri, term in self.kinds.items()
        }

    def class_of(self, type: NamedNode) -> NamedNode:
        """The class itself, or the class that a kind narrows."""
        return next((iri for iri in self._upwards(type) if iri not in self.kinds), type)

    def types_of(self, classes: Iterable[NamedNode], words: Iterable[str]) -> frozenset[NamedNode]:
        """The types of an entity with these classes and these values of `kind`: the classes, and kinds with wider ones.

        A kind that narrows none of the classes is left out.
        """
        classes = frozenset(classes)
        kinds = {self.kind_words[word] for word in words if word in self.kind_words}
        narrowing = {kind for kind in kinds if self.class_of(kind) in classes}
        return classes | {iri for kind in narrowing for iri in self.ancestors(kind) if iri in self.kinds}

    def words_of(self, type: NamedNode) -> frozenset[str]:
        """The values of `kind` that entities of a kind have: its word, and those of narrower kinds."""
        if type not in self.kinds:
            return frozenset()
        return frozenset(term.word for iri, term in self.kinds.items() if type in self.ancestors(iri))

    @cached_property
    def date_properties(self) -> frozenset[NamedNode]:
        """The properties whose values are dates of any precision."""
        return frozenset(iri for iri, term in self.properties.items() if term.value_kind is ValueKind.DATE)

    def suggest_properties(self, name: str, *, limit: int = 2, on: Collection[NamedNode] = ()) -> tuple[str, ...]:
        """The names of the properties that somebody who writes `name` may mean, best first.

        A name of an earlier version of the ontology means what replaces it. Where some of the properties are used `on`
        these classes, the others are left out.
        """
        replacement = self.replaced.get(name.removeprefix("film:"))
        if replacement is not None and replacement.name in self.names:
            return (replacement.name,)
        terms = suggest_terms(name, self.properties.values(), limit=len(self.properties) if on else limit)
        fitting = [term for term in terms if term.usual_domain and self.is_used_on(term, on)] if on else terms
        return tuple(term.name for term in (fitting or terms)[:limit])

    @cached_property
    def short_keys(self) -> dict[str, tuple[OntologyTerm, ...]]:
        """Key of a short form -> the properties that it means."""
        keys = properties_of_keys(self.short_forms).items()
        return {key: tuple(self.properties[iri] for iri in iris if iri in self.properties) for key, iris in keys}

    def is_used_on(self, property: OntologyTerm, classes: Collection[NamedNode]) -> bool:
        """True when a property is used on one of these classes, or on a class above or below one of them."""
        usual = [self.class_of(iri) for iri in property.usual_domain]
        return not usual or any(
            iri in self.ancestors(own) or own in self.ancestors(iri) for iri in usual for own in classes
        )

    def suggest_classes(self, name: str, *, limit: int = 2) -> tuple[str, ...]:
        """The names of the classes that somebody who writes `name` may mean, best first."""
        return tuple(term.name for term in suggest_terms(name, self.classes.values(), limit=limit))

    def suggest_types(self, name: str, *, limit: int = 2) -> tuple[str, ...]:
        """The names of the classes and kinds that somebody who writes `name` may mean, best first."""
        return tuple(term.name for term in suggest_terms(name, self.types.values(), limit=limit))

    def suggest_kinds(self, word: str, *, limit: int = 2) -> tuple[str, ...]:
        """The words of the kinds that somebody who writes `word` may mean, best first."""
        return tuple(term.word for term in suggest_terms(word, self.kinds.values(), limit=limit))

    def full_name(self, name: str, property: OntologyTerm) -> str:
        """The name that an abbreviation stands for as a value of a property; any other name as it is."""
        return self.known_names.full_name(name, property.range)

    def words_for(self, names: Iterable[str], property: OntologyTerm) -> Iterator[str]:
        """Yield the abbreviations and adjectives that state an entity of these names as a value of a property."""
        return self.known_names.words_for(
            names, {*property.range, *property.usual_range, property.known_class, property.iri}
        )

    def usual_type(self, property: OntologyTerm) -> str:
        """The name of the one class or kind that the values of a property usually have; empty when there is none."""
        usual = property.usual_range or property.range
        return self.types[usual[0]].name if len(usual) == 1 and usual[0] in self.types else ""

    def is_noun(self, name: str, property: OntologyTerm) -> bool:
        """True for a word in lower case that is a name as a value of a property: `drama`, `french`, `worldwide`."""
        if not (name.isalpha() and name.islower()):
            return False
        return bool(property.lower_case) or self._is_member(name, property.range)

    def _is_member(self, name: str, classes: Collection[NamedNode]) -> bool:
        type = self.known_names.members.get(name)
        return type is not None and any(iri in classes for iri in self.ancestors(type))

    def named_type(self, property: OntologyTerm, subject: str, name: str = "") -> str:
        """The name of the class or kind of a new value of a property of `subject`; empty when it may be of several.

        Where the `name` of the value is known, that decides.
        """
        if self._is_member(name, property.range) or self._is_member(name, property.usual_range):
            return self.types[self.known_names.members[name]].name
        if property.known_class in self.types and self.known_names.has_adjective(name, property.known_class):
            return self.types[property.known_class].name
        path = path_of(subject)
        part = self.property_named(path[-2]) if len(path) > 1 else None
        if part is not None and (type := dict(part.named_in_part).get(property.name, "")) in self.type_names:
            return type
        named = property.named_class
        return self.types[named[0]].name if named and named[0] in self.types else self.usual_type(property)

    def property_named(self, name: str) -> OntologyTerm | None:
        """The property with this name in fact files, CURIE or IRI, or None."""
        iri = self.names.get(name)
        if iri is None and ":" in name:
            try:
                iri = to_iri(name)
            except ValueError:
                return None
        return self.properties.get(iri) if iri is not None else None

    def allows(self, property: NamedNode, value: object) -> bool:
        """False for an unknown class as a value of `type`, and for an unknown word as a value of `kind`."""
        if property == TYPE:
            return value in self.classes
        if property == KIND and self.kinds:
            return isinstance(value, Literal) and value.value in self.kind_words
        return True

    def are_disjoint(self, left: NamedNode, right: NamedNode) -> bool:
        """True when nothing can be a member of both classes."""
        return any(frozenset((a, b)) in self.disjoint for a in self.ancestors(left) for b in self.ancestors(right))

    def narrowest(self, classes: Iterable[NamedNode]) -> tuple[NamedNode, ...]:
        """Of these classes and kinds those that are above none of the others, in the order of their IRIs."""
        classes = set(classes)
        wider = {above for name in classes for above in self.ancestors(name) if above != name}
        return tuple(sorted(classes - wider, key=lambda name: name.value))

    def ancestors(self, name: NamedNode) -> frozenset[NamedNode]:
        """A class, kind or property and everything above it in the hierarchy."""
        if name not in self._ancestors:
            self._ancestors[name] = frozenset(reachable([name], self._parents))
        return self._ancestors[name]

    @cached_property
    def _ancestors(self) -> dict[NamedNode, frozenset[NamedNode]]:
        return {}

    def _parents(self, name: NamedNode) -> tuple[NamedNode, ...]:
        term = self.classes.get(name) or self.kinds.get(name) or self.properties.get(name)
        return term.parents if term is not None else ()

    def _upwards(self, name: NamedNode) -> Iterator[NamedNode]:
        """A class or kind, then the first of its parents, and so on."""
        seen: set[NamedNode] = set()
        while name not in seen:
            seen.add(name)
            yield name
            name = next(iter(self._parents(name)), name)


def suggest_terms(text: str, terms: Iterable[OntologyTerm], *, limit: int = 2) -> list[OntologyTerm]:
    """The terms that somebody who writes this text may mean: by a name, another label, or a word of the name.

    Only where there is none, those with a name that the text is a misspelling of. The order is always the same.
    """
    terms = list(terms)
    local = text.removeprefix("film:")
    by_naming = [(naming, term) for term in terms if (naming := term.named_by(local)) is not None]
    if by_naming:
        best = min(naming for naming, _ in by_naming)
        by_naming.sort(
            key=lambda match: (match[0], not match[1].has_label(local), len(to_stems(match[1].name)), match[1].name)
        )
        return [term for naming, term in by_naming if naming is best or naming is not Naming.WORDS][:limit]
    names = {}
    for term in reversed(terms):
        labels = (*term.other_labels, *term.labels, term.name)
        local_name = re.split("[#/]", term.iri.value)[-1]
        long_labels = (label for label in labels if len(label) >= _LONG_LABEL)
        for name in filter(None, (*long_labels, term.word, local_name)):
            names[name] = term
    likely = closest(local, names, limit=len(names))
    return list({names[name].name: names[name] for name in likely}.values())[:limit]


def read_ontology(files: Iterable[Path]) -> list[Triple]:
    """The triples of the ontology's Turtle files; raises `FaultsError` with every file that does not parse.

    Blank nodes get the labels of RDFC-1.0, which depend on the content of the files alone. A `skos:prefLabel` is an
    `rdfs:label` as well (https://www.w3.org/TR/skos-reference/#L1541).
    """
    paths = list(files)
    read = _read_ontology(tuple(path.read_bytes() for path in paths))
    if read.errors:
        raise FaultsError(
            Finding(
                "facts/syntax",
                f"the ontology does not parse: {error.msg}",
                places=(Place(str(paths[number]), error.lineno or 0, error.offset or 0),),
            )
            for number, error in read.errors.items()
        )
    return list(read.triples)


class _OntologyRead(NamedTuple):
    """The triples of files, and the error of each file that does not parse, by its number."""

    triples: tuple[Triple, ...]
    errors: Mapping[int, SyntaxError]


# Cached, as are the schema and the ground rules: a program that watches its files reads the same ontology again.
@lru_cache(maxsize=4)
def _read_ontology(contents: tuple[bytes, ...]) -> _OntologyRead:
    quads: list[Quad] = []
    errors = {}
    for number, content in enumerate(contents):
        try:
            quads.extend(parse(content, format=RdfFormat.TURTLE))
        except SyntaxError as error:
            errors[number] = error
    if errors:
        return _OntologyRead((), errors)
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    triples = {quad.triple for quad in dataset}
    triples |= {Triple(t.subject, LABEL, t.object) for t in triples if t.predicate == _PREFERRED_LABEL}
    return _OntologyRead(tuple(sorted(triples, key=str)), {})


def to_schema(ontology: Iterable[Triple]) -> Schema:
    """The schema of an ontology."""
    return _to_schema(tuple(ontology))


@lru_cache(maxsize=4)
def _to_schema(ontology: tuple[Triple, ...]) -> Schema:
    objects: dict[NamedNode, dict[NamedNode, list[object]]] = {}
    for triple in ontology:
        if isinstance(triple.subject, NamedNode):
            objects.setdefault(triple.subject, {}).setdefault(triple.predicate, []).append(triple.object)
    classes, kinds, properties = {}, {}, {}
    for iri, values in objects.items():
        types = {kind.value for kind in values.get(TYPE, ()) if isinstance(kind, NamedNode)}
        if types & _CLASSES:
            classes[iri] = _to_type(iri, values, iris_of(values, _SUBCLASS))
        elif _CONCEPT.value in types and (words := texts_of(values, _NOTATION)):
            kinds[iri] = _to_type(iri, values, iris_of(values, _BROADER), word=words[0])
        elif types & _PROPERTIES or any(kind.startswith(OWL) and kind.endswith("Property") for kind in types):
            superproperties = reachable([iri], lambda name: iris_of(objects.get(name, {}), _SUBPROPERTY))
            properties[iri] = _to_property(iri, values, types, is_date=WHEN in superproperties)
    for term in _BORROWED:
        properties.setdefault(term.iri, term)
    short_forms = tuple(short_forms_of(objects))
    schema = Schema(
        classes,
        properties,
        frozenset(_disjoint(ontology)),
        kinds=kinds,
        short_forms=short_forms,
        known_names=known_names_of(objects),
        key_advice=tuple(advice_of(objects)),
    )
    # Every kind was a class in an earlier version, or is mistaken for one.
    former = {
        name: Replacement(narrowed.class_name, (("kind", narrowed.word),)) for name, narrowed in schema.narrowed.items()
    }
    return replace(schema, replaced=former | dict(_replaced(objects)))


def _replaced(objects: Mapping[NamedNode, Mapping[NamedNode, list[object]]]) -> Iterator[tuple[str, Replacement]]:
    """The terms with `dcterms:isReplacedBy`; `_DETAIL` has texts such as "kind: city"."""
    for iri, values in objects.items():
        for new in iris_of(values, _REPLACED_BY):
            details, of_subject = (pairs_of(values, property) for property in (_DETAIL, _OF_SUBJECT))
            within = next((_local_name(property) for property in iris_of(values, _WITHIN)), "")
            without = tuple(_local_name(property) for property in iris_of(values, _WITHOUT))
            value_of = next((_local_name(property) for property in iris_of(values, _VALUE_OF)), "")
            is_inverse = "true" in texts_of(values, _INVERSELY)
            yield (
                _local_name(iri),
                Replacement(_local_name(new), details, is_inverse, within, without, value_of, of_subject),
            )


def _local_name(iri: NamedNode) -> str:
    """The name of a term in fact files."""
    return next((name for name, known in KNOWN_NAMES.items() if known == iri), iri.value.rpartition("/")[2])


def _disjoint(ontology: tuple[Triple, ...]) -> Iterator[frozenset[NamedNode]]:
    """Pairs, and lists of pairwise disjoint classes (https://www.w3.org/TR/owl2-syntax/#Disjoint_Classes)."""
    firsts: dict[Term | Triple, Term | Triple] = {t.subject: t.object for t in ontology if t.predicate == _FIRST}
    rests: dict[Term | Triple, Term | Triple] = {t.subject: t.object for t in ontology if t.predicate == _REST}
    for triple in ontology:
        if triple.predicate.value == OWL + "disjointWith":
            yield frozenset(term for term in (triple.subject, triple.object) if isinstance(term, NamedNode))
        elif triple.predicate.value == OWL + "members":
            members = list_members(
                triple.object,
                lambda node: (firsts[node], rests[node]) if node in firsts and node in rests else None,
                nil=_NIL,
            )
            yield from map(frozenset, combinations((term for term in members or () if isinstance(term, NamedNode)), 2))


def _to_type(
    iri: NamedNode, values: Mapping[NamedNode, list[object]], parents: tuple[NamedNode, ...], *, word: str = ""
) -> OntologyTerm:
    """A class, or a kind with its word."""
    return OntologyTerm(
        iri,
        _english(values, LABEL),
        _english(values, NOTE),
        parents,
        labels=texts_of(values, LABEL),
        other_labels=texts_of(values, ALIAS),
        word=word,
    )


def _to_property(
    iri: NamedNode, values: Mapping[NamedNode, list[object]], types: set[str], *, is_date: bool
) -> OntologyTerm:
    ranges = iris_of(values, _RANGE)
    takes_entities = OWL + "DatatypeProperty" not in types and (
        OWL + "AnnotationProperty" not in types or any(not range.value.startswith(XSD) for range in ranges)
    )
    kind = ValueKind.DATE if is_date else ValueKind.ENTITY if takes_entities else ValueKind.LITERAL
    label, comment = _english(values, LABEL), _english(values, NOTE)
    return OntologyTerm(
        iri,
        label,
        comment,
        iris_of(values, _SUBPROPERTY),
        kind,
        iris_of(values, _DOMAIN),
        ranges,
        texts_of(values, LABEL),
        tuple(sorted({*texts_of(values, ALIAS), *texts_of(values, _INVERSE_LABEL)})),
        usual_domain=(*iris_of(values, _DOMAIN), *iris_of(values, _DOMAIN_INCLUDES)),
        usual_range=iris_of(values, _RANGE_INCLUDES),
        named_class=iris_of(values, _NAMED_CLASS),
        named_within=next(iter(iris_of(values, _NAMED_WITHIN)), None),
        named_in_part=pairs_of(values, _NAMED_IN_PART),
        unit=next(iter(texts_of(values, _UNIT)), ""),
        signs=tuple((sign, value) for sign, _, value in (text.rpartition(" ") for text in texts_of(values, _SIGN))),
        example=next(iter(texts_of(values, _EXAMPLE)), ""),
        lower_case=next(iter(texts_of(values, _LOWER_CASE)), ""),
        known_class=next(iter(iris_of(values, _KNOWN_CLASS)), None),
    )


def _english(values: Mapping[NamedNode, list[object]], property: NamedNode) -> str:
    texts = sorted((text for text in values.get(property, ()) if isinstance(text, Literal)), key=str)
    return next((text.value for text in texts if text.language in (None, "en")), "")


_BORROWED = (
    OntologyTerm(TYPE, "type", "The class of an entity.", value_kind=ValueKind.ENTITY),
    OntologyTerm(LABEL, "label", "The name of an entity.", value_kind=ValueKind.LITERAL),
    OntologyTerm(ALIAS, "alias", "Another name of an entity.", value_kind=ValueKind.LITERAL),
    OntologyTerm(NOTE, "note", "A remark about an entity.", value_kind=ValueKind.LITERAL),
    OntologyTerm(
        NamedNode(SKOS + "exactMatch"),
        "exact match",
        "The same entity in another dataset.",
        value_kind=ValueKind.ENTITY,
    ),
    OntologyTerm(
        NamedNode(SKOS + "closeMatch"),
        "close match",
        "Nearly the same entity in another dataset.",
        value_kind=ValueKind.ENTITY,
    ),
)
"""Properties of other vocabularies that fact files may use."""
