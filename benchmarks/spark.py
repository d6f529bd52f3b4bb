#!/usr/bin/env python3
"""Inference on Spark beside DuckDB, from files to files: seconds, peak memory, and what each statement shuffles.

    python benchmarks/spark.py 10000 --masters 'local[2]' 'local-cluster[2,1,2048]'

Each engine runs in a process of its own, one after the other, and must write the same file. The memory is the sum of
the peaks of the process and of those that it starts, of which Spark has one for itself and one for each worker of a
cluster. The workload is that of inference.py.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from side_by_side import BENCH, workload

_STEPS = 12
"""How many of the rules that shuffle most are printed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=int)
    parser.add_argument("--masters", nargs="*", default=["local[2]"])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run is not None:
        run(options.run, options.folder, options.films)
        return
    with tempfile.TemporaryDirectory(prefix="kg-bench-") as temporary:
        folder = options.folder or Path(temporary)
        workload(folder, options.films)
        outputs = []
        for engine in ("sql", *(f"spark={master}" for master in options.masters)):
            call = [sys.executable, __file__, str(options.films), "--folder", str(folder), "--run", engine]
            subprocess.run(call, check=True)
            outputs.append(output_of(engine, folder).read_bytes())
        print("The files are the same." if len(set(outputs)) == 1 else "The files differ.")


def output_of(engine: str, folder: Path) -> Path:
    """The file that an engine writes."""
    return folder / f"closed-{''.join(c if c.isalnum() else '-' for c in engine)}.nt"


def run(engine: str, folder: Path, films: int) -> None:
    """Infer with one engine in this process, and print what it took."""
    from kg.reasoning.infer import infer_files

    start, shuffled, before = time.perf_counter(), Counter[str](), 0

    def progress(rule: str, **_: object) -> None:
        nonlocal before
        if engine != "sql":
            written = shuffled_bytes()
            shuffled[rule if len(rule) < 60 else f"{rule[:57]}..."] += written - before
            before = written

    data = workload(folder, films)
    infer_files(
        [data], ontology=[BENCH / "film.ttl"], output=output_of(engine, folder), engine=engine, progress=progress
    )
    seconds, peaks = time.perf_counter() - start, peak_megabytes()
    each = ", ".join(f"{peak:,.0f}" for peak in peaks)
    print(f"{engine}: {films:,} films, {seconds:.1f} s, peak {sum(peaks):,.0f} MB ({each})")
    if engine != "sql":
        total = shuffled_bytes()
        shuffled["equal terms before the rules, contradictions and the end"] += total - before
        print(f"  shuffled: {total / 1e6:,.1f} MB")
        for rule, size in shuffled.most_common(_STEPS):
            print(f"  {size / 1e6:>8,.1f} MB  {rule}")


def shuffled_bytes() -> int:
    """What the tasks of all statements so far have written for others to read, by Spark's own status store."""
    from pyspark.sql import SparkSession

    context: Any = SparkSession.active().sparkContext
    executors = context._jsc.sc().statusStore().executorList(False)
    return sum(executors.apply(number).totalShuffleWrite() for number in range(executors.size()))


def peak_megabytes() -> list[float]:
    """The peak of this process, and of each that it has started and that still runs."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text(encoding="utf-8")
        except OSError:
            continue
        parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    own = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in own} - own:
        own |= more
    return [peak_of(process) for process in sorted(own)]


def peak_of(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


if __name__ == "__main__":
    main()
