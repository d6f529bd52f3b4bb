"""A small project for tests: a small ontology, and helpers that write its files and read the results."""

from __future__ import annotations

import atexit
import hashlib
import shutil
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from tempfile import mkdtemp
from textwrap import dedent

from kg.facts.fact_table import ProjectFacts
from kg.facts.model import Fact
from kg.facts.readers import FactsRead, read_facts
from kg.filmgraph import FilmGraph
from kg.graph.triple_tables import TripleTables
from kg.loaded_graph import open_local_graph
from kg.pipeline.build import build
from kg.pipeline.draft import Draft, draft
from kg.project import Project
from kg.reports import Finding, Report
from kg.schema import Schema, read_ontology, to_schema
from kg.terms import to_short

ROOT = Path(__file__).parents[1]
"""The repository."""

ONTOLOGY = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix schema: <https://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

film:Work a owl:Class ; rdfs:label "work"@en .
film:Film a owl:Class ; rdfs:subClassOf film:Work ; rdfs:label "film"@en ; rdfs:comment "A moving picture."@en .
film:Agent a owl:Class .
film:Person a owl:Class ; rdfs:subClassOf film:Agent ; rdfs:label "person"@en .
film:Award a owl:Class .
film:Release a owl:Class .
film:Figure a owl:Class .
film:Place a owl:Class ; rdfs:label "place"@en .
film:Country a skos:Concept ; skos:notation "country" ; skos:broader film:Place ; skos:prefLabel "country"@en .
film:City a skos:Concept ; skos:notation "city" ; skos:broader film:Place ; skos:prefLabel "city"@en ;
    skos:altLabel "town"@en ; skos:exactMatch schema:City .
film:Capital a skos:Concept ; skos:notation "capital" ; skos:broader film:City ; skos:prefLabel "capital"@en .
film:Recognition a owl:Class .

film:contributor a owl:ObjectProperty ; rdfs:label "contributor"@en .
film:director a owl:ObjectProperty ; rdfs:subPropertyOf film:contributor ; rdfs:range film:Person .
film:writer a owl:ObjectProperty ; rdfs:subPropertyOf film:contributor ; rdfs:range film:Person .
film:sequelOf a owl:ObjectProperty, owl:TransitiveProperty ; owl:inverseOf film:hasSequel .
film:hasSequel a owl:ObjectProperty .
film:release a owl:ObjectProperty ; rdfs:range film:Release .
film:territory a owl:ObjectProperty ; rdfs:range film:Place ; schema:rangeIncludes film:Country .
film:boxOffice a owl:ObjectProperty ; rdfs:range film:Figure .
film:recognition a owl:ObjectProperty ; rdfs:range film:Recognition .
film:outcome a owl:DatatypeProperty ; rdfs:range xsd:string .
film:count a owl:DatatypeProperty ; rdfs:range xsd:integer .
film:award a owl:ObjectProperty .

film:when a owl:DatatypeProperty .
film:date a owl:DatatypeProperty ; rdfs:subPropertyOf film:when .
film:start a owl:DatatypeProperty ; rdfs:subPropertyOf film:when .
film:end a owl:DatatypeProperty ; rdfs:subPropertyOf film:when .
film:asOf a owl:DatatypeProperty ; rdfs:subPropertyOf film:when .
film:year a owl:DatatypeProperty ; rdfs:subPropertyOf film:when .
film:earliest a owl:DatatypeProperty ; rdfs:range xsd:date .
film:latest a owl:DatatypeProperty ; rdfs:range xsd:date .

film:kind a owl:DatatypeProperty ; rdfs:range xsd:string .
film:title a owl:DatatypeProperty ; rdfs:range xsd:string .
film:wikipediaArticle a owl:DatatypeProperty ; rdfs:range xsd:anyURI .
film:genre a owl:DatatypeProperty ; rdfs:range xsd:string .
film:currency a owl:DatatypeProperty ; rdfs:range xsd:string .
film:minutes a owl:DatatypeProperty ; rdfs:range xsd:integer .
film:screens a owl:DatatypeProperty ; rdfs:range xsd:integer .
film:amount a owl:DatatypeProperty ; rdfs:range xsd:decimal .
film:score a owl:DatatypeProperty ; rdfs:range xsd:decimal .
film:inColour a owl:DatatypeProperty ; rdfs:range xsd:boolean .
film:website a owl:DatatypeProperty ; rdfs:range xsd:anyURI .
film:runningTime a owl:DatatypeProperty ; rdfs:range xsd:duration .
"""

SHAPES = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

film:FilmShape a sh:NodeShape ; sh:targetClass film:Film ;
    sh:property [ sh:path film:year ; sh:maxCount 1 ] ;
    sh:property [ sh:path film:date ; sh:maxCount 1 ] ;
    sh:property [ sh:path film:title ; sh:maxCount 1 ] ;
    sh:property [ sh:path film:minutes ; sh:maxCount 1 ; sh:minInclusive 1 ] .
film:FigureShape a sh:NodeShape ; sh:targetClass film:Figure ;
    sh:property [ sh:path film:amount ; sh:maxCount 1 ] .
"""

SOURCES = """\
encyclopedia: {title: An encyclopedia, language: en}
trade-paper: {title: A trade paper, language: en, date: 2025-03}
fan-site: {title: A fan site}
"""

ANORA = """\
source: encyclopedia

anora:
  type: Film
  label: Anora
  director: sean-baker
  year: 2024

sean-baker:
  type: Person
  label: Sean Baker
"""


@dataclass
class SmallProject:
    """A project in a folder of its own."""

    folder: Path
    texts: Path = field(init=False)

    def __post_init__(self) -> None:
        for name in ("ontology", "data", "queries"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.texts = self.folder / "source-texts"
        self.write("ontology/film.ttl", ONTOLOGY)
        self.write("ontology/shapes.ttl", SHAPES)
        self.write("data/sources.yaml", SOURCES)

    def write(self, path: str, content: str | bytes) -> Path:
        """Write one file, byte for byte; the common indentation of a text is removed."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
        return file

    def write_text_of(self, source: str, text: str) -> None:
        """Write the text of a source, and add the source to sources.yaml."""
        self.texts.mkdir(exist_ok=True)
        (self.texts / f"{source}.txt").write_bytes(text.encode())
        digest = hashlib.sha256(text.encode()).hexdigest()
        with (self.folder / "data/sources.yaml").open("a", encoding="utf-8") as file:
            file.write(f"{source}: {{title: {source}, file: {source}.txt, sha256: {digest}}}\n")

    @property
    def project(self) -> Project:
        return Project(self.folder)

    @cached_property
    def schema(self) -> Schema:
        return to_schema(read_ontology(self.project.ontology))

    def read(self) -> FactsRead:
        return read_facts(self.folder / "data", self.schema, ProjectFacts(TripleTables()))

    def facts(self) -> list[Fact]:
        """The facts of a project without findings."""
        read = self.read()
        assert read.findings == ()
        return list(read.facts)

    def finding_places(self) -> list[str]:
        """The findings about the files, one `file:line:column check` each, in the order of the files."""
        return [place_and_check(finding) for finding in Report(self.read().findings)]

    def draft(self) -> Draft:
        return draft(self.project)

    def build(self) -> Report:
        return build(self.project)

    def open(self) -> FilmGraph:
        """The graph of the files as they are now."""
        report = self.build()
        assert report, [str(finding) for finding in report]
        return open_local_graph(self.project)


def own_graph(folder: Path) -> FilmGraph:
    """The graph of the repository's own facts, in a folder of its own."""
    shutil.copytree(_own_build(), folder, dirs_exist_ok=True)
    return open_local_graph(folder)


@cache
def _own_build() -> Path:
    """A folder with the repository's own facts and their build, which is only copied."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("ontology", "data", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    report = build(folder)
    assert report.ok, report
    return folder


def place_and_check(finding: Finding) -> str:
    """`data/films.yaml:3:5 unknown-property`."""
    return f"{finding.place} {finding.check.removeprefix('facts/')}"


def statement(fact: Fact) -> str:
    """`film:anora film:year 2024`."""
    return " ".join(to_short(term) for term in (fact.subject, fact.property, fact.value))
