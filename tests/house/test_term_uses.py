"""The words of the ontology are few, and each of them is needed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kg
from kg.project import find_project
from kg.schema import Schema, read_ontology, to_schema
from kg.terms import FILM, TYPE

ROOT = Path(__file__).resolve().parents[2]
IN_AXIOMS_ONLY = {"creditOf": "the chain of playedBy is made of it"}
"""Terms that no query, shape, page or export has, each with the reason."""
MAX_CLASSES, MAX_PROPERTIES, MAX_IN_CORE = 45, 141, 51


@pytest.fixture(scope="module")
def ontology() -> Schema:
    return to_schema(read_ontology(find_project(ROOT).ontology))


def test_the_ontology_stays_small(ontology: Schema) -> None:
    core = re.findall(r"^film:\w+ a owl:\w*Property", (ROOT / "ontology/core.ttl").read_text(), re.MULTILINE)
    assert len([iri for iri in ontology.classes if iri.value.startswith(FILM)]) <= MAX_CLASSES
    assert len([iri for iri in ontology.properties if iri.value.startswith(FILM)]) <= MAX_PROPERTIES
    assert len(core) <= MAX_IN_CORE


def test_every_term_has_data_or_is_imported_or_exported(ontology: Schema) -> None:
    assert kg.build(ROOT)
    graph = kg.open(find_project(ROOT))
    held = {
        term
        for triple in graph.triples()
        for term in (triple.predicate, triple.object)[: 1 + (triple.predicate == TYPE)]
    }
    named = _words(
        "kg/importers/**/*.py",
        "kg/mappings/**/*.py",
        "kg/mappings/**/*.yaml",
        "kg/exports/*.py",
        "ontology/datasets.ttl",
    )
    own = [iri for iri in (*ontology.classes, *ontology.properties) if iri.value.startswith(FILM)]
    assert not {iri.value.removeprefix(FILM) for iri in own if iri not in held} - named


def test_every_term_is_used_by_a_query_a_shape_a_page_or_an_export(ontology: Schema) -> None:
    used = (
        _words(
            "queries/**/*.rq",
            "ontology/shapes*.ttl",
            "ontology/datasets.ttl",
            "kg/server/pages/*.py",
            "kg/exports/*.py",
        )
        | _written_by_crosswalk()
    )
    own = [iri for iri in (*ontology.classes, *ontology.properties) if iri.value.startswith(FILM)]
    assert {iri.value.removeprefix(FILM) for iri in own} - used == set(IN_AXIOMS_ONLY)


def _words(*patterns: str) -> set[str]:
    """Every word in the files."""
    texts = (path.read_text(encoding="utf-8") for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())
    return {word for text in texts for word in re.findall(r"\w+", text)}


def _written_by_crosswalk() -> set[str]:
    """The terms that have a counterpart in Wikidata or schema.org, under which they are exported."""
    text = (ROOT / "ontology/crosswalk.ttl").read_text(encoding="utf-8")
    return {
        block.split()[0].removeprefix("film:")
        for block in re.findall(r"^film:.*?\.$", text, re.MULTILINE | re.DOTALL)
        if " wd:" in block or " schema:" in block
    }
