"""Films as schema.org JSON-LD, by the matches with schema.org that the ontology's crosswalk states.

A property or class without a match is left out; other entities have their class and name (https://schema.org/Movie).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pyoxigraph import Literal, NamedNode, Store

from kg import vocabulary as film
from kg.graph.store import find_quads
from kg.lookup.entity_names import EntityNames
from kg.lookup.entity_types import types_of
from kg.terms import ALIAS, FILM, KNOWLEDGE, ONTOLOGY, SKOS, TYPE, XSD, Term

SCHEMA = "https://schema.org/"
CONTEXT = {"@vocab": SCHEMA, "sameAs": {"@type": "@id"}}
"""What documents have as context: an address would have to be fetched by whoever reads them."""
_ROOT_CLASS = "Thing"
_EXPECTED_CLASSES = {
    "countryOfOrigin": "Country",
    "isBasedOn": "CreativeWork",
    "publisher": "Organization",
    **dict.fromkeys(("actor", "author", "character", "contributor", "director", "editor"), "Person"),
    **dict.fromkeys(("musicBy", "producer"), "Person"),
}
"""Property -> what schema.org expects as its value, where no class of the value has a match."""
_MATCHES = (NamedNode(SKOS + "exactMatch"), NamedNode(SKOS + "closeMatch"))
_INVERSE_MATCH = NamedNode(FILM + "inverseMatch")
_MOVIE_PROPERTIES = frozenset(
    """about actor aggregateRating author award character contributor countryOfOrigin dateCreated director duration
    editor genre inLanguage isBasedOn mentions musicBy producer publisher sameAs""".split()  # noqa: SIM905
)
"""The properties of Movie and of its superclass CreativeWork that are written."""
_RATING_PROPERTIES = {"ratingValue", "bestRating", "reviewCount", "ratingExplanation"}
_NAMED_BY_LABEL = ("genre", "award")
_WON = Literal("won")
_NUMBERS = {XSD + "integer", XSD + "decimal"}


def to_schema_org(store: Store, names: EntityNames, films: Iterable[NamedNode]) -> str:
    """JSON-LD with a `Movie` for each film."""
    writer = _MovieWriter(store, names, _read_crosswalk(store, _MATCHES), _read_crosswalk(store, (_INVERSE_MATCH,)))
    movies = [writer.movie(entity) for entity in sorted(set(films), key=str)]
    document: dict[str, object] = {"@context": CONTEXT}
    document |= movies[0] if len(movies) == 1 else {"@graph": movies}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def find_films(store: Store) -> list[NamedNode]:
    """Every film of a store."""
    quads = find_quads(store, None, TYPE, film.Film, KNOWLEDGE)
    return [quad.subject for quad in quads if isinstance(quad.subject, NamedNode)]


def _read_crosswalk(store: Store, properties: Sequence[NamedNode]) -> Mapping[NamedNode, str]:
    """Our term -> the local name of its match in schema.org; a match by an earlier property is preferred."""
    matches: dict[NamedNode, str] = {}
    for match in reversed(properties):
        for quad in find_quads(store, None, match, None, ONTOLOGY):
            if isinstance(quad.object, NamedNode) and quad.object.value.startswith(SCHEMA):
                assert isinstance(quad.subject, NamedNode)
                matches[quad.subject] = quad.object.value.removeprefix(SCHEMA)
    return matches


@dataclass(frozen=True, slots=True)
class _MovieWriter:
    """Writes the films of a graph as schema.org Movies."""

    store: Store
    names: EntityNames
    crosswalk: Mapping[NamedNode, str]
    inverses: Mapping[NamedNode, str]
    """Our property -> theirs that states the same of its value."""

    def movie(self, entity: NamedNode) -> dict[str, object]:
        document: dict[str, object] = {"@type": "Movie", "@id": entity.value, "name": self.names.label(entity)}
        aliases = [alias.value for alias in self._values(entity, ALIAS) if isinstance(alias, Literal)]
        _add(document, "alternateName", aliases)
        for property, values in self._all_values(entity).items():
            if property == film.recognition:
                values = self._awards_won(values)
            if self.crosswalk.get(property) in _MOVIE_PROPERTIES:
                _add(document, self.crosswalk[property], [self._value(property, value) for value in values])
        for property, name in self.inverses.items():
            if name in _MOVIE_PROPERTIES:
                quads = sorted(find_quads(self.store, None, property, entity, KNOWLEDGE), key=str)
                subjects = [quad.subject for quad in quads if isinstance(quad.subject, NamedNode)]
                _add(document, name, [self._value(property, subject) for subject in subjects])
        days = [self._earliest(release) for release in self._values(entity, film.release)]
        _add(document, "datePublished", sorted(day for day in days if day)[:1])
        return document

    def _value(self, property: NamedNode, value: Term) -> object:
        if isinstance(value, Literal):
            return _to_number(value) if value.datatype.value in _NUMBERS else value.value
        if self.crosswalk.get(property) == "aggregateRating" and isinstance(value, NamedNode):
            return self._rating(value)
        assert isinstance(value, NamedNode)
        if self.crosswalk.get(property) in _NAMED_BY_LABEL:
            return self.names.label(value)
        name = self.crosswalk.get(property) or self.inverses.get(property, "")
        return {
            "@type": self._class_of(value, _EXPECTED_CLASSES.get(name, _ROOT_CLASS)),
            "@id": value.value,
            "name": self.names.label(value),
        }

    def _awards_won(self, recognitions: Iterable[Term]) -> list[Term]:
        """The awards of the recognitions that were won."""
        parts = [self._all_values(part) for part in recognitions if isinstance(part, NamedNode)]
        return [award for part in parts if _WON in part.get(film.outcome, ()) for award in part.get(film.award, ())]

    def _rating(self, part: NamedNode) -> dict[str, object]:
        document: dict[str, object] = {"@type": "AggregateRating"}
        for property, values in self._all_values(part).items():
            if (name := self.crosswalk.get(property, "")) in _RATING_PROPERTIES:
                _add(document, name, [self._value(property, value) for value in values])
        authors = [entity for entity in self._values(part, film.givenBy) if isinstance(entity, NamedNode)]
        _add(document, "author", [{"@type": "Organization", "name": self.names.label(entity)} for entity in authors])
        return document

    def _class_of(self, entity: NamedNode, expected: str) -> str:
        """The narrowest class or kind of an entity that has a match in schema.org; without one, the expected class."""
        ontology = self.names.ontology
        types = types_of(self.store, ontology, entity)
        narrowest = ontology.narrowest(iri for iri in types if iri in self.crosswalk)
        return min((self.crosswalk[iri] for iri in narrowest), default=expected)

    def _earliest(self, part: Term) -> str:
        values = self._values(part, film.earliest) if isinstance(part, NamedNode) else ()
        return next((value.value for value in values if isinstance(value, Literal)), "")

    def _all_values(self, entity: NamedNode) -> dict[NamedNode, list[Term]]:
        values: dict[NamedNode, list[Term]] = {}
        for quad in sorted(find_quads(self.store, entity, None, None, KNOWLEDGE), key=str):
            if isinstance(quad.object, NamedNode | Literal):
                values.setdefault(quad.predicate, []).append(quad.object)
        return values

    def _values(self, entity: NamedNode, property: NamedNode) -> list[Term]:
        return self._all_values(entity).get(property, [])


def _add(document: dict[str, object], name: str, values: Sequence[object]) -> None:
    """Add values to those that a document has under a name, each once; empty values are left out."""
    present = document.get(name, [])
    together = [*(present if isinstance(present, list) else [present]), *(value for value in values if value)]
    unique = list({json.dumps(value, sort_keys=True): value for value in together}.values())
    if unique:
        document[name] = unique[0] if len(unique) == 1 else unique


def _to_number(value: Literal) -> int | float:
    number = Decimal(value.value)
    return int(number) if number == number.to_integral_value() else float(number)
