"""The columns of a build as Parquet files that Spark reads, and its answer to a compiled query.

The ids of constants and the terms of an answer are looked up in the snapshot by DuckDB: few of a graph's terms are in
either.
"""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import duckdb

from kg.engines.engine import NotTranslatedError
from kg.engines.spark import SparkEngine, errors_of_spark
from kg.engines.spark_session import open_session
from kg.graph.columns import Columns
from kg.graph.lookup_tables import TripleOrders
from kg.graph.snapshot_file import SnapshotFile
from kg.queries.sparql_to_sql.algebra import NotCompiled
from kg.queries.sparql_to_sql.relations import unsupported_reason

_READ = ("term", "triple", "named")


class SparkColumns(Columns):
    """The columns of a build on Spark; `scratch` is the folder of the files, which every executor must reach."""

    def __init__(self, snapshot: SnapshotFile, master: str, *, scratch: Path | None = None) -> None:
        super().__init__(snapshot.sql)
        folder = Path(mkdtemp(prefix="kg-spark-", dir=scratch))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        # Constants of a query are looked up in the snapshot.
        snapshot.write_tables(folder, names=_READ, own_numbers=True)
        self._engine = SparkEngine(open_session(master), folder / "relations")
        for name in _READ:
            self._engine.read_parquet(name, folder / f"{name}.parquet")

    @property
    def orders(self) -> TripleOrders:
        """The triples in one order: a build without a lookup store has others, of which Spark has no use."""
        return TripleOrders()

    @property
    def computes_floating(self) -> bool:
        """False: division by zero is an error, and doubles have another text."""
        return False

    def cursor(self) -> SparkCursor:  # type: ignore[override]
        """What runs one query."""
        return SparkCursor(self._engine)


class SparkCursor:
    """Runs one query on Spark; has the methods of a cursor of DuckDB that `run_compiled` calls."""

    def __init__(self, engine: SparkEngine) -> None:
        self._engine = engine
        self._rows: list[tuple[Any, ...]] = []
        self._is_interrupted = False

    def execute(self, statement: str) -> None:
        """Run a query; raises `NotCompiled` where Spark does not have DuckDB's answer."""
        try:
            self._rows = self._engine.query(statement)
        except NotTranslatedError as error:
            raise NotCompiled(f"Spark answers it otherwise: {error}") from error
        except errors_of_spark() as error:
            if self._is_interrupted:
                raise duckdb.InterruptException from error
            raise NotCompiled(unsupported_reason(str(error), engine="Spark")) from error

    def interrupt(self) -> None:
        """Cancel the query."""
        self._is_interrupted = True
        self._engine.interrupt()

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """The next rows."""
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def close(self) -> None:
        """Forget the rows."""
        self._rows = []
