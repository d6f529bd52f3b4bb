"""A triple walks in; the steps that give it walk out, found by matching the grounded rules backwards.

Nothing is recorded while inferring: the closed graph holds every premise that a step can have, so the steps are found
again when somebody asks. A proof is looked for by height - first of one step, then of two - so the first one found is a
shortest one, and none can go in a circle: what lies below a triple in it is always lower.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, Store

from kg.graph.store import find_quads
from kg.proofs.proof import Gap, Proof, Proofs
from kg.reasoning.grounding import ground
from kg.reasoning.ontology import Ontology
from kg.reasoning.rules import BY_NAME, RULES, SAME, SCHEMA, TYPE, Derivation, GroundRule, Rule, is_variable
from kg.reasoning.tautologies import is_trivial
from kg.terms import KNOWLEDGE, Spo, to_spo, to_term
from kg.xsd import SUPPORTED, is_in_datatype

Binding = dict[str, str]
_SCHEMA_HEADS: dict[str, list[tuple[Rule, Spo]]] = defaultdict(list)
for _rule in RULES:
    for _head in _rule.head if _rule.table == SCHEMA else ():
        _SCHEMA_HEADS[_head[1]].append((_rule, _head))
MOST_STEPS = 500
"""So many steps are looked at for one triple."""
MOST_MATCHES = 4 * MOST_STEPS
"""So many triples are tried for one premise."""
_HIGHEST = 40


class ClosedGraph(Protocol):
    """A closed graph that can be asked; None stands for anything."""

    def matching(self, s: str | None, p: str | None, o: str | None) -> Iterable[Spo]:
        """The triples of this form, terms in exact N-Triples form."""


class StoreGraph:
    """The default graph of an Oxigraph store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def matching(self, s: str | None, p: str | None, o: str | None) -> Iterator[Spo]:
        """The triples of this form, in the store's order."""
        subject, predicate = _term(s), _term(p)
        if isinstance(subject, Literal) or isinstance(predicate, Literal | BlankNode):
            return
        for quad in find_quads(self.store, subject, predicate, _term(o), KNOWLEDGE, limit=MOST_MATCHES):
            yield to_spo(quad)


class MemoryGraph:
    """Triples in memory."""

    def __init__(self, triples: Iterable[Spo]) -> None:
        self._all: dict[Spo, None] = dict.fromkeys(triples)
        self._by: dict[tuple[str | None, str | None, str | None], list[Spo]] = defaultdict(list)
        for triple in self._all:
            s, p, o = triple
            for key in ((s, p, None), (None, p, o), (s, None, None), (None, p, None), (None, None, o)):
                self._by[key].append(triple)

    def matching(self, s: str | None, p: str | None, o: str | None) -> Iterable[Spo]:
        """The triples of this form, in the order in which they came."""
        if s is not None and p is not None and o is not None:
            return [(s, p, o)] if (s, p, o) in self._all else []
        if s is not None and o is not None:
            return [t for t in self._by.get((s, None, None), []) if t[2] == o]
        if s is None and p is None and o is None:
            return list(self._all)
        return self._by.get((s, p, o), [])


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps that give a triple, and whether these are all."""

    steps: tuple[Derivation, ...]
    complete: bool


class ProofSearch:
    """Explains the triples of a closed graph, which rests on what `was_said` and on the axioms of an ontology."""

    def __init__(
        self,
        facts: ClosedGraph,
        ontology: Ontology,
        *,
        is_asserted: Callable[[Spo], bool],
        is_axiom: Callable[[Spo], bool] | None = None,
        rules: Iterable[GroundRule] | None = None,
    ) -> None:
        self.facts, self.ontology, self.was_said = facts, ontology, is_asserted
        self.is_axiom = is_axiom if is_axiom is not None else ontology.told.__contains__
        self._by_head: dict[tuple[str, str], list[GroundRule]] = defaultdict(list)
        for rule in rules if rules is not None else ground(ontology):
            for _, p, o in rule.head:
                self._by_head[_kind(p, o)].append(rule)
        self._found: dict[Spo, _Steps] = {}
        self._proven: dict[Spo, Proof] = {}
        self._failed: dict[Spo, int] = {}

    def derivations(self, triple: Spo) -> tuple[Derivation, ...]:
        """The steps that give the triple from others of the graph, those with the least left to prove first."""
        return self._steps(triple).steps

    def proof(self, triple: Spo) -> Proof | None:
        """A shortest proof of the triple; None when there is none."""
        for height in range(_HIGHEST + 1):
            self._cut = False
            proof = self._prove(triple, height)
            if proof is not None or not self._cut:
                return proof
        return None

    def proofs(self, triple: Spo, *, limit: int = 20) -> Proofs:
        """Every way in which a last step gives the triple, with a shortest proof for each premise; at most `limit`.

        What was said comes first, as the proof without a step.
        """
        found: list[Proof] = []
        if self.was_said(triple) or self.is_axiom(triple):
            found.append(self._leaf(triple))
        steps = self._steps(triple)
        complete = steps.complete
        for step in steps.steps:
            if len(found) > limit:
                complete = False
                break
            premises = [self.proof(premise) for premise in step.premises]
            proven = tuple(premise for premise in premises if premise is not None)
            if len(proven) == len(premises) and not any(one.triple == triple for p in proven for one in p):
                found.append(Proof(triple, step, proven))
        found.sort(key=lambda proof: proof.height)
        return Proofs(tuple(found[:limit]), complete and len(found) <= limit)

    def gaps(self, triple: Spo, *, limit: int = 20) -> tuple[Gap, ...]:
        """For a triple that does not hold: the rules that could give it, and what each lacks; the least first."""
        gaps = [
            self._gap(rule, binding)
            for rule in self._by_head[_kind(triple[1], triple[2])] + self._by_head[_kind(triple[1], "?")]
            if (binding := _unify(rule.head[0], triple, {})) is not None
        ]
        return tuple(sorted(gaps, key=lambda gap: (len(gap.missing), len(gap.present), gap.rule.body))[:limit])

    def _prove(self, triple: Spo, height: int) -> Proof | None:
        known = self._proven.get(triple)
        if known is not None:
            self._cut |= known.height > height
            return known if known.height <= height else None
        if self._failed.get(triple, -1) >= height:
            self._cut = True
            return None
        if self.was_said(triple) or self.is_axiom(triple):
            return self._proven.setdefault(triple, self._leaf(triple))
        if height == 0:
            self._cut = True
            return None
        for step in self._steps(triple).steps:
            premises: list[Proof] = []
            for premise in step.premises:
                proof = self._prove(premise, height - 1)
                if proof is None:
                    break
                premises.append(proof)
            else:
                return self._proven.setdefault(triple, Proof(triple, step, tuple(premises)))
        self._failed[triple] = height
        return None

    def _leaf(self, triple: Spo) -> Proof:
        return Proof(triple, is_axiom=not self.was_said(triple))

    def _steps(self, triple: Spo) -> _Steps:
        if triple not in self._found:
            steps = list(islice(dict.fromkeys(self._all_steps(triple)), MOST_STEPS + 1))
            complete = len(steps) <= MOST_STEPS
            steps = sorted(steps[:MOST_STEPS], key=self._cost)
            self._found[triple] = _Steps(tuple(steps), complete)
        return self._found[triple]

    def _cost(self, step: Derivation) -> tuple[int, int, str, tuple[Spo, ...]]:
        open_premises = sum(not (self.was_said(p) or self.is_axiom(p)) for p in step.premises)
        return (open_premises, len(step.premises), step.rule.name, step.premises)

    def _all_steps(self, triple: Spo) -> Iterator[Derivation]:
        s, p, o = triple
        if triple in self.ontology:
            yield from self._schema_steps(triple)
        for rule in [*self._by_head[_kind(p, o)], *(self._by_head[_kind(p, "?")] if p == TYPE else ())]:
            binding = _unify(rule.head[0], triple, {})
            if binding is not None:
                for found in self._matches(rule.body, binding):
                    facts = tuple(_fill(pattern, found) for pattern in rule.body)
                    if triple not in facts:
                        yield Derivation(rule.rule, (*facts, *rule.axioms), triple)
        if p == TYPE and o in SUPPORTED and s.startswith('"') and is_in_datatype(o, s):
            yield Derivation(BY_NAME["dt-type2"], (), triple)
        yield from self._equal_steps(triple)

    def _schema_steps(self, triple: Spo) -> Iterator[Derivation]:
        """The steps of the rules about classes and properties."""
        if triple in self.ontology.derivations:
            yield self.ontology.derivations[triple]
        for rule, head in _SCHEMA_HEADS.get(triple[1], ()):
            binding = _unify(head, triple, {})
            if binding is not None:
                for match in self.ontology.matches(rule.body, binding):
                    premises = tuple(match.fill(part) for part in rule.body if isinstance(part, tuple))
                    if triple not in premises:
                        yield Derivation(rule, premises, triple)

    def _equal_steps(self, triple: Spo) -> Iterator[Derivation]:
        """The steps of the rules of equality, which are never grounded."""
        s, p, o = triple
        if p == SAME:
            if s == o:
                yield Derivation(BY_NAME["eq-ref"], (), triple)
                return
            if self._holds((o, SAME, s)):
                yield Derivation(BY_NAME["eq-sym"], ((o, SAME, s),), triple)
            for _, _, middle in list(self.facts.matching(s, SAME, None)):
                if middle not in (s, o) and self._holds((middle, SAME, o)):
                    yield Derivation(BY_NAME["eq-trans"], ((s, SAME, middle), (middle, SAME, o)), triple)
        for rule, term, other in (
            ("eq-rep-s", s, lambda name: (name, p, o)),
            ("eq-rep-p", p, lambda name: (s, name, o)),
            ("eq-rep-o", o, lambda name: (s, p, name)),
        ):
            for name, _, _ in list(self.facts.matching(None, SAME, term)):
                premise = other(name)
                if name != term and (self._holds(premise) or self.is_axiom(premise) or is_trivial(premise)):
                    yield Derivation(BY_NAME[rule], ((name, SAME, term), premise), triple)

    def _holds(self, triple: Spo) -> bool:
        return any(True for _ in self.facts.matching(*triple))

    def _matches(self, patterns: tuple[Spo, ...], binding: Binding) -> Iterator[Binding]:
        """Every way in which the patterns hold in the graph, the most bound pattern first."""
        if not patterns:
            yield binding
            return
        best = min(range(len(patterns)), key=lambda i: sum(is_variable(t) for t in _fill(patterns[i], binding)))
        pattern = patterns[best]
        rest = patterns[:best] + patterns[best + 1 :]
        for triple in self._candidates(_fill(pattern, binding)):
            extended = _unify(pattern, triple, binding)
            if extended is not None:
                yield from self._matches(rest, extended)

    def _candidates(self, pattern: Spo) -> Iterable[Spo]:
        if not any(is_variable(term) for term in pattern):
            # What a graph leaves out - that something is a thing, what a literal is - may hold all the same.
            unsaid = pattern[0].startswith('"') or is_trivial(pattern) or pattern in self.ontology
            return [pattern] if unsaid or self._holds(pattern) else []
        s, p, o = (None if is_variable(term) else term for term in pattern)
        return list(islice(self.facts.matching(s, p, o), MOST_MATCHES))

    def _gap(self, rule: GroundRule, binding: Binding) -> Gap:
        """The longest run of premises that hold together."""
        best: tuple[Binding, tuple[Spo, ...]] = (binding, ())
        for number in range(len(rule.body), 0, -1):
            tries = [rule.body[:number], rule.body[-number:]]
            hit = next(((found, part) for part in tries for found in self._matches(part, binding)), None)
            if hit is not None:
                best = hit
                break
        found, part = best
        missing = tuple(_fill(pattern, found) for pattern in rule.body if pattern not in part)
        return Gap(rule, tuple(_fill(pattern, found) for pattern in part), missing)


def _kind(p: str, o: str) -> tuple[str, str]:
    return (p, "?" if is_variable(o) else o) if p == TYPE else (p, "")


def _fill(pattern: Spo, binding: Binding) -> Spo:
    s, p, o = pattern
    return (binding.get(s, s), binding.get(p, p), binding.get(o, o))


def _unify(pattern: Spo, triple: Spo, binding: Binding) -> Binding | None:
    extended = dict(binding)
    for part, term in zip(pattern, triple, strict=True):
        if is_variable(part):
            if extended.setdefault(part, term) != term:
                return None
        elif part != term:
            return None
    return extended


@lru_cache(maxsize=100_000)
def _term(text: str | None) -> NamedNode | BlankNode | Literal | None:
    return None if text is None else to_term(text)
