"""What the store gives back walks in; an answer of rows, whose cells are exact terms and ready values, walks out."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, overload

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import InputError, UnknownNameError
from kg.terms import XSD, Term, to_curie
from kg.text import closest

if TYPE_CHECKING:
    import pandas
    import polars
    import rdflib

    from kg.lookup.entity_names import EntityNames

_WHOLE = {XSD + name for name in ("integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger")}
_REAL = {XSD + name for name in ("double", "float")}


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing in an answer: `iri`, `curie`, and the `label` that the graph has for it. As text it is its label."""

    iri: NamedNode
    names: EntityNames = field(repr=False, compare=False)

    @property
    def curie(self) -> str:
        """`film:anora`, as queries write it."""
        return to_curie(self.iri.value)

    @property
    def label(self) -> str:
        """The thing's label, or its CURIE when it has none."""
        return self.names.label(self.iri) or self.curie

    def __str__(self) -> str:
        return self.label


Cell = Entity | str | int | float | bool | Decimal | datetime.date | datetime.datetime | None
"""A ready value: what Python has for the literal's datatype, a `Thing` for an IRI, None for nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an answer: `row.film` and `row[0]` are ready values, `row.term("film")` is the exact term."""

    columns: tuple[str, ...]
    terms: tuple[Term | Triple | None, ...]
    names: EntityNames = field(repr=False, compare=False)

    def term(self, column: str) -> Term | Triple | None:
        """The exact term of a column; raises `UnknownNameError` for a column that the answer does not have."""
        if column not in self.columns:
            raise UnknownNameError(column, kind="column", suggestions=closest(column, list(self.columns)))
        return self.terms[self.columns.index(column)]

    def __getattr__(self, column: str) -> Any:
        if column.startswith("_") or column not in self.columns:
            near = closest(column, list(self.columns))
            offer = f" Did you mean {near[0]}?" if near else f" It has {', '.join(self.columns)}."
            raise AttributeError(f"The row has no column {column!r}.{offer}")
        return to_cell(self.term(column), self.names)

    def __getitem__(self, column: str | int) -> Cell:
        return to_cell(self.terms[column] if isinstance(column, int) else self.term(column), self.names)

    def __iter__(self) -> Iterator[Cell]:
        return (to_cell(term, self.names) for term in self.terms)

    def __len__(self) -> int:
        return len(self.columns)

    def as_dict(self) -> dict[str, Cell]:
        """Column -> ready value."""
        return dict(zip(self.columns, self, strict=True))


@dataclass(frozen=True)
class Answer(Sequence[Row]):
    """What came back: rows of a SELECT, `truth` of an ASK, or `triples` of a CONSTRUCT or DESCRIBE.

    `query` is the SPARQL that ran. `complete` is False when rows were left out because of a bound.
    """

    columns: tuple[str, ...]
    solutions: Sequence[Any]
    names: EntityNames = field(repr=False, compare=False)
    query: str = field(repr=False, default="")
    name: str = ""
    truth: bool | None = None
    triples: tuple[Triple, ...] | None = field(repr=False, default=None)
    complete: bool = True

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
        """An ASK is as true as its answer; any other answer is true when there is something in it."""
        return self.truth if self.truth is not None else len(self) > 0

    def _row(self, solution: Any) -> Row:  # a pyoxigraph QuerySolution, or a tuple of terms
        return Row(self.columns, tuple(solution), self.names)

    def values(self, column: str | int = 0) -> list[Cell]:
        """One column's ready values, in the order of the rows."""
        return [row[column] for row in self]

    def to_dicts(self) -> list[dict[str, Cell]]:
        """The rows as dictionaries; things are their labels. Raises `InputError` where the answer has no rows."""
        if self.kind != "rows":
            form, remedy = _ROWLESS[self.kind]
            raise InputError(f"{form} has no rows: {remedy}")
        dicts = (row.as_dict() for row in self)
        return [{name: str(cell) if isinstance(cell, Entity) else cell for name, cell in one.items()} for one in dicts]

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas table; needs the extra `pandas`."""
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise InputError(_NEEDED.format("pandas")) from error
        return pandas.DataFrame(self.to_dicts(), columns=list(self.columns))

    def to_polars(self) -> polars.DataFrame:
        """The rows as a Polars table; needs the extra `polars`."""
        try:
            import polars
        except ModuleNotFoundError as error:
            raise InputError(_NEEDED.format("polars")) from error
        rows = self.to_dicts()
        return polars.DataFrame({column: [row[column] for row in rows] for column in self.columns}, strict=False)

    def to_rdflib(self) -> rdflib.Graph:
        """The triples of a CONSTRUCT as an rdflib graph."""
        from kg.queries.rdflib_graph import to_rdflib

        return to_rdflib(self.triples or ())

    def to_text(self, format: str = "table") -> str:
        """The answer as text: `table`, `json`, `csv`, `tsv`, `markdown`, or `turtle` for triples."""
        from kg.queries.formats import write_answer

        return write_answer(self, format)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from kg.queries.formats import to_html

        return to_html(self)


_NEEDED = "This needs one package more: pip install 'film-knowledge-graph[{}]'"
_ROWLESS = {
    "truth": ("The answer to an ASK", "its `truth` is True or False."),
    "triples": ("A graph", "it has `triples`, `to_rdflib()` and `to_text()`; or SELECT what should be columns."),
}


def to_cell(term: Term | Triple | None, names: EntityNames) -> Cell:
    """A term as Python has it: numbers, dates and truth by their datatype, a `Thing` for an IRI."""
    if isinstance(term, NamedNode):
        return Entity(term, names)
    if not isinstance(term, Literal):
        return None if term is None else str(term)
    kind, text = term.datatype.value, term.value
    try:
        if kind in _WHOLE:
            return int(text)
        if kind == XSD + "decimal":
            return Decimal(text)
        if kind in _REAL:
            return float(text)
        if kind == XSD + "boolean":
            return text in ("true", "1")
        if kind == XSD + "date":
            return datetime.date.fromisoformat(text)
        if kind == XSD + "dateTime":
            return datetime.datetime.fromisoformat(text)
    except (ValueError, ArithmeticError):
        # A literal that is not what its datatype says stays the text that it is.
        return text
    return text
