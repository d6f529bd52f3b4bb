"""Triple tables whose rows of integers are in Spark; the dictionary stays in DuckDB, on disk if it is large."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any, cast

import duckdb

from kg.engines.duckdb import DuckDbEngine
from kg.engines.spark import CollectedRows, SparkEngine, StreamedRows, WrittenRows
from kg.engines.spark_session import open_session
from kg.graph.triple_tables import FIRST_LITERAL_ID, TripleTables
from kg.sql import quote
from kg.terms import Spo, to_text

_COPIED = ("triple", "inferred")
_READS_TERMS = re.compile(r"\bterm\b")


class SparkTables(TripleTables):
    """Tables that the reasoner fills on Spark; `bring_back` copies its conclusions into the tables they came from."""

    def __init__(self, tables: TripleTables, engine: SparkEngine) -> None:
        self.local, self.engine = tables, engine
        self._duckdb, self._numbers = DuckDbEngine(tables.sql), count(1)
        self._forget_terms()
        for table in _COPIED:
            path = engine.folder / f"given-{table}"
            self._duckdb.write_parquet(table, path)
            engine.read_parquet(table, path)
        self.sql = cast(duckdb.DuckDBPyConnection, SparkConnection(self))

    def bring_back(self, *tables: str) -> None:
        """Copy tables from Spark into the local ones of these names; those that are not there have triples."""
        for table in tables:
            path = self.engine.folder / f"result-{next(self._numbers)}"
            self.engine.write_parquet(table, path)
            self.local.sql.execute(f"CREATE TABLE IF NOT EXISTS {table}(s UINTEGER, p UINTEGER, o UINTEGER)")
            self.local.sql.execute(f"CREATE OR REPLACE TABLE {table} AS FROM {table} LIMIT 0")
            if any(path.glob("*.parquet")):
                self.local.sql.execute(f"INSERT INTO {table} BY NAME FROM {_parquet(path)}")
            rmtree(path)

    def _forget_terms(self) -> None:
        """Have Spark know no terms."""
        self._shared_terms, self._terms = [0, FIRST_LITERAL_ID - 1], 0
        self.engine.execute("DROP TABLE IF EXISTS term")
        self.engine.execute("CREATE TABLE term(id BIGINT, text VARCHAR)")

    def share_terms(self) -> None:
        """Have Spark know the terms that were added since it was last asked about terms."""
        if (terms := self.local.count("term")) == self._terms:
            return
        self._terms = terms
        last_entity, last_literal = self._shared_terms
        new = f"(id > {last_entity} AND id < {FIRST_LITERAL_ID}) OR id > {last_literal}"
        path = self.engine.folder / f"term-{next(self._numbers)}.parquet"
        self.local.sql.execute(f"COPY (SELECT id::BIGINT AS id, text FROM term WHERE {new}) TO {quote(path)}")
        self.engine.read_parquet("term", path)
        for is_literal in (0, 1):
            condition = f"id {'>=' if is_literal else '<'} {FIRST_LITERAL_ID}"
            row = self.local.sql.execute(f"SELECT max(id) FROM term WHERE {condition}").fetchone()
            if row is not None and row[0] is not None:
                self._shared_terms[is_literal] = row[0]

    def triple_texts(self, *, table: str = "triple") -> Iterator[Spo]:
        """The exact N-Triples forms of the triples of a table, in the order of their text."""
        self.bring_back(table)
        return self.local.triple_texts(table=table)

    # --- files of facts

    @property
    def files(self) -> duckdb.DuckDBPyConnection:
        """The local connection."""
        return self.local.sql

    def open_parquet(self, table: str, path: Path, columns: Sequence[str]) -> bool:
        """Make a table of a Parquet file that every executor can reach; its parts are read by several tasks."""
        self.engine.open_parquet(table, path, columns)
        return True

    def share(self, view: str) -> None:
        """Copy a view of the local connection to Spark."""
        path = self.engine.folder / f"{view}-{next(self._numbers)}"
        self._duckdb.write_parquet(view, path)
        self.engine.execute(f"DROP TABLE IF EXISTS {view}")
        self.engine.read_parquet(view, path)

    # --- the dictionary, and rows that Python has

    def add_dictionary(self, table: str, *, is_distinct: bool = False) -> None:
        """Add the terms in the column `exact` of a table on Spark to the dictionary, in the order of their text."""
        path = self.engine.folder / f"exact-{next(self._numbers)}"
        self.engine.write_rows(f"SELECT DISTINCT exact FROM {table}", path)
        if any(path.glob("*.parquet")):
            self.local.sql.execute(f"CREATE OR REPLACE TEMP VIEW exact_on_spark AS FROM {_parquet(path)}")
            self.local.add_dictionary("exact_on_spark", is_distinct=True)
            self.local.sql.execute("DROP VIEW exact_on_spark")
        rmtree(path)

    def keep_used_terms(self, *, table: str = "triple") -> None:
        """Remove the terms that no triple of a table on Spark has."""
        path = self.engine.folder / f"used-{next(self._numbers)}"
        self.engine.write_rows(" UNION ".join(f"SELECT {place} AS id FROM {table}" for place in "spo"), path)
        self.local.keep_terms(f"SELECT id FROM {_parquet(path)}" if any(path.glob("*.parquet")) else "SELECT NULL")
        rmtree(path)
        self._forget_terms()

    def encode(self, texts: Iterable[str]) -> dict[str, int]:
        """The id of each term; new terms are added to the dictionary."""
        return self.local.encode(texts)

    def find_ids(self, texts: Iterable[str]) -> dict[str, int]:
        """The id of each of these terms that is in the dictionary."""
        return self.local.find_ids(texts)

    def decode(self, ids: Iterable[int]) -> dict[int, str]:
        """The exact N-Triples form of each term, by id."""
        return self.local.decode(ids)

    def add_texts(self, triples: Iterable[Spo], *, table: str = "triple") -> None:
        """Add triples, given as exact N-Triples forms, that the table does not have yet."""
        rows = list(dict.fromkeys(triples))
        if not rows:
            return
        ids = self.encode(text for row in rows for text in row)
        path = self.engine.folder / f"added-{next(self._numbers)}.parquet"
        lists = [str([ids[row[place]] for row in rows]) for place in range(3)]
        select = "SELECT unnest(?::BIGINT[]) AS s, unnest(?::BIGINT[]) AS p, unnest(?::BIGINT[]) AS o"
        self.local.sql.execute(f"CREATE OR REPLACE TEMP TABLE spark_rows AS {select}", lists)
        self.local.sql.execute(f"COPY spark_rows TO {quote(path)} (FORMAT parquet)")
        self.engine.execute("DROP TABLE IF EXISTS added")
        self.engine.read_parquet("added", path)
        is_known = f"SELECT 1 FROM {table} AS k WHERE k.s = a.s AND k.p = a.p AND k.o = a.o"
        self.engine.execute(f"INSERT INTO {table} SELECT s, p, o FROM added AS a WHERE NOT EXISTS ({is_known})")

    def add_terms(self, triples: Iterable[tuple[Any, Any, Any]], *, table: str = "triple") -> None:
        """The same, given term by term."""
        self.add_texts(((to_text(s), to_text(p), to_text(o)) for s, p, o in triples), table=table)


def _parquet(folder: Path) -> str:
    return f"read_parquet({quote(folder / '*.parquet')})"


class SparkConnection:
    """What others take for a connection: statements go to Spark, which first gets the terms that they read."""

    def __init__(self, tables: SparkTables) -> None:
        self._tables = tables

    def cursor(self) -> StreamingCursor:
        """Runs a SELECT whose rows are read a part at a time."""
        return StreamingCursor(self._tables)

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> CollectedRows | WrittenRows:
        """Run a statement on Spark."""
        if _READS_TERMS.search(statement):
            self._tables.share_terms()
        return self._tables.engine.execute(statement, parameters)

    def close(self) -> None:
        """Close the engine and the local tables."""
        self._tables.engine.close()
        self._tables.local.sql.close()


class StreamingCursor:
    """Runs statements whose rows need not be in memory at once."""

    def __init__(self, tables: SparkTables) -> None:
        self._tables = tables

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> StreamedRows:
        """Run a SELECT on Spark."""
        if _READS_TERMS.search(statement):
            self._tables.share_terms()
        return self._tables.engine.stream(statement, parameters)


@contextmanager
def on_spark(tables: TripleTables, master: str, *, scratch: Path | None = None) -> Iterator[SparkTables]:
    """The tables on Spark, whose files are in a folder under `scratch` until the end."""
    session = open_session(master)  # stays open until the program ends: it is slow to start
    with TemporaryDirectory(prefix="kg-spark-", dir=scratch) as folder:
        engine = SparkEngine(session, Path(folder))
        try:
            yield SparkTables(tables, engine)
        finally:
            engine.close()
