"""Values for the parameters of stored queries: bound as terms, so that no text can rewrite a query."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store

from kg.errors import AmbiguousNameError, FaultsError, ParameterError, UnknownNameError
from kg.filmgraph import FilmGraph
from kg.queries.sparql import find_values_blocks, guard
from kg.queries.stored_query import Parameter, ParameterType, StoredQuery, read_query
from kg.terms import XSD, entity_iri
from tests.projects import SmallProject

DATA = """\
source: encyclopedia
anora: {type: Film, label: Anora, director: sean-baker, date: 2024-10-18, minutes: 139}
tangerine: {type: Film, label: Tangerine, director: sean-baker, date: 2015-07, minutes: 88}
paris-texas: {type: Film, label: "Paris, Texas", director: wim-wenders, date: 1984, minutes: 145}
scream-1996: {type: Film, label: Scream, date: 1996}
scream-2022: {type: Film, label: Scream, date: 2022}
ivan: {type: Person, label: Ivan, alias: [Vanya, "Ванька"]}
sean-baker: {type: Person, label: Sean Baker}
wim-wenders: {type: Person, label: {value: Wim Wenders, lang: en}}
"""
QUERIES = {
    "films-by": """\
        #+ summary: Films that a person directed
        #+ params:
        #+   person: {type: entity, class: Person}
        SELECT ?film { VALUES ?person { film:sean-baker } ?film film:director ?person } ORDER BY ?film
        """,
    "films-of": """\
        #+ params:
        #+   films: {type: entity, class: Film, list: true}
        SELECT ?film { VALUES ?films { film:anora film:tangerine } ?films rdfs:label ?film } ORDER BY ?film
        """,
    "films-since": """\
        #+ params:
        #+   since: {type: date}
        #+   until: {type: date, edge: latest, optional: true}
        SELECT ?film { VALUES ?since { "2000-01-01"^^xsd:date } VALUES ?until { "2030-01-01"^^xsd:date }
            ?film a film:Film ; film:earliest ?day ; film:latest ?last
            FILTER(?day >= ?since && (!BOUND(?until) || ?last <= ?until)) } ORDER BY ?film
        """,
    "films-longer": """\
        #+ params: {minutes: number}
        SELECT ?film { VALUES ?minutes { 90 } ?film film:minutes ?long FILTER(?long > ?minutes) } ORDER BY ?film
        """,
    "films-in-colour": """\
        #+ params: {colour: {type: boolean, optional: true}}
        SELECT ?film { VALUES ?colour { UNDEF } { BIND(film:anora AS ?film) BIND(true AS ?in_colour) } UNION
            { BIND(film:paris-texas AS ?film) BIND(false AS ?in_colour) }
            FILTER(!BOUND(?colour) || ?colour = ?in_colour) } ORDER BY ?film
        """,
    "echo": """\
        #+ params: {words: text}
        SELECT ?words { VALUES ?words { "hello" } }
        """,
}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    project = SmallProject(tmp_path_factory.mktemp("films"))
    project.write("data/films.yaml", DATA)
    for name, text in QUERIES.items():
        project.write(f"queries/{name}.rq", text)
    return project.open()


def films(graph: FilmGraph, name: str, **values: object) -> list[str]:
    return [row.film.curie for row in graph.ask(name, **values)]


BAKERS = ["film:anora", "film:tangerine"]


@pytest.mark.parametrize(
    "person",
    [
        "Sean Baker",
        "sean baker",
        "SEAN BAKER",
        "film:sean-baker",
        "sean-baker",
        "<https://w3id.org/filmgraph/film/sean-baker>",
        "https://w3id.org/filmgraph/film/sean-baker",
        entity_iri("sean-baker"),
    ],
)
def test_a_person_is_found_by_label_curie_and_iri(graph: FilmGraph, person: object) -> None:
    assert films(graph, "films-by", person=person) == BAKERS


def test_an_entity_of_an_answer_is_a_value_of_a_parameter(graph: FilmGraph) -> None:
    (row,) = graph.sparql("SELECT ?person { film:anora film:director ?person }")
    assert films(graph, "films-by", person=row.person) == BAKERS


def test_a_label_with_a_language_is_found_without_it(graph: FilmGraph) -> None:
    assert films(graph, "films-by", person="Wim Wenders") == ["film:paris-texas"]


@pytest.mark.parametrize("alias", ["Vanya", "vanya", "Ванька"])
def test_an_alias_is_as_good_as_a_label(graph: FilmGraph, alias: str) -> None:
    assert graph.entity(alias) == entity_iri("ivan")


def test_a_name_of_two_films_is_ambiguous(graph: FilmGraph) -> None:
    with pytest.raises(AmbiguousNameError, match=r"film:scream-1996 \(film, 1996\) or film:scream-2022 \(") as raised:
        graph.ask("films-of", films="Scream")
    assert raised.value.candidates == ("film:scream-1996", "film:scream-2022")


def test_an_unknown_name_is_an_error_with_the_closest_names(graph: FilmGraph) -> None:
    with pytest.raises(UnknownNameError, match="Sean Baker") as raised:
        graph.ask("films-by", person="Sean Bakre")
    assert raised.value.suggestions == ("Sean Baker",)


def test_a_film_is_not_accepted_where_a_person_is_required(graph: FilmGraph) -> None:
    with pytest.raises(UnknownNameError):
        graph.ask("films-by", person="Anora")


def test_several_entities_are_a_list_or_a_text_separated_by_bars(graph: FilmGraph) -> None:
    expected = ["Anora", "Paris, Texas"]
    for given_films in (["Anora", "Paris, Texas"], "Anora|Paris, Texas", (entity_iri("anora"), "paris-texas")):
        assert [row.film for row in graph.ask("films-of", films=given_films)] == expected


@pytest.mark.parametrize("nothing", [[], "", " | ", None])
def test_an_empty_list_is_refused(graph: FilmGraph, nothing: object) -> None:
    with pytest.raises(ParameterError, match="films"):
        graph.ask("films-of", films=nothing)


@pytest.mark.parametrize(
    "since", ["2000", "2000-01", "2000-01-01", "January 2000", "1 January 2000", datetime.date(2000, 1, 1)]
)
def test_a_date_may_have_any_precision(graph: FilmGraph, since: object) -> None:
    assert films(graph, "films-since", since=since) == ["film:anora", "film:scream-2022", "film:tangerine"]


def test_a_year_may_be_a_number(graph: FilmGraph) -> None:
    assert len(films(graph, "films-since", since=2000)) == 3


def test_a_month_that_ends_a_period_stands_for_its_last_day(graph: FilmGraph) -> None:
    assert films(graph, "films-since", since="2015", until="2022") == ["film:scream-2022", "film:tangerine"]
    assert films(graph, "films-since", since="2015-07-01", until="2015-07") == ["film:tangerine"]


@pytest.mark.parametrize("minutes", ["139.5", 139.5, Decimal("139.5"), " 140 ", 140, "+140"])
def test_a_number_may_be_text_or_number(graph: FilmGraph, minutes: object) -> None:
    assert films(graph, "films-longer", minutes=minutes) == ["film:paris-texas"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("films-longer", {"minutes": "long"}),
        ("films-longer", {"minutes": True}),
        ("films-longer", {"minutes": "1e"}),
        ("films-longer", {"minutes": "٣"}),
        ("films-longer", {"minutes": float("nan")}),
        ("films-longer", {"minutes": ["1", "2"]}),
        ("films-longer", {"minutes": entity_iri("anora")}),
        ("films-longer", {"minutes": Literal("long")}),
        ("films-since", {"since": "soon"}),
        ("films-since", {"since": "2024-13"}),
        ("films-since", {"since": Literal("soon")}),
        ("films-by", {"person": Literal("Sean Baker")}),
        ("films-by", {"person": BlankNode("b")}),
        ("echo", {"words": entity_iri("anora")}),
        ("echo", {"words": "\ud800"}),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(graph: FilmGraph, name: str, values: dict[str, object]) -> None:
    with pytest.raises((ParameterError, UnknownNameError)) as raised:
        graph.ask(name, **values)
    assert next(iter(values)) in str(raised.value) or isinstance(raised.value, UnknownNameError)


def test_an_unknown_parameter_is_an_error_with_the_closest_name(graph: FilmGraph) -> None:
    with pytest.raises(ParameterError, match="Did you mean person") as raised:
        graph.ask("films-by", persn="Sean Baker")
    assert (raised.value.query, raised.value.parameter) == ("films-by", "persn")


def test_a_missing_parameter_is_an_error_with_an_example(graph: FilmGraph) -> None:
    with pytest.raises(ParameterError, match=r"needs person, a Person; for example person=film:sean-baker"):
        graph.ask("films-by")


def test_an_unknown_query_is_an_error_with_the_closest_name(graph: FilmGraph) -> None:
    with pytest.raises(UnknownNameError, match="films-by"):
        graph.ask("film-by")


def test_the_text_of_a_stored_query_runs_unchanged(graph: FilmGraph) -> None:
    query = graph.queries["films-by"]
    assert [row.film.curie for row in graph.sparql(query.text)] == BAKERS


def to_query(text: str, *params: Parameter) -> StoredQuery:
    """A stored query without a file."""
    return StoredQuery("a-query", text, "SELECT", tuple(find_values_blocks(text, guard(text))), params=params)


ECHO = to_query('SELECT ?words { VALUES ?words { "hello" } }', Parameter("words", ParameterType.TEXT, '"hello"'))
EMPTY = Store()


def echoed(*words: str) -> list[object]:
    """What a query gives back that gives back its parameter."""
    solutions = EMPTY.query(ECHO.bind({"words": tuple(map(Literal, words))}))
    assert isinstance(solutions, QuerySolutions)
    return [solution["words"] for solution in solutions]


ATTACKS = [
    'x" } UNION { ?a ?b ?c } #',
    '"} UNION {',
    "' } UNION { SERVICE <http://example.org/> { ?s ?p ?o } } #",
    '"""',
    "\\",
    '\\" }',
    "\n# } UNION { ?words ?p ?o",
    "?words",
    "$words",
    "{{words}}",
    "%s %(words)s",
    "\u2028\u0085\r\n\t",
    "👩‍👩‍👧 ﷽ a\u0301",
    "\x00",
]


@pytest.mark.parametrize("words", ATTACKS)
def test_a_value_that_looks_like_sparql_is_bound_as_a_text(graph: FilmGraph, words: str) -> None:
    assert [row.words for row in graph.ask("echo", words=words)] == [words]


@settings(deadline=None, max_examples=300)
@given(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(ATTACKS))
def test_any_text_bound_to_a_parameter_is_returned_unchanged(words: str) -> None:
    assert echoed(words) == [Literal(words)]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_any_list_of_texts_is_returned_unchanged(words: list[str]) -> None:
    assert echoed(*words) == [Literal(word) for word in words]


def test_a_values_block_in_a_comment_or_a_string_is_not_a_parameter() -> None:
    text = 'SELECT ?x { # VALUES ?x { 1 }\n VALUES ?x { 1 } BIND("VALUES ?x { 1 }" AS ?y) values $x { 1 } }'
    query = to_query(text, Parameter("x", ParameterType.NUMBER, "1"))
    assert query.bind({"x": (NamedNode("urn:2"),)}) == (
        'SELECT ?x { # VALUES ?x { 1 }\n VALUES ?x { <urn:2> } BIND("VALUES ?x { 1 }" AS ?y) values $x { <urn:2> } }'
    )


def test_a_parameter_with_a_longer_name_is_not_bound() -> None:
    query = to_query("SELECT * { VALUES ?xy { 1 } VALUES ?x { 1 } }", Parameter("x", ParameterType.NUMBER, "1"))
    assert query.bind({"x": (NamedNode("urn:2"),)}) == "SELECT * { VALUES ?xy { 1 } VALUES ?x { <urn:2> } }"


HEADERS = [
    ("#+ sumary: x\nASK {}", "1:1", "summary"),
    ("#+ summary: x\n#+ tags: [a\nASK {}", "2:1", "YAML"),
    ("#+ just words\nASK {}", "1:1", "mapping"),
    ("#+ params: {film: entity}\nASK {}", "1:1", "VALUES"),
    ("#+ params: {film: entitty}\nASK { VALUES ?film { 1 } }", "1:1", "Did you mean entity"),
    ("#+ params: {film: entty}\nASK { VALUES ?film { 1 } }", "1:1", "Did you mean entity"),
    ("#+ params: {film: {type: entity, clas: Film}}\nASK { VALUES ?film { 1 } }", "1:1", "class"),
    ("#+ params: [film]\nASK { VALUES ?film { 1 } }", "1:1", "mapping"),
    ("#+ replaces: old\nASK {}", "1:1", "list of names"),
    (
        "#+ replaces: {old: {propety: year}}\n#+ params: {property: text}\nASK { VALUES ?property { 1 } }",
        "1:1",
        "property",
    ),
    ("#+ params: {film: entity}\n#+ question: Who made $fim?\nASK { VALUES ?film { 1 } }", "2:1", "Did you mean film"),
    (
        "#+ params: {film: {type: entity, optional: true}}\n#+ question: Who made $film?\nASK { VALUES ?film { 1 } }",
        "2:1",
        "question names no required parameter: $film",
    ),
    ("#+ params: {film: 3}\nASK { VALUES ?film { 1 } }", "1:1", "mapping"),
]


@pytest.mark.parametrize(("text", "place", "words"), HEADERS)
def test_a_fault_of_a_stored_query_is_reported_with_its_place(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    (tmp_path / "queries").mkdir()
    file = tmp_path / "queries" / "broken.rq"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FaultsError) as raised:
        read_query(file, root=tmp_path / "queries")
    (fault,) = raised.value.faults
    assert str(fault.place) == f"queries/broken.rq:{place}"
    assert words in str(fault)


def test_a_broken_query_hides_no_other(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    project.write("data/films.yaml", DATA)
    project.write("queries/good.rq", "ASK { ?s ?p ?o }")
    project.write("queries/bad.rq", "#+ sumary: x\nASK {}")
    graph = project.open()
    assert graph.ask("good")
    assert [str(finding.place) for finding in graph.queries.findings()] == ["queries/bad.rq:1:1"]


def test_the_folder_of_a_query_is_its_topic_and_not_part_of_its_name(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    project.write("data/films.yaml", DATA)
    project.write("queries/everything.rq", "ASK { ?s ?p ?o }")
    project.write("queries/awards/wins.rq", "#+ tags: [prizes, awards]\nASK { ?win a film:Recognition }")
    queries = project.open().queries
    assert [(query.topic, query.name) for query in queries.valid()] == [("", "everything"), ("awards", "wins")]
    assert queries["wins"].file == "queries/awards/wins.rq"
    assert queries["wins"].topics == ("awards", "prizes")
    assert queries["wins"].as_dict()["topic"] == "awards"


def test_two_files_of_one_name_are_a_finding_with_both_places(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    project.write("data/films.yaml", DATA)
    project.write("queries/films/wins.rq", "ASK { ?s ?p ?o }")
    project.write("queries/awards/wins.rq", "ASK { ?s ?p ?o }")
    graph = project.open()
    (finding,) = graph.queries.findings()
    assert [str(place) for place in finding.places] == ["queries/awards/wins.rq", "queries/films/wins.rq"]
    assert str(finding) == (
        "queries/awards/wins.rq: violation: queries/awards/wins.rq, queries/films/wins.rq have the same name;"
        " rename all but one [queries/header]"
    )
    with pytest.raises(FaultsError, match="have the same name"):
        graph.ask("wins")


def test_a_former_name_is_an_error_with_the_call_that_replaces_it(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    project.write("data/films.yaml", DATA)
    project.write(
        "queries/films-with.rq",
        """\
        #+ params: {property: entity, value: entity}
        #+ replaces:
        #+   films-of-genre: {property: genre, value: $genre}
        #+   all-films-with:
        SELECT ?film { VALUES ?property { film:director } VALUES ?value { film:sean-baker } ?film ?property ?value }
        """,
    )
    project.write("queries/people.rq", "#+ replaces: [persons]\nSELECT ?person { ?person a film:Person }")
    graph = project.open()
    former = {
        "films-of-genre": "films-with, with property=genre value=GENRE",
        "all-films-with": "films-with",
        "persons": "people",
    }
    for name, call in former.items():
        with pytest.raises(UnknownNameError) as raised:
            graph.ask(name)
        assert str(raised.value) == f"There is no stored query {name!r}; it is now {call}."
        assert raised.value.replacement == call
        assert raised.value.suggestions == (call.partition(",")[0],)


def test_a_former_name_that_is_still_in_use_is_a_finding(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    project.write("data/films.yaml", DATA)
    project.write("queries/old.rq", "ASK { ?s ?p ?o }")
    project.write("queries/new.rq", "#+ replaces: [old, older]\nASK { ?s ?p ?o }")
    project.write("queries/newest.rq", "#+ replaces: [older]\nASK { ?s ?p ?o }")
    findings = [str(finding) for finding in project.open().queries.findings()]
    assert findings == [
        "queries/new.rq: violation: 'old' is replaced here, but queries/old.rq has or replaces this name too"
        " [queries/header]",
        "queries/newest.rq: violation: 'older' is replaced here, but queries/new.rq has or replaces this name too"
        " [queries/header]",
    ]


@pytest.mark.parametrize("value", [True, "true", "Yes", " 1 ", Literal("true", datatype=NamedNode(XSD + "boolean"))])
def test_a_truth_value_is_given_as_a_word_or_as_python_has_it(graph: FilmGraph, value: object) -> None:
    assert films(graph, "films-in-colour", colour=value) == ["film:anora"]


def test_a_truth_value_may_be_false_or_left_out(graph: FilmGraph) -> None:
    assert films(graph, "films-in-colour", colour="no") == ["film:paris-texas"]
    assert films(graph, "films-in-colour") == ["film:anora", "film:paris-texas"]
    with pytest.raises(ParameterError, match="neither true nor false"):
        graph.ask("films-in-colour", colour="perhaps")
