"""A plain RDF file walks in; facts with file-level evidence walk out.

Blank nodes get the labels of RDFC-1.0 (https://www.w3.org/TR/rdf-canon/), and from these an IRI under the file's name,
so that the same file gives the same facts on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
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

from kg.facts.files import fault
from kg.facts.literals import check_value
from kg.facts.model import Evidence, Fact, Source
from kg.reports import Finding, Place
from kg.schema import Schema
from kg.terms import BASE, FILM, TYPE, Term, to_curie
from kg.text import closest, to_slug

SUFFIXES = (".ttl", ".nt", ".trig", ".nq", ".jsonld", ".rdf", ".owl")


@dataclass
class RdfReader:
    """Reads RDF files; a file that `sources.yaml` names in `file` speaks for that source, any other for itself."""

    schema: Schema
    sources: Mapping[str, Source]
    faults: list[Finding] = field(default_factory=list)

    def source_of(self, file: str) -> Source:
        """Who speaks in this file."""
        name = file.rpartition("/")[2]
        for source in self.sources.values():
            if source.file in (file, name):
                return source
        return Source("file-" + _to_name(file), title=file, file=name, place=Place(file))

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
        suffix = path.suffix.lower().removeprefix(".")
        format = RdfFormat.from_extension(suffix) or RdfFormat.RDF_XML
        try:
            if format == RdfFormat.RDF_XML and b"<!ENTITY" in path.read_bytes():
                self._fault("entities", "XML entities are not read", Place(file), remedy="Write the addresses out.")
                return []
            quads = list(parse(path=path, format=format, base_iri=BASE + "file/" + _to_name(file)))
            if not quads:
                self._fault("empty", "the file holds no facts", Place(file, 1, 1), remedy="Remove it.")
            return quads
        except SyntaxError as error:
            self._fault("syntax", f"does not parse: {error.msg}", Place(file, error.lineno or 0, error.offset or 0))
        except (OSError, ValueError) as error:
            self._fault("unreadable", f"cannot be read: {error}", Place(file))
        return []

    def _named(self, term: object, file: str) -> Term:
        if isinstance(term, BlankNode):
            return NamedNode(f"{BASE}node/{_to_name(file)}/{term.value}")
        if isinstance(term, NamedNode | Literal):
            return term
        self._fault("triple-term", "a triple stands where a thing should; triple terms are not read", Place(file))
        return Literal("")

    def _known(self, property: NamedNode, value: Term, file: str) -> bool:
        """Only our own names can be misspelled; other vocabularies are taken as they come."""
        if property.value.startswith(FILM) and property not in self.schema.properties:
            near = closest(property.value.removeprefix(FILM), list(self.schema.names))
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
            and value not in self.schema.classes
        ):
            near = closest(value.value.removeprefix(FILM), list(self.schema.class_names))
            self._fault(
                "unknown-class",
                f"{to_curie(value.value)} is not a class of the ontology",
                Place(file),
                remedy=f"Did you mean {near[0]}?" if near else "",
            )
            return False
        if (word := self.schema.properties.get(property)) is not None:
            try:
                check_value(value, word)
            except ValueError as error:
                self._fault("value", f"{word.name}: {error}", Place(file))
                return False
        return True

    def _fault(self, check: str, message: str, place: Place, *, remedy: str = "") -> None:
        self.faults.append(fault(check, message, place, remedy=remedy))


def _to_name(file: str) -> str:
    """A readable name of a file, and a digest, since two files may read alike."""
    return f"{to_slug(file)[:40].rstrip('-')}-{hashlib.sha256(file.encode()).hexdigest()[:8]}"
