"""A process of the server: it answers the connections that the supervisor hands to it.

There are several such processes, since one interpreter runs on one core. The supervisor accepts the connections and
hands them out in turn: processes that accept for themselves take very unequal shares.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn

from kg.errors import FilmGraphError
from kg.federation.config import ServiceConfig
from kg.project import Project
from kg.server.app import application
from kg.server.http.access_log import AccessLog, log_json_only
from kg.server.http.access_rules import access_rules
from kg.server.http_connection import ClientConnections, Connection, check_connections
from kg.server.metrics import open_metrics
from kg.server.settings import Limits

READY = b"r"
_M_MMAP_THRESHOLD, _MAPPED_BYTES = -3, 1 << 17


def main() -> None:
    """Serve until a signal ends it: `process SOCKET MEMORY ARGUMENTS`."""
    control, memory, arguments = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
    # A terminal that is closed sends it to all of its processes; the supervisor decides what becomes of them.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    give_back_memory()
    log_file = log_json_only() if arguments["log"] == "json" else sys.stderr
    limits = Limits(**arguments["limits"])
    app = application(
        Project(Path(arguments["project"])),
        limits,
        metrics=open_metrics(arguments["rows"], descriptor=memory, row=arguments["row"]),
        log=AccessLog(arguments["log"], log_file),
        url=arguments["url"],
        endpoint=ServiceConfig(**arguments["endpoint"]) if arguments["endpoint"] is not None else None,
        rules=access_rules(
            arguments["host"], url=arguments["url"], names=tuple(arguments["names"]), cors=arguments["cors"]
        ),
    )
    config = uvicorn.Config(
        app, http=Connection, ws="none", log_level="error", log_config=None, access_log=False, server_header=False,
        lifespan="on", timeout_graceful_shutdown=10, proxy_headers=False,
    )  # fmt: skip
    server = _Server(config, socket.socket(fileno=control), limits)
    try:
        server.run()
    except FilmGraphError as error:
        sys.exit(str(error))


def give_back_memory() -> None:
    """Have glibc give back the memory of large bodies.

    It would keep blocks of up to 32 MB for later once such a block was freed
    (https://man7.org/linux/man-pages/man3/mallopt.3.html, M_MMAP_THRESHOLD). Other C libraries have no such option.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)


class _Server(uvicorn.Server):
    """uvicorn's server, for connections that another process has accepted."""

    def __init__(self, config: uvicorn.Config, control: socket.socket, limits: Limits) -> None:
        super().__init__(config)
        self._control, self._limits = control, limits
        self._clients = ClientConnections(limits.connections)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the graph, and report that connections may come."""
        await super().startup(sockets=[])
        loop = asyncio.get_running_loop()
        self._control.setblocking(False)
        loop.add_reader(self._control, self._receive_connections)
        self._keep(loop.create_task(check_connections(self.server_state.connections, self._limits.head_seconds)))
        self._control.send(READY)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer the requests that have come, and close."""
        asyncio.get_running_loop().remove_reader(self._control)
        await super().shutdown(sockets)

    def _receive_connections(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 1, 16)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        if not data:
            # The supervisor is gone.
            asyncio.get_running_loop().remove_reader(self._control)
            self.should_exit = True
        for descriptor in descriptors:
            client = socket.socket(fileno=descriptor)
            client.setblocking(False)
            with contextlib.suppress(OSError):
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._keep(asyncio.get_running_loop().create_task(self._accept(client)))

    async def _accept(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(self._connection, client)

    def _connection(self) -> Connection:
        connection = Connection(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        connection.clients = self._clients
        return connection

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


if __name__ == "__main__":
    main()
