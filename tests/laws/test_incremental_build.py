"""A build after changes equals a build of the same files from nothing: exports, lookup store and findings."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.exports.rdf import export_rdf
from kg.graph.store import open_build
from kg.pipeline.build import build
from tests.projects import SHAPES, SmallProject

SEEDS = range(200) if "KG_THOROUGH" in os.environ else (1,)
FILMS = [f"film{number}" for number in range(6)]
SCORES = ["8.5", "8.50", "08.5", "7"]
"""The lookup store writes the first three as one literal."""


def write_films(project: SmallProject, luck: random.Random) -> None:
    """Facts of two sources, which may contradict each other, and a sequel from which more follows."""
    for source in ("encyclopedia", "trade-paper"):
        blocks = [
            f"{film}: {{type: Film, label: {film.title()}, year: {luck.choice((2023, 2024))},"
            f" score: [{', '.join(sorted(luck.sample(SCORES, 2)))}], sequelOf: {luck.choice(FILMS)},"
            f" title: {luck.choice(('A', 'B'))}}}"
            for film in FILMS
        ]
        project.write(f"data/{source}.yaml", "\n".join([f"source: {source}", *blocks]) + "\n")


def change_one_film(project: SmallProject, luck: random.Random) -> None:
    path = project.folder / "data/encyclopedia.yaml"
    lines = path.read_text().splitlines()
    lines[luck.randrange(1, len(lines))] = f"other{luck.randrange(9)}: {{type: Film, label: Other, score: 8.50}}"
    path.write_text("\n".join(dict.fromkeys(lines)) + "\n")


def change_table(project: SmallProject, luck: random.Random) -> None:
    rows = [f"film{n},score,{luck.choice(SCORES)},fan-site,r{n}" for n in range(luck.randrange(1, 4))]
    project.write("data/scores.csv", "\n".join(["subject,property,value,source,record", *rows]) + "\n")


def change_policy(project: SmallProject, luck: random.Random) -> None:
    first = luck.choice(("encyclopedia", "trade-paper"))
    project.write("data/policy.yaml", f"trust:\n  - {first}\n")


def change_shapes(project: SmallProject, luck: random.Random) -> None:
    project.write("ontology/shapes.ttl", SHAPES.replace("minInclusive 1", f"minInclusive {luck.randrange(1, 9)}"))


def change_ontology(project: SmallProject, luck: random.Random) -> None:
    path = project.folder / "ontology/film.ttl"
    path.write_text(path.read_text() + f"film:Film{luck.randrange(999)} a <http://www.w3.org/2002/07/owl#Class> .\n")


CHANGES: list[Callable[[SmallProject, random.Random], None]] = [
    write_films,
    change_one_film,
    change_one_film,
    change_table,
    change_policy,
    change_shapes,
    change_ontology,
]


def state(project: SmallProject) -> tuple[bytes, list[str]]:
    """The exact quads of the published build, and those that its lookup store has."""
    opened = open_build(project.project.current_build)
    assert opened.store is not None
    return export_rdf(opened.folder, format="nquads", only="all"), sorted(map(str, opened.store))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_build_after_changes_equals_a_build_from_nothing(seed: int, tmp_path: Path) -> None:
    luck = random.Random(seed)
    project = SmallProject(tmp_path / "films")
    write_films(project, luck)
    for change in luck.sample(CHANGES, 3):
        change(project, luck)
        report = build(project.project)
        scratch = SmallProject.__new__(SmallProject)
        scratch.folder = tmp_path / "scratch"
        shutil.copytree(project.folder, scratch.folder, ignore=shutil.ignore_patterns(".kg"))
        again = build(scratch.project, force=True)
        assert [str(finding) for finding in report] == [str(finding) for finding in again]
        if report.ok:
            assert state(project) == state(scratch), change.__name__
        shutil.rmtree(scratch.folder)
