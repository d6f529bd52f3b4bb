"""Every page and file of a site, rendered once: what can be found by following links from the home page."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pyoxigraph import NamedNode

from kg.filmgraph import FilmGraph
from kg.graph.store import iterate_quads
from kg.server.pages.browse_pages import CATALOGUES
from kg.server.pages.templating import STATIC
from kg.server.pages.urls import page_url
from kg.static_site.published_page import IN_THE_BROWSER, PASSAGES_PER_PAGE, PublishedPages
from kg.static_site.site_files import Address, SiteFiles, find_links, parse_address, relative_url, rewrite_links
from kg.terms import KNOWLEDGE

_START = (
    "/",
    "/downloads",
    "/search",
    "/sparql",
    "/queries",
    "/disagreements",
    "/sources",
    "/ontology",
    "/vocabulary.json",
)


class Crawl:
    """Writes the pages of a site to a folder, first with the links of the server and then with those of the site."""

    def __init__(self, pages: PublishedPages, folder: Path) -> None:
        self.pages, self.folder, self.files = pages, folder, SiteFiles()
        self.page_paths: list[str] = []
        self._spans: dict[str, dict[str, None]] = {}
        self._waiting: deque[Address] = deque()
        self._seen: set[Address] = set()

    def run(self, *, head: Callable[[str], str], progress: Callable[[int], None] = lambda _: None) -> None:
        """Write everything; `head` gives what the head of a page has besides what the server gives it, by its path."""
        for address in self._starts():
            self._wait_for(address)
        self._write_waiting(progress)
        for address in list(self._passage_pages()):
            self._wait_for(address)
        self._write_waiting(progress)
        for path in self.page_paths:
            self._finish(path, head(path))

    def _starts(self) -> Iterator[Address]:
        yield from (Address(path) for path in _START)
        yield from (Address(f"/{name}") for name in CATALOGUES)
        yield from (Address(f"/static/{file.name}") for file in sorted(STATIC.iterdir(), key=lambda file: file.name))
        yield from (Address(f"/queries/{name}") for name in self.pages.examples)
        yield from (parse_address(url)[0] for url in _entity_urls(self.pages.graph))

    def _wait_for(self, address: Address) -> None:
        if address not in self._seen:
            self._seen.add(address)
            self._waiting.append(address)

    def _write_waiting(self, progress: Callable[[int], None]) -> None:
        while self._waiting:
            address = self._waiting.popleft()
            document = self.pages.document(address)
            if document is None:
                continue
            path = self._write(address, document.content, is_page=document.is_page)
            if document.is_page:
                self.page_paths.append(path)
                self._follow(find_links(document.content.decode()))
            progress(len(self.files))

    def _write(self, address: Address, content: bytes, *, is_page: bool) -> str:
        listed = Address(address.path, tuple(pair for pair in address.parameters if pair[0] != "spans"))
        path = self.files.add(listed, is_page=is_page)
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        for span in address.values.get("spans", "").split():
            self.files.alias(Address(address.path.removesuffix("/passages"), (("at", span),)), listed)
        return path

    def _follow(self, urls: Iterable[str]) -> None:
        for url in urls:
            address = self.pages.published(parse_address(url)[0])
            if address is not None and "at" in address.values:
                self._spans.setdefault(address.path, {})[address.values["at"]] = None
            elif address is not None:
                self._wait_for(address)

    def _passage_pages(self) -> Iterator[Address]:
        """Yield the pages of the passages that facts cite, in the order of the text."""
        for path, cited in sorted(self._spans.items()):
            spans = sorted(cited, key=lambda span: [int(place) for place in span.split("-")])
            for start in range(0, len(spans), PASSAGES_PER_PAGE):
                number = (("page", str(start // PASSAGES_PER_PAGE + 1)),) if start else ()
                shown = " ".join(spans[start : start + PASSAGES_PER_PAGE])
                yield Address(f"{path}/passages", (*number, ("spans", shown)))

    # --- links

    def _finish(self, path: str, head: str) -> None:
        file = self.folder / path
        text = rewrite_links(file.read_text(encoding="utf-8"), lambda url: self.link(url, path))
        # Before the other scripts: the editor begins with the query that this one reads from the URL.
        file.write_text(text.replace("<script ", f"{head}<script ", 1), encoding="utf-8", newline="")

    def link(self, url: str, start: str) -> str | None:
        """The URL that a page names for one of the server; None when there is no such file."""
        asked, fragment = parse_address(url)
        address = self.pages.published(asked)
        if address is None or address not in self.files:
            return None
        if "at" in address.values:
            fragment = f"at-{address.values['at']}"
        elif "at" in asked.values:
            fragment = ""  # the text is not available, so the page of the source has no passage
        query = f"?{asked.query}" if asked.path in IN_THE_BROWSER and asked.parameters else ""
        return relative_url(self.files[address], start=start) + query + (f"#{fragment}" if fragment else "")


def _entity_urls(graph: FilmGraph) -> list[str]:
    """The pages of all entities that facts are about."""
    subjects = {quad.subject for quad in iterate_quads(graph.store, KNOWLEDGE)}
    return sorted(filter(None, (page_url(entity) for entity in subjects if isinstance(entity, NamedNode))))
