"""Rows, a truth or triples walk in as the engine gives them; bytes in a media type walk out, never more than allowed.

https://www.w3.org/TR/sparql11-results-json/, https://www.w3.org/TR/rdf-sparql-XMLres/,
https://www.w3.org/TR/sparql11-results-csv-tsv/. An answer that is cut stays well-formed: JSON says so in a member
`complete`, XML in a link, CSV and TSV can say so in the header of the response alone.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from xml.sax.saxutils import escape, quoteattr

import orjson
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from kg.server import media_types as m
from kg.terms import PREFIXES, RDF, XSD

_STRING, _LANGUAGE = XSD + "string", RDF + "langString"
_FORMATS = {
    m.TURTLE: RdfFormat.TURTLE,
    m.N_TRIPLES: RdfFormat.N_TRIPLES,
    m.PLAIN_TEXT: RdfFormat.N_TRIPLES,
    m.JSON_LD: RdfFormat.JSON_LD,
    m.PLAIN_JSON: RdfFormat.JSON_LD,
    m.RDF_XML: RdfFormat.RDF_XML,
    m.PLAIN_XML: RdfFormat.RDF_XML,
    m.TRIG: RdfFormat.TRIG,
    m.N_QUADS: RdfFormat.N_QUADS,
}
_CUT = "https://w3id.org/filmgraph/problem/limit"


@dataclass(frozen=True, slots=True)
class Written:
    """An answer in a media type.

    `is_all` is False when further rows were left out, and `total` how many rows there are, where that is known.
    """

    body: bytes
    media: str
    count: int = 0
    is_all: bool = True
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which rows are wanted - from `start` on, at most `most` - and what the answer may have at all."""

    rows: int
    bytes: int
    start: int = 0
    most: int | None = None

    @property
    def last(self) -> int:
        """The row to stop before."""
        return max(self.start, self.rows if self.most is None else min(self.start + self.most, self.rows))


Row = Iterable[object]
_NUMBERS = {
    XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    XSD + "double": re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+"),
}
"""Datatype -> the forms that Turtle reads as such without being told."""


def write_truth(truth: bool, media: str) -> Written:
    """The truth of an ASK."""
    word = "true" if truth else "false"
    if media in (m.XML, m.PLAIN_XML):
        body = f"{_XML_HEAD}\n <head/>\n <boolean>{word}</boolean>\n</sparql>\n"
    elif media in (m.CSV, m.TSV):
        body = f"{word}\n"
    else:
        body = f'{{"head":{{}},"boolean":{word}}}\n'
    return Written(body.encode(), media, 1)


def write_triples(
    triples: list[Triple], media: str, *, is_all: bool = True, most: int, prefixes: Mapping[str, str] = PREFIXES
) -> Written:
    """The triples of a CONSTRUCT or DESCRIBE."""
    format = _FORMATS[media]
    lines = [str(triple) for triple in triples]
    size, fitting = 0, 0
    for line in lines:
        size += len(line) + 3
        if size > most:
            break
        fitting += 1
    is_all = is_all and fitting == len(triples)
    text = "\n".join(lines[:fitting])
    used = {prefix: namespace for prefix, namespace in {**PREFIXES, **prefixes}.items() if namespace in text}
    body = serialize(triples[:fitting], format=format, prefixes=used) or b""
    if not is_all and format in (RdfFormat.TURTLE, RdfFormat.N_TRIPLES, RdfFormat.TRIG, RdfFormat.N_QUADS):
        body += b"# There are more: this answer was cut at a limit.\n"
    return Written(body, media, fitting, is_all)


def write_rows(columns: tuple[str, ...], found: Iterator[Row], media: str, *, bounds: Bounds) -> Written:
    """The wanted rows of a SELECT."""
    write = _ROWS[media]
    pieces: list[bytes] = []
    size, skipped = 0, sum(1 for _ in islice(found, bounds.start))
    for row in islice(found, bounds.last - bounds.start):
        piece = write(columns, row)
        size += len(piece) + 2
        if size > bounds.bytes:
            return Written(_around(columns, pieces, media, is_all=False), media, len(pieces), is_all=False)
        pieces.append(piece)
    seen = skipped + len(pieces)
    left = sum(1 for _ in islice(found, max(1, bounds.rows - seen)))
    total = seen + left if seen + left < bounds.rows or next(found, None) is None else None
    return Written(_around(columns, pieces, media, is_all=left == 0), media, len(pieces), left == 0, total)


def _around(columns: tuple[str, ...], pieces: list[bytes], media: str, *, is_all: bool) -> bytes:
    if media in (m.JSON, m.PLAIN_JSON):
        head = b'{"head":{"vars":' + orjson.dumps(columns) + b'},"results":{"bindings":[\n'
        return head + b",\n".join(pieces) + (b"\n]}}\n" if is_all else b'\n]},"complete":false}\n')
    if media in (m.XML, m.PLAIN_XML):
        names = "".join(f"<variable name={quoteattr(name)}/>" for name in columns)
        link = "" if is_all else f'<link href="{_CUT}"/>'
        top = f"{_XML_HEAD}\n <head>{names}{link}</head>\n <results>\n"
        return top.encode() + b"".join(pieces) + b" </results>\n</sparql>\n"
    if media == m.CSV:
        return _csv_line(columns) + b"".join(pieces)
    return "\t".join(f"?{name}" for name in columns).encode() + b"\n" + b"".join(pieces)


def _json_row(columns: tuple[str, ...], row: Row) -> bytes:
    told = {name: to_json(term) for name, term in zip(columns, row, strict=True) if term is not None}
    return orjson.dumps(told)


def to_json(term: object) -> dict[str, object]:
    """A term as SPARQL 1.1 Query Results JSON has it."""
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, Literal):
        if term.language is not None:
            return {"type": "literal", "value": term.value, "xml:lang": term.language}
        kind = term.datatype.value
        if kind == _STRING:
            return {"type": "literal", "value": term.value}
        return {"type": "literal", "value": term.value, "datatype": kind}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    assert isinstance(term, Triple)
    parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
    return {"type": "triple", "value": {name: to_json(part) for name, part in parts.items()}}


_XML_HEAD = '<?xml version="1.0"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">'
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")
"""What XML 1.0 has no way to write, not even as a character reference."""


def _xml_row(columns: tuple[str, ...], row: Row) -> bytes:
    cells = (
        f"<binding name={quoteattr(name)}>{_xml_term(term)}</binding>"
        for name, term in zip(columns, row, strict=True)
        if term is not None
    )
    return f"  <result>{''.join(cells)}</result>\n".encode()


def _xml_term(term: object) -> str:
    match term:
        case NamedNode():
            return f"<uri>{_xml_text(term.value)}</uri>"
        case BlankNode():
            return f"<bnode>{_xml_text(term.value)}</bnode>"
        case Literal():
            kind = term.datatype.value
            told = f" xml:lang={quoteattr(term.language)}" if term.language is not None else ""
            if kind not in (_STRING, _LANGUAGE):
                told = f" datatype={quoteattr(kind)}"
            return f"<literal{told}>{_xml_text(term.value)}</literal>"
        case Triple():
            parts = (("subject", term.subject), ("predicate", term.predicate), ("object", term.object))
            return f"<triple>{''.join(f'<{name}>{_xml_term(part)}</{name}>' for name, part in parts)}</triple>"
        case _:
            raise TypeError(f"no RDF term: {term!r}")


def _xml_text(text: str) -> str:
    return escape(text.translate(_NOT_XML), {"\r": "&#13;"})


def _csv_row(_columns: tuple[str, ...], row: Row) -> bytes:
    return _csv_line("" if term is None else _plain(term) for term in row)


def _csv_line(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode()


def _plain(term: object) -> str:
    return term.value if isinstance(term, NamedNode | Literal) else str(term)


def _tsv_row(_columns: tuple[str, ...], row: Row) -> bytes:
    return ("\t".join(map(_tsv_term, row)) + "\n").encode()


def _tsv_term(term: object) -> str:
    """A term as Turtle writes it, numbers in their short form."""
    if term is None:
        return ""
    form = _NUMBERS.get(term.datatype.value) if isinstance(term, Literal) else None
    if isinstance(term, Literal) and form is not None and form.fullmatch(term.value) is not None:
        return term.value
    return str(term).replace("\t", "\\t")


_ROWS: dict[str, Callable[[tuple[str, ...], Row], bytes]] = {
    m.JSON: _json_row,
    m.PLAIN_JSON: _json_row,
    m.XML: _xml_row,
    m.PLAIN_XML: _xml_row,
    m.CSV: _csv_row,
    m.TSV: _tsv_row,
}
