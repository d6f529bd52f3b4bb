"""The OWL 2 test cases of the W3C for the profile RL; each known failure is listed with its reason."""

from __future__ import annotations

import pytest

from kg.graph.triple_tables import TripleTables
from kg.reasoning.infer import Inference, infer
from tests.conformance.owl2_suite import Case, cases, entails

REFUTATION = "needs a proof by contradiction, which no rule of the profile draws"
MORE_THAN_RL = "follows in OWL 2, but by no rule of the profile"
NEW_NODE = "the conclusion has a class expression that is not in the premise; rules make no new nodes"
KNOWN_FAILURES = {
    "chain2trans1": MORE_THAN_RL + ": a chain of p and p makes p transitive",
    "DisjointClasses-001": NEW_NODE,
    "DisjointClasses-003": NEW_NODE,
    "New-Feature-DisjointDataProperties-002": REFUTATION,
    "New-Feature-DisjointObjectProperties-001": REFUTATION,
    "New-Feature-DisjointObjectProperties-002": REFUTATION,
    "New-Feature-ObjectQCR-002": NEW_NODE,
    "New-Feature-ReflexiveProperty-001": MORE_THAN_RL + ": owl:ReflexiveProperty is not in it",
    "WebOnt-I5.26-010": NEW_NODE,
    "WebOnt-I5.5-005": NEW_NODE,
    "WebOnt-I5.8-008": MORE_THAN_RL + ": the intersection of two datatypes",
    "WebOnt-I5.8-009": MORE_THAN_RL + ": the intersection of two datatypes",
    "WebOnt-differentFrom-001": MORE_THAN_RL + ": owl:differentFrom is symmetric",
    "WebOnt-imports-011": "needs the ontology that it imports, which the case does not hold",
    "owl2-rl-rules-fp-differentFrom": REFUTATION,
    "owl2-rl-rules-ifp-differentFrom": REFUTATION,
}

ALL = list(cases())


def closed(case: Case) -> tuple[set[tuple[str, str, str]], Inference]:
    tables = TripleTables()
    tables.add(case.premise)
    inference = infer(tables, [], schema=True, tautologies=True, same_as="all")
    return {*tables.triple_texts(), *tables.triple_texts(table="inferred")}, inference


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.kind}-{case.name}")
def test_a_case_of_the_suite(case: Case) -> None:
    known, inference = closed(case)
    match case.kind:
        case "PositiveEntailmentTest":
            assert entails(known, case.conclusion) == (case.name not in KNOWN_FAILURES)
        case "NegativeEntailmentTest":
            assert not entails(known, case.conclusion)
        case "InconsistencyTest":
            assert not inference.report.ok
        case _:
            assert inference.report.ok, list(inference.report)


def test_the_suite_is_complete() -> None:
    kinds = [case.kind for case in ALL]
    assert kinds.count("PositiveEntailmentTest") == 26
    assert kinds.count("NegativeEntailmentTest") == 4
    assert kinds.count("InconsistencyTest") == 11
    assert set(KNOWN_FAILURES) <= {case.name for case in ALL}
