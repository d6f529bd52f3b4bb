"""What an editor shows at a position of a fact file or a query."""

from __future__ import annotations

import pytest

from kg.language_server.diagnostics import find_faults
from kg.language_server.editor_features import complete, find_definition, hover
from kg.language_server.index import ProjectIndex
from tests.projects import SmallProject

CURSOR = "‸"


def position(text: str) -> tuple[list[str], int, int]:
    """The lines of a text without its cursor, and where that was."""
    line = text[: text.index(CURSOR)].count("\n")
    column = text.split("\n")[line].index(CURSOR)
    return text.replace(CURSOR, "").split("\n"), line, column


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anora:\n  dir‸", "director"),
        ("anora:\n  type: F‸", "Film"),
        ("anora:\n  director: s‸", "sean-baker"),
        ("anora:\n  director: {value: s‸", "sean-baker"),
        ("anora:\n  director:\n    - s‸", "sean-baker"),
        ("source: en‸", "encyclopedia"),
        ("anora:\n  director: {value: sean-baker, source: ‸", "encyclopedia"),
    ],
)
def test_what_can_be_written_is_offered(anora: SmallProject, text: str, expected: str) -> None:
    index = ProjectIndex(anora.project)
    assert expected in {item.label for item in complete(index, *position(text), is_query=False)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("SELECT ?film { ?‸ }", "?film"), ("SELECT * { ?f film:dir‸ }", "director"), ("SELECT * { ?f fil‸", "film:")],
)
def test_a_query_is_completed(anora: SmallProject, text: str, expected: str) -> None:
    index = ProjectIndex(anora.project)
    assert expected in {item.label for item in complete(index, *position(text), is_query=True)}


def test_nothing_is_offered_in_a_comment(anora: SmallProject) -> None:
    assert complete(ProjectIndex(anora.project), *position("anora:\n  # dir‸"), is_query=False) == []


def test_a_word_is_explained(anora: SmallProject) -> None:
    anora.write_text_of("paper", "Directed by Sean Baker. It is long.")
    index = ProjectIndex(anora.project)
    assert "**Sean Baker**" in hover(index, *position("anora:\n  director: sean‸-baker"))
    assert "An encyclopedia" in hover(index, *position("source: ency‸clopedia"))
    assert "not available" in hover(index, *position("source: paper\nanora:\n  year: {value: 2, at: 0-‸8}"))


def test_a_definition_is_found(anora: SmallProject) -> None:
    index = ProjectIndex(anora.project)
    place = find_definition(index, *position("tangerine:\n  director: sean‸-baker"))
    assert place is not None
    assert str(place).startswith("data/")
    term = find_definition(index, *position("SELECT * { ?f film:dir‸ector ?d }"))
    assert term is not None
    assert term.file == "ontology/film.ttl"


def test_a_file_that_is_not_saved_is_checked(anora: SmallProject) -> None:
    file = anora.folder / "data/new.yaml"
    assert find_faults(anora.project, {}) == []
    [fault] = find_faults(anora.project, {file: "source: encyclopedia\n\ntangerine:\n  type: Film\n  yeer: 2015\n"})
    assert (fault.check, str(fault.place)) == ("facts/unknown-property", "data/new.yaml:5:3")
    query = anora.folder / "queries/broken.rq"
    [fault] = find_faults(anora.project, {query: "SELECT * {\n  ?f }\n"})
    assert fault.place is not None
    assert fault.place.file == "queries/broken.rq"
