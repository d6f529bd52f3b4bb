"""The checker on a few films: what is found, how it is told, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from kg.errors import FaultsError, InputError, UnknownNameError
from kg.graph.triple_tables import TripleTables
from kg.regex import to_regex
from kg.reporting.text import to_text
from kg.reports import Finding, Report, Severity
from kg.shapes import check, read_shapes, single_valued, to_shapes, validate_files
from kg.shapes.pyshacl_engine import TripleFilter, triple_filter
from kg.terms import XSD
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


def workshop(text: str) -> TripleTables:
    made = TripleTables()
    made.add(triples(text))
    return made


def found(shapes: str, data: str = BATMAN, **options: object) -> Report:
    return check(workshop(data), to_shapes(triples(shapes)), **options)  # type: ignore[arg-type]


def only(report: Report) -> Finding:
    assert len(report) == 1, [str(finding) for finding in report]
    return report.findings[0]


def faults(shapes: str) -> list[str]:
    with pytest.raises(FaultsError) as refused:
        to_shapes(triples(shapes))
    return [fault.check for fault in refused.value.faults]


# --- what is told


def test_a_film_with_two_years_names_both() -> None:
    finding = only(found(":S a sh:NodeShape ; sh:targetClass :Film ; sh:property [ sh:path :year ; sh:maxCount 1 ] ."))
    assert finding.check == "shacl/maxCount"
    assert finding.focus == "<https://example.org/batman>"
    assert finding.path == "<https://example.org/year>"
    assert finding.values == (f'"1989"^^<{XSD}gYear>', f'"1990"^^<{XSD}gYear>')
    assert finding.message == "Batman should have at most 1 year of release, but has 2: 1989, 1990"


def test_a_sequel_is_a_film_because_the_data_say_so() -> None:
    shape = ":S a sh:NodeShape ; sh:targetClass :Film ; sh:property [ sh:path :director ; sh:minCount 1 ] ."
    assert only(found(shape)).about == "Batman Returns, director"


def test_a_sequel_is_a_film_because_the_ontology_says_so() -> None:
    shape = ":S a sh:NodeShape ; sh:targetClass :Film ; sh:nodeKind sh:Literal ."
    ontology = triples(':Prequel rdfs:subClassOf :Film . :Film rdfs:label "film" .')
    assert len(found(shape, ":alien a :Prequel .", ontology=ontology)) == 1


def test_what_was_inferred_is_checked_as_well() -> None:
    made = workshop(":batman :director :burton .")
    made.add(triples(":burton a :Director ."), table="inferred")
    shapes = to_shapes(triples(":S a sh:NodeShape ; sh:targetClass :Director ; sh:nodeKind sh:Literal ."))
    assert len(check(made, shapes)) == 1
    assert len(check(made, shapes, tables=("triple",))) == 0


def test_the_sentence_of_a_shape_is_filled_in_and_comes_in_the_readers_language() -> None:
    shape = """:S a sh:NodeShape ; sh:targetClass :Film ; sh:property [ sh:path :year ; sh:maxCount 1 ;
        sh:message "{$this} has more than {$maxCount} year"@en, "{?this} hat zu viele Jahre"@de ;
        sh:severity sh:Warning ] ."""
    assert only(found(shape)).message == "Batman has more than 1 year"
    assert only(found(shape, languages=("de",))).message == "Batman hat zu viele Jahre"
    assert only(found(shape)).severity is Severity.WARNING
    assert found(shape).ok


def test_a_deactivated_shape_finds_nothing() -> None:
    assert len(found(":S a sh:NodeShape ; sh:targetClass :Film ; sh:nodeKind sh:Literal ; sh:deactivated true .")) == 0


def test_one_thing_or_one_shape_alone_can_be_asked_for() -> None:
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
    told = [to_text(report).index(f" {name}") for name in named]
    assert told == sorted(told)


def test_nothing_is_left_behind_in_the_workshop() -> None:
    made = workshop(BATMAN)
    before = made.sql.execute("SELECT count(*) FROM information_schema.tables").fetchone()
    check(made, to_shapes(triples(":S a sh:NodeShape ; sh:targetClass :Film ; sh:hasValue :nothing .")))
    assert made.sql.execute("SELECT count(*) FROM information_schema.tables").fetchone() == before


def test_alternatives_are_told_in_words() -> None:
    shape = """:S a sh:NodeShape ; sh:targetSubjectsOf :year ;
        sh:property [ sh:path :director ; sh:or ( [ sh:datatype xsd:date ] [ sh:datatype xsd:gYear ] ) ] ."""
    assert only(found(shape)).expected == "a value of type xsd:date or xsd:gYear"


def test_an_ill_formed_value_is_told_from_one_of_another_type() -> None:
    shape = ":S sh:targetSubjectsOf :year ; sh:property [ sh:path :year ; sh:datatype xsd:integer ] ."
    assert only(found(shape, ':batman :year "soon"^^xsd:integer .')).found == "soon, which is not a valid xsd:integer"
    assert only(found(shape, ':batman :year "1989"^^xsd:gYear .')).found == "1989 of type xsd:gYear"


# --- which engine


def test_what_the_compiler_does_not_know_goes_to_pyshacl_and_the_report_says_so() -> None:
    shapes = """:S a sh:NodeShape ; sh:targetClass :Film ; sh:nodeKind sh:Literal .
        :T a sh:NodeShape ; sh:targetNode :batman ; sh:sparql [ sh:select
          "SELECT $this WHERE { $this <https://example.org/director> <https://example.org/burton> }" ] ."""
    report = found(shapes)
    assert [finding.check for finding in report] == ["shacl/nodeKind", "shacl/nodeKind", "shacl/sparql"]
    assert report.counts["engine of <https://example.org/T>"] == "pyshacl"
    assert "engine of <https://example.org/S>" not in report.counts
    assert {finding.shape for finding in report} == {"<https://example.org/S>", "<https://example.org/T>"}


def test_a_query_that_pyshacl_refuses_is_a_fault_of_the_shape() -> None:
    with pytest.raises(FaultsError, match=r"pyshacl cannot run <https://example\.org/T>"):
        found(':T a sh:NodeShape ; sh:targetNode :batman ; sh:sparql [ sh:select "SELECT nothing" ] .')


SEEN_BY_QUERIES = [
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
SEEN_WHOLE = [
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


@pytest.mark.parametrize(("query", "names", "all_types"), SEEN_BY_QUERIES)
def test_pyshacl_is_given_what_its_shapes_name(query: str, names: set[str], all_types: bool) -> None:
    seen = filter_for(query)
    assert seen is not None
    assert seen.predicates >= {f"<https://example.org/{name}>" for name in names}
    assert "<https://example.org/sequelOf>" not in seen.predicates
    assert seen.all_types is all_types


@pytest.mark.parametrize("query", SEEN_WHOLE)
def test_pyshacl_is_given_everything_when_a_query_may_look_anywhere(query: str) -> None:
    assert filter_for(query) is None


def test_pyshacl_sees_the_classes_below_those_that_a_shape_names() -> None:
    query = "SELECT $this WHERE { $this <https://example.org/sequelOf> ?value . ?value a <https://example.org/Film> }"
    shapes = f':T a sh:NodeShape ; sh:targetClass :Film ; sh:sparql [ sh:select "{query}" ] .'
    assert only(found(shapes)).focus == "<https://example.org/returns>"


def test_a_closed_shape_beside_a_query_sees_every_property() -> None:
    shapes = """:T a sh:NodeShape ; sh:targetNode :burton ; sh:closed true ; sh:sparql [ sh:select
        "SELECT $this WHERE { $this <https://example.org/none> ?value }" ] ."""
    assert only(found(shapes)).check == "shacl/closed"


# --- what is refused


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
        ("unknown-parameter", ":S a sh:NodeShape ; sh:minCout 1 ."),
        ("recursion", ":S sh:property [ sh:path :sequelOf ; sh:node :S ] ."),
        ("recursion", ":A a sh:NodeShape ; sh:not :B . :B a sh:NodeShape ; sh:or ( :A ) ."),
    ],
)
def test_an_ill_formed_shape_is_named(kind: str, shape: str) -> None:
    assert f"shapes/{kind}" in faults(shape)


def test_a_misspelled_parameter_is_offered_its_neighbour() -> None:
    with pytest.raises(FaultsError, match=r"has no sh:minCout. Did you mean sh:minCount\?"):
        to_shapes(triples(":S sh:property [ sh:path :year ; sh:minCout 1 ] ."))


def test_all_faults_are_told_at_once() -> None:
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
    assert "A shape for <https://example.org/year> in <https://example.org/S>" in refused.value.faults[0].message


def test_a_file_that_is_no_turtle_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(PREFIXES + "\n:S a sh:NodeShape\n:T a sh:NodeShape .\n")
    with pytest.raises(FaultsError) as refused:
        read_shapes([file, tmp_path / "missing.ttl"])
    assert {fault.place.file for fault in refused.value.faults if fault.place} == {str(file), f"{tmp_path}/missing.ttl"}
    assert any(fault.place.line >= 8 for fault in refused.value.faults if fault.place)


# --- files


def test_anybodys_files_are_held_against_anybodys_shapes(tmp_path: Path) -> None:
    shapes, data = tmp_path / "shapes.ttl", tmp_path / "films.ttl"
    shapes.write_text(PREFIXES + ":S sh:targetClass :Film ; sh:property [ sh:path :year ; sh:maxCount 1 ] .")
    data.write_text(PREFIXES + BATMAN)
    assert str(only(validate_files(data, shapes)).place) == f"{data}:8"


def test_in_n_triples_every_counted_fact_has_its_line(tmp_path: Path) -> None:
    shapes, data = tmp_path / "shapes.ttl", tmp_path / "films.nt"
    shapes.write_text(PREFIXES + ":S sh:targetClass :Film ; sh:property [ sh:path :year ; sh:maxCount 1 ] .")
    data.write_text("".join(f"{triple} .\n" for triple in triples(BATMAN)))
    assert [place.line for place in only(validate_files(data, shapes)).places] == [3, 4]


def test_files_may_share_names_of_blank_nodes_and_mean_different_things(tmp_path: Path) -> None:
    for name, kind in (("a.ttl", "sh:IRI"), ("b.ttl", "sh:Literal")):
        (tmp_path / name).write_text(
            f"{PREFIXES} :{name[0]} sh:targetNode :batman ; sh:node _:x . _:x sh:nodeKind {kind} ."
        )
    report = check(workshop(BATMAN), read_shapes([tmp_path / "a.ttl", tmp_path / "b.ttl"]))
    assert only(report).shape == "<https://example.org/b>"


def test_no_data_is_a_mistake_of_the_call(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to validate"):
        validate_files([], to_shapes([]))


# --- what single values a graph has


def test_properties_that_a_thing_has_once_are_known() -> None:
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
