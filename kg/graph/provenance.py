"""Decided facts walk in; knowledge, and apart from it who says it, walk out as triples.

Provenance is plain RDF 1.1 reification: `fact:ID` is an `rdf:Statement` with subject, predicate and object, and the
evidence. The words of its vocabulary (`ev:`) are told in ontology/evidence.ttl.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg import vocabulary as vocab
from kg.decisions.apply_links import LinkedFacts
from kg.decisions.conflicts import ContestedFact, Decision, DecisionKind, Resolution
from kg.decisions.links import EXACT
from kg.facts.dates import DateRange, to_date_range
from kg.facts.model import Evidence, Fact, Rank, Source
from kg.graph.record_store import RecordStore, split_records
from kg.graph.store import find_quad, find_quads
from kg.passages.texts import Texts, passage_uri
from kg.reports import Place
from kg.terms import BASE, CONTESTED, EVIDENCE, PROVENANCE, RDF, SOURCE, TYPE, XSD, Term

EARLIEST, LATEST = vocab.earliest, vocab.latest
_STARTS, _ENDS = (vocab.date, vocab.start), (vocab.date, vocab.end)
_DATED = frozenset((*_STARTS, *_ENDS))
_STATEMENT, _SUBJECT, _PREDICATE, _OBJECT = (
    NamedNode(RDF + name) for name in ("Statement", "subject", "predicate", "object")
)
_INTEGER, _BOOLEAN = NamedNode(XSD + "integer"), NamedNode(XSD + "boolean")


def ev(name: str) -> NamedNode:
    """A term of the evidence vocabulary."""
    return NamedNode(EVIDENCE + name)


def knowledge(facts: Iterable[Fact]) -> Iterator[Triple]:
    """What the facts say; a fact said twice gives one triple twice."""
    return (fact.triple for fact in facts)


def said(facts: Iterable[Fact]) -> Iterator[tuple[Term, Term, Term]]:
    """The same, term by term."""
    return ((fact.subject, fact.property, fact.value) for fact in facts)


def days(facts: Iterable[Fact]) -> Iterator[Triple]:
    """The earliest and the latest day of everything that has a date, or a start or end.

    Engines disagree on comparing dates of different precision; whole days compare alike everywhere.
    """
    first: dict[NamedNode | BlankNode, DateRange] = {}
    last: dict[NamedNode | BlankNode, DateRange] = {}
    for fact in facts:
        if fact.property in _DATED and isinstance(fact.value, Literal):
            span = to_date_range(fact.value.value)
            if fact.property in _STARTS:
                first[fact.subject] = min(first.get(fact.subject, span), span, key=lambda one: one.earliest)
            if fact.property in _ENDS:
                last[fact.subject] = max(last.get(fact.subject, span), span, key=lambda one: one.latest)
    for thing, span in first.items():
        yield Triple(thing, EARLIEST, span.literals[0])
    for thing, span in last.items():
        yield Triple(thing, LATEST, span.literals[1])


def contested(decided: Resolution) -> Iterator[Triple]:
    """What somebody says, but is not taken as knowledge."""
    return (one.fact.triple for one in decided.contested)


def links(merged: LinkedFacts) -> Iterator[Triple]:
    """Which other names mean a thing of the graph: an `skos:exactMatch` from the name that stays to each that went."""
    return (Triple(stays, EXACT, went) for went, stays in merged.canonical.items())


def provenance(decided: Resolution, sources: Mapping[str, Source]) -> Iterator[Triple]:
    """Who says each fact and where, what is contested and why, and who the sources are."""
    kept, spelled = split_records(decided)
    yield from _records(kept, sources)
    for fact in spelled:
        yield from _statement(fact, sources)
    for one in decided.contested:
        yield from _statement(one.fact, sources)
        yield Triple(one.fact.iri, ev("status"), Literal(one.kind.value))
        yield Triple(one.fact.iri, ev("reason"), Literal(one.reason))
    for number, decision in enumerate(decided.decisions, start=1):
        yield from _decision(decision, number)
    spoken = {fact.evidence.source for fact in decided.facts} | {one.fact.evidence.source for one in decided.contested}
    for source in sources.values():
        if source.id in spoken or source.sha256:
            yield from _source(source)


def _records(facts: Iterable[Fact], sources: Mapping[str, Source]) -> Iterator[Triple]:
    """A table's facts have their evidence per record: the graph knows the record, and what it is about."""
    kind, source_of, about = ev("Record"), ev("source"), ev("about")
    records: dict[tuple[str, str], NamedNode] = {}
    for (id, name), subject in dict.fromkeys(((f.evidence.source, f.evidence.record), f.subject) for f in facts):
        if (record := records.get((id, name))) is None:
            source = sources[id].iri
            record = records[id, name] = NamedNode(f"{source.value}/{quote(name, safe='')}")
            yield Triple(record, TYPE, kind)
            yield Triple(record, source_of, source)
        yield Triple(record, about, subject)


def _statement(fact: Fact, sources: Mapping[str, Source]) -> Iterator[Triple]:
    spot = fact.evidence
    source = sources[spot.source]
    yield Triple(fact.iri, TYPE, _STATEMENT)
    yield Triple(fact.iri, _SUBJECT, fact.subject)
    yield Triple(fact.iri, _PREDICATE, fact.property)
    yield Triple(fact.iri, _OBJECT, fact.value)
    yield Triple(fact.iri, ev("source"), source.iri)
    yield Triple(fact.iri, ev("rank"), Literal(fact.rank.value))
    yield Triple(fact.iri, ev("passage"), Literal(passage_uri(source, spot)))
    yield Triple(fact.iri, ev("writtenIn"), Literal(str(fact.place)))
    if spot.has_span:
        yield Triple(fact.iri, ev("start"), Literal(str(spot.start), datatype=_INTEGER))
        yield Triple(fact.iri, ev("end"), Literal(str(spot.end), datatype=_INTEGER))
    if fact.paraphrase:
        yield Triple(fact.iri, ev("paraphrase"), Literal("true", datatype=_BOOLEAN))
    told = {"record": spot.record, "retrieved": spot.retrieved, "written": fact.written, "because": fact.because}
    for name, text in (told | {"asOf": fact.as_of}).items():
        if text:
            yield Triple(fact.iri, ev(name), Literal(text))


def _decision(decision: Decision, number: int) -> Iterator[Triple]:
    node = NamedNode(f"{BASE}decision/{number}")
    yield Triple(node, TYPE, ev("Decision"))
    yield Triple(node, ev("about"), decision.subject)
    yield Triple(node, ev("property"), decision.property)
    yield Triple(node, ev("kind"), Literal(decision.kind.value))
    yield Triple(node, ev("reason"), Literal(decision.reason))
    for fact in decision.preferred:
        yield Triple(node, ev("preferred"), fact.iri)
    for fact in decision.others:
        yield Triple(node, ev("against"), fact.iri)


def _source(source: Source) -> Iterator[Triple]:
    yield Triple(source.iri, TYPE, vocab.Source)
    if source.title:
        yield Triple(source.iri, ev("title"), Literal(source.title))
    for name in ("publisher", "date", "language", "address", "licence", "file", "sha256"):
        if text := str(getattr(source, name)):
            yield Triple(source.iri, ev(name), Literal(text))


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

    def contested(self, triple: Triple | None = None) -> Iterator[ContestedFact]:
        """The facts that are kept but are not knowledge, and why."""
        return (ContestedFact(fact, *status) for fact, status in self._told(triple) if status is not None)

    def contested_about(self, subject: NamedNode | BlankNode) -> Iterator[ContestedFact]:
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
        return Texts(texts.folders, self.sources)

    def _told(self, triple: Triple | None) -> Iterator[tuple[Fact, tuple[DecisionKind, str] | None]]:
        if triple is None:
            nodes = [quad.subject for quad in find_quads(self.store, None, TYPE, _STATEMENT, PROVENANCE)]
            yield from sorted(map(self._fact, nodes), key=lambda one: (_place_key(one[0].place), one[0].id))
            return
        # A thing may be told of in many facts and a value stand in many: the shorter way is not known, both are walked.
        about = {quad.subject for quad in find_quads(self.store, None, _SUBJECT, triple.subject, PROVENANCE)}
        for quad in find_quads(self.store, None, _OBJECT, triple.object, PROVENANCE):
            if quad.subject in about and self._one(quad.subject, _PREDICATE) == triple.predicate:
                yield self._fact(quad.subject)

    def _fact(self, node: object) -> tuple[Fact, tuple[DecisionKind, str] | None]:
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
        return fact, (DecisionKind(text("status")), text("reason")) if ev("status") in said else None

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
