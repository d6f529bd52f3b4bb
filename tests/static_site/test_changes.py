"""The feed of changes: which entities of a site changed since it was last written."""

from __future__ import annotations

import gzip
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kg.filmgraph import FilmGraph
from kg.server.pages.display import display_of
from kg.static_site.changes import ChangeEntry, entries_json, find_changes, read_entries, to_atom
from kg.static_site.publish import GRAPH_FILE, Publication
from kg.static_site.site_files import Address, SiteFiles
from tests.static_site.conftest import URL

ATOM = "{http://www.w3.org/2005/Atom}"
TANGERINE = "<https://w3id.org/filmgraph/film/tangerine>"


@pytest.fixture
def changes(graph: FilmGraph, publication: Publication, site: Path, tmp_path: Path) -> tuple[ChangeEntry, ...]:
    """What changed since a site in which Tangerine was of another year."""
    text = gzip.decompress((site / GRAPH_FILE).read_bytes()).decode()
    year = next(line for line in text.splitlines() if line.startswith(TANGERINE) and "film/year> " in line)
    old = tmp_path / "old.nq.gz"
    old.write_bytes(gzip.compress(text.replace(year, year.replace("2015", "2014")).encode()))
    files = SiteFiles()
    files.add(Address("/film/tangerine"), is_page=True)
    names = {"edition": "e2", "updated": "2026-01-02T03:04:05Z"}
    return find_changes(display_of(graph), old, site / GRAPH_FILE, files, **names)


def test_an_entity_is_listed_with_what_came_and_what_went(changes: tuple[ChangeEntry, ...]) -> None:
    (entry,) = changes
    assert entry.title == "Tangerine: 1 new, 1 removed"
    assert entry.lines == ("new: year 2015", "removed: year 2014")
    assert entry.path == "film/tangerine/index.html"


def test_the_feed_leads_to_the_pages(changes: tuple[ChangeEntry, ...]) -> None:
    feed = ElementTree.fromstring(to_atom(URL, changes, updated="2026-01-02T03:04:05Z"))
    (entry,) = feed.iter(f"{ATOM}entry")
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.attrib["href"] == f"{URL}/film/tangerine/"
    assert entry.findtext(f"{ATOM}title") == "Tangerine: 1 new, 1 removed"
    assert {"id", "title", "updated"} <= {child.tag.removeprefix(ATOM) for child in feed}


def test_entries_are_kept_for_the_next_edition(changes: tuple[ChangeEntry, ...], tmp_path: Path) -> None:
    file = tmp_path / "changes.json"
    file.write_text(entries_json(changes), encoding="utf-8")
    assert read_entries(file) == changes
    file.write_text("{broken", encoding="utf-8")
    assert read_entries(file) == ()


def test_a_site_without_a_predecessor_has_an_empty_feed(publication: Publication, site: Path) -> None:
    feed = ElementTree.fromstring((site / "changes.xml").read_text(encoding="utf-8"))
    assert list(feed.iter(f"{ATOM}entry")) == []
    page = (site / "film/tangerine/index.html").read_text(encoding="utf-8")
    assert 'type="application/atom+xml" href="../../changes.xml"' in page
