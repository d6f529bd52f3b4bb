"""SPARQL text walks in; its SERVICE clauses walk out, each with what stands before it.

Only tokens are read, as elsewhere before the engine sees a text. What stands before a clause tells which bindings it is
worth asking about: its group up to the clause and, as long as a group is plain or OPTIONAL, the one around it; and of
their FILTERs what can be judged by then (https://www.w3.org/TR/sparql11-federated-query/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from kg.errors import QueryError
from kg.queries.sparql import FORMS, Token, place_at, tokenise
from kg.terms import PREFIXES

_APART = ("MINUS", "UNION", "EXISTS", "WHERE")
"""What makes a group a world of its own, when it stands before its brace."""


@dataclass(frozen=True, slots=True)
class ServiceClause:
    """One SERVICE clause: where it stands, whom it asks, what, and the parts of groups before it."""

    start: int
    end: int
    address: str
    is_silent: bool
    inside: str
    before: tuple[str, ...]
    variables: frozenset[str]


def find_first_clause(text: str) -> ServiceClause | None:
    """The first clause of a query; raises `QueryError` for one that names no endpoint outright, or holds another."""
    read = list(tokenise(text))
    at = next((number for number, token in enumerate(read) if "SERVICE" in token.keyword), None)
    if at is None:
        return None
    place = place_at(text, read[at].start)
    if not read[at].is_word("SERVICE"):
        raise QueryError("SERVICE wants a blank behind it.", place=place)
    is_silent = at + 1 < len(read) and read[at + 1].is_word("SILENT")
    named, brace = at + 1 + is_silent, at + 2 + is_silent
    if brace >= len(read) or read[brace].text != "{":
        raise QueryError("SERVICE wants the address of an endpoint and a group: SERVICE <https://...> { }", place=place)
    if read[named].kind == "variable":
        raise QueryError("SERVICE wants the address of an endpoint, not a variable.", place=place)
    close = _closing(read, brace)
    if close is None:
        raise QueryError("The group of SERVICE is not closed.", place=place)
    within = read[brace + 1 : close]
    if any("SERVICE" in token.keyword for token in within):
        raise QueryError("A SERVICE inside a SERVICE is not supported: name both beside each other.", place=place)
    return ServiceClause(
        read[at].start,
        read[close].end,
        _address(read[named], declared_prefixes(read), text),
        is_silent,
        text[read[brace].end : read[close].start],
        _before(text, read, at),
        frozenset(token.text[1:] for token in within if token.kind == "variable"),
    )


def declared_prefixes(read: list[Token]) -> dict[str, str]:
    """The prefixes of a query, and behind them those that are known without being declared."""
    own = {
        name.text.removesuffix(":"): iri.text[1:-1]
        for word, name, iri in zip(read, read[1:], read[2:], strict=False)
        if word.is_word("PREFIX") and name.kind == "name" and iri.kind == "iri"
    }
    return PREFIXES | own


def find_prologue(text: str) -> str:
    """The PREFIX and BASE lines of a query."""
    form = next((token for token in tokenise(text) if token.is_word(*FORMS)), None)
    return text[: form.start] if form is not None else ""


def used_prologue(text: str, prologue: str) -> str:
    """What a part of a query needs of its prologue, and of the prefixes that are known without being declared."""
    read = list(tokenise(prologue))
    prefixes = declared_prefixes(read)
    used = {token.text.partition(":")[0] for token in tokenise(text) if token.kind == "name"}
    bases = [f"BASE {iri.text}\n" for word, iri in pairwise(read) if word.is_word("BASE") and iri.kind == "iri"]
    lines = (f"PREFIX {prefix}: <{prefixes[prefix]}>\n" for prefix in sorted(used & prefixes.keys()))
    return "".join((*bases, *lines))


def _address(token: Token, prefixes: Mapping[str, str], text: str) -> str:
    prefix, colon, local = token.text.partition(":")
    if token.kind == "iri":
        return token.text[1:-1]
    if token.kind == "name" and colon and prefix in prefixes:
        return prefixes[prefix] + local
    raise QueryError("SERVICE wants the address of an endpoint.", place=place_at(text, token.start))


def _before(text: str, read: list[Token], at: int) -> tuple[str, ...]:
    """What stands before a clause in its group, and in those around it that are joined with it, outermost first."""
    stack: list[int] = []
    for number, token in enumerate(read[:at]):
        if token.kind == "sign" and token.text == "{":
            stack.append(number)
        elif token.kind == "sign" and token.text == "}" and stack:
            stack.pop()
    if any(read[opened - 2].is_word("GRAPH") for opened in stack if opened >= 2):
        return ()  # What stands before it is told of another graph than is asked here.
    pieces: list[str] = []
    for depth in range(len(stack) - 1, -1, -1):
        opened, inner = stack[depth], (*stack, at)[depth + 1]
        cut = inner - (inner != at and read[inner - 1].is_word("OPTIONAL"))
        pieces.append(_before_filters(text, read[opened + 1 : cut], read[opened].end, read[cut].start))
        if not depth or read[stack[depth - 1] + 1].is_word("SELECT") or not _joins(read, opened):
            break
    return tuple(reversed(pieces))


def _joins(read: list[Token], opened: int) -> bool:
    """True for a group that is joined with what stands before it: plain, or OPTIONAL."""
    close = _closing(read, opened)
    is_first_branch = close is not None and close + 1 < len(read) and read[close + 1].is_word("UNION")
    return not is_first_branch and not read[opened - 1].is_word(*_APART)


def _before_filters(text: str, read: list[Token], start: int, end: int) -> str:
    """A part of a group, whose own FILTERs hold only where all that they speak of is bound already.

    What is not bound yet may come from outside. Those of groups within it belong there and stay.
    """
    pieces, number, depth = [], 0, 0
    while number < len(read):
        token = read[number]
        depth += {"{": 1, "}": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if token.is_word("FILTER") and not depth:
            opened = next((at for at in range(number, len(read)) if read[at].text in ("(", "{")), number)
            close = _closing(read, opened) if opened > number else None
            last = len(read) - 1 if close is None else close
            pieces += [text[start : token.start], _where_bound(text, read[number + 1 : last + 1])]
            start, number = (end if close is None else read[close].end), last
        number += 1
    return "".join((*pieces, text[start:end]))


def _where_bound(text: str, condition: list[Token]) -> str:
    """A FILTER that lets through what it cannot judge yet; none in place of one that looks into the graph."""
    names = sorted({token.text for token in condition if token.kind == "variable"})
    if not names or any("EXISTS" in token.keyword for token in condition):
        return ""
    bound = " && ".join(f"BOUND({name})" for name in names)
    return f"FILTER(!({bound}) || ({text[condition[0].start : condition[-1].end]}))"


def _closing(read: list[Token], opened: int) -> int | None:
    """Where the bracket that opens here is closed."""
    pair = {"{": "}", "(": ")"}[read[opened].text]
    depth = 0
    for number in range(opened, len(read)):
        if read[number].kind == "sign" and read[number].text == read[opened].text:
            depth += 1
        elif read[number].kind == "sign" and read[number].text == pair:
            depth -= 1
            if not depth:
                return number
    return None
