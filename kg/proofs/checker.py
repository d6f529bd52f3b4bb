"""A proof walks in, with what was said and the axioms; everything that is wrong with it walks out.

This is the small part that must be right for a proof to be worth something, so it stands alone: it shares the table of
rules with the reasoner and nothing else - no grounding, no SQL, no search. Each step is checked on its own: some
choice of terms for the variables of the rule makes its patterns the premises, all of them, and its conclusion the
triple.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from kg.reasoning.rules import BY_NAME, FIRST, NIL, REST, TYPE, Chain, Each, Member, Pair, Pattern, Rule
from kg.terms import Spo

Binding = dict[str, str]
Spot = tuple[str, int | str | None, int | str | None]
"""Where a fact was said: source, and start and end of the passage (or the record)."""

OwnRule = Callable[[Sequence[Spo], Spo], bool]
"""A rule from outside the table: whether premises give a conclusion."""

_NUMBER = re.compile(r'"\s*\+?0*(\d+)\s*"\^\^<http://www\.w3\.org/2001/XMLSchema#\w+>')


def faults(
    proof: Mapping[str, Any],
    *,
    facts: Mapping[Spo, Collection[Spot]],
    axioms: Collection[Spo],
    own: Mapping[str, OwnRule] | None = None,
) -> list[str]:
    """What is wrong with a proof in the form of `kg.proofs.proof.to_json`; nothing for a right one.

    `facts` are the triples that were said, each with the spots that say it; `axioms` the triples of the ontology.
    Both are to be read from the source files, not from the graph that the proof is about. `own` are rules that no
    table has.
    """
    return list(_Check(facts, axioms, own if own is not None else {}).faults(proof))


class _Check:
    def __init__(
        self, facts: Mapping[Spo, Collection[Spot]], axioms: Collection[Spo], own: Mapping[str, OwnRule]
    ) -> None:
        self.facts, self.axioms, self.own = facts, axioms, own
        self.first: dict[str, list[str]] = {}
        self.rest: dict[str, list[str]] = {}
        for s, p, o in [*axioms, *facts]:
            if p in (FIRST, REST):
                (self.first if p == FIRST else self.rest).setdefault(s, []).append(o)

    def faults(self, proof: Mapping[str, Any]) -> Iterator[str]:
        steps = proof.get("steps")
        if not isinstance(steps, list) or not steps:
            yield "There are no steps."
            return
        if list(steps[-1].get("triple", ())) != list(proof.get("conclusion", ())):
            yield "The last step is not the conclusion."
        for number, step in enumerate(steps):
            fault = self._fault(steps, number, step)
            if fault:
                yield f"Step {number}: {fault}"

    def _fault(self, steps: Sequence[Mapping[str, Any]], number: int, step: Mapping[str, Any]) -> str:
        triple = _triple(step.get("triple"))
        if triple is None:
            return "that is no triple."
        if "said" in step:
            return self._fault_of_saying(triple, step)
        named = str(step.get("rule"))
        rule = BY_NAME.get(named)
        if rule is None and named not in self.own:
            return f"there is no rule {step.get('rule')!r}."
        chosen = step.get("premises", ())
        if not all(isinstance(premise, int) and 0 <= premise < number for premise in chosen):
            return "a premise does not come before it."
        premises = [_triple(steps[premise].get("triple")) for premise in chosen]
        if None in premises:
            return "a premise is no triple."
        given = [premise for premise in premises if premise is not None]
        if not (self._follows(rule, given, triple) if rule is not None else self.own[named](given, triple)):
            return f"it does not follow by {named} from its premises."
        return ""

    def _fault_of_saying(self, triple: Spo, step: Mapping[str, Any]) -> str:
        if step["said"] == "axiom":
            return "" if triple in self.axioms else "the ontology does not say so."
        if step["said"] != "fact":
            return f"nothing is said as {step['said']!r}."
        if triple not in self.facts:
            return "no source says so."
        spots = {tuple(spot) for spot in step.get("spots", ())}
        unknown = spots - {tuple(spot) for spot in self.facts[triple]}
        return f"it is not said at {sorted(unknown, key=str)[0]}." if unknown else ""

    def _follows(self, rule: Rule, premises: list[Spo], conclusion: Spo) -> bool:
        if rule.name == "dt-eq":
            return len(premises) == 1 and _same_number(premises[0], conclusion)
        if rule.name == "dt-type2":
            return not premises and conclusion[1] == TYPE and _is_of(conclusion[0], conclusion[2])
        if rule.name == "eq-ref":
            return conclusion[0] == conclusion[2] and conclusion[1] == rule.head[0][1]
        for head in rule.head:
            binding = _unify(head, conclusion, {})
            if binding is not None and any(
                self._matches(body, premises, found) for body, found in self._bodies(rule, premises, binding)
            ):
                return True
        return False

    def _bodies(self, rule: Rule, premises: list[Spo], binding: Binding) -> Iterator[tuple[list[Spo], Binding]]:
        """The body as plain patterns: what it says of lists is answered from the lists that were said."""
        plain = [part for part in rule.body if isinstance(part, tuple)]
        listed = [part for part in rule.body if not isinstance(part, tuple)]
        if not listed:
            yield plain, binding
            return
        about_list = next(part for part in plain if part[2] == listed[0].head)
        for premise in premises:
            found = _unify(about_list, premise, binding)
            if found is None:
                continue
            members = self._members(found[listed[0].head])
            for body, extended in self._written_out(listed[0], members, plain, found):
                yield [*plain, *body], extended

    def _written_out(
        self, listed: Pattern, members: list[str], plain: list[Spo], binding: Binding
    ) -> Iterator[tuple[list[Spo], Binding]]:
        match listed:
            case Member(element, _):
                for member in members:
                    yield from _with(binding, {element: member})
            case Pair(first, second, _):
                for i, one in enumerate(members):
                    for other in members[i + 1 :]:
                        yield from _with(binding, {first: one, second: other})
            case Chain(_, start, end) if members:
                steps = [start, *(f"?step{i}" for i in range(1, len(members))), end]
                yield [(steps[i], p, steps[i + 1]) for i, p in enumerate(members)], binding
            case Each(element, _, patterns) if members:
                shared = {t for part in plain for t in part} | set(binding)
                body = []
                for i, member in enumerate(members):
                    for pattern in patterns:
                        own = [t if t in shared or not t.startswith("?") else f"{t}{i}" for t in pattern]
                        body.append(tuple(member if t == element else o for t, o in zip(pattern, own, strict=True)))
                yield [(s, p, o) for s, p, o in body], binding

    def _members(self, head: str) -> list[str]:
        members: list[str] = []
        seen: set[str] = set()
        while head != NIL:
            first, rest = self.first.get(head, []), self.rest.get(head, [])
            if head in seen or len(first) != 1 or len(rest) != 1:
                return []
            seen.add(head)
            members.append(first[0])
            head = rest[0]
        return members

    def _matches(self, body: list[Spo], premises: list[Spo], binding: Binding) -> bool:
        """True when the patterns can be made the premises, leaving out neither a pattern nor a premise."""
        return self._match(body, premises, binding, frozenset())

    def _match(self, body: list[Spo], premises: list[Spo], binding: Binding, used: frozenset[int]) -> bool:
        if not body:
            return len(used) == len(premises)
        for number, premise in enumerate(premises):
            extended = _unify(body[0], premise, binding)
            if extended is not None and self._match(body[1:], premises, extended, used | {number}):
                return True
        return False


def _with(binding: Binding, more: Binding) -> Iterator[tuple[list[Spo], Binding]]:
    if all(binding.get(variable, term) == term for variable, term in more.items()):
        yield [], {**binding, **more}


def _unify(pattern: Spo, triple: Spo, binding: Binding) -> Binding | None:
    extended = dict(binding)
    for part, term in zip(pattern, triple, strict=True):
        if (extended.setdefault(part, term) if part.startswith("?") else part) != term:
            return None
    return extended


def _triple(value: object) -> Spo | None:
    if isinstance(value, list | tuple) and len(value) == 3 and all(isinstance(term, str) for term in value):
        return (value[0], value[1], value[2])
    return None


def _same_number(one: Spo, other: Spo) -> bool:
    first, second = _NUMBER.fullmatch(one[2]), _NUMBER.fullmatch(other[2])
    return one[:2] == other[:2] and first is not None and second is not None and first[1] == second[1]


def _is_of(literal: str, datatype: str) -> bool:
    """True when a literal is written with the datatype; a string has none to write."""
    return literal.endswith(f"^^{datatype}") or (literal.endswith('"') and datatype.endswith("#string>"))
