"""Every export format keeps every literal as it was written, and our readers read it back."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple

from kg.errors import InputError
from kg.exports.jsonld import stream_jsonld, to_framed
from kg.exports.rdf import export_rdf, read_quads
from kg.graph.snapshot_file import begin_named_graphs
from kg.graph.snapshot_writer import write_snapshot
from kg.graph.triple_tables import TripleTables
from kg.project import Project
from kg.rdf.parser import RdfParser
from kg.schema import Schema, read_ontology, to_schema
from kg.terms import FILM, RDF, TYPE, XSD
from tests.projects import ROOT

FORMATS = {
    "turtle": RdfFormat.TURTLE,
    "ntriples": RdfFormat.N_TRIPLES,
    "rdfxml": RdfFormat.RDF_XML,
    "trig": RdfFormat.TRIG,
    "nquads": RdfFormat.N_QUADS,
    "jsonld": RdfFormat.JSON_LD,
    "jsonld-framed": RdfFormat.JSON_LD,
}
XSD_NAMES = ("string", "integer", "decimal", "double", "boolean", "date", "gYear", "duration", "byte", "anyURI")
DATATYPES = (*(XSD + name for name in XSD_NAMES), RDF + "HTML", RDF + "JSON", "urn:datatype")
FORMS = (
    "01",
    "+1",
    "-0",
    "2.50",
    "1E3",
    "1e400",
    "true",
    "1",
    "PT60M",
    "2024-02-30",
    "0800",
    "many",
    "",
    " 7 ",
    "[1, ]",
)
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
texts = st.one_of(st.sampled_from(FORMS), st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
literals = st.one_of(
    st.builds(lambda text, name: Literal(text, datatype=NamedNode(name)), texts, st.sampled_from(DATATYPES)),
    st.builds(lambda text, tag: Literal(text, language=tag), texts, st.sampled_from(["en", "de-ch", "zh-hant-tw"])),
)
properties = st.sampled_from([FILM + name for name in ("title", "score", "runningTime", "quoted", "date")] + ["urn:p"])
ANORA = NamedNode(FILM + "anora")


@cache
def schema() -> Schema:
    return to_schema(read_ontology(Project(ROOT).ontology))


def exported(build: Path, format: str) -> bytes:
    if format == "jsonld":
        return "".join(stream_jsonld(read_quads(build, "knowledge"), schema())).encode()
    if format == "jsonld-framed":
        return to_framed(read_quads(build, "knowledge"), schema()).encode()
    return export_rdf(build, format=format)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(properties, literals), min_size=1, max_size=6))
def test_a_literal_is_the_same_after_each_export(values: list[tuple[str, Literal]]) -> None:
    film = Triple(ANORA, TYPE, NamedNode(FILM + "Film"))
    triples = {film, *(Triple(ANORA, NamedNode(name), value) for name, value in values)}
    with TemporaryDirectory() as folder:
        build = Path(folder)
        tables = TripleTables()
        tables.add(triples)
        begin_named_graphs(tables)
        write_snapshot(tables, build)
        for format, syntax in FORMATS.items():
            try:
                data = exported(build, format)
            except InputError:
                assert format == "rdfxml"
                assert any(NOT_XML.search(value.value) for _, value in values)
                continue
            path = build / "exported"
            path.write_bytes(data)
            assert {quad.triple for quad in RdfParser(path, syntax, base_iri="urn:base")} == triples, format
