"""A finding about terms walks in; the same finding with the files and lines that made it so walks out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from pyoxigraph import Triple

from kg.facts.fact import Fact
from kg.graph.derivation import Explainer, Triples
from kg.graph.ontology import Ontology
from kg.graph.rules import Spo
from kg.graph.triples import Workshop
from kg.reports import Finding, Place
from kg.terms import Term, to_term

Trace = Callable[[Spo], Iterable[Spo]]
"""From a triple to the asserted triples that it rests on."""


class Locator:
    """Knows where each fact was written down; `trace` leads from what was inferred to what was said."""

    def __init__(self, facts: Iterable[Fact], *, trace: Trace | None = None) -> None:
        self._facts, self._trace = facts, trace
        self._read: dict[str, list[tuple[str, str, Place]]] = {}

    @cached_property
    def _by_subject(self) -> Mapping[Term, Sequence[Fact]]:
        """Made when the first finding is located: most graphs have none."""
        found: dict[Term, list[Fact]] = defaultdict(list)
        for fact in self._facts:
            found[fact.subject].append(fact)
        return found

    def locate(self, finding: Finding) -> Finding:
        """The finding with its places: of the very facts, else of all facts of focus and path, else of the focus."""
        if finding.places:
            return finding
        values = filter(None, (finding.value, *finding.values))
        places = (
            [place for value in values for place in self._places((finding.focus, finding.path, value))]
            or [place for path, _, place in self._about(finding.focus) if path == finding.path]
            or [place for _, _, place in self._about(finding.focus)][:1]
        )
        return replace(finding, places=tuple(sorted(set(places))))

    def _places(self, triple: Spo) -> list[Place]:
        """Where the triple was said, or what it follows from."""
        exact = self._exact(triple)
        if exact or self._trace is None or not triple[1].startswith("<"):
            return exact
        return [place for said in self._trace(triple) for place in self._exact(said)]

    def _exact(self, triple: Spo) -> list[Place]:
        focus, path, value = triple
        return [place for one, other, place in self._about(focus) if (one, other) == (path, value)]

    def _about(self, focus: str) -> list[tuple[str, str, Place]]:
        """Property, value and place of each fact about a thing."""
        if focus not in self._read:
            told = self._by_subject.get(to_term(focus), ()) if focus else ()
            self._read[focus] = [(str(fact.property), str(fact.value), fact.place) for fact in told]
        return self._read[focus]


class Tracer:
    """Traces what was inferred to what was said; reads the graph only when it is first asked."""

    def __init__(self, workshop: Workshop, ontology: Iterable[Triple]) -> None:
        self._workshop, self._ontology = workshop, ontology

    def __call__(self, triple: Spo) -> tuple[Spo, ...]:
        """The asserted triples that a shortest proof of the triple rests on; none where there is no proof."""
        proof = self._explainer.proof(triple)
        return () if proof is None else tuple(leaf.triple for leaf in proof.leaves() if not leaf.is_axiom)

    @cached_property
    def _explainer(self) -> Explainer:
        said = dict.fromkeys(self._workshop.triple_texts())
        ontology = Ontology((str(t.subject), str(t.predicate), str(t.object)) for t in self._ontology)
        known = Triples((*said, *self._workshop.triple_texts(table="inferred")))
        return Explainer(known, ontology, was_said=said.__contains__)
