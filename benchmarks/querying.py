"""How fast analytic queries are: the columnar engine against Oxigraph on disk, on made-up films, in one run.

    python benchmarks/querying.py [--films 100000] [--infer] [--times 3]

The films are those of `bench/films.py` of the folder that `KG_SHARED` names, loaded with `kg.load`. Both engines answer
each query in turn, and their rows are compared first. The first run of a query, which also compiles it, is not counted.
"""

from __future__ import annotations

import argparse
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
    """Seconds of both engines for one query."""

    name: str
    columnar: float
    oxigraph: float

    @property
    def ratio(self) -> float:
        return self.oxigraph / self.columnar


def load(films: int, *, infer: bool, folder: Path) -> kg.LoadedGraph:
    data = folder / "films.nt"
    with data.open("wb") as output:
        subprocess.run([sys.executable, SHARED / "bench" / "films.py", str(films)], stdout=output, check=True)
    return kg.load(data, infer=infer, ontology=SHARED / "bench" / "film.ttl" if infer else ())


def measure(graph: kg.LoadedGraph, name: str, times: int) -> Measured:
    text = PREFIXES + QUERIES[name]
    try:
        graph.sparql(text, engine="both")
    except EngineMismatchError as error:
        # A LIMIT may cut a group of equal counts in two ways.
        if "LIMIT" not in text:
            raise
        print(f"{name}: {error}", file=sys.stderr)
    took: dict[str, list[float]] = {"columnar": [], "oxigraph": []}
    for _ in range(times):
        for engine, seconds in took.items():
            began = time.perf_counter()
            len(graph.sparql(text, engine=engine))
            seconds.append(time.perf_counter() - began)
    return Measured(name, median(took["columnar"]), median(took["oxigraph"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=100_000)
    parser.add_argument("--infer", action="store_true")
    parser.add_argument("--times", type=int, default=3)
    call = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        graph = load(call.films, infer=call.infer, folder=Path(folder))
        began = time.perf_counter()
        graph.sparql("ASK {}", engine="columnar")
        print(f"{len(graph):,} triples; columns made in {time.perf_counter() - began:.1f} seconds\n")
        print("| query | columnar ms | Oxigraph ms | ratio |\n|---|---|---|---|")
        results = [measure(graph, name, call.times) for name in QUERIES]
    for result in results:
        print(f"| {result.name} | {result.columnar * 1e3:.0f} | {result.oxigraph * 1e3:.0f} | {result.ratio:.1f} |")
    print(f"\ngeometric mean of the ratios: {exp(sum(log(r.ratio) for r in results) / len(results)):.1f}")


if __name__ == "__main__":
    main()
