"""States of a graph: a folder, a git revision or the published build, each built in a folder of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from kg.comparison.revisions import check_out
from kg.errors import FaultsError, InputError
from kg.facts.readers import named_files
from kg.files.scratch import temporary_directory
from kg.filmgraph import FilmGraph
from kg.graph.store import digest_of_build
from kg.loaded_graph import open_local_graph
from kg.pipeline.build import build, digest_of
from kg.pipeline.draft import Progress
from kg.pipeline.incremental_check import read_report
from kg.pipeline.inputs import LastBuild
from kg.project import Project, find_project, is_project
from kg.reports import Finding, Report

PUBLISHED = "published"
"""The name of the published build."""
FILES = "files"
"""The name of the project's files as they are now."""
_PARTS = ("ontology", "data", "queries", "texts", "filmgraph.toml")
"""What a build is made from."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A change to the copy of a project: further files of facts, another policy, sources that are left out."""

    added: tuple[Path, ...] = ()
    policy: Path | None = None
    without: tuple[str, ...] = ()

    def apply(self, project: Project) -> None:
        """Change the files; raises `InputError` for one that is not there, or that would not be read as facts."""
        for number, file in enumerate(self.added, start=1):
            added = project.data / f"what-if-{number}" / file.name
            _replace(file, added)
            if added not in named_files(project.data, within=project.real_folder).values():
                raise InputError(f"{file} is no file of facts, so it would change nothing. Facts are in .yaml or .csv.")
        if self.policy is not None:
            _replace(self.policy, project.data / "policy.yaml")


def _replace(source: Path, target: Path) -> None:
    """Write a new file; the old one may be shared with the project itself."""
    if not source.exists() or source.is_dir():
        raise InputError(f"There is no file {source}.")
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    with source.open("rb") as read, target.open("wb") as written:  # the file may be a pipe, such as /dev/stdin
        shutil.copyfileobj(read, written)


@dataclass(frozen=True, slots=True)
class BuiltState:
    """The graph of a state, None where its files cannot be read well enough to infer anything, and what was found."""

    graph: FilmGraph | None
    report: Report


@dataclass(frozen=True)
class State:
    """One state of a graph, which is built when it is first looked at.

    `digest` is that of all that its graph and its answers are a function of.
    """

    name: str
    digest: str
    build: Callable[[], BuiltState]

    @cached_property
    def built(self) -> BuiltState:
        """The graph and the report of the build."""
        return self.build()

    @property
    def graph(self) -> FilmGraph | None:
        """The graph; None where the files cannot be read well enough to infer anything."""
        return self.built.graph

    @property
    def report(self) -> Report:
        """What the build found."""
        return self.built.report


@contextmanager
def open_state(
    name: str,
    project: Project,
    *,
    texts: Path | str | None = None,
    change: Hypothesis | None = None,
    progress: Progress | None = None,
) -> Iterator[State]:
    """The state that a name stands for: `published`, `files`, a folder that is a project, or a git revision.

    All but the published build are copied, changed as `change` says, and built in a temporary folder. Raises
    `InputError` for any other name.
    """
    if name == PUBLISHED and change is None:
        graph = open_local_graph(project)
        digest = f"{digest_of_build(graph.build.name)} {_digest_of_query_texts(project)}"
        yield State(name, digest, lambda: BuiltState(graph, read_report(graph.build)))
        return
    with temporary_directory("state") as folder:
        copy = folder.resolve() / "project"
        original = None
        if name == FILES or (name and is_project(name)):
            original = project.folder if name == FILES else Path(name)
            _copy(original, copy)
        else:
            check_out(name, project.folder, copy, parts=_PARTS)
            (copy / "queries").mkdir(exist_ok=True)  # git keeps no empty folders
            if not is_project(copy):
                raise InputError(f"The revision {name} has no project in this folder: it lacks ontology/ or data/.")
        state = replace(find_project(copy), original=original)
        if change is not None:
            change.apply(state)
        without = change.without if change is not None else ()

        def build_state() -> BuiltState:
            try:
                report = build(
                    state, texts=texts, force=True, without=without, despite_findings=True, progress=progress
                )
            except FaultsError as error:
                return BuiltState(None, Report(tuple(_in_project(finding, copy) for finding in error.faults)))
            return BuiltState(open_local_graph(state) if state.has_build else None, report)

        try:
            digest = " ".join(
                (digest_of(state, LastBuild(), engine="sql", texts=texts), _digest_of_query_texts(state), *without)
            )
        except InputError as error:
            raise InputError(f"{name}: {error}") from error
        yield State(name if change is None else f"{name} with changes", digest, build_state)


def _in_project(finding: Finding, folder: Path) -> Finding:
    """A finding whose files have the names that they have in their project."""
    places = (
        replace(place, file=Path(place.file).relative_to(folder).as_posix())
        if Path(place.file).is_relative_to(folder)
        else place
        for place in finding.places
    )
    return replace(finding, places=tuple(places))


def _digest_of_query_texts(project: Project) -> str:
    """A digest of the stored queries of a project, with their names."""
    digest = hashlib.sha256()
    for path in sorted(project.queries.rglob("*.rq")):
        digest.update(os.fsencode(path.relative_to(project.queries).as_posix()) + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _copy(source: Path, target: Path) -> None:
    """Copy what a build is made from; files are linked where that is possible, since nothing is written into them."""
    target.mkdir()
    root = source.resolve()
    for part in _PARTS:
        if (source / part).is_file():
            _copy_file(source / part, target / part, root=root)
        for parent, folders, files in os.walk(source / part):
            copied = target / Path(parent).relative_to(source)
            copied.mkdir()
            for name in (*files, *(name for name in folders if Path(parent, name).is_symlink())):
                _copy_file(Path(parent, name), copied / name, root=root)


def _copy_file(path: Path, target: Path, *, root: Path) -> None:
    """Copy a file of the project in the folder `root`; a link that is not read as a file there remains a link."""
    real = path.resolve() if path.is_symlink() else path
    if not path.is_symlink() or (path.is_file() and real.is_relative_to(root)):
        try:
            os.link(real, target)
        except OSError:
            shutil.copyfile(real, target)
    else:
        target.symlink_to(real)
