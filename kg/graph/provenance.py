"""Provenance as RDF: one codec between facts and the triples of the provenance graph.

A fact is reified as RDF 1.1 has it (https://www.w3.org/TR/rdf11-mt/#reification): `fact:ID` is an `rdf:Statement` with
subject, predicate and object, its source, and the fields of `_EVIDENCE` and `_FACT`. A contested fact has a status and
a reason as well. The vocabulary (`ev:`) is described in ontology/evidence.ttl.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg import vocabulary as film
from kg.decisions.conflicts import ContestedFact, Decision, DecisionKind, Resolution
from kg.facts.fact_table import PER_RECORD, REIFIED, ProjectFacts
from kg.facts.model import Evidence, Fact, Rank, Source
from kg.facts.texts import Texts, passage_uri
from kg.graph.record_store import RecordStore
from kg.graph.snapshot_file import add_graph
from kg.graph.store import find_quad, find_quads
from kg.reports import Place
from kg.terms import BASE, CONTESTED, EVIDENCE, FACT, PROVENANCE, RDF, SOURCE, TYPE, XSD, Spo, Term, to_spo, to_text

if TYPE_CHECKING:
    from kg.graph.triple_tables import TripleTables

_STATEMENT, _SUBJECT, _PREDICATE, _OBJECT = (
    NamedNode(RDF + name) for name in ("Statement", "subject", "predicate", "object")
)
_RECORD, _DECISION = NamedNode(EVIDENCE + "Record"), NamedNode(EVIDENCE + "Decision")
_SOURCE, _PASSAGE, _STATUS, _REASON, _ABOUT, _PROPERTY, _KIND, _PREFERRED, _AGAINST = (
    NamedNode(EVIDENCE + name)
    for name in ("source", "passage", "status", "reason", "about", "property", "kind", "preferred", "against")
)
_TYPE_TEXT, _STATEMENT_TEXT = str(TYPE), str(_STATEMENT)
_HEAD_TEXTS = tuple(map(str, (_SUBJECT, _PREDICATE, _OBJECT, _SOURCE, _PASSAGE)))
_INTEGER, _BOOLEAN = NamedNode(XSD + "integer"), NamedNode(XSD + "boolean")
Subject = NamedNode | BlankNode | Triple
_MAX_INDEXED = 2000
"""A subject with more statements is not indexed, since a single triple of it would take long."""
_PLACE = re.compile(r"(?P<file>.*?)(?::(?P<line>\d+))?(?::(?P<column>\d+))?", re.DOTALL)


class _Column(NamedTuple):
    """A field of a dataclass, the property that states it, the datatype of its literal, and how it is parsed."""

    field: str
    property: NamedNode
    datatype: NamedNode | None
    parse: Callable[[str], Any]


def _column(
    field: str, name: str = "", *, datatype: NamedNode | None = None, parse: Callable[[str], Any] = str
) -> _Column:
    return _Column(field, NamedNode(EVIDENCE + (name or field)), datatype, parse)


def to_place(text: str) -> Place:
    """A place from its text form; a path may have colons of its own.

    >>> to_place("data/Alien: Romulus.yaml:3:5")
    Place(file='data/Alien: Romulus.yaml', line=3, column=5)
    """
    parts = _PLACE.fullmatch(text)
    assert parts is not None
    return Place(parts["file"], int(parts["line"] or 0), int(parts["column"] or 0))


_EVIDENCE = (
    _column("start", datatype=_INTEGER, parse=int),
    _column("end", datatype=_INTEGER, parse=int),
    _column("record"),
    _column("retrieved"),
)
_FACT = (
    _column("rank", parse=Rank),
    _column("place", "writtenIn", parse=to_place),
    _column("paraphrase", datatype=_BOOLEAN, parse="true".__eq__),
    _column("written"),
    _column("because"),
    _column("as_of", "asOf"),
)
_SOURCE_COLUMNS = tuple(
    map(_column, ("title", "author", "publisher", "date", "language", "address", "licence", "file", "sha256"))
)


def add_provenance(tables: TripleTables, triples: Iterable[Spo]) -> None:
    """Add the provenance graph: its `provenance_triples`, and records of which nothing more is known."""
    tables.sql.execute(
        "CREATE OR REPLACE TEMP TABLE stated_record AS SELECT DISTINCT g.source, f.record FROM fact AS f"
        f" JOIN fact_origin AS g ON g.id = f.origin WHERE {PER_RECORD}"
    )
    add_graph(tables, PROVENANCE, triples)
    _add_records(tables)


def add_changed_provenance(
    tables: TripleTables, facts: ProjectFacts, resolution: Resolution, sources: Mapping[str, Source]
) -> None:
    """Add the provenance graph without what is kept of it as an earlier snapshot has it (`keep_graphs`).

    Kept are the statements and the records that no fact in the table `changed_fact` has now or had before.
    """
    tables.sql.execute(_FIND_AFFECTED)
    again = facts.where(f"{REIFIED} AND number IN (SELECT number FROM stated_again)")
    add_graph(tables, PROVENANCE, provenance_triples(facts, resolution, sources, reified=again))
    _add_records(tables)
    type_, *restated = tables.encode(map(str, (TYPE, film.Source, _DECISION))).values()
    tables.sql.execute(_FIND_CHANGED_NODES.format(type=type_, restated=", ".join(map(str, restated))))


def provenance_triples(
    facts: ProjectFacts,
    resolution: Resolution,
    sources: Mapping[str, Source],
    *,
    reified: Iterable[Fact] | None = None,
) -> Iterator[Spo]:
    """Who states each fact and where, what is contested and why, decisions and sources, but for records.

    Stated are all facts of which more is known than their record, or only those that are given.
    """
    for fact in reified if reified is not None else facts.where(REIFIED):
        yield from _reified(fact, sources)
    for contested in resolution.contested:
        yield from _reified(contested.fact, sources)
        node = str(contested.fact.iri)
        yield node, str(_STATUS), str(Literal(contested.kind.value))
        yield node, str(_REASON), str(Literal(contested.reason))
    for number, decision in enumerate(resolution.decisions, start=1):
        yield from map(to_spo, _decision(decision, number))
    cited = set(facts.sources)
    for source in sources.values():
        if source.id in cited or source.sha256:
            yield str(source.iri), str(TYPE), str(film.Source)
            yield from _literals(str(source.iri), source, _SOURCE_COLUMNS)


_NODE = (
    f"'<{FACT}' || left(sha256(concat_ws(chr(31), a.text, b.text, c.text, g.source,"
    " coalesce(d.\"start\"::VARCHAR, 'None'), coalesce(d.\"end\"::VARCHAR, 'None'), f.record,"
    " coalesce(d.as_of, ''))), 16) || '>'"
)
"""The node of a fact, as `Fact.iri` is."""
_STATED = (
    "SELECT f.s, f.p, f.o, g.source, f.record, {node} AS node FROM {facts} AS f"
    " JOIN {schema}fact_origin AS g ON g.id = f.origin JOIN {schema}term AS a ON a.id = f.s"
    " JOIN {schema}term AS b ON b.id = f.p JOIN {schema}term AS c ON c.id = f.o"
    " LEFT JOIN {schema}fact_detail AS d ON d.number = f.number"
)
_FIND_AFFECTED = f"""
CREATE OR REPLACE TEMP TABLE affected_fact AS SELECT number FROM changed_fact UNION SELECT number FROM contested_fact
    UNION SELECT number FROM former.fact WHERE status = 'contested';
CREATE OR REPLACE TEMP TABLE affected_now AS FROM fact SEMI JOIN affected_fact USING (number);
CREATE OR REPLACE TEMP TABLE affected_before AS FROM former.fact SEMI JOIN affected_fact USING (number);
CREATE OR REPLACE TEMP TABLE affected AS {_STATED.format(node=_NODE, schema="", facts="affected_now")}
    UNION ALL {_STATED.format(node=_NODE, schema="former.", facts="affected_before")};
CREATE OR REPLACE TEMP TABLE stated_record AS SELECT DISTINCT source, record FROM affected WHERE record <> '';
CREATE OR REPLACE TABLE stated_again AS SELECT f.number FROM fact AS f SEMI JOIN affected USING (s, p, o);
"""
# All decisions and sources are stated again.
_FIND_CHANGED_NODES = f"""
INSERT INTO kept_graph SELECT id FROM former.graph WHERE iri = '{PROVENANCE}';
INSERT INTO changed_node SELECT g.id, t.id FROM former.graph AS g, (
    SELECT id FROM former.term WHERE text IN (SELECT node FROM affected UNION SELECT exact FROM stated_node)
    UNION SELECT s FROM former.named SEMI JOIN kept_graph USING (g) WHERE p = {{type}} AND o IN ({{restated}})
) AS t WHERE g.iri = '{PROVENANCE}';
"""


def _add_records(tables: TripleTables) -> None:
    """The facts of a table have their evidence per record: the graph has the record, and what it is about.

    Added are the records in `stated_record` of which there are still facts; `stated_node` then has the nodes of all.
    """
    sql = tables.sql
    sql.execute("CREATE OR REPLACE TEMP TABLE stated_node(source VARCHAR, record VARCHAR, exact VARCHAR)")
    if not tables.count("stated_record"):
        return
    sql.execute(
        "CREATE OR REPLACE TABLE record_about AS SELECT DISTINCT g.source, f.record, f.s"
        f" FROM fact AS f JOIN fact_origin AS g ON g.id = f.origin SEMI JOIN stated_record AS r"
        f" ON r.source = g.source AND r.record = f.record WHERE {PER_RECORD}"
    )
    sql.execute(
        f"INSERT INTO stated_node SELECT source, record, '<{SOURCE}' || source || '/' || url_encode(record) || '>'"
        " FROM stated_record"
    )
    sql.execute(
        f"CREATE OR REPLACE TABLE named_record AS SELECT *, '<{SOURCE}' || source || '>' AS source_node"
        " FROM stated_node SEMI JOIN record_about USING (source, record)"
    )
    tables.encode(
        f"<{SOURCE}{source}>" for (source,) in sql.execute("SELECT DISTINCT source FROM named_record").fetchall()
    )
    tables.add_dictionary("named_record")
    names = list(map(str, (PROVENANCE, TYPE, _RECORD, _SOURCE, _ABOUT)))
    ids = tables.encode(names)
    graph, type_, record, source, about = (ids[name] for name in names)
    node = "FROM named_record AS n JOIN term AS r ON r.text = n.exact"
    sql.execute(f"INSERT INTO named SELECT DISTINCT {graph}, r.id, {type_}, {record} {node}")
    sql.execute(f"INSERT INTO named SELECT {graph}, r.id, {source}, t.id {node} JOIN term AS t ON t.text = source_node")
    sql.execute(
        f"INSERT INTO named SELECT {graph}, r.id, {about}, a.s {node} JOIN record_about AS a USING (source, record)"
    )
    for name in ("record_about", "named_record"):
        sql.execute(f"DROP TABLE {name}")


def _literals(node: str, value: object, columns: Iterable[_Column]) -> Iterator[Spo]:
    """The fields of a dataclass as triples; what is None, False or empty is not written."""
    for field, property, datatype, _ in columns:
        item = getattr(value, field)
        if item is None or item is False or item == "":
            continue
        yield node, str(property), str(Literal("true" if item is True else str(item), datatype=datatype))


def _fields(values: Mapping[NamedNode, Term], columns: Iterable[_Column]) -> dict[str, Any]:
    """The fields of a dataclass, parsed from the values of its node."""
    return {
        field: parse(value.value)
        for field, property, _, parse in columns
        if isinstance(value := values.get(property), Literal)
    }


def _reified(fact: Fact, sources: Mapping[str, Source]) -> Iterator[Spo]:
    """The statement of a fact as texts, since there may be many: a term would be made of each, and a text of that."""
    node, evidence, source = str(fact.iri), fact.evidence, sources[fact.evidence.source]
    values = (fact.subject, fact.property, fact.value, source.iri, Literal(passage_uri(source, evidence)))
    yield node, _TYPE_TEXT, _STATEMENT_TEXT
    yield from ((node, property, to_text(value)) for property, value in zip(_HEAD_TEXTS, values, strict=True))
    yield from _literals(node, evidence, _EVIDENCE if evidence.has_span else _EVIDENCE[2:])
    yield from _literals(node, fact, _FACT)


def _decision(decision: Decision, number: int) -> Iterator[Triple]:
    node = NamedNode(f"{BASE}decision/{number}")
    yield Triple(node, TYPE, _DECISION)
    yield Triple(node, _ABOUT, decision.subject)
    yield Triple(node, _PROPERTY, decision.property)
    yield Triple(node, _KIND, Literal(decision.kind.value))
    yield Triple(node, _REASON, Literal(decision.reason))
    for fact in decision.preferred:
        yield Triple(node, _PREFERRED, fact.iri)
    for fact in decision.others:
        yield Triple(node, _AGAINST, fact.iri)


@dataclass(frozen=True)
class Provenance:
    """Who states what in a published graph: facts by triple or subject, and sources by id."""

    store: Store
    records: RecordStore | None = None

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """The sources of the graph, by id."""
        quads = find_quads(self.store, None, TYPE, film.Source, PROVENANCE)
        sources = sorted((self._source(quad.subject) for quad in quads), key=lambda source: source.id)
        return {source.id: source for source in sources}

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Source -> the number of its facts; empty where the graph has no snapshot."""
        return self.records.counts() if self.records is not None else {}

    def facts_at(self, passage: Evidence) -> Iterator[Fact]:
        """The facts that were read from exactly this passage, by place."""
        source = self.sources.get(passage.source, Source(passage.source))
        quads = find_quads(self.store, None, _PASSAGE, Literal(passage_uri(source, passage)), PROVENANCE)
        facts = (self._statement(quad.subject) for quad in quads)
        yield from sorted((fact for fact in facts if isinstance(fact, Fact)), key=_place_and_id)

    def facts(self, triple: Triple | None = None) -> Iterator[Fact]:
        """The facts that state a triple and are knowledge; without a triple, all such facts, by place."""
        yield from (fact for fact in self._statements(triple) if isinstance(fact, Fact))
        if self.records is not None:
            yield from self.records.facts(triple)

    def sources_of_each(self, triples: Collection[Triple]) -> Mapping[Triple, set[str]]:
        """Each of these triples -> the sources that state it; a query for each would take much longer."""
        recorded = self.records.sources_of_each(triples) if self.records is not None else {}
        return {
            triple: {statement.evidence.source for statement in self._statements(triple) if isinstance(statement, Fact)}
            | recorded.get(to_spo(triple), set())
            for triple in triples
        }

    def statements_about(self, subject: NamedNode | BlankNode) -> Iterator[Fact | ContestedFact]:
        """Every fact about an entity that is in the provenance graph: those of the snapshot alone are not."""
        quads = find_quads(self.store, None, _SUBJECT, subject, PROVENANCE)
        return (self._statement(quad.subject) for quad in quads)

    def facts_about(self, subject: NamedNode | BlankNode) -> Iterator[Fact]:
        """Every fact about an entity that is knowledge."""
        yield from (fact for fact in self.statements_about(subject) if isinstance(fact, Fact))
        if self.records is not None:
            yield from self.records.facts_about(subject)

    def contested(self, triple: Triple | None = None) -> Iterator[ContestedFact]:
        """The contested facts that state a triple; without a triple, all of them, by place."""
        return (fact for fact in self._statements(triple) if isinstance(fact, ContestedFact))

    def contested_about(self, subject: NamedNode | BlankNode) -> Iterator[ContestedFact]:
        """The contested facts about an entity, by place."""
        quads = find_quads(self.store, subject, None, None, CONTESTED)
        by_id = {contested.fact.id: contested for quad in quads for contested in self.contested(quad.triple)}
        yield from sorted(by_id.values(), key=_place_and_id)

    def is_preferred(self, fact: Fact) -> bool:
        """True when a decision preferred this fact to others."""
        return find_quad(self.store, None, _PREFERRED, fact.iri, PROVENANCE) is not None

    def is_asserted(self, triple: Triple) -> bool:
        """True when a source states the triple and it is knowledge."""
        return next(self.facts(triple), None) is not None

    def texts(self, texts: Texts) -> Texts:
        """The same texts, for the sources of this graph."""
        return Texts(texts.folders, self.sources)

    def _statements(self, triple: Triple | None) -> Iterator[Fact | ContestedFact]:
        if triple is None:
            nodes = [quad.subject for quad in find_quads(self.store, None, TYPE, _STATEMENT, PROVENANCE)]
            yield from sorted(map(self._statement, nodes), key=_place_and_id)
            return
        about = self._nodes_about(triple.subject)
        if len(about) <= _MAX_INDEXED:
            for node in self._nodes_by_value(triple.subject).get((triple.predicate, triple.object), ()):
                yield self._statement(node)
            return
        for quad in find_quads(self.store, None, _OBJECT, triple.object, PROVENANCE):
            node = quad.subject
            if node in about and find_quad(self.store, node, _PREDICATE, triple.predicate, PROVENANCE) is not None:
                yield self._statement(node)

    # A page or an explanation looks for the statements of each triple of an entity, so those of the last are kept.

    @cached_property
    def _nodes_about(self) -> Callable[[Subject], frozenset[object]]:
        """The statements about a subject."""

        def nodes(subject: Subject) -> frozenset[object]:
            return frozenset(quad.subject for quad in find_quads(self.store, None, _SUBJECT, subject, PROVENANCE))

        return lru_cache(maxsize=64)(nodes)

    @cached_property
    def _nodes_by_value(self) -> Callable[[Subject], Mapping[tuple[NamedNode, object], Sequence[object]]]:
        """Property and value -> the statements about a subject that state it."""

        def by_value(subject: Subject) -> Mapping[tuple[NamedNode, object], Sequence[object]]:
            found: dict[tuple[NamedNode, object], list[object]] = {}
            for node in sorted(self._nodes_about(subject), key=str):
                values = self._values(node)
                predicate = values[_PREDICATE]
                assert isinstance(predicate, NamedNode)
                found.setdefault((predicate, values[_OBJECT]), []).append(node)
            return found

        return lru_cache(maxsize=64)(by_value)

    def _statement(self, node: object) -> Fact | ContestedFact:
        values = self._values(node)
        subject, predicate, value, source = (values[p] for p in (_SUBJECT, _PREDICATE, _OBJECT, _SOURCE))
        assert isinstance(subject, NamedNode | BlankNode)
        assert isinstance(predicate, NamedNode)
        assert isinstance(source, NamedNode)
        evidence = Evidence(source.value.removeprefix(SOURCE), **_fields(values, _EVIDENCE))
        fact = Fact(subject, predicate, value, evidence, **_fields(values, _FACT))
        if (status := values.get(_STATUS)) is None:
            return fact
        reason = values.get(_REASON)
        assert isinstance(status, Literal)
        return ContestedFact(fact, DecisionKind(status.value), reason.value if isinstance(reason, Literal) else "")

    def _source(self, node: object) -> Source:
        assert isinstance(node, NamedNode)
        return Source(node.value.removeprefix(SOURCE), **_fields(self._values(node), _SOURCE_COLUMNS))

    def _values(self, node: object) -> dict[NamedNode, Term]:
        assert isinstance(node, NamedNode)
        quads = find_quads(self.store, node, None, None, PROVENANCE)
        return {quad.predicate: quad.object for quad in quads if not isinstance(quad.object, Triple)}


def _place_and_id(statement: Fact | ContestedFact) -> tuple[Place, str]:
    fact = statement.fact if isinstance(statement, ContestedFact) else statement
    return (fact.place, fact.id)
