"""What a server answers from: the build that is published now, or the one that an endpoint holds."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from kg.facts.texts import TEXTS_VARIABLE
from kg.federation.config import ServiceConfig
from kg.filmgraph import FilmGraph
from kg.loaded_graph import open_local_graph
from kg.project import Project
from kg.queries.stored_query import StoredQueries
from kg.workers.worker import WorkerSetup

_UNNAMED_SECONDS = 60
"""For how long answers of a store are cached that does not say which build it holds."""


@dataclass(frozen=True, slots=True)
class GraphSource:
    """A build, under an id that is another when it or the stored queries are others, and what opens it."""

    id: str
    open: Callable[[], FilmGraph]
    open_for_worker: Callable[[], FilmGraph]
    project: Project
    address: str = ""
    """The endpoint that a worker may reach; empty for a build of this machine."""

    @property
    def queries(self) -> str:
        """A digest of the stored queries, with which the id ends."""
        return self.id.rpartition("-")[2]

    def worker_setup(self, prepare: Callable[[], None] | None = None) -> WorkerSetup:
        """A sandboxed worker with the graph open, which reads no files but the project's and the sources' texts."""
        texts = os.environ.get(TEXTS_VARIABLE)
        readable = (self.project.folder, self.project.build_folder, *([Path(texts)] if texts else []))
        prepare = partial(_prepare_worker, prepare, self.project.queries)
        return WorkerSetup(self.open_for_worker, readable=readable, prepare=prepare, address=self.address)


def find_source(project: Project, endpoint: ServiceConfig | None = None) -> GraphSource:
    """The source as it is now; raises `ProjectError` without a build, `RemoteError` for an endpoint that fails."""
    if endpoint is not None:
        return _endpoint_source(project, endpoint)
    build = project.current_build
    id = f"{build.name}-{_digest_of_queries(project)}"
    open = partial(open_local_graph, project, build=build)
    return GraphSource(id, open, partial(open_for_worker, project, build), project)


def _prepare_worker(prepare: Callable[[], None] | None, queries: Path) -> None:
    """What the template of workers does: their `prepare`, and the reading of the stored queries, which takes long."""
    if prepare is not None:
        prepare()
    read_stored_queries(queries)


@lru_cache(maxsize=1)
def read_stored_queries(folder: Path) -> StoredQueries:
    """The stored queries of a folder, read once for all workers: they are forks of a process that has read them."""
    queries = StoredQueries(folder)
    for _ in queries.valid():
        pass
    return queries


def _endpoint_source(project: Project, endpoint: ServiceConfig) -> GraphSource:
    from kg.endpoints.endpoint_graph import EndpointGraph

    version = EndpointGraph(project, endpoint).layout.version or str(int(time.time()) // _UNNAMED_SECONDS)
    id = f"{version}-{_digest_of_queries(project)}"
    open = partial(EndpointGraph, project, endpoint)
    return GraphSource(id, open, partial(_open_endpoint_for_worker, project, endpoint), project, endpoint.address)


def _digest_of_queries(project: Project) -> str:
    """A digest of the paths, times and sizes of the query files."""
    digest = hashlib.blake2b(digest_size=4)
    for path in sorted(project.queries.rglob("*.rq")):
        status = path.stat()
        digest.update(f"{path.relative_to(project.queries)} {status.st_mtime_ns} {status.st_size}\n".encode())
    return digest.hexdigest()


def open_for_worker(project: Project, build: Path) -> FilmGraph:
    """The graph of a build, with all that a sandboxed worker could not write."""
    graph = open_local_graph(project, build=build)
    graph.queries = read_stored_queries(project.queries)
    _make_files(graph)
    return graph


def _open_endpoint_for_worker(project: Project, endpoint: ServiceConfig) -> FilmGraph:
    """The graph of an endpoint, with what every answer needs."""
    from kg.endpoints.endpoint_graph import EndpointGraph

    graph = EndpointGraph(project, endpoint)
    _ = graph.ontology
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
