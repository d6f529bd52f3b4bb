"""A report walks in; text walks out, for people, for programs and for the services that run checks.

Nothing is decided here: whether findings fail a run is said by whoever asks, as `fail_on`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kg.errors import InputError
from kg.reporting import github, human, junit, plain, rdf, sarif
from kg.reports import Report, Severity

Writer = Callable[[Report, Severity], str]

FORMATS: Mapping[str, Writer] = {
    "text": lambda report, _: human.to_text(report),
    "json": lambda report, _: plain.to_json(report),
    "jsonl": lambda report, _: plain.to_json_lines(report),
    "sarif": lambda report, _: sarif.to_sarif(report),
    "junit": junit.to_junit,
    "github": lambda report, _: github.to_annotations(report),
    **{name: rdf.writer(name) for name in rdf.FORMATS},
}
"""Format -> the function that writes it. The RDF formats are the W3C's report graph."""


def write_report(report: Report, format: str = "text", *, fail_on: Severity = Severity.VIOLATION) -> str:
    """The report in a format; raises `InputError` for one that is not known.

    >>> write_report(Report())
    'No findings.\\n'
    """
    if format not in FORMATS:
        raise InputError(f"There is no format {format!r}; reports come as {', '.join(FORMATS)}.")
    return FORMATS[format](report, fail_on)


def fails(report: Report, fail_on: Severity = Severity.VIOLATION) -> bool:
    """Whether the report holds a finding as bad as this, or worse.

    >>> fails(Report())
    False
    """
    return any(is_as_bad(finding.severity, fail_on) for finding in report.findings)


def is_as_bad(severity: Severity, bar: Severity) -> bool:
    """Whether a severity is as bad as the bar, or worse: violation before warning before info."""
    order = list(Severity)
    return order.index(severity) <= order.index(bar)
