"""A snapshot as Parquet tables, whoever wrote them: opened as the snapshot of a build.

`kg export --format parquet` writes them. A table is a file
`NAME.parquet`, or a folder of this name with files; those of a table that is partitioned by predicate are in folders
`p=NUMBER`.
"""

# ruff: noqa: S608 - only numbers, names of tables and quoted texts are put into SQL
from __future__ import annotations

from pathlib import Path

import duckdb

from kg.errors import InputError
from kg.graph.columns import COLUMNS
from kg.graph.snapshot_file import FILE, TABLES
from kg.graph.snapshot_writer import NO_FACTS, write_sizes
from kg.graph.triple_tables import FIRST_LITERAL_ID
from kg.sql import quote, quote_name

_REQUIRED = ("term", "triple")
_ORDERS = {"term": "text", "triple": "p, s, o", "named": "g, p, s, o", "fact": "s, number", "fact_origin": "id"}
_LARGEST_ID = 2**32 - 1
_IDS = {"term": ("id",), "triple": ("s", "p", "o"), "named": ("g", "s", "p", "o"), "fact": ("s", "p", "o")}


def is_snapshot(folder: Path) -> bool:
    """True for a folder with the tables of a snapshot."""
    return folder.is_dir() and all(_source(folder, name) for name in _REQUIRED)


def read_snapshot(source: Path, folder: Path) -> None:
    """Make the snapshot of a build in `folder` from Parquet tables; raises `InputError` for tables that are not one's.

    The ids of terms become those of a build where another program had numbered terms otherwise.
    """
    sql = duckdb.connect(":memory:")
    try:
        sql.execute(f"ATTACH {quote(folder / FILE)} AS snapshot")
        given = {name: reader for name in TABLES if name != "graph" and (reader := _source(source, name))}
        for name, reader in given.items():
            sql.execute(f"CREATE VIEW given_{name} AS FROM {reader}")
        is_renumbered = sql.execute("SELECT max(id) FROM given_term").fetchall()[0][0] > _LARGEST_ID
        if is_renumbered:
            sql.execute(_RENUMBER)
        sql.execute("USE snapshot")
        sql.execute(NO_FACTS)
        sql.execute(f"CREATE TABLE term({COLUMNS})")
        sql.execute("CREATE TABLE triple(s UINTEGER, p UINTEGER, o UINTEGER, is_inferred BOOLEAN)")
        sql.execute("CREATE TABLE named(g UINTEGER, s UINTEGER, p UINTEGER, o UINTEGER)")
        for name in given:
            sql.execute(f"INSERT INTO {name} BY NAME {_select(sql, name, is_renumbered=is_renumbered)}")
        write_sizes(sql)
    except duckdb.Error as error:
        message = str(error).splitlines()[0]
        raise InputError(f"{source} does not have the tables of a snapshot: {message}") from error
    finally:
        sql.close()


_RENUMBER = f"""
CREATE TABLE memory.code AS SELECT id AS old, CASE WHEN starts_with(text, '"') THEN {FIRST_LITERAL_ID - 1} ELSE 0 END
+ row_number() OVER (PARTITION BY starts_with(text, '"') ORDER BY text) AS id FROM given_term
"""


def _source(folder: Path, name: str) -> str:
    """What reads a table; empty where the folder does not have it."""
    path = folder / f"{name}.parquet"
    if path.is_file():
        return f"read_parquet({quote(path)})"
    if not any(path.rglob("*.parquet")):
        return ""
    if any(path.glob("p=*")):
        files = quote(path / "p=*/*.parquet")
        return f"read_parquet({files}, hive_partitioning = true, hive_types = {{'p': BIGINT}})"
    return f"read_parquet({quote(path / '*.parquet')})"


def _select(sql: duckdb.DuckDBPyConnection, name: str, *, is_renumbered: bool) -> str:
    """The rows of a table in the order of a build's snapshot, with its ids."""
    columns = [column for column, *_ in sql.execute(f"DESCRIBE {name}").fetchall()]
    ids = _IDS.get(name, ()) if is_renumbered else ()
    listed = ", ".join(f"code_{c}.id AS {c}" if c in ids else f"t.{quote_name(c)}" for c in columns)
    joins = "".join(f" JOIN memory.code AS code_{c} ON code_{c}.old = t.{c}" for c in ids)
    order = f" ORDER BY {', '.join(_ORDERS[name].split(', '))}" if name in _ORDERS else ""
    return f"SELECT {listed} FROM memory.given_{name} AS t{joins}{order}"
