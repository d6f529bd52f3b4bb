"""New projects, with the ontology and queries of another, and a first film."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.errors import InputError
from kg.files.atomic import write_file
from kg.pipeline.project_update import ORIGIN, is_copy, note_origin
from kg.project import Project, find_project, packaged_project

FIRST_FILES: Mapping[str, str] = {
    "sources.yaml": """\
# The sources of your facts: documents, datasets, people.
my-notes:
  title: My notes
""",
    "policy.yaml": """\
# What is taken as true when sources disagree; of a conflict that nothing here decides, both values are shown.
sources: [my-notes]     # most trusted first
# properties:
#   budget: [my-notes]  # first for one property
""",
    "films/tangerine.yaml": """\
source: my-notes

Tangerine:
  type: FeatureFilm
  director: Sean Baker
  year: 2015
""",
}
"""File under `data/` -> its content."""


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project that was created, and its first files, which are to be edited."""

    project: Project
    files: tuple[Path, ...]


def create_project(folder: Path | str, *, like: Project | Path | str | None = None) -> NewProject:
    """Create a project in a folder, with the ontology and the stored queries of another.

    Raises `InputError` when the folder is not empty or cannot be written.
    """
    model, target = like if isinstance(like, Project) else find_project(like), Path(folder)
    files = {target / "data" / name: text for name, text in FIRST_FILES.items()}
    try:
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise InputError(f"{folder} is not empty. Name a new folder.")
        try:
            for name in ("ontology", "queries"):
                shutil.copytree(model.folder / name, target / name, copy_function=_copy)
            program, new = packaged_project(), Project(target)
            if not (target / ORIGIN).exists() and is_copy(new, program):  # a clone of the repository has no notes
                note_origin(new, program)
            for path, text in files.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                write_file(path, (text,))
        except BaseException:
            for path in target.iterdir():
                shutil.rmtree(path, ignore_errors=True)
            raise
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}") from error
    return NewProject(find_project(target), tuple(files))


def _copy(source: str, target: str) -> None:
    """Copy a file; of one that cannot be written the reason is raised at once, not with those of all others."""
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}") from error
