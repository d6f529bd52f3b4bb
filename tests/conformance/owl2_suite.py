"""The test cases of the OWL working group, read from the suite's file: premise, conclusion, and kind of test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from kg.graph.rdf_files import read_triples
from kg.terms import to_spo

TEST = "http://www.w3.org/2007/OWL/testOntology#"
SUITE = Path(__file__).parent / "w3c" / "owl2" / "rl-approved.rdf"


@dataclass(frozen=True, slots=True)
class Case:
    """One test case: its name, its kind of test, and its graphs."""

    name: str
    kind: str
    premise: tuple[Triple, ...]
    conclusion: tuple[Triple, ...]


KINDS = {
    "PositiveEntailmentTest": "rdfXmlConclusionOntology",
    "NegativeEntailmentTest": "rdfXmlNonConclusionOntology",
    "InconsistencyTest": "",
    "ConsistencyTest": "",
}


def cases() -> Iterator[Case]:
    """The approved cases of the profile RL under the RDF-based semantics."""
    store = Store()
    store.bulk_extend(Quad(t.subject, t.predicate, t.object) for t in read_triples(SUITE))
    wanted = (("status", "Approved"), ("profile", "RL"), ("semantics", "RDF-BASED"))

    def values(node: NamedNode, name: str) -> list[str]:
        return sorted(_value(q.object) for q in store.quads_for_pattern(node, NamedNode(TEST + name), None))

    def graph(node: NamedNode, name: str) -> tuple[Triple, ...]:
        return tuple(
            triple
            for text in values(node, name)
            for triple in parse(text.encode(), format=RdfFormat.RDF_XML, base_iri="http://example.org/")
        )

    kind_of = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    nodes = {q.subject for q in store.quads_for_pattern(None, NamedNode(TEST + "identifier"), None)}
    for node in sorted(nodes, key=str):
        assert isinstance(node, NamedNode)
        if not all(TEST + value in values(node, name) for name, value in wanted):
            continue
        name = values(node, "identifier")[0]
        kinds = {str(q.object)[1:-1].removeprefix(TEST) for q in store.quads_for_pattern(node, kind_of, None)}
        for kind in sorted(kinds & set(KINDS)):
            premise = graph(node, "rdfXmlPremiseOntology")
            conclusion = graph(node, KINDS[kind]) if KINDS[kind] else ()
            if premise:  # some cases are only given in functional syntax
                yield Case(name, kind, premise, conclusion)


def _value(term: object) -> str:
    assert isinstance(term, NamedNode | Literal | BlankNode)
    return term.value


def entails(closed: set[tuple[str, str, str]], conclusion: tuple[Triple, ...]) -> bool:
    """True when the conclusion is in the closed graph, with its blank nodes as variables."""
    patterns = [to_spo(t) for t in conclusion]
    header = "<http://www.w3.org/2002/07/owl#Ontology>"
    return _holds([t for t in patterns if t[2] != header], closed, {})


def _holds(patterns: list[tuple[str, str, str]], closed: set[tuple[str, str, str]], bound: dict[str, str]) -> bool:
    if not patterns:
        return True

    def open_places(pattern: tuple[str, str, str]) -> int:
        return sum(t.startswith("_:") and t not in bound for t in pattern)

    first = min(patterns, key=open_places)
    rest = [p for p in patterns if p is not first]
    filled = tuple(bound.get(t, t) for t in first)
    if open_places(first) == 0:
        return (filled[0], filled[1], filled[2]) in closed and _holds(rest, closed, bound)
    for triple in closed:
        extended = dict(bound)
        if all(
            extended.setdefault(part, term) == term if part.startswith("_:") and part not in bound else part == term
            for part, term in zip(filled, triple, strict=True)
        ) and _holds(rest, closed, extended):
            return True
    return False
