"""Passages of a project: its facts verified in the source texts, and words found there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kg.decisions.links import linked_names
from kg.errors import FaultsError, ProjectError
from kg.facts.fact_table import ProjectFacts
from kg.facts.model import Source
from kg.facts.readers import read_facts
from kg.facts.sources import read_sources, unknown_source
from kg.facts.texts import TEXTS_VARIABLE, Quotation, find_quotations, open_texts, to_citation
from kg.graph.triple_tables import TripleTables
from kg.passages.verification import verify
from kg.project import Project, find_project
from kg.reports import Report
from kg.schema import read_ontology, to_schema


def verify_project(project: Project | Path | str | None = None, *, texts: Path | str | None = None) -> Report:
    """Digests, spans and values of all facts, verified in the source texts; and the faults of the files."""
    project = project if isinstance(project, Project) else find_project(project)
    schema = to_schema(read_ontology(project.ontology))
    read = read_facts(
        project.data, schema, ProjectFacts(TripleTables()), texts=texts, linked=linked_names(project.data)
    )
    available = open_texts(texts, project.texts, read.sources)
    verified = verify(read.facts, texts=available, schema=schema, undefined=read.undefined, shared=read.passages)
    return Report(read.findings) + verified


@dataclass(frozen=True, slots=True)
class FoundWords:
    """Words found in the text of a source."""

    quotation: Quotation
    citation: str
    """The value of `at` for them."""

    def __str__(self) -> str:
        """A line for a fact file, with the words in their context as a comment."""
        found = self.quotation
        context = f"{found.before}[{' '.join(found.words.split())}]{found.after}"
        return f"at: {self.citation}    # {found.start}-{found.end}: ...{context}..."


def find_in_source(
    project: Project | Path | str | None, source: str, words: str, *, texts: Path | str | None = None
) -> tuple[FoundWords, ...]:
    """Every place of the words in a source's text; where there is none, those that differ in letter case or accents.

    Raises `UnknownNameError` when there is no such source, `ProjectError` when its text is not available.
    """
    project = project if isinstance(project, Project) else find_project(project)
    listed = read_sources(project.data / "sources.yaml", file="data/sources.yaml")
    if listed.findings:
        raise FaultsError(listed.findings)
    sources = listed.sources
    if source not in sources:
        raise unknown_source(source, sources)
    available = open_texts(texts, project.texts, sources)
    if wrong := [finding for finding in available.findings() if finding.place == sources[source].place]:
        raise FaultsError(wrong)
    text = available[source]
    if text is None:
        raise ProjectError(_missing_text(sources[source], available.folders))
    quotations = list(find_quotations(text, words)) or find_quotations(text, words, folded=True)
    return tuple(FoundWords(quotation, to_citation(text, quotation)) for quotation in quotations)


def _missing_text(source: Source, folders: Iterable[Path]) -> str:
    if not source.file:
        return f"{source.id} has no text: add `file: {source.id}.txt` to it in data/sources.yaml."
    looked = " and ".join(map(str, folders)) or "texts/, which does not exist"
    return (
        f"The text of {source.id} was not found: looked for {source.file} in {looked}. Put it there, or give its folder"
        f" with --texts or in the environment variable {TEXTS_VARIABLE}."
    )
