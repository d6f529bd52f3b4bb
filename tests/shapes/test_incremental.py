"""Validation after a change: the findings are those of a complete validation."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from kg.graph.triple_tables import TripleTables
from kg.shapes import IncrementalValidation, Shapes, check, pyshacl_engine, to_shapes
from kg.shapes.constraint_queries import Patterns

PREFIXES = """
@prefix : <https://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
ONE_YEAR = ":S sh:targetClass :Film ; sh:property [ sh:path :year ; sh:maxCount 1 ] ."
NOT_ITS_OWN_SEQUEL = """:T sh:targetSubjectsOf :sequelOf ; sh:severity sh:Warning ; sh:sparql [
  sh:select "SELECT $this WHERE { $this <https://example.org/sequelOf> $this }" ] ."""
FILMS = ":batman a :Film ; :year 1989, 1990 . :returns a :Film ; :sequelOf :returns ."


def triples(text: str) -> list[Triple]:
    return [quad.triple for quad in parse(PREFIXES + text, format=RdfFormat.TURTLE)]


def tables(text: str) -> TripleTables:
    made = TripleTables()
    made.add(triples(text))
    return made


def shapes(text: str) -> Shapes:
    return to_shapes(triples(text))


def checks(validation: IncrementalValidation) -> list[str]:
    return sorted(finding.check for finding in validation.report.findings)


def test_the_findings_of_an_earlier_validation_are_not_found_again() -> None:
    made, both = tables(FILMS), shapes(ONE_YEAR + NOT_ITS_OWN_SEQUEL)
    validation = IncrementalValidation(made, both, known=check(made, both).findings)
    assert checks(validation) == ["shacl/maxCount", "shacl/sparql"]


def test_a_change_that_a_query_cannot_read_leaves_its_findings() -> None:
    made, both = tables(FILMS), shapes(ONE_YEAR + NOT_ITS_OWN_SEQUEL)
    validation = IncrementalValidation(made, both)
    added = triples(":returns :year 1992, 1993 .")
    made.add(added)
    validation.update(added=added)
    assert checks(validation) == ["shacl/maxCount", "shacl/maxCount", "shacl/sparql"]


def test_a_change_that_a_query_reads_is_validated() -> None:
    made, both = tables(FILMS), shapes(ONE_YEAR + NOT_ITS_OWN_SEQUEL)
    validation = IncrementalValidation(made, both, known=check(made, both).findings)
    added = triples(":batman :sequelOf :batman .")
    made.add(added)
    assert sorted(map(str, validation.update(added=added).findings)) == sorted(map(str, check(made, both).findings))
    assert checks(validation) == ["shacl/maxCount", "shacl/sparql", "shacl/sparql"]


def test_queries_are_parsed_when_their_shape_has_a_focus_node(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    patterns_of = pyshacl_engine._patterns_of

    def parse_query(query: str, prefixes: Mapping[str, str]) -> Patterns | None:
        parsed.append(query)
        return patterns_of(query, prefixes)

    monkeypatch.setattr(pyshacl_engine, "_patterns_of", parse_query)
    made, both = tables(":batman a :Film ; :year 1989 ."), shapes(ONE_YEAR + NOT_ITS_OWN_SEQUEL)
    assert not check(made, both).findings
    validation = IncrementalValidation(made, both, known=())
    for text, found in [(":batman :year 1990 .", ["shacl/maxCount"]), (":a :year 1, 2 .", ["shacl/maxCount"])]:
        added = triples(text)
        made.add(added)
        validation.update(added=added)
        assert checks(validation) == found
    assert not parsed
    added = triples(":returns :sequelOf :returns .")
    made.add(added)
    validation.update(added=added)
    assert checks(validation) == ["shacl/maxCount", "shacl/sparql"]
    assert parsed


def test_a_new_label_is_in_the_message_of_a_known_finding() -> None:
    made, years = tables(FILMS), shapes(ONE_YEAR)
    validation = IncrementalValidation(made, years)
    added = triples(':batman rdfs:label "Batman" .')
    made.add(added)
    (finding,) = validation.update(added=added).findings
    assert finding.message == "Batman should have at most 1 year, but has 2: 1989, 1990"


def test_a_message_names_a_term_by_its_english_label() -> None:
    names = ':batman rdfs:label "Homme chauve-souris"@fr, "Batman"@en, "Fledermausmann"@de, "Z" .'
    (finding,) = IncrementalValidation(tables(FILMS + names), shapes(ONE_YEAR)).report.findings
    assert finding.message.startswith("Batman should have")


def test_a_new_subclass_has_the_shapes_of_its_superclass() -> None:
    made, years = tables(FILMS + ":alien a :Prequel ; :year 1979, 1980 ."), shapes(ONE_YEAR)
    validation = IncrementalValidation(made, years)
    added = triples(":Prequel rdfs:subClassOf :Film .")
    made.add(added)
    assert len(validation.update(added=added)) == 2
