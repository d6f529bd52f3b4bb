"""What must hold of the patterns of every stored query, whatever the graph has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rdflib
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from kg.queries.stored_query import StoredQueries
from kg.terms import PREFIXES

QUERIES = StoredQueries(Path(__file__).parents[2] / "queries")


def always_bound(pattern: Any) -> set[str]:
    """The variables that have a value in every solution of a pattern; of a parameter's VALUES, as if it had some."""
    match pattern.name:
        case "BGP":
            return {str(term) for triple in pattern.triples for term in triple if is_variable(term)}
        case "Join":
            return always_bound(pattern.p1) | always_bound(pattern.p2)
        case "Union":
            return always_bound(pattern.p1) & always_bound(pattern.p2)
        case "LeftJoin" | "Minus":
            return always_bound(pattern.p1)
        case "Extend":
            return always_bound(pattern.p) | {str(pattern.var)}
        case "ToMultiSet" if pattern.p.name == "values":
            return {str(variable) for row in pattern.p.res for variable in row}
        case "Project":
            return always_bound(pattern.p) & set(map(str, pattern.PV))
        case "AggregateJoin":
            return always_bound(pattern.p.p)
        case "Group" | "Graph" | "Filter" | "ToMultiSet" | "Distinct" | "Reduced" | "Slice" | "OrderBy":
            return always_bound(pattern.p)
    return set()


def is_variable(term: Any) -> bool:
    return isinstance(term, rdflib.Variable | rdflib.BNode)


def names_of(pattern: Any) -> set[str]:
    """All variables of a pattern."""
    if is_variable(pattern):
        return {str(pattern)}
    if isinstance(pattern, CompValue):
        return set().union(*(names_of(value) for value in pattern.values()))
    if isinstance(pattern, list | tuple):
        return set().union(*map(names_of, pattern))
    return set()


def unrelated_optionals(pattern: Any) -> Iterator[set[str]]:
    """The variables of each OPTIONAL that shares none with what is before it, or only one that a branch may lack."""
    if not isinstance(pattern, CompValue):
        return
    if pattern.name == "LeftJoin" and always_bound(pattern.p2) and not always_bound(pattern.p1) & names_of(pattern.p2):
        yield names_of(pattern.p2)
    for key in ("p", "p1", "p2"):
        if key in pattern:
            yield from unrelated_optionals(pattern[key])


def test_an_optional_that_joins_everything_is_found() -> None:
    text = "SELECT * { { ?film film:year ?n } UNION { ?film film:boxOffice ?f } OPTIONAL { ?f film:currency ?c } }"
    algebra = translateQuery(parseQuery(text), initNs=PREFIXES).algebra
    assert list(unrelated_optionals(algebra)) == [{"f", "c"}]


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_each_optional_is_about_what_is_before_it(name: str) -> None:
    algebra = translateQuery(parseQuery(QUERIES[name].text), initNs=PREFIXES).algebra
    assert list(unrelated_optionals(algebra)) == []
