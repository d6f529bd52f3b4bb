"""Every term is matched with other vocabularies, or the crosswalk gives the reason why it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Triple

from kg.ontology_docs.module import Module, read_modules
from kg.project import find_project
from kg.schema import Schema, read_ontology, to_schema
from kg.terms import FILM, PREFIXES, SKOS

ROOT = Path(__file__).resolve().parents[2]
ONTOLOGY = find_project(ROOT).ontology
MATCHES = (SKOS + "exactMatch", SKOS + "closeMatch", FILM + "inverseMatch")
REASON = SKOS + "editorialNote"
NAMESPACES = {
    "ec": "http://www.ebu.ch/metadata/ontologies/ebucoreplus#",
    "fiaf": "https://fiafcore.org/ontology/",
    "schema": "https://schema.org/",
}


@pytest.fixture(scope="module")
def schema() -> Schema:
    return to_schema(read_ontology(ONTOLOGY))


@pytest.fixture(scope="module")
def crosswalk() -> list[Triple]:
    return [
        triple
        for triple in read_ontology([ROOT / "ontology/crosswalk.ttl"])
        if triple.predicate.value in (*MATCHES, REASON)
    ]


def names_of(vocabulary: str) -> dict[str, str]:
    """Name -> class or property."""
    lines = (Path(__file__).parent / f"vocabularies/{vocabulary}.txt").read_text(encoding="utf-8").splitlines()
    return {NAMESPACES[vocabulary] + line.split()[1]: line.split()[0] for line in lines}


def matches_of(crosswalk: list[Triple], namespace: str) -> Iterator[tuple[NamedNode, str, str]]:
    for triple in crosswalk:
        assert isinstance(triple.subject, NamedNode)
        if isinstance(triple.object, NamedNode) and triple.object.value.startswith(namespace):
            yield triple.subject, triple.predicate.value, triple.object.value


def test_every_term_has_a_match_or_the_reason_why_not(schema: Schema, crosswalk: list[Triple]) -> None:
    own = {iri for iri in (*schema.types, *schema.properties) if iri.value.startswith(FILM)}
    matched = {triple.subject for triple in crosswalk if triple.predicate.value in MATCHES}
    explained = {triple.subject for triple in crosswalk if triple.predicate.value == REASON}
    assert not own - matched - explained, "add a match to ontology/crosswalk.ttl, or the reason as skos:editorialNote"
    assert not matched & explained
    assert not (matched | explained) - own - {NamedNode(FILM + "inverseLabel")}


@pytest.mark.parametrize("vocabulary", NAMESPACES)
def test_every_match_exists_and_an_exact_one_is_of_the_same_sort(
    vocabulary: str, schema: Schema, crosswalk: list[Triple]
) -> None:
    names = names_of(vocabulary)
    matches = list(matches_of(crosswalk, NAMESPACES[vocabulary]))
    assert {match for _, _, match in matches} <= names.keys()
    for subject, predicate, match in matches:
        if predicate != SKOS + "closeMatch":
            assert names[match] == ("property" if subject in schema.properties else "class"), (subject, match)


def test_classes_are_items_of_wikidata_and_properties_are_properties(schema: Schema, crosswalk: list[Triple]) -> None:
    for subject, _, match in matches_of(crosswalk, PREFIXES["wd"]):
        letter = "P" if subject in schema.properties else "Q"
        assert re.fullmatch(rf"{letter}[1-9][0-9]*", match.removeprefix(PREFIXES["wd"])), (subject, match)


def test_no_exact_match_is_of_two_terms(crosswalk: list[Triple]) -> None:
    exact = [triple.object for triple in crosswalk if triple.predicate.value == SKOS + "exactMatch"]
    assert len(exact) == len(set(exact))


@pytest.mark.parametrize("module", read_modules(ONTOLOGY), ids=lambda module: module.name)
def test_every_module_is_introduced_drawn_and_explained_with_examples(module: Module) -> None:
    assert module.title.startswith("Film ontology: ")
    lines = module.introduction.splitlines()
    assert 4 <= len(lines) <= 6
    page = (ROOT / f"docs/ontology/{module.name}.md").read_text(encoding="utf-8")
    assert f"({module.name}.svg)" in page
    assert (ROOT / f"docs/ontology/{module.name}.svg").is_file()
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    assert rows.keys() == {term.name for term in (*module.classes, *module.properties)}
    for name, row in rows.items():
        crosswalk, example = (cell.strip() for cell in row.replace("\\|", "/").strip("| ").split("|")[-2:])
        assert crosswalk.startswith(("=", "≈", "↔", "none: ")), name
        assert example.startswith("`"), name
