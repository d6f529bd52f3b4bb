"""`kg why` and `kg sparql` say whose property it is that an entity or variable does not have by its classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.cli import main
from kg.explain.empty_answers import explain_empty
from kg.loaded_graph import open_local_graph
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


QUERIES = [
    ("film:anora film:spouse ?x", "film:spouse is a property of a character or a person, and film:anora is a "),
    ("?f a film:Film ; film:spouse ?x", "film:spouse is a property of a character or a person, and ?f is a film."),
    ("?f film:director ?d . ?d film:runningTime ?x", "and ?d is a person."),
    ("film:anora film:director/film:runningTime ?x", "and a film:director is a person."),
    ("?f a film:Film ; film:director ?x ; film:spouse ?y", "film:spouse is a property of"),
    ("?f film:title ?t ; film:spouse ?x", ""),
    ("?p a film:Person ; film:spouse ?x ; film:birthDate ?y", ""),
    ("film:anora a film:Person", ""),
    ("?f a film:Film OPTIONAL { ?f film:spouse ?x } FILTER(BOUND(?x))", ""),
]


@pytest.mark.parametrize(("pattern", "message"), QUERIES)
def test_an_empty_answer_says_whose_property_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str], pattern: str, message: str
) -> None:
    assert main(["sparql", "-e", f"SELECT * {{ {pattern} }}", "--project", str(folder)]) == 0
    printed = capsys.readouterr()
    assert "(0 rows)" in printed.out
    assert message in printed.err
    assert ("is a property of" in printed.err) == bool(message)
    assert not (message and "All names are known" in printed.err)


def test_what_matches_is_no_mistake(folder: Path) -> None:
    graph = open_local_graph(folder)
    text = "SELECT * { ?f a film:Film ; film:director ?x FILTER(?x = 1) }"
    assert explain_empty(graph.store, text).foreign == ()
