"""What a person calls a thing walks in; the one thing meant walks out, or an error that offers the nearest."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pyoxigraph import Literal, NamedNode, Store, Triple

from kg.decisions.links import EXACT
from kg.errors import AmbiguousNameError, UnknownNameError
from kg.graph.store import find_quad, find_quads
from kg.terms import ALIAS, KNOWLEDGE, KNOWN_NAMES, LABEL, LINKS, ONTOLOGY, TYPE, to_curie, to_iri, to_term
from kg.text import closest

_NAMED_IN = (KNOWLEDGE, ONTOLOGY)
"""Where names count: not what a source is titled in provenance, not what is contested."""


class EntityNames:
    """The names of the things in a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._label = lru_cache(maxsize=65_536)(self._find_label)
        self._thing = lru_cache(maxsize=65_536)(self._find_thing)

    def label(self, thing: NamedNode) -> str:
        """A thing's label, English or without language first; empty when it has none."""
        return self._label(thing)

    def entity(self, name: str, *, class_name: str = "") -> NamedNode:
        """The thing that is called this: its IRI, CURIE, label or alias; of the class `kind`, where one is given.

        Raises `UnknownNameError` with the nearest names, or `AmbiguousNameError` with those that bear it.
        """
        return self._thing(name, class_name)

    def canonical(self, other: NamedNode) -> NamedNode | None:
        """The thing that another name means, where linking found it to mean one; else nothing."""
        found = find_quad(self.store, None, EXACT, other, LINKS)
        return found.subject if found is not None and isinstance(found.subject, NamedNode) else None

    def _find_thing(self, name: str, kind: str) -> NamedNode:
        if any("\ud800" <= char <= "\udfff" for char in name):
            # What a shell hands over for bytes that are no text; no thing is called so.
            raise UnknownNameError(name, kind=kind or "thing")
        if (named := self._exact(name)) is not None and self._is_a(named, kind):
            return named
        for found in (self._bearing(name, LABEL), self._bearing(name, ALIAS), self._folded(name)):
            fitting = sorted({thing for thing in found if self._is_a(thing, kind)}, key=str)
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                raise AmbiguousNameError(
                    name, kind=kind or "thing", candidates=[to_curie(one.value) for one in fitting]
                )
        raise UnknownNameError(name, kind=kind or "thing", suggestions=self._nearest(name, kind))

    def _exact(self, name: str) -> NamedNode | None:
        try:
            iri = to_iri(name)
        except ValueError:
            return None
        if (stays := self.canonical(iri)) is not None:
            return stays
        is_known = find_quad(self.store, iri, None, None, None) is not None
        return iri if is_known or find_quad(self.store, None, None, iri, None) is not None else None

    def _is_a(self, thing: NamedNode, kind: str) -> bool:
        if not kind:
            return True
        return find_quad(self.store, thing, TYPE, to_iri(kind), None) is not None

    def _bearing(self, name: str, property: NamedNode) -> Iterator[NamedNode]:
        for literal in (Literal(name), Literal(name, language="en")):
            for graph in _NAMED_IN:
                for quad in find_quads(self.store, None, property, literal, graph):
                    if isinstance(quad.subject, NamedNode):
                        yield quad.subject

    def _folded(self, name: str) -> Iterator[NamedNode]:
        wanted = name.casefold()
        return (thing for text, thing in self._all() if text.casefold() == wanted)

    def _all(self) -> Iterator[tuple[str, NamedNode]]:
        for property in (LABEL, ALIAS):
            for quad in find_quads(self.store, None, property, None, KNOWLEDGE):
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                    yield quad.object.value, quad.subject

    def _nearest(self, name: str, kind: str) -> tuple[str, ...]:
        names = dict.fromkeys(text for text, thing in self._all() if self._is_a(thing, kind))
        wanted = name.casefold()
        within = [text for text in names if len(wanted) > 3 and wanted in text.casefold()]
        return closest(name, list(names)) or tuple(sorted(within, key=lambda text: (len(text), text))[:3])

    def _find_label(self, thing: NamedNode) -> str:
        for graph in _NAMED_IN:
            found = [quad.object for quad in find_quads(self.store, thing, LABEL, None, graph)]
            literals = sorted((one for one in found if isinstance(one, Literal)), key=_by_language)
            best = next((one for one in literals if one.language in (None, "en")), literals[0] if literals else None)
            if best is not None:
                return best.value
        return ""


def _by_language(literal: Literal) -> tuple[str, str]:
    return (literal.language or "", literal.value)


def to_triple(store: Store, names: EntityNames, subject: str, property: str, value: str) -> Triple:
    """The triple that three names mean: things by any name, the property by its own, literals by their text.

    Raises `UnknownNameError` or `AmbiguousNameError` for a name that is none.
    """
    thing, predicate = names.entity(subject), _property(store, property)
    if value[:1] in ('"', "<"):
        return Triple(thing, predicate, to_term(value))
    for quad in find_quads(store, thing, predicate, None, None):
        if isinstance(quad.object, Literal) and quad.object.value == value:
            return Triple(thing, predicate, quad.object)
    try:
        return Triple(thing, predicate, names.entity(value))
    except UnknownNameError:
        sample = find_quad(store, None, predicate, None, None)
        if sample is not None and isinstance(sample.object, Literal):
            return Triple(thing, predicate, Literal(value, datatype=sample.object.datatype))
        raise


def _property(store: Store, name: str) -> NamedNode:
    known = KNOWN_NAMES.get(name)
    iri = known if known is not None else to_iri(name if ":" in name else f"film:{name}")
    is_used = find_quad(store, None, iri, None, None) is not None
    if is_used or find_quad(store, iri, None, None, None) is not None:
        return iri
    declared = find_quads(store, None, TYPE, None, ONTOLOGY)
    names = {quad.subject for quad in declared if "Property" in str(quad.object)}
    properties = [to_curie(one.value) for one in names if isinstance(one, NamedNode)]
    raise UnknownNameError(name, kind="property", suggestions=closest(to_curie(iri.value), sorted(properties)))
