"""How fast analytic queries are: the columnar engine against Oxigraph on disk and peers, on made-up films, in one run.

    python benchmarks/querying.py [--films 100000] [--infer] [--times 3] [--graph DIR] [--virtuoso] [--maplib PYTHON]

The films are those of `bench/films.py` of the folder that `KG_SHARED` names, loaded with `kg.load`, or a graph that was
loaded before; a very large one has no lookup store, and is measured without Oxigraph. Both engines answer each query in
turn, and their rows are compared first. The first run of a query is not counted: it also compiles the query. Times are
those of the processor, so that a busy machine does not count.
`--virtuoso` starts Virtuoso (Debian's `virtuoso-opensource`) on loopback; `--maplib` names the Python of an environment
with maplib.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from statistics import median

import kg
from kg.errors import EngineMismatchError
from query_peers import Peer, open_maplib, open_virtuoso

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("KG_SHARED", ROOT.parent / "shared"))
PREFIXES = "PREFIX : <https://ex.org/film#> PREFIX id: <https://ex.org/id/> "
QUERIES = {
    "most-prolific": "SELECT ?p (COUNT(?f) AS ?n) { ?f :contributor ?p } GROUP BY ?p ORDER BY DESC(?n) LIMIT 10",
    "films-per-year": "SELECT ?y (COUNT(?f) AS ?n) { ?f a :Film ; :year ?y } GROUP BY ?y ORDER BY ?y",
    "dir-actor-pairs": "SELECT ?d ?a (COUNT(?f) AS ?n) { ?f :director ?d ; :castMember ?a ; :year ?y"
    ' FILTER(?y >= "2015"^^xsd:gYear) } GROUP BY ?d ?a HAVING(COUNT(?f) > 1) ORDER BY DESC(?n) LIMIT 20',
    "no-award": "SELECT (COUNT(?f) AS ?n) { ?f a :FeatureFilm FILTER NOT EXISTS { ?f :nominatedFor ?a } }",
    "search-title": 'SELECT ?f ?t { ?f :title ?t FILTER(CONTAINS(LCASE(?t), "film 999")) }',
    "award-winners": "SELECT ?d (COUNT(DISTINCT ?f) AS ?n) { ?f a :AwardWinningFilm ; :director ?d }"
    " GROUP BY ?d ORDER BY DESC(?n) LIMIT 10",
    "properties": "SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?subjects) { ?s ?p ?o } GROUP BY ?p",
    "directors-by-span": "SELECT ?d (MIN(?y) AS ?first) (MAX(?y) AS ?last) (COUNT(*) AS ?n)"
    " { ?f :director ?d ; :year ?y } GROUP BY ?d HAVING(COUNT(*) > 5) ORDER BY DESC(?n)",
    "directing-actors": "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?f :director ?p . ?g :castMember ?p }",
    "films-without-cast": "SELECT (COUNT(?f) AS ?n)"
    " { ?f :director ?d OPTIONAL { ?f :castMember ?a } FILTER(!BOUND(?a)) }",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of the processor for one query, by engine; None where an engine does not answer it."""

    name: str
    took: dict[str, float | None]

    def ratio(self, engine: str) -> float | None:
        """How many times as long as the columnar engine another one takes."""
        other, ours = self.took[engine], self.took["columnar"]
        return None if other is None or ours is None else max(other, 1.0) / max(ours, 1.0)


def load(films: int, *, infer: bool, folder: Path) -> kg.LoadedGraph:
    data = folder / "films.nt"
    with data.open("wb") as output:
        subprocess.run([sys.executable, SHARED / "bench" / "films.py", str(films)], stdout=output, check=True)
    return kg.load(data, infer=infer, ontology=SHARED / "bench" / "film.ttl" if infer else ())


def measure(graph: kg.LoadedGraph, name: str, times: int, peers: dict[str, Peer]) -> Measured:
    """The medians of one query; of a graph without a lookup store, the columnar engine's alone."""
    text = PREFIXES + QUERIES[name]
    has_store = (graph.build / "store").exists()
    try:
        graph.sparql(text, engine="both" if has_store else "columnar")
    except EngineMismatchError as error:
        # A LIMIT may cut a group of equal counts in two ways.
        if "LIMIT" not in text:
            raise
        print(f"{name}: {error}", file=sys.stderr)
    took: dict[str, list[float]] = {"columnar": [], **({"Oxigraph": []} if has_store else {})}
    for _ in range(times):
        for engine, seconds in took.items():
            began = time.process_time()
            rows = len(graph.sparql(text, engine=engine.lower()))
            seconds.append(time.process_time() - began)
    medians: dict[str, float | None] = {engine: median(seconds) * 1e3 for engine, seconds in took.items()}
    for label, peer in peers.items():
        answers = [peer.ask(text) for _ in range(times + 1)]
        if answers[0].error or answers[0].rows != rows:
            print(f"{name}: {label}: {answers[0].error or f'{answers[0].rows} rows'}", file=sys.stderr)
        medians[label] = None if answers[0].error else median(answer.processor for answer in answers[1:]) * 1e3
    return Measured(name, medians)


def report(results: list[Measured]) -> None:
    engines = list(results[0].took)
    print(f"| query | {' | '.join(f'{engine} ms' for engine in engines)} |")
    print(f"|---{'|---' * len(engines)}|")
    for result in results:
        cells = ("-" if took is None else f"{took:.0f}" for took in result.took.values())
        print(f"| {result.name} | {' | '.join(cells)} |")
    for engine in engines[1:]:
        ratios = [ratio for result in results if (ratio := result.ratio(engine)) is not None]
        print(f"\n{engine}: {exp(sum(map(log, ratios)) / len(ratios)):.1f} x in the geometric mean")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=100_000)
    parser.add_argument("--infer", action="store_true")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--graph", metavar="DIR", help="a graph that kg load has kept")
    parser.add_argument("--virtuoso", action="store_true")
    parser.add_argument("--maplib", metavar="PYTHON")
    call = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        path = Path(folder)
        graph = kg.load(call.graph) if call.graph else load(call.films, infer=call.infer, folder=path)
        peers: dict[str, Peer] = {}
        if call.virtuoso or call.maplib:
            triples = path / "triples.nt"
            graph.export(triples, format="ntriples")
            if call.virtuoso and (virtuoso := stack.enter_context(open_virtuoso([triples], path))) is not None:
                peers["Virtuoso"] = virtuoso
            if call.maplib:
                peers["maplib"] = stack.enter_context(open_maplib([triples], call.maplib))
        print(f"{len(graph):,} triples\n")
        report([measure(graph, name, call.times, peers) for name in QUERIES])


if __name__ == "__main__":
    main()
