"""Writes the snapshot of a build from the tables that it was made in."""

from __future__ import annotations

from pathlib import Path

import duckdb

from kg.graph.columns import write_columns
from kg.graph.snapshot_file import FILE
from kg.graph.triple_tables import TripleTables
from kg.sql import quote

_ROWS_OF_A_GROUP = 16_384
"""What DuckDB reads at least where it finds a value: fewer rows make lookups faster, and the file larger."""


def write_snapshot(tables: TripleTables, folder: Path, *, for_lookup: bool = False) -> None:
    """Write the tables `triple`, `inferred` and `named`, and those of facts if there are any, as a build's snapshot.

    `for_lookup` adds what answers lookups in place of a lookup store.
    """
    sql = tables.sql
    sql.execute(f"ATTACH {quote(folder / FILE)} AS snapshot (ROW_GROUP_SIZE {_ROWS_OF_A_GROUP})")
    try:
        write_columns(sql, for_lookup=for_lookup)
        write_sizes(sql)
        if sql.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'fact_status'").fetchone():
            _write_facts(sql)
        else:
            sql.execute(NO_FACTS)
        sql.execute("CHECKPOINT snapshot")
    finally:
        sql.execute("DETACH snapshot")


NO_FACTS = """
CREATE TABLE snapshot.fact(number BIGINT, s UINTEGER, p UINTEGER, o UINTEGER, origin UINTEGER, record VARCHAR,
                           line UINTEGER, rank UTINYINT, status VARCHAR);
CREATE TABLE snapshot.fact_origin(id UINTEGER, source VARCHAR, retrieved VARCHAR, file VARCHAR);
CREATE TABLE snapshot.fact_detail(number BIGINT, "start" BIGINT, "end" BIGINT, as_of VARCHAR, written VARCHAR,
                                  because VARCHAR, paraphrase BOOLEAN, "column" UINTEGER);
"""


def write_sizes(sql: duckdb.DuckDBPyConnection) -> None:
    """The number of triples of each graph."""
    quads = "SELECT 0 AS g FROM snapshot.triple UNION ALL SELECT g FROM snapshot.named"
    sql.execute(
        "CREATE TABLE snapshot.graph AS SELECT g AS id, coalesce(t.text, '') AS iri, count(*) AS triples"
        f" FROM ({quads}) LEFT JOIN snapshot.term AS t ON t.id = g GROUP BY ALL ORDER BY g"
    )


def _write_facts(sql: duckdb.DuckDBPyConnection) -> None:
    """The facts, sorted by subject, so that DuckDB reads only the blocks of an entity."""
    sql.execute(
        "CREATE TABLE snapshot.fact AS SELECT f.number, s, p, o, origin, record, line, rank, status"
        " FROM fact AS f JOIN fact_status AS t ON t.number = f.number ORDER BY s, f.number"
    )
    sql.execute("CREATE TABLE snapshot.fact_origin AS SELECT * FROM fact_origin ORDER BY id")
    sql.execute("CREATE TABLE snapshot.fact_detail AS SELECT * FROM fact_detail ORDER BY number")
