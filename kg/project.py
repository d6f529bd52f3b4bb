"""A project: a folder with `ontology/`, `data/` and `queries/`, and the paths of its files and builds.

Builds are in `.kg/` of the project: `CURRENT` names the published one, `builds/` has it. The project of the installed
package is built in the user's cache folder, since nothing is written into a package.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kg.errors import ProjectError

_FOLDERS = ("ontology", "data", "queries")
_COMPLETENESS = "shapes-completeness.ttl"
_PACKAGED = Path(__file__).parent / "packaged"
COUNTS = "counts.json"
"""The file of a build with what was counted in it; nothing of its sources is newer."""
LOADED_PREFIXES = "prefixes.json"
"""The file of a loaded build with the prefixes that its files declare."""
HOME_VARIABLE = "KG_HOME"
"""The environment variable that names the folder for builds of the package's project."""


def is_hidden(name: str) -> bool:
    """True for the name of a file or folder that belongs to an editor or a system.

    >>> [is_hidden(name) for name in ("films.yaml", ".films.yaml.swp", "films.yaml~", "#films.yaml#")]
    [False, True, True, True]
    """
    return name.startswith((".", "~")) or name.endswith("~") or (name.startswith("#") and name.endswith("#"))


@dataclass(frozen=True)
class Project:
    """The paths of the files that a graph is built from, and of its builds."""

    folder: Path
    original: Path | None = None
    """The folder of the project that this one is a copy of, with links to its files."""

    @property
    def real_folder(self) -> Path:
        """The folder that links of the project may lead to."""
        return (self.original or self.folder).resolve()

    @cached_property
    def ontology(self) -> tuple[Path, ...]:
        """The Turtle files of the ontology, with its crosswalk, without the shapes."""
        files = filter(Path.is_file, (self.folder / "ontology").glob("*.ttl"))
        return tuple(sorted(path for path in files if not path.name.startswith("shapes")))

    @cached_property
    def shapes(self) -> tuple[Path, ...]:
        """The Turtle files of the SHACL shapes that a graph must conform to."""
        files = filter(Path.is_file, (self.folder / "ontology").glob("shapes*.ttl"))
        return tuple(sorted(path for path in files if path.name != _COMPLETENESS))

    @property
    def completeness(self) -> tuple[Path, ...]:
        """The Turtle file of the shapes that say what is usually stated, if there is one."""
        path = self.folder / "ontology" / _COMPLETENESS
        return (path,) if path.is_file() else ()

    @property
    def is_packaged(self) -> bool:
        """True for the project that comes with this program."""
        return self.folder == packaged_project().folder

    def newer_than(self, build: Path) -> Iterator[Path]:
        """Yield the files of facts and of the ontology that were written after a build."""
        built = (build / COUNTS).stat().st_mtime_ns
        for folder in ("data", "ontology"):
            for parent, folders, files in os.walk(self.folder / folder):
                folders[:] = [name for name in folders if not is_hidden(name)]
                for name in files:
                    path = Path(parent, name)
                    is_input = folder == "data" or (path.suffix == ".ttl" and name != _COMPLETENESS)
                    if is_input and not is_hidden(name) and path.is_file() and path.stat().st_mtime_ns > built:
                        yield path

    @property
    def data(self) -> Path:
        """The folder of facts."""
        return self.folder / "data"

    @property
    def texts(self) -> Path:
        """The folder of the source texts that are part of the project, if any."""
        return self.folder / "texts"

    @property
    def queries(self) -> Path:
        """The folder of stored queries."""
        return self.folder / "queries"

    @property
    def configuration(self) -> Path:
        """The optional file that lists the remote endpoints that queries may use."""
        return self.folder / "filmgraph.toml"

    @cached_property
    def build_folder(self) -> Path:
        """The folder of the builds."""
        if self.folder == _PACKAGED:
            return _cache_folder() / "packaged"
        return self.folder / ".kg"

    @property
    def loaded(self) -> Path:
        """The file that says which RDF files the graph was loaded from; it is there if the graph was not built."""
        return self.build_folder / "loaded.json"

    @property
    def has_build(self) -> bool:
        """True when a build was published."""
        return (self.build_folder / "CURRENT").exists()

    @property
    def current_build(self) -> Path:
        """The published build; raises `ProjectError` when there is none."""
        try:
            name = (self.build_folder / "CURRENT").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise ProjectError(f"{self.folder} has no graph yet. Run `kg build`.") from None
        folder = self.build_folder / "builds" / Path(name).name
        if not folder.is_dir():
            raise ProjectError(f"The build {name} of {self.folder} was removed. Run `kg build`.")
        return folder


def find_project(folder: Path | str | None = None) -> Project:
    """The project in `folder`; without one, the project around the working folder, else that of the package.

    Raises `ProjectError` when the folder is not a project, naming the missing parts, or when there is none.
    """
    if folder is not None:
        named = Path(folder).resolve()
        if not named.is_dir():
            raise ProjectError(f"There is no folder {folder}. `kg new {folder}` makes a project.")
        missing = [name for name in _FOLDERS if not (named / name).is_dir()]
        if missing:
            names = ", ".join(f"{name}/" for name in missing)
            raise ProjectError(f"{folder} is not a project: it has no {names}.")
        return Project(named)
    working_folder = Path.cwd()
    for parent in (working_folder, *working_folder.parents):
        if all((parent / name).is_dir() for name in _FOLDERS):
            return Project(parent)
    packaged = packaged_project()
    if packaged.folder.is_dir():
        return packaged
    raise ProjectError(
        "There is no project here: a folder with ontology/, data/ and queries/. Name one with --project."
    )


def is_project(folder: Path | str) -> bool:
    """True for a folder with all that a project has."""
    return all((Path(folder) / name).is_dir() for name in _FOLDERS)


def packaged_project() -> Project:
    """The package's project; in a checkout, the checkout itself."""
    checkout = Path(__file__).parent.parent
    return Project(checkout if is_project(checkout) else _PACKAGED)


def _cache_folder() -> Path:
    if home := os.environ.get(HOME_VARIABLE):
        return Path(home)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "film-knowledge-graph"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "film-knowledge-graph"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "film-knowledge-graph"
