"""The schema knows which classes are above which."""

from __future__ import annotations

import pytest

from kg.terms import entity_iri
from tests.projects import SmallProject


@pytest.mark.parametrize(
    ("classes", "narrowest"),
    [
        ((), ()),
        (("Work", "Film"), ("Film",)),
        (("Film", "Person"), ("Film", "Person")),
        (("Film", "NoSuchClass"), ("Film", "NoSuchClass")),
    ],
)
def test_the_narrowest_classes_are_above_no_other(
    project: SmallProject, classes: tuple[str, ...], narrowest: tuple[str, ...]
) -> None:
    found = project.schema.narrowest(map(entity_iri, classes))
    assert found == tuple(map(entity_iri, narrowest))


def test_an_open_graph_has_the_hierarchy_of_its_ontology(project: SmallProject) -> None:
    ontology = project.open().ontology
    assert entity_iri("Work") in ontology.ancestors(entity_iri("Film"))
