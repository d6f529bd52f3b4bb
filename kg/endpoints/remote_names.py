"""Names of the entities in a store behind an endpoint: looked up one by one, searched by words.

A store cannot fold accents as the index of a build does. It finds the names that have a word of the text in them, at
most `_MAX_NAMES`, and these are compared here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import cast

from pyoxigraph import Literal, NamedNode, Store

from kg.endpoints.endpoint_store import EndpointStore
from kg.graph.store import find_solutions
from kg.lookup.entity_names import EntityNames
from kg.lookup.entity_types import type_pattern, types_of
from kg.lookup.name_search import NameMatch, score_name
from kg.terms import ALIAS, LABEL, to_curie
from kg.text.folding import fold_name

_MAX_NAMES = 2_000
_BATCH = 200
_MAX_LABELS = 10_000
_MIN_SCORE = 62.0
_WORD = re.compile(r"[^\W_]{3,}")


class RemoteNames(EntityNames):
    """The names of the entities in an endpoint's store."""

    def __init__(self, store: EndpointStore) -> None:
        super().__init__(cast(Store, store))
        self.remote = store
        self._labels: dict[NamedNode, str] = {}
        self._like = lru_cache(maxsize=64)(self._find_names_like)

    def learn_labels(self, terms: Iterable[object]) -> None:
        """Look up the labels of entities in few requests, for whoever will show them."""
        entities = (term for term in terms if isinstance(term, NamedNode))
        unknown = list(dict.fromkeys(iri for iri in entities if iri not in self._labels))[:_MAX_LABELS]
        for start in range(0, len(unknown), _BATCH):
            batch = unknown[start : start + _BATCH]
            values = " ".join(map(str, batch))
            text = f"SELECT ?entity ?label {{ VALUES ?entity {{ {values} }} ?entity {LABEL} ?label }}"
            found: dict[NamedNode, list[tuple[bool, str, str]]] = {}
            for entity, label in _rows(self.remote, text):
                if isinstance(entity, NamedNode) and isinstance(label, Literal):
                    language = label.language or ""
                    found.setdefault(entity, []).append((language not in ("", "en"), language, label.value))
            self._labels |= {iri: min(found[iri])[-1] for iri in batch if iri in found}

    def _find_label(self, iri: NamedNode) -> str:
        return self._labels.get(iri) or super()._find_label(iri)

    def search(self, text: str, *, types: NamedNode | None, limit: int) -> tuple[NameMatch, ...]:
        """The entities with a name like a text, best first, of a class or kind."""
        folded = fold_name(text)
        best: dict[NamedNode, tuple[float, str]] = {}
        for name, entity in self._names_like(text):
            score = score_name(folded, fold_name(name))
            if score >= _MIN_SCORE and score > best.get(entity, (0.0, ""))[0]:
                best[entity] = (score, name)
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[1][1], item[0].value))
        matches = (self._to_match(entity, name, score) for entity, (score, name) in ranked)
        wanted = to_curie(types.value) if types is not None else ""
        kept = (match for match in matches if not wanted or wanted in match.classes)
        return tuple(match for match, _ in zip(kept, range(limit), strict=False))

    def best_known(self, type: NamedNode, *, limit: int) -> tuple[NameMatch, ...]:
        """The entities of a class or kind that most triples refer to."""
        text = (
            f"SELECT ?entity (COUNT(*) AS ?links) {{ {type_pattern(self.ontology, type)} ?other ?property ?entity }}"
            f" GROUP BY ?entity ORDER BY DESC(?links) ?entity LIMIT {int(limit)}"
        )
        entities = [row[0] for row in _rows(self.remote, text) if isinstance(row[0], NamedNode)]
        self.learn_labels(entities)
        return tuple(self._to_match(entity, self.label(entity), 100.0) for entity in entities)

    def _to_match(self, entity: NamedNode, name: str, score: float) -> NameMatch:
        types = types_of(self.store, self.ontology, entity)
        classes = tuple(sorted(to_curie(iri.value) for iri in types))
        return NameMatch(entity, self.label(entity), name, score, classes)

    def _names_like(self, name: str) -> Sequence[tuple[str, NamedNode]]:
        """The names that have the longest words of a text in them; a store reads all names to find them."""
        return self._like(name)

    def _find_names_like(self, text: str) -> Sequence[tuple[str, NamedNode]]:
        words = sorted(_WORD.findall(text.lower()), key=len, reverse=True)[:3] or [text.lower()]
        tests = " || ".join(f"CONTAINS(LCASE(STR(?name)), {Literal(word)})" for word in words)
        query = (
            f"SELECT ?entity ?name {{ VALUES ?property {{ {LABEL} {ALIAS} }} ?entity ?property ?name"
            f" FILTER({tests}) }} LIMIT {_MAX_NAMES}"
        )
        names = (
            (name.value, entity)
            for entity, name in _rows(self.remote, query)
            if isinstance(entity, NamedNode) and isinstance(name, Literal)
        )
        return list(dict.fromkeys(names))


def _rows(store: EndpointStore, text: str) -> Iterator[tuple[object, ...]]:
    return map(tuple, find_solutions(cast(Store, store), text))
