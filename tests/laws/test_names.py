"""Laws on names: rows that name different entities never share one, in every importer; a label is the commonest."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from kg.facts.fact_table import ProjectFacts
from kg.facts.model import Evidence, Fact, Source
from kg.facts.named_values import NamedValue, is_name, resolve_names
from kg.graph.triple_tables import TripleTables
from kg.importers.dataset_names import dataset_entity_name
from kg.importers.imdb import import_imdb_awards
from kg.importers.oscars import COLUMNS, import_oscars
from kg.importers.rdf import import_rdf
from kg.importers.session import ImportSession, open_session
from kg.importers.tables.table_import import import_tables
from kg.importers.wikidata_entities import import_wikidata
from kg.project import Project
from kg.reports import Place
from kg.schema import Schema, read_ontology, to_schema
from kg.terms import FILM, LABEL
from kg.text.folding import fold_name
from tests.importers.import_project import ROOT

law = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
ONTOLOGY = tuple(read_ontology(Project(ROOT).ontology))

keys = st.sampled_from(
    [
        "Ab1",
        "ab1",
        "AB1",
        "1-2",
        "1 2",
        "1_2",
        "a-b",
        "a b",
        "A B",
        "person-p1",
        "七人",
        "七 人",
        "é",
        "e",
        "Drama",
        "drama",
    ]
) | st.text(st.sampled_from("aAbB12 -_éÉ七"), min_size=1, max_size=4).map(str.strip).filter(bool)
"""Keys of which many have the same small letters and digits."""


@lru_cache
def schema() -> Schema:
    return to_schema(ONTOLOGY)


def facts_of(run: Callable[[Path, ImportSession], None]) -> list[tuple[str, str, str]]:
    """Entity, property and value of the facts that an importer adds."""
    with tempfile.TemporaryDirectory() as folder:
        source = Source("t", title="T")
        with open_session(Path(folder) / "data", source, ONTOLOGY, schema()) as session:
            run(Path(folder), session)
            session.spool.complete(session.schema)
            return session.sql.execute("SELECT DISTINCT subject, property, value FROM row").fetchall()


def write_table(folder: Path, header: str, rows: list[str], mapping: str) -> Path:
    path = folder / "t.jsonl"
    names = header.split(",")
    lines = [json.dumps(dict(zip(names, row.split("\t"), strict=True)), ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    Path(f"{path}.mapping.yaml").write_text("source: {id: t, title: T}\nprefix: t\n" + mapping, encoding="utf-8")
    return path


@law
@given(st.lists(st.tuples(keys, keys), min_size=2, max_size=14, unique=True))
def test_rows_of_a_table_with_different_keys_are_different_entities(rows: list[tuple[str, str]]) -> None:
    mapping = "rows: {class: Film, key: [a, b]}\ncolumns: {n: label, year: year}\n"

    def run(folder: Path, session: ImportSession) -> None:
        lines = [f"{a}\t{b}\tN{number}\t{1900 + number}" for number, (a, b) in enumerate(rows)]
        import_tables([write_table(folder, "a,b,n,year", lines, mapping)], session)

    labels = {entity: value for entity, property, value in facts_of(run) if property == "label"}
    assert sorted(labels.values()) == sorted(f"N{number}" for number in range(len(rows)))


@settings(law, max_examples=2)
@given(st.lists(keys, min_size=2, max_size=8, unique=True), st.integers(1, 7))
def test_two_imports_of_one_prefix_name_entities_as_one_import_does(rows: list[str], size: int) -> None:
    """So what has different keys is never one entity, and a key is one entity, whichever import has it."""
    mapping = "rows: {class: Film, key: [id]}\ncolumns: {n: label}\n"

    def names(rows: list[str]) -> dict[str, str]:
        def run(folder: Path, session: ImportSession) -> None:
            import_tables([write_table(folder, "id,n", [f"{key}\tN{key}" for key in rows], mapping)], session)

        return {value: entity for entity, property, value in facts_of(run) if property == "label"}

    expected = {f"N{key}": dataset_entity_name("t", key) for key in rows}
    assert names(rows[:size]) | names(rows[1:]) == expected
    assert len({*expected.values()}) == len(rows)


@law
@given(st.lists(keys, min_size=2, max_size=14, unique=True))
def test_a_column_leads_to_the_rows_with_its_keys(rows: list[str]) -> None:
    """A row with the key `person-p1` is not the person `p1` either."""
    mapping = """rows: {class: Film, key: [id]}
columns:
  n: label
  remake: {property: follows, class: Film, prefix: t, label: remake_name}
  who: {property: director, class: Person, label: who_name}
"""

    def run(folder: Path, session: ImportSession) -> None:
        lines = [f"{key}\tN{key}\t{rows[0]}\tN{rows[0]}\t{key}\tP{key}" for key in rows]
        import_tables([write_table(folder, "id,n,remake,remake_name,who,who_name", lines, mapping)], session)

    facts = facts_of(run)
    labels = {entity: value for entity, property, value in facts if property == "label"}
    assert sorted(labels.values()) == sorted([*(f"N{key}" for key in rows), *(f"P{key}" for key in rows)])
    assert {labels[value] for _, property, value in facts if property == "follows"} == {f"N{rows[0]}"}
    directors = {labels[entity][1:]: labels[value][1:] for entity, property, value in facts if property == "director"}
    assert directors == {key: key for key in rows}


@law
@given(st.lists(st.tuples(st.sampled_from(["film", "person", "x/y"]), keys), min_size=2, max_size=14, unique=True))
def test_nodes_with_different_iris_are_different_entities(nodes: list[tuple[str, str]]) -> None:
    iris = [f"https://cat.example/{path}/{key.replace(' ', '%20')}" for path, key in nodes]

    def run(folder: Path, session: ImportSession) -> None:
        lines = [
            f'<{iri}> a <https://schema.org/Movie> ; <https://schema.org/name> "N{number}" .'
            for number, iri in enumerate(iris)
        ]
        (folder / "t.ttl").write_text("\n".join(lines), encoding="utf-8")
        import_rdf([folder / "t.ttl"], session)

    labels = [value for _, property, value in facts_of(run) if property == "label"]
    assert sorted(labels) == sorted(f"N{number}" for number in range(len(iris)))


@law
@given(st.lists(st.tuples(keys, st.sampled_from(["1999", "2000"])), min_size=2, max_size=14, unique=True))
def test_films_of_the_oscars_with_different_titles_are_different(films: list[tuple[str, str]]) -> None:
    def run(folder: Path, session: ImportSession) -> None:
        rows = [
            {"Ceremony": "72", "Year": year, "CanonicalCategory": "BEST PICTURE", "Category": "B", "Film": title,
             "Name": "X", "Nominees": "X", "NomineeIds": "nm1234567"}
            for title, year in films
        ]  # fmt: skip
        text = ["\t".join(COLUMNS), *("\t".join(row.get(name, "") for name in COLUMNS) for row in rows)]
        (folder / "t.tsv").write_text("\n".join(text), encoding="utf-8")
        import_oscars([folder / "t.tsv"], session)

    facts = facts_of(run)
    works = {entity for entity, property, value in facts if (property, value) == ("type", "Film")}
    distinct = {(" ".join(title.split()), year) for title, year in films}
    assert len(works) == len(distinct)


words = st.lists(st.sampled_from(["best", "picture", "of", "Best", "best-picture", "é"]), min_size=1, max_size=3)
award_names = keys | words.map(" ".join)


@law
@given(st.lists(st.tuples(award_names, award_names), min_size=2, max_size=9, unique=True))
@example([("best", "picture"), ("best picture", "best picture"), ("best of", "picture"), ("best", "of picture")])
def test_awards_of_an_event_with_different_names_are_different(names: list[tuple[str, str]]) -> None:
    """And so are the recognitions for them, though a film has them all in one year."""

    def run(folder: Path, session: ImportSession) -> None:
        awards: dict[str, dict[str, object]] = {}
        for award, category in names:
            awards.setdefault(award, {})[category] = {"winner": ["tt1234567"]}
        (folder / "ev0000001.yml").write_text(json.dumps({"2000": awards}, ensure_ascii=False), encoding="utf-8")
        import_imdb_awards([folder / "ev0000001.yml"], session)

    facts = facts_of(run)
    prizes = {entity for entity, property, value in facts if (property, value) == ("type", "Award")}
    of_recognitions = [(entity, value) for entity, property, value in facts if property == "award"]
    assert len(prizes) == len(names)
    assert len({part for part, _ in of_recognitions}) == len(of_recognitions) == len(names)


spellings = st.lists(st.sampled_from(["A. Other", "Ann Other", "ANN OTHER", "Zoe"]), min_size=1, max_size=9)


def most_common(texts: list[str]) -> set[str]:
    counts = Counter(texts)
    return {text for text, count in counts.items() if count == max(counts.values())}


@law
@given(spellings)
def test_the_label_is_the_commonest_spelling(names: list[str]) -> None:
    mapping = "rows: {class: Film, key: [id]}\ncolumns: {who: {property: director, class: Person, label: name}}\n"

    def run_table(folder: Path, session: ImportSession) -> None:
        lines = [f"f{number}\tp1\t{name}" for number, name in enumerate(["", *names])]
        import_tables([write_table(folder, "id,who,name", lines, mapping)], session)

    def run_oscars(folder: Path, session: ImportSession) -> None:
        rows = [
            {"Ceremony": str(number), "Year": "2000", "CanonicalCategory": "DIRECTING", "Category": "D", "Film": "F",
             "FilmId": f"tt000000{number}", "Name": name, "Nominees": name, "NomineeIds": "nm1234567"}
            for number, name in enumerate(names, start=1)
        ]  # fmt: skip
        text = ["\t".join(COLUMNS), *("\t".join(row.get(name, "") for name in COLUMNS) for row in rows)]
        (folder / "t.tsv").write_text("\n".join(text), encoding="utf-8")
        import_oscars([folder / "t.tsv"], session)

    for run, entity in ((run_table, "t-person-p1"), (run_oscars, "oscars-nm1234567")):
        labels = [value for name, property, value in facts_of(run) if (name, property) == (entity, "label")]
        assert len(labels) == 1
        assert labels[0] in most_common(names)


LABELS = [
    "The Last Ferry",
    "Law & Order",
    "Ocean's 8",
    "O'Brien",
    "8½",
    "A Film",
    "Amélie Poulain",
    "Сталкер",
    'Dr. "X"',
    "é",
    "AB",
    "M.A.S.H.",
    "Ab  Cd",
    "The_Last-Ferry",
    "l’Été dernier",
    "Tab\tle",
    "Back\\slash",
]
RESPELT: list[Callable[[str], str]] = [
    str.upper,
    str.swapcase,
    lambda name: name.replace(" ", "-"),
    lambda name: f" {name} ",
    lambda name: name.replace("é", "e\N{COMBINING ACUTE ACCENT}"),
    lambda name: f"'{name}'",
    lambda name: name.replace("&", "and"),
    fold_name,
]


@law
@given(st.sampled_from(LABELS) | st.text("aAbB1 '&._-éЁ七\\\"", min_size=1, max_size=9), st.sampled_from(RESPELT))
def test_a_value_is_the_entity_whose_name_is_the_same_once_folded(label: str, respell: Callable[[str], str]) -> None:
    """Whichever of the many names of a table are looked at."""
    name, other, film, known = respell(label), NamedNode(FILM + "other"), NamedNode(FILM + "f"), NamedNode(FILM + "x-1")
    assume(is_name(name) and fold_name(name) != fold_name("Another Name"))
    director = schema().properties[NamedNode(FILM + "director")]
    table, place = ProjectFacts(TripleTables()), Place("data/films.yaml", 3, 1)
    named = NamedValue(name, film, director, place)
    stated = [
        Fact(known, LABEL, Literal(label), Evidence("paper"), place=place),
        Fact(other, LABEL, Literal("Another Name"), Evidence("paper"), place=place),
        Fact(film, director.iri, named.iri, Evidence("paper"), place=place),
    ]
    table.add(stated)
    resolve_names(table, [named], schema())
    (director_of,) = (fact.value for fact in table if fact.property == director.iri)
    assert (director_of == known) is (fold_name(label) == fold_name(name))


NAMED = [
    ({"labels": {"ja": {"language": "ja", "value": "七人の侍"}}}, "七人の侍"),
    ({"aliases": {"en": [{"language": "en", "value": "Seven Samurai"}]}}, "Seven Samurai"),
    ({"labels": {"en": {"value": " "}, "de": {"value": 7}}, "aliases": []}, "Q1"),
    ({"sitelinks": {"commonswiki": {"title": "C"}, "enwiki": {"title": "Anora (film)"}}}, "Anora"),
    ({"sitelinks": {"enwikiquote": {"title": "X"}}}, "Q1"),
]


@pytest.mark.parametrize(("terms", "label"), NAMED)
@pytest.mark.parametrize("is_film", [True, False])
def test_a_name_that_the_file_has_is_used(terms: dict[str, object], label: str, is_film: bool) -> None:
    """Also for an item of a class that is not imported, when facts lead to it."""

    def statement(item: str) -> list[object]:
        value = {"type": "wikibase-entityid", "value": {"id": item}}
        return [{"rank": "normal", "mainsnak": {"snaktype": "value", "datavalue": value}}]

    def run(folder: Path, session: ImportSession) -> None:
        film = {"id": "Q2", "claims": {"P31": statement("Q11424"), "P136": statement("Q1")}}
        other = {"id": "Q1", **terms, "claims": {"P31": statement("Q11424" if is_film else "Q999999")}}
        (folder / "t.jsonl").write_text(json.dumps(film) + "\n" + json.dumps(other), encoding="utf-8")
        import_wikidata([folder / "t.jsonl"], session)

    facts = facts_of(run)
    assert [value for entity, property, value in facts if (entity, property) == ("wd-q1", "label")] == [label]
