"""New projects."""

from __future__ import annotations

from pathlib import Path

import pytest

import kg
from kg.cli import main
from kg.errors import InputError
from kg.pipeline.new_project import create_project
from tests.projects import SmallProject


def test_a_new_project_can_be_built_and_queried_immediately(anora: SmallProject, tmp_path: Path) -> None:
    anora.write("queries/directors.rq", "#+ summary: All\nSELECT ?person { ?film film:director ?person }\n")
    new = kg.new(tmp_path / "my films", like=anora.project)
    project = new.project
    assert [file.name for file in new.files] == ["sources.yaml", "policy.yaml", "tangerine.yaml"]
    # The small ontology has no feature films.
    film = project.data / "films/tangerine.yaml"
    film.write_text(film.read_text(encoding="utf-8").replace("FeatureFilm", "Film"), encoding="utf-8")
    assert kg.build(project)
    assert [str(person) for person in kg.open(project).ask("directors").values("person")] == ["Sean Baker"]


def test_files_that_are_no_text_are_copied_as_they_are(anora: SmallProject, tmp_path: Path) -> None:
    picture = b"\x89PNG\xe9"
    (anora.folder / "ontology" / "logo.png").write_bytes(picture)
    create_project(tmp_path / "new", like=anora.project)
    assert (tmp_path / "new" / "ontology" / "logo.png").read_bytes() == picture


def test_a_folder_that_is_not_empty_is_refused(anora: SmallProject) -> None:
    before = sorted(anora.folder.rglob("*"))
    with pytest.raises(InputError, match="is not empty"):
        create_project(anora.folder, like=anora.project)
    assert sorted(anora.folder.rglob("*")) == before


def test_what_cannot_be_written_in_full_leaves_nothing(
    anora: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, _: object, **options: bool) -> None:
        raise InputError(f"{path} cannot be written: No space left on device")

    monkeypatch.setattr("kg.pipeline.new_project.write_file", fail)
    with pytest.raises(InputError, match="No space left"):
        create_project(tmp_path / "new", like=anora.project)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_refused(anora: SmallProject, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("Anora")
    with pytest.raises(InputError, match="cannot be written"):
        create_project(tmp_path / "file", like=anora.project)


def test_the_schema_of_a_new_project_is_that_of_its_ontology(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = create_project(tmp_path / "films").project.folder
    assert main(["schema", "Film", "--project", str(folder)]) == 0
    output = capsys.readouterr()
    assert "film:director" in output.out
    assert "no graph yet" in output.err
