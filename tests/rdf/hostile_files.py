"""RDF files that a reader may fail on: deep, long, many alike, in odd encodings, or with addresses to fetch."""

from __future__ import annotations

XML = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="urn:e:">{}</rdf:RDF>'
DEEP_XML = "<e:Film><e:sequel>" * 20_000 + "</e:sequel></e:Film>" * 20_000
CLIQUE = " ".join(f"_:n{i} <urn:knows> _:n{j} ." for i in range(14) for j in range(14) if i != j)
LIST = "<urn:film> <urn:cast> (" + ' "extra"' * 1_500 + ") ."
CHAIN = "<urn:film> " + "<urn:sequel> [ " * 2_000 + " ] " * 2_000 + "."
PRISM = " ".join(f"_:a{i} <urn:p> _:a{(i + 1) % 600} ." for i in range(600))
BOMB = '<!DOCTYPE r [<!ENTITY a "{}">]>\n'.format("ha" * 5_000) + XML.format(
    "<e:Film><e:title>" + "&a;" * 9_000 + "</e:title></e:Film>"
)
BILLION = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(9))
XXE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n' + XML.format("<e:Film><e:title>&x;</e:title></e:Film>")
READ, REFUSED, EITHER = "read", "refused", "either"

FILES: dict[str, tuple[str | bytes, str]] = {
    "clique.ttl": (CLIQUE, READ),
    "chain.ttl": (CHAIN, READ),
    "list.ttl": (LIST, READ),
    "cycle.ttl": (PRISM, EITHER),
    "many-alike.nq": ("".join(f'_:n{i} <urn:p> "same" .\n' for i in range(5_000)), READ),
    "deep-nodes.ttl": ("<urn:film> " + "<urn:sequel> [ " * 5_000 + " ] " * 5_000 + ".", EITHER),
    "deep-list.ttl": ("<urn:film> <urn:cast> " + "( " * 5_000 + ") " * 5_000 + ".", EITHER),
    "open-brackets.ttl": ("[ " * 200_000, REFUSED),
    "deep.rdf": (XML.format(DEEP_XML), REFUSED),
    "deep.jsonld": ('{"urn:sequel":' * 5_000 + "{}" + "}" * 5_000, REFUSED),
    "deep-list.jsonld": ('{"urn:cast":' + "[" * 100_000 + "]" * 100_000 + "}", REFUSED),
    "deep-context.jsonld": ('{"@context":' + "[" * 10_000 + "]" * 10_000 + "}", REFUSED),
    "unclosed.jsonld": ('{"urn:a":' * 10_000, REFUSED),
    "remote.jsonld": ('{"@context": "http://127.0.0.1:9/context", "name": "x"}', REFUSED),
    "import.jsonld": ('{"@context": {"@import": "http://127.0.0.1:9/context"}, "name": "x"}', REFUSED),
    "file-context.jsonld": ('{"@context": "file:///etc/passwd", "name": "x"}', REFUSED),
    "schema.jsonld": ('{"@context": "https://schema.org", "@id": "urn:a", "name": "x"}', READ),
    "triple-terms.ttl": (
        "<urn:s> <urn:p> " + "<<( <urn:s> <urn:p> " * 18_000 + "<urn:o>" + " )>>" * 18_000 + " .",
        REFUSED,
    ),
    "triple-terms.nt": (
        "<urn:s> <urn:p> " + "<<( <urn:s> <urn:p> " * 150 + "<urn:o>" + " )>>" * 150 + " .\n",
        REFUSED,
    ),
    "long-line.ttl": ('<urn:s> <urn:p> "' + "x" * 18_000_000 + '" .', REFUSED),
    "long-line.nt": ('<urn:s> <urn:p> "' + "x" * 18_000_000 + '" .\n', REFUSED),
    "long-literal.nt": ('<urn:s> <urn:p> "' + "x" * 1_100_000 + '" .\n', REFUSED),
    "long-comment.nq": ("#" + "x" * 18_000_000 + "\n<urn:s> <urn:p> <urn:o> .\n", EITHER),
    "long-iri.nt": ("<urn:s> <urn:p> <urn:" + "o" * 1_100_000 + "> .\n", EITHER),
    "bomb.rdf": (BOMB, REFUSED),
    "billion.rdf": (f'<!DOCTYPE r [<!ENTITY l0 "lol">{BILLION}]>' + XML.format("<e:A><e:b>&l9;</e:b></e:A>"), REFUSED),
    "xxe.rdf": (XXE, REFUSED),
    "zeros.ttl": (b"\0" * 1_000_000, REFUSED),
    "binary.nt": (bytes(range(256)) * 4_000, REFUSED),
    "half.ttl.gz": (b"\x1f\x8b\x08\0\0\0\0\0", REFUSED),
    "empty.nt": ("", READ),
    "surrogate.nt": (r'<urn:s> <urn:p> "\ud800" .' + "\n", REFUSED),
    "latin-1.ttl": ('<urn:s> <urn:p> "Amélie" .'.encode("latin-1"), REFUSED),
    "odd-utf-16.ttl": (b"\xff\xfe<\0u", REFUSED),
    "unknown-encoding.rdf": ('<?xml version="1.0" encoding="klingon"?>' + XML.format(""), REFUSED),
    "functional.owl": ("Prefix(:=<urn:x>)\nOntology(<urn:o>)", REFUSED),
    "prefixes.ttl": ("".join(f"@prefix p{i}: <urn:{i}/> .\n" for i in range(50_000)) + "p1:s p2:p p3:o .", READ),
}
"""Name -> content, and whether it can be read."""


def content_of(name: str) -> bytes:
    """The bytes of a file."""
    content = FILES[name][0]
    return content.encode() if isinstance(content, str) else content
