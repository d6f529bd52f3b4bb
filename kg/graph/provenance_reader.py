"""A triple walks in; the facts that state it, read back from the graph's provenance, walk out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg import vocabulary as vocab
from kg.decisions.conflicts import Contested, Kind
from kg.facts.model import Evidence, Fact, Rank, Source
from kg.graph.provenance import ev
from kg.graph.record_store import RecordStore
from kg.graph.store import find_quad, find_quads
from kg.passages.texts import Texts
from kg.reports import Place
from kg.terms import CONTESTED, PROVENANCE, RDF, SOURCE, TYPE

_SUBJECT, _PREDICATE, _OBJECT = (NamedNode(RDF + name) for name in ("subject", "predicate", "object"))
_STATEMENT = NamedNode(RDF + "Statement")


@dataclass(frozen=True)
class Provenance:
    """Who says what in a store: facts by triple, sources by id."""

    store: Store
    records: RecordStore | None = None

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """The sources that speak in this graph."""
        found = find_quads(self.store, None, TYPE, vocab.Source, PROVENANCE)
        sources = sorted((self._source(quad.subject) for quad in found), key=lambda source: source.id)
        return {source.id: source for source in sources}

    def facts(self, triple: Triple | None = None) -> Iterator[Fact]:
        """The facts that state a triple and are knowledge; without a triple, all that are knowledge, in their order."""
        yield from (fact for fact, status in self._told(triple) if status is None)
        if self.records is not None:
            yield from self.records.facts(triple)

    def contested(self, triple: Triple | None = None) -> Iterator[Contested]:
        """The facts that are kept but are not knowledge, and why."""
        return (Contested(fact, *status) for fact, status in self._told(triple) if status is not None)

    def contested_about(self, subject: NamedNode | BlankNode) -> Iterator[Contested]:
        """The facts about one thing that are kept but are not knowledge, in their order."""
        quads = find_quads(self.store, subject, None, None, CONTESTED)
        found = {one.fact.id: one for quad in quads for one in self.contested(quad.triple)}
        yield from sorted(found.values(), key=lambda one: (_place_key(one.fact.place), one.fact.id))

    def about(self, subject: NamedNode | BlankNode) -> Iterator[Fact]:
        """Every fact about one thing that is knowledge."""
        for quad in find_quads(self.store, None, _SUBJECT, subject, PROVENANCE):
            fact, status = self._fact(quad.subject)
            if status is None:
                yield fact
        if self.records is not None:
            yield from self.records.about(subject)

    def is_preferred(self, fact: Fact) -> bool:
        """True when a decision took this fact and not others."""
        return find_quad(self.store, None, ev("preferred"), fact.iri, PROVENANCE) is not None

    def is_asserted(self, triple: Triple) -> bool:
        """True when somebody says the triple and it is knowledge."""
        return next(self.facts(triple), None) is not None

    def texts(self, texts: Texts) -> Texts:
        """The same texts, for the sources of this graph."""
        return Texts(texts.folder, self.sources)

    def _told(self, triple: Triple | None) -> Iterator[tuple[Fact, tuple[Kind, str] | None]]:
        if triple is None:
            nodes = [quad.subject for quad in find_quads(self.store, None, TYPE, _STATEMENT, PROVENANCE)]
            yield from sorted(map(self._fact, nodes), key=lambda one: (_place_key(one[0].place), one[0].id))
            return
        # A thing may be told of in many facts and a value stand in many: the shorter way is not known, both are walked.
        about = {quad.subject for quad in find_quads(self.store, None, _SUBJECT, triple.subject, PROVENANCE)}
        for quad in find_quads(self.store, None, _OBJECT, triple.object, PROVENANCE):
            if quad.subject in about and self._one(quad.subject, _PREDICATE) == triple.predicate:
                yield self._fact(quad.subject)

    def _fact(self, node: object) -> tuple[Fact, tuple[Kind, str] | None]:
        assert isinstance(node, NamedNode)
        said = {quad.predicate: quad.object for quad in find_quads(self.store, node, None, None, PROVENANCE)}

        def text(name: str) -> str:
            value = said.get(ev(name))
            return value.value if isinstance(value, Literal) else ""

        subject, source, value = said[_SUBJECT], said[ev("source")], said[_OBJECT]
        predicate = said[_PREDICATE]
        assert isinstance(subject, NamedNode | BlankNode)
        assert isinstance(source, NamedNode)
        assert isinstance(predicate, NamedNode)
        assert isinstance(value, NamedNode | BlankNode | Literal)
        start, end = text("start"), text("end")
        evidence = Evidence(
            source.value.removeprefix(SOURCE),
            int(start) if start else None,
            int(end) if end else None,
            text("record"),
            text("retrieved"),
        )
        rank, is_paraphrase, place = Rank(text("rank")), text("paraphrase") == "true", _place(text("writtenIn"))
        written, day, because = text("written"), text("asOf"), text("because")
        fact = Fact(subject, predicate, value, evidence, written, day, rank, because, is_paraphrase, place)
        return fact, (Kind(text("status")), text("reason")) if ev("status") in said else None

    def _source(self, node: object) -> Source:
        assert isinstance(node, NamedNode)
        said = {quad.predicate: quad.object for quad in find_quads(self.store, node, None, None, PROVENANCE)}
        names = ("publisher", "date", "language", "address", "licence", "file", "sha256")
        told = {name: value.value for name in names if isinstance(value := said.get(ev(name)), Literal)}
        title = said.get(ev("title"))
        read = Source(node.value.removeprefix(SOURCE), title=title.value if isinstance(title, Literal) else "")
        return replace(read, **told)  # type: ignore[arg-type]  # all these names are of texts

    def _one(self, subject: object, predicate: NamedNode) -> object:
        assert isinstance(subject, NamedNode)
        return next((quad.object for quad in find_quads(self.store, subject, predicate, None, PROVENANCE)), None)


def _place(text: str) -> Place:
    parts = text.split(":")
    numbers = [int(part) for part in parts[1:] if part.isdigit()]
    return Place(parts[0], *numbers)


def _place_key(place: Place) -> tuple[str, int, int]:
    return (place.file, place.line, place.column)
