"""The terms that a plan speaks of walk in; their numbers walk out, and each class with the classes below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import duckdb
from pyoxigraph import Triple

from kg.graph.triple_tables import FIRST_LITERAL_ID
from kg.shapes import result_sql, sql_tables
from kg.shapes.paths import predicates
from kg.shapes.plan import Plan
from kg.terms import RDF, RDFS

SUBCLASS = f"<{RDFS}subClassOf>"
LABELS = (f"<{RDFS}label>", "<http://www.w3.org/2004/02/skos/core#prefLabel>", "<https://schema.org/name>")
_MOST = 2**32 - 1


class Numbering:
    """The numbers of all terms that a plan speaks of; what the graph lacks is numbered from the top."""

    def __init__(self, sql: duckdb.DuckDBPyConnection, plan: Plan, ontology: Sequence[Triple]) -> None:
        self._sql, self._plan = sql, plan
        self._ids: dict[str, int] = {}
        self._missing: dict[str, int] = {}
        self._looked_at: set[str] = set()
        self._above = {(str(t.subject), str(t.object)) for t in ontology if str(t.predicate) == SUBCLASS}
        self._below: dict[str, frozenset[str]] = {}
        wanted = self._wanted()
        self._learn(wanted)
        self._find_classes()
        self._number(wanted)
        self._look_at(t.term for s in plan.focus_sets for t in s.targets if t.kind == "node")

    @property
    def words(self) -> str:
        """The dictionary of terms, with those that are looked at although the graph lacks them."""
        if self._looked_at.isdisjoint(self._missing):
            return "term"
        return "(SELECT id, text FROM term UNION ALL SELECT id, text FROM shape_term)"

    @property
    def missing(self) -> dict[int, str]:
        """The terms that only the shapes know, by their numbers."""
        return {number: text for text, number in self._missing.items()}

    def of(self, text: str) -> int:
        """The number of a term."""
        return self._ids.get(text) or self._missing[text]

    def classes(self) -> Mapping[str, list[int]]:
        """Each class that shapes ask for, with the numbers of all classes below it."""
        return {name: sorted(self._ids[b] for b in below if b in self._ids) for name, below in self._below.items()}

    def knows(self, text: str) -> bool:
        """Whether the graph has the term."""
        return text in self._ids

    def name(self, texts: Sequence[str]) -> None:
        """Give every term that is to be looked at a number, also those that the graph lacks."""
        self._learn(texts)
        self._number(texts)
        self._look_at(texts)

    def _number(self, texts: Iterable[str]) -> None:
        for text in sorted(set(texts) - set(self._ids) - set(self._missing)):
            self._missing[text] = (_MOST if text.startswith('"') else FIRST_LITERAL_ID - 1) - len(self._missing)

    def _look_at(self, texts: Iterable[str]) -> None:
        self._looked_at.update(texts)
        if lacking := self._looked_at.intersection(self._missing):
            content = sql_tables.words((self._missing[text], text) for text in sorted(lacking))
            self._sql.execute(
                f"CREATE OR REPLACE TEMP TABLE shape_term AS SELECT id::UINTEGER AS id, text FROM {content}"  # noqa: S608
            )

    def meet(self, numbers: Mapping[str, int]) -> None:
        """Take notice of terms that have come into the graph."""
        spoken_of = {name for below in self._below.values() for name in below} | set(self._missing)
        self._ids |= {text: number for text, number in numbers.items() if text in spoken_of}
        for text in set(self._missing) & set(numbers):
            del self._missing[text]

    def _wanted(self) -> set[str]:
        wanted = {f"<{RDF}type>", SUBCLASS, *LABELS}
        for focus_set in self._plan.focus_sets:
            wanted.update(target.term for target in focus_set.targets)
        for value_set in self._plan.value_sets:
            if value_set.path is not None:
                wanted.update(predicates(value_set.path))
        for each in self._plan.checks:
            wanted.update(each.constraint.values, each.constraint.more)
        return {text for text in wanted if text.startswith(("<", '"', "_:"))}  # flags of a pattern are no terms

    def _learn(self, texts: Iterable[str]) -> None:
        unknown = [text for text in texts if text and text not in self._ids and text not in self._missing]
        if unknown:
            known = self._sql.execute(result_sql.numbers(unknown)).fetchall()
            self._ids |= {str(text): int(number) for text, number in known}

    def _find_classes(self) -> None:
        edges = set(self._above)
        if SUBCLASS in self._ids:
            told = self._sql.execute(result_sql.pairs(self._ids[SUBCLASS])).fetchall()
            edges.update((str(under), str(above)) for under, above in told)
        asked = {c.constraint.values[0] for c in self._plan.checks if c.name == "class"}
        asked |= {t.term for s in self._plan.focus_sets for t in s.targets if t.kind == "class"}
        self._below = _closure(edges, asked)
        self._learn({name for below in self._below.values() for name in below})


def _closure(edges: Iterable[tuple[str, str]], wanted: Iterable[str]) -> dict[str, frozenset[str]]:
    """Each wanted class with all classes below it."""
    below: dict[str, set[str]] = {}
    for under, above in edges:
        below.setdefault(above, set()).add(under)
    found = {}
    for name in wanted:
        seen, waiting = {name}, [name]
        while waiting:
            fresh = below.get(waiting.pop(), set()) - seen
            seen |= fresh
            waiting.extend(fresh)
        found[name] = frozenset(seen)
    return found
