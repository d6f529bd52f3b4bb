"""DuckDB as an engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from kg.sql import quote, quote_name


class DuckDbEngine:
    """Runs statements on a connection of DuckDB."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> duckdb.DuckDBPyConnection:
        """Run a statement."""
        return self.connection.execute(statement, parameters)

    def read_parquet(self, table: str, path: Path) -> None:
        """Append the rows of a Parquet file, or of a folder of them, to a table, which is made if it is not there."""
        files = quote(path / "*.parquet" if path.is_dir() else path)
        self.execute(f"CREATE TABLE IF NOT EXISTS {table} AS FROM read_parquet({files}) LIMIT 0")
        if not path.is_dir() or any(path.glob("*.parquet")):
            self.execute(f"INSERT INTO {table} FROM read_parquet({files})")

    def write_parquet(self, table: str, path: Path) -> None:
        """Write a table to a folder with one Parquet file; its numbers are 64-bit, as other engines read them."""
        path.mkdir(parents=True, exist_ok=True)
        columns = self.execute(f"SELECT column_name, column_type FROM (DESCRIBE {table})").fetchall()
        names = ((quote_name(name), kind) for name, kind in columns)
        listed = ", ".join(f"{name}::BIGINT AS {name}" if kind == "UINTEGER" else name for name, kind in names)
        self.execute(f"COPY (SELECT {listed} FROM {table}) TO {quote(path / 'part.parquet')} (FORMAT parquet)")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
