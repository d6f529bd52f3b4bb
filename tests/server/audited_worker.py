"""A worker's graph; once it is open, files, connections and processes that Python opens are written into a log."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kg.filmgraph import FilmGraph
from kg.project import Project
from kg.server.graph_source import open_for_worker

_LOGGED = ("open", "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "urllib.")


def open_audited(project: Project, build: Path, log: Path) -> FilmGraph:
    """The graph that a worker opens."""
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    graph = open_for_worker(project, build)

    def write_event(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_LOGGED) and event not in ("socket.__new__",):
            os.write(descriptor, f"{event} {arguments[0]!r}\n".encode())

    sys.addaudithook(write_event)
    return graph
