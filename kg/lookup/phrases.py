"""Triples, axioms and citations in words, with the labels that people know."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg.facts.model import Fact
from kg.graph.store import find_quad
from kg.lookup.entity_names import EntityNames
from kg.passages.texts import Texts, passage_uri
from kg.terms import ALIAS, LABEL, NOTE, ONTOLOGY, RDF, TYPE, entity_iri, to_short

_FIRST, _REST = NamedNode(RDF + "first"), NamedNode(RDF + "rest")


def axiom_in_words(axiom: Triple, names: EntityNames) -> str:
    """An axiom of the ontology as people say it: `every director is a contributor`."""
    subject = _named(axiom.subject, names)
    value = _named(axiom.object, names)
    if isinstance(axiom.object, BlankNode) and (members := list(_members(names.store, axiom.object))):
        joint = " then " if axiom.predicate.value.endswith("propertyChainAxiom") else ", "
        value = joint.join(_named(member, names) for member in members)
    if (words := _AXIOMS.get(axiom.predicate.value.rpartition("#")[2])) is not None:
        return words.format(s=subject, o=value)
    return f"{subject} {_named(axiom.predicate, names)} {value}"


_AXIOMS = {
    "subPropertyOf": "every '{s}' is a '{o}'",
    "subClassOf": "every {s} is a {o}",
    "inverseOf": "'{s}' is '{o}' the other way round",
    "propertyChainAxiom": "'{o}' makes '{s}'",
    "domain": "what has a '{s}' is a {o}",
    "range": "a '{s}' is a {o}",
    "equivalentClass": "{s} and {o} are the same class",
    "equivalentProperty": "'{s}' and '{o}' are the same property",
    "type": "'{s}' is a {o}",
}


def _members(store: Store, head: BlankNode) -> Iterator[NamedNode | BlankNode | Literal]:
    """The members of an RDF list in the ontology."""
    node: object = head
    for _ in range(100):
        if not isinstance(node, BlankNode):
            return
        first = find_quad(store, node, _FIRST, None, ONTOLOGY)
        rest = find_quad(store, node, _REST, None, ONTOLOGY)
        if first is None or isinstance(first.object, Triple):
            return
        yield first.object
        node = rest.object if rest is not None else None


def triple_in_words(triple: Triple, names: EntityNames) -> str:
    """`Anora  director  Sean Baker`."""
    return (
        f"{_named(triple.subject, names)}  {property_in_words(triple.predicate, names)}  {_named(triple.object, names)}"
    )


def property_in_words(property: NamedNode, names: EntityNames) -> str:
    """`director`, `is a`."""
    return _VERBS.get(property) or _named(property, names)


_VERBS = {TYPE: "is a", LABEL: "is called", ALIAS: "is also called", NOTE: "remark"}


def cite_fact(fact: Fact, texts: Texts) -> str:
    """Who says a fact and where, in whose words; or that the passage was not at hand."""
    spot = fact.evidence
    source = texts.sources.get(spot.source)
    where = passage_uri(source, spot) if source is not None else ""
    as_of = f" (as of {fact.as_of})" if fact.as_of else ""
    if not spot.has_span:
        record = f", record {spot.record}" if spot.record else ""
        return f"{spot.source}{record} says so{as_of}" + (f" [{where}]" if where and not record else "")
    passage = texts.passage(spot)
    if passage is None:
        return f"{spot.source} says so{as_of} [{where}] (passage not at hand)"
    words = " ".join(passage.split())
    words = words if len(words) <= 160 else words[:159].rstrip() + "…"
    kind = " in other words" if fact.paraphrase else ""
    return f"{spot.source} says so{kind}{as_of}: “{words}” [{where}]"


def _named(term: object, names: EntityNames) -> str:
    """A thing by its label, a node without a name by its owner's and the way to it, a literal in quotes."""
    if not isinstance(term, NamedNode):
        return f"“{to_short(term)}”" if isinstance(term, Literal) else str(term)
    if label := names.label(term):
        return label
    owner, _, way = term.value.rpartition("/")[2].partition(".")
    if way and (label := names.label(entity_iri(owner))):
        return " › ".join((label, *way.split(".", 1)))
    return to_short(term).removeprefix("film:")
