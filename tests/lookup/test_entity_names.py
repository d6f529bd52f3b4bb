"""Entities by the names that people type."""

from __future__ import annotations

import pytest

from kg import filmgraph
from kg.errors import AmbiguousNameError, UnknownNameError
from kg.graph.build_files import NAME_INDEX
from kg.lookup.entity_names import EntityNames
from tests.projects import SmallProject

REPLACED = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
film:realisator <http://purl.org/dc/terms/isReplacedBy> film:director .
"""
PEOPLE = """\
source: encyclopedia
ines: {type: Person, label: Inês Carvalho}
jean: {type: Person, label: Jean-Luc Godard}
ana: {type: Person, label: Ana}
other-ana: {type: Person, label: Aná}
"""


def test_case_accents_and_hyphens_do_not_matter_where_one_name_is_meant(project: SmallProject) -> None:
    project.write("data/people.yaml", PEOPLE)
    graph = project.open()
    for name in ("Inês Carvalho", "ines carvalho", "Ines Carvalho", "INÊS-CARVALHO"):
        assert graph.entity(name).value.endswith("/ines")
    assert graph.entity("jean luc godard").value.endswith("/jean")
    assert graph.entity("Ana").value.endswith("/ana")
    with pytest.raises(AmbiguousNameError):
        graph.entity("àna")
    with pytest.raises(UnknownNameError):
        graph.entity("Carvalho")


def test_of_a_large_graph_only_similar_names_are_read(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("data/people.yaml", PEOPLE)
    read_all = project.open()
    monkeypatch.setattr(filmgraph, "IN_MEMORY", 1)
    graph = project.open()
    assert graph.entity("INÊS-CARVALHO").value.endswith("/ines")
    for name, class_name in (
        ("àna", ""),
        ("Jean-Luc Godart", ""),
        ("Carvalho", ""),
        ("Anoro", "Film"),
        ("Ana", "Film"),
    ):
        with pytest.raises((AmbiguousNameError, UnknownNameError)) as expected:
            read_all.entity(name, class_name=class_name)
        monkeypatch.setattr(EntityNames, "_all_names", None)
        with pytest.raises(expected.type) as found:
            graph.entity(name, class_name=class_name)
        monkeypatch.undo()
        monkeypatch.setattr(filmgraph, "IN_MEMORY", 1)
        assert str(found.value) == str(expected.value)
    assert (graph.build / NAME_INDEX).is_file()


def test_a_source_without_a_label_is_called_by_its_title_but_not_found_by_it(project: SmallProject) -> None:
    project.write("data/people.yaml", PEOPLE)
    graph = project.open()
    source = graph.entity("source:encyclopedia")
    title = graph.provenance.sources["encyclopedia"].title
    assert graph.names.label(source) == title != ""
    with pytest.raises(UnknownNameError):
        graph.entity(title)


def test_a_property_of_an_earlier_ontology_is_named_with_its_replacement(project: SmallProject) -> None:
    project.write("data/people.yaml", PEOPLE)
    project.write("ontology/replaced.ttl", REPLACED)
    graph = project.open()
    for name in ("realisator", "film:realisator"):
        with pytest.raises(UnknownNameError, match=f"no property '{name}'; it is now director"):
            graph.names.property_iri(name)
