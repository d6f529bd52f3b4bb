"""The SHACL engine in SQL: a plan is computed over all focus nodes at once, a few statements for all shapes together.

First the focus sets and value sets, stage by stage. Then the constraints: those without other shapes in one step, those
with other shapes from the shapes that refer to no other upwards, each height with the nodes that failed below.

Recursive shapes, which refer to each other, have the greatest fixpoint of conformance: a node conforms unless it can be
shown to fail. Their focus nodes are those of one automaton of all their paths, and the nodes that fail are found in
rounds, at most one for each node and shape. This is one meaning where no shape negates another: Corman, Reutter and
Savkovic, "Semantics and Validation of Recursive SHACL" (2018).
"""

# ruff: noqa: S608 - only numbers and names of tables are put into SQL
from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

import duckdb
from pyoxigraph import Triple

from kg.reports import Finding, Report
from kg.shapes.paths import PredicatePath, predicates, to_automaton
from kg.shapes.plan import Check, FocusSet, ValidationPlan, ValueSet
from kg.shapes.results import TermRenderer, ValidationResult, to_findings
from kg.shapes.validation_tables import LABELS, TYPE, ValidationTables
from kg.sql import inline_table
from kg.traversal import reachable
from kg.xsd import lexical_form


def _ignore(_: str) -> None:
    return None


class SqlEngine:
    """Validates the triples of some tables; can validate again after they have changed."""

    def __init__(
        self,
        sql: duckdb.DuckDBPyConnection,
        plan: ValidationPlan,
        ontology: Sequence[Triple],
        sources: Sequence[str],
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.tables = ValidationTables(sql, plan, ontology, sources)
        self._plan, self._ontology = plan, ontology
        self._progress = progress if progress is not None else _ignore
        self._recursive_focus_sets = {plan.focus_of[shape] for shape in plan.recursive}

    def part(self, plan: ValidationPlan) -> SqlEngine:
        """An engine for a plan of some of the shapes, with the terms that this one has looked up."""
        part = copy.copy(self)
        part.tables, part._plan = self.tables.part(plan), plan
        part._recursive_focus_sets = {plan.focus_of[shape] for shape in plan.recursive}
        return part

    def close(self) -> None:
        """Remove all tables of the validation from the connection."""
        self.tables.drop()

    def report(self, languages: Sequence[str], *, focus: Sequence[int] | None = None) -> Report:
        """All findings of the plan's shapes; `focus` restricts the targets to nodes with these ids."""
        self.tables.create()
        self._fill_sets(focus)
        self._progress("values")
        self._find_violations()
        findings = tuple(self._findings(self._violations(), languages))
        return Report(findings, {"focus nodes": sum(self.tables.focus_counts().values())})

    # --- focus sets and value sets

    def _fill_sets(self, focus: Sequence[int] | None) -> None:
        plan, tables = self._plan, self.tables
        needed = self._needed_value_sets()
        tables.execute(_fill_targets([s for s in plan.focus_sets if s.targets], tables, focus))
        for stage in plan.stages():
            tables.execute(_fill_joined([s for s in plan.focus_sets if s.stage == stage and not s.targets]))
            recursive = [s for s in plan.focus_sets if s.stage == stage and s.number in self._recursive_focus_sets]
            if recursive:
                for statement in _fill_recursive(recursive, plan, tables):
                    tables.execute(statement)
            value_sets = [s for s in plan.value_sets if s.stage == stage and s.number in needed]
            for statement in _fill_values(value_sets, tables):
                tables.execute(statement)

    def _needed_value_sets(self) -> frozenset[int]:
        """The value sets that a check or a focus set uses."""
        plan = self._plan
        needed = {below for focus_set in plan.focus_sets for below in focus_set.value_sets}
        needed.update(
            check.value_set
            for check in plan.checks
            if not check.constraint.component.includes_results or check.shape in plan.conformance
        )
        return frozenset(needed)

    # --- constraints

    def _find_violations(self) -> None:
        plan = self._plan
        self._find(check for check in plan.checks if not check.constraint.component.needs_shapes)
        self._progress("constraints without other shapes")
        for height in range(1 + max(plan.heights, default=0)):
            at_height = {number for number, each in enumerate(plan.heights) if each == height}
            self._find(self._checks_with_shapes(at_height - plan.recursive))
            self._find_failed(at_height & plan.conformance - plan.recursive)
            self._find_recursive(at_height & plan.recursive)

    def _checks_with_shapes(self, shapes: Set[int]) -> list[Check]:
        checks = (check for check in self._plan.checks if check.shape in shapes)
        return [check for check in checks if check.constraint.component.needs_shapes]

    def _find(self, checks: Iterable[Check]) -> None:
        """Find the violations of these checks: those whose components have the same SQL together."""
        together: dict[Callable[[Sequence[Check], ValidationTables], None], list[Check]] = {}
        for check in checks:
            if (find := check.constraint.component.find) is not None:
                together.setdefault(find, []).append(check)
        for find, same in together.items():
            find(same, self.tables)

    def _find_failed(self, shapes: Set[int]) -> None:
        """Find the nodes that do not conform to these shapes."""
        if select := self._select_failed(shapes):
            self.tables.execute(f"INSERT INTO shape_failed SELECT DISTINCT * FROM ({select})")

    def _find_recursive(self, shapes: Set[int]) -> None:
        """Find the violations of recursive shapes and the nodes that do not conform to them, in rounds.

        Constraints that each value must meet are followed to their end in one query; so a round is only for those that
        depend on several nodes, such as sh:or. The last round finds no further node.
        """
        if not shapes:
            return
        checks = self._checks_with_shapes(shapes)
        of_each = [check for check in checks if check.constraint.component.requires_each]
        of_several = [check for check in checks if not check.constraint.component.requires_each]
        failing = _insert_failing(self._select_failed(shapes), of_each, self._plan)
        self._find(of_each)
        added = 1
        while added:
            self._find_again(of_several)
            added = self.tables.count_made(failing)
        self._find_again(of_each)

    def _find_again(self, checks: Sequence[Check]) -> None:
        if checks:
            numbers = ",".join(str(check.number) for check in checks)
            self.tables.execute(f"DELETE FROM shape_violation WHERE check_id IN ({numbers})")
            self._find(checks)

    def _select_failed(self, shapes: Set[int]) -> str:
        """The nodes that do not conform to these shapes, by their constraints or by their property shapes."""
        plan = self._plan
        own = [(check.number, check.shape) for check in plan.checks if check.shape in shapes]
        children = [
            (check.shape, check.value_set, plan.numbers[child])
            for check in plan.checks
            if check.shape in shapes and check.constraint.component.includes_results
            for child in check.constraint.shapes
            if child in plan.numbers
        ]
        selects = []
        if own:
            selects.append(
                "SELECT r.shape, h.focus FROM shape_violation h"
                f" JOIN {inline_table('r', 'check_id, shape INTEGER', own)} ON h.check_id = r.check_id"
            )
        if children:
            selects.append(
                "SELECT r.shape, v.focus FROM shape_value v"
                f" JOIN {inline_table('r', 'shape INTEGER, value_set, child INTEGER', children)}"
                " ON v.value_set = r.value_set SEMI JOIN shape_failed x ON x.shape = r.child AND x.node = v.value"
            )
        return " UNION ALL ".join(selects)

    # --- results

    def _violations(self) -> list[_Violation]:
        plan, tables = self._plan, self.tables
        if any(plan.reported.values()):
            if not tables.rows("SELECT 1 FROM shape_violation LIMIT 1"):
                return []
            for shape, sources in sorted(plan.reported.items()):
                if sources:
                    tables.execute(_fill_reported(shape, plan))
                if cycle := plan.report_cycles.get(shape):
                    tables.execute(_close_reported(cycle, plan))
        return [_Violation(*row) for row in tables.rows(_select_reported(plan))]

    def _findings(self, violations: Sequence[_Violation], languages: Sequence[str]) -> Iterator[Finding]:
        if not violations:
            return iter(())
        values = self._listed_values(violations)
        texts = {term: text for listed in values.values() for term, text in listed}
        used = {term for violation in violations for term in violation[1:5] if term is not None}
        if unknown := used - texts.keys():
            texts |= dict(self.tables.rows(_select_texts(unknown, self.tables.terms)))
        names = TermRenderer(self._labels(texts), languages, {shape.node: shape for shape in self._plan.shapes})
        return to_findings(self._results(violations, texts, values), self._plan.shapes, names)

    def _results(
        self, violations: Iterable[_Violation], texts: Mapping[int, str], values: _Values
    ) -> Iterator[ValidationResult]:
        text_of: dict[int | None, str] = {**dict(texts.items()), None: ""}
        for violation in violations:
            check = self._plan.checks[violation.check]
            listed = check.constraint.component.lists_values
            yield ValidationResult(
                check,
                texts[violation.focus],
                text_of[violation.value],
                text_of[violation.path],
                text_of[violation.other],
                tuple(sorted(text for _, text in values.get((check.value_set, violation.focus), ()))) if listed else (),
                violation.times,
            )

    def _listed_values(self, violations: Iterable[_Violation]) -> _Values:
        """The value nodes that results list: (value set, focus node) -> ids and texts."""
        broken = [self._plan.checks[number] for number in sorted({violation.check for violation in violations})]
        checks = [check for check in broken if check.constraint.component.lists_values]
        if not checks:
            return {}
        rows = self.tables.rows(_select_values(checks, self.tables.terms))
        return {(value_set, focus): list(zip(ids, texts, strict=True)) for value_set, focus, ids, texts in rows}

    def _labels(self, texts: Mapping[int, str]) -> dict[str, str]:
        """The labels of the terms that findings name, by the ontology and the graph."""
        labels = [
            (str(t.subject), str(t.object))
            for t in self._ontology
            if str(t.predicate) == LABELS[0] and str(t.object).startswith('"')
        ]
        if properties := [self.tables.id(label) for label in LABELS if self.tables.has(label)]:
            named = {value for check in self._plan.checks for value in check.constraint.values if value.startswith("<")}
            named |= {p for s in self._plan.value_sets if s.path is not None for p in predicates(s.path)}
            terms = {term: text for term, text in texts.items() if not text.startswith('"')}
            terms |= {self.tables.id(text): text for text in named}
            rows = self.tables.rows(_select_labels(terms, properties, self.tables.terms))
            labels += [(terms[term], label) for term, label in rows]
        labels.sort(key=lambda pair: (_rank_of_language(pair[1]), pair[1]), reverse=True)
        return {term: lexical_form(label) for term, label in labels}


class _Violation(NamedTuple):
    """One violation by ids, and how often it is reported."""

    check: int
    focus: int
    value: int | None
    path: int | None
    other: int | None
    times: int


_Values = Mapping[tuple[int, int], Sequence[tuple[int, str]]]


# --- SQL of focus sets


def _fill_targets(sets: Sequence[FocusSet], tables: ValidationTables, focus: Sequence[int] | None) -> str:
    """Fill the focus sets of targets; `focus` restricts them to these nodes."""
    targets = [(s.number, target) for s in sets for target in s.targets]
    nodes = [(number, tables.id(t.term)) for number, t in targets if t.kind == "node"]
    classes = [(number, c) for number, t in targets if t.kind == "class" for c in tables.subclasses(t.term)]
    subjects = [(number, tables.id(t.term)) for number, t in targets if t.kind == "subjectsOf"]
    objects = [(number, tables.id(t.term)) for number, t in targets if t.kind == "objectsOf"]
    selects = []
    if nodes:
        selects.append(f"SELECT focus_set, node FROM {inline_table('r', 'focus_set, node', nodes)}")
    if classes:
        of_classes = inline_table("r", "focus_set, class", classes)
        selects.append(
            f"SELECT focus_set, s FROM shape_triple JOIN {of_classes} ON o = r.class WHERE p = {tables.id(TYPE)}"
        )
    for column, of_properties in (("s", subjects), ("o", objects)):
        if of_properties:
            properties = inline_table("r", "focus_set, predicate", of_properties)
            selects.append(f"SELECT focus_set, {column} FROM shape_triple JOIN {properties} ON p = r.predicate")
    if not selects:
        return ""
    restriction = f" WHERE node IN ({','.join(map(str, focus)) or 'NULL'})" if focus is not None else ""
    return (
        "INSERT INTO shape_focus SELECT DISTINCT focus_set, node"
        f" FROM ({' UNION ALL '.join(selects)}) f(focus_set, node){restriction}"
    )


def _fill_joined(sets: Sequence[FocusSet]) -> str:
    """Fill the focus sets that are made of other sets."""
    focus_sets = [(s.number, source) for s in sets for source in s.focus_sets]
    value_sets = [(s.number, source) for s in sets for source in s.value_sets]
    selects = []
    if focus_sets:
        joined = inline_table("r", "number, source", focus_sets)
        selects.append(f"SELECT r.number, f.node FROM shape_focus f JOIN {joined} ON f.focus_set = r.source")
    if value_sets:
        joined = inline_table("r", "number, source", value_sets)
        selects.append(f"SELECT r.number, v.value FROM shape_value v JOIN {joined} ON v.value_set = r.source")
    return f"INSERT INTO shape_focus SELECT DISTINCT * FROM ({' UNION ALL '.join(selects)})" if selects else ""


def _fill_recursive(sets: Sequence[FocusSet], plan: ValidationPlan, tables: ValidationTables) -> Iterator[str]:
    """Fill the focus sets that are made of each other, when they have the nodes that come from other sets.

    The automata of all paths are one: a node at the end of a path is a focus node of each set that the path leads to.
    """
    of_sets = {v.number: v for v in plan.value_sets if v.focus_set in {s.number for s in sets} and v.path is not None}
    automata = {number: to_automaton(v.path) for number, v in of_sets.items() if v.path is not None}
    led_to = {number: [s.number for s in sets if number in s.value_sets] for number in of_sets}

    def same_nodes(focus_set: int) -> set[int]:
        """The sets that have every node of this one."""
        at_start = {
            v.number for v in of_sets.values() if v.focus_set == focus_set and 0 in automata[v.number].accepting
        }
        return {s.number for s in sets if focus_set in s.focus_sets or not at_start.isdisjoint(s.value_sets)}

    starts = inline_table(
        "r", "focus_set, number", [(s.number, same) for s in sets for same in reachable((s.number,), same_nodes)]
    )
    transitions = [
        (value_set.focus_set, t.source, tables.id(t.along.predicate), t.along.inverse, *end)
        for number, value_set in of_sets.items()
        for t in automata[number].transitions
        for end in (
            (value_set.focus_set, t.target),
            *((s, 0) for s in reachable(led_to[number], same_nodes) if t.target in automata[number].accepting),
        )
    ]
    steps = inline_table("m", "number, source, predicate, inverse BOOLEAN, end_number, target", transitions)
    yield _fill_steps(predicate for _, _, predicate, *_ in transitions)
    yield (
        "INSERT INTO shape_focus WITH RECURSIVE walk(number, node, state) AS ("
        f"SELECT r.number, f.node, 0 FROM shape_focus f JOIN {starts} ON f.focus_set = r.focus_set"
        f" UNION SELECT m.end_number, h.target, m.target FROM walk w"
        f" JOIN {steps} ON m.number = w.number AND m.source = w.state"
        " JOIN shape_step h ON h.start = w.node AND h.p = m.predicate AND h.inverse = m.inverse)"
        " SELECT DISTINCT w.number, w.node FROM walk w"
        " ANTI JOIN shape_focus f ON f.focus_set = w.number AND f.node = w.node WHERE w.state = 0"
    )


# --- SQL of value sets


def _fill_values(sets: Sequence[ValueSet], tables: ValidationTables) -> Iterator[str]:
    """Fill the value sets of one stage."""
    without_path = [(s.number, s.focus_set) for s in sets if s.path is None]
    if without_path:
        yield (
            "INSERT INTO shape_value SELECT r.number, f.node, f.node FROM shape_focus f"
            f" JOIN {inline_table('r', 'number, focus_set', without_path)} ON f.focus_set = r.focus_set"
        )
    for inverse, start, end in ((False, "s", "o"), (True, "o", "s")):
        predicate_paths = [
            (s.number, s.focus_set, tables.id(s.path.predicate))
            for s in sets
            if isinstance(s.path, PredicatePath) and s.path.inverse is inverse
        ]
        if predicate_paths:
            yield (
                f"INSERT INTO shape_value SELECT r.number, f.node, e.{end} FROM shape_triple e"
                f" JOIN {inline_table('r', 'number, focus_set, predicate', predicate_paths)} ON e.p = r.predicate"
                f" JOIN shape_focus f ON f.focus_set = r.focus_set AND f.node = e.{start}"
            )
    longer = [s for s in sets if s.path is not None and not isinstance(s.path, PredicatePath)]
    if longer:
        yield from _follow_paths(longer, tables)


def _follow_paths(sets: Sequence[ValueSet], tables: ValidationTables) -> Iterator[str]:
    """Follow the longer paths, all in one recursive query over (focus node, node, state of the path's automaton)."""
    automata = [(s.number, to_automaton(s.path)) for s in sets if s.path is not None]
    transitions = [
        (number, t.source, tables.id(t.along.predicate), t.along.inverse, t.target)
        for number, automaton in automata
        for t in automaton.transitions
    ]
    accepting = [(number, state) for number, automaton in automata for state in sorted(automaton.accepting)]
    starts = inline_table("r", "number, focus_set", [(s.number, s.focus_set) for s in sets])
    steps = inline_table("m", "number, source, predicate, inverse BOOLEAN, target", transitions)
    yield _fill_steps(predicate for _, _, predicate, _, _ in transitions)
    yield (
        "INSERT INTO shape_value WITH RECURSIVE walk(number, focus, node, state) AS ("
        f"SELECT r.number, f.node, f.node, 0 FROM shape_focus f JOIN {starts} ON f.focus_set = r.focus_set"
        f" UNION SELECT w.number, w.focus, h.target, m.target FROM walk w"
        f" JOIN {steps} ON m.number = w.number AND m.source = w.state"
        " JOIN shape_step h ON h.start = w.node AND h.p = m.predicate AND h.inverse = m.inverse)"
        " SELECT DISTINCT w.number, w.focus, w.node FROM walk w"
        f" JOIN {inline_table('e', 'number, state', accepting)} ON e.number = w.number AND e.state = w.state"
    )


def _fill_steps(predicates: Iterable[int]) -> str:
    """The steps that paths with these predicates take, forwards and backwards."""
    used = ",".join(map(str, sorted(set(predicates)))) or "NULL"
    return (
        "CREATE OR REPLACE TEMP TABLE shape_step AS"
        f" SELECT s AS start, p, false AS inverse, o AS target FROM shape_triple WHERE p IN ({used})"
        f" UNION ALL SELECT o, p, true, s FROM shape_triple WHERE p IN ({used})"
    )


# --- SQL of constraints


def _insert_failing(failed: str, of_each: Iterable[Check], plan: ValidationPlan) -> str:
    """Add the selected nodes that do not conform, and those that have one of them among their values.

    `of_each` are the constraints that each value must meet.
    """
    links = [
        (check.shape, check.value_set, plan.numbers[child])
        for check in of_each
        for child in check.constraint.shapes
        if child in plan.numbers
    ]
    return (
        f"INSERT INTO shape_failed WITH RECURSIVE failing(shape, node) AS (SELECT DISTINCT * FROM ({failed})"
        " UNION SELECT r.shape, v.focus FROM failing x"
        f" JOIN {inline_table('r', 'shape INTEGER, value_set, child INTEGER', links)} ON r.child = x.shape"
        " JOIN shape_value v ON v.value_set = r.value_set AND v.value = x.node)"
        " SELECT x.shape, x.node FROM failing x"
        " ANTI JOIN shape_failed k ON k.shape = x.shape AND k.node = x.node"
    )


# --- SQL of results


def _fill_reported(shape: int, plan: ValidationPlan) -> str:
    """The reported focus nodes of one shape, and how often each is reached."""
    selects = []
    for source in plan.reported[shape]:
        parent = source.shape
        if source.focus_set >= 0:
            selects.append(f"SELECT node, 1 FROM shape_focus WHERE focus_set = {source.focus_set}")
        elif plan.shapes[parent].path is None and not plan.reported[parent]:
            selects.append(f"SELECT node, 1 FROM shape_focus WHERE focus_set = {plan.focus_of[parent]}")
        elif plan.shapes[parent].path is None:
            selects.append(f"SELECT node, times FROM shape_reported WHERE shape = {parent}")
        elif not plan.reported[parent]:
            selects.append(f"SELECT value, 1 FROM shape_value WHERE value_set = {plan.values_of[parent]}")
        else:
            selects.append(
                "SELECT v.value, r.times FROM shape_value v JOIN shape_reported r ON r.node = v.focus"
                f" WHERE v.value_set = {plan.values_of[parent]} AND r.shape = {parent}"
            )
    union = " UNION ALL ".join(selects)
    times = "1" if any(shape in cycle for cycle in plan.report_cycles.values()) else "sum(times)"
    return f"INSERT INTO shape_reported SELECT {shape}, node, {times} FROM ({union}) s(node, times) GROUP BY node"


def _close_reported(cycle: Sequence[int], plan: ValidationPlan) -> str:
    """Add the reported focus nodes of shapes whose results are results of each other."""
    links = [
        (source.shape, plan.values_of[source.shape], shape)
        for shape in cycle
        for source in plan.reported[shape]
        if source.shape in cycle
    ]
    return (
        "INSERT INTO shape_reported WITH RECURSIVE walk(shape, node) AS (SELECT shape, node FROM shape_reported"
        f" WHERE shape IN ({','.join(map(str, cycle))}) UNION SELECT r.child, v.value FROM walk w"
        f" JOIN {inline_table('r', 'shape INTEGER, value_set, child INTEGER', links)} ON r.shape = w.shape"
        " JOIN shape_value v ON v.value_set = r.value_set AND v.focus = w.node)"
        " SELECT w.shape, w.node, 1 FROM walk w"
        " ANTI JOIN shape_reported k ON k.shape = w.shape AND k.node = w.node"
    )


def _select_reported(plan: ValidationPlan) -> str:
    """The violations at reported focus nodes."""
    columns = "h.check_id, h.focus, h.value, h.path, h.other"
    once = [(check.number, -1) for check in plan.checks if plan.reported.get(check.shape) == ()]
    counted = [(check.number, check.shape) for check in plan.checks if plan.reported.get(check.shape)]
    if len(once) == len(plan.checks):
        return f"SELECT {columns}, 1 FROM shape_violation h"
    reported = inline_table("r", "check_id, shape INTEGER", once + counted)
    if not counted:
        return f"SELECT {columns}, 1 FROM shape_violation h JOIN {reported} ON h.check_id = r.check_id"
    return (
        f"SELECT {columns}, coalesce(q.times, 1) FROM shape_violation h JOIN {reported} ON h.check_id = r.check_id"
        " LEFT JOIN shape_reported q ON q.shape = r.shape AND q.node = h.focus WHERE r.shape = -1"
        " OR q.times IS NOT NULL"
    )


def _select_values(checks: Iterable[Check], terms: str) -> str:
    """The value nodes of these checks at the focus nodes of their violations: value set, focus node, ids and texts."""
    numbers = inline_table("r", "check_id, value_set", [(check.number, check.value_set) for check in checks])
    return (
        f"SELECT v.value_set, v.focus, list(v.value), list(t.text) FROM shape_value v JOIN {terms} t ON t.id = v.value"
        f" SEMI JOIN (SELECT r.value_set, h.focus FROM shape_violation h JOIN {numbers} ON h.check_id = r.check_id) w"
        " ON w.value_set = v.value_set AND w.focus = v.focus GROUP BY ALL"
    )


def _select_texts(ids: Iterable[int], terms: str) -> str:
    return f"SELECT t.id, t.text FROM {terms} t JOIN {inline_table('r', 'term', ((i,) for i in ids))} ON t.id = r.term"


def _select_labels(ids: Iterable[int], properties: Sequence[int], terms: str) -> str:
    """The labels of these terms."""
    return (
        f"SELECT e.s, b.text FROM shape_triple e JOIN {inline_table('r', 'term', ((i,) for i in ids))} ON e.s = r.term"
        f" JOIN {terms} b ON b.id = e.o WHERE e.p IN ({','.join(map(str, properties))})"
    )


def _rank_of_language(label: str) -> int:
    """English labels are 0, those without a language 1, others 2."""
    return 0 if label.endswith('"@en') else 1 if label.endswith('"') else 2
