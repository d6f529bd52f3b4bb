"""A query answered by DuckDB: compiled, run within a time limit, its rows as exact terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from math import inf
from typing import Any

import duckdb
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg.graph.columns import Columns, facets_of
from kg.graph.store import find_quads
from kg.queries.rewriting.engine_query import EngineResult, EngineRows, EngineTriples, evaluate
from kg.queries.sparql_to_sql.algebra import NotCompiled, to_algebra
from kg.queries.sparql_to_sql.facets import exact_text
from kg.queries.sparql_to_sql.patterns import MARK, Patterns, Selected, Slice
from kg.queries.sparql_to_sql.prepared import (
    is_too_large,
    most_empty_solutions,
    placeholder_number,
    prepare,
    without_values,
)
from kg.queries.sparql_to_sql.relations import Column, Kind, unsupported_reason
from kg.queries.sparql_to_sql.selectivity import least_matches, values_of
from kg.sql import quote
from kg.terms import KNOWLEDGE, XSD, Term, to_term
from kg.text.sparql_tokens import tokenise
from kg.workers.job_limits import interrupt_in_time, remaining_seconds, took_too_much_memory

_FIRST_OWN_ID = 0xF0000000
_BATCH = 20_000
_MAX_LENGTH_WITH_VALUES = 300_000
"""The characters of a query whose values may leave one that is short enough."""
_FLOATING = re.compile("[0-9.][eE][+-]?[0-9]|float|double")
"""What is in a query that has floating-point numbers of its own, if they are written as usual."""
_MAX_PLANS = 256
_MAX_EMPTY_SOLUTIONS = 100_000


class QueryTerms:
    """The ids of the constants of one query: those of the graph, or own ones for terms that it does not have."""

    def __init__(self, columns: Columns, own: dict[int, str] | None = None, *, has_floating: bool = True) -> None:
        self._columns, self.has_floating = columns, has_floating
        self.own: dict[int, str] = dict(own or {})
        self._ids = {text: id for id, text in self.own.items()}
        self._next = max(self.own, default=_FIRST_OWN_ID) + 1

    def id_of(self, text: str) -> int:
        """The id of an exact term."""
        if text not in self._ids:
            self.add([text])
        return self._ids[text]

    def add(self, texts: Iterable[str]) -> None:
        """Look up several exact terms at once."""
        new = [text for text in dict.fromkeys(texts) if text not in self._ids]
        self._ids |= self._columns.find_ids(new)
        for text in new:
            if text not in self._ids:
                self._ids[text] = self._next
                self.own[self._next] = text
                self._next += 1

    @property
    def has_new_terms(self) -> bool:
        """True when the graph has terms of RDF 1.2."""
        return self._columns.has_new_terms

    @property
    def has_blank_values(self) -> bool:
        """True when a triple of the default graph has a blank node as its object."""
        return self._columns.has_blank_values

    @property
    def computes_floating(self) -> bool:
        """False where SQL has no floating-point numbers as SPARQL has them."""
        return self._columns.computes_floating

    def to_sql(self, sql: str) -> str:
        """The relation `dictionary`, with the own terms whose ids the SQL has, if it compares terms by their parts."""
        if " dictionary " not in sql:
            return ""
        present = set(re.findall(rf"\b[0-9]{{{len(str(_FIRST_OWN_ID))}}}\b", sql)) if self.own else set()
        own = {id: text for id, text in self.own.items() if str(id) in present}
        if not own:
            return "dictionary AS NOT MATERIALIZED (SELECT * FROM term)"
        rows = ", ".join(f"({', '.join(map(_to_sql, (id, *facets_of(text)[1:])))})" for id, text in own.items())
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
class Plan:
    """A query as relations of SQL, for any values of its VALUES blocks."""

    form: str
    algebra: Any
    relations: tuple[tuple[str, str, str], ...]
    """Name, step and SQL of each relation."""
    last: Selected
    variables: tuple[str, ...]
    own: dict[int, str]
    template: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Compiled:
    """A plan with the values of its VALUES blocks."""

    plan: Plan
    values: tuple[str, ...]
    ids: dict[str, int]
    """The id in the plan's SQL, as text -> that of the value."""
    terms: QueryTerms

    def to_sql(self, limit: int | None = None) -> str:
        """The SQL statement, for at most `limit` rows."""
        slice = self.plan.last.slice.to_sql(limit if self.plan.form == "SELECT" else None)
        relations = ",\n".join(f"{name} AS {sql}" for name, _, sql in self.plan.relations)
        marked = f"{relations}\n{self.plan.last.sql}{slice}"
        body = re.sub(f"{MARK}([0-9]+){MARK}", lambda match: str(self.ids.get(match[1], match[1])), marked)
        dictionary = self.terms.to_sql(body)
        separator = ",\n" if dictionary and relations else ""
        return f"{'WITH RECURSIVE ' if dictionary or relations else ''}{dictionary}{separator}{body}"


def compile_query(columns: Columns, text: str, *, base: str | None = None, file: str = "") -> Compiled:
    """The SQL of a query; raises `NotCompiled`, and `QueryError` for one that does not parse."""
    if MARK in text:
        raise NotCompiled("control characters")
    if len(text) > _MAX_LENGTH_WITH_VALUES:
        raise NotCompiled("a query of this size")
    prepared, plans = prepare(text), columns.plans
    has_floating = columns.has_floating or _FLOATING.search(text) is not None
    key = (prepared.text, base, has_floating)
    if key not in plans:
        if is_too_large(prepared.text):
            raise NotCompiled("a query of this size")
        selected = _selected(text, base=base, file=file)
        if len(plans) >= _MAX_PLANS:
            plans.clear()
        plans[key] = _to_plan(columns, prepared.text, base, selected, has_floating=has_floating)
    plan: Plan = plans[key]
    terms, ids = (
        QueryTerms(columns, {id: term for id, term in plan.own.items() if placeholder_number(term) is None}),
        {},
    )
    terms.add(prepared.values)
    for id, term in plan.own.items():
        if (number := placeholder_number(term)) is not None:
            ids[str(id)] = terms.id_of(prepared.values[number])
    return Compiled(plan, prepared.values, ids, terms)


def _to_plan(
    columns: Columns, text: str, base: str | None, selected: tuple[str, ...] | None, *, has_floating: bool
) -> Plan:
    algebra = to_algebra(text, base=base)
    form = algebra.name.removesuffix("Query").upper()
    terms = QueryTerms(columns, has_floating=has_floating)
    patterns = Patterns(terms, algebra.datasetClause, orders=columns.orders, known=values_of(algebra))
    node, template = algebra.p, tuple[Any, ...]()
    if form == "DESCRIBE":
        last = patterns.description(node, algebra.PV)
        template = (tuple(map(rdflib.Variable, "spo")),)
    elif form == "ASK":
        relation = patterns.relation(node.p if node.name == "Project" else node)
        last = Selected(f"SELECT 1 FROM {relation.name}", dict(relation.columns), Slice(0, 1))
    else:
        last = patterns.select_sql(node, is_ordered=True)
    variables = tuple(last.columns) if selected is None else selected
    if form == "CONSTRUCT":
        template = tuple(_template(algebra))
    return Plan(form, algebra, tuple(patterns.statement.relations), last, variables, terms.own, template)


def _selected(text: str, *, base: str | None, file: str) -> tuple[str, ...] | None:
    """The variables of a SELECT: the other engine says what is wrong with a query, and what `SELECT *` has.

    It is asked of an empty store, without the values of VALUES: nothing can interrupt it, and a product of values takes
    any time.
    """
    tokens = list(tokenise(text))
    if most_empty_solutions(tokens) > _MAX_EMPTY_SOLUTIONS:
        raise NotCompiled("so many alternatives")
    shape = evaluate(Store(), without_values(text, tokens), file=file, base_iri=base)
    return shape.columns if isinstance(shape, EngineRows) else None


def matches_at_least(store: Store, compiled: Compiled, limit: int) -> float:
    """How many triples the query reads at least; counted in the store up to `limit`."""

    def count(subject: Any, predicate: Any, value: Any, graph: Any) -> int:
        s, p, o, g = (
            None if node is None else _value_of(node, compiled.values) for node in (subject, predicate, value, graph)
        )
        if isinstance(s, Literal) or isinstance(p, Literal | BlankNode) or isinstance(g, Literal):
            return 0
        return len(find_quads(store, s, p, o, g if g is not None else KNOWLEDGE, limit=limit))

    algebra = compiled.plan.algebra
    return inf if algebra.datasetClause or algebra.p is None else least_matches(algebra, count)


def _value_of(node: rdflib.URIRef | rdflib.Literal, values: tuple[str, ...]) -> Term:
    number = placeholder_number(text := exact_text(node))
    return to_term(text if number is None else values[number])


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


def run_compiled(columns: Columns, compiled: Compiled, *, limit: int | None = None) -> EngineResult:
    """The result of a compiled query, at most `limit` rows or triples of it.

    Raises `NotCompiled` when it meets a value of which the columns are not exact, and `LimitError` when its time is
    over (`kg.workers.job_limits`) or it needs more memory than it may.
    """
    cursor = columns.cursor()
    try:
        with interrupt_in_time(cursor.interrupt, duckdb.InterruptException):
            cursor.execute(compiled.to_sql(limit))
            if compiled.plan.form == "ASK":
                return cursor.fetchone() is not None
            rows = _read(columns, compiled, cursor)
            if compiled.plan.form == "SELECT":
                return EngineRows(compiled.plan.variables, iter(list(islice(rows, limit))))
            return EngineTriples(iter(list(islice(_construct(compiled, rows), limit))))
    except duckdb.OutOfMemoryException as error:
        raise took_too_much_memory() from error
    except duckdb.Error as error:
        raise NotCompiled(unsupported_reason(str(error))) from error
    finally:
        cursor.close()


def _read(columns: Columns, compiled: Compiled, cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Term | None, ...]]:
    """The rows as terms, decoded by the batch."""
    places = _places(compiled)
    known: dict[int, Term] = {id: to_term(text) for id, text in compiled.terms.own.items()}
    while batch := cursor.fetchmany(_BATCH):
        remaining_seconds()
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
                for name in compiled.plan.variables
            )


def _places(compiled: Compiled) -> dict[str, tuple[Column, list[int]]]:
    """Variable -> its column, and the positions in a row."""
    names = list(dict.fromkeys(name for column in compiled.plan.last.columns.values() for name in column.names))
    return {
        variable: (column, [names.index(name) for name in column.names])
        for variable, column in compiled.plan.last.columns.items()
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
        bound = dict(zip(compiled.plan.variables, row, strict=True))
        blanks: dict[str, BlankNode] = {}
        for pattern in compiled.plan.template:
            terms = [_fill(part, bound, blanks, compiled.values) for part in pattern]
            subject, predicate, value = terms
            if not isinstance(subject, NamedNode | BlankNode) or not isinstance(predicate, NamedNode) or value is None:
                continue
            triple = Triple(subject, predicate, value)
            if triple not in seen:
                seen.add(triple)
                yield triple


def _fill(
    part: Any, bound: dict[str, Term | None], blanks: dict[str, BlankNode], values: tuple[str, ...]
) -> Term | None:
    if isinstance(part, rdflib.Variable):
        return bound.get(str(part))
    if isinstance(part, rdflib.BNode):
        return blanks.setdefault(str(part), BlankNode())
    return _value_of(part, values)
