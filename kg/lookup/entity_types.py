"""The types of the entities in a store: their classes, and the kinds that narrow these."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Store

from kg.graph.store import find_quad, find_quads, find_solutions
from kg.schema import KIND, Schema
from kg.terms import KNOWLEDGE, TYPE


def types_of(store: Store, ontology: Schema, entity: NamedNode, *, has_kind: bool = True) -> frozenset[NamedNode]:
    """The classes of an entity, with the kinds that narrow them; without `has_kind` it is known to have no kind."""
    classes = (quad.object for quad in find_quads(store, entity, TYPE, None, KNOWLEDGE))
    kinds = (quad.object for quad in (find_quads(store, entity, KIND, None, KNOWLEDGE) if has_kind else ()))
    return ontology.types_of(
        (iri for iri in classes if isinstance(iri, NamedNode)),
        (word.value for word in kinds if isinstance(word, Literal)),
    )


def has_type(store: Store, ontology: Schema, entity: NamedNode, type: NamedNode) -> bool:
    """True when an entity is of a class or kind, in any graph."""
    if type not in ontology.kinds:
        return find_quad(store, entity, TYPE, type, None) is not None
    words = ontology.words_of(type)
    is_of_kind = any(find_quad(store, entity, KIND, Literal(word), None) is not None for word in words)
    return is_of_kind and find_quad(store, entity, TYPE, ontology.class_of(type), None) is not None


def type_pattern(ontology: Schema, type: NamedNode) -> str:
    """A SPARQL pattern for `?entity` of a class or kind."""
    if type not in ontology.kinds:
        return f"?entity a {type} ."
    words = " ".join(str(Literal(word)) for word in sorted(ontology.words_of(type)))
    return f"VALUES ?kind {{ {words} }} ?entity {KIND} ?kind ; a {ontology.class_of(type)} ."


def count_members(store: Store, ontology: Schema, type: NamedNode) -> int:
    """How many entities are of a class or kind."""
    query = f"SELECT (COUNT(DISTINCT ?entity) AS ?count) {{ {type_pattern(ontology, type)} }}"
    return int(find_solutions(store, query)[0]["count"].value)


def members_of(store: Store, ontology: Schema, type: NamedNode, *, limit: int | None = None) -> Iterator[NamedNode]:
    """The entities of a class or kind, `limit` at most, unsorted."""
    if type not in ontology.kinds:
        quads = find_quads(store, None, TYPE, type, KNOWLEDGE, limit=limit)
        yield from (quad.subject for quad in quads if isinstance(quad.subject, NamedNode))
        return
    count = 0
    for word in sorted(ontology.words_of(type)):
        for quad in find_quads(store, None, KIND, Literal(word), KNOWLEDGE):
            if count == limit:
                return
            if isinstance(quad.subject, NamedNode) and has_type(store, ontology, quad.subject, ontology.class_of(type)):
                count += 1
                yield quad.subject
