"""RDF files walk into the workshop's tables; N-Triples walk out.

N-Triples are split and numbered by DuckDB itself, many lines at once. Only terms that are not in the one exact form -
an escape, a capital in a language tag - are shown to pyoxigraph, each once; a file with anything else that is odd
goes through its parser as a whole, which also tells what is wrong and where. The other formats are turned into
N-Triples by that parser (never by a store: a store rewrites literals).
"""

from __future__ import annotations

import gzip
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar, cast

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from kg.errors import FaultsError, InputError
from kg.reports import Finding, Place

if TYPE_CHECKING:
    from kg.graph.triples import Workshop

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

_LONGEST = 1_000_000
"""The longest literal that is read: one that is longer is a file in the wrong place."""
# How pyoxigraph names a blank node that has no name in the file; and how we do, should a file do so too.
_MADE_UP = re.compile(r"[0-9a-f]{20,32}|nameless[0-9]+")

# What a term looks like in exact form, for RE2: no escapes, no control characters, no capitals in a language tag,
# nothing in an IRI that needs a second look. What does not match is not wrong: pyoxigraph decides.
_IN_IRI = r"[!$&-;=?-Z_a-z~]*"
_IRI = rf"<[A-Za-z][A-Za-z0-9+.\-]*:{_IN_IRI}(?:#{_IN_IRI})?>"
_EXACT = rf"{_IRI}|_:[A-Za-z0-9_][A-Za-z0-9_\-]*|\"[^\x00-\x1f\x7f\"\\]*\"(?:@[a-z]+(?:-[a-z0-9]+)*|\^\^{_IRI})?"
_STRING = "^^<http://www.w3.org/2001/XMLSchema#string>"

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


def read_into(workshop: Workshop, path: Path, *, table: str = "triple") -> None:
    """Put the triples of the file into a table of the workshop that then holds none of them twice.

    Blank nodes of different files are kept apart. Raises `InputError` for a file that cannot be read.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.")
    if format_of(path) is RdfFormat.N_TRIPLES and _read_lines(workshop, path, table=table):
        return
    with tempfile.TemporaryDirectory(prefix="kg-") as folder:
        plain = Path(folder) / "triples.nt"
        with plain.open("wb") as out:
            serialize(read_triples(path), output=out, format=RdfFormat.N_TRIPLES)
        if not _read_lines(workshop, plain, table=table):
            raise FaultsError([Finding("rdf/syntax", f"{path.name} could not be read.", places=(Place(str(path)),))])


def write_ntriples(workshop: Workshop, path: Path, *, tables: Iterable[str] = ("triple", "inferred")) -> None:
    """Write the tables, which share no triple, as one N-Triples file, gzipped when it is called so.

    The same triples give the same bytes: they are ordered by their numbers, which come from the terms.
    """
    union = " UNION ALL ".join(f"SELECT s, p, o FROM {table}" for table in tables)
    packed = ", COMPRESSION gzip" if path.suffix == ".gz" else ""
    # A file that is half written is never seen: the name is given at the end.
    half = path.with_name(f".{path.name}.part")
    try:
        workshop.sql.execute(
            "COPY (SELECT a.text, b.text, c.text, '.'"
            f" FROM (SELECT s, p, o FROM ({union}) AS u ORDER BY s, p, o) AS t"
            f" JOIN term AS a ON a.id = t.s JOIN term AS b ON b.id = t.p JOIN term AS c ON c.id = t.o)"
            f" TO '{_quoted(half)}' (FORMAT csv, HEADER false, DELIMITER ' ', QUOTE '', ESCAPE ''{packed})"
        )
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _read_lines(workshop: Workshop, path: Path, *, table: str) -> bool:
    """Read N-Triples by DuckDB; False, and nothing read, when a line is not in the usual form."""
    sql = workshop.sql
    # No N-Triples document has the separator in it, so that a line is one column.
    how = "delim = '\x01', quote = '', escape = '', header = false, auto_detect = false"
    source = f"read_csv('{_quoted(path)}', columns = {{'line': 'VARCHAR'}}, {how}, max_line_size = {2 * _LONGEST})"
    subject, predicate = "split_part(line, ' ', 1)", "split_part(line, ' ', 2)"
    try:
        sql.execute(
            f"CREATE OR REPLACE TEMP TABLE line AS SELECT {subject} AS s, {predicate} AS p,"
            f" line[length({subject}) + length({predicate}) + 3 : -3] AS o, line[-2:] AS ending FROM {source}"
            " WHERE line IS NOT NULL AND NOT starts_with(line, '#') AND trim(line) <> ''"
        )
        odd = sql.execute("SELECT 1 FROM line WHERE ending <> ' .' OR p NOT LIKE '<%' OR s LIKE '\"%' LIMIT 1")
        if odd.fetchone() is not None:
            return False
        terms = " UNION ALL ".join(f"SELECT DISTINCT {place} AS t FROM line" for place in "spo")
        sql.execute(
            f"CREATE OR REPLACE TEMP TABLE spelling AS SELECT DISTINCT t AS text, t AS exact FROM ({terms}) AS u"
        )
        respelled = _respell(workshop)
    except workshop.refusals:
        return False
    if respelled is None:
        return False
    workshop.enter("spelling")
    term = "(SELECT a.text, b.id FROM spelling AS a JOIN term AS b ON b.text = a.exact)" if respelled else "term"
    known = f" EXCEPT SELECT s, p, o FROM {table}" if workshop.count(table) else ""
    sql.execute(
        f"INSERT INTO {table} SELECT DISTINCT a.id AS s, b.id AS p, c.id AS o FROM line AS l"
        f" JOIN {term} AS a ON a.text = l.s JOIN {term} AS b ON b.text = l.p JOIN {term} AS c ON c.text = l.o{known}"
        " ORDER BY p, s, o"
    )
    sql.execute("DROP TABLE line")
    sql.execute("DROP TABLE spelling")
    return True


def _respell(workshop: Workshop) -> bool | None:
    """Give the terms of the file their exact form; True when some changed, None when one is no term."""
    sql = workshop.sql
    odd = [
        row[0]
        for row in sql.execute(
            "SELECT text FROM spelling WHERE NOT regexp_full_match(text, ?) OR ends_with(text, ?) ORDER BY text",
            [_EXACT, _STRING],
        ).fetchall()
    ]
    changed = []
    if odd:
        try:
            lines = "".join(f"<urn:s> <urn:p> {text} .\n" for text in odd)
            exact = [str(cast(Triple, t).object) for t in parse(lines, format=RdfFormat.N_TRIPLES)]
        except SyntaxError:
            return None
        if len(exact) != len(odd) or any(text[:1] not in '<_"' or "\n" in text for text in odd):
            return None
        changed = [(text, new) for text, new in zip(odd, exact, strict=True) if text != new]
        sql.execute("CREATE OR REPLACE TEMP TABLE respelled(text VARCHAR, exact VARCHAR)")
        sql.execute(
            "INSERT INTO respelled SELECT unnest(string_split(?, chr(10))), unnest(string_split(?, chr(10)))",
            ["\n".join(text for text, _ in changed), "\n".join(new for _, new in changed)],
        )
        sql.execute("UPDATE spelling SET exact = r.exact FROM respelled AS r WHERE r.text = spelling.text")
    number = workshop.next_file()
    if number == 1 or sql.execute("SELECT 1 FROM spelling WHERE starts_with(text, '_:') LIMIT 1").fetchone() is None:
        return bool(changed)
    sql.execute(f"UPDATE spelling SET exact = '_:f{number}-' || exact[3:] WHERE starts_with(exact, '_:')")
    return True


def _renamed(triple: Triple, names: dict[str, BlankNode], path: Path) -> Triple:
    """The triple with readable, repeatable names for its nameless blank nodes."""
    s, o = triple.subject, triple.object
    if isinstance(s, Triple) or isinstance(o, Triple):
        raise FaultsError([_no_such_term(path, triple)])
    if isinstance(o, Literal) and len(o.value) > _LONGEST:
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
        f"A literal of {triple.subject} {triple.predicate} has {length:,} characters; at most {_LONGEST:,} are read."
    )
    line = 0
    if format_of(path) is RdfFormat.N_TRIPLES:
        with _opened(path) as file:
            line = next((number for number, text in enumerate(file, 1) if len(text) > _LONGEST), 0)
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


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as file:
            yield cast("IO[bytes]", file)
    else:
        with path.open("rb") as plain:
            yield plain
