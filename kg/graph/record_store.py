"""Evidence of bulk facts, kept per record in an SQLite file beside the store.

A fact with a passage is reified in the provenance graph. A table of millions has evidence per record instead: the
graph has the records and what each is about, and this file has which record states which triple, so that provenance
never outweighs knowledge. A fact that a decision preferred is always reified: an answer can then show both sides.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from kg.facts.fact_table import PER_RECORD, ProjectFacts
from kg.facts.model import Evidence, Fact
from kg.reports import Place
from kg.terms import Term, to_term, to_text

FILE = "records.sqlite"
_COLUMNS = "subject, property, value, source, record, retrieved, file, line"
_BATCH = 50_000


def write_records(path: Path, table: ProjectFacts) -> None:
    """Write the facts with evidence per record into a new file; without any such fact there is no file."""
    rows = table.sql.cursor().execute(
        "SELECT a.text, b.text, c.text, source, record, retrieved, file, line FROM fact AS f"
        " JOIN fact_origin AS g ON g.id = f.origin JOIN term AS a ON a.id = f.s JOIN term AS b ON b.id = f.p"
        f" JOIN term AS c ON c.id = f.o WHERE {PER_RECORD} ORDER BY number"
    )
    batch = rows.fetchmany(_BATCH)
    if not batch:
        return
    with sqlite3.connect(path) as sql:
        sql.execute("PRAGMA journal_mode = OFF")
        sql.execute("PRAGMA synchronous = OFF")
        sql.execute(f"CREATE TABLE fact({_COLUMNS})")
        while batch:
            sql.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?, ?)", batch)
            batch = rows.fetchmany(_BATCH)
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


def _to_fact(row: tuple[str, str, str, str, str, str, str, int]) -> Fact:
    subject, predicate, value = (to_term(text) for text in row[:3])
    assert not hasattr(subject, "datatype")
    assert isinstance(predicate, NamedNode)
    evidence = Evidence(row[3], record=row[4], retrieved=row[5])
    return Fact(subject, predicate, value, evidence, place=Place(row[6], row[7]))
