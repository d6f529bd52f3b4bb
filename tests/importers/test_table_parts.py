"""Tables whose rows have credits, releases and figures."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from kg.importers.dataset_names import dataset_entity_name
from kg.importers.tables import table_import
from kg.pipeline.build import check
from tests.importers.import_project import ImportProject

FILMS = """\
Title,Year,Actor,Role,Released,Territory,Gross
Anora,2024,Mikey Madison,Ani,18/10/2024,United States,"$20,471,000"
Anora,2024,Yura Borisov,Igor,01/11/2024,United Kingdom,
Tangerine,2015,Mya Taylor,,10/07/2015,United States,little
"""
MAPPING = """\
source: {id: my-films, title: My films, licence: CC0-1.0}
rows: {class: Film, key: [Title, Year]}
columns: {Title: label, Year: year}
constants: {originalLanguage: English}
parts:
  castCredit:
    columns:
      Actor: {property: agent, class: Person}
      Role: {property: character, class: Character, within: characterIn}
  release:
    columns:
      Released: {property: date, clean: day-first}
      Territory: {property: territory, class: Country}
    constants: {medium: theatrical}
  boxOffice:
    columns: {Gross: {property: amount, clean: integer}}
    constants: {currency: USD}
"""


@pytest.fixture
def films(tmp_path: Path) -> Path:
    (tmp_path / "films.csv.mapping.yaml").write_text(MAPPING, encoding="utf-8")
    path = tmp_path / "films.csv"
    path.write_text(FILMS, encoding="utf-8")
    return path


def test_a_row_with_an_actor_and_a_role_is_a_credit(project: ImportProject, films: Path) -> None:
    assert project.run("table", str(films)) == 0
    anora = project.values_of("my-films-anora-2024-a9a74b")
    assert ("castCredit", "my-films-anora-2024-a9a74b.castCredit.mikey-madison-ani") in anora
    assert project.values_of("my-films-anora-2024-a9a74b.castCredit.mikey-madison-ani") == {
        ("agent", "my-films-person-mikey-madison"),
        ("character", "my-films-anora-2024-a9a74b.character.ani"),
    }
    assert project.values_of("my-films-anora-2024-a9a74b.character.ani") == {
        ("rdf:type", "Character"),
        ("rdfs:label", "Ani"),
        ("characterIn", "my-films-anora-2024-a9a74b"),
    }
    assert ("originalLanguage", "my-films-topic-english") in anora
    report = check(project.folder)
    assert report.ok, "\n".join(map(str, report))


def test_a_row_with_a_day_and_a_territory_is_a_release(project: ImportProject, films: Path) -> None:
    project.run("table", str(films))
    assert project.values_of("my-films-anora-2024-a9a74b.release.2024-11-01-united-kingdom") == {
        ("date", "2024-11-01"),
        ("territory", "my-films-country-united-kingdom"),
        ("medium", "theatrical"),
    }


def test_a_kind_in_a_mapping_is_a_class_with_the_kind(project: ImportProject, films: Path) -> None:
    project.run("table", str(films))
    assert {("rdf:type", "Place"), ("kind", "country")} <= project.values_of("my-films-country-united-kingdom")


@pytest.mark.parametrize("streamed", [False, True])
def test_rows_may_be_about_entities_of_kinds(
    project: ImportProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    if streamed:
        monkeypatch.setattr(table_import, "STREAM_FROM_ROWS", 1)
    (tmp_path / "places.csv").write_text("Name,Sort\nOrlando,town\nFlorida,state\nBrighton Pier,pier\n")
    (tmp_path / "places.csv.mapping.yaml").write_text(
        "source: {id: places}\n"
        "rows: {key: [Name], class: Place, class_column: Sort, classes: {town: city, state: State}}\n"
        "columns: {Name: label}\n"
    )
    assert project.run("table", str(tmp_path / "places.csv")) == 0
    kinds = {"Orlando": {("kind", "city")}, "Florida": {("kind", "state")}, "Brighton Pier": set()}
    for name, kind in kinds.items():
        stated = project.values_of(dataset_entity_name("places", name))
        assert {pair for pair in stated if pair[0] in ("rdf:type", "kind")} == {("rdf:type", "Place"), *kind}


def test_a_figure_that_is_not_a_number_is_rejected_and_makes_no_part(project: ImportProject, films: Path) -> None:
    project.run("table", str(films))
    assert project.rejects("my-films") == "films.csv:4: Gross: little is not a whole number such as 1,234\n"
    assert not [name for name, _ in project.values_of("my-films-tangerine-2015") if name == "boxOffice"]
    assert ("currency", "USD") in project.values_of("my-films-anora-2024-a9a74b.boxOffice.20471000")


FIGURES = """\
Title,Budget,Currency
Anora,6000000,USD
Tangerine,100000,
Red Rocket,1100000,DOLLARS
Starlet,-5,USD
"""


def test_a_part_without_a_value_that_its_shape_requires_is_left_out_with_its_row(
    project: ImportProject, tmp_path: Path
) -> None:
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    (tmp_path / "figures.csv.mapping.yaml").write_text(
        "source: {id: figures, title: Figures, licence: CC0-1.0}\n"
        "rows: {class: Film, key: Title}\n"
        "columns: {Title: label}\n"
        "parts: {budget: {columns: {Budget: amount, Currency: currency}}}\n",
        encoding="utf-8",
    )
    assert project.run("table", str(tmp_path / "figures.csv")) == 0
    assert project.rejects("figures").splitlines() == [
        "figures.csv:3: budget: left out, since it has no currency",
        "figures.csv:4: budget: left out, since it has no currency (Currency: DOLLARS is not like ^[A-Z]{3}$)",
        "figures.csv:5: Budget: -5 is not 0.0 or more",
    ]
    with_budget = {str(fact.subject) for fact in project.facts() if fact.property.value.endswith("/budget")}
    assert with_budget == {"<https://w3id.org/filmgraph/film/figures-anora-760bcb>"}
    assert check(project.folder).ok


def test_a_part_without_its_first_value_is_counted(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "releases.csv").write_text(
        "Title,Country,Released\nAnora,USA,2024-10-18\nTangerine,,2015-07-10\nStarlet,,\n", encoding="utf-8"
    )
    (tmp_path / "releases.csv.mapping.yaml").write_text(
        "source: {id: releases, title: Releases, licence: CC0-1.0}\n"
        "rows: {class: Film, key: Title}\n"
        "columns: {Title: label}\n"
        "parts: {release: {columns: {Country: territory, Released: date}}}\n",
        encoding="utf-8",
    )
    assert project.run("table", str(tmp_path / "releases.csv")) == 0
    assert "1  rows of releases.csv whose release has no Country" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["pairs", "parallel"])
def test_each_actor_in_a_cell_gets_a_credit(project: ImportProject, tmp_path: Path, form: str) -> None:
    table, columns = {
        "pairs": (
            'Title,Cast\nAnora,"Mikey Madison as Ani; Mark Eydelshteyn as Ivan"\n',
            'Cast: [{property: agent, class: Person, split: ";", clean: [trim, before-as]},'
            ' {property: character, class: Character, within: characterIn, split: ";", clean: [trim, after-as]}]',
        ),
        "parallel": (
            "Title,Cast,Roles\nAnora,Mikey Madison|Mark Eydelshteyn,Ani|Ivan\n",
            'Cast: {property: agent, class: Person, split: "|"},'
            ' Roles: {property: character, class: Character, within: characterIn, split: "|"}',
        ),
    }[form]
    path = tmp_path / "cast.csv"
    path.write_text(table, encoding="utf-8")
    each = "[Cast]" if form == "pairs" else "[Cast, Roles]"
    Path(f"{path}.mapping.yaml").write_text(
        "source: cast\nrows: {class: Film, key: [Title]}\ncolumns: {Title: label}\n"
        f"parts: {{castCredit: {{each: {each}, columns: {{{columns}}}}}}}\n",
        encoding="utf-8",
    )
    assert project.run("table", str(path)) == 0
    assert project.values_of("cast-anora-760bcb.castCredit.mark-eydelshteyn-ivan") == {
        ("agent", "cast-person-mark-eydelshteyn"),
        ("character", "cast-anora-760bcb.character.ivan"),
    }


def test_a_large_table_of_credits_gives_the_same_facts_as_a_small_one(
    project: ImportProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cast.csv"
    path.write_text("Film,No,Actor,Job\nAnora,1,Mikey Madison,actor\nAnora,2,Sean Baker,director\nAnora,3,Tony,grip\n")
    Path(f"{path}.mapping.yaml").write_text(
        "source: cast\nrows: {key: [Film], record: [Film, No], mention: {class: Film}}\n"
        "columns: {Actor: {property: director, class: Person, where: {Job: [director]}}}\n"
        "parts: {castCredit: {where: {Job: [actor]}, columns: {Actor: {property: agent, class: Person}}}}\n"
    )
    ids = []
    for many in (50_000, 1):
        monkeypatch.setattr(table_import, "STREAM_FROM_ROWS", many)
        assert project.run("table", str(path)) == 0
        ids.append({fact.id for fact in project.facts()})
    assert ids[0] == ids[1]
    assert project.values_of("cast-anora-760bcb") == {
        ("rdf:type", "Film"),
        ("rdfs:label", "Anora"),
        ("castCredit", "cast-anora-760bcb.castCredit.mikey-madison"),
        ("director", "cast-person-sean-baker"),
    }


def test_a_job_that_is_not_in_the_mapping_is_counted(
    project: ImportProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test_a_large_table_of_credits_gives_the_same_facts_as_a_small_one(project, tmp_path, monkeypatch)
    assert "1  Job grip" in capsys.readouterr().out


def test_the_guess_finds_credits_releases_and_figures(
    project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = Path(f"{films}.mapping.yaml")
    mapping.unlink()
    assert project.run("table", str(films), "--guess", "-o", str(mapping)) == 0
    assert project.run("table", str(films), "--source", "guessed") == 0
    values = project.values_of("films-anora-2024-a9a74b")
    assert {name for name, _ in values} >= {"castCredit", "release", "boxOffice"}
    assert ("date", "2024-10-18") in project.values_of("films-anora-2024-a9a74b.release.2024-10-18-united-states")


def test_the_keys_of_earlier_versions_are_still_read(project: ImportProject, films: Path) -> None:
    former = MAPPING.replace("parts:", "nodes:").replace("constants:", "says:")
    Path(f"{films}.mapping.yaml").write_text(former, encoding="utf-8")
    assert project.run("table", str(films)) == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("parts: {runningTime: {columns: {Title: label}}}", "does not lead to entities"),
        ("parts: {release: {}}", "has no `columns`"),
        ("parts: {relase: {columns: {Title: label}}}", "Did you mean release?"),
        ("parts: {release: {columns: {Title: label}, eech: [Title]}}", "Did you mean each?"),
        ("constants: {currency: }", "has no value"),
        ("constants: [USD]", "expected a mapping for `constants`, not a list"),
    ],
)
def test_faults_of_parts_in_a_mapping_are_reported(
    project: ImportProject, films: Path, capsys: pytest.CaptureFixture[str], wrong: str, message: str
) -> None:
    head = itertools.takewhile(lambda line: not line.startswith(("constants", "parts")), MAPPING.splitlines())
    Path(f"{films}.mapping.yaml").write_text("\n".join((*head, wrong)) + "\n", encoding="utf-8")
    assert project.run("table", str(films)) == 2
    assert message in capsys.readouterr().err
