"""Known pairs of two files, and how the linked ones agree with them: precision, recall, and misses by cause.

A gold standard is a table of two columns, with or without a header, or SSSOM. Which column of each file its
identifiers are in is found by their values. A further column of decisions, true and false or same and different, marks
pairs that are not the same; a pair with another decision, such as `maybe`, is not counted.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from kg.errors import InputError
from kg.file_linking.entity_files import EntityFile
from kg.importers.input_files import open_decompressed
from kg.importers.tables.table_files import read_rows
from kg.importers.tables.unread_rows import RowFault, UnreadRow, UnreadRows
from kg.linking.causes import cause_of_miss
from kg.linking.model import Candidate, Classification
from kg.text.number_words import counted

_FALSE = frozenset(("false", "0", "no", "not", "n", "f", "different", "distinct", "non-match", "nonmatch"))
_TRUE = frozenset(("true", "1", "yes", "y", "t", "same", "equal", "match", "exact", "duplicate"))
_UNDECIDED = frozenset(("maybe", "perhaps", "possible", "unsure", "uncertain", "unclear", "unknown", "undecided", "?"))
"""Usual decisions of neither kind; any other text in a column of decisions is one as well."""
_SAME = ("exactMatch", "closeMatch", "sameAs")
"""The ends of the predicates of SSSOM by which two identifiers mean one entity."""
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class UndecidedPairs:
    """Pairs that a gold standard calls neither the same nor different; the text and the line of the first."""

    pairs: frozenset[tuple[str, str]] = frozenset()
    first: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class GoldColumn:
    """A column of a gold standard, by its name or number, and the column of a file whose values it has."""

    name: str
    of_file: str

    def __str__(self) -> str:
        return f"{self.name} has the values of {self.of_file}"


@dataclass(frozen=True, slots=True)
class GoldStandard:
    """Pairs of mentions that are the same, pairs that are not, and how many pairs name an entity of neither file.

    A complete one has all correct pairs of both files, so that every other pair is wrong.
    """

    same: frozenset[tuple[str, str]]
    different: frozenset[tuple[str, str]] = frozenset()
    unknown: int = 0
    is_complete: bool = False
    undecided: UndecidedPairs = field(default_factory=UndecidedPairs)
    unread: Sequence[str] = ()
    """What is said of rows that are left out."""
    columns: tuple[GoldColumn, ...] = ()
    """The columns of identifiers: that of the left file and that of the right one."""

    def known(self, pairs: Iterable[Candidate]) -> dict[tuple[str, str], bool]:
        """Of each pair whether it is right, where that is known.

        A gold standard that lists no wrong pairs has all right ones of the entities that it names.
        """
        known = dict.fromkeys(self.different, False) | dict.fromkeys(self.same, True)
        entities = {name for names in self.same for name in names} if not self.different else set()
        names = ((pair.left.id, pair.right.id) for pair in pairs)
        return known | {
            pair: False for pair in names if pair not in known and (self.is_complete or not entities.isdisjoint(pair))
        }


@dataclass(frozen=True, slots=True)
class Miss:
    """A correct pair that was not found, and why."""

    left: str
    right: str
    cause: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Precision and recall against a gold standard.

    `outside` are pairs found of which it states nothing: they are not among `found`, and may be right or wrong.
    `lists_wrong_pairs` is true where it lists pairs that are not the same, and states nothing of any pair that it does
    not list.
    """

    found: int
    correct: int
    expected: int
    outside: int
    unknown: int
    misses: tuple[Miss, ...]
    wrong: tuple[tuple[str, str], ...]
    lists_wrong_pairs: bool = False
    undecided: UndecidedPairs = field(default_factory=UndecidedPairs)
    unread: Sequence[str] = ()

    @property
    def precision(self) -> float:
        """The share of the pairs that are counted that is correct."""
        return self.correct / self.found if self.found else 1.0

    @property
    def precision_of_all(self) -> float:
        """The same among all pairs found, if those outside the gold standard are wrong."""
        found = self.found + self.outside
        return self.correct / found if found else 1.0

    @property
    def recall(self) -> float:
        """The share of correct pairs that were found."""
        return self.correct / self.expected if self.expected else 1.0

    @property
    def causes(self) -> tuple[tuple[str, int], ...]:
        """The causes of misses, each with its number, the most frequent first."""
        counts = Counter(miss.cause for miss in self.misses)
        return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def to_dict(self) -> dict[str, object]:
        """The evaluation for programs."""
        return {
            "precision": round(self.precision, 4) if self.found else None,
            "precision_if_complete": round(self.precision_of_all, 4) if self.found + self.outside else None,
            "recall": round(self.recall, 4) if self.expected else None,
            "found": self.found,
            "correct": self.correct,
            "expected": self.expected,
            "outside": self.outside,
            "unknown": self.unknown,
            "undecided": len(self.undecided.pairs),
            "misses": dict(self.causes),
            "wrong": [list(pair) for pair in self.wrong],
        }

    def to_text(self) -> str:
        """The evaluation for people, with examples of each cause."""
        found = counted(self.found, "pair is correct", "pairs are correct")
        expected = counted(self.expected, "correct pair was found", "correct pairs were found")
        lines = [
            f"precision {self.precision:.4f}: {self.correct:,} of {found}"
            if self.found
            else "precision: no pair to count",
            f"recall    {self.recall:.4f}: {self.correct:,} of {expected}"
            if self.expected
            else "recall: no correct pair is known",
        ]
        if self.outside:
            why = (
                "that the gold standard does not list"
                if self.lists_wrong_pairs
                else "of entities that the gold standard does not name"
            )
            lines[0] += f"; {counted(self.outside, 'other is', 'others are')} not counted"
            lines.append(f"not counted: {counted(self.outside, 'pair')} {why}")
            wrong = "this is" if self.outside == 1 else "these are"
            lines.append(f"    precision where {wrong} wrong: {self.precision_of_all:.4f} (--gold-complete)")
        if self.unknown:
            named = counted(self.unknown, "pair of the gold standard names", "pairs of the gold standard name")
            lines.append(f"{named} an entity that is not in the files")
        if self.undecided.pairs:
            pairs = counted(len(self.undecided.pairs), "pair of the gold standard is", "pairs of the gold standard are")
            first = f"first {self.undecided.first!r} in line {self.undecided.line}"
            lines.append(f"not counted: {pairs} neither the same nor different, {first}")
        lines += self.unread
        examples: dict[str, list[Miss]] = defaultdict(list)
        for miss in self.misses:
            examples[miss.cause].append(miss)
        for cause, count in self.causes:
            lines.append(f"missed, {cause}: {count:,}")
            lines += [f"    {miss.left}  |  {miss.right}" for miss in examples[cause][:_EXAMPLES]]
        if self.wrong:
            lines.append(f"wrong: {len(self.wrong):,}")
            lines += [f"    {left}  |  {right}" for left, right in self.wrong[:_EXAMPLES]]
        return "\n".join(lines) + "\n"


def read_gold_standard(path: Path, left: EntityFile, right: EntityFile, *, is_complete: bool = False) -> GoldStandard:
    """The gold standard in a file, which has all correct pairs where it is complete.

    Raises `InputError` when its columns are not those of identifiers of both files.
    """
    table = _read_table(path)
    rows = [row.cells for row in table.rows]
    if not rows:
        raise InputError(" ".join((f"{path} has no rows.", *table.unread.to_lines(str(path)))))
    width = min(map(len, rows))
    left_index, right_index = _SideIndex(left), _SideIndex(right)
    orders = [(first, second) for first in range(width) for second in range(width) if first != second]
    best = max(orders, key=lambda order: _hits(rows, order, left_index, right_index), default=None)
    if best is None or not _hits(rows, best, left_index, right_index):
        raise InputError(f"{path} has no two columns with identifiers of {left.path.name} and {right.path.name}.")
    left_name, ours = left_index.lookup([row[best[0]] for row in rows])
    right_name, theirs = right_index.lookup([row[best[1]] for row in rows])
    is_header = rows[0][best[0]].strip() not in ours and rows[0][best[1]].strip() not in theirs
    names = table.names or (rows[0] if is_header else [f"column {number + 1}" for number in range(width)])
    decisions = table.decisions if table.decisions is not None else _decision_column(rows, best)
    same: set[tuple[str, str]] = set()
    different: set[tuple[str, str]] = set()
    undecided: dict[tuple[str, str], _GoldRow] = {}
    unknown = 0
    for number, row in enumerate(table.rows):
        first, second = ours.get(row.cells[best[0]].strip()), theirs.get(row.cells[best[1]].strip())
        if first is None or second is None:
            is_header = number == 0 and first is None and second is None
            unknown += not is_header
            continue
        decision = _decision(row.cells, decisions)
        if decision in ("", *_TRUE):
            same.add((first, second))
        elif decision in _FALSE:
            different.add((first, second))
        else:
            undecided[first, second] = row
    row = next(iter(undecided.values()), _GoldRow(0, []))
    return GoldStandard(
        frozenset(same),
        frozenset(different),
        unknown,
        is_complete,
        UndecidedPairs(frozenset(undecided), _decision(row.cells, decisions), row.line),
        tuple(table.unread.to_lines(path.name)),
        (
            GoldColumn(names[best[0]], f"{left_name} in {left.path.name}"),
            GoldColumn(names[best[1]], f"{right_name} in {right.path.name}"),
        ),
    )


def _decision_column(rows: Sequence[Sequence[str]], identifiers: tuple[int, int]) -> int | None:
    """The column that states whether pairs are the same: most of its texts are decisions, and none another number."""
    for column in range(min(map(len, rows))):
        texts = Counter(_decision(row, column) for row in rows)
        texts.pop("", None)
        others = {text: count for text, count in texts.items() if text not in _TRUE | _FALSE | _UNDECIDED}
        is_mostly = sum(others.values()) <= sum(texts.values()) / 2
        if column not in identifiers and texts and is_mostly and not any(map(_is_number, others)):
            return column
    return None


def _decision(row: Sequence[str], column: int | None) -> str:
    return row[column].strip().casefold() if column is not None and column < len(row) else ""


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace(",", "", 1).isdecimal()


def evaluate(candidates: Iterable[Candidate], gold: GoldStandard, left: EntityFile, right: EntityFile) -> Evaluation:
    """How the pairs that are classified as the same agree with a gold standard."""
    by_pair = {(pair.left.id, pair.right.id): pair for pair in candidates}
    swap = left is right
    if swap:
        by_pair |= {(second, first): pair for (first, second), pair in list(by_pair.items())}
    same = {names for names, pair in by_pair.items() if pair.classification is Classification.SAME}
    if swap:
        same = {names for names in same if names in gold.same or (names[::-1] not in gold.same and names[0] < names[1])}
    judged = gold.same | gold.different
    lefts, rights = {names[0] for names in judged}, {names[1] for names in judged}
    same -= gold.undecided.pairs
    counted = same if gold.is_complete else {names for names in same if names[0] in lefts or names[1] in rights}
    if gold.different and not gold.is_complete:
        # A gold standard that lists what is not the same states nothing of the other pairs.
        counted &= judged
    taken = {name for names in same for name in names}
    names = {mention.id: mention.name for file in (left, right) for mention in file.mentions}
    years = {mention.id: mention.years for file in (left, right) for mention in file.mentions}

    def shown(id: str) -> str:
        key, name = id.partition(":")[2], names[id]
        year = f" ({years[id][0]})" if years[id] and str(years[id][0]) not in name else ""
        return f"{'' if key.startswith(name) else f'{key} '}{name}{year}"

    misses = tuple(
        Miss(
            shown(ours),
            shown(theirs),
            cause_of_miss(by_pair.get((ours, theirs)), is_taken=bool({ours, theirs} & taken)),
        )
        for ours, theirs in sorted(gold.same - same)
    )
    wrong = tuple((shown(ours), shown(theirs)) for ours, theirs in sorted(counted - gold.same))
    return Evaluation(
        len(counted),
        len(counted & gold.same),
        len(gold.same),
        len(same - counted),
        gold.unknown,
        misses,
        wrong,
        bool(gold.different),
        gold.undecided,
        gold.unread,
    )


class _SideIndex:
    """The values of every column of a file, to find the column that a gold standard refers to."""

    def __init__(self, file: EntityFile) -> None:
        key = " + ".join(file.key) or "the identifiers"
        self._columns: list[tuple[str, Mapping[str, str]]] = [
            (key, {text: id for id, text in file.ids.items()}),
            (key, {f"{file.prefix}:{quote(text)}": id for id, text in file.ids.items()}),
        ]
        for column in file.columns:
            values: dict[str, str] = {}
            for id, cell in file.values(column):
                values.setdefault(cell.strip(), id)
            self._columns.append((column, values))

    def lookup(self, values: Sequence[str]) -> tuple[str, Mapping[str, str]]:
        """The column that has most of the values, and value -> mention by it."""
        keys = set(map(str.strip, values))
        return max(self._columns, key=lambda column: len(keys & column[1].keys()))

    def count(self, values: set[str]) -> int:
        """How many of the values that column has."""
        return len(values & self.lookup(list(values))[1].keys())


def _hits(rows: Sequence[Sequence[str]], order: tuple[int, int], left: _SideIndex, right: _SideIndex) -> int:
    sample = rows[:2000]
    ours = {row[order[0]].strip() for row in sample}
    theirs = {row[order[1]].strip() for row in sample}
    return min(left.count(ours), right.count(theirs))


@dataclass(frozen=True, slots=True)
class _GoldRow:
    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class _GoldTable:
    rows: Sequence[_GoldRow] = ()
    unread: UnreadRows = field(default_factory=UnreadRows)
    decisions: int | None = None
    """The column of decisions, where the form of the table has one."""
    names: Sequence[str] = ()
    """The names of the columns, where the form of the table has them."""


def _read_table(path: Path) -> _GoldTable:
    """The rows of a table with their lines; those of SSSOM with the two names first, and the decision behind them."""
    if not path.exists():
        raise InputError(f"There is no file {path}.")
    unread = UnreadRows()
    rows: list[_GoldRow] = []
    if path.is_file() and path.name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson", ".parquet", ".xlsx")):
        number = 0
        for number, row in enumerate(read_rows(path), start=1):
            if isinstance(row, UnreadRow):
                unread.add(row)
            else:
                rows = rows or [_GoldRow(number, list(row))]
                rows.append(_GoldRow(number, [*row.values()]))
        return _GoldTable(rows, unread)
    with open_decompressed(path) as file:
        text = file.read().decode("utf-8-sig", "replace")
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    numbered = [(number, line) for number, line in numbered if not line.startswith("#")]
    lines = [line for _, line in numbered]
    if not lines:
        return _GoldTable()
    delimiter = max("\t,;|", key=lines[0].count)
    reader = csv.reader(lines, delimiter=delimiter)
    for cells in reader:
        line = numbered[reader.line_num - 1][0]
        if len(cells) > 1:
            rows.append(_GoldRow(line, cells))
        else:
            unread.add(UnreadRow(line, RowFault.ONE_CELL))
    if not rows or not {"subject_id", "object_id"} <= set(rows[0].cells):
        return _GoldTable(rows, unread)
    header = list(rows[0].cells)
    sssom = [_sssom_row(row, header) for row in rows[1:] if len(row.cells) == len(header)]
    return _GoldTable(sssom, unread, decisions=2, names=("subject_id", "object_id"))


def _sssom_row(row: _GoldRow, header: Sequence[str]) -> _GoldRow:
    cells = dict(zip(header, row.cells, strict=True))
    is_same = not cells.get("predicate_id") or cells["predicate_id"].endswith(_SAME)
    decision = "not" if cells.get("predicate_modifier") else "true" if is_same else cells["predicate_id"]
    return _GoldRow(row.line, [cells["subject_id"], cells["object_id"], decision])
