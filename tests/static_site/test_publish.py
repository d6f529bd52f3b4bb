"""A published site: complete, without a dead link, at any address, and replaced as a whole."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

import kg
from kg.errors import InputError
from kg.filmgraph import FilmGraph
from kg.static_site.publish import MANIFEST, Publication, publish, restore
from tests.server.pages.film_project import make_film_project
from tests.static_site.conftest import QUERIES, URL

pytestmark = pytest.mark.usefixtures("publication")


class _Links(HTMLParser):
    """The ids of a page, and what it links to and loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "action", "xlink:href", "data-vocabulary") and value is not None:
                self.urls.append(value)
            elif name == "id" and value is not None:
                self.ids.add(value)


@pytest.fixture(scope="module")
def pages(site: Path, publication: Publication) -> dict[Path, _Links]:
    """The pages of the site by their files."""
    return {path: _Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def _targets(pages: dict[Path, _Links], site: Path) -> Iterator[tuple[str, Path, str]]:
    """Each link of a page within the site: where it is and its URL, the file that a host gives for it, the fragment."""
    for page, links in pages.items():
        place = page.relative_to(site).as_posix()
        for url in links.urls:
            target = urlsplit(urljoin(f"{URL}/{place}", url))
            if target.netloc == urlsplit(URL).netloc:
                file = site / unquote(target.path).removeprefix(urlsplit(URL).path).lstrip("/")
                yield f"{place}: {url}", file / "index.html" if target.path.endswith("/") else file, target.fragment


def test_no_link_is_dead(pages: dict[Path, _Links], site: Path) -> None:
    targets = list(_targets(pages, site))
    assert len(targets) > 500
    assert [place for place, file, _ in targets if not file.is_file()] == []
    assert [place for place, file, fragment in targets if fragment and fragment not in pages[file].ids] == []


def test_no_link_leads_to_a_passage_of_a_text_that_is_not_available(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KG_TEXTS", raising=False)
    project = make_film_project(tmp_path / "films")
    for query in project.queries.rglob("*.rq"):
        query.unlink()
    site = tmp_path / "site"
    publish(kg.open(project), site, url=URL)
    pages = {path: _Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    targets = [(place, fragment, pages[file].ids) for place, file, fragment in _targets(pages, site) if file in pages]
    assert any("/source/paper/" in place for place, _, _ in targets)
    assert [place for place, fragment, ids in targets if fragment and fragment not in ids] == []


def test_links_do_not_depend_on_the_address_of_the_site(pages: dict[Path, _Links], site: Path) -> None:
    for page, links in pages.items():
        rooted = [url for url in links.urls if url.startswith("/")]
        # Hosts show this page at unknown addresses of any depth, so it alone names the path of the site.
        assert all(url.startswith("/graph/") for url in rooted) if page.name == "404.html" else rooted == []


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("index.html", "Tangerine"),
        ("film/tangerine/index.html", "Mya Taylor"),
        ("film/sean-baker/index.html", "Red Rocket"),
        ("films/index.html", "Red Rocket"),
        ("films/sort/name/index.html", "Tangerine"),
        ("people/index.html", "Sean Baker"),
        ("disagreements/index.html", "Where sources disagree"),
        ("source/paper/index.html", "A newspaper"),
        ("film/FeatureFilm/index.html", "feature film"),
        ("queries/index.html", "Which films did a person direct?"),
        ("sparql/index.html", "SELECT ?film"),
        ("downloads/index.html", 'href="../data/graph.nq.gz"'),
        ("downloads/index.html", 'href="../films.csv"'),
        ("film/tangerine.ttl", "@prefix film:"),
        ("films.csv", "film:tangerine"),
        ("404.html", "There is no page at this address."),
    ],
)
def test_a_page_of_each_kind_is_there(site: Path, file: str, words: str) -> None:
    assert words in (site / file).read_text(encoding="utf-8")


def test_stored_queries_are_answered_with_values_that_the_graph_has(site: Path) -> None:
    # The example of this query is a film that is not in this graph.
    page = (site / "queries/cast-of-film/index.html").read_text(encoding="utf-8")
    assert "Mya Taylor" in page
    assert "No results" not in page
    assert {path.parent.name for path in site.glob("queries/*/index.html")} == QUERIES


def test_a_passage_is_an_anchor_among_the_passages_of_its_source(site: Path) -> None:
    film = (site / "film/tangerine/index.html").read_text(encoding="utf-8")
    (url, fragment) = re.findall(r'href="(\.\./\.\./source/paper/passages/)#(at-[\d-]+)"', film)[0]
    passages = (site / "film/tangerine" / url / "index.html").resolve().read_text(encoding="utf-8")
    assert f'id="{fragment}"' in passages
    assert "<mark>Sean Baker</mark>" in passages


def test_the_names_of_entities_lead_to_their_pages(site: Path) -> None:
    rows = json.loads((site / "data/names.json").read_text(encoding="utf-8"))
    by_id = {row[0]: row for row in rows}
    assert by_id["film:sean-baker"][1] == "film/sean-baker/"
    assert "Person" in by_id["film:sean-baker"][3]
    assert all((site / row[1] / "index.html").is_file() for row in rows)


def test_a_sitemap_lists_every_page(site: Path, publication: Publication) -> None:
    sitemap = (site / "sitemap.xml").read_text(encoding="utf-8")
    assert sitemap.count("<loc>") == publication.site.pages
    assert f"<loc>{URL}/film/tangerine/</loc>" in sitemap
    assert f"Sitemap: {URL}/sitemap.xml" in (site / "robots.txt").read_text(encoding="utf-8")
    page = (site / "film/tangerine/index.html").read_text(encoding="utf-8")
    assert f'<link rel="canonical" href="{URL}/film/tangerine/">' in page


def test_hostile_names_stay_text(site: Path) -> None:
    assert "<script>alert" not in "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html"))


# --- replacing a site


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_site_of_the_same_graph_is_left_as_it_is(graph: FilmGraph, site: Path, publication: Publication) -> None:
    before = (site / MANIFEST).stat().st_mtime_ns
    again = publish(graph, site, url=URL)
    assert not again.is_new
    assert again.site == publication.site
    assert (site / MANIFEST).stat().st_mtime_ns == before


def test_a_folder_with_other_files_is_refused(graph: FilmGraph, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="not a published site"):
        publish(graph, tmp_path)
    assert _names(tmp_path) == ["thesis.txt"]


def test_what_stopped_calls_leave_is_cleared(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    (tmp_path / f".site.{int(ended.stdout)}.unfinished").mkdir()
    mine = tmp_path / f".site.{os.getpid()}.unfinished"
    mine.mkdir()
    (tmp_path / ".site.previous").mkdir()
    (tmp_path / ".site.previous" / MANIFEST).write_text("{}", encoding="utf-8")
    restore(tmp_path / "site")
    assert _names(tmp_path) == sorted([mine.name, "site"])
    assert _names(tmp_path / "site") == [MANIFEST]
