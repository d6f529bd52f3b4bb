"""Laws of inference, for any ontology and any facts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from kg.graph.rdf_files import read_all_triples
from kg.graph.triple_tables import TripleTables
from kg.project import find_project
from kg.reasoning.infer import infer
from kg.terms import OWL, TYPE, XSD, Spo, entity_iri, to_spo
from tests.laws.ontologies import facts, ontologies
from tests.laws.sizes import cases

law = settings(deadline=None, max_examples=cases(150), suppress_health_check=[HealthCheck.too_slow])


def texts(triples: list[Triple]) -> set[Spo]:
    return {to_spo(t) for t in triples}


def closed(ontology: list[Triple], data: list[Triple]) -> tuple[set[Spo], bool]:
    """The closed graph, conclusions about classes and properties included; and whether it is consistent."""
    tables = TripleTables()
    tables.add(data)
    inference = infer(tables, ontology, schema=True)
    inferred = set(tables.triple_texts(table="inferred"))
    assert not inferred & set(tables.triple_texts())
    return inferred | texts(data) | texts(ontology), inference.report.ok


@law
@given(ontologies(), facts())
def test_inferring_again_adds_nothing(ontology: list[Triple], data: list[Triple]) -> None:
    once = TripleTables()
    once.add(data)
    infer(once, ontology)
    twice = TripleTables()
    twice.add([*data, *once.triples(table="inferred")])
    infer(twice, ontology)
    assert not list(twice.triple_texts(table="inferred"))


@settings(law, max_examples=cases(45))
@given(ontologies(equality=False), facts(), facts())
def test_triples_derived_beforehand_are_known_facts_but_not_asserted(
    ontology: list[Triple], data: list[Triple], derived: list[Triple]
) -> None:
    all_asserted, some_derived = TripleTables(), TripleTables()
    all_asserted.add([*data, *derived])
    infer(all_asserted, ontology)
    some_derived.add(data)
    infer(some_derived, ontology, derived=derived)
    expected = {*all_asserted.triple_texts(), *all_asserted.triple_texts(table="inferred")}
    assert set(some_derived.triple_texts()) == texts(data)
    assert set(some_derived.triple_texts(table="inferred")) == expected - texts(data)


FILM_ONTOLOGY = find_project(Path(__file__).parents[2]).ontology
dates = st.dates(date(1900, 1, 1), date(2030, 1, 1)).map(
    lambda d: Literal(d.isoformat(), datatype=NamedNode(XSD + "date"))
)


@settings(law, max_examples=cases(40))
@given(st.lists(dates, min_size=2, max_size=4, unique=True), st.booleans())
def test_sources_that_disagree_change_no_other_film(released: list[Literal], functional: bool) -> None:
    """Two dates, two titles or two directors of one film: what follows about other films is what followed before."""
    ontology = list(read_all_triples(FILM_ONTOLOGY))
    if functional:  # not even where an ontology has one date only
        ontology.append(Triple(entity_iri("released"), TYPE, NamedNode(OWL + "FunctionalProperty")))
    one, other = entity_iri("one"), entity_iri("other")
    agreed = [
        Triple(other, entity_iri("released"), released[0]),
        Triple(other, entity_iri("title"), Literal("Other")),
        Triple(other, entity_iri("director"), entity_iri("somebody")),
        Triple(one, entity_iri("released"), released[0]),
        Triple(one, entity_iri("title"), Literal("One")),
        Triple(one, entity_iri("director"), entity_iri("somebody")),
    ]
    disputed = [Triple(one, entity_iri("released"), day) for day in released[1:]]
    disputed += [
        Triple(one, entity_iri("title"), Literal("Other")),
        Triple(one, entity_iri("director"), entity_iri("somebody-else")),
    ]

    def about_others(data: list[Triple]) -> set[Spo]:
        named = {str(one), str(entity_iri("somebody-else"))}
        return {t for t in closed(ontology, data)[0] if not named & {t[0], t[2]}}

    assert about_others([*agreed, *disputed]) == about_others(agreed)
