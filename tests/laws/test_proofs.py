"""Laws of proofs: the independent checker accepts a proof of every conclusion, and rejects every changed proof."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.graph.triple_tables import TripleTables
from kg.proofs.checker import proof_errors
from kg.proofs.proof import proof_document
from kg.proofs.search import MemoryGraph, ProofSearch
from kg.reasoning.infer import infer
from kg.reasoning.ontology import Ontology
from kg.reasoning.rules import BY_NAME, FIRST, REST
from kg.terms import Spo, to_spo
from tests.laws.ontologies import EX, A, facts, listed, ontologies, owl
from tests.laws.sizes import cases

law = settings(deadline=None, max_examples=cases(60), suppress_health_check=[HealthCheck.too_slow])
SPAN = ("source", 0, 5)


def texts(triples: list[Triple]) -> list[Spo]:
    return [to_spo(t) for t in triples]


@dataclass(frozen=True)
class ClosedFilms:
    """A closed graph: its facts, axioms and conclusions, and a search for proofs of them."""

    search: ProofSearch
    facts: set[Spo]
    axioms: set[Spo]
    inferred: list[Spo]

    def errors(self, document: dict[str, Any]) -> list[str]:
        return proof_errors(document, facts={fact: [SPAN] for fact in self.facts}, axioms=self.axioms)


def close(ontology: list[Triple], data: list[Triple]) -> ClosedFilms:
    tables = TripleTables()
    tables.add(data)
    infer(tables, ontology, schema=True, same_as="all")
    inferred = sorted(tables.triple_texts(table="inferred"))
    asserted, axioms = set(texts(data)), set(texts(ontology))
    # Lists are read as they were asserted: written under every name, a list of two names has two rdf:first.
    schema = Ontology([*asserted, *axioms, *(t for t in inferred if t[1] not in (FIRST, REST))])
    graph = MemoryGraph([*asserted, *axioms, *inferred])
    search = ProofSearch(graph, schema, is_asserted=asserted.__contains__, is_axiom=axioms.__contains__)
    return ClosedFilms(search, asserted, axioms, inferred)


@law
@given(ontologies(), facts())
def test_every_conclusion_has_a_proof_that_the_checker_accepts(ontology: list[Triple], data: list[Triple]) -> None:
    films = close(ontology, data)
    for triple in films.inferred:
        proof = films.search.proof(triple)
        assert proof is not None, triple
        assert films.errors(proof_document(proof)) == []


def test_a_key_never_makes_a_literal_equal_to_an_entity() -> None:
    """The inverse of a property of the key leads from a literal to an entity: nothing follows without a proof."""
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
    films = close(ontology, [Triple(alien, A, film), Triple(alien, knows, Literal("Alien"))])
    assert not any("sameAs" in triple[1] and '"Alien"' in triple for triple in films.inferred)
    assert all(films.search.proof(triple) is not None for triple in films.inferred)


@law
@given(ontologies(), facts(), st.data())
def test_a_proof_with_one_change_is_rejected(ontology: list[Triple], data: list[Triple], draw: st.DataObject) -> None:
    films = close(ontology, data)
    assume(films.inferred)
    triple = draw.draw(st.sampled_from(films.inferred))
    proof = films.search.proof(triple)
    assert proof is not None
    for wrong in changed(proof_document(proof)):
        assert films.errors(wrong), wrong


def changed(proof: dict[str, Any]) -> list[dict[str, Any]]:
    """The proof with, in turn, each rule renamed, each premise left out, each fact replaced by an unknown one."""
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
            if step["kind"] == "fact":
                variant(number, spans=[["source", 1, 5]])
    return variants
