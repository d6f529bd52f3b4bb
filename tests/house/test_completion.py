"""Completion in shells: commands, options, values, stored queries and their parameters."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kg.cli import main, to_parser
from kg.cli.completion import completions

ROOT = Path(__file__).resolve().parents[2]

LINES = [
    ("as", {"ask"}),
    ("completion ", {"bash", "fish", "zsh"}),
    ("completion b", {"bash"}),
    ("ask films-dir", {"films-directed-by"}),
    ("ask films-directed-by ", {"person="}),
    ("ask films-directed-by person=x ", set()),
    ("ask rights-holder-on film=Anora ", {"territory=", "date="}),
    ("ask no-such-query ", set()),
    ("ask --form", {"--format"}),
    ("ask --format j", {"json"}),
    ("ask --format json films-dir", {"films-directed-by"}),
    ("schema FilmS", {"FilmStock"}),
    ("ontology li", {"lint"}),
    ("ask --project /no/such/folder fi", set()),
]


@pytest.mark.parametrize(("line", "words"), LINES, ids=[line for line, _ in LINES])
def test_the_last_word_is_completed(line: str, words: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert set(completions(to_parser(), line.split(" "))) == words


def test_commands_that_only_programs_call_are_not_offered() -> None:
    offered = completions(to_parser(), [""])
    assert "ask" in offered
    assert "complete" not in offered


def test_bash_completes_the_names_of_stored_queries(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    command = tmp_path / "kg"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m kg "$@"\n')
    command.chmod(0o755)
    typed = 'COMP_WORDS=(kg ask films-dir); COMP_CWORD=2; _kg; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        [bash, "--norc", "-c", script + typed],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.stdout.split() == ["films-directed-by"]
