"""A project of its own, for importers to write into."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kg.cli import main
from kg.facts.fact_table import ProjectFacts
from kg.facts.model import Fact
from kg.facts.readers import FactsRead, read_facts
from kg.graph.triple_tables import TripleTables
from kg.project import Project
from kg.schema import read_ontology, to_schema
from kg.terms import to_curie, to_short

ROOT = Path(__file__).parents[2]
DATASETS = ROOT / "tests" / "datasets"


@dataclass(frozen=True)
class ImportProject:
    """A project with our ontology and no facts of its own."""

    folder: Path

    def run(self, *arguments: str) -> int:
        return main(["import", *arguments, "--project", str(self.folder)])

    def table(self, source: str) -> Path:
        return self.folder / "data" / "imports" / source / "facts.csv"

    def rejects(self, source: str) -> str:
        return (self.folder / "data" / "imports" / source / "rejects.txt").read_text(encoding="utf-8")

    def read(self) -> FactsRead:
        schema = to_schema(read_ontology(Project(self.folder).ontology))
        return read_facts(self.folder / "data", schema, ProjectFacts(TripleTables()))

    def facts(self) -> list[Fact]:
        read = self.read()
        assert not read.findings, "\n".join(map(str, read.findings))
        return list(read.facts)

    def values_of(self, entity: str) -> set[tuple[str, str]]:
        """Property and value of every fact about an entity, in short forms."""
        return {
            (to_curie(fact.property.value).removeprefix("film:"), to_short(fact.value).removeprefix("film:"))
            for fact in self.facts()
            if to_short(fact.subject) == f"film:{entity}"
        }
