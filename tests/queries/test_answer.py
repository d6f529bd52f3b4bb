"""Answers: rows with Python values and exact terms, all formats, why they are empty, and what supports them."""

from __future__ import annotations

import csv
import datetime
import io
import json
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import Literal

from kg import vocabulary as vocab
from kg.errors import InputError, ParameterError, UnknownNameError
from kg.explain.empty_answers import EmptyReason, explain_empty
from kg.filmgraph import FilmGraph
from kg.queries.triple_patterns import supporting_triples
from kg.terms import entity_iri
from tests.projects import SmallProject

DATA = """\
source: encyclopedia
anora:
  type: Film
  label: Anora
  title: "A | B\\n<b>\\"C\\"</b>\\t\\\\"
  director: sean-baker
  minutes: 139
  score: 8.50
  inColour: true
  date: 2024-10-18
  year: 2024
  alias: {value: comédie, lang: fr}
sean-baker: {type: Person, label: Sean Baker}
batman-begins: {type: Film, label: Batman Begins}
the-dark-knight: {type: Film, label: The Dark Knight, sequelOf: batman-begins, director: christopher-nolan}
the-dark-knight-rises: {type: Film, sequelOf: the-dark-knight}
christopher-nolan: {type: Person}
"""
ROW = """SELECT ?film ?director ?title ?minutes ?score ?colour ?day ?nothing {
  BIND(film:anora AS ?film) ?film film:director ?director ; film:title ?title ; film:minutes ?minutes ;
  film:score ?score ; film:inColour ?colour ; film:date ?day OPTIONAL { ?film film:amount ?nothing } }"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    project = SmallProject(tmp_path_factory.mktemp("films"))
    project.write("data/films.yaml", DATA)
    return project.open()


def test_a_row_has_its_columns_as_attributes_with_python_values(graph: FilmGraph) -> None:
    (row,) = graph.sparql(ROW)
    assert (str(row.film), row.film.curie, row.film.iri) == ("Anora", "film:anora", entity_iri("anora"))
    assert (row.minutes, row.score, row.colour) == (139, Decimal("8.5"), True)
    assert (row.day, row.nothing) == (datetime.date(2024, 10, 18), None)
    assert row[0] == row["film"] == row.film
    assert row.term("minutes") == Literal(139)
    assert len(row) == 8
    assert row.as_dict()["minutes"] == 139


def test_an_unknown_column_is_an_error_with_the_closest_name(graph: FilmGraph) -> None:
    (row,) = graph.sparql(ROW)
    with pytest.raises(AttributeError, match="Did you mean director"):
        row.directr  # noqa: B018
    with pytest.raises(UnknownNameError, match="Did you mean director"):
        row["directr"]


def test_an_entity_without_a_label_is_shown_by_its_curie(graph: FilmGraph) -> None:
    (row,) = graph.sparql("SELECT ?who { film:the-dark-knight film:director ?who }")
    assert str(row.who) == "film:christopher-nolan"


def test_an_answer_is_a_sequence_and_true_unless_it_is_empty(graph: FilmGraph) -> None:
    films = graph.sparql("SELECT ?film { ?film a film:Film } ORDER BY ?film")
    assert len(films) == 4
    assert films[-1].film.curie == "film:the-dark-knight-rises"
    assert [row.film.curie for row in films[:2]] == ["film:anora", "film:batman-begins"]
    assert films
    assert not graph.sparql("SELECT ?x { film:anora film:writer ?x }")
    assert not graph.sparql("ASK { film:anora film:writer ?x }")


def test_pandas_and_polars_take_the_rows(graph: FilmGraph) -> None:
    import pandas
    import polars

    answer = graph.sparql(ROW)
    frame, other = answer.to_pandas(), answer.to_polars()
    assert isinstance(frame, pandas.DataFrame)
    assert isinstance(other, polars.DataFrame)
    assert frame.loc[0, "film"] == other["film"][0] == "Anora"
    assert list(frame.columns) == other.columns == list(answer.columns)
    empty = graph.sparql("SELECT ?film { ?film a film:Award }")
    assert empty.to_pandas().shape == empty.to_polars().shape == (0, 1)


def test_json_is_as_the_recommendation_specifies(graph: FilmGraph) -> None:
    document = json.loads(graph.sparql("SELECT ?g ?m ?f ?n { ?f skos:altLabel ?g ; film:minutes ?m }").to_text("json"))
    assert document["head"] == {"vars": ["g", "m", "f", "n"]}
    (binding,) = document["results"]["bindings"]
    assert binding == {
        "g": {"type": "literal", "value": "comédie", "xml:lang": "fr"},
        "m": {"type": "literal", "value": "139", "datatype": "http://www.w3.org/2001/XMLSchema#integer"},
        "f": {"type": "uri", "value": entity_iri("anora").value},
    }
    assert json.loads(graph.sparql("ASK { }").to_text("json")) == {"head": {}, "boolean": True}


def test_a_title_with_special_characters_survives_csv_and_tsv(graph: FilmGraph) -> None:
    answer = graph.sparql("SELECT ?title { film:anora film:title ?title }")
    (title,) = answer.values()
    assert list(csv.reader(io.StringIO(answer.to_text("csv"), newline=""))) == [["title"], [title]]
    assert answer.to_text("csv").endswith("\r\n")
    head, line, end = answer.to_text("tsv").split("\n")
    assert (head, end) == ("?title", "")
    assert rdflib.util.from_n3(line) == rdflib.Literal(title)


def test_a_vertical_bar_in_a_title_does_not_break_a_markdown_table(graph: FilmGraph) -> None:
    lines = graph.sparql("SELECT ?title ?f { ?f film:title ?title }").to_text("markdown").splitlines()
    assert len(lines) == 3
    assert all(line.replace("\\|", "").count("|") == 3 for line in lines)


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_markup_in_a_title_is_escaped_in_formats_for_people(graph: FilmGraph, format: str) -> None:
    answer = graph.sparql("SELECT ?title { ?f film:title ?title }")
    text = answer._repr_html_() if format == "html" else answer.to_text(format)
    assert format != "html" or "<b>" not in text
    assert text.count("\n") <= 4


def test_triples_are_written_as_turtle(graph: FilmGraph) -> None:
    answer = graph.sparql("CONSTRUCT WHERE { ?film film:director ?who }")
    assert answer.kind == "triples"
    assert len(rdflib.Graph().parse(data=answer.to_text("turtle"), format="turtle")) == 2
    assert len(answer.to_rdflib()) == 2
    assert [row.term("predicate") for row in answer] == [vocab.director] * 2
    with pytest.raises(InputError):
        answer.to_text("csv")


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_table_without_its_package_says_what_to_install(
    graph: FilmGraph, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = graph.sparql("SELECT ?film { ?film a film:Film }")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf"pip install .*\[{package}\]"):
        getattr(answer, f"to_{package}")()


VALUES = """SELECT ?whole ?part ?mixed ?year ?day ?moment ?truth ?film {
  VALUES (?whole ?part ?mixed ?year ?day ?moment ?truth ?film) {
    (1 1.5 1 "2024"^^xsd:gYear "2024-10-18"^^xsd:date "2024-10-18T10:00:00Z"^^xsd:dateTime true film:anora)
    (2 2.25 1e3 "2015"^^xsd:gYear "2015-07-10"^^xsd:date "2015-07-10T10:00:00Z"^^xsd:dateTime false film:tangerine)
    (UNDEF UNDEF UNDEF UNDEF UNDEF UNDEF UNDEF UNDEF) } }"""


def test_numbers_and_dates_are_numbers_and_dates_in_pandas(graph: FilmGraph) -> None:
    answer = graph.sparql(VALUES)
    table = answer.to_pandas()
    types = ["Int64", "float64", "float64", "Int64", "datetime64[s]", "datetime64[us, UTC]", "boolean", "object"]
    assert [str(type) for type in table.dtypes] == types
    assert (table["part"].sum(), table["mixed"].max(), table["year"].min()) == (3.75, 1000, 2015)
    assert table["day"].dt.year.tolist()[:2] == [2024, 2015]
    assert answer.to_pandas(exact=True)["part"].tolist()[0] == Decimal("1.5")
    assert graph.sparql("SELECT ?x { ?x a film:Flim }").to_pandas().columns.tolist() == ["x"]


def test_numbers_and_dates_are_numbers_and_dates_in_polars(graph: FilmGraph) -> None:
    answer = graph.sparql(VALUES)
    types = ["Int64", "Float64", "Float64", "Int64", "Date", "Datetime", "Boolean", "String"]
    assert [str(type).partition("(")[0] for type in answer.to_polars().dtypes] == types
    assert answer.to_polars(exact=True)["part"][0] == Decimal("1.5")


def test_an_answer_shows_its_first_rows_and_why_it_has_none(graph: FilmGraph) -> None:
    assert repr(graph.sparql("SELECT ?film { VALUES ?film { film:anora } }")) == (
        "film\n------------------\nAnora (film:anora)\n(1 row)"
    )
    many = repr(graph.sparql("SELECT ?s { ?s ?p ?o }"))
    assert many.endswith("rows; the first 20 are shown)")
    assert len(many.splitlines()) == 23
    empty = graph.sparql("SELECT ?x { ?x film:directr ?y }")
    assert "Did you mean film:director?" in empty.note
    assert empty.note in repr(empty)
    assert "Did you mean film:director?" in empty._repr_html_()
    assert graph.sparql("ASK {}").note == ""
    assert repr(graph["film:anora"]).startswith("EntityDescription(film:anora, 'Anora', ")
    assert repr(graph.sparql("SELECT ?a { VALUES ?a { 1 } }")[0]) == "Row(a=1)"


def test_csv_has_labels_where_they_are_wanted(graph: FilmGraph) -> None:
    answer = graph.sparql("SELECT ?film ?n { VALUES (?film ?n) { (film:anora 1) (UNDEF 2) } }")
    assert answer.to_text("csv", labels=True).splitlines() == [
        "film,film_label,n",
        "https://w3id.org/filmgraph/film/anora,Anora,1",
        ",,2",
    ]
    assert answer.to_text("csv").splitlines()[0] == "film,n"


@pytest.mark.parametrize("query", ["ASK { film:anora ?p ?o }", "CONSTRUCT WHERE { ?film film:director ?who }"])
def test_an_answer_without_rows_cannot_become_a_data_frame(graph: FilmGraph, query: str) -> None:
    answer = graph.sparql(query)
    for to_table in (answer.to_dicts, answer.to_pandas, answer.to_polars):
        with pytest.raises(InputError, match="has no rows"):
            to_table()


@pytest.mark.parametrize(("query", "format"), [("SELECT ?s { ?s ?p ?o }", "turtle"), ("ASK { }", "xlsx")])
def test_a_format_that_an_answer_does_not_have_is_refused(graph: FilmGraph, query: str, format: str) -> None:
    with pytest.raises(InputError):
        graph.sparql(query).to_text(format)


EMPTY = [
    ("SELECT ?x { ?x a film:Flim }", EmptyReason.UNKNOWN_TERMS, "Did you mean film:Film", False),
    ("SELECT ?x { ?x film:directr ?y }", EmptyReason.UNKNOWN_TERMS, "Did you mean film:director", False),
    ("SELECT ?x { film:anorra film:director ?x }", EmptyReason.UNKNOWN_TERMS, "Did you mean film:anora", False),
    ('SELECT ?x { ?x rdfs:label "Anora"@en }', EmptyReason.UNMATCHED_PATTERNS, 'There is "Anora" instead', False),
    ('SELECT ?x { ?x film:minutes "139" }', EmptyReason.UNMATCHED_PATTERNS, 'There is "139"^^', False),
    ('SELECT ?x { ?x film:director "Sean Baker" }', EmptyReason.UNMATCHED_PATTERNS, "film:sean-baker?", False),
    (
        "SELECT ?x { ?x film:director film:sean-baker ; film:sequelOf ?y }",
        EmptyReason.EXCLUDING_PATTERNS,
        "Without `?x film:sequelOf ?y` there would be rows.",
        True,
    ),
    ("SELECT ?x { film:anora film:writer ?x }", EmptyReason.UNMATCHED_PATTERNS, "no matching facts", True),
    (
        "SELECT ?x { ?x a film:Film FILTER NOT EXISTS { ?x a film:Film } }",
        EmptyReason.FILTERED,
        "FILTER leaves no row",
        True,
    ),
    ("SELECT ?x { ?x film:minutes ?m FILTER(?n > 5) }", EmptyReason.FILTERED, "No pattern of the query has ?n.", False),
    ("SELECT ?x ?n { ?x film:sequelOf film:anora }", EmptyReason.UNMATCHED_PATTERNS, "has ?n.", False),
    (
        "SELECT ?tytle { film:anora film:sequelOf ?title }",
        EmptyReason.UNMATCHED_PATTERNS,
        "Did you mean ?title?",
        False,
    ),
    ("SELECT ?x { ?x film:minutes ?m FILTER(?m > 500) }", EmptyReason.FILTERED, "FILTER leaves no row", True),
    ("SELECT ?x { ?x film:sequelOf+ film:anora }", EmptyReason.UNMATCHED_PATTERNS, "film:anora", True),
    ("SELECT ?x { GRAPH graph:contested { ?x film:year ?y } }", EmptyReason.UNMATCHED_PATTERNS, "", True),
    ("SELECT ?x { ?x a film:Film } LIMIT 0", EmptyReason.NO_ROWS_WANTED, "LIMIT 0 asks for no rows.", False),
    ("SELECT ?x { ?x a film:Flim } LIMIT 0 OFFSET 3", EmptyReason.NO_ROWS_WANTED, "film:Flim is in neither", False),
    ("SELECT ?x { ?x a film:Film } OFFSET 9", EmptyReason.ALL_SKIPPED, "without it there are 4 rows", False),
    ("SELECT ?x { ?x a film:Film } LIMIT 2 OFFSET 9", EmptyReason.ALL_SKIPPED, "OFFSET skips every row", False),
    (
        "SELECT ?x { ?x film:minutes ?m FILTER EXISTS { ?x film:directr ?y } }",
        EmptyReason.FILTERED,
        "film:directr is in neither the ontology nor the data. Did you mean film:director?",
        False,
    ),
    (
        "SELECT ?x { { ?x film:nosuch ?y } UNION { ?x film:nosuch2 ?y } }",
        EmptyReason.UNMATCHED_PATTERNS,
        "Nothing matches `?x film:nosuch2 ?y`.",
        False,
    ),
    (
        "SELECT ?x { ?x a film:Film { ?x film:sequelOf film:anora } UNION { ?x film:writer film:anora } }",
        EmptyReason.UNMATCHED_PATTERNS,
        "Nothing matches `?x film:writer film:anora`.",
        True,
    ),
    (
        "SELECT ?x { ?x film:minutes ?m MINUS { ?x film:minutes ?m } OPTIONAL { ?x film:nosuch ?y } }",
        EmptyReason.FILTERED,
        "MINUS leaves no row",
        False,
    ),
    ("SELECT ?x { ?x film:minutes ?m FILTER(?x = film:nosuch) }", EmptyReason.FILTERED, "film:nosuch is in", False),
    ("SELECT ?x { VALUES ?x { film:nosuch } ?x ?p ?o }", EmptyReason.FILTERED, "film:nosuch is in neither", False),
    (
        "SELECT ?x { ?x film:minutes ?m } GROUP BY ?x HAVING(MAX(?m) > 900)",
        EmptyReason.FILTERED,
        "HAVING leaves no row",
        True,
    ),
    (
        "SELECT ?s { GRAPH graph:provenance { ?f rdf:subject film:anora ; rdf:predicate film:contributor } }",
        EmptyReason.UNMATCHED_PATTERNS,
        "See `kg why film:anora film:contributor film:sean-baker`.",
        False,
    ),
    ("SELECT ?x FROM graph:provenance { ?x a film:Film }", EmptyReason.NAMED_GRAPHS_ONLY, "FROM", False),
]


@pytest.mark.parametrize(("query", "reason", "words", "is_confirmed"), EMPTY)
def test_an_empty_answer_explains_itself(
    graph: FilmGraph, query: str, reason: EmptyReason, words: str, is_confirmed: bool
) -> None:
    assert not graph.sparql(query)
    empty = explain_empty(graph.store, query)
    assert empty.reason is reason
    assert words in "\n".join(empty.sentences())
    assert empty.is_confirmed is is_confirmed


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?x " + "{" * 60 + " ?x a film:Award " + "}" * 60,
        "SELECT ?x { ?x a film:Award . LATERAL { SELECT ?x { ?x ?p ?o } LIMIT 1 } }",
        "SELECT ?x { << ?x ?p ?o >> ?q ?r }",
        "SELECT ?x { VALUES ?x { } }",
        "SELECT ?x { }  LIMIT 0",
    ],
    ids=["many groups", "LATERAL", "a triple term", "no values", "no rows allowed"],
)
def test_an_empty_answer_of_any_query_has_an_explanation(graph: FilmGraph, query: str) -> None:
    assert not graph.sparql(query)
    assert all(explain_empty(graph.store, query).sentences())


def test_explaining_empty_answers_reads_the_ontology_once(graph: FilmGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    assert graph.names.ontology

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("kg.explain.empty_answers.stored_ontology", refuse)
    assert graph.explain_empty(graph.sparql("SELECT ?x { ?x a film:Flim }"))
    assert graph.explain_empty(graph.sparql('SELECT ?x { ?x rdfs:label "Anorra" }'))


def test_a_value_without_a_name_is_that_of_the_only_required_parameter(tmp_path: Path) -> None:
    project = SmallProject(tmp_path / "films")
    project.write("data/films.yaml", DATA)
    for name, optional in (("one", ", optional: true"), ("two", "")):
        project.write(
            f"queries/{name}.rq",
            f"#+ summary: Which?\n#+ params: {{film: {{type: entity}}, year: {{type: number{optional}}}}}\n"
            "SELECT ?film { VALUES ?film { film:anora } VALUES ?year { 2024 } ?film a film:Film }\n",
        )
    graph = project.open()
    assert graph.ask("one", "Anora").query == graph.ask("one", film="Anora").query
    with pytest.raises(ParameterError, match="two requires film and year; name the value"):
        graph.ask("two", "Anora")


def test_an_empty_stored_query_answers_in_its_own_words(tmp_path: Path) -> None:
    project = SmallProject(tmp_path / "films")
    project.write("data/films.yaml", DATA)
    project.write(
        "queries/budget-of-film.rq",
        "#+ summary: What did a film cost?\n"
        "#+ params: {film: {type: entity, class: Film}, year: {type: number, optional: true}}\n"
        "#+ none: No source names a budget for $film.\n"
        "SELECT ?amount { VALUES ?film { film:anora } VALUES ?year { 2024 } ?film film:amount ?amount }\n",
    )
    project.write(
        "queries/evidence.rq",
        "#+ summary: Which sources state it?\n#+ params: {film: {type: entity}, property: {type: property}}\n"
        "SELECT ?fact { VALUES ?film { film:anora } VALUES ?property { film:director } GRAPH graph:provenance"
        " { ?fact rdf:subject ?film ; rdf:predicate ?property } }\n",
    )
    graph = project.open()
    assert graph.explain_empty(graph.ask("budget-of-film", film="Anora")) == ("No source names a budget for Anora.",)
    narrowed = graph.explain_empty(graph.ask("budget-of-film", film="Anora", year=2023))
    assert narrowed == ("No source names a budget for Anora (year: 2023).",)
    assert graph.explain_empty(graph.ask("evidence", film="Anora", property="contributor")) == (
        "No source answers this for Anora, contributor: Which sources state it?",
        "film:anora film:contributor film:sean-baker holds, but no source states it: it is inferred."
        " See `kg why film:anora film:contributor film:sean-baker`.",
    )
    assert graph.explain_empty(graph.ask("evidence", film="Anora", property="director")) == ()
    project.write(
        "queries/other.rq",
        "#+ summary: Which other source states it?\n#+ params: {film: {type: entity}, property: {type: property}}\n"
        "SELECT ?fact { VALUES ?film { film:anora } VALUES ?property { film:director } GRAPH graph:provenance"
        " { ?fact rdf:subject ?film ; rdf:predicate ?property } FILTER(?fact = film:anora) }\n",
    )
    graph = project.open()
    (sentence,) = graph.explain_empty(graph.ask("other", film="Anora", property="director"))
    assert sentence == "No source answers this for Anora, director: Which other source states it?"


SUPPORTED = [
    ("SELECT ?who { film:anora film:director ?who }", ["anora director sean-baker"]),
    (
        "SELECT ?f { ?f film:sequelOf+ film:batman-begins } ORDER BY ?f",
        ["the-dark-knight sequelOf batman-begins"],
    ),
    (
        "SELECT ?f { ?f film:sequelOf/film:sequelOf film:batman-begins }",
        ["the-dark-knight-rises sequelOf the-dark-knight", "the-dark-knight sequelOf batman-begins"],
    ),
    ("SELECT ?f { film:batman-begins ^film:sequelOf ?f } ORDER BY ?f", ["the-dark-knight sequelOf batman-begins"]),
    (
        "SELECT ?w { { film:anora film:writer ?w } UNION { film:anora film:director ?w } }",
        ["anora director sean-baker"],
    ),
    ("SELECT (COUNT(?f) AS ?n) { ?f film:director film:sean-baker }", ["anora director sean-baker"]),
    ("SELECT ?w { { SELECT ?w { film:anora film:director ?w } LIMIT 1 } }", ["anora director sean-baker"]),
    ("SELECT ?w { film:anora film:director|film:writer ?w }", ["anora director sean-baker"]),
    ("ASK { film:anora film:director ?w }", ["anora director sean-baker"]),
    (
        "SELECT ?w { film:anora film:director ?w FILTER NOT EXISTS { ?w film:director ?x } }",
        ["anora director sean-baker"],
    ),
    ("SELECT ?w { film:anora film:director ?w OPTIONAL { ?w film:writer ?x } }", ["anora director sean-baker"]),
]


@pytest.mark.parametrize(("query", "triples"), SUPPORTED, ids=[case[0] for case in SUPPORTED])
def test_a_row_is_supported_by_the_triples_that_match_its_patterns(
    graph: FilmGraph, query: str, triples: list[str]
) -> None:
    answer = graph.sparql(query)
    row = (
        {name: term for name, term in zip(answer.columns, answer[0].terms, strict=True) if term} if len(answer) else {}
    )
    supporting = supporting_triples(graph.store, query, row)
    texts = [
        " ".join(str(term).rpartition("/")[2].strip("<>") for term in (triple.subject, triple.predicate, triple.object))
        for triple in supporting
    ]
    assert texts == triples
