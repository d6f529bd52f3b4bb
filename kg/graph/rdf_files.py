"""RDF files walk in; triples walk out, into memory or into the workshop's tables.

N-Triples are read by the workshop's own engine. The other formats, and N-Triples in an unusual form, are turned into
the usual form by pyoxigraph's parsers (never by its store: a store rewrites literals), which also tell what is wrong
and where.
"""

from __future__ import annotations

import gzip
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar, cast

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from kg.errors import FaultsError, InputError
from kg.graph.ntriples import MAX_LITERAL_LENGTH, load_ntriples
from kg.graph.triple_tables import TripleTables
from kg.reports import Finding, Place

_Node = TypeVar("_Node", NamedNode | BlankNode, NamedNode | BlankNode | Literal)

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
}
"""File ending -> how such a file is written; `.gz` may follow each."""

# How pyoxigraph names a blank node that has no name in the file; and how we do, should a file do so too.
_MADE_UP = re.compile(r"[0-9a-f]{20,32}|nameless[0-9]+")

_ENTITY = re.compile(rb"""<!ENTITY\s+([^\s%]+)\s+(?:"([^"]*)"|'([^']*)')\s*>""")
_REFERENCE = re.compile(rb"&([A-Za-z_:][\w:.\-]*);")
_MOST_EXPANDED = 10_000_000


def format_of(path: Path) -> RdfFormat:
    """How the file is written, by the ending of its name; raises `InputError` for an ending that is none of RDF's."""
    endings = [ending.lower() for ending in path.suffixes if ending.lower() != ".gz"]
    if not endings or endings[-1] not in FORMATS:
        known = ", ".join(FORMATS)
        raise InputError(f"{path}: no RDF format has this ending. Known are {known}, each also with .gz.")
    return FORMATS[endings[-1]]


def read_triples(path: Path) -> Iterator[Triple]:
    """The triples of a file, in its order; blank nodes without a name are numbered in that order.

    Raises `FaultsError`, with the place, for a file that does not parse.
    """
    how = format_of(path)
    names: dict[str, BlankNode] = {}
    with _opened(path) if how is not RdfFormat.RDF_XML else _opened_xml(path) as file:
        try:
            for statement in parse(input=file, format=how, base_iri=path.resolve().as_uri()):
                triple = statement.triple if isinstance(statement, Quad) else statement
                yield _renamed(triple, names, path)
        except (SyntaxError, ValueError, OSError, EOFError) as error:
            raise _fault(path, error) from error


def load_file(workshop: TripleTables, path: Path, *, table: str = "triple") -> None:
    """Put the triples of the file into a table of the workshop that then holds none of them twice.

    Blank nodes of different files are kept apart. Raises `InputError` for a file that cannot be read.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.")
    if format_of(path) is RdfFormat.N_TRIPLES and load_ntriples(workshop, path, table=table):
        return
    with tempfile.TemporaryDirectory(prefix="kg-") as folder:
        plain = Path(folder) / "triples.nt"
        with plain.open("wb") as out:
            serialize(read_triples(path), output=out, format=RdfFormat.N_TRIPLES)
        if not load_ntriples(workshop, plain, table=table):
            raise FaultsError([Finding("rdf/syntax", f"{path.name} could not be read.", places=(Place(str(path)),))])


def _renamed(triple: Triple, names: dict[str, BlankNode], path: Path) -> Triple:
    """The triple with readable, repeatable names for its nameless blank nodes."""
    s, o = triple.subject, triple.object
    if isinstance(s, Triple) or isinstance(o, Triple):
        raise FaultsError([_no_such_term(path, triple)])
    if isinstance(o, Literal) and len(o.value) > MAX_LITERAL_LENGTH:
        raise FaultsError([_too_long(path, triple, len(o.value))])
    if isinstance(s, BlankNode) or isinstance(o, BlankNode):
        return Triple(_named(s, names), triple.predicate, _named(o, names))
    return triple


def _named(term: _Node, names: dict[str, BlankNode]) -> _Node:
    if isinstance(term, BlankNode) and _MADE_UP.fullmatch(term.value):
        if term.value not in names:
            names[term.value] = BlankNode(f"nameless{len(names)}")
        return cast(_Node, names[term.value])
    return term


def _no_such_term(path: Path, triple: Triple) -> Finding:
    return Finding("rdf/term", f"{triple} has a triple as a term; RDF 1.1 has none.", places=(Place(str(path)),))


def _too_long(path: Path, triple: Triple, length: int) -> Finding:
    message = (
        f"A literal of {triple.subject} {triple.predicate} has {length:,} characters;"
        f" at most {MAX_LITERAL_LENGTH:,} are read."
    )
    line = 0
    if format_of(path) is RdfFormat.N_TRIPLES:
        with _opened(path) as file:
            line = next((number for number, text in enumerate(file, 1) if len(text) > MAX_LITERAL_LENGTH), 0)
    return Finding("rdf/length", message, places=(Place(str(path), line),))


def _fault(path: Path, error: Exception) -> FaultsError:
    """What the parser said, as a fault with its place."""
    line = getattr(error, "lineno", None) or 0
    column = getattr(error, "offset", None) or 0
    message = str(getattr(error, "msg", None) or error)
    return FaultsError([Finding("rdf/syntax", f"{message}.", places=(Place(str(path), line, column),))])


@contextmanager
def _opened_xml(path: Path) -> Iterator[IO[bytes]]:
    """An XML file whose entities the parser can bear; raises `FaultsError` where they would grow beyond all measure."""
    with _opened(path) as file:
        head = file.read(1_000_000)
    entities = _ENTITY.findall(head)
    if not entities:
        with _opened(path) as file:
            yield file
        return
    _refuse_entity_bombs(path, entities)
    with _opened(path) as file:
        # The parser knows only entities in double quotes.
        text = _ENTITY.sub(
            lambda m: m[0] if m[3] is None or b'"' in m[3] else b'<!ENTITY %s "%s">' % (m[1], m[3]), file.read()
        )
    yield io.BytesIO(text)


def _refuse_entity_bombs(path: Path, entities: Iterable[tuple[bytes, bytes, bytes]]) -> None:
    sizes: dict[bytes, int] = {}
    for name, double, single in entities:
        text = double or single
        # An entity may only use those before it here; one that uses a later one has no size and is left to the parser.
        sizes[name] = len(text) + sum(sizes.get(inner, 0) for inner in _REFERENCE.findall(text))
    total, rest = 0, b""
    with _opened(path) as file:
        while chunk := file.read(1_000_000):
            # A reference may stand across the border of two chunks.
            total += sum(sizes.get(name, 0) for name in _REFERENCE.findall(rest + chunk))
            rest = chunk[chunk.rfind(b"&") :] if b";" not in chunk[chunk.rfind(b"&") :] else b""
            if total > _MOST_EXPANDED:
                message = "The entities of this file would grow to more than 10 MB of text; it is not read."
                raise FaultsError([Finding("rdf/entities", message, places=(Place(str(path), 1),))])


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as file:
            yield cast("IO[bytes]", file)
    else:
        with path.open("rb") as plain:
            yield plain
