"""The words that people use: every term has other labels in English, and they lead to the term."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyoxigraph import Literal

import kg
from kg.cli import main
from kg.errors import UnknownNameError
from kg.project import find_project
from kg.queries.query_search import QueryIndex, complete_matches
from kg.queries.stored_query import StoredQueries
from kg.schema import Schema, read_ontology, to_schema
from kg.server.pages.query_pages import vocabulary_json
from kg.server.reconcile.graph_terms import find_path
from kg.server.reconcile.suggest import suggest_properties
from kg.terms import ALIAS, FILM, to_curie

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    assert kg.build(ROOT)


@pytest.fixture(scope="module")
def ontology() -> Schema:
    return to_schema(read_ontology(find_project(ROOT).ontology))


@pytest.fixture(scope="module")
def queries() -> StoredQueries:
    return StoredQueries(find_project(ROOT).queries)


def test_every_class_kind_and_property_has_another_label_in_english() -> None:
    triples = read_ontology(find_project(ROOT).ontology)
    schema = to_schema(triples)
    english = {
        triple.subject
        for triple in triples
        if triple.predicate == ALIAS and isinstance(triple.object, Literal) and triple.object.language == "en"
    }
    own = [iri for iri in (*schema.types, *schema.properties) if iri.value.startswith(FILM)]
    without = {to_curie(iri.value) for iri in own if iri not in english}
    assert not without


PROPERTIES = [
    ("actors", "castMember"),
    ("cast", "castMember"),
    ("starring", "castMember"),
    ("runtime", "runningTime"),
    ("length", "runningTime"),
    ("synopsis", "description"),
    ("plot", "description"),
    ("country", "countryOfOrigin"),
    ("studio", "productionCompany"),
    ("box office", "boxOffice"),
    ("gross", "boxOffice"),
    ("score", "score"),
    ("running_time", "runningTime"),
    ("directr", "director"),
    ("Regie", "director"),
    ("réalisatrice", "director"),
    ("reparto", "castMember"),
]


@pytest.mark.parametrize(("word", "name"), PROPERTIES, ids=[word for word, _ in PROPERTIES])
def test_a_word_of_film_people_suggests_its_property_first(ontology: Schema, word: str, name: str) -> None:
    assert ontology.suggest_properties(word)[0] == name


@pytest.mark.parametrize(("word", "other"), [("plot", "slot"), ("country", "count"), ("runtime", "outcome")])
def test_a_word_does_not_suggest_what_is_only_near_in_letters(ontology: Schema, word: str, other: str) -> None:
    assert other not in ontology.suggest_properties(word, limit=20)


@pytest.mark.parametrize("word", [word for word, _ in PROPERTIES])
def test_suggestions_do_not_depend_on_the_order_of_terms(ontology: Schema, word: str) -> None:
    reverse = Schema(ontology.classes, dict(reversed(list(ontology.properties.items()))))
    assert reverse.suggest_properties(word, limit=5) == ontology.suggest_properties(word, limit=5)


QUERIES = [
    ("oscar", "awards-of-programme"),
    ("director", "films-directed-by"),
    ("movie", "films-directed-by"),
    ("tally", "tallies-of"),
    ("streaming", "where-to-watch"),
    ("photograph", "credits-of-film"),
    ("cinematographer", "credits-of-film"),
    ("actors", "cast-of-film"),
    ("box office", "box-office-of-film"),
    ("gross", "box-office-of-film"),
    ("plot", "plot-of-film"),
    ("festivls", "screenings-of-film"),
    ("Regisseur", "films-directed-by"),
]


@pytest.mark.parametrize(("words", "name"), QUERIES, ids=[words for words, _ in QUERIES])
def test_a_stored_query_is_found_by_the_words_of_film_people(
    ontology: Schema, queries: StoredQueries, words: str, name: str
) -> None:
    found = complete_matches(QueryIndex(queries.valid(), ontology).search(words))
    assert name in [query.name for query in found]


def test_a_search_for_a_word_that_names_a_property_shows_how_to_ask_for_its_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["queries", "runtime"]) == 0
    assert "kg ask description-of entity=... property=runningTime" in capsys.readouterr().out


def test_a_search_without_a_query_says_what_else_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queries", "zeppelin"]) == 0
    shown = capsys.readouterr().out
    assert "No stored query has 'zeppelin'." in shown
    assert "kg schema zeppelin" in shown
    assert "kg ask entities-by-name" in shown


def test_a_short_word_is_not_searched_as_another_one(ontology: Schema, queries: StoredQueries) -> None:
    assert QueryIndex(queries.valid(), ontology).search("thank") == []


def test_kg_schema_finds_terms_by_other_labels_and_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "actors"]) == 0
    assert "film:castMember" in capsys.readouterr().out
    for arguments in (["schema", "--all"], ["schema", "Film"]):
        assert main(arguments) == 0
        shown = capsys.readouterr().out
        assert max(map(len, shown.splitlines())) <= 80
    assert main(["schema", "runtime"]) == 0
    assert "film:runningTime" in capsys.readouterr().out


def test_sparql_and_python_suggest_the_property_of_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sparql", "-e", "SELECT * { ?film film:actors ?who }"]) == 0
    assert "Did you mean film:castMember?" in capsys.readouterr().err
    graph = kg.open(ROOT)
    assert list(graph.ask("description-of", entity="Anora", property="actors")) == list(
        graph.ask("description-of", entity="Anora", property="film:castMember")
    )
    with pytest.raises(UnknownNameError, match=r"film:castMember"):
        graph.ask("description-of", entity="actors", property="genre")


def test_a_search_of_the_schema_shows_no_empty_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "runtime"]) == 0
    shown = capsys.readouterr().out
    assert "film:runningTime" in shown
    assert "class  " not in shown
    assert "PREFIX" not in shown


def test_kg_schema_knows_the_keys_of_fact_files_and_a_property_with_the_name_of_a_class(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["schema", "cast"]) == 0
    assert "in fact files also cast" in capsys.readouterr().out
    assert main(["schema", "country"]) == 0
    assert "film:countryOfOrigin" in capsys.readouterr().out.partition("property with this name")[2]
    card = kg.open(ROOT).schema()
    assert [row.curie for row in (*card.classes, *card.properties) if "  " in row.comment] == []


@pytest.mark.parametrize("words", ["highest grossing", "longest running time", "most expensive film"])
def test_a_search_for_the_most_of_something_shows_how_to_rank_films(
    capsys: pytest.CaptureFixture[str], words: str
) -> None:
    assert main(["queries", words]) == 0
    assert "ORDER BY DESC" in capsys.readouterr().out


def test_reconciliation_and_the_editor_know_the_words_of_film_people() -> None:
    graph = kg.open(ROOT)
    assert suggest_properties(graph, "runtime", 0)[0]["id"] == "runningTime"
    assert "castMember" in [property["id"] for property in suggest_properties(graph, "starr", 0)]
    assert find_path(graph, "runtime") == find_path(graph, "runningTime")
    terms = {term["name"]: term["words"] for term in json.loads(vocabulary_json(graph))["terms"]}
    assert "runtime" in terms["film:runningTime"]
