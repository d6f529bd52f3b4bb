"""Reports as the W3C's validation report, in any RDF format (https://www.w3.org/TR/shacl/#validation-report).

It has only the findings of shapes: others have neither focus node nor component.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import cast

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from kg.rdf.xml_writer import write_rdf_xml
from kg.reports import Finding, Report, Severity
from kg.shapes.paths import AlternativePath, PredicatePath, PropertyPath, RepeatPath, SequencePath, read_sparql
from kg.terms import PREFIXES, RDF, SH, XSD, Term, to_term

FORMATS = {
    "turtle": RdfFormat.TURTLE,
    "ntriples": RdfFormat.N_TRIPLES,
    "rdfxml": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
    "n3": RdfFormat.N3,
}
_SEVERITIES = {Severity.VIOLATION: "Violation", Severity.WARNING: "Warning", Severity.INFO: "Info"}
_REPEATS = {"*": "zeroOrMorePath", "+": "oneOrMorePath", "?": "zeroOrOnePath"}
_TYPE = NamedNode(RDF + "type")


def to_rdf(report: Report, format: str) -> str:
    """The report graph as text, always the same for the same findings."""
    used = {name: iri for name, iri in PREFIXES.items() if name in ("sh", "xsd", "rdf", "film")}
    prefixes = used if format in ("turtle", "n3") else None
    if format == "rdfxml":
        return write_rdf_xml(to_triples(report), used).decode()
    written = serialize(to_triples(report), format=FORMATS[format], prefixes=prefixes)
    return cast(bytes, written).decode()


def to_triples(report: Report) -> list[Triple]:
    """The triples of the report graph. A graph conforms when no shape has a result, whatever its severity."""
    findings = [finding for finding in report if finding.component]
    head, numbers = BlankNode("report"), count(1)
    triples = [Triple(head, _TYPE, _sh("ValidationReport"))]
    conforms = Literal(str(not findings).lower(), datatype=NamedNode(XSD + "boolean"))
    triples.append(Triple(head, _sh("conforms"), conforms))
    nodes = [BlankNode(f"result{number}") for number in range(1, len(findings) + 1)]
    triples += [Triple(head, _sh("result"), node) for node in nodes]
    for node, finding in zip(nodes, findings, strict=True):
        triples += _result(node, finding, numbers)
    return triples


def _result(node: BlankNode, finding: Finding, numbers: Iterator[int]) -> Iterator[Triple]:
    yield Triple(node, _TYPE, _sh("ValidationResult"))
    values = {
        "focusNode": finding.focus,
        "value": finding.value,
        "sourceShape": finding.shape,
        "sourceConstraintComponent": finding.component,
    }
    for name, text in values.items():
        if text:
            yield Triple(node, _sh(name), to_term(text))
    detailed = {name for name, _ in finding.details}
    for name, text in finding.details:
        yield Triple(node, cast(NamedNode, to_term(name)), to_term(text))
    if f"<{SH}resultSeverity>" not in detailed:
        yield Triple(node, _sh("resultSeverity"), _sh(_SEVERITIES[finding.severity]))
    if f"<{SH}resultMessage>" not in detailed:
        yield Triple(node, _sh("resultMessage"), Literal(finding.message))
    if finding.path:
        paths = _PathWriter(numbers)
        yield Triple(node, _sh("resultPath"), paths.node(read_sparql(finding.path)))
        yield from paths.triples


class _PathWriter:
    """Describes property paths; `triples` are those of the nodes made so far, each after those that it refers to."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self.triples: list[Triple] = []
        self._numbers = numbers

    def node(self, path: PropertyPath) -> NamedNode | BlankNode:
        """The node that describes a path."""
        match path:
            case PredicatePath(inverse=False):
                return cast(NamedNode, to_term(path.predicate))
            case SequencePath():
                return self._list([self.node(part) for part in path.parts])
        node = self._blank_node()
        match path:
            case PredicatePath():
                self._add(node, _sh("inversePath"), to_term(path.predicate))
            case AlternativePath():
                self._add(node, _sh("alternativePath"), self._list([self.node(part) for part in path.parts]))
            case RepeatPath():
                self._add(node, _sh(_REPEATS[path.times]), self.node(path.part))
        return node

    def _list(self, members: list[NamedNode | BlankNode]) -> NamedNode | BlankNode:
        head: NamedNode | BlankNode = NamedNode(RDF + "nil")
        for member in reversed(members):
            cell = self._blank_node()
            self._add(cell, NamedNode(RDF + "first"), member)
            self._add(cell, NamedNode(RDF + "rest"), head)
            head = cell
        return head

    def _blank_node(self) -> BlankNode:
        return BlankNode(f"path{next(self._numbers)}")

    def _add(self, subject: BlankNode, predicate: NamedNode, object: Term) -> None:
        self.triples.append(Triple(subject, predicate, object))


def _sh(name: str) -> NamedNode:
    return NamedNode(SH + name)
