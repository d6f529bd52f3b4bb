"""RDF 1.2: triple terms, reifiers, annotations, base directions and version directives are read, kept and written."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, parse

import kg
from kg.errors import FaultsError, InputError, QueryError
from kg.graph.rdf_files import load_file, read_triples
from kg.graph.triple_tables import TripleTables
from kg.reasoning.infer import infer
from kg.shapes import validate_files
from kg.terms import XSD, to_spo, to_term

PREFIXES = """PREFIX : <https://example.org/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
"""
FILMS = f"""VERSION "1.2"
{PREFIXES}
:anora a :Film ; :budget 6 ~ :r {{| :source :imdb |}} , 7 {{| :source :variety |}} ;
    :title "Anora"@en--ltr , "أنورا"@ar--rtl .
<< :anora :director :baker >> :source _:interview .
:ann :says <<( :anora :sequel <<( _:interview :about "a > b--rtl" )>> )>> .
:says rdfs:subPropertyOf :states .
rdf:reifies rdfs:domain :Claim .
"""
GRAPH = f'{PREFIXES} :g {{ :anora :budget 8 ~ _:r {{| :source _:r |}} }} _:r :note << :x :y "f"@fr--ltr ~ _:r >> .'
SAYS = "<https://example.org/ann> <https://example.org/says>"
NEW = f"{SAYS} <<( <urn:a> <urn:b> _:c )>>"


def canonical(text: str) -> list[str]:
    """The quads of N-Quads with labels that depend on nothing but the graph."""
    dataset = Dataset(quad for quad in parse(text, format=RdfFormat.N_QUADS) if isinstance(quad, Quad))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(map(str, dataset))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("data")
    paths = [folder / "films.ttl", folder / "graph.trig"]
    for path, text in zip(paths, (FILMS, GRAPH), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


@pytest.fixture(scope="module")
def graph(files: list[Path]) -> kg.LoadedGraph:
    return kg.load(files, infer=True)


@pytest.mark.parametrize("suffix", [".ttl", ".trig", ".nt", ".nq", ".rdf"])
def test_what_is_written_is_read_again(graph: kg.LoadedGraph, tmp_path: Path, suffix: str) -> None:
    names = {".ttl": "turtle", ".trig": "trig", ".nt": "ntriples", ".nq": "nquads", ".rdf": "rdfxml"}
    only = "all" if suffix in (".trig", ".nq") else "knowledge"
    path = tmp_path / f"films{suffix}"
    graph.export(path, format=names[suffix], only=only)
    again = kg.load(path).export_text("nquads", only=only)
    assert canonical(again) == canonical(graph.export_text("nquads", only=only))
    assert "--rtl" in again
    assert "<<( " in again


@pytest.mark.parametrize(
    ("suffix", "text", "line"),
    [
        (".ttl", f'# 1.2\nPREFIX : <urn:>\nVERSION "1.2"\n{NEW} .', 3),
        (".trig", "<a:a> <a:p> <a:b> .\n\n<a:a> <a:p> <a:b> {| <a:q> 1 |} .", 3),
        (".ttl", '<a:a> <a:p> "x@en--ltr ~ <<" ,\n "x"@en--ltr .', 2),
        (".ttl", "<a:a> <a:p> 1 , <a:b~c> ,\n 2 ~ <a:r> .", 2),
        (".nt", f'{SAYS} "x" .\n\n{NEW} .\n', 3),
        (".nt", f'VERSION "1.2"\n{NEW} .\n', 1),
        (".nq", f'{SAYS} "x" .\n{SAYS} "x"@ar--rtl .\n', 2),
        (
            ".rdf",
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="urn:e:">\n'
            '<e:A><e:says rdf:parseType="Triple" rdf:version="1.2">'
            '<rdf:Description rdf:about="urn:a"><e:b rdf:resource="urn:c"/></rdf:Description></e:says></e:A></rdf:RDF>',
            2,
        ),
    ],
)
def test_rdf_1_1_refuses_what_rdf_1_2_reads(suffix: str, text: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / f"new{suffix}"
    path.write_text(text, encoding="utf-8")
    assert list(read_triples(path))
    with pytest.raises(FaultsError) as raised:
        list(read_triples(path, version="1.1"))
    assert raised.value.faults[0].places[0].line == line
    with pytest.raises(FaultsError) as raised:
        load_file(TripleTables(), path, version="1.1")
    assert raised.value.faults[0].places[0].line == line


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("SELECT * {\n ?s ?p <<( ?a ?b ?c )>> }", "query:2:8"),
        ("SELECT * { << ?a ?b ?c >> ?p ?o }", "query:1:12"),
        ("SELECT * { ?a ?b ?c {| ?p ?o |} }", "query:1:21"),
        ("SELECT * { ?a ?b ?c ~ ?r }", "query:1:21"),
        ("SELECT * { ?s ?p ?o FILTER(isTriple(?o)) }", "query:1:28"),
        ('SELECT * { ?s ?p "x"@ar--rtl }', "query:1:21"),
        ('VERSION "1.2" SELECT * { ?s ?p ?o }', "query:1:1"),
    ],
)
def test_a_graph_that_is_held_to_rdf_1_1_refuses_queries_of_sparql_1_2(text: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / "films.nt"
    path.write_text("<urn:a> <urn:p> <urn:b> .\n", encoding="utf-8")
    graph = kg.load(path, rdf="1.1", output=tmp_path / "graph")
    for opened in (graph, kg.open(tmp_path / "graph")):
        for ask in (opened.sparql, opened.explain_query):
            with pytest.raises(QueryError) as raised:
                ask(text)
            assert str(raised.value.place) == place
    names = "SELECT ?subject ?object { ?subject ?p ?object FILTER(?object != '<<') } # {| isTriple("
    assert len(graph.sparql(names)) == 1
    kg.load(path).sparql(text)


def test_there_are_two_versions_of_rdf(files: list[Path]) -> None:
    with pytest.raises(InputError, match="no version '2'"):
        kg.load(files, rdf="2")


def test_a_version_inside_a_text_is_none(tmp_path: Path) -> None:
    path = tmp_path / "text.nt"
    path.write_text('VERSION "1.2" # now\n<a:a> <a:p> "VERSION \\"1.2\\"" .\n  VERSION "1.1"', encoding="utf-8")
    assert [str(triple.object) for triple in read_triples(path)] == ['"VERSION \\"1.2\\""']


@pytest.mark.parametrize("suffix", [".ttl", ".nt"])
def test_triple_terms_nest_only_so_deep(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"deep{suffix}"
    for depth, is_read in ((100, True), (101, False)):
        term = "<<( <a:s> <a:p> " * depth + '"<<" ' + ")>> " * depth
        path.write_text(f"<a:s> <a:p> {term}.\n", encoding="utf-8")
        tables = TripleTables()
        if is_read:
            load_file(tables, path)
            assert list(tables.triple_texts()) == list(map(to_spo, read_triples(path)))
        else:
            with pytest.raises(FaultsError, match="deeper than 100"):
                load_file(tables, path)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("SELECT ?b { ?r rdf:reifies <<( :anora :budget ?b )>> ; :source :imdb }", {"6"}),
        ("SELECT ?s { :anora :budget ?b {| :source ?s |} }", {":imdb", ":variety"}),
        ("SELECT ?r { << :anora :budget 6 ~ ?r >> :source|:note :imdb }", {":r"}),
        ("SELECT (LANGDIR(?t) AS ?d) { ?f :title ?t }", {"ltr", "rtl"}),
        ("SELECT ?t { ?f :title|:other ?t . ?r rdf:reifies <<( ?f :budget 6 )>> }", {"Anora", "أنورا"}),
        ("SELECT ?b { GRAPH :g { << :anora :budget ?b >> :source ?r } }", {"8"}),
        ("SELECT ?c { ?c a :Claim . ?c :source :imdb }", {":r"}),
        ("SELECT ?t { :ann :states ?t }", {'<<( :anora :sequel <<( _:interview :about "a > b--rtl" )>> )>>'}),
    ],
)
def test_sparql_1_2_asks_for_them(graph: kg.LoadedGraph, query: str, values: set[str]) -> None:
    if "|:note" in query:
        with pytest.raises(QueryError, match="rdf:reifies"):
            graph.sparql(query)
        return
    answer = graph.sparql(query)
    assert answer.engine == "oxigraph"
    assert set(map(str, answer.values())) == values


@pytest.mark.parametrize(
    ("query", "is_compiled"),
    [
        ("SELECT ?s ?p ?o { ?s ?p ?o }", True),
        ("SELECT ?o (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?o", True),
        ("SELECT DISTINCT (STR(?o) AS ?t) { ?s :title ?o }", True),
        ("SELECT ?o { ?s ?p ?o FILTER(isLITERAL(?o)) }", False),
        ("SELECT ?o { ?s :title ?o FILTER(?o = 'Anora'@en) }", False),
        ("SELECT (LANG(?o) AS ?l) { ?s :title ?o }", False),
        ("SELECT ?o { ?s ?p ?o } ORDER BY ?o", False),
        ("SELECT ?b { ?s :budget ?b FILTER(?b > 6) }", True),
    ],
)
def test_engines_agree_on_a_graph_with_them(graph: kg.LoadedGraph, query: str, is_compiled: bool) -> None:
    # Operators whose values may be terms of RDF 1.2 are left to Oxigraph, with the complete query.
    assert graph.sparql(query, engine="both").engine == ("columnar" if is_compiled else "oxigraph")


@pytest.mark.parametrize(
    ("format", "direction", "triple"),
    [
        ("json", '"its:dir":"rtl"', '"type":"triple"'),
        ("tsv", '"أنورا"@ar--rtl', "<<( <https://example.org/anora> "),
        ("csv", "أنورا", "<<( <https://example.org/anora> "),
        ("table", "أنورا", "<<( :anora :sequel"),
    ],
)
def test_answers_are_written_with_them(graph: kg.LoadedGraph, format: str, direction: str, triple: str) -> None:
    text = graph.sparql("SELECT ?o { ?s :title|:says ?o }").to_text(format)
    assert direction in text
    assert triple in text


def test_inference_takes_a_triple_term_as_one_value(files: list[Path]) -> None:
    new = {}
    for engine in ("sql", "owlrl"):
        tables = TripleTables()
        load_file(tables, files[0])
        assert infer(tables, (), engine=engine).report.ok
        new[engine] = set(tables.triple_texts(table="inferred"))
    assert new["sql"] == new["owlrl"]
    assert not any(subject.startswith("<<") for subject, _, _ in new["sql"])
    assert any(value.startswith("<<") for _, _, value in new["sql"])


def test_shapes_take_a_triple_term_as_a_value_of_no_kind(files: list[Path], tmp_path: Path) -> None:
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(
        f"""{PREFIXES}
        :Claim a sh:NodeShape ; sh:targetSubjectsOf rdf:reifies ;
            sh:property [ sh:path rdf:reifies ; sh:minCount 1 ; sh:nodeKind sh:Literal ; sh:pattern "anora" ] ;
            sh:property [ sh:path :source ; sh:nodeKind sh:IRI ] .
        :Title a sh:NodeShape ; sh:targetObjectsOf :title ; sh:datatype rdf:dirLangString ; sh:languageIn ("ar") .
        :Said a sh:NodeShape ; sh:targetNode :ann ; sh:property [ sh:path :says ; sh:datatype rdf:langString ] ;
            sh:sparql [ sh:select "SELECT $this ?value {{ $this <https://example.org/says> ?value }}" ] .""",
        encoding="utf-8",
    )
    report = validate_files(files[0], shapes)
    counts: dict[str, int] = {}
    for finding in report:
        counts[finding.check] = counts.get(finding.check, 0) + 1
    assert counts == {
        "shacl/nodeKind": 4,
        "shacl/pattern": 3,
        "shacl/languageIn": 1,
        "shacl/datatype": 1,
        "shacl/sparql": 1,
    }
    assert all(finding.value.startswith("<<( ") for finding in report if finding.check == "shacl/sparql")


def test_what_rdflib_cannot_hold_is_counted(graph: kg.LoadedGraph) -> None:
    with pytest.warns(UserWarning, match="RDF 1.2") as warned:
        copy = graph.to_rdflib()
    assert [str(each.message).partition(": ")[2] for each in warned] == [
        "6 of the triples are left out",
        "2 literals lose theirs",
    ]
    view = rdflib.Graph(kg.Store(graph))
    assert len(view) == len(copy) == len(list(view))
    with pytest.warns(UserWarning, match="6 rows with triple terms"):
        assert len(list(view.query("SELECT ?s ?p ?o { ?s ?p ?o }"))) == len(copy)


def test_an_entity_and_a_reason_show_them(graph: kg.LoadedGraph) -> None:
    assert '<<( :anora :sequel <<( _:interview :about "a > b--rtl" )>> )>>' in graph[":ann"].to_text()
    (value,) = graph.sparql("SELECT ?t { :ann :states ?t }")[0].terms
    text = graph.why_text(":ann", ":states", f"<<( {value} )>>")
    assert "prp-spo1" in text
    assert "<<( :anora :sequel" in text
    properties = {row.name: row for row in graph.schema().properties}
    assert properties[":says"].values == ("triple term",)
    assert properties[":title"].example in ('"Anora"@en--ltr', '"أنورا"@ar--rtl')


def test_json_ld_has_no_triple_terms(graph: kg.LoadedGraph) -> None:
    with pytest.raises(InputError, match="choose trig or nquads"):
        graph.export_text("jsonld")


def test_an_answer_can_be_pickled(graph: kg.LoadedGraph) -> None:
    answer = graph.sparql("SELECT ?s ?t { ?s :says|:title|rdf:type ?t }")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = pickle.loads(pickle.dumps(answer))
    assert list(again) == list(answer)
    assert str(again) == str(answer)
    assert repr(pickle.loads(pickle.dumps(answer[0]))) == repr(answer[0])
    empty = graph.sparql("SELECT ?s { ?s :nothing ?t }")
    assert pickle.loads(pickle.dumps(empty)).note == empty.note != ""
    assert pickle.loads(pickle.dumps(graph.sparql("ASK {}"))).truth is True


@pytest.mark.parametrize(
    "text",
    [
        "<https://a.example/é?b=%20>",
        '"Heat"',
        '"8 1/2"',
        '""',
        '"a\\"b"',
        '"a\\u00e9"',
        '"été"@fr',
        f'"1"^^<{XSD}integer>',
    ],
)
def test_a_term_is_read_as_the_parser_reads_it(text: str) -> None:
    assert [to_term(text)] == [triple.object for triple in parse(f"<urn:a> <urn:b> {text} .", RdfFormat.N_TRIPLES)]


@pytest.mark.parametrize(
    "text", ["<a b>", "<relative>", '"Heat', "Heat", '"a" "b"', "<urn:a> . <urn:a> <urn:b> <urn:c>"]
)
def test_what_is_no_term_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="in N-Triples form"):
        to_term(text)
