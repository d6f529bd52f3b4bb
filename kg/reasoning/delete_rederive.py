"""OWL 2 RL inference after a change: delete and rederive, by the same ground rules.

    overdelete   what follows from a triple that is gone, in any number of steps
    rederive     what still follows from the rest in one step
    insert       what follows from that and from new triples, semi-naively as in a complete run

Gupta, Mumick, Subrahmanian: Maintaining Views Incrementally (SIGMOD 1993). It is exact because no rule has a negation.
Where a change is about classes or properties, or makes terms equal, everything is inferred anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from kg.graph.triple_tables import TripleTables
from kg.reasoning import sql
from kg.reasoning.datalog import Clause
from kg.reasoning.days import DAY_PROPERTIES
from kg.reasoning.infer import Inference, Reasoner
from kg.reasoning.ontology import LIST_PREDICATES, SCHEMA_CLASSES, SCHEMA_PREDICATES, Ontology
from kg.reasoning.rules import SAME, TYPE, GroundRule

_MOST = 200_000
"""Following more triples takes as long as inferring everything."""
_DAYS = frozenset(map(str, DAY_PROPERTIES))
_WRITTEN = ("triple", "axiom")


def infer_changes(tables: TripleTables) -> Inference | None:
    """Change the table `inferred` as the given triples have changed; None where everything has to be inferred anew.

    `triple` has the asserted triples now, and `axiom` the ontology, which has not changed. `inferred` has everything
    else that is known of before the change. The tables `given_gone` and `given_new` have the triples, asserted or
    derived, that are not given any more, and those that are now. Afterwards, `touched_triple` has all triples that may
    have come or gone.
    """
    for name, known in (("axiom", "triple"), ("inferred", "axiom"), *product(("given_gone", "given_new"), _WRITTEN)):
        rows = f"SELECT t.rowid FROM {name} AS t SEMI JOIN {known} USING (s, p, o)"
        tables.sql.execute(f"DELETE FROM {name} WHERE rowid IN ({rows})")
    return _IncrementalReasoner(tables).update()


class _IncrementalReasoner(Reasoner):
    """The SQL engine, for one change."""

    def __init__(self, tables: TripleTables) -> None:
        super().__init__(tables, schema=False, tautologies=False, same_as="one", progress=None)

    def update(self) -> Inference | None:
        """Overdelete, rederive and insert."""
        ontology, rules = self._read_ontology()
        needed = [rule for rule in rules if not rule.is_redundant]
        clauses = self._clauses(needed)
        if not self._is_possible(needed, clauses):
            return None
        self._execute(
            "CREATE OR REPLACE TEMP TABLE touched_triple AS SELECT s, p, o FROM given_gone UNION FROM given_new"
            " UNION FROM asserted_new UNION FROM asserted_gone"
        )
        if not (self._overdelete(clauses) and self._insert(clauses)):
            return None
        # Nothing was contradictory or equal before, so that new triples are part of each contradiction and equality.
        self._fill("delta", "FROM known SEMI JOIN touched_triple USING (s, p, o)")
        new = self._present_relations("delta")
        self.present |= new
        touched = [rule for rule in needed if any(self.relations.of(pattern) in new for pattern in rule.body)]
        if self._merge_equal_terms(touched) or self._is_unwanted(ontology):
            return None
        contradictions = self._contradictions(rules, new=new)
        findings = [*contradictions, *self._faults(ontology)]
        return replace(self._inference(findings, rules, ontology), is_closed=not contradictions)

    def _is_possible(self, rules: Sequence[GroundRule], clauses: Sequence[Clause]) -> bool:
        """False where a rule needs more than triples of entities, or the change is about classes and properties."""
        if not self.is_plain(rules) or any(clause.head[1] in _DAYS for clause in clauses):
            return False
        return not self._is_about_schema("given_gone", "given_new", "asserted_new", "asserted_gone")

    def _is_about_schema(self, *tables: str) -> bool:
        """True where a triple of these tables is about classes, properties, lists or equal names."""
        ids = self.tables.find_ids([*SCHEMA_PREDICATES, *LIST_PREDICATES, *SCHEMA_CLASSES, SAME, TYPE])
        properties = ", ".join(str(ids[p]) for p in (*SCHEMA_PREDICATES, *LIST_PREDICATES, SAME) if p in ids)
        classes = ", ".join(str(ids[c]) for c in SCHEMA_CLASSES if c in ids)
        condition = f"p IN ({properties or 'NULL'}) OR (p = {ids[TYPE]} AND o IN ({classes or 'NULL'}))"
        rows = " UNION ALL ".join(f"SELECT p, o FROM {table}" for table in tables)
        return bool(self._execute(f"SELECT 1 FROM ({rows}) AS t WHERE {condition} LIMIT 1"))

    def _is_unwanted(self, ontology: Ontology) -> bool:
        """True where something was inferred that is left out of graphs."""
        conditions = " OR ".join(f"({condition})" for condition in self._unwanted(ontology, "delta"))
        inferred = "SELECT s, p, o FROM inferred SEMI JOIN touched_triple USING (s, p, o)"
        return self._is_about_schema("touched_triple") or bool(
            self._execute(f"SELECT 1 FROM ({inferred}) AS i WHERE {conditions} LIMIT 1")
        )

    def _overdelete(self, clauses: Sequence[Clause]) -> bool:
        """Delete from `inferred` all that depends on what is gone, and find what follows in one step all the same."""
        new = self._fill("delta", "SELECT s, p, o FROM given_gone")
        gone = self._fill("overdeleted", "FROM delta")
        while new and (selected := self._following(clauses)):
            union = " UNION ALL ".join(selected)
            new = self._fill(
                "delta",
                f"SELECT DISTINCT s, p, o FROM ({union}) AS c"
                " SEMI JOIN inferred USING (s, p, o) ANTI JOIN overdeleted USING (s, p, o)",
            )
            self._execute("INSERT INTO overdeleted FROM delta")
            gone += new
            if gone > _MOST:
                return False
        selected = []
        if gone:
            self._fill("delta", "FROM overdeleted")
            self._execute("INSERT INTO touched_triple FROM delta")
            rows = "SELECT i.rowid FROM inferred AS i SEMI JOIN delta USING (s, p, o)"
            self._execute(f"DELETE FROM inferred WHERE rowid IN ({rows})")
            heads = self._present_relations("delta")
            checked = [
                Clause((clause.head, *clause.body), clause.head, clause.entities_only)
                for clause in clauses
                if self.relations.of(clause.head) in heads
            ]
            selected = sql.selects(checked, self.ids, delta=0)
        self._fill("rederived", " UNION ".join(selected) or "FROM overdeleted LIMIT 0")
        return True

    def _insert(self, clauses: Sequence[Clause]) -> bool:
        """Add to `inferred` what follows from what was rederived and from what is new."""
        self._add_unknown("FROM rederived UNION FROM given_new")
        self._execute("INSERT INTO delta SELECT s, p, o FROM asserted_new")
        inserted = 0
        while selected := self._following(clauses):
            new = self._add_unknown(f"SELECT DISTINCT s, p, o FROM ({' UNION ALL '.join(selected)}) AS c")
            inserted += new
            if inserted > _MOST:
                return False
            if not new:
                break
            self._execute("INSERT INTO touched_triple FROM delta")
        return True

    def _add_unknown(self, candidates: str) -> int:
        """Add those of these triples that are not known to `inferred`, and fill `delta` with them; their number."""
        # Hashed are the few candidates, and not the many known triples.
        new = self._fill(
            "delta",
            f"WITH candidate AS MATERIALIZED ({candidates}) FROM candidate"
            " ANTI JOIN (SELECT k.* FROM known AS k SEMI JOIN candidate USING (s, p, o)) USING (s, p, o)",
        )
        if new:
            self._execute("INSERT INTO inferred SELECT s, p, o FROM delta")
        return new

    def _fill(self, table: str, select: str) -> int:
        """Fill a table with the triples of a query, which may read what it had before; their number."""
        ((count,),) = self.tables.sql.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {select}").fetchall()
        return int(count)

    def _following(self, clauses: Sequence[Clause]) -> list[str]:
        """A SELECT of what follows from the table `delta` in one step, for each shape of clauses."""
        relations = self._present_relations("delta")
        selected = []
        for place in range(max((len(clause.body) for clause in clauses), default=0)):
            reading = [c for c in clauses if len(c.body) > place and self.relations.of(c.body[place]) in relations]
            selected += sql.selects(reading, self.ids, delta=place)
        return selected
