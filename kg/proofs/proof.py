"""What a triple rests on: a tree of steps, each by one rule, down to what was said and to axioms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg.reasoning.rules import Derivation, GroundRule, Rule
from kg.terms import Spo


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
