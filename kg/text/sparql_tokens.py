"""SPARQL text as tokens (https://www.w3.org/TR/sparql11-query/#sparqlGrammar): only the lexical grammar.

That is enough to distinguish a keyword from the same letters in a string, an IRI or a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\r\n]+)
  | (?P<comment>\#[^\n\r]*)
  | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<string>\"{3}(?:[^"\\]|\\.|"(?!""))*+\"{3} | '{3}(?:[^'\\]|\\.|'(?!''))*+'{3}
             | "(?!"")(?:[^"\\\n\r]|\\.)*+" | '(?!'')(?:[^'\\\n\r]|\\.)*+')
  | (?P<unclosed>(?:"{3}|'{3}).* | ["'][^\n\r]*)
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)?)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w:]))
  | (?P<name>(?:[^\W\d_](?:[\w\-]|\.(?=[\w\-:.])){0,99}+)?:(?:(?:[\w:]|%[0-9A-Fa-f]{2}|\\.)
             (?:[\w:\-]|%[0-9A-Fa-f]{2}|\\.|\.++(?=[\w:\-%\\]))*)?
           | _:\w(?:[\w\-]|\.++(?=[\w\-]))*)
  | (?P<word>[^\W\d]\w*+)
  | (?P<sign>\^\^|&&|\|\||[!<>]=|<<|>>|\{\||\|\}|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token of SPARQL: its kind (`word`, `iri`, `name`, `variable`, `sign` ...), its text and its offset."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.text)

    @property
    def keyword(self) -> str:
        """What the engine may read as a keyword: it needs no space behind one, so `SERVICEfilm:x` begins with one."""
        return self.text.partition(":")[0].upper() if self.kind in ("word", "name") else ""

    def is_word(self, *words: str) -> bool:
        """True for one of these keywords, in upper or lower case."""
        return self.kind == "word" and self.text.upper() in words


def tokenise(text: str) -> Iterator[Token]:
    """The tokens of a query, without white space and comments."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "sign"
        if kind not in ("blank", "comment"):
            yield Token(kind, match[0], match.start())
