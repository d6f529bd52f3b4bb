"""RDF terms and their text forms: ids, CURIEs, N-Triples; namespaces and named graphs.

Terms are pyoxigraph's own values: `NamedNode`, `BlankNode`, `Literal`. Their exact form everywhere inside is N-Triples
(https://www.w3.org/TR/n-triples/): one text for one term, so that text equality is term equality.

A graph of RDF 1.2 may have triple terms as objects, which are pyoxigraph's `Triple`. `Term` leaves them out, since
facts, axioms and shapes have none: what matches terms by kind passes on any other term as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import cast

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, parse

Term = NamedNode | BlankNode | Literal
Spo = tuple[str, str, str]
"""A triple, or a pattern with variables such as `?x`: the N-Triples forms of its terms."""

BASE = "https://w3id.org/filmgraph/"
FILM = BASE + "film/"
SOURCE = BASE + "source/"
FACT = BASE + "fact/"
GRAPH = BASE + "graph/"
EVIDENCE = BASE + "evidence#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SH = "http://www.w3.org/ns/shacl#"
PROV = "http://www.w3.org/ns/prov#"

PREFIXES: dict[str, str] = {
    "film": FILM,
    "source": SOURCE,
    "fact": FACT,
    "graph": GRAPH,
    "ev": EVIDENCE,
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": "https://schema.org/",
    "sh": SH,
    "skos": SKOS,
    "wd": "http://www.wikidata.org/entity/",
    "wdt": "http://www.wikidata.org/prop/direct/",
    "xsd": XSD,
}
"""Prefix -> namespace, as every query and export of the graph knows them."""

TYPE = NamedNode(RDF + "type")
LABEL = NamedNode(RDFS + "label")
ALIAS = NamedNode(SKOS + "altLabel")
NOTE = NamedNode(RDFS + "comment")
OPAQUE = BASE + "opaque"
"""The datatype of the literals that stand for terms of RDF 1.2 in engines on rdflib, which has no such terms."""
KNOWLEDGE = DefaultGraph()
"""The graph of asserted and inferred triples."""
NAMED_GRAPHS = tuple(NamedNode(GRAPH + name) for name in ("provenance", "contested", "undecided", "ontology", "links"))
"""The named graphs beside it; what is undecided is contested as well."""
PROVENANCE, CONTESTED, UNDECIDED, ONTOLOGY, LINKS = NAMED_GRAPHS
KNOWN_NAMES = {"type": TYPE, "label": LABEL, "alias": ALIAS, "note": NOTE}
"""Names in fact files for the properties of other vocabularies."""

_WITHOUT_QUOTES = tuple(XSD + name for name in ("integer", "decimal", "boolean"))
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_\-])?")
_CURIE = re.compile(r"(?P<prefix>[A-Za-z][A-Za-z0-9\-]*)?:(?P<local>[^/\s<>\"{}|\\^`][^\s<>\"{}|\\^`]*)?")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>\"{}|\\^`]*")


def entity_iri(name: str) -> NamedNode:
    """The entity or ontology term `film:name`.

    >>> entity_iri("anora").value
    'https://w3id.org/filmgraph/film/anora'
    """
    return NamedNode(FILM + name)


def to_iri(text: str) -> NamedNode:
    """The IRI that a name (`anora`), a CURIE (`film:anora`) or an address (`<https://...>`) stands for.

    Raises `ValueError` when the text is none of these or its prefix is unknown.

    >>> to_iri("film:anora") == to_iri("anora") == to_iri("<https://w3id.org/filmgraph/film/anora>")
    True
    """
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1]
        if _IRI.fullmatch(text) is None:
            raise ValueError(f"<{text}> is not an absolute IRI")
        return NamedNode(text)
    if _LOCAL.fullmatch(text) is not None:
        return entity_iri(text)
    curie = _CURIE.fullmatch(text)
    if curie is not None and (curie["prefix"] or "film") in PREFIXES:
        return NamedNode(PREFIXES[curie["prefix"] or "film"] + (curie["local"] or ""))
    if _IRI.fullmatch(text) is not None and "://" in text:
        return NamedNode(text)
    raise ValueError(f"{text!r} is neither a name, nor a CURIE with a known prefix, nor an IRI")


def to_curie(iri: str, prefixes: Mapping[str, str] = PREFIXES) -> str:
    """The shortest readable form of an IRI that `to_iri` and SPARQL read back, where they know the prefixes.

    >>> to_curie("https://w3id.org/filmgraph/film/anora")
    'film:anora'
    >>> to_curie("https://example.org/")
    '<https://example.org/>'
    """
    for prefix, namespace in prefixes.items():
        if iri.startswith(namespace) and _LOCAL.fullmatch(iri[len(namespace) :]) is not None:
            return f"{prefix}:{iri[len(namespace) :]}"
    return f"<{iri}>"


def to_text(term: Term | Triple) -> str:
    """The exact N-Triples form of a term; pyoxigraph writes the brackets of a triple term only inside another."""
    return f"<<( {term} )>>" if isinstance(term, Triple) else str(term)


_SIMPLE_TERM = re.compile(r'(?P<iri><[^\s<>"{}|^`\\]+>)|"[^"\\\r\n]*"')
"""An IRI, or a literal without language and datatype, neither with an escaped character."""


def is_triple_term(text: str) -> bool:
    """True for the N-Triples form of a triple term."""
    return text.startswith("<<")


def to_spo(triple: Triple | Quad) -> Spo:
    """The exact N-Triples forms of a triple's terms."""
    return str(triple.subject), str(triple.predicate), to_text(triple.object)


def to_term(text: str) -> Term:
    """The term with this N-Triples form, a triple term as well; raises `ValueError` when the text is not one term.

    >>> to_term('"Anora"@en').language
    'en'
    """
    if (simple := _SIMPLE_TERM.fullmatch(text)) is not None:
        # A parser for each of millions of terms would take most of the time.
        with suppress(ValueError):
            return NamedNode(text[1:-1]) if simple["iri"] is not None else Literal(text[1:-1])
    try:
        triples = list(parse(f"<urn:s> <urn:p> {text} .", format=RdfFormat.N_TRIPLES))
    except SyntaxError as error:
        raise ValueError(f"{text!r} is not a term in N-Triples form: {error}") from error
    if len(triples) != 1:
        raise ValueError(f"{text!r} is not one term in N-Triples form")
    return cast(Term, triples[0].object)


def to_short(term: Term | Triple, prefixes: Mapping[str, str] = PREFIXES) -> str:
    """A term as people read it: a CURIE, or the words of a literal.

    >>> a, b, c = (NamedNode(f"urn:x:{name}") for name in "abc")
    >>> to_short(Triple(a, b, Literal("1", datatype=c)), {"x": "urn:x:"})
    '<<( x:a x:b "1"^^x:c )>>'
    """
    match term:
        case NamedNode():
            return to_curie(term.value, prefixes)
        case Literal():
            return term.value
        case Triple():
            parts = (_to_turtle(part, prefixes) for part in (term.subject, term.predicate, term.object))
            return f"<<( {' '.join(parts)} )>>"
        case _:
            return str(term)


def _to_turtle(term: Term | Triple, prefixes: Mapping[str, str]) -> str:
    """A term inside a triple term: in quotes unless it is a number or a truth value."""
    if not isinstance(term, Literal):
        return to_short(term, prefixes)
    if term.datatype.value in _WITHOUT_QUOTES:
        return term.value
    if term.language is not None or term.datatype.value == XSD + "string":
        return str(term)
    return f"{Literal(term.value)}^^{to_curie(term.datatype.value, prefixes)}"


def sorted_triples(triples: Iterable[Triple]) -> list[Triple]:
    """The triples in one order that depends on nothing but themselves."""
    return sorted(set(triples), key=str)


def iris_of(values: Mapping[NamedNode, list[object]], property: NamedNode) -> tuple[NamedNode, ...]:
    """The IRIs among the values of a property, sorted."""
    return tuple(sorted((value for value in values.get(property, ()) if isinstance(value, NamedNode)), key=str))


def texts_of(values: Mapping[NamedNode, list[object]], property: NamedNode) -> tuple[str, ...]:
    """The texts among the values of a property, sorted."""
    return tuple(sorted({text.value for text in values.get(property, ()) if isinstance(text, Literal)}))


def pairs_of(values: Mapping[NamedNode, list[object]], property: NamedNode) -> tuple[tuple[str, str], ...]:
    """Texts such as "kind: city", as pairs of name and value."""
    return tuple((name, value) for name, _, value in (text.partition(": ") for text in texts_of(values, property)))
