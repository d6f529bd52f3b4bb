"""Work walks in over a socket; it is done with the graph open for reading, and what came of it walks back.

This is a process of its own, since the engine can neither be told to stop nor be asked how far it is: whoever overruns
a limit is ended from outside. Memory is bounded by the system; an allocation beyond it ends the process.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import os
import socket
import sys
from pathlib import Path

from kg.filmgraph import FilmGraph
from kg.project import Project
from kg.server.workers.messages import LENGTH, from_body, to_frame, to_told
from kg.server.workers.sandbox import seal


def main() -> None:
    """Serve one socket until it closes: `worker FD PROJECT BUILD MEMORY [MODULE...]`."""
    descriptor, folder, build, memory, *modules = sys.argv[1:]
    door = socket.socket(fileno=int(descriptor))
    graph = FilmGraph(Project(Path(folder)), build=Path(build))
    _index_names(graph)
    for module in modules:
        for make_ready in getattr(importlib.import_module(module), "READY", ()):
            make_ready()
    # What is loaded stays: it need not be looked through for garbage again and again.
    gc.freeze()
    seal(graph.project)
    _bound(int(memory))
    with contextlib.suppress(ConnectionError):  # whoever started it may have gone
        door.sendall(to_frame(None))
        while (body := _receive(door)) is not None:
            door.sendall(_answer(graph, body))


def _index_names(graph: FilmGraph) -> None:
    """See that the index of names is there, which a sealed worker could not write; of several one makes it."""
    folder = os.open(graph.build, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        graph.search("")
    finally:
        os.close(folder)


def _answer(graph: FilmGraph, body: bytes) -> bytes:
    try:
        work, args = from_body(body)
        return to_frame((True, work(graph, *args)))
    except MemoryError as error:
        from kg.errors import LimitError

        told = LimitError("The query needed more memory than it may have.", limit="memory").with_traceback(None)
        told.__cause__ = error
        return to_frame((False, to_told(told)))
    except Exception as error:  # whatever it is, the process that asked must hear of it
        return to_frame((False, to_told(error)))


def _receive(door: socket.socket) -> bytes | None:
    head = _exactly(door, LENGTH.size)
    return None if head is None else _exactly(door, LENGTH.unpack(head)[0])


def _exactly(door: socket.socket, size: int) -> bytes | None:
    piece = door.recv(size)
    if len(piece) == size:
        return piece
    pieces = bytearray(piece)
    while len(pieces) < size:
        piece = door.recv(min(size - len(pieces), 1 << 20))
        if not piece:
            return None
        pieces += piece
    return bytes(pieces)


def _bound(memory: int) -> None:
    """Let the process take so much beyond what it has now, and end with the process that started it."""
    import resource

    has = next(int(line.split()[1]) << 10 for line in _status() if line.startswith("VmSize:"))
    resource.setrlimit(resource.RLIMIT_AS, (has + memory, has + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _status() -> list[str]:
    return Path("/proc/self/status").read_text(encoding="ascii").splitlines()


if __name__ == "__main__":
    main()
