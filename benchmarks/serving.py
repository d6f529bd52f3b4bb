"""`kg serve` side by side with the Oxigraph server and rdflib-endpoint, over the same graph, in one run.

    python benchmarks/film_project.py 100000 FOLDER && kg build --project FOLDER
    python benchmarks/serving.py FOLDER [--peers PYTHON] [--seconds 4] [--rounds 3]

`oxigraph` must be on the path (its wheel brings it), and `wrk`. PYTHON is an interpreter that has `rdflib-endpoint` and
uvicorn; without it that server is left out. The servers run at the same time and are asked in turn, round after round,
and medians are compared, so that whatever else the machine does falls on all. The client and the servers share the
machine's cores. On a busy machine a server with more threads gets more of the processor; so what each answers in a
second of processor time is reported as well. Before anything is timed, equal questions must have equal answers.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote

from kg.graph.snapshot_file import ASSERTED, SnapshotFile

JSON = "application/sparql-results+json"
FILM = "https://w3id.org/filmgraph/film/"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
LOOKUP = f"SELECT ?name ?director {{ <{FILM}f%d> <{LABEL}> ?name ; <{FILM}director> ?director }}"
STORED = f"""SELECT DISTINCT ?film ?year {{
  <{FILM}p0> ^<{FILM}director> ?film . OPTIONAL {{ ?film <{FILM}year> ?year }} }} ORDER BY ?year ?film"""
_CONNECTIONS, _PATIENCE = 10, 1800.0
_PEER = """
import sys, uvicorn
from rdflib import Graph
from rdflib_endpoint import SparqlEndpoint

from kg.graph.snapshot_file import ASSERTED, SnapshotFile
graph = Graph()
for path in sys.argv[2:]:
    graph.parse(path, format="nt")
uvicorn.run(SparqlEndpoint(graph=graph), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""


@dataclass(frozen=True, slots=True)
class Server:
    """One that answers: what it is called, its port, the path of its SPARQL endpoint."""

    name: str
    port: int
    path: str
    process: int = 0

    def processor_time(self) -> float:
        """Seconds of the processor that it and what it started have used."""
        ticks, waiting = 0, [self.process]
        while waiting:
            process = waiting.pop()
            fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
            children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
            waiting += [int(one) for one in children.split()]
        return ticks / os.sysconf("SC_CLK_TCK")

    def get(self, path: str, accept: str = JSON) -> bytes:
        """What it answers with."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            client.request("GET", path, headers={"Accept": accept})
            answer = client.getresponse()
            body = answer.read()
        finally:
            client.close()
        if answer.status != 200:
            raise SystemExit(f"{self.name} answers {answer.status} to {path[:200]}: {body[:300]!r}")
        return body

    def rows(self, query: str) -> list[str]:
        """The rows of its answer, written in one way, sorted."""
        return _rows(self.get(f"{self.path}?query={quote(query)}"))


def _rows(answer: bytes) -> list[str]:
    bindings = json.loads(answer)["results"]["bindings"]
    return sorted(json.dumps({name: term["value"] for name, term in row.items()}, sort_keys=True) for row in bindings)


@contextmanager
def running(call: list[str], server: Server, *, ready: str) -> Iterator[Server]:
    """The server, once it answers."""
    process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + _PATIENCE
        while not _answers(server, ready):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{server.name} does not answer: {' '.join(call)[:300]}")
            time.sleep(0.5)
        yield replace(server, process=process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answers(server: Server, path: str) -> bool:
    try:
        return bool(server.get(path))
    except (OSError, http.client.HTTPException):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ours(project: Path) -> tuple[list[str], Server]:
    port = free_port()
    call = [sys.executable, "-m", "kg", "serve", "--project", str(project), "--port", str(port), "--log", "none"]
    return [*call, "--workers", "2"], Server("kg serve", port, "/sparql")


def oxigraph(build: Path) -> tuple[list[str], Server]:
    port = free_port()
    call = ["oxigraph", "serve-read-only", "--location", str(build / "store"), "--bind", f"127.0.0.1:{port}"]
    return call, Server("Oxigraph server", port, "/query")


def rdflib_endpoint(build: Path, python: str) -> tuple[list[str], Server]:
    port = free_port()
    # What is asked does not need what follows, and three times the triples would not fit into many a machine.
    asserted = build.parent / f"{build.name}.nt"
    SnapshotFile(build).write(asserted, ASSERTED)
    return [python, "-c", _PEER, str(port), str(asserted)], Server("rdflib-endpoint", port, "/")


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests that were answered in a second, and in a second of the server's processor time."""

    by_clock: float
    by_processor: float


def rate(server: Server, script: str, seconds: int) -> Rate:
    """What wrk counts with ten connections; every answer must be a good one."""
    used = server.processor_time()
    with tempfile.TemporaryDirectory() as folder:
        lua = Path(folder) / "ask.lua"
        lua.write_text(script, encoding="utf-8")
        call = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--timeout", "60s", "-s", str(lua)]
        finished = subprocess.run(
            [*call, f"http://127.0.0.1:{server.port}"], capture_output=True, text=True, check=True
        )
    if "Non-2xx" in finished.stdout or "Socket errors" in finished.stdout:
        raise SystemExit(f"{server.name} failed:\n{finished.stdout}")
    used = server.processor_time() - used
    found = re.search(r"Requests/sec:\s+([\d.]+)", finished.stdout)
    count = re.search(r"(\d+) requests in", finished.stdout)
    assert found is not None, finished.stdout
    assert count is not None, finished.stdout
    return Rate(float(found[1]), int(count[1]) / max(used, 0.01))


def lookups(server: Server, films: int) -> str:
    """A script for wrk: name and director of one film and another."""
    before, after = (quote(part) for part in LOOKUP.split("%d"))
    return f"""
math.randomseed(os.time())
local head = {{["Accept"] = "{JSON}"}}
request = function()
  return wrk.format("GET", "{server.path}?query={before}" .. math.random(0, {films - 1}) .. "{after}", head)
end
"""


def one(path: str) -> str:
    """A script for wrk: the same address again and again."""
    return f"""
request = function() return wrk.format("GET", [[{path}]], {{["Accept"] = "{JSON}"}}) end
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """What was measured, ours and another's, with the ratio that is wanted at least."""

    name: str
    ours: Rate
    other: Rate
    wanted: float

    @property
    def ratio(self) -> float:
        return self.ours.by_clock / self.other.by_clock

    @property
    def thrift(self) -> float:
        """The same for the processor time."""
        return self.ours.by_processor / self.other.by_processor

    def row(self) -> str:
        rates = f"{self.ours.by_clock:,.0f}/s | {self.other.by_clock:,.0f}/s | {self.ratio:.2f}"
        return f"| {self.name} | {rates} | {self.thrift:.2f} | {self.wanted} |"


def in_turn(rounds: int, *asked: Callable[[], Rate]) -> list[Rate]:
    """Each asked in turn, round after round; the medians."""
    found: list[list[Rate]] = [[] for _ in asked]
    for number in range(rounds):
        for place in range(len(asked)) if number % 2 else reversed(range(len(asked))):
            found[place].append(asked[place]())
    return [Rate(median(one.by_clock for one in rates), median(one.by_processor for one in rates)) for rates in found]


def timed(server: Server, paths: list[str], accept: str) -> list[float]:
    """Milliseconds that each takes, over one connection."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    took = []
    for path in paths:
        began = time.perf_counter()
        client.request("GET", path, headers={"Accept": accept})
        answer = client.getresponse()
        body = answer.read()
        took.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{path} is answered with {answer.status}: {body[:300]!r}")
    client.close()
    return took


@dataclass(frozen=True, slots=True)
class Waited:
    """Milliseconds that each request of a kind took, what each used of the processor, and what is wanted."""

    name: str
    took: list[float]
    used: float
    wanted: float

    @property
    def slow(self) -> float:
        """What nineteen of twenty do not exceed."""
        return quantiles(self.took, n=20)[-1]

    def row(self) -> str:
        cells = f"{median(self.took):.1f} ms | {self.slow:.1f} ms | {self.used:.1f} ms"
        return f"| {self.name} | {cells} | {self.wanted:.0f} ms |"


def wait(server: Server, name: str, paths: list[str], *, wanted: float) -> Waited:
    """What a browser waits for pages."""
    used = server.processor_time()
    took = timed(server, paths, "text/html")
    return Waited(name, took, (server.processor_time() - used) * 1000 / len(paths), wanted)


def pages(server: Server, films: int, count: int) -> list[Waited]:
    """What a person waits for: film pages that nobody has asked for before, and searches; and what is wanted."""
    luck = random.Random(11)
    some = luck.sample(range(films), count + 20)
    timed(server, [f"/film/f{number}" for number in some[:20]], "text/html")
    film = [f"/film/f{number}" for number in some[20:]]
    first = wait(server, "film page, asked for first", film, wanted=30.0)
    again = wait(server, "film page, asked for again", film, wanted=30.0)
    names = [_rows(server.get(f"/sparql?query={quote(LOOKUP % number)}"))[0] for number in some[:count]]
    typed = [json.loads(name)["name"] for name in names]
    shorter = [name[:at] + name[at + 1 :] for name in typed if (at := luck.randrange(1, len(name) - 1))]
    search = [f"/search?q={quote(name)}" for name in shorter]
    return [first, again, wait(server, "search, a letter lost", search, wanted=50.0)]


def check_equal(servers: list[Server], films: int) -> None:
    luck = random.Random(3)
    for query in (STORED, *(LOOKUP % luck.randrange(films) for _ in range(20))):
        found = [server.rows(query) for server in servers]
        if any(rows != found[0] for rows in found) or not found[0]:
            raise SystemExit(f"Unequal answers to {query}: {[len(rows) for rows in found]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--peers", help="a Python that has rdflib-endpoint")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", type=int, default=300)
    options = parser.parse_args()
    for tool in ("wrk", "oxigraph"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is not on the path")
    from kg.project import Project

    build = Project(options.project.resolve()).current_build
    listed = (options.project / "data" / "films.csv").read_text(encoding="utf-8")
    films = listed.count(",imdbId,")
    with ExitStack() as stack:
        call, kg = ours(options.project)
        servers = [stack.enter_context(running(call, kg, ready="/healthz"))]
        call, oxi = oxigraph(build)
        servers.append(stack.enter_context(running(call, oxi, ready=f"/query?query={quote('ASK {}')}")))
        if options.peers:
            call, peer = rdflib_endpoint(build, options.peers)
            servers.append(stack.enter_context(running(call, peer, ready=f"/?query={quote('ASK {}')}")))
        return measure(servers, films, options)


def measure(servers: list[Server], films: int, options: argparse.Namespace) -> int:
    check_equal(servers, films)
    kg, oxi = servers[:2]
    seconds, rounds = options.seconds, options.rounds
    asked = [lambda server=server: rate(server, lookups(server, films), seconds) for server in servers]
    rates = in_turn(rounds, *asked)
    compared = [Compared("simple lookups : Oxigraph server", rates[0], rates[1], 0.7)]
    compared += [Compared("simple lookups : rdflib-endpoint", rates[0], other, 10.0) for other in rates[2:]]
    stored = f"/queries/films-directed-by?person={quote('film:p0', safe='')}"
    if _rows(kg.get(stored)) != oxi.rows(STORED):
        raise SystemExit("The stored query has another answer than its text")
    again = in_turn(
        rounds,
        lambda: rate(kg, one(stored), seconds),
        lambda: rate(oxi, one(f"{oxi.path}?query={quote(STORED)}"), seconds),
    )
    compared.append(Compared("a stored query asked again : Oxigraph server", again[0], again[1], 3.0))
    print(f"{films:,} films; the stored query has {len(oxi.rows(STORED))} rows; answers are equal\n")
    print("| what | kg serve, two workers | other | ratio | for the same processor time | wanted, at least |")
    print("|---|---|---|---|---|---|")
    print("\n".join(one.row() for one in compared))
    print("\n| what | median | 95th of 100 | processor time, mean | wanted |\n|---|---|---|---|---|", flush=True)
    missed = [one.name for one in compared if one.ratio < one.wanted]
    for waited in pages(kg, films, options.pages):
        print(waited.row())
        missed += [waited.name] if waited.slow > waited.wanted else []
    print(f"\nMissed: {', '.join(missed) or 'nothing'}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
