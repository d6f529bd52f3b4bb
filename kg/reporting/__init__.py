"""A report walks in; text walks out, for people, for programs and for the services that run checks.

Nothing is decided here: whether findings fail a run is said by whoever asks, as `fail_on`.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from kg.errors import InputError
from kg.reports import Report, Severity

_RDF = ("turtle", "ntriples", "rdfxml", "jsonld", "n3")
_WRITERS = {
    "text": "text.to_text",
    "json": "plain.to_json",
    "jsonl": "plain.to_json_lines",
    "sarif": "sarif.to_sarif",
    "junit": "junit.to_junit",
    "github": "github.to_annotations",
    **dict.fromkeys(_RDF, "rdf.to_rdf"),
}
FORMATS = tuple(_WRITERS)
"""The formats that a report can be written in; the RDF formats are the W3C's report graph."""


def write_report(report: Report, format: str = "text", *, fail_on: Severity = Severity.VIOLATION) -> str:
    """The report in a format; raises `InputError` for one that is not known.

    >>> write_report(Report())
    'No findings.\\n'
    """
    if format not in FORMATS:
        raise InputError(f"There is no format {format!r}; reports come as {', '.join(FORMATS)}.")
    module, _, name = _WRITERS[format].partition(".")
    # Only the writer that is asked for is imported: some of them bring much along.
    write = getattr(import_module(f"kg.reporting.{module}"), name)
    if format in _RDF:
        return cast(str, write(report, format))
    return cast(str, write(report, fail_on) if format == "junit" else write(report))


def fails(report: Report, fail_on: Severity = Severity.VIOLATION) -> bool:
    """Whether the report holds a finding as bad as this, or worse.

    >>> fails(Report())
    False
    """
    return any(is_at_least(finding.severity, fail_on) for finding in report.findings)


def is_at_least(severity: Severity, bar: Severity) -> bool:
    """Whether a severity is as bad as the bar, or worse: violation before warning before info."""
    order = list(Severity)
    return order.index(severity) <= order.index(bar)
