"""A historian's questions to several sources, with the answers that the raw tables give."""

from __future__ import annotations

import pytest

from kg.filmgraph import FilmGraph
from tests.world import raw_answers as raw

PREFIX = "PREFIX film: <https://w3id.org/filmgraph/film/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
NOMINATED = "film:recognition ?n . ?n film:edition ?edition . ?edition rdfs:label ?name"


def having(property: str, item: str) -> str:
    return f"SELECT DISTINCT ?id {{ ?film film:imdbId ?id ; film:{property}/film:wikidataId '{item}' }}"


def of_film(property: str, film: str) -> str:
    return f"SELECT DISTINCT ?item {{ ?film film:imdbId '{film}' ; film:{property}/film:wikidataId ?item }}"


def at_ceremony(name: str) -> str:
    return f"SELECT DISTINCT ?id {{ ?film film:imdbId ?id ; {NOMINATED} FILTER(STR(?name) = '{name}') }}"


def counted(film: str, name: str, *, won: bool = False) -> str:
    outcome = "?n film:outcome 'won' ." if won else ""
    pattern = f"?film film:imdbId '{film}' ; {NOMINATED} . {outcome} ?n film:award ?award ."
    return f"SELECT (COUNT(DISTINCT ?n) AS ?count) {{ {pattern} FILTER(STR(?name) = '{name}') }}"


QUESTIONS: dict[str, tuple[str, raw.Rows]] = {
    "films from South Korea": (having("countryOfOrigin", "Q884"), raw.films_with("Origin", "originid", "Q884")),
    "films from the United Kingdom": (having("countryOfOrigin", "Q145"), raw.films_with("Origin", "originid", "Q145")),
    "films from Sweden": (having("countryOfOrigin", "Q34"), raw.films_with("Origin", "originid", "Q34")),
    "countries of Dune": (
        of_film("countryOfOrigin", "tt15239678"),
        raw.values_of("Origin", "originid", "tt15239678"),
    ),
    "countries of Albert Nobbs": (
        of_film("countryOfOrigin", "tt1602098"),
        raw.values_of("Origin", "originid", "tt1602098"),
    ),
    "languages of Parasite": (
        of_film("originalLanguage", "tt6751668"),
        raw.values_of("Language", "langid", "tt6751668"),
    ),
    "films in Korean": (having("originalLanguage", "Q9176"), raw.films_with("Language", "langid", "Q9176")),
    "genres of Marty": (of_film("genre", "tt0048356"), raw.values_of("Genres", "genre_id", "tt0048356")),
    "science fiction": (having("genre", "Q471839"), raw.films_with("Genres", "genre_id", "Q471839")),
    "distributors of Marty": (of_film("distributor", "tt0048356"), raw.values_of("Distributor", "distid", "tt0048356")),
    "films distributed by Warner Bros.": (
        having("distributor", "Q126399"),
        raw.films_with("Distributor", "distid", "Q126399"),
    ),
    "films of Paramount": (having("productionCompany", "Q159846"), raw.films_with("Production", "prodid", "Q159846")),
    "films by number and item": (
        "SELECT DISTINCT ?id ?item { ?film film:imdbId ?id ; film:wikidataId ?item }",
        raw.items_of_films(),
    ),
    "films at the 28th Academy Awards": (at_ceremony("28th Academy Awards"), raw.films_at("28")),
    "nominations of Marty": (counted("tt0048356", "28th Academy Awards"), raw.nominations_of("tt0048356")),
    "wins of Marty": (
        counted("tt0048356", "28th Academy Awards", won=True),
        raw.nominations_of("tt0048356", won=True),
    ),
    "nominations of All about Eve": (counted("tt0042192", "23rd Academy Awards"), raw.nominations_of("tt0042192")),
    "directors": (
        "SELECT DISTINCT ?id ?director { ?film film:imdbId ?id ; film:director/film:imdbId ?director }",
        raw.directors(),
    ),
    "filmography of Glenn Close": (
        "SELECT DISTINCT ?id { ?film film:imdbId ?id ; film:castCredit/film:agent/rdfs:label ?name"
        " FILTER(STR(?name) = 'Glenn Close') }",
        raw.films_of_actor("Glenn Close"),
    ),
    "winners of the Palme d'Or": (
        "SELECT DISTINCT ?id { ?film film:imdbId ?id ; film:recognition ?n ."
        " ?n film:outcome 'won' ; film:award film:palme-dor }",
        raw.palmes(),
    ),
    "winners at Cannes and of an Oscar": (
        "SELECT DISTINCT ?id { ?film film:imdbId ?id ; film:recognition ?a, ?b . ?a film:outcome 'won' ;"
        " film:edition/film:editionOf/film:imdbId 'ev0000147' . ?b film:outcome 'won' ;"
        " film:edition/film:editionOf film:academy-awards }",
        raw.winners_in_both(),
    ),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_world_answers_as_the_tables_do(world: FilmGraph, name: str) -> None:
    query, wanted = QUESTIONS[name]
    found = {tuple(getattr(cell, "value", cell) for cell in row) for row in world.sparql(PREFIX + query)}
    assert {tuple(map(str, row)) for row in found} == {tuple(map(str, row)) for row in wanted}
