"""Newer files of the program's ontology and queries, taken into a project that has copies of them.

`kg new` notes the digest of each file that it copies. A copy that is as it was may be replaced; one that somebody has
changed is never overwritten: the program's file is written beside it, for its author to compare.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kg.errors import InputError
from kg.files.atomic import write_file
from kg.project import Project, packaged_project
from kg.text.patch import to_patch

ORIGIN = "ontology/origin.json"
"""The file of a project with the digests of the program's files that it has taken, or that its author has seen."""
_FOLDERS = ("ontology", "queries")
_BESIDE = ".new"


class Compared(StrEnum):
    """What of a project was compared with the program."""

    ALL = "all"
    """The project notes which files it has copied."""
    ONTOLOGY = "ontology"
    """It notes none, but has most files of the ontology: it may be a copy from before they were noted."""
    OWN_ONTOLOGY = "own ontology"
    """Nothing: it notes none, and has other files."""
    SAME = "same"
    """Nothing: it is the project that comes with the program."""


@dataclass(frozen=True, slots=True)
class ProjectUpdate:
    """The files of a project that differ from newer ones of the program, by their names in the project."""

    project: Project
    program: Project
    compared: Compared
    replaced: tuple[str, ...]
    """Those that are as they were copied, and those that the project does not have yet."""
    removed: tuple[str, ...]
    """Those that are as they were copied, and that the program no longer has."""
    changed: tuple[str, ...]
    """Those that somebody has changed, or may have changed, since nothing is known of the copy."""

    def __bool__(self) -> bool:
        """True when there is something to take."""
        return bool(self.replaced or self.removed or self.changed)

    def to_diff(self) -> str:
        """The changes as a unified diff: of the project's files to those of the program."""
        names = sorted((*self.replaced, *self.removed, *self.changed))
        return "".join(
            to_patch(name, _text(self.project.folder / name), _text(self.program.folder / name)) for name in names
        )

    def apply(self) -> None:
        """Take what nobody has changed; of other files, write the program's beside them as `core.ttl.new`."""
        for name in self.replaced:
            _copy(self.program.folder / name, self.project.folder / name)
        for name in self.removed:
            (self.project.folder / name).unlink()
        for name in self.changed:
            _copy(self.program.folder / name, self.project.folder / f"{name}{_BESIDE}")
        note_origin(self.project, self.program)


def note_origin(project: Project, program: Project) -> None:
    """Note the files of the program as those that a project has taken, or that its author has seen."""
    files = {name: _digest(path) for name, path in _files(program)}
    write_file(project.folder / ORIGIN, (json.dumps(files, indent=1, sort_keys=True) + "\n",))


def is_copy(project: Project, program: Project) -> bool:
    """True for a project with the very ontology and queries of the program, and perhaps more."""
    own = dict(_files(project))
    return all(name in own and _digest(own[name]) == _digest(path) for name, path in _files(program))


def find_update(project: Project, program: Project | None = None) -> ProjectUpdate:
    """What the program has newer than a project; nothing for the project that comes with the program.

    Of a project that notes no origin, only files of the ontology that it has in another form are listed, if it has most
    of the program's: it may be a copy from before origins were noted.
    """
    program = program if program is not None else packaged_project()
    if program.folder == project.folder:
        return ProjectUpdate(project, program, Compared.SAME, (), (), ())
    theirs, own = dict(_files(program)), dict(_files(project))
    origin = _read_origin(project)
    replaced: list[str] = []
    changed: list[str] = []
    for name, path in theirs.items():
        digest = _digest(path)
        if name not in own:
            if origin and name not in origin:  # else its owner has removed it
                replaced.append(name)
        elif (present := _digest(own[name])) != digest and origin.get(name) != digest:
            (replaced if present == origin.get(name) else changed).append(name)
    compared = Compared.ALL
    if not origin:
        ontology = {name for name in theirs if name.startswith("ontology/") and name.endswith(".ttl")}
        has_most = 2 * len(ontology & own.keys()) > len(ontology)
        compared = Compared.ONTOLOGY if has_most else Compared.OWN_ONTOLOGY
        changed = [name for name in changed if has_most and name in ontology]
    gone = (name for name, digest in origin.items() if name in own and name not in theirs)
    removed = [name for name in gone if _digest(own[name]) == origin[name]]
    return ProjectUpdate(project, program, compared, tuple(replaced), tuple(removed), tuple(changed))


def _files(project: Project) -> Iterator[tuple[str, Path]]:
    """Yield the files that a project copies, by their names in it."""
    for folder in _FOLDERS:
        for path in sorted((project.folder / folder).rglob("*")):
            name = path.relative_to(project.folder).as_posix()
            if path.is_file() and name != ORIGIN and not path.name.startswith(".") and path.suffix != _BESIDE:
                yield name, path


def _read_origin(project: Project) -> Mapping[str, str]:
    try:
        origin = json.loads((project.folder / ORIGIN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    pairs = origin.items() if isinstance(origin, dict) else ()
    return {name: digest for name, digest in pairs if isinstance(digest, str)}


def _copy(path: Path, target: Path) -> None:
    """Replace a file by a copy of another at once; raises `InputError` when it cannot be written."""
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, unfinished)
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(f"{target} cannot be written: {error.strerror}") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
