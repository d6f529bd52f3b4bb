"""Filters of stored queries: each names variables that its own group binds.

A FILTER inside a branch of a UNION does not see what is bound outside of the branch, so that it would never hold
(https://www.w3.org/TR/sparql11-query/#convertGraphPattern).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rdflib import Variable
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.parserutils import CompValue

from kg.queries.stored_query import StoredQueries
from tests.projects import ROOT

QUERIES = {query.name: query.text for query in StoredQueries(ROOT / "queries").valid()}
EXISTS = ("Builtin_EXISTS", "Builtin_NOTEXISTS")


def children(node: Any) -> list[Any]:
    if isinstance(node, CompValue):
        return [node[key] for key in node if key != "_vars"]
    if isinstance(node, dict):
        return [*node, *node.values()]
    return list(node) if isinstance(node, list | tuple | set) else []


def variables(node: Any) -> set[str]:
    """The variables of a part of the algebra, except those inside EXISTS, which sees what is bound outside of it."""
    if isinstance(node, Variable):
        return {str(node)}
    if isinstance(node, CompValue) and node.name in EXISTS:
        return set()
    return {name for child in children(node) for name in variables(child)}


def unbound(node: Any) -> Iterator[str]:
    """The variables of filters that their groups do not bind."""
    if isinstance(node, CompValue) and node.name in EXISTS:
        return
    if isinstance(node, CompValue) and node.name == "Filter":
        yield from variables(node.expr) - variables(node.p)
    for child in children(node):
        yield from unbound(child)


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_filter_names_variables_of_its_group(name: str) -> None:
    assert set(unbound(prepareQuery(QUERIES[name]).algebra)) == set()


def test_a_filter_that_never_holds_is_found() -> None:
    query = "SELECT * { VALUES ?a { 1 } { ?s ?p ?a } UNION { ?s ?q ?b FILTER(?a = ?b) } }"
    assert list(unbound(prepareQuery(query).algebra)) == ["a"]
