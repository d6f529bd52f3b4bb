"""A graph that was checked stands; a change walks in, and the report that a whole check would give walks out.

What a change of a few triples can touch is followed through the shapes. From the leaves up: a node is *touched* for
a shape when a changed triple lies on one of its paths, when it is compared or typed by one, or when it leads to a node
that is touched for a shape that this one leans on. From the targets down: a node may be *reached* anew, or no longer.
Whatever was found of such nodes is forgotten and asked again, beginning from the targets that lead to them.
"""

# ruff: noqa: S608 - what is put into SQL here is numbers

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Triple

from kg.graph.triple_tables import TripleTables
from kg.reports import Finding, Report
from kg.shapes import messages, pyshacl_engine, target_sql
from kg.shapes.model import Shapes
from kg.shapes.paths import Path, Step, predicates
from kg.shapes.plan import Check, Plan, to_plan
from kg.shapes.sql_tables import rows
from kg.shapes.term_ids import LABELS, SUBCLASS
from kg.shapes.validate import Checking
from kg.terms import RDF

TYPE = f"<{RDF}type>"
_COMPARED = frozenset({"equals", "disjoint", "lessThan", "lessThanOrEquals"})
_Edge = tuple[int, int, int]


@dataclass(slots=True)
class _Touched:
    """What a change touches, by number of shape."""

    dirty: list[set[int]]
    crossed: list[set[int]]
    """Focus nodes whose values may be others."""
    reached: list[set[int]]


class Standing:
    """A checked graph: `report` is what a whole check finds in it now."""

    def __init__(
        self,
        workshop: TripleTables,
        shapes: Shapes,
        *,
        ontology: Iterable[Triple] = (),
        tables: Sequence[str] = ("triple", "inferred"),
        languages: Sequence[str] = messages.LANGUAGES,
        known: Iterable[Finding] | None = None,
    ) -> None:
        """`known` are the findings of a whole check of this graph, where one was made before: it is not made again."""
        self._known = tuple(known) if known is not None else None
        foreign = shapes.foreign()
        self._workshop, self._shapes, self._tables, self._languages = workshop, shapes, tables, languages
        self._ontology = tuple(ontology)
        self._others = [shape for shape in shapes.targeted() if shape.node in foreign]
        self._plan = to_plan(shapes, [shape for shape in shapes.targeted() if shape.node not in foreign])
        self._begin()

    def _begin(self) -> None:
        self._checking = Checking(self._workshop.sql, self._plan, self._ontology, self._tables)
        if self._known is not None:
            self._own, self._known = self._known, None
        else:
            self._own = self._checking.report(None, self._languages).findings
        self.report = self._with_others()

    def close(self) -> None:
        """Leave the workshop as it was."""
        self._workshop.sql.execute("DROP VIEW IF EXISTS shape_either")
        self._checking.close()

    def changed(self, added: Iterable[Triple], removed: Iterable[Triple]) -> Report:
        """The report after a change that the workshop holds already; the findings known are those from before it."""
        fresh, gone = list(added), list(removed)
        numbers = self._workshop.encode(
            str(term) for t in (*fresh, *gone) for term in (t.subject, t.predicate, t.object)
        )
        self._checking.numbering.meet(numbers)
        edges = [_numbered(t, numbers) for t in fresh], [_numbered(t, numbers) for t in gone]
        if fresh or gone:
            self._check_again([*edges[0], *edges[1]], edges[1])
        self.report = self._with_others()
        return self.report

    def change(self, added: Iterable[Triple] = (), removed: Iterable[Triple] = (), *, table: str = "triple") -> Report:
        """Put the change into the graph and give the report that a whole check would give.

        What is added must be new, and what is removed must have been there. A change of subclasses, and shapes of the
        reference engine, cost a whole check.
        """
        fresh, gone = list(dict.fromkeys(added)), list(dict.fromkeys(removed))
        numbers = self._workshop.encode(
            str(term) for t in (*fresh, *gone) for term in (t.subject, t.predicate, t.object)
        )
        edges = [_numbered(t, numbers) for t in fresh], [_numbered(t, numbers) for t in gone]
        self._remove(edges[1], table)
        if fresh:
            # Not by `add`, which makes sure that nothing is there twice: that costs a look at the whole table.
            self._workshop.sql.execute(f"INSERT INTO {table} SELECT * FROM {rows('r', 's, p, o', edges[0])}")
        if not self._checking.covers(table) or any(str(t.predicate) == SUBCLASS for t in (*fresh, *gone)):
            self._checking.close()
            self._begin()
            return self.report
        self._checking.numbering.meet(numbers)
        delta = [*edges[0], *edges[1]]
        if delta:
            self._check_again(delta, edges[1])
        self.report = self._with_others()
        return self.report

    def _remove(self, edges: Sequence[_Edge], table: str) -> None:
        if edges:
            gone = rows("r", "s, p, o", edges)
            self._workshop.sql.execute(
                f"DELETE FROM {table} t USING {gone} WHERE t.s = r.s AND t.p = r.p AND t.o = r.o"
            )

    def _with_others(self) -> Report:
        report = Report(self._own)
        if self._others:
            report += pyshacl_engine.check(
                self._workshop,
                self._shapes,
                self._others,
                ontology=self._ontology,
                tables=self._tables,
                languages=self._languages,
            )
        return report

    def _check_again(self, delta: Sequence[_Edge], gone: Sequence[_Edge]) -> None:
        before = f" UNION ALL SELECT * FROM {rows('r', 's, p, o', gone)}" if gone else ""
        self._workshop.sql.execute(
            f"CREATE OR REPLACE TEMP VIEW shape_either AS SELECT s, p, o FROM shape_edge{before}"
        )
        change = _Change(self, delta)
        touched = change.touched()
        self._add_renamed(touched, delta)
        targets = change.targets_of(touched)
        again = self._checking.report(sorted(targets), self._languages).findings if targets else ()
        names = self._workshop.decode({node for nodes in (*touched.dirty, *touched.reached) for node in nodes})
        forgotten = {
            shape.node: {names[n] for n in touched.dirty[k] | touched.reached[k] if n in names}
            for k, shape in enumerate(self._plan.shapes)
        }
        kept = tuple(f for f in self._own if f.focus not in forgotten[f.shape])
        self._own = kept + tuple(f for f in again if f.focus in forgotten[f.shape])

    def _add_renamed(self, touched: _Touched, delta: Sequence[_Edge]) -> None:
        """Findings also name things by their labels: those that speak of a thing with a new label are told anew."""
        labels = {self._checking.numbering.of(label) for label in LABELS}
        renamed = set(self._workshop.decode(s for s, p, _ in delta if p in labels).values())
        if not renamed:
            return
        telling = [f for f in self._own if renamed & {f.focus, f.value, *f.values} or f.path in renamed]
        numbers = self._workshop.find_ids({f.focus for f in telling})
        for finding in telling:
            if finding.focus in numbers:
                touched.dirty[self._plan.numbers[finding.shape]].add(numbers[finding.focus])

    @property
    def plan(self) -> Plan:
        """What is asked."""
        return self._plan

    def number(self, text: str) -> int:
        """The number of a term that the plan speaks of."""
        return self._checking.numbering.of(text)

    def classes(self) -> Mapping[str, list[int]]:
        """Each class that shapes ask for, with all below it."""
        return self._checking.numbering.classes()

    def ask(self, statement: str) -> set[int]:
        """The numbers that a statement gives."""
        return {int(row[0]) for row in self._workshop.sql.execute(statement).fetchall()}


class _Change:
    """One change, followed through the plan of a standing check."""

    def __init__(self, standing: Standing, delta: Sequence[_Edge]) -> None:
        self._standing, self._plan, self._delta = standing, standing.plan, delta
        self._number = standing.number
        self._checks: list[list[Check]] = [[] for _ in self._plan.shapes]
        for check in self._plan.checks:
            self._checks[check.shape].append(check)

    def touched(self) -> _Touched:
        """The nodes of each shape of which something else may be found now."""
        count = len(self._plan.shapes)
        touched = _Touched([set() for _ in range(count)], [set() for _ in range(count)], [set() for _ in range(count)])
        for shape in reversed(range(count)):
            self._touch(shape, touched)
        for shape in range(count):
            self._reach(shape, touched)
        return touched

    def _touch(self, shape: int, touched: _Touched) -> None:
        path = self._plan.shapes[shape].path
        if path is not None:
            touched.crossed[shape] = self._crossing(path)
        values: set[int] = set()
        nodes = touched.dirty[shape]
        nodes |= touched.crossed[shape] | self._retargeted(shape)
        for check in self._checks[shape]:
            if check.name in _COMPARED:
                predicate = self._number(check.constraint.values[0])
                nodes |= {s for s, p, _ in self._delta if p == predicate}
            elif check.name == "closed":
                values |= {s for s, _, _ in self._delta}
            elif check.name == "class":
                kind = self._number(TYPE)
                values |= {s for s, p, _ in self._delta if p == kind}
            for child in (*check.constraint.shapes, *check.constraint.siblings):
                if child in self._plan.numbers:
                    values |= touched.dirty[self._plan.numbers[child]]
        nodes |= self._back(path, values)

    def _reach(self, shape: int, touched: _Touched) -> None:
        """Nodes that the shape may look at more often, or less often, than before."""
        touched.reached[shape] |= self._retargeted(shape)
        for check in self._checks[shape]:
            if check.name == "property":
                path = self._plan.shapes[shape].path
                nodes = touched.crossed[shape] | touched.reached[shape]
                on = nodes if path is None else self._on(path, nodes)
                for child in check.constraint.shapes:
                    if child in self._plan.numbers:
                        touched.reached[self._plan.numbers[child]] |= on

    def targets_of(self, touched: _Touched) -> set[int]:
        """The targeted nodes that lead to what is touched."""
        needed = [touched.dirty[n] | touched.reached[n] for n in range(len(self._plan.shapes))]
        found: set[int] = set()
        for shape in reversed(range(len(self._plan.shapes))):
            for check in self._checks[shape]:
                if check.name == "property":
                    for child in check.constraint.shapes:
                        if child in self._plan.numbers:
                            needed[shape] |= self._back(
                                self._plan.shapes[shape].path, needed[self._plan.numbers[child]]
                            )
            found |= needed[shape]
        return found

    def _retargeted(self, shape: int) -> set[int]:
        """Nodes that become targets of the shape, or cease to be."""
        found: set[int] = set()
        kind, classes = self._number(TYPE), self._standing.classes()
        for target in self._plan.shapes[shape].targets:
            if target.kind == "class":
                below = set(classes[target.term])
                found |= {s for s, p, o in self._delta if p == kind and o in below}
            elif target.kind == "subjectsOf":
                found |= {s for s, p, _ in self._delta if p == self._number(target.term)}
            elif target.kind == "objectsOf":
                found |= {o for _, p, o in self._delta if p == self._number(target.term)}
        return found

    def _crossing(self, path: Path) -> set[int]:
        """Nodes from which a walk along the path meets a changed triple."""
        if isinstance(path, Step):
            predicate = self._number(path.predicate)
            return {(o if path.inverse else s) for s, p, o in self._delta if p == predicate}
        used = {self._number(predicate) for predicate in predicates(path)}
        ends = {end for s, p, o in self._delta if p in used for end in (s, o)}
        if not ends:
            return set()
        return self._standing.ask(target_sql.walk_back(path, self._number, ends, from_ends=False))

    def _back(self, path: Path | None, nodes: set[int]) -> set[int]:
        if path is None or not nodes:
            return set(nodes)
        return self._standing.ask(target_sql.walk_back(path, self._number, nodes, from_ends=True))

    def _on(self, path: Path, nodes: set[int]) -> set[int]:
        return self._standing.ask(target_sql.walk_on(path, self._number, nodes)) if nodes else set()


def _numbered(triple: Triple, numbers: Mapping[str, int]) -> _Edge:
    return numbers[str(triple.subject)], numbers[str(triple.predicate)], numbers[str(triple.object)]
