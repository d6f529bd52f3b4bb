"""The schema knows which classes are above which."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import InputError
from kg.project import find_project
from kg.schema import read_ontology, suggest_terms, to_schema
from kg.terms import entity_iri
from tests.projects import ROOT, SmallProject


@pytest.mark.parametrize(
    ("classes", "narrowest"),
    [
        ((), ()),
        (("Work", "Film"), ("Film",)),
        (("Film", "Person"), ("Film", "Person")),
        (("Film", "NoSuchClass"), ("Film", "NoSuchClass")),
        (("Place", "City", "Film"), ("City", "Film")),
        (("Place", "Country", "Capital", "City"), ("Capital", "Country")),
    ],
)
def test_the_narrowest_classes_are_above_no_other(
    project: SmallProject, classes: tuple[str, ...], narrowest: tuple[str, ...]
) -> None:
    found = project.schema.narrowest(map(entity_iri, classes))
    assert found == tuple(map(entity_iri, narrowest))


def test_a_kind_narrows_a_class(project: SmallProject) -> None:
    schema = project.schema
    city, capital, place = map(entity_iri, ("City", "Capital", "Place"))
    assert schema.class_of(capital) == schema.class_of(city) == schema.class_of(place) == place
    assert schema.words_of(city) == {"city", "capital"}
    assert schema.words_of(place) == frozenset()
    assert schema.types_of([place], ["capital", "no such word"]) == {place, city, capital}
    assert schema.types_of([entity_iri("Film")], ["capital"]) == {entity_iri("Film")}
    assert schema.type_names["city"] == schema.type_names["City"] == city
    assert schema.usual_type(schema.properties[entity_iri("territory")]) == "Country"


def test_kinds_in_a_ring_have_an_end(project: SmallProject) -> None:
    project.write(
        "ontology/ring.ttl",
        "@prefix film: <https://w3id.org/filmgraph/film/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> . "
        'film:A a skos:Concept ; skos:notation "a" ; skos:broader film:B . '
        'film:B a skos:Concept ; skos:notation "b" ; skos:broader film:A .',
    )
    schema = project.schema
    assert schema.words_of(entity_iri("A")) == {"a", "b"}
    assert schema.class_of(entity_iri("A")) in (entity_iri("A"), entity_iri("B"))


def test_every_kind_of_ours_narrows_a_class_and_its_word_is_its_own() -> None:
    schema = to_schema(read_ontology(find_project(ROOT).ontology))
    assert len(schema.kind_words) == len(schema.kinds) > 5
    assert {schema.class_of(kind) for kind in schema.kinds} <= set(schema.classes)


def test_an_open_graph_has_the_hierarchy_of_its_ontology(project: SmallProject) -> None:
    ontology = project.open().ontology
    assert entity_iri("Work") in ontology.ancestors(entity_iri("Film"))


def test_a_known_entry_of_another_form_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "own.ttl"
    path.write_text(
        "@prefix film: <https://w3id.org/filmgraph/film/> . @prefix write: <https://w3id.org/filmgraph/ontology#> .\n"
        'write:own write:of film:rating ; write:entryWith "Trakt score 10" .\n'
    )
    with pytest.raises(InputError, match=r"'Trakt score 10'; write it like 'Metacritic \{score\} scale: 100'"):
        to_schema(read_ontology([path]))


@pytest.mark.parametrize("text", ["x", "q", "", "film:"])
def test_a_text_of_a_letter_or_none_suggests_no_term(text: str) -> None:
    schema = to_schema(read_ontology(find_project(ROOT).ontology))
    assert suggest_terms(text, (*schema.properties.values(), *schema.kinds.values())) == []
