"""Triples walk in; an rdflib graph walks out. rdflib is imported here alone in this room."""

from __future__ import annotations

from collections.abc import Iterable

import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.terms import PREFIXES


def to_rdflib(triples: Iterable[Triple]) -> rdflib.Graph:
    """The same triples as rdflib has them, with the graph's prefixes; literals keep their exact text."""
    graph = rdflib.Graph()
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    for triple in triples:
        graph.add((_node(triple.subject), _node(triple.predicate), _node(triple.object)))
    return graph


def _node(term: object) -> rdflib.term.Node:
    match term:
        case NamedNode():
            return rdflib.URIRef(term.value)
        case BlankNode():
            return rdflib.BNode(term.value)
        case Literal():
            kind = None if term.language is not None else rdflib.URIRef(term.datatype.value)
            if kind == rdflib.XSD.string:
                kind = None
            return rdflib.Literal(term.value, lang=term.language, datatype=kind, normalize=False)
        case _:
            raise TypeError(f"rdflib has no triple terms: {term}")
