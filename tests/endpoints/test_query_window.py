"""The window of a query: another LIMIT and OFFSET give the same rows of the same query."""

from __future__ import annotations

import pytest
from pyoxigraph import QuerySolutions, Store

from kg.endpoints.query_window import find_window

PATTERN = "{ VALUES ?n { 5 3 9 1 7 3 } BIND(?n * 2 AS ?m) }"
QUERIES = [
    f"SELECT ?n {PATTERN}",
    f"SELECT ?n {PATTERN} ORDER BY ?n",
    f"SELECT ?n {PATTERN} ORDER BY DESC(?n) LIMIT 4",
    f"SELECT ?n {PATTERN} ORDER BY ?n LIMIT 4 OFFSET 1",
    f"SELECT ?n {PATTERN} ORDER BY ?n OFFSET 1 LIMIT 4",
    f"SELECT ?n WHERE {PATTERN} ORDER BY ?n OFFSET 2 VALUES ?m {{ 6 10 14 18 }}",
    f"SELECT DISTINCT ?n {PATTERN} ORDER BY ?n",
    f"SELECT (EXISTS {{ FILTER(true) }} AS ?there) ?n {PATTERN} ORDER BY ?n LIMIT 3",
    f"SELECT ?n (COUNT(*) AS ?count) {PATTERN} GROUP BY ?n HAVING(COUNT(*) < 3) ORDER BY ?n",
    f"SELECT ?n {{ {{ SELECT ?n {PATTERN} ORDER BY ?n LIMIT 5 OFFSET 1 }} }} LIMIT 4",
    f"SELECT ?n {PATTERN} ORDER BY ?n # LIMIT 1",
]


def rows(text: str) -> list[tuple[object, ...]]:
    solutions = Store().query(text)
    assert isinstance(solutions, QuerySolutions)
    return [tuple(solution) for solution in solutions]


@pytest.mark.parametrize("text", QUERIES)
def test_windows_of_a_query_are_its_rows(text: str) -> None:
    window, complete = find_window(text), rows(text)
    assert window is not None
    for size in (1, 2, 10):
        assert rows(window.to_text(limit=size)) == complete[:size]
        assert rows(window.to_text(limit=size, offset=1)) == complete[1 : 1 + size]
    pages = [row for start in range(0, 8, 2) for row in rows(window.to_text(limit=2, offset=start, order=["n"]))]
    assert sorted(map(str, pages)) == sorted(map(str, complete))


@pytest.mark.parametrize("text", ["ASK { ?s ?p ?o }", "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 3"])
def test_other_forms_have_no_window(text: str) -> None:
    assert find_window(text) is None
