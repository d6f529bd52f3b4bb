"""A source walks in; how often others say the same as it, say otherwise, or are silent walks out, by property."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.graph.provenance import Provenance
from kg.lookup.entity_names import EntityNames
from kg.lookup.phrases import property_in_words
from kg.terms import to_curie, to_term, to_text
from kg.text_table import columns_of

_HELD = """
WITH mine AS (SELECT DISTINCT subject, property, value FROM told WHERE source = :source)
SELECT property, COUNT(*), SUM(agreed), SUM(spoken AND NOT agreed), SUM(NOT spoken) FROM (
  SELECT property,
    EXISTS (SELECT 1 FROM told WHERE told.subject = mine.subject AND told.property = mine.property
            AND told.value = mine.value AND told.source <> :source) AS agreed,
    EXISTS (SELECT 1 FROM told WHERE told.subject = mine.subject AND told.property = mine.property
            AND told.source <> :source) AS spoken
  FROM mine)
GROUP BY property
"""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a source says in one respect: its facts, and what the others say of the same things in that respect."""

    property: NamedNode
    facts: int
    agreed: int
    otherwise: int
    alone: int
    contested: int

    def to_row(self) -> dict[str, object]:
        """For programs."""
        return {name: getattr(self, name) for name in self.__slots__} | {"property": to_curie(self.property.value)}


def measure_agreement(provenance: Provenance, source: str) -> tuple[Agreement, ...]:
    """By property, those with most facts first.

    `agreed` facts are told by another source too; `otherwise` are those where others speak of the same thing and nobody
    says the same, which for a property of many values need not contradict; `alone` are those where all others are
    silent; `contested` are not believed, and stand beside the others.
    """
    contested = Counter(
        to_text(one.fact.property) for one in provenance.contested() if one.fact.evidence.source == source
    )
    held = {row[0]: row[1:] for row in _held(provenance, source)}
    rows = (
        Agreement(_property(name), *held.get(name, (0, 0, 0, 0)), contested[name])
        for name in held.keys() | contested.keys()
    )
    return tuple(sorted(rows, key=lambda one: (-one.facts, one.property.value)))


def _property(text: str) -> NamedNode:
    property = to_term(text)
    assert isinstance(property, NamedNode)
    return property


def _held(provenance: Provenance, source: str) -> Iterator[tuple[str, int, int, int, int]]:
    with closing(sqlite3.connect(":memory:", uri=True)) as sql:
        sql.execute("CREATE TABLE spelled(subject, property, value, source)")
        sql.executemany(
            "INSERT INTO spelled VALUES (?, ?, ?, ?)",
            (
                (to_text(fact.subject), to_text(fact.property), to_text(fact.value), fact.evidence.source)
                for fact in Provenance(provenance.store).facts()
            ),
        )
        sql.execute("CREATE INDEX by_thing ON spelled(subject, property)")
        told = "SELECT subject, property, value, source FROM spelled"
        if provenance.records is not None and provenance.records.attach(sql, "records"):
            told += " UNION ALL SELECT subject, property, value, source FROM records.said"
        sql.execute(f"CREATE TEMP VIEW told AS {told}")
        yield from sql.execute(_HELD, {"source": source})


def write_agreements(agreements: tuple[Agreement, ...], names: EntityNames) -> str:
    """For people."""
    if not agreements:
        return "The source says nothing.\n"
    heads = ("in respect of", "facts", "others agree", "others say otherwise", "others are silent", "contested")
    rows = []
    for one in agreements:
        counts = (one.facts, one.agreed, one.otherwise, one.alone, one.contested)
        rows.append([property_in_words(one.property, names), *(f"{count:,}" for count in counts)])
    return columns_of(heads, rows, [False, *[True] * 5])
