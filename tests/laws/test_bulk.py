"""Facts in bulk: the quick way of reading and deciding gives what the plain way gives, whatever a table says."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from kg.decisions import conflicts
from kg.decisions.conflicts import ContestedFact, Decision, DecisionKind, Resolution, Subject, resolve_conflicts
from kg.decisions.policy import Policy
from kg.facts.model import Evidence, Fact, Rank
from kg.facts.readers.plain_rows import PlainRows
from kg.facts.readers.table_reader import TableReader
from kg.facts.sources import read_sources
from kg.graph import provenance
from kg.graph.triple_tables import TripleTables
from kg.schema import Schema
from kg.terms import TYPE, Term, entity_iri, to_spo
from tests.projects import SOURCES, SmallProject

law = settings(deadline=None, max_examples=500)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    """The small project's words, where no film is a person."""
    apart = frozenset({frozenset({entity_iri("Work"), entity_iri("Agent")})})
    return replace(SmallProject(tmp_path_factory.mktemp("films")).schema, disjoint=apart)


# --- reading

# Of a plain row, and what is seldom: of each three cells in four are plain.
CELLS = {
    "subject": (["anora", "film:anora", "<https://example.org/1>"], ["the florida project", ""]),
    "property": (["label", "director", "type", "year", "minutes", "film:title"], ["score", "runningTime", "directr"]),
    "value": (["Anora", "Film", "Flim", "2024", "139"], ["8.50", "PT139M", "", "a\x01b", "no name", "x\ny"]),
    "source": (["fan-site", "source:fan-site"], ["nobody", ""]),
    "record": (["", "1", "r/2 é"], [""]),
    "written": ([""], ["139 minutes"]),
    "rank": ([""], ["normal", "deprecated", "best"]),
    "as_of": ([""], ["2024-10", "soon"]),
    "language": ([""], ["en", "not a language"]),
}


def cell(plain: list[str], seldom: list[str]) -> st.SearchStrategy[str]:
    return st.one_of(*[st.sampled_from(plain)] * 3, st.sampled_from(seldom))


rows = st.lists(st.fixed_dictionaries({name: cell(*cells) for name, cells in CELLS.items()}), min_size=3, max_size=12)
columns = st.sets(st.sampled_from(["record", "written", "rank", "as_of", "language"])).map(
    lambda more: ["subject", "property", "value", "source", *sorted(more)]
)


def read(path: Path, schema: Schema) -> tuple[list[Fact], list[str]]:
    sources = read_sources(path.parent / "sources.yaml", file="data/sources.yaml", faults=[])
    reader = TableReader(schema, sources)
    facts = list(reader.read_csv(path, file="data/films.csv"))
    return facts, [str(fault) for fault in reader.faults]


@law
@given(rows, columns)
def test_a_plain_row_is_read_as_any_row_is(schema: Schema, rows: list[dict[str, str]], columns: list[str]) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sources.yaml").write_text(SOURCES, encoding="utf-8")
        path = Path(folder) / "films.csv"
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
        quick = read(path, schema)
        with mock.patch.object(PlainRows, "to_fact", return_value=None):
            assert quick == read(path, schema)


# --- deciding

THINGS = [
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
said = st.one_of(
    *(st.tuples(st.just(entity_iri(name)), st.sampled_from(values)) for name, values in VALUES.items()),
    st.tuples(st.just(TYPE), st.sampled_from([entity_iri("Film"), entity_iri("Figure"), entity_iri("Person")])),
)
facts = st.builds(
    lambda subject, told, evidence, day, rank: Fact(subject, told[0], told[1], evidence, as_of=day, rank=rank),
    st.sampled_from(THINGS),
    said,
    evidences,
    st.sampled_from(["", "2024", "2025"]),
    st.sampled_from(list(Rank)),
)
SINGLE = {
    entity_iri("year"): frozenset({entity_iri("Work")}),
    entity_iri("amount"): frozenset({entity_iri("Figure")}),
    entity_iri("release"): None,
    entity_iri("part"): None,
}
POLICY = Policy(("encyclopedia", "fan-site"), figure_keys={entity_iri("boxOffice"): (entity_iri("asOf"),)})


class Naive(conflicts._Decider):
    """Decides with everything at hand about every thing, whether it is in question or not."""

    def _several(self, properties: Container[NamedNode]) -> dict[tuple[Subject, NamedNode], list[Fact]]:
        groups: dict[tuple[Subject, NamedNode], list[Fact]] = defaultdict(list)
        for fact in self.facts:
            if fact.property in properties:
                groups[fact.subject, fact.property].append(fact)
        return {key: group for key, group in groups.items() if len({fact.value for fact in group}) > 1}

    def _said_of_figures(self) -> dict[Subject, dict[NamedNode, set[Term]]]:
        said: dict[Subject, dict[NamedNode, set[Term]]] = defaultdict(lambda: defaultdict(set))
        for fact in self.facts:
            said[fact.subject][fact.property].add(fact.value)
        return said

    def _kinds(self, things: object) -> dict[Subject, frozenset[NamedNode]]:
        found: dict[Subject, set[NamedNode]] = defaultdict(set)
        for fact in self.facts:
            if fact.property == TYPE and isinstance(fact.value, NamedNode):
                found[fact.subject] |= self.schema.ancestors(fact.value)
            elif not isinstance(fact.value, Literal):
                word = self.schema.properties.get(fact.property)
                for kind in word.range if word is not None else ():
                    found[fact.value] |= self.schema.ancestors(kind)
        return {subject: frozenset(kinds) for subject, kinds in found.items()}


def naively_decided(facts: list[Fact], schema: Schema) -> Resolution:
    """Each fact is held against each decision."""
    aside = {
        number: ContestedFact(fact, DecisionKind.DEPRECATED, "its own source is wrong here")
        for number, fact in enumerate(facts)
        if fact.rank is Rank.DEPRECATED
    }
    standing = [fact for number, fact in enumerate(facts) if number not in aside]
    decisions = tuple(Naive(standing, SINGLE, schema, POLICY).decisions())
    losing = {other: decision for decision in decisions for other in decision.others}
    lost = {fact.value: decision for fact, decision in losing.items() if conflicts._is_node_of(fact)}
    for number, fact in enumerate(facts):
        decision = losing.get(fact) or lost.get(_node(fact, lost))
        if decision is not None and number not in aside:
            aside[number] = ContestedFact(fact, decision.kind, decision.reason)
    kept = tuple(fact for number, fact in enumerate(facts) if number not in aside)
    return Resolution(kept, tuple(aside.values()), decisions)


def _node(fact: Fact, lost: Mapping[Term, Decision]) -> Term:
    if fact.subject in lost:
        return fact.subject
    around = (one for one in lost if isinstance(one, NamedNode) and fact.subject.value.startswith(f"{one.value}."))
    return next(around, fact.subject)


@law
@given(st.lists(facts, min_size=8, max_size=25))
def test_only_what_is_in_question_has_to_be_looked_at(schema: Schema, facts: list[Fact]) -> None:
    assert resolve_conflicts(facts, single_valued=SINGLE, schema=schema, policy=POLICY) == naively_decided(
        facts, schema
    )


# --- stating


def triples(facts: Iterable[Fact]) -> list[Triple]:
    return list(provenance.knowledge(facts))


@settings(law, max_examples=100)  # each makes two databases
@given(st.lists(facts, max_size=12), st.lists(facts, max_size=12))
def test_terms_are_numbered_alike_whether_they_come_as_terms_or_as_texts(some: list[Fact], more: list[Fact]) -> None:
    by_term, by_text = TripleTables(), TripleTables()
    for part in (some, more):
        by_term.add_terms(provenance.said(part))
        by_text.add_texts(map(to_spo, triples(part)))
    for query in ("SELECT * FROM term ORDER BY ALL", "SELECT * FROM triple ORDER BY ALL"):
        assert by_term.sql.execute(query).fetchall() == by_text.sql.execute(query).fetchall()
