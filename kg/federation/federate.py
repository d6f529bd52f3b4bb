"""Federated queries: each SERVICE clause is replaced by the answer of its endpoint, as a VALUES block.

The query is checked before any endpoint is called. Then each clause is sent to its endpoint with the bindings of the
patterns before it. A clause that is SILENT and fails is replaced by one row without bindings
(https://www.w3.org/TR/sparql11-federated-query/#serviceFailure).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg.errors import LimitError, QueryError, RemoteError
from kg.federation.config import ServiceConfig, Services
from kg.federation.endpoint_client import EndpointClient, EndpointRequest
from kg.federation.service_clauses import ServiceClause, find_first_clause, used_prologue
from kg.queries.rewriting.engine_query import EngineRows, evaluate
from kg.queries.sparql import escape_dots, find_prologue, guard, place_at
from kg.queries.syntax_errors import to_query_error
from kg.terms import BASE, PREFIXES, Term, to_text
from kg.text.sparql_tokens import tokenise

MAX_CLAUSES = 10
MAX_BINDINGS = 10_000
"""The different bindings that may be sent to one endpoint for one clause."""


def federate(store: Store, text: str, client: EndpointClient) -> str:
    """The query without SERVICE; raises `QueryError` for an endpoint that is not listed, and what the client raises."""
    escaped = escape_dots(text, guard(text, services=True))
    with_placeholders, clauses = _replace_clauses(escaped, client.services)
    try:
        Store().query(with_placeholders, prefixes=PREFIXES)
    except SyntaxError as error:
        raise to_query_error(escaped, error) from error
    federation = _Federation(store, client, find_prologue(with_placeholders))
    for placeholder, clause in clauses.items():
        federation.values[placeholder] = federation.answer(clause).to_values()
    return federation.fill(with_placeholders)


def _replace_clauses(text: str, services: Services) -> tuple[str, dict[str, ServiceClause]]:
    """The query with an empty VALUES block in place of each clause, and the clauses by these blocks."""
    clauses: dict[str, ServiceClause] = {}
    prologue = find_prologue(text)
    while (clause := find_first_clause(text)) is not None:
        _check_clause(text, prologue, clause, services)
        placeholder = BindingTable((f"kg{secrets.token_hex(8)}", *sorted(clause.variables)), ()).to_values()
        clauses[placeholder] = clause
        if len(clauses) > MAX_CLAUSES:
            raise QueryError(f"The query has more than {MAX_CLAUSES} SERVICE clauses.")
        padding = _padding(text[clause.start : clause.end], placeholder)
        text = text[: clause.start] + placeholder + padding + text[clause.end :]
    return text, clauses


def _padding(clause: str, placeholder: str) -> str:
    """White space that keeps what follows a clause in its line and column."""
    *lines, last = clause.split("\n")
    return "\n" * len(lines) + " " * len(last) if lines else " " * (len(clause) - len(placeholder))


def _check_clause(text: str, prologue: str, clause: ServiceClause, services: Services) -> None:
    """Raise `QueryError` for an endpoint that is not listed, and for a group that does not parse on its own."""
    place = place_at(text, clause.start)
    if clause.address not in services.by_address:
        listed = ", ".join(f"<{address}>" for address in sorted(services.by_address)) or "no endpoint"
        reason = (
            f"{services.file} lists {listed}" if services.file else "loaded files list no endpoint, as a project does"
        )
        raise QueryError(f"SERVICE <{clause.address}> is not allowed: {reason}.", place=place)
    query = f"{prologue} ASK {{ {clause.group} }}"
    try:
        Store().query(query, prefixes=PREFIXES)
    except SyntaxError as error:
        raise QueryError(f"The group of SERVICE is wrong: {to_query_error(query, error)}", place=place) from error


@dataclass
class _Federation:
    """Sends one clause after the other; `values` are the answers by their placeholders."""

    store: Store
    client: EndpointClient
    prologue: str
    values: dict[str, str] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        """The text with the answers that are known in place of their placeholders."""
        for placeholder, values in self.values.items():
            text = text.replace(placeholder, values)
        return text

    def answer(self, clause: ServiceClause) -> BindingTable:
        """The endpoint's answer to a clause."""
        config = self.client.services.by_address[clause.address]
        bindings = self._bindings(clause)
        try:
            return self._fetch(config, clause, bindings)
        except (RemoteError, LimitError):
            if clause.is_silent:
                return UNBOUND
            raise

    def _bindings(self, clause: ServiceClause) -> BindingTable | None:
        """The bindings that the patterns before a clause give to its variables; None when nothing is restricted."""
        before = " ".join(f"{{ {part} }}" for part in clause.before)
        shared = sorted(clause.variables & {token.text[1:] for token in tokenise(before) if token.kind == "variable"})
        if not shared:
            return None
        variables = " ".join(f"?{name}" for name in shared)
        query = f"{self.prologue} SELECT DISTINCT {variables} WHERE {{ {before} }} LIMIT {MAX_BINDINGS + 1}"
        try:
            solutions = evaluate(self.store, self.fill(query))
        except QueryError:
            return None  # parts of a query need not parse together: a blank node may not occur in two of them
        assert isinstance(solutions, EngineRows)
        rows = list(map(_sendable, solutions.rows))
        if len(rows) > MAX_BINDINGS:
            message = (
                f"More than {MAX_BINDINGS:,} bindings would be sent to {clause.address}: narrow what is before it."
            )
            raise LimitError(message, limit="bindings")
        return _always_bound(shared, rows)

    def _fetch(self, config: ServiceConfig, clause: ServiceClause, bindings: BindingTable | None) -> BindingTable:
        prologue = used_prologue(clause.group, self.prologue)
        batches = _batches(bindings, config.batch) if bindings is not None else [UNBOUND]
        tables, remaining = [], int(config.largest * 1_000_000)
        for batch in batches:
            query = f"{prologue}SELECT * WHERE {{ {batch.to_values()} {{ {clause.group} }} }}"
            read = partial(read_results, address=config.address, variables=clause.variables, query=query)
            table, size = self.client.fetch(config, EndpointRequest(query), read, max_bytes=remaining)
            tables.append(table)
            remaining -= size
        return concatenate(tables) if tables else BindingTable(tuple(sorted(clause.variables)), ())


def _sendable(solution: Iterable[Term | Triple | None]) -> BindingRow:
    """A solution without blank nodes and triples, which mean nothing to another store."""
    return tuple(None if isinstance(value, BlankNode | Triple) else value for value in solution)


def _always_bound(names: list[str], rows: list[BindingRow]) -> BindingTable | None:
    """The columns without a gap: a row with a gap would match each of the others, and count twice."""
    full = [index for index in range(len(names)) if all(row[index] is not None for row in rows)]
    distinct = dict.fromkeys(tuple(row[index] for index in full) for row in rows)
    return BindingTable(tuple(names[index] for index in full), tuple(distinct)) if full else None


def _batches(table: BindingTable, size: int) -> list[BindingTable]:
    starts = range(0, len(table.rows), size)
    return [BindingTable(table.columns, table.rows[start : start + size]) for start in starts]


# --- tables of bindings

BindingRow = tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class BindingTable:
    """Rows of terms under the names of their variables."""

    columns: tuple[str, ...]
    rows: tuple[BindingRow, ...]

    def to_values(self) -> str:
        """The table as a VALUES block of terms in N-Triples form, which no text from outside can leave."""
        names = " ".join(f"?{name}" for name in self.columns)
        rows = (" ".join("UNDEF" if term is None else to_text(term) for term in row) for row in self.rows)
        return f"VALUES ({names}) {{ {' '.join(f'({row})' for row in rows)} }}"


UNBOUND = BindingTable((), ((),))
"""One row without bindings: a join with it changes nothing."""


def concatenate(tables: Sequence[BindingTable]) -> BindingTable:
    """The rows of all tables under the columns of all."""
    columns = tuple(dict.fromkeys(name for table in tables for name in table.columns))
    return BindingTable(columns, tuple(row for table in tables for row in _widen(table, columns)))


def _widen(table: BindingTable, columns: tuple[str, ...]) -> Iterator[BindingRow]:
    for row in table.rows:
        terms = dict(zip(table.columns, row, strict=True))
        yield tuple(terms.get(name) for name in columns)


def read_results(body: bytes, address: str, variables: Set[str], *, query: str) -> BindingTable:
    """The bindings of the variables in SPARQL 1.1 Query Results JSON; raises `RemoteError` for anything else.

    Other variables of the answer are ignored. A blank node becomes an IRI that depends on the address and the query, so
    that blank nodes of different answers stay different.
    """
    try:
        document = orjson.loads(body)
        names = [name for name in dict.fromkeys(document["head"]["vars"]) if name in variables]
        rows = tuple(
            tuple(_to_term(row[name], f"{address}\x00{query}") if name in row else None for name in names)
            for row in document["results"]["bindings"]
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise RemoteError(f"The answer of {address} is not a SPARQL result: {str(error)[:200]}.") from error
    return BindingTable(tuple(names), rows)


def _to_term(document: Mapping[str, Any], scope: str) -> Term:
    value = document["value"]
    match document["type"]:
        case "uri":
            return NamedNode(value)
        case "bnode":
            # VALUES cannot contain blank nodes, so it gets an IRI of its own (RDF 1.1 Concepts, section 3.5).
            digest = hashlib.sha256(f"{scope}\x00{value}".encode()).hexdigest()[:32]
            return NamedNode(f"{BASE}.well-known/genid/{digest}")
        case "literal" | "typed-literal":
            if "xml:lang" in document:
                return Literal(value, language=document["xml:lang"])
            return (
                Literal(value, datatype=NamedNode(document["datatype"])) if "datatype" in document else Literal(value)
            )
        case kind:
            raise ValueError(f"{kind!r} is not a kind of term")
