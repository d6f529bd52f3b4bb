"""`kg build --watch`: another build after each change of files, and none without one."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from kg.cli import main
from kg.pipeline.watch import watch
from tests.projects import SmallProject


def calls(project: SmallProject, *steps: Callable[[], object]) -> list[str]:
    """What is called while the steps are taken, several looks apart."""
    left, called = [step for each in steps for step in (_nothing, _nothing, each)] + [_nothing] * 3, []

    def sleep(_: float) -> None:
        left.pop(0)()

    watch(
        project.project,
        lambda: called.append("build"),
        then=lambda: called.append("load"),
        goes_on=lambda: bool(left),
        sleep=sleep,
    )
    return called


def watched(project: SmallProject, *steps: Callable[[], object]) -> int:
    """How often a project is built meanwhile."""
    return calls(project, *steps).count("build")


def _nothing() -> None:
    pass


def test_each_change_is_built_once(project: SmallProject) -> None:
    facts = project.write("data/films.yaml", "source: encyclopedia\n")
    assert watched(project) == 1
    assert watched(project, lambda: facts.write_text("source: encyclopedia\nanora: {type: Film}\n"), facts.unlink) == 3
    assert watched(project, lambda: project.write("queries/films.rq", "SELECT * {}")) == 1
    assert watched(project, lambda: project.write("filmgraph.toml", 'contact = "a"\n')) == 2


def test_files_that_change_places_are_a_change(project: SmallProject) -> None:
    first, second = (
        project.write("data/a.yaml", "source: fan-site\n"),
        project.write("data/b.yaml", "source: fan-room\n"),
    )
    for path in (first, second):
        os.utime(path, ns=(10**18, 10**18))  # as unpacked from an archive

    def exchange() -> None:
        first.rename(project.folder / "c.yaml")
        second.rename(first)
        (project.folder / "c.yaml").rename(second)

    def link() -> None:  # as `kg diff` does
        (project.folder / "c.yaml").hardlink_to(first)

    assert watched(project, exchange, lambda: project.write("data/a.yaml~", ""), link) == 2


def test_what_later_builds_need_is_loaded_after_the_first(project: SmallProject) -> None:
    facts = project.write("data/films.yaml", "source: encyclopedia\n")
    assert calls(project, lambda: facts.write_text("source: fan-site\n")) == ["build", "load", "build"]


def test_faults_do_not_end_it(project: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nanora: {type: Filn}\n")
    assert main(["build", "--watch", "--parent", "0", "--project", str(project.folder)]) == 0  # nobody's child: it ends
    project.write("filmgraph.toml", "[store]\nlookup = 1\n")
    assert main(["build", "--project", str(project.folder)]) == 2
    assert "always, never or auto" in capsys.readouterr().err
