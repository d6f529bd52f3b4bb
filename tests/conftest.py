"""What every room of tests may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.projects import ANORA, SmallProject

# A law holds on a busy machine too. The same cases are drawn each time, so that a red build tells of a change; with
# KG_RANDOM set they are drawn anew.
settings.register_profile("house", deadline=None, derandomize="KG_RANDOM" not in os.environ)
settings.load_profile("house")


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """A project with a small ontology, three sources and no facts."""
    return SmallProject(tmp_path / "films")


@pytest.fixture
def anora(project: SmallProject) -> SmallProject:
    """The same with one film in it."""
    project.write("data/films.yaml", ANORA)
    return project
