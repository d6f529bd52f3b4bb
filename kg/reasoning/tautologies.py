"""Triples that hold whatever the graph says; they are left out of what follows, unless asked for."""

from __future__ import annotations

from kg.reasoning.rules import NOTHING, SAME, THING, TYPE, name
from kg.terms import Spo
from kg.xsd import SUPPORTED

SUB_CLASS = name("rdfs:subClassOf")
REFLEXIVE = frozenset(
    {SAME, SUB_CLASS, name("owl:equivalentClass"), name("rdfs:subPropertyOf"), name("owl:equivalentProperty")}
)
"""Everything stands in these to itself."""
OVER_THING = frozenset({TYPE, SUB_CLASS, name("rdfs:domain"), name("rdfs:range")})
"""Everything stands in these to owl:Thing."""
WORDS = REFLEXIVE | OVER_THING | {THING, NOTHING}
"""What such triples are made of."""

_ANNOTATIONS = (
    "rdfs:label rdfs:comment rdfs:seeAlso rdfs:isDefinedBy owl:deprecated owl:versionInfo owl:priorVersion"
    " owl:backwardCompatibleWith owl:incompatibleWith"
)
AXIOMS = frozenset(
    {(THING, TYPE, name("owl:Class")), (NOTHING, TYPE, name("owl:Class"))}
    | {(datatype, TYPE, name("rdfs:Datatype")) for datatype in SUPPORTED}
    | {(name(curie), TYPE, name("owl:AnnotationProperty")) for curie in _ANNOTATIONS.split()}
)
"""What cls-thing, cls-nothing1, dt-type1 and prp-ap state of the vocabulary itself."""


def is_trivial(triple: Spo) -> bool:
    """True for a triple that holds whatever the graph says."""
    s, p, o = triple
    if s == o:
        return p in REFLEXIVE
    return (o == THING and p in OVER_THING) or (s == NOTHING and p == SUB_CLASS) or triple in AXIOMS
