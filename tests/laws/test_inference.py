"""What must hold of inference, whatever the ontology and the facts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from kg.graph.rdf_files import read_triples
from kg.graph.triple_tables import TripleTables
from kg.reasoning.infer import infer
from kg.reasoning.owlrl_engine import closure
from kg.reasoning.rules import SAME
from kg.reasoning.tautologies import is_trivial
from kg.terms import OWL, TYPE, XSD, Spo, entity_iri, to_spo
from tests.laws.ontologies import facts, ontologies, owl

law = settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])


def said(triples: list[Triple]) -> set[Spo]:
    return {to_spo(t) for t in triples}


def ours(ontology: list[Triple], data: list[Triple], *, schema: bool = True) -> tuple[set[Spo], bool]:
    workshop = TripleTables()
    workshop.add(data)
    found = infer(workshop, ontology, schema=schema)
    inferred = set(workshop.triple_texts(table="inferred"))
    assert not inferred & set(workshop.triple_texts())
    return inferred | said(data) | said(ontology), found.report.ok


def under_one_name(triples: set[Spo]) -> set[Spo]:
    """The triples with every name replaced by the least of those it is the same as."""
    least: dict[str, str] = {}

    def root(text: str) -> str:
        while text in least:
            text = least[text]
        return text

    for s, p, o in sorted(triples):
        if p == SAME:
            one, other = sorted((root(s), root(o)), key=lambda t: (t.startswith('"'), t.startswith("_"), t))
            if one != other:
                least[other] = one
    return {(root(s), root(p), root(o)) for s, p, o in triples if not root(s).startswith('"')}


@law
@given(ontologies(equality=False), facts())
def test_what_follows_is_what_owlrl_says(ontology: list[Triple], data: list[Triple]) -> None:
    theirs, _ = closure(said(ontology) | said(data))
    mine, _ = ours(ontology, data)
    assert {t for t in mine if not is_trivial(t)} == {t for t in theirs if not is_trivial(t)}


@law
@given(ontologies(keys=False), facts())  # owlrl does not look at the last property of a key
def test_equal_names_apart_it_is_what_owlrl_says(ontology: list[Triple], data: list[Triple]) -> None:
    if any(t.predicate == owl("equivalentClass") and t.subject == t.object for t in ontology):
        return  # owlrl passes over a class that is said to be itself
    theirs, messages = closure(said(ontology) | said(data))
    if any(p == SAME and o.startswith('"') for _, p, o in theirs):
        return  # owlrl makes one value of two; a law of its own says that we do not
    mine, ok = ours(ontology, data)
    assert {t for t in under_one_name(mine) if not is_trivial(t)} == {
        t for t in under_one_name(theirs) if not is_trivial(t)
    }
    if messages:
        assert not ok


@law
@given(ontologies(), facts())
def test_inferring_twice_adds_nothing(ontology: list[Triple], data: list[Triple]) -> None:
    once = TripleTables()
    once.add(data)
    infer(once, ontology)
    twice = TripleTables()
    twice.add([*data, *once.triples(table="inferred")])
    infer(twice, ontology)
    assert not list(twice.triple_texts(table="inferred"))


FILM_ONTOLOGY = Path(__file__).parents[2] / "ontology" / "film.ttl"
dates = st.dates(date(1900, 1, 1), date(2030, 1, 1)).map(
    lambda d: Literal(d.isoformat(), datatype=NamedNode(XSD + "date"))
)


@settings(law, max_examples=40)
@given(st.lists(dates, min_size=2, max_size=4, unique=True), st.booleans())
def test_sources_that_disagree_change_no_other_film(released: list[Literal], functional: bool) -> None:
    """Two dates, two titles or two directors for one film: what follows about others is what followed before."""
    ontology = list(read_triples(FILM_ONTOLOGY))
    if functional:  # not even where an ontology says that there is one date only
        ontology.append(Triple(entity_iri("released"), TYPE, NamedNode(OWL + "FunctionalProperty")))
    one, other = entity_iri("one"), entity_iri("other")
    shared = [
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
        return {t for t in ours(ontology, data)[0] if not named & {t[0], t[2]}}

    assert about_others([*shared, *disputed]) == about_others(shared)
