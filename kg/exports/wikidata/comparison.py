"""An item's statements walk in; what Wikidata lacks of them, and what contradicts it, walk out.

What Wikidata has is what facts of its own imports say. A statement that it has already is not told again, and one that
cannot be true beside what it has is no gift: it is for the report on where sources disagree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from kg.decisions.conflicts import ContestedFact, DecisionKind
from kg.exports.wikidata.model import INSTANCE_OF, Snak, Statement, Wikidata, is_theirs
from kg.exports.wikidata.values import JULIAN, Value
from kg.facts.model import Fact, Rank
from kg.lookup.conflicts import Conflict
from kg.mappings.to_wikidata import Datatype

_LITERAL = (Datatype.TIME, Datatype.QUANTITY, Datatype.EXTERNAL_ID)
"""What can be told once in the same circumstances: of two dates, amounts or identifiers one is wrong."""
_DISPUTED = (DecisionKind.CONFLICT, DecisionKind.TIE)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A statement of ours, and those of Wikidata that cannot be true beside it."""

    ours: Statement
    theirs: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class ItemComparison:
    """An item as we know it beside what Wikidata has: each statement of ours in one of four places."""

    missing: tuple[Statement, ...] = ()
    contradicting: tuple[Contradiction, ...] = ()
    present: tuple[Statement, ...] = ()
    inexpressible: tuple[Statement, ...] = ()
    """Those that name a thing without a number, or repeat a value that stands there with other qualifiers."""


def compare_statements(statements: Iterable[Statement], *, is_theirs: Callable[[Fact], bool]) -> ItemComparison:
    """What is ours in an item's statements, beside what is theirs; deprecated and outvoted statements are left out."""
    theirs: dict[str, list[Statement]] = defaultdict(list)
    ours: list[Statement] = []
    for one in statements:
        if any(is_theirs(fact) for fact in one.facts):
            theirs[one.snak.property].append(one)
        else:
            ours.append(one)
    lacking: list[Statement] = []
    contradicting: list[Contradiction] = []
    had: list[Statement] = []
    unsayable: list[Statement] = []
    for one in ours:
        there = theirs.get(one.snak.property, [])
        if one.rank is Rank.DEPRECATED:
            continue
        if against := _against(one, there):
            contradicting.append(Contradiction(one, against))
        elif not any(told.kind is None for told in one.facts_with_status):
            continue
        elif _is_had(one, there):
            had.append(one)
        elif not one.is_expressible or any(other.snak == one.snak and _clash(one, other) for other in there):
            unsayable.append(one)
        else:
            lacking.append(one)
    kept, repeated = _together(lacking)
    return ItemComparison(tuple(kept), tuple(contradicting), tuple(had), tuple(unsayable + repeated))


def _is_had(one: Statement, there: list[Statement]) -> bool:
    """True where Wikidata says the same, with the same qualifiers or more, or the same more precisely."""
    if one.snak.property == INSTANCE_OF and there:
        return True  # Our classes are coarse: whatever stands there says more.
    return any(
        set(one.qualifiers) <= set(other.qualifiers)
        and (one.snak == other.snak or _covers(one.snak.value, other.snak.value))
        for other in there
    )


def _against(one: Statement, there: list[Statement]) -> tuple[Statement, ...]:
    return tuple(other for other in there if other.rank is not Rank.DEPRECATED and _contradict(one, other))


def _contradict(one: Statement, other: Statement) -> bool:
    """True for statements that cannot both be true.

    They were decided between; or they are dates, amounts or identifiers told in the same circumstances: neither has a
    qualifier, or those of the one are among those of the other.
    """
    if one.snak == other.snak or not (one.snak.value.is_known and other.snak.value.is_known):
        return False
    if any(told.kind in _DISPUTED for side in (one, other) for told in side.facts_with_status):
        return not _clash(one, other)
    if one.snak.value.datatype not in _LITERAL or not _is_within(one.qualifiers, other.qualifiers):
        return False
    return not (_covers(one.snak.value, other.snak.value) or _covers(other.snak.value, one.snak.value))


def _is_within(some: tuple[Snak, ...], others: tuple[Snak, ...]) -> bool:
    if not some or not others:
        return some == others
    return set(some) <= set(others) or set(others) <= set(some)


def _clash(one: Statement, other: Statement) -> bool:
    """True where both have a qualifier, with different values: they tell of different occasions."""
    values: dict[str, tuple[set[Value], set[Value]]] = defaultdict(lambda: (set(), set()))
    for side, statement in enumerate((one, other)):
        for snak in statement.qualifiers:
            values[snak.property][side].add(snak.value)
    return any(ours and theirs and not (ours <= theirs or theirs <= ours) for ours, theirs in values.values())


def _covers(coarse: Value, fine: Value) -> bool:
    """True where a date holds the other, more precise one: 2024 covers 2024-10-18; amounts that are equal numbers."""
    if coarse.datatype is not fine.datatype:
        return False
    if coarse.datatype is Datatype.QUANTITY:
        return float(coarse.text) == float(fine.text) and coarse.detail == fine.detail
    if coarse.datatype is not Datatype.TIME or coarse.precision > fine.precision:
        return False
    if JULIAN in (coarse.detail, fine.detail) and coarse.detail != fine.detail and fine.precision >= 11:
        return False
    length = {8: 4, 9: 5, 10: 8}.get(coarse.precision, 11)
    return coarse.text[:length] == fine.text[:length]


def _together(lacking: list[Statement]) -> tuple[list[Statement], list[Statement]]:
    """One statement for each value, and those that would be mixed up with another.

    QuickStatements adds qualifiers and references to the statement that has the value already, so a bare statement goes
    with the one that says more, and one of another occasion cannot be said.
    """
    groups: dict[Snak, list[Statement]] = defaultdict(list)
    for one in lacking:
        groups[one.snak].append(one)
    kept, repeated = [], []
    for group in groups.values():
        first, *rest = sorted(group, key=lambda one: (-len(one.qualifiers), one.qualifiers))
        for one in rest:
            if set(one.qualifiers) <= set(first.qualifiers):
                first = replace(
                    first, facts_with_status=tuple(dict.fromkeys((*first.facts_with_status, *one.facts_with_status)))
                )
            else:
                repeated.append(one)
        kept.append(first)
    return kept, repeated


_REASON = "told in the same circumstances as ours, and another: nothing was decided between them"


def disagreements(wikidata: Wikidata, source: str) -> Iterator[Conflict]:
    """What a source of Wikidata tells otherwise than ours do, beside what was decided already."""
    for number, thing in wikidata.statements.items.sorted_items():
        sides = {is_theirs(one.fact, wikidata) for one in wikidata.statements.told_about(thing)}
        if len(sides) == 2:
            statements = wikidata.statements.about(number, thing)
            compared = compare_statements(statements, is_theirs=lambda fact: is_theirs(fact, wikidata))
            yield from (one for found in compared.contradicting for one in _to_dispute(found, source))


def _to_dispute(found: Contradiction, source: str) -> Iterator[Conflict]:
    told = [one for statement in found.theirs for one in statement.facts_with_status]
    theirs = [one.fact for one in told if one.fact.evidence.source == source]
    if theirs and all(one.kind is None for one in (*found.ours.facts_with_status, *told)):
        yield Conflict(found.ours.facts, tuple(ContestedFact(fact, DecisionKind.TIE, _REASON) for fact in theirs))
