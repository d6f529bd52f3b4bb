"""Sitemaps: absolute URLs of pages, in parts of a bounded size."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from kg.server.api.sitemap import sitemaps


def test_the_sitemap_lists_the_pages_of_entities(served: TestClient) -> None:
    response = served.get("/sitemap.xml")
    assert response.headers["content-type"].startswith("application/xml")
    urls = re.findall(r"<loc>(.*?)</loc>", response.text)
    assert f"{served.base_url}/film/anora" in urls
    assert len(urls) == len(set(urls))
    assert all(served.get(url.removeprefix(str(served.base_url))).status_code == 200 for url in urls[:3])
    assert served.get("/sitemap-9.xml").status_code == 404


def test_crawlers_find_the_sitemap(served: TestClient) -> None:
    assert f"Sitemap: {served.base_url}/sitemap.xml" in served.get("/robots.txt").text.splitlines()


def test_many_urls_are_in_several_sitemaps_with_an_index() -> None:
    site = "https://films.example.org"
    made = dict(sitemaps(site, [f"{site}/{number}?a&b" for number in range(5)], limit=2))
    assert list(made) == ["sitemap.xml", "sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml"]
    assert f"<loc>{site}/sitemap-3.xml</loc>" in made["sitemap.xml"]
    assert made["sitemap-3.xml"].count("<loc>") == 1
    assert "4?a&amp;b" in made["sitemap-3.xml"]
