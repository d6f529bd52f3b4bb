"""SPARQL text: the limits that a query must keep before the engine may parse it.

Only tokens are read here: enough to bound the nesting before a recursive parser reads the text.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from kg.errors import QueryError
from kg.reports import Place
from kg.text.sparql_tokens import Token, tokenise

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
MAX_DEPTH = 100
"""The depth to which brackets may nest; Oxigraph's parser ends the process at about 2,200."""
MAX_LENGTH = 1 << 20
"""The characters that a query may have."""
_FEW_CHARACTERS, _FEW_TOKENS = 20_000, 800
"""A query of more is long: reading it may take a tenth of a second."""
_MAX_SIGNS = 200
"""The signs (`!`, `-`, `+`, `^`) that may follow each other; each is a level of the parser's recursion."""
_MAX_JOINS = 250
"""The number of times that each joining keyword or sign may occur in a query. Oxigraph walks chains of them by
recursion: 2,400 `MINUS` or 6,000 `+` end the process where the stack has 8 MB, and threads often have one eighth of
that."""
_JOINING_KEYWORDS = ("UNION", "OPTIONAL", "MINUS", "FILTER", "BIND")
_JOINING_SIGNS = frozenset(("{", ".", ";", "&&", "||", "+", "-", "*", "/", "|"))
_DEPTHS = dict.fromkeys(("{", "(", "[", "<<", "{|"), 1) | dict.fromkeys(("}", ")", "]", ">>", "|}"), -1)

_NEW_FUNCTIONS = frozenset(
    ("TRIPLE", "SUBJECT", "PREDICATE", "OBJECT", "ISTRIPLE", "HASLANG", "LANGDIR", "HASLANGDIR", "STRLANGDIR")
)
"""Functions of SPARQL 1.2 (https://www.w3.org/TR/sparql12-query/#SparqlOps)."""


def is_long(text: str) -> bool:
    """True for a query of which the reading alone, which nothing can interrupt, may take half a second."""
    return len(text) > _FEW_CHARACTERS or len(list(islice(tokenise(text), _FEW_TOKENS + 1))) > _FEW_TOKENS


def guard(text: str, *, services: bool = False, file: str = "") -> list[Token]:
    """The tokens of a query that is safe to give to the engine.

    Raises `QueryError` when it is too long or nests too deep, or has SERVICE and `services` is False.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"The query has {len(text):,} characters; {MAX_LENGTH:,} are allowed.")
    tokens = list(tokenise(text))
    depth = signs = 0
    joins: Counter[str] = Counter()
    for token in tokens:
        depth += _DEPTHS.get(token.text, 0) if token.kind == "sign" else 0
        signs = signs + 1 if token.kind == "sign" and token.text in "!-+^/|" else 0
        joins.update(_joins(token))
        if depth > MAX_DEPTH or signs > _MAX_SIGNS:
            message = f"The query nests deeper than {MAX_DEPTH} levels."
        elif any(joins[join] > _MAX_JOINS for join in _joins(token)):
            message = f"The query has more than {_MAX_JOINS} of {token.text}."
        elif not services and "SERVICE" in token.keyword:
            message = "SERVICE is not allowed: queries are answered from the graph's own store."
        else:
            continue
        raise QueryError(message, place=place_at(text, token.start, file=file))
    return tokens


def _joins(token: Token) -> list[str]:
    if token.kind == "sign":
        return [token.text] if token.text in _JOINING_SIGNS else []
    return [keyword for keyword in _JOINING_KEYWORDS if keyword in token.keyword]


def escape_dots(text: str, tokens: Sequence[Token]) -> str:
    """The query with the dots inside its names escaped: Oxigraph's parser reads `film:a.b`, but not `film:a.b.c`."""
    pieces, position = [], 0
    for token in tokens:
        if token.kind == "name" and token.text.count(".") > 1 and not token.text.startswith("_:"):
            prefix, _, local = token.text.partition(":")
            pieces += [text[position : token.start], prefix, ":", re.sub(r"(?<!\\)\.", r"\.", local)]
            position = token.end
    return "".join((*pieces, text[position:])) if pieces else text


def refuse_sparql_12(text: str) -> None:
    """Raise `QueryError` at the first part of a query that SPARQL 1.1 does not have."""
    tokens = list(tokenise(text))
    for number, token in enumerate(tokens):
        is_call = number + 1 < len(tokens) and tokens[number + 1].text == "("
        if token.kind == "sign" and token.text in ("<<", "{|", "~"):
            part = "triple terms and reifiers"
        elif token.kind == "language" and "--" in token.text:
            part = "directions of texts"
        elif token.kind == "word" and token.text.upper() in _NEW_FUNCTIONS and is_call:
            part = f"the function {token.text.upper()}"
        elif token.is_word("VERSION"):
            part = "version directives"
        else:
            continue
        message = f"SPARQL 1.1 does not have {part}. Load the files as RDF 1.2 to use it."
        raise QueryError(message, place=place_at(text, token.start))


def query_form(tokens: Sequence[Token]) -> str:
    """SELECT, ASK, CONSTRUCT or DESCRIBE; for any other query its first keyword."""
    words = (token.text.upper() for token in tokens if token.kind == "word")
    return next((word for word in words if word not in ("BASE", "PREFIX")), "")


def order_columns(text: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns of a query's result: of `SELECT *` in the order in which the variables first appear in the query.

    >>> order_columns("SELECT * { ?film film:director ?agent }", ("agent", "film"))
    ('film', 'agent')
    """
    if "*" not in text:
        return tuple(columns)
    tokens = list(tokenise(text))
    form = next((number for number, token in enumerate(tokens) if token.is_word(*FORMS)), None)
    if form is None or not tokens[form].is_word("SELECT"):
        return tuple(columns)
    after = next((token for token in tokens[form + 1 :] if not token.is_word("DISTINCT", "REDUCED")), None)
    if after is None or after.text != "*":
        return tuple(columns)
    places = {token.text[1:]: number for number, token in reversed(list(enumerate(tokens))) if token.kind == "variable"}
    return tuple(sorted(columns, key=lambda name: places.get(name, len(tokens))))


def find_prologue(text: str) -> str:
    """The PREFIX and BASE lines at the beginning of a query."""
    form = next((token for token in tokenise(text) if token.is_word(*FORMS)), None)
    return text[: form.start] if form is not None else ""


def place_at(text: str, offset: int, *, file: str = "") -> Place:
    """The line and column of an offset, both from 1."""
    line = text.count("\n", 0, offset) + 1
    return Place(file or "query", line, offset - (text.rfind("\n", 0, offset) + 1) + 1)


@dataclass(frozen=True, slots=True)
class ValuesBlock:
    """A one-variable block `VALUES ?name { inside }`; `start` and `end` are the offsets of its inside."""

    name: str
    start: int
    end: int
    inside: str


def find_values_blocks(text: str, tokens: Sequence[Token]) -> Iterator[ValuesBlock]:
    """Every one-variable VALUES block of a query, in its order."""
    closing = [index for index, token in enumerate(tokens) if token.kind == "sign" and token.text == "}"]
    for index, token in enumerate(tokens[:-2]):
        variable, brace = tokens[index + 1], tokens[index + 2]
        if token.is_word("VALUES") and variable.kind == "variable" and brace.text == "{":
            next_closing = bisect(closing, index + 2)
            if next_closing < len(closing):
                close = tokens[closing[next_closing]]
                yield ValuesBlock(variable.text[1:], brace.end, close.start, text[brace.end : close.start].strip())
