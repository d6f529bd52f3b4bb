"""A plain RDF file walks in; facts with file-level evidence walk out.

Blank nodes get the labels of RDFC-1.0 (https://www.w3.org/TR/rdf-canon/), and from these an IRI under the file's name,
so that the same file gives the same facts on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    parse,
)

from kg.facts.fact import Evidence, Fact, Source
from kg.facts.files import fault
from kg.facts.lexicon import Lexicon
from kg.facts.sources import Sources
from kg.facts.values import nearest, to_slug
from kg.reports import Finding, Place
from kg.terms import BASE, FILM, TYPE, Term, to_curie

SUFFIXES = (".ttl", ".nt", ".trig", ".nq", ".jsonld", ".rdf", ".owl")
_ENTITY = re.compile(rb"<!ENTITY\s+\S+\s+(?:[\"']([^\"']*)[\"']|SYSTEM|PUBLIC)", re.IGNORECASE)


@dataclass
class RdfReader:
    """Reads RDF files; a file that `sources.yaml` names in `file` speaks for that source, any other for itself."""

    lexicon: Lexicon
    sources: Sources
    faults: list[Finding] = field(default_factory=list)

    def source_of(self, file: str) -> Source:
        """Who speaks in this file."""
        name = file.rpartition("/")[2]
        for source in self.sources.values():
            if source.file in (file, name):
                return source
        return Source("file-" + to_slug(file), title=file, file=name, place=Place(file))

    def read(self, path: Path, *, file: str) -> Iterator[Fact]:
        """Yield a fact for each triple; the name of its graph, where it has one, is its record."""
        quads = self._quads(path, file=file)
        if any(isinstance(term, BlankNode) for quad in quads for term in (quad.subject, quad.object)):
            dataset = Dataset(quads)
            dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
            quads = list(dataset)
        source = self.source_of(file).id
        for quad in sorted(quads, key=str):
            record = "" if isinstance(quad.graph_name, DefaultGraph) else str(quad.graph_name)
            subject, value = self._named(quad.subject, file), self._named(quad.object, file)
            if isinstance(subject, Literal) or not self._known(quad.predicate, value, file):
                continue
            yield Fact(subject, quad.predicate, value, Evidence(source, record=record), place=Place(file))

    def _quads(self, path: Path, *, file: str) -> list[Quad]:
        format = RdfFormat.from_extension(path.suffix.removeprefix("."))
        try:
            if format == RdfFormat.RDF_XML and _ENTITY.search(path.read_bytes()[: 1 << 16]):
                self._fault("entities", "XML entities are not read", Place(file), remedy="Write the addresses out.")
                return []
            return list(parse(path=path, format=format, base_iri=BASE + "file/" + to_slug(file)))
        except SyntaxError as error:
            self._fault("syntax", f"does not parse: {error.msg}", Place(file, error.lineno or 0, error.offset or 0))
        except (OSError, ValueError) as error:
            self._fault("unreadable", f"cannot be read: {error}", Place(file))
        return []

    def _named(self, term: object, file: str) -> Term:
        if isinstance(term, BlankNode):
            return NamedNode(f"{BASE}node/{to_slug(file)}/{term.value}")
        if isinstance(term, NamedNode | Literal):
            return term
        self._fault("triple-term", "a triple stands where a thing should; triple terms are not read", Place(file))
        return Literal("")

    def _known(self, property: NamedNode, value: Term, file: str) -> bool:
        """Only our own names can be misspelled; other vocabularies are taken as they come."""
        if property.value.startswith(FILM) and property not in self.lexicon.properties:
            near = nearest(property.value.removeprefix(FILM), list(self.lexicon.names))
            self._fault(
                "unknown-property",
                f"{to_curie(property.value)} is not a property of the ontology",
                Place(file),
                remedy=f"Did you mean {near[0]}?" if near else "",
            )
            return False
        if (
            property == TYPE
            and isinstance(value, NamedNode)
            and value.value.startswith(FILM)
            and value not in self.lexicon.classes
        ):
            near = nearest(value.value.removeprefix(FILM), list(self.lexicon.class_names))
            self._fault(
                "unknown-class",
                f"{to_curie(value.value)} is not a class of the ontology",
                Place(file),
                remedy=f"Did you mean {near[0]}?" if near else "",
            )
            return False
        return True

    def _fault(self, check: str, message: str, place: Place, *, remedy: str = "") -> None:
        self.faults.append(fault(check, message, place, remedy=remedy))
