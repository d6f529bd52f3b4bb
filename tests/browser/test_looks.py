"""Pages are readable at two widths, light and dark, on paper, with the keyboard and with a screen reader."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from kg.server.pages.entity_page import entity_page
from kg.server.pages.templating import STATIC
from kg.terms import FILM
from tests.projects import own_graph

PAGES = {
    "home": "/",
    "films": "/films",
    "people": "/people?sort=name",
    "disagreements": "/disagreements",
    "search": "/search?q=tangarine",
    "film": "/film/tangerine",
    "person": "/film/sean-baker",
    "award": "/film/audience-prize",
    "list": "/film/sean-baker?named=director",
    "organisation": "/film/critics-board",
    "source": "/source/paper?at=0-9",
    "why": "/film/tangerine/why?property=film:contributor&value=film:sean-baker",
    "reasons": "/film/tangerine/why",
    "queries": "/queries",
    "query": "/queries/films-directed-by?person=Sean+Baker",
    "wrong-name": "/queries/films-directed-by?person=Sean+Bakr",
    "sparql": "/sparql",
    "answer": "/sparql?query=SELECT+*+%7B+%3Ff+film%3Adirector+%3Fd+%3B+%3Fp+%3Fo+%7D+LIMIT+20",
    "chart": "/sparql?query=SELECT+%3Ff+%3Fn+%7B+%3Ff+film%3AboxOffice%2Ffilm%3Aamount+%3Fn+%7D&view=chart",
    "graph": "/sparql?query=SELECT+%3Ff+%3Fd+%7B+%3Ff+film%3Adirector+%3Fd+%7D&view=graph",
    "fault": "/sparql?query=SELECT+*+%7B%0A++%3Ff+a+film%3AFilm+%3B+%3B+FLTER%28%3Fx%29+%7D",
    "not-found": "/film/tangarine",
}
SIZES = (390, 1280)
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


# Widths are independent of colours: each width and each scheme is looked at once.
@pytest.mark.parametrize(("width", "scheme"), tuple(zip(SIZES, SCHEMES, strict=True)))
def test_no_page_is_wider_than_the_screen_or_hard_to_use(
    chromium: Browser, address: str, screenshots: Path | None, width: int, scheme: Scheme
) -> None:
    context = chromium.new_context(base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    faults = []
    for name, path in PAGES.items():
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            faults.append(f"{name} is wider than {width} pixels")
        results = Axe().run(page)
        faults += [
            f"{name}: {violation['id']}: {violation['nodes'][0]['html'][:200]}"
            for violation in results.response["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        if screenshots is not None:
            screenshots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
    context.close()
    assert faults == []


def test_a_page_is_printed_without_its_tools(chromium: Browser, address: str) -> None:
    context = chromium.new_context(base_url=address)
    page = context.new_page()
    page.goto("/film/tangerine")
    page.emulate_media(media="print")
    assert page.locator("header.site nav").is_hidden()
    assert page.locator("header.site .find").is_hidden()
    assert page.locator("h1").is_visible()
    assert page.locator("table.rows").first.is_visible()
    context.close()


def test_the_keyboard_reaches_the_content_first(chromium: Browser, address: str) -> None:
    context = chromium.new_context(base_url=address)
    page = context.new_page()
    page.goto("/film/tangerine")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    context.close()


def test_a_film_with_much_to_tell_takes_at_most_eight_screens_of_a_phone(chromium: Browser, tmp_path: Path) -> None:
    html, style = entity_page(own_graph(tmp_path), FILM + "anora"), (STATIC / "style.css").read_text()
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_content(html.replace("</head>", f"<style>{style}</style></head>"))
    assert page.evaluate("document.documentElement.scrollHeight") <= 8 * 844
    context.close()
