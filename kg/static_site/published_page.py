"""The content of each address of a site: a page of the server, or a file that its pages link to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote

from pyoxigraph import NamedNode

from kg.errors import FilmGraphError
from kg.filmgraph import FilmGraph
from kg.queries.result_writers import CSV, JSON, JSON_LD, TSV, TURTLE, AnswerBody, AnswerBounds
from kg.server.api.entities import write_entity
from kg.server.api.queries import RESERVED, write_stored
from kg.server.example_values import example_values
from kg.server.pages.browse_pages import CATALOGUES, browse_csv, browse_page, disagreements_page
from kg.server.pages.display import DisplayValue, display_of
from kg.server.pages.entity_page import PassageInContext, find_passage
from kg.server.pages.query_pages import (
    queries_page,
    query_page,
    sparql_editor_page,
    vocabulary_json,
)
from kg.server.pages.reference_pages import ontology_page, sources_page
from kg.server.pages.routes import entity_or_list_page
from kg.server.pages.templating import STATIC, render
from kg.server.pages.urls import page_url
from kg.server.pages.why_page import why_page
from kg.static_site.site_files import Address
from kg.terms import BASE, SOURCE

_MAX_ROWS, _MAX_BYTES = 10_000, 10_000_000
_ENTITY = re.compile(r"/(?:film|source)/.+")
_ENTITY_FILE = re.compile(r"(?P<entity>/(?:film|source)/.+)\.(?P<extension>ttl|jsonld)")
_QUERY_FILE = re.compile(r"/queries/(?P<name>.+)\.(?P<extension>csv|tsv|json|ttl|jsonld)")
_PASSAGES = re.compile(r"/source/(?P<source>.+)/passages")
_MEDIA_TYPES = {"csv": CSV, "tsv": TSV, "json": JSON, "ttl": TURTLE, "jsonld": JSON_LD}
IN_THE_BROWSER = frozenset(("/search", "/sparql", "/queries"))
"""The pages that read the parameters of their URL in the browser."""
PASSAGES_PER_PAGE = 300


class Document(NamedTuple):
    """The content of an address; a page has links."""

    content: bytes
    is_page: bool


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """A passage that facts of a source cite, in its context; its `span` is its anchor."""

    span: str
    passage: PassageInContext


class PublishedPages:
    """The pages and files of a graph, by address."""

    def __init__(self, graph: FilmGraph, links: Sequence[DisplayValue] = ()) -> None:
        self.graph, self.downloads = graph, links

    def published(self, address: Address) -> Address | None:
        """The address under which the content of this one is published; None when it is not.

        A list that is narrowed by two facets is not published, since there is no end of them, and what only a server
        computes is not either.
        """
        path, values = address.path, address.values
        if path in IN_THE_BROWSER:
            return None if "format" in values else Address(path)
        if path.startswith("/static/"):
            return Address(path)
        if path == "/suggest":
            return None
        if path.lstrip("/").removesuffix(".csv") in CATALOGUES and len(values.keys() - {"page"}) > 1:
            return None
        if path.startswith("/queries/") and values == self.examples.get(path.removeprefix("/queries/")):
            return Address(path)
        if "at" in values and not self.has_text(path):
            return Address(path)
        return self._canonical(address)

    def has_text(self, path: str) -> bool:
        """True for the path of a source of which the text is available."""
        return display_of(self.graph).texts[path.removeprefix("/source/")] is not None

    def _canonical(self, address: Address) -> Address:
        """The address of the entity that a replaced IRI means."""
        if _ENTITY.fullmatch(address.path) is None or address.values.keys() & {"all", "named"}:
            return address
        canonical = self.graph.names.canonical(NamedNode(BASE + quote(address.path[1:], safe="/:@!$&'()*+,;=-._~%")))
        return Address(canonical.value.removeprefix(BASE.rstrip("/"))) if canonical and page_url(canonical) else address

    @cached_property
    def examples(self) -> dict[str, dict[str, str]]:
        """The stored queries, each with values for its parameters that give an answer."""
        return {query.name: example_values(self.graph, query) for query in self.graph.queries.valid()}

    def document(self, address: Address) -> Document | None:
        """The content of a published address; None where there is none, as for an entity that is only a name."""
        for pattern, write in self._routes:
            if (match := pattern.fullmatch(address.path)) is not None:
                try:
                    return write(address, match)
                except FilmGraphError:
                    return None
        return None

    @property
    def _routes(self) -> Sequence[tuple[re.Pattern[str], Callable[[Address, re.Match[str]], Document | None]]]:
        """Pattern of a path -> what writes its content; the first that matches."""
        names = "|".join(CATALOGUES)
        return (
            (re.compile(rf"/(?P<name>{names})"), self._browse),
            (re.compile(rf"/(?P<name>{names})\.csv"), self._browsed_csv),
            (re.compile(r"/static/(?P<name>.+)"), self._static),
            (_QUERY_FILE, self._answer),
            (re.compile(r"/queries/(?P<name>.+)"), self._query),
            (re.compile(r"(?P<entity>/(?:film|source)/.+)?/why"), self._why),
            (_PASSAGES, self._passages),
            (_ENTITY_FILE, self._entity_file),
            (_ENTITY, self._entity),
            (re.compile(r"/[a-z.]*"), self._single),
        )

    # --- pages that exist once

    def _single(self, address: Address, _: re.Match[str]) -> Document | None:
        from kg.server.pages.search_pages import home_page

        graph = self.graph
        match address.path:
            case "/":
                return _page(home_page(graph))
            case "/disagreements":
                return _page(disagreements_page(graph, address.values))
            case "/sources":
                return _page(sources_page(graph))
            case "/ontology":
                return _page(ontology_page(graph))
            case "/queries":
                return _page(queries_page(graph))
            case "/sparql":
                return _page(sparql_editor_page(graph.queries))
            case "/search":
                return _page(render("published_search.html"))
            case "/downloads":
                return _page(render("published_downloads.html", files=self.downloads))
            case "/vocabulary.json":
                return Document(vocabulary_json(graph).encode(), is_page=False)
        return None

    # --- lists and files

    def _browse(self, address: Address, match: re.Match[str]) -> Document:
        return _page(browse_page(self.graph, match["name"], address.values))

    def _browsed_csv(self, address: Address, match: re.Match[str]) -> Document:
        return Document(browse_csv(self.graph, match["name"], address.values).encode(), is_page=False)

    def _static(self, _: Address, match: re.Match[str]) -> Document | None:
        file = STATIC / match["name"]
        return Document(file.read_bytes(), is_page=False) if file.is_file() else None

    # --- stored queries

    def _query(self, address: Address, match: re.Match[str]) -> Document:
        name, values = match["name"], address.values
        number = int(values.pop("page", "1"))
        page = query_page(self.graph, name, values or self.examples.get(name, {}), number)
        return _page(page.text if page.status == 200 else query_page(self.graph, name, {}).text)

    def _answer(self, address: Address, match: re.Match[str]) -> Document:
        values = {name: value for name, value in address.parameters if name not in RESERVED}
        bounds = AnswerBounds(_MAX_ROWS, _MAX_BYTES)
        media_types, with_labels = (_MEDIA_TYPES[match["extension"]],), "labels" in address.values
        body = write_stored(self.graph, match["name"], values, media_types, bounds, with_labels)
        return Document(body.body, is_page=False)

    # --- entities

    def _entity(self, address: Address, _: re.Match[str]) -> Document | None:
        page = entity_or_list_page(self.graph, _iri(address.path), address.values)
        return _page(page.text) if page.status == 200 else None

    def _entity_file(self, _: Address, match: re.Match[str]) -> Document | None:
        media_type = _MEDIA_TYPES[match["extension"]]
        body = write_entity(self.graph, _iri(match["entity"]), media_type, _MAX_ROWS, _MAX_BYTES)
        return Document(body.body, is_page=False) if isinstance(body, AnswerBody) else None

    def _why(self, address: Address, match: re.Match[str]) -> Document:
        values = address.values
        iri = _iri(match["entity"]) if match["entity"] else values["subject"].strip("<>")
        return _page(why_page(self.graph, iri, values.get("property", ""), values.get("value", "")))

    def _passages(self, address: Address, match: re.Match[str]) -> Document:
        """The cited passages of a source; the parameter `spans` names them."""
        display, source = display_of(self.graph), match["source"]
        spans = address.values["spans"].split()
        found = ((span, find_passage(display, source, span)) for span in spans)
        cited = [CitedPassage(span, passage) for span, passage in found if passage is not None]
        return _page(render("published_passages.html", source=display.term(NamedNode(SOURCE + source)), cited=cited))


def _page(text: str) -> Document:
    return Document(text.encode(), is_page=True)


def _iri(path: str) -> str:
    """The IRI of the entity that a path is of."""
    return BASE + quote(path[1:], safe="/:@!$&'()*+,;=-._~%")
