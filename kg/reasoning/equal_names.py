"""Facts under several names for one thing walk in; facts under one name walk out, and back under all names on demand.

`known` is what the rules read. While no two names are one, it is the workshop's own tables; from then on it is a copy
in which each thing has one name only.
"""

from __future__ import annotations

from collections.abc import Iterable

from kg.graph.triple_tables import FIRST_LITERAL_ID, TripleTables
from kg.reasoning.rules import SAME
from kg.reasoning.union_find import SameAs
from kg.xsd import are_equal, value_of

GROWTH = 4
"""Names are all written out by themselves only while that makes at most this many times the triples."""
_FEW = 10_000

Refusal = tuple[str, str, str, str]


class Names:
    """Which names name one thing, over a workshop's tables; `refused` are pairs that would make one of two values."""

    def __init__(self, workshop: TripleTables) -> None:
        self.workshop = workshop
        self.same = SameAs()
        self.refused: list[Refusal] = []
        self._set_known("triple", "axiom", "inferred")

    def unite_said(self) -> bool:
        """Let every owl:sameAs triple have its way; True when that made one name of two."""
        number = self.workshop.find_ids([SAME]).get(SAME)
        if number is None:
            return False
        rows = self.workshop.sql.execute(f"SELECT s, o FROM known WHERE p = {number} AND s <> o").fetchall()
        return self.unite(rows)

    def unite_values(self, predicates: Iterable[int]) -> bool:
        """Let literals with one value be one, where they are values of these properties (dt-eq)."""
        places = ", ".join(map(str, sorted(predicates)))
        rows = self.workshop.sql.execute(
            "SELECT DISTINCT k.o, t.text FROM known AS k JOIN term AS t ON t.id = k.o"
            f" WHERE k.p IN ({places}) AND k.o >= {FIRST_LITERAL_ID} ORDER BY ALL"
        ).fetchall()
        first: dict[object, int] = {}
        pairs = []
        for number, text in rows:
            value = value_of(text)
            if value is not None:
                pairs.append((first.setdefault(value, number), number))
        return self.unite(pair for pair in pairs if pair[0] != pair[1])

    def unite(self, pairs: Iterable[tuple[int, int]]) -> bool:
        """Let each pair of numbered names name one thing, and write all facts anew; True when anything changed."""
        rows = list(pairs)
        if not rows:
            return False
        texts = self.workshop.decode(number for row in rows for number in row)
        before = len(self.same)
        self.refused += self.same.unite(((texts[a], texts[b]) for a, b in rows), equal=are_equal)
        if len(self.same) == before:
            return False
        self._rewrite()
        return True

    def _rewrite(self) -> None:
        sql = self.workshop.sql
        roots = self.same.representatives()
        ids = self.workshop.encode([*roots, *roots.values()])
        sql.execute("CREATE OR REPLACE TEMP TABLE same(id UINTEGER, root UINTEGER)")
        sql.execute(
            "INSERT INTO same SELECT unnest(?::UINTEGER[]), unnest(?::UINTEGER[])",
            [str([ids[text] for text in roots]), str([ids[root] for root in roots.values()])],
        )
        sql.execute(
            "CREATE OR REPLACE TEMP TABLE rewritten AS SELECT DISTINCT"
            " coalesce(a.root, k.s) AS s, coalesce(b.root, k.p) AS p, coalesce(c.root, k.o) AS o FROM known AS k"
            " LEFT JOIN same AS a ON a.id = k.s LEFT JOIN same AS b ON b.id = k.p LEFT JOIN same AS c ON c.id = k.o"
        )
        sql.execute("CREATE OR REPLACE TEMP TABLE base AS SELECT s, p, o FROM rewritten")
        sql.execute("DROP TABLE rewritten")
        sql.execute("DELETE FROM inferred")
        self._set_known("base", "inferred")

    def _set_known(self, *tables: str) -> None:
        union = " UNION ALL ".join(f"SELECT s, p, o FROM {table}" for table in tables)
        self.workshop.sql.execute(f"CREATE OR REPLACE TEMP VIEW known AS {union}")

    def write_out(self, how: str) -> int:
        """Fill `inferred` with all that is known and not asserted: under `one` name, `all` names, or `auto`, what is
        few.

        Comes back: of how many names not all are written.
        """
        if not self.same:
            return 0
        sql = self.workshop.sql
        same = self.workshop.encode([SAME])[SAME]
        sql.execute(f"CREATE OR REPLACE TEMP TABLE rewritten AS SELECT s, p, o FROM known WHERE p <> {same} OR s <> o")
        sql.execute("DELETE FROM inferred")
        # A literal keeps the form that it was written in: copies under another form of the same value say nothing.
        sql.execute(
            "CREATE OR REPLACE TEMP TABLE name AS SELECT root, id FROM same WHERE id < ? OR root < ?"
            " UNION SELECT root, root FROM same WHERE id < ? OR root < ?",
            [FIRST_LITERAL_ID] * 4,
        )
        pairs = (
            f"SELECT a.id, CAST({same} AS UINTEGER), b.id FROM name AS a JOIN name AS b ON a.root = b.root"
            " WHERE a.id <> b.id"
        )
        every = how == "all" or (how == "auto" and self._stays_small())
        if every:
            facts = (
                "SELECT coalesce(a.id, r.s) AS s, coalesce(b.id, r.p) AS p, coalesce(c.id, r.o) AS o"
                " FROM rewritten AS r"
                " LEFT JOIN name AS a ON a.root = r.s LEFT JOIN name AS b ON b.root = r.p"
                " LEFT JOIN name AS c ON c.root = r.o"
            )
        else:
            facts, pairs = "SELECT s, p, o FROM rewritten", f"{pairs} AND b.id = b.root"
        sql.execute(
            f"INSERT INTO inferred ({facts} UNION {pairs})"
            " EXCEPT SELECT s, p, o FROM triple EXCEPT SELECT s, p, o FROM axiom"
        )
        sql.execute(
            "DELETE FROM inferred AS i WHERE i.o >= ? AND EXISTS"
            " (SELECT 1 FROM same AS m JOIN triple AS t ON t.o = m.id"
            " WHERE m.root = i.o AND m.id >= ? AND t.s = i.s AND t.p = i.p)",
            [FIRST_LITERAL_ID, FIRST_LITERAL_ID],
        )
        return 0 if every else len(self.same)

    def _stays_small(self) -> bool:
        """True when writing every fact under every name keeps the graph within a few times its size."""
        sql = self.workshop.sql
        sql.execute("CREATE OR REPLACE TEMP TABLE names AS SELECT root, count(*) AS n FROM name GROUP BY root")
        grown = (
            "SELECT coalesce(sum(coalesce(a.n, 1) * coalesce(b.n, 1) * coalesce(c.n, 1)), 0), count(*)"
            " FROM rewritten AS r LEFT JOIN names AS a ON a.root = r.s LEFT JOIN names AS b ON b.root = r.p"
            " LEFT JOIN names AS c ON c.root = r.o"
        )
        facts = sql.execute(grown).fetchall()[0]
        pairs = sql.execute("SELECT coalesce(sum(n * n), 0) FROM names").fetchall()[0]
        return int(facts[0]) + int(pairs[0]) <= GROWTH * int(facts[1]) + _FEW
