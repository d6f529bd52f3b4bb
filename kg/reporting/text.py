"""Reports as text: for people, grouped by file and coloured on a terminal; and as GitHub's annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from kg.reports import Finding, Report, Severity
from kg.text.number_words import counted

_COLOURS = {Severity.VIOLATION: "31", Severity.WARNING: "33", Severity.INFO: "36"}
_PLURALS = {Severity.INFO: "info"}
_NOWHERE = "in the graph"
_WIDTH = max(len(severity) for severity in Severity)
_MAX_PART, _MAX_END = 200, 60
_MAX_ALIKE = 3
"""How many findings of a file are shown that inform of the same: names that are new, most of all."""
_Paint = Callable[[str, str], str]
"""Marks a text by an ANSI code, or leaves it as it is."""


def to_text(report: Report, *, colour: bool = False, limit: int | None = None) -> str:
    """The findings by file, `limit` of them at most, and how many there are of each kind.

    >>> print(to_text(Report((Finding("shacl/maxCount", "A film has one year."),))))
    in the graph
      violation  A film has one year.  [shacl/maxCount]
    <BLANKLINE>
    1 violation
    <BLANKLINE>
    """
    if not report.findings:
        return "No findings.\n"
    paint: _Paint = _with_colour if colour else _without_colour
    findings = list(_distinct(report))
    lines = []
    for file, group in groupby(findings[:limit], key=lambda pair: _file_of(pair[0])):
        lines += [paint(file, "1"), *_lines_of_file(group, paint), ""]
    if limit is not None and len(findings) > limit:
        lines += [f"... and {len(findings) - limit} more", ""]
    return "\n".join([*lines, _summary(report, paint), ""])


def _lines_of_file(findings: Iterable[tuple[Finding, int]], paint: _Paint) -> Iterator[str]:
    """The findings of one file; of many that only inform, and say the same in other words, the first few."""
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding, times in findings:
        if finding.severity is Severity.INFO:
            same = alike.setdefault((finding.check, finding.advice), [])
            same.append(finding)
            if len(same) > _MAX_ALIKE:
                continue
        yield from _lines(finding, times, paint)
    for (check, _), same in alike.items():
        if more := same[_MAX_ALIKE:]:
            places = [str(finding.place.line) for finding in more if finding.place is not None and finding.place.line]
            numbers = list(dict.fromkeys(places))
            where = f" in line{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}" if places else ""
            these = "these" if len(more) > 1 else "this"
            severity = paint(f"{Severity.INFO:<{_WIDTH}}", _COLOURS[Severity.INFO])
            indent = " " * 8 if places else ""
            yield f"  {indent}{severity}  {_cut(f'{len(more)} more like {these}{where}')}  {paint(f'[{check}]', '2')}"


def _distinct(report: Report) -> Iterator[tuple[Finding, int]]:
    """Yield each finding once, with its number; a node can be reached by several paths."""
    counts = Counter(report)
    return ((finding, counts[finding]) for finding in sorted(counts, key=_sort_key))


def _sort_key(finding: Finding) -> tuple[object, ...]:
    place = finding.place
    line = (place.line, place.column) if place is not None else (0, 0)
    rest = (finding.check, finding.focus, finding.path, finding.value, finding.message)
    return place is None, _file_of(finding), *line, finding.order, *rest


def _file_of(finding: Finding) -> str:
    return finding.place.file if finding.place is not None else _NOWHERE


def _lines(finding: Finding, times: int, paint: _Paint) -> Iterator[str]:
    place = finding.place
    position = ":".join(str(number) for number in (place.line, place.column) if number) if place is not None else ""
    position = f"{position:<8}" if position else ""
    severity = paint(f"{finding.severity:<{_WIDTH}}", _COLOURS[finding.severity])
    count = f" ({times} times)" if times > 1 else ""
    yield f"  {position}{severity}  {_cut(finding.message)}{count}  {paint(f'[{finding.check}]', '2')}"
    indent = " " * (2 + len(position))
    if parts := _parts(finding):
        yield f"{indent}{parts}"
    if len(finding.places) > 1:
        yield f"{indent}see also {', '.join(map(str, finding.places[1:]))}"
    if finding.advice:
        yield f"{indent}{finding.advice}"


def _parts(finding: Finding) -> str:
    """`Anora, year: expected at most 1 year; found 2: 2024, 2023`, without what the message contains."""
    states_all = not finding.expected or finding.expected in finding.message or _explains_alternatives(finding)
    expected = "" if states_all else f"expected {finding.expected}"
    found = f"found {finding.found}" if finding.found and finding.found not in finding.message else ""
    about = finding.about if finding.about.partition(", ")[0] not in finding.message else ""
    about, expected, found = map(_cut, (about, expected, found))
    return ": ".join(filter(None, (about, "; ".join(filter(None, (expected, found))))))


def _explains_alternatives(finding: Finding) -> bool:
    """True for a constraint made of shapes whose own message says in words what these shapes require together."""
    has_message = any(property.endswith("#resultMessage>") for property, _ in finding.details)
    return has_message and finding.check in ("shacl/or", "shacl/xone", "shacl/and", "shacl/not", "shacl/node")


def _cut(text: str) -> str:
    """A text for a terminal, without its middle where it is long: a label can have a thousand letters."""
    return text if len(text) <= _MAX_PART else f"{text[: _MAX_PART - _MAX_END - 1]}…{text[-_MAX_END:]}"


def _summary(report: Report, paint: _Paint) -> str:
    """`3 violations, 1 warning: shacl/maxCount 2, shacl/class 2`."""
    severities = report.by_severity()
    by_severity = [
        paint(counted(count, severity, _PLURALS.get(severity, "")), _COLOURS[severity])
        for severity in Severity
        if (count := severities[severity])
    ]
    checks = Counter(finding.check for finding in report.findings).most_common()
    by_check = ", ".join(f"{check} {count}" for check, count in checks) if len(checks) > 1 else ""
    return ", ".join(by_severity) + (f": {by_check}" if by_check else "")


def _without_colour(text: str, code: str) -> str:
    return text


def _with_colour(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


# --- GitHub: https://docs.github.com/actions/reference/workflow-commands-for-github-actions

_COMMANDS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def to_annotations(report: Report) -> str:
    """A workflow command for each finding, which shows it beside its line.

    >>> to_annotations(Report((Finding("shacl/maxCount", "A film has one year: 50% are sure."),)))
    '::error title=shacl/maxCount::A film has one year: 50%25 are sure.\\n'
    """
    return "".join(f"{_annotation(finding)}\n" for finding in report)


def _annotation(finding: Finding) -> str:
    place = finding.place
    parameters = {"title": finding.check}
    if place is not None:
        position = {"line": str(place.line), "col": str(place.column or 1)} if place.line else {}
        parameters = {"file": place.file} | position | parameters
    written = ",".join(f"{name}={_escape_parameter(value)}" for name, value in parameters.items())
    text = [finding.message]
    if finding.expected and finding.found:
        text.append(f"Expected {finding.expected}, found {finding.found}.")
    text += [finding.advice] if finding.advice else []
    return f"::{_COMMANDS[finding.severity]} {written}::{_escape(chr(10).join(text))}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_parameter(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
