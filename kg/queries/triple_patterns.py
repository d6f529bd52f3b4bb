"""A query's text walks in; the triple patterns that an answer must match walk out, and the triples that do.

rdflib's parser reads the algebra (https://www.w3.org/TR/sparql11-query/#sparqlAlgebra); the patterns are looked up in
the store. What stands in NOT EXISTS or MINUS is left out: a row rests on nothing there. Of a pattern in the graph of
provenance, it is the triple that the fact states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store, Triple
from rdflib.paths import AlternativePath, InvPath, MulPath, Path, SequencePath
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery

from kg.graph.store import find_quads
from kg.queries.sparql import Token, tokenise
from kg.terms import FACT, KNOWLEDGE, PREFIXES, PROVENANCE, RDF, Term, to_term

_MOST_SOLUTIONS = 25
_MOST_STEPS = 10_000
_SKIPPED = ("Minus",)


@dataclass(frozen=True, slots=True)
class TriplePattern:
    """One triple pattern or path of a query, and whether a row can do without it."""

    subject: rdflib.term.Node
    path: rdflib.term.Node | Path
    object: rdflib.term.Node
    graph: rdflib.term.Node | None = None
    is_optional: bool = False

    def to_sparql(self) -> str:
        """The pattern as a query writes it."""
        text = " ".join(_n3(part) for part in (self.subject, self.path, self.object))
        return f"GRAPH {_n3(self.graph)} {{ {text} }}" if self.graph is not None else text

    def terms(self) -> Iterator[rdflib.URIRef]:
        """The IRIs that the pattern names."""
        for part in (self.subject, self.path, self.object, self.graph):
            yield from _iris(part)

    def variables(self) -> set[str]:
        """The names of its variables."""
        return {
            str(part)
            for part in (self.subject, self.path, self.object, self.graph)
            if isinstance(part, rdflib.Variable)
        }


def find_patterns(text: str) -> list[TriplePattern]:
    """The patterns of a query, in the order in which it writes them; none where rdflib cannot read it.

    Oxigraph reads more than rdflib does: what SPARQL 1.2 adds, and deeper nesting.
    """
    try:
        algebra = translateQuery(parseQuery(text), initNs=PREFIXES).algebra
        return list(_walk(algebra, None, is_optional=False))
    except Exception:  # rdflib and pyparsing promise no kinds of error, and RecursionError is one of them
        return []


def _walk(node: Any, graph: rdflib.term.Node | None, *, is_optional: bool) -> Iterator[TriplePattern]:
    name = getattr(node, "name", None)
    if name is None or name in _SKIPPED:
        if name == "Minus":
            yield from _walk(node.p1, graph, is_optional=is_optional)
        return
    if name == "BGP":
        for subject, path, value in node.triples:
            yield TriplePattern(subject, path, value, graph, is_optional)
    elif name == "Graph":
        yield from _walk(node.p, node.term, is_optional=is_optional)
    elif name == "LeftJoin":
        yield from _walk(node.p1, graph, is_optional=is_optional)
        yield from _walk(node.p2, graph, is_optional=True)
    elif name == "Union":
        yield from _walk(node.p1, graph, is_optional=True)
        yield from _walk(node.p2, graph, is_optional=True)
    else:
        for part in ("p1", "p2", "p"):
            yield from _walk(node.get(part), graph, is_optional=is_optional)


def supporting_triples(store: Store, text: str, row: Mapping[str, Term]) -> list[Triple]:
    """The triples that make a row of a SELECT, or an ASK true; each once, in the order of the patterns.

    Of an aggregate the first twenty-five solutions are told, since a count may rest on millions.
    """
    patterns = find_patterns(text)
    body = _body(text)
    if body is None:
        return []
    names = sorted({name for pattern in patterns for name in pattern.variables()} & row.keys())
    head, values = text[: body[0].start], ""
    if names:
        variables = " ".join(f"?{name}" for name in names)
        values = f"VALUES ({variables}) {{ ({' '.join(str(row[name]) for name in names)}) }}"
    prologue = _prologue(text, head)
    inside = text[body[0].end : body[1].start]
    query = f"{prologue} SELECT * WHERE {{ {values} {{ {inside} }} }} LIMIT {_MOST_SOLUTIONS}"
    found: dict[Triple, None] = {}
    solutions = store.query(query, prefixes=PREFIXES)
    assert isinstance(solutions, QuerySolutions)
    columns = [variable.value for variable in solutions.variables]
    for solution in solutions:
        bound: dict[str, Any] = {name: solution[name] for name in columns if solution[name] is not None}
        for pattern in patterns:
            matching = _stated(store, pattern, bound) if pattern.graph is not None else _matching(store, pattern, bound)
            found.update(dict.fromkeys(matching))
    return list(found)


def _stated(store: Store, pattern: TriplePattern, bound: Mapping[str, Term]) -> Iterator[Triple]:
    """Of a pattern about who says what: the triple that the fact states. Other graphs explain themselves."""
    fact = _bound(pattern.subject, bound)
    if isinstance(fact, NamedNode) and fact.value.startswith(FACT):
        said = {quad.predicate.value: quad.object for quad in find_quads(store, fact, None, None, PROVENANCE)}
        parts = [said.get(RDF + name) for name in ("subject", "predicate", "object")]
        if isinstance(parts[0], NamedNode | BlankNode) and isinstance(parts[1], NamedNode) and parts[2] is not None:
            yield Triple(parts[0], parts[1], parts[2])


def _matching(store: Store, pattern: TriplePattern, bound: Mapping[str, Term]) -> Iterator[Triple]:
    start, end = _bound(pattern.subject, bound), _bound(pattern.object, bound)
    if start is None or end is None:
        return
    path = _bound(pattern.path, bound) if not isinstance(pattern.path, Path) else pattern.path
    if path is not None:
        yield from _shortest(_Steps(store, KNOWLEDGE), start, path, end)


@dataclass
class _Steps:
    """Walks paths through one graph of the store, counting its steps so that it ends."""

    store: Store
    graph: Any
    taken: int = 0

    def from_(self, start: Term, path: Any, *, back: bool = False) -> Iterator[tuple[Term, tuple[Triple, ...]]]:
        """Every end that a path leads to, and the triples on the way."""
        self.taken += 1
        if self.taken > _MOST_STEPS:
            return
        if isinstance(path, NamedNode):
            yield from self._edges(start, path, back=back)
        elif isinstance(path, InvPath):
            yield from self.from_(start, _path(path.arg), back=not back)
        elif isinstance(path, AlternativePath):
            for one in path.args:
                yield from self.from_(start, _path(one), back=back)
        elif isinstance(path, SequencePath):
            parts = [_path(one) for one in (reversed(path.args) if back else path.args)]
            yield from self._sequence(start, parts, back=back)
        elif isinstance(path, MulPath):
            yield from self._repeat(start, path, back=back)

    def _edges(self, start: Term, step: NamedNode, *, back: bool) -> Iterator[tuple[Term, tuple[Triple, ...]]]:
        if isinstance(start, Literal) and not back:
            return
        subject, value = (None, start) if back else (start, None)
        for quad in find_quads(self.store, subject, step, value, self.graph):  # type: ignore[arg-type]
            yield (quad.subject if back else quad.object), (quad.triple,)  # type: ignore[misc]

    def _sequence(self, start: Term, parts: list[Any], *, back: bool) -> Iterator[tuple[Term, tuple[Triple, ...]]]:
        if not parts:
            yield start, ()
            return
        for middle, first in self.from_(start, parts[0], back=back):
            for end, rest in self._sequence(middle, parts[1:], back=back):
                yield end, first + rest

    def _repeat(self, start: Term, path: MulPath, *, back: bool) -> Iterator[tuple[Term, tuple[Triple, ...]]]:
        """Breadth first, so that the shortest way to each end comes first, and cycles end."""
        if path.zero:
            yield start, ()
        seen = {start} if path.zero else set()
        waiting: list[tuple[Term, tuple[Triple, ...]]] = [(start, ())]
        while waiting:
            here, way = waiting.pop(0)
            for end, more in self.from_(here, _path(path.path), back=back):
                if end not in seen:
                    seen.add(end)
                    yield end, way + more
                    if path.more:
                        waiting.append((end, way + more))


def _shortest(steps: _Steps, start: Term, path: Any, end: Term) -> tuple[Triple, ...]:
    return next((way for here, way in steps.from_(start, path) if here == end), ())


def _path(part: Any) -> Any:
    return NamedNode(str(part)) if isinstance(part, rdflib.URIRef) else part


def _bound(part: Any, bound: Mapping[str, Term]) -> Any:
    """The store's term for a part of a pattern; None for a variable without a value."""
    if isinstance(part, rdflib.Variable | rdflib.BNode):
        return bound.get(str(part))
    return to_oxigraph(part)


def to_oxigraph(part: Any) -> NamedNode | Literal | BlankNode:
    """rdflib's IRI or literal as pyoxigraph has it."""
    term = to_term(part.n3())
    assert isinstance(term, NamedNode | Literal | BlankNode)
    return term


def _body(text: str) -> tuple[Token, Token] | None:
    """The braces around the outermost group of a query."""
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


def _prologue(text: str, head: str) -> str:
    """The PREFIX and BASE lines of a query."""
    form = next((token for token in tokenise(head) if token.is_word("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")), None)
    return text[: form.start] if form is not None else ""


def _iris(part: Any) -> Iterator[rdflib.URIRef]:
    if isinstance(part, rdflib.URIRef):
        yield part
    elif isinstance(part, InvPath):
        yield from _iris(part.arg)
    elif isinstance(part, AlternativePath | SequencePath):
        for one in part.args:
            yield from _iris(one)
    elif isinstance(part, MulPath):
        yield from _iris(part.path)


def _n3(part: Any) -> str:
    return str(part.n3())
