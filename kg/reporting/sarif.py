"""A report walks in; SARIF 2.1.0 walks out, which code hosts show beside the lines at fault.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
"""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from kg.reporting.plain import to_record
from kg.reports import Finding, Place, Report, Severity
from kg.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_BESIDE = ("focus", "path", "value", "values", "expected", "found", "shape", "component", "remedy")


def to_sarif(report: Report) -> str:
    """One run of this program; each check is a rule, each finding a result."""
    checks = sorted({finding.check for finding in report.findings})
    run = {
        "tool": {"driver": {"name": "kg", "version": __version__, "rules": [{"id": check} for check in checks]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, checks.index(finding.check)) for finding in report],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    record = to_record(finding)
    text = f"{finding.message} {finding.advice}".strip()
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        # The same finding keeps its print when lines are added above it.
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
        "properties": {name: record[name] for name in _BESIDE if name in record},
    }
    location: dict[str, Any] = {}
    if finding.place is not None:
        location["physicalLocation"] = _physical(finding.place)
    if finding.focus:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.focus}]
    if location:
        result["locations"] = [location]
    if len(finding.places) > 1:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(place), "message": {"text": "also said here"}}
            for number, place in enumerate(finding.places[1:], 1)
        ]
    return result


def _physical(place: Place) -> dict[str, Any]:
    path = PurePath(place.file)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    told: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if place.line:
        told["region"] = {"startLine": place.line} | ({"startColumn": place.column} if place.column else {})
    return told


def _fingerprint(finding: Finding) -> str:
    parts = (finding.check, finding.shape, finding.focus, finding.path, finding.value, *finding.values, finding.message)
    file = finding.place.file if finding.place is not None else ""
    return hashlib.sha256("\0".join((file, *parts)).encode()).hexdigest()[:32]
