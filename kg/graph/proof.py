"""What a triple rests on: a tree of steps, each by one rule, down to what was said and to axioms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kg.graph.rules import TYPE, Derivation, GroundRule, Rule, Spo, is_variable
from kg.terms import to_short, to_term


@dataclass(frozen=True, slots=True)
class Proof:
    """Why `triple` holds: it was said, as a fact or an axiom, or a `step` gives it from premises proven in turn."""

    triple: Spo
    step: Derivation | None = None
    premises: tuple[Proof, ...] = ()
    is_axiom: bool = False

    @property
    def height(self) -> int:
        """How many steps lie above each other; 0 for what was said."""
        return 0 if self.step is None else 1 + max((premise.height for premise in self.premises), default=0)

    def __iter__(self) -> Iterator[Proof]:
        """This and everything below it, from the top."""
        yield self
        for premise in self.premises:
            yield from premise

    def leaves(self) -> Iterator[Proof]:
        """What it all rests on: what was said."""
        return (proof for proof in self if proof.step is None)


@dataclass(frozen=True, slots=True)
class Proofs:
    """Ways to prove one triple, shortest first; `complete` is false when there may be more than were looked for."""

    proofs: tuple[Proof, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A rule that would give a triple, the premises that hold, and the patterns that nothing matches."""

    rule: GroundRule
    present: tuple[Spo, ...]
    missing: tuple[Spo, ...]


Naming = Callable[[str], str]
"""From a term's exact form to what people call it."""


def to_name(text: str) -> str:
    """What people call a term, and variables by their letter.

    >>> to_name("<https://w3id.org/filmgraph/film/director>")
    'director'
    """
    return text[1:] if is_variable(text) else to_short(to_term(text)).removeprefix("film:")


def in_words(pattern: Spo, *, name: Naming = to_name) -> str:
    """A triple or pattern as people write it: `director(x, y)`, `Film(x)`."""
    s, p, o = pattern
    if p == TYPE and not is_variable(o):
        return f"{name(o)}({name(s)})"
    return f"{name(p)}({name(s)}, {name(o)})"


def rule_in_words(rule: GroundRule, *, name: Naming = to_name) -> str:
    """A grounded rule in words.

    >>> from kg.graph.rules import BY_NAME
    >>> director, contributor = (f"<https://w3id.org/filmgraph/film/{p}>" for p in ("director", "contributor"))
    >>> rule = GroundRule(BY_NAME["prp-spo1"], (), (("?x", director, "?y"),), (("?x", contributor, "?y"),))
    >>> rule_in_words(rule)
    'director(x, y) gives contributor(x, y)'
    """
    body = " and ".join(in_words(pattern, name=name) for pattern in rule.body)
    if rule.forbids:
        return f"{body} contradict{'s itself' if len(rule.body) == 1 else ' each other'}"
    head = " and ".join(in_words(pattern, name=name) for pattern in rule.head)
    return f"{body} gives {head}" if body else head


def to_json(proof: Proof) -> dict[str, object]:
    """The proof as plain values, steps before those that rest on them, each triple once: what the checker reads."""
    numbers: dict[Spo, int] = {}
    steps: list[dict[str, object]] = []

    def number(one: Proof) -> int:
        if one.triple in numbers:
            return numbers[one.triple]
        premises = [number(premise) for premise in one.premises]
        numbers[one.triple] = len(steps)
        said = "axiom" if one.is_axiom else "fact"
        reason: dict[str, object] = {"said": said} if one.step is None else _reason(one.step.rule, premises)
        steps.append({"triple": list(one.triple), **reason})
        return numbers[one.triple]

    number(proof)
    return {"conclusion": list(proof.triple), "steps": steps}


def _reason(rule: Rule, premises: list[int]) -> dict[str, object]:
    return {"rule": rule.name, "specification": rule.link, "premises": premises}
