"""How much of a graph a query reads at least: where a search may begin, in each part of the query that is connected.

Only what every solution needs counts: not an OPTIONAL, nor what a MINUS or FILTER EXISTS looks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import rdflib
from rdflib.paths import Path

_MAX_VALUES = 8
"""Up to this number, the values of a variable are looked up one by one; more of them are no lookup."""

Node = Any
Count = Callable[[Node, Node, Node, Node], int]
"""How many triples match subject, predicate, object and graph; None matches any."""


@dataclass(frozen=True, slots=True)
class _RequiredPart:
    """A pattern that every solution matches: its variables, and the fewest triples that must be read for it."""

    variables: frozenset[str]
    least: float


def least_matches(node: Any, count: Count) -> float:
    """The number of triples of the least selective part of a query, by its most selective pattern."""
    return _total(_RequiredPatterns(count, values_of(node)).parts(node, None))


def _total(parts: Iterable[_RequiredPart]) -> float:
    """The largest of the parts that no variable connects, each by its most selective pattern."""
    connected: list[_RequiredPart] = []
    for part in parts:
        joined, others = part, []
        for other in connected:
            if other.variables & joined.variables:
                joined = _RequiredPart(joined.variables | other.variables, min(joined.least, other.least))
            else:
                others.append(other)
        connected = [*others, joined]
    return max((part.least for part in connected), default=0)


class _RequiredPatterns:
    """Reads the required patterns of a query; `values` are the terms that VALUES has for a variable."""

    def __init__(self, count: Count, values: Mapping[str, Sequence[Node]]) -> None:
        self.count, self.values = count, values

    def parts(self, node: Any, graph: Node) -> list[_RequiredPart]:
        """The patterns that every solution of a node needs."""
        match node.name:
            case "BGP":
                return [self._triple(triple, graph) for triple in node.triples]
            case "Join":
                return [*self.parts(node.p1, graph), *self.parts(node.p2, graph)]
            case "LeftJoin" | "Minus":
                return self.parts(node.p1, graph)
            case "Union":
                sides = [self.parts(side, graph) for side in (node.p1, node.p2)]
                variables = frozenset[str]().union(*(part.variables for side in sides for part in side))
                return [_RequiredPart(variables, sum(map(_total, sides)))]
            case "Graph":
                return self.parts(node.p, node.term)
            case "values":
                return [_RequiredPart(frozenset(map(str, row)), inf) for row in node.res[:1]]
        return self.parts(node.p, graph) if node.p is not None else []

    def _triple(self, triple: tuple[Node, Node, Node], graph: Node) -> _RequiredPart:
        subject, predicate, value = triple
        variables = frozenset(
            str(term) for term in (*triple, graph) if isinstance(term, rdflib.Variable | rdflib.BNode)
        )
        options = [self._options(term) for term in (subject, value)]
        if options == [(None,), (None,)]:
            return _RequiredPart(variables, inf)
        property = None if isinstance(predicate, Path | rdflib.Variable) else predicate
        named = graph if isinstance(graph, rdflib.URIRef) else None
        return _RequiredPart(variables, sum(self.count(s, property, o, named) for s in options[0] for o in options[1]))

    def _options(self, term: Node) -> Sequence[Node]:
        """The terms that a place of a triple pattern may have; None is any."""
        if isinstance(term, rdflib.Variable):
            return self.values.get(str(term), (None,))
        return (None,) if isinstance(term, rdflib.BNode) else (term,)


def values_of(node: Any) -> dict[str, Sequence[Node]]:
    """The terms of each variable that VALUES binds, beside the patterns that need them."""
    match node.name:
        case "Join":
            return {**values_of(node.p1), **values_of(node.p2)}
        case "values":
            names = {str(variable) for row in node.res for variable in row}
            columns = {name: [row.get(rdflib.Variable(name)) for row in node.res] for name in names}
            return {
                name: terms
                for name, terms in columns.items()
                if len(terms) <= _MAX_VALUES and all(isinstance(term, rdflib.URIRef | rdflib.Literal) for term in terms)
            }
        case "LeftJoin" | "Minus":
            return values_of(node.p1)
    return values_of(node.p) if node.p is not None else {}
