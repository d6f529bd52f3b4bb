"""Writes the snapshot of a build as a copy of the last one, changed where the two differ.

Terms have the ids that they have in the last snapshot (`TripleTables.keep_ids_of`), so that tables are compared by
numbers. New rows are after the others, and not in their order.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
from pyoxigraph import Quad

from kg.facts.fact_table import FACT_ROWS
from kg.graph.columns import TERM_COLUMNS, typed_terms
from kg.graph.lookup_tables import ORDERS
from kg.graph.snapshot_file import FILE, KEPT, Changes, to_quad
from kg.graph.snapshot_writer import FACTS, ROWS_OF_A_GROUP, SIZES
from kg.graph.triple_tables import FORMER, TripleTables
from kg.sql import quote

_KNOWLEDGE = "SELECT s, p, o, false AS is_inferred FROM triple UNION ALL SELECT s, p, o, true FROM inferred"


def find_changed_triples(tables: TripleTables, *, among: str = "") -> None:
    """Compare the default graph with that of the earlier snapshot, or only the triples in the table `among`.

    The rows that came and went are then in `triple_new` and `triple_gone`, the triples in `added_triple` and
    `removed_triple`: one that was inferred and is asserted now neither came nor went.
    """
    now, before = f"({_KNOWLEDGE})", f"(SELECT rowid AS row, * FROM {FORMER}.triple)"
    if among:
        now, before = (f"(SELECT t.* FROM {rows} AS t SEMI JOIN {among} USING (s, p, o))" for rows in (now, before))
    _find_changes(tables.sql, "triple", now, before, columns="s, p, o, is_inferred")
    for name, kind, other in (("added_triple", "new", "gone"), ("removed_triple", "gone", "new")):
        tables.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT s, p, o FROM triple_{kind}"
            f" ANTI JOIN triple_{other} USING (s, p, o)"
        )


def update_snapshot(
    tables: TripleTables, folder: Path, before: Path, *, for_lookup: bool, most_changes: int
) -> Changes | None:
    """Write the snapshot of a build from its tables and the snapshot of the build before, whose ids the tables have.

    It follows `find_changed_triples` and `ProjectFacts.find_changes`; `named` has the triples of named graphs except
    those in `KEPT`. Both snapshots have what answers lookups, or neither has (`for_lookup`).
    Returns what a store has to do; None when more quads have changed than `most_changes`.
    """
    sql = tables.sql
    shutil.copyfile(before / FILE, folder / FILE)
    sql.execute(f"ATTACH {quote(folder / FILE)} AS snapshot (ROW_GROUP_SIZE {ROWS_OF_A_GROUP})")
    try:
        with _in_transaction(sql):  # each statement by itself would wait for the disk
            _change_rows(sql, for_lookup=for_lookup)
            changes = _to_changes(sql) if tables.count("changed_quad") <= most_changes else None
        sql.execute("CHECKPOINT snapshot")
    finally:
        sql.execute("DETACH snapshot")
    return changes


@contextlib.contextmanager
def _in_transaction(sql: duckdb.DuckDBPyConnection) -> Iterator[None]:
    sql.execute("BEGIN")
    try:
        yield
    except BaseException:
        sql.execute("ROLLBACK")
        raise
    sql.execute("COMMIT")


def _change_rows(sql: duckdb.DuckDBPyConnection, *, for_lookup: bool) -> None:
    """Change the tables of a snapshot."""
    now, all_before = "(SELECT DISTINCT g, s, p, o FROM named)", f"(SELECT rowid AS row, * FROM {FORMER}.named)"
    changeable = f"(FROM {all_before} WHERE NOT {KEPT})"
    _find_changes(sql, "named", now, changeable, columns="g, s, p, o", all_before=all_before)
    for name, columns in (("triple", "s, p, o, is_inferred"), ("named", "g, s, p, o")):
        sql.execute(f"DELETE FROM snapshot.{name} WHERE rowid IN (SELECT row FROM {name}_gone)")
        sql.execute(f"INSERT INTO snapshot.{name} SELECT {columns} FROM {name}_new ORDER BY ALL")
    sql.execute(_FIND_CHANGED_QUADS)
    if for_lookup:
        _update_orders(sql)
    _update_terms(sql)
    _replace(sql, "graph", SIZES)
    for name, rows in FACT_ROWS.items():
        sql.execute(f"DELETE FROM snapshot.{name} WHERE number IN (SELECT number FROM changed_fact)")
        sql.execute(
            f"INSERT INTO snapshot.{name} {rows} WHERE number IN (SELECT number FROM changed_fact) ORDER BY number"
        )
    _replace(sql, "fact_origin", FACTS["fact_origin"])


def _find_changes(
    sql: duckdb.DuckDBPyConnection, name: str, now: str, before: str, *, columns: str, all_before: str = ""
) -> None:
    """Fill the tables of the rows that came, and of those that went, with their numbers in the earlier snapshot."""
    sql.execute(
        f"CREATE OR REPLACE TEMP TABLE {name}_gone AS FROM {before} AS b ANTI JOIN {now} AS n USING ({columns})"
    )
    sql.execute(
        f"CREATE OR REPLACE TEMP TABLE {name}_new AS FROM {now} AS n ANTI JOIN {all_before or before} AS b"
        f" USING ({columns})"
    )


def _update_orders(sql: duckdb.DuckDBPyConnection) -> None:
    """Change the tables that have the triples in other orders."""
    for name, order in ORDERS.items():
        gone = f"SELECT t.rowid FROM snapshot.{name} AS t SEMI JOIN removed_triple AS r ON"
        sql.execute(f"DELETE FROM snapshot.{name} WHERE rowid IN ({gone} r.s = t.s AND r.p = t.p AND r.o = t.o)")
        sql.execute(f"INSERT INTO snapshot.{name} SELECT {order} FROM added_triple ORDER BY ALL")


def _update_terms(sql: duckdb.DuckDBPyConnection) -> None:
    """Add the terms that only the new quads have, and remove those that only the quads before had."""
    ids = "SELECT DISTINCT unnest([g, s, p, o]) AS id FROM changed_quad WHERE"
    used = " UNION ".join(
        f"SELECT {place} FROM snapshot.{table} WHERE {place} IN (FROM lost)" for table, place in TERM_COLUMNS
    )
    sql.execute(
        f"DELETE FROM snapshot.term WHERE id IN (WITH lost AS MATERIALIZED ({ids} NOT is_new)"
        f" FROM lost WHERE id NOT IN ({used}))"
    )
    with typed_terms(sql, f"SELECT id FROM ({ids} is_new) ANTI JOIN snapshot.term USING (id)") as terms:
        sql.execute(f"INSERT INTO snapshot.term SELECT * FROM {terms} ORDER BY text")


def _replace(sql: duckdb.DuckDBPyConnection, name: str, rows: str) -> None:
    sql.execute(f"DELETE FROM snapshot.{name}")
    sql.execute(f"INSERT INTO snapshot.{name} {rows}")


def _to_changes(sql: duckdb.DuckDBPyConnection) -> Changes:
    quads: dict[bool, list[Quad]] = {True: [], False: []}
    for is_new, *texts in sql.execute(_CHANGED_TEXTS).fetchall():
        quads[is_new].append(to_quad(*texts))
    return Changes(quads[True], quads[False])


_FIND_CHANGED_QUADS = """
CREATE OR REPLACE TEMP TABLE changed_quad AS SELECT true AS is_new, 0::UINTEGER AS g, s, p, o FROM added_triple
    UNION ALL SELECT true, g, s, p, o FROM named_new UNION ALL SELECT false, 0, s, p, o FROM removed_triple
    UNION ALL SELECT false, g, s, p, o FROM named_gone
"""
# Oxigraph writes several literals as one (1 and 01): with one of them, the others would be gone.
_CHANGED_TEXTS = f"""
WITH quad AS MATERIALIZED (
    FROM changed_quad UNION ALL SELECT true, g, s, p, o FROM (
        SELECT 0::UINTEGER AS g, s, p, o FROM snapshot.triple UNION ALL SELECT g, s, p, o FROM snapshot.named
    ) SEMI JOIN (FROM changed_quad WHERE NOT is_new) USING (g, s, p)
), used AS MATERIALIZED (SELECT DISTINCT unnest([g, s, p, o]) AS id FROM quad),
texts AS (SELECT id, text FROM snapshot.term SEMI JOIN used USING (id)
    UNION SELECT id, text FROM {FORMER}.term SEMI JOIN used USING (id))
SELECT q.is_new, d.text, a.text, b.text, c.text FROM quad AS q JOIN texts AS a ON a.id = q.s
    JOIN texts AS b ON b.id = q.p JOIN texts AS c ON c.id = q.o LEFT JOIN texts AS d ON d.id = q.g ORDER BY ALL
"""
