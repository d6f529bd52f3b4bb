"""Shapes walk in; numbered sets of focus nodes and values, and the checks over them, walk out.

A *focus set* holds the nodes that shapes look at; shapes that look at the same nodes share one. A *value set* is a
focus set followed along a path (or the focus nodes themselves). So a node shape with twenty properties asks once
which films there are, and two shapes with the same path follow it once. Sets know on which *floor* they stand: what
they are made from stands lower.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kg.shapes.model import Constraint, Shape, Shapes, Target
from kg.shapes.paths import Path

_LOGICAL = frozenset({"not", "and", "or", "xone", "node", "property", "qualifiedMinCount", "qualifiedMaxCount"})


@dataclass(frozen=True, slots=True)
class FocusSet:
    """Nodes to look at: from targets, or from other sets."""

    number: int
    floor: int
    targets: tuple[Target, ...] = ()
    focus_sets: tuple[int, ...] = ()
    value_sets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueSet:
    """What a focus set leads to along a path; the focus nodes themselves when there is none."""

    number: int
    floor: int
    focus_set: int
    path: Path | None


@dataclass(frozen=True, slots=True)
class Check:
    """One constraint of one shape, ready to be asked."""

    number: int
    shape: int
    constraint: Constraint
    focus_set: int
    value_set: int

    @property
    def name(self) -> str:
        """The component's short name."""
        return self.constraint.component.name

    @property
    def logical(self) -> bool:
        """Whether other shapes must have been judged before."""
        return self.name in _LOGICAL


@dataclass(slots=True)
class Plan:
    """Everything to be asked, in an order in which it can be asked."""

    shapes: list[Shape] = field(default_factory=list)
    """By number; those that are leaned on come after those that lean."""
    numbers: dict[str, int] = field(default_factory=dict)
    focus_sets: list[FocusSet] = field(default_factory=list)
    value_sets: list[ValueSet] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    focus_of: list[int] = field(default_factory=list)
    values_of: list[int] = field(default_factory=list)
    heights: list[int] = field(default_factory=list)
    """0 for a shape that leans on none; else above all that it leans on."""
    judged: frozenset[int] = frozenset()
    """The shapes whose verdict on a node another shape asks for."""
    roots: frozenset[int] = frozenset()
    """The shapes that look for nodes by their targets."""
    reported: dict[int, tuple[Source, ...]] = field(default_factory=dict)
    """Shape -> where its reported focus nodes come from; empty: all of its focus set, each once."""

    def floors(self) -> range:
        """The floors on which sets stand."""
        return range(1 + max((s.floor for s in self.focus_sets), default=0))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a shape's reported focus nodes come from: its targets (a focus set), or the values of a reported shape."""

    focus_set: int = -1
    shape: int = -1


def to_plan(shapes: Shapes, roots: Iterable[Shape]) -> Plan:
    """The plan for checking these targeted shapes."""
    roots = list(roots)
    builder = _Builder(shapes, {root.node for root in roots})
    for node in builder.order():
        builder.add(node)
    builder.judge()
    builder.plan.roots = frozenset(builder.plan.numbers[root.node] for root in roots)
    return builder.plan


class _Builder:
    def __init__(self, shapes: Shapes, roots: set[str]) -> None:
        self.plan = Plan()
        self._shapes = shapes.shapes
        self._roots = roots
        self._active = frozenset().union(*(shapes.reach(root) for root in roots)) if roots else frozenset[str]()
        self._parents: dict[str, dict[tuple[str, bool], None]] = {node: {} for node in self._active}
        for node in sorted(self._active):
            for constraint in self._shapes[node].constraints:
                for child in (*constraint.shapes, *constraint.siblings):
                    if child in self._active:
                        # A property that is named twice is reported once: triples are a set.
                        self._parents[child][(node, constraint.component.name == "property")] = None
        self._by_targets: dict[tuple[Target, ...], int] = {}
        self._by_sources: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        self._by_path: dict[tuple[int, Path | None], int] = {}

    def order(self) -> Iterator[str]:
        """Every shape after all that lean on it."""
        left = {node: len(parents) for node, parents in self._parents.items()}
        waiting = sorted(node for node, count in left.items() if count == 0)
        children: dict[str, list[str]] = {}
        for child, parents in self._parents.items():
            for parent, _ in parents:
                children.setdefault(parent, []).append(child)
        while waiting:
            node = waiting.pop(0)
            yield node
            for child in children.get(node, ()):
                left[child] -= 1
                if left[child] == 0:
                    waiting.append(child)

    def add(self, node: str) -> None:
        """Number the shape, its sets and its checks."""
        plan, shape = self.plan, self._shapes[node]
        number = plan.numbers[node] = len(plan.shapes)
        plan.shapes.append(shape)
        targets = self._targets(shape) if node in self._roots else -1
        parents = [(plan.numbers[parent], reports) for parent, reports in self._parents[node]]
        focus = self._focus_set(targets, sorted({parent for parent, _ in parents}))
        plan.focus_of.append(focus)
        values = self._value_set(focus, shape.path)
        plan.values_of.append(values)
        self._report(number, targets, parents)
        for constraint in shape.constraints:
            plan.checks.append(Check(len(plan.checks), number, constraint, focus, values))

    def _targets(self, shape: Shape) -> int:
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
            # A node shape hands its own focus nodes on; only a path makes new ones.
            if plan.shapes[parent].path is None:
                focus_sets.add(plan.focus_of[parent])
            else:
                value_sets.add(plan.values_of[parent])
        if len(focus_sets) == 1 and not value_sets:
            return focus_sets.pop()
        key = (tuple(sorted(focus_sets)), tuple(sorted(value_sets)))
        if key not in self._by_sources:
            below = [plan.focus_sets[n].floor for n in key[0]] + [plan.value_sets[n].floor for n in key[1]]
            self._by_sources[key] = len(plan.focus_sets)
            plan.focus_sets.append(FocusSet(len(plan.focus_sets), 1 + max(below), (), *key))
        return self._by_sources[key]

    def _value_set(self, focus: int, path: Path | None) -> int:
        plan = self.plan
        if (focus, path) not in self._by_path:
            self._by_path[focus, path] = len(plan.value_sets)
            plan.value_sets.append(ValueSet(len(plan.value_sets), plan.focus_sets[focus].floor, focus, path))
        return self._by_path[focus, path]

    def _report(self, number: int, targets: int, parents: list[tuple[int, bool]]) -> None:
        """Whose findings are told: a targeted shape's, and those of the property shapes of a shape that is told."""
        plan = self.plan
        sources = [Source(focus_set=targets)] if targets >= 0 else []
        sources += [Source(shape=parent) for parent, reports in parents if reports and parent in plan.reported]
        if not sources:
            return
        only = sources[0] if len(sources) == 1 else None
        plain = only is not None and (
            only.focus_set == plan.focus_of[number]
            or (only.shape >= 0 and plan.reported[only.shape] == () and plan.shapes[only.shape].path is None)
        )
        same = plain and (only is None or only.shape < 0 or plan.focus_of[only.shape] == plan.focus_of[number])
        plan.reported[number] = () if same else tuple(sources)

    def judge(self) -> None:
        """Say which shapes are asked for a verdict, and how high each stands."""
        plan = self.plan
        plan.heights = [0] * len(plan.shapes)
        children: Mapping[int, list[tuple[int, bool]]] = {n: [] for n in range(len(plan.shapes))}
        for child, parents in self._parents.items():
            for parent, reports in parents:
                children[plan.numbers[parent]].append((plan.numbers[child], reports))
        for number in reversed(range(len(plan.shapes))):
            plan.heights[number] = 1 + max((plan.heights[child] for child, _ in children[number]), default=-1)
        judged: set[int] = set()
        for number in range(len(plan.shapes)):
            judged.update(child for child, reports in children[number] if not reports or number in judged)
        plan.judged = frozenset(judged)
