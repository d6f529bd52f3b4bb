"""The rows of a table that are left out: why, how many, and where the first ones are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from kg.text.number_words import counted

_MAX_LINES_SHOWN = 5


class RowFault(StrEnum):
    """Why a row of a table is left out."""

    MORE_CELLS = "more cells than the header"
    """Nobody knows which cell belongs to which column."""
    NO_OBJECT = "this is no JSON object"
    ONE_CELL = "fewer than two cells"


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A row of a table that is left out, with its line."""

    line: int
    fault: RowFault


@dataclass
class UnreadRows:
    """How many rows of a table are left out for each fault, and the lines of the first ones."""

    counts: Counter[RowFault] = field(default_factory=Counter)
    lines: dict[RowFault, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: UnreadRow) -> None:
        """Count a row."""
        self.counts[row.fault] += 1
        if len(self.lines[row.fault]) < _MAX_LINES_SHOWN:
            self.lines[row.fault].append(row.line)

    def to_lines(self, file: str) -> Iterator[str]:
        """A line of text for each fault."""
        for fault, count in self.counts.items():
            first, *others = self.lines[fault]
            rows = counted(count, "row")
            more = f", also {'line' if count == 2 else 'lines'} {', '.join(map(str, others))}" if others else ""
            rest = f" and {count - len(others) - 1:,} more" if count > len(others) + 1 else ""
            yield f"{file}:{first}: {fault}; {rows} of this kind left out{more}{rest}"
