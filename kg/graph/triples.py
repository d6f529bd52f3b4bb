"""Triples walk into the workshop, integer-coded; exact terms walk out again.

The workshop is a DuckDB database of three tables that rules and shapes are compiled to SQL over:

    term(id UINTEGER, text VARCHAR)       the exact N-Triples form of each term, once
    triple(s UINTEGER, p UINTEGER, o UINTEGER)     what is asserted, each once
    inferred(s UINTEGER, p UINTEGER, o UINTEGER)   what follows; holds nothing that `triple` holds
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import duckdb
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.terms import Term, to_term, to_text


class Workshop:
    """Integer-coded triples and their dictionary; `sql` is the DuckDB connection that rules and shapes run on."""

    def __init__(self, sql: duckdb.DuckDBPyConnection | None = None) -> None:
        self.sql = sql if sql is not None else duckdb.connect(":memory:")
        self.sql.execute("CREATE TABLE IF NOT EXISTS term(id UINTEGER, text VARCHAR)")
        self.sql.execute("CREATE TABLE IF NOT EXISTS triple(s UINTEGER, p UINTEGER, o UINTEGER)")
        self.sql.execute("CREATE TABLE IF NOT EXISTS inferred(s UINTEGER, p UINTEGER, o UINTEGER)")
        self._ids: dict[str, int] = {}

    def add(self, triples: Iterable[Triple]) -> None:
        """Assert the triples that are not asserted yet."""
        rows = [
            (
                self._id(to_text(cast(Term, t.subject))),
                self._id(to_text(t.predicate)),
                self._id(to_text(cast(Term, t.object))),
            )
            for t in triples
        ]
        known = {int(row[0]) for row in self.sql.execute("SELECT id FROM term").fetchall()}
        fresh = [(number, text) for text, number in self._ids.items() if number not in known]
        if fresh:
            self.sql.executemany("INSERT INTO term VALUES (?, ?)", fresh)
        if rows:
            self.sql.executemany("INSERT INTO triple SELECT ?, ?, ? WHERE true", list(dict.fromkeys(rows)))

    def ids(self, terms: Iterable[Term]) -> Mapping[Term, int]:
        """Each term's number, for those that the workshop knows."""
        return {term: self._ids[to_text(term)] for term in terms if to_text(term) in self._ids}

    def triples(self, *, table: str = "triple") -> Iterator[Triple]:
        """The exact triples of one table, in the order of their text."""
        rows = self.sql.execute(
            f"SELECT a.text, b.text, c.text FROM {table} t JOIN term a ON a.id = t.s JOIN term b ON b.id = t.p"  # noqa: S608
            " JOIN term c ON c.id = t.o ORDER BY ALL"
        )
        while batch := rows.fetchmany(10_000):
            for s, p, o in batch:
                yield Triple(
                    cast(NamedNode | BlankNode, to_term(s)), cast(NamedNode, to_term(p)), cast(Literal, to_term(o))
                )

    def _id(self, text: str) -> int:
        return self._ids.setdefault(text, len(self._ids) + 1)
