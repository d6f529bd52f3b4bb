"""Stored queries found by words: those of the query itself, and those that people use for the terms in it.

A word is found in a query when a word with the same stem is in its name, summary, description, tags, parameters or
columns; when the word names a class or property that the query uses, by its label or another label of the ontology;
or when the label of such a term is in the query. So the ontology is the only list of synonyms.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.queries.stored_query import ParameterType, StoredQuery
from kg.schema import OntologyTerm, Schema
from kg.terms import FILM
from kg.text.folding import Naming, closest, fold_name, to_stems

_MAX_WORDS = 40
_MAX_PHRASE = 3
_LONG_WORD = 5
"""The letters from which on a word also matches longer words that begin with it, and the other way round;
only longer words are searched as misspelt, since `thank` is no misspelling of `than`."""
_IN_QUERY, _OF_TERM, _WIDER, _BEGINNING = 1.0, 0.8, 0.4, 0.6
"""How much a match counts: a word of the query, a name of a term in it, of a term below one in it, a word with the
same beginning."""
_MAX_REST = 4
"""The letters by which words with the same beginning may differ in length."""
_IN_SENTENCE = 1.5
"""The factor for a word of the query's name or summary."""
_MIN_SCORE = 0.08
_UNFIT, _MISSING = 0.5, 0.2
"""What is left of the score of a query that takes none of the named entities; what an entity costs that it requires and
that is not named."""
_STOP_WORDS = frozenset(
    word
    for line in (
        "a an and are at by did do does for from get got had has have",
        "her his how in is it its of on or the their this to was were with what when where which who whom whose",
    )
    for word in line.split()
)
"""Words of all kinds of questions."""
_TERM = re.compile(rf"(?:\bfilm:|<{re.escape(FILM)})([A-Za-z]\w*)")


@dataclass(frozen=True, slots=True)
class QueryMatch:
    """A stored query and how well it matches, from 0 to 1; `has_all` when all words of the search are found in it."""

    query: StoredQuery
    score: float
    has_all: bool = True


def search_queries(
    queries: Sequence[StoredQuery],
    words: str,
    schema: Schema,
    *,
    topic: str = "",
    given: Sequence[Set[NamedNode]] = (),
) -> list[QueryMatch]:
    """The stored queries that match these words, best first; a word that many queries have counts little.

    Without words, all queries of the topic. A word that nothing has counts as the word that it is a misspelling of.
    `given` are the classes and kinds of each entity that the question names: a query that takes such entities, and
    requires no more of others, fits better.
    """
    candidates = [query for query in queries if not topic or topic in query.topics]
    documents = [_Document.of(query) for query in candidates]
    units = list(_units(words, schema, documents))
    if not units:
        return [QueryMatch(query, 1.0) for query in candidates]
    found = [[document.strength(unit) for unit in units] for document in documents]
    weights = [
        len(unit.stems) * math.log((len(documents) + 1) / (sum(row[column] > 0 for row in found) + 0.5))
        for column, unit in enumerate(units)
    ]
    total = sum(weights) * _IN_SENTENCE or 1.0
    matches = [
        QueryMatch(
            document.query,
            sum(w * s for w, s in zip(weights, row, strict=True)) / total * _fit(document.query, given, schema),
            all(row),
        )
        for document, row in zip(documents, found, strict=True)
    ]
    good = (match for match in matches if match.score > _MIN_SCORE)
    return sorted(good, key=lambda match: (not match.has_all, -match.score, match.query.name))


_ANY_CLASS = 0.02
"""What a query loses for a parameter that takes an entity of any class."""


def _fit(query: StoredQuery, given: Sequence[Set[NamedNode]], schema: Schema) -> float:
    """How well the parameters of a query fit entities of these classes: 1 where none is given."""
    if not given:
        return 1.0
    entities, missing, any_class = list(given), 0, 0
    for parameter in sorted(query.params, key=lambda parameter: (not parameter.class_name, parameter.is_optional)):
        if parameter.type is not ParameterType.ENTITY:
            continue
        wanted = schema.type_names.get(parameter.class_name)
        taken = next((types for types in entities if wanted is None or wanted in types), None)
        if taken is not None:
            entities.remove(taken)
            any_class += wanted is None
        elif not parameter.is_optional:
            missing += 1
    used = (len(given) - len(entities)) / len(given)
    return _UNFIT + (1 - _UNFIT) * used - _MISSING * min(missing, 2) - _ANY_CLASS * min(any_class, 2)


def complete_matches(matches: Sequence[QueryMatch], *, limit: int = 8) -> list[StoredQuery]:
    """The queries that have all words of a search; when none has, at most `limit` of those that have some."""
    complete = [match.query for match in matches if match.has_all]
    return complete or [match.query for match in matches[:limit]]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A word or phrase of a search: its stems, the terms that it names, and the stems of their names."""

    stems: tuple[str, ...]
    terms: frozenset[str] = frozenset()
    names: tuple[tuple[str, ...], ...] = ()
    wider: frozenset[str] = frozenset()
    """The terms above them: a query about all contributors answers for the cinematographer, too."""


@dataclass(frozen=True, slots=True)
class _Document:
    """A stored query as it is searched: its stems, those of its name and summary, and the terms that it uses."""

    query: StoredQuery
    stems: frozenset[str]
    sentence: frozenset[str]
    terms: frozenset[str]

    @classmethod
    def of(cls, query: StoredQuery) -> _Document:
        stems = frozenset(stem for word in query.words for stem in to_stems(word))
        sentence = frozenset(to_stems(f"{query.name} {query.summary}"))
        classes = {parameter.class_name for parameter in query.params}
        return cls(query, stems, sentence, frozenset(classes | set(_TERM.findall(query.text))))

    def strength(self, unit: _Unit) -> float:
        """How well a unit matches, from 0 to `_IN_SENTENCE`."""
        if self.sentence.issuperset(unit.stems):
            return _IN_QUERY * _IN_SENTENCE
        if self.stems.issuperset(unit.stems):
            return _IN_QUERY
        if any(self.sentence.issuperset(stems) for stems in unit.names):
            return _OF_TERM * _IN_SENTENCE
        if unit.terms & self.terms or any(self.stems.issuperset(stems) for stems in unit.names):
            return _OF_TERM
        if unit.wider & self.terms:
            return _WIDER
        return _BEGINNING if all(map(self._has_beginning, unit.stems)) else 0.0

    def _has_beginning(self, stem: str) -> bool:
        return len(stem) >= _LONG_WORD and any(
            (other.startswith(stem) or (len(other) >= _LONG_WORD and stem.startswith(other)))
            and abs(len(other) - len(stem)) <= _MAX_REST
            for other in self.stems
        )


def _units(words: str, schema: Schema, documents: Sequence[_Document]) -> Iterator[_Unit]:
    """The words of a search, and phrases of at most three words that are a label of a term, such as `box office`."""
    all_words = list(dict.fromkeys(fold_name(words).split()))[:_MAX_WORDS]
    terms = _terms_by_label(schema)
    rest = [word for word in all_words if word not in _STOP_WORDS] or all_words
    while rest:
        size = next(
            (size for size in range(min(_MAX_PHRASE, len(rest)), 1, -1) if to_stems(" ".join(rest[:size])) in terms), 1
        )
        unit = _to_unit(to_stems(" ".join(rest[:size])), terms, schema)
        if (
            size == 1
            and len(rest[0]) > _LONG_WORD
            and not unit.terms
            and not any(document.strength(unit) for document in documents)
        ):
            spellings = {stem: word for word in sorted(_words_of(documents)) for stem in to_stems(word)}
            likely = closest(rest[0], sorted(spellings.values()), limit=1)
            unit = _to_unit(to_stems(likely[0]), terms, schema) if likely else unit
        yield unit
        rest = rest[size:]


def _words_of(documents: Iterable[_Document]) -> set[str]:
    return {word for document in documents for word in document.query.words}


def _to_unit(stems: tuple[str, ...], terms: Mapping[tuple[str, ...], Sequence[OntologyTerm]], schema: Schema) -> _Unit:
    named = terms.get(stems, ())
    names = dict.fromkeys(to_stems(label) for term in named for label in (term.name, term.label) if label)
    above = {iri for term in named for iri in schema.ancestors(term.iri)}
    wider = {term.name for iri in above if (term := schema.properties.get(iri)) is not None}
    own = frozenset(term.name for term in named)
    return _Unit(stems, own, tuple(names), frozenset(wider - own))


def _terms_by_label(schema: Schema) -> dict[tuple[str, ...], list[OntologyTerm]]:
    """Stems of a name or label -> the terms that have it, those with that name first."""
    by_naming: dict[Naming, dict[tuple[str, ...], list[OntologyTerm]]] = {Naming.NAME: {}, Naming.OTHER_NAME: {}}
    for term in (*schema.types.values(), *schema.properties.values()):
        for naming, labels in ((Naming.NAME, (term.name, *term.labels)), (Naming.OTHER_NAME, term.other_labels)):
            for stems in dict.fromkeys(map(to_stems, labels)):
                by_naming[naming].setdefault(stems, []).append(term)
    merged = dict(by_naming[Naming.NAME])
    for stems, terms in by_naming[Naming.OTHER_NAME].items():
        merged[stems] = [*merged.get(stems, ()), *terms]
    return merged
