"""RDF/XML: what it cannot hold is an error, where pyoxigraph would write a file that no XML parser reads.

A property becomes the name of an element, so that its IRI must end in a name of XML; and XML has no control characters
(https://www.w3.org/TR/rdf-syntax-grammar/#section-Serialising, https://www.w3.org/TR/xml/#charsets).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import IO

from pyoxigraph import BlankNode, Literal, RdfFormat, Triple, serialize

from kg.errors import InputError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_ENDS_IN_NAME = re.compile(r"[^A-Za-z0-9_.\-][0-9.\-]*[A-Za-z_][A-Za-z0-9_.\-]*$")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_rdf_xml(triples: Iterable[Triple], prefixes: Mapping[str, str]) -> bytes:
    """Triples as RDF/XML; raises `InputError` for one that cannot be written."""
    written = serialize(map(_checked, triples), format=RdfFormat.RDF_XML, prefixes=dict(prefixes)) or b""
    return written.replace(b"\r", b"&#13;")  # a reader would take the character itself for a line end


def stream_rdf_xml(triples: Iterable[Triple], file: IO[bytes], prefixes: Mapping[str, str]) -> None:
    """Write triples to a file as they come; raises `InputError` for one that cannot be written."""
    serialize(map(_checked, triples), _Returns(file), format=RdfFormat.RDF_XML, prefixes=dict(prefixes))  # type: ignore[arg-type]


class _Returns:
    """A file that gets carriage returns as character references."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        """Write the bytes."""
        self._file.write(data.replace(b"\r", b"&#13;"))
        return len(data)

    def flush(self) -> None:
        """Write what is buffered."""
        self._file.flush()


def _checked(triple: Triple) -> Triple:
    subject, predicate, value = triple.subject, triple.predicate, triple.object
    if _ENDS_IN_NAME.search(predicate.value) is None:
        raise InputError(f"RDF/XML cannot have the property {predicate}, since {_NO_NAME}; choose another format.")
    if isinstance(value, Literal) and (character := _NO_XML.search(value.value)) is not None:
        code = f"U+{ord(character[0]):04X}"
        raise InputError(f"RDF/XML cannot have the character {code} of {subject} {predicate}; choose another format.")
    return Triple(_named(subject), predicate, _named(value))  # type: ignore[arg-type]


_NO_NAME = "the end of its IRI is no name of XML"


def _named(term: object) -> object:
    """A blank node with a label that is a name of XML; any other term as it is."""
    if isinstance(term, BlankNode) and _NAME.fullmatch(term.value) is None:
        return BlankNode(f"n{term.value.encode().hex()}")
    return term
