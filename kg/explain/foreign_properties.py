"""Properties in a query that the classes of their subjects do not have: `?f a film:Film ; film:spouse ?x`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import rdflib
from pyoxigraph import NamedNode, Store
from rdflib.paths import Path, SequencePath

from kg.lookup.entity_types import types_of
from kg.lookup.phrases import ForeignProperty, to_foreign_property
from kg.queries.triple_patterns import TriplePattern
from kg.schema import Schema
from kg.terms import PREFIXES, TYPE, to_curie

_Node = rdflib.term.Node
_Classes = frozenset[NamedNode]


def find_foreign_properties(
    store: Store, patterns: Sequence[TriplePattern], ontology: Schema
) -> Iterator[ForeignProperty]:
    """The properties of other classes than those that the query, or the graph, gives to their subjects.

    Only those are listed whose pattern does not match together with the patterns that give the classes.
    """
    patterns = [pattern for pattern in patterns if pattern.graph is None]
    subjects = _Subjects(store, patterns, ontology)
    for pattern in patterns:
        known = subjects.of(pattern.subject)
        for step in _steps(pattern.path, known, ontology):
            foreign = to_foreign_property(step.property, step.classes, ontology)
            if foreign is not None and not _matches(store, (*known.patterns, pattern)):
                subject = _in_sparql(pattern.subject) if step.before is None else f"a {to_curie(step.before.value)}"
                yield replace(foreign, property=to_curie(step.property.value), subject=subject)
                break


def _in_sparql(node: _Node) -> str:
    return f"?{node}" if isinstance(node, rdflib.Variable) else to_curie(str(node))


@dataclass(frozen=True, slots=True)
class _Known:
    """The classes of a node, and the patterns that say so."""

    classes: _Classes = frozenset()
    patterns: tuple[TriplePattern, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """A property of a path, the classes of what it is used on, and the property before it."""

    property: NamedNode
    classes: _Classes
    before: NamedNode | None = None


class _Subjects:
    """The classes of the entities and variables of a query."""

    def __init__(self, store: Store, patterns: Iterable[TriplePattern], ontology: Schema) -> None:
        self._store, self._ontology = store, ontology
        self._stated: dict[_Node, list[TriplePattern]] = defaultdict(list)
        self._values: dict[_Node, list[TriplePattern]] = defaultdict(list)
        for pattern in patterns:
            if str(pattern.path) == TYPE.value and isinstance(pattern.object, rdflib.URIRef):
                self._stated[pattern.subject].append(pattern)
            elif isinstance(pattern.path, rdflib.URIRef):
                self._values[pattern.object].append(pattern)

    def of(self, node: _Node) -> _Known:
        """The classes that the graph gives to an entity, or the patterns of the query to a variable."""
        if isinstance(node, rdflib.URIRef):
            return _Known(types_of(self._store, self._ontology, NamedNode(str(node))))
        if stated := self._stated.get(node, []):
            return _Known(frozenset(NamedNode(str(pattern.object)) for pattern in stated), tuple(stated))
        values = self._values.get(node, [])
        ranges = [_range(NamedNode(str(pattern.path)), self._ontology) for pattern in values]
        return _Known(frozenset().union(*ranges), tuple(values)) if all(ranges) else _Known()


def _steps(path: _Node | Path, known: _Known, ontology: Schema) -> Iterator[_Step]:
    """Yield the properties of a path one after the other, as far as the classes are known."""
    classes, before = known.classes, None
    for part in path.args if isinstance(path, SequencePath) else (path,):
        if not isinstance(part, rdflib.URIRef) or not classes:
            return
        property = NamedNode(str(part))
        yield _Step(property, classes, before)
        classes, before = _range(property, ontology), property


def _range(property: NamedNode, ontology: Schema) -> _Classes:
    """The classes of the values of a property."""
    term = ontology.properties.get(property)
    return frozenset(term.range if term is not None else ())


def _matches(store: Store, patterns: Iterable[TriplePattern]) -> bool:
    group = " . ".join(pattern.to_sparql() for pattern in patterns)
    return bool(store.query(f"ASK {{ {group} }}", prefixes=PREFIXES))
