"""A film walks in; its schema.org description as JSON-LD walks out, by the crosswalk that stands in the ontology.

A property or class is carried over where the crosswalk matches it with a schema.org term; of other things their kind
and name are told. (https://schema.org/Movie)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pyoxigraph import Literal, NamedNode, Store

from kg import vocabulary as vocab
from kg.graph.store import find_quads
from kg.lookup.entity_names import EntityNames
from kg.terms import ALIAS, KNOWLEDGE, ONTOLOGY, RDFS, SKOS, TYPE, XSD, Term

SCHEMA = "https://schema.org/"
_MATCHES = (NamedNode(SKOS + "exactMatch"), NamedNode(SKOS + "closeMatch"))
_SUBCLASS = NamedNode(RDFS + "subClassOf")
_OF_A_MOVIE = frozenset(
    """about actor aggregateRating author award character contributor countryOfOrigin dateCreated director duration
    editor genre inLanguage isBasedOn mentions musicBy producer publisher sameAs""".split()  # noqa: SIM905
)
"""What schema.org lets be said of a Movie (its own properties and those of CreativeWork), as far as it is short."""
_OF_A_RATING = {"ratingValue", "bestRating", "reviewCount", "ratingExplanation"}
_NUMBERS = {XSD + "integer", XSD + "decimal"}


def to_schema_org(store: Store, names: EntityNames, films: Iterable[NamedNode]) -> str:
    """JSON-LD with one `Movie` for each film."""
    writer = _Writer(store, names, _crosswalk(store))
    movies = [writer.movie(thing) for thing in sorted(set(films), key=str)]
    document: dict[str, object] = {"@context": SCHEMA}
    document |= movies[0] if len(movies) == 1 else {"@graph": movies}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def find_films(store: Store) -> list[NamedNode]:
    """Every film of a store."""
    found = find_quads(store, None, TYPE, vocab.Film, KNOWLEDGE)
    return [quad.subject for quad in found if isinstance(quad.subject, NamedNode)]


def _crosswalk(store: Store) -> Mapping[NamedNode, str]:
    """Our term -> the local name of its schema.org match; an exact match is taken before a close one."""
    found: dict[NamedNode, str] = {}
    for match in reversed(_MATCHES):
        for quad in find_quads(store, None, match, None, ONTOLOGY):
            if isinstance(quad.object, NamedNode) and quad.object.value.startswith(SCHEMA):
                assert isinstance(quad.subject, NamedNode)
                found[quad.subject] = quad.object.value.removeprefix(SCHEMA)
    return found


@dataclass
class _Writer:
    store: Store
    names: EntityNames
    crosswalk: Mapping[NamedNode, str]

    def movie(self, thing: NamedNode) -> dict[str, object]:
        told: dict[str, object] = {"@type": "Movie", "@id": thing.value, "name": self.names.label(thing)}
        self._add(
            told, "alternateName", [str(one.value) for one in self._values(thing, ALIAS) if isinstance(one, Literal)]
        )
        for property, values in self._said(thing).items():
            if self.crosswalk.get(property) in _OF_A_MOVIE:
                self._add(told, self.crosswalk[property], [self._value(property, value) for value in values])
        released = [self._earliest(node) for node in self._values(thing, vocab.release)]
        self._add(told, "datePublished", sorted(day for day in released if day)[:1])
        return told

    def _said(self, thing: NamedNode) -> dict[NamedNode, list[Term]]:
        said: dict[NamedNode, list[Term]] = {}
        for quad in sorted(find_quads(self.store, thing, None, None, KNOWLEDGE), key=str):
            if isinstance(quad.object, NamedNode | Literal):
                said.setdefault(quad.predicate, []).append(quad.object)
        return said

    def _value(self, property: NamedNode, value: Term) -> object:
        if isinstance(value, Literal):
            return _plain(value) if value.datatype.value in _NUMBERS else value.value
        if self.crosswalk.get(property) == "aggregateRating" and isinstance(value, NamedNode):
            return self._rating(value)
        assert isinstance(value, NamedNode)
        if self.crosswalk.get(property) in ("genre", "award"):
            return self.names.label(value)
        return {"@type": self._kind(value), "@id": value.value, "name": self.names.label(value)}

    def _rating(self, node: NamedNode) -> dict[str, object]:
        told: dict[str, object] = {"@type": "AggregateRating"}
        for property, values in self._said(node).items():
            if (name := self.crosswalk.get(property, "")) in _OF_A_RATING:
                self._add(told, name, [self._value(property, value) for value in values])
        authors = [one for one in self._values(node, vocab.aggregator) if isinstance(one, NamedNode)]
        self._add(told, "author", [{"@type": "Organization", "name": self.names.label(one)} for one in authors])
        return told

    def _kind(self, thing: NamedNode) -> str:
        """The schema.org class of a thing: of its classes the one that matches and is lowest."""
        classes = {one for one in self._values(thing, TYPE) if isinstance(one, NamedNode) and one in self.crosswalk}
        above = {up for one in classes for up in self._above(one)}
        return min((self.crosswalk[one] for one in classes - above), default="Thing")

    def _above(self, kind: NamedNode) -> set[NamedNode]:
        found: set[NamedNode] = set()
        waiting = [kind]
        while waiting:
            for quad in find_quads(self.store, waiting.pop(), _SUBCLASS, None, ONTOLOGY):
                if isinstance(quad.object, NamedNode) and quad.object not in found:
                    found.add(quad.object)
                    waiting.append(quad.object)
        return found

    def _earliest(self, node: Term) -> str:
        if not isinstance(node, NamedNode):
            return ""
        return next((one.value for one in self._values(node, vocab.earliest) if isinstance(one, Literal)), "")

    def _values(self, thing: NamedNode, property: NamedNode) -> list[Term]:
        return self._said(thing).get(property, [])

    def _add(self, told: dict[str, object], name: str, values: Sequence[object]) -> None:
        old = told.get(name, [])
        together = [*(old if isinstance(old, list) else [old]), *(one for one in values if one)]
        unique = list({json.dumps(one, sort_keys=True): one for one in together}.values())
        if unique:
            told[name] = unique[0] if len(unique) == 1 else unique


def _plain(value: Literal) -> int | float:
    number = Decimal(value.value)
    return int(number) if number == number.to_integral_value() else float(number)
