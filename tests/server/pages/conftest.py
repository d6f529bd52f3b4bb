"""A graph of a few films for tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

import kg
from kg.filmgraph import FilmGraph
from kg.project import Project
from kg.server.app import application
from kg.server.settings import Limits
from tests.server.pages.film_project import make_film_project


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project of a few films, built."""
    return make_film_project(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="session")
def graph(films: Project) -> Iterator[FilmGraph]:
    """Its graph, with the text of its source."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KG_TEXTS", str(films.folder / "source-texts"))
        yield kg.open(films)


@pytest.fixture(scope="session")
def browser(films: Project) -> Iterator[TestClient]:
    """A client that asks for HTML first, as browsers do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KG_TEXTS", str(films.folder / "source-texts"))
        with TestClient(application(films, Limits(seconds=300.0)), headers={"Accept": "text/html,*/*;q=0.8"}) as client:
            yield client
