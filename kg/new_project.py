"""A project walks in; a new one with its ontology and its questions, and a first film, walks out."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from kg.atomic_files import write_file
from kg.errors import InputError
from kg.project import Project, find_project

FIRST_FILES: Mapping[str, str] = {
    "sources.yaml": """\
# Who says something: a source for each document, dataset or person that facts come from.
my-notes:
  title: My notes
""",
    "films/tangerine.yaml": """\
source: my-notes

tangerine:
  type: FeatureFilm
  label: Tangerine
  director: sean-baker

sean-baker:
  type: Person
  label: Sean Baker
""",
}
"""File under `data/` -> what stands in it."""


def create_project(folder: Path | str, *, like: Project | Path | str | None = None) -> Project:
    """A new project in a folder, with the ontology and the stored queries of another.

    Raises `InputError` when something is there already.
    """
    model, target = like if isinstance(like, Project) else find_project(like), Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise InputError(f"{folder} is not empty. Name a new folder.")
        for name in ("ontology", "queries"):
            shutil.copytree(model.folder / name, target / name)
        for name, text in FIRST_FILES.items():
            path = target / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, (text,))
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}") from error
    return find_project(target)
