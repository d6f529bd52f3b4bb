"""The fast path: queries that only look something up are answered without a worker.

Most queries ask for a few values of one entity, and for them the round trip to a worker is more than half of the cost.
They are recognised by their form, and cannot run long, whatever the graph holds: either one triple pattern, each of
whose variables occurs once, which an index of the store answers by reading on; or several patterns about one named
entity. `LIMIT` bounds how much is read. Every other query goes to a worker, as does a longer answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_plus

from pyoxigraph import QueryResultsFormat, QuerySolutions, Store

from kg.errors import QueryError
from kg.queries.result_writers import JSON, PLAIN_JSON
from kg.queries.rewriting.engine_query import to_engine_text
from kg.queries.sparql import order_columns
from kg.terms import PREFIXES

_IRI = r"<[^<>\"{}|^`\\\x00-\x20?]*+>"
_NAME = r"[A-Za-z][A-Za-z0-9-]*+:[A-Za-z0-9_-]++"
_LITERAL = rf"\"[^\"\\\n\r?]*+\"(?:@[A-Za-z]++(?:-[A-Za-z0-9]++)*+|\^\^(?:{_IRI}|{_NAME}))?"
_VARIABLE = r"\?[A-Za-z_][A-Za-z0-9_]*+"
_SUBJECT = rf"(?:{_IRI}|{_VARIABLE}|{_NAME})"
_PREDICATE = rf"(?:{_IRI}|{_VARIABLE}|{_NAME}|a(?=[ \t\r\n]))"
_OBJECT = rf"(?:{_IRI}|{_VARIABLE}|{_NAME}|{_LITERAL})"
_BLANK = r"[ \t\r\n]"
_LOOKUP = re.compile(
    rf"{_BLANK}*+(?:(?i:PREFIX){_BLANK}++[A-Za-z][A-Za-z0-9-]*+:{_BLANK}*+{_IRI}{_BLANK}*+){{0,20}}+"
    rf"(?i:SELECT){_BLANK}++(?P<columns>(?:{_VARIABLE}{_BLANK}*+)++)(?:(?i:WHERE){_BLANK}*+)?+"
    rf"\{{{_BLANK}*+(?P<patterns>{_SUBJECT}{_BLANK}++{_PREDICATE}{_BLANK}++{_OBJECT}{_BLANK}*+"
    rf"(?P<further>;{_BLANK}*+{_PREDICATE}{_BLANK}++{_OBJECT}{_BLANK}*+){{0,5}}+)(?:\.{_BLANK}*+)?+\}}{_BLANK}*+"
    rf"(?:(?i:LIMIT){_BLANK}++(?P<limit>[0-9]{{1,9}}){_BLANK}*+)?+"
)
_VARIABLES = re.compile(_VARIABLE)
_PREFIX = re.compile(r"([A-Za-z][A-Za-z0-9-]*+):")
_MAX_ROWS, _MAX_BYTES = 1000, 30_000
"""More rows than these take more bytes than these: each takes 30 at least, for a variable, its type and its value."""
_QUERY = b"query="
_MEDIA_TYPES = (JSON, PLAIN_JSON)


@dataclass(frozen=True, slots=True)
class FastPath:
    """Answers lookups from a store."""

    store: Store | None
    """None where a worker answers every query."""

    def answer_request(self, query_string: bytes, media_type: str | None) -> bytes | None:
        """The answer to what a URL's query string asks; None when it is for a worker."""
        if media_type not in _MEDIA_TYPES or not query_string.startswith(_QUERY) or b"&" in query_string:
            return None
        try:
            text = unquote_plus(query_string[len(_QUERY) :].decode("ascii"), errors="strict")
        except ValueError:
            return None
        return self.answer(text)

    def answer(self, text: str) -> bytes | None:
        """The answer to a query, as SPARQL 1.1 Query Results JSON; None when it is for a worker."""
        bounded = bound_lookup(text) if self.store is not None else None
        if bounded is None or self.store is None:
            return None
        used = {prefix: PREFIXES[prefix] for prefix in _PREFIX.findall(bounded) if prefix in PREFIXES}
        try:
            if _has_other_form(bounded):
                return None
            rows = self.store.query(bounded, prefixes=used)
        except (SyntaxError, QueryError):
            # A worker finds the line and column.
            return None
        assert isinstance(rows, QuerySolutions)
        columns = tuple(variable.value for variable in rows.variables)
        if order_columns(text, columns) != columns:
            return None
        body = rows.serialize(format=QueryResultsFormat.JSON)
        return body if body is not None and len(body) < _MAX_BYTES else None


def _has_other_form(lookup: str) -> bool:
    """True for a lookup that the engine reads right only in another form: one with a typed literal may be."""
    return "^^" in lookup and to_engine_text(lookup) != lookup


def bound_lookup(text: str) -> str | None:
    """The text of a lookup with a LIMIT; None when the query does more than look something up.

    >>> bound_lookup("SELECT ?who { film:anora film:director ?who }")
    'SELECT ?who { film:anora film:director ?who } LIMIT 1001'
    >>> bound_lookup("SELECT ?film { ?film film:director ?who ; film:writer ?who }") is None
    True
    """
    match = _LOOKUP.fullmatch(text)
    if match is None:
        return None
    columns, variables = _VARIABLES.findall(match["columns"]), _VARIABLES.findall(match["patterns"])
    has_repeated = len(set(variables)) != len(variables) or len(set(columns)) != len(columns)
    has_many_subjects = match["patterns"][0] == "?" and match["further"] is not None
    if has_repeated or has_many_subjects or not set(columns) <= set(variables):
        return None
    if match["limit"] is None:
        return f"{text} LIMIT {_MAX_ROWS + 1}"
    return text if int(match["limit"]) <= _MAX_ROWS else None
