"""Inference from facts about films."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg.errors import FaultsError, InputError
from kg.graph.rdf_files import load_file
from kg.graph.triple_tables import TripleTables
from kg.reasoning.infer import Inference, infer, infer_files
from kg.reports import Finding
from kg.terms import OWL, XSD

EX = "https://example.org/"
PREFIXES = "".join(
    f"@prefix {prefix}: <{namespace}> .\n"
    for prefix, namespace in {
        "": EX,
        "owl": OWL,
        "xsd": XSD,
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    }.items()
)


def triples(turtle: str) -> list[Triple]:
    return [quad.triple for quad in parse((PREFIXES + turtle).encode(), format=RdfFormat.TURTLE)]


def inferred(data: str, ontology: str = "", **options: object) -> tuple[set[str], Inference]:
    """The inferred triples, shortened, and the inference."""
    tables = TripleTables()
    tables.add(triples(data))
    inference = infer(tables, triples(ontology), **options)  # type: ignore[arg-type]
    rows = list(tables.triple_texts(table="inferred"))
    texts = {" ".join(row) for row in rows}
    assert len(rows) == len(texts) == inference.count  # each once
    for namespace, prefix in ((EX, ":"), (OWL, "owl:"), ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf:")):
        texts = {text.replace(f"<{namespace}", prefix).replace(">", "") for text in texts}
    return texts, inference


def checks(inference: Inference) -> list[str]:
    return [finding.check for finding in inference.report]


def test_a_sequel_of_a_sequel_comes_after_the_first_film() -> None:
    texts, _ = inferred(
        ":alien3 :sequelOf :aliens . :aliens :sequelOf :alien .",
        ":sequelOf rdfs:subPropertyOf :follows . :follows a owl:TransitiveProperty .",
    )
    assert texts == {":alien3 :follows :aliens", ":aliens :follows :alien", ":alien3 :follows :alien"}


def test_a_long_series_takes_few_rounds() -> None:
    films = " ".join(f":film{i + 1} :follows :film{i} ." for i in range(256))
    texts, inference = inferred(films, ":follows a owl:TransitiveProperty .")
    assert len(texts) == 256 * 255 // 2
    assert inference.rounds < 12


def test_conclusions_about_classes_are_not_among_the_facts() -> None:
    ontology = ":Sequel rdfs:subClassOf :Film . :Film rdfs:subClassOf :Work . :Film rdfs:label 'film'@en ."
    texts, _ = inferred(":aliens a :Sequel .", ontology)
    assert texts == {":aliens rdf:type :Film", ":aliens rdf:type :Work"}
    with_schema, _ = inferred(":aliens a :Sequel .", ontology, schema=True)
    assert len(with_schema - texts) == 1  # a sequel is a work


def test_axioms_in_the_data_are_used() -> None:
    texts, _ = inferred(":Sequel rdfs:subClassOf :Film . :aliens a :Sequel .")
    assert ":aliens rdf:type :Film" in texts


def test_axioms_that_follow_from_facts_are_used() -> None:
    texts, _ = inferred(
        ":follows a :SeriesProperty . :alien3 :follows :aliens . :aliens :follows :alien .",
        ":SeriesProperty rdfs:subClassOf owl:TransitiveProperty .",
    )
    assert ":alien3 :follows :alien" in texts


def test_axioms_stated_with_a_subproperty_are_used() -> None:
    texts, _ = inferred(
        ":Sequel :isKindOf :Film . :aliens a :Sequel .", ":isKindOf rdfs:subPropertyOf rdfs:subClassOf ."
    )
    assert ":aliens rdf:type :Film" in texts


def test_a_conclusion_about_classes_can_be_a_premise() -> None:
    texts, _ = inferred(
        ":Sequel rdfs:subClassOf :Film . :Film rdfs:subClassOf :Work .",
        "rdfs:subClassOf rdfs:subPropertyOf :broader .",
        schema=True,
    )
    assert ":Sequel :broader :Work" in texts


def test_facts_about_two_names_are_written_under_the_first() -> None:
    texts, _ = inferred(":movie owl:sameAs :alien . :movie :director :scott .")
    assert texts == {":alien :director :scott"}


def test_facts_are_written_under_all_names_on_demand() -> None:
    texts, _ = inferred(":alien owl:sameAs :movie . :movie :director :scott .", same_as="all")
    assert texts == {":alien :director :scott", ":movie owl:sameAs :alien"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (":exact rdfs:subPropertyOf owl:sameAs . :alien :exact :movie .", ":alien owl:sameAs :movie"),
        (":exact owl:equivalentProperty owl:sameAs . :alien :exact :movie .", ":movie :exact :movie"),
        ("owl:sameAs owl:propertyChainAxiom ( :p :q ) . :alien :p :x . :x :q :movie .", ":movie owl:sameAs :alien"),
        (":exact owl:inverseOf owl:sameAs . :alien :exact :movie .", ":movie owl:sameAs :alien"),
        ("owl:sameAs rdfs:domain :Named . :alien owl:sameAs :movie .", ":movie rdf:type :Named"),
        (":R owl:onProperty owl:sameAs ; owl:hasValue :alien . :movie a :R .", ":movie owl:sameAs :alien"),
        (":R owl:onProperty owl:sameAs ; owl:hasValue :alien . :movie owl:sameAs :alien .", ":movie rdf:type :R"),
        (":exact owl:sameAs owl:sameAs . :alien :exact :movie .", ":movie owl:sameAs :alien"),
        (":exact owl:sameAs owl:sameAs . :alien owl:sameAs :movie .", ":movie :exact :alien"),
        (":C owl:sameAs :D ; rdfs:subClassOf :A . :A rdfs:subClassOf :B .", ":D rdfs:subClassOf :B"),
        (":C owl:sameAs :D ; a owl:Class .", ":D owl:equivalentClass :C"),
        (":alien owl:sameAs '42'^^xsd:int . :movie owl:sameAs '+042'^^xsd:int .", ":movie owl:sameAs :alien"),
        (":alien owl:sameAs '42'^^xsd:int .", ":alien rdf:type xsd:short"),
        (":a :p1 1 . :b :p2 1.0 . :p1 rdfs:subPropertyOf :p . :p2 rdfs:subPropertyOf :p ."
         " :p a owl:InverseFunctionalProperty .", ":a owl:sameAs :b"),
    ],
)  # fmt: skip
def test_any_rule_can_read_and_conclude_that_terms_are_equal(data: str, expected: str) -> None:
    texts, _ = inferred(data, schema=True, same_as="all")
    texts = {
        text.replace("<http://www.w3.org/2000/01/rdf-schema#", "rdfs:").replace(f"<{XSD}", "xsd:") for text in texts
    }
    assert expected in texts


def test_every_name_is_equal_to_itself_with_tautologies() -> None:
    texts, _ = inferred(":alien owl:sameAs :movie .", ":Film a owl:Class .", tautologies=True, same_as="all")
    assert {":alien owl:sameAs :alien", ":movie owl:sameAs :movie"} <= texts


@pytest.mark.parametrize("same_as", ["one", "auto"])
@pytest.mark.parametrize("kind", ["Functional", "InverseFunctional"])
def test_values_that_are_united_are_copied_as_they_were_written(same_as: str, kind: str) -> None:
    data = ":alien :number 1 , '01'^^xsd:integer . :other :year '01'^^xsd:integer ."
    texts, _ = inferred(data, f":number rdfs:subPropertyOf :id ; a owl:{kind}Property .", same_as=same_as)
    assert texts == {f':alien :id "{form}"^^<{XSD}integer' for form in ("1", "01")}


def test_ten_thousand_names_of_one_film_stay_ten_thousand() -> None:
    film = [NamedNode(f"{EX}film{i:05}") for i in range(10_000)]
    same, title = NamedNode(OWL + "sameAs"), NamedNode(EX + "title")
    tables = TripleTables()
    tables.add(Triple(name, same, other) for name, other in pairwise(film))
    tables.add(Triple(name, title, Literal(f"Title {i}")) for i, name in enumerate(film))
    inference = infer(tables, [], same_as="auto")
    assert inference.count < 2 * 10_000
    assert checks(inference) == ["owl/same-as"]


def test_names_that_a_rule_makes_equal_make_others_equal() -> None:
    texts, _ = inferred(
        ":a :imdb 'tt1' ; :sequelOf :x . :b :imdb 'tt1' ; :sequelOf :y . :x :director :scott . :y :year 1979 .",
        ":imdb a owl:InverseFunctionalProperty . :sequelOf a owl:FunctionalProperty .",
    )
    assert ':x :year "1979"^^<http://www.w3.org/2001/XMLSchema#integer' in texts


def test_values_are_compared_as_values() -> None:
    _, inference = inferred(
        ":alien :runtime 117 , '117'^^xsd:short , 117.0 . :aliens :runtime 137 .", ":runtime a owl:FunctionalProperty ."
    )
    assert inference.report.ok


def test_a_value_keeps_the_form_it_was_written_in() -> None:
    texts, _ = inferred(
        ":alien :number 1 . :movie :number '01'^^xsd:integer .", ":number a owl:InverseFunctionalProperty ."
    )
    assert texts == {":movie owl:sameAs :alien", ':alien :number "01"^^<http://www.w3.org/2001/XMLSchema#integer'}


def test_two_values_of_a_functional_property_are_a_finding_and_change_nothing() -> None:
    data = (
        ":alien :released '1979-05-25'^^xsd:date , '1980-01-01'^^xsd:date . :other :released '1980-01-01'^^xsd:date ."
    )
    texts, inference = inferred(data, ":released a owl:FunctionalProperty .")
    assert texts == set()
    assert checks(inference) == ["owl/dt-diff"]


@pytest.mark.parametrize("engine", ["sql", "owlrl"])
@pytest.mark.parametrize(
    "values",
    [
        "'PT2H19M'^^xsd:duration , 'PT139M'^^xsd:duration",
        "'P1Y'^^xsd:duration , 'P12M'^^xsd:yearMonthDuration",
        "'x'^^:unknown , 'y'^^:unknown",
        "'x'^^:unknown , 1",
        "'<b/>'^^rdf:XMLLiteral , '<b></b>'^^rdf:XMLLiteral",
        """ '{"a":1}'^^rdf:JSON , '{ "a": 1 }'^^rdf:JSON """,
    ],
)
def test_values_that_may_be_one_are_no_contradiction(values: str, engine: str) -> None:
    data = f":alien :runtime {values} ."
    assert inferred(data, ":runtime a owl:FunctionalProperty .", engine=engine)[1].report.ok
    one = ":Film rdfs:subClassOf [ owl:onProperty :runtime ; owl:maxCardinality 1 ] . :alien a :Film ."
    assert inferred(data, one, engine=engine)[1].report.ok


@pytest.mark.parametrize("engine", ["sql", "owlrl"])
@pytest.mark.parametrize(
    ("data", "check"),
    [
        (":alien :year 1979 , 1980 . :year a owl:FunctionalProperty .", "owl/dt-diff"),
        (":alien owl:sameAs 1979 , 1980 .", "owl/dt-diff"),
        (":alien owl:differentFrom 1979 ; owl:sameAs '01979'^^xsd:integer .", "owl/eq-diff1"),
        ("[] a owl:AllDifferent ; owl:members ( 1979 '01979'^^xsd:integer ) .", "owl/eq-diff2"),
        ("[] a owl:AllDifferent ; owl:distinctMembers ( :a :b ) . :b owl:sameAs :a .", "owl/eq-diff3"),
        (":alien a xsd:byte ; owl:sameAs 300 .", "owl/dt-not-type"),
        (":alien owl:sameAs '2147483648'^^xsd:int .", "owl/dt-not-type"),
        (":alien :note '<a>'^^rdf:XMLLiteral .", "owl/dt-not-type"),
        (
            ":a :p 1 . :b :q '01'^^xsd:integer . :p rdfs:range :C . :q rdfs:range [ owl:complementOf :C ] .",
            "owl/cls-com",
        ),
        (":a :follows 1 . :a owl:sameAs '01'^^xsd:integer . :follows a owl:IrreflexiveProperty .", "owl/prp-irp"),
        ("owl:sameAs a owl:IrreflexiveProperty . :alien :follows :aliens .", "owl/prp-irp"),
    ],
)
def test_both_engines_report_the_same_contradictions(data: str, check: str, engine: str) -> None:
    assert set(checks(inferred(data, engine=engine)[1])) == {check}


def test_terms_that_are_equal_but_stated_to_be_different_have_their_own_names_in_the_message() -> None:
    (finding,) = inferred(":alien owl:differentFrom :movie . :movie owl:sameAs :alien .")[1].report
    assert (finding.focus, finding.value) == (f"<{EX}alien>", f"<{EX}movie>")
    (finding,) = inferred("[] a owl:AllDifferent ; owl:members ( :x :b :a ) . :b owl:sameAs :a .")[1].report
    assert {finding.focus, finding.value} == {f"<{EX}a>", f"<{EX}b>"}


def test_a_contradiction_names_its_premises() -> None:
    _, inference = inferred(":alien a :Film , :Person .", ":Film owl:disjointWith :Person .")
    (finding,) = inference.report
    assert finding.check == "owl/cax-dw"
    assert finding.focus == f"<{EX}alien>"
    is_a = f"<{EX}alien>", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    assert finding.premises == (
        (*is_a, f"<{EX}Film>"),
        (*is_a, f"<{EX}Person>"),
        (f"<{EX}Film>", f"<{OWL}disjointWith>", f"<{EX}Person>"),
    )


@pytest.mark.parametrize(
    ("literal", "right"),
    [
        ("'117'^^xsd:integer", True),
        ("'117.5'^^xsd:integer", False),
        ("'300'^^xsd:byte", False),
        ("'1979-05-25'^^xsd:date", True),
        ("'1979-02-30'^^xsd:date", False),
        ("'1979'^^xsd:gYear", True),
        ("'79'^^xsd:gYear", False),
        ("'maybe'^^xsd:boolean", False),
        ("'1'^^xsd:boolean", True),
        ("'x'^^:unknownDatatype", True),
        ("'1979-05-25T24:00:00Z'^^xsd:dateTime", True),
        ("'1979-05-25T25:00:00Z'^^xsd:dateTime", False),
        ("'INF'^^xsd:double", True),
        ("'1,5'^^xsd:decimal", False),
    ],
)
def test_a_literal_that_is_not_of_its_datatype_is_a_finding(literal: str, right: bool) -> None:
    _, inference = inferred(f":alien :value {literal} .")
    assert checks(inference) == ([] if right else ["owl/dt-not-type"])


def test_a_value_outside_the_range_is_a_finding() -> None:
    _, inference = inferred(":alien :runtime 'long' , 117 , '117'^^xsd:byte .", ":runtime rdfs:range xsd:integer .")
    (finding,) = inference.report
    assert finding.check == "owl/dt-not-type"
    assert finding.value == '"long"'


@pytest.mark.parametrize(
    "axiom",
    [
        ":Work owl:unionOf :missing .",
        ":Work owl:unionOf _:a . _:a rdf:first :Film ; rdf:rest _:a .",
        ":Work owl:unionOf _:a . _:a rdf:first :Film , :Series ; rdf:rest () .",
    ],
    ids=["no list", "a circular list", "a list with two rdf:first"],
)
def test_an_axiom_over_an_ill_formed_list_is_ignored_with_a_warning(axiom: str) -> None:
    texts, inference = inferred(":alien a :Film .", axiom)
    assert texts == set()
    assert checks(inference) == ["owl/list"]
    assert inference.report.ok


def test_an_annotation_infers_nothing_about_entities() -> None:
    ontology = ":note a owl:AnnotationProperty . :Film rdfs:label 'film' ; :note 'a note' ; rdfs:comment 'moving' ."
    texts, inference = inferred(":alien rdfs:label 'Alien' .", ontology)
    assert texts == set()
    assert inference.report.ok


def test_the_reference_engine_gives_the_same_triples() -> None:
    data, ontology = ":alien :director :scott .", ":director rdfs:range :Person ; owl:inverseOf :directed ."
    ours, _ = inferred(data, ontology)
    theirs, _ = inferred(data, ontology, engine="owlrl")
    assert ours == theirs == {":scott rdf:type :Person", ":scott :directed :alien"}


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(InputError, match="sql or owlrl"):
        infer(TripleTables(), [], engine="magic")


# --- files

NT = f'<{EX}alien> <{EX}director> <{EX}scott> .\n<{EX}alien> <{EX}title> "Alien \\u00E9"@en-US .\n'


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("film.nt", NT),
        ("film.nt.gz", NT),
        ("film.nq", NT.replace(" .\n", f" <{EX}graph> .\n")),
        ("film.ttl", NT),
        ("film.trig", f"<{EX}graph> {{ {NT} }}"),
        (
            "film.jsonld",
            f'{{"@id":"{EX}alien","{EX}director":{{"@id":"{EX}scott"}},'
            f'"{EX}title":{{"@value":"Alien \\u00E9","@language":"en-US"}}}}',
        ),
        (
            "film.rdf",
            f'<?xml version="1.0"?><!DOCTYPE rdf:RDF [<!ENTITY e \'{EX}\'>]><rdf:RDF xmlns="{EX}"'
            ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="&e;alien">'
            '<director rdf:resource="&e;scott"/><title xml:lang="en-US">Alien \u00e9</title>'
            "</rdf:Description></rdf:RDF>",
        ),
    ],
)
def test_every_format_gives_the_same_triples(tmp_path: Path, name: str, text: str) -> None:
    tables = TripleTables()
    load_file(tables, written(tmp_path, name, text))
    assert list(tables.triple_texts()) == [
        (f"<{EX}alien>", f"<{EX}director>", f"<{EX}scott>"),
        (f"<{EX}alien>", f"<{EX}title>", '"Alien \u00e9"@en-us'),
    ]


def test_a_format_that_is_given_counts_whatever_the_suffix(tmp_path: Path) -> None:
    film, ontology = written(tmp_path, "film.data", NT), written(tmp_path, "film.owl", f"{PREFIXES} :director a :p .")
    infer_files([film], ontology=[ontology], output=tmp_path / "out.nt", format=RdfFormat.TURTLE)
    assert len((tmp_path / "out.nt").read_text().splitlines()) == 3


def test_blank_nodes_of_two_files_stay_apart(tmp_path: Path) -> None:
    tables = TripleTables()
    for name in ("a.nt", "b.nt", "c.ttl"):
        load_file(tables, written(tmp_path, name, f'_:film <{EX}title> "{name}" .\n'))
    assert len({s for s, _, _ in tables.triple_texts()}) == 3


def test_an_output_file_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    data = written(tmp_path, "films.nt", NT)
    ontology = written(tmp_path, "film.ttl", f"{PREFIXES} :director rdfs:range [ owl:unionOf ( :Person :Team ) ] .")
    outputs = []
    for number in range(3):
        output = tmp_path / f"out{number}.nt"
        inference = infer_files([data], ontology=[ontology], output=output)
        outputs.append(output.read_bytes())
    assert outputs[0] == outputs[1] == outputs[2]
    assert inference.count == 3  # a director is in the union, and so is every member of its two classes
    assert len(outputs[0].splitlines()) == 2 + 6 + 3


@pytest.mark.parametrize("at_once", [2_000_000, 100_000], ids=["at once", "in parts"])
def test_many_films_are_written_in_the_same_order_each_time(
    tmp_path: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than one row group, so that several threads have something to do."""
    monkeypatch.setattr("kg.graph.ntriples._MAX_ROWS_AT_ONCE", at_once)
    lines = [f"<{EX}film{i:06}> <{EX}director> <{EX}person{i * 7919 % 100_003:06}> .\n" for i in range(200_000)]
    data = written(tmp_path, "films.nt", "".join(lines))
    ontology = written(tmp_path, "film.ttl", f"{PREFIXES} :director owl:inverseOf :directed .")
    infer_files([data], ontology=[ontology], output=tmp_path / "out.nt")
    lines_written = (tmp_path / "out.nt").read_text().splitlines()
    assert len(lines_written) == 400_001
    subjects = [line.split(" ", 1)[0] for line in lines_written if "owl#" not in line]
    assert subjects == sorted(subjects)
    assert [line for line in lines_written if f"> <{EX}director>" in line] == [line.strip() for line in lines]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True))
    + f']><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="{EX}">'
    '<rdf:Description rdf:about="http://e/x"><e:p>&l;</e:p></rdf:Description></rdf:RDF>'
)


@pytest.mark.parametrize(
    ("name", "text", "check", "line"),
    [
        ("bad.nt", NT + "rubbish .\n", "rdf/syntax", 3),
        ("bad.ttl", "<a:b> <a:c> <a:d> .\n<a:b> <a:c>\n", "rdf/syntax", 3),
        ("long.nt", NT + f'<{EX}alien> <{EX}script> "{"x" * 10_000_000}" .\n', "rdf/length", 3),
        ("long.ttl", f'<{EX}alien> <{EX}script> "{"x" * 10_000_000}" .\n', "rdf/length", 0),
        ("bomb.rdf", BOMB, "rdf/entities", 1),
        ("bad.nt.gz", "rubbish", "rdf/syntax", 1),
    ],
)
def test_a_file_that_cannot_be_read_is_a_fault_with_its_place(
    tmp_path: Path, name: str, text: str, check: str, line: int
) -> None:
    path = written(tmp_path, name, text)
    output = tmp_path / "out.nt"
    with pytest.raises(FaultsError) as raised:
        infer_files([path], output=output)
    (fault,) = raised.value.faults
    assert isinstance(fault, Finding)
    assert (fault.check, fault.place and fault.place.file, fault.place and fault.place.line) == (check, str(path), line)
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["missing.nt", "film.docx"])
def test_a_missing_file_and_an_unknown_suffix_are_refused(tmp_path: Path, name: str) -> None:
    if name.endswith("docx"):
        (tmp_path / name).write_text("Alien")
    with pytest.raises(InputError, match=name):
        infer_files([tmp_path / name], output=tmp_path / "out.nt")


def test_an_invalid_size_of_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2GB"):
        infer_files([written(tmp_path, "film.nt", NT)], output=tmp_path / "out.nt", memory="plenty")


def test_nothing_is_left_beside_the_output(tmp_path: Path) -> None:
    infer_files([written(tmp_path, "film.nt", NT)], output=tmp_path / "out.nt", memory="1GB")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.nt", "out.nt"]


def test_no_file_that_is_read_is_replaced(tmp_path: Path) -> None:
    path = written(tmp_path, "film.nt", NT)
    with pytest.raises(InputError, match="one of the files that are read"):
        infer_files([path], output=tmp_path / "." / "film.nt")
    assert path.read_text(encoding="utf-8") == NT
