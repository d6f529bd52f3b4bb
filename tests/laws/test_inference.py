"""Laws of inference, for any ontology and any facts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from kg.graph.rdf_files import read_all_triples
from kg.graph.triple_tables import TripleTables
from kg.pipeline.changed_inference import GIVEN
from kg.project import find_project
from kg.reasoning.delete_rederive import infer_changes
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


@settings(law, max_examples=cases(30))
@given(ontologies(equality=False), facts(), facts(), facts(), st.lists(facts(), min_size=2, max_size=2))
def test_a_change_gives_what_inferring_everything_gives(
    ontology: list[Triple], kept: list[Triple], gone: list[Triple], new: list[Triple], derived: list[list[Triple]]
) -> None:
    """By delete and rederive; some changes, as of classes and properties, are inferred completely anyway."""
    tables, anew = TripleTables(), TripleTables()
    tables.add([*kept, *gone])
    if not infer(tables, ontology, derived=derived[0]).is_closed:
        return
    anew.add([*kept, *new])
    complete = infer(anew, ontology, derived=derived[1])
    change(tables, [*kept, *new], before=derived[0], after=derived[1])
    tables.sql.execute("DELETE FROM axiom")
    tables.add(ontology, table="axiom")
    inference = infer_changes(tables)
    if inference is not None:
        assert sorted(tables.triple_texts(table="inferred")) == sorted(anew.triple_texts(table="inferred"))
        assert sorted(map(str, inference.report)) == sorted(map(str, complete.report))


def change(tables: TripleTables, asserted: list[Triple], *, before: list[Triple], after: list[Triple]) -> None:
    """Give tables other asserted triples, and what has changed of these and of derived ones, as builds do."""
    for name in ("now", "day_before", "day_now"):
        tables.sql.execute(f"CREATE TEMP TABLE {name}(s UINTEGER, p UINTEGER, o UINTEGER)")
    for name, triples in (("now", asserted), ("day_before", before), ("day_now", after)):
        tables.add(triples, table=name)
    tables.sql.execute(
        "CREATE TEMP TABLE asserted_new AS FROM now ANTI JOIN triple USING (s, p, o);"
        "CREATE TEMP TABLE asserted_gone AS FROM triple ANTI JOIN now USING (s, p, o);"
        "DELETE FROM triple; INSERT INTO triple FROM now;"
        "DELETE FROM inferred WHERE (s, p, o) IN (SELECT (s, p, o) FROM asserted_new);"
        f"INSERT INTO inferred FROM asserted_gone; {GIVEN}"
    )
