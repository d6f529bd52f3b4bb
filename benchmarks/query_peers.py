"""Peers of the columnar engine for `querying.py`: Virtuoso on loopback, and maplib in a process of its own.

Each answers a query and says how many seconds of the processor it took: so a busy machine does not count.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_GRAPH = "https://ex.org/graph"
_INI = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
[Parameters]
ServerPort = 127.0.0.1:{port}
DirsAllowed = {data}
NumberOfBuffers = 170000
MaxDirtyBuffers = 130000
MaxQueryMem = 4G
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
[SPARQL]
ResultSetMaxRows = 1000000
"""
_MAPLIB = """
import json, sys, time
import maplib
model = maplib.Model()
for path in sys.argv[1:]:
    model.read(path, format="ntriples", transient=False)
print(json.dumps({"triples": model.size()}), flush=True)
for line in sys.stdin:
    began, processor = time.perf_counter(), time.process_time()
    try:
        rows = len(model.query(json.loads(line)))
    except BaseException as error:
        print(json.dumps({"error": str(error)[:200]}), flush=True)
        continue
    took = [time.perf_counter() - began, time.process_time() - processor]
    print(json.dumps({"rows": rows, "seconds": took}), flush=True)
"""


@dataclass(frozen=True, slots=True)
class PeerAnswer:
    """The number of rows, the seconds until they were there, and those of the processor; or what is wrong."""

    rows: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    error: str = ""


class Peer(Protocol):
    """An engine that has the triples."""

    def ask(self, query: str) -> PeerAnswer:
        """Its answer to a query."""


class Virtuoso:
    """Virtuoso, started on loopback with its own database in a folder."""

    def __init__(self, process: subprocess.Popen[bytes], http: int) -> None:
        self._process, self._address = process, f"http://127.0.0.1:{http}/sparql"

    def ask(self, query: str) -> PeerAnswer:
        """Its answer over HTTP, as JSON."""
        parameters = {"default-graph-uri": _GRAPH, "query": query, "format": "application/sparql-results+json"}
        began, processor = time.perf_counter(), self._processor_time()
        try:
            with urllib.request.urlopen(f"{self._address}?{urllib.parse.urlencode(parameters)}") as response:
                body = response.read()
        except urllib.error.HTTPError as error:
            return PeerAnswer(error=error.read().decode(errors="replace")[:200])
        took, used = time.perf_counter() - began, self._processor_time() - processor
        return PeerAnswer(len(json.loads(body)["results"]["bindings"]), took, used)

    def _processor_time(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def open_virtuoso(files: list[Path], folder: Path) -> Iterator[Virtuoso | None]:
    """Virtuoso with the triples of some N-Triples files; None where it is not installed."""
    server, client = shutil.which("virtuoso-t"), shutil.which("isql-vt") or shutil.which("isql-v")
    if server is None or client is None:
        print("virtuoso-opensource is not installed", file=sys.stderr)
        yield None
        return
    port, http = _free_port(), _free_port()
    data = files[0].parent
    ini = folder / "virtuoso.ini"
    ini.write_text(_INI.format(folder=folder, port=port, http=http, data=data))
    process = subprocess.Popen([server, "+foreground", "+configfile", str(ini), "+wait"], cwd=folder)
    try:
        _wait_for(http)
        load = "".join(f"ld_dir('{path.parent}', '{path.name}', '{_GRAPH}');" for path in files)
        statements = f"{load}rdf_loader_run();checkpoint;"
        subprocess.run([client, f"127.0.0.1:{port}", "dba", "dba", f"EXEC={statements}"], check=True)
        yield Virtuoso(process, http)
    finally:
        process.terminate()
        process.wait()


class Maplib:
    """maplib in the Python of another environment."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, query: str) -> PeerAnswer:
        """Its answer as a data frame."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(query) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        if "error" in reply:
            return PeerAnswer(error=reply["error"])
        return PeerAnswer(reply["rows"], *reply["seconds"])


@contextlib.contextmanager
def open_maplib(files: list[Path], python: str) -> Iterator[Maplib]:
    """maplib with the triples of some N-Triples files."""
    call = [python, "-c", _MAPLIB, *map(str, files)]
    process = subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield Maplib(process)
    finally:
        process.kill()
        process.communicate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.5)
    raise TimeoutError(f"Virtuoso does not listen on port {port}")
