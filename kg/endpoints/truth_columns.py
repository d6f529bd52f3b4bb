"""The columns of a query that are truth values by their expressions: Virtuoso 7 gives them as the integers 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from kg.terms import XSD
from kg.text.sparql_tokens import Token, tokenise

_OPERATORS = {"=", "!=", "<", ">", "<=", ">=", "&&", "||"}
_FUNCTIONS = (
    "BOUND", "CONTAINS", "STRSTARTS", "STRENDS", "REGEX", "ISIRI", "ISURI", "ISBLANK", "ISLITERAL", "ISNUMERIC",
    "LANGMATCHES", "SAMETERM",
)  # fmt: skip
_OPEN, _CLOSE = "({[", ")}]"
_TRUTHS = {"0": "false", "1": "true"}


def find_truth_columns(text: str) -> frozenset[str]:
    """The variables that a query binds to truth values alone, in `BIND` or among its columns, and in no pattern.

    >>> sorted(find_truth_columns("SELECT ?s (?n > 1 AS ?many) { ?s ?p ?n BIND(EXISTS { ?s ?n ?s } AS ?is_odd) }"))
    ['is_odd', 'many']
    """
    tokens = list(tokenise(text))
    truths, others = set[str](), set[str]()
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.text in _OPEN:
            opened.append(index)
        elif token.text in _CLOSE and opened:
            opened.pop()
        elif token.kind == "variable" and opened:
            is_bound = tokens[index - 1].is_word("AS")
            start = opened[-1]
            if is_bound and _is_truth(tokens[start + 1 : index - 1]):
                truths.add(token.text[1:])
            elif is_bound or tokens[start].text != "(" or tokens[start - 1].is_word("VALUES"):
                others.add(token.text[1:])  # bound to something else, by a pattern or by VALUES
    return frozenset(truths - others)


def _is_truth(expression: Sequence[Token]) -> bool:
    """True for an expression whose value cannot be anything but a truth value."""
    depth = 0
    for token in expression:
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if not depth and (token.text in _OPERATORS or token.is_word("IN")):
            return True
    first = expression[0] if expression else None
    if first is None:
        return False
    is_call = first.is_word(*_FUNCTIONS) and _close_of(expression, 1) == len(expression) - 1
    is_constant = len(expression) == 1 and first.is_word("TRUE", "FALSE")
    return is_call or is_constant or first.text == "!" or first.is_word("EXISTS", "NOT")


def _close_of(tokens: Sequence[Token], start: int) -> int:
    """The index of what closes the bracket at `start`; -1 if nothing does."""
    depth = 0
    for index in range(start, len(tokens)):
        depth += (tokens[index].text in _OPEN) - (tokens[index].text in _CLOSE)
        if not depth:
            return index
    return -1


def with_truths(body: bytes, columns: frozenset[str]) -> bytes:
    """Results in JSON where the numbers 0 and 1 in these columns are truth values."""
    if not columns or b"integer" not in body:
        return body
    document = orjson.loads(body)
    for row in document.get("results", {}).get("bindings", ()):
        for name in columns & row.keys():
            cell = row[name]
            if cell.get("datatype") == f"{XSD}integer" and cell.get("value") in _TRUTHS:
                row[name] = {"type": "literal", "datatype": f"{XSD}boolean", "value": _TRUTHS[cell["value"]]}
    return orjson.dumps(document)
