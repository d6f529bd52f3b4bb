"""RDF/XML that every reader reads, or an error."""

from __future__ import annotations

import pytest
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.errors import InputError
from kg.rdf.xml_writer import write_rdf_xml

FILM, TITLE = NamedNode("urn:film"), NamedNode("urn:e:title")


@pytest.mark.parametrize("end", ["p", "a/p", "a#p", "a#p1", "1p", "a.b", "-a", "a_b", "a%20b", "é/p"])
def test_a_property_that_ends_in_a_name_is_read_back(end: str) -> None:
    predicate = NamedNode(f"https://example.org/{end}")
    graph = rdflib.Graph().parse(data=write_rdf_xml([Triple(FILM, predicate, Literal("x"))], {}), format="xml")
    assert [str(p) for p in graph.predicates()] == [predicate.value]


@pytest.mark.parametrize("end", ["", "p/", "p/1", "p#", "a?b=1", "p/-1", "p/12.5"])
def test_a_property_that_no_element_can_have_as_name_is_an_error(end: str) -> None:
    with pytest.raises(InputError, match="property"):
        write_rdf_xml([Triple(FILM, NamedNode(f"https://example.org/{end}"), Literal("x"))], {})


@pytest.mark.parametrize("text", ["\x01", "a\x0bb", "\x1b", "\ufffe", "\uffff"])
def test_a_character_that_xml_does_not_have_is_an_error(text: str) -> None:
    with pytest.raises(InputError, match=r"character U\+"):
        write_rdf_xml([Triple(FILM, TITLE, Literal(text))], {})


@pytest.mark.parametrize("text", ["a\rb", "a\nb\tc", "<&>]]>", "\x7f", "𝄞"])
def test_every_other_character_is_read_back(text: str) -> None:
    graph = rdflib.Graph().parse(data=write_rdf_xml([Triple(FILM, TITLE, Literal(text))], {}), format="xml")
    assert [str(value) for value in graph.objects()] == [text]


@pytest.mark.parametrize("label", ["0a", "a.b", "a"])
def test_any_label_of_a_blank_node_is_written(label: str) -> None:
    node = BlankNode(label)
    graph = rdflib.Graph().parse(data=write_rdf_xml([Triple(node, TITLE, node)], {}), format="xml")
    ((s, _, o),) = graph
    assert s == o
