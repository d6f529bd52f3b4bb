"""Literals of a query that the engine would read as other literals.

Oxigraph keeps every integer datatype as xsd:integer without its range, so that `"500"^^xsd:byte` would be the number
500, and it reads `inf`, `nan` and a time stamp without a time zone. SPARQL has an error where an operator meets an
ill-typed literal (https://www.w3.org/TR/sparql11-query/#operandDataTypes). Such a literal gets a mark before its text,
which no number begins with; `unmark` removes it from results. One that the engine does not read either, such as
`"abc"^^xsd:integer`, stays as it is: the graph may have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from pyoxigraph import Literal, Triple

from kg.queries.rewriting.expressions import Edit
from kg.queries.rewriting.prologue import LiteralToken, Prologue
from kg.terms import XSD
from kg.text.sparql_tokens import Token
from kg.xsd import INTEGER_BOUNDS, LiteralParts, is_well_formed

MARK = "\ufdd0"
"""A noncharacter: no text has it (https://www.unicode.org/faq/private_use.html#nonchar1)."""
_READ_AS_OTHERS = frozenset(XSD + name for name in (*INTEGER_BOUNDS, "double", "float", "dateTimeStamp"))
_DERIVED = frozenset(XSD + name for name in INTEGER_BOUNDS if name != "integer") | {XSD + "dateTimeStamp"}
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
"""What is read as an integer, though it may be out of the range of its datatype."""
_FLOATING = re.compile(r"[+-]?(inf|infinity|nan)", re.IGNORECASE)

_Term = TypeVar("_Term")


def literal_edits(_text: str, tokens: Sequence[Token], prologue: Prologue) -> Iterator[Edit]:
    """Marks for ill-typed literals; the results of STR and DATATYPE for a literal that the engine would rewrite."""
    for index, token in enumerate(tokens):
        if token.kind != "string" or (literal := prologue.literal(tokens, index)) is None:
            continue
        last = tokens[index + literal.size - 1]
        function = _function_of(tokens, index, literal.size)
        is_other = literal.datatype in _READ_AS_OTHERS
        if function == "DATATYPE" and literal.datatype in _DERIVED:
            yield tokens[index - 2].start, tokens[index + literal.size].end, f"<{literal.datatype}>"
        elif function == "STR" and is_other:
            yield tokens[index - 2].start, tokens[index + literal.size].end, str(Literal(literal.lexical))
        elif is_other and not _is_well_formed(literal) and _is_read(literal):
            marked = str(Literal(MARK + literal.lexical))
            yield token.start, last.end, f"{marked}^^<{literal.datatype}>"


def _is_well_formed(literal: LiteralToken) -> bool:
    return is_well_formed(LiteralParts(literal.lexical, literal.datatype))


def _is_read(literal: LiteralToken) -> bool:
    """True when the engine reads a value where the literal has none."""
    if literal.datatype == XSD + "dateTimeStamp":
        return is_well_formed(LiteralParts(literal.lexical, XSD + "dateTime"))
    form = _FLOATING if literal.datatype in (XSD + "double", XSD + "float") else _INTEGER
    return form.fullmatch(literal.lexical) is not None


def _function_of(tokens: Sequence[Token], index: int, size: int) -> str:
    """The function whose only argument is the literal; the empty text when there is none."""
    if index < 2 or index + size >= len(tokens):
        return ""
    name, opening, closing = tokens[index - 2], tokens[index - 1], tokens[index + size]
    is_only = opening.text == "(" and closing.text == ")"
    return name.text.upper() if is_only and name.kind == "word" else ""


def unmark(term: _Term) -> _Term | Literal | Triple:
    """A term of a result without the mark."""
    if isinstance(term, Triple):
        return Triple(term.subject, term.predicate, unmark(term.object))
    if isinstance(term, Literal) and MARK in term.value:
        text = term.value.replace(MARK, "")
        if term.language is not None:
            return Literal(text, language=term.language, direction=term.direction)
        return Literal(text, datatype=term.datatype)
    return term
