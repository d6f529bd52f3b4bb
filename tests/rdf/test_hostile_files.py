"""Hostile and unusual RDF files: each is read or refused with a sentence, in little time and memory.

The files are read in one child process with limits, so that a file that would end the process fails this test only.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.projects import ROOT, SmallProject
from tests.rdf.hostile_files import EITHER, FILES, content_of

CHILD = """
import contextlib, io, json, resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from kg.cli import main
from kg.errors import InputError
from kg.facts.model import Source
from kg.facts.readers.rdf_reader import RdfReader
from kg.importers.rdf import import_rdf
from kg.importers.session import open_session
from kg.project import Project
from kg.schema import read_ontology, to_schema

project, root, shapes, output, *paths = sys.argv[1:]
ontology = tuple(read_ontology(Project(Path(root)).ontology))
schema = to_schema(ontology)

def command(*arguments):
    stderr = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(stderr):
        status = main([*arguments])
    message = stderr.getvalue()
    return "refused: " + message.strip() if status == 2 else "read"

def facts(path):
    reader = RdfReader(schema, {})
    list(reader.read(Path(path), file="hostile/" + Path(path).name))
    faults = [finding for finding in reader.findings if finding.check != "facts/empty"]
    return f"refused: {faults[0]}" if faults else "read"

stack = contextlib.ExitStack()
session = stack.enter_context(
    open_session(Path(project) / "data", Source("hostile"), ontology, schema, dry_run=True)
)

def import_file(path):
    try:
        import_rdf([path], session)
    except InputError as error:
        return f"refused: {error}"
    return "read"

WAYS = {
    "infer": lambda path: command("infer", path, "-o", output),
    "validate": lambda path: command("validate", path, "--shapes", shapes),
    "lint": lambda path: command("ontology", "lint", path),
    "import": import_file,
    "facts": facts,
}
for path in paths:
    for way, run in WAYS.items():
        print(json.dumps([Path(path).name, way, "begun", 0]), flush=True)
        began = time.process_time()
        result = run(path)
        print(json.dumps([Path(path).name, way, result, time.process_time() - began]), flush=True)
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[str, float]]:
    project = SmallProject(tmp_path_factory.mktemp("project"))
    folder = tmp_path_factory.mktemp("hostile")
    for name in FILES:
        (folder / name).write_bytes(content_of(name))
    shapes = project.write(
        "shapes.ttl", "@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:S> a sh:NodeShape ; sh:targetNode <urn:x> ."
    )
    arguments = [project.folder, ROOT, shapes, folder / "output.nt", *(folder / name for name in FILES)]
    child = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False
    )
    lines = [json.loads(line) for line in child.stdout.splitlines()]
    assert child.returncode == 0, (lines[-1:], child.stderr[-2000:])
    return {(name, way): (result, seconds) for name, way, result, seconds in lines}


@pytest.mark.parametrize("way", ["infer", "validate", "lint", "import", "facts"])
@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_read_or_refused(
    results: dict[tuple[str, str], tuple[str, float]], name: str, way: str
) -> None:
    result, seconds = results[name, way]
    expected = FILES[name][1]
    if way == "import" and name.endswith((".nt", ".nq")):
        expected = EITHER  # a line that does not parse is rejected by itself
    assert result.partition(":")[0] in (("read", "refused") if expected == EITHER else (expected,)), result
    assert seconds < 60
    assert "\n" not in result[:2000]
