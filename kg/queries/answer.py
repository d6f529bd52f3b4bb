"""Answers: the rows of a SELECT with exact terms and Python values, the truth of an ASK, the triples of a CONSTRUCT."""

from __future__ import annotations

import datetime
import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, overload

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import InputError, UnknownNameError
from kg.lookup.entity_names import AnswerNames, CopiedNames, Entity
from kg.queries.formats import to_html, to_rdflib, write_answer
from kg.reports import did_you_mean
from kg.terms import XSD, Term, to_short
from kg.text.folding import closest
from kg.xsd import INTEGER_BOUNDS

if TYPE_CHECKING:
    import pandas
    import polars
    import rdflib

CONTESTED_COLUMN = "contested"
"""The last column of an answer with rows that hold only with a value that is undecided between sources: true there."""

Cell = Entity | str | int | float | bool | Decimal | datetime.date | datetime.datetime | None
"""A Python value: what a literal's datatype denotes, an `Entity` for an IRI, None for an unbound variable."""


TRIPLE_COLUMNS = ("subject", "predicate", "object")
"""The columns of the triples of a CONSTRUCT or DESCRIBE, read as rows."""


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """One row of an answer: `row.film` and `row[0]` are Python values, `row.term("film")` is the exact term."""

    columns: tuple[str, ...]
    terms: tuple[Term | Triple | None, ...]
    names: AnswerNames = field(repr=False, compare=False)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled with the labels of its entities."""
        return Row, (self.columns, self.terms, CopiedNames.of(self.names, self.terms))

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

    def __dir__(self) -> list[str]:
        """Its columns as well, so that editors and notebooks complete them."""
        return [*object.__dir__(self), *(column for column in self.columns if column.isidentifier())]

    def __getitem__(self, column: str | int) -> Cell:
        return to_cell(self.terms[column] if isinstance(column, int) else self.term(column), self.names)

    def __iter__(self) -> Iterator[Cell]:
        return (to_cell(term, self.names) for term in self.terms)

    def __len__(self) -> int:
        return len(self.columns)

    def __repr__(self) -> str:
        cells = ", ".join(f"{name}={cell}" for name, cell in self.as_dict().items())
        return f"Row({cells})"

    def as_dict(self) -> dict[str, Cell]:
        """Column -> Python value."""
        return dict(zip(self.columns, self, strict=True))


@dataclass(frozen=True, repr=False)
class Answer(Sequence[Row]):
    """The rows of a SELECT, the `truth` of an ASK, or the `triples` of a CONSTRUCT or DESCRIBE, which are rows as well.

    `query` is the SPARQL that ran. `complete` is False when rows were left out because of a limit.
    """

    columns: tuple[str, ...]
    solutions: Sequence[Any]
    names: AnswerNames = field(repr=False, compare=False)
    query: str = field(repr=False, default="")
    name: str = ""
    """The name of the stored query; empty for any other query."""
    truth: bool | None = None
    triples: tuple[Triple, ...] | None = field(repr=False, default=None)
    complete: bool = True
    reasons: Callable[[], tuple[str, ...]] | None = field(repr=False, compare=False, default=None)
    """Finds out why the answer has no rows."""
    engine: str = "oxigraph"
    """The engine that answered: `oxigraph`, or `columnar`, which is SQL over the columns of the graph."""
    is_contested: bool = False
    """True when it, or a row of it, holds only with a value that is undecided between sources."""

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled with the labels of its entities, and if it has no rows with the reasons: the graph stays behind."""
        rows = [tuple(solution) for solution in self.solutions]
        names = CopiedNames.of(self.names, (term for row in rows for term in row))
        known = partial(tuple, self.reasons()) if self.reasons is not None and not rows else None
        changes = {"solutions": rows, "names": names, "reasons": known}
        return Answer, tuple(changes.get(each.name, getattr(self, each.name)) for each in fields(self))

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
            return [self._row(element) for element in self._elements[index]]
        return self._row(self._elements[index])

    def __iter__(self) -> Iterator[Row]:
        return map(self._row, self._elements)

    def filled_columns(self, rows: Iterable[Row]) -> list[int]:
        """The numbers of the columns that have a value in one of these rows of the answer."""
        filled = {index for row in rows for index, term in enumerate(row.terms) if term is not None}
        return sorted(filled)

    def __len__(self) -> int:
        return len(self._elements)

    @property
    def _elements(self) -> Sequence[Any]:
        return self.solutions if self.triples is None else self.triples

    def __bool__(self) -> bool:
        """The truth of an ASK; any other answer is true unless it is empty."""
        return self.truth if self.truth is not None else len(self) > 0

    def _row(self, element: Any) -> Row:  # a pyoxigraph QuerySolution or Triple, or a tuple of terms
        columns = self.columns if self.triples is None else TRIPLE_COLUMNS
        return Row(columns, tuple(element), self.names)

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

    def to_pandas(self, *, exact: bool = False) -> pandas.DataFrame:
        """The rows as a pandas table, with numbers as Int64 or float64 and dates as datetime64; requires `pandas`.

        With `exact`, the cells are the Python values of `to_dicts`, such as Decimals.
        """
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise InputError(_MISSING_PACKAGE.format("pandas")) from error
        if exact:
            return pandas.DataFrame(self.to_dicts(), columns=list(self.columns))
        columns = self._plain_columns()
        series = {name: pandas.Series(values, dtype=_pandas_type(values)) for name, values in columns.items()}
        return pandas.DataFrame(series, columns=list(self.columns))

    def to_polars(self, *, exact: bool = False) -> polars.DataFrame:
        """The rows as a Polars table, with numbers as Int64 or Float64 and dates as Date; requires `polars`.

        With `exact`, the cells are the Python values of `to_dicts`, such as Decimals.
        """
        try:
            import polars
        except ModuleNotFoundError as error:
            raise InputError(_MISSING_PACKAGE.format("polars")) from error
        if not exact:
            return polars.DataFrame(self._plain_columns(), strict=False)
        rows = self.to_dicts()
        return polars.DataFrame({column: [row[column] for row in rows] for column in self.columns}, strict=False)

    def _plain_columns(self) -> dict[str, list[Any]]:
        """Column -> values of one type, for tables that compute with them."""
        rows = self.to_dicts()  # raises the error for an answer without rows
        terms = [row.terms for row in self]
        return {
            name: to_one_type([_year(cells[index], row[name]) for cells, row in zip(terms, rows, strict=True)])
            for index, name in enumerate(self.columns)
        }

    def to_rdflib(self) -> rdflib.Graph:
        """The triples of a CONSTRUCT as an rdflib graph."""
        return to_rdflib(self.triples or ())

    def to_text(self, format: str = "table", *, labels: bool = False) -> str:
        """The answer as text: `table`, `json`, `csv`, `tsv`, `markdown`, or `turtle` for triples.

        With `labels`, each column of entities is followed by one with their labels, which spreadsheets need.
        """
        return write_answer(self.with_labels() if labels else self, format)

    def with_labels(self) -> Answer:
        """The answer with a column `film_label` after each column `film` that has entities."""
        if self.kind != "rows":
            return self
        indexes = range(len(self.columns))
        has_entities = [any(isinstance(solution[index], NamedNode) for solution in self.solutions) for index in indexes]
        columns = [(name, *[f"{name}_label"] * has) for name, has in zip(self.columns, has_entities, strict=True)]
        rows = []
        for solution in self.solutions:
            cells = ((term, *self._label(term, has)) for term, has in zip(solution, has_entities, strict=True))
            rows.append(tuple(cell for pair in cells for cell in pair))
        return replace(self, columns=tuple(name for names in columns for name in names), solutions=rows)

    def _label(self, term: Term | Triple | None, has_label: bool) -> tuple[Literal | None, ...]:
        if not has_label:
            return ()
        return (Literal(self.names.label(term)) if isinstance(term, NamedNode) else None,)

    @property
    def note(self) -> str:
        """Why the answer has no rows; empty for an answer that has some."""
        return "\n".join(self.reasons()) if self.reasons is not None and self.kind == "rows" and not self else ""

    def __str__(self) -> str:
        return f"{self.to_text()}{self.note}"

    def __repr__(self) -> str:
        """The first rows as a table."""
        if self.kind != "rows" or len(self) <= _SHOWN_ROWS:
            return str(self).rstrip()
        table = replace(self, solutions=self.solutions[:_SHOWN_ROWS]).to_text().rpartition("(")[0]
        return f"{table}({len(self):,} rows; the first {_SHOWN_ROWS} are shown)"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        return to_html(self) + note


_MISSING_PACKAGE = "This requires another package: pip install 'film-knowledge-graph[{}]'"
_NO_ROWS = {
    "truth": "The answer to an ASK has no rows: its `truth` is True or False.",
    "triples": "The answer to a CONSTRUCT has no rows: it has `triples`, `to_rdflib()` and `to_text()`; "
    "use SELECT to get columns.",
}
_SHOWN_ROWS = 20
_YEAR = re.compile(r"-?[0-9]{4,}")
_INTEGERS = frozenset(XSD + name for name in INTEGER_BOUNDS)


def to_cell(term: Term | Triple | None, names: AnswerNames) -> Cell:
    """A term as a Python value: numbers, dates and truth values by their datatype, an `Entity` for an IRI."""
    if isinstance(term, NamedNode):
        return Entity(term, names)
    if not isinstance(term, Literal):
        return None if term is None else to_short(term, names.prefixes)
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


# --- columns of one type


def _year(term: Term | Triple | None, cell: Cell) -> Cell:
    """A year as a number; any other cell as it is."""
    is_year = isinstance(term, Literal) and term.datatype.value == XSD + "gYear"
    return int(term.value) if is_year and _YEAR.fullmatch(term.value) else cell  # type: ignore[union-attr]


def to_one_type(values: list[Any]) -> list[Any]:
    """The values, with numbers as int or float, and dates as date or datetime, where all are of that kind."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int}:
        is_small = all(value is None or abs(value) < 2**63 for value in values)
        return values if is_small else [value if value is None else float(value) for value in values]
    if kinds and kinds <= {int, float, Decimal}:
        return [value if value is None else float(value) for value in values]
    if datetime.datetime in kinds and kinds <= {datetime.date, datetime.datetime}:
        moments = [value and (value if isinstance(value, datetime.datetime) else _midnight(value)) for value in values]
        has_zone = any(moment is not None and moment.tzinfo is not None for moment in moments)
        return [moment and _in_utc(moment) for moment in moments] if has_zone else moments
    return values


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time())


def _in_utc(moment: datetime.datetime) -> datetime.datetime:
    """The moment in UTC; one without a zone is taken to be in UTC."""
    return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)


def _pandas_type(values: list[Any]) -> str | None:
    """The dtype of a column of one type."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) != 1:
        return "object"
    zone = any(isinstance(value, datetime.datetime) and value.tzinfo is not None for value in values)
    moment = "datetime64[us, UTC]" if zone else "datetime64[us]"
    return _PANDAS_TYPES.get(kinds.pop(), "object") if not kinds & {datetime.datetime} else moment


_PANDAS_TYPES = {int: "Int64", float: "float64", bool: "boolean", datetime.date: "datetime64[s]"}
