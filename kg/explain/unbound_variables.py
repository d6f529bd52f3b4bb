"""Variables of a query that nothing gives a value, such as the misspelt one of `SELECT ?nam { ?s foaf:name ?name }`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg.reports import did_you_mean
from kg.text.folding import closest
from kg.text.sparql_tokens import Token, tokenise


@dataclass(frozen=True, slots=True)
class UnboundVariable:
    """A variable that no pattern has, and those with a name like it."""

    name: str
    suggestions: tuple[str, ...] = ()

    def __str__(self) -> str:
        advice = did_you_mean([f"?{name}" for name in self.suggestions])
        return f"No pattern of the query has ?{self.name}. {advice}".rstrip()


def find_unbound(text: str) -> tuple[UnboundVariable, ...]:
    """The variables of a query that are in no pattern, nor in VALUES, nor the name of an expression.

    Only tokens are read, so a variable that a subquery alone names counts as one with a value.

    >>> [str(variable) for variable in find_unbound("SELECT ?film ?yeer { ?film film:year ?year }")]
    ['No pattern of the query has ?yeer. Did you mean ?year?']
    """
    tokens = list(tokenise(text))
    bound = set(_bound(tokens))
    named = (token.text[1:] for token in tokens if token.kind == "variable")
    return tuple(UnboundVariable(name, closest(name, bound)) for name in dict.fromkeys(named) if name not in bound)


def _bound(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the variables that have a value: those in groups, but outside of expressions."""
    groups, expressions, in_values = 0, 0, False
    before = Token("sign", "", 0)
    for token in tokens:
        if token.kind == "sign":
            groups += (token.text == "{") - (token.text == "}")
            if token.text == "(":
                is_call = before.kind in ("word", "name", "iri") and not in_values
                expressions += bool(expressions) or (is_call and not _is_property(before))
            elif token.text == ")":
                expressions -= bool(expressions)
            elif token.text == "{" and in_values:
                in_values = False
        elif token.is_word("VALUES"):
            in_values = True
        elif token.kind == "variable" and (
            before.is_word("AS") or in_values or (groups and not expressions and not before.is_word("BY"))
        ):
            yield token.text[1:]
        before = token


def _is_property(token: Token) -> bool:
    """True for a name behind which brackets have a list of values, and not arguments."""
    return token.kind in ("name", "iri") or token.text == "a"
