"""Answers: the rows of a SELECT with exact terms and Python values, the truth of an ASK, the triples of a CONSTRUCT."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, overload

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import InputError, UnknownNameError
from kg.lookup.entity_names import Entity, EntityNames
from kg.queries.formats import to_html, to_rdflib, write_answer
from kg.reports import did_you_mean
from kg.terms import XSD, Term
from kg.text import closest
from kg.xsd import INTEGER_BOUNDS

if TYPE_CHECKING:
    import pandas
    import polars
    import rdflib

CONTESTED_COLUMN = "contested"
"""The last column of an answer with rows that hold only with a value that is undecided between sources: true there."""

Cell = Entity | str | int | float | bool | Decimal | datetime.date | datetime.datetime | None
"""A Python value: what a literal's datatype denotes, an `Entity` for an IRI, None for an unbound variable."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an answer: `row.film` and `row[0]` are Python values, `row.term("film")` is the exact term."""

    columns: tuple[str, ...]
    terms: tuple[Term | Triple | None, ...]
    names: EntityNames = field(repr=False, compare=False)

    def term(self, column: str) -> Term | Triple | None:
        """The exact term of a column; raises `UnknownNameError` for a column that the answer does not have."""
        if column not in self.columns:
            raise UnknownNameError(column, kind="column", suggestions=closest(column, list(self.columns)))
        return self.terms[self.columns.index(column)]

    @property
    def is_contested(self) -> bool:
        """True when the row holds only with a value that is undecided between sources."""
        return CONTESTED_COLUMN in self.columns and self.term(CONTESTED_COLUMN) is not None

    def __getattr__(self, column: str) -> Any:
        if column.startswith("_") or column not in self.columns:
            advice = did_you_mean(closest(column, list(self.columns))[:1]) or f"It has {', '.join(self.columns)}."
            raise AttributeError(f"The row has no column {column!r}. {advice}")
        return to_cell(self.term(column), self.names)

    def __getitem__(self, column: str | int) -> Cell:
        return to_cell(self.terms[column] if isinstance(column, int) else self.term(column), self.names)

    def __iter__(self) -> Iterator[Cell]:
        return (to_cell(term, self.names) for term in self.terms)

    def __len__(self) -> int:
        return len(self.columns)

    def as_dict(self) -> dict[str, Cell]:
        """Column -> Python value."""
        return dict(zip(self.columns, self, strict=True))


@dataclass(frozen=True)
class Answer(Sequence[Row]):
    """The rows of a SELECT, the `truth` of an ASK, or the `triples` of a CONSTRUCT or DESCRIBE.

    `query` is the SPARQL that ran. `complete` is False when rows were left out because of a limit.
    """

    columns: tuple[str, ...]
    solutions: Sequence[Any]
    names: EntityNames = field(repr=False, compare=False)
    query: str = field(repr=False, default="")
    name: str = ""
    """The name of the stored query; empty for any other query."""
    truth: bool | None = None
    triples: tuple[Triple, ...] | None = field(repr=False, default=None)
    complete: bool = True
    is_contested: bool = False
    """True when it, or a row of it, holds only with a value that is undecided between sources."""

    @property
    def kind(self) -> str:
        """`rows`, `truth` or `triples`."""
        return "truth" if self.truth is not None else "rows" if self.triples is None else "triples"

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self._row(solution) for solution in self.solutions[index]]
        return self._row(self.solutions[index])

    def __iter__(self) -> Iterator[Row]:
        return map(self._row, self.solutions)

    def __len__(self) -> int:
        return len(self.solutions) if self.triples is None else len(self.triples)

    def __bool__(self) -> bool:
        """The truth of an ASK; any other answer is true unless it is empty."""
        return self.truth if self.truth is not None else len(self) > 0

    def _row(self, solution: Any) -> Row:  # a pyoxigraph QuerySolution, or a tuple of terms
        return Row(self.columns, tuple(solution), self.names)

    def values(self, column: str | int = 0) -> list[Cell]:
        """The Python values of one column, in the order of the rows."""
        return [row[column] for row in self]

    def to_dicts(self) -> list[dict[str, Cell]]:
        """The rows as dictionaries, entities as their labels; raises `InputError` when the answer has no rows."""
        if self.kind != "rows":
            raise InputError(_NO_ROWS[self.kind])
        return [
            {name: str(cell) if isinstance(cell, Entity) else cell for name, cell in row.as_dict().items()}
            for row in self
        ]

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas table; requires the extra `pandas`."""
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise InputError(_MISSING_PACKAGE.format("pandas")) from error
        return pandas.DataFrame(self.to_dicts(), columns=list(self.columns))

    def to_polars(self) -> polars.DataFrame:
        """The rows as a Polars table; requires the extra `polars`."""
        try:
            import polars
        except ModuleNotFoundError as error:
            raise InputError(_MISSING_PACKAGE.format("polars")) from error
        rows = self.to_dicts()
        return polars.DataFrame({column: [row[column] for row in rows] for column in self.columns}, strict=False)

    def to_rdflib(self) -> rdflib.Graph:
        """The triples of a CONSTRUCT as an rdflib graph."""
        return to_rdflib(self.triples or ())

    def to_text(self, format: str = "table") -> str:
        """The answer as text: `table`, `json`, `csv`, `tsv`, `markdown`, or `turtle` for triples."""
        return write_answer(self, format)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return to_html(self)


_MISSING_PACKAGE = "This requires another package: pip install 'film-knowledge-graph[{}]'"
_NO_ROWS = {
    "truth": "The answer to an ASK has no rows: its `truth` is True or False.",
    "triples": "The answer to a CONSTRUCT has no rows: it has `triples`, `to_rdflib()` and `to_text()`; "
    "use SELECT to get columns.",
}
_INTEGERS = frozenset(XSD + name for name in INTEGER_BOUNDS)


def to_cell(term: Term | Triple | None, names: EntityNames) -> Cell:
    """A term as a Python value: numbers, dates and truth values by their datatype, an `Entity` for an IRI."""
    if isinstance(term, NamedNode):
        return Entity(term, names)
    if not isinstance(term, Literal):
        return None if term is None else str(term)
    text, datatype = term.value, term.datatype.value
    try:
        if datatype in _INTEGERS:
            return int(text)
        match datatype.removeprefix(XSD):
            case "decimal":
                return Decimal(text)
            case "double" | "float":
                return float(text)
            case "boolean":
                return text in ("true", "1")
            case "date":
                return datetime.date.fromisoformat(text)
            case "dateTime":
                return datetime.datetime.fromisoformat(text)
    except (ValueError, ArithmeticError):
        pass  # an ill-typed literal stays the text that it is
    return text
