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
from kg.graph.shapes.paths import predicates
from kg.graph.shapes.plan import Check, Plan, to_plan
from kg.graph.shapes.shape import Shape, Shapes
from kg.graph.shapes.verdicts import is_bad, is_out_of_order
from kg.graph.triples import LITERALS, Workshop
from kg.reports import Finding, Report
from kg.terms import RDF, RDFS, to_curie

SUBCLASS = f"<{RDFS}subClassOf>"
LABELS = (f"<{RDFS}label>", "<http://www.w3.org/2004/02/skos/core#prefLabel>", "<https://schema.org/name>")
_MOST = 2**32 - 1


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
        checking = _Checking(workshop.sql, to_plan(shapes, own), ontology, tables, progress or _silent)
        try:
            report = checking.report(tuple(focus) if focus is not None else None, languages)
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


class _Checking:
    """One check under way on one DuckDB connection."""

    def __init__(
        self,
        sql: duckdb.DuckDBPyConnection,
        plan: Plan,
        ontology: Sequence[Triple],
        tables: Sequence[str],
        progress: Callable[[str], None],
    ) -> None:
        self._sql, self._plan, self._ontology, self._progress = sql, plan, ontology, progress
        self._words = "term"
        full = [name for name in tables if self._sql.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()]  # noqa: S608
        union = " UNION ALL ".join(f"SELECT s, p, o FROM {name}" for name in full or tables[:1])  # noqa: S608
        self._sql.execute(f"CREATE OR REPLACE TEMP VIEW shape_edge AS {union}")
        for statement in statements.TABLES:
            self._sql.execute(statement)
        self._ids: dict[str, int] = {}

    def close(self) -> None:
        """Leave the workshop as it was."""
        self._sql.execute("DROP VIEW IF EXISTS shape_edge")
        for statement in statements.DROPS:
            self._sql.execute(statement)

    def report(self, only: Sequence[str] | None, languages: Sequence[str]) -> Report:
        """Everything that breaks the plan's shapes."""
        self._number_terms(only or ())
        self._gather(None if only is None else [self._id(term) for term in only])
        self._progress("values")
        self._judge_plain()
        self._progress("plain constraints")
        self._judge_logical()
        findings = tuple(self._told(languages))
        looked = self._sql.execute("SELECT count(*) FROM shape_focus").fetchone()
        return Report(findings, {"focus nodes": int(looked[0]) if looked else 0})

    # --- terms

    def _number_terms(self, more: Iterable[str]) -> None:
        """Learn the number of every term that the plan speaks of; what the graph lacks is numbered from the top."""
        wanted = {f"<{RDF}type>", SUBCLASS, *LABELS, *more}
        for focus_set in self._plan.focus_sets:
            wanted.update(target.term for target in focus_set.targets)
        for value_set in self._plan.value_sets:
            if value_set.path is not None:
                wanted.update(predicates(value_set.path))
        for each in self._plan.checks:
            wanted.update(each.constraint.values, each.constraint.more)
        self._learn(wanted)
        below = self._subclass_edges()
        self._learn({name for pair in below for name in pair})
        self._below = _closure(
            below, {t.term for s in self._plan.focus_sets for t in s.targets if t.kind == "class"} | self._asked()
        )
        missing = sorted(wanted - set(self._ids))
        fresh = {text: (_MOST if text.startswith('"') else LITERALS - 1) - n for n, text in enumerate(missing)}
        self._ids |= fresh
        if fresh:
            content = statements.words((number, text) for text, number in fresh.items())
            self._do(f"CREATE OR REPLACE TEMP TABLE shape_term AS SELECT id::UINTEGER AS id, text FROM {content}")  # noqa: S608
            self._words = "(SELECT id, text FROM term UNION ALL SELECT id, text FROM shape_term)"

    def _asked(self) -> set[str]:
        return {each.constraint.values[0] for each in self._plan.checks if each.name == "class"}

    def _learn(self, texts: Iterable[str]) -> None:
        unknown = [text for text in texts if text and text not in self._ids]
        if unknown:
            known = self._sql.execute(telling.numbers(unknown)).fetchall()
            self._ids |= {str(text): int(number) for text, number in known}

    def _id(self, text: str) -> int:
        return self._ids[text]

    def _subclass_edges(self) -> set[tuple[str, str]]:
        """Pairs of class and class above, of the ontology and of the data."""
        pairs = {(str(t.subject), str(t.object)) for t in self._ontology if str(t.predicate) == SUBCLASS}
        if SUBCLASS in self._ids:
            told = self._sql.execute(telling.pairs(self._ids[SUBCLASS])).fetchall()
            pairs.update((str(a), str(b)) for a, b in told)
        return pairs

    def _class_ids(self) -> Mapping[str, list[int]]:
        return {name: sorted(self._ids[b] for b in below if b in self._ids) for name, below in self._below.items()}

    # --- nodes and values

    def _gather(self, only: Sequence[int] | None) -> None:
        plan = self._plan
        needed = self._needed_values()
        self._do(gathering.target_focus([s for s in plan.focus_sets if s.targets], self._id, self._class_ids(), only))
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
            self._do(judging.classes(some, ids, self._class_ids()))
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
        constants = {v for c in self._plan.checks for v in c.constraint.values if v.startswith("<") and v in self._ids}
        constants |= {p for s in self._plan.value_sets if s.path is not None for p in predicates(s.path)}
        numbers = {term: texts[term] for term in terms if not texts[term].startswith('"')}
        numbers |= {self._ids[text]: text for text in constants}
        naming = [self._ids[label] for label in LABELS]
        for number, label in self._sql.execute(telling.labels(numbers, naming)).fetchall():
            labels[numbers[int(number)]] = lexical(label)
        return labels

    def _do(self, statement: str) -> None:
        if statement:
            self._sql.execute(statement)


_COUNTING = frozenset({"minCount", "maxCount", "qualifiedMinCount", "qualifiedMaxCount", "hasValue"})


def _closure(edges: Iterable[tuple[str, str]], wanted: Iterable[str]) -> dict[str, frozenset[str]]:
    """Each wanted class with all classes below it."""
    below: dict[str, set[str]] = {}
    for under, above in edges:
        below.setdefault(above, set()).add(under)
    found = {}
    for name in wanted:
        seen, waiting = {name}, [name]
        while waiting:
            fresh = below.get(waiting.pop(), set()) - seen
            seen |= fresh
            waiting.extend(fresh)
        found[name] = frozenset(seen)
    return found
