"""Files imported each by a task of its own: the same facts, rejects and counts as one after another."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kg.engines.spark_session import run_tasks
from kg.errors import InputError
from kg.facts.model import Source
from kg.importers.session import open_session
from kg.importers.tables import table_import
from kg.project import Project
from kg.schema import read_ontology, to_schema
from tests.importers.import_project import ImportProject

MAPPING = """\
source: {id: lake, title: A lake, licence: CC0-1.0}
rows: {class: Film, key: [Title, Year]}
columns:
  Title: {property: label, clean: article-first}
  Year: year
  Director: {property: director, class: Person, split: ";", clean: [trim, last-first]}
  Genres: {property: genre, split: "|"}
  Runtime: {property: runningTime, clean: minutes}
"""
HEADER = "Title,Year,Director,Genres,Runtime,Seen\n"
FIRST = """\
Anora,2024,"Baker, Sean",Comedy|Drama,2h 19m,x
"Matrix, The",1999,"Wachowski, Lana; Wachowski, Lilly",Science Fiction,long,x
,2001,"Nobody, At All",Drama,90,x
"""
SECOND = """\
"Paris, Texas",1984,"Wenders, Wim",Drama,147,x
Anora,2024,"Baker, Sean",Comedy,139 min,x
Tangerine,2015,"Baker, Sean",Drama,88,x
"""


def write_lake(folder: Path, form: str) -> list[str]:
    """Two files of a lake and their mapping; returns the arguments of the import."""
    (folder / "lake").mkdir()
    for name, rows in (("a", FIRST), ("b", SECOND)):
        path = folder / "lake" / f"{name}.csv"
        path.write_text(HEADER + rows, encoding="utf-8")
        if form == "parquet":
            duckdb.read_csv(str(path)).write_parquet(str(path.with_suffix(".parquet")))
            path.unlink()
    mapping = folder / "lake.mapping.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    return ["table", str(folder / "lake"), "--mapping", str(mapping), "--format", "json"]


def run_here(master: str, function: Callable[[int], Any], numbers: Sequence[int]) -> list[Any]:
    """Run tasks in this process, as one that has only the bytes of the function would."""
    return [pickle.loads(pickle.dumps(function))(number) for number in numbers]


def imported(project: ImportProject, *call: str) -> tuple[set[str], str]:
    """The facts and the rejects of an import; those of a large table are in Parquet."""
    shutil.rmtree(project.folder / "data/imports", ignore_errors=True)
    assert project.run(*call) == 0
    return {f"{fact.id} {fact.triple} {fact.rank}" for fact in project.facts()}, project.rejects("lake")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tasks_import_what_one_process_imports(
    project: ImportProject,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    monkeypatch.setattr(table_import, "run_tasks", run_here)
    call = write_lake(tmp_path, form)
    expected, counts = imported(project, *call), json.loads(capsys.readouterr().out)
    assert imported(project, *call, "--engine", "spark=local[2]") == expected
    assert json.loads(capsys.readouterr().out) == counts
    assert len(expected[0]) > 35
    assert "not a running time" in expected[1]
    assert not list(project.folder.glob(".kg-import-*"))


def test_tasks_import_the_rows_of_large_tables(
    project: ImportProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = write_lake(tmp_path, "csv")
    expected = imported(project, *call)
    monkeypatch.setattr(table_import, "run_tasks", run_here)
    monkeypatch.setattr(table_import, "STREAM_FROM_ROWS", 1)
    assert imported(project, *call, "--engine", "spark=local[2]") == expected


def test_a_file_that_cannot_be_imported_is_named(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_import, "run_tasks", run_here)
    call = write_lake(tmp_path, "csv")
    (tmp_path / "lake/c.csv").write_text("Title,Year\nAnora,2024\n", encoding="utf-8")
    assert project.run(*call, "--engine", "spark=local[2]") == 2
    assert "c.csv lacks the column Director" in capsys.readouterr().err
    assert not (project.folder / "data/imports/lake").exists()


def test_an_unknown_engine_is_refused(tmp_path: Path, project: ImportProject) -> None:
    ontology = tuple(read_ontology(Project(project.folder).ontology))
    source = Source("lake", title="A lake")
    with (
        pytest.raises(InputError, match="There is no engine 'sparc'; choose duckdb, spark or spark=MASTER"),
        open_session(project.folder / "data", source, ontology, to_schema(ontology)) as session,
    ):
        table_import.import_tables([tmp_path / "films.csv"], session, engine="sparc")


def test_spark_connect_has_no_tasks_in_python() -> None:
    with pytest.raises(InputError, match=r"Spark Connect runs no Python tasks"):
        run_tasks("sc://host:15002", str, [1])
