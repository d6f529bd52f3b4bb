"""The absolute URLs of a site's pages, and its robots.txt (https://www.rfc-editor.org/rfc/rfc9309)."""

from __future__ import annotations


def page_url_of(site: str, path: str) -> str:
    """The absolute URL of a file of a site; that of an `index.html` is its folder's.

    >>> page_url_of("https://example.org/films", "film/anora/index.html")
    'https://example.org/films/film/anora/'
    """
    return f"{site}/{path.removesuffix('index.html') if path.rpartition('/')[2] == 'index.html' else path}"


def robots_text(site: str | None) -> str:
    """What crawlers may read, which is everything, and where the sitemap is; it counts at the root of a host alone."""
    sitemap = f"Sitemap: {page_url_of(site, 'sitemap.xml')}\n" if site else ""
    return f"User-agent: *\nAllow: /\n{sitemap}"
