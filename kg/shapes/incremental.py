"""Incremental validation: after a change, only the nodes that it can affect are validated again.

The changed triples are followed through the shapes. From the shapes that refer to no other upwards: a node is
*affected* for a shape when a changed triple is on its path, when its constraints read one, or when it leads to a node
that is affected for a shape they refer to. From the targets downwards: a node is *reached* when it may become, or no
longer be, a focus node. The findings of such nodes are dropped, and the targets that lead to them are validated again
by the shapes that have these targets.
For recursive shapes each of these walks is repeated until it finds no further node; after `_MOST_ROUNDS` the complete
graph is validated again instead.
"""

# ruff: noqa: S608 - only numbers and names of tables are put into SQL
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pyoxigraph import Triple

from kg.graph.triple_tables import TripleTables
from kg.reports import Finding, Report
from kg.shapes import pyshacl_engine
from kg.shapes.model import FurtherTriples, Shapes
from kg.shapes.paths import PredicatePath, PropertyPath, inverse, predicates, to_automaton
from kg.shapes.plan import Check, ValidationPlan, to_plan
from kg.shapes.results import LANGUAGES
from kg.shapes.sql_engine import SqlEngine
from kg.shapes.validation_tables import LABELS, SUBCLASS, TYPE, ValidationTables
from kg.sql import inline_table
from kg.terms import to_spo

_MOST_ROUNDS = 20
_Ids = tuple[int, int, int]
"""A triple by the ids of its terms."""


class IncrementalValidation:
    """The findings of a graph, kept up to date while it changes."""

    def __init__(
        self,
        graph: TripleTables,
        shapes: Shapes,
        *,
        ontology: Iterable[Triple] = (),
        tables: Sequence[str] = ("triple", "inferred"),
        languages: Sequence[str] = LANGUAGES,
        known: Iterable[Finding] | None = None,
        reads: pyshacl_engine.TripleFilter | None = None,
    ) -> None:
        """`known` are the findings of an earlier validation of this graph, which is then not repeated.

        `reads` are the triples that the shapes for pyshacl can read, where that is known already.
        """
        not_compiled = shapes.not_compiled()
        self._graph, self._shapes, self._sources, self._languages = graph, shapes, tables, languages
        self._ontology, self._reads = tuple(ontology), reads
        self._others = [shape for shape in shapes.targeted() if shape.node in not_compiled]
        self._plan = to_plan(shapes, [shape for shape in shapes.targeted() if shape.node not in not_compiled])
        self._engine = self._new_engine(self._plan)
        of_others = {node for shape in self._others for node in shapes.reachable(shape.node)}
        if known is None or not of_others.isdisjoint(self._plan.numbers):
            self._findings = self._engine.report(self._languages).findings
            self._others_report = self._validate_others()
        else:
            known = tuple(known)
            self._findings = tuple(finding for finding in known if finding.shape in self._plan.numbers)
            self._others_report = Report(tuple(finding for finding in known if finding.shape in of_others))

    @property
    def report(self) -> Report:
        """The findings of a complete validation of the graph as it is now."""
        return Report(self._findings) + self._others_report

    def close(self) -> None:
        """Remove the tables of the validation from the graph."""
        self._graph.sql.execute("DROP VIEW IF EXISTS shape_either")
        self._engine.close()

    def update(self, *, added: Iterable[Triple] = (), removed: Iterable[Triple] = ()) -> Report:
        """The report after a change that has been made in the graph.

        What was added was not in the graph before, and what was removed was. The complete graph is validated again for
        a change of subclasses, and for a change of triples that shapes for pyshacl can read.
        """
        new, old = list(added), list(removed)
        subclasses_changed = any(str(triple.predicate) == SUBCLASS for triple in (*new, *old))
        if subclasses_changed:
            self._validate_anew()
        elif new or old:
            ids = self._graph.encode(term for triple in (*new, *old) for term in to_spo(triple))
            self._engine.tables.add_terms(ids)
            self._engine.tables.select_sources()
            self._validate_again([_to_ids(t, ids) for t in new], [_to_ids(t, ids) for t in old])
        if self._others and (subclasses_changed or self._is_read_by_others((*new, *old))):
            self._others_report = self._validate_others()
        return self.report

    def _new_engine(self, plan: ValidationPlan) -> SqlEngine:
        return SqlEngine(self._graph.sql, plan, self._ontology, self._sources)

    def _validate_anew(self) -> None:
        self._engine.close()
        self._engine = self._new_engine(self._plan)
        self._findings = self._engine.report(self._languages).findings

    def _validate_targets(self, targets: Sequence[set[int]]) -> tuple[Finding, ...]:
        """The findings of those shapes that have any of their targets here; the other shapes cost nothing."""
        roots = [s for s, nodes in zip(self._plan.shapes, targets, strict=True) if nodes and s.has_target]
        if not roots:
            return ()
        engine = self._engine.part(to_plan(self._shapes, roots))
        return engine.report(self._languages, focus=sorted(set().union(*targets))).findings

    def _validate_others(self) -> Report:
        if not self._others:
            return Report()
        return pyshacl_engine.check(
            self._graph,
            self._shapes,
            self._others,
            ontology=self._ontology,
            tables=self._sources,
            languages=self._languages,
        )

    def _is_read_by_others(self, changed: Sequence[Triple]) -> bool:
        if not changed:
            return False
        reads = self._reads
        # Without focus nodes the new report is empty, which takes no parser of queries to see.
        if reads is None and pyshacl_engine.may_have_focus_nodes(self._graph, self._others, tables=self._sources):
            reads = pyshacl_engine.triple_filter(self._shapes.triples, [shape.node for shape in self._others])
        return reads is None or reads.accepts_any(changed, self._engine.tables.subclass_pairs(self._ontology))

    def _validate_again(self, added: Sequence[_Ids], removed: Sequence[_Ids]) -> None:
        before = f" UNION ALL SELECT * FROM {inline_table('r', 's, p, o', removed)}" if removed else ""
        self._graph.sql.execute(f"CREATE OR REPLACE TEMP VIEW shape_either AS SELECT s, p, o FROM shape_triple{before}")
        changed = [*added, *removed]
        change = _Change(self._plan, self._engine.tables, changed)
        try:
            nodes = change.affected_nodes()
            self._add_renamed(nodes, changed)
            again = self._validate_targets(change.targets_of(nodes))
        except _FarChangeError:
            self._validate_anew()
            return
        texts = self._graph.decode({node for affected in nodes for node in affected.all})
        dropped = {
            shape.node: {texts[node] for node in affected.all if node in texts}
            for shape, affected in zip(self._plan.shapes, nodes, strict=True)
        }
        kept = tuple(finding for finding in self._findings if finding.focus not in dropped[finding.shape])
        self._findings = kept + tuple(finding for finding in again if finding.focus in dropped[finding.shape])

    def _add_renamed(self, nodes: Sequence[_AffectedNodes], changed: Sequence[_Ids]) -> None:
        """Findings have the labels of entities in their messages: those of entities with a new label are made again."""
        labels = {self._engine.tables.id(label) for label in LABELS}
        renamed = set(self._graph.decode(s for s, p, _ in changed if p in labels).values())
        if not renamed:
            return
        findings = [f for f in self._findings if renamed & {f.focus, f.value, *f.values} or f.path in renamed]
        ids = self._graph.find_ids({finding.focus for finding in findings})
        for finding in findings:
            if finding.focus in ids:
                nodes[self._plan.numbers[finding.shape]].affected.add(ids[finding.focus])


@dataclass(frozen=True, slots=True)
class _AffectedNodes:
    """The focus nodes of one shape for which a change may give other findings."""

    affected: set[int]
    crossed: set[int]
    """Those with a changed triple on their path: their value nodes may be others."""
    reached: set[int]

    @property
    def all(self) -> set[int]:
        return self.affected | self.reached


class _FarChangeError(Exception):
    """A change that affects nodes many steps away, which takes longer to follow than to validate all."""


class _Change:
    """One change, followed through the shapes of a plan."""

    def __init__(self, plan: ValidationPlan, tables: ValidationTables, changed: Sequence[_Ids]) -> None:
        self._plan, self._tables, self._changed = plan, tables, changed
        self._checks: list[list[Check]] = [[] for _ in plan.shapes]
        for check in plan.checks:
            self._checks[check.shape].append(check)

    def affected_nodes(self) -> list[_AffectedNodes]:
        """The affected nodes of each shape."""
        nodes = [_AffectedNodes(set(), set(), set()) for _ in self._plan.shapes]
        shapes = range(len(nodes))
        self._repeat([partial(self._find_affected, shape, nodes) for shape in reversed(shapes)])
        self._repeat([partial(self._find_reached, shape, nodes) for shape in shapes])
        return nodes

    def _repeat(self, steps: Sequence[Callable[[], int]]) -> None:
        """Take the steps, which give how many nodes they know; if shapes are recursive, until none knows more."""
        known = [step() for step in steps]
        if not self._plan.recursive:
            return
        for _ in range(_MOST_ROUNDS):
            known, before = [step() for step in steps], known
            if known == before:
                return
        raise _FarChangeError

    def _find_affected(self, shape: int, nodes: Sequence[_AffectedNodes]) -> int:
        path, mine = self._plan.shapes[shape].path, nodes[shape]
        if path is not None:
            mine.crossed.update(self._crossing(path))
        mine.affected.update(mine.crossed, self._targets_changed(shape))
        values: set[int] = set()
        for check in self._checks[shape]:
            match check.constraint.component.reads:
                case FurtherTriples.OTHER_PROPERTY:
                    predicate = self._tables.id(check.constraint.value)
                    mine.affected.update(s for s, p, _ in self._changed if p == predicate)
                case FurtherTriples.ALL_PROPERTIES:
                    values |= {s for s, _, _ in self._changed}
                case FurtherTriples.TYPES:
                    values |= self._with_changed_types()
            for child in self._children(check):
                values |= nodes[child].affected
        mine.affected.update(self._starts(path, values))
        return len(mine.affected)

    def _find_reached(self, shape: int, nodes: Sequence[_AffectedNodes]) -> int:
        """Nodes that the shape may have as a focus node more often, or less often, than before."""
        path, mine = self._plan.shapes[shape].path, nodes[shape]
        mine.reached.update(self._targets_changed(shape))
        for check in self._checks[shape]:
            if check.constraint.component.includes_results:
                starts = mine.crossed | mine.reached
                ends = starts if path is None else self._ends(path, starts)
                for child in self._children(check):
                    nodes[child].reached.update(ends)
        return len(mine.reached)

    def targets_of(self, nodes: Sequence[_AffectedNodes]) -> list[set[int]]:
        """The nodes of each shape that are affected or lead to affected nodes."""
        needed = [affected.all for affected in nodes]
        self._repeat([partial(self._find_needed, shape, needed) for shape in reversed(range(len(needed)))])
        return needed

    def _find_needed(self, shape: int, needed: Sequence[set[int]]) -> int:
        """Nodes of the shape that are to be validated again, or lead to such nodes of its property shapes."""
        for check in self._checks[shape]:
            if check.constraint.component.includes_results:
                for child in self._children(check):
                    needed[shape].update(self._starts(self._plan.shapes[shape].path, needed[child]))
        return len(needed[shape])

    def _children(self, check: Check) -> list[int]:
        """The shapes that a constraint refers to, without deactivated ones."""
        children = (*check.constraint.shapes, *check.constraint.siblings)
        return [self._plan.numbers[child] for child in children if child in self._plan.numbers]

    def _with_changed_types(self) -> set[int]:
        type_ = self._tables.id(TYPE)
        return {s for s, p, _ in self._changed if p == type_}

    def _targets_changed(self, shape: int) -> set[int]:
        """Nodes that become targets of the shape, or no longer are."""
        found: set[int] = set()
        type_ = self._tables.id(TYPE)
        for target in self._plan.shapes[shape].targets:
            if target.kind == "class":
                classes = set(self._tables.subclasses(target.term))
                found |= {s for s, p, o in self._changed if p == type_ and o in classes}
            elif target.kind == "subjectsOf":
                found |= {s for s, p, _ in self._changed if p == self._tables.id(target.term)}
            elif target.kind == "objectsOf":
                found |= {o for _, p, o in self._changed if p == self._tables.id(target.term)}
        return found

    # --- along paths, in the graph of before or after the change

    def _crossing(self, path: PropertyPath) -> set[int]:
        """Nodes from which the path leads over a changed triple."""
        if isinstance(path, PredicatePath):
            predicate = self._tables.id(path.predicate)
            return {(o if path.inverse else s) for s, p, o in self._changed if p == predicate}
        used = {self._tables.id(predicate) for predicate in predicates(path)}
        nodes = {node for s, p, o in self._changed if p in used for node in (s, o)}
        return self._select(_select_starts(path, self._tables, nodes, anywhere=True)) if nodes else set()

    def _starts(self, path: PropertyPath | None, ends: set[int]) -> set[int]:
        """Nodes from which the path leads to one of these."""
        if path is None or not ends:
            return set(ends)
        return self._select(_select_starts(path, self._tables, ends))

    def _ends(self, path: PropertyPath, starts: set[int]) -> set[int]:
        """Nodes to which the path leads from one of these."""
        return self._select(_select_starts(inverse(path), self._tables, starts)) if starts else set()

    def _select(self, query: str) -> set[int]:
        return {node for (node,) in self._tables.rows(query)}


def _select_starts(path: PropertyPath, tables: ValidationTables, ends: set[int], *, anywhere: bool = False) -> str:
    """Selects the nodes from which the path leads to one of these; with `anywhere`, or leads through one.

    `shape_either` has the triples of before and after the change.
    """
    listed = inline_table("r", "node", ((node,) for node in ends))
    if isinstance(path, PredicatePath) and not anywhere:
        start, end = ("o", "s") if path.inverse else ("s", "o")
        return (
            f"SELECT DISTINCT e.{start} FROM shape_either e JOIN {listed} ON e.{end} = r.node"
            f" WHERE e.p = {tables.id(path.predicate)}"
        )
    automaton = to_automaton(path)
    states = {0, *(t.target for t in automaton.transitions)} if anywhere else automaton.accepting
    transitions = [(t.source, tables.id(t.along.predicate), t.along.inverse, t.target) for t in automaton.transitions]
    return (
        "WITH RECURSIVE walk(node, state) AS ("
        f"SELECT r.node, q.state FROM {listed} CROSS JOIN {inline_table('q', 'state', ((s,) for s in sorted(states)))}"
        " UNION SELECT CASE WHEN m.inverse THEN e.o ELSE e.s END, m.source FROM walk w"
        f" JOIN {inline_table('m', 'source, predicate, inverse BOOLEAN, target', transitions)} ON m.target = w.state"
        " JOIN shape_either e ON e.p = m.predicate AND w.node = CASE WHEN m.inverse THEN e.s ELSE e.o END)"
        " SELECT DISTINCT node FROM walk WHERE state = 0"
    )


def _to_ids(triple: Triple, ids: Mapping[str, int]) -> _Ids:
    s, p, o = to_spo(triple)
    return ids[s], ids[p], ids[o]
