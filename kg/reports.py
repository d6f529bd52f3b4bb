"""What is wrong walks in as findings; a report that adds up, sorts and counts them walks out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is; a violation stops publishing, the others do not."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A spot in a file: path as the user knows it, line and column counted from 1 (0: the whole file)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`file:line:column`, as editors and compilers write it."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: `check` is its stable name (`facts/unknown-property`, `shacl/maxCount`, `owl/cax-dw`).

    `focus`, `path` and `value` are exact N-Triples forms, or empty; `values` are all that a finding of cardinality
    counted. `about` is what focus and path are called, `expected` and `found` say in words what is wrong; `places` are
    the spots in the files that made it so, the one at fault first; `remedy` is what to do next; `details` is what a W3C
    report says besides: pairs of IRI and exact term.
    """

    check: str
    message: str
    severity: Severity = Severity.VIOLATION
    places: tuple[Place, ...] = ()
    focus: str = ""
    path: str = ""
    value: str = ""
    shape: str = ""
    component: str = ""
    expected: str = ""
    found: str = ""
    remedy: str = ""
    values: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    about: str = ""
    premises: tuple[tuple[str, str, str], ...] = ()
    order: tuple[float, str, float] = (0.0, "", 0.0)
    """Where its shape stands among others: the order of the shape's group, the group, the order within it."""

    @property
    def place(self) -> Place | None:
        """The spot at fault, where there is one."""
        return self.places[0] if self.places else None

    def __str__(self) -> str:
        """One line: place, severity, message, what to do."""
        where = f"{self.place}: " if self.place is not None else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{where}{self.severity}: {self.message}{remedy} [{self.check}]"


@dataclass(frozen=True, slots=True)
class Report:
    """Findings, and what was counted on the way; reports add up."""

    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int | float | str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True when nothing forbids publishing: no violation."""
        return not any(finding.severity is Severity.VIOLATION for finding in self.findings)

    def __bool__(self) -> bool:
        """A report is true when it is fine."""
        return self.ok

    def __add__(self, other: Report) -> Report:
        """Both reports as one."""
        return Report(self.findings + other.findings, {**self.counts, **other.counts})

    def __iter__(self) -> Iterator[Finding]:
        """The findings, by file and line, then as their shapes are ordered, then by check."""
        nowhere = Place("")
        return iter(
            sorted(
                self.findings, key=lambda f: (f.place or nowhere, f.order, f.check, f.focus, f.path, f.value, f.message)
            )
        )

    def __len__(self) -> int:
        """How many findings."""
        return len(self.findings)

    def by_severity(self) -> Counter[Severity]:
        """How many findings of each severity."""
        return Counter(finding.severity for finding in self.findings)
