"""A workshop and shapes walk in; a report of everything that breaks a shape walks out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import duckdb
from pyoxigraph import Triple

from kg.errors import UnknownNameError
from kg.graph.triple_tables import TripleTables
from kg.reports import Finding, Report
from kg.shapes import messages, result_sql, sql_tables
from kg.shapes.model import Shape, Shapes
from kg.shapes.paths import predicates
from kg.shapes.plan import Plan, to_plan
from kg.shapes.results import Teller
from kg.shapes.sql_engine import Asking
from kg.shapes.term_ids import LABELS, Numbering
from kg.shapes.violation import Hit
from kg.terms import to_curie
from kg.text import closest
from kg.xsd import lexical_form


def check(
    workshop: TripleTables,
    shapes: Shapes,
    *,
    ontology: Iterable[Triple] = (),
    tables: Sequence[str] = ("triple", "inferred"),
    focus: Iterable[str] | None = None,
    shape: Iterable[str] | None = None,
    languages: Sequence[str] = messages.LANGUAGES,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """What breaks the shapes, as findings in no particular order, and how much was looked at.

    `focus` (exact terms) looks at those nodes only, `shape` begins with those shapes only. Subclasses are those of the
    ontology and of the data. Raises `UnknownNameError` when there is no shape of that name.
    """
    begun = time.perf_counter()
    roots = _roots(shapes, shape)
    foreign = shapes.foreign()
    report = Report()
    own = [root for root in roots if root.node not in foreign]
    ontology = tuple(ontology)
    if own:
        checking = Checking(workshop.sql, to_plan(shapes, own), ontology, tables, progress)
        try:
            report = checking.report(checking.numbers(focus), languages)
        finally:
            checking.close()
    others = [root for root in roots if root.node in foreign]
    if others:
        # Not imported before it is needed: rdflib and pyshacl take a third of a second.
        from kg.shapes import pyshacl_engine

        report += pyshacl_engine.check(
            workshop, shapes, others, ontology=ontology, tables=tables, focus=focus, languages=languages
        )
    told = {"shapes": len(roots), "findings": len(report), "seconds": round(time.perf_counter() - begun, 3)}
    return Report(report.findings, {**report.counts, **told})


def _roots(shapes: Shapes, wanted: Iterable[str] | None) -> list[Shape]:
    roots = list(shapes.targeted())
    if wanted is None:
        return roots
    by_name = {root.node: root for root in roots} | {to_curie(r.node[1:-1]): r for r in roots if r.node.startswith("<")}
    chosen = []
    for name in wanted:
        if name not in by_name:
            known = sorted(one for one in by_name if not one.startswith("<"))
            called = to_curie(name[1:-1]) if name.startswith("<") else name
            raise UnknownNameError(called, kind="shape with a target", suggestions=closest(called, known))
        chosen.append(by_name[name])
    return chosen


def _silent(_: str) -> None:
    return None


class Checking:
    """A check under way on one DuckDB connection; it can be asked again after the graph has changed."""

    def __init__(
        self,
        sql: duckdb.DuckDBPyConnection,
        plan: Plan,
        ontology: Sequence[Triple],
        tables: Sequence[str],
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self._sql, self._plan, self._ontology = sql, plan, ontology
        self._progress = progress if progress is not None else _silent
        # A table without triples is not asked: each one costs every statement a little.
        sizes = " UNION ALL ".join(f"SELECT {n}, count(*) FROM {name}" for n, name in enumerate(tables))  # noqa: S608
        full = [tables[n] for n, size in sorted(self._sql.execute(sizes).fetchall()) if size]
        self._tables = tuple(full or tables[:1])
        union = " UNION ALL ".join(f"SELECT s, p, o FROM {name}" for name in self._tables)  # noqa: S608
        self._sql.execute(f"CREATE OR REPLACE TEMP VIEW shape_edge AS {union}")
        self.numbering = Numbering(sql, plan, ontology)

    def covers(self, table: str) -> bool:
        """Whether the check looks into this table."""
        return table in self._tables

    def close(self) -> None:
        """Leave the workshop as it was."""
        self._sql.execute(f"DROP VIEW IF EXISTS shape_edge; {sql_tables.DROPS}")

    def numbers(self, focus: Iterable[str] | None) -> list[int] | None:
        """The numbers of these terms."""
        if focus is None:
            return None
        named = list(focus)
        self.numbering.name(named)
        return [self.numbering.of(term) for term in named]

    def report(self, only: Sequence[int] | None, languages: Sequence[str]) -> Report:
        """Everything that breaks the plan's shapes; of their targets only those with these numbers."""
        judge = Asking(self._sql, self._plan, self.numbering, self._progress)
        hits = judge.hits(only)
        return Report(tuple(self._findings(hits, judge.texts, languages)), {"focus nodes": judge.focus_nodes()})

    def _findings(self, hits: Sequence[Hit], known: Mapping[int, str], languages: Sequence[str]) -> Iterator[Finding]:
        """The hits in words; what terms are called that are not known is asked of the dictionary."""
        if not hits:
            return
        plan = self._plan
        terms = {term for hit in hits for term in (*hit[1:5], *hit.values) if term is not None}
        texts: dict[int | None, str] = {None: ""} | {term: known[term] for term in terms if term in known}
        if unknown := terms - known.keys():
            texts |= dict(self._sql.execute(result_sql.texts(unknown, self.numbering.words)).fetchall())
        words = messages.Words(self._labels(terms, texts), languages, {shape.node: shape for shape in plan.shapes})
        tellers: dict[int, Teller] = {}
        for hit in hits:
            check = hit.check
            teller = tellers.get(check.number)
            if teller is None:
                teller = tellers[check.number] = Teller(plan.shapes[check.shape], check.constraint, words)
            found = teller.finding(hit, texts)
            # Each way to reach a node is a validation of its own: https://www.w3.org/TR/shacl/#PropertyConstraintComponent
            for _ in range(hit.times):
                yield found

    def _labels(self, terms: Iterable[int], texts: Mapping[int | None, str]) -> dict[str, str]:
        """The labels of everything that the findings name, from the ontology and the graph."""
        labels = {
            str(t.subject): lexical_form(str(t.object))
            for t in self._ontology
            if str(t.predicate) == LABELS[0] and str(t.object).startswith('"')
        }
        naming = [self.numbering.of(label) for label in LABELS if self.numbering.knows(label)]
        if not naming:
            return labels
        constants = {v for c in self._plan.checks for v in c.constraint.values if v.startswith("<")}
        constants |= {p for s in self._plan.value_sets if s.path is not None for p in predicates(s.path)}
        numbers = {term: texts[term] for term in terms if not texts[term].startswith('"')}
        numbers |= {self.numbering.of(text): text for text in constants}
        for number, label in self._sql.execute(result_sql.labels(numbers, naming, self.numbering.words)).fetchall():
            labels[numbers[int(number)]] = lexical_form(label)
        return labels
