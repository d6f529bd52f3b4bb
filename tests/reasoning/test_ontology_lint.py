"""Linting of ontologies about films."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from kg.graph.rdf_files import read_all_triples
from kg.graph.triple_tables import TripleTables
from kg.project import find_project
from kg.reasoning.infer import infer
from kg.reasoning.ontology_lint import lint
from kg.reasoning.rules import TYPE
from kg.terms import Spo, entity_iri, to_spo

PREFIXES = """
@prefix : <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def spo(turtle: str) -> list[Spo]:
    quads = parse((PREFIXES + turtle).encode(), format=RdfFormat.TURTLE)
    return [to_spo(q) for q in quads]


@pytest.mark.parametrize(
    ("turtle", "check", "words"),
    [
        (":knows a owl:ReflexiveProperty .", "owl/profile", "itself"),
        ("[] owl:onProperty :won ; owl:minCardinality 1 .", "owl/profile", "minimum"),
        ("[] owl:onProperty :won ; owl:maxCardinality 3 .", "owl/profile", "0 and 1"),
        ("<https://example.org/> owl:imports :other .", "owl/profile", "not fetched"),
        (
            ":Film rdfs:subClassOf [ owl:onProperty :title ; owl:someValuesFrom :Title ] .",
            "owl/profile",
            "as superclass",
        ),
        ("[ owl:onProperty :won ; owl:allValuesFrom :Award ] rdfs:subClassOf :Film .", "owl/profile", "as subclass"),
        (":year a owl:FunctionalProperty .", "owl/identity", "disagree"),
        (":imdb a owl:InverseFunctionalProperty .", "owl/identity", "disagree"),
        (":Film owl:hasKey ( :title ) .", "owl/identity", "disagree"),
        ("rdfs:label rdfs:domain :Film .", "owl/typing", "annotated"),
        (":director rdfs:domain :Film , :Series .", "owl/typing", "all of"),
        (":director rdfs:domain owl:Thing .", "owl/typing", "no information"),
        (":workedWith a owl:TransitiveProperty , owl:SymmetricProperty .", "owl/growth", "n times n"),
        (
            ":next owl:propertyChainAxiom ( :next :prior ) . :prior owl:propertyChainAxiom ( :x :next ) .",
            "owl/chain",
            "depends",
        ),
        (":Film owl:disjointWith :Work . :Film rdfs:subClassOf :Work .", "owl/impossible", "cannot have members"),
        (":Work owl:unionOf :missing .", "owl/list", "ignored"),
    ],
)
def test_a_dangerous_axiom_is_a_warning(turtle: str, check: str, words: str) -> None:
    finding = next(finding for finding in lint(spo(turtle)) if finding.check == check)
    assert words in finding.message
    assert lint(spo(turtle)).ok  # a warning, not a violation


@pytest.mark.parametrize(
    "turtle",
    [
        ":follows a owl:TransitiveProperty .",
        ":follows owl:propertyChainAxiom ( :follows :follows ) .",
        ":castOf owl:propertyChainAxiom ( :directed :castMember ) .",
        ":partOf owl:propertyChainAxiom ( :partOf :memberOf ) .",
        ":Film rdfs:subClassOf [ owl:onProperty :won ; owl:allValuesFrom :Award ] .",
        "[ owl:onProperty :won ; owl:someValuesFrom :Award ] rdfs:subClassOf :AwardedFilm .",
        ":director rdfs:domain :Film , :Work . :Film rdfs:subClassOf :Work .",
        ":pages a owl:AnnotationProperty ; rdfs:range xsd:boolean .",
    ],
)
def test_a_common_axiom_gives_no_warning(turtle: str) -> None:
    assert list(lint(spo(turtle))) == []


def test_axioms_of_one_kind_are_one_warning() -> None:
    films = "".join(f":Film{i} rdfs:subClassOf [ owl:unionOf ( :Short :Feature ) ] ." for i in range(6))
    properties = ":cast rdfs:domain [ owl:unionOf ( :Film :Series ) ] ; rdfs:range [ owl:oneOf ( :kim ) ] ."
    warnings = [finding.message for finding in lint(spo(films + properties))]
    assert [message.partition(" is outside OWL 2 RL: ")[2] for message in warnings] == [
        "no rule reads it.",
        "entities are in the expression, and nothing more follows.",
        "entities are in the expression, and nothing more follows.",
    ]
    assert "Film2> and 3 more: the class expression unionOf as superclass" in warnings[0]


def test_an_imported_ontology_among_the_files_gives_no_warning() -> None:
    films = "<https://example.org/films> owl:imports :people , :places . :people a owl:Ontology ."
    (finding,) = lint(spo(films))
    assert "https://example.org/places" in finding.message


def test_our_own_ontology_gives_no_warning() -> None:
    own = find_project(Path(__file__).parents[2]).ontology
    triples = [to_spo(t) for t in read_all_triples(own)]
    assert list(lint(triples)) == []


def test_pairs_of_disjoint_classes_without_data_are_one_finding() -> None:
    terms = "(film:Film film:Person film:Place film:Award)"
    prefix = "@prefix film: <https://w3id.org/filmgraph/film/> ."
    axioms = spo(f"{prefix} :All a owl:AllDisjointClasses ; owl:members {terms} .")
    (pairs,) = lint(axioms, relations={(TYPE, str(entity_iri("Film")))})
    assert pairs.message == (
        "6 pairs of disjoint classes never contradict each other (cax-adc): no data uses Award, Person, Place."
    )


def test_a_rule_that_reads_a_relation_without_facts_never_fires() -> None:
    ontology = spo(":director rdfs:range :Person . :Person rdfs:subClassOf :Agent . :Robot rdfs:subClassOf :Agent .")
    (finding,) = lint(ontology, relations=[("<https://example.org/director>", "")])
    assert (finding.check, finding.focus) == ("owl/never-fires", "<https://example.org/Robot>")
    assert not list(
        lint(ontology, relations=[("<https://example.org/director>", ""), (TYPE, "<https://example.org/Robot>")])
    )


def test_terms_without_data_are_named_together_and_rules_with_several_premises_apart() -> None:
    ontology = spo(
        ":director rdfs:range :Person . :writer rdfs:range :Person . :Robot rdfs:subClassOf :Agent ."
        " :Dog owl:disjointWith :Cat ."
    )
    present = [("<https://example.org/director>", ""), (TYPE, "<https://example.org/Cat>")]
    rule, terms = sorted(finding.message for finding in lint(ontology, relations=present))
    assert "no data uses <https://example.org/Dog>" in rule
    assert terms.startswith("No data uses <https://example.org/Robot>, <https://example.org/writer>, so")


def test_inference_warns_about_axioms_outside_owl_2_rl() -> None:
    quads = parse((PREFIXES + ":knows a owl:ReflexiveProperty .").encode(), format=RdfFormat.TURTLE)
    report = infer(TripleTables(), [quad.triple for quad in quads]).report
    assert [finding.check for finding in report] == ["owl/profile"]
    assert report.ok
