"""A small graph of films, and an endpoint with more data about them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.filmgraph import FilmGraph
from tests.federation.endpoint import Endpoint, serving
from tests.projects import SmallProject

FILMS = """\
source: encyclopedia
anora: {type: Film, label: Anora, director: sean-baker, website: "http://www.wikidata.org/entity/Q1"}
tangerine: {type: Film, label: Tangerine, website: "http://www.wikidata.org/entity/Q3"}
kinds-of-kindness: {type: Film, label: Kinds of Kindness}
sean-baker: {type: Person, label: Sean Baker}
"""


@pytest.fixture(scope="package")
def serves() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    project = SmallProject(tmp_path_factory.mktemp("films") / "project")
    project.write("data/films.yaml", FILMS)
    return project.open()


@pytest.fixture
def endpoint(serves: Endpoint) -> Endpoint:
    # The engine's solutions must be freed by the thread that made them, not by a thread of the endpoint.
    gc.collect()
    serves.queries.clear()
    serves.agents.clear()
    serves.replies.clear()
    return serves


@pytest.fixture
def configuration(built: FilmGraph, endpoint: Endpoint) -> Path:
    path = built.project.configuration
    path.write_text(f'[services.films]\naddress = "{endpoint.address}"\nkeep = 0\n', encoding="utf-8")
    return path


@pytest.fixture
def graph(built: FilmGraph, configuration: Path) -> FilmGraph:
    return built
