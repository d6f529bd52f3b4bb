"""What the distribution is packaged with names the same version, the same dependencies and files that exist."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

from kg.version import __version__

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA_NAMES = {"duckdb": "python-duckdb"}


def test_the_citation_names_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    assert citation["license"] == PROJECT["project"]["license"]
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()


def test_the_conda_recipe_requires_what_the_wheel_requires() -> None:
    recipe = yaml.safe_load((ROOT / "packaging/conda/recipe.yaml").read_text(encoding="utf-8"))
    assert recipe["context"]["version"] == __version__
    required = map(Requirement, PROJECT["project"]["dependencies"])
    wanted = {f"{CONDA_NAMES.get(name.name, name.name)} {name.specifier}" for name in required}
    assert wanted | {f"python {PROJECT['project']['requires-python']}"} == set(recipe["requirements"]["run"])
    scripts = {f"{name} = {target}" for name, target in PROJECT["project"]["scripts"].items()}
    assert scripts == set(recipe["build"]["python"]["entry_points"])


def test_the_container_copies_what_is_there_and_serves_as_another_user_than_root() -> None:
    text = (ROOT / "packaging/Containerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    assert copied
    assert all((ROOT / name).exists() for names in copied for name in names.split())
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE)[-1].isdecimal()


def test_the_packages_of_the_bundle_are_locked() -> None:
    package = json.loads((ROOT / "web/package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "web/package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, version in (package["dependencies"] | package["devDependencies"]).items():
        assert lock[f"node_modules/{name}"]["version"] == version
    assert all("integrity" in entry for path, entry in lock.items() if path)


def test_the_documentation_lists_every_document() -> None:
    listed = re.findall(r"[\w/-]+\.md", (ROOT / "packaging/mkdocs.yml").read_text(encoding="utf-8"))
    documents = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert documents <= set(listed)
