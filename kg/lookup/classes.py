"""A name of a class walks in, or all classes of a thing; the class, or the narrowest of them, walk out."""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode, Store

from kg.errors import UnknownNameError
from kg.graph.store import find_quads
from kg.lookup.entity_names import EntityNames
from kg.terms import LABEL, ONTOLOGY, OWL, RDFS, TYPE, to_curie, to_iri
from kg.text import closest

_CLASS, _SUBCLASS = NamedNode(OWL + "Class"), NamedNode(RDFS + "subClassOf")


def narrowest_classes(store: Store, kinds: Iterable[NamedNode]) -> list[NamedNode]:
    """Of these classes those under which none of the others stands, in the order of their IRIs."""
    every = set(kinds)
    above = {quad.object for kind in every for quad in find_quads(store, kind, _SUBCLASS, None, ONTOLOGY)}
    return sorted(every - above, key=lambda kind: kind.value)


def find_class(store: Store, names: EntityNames, name: str) -> NamedNode:
    """The class that is meant by a name, CURIE or label, in any case of letters.

    Raises `UnknownNameError` with the nearest names of classes.
    """
    found = (quad.subject for quad in find_quads(store, None, TYPE, _CLASS, ONTOLOGY))
    classes = sorted((one for one in found if isinstance(one, NamedNode)), key=lambda one: one.value, reverse=True)
    known = {label.casefold(): kind for kind in classes for label in _labels(store, kind)}
    known |= {to_curie(kind.value).removeprefix("film:").casefold(): kind for kind in classes}
    wanted = name.removeprefix("film:").casefold()
    if wanted in known:
        return known[wanted]
    try:
        if (iri := to_iri(name)) in known.values():
            return iri
    except ValueError:
        pass
    offered = sorted({to_curie(kind.value).removeprefix("film:") for kind in known.values()})
    raise UnknownNameError(name, kind="class", suggestions=closest(name, offered))


def _labels(store: Store, kind: NamedNode) -> list[str]:
    found = (quad.object for quad in find_quads(store, kind, LABEL, None, ONTOLOGY))
    return [one.value for one in found if isinstance(one, Literal)]
