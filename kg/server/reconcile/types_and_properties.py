"""An id of the service walks in; the entity, type or property of the graph walks out, and the other way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pyoxigraph import Literal, NamedNode, Quad

from kg.filmgraph import FilmGraph
from kg.graph.store import find_quad, find_quads
from kg.lookup.classes import narrowest_classes
from kg.terms import (
    ALIAS,
    FILM,
    KNOWLEDGE,
    KNOWN_NAMES,
    LABEL,
    NOTE,
    ONTOLOGY,
    OWL,
    RDFS,
    TYPE,
    Term,
    entity_iri,
    to_iri,
)
from kg.text import fold_name

_SUBCLASS, _SUBPROPERTY = NamedNode(RDFS + "subClassOf"), NamedNode(RDFS + "subPropertyOf")
_PROPERTIES = tuple(NamedNode(OWL + name) for name in ("ObjectProperty", "DatatypeProperty"))
_CLASS = NamedNode(OWL + "Class")
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Known:
    """A type or property: its id, name, what it says, how often it is used, and how it is compared with what is typed.

    `broader` are the ids of the types or properties right above it.
    """

    id: str
    name: str
    sentence: str = ""
    uses: int = 0
    folded: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    is_identifier: bool = False

    def as_dict(self) -> dict[str, str]:
        """As services name it."""
        return {"id": self.id, "name": self.name}


def to_id(iri: NamedNode) -> str:
    """The id of an entity, type or property; the IRI itself where it is none of the graph's own."""
    return iri.value.removeprefix(FILM)


def to_entity(graph: FilmGraph, id: str) -> NamedNode | None:
    """The thing with this id, CURIE or IRI, if it has a name; None for any other text."""
    try:
        iri = to_iri(id.strip())
    except ValueError:
        return None
    return iri if _is_named(graph, iri) else None


def _is_named(graph: FilmGraph, iri: NamedNode) -> bool:
    return find_quad(graph.store, iri, LABEL, None, KNOWLEDGE) is not None


def names_of(graph: FilmGraph, thing: NamedNode, by: Sequence[NamedNode] = (LABEL, ALIAS)) -> list[str]:
    """Labels and aliases of a thing, in all languages."""
    return [value.value for name in by for value in values_of(graph, thing, name) if isinstance(value, Literal)]


def values_of(graph: FilmGraph, thing: NamedNode, property: NamedNode) -> Iterator[Term]:
    """The values of a property."""
    for quad in find_quads(graph.store, thing, property, None, KNOWLEDGE):
        if isinstance(quad.object, NamedNode | Literal):
            yield quad.object


def walk(graph: FilmGraph, thing: NamedNode, way: tuple[NamedNode, ...]) -> Iterator[Term]:
    """What a way of properties leads to, each value once."""
    here: dict[Term, None] = {thing: None}
    for step in way:
        here = {value: None for one in here if isinstance(one, NamedNode) for value in values_of(graph, one, step)}
    yield from here


def types_of(graph: FilmGraph, thing: NamedNode) -> list[Known]:
    """The types of a thing, the narrowest first."""
    known = all_types(graph)
    kinds = [one for one in values_of(graph, thing, TYPE) if isinstance(one, NamedNode) and to_id(one) in known]
    first = narrowest_classes(graph.store, kinds)
    rest = sorted((kind for kind in kinds if kind not in first), key=lambda kind: (known[to_id(kind)].uses, kind.value))
    return [known[to_id(kind)] for kind in (*first, *rest)]


def to_type(graph: FilmGraph, text: str) -> Known | None:
    """The type that is meant by an id or a name."""
    return _meant(all_types(graph), text)


def to_way(graph: FilmGraph, text: str) -> tuple[NamedNode, ...] | None:
    """The way of properties that is meant by an id (`director`, `boxOffice.amount`) or a name; None for no property."""
    names = text.split(".")
    if len(names) > _DEEPEST:
        return None
    known = all_properties(graph)
    found = [_meant(known, name) for name in names]
    return (
        tuple(KNOWN_NAMES.get(one.id) or entity_iri(one.id) for one in found if one is not None) if all(found) else None
    )


def name_of_way(graph: FilmGraph, way: tuple[NamedNode, ...]) -> str:
    """What a way is called: `box office › amount`."""
    known = all_properties(graph)
    ids = {iri: name for name, iri in KNOWN_NAMES.items()}
    return " › ".join(known[ids.get(step) or to_id(step)].name for step in way)


def _meant(known: dict[str, Known], text: str) -> Known | None:
    name = text.strip().removeprefix("film:").removeprefix(FILM)
    if (found := known.get(name)) is not None:
        return found
    folded = fold_name(name)
    fitting = [one for one in known.values() if folded in one.folded]
    return max(fitting, key=lambda one: one.uses, default=None)


@lru_cache(maxsize=2)
def all_types(graph: FilmGraph) -> dict[str, Known]:
    """The classes of the ontology that a named thing may have, by id."""
    every = {quad.subject for quad in find_quads(graph.store, None, TYPE, _CLASS, ONTOLOGY)}
    return {one.id: one for one in _known(graph, every, above=_SUBCLASS, uses=_uses_of_class)}


@lru_cache(maxsize=2)
def all_properties(graph: FilmGraph) -> dict[str, Known]:
    """The properties of the ontology by id, and those that every thing has: label, alias, type, note."""
    every = {quad.subject for kind in _PROPERTIES for quad in find_quads(graph.store, None, TYPE, kind, ONTOLOGY)}
    own = {one.id: one for one in _known(graph, every, above=_SUBPROPERTY, uses=_uses_of_property)}
    usual = {name: Known(name, name, folded=(fold_name(name),)) for name in KNOWN_NAMES}
    return usual | own


def _known(
    graph: FilmGraph, every: Iterable[object], *, above: NamedNode, uses: Callable[[FilmGraph, NamedNode], int]
) -> Iterator[Known]:
    for iri in sorted((one for one in every if isinstance(one, NamedNode)), key=lambda one: one.value):
        if not iri.value.startswith(FILM):
            continue
        labels = _texts(find_quads(graph.store, iri, LABEL, None, ONTOLOGY))
        over = [quad.object for quad in find_quads(graph.store, iri, above, None, ONTOLOGY)]
        broader = tuple(sorted(to_id(one) for one in over if isinstance(one, NamedNode)))
        yield Known(
            to_id(iri),
            graph.names.label(iri) or to_id(iri),
            next(iter(_texts(find_quads(graph.store, iri, NOTE, None, ONTOLOGY))), ""),
            uses(graph, iri),
            tuple(dict.fromkeys(fold_name(text) for text in (to_id(iri), *labels))),
            broader,
            is_identifier="identifier" in (to_id(iri), *broader),
        )


def _texts(quads: Iterable[Quad]) -> list[str]:
    return [quad.object.value for quad in quads if isinstance(quad.object, Literal)]


_MOST_COUNTED = 10_000
"""Beyond so many uses it is all the same how many: the order of suggestions is settled."""


def _uses_of_class(graph: FilmGraph, iri: NamedNode) -> int:
    return len(find_quads(graph.store, None, TYPE, iri, KNOWLEDGE, limit=_MOST_COUNTED))


def _uses_of_property(graph: FilmGraph, iri: NamedNode) -> int:
    return len(find_quads(graph.store, None, iri, None, KNOWLEDGE, limit=_MOST_COUNTED))
