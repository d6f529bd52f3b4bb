"""Runs of engines for comparison: each alone, in a process of its own, on generated films."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(os.environ.get("KG_SHARED", Path(__file__).parents[2] / "shared"))
BENCH = SHARED / "bench"


@dataclass(frozen=True, slots=True)
class Run:
    """A finished process: its seconds, its last line on stderr, and its error, if any."""

    seconds: float
    last_line: str
    error: str = ""


def arguments(about: str | None, engines: Sequence[str]) -> argparse.ArgumentParser:
    """The options that every comparison of engines has."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0] if about else "")
    parser.add_argument("films", type=int, nargs="+")
    parser.add_argument("--engines", nargs="+", default=list(engines), choices=engines)
    parser.add_argument("--memory", default="", help="bound for this program's memory, such as 2GB")
    parser.add_argument("--limit", type=float, default=1800, help="seconds after which an engine is stopped")
    parser.add_argument("--folder", type=Path, help="the folder of workload and outputs (default: a temporary folder)")
    parser.add_argument("--repeat", type=int, default=1, help="take the best of so many runs")
    return parser


def workload(folder: Path, films: int) -> Path:
    """The facts about so many films, as N-Triples."""
    if not BENCH.is_dir():
        sys.exit(f"{BENCH} does not exist. Set KG_SHARED to the folder that holds bench/, which generates the films.")
    path = folder / f"films-{films}.nt"
    if not path.exists():
        with path.open("wb") as file:
            subprocess.run([sys.executable, BENCH / "films.py", str(films)], stdout=file, check=True)
    return path


def run_alone(call: Sequence[str], *, limit: float) -> Run:
    """Run a call in a process of its own, which is ended after so many seconds."""
    start = time.perf_counter()
    process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return Run(limit, "", f"stopped after {limit:.0f} s")
    seconds = time.perf_counter() - start
    last = (errors.decode(errors="replace").strip().splitlines() or [f"exit status {process.returncode}"])[-1]
    return Run(seconds, last, last if process.returncode else "")
