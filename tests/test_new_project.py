"""A person who has films of their own starts a project, and it works at once."""

from __future__ import annotations

from pathlib import Path

import pytest

import kg
from kg.errors import InputError
from kg.new_project import create_project
from tests.projects import SmallProject


def test_a_new_project_is_built_and_asked_at_once(anora: SmallProject, tmp_path: Path) -> None:
    anora.write("queries/directors.rq", "#+ summary: All\nSELECT ?person { ?film film:director ?person }\n")
    project = create_project(tmp_path / "mine", like=anora.project)
    # The small ontology has no feature films.
    film = project.data / "films/tangerine.yaml"
    film.write_text(film.read_text(encoding="utf-8").replace("FeatureFilm", "Film"), encoding="utf-8")
    assert kg.build(project)
    assert [str(person) for person in kg.open(project).ask("directors").values("person")] == ["Sean Baker"]


def test_what_is_there_already_is_left_alone(anora: SmallProject) -> None:
    before = sorted(anora.folder.rglob("*"))
    with pytest.raises(InputError, match="is not empty"):
        create_project(anora.folder, like=anora.project)
    assert sorted(anora.folder.rglob("*")) == before


def test_a_file_is_no_place_for_a_project(anora: SmallProject, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("Anora")
    with pytest.raises(InputError, match="cannot be written"):
        create_project(tmp_path / "file", like=anora.project)
