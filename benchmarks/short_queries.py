"""Short queries beside expensive ones: how many are answered, and how fast, on a quiet machine and on a busy one.

    python benchmarks/short_queries.py [--project DIR] [--clients 4] [--loops 4]

Several clients ask a query that never ends, again and again, and are refused after the time limit. Another asks short
queries, one after the other; each is a new query, so that none is answered from memory. The busy machine has besides
some processes of another session that do nothing but compute.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving import free_port

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
SHORT = "SELECT ?person (COUNT(*) AS ?n) {{ ?film film:castMember ?person }} GROUP BY ?person LIMIT {limit}"
QUERIES = 300
PAUSE = 0.05
"""Seconds between two short queries."""


def main() -> None:
    """Measure, and print a line for the quiet machine and one for the busy one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", default=".")
    parser.add_argument("--clients", type=int, default=4, help="clients that ask the endless query")
    parser.add_argument("--loops", type=int, default=4, help="processes that keep the machine busy")
    call = parser.parse_args()
    with served(call.project) as address:
        for machine, loops in (("quiet", 0), (f"beside {call.loops} busy processes", call.loops)):
            with busy(loops), expensive_clients(address, call.clients):
                print(f"{machine}: {measure(address)}", flush=True)


@contextmanager
def served(project: str) -> Iterator[str]:
    """The address of a server of the project."""
    port = free_port()
    program = str(Path(sys.executable).with_name("kg"))
    call = [program, "serve", "--project", project, "--port", str(port), "--log", "none"]
    server = subprocess.Popen(call, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while ask(address, SHORT.format(limit=1)) != 200:
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


def ask(address: str, query: str) -> int:
    """The status of a query's answer; 0 when the server does not answer."""
    try:
        with urllib.request.urlopen(f"{address}/sparql?query={urllib.parse.quote(query)}", timeout=60) as response:
            response.read()
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@contextmanager
def busy(number: int) -> Iterator[None]:
    """So many processes, each in a session of its own, that compute without end."""
    call = [sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(call, start_new_session=True) for _ in range(number)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@contextmanager
def expensive_clients(address: str, number: int) -> Iterator[None]:
    """So many clients that ask the endless query again and again."""
    done = threading.Event()

    def ask_on() -> None:
        while not done.is_set():
            ask(address, ENDLESS)

    clients = [threading.Thread(target=ask_on, daemon=True) for _ in range(number)]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        done.set()
        for client in clients:
            client.join()


def measure(address: str) -> str:
    """How many short queries were answered, and their times."""
    statuses, times = [], []
    for number in range(QUERIES):
        begun = time.perf_counter()
        statuses.append(ask(address, SHORT.format(limit=1000 + number)))
        times.append(1000 * (time.perf_counter() - begun))
        time.sleep(PAUSE)
    times.sort()
    return (
        f"{statuses.count(200)} of {QUERIES} answered, median {statistics.median(times):.0f} ms, "
        f"95 of 100 under {times[len(times) * 95 // 100]:.0f} ms, slowest {times[-1]:.0f} ms"
    )


if __name__ == "__main__":
    main()
