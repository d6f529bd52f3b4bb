"""Our statements compared with those that Wikidata has: which are missing there, and which contradict it.

Wikidata has what facts imported from it state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from kg.decisions.conflicts import ContestedFact, DecisionKind
from kg.exports.wikidata_model import INSTANCE_OF, Snak, Statement, WikidataItems, is_wikidata
from kg.exports.wikidata_values import WikidataValue, to_gregorian
from kg.facts.model import Fact, Rank
from kg.lookup.source_conflicts import Conflict
from kg.mappings.wikidata import Datatype
from kg.terms import Term

_SINGLE_VALUED = (Datatype.TIME, Datatype.QUANTITY, Datatype.EXTERNAL_ID)
"""Datatypes with one value under the same qualifiers: of two dates, amounts or identifiers one is wrong."""
_CONFLICTING = (DecisionKind.CONFLICT, DecisionKind.UNDECIDED)
_TIE_REASON = "differs from our value under the same qualifiers, and no decision was made between them"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One of our statements, and those of Wikidata that cannot be true together with it."""

    ours: Statement
    theirs: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class ItemComparison:
    """Our statements about an item, each in one of four groups."""

    missing: tuple[Statement, ...] = ()
    contradicting: tuple[Contradiction, ...] = ()
    present: tuple[Statement, ...] = ()
    inexpressible: tuple[Statement, ...] = ()
    """Those with an entity that has no id in Wikidata, or with a value that is there with other qualifiers."""


def compare_statements(statements: Iterable[Statement], *, is_theirs: Callable[[Fact], bool]) -> ItemComparison:
    """Our statements about an item compared with theirs; deprecated ones and those not preferred are left out."""
    theirs: dict[str, list[Statement]] = defaultdict(list)
    ours: list[Statement] = []
    for statement in statements:
        if any(is_theirs(fact) for fact in statement.facts):
            theirs[statement.snak.property].append(statement)
        else:
            ours.append(statement)
    missing: list[Statement] = []
    contradicting: list[Contradiction] = []
    present: list[Statement] = []
    inexpressible: list[Statement] = []
    for statement in ours:
        others = theirs.get(statement.snak.property, [])
        if statement.rank is Rank.DEPRECATED:
            continue
        if contradicted := tuple(other for other in others if _contradict(statement, other)):
            contradicting.append(Contradiction(statement, contradicted))
        elif all(stated.kind is not None for stated in statement.facts_with_status):
            continue
        elif _is_present(statement, others):
            present.append(statement)
        elif not statement.is_expressible or any(
            other.snak == statement.snak and _have_different_qualifiers(statement, other) for other in others
        ):
            inexpressible.append(statement)
        else:
            missing.append(statement)
    merged, repeated = _merge_by_value(missing)
    return ItemComparison(tuple(merged), tuple(contradicting), tuple(present), tuple(inexpressible + repeated))


def _is_present(statement: Statement, others: list[Statement]) -> bool:
    """True when Wikidata has the same value or a more precise one, with the same qualifiers or more."""
    if statement.snak.property == INSTANCE_OF and others:
        return True  # Our classes are coarse: any class of theirs is more precise.
    return any(
        set(statement.qualifiers) <= set(other.qualifiers)
        and (statement.snak == other.snak or _covers(statement.snak.value, other.snak.value))
        for other in others
    )


def _contradict(ours: Statement, theirs: Statement) -> bool:
    """True for statements that cannot both be true.

    Either a conflict between them was decided; or they have different dates, amounts or identifiers under comparable
    qualifiers: neither has any, or those of one are among those of the other.
    """
    if theirs.rank is Rank.DEPRECATED or ours.snak == theirs.snak:
        return False
    if not (ours.snak.value.is_known and theirs.snak.value.is_known):
        return False
    if any(stated.kind in _CONFLICTING for side in (ours, theirs) for stated in side.facts_with_status):
        return not _have_different_qualifiers(ours, theirs)
    if ours.snak.value.datatype not in _SINGLE_VALUED or not _are_comparable(ours.qualifiers, theirs.qualifiers):
        return False
    return not (_covers(ours.snak.value, theirs.snak.value) or _covers(theirs.snak.value, ours.snak.value))


def _are_comparable(left: tuple[Snak, ...], right: tuple[Snak, ...]) -> bool:
    if not left or not right:
        return left == right
    return set(left) <= set(right) or set(right) <= set(left)


def _have_different_qualifiers(left: Statement, right: Statement) -> bool:
    """True when both have a qualifier with different values: they are about different occasions."""
    values: dict[str, tuple[set[WikidataValue], set[WikidataValue]]] = defaultdict(lambda: (set(), set()))
    for side, statement in enumerate((left, right)):
        for snak in statement.qualifiers:
            values[snak.property][side].add(snak.value)
    return any(ours and theirs and not (ours <= theirs or theirs <= ours) for ours, theirs in values.values())


def _covers(coarse: WikidataValue, fine: WikidataValue) -> bool:
    """True for a date that contains a more precise one (2024 and 2024-10-18), and for amounts that are equal."""
    if coarse.datatype is not fine.datatype:
        return False
    if coarse.datatype is Datatype.QUANTITY:
        return float(coarse.text) == float(fine.text) and coarse.detail == fine.detail
    if coarse.datatype is not Datatype.TIME or coarse.precision > fine.precision:
        return False
    if coarse.detail != fine.detail and fine.precision >= 11:
        # Days of two calendars are one day where they are the same day of the Gregorian one.
        return coarse.precision == fine.precision and to_gregorian(coarse) == to_gregorian(fine)
    length = {8: 4, 9: 5, 10: 8}.get(coarse.precision, 11)
    return coarse.text[:length] == fine.text[:length]


def _merge_by_value(missing: list[Statement]) -> tuple[list[Statement], list[Statement]]:
    """One statement for each value, and those that cannot be merged into it.

    QuickStatements adds qualifiers and references to the statement that already has the value. So a statement without
    qualifiers is merged into one with more, and a statement about another occasion cannot be added.
    """
    groups: dict[Snak, list[Statement]] = defaultdict(list)
    for statement in missing:
        groups[statement.snak].append(statement)
    merged, repeated = [], []
    for group in groups.values():
        first, *rest = sorted(group, key=lambda statement: (-len(statement.qualifiers), statement.qualifiers))
        for statement in rest:
            if set(statement.qualifiers) <= set(first.qualifiers):
                stated = dict.fromkeys((*first.facts_with_status, *statement.facts_with_status))
                first = first._replace(facts_with_status=tuple(stated))
            else:
                repeated.append(statement)
        merged.append(first)
    return merged, repeated


def find_undecided_conflicts(items: WikidataItems, source: str) -> Iterator[Conflict]:
    """The values of a source of Wikidata that contradict ours, where no conflict was decided between them."""
    for id, entity in items.entities(_with_two_values(items)):
        compared = compare_statements(items.builder.statements(id, entity), is_theirs=items.is_from_wikidata)
        for contradiction in compared.contradicting:
            yield from _to_conflict(contradiction, source)


def _with_two_values(items: WikidataItems) -> Collection[Term] | None:
    """The entities of which Wikidata and others state a date, an amount or an identifier, perhaps differently.

    None where there is no snapshot to ask; then any entity may be one.
    """
    records = items.builder.facts.records
    if records is None:
        return None
    single = [
        (ours, theirs.property)
        for ours, properties in (*items.mapping.properties.items(), *items.mapping.parts.items())
        for theirs in properties
        if theirs.datatype in _SINGLE_VALUED
    ]
    theirs = [id for id, source in items.sources.items() if is_wikidata(source)]
    return records.stated_twice(single, theirs, parts=items.mapping.parts)


def _to_conflict(contradiction: Contradiction, source: str) -> Iterator[Conflict]:
    their_facts = [stated for statement in contradiction.theirs for stated in statement.facts_with_status]
    of_source = [stated.fact for stated in their_facts if stated.fact.evidence.source == source]
    if of_source and all(stated.kind is None for stated in (*contradiction.ours.facts_with_status, *their_facts)):
        contested = tuple(ContestedFact(fact, DecisionKind.UNDECIDED, _TIE_REASON) for fact in of_source)
        yield Conflict(contradiction.ours.facts, contested)
