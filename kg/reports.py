"""Findings (what is wrong, where, what to do next) and reports, which collect, sort and count them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from kg.text.table import html_table


class Severity(StrEnum):
    """How bad a finding is; a violation prevents publishing, the others do not."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"


def is_at_least(severity: Severity, least: Severity) -> bool:
    """True when a severity is as bad as another, or worse.

    >>> is_at_least(Severity.WARNING, Severity.VIOLATION), is_at_least(Severity.WARNING, Severity.INFO)
    (False, True)
    """
    order = list(Severity)
    return order.index(severity) <= order.index(least)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file: the path as the user knows it, line and column counted from 1 (0: the complete file)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`file:line:column`, as editors and compilers write it."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem; `check` is its stable name (`facts/unknown-property`, `shacl/maxCount`, `owl/cax-dw`).

    `focus`, `path` and `value` are exact N-Triples forms, or empty. A value that could not be read is the plain literal
    of its text. `values` are all values that a finding of cardinality counted.
    """

    check: str
    message: str
    severity: Severity = Severity.VIOLATION
    places: tuple[Place, ...] = ()
    """The place at fault first, then further ones, such as the first use of a duplicate key."""
    focus: str = ""
    path: str = ""
    value: str = ""
    shape: str = ""
    component: str = ""
    expected: str = ""
    """In words, as `found` is."""
    found: str = ""
    remedy: str = ""
    """What to do next, in words, unless `suggestions` say it."""
    values: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    """What a W3C report states besides: pairs of IRI and exact term."""
    about: str = ""
    """The labels of focus and path."""
    premises: tuple[tuple[str, str, str], ...] = ()
    order: tuple[float, str, float] = (0.0, "", 0.0)
    """The position of its shape among others: the order of the shape's group, the group, the order within it."""
    suggestions: tuple[str, ...] = ()
    """Known names close to an unknown one, best first."""
    pattern: str = ""
    """The regular expression that the value does not match."""

    @property
    def place(self) -> Place | None:
        """The place at fault, where there is one."""
        return self.places[0] if self.places else None

    @property
    def advice(self) -> str:
        """What to do next, in words: the suggestions, else the remedy; may be empty."""
        return did_you_mean(self.suggestions) or self.remedy

    def __str__(self) -> str:
        """One line: place, severity, message, what to do next."""
        place = f"{self.place}: " if self.place is not None else ""
        message = f"{self.message.rstrip('.')}. {self.advice}" if self.advice else self.message
        return f"{place}{self.severity}: {message} [{self.check}]"


def finding_from(document: Mapping[str, Any]) -> Finding:
    """The finding whose `asdict` was written as JSON; fields that are not known any more are left out."""
    known = {field.name for field in fields(Finding)}
    values = {name: value for name, value in document.items() if name in known and name not in ("severity", "places")}
    tuples = {name: _to_tuple(value) for name, value in values.items() if isinstance(value, list)}
    places = tuple(Place(**place) for place in document["places"])
    return Finding(**{**values, **tuples}, severity=Severity(document["severity"]), places=places)


def _to_tuple(values: list[Any]) -> tuple[Any, ...]:
    return tuple(_to_tuple(value) if isinstance(value, list) else value for value in values)


def did_you_mean(suggestions: Iterable[str]) -> str:
    """The question that offers known names, or the empty text.

    >>> did_you_mean(["director", "editor"])
    'Did you mean director or editor?'
    """
    names = " or ".join(suggestions)
    return f"Did you mean {names}?" if names else ""


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """Findings, and what was counted; reports can be added."""

    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int | float | str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True when nothing prevents publishing: there is no violation."""
        return not any(finding.severity is Severity.VIOLATION for finding in self.findings)

    def __bool__(self) -> bool:
        """A report is true when it is `ok`."""
        return self.ok

    def __add__(self, other: Report) -> Report:
        """The findings and counts of both."""
        return Report(self.findings + other.findings, {**self.counts, **other.counts})

    def __iter__(self) -> Iterator[Finding]:
        """The findings, by file and line, then in the order of their shapes, then by check."""
        nowhere = Place("")
        return iter(
            sorted(
                self.findings, key=lambda f: (f.place or nowhere, f.order, f.check, f.focus, f.path, f.value, f.message)
            )
        )

    def __repr__(self) -> str:
        counts = Counter(finding.severity for finding in self.findings)
        words = ", ".join(f"{counts[severity]:,} {severity}" for severity in Severity if counts[severity])
        return f"Report({words or 'no findings'})"

    def __str__(self) -> str:
        """A line for each finding."""
        return "\n".join(map(str, self)) or "No findings."

    def _repr_html_(self) -> str:
        """What a notebook shows: a table of the findings."""
        rows = (
            (
                finding.severity,
                str(finding.place or ""),
                f"{finding.message.rstrip('.')}. {finding.advice}",
                finding.check,
            )
            for finding in self
        )
        return html_table(("severity", "place", "finding", "check"), rows) or "<p>No findings.</p>"

    def __len__(self) -> int:
        """The number of findings."""
        return len(self.findings)

    def by_severity(self) -> Counter[Severity]:
        """The number of findings of each severity."""
        return Counter(finding.severity for finding in self.findings)
