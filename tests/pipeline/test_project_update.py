"""`kg update`: newer files of the program are taken into a project, and changes of its owner are kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kg.cli import main
from kg.pipeline.new_project import create_project
from kg.pipeline.project_update import ORIGIN, Compared, find_update, note_origin
from kg.project import Project, packaged_project
from tests.projects import SmallProject

BESIDE = "ontology/film.ttl.new"


@pytest.fixture
def program(anora: SmallProject) -> SmallProject:
    """A project that stands for that of the program."""
    anora.write("queries/films.rq", "#+ summary: All\nSELECT ?film { ?film a film:Film }\n")
    return anora


@pytest.fixture
def copy(program: SmallProject, tmp_path: Path) -> Project:
    copy = create_project(tmp_path / "copy", like=program.project).project
    note_origin(copy, program.project)
    return copy


def test_a_copy_has_nothing_to_take(program: SmallProject, copy: Project) -> None:
    assert not find_update(copy, program.project)


def test_what_nobody_has_changed_is_replaced_added_and_removed(program: SmallProject, copy: Project) -> None:
    program.write("ontology/film.ttl", "# newer\n")
    program.write("ontology/more.ttl", "# new\n")
    (program.folder / "queries/films.rq").unlink()
    update = find_update(copy, program.project)
    assert (update.replaced, update.removed, update.changed) == (
        ("ontology/film.ttl", "ontology/more.ttl"), ("queries/films.rq",), (),
    )  # fmt: skip
    assert "+# newer\n" in update.to_diff()
    update.apply()
    assert (copy.folder / "ontology/film.ttl").read_text() == "# newer\n"
    assert (copy.folder / "ontology/more.ttl").read_text() == "# new\n"
    assert not (copy.folder / "queries/films.rq").exists()
    assert not find_update(copy, program.project)


def test_what_somebody_has_changed_or_removed_is_kept(program: SmallProject, copy: Project) -> None:
    (copy.folder / "ontology/film.ttl").write_text("# mine\n")
    (copy.folder / "queries/films.rq").unlink()
    assert not find_update(copy, program.project)  # the program has nothing newer
    program.write("ontology/film.ttl", "# newer\n")
    update = find_update(copy, program.project)
    assert (update.replaced, update.changed) == ((), ("ontology/film.ttl",))
    update.apply()
    assert (copy.folder / "ontology/film.ttl").read_text() == "# mine\n"
    assert (copy.folder / BESIDE).read_text() == "# newer\n"
    assert not (copy.folder / "queries/films.rq").exists()
    assert not find_update(copy, program.project)  # its owner has seen it


def test_of_a_copy_of_unknown_origin_nothing_is_replaced(program: SmallProject, copy: Project) -> None:
    (copy.folder / "ontology/origin.json").unlink()
    assert not find_update(copy, program.project)
    program.write("ontology/film.ttl", "# newer\n")
    program.write("queries/films.rq", "# newer\n")
    update = find_update(copy, program.project)
    assert (update.replaced, update.changed) == ((), ("ontology/film.ttl",))
    update.apply()
    assert (copy.folder / BESIDE).read_text() == "# newer\n"
    assert not find_update(copy, program.project)


def test_an_ontology_of_its_own_is_no_older_copy(program: SmallProject, copy: Project) -> None:
    (copy.folder / "ontology/origin.json").unlink()
    for number in range(3):
        program.write(f"ontology/part-{number}.ttl", "# of the program\n")
    program.write("ontology/film.ttl", "# newer\n")
    assert not find_update(copy, program.project)


def test_files_that_are_no_text_are_taken_as_they_are(program: SmallProject, copy: Project) -> None:
    picture = b"\x89PNG\xe9"
    program.write("ontology/logo.png", picture)
    find_update(copy, program.project).apply()
    assert (copy.folder / "ontology/logo.png").read_bytes() == picture


def test_the_commands_say_that_the_program_has_newer_files_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "films"
    create_project(folder, like=packaged_project())
    at = ["--project", str(folder)]
    assert main(["check", *at]) == 0
    assert "kg update" not in capsys.readouterr().err
    program = tmp_path / "older"
    shutil.copytree(folder / "ontology", program / "ontology")
    shutil.copytree(folder / "queries", program / "queries")
    path = folder / "ontology/writing.ttl"
    path.write_text((program / "ontology/writing.ttl").read_text(encoding="utf-8").replace('"prizes"', '"prises"'))
    older = Project(program)
    (program / "ontology/writing.ttl").write_bytes(path.read_bytes())
    note_origin(Project(folder), older)
    notice = "1 file of this project's ontology or queries is not that of this version: see `kg update`."
    for command in ("check", "build"):
        assert main([command, *at]) == 0
        assert capsys.readouterr().err.count(notice) == 1
    assert main(["build", *at]) == 0
    assert notice not in capsys.readouterr().err
    assert main(["update", *at]) == 0
    printed = capsys.readouterr()
    assert '-    write:key "awards", "prises"' in printed.out
    assert "1 file to update: add --apply." in printed.err
    assert main(["update", "--apply", *at]) == 0
    assert '"prizes"' in path.read_text(encoding="utf-8")
    assert main(["update", *at]) == 0
    assert "The program has no newer ontology or queries than the project." in capsys.readouterr().err


def test_a_project_made_in_a_clone_of_the_repository_can_be_updated(tmp_path: Path) -> None:
    clone = create_project(tmp_path / "clone", like=packaged_project()).project
    (clone.folder / ORIGIN).unlink()
    copied = create_project(tmp_path / "films", like=clone).project
    assert find_update(copied).compared is Compared.ALL
    (clone.folder / "ontology/core.ttl").write_text("# another ontology\n")
    other = create_project(tmp_path / "others", like=clone).project
    assert not (other.folder / ORIGIN).exists()


def test_what_was_not_compared_is_not_said_to_be_the_newest(
    anora: SmallProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["update", "--project", str(packaged_project().folder)]) == 0
    assert "Nothing was compared: this project comes with the program" in capsys.readouterr().err
    assert main(["update", "--project", str(anora.folder)]) == 0
    assert "Nothing was compared: the project has an ontology of its own." in capsys.readouterr().err
    create_project(tmp_path / "copy", like=packaged_project())
    (tmp_path / "copy/ontology/origin.json").unlink()
    assert main(["update", "--project", str(tmp_path / "copy")]) == 0
    assert "Queries were not compared" in capsys.readouterr().err
