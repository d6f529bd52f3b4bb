"""A triple walks in; why it holds walks out, as a tree: rule and premises, theirs in turn, down to facts with passages.

The tree is made on demand: the store is asked, and the grounded rules are matched backwards, so that building pays
nothing. Facts end a branch, and so do axioms of the ontology.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Store, Triple

from kg import vocabulary as vocab
from kg.decisions.conflicts import ContestedFact
from kg.facts.model import Fact
from kg.graph.provenance import EARLIEST, LATEST, Provenance
from kg.graph.store import find_quads, has_triple
from kg.lookup.entity_names import EntityNames
from kg.lookup.phrases import axiom_in_words, cite_fact, triple_in_words
from kg.passages.texts import Texts
from kg.proofs.proof import Gap, Proof
from kg.proofs.search import ProofSearch as ProofFinder
from kg.proofs.search import StoreGraph
from kg.reasoning.grounding import ground
from kg.reasoning.ontology import Ontology
from kg.reasoning.rules import GroundRule
from kg.terms import KNOWLEDGE, ONTOLOGY, Spo, to_spo, to_term

DAYS = "days"
"""The one rule of our own: a thing with a date has an earliest and a latest day."""
_DATED = (vocab.date, vocab.start, vocab.end)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a triple holds: the facts that say it, or a rule and its premises; neither means that it does not hold."""

    triple: Triple
    facts: tuple[Fact, ...] = ()
    contested: tuple[ContestedFact, ...] = ()
    rule: str = ""
    link: str = ""
    premises: tuple[Explanation, ...] = ()
    is_axiom: bool = False

    def __bool__(self) -> bool:
        """True when the triple holds."""
        return bool(self.facts or self.rule or self.is_axiom)

    def __iter__(self) -> Iterator[Explanation]:
        """This and everything below it, from the top."""
        yield self
        for premise in self.premises:
            yield from premise

    def leaves(self) -> Iterator[Explanation]:
        """The facts and axioms that it all rests on."""
        return (why for why in self if not why.premises)


@dataclass(frozen=True, slots=True)
class Explanations:
    """Every explanation of a triple, shortest first; `complete` is False when there may be more."""

    all: tuple[Explanation, ...]
    complete: bool


@dataclass(frozen=True)
class Explainer:
    """Explains the triples of one store."""

    store: Store
    names: EntityNames
    provenance: Provenance
    _said: dict[Spo, bool] = field(default_factory=dict, repr=False)

    def explain(self, triple: Triple) -> Explanation:
        """A shortest explanation; an untrue `Why` when the triple does not hold."""
        proof = self._finder.proof(_spo(triple)) if self._holds(triple) else None
        if proof is None:
            return Explanation(triple, contested=tuple(self.provenance.contested(triple)))
        return self._to_why(proof)

    def explain_all(self, triple: Triple, *, limit: int = 20) -> Explanations:
        """Every way in which a last step gives the triple, at most `limit`."""
        if not self._holds(triple):
            return Explanations((), complete=True)
        proofs = self._finder.proofs(_spo(triple), limit=limit)
        return Explanations(tuple(self._to_why(proof) for proof in proofs.proofs), proofs.complete)

    def gaps(self, triple: Triple, *, limit: int = 20) -> tuple[Gap, ...]:
        """For a triple that does not hold: the rules that could give it, and the premises that are missing."""
        return self._finder.gaps(_spo(triple), limit=limit)

    def rules(self) -> tuple[GroundRule, ...]:
        """The rules of the ontology, grounded, as the reasoner runs them."""
        return tuple(ground(self._finder.ontology))

    @cached_property
    def _finder(self) -> ProofFinder:
        axioms = (quad.triple for quad in find_quads(self.store, None, None, None, ONTOLOGY))
        ontology = Ontology(_spo(axiom) for axiom in axioms)
        return ProofFinder(StoreGraph(self.store), ontology, is_asserted=self._was_said)

    def _was_said(self, spo: Spo) -> bool:
        """True for facts, and for the days that are worked out from dates: no OWL rule gives those."""
        if spo not in self._said:
            triple = _triple(spo)
            is_day = triple is not None and triple.predicate in (EARLIEST, LATEST) and self._holds(triple)
            self._said[spo] = triple is not None and (is_day or self.provenance.is_asserted(triple))
        return self._said[spo]

    def _holds(self, triple: Triple) -> bool:
        return has_triple(self.store, triple, KNOWLEDGE) or self._is_axiom(triple)

    def _is_axiom(self, triple: Triple) -> bool:
        return has_triple(self.store, triple, ONTOLOGY)

    def _to_why(self, proof: Proof) -> Explanation:
        triple = _triple(proof.triple)
        assert triple is not None
        if proof.step is not None:
            rule = proof.step.rule
            return Explanation(
                triple, rule=rule.name, link=rule.link, premises=tuple(map(self._to_why, proof.premises))
            )
        if facts := tuple(sorted(self.provenance.facts(triple), key=_by_spot)):
            return Explanation(triple, facts)
        if triple.predicate in (EARLIEST, LATEST):
            found = (quad.triple for one in _DATED for quad in find_quads(self.store, triple.subject, one, None))
            dates = (Explanation(date, tuple(self.provenance.facts(date))) for date in sorted(set(found), key=str))
            return Explanation(triple, rule=DAYS, premises=tuple(date for date in dates if date))
        return Explanation(triple, is_axiom=True)


def _spo(triple: Triple) -> Spo:
    return to_spo(triple)


def _triple(spo: Spo) -> Triple | None:
    """The triple of exact texts; None where a literal stands as subject, which only a rule's premise can be."""
    subject, predicate, value = map(to_term, spo)
    if isinstance(subject, Literal) or not isinstance(predicate, NamedNode):
        return None
    return Triple(subject, predicate, value)


def _by_spot(fact: Fact) -> tuple[str, int]:
    return (fact.evidence.source, fact.evidence.start or 0)


def write_explanations(whys: Iterable[Explanation], names: EntityNames, texts: Texts, *, indent: str = "") -> str:
    """The trees for people: each triple by its labels, under it what says so, with the words where they are at hand."""
    return "".join(line + "\n" for why in whys for line in _lines(why, names, texts, indent))


def _lines(why: Explanation, names: EntityNames, texts: Texts, indent: str) -> Iterator[str]:
    yield f"{indent}{triple_in_words(why.triple, names)}"
    inner = indent + "    "
    for fact in why.facts:
        yield f"{inner}{cite_fact(fact, texts)}"
    if why.is_axiom:
        yield f"{inner}so says the ontology"
    if why.rule:
        axioms = [axiom_in_words(premise.triple, names) for premise in why.premises if premise.is_axiom]
        yield f"{inner}follows by {why.rule}{', since ' + ' and '.join(axioms) if axioms else ''}, from"
        for premise in why.premises:
            if not premise.is_axiom:
                yield from _lines(premise, names, texts, inner)
    for one in why.contested:
        yield f"{inner}{cite_fact(one.fact, texts)}"
        yield f"{inner}  but it is no knowledge ({one.kind}): {one.reason}"
    if not why and not why.contested:
        yield f"{inner}does not hold in this graph"
