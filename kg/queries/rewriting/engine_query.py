"""A query in the form that the engine answers as SPARQL defines, and its results."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from pyoxigraph import QueryBoolean, QuerySolutions, Store, Triple

from kg.errors import QueryError
from kg.queries.rewriting.expressions import apply_edits
from kg.queries.rewriting.functions import call_edits
from kg.queries.rewriting.graph_clauses import graph_edits
from kg.queries.rewriting.ill_typed_literals import MARK, literal_edits, unmark
from kg.queries.rewriting.operators import operator_edits
from kg.queries.rewriting.pattern_blocks import NO_VARIABLE
from kg.queries.rewriting.prologue import Prologue
from kg.queries.rewriting.property_paths import path_edits
from kg.queries.rewriting.truth_values import truth_edits
from kg.queries.sparql import escape_dots, order_columns
from kg.queries.syntax_errors import to_query_error
from kg.terms import BASE, PREFIXES
from kg.text.sparql_tokens import tokenise

_Element = TypeVar("_Element")


@dataclass(frozen=True, slots=True)
class EngineRows:
    """The rows of a SELECT, read one by one."""

    columns: tuple[str, ...]
    rows: Iterator[Any]  # a pyoxigraph QuerySolution, or a tuple of terms


@dataclass(frozen=True, slots=True)
class EngineTriples:
    """The triples of a CONSTRUCT or DESCRIBE, read one by one."""

    triples: Iterator[Triple]


EngineResult = bool | EngineRows | EngineTriples


@contextmanager
def ended(result: EngineResult) -> Iterator[EngineResult]:
    """The result, of which nothing can be read afterwards.

    The engine's rows may be dropped only by the thread that made them, and an error keeps them for whoever handles it.
    """
    try:
        yield result
    finally:
        if not isinstance(result, bool):
            elements = result.triples if isinstance(result, EngineTriples) else result.rows
            if isinstance(elements, _Elements):
                elements.close()


@dataclass(frozen=True, slots=True)
class InMemoryResult:
    """A result that has been read: a truth value, or the rows or triples, and for rows their columns."""

    truth: bool | None
    columns: tuple[str, ...] | None
    elements: tuple[Any, ...]

    @classmethod
    def of(cls, result: EngineResult, *, limit: int | None = None) -> InMemoryResult:
        """A result, at most `limit` rows or triples of it."""
        if isinstance(result, bool):
            return cls(result, None, ())
        if isinstance(result, EngineTriples):
            return cls(None, None, tuple(islice(result.triples, limit)))
        return cls(None, result.columns, tuple(tuple(row) for row in islice(result.rows, limit)))

    @property
    def result(self) -> EngineResult:
        """The result, to be read again."""
        if self.truth is not None:
            return self.truth
        if self.columns is None:
            return EngineTriples(iter(self.elements))
        return EngineRows(self.columns, iter(self.elements))


def evaluate(store: Store, text: str, *, file: str = "", **options: Any) -> EngineResult:
    """The result of a query on a store; the graph's prefixes need no declaration.

    `options` are the engine's. Raises `QueryError` for a query that does not parse, and while its rows are read, for
    one that the engine cannot evaluate.
    """
    try:
        # Another engine than Oxigraph, behind an endpoint, gets the query as it is.
        rewritten = to_engine_text(text) if isinstance(store, Store) else text
        result = store.query(rewritten, prefixes=PREFIXES, **options)
    except SyntaxError as error:
        raise to_query_error(text, error, file=file) from error
    except RuntimeError as error:
        raise _unsupported(error) from error
    if isinstance(result, QueryBoolean):
        return bool(result)
    is_marked = MARK in rewritten
    if not isinstance(result, QuerySolutions):
        return EngineTriples(_Elements(map(_unmark_triple, result) if is_marked else iter(result)))
    found = tuple(variable.value for variable in result.variables)
    if found == (NO_VARIABLE[1:],) and NO_VARIABLE not in text:
        return EngineRows((), _Elements(map(_no_cells, result)))
    columns = order_columns(text, found)  # the engine has those of `SELECT *` by the alphabet
    # By `map`, since a generator would be kept with the engine's rows by the traceback of an error in it.
    rows: Iterator[Any] = map(_unmark_row, result) if is_marked else result
    if columns != found:
        rows = map(itemgetter(*(found.index(name) for name in columns)), rows)
    return EngineRows(columns, _Elements(rows))


def evaluate_in_memory(store: Store, text: str, file: str, base_iri: str | None, limit: int | None) -> InMemoryResult:
    """At most `limit` rows or triples of a result, as it can be sent to another process."""
    return InMemoryResult.of(evaluate(store, text, file=file, base_iri=base_iri), limit=limit)


class _Elements(Iterator[_Element]):
    """The engine's rows or triples, until they are closed.

    Who reads them keeps no name for the engine's own iterator, so that closing them drops it.
    """

    def __init__(self, elements: Iterator[_Element]) -> None:
        self._elements = _read(elements)

    def __iter__(self) -> Iterator[_Element]:
        return self._elements

    def __next__(self) -> _Element:
        return next(self._elements)

    def close(self) -> None:
        """Drop the engine's iterator, in the thread that made it."""
        # A generator that has not begun keeps its arguments when it is closed.
        self._elements.close()
        self._elements = _read(iter(()))


def _read(elements: Iterator[_Element]) -> Generator[_Element, None, None]:
    try:
        yield from elements
    except RuntimeError as error:
        raise _unsupported(error) from error
    finally:
        # The engine's iterator must end in its own thread, and the traceback of an error may live on in another.
        del elements


def _unsupported(error: RuntimeError) -> QueryError:
    return QueryError(f"The query cannot be answered: {error}")


def _no_cells(row: object) -> tuple[()]:
    return ()


def _unmark_row(row: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(map(unmark, row))


def _unmark_triple(triple: Triple) -> Triple:
    return Triple(triple.subject, triple.predicate, unmark(triple.object))


def to_engine_text(text: str) -> str:
    """The query with literals, calls, operations and paths that the engine would read differently in other forms.

    Raises `SyntaxError` where the query does not parse, and `QueryError` where no other form is known.
    """
    tokens = list(tokenise(text))
    escaped = rewritten = escape_dots(text, tokens)
    prologue = Prologue(tokens)
    for edits_of in (literal_edits, truth_edits, call_edits, operator_edits, graph_edits, path_edits):
        if rewritten is not text:
            tokens = list(tokenise(rewritten))
        if edits := list(edits_of(rewritten, tokens, prologue)):
            if rewritten is escaped:
                # An error is at its place in the text as it was written.
                Store().query(escaped, prefixes=PREFIXES, base_iri=BASE)
            rewritten = apply_edits(rewritten, edits)
    return rewritten
