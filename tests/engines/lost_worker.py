"""Infers on Spark's workers of their own, and kills one of them meanwhile: `python -m tests.engines.lost_worker`."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from threading import Thread

from kg.reasoning.infer import infer_files

MASTER = "local-cluster[2,1,1024]"
_EXECUTOR = b"CoarseGrainedExecutorBackend"


def parents(process: int) -> list[int]:
    """The processes above a process, from its parent."""
    found: list[int] = []
    while process > 1:
        process = int(Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        found.append(process)
    return found


def own_executors() -> list[int]:
    """The executors that this process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            is_own = _EXECUTOR in (folder / "cmdline").read_bytes() and os.getpid() in parents(int(folder.name))
        except OSError:  # it has ended
            continue
        if is_own:
            found.append(int(folder.name))
    return sorted(found)


def kill_in(seconds: float) -> None:
    """Kill an executor, in the midst of whatever it does then."""
    time.sleep(seconds)
    killed = own_executors()[0]
    os.kill(killed, signal.SIGKILL)
    print(f"killed {killed}", flush=True)


def main(data: Path, output: Path) -> None:
    """Infer from a file; the worker is lost after the first rounds."""
    rounds = 0

    def progress(**_: object) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            Thread(target=kill_in, args=(0.5,)).start()

    infer_files([data], output=output, engine=f"spark={MASTER}", progress=progress)
    print(f"{len(own_executors())} executors, {rounds} rounds", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
