"""A graph behind a SPARQL endpoint: the answers of a build, with its names, explanations and limits."""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler

import orjson
import pytest
from pyoxigraph import Literal, NamedNode, Quad

import kg
from kg.cli import main
from kg.endpoints.endpoint_graph import EndpointGraph, connect
from kg.endpoints.remote_names import RemoteNames
from kg.errors import InputError, LimitError, QueryError, RemoteError, UnknownNameError
from kg.filmgraph import FilmGraph
from kg.terms import KNOWLEDGE, TYPE
from tests.endpoints.stores import FailingStore, Reply, differing, send


def test_stored_queries_have_the_rows_of_the_build(films: FilmGraph, remote: EndpointGraph) -> None:
    assert differing(films, remote, list(films.queries)) == []
    answer = remote.ask("films-by", person="Sean Baker")
    assert (answer.values("film"), answer.engine) == (
        films.ask("films-by", person="Sean Baker").values("film"),
        "remote",
    )


def test_a_limit_is_sent_to_the_store(films: FilmGraph, failing: FailingStore) -> None:
    graph = connect(failing.address, films.project)
    answer = graph.ask_with("sequels", {}, limit=2)
    assert (len(answer), answer.complete) == (2, False)
    assert any(query.rstrip().endswith("LIMIT 3") for query in failing.queries)


@pytest.mark.parametrize("name", ["Sean Baker", "sean baker", "film:sean-baker", "JEAN-PIERRE JEUNET"])
def test_names_are_found_in_the_store(films: FilmGraph, remote: EndpointGraph, name: str) -> None:
    assert remote.entity(name) == films.entity(name)


def test_names_without_their_accents_and_misspelt_ones(remote: EndpointGraph) -> None:
    matches = RemoteNames(remote.remote).search("amelie destin", types=None, limit=3)
    assert [match.label for match in matches] == ["Amélie"]
    with pytest.raises(UnknownNameError) as raised:
        remote.entity("Sean Bakr", class_name="Person")
    assert raised.value.suggestions == ("Sean Baker",)


def test_of_the_same_build_names_are_searched_here(films: FilmGraph, remote: EndpointGraph) -> None:
    assert remote.search("anorra") == films.search("anorra") != ()
    assert remote.best_known("Film") == films.best_known("Film") != ()


def test_an_inferred_triple_is_explained_down_to_its_source(films: FilmGraph, remote: EndpointGraph) -> None:
    question = ("anora", "contributor", "Sean Baker")
    assert remote.why_text(*question) == films.why_text(*question)
    sources = [fact.evidence.source for leaf in remote.why(*question).leaves() for fact in leaf.facts]
    assert sources == ["encyclopedia"]


def test_an_empty_answer_is_explained(remote: EndpointGraph) -> None:
    assert remote.sparql("SELECT * { ?film film:directr ?person }").note.endswith("Did you mean film:director?")


def test_an_entity_has_the_description_of_the_build(films: FilmGraph, remote: EndpointGraph) -> None:
    assert str(remote["Anora"]) == str(films["Anora"])


def test_an_update_is_never_sent(films: FilmGraph, failing: FailingStore) -> None:
    graph = connect(failing.address, films.project)
    failing.queries.clear()
    for text in ("DELETE WHERE { ?s ?p ?o }", "SELECT * { ?s ?p }", "SELECT * { SERVICE <http://a/> { ?s ?p ?o } }"):
        with pytest.raises(QueryError):
            graph.sparql(text)
    assert failing.queries == []


def test_the_command_line_asks_an_endpoint(
    films: FilmGraph, address: str, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = str(films.project.folder)
    asked = ["ask", "films-by", "person=Sean Baker", "--project", project]
    assert main([*asked, "--endpoint", address]) == 0
    first = capsys.readouterr()
    assert main(asked) == 0
    assert capsys.readouterr().out == first.out
    films.project.configuration.write_text(f'[store]\nendpoint = "{address}"\n', encoding="utf-8")
    try:
        assert "EndpointGraph" in repr(kg.open(films.project))
        assert main([*asked, "--limit", "1"]) == 0
    finally:
        films.project.configuration.unlink()
    assert "there are more" in capsys.readouterr().out


def test_names_like_a_text_are_looked_for_once(films: FilmGraph, failing: FailingStore) -> None:
    graph = connect(failing.address, films.project)
    assert graph.entity("sean BAKER") == films.entity("Sean Baker")
    searched = [query for query in failing.queries if "CONTAINS(LCASE" in query]
    assert len(searched) == 1


# --- stores that fail


def test_an_answer_that_is_cut_silently_is_read_in_pages(films: FilmGraph, failing: FailingStore) -> None:
    failing.cap = 120
    graph = connect(failing.address, films.project)
    answer = graph.ask("sequels")
    assert answer.values("film") == films.ask("sequels").values("film")
    assert len(answer) == 300


def answer_as_rows(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Answer an ASK as Virtuoso does: with one row, or with none."""
    document = orjson.loads(body)
    if "boolean" in document:
        rows = [{"__ASK_RETVAL": {"type": "literal", "value": "1"}}] if document["boolean"] else []
        document = {"head": {"vars": ["__ASK_RETVAL"]}, "results": {"bindings": rows}}
    send(handler, orjson.dumps(document))


def test_a_store_that_answers_a_truth_with_rows_is_understood(films: FilmGraph, failing: FailingStore) -> None:
    failing.reply = answer_as_rows
    graph = connect(failing.address, films.project)
    assert graph.sparql("ASK { film:anora a film:Film }").truth is True
    assert graph.sparql("ASK { film:anora a film:Person }").truth is False
    assert not graph.store.contains_named_graph(NamedNode("https://example.org/none"))


TRUTHS = (
    "SELECT ?film (?year > 2010 AS ?is_late) (?year < 2000 AS ?is_early) ?is_film ?one {"
    " ?film film:director film:sean-baker ; film:year ?y BIND(xsd:integer(STR(?y)) AS ?year)"
    " BIND(EXISTS { ?film a film:Film } AS ?is_film) BIND(1 AS ?one) }"
)


def with_numbers(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Answer with the integers 0 and 1 for truth values, as Virtuoso does."""
    for truth, number in ((b"true", b"1"), (b"false", b"0")):
        body = re.sub(
            b'"type":"literal","value":"' + truth + b'","datatype":"([^"]*)boolean"',
            b'"type":"literal","value":"' + number + rb'","datatype":"\1integer"',
            body,
        )
    send(handler, body)


def test_a_store_that_computes_numbers_for_truths_is_understood(films: FilmGraph, failing: FailingStore) -> None:
    failing.reply = with_numbers
    rows = connect(failing.address, films.project).sparql(TRUTHS)
    assert {repr(tuple(row)[1:]) for row in rows} == {"(True, False, True, 1)"}  # 1 == True


def test_an_answer_that_was_complete_once_needs_no_further_request(films: FilmGraph, failing: FailingStore) -> None:
    graph = connect(failing.address, films.project)
    text = "SELECT ?film { ?film film:sequelOf film:anora }"
    graph.sparql(text)
    failing.queries.clear()
    graph.sparql(text)
    assert len(failing.queries) == 1


def _truncated(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    send(handler, body[:-20])


def _timed_out(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    send(handler, body, X_SQL_State="S1TAT")


def _page(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    send(handler, b"<html>Too busy</html>")


def _broken(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_error(500, "the store fails")


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        (_truncated, RemoteError, "not complete SPARQL results"),
        (_timed_out, LimitError, "answered in part"),
        (_page, RemoteError, "not complete SPARQL results"),
        (_broken, RemoteError, "status 500"),
    ],
)
def test_half_an_answer_is_an_error(
    films: FilmGraph, failing: FailingStore, reply: Reply, error: type[Exception], message: str
) -> None:
    graph = connect(failing.address, films.project)
    failing.reply = reply
    with pytest.raises(error, match=message):
        graph.sparql("SELECT ?film ?year { ?film film:year ?year }")


def test_a_store_that_is_down_or_slow_says_so(films: FilmGraph, failing: FailingStore) -> None:
    with pytest.raises(RemoteError, match="cannot be reached"):
        connect("http://127.0.0.1:9/sparql", films.project)
    with pytest.raises(InputError, match="not the address"):
        connect("films.example.org", films.project)
    graph = connect(failing.address, films.project)
    with pytest.raises(LimitError, match="longer than"):
        graph.sparql("SELECT * { ?s ?p ?o }", timeout=0.0001)


def test_a_store_with_another_build_than_the_project_says_so(films: FilmGraph, failing: FailingStore) -> None:
    assert connect(failing.address, films.project).notices == ()
    version = next(iter(failing.store.quads_for_pattern(None, NamedNode("http://www.w3.org/ns/dcat#version"), None)))
    failing.store.remove(version)
    try:
        (notice,) = connect(failing.address, films.project).notices
        assert "does not say which build" in notice
        failing.description = f'<a:b> <http://www.w3.org/ns/dcat#version> "{films.build.name}" .'
        assert connect(failing.address, films.project).notices == ()  # as `kg serve` says it
        failing.description = ""
        other = Quad(version.subject, version.predicate, Literal("0123-ab"), version.graph_name)
        failing.store.add(other)
        (notice,) = connect(failing.address, films.project).notices
        assert "holds build 0123-ab, but the project's is" in notice
        failing.store.remove(other)
    finally:
        failing.store.add(version)


def test_a_store_without_the_graph_or_with_all_graphs_as_one_is_refused(
    films: FilmGraph, failing: FailingStore
) -> None:
    asserted = [NamedNode(f"https://w3id.org/filmgraph/graph/{name}") for name in ("asserted", "inferred")]
    saved = [quad for graph in asserted for quad in failing.store.quads_for_pattern(None, None, None, graph)]
    for quad in saved:
        failing.store.remove(quad)
    try:
        with pytest.raises(RemoteError, match="has no triples"):
            connect(failing.address, films.project)
        mixed = [Quad(quad.subject, quad.predicate, quad.object) for quad in failing.store]
        failing.store.extend(mixed)
        with pytest.raises(RemoteError, match="reads all graphs together"):
            connect(failing.address, films.project)
        for quad in mixed:
            failing.store.remove(quad)
    finally:
        failing.store.extend(saved)


def test_a_store_with_knowledge_in_its_default_graph_answers_too(films: FilmGraph, failing: FailingStore) -> None:
    graph = NamedNode("https://w3id.org/filmgraph/graph/asserted")
    inferred = NamedNode("https://w3id.org/filmgraph/graph/inferred")
    moved = [q for g in (graph, inferred) for q in failing.store.quads_for_pattern(None, None, None, g)]
    for quad in moved:
        failing.store.remove(quad)
        failing.store.add(Quad(quad.subject, quad.predicate, quad.object))
    try:
        remote = connect(failing.address, films.project)
        assert remote.layout.knowledge == ()
        assert differing(films, remote, list(films.queries)) == []
        assert Quad(films.entity("anora"), TYPE, NamedNode("https://w3id.org/filmgraph/film/Film"), KNOWLEDGE) in (
            remote.remote
        )
    finally:
        for quad in moved:
            failing.store.remove(Quad(quad.subject, quad.predicate, quad.object))
            failing.store.add(quad)


def test_every_beginning_of_an_answer_is_an_error(films: FilmGraph, failing: FailingStore) -> None:
    graph = connect(failing.address, films.project)
    text = "SELECT ?year { film:anora film:year ?year }"
    length = 0

    def measure(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        nonlocal length
        length = len(body)
        send(handler, body)

    failing.reply = measure
    assert len(graph.sparql(text)) == 1
    for end in range(0, length, 9):
        failing.reply = lambda handler, body, end=end: send(handler, body[:end])  # type: ignore[misc]
        with pytest.raises(RemoteError):
            graph.sparql(text)
