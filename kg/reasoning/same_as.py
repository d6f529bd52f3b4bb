"""owl:sameAs as a union find: facts under one representative of equal terms, and under all of them on demand.

`owl:sameAs` is not run as rules: n names of one entity would give n times n triples, and n copies of each fact about
it. A union find gives each entity one representative, the same in every run. The rules read the view `known`. While no
two terms are equal, it is the tables themselves; from then on it is a copy in which each term is replaced by its
representative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from kg.graph.triple_tables import FIRST_LITERAL_ID, TripleTables
from kg.reasoning.rules import SAME
from kg.terms import OWL, RDF, RDFS, XSD
from kg.xsd import are_equal, value_of

MAX_GROWTH = 4
"""`same_as="auto"` writes all names only while this makes at most this many times the triples."""
_ALWAYS_ALLOWED = 10_000  # triples that may be added whatever the size of the graph
_VOCABULARIES = tuple(f"<{namespace}" for namespace in (RDF, RDFS, OWL, XSD))


class UnequalValues(NamedTuple):
    """A pair of terms that a rule makes equal, and the two different literals that would become one value by it."""

    term: str
    other_term: str
    value: str
    other_value: str


class UnionFind:
    """Equal terms, by their exact N-Triples forms."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._literal: dict[str, str] = {}

    def __len__(self) -> int:
        """How many terms are not their own representative."""
        return len(self._parent)

    def representative(self, text: str) -> str:
        """The term that represents this one: a term of the RDF vocabularies before any other IRI, an IRI before a blank
        node, a blank node before a literal; then the least by text.
        """
        root = text
        while (parent := self._parent.get(root)) is not None:
            root = parent
        while text != root:
            self._parent[text], text = root, self._parent[text]
        return root

    def merge(self, pairs: Iterable[tuple[str, str]], *, are_equal: Callable[[str, str], bool]) -> list[UnequalValues]:
        """Make the terms of each pair equal, except where that would make two different literals one value.

        These pairs are returned: a value cannot become another one (dt-diff), and no other facts may change for it.
        """
        refused = []
        for term, other in sorted(set(pairs)):
            first, second = sorted((self.representative(term), self.representative(other)), key=_rank)
            if first == second:
                continue
            literals = self._literal_of(first), self._literal_of(second)
            if all(literals) and not are_equal(*literals):
                refused.append(UnequalValues(term, other, *literals))
                continue
            self._parent[second] = first
            if literals[1] and not literals[0]:
                self._literal[first] = literals[1]
        return refused

    def representatives(self) -> Mapping[str, str]:
        """Each term that is not its own representative, and its representative."""
        return {text: self.representative(text) for text in sorted(self._parent)}

    def _literal_of(self, root: str) -> str:
        return root if root.startswith('"') else self._literal.get(root, "")


def _rank(text: str) -> tuple[int, str]:
    kind = 0 if text.startswith(_VOCABULARIES) else 1 if text.startswith("<") else 2 if text.startswith("_") else 3
    return (kind, text)


class EqualTerms:
    """The equal terms of triple tables; `unequal` are the pairs that could not be made equal."""

    def __init__(self, tables: TripleTables) -> None:
        self.tables = tables
        self.terms = UnionFind()
        self.unequal: list[UnequalValues] = []
        self._define_known("triple", "axiom", "inferred")

    # --- merging

    def merge_same_as(self) -> bool:
        """Make the terms of every owl:sameAs triple equal; True when that changed anything."""
        id = self.tables.find_ids([SAME]).get(SAME)
        if id is None:
            return False
        return self.merge(self.tables.sql.execute(f"SELECT s, o FROM known WHERE p = {id} AND s <> o").fetchall())

    def merge_equal_values(self, properties: Iterable[int]) -> bool:
        """Make literals of the same value equal, where they are values of these properties (dt-eq)."""
        ids = ", ".join(map(str, sorted(properties)))
        rows = self.tables.sql.execute(
            "SELECT DISTINCT k.o, t.text FROM known AS k JOIN term AS t ON t.id = k.o"
            f" WHERE k.p IN ({ids}) AND k.o >= {FIRST_LITERAL_ID} ORDER BY ALL"
        ).fetchall()
        first: dict[object, int] = {}
        pairs = []
        for id, text in rows:
            value = value_of(text)
            if value is not None:
                pairs.append((first.setdefault(value, id), id))
        return self.merge(pair for pair in pairs if pair[0] != pair[1])

    def merge(self, pairs: Iterable[tuple[int, int]]) -> bool:
        """Make the terms of each pair of ids equal, and rewrite all facts; True when that changed anything."""
        rows = list(pairs)
        if not rows:
            return False
        texts = self.tables.decode(id for row in rows for id in row)
        before = len(self.terms)
        self.unequal += self.terms.merge(((texts[a], texts[b]) for a, b in rows), are_equal=are_equal)
        if len(self.terms) == before:
            return False
        self._rewrite()
        return True

    def _rewrite(self) -> None:
        """Replace `known` by a copy in which each term is replaced by its representative."""
        sql = self.tables.sql
        roots = self.terms.representatives()
        ids = self.tables.encode([*roots, *roots.values()])
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
        self._define_known("base", "inferred")

    def _define_known(self, *tables: str) -> None:
        union = " UNION ALL ".join(f"SELECT s, p, o FROM {table}" for table in tables)
        self.tables.sql.execute(f"CREATE OR REPLACE TEMP VIEW known AS {union}")

    # --- writing

    def write_inferred(self, same_as: str) -> int:
        """Fill `inferred` with everything that is known and not asserted, under `one`, `all` or (`auto`) few names.

        Returns how many names were left out.
        """
        if not self.terms:
            return 0
        sql = self.tables.sql
        same = self.tables.encode([SAME])[SAME]
        sql.execute(f"CREATE OR REPLACE TEMP TABLE rewritten AS SELECT s, p, o FROM known WHERE p <> {same} OR s <> o")
        sql.execute("DELETE FROM inferred")
        # A literal keeps the form in which it was written: copies under another form of its value add nothing.
        sql.execute(
            "CREATE OR REPLACE TEMP TABLE name AS SELECT root, id FROM same WHERE id < ? OR root < ?"
            " UNION SELECT root, root FROM same WHERE id < ? OR root < ?",
            [FIRST_LITERAL_ID] * 4,
        )
        pairs = (
            f"SELECT a.id, CAST({same} AS UINTEGER), b.id FROM name AS a JOIN name AS b ON a.root = b.root"
            " WHERE a.id <> b.id"
        )
        all_names = same_as == "all" or (same_as == "auto" and self._stays_small())
        if all_names:
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
        return 0 if all_names else len(self.terms)

    def _stays_small(self) -> bool:
        """True when facts under all names are at most a few times the facts under one name."""
        sql = self.tables.sql
        sql.execute("CREATE OR REPLACE TEMP TABLE names AS SELECT root, count(*) AS n FROM name GROUP BY root")
        facts = sql.execute(
            "SELECT coalesce(sum(coalesce(a.n, 1) * coalesce(b.n, 1) * coalesce(c.n, 1)), 0), count(*)"
            " FROM rewritten AS r LEFT JOIN names AS a ON a.root = r.s LEFT JOIN names AS b ON b.root = r.p"
            " LEFT JOIN names AS c ON c.root = r.o"
        ).fetchall()[0]
        pairs = sql.execute("SELECT coalesce(sum(n * n), 0) FROM names").fetchall()[0]
        return int(facts[0]) + int(pairs[0]) <= MAX_GROWTH * int(facts[1]) + _ALWAYS_ALLOWED
