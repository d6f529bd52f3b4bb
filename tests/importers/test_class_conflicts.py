"""Entities that one dataset uses as two disjoint classes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.importers.spool import ClassConflict, Spool, find_class_conflicts
from kg.project import Project
from kg.schema import Schema, read_ontology, to_schema
from tests.importers.import_project import ROOT


@pytest.fixture(scope="module")
def schema() -> Schema:
    return to_schema(read_ontology(Project(ROOT).ontology))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path)
    yield spool
    spool.close()


def add_uses(spool: Spool, entity: str, property: str, class_name: str, *films: str) -> None:
    """Facts by which films lead to an entity, with its stub."""
    for name in films:
        values = {"subject": name, "property": property, "value": entity}
        spool.sql.execute("INSERT INTO row BY NAME SELECT $subject AS subject, $property AS property, $value AS value",
                          values)  # fmt: skip
    spool.sql.execute("INSERT INTO stub VALUES (?, ?, '', '', '', '', ?, 1, true)", [entity, class_name, property])


def add_class(spool: Spool, entity: str, class_name: str) -> None:
    row = "SELECT ? AS subject, 'type' AS property, ? AS value"
    spool.sql.execute(f"INSERT INTO row BY NAME {row}", [entity, class_name])


def conflicts(spool: Spool, schema: Schema) -> set[ClassConflict]:
    return set(find_class_conflicts(spool.sql, schema))


def test_the_class_of_fewer_facts_is_wrong(spool: Spool, schema: Schema) -> None:
    add_uses(spool, "uk", "countryOfOrigin", "Country", "anora", "tangerine")
    add_uses(spool, "uk", "productionCompany", "Organisation", "starlet")
    assert conflicts(spool, schema) == {ClassConflict("uk", "productionCompany", "Organisation", "Country")}


def test_the_class_that_the_dataset_states_is_right_whatever_most_facts_use(spool: Spool, schema: Schema) -> None:
    add_class(spool, "uk", "Country")
    add_uses(spool, "uk", "countryOfOrigin", "Country", "anora")
    add_uses(spool, "uk", "productionCompany", "Organisation", "starlet", "tangerine", "take-out")
    assert conflicts(spool, schema) == {ClassConflict("uk", "productionCompany", "Organisation", "Country")}


def test_each_property_of_the_wrong_class_is_wrong(spool: Spool, schema: Schema) -> None:
    add_uses(spool, "uk", "countryOfOrigin", "Country", "a", "b", "c")
    add_uses(spool, "uk", "productionCompany", "Organisation", "d")
    add_uses(spool, "uk", "distributor", "Organisation", "e")
    assert {conflict.via for conflict in conflicts(spool, schema)} == {"productionCompany", "distributor"}


def test_classes_that_are_not_disjoint_are_no_conflict(spool: Spool, schema: Schema) -> None:
    add_uses(spool, "neon", "distributor", "Organisation", "anora", "tangerine")
    add_uses(spool, "neon", "productionCompany", "Company", "starlet")
    assert conflicts(spool, schema) == set()


def test_a_subclass_is_disjoint_where_its_superclass_is(spool: Spool, schema: Schema) -> None:
    add_uses(spool, "uk", "countryOfOrigin", "Country", "anora", "tangerine")
    add_uses(spool, "uk", "productionCompany", "Company", "starlet")
    assert conflicts(spool, schema) == {ClassConflict("uk", "productionCompany", "Company", "Country")}


def test_a_class_that_the_ontology_does_not_have_is_no_conflict(spool: Spool, schema: Schema) -> None:
    add_uses(spool, "uk", "countryOfOrigin", "Country", "anora", "tangerine")
    add_uses(spool, "uk", "productionCompany", "Spaceship", "starlet")
    assert conflicts(spool, schema) == set()


def test_the_reason_names_both_classes() -> None:
    conflict = ClassConflict("uk", "productionCompany", "Organisation", "Country")
    assert conflict.reason == "used as Organisation here, but it is a Country elsewhere in the same source"
