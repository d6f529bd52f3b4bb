"""Checks of ranks below normal: each has a reason, and a deprecated value has one that holds instead."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet

from pyoxigraph import NamedNode

from kg.facts.model import Fact, Rank, finding_about
from kg.reports import Finding, Severity
from kg.terms import ALIAS, LABEL, Term, to_short


def check_ranks(facts: Collection[Fact]) -> Iterator[Finding]:
    """Yield a finding for each rank below normal without a reason, and for each deprecated value without another.

    Facts of records are not checked: a dataset deprecates its own statements, and gives no value instead.
    """
    low = [fact for fact in facts if fact.rank in (Rank.DOUBTED, Rank.DEPRECATED) and not fact.evidence.record]
    for fact in low:
        if not fact.because:
            yield _without_reason(fact)
    deprecated = [fact for fact in low if fact.rank is Rank.DEPRECATED]
    stated = _stated(facts, {fact.subject for fact in deprecated}) if deprecated else frozenset()
    for fact in deprecated:
        properties = (fact.property, LABEL) if fact.property == ALIAS else (fact.property,)
        if not any((fact.subject, property) in stated for property in properties):
            yield _without_replacement(fact)


def _stated(facts: Iterable[Fact], subjects: AbstractSet[Term]) -> AbstractSet[tuple[Term, NamedNode]]:
    """The properties of these entities that have a value that is not deprecated."""
    return {
        (fact.subject, fact.property) for fact in facts if fact.subject in subjects and fact.rank is not Rank.DEPRECATED
    }


def _without_reason(fact: Fact) -> Finding:
    message = f"{_statement(fact)} is ranked {fact.rank} without a reason"
    return finding_about(fact, "facts/no-reason", message, Severity.WARNING, remedy="Add `because`.")


def _without_replacement(fact: Fact) -> Finding:
    message = f"{_statement(fact)} is deprecated, and no other value of {to_short(fact.property)} holds instead"
    remedy = (
        "Add the value that is right. If this value is right and only its words in the source are wrong, "
        "remove the rank and give the words as `written`."
    )
    return finding_about(fact, "facts/no-replacement", message, Severity.WARNING, remedy=remedy)


def _statement(fact: Fact) -> str:
    return f"{to_short(fact.subject)} {to_short(fact.property)} {to_short(fact.value)!r}"
