"""Validation of a few films: findings, their messages, and shapes that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from kg.errors import FaultsError, InputError, UnknownNameError
from kg.graph.triple_tables import TripleTables
from kg.reporting.text import to_text
from kg.reports import Finding, Report, Severity
from kg.shapes import check, read_shapes, single_valued, to_shapes, validate_files
from kg.shapes.components import COMPONENTS
from kg.shapes.pyshacl_engine import TripleFilter, triple_filter
from kg.terms import XSD
from kg.text.regex import to_regex
from kg.xsd import compare

PREFIXES = """
@prefix : <https://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
BATMAN = """
:batman a :Film ; rdfs:label "Batman" ; :year "1989"^^xsd:gYear, "1990"^^xsd:gYear ; :director :burton .
:returns a :Sequel ; rdfs:label "Batman Returns" ; :sequelOf :batman .
:Sequel rdfs:subClassOf :Film .
:burton rdfs:label "Tim Burton" .
:year rdfs:label "year of release" .
"""


def triples(text: str) -> list[Triple]:
    return [quad.triple for quad in parse(PREFIXES + text, format=RdfFormat.TURTLE)]


def tables(text: str) -> TripleTables:
    made = TripleTables()
    made.add(triples(text))
    return made


def found(shapes: str, data: str = BATMAN, **options: object) -> Report:
    return check(tables(data), to_shapes(triples(shapes)), **options)  # type: ignore[arg-type]


def only(report: Report) -> Finding:
    assert len(report) == 1, [str(finding) for finding in report]
    return report.findings[0]


def faults(shapes: str) -> list[str]:
    with pytest.raises(FaultsError) as refused:
        to_shapes(triples(shapes))
    return [fault.check for fault in refused.value.faults]


# --- findings


def test_a_film_with_two_years_names_both() -> None:
    finding = only(found(":S a sh:NodeShape ; sh:targetClass :Film ; sh:property [ sh:path :year ; sh:maxCount 1 ] ."))
    assert finding.check == "shacl/maxCount"
    assert finding.focus == "<https://example.org/batman>"
    assert finding.path == "<https://example.org/year>"
    assert finding.values == (f'"1989"^^<{XSD}gYear>', f'"1990"^^<{XSD}gYear>')
    assert finding.message == "Batman should have at most 1 year of release, but has 2: 1989, 1990"


def test_a_subclass_in_the_data_has_the_shapes_of_its_superclass() -> None:
    shape = ":S a sh:NodeShape ; sh:targetClass :Film ; sh:property [ sh:path :director ; sh:minCount 1 ] ."
    assert only(found(shape)).about == "Batman Returns, director"


def test_a_subclass_in_the_ontology_has_the_shapes_of_its_superclass() -> None:
    shape = ":S a sh:NodeShape ; sh:targetClass :Film ; sh:nodeKind sh:Literal ."
    ontology = triples(':Prequel rdfs:subClassOf :Film . :Film rdfs:label "film" .')
    assert len(found(shape, ":alien a :Prequel .", ontology=ontology)) == 1


def test_inferred_triples_are_validated_too() -> None:
    made = tables(":batman :director :burton .")
    made.add(triples(":burton a :Director ."), table="inferred")
    shapes = to_shapes(triples(":S a sh:NodeShape ; sh:targetClass :Director ; sh:nodeKind sh:Literal ."))
    assert len(check(made, shapes)) == 1
    assert len(check(made, shapes, tables=("triple",))) == 0


def test_the_message_of_a_shape_is_filled_in_and_is_in_the_readers_language() -> None:
    shape = """:S a sh:NodeShape ; sh:targetClass :Film ; sh:property [ sh:path :year ; sh:maxCount 1 ;
        sh:message "{$this} has more than {$maxCount} year"@en, "{?this} hat zu viele Jahre"@de ;
        sh:severity sh:Warning ] ."""
    assert only(found(shape)).message == "Batman has more than 1 year"
    assert only(found(shape, languages=("de",))).message == "Batman hat zu viele Jahre"
    assert only(found(shape)).severity is Severity.WARNING
    assert found(shape).ok


def test_a_deactivated_shape_finds_nothing() -> None:
    assert len(found(":S a sh:NodeShape ; sh:targetClass :Film ; sh:nodeKind sh:Literal ; sh:deactivated true .")) == 0


def test_one_entity_or_one_shape_can_be_validated_alone() -> None:
    shapes = """:S a sh:NodeShape ; sh:targetClass :Film ; sh:nodeKind sh:Literal .
        :T a sh:NodeShape ; sh:targetSubjectsOf :director ; sh:nodeKind sh:Literal ."""
    assert len(found(shapes)) == 3
    assert only(found(shapes, focus=["<https://example.org/returns>"])).focus == "<https://example.org/returns>"
    assert only(found(shapes, shape=["<https://example.org/T>"])).shape == "<https://example.org/T>"
    with pytest.raises(UnknownNameError):
        found(shapes, shape=["<https://example.org/Nowhere>"])


def test_findings_come_in_the_order_of_their_shapes_group_by_group() -> None:
    shapes = """
        :First sh:order 1 . :Second sh:order 2.5 .
        :S sh:targetClass :Film ;
            sh:property [ sh:path :title ; sh:minCount 1 ; sh:group :Second ; sh:order 1 ] ,
                [ sh:path :cast ; sh:minCount 1 ; sh:group :Second ; sh:order 0.5 ] ,
                [ sh:path :writer ; sh:minCount 1 ; sh:group :First ; sh:order 7 ] ,
                [ sh:path :year ; sh:maxCount 1 ] .
    """
    report = found(shapes, ":batman a :Film ; :year 1989, 1990 .")
    named = [finding.path.rpartition("/")[2].strip("<>") for finding in report]
    assert named == ["year", "writer", "cast", "title"]
    positions = [to_text(report).index(f" {name}") for name in named]
    assert positions == sorted(positions)


def test_validation_leaves_no_table_behind() -> None:
    made = tables(BATMAN)
    before = made.sql.execute("SELECT count(*) FROM information_schema.tables").fetchone()
    check(made, to_shapes(triples(":S a sh:NodeShape ; sh:targetClass :Film ; sh:hasValue :nothing .")))
    assert made.sql.execute("SELECT count(*) FROM information_schema.tables").fetchone() == before


def test_alternative_datatypes_are_joined_in_one_phrase() -> None:
    shape = """:S a sh:NodeShape ; sh:targetSubjectsOf :year ;
        sh:property [ sh:path :director ; sh:or ( [ sh:datatype xsd:date ] [ sh:datatype xsd:gYear ] ) ] ."""
    assert only(found(shape)).expected == "a value of type xsd:date or xsd:gYear"


def test_an_ill_formed_value_is_distinguished_from_one_of_another_type() -> None:
    shape = ":S sh:targetSubjectsOf :year ; sh:property [ sh:path :year ; sh:datatype xsd:integer ] ."
    assert only(found(shape, ':batman :year "soon"^^xsd:integer .')).found == "soon, which is not a valid xsd:integer"
    assert only(found(shape, ':batman :year "1989"^^xsd:gYear .')).found == "1989 of type xsd:gYear"


CORE = """class datatype nodeKind minCount maxCount minExclusive minInclusive maxExclusive maxInclusive
    minLength maxLength pattern languageIn uniqueLang equals disjoint lessThan lessThanOrEquals
    not and or xone node property
    qualifiedMinCount qualifiedMaxCount closed hasValue in"""


def test_every_component_of_shacl_core_has_a_row() -> None:
    assert sorted(COMPONENTS) == sorted(CORE.split())


MESSAGES = [
    ("sh:class :Person", "Batman: director should be an instance of person, but is Tim Burton"),
    ("sh:nodeKind sh:Literal", "Batman: director should be a literal, but is Tim Burton"),
    ("sh:datatype xsd:string", "Batman: director should be a value of type xsd:string, but is Tim Burton"),
    ("sh:minCount 2", "Batman should have at least 2 values of director, but has 1: Tim Burton"),
    ("sh:maxCount 0", "Batman should have no director, but has 1: Tim Burton"),
    ("sh:minInclusive 3", "Batman: director should be 3 or more, but is Tim Burton"),
    ("sh:maxLength 3", "Batman: director should be at most 3 characters long, but is Tim Burton"),
    ("sh:pattern '^x'", "Batman: director should be a value like ^x, but is Tim Burton"),
    ("sh:languageIn ( 'en' 'fr' )", "Batman: director should be a text in “en” or “fr”, but is Tim Burton"),
    ("sh:equals :writer", "Batman: director should be the same as the values of writer, but is Tim Burton"),
    ("sh:disjoint :director", "Batman: director should be different from every value of director, but is Tim Burton"),
    ("sh:lessThan :year", "Batman: director should be less than year, but is Tim Burton compared with 1989"),
    ("sh:in ( :nolan :snyder )", "Batman: director should be one of {0}nolan> or {0}snyder>, but is Tim Burton"),
    ("sh:hasValue :nolan", "Batman should have {0}nolan> as director, but has Tim Burton"),
    ("sh:not [ sh:nodeKind sh:IRI ]", "does not conform to a shape that requires an IRI, but is Tim Burton"),
    (
        "sh:node [ sh:property [ sh:path :age ; sh:maxInclusive 60 ] ; sh:property [ sh:path :son ; sh:minCount 1 ] ]",
        "conforms to a shape that requires age: 60 or less and at least 1 son, but is Tim Burton",
    ),
    ("sh:node [ sh:or ( [ sh:class :Person ] [ sh:class :Studio ] ) ]", "conforms to a shape that has no name, but"),
    ("sh:node :Dead", "Batman: director should be a value that conforms to the shape {0}Dead>, but is Tim Burton"),
    ("sh:or ( [ sh:class :Person ] [ sh:class :Studio ] )", "should be an instance of person or studio, but is"),
    (
        "sh:xone ( [ sh:in ( 1 ) ] [ sh:in ( 2 ) ] )",
        "director should be one of 1 or one of 2, but is Tim Burton",
    ),
    (
        "sh:qualifiedMinCount 1 ; sh:qualifiedValueShape :Dead",
        "Batman should have at least 1 director conforming to the shape {0}Dead>, but has 1: Tim Burton",
    ),
    ("sh:closed true", "should have only the properties that the shape allows, but has label “Tim Burton”"),
]


@pytest.mark.parametrize(("constraint", "message"), MESSAGES, ids=[constraint for constraint, _ in MESSAGES])
def test_a_shape_without_a_message_gets_one_from_its_constraint(constraint: str, message: str) -> None:
    shape = f":S sh:targetNode :batman ; sh:property [ sh:path :director ; {constraint} ] . :Dead sh:closed true ."
    data = """:batman rdfs:label "Batman" ; :year 1989 ; :director :burton . :burton rdfs:label "Tim Burton" ; :age 67 .
        :Person rdfs:label "person" . :Studio rdfs:label "studio" ."""
    messages = [finding.message for finding in found(shape, data)]
    assert message.format("<https://example.org/") in messages[0]


def test_a_finding_of_a_pattern_has_the_pattern() -> None:
    shape = ":S sh:targetSubjectsOf :imdb ; sh:property [ sh:path :imdb ; sh:pattern '^tt[0-9]+$' ] ."
    assert only(found(shape, ":batman :imdb '96895' .")).pattern == "^tt[0-9]+$"


# --- which engine


def test_a_shape_with_a_query_is_validated_by_pyshacl_and_the_report_says_so() -> None:
    shapes = """:S a sh:NodeShape ; sh:targetClass :Film ; sh:nodeKind sh:Literal .
        :T a sh:NodeShape ; sh:targetNode :batman ; sh:sparql [ sh:select
          "SELECT $this WHERE { $this <https://example.org/director> <https://example.org/burton> }" ] ."""
    report = found(shapes)
    assert [finding.check for finding in report] == ["shacl/nodeKind", "shacl/nodeKind", "shacl/sparql"]
    assert report.counts["engine of <https://example.org/T>"] == "pyshacl"
    assert "engine of <https://example.org/S>" not in report.counts
    assert {finding.shape for finding in report} == {"<https://example.org/S>", "<https://example.org/T>"}


@pytest.mark.parametrize(
    ("query", "engine"),
    [
        ("SELECT $this WHERE { $this :director :nobody }", "oxigraph"),
        ("SELECT $this ?year { $this :year ?year FILTER (?year > 3000) }", "oxigraph"),
        ("SELECT $this { $this :n ?n { SELECT $this (SUM(?y) AS ?n) { $this :year ?y } GROUP BY $this } }", "oxigraph"),
        ("SELECT $this { $this :year 1989 ; a :Film , :Studio . }", "oxigraph"),
        ("SELECT $this { $this :year ?year FILTER ($this = :nobody) }", "pyshacl"),
        ("SELECT $this { $this :year ?year FILTER NOT EXISTS { $this :year ?other } }", "pyshacl"),
        ("SELECT $this { $this ?property :nobody }", "pyshacl"),
        ("SELECT $this { $this :year/:of ?year }", "pyshacl"),
        ("SELECT $this { { $this :of ?year } UNION { $this :at ?year } }", "pyshacl"),
        ("SELECT $this { $this :of ?year BIND ($this AS ?film) }", "pyshacl"),
    ],
)
def test_where_a_query_that_only_joins_has_no_solution_pyshacl_is_not_needed(query: str, engine: str) -> None:
    shapes = """<urn:o> sh:declare [ sh:prefix "" ; sh:namespace "https://example.org/"^^xsd:anyURI ] .
        :T a sh:NodeShape ; sh:targetNode :batman ; sh:sparql [ sh:prefixes <urn:o> ; sh:select "QUERY" ] ."""
    report = found(shapes.replace("QUERY", query), ":batman a :Film ; :year 1989 .")
    assert report.findings == ()
    assert report.counts["engine of <https://example.org/T>"] == engine


def test_a_prefix_that_a_query_does_not_have_is_a_fault_although_another_has_it() -> None:
    shapes = """<urn:o> sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/"^^xsd:anyURI ] .
        :T a sh:NodeShape ; sh:targetNode :batman ; sh:sparql [ sh:select "SELECT $this { $this ex:year ex:x }" ] ."""
    with pytest.raises(FaultsError):
        found(shapes, ":batman :year 1989 .")


def test_a_query_that_pyshacl_refuses_is_a_fault_of_the_shape() -> None:
    with pytest.raises(FaultsError, match=r"pyshacl cannot run <https://example\.org/T>"):
        found(':T a sh:NodeShape ; sh:targetNode :batman ; sh:sparql [ sh:select "SELECT nothing" ] .')


READ_BY_QUERIES = [
    ("SELECT $this WHERE { $this <https://example.org/director> ?who }", {"director"}, False),
    ("SELECT $this WHERE { $this a ?class . ?class <https://example.org/kind>+ ?k }", {"kind"}, True),
    ("SELECT $this WHERE { $this a/<https://example.org/kind> ?class }", {"kind"}, True),
    (
        "SELECT $this WHERE { $this a <https://example.org/Film> FILTER NOT EXISTS { ?f ^:year|:date $this } }",
        set(),
        False,
    ),
    ("SELECT $this WHERE { { SELECT $this WHERE { $this $PATH ?value } } }", set(), False),
]
READ_COMPLETELY = [
    "SELECT $this WHERE { $this ?anything ?value }",
    "SELECT $this WHERE { $this !<https://example.org/director> ?value }",
    "SELECT $this WHERE { $this <https://example.org/year> ?y OPTIONAL { ?value ?p $this } }",
    "SELECT $this WHERE { GRAPH $shapesGraph { ?s <https://example.org/year> ?o } }",
    "SELECT nothing",
]


def filter_for(query: str) -> TripleFilter | None:
    declared = 'sh:declare [ sh:prefix "" ; sh:namespace "https://example.org/" ]'
    shape = f':T a sh:NodeShape ; sh:targetNode :batman ; sh:sparql [ sh:prefixes :P ; sh:select "{query}" ] .'
    return triple_filter(triples(f"{shape} :P {declared} ."), ["<https://example.org/T>"])


@pytest.mark.parametrize(("query", "names", "all_types"), READ_BY_QUERIES)
def test_pyshacl_gets_the_triples_that_its_shapes_can_read(query: str, names: set[str], all_types: bool) -> None:
    read = filter_for(query)
    assert read is not None
    assert read.predicates >= {f"<https://example.org/{name}>" for name in names}
    assert "<https://example.org/sequelOf>" not in read.predicates
    assert read.all_types is all_types


def test_a_change_is_read_only_with_the_properties_and_classes_of_a_query() -> None:
    read = filter_for("SELECT $this WHERE { $this <https://example.org/year> ?y ; a <https://example.org/Film> }")
    assert read is not None
    subclasses = [("<https://example.org/Short>", "<https://example.org/Film>")]
    for change, is_read in {
        ":batman :year 1": True,
        ":batman :sequelOf :returns": False,
        ":batman a :Short": True,
        ":batman a :Person": False,
    }.items():
        assert read.accepts_any(triples(f"{change} ."), subclasses) is is_read


@pytest.mark.parametrize("query", READ_COMPLETELY)
def test_pyshacl_gets_all_triples_when_a_query_can_read_any(query: str) -> None:
    assert filter_for(query) is None


def test_pyshacl_gets_the_subclasses_of_the_classes_in_a_query() -> None:
    query = "SELECT $this WHERE { $this <https://example.org/sequelOf> ?value . ?value a <https://example.org/Film> }"
    shapes = f':T a sh:NodeShape ; sh:targetClass :Film ; sh:sparql [ sh:select "{query}" ] .'
    assert only(found(shapes)).focus == "<https://example.org/returns>"


def test_a_closed_shape_with_a_query_reads_every_property() -> None:
    shapes = """:T a sh:NodeShape ; sh:targetNode :burton ; sh:closed true ; sh:sparql [ sh:select
        "SELECT $this WHERE { $this <https://example.org/none> ?value }" ] ."""
    assert only(found(shapes)).check == "shacl/closed"


# --- faults of shapes


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("two-paths", ":S sh:targetClass :Film ; sh:property [ sh:path :year, :date ] ."),
        ("no-path", ":S a sh:PropertyShape ; sh:targetClass :Film ; sh:minCount 1 ."),
        ("node-shape-with-path", ":S a sh:NodeShape ; sh:path :year ."),
        ("no-list", ":S a sh:NodeShape ; sh:in :batman ."),
        ("no-list", ":S a sh:NodeShape ; sh:and ( :A ) , [ rdf:first :B ] ."),
        ("bad-pattern", ':S a sh:NodeShape ; sh:pattern "[a-" .'),
        ("bad-pattern", ':S a sh:NodeShape ; sh:pattern "a" ; sh:flags "z" .'),
        ("bad-parameter", ':S sh:property [ sh:path :year ; sh:minCount "one" ] .'),
        ("bad-parameter", ":S sh:property [ sh:path :year ; sh:minCount -1 ] ."),
        ("bad-parameter", ":S sh:property [ sh:path :year ; sh:maxCount 1.5 ] ."),
        ("bad-parameter", ":S a sh:NodeShape ; sh:nodeKind sh:Iri ."),
        ("bad-parameter", ':S a sh:NodeShape ; sh:class "Film" .'),
        ("bad-parameter", ":S a sh:NodeShape ; sh:languageIn ( :en ) ."),
        ("too-many", ":S a sh:NodeShape ; sh:datatype xsd:date, xsd:gYear ."),
        ("needs-path", ":S a sh:NodeShape ; sh:minCount 1 ."),
        ("bad-path", ":S sh:property [ sh:path ( :year ) ] ."),
        ("bad-path", ":S sh:property [ sh:path [ sh:backwards :year ] ] ."),
        ("bad-message", ":S a sh:NodeShape ; sh:message 1 ."),
        ("bad-target", ':S a sh:NodeShape ; sh:targetClass "Film" .'),
        ("not-evaluated", ':S a sh:NodeShape ; sh:js [ sh:jsFunctionName "isFilm" ] .'),
        ("unknown-target", ":S a sh:NodeShape ; sh:targetShape :T ; sh:minCount 1 ."),
    ],
)
def test_an_ill_formed_shape_is_a_fault(kind: str, shape: str) -> None:
    assert f"shapes/{kind}" in faults(shape)


def test_an_unknown_parameter_is_a_warning_with_a_suggestion_and_the_rest_is_checked() -> None:
    shapes = to_shapes(triples(":S sh:property [ sh:path :year ; sh:minCout 1 ; sh:singleLine true ] ."))
    assert [str(finding).partition("sh:")[2] for finding in shapes.warnings] == [
        "minCout, and it is ignored. Did you mean sh:minCount? [shapes/unknown-parameter]",
        "singleLine, and it is ignored. [shapes/unknown-parameter]",
    ]


def test_a_list_of_classes_datatypes_or_kinds_allows_each() -> None:
    data = ":batman a :Film ; :partOf :saga, 7 ; :year 1989, '1989'@en, :y1989 . :saga a :Series ."
    shapes = """:S a sh:NodeShape ; sh:targetClass :Film ; sh:class ( :Series :Film ) ;
        sh:property [ sh:path :partOf ; sh:class ( :Series :Film ) ] ;
        sh:property [ sh:path :year ; sh:datatype ( xsd:integer xsd:gYear ) ] ;
        sh:property [ sh:path :year ; sh:nodeKind ( sh:Literal sh:BlankNode ) ] ."""
    values = sorted((finding.path, finding.value.partition("^")[0]) for finding in found(shapes, data))
    assert values == [
        ("<https://example.org/partOf>", '"7"'),
        ("<https://example.org/year>", '"1989"@en'),
        ("<https://example.org/year>", "<https://example.org/y1989>"),
        ("<https://example.org/year>", "<https://example.org/y1989>"),
    ]


def test_a_recursion_that_pyshacl_ends_is_reported() -> None:
    series = "".join(f":film{i} a :Film ; :sequel :film{i + 1} ." for i in range(30))
    query = "[ sh:select 'SELECT $this { $this <https://example.org/none> 1 }' ]"
    report = found(
        f":S sh:targetClass :Film ; sh:property [ sh:path :sequel ; sh:node :S ] ; sh:sparql {query} .", series
    )
    assert [(finding.check, finding.severity) for finding in report] == [("shapes/recursion", Severity.INFO)]


def test_a_fault_has_its_line_also_where_prefixes_share_one(tmp_path: Path) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(" ".join(PREFIXES.split()) + "\n\n:S a sh:NodeShape ; sh:nodeKind :x .\n", encoding="utf-8")
    with pytest.raises(FaultsError) as refused:
        read_shapes(file)
    (fault,) = refused.value.faults
    assert isinstance(fault, Finding)
    assert fault.place is not None
    assert fault.place.line == 3


def test_rules_are_known_to_some_shapes_only_and_a_warning_says_so() -> None:
    rule = "[ a sh:TripleRule ; sh:subject sh:this ; sh:predicate :year ; sh:object 1989 ]"
    (warning,) = to_shapes(triples(f":S a sh:NodeShape ; sh:targetClass :Film ; sh:rule {rule} .")).warnings
    assert warning.check == "shapes/rule"


def test_the_same_problem_of_many_shapes_is_one_finding() -> None:
    films = "".join(f":S{i} a sh:NodeShape ; sh:nodeKind :x ; sh:singleLine true ." for i in range(200))
    with pytest.raises(FaultsError) as refused:
        to_shapes(triples(films))
    (fault,) = refused.value.faults
    assert str(fault).count("the same in 199 other shapes") == 1
    different = "".join(f":S{i} a sh:NodeShape ; sh:nodeKind :x{i} ." for i in range(200))
    with pytest.raises(FaultsError) as refused:
        to_shapes(triples(different))
    assert len(refused.value.faults) == 101


def test_shapes_that_sql_does_not_have_go_to_pyshacl() -> None:
    target = '[ a sh:SPARQLTarget ; sh:select "SELECT ?this { ?this a <https://example.org/Film> }" ]'
    report = found(
        f":S sh:target {target} ; sh:property [ sh:path :year ; sh:maxCount 1 ] .",
        ":alien a :Film ; :year 1979 . :aliens a :Film ; :year 1986 , 1987 .",
    )
    assert report.counts["shapes"] == 1
    assert "pyshacl" in report.counts.values()
    assert [finding.focus for finding in report] == ["<https://example.org/aliens>"]


@pytest.mark.parametrize("text", ["", ":Film a :Genre .", ":S a sh:NodeShape ; sh:closed true ."])
def test_files_without_a_shape_that_validates_something_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "shapes.shacl"
    file.write_text(PREFIXES + text, encoding="utf-8")
    with pytest.raises(FaultsError, match="has no"):
        read_shapes(file)


@pytest.mark.parametrize("size", [0, 9_000])
@pytest.mark.parametrize(
    "others", ["", "; sh:sparql [ sh:select 'SELECT $this { $this <https://example.org/none> 1 }' ]"]
)
@pytest.mark.parametrize(
    ("value", "constraint", "violated"),
    [
        ("'5.0'^^xsd:integer", "sh:minInclusive 0", True),
        ("'-1'^^xsd:nonNegativeInteger", "sh:maxInclusive 5", True),
        ("'3000000000'^^xsd:int", "sh:minExclusive 0", True),
        ("'0'^^xsd:positiveInteger", "sh:minInclusive 0", True),
        ("'many'^^xsd:integer", "sh:maxExclusive 5", True),
        ("'2024-02-30'^^xsd:date", "sh:minInclusive '2024-01-01'^^xsd:date", True),
        ("5", "sh:minInclusive '5.0'^^xsd:integer", True),
        ("'2024'^^xsd:gYear", "sh:minInclusive 2000", True),
        ("'05'^^xsd:integer", "sh:minInclusive 5.0", False),
        ("1e1", "sh:maxInclusive 10", False),
    ],
)
def test_a_value_is_in_a_range_or_not_whatever_the_data_and_the_engine(
    value: str, constraint: str, violated: bool, others: str, size: int
) -> None:
    filler = "".join(f":f{i} :other {i} ." for i in range(size))
    shape = f":S a sh:NodeShape ; sh:targetSubjectsOf :count ; sh:property [ sh:path :count ; {constraint} ] {others} ."
    assert len(found(shape, f":alien :count {value} . {filler}")) == violated


def test_all_faults_are_reported_at_once() -> None:
    assert faults(":S a sh:NodeShape ; sh:nodeKind :x ; sh:in :y . :T a sh:PropertyShape .") == [
        "shapes/bad-parameter",
        "shapes/no-list",
        "shapes/no-path",
    ]


def test_a_fault_has_the_line_of_its_shape(tmp_path: Path) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(PREFIXES + "\n:S a sh:NodeShape ;\n  sh:property [ sh:path :year ; sh:minCount -1 ] .\n")
    with pytest.raises(FaultsError) as refused:
        read_shapes(file)
    assert str(refused.value.faults[0].place) == f"{file}:8"
    assert "A shape for <https://example.org/year> in <https://example.org/S>: " in refused.value.faults[0].message


def test_a_syntax_error_in_turtle_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(PREFIXES + "\n:S a sh:NodeShape\n:T a sh:NodeShape .\n")
    with pytest.raises(FaultsError) as refused:
        read_shapes([file, tmp_path / "missing.ttl"])
    assert {fault.place.file for fault in refused.value.faults if fault.place} == {str(file), f"{tmp_path}/missing.ttl"}
    assert any(fault.place.line >= 8 for fault in refused.value.faults if fault.place)


# --- files


def test_any_files_are_validated_against_any_shapes(tmp_path: Path) -> None:
    shapes, data = tmp_path / "shapes.ttl", tmp_path / "films.ttl"
    shapes.write_text(PREFIXES + ":S sh:targetClass :Film ; sh:property [ sh:path :year ; sh:maxCount 1 ] .")
    data.write_text(PREFIXES + BATMAN)
    assert str(only(validate_files(data, shapes)).place) == f"{data}:8"


def test_in_n_triples_every_counted_triple_has_its_line(tmp_path: Path) -> None:
    shapes, data = tmp_path / "shapes.ttl", tmp_path / "films.nt"
    shapes.write_text(PREFIXES + ":S sh:targetClass :Film ; sh:property [ sh:path :year ; sh:maxCount 1 ] .")
    data.write_text("".join(f"{triple} .\n" for triple in triples(BATMAN)))
    assert [place.line for place in only(validate_files(data, shapes)).places] == [3, 4]


def test_blank_nodes_of_two_files_are_different_though_they_have_one_label(tmp_path: Path) -> None:
    for name, kind in (("a.ttl", "sh:IRI"), ("b.ttl", "sh:Literal")):
        (tmp_path / name).write_text(
            f"{PREFIXES} :{name[0]} sh:targetNode :batman ; sh:node _:x . _:x sh:nodeKind {kind} ."
        )
    report = check(tables(BATMAN), read_shapes([tmp_path / "a.ttl", tmp_path / "b.ttl"]))
    assert only(report).shape == "<https://example.org/b>"


def test_a_call_without_data_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to validate"):
        validate_files([], to_shapes([]))


# --- single-valued properties


def test_properties_with_at_most_one_value_are_known_with_their_classes() -> None:
    shapes = """:S sh:targetClass :Film, :Series ; sh:property [ sh:path :year ; sh:maxCount 1 ], [ sh:path :cast ] .
        :T sh:targetSubjectsOf :imdb ; sh:property [ sh:path :imdb ; sh:maxCount 1 ] ."""
    assert single_valued(to_shapes(triples(shapes))) == {
        "https://example.org/year": frozenset({"https://example.org/Film", "https://example.org/Series"}),
        "https://example.org/imdb": None,
    }


# --- values


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        (("1", "integer"), ("1.0", "decimal"), 0),
        (("1", "integer"), ("1", "string"), None),
        (("INF", "double"), ("9", "integer"), 1),
        (("NaN", "double"), ("NaN", "double"), None),
        (("1989-06-23", "date"), ("1989-06-23T00:00:00", "dateTime"), None),
        (("1989-06-23T12:00:00Z", "dateTime"), ("1989-06-23T13:00:00+02:00", "dateTime"), 1),
        (("1989-06-23T12:00:00Z", "dateTime"), ("1989-06-23T12:00:00", "dateTime"), None),
        (("1989-06-23T12:00:00Z", "dateTime"), ("1989-06-25T12:00:00", "dateTime"), -1),
        (("1989-06-23T24:00:00", "dateTime"), ("1989-06-24T00:00:00", "dateTime"), 0),
        (("-0044", "gYear"), ("1989", "gYear"), -1),
        (("12:00:00", "time"), ("13:00:00", "time"), -1),
        (("---23", "gDay"), ("---24", "gDay"), -1),
        (("P1Y", "duration"), ("P12M", "duration"), 0),
        (("P1M", "duration"), ("P30D", "duration"), None),
        (("false", "boolean"), ("1", "boolean"), -1),
        (("soon", "date"), ("1989-06-23", "date"), None),
    ],
)
def test_values_are_ordered_as_sparql_orders_them(
    left: tuple[str, str], right: tuple[str, str], order: int | None
) -> None:
    def typed(value: tuple[str, str]) -> str:
        return f'"{value[0]}"' + ("" if value[1] == "string" else f"^^<{XSD}{value[1]}>")

    assert compare(typed(left), typed(right)) == order
    assert compare(typed(right), typed(left)) == (None if order is None else -order)


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "matches"),
    [
        ("^b", "", "Batman", False),
        ("^b", "i", "Batman", True),
        ("t.m", "", "t\nm", False),
        ("t.m", "s", "t\nm", True),
        ("n$", "", "Batman\n", False),
        ("^n", "m", "Bat\nn", True),
        ("a.b", "q", "a.b", True),
        ("a b", "x", "ab", True),
        (r"^[\i-[:]][\c-[:]]*$", "", "batman-1", True),
        (r"^[a-z-[aeiou]]+$", "", "btmn", True),
        (r"^[a-z-[aeiou]]+$", "", "batman", False),
        (r"^\p{Lu}", "", "\u00c4on", True),
    ],
)
def test_patterns_mean_what_xpath_says(pattern: str, flags: str, text: str, matches: bool) -> None:
    shape = f':S sh:targetObjectsOf :title ; sh:pattern {literal(pattern)} ; sh:flags "{flags}" .'
    assert (len(found(shape, f":film :title {literal(text)} .")) == 0) is matches
    regex = to_regex(pattern, flags)
    assert not regex.python or regex.is_in(text) is matches


def literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace("\n", "\\n") + '"'
