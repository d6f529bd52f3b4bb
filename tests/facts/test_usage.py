"""Properties on entities of classes on which they are not used, where queries do not look for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.facts.fact_table import ProjectFacts
from kg.facts.readers import read_facts
from kg.facts.usage import check_usage
from kg.graph.triple_tables import TripleTables
from kg.project import find_project
from kg.schema import Schema, read_ontology, to_schema

ROOT = Path(__file__).parents[2]
FACTS = """\
source: review
anora:
  type: FeatureFilm
  label: Anora
"""


@pytest.fixture(scope="module")
def schema() -> Schema:
    return to_schema(read_ontology(find_project(ROOT).ontology))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ("award: <urn:prize>", ["award: Write recognition: {award: ...}."]),
        ("outcome: won", ["outcome: Write recognition: {outcome: ...}."]),
        ("release: {date: 2024, countryOfOrigin: <urn:usa>}", ["countryOfOrigin: Did you mean territory?"]),
        ("budget: {amount: 5, currency: EUR, date: 2024}", ["date: Did you mean asOf?"]),
        ("rating: {IMDb: 8.1, date: 2024}", ["date: Did you mean asOf?"]),
        ("gross: {France: €5, Spain: €7, date: 2024}", ["date: Did you mean asOf?"]),
        ("birthDate: 2024", ["birthDate: It is used on film:Person."]),
        ("recognition: {award: <urn:prize>, outcome: won}", []),
        ("producer: <urn:baker>", []),
    ],
    ids=[
        *("in-a-part", "text-in-a-part", "of-the-owner", "of-a-figure", "of-a-rating", "of-several-parts"),
        *("of-another-class", "part", "of-a-superclass"),
    ],
)
def test_a_property_is_used_on_the_classes_that_the_ontology_names(
    facts: str, expected: list[str], schema: Schema, tmp_path: Path
) -> None:
    (tmp_path / "sources.yaml").write_text("review: {title: A review}\n")
    (tmp_path / "films.yaml").write_text(f"{FACTS}  {facts}\n")
    findings = list(check_usage(read_facts(tmp_path, schema, ProjectFacts(TripleTables())).facts.where("true"), schema))
    assert [f"{finding.message.partition(' ')[0]}: {finding.remedy}" for finding in findings] == expected
    assert all(finding.severity.value == "warning" for finding in findings)


@pytest.mark.parametrize(
    ("block", "suggestion"),
    [
        ("  listed: Sight and Sound\n", ("recognition",)),
        ("  honours: Golden Leopard\n", ("recognition",)),
        ("  release: {date: 2024, region: France}\n", ("territory",)),
        ("  recognition: {outcome: won, award: <urn:prize>, winner: <urn:baker>}\n", ("recipient", "outcome")),
    ],
)
def test_an_unknown_property_suggests_those_of_its_class(
    block: str, suggestion: tuple[str, ...], schema: Schema, tmp_path: Path
) -> None:
    (tmp_path / "sources.yaml").write_text("review: {title: A review}\n")
    (tmp_path / "films.yaml").write_text(FACTS + block)
    read = read_facts(tmp_path, schema, ProjectFacts(TripleTables()))
    (finding,) = (found for found in read.findings if found.check == "facts/unknown-property")
    assert finding.suggestions == suggestion
