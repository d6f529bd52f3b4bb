"""RDF files as people have them: encodings, line ends, wrong names, contexts; and that N-Triples are read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import FaultsError
from kg.graph.rdf_files import load_file, read_triples
from kg.graph.triple_tables import TripleTables
from kg.rdf.encodings import open_utf8
from kg.rdf.file_formats import FORMATS
from kg.terms import XSD

TURTLE = '@prefix e: <https://example.org/> .\r\ne:amelie e:title "Amélie" .\r\n'
XML = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="https://example.org/"{}>\r\n'
    '<rdf:Description rdf:about="{}amelie">\r\n<e:title>Amélie</e:title></rdf:Description></rdf:RDF>'
)
DECLARED = '<?xml version="1.0" encoding="{}"?>\n' + XML.format("", "https://example.org/")
PLAIN_XML = XML.format("", "https://example.org/")
JSON = '{"@context": {"@vocab": "https://example.org/"}, "@id": "https://example.org/amelie", "title": "Amélie"}'
NTRIPLES = '<https://example.org/amelie> <https://example.org/title> "Amélie" .\n'
AMELIE = '<https://example.org/amelie> <https://example.org/title> "Amélie"'

SAME = {
    "bom.ttl": TURTLE.encode("utf-8-sig"),
    "utf-16.ttl": TURTLE.encode("utf-16"),
    "utf-16-be.ttl": b"\xfe\xff" + TURTLE.encode("utf-16-be"),
    "bom.nt": NTRIPLES.encode("utf-8-sig"),
    "crlf.nt": NTRIPLES.replace("\n", "\r\n").encode(),
    "utf-16.nt": NTRIPLES.encode("utf-16"),
    "bom.nq": NTRIPLES.encode("utf-8-sig"),
    "bom.trig": TURTLE.encode("utf-8-sig"),
    "bom.jsonld": JSON.encode("utf-8-sig"),
    "utf-16.jsonld": JSON.encode("utf-16"),
    "latin-1.rdf": DECLARED.format("ISO-8859-1").encode("iso-8859-1"),
    "windows.rdf": DECLARED.format("windows-1252").encode("cp1252"),
    "utf-16.rdf": DECLARED.format("UTF-16").encode("utf-16"),
    "utf-16-unmarked.rdf": DECLARED.format("UTF-16LE").encode("utf-16-le"),
    "bom.rdf": DECLARED.format("utf-8").encode("utf-8-sig"),
    "single-quotes.rdf": DECLARED.format("ISO-8859-1").replace('"1.0"', "'1.0'").encode("iso-8859-1"),
    "turtle.owl": TURTLE.encode(),
    "turtle.rdf": b"# an ontology\n" + TURTLE.encode(),
    "iri.owl": NTRIPLES.encode(),
    "xml.ttl": PLAIN_XML.encode(),
    "json.owl": JSON.encode(),
    "base.rdf": XML.format(' xml:base="https://example.org/"', "").encode(),
}


@pytest.mark.parametrize("name", SAME)
def test_a_file_is_read_in_its_encoding_and_its_format(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(SAME[name])
    assert list(map(str, read_triples(path))) == [AMELIE]
    tables = TripleTables()
    load_file(tables, path)
    assert tables.count("triple") == 1


@pytest.mark.parametrize(("base", "expected"), [("", ""), ("#", ""), ("films/", "films/")])
def test_a_base_of_xml_is_relative_to_the_document(tmp_path: Path, base: str, expected: str) -> None:
    path = tmp_path / "base.rdf"
    path.write_text(XML.format(f" xml:base='{base}'", ""), encoding="utf-8")
    (triple,) = read_triples(path)
    assert str(triple.subject) == f"<{path.parent.as_uri()}/{expected}amelie>"


def test_line_ends_of_xml_are_line_feeds_across_chunks(tmp_path: Path) -> None:
    path = tmp_path / "long.rdf"
    text = "a\r\nb\rc\n" * 40_000
    path.write_bytes(XML.format("", "https://example.org/").replace("Amélie", text).encode())
    (triple,) = read_triples(path)
    assert triple.object.value == "a\nb\nc\n" * 40_000  # type: ignore[union-attr]


def test_a_text_is_transcoded_across_chunks(tmp_path: Path) -> None:
    path = tmp_path / "long.ttl"
    path.write_bytes(f'<urn:a> <urn:b> "{"é𝄞" * 100_000}" .'.encode("utf-16"))
    with open_utf8(path, FORMATS[".ttl"], base_iri="") as (file, _):
        assert file.read().decode() == f'<urn:a> <urn:b> "{"é𝄞" * 100_000}" .'


SCHEMA_ORG = {
    "https://schema.org": "page",
    "http://schema.org/": "page",
    "https://schema.org/docs/jsonldcontext.jsonld": "page",
}


@pytest.mark.parametrize("address", SCHEMA_ORG)
@pytest.mark.parametrize("form", ['"{}"', '["{}", {{"e": "https://example.org/"}}]', '[{{}}, "{}"]'])
def test_the_context_of_schema_org_is_not_fetched(tmp_path: Path, address: str, form: str) -> None:
    path = tmp_path / "page.jsonld"
    path.write_text(
        f'{{"@context": {form.format(address)}, "@type": "Movie", "@id": "https://example.org/m", "name": "Anora",'
        ' "url": "https://example.org/anora", "datePublished": "2024-10-18",'
        ' "director": {"@id": "https://example.org/d", "description": "not \\"@context\\": \\"https://x.org\\""}}',
        encoding="utf-8",
    )
    triples = set(map(str, read_triples(path)))
    s = "http://schema.org/"
    assert {
        f"<https://example.org/m> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{s}Movie>",
        f'<https://example.org/m> <{s}name> "Anora"',
        f"<https://example.org/m> <{s}url> <https://example.org/anora>",
        f'<https://example.org/m> <{s}datePublished> "2024-10-18"^^<{s}Date>',
        f"<https://example.org/m> <{s}director> <https://example.org/d>",
    } < triples


def test_a_direction_of_json_ld_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "rel.jsonld"
    path.write_text(
        '{"@context": {"e": "https://example.org/", "t": {"@id": "e:t", "@language": "ar", "@direction": "rtl"},'
        ' "u": {"@id": "e:u", "@direction": "rtl"}}, "@id": "e:x", "t": "أ", "u": "ب"}',
        encoding="utf-8",
    )
    assert [str(triple.object) for triple in read_triples(path)] == ['"أ"@ar', '"ب"']


S, P = "<https://example.org/s>", "<https://example.org/p>"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
OTHERS = {"alone": "", "columns": f'{S} {P} "other" .\n', "lines": f'_:b {P} "other" .\n'}
"""A line before it, so that each way of splitting a file into columns is tried."""
NO_NTRIPLES = [
    f"{S} {P} > .",
    f'{S} {P} "test" .> ',
    f'{S} {P} "x"^^<{RDF}langString> .',
    f'{S} {P} "x"^^<{RDF}dirLangString> .',
    f'{S} {P} "x"@cantbethislong .',
    f'{S} {P} "x"@en-cantbethislong .',
    f'{S} {P} "x"@ .',
    f'{S} {P} "x"@1 .',
    f"<http://a.exa:mple/s> {P} {S} .",
    f"{S} <http://:example/p> {S} .",
    f"{S} {P} <http://example.org:port/o> .",
    f"{S} {P} <http://[::1/o> .",
    f"{S} {P} <nothing> .",
    f"{S} {P} </o> .",
    f"{S} {P} <http://example.org/%zz> .",
    f"{S} {P} <http://example.org/a#b#c> .",
    f"{S} {P} <http://example.org/ o> .",
    f"{S} {P} {S}",
    f"{S} {P} {S} {S} .",
    f"{S} {P} .",
    f"{S} {P}  .",
    f"{S} .",
    f'"s" {P} {S} .',
    f"{S} _:p {S} .",
    f'{S} "p" {S} .',
    f"{S} {P} {S} , {S} .",
    f"{S} {P} {S} ; {P} {S} .",
    f"{S} a {S} .",
    f"{S} {P} 1 .",
    f"{S} {P} 'x' .",
    f'{S} {P} """x""" .',
    f'{S} {P} "x"^^xsd:integer .',
    f'{S} {P} "\\a" .',
    f'{S} {P} "\\u12" .',
    f'{S} {P} "\\ud800" .',
    f'{S} {P} "x .',
    f'{S} {P} x" .',
    f"<<( {S} {P} {S} )>> {P} {S} .",
    f"<< {S} {P} {S} >> {P} {S} .",
    f'{S} {P} "x"@en--top .',
    "VERSION 1.2",
    f"@prefix e: <{XSD}> .",
    f"@base <{XSD}> .",
    "x",
    "> > > .",
]


@pytest.mark.parametrize("line", NO_NTRIPLES)
@pytest.mark.parametrize(
    "rest", ["", f'{S} {P} "other" .\n', f'_:b {P} "other" .\n'], ids=["alone", "columns", "lines"]
)
def test_what_is_no_ntriples_is_refused(tmp_path: Path, line: str, rest: str) -> None:
    path = tmp_path / "bad.nt"
    path.write_text(f"{rest}{line}\n", encoding="utf-8")
    with pytest.raises(FaultsError) as caught:
        load_file(TripleTables(), path)
    (fault,) = caught.value.faults
    assert fault.place is not None
    assert fault.place.line in (0, 1, 2, 3)


NTRIPLES_FORMS = [
    f"{S} {P} <http://example.org:8080/o> .",
    f"{S} {P} <urn:isbn:1> .",
    f"{S} {P} <mailto:a@b> .",
    f"{S} {P} <http://user@example.org/o> .",
    f"{S} {P} <http://[::1]/o> .",
    f"{S} {P} <http://example.org/%20?a=b:c#d:e> .",
    f"{S} {P} <scheme:/a:b> .",
    f"{S} {P} <a:> .",
    f"{S} {P} <file:///o> .",
    f"{S} {P} <http://example.org/é> .",
    f'{S} {P} "> ." .',
    f'{S} {P} "a > b > c" .',
    f'{S} {P} "x"@en-GB .',
    f'{S} {P} "\\"> \\u00E9\\n" .',
    f'{S} {P} "1"^^<{XSD}integer> . # comment',
    f'{S}\t{P}\t"x".',
    f"_:a {P} _:a.b .",
    f"{S} {P} <<( {S} {P} {S} )>> .",
    f"{S} {P}<<(_:a {P} <<( _:b {P} 'x > y' )>>)>> .".replace("'", '"'),
    f'{S} {P} "x"@ar--rtl .',
    f"  {S}  {P}  {S}  .  ",
    "",
    "# comment",
]


@pytest.mark.parametrize("line", NTRIPLES_FORMS)
@pytest.mark.parametrize(
    "rest", ["", f'{S} {P} "other" .\n', f'_:b {P} "other" .\n'], ids=["alone", "columns", "lines"]
)
def test_every_line_of_ntriples_is_read(tmp_path: Path, line: str, rest: str) -> None:
    path = tmp_path / "good.nt"
    path.write_text(f"{rest}{line}\n", encoding="utf-8")
    tables = TripleTables()
    load_file(tables, path)
    assert tables.count("triple") == bool(rest) + (line.partition("#")[0].strip() != "")
