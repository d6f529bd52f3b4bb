"""The files of a project in a git revision, written to a folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kg.errors import InputError
from kg.files.scratch import temporary_directory

_LARGEST = 2 << 30
"""Bytes of the files of a revision."""
_SECONDS = 120
_LINK, _SUBMODULE = "120000", "160000"
"""The modes of a symbolic link, and of a commit of another repository."""
_OF_ANOTHER_CALL = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""Variables that git sets for a hook: they name the repository and the index that it was called with."""


def check_out(revision: str, folder: Path, target: Path, *, parts: Collection[str]) -> None:
    """Write these `parts` of a project to the folder `target`, as they were in a revision of its repository.

    The revision may name the project's folder: `HEAD~3:films`. Files are as git would write them: line ends and filters
    as its attributes say, nothing left out. Submodules are written as well. Raises `InputError` for what is no
    revision, or is not in this clone.
    """
    tree = _find(revision, folder)
    entries = list(tree.entries())
    chosen = [entry for entry in entries if entry.path.partition("/")[0] in parts]
    if any(entry.mode == _LINK for entry in chosen):
        chosen = entries  # a link may lead to any file of the project
    if sum(entry.size for entry in chosen) > _LARGEST:
        raise InputError(f"The revision {revision} is larger than {_LARGEST >> 30} GB.")
    tree.write(chosen, target)


@dataclass(frozen=True, slots=True)
class _TreeEntry:
    """A file, a link or a submodule of a folder; `path` begins at the folder."""

    mode: str
    object: str
    size: int
    path: str


@dataclass(frozen=True, slots=True)
class _RevisionFolder:
    """The folder `path` of a commit or a tree, in the repository whose files are in `root`."""

    revision: str
    root: Path
    object: str
    path: str = ""

    def entries(self) -> Iterator[_TreeEntry]:
        """Yield all files, links and submodules."""
        listed = self.git("ls-tree", "-r", "-l", "-z", "--full-tree", self._object_of_path)
        for line in listed.decode(errors="surrogateescape").split("\0")[:-1]:
            fields, _, path = line.partition("\t")
            mode, _, object, size = fields.split()
            yield _TreeEntry(mode, object, int(size) if size.isdecimal() else 0, path)

    def write(self, entries: Iterable[_TreeEntry], target: Path) -> None:
        """Write these of its entries to a folder."""
        start = f"{self.path}/" if self.path else ""
        chosen = list(entries)
        target.mkdir(parents=True, exist_ok=True)
        with temporary_directory("revision") as folder:
            # An index of its own: that of the repository stays as it is.
            index, written = folder / "index", folder / "written"
            self.git("read-tree", self.object, index=index)
            names = "".join(f"{start}{entry.path}\0" for entry in chosen if entry.mode != _SUBMODULE).encode(
                errors="surrogateescape"
            )
            self.git("checkout-index", "-z", "--stdin", f"--prefix={written}/", index=index, stdin=names)
            for path in (written / self.path).glob("*"):
                path.replace(target / path.name)
        for entry in chosen:
            if entry.mode == _SUBMODULE:
                self._submodule(entry, start).write_all(target / entry.path)

    def write_all(self, target: Path) -> None:
        """Write all of it to a folder."""
        self.write(self.entries(), target)

    def _submodule(self, entry: _TreeEntry, start: str) -> _RevisionFolder:
        root = self.root / start / entry.path
        found = replace(self, root=root, object=entry.object, path="")
        if not (root / ".git").exists() or not found.has(f"{entry.object}^{{commit}}"):
            raise InputError(
                f"The revision {self.revision} has {start}{entry.path} at commit {entry.object[:12]} of another "
                "repository, which is not here. Run `git submodule update --init`."
            )
        return found

    @property
    def _object_of_path(self) -> str:
        return f"{self.object}:{self.path}" if self.path else self.object

    def has(self, object: str) -> bool:
        """True when the repository has an object."""
        return _run_git(self.root, "cat-file", "-e", object, what=self.revision).returncode == 0

    def git(self, *arguments: str, index: Path | None = None, stdin: bytes = b"") -> bytes:
        """What git prints; raises `InputError` with the last line of what went wrong."""
        done = _run_git(self.root, *arguments, what=self.revision, index=index, stdin=stdin)
        if done.returncode != 0:
            reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise InputError(f"git cannot write the files of {self.revision}: {reason}")
        return done.stdout


def _find(revision: str, folder: Path) -> _RevisionFolder:
    """The folder of a project in a revision of its repository."""
    is_folder = ":" in revision[1:]
    object = revision if is_folder else f"{revision}^{{commit}}"
    top = _run_git(folder, "rev-parse", "--show-toplevel", what=revision)
    parsed = _run_git(folder, "rev-parse", "--verify", "--end-of-options", object, what=revision)
    if not revision or top.returncode != 0 or parsed.returncode != 0:
        shallow = _run_git(folder, "rev-parse", "--is-shallow-repository", what=revision).stdout.strip() == b"true"
        raise InputError(
            f"{revision!r} is neither a project folder nor a git revision of {folder}. "
            + ("This clone lacks older ones: run `git fetch --unshallow`. " if shallow else "")
            + "Name a folder, a revision such as HEAD~1, published or files."
        )
    root, object = Path(os.fsdecode(top.stdout.rstrip(b"\n"))), parsed.stdout.decode().strip()
    if is_folder:
        if not (tree := _RevisionFolder(revision, root, object)).has(f"{object}^{{tree}}"):
            raise InputError(f"{revision} is a file: name the folder of the project in that revision.")
        return tree
    where = folder.resolve().relative_to(root.resolve()).as_posix()
    tree = _RevisionFolder(revision, root, object, where if where != "." else "")
    if not tree.has(f"{object}:{tree.path}"):
        raise InputError(
            f"The revision {revision} has no folder {where}. Name the one that the project was in: {revision}:FOLDER."
        )
    return tree


def _run_git(
    folder: Path, *arguments: str, what: str, index: Path | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_CALL}
    if index is not None:
        environment["GIT_INDEX_FILE"] = str(index)
    command = ["git", "-C", str(folder), *arguments]
    try:
        return subprocess.run(  # noqa: S603
            command, input=stdin, capture_output=True, timeout=_SECONDS, check=False, env=environment
        )
    except FileNotFoundError:
        raise InputError("git is not installed, so revisions cannot be compared; name two folders.") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"git took more than {_SECONDS} seconds for {what}.") from None
