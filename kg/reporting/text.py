"""A report walks in; text that people read walks out: grouped by file, counted, coloured where there is a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from kg.reports import Finding, Report, Severity

_COLOURS = {Severity.VIOLATION: "31", Severity.WARNING: "33", Severity.INFO: "36"}
_NOWHERE = "in the graph"
_WIDTH = max(len(severity) for severity in Severity)


def to_text(report: Report, *, colour: bool = False, limit: int | None = None) -> str:
    """The findings under the files that they are in, then how many of each kind; `most` tells only so many.

    >>> print(to_text(Report((Finding("shacl/maxCount", "A film has one year."),))))
    in the graph
      violation  A film has one year.  [shacl/maxCount]
    <BLANKLINE>
    1 violation
    <BLANKLINE>
    """
    if not report.findings:
        return "No findings.\n"
    paint = _painted if colour else _plain
    told = list(_once(report))
    lines = []
    for file, group in groupby(told[:limit], key=lambda pair: _file(pair[0])):
        lines += [paint(file, "1"), *(line for finding, times in group for line in _lines(finding, times, paint)), ""]
    if limit is not None and len(told) > limit:
        lines += [f"... and {len(told) - limit} more", ""]
    return "\n".join([*lines, _counted(report, paint), ""])


def _once(report: Report) -> Iterator[tuple[Finding, int]]:
    """Each finding once, with how often it was found; a node can be reached in several ways."""
    counted = Counter(report)
    return ((finding, counted[finding]) for finding in sorted(counted, key=_order))


def _order(finding: Finding) -> tuple[object, ...]:
    place = finding.place
    nowhere = place is None
    line = (place.line, place.column) if place is not None else (0, 0)
    rest = (finding.check, finding.focus, finding.path, finding.value, finding.message)
    return nowhere, _file(finding), *line, finding.order, *rest


def _file(finding: Finding) -> str:
    return finding.place.file if finding.place is not None else _NOWHERE


def _lines(finding: Finding, times: int, paint: _Paint) -> Iterator[str]:
    place = finding.place
    where = (
        f"{':'.join(str(n) for n in (place.line, place.column) if n):<8}" if place is not None and place.line else ""
    )
    severity = paint(f"{finding.severity:<{_WIDTH}}", _COLOURS[finding.severity])
    often = f" ({times} times)" if times > 1 else ""
    yield f"  {where}{severity}  {finding.message}{often}  {paint(f'[{finding.check}]', '2')}"
    indent = " " * (2 + len(where))
    if facts := _facts(finding):
        yield f"{indent}{facts}"
    if len(finding.places) > 1:
        yield f"{indent}see also {', '.join(map(str, finding.places[1:]))}"
    if finding.advice:
        yield f"{indent}{finding.advice}"


def _facts(finding: Finding) -> str:
    """`Anora, year: expected at most 1 year; found 2: 2024, 2023`, as far as the sentence has not said it."""
    expected = f"expected {finding.expected}" if finding.expected and finding.expected not in finding.message else ""
    found = f"found {finding.found}" if finding.found and finding.found not in finding.message else ""
    about = finding.about if finding.about.partition(", ")[0] not in finding.message else ""
    return ": ".join(filter(None, (about, "; ".join(filter(None, (expected, found))))))


def _counted(report: Report, paint: _Paint) -> str:
    """`3 violations, 1 warning: shacl/maxCount 2, shacl/class 2`."""
    severities = report.by_severity()
    told = [paint(_plural(severities[s], s), _COLOURS[s]) for s in Severity if severities[s]]
    checks = Counter(finding.check for finding in report.findings).most_common()
    kinds = ", ".join(f"{check} {count}" for check, count in checks) if len(checks) > 1 else ""
    return ", ".join(told) + (f": {kinds}" if kinds else "")


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" + ("s" if count != 1 and word != "info" else "")


class _Paint:
    """How words are marked; a class only so that it has a name in signatures."""

    def __call__(self, text: str, code: str) -> str:
        return text


class _Colours(_Paint):
    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m"


_plain, _painted = _Paint(), _Colours()


def files_of(findings: Iterable[Finding]) -> list[str]:
    """The files that the findings are in, each once, in order."""
    return sorted({place.file for finding in findings for place in finding.places})
