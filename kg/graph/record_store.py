"""Facts of tables walk in, as many as there are; who says a triple in which record walks out.

A fact with a passage has its evidence spelled out in the provenance graph. A table of millions has evidence per record:
the graph knows the records and what each is about, and which record says which triple stands in a SQLite file beside
the store, so that provenance never outweighs knowledge.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from kg.decisions.conflicts import Resolution
from kg.facts.model import Evidence, Fact
from kg.reports import Place
from kg.terms import Term, to_term, to_text

FILE = "records.sqlite"
_COLUMNS = "subject, property, value, source, record, retrieved, file, line"


def is_record(fact: Fact) -> bool:
    """True for a fact that says nothing but its value, its source and its record."""
    spot = fact.evidence
    told = (fact.written, fact.as_of, fact.because, fact.paraphrase)
    return bool(spot.record) and not spot.has_span and not any(told) and fact.rank == "normal"


def split_records(decided: Resolution) -> tuple[list[Fact], list[Fact]]:
    """The facts whose evidence is kept per record, and those whose evidence is spelled out.

    Spelled out is also what a decision preferred: an answer can then show both sides.
    """
    preferred = {fact for decision in decided.decisions for fact in decision.preferred}
    subjects = {fact.subject for fact in preferred}  # few: nearly no fact has to be compared whole
    kept: list[Fact] = []
    spelled: list[Fact] = []
    for fact in decided.facts:
        chosen = fact.subject in subjects and fact in preferred
        (kept if is_record(fact) and not chosen else spelled).append(fact)
    return kept, spelled


def write_records(path: Path, facts: Iterable[Fact]) -> int:
    """Write the facts of tables into a new file; how many comes back. Without any, there is no file."""
    rows = map(_row, facts)
    first = next(rows, None)
    if first is None:
        return 0
    with sqlite3.connect(path) as sql:
        sql.execute("PRAGMA journal_mode = OFF")
        sql.execute("PRAGMA synchronous = OFF")
        sql.execute(f"CREATE TABLE said({_COLUMNS})")
        sql.executemany("INSERT INTO said VALUES (?, ?, ?, ?, ?, ?, ?, ?)", chain((first,), rows))
        sql.execute("CREATE INDEX by_subject ON said(subject, property)")
        count: int = sql.execute("SELECT COUNT(*) FROM said").fetchone()[0]
    sql.close()
    return count


class RecordStore:
    """The record facts of a build; empty where it has none."""

    def __init__(self, build: Path) -> None:
        self._path = build / FILE

    def facts(self, triple: Triple | None = None) -> Iterator[Fact]:
        """Who says a triple; without a triple, all facts, in the order in which they were read."""
        if triple is None:
            return self._read("SELECT {} FROM said ORDER BY rowid", ())
        parts = (to_text(triple.subject), to_text(triple.predicate), to_text(triple.object))  # type: ignore[arg-type]
        return self._read("SELECT {} FROM said WHERE subject = ? AND property = ? AND value = ? ORDER BY rowid", parts)

    def about(self, subject: Term) -> Iterator[Fact]:
        """Every fact about one thing."""
        return self._read("SELECT {} FROM said WHERE subject = ? ORDER BY rowid", (to_text(subject),))

    def attach(self, sql: sqlite3.Connection, name: str) -> bool:
        """Let a connection read them as `name.said`; False where the build has none."""
        if self._path.is_file():
            sql.execute(f"ATTACH ? AS {name}", (f"{self._path.as_uri()}?mode=ro&immutable=1",))
        return self._path.is_file()

    def _read(self, query: str, values: tuple[str, ...]) -> Iterator[Fact]:
        if not self._path.is_file():
            return
        # A connection for each walk, opened to read only: several threads may walk at once.
        sql = sqlite3.connect(f"{self._path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        try:
            for row in sql.execute(query.format(_COLUMNS), values):
                yield _fact(row)
        finally:
            sql.close()


def _row(fact: Fact) -> tuple[str | int, ...]:
    spot = fact.evidence
    terms = (to_text(fact.subject), to_text(fact.property), to_text(fact.value))
    return (*terms, spot.source, spot.record, spot.retrieved, fact.place.file, fact.place.line)


def _fact(row: tuple[str, str, str, str, str, str, str, int]) -> Fact:
    subject, predicate, value = (to_term(text) for text in row[:3])
    assert not hasattr(subject, "datatype")
    assert isinstance(predicate, NamedNode)
    evidence = Evidence(row[3], record=row[4], retrieved=row[5])
    return Fact(subject, predicate, value, evidence, place=Place(row[6], row[7]))
