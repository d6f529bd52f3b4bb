"""A case for each rule of OWL 2 RL, in a folder of its name: a premise, and what this rule concludes from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.graph.rdf_files import read_triples
from kg.graph.triple_tables import TripleTables
from kg.reasoning.infer import Inference, infer
from kg.reasoning.rules import BY_NAME, RULES
from kg.terms import Spo, to_spo

CASES = Path(__file__).parent / "owl2rl"


def spo(path: Path) -> set[Spo]:
    return {to_spo(t) for t in read_triples(path)}


def closed(case: Path, *, as_ontology: bool = False) -> tuple[set[Spo], Inference]:
    tables = TripleTables()
    premise = list(read_triples(case / "premise.ttl"))
    tables.add([] if as_ontology else premise)
    inference = infer(tables, premise if as_ontology else [], schema=True, tautologies=True, same_as="all")
    return set(tables.triple_texts(table="inferred")), inference


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    assert {case.name for case in CASES.iterdir()} == {rule.name for rule in RULES}


@pytest.mark.parametrize("as_ontology", [False, True], ids=["as data", "as ontology"])
@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_the_rule_draws_its_conclusion(rule: str, as_ontology: bool) -> None:
    conclusion = spo(CASES / rule / "conclusion.ttl")
    inferred, inference = closed(CASES / rule, as_ontology=as_ontology)
    checks = {finding.check for finding in inference.report.findings}
    if conclusion:
        assert conclusion <= inferred
        assert inference.report.ok
    else:
        assert BY_NAME[rule].forbids or rule == "dt-diff"
        assert checks == {f"owl/{rule}"}
        assert not inference.report.ok


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_no_rule_concludes_what_rdf_does_not_allow(rule: str) -> None:
    inferred, _ = closed(CASES / rule)
    for s, p, o in inferred:
        assert not s.startswith('"')
        assert p.startswith("<")
        assert o
