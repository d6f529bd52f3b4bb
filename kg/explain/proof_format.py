"""The proof format: explanations as steps that others can check, and proofs checked against the source files.

The check reads the project's `data/` and `ontology/` and nothing else: neither the store nor what was inferred. It uses
`kg.proofs.checker`, which shares nothing with the reasoner but the table of rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from kg.explain.why import DATE_PROPERTIES, DAYS, Explanation
from kg.facts.dates import to_date_range
from kg.facts.model import Evidence
from kg.facts.readers import read_facts
from kg.graph.provenance import EARLIEST
from kg.project import Project
from kg.proofs.checker import Spot, faults
from kg.schema import read_ontology, to_schema
from kg.terms import Spo, to_spo


def to_proof(explanation: Explanation) -> dict[str, Any]:
    """The explanation as steps: each triple once, after its premises; facts with their source and span."""
    numbers: dict[Spo, int] = {}
    steps: list[dict[str, Any]] = []

    def number(part: Explanation) -> int:
        triple = to_spo(part.triple)
        if triple not in numbers:
            reason = _to_reason(part, [number(premise) for premise in part.premises])
            numbers[triple] = len(steps)
            steps.append({"triple": list(triple), **reason})
        return numbers[triple]

    number(explanation)
    return {"conclusion": list(to_spo(explanation.triple)), "steps": steps}


def _to_reason(explanation: Explanation, premises: list[int]) -> dict[str, Any]:
    if explanation.rule:
        reason: dict[str, Any] = {"rule": explanation.rule, "premises": premises}
        return reason | ({"specification": explanation.specification} if explanation.specification else {})
    if explanation.is_axiom:
        return {"said": "axiom"}
    return {"said": "fact", "spots": sorted(([*_to_spot(fact.evidence)] for fact in explanation.facts), key=str)}


class ProofChecker:
    """Checks proofs against the source files of a project."""

    def __init__(self, project: Project) -> None:
        ontology = read_ontology(project.ontology)
        self.axioms = frozenset(map(to_spo, ontology))
        self.facts: dict[Spo, set[Spot]] = defaultdict(set)
        for fact in read_facts(project.data, to_schema(ontology)).facts:
            self.facts[to_spo(fact.triple)].add(_to_spot(fact.evidence))

    def faults(self, proof: Mapping[str, Any]) -> list[str]:
        """What is wrong with the proof; empty when it is right."""
        return faults(proof, facts=self.facts, axioms=self.axioms, own={DAYS: _are_days})


def _to_spot(evidence: Evidence) -> Spot:
    if evidence.has_span:
        return (evidence.source, evidence.start, evidence.end)
    return (evidence.source, evidence.record or None, None)


_DATE_PROPERTIES = frozenset(map(str, DATE_PROPERTIES))


def _are_days(premises: Iterable[Spo], conclusion: Spo) -> bool:
    """True when the day is the earliest, or the latest, of one of the entity's dates."""
    entity, property, day = conclusion
    index = 0 if property == str(EARLIEST) else 1
    dates = [o.split('"')[1] for s, p, o in premises if s == entity and p in _DATE_PROPERTIES and o.startswith('"')]
    return day in [str(to_date_range(date).literals[index]) for date in dates]
