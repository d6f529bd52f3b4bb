"""The same job with other libraries and with kg: load, infer, validate, and ask for an aggregate.

    python benchmarks/same_job.py [--films 1000] [--turbo PYTHON] [--sparq PYTHON]

For each: the lines of its program, seconds of the processor, peak memory, the rows, and the first lines of what it says
about a file that does not parse, and about a film without a title. `--turbo` names the Python of an environment with
owlrl-turbo 0.1.0a3, pyshacl-turbo 0.6.0 and rdflib-turbo 0.2.0a7, whose versions must match, and `--sparq` of one with
sparq-rdf, whose Python package has no SHACL. Other programs are added as a row of `PROGRAMS`.
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

QUERY = "PREFIX : <https://ex.org/film#> SELECT ?y (COUNT(?f) AS ?n) { ?f a :Film ; :year ?y } GROUP BY ?y ORDER BY ?y"
RDFLIB = f"""
import sys, owlrl, pyshacl, rdflib
data, ontology, shapes = sys.argv[1:]
graph = rdflib.Graph().parse(data, format="turtle").parse(ontology, format="turtle")
owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
conforms, _, report = pyshacl.validate(graph, shacl_graph=shapes)
print("conforms" if conforms else report)
for year, count in graph.query("{QUERY}"):
    print("row", year, count)
"""
TURBO = f"""
import sys, owlrl_turbo, pyshacl_turbo, rdflib_turbo
data, ontology, shapes = sys.argv[1:]
graph = rdflib_turbo.Dataset().parse(data, format="turtle").parse(ontology, format="turtle")
owlrl_turbo.expand(graph, inplace=True)
conforms, _, report = pyshacl_turbo.validate(graph, shacl_graph=shapes)
print("conforms" if conforms else report)
for year, count in graph.query("{QUERY}"):
    print("row", year, count)
"""
SPARQ = f"""
import sys, sparq
data, ontology, shapes = sys.argv[1:]
graph = sparq.Graph.load(open(data).read() + open(ontology).read())
graph.reason("owl")
for row in graph.query("{QUERY}"):
    print("row", row["y"].value, row["n"].value)
"""
KG = f"""
import sys, kg
data, ontology, shapes = sys.argv[1:]
graph = kg.load(data, infer=True, ontology=ontology)
report = graph.validate(shapes)
print("conforms" if report.ok else report)
for year, count in graph.sparql("{QUERY}"):
    print("row", year, count)
"""


@dataclass(frozen=True, slots=True)
class Program:
    """A program, and the option that names the Python which has its libraries; without one, it is this Python."""

    name: str
    text: str
    option: str = ""


PROGRAMS = (
    Program("rdflib, owlrl, pyshacl", RDFLIB),
    Program("rdflib-turbo, owlrl-turbo, pyshacl-turbo", TURBO, "turbo"),
    Program("sparq-rdf", SPARQ, "sparq"),
    Program("kg", KG),
)
UNCLOSED = '<https://ex.org/id/a> <https://ex.org/film#year> "2024 .'
WITHOUT_TITLE = "<https://ex.org/id/f1> <https://ex.org/film#title> "
COLUMNS = (
    "program",
    "lines",
    "seconds",
    "MB",
    "rows",
    "about a file that does not parse",
    "about a film without title",
)


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that has ended: its lines on stdout, the last on stderr, seconds of the processor, and megabytes."""

    printed: list[str]
    last_line: str
    seconds: float
    megabytes: float

    @property
    def rows(self) -> int:
        """The number of rows that it printed."""
        return sum(line.startswith("row ") for line in self.printed)

    @property
    def report(self) -> str:
        """The first lines of what it printed before the rows."""
        return " ".join(line.strip() for line in self.printed if not line.startswith("row "))[:300]


def run(python: str, program: str, *files: Path) -> Ended:
    """Run a program in a process of its own."""
    call = [python, "-c", program, *map(str, files)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(call, stdout=out, stderr=err)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        out.seek(0)
        err.seek(0)
        lines = err.read().decode().strip().splitlines()
        printed = out.read().decode().splitlines()
    return Ended(printed, lines[-1] if lines else "", usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def write_films(folder: Path, films: int) -> tuple[Path, Path, Path]:
    """The films as they should be, with a line that does not parse, and with a film that has lost its title."""
    data, unclosed, untitled = (folder / f"{name}.ttl" for name in ("films", "unclosed", "untitled"))
    with data.open("wb") as output:
        subprocess.run([sys.executable, BENCH / "films.py", str(films)], stdout=output, check=True)
    lines = data.read_text().splitlines()
    unclosed.write_text("\n".join([*lines[:100], UNCLOSED, *lines[100:]]))
    untitled.write_text("\n".join(line for line in lines if not line.startswith(WITHOUT_TITLE)))
    return data, unclosed, untitled


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=1_000)
    parser.add_argument("--turbo", metavar="PYTHON")
    parser.add_argument("--sparq", metavar="PYTHON")
    call = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = write_films(Path(folder), call.films)
        print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
        for program in PROGRAMS:
            python = getattr(call, program.option) if program.option else sys.executable
            if python is None:
                continue
            done, failed, reported = (
                run(python, program.text, each, BENCH / "film.ttl", BENCH / "shapes.ttl") for each in files
            )
            size = len(program.text.strip().splitlines())
            messages = [text.replace(folder, "")[:300] for text in (failed.last_line, reported.report or "nothing")]
            cells = [program.name, size, f"{done.seconds:.2f}", f"{done.megabytes:.0f}", done.rows, *messages]
            print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
