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
from kg.importers.tables import file_parts, table_import
from kg.importers.tables.table_mapping import read_table_mapping
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


LARGE = {
    "quoted line ends.csv": (HEADER, '"Paris,\nTexas {n}",{y},"Wenders, Wim",Drama,{r},x\n'),
    "crlf.csv": (HEADER.replace("\n", "\r\n"), "Anora {n},{y},Sean Baker,Drama,{r},x\r\n"),
    "tabs.tsv": (HEADER.replace(",", "\t"), "Anora {n}\t{y}\tSean Baker\tDrama\t{r}\tx\n"),
    "objects.jsonl": ("", '{{"Title": "A {n}", "Year": {y}, "Director": "B", "Genres": "", "Runtime": "{r}"}}\n'),
    "rows.parquet": (HEADER, "Anora {n},{y},Sean Baker,Drama,{r},x\n"),
}
"""Files of tables: the first line, and a line of each row."""


@pytest.mark.parametrize("name", LARGE)
def test_parts_of_a_large_file_are_imported_as_the_file(
    project: ImportProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    head, row = LARGE[name]
    path, mapping = tmp_path / name, tmp_path / "lake.mapping.yaml"
    count = 2048 * 5 if path.suffix == ".parquet" else 400  # the least row groups that DuckDB writes
    rows = (row.format(n=n, y=1950 + n % 70, r="long" if n % 41 == 40 else 60 + n % 90) for n in range(count))
    path.write_text(head + "".join(rows), encoding="utf-8", newline="")
    if path.suffix == ".parquet":
        duckdb.read_csv(str(path), all_varchar=True).write_parquet(str(path), row_group_size=2048)
    mapping.write_text(MAPPING, encoding="utf-8")
    call = ["table", str(path), "--mapping", str(mapping), "--format", "json"]
    expected = imported(project, *call)
    monkeypatch.setattr(table_import, "run_tasks", run_here)
    monkeypatch.setattr(file_parts, "PART_BYTES", path.stat().st_size // 5)
    columns = read_table_mapping(mapping, to_schema(read_ontology(Project(project.folder).ontology)))
    assert 5 <= len(file_parts.split_file(path, columns)) <= 6
    assert imported(project, *call, "--engine", "spark=local[2]") == expected
    assert len(expected[0]) > 1_000
    assert expected[1].count("not a running time") == count // 41
    if path.suffix == ".parquet":
        lines = [int(line.split(":")[1]) for line in expected[1].splitlines()]
        assert lines == list(range(41, count + 1, 41))


def test_a_file_with_a_stray_quotation_mark_is_one_part(
    project: ImportProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, mapping = tmp_path / "a.csv", tmp_path / "lake.mapping.yaml"
    path.write_text(HEADER + FIRST + 'Five 5" Disks,1990,,,90,x\n' + SECOND, encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    monkeypatch.setattr(file_parts, "PART_BYTES", 40)
    columns = read_table_mapping(mapping, to_schema(read_ontology(Project(project.folder).ontology)))
    assert [part.end for part in file_parts.split_file(path, columns)] == [None]


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
