"""Proof search: the ground rules matched backwards against the closed graph.

The reasoner records nothing: the closed graph has every premise that a step can have, so the steps are found again when
somebody asks. Search is by iterative deepening on height, first proofs of one step, then of two, so that the first
proof found is a shortest one. No proof is circular: what is below a triple in it always has a smaller height.
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
from kg.proofs.proof import Proof, Proofs, UnmetRule
from kg.reasoning.datalog import ground
from kg.reasoning.days import DATE_PROPERTIES, DAY_PROPERTIES, derivation_of_day
from kg.reasoning.ontology import Ontology, is_tautology
from kg.reasoning.rules import (
    BY_NAME,
    RULES,
    SAME,
    SCHEMA,
    TYPE,
    Binding,
    Derivation,
    GroundRule,
    Rule,
    fill,
    is_variable,
    unify,
)
from kg.terms import KNOWLEDGE, Spo, to_spo, to_term
from kg.xsd import SUPPORTED, is_in_datatype

MAX_STEPS = 500
"""How many steps are tried for one triple."""
MAX_MATCHES = 4 * MAX_STEPS
"""How many triples are tried for one premise."""
_MAX_HEIGHT = 40

_SCHEMA_HEADS: dict[str, list[tuple[Rule, Spo]]] = defaultdict(list)
for _rule in RULES:
    for _head in _rule.head if _rule.table == SCHEMA else ():
        _SCHEMA_HEADS[_head[1]].append((_rule, _head))
_DATES, _DAYS = tuple(map(str, DATE_PROPERTIES)), frozenset(map(str, DAY_PROPERTIES))


class ClosedGraph(Protocol):
    """A graph with everything that was inferred from it."""

    def matching(self, s: str | None, p: str | None, o: str | None) -> Iterable[Spo]:
        """The triples of this form, as exact N-Triples forms; None matches any term."""


class StoreGraph:
    """The default graph of an Oxigraph store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def matching(self, s: str | None, p: str | None, o: str | None) -> Iterator[Spo]:
        """The triples of this form, in the order of the store."""
        subject, predicate = _term(s), _term(p)
        if isinstance(subject, Literal) or isinstance(predicate, Literal | BlankNode):
            return
        for quad in find_quads(self.store, subject, predicate, _term(o), KNOWLEDGE, limit=MAX_MATCHES):
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
        """The triples of this form, in the order in which they were added."""
        if s is not None and p is not None and o is not None:
            return [(s, p, o)] if (s, p, o) in self._all else []
        if s is not None and o is not None:
            return [t for t in self._by.get((s, None, None), []) if t[2] == o]
        if s is None and p is None and o is None:
            return list(self._all)
        return self._by.get((s, p, o), [])


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps that give a triple, and whether these are all steps."""

    steps: tuple[Derivation, ...]
    complete: bool


class ProofSearch:
    """Finds proofs of the triples of a closed graph, down to asserted facts and the axioms of an ontology."""

    def __init__(
        self,
        graph: ClosedGraph,
        ontology: Ontology,
        *,
        is_asserted: Callable[[Spo], bool],
        is_axiom: Callable[[Spo], bool] | None = None,
        rules: Iterable[GroundRule] | None = None,
    ) -> None:
        self.graph, self.ontology, self.is_asserted = graph, ontology, is_asserted
        self.is_axiom = is_axiom if is_axiom is not None else ontology.asserted.__contains__
        self._by_head: dict[tuple[str, str], list[GroundRule]] = defaultdict(list)
        for rule in rules if rules is not None else ground(ontology):
            for _, p, o in rule.head:
                self._by_head[_relation(p, o)].append(rule)
        self._steps_of: dict[Spo, _Steps] = {}
        self._proved: dict[Spo, Proof] = {}
        self._failed: dict[Spo, int] = {}

    def proof(self, triple: Spo) -> Proof | None:
        """A shortest proof of the triple, or None."""
        for height in range(_MAX_HEIGHT + 1):
            self._is_cut = False
            proof = self._prove(triple, height)
            if proof is not None or not self._is_cut:
                return proof
        return None

    def proofs(self, triple: Spo, *, limit: int = 20) -> Proofs:
        """A proof for each last step that gives the triple, with shortest proofs of its premises; at most `limit`.

        An asserted triple is the first proof, one without a step.
        """
        proofs: list[Proof] = []
        if self._is_leaf(triple):
            proofs.append(self._leaf(triple))
        steps = self._steps(triple)
        complete = steps.complete
        for step in steps.steps:
            if len(proofs) > limit:
                complete = False
                break
            premises = tuple(proof for premise in step.premises if (proof := self.proof(premise)) is not None)
            is_circular = any(node.triple == triple for premise in premises for node in premise)
            if len(premises) == len(step.premises) and not is_circular:
                proofs.append(Proof(triple, step.rule, premises))
        proofs.sort(key=lambda proof: proof.height)
        return Proofs(tuple(proofs[:limit]), complete and len(proofs) <= limit)

    def unmet_rules(self, triple: Spo, *, limit: int = 20) -> tuple[UnmetRule, ...]:
        """For a triple that does not hold: the rules that could give it, and what each lacks, fewest first."""
        unmet_rules = [
            self._unmet_rule(rule, binding)
            for rule in self._by_head[_relation(triple[1], triple[2])] + self._by_head[_relation(triple[1], "?")]
            if (binding := unify(rule.head[0], triple, {})) is not None
        ]
        return tuple(
            sorted(unmet_rules, key=lambda unmet: (len(unmet.missing), len(unmet.present), unmet.rule.body))[:limit]
        )

    def _prove(self, triple: Spo, height: int) -> Proof | None:
        known = self._proved.get(triple)
        if known is not None:
            self._is_cut |= known.height > height
            return known if known.height <= height else None
        if self._failed.get(triple, -1) >= height:
            self._is_cut = True
            return None
        if self._is_leaf(triple):
            return self._proved.setdefault(triple, self._leaf(triple))
        if height == 0:
            self._is_cut = True
            return None
        for step in self._steps(triple).steps:
            premises: list[Proof] = []
            for premise in step.premises:
                proof = self._prove(premise, height - 1)
                if proof is None:
                    break
                premises.append(proof)
            else:
                return self._proved.setdefault(triple, Proof(triple, step.rule, tuple(premises)))
        self._failed[triple] = height
        return None

    def _is_leaf(self, triple: Spo) -> bool:
        return self.is_asserted(triple) or self.is_axiom(triple)

    def _leaf(self, triple: Spo) -> Proof:
        return Proof(triple, is_axiom=not self.is_asserted(triple))

    # --- steps

    def _steps(self, triple: Spo) -> _Steps:
        """The steps that give the triple from other triples of the graph, those with the least left to prove first."""
        if triple not in self._steps_of:
            steps = list(islice(dict.fromkeys(self._all_steps(triple)), MAX_STEPS + 1))
            complete = len(steps) <= MAX_STEPS
            steps = sorted(steps[:MAX_STEPS], key=self._cost)
            self._steps_of[triple] = _Steps(tuple(steps), complete)
        return self._steps_of[triple]

    def _cost(self, step: Derivation) -> tuple[int, int, str, tuple[Spo, ...]]:
        open_premises = sum(not self._is_leaf(premise) for premise in step.premises)
        return (open_premises, len(step.premises), step.rule.name, step.premises)

    def _all_steps(self, triple: Spo) -> Iterator[Derivation]:
        s, p, o = triple
        if triple in self.ontology:
            yield from self._schema_steps(triple)
        for rule in [*self._by_head[_relation(p, o)], *(self._by_head[_relation(p, "?")] if p == TYPE else ())]:
            binding = unify(rule.head[0], triple, {})
            if binding is not None:
                for match in self._matches(rule.body, binding):
                    facts = tuple(fill(pattern, match) for pattern in rule.body)
                    if triple not in facts:
                        yield Derivation(rule.rule, (*facts, *rule.axioms), triple)
        if p == TYPE and o in SUPPORTED and s.startswith('"') and is_in_datatype(o, s):
            yield Derivation(BY_NAME["dt-type2"], (), triple)
        yield from self._equality_steps(triple)
        if p in _DAYS:
            dates = [date for property in _DATES for date in self.graph.matching(s, property, None)]
            step = derivation_of_day(triple, [date for date in dates if self.is_asserted(date)])
            yield from () if step is None else (step,)

    def _schema_steps(self, triple: Spo) -> Iterator[Derivation]:
        """The steps by rules about classes and properties."""
        if triple in self.ontology.derivations:
            yield self.ontology.derivations[triple]
        for rule, head in _SCHEMA_HEADS.get(triple[1], ()):
            binding = unify(head, triple, {})
            if binding is not None:
                for match in self.ontology.matches(rule.body, binding):
                    premises = tuple(fill(part, match) for part in rule.body if isinstance(part, tuple))
                    if triple not in premises:
                        yield Derivation(rule, premises, triple)

    def _equality_steps(self, triple: Spo) -> Iterator[Derivation]:
        """The steps by the rules of equality, which are never grounded."""
        s, p, o = triple
        if p == SAME:
            if s == o:
                yield Derivation(BY_NAME["eq-ref"], (), triple)
                return
            if self._holds((o, SAME, s)):
                yield Derivation(BY_NAME["eq-sym"], ((o, SAME, s),), triple)
            for _, _, middle in list(self.graph.matching(s, SAME, None)):
                if middle not in (s, o) and self._holds((middle, SAME, o)):
                    yield Derivation(BY_NAME["eq-trans"], ((s, SAME, middle), (middle, SAME, o)), triple)
        for rule, term, with_name in (
            ("eq-rep-s", s, lambda name: (name, p, o)),
            ("eq-rep-p", p, lambda name: (s, name, o)),
            ("eq-rep-o", o, lambda name: (s, p, name)),
        ):
            for name, _, _ in list(self.graph.matching(None, SAME, term)):
                premise = with_name(name)
                if name != term and (self._holds(premise) or self.is_axiom(premise) or is_tautology(premise)):
                    yield Derivation(BY_NAME[rule], ((name, SAME, term), premise), triple)

    # --- matching

    def _holds(self, triple: Spo) -> bool:
        return any(True for _ in self.graph.matching(*triple))

    def _matches(self, patterns: tuple[Spo, ...], binding: Binding) -> Iterator[Binding]:
        """Every binding for which the patterns hold in the graph; the pattern with the fewest variables goes first."""
        if not patterns:
            yield binding
            return
        best = min(range(len(patterns)), key=lambda i: sum(is_variable(t) for t in fill(patterns[i], binding)))
        pattern = patterns[best]
        rest = patterns[:best] + patterns[best + 1 :]
        for triple in self._candidates(fill(pattern, binding)):
            extended = unify(pattern, triple, binding)
            if extended is not None:
                yield from self._matches(rest, extended)

    def _candidates(self, pattern: Spo) -> Iterable[Spo]:
        if not any(is_variable(term) for term in pattern):
            # A graph leaves out what always holds, and what a literal is; both may still be premises.
            is_left_out = pattern[0].startswith('"') or is_tautology(pattern) or pattern in self.ontology
            return [pattern] if is_left_out or self._holds(pattern) else []
        s, p, o = (None if is_variable(term) else term for term in pattern)
        return list(islice(self.graph.matching(s, p, o), MAX_MATCHES))

    def _unmet_rule(self, rule: GroundRule, binding: Binding) -> UnmetRule:
        """The rule with the longest run of premises that hold together."""
        match: Binding = binding
        present: tuple[Spo, ...] = ()
        for length in range(len(rule.body), 0, -1):
            runs = [rule.body[:length], rule.body[-length:]]
            longest = next(((match, run) for run in runs for match in self._matches(run, binding)), None)
            if longest is not None:
                match, present = longest
                break
        missing = tuple(fill(pattern, match) for pattern in rule.body if pattern not in present)
        return UnmetRule(rule, tuple(fill(pattern, match) for pattern in present), missing)


def _relation(p: str, o: str) -> tuple[str, str]:
    return (p, "?" if is_variable(o) else o) if p == TYPE else (p, "")


@lru_cache(maxsize=100_000)
def _term(text: str | None) -> NamedNode | BlankNode | Literal | None:
    return None if text is None else to_term(text)
