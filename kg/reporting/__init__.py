"""Reports in the formats that people, programs and code hosts read.

text             for people, and GitHub's annotations
machine_formats  JSON, JSON lines, SARIF, JUnit
rdf              the W3C's validation report
"""

from __future__ import annotations

from kg.errors import InputError
from kg.reporting.machine_formats import to_json, to_json_lines, to_junit, to_sarif
from kg.reporting.text import to_annotations, to_text
from kg.reports import Report, Severity, is_at_least

_WRITERS = {
    "text": to_text,
    "json": to_json,
    "jsonl": to_json_lines,
    "sarif": to_sarif,
    "junit": to_junit,
    "github": to_annotations,
}
_RDF = ("turtle", "ntriples", "rdfxml", "jsonld", "n3")
FORMATS = (*_WRITERS, *_RDF)
"""The formats that a report can be written in; the RDF formats are the W3C's report graph."""


def write_report(report: Report, format: str = "text", *, fail_on: Severity = Severity.VIOLATION) -> str:
    """The report in a format; raises `InputError` for an unknown one.

    `fail_on` is the least severity that JUnit counts as a failure.

    >>> write_report(Report())
    'No findings.\\n'
    """
    if format not in FORMATS:
        raise InputError(f"There is no report format {format!r}. The formats are {', '.join(FORMATS)}.")
    if format == "junit":
        return to_junit(report, fail_on)
    if format in _RDF:
        from kg.reporting.rdf import to_rdf  # it brings the shapes along

        return to_rdf(report, format)
    return _WRITERS[format](report)


def fails(report: Report, fail_on: Severity = Severity.VIOLATION) -> bool:
    """True when the report has a finding of at least this severity.

    >>> fails(Report())
    False
    """
    return any(is_at_least(finding.severity, fail_on) for finding in report.findings)
