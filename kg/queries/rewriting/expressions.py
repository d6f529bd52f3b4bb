"""The brackets, arguments and operands of a query's expressions, found among its tokens, and edits of its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kg.text.sparql_tokens import Token

Edit = tuple[int, int, str]
"""The start and end of a piece of text, and what replaces it."""
_ADDITIONS = frozenset("+-")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_COMPARISONS = frozenset(("=", "!=", "<", ">", "<=", ">="))
_BEFORE_OPERANDS = frozenset(("&&", "||", ",", ";")) | _COMPARISONS
_WORDS = ("AS", "IN", "NOT", "DISTINCT", "SEPARATOR")
_ENDS_OF_OPERANDS = ("variable", "number", "string", "language", "iri", "name")


def apply_edits(text: str, edits: Iterable[Edit], *, offset: int = 0) -> str:
    """The text with its edits, which are in order; `offset` is where it begins in the text that they count in."""
    pieces, position = [], offset
    for start, end, replacement in edits:
        pieces += [text[position - offset : start - offset], replacement]
        position = end
    return "".join((*pieces, text[position - offset :]))


def closing_brackets(tokens: Sequence[Token]) -> dict[int, int]:
    """The index of each opening bracket -> that of its closing one."""
    closings, opened = {}, []
    for index, token in enumerate(tokens):
        if token.kind == "sign" and token.text in _OPENING:
            opened.append(index)
        elif token.kind == "sign" and token.text in _CLOSING and opened:
            closings[opened.pop()] = index
    return closings


@dataclass(frozen=True, slots=True)
class Span:
    """The tokens from `first` to before `end`."""

    first: int
    end: int


def arguments(tokens: Sequence[Token], closings: Mapping[int, int], opening: int) -> list[Span]:
    """The arguments between a bracket and its closing one; `;` separates them as well."""
    spans, first, index = [], opening + 1, opening + 1
    while index < closings[opening]:
        if tokens[index].kind == "sign" and tokens[index].text in (",", ";"):
            spans.append(Span(first, index))
            first = index + 1
        index = closings.get(index, index) + 1
    return [*spans, Span(first, index)] if index > first else spans


def operand_before(tokens: Sequence[Token], openings: Mapping[int, int], operator: int) -> Span:
    """The operand before a comparison or an addition; `openings` has the opening bracket of each closing one."""
    first = operator
    while first > 0 and not _ends_operand(tokens, first - 1, _CLOSING, openings):
        first = openings.get(first - 1, first - 1)
    return Span(first, operator)


def operand_after(tokens: Sequence[Token], closings: Mapping[int, int], operator: int, *, terms: bool) -> Span:
    """The operand after a comparison; with `terms`, up to an addition."""
    end = operator + 1
    while end < len(tokens) and not _ends_operand(tokens, end, _OPENING, closings, terms=terms):
        end = closings.get(end, end) + 1
    return Span(operator + 1, end)


def _ends_operand(
    tokens: Sequence[Token], index: int, nested: frozenset[str], brackets: Mapping[int, int], *, terms: bool = False
) -> bool:
    token = tokens[index]
    if token.is_word(*_WORDS):
        return True
    if token.kind != "sign":
        return False
    if token.text in _OPENING | _CLOSING:
        return token.text not in nested or index not in brackets
    return token.text in _BEFORE_OPERANDS or (terms and is_addition(tokens, index))


def is_addition(tokens: Sequence[Token], index: int) -> bool:
    """True for `+` or `-` between two operands, false for a sign."""
    token, before = tokens[index], tokens[index - 1] if index else None
    if token.kind != "sign" or token.text not in _ADDITIONS or before is None:
        return False
    return before.kind in _ENDS_OF_OPERANDS or before.text == ")" or before.is_word("TRUE", "FALSE")
