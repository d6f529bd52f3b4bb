"""Inference on Spark gives what it gives on DuckDB; run by `make test-spark`, since Spark takes seconds to start."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from kg.engines.spark_tables import on_spark
from kg.graph.rdf_files import read_all_triples
from kg.graph.triple_tables import TripleTables
from kg.project import Project
from kg.reasoning.infer import infer, infer_files
from kg.terms import Spo
from tests.laws.random_graphs import random_graph
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
