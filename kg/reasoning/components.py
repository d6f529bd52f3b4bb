"""Connected components of a graph by SQL, in rounds: large-star and small-star in alternation.

No process holds the graph, and a path of n nodes takes a number of rounds that grows with the logarithm of n.
Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii: Connected Components in MapReduce and Beyond, SoCC 2014.
"""

from __future__ import annotations

import duckdb

_LARGE_STAR = """
    WITH near AS (SELECT a AS u, b AS v FROM edge UNION ALL SELECT b AS u, a AS v FROM edge),
    least_of AS (SELECT u, least(u, min(v)) AS m FROM near GROUP BY u)
    SELECT DISTINCT near.v AS a, least_of.m AS b FROM near JOIN least_of ON near.u = least_of.u WHERE near.v > near.u
"""
"""Each neighbour of u that is larger than u is connected with the least neighbour of u."""
_SMALL_STAR = """
    WITH least_of AS (SELECT a AS u, min(b) AS m FROM edge GROUP BY a)
    SELECT u AS a, m AS b FROM least_of
    UNION SELECT edge.b AS a, least_of.m AS b FROM edge JOIN least_of ON edge.a = least_of.u WHERE edge.b <> least_of.m
"""
"""u, and each neighbour of u that is smaller than u, is connected with the least neighbour of u."""
_NO_STAR = """
    SELECT 1 WHERE EXISTS (SELECT 1 FROM edge AS e JOIN edge AS f ON e.b = f.a)
    OR EXISTS (SELECT a FROM edge GROUP BY a HAVING count(*) > 1)
"""


def find_components(sql: duckdb.DuckDBPyConnection, pairs: str) -> int:
    """Make the table `edge(a, b)`: each member of a component but the least, and the least; returns the rounds.

    `pairs` is a SELECT of the columns a and b.
    """
    _replace(sql, f"SELECT DISTINCT greatest(a, b) AS a, least(a, b) AS b FROM ({pairs}) AS p WHERE a <> b")
    rounds = 0
    while sql.execute(_NO_STAR).fetchall():
        _replace(sql, _LARGE_STAR)
        _replace(sql, _SMALL_STAR)
        rounds += 1
    return rounds


def _replace(sql: duckdb.DuckDBPyConnection, select: str) -> None:
    """Make the selected pairs the edges."""
    sql.execute(f"CREATE OR REPLACE TEMP TABLE edge AS {select}")
