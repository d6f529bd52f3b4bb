"""Who may read: hosts that requests name, pages of other sites, and a public URL with a path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from kg.errors import InputError
from kg.server.app import application
from kg.server.http.access_rules import AccessRules, access_rules, parse_public_url
from kg.server.settings import Limits
from tests.projects import SmallProject

LOOKUP = "/sparql?query=" + quote("SELECT ?who { film:anora film:director ?who }")
PAGES = ("/", "/film/anora", "/film/sean-baker", "/queries", "/sparql", "/search?q=anora", "/nothing",
         "/film/anora/why", "/queries/films-directed-by?person=Sean+Baker", "/film/anora?all=director",
         LOOKUP)  # fmt: skip
LINK = re.compile(r'(?:href|src|action|data-[a-z]+)="(/[^"]*)"')


@pytest.fixture(scope="module")
def served(films: SmallProject) -> Iterator[TestClient]:
    """A client of the application as a loopback server behind a proxy answers, below /archive."""
    url = "http://films.test/archive"
    rules = access_rules("127.0.0.1", names=("films.test",))
    app = application(films.project, Limits(workers=1), url=url, rules=rules)
    with TestClient(app, base_url="http://films.test", raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_is_below_the_path_of_the_public_url(served: TestClient, path: str) -> None:
    links = LINK.findall(served.get(path, headers={"accept": "text/html"}).text)
    assert len(links) > 5
    assert all(link.startswith("/archive/") for link in links), links


@pytest.mark.parametrize("path", PAGES)
def test_a_proxy_may_leave_the_path_of_the_public_url(served: TestClient, path: str) -> None:
    accept = {"accept": "text/html"}
    assert served.get(f"/archive{path}", headers=accept).text == served.get(path, headers=accept).text


def test_redirects_and_links_are_below_it_as_well(served: TestClient) -> None:
    assert served.get("/entity?name=Anora+<b>%26+Ani</b>").headers["location"] == "/archive/film/anora"
    turtle = {"accept": "text/turtle"}
    assert "</archive/film/anora.nt>" in served.get("/film/anora", headers=turtle).headers["link"]
    paged = served.get("/queries/films-directed-by.csv?person=Sean+Baker&per-page=1").headers["link"]
    assert set(re.findall(r"<([^?>]*)", paged)) == {"/archive/queries/films-directed-by.csv"}
    listed = served.get("/queries", headers={"accept": "application/json"}).json()
    assert {query["address"].partition("?")[0] for query in listed} >= {"/archive/queries/films-directed-by"}
    assert served.get("/suggest?q=tangerine").json()[0]["address"] == "/archive/film/tangerine"
    assert served.get("/openapi.json").json()["servers"] == [{"url": "http://films.test/archive"}]


REQUESTS = [
    ({"host": "films.test"}, 200),
    ({"host": "localhost:8000"}, 200),
    ({"host": "127.0.0.1"}, 200),
    ({"host": "[::1]:8000"}, 200),
    ({"host": "evil.example"}, 421),
    ({"host": "localhost.evil.example"}, 421),
    ({"host": "evil.example:127.0.0.1"}, 421),
    ({"host": "evil.example@localhost"}, 421),
    ({"origin": "http://localhost:3333"}, 200),
    ({"origin": "http://films.test"}, 200),
    ({"origin": "https://evil.example"}, 403),
    ({"origin": "null"}, 403),
    ({"origin": "file://localhost"}, 403),
    ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
    ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),
    ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
]


@pytest.mark.parametrize("path", [LOOKUP, "/film/anora.ttl", "/reconcile?callback=f"])
@pytest.mark.parametrize(("headers", "status"), REQUESTS, ids=str)
def test_only_hosts_and_pages_of_this_machine_are_answered(
    served: TestClient, path: str, headers: dict[str, str], status: int
) -> None:
    response = served.get(path, headers={"accept": "*/*", **headers})
    assert response.status_code == status
    allowed = headers.get("origin") if status == 200 else None
    assert response.headers.get("access-control-allow-origin") == allowed


def test_a_page_that_may_read_may_ask_what_it_may_send(served: TestClient) -> None:
    headers = {"origin": "http://localhost:3333", "access-control-request-headers": "authorization,x-requested-with"}
    preflight = served.options("/sparql", headers=headers)
    assert preflight.status_code == 204
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert "authorization" in allowed
    assert "x-requested-with" in allowed
    assert preflight.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert served.options("/film/anora").headers["allow"] == "GET, HEAD, OPTIONS"
    assert served.options("/sparql", headers={"origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("rules", "is_open", "hosts"),
    [
        (access_rules("127.0.0.1"), False, frozenset()),
        (access_rules("localhost", cors=True), True, frozenset()),
        (access_rules("::1", url="https://films.example/a"), True, frozenset(["films.example"])),
        (access_rules("127.0.0.1", url="http://localhost:8000"), False, frozenset(["localhost"])),
        (access_rules("0.0.0.0"), True, None),
    ],
)
def test_what_others_reach_is_for_everybody(rules: AccessRules, is_open: bool, hosts: frozenset[str] | None) -> None:
    assert (rules.is_open, rules.hosts) == (is_open, hosts)


@pytest.mark.parametrize(
    "text", ["notaurl", "ftp://x", "https://", "https:///films", "//host", "https://host/?a", "https://host/#a",
             "https://host/a b", 'https://host/"', "https://host:99999/", "https://u@host/", "", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_public_url_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--url"):
        parse_public_url(text)


def test_crawlers_are_asked_to_leave_queries_and_explanations_alone(served: TestClient) -> None:
    lines = served.get("/robots.txt").text.splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /archive/*/why", "Disallow: /archive/sparql"} <= set(lines)
