"""A server with its processes over the published graph of a folder, as `kg serve` runs it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kg.project import Project
from kg.server.settings import Limits, Settings
from kg.server.supervisor import Supervisor

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Live:
    """A server that answers."""

    process: subprocess.Popen[bytes]
    port: int
    stderr: Path

    @property
    def fronts(self) -> list[int]:
        """The processes that connections are handed to."""
        return children_of(self.process.pid)

    @property
    def workers(self) -> list[int]:
        """The processes that answer queries."""
        return [worker for front in self.fronts for worker in children_of(front)]

    def connect(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE)

    def exchange(self, *pieces: bytes) -> bytes:
        """What comes back for these bytes until the connection is closed."""
        with self.connect() as client:
            for piece in pieces:
                client.sendall(piece)
            return read_all(client)


@contextmanager
def serving(folder: Path, *, log: str = "none", **limits: float) -> Iterator[Live]:
    """The server over a folder's published graph, with these limits."""
    with tempfile.TemporaryDirectory() as place:
        stderr = Path(place) / "stderr"
        call = [sys.executable, "-m", "tests.server.live", str(folder), log, json.dumps(limits)]
        with stderr.open("wb") as file, subprocess.Popen(call, stderr=file) as process:
            try:
                yield Live(process, _port_of(process, stderr), stderr)
            finally:
                process.terminate()
                process.wait(timeout=_PATIENCE)


def children_of(process: int) -> list[int]:
    """The processes that a process has started."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]


def memory_of(process: int) -> int:
    """The bytes of memory that a process has for itself alone."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(("Private_Clean", "Private_Dirty")))


def read_all(client: socket.socket) -> bytes:
    """What a server sends until it closes the connection."""
    pieces = []
    try:
        while piece := client.recv(1 << 16):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def _port_of(process: subprocess.Popen[bytes], log_file: Path) -> int:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, log_file.read_text(encoding="utf-8")
        for line in log_file.read_text(encoding="utf-8").splitlines():
            if line.startswith("http://"):
                return int(line.strip("/").rpartition(":")[2])
        time.sleep(0.05)
    raise TimeoutError(log_file.read_text(encoding="utf-8"))


def main() -> int:
    """`live FOLDER LOG LIMITS`: serve until a signal ends it; the address is written to stderr."""
    folder, log, limits = sys.argv[1:]
    settings = Settings(port=0, processes=2, limits=Limits(**json.loads(limits)), log=log, names=("films",))

    def report(address: str) -> None:
        os.write(2, f"{address}\n".encode())

    return Supervisor(Project(Path(folder)), settings).run(report)


if __name__ == "__main__":
    sys.exit(main())
