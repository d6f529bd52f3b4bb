"""Why a query does not parse: the place, and what to write there.

Oxigraph's parser says what it expected where it gave up, which may be far behind the mistake. The frequent mistakes are
looked for first, in the order of `_CHECKS`, among the tokens of the query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from kg.errors import QueryError
from kg.queries.sparql import FORMS, MAX_DEPTH, place_at, query_form
from kg.reports import Place
from kg.terms import PREFIXES
from kg.text.folding import closest
from kg.text.sparql_tokens import Token, tokenise

_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
_AGGREGATES = ("COUNT", "SUM", "AVG", "MIN", "MAX", "SAMPLE", "GROUP_CONCAT")
_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = {closing: opening for opening, closing in _OPENING.items()}
_FEW_CHARACTERS = 20_000
"""In a query of more, only the first of the checks are made, which take the least time."""
_TERMS = ("variable", "iri", "name", "string", "number", "language")


class Mistake(NamedTuple):
    """The token at fault, and what is wrong with it."""

    token: Token
    message: str


def to_query_error(text: str, error: SyntaxError, *, file: str = "") -> QueryError:
    """The engine's syntax error as a `QueryError`: with a frequent mistake, or with what the engine expected."""
    tokens = list(tokenise(text))
    form = query_form(tokens)
    if form not in FORMS:
        return _wrong_form(text, form, tokens, file=file)
    for find in _CHECKS if len(text) <= _FEW_CHARACTERS else _CHECKS[:_QUICK]:
        for mistake in find(tokens):
            return QueryError(mistake.message, place=place_at(text, mistake.token.start, file=file))
    return _expected(text, str(error), file=file)


def _expected(text: str, error: str, *, file: str) -> QueryError:
    match = re.search(r"error at (\d+):(\d+)(?:-\d+:\d+)?: (.*)", error, re.DOTALL)
    if match is None:
        return QueryError(f"The query does not parse: {error}")
    line, column = int(match[1]), int(match[2])
    place = Place(file or "query", line, column)
    rest = "\n".join(text.split("\n")[line - 1 :])[column - 1 :].split("\n")[0].strip()
    message = f"The query does not parse at `{rest[:40]}`" if rest else "The query does not parse at its end"
    reason = match[3].removeprefix("expected one of ").removeprefix("expected ").replace("[_]", "").strip(", ")
    if " " in reason and "," not in reason:
        return QueryError(f"{message}: {reason}", place=place)
    return QueryError(message, place=place, expected=reason if len(reason) < 200 else "")


def _wrong_form(text: str, form: str, tokens: Sequence[Token], *, file: str) -> QueryError:
    token = next((token for token in tokens if token.is_word(form)), None)
    place = place_at(text, token.start, file=file) if token is not None else None
    if form in _UPDATES:
        return QueryError(f"{form} is not supported: the graph is built from its files and is read-only.", place=place)
    message = f"A query begins with {', '.join(FORMS)}, not with {form or 'nothing'}."
    return QueryError(message, place=place, suggestions=closest(form, list(FORMS)) if form else ())


# --- the parts of a query


class _Select(NamedTuple):
    """A SELECT: what it selects, the group after it, and what follows up to the end of its query."""

    word: Token
    projection: Sequence[Token]
    group: Sequence[Token]
    rest: Sequence[Token]


def _selects(tokens: Sequence[Token]) -> Iterator[_Select]:
    starts = (start for start, token in enumerate(tokens) if token.is_word("SELECT"))
    for start in islice(starts, MAX_DEPTH):
        ends = (i for i in range(start + 1, len(tokens)) if tokens[i].text == "{" or tokens[i].is_word("WHERE", "FROM"))
        end = next(ends, len(tokens))
        opening = next((i for i in range(end, len(tokens)) if tokens[i].text == "{"), len(tokens))
        closing = _closing(tokens, opening)
        last = next((i for i in range(closing + 1, len(tokens)) if tokens[i].text == "}"), len(tokens))
        yield _Select(tokens[start], tokens[start + 1 : end], tokens[opening:closing], tokens[closing + 1 : last])


def _closing(tokens: Sequence[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        depth += (tokens[index].text == "{") - (tokens[index].text == "}")
        if not depth:
            return index
    return len(tokens)


def _outside_brackets(tokens: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """The tokens that no round brackets contain, and the opening ones, each with its index."""
    depth = 0
    for index, token in enumerate(tokens):
        depth -= token.text == ")"
        if not depth:
            yield index, token
        depth += token.text == "("


def _in_brackets(tokens: Sequence[Token], opening: int) -> Sequence[Token]:
    depth = 0
    for index in range(opening, len(tokens)):
        depth += (tokens[index].text == "(") - (tokens[index].text == ")")
        if not depth:
            return tokens[opening + 1 : index]
    return tokens[opening + 1 :]


def _following(tokens: Sequence[Token], *words: str) -> Iterator[tuple[Token, Token | None]]:
    """Each of these words, with the token after it."""
    for index, token in enumerate(tokens):
        if token.is_word(*words):
            yield token, tokens[index + 1] if index + 1 < len(tokens) else None


# --- frequent mistakes


def _unclosed_text(tokens: Sequence[Token]) -> Iterator[Mistake]:
    yield from (Mistake(token, "This text is not closed.") for token in tokens if token.kind == "unclosed")


def _undeclared_prefix(tokens: Sequence[Token]) -> Iterator[Mistake]:
    declared = {name.text.rstrip(":") for word, name in pairwise(tokens) if word.is_word("PREFIX")}
    known = declared | PREFIXES.keys() | {"_"}
    for index, token in enumerate(tokens):
        prefix, _, local = token.text.partition(":")
        if token.kind == "name" and prefix not in known:
            is_address = not local and [each.text for each in tokens[index + 1 : index + 3]] == ["/", "/"]
            fault = "An IRI needs angle brackets: <{}://...>." if is_address else "The prefix {}: is not declared."
            yield Mistake(token, fault.format(prefix))


def _missing_group(tokens: Sequence[Token]) -> Iterator[Mistake]:
    for word, after in _following(tokens, "WHERE"):
        if after is not None and after.text != "{":
            yield Mistake(word, "WHERE needs a group after it: WHERE { ... }.")


def _unpaired_bracket(tokens: Sequence[Token]) -> Iterator[Mistake]:
    """The first bracket that closes none, or the innermost that another kind closes or that nothing does."""
    opened: list[Token] = []
    for token in tokens:
        if token.kind != "sign":
            continue
        if token.text in _OPENING:
            opened.append(token)
        elif token.text in _CLOSING:
            if not opened:
                yield Mistake(token, f"The query does not parse: this {token.text} closes nothing.")
                return
            if opened[-1].text != _CLOSING[token.text]:
                break
            opened.pop()
    if opened:
        yield Mistake(opened[-1], f"The query does not parse: this {opened[-1].text} is not closed.")


def _wrong_arguments(tokens: Sequence[Token]) -> Iterator[Mistake]:
    """A function of SPARQL that has more arguments, or fewer, than it takes."""
    for index, (word, after) in enumerate(pairwise(tokens)):
        least, most = _ARGUMENTS.get(word.text.upper(), (0, 0)) if word.kind == "word" else (0, 0)
        if not most or after.text != "(":
            continue
        inside = _in_brackets(tokens, index + 1)
        commas = [token for _, token in _outside_brackets(inside) if token.text == ","]
        count = len(commas) + 1 if inside else 0
        if not least <= count <= most:
            takes = str(least) if least == most else f"{least} to {most}"
            place = commas[most - 1] if count > most else word
            fault = f"{word.text.upper()} takes {takes} {'argument' if most == 1 else 'arguments'}, and has {count}."
            yield Mistake(place, fault)


_FUNCTIONS = {
    (1, 1): "STR LANG DATATYPE BOUND IRI URI ABS CEIL FLOOR ROUND STRLEN UCASE LCASE ENCODE_FOR_URI YEAR MONTH DAY"
    " HOURS MINUTES SECONDS TIMEZONE TZ MD5 SHA1 SHA256 SHA384 SHA512 ISIRI ISURI ISBLANK ISLITERAL ISNUMERIC",
    (2, 2): "LANGMATCHES CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER STRLANG STRDT SAMETERM",
    (3, 3): "IF",
    (2, 3): "SUBSTR REGEX",
    (3, 4): "REPLACE",
}
_ARGUMENTS = {name: limits for limits, names in _FUNCTIONS.items() for name in names.split()}
"""Function -> how many arguments it takes, at least and at most."""


def _wrong_projection(tokens: Sequence[Token]) -> Iterator[Mistake]:
    for select in _selects(tokens):
        for index, token in _outside_brackets(select.projection):
            after = select.projection[index + 1] if index + 1 < len(select.projection) else None
            is_call = after is not None and after.text == "("
            if token.text == ",":
                yield Mistake(token, "The variables of SELECT have blanks between them, no commas.")
            elif token.kind == "word" and is_call and not token.is_word("DISTINCT", "REDUCED"):
                yield Mistake(token, f"A call in SELECT needs brackets and a name: ({token.text}(...) AS ?name).")
            elif token.kind == "word" and not token.is_word("DISTINCT", "REDUCED"):
                yield Mistake(token, f"Variables begin with a question mark: ?{token.text}.")
            elif token.text == "(" and not any(t.is_word("AS") for t in _in_brackets(select.projection, index)):
                yield Mistake(token, "An expression in SELECT needs a name: (... AS ?name).")


def _wrong_modifier(tokens: Sequence[Token]) -> Iterator[Mistake]:
    for word, after in _following(tokens, "ORDER", "GROUP"):
        if after is None or not after.is_word("BY"):
            yield Mistake(word, f"Write {word.text.upper()} BY.")
    for word, after in _following(tokens, "LIMIT", "OFFSET"):
        if after is None or not after.text.isdecimal():
            name = word.text.upper()
            yield Mistake(after or word, f"{name} needs a number from 0 on: {name} 10.")
    for select in _selects(tokens):
        for name in ("LIMIT", "OFFSET"):
            places = [token for token in select.rest if token.is_word(name)]
            if len(places) > 1:
                yield Mistake(places[1], f"{name} is there twice.")


def _wrong_filter(tokens: Sequence[Token]) -> Iterator[Mistake]:
    for _, after in _following(tokens, "FILTER"):
        if after is not None and (after.kind in (*_TERMS, "sign") and after.text not in "({" and after.kind != "name"):
            yield Mistake(after, "The condition of FILTER needs brackets: FILTER(?year > 2000).")
    for index, (word, after) in enumerate(pairwise(tokens)):
        if word.is_word("BIND") and after.text == "(":
            inside = _in_brackets(tokens, index + 1)
            if not any(token.is_word("AS") for token in inside):
                yield Mistake(word, "BIND needs a name for its value: BIND(... AS ?name).")


def _incomplete_triple(tokens: Sequence[Token]) -> Iterator[Mistake]:
    """Two terms or one where three belong, or one after a semicolon where two do."""
    pattern: list[Token] = []
    brackets, before = 0, ""
    for token in tokens:
        is_sign = token.kind == "sign"
        brackets += (is_sign and token.text in "([") - (is_sign and token.text in ")]")
        if not brackets and is_sign and token.text in "{}.;":
            terms = [each for each in pattern if each.kind != "language"]
            needed = 2 if before == ";" else 3
            is_plain = all(each.kind in _TERMS or each.text == "a" for each in pattern)
            if before and token.text != "{" and is_plain and 0 < len(terms) < needed:
                yield Mistake(terms[-1], "A triple pattern has three parts: a subject, a property and a value.")
            before, pattern = token.text, []
        else:
            pattern.append(token)


def _ungrouped_variable(tokens: Sequence[Token]) -> Iterator[Mistake]:
    for select in _selects(tokens):
        by = next(
            (i + 1 for i, (a, b) in enumerate(pairwise(select.rest)) if a.is_word("GROUP") and b.is_word("BY")), None
        )
        computed = [*select.projection, *select.rest]
        if by is None and not any(token.is_word(*_AGGREGATES) for token in computed):
            continue
        keys = select.rest[by or len(select.rest) :]
        end = next(
            (i for i, token in enumerate(keys) if token.is_word("HAVING", "ORDER", "LIMIT", "OFFSET")), len(keys)
        )
        grouped = {token.text for token in keys[:end] if token.kind == "variable"}
        for _, token in _outside_brackets(select.projection):
            if token.text == "*":
                yield Mistake(token, "With GROUP BY, SELECT names its variables instead of *.")
            if token.kind == "variable" and token.text not in grouped:
                yield Mistake(
                    token, f"Group by {token.text} as well, or select one value of it: (SAMPLE({token.text}) AS ?name)."
                )


def _assigned_twice(tokens: Sequence[Token]) -> Iterator[Mistake]:
    for select in _selects(tokens):
        known = {token.text for token in select.group if token.kind == "variable"}
        for word, variable in pairwise(select.projection):
            if word.is_word("AS") and variable.text in known:
                yield Mistake(variable, f"{variable.text} has a value in the group: give this one another name.")
    yield from _bound_before(tokens)


def _bound_before(tokens: Sequence[Token]) -> Iterator[Mistake]:
    """The variables of BIND that the group has before."""
    groups: list[set[str]] = [set()]
    for index, token in enumerate(tokens[:-1]):
        if token.text == "{":
            groups.append(set())
        elif token.text == "}" and len(groups) > 1:
            groups[-2].update(groups.pop())
        elif token.kind == "variable":
            groups[-1].add(token.text)
        elif token.is_word("BIND") and tokens[index + 1].text == "(":
            inside = _in_brackets(tokens, index + 1)
            if len(inside) > 1 and inside[-2].is_word("AS") and inside[-1].text in groups[-1]:
                yield Mistake(inside[-1], f"{inside[-1].text} has a value before: BIND needs a new variable.")


_CHECKS: tuple[Callable[[Sequence[Token]], Iterator[Mistake]], ...] = (
    _unclosed_text,
    _undeclared_prefix,
    _missing_group,
    _unpaired_bracket,
    _wrong_arguments,
    _wrong_projection,
    _wrong_modifier,
    _wrong_filter,
    _incomplete_triple,
    _ungrouped_variable,
    _assigned_twice,
)
_QUICK = 4
