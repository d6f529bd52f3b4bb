"""The published build as the server answers from it, with its workers; replaced when another build is published."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pyoxigraph import Store

from kg.errors import FilmGraphError
from kg.federation.config import ServiceConfig
from kg.filmgraph import FilmGraph
from kg.project import Project
from kg.queries.stored_query import StoredQueries
from kg.server.fast_path import FastPath
from kg.server.graph_source import find_source
from kg.server.http.access_log import AccessLog
from kg.server.http.access_rules import OPEN, AccessRules
from kg.server.metrics import Metrics, open_metrics
from kg.server.response_cache import ResponseCache, ResponseHead
from kg.server.settings import Limits
from kg.workers.pool import Pool
from kg.workers.template import Template

_POLL_SECONDS, _ENDPOINT_POLL_SECONDS = 0.1, 30.0


@dataclass
class Snapshot:
    """One published build with the stored queries as they are now, and the workers that answer from it."""

    id: str
    build: Path
    queries: StoredQueries
    pool: Pool
    template: Template
    """What the workers are forks of; the next build has the same, unless the stored queries are others."""
    queries_digest: str
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


async def _warm(snapshot: Snapshot, function: Callable[[FilmGraph], object]) -> None:
    """Run a function for what it caches; requests compute that themselves where it fails."""
    with contextlib.suppress(FilmGraphError, OSError):
        await snapshot.run(function)


class GraphService:
    """The published graph of a project, with workers; `snapshot` is the build that is published now.

    With an `endpoint`, another store answers, and `snapshot` is the build that it holds.

    `prepare` is what workers do before they begin, such as loading the modules whose functions they will run. `warm`
    is run once with each graph that is opened: what it computes and caches is ready for the first request.
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
        warm: Callable[[FilmGraph], object] | None = None,
        rules: AccessRules = OPEN,
        endpoint: ServiceConfig | None = None,
    ) -> None:
        self.project, self.prepare, self.warm = project, prepare, warm
        self.rules, self.endpoint = rules, endpoint
        self.limits = limits if limits is not None else Limits()
        self.metrics = metrics if metrics is not None else open_metrics()
        self.log = log if log is not None else AccessLog()
        self._polling: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._warming: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Open the published graph; raises `ProjectError` when there is none."""
        self.snapshot = await self._open()
        self._polling = asyncio.get_running_loop().create_task(self._poll())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for task in filter(None, (self._polling, self._warming)):
            task.cancel()
        await asyncio.gather(self.snapshot.pool.close(), *self._closing)
        await asyncio.to_thread(self.snapshot.template.close().wait)

    async def _open(self, before: Snapshot | None = None) -> Snapshot:
        source = await asyncio.to_thread(find_source, self.project, self.endpoint)
        setup = source.worker_setup(self.prepare)
        has_prepared = before is not None and before.template.is_alive and before.queries_digest == source.queries
        template = before.template if before is not None and has_prepared else Template(setup.prepare)
        try:
            graph = await asyncio.to_thread(source.open)
            pool = Pool(setup, self.limits, self.metrics, template=template)
            await pool.open()
        except BaseException:
            if not has_prepared:
                await asyncio.to_thread(template.close().wait)
            raise
        # An endpoint may be slow, and this process must not wait for it.
        fast_path = FastPath(graph.store if isinstance(graph.store, Store) else None)
        opened = Snapshot(
            source.id,
            graph.build,
            graph.queries,
            pool,
            template,
            source.queries,
            self.limits,
            graph,
            fast_path,
            rules=self.rules,
        )
        if self.warm is not None:
            self._warming = asyncio.get_running_loop().create_task(_warm(opened, self.warm))
        return opened

    async def _poll(self) -> None:
        """Change to another build when one is published; requests to the old one are still answered by it."""
        while True:
            await asyncio.sleep(_POLL_SECONDS if self.endpoint is None else _ENDPOINT_POLL_SECONDS)
            # A build that cannot be opened, or is being removed, is tried again; the old one keeps answering.
            with contextlib.suppress(FilmGraphError, OSError):
                if self.endpoint is None:
                    id = find_source(self.project).id
                else:
                    id = (await asyncio.to_thread(find_source, self.project, self.endpoint)).id
                if self.snapshot.id != id:
                    self._change_to(await self._open(self.snapshot))

    def _change_to(self, snapshot: Snapshot) -> None:
        old, self.snapshot = self.snapshot, snapshot
        task = asyncio.get_running_loop().create_task(_close(old, keep=snapshot.template))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _close(snapshot: Snapshot, *, keep: Template) -> None:
    """Let the workers finish and end, and their template, unless it is the one to `keep`."""
    await snapshot.pool.close()
    if snapshot.template is not keep:
        await asyncio.to_thread(snapshot.template.close().wait)
