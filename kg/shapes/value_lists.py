"""Lists of classes, datatypes and kinds of nodes, which SHACL 1.2 allows, as alternatives of SHACL 1.0.

`sh:class ( film:Film film:Series )` means that each value is in one of the classes: `sh:or` with a shape for each,
https://www.w3.org/TR/shacl12-core/#ClassConstraintComponent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pyoxigraph import BlankNode, NamedNode, Triple

from kg.terms import RDF, SH

_TAKES_LIST = frozenset(NamedNode(SH + name) for name in ("class", "datatype", "nodeKind"))
_OR = NamedNode(SH + "or")
_FIRST, _REST = NamedNode(RDF + "first"), NamedNode(RDF + "rest")


def without_value_lists(triples: Sequence[Triple]) -> tuple[Triple, ...]:
    """The triples of shapes with alternatives in place of such lists."""
    rests: dict[object, object] = {triple.subject: triple.object for triple in triples if triple.predicate == _REST}
    heads = [triple for triple in triples if triple.predicate in _TAKES_LIST and triple.object in rests]
    parameters = {cell: triple.predicate for triple in heads for cell in _cells(triple.object, rests)}
    return tuple(_alternatives(triples, parameters)) if heads else tuple(triples)


def _cells(head: object, rests: Mapping[object, object]) -> Iterator[object]:
    seen = set()
    while head in rests and head not in seen:
        yield head
        seen.add(head)
        head = rests[head]


def _alternatives(triples: Sequence[Triple], parameters: Mapping[object, NamedNode]) -> Iterator[Triple]:
    """The triples, of which each cell of a list has a shape with its parameter as its member."""
    for triple in triples:
        if triple.predicate in _TAKES_LIST and triple.object in parameters:
            yield Triple(triple.subject, _OR, triple.object)
        elif triple.predicate == _FIRST and isinstance(triple.subject, BlankNode) and triple.subject in parameters:
            alternative = BlankNode(f"{triple.subject.value}-alternative")
            yield Triple(triple.subject, _FIRST, alternative)
            yield Triple(alternative, parameters[triple.subject], triple.object)
        else:
            yield triple
