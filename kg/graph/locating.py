"""A finding about terms walks in; the same finding with the files and lines that made it so walks out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property

from pyoxigraph import Triple

from kg.facts.fact import Fact
from kg.graph.derivation import Explainer, Triples
from kg.graph.ontology import Ontology
from kg.graph.rules import Spo
from kg.graph.triples import Workshop
from kg.reports import Finding, Place

Trace = Callable[[Spo], Iterable[Spo]]
"""From a triple to the asserted triples that it rests on."""


class Locator:
    """Knows where each fact was written down; `trace` leads from what was inferred to what was said."""

    def __init__(self, facts: Iterable[Fact], *, trace: Trace | None = None) -> None:
        self._exact: dict[Spo, list[Place]] = defaultdict(list)
        self._said: dict[tuple[str, str], list[Place]] = defaultdict(list)
        self._about: dict[str, list[Place]] = defaultdict(list)
        self._trace = trace
        for fact in facts:
            focus, path, value = str(fact.subject), str(fact.property), str(fact.value)
            self._exact[focus, path, value].append(fact.place)
            self._said[focus, path].append(fact.place)
            self._about[focus].append(fact.place)

    def locate(self, finding: Finding) -> Finding:
        """The finding with its places: of the very facts, else of all facts of focus and path, else of the focus."""
        if finding.places:
            return finding
        values = filter(None, (finding.value, *finding.values))
        places = (
            [place for value in values for place in self._places((finding.focus, finding.path, value))]
            or self._said.get((finding.focus, finding.path))
            or self._about.get(finding.focus, [])[:1]
        )
        return replace(finding, places=tuple(sorted(set(places))))

    def _places(self, triple: Spo) -> list[Place]:
        """Where the triple was said, or what it follows from."""
        if triple in self._exact or self._trace is None or not triple[1].startswith("<"):
            return self._exact.get(triple, [])
        return [place for said in self._trace(triple) for place in self._exact.get(said, ())]


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
