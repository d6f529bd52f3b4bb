"""The DuckDB tables of a validation, and the term ids and subclasses that its plan needs.

The tables, all temporary:

    shape_triple(s, p, o)                        the triples that are validated (a view)
    shape_focus(focus_set, node)                 focus nodes
    shape_value(value_set, focus, value)         value nodes
    shape_violation(check_id, focus, value, path, other)    violations; value, path and other may be NULL
    shape_failed(shape, node)                    nodes that do not conform to a shape that other shapes depend on
    shape_reported(shape, node, times)           reported focus nodes, where they are not the complete focus set

One statement answers one question for all shapes together: shapes are rows of an inline table, because a statement
costs a millisecond and a row nothing.
"""

# ruff: noqa: S608 - only numbers, names of tables and quoted texts are put into SQL
from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
from pyoxigraph import Triple

from kg.graph.triple_tables import FIRST_LITERAL_ID
from kg.shapes.model import FurtherTriples
from kg.shapes.paths import predicates
from kg.shapes.plan import ValidationPlan
from kg.sql import numbered_texts, quote
from kg.terms import RDF, RDFS, SKOS
from kg.traversal import reachable

TYPE = f"<{RDF}type>"
SUBCLASS = f"<{RDFS}subClassOf>"
LABELS = (f"<{RDFS}label>", f"<{SKOS}prefLabel>", "<https://schema.org/name>")
_LAST_LITERAL, _LAST_NODE = 2**32 - 1, FIRST_LITERAL_ID - 1

_COLUMNS = {
    "shape_focus": "focus_set UINTEGER, node UINTEGER",
    "shape_value": "value_set UINTEGER, focus UINTEGER, value UINTEGER",
    "shape_violation": "check_id UINTEGER, focus UINTEGER, value UINTEGER, path UINTEGER, other UINTEGER",
    "shape_failed": "shape INTEGER, node UINTEGER",
    "shape_reported": "shape INTEGER, node UINTEGER, times UINTEGER",
}
_CREATE = "; ".join(f"CREATE OR REPLACE TEMP TABLE {name}({columns})" for name, columns in _COLUMNS.items())
_WORK_TABLES = ("shape_term", "shape_step", "shape_tested", "shape_count")
_DROP = "; ".join(f"DROP TABLE IF EXISTS {name}" for name in (*_COLUMNS, *_WORK_TABLES))


class ValidationTables:
    """The tables of one validation on one connection; usable again after the graph has changed."""

    def __init__(
        self,
        sql: duckdb.DuckDBPyConnection,
        plan: ValidationPlan,
        ontology: Iterable[Triple],
        sources: Sequence[str],
    ) -> None:
        self.plan = plan
        self._sql, self._sources = sql, sources
        self._ids: dict[str, int] = {}
        self._missing: dict[str, int] = {}
        """Terms that the graph does not have; their ids are counted down from the last."""
        self._focus_counts: Mapping[int, int] | None = None
        self._focus_terms: set[str] = set()
        self._union = ""
        self.select_sources()
        named = self._named_terms()
        self._look_up(named)
        self._subclasses = self._find_subclasses(ontology)
        self._look_up({name for names in self._subclasses.values() for name in names})
        self._assign(named)
        self._add_focus_terms(t.term for s in plan.focus_sets for t in s.targets if t.kind == "node")

    def part(self, plan: ValidationPlan) -> ValidationTables:
        """The same tables and terms for a plan of some of the shapes."""
        part = copy.copy(self)
        part.plan = plan
        return part

    # --- statements

    def create(self) -> None:
        """Make the tables, or empty them."""
        self._sql.execute(_CREATE)
        self._focus_counts = None

    def drop(self) -> None:
        """Remove all tables of the validation from the connection."""
        self._sql.execute(f"DROP VIEW IF EXISTS shape_triple; {_DROP}")

    def select_sources(self) -> None:
        """Validate the triples that the tables of the graph have now."""
        # A table without triples is left out: each one makes every statement a little slower.
        sizes = " UNION ALL ".join(f"SELECT {n}, count(*) FROM {name}" for n, name in enumerate(self._sources))
        full = [self._sources[number] for number, size in sorted(self.rows(sizes)) if size]
        union = " UNION ALL ".join(f"SELECT s, p, o FROM {name}" for name in full or self._sources[:1])
        if union != self._union:
            self._union = union
            self._sql.execute(f"CREATE OR REPLACE TEMP VIEW shape_triple AS {union}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._sql.execute(query).fetchall()

    def execute(self, statement: str) -> None:
        """Run a statement, unless it is empty."""
        if statement:
            self._sql.execute(statement)

    def count_made(self, statement: str) -> int:
        """Run a statement; the number of rows it made."""
        made = self._sql.execute(statement).fetchone()
        return int(made[0]) if made else 0

    def add_violations(self, select: str) -> None:
        """Add the rows of a query: check, focus node, value, path and the other value."""
        self._sql.execute(f"INSERT INTO shape_violation {select}")

    def focus_counts(self) -> Mapping[int, int]:
        """How many nodes each focus set has, for those that have any."""
        if self._focus_counts is None:
            self._focus_counts = dict(self.rows("SELECT focus_set, count(*) FROM shape_focus GROUP BY focus_set"))
        return self._focus_counts

    # --- term ids

    @property
    def terms(self) -> str:
        """The table of terms, with those focus nodes that the graph does not have."""
        if self._focus_terms.isdisjoint(self._missing):
            return "term"
        return "(SELECT id, text FROM term UNION ALL SELECT id, text FROM shape_term)"

    def id(self, term: str) -> int:
        """The id of a term that the plan names."""
        return self._ids.get(term) or self._missing[term]

    def has(self, term: str) -> bool:
        """True when the graph has the term, which the plan names."""
        return term in self._ids

    def focus_ids(self, terms: Iterable[str]) -> list[int]:
        """The ids of terms that shall be focus nodes, also of those that the graph does not have."""
        wanted = list(terms)
        self._look_up(wanted)
        self._assign(wanted)
        self._add_focus_terms(wanted)
        return [self.id(term) for term in wanted]

    def add_terms(self, ids: Mapping[str, int]) -> None:
        """Take note of terms that are new in the graph."""
        named = {name for names in self._subclasses.values() for name in names} | set(self._missing)
        self._ids |= {term: number for term, number in ids.items() if term in named}
        for term in set(self._missing) & set(ids):
            del self._missing[term]

    def subclasses(self, name: str) -> list[int]:
        """The ids of a class that the plan names and of all its subclasses, of those that the graph has."""
        return sorted(self._ids[each] for each in self._subclasses[name] if each in self._ids)

    def subclass_pairs(self, ontology: Iterable[Triple]) -> list[tuple[str, str]]:
        """Each class with one above it, by the ontology and the graph."""
        pairs = [(str(t.subject), str(t.object)) for t in ontology if str(t.predicate) == SUBCLASS]
        if SUBCLASS in self._ids:
            pairs += self.rows(
                "SELECT a.text, b.text FROM shape_triple e JOIN term a ON a.id = e.s JOIN term b ON b.id = e.o"
                f" WHERE e.p = {self._ids[SUBCLASS]}"
            )
        return pairs

    def shape_number(self, node: str) -> int:
        """The number of a shape in the plan; -1 for a deactivated one, to which every node conforms."""
        return self.plan.numbers.get(node, -1)

    def _named_terms(self) -> set[str]:
        named = {TYPE, SUBCLASS, *LABELS}
        for focus_set in self.plan.focus_sets:
            named.update(target.term for target in focus_set.targets)
        for value_set in self.plan.value_sets:
            if value_set.path is not None:
                named.update(predicates(value_set.path))
        for check in self.plan.checks:
            named.update(check.constraint.values, check.constraint.extra)
        return named

    def _look_up(self, terms: Iterable[str]) -> None:
        unknown = [term for term in terms if term not in self._ids and term not in self._missing]
        if unknown:
            query = f"SELECT text, id FROM term WHERE text IN ({','.join(map(quote, unknown))})"
            self._ids.update(self.rows(query))

    def _assign(self, terms: Iterable[str]) -> None:
        for term in sorted(set(terms) - set(self._ids) - set(self._missing)):
            last = _LAST_LITERAL if term.startswith('"') else _LAST_NODE
            self._missing[term] = last - len(self._missing)

    def _add_focus_terms(self, terms: Iterable[str]) -> None:
        self._focus_terms.update(terms)
        if missing := self._focus_terms.intersection(self._missing):
            rows = numbered_texts((self._missing[term], term) for term in sorted(missing))
            self._sql.execute(f"CREATE OR REPLACE TEMP TABLE shape_term AS SELECT id::UINTEGER AS id, text FROM {rows}")

    def _find_subclasses(self, ontology: Iterable[Triple]) -> dict[str, tuple[str, ...]]:
        """Each class that the plan names, with all its subclasses by the ontology and the graph."""
        below: dict[str, list[str]] = {}
        for subclass, superclass in self.subclass_pairs(ontology):
            below.setdefault(superclass, []).append(subclass)
        named = {c.constraint.value for c in self.plan.checks if c.constraint.component.reads is FurtherTriples.TYPES}
        named |= {t.term for s in self.plan.focus_sets for t in s.targets if t.kind == "class"}
        return {name: reachable((name,), lambda each: below.get(each, ())) for name in named}
