"""Exports: every format read back by rdflib is the same graph, term for term."""

from __future__ import annotations

import csv
import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import rdflib
from pyoxigraph import RdfFormat, parse, serialize
from rdflib.compare import isomorphic

from kg.cli import main
from kg.errors import InputError
from kg.exports.export import to_class_tables
from kg.exports.jsonld import stream_jsonld
from kg.exports.rdf import PARTS, read_quads
from kg.filmgraph import FilmGraph
from kg.graph import snapshot_file
from kg.schema import to_schema
from kg.terms import PREFIXES
from tests.projects import SmallProject, own_graph

ROOT = Path(__file__).resolve().parents[2]
SHAPES = ROOT / "tests/datasets/schema_org/shapes.ttl"
PARSERS = {
    "turtle": "turtle",
    "ntriples": "nt",
    "rdfxml": "xml",
    "trig": "trig",
    "nquads": "nquads",
    "jsonld": "json-ld",
}
ONE_GRAPH = ("turtle", "ntriples", "rdfxml")

TRICKY = """\
source: encyclopedia
anora:
  type: Film
  label: [Anora, {value: Анора, lang: ru}, {value: "A | B, \\"C\\" \\\\ <D> & 'E'", lang: en-GB}]
  title: "two\\nlines\\tand a tab"
  score: 8.50
  amount: 06
  minutes: 139
  inColour: true
  year: 2024
  date: 2024-10
  runningTime: PT139M
  website: https://anora.film/?a=1&b=%20
  genre: ["=SUM(A1)", "+1", "-1+2", "@cmd", "🎬", "‏مخفي"]
  release: {start: 197X, territory: usa}
  sequelOf: <https://example.org/film/1?x=(y)#z>
usa: {type: Place, kind: country}
"""
BLANK = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
film:usa film:release [ film:territory [ film:title "x" ] ] .
"""


@pytest.fixture(scope="module", params=["tricky", "ours"])
def graph(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    """A graph of hard terms, and the graph of the project's own files."""
    folder = tmp_path_factory.mktemp("films")
    if request.param == "tricky":
        project = SmallProject(folder)
        project.write("data/films.yaml", TRICKY)
        project.write("data/blank.ttl", BLANK)
        return project.open()
    return own_graph(folder)


class Triples(NamedTuple):
    """The triples of a graph as lines of N-Triples, those with blank nodes as a graph."""

    lines: frozenset[str]
    blank: rdflib.Graph


@cache
def expected(build: Path, only: str) -> dict[str, Triples]:
    """The triples of the build, by graph, as rdflib reads them."""
    graphs: dict[str, list[str]] = {}
    for quad in read_quads(build, only):
        graphs.setdefault(str(quad.graph_name), []).append(f"{quad.triple} .\n")
    return {name: split(exact("".join(lines), "nt")) for name, lines in graphs.items()}


def split(graph: rdflib.Graph) -> Triples:
    lines = frozenset(line for line in graph.serialize(format="nt").splitlines() if "_:" not in line)
    blank = rdflib.Graph()
    for triple in graph:
        if any(isinstance(term, rdflib.BNode) for term in triple):
            blank.add(triple)
    return Triples(lines, blank)


def exact(text: str, format: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=text, format=format)


@pytest.fixture(autouse=True)
def _literals_keep_their_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """rdflib rewrites `8.50` to `8.5` unless this is disabled."""
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)


@pytest.mark.parametrize("only", ["knowledge", "asserted", "ontology"])
@pytest.mark.parametrize("format", PARSERS)
def test_an_export_of_one_graph_is_read_back_the_same(graph: FilmGraph, format: str, only: str) -> None:
    (wanted,) = expected(graph.build, only).values()
    assert_same(as_graph(graph.export_text(format, only=only), format), wanted)


def as_graph(text: str, format: str) -> rdflib.Graph:
    if format in ONE_GRAPH:
        return exact(text, PARSERS[format])
    dataset = rdflib.Dataset()
    dataset.parse(data=text, format=PARSERS[format])
    plain = rdflib.Graph()
    for subject, predicate, value, _ in dataset.quads():
        plain.add((subject, predicate, value))
    return plain


@pytest.mark.parametrize("format", ["trig", "nquads", "jsonld"])
def test_an_export_of_several_graphs_is_read_back_the_same(graph: FilmGraph, format: str) -> None:
    dataset = rdflib.Dataset()
    dataset.parse(data=graph.export_text(format, only="all"), format=PARSERS[format])
    got: dict[str, rdflib.Graph] = {}
    for subject, predicate, value, graph_name in dataset.quads():
        is_default = graph_name is None or graph_name == rdflib.graph.DATASET_DEFAULT_GRAPH_ID
        key = "DEFAULT" if is_default or graph_name is None else graph_name.n3()
        got.setdefault(key, rdflib.Graph()).add((subject, predicate, value))
    wanted = expected(graph.build, "all")
    assert sorted(got) == sorted(wanted)
    for name, graph_wanted in wanted.items():
        assert_same(got[name], graph_wanted)


def assert_same(got: rdflib.Graph, wanted: Triples) -> None:
    """Equal as sets where no blank node is in the way, else isomorphic: with exact terms both times."""
    lines, blank = split(got)
    assert lines == wanted.lines
    assert isomorphic(blank, wanted.blank)


LARGE = [("turtle", "knowledge"), ("rdfxml", "asserted"), *((format, "all") for format in ("trig", "nquads", "jsonld"))]


@pytest.mark.parametrize(("format", "only"), LARGE)
def test_a_large_graph_is_sorted_on_disk_in_the_same_order(
    graph: FilmGraph, monkeypatch: pytest.MonkeyPatch, format: str, only: str
) -> None:
    in_memory = graph.export_text(format, only=only)
    monkeypatch.setattr(snapshot_file, "_MAX_IN_MEMORY", -1)
    assert graph.export_text(format, only=only) == in_memory


def test_nquads_are_what_a_serializer_writes(graph: FilmGraph) -> None:
    serialized = serialize(read_quads(graph.build, "all"), format=RdfFormat.N_QUADS)
    assert serialized is not None
    assert graph.export_text("nquads", only="all") == serialized.decode()


def test_turtle_declares_the_prefixes_that_it_uses(graph: FilmGraph) -> None:
    quads = read_quads(graph.build, "knowledge")
    texts = {str(term)[1:] for quad in quads for term in (quad.subject, quad.predicate, quad.object)}
    used = {text.rpartition(end)[0] + end for text in texts for end in "/#"}
    declared = set(re.findall(r"^@prefix \S+ <(.*)> \.$", graph.export_text("turtle"), re.MULTILINE))
    assert declared == {PREFIXES["xsd"]} | (set(graph.names.prefixes.values()) & used)


@pytest.mark.parametrize("only", ["knowledge", "all"])
def test_json_ld_is_one_document_though_it_is_written_an_entity_at_a_time(graph: FilmGraph, only: str) -> None:
    text = graph.export_text("jsonld", only=only)
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"


def test_an_empty_json_ld_document_has_no_entities() -> None:
    assert json.loads("".join(stream_jsonld([], to_schema([]))))["@graph"] == []


@pytest.mark.parametrize("only", ["provenance", "all"])
@pytest.mark.parametrize("format", ONE_GRAPH)
def test_a_format_of_one_graph_is_refused_for_several(graph: FilmGraph, format: str, only: str) -> None:
    if len(expected(graph.build, only)) > 1:
        with pytest.raises(InputError, match="trig, nquads or jsonld"):
            graph.export_text(format, only=only)


@pytest.mark.parametrize(("format", "only"), [("n3", "knowledge"), ("turtle", "everything"), ("", "knowledge")])
def test_an_unknown_format_or_part_is_refused(graph: FilmGraph, format: str, only: str) -> None:
    with pytest.raises(InputError, match="There is no"):
        graph.export_text(format, only=only)


def test_the_rdflib_graph_is_the_same_graph(graph: FilmGraph) -> None:
    (wanted,) = expected(graph.build, "knowledge").values()
    assert_same(graph.to_rdflib(), wanted)


def test_csv_tables_are_rectangular_and_no_cell_is_a_formula(graph: FilmGraph, tmp_path: Path) -> None:
    graph.export(tmp_path / "tables", format="csv")
    tables = {path.stem: path for path in (tmp_path / "tables").iterdir()}
    assert {"Film", "Person"} & tables.keys()
    for path in tables.values():
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file, strict=True)
        assert header[:2] == ["id", "label"]
        assert rows
        assert {len(row) for row in rows} == {len(header)}
        for cell in (cell for row in rows for cell in row):
            assert not cell.startswith(("=", "+", "@", "\t", "\r"))


def test_the_part_all_consists_of_the_other_parts(graph: FilmGraph) -> None:
    parts = {only: len(read_quads(graph.build, only)) for only in PARTS}
    assert parts["knowledge"] == parts["asserted"] + parts["inferred"]
    assert parts["all"] == parts["knowledge"] + parts["provenance"] + parts["ontology"] + parts["links"]


def test_an_export_into_a_missing_folder_is_an_error(graph: FilmGraph, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        graph.export(tmp_path / "no" / "such" / "file.ttl")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def anora(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    return own_graph(tmp_path_factory.mktemp("films"))


def test_a_schema_org_film_is_a_movie_with_its_director(anora: FilmGraph) -> None:
    movie = json.loads(anora.export_text("schema.org", film="film:anora"))
    assert (movie["@context"]["@vocab"], movie["@type"], movie["name"]) == ("https://schema.org/", "Movie", "Anora")
    assert movie["director"]["name"] == "Sean Baker"


def test_what_is_of_no_class_of_schema_org_is_of_the_one_that_it_expects(anora: FilmGraph) -> None:
    movie = json.loads(anora.export_text("schema.org", film="film:anora"))
    assert {each["@type"] for each in movie["character"]} == {"Person"}


def test_a_schema_org_film_conforms_to_the_shapes_of_schema_org(anora: FilmGraph) -> None:
    import pyshacl

    movie = json.loads(anora.export_text("schema.org", film="film:anora"))
    movie["@context"] = {"@vocab": "http://schema.org/"}
    data = exact(json.dumps(movie), "json-ld")
    assert len(data) > 20
    shapes = rdflib.Graph().parse(SHAPES, format="turtle")
    for datatype in ("Text", "URL", "Integer", "Number", "Float", "Boolean", "Date", "DateTime", "Time"):
        # As published, the shapes require even a text to be a node, so that no literal conforms.
        shape = rdflib.URIRef(f"http://schema.org/validation#ValidSchema{datatype}")
        assert (shape, rdflib.SH.nodeKind, rdflib.SH.BlankNodeOrIRI) in shapes
        shapes.remove((shape, rdflib.SH.nodeKind, None))
    conforms, _, text = pyshacl.validate(data, shacl_graph=shapes)
    assert conforms, text


def test_a_framed_film_contains_its_parts(anora: FilmGraph) -> None:
    document = json.loads(anora.export_text("jsonld-framed", film="film:anora"))
    (film,) = document["@graph"]
    assert film["id"] == "film:anora"
    assert any(isinstance(value, dict) and "amount" in value for value in as_list(film["boxOffice"]))


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("format", ["nquads", "trig"])
def test_rdf_is_exported_in_pieces(format: str, tmp_path: Path) -> None:
    pieces = list(own_graph(tmp_path).export_pieces(format, only="all"))
    assert len(pieces) > 1
    assert max(map(len, pieces)) <= 1 << 20


@pytest.mark.parametrize("format", PARSERS)
def test_a_film_alone_has_its_triples_its_parts_and_what_they_name(anora: FilmGraph, format: str) -> None:
    triples = as_graph(anora.export_text(format, film="Anora"), format)
    wanted = as_graph(anora.export_text(format), format)
    film = "https://w3id.org/filmgraph/film/anora"
    about = {triple for triple in wanted if triple[0] == rdflib.URIRef(film) or str(triple[0]).startswith(f"{film}.")}
    named = {value for _, _, value in about} - {subject for subject, _, _ in about}
    shown = {triple for triple in wanted if triple[0] in named and triple[1] in (rdflib.RDF.type, rdflib.RDFS.label)}
    assert about
    assert shown
    assert set(triples) == about | shown


def test_only_what_is_inferred_of_a_film_is_exported(anora: FilmGraph) -> None:
    inferred = exact(anora.export_text("ntriples", film="Anora", only="inferred"), "nt")
    asserted = exact(anora.export_text("ntriples", film="Anora", only="asserted"), "nt")
    everything = exact(anora.export_text("ntriples", film="Anora"), "nt")
    assert set(everything) >= set(inferred) | set(asserted)
    assert set(inferred).isdisjoint(asserted)
    assert inferred
    assert asserted


def test_csv_tables_of_a_film_have_no_other_film(anora: FilmGraph, tmp_path: Path) -> None:
    anora.export(tmp_path, format="csv", film="Anora")
    films = (tmp_path / "Film.csv").read_text(encoding="utf-8")
    assert "Anora" in films
    assert "Tangerine" not in films


@pytest.mark.parametrize(
    ("format", "options", "message"),
    [
        ("sssom", {"film": "Anora"}, "sssom is not written for one film; these formats are: ntriples, turtle"),
        ("schema.org", {"only": "ontology"}, "schema.org cannot have only ontology; these formats can"),
        ("turtle", {"only": "ontology", "film": "Anora"}, "One film is a part of knowledge, asserted, inferred"),
        ("wikidata", {}, "Nothing in this graph is linked to Wikidata.*wikidataId.*kg link"),
        ("quickstatements", {}, "Nothing in this graph is linked to Wikidata.*kg link.*import the items, too"),
    ],
)
def test_what_a_format_does_not_have_is_refused(
    anora: FilmGraph, tmp_path: Path, format: str, options: dict[str, str], message: str
) -> None:
    path = tmp_path / "out"
    with pytest.raises(InputError, match=message):
        anora.export(path, format=format, **options)  # type: ignore[arg-type]
    assert not path.exists()


def test_tables_alone_are_partitioned_by_predicate(anora: FilmGraph, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose the format parquet"):
        anora.export(tmp_path / "films.ttl", by_predicate=True)


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("films.nt", "<https://w3id.org/"),
        ("films.rdf", "<?xml"),
        ("films.json", '{\n "@context"'),
        ("films", "@prefix"),
    ],
)
def test_the_ending_of_the_file_chooses_the_format(anora: FilmGraph, tmp_path: Path, name: str, beginning: str) -> None:
    anora.export(tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(beginning)
    assert main(["export", "-o", str(tmp_path / f"our-{name}"), "--project", str(anora.project.folder)]) == 0
    assert (tmp_path / f"our-{name}").read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "format", "message"),
    [
        ("films.json", "turtle", "files of turtle end in .ttl or .n3. Name another file, or choose the format jsonld"),
        ("films.xlsx", None, "no format ends in .xlsx. Choose one with --format, or end in .csv"),
        ("films.tsv", None, "may have several formats. Choose one with --format: quickstatements, sssom"),
        ("films.nt.gz", None, "what is written is not compressed. Write .*films.nt, and compress it"),
        (
            "films.csv",
            None,
            r"\d tables are written, one for each class. Name a folder, such as .* kg sparql",
        ),
        ("films.parquet", None, "Parquet has a file for each table. Name a folder, such as .*films"),
        ("", "turtle", "is a folder, and turtle is one file. Name a file, or choose csv or parquet"),
    ],
)
def test_an_ending_that_is_not_of_the_format_is_refused(
    anora: FilmGraph, tmp_path: Path, name: str, format: str | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        anora.export(tmp_path / name, format=format)
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_one_table_is_a_csv_file_and_a_folder_may_be_named_like_a_file(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    project.write("data/films.yaml", "source: encyclopedia\nanora: {type: Film, label: Anora}\n")
    graph = project.open()
    graph.export(tmp_path / "films.csv", only="asserted")
    assert (tmp_path / "films.csv").read_text() == "id,label\nfilm:anora,Anora\n"
    (tmp_path / "tables.csv").mkdir()
    graph.export(tmp_path / "tables.csv", only="asserted")
    assert [path.name for path in (tmp_path / "tables.csv").iterdir()] == ["Film.csv"]


CLASSES = """\
@prefix ex: <https://example.org/> .
ex:a a <https://example.org/one/Film>, <https://example.org/two#Film>, <https://example.org/x/../../../y/..>, ex:B-1 .
"""


def test_each_class_has_a_table_within_the_folder(tmp_path: Path) -> None:
    tables = to_class_tables(parse(CLASSES, format=RdfFormat.TURTLE))
    assert list(tables) == ["B-1", "Film", "Film-2", "_"]


def test_a_graph_without_links_says_so(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    project.write("data/films.yaml", TRICKY)
    messages: list[str] = []
    assert "".join(project.open().export_pieces("sameas", report=messages.append)) == ""
    assert messages == ["Nothing in this graph is linked to another dataset, so there is no link to export."]
