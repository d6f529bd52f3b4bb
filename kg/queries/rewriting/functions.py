"""Calls of functions that the engine computes differently, https://www.w3.org/TR/sparql11-query/#SparqlOps.

- Casts: Oxigraph casts a double to a decimal inexactly, so that `xsd:integer(1e5)` would be 99999; its text is exact.
  White space around a number in a text is not ignored.
- STRDT makes a number of an ill-typed literal, as `ill_typed_literals` says of those in a query.
- BNODE gives the same node for the same text in every row.
- REGEX and REPLACE take the regular expressions of Rust instead of XPath's.
- GROUP_CONCAT joins texts only; others are taken by their text, as in other engines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pyoxigraph import Literal, QuerySolutions, Store

from kg.errors import QueryError
from kg.queries.rewriting.expressions import Edit, Span, apply_edits, arguments, closing_brackets
from kg.queries.rewriting.ill_typed_literals import MARK
from kg.queries.rewriting.prologue import Prologue
from kg.queries.sparql import place_at
from kg.terms import XSD
from kg.text.regex import to_regex
from kg.text.sparql_tokens import Token
from kg.xsd import INTEGER_BOUNDS, PATTERNS

_NUMBERS = frozenset(XSD + name for name in ("integer", "decimal"))
_CASTS = _NUMBERS | {XSD + name for name in ("float", "double", "boolean", "date", "dateTime")}
_MAX_LENGTH = 10_000
"""The characters of a rewritten call: each one within another makes it several times as long."""
_BLANKS = r'"^[ \\t\\r\\n]+|[ \\t\\r\\n]+$"'
_SIGNED_INTEGERS = {
    "nonNegativeInteger": r"\+?[0-9]+|-0+",
    "unsignedLong": r"\+?[0-9]+|-0+",
    "positiveInteger": r"\+?0*[1-9][0-9]*",
    "nonPositiveInteger": r"-[0-9]+|\+?0+",
    "negativeInteger": r"-0*[1-9][0-9]*",
}
_BOUNDED_INTEGERS = ("int", "short", "byte", "unsignedInt", "unsignedShort", "unsignedByte")
_REPLACEMENT = re.compile(r"\\(?P<escaped>[\\$])|\$(?P<group>[0-9]+)|(?P<plain>[^\\$]+)|(?P<wrong>[\\$])")


def call_edits(text: str, tokens: Sequence[Token], prologue: Prologue) -> Iterator[Edit]:
    """The outermost calls of a query that have to be rewritten, with those within them."""
    yield from _Calls(text, tokens, prologue).edits(Span(0, len(tokens)))


class _Calls:
    def __init__(self, text: str, tokens: Sequence[Token], prologue: Prologue) -> None:
        self.text, self.tokens, self.prologue = text, tokens, prologue
        self.closings = closing_brackets(tokens)
        self.functions: dict[str, Callable[[Token, list[Span]], str | None]] = {
            "STRDT": self._typed_literal,
            "BNODE": self._blank_node,
            "REGEX": self._match,
            "REPLACE": self._replacement,
            "GROUP_CONCAT": self._joined_texts,
        }
        self.has_blank_node = False

    def edits(self, span: Span) -> Iterator[Edit]:
        index = span.first
        while index < span.end:
            token, closing = self.tokens[index], self.closings.get(index + 1)
            if closing is not None and self.tokens[index + 1].text == "(":
                given = arguments(self.tokens, self.closings, index + 1)
                if (rewritten := self._call(token, given)) is not None:
                    if len(rewritten) > _MAX_LENGTH:
                        message = f"The query has too many calls of {token.text} within each other."
                        raise QueryError(message, place=place_at(self.text, token.start))
                    yield token.start, self.tokens[closing].end, rewritten
                    index = closing
            index += 1

    def _call(self, token: Token, given: list[Span]) -> str | None:
        """The text of a call in another form; None where the engine is right."""
        if token.kind == "word" and (function := self.functions.get(token.text.upper())) is not None:
            return function(token, given)
        is_cast = token.kind in ("iri", "name") and self.prologue.iri(token) in _CASTS and len(given) == 1
        return self._cast(token, given) if is_cast else None

    def _text(self, span: Span) -> str:
        """The text of an argument, rewritten."""
        start, end = self.tokens[span.first].start, self.tokens[span.end - 1].end
        return apply_edits(self.text[start:end], self.edits(span), offset=start)

    def _constant(self, span: Span) -> str | None:
        """The argument, when it is a text in the query."""
        literal = self.prologue.literal(self.tokens, span.first)
        is_text = literal is not None and literal.datatype == XSD + "string" and literal.size == span.end - span.first
        return literal.lexical if literal is not None and is_text else None

    def _cast(self, token: Token, given: list[Span]) -> str:
        argument = f"({self._text(given[0])})"
        trimmed = f'IF(DATATYPE({argument}) = <{XSD}string>, REPLACE({argument}, {_BLANKS}, ""), {argument})'
        if self.prologue.iri(token) in _NUMBERS:
            trimmed = f"IF(isNumeric({argument}), <{XSD}decimal>(STR({argument})), {trimmed})"
        return f"{token.text}({trimmed})"

    def _typed_literal(self, token: Token, given: list[Span]) -> str | None:
        if len(given) != 2:
            return None
        lexical, datatype = map(self._text, given)
        is_constant = given[1].end - given[1].first == 1 and self.tokens[given[1].first].kind in ("iri", "name")
        names = (
            [self.prologue.iri(self.tokens[given[1].first]).removeprefix(XSD)] if is_constant else list(_WELL_FORMED)
        )
        if not (checked := [name for name in names if name in _WELL_FORMED]):
            return None
        marked = f"STRDT(CONCAT({Literal(MARK)}, {lexical}), {datatype})"
        tests = " && ".join(f"({datatype} != <{XSD}{name}> || {_WELL_FORMED[name](lexical)})" for name in checked)
        return f"IF({tests}, {token.text}({lexical}, {datatype}), {marked})"

    def _blank_node(self, token: Token, given: list[Span]) -> str | None:
        if not given:
            return None
        if self.has_blank_node:
            message = "BNODE with an argument is supported once in a query; the engine gives one node in all rows."
            raise QueryError(message, place=place_at(self.text, token.start))
        self.has_blank_node = True
        return f"IF(DATATYPE({self._text(given[0])}) = <{XSD}string>, {token.text}(), 1/0)"

    def _joined_texts(self, token: Token, given: list[Span]) -> str | None:
        if not given:
            return None
        value, *options = given
        distinct = ""
        if self.tokens[value.first].is_word("DISTINCT"):
            value, distinct = Span(value.first + 1, value.end), "DISTINCT "
        separator = "".join(f"; {self._text(option)}" for option in options)
        return f"{token.text}({distinct}STR({self._text(value)}){separator})"

    def _match(self, token: Token, given: list[Span]) -> str | None:
        pattern = self._pattern(token, given, number_of_texts=2)
        if pattern is None:
            return None
        return f"{token.text}({self._text(given[0])}, {Literal(pattern.text)}, {Literal(pattern.flags)})"

    def _replacement(self, token: Token, given: list[Span]) -> str | None:
        pattern = self._pattern(token, given, number_of_texts=3)
        replacement = self._constant(given[2]) if len(given) > 2 else None
        if pattern is None or replacement is None:
            return None
        try:
            written = replacement.replace("$", "$$") if pattern.is_literal else _to_rust(replacement, pattern.groups)
        except ValueError as error:
            raise QueryError(f"{error}.", place=place_at(self.text, self.tokens[given[2].first].start)) from error
        texts = (Literal(text) for text in (pattern.text, written, pattern.flags))
        return f"{token.text}({self._text(given[0])}, {', '.join(map(str, texts))})"

    def _pattern(self, token: Token, given: list[Span], *, number_of_texts: int) -> _Pattern | None:
        """The regular expression of a call, when it and its flags are texts in the query."""
        if len(given) not in (number_of_texts, number_of_texts + 1):
            return None
        pattern = self._constant(given[1])
        flags = self._constant(given[number_of_texts]) if len(given) > number_of_texts else ""
        if pattern is None or flags is None:
            return None
        try:
            return _Pattern(pattern, flags)
        except ValueError as error:
            place = place_at(self.text, self.tokens[given[1].first].start)
            raise QueryError(f"The regular expression {pattern!r} cannot be used: {error}.", place=place) from error


class _Pattern:
    """A regular expression of XPath as the engine writes it, and the flags that remain; raises `ValueError`."""

    def __init__(self, pattern: str, flags: str) -> None:
        regex = to_regex(pattern, flags)
        self.is_literal = "q" in flags
        self.flags = "".join(flag for flag in "ims" if flag in flags)
        self.text = regex.re2.removeprefix(f"(?{self.flags})") if regex.re2 else pattern
        if not regex.re2 and ("-[" in pattern or not _compiles(pattern)):
            raise ValueError("the engine has no back references, lookaround and class subtraction")
        self.groups = re.compile(regex.python).groups if regex.python else len(re.findall(r"(?<!\\)\((?!\?)", pattern))


def _compiles(pattern: str) -> bool:
    solutions = Store().query(f'SELECT (REGEX("", {Literal(pattern)}) AS ?matches) {{}}')
    assert isinstance(solutions, QuerySolutions)
    return next(solutions)[0] is not None


def _to_rust(replacement: str, groups: int) -> str:
    r"""XPath's replacement as Rust writes it; raises `ValueError` for one that XPath does not have.

    >>> _to_rust(r"$1x \$5 $12", 1)
    '${1}x $$5 ${1}2'
    """
    pieces = []
    for match in _REPLACEMENT.finditer(replacement):
        if match["wrong"]:
            raise ValueError(f"In the replacement {replacement!r}, write \\\\ and \\$ for backslashes and dollars")
        if match["group"]:
            number = match["group"]
            while len(number) > 1 and int(number) > groups:
                number = number[:-1]
            pieces.append((f"${{{number}}}" if int(number) <= groups else "") + match["group"][len(number) :])
        else:
            pieces.append((match["escaped"] or match["plain"]).replace("$", "$$"))
    return "".join(pieces)


def _in_bounds(name: str) -> Callable[[str], str]:
    least, greatest = INTEGER_BOUNDS[name]
    integer = f"<{XSD}integer>"

    def test(lexical: str) -> str:
        return f"COALESCE({integer}({lexical}) >= {least} && {integer}({lexical}) <= {greatest}, false)"

    return test


def _like(pattern: str) -> Callable[[str], str]:
    return lambda lexical: f"REGEX({lexical}, {Literal(f'^(?:{pattern})$')})"


_WELL_FORMED: dict[str, Callable[[str], str]] = {
    **{name: _in_bounds(name) for name in _BOUNDED_INTEGERS},
    **{name: _like(pattern) for name, pattern in _SIGNED_INTEGERS.items()},
    **{name: _like(PATTERNS[name]) for name in ("float", "double", "dateTimeStamp")},
}
"""Datatype that the engine reads as another -> the test that a text is a lexical form of it."""
