"""IMDb's published tables, read together."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from kg.importers import spool
from kg.importers.tables import table_import
from kg.importers.tables.table_mapping import read_table_mapping
from kg.importers.tables.table_sql import TableSql
from kg.mappings import MAPPINGS
from kg.pipeline.build import check
from kg.project import Project
from kg.schema import read_ontology, to_schema
from kg.terms import LABEL, to_short
from tests.importers.import_project import ImportProject

TABLES = {
    "title.basics": """\
tconst titleType primaryTitle originalTitle isAdult startYear endYear runtimeMinutes genres
tt28607951 movie Anora Anora 0 2024 \\N 139 Comedy,Drama
tt0211915 movie Amélie Amélie_Poulain 0 2001 \\N 122 Comedy
tt0944947 tvSeries Game_of_Thrones Game_of_Thrones 0 2011 2019 60 Action
""",
    "title.principals": """\
tconst ordering nconst category job characters
tt28607951 1 nm8473252 actress \\N ["Ani","Anora_\\"Annie\\""]
tt28607951 2 nm0048918 director \\N \\N
tt28607951 3 nm0048918 writer written_by \\N
tt28607951 4 nm0000005 archive_footage \\N ["Self"]
tt0944947 1 nm0000293 actor \\N ["Ned_Stark"]
""",
    "title.crew": "tconst directors writers\ntt0211915 nm0000466 nm0000466,nm0491011\ntt0944947 \\N nm1125275\n",
    "title.ratings": "tconst averageRating numVotes\ntt28607951 7.4 250000\ntt0944947 9.2 2000000\n",
    "title.akas": """\
titleId ordering title region language types attributes isOriginalTitle
tt28607951 2 アノーラ JP ja imdbDisplay \\N 0
tt0211915 1 Die_fabelhafte_Welt_der_Amélie DE \\N imdbDisplay \\N 0
""",
    "name.basics": """\
nconst primaryName birthYear deathYear primaryProfession knownForTitles
nm8473252 Mikey_Madison 1999 \\N actress tt28607951
nm0048918 Sean_Baker 1971 \\N director,writer tt28607951
nm0000293 Sean_Bean 1959 \\N actor \\N
""",
}


@pytest.fixture
def imdb(tmp_path: Path) -> Path:
    """The tables as IMDb has them; here blanks stand for tabulators, and underscores for blanks."""
    folder = tmp_path / "imdb"
    folder.mkdir()
    for name, text in TABLES.items():
        rows = text.replace(" ", "\t").replace("_", " ").replace("archive footage", "archive_footage")
        (folder / f"{name}.tsv.gz").write_bytes(gzip.compress(rows.encode()))
    return folder


def test_the_tables_are_joined_in_one_import(project: ImportProject, imdb: Path) -> None:
    assert project.run("imdb", str(imdb)) == 0
    anora = project.values_of("imdb-tt28607951")
    assert {("rdfs:label", "Anora"), ("skos:altLabel", "アノーラ"), ("year", "2024")} <= anora
    assert {("director", "imdb-nm0048918"), ("writer", "imdb-nm0048918")} <= anora
    credit = project.values_of("imdb-tt28607951.castCredit.nm8473252-1")
    assert ("agent", "imdb-nm8473252") in credit
    played = {dict(project.values_of(one))["rdfs:label"] for name, one in credit if name == "character"}
    assert played == {"Ani", 'Anora "Annie"'}
    assert ("rdfs:label", "Mikey Madison") in project.values_of("imdb-nm8473252")
    assert {("score", "7.4"), ("scale", "10"), ("reviewCount", "250000")} <= project.values_of(
        "imdb-tt28607951.rating.tt28607951"
    )
    assert ("role", "written by") in project.values_of("imdb-tt28607951.credit.nm0048918-3")
    report = check(project.folder)
    assert report.ok, "\n".join(map(str, report))


def test_an_original_title_equal_to_the_title_is_left_out(project: ImportProject, imdb: Path) -> None:
    project.run("imdb", str(imdb))
    assert ("skos:altLabel", "Anora") not in project.values_of("imdb-tt28607951")
    assert ("skos:altLabel", "Amélie Poulain") in project.values_of("imdb-tt0211915")


def test_series_and_their_people_are_left_out_and_counted(
    project: ImportProject, imdb: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run("imdb", str(imdb))
    output = capsys.readouterr().out
    assert not project.values_of("imdb-tt0944947")
    assert not project.values_of("imdb-nm0000293")
    assert "1  rows of title.ratings.tsv.gz about entities that the other tables do not name" in output
    assert "1  category archive_footage" in output
    assert "3  column deathYear" in output


def test_large_tables_give_the_same_facts_as_small_ones(
    project: ImportProject, imdb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = []
    for many in (50_000, 1):
        monkeypatch.setattr(table_import, "STREAM_FROM_ROWS", many)
        monkeypatch.setattr(spool, "STREAM_FROM_STUBS", many)
        assert project.run("imdb", str(imdb)) == 0
        ids.append({fact.id for fact in project.facts()})
    assert ids[0] == ids[1]


def test_the_rows_and_their_order_are_the_same_with_any_number_of_threads(
    project: ImportProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = ("actor", "director", "writer", "producer", "composer", "editor")
    lines = ["tconst\tordering\tnconst\tcategory\tjob\tcharacters"]
    for number in range(150_000):
        film, place = divmod(number, len(parts))
        role = f'["Role {number % 977}"]' if not place else "\\N"
        lines.append(f"tt{film:07d}\t{place}\tnm{number * 7 % 40_000:07d}\t{parts[place]}\t\\N\t{role}")
    table = tmp_path / "title.principals.tsv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(spool, "THREADS", threads)
        assert project.run("imdb", str(table)) == 0
        rows.append(duckdb.read_parquet(str(project.table("imdb").with_suffix(".parquet"))).fetchall())
    assert len(rows[0]) == 470_000
    assert rows[0] == rows[1] == rows[2]


def test_the_columns_of_one_cell_are_read_together(project: ImportProject) -> None:
    schema = to_schema(read_ontology(Project(project.folder).ontology))
    mapping = read_table_mapping(MAPPINGS / "imdb" / "title.principals.yaml", schema)
    facts = [facts.select for facts in TableSql(mapping, "cells").facts("rows") if "castMember" in facts.select]
    assert len(facts) == 1
    assert all(f"WHEN '{name}' THEN" in facts[0] for name in ("self", "director", "writer", "cinematographer"))
    # A row that is of two properties has a fact of each.
    twice = replace(mapping, columns=(*mapping.columns, replace(mapping.columns[0], property="about")))
    assert sum("imdb-" in facts.select for facts in TableSql(twice, "cells").facts("rows")) > len(mapping.columns)


def test_ratings_alone_are_of_works_without_a_description(project: ImportProject, imdb: Path) -> None:
    assert project.run("imdb", str(imdb / "title.ratings.tsv.gz")) == 0
    assert project.values_of("imdb-tt0944947") == {
        ("rdf:type", "Work"),
        ("imdbId", "tt0944947"),
        ("rdfs:label", "tt0944947"),
        ("rating", "imdb-tt0944947.rating.tt0944947"),
    }


MESSY = {
    "title.basics": """\
tconst titleType primaryTitle originalTitle isAdult startYear endYear runtimeMinutes genres
tt28607951 movie Anora Anora 0 2024 \\N 139 Drama
XX1 movie Bad Bad 0 2024 \\N 139 Drama
\\N movie None None 0 2024 \\N 139 Drama
""",
    "title.principals": """\
tconst ordering nconst category job characters
tt28607951 1 nm8473252 actress \\N ["Ani
tt28607951 2 \\N director \\N \\N
tt28607951 3 \\N actor \\N ["Igor"]
tt28607951 4 nm1 writer \\N \\N
tt28607951 5 nm0048921 actor \\N {"a":1}
tt28607951 6 nm0048922 actor \\N ["[REC]"]
""",
}


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    folder = tmp_path / "messy"
    folder.mkdir()
    for name, text in MESSY.items():
        (folder / f"{name}.tsv").write_text(text.replace(" ", "\t"), encoding="utf-8")
    return folder


def test_all_that_is_left_out_is_counted_and_said(
    project: ImportProject, messy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.run("imdb", str(messy)) == 0
    output = capsys.readouterr().out
    assert "rejected: 2 records, 3 values" in output
    assert "2  rows of title.principals.tsv without nconst" in output
    assert "2  characters: … is JSON that cannot be read, or has no name\n" in output
    assert "1  nconst: … is not an IMDb number of a person, such as nm0000041 or 41\n" in output
    assert project.rejects("imdb").splitlines() == [
        "title.basics.tsv:3: the key tconst: XX1 is not an IMDb number of a title, such as tt0055630 or 55630",
        "title.basics.tsv:4: the key tconst is empty",
        'title.principals.tsv:2: characters: ["Ani is JSON that cannot be read, or has no name',
        "title.principals.tsv:5: nconst: nm1 is not an IMDb number of a person, such as nm0000041 or 41",
        'title.principals.tsv:6: characters: {"a":1} is JSON that cannot be read, or has no name',
    ]
    labels = {to_short(fact.value) for fact in project.facts() if fact.property == LABEL}
    assert labels == {"Anora", "nm8473252", "nm0048921", "nm0048922", "[REC]", "Drama"}


HEADER = "\t".join(MESSY["title.basics"].splitlines()[0].split())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty."),
        (b"tconst\tAm\xe9lie\n", "Save it as UTF-8."),
        (f"{HEADER}\n".encode("utf-16"), "UTF-16: save it as UTF-8"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_nothing_that_the_command_does_not_have(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    path = tmp_path / "title.basics.tsv"
    path.write_bytes(content)
    assert project.run("imdb", str(path)) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert "--encoding" not in printed


def test_only_empty_files_are_refused(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, kind in {"items.json": "wikidata", "films.csv": "oscars", "ev0000003.yml": "imdb-awards"}.items():
        (tmp_path / name).touch()
        assert project.run(kind, str(tmp_path / name)) == 2
        assert f"{name} is empty." in capsys.readouterr().err
