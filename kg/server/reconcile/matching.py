"""A reconciliation query walks in; candidates walk out, each with its score and the features that make it.

Candidates come from the index of names, from an id, and from clues that few things fit. What the graph does not say of
a candidate is not held against it, but a score for fewer clues counts a little less. An identifier decides by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from pyoxigraph import Literal, NamedNode

from kg import vocabulary as vocab
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.linking.names import find_year, parse_titles
from kg.lookup.name_search import NameMatch
from kg.server.reconcile.requests import Clue, Query, Value
from kg.server.reconcile.similarity import ALIKE, literal_likeness, name_likeness
from kg.server.reconcile.types_and_properties import (
    Known,
    all_properties,
    names_of,
    to_entity,
    to_id,
    to_type,
    to_way,
    types_of,
    values_of,
    walk,
)
from kg.terms import ALIAS, FILM, KNOWLEDGE, LABEL, TYPE, XSD, entity_iri, to_curie

_LOOKED_AT, _MOST_BY_CLUE, _MOST_VALUES = 40, 40, 60
_NAME, _IDENTIFIER, _CLUE = 6.0, 30.0, 2.0
"""What a name, an identifier and any other clue weigh."""
_WEIGHTS = {"director": 3.0, "year": 3.0, "date": 2.5}
_UNKNOWN = 0.97
"""What is left of a score for each clue of which the graph says nothing."""
_SURE, _SURE_NAME, _LEAD, _DOUBT = 90.0, 85.0, 5.0, 50.0
_DATATYPES = ("gYear", "integer", "date", "decimal")


@dataclass(frozen=True, slots=True)
class Feature:
    """How well one thing fits, from 0 to 100; None where the graph says nothing of it."""

    id: str
    value: float | None
    weight: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that may be meant."""

    thing: NamedNode
    name: str
    score: float
    features: tuple[Feature, ...]
    has_type: bool | None
    is_certain: bool = False


def reconcile(graph: FilmGraph, queries: Sequence[Query]) -> list[list[dict[str, Any]]]:
    """The candidates of each query, the best first, as the specification writes them."""
    return [[_as_dict(graph, one) for one in candidates(graph, query)] for query in queries]


def candidates(graph: FilmGraph, query: Query) -> list[Candidate]:
    """The candidates of a query, the best first; certain is one that fits well and clearly better than all others."""
    query = _with_year(graph, query)
    types = [to_type(graph, one) for one in query.types]
    found = [_judge(graph, query, types, thing, name) for thing, name in _retrieve(graph, query, types).items()]
    fitting = [one for one in found if one.score > 0 and (one.has_type is not False or _is_soft(query, types))]
    ranked = sorted(fitting, key=lambda one: (-one.score, one.name, one.thing.value))
    if ranked and _is_certain(ranked):
        first = ranked[0]
        ranked[0] = Candidate(first.thing, first.name, first.score, first.features, first.has_type, is_certain=True)
    return ranked[: query.limit]


def _with_year(graph: FilmGraph, query: Query) -> Query:
    """The query with the year in brackets behind its title as a clue: `Heat (1995)`."""
    year = find_year(query.text)
    if year is None or any(clue.property.casefold() == "year" for clue in query.clues) or not to_way(graph, "year"):
        return query
    return replace(query, clues=(*query.clues, Clue("year", (Value(str(year)),))))


def _is_soft(query: Query, types: Sequence[Known | None]) -> bool:
    """Types that nobody knows cannot be asked for; such candidates are shown, and none of them is certain."""
    return query.strict == "should" or all(one is None for one in types)


def _is_certain(ranked: Sequence[Candidate]) -> bool:
    first = ranked[0]
    second = ranked[1].score if len(ranked) > 1 else 0.0
    told = [one for one in first.features if one.value is not None]
    by_id = any(one.weight == _IDENTIFIER and one.value == 100 for one in told)
    named = [one.value for one in told if one.id == "name" and one.value is not None]
    is_named = by_id or not named or named[0] >= _SURE_NAME
    no_doubt = all((one.value or 0) >= _DOUBT for one in told) or by_id
    is_clear = first.score - second >= _LEAD
    return first.score >= _SURE and is_named and no_doubt and is_clear and first.has_type is not False


def _retrieve(graph: FilmGraph, query: Query, types: Sequence[Known | None]) -> dict[NamedNode, str]:
    """The things to look at, each with its label."""
    found: dict[NamedNode, str] = {}
    text = query.text.strip()
    if text and (thing := to_entity(graph, text)) is not None:
        found[thing] = graph.names.label(thing)
    for match in _named(graph, text, types) if text else ():
        found.setdefault(match.entity, match.label)
    for clue in query.clues:
        for thing in _by_clue(graph, clue, is_alone=not text):
            found.setdefault(thing, graph.names.label(thing))
    own = ((thing, label) for thing, label in found.items() if label and thing.value.startswith(FILM))
    return dict(islice(own, 5 * _LOOKED_AT))


def _named(graph: FilmGraph, text: str, types: Sequence[Known | None]) -> Iterator[NameMatch]:
    kinds = [to_curie(entity_iri(one.id).value) for one in types if one is not None] or [""]
    # As it is written, and without what stands in brackets: a year, another title.
    texts = dict.fromkeys((text, *(" ".join(title.words) for title in parse_titles(text) if "(" in text)))
    for kind in kinds:
        for one in texts:
            yield from graph.search(one, class_name=kind, limit=_LOOKED_AT)


def _by_clue(graph: FilmGraph, clue: Clue, *, is_alone: bool) -> Iterator[NamedNode]:
    """Things with a value of a clue: of identifiers always, of others where there is no name to go by."""
    way = to_way(graph, clue.property)
    if way is None or len(way) != 1 or not (is_alone or _is_identifier(graph, clue.property)):
        return
    for value in clue.values:
        for term in _terms(graph, value):
            quads = find_quads(graph.store, None, way[0], term, KNOWLEDGE, limit=_MOST_BY_CLUE)
            yield from (quad.subject for quad in quads if isinstance(quad.subject, NamedNode))


def _terms(graph: FilmGraph, value: Value) -> Iterator[NamedNode | Literal]:
    """What a value may be in the graph."""
    if (thing := to_entity(graph, value.text)) is not None:
        yield thing
    if not value.is_entity:
        yield from (match.entity for match in graph.search(value.text, limit=3) if match.score >= _SURE_NAME)
        yield Literal(value.text)
        yield Literal(value.text.rstrip("/").rpartition("/")[2])
        for name in _DATATYPES:
            yield Literal(value.text, datatype=NamedNode(XSD + name))


def _judge(graph: FilmGraph, query: Query, types: Sequence[Known | None], thing: NamedNode, label: str) -> Candidate:
    features = [_by_name(graph, query.text, thing)] if query.text.strip() else []
    features += [feature for clue in query.clues if (feature := _compare(graph, thing, clue)) is not None]
    return Candidate(thing, label, _score(features), tuple(features), _fits(graph, query, types, thing))


def _by_name(graph: FilmGraph, text: str, thing: NamedNode) -> Feature:
    if to_entity(graph, text) == thing:
        return Feature("name", 100.0, _NAME)
    by_label = name_likeness(text, names_of(graph, thing, (LABEL,)))
    # Of two things with the same name, it is rather the one whose first name it is.
    by_alias = name_likeness(text, names_of(graph, thing, (ALIAS,))) - 0.01
    return Feature("name", _percent(max(by_label, by_alias, 0.0)), _NAME)


def _compare(graph: FilmGraph, thing: NamedNode, clue: Clue) -> Feature | None:
    """How well a candidate fits a clue: the mean over its values of the nearest that the graph has."""
    way = to_way(graph, clue.property)
    if way is None or not clue.values:
        return None
    is_identifier = _is_identifier(graph, clue.property)
    weight = _IDENTIFIER if is_identifier else _WEIGHTS.get(to_id(way[-1]), _CLUE)
    known = list(islice(walk(graph, thing, way), _MOST_VALUES))
    if not known:
        return Feature(clue.property, None, weight)
    likenesses = [
        max(_likeness(graph, value, one, is_identifier=is_identifier) for one in known) for value in clue.values
    ]
    return Feature(clue.property, _percent(sum(likenesses) / len(likenesses)), weight)


def _likeness(graph: FilmGraph, value: Value, known: object, *, is_identifier: bool) -> float:
    if isinstance(known, Literal):
        return 0.0 if value.is_entity else literal_likeness(value.text, known, is_identifier=is_identifier)
    assert isinstance(known, NamedNode)
    if to_id(known) == value.text or known == to_entity(graph, value.text):
        return 1.0
    likeness = 0.0 if value.is_entity else name_likeness(value.text, names_of(graph, known))
    return likeness if likeness >= ALIKE else 0.0


def _is_identifier(graph: FilmGraph, property: str) -> bool:
    way = to_way(graph, property)
    found = all_properties(graph).get(to_id(way[-1])) if way else None
    return found is not None and found.is_identifier


def _score(features: Sequence[Feature]) -> float:
    known = [one for one in features if one.value is not None]
    whole = sum(one.weight for one in known)
    if not whole:
        return 0.0
    mean = sum((one.value or 0.0) * one.weight for one in known) / whole
    return round(mean * _UNKNOWN ** (len(features) - len(known)), 2)


def _fits(graph: FilmGraph, query: Query, types: Sequence[Known | None], thing: NamedNode) -> bool | None:
    """Whether a thing has the types that are wanted; None where none is."""
    if not query.types:
        return None
    kinds = set(values_of(graph, thing, TYPE))
    has = [one is not None and entity_iri(one.id) in kinds for one in types]
    return all(has) if query.strict == "all" else any(has)


def _percent(likeness: float) -> float:
    return round(100 * likeness, 1)


def _as_dict(graph: FilmGraph, candidate: Candidate) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    for one in candidate.features:
        # A feature is a number or a truth: what is not known has none, and is left out.
        if one.value is not None and one.id not in [feature["id"] for feature in told]:
            told.append({"id": one.id, "value": one.value})
    if candidate.has_type is not None:
        told.append({"id": "has_type", "value": candidate.has_type})
    return {
        "id": to_id(candidate.thing),
        "name": candidate.name,
        "description": describe(graph, candidate.thing),
        "type": [one.as_dict() for one in types_of(graph, candidate.thing)],
        "score": candidate.score,
        "match": candidate.is_certain,
        "features": told,
    }


def describe(graph: FilmGraph, thing: NamedNode) -> str:
    """A few words that tell a thing from its namesakes: `feature film, 2024, by Sean Baker`."""
    kinds = [one.name for one in types_of(graph, thing)[:1]]
    years = sorted({one.value[:4] for one in values_of(graph, thing, vocab.year) if isinstance(one, Literal)})
    by = [graph.names.label(one) for one in values_of(graph, thing, vocab.director) if isinstance(one, NamedNode)]
    directors = sorted(filter(None, by))[:2]
    jobs = sorted(one.value for one in values_of(graph, thing, vocab.occupation) if isinstance(one, Literal))[:2]
    return ", ".join((*kinds, *jobs, *years[:2], *([f"by {' and '.join(directors)}"] if directors else ())))
