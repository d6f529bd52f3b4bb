"""How long a whole build takes, phase by phase, and beside it the bare load of the same triples into Oxigraph.

python benchmarks/building.py [--project DIR] [--times N]

A project of 100,000 films is written by `film_project.py 100000 DIR`.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from pyoxigraph import RdfFormat, Store

import kg
from kg.graph.snapshot_file import ALL, SnapshotFile
from kg.pipeline.profile import BuildProfile, peak_memory
from kg.project import find_project

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 2.0


def load_bare(build: Path, folder: Path) -> float:
    """The seconds that an Oxigraph store takes to load the quads of a build from files, and nothing else."""
    files = folder.with_suffix(".files")
    files.mkdir()
    store, took = Store(str(folder)), 0.0
    for lines in SnapshotFile(build).write_quads(files, ALL):
        began = time.perf_counter()
        store.bulk_load(path=lines, format=RdfFormat.N_QUADS)
        took += time.perf_counter() - began
    began = time.perf_counter()
    store.flush()
    return took + time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, default=ROOT)
    parser.add_argument("--times", type=int, default=7)
    options = parser.parse_args()
    phases: dict[str, list[float]] = defaultdict(list)
    bare: list[float] = []
    report, memory = None, None
    with tempfile.TemporaryDirectory() as folder:
        for name in ("ontology", "data", "queries"):
            shutil.copytree(options.project / name, Path(folder) / name)
        for number in range(options.times):
            profile = BuildProfile()
            report = kg.build(folder, force=True, progress=profile)
            seconds = profile.seconds()
            for step, taken in (*seconds.items(), ("all", sum(seconds.values()))):
                phases[step].append(taken)
            memory = peak_memory() if number == 0 else memory
            bare.append(load_bare(find_project(folder).current_build, Path(folder) / f"bare-{number}"))
    assert report, "the project has faults: run kg check"
    counts = report.counts
    print(f"{counts['facts']:,} facts, {counts['triples']:,} triples; median of {options.times} forced builds\n")
    print("| phase | seconds |\n|---|---|")
    for step in (*(name for name in phases if name != "all"), "all"):
        print(f"| {step} | {median(phases[step]):.3f} |")
    print(f"\nBare load: {median(bare):.3f} s; ratio {median(phases['all']) / median(bare):.2f}.")
    print(f"Most memory of the first build: {(memory or 0) / 1e6:,.0f} MB.")
    print(f"Limit for all: {LIMIT} s; {'kept' if median(phases['all']) < LIMIT else 'missed'}.")


if __name__ == "__main__":
    main()
