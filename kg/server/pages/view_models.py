"""The nouns that a page is made of: facts in a list, tables, bars, statements, days, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kg.server.pages.display import Citation, Shown


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Line:
    """A property with its values; `left_out` more are not told, `all_at` is where they are."""

    label: str
    values: tuple[Shown, ...]
    left_out: int = 0
    all_at: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Properties with their values, one under the other."""

    lines: tuple[Line, ...]
    caption: str = ""
    name: str = "lines"


@dataclass(frozen=True, slots=True)
class TableRow:
    """Cells of values, and who says what is in them; a cell has its own marks only where it has its own reasons."""

    cells: tuple[tuple[Shown, ...], ...]
    citations: tuple[Citation, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under the names of their columns; `numeric` are the numbers of columns whose cells are numbers.

    `more` leads to the rows that are not here.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    numeric: frozenset[int] = frozenset()
    more: tuple[Link, ...] = ()
    is_folded: bool = False
    name: str = "table"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: how long it is, of 100, and what it means."""

    label: tuple[Shown, ...]
    value: str
    length: float
    note: str = ""
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of bars."""

    caption: str
    bars: tuple[Bar, ...]
    name: str = "bars"


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody said, in our words."""

    claim: Shown
    speaker: tuple[Shown, ...]
    occasion: tuple[Shown, ...] = ()
    about: tuple[Shown, ...] = ()
    topics: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    day: str = ""
    note: str = ""
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Statements:
    """Statements, one under the other."""

    statements: tuple[Statement, ...]
    caption: str = ""
    name: str = "statements"


@dataclass(frozen=True, slots=True)
class Day:
    """Something that happened, and when."""

    day: str
    told: str
    kind: str
    values: tuple[Shown, ...]
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Days:
    """A timeline, the earliest first."""

    days: tuple[Day, ...]
    name: str = "days"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a disagreement: what is said, and why it is not taken as knowledge, where it is not."""

    shown: Shown
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What sources disagree on: the thing and property, what is taken, what is not."""

    subject: Shown
    property: str
    taken: tuple[Side, ...]
    refused: tuple[Side, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Disagreements:
    """What sources disagree on, one under the other."""

    all: tuple[Disagreement, ...]
    name: str = "disagreements"


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, made here; `words` say the same to those who do not see it."""

    svg: str
    words: str
    name: str = "picture"


Block = Lines | Table | Bars | Statements | Days | Disagreements | Picture


@dataclass(frozen=True)
class Section:
    """A part of a page under its title."""

    id: str
    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)
    is_folded: bool = False
