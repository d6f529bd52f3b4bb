"""All films, people and awards can be browsed, narrowed and sorted; disagreements have a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from kg import vocabulary as vocab
from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.lookup.entity_types import members_of
from kg.queries.answer import Answer
from kg.server.example_values import Question, answered_question
from kg.server.pages import search_pages
from kg.server.pages.browse_pages import CATALOGUES, browse_csv, browse_page, disagreements_page
from kg.server.pages.entity_page import entity_page
from kg.server.pages.reference_pages import ontology_page, sources_page
from kg.server.pages.search_pages import home_page, search_page
from kg.terms import CONTESTED, FILM, UNDECIDED, to_curie
from tests.projects import SmallProject, own_graph
from tests.server.pages.parsed_page import parse_page

MORE_CLASSES = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
film:Organisation a owl:Class .
"""


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_catalogue_lists_every_entity_of_its_class(graph: FilmGraph, name: str) -> None:
    found = parse_page(browse_page(graph, name, {}))
    assert found.faults == []
    rows = list(csv.DictReader(io.StringIO(browse_csv(graph, name, {}))))
    members = members_of(graph.store, graph.ontology, CATALOGUES[name].class_iri)
    assert {row["id"] for row in rows} == {to_curie(member.value) for member in members}
    assert all(found.has(" ".join(row["name"].split())) for row in rows if "<" not in row["name"])


def test_films_are_sorted_by_year_and_narrowed_by_facets(graph: FilmGraph) -> None:
    def names(**parameters: str) -> list[str]:
        return [row["name"] for row in csv.DictReader(io.StringIO(browse_csv(graph, "films", parameters)))]

    of_baker = {"director": "film:sean-baker"}
    assert names(director="film:nobody") == []
    assert names(**of_baker)[:2] == ["Red Rocket", "Tangerine"]
    assert names(**of_baker, sort="oldest")[:2] == ["Tangerine", "Red Rocket"]
    assert names(**of_baker, decade="2010") == ["Tangerine"]
    found = parse_page(browse_page(graph, "films", of_baker))
    assert found.has("Sean Baker ×", "3 films · Sean Baker", "2020s", "Red Rocket")
    assert parse_page(browse_page(graph, "films", {**of_baker, "decade": "2010"})).has("1 film (3 in all)")
    assert any("decade=2010" in link for link in found.links)


@pytest.mark.parametrize(
    ("parameters", "labels"),
    [
        ({"year": "2021"}, ["2021"]),
        ({"genre": "x"}, ["x"]),
        ({"director": "film:nobody", "decade": "2010"}, ["2010s", "film:nobody"]),
        ({"source": '"><b>'}, ['"><b>']),
        ({"contested": "x"}, ["x"]),
        ({"director": "film:sean-baker", "genre": "x"}, ["x", "Sean Baker"]),
    ],
)
def test_a_chosen_value_is_shown_and_can_be_removed(
    graph: FilmGraph, parameters: dict[str, str], labels: list[str]
) -> None:
    found = parse_page(browse_page(graph, "films", {**parameters, "sort": "oldest"}))
    assert found.faults == []
    assert found.has(*(f"{label} ×" for label in labels), "show all")
    for removed in parameters:
        others = {name: key for name, key in parameters.items() if name != removed}
        assert any(
            link.startswith("/films?") and dict(parse_qsl(link[7:])) == {**others, "sort": "oldest"}
            for link in found.links
        ), removed


def test_a_value_that_few_entities_have_can_be_removed(project: SmallProject) -> None:
    films = "".join(
        f"film-{number}: {{type: Film, label: Film {number}, genre: genre {number}}}\n" for number in range(70)
    )
    project.write("data/films.yaml", f"source: encyclopedia\n{films}")
    found = parse_page(browse_page(project.open(), "films", {"genre": "genre 9"}))
    assert found.has("Film 9", "genre 9 ×")


def test_the_csv_file_is_sorted_as_the_page(graph: FilmGraph) -> None:
    found = parse_page(browse_page(graph, "films", {"director": "film:sean-baker", "sort": "oldest"}))
    assert "/films.csv?director=film%3Asean-baker&sort=oldest" in found.links


def test_a_list_is_read_from_properties_alone() -> None:
    properties = CATALOGUES["films"].properties
    assert {vocab.when, vocab.genre, vocab.award, vocab.outcome} <= properties
    assert not properties & {CONTESTED, UNDECIDED}


def test_an_unknown_facet_or_order_changes_nothing(graph: FilmGraph) -> None:
    assert browse_csv(graph, "films", {"colour": "red", "sort": '"><b>'}) == browse_csv(graph, "films", {})
    assert "<b>" not in browse_page(graph, "films", {"genre": '"><b>', "page": "x"})


def test_there_is_no_page_after_the_last(graph: FilmGraph) -> None:
    with pytest.raises(UnknownNameError):
        browse_page(graph, "films", {"page": "2"})


def test_disagreements_show_both_sides_with_the_reason(graph: FilmGraph) -> None:
    found = parse_page(disagreements_page(graph, {}))
    assert found.faults == []
    assert found.has("Where sources disagree")


def test_the_sources_are_listed_with_their_numbers_of_facts(graph: FilmGraph) -> None:
    found = parse_page(sources_page(graph))
    assert found.faults == []
    assert found.has("2 sources", "A newspaper", "Facts", str(graph.provenance.counts["paper"]))


def test_the_ontology_lists_classes_and_properties_with_definitions(graph: FilmGraph) -> None:
    found = parse_page(ontology_page(graph))
    assert found.faults == []
    assert {"/film/Film", "/film/director"} <= set(found.links)
    assert found.has("A moving-image work of any length.", "Who directed the film.")
    assert {"FeatureFilm", "PlotEvent"} <= set(found.words.split())


def test_the_page_of_a_class_draws_it(graph: FilmGraph) -> None:
    found = parse_page(entity_page(graph, FILM + "Film"))
    assert found.faults == []
    assert {"diagram"} <= set(found.ids)
    assert {"/film/boxOffice", "/film/PlotEvent"} <= set(found.links)


def test_the_home_page_leads_to_everything(graph: FilmGraph) -> None:
    found = parse_page(home_page(graph))
    assert found.faults == []
    assert {"/films", "/people", "/awards", "/companies", "/disagreements", "/sources", "/ontology"} <= set(found.links)
    assert found.has(
        "Latest films", "Red Rocket 2021, Sean Baker", "2 sources", "0 disagreements", "3 films", "1 organisation"
    )
    assert found.has(f"{sum(graph.provenance.counts.values())} facts")


def test_the_home_page_asks_what_the_graph_answers(graph: FilmGraph) -> None:
    found = parse_page(home_page(graph))
    # No other film of this graph has a cast.
    assert found.has("Who plays whom in Tangerine?")
    assert "/queries/films-directed-by?person=Sean+Baker" in found.links


def test_a_question_is_asked_where_it_has_an_answer(project: SmallProject) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nanora: {type: Film, label: Anora, year: 2024}\n")
    for name in ("year", "director"):
        project.write(
            f"queries/{name}.rq",
            f"#+ summary: What is the {name} of a film?\n#+ question: What is the {name} of $film?\n"
            f"#+ params: {{film: {{type: entity, class: Film}}}}\n"
            f"SELECT ?value {{ VALUES ?film {{ film:tangerine }} ?film film:{name} ?value }}\n",
        )
    graph = project.open()
    assert answered_question(graph, graph.queries["year"]) == Question(
        "What is the year of Anora?", "year", {"film": "Anora"}
    )
    assert answered_question(graph, graph.queries["director"]) is None
    found = parse_page(home_page(graph))
    assert found.has("What is the year of Anora?")
    assert not found.has("What is the director of")
    assert "/queries/year?film=Anora" in found.links


def test_of_a_slow_graph_the_home_page_has_other_words_for_questions(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(
        "queries/years.rq", "#+ summary: The years.\n#+ question: Which years?\nSELECT ?y { ?film film:year ?y }\n"
    )
    monkeypatch.setattr(search_pages, "_SECONDS_FOR_QUESTIONS", 0.0)
    found = parse_page(home_page(project.open()))
    assert found.has("The years.")
    assert not found.has("Which years?")


def test_a_question_is_tried_about_few_entities(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> None:
    films = "".join(f"film-{n}: {{type: Film, label: Film {n}}}\n" for n in range(20))
    project.write("data/films.yaml", f"source: encyclopedia\n{films}")
    project.write(
        "queries/year.rq",
        "#+ summary: What is the year of a film?\n#+ question: What is the year of $film?\n"
        "#+ params: {film: {type: entity, class: Film}}\n"
        "SELECT ?value { VALUES ?film { film:tangerine } ?film film:year ?value }\n",
    )
    graph, asked, ask = project.open(), list[object](), FilmGraph.ask_with

    def ask_with(self: FilmGraph, name: str, values: Mapping[str, object], **_: object) -> Answer:
        asked.append(values)
        return ask(self, name, values)

    monkeypatch.setattr(FilmGraph, "ask_with", ask_with)
    assert answered_question(graph, graph.queries["year"]) is None
    assert 1 < len(asked) <= 4


def test_the_home_page_names_what_sources_disagree_on_most(project: SmallProject) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nanora: {type: Film, label: Anora, year: 2024}\n")
    project.write("data/more.yaml", "source: trade-paper\nanora: {year: 2023}\n")
    found = parse_page(home_page(project.open()))
    assert found.has("Where sources disagree", "Anora 1", "1 disagreement")


def test_the_home_page_counts_what_its_lists_have(project: SmallProject) -> None:
    project.write("ontology/more.ttl", MORE_CLASSES)
    project.write(
        "data/films.yaml",
        "source: encyclopedia\nanora: {type: Film, label: Anora, year: 2024}\nneon: {type: Organisation, label: Neon}\n"
        "anora.festival-jury: {type: Organisation, label: Jury}\n",
    )
    graph = project.open()
    home = parse_page(home_page(graph))
    assert home.has("1 film", "1 organisation")
    assert parse_page(browse_page(graph, "companies", {})).has("Companies and other organisations", "1 organisation")


def test_a_person_is_distinguished_by_occupations(tmp_path: Path) -> None:
    assert parse_page(search_page(own_graph(tmp_path), "sean baker")).has(
        "Sean Baker director, filmmaker, screenwriter"
    )
