"""Why an answer has no rows: an unknown name, a pattern without a match, a filter, or facts that are simply missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto
from functools import cached_property

import rdflib
from pyoxigraph import NamedNode, QuerySolutions, Store

from kg.graph.store import find_quad
from kg.lookup.entity_names import stored_ontology
from kg.queries.sparql import tokenise
from kg.queries.triple_patterns import TriplePattern, find_patterns, to_oxigraph
from kg.reports import did_you_mean
from kg.schema import Replacement, Schema
from kg.terms import CONTESTED, FILM, ONTOLOGY, PREFIXES, PROVENANCE, TYPE, UNDECIDED, to_curie
from kg.text import closest

MAX_LENGTH = 50_000
"""The characters of a query that is analysed; rdflib parses 30,000 a second, and federation makes queries long."""
_CONTESTED = rdflib.URIRef(CONTESTED.value)


class EmptyReason(StrEnum):
    """Why an answer has no rows."""

    TOO_LONG = "too-long"
    """The query is too long to be analysed."""
    NO_PATTERNS = "no-patterns"
    """The query has no triple pattern."""
    UNKNOWN_TERMS = "unknown-terms"
    """`unknown_terms` are in neither the ontology nor the data."""
    UNMATCHED_PATTERNS = "unmatched-patterns"
    """`patterns` match nothing."""
    EXCLUDING_PATTERNS = "excluding-patterns"
    """Without any one of `patterns`, the others would match."""
    NAMED_GRAPHS_ONLY = "named-graphs-only"
    """FROM replaces the default graph."""
    FILTERED = "filtered"
    """The patterns match, but filters leave no row."""
    NO_JOINT_MATCH = "no-joint-match"
    """Every pattern matches, but not all of them together."""


@dataclass(frozen=True, slots=True)
class UnknownTerm:
    """A term of a query that is in neither the ontology nor the data, with the closest known ones."""

    curie: str
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FailedPattern:
    """A pattern that is the reason, as SPARQL, and what would match instead.

    `similar_literal` has the same text as the pattern's literal, with another language or datatype; `entity` is the
    CURIE of an entity of that name. `is_contested` says that the pattern matches among contested facts. `replaced` are
    the terms of an earlier ontology in it, with what replaces them; a kind that is used as a class is one of them.
    """

    sparql: str
    similar_literal: str = ""
    entity: str = ""
    is_contested: bool = False
    replaced: tuple[tuple[str, Replacement], ...] = ()


@dataclass(frozen=True, slots=True)
class EmptyAnswer:
    """Why an answer has no rows."""

    reason: EmptyReason
    unknown_terms: tuple[UnknownTerm, ...] = ()
    patterns: tuple[FailedPattern, ...] = ()

    @property
    def is_confirmed(self) -> bool:
        """True when the query looks right, so that having no rows is the answer."""
        if self.reason is EmptyReason.UNMATCHED_PATTERNS:
            return not any(pattern.similar_literal or pattern.entity or pattern.replaced for pattern in self.patterns)
        return self.reason in (EmptyReason.EXCLUDING_PATTERNS, EmptyReason.FILTERED, EmptyReason.NO_JOINT_MATCH)

    def sentences(
        self, *, contested_remedy: str = "query GRAPH graph:contested", is_stored: bool = False
    ) -> tuple[str, ...]:
        """The reason for people; `contested_remedy` says where to look for contested facts.

        For stored queries, whose SPARQL the reader did not write, there is no advice about SPARQL.
        """
        if is_stored and not self.unknown_terms and not self.patterns:
            return ("No source states this.",)
        sentences = [*map(_unknown_term_sentence, self.unknown_terms)]
        for pattern in self.patterns:
            if self.reason is EmptyReason.EXCLUDING_PATTERNS:
                sentences.append(f"Without `{pattern.sparql}` there would be rows.")
            else:
                sentences.append(_unmatched_sentence(pattern, contested_remedy))
        if self.patterns and self.is_confirmed:
            sentences.append("All names are known; the graph simply has no matching facts.")
        return tuple(sentences) or (_SENTENCES[self.reason],)


_SENTENCES = {
    EmptyReason.TOO_LONG: "No rows; the query is too long to be analysed.",
    EmptyReason.NO_PATTERNS: "No rows; the query has no pattern that can be analysed on its own.",
    EmptyReason.NAMED_GRAPHS_ONLY: (
        "FROM replaces the default graph: the query sees only the graphs that it names, which are graph:provenance, "
        "graph:ontology, graph:contested and graph:undecided. "
        "Without FROM it sees what sources state and what is inferred."
    ),
    EmptyReason.FILTERED: (
        "No source states this: the patterns match, but FILTER, NOT EXISTS, MINUS or VALUES leave no row. "
        'A year is written "2018"^^xsd:gYear, a day "2018-01-01"^^xsd:date.'
    ),
    EmptyReason.NO_JOINT_MATCH: "No match: every pattern matches on its own, but not together.",
}
"""The sentences of reasons that name neither terms nor patterns."""


def _unknown_term_sentence(term: UnknownTerm) -> str:
    sentence = f"{term.curie} is in neither the ontology nor the data."
    return f"{sentence} {did_you_mean(term.suggestions)}".rstrip()


def _unmatched_sentence(pattern: FailedPattern, contested_remedy: str) -> str:
    sentence = f"Nothing matches `{pattern.sparql}`."
    if pattern.similar_literal:
        sentence += f" There is {pattern.similar_literal} instead: language and datatype must be the same."
    elif pattern.entity:
        sentence += f" A literal is never equal to an entity; did you mean {pattern.entity}?"
    for curie, replacement in pattern.replaced:
        sentence += f" {curie} is now {_in_sparql(replacement)}."
    if pattern.is_contested:
        sentence += f" A source states it, but it is contested: {contested_remedy}."
    return sentence


def _in_sparql(replacement: Replacement) -> str:
    """`film:Place with film:kind "city"`."""
    new = f"{'^' * replacement.is_inverse}film:{replacement.name}"
    details = " and ".join(f'film:{name} "{value or "..."}"' for name, value in replacement.details)
    return f"{new} with {details}" if details else new


# --- analysis


def explain_empty(store: Store, text: str) -> EmptyAnswer:
    """The reason why a query has no rows; the first that applies, in the order of `EmptyReason`."""
    if len(text) > MAX_LENGTH:
        return EmptyAnswer(EmptyReason.TOO_LONG)
    all_patterns = find_patterns(text)
    if not all_patterns:
        return EmptyAnswer(EmptyReason.NO_PATTERNS)
    patterns = [pattern for pattern in all_patterns if not pattern.is_optional]
    if unknown_terms := tuple(_unknown_terms(store, patterns)):
        return EmptyAnswer(EmptyReason.UNKNOWN_TERMS, unknown_terms)
    if unmatched := tuple(_unmatched_patterns(store, patterns)):
        return EmptyAnswer(EmptyReason.UNMATCHED_PATTERNS, patterns=unmatched)
    if excluding := tuple(_excluding_patterns(store, patterns)):
        return EmptyAnswer(EmptyReason.EXCLUDING_PATTERNS, patterns=excluding)
    if any(token.is_word("FROM") for token in tokenise(text)):
        return EmptyAnswer(EmptyReason.NAMED_GRAPHS_ONLY)
    if patterns and _matches(store, patterns):
        return EmptyAnswer(EmptyReason.FILTERED)
    return EmptyAnswer(EmptyReason.NO_JOINT_MATCH)


def _unknown_terms(store: Store, patterns: list[TriplePattern]) -> Iterator[UnknownTerm]:
    suggestions = _Suggestions(store)
    roles = {iri: role for pattern in reversed(patterns) for iri, role in _roles(pattern)}
    for iri in dict.fromkeys(iri for pattern in patterns for iri in pattern.iris()):
        term = NamedNode(str(iri))
        if not _is_known(store, term):
            yield UnknownTerm(to_curie(term.value), suggestions.of(term, roles.get(str(iri), _Role.OTHER)))


class _Role(Enum):
    """What a term must be, from its position in a pattern."""

    PROPERTY = auto()
    CLASS = auto()
    OTHER = auto()


def _roles(pattern: TriplePattern) -> Iterator[tuple[str, _Role]]:
    predicate = TriplePattern(rdflib.Variable("s"), pattern.path, rdflib.Variable("o"))
    yield from ((str(iri), _Role.PROPERTY) for iri in predicate.iris())
    if str(pattern.path) == TYPE.value:
        yield str(pattern.object), _Role.CLASS


class _Suggestions:
    """The known terms that an unknown one may stand for: terms of the ontology by meaning, entities by spelling."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @cached_property
    def _ontology(self) -> Schema:
        return stored_ontology(self.store)

    @cached_property
    def _curies(self) -> list[str]:
        return sorted(set(_known_curies(self.store)))

    def of(self, term: NamedNode, role: _Role) -> tuple[str, ...]:
        """At most two CURIEs."""
        prefix, colon, local = to_curie(term.value).partition(":")
        if prefix + colon == "film:" and role is not _Role.OTHER:
            suggest = self._ontology.suggest_classes if role is _Role.CLASS else self._ontology.suggest_properties
            terms = self._ontology.class_names if role is _Role.CLASS else self._ontology.names
            if names := suggest(local):
                return tuple(to_curie(terms[name].value) for name in names)
        same_prefix = [curie.removeprefix(prefix + colon) for curie in self._curies if curie.startswith(prefix + colon)]
        return tuple(prefix + colon + match for match in closest(local, same_prefix))


def _is_known(store: Store, term: NamedNode) -> bool:
    if term in (CONTESTED, ONTOLOGY, PROVENANCE, UNDECIDED):
        return True
    positions = ((term, None, None), (None, term, None), (None, None, term))
    is_used = any(find_quad(store, subject, predicate, value) is not None for subject, predicate, value in positions)
    return is_used or find_quad(store, None, None, None, term) is not None


def _known_curies(store: Store) -> Iterator[str]:
    for graph in ("", f"GRAPH <{ONTOLOGY.value}>"):
        any_position = "{ ?name ?p ?o } UNION { ?s ?name ?o } UNION { ?s a ?name }"
        for name in _first_column(store, f"SELECT DISTINCT ?name {{ {graph} {{ {any_position} }} }}"):
            if isinstance(name, NamedNode):
                yield to_curie(name.value)


def _first_column(store: Store, query: str) -> list[object]:
    solutions = store.query(query, prefixes=PREFIXES)
    assert isinstance(solutions, QuerySolutions)
    return [solution[0] for solution in solutions]


def _unmatched_patterns(store: Store, patterns: list[TriplePattern]) -> Iterator[FailedPattern]:
    for pattern in patterns:
        if not _matches(store, [pattern]):
            is_literal = isinstance(pattern.object, rdflib.Literal)
            failed = _match_other_terms(store, pattern) if is_literal else FailedPattern(_shorten(pattern))
            failed = replace(failed, replaced=tuple(_replaced(store, pattern)))
            contested = [replace(pattern, graph=_CONTESTED)]
            yield replace(failed, is_contested=pattern.graph is None and _matches(store, contested))


def _replaced(store: Store, pattern: TriplePattern) -> Iterator[tuple[str, Replacement]]:
    """Terms of an earlier ontology in a pattern; a kind only where a class should be."""
    ontology = stored_ontology(store)
    for iri, role in _roles(pattern):
        name = iri.removeprefix(FILM)
        is_meant = role is _Role.CLASS or name not in ontology.narrowed
        if is_meant and name != iri and (replacement := ontology.replaced.get(name)) is not None:
            yield to_curie(iri), replacement


def _match_other_terms(store: Store, pattern: TriplePattern) -> FailedPattern:
    """The pattern with a literal or entity of the same text: a wrong language or datatype is the most common reason."""
    text = f"STR({to_oxigraph(pattern.object)})"
    variable = TriplePattern(pattern.subject, pattern.path, rdflib.Variable("kgvalue"), pattern.graph).to_sparql()
    literals = _first_column(store, f"SELECT ?kgvalue {{ {variable} FILTER(STR(?kgvalue) = {text}) }} LIMIT 1")
    if literals:
        return FailedPattern(_shorten(pattern), similar_literal=str(literals[0]))
    named = f"SELECT ?entity {{ ?entity rdfs:label|skos:altLabel ?name FILTER(STR(?name) = {text}) }} LIMIT 1"
    entities = [to_curie(term.value) for term in _first_column(store, named) if isinstance(term, NamedNode)]
    return FailedPattern(_shorten(pattern), entity=entities[0] if entities else "")


def _excluding_patterns(store: Store, patterns: list[TriplePattern]) -> Iterator[FailedPattern]:
    """Patterns without which the others would match, when all together do not."""
    if len(patterns) < 2 or _matches(store, patterns):
        return
    for index, pattern in enumerate(patterns):
        if _matches(store, patterns[:index] + patterns[index + 1 :]):
            yield FailedPattern(_shorten(pattern))


def _matches(store: Store, patterns: list[TriplePattern]) -> bool:
    group = " . ".join(pattern.to_sparql() for pattern in patterns)
    return bool(store.query(f"ASK {{ {group} }}", prefixes=PREFIXES))


def _shorten(pattern: TriplePattern) -> str:
    text = pattern.to_sparql()
    for iri in pattern.iris():
        text = text.replace(f"<{iri}>", to_curie(str(iri)))
    return text
