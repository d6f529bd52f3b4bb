"""The public API, what it loads, the tree of errors, exit statuses, import contracts, and the commands."""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kg
from kg import errors
from kg.cli import STATUSES, to_parser

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"duckdb", "rdflib", "pyshacl", "owlrl", "rich", "pandas", "polars", "numpy"}


def loaded_by(code: str) -> set[str]:
    """The heavy packages that a fresh Python has loaded after running some code."""
    listing = "; import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    ran = subprocess.run([sys.executable, "-c", code + listing], cwd=ROOT, capture_output=True, text=True, check=True)
    return HEAVY & set(ran.stdout.splitlines()[-1].split())


def test_the_public_api_is_what_all_lists() -> None:
    assert sorted(kg.__all__) == dir(kg)
    for name in kg.__all__:
        assert getattr(kg, name).__doc__
    with pytest.raises(AttributeError, match="nothing"):
        kg.nothing  # noqa: B018


def test_the_public_api_is_known_to_type_checkers() -> None:
    tree = ast.parse((ROOT / "kg/__init__.py").read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(kg.__all__) <= imported


@pytest.mark.parametrize(
    "code",
    [
        "import kg",
        "import kg; kg.open",
        "from kg.filmgraph import FilmGraph",
        "from kg.cli import to_parser; to_parser()",
    ],
)
def test_importing_the_public_api_loads_nothing_heavy(code: str) -> None:
    assert loaded_by(code) == set()


def test_asking_loads_nothing_heavy() -> None:
    assert kg.build(ROOT)
    words = ["ask", "films-directed-by", "person=Sean Baker", "--project", str(ROOT)]
    assert loaded_by(f"from kg.cli import main; assert main({words!r}) == 0") == set()


def all_errors() -> list[type[errors.FilmGraphError]]:
    kinds = [errors.FilmGraphError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    return kinds


def test_the_drawn_tree_of_errors_is_the_tree_of_classes() -> None:
    drawn: list[tuple[str, str]] = []
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^(?P<branch>[\s│├└─]*)(?P<name>[A-Z]\w+Error)\b", line)
        if match is None or line.strip().startswith("Bad"):
            continue
        depth = len(match["branch"])
        above = [parent for parent in above if parent[0] < depth]
        drawn.append((match["name"], above[-1][1] if above else ""))
        above.append((depth, match["name"]))
    actual = [
        (kind.__name__, kind.__base__.__name__ if kind.__base__ is not None and kind.__base__ is not Exception else "")
        for kind in all_errors()
        if kind.__module__ == "kg.errors"
    ]
    assert sorted(drawn) == sorted(actual)


def test_every_error_has_an_exit_status() -> None:
    for kind in all_errors():
        status = next(STATUSES[base] for base in kind.__mro__ if base in STATUSES)
        assert status == (2 if issubclass(kind, errors.InputError) else 1)


def test_every_error_is_defined_in_one_module() -> None:
    assert {kind.__module__ for kind in all_errors()} == {"kg.errors"}


def test_import_contracts_are_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = (action for action in to_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(action.choices)


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_in_the_readme(name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"`kg {re.escape(name)}\b", readme), f"the README does not list `kg {name}`"


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_is_described(name: str) -> None:
    text = commands()[name].format_help()
    assert commands()[name].description
    undescribed = [action.dest for action in commands()[name]._actions if action.help is None]
    assert undescribed == []
    assert f"kg {name}" in text


def test_a_file_has_at_most_600_lines() -> None:
    modules = [path for path in (ROOT / "kg").rglob("*.py") if path.name != "vocabulary.py"]
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in modules}
    assert {path: length for path, length in lengths.items() if length > 600} == {}, "they hold several concepts"
