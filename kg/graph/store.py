"""Builds on disk: a snapshot with an Oxigraph store that was filled from it, published by one rename."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, cast

from pyoxigraph import BlankNode, NamedNode, Quad, QuerySolution, QuerySolutions, RdfFormat, Store, Triple, parse

from kg.errors import ProjectError
from kg.graph.build_files import check_opened, find_store_damage, write_file_list
from kg.graph.engine_errors import to_input_error
from kg.graph.snapshot_file import ALL, Changes, Graph, QuadTexts, SnapshotFile
from kg.project import Project
from kg.terms import Term

FEW = 50_000
"""Up to this number, quads are added directly as quickly as from a file."""
MOST_CHANGES = 50_000
"""Up to this number of changed quads, changing a copy of a store is quicker than filling one."""
_MOST_CHECKED = 128 << 20
"""Bytes of a store whose files are all read before another is made of them, in less than a tenth of a second."""
READERS = "READERS"
"""The empty file of a build that its readers hold a lock on."""
_UNFINISHED, _SCRATCH = "unfinished-", "scratch-"
"""How the names of folders begin that belong to one build of one process."""


@contextlib.contextmanager
def temporary_folder(project: Project) -> Iterator[Path]:
    """A folder to build in; it is removed afterwards unless `publish` has moved it."""
    builds = project.build_folder / "builds"
    builds.mkdir(parents=True, exist_ok=True)
    if not (ignore := project.build_folder / ".gitignore").exists():
        ignore.write_text("*\n", encoding="utf-8")
    folder = builds / _own_name(_UNFINISHED)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def scratch_folder(project: Project) -> Iterator[Path]:
    """A folder for what does not fit into memory; DuckDB makes it when it needs it, and it is removed afterwards."""
    folder = project.build_folder / _own_name(_SCRATCH)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill_store(folder: Path, *, memory: str | None = None) -> None:
    """Load a build's snapshot into a new Oxigraph store beside it; `memory` bounds what DuckDB holds at once."""
    snapshot = SnapshotFile(folder, memory=memory)
    store = Store(str(folder / "store"))
    # Loading a file gives its blank nodes new labels, so that a class of the ontology would not be the class that facts
    # about its members name; quads that are handed over one by one keep their labels.
    if sum(snapshot.sizes().values()) < FEW:
        store.bulk_extend(snapshot.quads(ALL, is_sorted=False))
    else:
        for lines in snapshot.write_quads(folder, ALL):
            store.bulk_load(path=lines, format=RdfFormat.N_QUADS, lenient=True)  # the build wrote it
        store.bulk_extend(snapshot.quads(ALL, only_blank_nodes=True, is_sorted=False))
    store.flush()


@contextlib.contextmanager
def writing_store(folder: Path, before: Path | None) -> Iterator[StoreWriter]:
    """What writes the store of a build in a folder; it begins with a copy of that of the build `before`, if any."""
    with ThreadPoolExecutor(1) as thread:
        writer = StoreWriter(thread, folder / "store", before / "store" if before is not None else None)
        try:
            yield writer
        finally:
            writer.close()


class StoreWriter:
    """A store that another thread writes: Oxigraph needs neither the interpreter nor, most of the time, a processor."""

    def __init__(self, thread: ThreadPoolExecutor, path: Path, before: Path | None) -> None:
        self._thread, self._path = thread, path
        self._store: Store | None = None
        self._begun: list[Future[None]] = []
        self._is_copy = before is not None and before.is_dir()
        if before is not None and self._is_copy:
            self._begin(self._copy, before)

    def update(self, changes: Changes) -> bool:
        """Begin to change the copy; False when there is none."""
        if self._is_copy:
            self._begin(self._change, changes)
        return self._is_copy

    def fill(self, quads: QuadTexts) -> None:
        """Begin to fill a store with these quads, after others or in place of a copy."""
        if self._is_copy:
            self.discard()
        self._begin(self._fill, quads)

    def finish(self) -> str:
        """Wait until what was begun is on disk; raises what prevented that.

        Where a store was copied, what is wrong comes back instead: its files may be damaged, and another is needed.
        """
        self._begin(self._flush)
        try:
            for work in self._begun:
                work.result()
        except (OSError, RuntimeError) as error:
            if not self._is_copy:
                raise
            return str(error).partition("\n")[0]
        return ""

    def discard(self) -> None:
        """Remove what was begun, since there will be another store or none."""
        self.close()
        self._is_copy = False
        shutil.rmtree(self._path, ignore_errors=True)

    def close(self) -> None:
        """Close the store as it is."""
        wait(self._begun)
        self._begun.clear()  # an error keeps what its frames have
        self._store = None

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        self._begun.append(self._thread.submit(work, *arguments))

    def _copy(self, before: Path) -> None:
        if damage := find_store_damage(before.parent, most=_MOST_CHECKED):
            raise RuntimeError(damage)
        # The files of a store do not change, so that its copy is a folder of links to them.
        Store.read_only(str(before)).backup(str(self._path))

    def _change(self, changes: Changes) -> None:
        # Opened only now: as long as it is open, Oxigraph compacts what was filled before, which is lost with the copy.
        self._store = Store(str(self._path))
        for quad in changes.removed:
            self._store.remove(quad)
        self._store.extend(changes.added)

    def _fill(self, quads: QuadTexts) -> None:
        if self._store is None:
            self._store = Store(str(self._path))
        self._store.bulk_load(quads.plain.encode(), format=RdfFormat.N_QUADS, lenient=True)  # the build wrote them
        if quads.with_blank_nodes:
            quads_one_by_one = cast(Iterator[Quad], parse(quads.with_blank_nodes, format=RdfFormat.N_QUADS))
            self._store.bulk_extend(quads_one_by_one)

    def _flush(self) -> None:
        try:
            if self._store is not None:
                self._store.flush()
        finally:
            self._store = None


def publish(project: Project, folder: Path, name: str) -> Path:
    """Make a finished folder the current build by one rename; readers of the old build keep reading it."""
    # A name is never used twice: a reader of an old build must not find the files of a new build in its place.
    final = project.build_folder / "builds" / f"{name}-{secrets.token_hex(4)}"
    write_file_list(folder, before=published_build(project))
    (folder / READERS).touch()
    with _publish_lock(project):
        folder.rename(final)
        pointer = project.build_folder / f"CURRENT.{os.getpid()}"
        pointer.write_text(final.name + "\n", encoding="utf-8")
        before = _published(project)
        pointer.replace(project.build_folder / "CURRENT")
        _remove_old_builds(project, keep={final.name, before})
    return final


def digest_of_build(name: str) -> str:
    """The digest of the files of a build: two builds of the same files have names that end differently."""
    return name.rpartition("-")[0] or name


def published_build(project: Project) -> Path | None:
    """The folder of the published build, or None; also None when it was removed."""
    try:
        return project.current_build
    except ProjectError:
        return None


class OpenBuild(NamedTuple):
    """A build open for reading; it is not removed while its `lock` exists."""

    folder: Path
    store: Store | None
    """None for a build without a lookup store."""
    lock: BuildLock


class BuildLock:
    """A shared lock on a build, until it is collected or the process ends.

    Oxigraph opens the files of a store when it first needs them, so a folder must stay as long as it has readers.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / READERS, os.O_RDONLY)
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(self._file, fcntl.LOCK_SH)
            if not os.fstat(self._file).st_nlink:
                raise FileNotFoundError(errno.ENOENT, "the build was removed", str(folder))

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            os.close(self._file)


def open_build(folder: Path) -> OpenBuild:
    """Open a build for reading; raises `OSError` when it was removed, `ProjectError` when it is damaged."""
    lock = BuildLock(folder)
    check_opened(folder)
    path = folder / "store"
    try:
        return OpenBuild(folder, Store.read_only(str(path)) if path.is_dir() else None, lock)
    except RuntimeError as error:
        raise to_input_error(error) or error from error


def open_published_build(project: Project) -> OpenBuild:
    """Open the published build for reading; raises `ProjectError` when there is none."""
    for _ in range(10):
        folder = project.current_build
        try:
            return open_build(folder)
        except OSError as error:
            if project.current_build == folder:
                raise ProjectError(f"The graph in {folder} cannot be opened: {error}. Run `kg build`.") from error
    raise ProjectError(f"The graph of {project.folder} is replaced faster than it can be opened; try again.")


@contextlib.contextmanager
def _publish_lock(project: Project) -> Iterator[None]:
    """Lets one process publish at a time, so that no build is removed by another process just when it was published.

    The lock of a killed process is released.
    """
    with (project.build_folder / "LOCK").open("w") as lock:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _published(project: Project) -> str:
    try:
        return (project.build_folder / "CURRENT").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def _remove_old_builds(project: Project, *, keep: set[str]) -> None:
    """Remove builds that nobody reads, and what killed processes left; the build before stays for its readers."""
    for folder in (project.build_folder / "builds").iterdir():
        if folder.name not in keep and not _has_owner(folder.name, _UNFINISHED):
            _remove_unread(folder)
    for folder in project.build_folder.glob(f"{_SCRATCH}*"):
        if not _has_owner(folder.name, _SCRATCH):
            shutil.rmtree(folder, ignore_errors=True)
    for pointer in project.build_folder.glob("CURRENT.*"):
        owner = pointer.name.removeprefix("CURRENT.")
        if owner.isdecimal() and not is_alive(int(owner)):
            pointer.unlink(missing_ok=True)


def _own_name(prefix: str) -> str:
    """A name that no other build has: neither of another process, nor of this one."""
    return f"{prefix}{os.getpid()}-{secrets.token_hex(4)}"


def _has_owner(name: str, prefix: str) -> bool:
    """True for the name of a folder of a build that runs."""
    owner = name.removeprefix(prefix).partition("-")[0]
    return name.startswith(prefix) and owner.isdecimal() and is_alive(int(owner))


def _remove_unread(folder: Path) -> None:
    """Remove a build unless it has readers; whoever opens it meanwhile waits for the lock, and finds it gone."""
    try:
        file = os.open(folder / READERS, os.O_RDONLY)
    except OSError:  # not finished, so that nobody can read it
        shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        if sys.platform != "win32":
            import fcntl

            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(file)
    if sys.platform == "win32":  # refuses to remove files that are open
        shutil.rmtree(folder, ignore_errors=True)


def is_alive(process: int) -> bool:
    """True while a process of this number runs."""
    if os.name == "nt":
        return True  # Windows refuses to remove files that a living process has open.
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def find_quads(
    store: Store,
    subject: NamedNode | BlankNode | Triple | None,
    predicate: NamedNode | None,
    value: Term | Triple | None,
    graph: Graph | None = None,
    *,
    limit: int | None = None,
) -> list[Quad]:
    """The quads that match a pattern, at most `limit` of them; None matches any term.

    A list, not an iterator: the store's iterators may be dropped only by the thread that made them, and the garbage
    collector runs in any thread.
    """
    return list(islice(store.quads_for_pattern(subject, predicate, value, graph), limit))


def find_quad(
    store: Store,
    subject: NamedNode | BlankNode | Triple | None,
    predicate: NamedNode | None,
    value: Term | Triple | None,
    graph: Graph | None = None,
) -> Quad | None:
    """The first quad that matches a pattern, or None."""
    return next(iter(find_quads(store, subject, predicate, value, graph, limit=1)), None)


def has_triple(store: Store, triple: Triple, graph: Graph) -> bool:
    """True when the triple is in a graph."""
    return find_quad(store, triple.subject, triple.predicate, triple.object, graph) is not None


def find_solutions(store: Store, query: str, **options: Any) -> list[QuerySolution]:
    """The solutions of a SELECT; `options` are the engine's. A list for the reason that `find_quads` gives one.

    Raises what the store raises.
    """
    # Read where they come from: a name for them would be kept by the traceback of an error.
    return list(cast(QuerySolutions, store.query(query, **options)))


def iterate_quads(store: Store, graph: Graph) -> Iterator[Quad]:
    """Every quad of a graph, one by one; to be read to the end by the thread that began."""
    yield from store.quads_for_pattern(None, None, None, graph)
