"""What an assistant is told: rows with citations, what was left out, and errors from which it can go on."""

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


def told(reply: ToolReply) -> dict[str, Any]:
    """The structure of a reply that is no error, held against its schema."""
    assert not reply.is_error, reply.text
    assert reply.structure is not None
    Draft202012Validator(ANSWER_SCHEMA).validate(reply.structure)
    return dict(json.loads(json.dumps(reply.structure)))


def test_rows_come_with_the_sources_that_say_so(caller: ToolCaller) -> None:
    answer = told(caller.call("films-directed-by", {"person": "Sean Baker"}))
    assert answer["rows"][0]["values"] == {"film": {"label": "Tangerine", "thing": "film:tangerine"}, "year": "2015"}
    cited = [one for one in answer["citations"] if one["id"] in answer["rows"][0]["cited"]]
    assert [one["says"] for one in cited] == ["Tangerine  director  Sean Baker", "Tangerine  year  “2015”"]
    assert {(one["source"], one["locator"]) for one in cited} == {
        ("Report on the Palme d'Or for Anora", "001_f5a6e49c788dd72f.txt#char=388,393"),
        ("Report on the Palme d'Or for Anora", "001_f5a6e49c788dd72f.txt#char=462,466"),
    }
    assert (answer["total"], answer["complete"]) == (4, True)


def test_the_text_has_the_same_rows_and_citations_as_the_structure(caller: ToolCaller) -> None:
    reply = caller.call("films-directed-by", {"person": "Sean Baker"})
    for row in told(reply)["rows"]:
        marks = "".join(f"[{number}]" for number in row["cited"])
        assert f"| {row['values']['film']['label']} ({row['values']['film']['thing']}) | " in reply.text
        assert f" {marks} |" in reply.text
    for one in told(reply)["citations"]:
        assert f"[{one['id']}] {one['says']} - {one['source']}, {one['locator']}" in reply.text


def test_passages_are_quoted_where_the_texts_are_at_hand(project: SmallProject) -> None:
    project.write_text_of("review", "Sean Baker shot Anora in Brooklyn.")
    project.write(
        "data/films.yaml",
        "source: review\n\n"
        "anora: {type: {value: Film, at: 16-21}, label: Anora, director: {value: sean-baker, at: 0-10}}\n"
        "sean-baker: {type: Person, label: Sean Baker}\n",
    )
    project.write("queries/directors.rq", "#+ summary: All\nSELECT ?film ?person { ?film film:director ?person }")
    graph = project.open()
    quoted = told(ToolCaller(graph, str(project.texts)).call("directors", {}))
    assert [one["passage"] for one in quoted["citations"]] == ["Sean Baker"]
    assert "“Sean Baker”" in ToolCaller(graph, str(project.texts)).call("directors", {}).text
    assert "passage" not in told(ToolCaller(graph).call("directors", {}))["citations"][0]


def test_what_follows_by_a_rule_is_said_to_be_inferred(caller: ToolCaller) -> None:
    inferred = told(caller.call("show", {"thing": "Anora", "property": "contributor", "limit": 500}))
    assert {row["inferred"] for row in inferred["rows"]} == {True}
    said = told(caller.call("show", {"thing": "Anora", "property": "genre"}))
    assert {row["inferred"] for row in said["rows"]} == {False}


def test_of_several_takings_it_is_told_which_a_number_belongs_to(caller: ToolCaller) -> None:
    takings = told(caller.call("show", {"thing": "Anora", "property": "boxOffice"}))
    amounts = {row["values"]["property"]: row["values"]["value"] for row in takings["rows"]}
    assert amounts["film:boxOffice › opening-weekend › film:amount"] == 550_503
    assert amounts["film:boxOffice › opening-weekend › film:theaters"] == 6


def test_every_stored_query_answers_its_own_example_with_what_the_schema_promises(
    caller: ToolCaller, graph: kg.FilmGraph
) -> None:
    cited = 0
    for tool in list_tools(graph):
        if tool.name in GENERAL_TOOLS:
            continue
        needed = {name: tool.input_schema["properties"][name] for name in tool.input_schema.get("required", ())}
        given = {name: _example(schema) for name, schema in needed.items()}
        answer = told(caller.call(tool.name, given))
        assert answer["question"] == tool.name
        assert answer["total"] or answer["note"] or "truth" in answer
        cited += any(row["cited"] for row in answer["rows"])
    assert cited > 100


def _example(schema: Any) -> Any:
    if schema["type"] == "array":
        return [_example(schema["items"])]
    return schema["enum"][0] if "enum" in schema else schema["examples"][0]


def test_all_rows_are_got_by_following_what_is_told(caller: ToolCaller) -> None:
    rows: list[Any] = []
    call: dict[str, Any] = {"thing": "Anora", "limit": 40}
    while True:
        answer = told(caller.call("show", call))
        rows += answer["rows"]
        assert answer["complete"] is ("next_offset" not in answer)
        if answer["complete"]:
            break
        assert f"of {answer['total']:,}" in answer["note"]
        call["offset"] = answer["next_offset"]
    assert [row["row"] for row in rows] == list(range(1, answer["total"] + 1))


def test_a_reply_is_never_larger_than_an_assistant_can_read(caller: ToolCaller) -> None:
    reply = caller.call("sparql", {"query": 'SELECT ?s ("x" AS ?x) (?o AS ?y) { ?s ?p ?o }', "limit": 500})
    assert len(json.dumps(told(reply)["rows"], ensure_ascii=False)) < MAX_CHARACTERS * 1.2
    long = caller.call("sparql", {"query": 'SELECT (GROUP_CONCAT(STR(?o); separator=" ") AS ?all) { ?s ?p ?o }'})
    assert len(long.text) < 3_000
    assert "characters in all" in long.text


def test_where_rows_are_not_counted_to_the_end_it_is_said_that_there_are_more(caller: ToolCaller) -> None:
    answer = told(caller.call("sparql", {"query": "SELECT ?s ?o { ?s ?p ?a . ?o ?q ?b }", "limit": 2}))
    assert (answer["total"], answer["total_is_exact"], answer["complete"]) == (10_000, False, False)
    assert "more than 10,000" in answer["note"]


def test_an_offset_behind_the_last_row_says_how_many_there_are(caller: ToolCaller) -> None:
    answer = told(caller.call("films-directed-by", {"person": "Sean Baker", "offset": 9}))
    assert answer["rows"] == []
    assert "4 rows" in answer["note"]


def test_an_empty_answer_says_whether_the_graph_does_not_say_it(caller: ToolCaller) -> None:
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
    ("find_thing", {"name": "Anora", "kind": "Flim"}, "Film"),
    ("show", {"thing": "Anorra"}, "Did you mean Anora?"),
    ("show", {"thing": "Anora", "property": "gnre"}, "genre"),
    ("sparql", {}, "query is required"),
    ("sparql", {"query": "SELECT * {"}, "query:1:"),
    ("sparql", {"query": "SELECT * { SERVICE <http://127.0.0.1:9/> {} }"}, "SERVICE"),
    ("sparql", {"query": "DELETE WHERE { ?s ?p ?o }"}, "DELETE is not supported"),
    ("sparql", {"query": "LOAD <file:///etc/passwd>"}, "LOAD is not supported"),
    ("sparql", {"query": "SELECT * " + "{" * 3_000 + "}" * 3_000}, "nests deeper"),
    ("why", {"subject": "Anora", "property": "directr", "value": "Sean Baker"}, "film:director"),
    ("why_row", {"question": "films-directed-by", "arguments": {"person": "Sean Baker"}, "row": 5}, "no row 5"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), WRONG, ids=[f"{one[0]}-{one[2]}" for one in WRONG])
def test_a_wrong_call_is_told_what_to_do_instead(
    caller: ToolCaller, name: str, arguments: dict[str, Any], message: str
) -> None:
    reply = caller.call(name, arguments)
    assert reply.is_error
    assert message in reply.text
    assert "`kg " not in reply.text


def test_from_is_no_way_to_a_file_or_to_the_network(caller: ToolCaller) -> None:
    for graph in ("<file:///etc/passwd>", "<http://127.0.0.1:9/films.ttl>"):
        assert told(caller.call("sparql", {"query": f"SELECT * FROM {graph} {{ ?s ?p ?o }}"}))["total"] == 0


def test_why_goes_down_to_the_passages_and_why_not_to_what_is_missing(caller: ToolCaller) -> None:
    why = caller.call("why", {"subject": "Anora", "property": "contributor", "value": "Sean Baker"})
    assert "every 'director' is a 'crew member'" in why.text
    assert why.structure is not None
    assert why.structure["holds"] is True
    not_so = caller.call("why", {"subject": "Anora", "property": "director", "value": "Greta Gerwig"})
    assert "missing" in not_so.text
    assert not_so.structure == {"holds": False}
    row = caller.call("why_row", {"question": "films-directed-by", "arguments": {"person": "Sean Baker"}, "row": 1})
    assert "Tangerine  director  Sean Baker\n    source: cannes-report" in row.text


def test_things_are_found_by_misspelled_names(caller: ToolCaller) -> None:
    found = caller.call("find_thing", {"name": "mikey maddison"})
    assert found.text.startswith("Mikey Madison (film:mikey-madison), person\n")
    only = caller.call("find_thing", {"name": "Anora", "kind": "film"}).structure
    assert only is not None
    assert [one["thing"] for one in only["things"]] == ["film:anora"]


def test_the_schema_is_told_in_pieces_that_can_be_read(caller: ToolCaller) -> None:
    overview, films = caller.call("schema", {}), caller.call("schema", {"word": "Film"})
    assert "film:Person (" in overview.text
    assert "film:director" in films.text
    assert max(len(overview.text), len(films.text)) < 41_000


def test_topics_are_listed_where_no_words_are_given(caller: ToolCaller) -> None:
    reply = caller.call("find_question", {"topic": "rights"})
    assert reply.structure is not None
    names = [one["question"] for one in reply.structure["questions"]]
    assert "rights-holder-on" in names
    assert "box-office-of-film" not in names
