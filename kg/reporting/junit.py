"""A report walks in; JUnit's XML walks out for test services: a suite for each check, a case for each finding."""

from __future__ import annotations

import re
from html import escape
from itertools import groupby

from kg.reports import Finding, Report, Severity

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(report: Report, fail_on: Severity = Severity.VIOLATION) -> str:
    """Findings as bad as `fail_on` are failures; the others are cases that pass and say something."""
    findings = sorted(report, key=lambda finding: finding.check)
    failures = sum(_failed(finding, fail_on) for finding in findings)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="kg" tests="{max(len(findings), 1)}" failures="{failures}" errors="0">')
    for check, group in groupby(findings, key=lambda finding: finding.check):
        cases = list(group)
        failed = sum(_failed(finding, fail_on) for finding in cases)
        lines.append(f'  <testsuite name={_attribute(check)} tests="{len(cases)}" failures="{failed}" errors="0">')
        lines += [line for finding in cases for line in _case(finding, failed=_failed(finding, fail_on))]
        lines.append("  </testsuite>")
    if not findings:
        lines.append('  <testsuite name="kg" tests="1" failures="0" errors="0">')
        lines += ['    <testcase classname="kg" name="no findings"/>', "  </testsuite>"]
    return "\n".join([*lines, "</testsuites>", ""])


def _failed(finding: Finding, fail_on: Severity) -> bool:
    order = list(Severity)
    return order.index(finding.severity) <= order.index(fail_on)


def _case(finding: Finding, *, failed: bool) -> list[str]:
    place = finding.place
    where = (
        f" file={_attribute(place.file)}" + (f' line="{place.line}"' if place.line else "") if place is not None else ""
    )
    name = f"{place}: {finding.message}" if place is not None else finding.message
    head = f"    <testcase classname={_attribute(finding.check)} name={_attribute(name)}{where}>"
    told = [f"{label}: {value}" for label, value in _told(finding) if value]
    body = escape(_clean("\n".join([str(finding), *told])))
    if failed:
        kind = f"<failure type={_attribute(finding.severity)} message={_attribute(finding.message)}>"
        return [head, f"      {kind}{body}</failure>", "    </testcase>"]
    return [head, f"      <system-out>{body}</system-out>", "    </testcase>"]


def _told(finding: Finding) -> list[tuple[str, str]]:
    also = ", ".join(map(str, finding.places[1:]))
    return [("expected", finding.expected), ("found", finding.found), ("focus", finding.focus), ("see also", also)]


def _attribute(text: str) -> str:
    told = escape(_clean(text)).replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
    return f'"{told}"'


def _clean(text: str) -> str:
    """XML has no place for most control characters, not even escaped."""
    return _NOT_XML.sub("\ufffd", text)
