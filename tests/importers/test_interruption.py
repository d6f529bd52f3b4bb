"""An import that is stopped at any moment."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kg.importers.tables import table_import
from tests.importers.import_project import ROOT, ImportProject

KILLS = 8
MAPPING = """\
source: {id: films}
rows: {class: Film, key: [No]}
columns: {Title: label, Year: year, Director: {property: director, class: Person}}
"""


def films(path: Path, title: str) -> None:
    rows = (f"{number},{title} {number},{1900 + number % 120},Director {number % 500}\n" for number in range(2000))
    path.write_text("No,Title,Year,Director\n" + "".join(rows), encoding="utf-8")


def started(project: ImportProject, table: Path) -> subprocess.Popen[bytes]:
    call = [sys.executable, "-m", "kg", "import", "table", str(table), "--project", str(project.folder)]
    return subprocess.Popen(call, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def files_of(project: ImportProject) -> dict[str, bytes]:
    """Every file that a build would read, by name."""
    data = project.folder / "data"
    paths = (path for path in data.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(data).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be killed like this there")
def test_an_import_killed_at_any_moment_leaves_the_old_file_or_the_new_one(
    project: ImportProject, tmp_path: Path
) -> None:
    table = tmp_path / "films.csv"
    Path(f"{table}.mapping.yaml").write_text(MAPPING, encoding="utf-8")
    films(table, "Old")
    assert started(project, table).wait() == 0
    old = files_of(project)
    films(table, "New")
    began = time.monotonic()
    assert started(project, table).wait() == 0
    took = time.monotonic() - began
    new = files_of(project)
    assert old != new
    chance = random.Random(97)
    for _ in range(KILLS):
        for name, content in old.items():
            (project.folder / "data" / name).write_bytes(content)
        process = started(project, table)
        try:
            process.wait(timeout=chance.uniform(0, 1.1 * took))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        found = files_of(project)
        assert set(found) == set(old)
        assert all(content in (old[name], new[name]) for name, content in found.items())
        assert not project.read().findings
    assert started(project, table).wait() == 0
    assert files_of(project) == new
    assert not list((project.folder / "data").rglob(".*"))


@pytest.mark.parametrize("change", ["longer", "shorter", "another file", "deleted"])
def test_a_file_that_changes_while_it_is_read_is_not_imported(
    project: ImportProject,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: str,
) -> None:
    table = tmp_path / "films.csv"
    Path(f"{table}.mapping.yaml").write_text(MAPPING, encoding="utf-8")
    films(table, "Old")
    assert project.run("table", str(table)) == 0
    before, read = files_of(project), table_import.import_file

    def changing(path: Path, *arguments: Any, **options: Any) -> table_import.ImportedRows:
        imported = read(path, *arguments, **options)
        match change:
            case "longer":
                with path.open("a", encoding="utf-8") as file:
                    file.write("2001,One More,1999,Director 1\n")
            case "shorter":
                path.write_text("No,Title,Year,Director\n", encoding="utf-8")
            case "another file":
                films(other := path.with_name("other.csv"), "Old")
                other.replace(path)
            case _:
                path.unlink()
        return imported

    monkeypatch.setattr(table_import, "import_file", changing)
    assert project.run("table", str(table)) == 2
    assert f"{table} was changed while it was read. Nothing was written. Run it again." in capsys.readouterr().err
    assert files_of(project) == before
