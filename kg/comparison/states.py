"""States of a graph: a folder, a git revision or the published build, each built in a folder of its own."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from kg.errors import InputError
from kg.filmgraph import FilmGraph
from kg.graph.store import digest_of_build
from kg.loaded_graph import open_local_graph
from kg.pipeline.build import build, digest_of
from kg.pipeline.draft import Progress
from kg.pipeline.inputs import LastBuild
from kg.project import Project, find_project, is_project
from kg.reports import Report

PUBLISHED = "published"
"""The name of the published build."""
FILES = "files"
"""The name of the project's files as they are now."""
_PARTS = ("ontology", "data", "queries", "texts", "filmgraph.toml")
"""What a build is made from."""
_LARGEST_ARCHIVE = 2 << 30
_GIT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A change to the copy of a project: further files of facts, another policy, sources that are left out."""

    added: tuple[Path, ...] = ()
    policy: Path | None = None
    without: tuple[str, ...] = ()

    def apply(self, project: Project) -> None:
        """Change the files; raises `InputError` for one that is not there."""
        for number, file in enumerate(self.added, start=1):
            _replace(file, project.data / f"what-if-{number}" / file.name)
        if self.policy is not None:
            _replace(self.policy, project.data / "policy.yaml")


def _replace(source: Path, target: Path) -> None:
    """Write a new file; the old one may be shared with the project itself."""
    if not source.is_file():
        raise InputError(f"There is no file {source}.")
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copyfile(source, target)


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
        yield State(name, digest, lambda: BuiltState(graph, Report()))
        return
    with TemporaryDirectory(prefix="kg-state-") as folder:
        copy = Path(folder, "project")
        if name == FILES:
            _copy(project.folder, copy)
        elif name and is_project(name):
            _copy(Path(name), copy)
        else:
            _check_out(name, project.folder, copy)
        state = find_project(copy)
        if change is not None:
            change.apply(state)
        without = change.without if change is not None else ()

        def build_state() -> BuiltState:
            report = build(state, texts=texts, force=True, without=without, despite_findings=True, progress=progress)
            return BuiltState(open_local_graph(state) if state.has_build else None, report)

        digest = " ".join(
            (digest_of(state, LastBuild(), engine="sql", texts=texts), _digest_of_query_texts(state), *without)
        )
        yield State(name if change is None else f"{name} with changes", digest, build_state)


def _digest_of_query_texts(project: Project) -> str:
    """A digest of the stored queries of a project, with their names."""
    digest = hashlib.sha256()
    for path in sorted(project.queries.rglob("*.rq")):
        digest.update(path.relative_to(project.queries).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _copy(source: Path, target: Path) -> None:
    """Copy what a build is made from; files are linked where that is possible, since nothing is written into them."""
    target.mkdir()
    for part in _PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, copy_function=_link, symlinks=True)
        elif (source / part).is_file():
            _link(str(source / part), str(target / part))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copyfile(source, target)


def _check_out(revision: str, folder: Path, target: Path) -> None:
    """Write the files of a git revision to a folder."""
    root = Path(_git(folder, "rev-parse", "--show-toplevel", unknown=revision).decode().strip())
    commit = _git(folder, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}", unknown=revision)
    where = folder.resolve().relative_to(root.resolve()).as_posix()
    tree = commit.decode().strip() + ("" if where == "." else f":{where}")
    listed = _git(folder, "ls-tree", "--name-only", "--full-tree", tree, unknown=revision).decode().splitlines()
    parts = [part for part in _PARTS if part in listed]
    archive = _git(root, "archive", "--format=tar", tree, *parts, unknown=revision)
    if len(archive) > _LARGEST_ARCHIVE:
        raise InputError(f"The revision {revision} is larger than {_LARGEST_ARCHIVE >> 30} GB.")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(target, filter="data")
    (target / "queries").mkdir(exist_ok=True)  # git keeps no empty folders
    if not is_project(target):
        raise InputError(f"The revision {revision} has no project in {where}: it lacks ontology/ or data/.")


def _git(folder: Path, *arguments: str, unknown: str) -> bytes:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_GIT_SECONDS, check=False)  # noqa: S603
    except FileNotFoundError:
        raise InputError("git is not installed, so revisions cannot be compared; name two folders.") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"git took more than {_GIT_SECONDS} seconds for {unknown}.") from None
    if done.returncode != 0:
        raise InputError(
            f"{unknown!r} is neither a project folder nor a git revision of {folder}. "
            f"Name a folder, a revision such as HEAD~1, {PUBLISHED} or {FILES}."
        )
    return done.stdout
