"""The algebra of a query, from rdflib's parser, with a check for what that parser would change.

rdflib writes some literals in another form (`01` as `1`), leaves some patterns in EXISTS as they were parsed, and loses
the inverse properties of a negated set. All this is prevented here, so that the compiler sees the algebra of the
specification
(https://www.w3.org/TR/sparql11-query/#sparqlAlgebra).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import rdflib
from pyparsing import ParseResults
from rdflib.paths import Path
from rdflib.plugins.sparql.algebra import translateGroupGraphPattern, translateQuery
from rdflib.plugins.sparql.parserutils import CompValue

from kg.queries.rewriting.prologue import Prologue
from kg.rdf.rdflib_parser import parse_query
from kg.rdf.rdflib_warnings import without_rdflib_warnings
from kg.terms import PREFIXES, XSD
from kg.text.sparql_tokens import Token, tokenise

_MAX_PATTERNS = 400
"""The triple patterns of a query and its template: rdflib orders them in the square of their number."""


class NotCompiled(Exception):  # noqa: N818  # not an error: the query is answered by another engine
    """The query has something that is not compiled to SQL; `reason` says what."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def to_algebra(text: str, *, base: str | None = None) -> Any:
    """The algebra of a query that parses; the graph's prefixes need no declaration."""
    try:
        with without_rdflib_warnings():
            parsed = parse_query(_keep_literals(_split_negated_sets(text)))
            if _count_patterns(parsed) > _MAX_PATTERNS:
                raise NotCompiled("so many triple patterns")
            query = translateQuery(parsed, base=base, initNs=PREFIXES)
    except RecursionError:
        raise NotCompiled("a query that nests so deep") from None
    except NotCompiled:
        raise
    except Exception as error:  # whatever rdflib's parser raises: the other engine reads more
        raise NotCompiled(f"what rdflib does not parse ({type(error).__name__})") from error
    return query.algebra


def _count_patterns(parsed: Any) -> int:
    """The triple patterns of a query as rdflib's parser gives it: lists of terms, three for each."""
    pending, number = [parsed], 0
    while pending:
        part = pending.pop()
        if isinstance(part, CompValue):
            lists = [terms for key in ("triples", "template") if key in part for terms in part[key] or ()]
            number += sum(map(len, lists)) // 3
            pending.extend(part.values())
        elif isinstance(part, ParseResults | list):
            pending.extend(part)
    return number


def exists_pattern(node: Any) -> Any:
    """The pattern of an EXISTS, which rdflib translates only in some places."""
    graph = node.graph
    return translateGroupGraphPattern(graph) if graph.name.startswith("GroupGraphPattern") else graph


def datatype_of(literal: rdflib.Literal) -> str | None:
    """The datatype of a literal of the algebra, as the query has it."""
    return None if literal.datatype is None else str(literal.datatype).removeprefix(_KEPT)


# --- the algebra as text


def write_algebra(node: Any, values: Sequence[str] = (), depth: int = 0) -> Iterator[str]:
    """The algebra as lines, each pattern below what it is part of; `values` are those of placeholders."""
    children = [node[key] for key in ("p1", "p2", "p") if isinstance(node.get(key), CompValue) and key in node]
    if node.name == "values":
        rows = (
            f"({', '.join(f'{name.n3()} = {_write(cell, values)}' for name, cell in row.items())})" for row in node.res
        )
        yield f"{'  ' * depth}values {' '.join(rows)}"
        return
    parts = [
        _write(node[key], values)
        for key in ("var", "expr", "PV", "term", "start", "length", "A")
        if key in node and node[key] is not None and not (key == "PV" and node.name.endswith("Query"))
    ]
    yield f"{'  ' * depth}{node.name} {' '.join(parts)}".rstrip()
    for triple in node.triples or () if node.name == "BGP" else ():
        yield f"{'  ' * (depth + 1)}{' '.join(_write(term, values) for term in triple)}"
    for child in children:
        yield from write_algebra(child, values, depth + 1)


def _write(part: Any, values: Sequence[str]) -> str:
    """A term, an expression, or a list of them."""
    if isinstance(part, CompValue):
        shown = (_write(part[key], values) for key in part if not key.startswith("_") and part[key] is not None)
        return f"{part.name}({', '.join(shown)})"
    if isinstance(part, list | tuple):
        return f"[{', '.join(_write(each, values) for each in part)}]"
    text = part.n3() if isinstance(part, rdflib.term.Identifier | Path) else str(part)
    number = re.fullmatch(r"<urn:x-kg:value:(\d+)>", text)
    return values[int(number[1])] if number is not None and int(number[1]) < len(values) else text.replace(_KEPT, "")


# --- paths


def _split_negated_sets(text: str) -> str:
    """The query with `(!(a)|^(!(b)))` for `!(a|^b)`, which is the same.

    https://www.w3.org/TR/sparql11-query/#sparqlTranslatePathExpressions
    """
    if "!" not in text or "^" not in text:
        return text
    tokens = list(tokenise(text))
    pieces: list[str] = []
    position = 0
    for index, token in enumerate(tokens):
        end = _end_of_negated_set(tokens, index) if token.kind == "sign" and token.text == "!" else index
        inside = tokens[index + 1 : end]
        if not any(each.text == "^" for each in inside):
            continue
        pairs = [(before, each) for before, each in pairwise((token, *inside)) if each.kind in _PROPERTY_KINDS]
        sets = (
            [each.text for before, each in pairs if (before.text == "^") is is_inverse] for is_inverse in (False, True)
        )
        forward, inverse = (f"!({'|'.join(names)})" if names else "" for names in sets)
        pieces += [text[position : token.start], f"({forward}{'|' * bool(forward)}^({inverse}))"]
        position = inside[-1].end
    return "".join((*pieces, text[position:]))


_PROPERTY_KINDS = ("iri", "name", "word")


def _end_of_negated_set(tokens: Sequence[Token], index: int) -> int:
    """The index behind the set that `!` at this index negates; the same index where it negates none."""
    following = index + 1
    if following < len(tokens) and tokens[following].text == "(":
        following += 1
        while following < len(tokens) and (
            tokens[following].text in ("^", "|", "a") or tokens[following].kind in ("iri", "name")
        ):
            following += 1
        is_closed = following < len(tokens) and tokens[following].text == ")"
        return following + 1 if is_closed else index
    return following + 2 if following + 1 < len(tokens) and tokens[following].text == "^" else index


# --- literals


def _keep_literals(text: str) -> str:
    """The query with a datatype that rdflib does not know for each literal that it would write in another form."""
    tokens = list(tokenise(text))
    prologue = Prologue(tokens)
    pieces: list[str] = []
    position, contexts = 0, [_PATTERN]
    for index, token in enumerate(tokens):
        _track(contexts, tokens, index)
        before = tokens[index - 1] if index else token
        if token.kind == "number" and not before.is_word("LIMIT", "OFFSET"):
            start, written = token.start, token.text.rstrip(".")
            if before.text in ("+", "-") and before.end == start and _is_sign(tokens, index - 1):
                if contexts[-1] is _EXPRESSION and _ends_operand(tokens[index - 2]):
                    # An operator, which rdflib would read as the sign of a number behind a term.
                    pieces += [text[position:start], " "]
                    position = start
                else:
                    start, written = before.start, f"{before.text}{written}"
            if _is_changed(written, datatype := _datatype(written)):
                pieces += [text[position:start], f'"{written}"^^<{_KEPT}{datatype}>']
                position = start + len(written)
        elif token.text == "^^" and before.kind == "string" and index + 1 < len(tokens):
            following = tokens[index + 1]
            datatype = prologue.iri(following)
            if datatype.startswith(XSD) and _is_changed_string(before.text, datatype):
                pieces += [text[position : following.start], f"<{_KEPT}{datatype}>"]
                position = following.end
    return "".join((*pieces, text[position:]))


_KEPT = "urn:x-kg:datatype:"
_PATTERN, _EXPRESSION = "pattern", "expression"


def _track(contexts: list[str], tokens: list[Token], index: int) -> None:
    """Keep the stack of brackets: a parenthesis in a pattern is a list or a path, unless a keyword begins it."""
    token = tokens[index]
    if token.kind != "sign":
        return
    if token.text == "{":
        contexts.append(_PATTERN)
    elif token.text in "([":
        words = tokens[max(index - 2, 0) : index]
        is_call = any(word.kind == "word" and word.text not in ("a", "VALUES", "GRAPH") for word in words)
        is_expression = contexts[-1] is _EXPRESSION or len(contexts) == 1 or is_call
        contexts.append(_EXPRESSION if is_expression and token.text == "(" else _PATTERN)
    elif token.text in ")]}" and len(contexts) > 1:
        contexts.pop()


def _is_sign(tokens: list[Token], index: int) -> bool:
    """False for a plus that follows another sign without being one of a number, such as that of a path."""
    return index == 0 or tokens[index - 1].text not in ("*", "?", "+")


def _ends_operand(token: Token) -> bool:
    return token.kind in ("variable", "number", "string", "iri", "name", "language") or token.text == ")"


def _datatype(number: str) -> str:
    return XSD + ("double" if "e" in number.lower() else "decimal" if "." in number else "integer")


def _is_changed_string(string: str, datatype: str) -> bool:
    return "\\" in string or string[:3] in ('"""', "'''") or _is_changed(string[1:-1], datatype)


def _is_changed(lexical: str, datatype: str) -> bool:
    literal = rdflib.Literal(lexical, datatype=rdflib.URIRef(datatype))
    return str(literal) != lexical or bool(literal.ill_typed)
