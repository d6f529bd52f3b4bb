"""What follows from facts about films."""

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


def inferred(data: str, ontology: str = "", **choices: object) -> tuple[set[str], Inference]:
    """What follows, shortened, and the inference."""
    workshop = TripleTables()
    workshop.add(triples(data))
    found = infer(workshop, triples(ontology), **choices)  # type: ignore[arg-type]
    texts = {" ".join(row) for row in workshop.triple_texts(table="inferred")}
    for namespace, prefix in ((EX, ":"), (OWL, "owl:"), ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf:")):
        texts = {text.replace(f"<{namespace}", prefix).replace(">", "") for text in texts}
    return texts, found


def checks(found: Inference) -> list[str]:
    return [finding.check for finding in found.report]


def test_a_sequel_of_a_sequel_comes_after_the_first_film() -> None:
    texts, _ = inferred(
        ":alien3 :sequelOf :aliens . :aliens :sequelOf :alien .",
        ":sequelOf rdfs:subPropertyOf :follows . :follows a owl:TransitiveProperty .",
    )
    assert texts == {":alien3 :follows :aliens", ":aliens :follows :alien", ":alien3 :follows :alien"}


def test_a_long_series_takes_few_rounds() -> None:
    films = " ".join(f":film{i + 1} :follows :film{i} ." for i in range(256))
    texts, found = inferred(films, ":follows a owl:TransitiveProperty .")
    assert len(texts) == 256 * 255 // 2
    assert found.rounds < 12


def test_the_ontology_itself_does_not_land_among_the_facts() -> None:
    ontology = ":Sequel rdfs:subClassOf :Film . :Film rdfs:subClassOf :Work . :Film rdfs:label 'film'@en ."
    texts, _ = inferred(":aliens a :Sequel .", ontology)
    assert texts == {":aliens rdf:type :Film", ":aliens rdf:type :Work"}
    with_schema, _ = inferred(":aliens a :Sequel .", ontology, schema=True)
    assert len(with_schema - texts) == 1  # a sequel is a work


def test_axioms_among_the_facts_count() -> None:
    texts, _ = inferred(":Sequel rdfs:subClassOf :Film . :aliens a :Sequel .")
    assert ":aliens rdf:type :Film" in texts


def test_axioms_that_follow_from_facts_count() -> None:
    texts, _ = inferred(
        ":follows a :SeriesProperty . :alien3 :follows :aliens . :aliens :follows :alien .",
        ":SeriesProperty rdfs:subClassOf owl:TransitiveProperty .",
    )
    assert ":alien3 :follows :alien" in texts


def test_axioms_said_with_a_property_of_ones_own_count() -> None:
    texts, _ = inferred(
        ":Sequel :isKindOf :Film . :aliens a :Sequel .", ":isKindOf rdfs:subPropertyOf rdfs:subClassOf ."
    )
    assert ":aliens rdf:type :Film" in texts


def test_what_follows_about_classes_can_be_read_as_a_fact() -> None:
    texts, _ = inferred(
        ":Sequel rdfs:subClassOf :Film . :Film rdfs:subClassOf :Work .",
        "rdfs:subClassOf rdfs:subPropertyOf :broader .",
        schema=True,
    )
    assert ":Sequel :broader :Work" in texts


def test_two_names_are_one_thing_under_its_first_name() -> None:
    texts, _ = inferred(":movie owl:sameAs :alien . :movie :director :scott .")
    assert texts == {":alien :director :scott"}


def test_all_names_are_written_out_on_demand() -> None:
    texts, _ = inferred(":alien owl:sameAs :movie . :movie :director :scott .", same_as="all")
    assert texts == {":alien :director :scott", ":movie owl:sameAs :alien"}


def test_ten_thousand_names_of_one_film_stay_ten_thousand() -> None:
    film = [NamedNode(f"{EX}film{i:05}") for i in range(10_000)]
    same, title = NamedNode(OWL + "sameAs"), NamedNode(EX + "title")
    workshop = TripleTables()
    workshop.add(Triple(one, same, other) for one, other in pairwise(film))
    workshop.add(Triple(one, title, Literal(f"Title {i}")) for i, one in enumerate(film))
    found = infer(workshop, [], same_as="auto")
    assert found.count < 2 * 10_000
    assert checks(found) == ["owl/same-as"]


def test_names_that_a_rule_makes_one_pull_others_with_them() -> None:
    texts, _ = inferred(
        ":a :imdb 'tt1' ; :sequelOf :x . :b :imdb 'tt1' ; :sequelOf :y . :x :director :scott . :y :year 1979 .",
        ":imdb a owl:InverseFunctionalProperty . :sequelOf a owl:FunctionalProperty .",
    )
    assert ':x :year "1979"^^<http://www.w3.org/2001/XMLSchema#integer' in texts


def test_values_are_compared_as_values() -> None:
    _, found = inferred(
        ":alien :runtime 117 , '117'^^xsd:short , 117.0 . :aliens :runtime 137 .", ":runtime a owl:FunctionalProperty ."
    )
    assert found.report.ok


def test_a_value_keeps_the_form_it_was_written_in() -> None:
    texts, _ = inferred(
        ":alien :number 1 . :movie :number '01'^^xsd:integer .", ":number a owl:InverseFunctionalProperty ."
    )
    assert texts == {":movie owl:sameAs :alien"}


def test_two_values_where_one_may_be_are_a_finding_and_nothing_else() -> None:
    data = (
        ":alien :released '1979-05-25'^^xsd:date , '1980-01-01'^^xsd:date . :other :released '1980-01-01'^^xsd:date ."
    )
    texts, found = inferred(data, ":released a owl:FunctionalProperty .")
    assert texts == set()
    assert checks(found) == ["owl/dt-diff"]


def test_a_contradiction_names_its_premises() -> None:
    _, found = inferred(":alien a :Film , :Person .", ":Film owl:disjointWith :Person .")
    (finding,) = found.report
    assert finding.check == "owl/cax-dw"
    assert finding.focus == f"<{EX}alien>"
    said = f"<{EX}alien>", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    assert finding.premises == (
        (*said, f"<{EX}Film>"),
        (*said, f"<{EX}Person>"),
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
def test_a_literal_that_is_none_of_its_datatype_is_a_finding(literal: str, right: bool) -> None:
    _, found = inferred(f":alien :value {literal} .")
    assert checks(found) == ([] if right else ["owl/dt-not-type"])


def test_a_value_outside_the_range_is_a_finding() -> None:
    _, found = inferred(":alien :runtime 'long' , 117 , '117'^^xsd:byte .", ":runtime rdfs:range xsd:integer .")
    (finding,) = found.report
    assert finding.check == "owl/dt-not-type"
    assert finding.value == '"long"'


@pytest.mark.parametrize(
    "axiom",
    [
        ":Work owl:unionOf :missing .",
        ":Work owl:unionOf _:a . _:a rdf:first :Film ; rdf:rest _:a .",
        ":Work owl:unionOf _:a . _:a rdf:first :Film , :Series ; rdf:rest () .",
    ],
    ids=["no list", "a list that comes back to itself", "a list with two firsts"],
)
def test_an_axiom_over_a_bad_list_is_left_out_with_a_warning(axiom: str) -> None:
    texts, found = inferred(":alien a :Film .", axiom)
    assert texts == set()
    assert checks(found) == ["owl/list"]
    assert found.report.ok


def test_an_annotation_says_nothing_about_things() -> None:
    ontology = ":note a owl:AnnotationProperty . :Film rdfs:label 'film' ; :note 'a note' ; rdfs:comment 'moving' ."
    texts, found = inferred(":alien rdfs:label 'Alien' .", ontology)
    assert texts == set()
    assert found.report.ok


def test_the_reference_engine_gives_the_same() -> None:
    data, ontology = ":alien :director :scott .", ":director rdfs:range :Person ; owl:inverseOf :directed ."
    ours, _ = inferred(data, ontology)
    theirs, _ = inferred(data, ontology, engine="owlrl")
    assert ours == theirs == {":scott rdf:type :Person", ":scott :directed :alien"}


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(InputError, match="sql and owlrl"):
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
def test_every_format_says_the_same(tmp_path: Path, name: str, text: str) -> None:
    workshop = TripleTables()
    load_file(workshop, written(tmp_path, name, text))
    assert list(workshop.triple_texts()) == [
        (f"<{EX}alien>", f"<{EX}director>", f"<{EX}scott>"),
        (f"<{EX}alien>", f"<{EX}title>", '"Alien \u00e9"@en-us'),
    ]


def test_blank_nodes_of_two_files_stay_apart(tmp_path: Path) -> None:
    workshop = TripleTables()
    for name in ("a.nt", "b.nt", "c.ttl"):
        load_file(workshop, written(tmp_path, name, f'_:film <{EX}title> "{name}" .\n'))
    assert len({s for s, _, _ in workshop.triple_texts()}) == 3


def test_a_closure_on_disk_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    data = written(tmp_path, "films.nt", NT)
    ontology = written(tmp_path, "film.ttl", f"{PREFIXES} :director rdfs:range [ owl:unionOf ( :Person :Team ) ] .")
    outputs = []
    for number in range(3):
        output = tmp_path / f"out{number}.nt"
        found = infer_files([data], ontology=[ontology], output=output)
        outputs.append(output.read_bytes())
    assert outputs[0] == outputs[1] == outputs[2]
    assert found.count == 3  # who directs is one of the two, and each of the two is that
    assert len(outputs[0].splitlines()) == 2 + 6 + 3


@pytest.mark.parametrize("at_once", [2_000_000, 100_000], ids=["at once", "in parts"])
def test_many_films_are_written_in_the_same_order_each_time(
    tmp_path: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than one row group, so that several threads have something to do."""
    monkeypatch.setattr("kg.graph.ntriples._ROWS_AT_ONCE", at_once)
    lines = [f"<{EX}film{i:06}> <{EX}director> <{EX}person{i * 7919 % 100_003:06}> .\n" for i in range(200_000)]
    data = written(tmp_path, "films.nt", "".join(lines))
    ontology = written(tmp_path, "film.ttl", f"{PREFIXES} :director owl:inverseOf :directed .")
    infer_files([data], ontology=[ontology], output=tmp_path / "out.nt")
    found = (tmp_path / "out.nt").read_text().splitlines()
    assert len(found) == 400_001
    subjects = [line.split(" ", 1)[0] for line in found if "owl#" not in line]
    assert subjects == sorted(subjects)
    assert [line for line in found if f"> <{EX}director>" in line] == [line.strip() for line in lines]


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
def test_no_file_or_no_rdf_is_said_so(tmp_path: Path, name: str) -> None:
    if name.endswith("docx"):
        (tmp_path / name).write_text("Alien")
    with pytest.raises(InputError, match=name):
        infer_files([tmp_path / name], output=tmp_path / "out.nt")


def test_a_size_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2GB"):
        infer_files([written(tmp_path, "film.nt", NT)], output=tmp_path / "out.nt", memory="plenty")


def test_nothing_is_left_beside_the_output(tmp_path: Path) -> None:
    infer_files([written(tmp_path, "film.nt", NT)], output=tmp_path / "out.nt", memory="1GB")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.nt", "out.nt"]
