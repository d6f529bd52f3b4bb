"""The same triples walk in; what owlrl, the reference engine, makes of them walks out.

owlrl is slow and exact: it is the oracle of the tests, and `--engine owlrl` for who does not trust the other one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kg.graph.triple_tables import TripleTables
from kg.reasoning.ontology import SCHEMA_CLASSES, SCHEMA_PREDICATES, Ontology
from kg.reasoning.rules import TYPE
from kg.reasoning.tautologies import is_trivial
from kg.reports import Finding, Report
from kg.terms import Spo

if TYPE_CHECKING:
    from kg.reasoning.infer import Inference

_ERRORS = "http://www.daml.org/2002/03/agents/agent-ont#ErrorMessage"


def infer_by_reference(workshop: TripleTables, axioms: Iterable[Spo], *, schema: bool, trivial: bool) -> Inference:
    """Fill the workshop's `inferred` with what owlrl concludes, left out and put in as the own engine does."""
    from kg.reasoning.grounding import ground
    from kg.reasoning.infer import Inference

    said = set(workshop.triple_texts())
    told = set(axioms)
    closed, messages = closure(said | told)
    ontology = Ontology(sorted(said | told))
    subjects = {s for s, p, _ in told if p in SCHEMA_PREDICATES or p == TYPE}
    new = [t for t in sorted(closed - said - told) if _is_wanted(t, subjects, schema=schema, trivial=trivial)]
    workshop.sql.execute("DELETE FROM inferred")
    workshop.add_texts(new, table="inferred")
    findings = tuple(Finding("owl/contradiction", message) for message in messages)
    counts = {"asserted": len(said), "inferred": len(new)}
    return Inference(Report(findings, counts), tuple(ground(ontology)), 1, len(new), ontology)


def closure(triples: Iterable[Spo]) -> tuple[set[Spo], list[str]]:
    """Everything that owlrl makes of the triples, with them, as RDF allows it; and what it says contradicts itself."""
    import owlrl
    import rdflib

    graph = rdflib.Graph()
    said = list(triples)
    text = "\n".join(f"{s} {p} {o} ." for s, p, o in said)
    # The labels of blank nodes must come out as they went in.
    labels = {term[2:] for s, _, o in said for term in (s, o) if term.startswith("_:")}
    nodes = {label: rdflib.BNode(label) for label in labels}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph.parse(data=text, format="nt", bnode_context=nodes)
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    errors = {s for s, _, o in graph if str(o) == _ERRORS}
    messages = sorted(str(o) for s, p, o in graph if s in errors and isinstance(o, rdflib.Literal))
    return (
        {
            (s.n3(), p.n3(), _to_n3(o))
            for s, p, o in graph
            if not isinstance(s, rdflib.Literal) and isinstance(p, rdflib.URIRef) and s not in errors
        },
        messages,
    )


def _to_n3(term: Any) -> str:
    import rdflib

    if not isinstance(term, rdflib.Literal):
        return str(term.n3())
    from pyoxigraph import Literal, NamedNode

    if term.language:
        return str(Literal(str(term), language=str(term.language)))
    return str(Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None))


def _is_wanted(triple: Spo, subjects: set[str], *, schema: bool, trivial: bool) -> bool:
    s, p, o = triple
    if not trivial and is_trivial(triple):
        return False
    return schema or not (p in SCHEMA_PREDICATES or (p == TYPE and o in SCHEMA_CLASSES) or s in subjects)
