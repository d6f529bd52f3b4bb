"""rdflib's parser keeps nothing of those who call it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import suppress
from weakref import ref

import pytest

from kg.queries.sparql_to_sql.algebra import NotCompiled, to_algebra
from kg.queries.triple_patterns import find_patterns
from kg.rdf.rdflib_parser import parse_query


class Rows:
    """What a caller has."""


@pytest.fixture
def no_automatic_collection() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.set_threshold(10**6)
    yield
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("no_automatic_collection")
@pytest.mark.parametrize(
    "text",
    ["SELECT * { ?film ?property ?value }", "SELECT * { ?film ?property }", f"SELECT * {'{' * 500}{'}' * 500}"],
    ids=["a query", "no query", "a query that nests too deep"],
)
def test_what_the_caller_has_ends_with_it(text: str) -> None:
    def parse() -> ref[Rows]:
        rows = Rows()
        with suppress(NotCompiled):
            to_algebra(text)
        find_patterns(text)
        return ref(rows)

    assert parse()() is None


def test_an_error_of_the_parser_is_raised_with_its_message() -> None:
    with pytest.raises(Exception, match="Expected SelectQuery"):
        parse_query("SELECT * { ?film ?property }")
    assert gc.isenabled()


def test_a_disabled_collector_stays_disabled() -> None:
    gc.disable()
    try:
        parse_query("SELECT * { ?film ?property ?value }")
        assert not gc.isenabled()
    finally:
        gc.enable()
