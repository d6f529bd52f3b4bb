"""RDF of a published build: its exact terms, sorted, so that the same files give the same bytes."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, serialize

from kg.errors import InputError
from kg.graph.snapshot_file import ALL, ALL_KNOWLEDGE, ASSERTED, INFERRED, Part, SnapshotFile
from kg.rdf.xml_writer import stream_rdf_xml
from kg.terms import CONTESTED, LINKS, ONTOLOGY, PREFIXES, PROVENANCE, TYPE, UNDECIDED, XSD, to_text

PARTS: Mapping[str, Part] = {
    "knowledge": ALL_KNOWLEDGE,
    "asserted": ASSERTED,
    "inferred": INFERRED,
    "provenance": Part(named=(PROVENANCE, CONTESTED, UNDECIDED)),
    "ontology": Part(named=(ONTOLOGY,)),
    "links": Part(named=(LINKS,)),
    "all": ALL,
}
"""The parts of a graph that can be exported."""

_GRAPH_FORMATS = {"turtle": RdfFormat.TURTLE, "ntriples": RdfFormat.N_TRIPLES, "rdfxml": RdfFormat.RDF_XML}
_DATASET_FORMATS = {"trig": RdfFormat.TRIG, "nquads": RdfFormat.N_QUADS}
LOCAL_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_\-]*[A-Za-z0-9_])?")
_STRING = XSD + "string"
_NEXT_LINE = " ;\n    "


def export_rdf(build: Path, *, format: str, only: str = "knowledge", prefixes: Mapping[str, str] = PREFIXES) -> bytes:
    """The text of `stream_rdf` in one piece."""
    return "".join(stream_rdf(build, format=format, only=only, prefixes=prefixes)).encode()


def stream_rdf(
    build: Path,
    *,
    format: str,
    only: str = "knowledge",
    about: NamedNode | None = None,
    prefixes: Mapping[str, str] = PREFIXES,
) -> Iterator[str]:
    """A part of a build in an RDF format, in pieces, with those of the prefixes that are used.

    Of knowledge, only what is `about` an entity, if one is named.

    Turtle, N-Triples and RDF/XML hold one graph. Raises `InputError` for a part that has several, such as `all`, and
    for an unknown format or part.
    """
    if format == "ntriples":
        return stream_ntriples(build, only=only, about=about)
    if format not in _GRAPH_FORMATS and format not in _DATASET_FORMATS:
        formats = ", ".join((*_GRAPH_FORMATS, *_DATASET_FORMATS, "jsonld"))
        raise InputError(f"There is no RDF format {format!r}; choose {formats}.")
    snapshot, part = SnapshotFile(build), replace(PARTS[check_part(only)], about=about)
    if format in _GRAPH_FORMATS and (graphs := len(snapshot.graphs(part))) > 1:
        raise InputError(_several_graphs(format, only, graphs))
    return snapshot.nquads(part) if format == "nquads" else _serialize(snapshot, part, format, prefixes)


def _serialize(snapshot: SnapshotFile, part: Part, format: str, prefixes: Mapping[str, str]) -> Iterator[str]:
    """The pieces, from a file: never all quads are in memory."""
    used = _used_prefixes(snapshot, part, prefixes)
    quads = snapshot.quads(part)
    triples = (quad.triple for quad in quads)
    with tempfile.TemporaryFile() as file:
        if format == "rdfxml":
            stream_rdf_xml(triples, file, used)
        elif format in _GRAPH_FORMATS:
            serialize(triples, file, format=_GRAPH_FORMATS[format], prefixes=used)
        else:
            serialize(quads, file, format=_DATASET_FORMATS[format], prefixes=used)
        file.seek(0)
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        while piece := text.read(1 << 20):
            yield piece


def stream_ntriples(build: Path, *, only: str = "knowledge", about: NamedNode | None = None) -> Iterator[str]:
    """A part of a build as sorted N-Triples, in pieces, so its size is no matter.

    Raises `InputError` for a part of several graphs.
    """
    snapshot, part = SnapshotFile(build), replace(PARTS[check_part(only)], about=about)
    if (graphs := len(snapshot.graphs(part))) > 1:
        raise InputError(_several_graphs("ntriples", only, graphs))
    return snapshot.ntriples(part)


def _several_graphs(format: str, only: str, count: int) -> str:
    return f"{format} can contain only one graph; {only} has {count}: choose trig, nquads or jsonld."


def check_part(only: str) -> str:
    """The name of a part of a graph; raises `InputError` for an unknown one."""
    if only not in PARTS:
        raise InputError(f"There is no part {only!r} of a graph; export {', '.join(PARTS)}.")
    return only


def read_quads(build: Path, only: str, *, about: NamedNode | None = None) -> list[Quad]:
    """The exact quads of a part of a build, sorted by graph and text."""
    return list(SnapshotFile(build).quads(replace(PARTS[only], about=about)))


def _used_prefixes(snapshot: SnapshotFile, part: Part, prefixes: Mapping[str, str]) -> dict[str, str]:
    """Those of the prefixes that a part uses, and that of the datatypes."""
    namespaces = snapshot.used_namespaces(part, set(prefixes.values()))
    for triple in snapshot.triple_terms(part):
        for term in _terms(triple):
            namespaces.add(str(term)[1:].rpartition("/")[0] + "/")
            namespaces.add(str(term)[1:].rpartition("#")[0] + "#")
    datatypes = {"xsd": PREFIXES["xsd"]}
    return datatypes | {prefix: namespace for prefix, namespace in prefixes.items() if namespace in namespaces}


def _terms(triple: Triple) -> Iterator[object]:
    """The terms of a triple, with those of a triple term."""
    yield triple.subject
    yield triple.predicate
    if isinstance(triple.object, Triple):
        yield from _terms(triple.object)
    else:
        yield triple.object


TurtleTriple = tuple[str, str, str]
"""The terms of a triple as Turtle has them."""


def turtle_blocks(triples: Iterable[TurtleTriple]) -> Iterator[str]:
    """A block for each run of triples with one subject; a triple repeated in a run is written once."""
    for subject, run in groupby(triples, key=itemgetter(0)):
        values_of: dict[str, dict[str, None]] = {}
        for _, predicate, value in run:
            values_of.setdefault(predicate, {})[value] = None
        yield turtle_block(subject, values_of)


def turtle_block(subject: str, values_of: Mapping[str, Iterable[str]]) -> str:
    """The triples of one subject: predicate -> values."""
    return turtle_text(subject, [f"{predicate} {', '.join(values)}" for predicate, values in values_of.items()])


def turtle_text(subject: str, lines: Iterable[str]) -> str:
    """The triples of one subject, a line for each predicate with its values."""
    return f"\n{subject} {_NEXT_LINE.join(lines)} .\n"


class TurtleWriter:
    """Writes Turtle in pieces, with given prefixes."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self.prefixes = prefixes
        self._prefix_of = {namespace: prefix for prefix, namespace in prefixes.items()}

    def header(self) -> str:
        """The declarations of the prefixes."""
        return "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in self.prefixes.items())

    def blocks(self, triples: Iterable[Triple]) -> Iterator[str]:
        """A block for each run of triples with one subject; a triple repeated in a run is written once."""
        return turtle_blocks((self.term(s), "a" if p == TYPE else self.term(p), self.term(o)) for s, p, o in triples)

    def term(self, term: object) -> str:
        """A term; an IRI as a prefixed name where its prefix is declared."""
        if isinstance(term, NamedNode):
            cut = max(term.value.rfind("/"), term.value.rfind("#")) + 1
            namespace, local = term.value[:cut], term.value[cut:]
            if namespace in self._prefix_of and LOCAL_NAME.fullmatch(local):
                return f"{self._prefix_of[namespace]}:{local}"
        elif isinstance(term, Literal) and term.language is None and term.datatype.value != _STRING:
            return f"{Literal(term.value)}^^{self.term(term.datatype)}"
        return to_text(term) if isinstance(term, Triple) else str(term)
