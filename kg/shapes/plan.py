"""What a validation computes, in order: sets of focus nodes, sets of value nodes, and checks over them.

A *focus set* is the focus nodes of a shape; shapes with the same focus nodes share one. A *value set* is the value
nodes that a path leads to from a focus set, or the focus nodes themselves. So the films are selected once for a node
shape with twenty properties, and a path is followed once for two shapes that have it in common. A set belongs to a
*stage*: it is computed from sets of earlier stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kg.shapes.model import Constraint, Shape, Shapes, Target
from kg.shapes.paths import PropertyPath


@dataclass(frozen=True, slots=True)
class FocusSet:
    """A set of focus nodes: from targets, or the union of other sets."""

    number: int
    stage: int
    targets: tuple[Target, ...] = ()
    focus_sets: tuple[int, ...] = ()
    value_sets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueSet:
    """The value nodes of a focus set along a path; the focus nodes themselves when there is no path."""

    number: int
    stage: int
    focus_set: int
    path: PropertyPath | None


@dataclass(frozen=True, slots=True)
class Check:
    """One constraint of one shape, with the sets that it is checked on."""

    number: int
    shape: int
    constraint: Constraint
    focus_set: int
    value_set: int


@dataclass(frozen=True, slots=True)
class ReportSource:
    """Where reported focus nodes of a shape come from: its targets (a focus set), or the values of a reported shape."""

    focus_set: int = -1
    shape: int = -1


@dataclass(slots=True)
class ValidationPlan:
    """The sets and checks of a validation."""

    shapes: list[Shape] = field(default_factory=list)
    """By number; a shape comes after all that refer to it."""
    numbers: dict[str, int] = field(default_factory=dict)
    focus_sets: list[FocusSet] = field(default_factory=list)
    value_sets: list[ValueSet] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    focus_of: list[int] = field(default_factory=list)
    """Shape -> its focus set."""
    values_of: list[int] = field(default_factory=list)
    """Shape -> its value set."""
    heights: list[int] = field(default_factory=list)
    """Shape -> 0 when it refers to no other, else more than the height of all that it refers to."""
    conformance: frozenset[int] = frozenset()
    """The shapes that other shapes depend on: which nodes do not conform to them must be known."""
    reported: dict[int, tuple[ReportSource, ...]] = field(default_factory=dict)
    """Shape -> the sources of its reported focus nodes; empty when it is the complete focus set, each node once."""

    def stages(self) -> range:
        """The stages of the sets."""
        return range(1 + max((s.stage for s in self.focus_sets), default=0))


def to_plan(shapes: Shapes, roots: Iterable[Shape]) -> ValidationPlan:
    """The plan for validating these targeted shapes."""
    builder = _PlanBuilder(shapes, {root.node for root in roots})
    for node in builder.order():
        builder.add(node)
    builder.add_dependencies()
    return builder.plan


class _PlanBuilder:
    """Adds shapes to a plan: their focus sets, value sets and checks."""

    def __init__(self, shapes: Shapes, roots: set[str]) -> None:
        self.plan = ValidationPlan()
        self._shapes = shapes.shapes
        self._roots = roots
        active = frozenset[str]().union(*(shapes.reachable(root) for root in roots))
        self._parents: dict[str, dict[tuple[str, bool], None]] = {node: {} for node in active}
        """Shape -> the shapes that refer to it, and whether its results are results of that shape."""
        for node in sorted(active):
            for constraint in self._shapes[node].constraints:
                for child in (*constraint.shapes, *constraint.siblings):
                    if child in active:
                        self._parents[child][(node, constraint.component.includes_results)] = None
        self._by_targets: dict[tuple[Target, ...], int] = {}
        self._by_sources: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        self._by_path: dict[tuple[int, PropertyPath | None], int] = {}

    def order(self) -> Iterator[str]:
        """Every shape after all that refer to it."""
        remaining = {node: len(parents) for node, parents in self._parents.items()}
        waiting = sorted(node for node, count in remaining.items() if count == 0)
        children: dict[str, list[str]] = {}
        for child, parents in self._parents.items():
            for parent, _ in parents:
                children.setdefault(parent, []).append(child)
        for node in waiting:
            yield node
            for child in children.get(node, ()):
                remaining[child] -= 1
                if remaining[child] == 0:
                    waiting.append(child)

    def add(self, node: str) -> None:
        """Number the shape, its sets and its checks."""
        plan, shape = self.plan, self._shapes[node]
        number = plan.numbers[node] = len(plan.shapes)
        plan.shapes.append(shape)
        targets = self._target_set(shape) if node in self._roots else -1
        parents = [(plan.numbers[parent], includes) for parent, includes in self._parents[node]]
        focus = self._focus_set(targets, sorted({parent for parent, _ in parents}))
        plan.focus_of.append(focus)
        values = self._value_set(focus, shape.path)
        plan.values_of.append(values)
        self._add_report(number, targets, parents)
        for constraint in shape.constraints:
            plan.checks.append(Check(len(plan.checks), number, constraint, focus, values))

    def _target_set(self, shape: Shape) -> int:
        targets = tuple(sorted(shape.targets, key=lambda target: (target.kind, target.term)))
        if targets not in self._by_targets:
            self._by_targets[targets] = len(self.plan.focus_sets)
            self.plan.focus_sets.append(FocusSet(len(self.plan.focus_sets), 0, targets))
        return self._by_targets[targets]

    def _focus_set(self, targets: int, parents: list[int]) -> int:
        plan = self.plan
        focus_sets = {targets} if targets >= 0 else set()
        value_sets = set()
        for parent in parents:
            # The value nodes of a node shape are its own focus nodes.
            if plan.shapes[parent].path is None:
                focus_sets.add(plan.focus_of[parent])
            else:
                value_sets.add(plan.values_of[parent])
        if len(focus_sets) == 1 and not value_sets:
            return focus_sets.pop()
        key = (tuple(sorted(focus_sets)), tuple(sorted(value_sets)))
        if key not in self._by_sources:
            stages = [plan.focus_sets[n].stage for n in key[0]] + [plan.value_sets[n].stage for n in key[1]]
            self._by_sources[key] = len(plan.focus_sets)
            plan.focus_sets.append(FocusSet(len(plan.focus_sets), 1 + max(stages), (), *key))
        return self._by_sources[key]

    def _value_set(self, focus: int, path: PropertyPath | None) -> int:
        plan = self.plan
        if (focus, path) not in self._by_path:
            self._by_path[focus, path] = len(plan.value_sets)
            plan.value_sets.append(ValueSet(len(plan.value_sets), plan.focus_sets[focus].stage, focus, path))
        return self._by_path[focus, path]

    def _add_report(self, number: int, targets: int, parents: list[tuple[int, bool]]) -> None:
        """Results are reported of targeted shapes, and of the property shapes of a reported shape."""
        plan = self.plan
        sources = [ReportSource(focus_set=targets)] if targets >= 0 else []
        sources += [ReportSource(shape=parent) for parent, includes in parents if includes and parent in plan.reported]
        if sources:
            plan.reported[number] = () if self._is_focus_set(number, sources) else tuple(sources)

    def _is_focus_set(self, number: int, sources: list[ReportSource]) -> bool:
        """True when the reported nodes are the focus set of the shape, each node once."""
        plan, focus = self.plan, self.plan.focus_of[number]
        if len(sources) > 1:
            return False
        parent = sources[0].shape
        if parent < 0:
            return sources[0].focus_set == focus
        return plan.reported[parent] == () and plan.shapes[parent].path is None and plan.focus_of[parent] == focus

    def add_dependencies(self) -> None:
        """Add the height of every shape, and the shapes whose conformance is needed."""
        plan = self.plan
        plan.heights = [0] * len(plan.shapes)
        children: list[list[tuple[int, bool]]] = [[] for _ in plan.shapes]
        for child, parents in self._parents.items():
            for parent, includes in parents:
                children[plan.numbers[parent]].append((plan.numbers[child], includes))
        for number in reversed(range(len(plan.shapes))):
            plan.heights[number] = 1 + max((plan.heights[child] for child, _ in children[number]), default=-1)
        needed: set[int] = set()
        for number in range(len(plan.shapes)):
            needed.update(child for child, includes in children[number] if not includes or number in needed)
        plan.conformance = frozenset(needed)
