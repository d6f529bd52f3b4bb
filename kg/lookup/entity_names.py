"""Names of entities, classes and properties: from a label, alias, CURIE or IRI to the IRI, and back to a label."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice
from typing import Protocol

from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from kg import vocabulary as film
from kg.decisions.links import EXACT
from kg.errors import AmbiguousNameError, UnknownNameError
from kg.graph.store import find_quad, find_quads
from kg.lookup.entity_types import has_type, types_of
from kg.schema import Schema, suggest_terms, to_schema
from kg.terms import (
    ALIAS,
    CONTESTED,
    EVIDENCE,
    FILM,
    KNOWLEDGE,
    KNOWN_NAMES,
    LABEL,
    LINKS,
    ONTOLOGY,
    PREFIXES,
    PROVENANCE,
    SOURCE,
    TYPE,
    to_curie,
    to_iri,
    to_spo,
    to_term,
)
from kg.text.folding import Naming, closest, fold_name

_NAMING_GRAPHS = (KNOWLEDGE, ONTOLOGY)
"""The graphs whose labels count, not contested ones; the title of a source is shown, but nothing is found by it."""
_YEARS = (film.year, film.date, film.birthDate)
_CACHE_SIZE = 65_536
_MAX_TEXT, _MAX_NAME_WORDS = 1_000, 6
_GENITIVE = re.compile("['\u2019]s$")
_SOURCE_CLASS, _TITLE = NamedNode(FILM + "Source"), NamedNode(EVIDENCE + "title")
_LAST_PREPOSITION = re.compile(r" (?:about|for|of|on) (?!.* (?:about|for|of|on) ).*")
_WORD = re.compile(r"[^\s?!,;()\"]*[^\s?!,;.:()\"]")

SimilarNames = Callable[[str], Sequence[tuple[str, NamedNode]] | None]


class EntityNames:
    """The names of the entities in a store.

    `prefixes` are those of the CURIEs that answers have, `label_properties` those whose values are labels; the first
    that an entity has counts. `similar_names` gives the names like a text where there are too many to read them all,
    else None.
    """

    def __init__(
        self,
        store: Store,
        *,
        prefixes: Mapping[str, str] = PREFIXES,
        label_properties: tuple[NamedNode, ...] = (LABEL,),
        similar_names: SimilarNames | None = None,
    ) -> None:
        self._similar_names = similar_names
        self.store, self.prefixes, self.label_properties = store, prefixes, label_properties
        self._label = lru_cache(maxsize=_CACHE_SIZE)(self._find_label)
        self._entity = lru_cache(maxsize=_CACHE_SIZE)(self._find_entity)
        self._class = lru_cache(maxsize=_CACHE_SIZE)(self._find_class)

    def label(self, iri: NamedNode) -> str:
        """An entity's label, preferably in English or without a language; empty when it has none."""
        return self._label(iri)

    def describe(self, entity: NamedNode) -> str:
        """A few words that distinguish an entity from others of the same name: `feature film, 2024, by Sean Baker`."""
        narrowest = self.ontology.narrowest(types_of(self.store, self.ontology, entity))[:1]
        types = [self.label(type) or self.ontology.types[type].name for type in narrowest]
        occupations = sorted(self._texts(entity, film.occupation))[:2]
        years = sorted({text[:4] for property in _YEARS for text in self._texts(entity, property)})[:2]
        named = (quad.object for quad in find_quads(self.store, entity, film.director, None, KNOWLEDGE))
        directors = sorted(label for person in named if isinstance(person, NamedNode) and (label := self.label(person)))
        credit = [f"by {' and '.join(directors[:2])}"] if directors else []
        return ", ".join((*types, *occupations, *years, *credit))

    def _texts(self, entity: NamedNode, property: NamedNode) -> Iterator[str]:
        values = (quad.object for quad in find_quads(self.store, entity, property, None, KNOWLEDGE))
        return (value.value for value in values if isinstance(value, Literal))

    def entity(self, name: str, *, class_name: str = "") -> NamedNode:
        """The entity with this IRI, CURIE, label or alias; `class_name` requires it to be of a class or kind.

        Case, accents and hyphens do not matter where only one name is so written.

        Raises `UnknownNameError` with the closest names, or `AmbiguousNameError` with the entities of that name.
        """
        return self._entity(name, class_name)

    def class_iri(self, name: str) -> NamedNode:
        """The class or kind with this name, CURIE, IRI or label, or the only one with this other label.

        Upper and lower case do not matter. Raises `UnknownNameError` with the closest names of classes and kinds.
        """
        return self._class(name)

    def canonical(self, iri: NamedNode) -> NamedNode | None:
        """The entity that an IRI is linked to as the same entity; None when it is not linked."""
        link = find_quad(self.store, None, EXACT, iri, LINKS)
        return link.subject if link is not None and isinstance(link.subject, NamedNode) else None

    def _find_entity(self, name: str, class_name: str) -> NamedNode:
        kind = class_name or "entity"
        if any("\ud800" <= char <= "\udfff" for char in name):
            # A shell passes bytes that are not text as surrogates; no entity has such a name.
            raise UnknownNameError(name, kind=kind)
        if (iri := self._by_iri(name)) is not None and self._is_a(iri, class_name):
            return iri
        other: NamedNode | None = None
        for candidates in (
            *(self._by_name(name, property) for property in (*self.label_properties, ALIAS)),
            self._by_key(name, str.casefold),
            self._by_key(name, fold_name),
        ):
            named = sorted(set(candidates), key=str)
            entities = [entity for entity in named if self._is_a(entity, class_name)]
            if len(entities) == 1:
                return entities[0]
            if entities:
                described = {to_curie(entity.value, self.prefixes): self.describe(entity) for entity in entities}
                raise AmbiguousNameError(name, kind=kind, candidates=described, descriptions=described)
            other = other or next(iter(named), None)
        remedy = self._of_another_class(other) if other is not None else ""
        raise UnknownNameError(name, kind=kind, suggestions=self._closest_names(name, class_name), remedy=remedy)

    def _of_another_class(self, entity: NamedNode) -> str:
        """The sentence for an entity that has a name, and is not of the class that was asked for."""
        types = self.ontology.narrowest(types_of(self.store, self.ontology, entity))
        named = " and ".join(sorted(self.ontology.types[type].name for type in types if type in self.ontology.types))
        class_ = f"of the class {named}" if named else "without a class"
        return f"{self.label(entity)} ({to_curie(entity.value, self.prefixes)}) is {class_}."

    def mentions(self, text: str) -> list[tuple[str, NamedNode]]:
        """The entities that a text mentions, each with the words: names that begin with a capital, and sources.

        `Oscar` mentions what is called the Oscars, and `the article on the ending` the article on the ending of a film.
        """
        text = text[:_MAX_TEXT]
        words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
        mentions, index = [], 0
        while index < len(words):
            start = words[index][0]
            # The longest name first; a title may have a colon or comma within.
            last = min(len(words), index + _MAX_NAME_WORDS) - 1
            names = ((end, _GENITIVE.sub("", text[start : words[end][1]])) for end in range(last, index - 1, -1))
            found = ((end, name, entity) for end, name in names if (entity := self._mention(name)) is not None)
            if (longest := next(found, None)) is not None:
                index, name, entity = longest
                mentions.append((name, entity))
            index += 1
        return mentions

    def _mention(self, name: str) -> NamedNode | None:
        """The entity that a text mentions by some words."""
        if (source := self._source_names.get(fold_name(name))) is not None:
            return source
        for spelling in (name, f"{name}s") if not name[0].islower() else ():
            for property in (*self.label_properties, ALIAS):
                if (entity := min(self._by_name(spelling, property), key=str, default=None)) is not None:
                    return entity
        return None

    @cached_property
    def _source_names(self) -> dict[str, NamedNode]:
        """The names of sources, folded: their ids, labels and aliases, also without the last `of ...` or `on ...`."""
        sources: dict[str, set[NamedNode]] = {}
        for quad in find_quads(self.store, None, TYPE, _SOURCE_CLASS, None):
            if isinstance(source := quad.subject, NamedNode):
                names = [source.value.rpartition("/")[2]]
                for property in (LABEL, ALIAS):
                    named = find_quads(self.store, source, property, None, None)
                    names += [named.object.value for named in named if isinstance(named.object, Literal)]
                for name in map(fold_name, names):
                    for form in (name, _LAST_PREPOSITION.sub("", name)):
                        sources.setdefault(form, set()).add(source)
        return {name: min(named, key=str) for name, named in sources.items() if len(named) == 1}

    @cached_property
    def ontology(self) -> Schema:
        """The classes and properties of the store's ontology."""
        return stored_ontology(self.store)

    def property_iri(self, name: str) -> NamedNode:
        """The property with this name, CURIE, IRI or label, or the only one with this other label.

        Raises `UnknownNameError` with the properties that may be meant, or `AmbiguousNameError`.
        """
        try:
            iri = KNOWN_NAMES.get(name) or to_iri(name if ":" in name else f"film:{name}")
        except ValueError:
            iri = None
        if iri is not None:
            if find_quad(self.store, None, iri, None, None) is not None:
                return iri
            if (replacement := self.ontology.replaced.get(to_curie(iri.value).removeprefix("film:"))) is not None:
                raise UnknownNameError(
                    name, kind="property", suggestions=[replacement.name], replacement=str(replacement)
                )
            if find_quad(self.store, iri, None, None, None) is not None:
                return iri
        terms = self.ontology.properties.values()
        for naming in (Naming.NAME, Naming.OTHER_NAME):
            named = sorted(term.iri.value for term in terms if term.named_by(name) is naming)
            if len(named) > 1:
                candidates = [to_curie(iri, self.prefixes) for iri in named]
                raise AmbiguousNameError(name, kind="property", candidates=candidates)
            if named:
                return NamedNode(named[0])
        likely = (self.ontology.names[match].value for match in self.ontology.suggest_properties(name))
        suggestions = [to_curie(iri, self.prefixes) for iri in likely]
        raise UnknownNameError(name, kind="property", suggestions=suggestions)

    def _by_iri(self, name: str) -> NamedNode | None:
        try:
            iri = to_iri(name)
        except ValueError:
            return None
        if (canonical := self.canonical(iri)) is not None:
            return canonical
        is_subject = find_quad(self.store, iri, None, None, None) is not None
        return iri if is_subject or find_quad(self.store, None, None, iri, None) is not None else None

    def _is_a(self, entity: NamedNode, class_name: str) -> bool:
        if not class_name or find_quad(self.store, entity, TYPE, to_iri(class_name), None) is not None:
            return True
        # Most names are those of classes; the ontology is read only where one is the name of a kind.
        kind = self.ontology.type_names.get(class_name.removeprefix("film:"))
        return kind is not None and kind in self.ontology.kinds and has_type(self.store, self.ontology, entity, kind)

    def _by_name(self, name: str, property: NamedNode) -> Iterator[NamedNode]:
        # Other labels of terms are common words, which would make names of entities ambiguous.
        graphs = (KNOWLEDGE,) if property == ALIAS else _NAMING_GRAPHS
        for literal in (Literal(name), Literal(name, language="en")):
            for graph in graphs:
                for quad in find_quads(self.store, None, property, literal, graph):
                    if isinstance(quad.subject, NamedNode):
                        yield quad.subject

    def _by_key(self, name: str, key: Callable[[str], str]) -> Iterator[NamedNode]:
        wanted = key(name)
        for text, entity in self._names_like(name):  # only when the first is wanted: most names are exact
            if key(text) == wanted:
                yield entity

    def _names_like(self, name: str) -> Iterable[tuple[str, NamedNode]]:
        """All names, or only those like this one where there are many."""
        similar = self._similar_names(name) if self._similar_names is not None else None
        return self._all_names() if similar is None else similar

    def _all_names(self) -> Iterator[tuple[str, NamedNode]]:
        for property in (*self.label_properties, ALIAS):
            for quad in find_quads(self.store, None, property, None, KNOWLEDGE):
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                    yield quad.object.value, quad.subject

    def _closest_names(self, name: str, class_name: str) -> tuple[str, ...]:
        entities: dict[str, list[NamedNode]] = {}
        for text, entity in self._names_like(name):
            entities.setdefault(text, []).append(entity)

        def is_of_class(text: str) -> bool:
            return any(self._is_a(entity, class_name) for entity in entities[text])

        folded = name.casefold()
        longer = (text for text in entities if len(folded) > 3 and folded in text.casefold())
        by_length = filter(is_of_class, sorted(longer, key=lambda text: (len(text), text)))
        likely = closest(name, entities, accepts=is_of_class) or tuple(islice(by_length, 3))
        if not likely and (words := name.removeprefix("film:").replace("-", " ")) != name:  # an id is made of a name
            return self._closest_names(words, class_name)
        if likely or class_name:
            return likely
        ontology = self.ontology
        terms = suggest_terms(name, (*ontology.properties.values(), *ontology.types.values()))
        return tuple(to_curie(term.iri.value, self.prefixes) for term in terms)

    def _find_class(self, name: str) -> NamedNode:
        ontology = self.ontology
        bare = name.removeprefix("film:").casefold()
        # Of equal keys the last counts: names before labels, classes before kinds, then the order of the alphabet.
        terms = sorted(ontology.types.values(), key=lambda term: term.name, reverse=True)
        terms.sort(key=lambda term: not term.word)
        known = {label.casefold(): term.iri for term in terms for label in (*term.labels, term.word)}
        known |= {term.name.casefold(): term.iri for term in terms}
        if bare and bare in known:
            return known[bare]
        try:
            if (iri := to_iri(name)) in ontology.types:
                return iri
        except ValueError:
            pass
        called = [term.iri for term in terms if term.named_by(name) is Naming.OTHER_NAME]
        if len(called) == 1:
            return called[0]
        raise UnknownNameError(name, kind="class", suggestions=ontology.suggest_types(name))

    def _find_label(self, iri: NamedNode) -> str:
        for property in self.label_properties:
            for graph in _NAMING_GRAPHS:
                labels = sorted(_label_keys(find_quads(self.store, iri, property, None, graph)))
                if labels:
                    return labels[0][-1]
        if iri.value.startswith(SOURCE):
            title = find_quad(self.store, iri, _TITLE, None, PROVENANCE)
            return title.object.value if title is not None and isinstance(title.object, Literal) else ""
        return ""


def _label_keys(quads: Iterable[Quad]) -> Iterator[tuple[bool, str, str]]:
    """Labels as sort keys that end with the text: without a language first, then English, then other languages."""
    for quad in quads:
        if isinstance(quad.object, Literal):
            language = quad.object.language or ""
            yield language not in ("", "en"), language, quad.object.value


def label_sql(properties: Sequence[int], condition: str) -> str:
    """The label of each entity of columns, as `EntityNames.label` chooses it: a SELECT of `s` and `name`.

    The numbers are the ids of the label properties; `condition` restricts the triples.
    """
    rank = "CASE p " + " ".join(f"WHEN {id:d} THEN {rank:d}" for rank, id in enumerate(properties)) + " END"
    key = f"concat({rank}, coalesce(language, '') NOT IN ('', 'en'), coalesce(language, ''), chr(1), lexical)"
    listed = ", ".join(map(str, properties))
    return (
        f"SELECT s, arg_min(lexical, {key}) AS name FROM triple JOIN term ON id = o"
        f" WHERE p IN ({listed}) AND class > 1 AND {condition} GROUP BY s"
    )


class AnswerNames(Protocol):
    """What the cells of an answer have for an IRI."""

    def label(self, iri: NamedNode, /) -> str:
        """An entity's label; empty when it has none."""

    @property
    def prefixes(self) -> Mapping[str, str]:
        """Those of CURIEs."""


@dataclass(frozen=True, slots=True)
class CopiedNames:
    """The labels of some entities without the graph that has them: a pickled answer's."""

    labels: Mapping[str, str]
    prefixes: Mapping[str, str]

    @classmethod
    def of(cls, names: AnswerNames, terms: Iterable[object]) -> CopiedNames:
        """The names of the entities among these terms."""
        entities = {term for term in terms if isinstance(term, NamedNode)}
        labels = {entity.value: label for entity in entities if (label := names.label(entity))}
        return cls(labels, dict(names.prefixes))

    def label(self, iri: NamedNode) -> str:
        """An entity's label; empty when it has none."""
        return self.labels.get(iri.value, "")


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity in an answer: `iri`, `curie` and the `label` that the graph has for it. As text it is its label."""

    iri: NamedNode
    names: AnswerNames = field(repr=False, compare=False)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled with its own label."""
        return Entity, (self.iri, CopiedNames.of(self.names, (self.iri,)))

    @property
    def curie(self) -> str:
        """`film:anora`, as queries write it."""
        return to_curie(self.iri.value, self.names.prefixes)

    @property
    def label(self) -> str:
        """The entity's label, or its CURIE when it has none."""
        return self.names.label(self.iri) or self.curie

    def __str__(self) -> str:
        return self.label


def to_triple(store: Store, names: EntityNames, subject: str, property: str, value: str) -> Triple:
    """The triple of three names: entities by any name, the property by its own, literals by their text.

    Raises `UnknownNameError` or `AmbiguousNameError` for a name that does not resolve.
    """
    entity, predicate = names.entity(subject), names.property_iri(property)
    if value[:1] in ('"', "<"):
        return Triple(entity, predicate, to_term(value))
    for quad in find_quads(store, entity, predicate, None, None):
        if isinstance(quad.object, Literal) and quad.object.value == value:
            return Triple(entity, predicate, quad.object)
    try:
        return Triple(entity, predicate, names.entity(value))
    except UnknownNameError:
        sample = find_quad(store, None, predicate, None, None)
        if sample is not None and isinstance(sample.object, Literal):
            return Triple(entity, predicate, Literal(value, datatype=sample.object.datatype))
        raise


def to_triples(store: Store, names: EntityNames, subject: str, property: str) -> list[Triple]:
    """The triples of an entity and a property, sorted by value, and those that sources disagree on, each once.

    Raises `UnknownNameError` or `AmbiguousNameError` for a name that does not resolve.
    """
    entity, predicate = names.entity(subject), names.property_iri(property)
    quads = (quad for graph in (KNOWLEDGE, CONTESTED) for quad in find_quads(store, entity, predicate, None, graph))
    return sorted(dict.fromkeys(quad.triple for quad in quads), key=to_spo)


def stored_ontology(store: Store) -> Schema:
    """The classes and properties of the ontology in a store."""
    return to_schema(quad.triple for quad in find_quads(store, None, None, None, ONTOLOGY))
