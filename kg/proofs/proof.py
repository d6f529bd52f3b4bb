"""Proofs: trees of inference steps down to asserted facts and axioms, and the document that a checker reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kg.facts.model import Evidence
from kg.reasoning.rules import GroundRule, Rule
from kg.terms import Spo

SourceSpan = tuple[str, int | str | None, int | None]
"""Where a source states a fact: the source, then start and end of the passage, or the record and None."""


def span_of(evidence: Evidence) -> SourceSpan:
    """Evidence as a proof document cites it."""
    if evidence.has_span:
        return (evidence.source, evidence.start, evidence.end)
    return (evidence.source, evidence.record or None, None)


@dataclass(frozen=True, slots=True)
class Proof:
    """Why `triple` holds: a `rule` gives it from premises that are proved in turn, or it is asserted.

    An asserted triple is an axiom of the ontology, or a fact that sources state at `spans`.
    """

    triple: Spo
    rule: Rule | None = None
    premises: tuple[Proof, ...] = ()
    is_axiom: bool = False
    spans: tuple[SourceSpan, ...] = ()

    @property
    def height(self) -> int:
        """How many steps are on the longest path down; 0 for an asserted triple."""
        return 0 if self.rule is None else 1 + max((premise.height for premise in self.premises), default=0)

    def __iter__(self) -> Iterator[Proof]:
        """This proof and every proof below it, from the top."""
        yield self
        for premise in self.premises:
            yield from premise

    def leaves(self) -> Iterator[Proof]:
        """The asserted facts and axioms that the proof depends on."""
        return (proof for proof in self if proof.rule is None)


@dataclass(frozen=True, slots=True)
class Proofs:
    """Proofs of one triple, shortest first; `complete` is False when the search stopped at a limit."""

    proofs: tuple[Proof, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class UnmetRule:
    """A rule that would give a triple, the premises that hold, and the patterns that nothing matches."""

    rule: GroundRule
    present: tuple[Spo, ...]
    missing: tuple[Spo, ...]


def proof_document(proof: Proof) -> dict[str, Any]:
    """The proof as JSON values (docs/inference.md): numbered steps, each triple once, premises before conclusions."""
    numbers: dict[Spo, int] = {}
    steps: list[dict[str, Any]] = []

    def add(node: Proof) -> int:
        if node.triple not in numbers:
            reason = _reason(node, [add(premise) for premise in node.premises])
            numbers[node.triple] = len(steps)
            steps.append({"triple": list(node.triple), **reason})
        return numbers[node.triple]

    add(proof)
    return {"conclusion": list(proof.triple), "steps": steps}


def _reason(node: Proof, premises: list[int]) -> dict[str, Any]:
    if node.rule is not None:
        link = {"specification": node.rule.link} if node.rule.link else {}
        return {"rule": node.rule.name, "premises": premises, **link}
    if node.is_axiom:
        return {"kind": "axiom"}
    return {"kind": "fact", "spans": sorted(map(list, node.spans), key=str)}
