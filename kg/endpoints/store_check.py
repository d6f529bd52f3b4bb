"""A check of a store that was filled: its build, its counts, and whether it answers every stored query as the build."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.endpoints.endpoint_graph import EndpointGraph, write_deviations
from kg.errors import FilmGraphError
from kg.filmgraph import FilmGraph
from kg.graph.store import digest_of_build
from kg.queries.answer import Answer
from kg.xsd import value_of


@dataclass(frozen=True, slots=True)
class CheckStep:
    """A step of a check, what is wrong, and how long it took; `problem` is empty when nothing is wrong."""

    name: str
    problem: str = ""
    seconds: float = 0.0


def check_store(remote: EndpointGraph) -> Iterator[CheckStep]:
    """Every step, in order: the build, the triples of each graph, and the example of each stored query.

    Rows are compared where the project has the same build; elsewhere a query must only be answered. The queries with
    a problem are refused from now on, until the store is checked again.
    """
    remote.deviations = {}
    deviations = {}
    notices = remote.notices
    yield CheckStep("build", " ".join(notices))
    for graph, count in sorted(remote.layout.counts.items()):
        found = remote.remote.count(NamedNode(graph))
        yield CheckStep(f"triples of {graph}", "" if found == count else f"{found:,} of {count:,} triples are there.")
    local = _local_graph(remote)
    for query in remote.queries.valid():
        start = time.perf_counter()
        try:
            answer, problem = remote.ask_bound(query, query.text), ""
            seconds = time.perf_counter() - start
            if local is not None:
                problem = _difference(local.ask_bound(query, query.text), answer)
        except FilmGraphError as error:
            seconds, problem = time.perf_counter() - start, " ".join(str(error).split())[:300]
        if problem:
            deviations[query.name] = problem
        yield CheckStep(f"query {query.name}", problem, seconds)
    write_deviations(remote, deviations)


def _local_graph(remote: EndpointGraph) -> FilmGraph | None:
    """The project's build, if the store holds the same."""
    project, version = remote.project, remote.layout.version
    if not project.has_build or digest_of_build(project.current_build.name) != digest_of_build(version):
        return None
    return FilmGraph(project)


def _difference(ours: Answer, theirs: Answer) -> str:
    """What the answers of a build and of a store do not have in common; empty when they are the same."""
    mine, others = rows_of(ours), rows_of(theirs)
    missing, more = (mine - others).total(), (others - mine).total()
    if not missing and not more:
        return ""
    return f"The store has other rows than the build: {missing:,} are missing, {more:,} are its own."


def rows_of(answer: Answer) -> Counter[object]:
    """The rows, triples or truth of an answer, in any order: terms by value, blank nodes without their labels."""
    if answer.kind == "truth":
        return Counter([answer.truth])
    if answer.triples is not None:
        return Counter(tuple(map(_key, (t.subject, t.predicate, t.object))) for t in answer.triples)
    return Counter((answer.columns, tuple(map(_key, row))) for row in answer.solutions)


def _key(term: object) -> object:
    text = None if term is None else str(term)
    if text is None or text.startswith("_:"):
        return text and "_:"
    value = value_of(text)
    # Stores write every integer datatype as xsd:integer, and numbers in their shortest form.
    return (value.space, str(value.value)) if value is not None and value.is_known else text
