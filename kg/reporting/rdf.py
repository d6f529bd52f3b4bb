"""A report walks in; the W3C's validation report walks out, in any RDF format (https://www.w3.org/TR/shacl/#validation-report).

Only what a shape found is told: the other findings of a check have neither focus node nor component.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import cast

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

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
_TIMES = {"*": "zeroOrMorePath", "+": "oneOrMorePath", "?": "zeroOrOnePath"}
_TYPE = NamedNode(RDF + "type")
Node = NamedNode | BlankNode


def to_rdf(report: Report, format: str) -> str:
    """The report graph as text, always the same for the same findings."""
    used = {name: iri for name, iri in PREFIXES.items() if name in ("sh", "xsd", "rdf", "film")}
    prefixes = used if format in ("turtle", "n3", "rdfxml") else None
    written = serialize(to_triples(report), format=FORMATS[format], prefixes=prefixes)
    return cast(bytes, written).decode()


def to_triples(report: Report) -> list[Triple]:
    """The triples of the report graph. A graph conforms when no shape found anything, whatever its severity."""
    told = [finding for finding in report if finding.component]
    head, numbers = BlankNode("report"), count(1)
    triples = [Triple(head, _TYPE, _sh("ValidationReport"))]
    conforms = Literal(str(not told).lower(), datatype=NamedNode(XSD + "boolean"))
    triples.append(Triple(head, _sh("conforms"), conforms))
    nodes = [BlankNode(f"result{number}") for number in range(1, len(told) + 1)]
    triples += [Triple(head, _sh("result"), node) for node in nodes]
    for node, finding in zip(nodes, told, strict=True):
        triples += _result(node, finding, numbers)
    return triples


def _result(node: BlankNode, finding: Finding, numbers: Iterator[int]) -> Iterator[Triple]:
    yield Triple(node, _TYPE, _sh("ValidationResult"))
    told = {
        "focusNode": finding.focus,
        "value": finding.value,
        "sourceShape": finding.shape,
        "sourceConstraintComponent": finding.component,
    }
    for name, text in told.items():
        if text:
            yield Triple(node, _sh(name), to_term(text))
    besides = {name for name, _ in finding.details}
    for name, text in finding.details:
        yield Triple(node, cast(NamedNode, to_term(name)), to_term(text))
    if f"<{SH}resultSeverity>" not in besides:
        yield Triple(node, _sh("resultSeverity"), _sh(_SEVERITIES[finding.severity]))
    if f"<{SH}resultMessage>" not in besides:
        yield Triple(node, _sh("resultMessage"), Literal(finding.message))
    if finding.path:
        triples: list[Triple] = []
        path = _path(read_sparql(finding.path), triples, numbers)
        yield Triple(node, _sh("resultPath"), path)
        yield from triples


def _path(path: PropertyPath, triples: list[Triple], numbers: Iterator[int]) -> Node:
    """The node that describes the path, after the triples below it have been written down."""
    match path:
        case PredicatePath(inverse=False):
            return cast(NamedNode, to_term(path.predicate))
        case SequencePath():
            return _list([_path(part, triples, numbers) for part in path.parts], triples, numbers)
    node = BlankNode(f"path{next(numbers)}")
    match path:
        case PredicatePath():
            triples.append(Triple(node, _sh("inversePath"), to_term(path.predicate)))
        case AlternativePath():
            members = [_path(part, triples, numbers) for part in path.parts]
            triples.append(Triple(node, _sh("alternativePath"), _list(members, triples, numbers)))
        case RepeatPath():
            triples.append(Triple(node, _sh(_TIMES[path.times]), _path(path.part, triples, numbers)))
    return node


def _list(members: list[Node], triples: list[Triple], numbers: Iterator[int]) -> Node:
    head: Term = NamedNode(RDF + "nil")
    for member in reversed(members):
        cell = BlankNode(f"path{next(numbers)}")
        triples += [Triple(cell, NamedNode(RDF + "first"), member), Triple(cell, NamedNode(RDF + "rest"), head)]
        head = cell
    return cast(Node, head)


def _sh(name: str) -> NamedNode:
    return NamedNode(SH + name)
