"""Scripts for bulk loaders: valid shell, with settings that grow with the graph; and the check of what was loaded."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad

from kg.cli import main
from kg.endpoints.endpoint_graph import connect
from kg.endpoints.load_scripts import STORES, LoadPlan, default_memory, write_load_script
from kg.errors import RemoteError
from kg.filmgraph import FilmGraph
from tests.endpoints.stores import FailingStore

SIZES = (3_000, 100_000_000, 10_000_000_000)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("triples", SIZES)
def test_a_script_is_shell_and_checks_what_it_loaded(store: str, triples: int) -> None:
    plan = LoadPlan("/data/two words", triples, default_memory(triples))
    script = write_load_script(store, plan)
    subprocess.run(["sh", "-n"], input=script.encode(), check=True)
    assert re.search(r'^kg check-store "http\S+"$', script.splitlines()[-1])
    assert "/data/two words" in script
    assert "$$" not in script


def test_settings_grow_with_the_graph() -> None:
    small, large = (write_load_script("virtuoso", LoadPlan("/data", n, default_memory(n))) for n in SIZES[:2])
    buffers = [int(re.findall(r"NumberOfBuffers = (\d+)", script)[0]) for script in (small, large)]
    assert buffers == sorted(buffers)
    loaders = ["tdb2.tdbloader --loader parallel", "tdb2.tdbloader --loader parallel", "tdb2.xloader --threads 3"]
    for triples, loader in zip(SIZES, loaders, strict=True):
        assert loader in write_load_script("fuseki", LoadPlan("/data", triples, 16))


def test_virtuoso_gets_a_new_database_each_time() -> None:
    lines = write_load_script("virtuoso", LoadPlan("/data", 3_000, 2)).splitlines()
    steps = [next(n for n, line in enumerate(lines) if text in line) for text in STEPS]
    assert steps == sorted(steps)


STEPS = ('sql "shutdown;"', "rm -f virtuoso.db virtuoso.trx", "virtuoso-t +configfile", "ld_dir(", "rdf_loader_run();")
"""The loader loads no file of a name that it has loaded, whatever is in it now."""


def test_the_command_prints_a_script(films: FilmGraph, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    project = str(films.project.folder)
    assert main(["load-script", "qlever", str(tmp_path), "--project", project, "--memory", "16"]) == 0
    assert "STXXL_MEMORY = 8G" in capsys.readouterr().out
    assert main(["load-script", "qlever", "it's", "--project", project]) == 2


def test_a_store_is_checked_and_wrong_queries_are_refused(
    films: FilmGraph, failing: FailingStore, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["check-store", failing.address, "--project", str(films.project.folder)]
    assert main(call) == 0
    part = NamedNode("https://w3id.org/filmgraph/film/part-7")
    follows = NamedNode("https://w3id.org/filmgraph/film/sequelOf")
    asserted = NamedNode("https://w3id.org/filmgraph/graph/asserted")
    lost = Quad(part, follows, NamedNode("https://w3id.org/filmgraph/film/anora"), asserted)
    failing.store.remove(lost)
    try:
        assert main(call) == 1
        printed = capsys.readouterr().out
        assert "triples are there" in printed
        assert "query sequels: The store has other rows than the build: 1 are missing" in printed
        with pytest.raises(RemoteError, match="does not answer sequels as SPARQL defines"):
            connect(failing.address, films.project).ask("sequels")
    finally:
        failing.store.add(lost)
    assert main(call) == 0
    assert len(connect(failing.address, films.project).ask("sequels")) == 300
