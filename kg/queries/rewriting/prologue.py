"""The prefixes of a query, and the IRIs and literals that its tokens denote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kg.terms import PREFIXES, XSD
from kg.text.sparql_tokens import Token, tokenise

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_CONTROLS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


@dataclass(frozen=True, slots=True)
class LiteralToken:
    """A literal in a query: its text, the IRI of its datatype, its language, and the number of its tokens."""

    lexical: str
    datatype: str
    language: str
    size: int


class Prologue:
    """The prefixes that a query declares, and those of the graph."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._prefixes = dict(PREFIXES)
        for word, name, iri in zip(tokens, tokens[1:], tokens[2:], strict=False):
            if word.is_word("PREFIX") and name.kind == "name" and iri.kind == "iri":
                self._prefixes[name.text.removesuffix(":")] = iri.text[1:-1]
        self.has_base = any(word.is_word("BASE") and iri.kind == "iri" for word, iri in pairwise(tokens))

    def iri(self, token: Token) -> str:
        """The IRI of a token; for a token that is none, or an unknown prefix, the empty text."""
        if token.kind == "iri":
            return _unescape(token.text[1:-1])
        prefix, colon, local = token.text.partition(":")
        if token.kind != "name" or not colon or prefix not in self._prefixes:
            return ""
        return self._prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)

    def literal(self, tokens: Sequence[Token], index: int) -> LiteralToken | None:
        """The literal in quotes that begins with this token."""
        if tokens[index].kind != "string":
            return None
        text = tokens[index].text
        quotes = 3 if text[:3] in ('"""', "'''") else 1
        lexical = _unescape(text[quotes:-quotes])
        following = tokens[index + 1 : index + 3]
        if following and following[0].kind == "language":
            return LiteralToken(lexical, "", following[0].text[1:].lower(), 2)
        if len(following) == 2 and following[0].text == "^^" and following[1].kind in ("iri", "name"):
            return LiteralToken(lexical, self.iri(following[1]), "", 3)
        return LiteralToken(lexical, XSD + "string", "", 1)

    def term(self, text: str) -> tuple[str, ...]:
        """What identifies the term that a text denotes: of an IRI, or of a literal."""
        tokens = list(tokenise(text))
        if (literal := self.literal(tokens, 0)) is not None:
            return literal.lexical, literal.datatype, literal.language
        if iri := self.iri(tokens[0]):
            return (iri,)
        number = tokens[-1].text
        names = {"true": "boolean", "false": "boolean"}
        name = names.get(number) or ("double" if "e" in number.lower() else "decimal" if "." in number else "integer")
        return text, XSD + name, ""


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        if code is None:
            return _CONTROLS.get(match[3], match[3])
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else match[0]

    return _ESCAPE.sub(character, text) if "\\" in text else text
