"""The facets of a term, as SQL: the parts of it that SPARQL's operators compare."""

from __future__ import annotations

from dataclasses import dataclass

import rdflib
from pyoxigraph import Literal, NamedNode

from kg.graph.columns import TermClass, facets_of
from kg.queries.sparql_to_sql.algebra import datatype_of
from kg.queries.sparql_to_sql.relations import NUMBER, unsupported
from kg.sql import quote
from kg.terms import XSD
from kg.xsd import PATTERNS

_C = TermClass


@dataclass(frozen=True, slots=True)
class Facets:
    """The parts of a value that operators compare, each as SQL."""

    kind: str
    lexical: str = "NULL"
    language: str = "NULL"
    datatype: str = "NULL"
    rank: str = "NULL"
    number: str = "NULL"
    floating: str = "NULL"
    moment: str = "NULL"
    zoned: str = "NULL"
    truth: str = "NULL"


def compare_numbers(f: Facets, g: Facets, sign: str) -> str:
    """The comparison of two numbers, promoted as XPath does (https://www.w3.org/TR/xpath20/#promotion)."""
    nan = f"isnan({f.floating}) OR isnan({g.floating})"
    return (
        f"(CASE WHEN {f.rank} <= 2 AND {g.rank} <= 2 THEN {f.number} {sign} {g.number} WHEN {nan} THEN false"
        f" WHEN {f.rank} <= 3 AND {g.rank} <= 3 THEN CAST({f.floating} AS FLOAT) {sign} CAST({g.floating} AS FLOAT)"
        f" ELSE {f.floating} {sign} {g.floating} END)"
    )


def constant_facets(text: str) -> Facets:
    """The parts of a constant."""
    _, _, kind, lexical, language, datatype, rank, number, floating, moment, zoned, truth = facets_of(text)
    return Facets(
        str(kind),
        _text(lexical),
        _text(language),
        _text(datatype),
        _plain(rank),
        f"CAST({_plain(number)} AS {NUMBER})",
        f"CAST({_text(None if floating is None else repr(floating))} AS DOUBLE)",
        f"CAST({_plain(moment)} AS {NUMBER})",
        f"CAST({_plain(zoned)} AS BOOLEAN)",
        f"CAST({_plain(truth)} AS BOOLEAN)",
    )


def text_facets(text: str) -> Facets:
    """The parts of a computed term; those that are neither strings, numbers nor truth values stop the statement."""
    integer, decimal, single, double, boolean = (
        f"ends_with({text}, '\"^^<{XSD}{name}>')" for name in ("integer", "decimal", "float", "double", "boolean")
    )
    odd, new = unsupported(text, "escapes in a computed term"), unsupported(text, "a term of RDF 1.2", "UTINYINT")
    inside = f'regexp_extract({text}, \'^"([^"]*)"\', 1)'
    iri = f"WHEN starts_with({text}, '<') THEN {text}[2:-2]"
    lexical = f"(CASE WHEN contains({text}, '\\') OR starts_with({text}, '<<') THEN {odd} {iri} ELSE {inside} END)"
    number = f"CASE WHEN {integer} OR {decimal} THEN TRY_CAST({inside} AS {NUMBER}) END"
    is_floating = f"({single} OR {double}) AND regexp_full_match({inside}, {quote(PATTERNS['double'])})"
    as_double = f"TRY_CAST({inside} AS DOUBLE)"
    as_single = f"coalesce(CAST(TRY_CAST({as_double} AS FLOAT) AS DOUBLE), {as_double} * CAST('inf' AS DOUBLE))"
    floating = (
        f"CASE WHEN NOT {is_floating} THEN CAST({number} AS DOUBLE) WHEN {single} THEN {as_single} ELSE {as_double} END"
    )
    is_new = f"starts_with({text}, '<<') OR ends_with({text}, '--ltr') OR ends_with({text}, '--rtl')"
    kind = (
        f"(CASE WHEN {is_new} THEN {new} WHEN starts_with({text}, '<') THEN {_C.IRI:d}"
        f" WHEN starts_with({text}, '_:') THEN {_C.BLANK:d}"
        f" WHEN ends_with({text}, '\"') THEN {_C.STRING:d}"
        f" WHEN {number} IS NOT NULL OR ({is_floating}) THEN {_C.NUMBER:d}"
        f" WHEN {boolean} THEN {_C.BOOLEAN:d} WHEN {text} IS NULL THEN NULL"
        f" WHEN NOT ends_with({text}, '>') THEN {_C.LANGUAGE_STRING:d} ELSE {_C.BEYOND:d} END)"
    )
    return Facets(
        kind,
        lexical,
        f"nullif(regexp_extract({text}, '\"@([A-Za-z0-9-]+)$', 1), '')",
        f"nullif(regexp_extract({text}, '\"\\^\\^<(.*)>$', 1), '')",
        f"CASE WHEN {integer} THEN 1 WHEN {double} THEN 4 WHEN {single} THEN 3 ELSE 2 END",
        f"({number})",
        f"({floating})",
        truth=f"({inside} = 'true')",
    )


def _text(value: object) -> str:
    return "CAST(NULL AS VARCHAR)" if value is None else quote(str(value))


def _plain(value: object) -> str:
    return "NULL" if value is None else str(value)


def exact_text(node: rdflib.URIRef | rdflib.Literal) -> str:
    """The exact text of a constant."""
    if isinstance(node, rdflib.URIRef):
        return str(NamedNode(str(node)))
    if node.language is not None:
        return str(Literal(str(node), language=node.language))
    datatype = datatype_of(node)
    return str(Literal(str(node), datatype=None if datatype is None else NamedNode(datatype)))
