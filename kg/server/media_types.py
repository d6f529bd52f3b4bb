"""The media types that answers come in, with the short names that addresses use for them."""

from __future__ import annotations

from collections.abc import Mapping

JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
CSV, TSV = "text/csv", "text/tab-separated-values"
TURTLE, N_TRIPLES, JSON_LD = "text/turtle", "application/n-triples", "application/ld+json"
RDF_XML, TRIG, N_QUADS = "application/rdf+xml", "application/trig", "application/n-quads"
PLAIN_JSON, PLAIN_XML, PLAIN_TEXT = "application/json", "application/xml", "text/plain"

ROWS = (JSON, XML, CSV, TSV, PLAIN_JSON, PLAIN_XML)
"""What rows and the truth of an ASK come in, the default first; the last two are other names of the first two."""
TRIPLES = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML, TRIG, N_QUADS, PLAIN_TEXT, PLAIN_JSON, PLAIN_XML)
"""What triples come in, the default first; the last three are other names for N-Triples, JSON-LD and RDF/XML."""
ANSWERS = (*ROWS[:4], *TRIPLES[:6], PLAIN_JSON, PLAIN_XML, PLAIN_TEXT)
"""Everything that an answer may come in; the other names last, since rows and triples share them."""

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "json": (JSON, JSON_LD),
    "xml": (XML, RDF_XML),
    "csv": (CSV,),
    "tsv": (TSV,),
    "ttl": (TURTLE,),
    "nt": (N_TRIPLES,),
    "jsonld": (JSON_LD,),
    "rdf": (RDF_XML,),
    "trig": (TRIG,),
    "nq": (N_QUADS,),
}
"""The ending of an address -> what it asks for; rows and triples may differ."""
NAMES: Mapping[str, tuple[str, ...]] = {
    **SUFFIXES,
    "turtle": (TURTLE,),
    "n3": (TURTLE,),
    "ntriples": (N_TRIPLES,),
    "n-triples": (N_TRIPLES,),
    "json-ld": (JSON_LD,),
    "rdf+xml": (RDF_XML,),
}
"""What `format` may be in the address of a query; the last ones are what SPARQLWrapper sends."""
ANY = (*ROWS[:4], *TRIPLES[:6])
