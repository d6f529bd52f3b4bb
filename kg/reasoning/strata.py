"""Stratification: the order in which ground rules run, in the terms of Datalog.

A relation is a property, or the membership of one class. A relation depends on those that its rules read; relations
that depend on each other form a component, and components are ordered so that each runs when everything below it is
complete. In most components (a property and its inverse, equivalent classes) every clause merely copies facts: the
transitive closure of these copies is computed beforehand, and runs once. Only the others, such as a transitive property
or a chain through itself, need a loop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kg.reasoning.rules import TYPE, is_variable
from kg.terms import Spo
from kg.traversal import reachable

Relation = tuple[str, str]
"""A property and "", or rdf:type and a class; rdf:type and "" where the class is not known beforehand."""

_MAX_CLOSED_COPIES = 40  # beyond so many relations in a component, a loop is quicker than the closure of its copies


@dataclass(frozen=True, slots=True)
class Clause:
    """A ground rule with one head: facts that match `body` give the fact `head`, by the OWL rule named `rule`.

    With `entities_only`, only where the subject of the head is not a literal.
    """

    body: tuple[Spo, ...]
    head: Spo
    entities_only: bool = False
    rule: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Stratum:
    """Clauses that run together: `base` from relations below, then `copies` once, then `recursive` to a fixpoint."""

    base: tuple[Clause, ...]
    copies: tuple[Clause, ...]
    recursive: tuple[Clause, ...]


class Relations:
    """The relation of a pattern; classes are not distinguished when some clause leaves the class open."""

    def __init__(self, clauses: Iterable[Clause]) -> None:
        self.by_class = not any(
            p == TYPE and is_variable(o) for clause in clauses for _, p, o in (*clause.body, clause.head)
        )

    def of(self, pattern: Spo) -> Relation:
        """The relation of the facts that the pattern matches."""
        return (TYPE, pattern[2] if self.by_class else "") if pattern[1] == TYPE else (pattern[1], "")


def stratify(clauses: Sequence[Clause], relations: Relations) -> Iterator[Stratum]:
    """The clauses as strata, each of which depends only on itself and on those before it."""
    depends_on: dict[Relation, set[Relation]] = defaultdict(set)
    for clause in clauses:
        depends_on[relations.of(clause.head)].update(relations.of(pattern) for pattern in clause.body)
    level, component = _levels(depends_on)
    by_level: dict[int, list[Clause]] = defaultdict(list)
    for clause in clauses:
        by_level[level[relations.of(clause.head)]].append(clause)
    for number in sorted(by_level):
        yield _to_stratum(by_level[number], relations, component)


def is_injective(clause: Clause) -> bool:
    """True when different facts give different facts: one pattern, and all its variables in the head."""
    return len(clause.body) == 1 and {v for v in clause.body[0] if is_variable(v)} == {
        v for v in clause.head if is_variable(v)
    }


def _to_stratum(clauses: Sequence[Clause], relations: Relations, component: Mapping[Relation, int]) -> Stratum:
    base: list[Clause] = []
    within: dict[int, list[Clause]] = defaultdict(list)
    for clause in clauses:
        own = component[relations.of(clause.head)]
        if any(component.get(relations.of(pattern)) == own for pattern in clause.body):
            within[own].append(clause)
        else:
            base.append(clause)
    copies: list[Clause] = []
    recursive: list[Clause] = []
    for members in within.values():
        closed = _closed_copies(members)
        if closed is None:
            recursive += members
        else:
            copies += closed
    return Stratum(tuple(base), tuple(copies), tuple(recursive))


# --- copies

_Target = tuple[str, bool]
"""A property or class that facts are copied to, and whether subject and object are swapped."""


def _closed_copies(clauses: Sequence[Clause]) -> list[Clause] | None:
    """The transitive closure of clauses that copy facts; None when some clause does more than copy."""
    edges: dict[str, set[_Target]] = defaultdict(set)
    for clause in clauses:
        copy = _to_copy(clause)
        if copy is None:
            return None
        source, target = copy
        edges[source].add(target)
    if len(edges) > _MAX_CLOSED_COPIES:
        return None
    is_class = clauses[0].head[1] == TYPE
    return [
        _copy_clause(source, target, clauses[0].rule, is_class=is_class)
        for source in edges
        for target in _targets(source, edges)
        if target != (source, False)
    ]


def _targets(source: str, edges: Mapping[str, set[_Target]]) -> tuple[_Target, ...]:
    """Everything that facts of the source are copied to, in one or more steps."""

    def copied_from(at: _Target) -> list[_Target]:
        return [(target, swaps != at[1]) for target, swaps in sorted(edges.get(at[0], ()))]

    return reachable(copied_from((source, False)), copied_from)


def _to_copy(clause: Clause) -> tuple[str, _Target] | None:
    """From what to what a clause copies facts; None when it does more than copy."""
    if len(clause.body) != 1:
        return None
    (s, p, o), (hs, hp, ho) = clause.body[0], clause.head
    if p == TYPE and hp == TYPE and s == hs and is_variable(s) and not is_variable(o) and not is_variable(ho):
        return o, (ho, False)
    if TYPE in (p, hp) or s == o or not (is_variable(s) and is_variable(o)) or {s, o} != {hs, ho}:
        return None
    return p, (hp, s != hs)


def _copy_clause(source: str, target: _Target, rule: str, *, is_class: bool) -> Clause:
    name, swaps = target
    if is_class:
        return Clause((("?x", TYPE, source),), ("?x", TYPE, name), rule=rule)
    head = ("?y", name, "?x") if swaps else ("?x", name, "?y")
    return Clause((("?x", source, "?y"),), head, rule=rule)


# --- components


def _levels(depends_on: Mapping[Relation, set[Relation]]) -> tuple[dict[Relation, int], dict[Relation, int]]:
    """The level and the component of each relation (Tarjan's algorithm for strong components, without recursion)."""
    index: dict[Relation, int] = {}
    low: dict[Relation, int] = {}
    level: dict[Relation, int] = {}
    component: dict[Relation, int] = {}
    stack: list[Relation] = []
    path: list[tuple[Relation, Iterator[Relation]]] = []

    def enter(relation: Relation) -> None:
        index[relation] = low[relation] = len(index)
        stack.append(relation)
        path.append((relation, iter(sorted(depends_on[relation]))))

    for root in depends_on:
        if root in index:
            continue
        enter(root)
        while path:
            relation, below = path[-1]
            for other in below:
                if other not in depends_on:
                    continue
                if other not in index:
                    enter(other)
                    break
                if other not in component:
                    low[relation] = min(low[relation], index[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[relation])
                if low[relation] == index[relation]:
                    members = stack[stack.index(relation) :]
                    del stack[-len(members) :]
                    outside = [level[r] for m in members for r in depends_on[m] if r in level]
                    for member in members:
                        level[member], component[member] = max(outside, default=-1) + 1, index[relation]
    return level, component
