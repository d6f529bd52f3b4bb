"""A page tells all that is known of a thing, each fact with its source, and nothing that it must not."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode

from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.server.pages.entity_data import MOST
from kg.server.pages.entity_page import thing_page
from kg.server.pages.urls import page_of
from kg.terms import FILM, LABEL, SOURCE, TYPE, entity_iri
from tests.projects import SmallProject
from tests.server.pages.films import HOSTILE
from tests.server.pages.reading import read


def page(graph: FilmGraph, name: str) -> str:
    return thing_page(graph, FILM + name)


def test_a_film_is_grouped_as_a_reader_would(graph: FilmGraph) -> None:
    found = read(page(graph, "tangerine"))
    assert found.faults == []
    assert found.has("Tangerine", "2015, directed by Sean Baker")
    for section in ("credits", "awards", "release", "box-office", "ratings", "said", "disagreements", "neighbourhood"):
        assert section in found.ids


def test_every_page_is_well_formed_and_loads_nothing_from_elsewhere(graph: FilmGraph) -> None:
    things = {quad.subject for quad in graph.store.quads_for_pattern(None, LABEL, None) if page_of(quad.subject)}  # type: ignore[arg-type]
    assert len(things) > 10
    for thing in things:
        assert isinstance(thing, NamedNode)
        found = read(thing_page(graph, thing.value))
        assert found.faults == [], thing


def test_a_fact_is_told_with_its_source_and_its_words(graph: FilmGraph) -> None:
    found = read(page(graph, "tangerine"))
    assert found.has("Mya Taylor A newspaper, characters")
    assert found.has("comedy-drama")
    assert any(link.startswith("/source/paper?at=") for link in found.links)


def test_a_source_shows_the_passage_in_its_surroundings(graph: FilmGraph) -> None:
    text = thing_page(graph, SOURCE + "paper", "0-9")
    assert "<mark>Tangerine</mark> is a 2015 American" in text


@pytest.mark.parametrize("at", ["9-0", "0-100000", "a-b", "0-9-3", "-", "<b>", "9" * 50])
def test_a_passage_that_is_none_is_no_fault(graph: FilmGraph, at: str) -> None:
    text = thing_page(graph, SOURCE + "paper", at)
    assert "<mark>" not in text
    assert read(text).faults == []


def test_takings_that_differ_between_sources_are_told_as_such(graph: FilmGraph) -> None:
    text = page(graph, "tangerine")
    told = text[text.index('id="disagreements"') :]
    assert "$924,793" in told
    assert "$950,000" in told


def test_what_nobody_says_leads_to_its_reasons(graph: FilmGraph) -> None:
    found = read(page(graph, "sean-baker"))
    assert any(link.startswith("/film/sean-baker/why?property=film%3Adirected") for link in found.links)


def test_html_in_a_label_is_shown_and_not_obeyed(graph: FilmGraph) -> None:
    for name in ("hostile", "sean-baker"):
        text = page(graph, name)
        assert "<script>alert" not in text
        assert "<img" not in text
        assert read(text).has(HOSTILE)
        assert read(text).faults == []


def test_only_addresses_on_the_web_are_links(project: SmallProject) -> None:
    project.write(
        "data/films.yaml",
        """\
        source: encyclopedia
        anora:
          type: Film
          label: Anora
          website: ["javascript:alert(1)", "https://example.org/anora", "data:text/html,x"]
        """,
    )
    text = thing_page(project.open(), FILM + "anora")
    assert read(text).faults == []
    assert 'href="https://example.org/anora" rel="nofollow noopener external"' in text
    assert 'href="javascript' not in text


def test_a_thing_that_everybody_names_has_a_page_of_bounded_size(project: SmallProject) -> None:
    lines = ["subject,type,label,director\n"]
    lines += [f"film-{number},Film,Film {number},sean-baker\n" for number in range(3 * MOST)]
    project.write("data/films.yaml", "source: encyclopedia\nsean-baker: {type: Person, label: Sean Baker}\n")
    project.write("data/more.yaml", "source: encyclopedia\n" + "".join(
        f"film-{number}: {{type: Film, label: Film {number}, director: sean-baker}}\n" for number in range(3 * MOST)
    ))  # fmt: skip
    found = read(thing_page(project.open(), FILM + "sean-baker"))
    assert found.has(f"and {2 * MOST} more")
    assert sum(link.startswith("/film/film-") for link in found.links) <= 3 * MOST


def test_a_thing_that_is_none_offers_the_nearest(graph: FilmGraph) -> None:
    with pytest.raises(UnknownNameError) as raised:
        page(graph, "tangerin")
    assert "Tangerine" in raised.value.suggestions


def test_a_part_a_class_and_a_property_have_pages_too(graph: FilmGraph) -> None:
    for name in ("tangerine.win.audience-prize", "Film", "director"):
        assert read(page(graph, name)).faults == []
    assert TYPE is not None
    assert entity_iri("Film").value == FILM + "Film"


def test_a_title_from_right_to_left_keeps_to_itself_and_says_its_language(project: SmallProject) -> None:
    text = """\
        source: encyclopedia
        waltz: {type: Film, label: ואלס עם באשיר, alias: ["Vals Im Bashir", {value: Waltz with Bashir, lang: en}]}
        folman: {type: Person, label: ארי פולמן}
        """
    project.write("data/films.yaml", text)
    page = thing_page(project.open(), FILM + "waltz")
    assert "<h1><bdi>ואלס עם באשיר</bdi></h1>" in page
    assert '<bdi lang="en">Waltz with Bashir</bdi>' in page
    assert read(page).faults == []
