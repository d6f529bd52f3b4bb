"""The page of an entity shows all that is known about it, each fact with its source, and is safe."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.loaded_graph import open_local_graph
from kg.server.pages.entity_data import LIMIT
from kg.server.pages.entity_page import entity_page
from kg.server.pages.reference_pages import ontology_page
from kg.server.pages.urls import page_url
from kg.server.pages.why_page import why_page
from kg.terms import FILM, LABEL, SOURCE
from tests.projects import ROOT, SmallProject, own_graph
from tests.server.pages.film_project import HOSTILE, span_of
from tests.server.pages.parsed_page import parse_page


def page(graph: FilmGraph, name: str) -> str:
    return entity_page(graph, FILM + name)


def test_a_film_has_its_sections(graph: FilmGraph) -> None:
    found = parse_page(page(graph, "tangerine"))
    assert found.faults == []
    assert found.has(
        "Tangerine", "A 2015 Christmas film, directed by Sean Baker, starring Mya Taylor. It won the Audience Prize at"
    )
    assert found.has("Premiere", "23 January 2015", "Box office", "$924,793", "Scores")
    for section in (
        "credits",
        "awards",
        "release",
        "box-office",
        "ratings",
        "statements",
        "disagreements",
        "neighbourhood",
    ):
        assert section in found.ids


def test_the_crew_beside_that_of_the_card_is_further_crew(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    shutil.copytree(ROOT / "ontology", project.folder / "ontology", dirs_exist_ok=True)
    people = "".join(f"{name}: {{type: Person, label: {name.title()}}}\n" for name in ("dee", "ed", "cast"))
    crew = "director: dee, castMember: cast, credit: {agent: ed, role: creative consultant}"
    project.write("data/films.yaml", f"source: encyclopedia\n{people}anora: {{type: Film, label: Anora, {crew}}}\n")
    found = parse_page(page(project.open(), "anora"))
    assert found.has("Further crew", "Ed", "creative consultant")


def test_the_card_tells_of_releases_and_scores_that_it_does_not_show(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    shutil.copytree(ROOT / "ontology", project.folder / "ontology", dirs_exist_ok=True)
    releases = "{date: 2024-10-18, medium: cinemas}, {date: 2024-12-17, medium: digital}, {date: 2025-04-29}"
    scores = ", ".join(f"{{givenBy: Critic {number}, score: {number}, scale: 10}}" for number in (5, 6, 7))
    project.write(
        "data/films.yaml",
        f"source: encyclopedia\nanora: {{type: Film, label: Anora, release: [{releases}], rating: [{scores}]}}\n",
    )
    found = parse_page(page(project.open(), "anora"))
    assert found.has("Release", "18 October 2024", "and 2 more", "Scores", "and 1 more")


def test_awards_are_grouped_by_ceremony_with_their_numbers(graph: FilmGraph) -> None:
    found = parse_page(page(graph, "tangerine"))
    assert found.has("Gotham Awards", "at least one win from four nominations", "Audience Prize", "Lost", "Best Film")
    assert not found.has("Nominated (")
    nominee = parse_page(page(graph, "sean-baker"))
    assert nominee.has("one nomination named in the sources", "Lost", "Best Film", "for Tangerine")
    award = parse_page(page(graph, "audience-prize"))
    assert award.has("Winners and nominees", "Won (1)", "Tangerine")
    assert not award.has("Outcome")


def test_a_summary_is_not_laid_out_as_a_quotation(graph: FilmGraph, tmp_path: Path) -> None:
    assert 'class="verbatim"><div class="claim">a telephone is enough' in page(graph, "sean-baker")
    review = page(own_graph(tmp_path), "anora").partition("Reviews")[2].partition("Justin Chang")[0]
    assert "summary ·" in review
    assert "verbatim" not in review
    assert "Like a wild dream" in review


def test_what_only_repeats_the_page_is_left_out_of_its_tables(tmp_path: Path) -> None:
    festival = parse_page(page(own_graph(tmp_path), "cannes-film-festival"))
    assert festival.has("In competitionAnora", "Edition not stated", "Festival screenings FilmDateKindFestival")


def test_a_ceremony_names_each_winner_once_among_the_nominees_of_its_award(tmp_path: Path) -> None:
    graph = own_graph(tmp_path)
    html = page(graph, "oscars-97")
    assert parse_page(html).has("Won (10), nominated (7)", "Totals reported", "Anora, five wins from six nominations")
    assert html.count('<a href="/film/mikey-madison"') == html.count('<a href="/film/adrien-brody"') == 1
    assert '<a href="/film/oscars-97"' in page(graph, "academy-awards")
    award = parse_page(page(graph, "oscar-best-actor"))
    assert award.has("Adrien Brody", "won", "Ralph Fiennes", "nominated")


def test_a_filmography_says_whom_an_actor_plays(graph: FilmGraph) -> None:
    found = parse_page(page(graph, "mya-taylor"))
    assert found.has("Tangerine", "2015", "cast", "as Alexandra")


def test_an_event_of_a_plot_is_quoted_between_the_events_beside_it(graph: FilmGraph) -> None:
    html = page(graph, "meeting")
    assert "<mark>It stars Mya Taylor as Alexandra</mark>" in html
    assert parse_page(html).has("Step", "1 of 2", "After", "they part")
    parting = parse_page(page(graph, "parting"))
    assert parting.has("Who", "Alexandra", "Step", "2 of 2", "Before", "they meet")


def test_a_character_has_the_events_of_the_plot_in_their_order(graph: FilmGraph) -> None:
    found = parse_page(page(graph, "alexandra"))
    assert found.has("In the plot", "they part")
    assert not found.has("Took part in")


def test_who_plays_a_character_has_the_sources_of_the_credit(graph: FilmGraph) -> None:
    html = page(graph, "alexandra")
    assert parse_page(html).has("Played by", "Mya Taylor", "A newspaper")
    assert "property=film%3AplayedBy" not in html


def test_details_are_folded_only_beside_other_sections(graph: FilmGraph) -> None:
    assert 'id="neighbourhood" class="folded"' in page(graph, "tangerine")
    genre = page(graph, "comedy-drama")
    assert 'id="named"' in genre
    assert 'id="named" class="folded"' not in genre


def test_every_page_is_well_formed_and_loads_nothing_from_elsewhere(graph: FilmGraph) -> None:
    named = {quad.subject for quad in find_quads(graph.store, None, LABEL, None, None)}
    entities = [entity for entity in named if isinstance(entity, NamedNode) and page_url(entity)]
    assert len(entities) > 10
    for entity in entities:
        assert parse_page(entity_page(graph, entity.value)).faults == [], entity


def test_a_fact_is_shown_with_its_source_and_passage(graph: FilmGraph) -> None:
    found = parse_page(page(graph, "tangerine"))
    assert found.has("It stars Mya Taylor as Alexandra. A newspaper, characters")
    assert "directed by <mark>Sean Baker</mark>." in page(graph, "tangerine")
    assert found.has("comedy-drama")
    assert any(link.startswith("/source/paper?at=") for link in found.links)


def test_a_source_shows_the_passage_in_its_context(graph: FilmGraph) -> None:
    text = entity_page(graph, SOURCE + "paper", "0-9")
    assert "<mark>Tangerine</mark> is a 2015 American" in text


def test_a_source_shows_how_many_facts_it_states_about_what(graph: FilmGraph) -> None:
    found = parse_page(entity_page(graph, SOURCE + "fan-site"))
    assert found.faults == []
    assert found.has("Facts from this source", f"{graph.provenance.counts['fan-site']} facts, about", "Red Rocket")


def test_a_passage_has_the_facts_that_were_read_from_it(graph: FilmGraph) -> None:
    words = span_of("Sean Baker")
    html = entity_page(graph, SOURCE + "paper", words)
    assert parse_page(html).has("Read from this passage")
    assert "<bdi>director</bdi>" in html
    assert not parse_page(entity_page(graph, SOURCE + "paper", "0-2")).has("Read from this passage")


@pytest.mark.parametrize("at", ["9-0", "0-100000", "a-b", "0-9-3", "-", "<b>", "9" * 50])
def test_an_invalid_span_shows_no_passage(graph: FilmGraph, at: str) -> None:
    text = entity_page(graph, SOURCE + "paper", at)
    assert 'class="passage"' not in text
    assert parse_page(text).faults == []


def test_a_gross_that_differs_between_sources_is_a_disagreement(graph: FilmGraph) -> None:
    text = page(graph, "tangerine")
    section = text[text.index('id="disagreements"') :]
    assert "$924,793" in section
    assert "$950,000" in section


def test_an_inferred_value_leads_to_its_explanation(graph: FilmGraph) -> None:
    found = parse_page(page(graph, "sean-baker"))
    assert any("/why?property=film%3Acontributor&value=film%3Asean-baker" in link for link in found.links)


def test_html_in_a_label_is_shown_and_not_interpreted(graph: FilmGraph) -> None:
    for name in ("hostile", "sean-baker"):
        text = page(graph, name)
        assert "<script>alert" not in text
        assert "<img" not in text
        assert parse_page(text).has(HOSTILE)
        assert parse_page(text).faults == []


def test_only_web_addresses_are_links(project: SmallProject) -> None:
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
    text = entity_page(project.open(), FILM + "anora")
    assert parse_page(text).faults == []
    assert 'href="https://example.org/anora" rel="nofollow noopener external"' in text
    assert 'href="javascript' not in text


def test_an_entity_with_very_many_referrers_has_a_page_of_limited_size(project: SmallProject) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nsean-baker: {type: Person, label: Sean Baker}\n")
    project.write("data/more.yaml", "source: encyclopedia\n" + "".join(
        f"film-{number}: {{type: Film, label: Film {number}, director: sean-baker}}\n" for number in range(3 * LIMIT)
    ))  # fmt: skip
    found = parse_page(entity_page(project.open(), FILM + "sean-baker"))
    assert found.has(f"and {2 * LIMIT} more")
    assert sum(link.startswith("/film/film-") and "/why?" not in link for link in found.links) <= 3 * LIMIT


def test_an_unknown_entity_offers_suggestions(graph: FilmGraph) -> None:
    with pytest.raises(UnknownNameError) as raised:
        page(graph, "tangerin")
    assert "Tangerine" in raised.value.suggestions


def test_a_part_a_class_and_a_property_have_pages_too(graph: FilmGraph) -> None:
    for name in ("tangerine.recognition.audience-prize", "Film", "director"):
        assert parse_page(page(graph, name)).faults == []
    assert parse_page(page(graph, "Film")).has(
        "class", "A moving-image work of any length.", "Narrower", "feature film"
    )
    director = parse_page(page(graph, "director"))
    assert director.has("property", "Who directed the film.", "Used on", "where it is used", "Also called")
    assert "/film/contributor" in director.links


def test_a_title_from_right_to_left_is_isolated_and_has_its_language(project: SmallProject) -> None:
    text = """\
        source: encyclopedia
        waltz: {type: Film, label: ואלס עם באשיר, alias: ["Vals Im Bashir", {value: Waltz with Bashir, lang: en}]}
        folman: {type: Person, label: ארי פולמן}
        """
    project.write("data/films.yaml", text)
    page = entity_page(project.open(), FILM + "waltz")
    assert "<h1><bdi>ואלס עם באשיר</bdi></h1>" in page
    assert '<bdi lang="en">Waltz with Bashir</bdi>' in page
    assert parse_page(page).faults == []


def test_another_spelling_of_its_title_is_no_other_name(project: SmallProject) -> None:
    award = """palme: {type: Award, label: "Palme d'Or", alias: [Palme d’Or, PALME D'OR, Golden Palm]}"""
    project.write("data/awards.yaml", f"source: encyclopedia\n{award}\n")
    names = entity_page(project.open(), FILM + "palme").partition('class="aliases"')[2].partition("</div>")[0]
    assert "Golden Palm" in names
    assert "Or" not in names


def test_definitions_have_no_markup(tmp_path: Path) -> None:
    graph = own_graph(tmp_path)
    assert parse_page(page(graph, "Event")).has("“kind” states")
    assert "`kind`" not in ontology_page(graph)


def test_the_statements_about_an_entity_name_its_parts_without_it(tmp_path: Path) -> None:
    found = parse_page(why_page(own_graph(tmp_path), FILM + "anora"))
    assert found.faults == []
    assert found.has("box officefourth weekend1", "directorSean Baker4", "sources", "inferred")
    assert not found.has("Anora ›")


def test_a_distributor_of_five_films_has_no_link_to_a_sixth(tmp_path: Path) -> None:
    neon = parse_page(page(own_graph(tmp_path), "neon"))
    assert neon.has("5 works")
    assert not neon.has("as distributor")


def test_an_award_has_headings_of_film_people(tmp_path: Path) -> None:
    award = parse_page(page(own_graph(tmp_path), "palme-dor"))
    assert award.has("Awarded at", "Described as", "What others say")
    assert not award.has("Award of")


NIGHT_BUS = """
source: paper

Night Bus:
  type: FeatureFilm
  at: Night Bus
  year: {value: 2023, at: in 2023}
  director: {value: Han Ji-won, at: directed by Han Ji-won}
  writer: {value: [Han Ji-won, Bo Ek], at: with Bo Ek by Han Ji-won}
  cast:
    - {Seo Min-ah: the driver, at: Seo Min-ah plays the driver}
    - {Ann Poe: the passenger, at: Ann Poe plays the passenger}
  awards:
    at: Seo Min-ah was Actress of the Year at the Busan Film Festival
    award: Actress of the Year
    recipient: Seo Min-ah
    eventSeries: Busan Film Festival
"""
NIGHT_BUS_TEXT = (
    "Night Bus was made in 2023, directed by Han Ji-won, and written with Bo Ek by Han Ji-won. Seo Min-ah plays the"
    " driver. Ann Poe plays the passenger. Seo Min-ah was Actress of the Year at the Busan Film Festival."
)


def test_a_film_page_names_all_writers_and_whom_an_award_went_to(project: SmallProject) -> None:
    for path in (ROOT / "ontology").glob("*.ttl"):
        project.write(f"ontology/{path.name}", path.read_bytes())
    (project.folder / "ontology/film.ttl").unlink()
    project.write("texts/paper.txt", NIGHT_BUS_TEXT)
    project.write("data/sources.yaml", "paper: {title: Paper, file: paper.txt}\n")
    project.write("data/films.yaml", NIGHT_BUS)
    assert project.build().ok
    found = parse_page(page(open_local_graph(project.folder), "night-bus"))
    assert found.has("directed by Han Ji-won and written by Bo Ek and Han Ji-won.")
    assert found.has("It won the Actress of the Year for Seo Min-ah at the Busan Film Festival.")
    assert found.has("PerformerCharacter", "Seo Min-ah", "the driver", "Ann Poe", "the passenger")
    assert not found.has("Billing")
