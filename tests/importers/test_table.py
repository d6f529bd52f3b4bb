"""Tables of any kind, by a mapping file."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import re
import shlex
from pathlib import Path

import duckdb
import openpyxl
import pytest

from kg import vocabulary as vocab
from kg.errors import FaultsError
from kg.facts.sources import read_sources
from kg.importers.dataset_names import (
    dataset_entity_name,
    dataset_entity_name_sql,
    name_component,
    name_component_sql,
    text_entity_name,
    text_entity_name_sql,
)
from kg.importers.tables import table_import
from kg.importers.tables.table_files import copy_short_lines
from kg.importers.tables.table_mapping import read_table_mapping
from kg.pipeline.build import check
from kg.project import Project
from kg.schema import read_ontology, to_schema
from kg.terms import LABEL, to_curie, to_short
from tests.importers.import_project import DATASETS, ROOT, ImportProject

FILMS = """\
Title,Year,Director,Genres,Runtime
Anora,2024,"Baker, Sean",Comedy|Drama,2h 19m
"Matrix, The",1999,"Wachowski, Lana; Wachowski, Lilly",Science Fiction,136 min
"Paris, Texas",1984,"Wenders, Wim",Drama,147
"""
MAPPING = """\
source: {id: my-films, title: My films, licence: CC0-1.0}
rows: {class: Film, key: [Title, Year]}
columns:
  Title: {property: label, clean: article-first}
  Year: year
  Director: {property: director, class: Person, split: ";", clean: [trim, last-first]}
  Genres: {property: genre, split: "|"}
  Runtime: {property: runningTime, clean: minutes}
"""


@pytest.fixture
def films(tmp_path: Path) -> Path:
    (tmp_path / "films.csv.mapping.yaml").write_text(MAPPING, encoding="utf-8")
    path = tmp_path / "films.csv"
    path.write_text(FILMS, encoding="utf-8")
    return path


def test_a_spreadsheet_is_imported(project: ImportProject, films: Path) -> None:
    assert project.run("table", str(films)) == 0
    assert project.values_of("my-films-anora-2024-a9a74b") == {
        ("rdf:type", "Film"),
        ("rdfs:label", "Anora"),
        ("year", "2024"),
        ("director", "my-films-person-sean-baker"),
        ("genre", "my-films-genre-comedy"),
        ("genre", "my-films-genre-drama"),
        ("runningTime", "139"),
    }
    assert {("rdfs:label", "Lilly Wachowski")} <= project.values_of("my-films-person-lilly-wachowski")
    report = check(project.folder)
    assert report.ok, "\n".join(map(str, report))


def test_what_a_mapping_states_of_its_source_is_written_under_its_own_keys(project: ImportProject, films: Path) -> None:
    more = "author: A. Lima, publisher: Cinema Museum, date: 2024-05-01, address: https://films.example/"
    mapping = MAPPING.replace("title: My films,", f"title: My films, {more},")
    Path(f"{films}.mapping.yaml").write_text(mapping, encoding="utf-8")
    project.run("table", str(films))
    source = read_sources(project.folder / "data" / "sources.yaml", file="sources.yaml").sources["my-films"]
    assert (source.title, source.author, source.publisher) == ("My films", "A. Lima", "Cinema Museum")
    assert (source.date, source.address, source.licence) == ("2024-05-01", "https://films.example/", "CC0-1.0")


def test_a_source_whose_address_is_none_is_refused(
    project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.run("table", str(films), "--address", "not a url") == 2
    assert "has the address 'not a url'; write one like https://..." in capsys.readouterr().err


def test_a_large_table_gives_the_same_facts_as_a_small_one(
    project: ImportProject, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.run("table", str(films))
    small = {fact.id for fact in project.facts()}
    monkeypatch.setattr(table_import, "STREAM_FROM_ROWS", 1)
    project.run("table", str(films))
    assert not project.table("my-films").exists()
    assert {fact.id for fact in project.facts()} == small


def test_films_of_two_large_tables_have_each_fact_once(
    project: ImportProject, films: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    second = films.with_name("more.csv")
    second.write_text(FILMS + "Take Out,2004,,,\n", encoding="utf-8")
    printed = []
    for streamed_from in (1000, 1):
        monkeypatch.setattr(table_import, "STREAM_FROM_ROWS", streamed_from)
        assert project.run("table", str(films), str(second)) == 0
        printed.append(capsys.readouterr().out.splitlines()[0])
        facts = [fact.id for fact in project.facts()]
        assert len(facts) == len(set(facts))
    assert printed[0] == printed[1]


def test_rows_without_a_key_beyond_the_limit_are_counted(
    project: ImportProject, films: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(table_import, "MAX_REJECTS", 1)
    films.write_text(FILMS + ",2015,,,\n" * 3, encoding="utf-8")
    project.run("table", str(films))
    assert len(project.rejects("my-films").splitlines()) == 1
    output = capsys.readouterr().out
    assert "rejected: 3 records, see " in output
    assert "rejects.txt for the first 1\n" in output


def test_values_and_rows_that_do_not_fit_are_rejected_with_their_lines(project: ImportProject, films: Path) -> None:
    rows = FILMS.splitlines()
    rows[2:2] = ["too,few", "Tangerine,long ago,,,", ",2015,,,", "Starlet,2012,,,an hour"]
    films.write_text("\n".join(rows) + "\n", encoding="utf-8")
    project.run("table", str(films))
    rejects = project.rejects("my-films").splitlines()
    assert [line.split(":")[1] for line in rejects] == ["3", "4", "5", "6"]
    assert ("rdfs:label", "Starlet") in project.values_of("my-films-starlet-2012-9d4485")


COUNTRIES = """\
source: {id: my-films, title: My films}
rows: {class: Film, key: [Title, Year]}
columns:
  Title: label
  Year: year
  Director: {property: director, split: ";"}
  Country: countryOfOrigin
  Part: {property: genre, values: {USA: American}}
"""


def test_people_and_places_of_a_rejected_row_are_not_written(project: ImportProject, films: Path) -> None:
    rows = (",2023,Jane Orphan,Norway,", "N/A,2022,Kim Roe,Denmark,", "Anora,2024,Sean Baker,US,")
    films.write_text("\n".join(("Title,Year,Director,Country,Part", *rows)))
    Path(f"{films}.mapping.yaml").write_text(COUNTRIES)
    project.run("table", str(films))
    labels = {fact.value.value for fact in project.facts() if fact.property == LABEL}
    assert labels == {"Anora", "Sean Baker", "United States"}
    assert [line.split(":")[1] for line in project.rejects("my-films").splitlines()] == ["2", "3"]


def test_abbreviations_of_a_country_are_the_country(project: ImportProject, films: Path) -> None:
    rows = ("Anora,2024,A,USA,USA", "Tangerine,2015,A,United States,", "Starlet,2012,A,U.S.,")
    films.write_text("\n".join(("Title,Year,Director,Country,Part", *rows)))
    Path(f"{films}.mapping.yaml").write_text(COUNTRIES)
    project.run("table", str(films))
    countries = {to_curie(fact.value.value) for fact in project.facts() if fact.property == vocab.countryOfOrigin}
    assert countries == {"film:my-films-country-united-states"}
    labels = {fact.value.value for fact in project.facts() if fact.property == LABEL}
    assert "American" in labels


@pytest.mark.parametrize("form", ["csv", "csv.gz", "xlsx"])
def test_rejects_name_the_row_of_the_file_also_after_empty_rows_and_cells_of_two_lines(
    project: ImportProject, films: Path, form: str
) -> None:
    rows = [["Title", "Year"], ["Anora\nA Film", "2024"], [], ["Tangerine", "long ago"], [], ["Starlet", "2012.5"]]
    path = films.with_name(f"films.{form}")
    if form == "xlsx":
        book = openpyxl.Workbook()
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row, start=1):
                book.worksheets[0].cell(number, column, cell)
        book.save(path)
    else:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        path.write_bytes(gzip.compress(text.getvalue().encode()) if form == "csv.gz" else text.getvalue().encode())
    mapping = films.with_name("mapping.yaml")
    mapping.write_text(MAPPING.partition("  Director")[0].replace("[Title, Year]", "[Title]"), encoding="utf-8")
    project.run("table", str(path), "--mapping", str(mapping))
    lines = [line.split(":")[1] for line in project.rejects("my-films").splitlines()]
    assert lines == (["4", "6"] if form == "xlsx" else ["5", "7"])


def test_a_sheet_with_a_column_without_a_name_keeps_its_cells_apart(project: ImportProject, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Title", None, "Year"], ["Anora", "seen twice", 2024]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "films.xlsx")
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING.partition("  Director")[0], encoding="utf-8")
    project.run("table", str(tmp_path / "films.xlsx"), "--mapping", str(mapping))
    assert ("year", "2024") in project.values_of("my-films-anora-2024-a9a74b")


def test_what_was_rejected_and_what_has_no_name_is_counted(
    project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    films.write_text("Title,Year,Director,Genres,Runtime\nAnora,2024,,,an hour\n", encoding="utf-8")
    project.run("table", str(films))
    written = capsys.readouterr().out
    assert "my-films: 1 record read, 3 facts about 1 entity written" in written
    assert re.search(r"^rejected: 1 value, see .*rejects\.txt$", written, re.MULTILINE)
    assert "without a name" not in written

    films.write_text("No,Title,Year,Director,Genres,Runtime\n7,,2024,,,\n8,Tangerine,2015,,,\n", encoding="utf-8")
    mapping = MAPPING.replace("[Title, Year]", "[No]")
    films.with_name("films.csv.mapping.yaml").write_text(mapping, encoding="utf-8")
    project.run("table", str(films), "--format", "json")
    summary = json.loads(capsys.readouterr().out)
    assert (summary["unnamed"], summary["rejected"]) == (1, 0)
    assert ("rdfs:label", "7") in project.values_of("my-films-7")
    project.run("table", str(films))
    assert "without a name: 1 entity is labelled with the key or identifier\n" in capsys.readouterr().out


IMPOSSIBLE = [
    ("date", "0200-10-00"),
    ("date", "2024-02-30"),
    ("date", "0000-05"),
    ("date", "000X"),
    ("date", "2024-13"),
    ("runningTime", "36.5"),
    ("amount", "1e6"),
]


@pytest.mark.parametrize(("property", "text"), IMPOSSIBLE)
def test_a_value_that_would_stop_the_build_is_rejected(
    project: ImportProject, films: Path, property: str, text: str
) -> None:
    films.write_text(f"Title,Year,Value\nAnora,2024,{text}\n", encoding="utf-8")
    columns = MAPPING.partition("  Director")[0]
    columns += f"  Value: {property}\n" if property != "amount" else "parts: {budget: {columns: {Value: amount}}}\n"
    Path(f"{films}.mapping.yaml").write_text(columns, encoding="utf-8")
    project.run("table", str(films))
    assert project.rejects("my-films").startswith(f"films.csv:2: Value: {text} is not ")
    assert check(project.folder).ok


def test_a_missing_column_is_an_error(project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    films.write_text(FILMS.replace("Director", "Directors"), encoding="utf-8")
    assert project.run("table", str(films)) == 2
    assert "lacks the column Director (did you mean Directors?)" in capsys.readouterr().err


def test_all_faults_of_a_mapping_are_reported_at_once_with_their_places(
    project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = (
        MAPPING.replace("year", "yeer").replace("class: Person", "class: Persn").replace("article-first", "the-first")
    )
    Path(f"{films}.mapping.yaml").write_text(wrong + "colums: {}\n", encoding="utf-8")
    assert project.run("table", str(films)) == 2
    faults = [line.partition("films.csv.mapping.yaml:")[2] for line in capsys.readouterr().err.splitlines()]
    assert [fault.partition(": violation: ")[0] for fault in faults] == ["4:35", "5:9", "6:41", "9:1"]
    assert "unknown cleaning 'the-first'" in faults[0]
    assert "'yeer' is not a property of the ontology" in faults[1]
    assert "Did you mean Person?" in faults[2]
    assert "Did you mean columns?" in faults[3]


MAPPING_FAULTS = [
    ("source: {id: x, titel: X}", "1:17: violation: unknown key 'titel' of `source`. Did you mean title?"),
    ("source: {title: X}", "1:9: violation: `source` has no `id`"),
    ("rows: {class: Film}", "1:7: violation: `rows` has no `key`"),
    ("rows: {key: [Title], key: [Year]}", "1:22: violation: duplicate key 'key' in `rows`"),
    ("format: csf", "1:9: violation: unknown format 'csf'. Known are csv,"),
    ("columns: [Title]", "1:10: violation: expected a mapping for `columns`, not a list"),
    ("columns: {Title: {split: x}}", "1:18: violation: column Title has no `property`"),
    ("columns: {Title: {property: label, language: [en]}}", "1:46: violation: expected a text for `language`"),
    ("columns: {Title: {property: label, identifier: imdbid}}", "1:48: violation: 'imdbid' is not a property"),
]


@pytest.mark.parametrize(("wrong", "message"), MAPPING_FAULTS)
def test_a_fault_of_a_mapping_has_its_place(tmp_path: Path, wrong: str, message: str) -> None:
    sound = {"source": "films", "rows": "{key: [Title]}", "columns": "{Title: label}"}
    others = "".join(f"{key}: {value}\n" for key, value in sound.items() if key != wrong.partition(":")[0])
    path = tmp_path / "mapping.yaml"
    path.write_text(f"{wrong}\n{others}", encoding="utf-8")
    with pytest.raises(FaultsError) as error:
        read_table_mapping(path, to_schema(read_ontology(Project(ROOT).ontology)))
    assert [message in str(fault) for fault in error.value.faults] == [True], error.value


def test_a_guessed_mapping_can_be_used_unchanged(
    project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = Path(f"{films}.mapping.yaml")
    assert project.run("table", str(films), "--guess", "-o", str(mapping)) == 2
    assert "may have been edited" in capsys.readouterr().err
    mapping.unlink()
    assert project.run("table", str(films), "--guess", "-o", str(mapping)) == 0
    assert project.run("table", str(films)) == 0
    assert ("director", "films-person-sean-baker") in project.values_of("films-anora-2024-a9a74b")


CATALOGUE = "Signatur,Titel,Jahr,Dauer\nF-1,Anora,2024,139 min\nF-2,Metropolis,,153 min\n"


def test_the_guessed_key_is_the_number_of_a_catalogue(project: ImportProject, tmp_path: Path) -> None:
    table = tmp_path / "katalog.csv"
    table.write_text(CATALOGUE, encoding="utf-8")
    assert project.run("table", str(table), "--guess", "-o", f"{table}.mapping.yaml") == 0
    assert project.run("table", str(table)) == 0
    assert {("rdfs:label", "Metropolis"), ("runningTime", "153")} <= project.values_of("katalog-f-2-ae3366")


@pytest.mark.parametrize("name", ["films.nt", "films.ttl", "films.rdf", "films.nq.gz"])
@pytest.mark.parametrize("options", [(), ("--guess",)])
def test_rdf_is_no_table(
    project: ImportProject, tmp_path: Path, name: str, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text('<http://example.org/a> <http://schema.org/name> "Anora" .\n')
    assert project.run("table", str(tmp_path / name), *options) == 2
    assert "is RDF, not a table: `kg import rdf` reads it." in capsys.readouterr().err


def test_a_guess_reports_lines_that_are_no_json(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "films.jsonl"
    table.write_text('{"title": "Anora", "year": 2024}\n{"title": "Heat", year: 1995}\nHeat\n', encoding="utf-8")
    assert project.run("table", str(table), "--guess", "-o", f"{table}.mapping.yaml") == 0
    message = "films.jsonl:2: this is no JSON object; 2 rows of this kind left out, also line 3\n"
    assert capsys.readouterr().err == f"{message}Correct {table}.mapping.yaml, then: kg import table {table}\n"


def test_a_guess_reads_an_original_title_where_it_is_another(project: ImportProject, tmp_path: Path) -> None:
    table = tmp_path / "films.csv"
    table.write_text("id,title,original title,year\n1,Anora,Anora,2024\n2,The Sea,La Mer,2003\n", encoding="utf-8")
    assert project.run("table", str(table), "--guess", "-o", f"{table}.mapping.yaml") == 0
    assert project.run("table", str(table)) == 0
    rows = (project.folder / "data/imports/films/facts.csv").read_text("utf-8")
    assert [row.split(",")[2] for row in rows.splitlines() if ",alias," in row or "altLabel" in row] == ["La Mer"]


DIRECTORS = [
    (["Murnau, Friedrich Wilhelm", "Lang, Fritz", ""], "clean: [last-first]"),
    (["von Trier, Lars", "Davis, Sammy, Jr.", "Lang, Fritz"], "clean: [last-first]"),
    (["Joel Coen, Ethan Coen", "Sean Baker"], 'split: ", "'),
    (["Lang, Fritz; Harbou, Thea von", "Murnau, F. W."], 'split: ";", clean: [trim, last-first]'),
    (["Ann Roe", "Rui Melo"], "class: Person}"),
]


@pytest.mark.parametrize(("names", "guess"), DIRECTORS)
def test_a_guess_distinguishes_family_names_before_a_comma_from_several_names(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str], names: list[str], guess: str
) -> None:
    rows = "".join(f'{number},Film {number},"{name}"\n' for number, name in enumerate(names))
    path = tmp_path / "films.csv"
    path.write_text(f"No,Title,Director\n{rows}", encoding="utf-8")
    assert project.run("table", str(path), "--guess") == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  Director:")]
    assert guess in line
    assert ("split" in line) == ("split" in guess)


def test_a_guess_knows_a_column_of_wikipedia_addresses_by_its_values(project: ImportProject, tmp_path: Path) -> None:
    article = "https://en.wikipedia.org/wiki"
    table = tmp_path / "films.csv"
    table.write_text(
        "id,title,year,link,articles\n"
        f"1,Paisà,1946,{article}/Paisan,{article}/Paisan|https://it.wikipedia.org/wiki/Pais%C3%A0\n"
        f"2,The Card,1952,{article}/The_Card_(1952_film),{article}/The_Card_(1952_film)\n"
        f"3,Heat,1995,NA,\n",
        encoding="utf-8",
    )
    assert project.run("table", str(table), "--guess", "-o", f"{table}.mapping.yaml") == 0
    assert project.run("table", str(table)) == 0
    assert not (project.folder / "data/imports/films/rejects.txt").exists()
    found = {
        value
        for name in ("1", "2", "3")
        for property, value in project.values_of(f"films-{name}")
        if property == "wikipediaArticle"
    }
    assert found == {
        f"{article}/Paisan",
        "https://it.wikipedia.org/wiki/Pais%C3%A0",
        f"{article}/The_Card_(1952_film)",
    }


def test_an_address_that_is_not_of_wikipedia_is_rejected_as_an_article(project: ImportProject, tmp_path: Path) -> None:
    table = tmp_path / "films.csv"
    table.write_text("id,title,page\n1,Heat,https://example.org/wiki/Heat\n", encoding="utf-8")
    Path(f"{table}.mapping.yaml").write_text(
        "source: {id: films}\nrows: {key: [id], class: Film}\ncolumns: {title: label, page: wikipediaArticle}\n"
    )
    project.run("table", str(table))
    assert "https://example.org/wiki/Heat" in project.rejects("films")


def test_a_document_is_no_table(project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "README.md"
    document.write_text("# Films\n\nThe films, of the archive.\n", encoding="utf-8")
    assert project.run("table", str(document), "--guess") == 2
    assert "is not a table" in capsys.readouterr().err


FRENCH = """Code;Titre original;Titre français;Année;Réalisateur(s);Durée (min);Entrées;Budget;Date de sortie;Pays
F001;The Quays;Les Quais;1998;Jean Dupont, Marie Curie;101;1 234 567;4,5 M€;14/03/1998;France / Belgique
F002;La Mer;;2003;Marie Curie;88;23 456;1,2 M€;01/12/2003;France
"""
GERMAN = """Nr;Deutscher Titel;Originaltitel;Produktionsjahr;Regisseurin;Laufzeit [min];Kinostart;Bewertung
1;Die Kais;The Quays;1998;Marie Curie;101;14.03.1998;gut
2;Das Meer;La Mer;2003;Marie Curie;88;01.12.2003;
"""


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (FRENCH, {("rdfs:label", "The Quays"), ("skos:altLabel", "Les Quais"), ("date", "1998-03-14")}),
        (GERMAN, {("rdfs:label", "The Quays"), ("skos:altLabel", "Die Kais"), ("date", "1998-03-14")}),
    ],
    ids=["French", "German"],
)
def test_the_guess_for_a_table_in_another_language_can_be_used(
    project: ImportProject, tmp_path: Path, table: str, expected: set[tuple[str, str]]
) -> None:
    """Words in brackets, titles in a language, and original titles alone, one of which is the label."""
    path, mapping = tmp_path / "kais.csv", tmp_path / "guess.yaml"
    path.write_text(table, encoding="utf-8")
    assert project.run("table", str(path), "--guess", "-o", str(mapping)) == 0
    assert project.run("table", str(path), "--mapping", str(mapping)) == 0
    (film,) = {to_short(fact.subject) for fact in project.facts() if to_short(fact.value) == "1998-03-14"}
    values = project.values_of(film.removeprefix("film:"))
    assert {*expected, ("runningTime", "101"), ("director", "kais-person-marie-curie")} <= values
    # Nothing has a meaning that needs more than a name: a number of admissions is no figure yet, a word no rating.
    assert {"boxOffice", "rating"}.isdisjoint(name for name, _ in values)


def test_a_row_with_an_incomplete_key_is_rejected(project: ImportProject, tmp_path: Path) -> None:
    table = tmp_path / "films.csv"
    table.write_text("Title,Year\nAnora,2024\nMetropolis,\n", encoding="utf-8")
    (tmp_path / "films.csv.mapping.yaml").write_text(MAPPING.partition("  Director")[0], encoding="utf-8")
    project.run("table", str(table))
    (rejects,) = project.folder.rglob("rejects.txt")
    assert rejects.read_text(encoding="utf-8") == "films.csv:3: the key Title + Year has an empty cell\n"


@pytest.mark.parametrize("form", ["tsv", "jsonl", "parquet", "xlsx", "csv.gz"])
def test_the_same_table_in_another_format_gives_the_same_facts(project: ImportProject, films: Path, form: str) -> None:
    project.run("table", str(films))
    expected = project.values_of("my-films-anora-2024-a9a74b")
    other = films.with_name(f"films.{form}")
    rows = duckdb.read_csv(str(films), all_varchar=True)
    match form:
        case "tsv":
            rows.write_csv(str(other), sep="\t")
        case "parquet":
            rows.write_parquet(str(other))
        case "csv.gz":
            other.write_bytes(gzip.compress(films.read_bytes()))
        case "jsonl":
            lines = [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
            other.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        case _:
            book = openpyxl.Workbook()
            assert book.active is not None
            for row in (rows.columns, *((*row[:1], int(row[1]), *row[2:]) for row in rows.fetchall())):
                book.active.append(list(row))
            book.save(other)
    project.run("table", str(other), "--mapping", f"{films}.mapping.yaml")
    assert project.values_of("my-films-anora-2024-a9a74b") == expected


def test_a_truncated_archive_is_an_error(
    project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = films.with_name("films.csv.gz")
    packed.write_bytes(gzip.compress(films.read_bytes())[:-12])
    assert project.run("table", str(packed), "--mapping", f"{films}.mapping.yaml") == 2
    assert "truncated" in capsys.readouterr().err
    assert not (project.folder / "data" / "imports").exists()


def test_another_encoding_is_stated_in_the_mapping_or_rejected(project: ImportProject, films: Path) -> None:
    films.write_bytes((FILMS + "Amélie,2001,,,\n").encode("latin-1"))
    project.run("table", str(films))
    assert "films.csv:5" in project.rejects("my-films")
    Path(f"{films}.mapping.yaml").write_text(MAPPING + "encoding: latin-1\n", encoding="utf-8")
    project.run("table", str(films))
    assert ("rdfs:label", "Amélie") in project.values_of(dataset_entity_name("my-films", "Amélie", "2001"))


def test_other_sources_and_their_comments_stay_as_they_are(project: ImportProject, films: Path) -> None:
    sources = project.folder / "data" / "sources.yaml"
    sources.write_text("# Ours.\nmine:\n  title: Mine   # by hand\n\n# The end.\n", encoding="utf-8")
    project.run("table", str(films))
    project.run("table", str(films), "--title", "My films: all")
    text = sources.read_text(encoding="utf-8")
    assert text.startswith("# Ours.\nmine:\n  title: Mine   # by hand\n\n# The end.\n")
    assert text.count("my-films:") == 1
    assert 'title: "My films: all"' in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "# Whom to believe when sources disagree, the most trusted first.\nsources: [my-films]\n"),
        ("sources: [mine]   # by hand\nfigures: {}\n", "sources: [mine, my-films]   # by hand\nfigures: {}\n"),
        ("sources:\n  # us\n  - mine\nfigures: {}\n", "sources:\n  # us\n  - mine\n  - my-films\nfigures: {}\n"),
        ("sources: [my-films, mine]\n", "sources: [my-films, mine]\n"),
    ],
)
def test_an_imported_source_ranks_last(project: ImportProject, films: Path, before: str, after: str) -> None:
    policy = project.folder / "data" / "policy.yaml"
    policy.write_text(before, encoding="utf-8")
    assert project.run("table", str(films)) == 0
    assert policy.read_text(encoding="utf-8") == after


def test_a_policy_in_another_form_stays_as_it_is(
    project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = project.folder / "data" / "policy.yaml"
    policy.write_text('{"sources": ["mine"]}\n', encoding="utf-8")
    assert project.run("table", str(films)) == 0
    assert policy.read_text(encoding="utf-8") == '{"sources": ["mine"]}\n'
    assert "add my-films to `sources` in data/policy.yaml" in capsys.readouterr().out


NAMES = [
    "Anora",
    "Paris, Texas",
    "Amélie",
    "七人の侍",
    "tt0111161",
    "dQw4w9WgXcQ",
    "WALL·E",
    "Se7en",
    "  ",
    "-",
    "x" * 99,
    "8½",
    "M",
]


def test_an_entity_has_the_same_name_from_python_and_sql() -> None:
    with duckdb.connect() as sql:
        for text in NAMES:
            made = sql.execute(f"SELECT {name_component_sql('x')} FROM (SELECT ? AS x)", [text]).fetchone()
            assert made == (name_component(text),)
            names = f"{dataset_entity_name_sql('t', 'x')}, {text_entity_name_sql('t', 'x')}"
            marked = sql.execute(
                f"SELECT {names}, {dataset_entity_name_sql('t', 'x', 'x')} FROM (SELECT ? AS x)", [text]
            )
            expected = (
                dataset_entity_name("t", text),
                text_entity_name("t", text),
                dataset_entity_name("t", text, text),
            )
            assert marked.fetchone() == expected
    assert len(set(map(name_component, NAMES))) == len(NAMES)


@pytest.mark.parametrize("name", ["wikidata_films_2024/Film.Genres.csv", "filmography_matching/data1.csv"])
def test_the_guess_for_a_public_table_can_be_used(project: ImportProject, tmp_path: Path, name: str) -> None:
    mapping = tmp_path / "guess.yaml"
    assert project.run("table", str(DATASETS / name), "--guess", "-o", str(mapping)) == 0
    assert project.run("table", str(DATASETS / name), "--mapping", str(mapping), "--dry-run") == 0


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_line_of_a_hundred_megabytes_is_rejected_and_the_next_one_read(
    project: ImportProject, tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"films.{form}"
    rows = {
        "csv": ("Title,Year\nAnora,2024\n", "{long},2020\n", "Tangerine,2015\n,2012\n"),
        "jsonl": (
            '{"Title":"Anora","Year":2024}\n',
            '{"Title":"{long}"}\n',
            '{"Title":"Tangerine","Year":2015}\nno\n',
        ),
    }[form]
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(row.replace("{long}", "x" * (100 << 20)))
    Path(f"{path}.mapping.yaml").write_text(
        "source: films\nrows: {class: Film, key: [Title]}\ncolumns: {Title: label, Year: year}\n"
    )
    assert project.run("table", str(path)) == 0
    long, keyless = project.rejects("films").splitlines()
    first = 3 if form == "csv" else 2
    assert long == f"films.{form}:{first}: the line is too long"
    assert keyless.startswith(f"films.{form}:{first + 2}: the key Title is empty")
    assert ("year", "2015") in project.values_of("films-tangerine-44a41b")


UNCLOSED = [
    ('"Starlet,2012,,,\nTake Out,2004,,,\n', {5: '"Starlet,2012,,,'}),
    ('"Starlet,2012,,,\nTake Out,2004,,,\n"Red Rocket, the film",2021,,,\n', {5: '"Starlet,2012,,,'}),
    ('Take Out,2004,,,\nPrince,"2008,,,', {6: 'Prince,"2008,,,'}),
    (
        '"Starlet,2012,,,\nTake Out,2004,,,\nPrince,2008,"x,,\nRed,2021,,,\n',
        {5: '"Starlet,2012,,,', 7: 'Prince,2008,"x,,'},
    ),
    ('Take Out,2004,,,\n"a""b,2004,,,\n\nRed,2021,,,\n', {6: '"a""b,2004,,,'}),
]


@pytest.mark.parametrize(("rows", "rejected"), UNCLOSED)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_quotation_mark_that_is_not_closed_costs_its_row_alone(
    project: ImportProject, films: Path, rows: str, rejected: dict[int, str], end: str
) -> None:
    films.write_bytes((FILMS + rows).replace("\n", end).encode())
    assert project.run("table", str(films)) == 0
    found = [line.split(": ") for line in project.rejects("my-films").splitlines()]
    assert [(place, text) for place, _, text in found] == [(f"films.csv:{n}", text) for n, text in rejected.items()]
    labels = {fact.value.value for fact in project.facts() if fact.property == LABEL}
    titles = {line.partition(",")[0] for line in rows.splitlines() if line and line[0] != '"' and "2008" not in line}
    assert titles <= labels


ARCHIVE = """\
N° inv.;Titre;Réalisation;Durée;IMDb
C-001;Fils, Le (2002);"Dardenne, Jean-Pierre; Dardenne, Luc";1h44;0291172
C-002;Métropolis (1927);Lang, Fritz;2h33;17136
C-003;(500) jours (1963);Fellini, Federico;138 min;56801
"""


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8"])
def test_the_guess_reads_the_catalogue_of_an_archive(project: ImportProject, films: Path, encoding: str) -> None:
    films.write_text(ARCHIVE, encoding=encoding)
    mapping = Path(f"{films}.mapping.yaml")
    mapping.unlink()
    assert project.run("table", str(films), "--guess", "--encoding", encoding, "-o", str(mapping)) == 0
    assert project.run("table", str(films)) == 0
    expected = {("rdfs:label", "Le Fils"), ("year", "2002"), ("imdbId", "tt0291172"), ("runningTime", "104")}
    assert expected <= project.values_of("films-c-001-444743")
    assert ("director", "films-person-fritz-lang") in project.values_of("films-c-002-c07c55")
    assert {("rdfs:label", "(500) jours"), ("year", "1963")} <= project.values_of("films-c-003-5a0a05")


def test_a_file_in_another_encoding_is_an_error_that_names_the_option(
    project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    films.write_text(ARCHIVE, encoding="latin-1")
    assert project.run("table", str(films), "--guess") == 2
    assert "--encoding latin-1" in capsys.readouterr().err


def test_a_row_without_a_title_is_called_by_its_key(project: ImportProject, films: Path) -> None:
    films.write_text("Id,Title,Year\n7,,2024\n8,Up,2009\n", encoding="utf-8")
    mapping = "source: my-films\nrows: {class: Film, key: [Id]}\ncolumns: {Title: label, Year: year}\n"
    Path(f"{films}.mapping.yaml").write_text(mapping, encoding="utf-8")
    project.run("table", str(films))
    labels = {fact.value.value: fact.paraphrase for fact in project.facts() if fact.property == LABEL}
    assert labels == {"7": True, "Up": False}
    assert check(project.folder).ok


NOT_ALLOWED = [
    ("runningTime", "0", "is not 1 or more and 6000 or less"),
    ("runningTime", "99999", "is not 1 or more and 6000 or less"),
    ("imdbId", "8999762", "is not like ^(tt|nm|co|ev|ch)[0-9]{7,10}$"),
    ("wikidataId", "42", "is not like ^[QPL][1-9][0-9]*$"),
]


@pytest.mark.parametrize(("property", "text", "reason"), NOT_ALLOWED)
def test_a_value_that_no_shape_allows_is_rejected_with_the_row(
    project: ImportProject, films: Path, property: str, text: str, reason: str
) -> None:
    films.write_text(f"Title,Year,X\nUp,2009,\nAnora,2024,{text}\n", encoding="utf-8")
    mapping = f"source: my-films\nrows: {{class: Film, key: [Title]}}\ncolumns: {{Title: label, X: {property}}}\n"
    Path(f"{films}.mapping.yaml").write_text(mapping, encoding="utf-8")
    assert project.run("table", str(films)) == 0
    assert project.rejects("my-films") == f"films.csv:3: X: {text} {reason}\n"
    assert check(project.folder).ok


def test_an_amount_below_zero_makes_no_figure(project: ImportProject, films: Path) -> None:
    films.write_text("Title,Cost\nUp,-5\nAnora,6000000\n", encoding="utf-8")
    mapping = "source: my-films\nrows: {class: Film, key: [Title]}\ncolumns: {Title: label}\n"
    mapping += "parts: {budget: {constants: {currency: USD}, columns: {Cost: amount}}}\n"
    Path(f"{films}.mapping.yaml").write_text(mapping, encoding="utf-8")
    assert project.run("table", str(films)) == 0
    assert project.rejects("my-films") == "films.csv:2: Cost: -5 is not 0.0 or more\n"
    assert check(project.folder).ok


KEYS = [["Ab1", "x y", "tt1"], ["Ab1", "ab1", "x y"], ["x y", "x-y", "X-Y", "tt1"]]


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("streamed", [False, True])
def test_rows_with_different_keys_are_different_films(
    project: ImportProject, films: Path, monkeypatch: pytest.MonkeyPatch, keys: list[str], streamed: bool
) -> None:
    monkeypatch.setattr(table_import, "STREAM_FROM_ROWS", 1 if streamed else 10)
    films.write_text("".join(["Id,Title\n", *(f"{key},Film {key}\n" for key in keys)]), encoding="utf-8")
    mapping = "source: my-films\nrows: {class: Film, key: [Id]}\ncolumns: {Title: label}\n"
    Path(f"{films}.mapping.yaml").write_text(mapping, encoding="utf-8")
    assert project.run("table", str(films)) == 0
    labels = {fact.subject: fact.value.value for fact in project.facts() if fact.property == LABEL}
    assert sorted(labels.values()) == sorted(f"Film {key}" for key in keys)


@pytest.mark.parametrize("ends", ["\n\r\n", "\r\n\n", "\r\n\r", "\n\r"])
def test_a_file_may_mix_line_endings(project: ImportProject, films: Path, ends: str) -> None:
    lines = (FILMS + "Take Out,2004,,,\nRed,soon,,,\n").splitlines()
    endings = itertools.cycle(re.findall("\r?\n|\r", ends))
    films.write_bytes("".join(line + next(endings) for line in lines).encode())
    assert project.run("table", str(films)) == 0
    assert project.rejects("my-films") == "films.csv:6: Year: soon is not a date like 2024, 2024-10 or 2024-10-18\n"
    assert ("year", "2004") in project.values_of("my-films-take-out-2004-8806c2")


def test_after_a_row_that_is_not_closed_rows_have_their_own_lines(project: ImportProject, films: Path) -> None:
    films.write_text(FILMS + '"Starlet,2012,,,\n"Take\nOut",soon,,,\n,2021,,,\n', encoding="utf-8")
    project.run("table", str(films))
    assert [line.split(":")[1] for line in project.rejects("my-films").splitlines()] == ["5", "6", "8"]


def test_a_table_without_a_header_gets_names_of_columns(project: ImportProject, tmp_path: Path) -> None:
    path = tmp_path / "movies.tsv"
    path.write_text("858\tGodfather, The (1972)\n3030\tYojimbo (1961)\n", encoding="utf-8")
    mapping = tmp_path / "movies.yaml"
    assert project.run("table", str(path), "--guess", "-o", str(mapping)) == 0
    assert "header: [column1, column2]" in mapping.read_text(encoding="utf-8")
    assert project.run("table", str(path), "--mapping", str(mapping)) == 0
    assert project.values_of("movies-858") == {("rdf:type", "Film"), ("rdfs:label", "The Godfather"), ("year", "1972")}


def test_a_table_in_utf_16_is_read_when_the_mapping_states_it(
    project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    films.write_text(FILMS, encoding="utf-16")
    assert project.run("table", str(films)) == 2
    assert "add --encoding utf-16" in capsys.readouterr().err
    Path(f"{films}.mapping.yaml").write_text("encoding: utf-16\n" + MAPPING, encoding="utf-8")
    assert project.run("table", str(films)) == 0
    assert ("year", "2024") in project.values_of("my-films-anora-2024-a9a74b")
    films.write_text(FILMS, encoding="utf-16-le")  # without its mark
    assert project.run("table", str(films)) == 2
    assert (
        "films.csv is not utf-16: UTF-16 stream does not start with BOM. Name its encoding" in capsys.readouterr().err
    )


def test_single_carriage_returns_as_line_ends_are_an_error(
    project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    films.write_text(FILMS, encoding="utf-8", newline="\r")
    assert project.run("table", str(films)) == 2
    assert "CR line endings" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_list_is_several_values_and_an_object_is_named_by_its_name(
    project: ImportProject, tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"films.{form}"
    films = [
        {"Title": "The Matrix", "Director": ["Lana Wachowski", "Lilly Wachowski"], "Cast": [{"name": "Keanu Reeves"}]},
        {"Title": "[REC]", "Director": ["Paco Plaza"], "Cast": []},
    ]
    lines = tmp_path / "films.jsonl"
    lines.write_text("".join(json.dumps(film) + "\n" for film in films), encoding="utf-8")
    if form == "parquet":
        duckdb.read_json(str(lines)).write_parquet(str(path))
    Path(f"{path}.mapping.yaml").write_text(
        "source: films\nrows: {class: Film, key: [Title]}\ncolumns:\n  Title: label\n"
        "  Director: {property: director, class: Person}\n  Cast: {property: castMember, class: Person}\n"
    )
    assert project.run("table", str(path)) == 0
    assert project.values_of("films-the-matrix-3fd26c") == {
        ("rdf:type", "Film"),
        ("rdfs:label", "The Matrix"),
        ("director", "films-person-lana-wachowski"),
        ("director", "films-person-lilly-wachowski"),
        ("castMember", "films-person-keanu-reeves"),
    }
    assert ("rdfs:label", "[REC]") in project.values_of(f"films-{name_component('[REC]')}")


def test_a_small_archive_of_one_endless_line_does_not_fill_the_disk(tmp_path: Path) -> None:
    endless = gzip.compress(b"Title\nAnora\n" + b"x" * (12 << 20) + b"\nTangerine\n")
    path = tmp_path / "lines"
    with io.BufferedReader(gzip.GzipFile(fileobj=io.BytesIO(endless))) as file, path.open("wb") as out:
        assert list(copy_short_lines(file, out)) == [3]
    assert path.read_bytes() == b"Title\nAnora\nTangerine\n"


def test_the_guess_for_an_archivists_sheet_reads_all_of_it(project: ImportProject, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Signatur", "Titel", "Regie", "Premiere", "Länge", "Bemerkung"])
    sheet.append(["F 1", "Matrix, The", "Wachowski, Lana; Wachowski, Lilly", "31.03.1999", "136 min", None])
    sheet.append([None] * 6)
    sheet.append(["F 2", "Anora", "Baker, Sean", "2024-10-18 20:30:00", 139, "Kopie beschädigt"])
    path, mapping = tmp_path / "archiv.xlsx", tmp_path / "guess.yaml"
    book.save(path)
    assert project.run("table", str(path), "--guess", "-o", str(mapping)) == 0
    assert project.run("table", str(path), "--mapping", str(mapping)) == 0
    assert project.values_of("archiv-f-2-11d989") == {
        ("rdf:type", "Film"),
        ("rdfs:label", "Anora"),
        ("director", "archiv-person-sean-baker"),
        ("date", "2024-10-18"),
        ("runningTime", "139"),
        ("rdfs:comment", "Kopie beschädigt"),
    }
    assert ("date", "1999-03-31") in project.values_of("archiv-f-1-89f125")
    assert not (project.folder / "data" / "imports" / "archiv" / "rejects.txt").exists()


def test_addresses_in_a_column_of_identifiers_are_read_as_identifiers(project: ImportProject, tmp_path: Path) -> None:
    (tmp_path / "films.csv").write_text(
        "no,title,imdb,director,q\n"
        "1,Alien,https://www.imdb.com/title/tt0078748/?ref_=x,Ridley Scott,https://www.wikidata.org/wiki/Q56005\n"
        "2,Legend,tt0089469,Ridley Scott,Q56005\n"
    )
    (tmp_path / "films.csv.mapping.yaml").write_text(
        "source: films\nrows: {class: Film, key: [no]}\ncolumns:\n  title: label\n  imdb: imdbId\n"
        "  q: {property: director, prefix: wd, label: director, identifier: wikidataId}\n"
    )
    assert project.run("table", str(tmp_path / "films.csv")) == 0
    assert ("imdbId", "tt0078748") in project.values_of("films-1")
    assert {
        value for number in (1, 2) for name, value in project.values_of(f"films-{number}") if name == "director"
    } == {"wd-q56005"}


def test_those_who_make_a_film_are_people_or_companies_where_a_mapping_has_no_class(
    project: ImportProject, tmp_path: Path
) -> None:
    (tmp_path / "films.csv").write_text("no,title,producer\n1,Alien,Brandywine\n")
    (tmp_path / "films.csv.mapping.yaml").write_text(
        "source: films\nrows: {class: Film, key: [no]}\ncolumns: {title: label, producer: {property: producer}}\n"
    )
    assert project.run("table", str(tmp_path / "films.csv")) == 0
    ((_, producer),) = (pair for pair in project.values_of("films-1") if pair[0] == "producer")
    assert ("rdf:type", "Agent") in project.values_of(producer)


def test_what_no_identifier_can_be_is_none_of_an_entity_that_a_column_names(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "films.csv").write_text("no,title,q\n1,Alien,Q56005\n2,Legend,14aecc0b7c7e963c\n")
    (tmp_path / "films.csv.mapping.yaml").write_text(
        "source: films\nrows: {class: Film, key: [no]}\ncolumns:\n  title: label\n"
        "  q: {property: director, class: Person, prefix: wd, identifier: wikidataId}\n"
    )
    assert project.run("table", str(tmp_path / "films.csv")) == 0
    assert ("wikidataId", "Q56005") in project.values_of("wd-q56005")
    ((_, other),) = (pair for pair in project.values_of("films-2") if pair[0] == "director")
    assert project.values_of(other) == {("rdf:type", "Person"), ("rdfs:label", "14aecc0b7c7e963c")}
    assert "wikidataId: a value that it does not take" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ('["Ani"]', {"Ani"}),
        ('["Anora \\"Annie\\""]', {'Anora "Annie"'}),
        ('["Ani","Anora"]', {"Ani", "Anora"}),
        ('[ "Ani" ]', {"Ani"}),
        ('["\\u00e9l\u00e8ve"]', {"\u00e9l\u00e8ve"}),
        ('["[REC]"]', {"[REC]"}),
        ('["a]","[b"]', {"a]", "[b"}),
        ("[REC]", {"[REC]"}),
        ('[""]', set()),
        ('["  "]', set()),
        ("[1, null]", {"1"}),
    ],
)
def test_a_json_list_has_the_texts_of_its_elements(
    project: ImportProject, tmp_path: Path, cell: str, names: set[str]
) -> None:
    table = tmp_path / "films.tsv"
    table.write_text(f"No\tTitle\tOther\n1\tAnora\t{cell}\n", encoding="utf-8")
    Path(f"{table}.mapping.yaml").write_text(
        "source: {id: films}\nquote: none\nrows: {class: Film, key: [No]}\n"
        "columns: {Title: label, Other: {property: alias, split: json}}\n",
        encoding="utf-8",
    )
    assert project.run("table", str(table)) == 0
    assert {value for name, value in project.values_of("films-1") if name == "skos:altLabel"} == names


def test_the_call_that_is_advised_writes_the_mapping_where_it_is_looked_for(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my films.csv"
    path.write_text("Title,Year\nAnora,2024\n", encoding="utf-8")
    assert project.run("table", str(path)) == 2
    call = shlex.split(capsys.readouterr().err.rpartition("kg import ")[2])
    assert project.run(*call) == 0
    assert project.run("table", str(path)) == 0


def test_a_row_with_other_cells_than_the_header_is_rejected_in_plain_words(
    project: ImportProject, tmp_path: Path
) -> None:
    path = tmp_path / "films.csv"
    path.write_text("Title,Year\nAnora,2024\nTangerine\nStarlet,2012,85\n", encoding="utf-8")
    (tmp_path / "films.csv.mapping.yaml").write_text(
        "source: {id: films, title: Films, licence: CC0-1.0}\nrows: {class: Film, key: Title}\n"
        "columns: {Title: label, Year: year}\n",
        encoding="utf-8",
    )
    assert project.run("table", str(path)) == 0
    assert project.rejects("films").splitlines() == [
        "films.csv:3: 1 cell in a table of 2 columns: Tangerine",
        "films.csv:4: 3 cells in a table of 2 columns: Starlet,2012,85",
    ]
