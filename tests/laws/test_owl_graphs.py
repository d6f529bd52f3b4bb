"""Law of inference: 2,000 random OWL graphs have the closures and the contradictions that owlrl gives them.

owlrl takes two minutes for them, so what it gave is in `owlrl_closures.txt`, a line for each graph: a digest of the
closure, or the rules that are violated. `python -m tests.laws.test_owl_graphs` writes that file, and
`KG_THOROUGH=1` compares all of it with owlrl.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from kg.graph.triple_tables import TripleTables
from kg.reasoning.infer import infer
from kg.reasoning.ontology import is_tautology
from kg.reasoning.rules import SAME, TYPE, name
from kg.reasoning.same_as import UnionFind
from kg.reports import Finding, Severity
from kg.terms import Spo
from kg.xsd import SUPPORTED, value_of
from tests.laws.random_graphs import random_graph

GRAPHS, BATCH = 2_000, 250
CLOSURES = Path(__file__).parent / "owlrl_closures.txt"
THOROUGH = bool(os.environ.get("KG_THOROUGH"))
_NUMBER = re.compile(r"https://example\.org/(\d+)/")


@dataclass
class Outcome:
    """What follows about one graph: triples and violated rules."""

    triples: set[Spo] = field(default_factory=set)
    violated: set[str] = field(default_factory=set)

    @property
    def digest(self) -> str:
        """The violated rules, or else a digest of the triples in which a closure can differ from another one."""
        if self.violated:
            return " ".join(sorted(self.violated))
        return sha256("\n".join(map(" ".join, sorted(filter(is_compared, self.triples)))).encode()).hexdigest()[:16]


def is_compared(triple: Spo) -> bool:
    """False where owlrl leaves out what the rules give.

    It does not find all datatypes of a value (dt-type2), which of them include which others, and that a class or
    property is below itself where axioms go round.
    """
    _, p, o = triple
    if p in (TYPE, name("rdfs:range")) and (o in SUPPORTED or o == name("rdfs:Datatype")):
        return False
    return not is_tautology(triple) or p == SAME


def outcomes(numbers: Sequence[int], engine: str) -> Mapping[int, Outcome]:
    """What follows about these graphs, closed together, under all names."""
    tables = TripleTables()
    tables.add_texts(triple for number in numbers for triple in random_graph(number))
    inference = infer(tables, [], schema=True, tautologies=True, same_as="all", engine=engine)
    by_graph: dict[int, Outcome] = defaultdict(Outcome)
    for triple in [*tables.triple_texts(), *tables.triple_texts(table="inferred")]:
        for number in _graphs_of(triple):
            by_graph[number].triples.add(triple)
    for finding in inference.report:
        if finding.severity == Severity.VIOLATION:
            for number in _graphs_of(_terms(finding)):
                by_graph[number].violated.add(finding.check)
    return by_graph


def _terms(finding: Finding) -> list[str]:
    premises = [term for premise in finding.premises for term in premise]
    return [*premises, *(str(term) for term in (finding.focus, finding.path, finding.value))]


def _graphs_of(terms: Iterable[str]) -> set[int]:
    return {int(number) for number in _NUMBER.findall(" ".join(terms))}


def write_closures() -> None:
    """Write what owlrl gives for each graph."""
    digests: list[str] = []
    for first in range(0, GRAPHS, 10):
        numbers = range(first, first + 10)
        by_graph = outcomes(numbers, "owlrl")
        digests += [by_graph[number].digest for number in numbers]
    CLOSURES.write_text("\n".join(digests) + "\n", encoding="utf-8")


@pytest.mark.parametrize("first", range(0, GRAPHS, BATCH))
def test_a_random_graph_has_the_closure_and_the_contradictions_that_owlrl_gives(first: int) -> None:
    expected = CLOSURES.read_text(encoding="utf-8").splitlines()
    by_graph = outcomes(range(first, first + BATCH), "sql")
    different = [n for n in range(first, first + BATCH) if by_graph[n].digest != expected[n]]
    assert not different, _difference(by_graph[different[0]], different[0])


@pytest.mark.parametrize("first", range(0, GRAPHS, 10 if THOROUGH else GRAPHS // 2))
def test_the_closures_are_those_of_owlrl_and_have_its_tautologies(first: int) -> None:
    expected = CLOSURES.read_text(encoding="utf-8").splitlines()
    numbers = range(first, first + 10)
    theirs, ours = outcomes(numbers, "owlrl"), outcomes(numbers, "sql")
    assert [theirs[n].digest for n in numbers] == expected[first : first + 10]
    for number in numbers:
        missing = {t for t in theirs[number].triples - ours[number].triples if is_tautology(t)}
        assert not missing or ours[number].violated


def test_under_one_name_the_same_follows_as_under_all() -> None:
    under_one, under_all = (_without_tautologies(range(100), same_as) for same_as in ("one", "all"))
    assert under_one <= under_all
    names = UnionFind()
    names.merge((s, o) for s, p, o in under_all if p == SAME)

    def represented(triples: set[Spo]) -> set[object]:
        roots = ((names.representative(s), names.representative(p), names.representative(o)) for s, p, o in triples)
        return {(s, p, value_of(o) or o) for s, p, o in roots if s != o}

    assert represented(under_all) == represented(under_one)


def _without_tautologies(numbers: Sequence[int], same_as: str) -> set[Spo]:
    tables = TripleTables()
    tables.add_texts(triple for number in numbers for triple in random_graph(number))
    infer(tables, [], schema=True, same_as=same_as)
    triples = {*tables.triple_texts(), *tables.triple_texts(table="inferred")}
    return {triple for triple in triples if not is_tautology(triple)}


def _difference(ours: Outcome, number: int) -> str:
    theirs = outcomes([number], "owlrl")[number]
    lines = [f"graph {number}: {sorted(ours.violated)}, by owlrl {sorted(theirs.violated)}"]
    lines += [" ".join(triple) for triple in random_graph(number)]
    lines += [f"missing {' '.join(triple)}" for triple in filter(is_compared, theirs.triples - ours.triples)]
    lines += [f"not by owlrl {' '.join(triple)}" for triple in filter(is_compared, ours.triples - theirs.triples)]
    return "\n".join(lines)


if __name__ == "__main__":
    write_closures()
