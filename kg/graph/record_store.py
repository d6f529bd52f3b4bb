"""Evidence of bulk facts, kept per record in an SQLite file beside the store.

A fact with a passage is reified in the provenance graph. A table of millions has evidence per record instead: the
graph has the records and what each is about, and this file has which record states which triple, so that provenance
never outweighs knowledge.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from kg.decisions.conflicts import Resolution
from kg.facts.model import Evidence, Fact
from kg.reports import Place
from kg.terms import Term, to_term, to_text

FILE = "records.sqlite"
_COLUMNS = "subject, property, value, source, record, retrieved, file, line"


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """The facts of a graph by the form of their evidence: `per_record` in this store, `reified` as triples."""

    per_record: tuple[Fact, ...]
    reified: tuple[Fact, ...]


def split_facts(resolution: Resolution) -> StoredFacts:
    """Facts by the form of their evidence.

    A fact that a decision preferred is always reified: an answer can then show both sides.
    """
    preferred = {fact for decision in resolution.decisions for fact in decision.preferred}
    subjects = {fact.subject for fact in preferred}  # few: hardly any fact has to be compared with all its fields
    per_record: list[Fact] = []
    reified: list[Fact] = []
    for fact in resolution.facts:
        is_preferred = fact.subject in subjects and fact in preferred
        (per_record if is_record(fact) and not is_preferred else reified).append(fact)
    return StoredFacts(tuple(per_record), tuple(reified))


def is_record(fact: Fact) -> bool:
    """True for a fact that has nothing but its value, its source and its record."""
    evidence = fact.evidence
    further = (fact.written, fact.as_of, fact.because, fact.paraphrase)
    return bool(evidence.record) and not evidence.has_span and not any(further) and fact.rank == "normal"


def write_records(path: Path, facts: Iterable[Fact]) -> None:
    """Write facts into a new file; without any fact there is no file."""
    rows = map(_to_row, facts)
    first = next(rows, None)
    if first is None:
        return
    with sqlite3.connect(path) as sql:
        sql.execute("PRAGMA journal_mode = OFF")
        sql.execute("PRAGMA synchronous = OFF")
        sql.execute(f"CREATE TABLE fact({_COLUMNS})")
        sql.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?, ?)", chain((first,), rows))
        sql.execute("CREATE INDEX by_subject ON fact(subject, property)")
    sql.close()


class RecordStore:
    """The facts of a build that have evidence per record; empty where the build has no such facts."""

    def __init__(self, build: Path) -> None:
        self._path = build / FILE

    def facts(self, triple: Triple | None = None) -> Iterator[Fact]:
        """The facts that state a triple; without a triple, all facts, in the order in which they were read."""
        if triple is None:
            return self._read("SELECT {} FROM fact ORDER BY rowid", ())
        parts = (to_text(triple.subject), to_text(triple.predicate), to_text(triple.object))  # type: ignore[arg-type]
        return self._read("SELECT {} FROM fact WHERE subject = ? AND property = ? AND value = ? ORDER BY rowid", parts)

    def facts_about(self, subject: Term) -> Iterator[Fact]:
        """Every fact about an entity."""
        return self._read("SELECT {} FROM fact WHERE subject = ? ORDER BY rowid", (to_text(subject),))

    def attach(self, sql: sqlite3.Connection, name: str) -> bool:
        """Let a connection read the facts as the table `name.fact`; False where the build has none."""
        if self._path.is_file():
            sql.execute(f"ATTACH ? AS {name}", (f"{self._path.as_uri()}?mode=ro&immutable=1",))
        return self._path.is_file()

    def _read(self, query: str, values: tuple[str, ...]) -> Iterator[Fact]:
        if not self._path.is_file():
            return
        # A read-only connection for each iteration: several threads may iterate at once.
        sql = sqlite3.connect(f"{self._path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        try:
            for row in sql.execute(query.format(_COLUMNS), values):
                yield _to_fact(row)
        finally:
            sql.close()


def _to_row(fact: Fact) -> tuple[str | int, ...]:
    evidence, place = fact.evidence, fact.place
    terms = (to_text(fact.subject), to_text(fact.property), to_text(fact.value))
    return (*terms, evidence.source, evidence.record, evidence.retrieved, place.file, place.line)


def _to_fact(row: tuple[str, str, str, str, str, str, str, int]) -> Fact:
    subject, predicate, value = (to_term(text) for text in row[:3])
    assert not hasattr(subject, "datatype")
    assert isinstance(predicate, NamedNode)
    evidence = Evidence(row[3], record=row[4], retrieved=row[5])
    return Fact(subject, predicate, value, evidence, place=Place(row[6], row[7]))
