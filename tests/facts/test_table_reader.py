"""Facts in bulk: CSV, TSV and Parquet tables, and plain RDF files."""

from __future__ import annotations

import csv
import io
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from pyoxigraph import Literal, NamedNode

from kg.facts.model import FACT_COLUMNS, Rank
from kg.pipeline.source_locations import find_unread
from kg.terms import FILM, XSD, entity_iri
from tests.projects import SmallProject, statement

HEAD = "subject,property,value,source,start,end,as_of,rank\n"


def to_csv(rows: list[dict[str, object]], *, delimiter: str = ",") -> str:
    """Rows as a fact table."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(FACT_COLUMNS), delimiter=delimiter, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("places.yaml", "source: encyclopedia\nusa: {type: Place, kind: %s}\n"),
        ("places.csv", "subject,property,value,source,record\nusa,type,Place,fan-site,1\nusa,kind,%s,fan-site,1\n"),
        ("places.ttl", '@prefix film: <https://w3id.org/filmgraph/film/> . film:usa a film:Place ; film:kind "%s" .'),
    ],
)
@pytest.mark.parametrize(("word", "suggested"), [("cuntry", ("country",)), ("town", ("city",)), ("City", ("city",))])
def test_an_unknown_kind_is_a_finding_with_the_kind_that_is_meant(
    project: SmallProject, file: str, text: str, word: str, suggested: tuple[str, ...]
) -> None:
    project.write(f"data/{file}", text % "country")
    assert {statement(fact) for fact in project.facts()} == {
        "film:usa rdf:type film:Place",
        "film:usa film:kind country",
    }
    project.write(f"data/{file}", text % word)
    (finding,) = project.read().findings
    assert (finding.check, finding.message) == ("facts/unknown-kind", f"unknown kind {word!r}")
    assert finding.suggestions == suggested


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("Town", "Use Place with kind: city."),
        ("capitol", "Use Place with kind: capital."),
        ("Spaceship", "`kg schema --all` lists the classes; what sort of film it is, `genre` says."),
    ],
)
def test_a_kind_as_a_class_is_a_finding_that_says_what_to_write(project: SmallProject, name: str, remedy: str) -> None:
    project.write("data/places.yaml", f"source: encyclopedia\nusa: {{type: {name}}}\n")
    (finding,) = project.read().findings
    assert (finding.check, finding.remedy) == ("facts/unknown-class", remedy)


def test_a_row_is_a_fact(project: SmallProject) -> None:
    project.write("data/films.csv", HEAD + "anora,amount,36.50,encyclopedia,10,20,2025-02-06,preferred\n")
    (fact,) = project.facts()
    assert statement(fact) == "film:anora film:amount 36.50"
    assert (fact.evidence.source, fact.evidence.start, fact.evidence.end) == ("encyclopedia", 10, 20)
    assert (fact.as_of, fact.rank, fact.place.line) == ("2025-02-06", Rank.PREFERRED, 2)


@pytest.mark.parametrize(
    "title", ["Paris, Texas", 'The "Teahouse"', "Yes | No", "two\nlines", "tab\there", "وجدة", "🎬"]
)
@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t"), ("TSV", "\t")])
def test_a_title_in_a_table_is_kept_exactly(project: SmallProject, title: str, suffix: str, delimiter: str) -> None:
    row: dict[str, object] = {"subject": "a-film", "property": "title", "value": title, "source": "fan-site"}
    project.write(f"data/films.{suffix}", to_csv([row], delimiter=delimiter).encode())
    assert [fact.value for fact in project.facts()] == [Literal(title)]


def test_a_table_may_have_columns_for_datatype_and_language(project: SmallProject) -> None:
    project.write(
        "data/films.csv",
        "subject,property,value,datatype,language,source\n"
        "anora,label,Anora,,ru,fan-site\nanora,minutes,139,xsd:integer,,fan-site\n",
    )
    assert [fact.value for fact in project.facts()] == [
        Literal("Anora", language="ru"),
        Literal("139", datatype=NamedNode(XSD + "integer")),
    ]


WRONG_ROWS = [
    ("a misspelt property", "anora,yeer,2024,fan-site,,,,", "2 unknown-property"),
    ("a misspelt class", "anora,type,Flim,fan-site,,,,", "2 unknown-class"),
    ("a value of the wrong kind", "anora,minutes,long,fan-site,,,,", "2 value"),
    ("a value that is missing", "anora,title,,fan-site,,,,", "2 value"),
    ("an unknown source", "anora,title,A,fansite,,,,", "2 unknown-source"),
    ("no source", "anora,title,A,,,,,", "2 unknown-source"),
    ("a span without end", "anora,title,A,fan-site,5,,,", "2 span"),
    ("a span the wrong way round", "anora,title,A,fan-site,9,3,,", "2 span"),
    ("a span in digits of another script", "anora,title,A,fan-site,٣,٩,,", "2 span"),
    ("an as-of day that is not a date", "anora,title,A,fan-site,,,now,", "2 value"),
    ("not a rank", "anora,title,A,fan-site,,,,best", "2 value"),
    ("a subject that is not a name", "an ora,title,A,fan-site,,,,", "2 value"),
    ("an undefined entity", "anora,director,sean-bakr,fan-site,,,,", "2 unknown-entity"),
    ("a cell too many", "anora,title,A,fan-site,,,,,x", "2:1 csv"),
    ("a quote that does not end", 'anora,title,"A,fan-site,,,,', "2 csv"),
    ("a control character", "anora,title,A\x1b[31m,fan-site,,,,", "2 value"),
]


@pytest.mark.parametrize(("row", "expected"), [case[1:] for case in WRONG_ROWS], ids=[case[0] for case in WRONG_ROWS])
def test_each_fault_of_a_row_is_reported_with_its_line(project: SmallProject, row: str, expected: str) -> None:
    project.write("data/films.csv", (HEAD + row + "\n").encode())
    assert project.finding_places() == [f"data/films.csv:{expected}"]


@pytest.mark.parametrize(
    ("cells", "check"),
    [
        ({"property": "minutes", "value": "long", "datatype": "xsd:integer"}, "value"),
        ({"property": "date", "value": "last autumn", "datatype": "xsd:date"}, "value"),
        ({"property": "date", "value": "soon", "datatype": "xsd:string"}, "value"),
        ({"property": "title", "value": "A", "paraphrase": "perhaps"}, "value"),
        ({"property": "title", "value": "A", "retrieved": "lately"}, "value"),
        ({"property": "title", "value": "A", "datatype": "no such: type"}, "value"),
        ({"property": "director", "value": "A", "datatype": "xsd:string"}, "value"),
    ],
)
def test_a_cell_of_the_wrong_kind_is_a_fault(project: SmallProject, cells: dict[str, object], check: str) -> None:
    project.write("data/films.csv", to_csv([{"subject": "anora", "source": "fan-site", **cells}]).encode())
    assert project.finding_places() == [f"data/films.csv:2 {check}"]


def test_lines_are_those_of_the_file_also_after_a_value_of_two_lines(project: SmallProject) -> None:
    project.write("data/films.csv", HEAD + 'anora,title,"two\nlines",fan-site,,,,\nanora,yeer,1,fan-site,,,,\n')
    assert project.finding_places() == ["data/films.csv:4 unknown-property"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ["1:1 empty"]),
        (b"subject,property\n", ["1:1 columns"]),
        (b"subject,property,valeu,value\n", ["1:1 columns"]),
        (b"subject,property,value,value\n", ["1:1 columns"]),
        (b"subject,property,value,source\nanora,title,Am\xe9lie,fan-site\n", ["2:15 encoding"]),
        (b"\xff\xfes\x00u\x00", ["1:1 encoding"]),
    ],
    ids=["empty", "a column missing", "a column misspelt", "a column twice", "Latin-1", "UTF-16"],
)
def test_a_file_that_is_not_a_fact_table_is_reported(
    project: SmallProject, content: bytes, expected: list[str]
) -> None:
    project.write("data/films.csv", content)
    assert project.finding_places() == [f"data/films.csv:{place}" for place in expected]


@pytest.mark.parametrize(
    ("row", "further"),
    [
        ("anora,yeer,1,fan-site,,,,", "at least 4,000 more faults like these are not listed"),
        ("anora,minutes,139", "4,000 more faults like these are not listed"),
    ],
    ids=["a fault or more", "too few cells"],
)
def test_of_many_faulty_rows_the_first_thousand_are_listed_and_the_others_counted(
    project: SmallProject, row: str, further: str
) -> None:
    project.write("data/films.csv", HEAD + f"{row}\n" * 5000 + "anora,minutes,139,fan-site,,,,\n")
    *listed, last = project.read().findings
    assert [finding.place.line for finding in listed if finding.place] == list(range(2, 1002))
    assert (last.check, last.message) == ("facts/many", further)
    assert [fact.place.line for fact in project.read().facts] == [5002]


@pytest.mark.parametrize(
    ("rows", "further"),
    [(501, "2 more faults like these are not listed"), (1001, "at least 1,001 more faults like these are not listed")],
)
def test_rows_with_two_faults_are_not_counted_as_one(project: SmallProject, rows: int, further: str) -> None:
    project.write("data/films.csv", HEAD + "anora,yeer,1,nobody,,,,\n" * rows)
    *listed, last = project.read().findings
    assert (len(listed), last.message) == (1000, further)


@pytest.mark.parametrize(
    ("file", "text", "listed"),
    [
        ("table.csv", HEAD + "".join(f"anora,director,p{i},fan-site,,,,\n" for i in range(1500)), 1000),
        ("table.csv", HEAD + "director,title,A,fan-site,,,,\n" * 1500, 1000),
        ("values.nt", "".join(f'<{entity_iri("anora").value}> <{FILM}year> "y{i}" .\n' for i in range(1500)), 1000),
        ("names.nt", "".join(f'<{entity_iri("anora").value}> <{FILM}yeer> "{i}" .\n' for i in range(9)), 1),
    ],
    ids=["undefined entities", "names of the ontology", "values of RDF", "the same name in RDF"],
)
def test_of_many_faults_of_any_kind_the_first_are_listed(
    project: SmallProject, file: str, text: str, listed: int
) -> None:
    project.write("data/films.yaml", "source: fan-site\nanora: {type: Film, label: Anora}\n")
    project.write(f"data/{file}", text)
    findings = project.read().findings
    many = [f.message.removeprefix("at least ") for f in findings if f.check == "facts/many"]
    assert len(findings) - len(many) == listed
    assert many == (["500 more faults like these are not listed"] if listed == 1000 else [])
    assert not many or find_unread(findings, ()).is_anything


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('anora,title,"two\nlines",fan-site,,,,\nanora,title,A,fan-site,,,,\n', [2, 4]),
        ('anora,title,"two\r\nlines",fan-site,,,,\r\nanora,title,A,fan-site,,,,\r\n', [2, 4]),
        ('anora,title,two "words,fan-site,,,,\n\nanora,title,A,fan-site,,,,\n', [2, 4]),
        ('\nanora,title,"""A""",fan-site,,,,\nanora,title,A,fan-site,,,,', [3, 4]),
    ],
    ids=["line end", "Windows line end", "quotation mark and empty line", "doubled quotation marks"],
)
def test_every_row_has_the_line_on_which_it_begins(project: SmallProject, text: str, lines: list[int]) -> None:
    head = HEAD.replace("\n", "\r\n") if "\r" in text else HEAD
    project.write("data/films.csv", (head + text).encode())
    assert [fact.place.line for fact in project.facts()] == lines


def write_parquet(path: Path, select: str) -> None:
    with duckdb.connect(":memory:") as sql:
        sql.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")


def test_a_parquet_table_is_read_like_a_csv_table(project: SmallProject) -> None:
    row = "'anora' subject, 'minutes' property, '139' \"value\", 'fan-site' source"
    write_parquet(project.folder / "data/films.parquet", f'SELECT {row}, 10 AS start, 20 AS "end", true paraphrase')
    (fact,) = project.facts()
    assert statement(fact) == "film:anora film:minutes 139"
    assert (fact.evidence.start, fact.evidence.end, fact.paraphrase) == (10, 20, True)


def test_numbers_and_days_in_parquet_need_not_be_texts(project: SmallProject) -> None:
    rows = [f"SELECT 'anora' subject, '{name}' property, 'fan-site' source, " for name in ("minutes", "date", "score")]
    values = ['139 "value"', "DATE '2024-10-18' \"value\"", '8.50::DECIMAL(5, 2) "value"']
    for number, (row, value) in enumerate(zip(rows, values, strict=True)):
        write_parquet(
            project.folder / f"data/films-{number}.parquet", row + value + ', 1.0::DOUBLE start, 2.0::DOUBLE "end"'
        )
    facts = [(statement(fact), fact.evidence.start, fact.evidence.end) for fact in project.facts()]
    assert facts == [
        ("film:anora film:minutes 139", 1, 2),
        ("film:anora film:date 2024-10-18", 1, 2),
        ("film:anora film:score 8.50", 1, 2),
    ]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\x00" * 100 + b"PAR1", b"a,b\n1,2\n"])
def test_a_file_that_is_not_parquet_is_reported(project: SmallProject, content: bytes) -> None:
    project.write("data/films.parquet", content)
    assert project.finding_places() == ["data/films.parquet parquet"]


def test_a_wrong_row_of_a_parquet_table_is_reported_with_its_number(project: SmallProject) -> None:
    row = "SELECT 'anora' subject, 'minutes' property, '{}' \"value\", 'fan-site' source"
    write_parquet(project.folder / "data/films.parquet", f"{row.format(139)} UNION ALL {row.format('long')}")
    assert project.finding_places() == ["data/films.parquet:2 value"]


# --- RDF ---

TURTLE = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
film:anora a film:Film ; film:minutes 139 ; film:title "Anora" ; film:release [ film:year "2024" ] .
"""
RDF_FILES = {
    "ttl": TURTLE,
    "nt": '<https://w3id.org/filmgraph/film/anora> <https://w3id.org/filmgraph/film/title> "Anora" .\n',
    "trig": "@prefix film: <https://w3id.org/filmgraph/film/> .\nfilm:g { film:anora film:title 'Anora' }\n",
    "jsonld": '{"@context": {"@vocab": "https://w3id.org/filmgraph/film/"},'
    ' "@id": "https://w3id.org/filmgraph/film/anora", "title": "Anora"}',
    "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:film="https://w3id.org/filmgraph/film/"><rdf:Description'
    ' rdf:about="https://w3id.org/filmgraph/film/anora"><film:title>Anora</film:title></rdf:Description></rdf:RDF>',
    "owl": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:film="https://w3id.org/filmgraph/film/"><rdf:Description'
    ' rdf:about="https://w3id.org/filmgraph/film/anora"><film:title>Anora</film:title></rdf:Description></rdf:RDF>',
}


@pytest.mark.parametrize("suffix", RDF_FILES)
def test_an_rdf_file_is_its_own_source(project: SmallProject, suffix: str) -> None:
    project.write(f"data/anora.{suffix}", RDF_FILES[suffix])
    titles = [fact for fact in project.facts() if fact.property == entity_iri("title")]
    assert [statement(fact) for fact in titles] == ["film:anora film:title Anora"]
    assert [fact.evidence.source.rpartition("-")[0] for fact in titles] == [f"file-data-anora-{suffix}"]
    assert [fact.evidence.record for fact in titles] == [
        "<https://w3id.org/filmgraph/film/g>" if suffix == "trig" else ""
    ]


def test_an_rdf_file_that_a_source_names_belongs_to_that_source(project: SmallProject) -> None:
    project.write("data/sources.yaml", "wikidata: {title: Wikidata, file: anora.ttl}\n")
    project.write("data/anora.ttl", TURTLE)
    assert {fact.evidence.source for fact in project.facts()} == {"wikidata"}


def test_a_blank_node_gets_the_same_iri_every_time_and_another_in_another_file(project: SmallProject) -> None:
    deep = "data/" + "a-folder-with-a-long-name/" * 3
    for name in (
        f"{deep}one.ttl",
        f"{deep}two.ttl",
        "data/アノーラ.ttl",
        "data/パリ.ttl",
        "data/a-b.ttl",
        "data/a_b.ttl",
    ):
        project.write(name, TURTLE)
    facts = project.facts()
    releases = {fact.value for fact in facts if fact.property == entity_iri("release")}
    assert len(releases) == 6
    assert len({fact.evidence.source for fact in facts}) == 6
    assert project.facts() == facts


@pytest.mark.parametrize(
    ("suffix", "content", "expected"),
    [
        ("ttl", "<a> <b> \n <c", "2:2 syntax"),
        ("ttl", "@prefix film: <https://w3id.org/filmgraph/film/> .\nfilm:a film:titel 'A' .", " unknown-property"),
        ("ttl", "@prefix film: <https://w3id.org/filmgraph/film/> .\nfilm:a a film:Flim .", " unknown-class"),
        ("ttl", "@prefix film: <https://w3id.org/filmgraph/film/> .\nfilm:a film:date 'last autumn' .", " value"),
        ("ttl", "@prefix film: <https://w3id.org/filmgraph/film/> .\nfilm:a film:title 'A\\u0007' .", " value"),
        ("ttl", "@prefix film: <https://w3id.org/filmgraph/film/> .\nfilm:a film:minutes 'long' .", " value"),
        ("ttl", "@prefix film: <https://w3id.org/filmgraph/film/> .\nfilm:a film:title film:b .", " value"),
        ("ttl", "", "1:1 empty"),
        ("nt", "nonsense", "1:1 syntax"),
        ("jsonld", "{", "1:2 syntax"),
    ],
)
def test_each_fault_of_an_rdf_file_is_reported(project: SmallProject, suffix: str, content: str, expected: str) -> None:
    project.write(f"data/anora.{suffix}", content)
    assert project.finding_places() == [f"data/anora.{suffix}{expected if expected[0] == ' ' else ':' + expected}"]


def test_an_rdf_file_that_is_not_utf_8_is_reported(project: SmallProject) -> None:
    project.write("data/anora.ttl", b'<urn:a> <urn:b> "Am\xe9lie" .')
    (finding,) = project.read().findings
    assert finding.check in ("facts/syntax", "facts/encoding")


LAUGHS = (
    '<?xml version="1.0"?>\n{padding}<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "{double}">]>\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:film="https://w3id.org/filmgraph/film/">'
    '<rdf:Description rdf:about="urn:x"><film:title>{title}</film:title></rdf:Description></rdf:RDF>'
)


@pytest.mark.parametrize("padding", ["", "<!-- " + "x" * 70_000 + " -->\n"], ids=["at once", "after much comment"])
def test_xml_entities_are_read_unless_they_expand_to_much_text(project: SmallProject, padding: str) -> None:
    project.write("data/laughs.rdf", LAUGHS.format(padding=padding, double="&a;" * 3, title="&b;"))
    assert [fact.value.value for fact in project.read().facts] == ["hahaha"]
    project.write("data/laughs.rdf", LAUGHS.format(padding=padding, double="&a;" * 9_000, title="&b;" * 9_000))
    assert project.finding_places() == ["data/laughs.rdf:1 syntax"]


@pytest.fixture
def no_network() -> Iterator[list[str]]:
    """The attempts to reach a network."""
    tried: list[str] = []
    watching = [True]

    def watch(event: str, args: tuple[object, ...]) -> None:
        if watching and event in ("socket.connect", "socket.getaddrinfo", "urllib.Request"):
            tried.append(f"{event} {args}")

    sys.addaudithook(watch)
    yield tried
    watching.clear()


def test_a_remote_context_is_not_fetched(project: SmallProject, no_network: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        project.write("data/anora.jsonld", f'{{"@context": "http://127.0.0.1:{port}/context.jsonld", "title": "A"}}')
        (finding,) = project.read().findings
        with pytest.raises(TimeoutError):
            server.accept()
    assert no_network == []
    assert finding.place is not None
    assert finding.place.file == "data/anora.jsonld"
    assert "context" in finding.message
