"""Every conclusion of our own data has a proof, and the proof is accepted from the source files alone."""

from __future__ import annotations

from copy import deepcopy

import pytest
from pyoxigraph import Triple

from kg.explain.why import Explainer
from kg.explain.why_formats import to_proof
from kg.graph.snapshot_file import INFERRED
from kg.proofs.checker import ProofChecker
from kg.proofs.proof import proof_document
from tests.projects import own_graph

Built = tuple[Explainer, ProofChecker, list[Triple]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Our own graph, built in a temporary folder; the checker, which reads only the files; and all inferred triples."""
    graph = own_graph(tmp_path_factory.mktemp("project"))
    return graph.explainer, ProofChecker(graph.project), list(graph.snapshot.triples(INFERRED))


def test_every_conclusion_of_our_data_has_an_accepted_proof(built: Built) -> None:
    explainer, checker, inferred = built
    assert len(inferred) > 500
    for triple in inferred:
        explanation = explainer.explain(triple)
        assert explanation, triple
        assert checker.errors(proof_document(to_proof(explanation))) == [], triple


def test_a_proof_with_one_change_is_rejected(built: Built) -> None:
    explainer, checker, inferred = built
    for triple in inferred[::97]:
        proof = proof_document(to_proof(explainer.explain(triple)))
        for number, step in enumerate(proof["steps"]):
            changes: list[dict[str, object]] = []
            if "rule" in step:
                changes.append({"rule": "prp-trp" if step["rule"] != "prp-trp" else "prp-symp"})
                if step["rule"] != "days":  # each of several dates may give the day
                    fewer = [[p for p in step["premises"] if p != left_out] for left_out in step["premises"]]
                    changes += [{"premises": rest} for rest in fewer]
            else:
                changes.append({"triple": [*step["triple"][:2], "<https://example.org/nobody>"]})
            for source, start, end in step.get("spans", [])[:1]:
                changes.append({"spans": [["nobody", start, end]]})
                changes.append({"spans": [[source, 1 + start if isinstance(start, int) else "another", end]]})
            for change in changes:
                wrong = deepcopy(proof)
                wrong["steps"][number].update(change)
                assert checker.errors(wrong), (triple, step, change)
