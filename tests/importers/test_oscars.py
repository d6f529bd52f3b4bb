"""The Oscars table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kg.importers.oscars import COLUMNS
from kg.pipeline.build import check
from tests.importers.import_project import DATASETS, ImportProject


def row(**cells: str) -> str:
    usual = {"Ceremony": "97", "Year": "2024", "CanonicalCategory": "DIRECTING", "Category": "DIRECTING"}
    usual |= {"Class": "Directing", "Film": "Anora", "FilmId": "tt28607951", "Nominees": "Sean Baker"}
    usual |= {"NomineeIds": "nm0048918", "Winner": "True"}
    return "\t".join((usual | cells).get(name, "") for name in COLUMNS).rstrip()


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., str]:
    def write(*rows: str) -> str:
        path = tmp_path / "oscars.csv"
        path.write_text("\n".join(("\t".join(COLUMNS), *rows)) + "\n", encoding="utf-8")
        return str(path)

    return write


def test_a_win_is_also_a_nomination_and_gives_credits(project: ImportProject, table: Callable[..., str]) -> None:
    assert project.run("oscars", table(row())) == 0
    values = project.values_of("oscars-tt28607951")
    assert {("director", "oscars-nm0048918"), ("imdbId", "tt28607951"), ("rdfs:label", "Anora")} <= values
    recognition = "oscars-tt28607951.recognition.97-directing-nm0048918"
    assert [value for name, value in values if name == "recognition"] == [recognition]
    assert project.values_of(recognition) == {
        ("outcome", "nominated"),
        ("outcome", "won"),
        ("award", "oscars-award-directing"),
        ("edition", "oscars-ceremony-97"),
        ("recipient", "oscars-nm0048918"),
        ("forWork", "oscars-tt28607951"),
        ("year", "2024"),
    }


def test_an_actor_of_several_films_plays_a_character_in_each(project: ImportProject, table: Callable[..., str]) -> None:
    jannings = row(
        Ceremony="1",
        Year="1927/28",
        Class="Acting",
        CanonicalCategory="ACTOR IN A LEADING ROLE",
        Film="The Last Command|The Way of All Flesh",
        FilmId="tt0019071|tt0019553",
        Nominees="Emil Jannings",
        NomineeIds="nm0417837",
        Detail="General Dolgorucki|August Schilling",
    )
    project.run("oscars", table(jannings))
    for film, character in (("tt0019071", "General Dolgorucki"), ("tt0019553", "August Schilling")):
        credit = f"oscars-{film}.castCredit.nm0417837"
        assert ("castCredit", credit) in project.values_of(f"oscars-{film}")
        played = dict(project.values_of(credit))["character"]
        assert ("rdfs:label", character) in project.values_of(played)
    assert {fact.written for fact in project.facts() if fact.written} == {"1927/28"}


def test_an_honour_without_nominations_is_a_win_only(project: ImportProject, table: Callable[..., str]) -> None:
    honour = row(Class="Special", CanonicalCategory="HONORARY AWARD", Film="", FilmId="")
    project.run("oscars", table(honour))
    values = project.values_of("oscars-nm0048918")
    assert {name for name, _ in values} == {"rdf:type", "rdfs:label", "imdbId", "recognition"}
    honoured = project.values_of(dict(values)["recognition"])
    assert [value for name, value in honoured if name == "outcome"] == ["won"]


def test_rows_with_faults_are_rejected(project: ImportProject, table: Callable[..., str]) -> None:
    numbers = [row(Ceremony="²"), row(Ceremony="0"), row(Year="٢٠٢٤")]
    wrong = [row(Ceremony="many"), row(Winner="perhaps"), row() + "\t" * 9 + "x", *numbers]
    project.run("oscars", table(row(), *wrong))
    assert [line.split(":")[1] for line in project.rejects("oscars").splitlines()] == list("345678")


def test_a_missing_column_is_an_error(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "oscars.csv"
    path.write_text("Ceremony\tYear\n1\t1927/28\n", encoding="utf-8")
    assert project.run("oscars", str(path)) == 2
    assert "lacks the column Class" in capsys.readouterr().err


def test_the_published_table_gives_a_valid_graph(project: ImportProject) -> None:
    assert project.run("oscars", str(DATASETS / "oscars/oscars.csv")) == 0
    report = check(project.folder)
    assert report.ok, "\n".join(map(str, report))
    parts = [value for name, value in project.values_of("oscars-tt28607951") if name == "recognition"]
    outcomes = [value for part in parts for name, value in project.values_of(part) if name == "outcome"]
    assert (outcomes.count("nominated"), outcomes.count("won")) == (6, 5)
