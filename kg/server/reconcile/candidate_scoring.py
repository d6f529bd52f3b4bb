"""Candidates of a reconciliation query, each with a score and the features that explain it.

Candidates come from the index of names, from an id, and from clues that few entities fit. What the graph does not know
about a candidate does not count against it, but a score from fewer clues is a little lower. An identifier decides by
itself. How two values are compared depends on their datatype: years may be one apart, because a festival comes before a
release; names may be spelt differently; numbers may be rounded; an identifier is the same or another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from math import prod
from typing import Any

from pyoxigraph import Literal, NamedNode

from kg.facts.dates import to_date_range
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.linking.names import find_year, parse_titles, person_words
from kg.lookup.name_search import NameMatch, score_name
from kg.server.reconcile.graph_terms import (
    Applicability,
    SchemaTerm,
    all_properties,
    applicability,
    entity_of_id,
    entity_of_identifier,
    find_path,
    find_type,
    follow,
    names_of,
    to_id,
    types_of,
)
from kg.server.reconcile.requests import ClueValue, PropertyClue, ReconcileQuery
from kg.terms import ALIAS, FILM, KNOWLEDGE, LABEL, XSD, Term, entity_iri, to_curie
from kg.text.folding import fold_name
from kg.xsd import is_numeric

_MAX_MATCHES, _MAX_BY_CLUE, _MAX_VALUES = 40, 40, 60
_MAX_CANDIDATES = 5 * _MAX_MATCHES
_NAME_WEIGHT, _IDENTIFIER_WEIGHT, _CLUE_WEIGHT = 6.0, 30.0, 2.0
_WEIGHTS = {"director": 3.0, "year": 3.0, "date": 2.5}
_UNKNOWN_FACTORS = {Applicability.USUAL: 0.97, Applicability.UNUSUAL: 0.9}
"""What a score is multiplied by for each clue about which the graph knows nothing, by whether it could."""
_MIN_SCORE, _MIN_NAME, _MIN_LEAD, _MIN_CLUE = 90.0, 85.0, 5.0, 50.0
"""What a certain candidate has at least: its score, its name, its lead over the next, each clue."""
_OTHER_NUMBER = 0.8
"""The highest similarity of two names with different numbers: less than that of a certain candidate."""
_NO_PART = re.compile(r"1|(?:18|19|20)\d\d")
"""A number that a title may also lack: of the first part, or a year."""
_SIMILAR = 0.65
"""Any two texts have some letters in common; a similarity below this is no evidence."""
_CLUE_DATATYPES = tuple(NamedNode(XSD + name) for name in ("gYear", "integer", "date", "decimal"))


@dataclass(frozen=True, slots=True)
class ScoredFeature:
    """How well one property fits, from 0 to 100; None where the graph does not know it."""

    id: str
    value: float | None
    weight: float
    factor: float = 1.0
    """What the whole score is multiplied by."""


@dataclass(frozen=True, slots=True)
class ReconcileCandidate:
    """An entity that may be meant; `has_type` is None where no type was asked for."""

    entity: NamedNode
    name: str
    score: float
    features: tuple[ScoredFeature, ...]
    has_type: bool | None
    is_certain: bool = False


def reconcile(graph: FilmGraph, queries: Sequence[ReconcileQuery]) -> list[list[dict[str, Any]]]:
    """The candidates of each query, the best first, as the specification writes them."""
    return [[_as_dict(graph, candidate) for candidate in find_candidates(graph, query)] for query in queries]


def find_candidates(graph: FilmGraph, query: ReconcileQuery) -> list[ReconcileCandidate]:
    """The candidates of a query, the best first; certain is one that fits well and clearly better than all others."""
    if query.is_blank or query.limit == 0:
        return []
    query = _with_year(graph, query)
    types = [find_type(graph, type) for type in query.types]
    scored = [_score(graph, query, types, entity, name) for entity, name in _retrieve(graph, query, types).items()]
    is_any_type = query.strict == "should" or all(type is None for type in types)
    fitting = [
        candidate for candidate in scored if candidate.score > 0 and (candidate.has_type is not False or is_any_type)
    ]
    ranked = sorted(fitting, key=lambda candidate: (-candidate.score, candidate.name, candidate.entity.value))
    if ranked and _is_certain(ranked):
        ranked[0] = replace(ranked[0], is_certain=True)
    return ranked[: query.limit]


def _with_year(graph: FilmGraph, query: ReconcileQuery) -> ReconcileQuery:
    """The query with the year in brackets after its title as a clue: `Heat (1995)`."""
    year = find_year(query.text)
    has_clue = any(clue.property.casefold() == "year" for clue in query.clues)
    if year is None or has_clue or not find_path(graph, "year"):
        return query
    return replace(query, clues=(*query.clues, PropertyClue("year", (ClueValue(str(year)),))))


def _is_certain(ranked: Sequence[ReconcileCandidate]) -> bool:
    first = ranked[0]
    lead = first.score - (ranked[1].score if len(ranked) > 1 else 0.0)
    known = {feature: feature.value for feature in first.features if feature.value is not None}
    has_identifier = any(feature.weight == _IDENTIFIER_WEIGHT and value == 100 for feature, value in known.items())
    name = next((value for feature, value in known.items() if feature.id == "name"), 100.0)
    is_named = has_identifier or name >= _MIN_NAME
    fits_clues = has_identifier or all(value >= _MIN_CLUE for value in known.values())
    is_good = first.score >= _MIN_SCORE and lead >= _MIN_LEAD
    return is_good and is_named and fits_clues and first.has_type is not False


# --- retrieval
def _retrieve(graph: FilmGraph, query: ReconcileQuery, types: Sequence[SchemaTerm | None]) -> dict[NamedNode, str]:
    """The entities to score, each with its label."""
    labels: dict[NamedNode, str] = {}
    text = query.text.strip()
    if text and (entity := entity_of_id(graph, text)) is not None:
        labels[entity] = graph.names.label(entity)
    for match in _search(graph, text, types) if text else ():
        labels.setdefault(match.entity, match.label)
    for clue in query.clues:
        for entity in _entities_of_clue(graph, clue, is_alone=not text):
            labels.setdefault(entity, graph.names.label(entity))
    own = ((entity, label) for entity, label in labels.items() if label and entity.value.startswith(FILM))
    return dict(islice(own, _MAX_CANDIDATES))


def _search(graph: FilmGraph, text: str, types: Sequence[SchemaTerm | None]) -> Iterator[NameMatch]:
    class_names = [to_curie(entity_iri(type.id).value) for type in types if type is not None] or [""]
    # As it is written, and without what is in brackets: a year, another title.
    titles = (" ".join(title.words) for title in parse_titles(text)) if "(" in text else ()
    for class_name in class_names:
        for wanted in dict.fromkeys((text, *titles)):
            yield from graph.search(wanted, class_name=class_name, limit=_MAX_MATCHES)


def _entities_of_clue(graph: FilmGraph, clue: PropertyClue, *, is_alone: bool) -> Iterator[NamedNode]:
    """Entities with a value of a clue: of identifiers always, of others where there is no name."""
    path = find_path(graph, clue.property)
    if path is None or len(path) != 1 or not (is_alone or _is_identifier(graph, clue.property)):
        return
    for value in clue.values:
        for term in _terms_of(graph, value):
            quads = find_quads(graph.store, None, path[0], term, KNOWLEDGE, limit=_MAX_BY_CLUE)
            yield from (quad.subject for quad in quads if isinstance(quad.subject, NamedNode))


def _terms_of(graph: FilmGraph, value: ClueValue) -> Iterator[NamedNode | Literal]:
    """What a value may be in the graph."""
    entity = _matched_entity(graph, value)
    if entity is not None:
        yield entity
    if value.id and entity is not None:
        return
    if value.text:
        yield from (match.entity for match in graph.search(value.text, limit=3) if match.score >= _MIN_NAME)
    for text in filter(None, (value.text, value.id)):
        yield Literal(text)
        yield Literal(text.rstrip("/").rpartition("/")[2])
        for datatype in _CLUE_DATATYPES:
            yield Literal(text, datatype=datatype)


# --- features
def _score(
    graph: FilmGraph, query: ReconcileQuery, types: Sequence[SchemaTerm | None], entity: NamedNode, label: str
) -> ReconcileCandidate:
    features = [_name_feature(graph, query.text, entity)] if query.text.strip() else []
    features += [feature for clue in query.clues if (feature := _clue_feature(graph, entity, clue)) is not None]
    has_type = _has_type(graph, query, types, entity)
    return ReconcileCandidate(entity, label, _mean(features), tuple(features), has_type)


def _mean(features: Sequence[ScoredFeature]) -> float:
    known = [(feature.value, feature.weight) for feature in features if feature.value is not None]
    total = sum(weight for _, weight in known)
    if not total:
        return 0.0
    mean = sum(value * weight for value, weight in known) / total
    return round(mean * prod(feature.factor for feature in features), 2)


def _name_feature(graph: FilmGraph, text: str, entity: NamedNode) -> ScoredFeature:
    if entity_of_id(graph, text) == entity:
        return ScoredFeature("name", 100.0, _NAME_WEIGHT)
    by_label = name_similarity(text, names_of(graph, entity, (LABEL,)))
    # Of two entities with the same name, the one whose label it is comes first.
    by_alias = name_similarity(text, names_of(graph, entity, (ALIAS,))) - 0.01
    return ScoredFeature("name", _percent(max(by_label, by_alias, 0.0)), _NAME_WEIGHT)


def _clue_feature(graph: FilmGraph, entity: NamedNode, clue: PropertyClue) -> ScoredFeature | None:
    """How well an entity fits a clue: the mean, over the clue's values, of the most similar that the graph has."""
    path = find_path(graph, clue.property)
    if path is None or not clue.values:
        return None
    is_identifier = _is_identifier(graph, clue.property)
    weight = _IDENTIFIER_WEIGHT if is_identifier else _WEIGHTS.get(to_id(path[-1]), _CLUE_WEIGHT)
    known = list(islice(follow(graph, entity, path), _MAX_VALUES))
    if not known:
        applies = applicability(graph, entity, path[0])
        if applies is Applicability.IMPOSSIBLE:
            return ScoredFeature(clue.property, 0.0, weight)
        return ScoredFeature(clue.property, None, weight, _UNKNOWN_FACTORS[applies])
    # An id that the graph does not know, without a name, shows nothing.
    values = [
        value for value in clue.values if value.text or is_identifier or _matched_entity(graph, value) is not None
    ]
    if not values:
        return ScoredFeature(clue.property, None, weight, _UNKNOWN_FACTORS[Applicability.USUAL])
    similarities = [
        max(_similarity(graph, value, term, is_identifier=is_identifier) for term in known) for value in values
    ]
    return ScoredFeature(clue.property, _percent(sum(similarities) / len(similarities)), weight)


def _similarity(graph: FilmGraph, value: ClueValue, known: Term, *, is_identifier: bool) -> float:
    if isinstance(known, Literal):
        texts = filter(None, (value.text, value.id if is_identifier else ""))
        return max((literal_similarity(text, known, is_identifier=is_identifier) for text in texts), default=0.0)
    assert isinstance(known, NamedNode)
    entity = _matched_entity(graph, value)
    if entity is not None and entity == known:
        return 1.0
    # An id that the graph does not know is that of another service: what is left is the name.
    is_matched = entity is not None and bool(value.id)
    return 0.0 if is_matched else _if_similar(name_similarity(value.text, names_of(graph, known)))


def _matched_entity(graph: FilmGraph, value: ClueValue) -> NamedNode | None:
    """The entity that a value is by its id, or by a text that is an id."""
    return entity_of_identifier(graph, value.id) if value.id else entity_of_id(graph, value.text)


def _is_identifier(graph: FilmGraph, property: str) -> bool:
    path = find_path(graph, property)
    term = all_properties(graph).get(to_id(path[-1])) if path else None
    return term is not None and term.is_identifier


def _has_type(
    graph: FilmGraph, query: ReconcileQuery, types: Sequence[SchemaTerm | None], entity: NamedNode
) -> bool | None:
    """Whether an entity has the types that are wanted; None where none is."""
    if not query.types:
        return None
    of_entity = {type.id for type in types_of(graph, entity)}
    has = [type is not None and type.id in of_entity for type in types]
    return all(has) if query.strict == "all" else any(has)


def _percent(similarity: float) -> float:
    return round(100 * similarity, 1)


# --- similarities, from 0 to 1
_DATES = {XSD + name for name in ("gYear", "gYearMonth", "date", "dateTime")}
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_NUMBER = re.compile(r"[-+]?\d[\d,   ]*(?:\.\d+)?")
_BY_YEARS_APART = (1.0, 0.75, 0.3)


def name_similarity(wanted: str, names: Iterable[str]) -> float:
    """The similarity of the most similar of several names, whatever the spelling, accents, script or word order.

    >>> name_similarity("Baker, Sean", ["Sean Baker"]), name_similarity("Godfather, The", ["The Godfather"])
    (1.0, 1.0)
    """
    return max((_similarity_of_names(wanted, name) for name in names), default=0.0)


def _similarity_of_names(wanted: str, name: str) -> float:
    pairs = (pair for pair in zip(_name_forms(wanted), _name_forms(name), strict=True) if all(pair))
    similarity = max((score_name(form, other) for form, other in pairs), default=0.0) / 100
    # Two parts of a series, or two editions of a festival, differ in nothing but a number.
    return similarity if _numbers_agree(wanted, name) else min(similarity, _OTHER_NUMBER)


def _numbers_agree(left: str, right: str) -> bool:
    """True unless two names have different numbers, or one has the number of a part and the other none."""
    ours, theirs = ({title.numbers for title in parse_titles(name)} or {""} for name in (left, right))
    if ours & theirs:
        return True
    return all("" in (one, other) and _NO_PART.fullmatch(one + other) is not None for one in ours for other in theirs)


@lru_cache(maxsize=8192)
def _name_forms(name: str) -> tuple[str, str, str]:
    """A name as it is spelt, as the title of a film, and as a person's name."""
    titles = parse_titles(name)
    return fold_name(name), " ".join(titles[0].words) if titles else "", " ".join(person_words(name))


def literal_similarity(wanted: str, literal: Literal, *, is_identifier: bool = False) -> float:
    """The similarity of a text and a literal, compared by its datatype."""
    datatype, text = literal.datatype.value, literal.value
    if is_identifier:
        return float(_without_url(wanted) == _without_url(text))
    if datatype in _DATES:
        return date_similarity(wanted, text)
    if is_numeric(datatype):
        return number_similarity(wanted, text)
    if datatype == XSD + "boolean":
        return float(wanted.casefold() in (("true", "yes", "1") if text in ("true", "1") else ("false", "no", "0")))
    return _if_similar(name_similarity(wanted, (text,)))


def _if_similar(similarity: float) -> float:
    return similarity if similarity >= _SIMILAR else 0.0


def date_similarity(wanted: str, known: str) -> float:
    """The similarity of two dates of any precision; words around a year do not matter.

    >>> date_similarity("2024-10", "2024-10-18"), date_similarity("2023", "2024"), date_similarity("May 2019", "2024")
    (1.0, 0.75, 0.0)
    """
    try:
        range, other = to_date_range(wanted.strip()[:10]), to_date_range(known[:10])
        if range.earliest <= other.latest and other.earliest <= range.latest:
            return 1.0
    except ValueError:
        pass
    years, known_years = _years(wanted), _years(known)
    apart = min((abs(year - other) for year in years for other in known_years), default=len(_BY_YEARS_APART))
    if apart == 0 and len(wanted.strip()) > 4 and len(known) > 4:
        return 0.9  # the same year, but not the same day
    return _BY_YEARS_APART[apart] if apart < len(_BY_YEARS_APART) else 0.0


def number_similarity(wanted: str, known: str) -> float:
    """The similarity of two numbers; 1 for the same, less for one that may be rounded.

    >>> number_similarity("139", "139"), number_similarity("2 h", "139"), number_similarity("6,000,000", "6100000")
    (1.0, 0.0, 0.8)
    """
    match = _NUMBER.search(wanted)
    if match is None:
        return 0.0
    number, other = float(re.sub(r"[^\d.+-]", "", match[0])), float(known)
    if number == other:
        return 1.0
    apart = abs(number - other) / max(abs(number), abs(other))
    return 0.9 if apart <= 0.01 else 0.8 if apart <= 0.05 else 0.4 if apart <= 0.15 else 0.0


def _years(text: str) -> list[int]:
    return [int(year) for year in _YEAR.findall(text)]


def _without_url(identifier: str) -> str:
    """An identifier without the URL that it may be part of, in lower case: `tt28607951`."""
    return identifier.strip().rstrip("/").rpartition("/")[2].casefold()


# --- results
def _as_dict(graph: FilmGraph, candidate: ReconcileCandidate) -> dict[str, Any]:
    # A feature is a number or a boolean: what is not known is left out, as is a second one of the same property.
    values: dict[str, object] = {}
    for feature in candidate.features:
        if feature.value is not None:
            values.setdefault(feature.id, feature.value)
    features = [{"id": id, "value": value} for id, value in values.items()]
    if candidate.has_type is not None:
        features.append({"id": "has_type", "value": candidate.has_type})
    return {
        "id": to_id(candidate.entity),
        "name": candidate.name,
        "description": graph.names.describe(candidate.entity),
        "type": [type.as_dict() for type in types_of(graph, candidate.entity)],
        "score": candidate.score,
        "match": candidate.is_certain,
        "features": features,
    }
