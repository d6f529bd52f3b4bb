"""A report walks in; JSON walks out, whole or one finding to a line."""

from __future__ import annotations

import json
from typing import Any

from kg.reports import Finding, Place, Report

_EMPTY: tuple[object, ...] = ("", (), None)


def to_json(report: Report) -> str:
    """One JSON document: `ok`, how many of each severity, what was counted, and the findings in order."""
    told = {
        "ok": report.ok,
        "severities": {str(severity): count for severity, count in sorted(report.by_severity().items())},
        "counts": dict(sorted(report.counts.items())),
        "findings": [to_record(finding) for finding in report],
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def to_json_lines(report: Report) -> str:
    """One finding to a line."""
    return "".join(json.dumps(to_record(finding), ensure_ascii=False) + "\n" for finding in report)


def to_record(finding: Finding) -> dict[str, Any]:
    """The finding as JSON holds it; what is empty is left out.

    >>> to_record(Finding("shacl/maxCount", "A film has one year."))
    {'check': 'shacl/maxCount', 'severity': 'violation', 'message': 'A film has one year.'}
    """
    told = {
        "check": finding.check,
        "severity": str(finding.severity),
        "message": finding.message,
        "places": [_place(place) for place in finding.places] or None,
        "about": finding.about,
        "focus": finding.focus,
        "path": finding.path,
        "value": finding.value,
        "values": list(finding.values) or None,
        "expected": finding.expected,
        "found": finding.found,
        "shape": finding.shape,
        "component": finding.component,
        "remedy": finding.advice,
        "suggestions": list(finding.suggestions) or None,
        "pattern": finding.pattern,
    }
    return {name: value for name, value in told.items() if value not in _EMPTY}


def _place(place: Place) -> dict[str, Any]:
    told = {"file": place.file, "line": place.line, "column": place.column}
    return {name: value for name, value in told.items() if value}
