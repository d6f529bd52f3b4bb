"""The W3C's SPARQL query suites on the store: a known failure that begins to pass fails too."""

from __future__ import annotations

from collections import Counter

import pytest
from pyoxigraph import Store

from kg.queries.rewriting.engine_query import EngineResult, evaluate
from kg.queries.sparql import guard
from tests.conformance.sparql_suite import Case, Dataset, all_cases, passes

SPARQL_1_0 = "SPARQL 1.1 says otherwise than SPARQL 1.0: "
STORE = "the store keeps numbers and dates in one form each, so `01` comes back as `1`"
FUNCTION = "the functions that a query may call are those of the specification"
FAILURES = {
    SPARQL_1_0 + "`456.` is an integer and a dot": "basic/term-6 basic/term-7 syntax-sparql1/syntax-lit-08",
    SPARQL_1_0 + "a text with a language has the datatype rdf:langString": "expr-builtin/dawg-datatype-2",
    SPARQL_1_0 + "a text is a literal of xsd:string": "functions/strdt03 functions/strlang03",
    "a graph has the same blank nodes in FROM and in FROM NAMED, as it has one name": "dataset/dawg-dataset-09 "
    "dataset/dawg-dataset-10 dataset/dawg-dataset-12",
    STORE: "distinct/no-distinct-1 distinct/distinct-1 distinct/distinct-2 distinct/no-distinct-9 distinct/distinct-9 "
    "expr-builtin/dawg-str-1 expr-builtin/dawg-str-2 expr-builtin/dawg-datatype-1 expr-builtin/sameTerm-simple "
    "expr-builtin/sameTerm-eq expr-builtin/sameTerm-not-eq expr-equals/eq-2-1 expr-equals/eq-2-2 "
    "expr-equals/eq-graph-1 expr-equals/eq-graph-2 open-world/open-eq-01 open-world/open-eq-03 open-world/open-eq-04 "
    "open-world/date-3 sort/dawg-sort-7 aggregates/agg-min-01 aggregates/agg-min-02 aggregates/agg-max-01 "
    "aggregates/agg-max-02 aggregates/agg-err-02 csv-tsv-res/csv03 csv-tsv-res/tsv03 functions/plus-1 functions/plus-2",
    "dates with and without a time zone are different, not incomparable": "open-world/date-2",
    "the suite has this case twice, once with a simplification that the algebra does not make": (
        "optional-filter/dawg-optional-filter-005-simplified"
    ),
    FUNCTION: "syntax-sparql1/syntax-expr-05 syntax-sparql1/syntax-order-05 syntax-sparql1/syntax-order-06 "
    "syntax-sparql2/syntax-function-01 syntax-sparql2/syntax-function-02 syntax-sparql2/syntax-function-03 "
    "syntax-sparql2/syntax-function-04 syntax-query/test_4",
    "`\\u0070` is read in strings and IRIs, not in names and variables": "syntax-sparql2/syntax-esc-04 "
    "syntax-sparql2/syntax-esc-05",
    "`?x<?a&&?b>?y` is read as two comparisons, not as an IRI": "syntax-sparql3/syn-bad-26",
    "no solutions, no groups, https://github.com/w3c/rdf-tests/pull/61": "aggregates/agg-empty-group",
    "BNODE with an argument is refused where a query has it twice": "functions/bnode01",
}
KNOWN_FAILURES = {case: reason for reason, names in FAILURES.items() for case in names.split()}


def answer(dataset: Dataset, text: str, base: str) -> EngineResult:
    guard(text)
    store = Store()
    store.extend(dataset.quads())
    return evaluate(store, text, base_iri=base)


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_the_query_is_answered_as_the_w3c_expects(case: Case) -> None:
    reason = KNOWN_FAILURES.get(case.name.partition("/")[2])
    assert passes(case, answer) is (reason is None), reason or case.name


def test_the_suites_are_complete() -> None:
    assert Counter(case.name.partition("/")[0] for case in all_cases()) == {"sparql10": 448, "sparql11": 278}
