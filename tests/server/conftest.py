"""A small served graph, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kg.server.app import application
from kg.server.settings import Limits
from tests.projects import SmallProject

FILMS = """\
source: encyclopedia

tangerine: {type: Film, label: Tangerine, director: sean-baker, year: 2015}
red-rocket: {type: Film, label: Red Rocket, director: sean-baker, year: 2021}
anora:
  type: Film
  label: Anora <b>& Ani</b>
  director: sean-baker
  year: 2024
  release: {territory: usa, date: 2024-10-18}
usa: {type: Place, kind: country, label: United States}
sean-baker: {type: Person, label: Sean Baker}
"""
DIRECTED = """\
#+ summary: Films that a person directed
#+ params:
#+   person: {type: entity, class: Person}
#+ returns: {film: a film, year: its year}
PREFIX film: <https://w3id.org/filmgraph/film/>
SELECT ?film ?year {
  VALUES ?person { film:sean-baker }
  ?film film:director ?person ; film:year ?year
}
ORDER BY ?year
"""
GRAPH_OF = """\
#+ summary: The triples of a film
#+ params:
#+   film: {type: entity, class: Film}
PREFIX film: <https://w3id.org/filmgraph/film/>
CONSTRUCT { ?film ?property ?value } {
  VALUES ?film { film:anora }
  ?film ?property ?value
}
"""


def make_films(folder: Path) -> SmallProject:
    """A project with three films of one director and two stored queries, built."""
    films = SmallProject(folder)
    films.write("data/films.yaml", FILMS)
    films.write("queries/films-directed-by.rq", DIRECTED)
    films.write("queries/graph-of-film.rq", GRAPH_OF)
    films.open()
    return films


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """The project whose graph is served; not to be changed."""
    return make_films(tmp_path_factory.mktemp("served") / "films")


@pytest.fixture(scope="module")
def served(films: SmallProject) -> Iterator[TestClient]:
    """A client of the application over the graph of three films."""
    app = application(films.project, Limits(seconds=300.0, workers=1), pages={})
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client
