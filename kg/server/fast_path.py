"""A query that only looks something up walks in; its answer walks out at once, without a worker.

Most queries ask a few values of one thing, and for them the way to a worker and back is half of the price. They can be
told by their form, and cannot run long, whatever the graph holds: either one triple pattern, each of whose variables
stands in it once, which every index of the store answers by reading on; or several patterns about one named thing. And
`LIMIT` bounds how much is read. Every other query goes to a worker, as does an answer that is longer than a lookup's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product
from math import prod
from urllib.parse import unquote_plus

import orjson
from pyoxigraph import Literal, NamedNode, QueryResultsFormat, QuerySolutions, Store

from kg.graph.store import find_quads
from kg.queries import result_writers as m
from kg.queries.result_writers import json_term
from kg.terms import KNOWLEDGE, PREFIXES, TYPE

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
_TERMS = re.compile(rf"{_IRI}|{_VARIABLE}|{_NAME}|{_LITERAL}|a(?![A-Za-z0-9:])")
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
        looked = to_lookup(text)
        if looked is None:
            return None
        plain = to_plain(looked)
        body = self._read(plain) if plain is not None else self._ask(looked, media)
        return body if body is not None and len(body) < _LONGEST else None

    def _ask(self, looked: Lookup, media: str) -> bytes | None:
        """The engine's answer."""
        try:
            found = self.store.query(looked.bounded, prefixes=PREFIXES)
        except SyntaxError:
            # Told by a worker, with line and column.
            return None
        assert isinstance(found, QuerySolutions)
        return found.serialize(format=_FORMATS[media])

    def _read(self, plain: Plain) -> bytes | None:
        """The same, read from the index of the store: a third of what parsing and planning would cost."""
        found: list[tuple[str, list[dict[str, object]]]] = []
        for subject, predicate, value in plain.patterns:
            about = None if isinstance(subject, str) else subject
            said = None if isinstance(value, str) else value
            read = list(find_quads(self.store, about, predicate, said, KNOWLEDGE, limit=_MOST + 1))
            if isinstance(subject, str):
                found.append((subject, [json_term(quad.subject) for quad in read]))
            elif isinstance(value, str):
                found.append((value, [json_term(quad.object) for quad in read]))
            elif not read:
                return orjson.dumps({"head": {"vars": plain.columns}, "results": {"bindings": []}})
        names = [name for name, _ in found]
        if prod(len(values) for _, values in found) > _MOST:
            return None
        rows = islice(product(*(values for _, values in found)), plain.most)
        wanted_names = set(plain.columns)
        bindings = [{name: one for name, one in zip(names, row, strict=True) if name in wanted_names} for row in rows]
        return orjson.dumps({"head": {"vars": plain.columns}, "results": {"bindings": bindings}})


@dataclass(frozen=True, slots=True)
class Lookup:
    """A query that only looks something up: its pieces, and its text with a bound."""

    columns: tuple[str, ...]
    inside: str
    most: int
    bounded: str
    has_prologue: bool


@dataclass(frozen=True, slots=True)
class Plain:
    """The patterns of a lookup, each with one variable at most, which is its subject or its value."""

    columns: tuple[str, ...]
    patterns: tuple[tuple[NamedNode | str, NamedNode, NamedNode | Literal | str], ...]
    most: int


def to_lookup(text: str) -> Lookup | None:
    """What a query looks up; None when it does more than that.

    >>> to_lookup("SELECT ?who { film:anora film:director ?who }").bounded
    'SELECT ?who { film:anora film:director ?who } LIMIT 1001'
    >>> to_lookup("SELECT ?film { ?film film:director ?who ; film:writer ?who }") is None
    True
    """
    found = _LOOKUP.fullmatch(text)
    if found is None:
        return None
    inside, columns = found["inside"], tuple(_VARIABLES.findall(found["columns"]))
    variables = _VARIABLES.findall(inside)
    is_twice = len(set(variables)) != len(variables) or len(set(columns)) != len(columns)
    if is_twice or not set(columns) <= set(variables) or (inside[0] == "?" and len(_TERMS.findall(inside)) > 3):
        return None
    most, has_prologue = found["most"], text.lstrip()[:1] in "Pp"
    if most is None:
        return Lookup(columns, inside, _MOST + 1, f"{text} LIMIT {_MOST + 1}", has_prologue)
    return Lookup(columns, inside, int(most), text, has_prologue) if int(most) <= _MOST else None


def to_plain(looked: Lookup) -> Plain | None:
    """The patterns of a lookup whose predicates are named and whose literals are plain; None for any other."""
    if looked.has_prologue:
        return None
    subject, *rest = map(_term, _TERMS.findall(looked.inside))
    patterns = []
    for predicate, value in zip(rest[::2], rest[1::2], strict=True):
        if subject is None or value is None or not isinstance(predicate, NamedNode) or isinstance(subject, Literal):
            return None
        if isinstance(subject, str) and isinstance(value, str):
            return None
        patterns.append((subject, predicate, value))
    return Plain(tuple(name[1:] for name in looked.columns), tuple(patterns), looked.most)


def _term(text: str) -> NamedNode | Literal | str | None:
    """A term, the name of a variable, or None for what is left to the engine."""
    match text[0]:
        case "?":
            return text[1:]
        case "<":
            return NamedNode(text[1:-1]) if "://" in text else None
        case '"':
            return Literal(text[1:-1]) if text[-1] == '"' else None
        case _:
            return _named(text)


@lru_cache(maxsize=4096)
def _named(text: str) -> NamedNode | None:
    if text == "a":
        return TYPE
    prefix, _, local = text.partition(":")
    return NamedNode(PREFIXES[prefix] + local) if prefix in PREFIXES else None
