"""A call with a time limit: its result or its error comes back, and what takes too long is killed."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import pytest

from kg.errors import LimitError, UnknownNameError
from kg.filmgraph import FilmGraph
from kg.workers.client import run_with_timeout
from kg.workers.worker import WorkerSetup
from tests.projects import ANORA, SmallProject
from tests.workers.jobs import find_film, print_and_repeat, read_file, sleep_long, stop_itself, take_memory

NOTHING = WorkerSetup(int)
GENEROUS = 120.0


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> WorkerSetup:
    """A worker with a graph of one film open."""
    films = SmallProject(tmp_path_factory.mktemp("worker") / "films")
    films.write("data/films.yaml", ANORA)
    films.open()
    return WorkerSetup(partial(FilmGraph, films.project, build=films.project.current_build))


def test_a_function_runs_on_the_graph_in_another_process(setup: WorkerSetup) -> None:
    process, iri = run_with_timeout(setup, find_film, "Anora", seconds=GENEROUS)
    assert process != os.getpid()
    assert iri == "https://w3id.org/filmgraph/film/anora"


def test_an_error_of_the_function_is_raised_with_its_attributes(setup: WorkerSetup) -> None:
    with pytest.raises(UnknownNameError) as raised:
        run_with_timeout(setup, find_film, "Anorra", seconds=GENEROUS)
    assert raised.value.suggestions == ("Anora",)


def test_what_takes_too_long_is_killed() -> None:
    began = time.monotonic()
    with pytest.raises(LimitError, match=r"longer than 0\.2 seconds") as raised:
        run_with_timeout(NOTHING, sleep_long, seconds=0.2)
    assert raised.value.limit == "seconds"
    assert time.monotonic() - began < GENEROUS


def test_a_worker_that_is_not_ready_in_time_is_killed() -> None:
    """Of the time in which it opens its graph, 0.4 seconds are not counted."""
    began = time.monotonic()
    with pytest.raises(LimitError, match=r"The query took longer than 0\.2 seconds"):
        run_with_timeout(WorkerSetup(partial(time.sleep, GENEROUS)), sleep_long, seconds=0.2)
    assert time.monotonic() - began < GENEROUS / 2


def test_a_worker_that_dies_is_no_timeout() -> None:
    with pytest.raises(LimitError) as raised:
        run_with_timeout(NOTHING, stop_itself, seconds=GENEROUS)
    assert raised.value.limit == "process"


def test_what_cannot_be_opened_raises_its_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_with_timeout(WorkerSetup(partial(os.listdir, tmp_path / "nothing")), sleep_long, seconds=GENEROUS)


def test_what_a_function_prints_does_not_disturb_its_result(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_with_timeout(NOTHING, print_and_repeat, 1 << 20, seconds=GENEROUS) == "x" * (1 << 20)
    assert "a word on stdout" in capfd.readouterr().err


def test_a_sandboxed_worker_reads_only_what_it_may(tmp_path: Path) -> None:
    mine, foreign = tmp_path / "mine", tmp_path / "foreign"
    for folder in (mine, foreign):
        folder.mkdir()
        (folder / "text").write_text("some words", encoding="utf-8")
    sandboxed = WorkerSetup(int, readable=(mine,))
    assert run_with_timeout(sandboxed, read_file, mine / "text", seconds=GENEROUS) == "some words"
    with pytest.raises(PermissionError):
        run_with_timeout(sandboxed, read_file, foreign / "text", seconds=GENEROUS)


def test_memory_is_bounded() -> None:
    with pytest.raises(LimitError) as raised:
        run_with_timeout(WorkerSetup(int, memory=64 << 20), take_memory, 1 << 30, seconds=GENEROUS)
    assert raised.value.limit == "memory"
