"""A report walks in; GitHub's workflow commands walk out, which show each finding beside its line.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from kg.reports import Finding, Report, Severity

_COMMANDS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def to_annotations(report: Report) -> str:
    """One workflow command for each finding.

    >>> to_annotations(Report((Finding("shacl/maxCount", "A film has one year: 50% are sure."),)))
    '::error title=shacl/maxCount::A film has one year: 50%25 are sure.\\n'
    """
    return "".join(f"{_annotation(finding)}\n" for finding in report)


def _annotation(finding: Finding) -> str:
    place = finding.place
    marks = {"title": finding.check}
    if place is not None:
        marks = {"file": place.file} | {"line": str(place.line), "col": str(place.column or 1)} | marks
        if not place.line:
            del marks["line"], marks["col"]
    told = ",".join(f"{name}={_property(value)}" for name, value in marks.items())
    details = [finding.message]
    if finding.expected and finding.found:
        details.append(f"Expected {finding.expected}, found {finding.found}.")
    details += [finding.advice] if finding.advice else []
    return f"::{_COMMANDS[finding.severity]} {told}::{_escaped(chr(10).join(details))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
