"""SPARQL results and triples as bytes in a media type, bounded in rows and in bytes.

https://www.w3.org/TR/sparql11-results-json/, https://www.w3.org/TR/rdf-sparql-XMLres/,
https://www.w3.org/TR/sparql11-results-csv-tsv/. An answer that is cut stays well-formed: JSON says so in a member
`complete`, XML in a link, Turtle and N-Triples in a comment; CSV and TSV have no place for it.

Triples are written by the engine's own serialiser. Its serialiser of rows writes all that a query gives or nothing, so
rows are written here, one by one, until a bound is met.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import orjson
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from kg.rdf.xml_writer import write_rdf_xml
from kg.terms import PREFIXES, RDF, XSD, to_text
from kg.text.xml_text import xml_attribute, xml_text

JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
CSV, TSV = "text/csv", "text/tab-separated-values"
TURTLE, N_TRIPLES, JSON_LD = "text/turtle", "application/n-triples", "application/ld+json"
RDF_XML, TRIG, N_QUADS = "application/rdf+xml", "application/trig", "application/n-quads"
PLAIN_JSON, PLAIN_XML, PLAIN_TEXT = "application/json", "application/xml", "text/plain"

ROW_MEDIA_TYPES = (JSON, XML, CSV, TSV, PLAIN_JSON, PLAIN_XML)
"""What rows and the answer to an ASK come in, the default first; the last two are other names of the first two."""
TRIPLE_MEDIA_TYPES = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML, TRIG, N_QUADS, PLAIN_TEXT, PLAIN_JSON, PLAIN_XML)
"""What triples come in, the default first; the last three are other names for N-Triples, JSON-LD and RDF/XML."""

_STRING, _LANGUAGE_STRING = XSD + "string", RDF + "langString"
_ITS = "http://www.w3.org/2005/11/its"
RDF_FORMATS = {
    TURTLE: RdfFormat.TURTLE,
    N_TRIPLES: RdfFormat.N_TRIPLES,
    PLAIN_TEXT: RdfFormat.N_TRIPLES,
    JSON_LD: RdfFormat.JSON_LD,
    PLAIN_JSON: RdfFormat.JSON_LD,
    RDF_XML: RdfFormat.RDF_XML,
    PLAIN_XML: RdfFormat.RDF_XML,
    TRIG: RdfFormat.TRIG,
    N_QUADS: RdfFormat.N_QUADS,
}
_WITH_COMMENTS = (RdfFormat.TURTLE, RdfFormat.N_TRIPLES, RdfFormat.TRIG, RdfFormat.N_QUADS)
_CUT_LINK = "https://w3id.org/filmgraph/problem/limit"


@dataclass(frozen=True, slots=True)
class AnswerBody:
    """An answer in a media type.

    `count` is how many rows or triples it has, `total` how many rows the query gives, where that is known.
    `is_complete` is False when further rows were left out. `engine` is what answered the query, if it was one.
    """

    body: bytes
    media_type: str
    count: int = 0
    is_complete: bool = True
    total: int | None = None
    engine: str = ""


@dataclass(frozen=True, slots=True)
class AnswerBounds:
    """Which rows to write (from `start` on, at most `limit`), and how many rows and bytes may be written at all."""

    rows: int
    bytes: int
    start: int = 0
    limit: int | None = None

    @property
    def stop(self) -> int:
        """The number of the row to stop before."""
        return max(self.start, self.rows if self.limit is None else min(self.start + self.limit, self.rows))


TermRow = Iterable[object]
"""The terms of a row in the order of the columns; None where there is none."""


def write_boolean(value: bool, media_type: str) -> AnswerBody:
    """The answer to an ASK."""
    word = "true" if value else "false"
    if media_type in (XML, PLAIN_XML):
        body = f"{_XML_HEAD}\n <head/>\n <boolean>{word}</boolean>\n</sparql>\n"
    elif media_type in (CSV, TSV):
        body = f"{word}\n"
    else:
        body = f'{{"head":{{}},"boolean":{word}}}\n'
    return AnswerBody(body.encode(), media_type, 1)


def write_triples(
    triples: list[Triple],
    media_type: str,
    *,
    max_bytes: int,
    is_complete: bool = True,
    prefixes: Mapping[str, str] = PREFIXES,
) -> AnswerBody:
    """The triples of a CONSTRUCT or DESCRIBE, as many as fit; `is_complete` is whether these are all."""
    format = RDF_FORMATS[media_type]
    lines = [str(triple) for triple in triples]
    size, fitting = 0, 0
    for line in lines:
        size += len(line) + 3
        if size > max_bytes:
            break
        fitting += 1
    is_complete = is_complete and fitting == len(triples)
    text = "\n".join(lines[:fitting])
    used = {prefix: namespace for prefix, namespace in {**PREFIXES, **prefixes}.items() if namespace in text}
    if format is RdfFormat.RDF_XML:
        body = write_rdf_xml(triples[:fitting], used)
    else:
        body = serialize(triples[:fitting], format=format, prefixes=used) or b""
    if not is_complete and format in _WITH_COMMENTS:
        body += b"# There are more: this answer was cut at a limit.\n"
    return AnswerBody(body, media_type, fitting, is_complete)


def write_rows(
    columns: tuple[str, ...], rows: Iterator[TermRow], media_type: str, *, bounds: AnswerBounds
) -> AnswerBody:
    """The rows of a SELECT that are within the bounds."""
    write = _ROW_WRITERS[media_type]
    pieces: list[bytes] = []
    size, skipped = 0, sum(1 for _ in islice(rows, bounds.start))
    for row in islice(rows, bounds.stop - bounds.start):
        piece = write(columns, row)
        size += len(piece) + 2
        if size > bounds.bytes:
            return AnswerBody(_join(columns, pieces, media_type, is_complete=False), media_type, len(pieces), False)
        pieces.append(piece)
    seen = skipped + len(pieces)
    left = sum(1 for _ in islice(rows, max(1, bounds.rows - seen)))
    total = seen + left if seen + left < bounds.rows or next(rows, None) is None else None
    body = _join(columns, pieces, media_type, is_complete=left == 0)
    return AnswerBody(body, media_type, len(pieces), left == 0, total)


def write_all_rows(columns: tuple[str, ...], rows: Iterable[TermRow], media_type: str, *, is_complete: bool) -> bytes:
    """All rows; `is_complete` is whether the query gave no more."""
    write = _ROW_WRITERS[media_type]
    return _join(columns, [write(columns, row) for row in rows], media_type, is_complete=is_complete)


def _join(columns: tuple[str, ...], pieces: list[bytes], media_type: str, *, is_complete: bool) -> bytes:
    if media_type in (JSON, PLAIN_JSON):
        head = b'{"head":{"vars":' + orjson.dumps(columns) + b'},"results":{"bindings":[\n'
        return head + b",\n".join(pieces) + (b"\n]}}\n" if is_complete else b'\n]},"complete":false}\n')
    if media_type in (XML, PLAIN_XML):
        names = "".join(f"<variable name={xml_attribute(name)}/>" for name in columns)
        link = "" if is_complete else f'<link href="{_CUT_LINK}"/>'
        top = f"{_XML_HEAD}\n <head>{names}{link}</head>\n <results>\n"
        return top.encode() + b"".join(pieces) + b" </results>\n</sparql>\n"
    if media_type == CSV:
        return _csv_line(columns) + b"".join(pieces)
    return "\t".join(f"?{name}" for name in columns).encode() + b"\n" + b"".join(pieces)


# --- JSON
def _json_row(columns: tuple[str, ...], row: TermRow) -> bytes:
    return orjson.dumps({name: json_term(term) for name, term in zip(columns, row, strict=True) if term is not None})


def json_term(term: object) -> dict[str, object]:
    """A term as SPARQL 1.1 Query Results JSON writes it."""
    match term:
        case NamedNode():
            return {"type": "uri", "value": term.value}
        case Literal() if term.language is not None:
            tagged: dict[str, object] = {"type": "literal", "value": term.value, "xml:lang": term.language}
            return tagged if term.direction is None else tagged | {"its:dir": term.direction.value}
        case Literal():
            datatype = term.datatype.value
            plain: dict[str, object] = {"type": "literal", "value": term.value}
            return plain if datatype == _STRING else plain | {"datatype": datatype}
        case BlankNode():
            return {"type": "bnode", "value": term.value}
        case Triple():
            parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
            return {"type": "triple", "value": {name: json_term(part) for name, part in parts.items()}}
        case _:
            raise TypeError(f"not an RDF term: {term!r}")


# --- XML
_XML_HEAD = '<?xml version="1.0"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">'


def _xml_row(columns: tuple[str, ...], row: TermRow) -> bytes:
    cells = (
        f"<binding name={xml_attribute(name)}>{_xml_term(term)}</binding>"
        for name, term in zip(columns, row, strict=True)
        if term is not None
    )
    return f"  <result>{''.join(cells)}</result>\n".encode()


def _xml_term(term: object) -> str:
    match term:
        case NamedNode():
            return f"<uri>{xml_text(term.value)}</uri>"
        case BlankNode():
            return f"<bnode>{xml_text(term.value)}</bnode>"
        case Literal():
            attributes = f" xml:lang={xml_attribute(term.language)}" if term.language is not None else ""
            if term.direction is not None:
                attributes += f' its:dir="{term.direction.value}" its:version="2.0" xmlns:its="{_ITS}"'
            elif term.datatype.value not in (_STRING, _LANGUAGE_STRING):
                attributes = f" datatype={xml_attribute(term.datatype.value)}"
            return f"<literal{attributes}>{xml_text(term.value)}</literal>"
        case Triple():
            parts = (("subject", term.subject), ("predicate", term.predicate), ("object", term.object))
            return f"<triple>{''.join(f'<{name}>{_xml_term(part)}</{name}>' for name, part in parts)}</triple>"
        case _:
            raise TypeError(f"not an RDF term: {term!r}")


# --- CSV and TSV
def _csv_row(_columns: tuple[str, ...], row: TermRow) -> bytes:
    return _csv_line("" if term is None else _plain_text(term) for term in row)


def _csv_line(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode()


def _plain_text(term: object) -> str:
    if isinstance(term, NamedNode | Literal):
        return term.value
    return to_text(term) if isinstance(term, Triple) else str(term)


_TURTLE_NUMBERS = {
    XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    XSD + "double": re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+"),
}
"""Datatype -> the lexical forms that Turtle reads as of this datatype without quotes."""


def _tsv_row(_columns: tuple[str, ...], row: TermRow) -> bytes:
    return ("\t".join(map(_tsv_term, row)) + "\n").encode()


def _tsv_term(term: object) -> str:
    """A term as Turtle writes it, numbers in their short form."""
    if term is None:
        return ""
    form = _TURTLE_NUMBERS.get(term.datatype.value) if isinstance(term, Literal) else None
    if isinstance(term, Literal) and form is not None and form.fullmatch(term.value) is not None:
        return term.value
    return (to_text(term) if isinstance(term, Triple) else str(term)).replace("\t", "\\t")


_ROW_WRITERS: dict[str, Callable[[tuple[str, ...], TermRow], bytes]] = {
    JSON: _json_row,
    PLAIN_JSON: _json_row,
    XML: _xml_row,
    PLAIN_XML: _xml_row,
    CSV: _csv_row,
    TSV: _tsv_row,
}
