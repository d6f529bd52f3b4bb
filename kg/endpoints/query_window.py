"""The end of a query: its LIMIT and OFFSET replaced, and an order in which its rows can be read in pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg.queries.sparql import FORMS
from kg.text.sparql_tokens import Token, tokenise


@dataclass(frozen=True, slots=True)
class QueryWindow:
    """A SELECT in parts: what is before LIMIT and OFFSET, their numbers, and the VALUES block at the end.

    `is_ordered` says that the first part ends with ORDER BY.
    """

    before: str
    after: str
    limit: int | None
    offset: int
    is_ordered: bool

    def to_text(self, *, limit: int | None = None, offset: int = 0, order: Iterable[str] = ()) -> str:
        """The query with another window of the same rows: `offset` and `limit` count within its own.

        `order` are columns that rows are sorted by after what the query itself sorts by.
        """
        most = limit if self.limit is None else max(0, self.limit - offset)
        most = most if limit is None or most is None else min(most, limit)
        columns = " ".join(f"?{column}" for column in order)
        by = f" {'' if self.is_ordered else 'ORDER BY '}{columns}" if columns else ""
        limited = f" LIMIT {most}" if most is not None else ""
        start = self.offset + offset
        return f"{self.before}{by}{limited}{f' OFFSET {start}' if start else ''} {self.after}".rstrip()


def find_window(text: str) -> QueryWindow | None:
    """The parts of a SELECT; None for another form of query."""
    tokens = list(tokenise(text))
    form = next((token for token in tokens if token.is_word(*FORMS)), None)
    close = _close_of_pattern(tokens)
    if form is None or not form.is_word("SELECT") or close is None:
        return None
    end = next((i for i in range(close + 1, len(tokens)) if tokens[i].is_word("VALUES")), len(tokens))
    numbers, first = {"LIMIT": -1, "OFFSET": 0}, end
    for index in range(close + 1, end - 1):
        if tokens[index].is_word(*numbers) and tokens[index + 1].text.isdecimal():
            numbers[tokens[index].text.upper()] = int(tokens[index + 1].text)
            first = min(first, index)
    last = tokens[first - 1].end
    after = text[tokens[end].start :] if end < len(tokens) else ""
    limit = numbers["LIMIT"]
    is_ordered = any(token.is_word("ORDER") for token in tokens[close:first])
    return QueryWindow(text[:last], after, None if limit < 0 else limit, numbers["OFFSET"], is_ordered)


def _close_of_pattern(tokens: Sequence[Token]) -> int | None:
    """The index of the brace that closes the pattern of a query: the first that no EXISTS of its columns has."""
    depth, is_pattern = 0, False
    for index, token in enumerate(tokens):
        if token.kind != "sign":
            continue
        if token.text == "{":
            is_pattern = is_pattern if depth else not tokens[index - 1].is_word("EXISTS")
            depth += 1
        elif token.text == "}":
            depth -= 1
            if not depth and is_pattern:
                return index
    return None
