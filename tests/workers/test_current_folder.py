"""Nothing in the folder where a command is started, nor in the project's, is run as code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.projects import ANORA, SmallProject

SHADOWED = """pyoxigraph orjson duckdb yaml rdflib owlrl pyshacl rich rapidfuzz anyascii mcp mcp_types starlette uvicorn
jinja2 anyio httpx random secrets pickle selectors struct socket subprocess csv sqlite3 statistics
sitecustomize usercustomize""".split()  # noqa: SIM905
"""Modules that the program or its libraries import, at once or later."""
SCRIPT = str(Path(sys.executable).with_name("kg"))
SPARQL = ("sparql", "-e", "SELECT * { ?film a film:Film }", "--timeout", "60")
CALL = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "films", "arguments": {}}}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a test", "version": "1"}},
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """A built project, in whose folder lies a file for each module, which writes into `ran.txt` when it is imported."""
    project = SmallProject(tmp_path_factory.mktemp("planted"))
    project.write("data/films.yaml", ANORA)
    project.write("queries/films.rq", "#+ summary: Which films are there?\nSELECT ?film { ?film a film:Film }\n")
    project.open()
    log = project.folder / "ran.txt"
    for module in SHADOWED:
        line = f"open({str(log)!r}, 'a').write({module!r})\nraise ImportError({module!r})\n"
        for path in (f"{module}.py", f"queries/{module}.py"):
            project.write(path, line)
    return project


@pytest.fixture(autouse=True)
def _nothing_ran(planted: SmallProject) -> Iterator[None]:
    yield
    assert not (planted.folder / "ran.txt").exists()


def run(planted: SmallProject, call: list[str]) -> None:
    done = subprocess.run(call, cwd=planted.folder, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [("build", "--force"), SPARQL], ids=lambda it: it[0])
def test_a_command_imports_nothing_from_the_current_folder(planted: SmallProject, words: tuple[str, ...]) -> None:
    run(planted, [SCRIPT, *words])


def test_the_module_imports_nothing_from_the_current_folder(planted: SmallProject) -> None:
    run(planted, [sys.executable, "-m", "kg", *SPARQL])


def test_an_assistants_server_imports_nothing_from_the_current_folder(planted: SmallProject) -> None:
    initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    call = [SCRIPT, "mcp"]
    with subprocess.Popen(
        call, cwd=planted.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        for message in (HELLO, initialized, CALL):
            server.stdin.write(json.dumps(message) + "\n")
        server.stdin.flush()
        replies = [json.loads(server.stdout.readline()) for _ in range(2)]
        server.stdin.close()
        server.wait(timeout=60)
    assert "anora" in json.dumps(replies[1]["result"]), replies


def test_the_server_and_its_workers_import_nothing_from_the_current_folder(planted: SmallProject) -> None:
    call = [SCRIPT, "serve", "--port", "0", "--workers", "1"]
    with subprocess.Popen(call, cwd=planted.folder, stderr=subprocess.PIPE, encoding="utf-8") as server:
        try:
            assert server.stderr is not None
            printed = ""
            while (address := re.search(r"http://127\.0\.0\.1:\d+", printed)) is None:
                line = server.stderr.readline()
                assert line, printed
                printed += line
            query = f"{address[0]}/sparql?query=SELECT%20*%20%7B%20?s%20?p%20?o%20%7D%20LIMIT%201"
            with urllib.request.urlopen(query, timeout=60) as response:
                assert response.status == 200
        finally:
            server.terminate()
            server.wait(timeout=60)
