"""The same job with rdflib, owlrl and pyshacl, and with kg: load, infer, validate, and ask for an aggregate.

    python benchmarks/same_job.py [--films 1000]

For each: the lines of its program, seconds of the processor, peak memory, the rows, and what it says about a file that
does not parse. Other programs are added as a row of `PROGRAMS`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from side_by_side import BENCH

QUERY = "SELECT ?y (COUNT(?f) AS ?n) { ?f a :Film ; :year ?y } GROUP BY ?y ORDER BY ?y"
RDFLIB = f"""
import sys, owlrl, pyshacl, rdflib
data, ontology, shapes = sys.argv[1:]
graph = rdflib.Graph().parse(data, format="turtle").parse(ontology, format="turtle")
owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
conforms, _, report = pyshacl.validate(graph, shacl_graph=shapes)
print("conforms" if conforms else report)
for year, count in graph.query("PREFIX : <https://ex.org/film#> {QUERY}"):
    print("row", year, count)
"""
KG = f"""
import sys, kg
data, ontology, shapes = sys.argv[1:]
graph = kg.load(data, infer=True, ontology=ontology)
report = graph.validate(shapes)
print("conforms" if report.ok else report)
for year, count in graph.sparql("PREFIX : <https://ex.org/film#> {QUERY}"):
    print("row", year, count)
"""
PROGRAMS = {"rdflib, owlrl, pyshacl": RDFLIB, "kg": KG}


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that has ended: its lines on stdout, the last on stderr, seconds of the processor, and megabytes."""

    printed: list[str]
    last_line: str
    seconds: float
    megabytes: float


def run(program: str, *files: Path) -> Ended:
    call = [sys.executable, "-c", program, *map(str, files)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(call, stdout=out, stderr=err)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        out.seek(0)
        err.seek(0)
        lines = err.read().decode().strip().splitlines()
        printed = out.read().decode().splitlines()
    return Ended(printed, lines[-1] if lines else "", usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=1_000)
    call = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, wrong = Path(folder) / "films.ttl", Path(folder) / "wrong.ttl"
        with data.open("wb") as output:
            subprocess.run([sys.executable, BENCH / "films.py", str(call.films)], stdout=output, check=True)
        lines = data.read_text().splitlines()
        wrong.write_text(
            "\n".join([*lines[:100], '<https://ex.org/id/a> <https://ex.org/film#year> "2024 .', *lines[100:]])
        )
        print("| program | lines | seconds | MB | rows | about a file that does not parse |\n|---|---|---|---|---|---|")
        for name, program in PROGRAMS.items():
            done = run(program, data, BENCH / "film.ttl", BENCH / "shapes.ttl")
            failed = run(program, wrong, BENCH / "film.ttl", BENCH / "shapes.ttl")
            said = failed.last_line.replace(folder, "")[:200]
            size = len(program.strip().splitlines())
            rows = sum(line.startswith("row ") for line in done.printed)
            print(f"| {name} | {size} | {done.seconds:.1f} | {done.megabytes:.0f} | {rows} | {said} |", flush=True)


if __name__ == "__main__":
    main()
