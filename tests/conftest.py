"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.projects import ANORA, SmallProject

# A law holds on a busy machine too. The same cases are drawn each time, so that a red build is caused by a change; with
# KG_RANDOM set they are drawn anew.
settings.register_profile("house", deadline=None, derandomize="KG_RANDOM" not in os.environ)
settings.load_profile("house")


LONG_FILES = {
    "browser": ("looks", "journeys"),
    "conformance": ("owl2_suite", "owl2rl", "shacl"),
    "endpoints": ("serving",),
    "exports": ("exports", "quickstatements", "wikidata"),
    "federation": ("client", "federate"),
    "fixes": ("fixes",),
    "house": ("commands", "documents"),
    "importers": ("imdb", "interruption", "other_datasets", "rdf", "table", "table_parts", "wikidata"),
    "laws": ("bulk", "facts", "inference", "proofs", "shapes"),
    "mcp_server": ("calls", "server", "tools"),
    "pipeline": ("build",),
    "proofs": ("checker",),
    "queries": ("sparql",),
    "questions": ("counts_and_conflicts", "stored_queries"),
    "rdf": ("hostile_files",),
    "reasoning": ("infer",),
    "server": ("clients", "openrefine", "reconciliation", "safety", "soak", "sparql_routes", "supervisor"),
    "workers": ("pool",),
    "world": ("world",),
}
"""Folder -> the files whose tests start processes or build large graphs: `make quick` leaves them out."""
_LONG = {f"{folder}/test_{name}.py" for folder, names in LONG_FILES.items() for name in names}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of long files."""
    for item in items:
        if "/".join(item.path.parts[-2:]) in _LONG:
            item.add_marker(pytest.mark.long)


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """A project with a small ontology, three sources and no facts."""
    return SmallProject(tmp_path / "films")


@pytest.fixture
def anora(project: SmallProject) -> SmallProject:
    """The same with one film in it."""
    project.write("data/films.yaml", ANORA)
    return project
