"""The SERVICE clauses of a query, each with the patterns before it, whose bindings are sent to its endpoint.

Only tokens are read. The patterns before a clause are those of its group up to the clause and, as long as a group is
plain or OPTIONAL, of the group around it; of their FILTERs, the part that can be decided by then
(https://www.w3.org/TR/sparql11-federated-query/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from kg.errors import QueryError
from kg.queries.sparql import place_at
from kg.terms import PREFIXES
from kg.text.sparql_tokens import Token, tokenise

_SEPARATE = ("MINUS", "UNION", "EXISTS", "WHERE")
"""Keywords before a brace that make its group independent of what is before it."""


@dataclass(frozen=True, slots=True)
class ServiceClause:
    """One SERVICE clause: its offsets, address and group, the parts of groups before it, and its variables."""

    start: int
    end: int
    address: str
    is_silent: bool
    group: str
    before: tuple[str, ...]
    variables: frozenset[str]


def find_first_clause(text: str) -> ServiceClause | None:
    """The first clause of a query; raises `QueryError` for one without a fixed address, or with a clause inside."""
    tokens = list(tokenise(text))
    index = next((index for index, token in enumerate(tokens) if "SERVICE" in token.keyword), None)
    if index is None:
        return None
    place = place_at(text, tokens[index].start)
    if not tokens[index].is_word("SERVICE"):
        raise QueryError("Expected white space after SERVICE.", place=place)
    is_silent = index + 1 < len(tokens) and tokens[index + 1].is_word("SILENT")
    address, brace = index + 1 + is_silent, index + 2 + is_silent
    if brace >= len(tokens) or tokens[brace].text != "{":
        raise QueryError("SERVICE requires an address and a group: SERVICE <https://...> { }", place=place)
    if tokens[address].kind == "variable":
        raise QueryError("SERVICE requires the address of an endpoint, not a variable.", place=place)
    close = _closing(tokens, brace)
    if close is None:
        raise QueryError("The group of SERVICE is not closed.", place=place)
    inside = tokens[brace + 1 : close]
    if any("SERVICE" in token.keyword for token in inside):
        raise QueryError("A SERVICE inside a SERVICE is not supported: write both side by side.", place=place)
    return ServiceClause(
        tokens[index].start,
        tokens[close].end,
        _address(tokens[address], declared_prefixes(tokens), text),
        is_silent,
        text[tokens[brace].end : tokens[close].start],
        _before(text, tokens, index),
        frozenset(token.text[1:] for token in inside if token.kind == "variable"),
    )


def declared_prefixes(tokens: list[Token]) -> dict[str, str]:
    """The prefixes that a query declares, and the graph's own."""
    own = {
        name.text.removesuffix(":"): iri.text[1:-1]
        for word, name, iri in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if word.is_word("PREFIX") and name.kind == "name" and iri.kind == "iri"
    }
    return PREFIXES | own


def used_prologue(text: str, prologue: str) -> str:
    """The declarations that a part of a query needs, from its prologue and the graph's own prefixes."""
    tokens = list(tokenise(prologue))
    prefixes = declared_prefixes(tokens)
    used = {token.text.partition(":")[0] for token in tokenise(text) if token.kind == "name"}
    bases = [f"BASE {iri.text}\n" for word, iri in pairwise(tokens) if word.is_word("BASE") and iri.kind == "iri"]
    lines = (f"PREFIX {prefix}: <{prefixes[prefix]}>\n" for prefix in sorted(used & prefixes.keys()))
    return "".join((*bases, *lines))


def _address(token: Token, prefixes: Mapping[str, str], text: str) -> str:
    prefix, colon, local = token.text.partition(":")
    if token.kind == "iri":
        return token.text[1:-1]
    if token.kind == "name" and colon and prefix in prefixes:
        return prefixes[prefix] + local
    raise QueryError("SERVICE requires the address of an endpoint.", place=place_at(text, token.start))


def _before(text: str, tokens: list[Token], clause: int) -> tuple[str, ...]:
    """The parts before a clause of its group and of those around it that are joined with it, outermost first."""
    stack: list[int] = []
    for index, token in enumerate(tokens[:clause]):
        if token.kind == "sign" and token.text == "{":
            stack.append(index)
        elif token.kind == "sign" and token.text == "}" and stack:
            stack.pop()
    if any(tokens[brace - 2].is_word("GRAPH") for brace in stack if brace >= 2):
        return ()  # what is before it matches another graph than the endpoint has
    parts: list[str] = []
    for depth in range(len(stack) - 1, -1, -1):
        brace, inner = stack[depth], (*stack, clause)[depth + 1]
        end = inner - (inner != clause and tokens[inner - 1].is_word("OPTIONAL"))
        parts.append(_before_filters(text, tokens[brace + 1 : end], tokens[brace].end, tokens[end].start))
        if not depth or tokens[stack[depth - 1] + 1].is_word("SELECT") or not _is_joined(tokens, brace):
            break
    return tuple(reversed(parts))


def _is_joined(tokens: list[Token], brace: int) -> bool:
    """True for a group that is joined with what is before it: plain, or OPTIONAL."""
    close = _closing(tokens, brace)
    is_first_branch = close is not None and close + 1 < len(tokens) and tokens[close + 1].is_word("UNION")
    return not is_first_branch and not tokens[brace - 1].is_word(*_SEPARATE)


def _before_filters(text: str, tokens: list[Token], start: int, end: int) -> str:
    """A part of a group, with its own FILTERs limited to rows that bind all their variables.

    A variable that is not bound yet may be bound outside. FILTERs of groups inside it are left as they are.
    """
    parts, index, depth = [], 0, 0
    while index < len(tokens):
        token = tokens[index]
        depth += {"{": 1, "}": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if token.is_word("FILTER") and not depth:
            bracket = next((at for at in range(index, len(tokens)) if tokens[at].text in ("(", "{")), index)
            close = _closing(tokens, bracket) if bracket > index else None
            last = len(tokens) - 1 if close is None else close
            parts += [text[start : token.start], _where_bound(text, tokens[index + 1 : last + 1])]
            start, index = (end if close is None else tokens[close].end), last
        index += 1
    return "".join((*parts, text[start:end]))


def _where_bound(text: str, condition: list[Token]) -> str:
    """A FILTER that accepts rows it cannot decide yet; none for a condition with EXISTS or without variables."""
    names = sorted({token.text for token in condition if token.kind == "variable"})
    if not names or any("EXISTS" in token.keyword for token in condition):
        return ""
    bound = " && ".join(f"BOUND({name})" for name in names)
    return f"FILTER(!({bound}) || ({text[condition[0].start : condition[-1].end]}))"


def _closing(tokens: list[Token], opening: int) -> int | None:
    """The index of the bracket that closes another; None when it is not closed."""
    open_text = tokens[opening].text
    close_text = {"{": "}", "(": ")"}[open_text]
    depth = 0
    for index in range(opening, len(tokens)):
        token = tokens[index]
        if token.kind == "sign" and token.text in (open_text, close_text):
            depth += 1 if token.text == open_text else -1
            if not depth:
                return index
    return None
