"""Reports in every format: for people, programs and code hosts."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import replace

import jsonschema
import pytest
from pyoxigraph import parse

from kg.errors import InputError
from kg.reporting import FORMATS, fails, write_report
from kg.reporting.rdf import FORMATS as RDF_FORMATS
from kg.reporting.text import to_text
from kg.reports import Finding, Place, Report, Severity
from kg.terms import SH

YEARS = Finding(
    "shacl/maxCount",
    "A film has one year.",
    places=(Place("data/films/anora.yaml", 12, 5), Place("data/films/more, later.yaml", 3, 1)),
    focus="<https://w3id.org/filmgraph/film/anora>",
    path="<https://w3id.org/filmgraph/film/year>",
    values=('"2024"', '"2023"'),
    shape="_:shape1",
    component=f"<{SH}MaxCountConstraintComponent>",
    expected="at most 1 year",
    found="2: 2024, 2023",
    remedy="Say which is right.",
    about="Anora, year",
)
WALK = Finding(
    "shacl/class",
    'A sequel\'s sequel is a "film" & 100% so.',
    Severity.WARNING,
    focus="_:somebody",
    path="(<urn:a>/^<urn:b>)*|<urn:c>+",
    value='"line\\nbreak\\u0001"@en',
    shape="<urn:shape>",
    component=f"<{SH}ClassConstraintComponent>",
    details=((f"<{SH}resultMessage>", '"So."@en'), (f"<{SH}resultMessage>", '"Ja."@de')),
)
TYPO = Finding(
    "facts/unknown-property",
    "unknown property 'yeer'",
    Severity.INFO,
    places=(Place("data/a.yaml", 1),),
    value='"yeer"',
    suggestions=("year",),
)
REPORT = Report((YEARS, WALK, WALK, TYPO), {"shapes": 2})

SARIF = {  # the objects that are written, as in the specification (SARIF 2.1.0, section 3), and no other property
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "run": {
            "type": "object",
            "additionalProperties": False,
            "required": ["tool", "results"],
            "properties": {
                "tool": {"$ref": "#/$defs/tool"},
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
        },
        "tool": {
            "type": "object",
            "additionalProperties": False,
            "required": ["driver"],
            "properties": {
                "driver": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "minLength": 1},
                        "version": {"type": "string"},
                        "rules": {
                            "type": "array",
                            "uniqueItems": True,
                            "items": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["id"],
                                "properties": {"id": {"type": "string"}},
                            },
                        },
                    },
                }
            },
        },
        "message": {
            "type": "object",
            "additionalProperties": False,
            "required": ["text"],
            "properties": {"text": {"type": "string", "minLength": 1}},
        },
        "result": {
            "type": "object",
            "additionalProperties": False,
            "required": ["message"],
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"enum": ["none", "note", "warning", "error"]},
                "message": {"$ref": "#/$defs/message"},
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
                "relatedLocations": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/location"}},
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                "properties": {"type": "object"},
            },
        },
        "location": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "id": {"type": "integer", "minimum": 0},
                "message": {"$ref": "#/$defs/message"},
                "logicalLocations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {"fullyQualifiedName": {"type": "string"}},
                    },
                },
                "physicalLocation": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["artifactLocation"],
                    "properties": {
                        "artifactLocation": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {"uri": {"type": "string", "pattern": "^[^ ]*$"}},
                        },
                        "region": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "startLine": {"type": "integer", "minimum": 1},
                                "startColumn": {"type": "integer", "minimum": 1},
                            },
                        },
                    },
                },
            },
        },
    },
}


def test_text_has_the_findings_by_file_and_a_summary() -> None:
    assert to_text(REPORT) == (
        "data/a.yaml\n"
        "  1       info       unknown property 'yeer'  [facts/unknown-property]\n"
        "          Did you mean year?\n"
        "\n"
        "data/films/anora.yaml\n"
        "  12:5    violation  A film has one year.  [shacl/maxCount]\n"
        "          Anora, year: expected at most 1 year; found 2: 2024, 2023\n"
        "          see also data/films/more, later.yaml:3:1\n"
        "          Say which is right.\n"
        "\n"
        "in the graph\n"
        '  warning    A sequel\'s sequel is a "film" & 100% so. (2 times)  [shacl/class]\n'
        "\n"
        "1 violation, 2 warnings, 1 info: shacl/class 2, shacl/maxCount 1, facts/unknown-property 1\n"
    )


def test_text_shows_the_beginning_and_the_end_of_a_long_label() -> None:
    text = to_text(
        Report((Finding("shacl/maxLength", "A label is short.", expected="a label", found="x" * 999 + "END"),))
    )
    assert max(map(len, text.splitlines())) <= 250
    assert "END" in text


def test_text_is_coloured_only_on_request() -> None:
    assert "\x1b[" not in to_text(REPORT)
    assert "\x1b[31mviolation\x1b[0m" in to_text(REPORT, colour=True)


def test_a_limited_report_still_counts_all_findings() -> None:
    text = to_text(REPORT, limit=1)
    assert "... and 2 more" in text
    assert "1 violation, 2 warnings, 1 info" in text


def test_sarif_is_valid_and_points_at_lines() -> None:
    document = json.loads(write_report(REPORT, "sarif"))
    jsonschema.validate(document, SARIF)
    first = next(result for result in document["runs"][0]["results"] if result["ruleId"] == "shacl/maxCount")
    assert first["level"] == "error"
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 12, "startColumn": 5}
    assert (
        first["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "data/films/more%2C%20later.yaml"
    )
    assert document["runs"][0]["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "shacl/maxCount"


def test_junit_counts_failures_from_a_severity_on() -> None:
    strict = ElementTree.fromstring(write_report(REPORT, "junit", fail_on=Severity.WARNING))
    lenient = ElementTree.fromstring(write_report(REPORT, "junit"))
    assert (strict.get("tests"), strict.get("failures"), lenient.get("failures")) == ("4", "3", "1")
    assert len(strict.findall(".//failure")) == 3
    assert ElementTree.fromstring(write_report(Report(), "junit")).get("failures") == "0"


def test_annotations_escape_the_syntax_of_github() -> None:
    lines = write_report(REPORT, "github").splitlines()
    assert lines[-1].startswith(
        "::error file=data/films/anora.yaml,line=12,col=5,title=shacl/maxCount::A film has one year.%0A"
    )
    assert lines[0] == '::warning title=shacl/class::A sequel\'s sequel is a "film" & 100%25 so.'
    assert any(line.startswith("::notice file=data/a.yaml,line=1,col=1,") for line in lines)


@pytest.mark.parametrize("name", sorted(RDF_FORMATS))
def test_the_w3c_report_graph_has_the_results_of_shapes(name: str) -> None:
    # XML does not have the control character.
    report = Report((YEARS, *[replace(WALK, value='"line\\nbreak"@en')] * 2, TYPO)) if name == "rdfxml" else REPORT
    written = write_report(report, name)
    assert written == write_report(report, name)
    quads = list(parse(written, format=RDF_FORMATS[name]))
    predicates = Counter(quad.predicate.value.removeprefix(SH) for quad in quads)
    assert (
        predicates["focusNode"]
        == predicates["sourceShape"]
        == predicates["resultSeverity"]
        == predicates["result"]
        == 3
    )
    assert predicates["resultMessage"] == 5
    assert predicates["conforms"] == 1
    assert predicates["zeroOrMorePath"] == predicates["inversePath"] == predicates["oneOrMorePath"] == 2


def test_a_report_that_xml_cannot_have_is_an_error() -> None:
    with pytest.raises(InputError, match=r"U\+0001"):
        write_report(REPORT, "rdfxml")


def test_json_has_all_fields_that_are_not_empty() -> None:
    document = json.loads(write_report(REPORT, "json"))
    assert document["ok"] is False
    assert document["severities"] == {"info": 1, "violation": 1, "warning": 2}
    assert document["findings"][-1]["values"] == ['"2024"', '"2023"']
    assert "remedy" not in document["findings"][0]
    typo = next(record for record in document["findings"] if record["check"] == "facts/unknown-property")
    assert (typo["suggestions"], typo["remedy"]) == (["year"], "Did you mean year?")
    assert [json.loads(line) for line in write_report(REPORT, "jsonl").splitlines()] == document["findings"]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_report_without_findings_can_be_written_in_every_format(name: str) -> None:
    assert write_report(Report(), name) == write_report(Report(), name)


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="text, json, jsonl, sarif, junit, github"):
        write_report(Report(), "pdf")


def test_a_report_fails_from_a_severity_on() -> None:
    warned = Report((WALK,))
    assert not fails(warned)
    assert fails(warned, Severity.WARNING)
    assert fails(Report((TYPO,)), Severity.INFO)
    assert not fails(Report((TYPO,)), Severity.WARNING)


def test_alternatives_that_the_message_of_a_shape_explains_are_not_repeated() -> None:
    message = (f"<{SH}resultMessage>", '"An award has a film."')
    finding = Finding("shacl/or", "An award has a film.", expected="at least 1 inverse award", details=(message,))
    assert "inverse award" not in to_text(Report((finding,)))
    assert "inverse award" in to_text(Report((replace(finding, details=()),)))


def test_many_new_names_of_a_file_are_shown_in_a_few_lines() -> None:
    def new(name: str, line: int) -> Finding:
        message, place = f"{name!r} is new, so the Person {name.lower()} is created.", Place("films.yaml", line, 3)
        return Finding("facts/new-entity", message, Severity.INFO, places=(place,), remedy="`kg fix` writes a block.")

    names = ["Ana", "Bo", "Cai", "Dan", "Eve", "Flo"]
    wrong = Finding("facts/value", "'x' is not a number.", places=(Place("films.yaml", 9),))
    text = to_text(Report((*(new(name, line) for line, name in enumerate(names, 1)), wrong)))
    assert ["'Cai'" in text, "'Dan'" in text] == [True, False]
    assert "3 more like these in lines 4, 5, 6" in text
    assert "1 more like this in line 4" in to_text(
        Report(tuple(new(name, line) for line, name in enumerate(names[:4], 1)))
    )
    assert "'x' is not a number" in text
    assert "facts/new-entity 6" in text
