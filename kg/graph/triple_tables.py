"""Triples walk into the workshop, integer-coded; exact terms walk out again.

The workshop is a DuckDB database of three tables that rules and shapes are compiled to SQL over:

    term(id UINTEGER, text VARCHAR)       the exact N-Triples form of each term, once
    triple(s UINTEGER, p UINTEGER, o UINTEGER)     what is asserted, each once
    inferred(s UINTEGER, p UINTEGER, o UINTEGER)   what follows; holds nothing that `triple` holds

The number of a literal is `LITERALS` or more, that of every other term is less: whether a term is a literal is seen
without opening the dictionary. The same triples in the same order get the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import ClassVar, cast

import duckdb
from pyoxigraph import RdfFormat, Triple, parse

from kg.errors import InputError
from kg.terms import Term, to_text

FIRST_LITERAL_ID = 1 << 31
"""The first number of a literal."""


class TripleTables:
    """Integer-coded triples and their dictionary; `sql` is the DuckDB connection that rules and shapes run on.

    `memory` bounds what DuckDB holds at once (`"2GB"`); beyond it, it writes to the folder `scratch`.
    """

    refusals: ClassVar[tuple[type[Exception], ...]] = (duckdb.Error,)
    """What the engine raises; caught where a file may be at fault."""
    out_of_memory: ClassVar[tuple[type[Exception], ...]] = (duckdb.OutOfMemoryException,)
    """What the engine raises when it may hold no more, in memory or on disk."""

    def __init__(
        self,
        sql: duckdb.DuckDBPyConnection | None = None,
        *,
        memory: str | None = None,
        scratch: Path | None = None,
    ) -> None:
        self.sql = sql if sql is not None else duckdb.connect(":memory:")
        if memory is not None:
            try:
                self.sql.execute("SET memory_limit = ?", [memory])
            except duckdb.Error as error:
                raise InputError(f"{memory!r} is no size of memory; write it like 2GB.") from error
        if scratch is not None:
            self.sql.execute("SET temp_directory = ?", [str(scratch)])
        self.sql.execute("CREATE TABLE IF NOT EXISTS term(id UINTEGER, text VARCHAR)")
        self.sql.execute("CREATE TABLE IF NOT EXISTS triple(s UINTEGER, p UINTEGER, o UINTEGER)")
        self.sql.execute("CREATE TABLE IF NOT EXISTS inferred(s UINTEGER, p UINTEGER, o UINTEGER)")
        self._ids: dict[str, int] = {}
        self._files = 0
        self._next = [1, FIRST_LITERAL_ID]
        self._all_known = self.count("term") == 0  # whether `_ids` holds the whole dictionary
        if not self._all_known:
            self._count_on()

    def add(self, triples: Iterable[Triple], *, table: str = "triple") -> None:
        """Assert the triples that are not asserted yet."""
        self.add_terms(((cast(Term, t.subject), t.predicate, cast(Term, t.object)) for t in triples), table=table)

    def add_terms(self, triples: Iterable[tuple[Term, Term, Term]], *, table: str = "triple") -> None:
        """The same, given term by term: a term that is met again is looked up by itself and not by its text."""
        if not self._all_known:
            self.add_texts(((to_text(s), to_text(p), to_text(o)) for s, p, o in triples), table=table)
            return
        ids: dict[Term, int] = {}
        fresh: dict[str, int] = {}
        rows: dict[int, None] = {}
        for triple in triples:
            packed = 0
            for term in triple:
                if (number := ids.get(term)) is None:
                    number = ids[term] = self._number(to_text(term), fresh)
                packed = packed << 32 | number
            rows[packed] = None
        self._enter_texts(fresh)
        self._insert([[row >> shift & 0xFFFFFFFF for row in rows] for shift in (64, 32, 0)], table)

    def _number(self, text: str, fresh: dict[str, int]) -> int:
        number = self._ids.get(text)
        if number is None:
            number = self._ids[text] = fresh[text] = self._take(text)
        return number

    def add_texts(self, triples: Iterable[tuple[str, str, str]], *, table: str = "triple") -> None:
        """Put triples, given as exact N-Triples forms, into a table that holds none of them twice."""
        rows = list(dict.fromkeys(triples))
        if not rows:
            return
        ids = self.encode(text for row in rows for text in row)
        self._insert([[ids[row[place]] for row in rows] for place in range(3)], table)

    def _insert(self, columns: list[list[int]], table: str) -> None:
        if not columns[0]:
            return
        fresh = "(SELECT unnest(?::UINTEGER[]) AS s, unnest(?::UINTEGER[]) AS p, unnest(?::UINTEGER[]) AS o)"
        known = "" if self.count(table) == 0 else f" EXCEPT SELECT s, p, o FROM {table} ORDER BY s, p, o"
        # A list as text is several times quicker to hand over than a list of Python's integers.
        self.sql.execute(f"INSERT INTO {table} SELECT s, p, o FROM {fresh}{known}", [str(c) for c in columns])

    def encode(self, texts: Iterable[str]) -> dict[str, int]:
        """The number of each term, given as its exact N-Triples form; new terms are entered in the dictionary."""
        wanted = dict.fromkeys(texts)
        known = self.find_ids(wanted)
        fresh = {text: self._take(text) for text in wanted if text not in known}
        self._ids.update(fresh)
        self._enter_texts(fresh)
        return {**known, **fresh}

    def _enter_texts(self, fresh: Mapping[str, int]) -> None:
        if fresh:
            # N-Triples writes line ends inside a term as \n and \r, so that a line end parts two terms.
            self.sql.execute(
                "INSERT INTO term SELECT unnest(?::UINTEGER[]), unnest(string_split(?, chr(10)))",
                [str(list(fresh.values())), "\n".join(fresh)],
            )

    def find_ids(self, texts: Iterable[str]) -> dict[str, int]:
        """The number of each of these terms that the dictionary holds."""
        wanted = dict.fromkeys(texts)
        if not self._all_known and (unsure := [text for text in wanted if text not in self._ids]):
            rows = self.sql.execute(
                "SELECT text, id FROM term WHERE text IN (SELECT unnest(string_split(?, chr(10))))", ["\n".join(unsure)]
            )
            self._ids.update(rows.fetchall())
        return {text: self._ids[text] for text in wanted if text in self._ids}

    def decode(self, numbers: Iterable[int]) -> dict[int, str]:
        """The exact N-Triples form of each numbered term."""
        wanted = sorted(set(numbers))
        if not wanted:
            return {}
        rows = self.sql.execute("SELECT id, text FROM term WHERE id IN (SELECT unnest(?::UINTEGER[]))", [str(wanted)])
        return dict(rows.fetchall())

    def ids(self, terms: Iterable[Term]) -> Mapping[Term, int]:
        """Each term's number, for those that the workshop knows."""
        wanted = {to_text(term): term for term in terms}
        return {wanted[text]: number for text, number in self.find_ids(wanted).items()}

    def count(self, table: str) -> int:
        """How many rows a table has."""
        row = self.sql.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(row[0]) if row is not None else 0

    def triples(self, *, table: str = "triple") -> Iterator[Triple]:
        """The exact triples of one table, in the order of their text."""
        rows = self.triple_texts(table=table)
        while batch := list(islice(rows, 10_000)):
            lines = "\n".join(f"{s} {p} {o} ." for s, p, o in batch)
            yield from cast(Iterator[Triple], parse(lines, format=RdfFormat.N_TRIPLES))

    def triple_texts(self, *, table: str = "triple") -> Iterator[tuple[str, str, str]]:
        """The same, each term as its exact N-Triples form."""
        rows = self.sql.cursor().execute(
            f"SELECT a.text, b.text, c.text FROM {table} t JOIN term a ON a.id = t.s JOIN term b ON b.id = t.p"
            " JOIN term c ON c.id = t.o ORDER BY ALL"
        )
        while batch := rows.fetchmany(10_000):
            yield from batch

    def memory_limit(self) -> int:
        """How many bytes the engine may hold at once."""
        setting = self.sql.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]
        number, _, unit = str(setting).partition(" ")
        return int(float(number) * 1024 ** ("bytes", "KiB", "MiB", "GiB", "TiB").index(unit or "bytes"))

    def next_file_number(self) -> int:
        """The number of the file that is being read, from 1."""
        self._files += 1
        return self._files

    def enter_terms(self, table: str, *, each_once: bool = False) -> None:
        """Enter in the dictionary the terms that a table has in its column `exact`, in the order of their text."""
        new = "" if self.count("term") == 0 else " AND exact NOT IN (SELECT text FROM term)"
        distinct = "" if each_once else "DISTINCT "
        for literal, first in enumerate(self._next):
            kind = "starts_with" if literal else "NOT starts_with"
            fresh = f"SELECT {distinct}exact FROM {table} WHERE {kind}(exact, '\"'){new}"
            self.sql.execute(
                f"INSERT INTO term SELECT {first - 1} + row_number() OVER (), exact"
                f" FROM (SELECT exact FROM ({fresh}) AS f ORDER BY exact) AS g"
            )
        self._all_known = False
        self._count_on()

    def _take(self, text: str) -> int:
        """The next free number of a term of this kind."""
        kind = int(text.startswith('"'))
        self._next[kind] += 1
        return self._next[kind] - 1

    def _count_on(self) -> None:
        rows = self.sql.execute(f"SELECT id >= {FIRST_LITERAL_ID}, max(id) FROM term GROUP BY ALL").fetchall()
        for literal, last in rows:
            self._next[int(literal)] = last + 1
