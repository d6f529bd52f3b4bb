"""Writes the snapshot of a build from the tables that it was made in."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb

from kg.facts.fact_table import FACT_ROWS
from kg.graph.columns import write_columns
from kg.graph.lookup_tables import write_lookup_tables
from kg.graph.snapshot_file import FILE
from kg.graph.triple_tables import TripleTables
from kg.sql import quote

ROWS_OF_A_GROUP = 16_384
"""What DuckDB reads at least where it finds a value: fewer rows make lookups faster, and the file larger."""


def write_snapshot(tables: TripleTables, folder: Path, *, for_lookup: bool = False) -> None:
    """Write the tables `triple`, `inferred` and `named`, and those of facts if there are any, as a build's snapshot.

    `for_lookup` adds what answers lookups in place of a lookup store.
    """
    sql = tables.sql
    sql.execute(f"ATTACH {quote(folder / FILE)} AS snapshot (ROW_GROUP_SIZE {ROWS_OF_A_GROUP})")
    try:
        write_columns(sql, for_lookup=for_lookup)
        write_sizes(sql)
        if sql.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'contested_fact'").fetchone():
            _write_facts(sql)
        else:
            sql.execute(NO_FACTS)
        sql.execute("CHECKPOINT snapshot")
    finally:
        sql.execute("DETACH snapshot")


def add_lookup_tables(folder: Path) -> None:
    """Add to a build's snapshot what answers lookups in place of a lookup store."""
    with closing(duckdb.connect(":memory:")) as sql:
        sql.execute(f"ATTACH {quote(folder / FILE)} AS snapshot")
        write_lookup_tables(sql)


NO_FACTS = """
CREATE TABLE snapshot.fact(number BIGINT, s UINTEGER, p UINTEGER, o UINTEGER, origin UINTEGER, record VARCHAR,
                           line UINTEGER, rank UTINYINT, status VARCHAR);
CREATE TABLE snapshot.fact_origin(id UINTEGER, source VARCHAR, retrieved VARCHAR, file VARCHAR);
CREATE TABLE snapshot.fact_detail(number BIGINT, "start" BIGINT, "end" BIGINT, as_of VARCHAR, written VARCHAR,
                                  because VARCHAR, paraphrase BOOLEAN, "column" UINTEGER);
CREATE TABLE snapshot.fact_read(number BIGINT, s VARCHAR, p VARCHAR, o VARCHAR);
"""


def write_sizes(sql: duckdb.DuckDBPyConnection) -> None:
    """The number of triples of each graph."""
    sql.execute(f"CREATE TABLE snapshot.graph AS {SIZES}")


SIZES = """
SELECT g AS id, coalesce(t.text, '') AS iri, triples
FROM (SELECT 0 AS g, count(*) AS triples FROM snapshot.triple HAVING count(*) > 0
      UNION ALL SELECT g, count(*) FROM snapshot.named GROUP BY g)
LEFT JOIN snapshot.term AS t ON t.id = g ORDER BY g
"""
"""The rows of `graph`."""
FACTS = {**FACT_ROWS, "fact_origin": "SELECT * FROM fact_origin WHERE id IN (SELECT origin FROM fact)"}
"""The rows of the tables of facts."""


def _write_facts(sql: duckdb.DuckDBPyConnection) -> None:
    """The facts, sorted by subject, so that DuckDB reads only the blocks of an entity."""
    for name, order in (
        ("fact", "s, number"),
        ("fact_origin", "id"),
        ("fact_detail", "number"),
        ("fact_read", "number"),
    ):
        sql.execute(f"CREATE TABLE snapshot.{name} AS {FACTS[name]} ORDER BY {order}")
