"""RDF files in any format, read into memory or into triple tables.

DuckDB reads N-Triples. The other formats, and N-Triples in an unusual form, are first converted by pyoxigraph's
parsers, which also report what is wrong and where. They never pass through its store, which rewrites literals.
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
    ".shacl": RdfFormat.TURTLE,
}
"""File suffix -> format; `.gz` may follow each."""
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

# The labels that pyoxigraph gives blank nodes without one, and those that we give, in case a file has such labels too.
_GENERATED_LABEL = re.compile(r"[0-9a-f]{20,32}|nameless[0-9]+")

_ENTITY = re.compile(rb"""<!ENTITY\s+([^\s%]+)\s+(?:"([^"]*)"|'([^']*)')\s*>""")
_REFERENCE = re.compile(rb"&([A-Za-z_:][\w:.\-]*);")
_MAX_EXPANDED_SIZE = 10_000_000


def format_of(path: Path) -> RdfFormat:
    """The format of a file, by the suffix of its name; raises `InputError` for an unknown suffix."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    if not suffixes or suffixes[-1] not in FORMATS:
        known = ", ".join(FORMATS)
        raise InputError(
            f"{path}: this is not the suffix of an RDF format. Known suffixes: {known}; each also with .gz."
        )
    return FORMATS[suffixes[-1]]


def read_triples(path: Path, *, format: RdfFormat | None = None) -> Iterator[Triple]:
    """The triples of a file, in its order; blank nodes without a label are numbered in that order.

    The format is that of the suffix, unless it is given. Raises `FaultsError`, with the place, for a file that does not
    parse.
    """
    format = format if format is not None else format_of(path)
    labels: dict[str, BlankNode] = {}
    with _open(path) if format is not RdfFormat.RDF_XML else _open_xml(path) as file:
        try:
            for statement in parse(input=file, format=format, base_iri=path.resolve().as_uri()):
                triple = statement.triple if isinstance(statement, Quad) else statement
                yield _with_stable_labels(triple, labels, path)
        except (SyntaxError, ValueError, OSError, EOFError) as error:
            raise _fault(path, error) from error


def read_all_triples(files: Iterable[Path], *, format: RdfFormat | None = None) -> Iterator[Triple]:
    """The triples of several files; blank nodes of different files stay different, whatever their labels.

    Raises `FaultsError` for the first file that does not parse.
    """
    for number, path in enumerate(files):
        yield from with_own_blank_nodes(read_triples(path, format=format), f"f{number}-")


def with_own_blank_nodes(triples: Iterable[Triple], prefix: str) -> Iterator[Triple]:
    """The triples with a prefix before the label of every blank node."""
    for triple in triples:
        s, o = triple.subject, triple.object
        yield Triple(
            BlankNode(prefix + s.value) if isinstance(s, BlankNode) else s,
            triple.predicate,
            BlankNode(prefix + o.value) if isinstance(o, BlankNode) else o,
        )


def load_file(tables: TripleTables, path: Path, *, table: str = "triple", format: RdfFormat | None = None) -> None:
    """Read an RDF file into a table; triples that the table has already are not added twice.

    Blank nodes of different files stay different. Raises `InputError` for a file that cannot be read.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.")
    format = format if format is not None else format_of(path)
    if format is RdfFormat.N_TRIPLES and load_ntriples(tables, path, table=table):
        return
    with tempfile.TemporaryDirectory(prefix="kg-") as folder:
        ntriples = Path(folder) / "triples.nt"
        with ntriples.open("wb") as output:
            serialize(read_triples(path, format=format), output=output, format=RdfFormat.N_TRIPLES)
        if not load_ntriples(tables, ntriples, table=table):
            raise FaultsError([Finding("rdf/syntax", f"{path.name} could not be read.", places=(Place(str(path)),))])


def _with_stable_labels(triple: Triple, labels: dict[str, BlankNode], path: Path) -> Triple:
    """The triple with a repeatable label for each blank node without one."""
    s, o = triple.subject, triple.object
    if isinstance(s, Triple) or isinstance(o, Triple):
        raise FaultsError([_triple_term(path, triple)])
    if isinstance(o, Literal) and len(o.value) > MAX_LITERAL_LENGTH:
        raise FaultsError([_too_long(path, triple, len(o.value))])
    if isinstance(s, BlankNode) or isinstance(o, BlankNode):
        return Triple(_labelled(s, labels), triple.predicate, _labelled(o, labels))
    return triple


def _labelled(term: _Node, labels: dict[str, BlankNode]) -> _Node:
    if isinstance(term, BlankNode) and _GENERATED_LABEL.fullmatch(term.value):
        if term.value not in labels:
            labels[term.value] = BlankNode(f"nameless{len(labels)}")
        return cast(_Node, labels[term.value])
    return term


def _triple_term(path: Path, triple: Triple) -> Finding:
    message = f"{triple} has a triple as a term, which RDF 1.1 does not have."
    return Finding("rdf/term", message, places=(Place(str(path)),))


def _too_long(path: Path, triple: Triple, length: int) -> Finding:
    message = (
        f"A literal of {triple.subject} {triple.predicate} has {length:,} characters;"
        f" at most {MAX_LITERAL_LENGTH:,} are allowed."
    )
    line = 0
    if FORMATS.get(path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix) is RdfFormat.N_TRIPLES:
        with _open(path) as file:
            line = next((number for number, text in enumerate(file, 1) if len(text) > MAX_LITERAL_LENGTH), 0)
    return Finding("rdf/length", message, places=(Place(str(path), line),))


def _fault(path: Path, error: Exception) -> FaultsError:
    """The parser's error, as a fault with its place."""
    line = getattr(error, "lineno", None) or 0
    column = getattr(error, "offset", None) or 0
    message = str(getattr(error, "msg", None) or error)
    return FaultsError([Finding("rdf/syntax", f"{message}.", places=(Place(str(path), line, column),))])


@contextmanager
def _open_xml(path: Path) -> Iterator[IO[bytes]]:
    """An XML file with entities that the parser can read; raises `FaultsError` where they would grow without bound."""
    with _open(path) as file:
        head = file.read(1_000_000)
    entities = _ENTITY.findall(head)
    if not entities:
        with _open(path) as file:
            yield file
        return
    _refuse_entity_bombs(path, entities)
    with _open(path) as file:
        # The parser reads only entities in double quotes.
        text = _ENTITY.sub(
            lambda m: m[0] if m[3] is None or b'"' in m[3] else b'<!ENTITY %s "%s">' % (m[1], m[3]), file.read()
        )
    yield io.BytesIO(text)


def _refuse_entity_bombs(path: Path, entities: Iterable[tuple[bytes, bytes, bytes]]) -> None:
    sizes: dict[bytes, int] = {}
    for name, double, single in entities:
        text = double or single
        # Only entities defined before it count: one that uses a later entity has no size and is left to the parser.
        sizes[name] = len(text) + sum(sizes.get(inner, 0) for inner in _REFERENCE.findall(text))
    total, rest = 0, b""
    with _open(path) as file:
        while chunk := file.read(1_000_000):
            # A reference may be cut by the end of a chunk.
            total += sum(sizes.get(name, 0) for name in _REFERENCE.findall(rest + chunk))
            rest = chunk[chunk.rfind(b"&") :] if b";" not in chunk[chunk.rfind(b"&") :] else b""
            if total > _MAX_EXPANDED_SIZE:
                message = "The XML entities of this file expand to more than 10 MB of text; the file is not read."
                raise FaultsError([Finding("rdf/entities", message, places=(Place(str(path), 1),))])


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as file:
            yield cast("IO[bytes]", file)
    else:
        with path.open("rb") as plain:
            yield plain
