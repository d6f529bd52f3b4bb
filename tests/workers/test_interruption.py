"""Ctrl+C ends whatever computes, and no worker outlives its client."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg.cli.command import STOPPED
from tests.projects import SmallProject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?p ?x . ?b ?q ?y . ?c ?r ?z . ?d ?s ?u . ?e ?t ?v . ?f ?o ?w . ?g ?m ?k }"
"""Of seven patterns, which takes longer than anybody waits."""
ASK = """
import signal, sys
from kg.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has background jobs ignore it
print("ready", flush=True)
sys.exit(main(["sparql", *sys.argv[1:]]))
"""
CLIENT = """
from tests.workers.test_interruption import run_on
from kg.workers.client import run_with_timeout
from kg.workers.worker import WorkerSetup
run_with_timeout(WorkerSetup(object), run_on, seconds=None)
"""


def run_on(_: object) -> None:
    """A job that never ends, and says in which process it is."""
    print(os.getpid(), file=sys.stderr, flush=True)
    while True:
        pass


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Python in a process of its own, in the folder of the repository."""
    call, pipe = [sys.executable, "-c", code, *arguments], subprocess.PIPE
    return subprocess.Popen(call, stdout=pipe, stderr=pipe, text=True, cwd=Path(__file__).parents[2])


@pytest.mark.parametrize("options", [[], ["--memory", "4GB"]])
def test_ctrl_c_ends_a_query_that_nothing_can_interrupt(anora: SmallProject, options: list[str]) -> None:
    anora.build()
    with start(ASK, PRODUCT, "--project", str(anora.folder), *options) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == "ready\n"
        time.sleep(1)  # it computes then, unless the machine is slow
        asking.send_signal(signal.SIGINT)
        _, messages = asking.communicate(timeout=100)
        assert (asking.returncode, messages) == (STOPPED, "kg: stopped\n")


def test_a_worker_ends_when_its_client_is_killed() -> None:
    with start(CLIENT) as client:
        assert client.stderr is not None
        worker = int(client.stderr.readline())
        client.kill()
        client.wait()
        until = time.monotonic() + 100
        while is_running(worker):
            assert time.monotonic() < until
            time.sleep(0.05)


def is_running(process: int) -> bool:
    """False for a process that has ended, also where nobody has asked for its status."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
