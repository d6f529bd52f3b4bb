"""Rules and patterns in words: `director(x, y) gives contributor(x, y)`."""

from __future__ import annotations

from collections.abc import Callable

from kg.reasoning.rules import TYPE, GroundRule, is_variable
from kg.terms import Spo, to_short, to_term

NameOf = Callable[[str], str]
"""From a term's exact form to what people call it."""


def short_name(text: str) -> str:
    """What people call a term, and variables by their letter.

    >>> to_name("<https://w3id.org/filmgraph/film/director>")
    'director'
    """
    return text[1:] if is_variable(text) else to_short(to_term(text)).removeprefix("film:")


def pattern_in_words(pattern: Spo, *, name: NameOf = short_name) -> str:
    """A triple or pattern as people write it: `director(x, y)`, `Film(x)`."""
    s, p, o = pattern
    if p == TYPE and not is_variable(o):
        return f"{name(o)}({name(s)})"
    return f"{name(p)}({name(s)}, {name(o)})"


def rule_in_words(rule: GroundRule, *, name: NameOf = short_name) -> str:
    """A grounded rule in words.

    >>> from kg.reasoning.rules import BY_NAME
    >>> director, contributor = (f"<https://w3id.org/filmgraph/film/{p}>" for p in ("director", "contributor"))
    >>> rule = GroundRule(BY_NAME["prp-spo1"], (), (("?x", director, "?y"),), (("?x", contributor, "?y"),))
    >>> rule_in_words(rule)
    'director(x, y) gives contributor(x, y)'
    """
    body = " and ".join(pattern_in_words(pattern, name=name) for pattern in rule.body)
    if rule.forbids:
        return f"{body} contradict{'s itself' if len(rule.body) == 1 else ' each other'}"
    head = " and ".join(pattern_in_words(pattern, name=name) for pattern in rule.head)
    return f"{body} gives {head}" if body else head
