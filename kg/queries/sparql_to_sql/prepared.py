"""A query without its values: a plan is made once for all of them.

Values are those of one-variable VALUES blocks, as stored queries have them, the subjects and objects of triple
patterns, and what is described. Each becomes an IRI that no graph has, in whose place the SQL gets the id of the value.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from pyoxigraph import Literal, NamedNode

from kg.queries.rewriting.pattern_blocks import NewVariables, PathPattern, StepPath, UnparsedError, parse_patterns
from kg.queries.rewriting.prologue import Prologue
from kg.queries.sparql import find_values_blocks
from kg.terms import RDF, Term, to_term
from kg.text.sparql_tokens import Token, tokenise

_MAX_LENGTH, _MAX_TOKENS = 10_000, 2_500
"""The characters of a query, and its tokens outside of VALUES: rdflib parses more of them for longer than a second."""
_MAX_JOINED_PATTERNS = 80
"""The triple patterns that are joined: Oxigraph's optimiser takes a second for 110 of them."""
_BETWEEN_PATTERNS = frozenset((".", ";", ",", "["))
_DESCRIBED = frozenset(("iri", "name", "variable"))
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


@dataclass(frozen=True, slots=True)
class _Values:
    """Terms of a query, and the offsets between which they are written."""

    start: int
    end: int
    terms: tuple[str, ...]


def prepare(text: str) -> Prepared:
    """A query with placeholders for its values, as far as they are written in a form that is read here."""
    if _PLACEHOLDER in text:
        return Prepared(text)
    tokens = list(tokenise(text))
    pieces: list[str] = []
    values: list[str] = []
    position = 0
    parts = (*_in_blocks(text, tokens), *_in_patterns(text, tokens), *_in_description(tokens))
    for found in sorted(parts, key=lambda each: each.start):
        names = (f"<{_PLACEHOLDER}{len(values) + i}>" for i in range(len(found.terms)))
        pieces += [text[position : found.start], f" {' '.join(names)} "]
        values += found.terms
        position = found.end
    return Prepared("".join((*pieces, text[position:])), tuple(values))


def _in_blocks(text: str, tokens: Sequence[Token]) -> Iterator[_Values]:
    """The values of VALUES blocks that are written as N-Triples has them."""
    for block in find_values_blocks(text, tokens):
        if not _VALUES.fullmatch(block.inside):
            continue
        try:
            terms = tuple(str(to_term(match[0])) for match in _VALUE.finditer(block.inside))
        except ValueError:  # the engine says what is wrong with it
            continue
        yield _Values(block.start, block.end, terms)


def _in_patterns(text: str, tokens: Sequence[Token]) -> Iterator[_Values]:
    """The subjects and objects of triple patterns; classes are part of the plan."""
    prologue = Prologue(tokens)
    if prologue.has_base:
        return
    try:
        parsed = parse_patterns(text, tokens, NewVariables(text))
    except UnparsedError:
        return
    patterns = {pattern for block in parsed.blocks for pattern in block.patterns if not _is_typing(pattern, prologue)}
    places = {term.start: term.text for pattern in patterns for term in (pattern.subject, pattern.object)}
    for start, written in places.items():
        if start >= 0 and (term := _to_term(written, prologue)) is not None:
            yield _Values(start, start + len(written), (str(term),))


def _in_description(tokens: Sequence[Token]) -> Iterator[_Values]:
    """The terms behind DESCRIBE."""
    first = next((i for i, token in enumerate(tokens) if token.is_word("DESCRIBE")), len(tokens))
    prologue = Prologue(tokens)
    for token in () if prologue.has_base else takewhile(lambda each: each.kind in _DESCRIBED, tokens[first + 1 :]):
        if token.kind != "variable" and (term := _to_term(token.text, prologue)) is not None:
            yield _Values(token.start, token.end, (str(term),))


def _is_typing(pattern: PathPattern, prologue: Prologue) -> bool:
    if not isinstance(pattern.path, StepPath):
        return False
    text = pattern.path.text
    return text == "a" or prologue.term(text) == (f"{RDF}type",)


def _to_term(text: str, prologue: Prologue) -> Term | None:
    """The IRI or quoted literal of a pattern; None for other terms, and for what the engine would refuse."""
    if text[0] not in '<"' and ":" not in text:
        return None
    try:
        match prologue.term(text):
            case (iri,) if "/." not in iri:
                return NamedNode(iri)
            case (lexical, "", language) if language:
                return Literal(lexical, language=language)
            case (lexical, datatype, "") if text.startswith('"') and datatype and "\x01" not in lexical:
                return Literal(lexical, datatype=NamedNode(datatype))
    except ValueError:
        return None
    return None


def without_values(text: str, tokens: Sequence[Token]) -> str:
    """The query with empty VALUES blocks: of the same variables, without rows."""
    pieces: list[str] = []
    position = index = 0
    while index < len(tokens):
        if tokens[index].is_word("VALUES") and (block := _block_at(tokens, index + 1)) is not None:
            pieces += [text[position : block[0].end], " "]
            position = block[1].start
        index += 1
    return "".join((*pieces, text[position:]))


def _block_at(tokens: Sequence[Token], index: int) -> tuple[Token, Token] | None:
    """The braces of the data block whose variables begin at an index."""
    while index < len(tokens) and (tokens[index].kind == "variable" or tokens[index].text in ("(", ")")):
        index += 1
    if index >= len(tokens) or tokens[index].text != "{":
        return None
    closing = next((token for token in tokens[index:] if token.kind == "sign" and token.text == "}"), None)
    return None if closing is None else (tokens[index], closing)


def most_empty_solutions(tokens: Sequence[Token]) -> int:
    """How many solutions the query has at most in an empty graph, without VALUES: one for each choice of UNION or path.

    `{} UNION {} UNION {}` has three, and twice `{ {} UNION {} }` has four.
    """
    product, chain = 1, 1
    opened: list[int] = []
    last = 0
    for index, token in enumerate(tokens):
        if token.kind == "sign" and token.text == "{":
            opened.append(index)
        elif token.kind == "sign" and token.text == "}" and opened:
            last = opened.pop()
        elif token.is_word("UNION"):
            chain = chain + 1 if last and tokens[last - 1].is_word("UNION") else 1
            product = product // chain * (chain + 1)
        elif token.kind == "sign" and token.text in ("|", "?"):
            product *= 2
        if product > 1 << 60:
            break
    return product


def is_too_large(text: str) -> bool:
    """True for a query of which no engine makes a plan within a second.

    rdflib's parser takes that long for a list of 1,000 expressions. Oxigraph's optimiser takes it for a join of 110
    triple patterns, and 14 seconds for 200: its time grows with the fourth power of their number.
    """
    tokens = list(tokenise(text))
    if len(text) > _MAX_LENGTH or len(list(tokenise(without_values(text, tokens)))) > _MAX_TOKENS:
        return True
    try:
        blocks = parse_patterns(text, tokens, NewVariables(text)).blocks
    except UnparsedError:
        return sum(token.text in _BETWEEN_PATTERNS for token in tokens) > _MAX_JOINED_PATTERNS
    apart = [token.start for token in tokens if token.is_word("UNION", "OPTIONAL")]
    joined = Counter[int]()
    for block in blocks:
        joined[bisect(apart, block.start)] += len(block.patterns)
    return max(joined.values(), default=0) > _MAX_JOINED_PATTERNS


def placeholder_number(text: str) -> int | None:
    """Which value an exact term is the placeholder of; None for any other term."""
    return int(text[len(_PLACEHOLDER) + 1 : -1]) if text.startswith(f"<{_PLACEHOLDER}") else None
