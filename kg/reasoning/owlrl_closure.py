"""The closure of triples under OWL 2 RL as owlrl computes it: the reference engine and the oracle of the tests."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal, NamedNode

from kg.rdf.rdflib_warnings import without_rdflib_warnings
from kg.reasoning.rules import SAME
from kg.terms import OPAQUE, Spo, is_triple_term
from kg.xsd import literal_parts, value_of

_ERROR_MESSAGE = "http://www.daml.org/2002/03/agents/agent-ont#ErrorMessage"


@dataclass(frozen=True, slots=True)
class OwlrlClosure:
    """Everything that owlrl concludes from triples, with these triples, as RDF allows it; and its error messages.

    `about_literals` are its conclusions with a literal or a triple term as subject, which RDF does not allow.
    """

    triples: frozenset[Spo]
    about_literals: frozenset[Spo]
    contradictions: tuple[str, ...]


def owlrl_closure(triples: Iterable[Spo]) -> OwlrlClosure:
    """The closure of triples under OWL 2 RL, as owlrl computes it; literals of one value are equal from the start."""
    import owlrl  # imported here: owlrl and rdflib take long to import
    import rdflib

    asserted = list(triples)
    graph = rdflib.Graph()
    with warnings.catch_warnings(), without_rdflib_warnings():  # ill-typed literals are findings
        warnings.simplefilter("ignore")
        for triple in [*asserted, *_equal_values(asserted)]:
            graph.add(tuple(map(_to_rdflib, triple)))
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    errors = {s for s, _, o in graph if str(o) == _ERROR_MESSAGE}
    messages = sorted(str(o) for s, p, o in graph if s in errors and isinstance(o, rdflib.Literal))
    closed = {
        (_to_text(s), p.n3(), _to_text(o)) for s, p, o in graph if isinstance(p, rdflib.URIRef) and s not in errors
    }
    about_literals = {triple for triple in closed if triple[0].startswith(('"', "<<"))}
    return OwlrlClosure(frozenset(closed - about_literals), frozenset(about_literals), tuple(messages))


def _equal_values(triples: Iterable[Spo]) -> Iterator[Spo]:
    """The literals of one value are the same (dt-eq), each as the first; owlrl leaves that rule out."""
    first: dict[object, str] = {}
    for text in sorted({o for _, _, o in triples if o.startswith('"')}):
        value = value_of(text)
        if value is not None and first.setdefault(value, text) != text:
            yield (first[value], SAME, text)


def _to_rdflib(text: str) -> Any:
    """The term of rdflib with this exact N-Triples form: rdflib itself would write `01` as `1`."""
    import rdflib

    literal = literal_parts(text)
    if is_triple_term(text) or (literal is not None and literal.direction):
        return rdflib.Literal(text, datatype=OPAQUE)
    if literal is None:
        return rdflib.BNode(text[2:]) if text.startswith("_:") else rdflib.URIRef(text[1:-1])
    if literal.language:
        return rdflib.Literal(literal.lexical, lang=literal.language)
    is_plain = not text.endswith(">")
    return rdflib.Literal(literal.lexical, datatype=None if is_plain else literal.datatype, normalize=False)


def _to_text(term: Any) -> str:
    """The exact N-Triples form of a term of rdflib."""
    from rdflib import Literal as RdflibLiteral

    if not isinstance(term, RdflibLiteral):
        return str(term.n3())
    if str(term.datatype) == OPAQUE:
        return str(term)
    if term.language:
        return str(Literal(str(term), language=str(term.language)))
    return str(Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None))
