"""Shapes for the reference engine walk in; the part of a graph that they can see walks out.

pyshacl copies a graph triple by triple, a hundred times slower than it judges. What a shape can see is told by the
predicates that it names, in its paths, targets and queries, and by the classes that it names: all other triples can be
left out, and nothing is found otherwise. Where that cannot be told - a query with a variable for a predicate, a closed
shape, a script - the shape sees everything.
"""

# ruff: noqa: S608 - what is put into SQL here is numbers

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from kg.graph.triple_tables import TripleTables
from kg.shapes.shapes_graph import local
from kg.terms import RDF, RDFS, SH, XSD

SEEN = "shape_seen"
_TYPE, _SUBCLASS = f"<{RDF}type>", f"<{RDFS}subClassOf>"
_LISTS = {f"<{RDF}first>", f"<{RDF}rest>"}
_SEES_ALL = frozenset(
    SH + name for name in ("closed", "rule", "js", "values", "expression", "target", "jsFunctionName")
)
_QUERIES = frozenset(SH + name for name in ("select", "ask", "construct", "update"))
_FALSE = f'"false"^^<{XSD}boolean>'
_PREBOUND = frozenset({"PATH"})
"""A variable in whose place a shape's own path stands: https://www.w3.org/TR/shacl/#sparql-constraints-prebound."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What shapes can see: triples with these predicates, and types that are among the names or below one of them."""

    predicates: frozenset[str]
    names: frozenset[str]
    all_types: bool


def sight_of(shapes: Sequence[Triple], roots: Iterable[str]) -> Sight | None:
    """What these shapes can see; None where that may be everything."""
    about: dict[str, list[Triple]] = {}
    for triple in shapes:
        about.setdefault(str(triple.subject), []).append(triple)
    reached = list(_reached(about, [*roots, *_components(shapes)]))
    if any(t.predicate.value in _SEES_ALL and str(t.object) != _FALSE for t in reached):
        return None
    names = {str(t.object) for t in reached if isinstance(t.object, NamedNode)}
    all_types = False
    for text in (t.object.value for t in reached if t.predicate.value in _QUERIES and isinstance(t.object, Literal)):
        patterns = _patterns(text, _prefixes(shapes))
        if patterns is None:
            return None
        for predicate, objects in patterns:
            names |= {predicate, *objects}
            all_types = all_types or (predicate == _TYPE and not objects)
    return Sight(frozenset(names | _LISTS | {_SUBCLASS}) - {_TYPE}, frozenset(names), all_types)


def cut(workshop: TripleTables, sight: Sight, subclasses: Iterable[tuple[str, str]], *, tables: Sequence[str]) -> str:
    """A table with the triples that can be seen; `subclasses` are pairs beside those of the graph."""
    union = " UNION ALL ".join(f"SELECT s, p, o FROM {table}" for table in tables)
    known = workshop.find_ids((*sight.predicates, *sight.names, _TYPE, _SUBCLASS))
    predicates = [known[name] for name in sorted(sight.predicates) if name in known]
    wanted = f"p IN (SELECT unnest('{predicates}'::UINTEGER[]))"
    if _TYPE in known and sight.all_types:
        wanted += f" OR p = {known[_TYPE]}"
    elif _TYPE in known:
        told = _subclasses(workshop, union, known[_SUBCLASS]) if _SUBCLASS in known else []
        classes = sorted(workshop.find_ids(_below({*subclasses, *told}, sight.names)).values())
        wanted += f" OR (p = {known[_TYPE]} AND o IN (SELECT unnest('{classes}'::UINTEGER[])))"
    # No TEMP table: other cursors read it.
    workshop.sql.execute(f"CREATE OR REPLACE TABLE {SEEN} AS SELECT s, p, o FROM ({union}) AS t WHERE {wanted}")
    return SEEN


def _subclasses(workshop: TripleTables, union: str, predicate: int) -> list[tuple[str, str]]:
    return workshop.sql.execute(
        f"SELECT a.text, b.text FROM ({union}) AS t JOIN term AS a ON a.id = t.s JOIN term AS b ON b.id = t.o"
        f" WHERE t.p = {predicate}"
    ).fetchall()


def _below(edges: Iterable[tuple[str, str]], names: Iterable[str]) -> set[str]:
    """The names, and all classes below them."""
    under: dict[str, list[str]] = {}
    for below, above in edges:
        under.setdefault(above, []).append(below)
    found, waiting = set(names), list(names)
    while waiting:
        fresh = set(under.get(waiting.pop(), ())) - found
        found |= fresh
        waiting.extend(fresh)
    return found


def _components(shapes: Iterable[Triple]) -> Iterator[str]:
    """The components and functions that a shapes graph brings: what they see, any shape may see."""
    for triple in shapes:
        if triple.predicate.value in (SH + "parameter", SH + "returnType"):
            yield str(triple.subject)


def _reached(about: dict[str, list[Triple]], nodes: Iterable[str]) -> Iterator[Triple]:
    """All that is said of these nodes, and of what that leads to."""
    waiting = list(nodes)
    seen = set(waiting)
    while waiting:
        for triple in about.get(waiting.pop(), ()):
            yield triple
            if (node := str(triple.object)) not in seen:
                seen.add(node)
                waiting.append(node)


def _prefixes(shapes: Iterable[Triple]) -> dict[str, set[str]]:
    """Every prefix that the shapes graph declares, with its namespaces."""
    told: dict[str, dict[str, str]] = {}
    for triple in shapes:
        if isinstance(triple.object, Literal) and local(str(triple.predicate)) in ("prefix", "namespace"):
            told.setdefault(str(triple.subject), {})[local(str(triple.predicate))] = triple.object.value
    found: dict[str, set[str]] = {}
    for each in told.values():
        if len(each) == 2:
            found.setdefault(each["prefix"], set()).add(each["namespace"])
    return found


# --- queries


def _patterns(text: str, prefixes: dict[str, set[str]]) -> list[tuple[str, tuple[str, ...]]] | None:
    """The predicates that a query names, each with its object where that is a name; None for one that may name any."""
    from rdflib.plugins.sparql import prepareQuery

    if any(len(namespaces) > 1 for namespaces in prefixes.values()):
        return None
    try:
        query = prepareQuery(text, initNs={name: next(iter(found)) for name, found in prefixes.items()})
    except Exception:  # the parser lets plain Python errors through; pyshacl will say what is wrong with the query
        return None
    found: list[tuple[str, tuple[str, ...]]] = []
    return found if _walk(query.algebra, found) else None


def _walk(node: Any, found: list[tuple[str, tuple[str, ...]]]) -> bool:
    """Gather the predicates below a node of the algebra; False when there may be any."""
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(node, CompValue):
        if node.name in ("Graph", "ServiceGraphPattern"):
            return False
        if node.name == "BGP" and not all(_take(p, o, found) for _, p, o in node.triples):
            return False
        return all(_walk(node[key], found) for key in node if key != "triples" or node.name != "BGP")
    if isinstance(node, list | tuple | set):
        return all(_walk(each, found) for each in node)
    return True


def _take(predicate: Any, value: Any, found: list[tuple[str, tuple[str, ...]]]) -> bool:
    from rdflib import URIRef, Variable
    from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath

    match predicate:
        case URIRef():
            found.append((f"<{predicate}>", (f"<{value}>",) if isinstance(value, URIRef) else ()))
            return True
        case Variable():
            return str(predicate) in _PREBOUND
        case InvPath():
            return _take(predicate.arg, None, found)
        case MulPath():
            return _take(predicate.path, None, found)
        case SequencePath() | AlternativePath():
            return all(_take(each, None, found) for each in predicate.args)
        case _:
            return False
