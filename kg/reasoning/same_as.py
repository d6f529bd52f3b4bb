"""owl:sameAs as a union find: facts under one representative of equal terms, and under all of them on demand.

`owl:sameAs` is not run as rules: n names of one entity would give n times n triples, and n copies of each fact about
it. A union find gives each entity one representative, the same in every run. The rules read the view `known`. While no
two terms are equal, it is the tables themselves; from then on it is a copy in which each term is replaced by its
representative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import NamedTuple

from kg.graph.triple_tables import FIRST_LITERAL_ID, TripleTables
from kg.reasoning.components import find_components
from kg.reasoning.rules import DIFFERENT, FIRST, SAME
from kg.sql import quote
from kg.terms import OWL, RDF, RDFS, XSD
from kg.xsd import are_different, are_equal, value_of

MAX_GROWTH = 4
"""`same_as="auto"` writes all names only while this makes at most this many times the triples."""
_ALWAYS_ALLOWED = 10_000  # triples that may be added whatever the size of the graph
_GIVEN = ("triple", "axiom")
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
        self._values: dict[str, tuple[str, ...]] = {}

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

    def merge(self, pairs: Iterable[tuple[str, str]]) -> list[UnequalValues]:
        """Make the terms of each pair equal, except where two literals that are known to differ would become one value.

        These pairs are returned: a value cannot become another one (dt-diff), and no other facts may change for it.
        """
        refused = []
        for term, other in sorted(set(pairs)):
            first, second = sorted((self.representative(term), self.representative(other)), key=_rank)
            if first == second:
                continue
            values, other_values = self._values_of(first), self._values_of(second)
            unequal = next((pair for pair in product(values, other_values) if are_different(*pair)), None)
            if unequal is not None:
                refused.append(UnequalValues(term, other, *unequal))
                continue
            self._parent[second] = first
            new = tuple(v for v in other_values if not any(are_equal(v, value) for value in values))
            self._values[first] = (*values, *new)
        return refused

    def representatives(self) -> Mapping[str, str]:
        """Each term that is not its own representative, and its representative."""
        return {text: self.representative(text) for text in sorted(self._parent)}

    def _values_of(self, root: str) -> tuple[str, ...]:
        """The literals of a group that have a known value, each value once: one, unless some cannot be compared."""
        values = self._values.get(root)
        if values is not None:
            return values
        value = value_of(root)
        return (root,) if value is not None and value.is_known else ()


def _rank(text: str) -> tuple[int, str]:
    kind = 0 if text.startswith(_VOCABULARIES) else 1 if text.startswith("<") else 2 if text.startswith("_") else 3
    return (kind, text)


_RANK = (
    f"CASE WHEN {' OR '.join(f'starts_with(text, {quote(start)})' for start in _VOCABULARIES)} THEN '0'"
    " WHEN starts_with(text, '<') THEN '1' WHEN starts_with(text, '_') THEN '2' ELSE '3' END || text"
)
"""`_rank` in SQL, as a text."""


class EqualTerms:
    """The equal terms of triple tables; `unequal` are the pairs that could not be made equal.

    Where the tables merge in rounds, the equal terms are in the table `same` alone until a literal is equal to another
    term: whether two values may be one is decided in memory.
    """

    def __init__(self, tables: TripleTables) -> None:
        self.tables = tables
        self.terms = UnionFind()
        self._in_rounds, self._is_in_table = tables.merges_in_rounds, False
        self.unequal: list[UnequalValues] = []
        tables.sql.execute("CREATE OR REPLACE TEMP TABLE same(id UINTEGER, root UINTEGER)")
        tables.sql.execute("CREATE OR REPLACE TEMP TABLE derived AS SELECT s, p, o FROM inferred")
        self._define_known(*_GIVEN, "inferred")

    def __bool__(self) -> bool:
        """True when any terms are equal."""
        return bool(self.terms) or self._is_in_table

    # --- merging

    def merge_same_as(self) -> bool:
        """Make the terms of every owl:sameAs triple equal; True when that changed anything."""
        id = self.tables.find_ids([SAME]).get(SAME)
        if id is None:
            return False
        return self.merge_rows(f"SELECT s, o FROM known WHERE p = {id} AND s <> o")

    def merge_equal_values(self, properties: Iterable[int], constants: Iterable[int]) -> bool:
        """Make literals of the same value equal where a rule compares them (dt-eq).

        Compared are the values of these properties, these constants, and literals that are equal to other terms; a
        literal that is equal to an entity is compared with all.
        """
        numbers = ", ".join(map(str, sorted(properties))) or "NULL"
        others = ", ".join(map(str, sorted(constants))) or "NULL"
        condition = (
            f"id >= {FIRST_LITERAL_ID} AND (id IN ({others}) OR id IN (SELECT id FROM same UNION SELECT root FROM same)"
            f" OR id IN (SELECT o FROM known WHERE p IN ({numbers}) AND o >= {FIRST_LITERAL_ID}))"
        )
        if self._has_literals_of_entities():
            condition = f"id >= {FIRST_LITERAL_ID}"
        first: dict[object, int] = {}
        pairs = []
        for id, text in self.tables.sql.execute(f"SELECT id, text FROM term WHERE {condition} ORDER BY id").fetchall():
            value = value_of(text)
            if value is not None:
                pairs.append((first.setdefault(value, id), id))
        return self.merge(pair for pair in pairs if pair[0] != pair[1])

    def merge_rows(self, select: str) -> bool:
        """Make the two terms of each row equal, and rewrite all facts; True when that changed anything."""
        sql = self.tables.sql
        if not self._in_rounds:
            return self.merge(sql.execute(select).fetchall())
        sql.execute(f"CREATE OR REPLACE TEMP TABLE pair AS SELECT a, b FROM ({select}) AS p(a, b)")
        if sql.execute(f"SELECT 1 FROM pair WHERE greatest(a, b) >= {FIRST_LITERAL_ID} LIMIT 1").fetchall():
            return self.merge(sql.execute("SELECT a, b FROM pair").fetchall())
        if not sql.execute("SELECT 1 FROM pair WHERE a <> b LIMIT 1").fetchall():
            return False
        find_components(sql, "SELECT a, b FROM pair")
        self._add_components()
        return True

    def _add_components(self) -> None:
        """Give the members of each component the representative of all, and rewrite all facts."""
        sql = self.tables.sql
        members = (
            f"SELECT m.id, m.c, {_RANK} AS rank FROM (SELECT a AS id, b AS c FROM edge UNION SELECT b, b FROM edge)"
        )
        sql.execute(f"CREATE OR REPLACE TEMP TABLE member AS {members} AS m JOIN term ON term.id = m.id")
        roots = (
            "SELECT member.c, member.id AS root FROM member JOIN (SELECT c, min(rank) AS rank FROM member GROUP BY c)"
        )
        roots = f"{roots} AS best ON best.c = member.c AND best.rank = member.rank"
        sql.execute(
            f"CREATE OR REPLACE TEMP TABLE merged AS SELECT m.id, r.root FROM member AS m JOIN ({roots}) AS r"
            " ON r.c = m.c WHERE m.id <> r.root"
        )
        sql.execute(
            "CREATE OR REPLACE TEMP TABLE all_same AS SELECT same.id, coalesce(merged.root, same.root) AS root"
            " FROM same LEFT JOIN merged ON merged.id = same.root UNION ALL SELECT id, root FROM merged"
        )
        sql.execute("DELETE FROM same")
        sql.execute("INSERT INTO same SELECT id, root FROM all_same")
        self._is_in_table = True
        self._rewrite()

    def merge(self, pairs: Iterable[tuple[int, int]]) -> bool:
        """Make the terms of each pair of ids equal, and rewrite all facts; True when that changed anything."""
        rows = list(pairs)
        if not rows:
            return False
        if self._is_in_table:
            rows, self._is_in_table = [*self.tables.sql.execute("SELECT id, root FROM same").fetchall(), *rows], False
        self._in_rounds = False
        texts = self.tables.decode(id for row in rows for id in row)
        before = len(self.terms)
        self.unequal += self.terms.merge((texts[a], texts[b]) for a, b in rows)
        if len(self.terms) == before:
            return False
        self._write_same()
        self._rewrite()
        return True

    def has_names(self, text: str) -> bool:
        """True when the term represents other terms."""
        id = self.tables.find_ids([text]).get(text)
        return id is not None and bool(
            self.tables.sql.execute(f"SELECT 1 FROM same WHERE root = {id} LIMIT 1").fetchall()
        )

    def stated_as_different(self, root: str) -> list[str]:
        """The names of a term that triples state to be different, or list: two of them, if there are two."""
        ids = self.tables.find_ids([root, DIFFERENT, FIRST])
        names = f"(SELECT id FROM same WHERE root = {ids[root]} UNION SELECT {ids[root]})"
        given = f"SELECT s, p, o FROM ({_union(*_GIVEN)}) AS g WHERE o IN {names}"
        pairs = (
            f"SELECT s, o FROM ({given}) AS g WHERE p = {ids.get(DIFFERENT, 0)} AND s IN {names} ORDER BY ALL LIMIT 1"
        )
        rows = self.tables.sql.execute(pairs).fetchall()
        if not rows:
            listed = f"SELECT DISTINCT o FROM ({given}) AS g WHERE p = {ids.get(FIRST, 0)} ORDER BY ALL LIMIT 2"
            rows = [tuple(row[0] for row in self.tables.sql.execute(listed).fetchall())]
        texts = self.tables.decode(rows[0])
        return [texts[id] for id in rows[0]]

    def literals_of_entities(self) -> list[tuple[str, str]]:
        """The literals that are equal to an entity, each with the entity that represents them."""
        rows = self.tables.sql.execute(
            f"SELECT root, id FROM same WHERE root < {FIRST_LITERAL_ID} AND id >= {FIRST_LITERAL_ID} ORDER BY ALL"
        ).fetchall()
        texts = self.tables.decode(id for row in rows for id in row)
        return [(texts[root], texts[id]) for root, id in rows]

    def _has_literals_of_entities(self) -> bool:
        condition = f"root < {FIRST_LITERAL_ID} AND id >= {FIRST_LITERAL_ID}"
        return bool(self.tables.sql.execute(f"SELECT 1 FROM same WHERE {condition} LIMIT 1").fetchall())

    def _write_same(self) -> None:
        """Make `same` what the union find has."""
        sql = self.tables.sql
        roots = self.terms.representatives()
        ids = self.tables.encode([*roots, *roots.values()])
        sql.execute("DELETE FROM same")
        sql.execute(
            "INSERT INTO same SELECT unnest(?::UINTEGER[]), unnest(?::UINTEGER[])",
            [str([ids[text] for text in roots]), str([ids[root] for root in roots.values()])],
        )

    def _rewrite(self) -> None:
        """Replace `known` by a copy in which each term is replaced by its representative."""
        self._set_base(_under_representatives("known", "same"))
        self.tables.sql.execute("DELETE FROM inferred")

    def _set_base(self, select: str) -> None:
        """Make the selected triples, and what is inferred from now on, the known ones."""
        self.tables.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE rewritten AS SELECT DISTINCT s, p, o FROM ({select}) AS r"
        )
        self.tables.sql.execute("CREATE OR REPLACE TEMP TABLE base AS SELECT s, p, o FROM rewritten")
        self.tables.sql.execute("DROP TABLE rewritten")
        self._define_known("base", "inferred")

    def _define_known(self, *tables: str) -> None:
        self.tables.sql.execute(f"CREATE OR REPLACE TEMP VIEW known AS {_union(*tables)}")

    # --- literals as they were written

    def separate_literals(self) -> bool:
        """Give every literal in `known` the form in which it was written again; True when that changed anything.

        Facts with a literal that is equal to another literal are then the given ones only, and rules that copy them
        give each form by itself. `add_united_literals` adds what only follows for the value.
        """
        sql = self.tables.sql
        is_united = f"o IN (SELECT root FROM same WHERE root >= {FIRST_LITERAL_ID})"
        if not sql.execute(f"SELECT 1 FROM known WHERE {is_united} LIMIT 1").fetchall():
            return False
        sql.execute(f"CREATE OR REPLACE TEMP TABLE united AS SELECT s, p, o FROM known WHERE {is_united}")
        names = f"(SELECT id, root FROM same WHERE root < {FIRST_LITERAL_ID})"
        given = _under_representatives(f"({_union(*_GIVEN, 'derived')})", names)
        self._set_base(f"SELECT s, p, o FROM known WHERE NOT ({is_united}) UNION ALL {given}")
        sql.execute("DELETE FROM inferred")
        return True

    def add_united_literals(self) -> None:
        """Add the facts that follow for a value and for no form in which it was written."""
        self.tables.sql.execute(
            "INSERT INTO inferred SELECT s, p, o FROM united AS u WHERE NOT EXISTS ("
            "SELECT 1 FROM known AS k LEFT JOIN same AS m ON m.id = k.o"
            " WHERE k.s = u.s AND k.p = u.p AND coalesce(m.root, k.o) = u.o)"
        )

    # --- writing

    def write_inferred(self, same_as: str) -> int:
        """Fill `inferred` with everything that is known and not asserted, under `one`, `all` or (`auto`) few names.

        Returns how many names were left out.
        """
        if not self:
            return 0
        sql = self.tables.sql
        same = self.tables.encode([SAME])[SAME]
        is_fact = "true" if self.has_names(SAME) else f"(p <> {same} OR s <> o)"
        sql.execute(f"CREATE OR REPLACE TEMP TABLE rewritten AS SELECT s, p, o FROM known WHERE {is_fact}")
        sql.execute("DELETE FROM inferred")
        # A literal keeps the form in which it was written, unless every fact is to be written as the rules say.
        groups = "same" if same_as == "all" else f"(SELECT id, root FROM same WHERE root < {FIRST_LITERAL_ID})"
        sql.execute(
            f"CREATE OR REPLACE TEMP TABLE name AS SELECT root, id FROM {groups} UNION SELECT root, root FROM {groups}"
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
        return 0 if all_names else self._count_names()

    def _count_names(self) -> int:
        """How many names of entities are not their own representative."""
        return int(
            self.tables.sql.execute(f"SELECT count(*) FROM same WHERE root < {FIRST_LITERAL_ID}").fetchall()[0][0]
        )

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


def _union(*tables: str) -> str:
    return " UNION ALL ".join(f"SELECT s, p, o FROM {table}" for table in tables)


def _under_representatives(facts: str, groups: str) -> str:
    """A SELECT of facts with each term replaced by the root of its group."""
    return (
        "SELECT coalesce(a.root, k.s) AS s, coalesce(b.root, k.p) AS p, coalesce(c.root, k.o) AS o"
        f" FROM {facts} AS k LEFT JOIN {groups} AS a ON a.id = k.s LEFT JOIN {groups} AS b ON b.id = k.p"
        f" LEFT JOIN {groups} AS c ON c.id = k.o"
    )
