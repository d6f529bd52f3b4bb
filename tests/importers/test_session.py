"""One import by itself: what the fact table has of facts, stubs, default classes and faults that were added."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import vocabulary as film
from kg.errors import InputError
from kg.facts.model import Source
from kg.importers import spool
from kg.importers.reject_reasons import mark_value
from kg.importers.session import ImportSession, open_session
from kg.project import Project
from kg.schema import Schema, read_ontology, to_schema
from kg.sql import quote
from kg.terms import LABEL, TYPE
from tests.importers.import_project import ROOT, ImportProject


@pytest.fixture(scope="module")
def schema() -> Schema:
    return to_schema(read_ontology(Project(ROOT).ontology))


@pytest.fixture
def session(tmp_path: Path, schema: Schema) -> Iterator[ImportSession]:
    with open_session(tmp_path / "data", Source("trade-paper", title="Trade paper"), (), schema) as session:
        yield session


def rows(session: ImportSession) -> list[tuple[str, str, str]]:
    """Subject, property and value of the rows of the finished table, in their order."""
    session.finish()
    with (session.folder / "facts.csv").open(encoding="utf-8", newline="") as file:
        return [(row["subject"], row["property"], row["value"]) for row in csv.DictReader(file)]


def test_facts_are_sorted_and_written_once(session: ImportSession) -> None:
    for year in ("2024", "2023", "2024"):
        session.add_fact("anora", film.year, year, record="1")
    assert rows(session) == [("anora", "year", "2023"), ("anora", "year", "2024")]
    assert session.summary.facts == 2


def test_terms_of_the_ontology_are_written_by_name(session: ImportSession) -> None:
    session.add_fact("anora", TYPE, film.Film, record="1")
    session.add_fact("anora", LABEL, "Anora", record="1")
    assert rows(session) == [("anora", "label", "Anora"), ("anora", "type", "Film")]


def test_an_empty_value_is_left_out(session: ImportSession) -> None:
    session.add_fact("anora", film.year, "2024", record="1")
    session.add_fact("anora", film.description, "", record="1")
    assert rows(session) == [("anora", "year", "2024")]


def test_an_import_without_facts_is_an_error_and_writes_nothing(session: ImportSession) -> None:
    session.summary.records = 12
    session.summary.skipped["rows that the mapping does not select"] += 12
    message = "12 records produced no facts: 12 rows that the mapping does not select. Nothing was written."
    with pytest.raises(InputError, match=message):
        session.finish()
    assert not list(session.data.rglob("*.*"))


def test_the_most_common_label_stays_and_the_others_become_aliases(session: ImportSession) -> None:
    for label, record in (("Anora", "1"), ("Anora (2024)", "2"), ("Anora", "3")):
        session.add_fact("anora", LABEL, label, record=record)
    assert set(rows(session)) == {("anora", "label", "Anora"), ("anora", "alias", "Anora (2024)")}


def test_a_stub_is_used_only_where_the_dataset_does_not_describe_the_entity(session: ImportSession) -> None:
    for director in ("wd-q2", "wd-q3"):
        session.add_fact("wd-q1", film.director, director, record="Q1")
        item = director.removeprefix("wd-").upper()
        session.add_stub(director, class_name="Person", label=item, wikidata_id=item, record="Q1", via="director")
    session.add_fact("wd-q2", LABEL, "Sean Baker", record="Q2")
    assert set(rows(session)) == {
        ("wd-q1", "director", "wd-q2"),
        ("wd-q1", "director", "wd-q3"),
        ("wd-q2", "label", "Sean Baker"),
        ("wd-q3", "label", "Q3"),
        ("wd-q3", "type", "Person"),
        ("wd-q3", "wikidataId", "Q3"),
    }


def test_the_default_class_is_for_entities_without_a_class(session: ImportSession) -> None:
    session.add_fact("a", TYPE, film.ShortFilm, record="1")
    session.add_fact("b", LABEL, "B", record="2")
    session.add_default_class("SELECT * FROM (VALUES ('a', '1'), ('b', '2'))", "Film")
    assert {row for row in rows(session) if row[1] == "type"} == {("a", "type", "ShortFilm"), ("b", "type", "Film")}


FACTS = """
    SELECT * FROM (VALUES ('a', 'year', '2024', '', '1', 1, ''), ('a', 'year', 'x', '', '1', 2, 'not a year'))
    AS rows (subject, property, value, language, record, line, fault)"""


def test_a_value_with_a_fault_is_not_a_fact_and_keeps_its_line(session: ImportSession) -> None:
    session.add_facts_from(FACTS, may_fail=True)
    assert session.take_faults(10) == [(2, "not a year")]
    assert session.take_faults(10) == []
    assert rows(session) == [("a", "year", "2024")]


def test_faults_beyond_the_limit_are_counted(session: ImportSession) -> None:
    for _ in range(3):
        session.add_facts_from(FACTS, may_fail=True)
    assert len(session.take_faults(1)) == 1
    assert session.summary.rejected_values == 2
    assert session.summary.reject_reasons.counts == {"not a year": 2}  # the first is counted where it is rejected


def test_reasons_are_counted_without_their_values_and_are_never_too_many(session: ImportSession) -> None:
    for number in range(3000):
        session.reject("films.csv", number, f"year: {mark_value(number)} is not a year")
        session.reject_value("films.csv", number, f"reason {number}")
    counts = session.summary.reject_reasons.counts
    assert counts["year: … is not a year"] == 3000
    assert counts["other reasons"] == 3000 - 999
    assert "\n      3,000  year: … is not a year\n" in session.summary.to_text()
    assert session.spool.rejects.read_text(encoding="utf-8").startswith("films.csv:0: year: 0 is not a year\n")


def test_streamed_facts_are_written_after_the_others_in_their_order(session: ImportSession) -> None:
    session.add_fact("z", film.year, "1999", record="1")
    stream = "SELECT 'a' || i AS subject, 'year' AS property, '2024' AS value, '' AS language, '1' AS record"
    session.add_facts_from(f"{stream} FROM range(3, 0, -1) AS numbers (i)", streamed=True)
    session.finish()
    select = f"SELECT subject FROM read_parquet('{session.folder / 'facts.parquet'}')"
    assert session.sql.execute(select).fetchall() == [("z",), ("a3",), ("a2",), ("a1",)]


def test_an_error_in_one_of_several_files_ends_the_others(session: ImportSession) -> None:
    endless = "SELECT count(*) AS subject FROM range(1_000_000) AS a, range(1_000_000) AS b WHERE a.range + b.range < 0"
    with pytest.raises(duckdb.InvalidInputException, match="no such row"):
        session.spool.write_parquet_files(["SELECT error('no such row') AS subject", *[endless] * 5])


def test_the_same_facts_give_the_same_bytes_in_any_order(tmp_path: Path, schema: Schema) -> None:
    tables = []
    facts = [("anora", film.year, "2024"), ("anora", LABEL, "Anora"), ("tangerine", film.year, "2015")]
    for name, ordered in (("one", facts), ("other", facts[::-1])):
        with open_session(tmp_path / name, Source("x"), (), schema) as session:
            for subject, property, value in ordered:
                session.add_fact(subject, property, value, record="1")
            session.finish()
            tables.append((session.folder / "facts.csv").read_bytes())
    assert tables[0] == tables[1]


names = st.sampled_from(["a", "b", "c", "d"])
stubs = st.tuples(
    names, st.sampled_from(["", "Person", "Work", "Film", "Album"]), st.sampled_from(["Anora", "Q1", "Q2"]),
    st.sampled_from(["", "Q1", "Q2"]), st.sampled_from(["1", "2"]), st.sampled_from(["director", "about"]),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    st.lists(stubs, min_size=1, max_size=8),
    st.lists(st.tuples(names, st.sampled_from(["type", "label", "director"]), names), max_size=3),
    st.lists(st.tuples(names, st.sampled_from(["Sean Baker", "Anora"])), max_size=2),
    st.booleans(),
)
def test_stubs_give_the_same_facts_however_many_they_are(
    stubs: list[tuple[str, str, str, str, str, str]],
    facts: list[tuple[str, str, str]],
    labels: list[tuple[str, str]],
    parquet: bool,
) -> None:
    schema, results = to_schema(read_ontology(Project(ROOT).ontology)), []
    for many in (1000, 1):
        with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
            patch.setattr(spool, "STREAM_FROM_STUBS", many)
            with open_session(
                Path(folder), Source("x"), (), schema, parquet=parquet, retrieved="2024-10-18"
            ) as session:
                for entity, class_name, label, identifier, record, via in stubs:
                    session.add_stub(
                        entity, class_name=class_name, label=label, wikidata_id=identifier, record=record, via=via
                    )
                for subject, property, value in facts:
                    session.add_fact(subject, property, "Film" if property == "type" else value, record="3")
                for entity, label in labels:
                    session.add_name(entity, label)
                summary = session.finish()
                select = f"FROM {quote(str(summary.files[0]))}"
                found = session.sql.execute(select if parquet else f"SELECT * {select}").fetchall()
                columns = [name for name, *_ in session.sql.execute(select).description or ()]
                counts = (summary.facts, summary.entities, summary.unnamed)
            results.append((columns, sorted(found, key=str) if parquet else found, counts))
    assert results[0] == results[1]


def _write_table(folder: Path, name: str, prefix: str, rows: str, columns: str = "") -> str:
    path = folder / f"{name}.csv"
    path.write_text(f"no,title,studio\n{rows}")
    Path(f"{path}.mapping.yaml").write_text(
        f"source: {name}\nprefix: {prefix}\nrows: {{class: Film, key: [no]}}\n"
        f"columns:\n  title: label\n{columns or 'ignore: [studio]'}\n"
    )
    return str(path)


@pytest.mark.parametrize("parquet", [False, True])
@pytest.mark.parametrize("first", ["one", "two"])
def test_two_prefixes_and_keys_that_give_one_name_are_refused(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str], first: str, parquet: bool
) -> None:
    tables = {
        "one": _write_table(tmp_path, "one", "cat", "x-1,Alien,\nx-2,Heat,\n7,Jaws,\n"),
        "two": _write_table(tmp_path, "two", "cat-x", "1,Legend,\n3,Ran,\n"),
    }
    second = "two" if first == "one" else "one"
    options = ["--parquet"] if parquet else []
    assert project.run("table", tables[first], *options) == 0
    before = {path: path.read_bytes() for path in (project.folder / "data").rglob("*") if path.is_file()}
    assert project.run("table", tables[second]) == 2
    message = capsys.readouterr().err
    assert "film:cat-x-1" in message
    assert f"import {first}" in message
    assert "State another `prefix`" in message
    assert before == {path: path.read_bytes() for path in (project.folder / "data").rglob("*") if path.is_file()}


def test_prefixes_of_which_one_continues_the_other_are_imported_where_their_names_differ(
    project: ImportProject, tmp_path: Path
) -> None:
    one = _write_table(tmp_path, "one", "cat", "x-2,Alien,\n")
    two = _write_table(tmp_path, "two", "cat-x", "1,Legend,\n")
    assert project.run("table", one) == project.run("table", two) == project.run("table", one) == 0
    assert {fact.subject.value.rpartition("/")[2] for fact in project.facts()} == {"cat-x-2", "cat-x-1"}


def test_imports_of_one_prefix_share_their_entities(project: ImportProject, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert project.run("table", _write_table(tmp_path, name, "cat", "x-1,Alien,\n")) == 0
    assert {fact.subject.value.rpartition("/")[2] for fact in project.facts()} == {"cat-x-1"}


def test_a_column_whose_prefix_continues_that_of_the_rows_gives_no_name_of_a_row(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    studio = "  studio: {property: productionCompany, prefix: cat-x, label: studio}\n"
    table = _write_table(tmp_path, "one", "cat", "x-1,Alien,1\n", studio)
    assert project.run("table", table) == 2
    assert "The prefixes cat and cat-x give different entities one name: film:cat-x-1." in capsys.readouterr().err
    assert project.run("table", _write_table(tmp_path, "one", "cat", "x-1,Alien,2\n", studio)) == 0


def test_a_name_of_rdf_that_another_prefix_gives_as_well_is_refused(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "films.nt").write_text(
        f'<https://cat.example/film/x-7> <{LABEL.value}> "Ran" .\n'
        f"<https://cat.example/film/x-7> <{TYPE.value}> <http://dbpedia.org/ontology/Film> .\n"
    )
    mapping = tmp_path / "mapping.yaml"
    call = ("rdf", str(tmp_path / "films.nt"), "--source", "graph", "--mapping", str(mapping))
    mapping.write_text("names: {https://cat.example/film/: cat}\n")
    assert project.run(*call) == 0
    assert project.run("table", _write_table(tmp_path, "one", "cat-x", "7,Alien,\n")) == 2
    assert "film:cat-x-7" in capsys.readouterr().err
    mapping.write_text("names: {https://cat.example/film/: cat, https://cat.example/other/: cat-x}\n")
    assert project.run(*call) == 2
    assert "<https://cat.example/film/x-7> gets the name film:cat-x-7" in capsys.readouterr().err
