"""What Spark computes is what DuckDB computes; run by `make test-spark`, since Spark takes seconds to start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pyoxigraph import BlankNode, NamedNode, Triple

import kg
from kg.engines.java_regex import to_java
from kg.engines.spark_session import open_session
from kg.engines.spark_tables import on_spark
from kg.graph.rdf_files import read_all_triples
from kg.graph.triple_tables import TripleTables
from kg.project import Project
from kg.queries.answer import Answer
from kg.reasoning.infer import infer, infer_files
from kg.shapes import check, read_shapes, to_shapes
from kg.terms import Spo
from tests.laws.random_graphs import random_graph
from tests.laws.shape_strategies import EX, graphs_with_shapes
from tests.projects import ROOT

MASTER = "local[2]"
GRAPHS = 100


def inferred(triples: Iterable[Spo], master: str, folder: Path, **options: object) -> tuple[list[Spo], list[str]]:
    """What follows, and the findings; on DuckDB, or with a master on Spark."""
    tables = TripleTables()
    tables.add_texts(triples)
    if master:
        with on_spark(tables, master, scratch=folder) as remote:
            found = infer(remote, [], **options)  # type: ignore[arg-type]
            remote.bring_back("inferred")
    else:
        found = infer(tables, [], **options)  # type: ignore[arg-type]
    return sorted(tables.triple_texts(table="inferred")), sorted(map(str, found.report))


@pytest.mark.parametrize(
    "options",
    [
        {"schema": True, "tautologies": True, "same_as": "all"},
        {"schema": True, "same_as": "one"},
        {"same_as": "auto"},
    ],
    ids=["everything", "one name", "as `kg infer`"],
)
def test_random_ontologies_have_the_same_closure_and_findings(options: dict[str, object], tmp_path: Path) -> None:
    triples = [triple for number in range(GRAPHS) for triple in random_graph(number)]
    assert inferred(triples, MASTER, tmp_path, **options) == inferred(triples, "", tmp_path, **options)


def test_our_ontology_has_the_same_closure(tmp_path: Path) -> None:
    ontology = Project(ROOT).ontology
    outputs = {}
    for engine in ("sql", f"spark={MASTER}"):
        path = tmp_path / f"{engine[:3]}.nt"
        infer_files(ontology, output=path, engine=engine, tautologies=True)
        outputs[engine] = path.read_bytes()
    first, second = outputs.values()
    assert first == second
    assert len(list(read_all_triples([path]))) > 1_000


# --- validation


def findings(
    tables: TripleTables, shapes: Any, ontology: Iterable[Triple], folder: Path
) -> tuple[list[str], list[str]]:
    """What is found on DuckDB, and on Spark."""
    axioms = list(ontology)
    local = check(tables, shapes, ontology=axioms)
    with on_spark(tables, MASTER, scratch=folder) as remote:
        return sorted(map(repr, local.findings)), sorted(map(repr, check(remote, shapes, ontology=axioms).findings))


def test_our_graph_has_the_same_findings(tmp_path: Path) -> None:
    project = Project(ROOT)
    assert kg.build(ROOT)
    tables = TripleTables()
    kg.open(ROOT).snapshot.load(tables)
    shapes = read_shapes(sorted((ROOT / "ontology").glob("shapes*.ttl")))
    ours, theirs = findings(tables, shapes, read_all_triples(project.ontology), tmp_path)
    assert len(ours) > 40
    assert ours == theirs


def own(term: Any, number: int) -> Any:
    """The term as the example of this number has it: examples share literals alone."""
    if isinstance(term, BlankNode):
        return BlankNode(f"{term.value}x{number}")
    is_own = isinstance(term, NamedNode) and term.value.startswith(EX)
    return NamedNode(f"{EX}{number}/{term.value.removeprefix(EX)}") if is_own else term


def test_random_shapes_have_the_same_findings(tmp_path: Path) -> None:
    data: list[Triple] = []
    described: list[Triple] = []
    drawn = 0

    @settings(max_examples=GRAPHS, phases=[Phase.generate], derandomize=True, database=None, deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(graphs_with_shapes())
    def draw(example: tuple[list[Triple], list[Triple]]) -> None:
        nonlocal drawn
        drawn += 1
        for triples, into in zip(example, (data, described), strict=True):
            into += (Triple(*(own(part, drawn) for part in (t.subject, t.predicate, t.object))) for t in triples)

    draw()
    tables = TripleTables()
    tables.add(data)
    ours, theirs = findings(tables, to_shapes(described), (), tmp_path)
    assert drawn >= GRAPHS
    assert len(ours) > GRAPHS
    assert ours == theirs


# --- expressions

PATTERNS = [
    "^tt[0-9]{7,8}$", "at", "^B.*n$", r"[^\]]", "(?i)k", "(?i)straSSe", "(?i)[a-z]", "(?s)a.b", "a.b", "a$", "[&&a]",
    "[^^a]", "[[]", r"\x{E9}", r"[\x00-\x20]", r"\p{Lu}", r"^[\p{L}\p{N}_]+$", "(?:a|b)+$", r"\.$",
]  # fmt: skip
TEXTS = [
    "tt0096895", "Batman", "a\nb", "a\u2028b", "a\r", "a\n", "", "K", "\u212a", "STRA\u017fsE", "\u0130", "\u0131",
    "Z\u00fcrich", "\u00e9", "&", "^", "[", "]", "\\d", "x.", "\U0001f3ac",
]  # fmt: skip


def test_java_matches_what_re2_matches() -> None:
    rows = [(text, pattern) for text in TEXTS for pattern in PATTERNS]
    expected = [duckdb.execute("SELECT regexp_matches(?, ?)", row).fetchall()[0][0] for row in rows]
    frame = open_session(MASTER).createDataFrame(
        [(text, to_java(pattern)) for text, pattern in rows], "t string, p string"
    )
    found = [row[0] for row in frame.selectExpr("t RLIKE p").collect()]
    assert [row for row, a, b in zip(rows, expected, found, strict=True) if a != b] == []


# --- queries

ROUTED = {"time-between"}
"""The stored query that computes with durations, which the compiler does not know: Oxigraph answers it."""


def content(answer: Answer) -> Counter[str]:
    """Rows or triples in any order, or the truth."""
    return Counter(
        map(str, answer.triples or (tuple(row) for row in answer.solutions) if answer.truth is None else [answer.truth])
    )


def test_stored_queries_have_the_same_answers() -> None:
    assert kg.build(ROOT)
    graph = kg.open(ROOT)
    different, routed = [], set()
    for query in graph.queries.valid():
        ours = graph.sparql(query.text, engine=f"spark={MASTER}")
        if ours.engine != "spark":
            routed.add(query.name)
        elif content(ours) != content(graph.sparql(query.text, engine="columnar")):
            different.append(query.name)
    assert different == []
    assert routed == ROUTED
