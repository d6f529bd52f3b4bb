"""How long asking takes: `kg ask` against importing rdflib, and `graph.ask` against the engine alone, in one run.

    python benchmarks/asking.py [--project DIR]

Each pair is run in turn, so that whatever else the machine does falls on both; medians are compared.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from pyoxigraph import QueryBoolean, QuerySolutions, Store

import kg
from kg.filmgraph import FilmGraph
from kg.queries.stored_query import parameter_terms
from kg.terms import PREFIXES

ROOT = Path(__file__).resolve().parents[1]
SHELL_LIMIT, ASK_LIMIT = 2.5, 1.3


@dataclass(frozen=True, slots=True)
class Compared:
    """Seconds of this project and of the other, each the median of as many runs."""

    name: str
    ours: float
    other: float
    limit: float

    @property
    def ratio(self) -> float:
        return self.ours / self.other

    def row(self) -> str:
        return f"| {self.name} | {_told(self.ours)} | {_told(self.other)} | {self.ratio:.2f} | {self.limit} |"


def compare(
    name: str, ours: Callable[[], object], other: Callable[[], object], *, limit: float, times: int
) -> Compared:
    """Run both in turn, the one first as often as the other."""
    took: tuple[list[float], list[float]] = [], []
    for number in range(times):
        for index in (0, 1) if number % 2 else (1, 0):
            began = time.perf_counter()
            (ours, other)[index]()
            took[index].append(time.perf_counter() - began)
    return Compared(name, median(took[0]), median(took[1]), limit)


def from_the_shell(project: Path, call: list[str]) -> Compared:
    """`kg ask` as a process, against a process that only imports rdflib."""
    command = [str(Path(sys.executable).with_name("kg")), "ask", *call, "--project", str(project)]

    def ours() -> None:
        subprocess.run(command, check=True, capture_output=True)

    def other() -> None:
        subprocess.run([sys.executable, "-c", "import rdflib"], check=True, capture_output=True)

    ours()
    other()
    return compare(f"`kg ask {' '.join(call)}` : `import rdflib`", ours, other, limit=SHELL_LIMIT, times=11)


def in_python(graph: FilmGraph, name: str, values: dict[str, object]) -> Compared:
    """`graph.ask`, rows and all, against the same text on a bare store whose terms are read."""
    query = graph.queries.find(name)
    text = query.bind(parameter_terms(query, values, graph.names))
    bare = Store.read_only(str(graph.build / "store"))

    def other() -> list[tuple[object, ...]]:
        return rows_of(bare, text)

    assert [row.terms for row in graph.ask(name, **values)] == other()
    times = 15 if _seconds(other) > 0.05 else 201
    rows = len(graph.ask(name, **values))
    return compare(f"{name} ({rows} rows)", lambda: graph.ask(name, **values), other, limit=ASK_LIMIT, times=times)


def sparql_in_python(graph: FilmGraph, name: str, text: str) -> Compared:
    """`graph.sparql` against the engine alone, for answers that no stored query has the size of."""
    bare = Store.read_only(str(graph.build / "store"))
    assert [row.terms for row in graph.sparql(text)] == rows_of(bare, text)
    times = 15 if _seconds(lambda: rows_of(bare, text)) > 0.05 else 101
    return compare(name, lambda: graph.sparql(text), lambda: rows_of(bare, text), limit=ASK_LIMIT, times=times)


def rows_of(store: Store, text: str) -> list[tuple[object, ...]]:
    """The rows of a bare store."""
    found = store.query(text, prefixes=PREFIXES)
    if isinstance(found, QueryBoolean):
        return []
    assert isinstance(found, QuerySolutions)
    return [tuple(solution) for solution in found]


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _told(seconds: float) -> str:
    return f"{seconds:.3f} s" if seconds >= 0.1 else f"{seconds * 1000:.2f} ms"


ASKED: list[tuple[str, dict[str, object]]] = [
    ("films-directed-by", {"person": "Sean Baker"}),
    ("awards-of", {"entity": "Anora"}),
    ("box-office-of-film", {"film": "Anora"}),
    ("description-of", {"entity": "film:anora"}),
    ("evidence-for", {"entity": "film:anora"}),
    ("facts-per-source", {}),
]
ALL = "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o"
COUNT = "SELECT ?class (COUNT(*) AS ?uses) { ?s a ?class } GROUP BY ?class ORDER BY DESC(?uses) ?class"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, default=ROOT)
    project = parser.parse_args().project.resolve()
    assert kg.build(project), "the project has faults: run kg check"
    graph = kg.open(project)
    compared = [from_the_shell(project, ["films-directed-by", "person=Sean Baker"])]
    for name, values in ASKED:
        if name in graph.queries and {one.name for one in graph.queries[name].params} >= values.keys():
            compared.append(in_python(graph, name, values))
    compared.append(sparql_in_python(graph, "every triple, sorted", ALL))
    compared.append(sparql_in_python(graph, "uses of each class", COUNT))
    print("| asked | kg | other | ratio | limit |\n|---|---|---|---|---|")
    print("\n".join(one.row() for one in compared))
    missed = [one.name for one in compared if one.ratio > one.limit]
    print(f"\nAbove its limit: {', '.join(missed) or 'nothing'}")


if __name__ == "__main__":
    main()
