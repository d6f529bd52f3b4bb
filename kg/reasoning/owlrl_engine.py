"""owlrl, the reference engine: slow and exact, the oracle of the tests."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import owlrl
import rdflib
from pyoxigraph import Literal, NamedNode

from kg.terms import Spo

_ERROR_MESSAGE = "http://www.daml.org/2002/03/agents/agent-ont#ErrorMessage"


@dataclass(frozen=True, slots=True)
class Closure:
    """Everything that owlrl concludes from triples, with these triples, as RDF allows it; and its error messages."""

    triples: frozenset[Spo]
    contradictions: tuple[str, ...]


def closure(triples: Iterable[Spo]) -> Closure:
    """The closure of triples under OWL 2 RL, as owlrl computes it."""
    graph = rdflib.Graph()
    asserted = list(triples)
    text = "\n".join(f"{s} {p} {o} ." for s, p, o in asserted)
    # Blank nodes must keep their labels.
    labels = {term[2:] for s, _, o in asserted for term in (s, o) if term.startswith("_:")}
    nodes = {label: rdflib.BNode(label) for label in labels}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph.parse(data=text, format="nt", bnode_context=nodes)
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    errors = {s for s, _, o in graph if str(o) == _ERROR_MESSAGE}
    messages = sorted(str(o) for s, p, o in graph if s in errors and isinstance(o, rdflib.Literal))
    closed = frozenset(
        (s.n3(), p.n3(), _to_text(o))
        for s, p, o in graph
        if not isinstance(s, rdflib.Literal) and isinstance(p, rdflib.URIRef) and s not in errors
    )
    return Closure(closed, tuple(messages))


def _to_text(term: Any) -> str:
    if not isinstance(term, rdflib.Literal):
        return str(term.n3())
    if term.language:
        return str(Literal(str(term), language=str(term.language)))
    return str(Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None))
