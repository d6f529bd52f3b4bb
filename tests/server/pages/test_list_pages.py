"""A page shows the newest of very many values; a list shows all of them, page by page."""

from __future__ import annotations

import pytest

from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.server.pages.entity_data import LIMIT
from kg.server.pages.entity_page import entity_page
from kg.server.pages.routes import entity_or_list_page
from kg.server.pages.search_pages import PER_PAGE, list_page
from kg.terms import FILM
from tests.projects import SmallProject
from tests.server.pages.parsed_page import parse_page

NOMINATED = LIMIT + 30
LINKS = """\
#curie_map:
#  film: https://w3id.org/filmgraph/film/
#  skos: http://www.w3.org/2004/02/skos/core#
#  semapv: https://w3id.org/semapv/vocab/
subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification
film:wd-q1\tskos:exactMatch\t\tfilm:film-1900\tsemapv:ManualMappingCuration
"""


@pytest.fixture
def prizes(project: SmallProject) -> FilmGraph:
    """A film a year since 1900, each by Agnès Varda and nominated for the same prize."""
    films = "".join(
        f"film-{year}:\n  {{type: Film, label: Film of {year}, year: {year}, director: varda, "
        f"recognition: {{id: lion, outcome: nominated, award: lion, year: {year}}}}}\n"
        for year in range(1900, 1900 + NOMINATED)
    )
    people = "varda: {type: Person, label: Agnès Varda}\nlion: {type: Award, label: Golden Lion}\n"
    project.write("data/films.yaml", f"source: encyclopedia\n{people}{films}")
    project.write("data/links.sssom.tsv", LINKS)
    return project.open()


def test_an_award_shows_its_newest_nominations_and_a_link_to_all(prizes: FilmGraph) -> None:
    found = parse_page(entity_page(prizes, FILM + "lion"))
    assert found.has(f"Nominated (latest {LIMIT} of {NOMINATED})", f"all {NOMINATED} awards and nominations")
    assert "/film/lion?named=award" in found.links
    assert f"/film/film-{1900 + NOMINATED - 1}" in found.links
    assert "/film/film-1900" not in found.links


def test_a_list_continues_from_page_to_page_the_newest_first(prizes: FilmGraph) -> None:
    first = parse_page(list_page(prizes, FILM + "varda", "director", referrers=True))
    assert first.has(f"1 to {PER_PAGE} of {NOMINATED}", "newest first", f"Film of {1900 + NOMINATED - 1}")
    assert "/film/varda?named=director&page=2" in first.links
    second = parse_page(list_page(prizes, FILM + "varda", "director", 2, referrers=True))
    assert second.has(f"{PER_PAGE + 1} to {NOMINATED} of {NOMINATED}", "Film of 1900")
    assert "/film/varda?named=director&page=1" in second.links
    assert "/film/varda?named=director&page=3" not in second.links


def test_a_list_of_nominations_names_film_and_year_with_the_source(prizes: FilmGraph) -> None:
    found = parse_page(list_page(prizes, FILM + "lion", "award", 2, referrers=True))
    assert found.faults == []
    assert found.has("Film of 1901", "1901")
    assert "/source/encyclopedia" in found.links


@pytest.mark.parametrize(("property", "page"), [("director", 3), ("nothing", 1), ("a b", 1), ("<b>", 1), ("", 1)])
def test_a_list_without_values_is_not_found(prizes: FilmGraph, property: str, page: int) -> None:
    with pytest.raises(UnknownNameError):
        list_page(prizes, FILM + "varda", property, page, referrers=True)


def test_a_linked_iri_of_a_film_redirects_to_its_page(prizes: FilmGraph) -> None:
    replaced, canonical = (
        entity_or_list_page(prizes, FILM + "wd-q1", {}),
        entity_or_list_page(prizes, FILM + "film-1900", {}),
    )
    assert (replaced.status, replaced.text) == (303, "/film/film-1900")
    assert (canonical.status, "film:wd-q1" in canonical.text) == (200, False)
