"""Reports as JSON, JSON lines, SARIF and JUnit."""

from __future__ import annotations

import hashlib
import json
import re
from html import escape
from itertools import groupby
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from kg.reports import Finding, Place, Report, Severity, is_at_least
from kg.version import __version__

# --- JSON


def to_json(report: Report) -> str:
    """One JSON document: `ok`, the number of findings of each severity, the counts, and the findings in order."""
    document = {
        "ok": report.ok,
        "severities": {str(severity): count for severity, count in sorted(report.by_severity().items())},
        "counts": dict(sorted(report.counts.items())),
        "findings": [to_record(finding) for finding in report],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def to_json_lines(report: Report) -> str:
    """A line for each finding."""
    return "".join(json.dumps(to_record(finding), ensure_ascii=False) + "\n" for finding in report)


def to_record(finding: Finding) -> dict[str, Any]:
    """A finding as a JSON object, without empty fields.

    >>> to_record(Finding("shacl/maxCount", "A film has one year."))
    {'check': 'shacl/maxCount', 'severity': 'violation', 'message': 'A film has one year.'}
    """
    record = {
        "check": finding.check,
        "severity": str(finding.severity),
        "message": finding.message,
        "places": [_place(place) for place in finding.places],
        "about": finding.about,
        "focus": finding.focus,
        "path": finding.path,
        "value": finding.value,
        "values": list(finding.values),
        "expected": finding.expected,
        "found": finding.found,
        "shape": finding.shape,
        "component": finding.component,
        "pattern": finding.pattern,
        "remedy": finding.advice,
        "suggestions": list(finding.suggestions),
    }
    return {name: value for name, value in record.items() if value}


def _place(place: Place) -> dict[str, Any]:
    parts = {"file": place.file, "line": place.line, "column": place.column}
    return {name: value for name, value in parts.items() if value}


# --- SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROPERTIES = ("focus", "path", "value", "values", "expected", "found", "shape", "component", "remedy")


def to_sarif(report: Report) -> str:
    """One run of this program; each check is a rule, each finding a result."""
    checks = sorted({finding.check for finding in report.findings})
    run = {
        "tool": {"driver": {"name": "kg", "version": __version__, "rules": [{"id": check} for check in checks]}},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(finding, checks.index(finding.check)) for finding in report],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


def _sarif_result(finding: Finding, rule: int) -> dict[str, Any]:
    record = to_record(finding)
    text = f"{finding.message} {finding.advice}".strip()
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
        "properties": {name: record[name] for name in _PROPERTIES if name in record},
    }
    location: dict[str, Any] = {}
    if finding.place is not None:
        location["physicalLocation"] = _physical_location(finding.place)
    if finding.focus:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.focus}]
    if location:
        result["locations"] = [location]
    if len(finding.places) > 1:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical_location(place), "message": {"text": "see also"}}
            for number, place in enumerate(finding.places[1:], 1)
        ]
    return result


def _physical_location(place: Place) -> dict[str, Any]:
    path = PurePath(place.file)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    location: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if place.line:
        location["region"] = {"startLine": place.line} | ({"startColumn": place.column} if place.column else {})
    return location


def _fingerprint(finding: Finding) -> str:
    """A digest that stays the same when lines are inserted above the finding."""
    parts = (finding.check, finding.shape, finding.focus, finding.path, finding.value, *finding.values, finding.message)
    file = finding.place.file if finding.place is not None else ""
    return hashlib.sha256("\0".join((file, *parts)).encode()).hexdigest()[:32]


# --- JUnit

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(report: Report, fail_on: Severity = Severity.VIOLATION) -> str:
    """A suite for each check, a case for each finding; those of at least the severity `fail_on` are failures."""
    findings = sorted(report, key=lambda finding: finding.check)
    failures = sum(is_at_least(finding.severity, fail_on) for finding in findings)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="kg" tests="{max(len(findings), 1)}" failures="{failures}" errors="0">')
    for check, group in groupby(findings, key=lambda finding: finding.check):
        cases = list(group)
        failed = sum(is_at_least(finding.severity, fail_on) for finding in cases)
        lines.append(f'  <testsuite name={_attribute(check)} tests="{len(cases)}" failures="{failed}" errors="0">')
        lines += [line for finding in cases for line in _junit_case(finding, fail_on)]
        lines.append("  </testsuite>")
    if not findings:
        lines.append('  <testsuite name="kg" tests="1" failures="0" errors="0">')
        lines += ['    <testcase classname="kg" name="no findings"/>', "  </testsuite>"]
    return "\n".join([*lines, "</testsuites>", ""])


def _junit_case(finding: Finding, fail_on: Severity) -> list[str]:
    place = finding.place
    line = f' line="{place.line}"' if place is not None and place.line else ""
    position = f" file={_attribute(place.file)}{line}" if place is not None else ""
    name = f"{place}: {finding.message}" if place is not None else finding.message
    head = f"    <testcase classname={_attribute(finding.check)} name={_attribute(name)}{position}>"
    also = ", ".join(map(str, finding.places[1:]))
    fields = {"expected": finding.expected, "found": finding.found, "focus": finding.focus, "see also": also}
    body = "\n".join([str(finding), *(f"{label}: {text}" for label, text in fields.items() if text)])
    content = escape(_only_xml(body))
    if is_at_least(finding.severity, fail_on):
        attributes = f"type={_attribute(finding.severity)} message={_attribute(finding.message)}"
        return [head, f"      <failure {attributes}>{content}</failure>", "    </testcase>"]
    return [head, f"      <system-out>{content}</system-out>", "    </testcase>"]


def _attribute(text: str) -> str:
    escaped = escape(_only_xml(text)).replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
    return f'"{escaped}"'


def _only_xml(text: str) -> str:
    """The text with a mark in the place of characters that XML cannot contain, not even escaped."""
    return _NOT_XML.sub("\ufffd", text)
