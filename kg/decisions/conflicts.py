"""Facts that cannot all be true walk in; one preferred value, the others contested, and the reason walk out.

It happens before any reasoning: a reasoner that is given two dates for one film may conclude nonsense about another.
First the policy's order of sources, then explicit rank, then the later as-of date; when these do not tell, nobody is
preferred.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

from pyoxigraph import BlankNode, Literal, NamedNode

from kg import vocabulary as vocab
from kg.decisions.policy import Policy
from kg.facts.dates import DateRange, to_date_range
from kg.facts.model import Fact, Rank
from kg.schema import Schema
from kg.terms import LABEL, TYPE, Term, to_short, to_text

Subject = NamedNode | BlankNode
AMOUNT, AS_OF = vocab.amount, vocab.asOf
_RANKS = {Rank.PREFERRED: 0, Rank.NORMAL: 1, Rank.DEPRECATED: 2}


class DecisionKind(StrEnum):
    """Why a fact is not knowledge."""

    CONFLICT = "conflict"
    TIE = "tie"
    DEPRECATED = "deprecated"
    SUPERSEDED = "superseded"
    COARSER = "coarser"


@dataclass(frozen=True, slots=True)
class ContestedFact:
    """A fact that is kept, but is not knowledge, and why."""

    fact: Fact
    kind: DecisionKind
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Facts that cannot all hold: the value preferred (None on a tie), the facts for it, and those against it."""

    subject: Subject
    property: NamedNode
    kind: DecisionKind
    value: Term | None
    preferred: tuple[Fact, ...]
    others: tuple[Fact, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """What is knowledge, what is contested, and each decision taken."""

    facts: tuple[Fact, ...]
    contested: tuple[ContestedFact, ...]
    decisions: tuple[Decision, ...]


def resolve_conflicts(
    facts: Iterable[Fact],
    *,
    single_valued: Mapping[NamedNode, frozenset[NamedNode] | None],
    schema: Schema,
    policy: Policy,
) -> Resolution:
    """Sort facts into knowledge and contested.

    `single` names the properties that a thing may have once: for things of these classes, or for all where it is None.
    """
    facts = tuple(facts)
    aside: dict[int, ContestedFact] = {}
    for number, fact in enumerate(facts):
        if fact.rank is Rank.DEPRECATED:
            aside[number] = ContestedFact(fact, DecisionKind.DEPRECATED, fact.because or "its own source is wrong here")
    standing = [fact for number, fact in enumerate(facts) if number not in aside] if aside else facts
    decider = _Decider(standing, single_valued, schema, policy)
    decisions = tuple(decider.decisions())
    for number, decision in _lost(facts, decisions):
        if number not in aside:
            aside[number] = ContestedFact(facts[number], decision.kind, decision.reason)
    kept = tuple(fact for number, fact in enumerate(facts) if number not in aside) if aside else facts
    return Resolution(kept, tuple(aside.values()), decisions)


def _lost(facts: tuple[Fact, ...], decisions: Iterable[Decision]) -> Iterator[tuple[int, Decision]]:
    """The facts that decisions went against, and those about nodes that went with them."""
    losing = {other: decision for decision in decisions for other in decision.others}
    lost_nodes = {fact.value: decision for fact, decision in losing.items() if _is_node_of(fact)}
    # A fact is compared whole only where one about the same thing has lost: nearly all facts are about other things.
    subjects = {fact.subject for fact in losing}
    within = {
        node.value: (place, decision)
        for place, (node, decision) in enumerate(lost_nodes.items())
        if isinstance(node, NamedNode)
    }
    for number, fact in enumerate(facts):
        decision = losing.get(fact) if fact.subject in subjects else None
        if decision is None and lost_nodes:
            decision = lost_nodes.get(fact.subject) or within.get(_lost_owner(fact.subject.value, within), (0, None))[1]
        if decision is not None:
            yield number, decision


@dataclass
class _Decider:
    facts: Sequence[Fact]
    single: Mapping[NamedNode, frozenset[NamedNode] | None]
    schema: Schema
    policy: Policy
    _known_apart: dict[tuple[NamedNode, NamedNode], bool] = field(default_factory=dict)

    def decisions(self) -> Iterator[Decision]:
        """Every group of facts that cannot all hold, decided; in the order of subject and property."""
        groups = self._several(self.single)
        kinds = self._kinds({subject for subject, _ in groups})
        for (subject, property), group in sorted(groups.items(), key=lambda one: (str(one[0][0]), str(one[0][1]))):
            classes = self.single[property]
            if classes is None or classes & kinds.get(subject, frozenset()):
                yield self._decide(subject, property, group)
        yield from (kinds_decided := tuple(self._classes()))
        yield from self._uses(kinds_decided)
        yield from self._figures()

    def _several(self, properties: Container[NamedNode]) -> dict[tuple[Subject, NamedNode], list[Fact]]:
        """The facts of each thing that has several values of one of these properties: nearly all have one."""
        first: dict[tuple[Subject, NamedNode], Term] = {}
        several: dict[tuple[Subject, NamedNode], list[Fact]] = {}
        for fact in self.facts:
            if fact.property in properties:
                key = (fact.subject, fact.property)
                if first.setdefault(key, fact.value) != fact.value:
                    several[key] = []
        if several:
            for fact in self.facts:
                if (group := several.get((fact.subject, fact.property))) is not None:
                    group.append(fact)
        return several

    def _decide(self, subject: Subject, property: NamedNode, group: list[Fact]) -> Decision:
        days = {fact.as_of for fact in group}
        if "" not in days and len(days) == len({(fact.as_of, fact.value) for fact in group}):
            latest = max(days)
            return _decision(
                subject,
                property,
                DecisionKind.SUPERSEDED,
                group,
                [next(f.value for f in group if f.as_of == latest)],
                f"the value of {latest} holds later",
            )
        if property in self.schema.date_properties and (precise := _most_precise(group)) is not None:
            return _decision(
                subject,
                property,
                DecisionKind.COARSER,
                group,
                [precise],
                f"{to_short(precise)} says the same more precisely",
            )
        return self._choose(subject, property, group)

    def _choose(
        self, subject: Subject, property: NamedNode, group: list[Fact], amounts: Mapping[Term, str] | None = None
    ) -> Decision:
        """Policy, then rank, then a source's own words before our wording, then as-of date.

        A name that we made, for want of one, gives way to any that a source says, whatever the policy: nobody said it.
        Figures stand for their `amounts`, so that those which agree stand together.
        """
        meant = {fact.value: (amounts or {}).get(fact.value) or to_text(fact.value) for fact in group}
        best: dict[str, tuple[bool, int, int, bool, str]] = {}
        for fact in group:
            trust = self.policy.trust(fact.evidence.source, property)
            made = fact.paraphrase and property == LABEL
            key = (made, trust, _RANKS[fact.rank], fact.paraphrase, _later(fact.as_of))
            best[meant[fact.value]] = min(best.get(meant[fact.value], key), key)
        (_, top), (_, second), *_ = ranked = sorted(best.items(), key=lambda one: (one[1], one[0]))
        first, runner_up = ([value for value in meant if meant[value] == one] for one, _ in ranked[:2])
        if top == second:
            tied = sorted({fact.evidence.source for fact in group if best[meant[fact.value]] == top})
            reason = (
                f"{' and '.join(tied)} {'are' if len(tied) > 1 else 'is'} trusted alike for both values: nobody decides"
            )
            return _decision(subject, property, DecisionKind.TIE, group, [], reason)
        name = "what it is" if property == TYPE else re.split("[/#]", property.value)[-1]
        winner = _best_source(group, first, self.policy, property)
        if top[1] != second[1] and top[0] == second[0]:
            loser = _best_source(group, runner_up, self.policy, property)
            reason = f"for {name}, {winner} is trusted before {loser}"
        elif top[2] != second[2] and top[0] == second[0]:
            reason = f"{winner}'s value is ranked {Rank.PREFERRED if top[2] == 0 else Rank.NORMAL}"
        elif top[0] != second[0] or top[3] != second[3]:
            reason = f"{winner}'s value is in its own words"
        else:
            reason = f"{winner}'s value is the later one"
        return _decision(subject, property, DecisionKind.CONFLICT, group, first, reason)

    def _classes(self) -> Iterator[Decision]:
        """Classes of one thing that have no members in common."""
        for (subject, _), typed in sorted(self._several((TYPE,)).items(), key=lambda one: str(one[0][0])):
            classes: dict[NamedNode, list[Fact]] = defaultdict(list)
            for fact in typed:
                if isinstance(fact.value, NamedNode):
                    classes[fact.value].append(fact)
            apart = [one for one in classes if any(self._are_apart(one, other) for other in classes)]
            if apart:
                yield self._choose(subject, TYPE, [fact for one in apart for fact in classes[one]])

    def _uses(self, classes: Iterable[Decision]) -> Iterator[Decision]:
        """Facts that lead to a thing as if it were of a class that it cannot be of, now that its class is decided."""
        kinds = {one.subject: one.value for one in classes if isinstance(one.value, NamedNode)}
        for fact in self.facts if kinds else ():
            kind = None if isinstance(fact.value, Literal) else kinds.get(fact.value)
            word = self.schema.properties.get(fact.property)
            if kind is None or word is None:
                continue
            wrong = next((one for one in word.range if self._are_apart(one, kind)), None)
            if wrong is not None:
                reason = f"used as {to_short(wrong)}, but {to_short(fact.value)} is decided to be {to_short(kind)}"
                yield Decision(fact.subject, fact.property, DecisionKind.CONFLICT, None, (), (fact,), reason)

    def _are_apart(self, one: NamedNode, other: NamedNode) -> bool:
        if (known := self._known_apart.get((one, other))) is None:
            known = self._known_apart[one, other] = self.schema.are_disjoint(one, other)
        return known

    def _figures(self) -> Iterator[Decision]:
        """Nodes that are the same figure by the policy's keys, and have different amounts."""
        said = self._said_of_figures()
        for property, keys in sorted(self.policy.figure_keys.items(), key=str):
            figures: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
            for fact in self.facts:
                if fact.property == property and not isinstance(fact.value, Literal) and said[fact.value].get(AMOUNT):
                    figures[to_text(fact.subject), *(_joined(said[fact.value].get(key)) for key in keys)].append(fact)
            for group in figures.values():
                yield from self._figure(property, group, said)

    def _said_of_figures(self) -> dict[Subject, dict[NamedNode, set[Term]]]:
        """What is said of the nodes that properties of figures lead to."""
        said: dict[Subject, dict[NamedNode, set[Term]]] = {
            fact.value: defaultdict(set)
            for fact in self.facts
            if fact.property in self.policy.figure_keys and not isinstance(fact.value, Literal)
        }
        for fact in self.facts if said else ():
            if (about := said.get(fact.subject)) is not None:
                about[fact.property].add(fact.value)
        return said

    def _figure(
        self, property: NamedNode, group: list[Fact], said: Mapping[Subject, Mapping[NamedNode, set[Term]]]
    ) -> Iterator[Decision]:
        days: dict[str, list[Fact]] = defaultdict(list)
        for fact in group:
            node = fact.value
            assert not isinstance(node, Literal)
            days[_joined(said[node].get(AS_OF)) or fact.as_of].append(fact)
        undated = days.pop("", [])
        for one in list(days.values()) or [[]]:
            # A figure of no day may be meant for any day, so it stands against each.
            together = [*one, *undated]
            amounts: dict[Term, str] = {
                fact.value: _joined(said[fact.value].get(AMOUNT))
                for fact in together
                if not isinstance(fact.value, Literal)
            }
            if len(set(amounts.values())) > 1:
                yield self._choose(together[0].subject, property, together, amounts)

    def _kinds(self, things: AbstractSet[Subject]) -> dict[Subject, frozenset[NamedNode]]:
        """The classes of each of these things: as said, and as the ranges of the properties that lead to it."""
        found: dict[Subject, set[NamedNode]] = defaultdict(set)
        for fact in self.facts if things else ():
            if isinstance(fact.value, Literal):
                continue
            if fact.property == TYPE and isinstance(fact.value, NamedNode):
                if fact.subject in things:
                    found[fact.subject] |= self.schema.ancestors(fact.value)
            elif fact.value in things and (word := self.schema.properties.get(fact.property)) is not None:
                for kind in word.range:
                    found[fact.value] |= self.schema.ancestors(kind)
        return {subject: frozenset(kinds) for subject, kinds in found.items()}


def _decision(
    subject: Subject, property: NamedNode, kind: DecisionKind, group: list[Fact], values: list[Term], reason: str
) -> Decision:
    preferred = tuple(fact for fact in group if fact.value in values)
    others = tuple(fact for fact in group if fact.value not in values)
    return Decision(subject, property, kind, min(values, key=to_text, default=None), preferred, others, reason)


def _most_precise(group: list[Fact]) -> Term | None:
    """The date that lies within all the others; None when they do not agree."""
    days = {fact.value: _days(fact.value) for fact in group}
    if not all(days.values()):
        return None
    known = {value: span for value, span in days.items() if span is not None}
    value, inner = min(known.items(), key=lambda one: (one[1].latest - one[1].earliest, to_text(one[0])))
    agree = all(span.earliest <= inner.earliest and inner.latest <= span.latest for span in known.values())
    return value if agree and list(known.values()).count(inner) == 1 else None


def _days(value: Term) -> DateRange | None:
    if not isinstance(value, Literal):
        return None
    try:
        return to_date_range(value.value)
    except ValueError:
        return None


def _best_source(group: list[Fact], values: list[Term], policy: Policy, property: NamedNode) -> str:
    return min(
        (f.evidence.source for f in group if f.value in values),
        key=lambda source: (policy.trust(source, property), source),
    )


def _later(day: str) -> str:
    """A key that sorts later days first, and no day last."""
    return "".join(chr(0x10FFFF - ord(char)) for char in day) if day else chr(0x10FFFF)


def _joined(terms: Iterable[Term] | None) -> str:
    return " ".join(sorted(to_text(term) for term in terms or ()))


def _is_node_of(fact: Fact) -> bool:
    """True for the link from an owner to a node that has no name of its own: the node goes where the link goes."""
    return isinstance(fact.value, NamedNode) and fact.value.value.startswith(
        f"{fact.subject.value}.{fact.property.value.rpartition('/')[2]}."
    )


def _lost_owner(name: str, lost: Mapping[str, tuple[int, Decision]]) -> str:
    """Of the lost nodes within which this one lies, as its name tells, the first that was lost; else nothing."""
    around, dot = [], name.rfind(".")
    while dot > 0:
        if name[:dot] in lost:
            around.append(name[:dot])
        dot = name.rfind(".", 0, dot)
    return min(around, key=lambda one: lost[one][0], default="")
