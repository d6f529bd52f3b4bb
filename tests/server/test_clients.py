"""Common clients of SPARQL endpoints work with ours: rdflib, SPARQLWrapper, spreadsheets, data frames."""

from __future__ import annotations

import csv
import io
import urllib.request
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, POST, POSTDIRECTLY, TURTLE, XML, SPARQLWrapper

from tests.projects import SmallProject
from tests.server.live import Live, serving

FILM = rdflib.Namespace("https://w3id.org/filmgraph/film/")
QUERY = """PREFIX film: <https://w3id.org/filmgraph/film/>
SELECT ?film ?year { ?film film:director film:sean-baker ; film:year ?year } ORDER BY ?year"""
STORED = "/queries/films-directed-by.csv?person=Sean+Baker"


@pytest.fixture(scope="module")
def live(films: SmallProject) -> Iterator[Live]:
    """The server over three films."""
    with serving(films.folder, workers=1, seconds=60.0) as live:
        yield live


@pytest.fixture
def address(live: Live) -> str:
    """Where it answers."""
    return f"http://127.0.0.1:{live.port}"


def converted(client: SPARQLWrapper, form: str) -> Any:
    """What SPARQLWrapper makes of an answer."""
    client.setReturnFormat(form)
    return client.queryAndConvert()


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_queries_it_as_a_store(address: str, method: str) -> None:
    store = SPARQLStore(f"{address}/sparql", method=method)
    graph = rdflib.Graph(store=store)
    years = [str(row[1]) for row in graph.query(QUERY)]  # type: ignore[index]  # a row of rdflib
    assert years == ["2015", "2021", "2024"]
    assert set(graph.objects(FILM.anora, FILM.director)) == {FILM["sean-baker"]}
    assert (FILM.anora, FILM.director, FILM["sean-baker"]) in graph


@pytest.mark.parametrize("method", ["GET", POST])
@pytest.mark.parametrize("directly", [False, True])
def test_sparqlwrapper_queries_it_by_every_method(address: str, method: str, directly: bool) -> None:
    client = SPARQLWrapper(f"{address}/sparql")
    client.setMethod(method)
    if directly and method == POST:
        client.setRequestMethod(POSTDIRECTLY)
    client.setQuery(QUERY)
    rows = converted(client, JSON)["results"]["bindings"]
    assert [row["year"]["value"] for row in rows] == ["2015", "2021", "2024"]
    assert len(converted(client, XML).getElementsByTagName("result")) == 3
    assert converted(client, CSV).splitlines()[0] == b"film,year"


def test_sparqlwrapper_gets_triples(address: str) -> None:
    client = SPARQLWrapper(f"{address}/sparql")
    client.setQuery("PREFIX film: <https://w3id.org/filmgraph/film/> DESCRIBE film:anora")
    graph = rdflib.Graph().parse(data=converted(client, TURTLE), format="turtle")
    assert (FILM.anora, FILM.director, FILM["sean-baker"]) in graph


def test_a_spreadsheet_imports_a_stored_query_from_its_url(address: str) -> None:
    with urllib.request.urlopen(address + STORED) as answer:
        assert answer.headers.get_content_type() == "text/csv"
        text = answer.read().decode(answer.headers.get_content_charset())
    dialect = csv.Sniffer().sniff(text)
    assert dialect.delimiter == ","
    assert [row[1] for row in csv.reader(io.StringIO(text), dialect)] == ["year", "2015", "2021", "2024"]


def test_data_frames_read_the_same_url(address: str) -> None:
    assert pd.read_csv(address + STORED)["year"].tolist() == [2015, 2021, 2024]
