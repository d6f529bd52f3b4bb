"""The world: three datasets about films and prizes beside our own facts, linked and built once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kg.cli import main
from kg.filmgraph import FilmGraph
from kg.loaded_graph import open_local_graph
from kg.project import find_project

HERE = Path(__file__).parent
DATASETS = HERE.parent / "datasets"
REPOSITORY = HERE.parents[1]
IMPORTS = [
    ("oscars", DATASETS / "oscars/oscars.csv"),
    ("wikidata-results", DATASETS / "wikidata_films_2024"),
    ("imdb-awards", DATASETS / "imdb_awards"),
]


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    folder = tmp_path_factory.mktemp("world")
    for name in ("ontology", "data", "queries"):
        shutil.copytree(REPOSITORY / name, folder / name)
    # The ceremonies have the names of the Oscars table, so it is trusted more than IMDb's lists.
    policy = folder / "data" / "policy.yaml"
    trusted = ", ".join(kind for kind, _ in IMPORTS)
    policy.write_text(policy.read_text("utf-8").replace("film-notes, editors]", f"film-notes, editors, {trusted}]", 1))
    for kind, dataset in IMPORTS:
        assert main(["import", kind, str(dataset), "--project", str(folder)]) == 0
    assert main(["link", "--project", str(folder)]) == 0
    assert main(["build", "--project", str(folder)]) == 0
    return open_local_graph(find_project(folder))
