"""OpenRefine matches a table of films against the graph: manifest, types, batches, previews, hostile input."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import Response
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from kg.server.app import application
from kg.server.reconcile.requests import MAX_QUERIES
from kg.server.settings import Limits
from tests.projects import SmallProject, own_graph
from tests.server.reconciliation_schemas import EXTENDED, MANIFEST, PROPOSED, RESULTS, SUGGESTED

FILMS = """\
source: encyclopedia

suspiria-1977: {type: Film, label: Suspiria, director: dario-argento, year: 1977, minutes: 99}
suspiria-2018: {type: Film, label: Suspiria, director: luca-guadagnino, year: 2018, minutes: 152}
amelie:
  type: Film
  label: {value: Le Fabuleux Destin d'Amélie Poulain, lang: fr}
  alias: [Amélie, "Die fabelhafte Welt der Amélie"]
  director: jean-pierre-jeunet
  year: 2001
stalker: {type: Film, label: Stalker, alias: Сталкер, director: andrei-tarkovsky, year: 1979}
evil: {type: Film, label: "<script>alert(1)</script>", director: dario-argento}
dario-argento: {type: Person, label: Dario Argento}
luca-guadagnino: {type: Person, label: Luca Guadagnino}
jean-pierre-jeunet: {type: Person, label: Jean-Pierre Jeunet}
andrei-tarkovsky: {type: Person, label: Andrei Tarkovsky}
stalker-award: {type: Award, label: Stalker Award}
"""


@pytest.fixture(scope="module")
def refine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a service over five films."""
    films = SmallProject(tmp_path_factory.mktemp("reconciled") / "films")
    films.write("data/films.yaml", FILMS)
    films.open()
    with TestClient(
        application(films.project, Limits(seconds=300.0, workers=1)), raise_server_exceptions=False
    ) as client:
        yield client


def valid(response: Response, schema: dict[str, Any]) -> Any:
    """The document of a response that is fine, held against what the specification says of it."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    document = response.json()
    Draft202012Validator(schema).validate(document)
    return document


def matched(refine: TestClient, **queries: Any) -> dict[str, list[dict[str, Any]]]:
    results = valid(refine.post("/reconcile", data={"queries": json.dumps(queries)}), RESULTS)
    assert list(results) == list(queries)
    for key in results:
        scores = [candidate["score"] for candidate in results[key]["result"]]
        assert scores == sorted(scores, reverse=True)
    return {key: results[key]["result"] for key in results}


def best(refine: TestClient, query: str = "", **clues: Any) -> tuple[str, bool]:
    """The id of the best candidate for a film, and whether it is certain."""
    properties = [{"pid": name, "v": value} for name, value in clues.items()]
    request: dict[str, Any] = {"type": "Film", "properties": properties} | ({"query": query} if query else {})
    (found,) = matched(refine, q=request).values()
    return (found[0]["id"], found[0]["match"]) if found else ("", False)


def test_a_request_without_parameters_gets_the_manifest(refine: TestClient) -> None:
    manifest = valid(refine.get("/reconcile"), MANIFEST)
    assert manifest["identifierSpace"] == "https://w3id.org/filmgraph/film/"
    assert [type["id"] for type in manifest["defaultTypes"]] == ["Film", "Person", "Award"]
    assert valid(refine.get("/reconcile/"), MANIFEST) == manifest


def test_films_with_the_same_title_are_distinguished_by_year_or_director(refine: TestClient) -> None:
    assert best(refine, "Suspiria")[1] is False
    assert best(refine, "Suspiria", year=2018) == ("suspiria-2018", True)
    assert best(refine, "Suspiria", year="1977-02-01") == ("suspiria-1977", True)
    assert best(refine, "suspiria", director="Guadagnino, Luca") == ("suspiria-2018", True)
    assert best(refine, "Suspiria", director={"id": "dario-argento", "name": "D. Argento"}) == ("suspiria-1977", True)


FOUND: list[tuple[str, dict[str, Any], str]] = [
    ("amelie", {}, "amelie"),
    ("Die fabelhafte Welt der Amelie", {}, "amelie"),
    ("Le fabuleux destin d'Amelie Poulan", {"year": 2001}, "amelie"),
    ("Сталкер", {}, "stalker"),
    ("Stalkr", {"director": "Andrei Tarkovski"}, "stalker"),
    ("stalker", {"Director": "Tarkovsky", "Year": "1979 "}, "stalker"),
    ("Suspiria (2018)", {}, "suspiria-2018"),
    ("Fabuleux destin d'Amélie Poulain, Le (2001)", {}, "amelie"),
    ("", {"director": "Jean-Pierre Jeunet", "year": "2001"}, "amelie"),
    ("suspiria-2018", {}, "suspiria-2018"),
    ("film:suspiria-2018", {}, "suspiria-2018"),
    ("https://w3id.org/filmgraph/film/suspiria-2018", {}, "suspiria-2018"),
]


@pytest.mark.parametrize(("query", "clues", "id"), FOUND, ids=[f"{case[0]}-{'-'.join(case[1])}" for case in FOUND])
def test_a_film_is_matched_by_other_spellings_aliases_and_properties(
    refine: TestClient, query: str, clues: dict[str, Any], id: str
) -> None:
    assert best(refine, query, **clues)[0] == id


def test_a_clue_that_was_matched_with_another_service_is_compared_by_its_name(refine: TestClient) -> None:
    guadagnino = {"id": "Q12345", "name": "Luca Guadagnino"}
    assert best(refine, "Suspiria", director=guadagnino) == ("suspiria-2018", True)
    assert best(refine, "Suspiria", director={"id": "Q12345"})[1] is False
    assert best(refine, "Suspiria", director={"id": "dario-argento", "name": "Luca Guadagnino"})[0] == "suspiria-1977"


WRONG_FILM = [
    ("Stalker", {"year": 2010}),
    ("Stalker", {"director": "Sofia Coppola"}),
    ("Suspira Two", {}),
    ("Solaris", {}),
]


@pytest.mark.parametrize(("query", "clues"), WRONG_FILM)
def test_a_candidate_that_contradicts_a_property_is_never_certain(
    refine: TestClient, query: str, clues: dict[str, Any]
) -> None:
    assert best(refine, query, **clues)[1] is False


def test_every_property_of_a_query_is_a_feature_of_the_score(refine: TestClient) -> None:
    clues = [{"pid": "director", "v": "Luca Guadagnino"}, {"pid": "year", "v": 2017}, {"pid": "minutes", "v": 150}]
    (found,) = matched(refine, q={"query": "Suspiria", "type": "Film", "properties": clues}).values()
    features = {
        candidate["id"]: {feature["id"]: feature["value"] for feature in candidate["features"]} for candidate in found
    }
    assert features["suspiria-2018"] == {"name": 100, "director": 100, "year": 75, "minutes": 80, "has_type": True}
    assert features["suspiria-1977"] == {"name": 100, "director": 0, "year": 0, "minutes": 0, "has_type": True}


def test_a_value_that_is_missing_in_the_graph_is_no_feature_and_costs_little(refine: TestClient) -> None:
    (found,) = matched(
        refine, q={"query": "Stalker", "type": "Film", "properties": [{"pid": "minutes", "v": 161}]}
    ).values()
    assert found[0]["id"] == "stalker"
    assert "minutes" not in [feature["id"] for feature in found[0]["features"]]
    assert 90 < found[0]["score"] < 100


def test_types_are_guessed_from_ten_names_and_then_restrict_candidates(refine: TestClient) -> None:
    names = [
        "Suspiria",
        "Amélie",
        "Stalker",
        "Сталкер",
        "Sofia",
        "Suspira",
        "Die fabelhafte Welt",
        "x",
        "Anora",
        "Titane",
    ]
    guessed = matched(refine, **{f"q{number}": {"query": name, "limit": 3} for number, name in enumerate(names)})
    assert all(len(candidates) <= 3 for candidates in guessed.values())
    kinds = [kind["id"] for candidates in guessed.values() for best in candidates[:1] for kind in best["type"]]
    assert max(set(kinds), key=kinds.count) in ("Film", "Work")
    (film,) = matched(refine, q={"query": "Stalker", "type": "Film"}).values()
    (award,) = matched(refine, q={"query": "Stalker Award", "type": ["Award"]}).values()
    assert {candidate["id"] for candidate in film} == {"stalker"}
    assert {candidate["id"] for candidate in award} == {"stalker-award"}


def test_an_unknown_type_hides_no_candidate_and_makes_none_certain(refine: TestClient) -> None:
    (found,) = matched(refine, q={"query": "Amélie", "type": "Q11424"}).values()
    assert (found[0]["id"], found[0]["match"]) == ("amelie", False)
    (soft,) = matched(refine, q={"query": "Stalker", "type": "Award", "type_strict": "should"}).values()
    assert "stalker-award" in [candidate["id"] for candidate in soft]


def test_a_batch_by_get_can_be_answered_as_jsonp(refine: TestClient) -> None:
    batch = {"queries": json.dumps({"q0": {"query": "Stalker"}})}
    plain = valid(refine.get("/reconcile", params=batch), RESULTS)
    script = refine.get("/reconcile", params={**batch, "callback": "jQuery123._back"})
    assert script.headers["content-type"].startswith("text/javascript")
    assert json.loads(script.text.removeprefix("/**/jQuery123._back(").removesuffix(");")) == plain


@pytest.mark.parametrize("name", ["alert(1)", "a;b", "a b", "<script>", "é", "", "x" * 300, "a\nb"])
def test_a_callback_that_is_no_function_name_is_refused(refine: TestClient, name: str) -> None:
    assert refine.get("/reconcile", params={"callback": name}).status_code == 400


@pytest.mark.parametrize("kind", ["entity", "type", "property"])
def test_names_are_completed_while_typing(refine: TestClient, kind: str) -> None:
    typed = {"entity": ("sus", "suspiria-1977"), "type": ("per", "Person"), "property": ("dire", "director")}
    prefix, id = typed[kind]
    suggestions = valid(refine.get(f"/reconcile/suggest/{kind}", params={"prefix": prefix}), {"type": "object"})
    for suggestion in suggestions["result"]:
        Draft202012Validator(SUGGESTED[kind]).validate(suggestion)
    assert id in [suggestion["id"] for suggestion in suggestions["result"]]
    itself = refine.get(f"/reconcile/suggest/{kind}", params={"prefix": id}).json()
    assert itself["result"][0]["id"] == id
    rest = refine.get(f"/reconcile/suggest/{kind}", params={"prefix": prefix, "cursor": 1}).json()["result"]
    assert rest == suggestions["result"][1:]
    shown = refine.get(f"/reconcile/flyout/{kind}", params={"id": id}).json()
    assert shown["id"] == id
    assert "<b>" in shown["html"]
    assert refine.get(f"/reconcile/flyout/{kind}", params={"id": "no-such-entity"}).status_code == 404


def test_suggestions_can_be_restricted_to_a_type(refine: TestClient) -> None:
    suggestions = refine.get("/reconcile/suggest/entity", params={"prefix": "stalk", "type": "Award"}).json()
    assert [suggestion["id"] for suggestion in suggestions["result"]] == ["stalker-award"]


def test_a_preview_is_a_page_without_scripts_that_describes_the_entity(refine: TestClient) -> None:
    shown = refine.get("/reconcile/preview", params={"id": "suspiria-2018"})
    assert "Luca Guadagnino" in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "frame-ancestors *" in shown.headers["content-security-policy"]
    evil = refine.get("/reconcile/preview", params={"id": "evil"}).text
    assert "<script>" not in evil
    assert html.escape("<script>alert(1)</script>") in evil
    assert "<script>" not in refine.get("/reconcile/flyout/entity", params={"id": "evil"}).json()["html"]
    assert refine.get("/reconcile/preview", params={"id": "no-such-film"}).status_code == 404


def test_values_of_matched_films_fill_a_table(refine: TestClient) -> None:
    proposed = valid(refine.get("/reconcile/extend/propose", params={"type": "Film", "limit": 3}), PROPOSED)
    assert len(proposed["properties"]) == 3
    wanted: list[dict[str, Any]] = [{"id": "director"}, {"id": "year"}, {"id": "alias", "settings": {"limit": 1}}]
    wanted += [{"id": "minutes"}, {"id": "director.label"}, {"id": "no-such-property"}]
    query: dict[str, Any] = {"ids": ["suspiria-1977", "amelie", "no-such-film"], "properties": wanted}
    extension = valid(refine.post("/reconcile", data={"extend": json.dumps(query)}), EXTENDED)
    assert [column["id"] for column in extension["meta"]] == [property["id"] for property in wanted]
    assert extension["meta"][0]["type"] == {"id": "Person", "name": "person"}
    assert extension["rows"]["suspiria-1977"] == {
        "director": [{"id": "dario-argento", "name": "Dario Argento"}],
        "year": [{"int": 1977}],
        "alias": [],
        "minutes": [{"int": 99}],
        "director.label": [{"str": "Dario Argento"}],
        "no-such-property": [],
    }
    assert extension["rows"]["amelie"]["alias"] == [{"str": "Amélie"}]
    assert set(extension["rows"]["no-such-film"]) == {property["id"] for property in wanted}
    counted: dict[str, Any] = {"ids": ["amelie"], "properties": [{"id": "alias", "settings": {"count": "true"}}]}
    assert refine.get("/reconcile", params={"extend": json.dumps(counted)}).json()["rows"]["amelie"]["alias"] == [
        {"int": 2}
    ]


def test_every_proposed_property_can_be_fetched(refine: TestClient) -> None:
    proposed = valid(refine.get("/reconcile/extend/propose", params={"type": "Film"}), PROPOSED)["properties"]
    query: dict[str, Any] = {
        "ids": ["suspiria-1977", "amelie"],
        "properties": [{"id": property["id"]} for property in proposed],
    }
    extension = valid(refine.post("/reconcile", data={"extend": json.dumps(query)}), EXTENDED)
    for property in proposed:
        assert any(extension["rows"][id][property["id"]] for id in query["ids"]), property


def test_a_batch_of_two_hundred_is_answered_in_the_order_of_its_keys(refine: TestClient) -> None:
    names = ["Suspira", "Amelie", "Stalkr", "Сталкер"]
    batch = {f"row {number}": {"query": names[number % 4], "type": "Film"} for number in range(MAX_QUERIES)}
    results = matched(refine, **batch)
    assert [results[key][0]["id"] for key in list(batch)[1:4]] == ["amelie", "stalker", "stalker"]
    assert all(results.values())


def deep(levels: int) -> str:
    return '{"q0": ' + "[" * levels + "]" * levels + "}"


HOSTILE: list[tuple[str, int]] = [
    (json.dumps({f"q{number}": {"query": "x"} for number in range(MAX_QUERIES + 1)}), 413),
    (deep(100_000), 400),
    ('{"q0": ' * 50_000, 400),
    ("[]", 400),
    ("", 400),
    ("null", 400),
    ("{", 400),
    ('{"q0": {"query": NaN}}', 400),
    ('{"q0": {"query": "\\ud800"}}', 400),
]


@pytest.mark.parametrize(("text", "status"), HOSTILE, ids=[f"{case[1]}-{case[0][:60]}" for case in HOSTILE])
def test_a_malformed_batch_is_refused_with_a_reason(refine: TestClient, text: str, status: int) -> None:
    answer = refine.post("/reconcile", data={"queries": text})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert answer.headers["access-control-allow-origin"] == "*"


BLANK: list[dict[str, Any]] = [
    {},
    {"query": ""},
    {"query": " "},
    {"query": "\u00a0"},
    {"query": None},
    {"query": "Stalker", "limit": 0},
]


@pytest.mark.parametrize("query", BLANK, ids=map(json.dumps, BLANK))
def test_a_blank_cell_has_no_candidates_and_the_others_are_answered(refine: TestClient, query: dict[str, Any]) -> None:
    found = matched(refine, q0={"query": "Stalker"}, q1=query, q2={"query": "Suspiria"})
    assert found["q1"] == []
    assert (found["q0"][0]["id"], found["q2"][0]["name"]) == ("stalker", "Suspiria")


MALFORMED: list[tuple[Any, str]] = [
    ("Stalker", "queries.q1 must be an object, not a string."),
    (None, "queries.q1 must be an object, not null."),
    ({"query": ["Stalker"]}, "queries.q1.query must be a string, not an array."),
    ({"query": "x" * 1_001}, "queries.q1.query has 1,001 characters; 1,000 are allowed."),
    ({"query": "Stalker", "limit": -1}, "queries.q1.limit must be a whole number from 0, not -1."),
    ({"query": "Stalker", "limit": True}, "queries.q1.limit must be a whole number from 0, not True."),
    ({"query": "Stalker", "limit": "all"}, "queries.q1.limit must be a whole number from 0, not 'all'."),
    ({"query": "Stalker", "type": 7}, "queries.q1.type must be an array, not a number."),
    ({"query": "Stalker", "type_strict": "never"}, "queries.q1.type_strict must be any, all or should, not 'never'."),
    ({"query": "Stalker", "properties": {"pid": "year"}}, "queries.q1.properties must be an array, not an object."),
    (
        {"query": "Stalker", "properties": [{"pid": "year"}]},
        "queries.q1.properties.0 must be an object with pid and v.",
    ),
    ({"query": "x", "properties": [{"pid": 1, "v": 1}]}, "queries.q1.properties.0.pid must be a string, not a number."),
    (
        {"query": "x", "properties": [{"pid": "year", "v": {"name": "1979"}}]},
        "queries.q1.properties.0.v.id must be a string, not null.",
    ),
    (
        {"query": "x", "properties": [{"pid": "year", "v": 1}] * 31},
        "queries.q1.properties has 31 members; 30 are allowed.",
    ),
    (
        {"query": "x", "properties": [{"pid": "year", "v": [1] * 21}]},
        "queries.q1.properties.0.v has 21 members; 20 are allowed.",
    ),
]


@pytest.mark.parametrize(("query", "error"), MALFORMED, ids=[case[1] for case in MALFORMED])
def test_a_malformed_query_is_named_and_the_others_are_answered(refine: TestClient, query: Any, error: str) -> None:
    batch = {"q0": {"query": "Stalker"}, "q1": query}
    results = valid(refine.post("/reconcile", data={"queries": json.dumps(batch)}), RESULTS)
    assert results["q1"] == {"result": [], "error": error}
    assert results["q0"]["result"][0]["id"] == "stalker"


def test_a_value_that_is_too_long_is_no_clue(refine: TestClient) -> None:
    assert best(refine, "Suspiria", year=2018, director="x" * 1_001) == ("suspiria-2018", True)


STRANGE: list[dict[str, Any]] = [
    {"query": "Stalker", "limit": 1_000_000_000},
    {"query": "Stalker", "limit": 2.0},
    {"query": "Stalker", "properties": [{"pid": "year", "v": 10**30}]},
    {"query": "Stalker", "properties": [{"pid": "year", "v": None}]},
    {"query": "Stalker", "properties": [{"pid": "director", "v": [True, 1.5, "Tarkovsky"]}]},
    {
        "query": "Stalker",
        "properties": [{"pid": "a.b.c.d.e.f.g", "v": "x"}, {"pid": "", "v": "x"}, {"pid": ".", "v": "x"}],
    },
    {"query": "Stalker", "properties": [{"pid": "> } SELECT * {", "v": '" . ?s ?p ?o . "'}]},
    {"query": "<> \" ' ; DROP TABLE name; -- %00 \x00 * OR NEAR(", "type": "*"},
    {"query": "‮\u0000𝔖𝔱𝔞𝔩𝔨𝔢𝔯"},
    {"query": "Stalker", "type": {"id": "Film", "name": "film"}},
    {"query": "Stalker", "unheard": "of"},
]


@pytest.mark.parametrize("query", STRANGE, ids=[json.dumps(query)[:70] for query in STRANGE])
def test_unusual_queries_are_answered(refine: TestClient, query: dict[str, Any]) -> None:
    (found,) = matched(refine, q=query).values()
    assert len(found) <= 50


def test_malformed_forms_and_invalid_utf_8_are_refused(refine: TestClient) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body in (b"queries=%FF%FE", b"queries=\xff", b"&".join(b"a%d=1" % n for n in range(50))):
        assert refine.post("/reconcile", content=body, headers=form).status_code == 400
    assert refine.post("/reconcile", content=b"{}", headers={"content-type": "application/json"}).status_code == 415
    assert refine.post("/reconcile", data={"query": "Stalker"}).status_code == 400
    assert refine.get("/reconcile/suggest/film", params={"prefix": "x"}).status_code == 404
    for cursor in ("-1", "x", "1e9", "²"):
        assert refine.get("/reconcile/suggest/entity", params={"prefix": "s", "cursor": cursor}).status_code == 400
    far = refine.get("/reconcile/suggest/entity", params={"prefix": "s", "cursor": "9" * 30})
    assert far.json() == {"result": []}


def test_an_id_that_is_too_long_or_no_text_gets_a_row_without_values(refine: TestClient) -> None:
    query = {"ids": ["x" * 1_001, "amelie", 5, None], "properties": [{"id": "year"}]}
    rows = valid(refine.post("/reconcile", data={"extend": json.dumps(query)}), EXTENDED)["rows"]
    none: dict[str, list[object]] = {"year": []}
    assert rows == {"x" * 1_001: none, "5": none, "null": none, "amelie": {"year": [{"int": 2001}]}}


EXTENSIONS = [
    "[]",
    "{}",
    '{"ids": "anora", "properties": []}',
    '{"ids": [], "properties": ["director"]}',
    '{"ids": [], "properties": [{"id": "director", "settings": {"limit": -1}}]}',
    '{"ids": [], "properties": [{"id": "director", "settings": []}]}',
    json.dumps({"ids": ["x"] * 1_001, "properties": []}),
]


@pytest.mark.parametrize("text", EXTENSIONS, ids=[text[:60] for text in EXTENSIONS])
def test_a_malformed_extension_is_refused_with_a_reason(refine: TestClient, text: str) -> None:
    assert refine.post("/reconcile", data={"extend": text}).status_code == 400


def test_every_url_allows_web_pages_of_other_origins(refine: TestClient) -> None:
    paths = ["/reconcile", "/reconcile/suggest/entity?prefix=s", "/reconcile/flyout/entity?id=amelie"]
    paths += ["/reconcile/preview?id=amelie", "/reconcile/extend/propose?type=Film", "/reconcile/preview?id=none"]
    for path in paths:
        assert (
            refine.get(path, headers={"Origin": "https://refine.example"}).headers["access-control-allow-origin"] == "*"
        )
    preflight = {"Origin": "https://refine.example", "Access-Control-Request-Method": "POST"}
    allowed = refine.options("/reconcile", headers=preflight)
    assert allowed.status_code < 300
    assert "POST" in allowed.headers["access-control-allow-methods"]


def test_our_own_films_are_matched(tmp_path_factory: pytest.TempPathFactory) -> None:
    graph = own_graph(tmp_path_factory.mktemp("ours"))
    with TestClient(application(graph.project, Limits(seconds=300.0, workers=1))) as client:
        valid(client.get("/reconcile"), MANIFEST)
        clues = [{"pid": "director", "v": "Sean Baker"}]
        found = matched(client, q={"query": "The Florida Projekt", "type": "FeatureFilm", "properties": clues})["q"]
        assert (found[0]["id"], found[0]["match"]) == ("the-florida-project", True)
        for director in ("Sean Baker", {"id": "Q12345", "name": "Sean Baker"}):
            found = matched(client, q={"query": "Anora", "properties": [{"pid": "director", "v": director}]})["q"]
            assert (found[0]["id"], found[0]["match"]) == ("anora", True)
        # A character, who is called so as well, cannot have a director.
        wrong = {"query": "Anora", "properties": [{"pid": "director", "v": "Steven Spielberg"}]}
        assert not any(candidate["match"] for candidate in matched(client, q=wrong)["q"])
        query: dict[str, Any] = {
            "ids": ["anora"],
            "properties": [{"id": "boxOffice.territory"}, {"id": "screening.date"}],
        }
        extension = valid(client.post("/reconcile", data={"extend": json.dumps(query)}), EXTENDED)
        assert {"date": "2024-05-21T00:00:00Z"} in extension["rows"]["anora"]["screening.date"]
