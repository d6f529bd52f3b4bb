"""Diagrams and pages of the modules of an ontology."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from kg.cli import main
from kg.ontology_docs.diagram import draw, draw_class, draw_hierarchy
from kg.ontology_docs.module import Module, read_modules
from kg.ontology_docs.page import find_examples, write_page
from kg.project import find_project
from kg.schema import read_ontology, to_schema
from kg.terms import FILM, TYPE

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """@prefix film: <https://w3id.org/filmgraph/film/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix schema: <https://schema.org/> .
<http://example.org/o> a owl:Ontology ; rdfs:label "<script>&" ; rdfs:comment "One | two." .
film:A a owl:Class ; rdfs:label "a" ; rdfs:comment "Line one\\nand | two" ; rdfs:subClassOf film:B .
film:B a owl:Class ; rdfs:subClassOf film:A .
film:to a owl:ObjectProperty ; schema:domainIncludes film:A, film:Elsewhere ; schema:rangeIncludes film:B .
"""


def written(tmp_path: Path, text: str) -> Module:
    (tmp_path / "odd.ttl").write_text(text, encoding="utf-8")
    (module,) = read_modules([tmp_path / "odd.ttl"])
    return module


@pytest.mark.parametrize("module", read_modules(find_project(ROOT).ontology), ids=lambda module: module.name)
def test_a_diagram_shows_every_class_and_every_property_of_a_module(module: Module) -> None:
    schema = to_schema(read_ontology(find_project(ROOT).ontology))
    root = ET.fromstring(draw(module, schema))
    shown = {(text.text or "").strip() for text in root.iter(f"{SVG}text")}
    drawn = {term.name for term in module.properties if module.used_on(term.iri)}
    assert {term.name for term in module.classes} | drawn <= shown


def test_boxes_do_not_overlap(tmp_path: Path) -> None:
    module = read_modules(find_project(ROOT).ontology)[0]
    root = ET.fromstring(draw(module, to_schema(read_ontology(find_project(ROOT).ontology))))
    boxes = [
        tuple(int(box.get(name, "0")) for name in ("x", "y", "height"))
        for box in root.iter(f"{SVG}rect")
        if box.get("class") == "box"
    ]
    assert len(boxes) > 5
    for x, y, height in boxes:
        assert not [other for other in boxes if other[0] == x and y < other[1] < y + height]


def test_text_of_an_ontology_is_escaped_and_cycles_end(tmp_path: Path) -> None:
    module = written(tmp_path, HOSTILE)
    assert "<script>" not in draw(module, module.schema)
    ET.fromstring(draw(module, module.schema))
    page = write_page(module, module.triples, {})
    assert "Line one and \\| two" in page


def test_a_term_has_the_first_triple_that_uses_it_as_its_example(tmp_path: Path) -> None:
    module = written(tmp_path, HOSTILE)
    anora, other, a = (NamedNode(FILM + name) for name in ("anora", "other", "A"))
    examples = find_examples(
        [(anora, TYPE, a), (other, TYPE, a), (anora, NamedNode(FILM + "to"), other)], module.schema
    )
    page = write_page(module, (), examples)
    assert "`anora`" in page
    assert "`anora to other`" in page


def test_kg_ontology_diagram_writes_a_file_for_each_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["ontology", "diagram", "-o", str(tmp_path / "out")]) == 0
    assert len(list((tmp_path / "out").glob("*.svg"))) == len(read_modules(find_project(ROOT).ontology))
    assert main(["ontology", "diagram"]) == 2
    assert "--output" in capsys.readouterr().err


def page_of(iri: NamedNode) -> str:
    """The URL of a term's page."""
    return "/film/" + iri.value.removeprefix(FILM) if iri.value.startswith(FILM) else ""


def texts_and_links(svg: str) -> tuple[set[str], set[str]]:
    """The texts of a drawing, and where its links lead."""
    root = ET.fromstring(svg)
    texts = {(text.text or "").strip() for text in root.iter("text")}
    return texts, {link.get("href", "") for link in root.iter("a")}


def test_a_class_is_drawn_with_its_properties_and_the_classes_beside_it() -> None:
    schema = to_schema(read_ontology(find_project(ROOT).ontology))
    texts, links = texts_and_links(draw_class(NamedNode(FILM + "Film"), schema, page_of))
    assert {"Film", "Work", "FeatureFilm", "director", "boxOffice", "PlotEvent", "inPlotOf"} <= texts
    assert {"/film/Film", "/film/Work", "/film/FeatureFilm", "/film/director", "/film/inPlotOf"} <= links


def test_every_class_can_be_drawn_as_narrow_as_a_phone() -> None:
    schema = to_schema(read_ontology(find_project(ROOT).ontology))
    for iri, term in schema.classes.items():
        root = ET.fromstring(draw_class(iri, schema, page_of))
        assert int(root.get("width", "0")) <= 350
        assert term.name in {text.text for text in root.iter("text")}


def test_the_hierarchy_has_every_class_once_below_a_wider_one(tmp_path: Path) -> None:
    schema = to_schema(read_ontology(find_project(ROOT).ontology))
    root = ET.fromstring(draw_hierarchy(schema, page_of))
    places = {text.text: (int(text.get("x", "0")), int(text.get("y", "0"))) for text in root.iter("text")}
    assert set(places) == {term.name for iri, term in schema.classes.items() if page_of(iri)}
    assert places["Work"] < places["Film"] < places["FeatureFilm"]
    # Classes that are narrower than each other have no place in a tree, and do not stop the drawing.
    odd = written(tmp_path, HOSTILE).schema
    assert "<script>" not in draw_hierarchy(odd, page_of) + draw_class(NamedNode(FILM + "A"), odd, page_of)
