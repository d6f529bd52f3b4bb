"""A tree of reasons walks in; a proof that others can check walks out, and a proof is checked from the source files.

The check reads the project's `data/` and `ontology/` and nothing else: neither the store nor what was inferred. It
stands on `kg/graph/proofcheck.py`, which shares nothing with the reasoner but the table of rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from kg.explain.why import DAYS, Explanation
from kg.facts.dates import to_date_range
from kg.facts.model import Evidence
from kg.facts.readers import read_facts
from kg.graph.provenance import EARLIEST
from kg.project import Project
from kg.proofs.checker import Spot, faults
from kg.schema import read_ontology, to_schema
from kg.terms import Spo, entity_iri, to_spo

_DATED = frozenset(str(entity_iri(name)) for name in ("date", "start", "end"))


def to_proof(why: Explanation) -> dict[str, Any]:
    """The tree as steps, each triple once, premises before what rests on them; facts with the spots that say them."""
    numbers: dict[Spo, int] = {}
    steps: list[dict[str, Any]] = []

    def number(one: Explanation) -> int:
        triple = _spo(one)
        if triple not in numbers:
            reason = _reason(one, [number(premise) for premise in one.premises])
            numbers[triple] = len(steps)
            steps.append({"triple": list(triple), **reason})
        return numbers[triple]

    number(why)
    return {"conclusion": list(_spo(why)), "steps": steps}


def check_proof(proof: Mapping[str, Any], project: Project) -> list[str]:
    """What is wrong with a proof, by the project's source files; nothing for a right one."""
    return ProofChecker(project).faults(proof)


class ProofChecker:
    """Checks proofs by what the source files of a project say."""

    def __init__(self, project: Project) -> None:
        ontology = read_ontology(project.ontology)
        self.axioms = frozenset(map(to_spo, ontology))
        self.facts: dict[Spo, set[Spot]] = defaultdict(set)
        for fact in read_facts(project.data, to_schema(ontology)).facts:
            t = fact.triple
            self.facts[str(t.subject), str(t.predicate), str(t.object)].add(_spot(fact.evidence))

    def faults(self, proof: Mapping[str, Any]) -> list[str]:
        """What is wrong with the proof; nothing for a right one."""
        return faults(proof, facts=self.facts, axioms=self.axioms, own={DAYS: _are_days})


def _reason(why: Explanation, premises: list[int]) -> dict[str, Any]:
    if why.rule:
        return {"rule": why.rule, "premises": premises, **({"specification": why.link} if why.link else {})}
    if why.is_axiom:
        return {"said": "axiom"}
    return {"said": "fact", "spots": sorted(([*_spot(fact.evidence)] for fact in why.facts), key=str)}


def _spo(why: Explanation) -> Spo:
    triple = why.triple
    return to_spo(triple)


def _spot(evidence: Evidence) -> Spot:
    if evidence.has_span:
        return (evidence.source, evidence.start, evidence.end)
    return (evidence.source, evidence.record or None, None)


def _are_days(premises: Iterable[Spo], conclusion: Spo) -> bool:
    """True when the day is the first, or the last, that one of the dates of this thing may mean."""
    thing, property, day = conclusion
    place = 0 if property == str(EARLIEST) else 1
    dates = [o.split('"')[1] for s, p, o in premises if s == thing and p in _DATED and o.startswith('"')]
    return day in [str(to_date_range(date).literals[place]) for date in dates]
