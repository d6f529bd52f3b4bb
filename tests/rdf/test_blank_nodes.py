"""Law: labels of blank nodes depend on the graph alone, and every graph is labelled or refused soon."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad

from kg.rdf import blank_nodes
from kg.rdf.blank_nodes import AlikeNodesError, with_canonical_labels

P = NamedNode("urn:p")


def edges(pairs: Iterable[tuple[int, int]]) -> list[Quad]:
    return [Quad(BlankNode(f"n{a}"), P, BlankNode(f"n{b}")) for a, b in pairs]


def shuffled(quads: list[Quad], seed: int) -> list[Quad]:
    """The same graph with other labels and in another order."""
    choice = random.Random(seed)
    names = sorted({t.value for quad in quads for t in (quad.subject, quad.object) if isinstance(t, BlankNode)})
    choice.shuffle(names)
    new = {name: BlankNode(f"m{number}") for number, name in enumerate(names)}
    renamed = [
        Quad(
            new[quad.subject.value] if isinstance(quad.subject, BlankNode) else quad.subject,
            quad.predicate,
            new[quad.object.value] if isinstance(quad.object, BlankNode) else quad.object,
        )
        for quad in quads
    ]
    choice.shuffle(renamed)
    return renamed


PETERSEN = (
    [(i, (i + 1) % 5) for i in range(5)] + [(i, i + 5) for i in range(5)] + [(5 + i, 5 + (i + 2) % 5) for i in range(5)]
)
GRAPHS = {
    "clique of 12": edges((a, b) for a in range(12) for b in range(12) if a != b),
    "chain of 3,000": edges((i, i + 1) for i in range(3_000)),
    "cycle of 60": edges((i, (i + 1) % 60) for i in range(60)),
    "two cycles": edges([*((i, (i + 1) % 4) for i in range(4)), *((4 + i, 4 + (i + 1) % 8) for i in range(8))]),
    "Petersen graph": edges([(a, b) for x, y in PETERSEN for a, b in ((x, y), (y, x))]),
    "tree": edges((i, 2 * i + branch) for i in range(1, 60) for branch in (0, 1)),
    "a thousand alike": [Quad(BlankNode(f"n{i}"), P, Literal("same")) for i in range(1_000)],
}


@pytest.mark.parametrize("name", GRAPHS)
def test_labels_do_not_depend_on_names_and_order(name: str) -> None:
    labelled = with_canonical_labels(GRAPHS[name])
    assert len(labelled) == len(GRAPHS[name])
    assert with_canonical_labels(shuffled(GRAPHS[name], 7)) == labelled


graphs = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=16, unique=True).map(edges)


@settings(max_examples=150)
@given(graphs, st.integers(0, 99), st.sampled_from([0, 20_000]))
def test_isomorphic_graphs_get_the_same_labels(quads: list[Quad], seed: int, cost: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blank_nodes, "_MAX_COST", cost)
        labelled = with_canonical_labels(quads)
        assert with_canonical_labels(shuffled(quads, seed)) == labelled
    first, second = Dataset(quads), Dataset(labelled)
    for dataset in (first, second):
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    assert first == second  # it is the same graph


def test_a_graph_whose_nodes_are_too_much_alike_is_refused() -> None:
    with pytest.raises(AlikeNodesError, match="give them IRIs"):
        with_canonical_labels(edges((i, (i + 1) % 2_000) for i in range(2_000)))


def test_few_nodes_get_the_labels_of_rdfc_1_0() -> None:
    quads = [Quad(NamedNode("urn:film"), P, BlankNode("x")), Quad(BlankNode("x"), P, Literal("Ani"))]
    assert {str(quad.object) for quad in with_canonical_labels(quads)} == {"_:c14n0", '"Ani"'}
