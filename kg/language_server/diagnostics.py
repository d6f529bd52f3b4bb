"""What is wrong with files as they are being edited: the findings of `kg check` with the editor's texts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pyoxigraph import Store

from kg.errors import FaultsError, QueryError
from kg.facts.files import fact_files
from kg.files.scratch import temporary_directory
from kg.pipeline.build import check
from kg.project import Project
from kg.queries.rewriting.engine_query import evaluate
from kg.queries.stored_query import read_query
from kg.reports import Finding, Place


def find_faults(project: Project, edited: Mapping[Path, str]) -> list[Finding]:
    """The findings of a project in which some files have other texts than on disk."""
    with _project_with(project, edited) as copy:
        findings = list(check(copy))
        for path in edited:
            if path.suffix == ".rq" and path.is_relative_to(project.queries):
                findings += _faults_of_query(copy, path.relative_to(project.folder))
        return findings


def _faults_of_query(project: Project, path: Path) -> Iterator[Finding]:
    """Yield what is wrong with the header of a query, or with its SPARQL, which is asked of nothing."""
    try:
        query = read_query(project.folder / path, root=project.queries)
        evaluate(Store(), query.text, file=path.as_posix())
    except FaultsError as error:
        yield from error.faults
    except QueryError as error:
        yield Finding("query/syntax", error.detail, places=(error.place or Place(path.as_posix()),))


@contextmanager
def _project_with(project: Project, edited: Mapping[Path, str]) -> Iterator[Project]:
    """A folder that looks like the project, with the editor's texts in place of the files."""
    with temporary_directory("lsp") as folder:
        for part in ("ontology", "texts"):
            if (project.folder / part).is_dir():
                _link(project.folder / part, folder / part)
        for path in (*fact_files(project.data), *filter(Path.is_file, project.data.glob("*.lock"))):
            if path not in edited:
                _link(path, folder / path.relative_to(project.folder))
        (folder / "data").mkdir(exist_ok=True)
        (folder / "queries").mkdir()
        for path, text in edited.items():
            if path.is_relative_to(project.folder):
                copy = folder / path.relative_to(project.folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(text, encoding="utf-8", newline="")
        yield Project(folder, original=project.folder)


def _link(path: Path, link: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.symlink_to(path, target_is_directory=path.is_dir())
    except OSError:  # Windows, without the right to make links
        shutil.copytree(path, link) if path.is_dir() else shutil.copyfile(path, link)
