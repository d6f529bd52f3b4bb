"""Casts that the engine computes differently from https://www.w3.org/TR/xpath-functions/#casting.

Oxigraph casts a double to a decimal inexactly, so that `xsd:integer(1e5)` would be 99999; its text is exact. White
space around a number in a text is not ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg.errors import QueryError
from kg.queries.rewriting.ill_typed_literals import Edit
from kg.queries.rewriting.prologue import Prologue
from kg.queries.sparql import Token, place_at
from kg.terms import XSD

_NUMBERS = frozenset(XSD + name for name in ("integer", "decimal"))
_CASTS = _NUMBERS | {XSD + name for name in ("float", "double", "boolean", "date", "dateTime")}
_MAX_LENGTH = 10_000
"""The characters of a rewritten argument: each cast within another makes it five times as long."""
_BLANKS = r'"^[ \\t\\r\\n]+|[ \\t\\r\\n]+$"'


def cast_edits(text: str, tokens: Sequence[Token], prologue: Prologue) -> Iterator[Edit]:
    """The outermost casts of a query, rewritten with those within them."""
    closings = _closing_brackets(tokens)
    yield from _Casts(text, tokens, prologue, closings).edits(0, len(tokens))


def _closing_brackets(tokens: Sequence[Token]) -> dict[int, int]:
    """The index of each opening bracket -> that of its closing one."""
    closings, opened = {}, []
    for index, token in enumerate(tokens):
        if token.kind == "sign" and token.text == "(":
            opened.append(index)
        elif token.kind == "sign" and token.text == ")" and opened:
            closings[opened.pop()] = index
    return closings


class _Casts:
    def __init__(self, text: str, tokens: Sequence[Token], prologue: Prologue, closings: dict[int, int]) -> None:
        self.text, self.tokens, self.prologue, self.closings = text, tokens, prologue, closings

    def edits(self, first: int, end: int) -> Iterator[Edit]:
        index = first
        while index < end:
            token = self.tokens[index]
            closing = self.closings.get(index + 1)
            if token.kind in ("iri", "name") and closing is not None and self.prologue.iri(token) in _CASTS:
                yield token.end, self.tokens[closing].end, f"({self._argument(token, index + 2, closing)})"
                index = closing
            index += 1

    def _argument(self, cast: Token, first: int, closing: int) -> str:
        """What is cast in place of the argument."""
        start, end = self.tokens[first - 1].end, self.tokens[closing].start
        argument = f"({apply_edits(self.text[start:end], self.edits(first, closing), offset=start)})"
        trimmed = f'IF(DATATYPE({argument}) = <{XSD}string>, REPLACE({argument}, {_BLANKS}, ""), {argument})'
        if self.prologue.iri(cast) in _NUMBERS:
            trimmed = f"IF(isNumeric({argument}), <{XSD}decimal>(STR({argument})), {trimmed})"
        if len(trimmed) > _MAX_LENGTH:
            raise QueryError("The query has too many casts within each other.", place=place_at(self.text, cast.start))
        return trimmed


def apply_edits(text: str, edits: Iterator[Edit], *, offset: int = 0) -> str:
    """The text with its edits, which are in order; `offset` is where it begins in the text that they count in."""
    pieces, position = [], offset
    for start, end, replacement in edits:
        pieces += [text[position - offset : start - offset], replacement]
        position = end
    return "".join((*pieces, text[position - offset :]))
