"""Every stored query of the project against other stores; run by `make test-stores`, since it takes minutes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.endpoints.endpoint_graph import EndpointGraph, connect
from kg.endpoints.load_scripts import LoadPlan, write_load_script
from kg.endpoints.store_check import check_store
from kg.errors import RemoteError
from kg.exports.store_files import StoreFiles, write_store_files
from kg.filmgraph import FilmGraph
from tests.endpoints.stores import free_port, oxigraph_server
from tests.projects import ROOT, own_graph
from tests.server.live import serving


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    return own_graph(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def files(graph: FilmGraph, tmp_path_factory: pytest.TempPathFactory) -> StoreFiles:
    return write_store_files(graph.build, tmp_path_factory.mktemp("export") / "files", parts=3)


@pytest.fixture(scope="module")
def virtuoso(files: StoreFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Virtuoso that the printed script has filled, but for its ports."""
    if shutil.which("virtuoso-t") is None:
        pytest.skip("Virtuoso is not installed: apt-get install virtuoso-opensource")
    folder = tmp_path_factory.mktemp("virtuoso")
    script = write_load_script("virtuoso", LoadPlan(str(files.files[0].parent), files.triples, 2, 2))
    port = str(free_port())
    script = script.replace("1111", str(free_port())).replace("8890", port)
    script = "\n".join(line for line in script.splitlines() if not line.startswith("kg check-store"))
    for _ in range(2):  # again, as for another build
        subprocess.run(["sh", "-c", script], cwd=folder, check=True, capture_output=True, timeout=300)
    try:
        yield f"http://127.0.0.1:{port}/sparql"
    finally:
        lock = (folder / "virtuoso/virtuoso.lck").read_text(encoding="utf-8")
        os.kill(int(lock.partition("=")[2]), 15)


def problems(remote: EndpointGraph) -> list[str]:
    """What is wrong, by name of a query."""
    return sorted(step.name.removeprefix("query ") for step in check_store(remote) if step.problem)


def test_oxigraph_answers_every_query_as_the_build(graph: FilmGraph, files: StoreFiles, tmp_path: Path) -> None:
    with oxigraph_server(files, tmp_path / "store") as address:
        assert problems(connect(address, graph.project)) == []


def test_our_own_server_answers_every_query_as_the_build(graph: FilmGraph) -> None:
    with serving(graph.project.folder) as live:
        remote = connect(f"http://127.0.0.1:{live.port}/sparql", graph.project)
        assert problems(remote) == []


def test_virtuoso_deviates_where_the_documentation_says_so(graph: FilmGraph, virtuoso: str) -> None:
    document = (ROOT / "docs/stores.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| Virtuoso 7 \|.*\| (.*) \|$", document, re.MULTILINE)
    documented = sorted(name for row in rows for name in re.findall(r"`([\w-]+)`", row))
    remote = connect(virtuoso, graph.project, timeout=120)
    assert problems(remote) == documented
    with pytest.raises(RemoteError, match="does not answer filmography as SPARQL defines"):
        connect(virtuoso, graph.project).ask("filmography", person="Sean Baker")


def test_explanations_and_names_come_from_virtuoso(graph: FilmGraph, virtuoso: str) -> None:
    remote = connect(virtuoso, graph.project)
    question = ("anora", "contributor", "Mikey Madison")
    assert remote.why_text(*question) == graph.why_text(*question)
    assert remote.entity("mikey madison") == graph.entity("Mikey Madison")
