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
from kg.graph.columns import COLUMNS, write_columns
from kg.graph.snapshot_file import FILE, TABLES
from kg.graph.snapshot_writer import NO_FACTS, write_sizes
from kg.graph.triple_tables import FIRST_LITERAL_ID, HAS_LITERAL_ID
from kg.sql import quote, quote_name

_REQUIRED = ("term", "triple")
_GRAPH = {"term", "triple", "named"}
_ORDERS = {"term": "text", "triple": "p, s, o", "named": "g, p, s, o", "fact": "s, number", "fact_origin": "id"}
_LARGEST_ID = 2**32 - 1
_IDS = {"term": ("id",), "triple": ("s", "p", "o"), "named": ("g", "s", "p", "o"), "fact": ("s", "p", "o")}


def is_snapshot(folder: Path) -> bool:
    """True for a folder with the tables of a snapshot."""
    return folder.is_dir() and all(has_table(folder, name) for name in _REQUIRED)


def has_table(folder: Path, name: str) -> bool:
    """True where the folder has this table."""
    return bool(_source(folder, name))


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
        has_parts = "class" in [column for column, *_ in sql.execute("DESCRIBE given_term").fetchall()]
        is_renumbered = not has_parts or _largest_id(sql) > _LARGEST_ID
        if is_renumbered:
            sql.execute(_RENUMBER)
        if not has_parts:
            _write_from_texts(sql, has_named="named" in given)
        sql.execute("USE snapshot")
        sql.execute(NO_FACTS)
        if has_parts:
            sql.execute(f"CREATE TABLE term({COLUMNS})")
            sql.execute("CREATE TABLE triple(s UINTEGER, p UINTEGER, o UINTEGER, is_inferred BOOLEAN)")
            sql.execute("CREATE TABLE named(g UINTEGER, s UINTEGER, p UINTEGER, o UINTEGER)")
        for name in given if has_parts else given.keys() - _GRAPH:
            sql.execute(f"INSERT INTO {name} BY NAME {_select(sql, name, is_renumbered=is_renumbered)}")
        write_sizes(sql)
    except duckdb.Error as error:
        message = str(error).splitlines()[0]
        raise InputError(f"{source} does not have the tables of a snapshot: {message}") from error
    finally:
        sql.close()


def _largest_id(sql: duckdb.DuckDBPyConnection) -> int:
    ((largest,),) = sql.execute("SELECT coalesce(max(id), 0) FROM given_term").fetchall()
    return int(largest)


def _write_from_texts(sql: duckdb.DuckDBPyConnection, *, has_named: bool) -> None:
    """Write terms and triples of tables whose terms have only their texts, which are taken apart here."""
    sql.execute(
        "CREATE TABLE term AS SELECT code.id::UINTEGER AS id, text FROM given_term AS t JOIN code ON old = t.id"
    )
    for name, condition in (("triple", "NOT is_inferred"), ("inferred", "is_inferred")):
        rows = _coded("triple", "spo", condition)
        sql.execute(f"CREATE TABLE {name} AS {rows}")
    no_named = "SELECT 0::UINTEGER AS g, s, p, o FROM triple LIMIT 0"
    sql.execute(f"CREATE TABLE named AS {_coded('named', 'gspo', 'true') if has_named else no_named}")
    write_columns(sql)


def _coded(name: str, places: str, condition: str) -> str:
    """The rows of a table with the ids of a build."""
    listed = ", ".join(f"code_{place}.id::UINTEGER AS {place}" for place in places)
    joins = "".join(f" JOIN memory.code AS code_{place} ON code_{place}.old = t.{place}" for place in places)
    return f"SELECT {listed} FROM memory.given_{name} AS t{joins} WHERE {condition}"


_RENUMBER = f"""
CREATE TABLE memory.code AS SELECT id AS old, CASE WHEN {HAS_LITERAL_ID} THEN {FIRST_LITERAL_ID - 1} ELSE 0 END
+ row_number() OVER (PARTITION BY {HAS_LITERAL_ID} ORDER BY text) AS id FROM given_term
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
