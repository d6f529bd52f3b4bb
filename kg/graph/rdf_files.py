"""RDF files in any format, read into memory or into triple tables.

DuckDB reads N-Triples. The other formats, and N-Triples in an unusual form, are first converted by pyoxigraph's
parsers, which also report what is wrong and where. They never pass through its store, which rewrites literals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import BlankNode, RdfFormat, Triple, serialize

from kg.errors import FaultsError, InputError
from kg.files.scratch import temporary_directory
from kg.graph.ntriples import load_ntriples
from kg.graph.triple_tables import TripleTables
from kg.rdf import file_formats
from kg.rdf.blank_nodes import with_labels
from kg.rdf.parser import RdfParser, RdfSyntaxError
from kg.reports import Finding, Place

# The labels that pyoxigraph gives blank nodes without one, and those that we give, in case a file has such labels too.
_GENERATED_LABEL = re.compile(r"[0-9a-f]{20,32}|nameless[0-9]+")


def format_of(path: Path) -> RdfFormat:
    """The format of a file, by the suffix of its name; raises `InputError` for an unknown suffix."""
    format = file_formats.format_of(path)
    if format is None:
        known = ", ".join(file_formats.FORMATS)
        raise InputError(
            f"{path}: this is not the suffix of an RDF format. Known suffixes: {known}; each also with .gz or .bz2."
        )
    return format


def read_triples(path: Path, *, format: RdfFormat | None = None, version: str = "1.2") -> Iterator[Triple]:
    """The triples of a file, in its order; blank nodes without a label are numbered in that order.

    The format is that of the suffix, unless it is given. Raises `FaultsError`, with the place, for a file that does not
    parse, or has what this version of RDF does not have.
    """
    format = format if format is not None else format_of(path)
    labels: dict[str, BlankNode] = {}
    try:
        for quad in RdfParser(path, format, base_iri=path.resolve().as_uri(), version=version):
            yield _with_stable_labels(quad.triple, labels)
    except RdfSyntaxError as error:
        place = Place(str(path), error.line, error.column)
        raise FaultsError([Finding(f"rdf/{error.check}", f"{error.message}.", places=(place,))]) from error


def read_all_triples(
    files: Iterable[Path], *, format: RdfFormat | None = None, version: str = "1.2"
) -> Iterator[Triple]:
    """The triples of several files; blank nodes of different files stay different, whatever their labels.

    Raises `FaultsError` for the first file that does not parse.
    """
    for number, path in enumerate(files):
        yield from with_own_blank_nodes(read_triples(path, format=format, version=version), f"f{number}-")


def with_own_blank_nodes(triples: Iterable[Triple], prefix: str) -> Iterator[Triple]:
    """The triples with a prefix before the label of every blank node."""
    return (with_labels(triple, lambda node: BlankNode(prefix + node.value)) for triple in triples)


def load_file(
    tables: TripleTables,
    path: Path,
    *,
    table: str = "triple",
    format: RdfFormat | None = None,
    version: str = "1.2",
) -> None:
    """Read an RDF file into a table; triples that the table has already are not added twice.

    Blank nodes of different files stay different. Raises `InputError` for a file that cannot be read.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    format = format if format is not None else format_of(path)
    if format is RdfFormat.N_TRIPLES and load_ntriples(tables, path, table=table, version=version):
        return
    with temporary_directory("rdf") as folder:
        ntriples = folder / "triples.nt"
        with ntriples.open("wb") as output:
            serialize(read_triples(path, format=format, version=version), output=output, format=RdfFormat.N_TRIPLES)
        if not load_ntriples(tables, ntriples, table=table):
            raise FaultsError([Finding("rdf/syntax", f"{path.name} could not be read.", places=(Place(str(path)),))])


def _with_stable_labels(triple: Triple, labels: dict[str, BlankNode]) -> Triple:
    """The triple with a repeatable label for each blank node without one."""

    def label(node: BlankNode) -> BlankNode:
        name = node.value
        if (known := labels.get(name)) is None:
            if not _GENERATED_LABEL.fullmatch(name):
                return node
            known = labels[name] = BlankNode(f"nameless{len(labels)}")
        return known

    return with_labels(triple, label)
