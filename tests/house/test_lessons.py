"""The lessons run from the first cell to the last, with their checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "docs/lessons").glob("*.ipynb"))


def _cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


# The first lesson builds a graph, which takes seconds.
_MARKS = {"1-facts": [pytest.mark.long]}


@pytest.mark.parametrize(
    "lesson", [pytest.param(path, id=path.stem, marks=_MARKS.get(path.stem, [])) for path in LESSONS]
)
def test_a_lesson_runs(lesson: Path) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    sources = ["".join(cell["source"]) for cell in _cells(lesson)]
    for source in sources:
        exec(compile(source, lesson.name, "exec"), names)
    assert sum("assert" in source for source in sources) >= 4
    assert any("# your answer" in source for source in sources)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_imports_only_what_the_documents_describe(lesson: Path) -> None:
    documents = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    lines = [line for cell in _cells(lesson) for line in "".join(cell["source"]).splitlines()]
    assert [line for line in lines if line.startswith("from kg.") and line not in documents] == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_kept_without_its_output(lesson: Path) -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in _cells(lesson))
