"""The published build as the server answers from it, with its workers; replaced when another build is published."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kg.errors import FilmGraphError
from kg.facts.texts import TEXTS_VARIABLE
from kg.filmgraph import FilmGraph
from kg.project import Project
from kg.queries.stored_query import StoredQueries
from kg.server.access_log import AccessLog
from kg.server.access_rules import OPEN, AccessRules
from kg.server.fast_path import FastPath
from kg.server.metrics import Metrics, open_metrics
from kg.server.response_cache import ResponseCache, ResponseHead
from kg.server.settings import Limits
from kg.workers.pool import Pool
from kg.workers.worker import WorkerSetup

_POLL_SECONDS = 0.5


@dataclass
class Snapshot:
    """One published build with the stored queries as they are now, and the workers that answer from it."""

    id: str
    build: Path
    queries: StoredQueries
    pool: Pool
    limits: Limits
    graph: FilmGraph = field(repr=False)
    fast_path: FastPath = field(repr=False)
    responses: ResponseCache = field(default_factory=ResponseCache, repr=False)
    rules: AccessRules = OPEN
    memo: dict[str, Any] = field(default_factory=dict, repr=False)
    """What routes keep of this snapshot, each under a name of its own."""

    lookup_heads: dict[str, ResponseHead] = field(default_factory=dict, repr=False)
    """Media type -> the head of a lookup's response, which is always the same."""

    @cached_property
    def tag(self) -> bytes:
        """How the ETag of whatever comes from this snapshot begins."""
        return f'W/"{self.id}.'.encode()

    async def run(self, function: Callable[..., Any], *args: object) -> Any:
        """What `function(graph, *args)` returns in a worker; raises what it raises, and `LimitError`."""
        return await self.pool.run(function, *args)


class GraphService:
    """The published graph of a project, with workers; `snapshot` is the build that is published now.

    `prepare` is what workers do before they begin, such as loading the modules whose functions they will run.
    """

    snapshot: Snapshot

    def __init__(
        self,
        project: Project,
        limits: Limits | None = None,
        *,
        metrics: Metrics | None = None,
        log: AccessLog | None = None,
        prepare: Callable[[], None] | None = None,
        rules: AccessRules = OPEN,
    ) -> None:
        self.project, self.prepare, self.rules = project, prepare, rules
        self.limits = limits if limits is not None else Limits()
        self.metrics = metrics if metrics is not None else open_metrics()
        self.log = log if log is not None else AccessLog()
        self._polling: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Open the published graph; raises `ProjectError` when there is none."""
        self.snapshot = await self._open()
        self._polling = asyncio.get_running_loop().create_task(self._poll())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._polling is not None:
            self._polling.cancel()
        await asyncio.gather(self.snapshot.pool.close(), *self._closing)

    async def _open(self) -> Snapshot:
        build = self.project.current_build
        id = _snapshot_id(self.project, build)
        graph = await asyncio.to_thread(FilmGraph, self.project, build=build)
        pool = Pool(worker_setup(self.project, build, self.prepare), self.limits, self.metrics)
        await pool.open()
        fast_path = FastPath(graph.store)
        return Snapshot(id, build, graph.queries, pool, self.limits, graph, fast_path, rules=self.rules)

    async def _poll(self) -> None:
        """Change to another build when one is published; requests to the old one are still answered by it."""
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            # A build that cannot be opened, or is being removed, is tried again; the old one keeps answering.
            with contextlib.suppress(FilmGraphError, OSError):
                if self.snapshot.id != _snapshot_id(self.project, self.project.current_build):
                    self._change_to(await self._open())

    def _change_to(self, snapshot: Snapshot) -> None:
        old, self.snapshot = self.snapshot, snapshot
        task = asyncio.get_running_loop().create_task(old.pool.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _snapshot_id(project: Project, build: Path) -> str:
    """The build's name, and a digest of the paths, times and sizes of the query files."""
    digest = hashlib.blake2b(digest_size=4)
    for path in sorted(project.queries.rglob("*.rq")):
        status = path.stat()
        digest.update(f"{path.relative_to(project.queries)} {status.st_mtime_ns} {status.st_size}\n".encode())
    return f"{build.name}-{digest.hexdigest()}"


def worker_setup(project: Project, build: Path, prepare: Callable[[], None] | None = None) -> WorkerSetup:
    """A sandboxed worker with a build open, which reads no files but the project's and the sources' texts."""
    texts = os.environ.get(TEXTS_VARIABLE)
    readable = (project.folder, project.build_folder, *([Path(texts)] if texts else []))
    return WorkerSetup(partial(open_for_worker, project, build), readable=readable, prepare=prepare)


def open_for_worker(project: Project, build: Path) -> FilmGraph:
    """The graph of a build, with all that a sandboxed worker could not write."""
    graph = FilmGraph(project, build=build)
    _make_files(graph)
    return graph


def _make_files(graph: FilmGraph) -> None:
    """Make the index of names and the columns, where they are not there; of several workers, one makes them."""
    folder = os.open(graph.build, os.O_RDONLY)
    try:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(folder, fcntl.LOCK_EX)
        graph.search("")
        if graph.columnar.is_large:
            graph.columnar.open()
    finally:
        os.close(folder)
