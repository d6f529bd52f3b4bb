"""Grounded rules walk in; the order in which to run them walks out.

A fact of one kind - a property, or membership of one class - may rest on facts of others. Kinds that rest on each other
form a knot; knots are ordered so that each is run when all that it rests on is complete. In most knots (a property and
its inverse, equivalent classes) every rule merely copies facts: these are put together beforehand and run once. Only
the others - a transitive property, a chain through itself - need a loop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kg.reasoning.rules import TYPE, is_variable
from kg.terms import Spo

Relation = tuple[str, str]
"""A property and nothing, or rdf:type and a class; rdf:type and nothing where the class is not known beforehand."""

_COPIES_WORTH_JOINING = 40


@dataclass(frozen=True, slots=True)
class Clause:
    """Facts that match `body` give the fact `head`; with `things_only`, where its subject is no literal.

    `rule` is the name of a rule that says so.
    """

    body: tuple[Spo, ...]
    head: Spo
    things_only: bool = False
    rule: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Stratum:
    """Steps to run together: `once` from what is below, then `copies` once more, then `loop` until nothing is new."""

    once: tuple[Clause, ...]
    copies: tuple[Clause, ...]
    loop: tuple[Clause, ...]


class Relations:
    """Tells the kind of a pattern; classes are not told apart once some rule leaves the class open."""

    def __init__(self, steps: Iterable[Clause]) -> None:
        self.classes_matter = not any(
            p == TYPE and is_variable(o) for step in steps for _, p, o in (*step.body, step.head)
        )

    def of(self, pattern: Spo) -> Relation:
        """The kind of facts that the pattern matches."""
        return (TYPE, pattern[2] if self.classes_matter else "") if pattern[1] == TYPE else (pattern[1], "")


def to_strata(steps: Sequence[Clause], kinds: Relations) -> Iterator[Stratum]:
    """The steps in an order in which each stratum rests on those before it and on itself only."""
    below: dict[Relation, set[Relation]] = defaultdict(set)
    for step in steps:
        below[kinds.of(step.head)].update(kinds.of(pattern) for pattern in step.body)
    level, knot = _levels(below)
    by_level: dict[int, list[Clause]] = defaultdict(list)
    for step in steps:
        by_level[level[kinds.of(step.head)]].append(step)
    for number in sorted(by_level):
        yield _to_stratum(by_level[number], kinds, knot)


def _to_stratum(steps: Sequence[Clause], kinds: Relations, knot: Mapping[Relation, int]) -> Stratum:
    once: list[Clause] = []
    inside: dict[int, list[Clause]] = defaultdict(list)
    for step in steps:
        home = knot[kinds.of(step.head)]
        if any(knot.get(kinds.of(pattern)) == home for pattern in step.body):
            inside[home].append(step)
        else:
            once.append(step)
    copies: list[Clause] = []
    loop: list[Clause] = []
    for knotted in inside.values():
        joined = _joined(knotted)
        if joined is None:
            loop += knotted
        else:
            copies += joined
    return Stratum(tuple(once), tuple(copies), tuple(loop))


def _joined(steps: Sequence[Clause]) -> list[Clause] | None:
    """For steps that copy facts, every copy that any row of them makes; None when some step does more than copy."""
    edges: dict[str, set[tuple[str, bool]]] = defaultdict(set)
    for step in steps:
        copy = _copy(step)
        if copy is None:
            return None
        source, target, turned = copy
        edges[source].add((target, turned))
    if len(edges) > _COPIES_WORTH_JOINING:
        return None
    about_classes = steps[0].head[1] == TYPE
    return [
        _to_copy(source, target, steps[0].rule, turned=turned, about_classes=about_classes)
        for source in edges
        for target, turned in _reached(source, edges)
        if (target, turned) != (source, False)
    ]


def _reached(source: str, edges: Mapping[str, set[tuple[str, bool]]]) -> list[tuple[str, bool]]:
    seen: dict[tuple[str, bool], None] = {}
    waiting = [(source, False)]
    while waiting:
        at, turned = waiting.pop()
        for target, turns in sorted(edges.get(at, ())):
            step = (target, turned != turns)
            if step not in seen:
                seen[step] = None
                waiting.append(step)
    return list(seen)


def _copy(step: Clause) -> tuple[str, str, bool] | None:
    """From what to what a step copies facts, and whether it turns them round."""
    if len(step.body) != 1:
        return None
    (s, p, o), (hs, hp, ho) = step.body[0], step.head
    if p == TYPE and hp == TYPE and s == hs and is_variable(s) and not is_variable(o) and not is_variable(ho):
        return o, ho, False
    if TYPE in (p, hp) or s == o or not (is_variable(s) and is_variable(o)) or {s, o} != {hs, ho}:
        return None
    return p, hp, s != hs


def _to_copy(source: str, target: str, rule: str, *, turned: bool, about_classes: bool) -> Clause:
    if about_classes:
        return Clause((("?x", TYPE, source),), ("?x", TYPE, target), rule=rule)
    head = ("?y", target, "?x") if turned else ("?x", target, "?y")
    return Clause((("?x", source, "?y"),), head, rule=rule)


def copies_without_loss(step: Clause) -> bool:
    """True when different facts give different facts: one pattern, and all its variables in the head."""
    return len(step.body) == 1 and {v for v in step.body[0] if is_variable(v)} == {
        v for v in step.head if is_variable(v)
    }


def _levels(below: Mapping[Relation, set[Relation]]) -> tuple[dict[Relation, int], dict[Relation, int]]:
    """For each kind that some step gives, its level and its knot (Tarjan's algorithm, without recursion)."""
    index: dict[Relation, int] = {}
    low: dict[Relation, int] = {}
    level: dict[Relation, int] = {}
    knot: dict[Relation, int] = {}
    open_kinds: list[Relation] = []
    for root in below:
        if root in index:
            continue
        path: list[tuple[Relation, Iterator[Relation]]] = []
        _enter(root, below, index, low, open_kinds, path)
        while path:
            kind, children = path[-1]
            for child in children:
                if child not in below:
                    continue
                if child not in index:
                    _enter(child, below, index, low, open_kinds, path)
                    break
                if child not in knot:
                    low[kind] = min(low[kind], index[child])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[kind])
                if low[kind] == index[kind]:
                    members = open_kinds[open_kinds.index(kind) :]
                    del open_kinds[-len(members) :]
                    outside = [level[c] for m in members for c in below[m] if c in level]
                    for member in members:
                        level[member], knot[member] = max(outside, default=-1) + 1, index[kind]
    return level, knot


def _enter(
    kind: Relation,
    below: Mapping[Relation, set[Relation]],
    index: dict[Relation, int],
    low: dict[Relation, int],
    open_kinds: list[Relation],
    path: list[tuple[Relation, Iterator[Relation]]],
) -> None:
    index[kind] = low[kind] = len(index)
    open_kinds.append(kind)
    path.append((kind, iter(sorted(below[kind]))))
