"""A graph of many small films, as a build, as files for another store, and in stores that answer for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.endpoints.endpoint_graph import EndpointGraph, connect
from kg.exports.store_files import StoreFiles, write_store_files
from kg.filmgraph import FilmGraph
from tests.endpoints.stores import FailingStore, failing_store, oxigraph_server, send
from tests.projects import SmallProject

FILMS = """\
source: encyclopedia
anora: {type: Film, label: Anora, director: sean-baker, year: 2024}
tangerine: {type: Film, label: Tangerine, director: sean-baker, year: 2015}
amelie: {type: Film, label: Amélie, alias: Le Fabuleux Destin, director: jeunet, year: 2001}
sean-baker: {type: Person, label: Sean Baker}
jeunet: {type: Person, label: Jean-Pierre Jeunet}
"""
MANY = "".join(f"part-{number}: {{type: Film, label: Part {number}, sequelOf: anora}}\n" for number in range(300))
QUERIES = {
    "films-by": """\
#+ summary: Which films did a person direct?
#+ question: Which films did $person direct?
#+ params: {person: {type: entity, class: Person}}
#+ none: No source names a film by $person.
SELECT ?film ?year { VALUES ?person { film:sean-baker } ?film film:director ?person OPTIONAL { ?film film:year ?year } }
ORDER BY ?year
""",
    "sequels": """\
#+ summary: Which films follow another?
SELECT ?film { ?film film:sequelOf film:anora } ORDER BY DESC(?film)
""",
}


@pytest.fixture(scope="package")
def films(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    """The build."""
    project = SmallProject(tmp_path_factory.mktemp("films") / "project")
    project.write("data/films.yaml", FILMS + MANY)
    for name, text in QUERIES.items():
        project.write(f"queries/{name}.rq", text)
    return project.open()


@pytest.fixture(scope="package")
def files(films: FilmGraph, tmp_path_factory: pytest.TempPathFactory) -> StoreFiles:
    """Its files for another store."""
    return write_store_files(films.build, tmp_path_factory.mktemp("export") / "films", parts=2)


@pytest.fixture(scope="package")
def address(files: StoreFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An Oxigraph server with these files."""
    with oxigraph_server(files, tmp_path_factory.mktemp("oxigraph") / "store") as address:
        yield address


@pytest.fixture(scope="package")
def remote(films: FilmGraph, address: str) -> EndpointGraph:
    """The same graph, answered by that server."""
    return connect(address, films.project)


@pytest.fixture(scope="package")
def _failing(files: StoreFiles) -> Iterator[FailingStore]:
    with failing_store(files) as store:
        yield store


@pytest.fixture
def failing(_failing: FailingStore) -> FailingStore:
    """A store that a test makes fail."""
    _failing.cap, _failing.reply = None, send
    _failing.queries.clear()
    return _failing
