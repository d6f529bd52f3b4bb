"""A small graph that is served, and a client that asks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kg.endpoint.app import application
from kg.endpoint.limits import Limits
from tests.projects import ANORA, SmallProject


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of the application over a graph with one film."""
    films = SmallProject(tmp_path_factory.mktemp("served") / "films")
    films.write("data/films.yaml", ANORA)
    films.open()
    with TestClient(application(films.project, Limits(workers=1)), raise_server_exceptions=False) as client:
        yield client
