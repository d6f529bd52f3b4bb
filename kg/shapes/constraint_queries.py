"""Queries of SHACL-SPARQL constraints that only join: what they read, and whether they have a solution.

Such a query consists of triple patterns, filters without `$this` and subqueries that select `$this`. With `$this` not
bound it has every solution that it has for a focus node, so that where it has none nothing is violated. Oxigraph finds
that out in a few milliseconds; pyshacl is needed for all other queries, and to make findings of solutions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import Quad, Store, Triple

from kg.terms import RDF
from kg.text.sparql_tokens import Token, tokenise

_THIS = "this"
_BOUND_BEFORE = frozenset({"PATH", "shapesGraph", "currentShape"})
"""Other variables that SHACL binds: https://www.w3.org/TR/shacl/#sparql-constraints-prebound."""
Patterns = list[tuple[str, tuple[str, ...]]]
"""The predicates of a query, each with its object where that is an IRI."""


@dataclass(frozen=True, slots=True)
class JoinQuery:
    """A query that only joins, with the predicates of its patterns."""

    text: str
    prefixes: Mapping[str, str]
    patterns: Patterns

    @classmethod
    def of(cls, text: str, prefixes: Mapping[str, str]) -> JoinQuery | None:
        """The query of a constraint; None where it does more than join."""
        reader = _JoinQueryReader(list(tokenise(text)), prefixes)
        try:
            reader.read_select()
        except _OtherQueryError:
            return None
        return cls(text, prefixes, reader.patterns) if reader.is_at_end else None

    def has_solutions(self, store: Store) -> bool:
        """True when there is a solution for any focus node; raises `SyntaxError` for what is no query."""
        return next(iter(store.query(self.text, prefixes=dict(self.prefixes))), None) is not None  # type: ignore[arg-type]


def to_store(triples: Iterable[Triple]) -> Store | None:
    """A store of these triples; None where some of them are one triple in Oxigraph, which has 01 and 1 as one term."""
    quads = {Quad(triple.subject, triple.predicate, triple.object) for triple in triples}
    store = Store()
    store.bulk_extend(quads)
    return store if len(store) == len(quads) else None


class _OtherQueryError(Exception):
    """The query has something else than patterns, filters and subqueries."""


@dataclass(slots=True)
class _JoinQueryReader:
    """Reads a query token by token."""

    tokens: Sequence[Token]
    prefixes: Mapping[str, str]
    patterns: Patterns = field(default_factory=list)
    _position: int = 0

    @property
    def is_at_end(self) -> bool:
        """True when all tokens have been read."""
        return self._position == len(self.tokens)

    def read_select(self) -> None:
        """Read SELECT, what it selects, its pattern and GROUP BY."""
        self._expect_word("SELECT")
        self._skip_word("DISTINCT")
        selected = self._read_selected()
        self._skip_word("WHERE")
        if _THIS not in selected:
            raise _OtherQueryError
        self._read_group()
        if self._skip_word("GROUP"):
            self._expect_word("BY")
            groups = set()
            while not self.is_at_end and self._next.kind == "variable":
                groups.add(self._take().text[1:])
            if _THIS not in groups:
                raise _OtherQueryError

    def _read_selected(self) -> set[str]:
        """The variables between SELECT and the pattern that are selected as they are."""
        variables = set()
        while not self._next.is_word("WHERE") and self._next.text != "{":
            if self._next.kind == "variable":
                variables.add(self._take().text[1:])
            else:
                self._skip_brackets(may_have_this=True)
        return variables

    def _read_group(self) -> None:
        self._expect_sign("{")
        if self._next.is_word("SELECT"):
            self.read_select()
        while self._next.text != "}":
            if self._skip_word("FILTER"):
                self._skip_brackets(may_have_this=False)
            elif self._next.text == "{":
                self._read_group()
            elif self._next.text == ".":
                self._take()
            else:
                self._read_triples()
        self._take()

    def _read_triples(self) -> None:
        """One subject with its predicates and objects."""
        self._read_term()
        while True:
            predicate = self._read_predicate()
            while True:
                value = self._read_term()
                self.patterns.append((predicate, (value,) if value.startswith("<") else ()))
                if not self._skip_sign(","):
                    break
            if not self._skip_sign(";"):
                return

    def _read_predicate(self) -> str:
        token = self._take()
        if token.kind == "word" and token.text == "a":
            return f"<{RDF}type>"
        if token.kind not in ("iri", "name"):
            raise _OtherQueryError
        return self._iri(token)

    def _read_term(self) -> str:
        """The IRI in angle brackets, or the text of another term."""
        token = self._take()
        match token.kind:
            case "variable" if token.text[1:] not in _BOUND_BEFORE:
                return token.text
            case "iri":
                return self._iri(token)
            case "name" if not token.text.startswith("_:"):
                return self._iri(token)
            case "number":
                return token.text
            case "string":
                if not self.is_at_end and self._next.kind == "language":
                    self._take()
                elif self._skip_sign("^^"):
                    self._iri(self._take())
                return token.text
        raise _OtherQueryError

    def _iri(self, token: Token) -> str:
        if token.kind == "iri" and ":" in token.text:
            return token.text
        prefix, colon, local = token.text.partition(":")
        if token.kind != "name" or not colon or prefix not in self.prefixes or "\\" in local:
            raise _OtherQueryError
        return f"<{self.prefixes[prefix]}{local}>"

    def _skip_brackets(self, *, may_have_this: bool) -> None:
        """Skip an expression in brackets, which has no pattern in it."""
        self._expect_sign("(")
        depth = 1
        while depth:
            token = self._take()
            name = token.text[1:] if token.kind == "variable" else ""
            if token.text == "{" or name in _BOUND_BEFORE or (name == _THIS and not may_have_this):
                raise _OtherQueryError
            depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0

    @property
    def _next(self) -> Token:
        if self.is_at_end:
            raise _OtherQueryError
        return self.tokens[self._position]

    def _take(self) -> Token:
        token = self._next
        self._position += 1
        return token

    def _skip_word(self, word: str) -> bool:
        return self._skip(not self.is_at_end and self._next.is_word(word))

    def _skip_sign(self, text: str) -> bool:
        return self._skip(not self.is_at_end and self._next.kind == "sign" and self._next.text == text)

    def _skip(self, is_there: bool) -> bool:
        self._position += is_there
        return is_there

    def _expect_word(self, word: str) -> None:
        if not self._skip_word(word):
            raise _OtherQueryError

    def _expect_sign(self, text: str) -> None:
        if not self._skip_sign(text):
            raise _OtherQueryError
