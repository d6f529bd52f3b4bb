"""A query answered by DuckDB: compiled, run within a time limit, its rows as exact terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from threading import Timer
from typing import Any

import duckdb
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg.errors import LimitError
from kg.graph.columns import Columns, facets_of
from kg.queries.rewriting.engine_query import EngineResult, EngineRows, EngineTriples, evaluate
from kg.queries.sparql_to_sql.algebra import NotCompiled, to_algebra
from kg.queries.sparql_to_sql.facets import exact_text
from kg.queries.sparql_to_sql.patterns import Patterns
from kg.queries.sparql_to_sql.relations import UNSUPPORTED, Column, Kind
from kg.sql import quote
from kg.terms import XSD, Term, to_term

_FIRST_OWN_ID = 0xF0000000
_BATCH = 20_000
_MAX_PLANS = 256


class QueryTerms:
    """The ids of the constants of one query: those of the graph, or own ones for terms that it does not have."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._ids: dict[str, int] = {}
        self.own: dict[int, str] = {}

    def id_of(self, text: str) -> int:
        """The id of an exact term."""
        if text not in self._ids:
            found = self._columns.find_ids([text])
            id = found.get(text, _FIRST_OWN_ID + len(self.own))
            self._ids[text] = id
            if text not in found:
                self.own[id] = text
        return self._ids[text]

    def to_sql(self) -> str:
        """The relation `dictionary`."""
        if not self.own:
            return "dictionary AS NOT MATERIALIZED (SELECT * FROM term)"
        rows = ", ".join(f"({', '.join(map(_to_sql, (id, *facets_of(text)[1:])))})" for id, text in self.own.items())
        return f"dictionary AS NOT MATERIALIZED (SELECT * FROM term UNION ALL SELECT * FROM (VALUES {rows}))"


def _to_sql(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return quote(value)
    if isinstance(value, float):
        return f"CAST({quote(repr(value))} AS DOUBLE)"
    return quote(value) if isinstance(value, str) else str(value)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query as one SQL statement, with the steps that made it."""

    form: str
    sql: str
    steps: tuple[tuple[str, str, str], ...]
    """Name, step and SQL of each relation."""
    columns: dict[str, Column]
    variables: tuple[str, ...]
    terms: QueryTerms
    template: tuple[Any, ...] = ()
    anchors: tuple[str, ...] = ()
    """The conditions on constants of each triple pattern with a constant subject or object."""


def compile_query(columns: Columns, text: str, *, base: str | None = None, file: str = "") -> Compiled:
    """The SQL of a query; raises `NotCompiled`, and `QueryError` for one that does not parse."""
    plans = columns.plans
    if (text, base) not in plans:
        if len(plans) >= _MAX_PLANS:
            plans.clear()
        plans[text, base] = _compile(columns, text, base=base, file=file)
    compiled: Compiled = plans[text, base]
    return compiled


def _compile(columns: Columns, text: str, *, base: str | None, file: str) -> Compiled:
    selected = _selected(text, base=base, file=file)
    algebra = to_algebra(text, base=base)
    form = algebra.name.removesuffix("Query").upper()
    if form not in ("SELECT", "ASK", "CONSTRUCT"):
        raise NotCompiled(form)
    terms = QueryTerms(columns)
    patterns = Patterns(terms)
    node = algebra.p
    if form == "ASK":
        relation = patterns.relation(node.p if node.name == "Project" else node)
        last, found = f"SELECT 1 FROM {relation.name} LIMIT 1", dict(relation.columns)
    else:
        last, found = patterns.select_sql(node, is_ordered=True)
    variables = tuple(found) if selected is None else selected
    statement = patterns.statement
    sql = statement.to_sql(last)
    dictionary = terms.to_sql()
    sql = (
        sql.replace("WITH RECURSIVE ", f"WITH RECURSIVE {dictionary},\n", 1)
        if statement.relations
        else f"WITH {dictionary}\n{sql}"
    )
    template = tuple(_template(algebra)) if form == "CONSTRUCT" else ()
    return Compiled(form, sql, tuple(statement.relations), found, variables, terms, template, tuple(patterns.anchors))


def _selected(text: str, *, base: str | None, file: str) -> tuple[str, ...] | None:
    """The variables of a SELECT: the other engine says what is wrong with a query, and what `SELECT *` has.

    Its result ends here: errors inside rdflib's parser keep the frames of their callers until any thread collects them,
    and the engine's iterator must end in its own thread.
    """
    shape = evaluate(Store(), text, file=file, base_iri=base)
    return shape.columns if isinstance(shape, EngineRows) else None


def fewest_matches(columns: Columns, compiled: Compiled) -> int:
    """How many triples match the triple pattern with constants that has the fewest; all triples if there is none."""
    sources = compiled.anchors or ("triple",)
    counts = (columns.sql.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0] for source in sources)
    return min(map(int, counts))


def _template(algebra: Any) -> Any:
    """The triples of a CONSTRUCT; of its short form those of its pattern."""
    if algebra.template is not None:
        return algebra.template
    pattern = _project(algebra.p).p
    if pattern.name != "BGP":
        raise NotCompiled("this form of CONSTRUCT WHERE")
    return pattern.triples


def _project(node: Any) -> Any:
    while node.name != "Project":
        node = node.p
    return node


def run_compiled(columns: Columns, compiled: Compiled, *, seconds: float | None = None) -> EngineResult:
    """The result of a compiled query.

    Raises `NotCompiled` when it meets a value of which the columns are not exact, and `LimitError` when it takes longer
    than `seconds` or more memory than allowed.
    """
    try:
        rows = _fetch(columns, compiled.sql, seconds)
    except duckdb.InterruptException as error:
        message = f"The query took longer than {seconds:g} seconds and was stopped."
        raise LimitError(message, limit="seconds") from error
    except duckdb.OutOfMemoryException as error:
        raise LimitError("The query exceeded its memory limit and was stopped.", limit="memory") from error
    except duckdb.Error as error:
        message = str(error)
        reason = message.partition(UNSUPPORTED)[2].split("\n")[0] if UNSUPPORTED in message else f"SQL: {message[:200]}"
        raise NotCompiled(reason) from error
    if compiled.form == "ASK":
        return bool(rows)
    result = _read(columns, compiled, rows)
    if compiled.form == "SELECT":
        return EngineRows(compiled.variables, result)
    return EngineTriples(_construct(compiled, result))


def _fetch(columns: Columns, sql: str, seconds: float | None) -> list[tuple[Any, ...]]:
    cursor = columns.sql.cursor()
    if seconds is None:
        return cursor.execute(sql).fetchall()
    timer = Timer(seconds, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        return cursor.execute(sql).fetchall()
    finally:
        timer.cancel()


def _read(columns: Columns, compiled: Compiled, rows: list[tuple[Any, ...]]) -> Iterator[tuple[Term | None, ...]]:
    """The rows as terms, decoded by the batch."""
    places = _places(compiled)
    known: dict[int, Term] = {id: to_term(text) for id, text in compiled.terms.own.items()}
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        ids = {
            row[place[0]]
            for column, place in places.values()
            if column.kind is Kind.ID
            for row in batch
            if row[place[0]] is not None and row[place[0]] not in known
        }
        known |= {id: to_term(text) for id, text in columns.decode(ids).items()}
        for row in batch:
            yield tuple(
                _to_cell(places[name][0], [row[i] for i in places[name][1]], known) if name in places else None
                for name in compiled.variables
            )


def _places(compiled: Compiled) -> dict[str, tuple[Column, list[int]]]:
    """Variable -> its column, and the positions in a row."""
    names = list(dict.fromkeys(name for column in compiled.columns.values() for name in column.names))
    return {
        variable: (column, [names.index(name) for name in column.names])
        for variable, column in compiled.columns.items()
    }


def _to_cell(column: Column, values: list[Any], known: dict[int, Term]) -> Term | None:
    value = values[0]
    if value is None:
        return None
    match column.kind:
        case Kind.ID:
            return known[value]
        case Kind.NUMBER:
            return Literal(_canonical(value), datatype=NamedNode(XSD + ("integer" if values[1] else "decimal")))
        case Kind.TRUTH:
            return Literal("true" if value else "false", datatype=NamedNode(XSD + "boolean"))
        case Kind.STRING:
            return Literal(value)
    return to_term(value)


def _canonical(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _construct(compiled: Compiled, rows: Iterator[tuple[Term | None, ...]]) -> Iterator[Triple]:
    """The triples of a template, each once; blank nodes of the template are new for each solution."""
    seen: set[Triple] = set()
    for row in rows:
        bound = dict(zip(compiled.variables, row, strict=True))
        blanks: dict[str, BlankNode] = {}
        for pattern in compiled.template:
            terms = [_fill(part, bound, blanks) for part in pattern]
            subject, predicate, value = terms
            if not isinstance(subject, NamedNode | BlankNode) or not isinstance(predicate, NamedNode) or value is None:
                continue
            triple = Triple(subject, predicate, value)
            if triple not in seen:
                seen.add(triple)
                yield triple


def _fill(part: Any, bound: dict[str, Term | None], blanks: dict[str, BlankNode]) -> Term | None:
    if isinstance(part, rdflib.Variable):
        return bound.get(str(part))
    if isinstance(part, rdflib.BNode):
        return blanks.setdefault(str(part), BlankNode())
    return to_term(exact_text(part))
