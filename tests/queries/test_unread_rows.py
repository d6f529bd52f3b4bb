"""The engine's rows end in the thread that made them, whoever handles an error about them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.graph.store import find_solutions
from kg.queries.execute import run_query
from kg.queries.result_writers import AnswerBounds
from kg.queries.rewriting.engine_query import EngineRows, EngineTriples, ended, evaluate
from kg.server.api.sparql import NotOfferedError, _write_result

_MANY = "SELECT ?s ?o { ?s ?p ?o }"
_REORDERED = "SELECT * { ?s ?p ?o }"
_MARKED = 'SELECT ?s ?o { VALUES ?o { "08"^^xsd:integer } ?s ?p ?number }'
_TRIPLES = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"
_UNABLE = "SELECT ?s { ?s ?p ?o SERVICE <https://example.org/sparql> { ?s ?p ?x } }"


@pytest.fixture
def store() -> Store:
    store = Store()
    name = NamedNode("https://example.org/name")
    store.extend(Quad(NamedNode(f"https://example.org/{n}"), name, Literal(n)) for n in range(100))
    return store


@pytest.fixture
def dropped_elsewhere(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the engine says of iterators that another thread dropped."""
    said: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda problem: said.append(str(problem.exc_value)))
    return said


def _error_from_another_thread(call: Callable[[], object]) -> BaseException:
    with ThreadPoolExecutor(1) as thread:
        error = thread.submit(call).exception()
    assert error is not None
    return error


def _interrupted(store: Store, text: str) -> None:
    with ended(evaluate(store, text)) as result:
        assert isinstance(result, EngineRows | EngineTriples)
        elements = result.rows if isinstance(result, EngineRows) else result.triples
        next(elements)
        raise TimeoutError


@pytest.mark.parametrize("text", [_MANY, _REORDERED, _MARKED, _TRIPLES])
def test_rows_end_when_their_reader_is_interrupted(store: Store, text: str, dropped_elsewhere: list[str]) -> None:
    error = _error_from_another_thread(lambda: _interrupted(store, text))
    assert isinstance(error, TimeoutError)
    del error
    gc.collect()
    assert dropped_elsewhere == []


def test_rows_end_when_no_accepted_format_is_offered(store: Store, dropped_elsewhere: list[str]) -> None:
    def answer() -> None:
        with ended(evaluate(store, _MANY)) as result:
            _write_result(result, ("image/png",), AnswerBounds(10, 10_000))

    error = _error_from_another_thread(answer)
    assert isinstance(error, NotOfferedError)
    del error
    gc.collect()
    assert dropped_elsewhere == []


@pytest.mark.parametrize("find", [find_solutions, run_query])
def test_rows_end_when_the_engine_cannot_go_on(
    store: Store, find: Callable[..., object], dropped_elsewhere: list[str]
) -> None:
    arguments = {"names": None} if find is run_query else {}
    error = _error_from_another_thread(lambda: find(store, _UNABLE, **arguments))
    assert "SERVICE" in str(error) or "service" in str(error)
    del error
    gc.collect()
    assert dropped_elsewhere == []
