"""What a validation computes, in order: sets of focus nodes, sets of value nodes, and checks over them.

A *focus set* is the focus nodes of a shape; shapes with the same focus nodes share one. A *value set* is the value
nodes that a path leads to from a focus set, or the focus nodes themselves. So the films are selected once for a node
shape with twenty properties, and a path is followed once for two shapes that have it in common. A set belongs to a
*stage*: it is computed from sets of earlier stages. Only the focus sets of recursive shapes, which refer to themselves
or to each other, are computed also from sets of their own stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from kg.shapes.model import Constraint, Shape, Shapes, Target
from kg.shapes.paths import PropertyPath
from kg.traversal import strong_components


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
    """By number; a shape comes after all that refer to it, but for those that it refers to itself."""
    numbers: dict[str, int] = field(default_factory=dict)
    focus_sets: list[FocusSet] = field(default_factory=list)
    value_sets: list[ValueSet] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    focus_of: list[int] = field(default_factory=list)
    """Shape -> its focus set."""
    values_of: list[int] = field(default_factory=list)
    """Shape -> its value set."""
    heights: list[int] = field(default_factory=list)
    """Shape -> 0 when it refers to no other, else more than the height of all that it refers to; recursive shapes that
    refer to each other have the same."""
    recursive: frozenset[int] = frozenset()
    """The shapes that refer to themselves, directly or through others."""
    conformance: frozenset[int] = frozenset()
    """The shapes that other shapes depend on: which nodes do not conform to them must be known."""
    reported: dict[int, tuple[ReportSource, ...]] = field(default_factory=dict)
    """Shape -> the sources of its reported focus nodes; empty when it is the complete focus set, each node once."""
    report_cycles: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """The last of some shapes whose results are results of each other -> all of them; they report each node once."""

    def stages(self) -> range:
        """The stages of the sets."""
        return range(1 + max((s.stage for s in self.focus_sets), default=0))


def to_plan(shapes: Shapes, roots: Iterable[Shape]) -> ValidationPlan:
    """The plan for validating these targeted shapes."""
    builder = _PlanBuilder(shapes, {root.node for root in roots})
    for component in builder.components():
        builder.add(component)
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
        self._components: list[tuple[int, ...]] = []
        self._by_targets: dict[tuple[Target, ...], int] = {}
        self._by_sources: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        self._by_path: dict[tuple[int, PropertyPath | None], int] = {}

    def components(self) -> Iterator[tuple[str, ...]]:
        """Shapes that refer to each other together, after all others that refer to them."""
        return strong_components(sorted(self._parents), lambda node: [parent for parent, _ in self._parents[node]])

    def add(self, component: Sequence[str]) -> None:
        """Number the shapes, their sets and their checks."""
        plan = self.plan
        members = set(component)
        cycles = [*strong_components(component, lambda node: self._including(node, members))]
        nodes = [node for cycle in cycles for node in cycle]
        for node in nodes:
            plan.numbers[node] = len(plan.shapes)
            plan.shapes.append(self._shapes[node])
        self._components.append(tuple(plan.numbers[node] for node in nodes))
        targets = {node: self._target_set(self._shapes[node]) if node in self._roots else -1 for node in nodes}
        if any(parent in members for parent, _ in self._parents[nodes[0]]):
            self._add_recursive_sets(nodes, targets)
        else:
            (node,) = nodes
            plan.focus_of.append(self._focus_set(*self._sources(node, targets[node])))
            plan.values_of.append(self._value_set(plan.focus_of[-1], self._shapes[node].path))
        for cycle in cycles:
            self._add_reports(cycle, targets)
        for number in map(plan.numbers.__getitem__, nodes):
            for constraint in plan.shapes[number].constraints:
                sets = plan.focus_of[number], plan.values_of[number]
                plan.checks.append(Check(len(plan.checks), number, constraint, *sets))

    def _including(self, node: str, others: Set[str]) -> list[str]:
        """Those of the others that have the results of this shape."""
        return [parent for parent, includes in self._parents[node] if includes and parent in others]

    def _target_set(self, shape: Shape) -> int:
        targets = tuple(sorted(shape.targets, key=lambda target: (target.kind, target.term)))
        if targets not in self._by_targets:
            self._by_targets[targets] = len(self.plan.focus_sets)
            self.plan.focus_sets.append(FocusSet(len(self.plan.focus_sets), 0, targets))
        return self._by_targets[targets]

    def _sources(self, node: str, targets: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The focus sets and the value sets that the focus nodes of a shape come from."""
        plan = self.plan
        focus_sets = {targets} if targets >= 0 else set()
        value_sets = set()
        for parent in (plan.numbers[parent] for parent, _ in self._parents[node]):
            # The value nodes of a node shape are its own focus nodes.
            if plan.shapes[parent].path is None:
                focus_sets.add(plan.focus_of[parent])
            else:
                value_sets.add(plan.values_of[parent])
        return tuple(sorted(focus_sets)), tuple(sorted(value_sets))

    def _focus_set(self, focus_sets: tuple[int, ...], value_sets: tuple[int, ...]) -> int:
        plan, key = self.plan, (focus_sets, value_sets)
        if len(focus_sets) == 1 and not value_sets:
            return focus_sets[0]
        if key not in self._by_sources:
            self._by_sources[key] = len(plan.focus_sets)
            plan.focus_sets.append(FocusSet(len(plan.focus_sets), self._stage_after(*key), (), *key))
        return self._by_sources[key]

    def _stage_after(self, focus_sets: Iterable[int], value_sets: Iterable[int]) -> int:
        plan = self.plan
        stages = [plan.focus_sets[n].stage for n in focus_sets] + [plan.value_sets[n].stage for n in value_sets]
        return 1 + max(stages, default=-1)

    def _add_recursive_sets(self, component: Sequence[str], targets: Mapping[str, int]) -> None:
        """A focus set and a value set for each shape: they have the others of the component among their sources."""
        plan = self.plan
        first, first_values = len(plan.focus_sets), len(plan.value_sets)
        plan.focus_of.extend(first + n for n in range(len(component)))
        plan.values_of.extend(first_values + n for n in range(len(component)))
        sources = [self._sources(node, targets[node]) for node in component]
        known = [n for focus_sets, _ in sources for n in focus_sets if n < first]
        known_values = [n for _, value_sets in sources for n in value_sets if n < first_values]
        stage = self._stage_after(known, known_values)
        for n, (node, its_sources) in enumerate(zip(component, sources, strict=True)):
            plan.focus_sets.append(FocusSet(first + n, stage, (), *its_sources))
            plan.value_sets.append(ValueSet(first_values + n, stage, first + n, self._shapes[node].path))
        plan.recursive |= frozenset(self._components[-1])

    def _value_set(self, focus: int, path: PropertyPath | None) -> int:
        plan = self.plan
        if (focus, path) not in self._by_path:
            self._by_path[focus, path] = len(plan.value_sets)
            plan.value_sets.append(ValueSet(len(plan.value_sets), plan.focus_sets[focus].stage, focus, path))
        return self._by_path[focus, path]

    def _add_reports(self, nodes: Sequence[str], targets: Mapping[str, int]) -> None:
        """Results are reported of targeted shapes, and of the property shapes of a reported shape.

        Several shapes, or one that is a property shape of itself, have the results of each other.
        """
        plan, numbers = self.plan, [self.plan.numbers[node] for node in nodes]

        def sources(node: str, reported: Set[int]) -> list[ReportSource]:
            of_targets = [ReportSource(focus_set=targets[node])] if targets[node] >= 0 else []
            parents = [plan.numbers[parent] for parent, includes in self._parents[node] if includes]
            return of_targets + [ReportSource(shape=parent) for parent in parents if parent in reported]

        if not any(sources(node, plan.reported.keys()) for node in nodes):
            return
        reported = plan.reported.keys() | numbers
        for node, number in zip(nodes, numbers, strict=True):
            found = sources(node, reported)
            plan.reported[number] = () if self._is_focus_set(number, found) else tuple(found)
        if self._including(nodes[0], set(nodes)):
            plan.report_cycles[numbers[-1]] = tuple(numbers)

    def _is_focus_set(self, number: int, sources: list[ReportSource]) -> bool:
        """True when the reported nodes are the focus set of the shape, each node once."""
        plan, focus = self.plan, self.plan.focus_of[number]
        if len(sources) > 1:
            return False
        parent = sources[0].shape
        if parent < 0:
            return sources[0].focus_set == focus
        return plan.reported.get(parent) == () and plan.shapes[parent].path is None and plan.focus_of[parent] == focus

    def add_dependencies(self) -> None:
        """Add the height of every shape, and the shapes whose conformance is needed."""
        plan = self.plan
        plan.heights = [0] * len(plan.shapes)
        children: list[list[tuple[int, bool]]] = [[] for _ in plan.shapes]
        for child, parents in self._parents.items():
            for parent, includes in parents:
                children[plan.numbers[parent]].append((plan.numbers[child], includes))
        for component in map(frozenset, reversed(self._components)):
            below = [child for number in component for child, _ in children[number] if child not in component]
            for number in component:
                plan.heights[number] = 1 + max((plan.heights[child] for child in below), default=-1)
        needed = set(plan.recursive)
        for number in range(len(plan.shapes)):
            needed.update(child for child, includes in children[number] if not includes or number in needed)
        plan.conformance = frozenset(needed)
