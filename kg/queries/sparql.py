"""SPARQL text walks in; its tokens, and what must be known before it may run, walk out.

Only the lexical grammar is read here (https://www.w3.org/TR/sparql11-query/#sparqlGrammar): enough to tell a keyword
from the same letters in a string, an IRI or a comment, and to bound nesting before a parser that recurses sees the
text.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from kg.errors import QueryError
from kg.reports import Place
from kg.terms import PREFIXES
from kg.text import closest

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
MAX_DEPTH = 100
"""How deep brackets may nest; Oxigraph's parser ends the process at about 2,200."""
MAX_LENGTH = 1 << 20
"""How many characters a query may have."""
_CHAIN = 200
"""How many signs (`!`, `-`, `+`, `^`) may stand in a row; each is a level of the parser's recursion."""
_MOST_LINKS = 250
"""How often each joining word or sign may stand in a query. Oxigraph walks chains of them by recursion: 2,400 `MINUS`
or 6,000 `+` end the process where the stack has 8 MB, and threads often have one eighth of that."""
_JOINING = ("UNION", "OPTIONAL", "MINUS", "FILTER", "BIND")
_LINKS = frozenset(("{", ".", ";", "&&", "||", "+", "-", "*", "/", "|"))
_DEEPER = dict.fromkeys(("{", "(", "[", "<<"), 1) | dict.fromkeys(("}", ")", "]", ">>"), -1)

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\r\n]+)
  | (?P<comment>\#[^\n\r]*)
  | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<string>\"{3}(?:[^"\\]|\\.|"(?!""))*+\"{3} | '{3}(?:[^'\\]|\\.|'(?!''))*+'{3}
             | "(?!"")(?:[^"\\\n\r]|\\.)*+" | '(?!'')(?:[^'\\\n\r]|\\.)*+')
  | (?P<unclosed>(?:"{3}|'{3}).* | ["'][^\n\r]*)
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w:]))
  | (?P<name>(?:[^\W\d_](?:[\w\-]|\.(?=[\w\-:.])){0,99}+)?:(?:(?:[\w:]|%[0-9A-Fa-f]{2}|\\.)
             (?:[\w:\-]|%[0-9A-Fa-f]{2}|\\.|\.++(?=[\w:\-%\\]))*)?
           | _:\w(?:[\w\-]|\.++(?=[\w\-]))*)
  | (?P<word>[^\W\d]\w*+)
  | (?P<sign>\^\^|&&|\|\||[!<>]=|<<|>>|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SPARQL: its kind (`word`, `iri`, `name`, `variable`, `sign` ...), its text and where it begins."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the next piece begins."""
        return self.start + len(self.text)

    @property
    def keyword(self) -> str:
        """What the engine may take for a keyword: it wants no blank behind one, so `SERVICEfilm:x` has one."""
        return self.text.partition(":")[0].upper() if self.kind in ("word", "name") else ""

    def is_word(self, *words: str) -> bool:
        """True for one of these keywords, in any case of letters."""
        return self.kind == "word" and self.text.upper() in words


def tokenise(text: str) -> Iterator[Token]:
    """The tokens of a query, blanks and comments left out."""
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "sign"
        if kind not in ("blank", "comment"):
            yield Token(kind, found[0], found.start())


def guard(text: str, *, services: bool = False, file: str = "") -> list[Token]:
    """The tokens of a query that is safe to hand to the engine.

    Raises `QueryError` when it is too long or nests too deep, or calls SERVICE where `services` is False.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"The query has {len(text):,} characters; {MAX_LENGTH:,} are allowed.")
    read = list(tokenise(text))
    depth = chain = 0
    links: Counter[str] = Counter()
    for token in read:
        depth += _DEEPER.get(token.text, 0) if token.kind == "sign" else 0
        chain = chain + 1 if token.kind == "sign" and token.text in "!-+^/|" else 0
        if depth > MAX_DEPTH or chain > _CHAIN:
            raise QueryError(
                f"The query nests deeper than {MAX_DEPTH} levels.", place=place_at(text, token.start, file=file)
            )
        links.update(_links(token))
        if any(links[link] > _MOST_LINKS for link in _links(token)):
            raise QueryError(
                f"The query has more than {_MOST_LINKS} of {token.text}.", place=place_at(text, token.start, file=file)
            )
        if not services and "SERVICE" in token.keyword:
            raise QueryError(
                "SERVICE is not allowed: the graph answers from its own store.",
                place=place_at(text, token.start, file=file),
            )
    return read


def escape_dots(text: str, read: list[Token]) -> str:
    """The query with the dots inside its names escaped: Oxigraph's parser reads `film:a.b`, but not `film:a.b.c`."""
    pieces, at = [], 0
    for token in read:
        if token.kind == "name" and token.text.count(".") > 1 and not token.text.startswith("_:"):
            prefix, _, local = token.text.partition(":")
            pieces += [text[at : token.start], prefix, ":", re.sub(r"(?<!\\)\.", r"\.", local)]
            at = token.end
    return "".join((*pieces, text[at:])) if pieces else text


def _links(token: Token) -> list[str]:
    if token.kind == "sign":
        return [token.text] if token.text in _LINKS else []
    return [word for word in _JOINING if word in token.keyword]


def query_form(read: list[Token]) -> str:
    """SELECT, ASK, CONSTRUCT or DESCRIBE; the first other keyword where it is none of these."""
    prologue = ("BASE", "PREFIX")
    words = (token.text.upper() for token in read if token.kind == "word")
    return next((word for word in words if word not in prologue), "")


def place_at(text: str, offset: int, *, file: str = "") -> Place:
    """Line and column of an offset, both from 1."""
    line = text.count("\n", 0, offset) + 1
    return Place(file or "query", line, offset - (text.rfind("\n", 0, offset) + 1) + 1)


@dataclass(frozen=True, slots=True)
class ValuesBlock:
    """A one-variable `VALUES ?name { ... }` block: the variable's name, and where the inside begins and ends."""

    name: str
    start: int
    end: int
    inside: str


def find_values_blocks(text: str, read: list[Token] | None = None) -> Iterator[ValuesBlock]:
    """Every one-variable VALUES block of a query, in its order."""
    read = read if read is not None else list(tokenise(text))
    closes = [number for number, token in enumerate(read) if token.kind == "sign" and token.text == "}"]
    for number, token in enumerate(read[:-2]):
        variable, brace = read[number + 1], read[number + 2]
        if token.is_word("VALUES") and variable.kind == "variable" and brace.text == "{":
            after = bisect(closes, number + 2)
            if after < len(closes):
                close = read[closes[after]]
                yield ValuesBlock(variable.text[1:], brace.end, close.start, text[brace.end : close.start].strip())


def to_query_error(text: str, error: SyntaxError, *, file: str = "") -> QueryError:
    """The engine's complaint as our error: line and column where it tells them, and the words that it stumbled on."""
    read = list(tokenise(text))
    form = query_form(read)
    if form not in FORMS:
        wrong = next((token for token in read if token.is_word(form)), None)
        place = place_at(text, wrong.start, file=file) if wrong is not None else None
        if form in _UPDATES:
            return QueryError(f"{form} is not a question: the graph is a function of its files.", place=place)
        near = closest(form, list(FORMS))
        offer = f" Did you mean {near[0]}?" if form and near else ""
        return QueryError(f"A query begins with {', '.join(FORMS)}, not with {form or 'nothing'}.{offer}", place=place)
    found = re.search(r"error at (\d+):(\d+)(?:-\d+:\d+)?: (.*)", str(error), re.DOTALL)
    if found is None:
        return QueryError(f"The query does not parse: {error}")
    line, column = int(found[1]), int(found[2])
    place = Place(file or "query", line, column)
    if unknown := _undeclared(read):
        return QueryError(f"The prefix {unknown.text.partition(':')[0]}: is not declared.",
                          place=place_at(text, unknown.start, file=file))  # fmt: skip
    rest = "\n".join(text.split("\n")[line - 1 :])[column - 1 :].split("\n")[0].strip()
    where = f"at `{rest[:40]}`" if rest else "at its end"
    said = found[3].removeprefix("expected one of ").removeprefix("expected ").replace("[_]", "").strip(", ")
    what = said if " " in said and "," not in said else f"expected {said}" if said and len(said) < 200 else ""
    return QueryError(f"The query does not parse {where}{': ' + what if what else ''}", place=place)


def _undeclared(read: list[Token]) -> Token | None:
    """The first name with a prefix that neither the query nor the graph declares."""
    declared = {read[n + 1].text.rstrip(":") for n, token in enumerate(read[:-1]) if token.is_word("PREFIX")}
    known = declared | PREFIXES.keys() | {"_"}
    return next((one for one in read if one.kind == "name" and one.text.partition(":")[0] not in known), None)
