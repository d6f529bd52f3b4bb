"""The house: what the front door offers, what it loads, that errors and statuses are complete, and the floors kept."""

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


def test_the_front_door_offers_what_it_says() -> None:
    assert sorted(kg.__all__) == dir(kg)
    for name in kg.__all__:
        assert getattr(kg, name).__doc__
    with pytest.raises(AttributeError, match="nothing"):
        kg.nothing  # noqa: B018


def test_what_the_front_door_offers_is_known_to_type_checkers() -> None:
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
def test_the_front_door_loads_nothing_heavy(code: str) -> None:
    assert loaded_by(code) == set()


def test_asking_loads_nothing_heavy() -> None:
    assert kg.build(ROOT)
    words = ["ask", "films-directed-by", "person=Sean Baker", "--project", str(ROOT)]
    assert loaded_by(f"from kg.cli import main; assert main({words!r}) == 0") == set()


def all_errors() -> list[type[errors.FilmGraphError]]:
    found = [errors.FilmGraphError]
    for kind in found:
        found.extend(kind.__subclasses__())
    return found


def test_the_tree_of_errors_is_drawn_as_it_stands() -> None:
    drawn: list[tuple[str, str]] = []
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^(?P<way>[\s│├└─]*)(?P<name>[A-Z]\w+Error)\b", line)
        if found is None or line.strip().startswith("Bad"):
            continue
        depth = len(found["way"])
        above = [one for one in above if one[0] < depth]
        drawn.append((found["name"], above[-1][1] if above else ""))
        above.append((depth, found["name"]))
    standing = [
        (kind.__name__, kind.__base__.__name__ if kind.__base__ is not None and kind.__base__ is not Exception else "")
        for kind in all_errors()
        if kind.__module__ == "kg.errors"
    ]
    assert sorted(drawn) == sorted(standing)


def test_every_error_has_an_exit_status() -> None:
    for kind in all_errors():
        status = next(STATUSES[one] for one in kind.__mro__ if one in STATUSES)
        assert status == (2 if issubclass(kind, errors.InputError) else 1)


def test_every_error_stands_in_the_tree() -> None:
    assert {kind.__module__ for kind in all_errors()} == {"kg.errors"}


def test_floors_are_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = (one for one in to_parser()._actions if isinstance(one, argparse._SubParsersAction))
    return dict(action.choices)


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_stands_in_the_readme(name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"`kg {re.escape(name)}\b", readme), f"the README does not list `kg {name}`"


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_says_what_it_does(name: str) -> None:
    text = commands()[name].format_help()
    assert commands()[name].description
    undescribed = [one.dest for one in commands()[name]._actions if one.help is None]
    assert undescribed == []
    assert f"kg {name}" in text


def modules() -> list[Path]:
    return sorted(path for path in (ROOT / "kg").rglob("*.py") if path.name != "vocabulary.py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_opens_with_its_sentence_and_fits_in_the_eye(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "the file does not say what walks in and what walks out"
    assert text.count("\n") <= 600, "a file of more than 600 lines holds several concepts"
