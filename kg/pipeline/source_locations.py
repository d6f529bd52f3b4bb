"""A finding about terms walks in; the same finding with the files and lines that made it so walks out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from pyoxigraph import Triple

from kg.facts.model import Fact
from kg.graph.triple_tables import TripleTables
from kg.proofs.search import MemoryGraph, ProofSearch
from kg.reasoning.ontology import Ontology
from kg.reports import Finding, Place
from kg.terms import Spo, Term, to_spo, to_term

Trace = Callable[[Spo], Iterable[Spo]]
"""From a triple to the asserted triples that it rests on."""
_Pattern = tuple[str | None, str | None, str | None]


class SourceLocator:
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


class ProofTracer:
    """Traces what was inferred to what was said; reads the graph only when it is first asked."""

    def __init__(self, workshop: TripleTables, ontology: Iterable[Triple]) -> None:
        self._workshop, self._ontology = workshop, ontology

    def __call__(self, triple: Spo) -> tuple[Spo, ...]:
        """The asserted triples that a shortest proof of the triple rests on; none where there is no proof."""
        proof = self._explainer.proof(triple)
        return () if proof is None else tuple(leaf.triple for leaf in proof.leaves() if not leaf.is_axiom)

    @cached_property
    def _explainer(self) -> ProofSearch:
        ontology = Ontology(map(to_spo, self._ontology))
        known = TablesGraph(self._workshop)
        return ProofSearch(known, ontology, is_asserted=known.was_said)


class TablesGraph:
    """The closed graph of a workshop: asked by SQL, and when much is asked, read into memory as a whole.

    Most checks have few questions; to read five hundred triples takes longer than one.
    """

    def __init__(self, workshop: TripleTables, *, most_asked: int | None = None) -> None:
        self._workshop = workshop
        size = workshop.count("triple") + workshop.count("inferred")
        self._left = most_asked if most_asked is not None else size // 500
        self._matching: dict[_Pattern, list[Spo]] = {}
        self._said: dict[Spo, bool] = {}

    def matching(self, s: str | None, p: str | None, o: str | None) -> Iterable[Spo]:
        """The triples of this form, what was said first, in the order of their texts."""
        pattern = (s, p, o)
        if pattern not in self._matching:
            self._left -= 1
            if self._left < 0:
                return self._all[0].matching(s, p, o)
            self._matching[pattern] = self._asked(_MATCHING.format(where=self._where(pattern)))
        return self._matching[pattern]

    def was_said(self, triple: Spo) -> bool:
        """Whether the triple is asserted."""
        if triple not in self._said:
            self._left -= 1
            if self._left < 0:
                return triple in self._all[1]
            self._said[triple] = bool(self._asked(f"SELECT 1 FROM triple WHERE {self._where(triple)} LIMIT 1"))  # noqa: S608
        return self._said[triple]

    def _asked(self, query: str) -> list[Spo]:
        return self._workshop.sql.execute(query).fetchall()

    def _where(self, pattern: _Pattern) -> str:
        """The pattern as a condition on numbers."""
        bound = [(place, text) for place, text in zip("spo", pattern, strict=True) if text is not None]
        numbers = self._workshop.find_ids(text for _, text in bound)
        if len(numbers) < len({text for _, text in bound}):
            return "false"
        return " AND ".join(f"{place} = {numbers[text]}" for place, text in bound) or "true"

    @cached_property
    def _all(self) -> tuple[MemoryGraph, Mapping[Spo, None]]:
        said = dict.fromkeys(self._workshop.triple_texts())
        return MemoryGraph((*said, *self._workshop.triple_texts(table="inferred"))), said


_MATCHING = (
    "SELECT a.text, b.text, c.text FROM (SELECT 0 AS place, s, p, o FROM triple WHERE {where}"
    " UNION ALL SELECT 1, s, p, o FROM inferred WHERE {where}) e"
    " JOIN term a ON a.id = e.s JOIN term b ON b.id = e.p JOIN term c ON c.id = e.o"
    " ORDER BY e.place, a.text, b.text, c.text"
)
