"""A published build walks in; RDF in any format walks out, the same bytes from the same files everywhere.

What is exported are the exact terms that the build wrote down, not what the store keeps of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from kg.errors import InputError
from kg.graph.store import GRAPHS
from kg.terms import KNOWLEDGE, PREFIXES, TYPE, XSD

_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_\-]*[A-Za-z0-9_])?")
_STRINGS = (XSD + "string",)


class TurtleWriter:
    """Writes with these prefixes."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self.prefixes = prefixes
        self._spaces = {space: prefix for prefix, space in prefixes.items()}

    def header(self) -> str:
        """The prefixes, as a file begins."""
        return "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in self.prefixes.items())

    def blocks(self, triples: Iterable[Triple]) -> Iterator[str]:
        """A block for each run of triples with one subject; a triple said twice in a run is written once."""
        for subject, run in groupby(triples, key=lambda triple: triple.subject):
            said: dict[NamedNode, dict[str, None]] = {}
            for triple in run:
                said.setdefault(triple.predicate, {})[self.term(triple.object)] = None
            lines = " ;\n    ".join(
                f"{'a' if predicate == TYPE else self.term(predicate)} {', '.join(values)}"
                for predicate, values in said.items()
            )
            yield f"\n{self.term(subject)} {lines} .\n"

    def term(self, term: object) -> str:
        """A term, short where its prefix is known."""
        if isinstance(term, NamedNode):
            cut = max(term.value.rfind("/"), term.value.rfind("#")) + 1
            space, local = term.value[:cut], term.value[cut:]
            if space in self._spaces and _LOCAL.fullmatch(local):
                return f"{self._spaces[space]}:{local}"
        elif isinstance(term, Literal) and term.language is None and term.datatype.value not in _STRINGS:
            return f"{Literal(term.value)}^^{self.term(term.datatype)}"
        return str(term)


PARTS: Mapping[str, tuple[str, ...]] = {
    "knowledge": ("asserted.nt", "inferred.nt"),
    "asserted": ("asserted.nt",),
    "inferred": ("inferred.nt",),
    "provenance": ("provenance.nt", "contested.nt"),
    "ontology": ("ontology.nt",),
    "links": ("links.nt",),
    "all": tuple(GRAPHS),
}
"""What may be exported -> the build's files that hold it."""

_ONE_GRAPH = {"turtle": RdfFormat.TURTLE, "ntriples": RdfFormat.N_TRIPLES, "rdfxml": RdfFormat.RDF_XML}
_DATASET = {"trig": RdfFormat.TRIG, "nquads": RdfFormat.N_QUADS}


def export_rdf(build: Path, *, format: str, only: str = "knowledge") -> bytes:
    """A build's triples in an RDF format.

    Turtle, N-Triples and RDF/XML hold one graph: of `all`, which has several, they are refused with `InputError`, as is
    provenance in the files of which the contested triples stand in a graph of their own.
    """
    quads = read_quads(build, check_part(only))
    if format in _ONE_GRAPH:
        graphs = {quad.graph_name for quad in quads}
        if len(graphs) > 1:
            raise InputError(f"{format} holds one graph, and {only} has {len(graphs)}; choose trig, nquads or jsonld.")
        return _write((quad.triple for quad in quads), _ONE_GRAPH[format], quads)
    if format in _DATASET:
        return _write(quads, _DATASET[format], quads)
    raise InputError(f"There is no RDF format {format!r}; choose {', '.join((*_ONE_GRAPH, *_DATASET, 'jsonld'))}.")


def check_part(only: str) -> str:
    """The name of a part of a graph, when it is one; raises `InputError` when it is none."""
    if only not in PARTS:
        raise InputError(f"There is no part {only!r} of a graph; export {', '.join(PARTS)}.")
    return only


def read_quads(build: Path, only: str) -> list[Quad]:
    """The exact quads of a part of a build, sorted by graph and text."""
    quads = (quad for name in PARTS[only] for quad in _read(build / name, GRAPHS[name] or KNOWLEDGE))
    return sorted(quads, key=_order)


def _read(path: Path, graph: object) -> Iterator[Quad]:
    for quad in parse(path=path, format=RdfFormat.N_TRIPLES):
        yield Quad(quad.subject, quad.predicate, quad.object, graph)  # type: ignore[arg-type]


def _order(quad: Quad) -> tuple[str, str]:
    return ("" if isinstance(quad.graph_name, DefaultGraph) else str(quad.graph_name), str(quad.triple))


def _write(what: Iterable[Triple] | Iterable[Quad], format: RdfFormat, quads: list[Quad]) -> bytes:
    if not format.supports_datasets and format == RdfFormat.N_TRIPLES:
        return "".join(f"{quad.triple} .\n" for quad in quads).encode()
    return serialize(what, format=format, prefixes=used_prefixes(quads)) or b""


def used_prefixes(quads: Iterable[Quad]) -> dict[str, str]:
    """The graph's prefixes that these quads use."""
    texts: set[str] = set()
    for quad in quads:
        texts.update(str(term)[1:].rpartition("/")[0] + "/" for term in (quad.subject, quad.predicate, quad.object))
        texts.update(str(term)[1:].rpartition("#")[0] + "#" for term in (quad.subject, quad.predicate, quad.object))
        texts.add(str(quad.graph_name)[1:].rpartition("/")[0] + "/")
    datatypes = {"xsd": PREFIXES["xsd"]}
    return datatypes | {prefix: namespace for prefix, namespace in PREFIXES.items() if namespace in texts}
