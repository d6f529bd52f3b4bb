"""`kg why` of a property that is not of the entity's classes says whose property it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.cli import main
from tests.projects import own_graph

SPOUSE = "spouse is a property of a character or a person, and Anora is a feature film."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_graph(tmp_path_factory.mktemp("films")).project.folder


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["why", "anora", "spouse"], 2, SPOUSE),
        (["why", "anora", "spouse", "Sean Baker"], 1, SPOUSE),
        (["why-not", "anora", "spouse", "Sean Baker"], 0, SPOUSE),
        (["why", "Sean Baker", "runningTime"], 2, "and Sean Baker is a person."),
        (["why", "Tangerine", "sequelOf"], 2, "The graph has no such value."),
    ],
)
def test_whose_property_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], status: int, message: str
) -> None:
    assert main([*words, "--project", str(folder)]) == status
    printed = capsys.readouterr().err
    assert message in printed
    assert ("is a property of" in printed) == ("is a property of" in message or message.startswith("and"))
