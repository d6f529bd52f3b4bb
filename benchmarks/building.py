"""How long a whole build of the project's data takes, phase by phase.

python benchmarks/building.py [--project DIR] [--times N]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import kg

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 2.0


class Clock:
    """Takes the time from each step that a build reports to the next."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._step, self._began = "", 0.0

    def __call__(self, step: str) -> None:
        now = time.perf_counter()
        if self._step:
            self.seconds[self._step] = now - self._began
        self._step, self._began = step, now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, default=ROOT)
    parser.add_argument("--times", type=int, default=7)
    options = parser.parse_args()
    phases: dict[str, list[float]] = defaultdict(list)
    report = None
    with tempfile.TemporaryDirectory() as folder:
        for name in ("ontology", "data", "queries"):
            shutil.copytree(options.project / name, Path(folder) / name)
        for _ in range(options.times):
            clock = Clock()
            began = time.perf_counter()
            report = kg.build(folder, force=True, progress=clock)
            phases["all"].append(time.perf_counter() - began)
            clock("")
            for step, seconds in clock.seconds.items():
                phases[step].append(seconds)
    assert report, "the project has faults: run kg check"
    counts = report.counts
    print(f"{counts['facts']:,} facts, {counts['triples']:,} triples; median of {options.times} forced builds\n")
    print("| phase | seconds |\n|---|---|")
    for step in (*(name for name in phases if name != "all"), "all"):
        print(f"| {step} | {median(phases[step]):.3f} |")
    print(f"\nLimit for all: {LIMIT} s; {'kept' if median(phases['all']) < LIMIT else 'missed'}.")


if __name__ == "__main__":
    main()
