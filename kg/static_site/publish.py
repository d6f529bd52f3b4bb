"""Publishing a graph as a static site: pages, data and scripts.

A site is written into a folder beside the old one and takes its place when it is complete, by two renames. What an
earlier call left unfinished is removed, and a site between the two renames is put back.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from kg.errors import InputError
from kg.filmgraph import FilmGraph
from kg.graph.snapshot_file import ALL
from kg.graph.store import is_alive
from kg.server.api.sitemap import sitemaps
from kg.server.app import prepare_worker
from kg.server.pages.browse_pages import CATALOGUES
from kg.server.pages.display import DisplayValue, display_of
from kg.server.pages.routes import problem_page
from kg.server.pages.templating import SITE_LINKS, STATIC
from kg.server.request_params import PREFIX
from kg.static_site.changes import MAX_ENTRIES, ChangeEntry, entries_json, find_changes, read_entries, to_atom
from kg.static_site.crawl import Crawl
from kg.static_site.page_urls import page_url_of, robots_text
from kg.static_site.published_page import PublishedPages
from kg.static_site.query_forms import forms_json
from kg.static_site.search_index import search_index_json
from kg.static_site.site_files import Address, SiteFiles, relative_url, rewrite_links
from kg.version import __version__

MANIFEST = "site.json"
"""The file that says what a site was written from; a folder that has it is a site."""
GRAPH_FILE, TURTLE_FILE, CHANGES_FILE = "data/graph.nq.gz", "data/knowledge.ttl", "data/changes.json"
ENGINE = "engine.bundle.js"
"""The script that answers SPARQL in the browser, if it was bundled."""
LARGE_FILES, LARGE_DATA = 20_000, 20_000_000
"""Above this many files, or bytes of compressed data that a browser must load, a server is the better choice."""


@dataclass(frozen=True, slots=True)
class Site:
    """A written site: from which state of the graph, how many pages and files, how many bytes in all and of data."""

    edition: str
    pages: int
    files: int
    size: int
    data: int
    has_sparql: bool

    @property
    def is_large(self) -> bool:
        """True when a server would be the better choice."""
        return self.files > LARGE_FILES or self.data > LARGE_DATA


@dataclass(frozen=True, slots=True)
class Publication:
    """The site in a folder after a call: written now, or found there with nothing changed."""

    site: Site
    seconds: float
    is_new: bool


def publish(
    graph: FilmGraph, folder: Path | str, *, url: str | None = None, progress: Callable[[int], None] = lambda _: None
) -> Publication:
    """Write the static site of a graph to a folder.

    `url` is its public URL, which a sitemap and canonical links need. Raises `InputError` for a folder with other
    files.
    """
    started, target = time.monotonic(), Path(folder).resolve()
    restore(target)
    edition = _edition(graph, url)
    old = read_manifest(target)
    if old is not None and old.edition == edition:
        return Publication(old, time.monotonic() - started, is_new=False)
    if old is None and target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{folder} has files that are not a published site. Name a new or empty folder.")
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        unfinished.mkdir(parents=True)
        site = _write_site(graph, unfinished, target, edition, url, progress)
        _replace(target, unfinished)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Publication(site, time.monotonic() - started, is_new=True)


def read_manifest(folder: Path) -> Site | None:
    """What the site in a folder was written from; None where there is no site."""
    try:
        return Site(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _edition(graph: FilmGraph, url: str | None) -> str:
    """A digest of all that a site is made from."""
    digest = hashlib.sha256(f"{__version__} {graph.build.name} {url}\n".encode())
    texts = graph.texts()
    digest.update("".join(f"{source} {texts[source] is not None}\n" for source in graph.provenance.sources).encode())
    for path in sorted(graph.project.queries.rglob("*.rq")):
        digest.update(path.read_bytes())
    for file in sorted(STATIC.iterdir(), key=lambda file: file.name):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


# --- replacing a site


def restore(target: Path) -> None:
    """Put back a site that was stopped between its renames, and remove what stopped calls have left."""
    previous = _previous(target)
    if previous.is_dir() and not target.exists():
        previous.rename(target)
    shutil.rmtree(previous, ignore_errors=True)
    unfinished = re.compile(rf"\.{re.escape(target.name)}\.(\d+)\.unfinished")
    for path in target.parent.iterdir() if target.parent.is_dir() else ():
        match = unfinished.fullmatch(path.name)
        if match is not None and not is_alive(int(match[1])):
            shutil.rmtree(path, ignore_errors=True)


def _replace(target: Path, finished: Path) -> None:
    if target.exists():
        target.rename(_previous(target))
    finished.rename(target)
    shutil.rmtree(_previous(target), ignore_errors=True)


def _previous(target: Path) -> Path:
    return target.with_name(f".{target.name}.previous")


# --- writing


def _write_site(
    graph: FilmGraph, folder: Path, old: Path, edition: str, url: str | None, progress: Callable[[int], None]
) -> Site:
    has_sparql = (STATIC / ENGINE).is_file()
    _write_data(graph, folder)
    downloads = [
        DisplayValue("graph.nq.gz", f"/{GRAPH_FILE}", label=_size_note("all graphs, N-Quads", folder / GRAPH_FILE)),
        DisplayValue("knowledge.ttl", f"/{TURTLE_FILE}", label=_size_note("knowledge, Turtle", folder / TURTLE_FILE)),
        *(
            DisplayValue(f"{name}.csv", f"/{name}.csv", label=f"{listed.title}, CSV")
            for name, listed in CATALOGUES.items()
        ),
    ]
    prepare_worker()
    links = SITE_LINKS.set({"Downloads": "/downloads"})
    prefix = PREFIX.set("")
    try:
        crawl = Crawl(PublishedPages(graph, downloads), folder)
        for path in (GRAPH_FILE, TURTLE_FILE):
            crawl.files.add(Address(f"/{path}"), is_page=False)
        crawl.run(head=lambda path: _head(path, url, has_sparql=has_sparql), progress=progress)
        _write_not_found(crawl, folder, url)
    finally:
        SITE_LINKS.reset(links)
        PREFIX.reset(prefix)
    _write(folder / "data/names.json", search_index_json(graph, crawl.files))
    _write(folder / "data/queries.json", forms_json(graph))
    _write(folder / "robots.txt", robots_text(url))
    _write(folder / ".nojekyll", "")
    if url is not None:
        for name, text in sitemaps(url, [page_url_of(url, path) for path in sorted(crawl.page_paths)]):
            _write(folder / name, text)
    _write_changes(graph, crawl.files, folder, old, edition, url)
    return _write_manifest(folder, edition, len(crawl.page_paths), has_sparql=has_sparql)


def _write_changes(graph: FilmGraph, files: SiteFiles, folder: Path, old: Path, edition: str, url: str | None) -> None:
    """Write what changed since the old site, before what it has of earlier changes, and the feed of both."""
    updated = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    entries: tuple[ChangeEntry, ...] = ()
    if (old / GRAPH_FILE).is_file() and (old / GRAPH_FILE).stat().st_size <= LARGE_DATA:
        quads = (old / GRAPH_FILE, folder / GRAPH_FILE)
        entries = find_changes(display_of(graph), *quads, files, edition=edition, updated=updated)
    entries = (*entries, *read_entries(old / CHANGES_FILE))[:MAX_ENTRIES]
    _write(folder / CHANGES_FILE, entries_json(entries))
    if url is not None:
        _write(folder / "changes.xml", to_atom(url, entries, updated=updated))


def _write_manifest(folder: Path, edition: str, pages: int, *, has_sparql: bool) -> Site:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    data = (folder / GRAPH_FILE).stat().st_size
    site = Site(edition, pages, len(sizes), sum(sizes), data, has_sparql)
    _write(folder / MANIFEST, json.dumps(asdict(site), indent=1) + "\n")
    return site


def _write_data(graph: FilmGraph, folder: Path) -> None:
    """Write the quads of all graphs, compressed, and knowledge as Turtle."""
    (folder / "data").mkdir()
    with (folder / GRAPH_FILE).open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        for quad in graph.snapshot.quads(ALL):
            packed.write(f"{quad} .\n".encode())
    graph.export(folder / TURTLE_FILE)


def _size_note(what: str, file: Path) -> str:
    return f"{what}, {size_in_words(file.stat().st_size)}"


def size_in_words(size: int) -> str:
    """A number of bytes as people read it.

    >>> size_in_words(1_234), size_in_words(12_345_678)
    ('1 kB', '12.3 MB')
    """
    return f"{size / 1e6:,.1f} MB" if size >= 1_000_000 else f"{size / 1e3:,.0f} kB"


def _head(path: str, url: str | None, *, has_sparql: bool) -> str:
    """The script of the site, and the canonical URL of a page."""
    script = relative_url("static/published.js", start=path)
    sparql = " data-sparql" if has_sparql else ""
    links = ""
    if url is not None:
        feed = relative_url("changes.xml", start=path)
        links = f'<link rel="canonical" href="{html.escape(page_url_of(url, path))}">\n'
        links += f'<link rel="alternate" type="application/atom+xml" href="{feed}" title="Changes">\n'
    return f'<script src="{script}" defer{sparql}></script>\n{links}'


def _write_not_found(crawl: Crawl, folder: Path, url: str | None) -> None:
    """Write the page that hosts show for an unknown address, wherever it is: its links are absolute."""
    problem = {"status": 404, "title": "Not found", "detail": "There is no page at this address."}
    prefix = urlsplit(url or "").path.rstrip("/")

    def absolute(address: str) -> str | None:
        relative = crawl.link(address, "404.html")
        return None if relative is None else f"{prefix}/{relative.removeprefix('./')}"

    _write(folder / "404.html", rewrite_links(problem_page(problem), absolute))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")
