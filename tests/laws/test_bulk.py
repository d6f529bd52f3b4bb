"""Laws of bulk facts: fast reading and fast conflict resolution give the same as the simple algorithms."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from kg.decisions.apply_links import apply_links
from kg.decisions.conflicts import (
    ConflictResolver,
    ContestedFact,
    Decision,
    DecisionKind,
    Resolution,
    Subject,
    is_part_link,
    resolve_conflicts,
)
from kg.decisions.links import Judgement, Links
from kg.decisions.policy import Policy
from kg.decisions.touched_facts import apply_links_in, resolve_conflicts_in
from kg.facts.fact_table import ProjectFacts
from kg.facts.model import Evidence, Fact, Rank
from kg.facts.readers.row_reader import RowReader
from kg.facts.readers.table_reader import TableReader
from kg.facts.sources import read_sources
from kg.graph.triple_tables import TripleTables
from kg.parts import belongs_to
from kg.reports import Finding, Place
from kg.schema import Schema
from kg.terms import LABEL, TYPE, Term, entity_iri, to_spo
from tests.laws.sizes import cases
from tests.projects import SOURCES, SmallProject

law = settings(deadline=None, max_examples=cases(500))
few_examples = settings(deadline=None, max_examples=cases(50))  # each makes a database


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    """The small project's words, where no film is a person."""
    apart = frozenset({frozenset({entity_iri("Work"), entity_iri("Agent")})})
    return replace(SmallProject(tmp_path_factory.mktemp("films")).schema, disjoint=apart)


# --- Reading

# Of a plain row, and what is seldom: of each three cells in four are plain.
CELLS = {
    "subject": (["anora", "film:anora", "<https://example.org/1>"], ["the florida project", ""]),
    "property": (
        ["label", "director", "type", "year", "minutes", "film:title"],
        ["score", "runningTime", "directr", "kind", "https://w3id.org/filmgraph/film/label"],
    ),
    "value": (
        ["Anora", "Film", "Flim", "2024", "139"],
        ["8.50", "PT139M", "", "a\x01b", "no name", "x\ny", 'the "Palme"', "a, b", "a\\b", "wd:Q1", "é🎬", "+7"],
    ),
    "source": (["fan-site", "source:fan-site"], ["nobody", ""]),
    "record": (["", "1", "r/2 é"], [""]),
    "written": ([""], ["139 minutes"]),
    "rank": ([""], ["normal", "deprecated", "best"]),
    "as_of": ([""], ["2024-10", "soon"]),
    "language": ([""], ["en", "EN", "pt-BR", "not a language"]),
    "datatype": ([""], ["xsd:integer", "xsd:string", "film:year"]),
    "start": (["", "3"], ["x", "12"]),
    "end": (["", "9"], ["٣"]),
    "paraphrase": (["", "true"], ["false", "perhaps"]),
    "retrieved": (["", "2024-10-18"], ["lately"]),
}
OPTIONAL = sorted({*CELLS} - {"subject", "property", "value", "source"})


def cell(plain: list[str], seldom: list[str]) -> st.SearchStrategy[str]:
    return st.one_of(*[st.sampled_from(plain)] * 3, st.sampled_from(seldom))


rows = st.lists(st.fixed_dictionaries({name: cell(*cells) for name, cells in CELLS.items()}), min_size=3, max_size=60)
csv_styles = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]
columns = st.sets(
    st.sampled_from(
        ["record", "written", "rank", "as_of", "language", "datatype", "start", "end", "paraphrase", "retrieved"]
    )
).map(lambda more: ["subject", "property", "value", "source", *sorted(more)])


def read_by_sql(path: Path, schema: Schema) -> tuple[list[Fact], list[Finding]]:
    table = ProjectFacts(TripleTables())
    sources = read_sources(path.parent / "sources.yaml", file="data/sources.yaml").sources
    reader = TableReader(schema, sources, table)
    reader.read(path, file="data/films.csv")
    return list(table), reader.findings


def read_row_by_row(path: Path, schema: Schema) -> tuple[list[Fact], list[Finding]]:
    reader = RowReader(schema, read_sources(path.parent / "sources.yaml", file="data/sources.yaml").sources)
    facts: list[Fact] = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, strict=True)
        header, line = next(rows), rows.line_num + 1
        for cells in rows:
            row = dict(zip(header, cells, strict=True))
            facts.extend(reader.read_row(row, Place("data/films.csv", line)))
            line = rows.line_num + 1
    return facts, reader.findings


@few_examples
@given(rows, columns, st.sampled_from(["\n", "\r\n"]), st.sampled_from(csv_styles))
def test_tables_are_read_by_sql_as_row_by_row(
    schema: Schema, rows: list[dict[str, str]], columns: list[str], line_end: str, quoting: int
) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writeheader()
    writer.writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sources.yaml").write_text(SOURCES, encoding="utf-8")
        path = Path(folder) / "films.csv"
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
        assert read_by_sql(path, schema) == read_row_by_row(path, schema)


# --- Conflict resolution

ENTITIES = [
    entity_iri(name) for name in ("anora", "anora.release.1", "anora.release.1.part.2", "anora.release.1.part.2.day.3")
]
VALUES: dict[str, list[Term]] = {
    "year": [Literal("2023"), Literal("2024"), Literal("202X")],
    "amount": [Literal("36"), Literal("40")],
    "asOf": [Literal("2024-10-18")],
    "release": [entity_iri("anora.release.1"), entity_iri("anora.release.2")],
    "part": [entity_iri("anora.release.1.part.2"), entity_iri("anora.release.1.part.3")],
    "boxOffice": [entity_iri("anora.boxOffice.1"), entity_iri("anora.boxOffice.2"), entity_iri("anora")],
    "sequelOf": [entity_iri("anora")],
}
evidences = st.builds(
    Evidence, st.sampled_from(["encyclopedia", "fan-site", "trade-paper"]), record=st.sampled_from(["", "1", "2"])
)
statements = st.one_of(
    *(st.tuples(st.just(entity_iri(name)), st.sampled_from(values)) for name, values in VALUES.items()),
    st.tuples(st.just(TYPE), st.sampled_from([entity_iri("Film"), entity_iri("Figure"), entity_iri("Person")])),
)
facts = st.builds(
    lambda subject, statement, evidence, day, rank: Fact(
        subject, statement[0], statement[1], evidence, as_of=day, rank=rank
    ),
    st.sampled_from(ENTITIES),
    statements,
    evidences,
    st.sampled_from(["", "2024", "2025"]),
    st.sampled_from(list(Rank)),
)
SINGLE_VALUED = {
    entity_iri("year"): frozenset({entity_iri("Work")}),
    entity_iri("amount"): frozenset({entity_iri("Figure")}),
    entity_iri("release"): None,
    entity_iri("part"): None,
}
POLICY = Policy(("encyclopedia", "fan-site"), figure_keys={entity_iri("boxOffice"): (entity_iri("asOf"),)})


class SimpleResolver(ConflictResolver):
    """Collects everything about every entity, whether it is in conflict or not."""

    def value_groups(self, properties: Container[NamedNode]) -> dict[tuple[Subject, NamedNode], list[Fact]]:
        groups: dict[tuple[Subject, NamedNode], list[Fact]] = defaultdict(list)
        for fact in self.facts:
            if fact.property in properties:
                groups[fact.subject, fact.property].append(fact)
        return {key: group for key, group in groups.items() if len({fact.value for fact in group}) > 1}

    def figure_values(self) -> dict[Subject, dict[NamedNode, set[Term]]]:
        values: dict[Subject, dict[NamedNode, set[Term]]] = defaultdict(lambda: defaultdict(set))
        for fact in self.facts:
            values[fact.subject][fact.property].add(fact.value)
        return values

    def classes_of(self, entities: object) -> dict[Subject, set[NamedNode]]:
        classes: dict[Subject, set[NamedNode]] = defaultdict(set)
        for fact in self.facts:
            if fact.property == TYPE and isinstance(fact.value, NamedNode):
                classes[fact.subject] |= self.schema.ancestors(fact.value)
            elif not isinstance(fact.value, Literal):
                property = self.schema.properties.get(fact.property)
                for iri in property.range if property is not None else ():
                    classes[fact.value] |= self.schema.ancestors(iri)
        return classes


def resolve_simply(facts: list[Fact], schema: Schema) -> Resolution:
    """Compare each fact with each decision."""
    contested = {
        number: ContestedFact(fact, DecisionKind.DEPRECATED, "the source is known to be wrong here")
        for number, fact in enumerate(facts)
        if fact.rank is Rank.DEPRECATED
    }
    candidates = [fact for number, fact in enumerate(facts) if number not in contested]
    decisions = tuple(SimpleResolver(candidates, SINGLE_VALUED, schema, POLICY).decisions())
    losing = {other: decision for decision in decisions for other in decision.others}
    lost = {fact.value: decision for fact, decision in losing.items() if is_part_link(fact)}
    for number, fact in enumerate(facts):
        decision = losing.get(fact) or lost.get(lost_part(fact, lost))
        if decision is not None and number not in contested:
            contested[number] = ContestedFact(fact, decision.kind, decision.reason)
    knowledge = tuple(fact for number, fact in enumerate(facts) if number not in contested)
    return Resolution(knowledge, tuple(contested.values()), decisions)


def lost_part(fact: Fact, lost: Mapping[Term, Decision]) -> Term:
    """The first lost part that the fact is about or within; its subject when there is none."""
    if fact.subject in lost:
        return fact.subject
    owners = (part for part in lost if isinstance(part, NamedNode) and belongs_to(fact.subject.value, part.value))
    return next(owners, fact.subject)


@few_examples
@given(st.lists(facts, min_size=8, max_size=25))
def test_conflicts_in_a_table_are_resolved_as_among_objects(schema: Schema, facts: list[Fact]) -> None:
    table = ProjectFacts(TripleTables())
    table.add(facts)
    in_table = resolve_conflicts_in(table, single_valued=SINGLE_VALUED, schema=schema, policy=POLICY)
    among_all = resolve_conflicts(facts, single_valued=SINGLE_VALUED, schema=schema, policy=POLICY)
    assert (tuple(in_table.facts), in_table.contested, in_table.decisions) == (
        among_all.facts,
        among_all.contested,
        among_all.decisions,
    )


@law
@given(st.lists(facts, min_size=8, max_size=25))
def test_conflicts_are_resolved_as_by_the_simple_algorithm(schema: Schema, facts: list[Fact]) -> None:
    resolution = resolve_conflicts(facts, single_valued=SINGLE_VALUED, schema=schema, policy=POLICY)
    assert resolution == resolve_simply(facts, schema)


# --- Links

LINKED = [entity_iri(name) for name in ("anora", "anora-2024", "wd-q1", "palme-dor", "the-palme")]
PARTS = [entity_iri(f"{owner}.recognition.{number}") for owner in ("anora", "wd-q1") for number in (1, 2)]
linked_facts = st.builds(
    lambda subject, statement, source: Fact(subject, statement[0], statement[1], Evidence(source)),
    st.sampled_from([*LINKED, *PARTS, NamedNode("http://www.wikidata.org/entity/Q1")]),
    st.one_of(
        st.tuples(st.just(entity_iri("recognition")), st.sampled_from(PARTS)),
        st.tuples(st.just(entity_iri("award")), st.sampled_from(LINKED[3:])),
        st.tuples(st.just(entity_iri("outcome")), st.sampled_from([Literal("won"), Literal("nominated")])),
        st.tuples(st.just(LABEL), st.sampled_from([Literal("Anora"), Literal("Ani"), Literal("Ani", language="en")])),
    ),
    st.sampled_from(["encyclopedia", "fan-site"]),
)
judgements = st.builds(
    Judgement, st.sampled_from(LINKED), st.sampled_from(LINKED), st.sampled_from([True, True, False])
).filter(lambda judgement: judgement.subject != judgement.object)
WITH_PARTS = replace(POLICY, part_keys={entity_iri("recognition"): (entity_iri("award"),)})


@few_examples
@given(st.lists(linked_facts, max_size=25), st.lists(judgements, max_size=3))
def test_links_change_the_facts_of_a_table_as_they_change_objects(facts: list[Fact], judged: list[Judgement]) -> None:
    table, links = ProjectFacts(TripleTables()), Links(judged)
    table.add(facts)
    canonical = apply_links_in(table, links, WITH_PARTS)
    among_all = apply_links(tuple(facts), links, WITH_PARTS)
    assert (tuple(table), dict(canonical)) == (among_all.facts, dict(among_all.canonical))


# --- Triple tables


@settings(law, max_examples=cases(100))  # each makes two databases
@given(st.lists(facts, max_size=12), st.lists(facts, max_size=12))
def test_terms_have_the_same_numbers_whether_added_as_terms_or_as_texts(some: list[Fact], more: list[Fact]) -> None:
    by_term, by_text = TripleTables(), TripleTables()
    for part in (some, more):
        by_term.add(fact.triple for fact in part)
        by_text.add_texts(to_spo(fact.triple) for fact in part)
    for query in ("SELECT * FROM term ORDER BY ALL", "SELECT * FROM triple ORDER BY ALL"):
        assert by_term.sql.execute(query).fetchall() == by_text.sql.execute(query).fetchall()
