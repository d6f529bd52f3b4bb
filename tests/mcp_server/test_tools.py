"""The tools of the server: a typed tool for each stored query, and general ones."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import kg
from kg.errors import UnknownNameError
from kg.mcp_server.tools import GENERAL_TOOLS, Tool, list_tools, parse_topics
from kg.queries.query_search import QueryIndex
from tests.projects import SmallProject


@pytest.fixture(scope="module")
def tools(graph: kg.FilmGraph) -> dict[str, Tool]:
    return {tool.name: tool for tool in list_tools(graph)}


def test_every_stored_query_is_a_tool_and_the_general_ones_come_first(
    graph: kg.FilmGraph, tools: dict[str, Tool]
) -> None:
    assert list(tools) == [*GENERAL_TOOLS, *graph.queries]


def test_every_tool_has_a_valid_json_schema_and_a_portable_name(tools: dict[str, Tool]) -> None:
    for tool in tools.values():
        Draft202012Validator.check_schema(tool.input_schema)
        assert tool.input_schema["type"] == "object"
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,48}", tool.name)


def test_the_description_of_a_tool_has_the_querys_sentences_and_columns(tools: dict[str, Tool]) -> None:
    sentence = "Which films did a person direct? With the year of the film if a source gives one. Gives film, year."
    assert tools["films-directed-by"].description == sentence


def test_a_parameter_has_a_type_and_an_example_by_label(tools: dict[str, Tool]) -> None:
    schema = tools["rights-holder-on"].input_schema
    assert schema["required"] == ["film", "territory", "date"]
    assert schema["properties"]["film"] == {"type": "string", "examples": ["Anora"], "description": "Film, the film"}
    pattern = schema["properties"]["date"]["pattern"]
    assert [bool(re.search(pattern, date)) for date in ("2024", "2024-01", "2024-01-31", "31.1.2024")] == [1, 1, 1, 0]


def test_the_entities_of_a_small_class_are_listed_as_choices(tools: dict[str, Tool], graph: kg.FilmGraph) -> None:
    sources = tools["evidence-for"].input_schema["properties"]["source"]["enum"]
    assert "encyclopedia article on Anora" in sources
    for title in sources:
        assert graph.entity(title, class_name="Source")


def test_a_list_is_an_array_and_a_number_a_number(project: SmallProject) -> None:
    project.write(
        "queries/both.rq",
        """\
        #+ summary: Films of some directors that are shorter than so many minutes
        #+ params:
        #+   people: {type: entity, class: Person, list: true}
        #+   minutes: {type: number, optional: true}
        PREFIX film: <https://w3id.org/filmgraph/film/>
        SELECT ?film {
          VALUES ?people { film:sean-baker film:greta-gerwig }
          VALUES ?minutes { 90 }
          ?film film:director ?people
        }
        """,
    )
    (tool,) = [tool for tool in list_tools(project.open()) if tool.name == "both"]
    assert tool.input_schema["properties"]["people"]["type"] == "array"
    assert tool.input_schema["properties"]["people"]["items"]["type"] == "string"
    assert tool.input_schema["properties"]["minutes"] == {"type": "number", "examples": [90]}
    assert tool.input_schema["required"] == ["people"]


def test_topics_shorten_the_list_of_tools(graph: kg.FilmGraph) -> None:
    assert [tool.name for tool in list_tools(graph, [])] == list(GENERAL_TOOLS)
    rights = {tool.name for tool in list_tools(graph, ["rights", "films-directed-by"])} - set(GENERAL_TOOLS)
    assert rights == {name for name in graph.queries if "rights" in graph.queries[name].tags} | {"films-directed-by"}
    assert parse_topics(graph.queries, "rights, films-directed-by") == ["rights", "films-directed-by"]
    assert parse_topics(graph.queries, "none") == []
    assert parse_topics(graph.queries, "all") is None
    with pytest.raises(UnknownNameError, match="awards"):
        parse_topics(graph.queries, "award")


def test_the_general_tools_alone_are_few_and_short(graph: kg.FilmGraph) -> None:
    tools = list_tools(graph, [])
    assert len(tools) == 8
    assert sum(len(json.dumps([tool.description, tool.input_schema, tool.output_schema])) for tool in tools) < 14_000


def test_the_complete_list_of_tools_is_concise(tools: dict[str, Tool]) -> None:
    documents = [
        json.dumps([tool.name, tool.description, tool.input_schema, tool.output_schema]) for tool in tools.values()
    ]
    assert sum(map(len, documents)) / len(documents) < 600


def test_an_invalid_stored_query_is_skipped_and_the_others_are_tools(anora: SmallProject) -> None:
    graph = anora.open()
    anora.write("queries/films.rq", "#+ summary: All films\nSELECT ?film { ?film a film:Film }")
    anora.write("queries/broken.rq", "#+ sumary: Broken\nSELECT ?film { ?film a film:Film }")
    assert [query.name for query in graph.queries.valid()] == ["films"]


QUESTIONS = [
    ("what did the film make in its opening weekend", "box-office-of-film"),
    ("box office", "box-office-of-film"),
    ("which films did a person direct", "films-directed-by"),
    ("who was nominated", "nominees-of-award"),
    ("where can I watch it", "where-to-watch"),
    ("sources disagree", "conflicts-on-property"),
    ("festivls", "screenings-of-film"),
]


@pytest.mark.parametrize(("words", "name"), QUESTIONS, ids=[words for words, _ in QUESTIONS])
def test_a_question_is_found_by_words_that_its_summary_does_not_have(
    graph: kg.FilmGraph, words: str, name: str
) -> None:
    names = [match.query.name for match in QueryIndex(graph.queries.valid(), graph.ontology).search(words)]
    assert name in names[:4], names


def example_of(schema: Any) -> Any:
    if schema["type"] == "array":
        return [example_of(schema["items"])]
    return schema["enum"][0] if "enum" in schema else schema["examples"][0]


def test_the_examples_of_every_tool_fit_its_own_schema(tools: dict[str, Tool]) -> None:
    for tool in tools.values():
        schema = tool.input_schema
        given = {name: example_of(schema["properties"][name]) for name in schema.get("required", ())
                 if tool.name not in GENERAL_TOOLS}  # fmt: skip
        if tool.name not in GENERAL_TOOLS:
            Draft202012Validator(tool.input_schema).validate(given)
