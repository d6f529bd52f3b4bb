"""A query with SERVICE clauses walks in; the same query walks out with what the endpoints answered in their place.

The whole query is looked at before anybody is asked anything. Then each clause is asked of its endpoint, together with
the bindings that stand before it, and its place is taken by the answer as a VALUES block. A clause that is SILENT and
fails is replaced by one row without bindings (https://www.w3.org/TR/sparql11-federated-query/#serviceFailure).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import partial

from pyoxigraph import BlankNode, QuerySolution, QuerySolutions, Store, Triple

from kg.errors import LimitError, QueryError, RemoteError
from kg.federation.bindings import UNBOUND, BindingRow, BindingTable, concatenate, read_results
from kg.federation.client import EndpointClient
from kg.federation.config import ServiceConfig, Services
from kg.federation.service_clauses import ServiceClause, find_first_clause, find_prologue, used_prologue
from kg.queries.sparql import escape_dots, guard, place_at, to_query_error, tokenise
from kg.terms import PREFIXES

MAX_CLAUSES = 10
MAX_BINDINGS = 10_000
"""How many different bindings may be sent to one endpoint for one clause."""


def federate(store: Store, text: str, remote: EndpointClient) -> str:
    """The query without SERVICE; raises `QueryError` for an endpoint that is not listed, and what `Remote` raises."""
    dotted = escape_dots(text, guard(text, services=True))
    held, clauses = _hold(dotted, remote.services)
    try:
        Store().query(held, prefixes=PREFIXES)
    except SyntaxError as error:
        raise to_query_error(dotted, error) from error
    joiner = _Joiner(store, remote, find_prologue(held))
    for place, clause in clauses.items():
        joiner.values[place] = joiner.table(clause).to_values()
    return joiner.filled(held)


def _hold(text: str, services: Services) -> tuple[str, dict[str, ServiceClause]]:
    """The query with an empty block in the place of each clause, and the clauses by these blocks."""
    clauses: dict[str, ServiceClause] = {}
    prologue = find_prologue(text)
    while (clause := find_first_clause(text)) is not None:
        _check(text, prologue, clause, services)
        place = BindingTable((f"kg{secrets.token_hex(8)}", *sorted(clause.variables)), ()).to_values()
        clauses[place] = clause
        if len(clauses) > MAX_CLAUSES:
            raise QueryError(f"The query has more than {MAX_CLAUSES} SERVICE clauses.")
        text = text[: clause.start] + place + _blank(text[clause.start : clause.end], place) + text[clause.end :]
    return text, clauses


def _blank(clause: str, place: str) -> str:
    """Blanks that keep what stands behind a clause in its line and column."""
    *lines, last = clause.split("\n")
    return "\n" * len(lines) + " " * len(last) if lines else " " * (len(clause) - len(place))


def _check(text: str, prologue: str, clause: ServiceClause, services: Services) -> None:
    """Raise `QueryError` for an endpoint that is not listed, and for a group that does not parse by itself."""
    place = place_at(text, clause.start)
    if clause.address not in services.by_address:
        listed = ", ".join(f"<{address}>" for address in sorted(services.by_address))
        raise QueryError(
            f"SERVICE <{clause.address}> is not allowed: {services.file} lists {listed or 'no endpoint'}.",
            place=place,
        )
    query = f"{prologue} ASK {{ {clause.inside} }}"
    try:
        Store().query(query, prefixes=PREFIXES)
    except SyntaxError as error:
        raise QueryError(f"The group of SERVICE is wrong: {to_query_error(query, error)}", place=place) from error


@dataclass
class _Joiner:
    """Asks for one clause after the other; `values` are the answers by the blocks that hold their places."""

    store: Store
    remote: EndpointClient
    prologue: str
    values: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        for place, values in self.values.items():
            text = text.replace(place, values)
        return text

    def table(self, clause: ServiceClause) -> BindingTable:
        listed = self.remote.services.by_address[clause.address]
        bindings = self._bindings(clause)
        try:
            return self._fetched(listed, clause, bindings)
        except (RemoteError, LimitError):
            if clause.is_silent:
                return UNBOUND
            raise

    def _bindings(self, clause: ServiceClause) -> BindingTable | None:
        """What stands before a clause, of the variables that it shares; None where that bounds nothing."""
        before = " ".join(f"{{ {piece} }}" for piece in clause.before)
        shared = sorted(clause.variables & {token.text[1:] for token in tokenise(before) if token.kind == "variable"})
        if not shared:
            return None
        names = " ".join(f"?{name}" for name in shared)
        query = f"{self.prologue} SELECT DISTINCT {names} WHERE {{ {before} }} LIMIT {MAX_BINDINGS + 1}"
        try:
            found = self.store.query(self.filled(query), prefixes=PREFIXES)
        except SyntaxError:
            return None  # Parts of a query need not be one: a blank node may not be spoken of in two of them.
        assert isinstance(found, QuerySolutions)
        rows = [_sendable(solution, shared) for solution in found]
        if len(rows) > MAX_BINDINGS:
            raise LimitError(
                f"More than {MAX_BINDINGS:,} bindings would be sent to {clause.address}: narrow what is before it.",
                limit="bindings",
            )
        return _always_bound(shared, rows)

    def _fetched(self, listed: ServiceConfig, clause: ServiceClause, bindings: BindingTable | None) -> BindingTable:
        head = used_prologue(clause.inside, self.prologue)
        parts = _batches(bindings, listed.batch) if bindings is not None else [UNBOUND]
        tables, left = [], int(listed.largest * 1_000_000)
        for part in parts:
            query = f"{head}SELECT * WHERE {{ {part.to_values()} {{ {clause.inside} }} }}"
            read = partial(read_results, address=listed.address, asked=clause.variables, within=query)
            table, size = self.remote.fetch(listed, query, read, most=left)
            tables.append(table)
            left -= size
        return concatenate(tables) if tables else BindingTable(tuple(sorted(clause.variables)), ())


def _sendable(solution: QuerySolution, names: list[str]) -> BindingRow:
    """A solution; blank nodes mean nothing elsewhere and are left open."""
    values = (solution[name] for name in names)
    return tuple(None if isinstance(one, BlankNode | Triple) else one for one in values)


def _always_bound(names: list[str], rows: list[BindingRow]) -> BindingTable | None:
    """The columns without a gap: a row with one would come back for each of the others, and count twice."""
    full = [at for at in range(len(names)) if all(row[at] is not None for row in rows)]
    kept = dict.fromkeys(tuple(row[at] for at in full) for row in rows)
    return BindingTable(tuple(names[at] for at in full), tuple(kept)) if full else None


def _batches(table: BindingTable, size: int) -> list[BindingTable]:
    return [BindingTable(table.columns, table.rows[at : at + size]) for at in range(0, len(table.rows), size)]
