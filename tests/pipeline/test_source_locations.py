"""The places of findings: the facts that caused them, also those from which a value was inferred."""

from __future__ import annotations

from itertools import product

import pytest

from kg.facts.fact_table import ProjectFacts
from kg.facts.model import Fact
from kg.pipeline.build import check
from kg.pipeline.source_locations import TablesGraph
from kg.terms import Term
from tests.projects import ANORA, SmallProject

SHAPES = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
film:FilmShape a sh:NodeShape ; sh:targetClass film:Work ;
    sh:property [ sh:path film:{0} ; sh:maxCount {1} ; sh:class film:Person ] .
"""


def places(project: SmallProject) -> list[list[str]]:
    return [[str(place) for place in finding.places] for finding in check(project.project)]


def test_an_inferred_value_is_traced_to_the_facts_that_gave_it(anora: SmallProject) -> None:
    text = ANORA.replace("  year: 2024\n", "  writer: mikey\n") + "mikey:\n  type: Person\n"
    anora.write("data/films.yaml", text)
    anora.write("ontology/shapes.ttl", SHAPES.format("contributor", 1))
    assert places(anora) == [["data/films.yaml:6:13", "data/films.yaml:7:11"]]


def test_a_finding_about_an_asserted_value_has_the_line_of_its_fact(anora: SmallProject) -> None:
    anora.write(
        "data/films.yaml", ANORA.replace("  year: 2024\n", "  award: palme-dor\n") + "palme-dor:\n  type: Award\n"
    )
    anora.write("ontology/shapes.ttl", SHAPES.format("award", 1))
    assert places(anora) == [["data/films.yaml:7:10"]]


def test_a_finding_about_a_missing_value_has_the_line_of_its_entity(anora: SmallProject) -> None:
    shapes = SHAPES.format("award", 1).replace("sh:maxCount 1", "sh:minCount 1")
    anora.write("ontology/shapes.ttl", shapes)
    assert places(anora) == [["data/films.yaml:4:9"]]


def test_the_facts_that_findings_are_about_are_read_at_once(
    anora: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(_table: ProjectFacts, subject: Term, _condition: str) -> list[Fact]:
        raise AssertionError(f"{subject} is looked up by itself")

    monkeypatch.setattr(ProjectFacts, "about", look_up)
    rows = "".join(f"film-{n},type,Film,fan-site\nfilm-{n},title,A,fan-site\n" for n in range(20))
    anora.write("data/more.csv", "subject,property,value,source\n" + rows)
    anora.write("ontology/shapes.ttl", SHAPES.format("award", 1).replace("sh:maxCount 1", "sh:minCount 1"))
    expected = ["data/films.yaml:4:9", *(f"data/more.csv:{2 * n + 2}" for n in range(20))]
    assert sorted(places(anora)) == sorted([place] for place in expected)


def test_sql_and_memory_give_the_same_matches(anora: SmallProject) -> None:
    tables = anora.draft().tables
    by_sql, in_memory = TablesGraph(tables, max_queries=10**6), TablesGraph(tables, max_queries=0)
    triples = [*tables.triple_texts(), *tables.triple_texts(table="inferred")]
    assert list(tables.triple_texts(table="inferred"))
    patterns = {
        tuple(text if is_kept else None for text, is_kept in zip(triple, keep, strict=True))
        for triple in [*triples, ("<https://nowhere.example/>", *triples[0][1:])]
        for keep in product((True, False), repeat=3)
    }
    for s, p, o in patterns:
        assert list(by_sql.matching(s, p, o)) == list(in_memory.matching(s, p, o))
    assert [by_sql.is_asserted(triple) for triple in triples] == [in_memory.is_asserted(triple) for triple in triples]
