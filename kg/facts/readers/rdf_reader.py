"""RDF files as facts: one fact a triple, with the file, or the source that it belongs to, as evidence.

Blank nodes get canonical labels (`kg.rdf.blank_nodes`), and from these an IRI under the file's name, so that the same
file gives the same facts on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from kg.facts.files import MAX_FINDINGS, FileFindings, further_faults
from kg.facts.literals import check_value
from kg.facts.model import Evidence, Fact, Source
from kg.rdf.blank_nodes import AlikeNodesError, with_canonical_labels
from kg.rdf.file_formats import format_of
from kg.rdf.parser import RdfParser, RdfSyntaxError
from kg.reports import Place, Severity
from kg.schema import Schema
from kg.terms import BASE, FILM, TYPE, Term, to_curie
from kg.text.folding import to_slug


@dataclass
class RdfReader:
    """Reads RDF files against the ontology.

    A file that `sources.yaml` names in `file` belongs to that source; any other is a source of its own, which
    `file_sources` lists once a fact was read from it.
    """

    SUFFIXES: ClassVar = (".ttl", ".nt", ".trig", ".nq", ".jsonld", ".rdf", ".owl")
    schema: Schema
    sources: Mapping[str, Source]
    findings: FileFindings = field(default_factory=FileFindings)
    file_sources: dict[str, Source] = field(default_factory=dict)
    _faults: set[tuple[NamedNode, Term | None]] = field(default_factory=set)
    """The properties and values of the file that have been found faulty: each is reported once."""

    def read(self, path: Path, *, file: str) -> Iterator[Fact]:
        """Yield a fact for each triple; the name of its graph, where it has one, is its record."""
        quads = self._quads(path, file=file)
        source = self._source_of(file)
        self._faults.clear()
        for quad in quads:
            record = "" if isinstance(quad.graph_name, DefaultGraph) else str(quad.graph_name)
            subject, value = self._to_named(quad.subject, file), self._to_named(quad.object, file)
            if isinstance(subject, Literal) or not self._is_valid(quad.predicate, value, file):
                continue
            if source.id not in self.sources:
                self.file_sources[source.id] = source
            yield Fact(subject, quad.predicate, value, Evidence(source.id, record=record), place=Place(file))
        self.findings.extend(further_faults(len(self._faults) - MAX_FINDINGS, Place(file)))

    def add_source(self, file: str) -> None:
        """Take note of the source of a file that is not read again."""
        if (source := self._source_of(file)).id not in self.sources:
            self.file_sources[source.id] = source

    def _source_of(self, file: str) -> Source:
        name = file.rpartition("/")[2]
        for source in self.sources.values():
            if source.file in (file, name):
                return source
        return Source("file-" + _to_name(file), title=file, file=name, place=Place(file))

    def _quads(self, path: Path, *, file: str) -> list[Quad]:
        """The quads of a file, sorted, with canonical labels; none, and a finding, for a file with an error."""
        format = format_of(path)
        assert format is not None  # readers are chosen by suffix
        try:
            base_iri = BASE + "file/" + _to_name(file)
            quads = with_canonical_labels(RdfParser(path, format, base_iri=base_iri, version="1.1"))
        except RdfSyntaxError as error:
            place = Place(file, error.line, error.column)
            if error.check == "unreadable":
                self.findings.add("unreadable", error.message, place)
            else:
                self.findings.add("syntax", f"does not parse: {error.message}", place)
            return []
        except AlikeNodesError as error:
            self.findings.add("blank-nodes", str(error), Place(file))
            return []
        if not quads:
            self.findings.add("empty", "the file has no facts", Place(file, 1, 1), severity=Severity.INFO)
        return quads

    def _to_named(self, term: object, file: str) -> Term:
        """The term with an IRI in the place of a blank node."""
        if isinstance(term, BlankNode):
            return NamedNode(f"{BASE}node/{_to_name(file)}/{term.value}")
        assert isinstance(term, NamedNode | Literal)  # RDF 1.1 has no other
        return term

    def _is_valid(self, property: NamedNode, value: Term, file: str) -> bool:
        """False, and a finding, for an unknown name in our namespace or an unfit value; others are not checked."""
        if property.value.startswith(FILM) and property not in self.schema.properties:
            if self._is_new(property):
                self.findings.add_unknown_property(to_curie(property.value), self.schema, Place(file))
            return False
        is_foreign = property == TYPE and not (isinstance(value, NamedNode) and value.value.startswith(FILM))
        if not is_foreign and not self.schema.allows(property, value):
            if self._is_new(property, value):
                text = to_curie(value.value) if isinstance(value, NamedNode) else str(getattr(value, "value", value))
                self.findings.add_not_allowed(property, text, self.schema, Place(file))
            return False
        if (known := self.schema.properties.get(property)) is not None:
            try:
                check_value(value, known)
            except ValueError as error:
                if self._is_new(property, value):
                    message = f"{known.name}: {error}"
                    self.findings.add("value", message, Place(file), path=property, value=getattr(value, "value", ""))
                return False
        return True

    def _is_new(self, property: NamedNode, value: Term | None = None) -> bool:
        """Whether a fault of the file is to be reported: it has not been before, nor have too many others."""
        count = len(self._faults)
        self._faults.add((property, value))
        return count < len(self._faults) <= MAX_FINDINGS


def _to_name(file: str) -> str:
    """A readable name for a file, with a digest, since two files may give the same readable name."""
    return f"{to_slug(file)[:40].rstrip('-')}-{hashlib.sha256(file.encode()).hexdigest()[:8]}"
