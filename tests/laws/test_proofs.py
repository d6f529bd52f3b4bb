"""Every conclusion has a proof, and a small checker that shares nothing with the reasoner accepts it - and no other."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.graph.triple_tables import TripleTables
from kg.proofs.checker import faults
from kg.proofs.proof import to_json
from kg.proofs.search import MemoryGraph, ProofSearch
from kg.reasoning.infer import infer
from kg.reasoning.ontology import Ontology
from kg.reasoning.rules import BY_NAME, FIRST, REST
from kg.terms import Spo, to_spo
from tests.laws.ontologies import EX, A, facts, listed, ontologies, owl

law = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
SPOT = ("source", 0, 5)


def texts(triples: list[Triple]) -> list[Spo]:
    return [to_spo(t) for t in triples]


def explained(ontology: list[Triple], data: list[Triple]) -> tuple[ProofSearch, set[Spo], set[Spo], list[Spo]]:
    """An explainer of the closed graph, what was said, the axioms, and what follows."""
    workshop = TripleTables()
    workshop.add(data)
    infer(workshop, ontology, schema=True, same_as="all")
    inferred = sorted(workshop.triple_texts(table="inferred"))
    said, axioms = set(texts(data)), set(texts(ontology))
    known = [*said, *axioms, *inferred]
    # Lists are read as they were said: written out under every name, a list of two names has two firsts.
    about = Ontology([*said, *axioms, *(t for t in inferred if t[1] not in (FIRST, REST))])
    explainer = ProofSearch(MemoryGraph(known), about, is_asserted=said.__contains__, is_axiom=axioms.__contains__)
    return explainer, said, axioms, inferred


@law
@given(ontologies(), facts())
def test_every_conclusion_has_a_proof_that_the_checker_accepts(ontology: list[Triple], data: list[Triple]) -> None:
    explainer, said, axioms, inferred = explained(ontology, data)
    for triple in inferred:
        proof = explainer.proof(triple)
        assert proof is not None, triple
        assert faults(to_json(proof), facts={fact: [SPOT] for fact in said}, axioms=axioms) == []


def test_a_literal_is_not_made_one_with_a_thing_by_a_key() -> None:
    """A thing is known by a literal, the other way round by a property of the key: nothing follows without a proof."""
    film, value = NamedNode(EX + "Film"), BlankNode("value")
    directed, knows = NamedNode(EX + "directed"), NamedNode(EX + "knows")
    directed_by, alien = NamedNode(EX + "directedBy"), NamedNode(EX + "alien")
    keys, key_triples = listed("key", [directed])
    chain, chain_triples = listed("chain", [directed_by])
    ontology = [
        Triple(directed_by, owl("inverseOf"), knows),
        Triple(film, owl("equivalentClass"), value),
        Triple(value, owl("onProperty"), directed),
        Triple(value, owl("hasValue"), alien),
        Triple(film, owl("hasKey"), keys),
        Triple(directed, owl("propertyChainAxiom"), chain),
        *key_triples,
        *chain_triples,
    ]
    explainer, _, _, inferred = explained(ontology, [Triple(alien, A, film), Triple(alien, knows, Literal("Alien"))])
    assert not any("sameAs" in triple[1] and '"Alien"' in triple for triple in inferred)
    assert all(explainer.proof(triple) is not None for triple in inferred)


@law
@given(ontologies(), facts(), st.data())
def test_a_proof_with_one_thing_changed_is_rejected(
    ontology: list[Triple], data: list[Triple], draw: st.DataObject
) -> None:
    explainer, said, axioms, inferred = explained(ontology, data)
    if not inferred:
        return
    triple = draw.draw(st.sampled_from(inferred))
    found = explainer.proof(triple)
    assert found is not None
    proof = to_json(found)
    spoken = {fact: [SPOT] for fact in said}
    for wrong in changed(proof):
        assert faults(wrong, facts=spoken, axioms=axioms), wrong


def changed(proof: dict[str, Any]) -> list[dict[str, Any]]:
    """The proof with, in turn, each rule under another name, each premise left out, each thing said by nobody."""
    variants = []

    def variant(number: int, **change: object) -> None:
        wrong = deepcopy(proof)
        wrong["steps"][number].update(change)
        variants.append(wrong)

    names = list(BY_NAME)
    for number, step in enumerate(proof["steps"]):
        if "rule" in step:
            # A rule of the same table may be right as well (a property that is its own inverse); one of another is not.
            table = BY_NAME[step["rule"]].table
            variant(number, rule=next(name for name in names if BY_NAME[name].table != table))
            for place in range(len(step["premises"])):
                rest = step["premises"][:place] + step["premises"][place + 1 :]
                variant(number, premises=rest)
        else:
            s, p, _ = step["triple"]
            variant(number, triple=[s, p, "<https://example.org/nobody>"])
            if step["said"] == "fact":
                variant(number, spots=[["source", 1, 5]])
    return variants
