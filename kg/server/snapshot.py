"""A project walks in; what is published of it now walks out, with workers that answer from it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kg.errors import FilmGraphError
from kg.filmgraph import FilmGraph
from kg.passages.texts import TEXTS_VARIABLE
from kg.project import Project
from kg.queries.stored_query import StoredQueries
from kg.server.fast_path import Lookups
from kg.server.log import Log
from kg.server.metrics import Tally, to_tally
from kg.server.response_cache import Answers, Head
from kg.server.settings import Limits
from kg.workers.pool import Pool
from kg.workers.worker import WorkerSetup

_LOOK = 0.5
"""How often the project is looked at for another build, in seconds."""


@dataclass
class Edition:
    """One published build with the stored queries as they are now, and the workers that answer from it."""

    id: str
    build: Path
    queries: StoredQueries
    pool: Pool
    limits: Limits
    graph: FilmGraph = field(repr=False)
    lookups: Lookups = field(repr=False)
    opened: float = field(default_factory=time.time)
    answers: Answers = field(default_factory=Answers, repr=False)
    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    """What routes keep of this edition, each under a name of its own; it goes when the edition goes."""

    heads: dict[str, Head] = field(default_factory=dict, repr=False)
    """Media type -> the fields of a lookup's answer, which are always the same."""

    @cached_property
    def tag(self) -> bytes:
        """How the ETag of whatever comes from this edition begins."""
        return f'W/"{self.id}.'.encode()

    async def run(self, function: Callable[..., Any], *args: object) -> Any:
        """What `function(graph, *args)` returns in a worker; raises what it raises, and `LimitError`."""
        return await self.pool.run(function, *args)


class Endpoint:
    """What answers requests; `edition` is the one that is published now.

    `prepare` is what workers do before they begin, such as loading the modules whose functions they will run.
    """

    edition: Edition

    def __init__(
        self,
        project: Project,
        limits: Limits | None = None,
        *,
        tally: Tally | None = None,
        log: Log | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self.project, self.prepare = project, prepare
        self.limits = limits if limits is not None else Limits()
        self.tally = tally if tally is not None else to_tally()
        self.log = log if log is not None else Log()
        self.retired = 0
        self._looking: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Open the published graph; raises `ProjectError` when there is none."""
        self.edition = await self._open()
        self._looking = asyncio.get_running_loop().create_task(self._look())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._looking is not None:
            self._looking.cancel()
        await asyncio.gather(self.edition.pool.close(), *self._closing)

    async def _open(self) -> Edition:
        build = self.project.current_build
        digest = _digest(self.project)
        graph = await asyncio.to_thread(FilmGraph, self.project, build=build)
        pool = Pool(to_worker_setup(self.project, build, self.prepare), self.limits, self.tally)
        await pool.open()
        return Edition(f"{build.name}-{digest}", build, graph.queries, pool, self.limits, graph, Lookups(graph.store))

    async def _look(self) -> None:
        """Turn to another build when one is published; those who ask the old one are still answered by it."""
        while True:
            await asyncio.sleep(_LOOK)
            # A build that cannot be opened, or is half swept away, is looked at again; the old one keeps answering.
            with contextlib.suppress(FilmGraphError, OSError):
                if self._is_stale():
                    self._turn_to(await self._open())

    def _turn_to(self, edition: Edition) -> None:
        old, self.edition = self.edition, edition
        self.retired += 1
        task = asyncio.get_running_loop().create_task(old.pool.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _is_stale(self) -> bool:
        return self.edition.id != f"{self.project.current_build.name}-{_digest(self.project)}"


def to_worker_setup(project: Project, build: Path, prepare: Callable[[], None] | None = None) -> WorkerSetup:
    """A sandboxed worker with a build open, which reads no files but the project's and the sources' texts."""
    texts = os.environ.get(TEXTS_VARIABLE)
    readable = (project.folder, project.build_folder, *([Path(texts)] if texts else []))
    return WorkerSetup(partial(open_for_worker, project, build, prepare), readable=readable)


def open_for_worker(project: Project, build: Path, prepare: Callable[[], None] | None = None) -> FilmGraph:
    """The graph of a build, with all that a sandboxed worker could not write or would load late."""
    graph = FilmGraph(project, build=build)
    _make_name_index(graph)
    if prepare is not None:
        prepare()
    return graph


def _make_name_index(graph: FilmGraph) -> None:
    """Make the index of names, if it is not there; of several workers, one makes it."""
    folder = os.open(graph.build, os.O_RDONLY)
    try:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(folder, fcntl.LOCK_EX)
        graph.search("")
    finally:
        os.close(folder)


def _digest(project: Project) -> str:
    """What the files of stored queries look like from outside."""
    seen = hashlib.blake2b(digest_size=4)
    for path in sorted(project.queries.rglob("*.rq")):
        told = path.stat()
        seen.update(f"{path.name} {told.st_mtime_ns} {told.st_size}\n".encode())
    return seen.hexdigest()
