"""Sitemaps: the pages of films, people, awards, organisations and places, for crawlers.

https://www.sitemaps.org/protocol.html: a sitemap has at most 50,000 URLs, all of them absolute; of more, an index names
several sitemaps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote
from xml.sax.saxutils import escape

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kg import vocabulary as vocab
from kg.filmgraph import FilmGraph
from kg.lookup.entity_types import members_of
from kg.parts import is_part
from kg.server.request_params import base_url, snapshot_of
from kg.terms import BASE

MAX_URLS = 50_000
_CLASSES = (vocab.Film, vocab.Person, vocab.Award, vocab.Organisation, vocab.Place)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


# --- requests
def routes() -> list[BaseRoute]:
    """/sitemap.xml and, where one is not enough, /sitemap-1.xml and so on."""
    methods = ["GET", "HEAD"]
    return [
        Route("/sitemap.xml", show_sitemap, methods=methods),
        Route("/sitemap-{name}.xml", show_sitemap, methods=methods),
    ]


async def show_sitemap(request: Request) -> Response:
    """A sitemap, or the index of all."""
    name = request.scope["path"].rpartition("/")[2]
    text: str | None = await snapshot_of(request).run(write_sitemap, base_url(request), name)
    if text is None:
        raise HTTPException(404, "There is no such sitemap.")
    return Response(text, media_type="application/xml")


# --- in a worker
def write_sitemap(graph: FilmGraph, site: str, name: str) -> str | None:
    """The sitemap of this name; None when there is none."""
    entities = {entity.value for class_iri in _CLASSES for entity in members_of(graph.store, graph.ontology, class_iri)}
    paths = (iri.removeprefix(BASE) for iri in entities if iri.startswith(BASE) and not is_part(iri))
    urls = [f"{site}/{quote(path, safe='/:@!$&()*+,;=-._~%')}" for path in sorted(paths)]
    return next((text for other, text in sitemaps(site, [f"{site}/", *urls]) if other == name), None)


def sitemaps(site: str, urls: Sequence[str], *, limit: int = MAX_URLS) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of the sitemaps of URLs; `sitemap.xml` is the only one, or the index of several."""
    parts = [urls[start : start + limit] for start in range(0, len(urls), limit)]
    if len(parts) < 2:
        yield "sitemap.xml", _sitemap(urls)
        return
    names = [f"sitemap-{number}.xml" for number in range(1, len(parts) + 1)]
    entries = "".join(f"<sitemap><loc>{escape(f'{site}/{name}')}</loc></sitemap>\n" for name in names)
    yield "sitemap.xml", f"{_HEAD}<sitemapindex {_NAMESPACE}>\n{entries}</sitemapindex>\n"
    yield from ((name, _sitemap(part)) for name, part in zip(names, parts, strict=True))


def _sitemap(urls: Sequence[str]) -> str:
    entries = "".join(f"<url><loc>{escape(url)}</loc></url>\n" for url in urls)
    return f"{_HEAD}<urlset {_NAMESPACE}>\n{entries}</urlset>\n"
