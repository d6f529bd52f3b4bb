"""Why an answer has no rows: an unknown name, a pattern without a match, a filter, or facts that are simply missing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto
from functools import cached_property
from itertools import islice, pairwise

import rdflib
from pyoxigraph import NamedNode, Store, Triple

from kg.explain.foreign_properties import find_foreign_properties
from kg.explain.unbound_variables import UnboundVariable, find_unbound
from kg.graph.store import find_quad, find_quads, find_solutions
from kg.lookup.entity_names import stored_ontology
from kg.lookup.phrases import ForeignProperty
from kg.queries.rewriting.engine_query import EngineRows, evaluate
from kg.queries.rewriting.prologue import Prologue
from kg.queries.sparql import ValuesBlock, find_values_blocks
from kg.queries.triple_patterns import TriplePattern, find_patterns, to_oxigraph
from kg.reports import did_you_mean
from kg.schema import Replacement, Schema
from kg.terms import (
    CONTESTED,
    FILM,
    KNOWLEDGE,
    NAMED_GRAPHS,
    ONTOLOGY,
    OWL,
    PREFIXES,
    PROVENANCE,
    RDF,
    RDFS,
    TYPE,
    XSD,
    Term,
    to_curie,
    to_term,
)
from kg.text.folding import closest
from kg.text.number_words import counted
from kg.text.sparql_tokens import Token, tokenise

MAX_LENGTH = 50_000
"""The characters of a query that is analysed; rdflib parses 30,000 a second, and federation makes queries long."""
_CONTESTED = rdflib.URIRef(CONTESTED.value)


class EmptyReason(StrEnum):
    """Why an answer has no rows."""

    NO_ROWS_WANTED = "no-rows-wanted"
    """LIMIT 0 asks for no rows."""
    ALL_SKIPPED = "all-skipped"
    """OFFSET skips every row; there are `rows` without it."""
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
    graph: str = ""
    """A named graph in which it matches."""


@dataclass(frozen=True, slots=True)
class EmptyAnswer:
    """Why an answer has no rows.

    `unknown_terms` are named wherever they occur, also where they are not the reason. `clauses` are those that may
    exclude rows, such as FILTER. `inferred` are triples whose facts a query looks for in provenance, although no source
    states them.
    """

    reason: EmptyReason
    unknown_terms: tuple[UnknownTerm, ...] = ()
    patterns: tuple[FailedPattern, ...] = ()
    clauses: tuple[str, ...] = ()
    has_year: bool = False
    rows: int = 0
    unbound: tuple[UnboundVariable, ...] = ()
    """The variables that nothing in the query gives a value."""
    inferred: tuple[Triple, ...] = ()
    foreign: tuple[ForeignProperty, ...] = ()
    """Properties that the classes of their subjects do not have."""

    @property
    def is_confirmed(self) -> bool:
        """True when the query looks right, so that having no rows is the answer."""
        if self.unknown_terms or self.inferred or self.unbound or self.foreign:
            return False
        if self.reason is EmptyReason.UNMATCHED_PATTERNS:
            return not any(
                pattern.similar_literal or pattern.entity or pattern.replaced or pattern.graph
                for pattern in self.patterns
            )
        return self.reason in (EmptyReason.EXCLUDING_PATTERNS, EmptyReason.FILTERED, EmptyReason.NO_JOINT_MATCH)

    def sentences(self, *, contested_remedy: str = "query GRAPH graph:contested", stored: str = "") -> tuple[str, ...]:
        """The reason for people; `contested_remedy` says where to look for contested facts.

        For a stored query, whose SPARQL the reader did not write, `stored` is its own sentence for an empty answer.
        """
        sentences = [*map(_unknown_term_sentence, self.unknown_terms)]
        if stored:
            sentences.append(stored)
            if any(pattern.is_contested for pattern in self.patterns):
                sentences.append("A source states it, but it is contested: see `kg conflicts`.")
        else:
            sentences += [*self._sparql_sentences(contested_remedy), *map(str, self.foreign), *map(str, self.unbound)]
        return (*sentences, *map(_inferred_sentence, self.inferred))

    def _sparql_sentences(self, contested_remedy: str) -> Iterator[str]:
        for pattern in self.patterns:
            if self.reason is EmptyReason.EXCLUDING_PATTERNS:
                yield f"Without `{pattern.sparql}` there would be rows."
            else:
                yield _unmatched_sentence(pattern, contested_remedy)
        if self.patterns and self.is_confirmed:
            yield "All names are known; the graph simply has no matching facts."
        elif self.reason is EmptyReason.ALL_SKIPPED:
            rows = f"{'is' if self.rows == 1 else 'are'} {counted(self.rows, 'row')}"
            yield f"OFFSET skips every row: without it there {rows}."
        elif self.reason is EmptyReason.FILTERED:
            yield _filtered_sentence(self.clauses, has_year=self.has_year)
        elif not self.patterns and self.reason in _SENTENCES:
            yield _SENTENCES[self.reason]


_SENTENCES = {
    EmptyReason.NO_ROWS_WANTED: "LIMIT 0 asks for no rows.",
    EmptyReason.TOO_LONG: "No rows; the query is too long to be analysed.",
    EmptyReason.NO_PATTERNS: "No rows; the query has no pattern that can be analysed on its own.",
    EmptyReason.NAMED_GRAPHS_ONLY: (
        "FROM replaces the default graph: the query sees only the graphs that it names, which are graph:provenance, "
        "graph:ontology and graph:contested. Without FROM it sees what sources state and what is inferred."
    ),
    EmptyReason.NO_JOINT_MATCH: "No match: every pattern matches on its own, but not together.",
}
"""The sentences of reasons that name neither terms nor patterns."""


def _filtered_sentence(clauses: tuple[str, ...], *, has_year: bool) -> str:
    if not clauses:
        return "The patterns match, but the query as a whole leaves no row."
    verb = "leaves" if len(clauses) == 1 else "leave"
    sentence = f"The patterns match, but {' and '.join(clauses)} {verb} no row."
    hint = ' A year is written "2018"^^xsd:gYear, a day "2018-01-01"^^xsd:date.'
    return sentence + hint if has_year else sentence


def _inferred_sentence(triple: Triple) -> str:
    parts = (triple.subject, triple.predicate, triple.object)
    subject, predicate, value = (to_curie(part.value) if isinstance(part, NamedNode) else str(part) for part in parts)
    words = " ".join(shlex.quote(part) for part in (subject, predicate, value))
    return f"{subject} {predicate} {value} holds, but no source states it: it is inferred. See `kg why {words}`."


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
    if pattern.graph:
        sentence += f" It matches in named graphs such as {pattern.graph}: write `GRAPH ?graph {{ ... }}`."
    if pattern.is_contested:
        sentence += f" A source states it, but it is contested: {contested_remedy}."
    return sentence


def _in_sparql(replacement: Replacement) -> str:
    """`film:Place with film:kind "city"`."""
    new = f"{'^' * replacement.is_inverse}film:{replacement.name}"
    details = " and ".join(f'film:{name} "{value or "..."}"' for name, value in replacement.details)
    return f"{new} with {details}" if details else new


# --- analysis


def explain_empty(store: Store, text: str, ontology: Schema | None = None) -> EmptyAnswer:
    """The reason why a query has no rows; the first that applies, in the order of `EmptyReason`.

    Without its `ontology`, that of the store is read.
    """
    if len(text) > MAX_LENGTH:
        return EmptyAnswer(EmptyReason.TOO_LONG)
    ontology = ontology if ontology is not None else stored_ontology(store)
    tokens = list(tokenise(text))
    all_patterns = find_patterns(text)
    patterns = [pattern for pattern in all_patterns if not pattern.is_optional]
    unknown_terms = tuple(_unknown_terms(store, patterns, ontology))
    others = tuple(_other_unknown_terms(store, tokens, {term.curie for term in unknown_terms}, ontology))
    empty = _modified(store, text, tokens)
    if empty is None and unknown_terms:
        empty = EmptyAnswer(EmptyReason.UNKNOWN_TERMS)
    elif empty is None:
        reason = _failed_patterns(store, tokens, all_patterns, ontology)
        inferred = _inferred_triples(store, all_patterns, find_values_blocks(text, tokens))
        foreign = find_foreign_properties(store, patterns, ontology)
        empty = replace(reason, inferred=tuple(dict.fromkeys(inferred)), foreign=tuple(dict.fromkeys(foreign)))
    return replace(empty, unknown_terms=(*unknown_terms, *others), unbound=find_unbound(text))


def _modified(store: Store, text: str, tokens: Sequence[Token]) -> EmptyAnswer | None:
    """The reason, when LIMIT or OFFSET at the end of a query leaves no rows."""
    end = max((index for index, token in enumerate(tokens) if token.text == "}"), default=0)
    numbers = {
        word.text.upper(): (word, number)
        for word, number in pairwise(tokens[end:])
        if word.is_word("LIMIT", "OFFSET") and number.kind == "number" and number.text.isdecimal()
    }
    if "LIMIT" in numbers and not int(numbers["LIMIT"][1].text):
        return EmptyAnswer(EmptyReason.NO_ROWS_WANTED)
    if "OFFSET" not in numbers:
        return None
    for word, number in sorted(numbers.values(), key=lambda pair: -pair[0].start):
        text = text[: word.start] + text[number.end :]
    result = evaluate(store, text)
    rows = sum(1 for _ in result.rows) if isinstance(result, EngineRows) else 0
    return EmptyAnswer(EmptyReason.ALL_SKIPPED, rows=rows) if rows else None


def _failed_patterns(
    store: Store, tokens: Sequence[Token], all_patterns: Sequence[TriplePattern], ontology: Schema
) -> EmptyAnswer:
    """The reason that is in the patterns, whose terms are known."""
    if not all_patterns:
        return EmptyAnswer(EmptyReason.NO_PATTERNS)
    patterns = [pattern for pattern in all_patterns if not pattern.is_optional]
    if unmatched := tuple(_unmatched_patterns(store, patterns, ontology)):
        return EmptyAnswer(EmptyReason.UNMATCHED_PATTERNS, patterns=unmatched)
    if excluding := tuple(_excluding_patterns(store, patterns)):
        return EmptyAnswer(EmptyReason.EXCLUDING_PATTERNS, patterns=excluding)
    if any(token.is_word("FROM") for token in tokens):
        return EmptyAnswer(EmptyReason.NAMED_GRAPHS_ONLY)
    clauses = tuple(dict.fromkeys(word for word in _EXCLUDING if any(token.is_word(word) for token in tokens)))
    alternatives = [pattern for pattern in all_patterns if pattern.is_optional]
    if not clauses and (unmatched := tuple(_unmatched_patterns(store, alternatives, ontology))):
        return EmptyAnswer(EmptyReason.UNMATCHED_PATTERNS, patterns=unmatched)
    if patterns and _matches(store, patterns):
        has_year = any(_YEAR.search(token.text) for token in tokens if token.kind in ("number", "string"))
        return EmptyAnswer(EmptyReason.FILTERED, clauses=clauses, has_year=has_year)
    return EmptyAnswer(EmptyReason.NO_JOINT_MATCH)


_EXCLUDING = ("FILTER", "MINUS", "VALUES", "HAVING")
_YEAR = re.compile(r"\b(?:1[89]|20)[0-9]{2}\b")
_BUILT_IN = (RDF, RDFS, OWL, XSD)
"""Namespaces whose terms are known without a use."""


def _other_unknown_terms(
    store: Store, tokens: Sequence[Token], named: set[str], ontology: Schema
) -> Iterator[UnknownTerm]:
    """Terms that the query needs not match, in OPTIONAL, UNION, MINUS, EXISTS, FILTER or VALUES."""
    suggestions, prologue = _Suggestions(store, ontology), Prologue(tokens)
    before = [None, *tokens]
    for previous, token in zip(before, tokens, strict=False):
        is_declared = previous is not None and (previous.is_word("BASE", "FROM", "NAMED") or previous.text == "^^")
        is_declared |= previous is not None and previous.kind == "name" and previous.text.endswith(":")
        iri = prologue.iri(token)
        if is_declared or not iri or token.text.endswith(":") or iri.startswith(_BUILT_IN) or to_curie(iri) in named:
            continue
        try:
            term = NamedNode(iri)
        except ValueError:
            continue  # a relative IRI
        if not _is_known(store, term):
            named.add(to_curie(iri))
            yield UnknownTerm(to_curie(iri), suggestions.of(term, _Role.OTHER))


def _inferred_triples(
    store: Store, patterns: Sequence[TriplePattern], blocks: Iterable[ValuesBlock]
) -> Iterator[Triple]:
    """Triples in the graph whose facts the query looks for: it names their subject and property."""
    values = {block.name: block.inside for block in blocks}
    parts: dict[str, dict[str, Term]] = {}
    for pattern in patterns:
        role = str(pattern.path).removeprefix(RDF)
        if pattern.graph is not None and role in ("subject", "predicate", "object"):
            term = _constant(pattern.object, values)
            if term is not None:
                parts.setdefault(str(pattern.subject), {})[role] = term
    for known in parts.values():
        subject, predicate = known.get("subject"), known.get("predicate")
        if isinstance(subject, NamedNode) and isinstance(predicate, NamedNode):
            quads = find_quads(store, subject, predicate, known.get("object"), KNOWLEDGE)
            unstated = (quad.triple for quad in quads if not _is_stated(store, quad.triple))
            yield from islice(unstated, _MAX_INFERRED)


_MAX_INFERRED = 3
_SUBJECT, _PREDICATE, _OBJECT = (NamedNode(RDF + name) for name in ("subject", "predicate", "object"))
_ABOUT = NamedNode(PREFIXES["ev"] + "about")


def _is_stated(store: Store, triple: Triple) -> bool:
    """True when the provenance has a fact of it, or a record about its subject."""
    if find_quad(store, None, _ABOUT, triple.subject, PROVENANCE) is not None:
        return True
    facts = (quad.subject for quad in find_quads(store, None, _OBJECT, triple.object, PROVENANCE))
    parts = ((_SUBJECT, triple.subject), (_PREDICATE, triple.predicate))
    return any(all(find_quad(store, fact, *part, PROVENANCE) is not None for part in parts) for fact in facts)


def _constant(part: rdflib.term.Node, values: Mapping[str, str]) -> Term | None:
    """The term of a pattern, or the one value that VALUES gives to its variable."""
    if not isinstance(part, rdflib.Variable):
        return to_oxigraph(part) if isinstance(part, rdflib.URIRef | rdflib.Literal) else None
    try:
        return to_term(values[str(part)].strip())
    except (KeyError, ValueError):
        return None  # no value, or several


def _unknown_terms(store: Store, patterns: list[TriplePattern], ontology: Schema) -> Iterator[UnknownTerm]:
    suggestions = _Suggestions(store, ontology)
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

    def __init__(self, store: Store, ontology: Schema) -> None:
        self.store, self._ontology = store, ontology

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
    if term in NAMED_GRAPHS:
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
    return [solution[0] for solution in find_solutions(store, query, prefixes=PREFIXES)]


def _unmatched_patterns(store: Store, patterns: Iterable[TriplePattern], ontology: Schema) -> Iterator[FailedPattern]:
    for pattern in patterns:
        if not _matches(store, [pattern]):
            is_literal = isinstance(pattern.object, rdflib.Literal)
            failed = _match_other_terms(store, pattern) if is_literal else FailedPattern(_shorten(pattern))
            failed = replace(failed, replaced=tuple(_replaced(pattern, ontology)))
            contested = [replace(pattern, graph=_CONTESTED)]
            is_contested = pattern.graph is None and _matches(store, contested)
            graph = _graph_of_match(store, pattern) if pattern.graph is None and not is_contested else ""
            yield replace(failed, is_contested=is_contested, graph=graph)


def _replaced(pattern: TriplePattern, ontology: Schema) -> Iterator[tuple[str, Replacement]]:
    """Terms of an earlier ontology in a pattern; a kind only where a class should be."""
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


def _graph_of_match(store: Store, pattern: TriplePattern) -> str:
    """A named graph in which a pattern matches, as SPARQL; empty when there is none."""
    graphs = _first_column(store, f"SELECT ?graph {{ GRAPH ?graph {{ {pattern.to_sparql()} }} }} LIMIT 1")
    if not graphs:
        return ""
    return to_curie(graphs[0].value) if isinstance(graphs[0], NamedNode) else "?graph"


def _shorten(pattern: TriplePattern) -> str:
    text = pattern.to_sparql()
    for iri in pattern.iris():
        text = text.replace(f"<{iri}>", to_curie(str(iri)))
    return text
