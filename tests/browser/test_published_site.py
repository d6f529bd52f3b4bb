"""A published site in a browser: search, and stored queries that are answered without a server."""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect

import kg
from kg.project import Project
from kg.queries.stored_query import StoredQueries
from kg.server.pages.templating import STATIC
from kg.static_site.publish import ENGINE, publish

needs_engine = pytest.mark.skipif(
    not (STATIC / ENGINE).is_file(), reason="the scripts of npm packages are not bundled: make bundle"
)


class _Files(SimpleHTTPRequestHandler):
    """A host of files, as any other."""

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def site(served_films: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the site, below a path of its host."""
    root, queries = tmp_path_factory.mktemp("host"), tmp_path_factory.mktemp("queries")
    shutil.copy(served_films.queries / "films/films-directed-by.rq", queries)
    graph = kg.open(served_films)
    graph.queries = StoredQueries(queries)
    publish(graph, root / "films")
    handler = functools.partial(_Files, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/films/"
        server.shutdown()


@pytest.fixture
def reader(chromium: Browser) -> Iterator[Page]:
    """A page in which no error happens."""
    page = chromium.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("response", lambda response: errors.append(response.url) if response.status >= 400 else None)
    yield page
    page.close()
    assert errors == []


def test_names_are_searched_without_a_server(reader: Page, site: str) -> None:
    reader.goto(f"{site}film/tangerine/")
    reader.fill("header input[name=q]", "sean bakr")
    reader.press("header input[name=q]", "Enter")
    expect(reader.locator("#results li").first).to_contain_text("Sean Baker")
    reader.click("#results a >> nth=0")
    expect(reader.locator("h1")).to_have_text("Sean Baker")


@needs_engine
def test_a_stored_query_gives_the_rows_of_the_server(reader: Page, site: str, served_films: Project) -> None:
    reader.goto(f"{site}queries/films-directed-by/")
    reader.fill("#field-person", "Sean Baker")
    reader.get_by_role("button", name="Ask").click()
    expect(reader.locator("#answer[data-rows]")).to_be_visible()
    answer = kg.open(served_films).ask("films-directed-by", person="Sean Baker")
    expected = [["" if cell is None else str(cell) for cell in row] for row in answer]
    rows = reader.locator("#answer tbody tr")
    assert [rows.nth(index).locator("td").all_inner_texts() for index in range(rows.count())] == expected


@needs_engine
def test_a_source_is_shown_by_its_title(reader: Page, site: str) -> None:
    reader.goto(
        f"{site}sparql/?query=SELECT+DISTINCT+%3Fs+%7B+GRAPH+graph%3Aprovenance+%7B+%3Ff+ev%3Asource+%3Fs+%7D+%7D"
    )
    sources = reader.locator("#answer tbody tr")
    expect(sources.first).to_be_visible()
    assert not any(text.startswith("source:") for text in sources.all_inner_texts())


@needs_engine
def test_sparql_is_answered_and_its_errors_are_in_the_query(reader: Page, site: str) -> None:
    reader.goto(f"{site}sparql/?query=SELECT+%3Ffilm+%7B+%3Ffilm+a+film%3AFilm+%7D")
    expect(reader.locator("#answer tbody tr")).to_have_count(3)
    reader.locator(".code .cm-content").fill("SELECT ?film { ?film a film:Film")
    reader.get_by_role("button", name="Run", exact=True).click()
    expect(reader.locator("#answer .problem")).to_contain_text("line 1")
    expect(reader.locator(".code .cm-lintRange-error")).to_be_visible()
