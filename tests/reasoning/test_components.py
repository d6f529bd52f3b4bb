"""Equal terms merged by SQL in rounds: the components, and the same conclusions as by the union find."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import log2

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.graph.triple_tables import TripleTables
from kg.reasoning.components import find_components
from kg.reasoning.infer import infer
from kg.terms import Spo
from tests.laws.random_graphs import random_graph

Pairs = list[tuple[int, int]]


def components(pairs: Pairs) -> tuple[dict[int, int], int]:
    """Each node that is not the least of its component, and the least; and the rounds."""
    sql = duckdb.connect(":memory:")
    rows = ", ".join(map(str, pairs)) or "(0, 0)"
    rounds = find_components(sql, f"SELECT a, b FROM (VALUES {rows}) AS v(a, b)")
    return dict(sql.execute("SELECT a, b FROM edge").fetchall()), rounds


def least_of_each(pairs: Pairs) -> dict[int, int]:
    """The same, by spreading the least number until nothing changes."""
    least = {node: node for pair in pairs for node in pair}
    while any(least[a] != least[b] for a, b in pairs):
        for a, b in pairs:
            least[a] = least[b] = min(least[a], least[b])
    return {node: root for node, root in least.items() if node != root}


@pytest.mark.parametrize(
    "pairs",
    [
        [(number, number + 1) for number in range(1_000)],
        [(number * 37 % 1_000, (number + 1) * 37 % 1_000) for number in range(999)],
        [(0, number) for number in range(1, 1_000)],
        [(999, number) for number in range(999)],
    ],
    ids=["chain", "shuffled chain", "star around the least", "star around the greatest"],
)
def test_long_chains_and_stars_take_few_rounds(pairs: Pairs) -> None:
    found, rounds = components(pairs)
    assert found == least_of_each(pairs)
    assert rounds <= 2 * log2(len(pairs))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_each_node_has_the_least_of_its_component(pairs: Pairs) -> None:
    assert components(pairs)[0] == least_of_each(pairs)


class TablesInRounds(TripleTables):
    """Tables whose equal terms are merged by SQL."""

    merges_in_rounds = True


def inferred(tables: TripleTables, triples: Iterable[Spo]) -> tuple[list[Spo], list[str]]:
    tables.add_texts(triples)
    found = infer(tables, [], schema=True, same_as="all")
    return sorted(tables.triple_texts(table="inferred")), sorted(map(str, found.report))


@pytest.mark.parametrize("number", range(12))
def test_equal_terms_are_merged_in_rounds_with_the_same_conclusions(number: int) -> None:
    triples = random_graph(number)
    assert inferred(TablesInRounds(), triples) == inferred(TripleTables(), triples)


def test_names_that_become_equal_one_after_another_have_the_same_conclusions() -> None:
    same = "<http://www.w3.org/2002/07/owl#sameAs>"
    names = [f"<urn:{number * 7 % 20:02}>" for number in range(20)]
    triples = [(a, same, b) for a, b in pairwise(names)]
    triples += [(names[3], "<urn:p>", '"1"'), ("_:b", same, names[5]), (names[7], "<urn:p>", names[0])]
    triples += [("<urn:p>", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>",
                 "<http://www.w3.org/2002/07/owl#FunctionalProperty>"), (names[0], same, '"1"')]  # fmt: skip
    assert inferred(TablesInRounds(), triples) == inferred(TripleTables(), triples)
