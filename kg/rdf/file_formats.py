"""The format of an RDF file, by the suffix of its name and its first characters."""

from __future__ import annotations

import re
from pathlib import Path

from pyoxigraph import RdfFormat

FORMATS: dict[str, RdfFormat] = {
    ".nt": RdfFormat.N_TRIPLES,
    ".ttl": RdfFormat.TURTLE,
    ".nq": RdfFormat.N_QUADS,
    ".trig": RdfFormat.TRIG,
    ".rdf": RdfFormat.RDF_XML,
    ".owl": RdfFormat.RDF_XML,
    ".xml": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
    ".json": RdfFormat.JSON_LD,
    ".n3": RdfFormat.N3,
    ".shacl": RdfFormat.TURTLE,
}
"""File suffix -> format; `.gz` or `.bz2` may follow each."""
FORMAT_NAMES: dict[str, RdfFormat] = {
    "turtle": RdfFormat.TURTLE,
    "ntriples": RdfFormat.N_TRIPLES,
    "nquads": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
    "rdfxml": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
    "n3": RdfFormat.N3,
}
"""The formats by name, for files whose suffix is unknown or wrong."""

_XML = re.compile(
    r"\s*<(?:\?xml|!DOCTYPE|!--|[A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?\s+[\w:.\-]+\s*=|[\w.\-]+:RDF\s*>)"
)
_TURTLE = re.compile(r"(?:\s|#[^\n]*\n)*(?:@prefix|@base|PREFIX\s|BASE\s|<[^<>\s]*>\s|[\w\-]*:[\w\-]*\s|\[\s|_:)", re.I)
_JSON = re.compile(r"\s*(?:\{\s*\"|\[\s*\{)")
_HTML = re.compile(r"\s*<(?:!DOCTYPE\s+html\b|html(?:\s[^<>]*)?>\s*<(?:head|body)\b)", re.IGNORECASE)
_OTHERS = {
    "OWL functional syntax": re.compile(r"(?:\s|#[^\n]*\n)*(?:Prefix|Ontology)\s*\("),
    "the Manchester syntax of OWL": re.compile(r"(?:\s|#[^\n]*\n)*(?:Prefix|Ontology):\s"),
}


def format_of(path: Path) -> RdfFormat | None:
    """The format that the suffix of a name stands for; None for an unknown one."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".bz2")]
    return FORMATS.get(suffixes[-1]) if suffixes else None


def recognise(start: str, format: RdfFormat) -> RdfFormat:
    """The format of a text that begins so: what its name says, unless it plainly is another.

    Ontologies are published as Turtle under `.owl`. Raises `ValueError` for the syntaxes of OWL that are no RDF.
    """
    if _HTML.match(start):
        raise ValueError("this is an HTML page; its address may give RDF to curl -L -H 'Accept: text/turtle'")
    if format is not RdfFormat.RDF_XML and format is not RdfFormat.TURTLE:
        return format
    if _XML.match(start):
        return RdfFormat.RDF_XML
    if format is RdfFormat.TURTLE or not start.strip():
        return format
    for name, pattern in _OTHERS.items():
        if pattern.match(start):
            raise ValueError(f"this is {name}, which is no RDF; convert it to Turtle, for example with ROBOT")
    if _JSON.match(start):
        return RdfFormat.JSON_LD
    return RdfFormat.TURTLE if _TURTLE.match(start) else format
