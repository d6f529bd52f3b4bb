"""Dictionary-encoded triples in DuckDB: the tables that rules and shapes are compiled to SQL over.

    term(id UINTEGER, text VARCHAR)                the exact N-Triples form of each term, once
    triple(s UINTEGER, p UINTEGER, o UINTEGER)     asserted triples, each once
    inferred(s UINTEGER, p UINTEGER, o UINTEGER)   inferred triples; none of them is in `triple`

The id of a literal is `FIRST_LITERAL_ID` or more, the id of any other term is less: whether a term is a literal is
known without the dictionary. A triple term has an id as a literal has: it is one value, and never a subject. The same
triples in the same order get the same ids, and terms may keep the ids that they have in an earlier snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import ClassVar, cast

import duckdb
from pyoxigraph import RdfFormat, Triple, parse

from kg.errors import InputError
from kg.sql import quote
from kg.terms import Spo, Term, to_spo, to_text
from kg.text.sizes import to_bytes

FIRST_LITERAL_ID = 1 << 31
_LITERAL_STARTS = ('"', "<<")
HAS_LITERAL_ID = f"({' OR '.join(f'starts_with(text, {quote(start)})' for start in _LITERAL_STARTS)})"
"""SQL that is true of a `text` whose id is one of a literal."""
FORMER = "former"
"""The name under which the snapshot of an earlier build is attached."""
_MAX_CACHED = 100_000
"""The terms of an earlier snapshot are held in memory up to this number; more are looked up by SQL."""


def has_literal_id(text: str) -> bool:
    """True for a term whose id is one of a literal."""
    return text.startswith(_LITERAL_STARTS)


_COLUMNS = "(SELECT unnest(?::UINTEGER[]) AS s, unnest(?::UINTEGER[]) AS p, unnest(?::UINTEGER[]) AS o)"


class TripleTables:
    """Dictionary-encoded triples; `sql` is the DuckDB connection that rules and shapes run on.

    `memory` bounds what DuckDB holds at once (`"2GB"`); beyond it, DuckDB writes to the folder `scratch`.
    """

    engine_errors: ClassVar[tuple[type[Exception], ...]] = (duckdb.Error,)
    """What DuckDB raises; to be caught where a file may be at fault."""
    out_of_memory: ClassVar[tuple[type[Exception], ...]] = (duckdb.OutOfMemoryException,)
    """What DuckDB raises when memory and disk are full."""
    merges_in_rounds: ClassVar[bool] = False
    """True where equal terms may be too many for the memory of this process, and are merged by SQL."""

    def __init__(
        self,
        sql: duckdb.DuckDBPyConnection | None = None,
        *,
        memory: str | None = None,
        scratch: Path | None = None,
    ) -> None:
        self.sql = sql if sql is not None else duckdb.connect(":memory:")
        if memory is not None:
            self.sql.execute("SET memory_limit = ?", [f"{memory_bytes(memory)}B"])
        if scratch is not None:
            self.sql.execute("SET temp_directory = ?", [str(scratch)])
        self.sql.execute("CREATE TABLE IF NOT EXISTS term(id UINTEGER, text VARCHAR)")
        self.sql.execute("CREATE TABLE IF NOT EXISTS triple(s UINTEGER, p UINTEGER, o UINTEGER)")
        self.sql.execute("CREATE TABLE IF NOT EXISTS inferred(s UINTEGER, p UINTEGER, o UINTEGER)")
        self._ids: dict[str, int] = {}
        self._text_of: dict[int, str] = {}
        """Id -> text, of a complete dictionary in memory that is not large."""
        self._absent: set[str] = set()
        """Terms that were looked up, and that the dictionary did not have."""
        self._former_ids: dict[str, int] = {}
        self.has_former = False
        self._has_former_terms = False
        self._files = 0
        self._next_ids = [1, FIRST_LITERAL_ID]
        self._is_cached = self.count("term") == 0  # whether `_ids` has the complete dictionary
        if not self._is_cached:
            self._read_next_ids()

    def keep_ids_of(self, snapshot: Path) -> None:
        """Give terms the ids that they have in an earlier snapshot, which is attached under the name `FORMER`.

        To be called before there are any terms.
        """
        self.sql.execute(f"ATTACH {quote(snapshot)} AS {FORMER} (READ_ONLY)")
        self.has_former = True
        if self.count(f"{FORMER}.term") <= _MAX_CACHED:
            self._former_ids = dict(self.sql.execute(f"SELECT text, id FROM {FORMER}.term").fetchall())
        else:
            self._is_cached = False
        self._read_next_ids(f"{FORMER}.term")

    # --- files of facts, which other tables may read elsewhere

    @property
    def files(self) -> duckdb.DuckDBPyConnection:
        """The connection that files are read with: this one."""
        return self.sql

    def open_parquet(self, table: str, path: Path, columns: Sequence[str]) -> bool:
        """False: the file has to be read first."""
        return False

    def share(self, view: str) -> None:
        """Nothing: what is read with this connection is known to it."""

    def bring_back(self, *tables: str) -> None:
        """Nothing: these tables are with this connection already."""

    # --- adding triples

    def add(self, triples: Iterable[Triple], *, table: str = "triple") -> None:
        """Add the triples that the table does not have yet."""
        self._insert(self._encode_terms(triples), table)

    def add_texts(self, triples: Iterable[Spo], *, table: str = "triple") -> None:
        """The same, given as exact N-Triples forms."""
        self._insert(self._encode_texts(triples), table)

    def add_quads(self, triples: Iterable[Triple | Spo], *, graph: int) -> None:
        """Add triples to the table `named` as quads of the graph with this id; it may have some of them already."""
        columns = self._encode_terms(triples)
        if columns[0]:
            self.sql.execute(f"INSERT INTO named SELECT {graph}, s, p, o FROM {_COLUMNS}", list(map(str, columns)))

    def _encode_terms(self, triples: Iterable[Triple | Spo]) -> list[list[int]]:
        """The ids of the subjects, predicates and objects of triples, each triple once.

        A repeated term is looked up by itself and not by its text.
        """
        if not self._is_cached:
            return self._encode_texts(triple if isinstance(triple, tuple) else to_spo(triple) for triple in triples)
        ids: dict[Term | Triple | str, int] = {}
        new: dict[str, int] = {}
        rows: dict[int, None] = {}
        for triple in triples:
            packed = 0
            terms = triple if isinstance(triple, tuple) else (triple.subject, triple.predicate, triple.object)
            for term in terms:
                if (id := ids.get(term)) is None:
                    id = ids[term] = self._encode(term if isinstance(term, str) else to_text(term), new)
                packed = packed << 32 | id
            rows[packed] = None
        self._insert_terms(new)
        return [[row >> shift & 0xFFFFFFFF for row in rows] for shift in (64, 32, 0)]

    def _encode_texts(self, triples: Iterable[Spo]) -> list[list[int]]:
        rows = list(dict.fromkeys(triples))
        ids = self.encode(text for row in rows for text in row)
        return [[ids[row[place]] for row in rows] for place in range(3)]

    def _insert(self, columns: list[list[int]], table: str) -> None:
        if not columns[0]:
            return
        known = "" if self.count(table) == 0 else f" EXCEPT SELECT s, p, o FROM {table} ORDER BY s, p, o"
        # A list as text is several times quicker to hand over than a list of Python's integers.
        self.sql.execute(f"INSERT INTO {table} SELECT s, p, o FROM {_COLUMNS}{known}", list(map(str, columns)))

    # --- the dictionary

    def encode(self, texts: Iterable[str]) -> dict[str, int]:
        """The id of each term, given as its exact N-Triples form; new terms are added to the dictionary."""
        unique = dict.fromkeys(texts)
        known = self.find_ids(unique)
        unknown = [text for text in unique if text not in known]
        former = self._find_former(unknown)
        new = {text: former.get(text) or self._next_id(text) for text in unknown}
        self._ids.update(new)
        self._insert_terms(new)
        return {**known, **new}

    def find_ids(self, texts: Iterable[str]) -> dict[str, int]:
        """The id of each of these terms that is in the dictionary."""
        unique = dict.fromkeys(texts)
        if not self._is_cached and (
            unsure := [text for text in unique if text not in self._ids and text not in self._absent]
        ):
            self._ids.update(self._select_ids("term", unsure))
            self._absent.update(text for text in unsure if text not in self._ids)
        return {text: self._ids[text] for text in unique if text in self._ids}

    def decode(self, ids: Iterable[int]) -> dict[int, str]:
        """The exact N-Triples form of each term, by id."""
        if not self._is_cached or len(self._ids) > _MAX_CACHED:
            return self._select_texts("term", ids)
        if len(self._text_of) != len(self._ids):  # terms are only added, except by `keep_used_terms`
            self._text_of = {id: text for text, id in self._ids.items()}
        return {id: self._text_of[id] for id in ids if id in self._text_of}

    def decode_former(self, ids: Iterable[int]) -> dict[int, str]:
        """The exact N-Triples form of each term of the earlier snapshot, by id."""
        return self._select_texts(f"{FORMER}.term", ids)

    def _select_texts(self, table: str, ids: Iterable[int]) -> dict[int, str]:
        unique = sorted(set(ids))
        if not unique:
            return {}
        query = f"SELECT id, text FROM {table} WHERE id IN (SELECT unnest(?::UINTEGER[]))"
        return dict(self.sql.execute(query, [str(unique)]).fetchall())

    def add_dictionary(self, table: str, *, is_distinct: bool = False) -> None:
        """Add the terms in the column `exact` of a table to the dictionary, in the order of their text."""
        new = "" if self.count("term") == 0 else " ANTI JOIN term AS t ON t.text = f.exact"
        distinct = "" if is_distinct else "DISTINCT "
        made = self.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE new_term AS SELECT {distinct}exact FROM {table} AS f{new}"
        )
        if made.fetchall() == [(0,)]:
            return
        if self.has_former:
            self.sql.execute(
                f"INSERT INTO term SELECT f.id, f.text FROM {FORMER}.term AS f SEMI JOIN new_term AS n"
                " ON n.exact = f.text ORDER BY f.id"
            )
            self.sql.execute("DELETE FROM new_term WHERE exact IN (SELECT text FROM term)")
        for is_literal, first in enumerate(self._next_ids):
            condition = "" if is_literal else "NOT "
            starts = "(starts_with(exact, '\"') OR starts_with(exact, '<<'))"
            self.sql.execute(
                f"INSERT INTO term SELECT {first - 1} + row_number() OVER (), exact"
                f" FROM (SELECT exact FROM new_term WHERE {condition}{starts} ORDER BY exact) AS g"
            )
        self.sql.execute("DROP TABLE new_term")
        self._is_cached = False
        self._read_next_ids()

    def take_former_terms(self) -> None:
        """Add all terms of the earlier snapshot."""
        self._absent.clear()
        self.sql.execute(f"INSERT INTO term SELECT id, text FROM {FORMER}.term ANTI JOIN term USING (id)")
        self._has_former_terms = True
        if self._is_cached:
            self._ids = dict(self.sql.execute("SELECT text, id FROM term").fetchall())

    def keep_used_terms(self, *, table: str = "triple") -> None:
        """Remove the terms that no triple of a table has: what is inferred about terms is about those of the graph."""
        self.keep_terms(f"SELECT s FROM {table} UNION SELECT p FROM {table} UNION SELECT o FROM {table}")

    def keep_terms(self, used: str) -> None:
        """Remove the terms whose ids a query does not have."""
        removed = self.sql.execute(f"DELETE FROM term WHERE id NOT IN ({used}) RETURNING text").fetchall()
        self._text_of.clear()
        self._has_former_terms = False
        for (text,) in removed:
            self._ids.pop(text, None)

    def _encode(self, text: str, new: dict[str, int]) -> int:
        id = self._ids.get(text)
        if id is None:
            id = self._ids[text] = new[text] = self._former_ids.get(text) or self._next_id(text)
        return id

    def _find_former(self, texts: list[str]) -> dict[str, int]:
        """The ids in the earlier snapshot of those of these terms that it has."""
        if not self.has_former or self._has_former_terms or not texts:
            return {}
        if self._former_ids:
            return {text: self._former_ids[text] for text in texts if text in self._former_ids}
        return self._select_ids(f"{FORMER}.term", texts)

    def _select_ids(self, table: str, texts: list[str]) -> dict[str, int]:
        query = f"SELECT text, id FROM {table} WHERE text IN (SELECT unnest(string_split(?, chr(10))))"
        return dict(self.sql.execute(query, ["\n".join(texts)]).fetchall())

    def _next_id(self, text: str) -> int:
        is_literal = int(has_literal_id(text))
        self._next_ids[is_literal] += 1
        return self._next_ids[is_literal] - 1

    def _read_next_ids(self, table: str = "term") -> None:
        self._absent.clear()
        rows = self.sql.execute(f"SELECT id >= {FIRST_LITERAL_ID}, max(id) FROM {table} GROUP BY ALL").fetchall()
        for is_literal, last in rows:
            self._next_ids[int(is_literal)] = max(self._next_ids[int(is_literal)], last + 1)

    def _insert_terms(self, new: Mapping[str, int]) -> None:
        if new:
            # N-Triples writes line ends inside a term as \n and \r, so a line end separates two terms.
            self.sql.execute(
                "INSERT INTO term SELECT unnest(?::UINTEGER[]), unnest(string_split(?, chr(10)))",
                [str(list(new.values())), "\n".join(new)],
            )

    # --- reading

    def count(self, table: str) -> int:
        """How many rows a table has."""
        row = self.sql.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(row[0]) if row is not None else 0

    def triples(self, *, table: str = "triple") -> Iterator[Triple]:
        """The exact triples of a table, in the order of their text."""
        rows = self.triple_texts(table=table)
        while batch := list(islice(rows, 10_000)):
            lines = "\n".join(f"{s} {p} {o} ." for s, p, o in batch)
            yield from cast(Iterator[Triple], parse(lines, format=RdfFormat.N_TRIPLES))

    def triple_texts(self, *, table: str = "triple") -> Iterator[Spo]:
        """The same, as exact N-Triples forms."""
        rows = self.sql.cursor().execute(
            f"SELECT a.text, b.text, c.text FROM {table} t JOIN term a ON a.id = t.s JOIN term b ON b.id = t.p"
            " JOIN term c ON c.id = t.o ORDER BY ALL"
        )
        while batch := rows.fetchmany(10_000):
            yield from batch

    def read_dictionary(self) -> None:
        """Take note of a dictionary that the table `term` has been given."""
        self._is_cached = False
        self._ids.clear()
        self._read_next_ids()

    def next_file_number(self) -> int:
        """The number of the next file that is read into the tables, from 1."""
        self._files += 1
        return self._files


def memory_bytes(memory: str) -> int:
    """The number of bytes of a size such as `2GB`; raises `InputError` for what is none."""
    try:
        return to_bytes(memory)
    except ValueError as error:
        raise InputError(f"{error}.") from error


def memory_limit(sql: duckdb.DuckDBPyConnection) -> int:
    """How many bytes DuckDB may hold at once."""
    setting = sql.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]
    number, _, unit = str(setting).partition(" ")
    return int(float(number) * 1024 ** ("bytes", "KiB", "MiB", "GiB", "TiB").index(unit or "bytes"))
