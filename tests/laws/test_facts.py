"""Laws of facts: tables, ids, dates, and conflict resolution."""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from kg.decisions.conflicts import Resolution, resolve_conflicts
from kg.decisions.policy import Policy
from kg.facts.dates import to_date, to_date_range
from kg.facts.fact_table import ProjectFacts
from kg.facts.julian import gregorian_to_julian, julian_to_gregorian
from kg.facts.literals import parse_value
from kg.facts.model import FACT_COLUMNS, Evidence, Fact, Rank, to_row
from kg.facts.readers.table_reader import TableReader
from kg.facts.sources import read_sources
from kg.graph.triple_tables import TripleTables
from kg.pipeline.draft import draft
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import XSD, entity_iri, to_curie, to_iri
from kg.text.folding import to_slug
from tests.projects import SOURCES, SmallProject

law = settings(deadline=None, max_examples=200)
slow_law = settings(deadline=None, max_examples=15)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    return SmallProject(tmp_path_factory.mktemp("films")).schema


# --- Days of the Julian calendar ---


@law
@given(st.dates(datetime.date(1, 1, 10), datetime.date(9999, 10, 1)))
def test_a_day_is_the_same_in_both_calendars_whichever_way_it_is_converted(day: datetime.date) -> None:
    julian = gregorian_to_julian(day.isoformat())
    assert julian_to_gregorian(julian) == day.isoformat()
    after = gregorian_to_julian((day + datetime.timedelta(days=1)).isoformat())
    assert julian < after


@law
@given(st.integers(1, 9998), st.integers(0, 13), st.integers(0, 32))
def test_a_day_that_the_julian_calendar_does_not_have_is_refused(year: int, month: int, day: int) -> None:
    text = f"{year:04d}-{month:02d}-{day:02d}"
    try:
        gregorian = julian_to_gregorian(text)
    except ValueError:
        assert not (1 <= month <= 12 and 1 <= day <= 28) or year < 2
    else:
        assert gregorian_to_julian(gregorian) == text


# --- Facts as rows ---

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\"',|;"), min_size=1)
days = st.dates(datetime.date(1000, 1, 1)).map(datetime.date.isoformat)
dates = st.one_of(
    days, days.map(lambda day: day[:7]), days.map(lambda day: day[:4]), days.map(lambda day: day[:3] + "X")
)
names = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5})?", fullmatch=True)
addresses = names.map(lambda name: NamedNode(f"https://example.org/{name}?a=(1)&b=%20#x"))
entities = st.one_of(names.map(entity_iri), addresses)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9)


def literal(name: str) -> st.SearchStrategy[Literal]:
    """Values of a property that takes literals."""
    texts_of = {"title": texts, "minutes": st.integers().map(str), "amount": decimals.map(str), "date": dates}
    kinds = {"title": "string", "minutes": "integer", "amount": "decimal"}
    if name == "date":
        return dates.map(to_date)
    return texts_of[name].map(lambda text: Literal(text, datatype=NamedNode(XSD + kinds[name])))


values = st.one_of(
    *(st.tuples(st.just(entity_iri(name)), literal(name)) for name in ("title", "minutes", "amount", "date")),
    st.tuples(st.just(entity_iri("director")), entities),
    st.tuples(
        st.just(NamedNode("http://www.w3.org/2000/01/rdf-schema#label")),
        texts.map(lambda text: Literal(text, language="en-GB")),
    ),
)
spans = st.tuples(st.integers(0, 10**6), st.integers(1, 10**4)).map(lambda pair: (pair[0], pair[0] + pair[1]))
evidences = st.builds(
    lambda source, span, record, day: Evidence(source, span[0], span[1], record, day),
    st.sampled_from(["encyclopedia", "trade-paper", "fan-site"]),
    st.one_of(st.just((None, None)), spans),
    st.one_of(st.just(""), texts),
    st.one_of(st.just(""), dates),
)
facts = st.builds(
    lambda subject, value, evidence, written, day, rank, because, paraphrase: Fact(
        subject, value[0], value[1], evidence, written, day, rank, because, paraphrase
    ),
    entities,
    values,
    evidences,
    st.one_of(st.just(""), texts),
    st.one_of(st.just(""), dates),
    st.sampled_from(Rank),
    st.one_of(st.just(""), texts),
    st.booleans(),
)


def to_csv(rows: list[dict[str, object]], delimiter: str) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(FACT_COLUMNS), delimiter=delimiter, restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {
                name: "" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell
                for name, cell in row.items()
            }
        )
    return out.getvalue().encode()


@slow_law
@given(stated=st.lists(facts, max_size=50), is_tsv=st.booleans())
def test_facts_written_as_rows_are_read_as_the_same_facts(schema: Schema, stated: list[Fact], is_tsv: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (sources := Path(folder) / "sources.yaml").write_text(SOURCES, encoding="utf-8")
        table = Path(folder) / ("facts.tsv" if is_tsv else "facts.csv")
        table.write_bytes(to_csv([to_row(fact) for fact in stated], "\t" if is_tsv else ","))
        fact_table = ProjectFacts(TripleTables())
        reader = TableReader(schema, read_sources(sources, file="sources.yaml").sources, fact_table)
        reader.read(table, file=table.name)
        read = list(fact_table)
    assert reader.findings == []
    assert [to_row(fact) for fact in read] == [to_row(fact) for fact in stated]
    assert [(fact.triple, fact.evidence, fact.id) for fact in read] == [
        (fact.triple, fact.evidence, fact.id) for fact in stated
    ]


@law
@given(facts)
def test_the_id_of_a_fact_depends_on_its_statement_and_evidence_alone(fact: Fact) -> None:
    same = Fact(fact.subject, fact.property, fact.value, fact.evidence, as_of=fact.as_of)
    other = Fact(fact.subject, fact.property, fact.value, Evidence("editors"), as_of=fact.as_of)
    assert fact.id == same.id
    assert fact.id != other.id


@law
@given(texts)
def test_a_slug_is_a_name(text: str) -> None:
    slug = to_slug(text)
    assert to_slug(slug) == slug
    assert len(slug) <= 60
    assert not slug or to_iri(slug) == entity_iri(slug)


@law
@given(entities)
def test_a_curie_is_read_back_as_the_same_iri(entity: NamedNode) -> None:
    assert to_iri(to_curie(entity.value)) == entity


@law
@given(st.text())
def test_any_text_is_a_title_or_is_refused_with_a_reason(text: str) -> None:
    property = OntologyTerm(entity_iri("title"), value_kind=ValueKind.LITERAL, range=(NamedNode(XSD + "string"),))
    try:
        assert parse_value(text, property) == Literal(text)
    except ValueError as error:
        assert "is not allowed" in str(error)  # noqa: PT017


# --- Dates ---


@law
@given(dates)
def test_a_date_begins_no_later_than_it_ends(written: str) -> None:
    span = to_date_range(written)
    assert span.earliest <= span.latest
    assert (span.latest - span.earliest).days in (*range(31), 364, 365, 3651, 3652)


@law
@given(days)
def test_a_finer_date_lies_within_the_coarser(day: str) -> None:
    spans = [to_date_range(written) for written in (day[:3] + "X", day[:4], day[:7], day)]
    for outer, inner in itertools.pairwise(spans):
        assert outer.earliest <= inner.earliest <= inner.latest <= outer.latest


@law
@given(days, days)
def test_full_days_are_in_the_order_of_the_calendar(left: str, right: str) -> None:
    assert (to_date_range(left).latest < to_date_range(right).earliest) == (left < right)


@law
@given(st.text(st.sampled_from("0123456789-X"), max_size=11) | st.text(max_size=12))
def test_a_text_that_is_not_a_date_is_refused(written: str) -> None:
    try:
        to_date_range(written)
    except ValueError as error:
        assert repr(written) in str(error)  # noqa: PT017
    else:
        assert to_date(written).value == written


# --- Conflict resolution ---

SINGLE_VALUED: dict[NamedNode, frozenset[NamedNode] | None] = {
    entity_iri("year"): None,
    entity_iri("minutes"): None,
    entity_iri("title"): None,
}
POLICY = Policy(source_order=("encyclopedia", "trade-paper"))
few = st.sampled_from(["anora", "tangerine"]).map(entity_iri)
disputed_facts = st.builds(
    lambda subject, value, source, rank, day: Fact(subject, value[0], value[1], Evidence(source), rank=rank, as_of=day),
    few,
    st.one_of(
        st.sampled_from(["2023", "2024", "2024-10"]).map(lambda text: (entity_iri("year"), to_date(text))),
        st.integers(1, 3).map(lambda number: (entity_iri("minutes"), Literal(number))),
        st.sampled_from("AB").map(lambda text: (entity_iri("title"), Literal(text))),
    ),
    st.sampled_from(["encyclopedia", "trade-paper", "fan-site"]),
    st.sampled_from(Rank),
    st.sampled_from(["", "2024", "2025"]),
)


def resolve(facts: list[Fact], schema: Schema) -> Resolution:
    return resolve_conflicts(facts, single_valued=SINGLE_VALUED, schema=schema, policy=POLICY)


@law
@given(stated=st.lists(disputed_facts, max_size=10), seed=st.integers(0, 100))
def test_decisions_do_not_depend_on_the_order_of_the_facts(schema: Schema, stated: list[Fact], seed: int) -> None:
    shuffled = random.Random(seed).sample(stated, len(stated))
    first, second = resolve(stated, schema), resolve(shuffled, schema)
    assert set(first.facts) == set(second.facts)
    assert set(first.contested) == set(second.contested)
    assert [(d.subject, d.property, d.kind, d.value, d.reason) for d in first.decisions] == [
        (d.subject, d.property, d.kind, d.value, d.reason) for d in second.decisions
    ]


@law
@given(stated=st.lists(disputed_facts, max_size=10))
def test_no_fact_is_lost_and_no_single_valued_property_has_two_values(schema: Schema, stated: list[Fact]) -> None:
    result = resolve(stated, schema)
    assert sorted(map(repr, (*result.facts, *(item.fact for item in result.contested)))) == sorted(map(repr, stated))
    known: dict[tuple[object, object], set[object]] = {}
    for fact in result.facts:
        known.setdefault((fact.subject, fact.property), set()).add(fact.value)
    assert all(len(values) == 1 for values in known.values())


@law
@given(stated=st.lists(disputed_facts, max_size=10))
def test_decisions_about_one_film_do_not_depend_on_another(schema: Schema, stated: list[Fact]) -> None:
    anora = [fact for fact in stated if fact.subject == entity_iri("anora")]
    together = resolve(stated, schema)
    assert [fact for fact in together.facts if fact.subject == entity_iri("anora")] == list(
        resolve(anora, schema).facts
    )


OTHERS = """\
source: encyclopedia
tangerine: {type: Film, label: Tangerine, director: sean-baker, date: 2015-07-10, title: Tangerine, minutes: 88}
alien: {type: Film, label: Alien, director: ridley-scott, date: 1980-01-01, sequelOf: tangerine}
sean-baker: {type: Person, label: Sean Baker}
ridley-scott: {type: Person, label: Ridley Scott}
nobody: {type: Person, label: Nobody}
"""
PROPERTIES = {
    "date": ["1979-05-25", "1980-01-01", "2015-07-10"],
    "title": ["Tangerine", "Alien", "X"],
    "minutes": ["88", "117"],
    "director": ["sean-baker", "ridley-scott", "nobody"],
}
disputed_values = st.sampled_from(sorted(PROPERTIES)).flatmap(
    lambda name: st.tuples(
        st.just(name), st.lists(st.sampled_from(PROPERTIES[name]), min_size=2, max_size=2, unique=True)
    )
)


@slow_law
@given(disputed=disputed_values)
def test_two_values_for_one_film_change_nothing_about_another(disputed: tuple[str, list[str]]) -> None:
    name, pair = disputed
    with tempfile.TemporaryDirectory() as folder:
        project = SmallProject(Path(folder))
        project.write("data/others.yaml", OTHERS)
        before = about_others(project)
        for source, value in zip(("fan-site", "trade-paper"), pair, strict=True):
            project.write(f"data/{source}.yaml", f"source: {source}\nanora: {{type: Film, {name}: {value}}}\n")
        assert about_others(project) == before


def about_others(project: SmallProject) -> set[Triple]:
    """The asserted and inferred triples about everything but one film."""
    drafted = draft(project.project)
    assert drafted.report
    triples = {*drafted.tables.triples(), *drafted.tables.triples(table="inferred")}
    return {triple for triple in triples if entity_iri("anora") not in (triple.subject, triple.object)}
