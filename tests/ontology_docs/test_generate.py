"""What is generated from the ontology is fresh."""

from __future__ import annotations

from pathlib import Path

from kg.ontology_docs.generate import generate
from kg.project import Project

ROOT = Path(__file__).parents[2]


def test_generated_files_are_fresh() -> None:
    for path, text in generate(Project(ROOT)).items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path}: run python -m kg.ontology_docs.generate"
