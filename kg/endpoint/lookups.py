"""A query that only looks something up walks in; its answer walks out at once, without a worker.

Most queries ask a few values of one thing, and for them the way to a worker and back is half of the price. They can be
told by their form, and cannot run long, whatever the graph holds: either one triple pattern, each of whose variables
stands in it once, which every index of the store answers by reading on; or several patterns about one named thing. And
`LIMIT` bounds how much is read. Every other query goes to a worker, as does an answer that is longer than a lookup's.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from pyoxigraph import QueryResultsFormat, QuerySolutions, Store

from kg.endpoint import media as m
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
    rf"\{{{_BLANK}*+(?P<inside>{_SUBJECT}{_BLANK}++{_PREDICATE}{_BLANK}++{_OBJECT}{_BLANK}*+"
    rf"(?:;{_BLANK}*+{_PREDICATE}{_BLANK}++{_OBJECT}{_BLANK}*+){{0,5}}+)(?:\.{_BLANK}*+)?+\}}{_BLANK}*+"
    rf"(?:(?i:LIMIT){_BLANK}++(?P<most>[0-9]{{1,9}}){_BLANK}*+)?+"
)
_VARIABLES = re.compile(_VARIABLE)
_MOST, _LONGEST = 1000, 30_000
"""So many rows take more bytes than this: each names a variable, and its kind and value, in at least 30 bytes."""
_MARK = b"query="

_FORMATS = {
    m.JSON: QueryResultsFormat.JSON,
    m.PLAIN_JSON: QueryResultsFormat.JSON,
}


class Lookups:
    """Answers queries that only look something up."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def asked(self, query_string: bytes, media: str | None) -> bytes | None:
        """The answer to what a query string asks; None when it is for a worker."""
        if media not in _FORMATS or not query_string.startswith(_MARK) or b"&" in query_string:
            return None
        try:
            text = unquote_plus(query_string[len(_MARK) :].decode("ascii"), errors="strict")
        except ValueError:
            return None
        return self.answer(text, media)

    def answer(self, text: str, media: str) -> bytes | None:
        """The answer to a query; None when it is for a worker."""
        bounded = to_bounded(text)
        if bounded is None:
            return None
        try:
            found = self.store.query(bounded, prefixes=PREFIXES if _names_prefix(text) else None)
        except SyntaxError:
            # Told by a worker, with line and column.
            return None
        assert isinstance(found, QuerySolutions)
        body = found.serialize(format=_FORMATS[media])
        return body if body is not None and len(body) < _LONGEST else None


def to_bounded(text: str) -> str | None:
    """The query with a bound to its rows, when it only looks something up; None when it does not.

    >>> to_bounded("SELECT ?who { film:anora film:director ?who }")
    'SELECT ?who { film:anora film:director ?who } LIMIT 1001'
    >>> to_bounded("SELECT ?film { ?film film:director ?who ; film:writer ?who }") is None
    True
    """
    found = _LOOKUP.fullmatch(text)
    if found is None:
        return None
    inside = found["inside"]
    variables = _VARIABLES.findall(inside)
    if len(set(variables)) != len(variables) or not set(_VARIABLES.findall(found["columns"])) <= set(variables):
        return None
    if ";" in inside and inside[0] == "?":
        return None
    if found["most"] is None:
        return f"{text} LIMIT {_MOST + 1}"
    return text if int(found["most"]) <= _MOST else None


def _names_prefix(text: str) -> bool:
    return re.search(r"(?<![<A-Za-z0-9/:.#_%-])[A-Za-z][A-Za-z0-9-]*+:(?!//)", text) is not None
