"""A build without a lookup store answers as one that has it, and says what it does not answer."""

from __future__ import annotations

from itertools import product

import pytest
from pyoxigraph import NamedNode

from kg.errors import InputError, QueryError
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.queries import snapshot_store
from kg.queries.snapshot_store import SnapshotStore
from kg.terms import FILM, KNOWLEDGE, LABEL, PROVENANCE, TYPE
from tests.projects import SmallProject, own_graph

ANORA = NamedNode(FILM + "anora")
DIRECTORS = "SELECT ?who (COUNT(*) AS ?films) { ?film film:director ?who } GROUP BY ?who ORDER BY ?who"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    """Our own graph, which has a lookup store."""
    return own_graph(tmp_path_factory.mktemp("project"))


@pytest.fixture
def without_store(project: SmallProject) -> SmallProject:
    """A project whose builds have no lookup store."""
    project.write("filmgraph.toml", '[store]\nlookup = "never"\n')
    project.write("data/films.yaml", "source: encyclopedia\nanora: {type: Film, label: Anora, year: 2024}\n")
    project.build()
    return project


def test_patterns_match_as_in_the_lookup_store(graph: FilmGraph) -> None:
    store = SnapshotStore(graph.snapshot)
    subjects, predicates, graphs = (None, ANORA), (None, LABEL, TYPE), (None, KNOWLEDGE, PROVENANCE)
    for subject, predicate, name in product(subjects, predicates, graphs):
        pattern = (subject, predicate, None, name)
        expected = {quad for quad in find_quads(graph.store, *pattern) if "_:" not in str(quad)}
        assert {quad for quad in store.quads_for_pattern(*pattern) if "_:" not in str(quad)} == expected, pattern
    assert len(store) == len(graph.store)
    assert set(store.named_graphs()) == set(graph.store.named_graphs())


def test_a_small_build_without_a_store_answers_everything(without_store: SmallProject) -> None:
    graph = without_store.open()
    assert not (graph.build / "store").exists()
    assert [str(row["label"]) for row in graph.sparql("SELECT ?label { film:anora rdfs:label ?label }")] == ["Anora"]
    assert graph["Anora"]
    assert graph.sparql("SELECT (RAND() AS ?r) {}")


def test_a_large_build_without_a_store_is_answered_by_sql(
    without_store: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_store, "IN_MEMORY", 0)
    graph = without_store.open()
    assert graph.sparql("SELECT ?year { film:anora film:year ?year }").engine == "columnar"
    assert graph["Anora"]
    assert graph.why("anora", "film:year", "2024")
    with pytest.raises(QueryError, match=r"RAND.*lookup = \"always\""):
        graph.sparql("SELECT (RAND() AS ?r) {}")
    with pytest.raises(InputError, match="no lookup store"):
        graph.sparql(DIRECTORS, engine="oxigraph")


def test_the_setting_is_one_of_three(project: SmallProject) -> None:
    project.write("filmgraph.toml", '[store]\nlookup = "sometimes"\n')
    with pytest.raises(InputError, match="always, never or auto"):
        project.build()


def test_another_setting_is_another_build(without_store: SmallProject) -> None:
    without_store.write("filmgraph.toml", '[store]\nlookup = "always"\n')
    without_store.build()
    assert (without_store.open().build / "store").is_dir()
