"""What a reader does in a real browser: find a film, see the passage, ask, correct a query, download a table."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext, Dialog, Page, expect


def test_a_misspelt_film_is_found_and_opened(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Search films, people, awards").fill("tangarine")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Tangerine", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tangerine")
    expect(page.get_by_text("A 2015 Christmas film, directed by Sean Baker")).to_be_visible()


def test_a_mark_shows_the_passage_when_it_is_tapped(page: Page) -> None:
    page.goto("/film/tangerine")
    director = page.locator(".card .lines div", has_text="Director")
    passage = director.locator(".sources q")
    expect(passage).to_be_hidden()
    director.locator("summary").click()
    expect(passage).to_be_visible()
    expect(passage).to_contain_text("Tangerine is a 2015 American")
    expect(passage.locator("mark")).to_have_text("Sean Baker")


def test_a_mark_shows_the_passage_on_hover_and_by_the_keyboard(page: Page) -> None:
    page.goto("/film/tangerine")
    director = page.locator(".card .lines div", has_text="Director")
    director.locator(".cite").hover()
    expect(director.locator(".sources q")).to_be_visible()
    page.locator(".card .lines div", has_text="Year").locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card .lines div", has_text="Year").locator("q")).to_be_visible()


def test_the_passage_is_shown_in_its_context(page: Page) -> None:
    page.goto("/film/tangerine")
    director = page.locator(".card .lines div", has_text="Director")
    director.locator("summary").click()
    director.get_by_role("link", name="A newspaper").click()
    expect(page.locator("blockquote mark")).to_have_text("Sean Baker")
    expect(page.locator("blockquote")).to_contain_text("Tangerine is a 2015 American")


def test_an_inferred_value_leads_to_its_explanation(page: Page) -> None:
    page.goto("/film/mya-taylor")
    page.locator("#follows summary").first.click()
    page.locator("#follows").get_by_role("link", name="Why ").first.click()
    expect(page.get_by_text("Explanation")).to_be_visible()
    expect(page.locator(".explanation")).to_contain_text("because")
    expect(page.locator(".drawing.tree svg")).to_be_visible()


def test_a_stored_query_is_asked_with_its_form(page: Page) -> None:
    page.goto("/queries")
    page.get_by_role("searchbox").fill("person direct")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Which films did a person direct?").click()
    page.get_by_label("Person").fill("Sean Bakr")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no Person 'Sean Bakr'")
    page.get_by_role("link", name="Sean Baker").click()
    expect(page.locator("table.answer")).to_contain_text("Red Rocket")
    expect(page.locator("table.answer")).to_contain_text("2015")


def test_an_answer_is_downloaded_as_csv(page: Page, tmp_path: Path) -> None:
    page.goto("/queries/films-directed-by?person=Sean+Baker")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "films-directed-by.csv"
    download.value.save_as(tmp_path / "films.csv")
    lines = (tmp_path / "films.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "film,film_label,year"
    assert any("film/tangerine" in line for line in lines)


def write_query(page: Page, text: str) -> None:
    """Replace the query as a person does; Chromium styles what replaces a selection of several lines."""
    page.get_by_role("textbox", name="Query").focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def test_a_query_is_edited_and_run_and_has_a_link(page: Page) -> None:
    page.goto("/sparql")
    assert page.locator("#query").input_value().startswith("PREFIX film: <https://w3id.org/filmgraph/film/>")
    write_query(page, "SELECT ?film ?amount { ?film film:boxOffice/film:amount ?amount }")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("table.answer")).to_contain_text("924,793")
    page.get_by_role("link", name="Chart").click()
    expect(page.locator("figure.chart")).to_contain_text("950,000")
    page.get_by_role("link", name="link to this query").click()
    assert "view=chart" in page.url


def test_a_wrong_query_is_shown_with_the_place_of_its_error_and_can_be_corrected(page: Page) -> None:
    page.goto("/sparql")
    write_query(page, "SELECT ?film {\n  ?film a film:Film ; ; FLTER(?x)\n}")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("line 2, column")
    expect(page.locator("pre .here")).to_be_visible()
    assert "FLTER" in page.locator("#query").input_value()
    write_query(page, "SELECT ?film { ?film a film:Film }")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("table.answer")).to_contain_text("Tangerine")


def test_a_name_of_the_ontology_is_completed(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/sparql")
    editor = page.get_by_role("textbox", name="Query")
    editor.fill("SELECT * { ?film film:boxOf")
    editor.press("End")
    editor.press_sequentially("f")
    hint = page.get_by_role("option", name="film:boxOffice").first
    expect(hint).to_be_visible()
    editor.press("Enter")
    expect(page.locator("#query")).to_have_value("SELECT * { ?film film:boxOffice")
    editor.press_sequentially(" ?figure }")
    editor.press("Control+Enter")
    expect(page.locator("table.answer")).to_be_visible()


def test_names_are_suggested_while_typing(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/queries/films-directed-by")
    page.get_by_label("Person").press_sequentially("sean ba")
    expect(page.locator("#list-person option").first).to_have_attribute("value", "Sean Baker")


def test_an_open_note_is_closed_with_escape(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/film/tangerine")
    director = page.locator(".card .lines div", has_text="Director")
    director.locator("summary").click()
    page.mouse.move(0, 0)
    expect(director.locator(".sources")).to_be_visible()
    page.keyboard.press("Escape")
    expect(director.locator(".sources")).to_be_hidden()
    expect(director.locator("summary")).to_be_focused()


def test_html_in_a_label_is_never_interpreted(context: BrowserContext) -> None:
    page = context.new_page()
    messages: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        messages.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    for path in (
        "/film/hostile",
        "/film/sean-baker",
        "/search?q=script+alert",
        "/queries/films-directed-by?person=Sean+Baker",
    ):
        page.goto(path)
        assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0
    page.goto("/queries/films-directed-by")
    page.get_by_label("Person").press_sequentially("script")
    page.goto("/search?q=" + "<script>alert(1)</script>")
    assert messages == []
