"""Stored queries found by words: those of the query itself, and those that people use for the terms in it.

A word is found in a query when a word with the same stem is in its name, summary, synonyms, description, tags,
parameters or columns; when the word names a class or property that the query uses, by its label or another label of
the ontology; or when the label of such a term is in the query.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import NamedNode

from kg.lookup.entity_names import EntityNames
from kg.lookup.entity_types import types_of
from kg.queries.stored_query import ParameterType, StoredQuery
from kg.schema import OntologyTerm, Schema
from kg.terms import FILM
from kg.text.folding import Naming, closest, fold_name, to_stems

_IN_HEAD, _IN_SENTENCE, _IN_QUERY = 2.0, 1.5, 1.0
"""How much a word counts at the beginning of a query's name, which says what it gives; in its name, summary or
synonyms; elsewhere in its header."""
_OF_TERM, _WIDER, _BEGINNING, _PARTLY = 0.8, 0.4, 0.6, 0.6
"""How much it counts that a name of a term in the query matches; of a term below one in it; a word with the same
beginning; that only the words of a phrase are found."""
_AS_VALUE = 0.5
"""How much it counts that a word names a class or property that is a value of a parameter."""
_FIT, _ANY_CLASS, _MISSING = 0.15, 0.9, 0.5
"""What it adds to a score that a query takes the named entities; how much of that counts where it takes entities of any
class; and what a value costs that it requires and that is not named."""
_COMPLETE = 0.05
"""What it adds to a score that all words of a search are found."""
_LISTED = 8
"""The matches that people look at."""
_HOW_MANY = to_stems("how many")
"""Counts as one word, since the number of rows of any list answers it."""
_MIN_SCORE = 0.08
_MANY, _GOOD = 20, 0.8
"""From how many matches on a search lists only the good ones, and the part of the best score that these have."""
_MAX_WORDS, _MAX_PHRASE = 40, 3
_LONG_WORD, _MAX_REST = 5, 4
"""The letters from which on a word also matches longer words that begin with it, and the other way round, and by which
these may be longer; only longer words are searched as misspelt, since `thank` is no misspelling of `than`."""
_STOP_WORDS = frozenset(
    word
    for line in (
        "a an and are at by did do does for from get got had has have",
        "her his in is it its of on or the their this to was were with what which",
    )
    for word in line.split()
)
"""Words of all kinds of questions."""
_HEAD_END = re.compile(r"-(?:about|at|between|by|for|from|in|of|on|per|than|to|with|within|without)\b")
_TERM = re.compile(rf"(?:\bfilm:|<{re.escape(FILM)})([A-Za-z]\w*)")


@dataclass(frozen=True, slots=True)
class QueryMatch:
    """A stored query and how well it matches, from 0; `has_all` when all words of the search are found in it.

    With `takes_words`, some of them are found only as possible values of its parameters.
    """

    query: StoredQuery
    score: float
    has_all: bool = True
    takes_words: bool = False


def complete_matches(matches: Sequence[QueryMatch], *, limit: int = _LISTED) -> list[StoredQuery]:
    """The queries that have all words of a search; when none has, at most `limit` of those that have some.

    Queries that only take a word as a value, as any property, are left out where others have the words themselves.

    A word such as `movie` is in most queries; then those that match best, since they give films.
    """
    complete = [match for match in matches if match.has_all]
    complete = [match for match in complete if not match.takes_words] or complete
    if len(complete) > _MANY:
        good = [match for match in complete if match.score >= _GOOD * complete[0].score]
        complete = good[:_MANY]
    return [match.query for match in complete or matches[:limit]]


class QueryIndex:
    """Stored queries as they are searched, with the terms of an ontology."""

    def __init__(self, queries: Iterable[StoredQuery], schema: Schema) -> None:
        self.schema = schema
        self._documents = [_Document.of(query) for query in queries]

    def search_question(self, question: str, names: EntityNames, *, topic: str = "") -> list[QueryMatch]:
        """The stored queries that match the words of a question and take the entities that it names, best first.

        The names themselves are no words to search: `What Happened Was...` is a film.
        """
        mentions, rest = names.mentions(question), question
        for name, _ in mentions:
            if to_stems(name) not in self._terms:
                rest = rest.replace(name, " ", 1)
        given = [self._given(types_of(names.store, self.schema, entity)) for _, entity in mentions]
        found = self.search(rest, topic=topic, given=given) if rest.strip(" ?.") else []
        return self._with_description(found or self.search(question, topic=topic), given, topic)

    def _given(self, types: Set[NamedNode]) -> Set[NamedNode]:
        """The types that an entity is given as: `the Oscar` is an award, where only the Oscars have that name."""
        programme, award = (self.schema.type_names.get(name) for name in ("AwardProgramme", "Award"))
        return types | {award} if programme in types and award is not None else types

    def _with_description(
        self, matches: list[QueryMatch], given: Sequence[Set[NamedNode]], topic: str
    ) -> list[QueryMatch]:
        """The matches, with a query among the first that gives everything about an entity, since it may be in there.

        That is the one with the passages, where a source is named.
        """
        is_about_source = any(self.schema.type_names.get("Source") in types for types in given)
        name = "evidence-for" if is_about_source else "description-of"
        general = [document.query for document in self._documents if document.query.name == name]
        if topic or any(match.query.name == name for match in matches[:_LISTED]):
            return matches
        rest = [match for match in matches if match.query.name != name]
        return [
            *rest[: _LISTED - 1],
            *(QueryMatch(query, 0.0, has_all=False) for query in general),
            *rest[_LISTED - 1 :],
        ]

    def search(self, words: str, *, topic: str = "", given: Sequence[Set[NamedNode]] = ()) -> list[QueryMatch]:
        """The stored queries that match these words, best first; a word that many queries have counts little.

        Without words, all queries of the topic. A word that nothing has counts as the word that it is a misspelling of.
        `given` are the classes and kinds of each entity that the search names: a query that takes such entities, and
        requires no other values, fits better.
        """
        documents = [document for document in self._documents if not topic or topic in document.query.topics]
        units = list(self._units(words, documents))
        if not units:
            return [QueryMatch(document.query, 1.0) for document in documents]
        found = [[document.strength(unit) for unit in units] for document in documents]
        weights = [_weight(unit, [row[column] for row in found]) for column, unit in enumerate(units)]
        total = sum(weights)
        others = self._other_types(words, units)
        with_values = [
            [max(s, document.as_value(unit)) for s, unit in zip(row, units, strict=True)]
            for document, row in zip(documents, found, strict=True)
        ]
        matches = [
            QueryMatch(
                document.query,
                sum(w * s for w, s in zip(weights, row, strict=True)) / _IN_HEAD / (total or 1.0)
                + _FIT * self._fit(document.query, given, others),
                has_all=all(row),
                takes_words=not all(own),
            )
            for document, row, own in zip(documents, with_values, found, strict=True)
            if any(row) or not total
        ]
        good = (match for match in matches if match.score > _MIN_SCORE)
        return sorted(good, key=lambda match: (-match.score - _COMPLETE * match.has_all, match.query.name))

    def _fit(self, query: StoredQuery, given: Sequence[Set[NamedNode]], others: Set[ParameterType]) -> float:
        """How well the parameters of a query fit the given entities: 1 when it takes all, and needs no more.

        `others` are the types of the values besides entities that the search names.
        """
        if not given:
            return 0.0
        entities, missing, taken = list(given), 0, 0.0
        for parameter in sorted(query.params, key=lambda parameter: (not parameter.class_name, parameter.is_optional)):
            wanted = self.schema.type_names.get(parameter.class_name)
            used = next((types for types in entities if wanted is None or wanted in types), None)
            if parameter.type is ParameterType.ENTITY and used is not None:
                entities.remove(used)
                taken += _ANY_CLASS if wanted is None else 1.0
            elif not parameter.is_optional and parameter.type not in others:
                missing += 1
        return taken / len(given) - _MISSING * min(missing, 2)

    def _other_types(self, words: str, units: Sequence[_Unit]) -> frozenset[ParameterType]:
        """The types of the values besides entities that a search may name."""
        types = {ParameterType.TEXT, ParameterType.BOOLEAN}
        if any(char.isdigit() for char in words):
            types |= {ParameterType.NUMBER, ParameterType.DATE}
        return frozenset(types).union(*(unit.types for unit in units))

    def _units(self, words: str, documents: Sequence[_Document]) -> Iterator[_Unit]:
        """The words of a search, and phrases such as `box office`: labels of a term, or synonyms of a query."""
        all_words = list(dict.fromkeys(fold_name(words).split()))[:_MAX_WORDS]
        rest = [word for word in all_words if word not in _STOP_WORDS] or all_words
        while rest:
            phrases = ((size, to_stems(" ".join(rest[:size]))) for size in range(min(_MAX_PHRASE, len(rest)), 1, -1))
            size, stems = next((found for found in phrases if found[1] in self._phrases), (1, to_stems(rest[0])))
            unit = self._to_unit(stems)
            if size == 1 and self._may_be_misspelt(rest[0], unit, documents):
                likely = closest(rest[0], self._spellings, limit=1)
                unit = self._to_unit(to_stems(likely[0])) if likely else unit
            yield unit
            rest = rest[size:]

    @staticmethod
    def _may_be_misspelt(word: str, unit: _Unit, documents: Sequence[_Document]) -> bool:
        return len(word) > _LONG_WORD and not unit.terms and not any(document.strength(unit) for document in documents)

    def _to_unit(self, stems: tuple[str, ...]) -> _Unit:
        named = self._terms.get(stems, ())
        names = dict.fromkeys(to_stems(label) for term in named for label in (term.name, term.label) if label)
        above = {iri for term in named for iri in self.schema.ancestors(term.iri)}
        wider = {term.name for iri in above if (term := self.schema.properties.get(iri)) is not None}
        own = frozenset(term.name for term in named)
        return _Unit(stems, own, tuple(names), frozenset(wider - own), self._bindable(own))

    def _bindable(self, names: Set[str]) -> frozenset[ParameterType]:
        """The types of parameters that can have a term of these names as their value."""
        types = {ParameterType.CLASS} if names & self.schema.type_names.keys() else set()
        if names & self._property_names:
            types.add(ParameterType.PROPERTY)
        return frozenset(types)

    @cached_property
    def _property_names(self) -> frozenset[str]:
        return frozenset(term.name for term in self.schema.properties.values())

    @cached_property
    def _phrases(self) -> frozenset[tuple[str, ...]]:
        return frozenset(self._terms).union(*(document.phrases for document in self._documents))

    @cached_property
    def _spellings(self) -> list[str]:
        """A word for each stem of the queries."""
        words = {word for document in self._documents for word in document.query.words}
        return sorted({stem: word for word in sorted(words) for stem in to_stems(word)}.values())

    @cached_property
    def _terms(self) -> Mapping[tuple[str, ...], Sequence[OntologyTerm]]:
        """Stems of a name or label -> the terms that have it, those with that name first."""
        by_naming: dict[Naming, dict[tuple[str, ...], list[OntologyTerm]]] = {Naming.NAME: {}, Naming.OTHER_NAME: {}}
        for term in (*self.schema.types.values(), *self.schema.properties.values()):
            for naming, labels in ((Naming.NAME, (term.name, *term.labels)), (Naming.OTHER_NAME, term.other_labels)):
                for stems in dict.fromkeys(map(to_stems, labels)):
                    by_naming[naming].setdefault(stems, []).append(term)
        merged = dict(by_naming[Naming.NAME])
        for stems, terms in by_naming[Naming.OTHER_NAME].items():
            merged[stems] = [*merged.get(stems, ()), *terms]
        return merged


def _weight(unit: _Unit, strengths: Sequence[float]) -> float:
    """How much a unit distinguishes queries; nothing when none has it."""
    count = sum(strength > 0 for strength in strengths)
    words = 1 if unit.stems == _HOW_MANY else len(unit.stems)
    return words * math.log((len(strengths) + 1) / (count + 0.5)) if count else 0.0


@dataclass(frozen=True, slots=True)
class _Unit:
    """A word or phrase of a search: its stems, the terms that it names, and the stems of their names."""

    stems: tuple[str, ...]
    terms: frozenset[str] = frozenset()
    names: tuple[tuple[str, ...], ...] = ()
    wider: frozenset[str] = frozenset()
    """The terms above them: a query about all contributors answers for the cinematographer, too."""
    types: frozenset[ParameterType] = frozenset()
    """The types of parameters whose value the unit can be: a class, a property, or both."""


@dataclass(frozen=True, slots=True)
class _Document:
    """A stored query as it is searched: the stems of its parts, the best part first, and the terms that it uses."""

    query: StoredQuery
    fields: tuple[tuple[float, frozenset[str]], ...]
    phrases: frozenset[tuple[str, ...]]
    """The synonyms of several words."""
    terms: frozenset[str]
    takes: frozenset[ParameterType]
    """The types of its parameters; none where it requires an entity of one class, such as a film."""

    @classmethod
    def of(cls, query: StoredQuery) -> _Document:
        synonyms = [_content_stems(synonym) for synonym in query.synonyms]
        stems = frozenset(stem for word in query.words for stem in to_stems(word))
        sentence = frozenset(to_stems(f"{query.name} {query.summary}"))
        single = frozenset(words[0] for words in synonyms if len(words) == 1)
        fields = (
            (_IN_HEAD, frozenset(to_stems(_HEAD_END.split(query.name)[0]))),
            (_IN_SENTENCE, sentence | single),
            (_IN_QUERY, stems),
        )
        classes = {parameter.class_name for parameter in query.params}
        terms = frozenset(classes | set(_TERM.findall(query.text)))
        is_narrow = any(parameter.class_name and not parameter.is_optional for parameter in query.params)
        takes = frozenset() if is_narrow else frozenset(parameter.type for parameter in query.params)
        return cls(query, fields, frozenset(words for words in synonyms if len(words) > 1), terms, takes)

    def strength(self, unit: _Unit) -> float:
        """How well a unit matches, from 0 to `_IN_HEAD`."""
        strength = max(self._of_stems(unit.stems), _OF_TERM * max(map(self._of_stems, unit.names), default=0.0))
        if unit.terms & self.terms:
            strength = max(strength, _OF_TERM)
        if unit.wider & self.terms:
            strength = max(strength, _WIDER)
        if not strength and all(map(self._has_beginning, unit.stems)):
            strength = _BEGINNING
        if len(unit.stems) > 1:
            single = sum(self._of_stems((stem,)) for stem in unit.stems) / len(unit.stems)
            strength = max(strength, _PARTLY * single)
        return strength

    def as_value(self, unit: _Unit) -> float:
        """How well a unit matches as the value of a parameter: any property is one of `description-of`."""
        return _AS_VALUE if unit.types & self.takes else 0.0

    def _of_stems(self, stems: tuple[str, ...]) -> float:
        if stems in self.phrases:
            return _IN_SENTENCE
        return next((weight for weight, field in self.fields if field.issuperset(stems)), 0.0)

    def _has_beginning(self, stem: str) -> bool:
        _, words = self.fields[-1]
        return len(stem) >= _LONG_WORD and any(
            (other.startswith(stem) or (len(other) >= _LONG_WORD and stem.startswith(other)))
            and abs(len(other) - len(stem)) <= _MAX_REST
            for other in words
        )


def _content_stems(text: str) -> tuple[str, ...]:
    words = fold_name(text).split()
    return to_stems(" ".join([word for word in words if word not in _STOP_WORDS] or words))
