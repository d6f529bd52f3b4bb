#!/usr/bin/env python3
"""OWL 2 RL inference side by side: this program, owlrl, reasonable and Nemo, from files on disk to N-Triples on disk.

    python benchmarks/inference.py 1000 10000 --engines kg owlrl reasonable nemo
    python benchmarks/inference.py 1000 10000 --ask --engines kg sparq owlrl-turbo --peers VENV/bin/python
    python benchmarks/inference.py 1000000 --engines kg --memory 2GB

Every engine runs in a process of its own, one after the other; its time is from the start of that process to its end,
its memory is the peak of that process. The workload is `../shared/bench` (films.py, film.ttl). Afterwards the
triples about entities are counted in each output, without tautologies (`x owl:sameAs x`, `x rdf:type
owl:Thing`), so that equal numbers mean equal work. Nemo is given the rules already grounded (film.rls); this program
grounds them itself, within its time.

With `--ask`, nothing is written: the time is until the triples can be queried, and each engine counts them afterwards.
sparq (`pip install sparq-rdf`) and owlrl-turbo run under the Python of `--peers`, which needs nothing else.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from side_by_side import BENCH, arguments, run_alone, workload

HERE = Path(__file__).parent
ENGINES = ("kg", "owlrl", "reasonable", "nemo", "sparq", "owlrl-turbo")
PEERS = ("sparq", "owlrl-turbo")
"""The engines that run with `--ask` alone, under the Python of `--peers`."""
ENTITIES = "<https://ex.org/id/"  # everything that is not about classes and properties


@dataclass(frozen=True, slots=True)
class Measurement:
    """One engine on one workload: seconds by the clock and of all cores, megabytes, triples; or the error."""

    engine: str
    films: int
    seconds: float
    processor: float
    megabytes: float
    triples: int
    error: str = ""
    version: str = ""


def main() -> None:
    parser = arguments(__doc__, ENGINES)
    parser.add_argument("--ask", action="store_true", help="until triples can be queried, without writing them")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has sparq and owlrl-turbo")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kg-bench-") as temporary:
        folder = options.folder or Path(temporary)
        for films in options.films:
            data = workload(folder, films)
            measurements = [
                min((measure(e, films, data, folder, options) for _ in range(options.repeat)), key=lambda m: m.seconds)
                for e in options.engines
            ]
            print(table(measurements))


def measure(engine: str, films: int, data: Path, folder: Path, options: argparse.Namespace) -> Measurement:
    """Run one engine in a process of its own."""
    if options.ask:
        return measure_asked(engine, films, data, options)
    output = folder / f"closed-{engine}.nt"
    output.unlink(missing_ok=True)
    call = [sys.executable, __file__, "--run", engine, str(data), str(BENCH / "film.ttl"), str(output)]
    done = run_alone([*call, options.memory], limit=options.limit)
    if done.error:
        return Measurement(engine, films, done.seconds, 0, 0, 0, done.error)
    kilobytes, processor = done.last_line.rsplit("peak ", 1)[1].split()
    return Measurement(engine, films, done.seconds, float(processor), int(kilobytes) / 1000, count(output))


def measure_asked(engine: str, films: int, data: Path, options: argparse.Namespace) -> Measurement:
    """The same, until the triples can be queried."""
    python = options.peers if engine in PEERS else sys.executable
    call = [python, __file__, "--run-asked", engine, str(data), str(BENCH / "film.ttl"), str(time.time())]
    done = run_alone(call, limit=options.limit)
    if done.error:
        return Measurement(engine, films, done.seconds, 0, 0, 0, done.error)
    return Measurement(engine, films, **json.loads(done.last_line))


def count(path: Path) -> int:
    """How many triples about entities a file has, without tautologies."""
    # In a process of its own: the memory of this process would be counted with that of the engines that it starts.
    call = [sys.executable, __file__, "--count", str(path)]
    return int(subprocess.run(call, capture_output=True, text=True, check=True).stdout)


def run_count(path: str) -> None:
    import duckdb

    result = duckdb.connect().execute(
        "SELECT count(*) FROM (SELECT DISTINCT s, p, o FROM (SELECT split_part(line, ' ', 1) AS s,"
        " split_part(line, ' ', 2) AS p, line[length(s) + length(p) + 3 : -3] AS o FROM read_csv(?,"
        " columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '', header = false, auto_detect = false))"
        " WHERE starts_with(s, ?) AND NOT (s = o) AND NOT ends_with(o, 'owl#Thing>'))",
        [path, ENTITIES],
    )
    row = result.fetchone()
    print(row[0] if row else 0)


def table(measurements: list[Measurement]) -> str:
    """The measurements as a Markdown table; ratios are to the first engine."""
    first = measurements[0]
    lines = ["", "| films | engine | seconds | ratio | of all cores | peak MB | triples |"]
    lines.append("|--:|---|--:|--:|--:|--:|--:|")
    for m in measurements:
        if m.error:
            lines.append(f"| {m.films:,} | {m.engine} | {m.error} | | | | |")
            continue
        ratio = m.seconds / first.seconds
        lines.append(
            f"| {m.films:,} | {f'{m.engine} {m.version}'.rstrip()} | {m.seconds:.2f} | {ratio:.1f}"
            f" | {m.processor:.2f} | {m.megabytes:,.0f} | {m.triples:,} |"
        )
    return "\n".join(lines)


# --- one engine, in its own process


def run(engine: str, data: str, ontology: str, output: str, memory: str) -> None:
    {"kg": run_kg, "owlrl": run_owlrl, "reasonable": run_reasonable, "nemo": run_nemo}[engine](
        data, ontology, output, memory
    )
    used = resource.getrusage(resource.RUSAGE_SELF)
    print("peak", used.ru_maxrss, used.ru_utime + used.ru_stime, file=sys.stderr)


def run_kg(data: str, ontology: str, output: str, memory: str) -> None:
    from kg.reasoning.infer import infer_files

    infer_files([Path(data)], ontology=[Path(ontology)], output=Path(output), memory=memory or None)


def run_owlrl(data: str, ontology: str, output: str, memory: str) -> None:
    import owlrl
    import rdflib

    graph = rdflib.Graph()
    graph.parse(data, format="nt")
    graph.parse(ontology, format="turtle")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    graph.serialize(output, format="nt", encoding="utf-8")


def run_reasonable(data: str, ontology: str, output: str, memory: str) -> None:
    import reasonable  # type: ignore[import-not-found,import-untyped,unused-ignore]

    reasoner = reasonable.PyReasoner()
    turtle = Path(output).with_suffix(".ttl")  # it reads nothing that is not called Turtle
    turtle.unlink(missing_ok=True)
    turtle.symlink_to(data)
    reasoner.load_file(str(turtle))
    reasoner.load_file(ontology)
    with Path(output).open("w", encoding="utf-8") as file:
        for triple in reasoner.reason():
            file.write(" ".join(term.n3() for term in triple) + " .\n")


def run_nemo(data: str, ontology: str, output: str, memory: str) -> None:
    import nmo_python  # type: ignore[import-not-found,import-untyped,unused-ignore]

    rules = (HERE / "film.rls").read_text()
    program = (
        f'@import t :- ntriples {{ resource = "{data}" }} .\n{rules}\n'
        f'@export t :- ntriples {{ resource = "{Path(output).name}" }} .\n'
    )
    engine = nmo_python.NemoEngine(nmo_python.load_string(program))
    engine.reason()
    engine.write_result("t", nmo_python.NemoOutputManager(str(Path(output).parent), overwrite=True))


# --- one engine, until its triples can be queried


def run_asked(engine: str, data: str, ontology: str, began: str) -> None:
    """Print the seconds since `began`, and what else was measured, before and after counting the triples."""
    name, prepare = ASKED[engine]
    count_triples = prepare(data, ontology)
    seconds, used = time.time() - float(began), resource.getrusage(resource.RUSAGE_SELF)
    measured = {"seconds": seconds, "processor": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1000}
    print(json.dumps({**measured, "triples": count_triples(), "version": version(name)}), file=sys.stderr)


def ask_kg(data: str, ontology: str) -> Callable[[], int]:
    from kg.graph.rdf_files import load_file, read_all_triples
    from kg.graph.triple_tables import TripleTables
    from kg.reasoning.infer import infer

    tables = TripleTables()
    load_file(tables, Path(data))
    infer(tables, read_all_triples([Path(ontology)]), schema=True, same_as="auto")
    return lambda: tables.sql.execute(
        "SELECT count(*) FROM (SELECT * FROM triple UNION SELECT * FROM inferred) AS t JOIN term AS a ON a.id = s"
        " JOIN term AS b ON b.id = o WHERE starts_with(a.text, ?) AND s <> o AND NOT ends_with(b.text, 'owl#Thing>')",
        [ENTITIES],
    ).fetchall()[0][0]  # fmt: skip


_COUNT = f"""
SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o FILTER(STRSTARTS(STR(?s), "{ENTITIES[1:]}") && !sameTerm(?s, ?o)
&& !sameTerm(?o, <http://www.w3.org/2002/07/owl#Thing>)) }}
"""


def ask_sparq(data: str, ontology: str) -> Callable[[], int]:
    import sparq  # type: ignore[import-not-found,import-untyped,unused-ignore]

    # A graph is loaded from one text, and N-Triples is Turtle.
    graph = sparq.Graph.load(Path(data).read_text() + "\n" + Path(ontology).read_text(), "turtle")
    graph.reason("owl")
    return lambda: int(graph.query(_COUNT).rows[0]["n"].value)


def ask_owlrl_turbo(data: str, ontology: str) -> Callable[[], int]:
    from owlrl_turbo import Dataset, expand  # type: ignore[import-not-found,import-untyped,unused-ignore]

    dataset = Dataset()
    dataset.parse(data, format="nt")
    dataset.parse(ontology, format="turtle")
    expand(dataset, inference="owlrl", inplace=True)
    return lambda: int(next(iter(dataset.query(_COUNT)))[0])


ASKED: dict[str, tuple[str, Callable[[str, str], Callable[[], int]]]] = {
    "kg": ("film-knowledge-graph", ask_kg),
    "sparq": ("sparq-rdf", ask_sparq),
    "owlrl-turbo": ("owlrl-turbo", ask_owlrl_turbo),
}
"""Engine -> its distribution, and the function that reads and infers, and gives one that counts."""


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(*sys.argv[2:])
    elif sys.argv[1:2] == ["--run-asked"]:
        run_asked(*sys.argv[2:])
    elif sys.argv[1:2] == ["--count"]:
        run_count(sys.argv[2])
    else:
        main()
