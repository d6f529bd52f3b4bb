"""The triple patterns of a query, and the triples that support a row of its answer.

rdflib's parser gives the algebra (https://www.w3.org/TR/sparql11-query/#sparqlAlgebra); the patterns are matched in the
store. Patterns in NOT EXISTS and MINUS are left out: no triple there supports a row. A pattern about a fact in the
graph of provenance stands for the triple that the fact states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import rdflib
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, QuerySolutions, Store, Triple
from rdflib.paths import AlternativePath, InvPath, MulPath, Path, SequencePath
from rdflib.plugins.sparql.algebra import translateQuery

from kg.graph.store import find_quads
from kg.queries.sparql import find_prologue
from kg.rdf.rdflib_parser import parse_query
from kg.rdf.rdflib_warnings import without_rdflib_warnings
from kg.terms import FACT, KNOWLEDGE, PREFIXES, PROVENANCE, RDF, Term, to_term, to_text
from kg.text.sparql_tokens import Token, tokenise

_MAX_SOLUTIONS = 25
_MAX_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class TriplePattern:
    """One triple pattern or path of a query; `is_optional` when a row does not need it."""

    subject: rdflib.term.Node
    path: rdflib.term.Node | Path
    object: rdflib.term.Node
    graph: rdflib.term.Node | None = None
    is_optional: bool = False

    def to_sparql(self) -> str:
        """The pattern as a query writes it."""
        text = " ".join(_to_n3(part) for part in (self.subject, self.path, self.object))
        return f"GRAPH {_to_n3(self.graph)} {{ {text} }}" if self.graph is not None else text

    def iris(self) -> Iterator[rdflib.URIRef]:
        """The IRIs in the pattern."""
        for part in (self.subject, self.path, self.object, self.graph):
            yield from _iris(part)

    def variables(self) -> set[str]:
        """The names of its variables."""
        parts = (self.subject, self.path, self.object, self.graph)
        return {str(part) for part in parts if isinstance(part, rdflib.Variable)}


@lru_cache(maxsize=64)
def find_patterns(text: str) -> tuple[TriplePattern, ...]:
    """The patterns of a query, in their order; none when rdflib cannot parse it.

    Parsing takes rdflib up to a tenth of a second, and every row of an answer needs the same patterns.

    Oxigraph parses more than rdflib does: the additions of SPARQL 1.2, and deeper nesting.
    """
    try:
        with without_rdflib_warnings():
            algebra = translateQuery(parse_query(text), initNs=PREFIXES).algebra
        return tuple(_collect(algebra, None, is_optional=False))
    except Exception:  # rdflib and pyparsing document no kinds of error, and RecursionError is one of them
        return ()


def _collect(node: Any, graph: rdflib.term.Node | None, *, is_optional: bool) -> Iterator[TriplePattern]:
    match getattr(node, "name", None):
        case None:
            return
        case "Minus":
            yield from _collect(node.p1, graph, is_optional=is_optional)
        case "BGP":
            for subject, path, value in node.triples:
                yield TriplePattern(subject, path, value, graph, is_optional)
        case "Graph":
            yield from _collect(node.p, node.term, is_optional=is_optional)
        case "LeftJoin":
            yield from _collect(node.p1, graph, is_optional=is_optional)
            yield from _collect(node.p2, graph, is_optional=True)
        case "Union":
            yield from _collect(node.p1, graph, is_optional=True)
            yield from _collect(node.p2, graph, is_optional=True)
        case _:
            for child in ("p1", "p2", "p"):
                yield from _collect(node.get(child), graph, is_optional=is_optional)


def supporting_triples(
    store: Store,
    text: str,
    row: Mapping[str, Term | Triple],
    *,
    graphs: Sequence[NamedNode | DefaultGraph] = (KNOWLEDGE,),
) -> list[Triple]:
    """The triples that support a row of a SELECT, or a true ASK; each once, in the order of the patterns.

    `graphs` are those that the query was answered from where it names none.
    An aggregate is supported by its first twenty-five solutions, since a count may be of millions.
    """
    patterns = find_patterns(text)
    braces = _outer_group(text)
    if braces is None:
        return []
    first, last = braces
    names = sorted({name for pattern in patterns for name in pattern.variables()} & row.keys())
    values = ""
    if names:
        variables = " ".join(f"?{name}" for name in names)
        values = f"VALUES ({variables}) {{ ({' '.join(to_text(row[name]) for name in names)}) }}"
    group = text[first.end : last.start]
    query = f"{find_prologue(text)} SELECT * WHERE {{ {values} {{ {group} }} }} LIMIT {_MAX_SOLUTIONS}"
    triples: dict[Triple, None] = {}
    for bindings in _solutions(store, query, graphs):
        for pattern in patterns:
            if pattern.graph is not None:
                matches = _match_fact(store, pattern, bindings)
            else:
                matches = _match_triples(_PathWalker(store, graphs), pattern, bindings)
            triples.update(dict.fromkeys(matches))
    return list(triples)


def _solutions(store: Store, query: str, graphs: Sequence[NamedNode | DefaultGraph]) -> list[dict[str, Any]]:
    """The bound variables of each solution."""
    solutions = store.query(query, prefixes=PREFIXES, default_graph=list(graphs))
    assert isinstance(solutions, QuerySolutions)
    names = [variable.value for variable in solutions.variables]
    try:
        rows = list(solutions)
    finally:
        del solutions  # an error keeps the frame, and solutions must end in their own thread
    return [{name: term for name, term in zip(names, row, strict=True) if term is not None} for row in rows]


def _match_fact(store: Store, pattern: TriplePattern, bindings: Mapping[str, Term]) -> Iterator[Triple]:
    """For a pattern about a fact in provenance, the triple that the fact states; nothing for other named graphs."""
    fact = _resolve(pattern.subject, bindings)
    if isinstance(fact, NamedNode) and fact.value.startswith(FACT):
        values = {quad.predicate.value: quad.object for quad in find_quads(store, fact, None, None, PROVENANCE)}
        subject, predicate, value = (values.get(RDF + name) for name in ("subject", "predicate", "object"))
        if isinstance(subject, NamedNode | BlankNode) and isinstance(predicate, NamedNode) and value is not None:
            yield Triple(subject, predicate, value)


def _match_triples(walker: _PathWalker, pattern: TriplePattern, bindings: Mapping[str, Term]) -> Iterator[Triple]:
    """The triples of a shortest path that matches the pattern."""
    start, end = _resolve(pattern.subject, bindings), _resolve(pattern.object, bindings)
    if start is None or end is None:
        return
    path = pattern.path if isinstance(pattern.path, Path) else _resolve(pattern.path, bindings)
    if path is not None:
        yield from next((triples for node, triples in walker.walk(start, path) if node == end), ())


_Walk = tuple[Term, tuple[Triple, ...]]
"""The end of a walk along a path, and the triples on the way."""


@dataclass
class _PathWalker:
    """Walks along property paths in some graphs of the store, for a limited number of steps."""

    store: Store
    graphs: Sequence[NamedNode | DefaultGraph]
    steps: int = 0

    def walk(self, start: Term, path: Any, *, inverse: bool = False) -> Iterator[_Walk]:
        """Every end that a path leads to from a start, with the triples on the way."""
        self.steps += 1
        if self.steps > _MAX_STEPS:
            return
        if isinstance(path, NamedNode):
            yield from self._edges(start, path, inverse=inverse)
        elif isinstance(path, InvPath):
            yield from self.walk(start, _to_path(path.arg), inverse=not inverse)
        elif isinstance(path, AlternativePath):
            for alternative in path.args:
                yield from self.walk(start, _to_path(alternative), inverse=inverse)
        elif isinstance(path, SequencePath):
            elements = [_to_path(element) for element in (reversed(path.args) if inverse else path.args)]
            yield from self._sequence(start, elements, inverse=inverse)
        elif isinstance(path, MulPath):
            yield from self._repeat(start, path, inverse=inverse)

    def _edges(self, start: Term, property: NamedNode, *, inverse: bool) -> Iterator[_Walk]:
        if isinstance(start, Literal) and not inverse:
            return
        subject, value = (None, start) if inverse else (start, None)
        for graph in self.graphs:
            for quad in find_quads(self.store, subject, property, value, graph):  # type: ignore[arg-type]
                yield (quad.subject if inverse else quad.object), (quad.triple,)  # type: ignore[misc]

    def _sequence(self, start: Term, elements: list[Any], *, inverse: bool) -> Iterator[_Walk]:
        if not elements:
            yield start, ()
            return
        for middle, first in self.walk(start, elements[0], inverse=inverse):
            for end, rest in self._sequence(middle, elements[1:], inverse=inverse):
                yield end, first + rest

    def _repeat(self, start: Term, path: MulPath, *, inverse: bool) -> Iterator[_Walk]:
        """Breadth first, so that the shortest walk to each end comes first and cycles end."""
        if path.zero:
            yield start, ()
        seen = {start} if path.zero else set()
        waiting: list[_Walk] = [(start, ())]
        while waiting:
            node, triples = waiting.pop(0)
            for end, more in self.walk(node, _to_path(path.path), inverse=inverse):
                if end not in seen:
                    seen.add(end)
                    yield end, triples + more
                    if path.more:
                        waiting.append((end, triples + more))


def _to_path(part: Any) -> Any:
    return NamedNode(str(part)) if isinstance(part, rdflib.URIRef) else part


def _resolve(part: Any, bindings: Mapping[str, Term]) -> Any:
    """The store's term for a part of a pattern; None for a variable without a binding."""
    if isinstance(part, rdflib.Variable | rdflib.BNode):
        return bindings.get(str(part))
    return to_oxigraph(part)


def to_oxigraph(part: Any) -> NamedNode | Literal | BlankNode:
    """The pyoxigraph term of an rdflib IRI or literal."""
    return to_term(part.n3())


def _outer_group(text: str) -> tuple[Token, Token] | None:
    """The braces of the outermost group of a query."""
    depth, first = 0, None
    for token in tokenise(text):
        if token.kind == "sign" and token.text == "{":
            first = first or token
            depth += 1
        elif token.kind == "sign" and token.text == "}":
            depth -= 1
            if depth == 0 and first is not None:
                return first, token
    return None


def _iris(part: Any) -> Iterator[rdflib.URIRef]:
    if isinstance(part, rdflib.URIRef):
        yield part
    elif isinstance(part, InvPath):
        yield from _iris(part.arg)
    elif isinstance(part, AlternativePath | SequencePath):
        for element in part.args:
            yield from _iris(element)
    elif isinstance(part, MulPath):
        yield from _iris(part.path)


def _to_n3(part: Any) -> str:
    return str(part.n3())
