"""The ontology as a Datalog program: its ground rules, and the strata in which they run.

Grounding answers the patterns of a rule that are about the ontology, so that only patterns about facts are left:
`?p rdfs:subPropertyOf ?q . ?x ?p ?y` gives `?x ?q ?y`; grounded, `director(x, y)` gives `contributor(x, y)`. A rule
over a list is expanded, once for each axiom.

Stratification orders the ground rules. A relation is a property, or the membership of one class. A relation depends on
those that its rules read; relations that depend on each other form a component, and components are ordered so that each
runs when everything below it is complete. In most components (a property and its inverse, equivalent classes) every
clause merely copies facts: the transitive closure of these copies is computed beforehand, and runs once. Only the
others, such as a transitive property or a chain through itself, need a loop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kg.reasoning.ontology import Ontology, is_schema
from kg.reasoning.rules import (
    OWL_NOTHING,
    OWL_THING,
    RULES,
    SAME,
    SCHEMA,
    TYPE,
    Binding,
    Chain,
    ForEachMember,
    GroundRule,
    Member,
    OrderedMembers,
    Pattern,
    Rule,
    fill,
    is_variable,
    variables,
)
from kg.terms import Spo
from kg.traversal import reachable, strong_components

# --- grounding

NOT_GROUNDED = frozenset(
    [
        "eq-ref",
        "eq-sym",
        "eq-trans",
        "eq-rep-s",
        "eq-rep-p",
        "eq-rep-o",
        "prp-ap",
        "cls-thing",
        "cls-nothing1",
        "dt-type1",
        "dt-type2",
        "dt-eq",
        "dt-diff",
        "dt-not-type",
    ]
)
"""Rules that are not grounded: equality is a union find, the others are axioms or are about values."""

_GROUNDED = tuple(rule for rule in RULES if rule.table != SCHEMA and rule.name not in NOT_GROUNDED)

# Rules that another rule replaces where their class is owl:Thing: `x rdf:type owl:Thing` is then never looked up.
_REPLACED_FOR_THING = {"cls-svf1", "cls-maxqc1", "cls-maxqc3"}


def ground(ontology: Ontology, rules: Iterable[Rule] = _GROUNDED) -> Iterator[GroundRule]:
    """The ground rules: one for each binding under which the ontology answers a rule's patterns about itself."""
    for rule in rules:
        about_schema = [
            p for p in rule.body if isinstance(p, Member | OrderedMembers) or (isinstance(p, tuple) and is_schema(p))
        ]
        about_facts = [p for p in rule.body if p not in about_schema]
        for binding in ontology.matches(about_schema):
            body = _expand(about_facts, binding, ontology)
            if body is None:
                continue
            head = tuple(fill(pattern, binding) for pattern in rule.head)
            if body == head or (rule.head and not _is_safe(body, head)):
                continue
            axioms = tuple(fill(p, binding) for p in about_schema if isinstance(p, tuple))
            yield GroundRule(rule, axioms, body, head, is_redundant=_is_redundant(rule, axioms, body, ontology))


def _is_redundant(rule: Rule, axioms: tuple[Spo, ...], body: tuple[Spo, ...], ontology: Ontology) -> bool:
    if rule.name in _REPLACED_FOR_THING and any(o == OWL_THING for _, p, o in body if p == TYPE):
        return True
    if not rule.forbids and any(p == TYPE and o == OWL_NOTHING for _, p, o in body):
        return True
    return any(ontology.is_redundant(axiom) for axiom in axioms)


def _is_safe(body: tuple[Spo, ...], head: tuple[Spo, ...]) -> bool:
    """True when every variable of the head is bound by the body; a list without members leaves them unbound."""
    return set(variables(head)) <= set(variables(body))


def _expand(patterns: list[Pattern], binding: Binding, ontology: Ontology) -> tuple[Spo, ...] | None:
    """The patterns as triple patterns, with lists expanded; None for a list that is ill-formed or has no members."""
    body: list[Spo] = []
    outside = {v for p in patterns if isinstance(p, tuple) for v in variables((p,))}
    for pattern in patterns:
        match pattern:
            case ForEachMember(element, head, inner):
                members = ontology.members(binding[head])
                if not members:
                    return None
                local = set(variables(inner)) - outside - {element}
                # With no other pattern to bind it, a variable is the same for each member (cls-int1); with one,
                # a variable that only occurs here is each member's own (prp-key).
                own = local if outside else set()
                for number, member in enumerate(members):
                    names = {element: member, **{v: f"{v}{number}" for v in own}}
                    body += [fill(fill(p, names), binding) for p in inner]
            case Chain(head, start, end):
                members = ontology.members(binding[head])
                if not members:
                    return None
                nodes = [start, *(f"?u{i}" for i in range(1, len(members))), end]
                body += [(nodes[i], p, nodes[i + 1]) for i, p in enumerate(members)]
            case tuple():
                body.append(fill(pattern, binding))
            case _:
                raise TypeError(f"{pattern} is about the ontology")
    return tuple(dict.fromkeys(body))


def is_equality(rule: GroundRule) -> bool:
    """True for a rule that concludes that two terms name one entity."""
    return any(p == SAME for _, p, _ in rule.head)


_GROUPING = frozenset(["prp-fp", "prp-ifp", "prp-key", "cls-maxc2", "cls-maxqc3", "cls-maxqc4"])


def is_grouping(rule: GroundRule) -> bool:
    """True for a rule that makes all terms of a group equal: its body has the same patterns for both terms."""
    return rule.rule.name in _GROUPING


_COMPARING = frozenset(["eq-diff1", "eq-diff2", "eq-diff3"])


def is_comparing(rule: GroundRule) -> bool:
    """True for a rule that forbids two terms to be equal: owl:sameAs in its body compares them, and reads no facts."""
    return rule.rule.name in _COMPARING


def where_equal(rule: GroundRule) -> tuple[Spo, ...] | None:
    """The body of a comparing rule where equal terms have one name, without owl:sameAs; None where it cannot match."""
    left, _, right = next(pattern for pattern in rule.body if pattern[1] == SAME)
    if left != right and not is_variable(right):
        return None
    return tuple(fill(pattern, {right: left}) for pattern in rule.body if pattern[1] != SAME)


# --- strata

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
    """The level and the component of each relation."""
    level: dict[Relation, int] = {}
    component: dict[Relation, int] = {}
    below = {relation: sorted(others & depends_on.keys()) for relation, others in depends_on.items()}
    for number, members in enumerate(strong_components(below, below.__getitem__)):
        outside = [level[other] for member in members for other in below[member] if other in level]
        for member in members:
            component[member] = number
        level |= dict.fromkeys(members, max(outside, default=-1) + 1)
    return level, component
