"""Anybody's RDF: loaded, queried, explained, validated and described, in Python and on the command line."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
import rdflib

import kg
from kg.cli import main
from kg.errors import FaultsError, InputError, QueryError
from kg.filmgraph import FilmGraph
from kg.graph.lookup_tables import INDEXED, TripleOrders
from kg.loaded_graph import open_local_graph
from kg.project import find_project
from kg.rdflib_store import FilmGraphStore
from kg.server.graph_source import find_source

PEOPLE = """
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix ex: <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:marriedTo rdfs:subPropertyOf foaf:knows .
ex:ana a foaf:Person ; foaf:name "Ana"@es, "Anna"@de ; foaf:age 42 ; ex:marriedTo ex:ben .
ex:ben a foaf:Person ; foaf:name "Ben" ; foaf:homepage <https://ben.example/> .
_:nobody a foaf:Person ; foaf:weight 2.50 .
"""
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<urn:shape> a sh:NodeShape ; sh:targetClass foaf:Person ; sh:property [ sh:path foaf:name ; sh:minCount 1 ] .
"""
KNOWS = "SELECT ?a ?b { ?a foaf:knows ?b }"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.ttl"
    path.write_text(PEOPLE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> kg.LoadedGraph:
    path = tmp_path_factory.mktemp("data") / "people.ttl"
    path.write_text(PEOPLE, encoding="utf-8")
    return kg.load(path, infer=True)


def test_prefixes_of_the_file_need_no_declaration(graph: kg.LoadedGraph) -> None:
    assert graph.sparql("SELECT ?name { ex:ben foaf:name ?name }")[0].name == "Ben"
    assert [str(row.term("b")) for row in graph.sparql(KNOWS)] == ["<http://example.org/ben>"]


def test_an_error_is_at_its_place_in_the_query_as_it_was_written(graph: kg.LoadedGraph) -> None:
    with pytest.raises(QueryError) as error:
        graph.sparql("SELECT ?name {\n ex:ben foaf:name ?name ?? }")
    assert error.value.line == 2


def test_what_was_inferred_is_explained_down_to_the_file(graph: kg.LoadedGraph) -> None:
    text = graph.why_text("ex:ana", "foaf:knows", "ex:ben")
    assert "prp-spo1" in text
    assert f"source: {graph.files[0]}" in text
    assert not graph.why("ex:ben", "foaf:knows", "ex:ana")


def test_an_entity_is_found_by_its_curie_and_described(graph: kg.LoadedGraph) -> None:
    assert "ex:ana" in graph
    assert "ex:zoe" not in graph
    assert [str(value.value) for value in graph["ex:ana"].inferred] == ["<http://example.org/ben>"]


def test_exports_keep_literals_as_they_were_written(graph: kg.LoadedGraph, tmp_path: Path) -> None:
    assert '"2.50"' in graph.export_text("ntriples")
    assert any(str(value) == "2.50" for value in graph.to_rdflib().objects())
    graph.export(tmp_path / "out.ttl")
    assert len(kg.load(tmp_path / "out.ttl")) == len(graph)


def test_shapes_are_validated_with_the_line_of_the_file(graph: kg.LoadedGraph, tmp_path: Path) -> None:
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(SHAPES, encoding="utf-8")
    (finding,) = graph.validate(shapes)
    assert finding.check == "shacl/minCount"


def test_the_schema_counts_what_is_in_the_data(graph: kg.LoadedGraph) -> None:
    profile = graph.schema()
    assert [(row.name, row.entities, row.example) for row in profile.classes] == [("foaf:Person", 3, "ex:ana")]
    name = next(row for row in profile.properties if row.name == "foaf:name")
    assert (name.triples, name.subjects, name.values) == (3, 2, ("rdf:langString", "xsd:string"))
    assert {row.name: row.count for row in profile.languages} == {"de": 1, "es": 1}
    assert [row.name for row in profile.links] == ["https://ben.example/"]


def test_what_needs_facts_with_sources_says_so(graph: kg.LoadedGraph) -> None:
    for call in (graph.facts, lambda: graph.source_id("x"), lambda: graph.candidates(None)):
        with pytest.raises(InputError, match="only facts of a project have sources"):
            call()


def test_a_timeout_stops_a_query_about_loaded_data(people: Path) -> None:
    assert len(kg.load(people).sparql("SELECT * { ?p foaf:name ?n }", timeout=60)) == 3


def test_named_graphs_are_kept_with_the_blank_nodes_they_share(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.trig").write_text(
            "_:x <urn:p> <urn:o> . <urn:g> { _:x <urn:q> 'in a graph' }", encoding="utf-8"
        )
    graph = kg.load(tmp_path)
    joined = "SELECT * { ?x <urn:p> ?o GRAPH ?g { ?x <urn:q> ?text } }"
    assert len(graph.sparql(joined)) == 2
    assert "GRAPH" not in graph.export_text("ntriples")
    (tmp_path / "all.nq").write_text(graph.export_text("nquads", only="all"), encoding="utf-8")
    assert len(kg.load(tmp_path / "all.nq").sparql(joined)) == 2


def test_faults_of_all_files_come_with_their_places(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> .", encoding="utf-8")
    (tmp_path / "b.nq").write_text("<urn:a> <urn:b> <urn:c> .\n<urn:a> <urn:b> 5 .", encoding="utf-8")
    with pytest.raises(FaultsError) as error:
        kg.load([tmp_path / "a.ttl", tmp_path / "b.nq"])
    assert [(Path(fault.places[0].file).name, fault.places[0].line) for fault in error.value.faults] == [
        ("a.ttl", 1),
        ("b.nq", 2),
    ]


def test_a_loaded_folder_is_asked_again(people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "graph")
    assert main(["load", str(people), "-o", out, "--infer"]) == 0
    assert "11 triples, 1 inferred" in capsys.readouterr().out
    assert len(kg.load(out).sparql(KNOWS)) == 1
    assert main(["why", "ex:ana", "foaf:knows", "ex:ben", "--project", out]) == 0
    assert main(["facts", "--project", out]) == 2
    assert main(["build", "--project", out]) == 2
    assert main(["load", str(people), "-o", str(tmp_path)]) == 2
    capsys.readouterr()
    assert main(["load", str(people), "-o", out]) == 0
    assert f"The graph that was in {out} is replaced." in capsys.readouterr().err


def test_sparql_takes_data_and_a_query_in_one_call(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = KNOWS.replace("{", f"{{ # {'a remark ' * 600}\n")
    for words in (["--data", str(people), KNOWS], [long, "--data", str(people)], ["--data", str(people), "-e", KNOWS]):
        assert main(["sparql", *words, "--infer", "-f", "csv"]) == 0
        assert capsys.readouterr().out.split() == ["a,b", "http://example.org/ana,http://example.org/ben"]


def test_data_comes_from_stdin_folders_patterns_and_gzip(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "people.ttl.gz").write_bytes(gzip.compress(people.read_bytes()))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(PEOPLE.encode()))))
    for name in ("-", str(folder), f"{folder}/*.gz"):
        assert main(["sparql", "--data", name, "-e", "SELECT (COUNT(*) AS ?n) { ?p a foaf:Person }", "-f", "csv"]) == 0
        assert capsys.readouterr().out.split() == ["n", "3"]


@pytest.mark.parametrize(
    "text",
    [
        '[{"@id": "urn:a", "urn:b": "c"}]',
        "<urn:a> <urn:b> 'c' .",
        '<urn:a> <urn:b> "c" <urn:g> .',
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="urn:a"'
        ' xmlns:u="urn:"><u:b>c</u:b></rdf:Description></rdf:RDF>',
        "GRAPH <urn:g> { <urn:a> <urn:b> 'c' }",
    ],
)
def test_the_format_of_stdin_is_recognised(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    query = "SELECT ?o { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    assert main(["sparql", "--data", "-", "-e", query, "-f", "csv"]) == 0
    assert capsys.readouterr().out.split() == ["o", "c"]


def test_shapes_are_validated_before_the_answer(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(SHAPES, encoding="utf-8")
    assert main(["sparql", "--data", str(people), "--shapes", str(shapes), "-e", "ASK {}"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "yes\n"
    assert "shacl/minCount" in printed.err


def test_the_schema_of_data_is_printed_or_written_as_json(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--data", str(people)]) == 0
    assert "foaf:Person" in capsys.readouterr().out
    assert main(["schema", "--data", str(people), "name", "-f", "json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)["properties"]] == ["foaf:name"]


def test_the_profile_of_data_is_void_or_a_page(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--data", str(people), "--profile"]) == 0
    void = "http://rdfs.org/ns/void#"
    dataset = rdflib.Graph().parse(data=capsys.readouterr().out, format="turtle")
    rows = dataset.subject_objects(rdflib.URIRef(void + "triples"))
    counts = {str(partition): int(str(number)) for partition, number in rows}
    (whole,) = dataset.subjects(rdflib.RDF.type, rdflib.URIRef(void + "Dataset"))
    parts = dataset.objects(whole, rdflib.URIRef(void + "propertyPartition"))
    assert counts[str(whole)] == sum(counts[str(part)] for part in parts) > 0
    assert main(["schema", "--data", str(people), "--profile", "html"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("<!DOCTYPE html>")
    assert "<h2>Properties</h2>" in page


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sparql", "--data", "no-such.ttl", "-e", "ASK {}"], "There is no file"),
        (["sparql", "--infer", "-e", "ASK {}"], "--infer has no effect without --data"),
        (["sparql", "--shapes", "x.ttl", "-e", "ASK {}"], "--shapes has no effect without --data"),
        (["sparql", "--data", "-"], "stdin has the data"),
        (["load", "README", "-o", "out"], "There is no file"),
    ],
)
def test_wrong_calls_say_what_is_wrong(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("page.ttl", "<!DOCTYPE html><html><body>404</body></html>", "this is an HTML page"),
        ("latin-1.ttl", "<a:a> <a:b>\n 'Am\xe9lie' .", ":2:.*not UTF-8; convert"),
        ("data.txt", "<a:a> <a:b> 1 .", "--input-format"),
    ],
)
def test_files_that_are_no_rdf_say_what_to_do(name: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="latin-1")
    with pytest.raises((FaultsError, InputError), match=message):
        kg.load(tmp_path / name)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"files": []}, "name at least one file"),
        ({"files": rdflib.Graph()}, "graph.serialize"),
        ({"files": "https://example.org/people.ttl"}, "nothing is fetched"),
        ({"files": "people.ttl", "format": "excel"}, "no RDF format 'excel'"),
    ],
)
def test_what_cannot_be_loaded_says_why(call: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        kg.load(**call)


def test_data_without_declared_prefixes_has_the_common_ones(tmp_path: Path) -> None:
    films = tmp_path / "films.txt"
    name = "<http://schema.org/name>"
    films.write_text(f'<http://dbpedia.org/resource/Anora> {name} "Anora" .\n', encoding="utf-8")
    graph = kg.load(films, format="ntriples")
    assert [row.film.curie for row in graph.sparql("SELECT ?film { ?film schema:name 'Anora' }")] == ["dbr:Anora"]
    assert str(graph["Anora"].entity) == "<http://dbpedia.org/resource/Anora>"
    assert [match.label for match in graph.search("anorra")] == ["Anora"]


def test_prefixes_may_be_empty_or_relative_and_must_agree(tmp_path: Path) -> None:
    for name, text in {
        "a.ttl": "@prefix : <#> .\n:x :y 1 .",
        "b.ttl": "BASE <urn:b:>\nPREFIX : <#>\n:x :z 1 .",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert kg.load(tmp_path / "a.ttl").sparql("ASK { :x :y 1 }").truth
    with pytest.raises(QueryError, match="prefix : is not declared"):
        kg.load(tmp_path).sparql("ASK { :x :y 1 }")


def test_a_loaded_graph_is_one_whatever_opens_it(people: Path, tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    kg.load(people, output=folder)
    opened = (kg.open(folder), open_local_graph(folder), kg.load(folder), rdflib_graph(folder))
    served = find_source(find_project(folder)).open()
    assert [type(graph) for graph in (*opened, served)] == [kg.LoadedGraph] * 5
    query = ["sparql", "-e", "SELECT ?name { ?a foaf:age 42 ; foaf:name ?name }", "--timeout", "30"]
    assert main([*query, "--project", str(folder)]) == 0


def rdflib_graph(folder: Path) -> FilmGraph:
    """The graph that the store of rdflib has opened."""
    store = FilmGraphStore()
    store.open(str(folder))
    return store.graph


def test_a_description_has_the_prefixes_of_the_files(people: Path) -> None:
    graph = kg.load(people)
    stated: Any = graph["ex:ana"].as_dict()["stated"]
    assert stated["ex:marriedTo"][0]["value"] == "ex:ben"


def test_what_only_named_graphs_have_is_said(tmp_path: Path) -> None:
    (tmp_path / "graphs.nq").write_text("<a:a> <a:b> <a:c> <a:g> .\n", encoding="utf-8")
    answer = kg.load(tmp_path / "graphs.nq").sparql("SELECT ?s { ?s <a:b> ?o }")
    assert "named graphs such as <a:g>: write `GRAPH ?graph { ... }`" in answer.note


def test_blank_nodes_are_described_inside_their_entity(tmp_path: Path) -> None:
    path = tmp_path / "order.ttl"
    path.write_text("PREFIX : <urn:x:>\n:order :to [ :city [ :name 'Porto' ] ] .", encoding="utf-8")
    text = kg.load(path)[":order"].to_text()
    assert [line.split()[0] for line in text.splitlines() if line.startswith("  ")] == [":to", ":city", ":name"]


def test_the_query_may_be_after_any_option(people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shapes.ttl").write_text(SHAPES, encoding="utf-8")
    assert main(["sparql", "--data", str(people), "--shapes", str(tmp_path / "shapes.ttl"), "ASK { ?s ?p ?o }"]) == 1
    assert capsys.readouterr().out == "yes\n"
    empty = tmp_path / "empty.ttl"
    empty.write_text("", encoding="utf-8")
    assert main(["sparql", "--data", str(empty), "ASK { ?s ?p ?o }"]) == 0
    assert f"There are no triples in {empty}." in capsys.readouterr().err


@pytest.mark.parametrize("exists", [True, False])
def test_a_load_that_fails_leaves_no_files(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "bad.ttl").write_text("<urn:a> <urn:b>", encoding="utf-8")
    folder = tmp_path / "graph"
    if exists:
        folder.mkdir()
    with pytest.raises(FaultsError):
        kg.load(tmp_path / "bad.ttl", output=folder)
    assert folder.exists() == exists
    assert not exists or not any(folder.iterdir())
    (tmp_path / "good.ttl").write_text("<urn:a> <urn:b> <urn:c> .", encoding="utf-8")
    assert kg.load(tmp_path / "good.ttl", output=folder).sparql("ASK { ?s ?p ?o }").truth


def test_a_very_large_graph_is_loaded_without_a_lookup_store(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.pipeline.forecast._LARGEST_STORE", 0)
    graph = kg.load(people, output=tmp_path / "graph")
    assert not (graph.build / "store").exists()
    assert graph.sparql("ASK { ?s ?p ?o }", engine="columnar").truth
    assert kg.load(tmp_path / "graph").sparql("ASK { ?s ?p ?o }").truth


def test_very_large_tables_are_loaded_with_what_answers_lookups(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kg.load(people, output=tmp_path / "graph").export(tmp_path / "tables", format="parquet")
    monkeypatch.setattr("kg.pipeline.forecast._LARGEST_STORE", 0)
    graph = kg.load(tmp_path / "tables", output=tmp_path / "again")
    assert not (graph.build / "store").exists()
    assert TripleOrders.of(graph.snapshot.sql) == INDEXED
    assert graph.sparql("ASK { ?s ?p ?o }", engine="columnar").truth


@pytest.mark.parametrize("files", [5, ["people.ttl", 5], None])
def test_what_is_no_file_is_a_type_error(files: Any) -> None:
    with pytest.raises(TypeError, match="A file, folder or pattern is a text or a path"):
        kg.load(files)
