"""The independent proof checker: a proof document and the source files in, every error in the proof out.

This is the part that must be right for a proof to be worth anything. It shares the table of rules with the reasoner and
nothing else: no grounding, no SQL, no search. Each step is checked by itself: some binding of the rule's variables must
make its patterns the premises, all of them, and its conclusion the triple.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kg.decisions.links import linked_names
from kg.facts.dates import to_date_range
from kg.facts.fact_table import ProjectFacts
from kg.facts.readers import read_facts
from kg.graph.triple_tables import TripleTables
from kg.project import Project
from kg.proofs.proof import SourceSpan, span_of
from kg.reasoning.rules import (
    BY_NAME,
    FIRST,
    NIL,
    REST,
    TYPE,
    Chain,
    ForEachMember,
    Member,
    OrderedMembers,
    Pattern,
    Rule,
)
from kg.schema import read_ontology, to_schema
from kg.terms import Spo, entity_iri, to_spo
from kg.traversal import list_members

Binding = dict[str, str]
OwnRule = Callable[[Sequence[Spo], Spo], bool]
"""A rule that is not in the table: whether premises give a conclusion."""

_NUMBER = re.compile(r'"\s*\+?0*(\d+)\s*"\^\^<http://www\.w3\.org/2001/XMLSchema#\w+>')
_DATE_PROPERTIES = frozenset(str(entity_iri(name)) for name in ("date", "start", "end"))


class ProofChecker:
    """Checks proofs against the source files of a project: `data/` and `ontology/`, never the graph."""

    def __init__(self, project: Project) -> None:
        ontology = read_ontology(project.ontology)
        facts: dict[Spo, set[SourceSpan]] = defaultdict(set)
        linked = linked_names(project.data)
        for fact in read_facts(project.data, to_schema(ontology), ProjectFacts(TripleTables()), linked=linked).facts:
            facts[to_spo(fact.triple)].add(span_of(fact.evidence))
        self._checker = _Checker(facts, frozenset(map(to_spo, ontology)), {"days": _are_days})

    def errors(self, document: Mapping[str, Any]) -> list[str]:
        """What is wrong with a proof document; empty for a correct one."""
        return list(self._checker.errors(document))


def proof_errors(
    document: Mapping[str, Any],
    *,
    facts: Mapping[Spo, Collection[SourceSpan]],
    axioms: Collection[Spo],
    own_rules: Mapping[str, OwnRule] | None = None,
) -> list[str]:
    """What is wrong with a proof in the form of `kg.proofs.proof.proof_document`; empty for a correct one.

    `facts` are the asserted triples, each with the spans that state it; `axioms` are the triples of the ontology. Both
    have to come from the source files, not from the graph that the proof is about.
    """
    return list(_Checker(facts, axioms, own_rules if own_rules is not None else {}).errors(document))


def _are_days(premises: Iterable[Spo], conclusion: Spo) -> bool:
    """True when the day is the first, or the last, that one of the dates of the entity can mean."""
    entity, property, day = conclusion
    side = 0 if property == str(entity_iri("earliest")) else 1
    dates = [o.split('"')[1] for s, p, o in premises if s == entity and p in _DATE_PROPERTIES and o.startswith('"')]
    return day in [str(to_date_range(date).literals[side]) for date in dates]


class _Checker:
    """Checks proofs against given facts, axioms and rules."""

    def __init__(
        self,
        facts: Mapping[Spo, Collection[SourceSpan]],
        axioms: Collection[Spo],
        own_rules: Mapping[str, OwnRule],
    ) -> None:
        self.facts, self.axioms, self.own_rules = facts, axioms, own_rules
        self.first: dict[str, list[str]] = defaultdict(list)
        self.rest: dict[str, list[str]] = defaultdict(list)
        for s, p, o in [*axioms, *facts]:
            if p in (FIRST, REST):
                (self.first if p == FIRST else self.rest)[s].append(o)

    def errors(self, document: Mapping[str, Any]) -> Iterator[str]:
        steps = document.get("steps")
        if not isinstance(steps, list) or not steps:
            yield "The proof has no steps."
            return
        if list(steps[-1].get("triple", ())) != list(document.get("conclusion", ())):
            yield "The last step is not the conclusion."
        for number, step in enumerate(steps):
            error = self._error(steps, number, step)
            if error:
                yield f"Step {number}: {error}"

    def _error(self, steps: Sequence[Mapping[str, Any]], number: int, step: Mapping[str, Any]) -> str:
        triple = _parse_spo(step.get("triple"))
        if triple is None:
            return "this is not a triple."
        if kind := step.get("kind", step.get("said")):
            return self._error_of_leaf(triple, kind, step.get("spans", step.get("spots", ())))
        name = str(step.get("rule"))
        rule = BY_NAME.get(name)
        if rule is None and name not in self.own_rules:
            return f"there is no rule {step.get('rule')!r}."
        numbers = step.get("premises", ())
        if not all(isinstance(premise, int) and 0 <= premise < number for premise in numbers):
            return "a premise does not come before it."
        premises = [spo for premise in numbers if (spo := _parse_spo(steps[premise].get("triple"))) is not None]
        if len(premises) < len(numbers):
            return "a premise is not a triple."
        if not (self._follows(rule, premises, triple) if rule is not None else self.own_rules[name](premises, triple)):
            return f"it does not follow by {name} from its premises."
        return ""

    def _error_of_leaf(self, triple: Spo, kind: object, spans: Iterable[Iterable[object]]) -> str:
        """Documents of earlier versions have the keys `said` and `spots` instead of `kind` and `spans`."""
        if kind == "axiom":
            return "" if triple in self.axioms else "the ontology does not have this axiom."
        if kind != "fact":
            return f"{kind!r} is neither a fact nor an axiom."
        if triple not in self.facts:
            return "no source states this fact."
        unknown = {tuple(span) for span in spans} - {tuple(span) for span in self.facts[triple]}
        return f"the fact is not stated at {sorted(unknown, key=str)[0]}." if unknown else ""

    def _follows(self, rule: Rule, premises: list[Spo], conclusion: Spo) -> bool:
        if rule.name == "dt-eq":
            return len(premises) == 1 and _is_same_number(premises[0], conclusion)
        if rule.name == "dt-type2":
            return not premises and conclusion[1] == TYPE and _has_datatype(conclusion[0], conclusion[2])
        if rule.name == "eq-ref":
            return conclusion[0] == conclusion[2] and conclusion[1] == rule.head[0][1]
        for head in rule.head:
            binding = _unify(head, conclusion, {})
            if binding is not None and any(
                _matches(body, premises, extended, frozenset())
                for body, extended in self._bodies(rule, premises, binding)
            ):
                return True
        return False

    def _bodies(self, rule: Rule, premises: list[Spo], binding: Binding) -> Iterator[tuple[list[Spo], Binding]]:
        """The body as triple patterns: its patterns over lists are answered from the lists of the source files."""
        triples = [part for part in rule.body if isinstance(part, tuple)]
        over_list = [part for part in rule.body if not isinstance(part, tuple)]
        if not over_list:
            yield triples, binding
            return
        list_pattern = next(part for part in triples if part[2] == over_list[0].head)
        for premise in premises:
            match = _unify(list_pattern, premise, binding)
            if match is None:
                continue
            members = self._members(match[over_list[0].head])
            for body, extended in _expand(over_list[0], members, triples, match):
                yield [*triples, *body], extended

    def _members(self, head: str) -> tuple[str, ...]:
        return list_members(head, self._cell, nil=NIL) or ()

    def _cell(self, node: str) -> tuple[str, str] | None:
        first, rest = self.first.get(node, []), self.rest.get(node, [])
        return (first[0], rest[0]) if len(first) == len(rest) == 1 else None


def _expand(
    pattern: Pattern, members: Sequence[str], triples: list[Spo], binding: Binding
) -> Iterator[tuple[list[Spo], Binding]]:
    """A pattern over a list as triple patterns, with the bindings under which they hold."""
    match pattern:
        case Member(element, _):
            for member in members:
                yield from _bound(binding, {element: member})
        case OrderedMembers(first, second, _):
            for i, member in enumerate(members):
                for other in members[i + 1 :]:
                    yield from _bound(binding, {first: member, second: other})
        case Chain(_, start, end) if members:
            nodes = [start, *(f"?step{i}" for i in range(1, len(members))), end]
            yield [(nodes[i], p, nodes[i + 1]) for i, p in enumerate(members)], binding
        case ForEachMember(element, _, patterns) if members:
            shared = {t for part in triples for t in part} | set(binding)
            body = []
            for i, member in enumerate(members):
                for inner in patterns:
                    own = [t if t in shared or not t.startswith("?") else f"{t}{i}" for t in inner]
                    body.append(tuple(member if t == element else o for t, o in zip(inner, own, strict=True)))
            yield [(s, p, o) for s, p, o in body], binding


def _bound(binding: Binding, more: Binding) -> Iterator[tuple[list[Spo], Binding]]:
    if all(binding.get(variable, term) == term for variable, term in more.items()):
        yield [], {**binding, **more}


def _matches(body: list[Spo], premises: list[Spo], binding: Binding, used: frozenset[int]) -> bool:
    """True when the patterns can be made the premises, leaving out neither a pattern nor a premise."""
    if not body:
        return len(used) == len(premises)
    for number, premise in enumerate(premises):
        extended = _unify(body[0], premise, binding)
        if extended is not None and _matches(body[1:], premises, extended, used | {number}):
            return True
    return False


def _unify(pattern: Spo, triple: Spo, binding: Binding) -> Binding | None:
    """The binding extended so that the pattern is the triple, or None; on purpose independent of the reasoner's."""
    extended = dict(binding)
    for part, term in zip(pattern, triple, strict=True):
        if (extended.setdefault(part, term) if part.startswith("?") else part) != term:
            return None
    return extended


def _parse_spo(value: object) -> Spo | None:
    if isinstance(value, list | tuple) and len(value) == 3 and all(isinstance(term, str) for term in value):
        return (value[0], value[1], value[2])
    return None


def _is_same_number(triple: Spo, other: Spo) -> bool:
    first, second = _NUMBER.fullmatch(triple[2]), _NUMBER.fullmatch(other[2])
    return triple[:2] == other[:2] and first is not None and second is not None and first[1] == second[1]


def _has_datatype(literal: str, datatype: str) -> bool:
    """True when a literal is written with the datatype; a plain string is written without."""
    return literal.endswith(f"^^{datatype}") or (literal.endswith('"') and datatype.endswith("#string>"))
