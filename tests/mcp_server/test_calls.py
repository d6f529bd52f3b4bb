"""Replies to assistants: rows with citations, what was left out, and errors that say what to do next."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import kg
from kg.mcp_server.calls import ToolCaller, ToolReply
from kg.mcp_server.citations import MAX_CHARACTERS
from kg.mcp_server.tools import ANSWER_SCHEMA, GENERAL_TOOLS, list_tools
from tests.projects import SmallProject


@pytest.fixture(scope="module")
def caller(graph: kg.FilmGraph) -> ToolCaller:
    return ToolCaller(graph)


def structure_of(reply: ToolReply) -> dict[str, Any]:
    """The structure of a reply without error, validated against its schema."""
    assert not reply.is_error, reply.text
    assert reply.structure is not None
    Draft202012Validator(ANSWER_SCHEMA).validate(reply.structure)
    return dict(json.loads(json.dumps(reply.structure)))


def test_rows_come_with_their_sources(caller: ToolCaller) -> None:
    answer = structure_of(caller.call("films-directed-by", {"person": "Sean Baker"}))
    assert answer["rows"][0]["values"] == {"film": {"label": "Tangerine", "entity": "film:tangerine"}, "year": "2015"}
    cited = [citation for citation in answer["citations"] if citation["id"] in answer["rows"][0]["cited"]]
    assert {citation["fact"] for citation in cited} == {"Tangerine  director  Sean Baker", "Tangerine  year  “2015”"}
    assert {(citation["source"], citation["locator"]) for citation in cited} >= {
        ("Report on the Palme d'Or for Anora", "001_f5a6e49c788dd72f.txt#char=388,393"),
        ("Report on the Palme d'Or for Anora", "001_f5a6e49c788dd72f.txt#char=462,466"),
    }
    assert (answer["total"], answer["complete"]) == (4, True)


def test_the_text_has_the_same_rows_and_citations_as_the_structure(caller: ToolCaller) -> None:
    reply = caller.call("films-directed-by", {"person": "Sean Baker"})
    for row in structure_of(reply)["rows"]:
        marks = "".join(f"[{number}]" for number in row["cited"])
        assert f"| {row['values']['film']['label']} ({row['values']['film']['entity']}) | " in reply.text
        assert f" {marks} |" in reply.text
    for citation in structure_of(reply)["citations"]:
        source = f"{citation['source']}, {citation['locator']}"
        assert f"[{citation['id']}] {citation['fact']} - {source}" in reply.text


def test_passages_are_quoted_when_the_source_texts_are_available(project: SmallProject) -> None:
    project.write_text_of("review", "Sean Baker shot Anora in Brooklyn.")
    project.write(
        "data/films.yaml",
        "source: review\n\n"
        "anora: {type: {value: Film, at: 16-21}, label: Anora, director: {value: sean-baker, at: 0-10}}\n"
        "sean-baker: {type: Person, label: Sean Baker}\n",
    )
    project.write("queries/directors.rq", "#+ summary: All\nSELECT ?film ?person { ?film film:director ?person }")
    graph = project.open()
    folder = str(project.texts.rename(project.folder / "elsewhere"))
    quoted = structure_of(ToolCaller(graph, folder).call("directors", {}))
    assert [citation["passage"] for citation in quoted["citations"]] == ["Sean Baker"]
    assert "“Sean Baker”" in ToolCaller(graph, folder).call("directors", {}).text
    assert "passage" not in structure_of(ToolCaller(graph).call("directors", {}))["citations"][0]


def test_rows_that_a_rule_gives_are_marked_as_inferred(caller: ToolCaller) -> None:
    inferred = structure_of(caller.call("show", {"entity": "Anora", "property": "contributor", "limit": 500}))
    assert {row["inferred"] for row in inferred["rows"]} == {True}
    stated = structure_of(caller.call("show", {"entity": "Anora", "property": "genre"}))
    assert {row["inferred"] for row in stated["rows"]} == {False}


def test_a_box_office_amount_names_its_period(caller: ToolCaller) -> None:
    box_office = structure_of(caller.call("show", {"entity": "Anora", "property": "boxOffice"}))
    amounts = {row["values"]["property"]: row["values"]["value"] for row in box_office["rows"]}
    assert amounts["film:boxOffice › opening-weekend › film:amount"] == 550_503
    assert amounts["film:boxOffice › opening-weekend › film:cinemas"] == 6


def test_every_stored_query_answers_its_own_example_as_the_schema_requires(
    caller: ToolCaller, graph: kg.FilmGraph
) -> None:
    cited = 0
    for tool in list_tools(graph):
        if tool.name in GENERAL_TOOLS:
            continue
        needed = {name: tool.input_schema["properties"][name] for name in tool.input_schema.get("required", ())}
        arguments = {name: _example(schema) for name, schema in needed.items()} | {"limit": 2}
        answer = structure_of(caller.call(tool.name, arguments))
        assert answer["question"] == tool.name
        assert answer["total"] or answer["note"] or "truth" in answer
        cited += any(row["cited"] for row in answer["rows"])
    assert cited > 100


def _example(schema: Any) -> Any:
    if schema["type"] == "array":
        return [_example(schema["items"])]
    return schema["enum"][0] if "enum" in schema else schema["examples"][0]


def test_following_the_offsets_of_replies_gives_all_rows(caller: ToolCaller) -> None:
    rows: list[Any] = []
    call: dict[str, Any] = {"entity": "Anora", "limit": 40}
    while True:
        answer = structure_of(caller.call("show", call))
        rows += answer["rows"]
        assert answer["complete"] is ("next_offset" not in answer)
        if answer["complete"]:
            break
        assert f"of {answer['total']:,}" in answer["note"]
        call["offset"] = answer["next_offset"]
    assert [row["row"] for row in rows] == list(range(1, answer["total"] + 1))


def test_a_reply_is_never_larger_than_an_assistant_can_read(caller: ToolCaller) -> None:
    reply = caller.call("sparql", {"query": 'SELECT ?s ("x" AS ?x) (?o AS ?y) { ?s ?p ?o }', "limit": 500})
    assert len(json.dumps(structure_of(reply)["rows"], ensure_ascii=False)) < MAX_CHARACTERS * 1.2
    long = caller.call("sparql", {"query": 'SELECT (GROUP_CONCAT(STR(?o); separator=" ") AS ?all) { ?s ?p ?o }'})
    assert len(long.text) < 4_000
    assert "characters in all" in long.text


def test_a_reply_with_uncounted_rows_notes_that_there_are_more(caller: ToolCaller) -> None:
    answer = structure_of(caller.call("sparql", {"query": "SELECT ?s ?o { ?s ?p ?a . ?o ?q ?b }", "limit": 2}))
    assert (answer["total"], answer["total_is_exact"], answer["complete"]) == (10_000, False, False)
    assert "more than 10,000" in answer["note"]


def test_an_offset_after_the_last_row_gives_no_rows_and_notes_the_total(caller: ToolCaller) -> None:
    answer = structure_of(caller.call("films-directed-by", {"person": "Sean Baker", "offset": 9}))
    assert answer["rows"] == []
    assert "4 rows" in answer["note"]


def test_a_reply_without_rows_explains_the_reason(caller: ToolCaller) -> None:
    assert "Did you mean film:Film" in caller.call("sparql", {"query": "SELECT ?x { ?x a film:Flim }"}).text
    assert "no source states who plays" in caller.call("actors-of-character", {"character": "Toros"}).text


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("films-directd-by", {"person": "Sean Baker"}, "films-directed-by"),
    ("films-directed-by", {"person": "Sean Bakr"}, "Did you mean Sean Baker?"),
    ("films-directed-by", {"persn": "Sean Baker"}, "Did you mean person?"),
    ("films-directed-by", {}, "needs person"),
    ("films-directed-by", {"person": {"name": "Sean Baker"}}, "person is an object"),
    ("films-directed-by", {"person": "x" * 5_000}, "5,000 characters"),
    ("films-directed-by", {"person": "\ud800"}, "not valid Unicode"),
    ("films-directed-by", {"person": "Sean Baker", "offset": -1}, "offset must be a whole number from 0"),
    ("films-directed-by", {"person": "Sean Baker", "offset": True}, "offset must be a whole number from 0"),
    ("rights-holder-on", {"film": "Anora", "territory": "North America", "date": "January"}, "is not a date"),
    ("ask", {"question": "films", "arguments": "person=Sean Baker"}, "films"),
    ("ask", {"question": "films-directed-by", "arguments": "Sean Baker"}, "arguments must be an object"),
    ("find_question", {"words": "x", "topic": "award"}, "awards"),
    ("ask", {"name": "films-directed-by", "parameters": {"person": "Sean Baker"}}, "it takes question, arguments"),
    ("ask", {"arguments": {"person": "Sean Baker"}}, "question is required"),
    ("ask", {"question": "rating"}, "ratings-of-film"),
    ("show", {"name": "Anora"}, "it takes entity, property"),
    ("find_entity", {"name": "Anora", "kind": "Flim"}, "Film"),
    ("show", {"entity": "Anorra"}, "Did you mean Anora?"),
    ("show", {"entity": "Anora", "property": "gnre"}, "genre"),
    ("sparql", {}, "query is required"),
    ("sparql", {"query": "SELECT * {"}, "query:1:"),
    ("sparql", {"query": "SELECT * { SERVICE <http://127.0.0.1:9/> {} }"}, "SERVICE"),
    ("sparql", {"query": "DELETE WHERE { ?s ?p ?o }"}, "DELETE is not supported"),
    ("sparql", {"query": "LOAD <file:///etc/passwd>"}, "LOAD is not supported"),
    ("sparql", {"query": "SELECT * " + "{" * 3_000 + "}" * 3_000}, "nests deeper"),
    ("why", {"subject": "Anora", "property": "directr", "value": "Sean Baker"}, "film:director"),
    ("why_row", {"question": "films-directed-by", "arguments": {"person": "Sean Baker"}, "row": 5}, "no row 5"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), WRONG, ids=[f"{case[0]}-{case[2]}" for case in WRONG])
def test_the_reply_to_an_invalid_call_explains_how_to_correct_it(
    caller: ToolCaller, name: str, arguments: dict[str, Any], message: str
) -> None:
    reply = caller.call(name, arguments)
    assert reply.is_error
    assert message in reply.text
    assert "`kg " not in reply.text


CITABLE = (
    "SELECT ?who { film:anora film:director ?who }",
    "SELECT ?l { film:anora film:director/rdfs:label ?l }",
    "SELECT (COUNT(?f) AS ?n) { ?f film:director film:sean-baker }",
    "ASK { film:anora film:director film:sean-baker }",
    "CONSTRUCT WHERE { film:anora film:director ?who }",
)


@pytest.mark.parametrize("query", CITABLE)
def test_rows_of_an_ad_hoc_query_are_cited(caller: ToolCaller, query: str) -> None:
    structure = caller.call("sparql", {"query": query}).structure
    assert structure is not None
    assert all(row["cited"] for row in structure["rows"])
    assert {citation["source_id"] for citation in structure["citations"]}


@pytest.mark.parametrize("query", ["SELECT ?x { VALUES ?x { 1 } }", "SELECT ?b { BIND(BNODE() AS ?b) }"])
def test_a_row_that_no_fact_supports_is_not_cited(caller: ToolCaller, query: str) -> None:
    structure = caller.call("sparql", {"query": query}).structure
    assert structure is not None
    assert [row["cited"] for row in structure["rows"]] == [[]]


QUESTIONS = [
    ("How was Anora rated by Rotten Tomatoes and who praised it?", "ratings-of-film"),
    ("Which awards did Mikey Madison win for Anora?", "awards-of"),
    ("Who played Toros in Anora?", "actors-of-character"),
    ("Who directed Anora?", "credits-of-film"),
    ("Who won the Palme d'Or?", "winners-of-award"),
    ("How much did Anora earn worldwide?", "box-office-of-film"),
    ("When did Anora open in France?", "releases-of-film"),
    ("Which films did Sean Baker direct?", "films-directed-by"),
]


@pytest.mark.parametrize(("words", "name"), QUESTIONS)
def test_a_question_is_found_by_what_it_asks_and_not_by_the_names_in_it(
    caller: ToolCaller, words: str, name: str
) -> None:
    structure = caller.call("find_question", {"words": words}).structure
    assert structure is not None
    found = [card["question"] for card in structure["questions"]]
    assert name in found[:3]
    assert "time-between" not in found[:3]


def test_from_reads_neither_files_nor_the_network(caller: ToolCaller) -> None:
    for graph in ("<file:///etc/passwd>", "<http://127.0.0.1:9/films.ttl>"):
        assert structure_of(caller.call("sparql", {"query": f"SELECT * FROM {graph} {{ ?s ?p ?o }}"}))["total"] == 0


def test_why_reaches_the_passages_or_names_what_is_missing(caller: ToolCaller) -> None:
    why = caller.call("why", {"subject": "Anora", "property": "contributor", "value": "Sean Baker"})
    assert "every 'director' is a 'contributor'" in why.text
    assert why.structure is not None
    assert why.structure["holds"] is True
    why_not = caller.call("why", {"subject": "Anora", "property": "contributor", "value": "Greta Gerwig"})
    assert "missing" in why_not.text
    assert why_not.structure == {"holds": False}
    row = caller.call("why_row", {"question": "films-directed-by", "arguments": {"person": "Sean Baker"}, "row": 1})
    assert "Tangerine  director  Sean Baker\n    source: cannes-report" in row.text


def test_entities_are_found_by_misspelt_names(caller: ToolCaller) -> None:
    reply = caller.call("find_entity", {"name": "mikey maddison"})
    assert reply.text.startswith("Mikey Madison (film:mikey-madison), person\n")
    only = caller.call("find_entity", {"name": "Anora", "kind": "film"}).structure
    assert only is not None
    assert [entity["entity"] for entity in only["entities"]] == ["film:anora"]


def test_the_schema_comes_in_readable_pieces(caller: ToolCaller) -> None:
    overview, films = caller.call("schema", {}), caller.call("schema", {"word": "Film"})
    assert "film:Person (" in overview.text
    assert "film:director" in films.text
    assert max(len(overview.text), len(films.text)) < 41_000


def test_a_topic_without_words_lists_its_questions(caller: ToolCaller) -> None:
    reply = caller.call("find_question", {"topic": "rights"})
    assert reply.structure is not None
    names = [question["question"] for question in reply.structure["questions"]]
    assert "rights-holder-on" in names
    assert "box-office-of-film" not in names
