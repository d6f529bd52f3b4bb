"""Entities, types and properties of the graph by the ids of the service, and the other way round."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from pyoxigraph import Literal, NamedNode

from kg.filmgraph import FilmGraph
from kg.graph.store import find_quad, find_quads
from kg.lookup import entity_types
from kg.schema import OntologyTerm
from kg.terms import ALIAS, FILM, KNOWLEDGE, KNOWN_NAMES, LABEL, ONTOLOGY, RDFS, Term, entity_iri, to_iri
from kg.text.folding import fold_name

PropertyPath = tuple[NamedNode, ...]
"""Properties that lead from an entity to values, one after the other."""
_MAX_STEPS = 4
_MAX_COUNTED = 10_000
"""More uses than these make no difference to the order of suggestions."""
_WIKIDATA_ITEM = re.compile(r"Q[1-9]\d*")
_IDENTIFIER = re.compile(r"[A-Za-z]{1,4}\d{2,}")
"""An identifier that shows whose it is: `Q104123`, `tt28607951`; a mere number may be anybody's."""
_DOMAIN = (NamedNode("https://schema.org/domainIncludes"), NamedNode(RDFS + "domain"))
_NAMES = {iri: name for name, iri in KNOWN_NAMES.items()}


@dataclass(frozen=True, slots=True)
class SchemaTerm:
    """A type or property as the service has it.

    `uses` is how often the graph uses it, at most 10,000; `folded` are its id and labels without accents and case, to
    compare with what is typed, and `other_folded` the other words that people use for it; `broader` are the ids of the
    types or properties right above it.
    """

    id: str
    name: str
    description: str = ""
    uses: int = 0
    folded: tuple[str, ...] = ()
    other_folded: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    is_identifier: bool = False

    def as_dict(self) -> dict[str, str]:
        """Its id and name, as the service writes them."""
        return {"id": self.id, "name": self.name}


# --- entities
def to_id(iri: NamedNode) -> str:
    """The id of an entity, type or property; the IRI itself where it is none of the graph's own."""
    return iri.value.removeprefix(FILM)


def entity_of_id(graph: FilmGraph, id: str) -> NamedNode | None:
    """The entity with this id, CURIE or IRI, if it has a name; None for any other text."""
    try:
        iri = to_iri(id.strip())
    except ValueError:
        return None
    return iri if find_quad(graph.store, iri, LABEL, None, KNOWLEDGE) is not None else None


def entity_of_identifier(graph: FilmGraph, id: str) -> NamedNode | None:
    """The entity with this id of ours or of another catalogue: linked to it, or with it as an identifier."""
    if (entity := entity_of_id(graph, id)) is not None:
        return entity
    item = f"wd:{id}" if _WIKIDATA_ITEM.fullmatch(id) else id
    with contextlib.suppress(ValueError):
        if (entity := graph.names.canonical(to_iri(item))) is not None:
            return entity
    if _IDENTIFIER.fullmatch(id) is None:
        return None
    identifiers = (entity_iri(term.id) for term in all_properties(graph).values() if term.is_identifier)
    found = (find_quad(graph.store, None, property, Literal(id), KNOWLEDGE) for property in identifiers)
    return next((quad.subject for quad in found if quad is not None and isinstance(quad.subject, NamedNode)), None)


def names_of(graph: FilmGraph, entity: NamedNode, properties: Sequence[NamedNode] = (LABEL, ALIAS)) -> list[str]:
    """Labels and aliases of an entity, in all languages."""
    values = (value for property in properties for value in values_of(graph, entity, property))
    return [value.value for value in values if isinstance(value, Literal)]


def values_of(graph: FilmGraph, entity: NamedNode, property: NamedNode) -> Iterator[Term]:
    """The values of a property."""
    for quad in find_quads(graph.store, entity, property, None, KNOWLEDGE):
        if isinstance(quad.object, NamedNode | Literal):
            yield quad.object


def follow(graph: FilmGraph, entity: NamedNode, path: PropertyPath) -> Iterator[Term]:
    """The values that a path leads to, each once."""
    reached: dict[Term, None] = {entity: None}
    for property in path:
        entities = [term for term in reached if isinstance(term, NamedNode)]
        reached = {value: None for other in entities for value in values_of(graph, other, property)}
    yield from reached


def types_of(graph: FilmGraph, entity: NamedNode) -> list[SchemaTerm]:
    """The types of an entity, the narrowest first."""
    known = all_types(graph)
    types = [iri for iri in entity_types.types_of(graph.store, graph.ontology, entity) if to_id(iri) in known]
    narrowest = graph.ontology.narrowest(types)
    wider = sorted(set(types).difference(narrowest), key=lambda iri: (known[to_id(iri)].uses, iri.value))
    return [known[to_id(iri)] for iri in (*narrowest, *wider)]


class Applicability(StrEnum):
    """Whether entities of some classes have values of a property, by the ontology."""

    USUAL = "usual"
    UNUSUAL = "unusual"
    """The property is for other classes below the same class at the top: a song has no director."""
    IMPOSSIBLE = "impossible"
    """The property is for other classes altogether: a character has no director."""


def applicability(graph: FilmGraph, entity: NamedNode, property: NamedNode) -> Applicability:
    """Whether an entity can have a property; usual where the ontology does not say for which classes it is."""
    domain, ontology = _domain(graph, property), graph.ontology
    types = ontology.narrowest(entity_types.types_of(graph.store, ontology, entity))
    if not domain or not types:
        return Applicability.USUAL
    pairs = [(ontology.ancestors(type), ontology.ancestors(other), type, other) for type in types for other in domain]
    if any(type in above_other or other in above for above, above_other, type, other in pairs):
        return Applicability.USUAL
    is_related = any(above & above_other for above, above_other, _, _ in pairs)
    return Applicability.UNUSUAL if is_related else Applicability.IMPOSSIBLE


@lru_cache(maxsize=512)
def _domain(graph: FilmGraph, property: NamedNode) -> frozenset[NamedNode]:
    """The classes that have a property, as the ontology states it."""
    quads = (quad for predicate in _DOMAIN for quad in find_quads(graph.store, property, predicate, None, ONTOLOGY))
    return frozenset(quad.object for quad in quads if isinstance(quad.object, NamedNode))


# --- types and properties
def find_type(graph: FilmGraph, text: str) -> SchemaTerm | None:
    """The type of this id or name."""
    return _find(all_types(graph), text)


def find_path(graph: FilmGraph, text: str) -> PropertyPath | None:
    """The path of an id (`director`, `boxOffice.amount`) or of a name; None when a property is unknown."""
    names = text.split(".")
    if len(names) > _MAX_STEPS:
        return None
    known = all_properties(graph)
    terms = [term for name in names if (term := _find(known, name)) is not None]
    return tuple(_property_iri(term) for term in terms) if len(terms) == len(names) else None


def path_label(graph: FilmGraph, path: PropertyPath) -> str:
    """A path for people: `box office › amount`."""
    known = all_properties(graph)
    return " › ".join(known[_NAMES.get(property) or to_id(property)].name for property in path)


def property_id(curie: str) -> str:
    """The id of the property with this CURIE."""
    return _NAMES.get(to_iri(curie)) or curie.removeprefix("film:")


def _property_iri(term: SchemaTerm) -> NamedNode:
    return KNOWN_NAMES.get(term.id) or entity_iri(term.id)


def _find(known: Mapping[str, SchemaTerm], text: str) -> SchemaTerm | None:
    name = text.strip().removeprefix("film:").removeprefix(FILM)
    if (term := known.get(name)) is not None:
        return term
    folded = fold_name(name)
    fitting = [term for term in known.values() if folded in term.folded]
    fitting = fitting or [term for term in known.values() if folded in term.other_folded]
    return max(fitting, key=lambda term: term.uses, default=None)


@lru_cache(maxsize=2)
def all_types(graph: FilmGraph) -> dict[str, SchemaTerm]:
    """The classes and kinds of the ontology by id."""
    return _terms(graph, graph.ontology.types, _count_members)


@lru_cache(maxsize=2)
def all_properties(graph: FilmGraph) -> dict[str, SchemaTerm]:
    """The properties of the ontology by id, and those that every entity has: label, alias, type, note."""
    common = {name: SchemaTerm(name, name, folded=(fold_name(name),)) for name in KNOWN_NAMES}
    return common | _terms(graph, graph.ontology.properties, _count_triples)


def _terms(
    graph: FilmGraph,
    ontology: Mapping[NamedNode, OntologyTerm],
    count: Callable[[FilmGraph, NamedNode], int],
) -> dict[str, SchemaTerm]:
    """The graph's own terms among those of the ontology, by id."""
    own = sorted((iri for iri in ontology if iri.value.startswith(FILM)), key=str)
    return {to_id(iri): _term(graph, iri, ontology[iri], count(graph, iri)) for iri in own}


def _term(graph: FilmGraph, iri: NamedNode, term: OntologyTerm, uses: int) -> SchemaTerm:
    id, broader = to_id(iri), tuple(to_id(parent) for parent in term.parents)
    quads = find_quads(graph.store, iri, LABEL, None, ONTOLOGY)
    labels = [quad.object.value for quad in quads if isinstance(quad.object, Literal)]
    folded = tuple(dict.fromkeys(map(fold_name, (id, *labels))))
    others = tuple(dict.fromkeys(map(fold_name, term.other_labels)))
    is_identifier = "identifier" in (id, *broader)
    return SchemaTerm(id, graph.names.label(iri) or id, term.comment, uses, folded, others, broader, is_identifier)


def _count_members(graph: FilmGraph, iri: NamedNode) -> int:
    return sum(1 for _ in entity_types.members_of(graph.store, graph.ontology, iri, limit=_MAX_COUNTED))


def _count_triples(graph: FilmGraph, iri: NamedNode) -> int:
    return len(find_quads(graph.store, None, iri, None, KNOWLEDGE, limit=_MAX_COUNTED))
