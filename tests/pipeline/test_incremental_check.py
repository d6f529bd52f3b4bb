"""`kg check --changed` has the findings of a complete check."""

from __future__ import annotations

from pathlib import Path

import pytest

import kg

ONTOLOGY = """
@prefix film: <https://w3id.org/filmgraph/film/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
film:Film a owl:Class . film:Person a owl:Class .
film:director a owl:ObjectProperty ; rdfs:range film:Person .
film:minutes a owl:DatatypeProperty ; rdfs:range xsd:integer .
"""
SHAPES = """
@prefix film: <https://w3id.org/filmgraph/film/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
film:FilmShape a sh:NodeShape ; sh:targetClass film:Film ;
  sh:property [ sh:path film:director ; sh:minCount 1 ; sh:severity sh:Warning ] ;
  sh:property [ sh:path film:minutes ; sh:maxInclusive 600 ; sh:severity sh:Warning ] .
film:PersonShape a sh:NodeShape ; sh:targetClass film:Person ;
  sh:property [ sh:path rdfs:label ; sh:minCount 1 ; sh:severity sh:Warning ] .
"""
FILM = "{name}: {{type: Film, label: {name}, {more}}}\n"


def write(folder: Path, films: dict[str, str]) -> None:
    for name in ("ontology", "data", "queries"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "ontology" / "film.ttl").write_text(ONTOLOGY)
    (folder / "ontology" / "shapes.ttl").write_text(SHAPES)
    (folder / "data" / "sources.yaml").write_text("notes: {title: Notes}\n")
    blocks = "".join(FILM.format(name=name, more=more) for name, more in films.items())
    (folder / "data" / "films.yaml").write_text(f"source: notes\nridley: {{type: Person, label: Ridley}}\n{blocks}")


def identities(report: kg.Report) -> list[tuple[str, str, str, str]]:
    return sorted((finding.check, finding.focus, finding.path, finding.value) for finding in report)


BEFORE = {"alien": "director: ridley", "gladiator": "minutes: 155", "legend": "director: ridley, minutes: 9000"}


@pytest.mark.parametrize(
    "after",
    [
        BEFORE,
        BEFORE | {"gladiator": "director: ridley, minutes: 155"},
        BEFORE | {"legend": "minutes: 94"},
        BEFORE | {"napoleon": "minutes: 10000"},
        {"alien": "director: ridley"},
    ],
    ids=["nothing", "a finding corrected", "one corrected and one new", "a new film", "films removed"],
)
def test_a_check_of_changes_has_the_findings_of_a_complete_check(tmp_path: Path, after: dict[str, str]) -> None:
    write(tmp_path, BEFORE)
    built = kg.build(tmp_path)
    assert built.ok
    assert len(built) == 2
    write(tmp_path, after)
    complete, changed = kg.check(tmp_path), kg.check(tmp_path, changed=True)
    assert "changed" in changed.counts, "the published build was not used"
    assert identities(changed) == identities(complete)


def test_a_changed_shape_requires_a_complete_check(tmp_path: Path) -> None:
    write(tmp_path, BEFORE)
    assert kg.build(tmp_path).ok
    (tmp_path / "ontology" / "shapes.ttl").write_text(SHAPES.replace("600", "100"))
    changed = kg.check(tmp_path, changed=True)
    assert "changed" not in changed.counts
    assert identities(changed) == identities(kg.check(tmp_path))
