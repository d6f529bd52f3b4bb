"""sitemap.xml and robots.txt of a site.

https://www.sitemaps.org/protocol.html: a sitemap has at most 50,000 URLs, all of them absolute; of more, an index names
several sitemaps. https://www.rfc-editor.org/rfc/rfc9309: robots.txt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

_MAX_URLS = 50_000
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def page_url_of(site: str, path: str) -> str:
    """The absolute URL of a file of a site; that of an `index.html` is its folder's.

    >>> page_url_of("https://example.org/films", "film/anora/index.html")
    'https://example.org/films/film/anora/'
    """
    return f"{site}/{path.removesuffix('index.html') if path.rpartition('/')[2] == 'index.html' else path}"


def sitemaps(site: str, paths: Sequence[str], *, limit: int = _MAX_URLS) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of the sitemaps of pages; `sitemap.xml` is the first, or the index of several."""
    parts = [paths[start : start + limit] for start in range(0, len(paths), limit)]
    if len(parts) == 1:
        yield "sitemap.xml", _sitemap(site, paths)
        return
    names = [f"sitemap-{number}.xml" for number in range(1, len(parts) + 1)]
    entries = "".join(f"<sitemap><loc>{escape(page_url_of(site, name))}</loc></sitemap>\n" for name in names)
    yield "sitemap.xml", f"{_HEAD}<sitemapindex {_NAMESPACE}>\n{entries}</sitemapindex>\n"
    yield from ((name, _sitemap(site, part)) for name, part in zip(names, parts, strict=True))


def _sitemap(site: str, paths: Sequence[str]) -> str:
    urls = "".join(f"<url><loc>{escape(page_url_of(site, path))}</loc></url>\n" for path in paths)
    return f"{_HEAD}<urlset {_NAMESPACE}>\n{urls}</urlset>\n"


def robots_text(site: str | None) -> str:
    """What crawlers may read, which is everything, and where the sitemap is; it counts at the root of a host alone."""
    sitemap = f"Sitemap: {page_url_of(site, 'sitemap.xml')}\n" if site else ""
    return f"User-agent: *\nAllow: /\n{sitemap}"
