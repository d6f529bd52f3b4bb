"""A query without the values of its VALUES blocks: a plan is made once for all of them.

The parameters of stored queries are such blocks. Each value becomes an IRI that no graph has, in whose place the SQL
gets the id of the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kg.queries.sparql import find_values_blocks, tokenise
from kg.terms import to_term

_PLACEHOLDER = "urn:x-kg:value:"
_VALUE = re.compile(
    r'<[A-Za-z][A-Za-z0-9+.-]*:[^<>"{}|^`\\\x00-\x20]*+>'
    r'|"[^"\\\n\r\x01]*+"(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*+|\^\^<[^<>"{}|^`\\\x00-\x20]*+>)?'
)
_VALUES = re.compile(rf"(?:{_VALUE.pattern})(?:\s+(?:{_VALUE.pattern}))*+")


@dataclass(frozen=True, slots=True)
class Prepared:
    """The text with placeholders, and the exact terms in their order."""

    text: str
    values: tuple[str, ...] = ()


def prepare(text: str) -> Prepared:
    """A query without the values of its one-variable VALUES blocks, where they are written as N-Triples has them."""
    pieces: list[str] = []
    values: list[str] = []
    position = 0
    for block in find_values_blocks(text, list(tokenise(text))):
        if not _VALUES.fullmatch(block.inside) or _PLACEHOLDER in text:
            continue
        try:
            terms = [str(to_term(match[0])) for match in _VALUE.finditer(block.inside)]
        except ValueError:  # the engine says what is wrong with it
            continue
        names = (f"<{_PLACEHOLDER}{len(values) + i}>" for i in range(len(terms)))
        pieces += [text[position : block.start], f" {' '.join(names)} "]
        values += terms
        position = block.end
    return Prepared("".join((*pieces, text[position:])), tuple(values))


def placeholder_number(text: str) -> int | None:
    """Which value an exact term is the placeholder of; None for any other term."""
    return int(text[len(_PLACEHOLDER) + 1 : -1]) if text.startswith(f"<{_PLACEHOLDER}") else None
