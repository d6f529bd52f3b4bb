"""The protocol of an engine: what the reasoner needs of whatever runs its SQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol


class NotTranslatedError(Exception):
    """A statement, or a part of one, that an engine would answer otherwise; the message says which part."""


class Rows(Protocol):
    """The result of a statement."""

    def fetchall(self) -> list[Any]:
        """All rows, as tuples."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...


class Engine(Protocol):
    """Runs statements in the dialect of DuckDB, of the kinds that `kg.reasoning` writes.

    These are SELECT, INSERT of a SELECT, CREATE OR REPLACE of a table or view, DELETE and DROP. What a statement
    inserts or creates is materialised when it returns, so that no plan grows with the rounds of a loop.
    """

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> Rows:
        """Run a statement."""
        ...

    def read_parquet(self, table: str, path: Path) -> None:
        """Append the rows of a Parquet file to a table, which is made if it is not there."""
        ...

    def write_parquet(self, table: str, path: Path) -> None:
        """Write a table to a folder of Parquet files."""
        ...

    def close(self) -> None:
        """Give back what the engine holds."""
        ...
