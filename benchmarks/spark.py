#!/usr/bin/env python3
"""Inference or a build on Spark beside DuckDB: processor time, peak memory, and what statements shuffle.

    python benchmarks/spark.py 10000 --masters 'local[2]' 'local-cluster[2,1,2048]'
    python benchmarks/spark.py 10000 --build

With `--build`, it is `kg build` of the films of film_project.py as Parquet, and of a second source which has every
fiftieth film under another name and with another year; each engine must write the same facts, triples and decisions.

Each engine runs in a process of its own, one after the other, and must write the same file. Processor time and memory
are sums over the process and those that it starts, of which Spark has one for itself and one for each worker of a
cluster; the memory is that of their peaks. The workload is that of inference.py.
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

import duckdb

import kg
from film_project import write_project
from kg.decisions.links import LINKS_FILE, Judgement, to_sssom
from kg.reasoning.infer import infer_files
from kg.terms import entity_iri
from side_by_side import BENCH, workload

_STEPS = 12
"""How many of the rules that shuffle most are printed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=int)
    parser.add_argument("--masters", nargs="*", default=["local[2]"])
    parser.add_argument("--build", action="store_true", help="build a project, and not only infer")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run is not None:
        (build if options.build else run)(options.run, options.folder, options.films)
        return
    with tempfile.TemporaryDirectory(prefix="kg-bench-") as temporary:
        folder = options.folder or Path(temporary)
        if options.build:
            write_lake(folder, options.films)
        else:
            workload(folder, options.films)
        outputs = []
        for engine in ("sql", *(f"spark={master}" for master in options.masters)):
            call = [sys.executable, __file__, str(options.films), "--folder", str(folder), "--run", engine]
            subprocess.run([*call, "--build"] if options.build else call, check=True)
            outputs.append(output_of(engine, folder).read_bytes())
        print("The results are the same." if len(set(outputs)) == 1 else "The results differ.")


def output_of(engine: str, folder: Path) -> Path:
    """The file with the result of an engine."""
    return folder / f"closed-{''.join(c if c.isalnum() else '-' for c in engine)}.nt"


def run(engine: str, folder: Path, films: int) -> None:
    """Infer with one engine in this process, and print what it took."""
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
    report_processes(engine, films, time.perf_counter() - start)
    if engine != "sql":
        total = shuffled_bytes()
        shuffled["equal terms before the rules, contradictions and the end"] += total - before
        print(f"  shuffled: {total / 1e6:,.1f} MB")
        for rule, size in shuffled.most_common(_STEPS):
            print(f"  {size / 1e6:>8,.1f} MB  {rule}")


def report_processes(engine: str, films: int, seconds: float) -> None:
    processes = own_processes()
    peaks, used = list(map(peak_of, processes)), sum(map(processor_seconds, processes))
    each = ", ".join(f"{peak:,.0f}" for peak in peaks)
    print(
        f"{engine}: {films:,} films, {used:.1f} s of processors, {seconds:.1f} s by the clock,"
        f" peak {sum(peaks):,.0f} MB ({each})",
        flush=True,
    )


def write_lake(folder: Path, films: int) -> None:
    """A project whose facts are Parquet, of two sources that name films differently and disagree on years."""
    write_project(folder, films)
    data, disputed = folder / "data", range(0, films, 50)
    duckdb.read_csv(str(data / "films.csv"), all_varchar=True).write_parquet(str(data / "films.parquet"))
    (data / "films.csv").unlink()
    with (data / "sources.yaml").open("a", encoding="utf-8") as file:
        file.write("other: {title: Another register, licence: CC0-1.0}\n")
    (data / "policy.yaml").write_text("sources: [register, other]\n", encoding="utf-8")
    links = (Judgement(entity_iri(f"f{number}"), entity_iri(f"g{number}"), True) for number in disputed)
    (data / LINKS_FILE).write_text(to_sssom(links), encoding="utf-8")
    stated = [("type", "FeatureFilm"), ("label", "Another"), ("year", "1919")]
    rows = ", ".join(f"('g{n}', '{name}', '{value}', 'other', 'g{n}')" for n in disputed for name, value in stated)
    columns = "subject, property, value, source, record"
    duckdb.execute(f"COPY (FROM (VALUES {rows}) AS t({columns})) TO '{data / 'other.parquet'}'")


def build(engine: str, folder: Path, films: int) -> None:
    """Build with one engine in this process, and print what each phase took; the result is a sum of its rows."""
    start, before, phase = time.perf_counter(), (0.0, 0), ""
    phases: dict[str, tuple[float, float]] = {}

    def progress(name: str) -> None:
        nonlocal before, phase
        now = (sum(map(processor_seconds, own_processes())), shuffled_bytes() if phase and engine != "sql" else 0)
        if phase:
            phases[phase] = now[0] - before[0], (now[1] - before[1]) / 1e6
        before, phase = now, name

    if not (report := kg.build(folder, engine=engine, force=True, progress=progress)):
        sys.exit("\n".join(map(str, report.findings[:5])))
    progress("")
    report_processes(engine, films, time.perf_counter() - start)
    for name, (seconds, shuffled) in phases.items():
        print(f"  {name:<10} {seconds:>8,.1f} s of processors, {shuffled:>8,.1f} MB shuffled", flush=True)
    counts = {name: report.counts[name] for name in ("facts", "contested", "disagreements", "triples")}
    print(f"  {counts}", flush=True)
    sql = kg.open(folder).snapshot.sql
    tables = ("term", "triple", "named", "fact", "fact_origin", "fact_detail", "fact_read")
    sums = [sql.execute(f"SELECT count(*), sum(hash(t)) FROM {name} AS t").fetchone() for name in tables]
    output_of(engine, folder).write_text(str(sums), encoding="utf-8")


def shuffled_bytes() -> int:
    """What the tasks of all statements so far have written for others to read, by Spark's own status store."""
    from pyspark.sql import SparkSession

    context: Any = SparkSession.active().sparkContext
    executors = context._jsc.sc().statusStore().executorList(False)
    return sum(executors.apply(number).totalShuffleWrite() for number in range(executors.size()))


def own_processes() -> list[int]:
    """This process, and those that it has started and that still run."""
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
    return sorted(own)


def processor_seconds(process: int) -> float:
    """The processor time of a process, and of those that it has waited for."""
    stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, stat[11:15])) / os.sysconf("SC_CLK_TCK")


def peak_of(process: int) -> float:
    """Megabytes."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


if __name__ == "__main__":
    main()
