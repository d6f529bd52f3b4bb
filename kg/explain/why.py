"""Explanations: a triple with the rule and premises that give it, theirs in turn, down to facts and axioms.

An explanation is searched for when it is asked for: the grounded rules are matched backwards against the store, so
building costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from kg.decisions.conflicts import ContestedFact
from kg.facts.model import Fact, to_row
from kg.facts.texts import Texts
from kg.graph.provenance import Provenance
from kg.graph.store import find_quads, has_triple
from kg.lookup.entity_names import EntityNames
from kg.proofs.proof import Proof, UnmetRule
from kg.proofs.search import ProofSearch, StoreGraph
from kg.reasoning.datalog import ground
from kg.reasoning.ontology import LIST_PREDICATES, SCHEMA_CLASSES, SCHEMA_PREDICATES, Ontology
from kg.reasoning.rules import GroundRule
from kg.terms import KNOWLEDGE, ONTOLOGY, TYPE, UNDECIDED, Spo, to_spo, to_term, to_text

if TYPE_CHECKING:
    from kg.queries.answer import Answer, Row


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a triple holds: facts that state it, an axiom, or a rule and its premises; with none, it does not hold.

    `specification` is the URL of the rule; `contested` are facts that state the triple but are not accepted as true.
    """

    triple: Triple
    facts: tuple[Fact, ...] = ()
    contested: tuple[ContestedFact, ...] = ()
    rule: str = ""
    specification: str = ""
    premises: tuple[Explanation, ...] = ()
    is_axiom: bool = False
    draw: Callable[[Explanation], str] | None = field(default=None, repr=False, compare=False)
    """Draws it as a notebook shows it, with the labels and passages of a graph."""

    def _repr_html_(self) -> str | None:
        """What a notebook shows: its diagram."""
        return None if self.draw is None else self.draw(self)

    def __bool__(self) -> bool:
        """True when the triple holds."""
        return bool(self.facts or self.rule or self.is_axiom)

    def __iter__(self) -> Iterator[Explanation]:
        """This explanation and all below it, from the top."""
        yield self
        for premise in self.premises:
            yield from premise

    def leaves(self) -> Iterator[Explanation]:
        """The facts and axioms at the bottom."""
        return (explanation for explanation in self if not explanation.premises)

    def as_dict(self, texts: Texts) -> dict[str, Any]:
        """The explanation as JSON has it, with the passages of facts whose source text is available."""
        parts = (self.triple.subject, self.triple.predicate, self.triple.object)
        document: dict[str, Any] = {"triple": list(map(to_text, parts))}
        if self.facts:
            document["facts"] = [to_row(fact) | {"passage": texts.passage(fact.evidence)} for fact in self.facts]
        if self.contested:
            document["contested"] = [
                to_row(lost.fact)
                | {"passage": texts.passage(lost.fact.evidence), "kind": lost.kind, "reason": lost.reason}
                for lost in self.contested
            ]
        if self.is_axiom:
            document["axiom"] = True
        if self.rule:
            premises = [premise.as_dict(texts) for premise in self.premises]
            document |= {"rule": self.rule, "link": self.specification, "premises": premises}
        return document


@dataclass(frozen=True, slots=True)
class Explanations:
    """The explanations of a triple, shortest first; `complete` is False when there may be more."""

    all: tuple[Explanation, ...]
    complete: bool


@dataclass(frozen=True)
class Explainer:
    """Explains the triples of one store."""

    store: Store
    names: EntityNames
    provenance: Provenance
    axioms_in_data: bool = False
    """True when axioms of the default graph count as well, besides those of the ontology."""
    _asserted: dict[Spo, bool] = field(default_factory=dict, repr=False)

    def explain(self, triple: Triple) -> Explanation:
        """A shortest explanation; a false one when the triple does not hold."""
        proof = self._search.proof(to_spo(triple)) if self._holds(triple) else None
        if proof is None:
            return Explanation(triple, contested=tuple(self.provenance.contested(triple)))
        return self._to_explanation(proof)

    def explain_all(self, triple: Triple, *, limit: int = 20) -> Explanations:
        """An explanation for each step that gives the triple, at most `limit`."""
        if not self._holds(triple):
            return Explanations((), complete=True)
        proofs = self._search.proofs(to_spo(triple), limit=limit)
        return Explanations(tuple(map(self._to_explanation, proofs.proofs)), proofs.complete)

    def explain_row(self, answer: Answer, row: Row | None = None) -> list[Explanation]:
        """The explanation of each triple that supports a row of an answer, or a true ASK."""
        from kg.queries.triple_patterns import supporting_triples  # rdflib takes longer to load than an explanation

        cells = zip(row.columns, row.terms, strict=True) if row is not None else ()
        terms = {name: term for name, term in cells if term is not None}
        graphs = (KNOWLEDGE, UNDECIDED) if answer.is_contested else (KNOWLEDGE,)
        triples = supporting_triples(self.store, answer.query, terms, graphs=graphs)
        return [self.explain(triple) for triple in triples]

    def unmet_rules(self, triple: Triple, *, limit: int = 20) -> tuple[UnmetRule, ...]:
        """For a triple that does not hold: the rules that could give it, and the premises that are missing."""
        return self._search.unmet_rules(to_spo(triple), limit=limit)

    def rules(self) -> tuple[GroundRule, ...]:
        """The rules of the ontology, grounded, as the reasoner runs them."""
        return tuple(ground(self._search.ontology))

    @cached_property
    def _search(self) -> ProofSearch:
        axioms = find_quads(self.store, None, None, None, ONTOLOGY)
        if self.axioms_in_data:
            axioms += [quad for quad in self._schema_quads() if self._is_asserted(to_spo(quad))]
        return ProofSearch(StoreGraph(self.store), Ontology(map(to_spo, axioms)), is_asserted=self._is_asserted)

    def _schema_quads(self) -> Iterator[Quad]:
        """The triples of the default graph about classes and properties."""
        for predicate in (*SCHEMA_PREDICATES, *LIST_PREDICATES):
            yield from find_quads(self.store, None, NamedNode(predicate[1:-1]), None, KNOWLEDGE)
        for type in SCHEMA_CLASSES:
            yield from find_quads(self.store, None, TYPE, NamedNode(type[1:-1]), KNOWLEDGE)

    def _is_asserted(self, spo: Spo) -> bool:
        if spo not in self._asserted:
            triple = to_triple(spo)
            self._asserted[spo] = triple is not None and self.provenance.is_asserted(triple)
        return self._asserted[spo]

    def _holds(self, triple: Triple) -> bool:
        return has_triple(self.store, triple, KNOWLEDGE) or has_triple(self.store, triple, ONTOLOGY)

    def _to_explanation(self, proof: Proof) -> Explanation:
        triple = to_triple(proof.triple)
        assert triple is not None
        if (rule := proof.rule) is not None:
            premises = tuple(map(self._to_explanation, proof.premises))
            return Explanation(triple, rule=rule.name, specification=rule.link, premises=premises)
        if facts := tuple(sorted(self.provenance.facts(triple), key=_by_source_and_span)):
            return Explanation(triple, facts)
        return Explanation(triple, is_axiom=True)


def to_triple(spo: Spo) -> Triple | None:
    """The triple of exact texts; None for a literal as subject, which only a premise of a rule can have."""
    subject, predicate, value = map(to_term, spo)
    if isinstance(subject, Literal) or not isinstance(predicate, NamedNode):
        return None
    return Triple(subject, predicate, value)


def _by_source_and_span(fact: Fact) -> tuple[str, int]:
    return (fact.evidence.source, fact.evidence.start or 0)
