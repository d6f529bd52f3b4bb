"""Conflicts between sources and what was decided; and, for one source, how often the others agree with it."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.decisions.conflicts import ContestedFact, DecisionKind
from kg.facts.model import Fact, to_row
from kg.graph.provenance import Provenance
from kg.lookup.entity_names import EntityNames
from kg.lookup.phrases import cite_fact, property_in_words, triple_in_words
from kg.passages.texts import Texts
from kg.terms import to_curie, to_term, to_text
from kg.text_table import format_table


@dataclass(frozen=True, slots=True)
class Conflict:
    """Facts that cannot all hold: those that were preferred, and the contested ones with the reason."""

    preferred: tuple[Fact, ...]
    contested: tuple[ContestedFact, ...]

    @property
    def sources(self) -> set[str]:
        """The ids of the sources of all its facts."""
        facts = (*self.preferred, *(contested.fact for contested in self.contested))
        return {fact.evidence.source for fact in facts}

    @property
    def reason(self) -> str:
        """Why it was decided so."""
        return "; ".join(dict.fromkeys(contested.reason for contested in self.contested))

    def as_dict(self) -> dict[str, object]:
        """The conflict as JSON has it."""
        contested = [to_row(lost.fact) | {"kind": lost.kind.value, "reason": lost.reason} for lost in self.contested]
        return {"preferred": [to_row(fact) for fact in self.preferred], "contested": contested, "reason": self.reason}


def find_conflicts(provenance: Provenance) -> Iterator[Conflict]:
    """Every conflict of a store: its contested facts, grouped by subject and property."""
    curated = Provenance(provenance.store)
    groups: dict[tuple[object, object], list[ContestedFact]] = defaultdict(list)
    for contested in provenance.contested():
        groups[contested.fact.subject, contested.fact.property].append(contested)
    for (_, property), group in groups.items():
        # A deprecated row of a bulk table need not have a rival, and other rows of the table are not its rivals.
        is_disputed = any(contested.kind is not DecisionKind.DEPRECATED for contested in group)
        facts = (provenance if is_disputed else curated).facts_about(group[0].fact.subject)
        lost = {contested.fact.value for contested in group}
        preferred = (fact for fact in facts if fact.property == property and fact.value not in lost)
        yield Conflict(tuple(sorted(preferred, key=lambda fact: fact.id)), tuple(group))


def write_conflicts(conflicts: Iterable[Conflict], names: EntityNames, texts: Texts) -> str:
    """The conflicts for people: both sides, each with its passage."""
    lines = []
    for conflict in conflicts:
        for contested in conflict.contested:
            lines.append(triple_in_words(contested.fact.triple, names))
            lines.append(f"    {contested.kind}: {contested.reason}")
            lines.append(f"    {cite_fact(contested.fact, texts)}")
        for fact in conflict.preferred:
            lines.append(f"  instead: {triple_in_words(fact.triple, names)}")
            lines.append(f"    {cite_fact(fact, texts)}")
        lines.append("")
    return "\n".join(lines) if lines else "There are no conflicts.\n"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the other sources compare with one source in one property, in numbers of its facts.

    `agreed` facts are stated by another source too. `differing` are those where others state only other values of the
    same entity, which for a property of many values need not contradict. `alone` are those where no other source
    states a value. `contested` facts are not accepted as true, and are counted apart.
    """

    property: NamedNode
    facts: int
    agreed: int
    differing: int
    alone: int
    contested: int

    def as_dict(self) -> dict[str, object]:
        """The numbers as JSON has them."""
        return {
            "property": to_curie(self.property.value),
            "facts": self.facts,
            "agreed": self.agreed,
            "otherwise": self.differing,
            "alone": self.alone,
            "contested": self.contested,
        }


_COUNTS = """
WITH own AS (SELECT DISTINCT subject, property, value FROM fact WHERE source = :source)
SELECT property, COUNT(*), SUM(agreed), SUM(stated AND NOT agreed), SUM(NOT stated) FROM (
  SELECT property,
    EXISTS (SELECT 1 FROM fact WHERE fact.subject = own.subject AND fact.property = own.property
            AND fact.value = own.value AND fact.source <> :source) AS agreed,
    EXISTS (SELECT 1 FROM fact WHERE fact.subject = own.subject AND fact.property = own.property
            AND fact.source <> :source) AS stated
  FROM own)
GROUP BY property
"""


def measure_agreement(provenance: Provenance, source: str) -> tuple[Agreement, ...]:
    """How the other sources compare with a source, by property; those with most facts first."""
    contested = Counter(
        to_text(contested.fact.property)
        for contested in provenance.contested()
        if contested.fact.evidence.source == source
    )
    counts = {row[0]: row[1:] for row in _count_facts(provenance, source)}
    agreements = (
        Agreement(_to_property(name), *counts.get(name, (0, 0, 0, 0)), contested[name])
        for name in counts.keys() | contested.keys()
    )
    return tuple(sorted(agreements, key=lambda agreement: (-agreement.facts, agreement.property.value)))


def _to_property(text: str) -> NamedNode:
    property = to_term(text)
    assert isinstance(property, NamedNode)
    return property


def _count_facts(provenance: Provenance, source: str) -> Iterator[tuple[str, int, int, int, int]]:
    with closing(sqlite3.connect(":memory:", uri=True)) as sql:
        sql.execute("CREATE TABLE curated(subject, property, value, source)")
        sql.executemany(
            "INSERT INTO curated VALUES (?, ?, ?, ?)",
            (
                (to_text(fact.subject), to_text(fact.property), to_text(fact.value), fact.evidence.source)
                for fact in Provenance(provenance.store).facts()
            ),
        )
        sql.execute("CREATE INDEX by_subject ON curated(subject, property)")
        facts = "SELECT subject, property, value, source FROM curated"
        if provenance.records is not None and provenance.records.attach(sql, "records"):
            facts += " UNION ALL SELECT subject, property, value, source FROM records.fact"
        sql.execute(f"CREATE TEMP VIEW fact AS {facts}")
        yield from sql.execute(_COUNTS, {"source": source})


def write_agreements(agreements: tuple[Agreement, ...], names: EntityNames) -> str:
    """The numbers as a table."""
    if not agreements:
        return "The source states nothing.\n"
    heads = ("property", "facts", "others agree", "others differ", "no other source", "contested")
    rows = [
        [
            property_in_words(agreement.property, names),
            f"{agreement.facts:,}",
            f"{agreement.agreed:,}",
            f"{agreement.differing:,}",
            f"{agreement.alone:,}",
            f"{agreement.contested:,}",
        ]
        for agreement in agreements
    ]
    return format_table(heads, rows, [False, *[True] * 5])
