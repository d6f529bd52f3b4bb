"""A workshop and shapes walk in; a report of everything that breaks a shape walks out.

The order of work: which nodes does each shape look at, what do they lead to (floor by floor, from the targeted shapes
down), which constraints are broken; then, from the shapes that lean on none up, the verdicts that other shapes ask for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import duckdb
from pyoxigraph import Triple

from kg.errors import UnknownNameError
from kg.graph.shapes import gathering, judging, statements, telling, wording
from kg.graph.shapes.findings import to_finding
from kg.graph.shapes.literals import lexical
from kg.graph.shapes.near import fetch_near
from kg.graph.shapes.numbering import LABELS, Numbering
from kg.graph.shapes.paths import predicates
from kg.graph.shapes.plan import Check, Plan, to_plan
from kg.graph.shapes.shape import Shape, Shapes
from kg.graph.shapes.verdicts import is_bad, is_out_of_order
from kg.graph.triples import Workshop
from kg.reports import Finding, Report
from kg.terms import to_curie


def check(
    workshop: Workshop,
    shapes: Shapes,
    *,
    ontology: Iterable[Triple] = (),
    tables: Sequence[str] = ("triple", "inferred"),
    focus: Iterable[str] | None = None,
    shape: Iterable[str] | None = None,
    languages: Sequence[str] = wording.LANGUAGES,
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
        from kg.graph.shapes import reference

        report += reference.check(
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
            raise UnknownNameError(name, kind="shape with a target", nearest=sorted(by_name)[:3])
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
        full = [name for name in tables if self._sql.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()]  # noqa: S608
        self._tables = tuple(full or tables[:1])
        self._near = False
        self._see_everything()
        self.numbering = Numbering(sql, plan, ontology)

    def _see_everything(self) -> None:
        union = " UNION ALL ".join(f"SELECT s, p, o FROM {name}" for name in self._tables)  # noqa: S608
        self._sql.execute(f"CREATE OR REPLACE TEMP VIEW shape_edge AS {union}")

    def covers(self, table: str) -> bool:
        """Whether the check looks into this table."""
        return table in self._tables

    def close(self) -> None:
        """Leave the workshop as it was."""
        self._sql.execute("DROP VIEW IF EXISTS shape_edge")
        for statement in statements.DROPS:
            self._sql.execute(statement)

    def report(self, only: Sequence[int] | None, languages: Sequence[str]) -> Report:
        """Everything that breaks the plan's shapes; of their targets only those with these numbers."""
        self._near = only is not None and fetch_near(self._sql, self._plan, self.numbering, only)
        if self._near:
            self._sql.execute("CREATE OR REPLACE TEMP VIEW shape_edge AS SELECT s, p, o FROM shape_near")
        try:
            return self._report(only, languages)
        finally:
            if self._near:
                self._near = False
                self._see_everything()

    def _report(self, only: Sequence[int] | None, languages: Sequence[str]) -> Report:
        for statement in statements.TABLES:
            self._sql.execute(statement)
        self._gather(only)
        self._progress("values")
        self._judge_plain()
        self._progress("plain constraints")
        self._judge_logical()
        findings = tuple(self._told(languages))
        looked = self._sql.execute("SELECT count(*) FROM shape_focus").fetchone()
        return Report(findings, {"focus nodes": int(looked[0]) if looked else 0})

    def numbers(self, focus: Iterable[str] | None) -> list[int] | None:
        """The numbers of these terms."""
        if focus is None:
            return None
        named = list(focus)
        self.numbering.name(named)
        return [self._id(term) for term in named]

    def _id(self, text: str) -> int:
        return self.numbering.of(text)

    @property
    def _words(self) -> str:
        return "shape_words" if self._near else self.numbering.words

    # --- nodes and values

    def _gather(self, only: Sequence[int] | None) -> None:
        plan = self._plan
        needed = self._needed_values()
        self._do(
            gathering.target_focus([s for s in plan.focus_sets if s.targets], self._id, self.numbering.classes(), only)
        )
        for floor in plan.floors():
            self._do(gathering.joined_focus([s for s in plan.focus_sets if s.floor == floor and not s.targets]))
            for statement in gathering.values(
                [s for s in plan.value_sets if s.floor == floor and s.number in needed], self._id
            ):
                self._do(statement)

    def _needed_values(self) -> frozenset[int]:
        """The value sets that anything is asked of."""
        plan = self._plan
        needed = {c.value_set for c in plan.checks if c.name != "property"}
        needed.update(c.value_set for c in plan.checks if c.name == "property" and c.shape in plan.judged)
        needed.update(below for s in plan.focus_sets for below in s.value_sets)
        return frozenset(needed)

    # --- constraints

    def _judge_plain(self) -> None:
        plan, ids = self._plan, self._id
        by_name: dict[str, list[Check]] = {}
        for each in plan.checks:
            by_name.setdefault("value" if judging.is_plain(each) else each.name, []).append(each)
        if some := by_name.get("value"):
            self._judge_values(some)
        if some := by_name.get("nodeKind"):
            self._do(judging.kinds(some))
        if some := by_name.get("minCount", []) + by_name.get("maxCount", []):
            self._judge_counts(some)
        if some := by_name.get("class"):
            self._do(judging.classes(some, ids, self.numbering.classes()))
        for name, written in (
            ("in", judging.members),
            ("hasValue", judging.missing),
            ("equals", judging.unequal),
        ):
            if some := by_name.get(name):
                self._do(written(some, ids))
        if some := by_name.get("disjoint"):
            self._do(judging.shared(some, ids))
        if some := by_name.get("closed"):
            self._do(judging.strangers(some, ids))
        if some := by_name.get("uniqueLang"):
            self._do(judging.languages(some, self._words))
        if some := by_name.get("lessThan", []) + by_name.get("lessThanOrEquals", []):
            self._judge_order(some)

    def _judge_counts(self, checks: Sequence[Check]) -> None:
        """Most counts are right everywhere, and are not asked of each node again."""
        self._do(judging.counted(checks))
        nodes = dict(self._sql.execute(judging.FOCUS_NODES).fetchall())
        spread = {row[0]: row[1:] for row in self._sql.execute(judging.FEWEST_AND_MOST).fetchall()}
        broken = []
        for each in checks:
            having, fewest, most = spread.get(each.value_set, (0, 0, 0))
            fewest = fewest if having == nodes.get(each.focus_set, 0) else 0
            if fewest < each.constraint.count if each.name == "minCount" else most > each.constraint.count:
                broken.append(each)
        if broken:
            self._do(judging.counts(broken))

    def _judge_values(self, checks: Sequence[Check]) -> None:
        self._do(judging.doubts(checks, self._words))
        unsure = self._sql.execute(judging.UNSURE.format(words=self._words)).fetchall()
        bad = [(n, term) for n, term, text in unsure if is_bad(self._plan.checks[n].constraint, text)]
        if bad:
            self._do(judging.judged(bad))
        self._do(judging.SURE)

    def _judge_order(self, checks: Sequence[Check]) -> None:
        self._do(judging.order_doubts(checks, self._id, self._words))
        unsure = self._sql.execute(judging.UNSURE_PAIRS).fetchall()
        bad = [(n, a, b) for n, a, b, left, right in unsure if is_out_of_order(self._plan.checks[n].name, left, right)]
        if bad:
            self._do(judging.judged_pairs(bad))
        self._do(judging.SURE_PAIRS)

    def _judge_logical(self) -> None:
        plan = self._plan
        for height in range(1 + max(plan.heights, default=0)):
            some = [c for c in plan.checks if plan.heights[c.shape] == height and c.logical]
            for statement in judging.logical([c for c in some if not c.name.startswith("qualified")], plan):
                self._do(statement)
            if counted := [c for c in some if c.name.startswith("qualified")]:
                self._do(judging.qualified(counted, plan))
            self._do(judging.fails([n for n in sorted(plan.judged) if plan.heights[n] == height], plan))

    # --- findings

    def _told(self, languages: Sequence[str]) -> Iterator[Finding]:
        plan = self._plan
        if self._sql.execute("SELECT 1 FROM shape_hit LIMIT 1").fetchone() is None:
            return
        for number in range(len(plan.shapes)):
            if plan.reported.get(number):
                self._do(telling.reported(number, plan))
        told = self._sql.execute(telling.told(plan)).fetchall()
        values = self._counted((plan.checks[row[0]], int(row[1])) for row in told)
        terms = {term for row in told for term in row[1:5] if term is not None}
        terms.update(term for listed in values.values() for term in listed)
        texts: dict[int | None, str] = dict(self._sql.execute(telling.texts(terms, self._words)).fetchall())
        texts[None] = ""
        words = wording.Words(self._labels(terms, texts), languages, {shape.node: shape for shape in plan.shapes})
        for number, focus, value, path, other, times in told:
            each = plan.checks[number]
            counted = values.get((each.value_set, focus), ()) if each.name in _COUNTING else ()
            found = to_finding(
                plan.shapes[each.shape],
                each.constraint,
                focus=texts[focus],
                value=texts[value],
                path=texts[path],
                other=texts[other],
                values=tuple(sorted(texts[term] for term in counted)),
                words=words,
            )
            # Each way to reach a node is a validation of its own: https://www.w3.org/TR/shacl/#PropertyConstraintComponent
            for _ in range(int(times)):
                yield found

    def _counted(self, asked: Iterable[tuple[Check, int]]) -> Mapping[tuple[int, int], Sequence[int]]:
        pairs = {(check.value_set, focus) for check, focus in asked if check.name in _COUNTING}
        if not pairs:
            return {}
        rows = self._sql.execute(telling.counted_values(sorted(pairs))).fetchall()
        return {(int(value_set), int(focus)): listed for value_set, focus, listed in rows}

    def _labels(self, terms: Iterable[int], texts: Mapping[int | None, str]) -> dict[str, str]:
        """The labels of everything that the findings name, from the ontology and the graph."""
        labels = {
            str(t.subject): lexical(str(t.object))
            for t in self._ontology
            if str(t.predicate) == LABELS[0] and str(t.object).startswith('"')
        }
        constants = {v for c in self._plan.checks for v in c.constraint.values if v.startswith("<")}
        constants |= {p for s in self._plan.value_sets if s.path is not None for p in predicates(s.path)}
        numbers = {term: texts[term] for term in terms if not texts[term].startswith('"')}
        numbers |= {self._id(text): text for text in constants}
        naming = [self._id(label) for label in LABELS]
        for number, label in self._sql.execute(telling.labels(numbers, naming, self._words)).fetchall():
            labels[numbers[int(number)]] = lexical(label)
        return labels

    def _do(self, statement: str) -> None:
        if statement:
            self._sql.execute(statement)


_COUNTING = frozenset({"minCount", "maxCount", "qualifiedMinCount", "qualifiedMaxCount", "hasValue"})
