"""What an endpoint answered walks in; a table of terms walks out, ready to stand in a query as VALUES.

Only SPARQL 1.1 Query Results JSON is read (https://www.w3.org/TR/sparql11-results-json/), and of it only the variables
that were asked for: an answer never binds what it was not asked about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import orjson
from pyoxigraph import Literal, NamedNode

from kg.errors import RemoteError
from kg.terms import BASE, Term, to_text

BindingRow = tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class BindingTable:
    """Rows of terms under the names of their variables."""

    columns: tuple[str, ...]
    rows: tuple[BindingRow, ...]

    def to_values(self) -> str:
        """The table as a VALUES block: terms in N-Triples form, never a text of somebody else's."""
        names = " ".join(f"?{name}" for name in self.columns)
        rows = " ".join(f"({' '.join('UNDEF' if one is None else to_text(one) for one in row)})" for row in self.rows)
        return f"VALUES ({names}) {{ {rows} }}"


UNBOUND = BindingTable((), ((),))
"""One row without bindings: what it is joined with stays as it is."""


def concatenate(parts: Sequence[BindingTable]) -> BindingTable:
    """The rows of all tables under the columns of all."""
    columns = tuple(dict.fromkeys(name for part in parts for name in part.columns))
    return BindingTable(columns, tuple(row for part in parts for row in _widened(part, columns)))


def read_results(body: bytes, address: str, asked: Set[str], *, within: str) -> BindingTable:
    """The rows of an answer, of the variables that were asked for; raises `RemoteError` for what is none.

    A blank node gets a name that tells in which answer of which endpoint it stood: `within` says which.
    """
    try:
        document = orjson.loads(body)
        names = [name for name in dict.fromkeys(document["head"]["vars"]) if name in asked]
        rows = tuple(
            tuple(_to_term(row[name], f"{address}\x00{within}") if name in row else None for name in names)
            for row in document["results"]["bindings"]
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise RemoteError(f"{address} answered with what is no SPARQL result: {str(error)[:200]}.") from error
    return BindingTable(tuple(names), rows)


def _widened(part: BindingTable, columns: tuple[str, ...]) -> Iterator[BindingRow]:
    for row in part.rows:
        told = dict(zip(part.columns, row, strict=True))
        yield tuple(told.get(name) for name in columns)


def _to_term(told: Mapping[str, Any], stood_in: str) -> Term:
    value = told["value"]
    match told["type"]:
        case "uri":
            return NamedNode(value)
        case "bnode":
            # A blank node has no name in VALUES, so it gets one of its own (RDF 1.1 Concepts, 3.5).
            digest = hashlib.sha256(f"{stood_in}\x00{value}".encode()).hexdigest()[:32]
            return NamedNode(f"{BASE}.well-known/genid/{digest}")
        case "literal" | "typed-literal":
            if "xml:lang" in told:
                return Literal(value, language=told["xml:lang"])
            return Literal(value, datatype=NamedNode(told["datatype"])) if "datatype" in told else Literal(value)
        case kind:
            raise ValueError(f"a {kind!r} is no term")
