"""A small project, and its static site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import kg
from kg.filmgraph import FilmGraph
from kg.static_site.publish import Publication, publish
from tests.server.pages.film_project import make_film_project

URL = "https://films.example.org/graph"
QUERIES = frozenset(("films-directed-by", "cast-of-film", "timeline-of-film", "box-office-of-film"))


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilmGraph]:
    """The graph of a few films, with some of the stored queries."""
    project = make_film_project(tmp_path_factory.mktemp("published"))
    for path in project.queries.rglob("*.rq"):
        if path.stem not in QUERIES:
            path.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KG_TEXTS", str(project.folder / "source-texts"))
        yield kg.open(project)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, two folders below the root of its host."""
    return tmp_path_factory.mktemp("host") / "films"


@pytest.fixture(scope="session")
def publication(graph: FilmGraph, site: Path) -> Publication:
    """What publishing it reports."""
    return publish(graph, site, url=URL)
