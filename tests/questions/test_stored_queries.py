"""Every stored query answers as its header describes."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

import kg
from kg import vocabulary as vocab
from kg.queries.stored_query import StoredQueries
from kg.terms import TYPE, XSD, entity_iri, to_text

ROOT = Path(__file__).parents[2]
NAMES = sorted(StoredQueries(ROOT / "queries"))
COMPARED = (
    "awards-of",
    "events-before-and-after",
    "colleagues-of",
    "inferred-facts",
    "credits-of-film",
    "films-directed-by",
    "nominees-beaten-by",
    "names-by-source",
    "relatives-of",
    "share-of-gross",
    "sources-per-fact",
    "time-between",
    "winners-of-both",
)
"""Aggregates, negation, paths over the ontology, arithmetic on dates: where two engines could differ.

Not `tallies-of`: rdflib joins a sub-SELECT that binds its key with every row, as BIND there sees the outer key.
"""


@pytest.fixture(scope="module")
def dataset(graph: kg.FilmGraph) -> rdflib.Dataset:
    """The same graph in rdflib."""
    dataset = rdflib.Dataset()
    lines = (f"{to_text(q.subject)} {q.predicate} {q.object}{_graph(str(q.graph_name))} ." for q in graph.store)
    dataset.parse(data="\n".join(lines), format="nquads")
    return dataset


def _graph(name: str) -> str:
    return f" {name}" if name.startswith("<") else ""


def test_there_are_enough_queries_to_choose_from() -> None:
    assert len(NAMES) >= 60


def test_no_query_file_has_a_fault(graph: kg.FilmGraph) -> None:
    assert list(graph.queries.findings()) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_query_has_a_summary_parameters_and_columns(name: str, graph: kg.FilmGraph) -> None:
    query = graph.queries[name]

    answer = graph.sparql(query.text)

    assert query.summary
    assert query.tags
    assert all(parameter.about for parameter in query.params)
    assert tuple(query.returns or ()) == answer.columns
    assert len(answer) > 0 or query.because, "no row for its own examples, and no reason why"


@pytest.mark.parametrize("name", NAMES)
def test_a_query_orders_its_rows_by_its_columns(name: str, graph: kg.FilmGraph) -> None:
    text = graph.queries[name].text

    first, second = graph.sparql(text), graph.sparql(text)

    assert [row.as_dict() for row in first] == [row.as_dict() for row in second]
    assert "ORDER BY" in text or len(first) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_query_bound_to_its_examples_gives_the_answer_of_its_file(name: str, graph: kg.FilmGraph) -> None:
    query = graph.queries[name]
    values = {
        parameter.name: _words(parameter.example, is_list=parameter.is_list)
        for parameter in query.params
        if parameter.example != "UNDEF"
    }

    assert [row.as_dict() for row in graph.ask(name, **values)] == [row.as_dict() for row in graph.sparql(query.text)]


@pytest.mark.parametrize("name", COMPARED)
def test_rdflib_gives_the_same_answer(name: str, graph: kg.FilmGraph, dataset: rdflib.Dataset) -> None:
    text = graph.queries[name].text

    answer = graph.sparql(text)

    ours = sorted(tuple("" if cell is None else _value(cell) for cell in row.terms) for row in answer)
    theirs = sorted(
        tuple("" if cell is None else str(_number(cell)) for cell in row)
        for row in dataset.query(text)
        if isinstance(row, rdflib.query.ResultRow)
    )
    assert ours == theirs
    assert ours


def _words(example: str, *, is_list: bool) -> str | list[str]:
    parts = example.split() if is_list else [example.split("^^")[0].strip('"')]
    return parts if is_list else parts[0]


def _value(term: object) -> str:
    return _plain(str(getattr(term, "value", term)))


def _number(term: object) -> str:
    return _plain(str(term))


def _plain(text: str) -> str:
    """The same text for the same number: 58.08 and 58.080, 150 and 150.0."""
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def test_a_review_has_one_row_with_all_its_words(graph: kg.FilmGraph) -> None:
    answer = graph.ask("reviews-of-film", film="Anora")
    critics = [row["critic"] for row in answer]
    assert len(critics) == len(set(critics)) > 1
    assert all("; " in str(row["words"]) for row in answer)
    assert len(graph.ask("reviews-of-film", film="Anora", word="profane")) == 1


def test_distributors_are_those_of_releases_and_those_of_the_film_itself(graph: kg.FilmGraph) -> None:
    rows = [
        (str(row["distributor"]), row["medium"] and str(row["medium"]))
        for row in graph.ask("distributors-of-film", film="Anora")
    ]
    assert ("Neon", "theatrical") in rows
    assert ("Focus Features", None) in rows
    # No source says of a distributor by which media the film can be watched in general.
    assert {medium for _, medium in rows if medium} == {
        "theatrical",
        "4K Ultra HD Blu-ray",
        "international distribution",
    }


def test_films_are_ranked_by_a_figure_of_their_own_or_of_a_part(graph: kg.FilmGraph) -> None:
    averages = graph.ask("films-with-highest", property="averagePerCinema", period="opening weekend")
    numbers = [int(str(row["highest"])) for row in averages]
    assert len(numbers) > 1
    assert numbers == sorted(numbers, reverse=True)
    for property in ("gross", "budget", "rating"):
        ranked = graph.ask("films-with-highest", property=property)
        assert [str(row["film"]) for row in ranked][:1] == ["Anora"], property


def test_a_running_time_has_no_currency_of_another_figure() -> None:
    store = Store()
    for name, minutes, currency in (("tangerine", "88", "USD"), ("anora", "139", "EUR")):
        film, figure = entity_iri(name), entity_iri(f"{name}.boxOffice.worldwide")
        store.extend([Quad(film, TYPE, vocab.Film), Quad(film, vocab.boxOffice, figure)])
        store.add(Quad(film, vocab.runningTime, Literal(minutes, datatype=NamedNode(f"{XSD}integer"))))
        store.add(Quad(figure, vocab.currency, Literal(currency)))
    query = StoredQueries(ROOT / "queries")["films-with-highest"]
    solutions = store.query(query.bind({"property": (vocab.runningTime,)}))
    assert isinstance(solutions, QuerySolutions)
    assert [(row["film"], row["highest"].value, row["currency"]) for row in solutions] == [
        (entity_iri("anora"), "139", None),
        (entity_iri("tangerine"), "88", None),
    ]


def test_scores_are_compared_on_one_scale() -> None:
    store = Store()
    for name, score, scale in (("tangerine", "93", "100"), ("anora", "4.9", "5"), ("amelie", "8", None)):
        film, rating = entity_iri(name), entity_iri(f"{name}.rating.critics")
        store.extend([Quad(film, TYPE, vocab.Film), Quad(film, vocab.rating, rating)])
        store.add(Quad(rating, vocab.score, Literal(score, datatype=NamedNode(f"{XSD}decimal"))))
        if scale is not None:
            store.add(Quad(rating, vocab.scale, Literal(scale, datatype=NamedNode(f"{XSD}decimal"))))
    query = StoredQueries(ROOT / "queries")["films-with-highest"]
    solutions = store.query(query.bind({"property": (vocab.rating,)}))
    assert isinstance(solutions, QuerySolutions)
    ranked = [(row["film"], float(str(row["highest"].value))) for row in solutions]
    assert ranked == [(entity_iri("anora"), 98.0), (entity_iri("tangerine"), 93.0)]
