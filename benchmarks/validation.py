#!/usr/bin/env python3
"""SHACL validation side by side: this program, pyshacl, pyshacl-turbo and rudof, from files on disk to a report.

    python benchmarks/validation.py 10000 --engines kg pyshacl rudof
    python benchmarks/validation.py 10000 --engines kg pyshacl-turbo --peers VENV/bin/python
    python benchmarks/validation.py 100000 --engines kg rudof
    python benchmarks/validation.py 1000000 --engines kg --memory 6GB
    python benchmarks/validation.py 100000 --changed 10

Every engine runs in a process of its own, one after the other. *Checking* is the time from a loaded graph and shapes
to the findings; *process* is from the start of the process to its end, with the report written as text; memory is the
most that the process held. The workload is `../shared/bench` (films.py, shapes.ttl). Equal numbers of findings mean
equal work. pyshacl-turbo runs under the Python of `--peers`, which needs nothing else. `--changed` measures checking
after a change of so many facts, against checking everything.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from side_by_side import BENCH, arguments, run_alone, workload

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from kg.graph.triple_tables import TripleTables

ENGINES = ("kg", "pyshacl", "pyshacl-turbo", "rudof")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One engine on one workload: seconds, megabytes, findings; or why it did not finish."""

    engine: str
    films: int
    checking: float
    process: float
    megabytes: float
    findings: int
    error: str = ""


def main() -> None:
    parser = arguments(__doc__, ENGINES)
    parser.add_argument("--peers", default=sys.executable, help="the Python that has pyshacl-turbo")
    parser.add_argument("--changed", type=int, help="measure checking after a change of so many facts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kg-bench-") as temporary:
        folder = options.folder or Path(temporary)
        for films in options.films:
            data = workload(folder, films)
            if options.changed is not None:
                print(changed(data, films, options.changed))
                continue
            found = [best([measure(e, films, data, options) for _ in range(options.repeat)]) for e in options.engines]
            print(table(found))


def measure(engine: str, films: int, data: Path, options: argparse.Namespace) -> Measurement:
    """Run one engine in a process of its own."""
    python = options.peers if engine == "pyshacl-turbo" else sys.executable
    call = [python, __file__, "--run", engine, str(data), str(BENCH / "shapes.ttl"), options.memory]
    done = run_alone(call, limit=options.limit)
    if done.error:
        return Measurement(engine, films, 0, done.seconds, 0, 0, done.error)
    result = json.loads(done.last_line)
    return Measurement(engine, films, result["checking"], done.seconds, result["peak"] / 1000, result["findings"])


def best(runs: list[Measurement]) -> Measurement:
    """The best of several runs: each time for itself, since each is disturbed for itself."""
    fine = [run for run in runs if not run.error]
    if not fine:
        return runs[0]
    last = fine[-1]
    checking, process = min(run.checking for run in fine), min(run.process for run in fine)
    return Measurement(last.engine, last.films, checking, process, max(r.megabytes for r in fine), last.findings)


def table(found: list[Measurement]) -> str:
    """The measurements as a Markdown table; ratios are to the first engine."""
    first = found[0]
    lines = ["", "| films | engine | checking s | ratio | process s | ratio | peak MB | findings |"]
    lines.append("|--:|---|--:|--:|--:|--:|--:|--:|")
    for m in found:
        if m.error:
            lines.append(f"| {m.films:,} | {m.engine} | {m.error} | | | | | |")
            continue
        ratios = (m.checking / first.checking, m.process / first.process)
        columns = f"{m.checking:.3f} | {ratios[0]:.1f} | {m.process:.2f} | {ratios[1]:.1f}"
        lines.append(f"| {m.films:,} | {m.engine} | {columns} | {m.megabytes:,.0f} | {m.findings:,} |")
    return "\n".join(lines)


def changed(data: Path, films: int, facts: int) -> str:
    """Validation after a change of so many facts: half of them added, half of them removed."""
    from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

    from kg.graph.rdf_files import load_file
    from kg.graph.triple_tables import TripleTables
    from kg.shapes import IncrementalValidation, check, read_shapes

    shapes = read_shapes(BENCH / "shapes.ttl")
    tables = TripleTables()
    load_file(tables, data)
    start = time.perf_counter()
    validation = IncrementalValidation(tables, shapes)
    complete = time.perf_counter() - start
    with data.open() as lines:
        casts = [line for line in lines if "castMember" in line][: 7 * facts : 7]
    old = [quad.triple for quad in parse("".join(casts[: facts // 2]), format=RdfFormat.N_TRIPLES)]
    title = NamedNode("https://ex.org/film#title")
    films_changed = [NamedNode(line.split(" ")[0][1:-1]) for line in casts[facts // 2 :]]
    new = [Triple(film, title, Literal("Another title")) for film in films_changed]
    seconds = []
    for added, removed in ((new, old), (old, new), (new, old)):
        start = time.perf_counter()
        change(tables, added, removed)
        report = validation.update(added=added, removed=removed)
        seconds.append(time.perf_counter() - start)
    again = check(tables, shapes)
    same = sorted(map(str, report.findings)) == sorted(map(str, again.findings))
    part = 100 * min(seconds) / complete
    lines_ = ["", "| films | facts changed | complete validation s | after the change s | part | same findings |"]
    lines_ += ["|--:|--:|--:|--:|--:|---|"]
    lines_ += [
        f"| {films:,} | {facts} | {complete:.3f} | {min(seconds):.4f} | {part:.1f} % | {'yes' if same else 'NO'} |"
    ]
    return "\n".join(lines_)


def change(tables: TripleTables, added: list[Triple], removed: list[Triple]) -> None:
    """Add and remove triples; without the search for duplicates of `add`, which reads the complete table."""
    from kg.sql import inline_table
    from kg.terms import to_spo

    for triples, statement in (
        (added, "INSERT INTO triple SELECT * FROM {rows}"),
        (removed, "DELETE FROM triple t USING {rows} WHERE t.s = r.s AND t.p = r.p AND t.o = r.o"),
    ):
        ids = tables.encode(term for triple in triples for term in to_spo(triple))
        rows = [[ids[term] for term in to_spo(triple)] for triple in triples]
        tables.sql.execute(statement.format(rows=inline_table("r", "s, p, o", rows)))


# --- one engine, in its own process


def run(engine: str, data: str, shapes: str, memory: str) -> None:
    checking, findings = RUNS[engine](data, shapes, memory)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"checking": checking, "findings": findings, "peak": peak}), file=sys.stderr)


def run_kg(data: str, shapes: str, memory: str) -> tuple[float, int]:
    from kg.graph.rdf_files import load_file
    from kg.graph.triple_tables import TripleTables
    from kg.reporting import write_report
    from kg.shapes import check, read_shapes

    tables = TripleTables(memory=memory or None, scratch=Path(tempfile.gettempdir()) if memory else None)
    load_file(tables, Path(data))
    parsed = read_shapes(shapes)
    start = time.perf_counter()
    report = check(tables, parsed)
    seconds = time.perf_counter() - start
    sys.stdout.write(write_report(report))
    return seconds, len(report)


def run_pyshacl(data: str, shapes: str, _: str, *, module: str = "pyshacl") -> tuple[float, int]:
    from rdflib import Graph, Namespace

    pyshacl = import_module(module)
    graph = Graph().parse(data, format="nt")
    shapes_graph = Graph().parse(shapes, format="turtle")
    start = time.perf_counter()
    _, report, text = pyshacl.validate(graph, shacl_graph=shapes_graph, inplace=True)
    seconds = time.perf_counter() - start
    sys.stdout.write(text)
    return seconds, len(list(report.objects(None, Namespace("http://www.w3.org/ns/shacl#").result)))


def run_rudof(data: str, shapes: str, _: str) -> tuple[float, int]:
    from pyrudof import RDFFormat, ResultShaclValidationFormat, Rudof, RudofConfig

    rudof = Rudof(RudofConfig())
    rudof.read_data(Path(data), format=RDFFormat.NTriples)
    rudof.read_shacl(Path(shapes))
    start = time.perf_counter()
    report = rudof.validate_shacl()
    seconds = time.perf_counter() - start
    sys.stdout.write(rudof.serialize_shacl_validation_results(format=ResultShaclValidationFormat.Compact))
    return seconds, len(report)


RUNS: dict[str, Callable[[str, str, str], tuple[float, int]]] = {
    "kg": run_kg,
    "pyshacl": run_pyshacl,
    "pyshacl-turbo": partial(run_pyshacl, module="pyshacl_turbo"),
    "rudof": run_rudof,
}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(*sys.argv[2:])
    else:
        main()
