"""Conflict resolution: of facts that cannot all hold, one value is preferred, and the others are contested.

It happens before any reasoning: a reasoner that is given two dates for one film may conclude nonsense about another.
A value that is doubted loses. Then the policy's order of sources decides, then explicit rank, then the later as-of
date. Where these do not decide, no value is preferred.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode

from kg import vocabulary as film
from kg.decisions.policy import Policy
from kg.facts.dates import DateRange, to_date_range
from kg.facts.model import Fact, Rank
from kg.parts import part_iri
from kg.reports import Finding, Severity
from kg.schema import KIND, Schema
from kg.terms import ALIAS, LABEL, TYPE, Term, to_short, to_text

Subject = NamedNode | BlankNode
_Values = Mapping[NamedNode, Collection[Term]]
"""Property -> values."""
MAIN_PROPERTIES = (film.amount, film.date)
"""What distinguishes a part that is a figure or a release from another."""
_RANKS = {Rank.PREFERRED: 0, Rank.NORMAL: 1, Rank.DOUBTED: 2, Rank.DEPRECATED: 3}


class DecisionKind(StrEnum):
    """Why a fact is contested."""

    CONFLICT = "conflict"
    """Another value is preferred."""
    UNDECIDED = "undecided"
    """No value is preferred: the conflict is unresolved."""
    DEPRECATED = "deprecated"
    """Its source is known to be wrong."""
    SUPERSEDED = "superseded"
    """There is a value of a later day."""
    COARSER = "coarser"
    """There is a more precise date that agrees with it."""
    KEY = "key"
    """It is no name, but a key of a dataset without names, and another source has a name."""


@dataclass(frozen=True, slots=True)
class ContestedFact:
    """A fact that is kept, but is not knowledge, and why."""

    fact: Fact
    kind: DecisionKind
    reason: str

    @property
    def is_undecided(self) -> bool:
        """True when no other value was preferred: it may be true, and is shown with the others."""
        return self.kind is DecisionKind.UNDECIDED


@dataclass(frozen=True, slots=True)
class Decision:
    """A conflict and how it was decided: the preferred value (None: undecided), the facts for it, and the others."""

    subject: Subject
    property: NamedNode
    kind: DecisionKind
    value: Term | None
    preferred: tuple[Fact, ...]
    others: tuple[Fact, ...]
    reason: str
    outranked: frozenset[Fact] = frozenset()
    """Of the others of an undecided conflict, those whose values are less preferred than those that are equal."""

    def contest(self, fact: Fact) -> ContestedFact:
        """A fact that this decision contests, with the reason."""
        if fact in self.outranked:
            return ContestedFact(fact, DecisionKind.CONFLICT, f"{self.reason}; other values are preferred to this one")
        return ContestedFact(fact, self.kind, self.reason)


@dataclass(frozen=True, slots=True)
class Resolution:
    """The facts that are knowledge, the contested ones, and every decision."""

    facts: Collection[Fact]
    contested: tuple[ContestedFact, ...]
    decisions: tuple[Decision, ...]

    def count_disagreements(self) -> int:
        """On how many properties of entities sources disagree, without those of a part that is itself contested."""
        parts = {lost.fact.value for lost in self.contested if is_part_link(lost.fact)}
        kinds = (DecisionKind.CONFLICT, DecisionKind.UNDECIDED)
        disputed = (lost.fact for lost in self.contested if lost.kind in kinds and lost.fact.subject not in parts)
        return len({(fact.subject, fact.property) for fact in disputed})


@dataclass(frozen=True, slots=True)
class NumberedDecisions:
    """Contested facts by their positions among the facts given, and every decision."""

    contested: Mapping[int, ContestedFact]
    decisions: tuple[Decision, ...]


def resolve_conflicts(
    facts: Iterable[Fact],
    *,
    single_valued: Mapping[NamedNode, AbstractSet[NamedNode] | None],
    schema: Schema,
    policy: Policy,
) -> Resolution:
    """Sort facts into knowledge and contested.

    `single_valued` are the properties that an entity may have once, with the classes of such entities; None: all
    entities.
    """
    facts = tuple(facts)
    decided = resolve_numbered(facts, single_valued=single_valued, schema=schema, policy=policy)
    contested = decided.contested
    knowledge = tuple(fact for number, fact in enumerate(facts) if number not in contested) if contested else facts
    return Resolution(knowledge, tuple(contested.values()), decided.decisions)


def resolve_numbered(
    facts: tuple[Fact, ...],
    *,
    single_valued: Mapping[NamedNode, AbstractSet[NamedNode] | None],
    schema: Schema,
    policy: Policy,
    keys: Container[int] = (),
) -> NumberedDecisions:
    """The contested ones of these facts by their positions, and every decision.

    `keys` are the positions of aliases that are no names.
    """
    contested: dict[int, ContestedFact] = {}
    for number, fact in enumerate(facts):
        if fact.rank is Rank.DEPRECATED:
            reason = fact.because or "the source is known to be wrong here"
            contested[number] = ContestedFact(fact, DecisionKind.DEPRECATED, reason)
        elif number in keys:
            contested[number] = ContestedFact(fact, DecisionKind.KEY, "a key of its dataset, and no name")
    candidates = [fact for number, fact in enumerate(facts) if number not in contested] if contested else facts
    decisions = tuple(ConflictResolver(candidates, single_valued, schema, policy).decisions())
    for number, lost in _contested_facts(facts, decisions):
        contested.setdefault(number, lost)
    return NumberedDecisions(contested, decisions)


def unused_decisions(resolution: Resolution, policy: Policy) -> Iterator[Finding]:
    """Yield a finding for each decision of the policy on what is in no conflict, or on which it names no value."""
    decided = {(each.subject, each.property): each.kind for each in resolution.decisions}
    for (entity, property), manual in policy.decisions.items():
        name = f"{to_short(property).removeprefix('film:')} of {to_short(entity).removeprefix('film:')}"
        if (kind := decided.get((entity, property))) is None:
            message = f"the {name} is in no conflict, so this decides nothing"
        elif kind is DecisionKind.UNDECIDED:
            message = f"neither a source nor a value of the {name} is {manual.choice!r}, so this decides nothing"
        else:
            continue
        yield Finding("decisions/unused", message, Severity.WARNING, (manual.place,))


def _contested_facts(facts: tuple[Fact, ...], decisions: Iterable[Decision]) -> Iterator[tuple[int, ContestedFact]]:
    """Yield the facts that are contested by a decision, and those about parts that are contested with them."""
    contested = {other: decision.contest(other) for decision in decisions for other in decision.others}
    contested_parts = {fact.value: lost for fact, lost in contested.items() if is_part_link(fact)}
    # Hashing a fact is slow, so facts are looked up only where one about the same entity has lost: few are.
    subjects = {fact.subject for fact in contested}
    order = {part.value: number for number, part in enumerate(contested_parts) if isinstance(part, NamedNode)}
    for number, fact in enumerate(facts):
        lost = contested.get(fact) if fact.subject in subjects else None
        if lost is None and contested_parts:
            lost = contested_parts.get(fact.subject)
            if lost is None and (owner := _contested_owner(fact.subject.value, order)):
                lost = contested_parts[NamedNode(owner)]
        if lost is not None:
            yield number, replace(lost, fact=fact)


def is_part_link(fact: Fact) -> bool:
    """True for the link from an owner to one of its parts: where the link is lost, the part is."""
    if not isinstance(fact.value, NamedNode):
        return False
    return fact.value.value.startswith(part_iri(fact.subject.value, fact.property.value.rpartition("/")[2], ""))


def _contested_owner(iri: str, contested_parts: Mapping[str, int]) -> str:
    """The first of the contested parts that this IRI is within, or the empty text."""
    owners, dot = [], iri.rfind(".")
    while dot > 0:
        if iri[:dot] in contested_parts:
            owners.append(iri[:dot])
        dot = iri.rfind(".", 0, dot)
    return min(owners, key=contested_parts.__getitem__, default="")


class _Preference(NamedTuple):
    """The criteria for a fact of a conflict, the strongest first; the least one wins."""

    is_doubted: bool
    """A value that the editors doubt yields to any that they do not doubt, whatever the policy."""
    is_own_label: bool
    """A generated label yields to a stated one, whatever the policy."""
    is_only_referred: bool
    """A class of a source that only refers to an entity yields to that of one that describes it."""
    trust: int
    rank: int
    is_paraphrase: bool
    recency: str


@dataclass
class ConflictResolver:
    """Finds the conflicts among facts, and decides each.

    Nearly all facts are in no conflict, so `value_groups`, `figure_values` and `classes_of` collect only what may be.
    """

    facts: Sequence[Fact]
    single_valued: Mapping[NamedNode, AbstractSet[NamedNode] | None]
    schema: Schema
    policy: Policy
    _disjoint: dict[tuple[NamedNode, NamedNode], bool] = field(default_factory=dict)

    def decisions(self) -> Iterator[Decision]:
        """Yield the decision of every conflict; those between values in the order of subject and property."""
        groups = self.value_groups(self.single_valued)
        classes_of = self.classes_of({subject for subject, _ in groups})
        for (subject, property), group in sorted(groups.items(), key=lambda item: (str(item[0][0]), str(item[0][1]))):
            classes = self.single_valued[property]
            if classes is None or classes & classes_of.get(subject, frozenset()):
                yield self._decide(subject, property, group)
        yield from (of_classes := tuple(self._class_decisions()))
        yield from self._use_decisions(of_classes)
        yield from self._figure_decisions()

    def value_groups(self, properties: Container[NamedNode]) -> dict[tuple[Subject, NamedNode], list[Fact]]:
        """The facts of each entity that has several values of one of these properties."""
        first: dict[tuple[Subject, NamedNode], Term] = {}
        groups: dict[tuple[Subject, NamedNode], list[Fact]] = {}
        for fact in self.facts:
            if fact.property in properties:
                key = (fact.subject, fact.property)
                if first.setdefault(key, fact.value) != fact.value:
                    groups[key] = []
        if groups:
            for fact in self.facts:
                if (group := groups.get((fact.subject, fact.property))) is not None:
                    group.append(fact)
        return groups

    def _decide(self, subject: Subject, property: NamedNode, group: list[Fact]) -> Decision:
        if (subject, property) in self.policy.decisions:
            return self._choose(subject, property, group)
        days = {fact.as_of for fact in group}
        if "" not in days and len(days) == len({(fact.as_of, fact.value) for fact in group}):
            latest = max(days)
            value = next(fact.value for fact in group if fact.as_of == latest)
            reason = f"superseded by the value as of {latest}"
            return _decision(subject, property, DecisionKind.SUPERSEDED, group, [value], reason)
        if property in self.schema.date_properties and (precise := _most_precise(group)) is not None:
            reason = f"{to_short(precise)} agrees and is more precise"
            return _decision(subject, property, DecisionKind.COARSER, group, [precise], reason)
        return self._choose(subject, property, group)

    def _choose(
        self,
        subject: Subject,
        property: NamedNode,
        group: list[Fact],
        *,
        amounts: Mapping[Term, str] | None = None,
        referring: AbstractSet[str] = frozenset(),
    ) -> Decision:
        """Decide by `_Preference`; `amounts` are those of figures, whose own IRIs always differ.

        `referring` are the sources that only refer to an entity whose class is decided.
        """
        meaning = {fact.value: (amounts or {}).get(fact.value) or to_text(fact.value) for fact in group}
        best: dict[str, _Preference] = {}
        for fact in group:
            key = _Preference(
                fact.rank is Rank.DOUBTED,
                fact.paraphrase and property == LABEL,
                fact.evidence.source in referring,
                self.policy.trust(fact.evidence.source, property),
                _RANKS[fact.rank],
                fact.paraphrase,
                _recency(fact.as_of),
            )
            best[meaning[fact.value]] = min(best.get(meaning[fact.value], key), key)
        if (manual := self.policy.decisions.get((subject, property))) is not None:  # type: ignore[arg-type]
            chosen = self._chosen(manual.choice, group, meaning)
            if len({meaning[value] for value in chosen}) == 1:
                return _decision(subject, property, DecisionKind.CONFLICT, group, chosen, f"decided: {manual.because}")
        (first, top), (second, next_best), *_ = sorted(best.items(), key=lambda item: (item[1], item[0]))
        if top == next_best:
            tied = sorted({fact.evidence.source for fact in group if best[meaning[fact.value]] == top})
            outranked = frozenset(fact for fact in group if best[meaning[fact.value]] != top)
            undecided = _decision(subject, property, DecisionKind.UNDECIDED, group, [], _undecided_reason(tied))
            return replace(undecided, outranked=outranked)
        values = [value for value in meaning if meaning[value] == first]
        others = [value for value in meaning if meaning[value] == second]
        winner = _best_source(group, values, self.policy, property)
        if top.is_doubted != next_best.is_doubted:
            doubt = next(fact.because for fact in group if meaning[fact.value] == second and fact.rank is Rank.DOUBTED)
            reason = f"{_best_source(group, others, self.policy, property)}'s value is doubted"
            reason += f": {doubt}" if doubt else ""
        elif top.is_own_label != next_best.is_own_label:
            reason = f"{winner}'s value is in its own words"
        elif top.is_only_referred != next_best.is_only_referred:
            reason = (
                f"{winner} describes it, and {_best_source(group, others, self.policy, property)} only refers to it"
            )
        elif top.trust != next_best.trust:
            name = "its class" if property == TYPE else re.split("[/#]", property.value)[-1]
            loser = _best_source(group, others, self.policy, property)
            reason = f"for {name}, {winner} is trusted more than {loser}"
        elif top.rank != next_best.rank:
            rank = Rank.PREFERRED if top.rank == _RANKS[Rank.PREFERRED] else Rank.NORMAL
            reason = f"{winner}'s value is ranked {rank}"
        elif top.is_paraphrase != next_best.is_paraphrase:
            reason = f"{winner}'s value is in its own words"
        else:
            reason = f"{winner}'s value is of a later day"
        return _decision(subject, property, DecisionKind.CONFLICT, group, values, reason)

    def _chosen(self, choice: str, group: list[Fact], meaning: Mapping[Term, str]) -> list[Term]:
        """The values that a decision prefers: those of a source, or those that read so."""
        chosen = {fact.value for fact in group if fact.evidence.source == choice}
        if not chosen:
            parts = {fact.value for fact in group if is_part_link(fact)}
            about = (
                fact for fact in self.facts if parts and fact.subject in parts and fact.property in MAIN_PROPERTIES
            )
            readings = [(fact.subject, fact) for fact in about] + [(fact.value, fact) for fact in group]
            chosen = {
                value
                for value, fact in readings
                if choice in (to_short(fact.value).removeprefix("film:"), to_short(fact.value), fact.written)
            }
        meanings = {meaning[value] for value in chosen}
        return [value for value in meaning if meaning[value] in meanings]

    def _class_decisions(self) -> Iterator[Decision]:
        """Decide between disjoint classes of one entity."""
        groups = dict(self._disjoint_classes())
        referring = self._referring_sources(groups)
        for subject, group in groups.items():
            yield self._choose(subject, TYPE, group, referring=referring.get(subject, frozenset()))

    def _disjoint_classes(self) -> Iterator[tuple[Subject, list[Fact]]]:
        """Yield each entity of disjoint classes, with the facts that state them."""
        for (subject, _), group in sorted(self.value_groups((TYPE,)).items(), key=lambda item: str(item[0][0])):
            by_class: dict[NamedNode, list[Fact]] = defaultdict(list)
            for fact in group:
                if isinstance(fact.value, NamedNode):
                    by_class[fact.value].append(fact)
            disjoint = [left for left in by_class if any(self._are_disjoint(left, right) for right in by_class)]
            if disjoint:
                yield subject, [fact for iri in disjoint for fact in by_class[iri]]

    def _referring_sources(self, entities: Container[Term]) -> Mapping[Term, AbstractSet[str]]:
        """Entity -> the sources that refer to it, and state no more of it than an import notes of such an entity."""
        referring: dict[Term, set[str]] = defaultdict(set)
        describing: dict[Term, set[str]] = defaultdict(set)
        for fact in self.facts if entities else ():
            if fact.value in entities:
                referring[fact.value].add(fact.evidence.source)
            if fact.subject in entities and (not fact.evidence.record or not self._is_noted(fact.property)):
                describing[fact.subject].add(fact.evidence.source)
        return {entity: sources - describing[entity] for entity, sources in referring.items()}

    def _is_noted(self, property: NamedNode) -> bool:
        return property in (TYPE, KIND, LABEL, ALIAS) or film.identifier in self.schema.ancestors(property)

    def _use_decisions(self, class_decisions: Sequence[Decision]) -> Iterator[Decision]:
        """Contest facts that use an entity as a member of a class disjoint with its decided class.

        They may be true all the same where they are of other sources than the class: then nothing is decided of them.
        """
        decided = {choice.subject: choice.value for choice in class_decisions if isinstance(choice.value, NamedNode)}
        sources: dict[Term, set[str]] = {
            choice.subject: {fact.evidence.source for fact in choice.preferred} for choice in class_decisions
        }
        for fact in self.facts if decided else ():
            class_iri = None if isinstance(fact.value, Literal) else decided.get(fact.value)
            property = self.schema.properties.get(fact.property)
            if class_iri is None or property is None:
                continue
            wrong = next((range for range in property.range if self._are_disjoint(range, class_iri)), None)
            if wrong is not None:
                entity = to_short(fact.value)
                reason = f"used as {to_short(wrong)}, but {entity} was decided to be {to_short(class_iri)}"
                is_own = fact.evidence.source in sources[fact.value]
                kind = DecisionKind.CONFLICT if is_own else DecisionKind.UNDECIDED
                yield Decision(fact.subject, fact.property, kind, None, (), (fact,), reason)

    def _are_disjoint(self, left: NamedNode, right: NamedNode) -> bool:
        if (known := self._disjoint.get((left, right))) is None:
            known = self._disjoint[left, right] = self.schema.are_disjoint(left, right)
        return known

    def _figure_decisions(self) -> Iterator[Decision]:
        """Decide between amounts, or days, of parts that are the same figure by the policy's keys."""
        values = self.figure_values()
        for property, keys in sorted(self.policy.figure_keys.items(), key=str):
            figures: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
            for fact in self.facts if values else ():
                if fact.property == property and (about := _of(values, fact.value)).get(_compared(property)):
                    figures[to_text(fact.subject), *(_joined(about.get(key)) for key in keys)].append(fact)
            for group in figures.values():
                if property == film.release:
                    yield from self._decide_release(property, group, values)
                else:
                    yield from self._decide_figure(property, group, values)

    def figure_values(self) -> Mapping[Subject, _Values]:
        """Property -> values, of each part that is a figure and not the only one of its owner."""
        owned: dict[tuple[Subject, NamedNode], set[Subject]] = defaultdict(set)
        for fact in self.facts:
            if fact.property in self.policy.figure_keys and not isinstance(fact.value, Literal):
                owned[fact.subject, fact.property].add(fact.value)
        values: dict[Subject, dict[NamedNode, set[Term]]] = {
            part: defaultdict(set) for parts in owned.values() if len(parts) > 1 for part in parts
        }
        for fact in self.facts if values else ():
            if (about := values.get(fact.subject)) is not None:
                about[fact.property].add(fact.value)
        return values

    def _decide_release(
        self, property: NamedNode, group: list[Fact], values: Mapping[Subject, _Values]
    ) -> Iterator[Decision]:
        """Decide between the days of one release; a source that itself has several means several releases."""
        dates = {fact.value: min(_of(values, fact.value).get(film.date, ()), key=to_text) for fact in group}
        ranges = [days for date in set(dates.values()) if (days := _date_range(date)) is not None]
        by_source: dict[str, set[Term]] = defaultdict(set)
        for fact in group:
            by_source[fact.evidence.source].add(dates[fact.value])
        differ = any(left.latest < right.earliest for left in ranges for right in ranges)
        if differ and all(len(days) == 1 for days in by_source.values()):
            yield self._choose(
                group[0].subject, property, group, amounts={part: to_text(date) for part, date in dates.items()}
            )

    def _decide_figure(
        self,
        property: NamedNode,
        group: list[Fact],
        values: Mapping[Subject, _Values],
    ) -> Iterator[Decision]:
        by_day: dict[str, list[Fact]] = defaultdict(list)
        for fact in group:
            by_day[_joined(_of(values, fact.value).get(film.asOf)) or fact.as_of].append(fact)
        undated = by_day.pop("", [])
        for dated in list(by_day.values()) or [[]]:
            # A figure without a day may be meant for any day, so it conflicts with each.
            together = [*dated, *undated]
            amounts = {fact.value: _joined(_of(values, fact.value).get(film.amount)) for fact in together}
            if len(set(amounts.values())) > 1:
                yield self._choose(together[0].subject, property, together, amounts=amounts)

    def classes_of(self, entities: AbstractSet[Subject]) -> Mapping[Subject, AbstractSet[NamedNode]]:
        """The classes of each of these entities: stated ones, and the ranges of the properties that lead to it."""
        classes: dict[Subject, set[NamedNode]] = defaultdict(set)
        for fact in self.facts if entities else ():
            if isinstance(fact.value, Literal):
                continue
            if fact.property == TYPE and isinstance(fact.value, NamedNode):
                if fact.subject in entities:
                    classes[fact.subject] |= self.schema.ancestors(fact.value)
            elif fact.value in entities and (property := self.schema.properties.get(fact.property)) is not None:
                for range in property.range:
                    classes[fact.value] |= self.schema.ancestors(range)
        return classes


def _decision(
    subject: Subject, property: NamedNode, kind: DecisionKind, group: list[Fact], values: list[Term], reason: str
) -> Decision:
    preferred = tuple(fact for fact in group if fact.value in values)
    others = tuple(fact for fact in group if fact.value not in values)
    return Decision(subject, property, kind, min(values, key=to_text, default=None), preferred, others, reason)


def _undecided_reason(sources: list[str]) -> str:
    if len(sources) == 1:
        return f"{sources[0]} states several values"
    return f"{', '.join(sources[:-1])} and {sources[-1]} are equally trusted"


def _most_precise(group: list[Fact]) -> Term | None:
    """The date that is within all the others; None when they do not agree."""
    ranges = {fact.value: _date_range(fact.value) for fact in group}
    if not all(ranges.values()):
        return None
    known = {value: days for value, days in ranges.items() if days is not None}
    value, inner = min(known.items(), key=lambda item: (item[1].latest - item[1].earliest, to_text(item[0])))
    agree = all(outer.earliest <= inner.earliest and inner.latest <= outer.latest for outer in known.values())
    return value if agree and list(known.values()).count(inner) == 1 else None


def _date_range(value: Term) -> DateRange | None:
    if not isinstance(value, Literal):
        return None
    try:
        return to_date_range(value.value)
    except ValueError:
        return None


def _best_source(group: list[Fact], values: list[Term], policy: Policy, property: NamedNode) -> str:
    return min(
        (fact.evidence.source for fact in group if fact.value in values),
        key=lambda source: (policy.trust(source, property), source),
    )


def _recency(day: str) -> str:
    """A key that sorts later days first, and no day last."""
    return "".join(chr(0x10FFFF - ord(char)) for char in day) if day else chr(0x10FFFF)


def _compared(figure: NamedNode) -> NamedNode:
    """What the same figure may have only one of."""
    return film.date if figure == film.release else film.amount


def _of(values: Mapping[Subject, _Values], part: Term) -> _Values:
    return {} if isinstance(part, Literal) else values.get(part, {})


def _joined(terms: Iterable[Term] | None) -> str:
    return " ".join(sorted(to_text(term) for term in terms or ()))
