"""Operators that the engine lacks for some operands: the order of booleans, and days plus months.

https://www.w3.org/TR/sparql11-query/#OperatorMapping has `false < true`, and Oxigraph an error. It subtracts months
from a day right, and often fails to add them, so they are subtracted negated. Only where the engine has an error is
another form tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg.errors import QueryError
from kg.queries.rewriting.expressions import (
    Edit,
    Span,
    apply_edits,
    closing_brackets,
    is_addition,
    operand_after,
    operand_before,
)
from kg.queries.rewriting.prologue import Prologue
from kg.queries.sparql import place_at
from kg.terms import XSD
from kg.text.sparql_tokens import Token

_COMPARISONS = ("<", ">", "<=", ">=")
_MONTHS = frozenset(XSD + name for name in ("yearMonthDuration", "duration"))
_MAX_LENGTH = 10_000
"""The characters of a rewritten operation: an operand occurs several times in it."""
_BOOLEAN_FUNCTIONS = (
    *("IF", "COALESCE", "MIN", "MAX", "SAMPLE", "BOUND", "REGEX", "CONTAINS", "STRSTARTS", "STRENDS"),
    *("ISIRI", "ISURI", "ISBLANK", "ISLITERAL", "ISNUMERIC", "SAMETERM", "LANGMATCHES"),
)


def operator_edits(text: str, tokens: Sequence[Token], prologue: Prologue) -> Iterator[Edit]:
    """The outermost operations of a query that have to be rewritten, with those within them."""
    yield from _Operations(text, tokens, prologue).edits(Span(0, len(tokens)))


class _Operations:
    def __init__(self, text: str, tokens: Sequence[Token], prologue: Prologue) -> None:
        self.text, self.tokens, self.prologue = text, tokens, prologue
        self.closings = closing_brackets(tokens)
        self.openings = {closing: opening for opening, closing in self.closings.items()}
        self.has_months = any(
            token.kind in ("iri", "name") and prologue.iri(token) in _MONTHS
            for token in tokens
            if "uration" in token.text
        )

    def edits(self, span: Span) -> Iterator[Edit]:
        operations = [found for index in range(span.first, span.end) if (found := self._operation(index)) is not None]
        end = span.first
        for left, operator, right in sorted(operations, key=lambda found: (found[0].first, -found[2].end)):
            if left.first < end or left.first < span.first or right.end > span.end:
                continue  # a part of the one before, which rewrites it
            rewritten = self._rewritten(left, self.tokens[operator], right)
            if len(rewritten) > _MAX_LENGTH:
                message = "The query has too many operations within each other."
                raise QueryError(message, place=place_at(self.text, self.tokens[operator].start))
            yield self.tokens[left.first].start, self.tokens[right.end - 1].end, rewritten
            end = right.end

    def _operation(self, index: int) -> tuple[Span, int, Span] | None:
        """The operands of an operator that has to be rewritten."""
        token = self.tokens[index]
        if token.kind != "sign":
            return None
        is_sum = self.has_months and token.text == "+" and is_addition(self.tokens, index)
        if token.text not in _COMPARISONS and not is_sum:
            return None
        left = operand_before(self.tokens, self.openings, index)
        right = operand_after(self.tokens, self.closings, index, terms=is_sum)
        if not is_sum:
            is_wanted = self._may_be_boolean(left) and self._may_be_boolean(right)
        else:
            is_wanted = not any(self.tokens[span.first].kind == "number" for span in (left, right))
        return (left, index, right) if is_wanted and left.first < left.end and right.first < right.end else None

    def _may_be_boolean(self, span: Span) -> bool:
        """True for an expression that may have a boolean as its value, by its first tokens."""
        first = self.tokens[span.first] if span.first < span.end else None
        if first is None or any(is_addition(self.tokens, index) for index in range(span.first, span.end)):
            return False
        if first.kind == "string":
            literal = self.prologue.literal(self.tokens, span.first)
            return literal is not None and literal.datatype == XSD + "boolean"
        is_boolean_cast = first.kind in ("iri", "name") and self.prologue.iri(first) == XSD + "boolean"
        return (
            first.kind == "variable"
            or first.text in ("(", "!")
            or first.is_word("TRUE", "FALSE", "EXISTS", *_BOOLEAN_FUNCTIONS)
            or is_boolean_cast
        )

    def _text(self, span: Span) -> str:
        start, end = self.tokens[span.first].start, self.tokens[span.end - 1].end
        return f"({apply_edits(self.text[start:end], self.edits(span), offset=start)})"

    def _rewritten(self, left: Span, operator: Token, right: Span) -> str:
        first, second = self._text(left), self._text(right)
        operation = f"{first} {operator.text} {second}"
        if operator.text == "+":
            return f"COALESCE({operation}, {_plus_months(first, second)})"
        are_boolean = f"DATATYPE({first}) = <{XSD}boolean> && DATATYPE({second}) = <{XSD}boolean>"
        numbers = f"IF({first}, 1, 0) {operator.text} IF({second}, 1, 0)"
        return f"COALESCE({operation}, IF({are_boolean}, {numbers}, 1/0))"


def _plus_months(day: str, months: str) -> str:
    """A day minus the negated months; an error for any other operands."""
    text = f"STR({months})"
    negated = f'IF(STRSTARTS({text}, "-"), SUBSTR({text}, 2), CONCAT("-", {text}))'
    are_months = " || ".join(f"DATATYPE({months}) = <{datatype}>" for datatype in sorted(_MONTHS))
    return f"IF({are_months}, {day} - STRDT({negated}, DATATYPE({months})), 1/0)"
