"""Whatever is around SERVICE, the rows are those that the engine gives when it calls the endpoint itself.

GRAPH is left out: the engine sends it along, though it is none of the endpoint's.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from pyoxigraph import QuerySolutions

from kg.errors import QueryError
from kg.federation.config import ServiceConfig, Services
from kg.federation.endpoint_client import EndpointClient
from kg.federation.federate import MAX_CLAUSES, federate
from kg.filmgraph import FilmGraph
from kg.terms import PREFIXES
from tests.federation.endpoint import REMOTE, Endpoint

PARTS = (
    "?film film:website ?page . BIND(IRI(STR(?page)) AS ?item)",
    "?film a film:Film .",
    "?film film:director ?director .",
    "OPTIONAL { ?film film:website ?site }",
    "VALUES ?item { wd:Q1 wd:Q9 UNDEF }",
    "VALUES (?film ?m) { (film:anora 139) (UNDEF 111) }",
)
THERE = (
    "SERVICE <at> { ?item wdt:P57 ?who }",
    "SERVICE <at> { ?item wdt:P2047 ?m }",
    "SERVICE SILENT <at> { ?item wdt:P57 ?who OPTIONAL { ?item wdt:P2047 ?m } }",
    "SERVICE <at> { SELECT ?item (COUNT(*) AS ?n) { ?item wdt:P57 wd:Q2 ; ?m ?who } GROUP BY ?item }",
    "SERVICE <at> { wd:Q1 wdt:P57 ?who }",
    "SERVICE <at> { VALUES ?m { 139 } ?item wdt:P2047 ?m }",
)
FILTERS = (
    "FILTER(?m < 120)",
    "FILTER(!BOUND(?who))",
    "FILTER(CONTAINS(STR(?film), 'ang'))",
    "FILTER(COALESCE(?m, 0) < 120 || STR(?item) = 'x')",
    "FILTER EXISTS { ?film film:director ?director }",
    "FILTER NOT EXISTS { ?film film:website ?page }",
)

AROUND = (
    "{ %s }",
    "OPTIONAL { %s }",
    "MINUS { %s }",
    "{ SELECT * { %s } }",
    "{ SELECT ?film ?item { %s } }",
    "{ %s } UNION { ?film a film:Film }",
    "{ ?film a film:Film } UNION { %s }",
    "FILTER EXISTS { %s }",
    "FILTER NOT EXISTS { %s }",
)

parts, there, filters = st.sampled_from(PARTS), st.sampled_from(THERE), st.sampled_from(FILTERS)


def around(group: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Groups that contain this group."""
    wrapped = st.builds(lambda form, inner: form.replace("%s", inner), st.sampled_from(AROUND), group)
    return st.lists(st.one_of(parts, there, filters, wrapped), min_size=1, max_size=4).map(" ".join)


groups = st.recursive(
    st.lists(st.one_of(parts, there, filters), min_size=1, max_size=4).map(" ".join), around, max_leaves=3
)


def rows(graph: FilmGraph, query: str) -> Counter[str]:
    solutions = graph.store.query(query, prefixes=PREFIXES)
    assert isinstance(solutions, QuerySolutions)
    names = sorted(variable.value for variable in solutions.variables)
    return Counter(str([(name, str(row[name])) for name in names if row[name] is not None]) for row in solutions)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(group=groups, batch=st.sampled_from([1, 2, 100]))
def test_a_federated_query_has_the_rows_that_the_engine_gives(
    graph: FilmGraph, endpoint: Endpoint, tmp_path: Path, group: str, batch: int
) -> None:
    assume(group.count("SERVICE") <= MAX_CLAUSES)
    endpoint.queries.clear()
    endpoint.agents.clear()
    query = f"{REMOTE}SELECT * {{ {group} }}".replace("<at>", f"<{endpoint.address}>")
    try:
        expected = rows(graph, query)
    except SyntaxError:
        reject()
    listed = ServiceConfig("films", endpoint.address, keep=0, batch=batch)
    remote = EndpointClient(Services({listed.address: listed}), tmp_path)
    assert rows(graph, federate(graph.store, query, remote)) == expected


GLUE = st.text("1aé_.:-?@\"'<>{}()#\\ \n\t", max_size=3)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=GLUE, word=st.sampled_from(["SERVICE", "service", "SERVICESILENT", "\\u0053ERVICE"]), after=GLUE)
def test_no_way_of_writing_service_reaches_an_unlisted_endpoint(
    graph: FilmGraph, endpoint: Endpoint, before: str, word: str, after: str
) -> None:
    query = f"SELECT * {{ ?s ?p 1{before}{word}{after}<{endpoint.address}?> {{ ?a ?b ?c }} }}"
    with contextlib.suppress(QueryError):
        graph.sparql(query, services=True)
    assert endpoint.queries == []
