"""The project's own graph, built once, for assistants to ask."""

from __future__ import annotations

import pytest

from kg.filmgraph import FilmGraph
from tests.projects import own_graph


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    """The graph that the project's files make."""
    return own_graph(tmp_path_factory.mktemp("assistants"))
