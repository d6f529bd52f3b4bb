"""The project's own graph, built once, for assistants to ask."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import kg

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> kg.FilmGraph:
    """The graph that the project's files make."""
    folder = tmp_path_factory.mktemp("assistants") / "project"
    for name in ("ontology", "data", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    assert kg.build(folder)
    return kg.open(folder)
