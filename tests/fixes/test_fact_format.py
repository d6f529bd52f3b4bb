"""`kg fmt`: which files are rewritten, and what is reported of those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.cli import main
from kg.fixes.fact_format import format_project, format_text
from kg.fixes.migration import migrate
from kg.schema import read_ontology, to_schema
from tests.projects import ROOT, SmallProject

SCHEMA = to_schema(read_ontology([*(ROOT / "ontology").glob("*.ttl")]))
LONG = "source: encyclopedia\nanora: {budget: {amount: 2000000, currency: EUR}}\n"
SHORT = "source: encyclopedia\nanora: {budget: €2 million}\n"


@pytest.fixture
def films(project: SmallProject) -> SmallProject:
    """A small project with the complete ontology."""
    (project.folder / "ontology/film.ttl").unlink()
    for path in (ROOT / "ontology").glob("*.ttl"):
        project.write(f"ontology/{path.name}", path.read_bytes())
    return project


UNREADABLE = [
    (b"hello\n", "data/wrong.yaml:1:1: violation: a section is a mapping of entities, not a value. Write a block"),
    (b"- anora\n", "data/wrong.yaml:1:1: violation: a section is a mapping of entities, not a list. Write a block"),
    (b"a: b\nanora:\n  type: [a, b\n", "data/wrong.yaml:3:9: violation: not YAML: the list that begins here has no ]"),
    (b"a: b\n\x89PNG\n", "data/wrong.yaml:2:1: violation: not UTF-8: byte 0x89. Save the file as UTF-8."),
]


@pytest.mark.parametrize(("content", "message"), UNREADABLE)
@pytest.mark.parametrize("form", ["--short", "--long"])
def test_what_keeps_a_file_from_being_read_is_reported_with_its_place(
    films: SmallProject, capsys: pytest.CaptureFixture[str], content: bytes, message: str, form: str
) -> None:
    path = films.write("data/wrong.yaml", content)
    assert main(["fmt", form, "--apply", str(path), "--project", str(films.folder)]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_read_keeps_no_other_from_being_formatted(
    films: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    path = films.write("data/a.yaml", LONG)
    films.write("data/b.yaml", "hello\n")
    assert main(["fmt", "--short", "--apply", "--project", str(films.folder)]) == 2
    assert "1 file changed." in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == SHORT


def test_a_file_that_is_not_formatted_is_refused_with_the_reason(
    films: SmallProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reasons = {
        tmp_path / "nosuch.yaml": "There is no file",
        films.folder / "data": "is a folder",
        films.folder / "data/sources.yaml": "has no facts",
        films.write("films.yaml", LONG): "those of this project are under",
    }
    for path, reason in reasons.items():
        assert main(["fmt", "--short", str(path), "--project", str(films.folder)]) == 2
        assert f"{path} " in (message := capsys.readouterr().err) or f"{path}." in message
        assert reason in message


def test_a_title_with_a_colon_gets_quotation_marks() -> None:
    text = f"{LONG}spiders:\n  label: Spider-Man: Homecoming\n"
    expected = f'{SHORT}spiders:\n  label: "Spider-Man: Homecoming"\n'
    assert format_text(text, SCHEMA, short=True) == expected


def test_a_patch_of_a_file_without_a_last_line_end_can_be_applied(films: SmallProject) -> None:
    films.write("data/a.yaml", LONG.removesuffix("\n"))
    (file,) = format_project(films.folder, short=True).files
    assert file.to_diff(films.folder).endswith(f"+{SHORT.splitlines()[1]}\n\\ No newline at end of file\n")


def test_no_term_is_replaced_in_the_other_files(films: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    films.write("data/a.yaml", "anora:\n  type: [a, b\n")
    assert [str(finding.place) for finding in migrate(films.project).left] == ["data/a.yaml:2:9"]
    assert main(["migrate", "--project", str(films.folder)]) == 1
    assert "No other file has a term that was replaced." in capsys.readouterr().err
