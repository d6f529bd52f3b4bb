"""A query without rows walks in; why walks out: an unknown name, the pattern that kills it, or a true no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import rdflib
from pyoxigraph import NamedNode, QuerySolutions, Store

from kg.graph.store import find_quad
from kg.queries.sparql import tokenise
from kg.queries.triple_patterns import TriplePattern, find_patterns, to_oxigraph
from kg.terms import CONTESTED, ONTOLOGY, PREFIXES, PROVENANCE, to_curie
from kg.text import closest

_CONTESTED = rdflib.URIRef(CONTESTED.value)
_TRUE_NO = "Every name is known, so this is a true no: the graph does not say it."
_ELSEWHERE = (
    "FROM takes the place of all that is known: the query sees only the graphs that it names, which are "
    "graph:provenance, graph:ontology and graph:contested. Without FROM it sees what sources say and what follows."
)
_FILTERED = (
    "The patterns match, but FILTER, NOT EXISTS, MINUS or VALUES leave nothing: a true no if the types are right. "
    'A year is compared as "2018"^^xsd:gYear, a day as "2018-01-01"^^xsd:date.'
)


@dataclass(frozen=True, slots=True)
class EmptyAnswer:
    """Why an answer is empty; `is_true_no` when every name is known and every pattern matches something by itself."""

    reasons: tuple[str, ...]
    is_true_no: bool

    def __str__(self) -> str:
        return "\n".join(self.reasons)


LONGEST = 50_000
"""How many characters of a query are looked into; rdflib reads 30,000 a second, and SERVICE brings more."""


def explain_empty(store: Store, text: str) -> EmptyAnswer:
    """The reasons why a query has no rows, the plainest first."""
    if len(text) > LONGEST:
        return EmptyAnswer(("No rows; with all its values the query is too long to look into.",), is_true_no=False)
    every = find_patterns(text)
    if not every:
        return EmptyAnswer(("No rows; the query has no pattern that could be looked at by itself.",), is_true_no=False)
    patterns = [pattern for pattern in every if not pattern.is_optional]
    if unknown := tuple(_unknown_terms(store, patterns)):
        return EmptyAnswer(unknown, is_true_no=False)
    if dead := tuple(_dead_patterns(store, patterns)):
        is_true_no = not any("iterals are equal" in reason for reason in dead)
        return EmptyAnswer((*dead, _TRUE_NO) if is_true_no else dead, is_true_no=is_true_no)
    if killer := tuple(_killers(store, patterns)):
        return EmptyAnswer(
            (*killer, "Every name is known, so this is a true no: the graph does not say it."), is_true_no=True
        )
    if any(token.is_word("FROM") for token in tokenise(text)):
        return EmptyAnswer((_ELSEWHERE,), is_true_no=False)
    if patterns and _holds(store, patterns):
        return EmptyAnswer((_FILTERED,), is_true_no=True)
    return EmptyAnswer(
        ("A true no: each pattern matches something, but nothing matches all of them.",), is_true_no=True
    )


def _unknown_terms(store: Store, patterns: list[TriplePattern]) -> Iterator[str]:
    names: list[str] | None = None
    for iri in dict.fromkeys(iri for pattern in patterns for iri in pattern.terms()):
        term = NamedNode(str(iri))
        if not _is_known(store, term):
            if names is None:
                names = sorted(set(_known_names(store)))
            near = closest(to_curie(term.value), names)
            offer = f" Did you mean {' or '.join(near)}?" if near else ""
            yield f"{to_curie(term.value)} is unknown to the ontology and to the data.{offer}"


def _is_known(store: Store, term: NamedNode) -> bool:
    if term in (CONTESTED, ONTOLOGY, PROVENANCE):
        return True
    as_part = ((term, None, None), (None, term, None), (None, None, term))
    in_graphs = any(find_quad(store, subject, predicate, value) is not None for subject, predicate, value in as_part)
    return in_graphs or find_quad(store, None, None, None, term) is not None


def _known_names(store: Store) -> Iterator[str]:
    for graph in ("", f"GRAPH <{ONTOLOGY.value}>"):
        anywhere = "{ ?name ?p ?o } UNION { ?s ?name ?o } UNION { ?s a ?name }"
        query = f"SELECT DISTINCT ?name {{ {graph} {{ {anywhere} }} }}"
        for name in _column(store, query):
            if isinstance(name, NamedNode):
                yield to_curie(name.value)


def _column(store: Store, query: str) -> Iterator[object]:
    found = store.query(query, prefixes=PREFIXES)
    assert isinstance(found, QuerySolutions)
    return (solution[0] for solution in found)


def _dead_patterns(store: Store, patterns: list[TriplePattern]) -> Iterator[str]:
    for pattern in patterns:
        if not _holds(store, [pattern]):
            hint = ""
            if isinstance(pattern.object, rdflib.Literal):
                hint = _other_literal(store, pattern)
            if pattern.graph is None and _holds(store, [replace(pattern, graph=_CONTESTED)]):
                hint += " A source says it, but it is contested: see `kg conflicts`, or ask GRAPH graph:contested."
            yield f"Nothing matches `{_short(pattern)}`.{hint}"


def _other_literal(store: Store, pattern: TriplePattern) -> str:
    """A hint at the same words with another language or datatype: the commonest of all reasons."""
    literal = to_oxigraph(pattern.object)
    free = TriplePattern(pattern.subject, pattern.path, rdflib.Variable("kgvalue"), pattern.graph)
    query = f"SELECT ?kgvalue {{ {free.to_sparql()} FILTER(STR(?kgvalue) = STR({literal})) }} LIMIT 1"
    found = next(_column(store, query), None)
    if found is not None:
        return f" There is {found} instead: literals are equal only with the same language and datatype."
    named = _column(
        store, f"SELECT ?x {{ ?x rdfs:label|skos:altLabel ?name FILTER(STR(?name) = STR({literal})) }} LIMIT 1"
    )
    thing = next(named, None)
    if isinstance(thing, NamedNode):
        return f" Literals are equal only to literals; did you mean the thing {to_curie(thing.value)}?"
    return ""


def _killers(store: Store, patterns: list[TriplePattern]) -> Iterator[str]:
    """Patterns without which there would be rows, when all together have none."""
    if len(patterns) < 2 or _holds(store, patterns):
        return
    for index, pattern in enumerate(patterns):
        if _holds(store, patterns[:index] + patterns[index + 1 :]):
            yield f"Without `{_short(pattern)}` there would be rows."


def _holds(store: Store, patterns: list[TriplePattern]) -> bool:
    body = " . ".join(pattern.to_sparql() for pattern in patterns)
    return bool(store.query(f"ASK {{ {body} }}", prefixes=PREFIXES))


def _short(pattern: TriplePattern) -> str:
    text = pattern.to_sparql()
    for iri in pattern.terms():
        text = text.replace(f"<{iri}>", to_curie(str(iri)))
    return text
