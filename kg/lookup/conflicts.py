"""A store walks in; what sources disagree on, what was decided and why walk out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg.decisions.conflicts import ContestedFact, DecisionKind
from kg.facts.model import Fact, to_row
from kg.graph.provenance import Provenance
from kg.lookup.entity_names import EntityNames
from kg.lookup.phrases import cite_fact, triple_in_words
from kg.passages.texts import Texts


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that is not agreed on: the facts that were preferred, the contested ones, and the reason."""

    preferred: tuple[Fact, ...]
    contested: tuple[ContestedFact, ...]

    @property
    def sources(self) -> set[str]:
        """The ids of those who have a say in it."""
        facts = (*self.preferred, *(one.fact for one in self.contested))
        return {fact.evidence.source for fact in facts}

    @property
    def reason(self) -> str:
        """Why it was decided so."""
        return "; ".join(dict.fromkeys(one.reason for one in self.contested))


def find_conflicts(provenance: Provenance) -> Iterator[Conflict]:
    """Every contested fact of a store, with those that speak of the same subject and property."""
    spelled = Provenance(provenance.store)
    groups: dict[tuple[object, object], list[ContestedFact]] = defaultdict(list)
    for one in provenance.contested():
        groups[one.fact.subject, one.fact.property].append(one)
    for (_, property), contested in groups.items():
        # What a row of a table takes back need not have a rival, and its neighbours in the table are none.
        about = (provenance if any(one.kind is not DecisionKind.DEPRECATED for one in contested) else spelled).about(
            contested[0].fact.subject
        )
        lost = {one.fact.value for one in contested}
        preferred = (fact for fact in about if fact.property == property and fact.value not in lost)
        yield Conflict(tuple(sorted(preferred, key=lambda fact: fact.id)), tuple(contested))


def write_conflicts(disputes: Iterable[Conflict], names: EntityNames, texts: Texts) -> str:
    """For people: both sides, each with its passage."""
    lines = []
    for dispute in disputes:
        for one in dispute.contested:
            lines.append(f"{triple_in_words(one.fact.triple, names)}\n    {one.kind}: {one.reason}")
            lines.append(f"    {cite_fact(one.fact, texts)}")
        for fact in dispute.preferred:
            lines.append(f"  instead: {triple_in_words(fact.triple, names)}\n    {cite_fact(fact, texts)}")
        lines.append("")
    return "\n".join(lines) if lines else "Nothing is contested.\n"


def conflict_as_dict(dispute: Conflict) -> dict[str, object]:
    """For programs."""
    return {
        "preferred": [to_row(fact) for fact in dispute.preferred],
        "contested": [to_row(one.fact) | {"kind": one.kind.value, "reason": one.reason} for one in dispute.contested],
        "reason": dispute.reason,
    }
