"""Every example in the documents is run, and what it prints is what the documents show.

`KG_REGENERATE=1 pytest tests/house/test_documents.py` writes the output anew; read the difference before you commit.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import kg

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(path for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))
CONSOLE = re.compile(r"^```console\n(?P<inside>.*?)^```$", re.MULTILINE | re.DOTALL)
VARYING = re.compile(r"\b\d+(?:\.\d+)? (?:seconds?|s)\b")


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    report = kg.build(ROOT)
    assert report, "\n".join(map(str, report))


def commands_of(block: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output that is shown."""
    pieces = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    commands = []
    for piece in pieces:
        command, _, output = piece.partition("\n")
        commands.append((command, output))
    return commands


def run(command: str) -> str:
    """What a `kg` command prints, messages after data."""
    words = shlex.split(command)
    assert words[0] == "kg", f"only kg commands are run, not {command}"
    environment = dict(os.environ) | {"NO_COLOR": "1", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    environment.pop("KG_TEXTS", None)
    call = [sys.executable, "-m", "kg", *words[1:]]
    done = subprocess.run(
        call, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    return (done.stdout + done.stderr).replace(" (nothing has changed)", "")


def comparable(text: str) -> str:
    return VARYING.sub("N seconds", text).strip()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_the_documents_show_is_what_the_commands_print(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    fresh = text
    for block in CONSOLE.finditer(text):
        printed = "".join(f"$ {command}\n{run(command)}" for command, _ in commands_of(block["inside"]))
        if comparable(printed) != comparable(block["inside"]):
            fresh = fresh.replace(block["inside"], printed)
    if os.environ.get("KG_REGENERATE") and fresh != text:
        document.write_text(fresh, encoding="utf-8")
    assert fresh == text or os.environ.get("KG_REGENERATE"), f"{document.name} shows what is no longer printed"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_python_examples_of_the_documents_run(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("KG_TEXTS", raising=False)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.testfile(str(document), module_relative=False, optionflags=flags)
    assert failed == 0


NAMED_FILE = re.compile(r"`((?:kg|ontology|queries|tests|benchmarks|docs)/[\w./-]+\w|\w+\.py)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_of_the_project_that_a_document_names_exists(document: Path) -> None:
    modules = {path.name for folder in ("kg", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")}
    named = NAMED_FILE.findall(document.read_text(encoding="utf-8"))
    known = (name for name in named if not re.search(r"/[A-Z]+(?:/|\.)", name))
    assert [name for name in known if name not in modules and not (ROOT / name).exists()] == []


PAGES = [ROOT / "CONTRIBUTING.md", *DOCUMENTS, *ROOT.glob("*/README.md")]


@pytest.mark.parametrize("document", sorted(set(PAGES)), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    for target, _, heading in re.findall(r"\]\((?!https?:|mailto:)([^)#]*)(#([^)]*))?\)", document.read_text("utf-8")):
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings], heading


PROSE = [*PAGES, ROOT / "CHANGELOG.md", *(ROOT / "docs/ontology").glob("*.md"), *(ROOT / "tests").rglob("README.md")]


@pytest.mark.parametrize("document", sorted(set(PROSE)), ids=lambda path: str(path.relative_to(ROOT)))
def test_prose_has_at_most_100_characters_a_line(document: Path) -> None:
    """Tables and code are excepted."""
    prose = re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert [line for line in prose.splitlines() if len(line) > 100 and not line.startswith("|")] == []


def test_the_index_names_every_document() -> None:
    index = (ROOT / "docs/README.md").read_text("utf-8")
    assert [path.name for path in DOCUMENTS if f"({path.name})" not in index and path.name != "README.md"] == []


def test_the_map_for_contributors_lists_every_package() -> None:
    packages = {path.parent.name for path in (ROOT / "kg").glob("*/__init__.py")}
    block = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("```")[2].partition("```")[0]
    listed = set(re.findall(r"(?<![\w/])([a-z_]+)/(?=[ /]| {2})", block))
    assert listed - {"kg"} == packages
