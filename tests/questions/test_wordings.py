"""The stored query that answers a question is found by the words of the question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import kg
from kg.queries.query_search import QueryIndex, complete_matches
from tests.questions.questions import read_questions

HERE = Path(__file__).parent
FIRST, EIGHT = 0.65, 0.95


def wordings() -> dict[str, list[str]]:
    loaded = yaml.safe_load((HERE / "wordings.yaml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def questions() -> Iterator[tuple[str, set[str]]]:
    """Questions and other wordings, each with the queries that answer it or a part of it."""
    for file in ("questions.yaml", "more-questions.yaml"):
        for question in read_questions(HERE / file):
            yield question.question, {str(step["query"]) for step in question.steps}
    for name, texts in wordings().items():
        for text in texts:
            yield text, {name}


def ranks(index: QueryIndex, graph: kg.FilmGraph) -> Iterator[int]:
    for text, names in questions():
        found = [match.query.name for match in index.search_question(text, graph.names)]
        yield min((found.index(name) for name in names if name in found), default=len(graph.queries))


def test_there_is_a_wording_for_each_stored_query(graph: kg.FilmGraph) -> None:
    assert set(wordings()) == set(graph.queries)


def test_most_questions_find_their_query_first_and_nearly_all_among_eight(graph: kg.FilmGraph) -> None:
    found = list(ranks(QueryIndex(graph.queries.valid(), graph.ontology), graph))

    assert sum(rank == 0 for rank in found) / len(found) >= FIRST
    assert sum(rank < 8 for rank in found) / len(found) >= EIGHT


@pytest.mark.parametrize("word", ["movie", "film", "director", "Oscar", "actor", "source", "who"])
def test_a_word_of_many_queries_finds_only_those_that_fit_best(graph: kg.FilmGraph, word: str) -> None:
    found = complete_matches(QueryIndex(graph.queries.valid(), graph.ontology).search(word))

    assert 0 < len(found) <= 20


def test_a_query_that_gives_what_a_word_names_comes_before_one_that_takes_it(graph: kg.FilmGraph) -> None:
    found = complete_matches(QueryIndex(graph.queries.valid(), graph.ontology).search("movie"))

    assert {"films-directed-by", "films-acted-in"} <= {query.name for query in found}
    assert "budget-of-film" not in {query.name for query in found}


def test_a_query_that_gives_everything_about_an_entity_is_always_among_the_first(graph: kg.FilmGraph) -> None:
    index = QueryIndex(graph.queries.valid(), graph.ontology)

    def first_eight(question: str) -> list[str]:
        return [match.query.name for match in index.search_question(question, graph.names)[:8]]

    assert "description-of" in first_eight("Who photographed Anora?")
    assert "evidence-for" in first_eight("Who sends the henchmen, in the encyclopedia?")


def test_the_entities_of_a_question_tell_which_query_takes_them(graph: kg.FilmGraph) -> None:
    index = QueryIndex(graph.queries.valid(), graph.ontology)

    def first(question: str) -> str:
        return index.search_question(question, graph.names)[0].query.name

    assert first("Who won the 97th Academy Awards?") == "winners-at-ceremony"
    assert first("Who won the Palme d'Or?") == "winners-of-award"
