"""Fixtures for all tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import settings

from tests.projects import ANORA, SmallProject

# A law holds on a busy machine too. The same cases are drawn each time, so that a red build is caused by a change; with
# KG_RANDOM set they are drawn anew.
settings.register_profile("house", deadline=None, derandomize="KG_RANDOM" not in os.environ)
settings.load_profile("house")


LONG_FILES = {
    "browser": ("looks", "journeys", "published_site"),
    "comparison": ("comparison",),
    "conformance": ("owl2_suite", "owl2rl", "shacl", "sparql_protocol"),
    "decisions": ("apply_links", "conflicts", "undecided"),
    "endpoints": ("endpoint_graph", "load_scripts", "serving"),
    "exports": ("exports", "links", "quickstatements", "wd_amc", "wikidata"),
    "facts": ("named_values", "short_forms", "table_reader"),
    "federation": ("client", "federate"),
    "fixes": ("fixes",),
    "house": ("commands", "documents", "lessons"),
    "importers": (
        "file_tasks",
        "imdb",
        "interruption",
        "oscars",
        "other_datasets",
        "rdf",
        "table",
        "table_parts",
        "wikidata",
    ),
    "language_server": ("protocol",),
    "laws": (
        "bulk",
        "cells",
        "exports",
        "facts",
        "incremental_build",
        "inference",
        "linking",
        "names",
        "owl_graphs",
        "proofs",
        "shapes",
    ),
    "lookup": ("entity_list",),
    "mcp_server": ("calls", "server", "tools"),
    "pages": ("list_pages", "pages_served", "browse_pages", "entity_pages"),
    "pipeline": ("build",),
    "proofs": ("checker",),
    "queries": ("snapshot_store", "sparql", "sparql_to_sql"),
    "questions": ("counts_and_conflicts", "questions", "recognition", "stored_queries", "wordings"),
    "rdf": ("blank_nodes", "hostile_files", "reading"),
    "reasoning": ("components", "infer"),
    "server": (
        *("access", "clients", "connections", "entity_routes", "fast_path", "graph_routes", "openapi", "openrefine"),
        *("query_routes", "reconciliation", "safety", "sitemap", "soak", "sparql_routes", "supervisor"),
    ),
    "static_site": ("changes", "publish"),
    "tests": ("loaded_graph",),
    "workers": ("current_folder", "pool"),
    "world": ("questions", "world"),
}
"""Folder -> the files whose tests start processes or build large graphs: `make quick` leaves them out."""
_LONG = {f"{folder}/test_{name}.py" for folder, names in LONG_FILES.items() for name in names}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of long files."""
    for item in items:
        if "/".join(item.path.parts[-2:]) in _LONG:
            item.add_marker(pytest.mark.long)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """A project with a small ontology, three sources and no facts."""
    # What is shared by the tests of pages sets the folder of its own texts until the last test.
    monkeypatch.delenv("KG_TEXTS", raising=False)
    return SmallProject(tmp_path / "films")


@pytest.fixture
def anora(project: SmallProject) -> SmallProject:
    """The same with one film in it."""
    project.write("data/films.yaml", ANORA)
    return project


@pytest.fixture(autouse=True)
def _garbage_ends_in_another_thread() -> Iterator[None]:
    """Collect in another thread what a test leaves: rows of an engine, which cannot end there, fail the test."""
    gc.freeze()  # what was there before is not searched
    yield
    collecting = Thread(target=gc.collect)
    collecting.start()
    collecting.join()
    gc.unfreeze()
