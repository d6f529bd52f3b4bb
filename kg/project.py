"""A folder with `ontology/`, `data/` and `queries/` walks in; where each thing stands in it walks out.

A built graph lies under `.kg/` of the project: `CURRENT` names the build that is published, `builds/` holds it. A
project that came with the installed package is built in the user's own cache folder, since a package is not written to.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kg.errors import ProjectError

_FOLDERS = ("ontology", "data", "queries")
_INSIDE = Path(__file__).parent / "packaged"
HOME_VARIABLE = "KG_HOME"
"""The environment variable that names the folder in which built graphs of installed projects are kept."""


@dataclass(frozen=True)
class Project:
    """The files that a graph is a function of, and the folder in which it is built."""

    folder: Path

    @cached_property
    def ontology(self) -> tuple[Path, ...]:
        """The Turtle files of the ontology, its crosswalk among them; not the shapes."""
        files = (self.folder / "ontology").glob("*.ttl")
        return tuple(sorted(path for path in files if not path.name.startswith("shapes")))

    @cached_property
    def shapes(self) -> tuple[Path, ...]:
        """The Turtle files of the SHACL shapes."""
        return tuple(sorted((self.folder / "ontology").glob("shapes*.ttl")))

    @property
    def data(self) -> Path:
        """The folder of facts."""
        return self.folder / "data"

    @property
    def queries(self) -> Path:
        """The folder of stored queries."""
        return self.folder / "queries"

    @property
    def configuration(self) -> Path:
        """The file that says what the project may ask of others; it need not be there."""
        return self.folder / "filmgraph.toml"

    @cached_property
    def build_folder(self) -> Path:
        """The folder that holds the built graph."""
        if self.folder == _INSIDE:
            return _home() / "packaged"
        return self.folder / ".kg"

    @property
    def current_build(self) -> Path:
        """The published build; raises `ProjectError` when there is none."""
        try:
            name = (self.build_folder / "CURRENT").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise ProjectError(f"{self.folder} has no graph yet. Run `kg build`.") from None
        folder = self.build_folder / "builds" / Path(name).name
        if not folder.is_dir():
            raise ProjectError(f"The graph of {self.folder} is gone. Run `kg build`.")
        return folder


def find_project(folder: Path | str | None = None) -> Project:
    """The project in `folder`; or, when none is named, the one around the working folder, or the one in the package.

    Raises `ProjectError` when a named folder is none, saying which part it lacks.
    """
    if folder is not None:
        named = Path(folder).resolve()
        lacking = [name for name in _FOLDERS if not (named / name).is_dir()]
        if lacking:
            raise ProjectError(f"{folder} is not a project: it lacks {', '.join(name + '/' for name in lacking)}.")
        return Project(named)
    here = Path.cwd()
    for around in (here, *here.parents):
        if all((around / name).is_dir() for name in _FOLDERS):
            return Project(around)
    packaged = _packaged()
    if packaged.is_dir():
        return Project(packaged)
    raise ProjectError(
        "There is no project here: a folder with ontology/, data/ and queries/. Name one with --project."
    )


def _packaged() -> Path:
    """The project that the package brings; in a checkout, the checkout itself."""
    around = Path(__file__).parent.parent
    return around if all((around / name).is_dir() for name in _FOLDERS) else _INSIDE


def _home() -> Path:
    if home := os.environ.get(HOME_VARIABLE):
        return Path(home)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "film-knowledge-graph"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "film-knowledge-graph"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "film-knowledge-graph"
